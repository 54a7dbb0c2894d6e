/*
 * Several views folded at the same time: a thread for each, out of the feed that they share (view_share).
 *
 * One after the other, each would unpack and decode all events for itself, which is most of what a light view costs,
 * and leave the other processors idle. What is folded here is a rebuild (rebuild.h), and views that are missing or far
 * behind and that one question reads.
 */
#ifndef DAYBOOK_PROJECTION_TOGETHER_H
#define DAYBOOK_PROJECTION_TOGETHER_H

#include "projection/view.h"

/* Folds that are shorter are not worth threads. */
enum { TOGETHER_EVENTS_MIN = 1 << 14 };

/* One view: what is to be done with it, and what that came to. */
struct together_task {
    struct view *view; /* No other task's. */
    bool is_wanted;    /* False: nothing is to be done. */
    uint64_t begun_at; /* So far it has come before; that is no work of this one. */
    bool was_run;      /* Out: by a thread; where none could be started it is left to the caller. */
    enum daybook_status status;
    struct daybook_error error;
};

/* The work: any thread's. `progress` may be NULL. */
typedef enum daybook_status together_work(void *context, struct together_task *task,
                                          const struct view_progress *progress, struct daybook_error *error);

struct together {
    together_work *work;
    void *context;
    uint64_t target;                      /* That each view will come to, about. */
    const struct view_progress *progress; /* As of one view without a name, with sums; by one thread at a time. NULL:
                                           * none. Once it says stop, nobody goes on. */
};

/* Returns once all threads have ended; what each came to is in its task. */
void together_run(const struct together *together, struct together_task *tasks, size_t count);

/* Whether the disk of the ledger in `directory` has room for views of `target` events beside each other, unpacked. */
bool together_has_room(const char *directory, uint64_t target);

/* Catches those of `views` up that have far to go, if there are several: OK whatever becomes of them, since whoever
 * reads them next catches up what is left, and hears why it cannot be. Each view at most once, each of the ledger in
 * `directory`. STOPPED: `progress` (may be NULL) said so. */
DAYBOOK_MUST_USE enum daybook_status together_catch_up(const char *directory, struct view *const *views, size_t count,
                                                       uint64_t target, const struct view_progress *progress,
                                                       struct daybook_error *error);

#endif
