/*
 * A rehearsal: requests decided one after the other, each on what those before it would have made, and nothing kept.
 *
 *   RH1  What is answered is what submitting the same requests to the ledger as it was when the rehearsal began would
 *        answer: it is the same deciding, on the same state.
 *   RH2  Nothing of the ledger is written: no event, no checkpoint, no key, no entry in the list of refusals. The
 *        writer's lock is not asked for, so a writer in another process goes on, and what it appends is not seen.
 *   RH3  What would have been recorded is held in memory: some 700 bytes a request. Past the limit it stops.
 *
 * It begins at the state's last checkpoint where another process can read that (a process that writes the ledger itself
 * cannot), and folds what the journal has behind it; without one, the whole journal. One thread.
 */
#ifndef DAYBOOK_REHEARSAL_H
#define DAYBOOK_REHEARSAL_H

#include "daybook.h"

struct rehearsal; /* Opaque: rehearsal.c. */

/* Borrows the ledger, which was opened in any way. `limit_bytes` of memory; 0 = 2 GiB. LIMIT: what deciding has to know
 * is more than that already. */
DAYBOOK_MUST_USE enum daybook_status rehearsal_open(struct daybook *ledger, size_t limit_bytes,
                                                    struct rehearsal **rehearsal, struct daybook_error *error);
void rehearsal_close(struct rehearsal *rehearsal); /* Accepts NULL. */

/* As daybook_submit of each request alone; sequences are those that the events would have had. LIMIT (RH3): answers are
 * empty, and the rehearsal is over. */
DAYBOOK_MUST_USE enum daybook_status rehearsal_submit(struct rehearsal *rehearsal, const struct daybook_bytes *requests,
                                                      size_t count, struct daybook_answers *answers,
                                                      struct daybook_error *error);

#endif
