/* What the headers of a request decide: which call it is, in which form it comes, and who asks. */
#ifndef DAYBOOK_TOOLS_SERVE_CALL_HEADERS_H
#define DAYBOOK_TOOLS_SERVE_CALL_HEADERS_H

#include "tools/serve/call.h"

/* Fills the call's page or method, identity, content, announced size and deadline; of a GET its body too. False: the
 * reply says why not. */
bool call_read_headers(struct call *call, const char *url, const char *verb, const char *version);

/* A parameter of the query, "" where it is absent. Borrowed until the call ends. */
const char *call_parameter(const struct call *call, const char *name);

#endif
