/*
 * The projector: one worker thread (libuv) for each view, following the
 * journal. Woken by projector_wake after each commit in this process, and by a
 * timer for commits of another process.
 */
#ifndef DAYBOOK_PROJECTION_PROJECTOR_H
#define DAYBOOK_PROJECTION_PROJECTOR_H

#include "projection/view.h"

struct projector;

/* Borrows `views` until close. */
DAYBOOK_MUST_USE enum daybook_status projector_open(struct view **views, size_t view_count, struct journal *journal,
                                                    struct projector **projector, struct daybook_error *error);
void projector_close(struct projector *projector); /* Finishes the batches in work; accepts NULL. */

void projector_wake(struct projector *projector, uint64_t head); /* Any thread. */

/* Waits until `view` has folded `sequence`, at most timeout_ms. BEHIND: it has not. STOPPED: it never will. */
DAYBOOK_MUST_USE enum daybook_status projector_wait(struct projector *projector, struct view *view, uint64_t sequence,
                                                    uint32_t timeout_ms, struct daybook_error *error);

#endif
