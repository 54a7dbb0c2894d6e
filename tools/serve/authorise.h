/*
 * Who may call what. Asked once for each call, before anything of it is decided.
 *
 *   AU1  Without a token nothing is answered but health and metrics, and those only to callers on this machine; unless
 *        the server was told to trust this machine, whose callers are then the owner. Metrics, readiness and that trust
 *        are for those that name this machine by its address or as localhost: a page of another site whose name was
 *        made to lead here (DNS rebinding) names that.
 *   AU2  What a role may ask to be recorded is decided where it is recorded (engine/domain/rules_access.c), so that it
 *        holds for every way in. Here stands what no request is made of: tokens, statements' issuing, rebuilding.
 */
#ifndef DAYBOOK_TOOLS_SERVE_AUTHORISE_H
#define DAYBOOK_TOOLS_SERVE_AUTHORISE_H

#include <stdbool.h>

#include "daybook.h"
#include "limits.h"
#include "tools/serve/connect.h"
#include "tools/serve/method.h"

/* Whom a call comes from. */
struct identity {
    bool is_local;      /* From this machine. */
    bool names_machine; /* authorise_names_machine of what it asked for. */
    bool is_known;      /* By a token, or by being trusted. */
    char actor[LIMIT_ID_BYTES + 1];
    struct daybook_submitter submitter; /* Whom its requests are of: the token's name and role. */
    int64_t expires_at_us;              /* Its token's; 0 = it has none. */
    uint8_t token_sha256[32];
    uint64_t generation; /* Of the tokens, when it was last looked up. */
};

/* Whether a Host header (NULL: there is none) is an address or localhost, with a port or without: no site's name. */
bool authorise_names_machine(const char *host);

/* CONNECT_OK, or why not: *reason is a constant sentence. `method` NULL: a page, or nothing that there is;
 * `is_for_anybody`: a page that needs no token. */
enum connect_code authorise_call(const struct identity *identity, const struct method *method, bool is_for_anybody,
                                 const char **reason);

#endif
