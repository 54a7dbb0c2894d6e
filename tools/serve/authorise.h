/*
 * Who may call what. Asked once for each call, before anything of it is decided.
 *
 * Without tokens, whoever is on this machine may do everything, and nobody else
 * anything, unless the server was told to listen openly.
 */
#ifndef DAYBOOK_TOOLS_SERVE_AUTHORISE_H
#define DAYBOOK_TOOLS_SERVE_AUTHORISE_H

#include <stdbool.h>

#include "tools/serve/connect.h"
#include "tools/serve/method.h"

/* Whom a call comes from. */
struct identity {
    bool is_local;
};

/* CONNECT_OK, or why not: *reason is a constant sentence. `method` NULL: a page. */
enum connect_code authorise_call(const struct identity *identity, const struct method *method, bool is_open,
                                 const char **reason);

#endif
