/* The OpenAPI 3.1 document, out of the schema's description of itself: every message, enum and call, with its comments;
 * and the pages beside them. */
#ifndef DAYBOOK_TOOLS_SERVE_OPENAPI_H
#define DAYBOOK_TOOLS_SERVE_OPENAPI_H

#include "base/bytes.h"
#include "tools/serve/method.h"

/* Appends the document. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status openapi_write(const struct methods *methods, struct daybook_buffer *out,
                                                   struct daybook_error *error);

#endif
