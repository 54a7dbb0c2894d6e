/*
 * Changing a ledger's tokens: the file, and the event that says who did it. One
 * way for the program and the server.
 *
 *   TC1  No token is good before its event is durable, and none stays good because its revocation could not be
 * recorded.
 */
#ifndef DAYBOOK_TOOLS_TOKEN_CHANGE_H
#define DAYBOOK_TOOLS_TOKEN_CHANGE_H

#include "daybook.h"
#include "tools/token_store.h"

/* Who does it: `submitter` as for daybook_submission; the actor is required. *refusal is set where the role may not,
 * and belongs to `answers`, which the caller releases after any result. `store` is what stands in the file then. */
struct token_change {
    struct daybook *ledger; /* Open for writing. */
    const char *directory;
    struct daybook_submitter submitter;
    int64_t now_us;
    struct token_store store;
    struct daybook_answers answers;
    const Pb__Refusal *refusal;
    bool is_revoked; /* Of a token_change_revoke: nobody is let in by it any more, whatever else fails. */
};
void token_change_release(struct token_change *change);

/* Of a token_store_add; `secret` is empty where it was refused. */
DAYBOOK_MUST_USE enum daybook_status token_change_create(struct token_change *change,
                                                         const Pb__CreateTokenRequest *wanted,
                                                         char secret[TOKEN_SECRET_SIZE], struct daybook_error *error);
/* The revoked one is *revoked, in the change's store. */
DAYBOOK_MUST_USE enum daybook_status token_change_revoke(struct token_change *change, const char *name,
                                                         const struct token **revoked, struct daybook_error *error);

/* Records what an operator did, by a key of its own. *refusal NULL: it is recorded. */
DAYBOOK_MUST_USE enum daybook_status operator_record(struct daybook *ledger, const struct daybook_submitter *submitter,
                                                     Pb__OperatorAction action, const char *subject, const char *detail,
                                                     enum daybook_submit_mode mode, struct daybook_answers *answers,
                                                     const Pb__Refusal **refusal, struct daybook_error *error);

#endif
