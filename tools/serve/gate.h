/*
 * The gate: which token a call brought, and whose it is.
 *
 *   GT1  Looking a token up takes a hash and a comparison with every token there is, whatever was brought: nothing is
 *        learnt from the time it takes. Only what the same connection brought before, and was good, is compared with
 *        that alone, all of it.
 *   GT2  An address that brings many false tokens is told to wait, and its connections are closed. Whoever brings a
 *        good one is never made to wait for others.
 *   GT3  A token that was revoked, or whose end has come, is good for nothing that is asked afterwards.
 *
 * Looked through by the loops, each with a sha256 of its own; changed by the crew, one at a time.
 */
#ifndef DAYBOOK_TOOLS_SERVE_GATE_H
#define DAYBOOK_TOOLS_SERVE_GATE_H

#include <stdatomic.h>
#include <uv.h>

#include "tools/serve/authorise.h"
#include "tools/token_store.h"

enum { GATE_ADDRESSES = 1024, GATE_FAILURES_MAX = 20 };

/* How often false tokens came lately; addresses share a place rather than take more room. */
struct gate_failures {
    uint64_t address;
    uint64_t since_ns;
    unsigned count;
};

/* A connection's last good token: who brings it again is known by it, as long as the tokens have not changed. */
struct gate_pass {
    char secret[TOKEN_SECRET_SIZE]; /* "" = none. */
    struct identity bearer;
};

struct gate {
    bool trusts_machine;
    const char *directory; /* The ledger's. */
    uv_mutex_t lock;       /* Guards the tokens and the failures. */
    struct token_store tokens;
    _Atomic uint64_t generation; /* How often they have changed; with them, under the lock. */
    uv_mutex_t change;           /* Held while the file is being changed. */
    bool has_locks;
    struct gate_failures failures[GATE_ADDRESSES];
};

DAYBOOK_MUST_USE enum daybook_status gate_open(struct gate *gate, const char *directory, bool trusts_machine,
                                               struct daybook_error *error);
void gate_close(struct gate *gate); /* Accepts one that was never opened (all zero). */

/* Fills the identity of whoever calls; is_local and names_machine are set. `pass`: the connection's; `authorization`:
 * the header, NULL without one; `address` stands for the caller's. CONNECT_OK also without a token: authorise_call says
 * what that is good for. */
enum connect_code gate_identify(struct gate *gate, struct sha256 *sha256, struct gate_pass *pass,
                                const char *authorization, uint64_t address, int64_t now_us, struct identity *identity,
                                const char **reason);
void gate_forget(struct gate_pass *pass); /* Leaves nothing of its secret in memory. */

/* Whether the identity is still what it was: its token may have ended since. */
bool gate_is_good(struct gate *gate, struct identity *identity, int64_t now_us);

/* Takes the store in, and leaves it empty. */
void gate_replace(struct gate *gate, struct token_store *tokens);

#endif
