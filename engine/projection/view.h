/*
 * A view: one projection, open in one ledger, with its own environment in
 * DIRECTORY/views/NAME.gN/ (N = its generation; the newest complete one
 * answers, a newer one may be building beside it).
 *
 *   V1  Folding happens inside the environment's write transaction, from the
 *       position found there: any process may fold, two never do at once, and
 *       none folds an event twice.
 *   V2  A question is answered from one read transaction at one position.
 *   V3  A missing, damaged or older-version view is rebuilt beside the old
 *       one, which answers until the new one has caught up.
 *
 * Any thread may ask. One environment a view, not one for all: views commit in
 * parallel, and one that is damaged or deleted takes no other with it.
 */
#ifndef DAYBOOK_PROJECTION_VIEW_H
#define DAYBOOK_PROJECTION_VIEW_H

#include "projection/memo.h"
#include "projection/projection.h"
#include "store/journal.h"

enum view_state { VIEW_FOLLOWING, VIEW_REBUILDING, VIEW_STOPPED, VIEW_MISSING };

struct view;

struct view_options {
    bool is_read_only;     /* Never writes: answers only as far as another process has folded. */
    size_t map_size_bytes; /* 0 = the store's default. */
    size_t batch_events;   /* Events in one transaction; 0 = the default. */
    uint64_t pack_events;  /* A build of so many events is packed when it is complete; 0 = the default. */
    bool is_scratch;       /* Deleted after use: neither synced nor marked, and of no use after a power cut. */
};

/* Opens what is there; creates nothing yet. `directory` is the ledger's. A
 * damaged or missing view opens too: its state says so, and catching up rebuilds it. */
DAYBOOK_MUST_USE enum daybook_status view_open(const char *directory, const struct projection *projection,
                                               struct journal *journal, const struct view_options *options,
                                               struct view **view, struct daybook_error *error);
void view_close(struct view *view); /* Accepts NULL. */

/* From now on events come from `feed`, which others share; NULL: from the view's own again.
 * No thread is catching the view up meanwhile. */
struct feed;
void view_share(struct view *view, struct feed *feed);

/* Called between transactions; returns false to stop (the result is then STOPPED). May be NULL. `view` is NULL for
 * several at once (rebuild.h). */
struct view_progress {
    bool (*report)(void *context, const char *view, uint64_t position, uint64_t target);
    void *context;
    bool is_for_people; /* Also within a batch, where it must not wait; what was folded until it says stop is kept. */
};

/* Folds up to `target` (a committed sequence) in this thread; returns at once when
 * the view is there already. A missing, given-up or older-version view is built.
 * DAMAGED: the view has stopped at an event that it cannot take, and the
 * same is answered at once until it is rebuilt. VERSION: only a newer program's rows
 * are there. BEHIND: read-only, and not folded that far. */
DAYBOOK_MUST_USE enum daybook_status view_catch_up(struct view *view, uint64_t target,
                                                   const struct view_progress *progress, struct daybook_error *error);

/* Builds a new generation from the first event, beside the one that answers, and
 * swaps; one that was left half-built is gone on with. Where the old one has this
 * version, the digests of both are compared at one position first. A difference
 * means that the old one was damaged: the new one is swapped in all the same, the
 * result is OK, and the status' reason says so until the view is closed.
 * DAMAGED: an event cannot be taken; the old one goes on answering.
 * BUSY: another process is rebuilding it, too. */
DAYBOOK_MUST_USE enum daybook_status view_rebuild(struct view *view, const struct view_progress *progress,
                                                  struct daybook_error *error);

/* A read transaction at a position >= min_position. BEHIND: it is not there (catch up first). */
struct view_read {
    struct view *view;
    struct store_txn *txn; /* The projection's tables, by their indexes. */
    uint64_t position;
    uint32_t version;  /* Of these rows: readable_from to version. */
    void *pinned;      /* The generation that answers; the view's. */
    uint64_t commit;   /* That the transaction sees. */
    struct memo *memo; /* What others have found in these rows (memo.h); NULL = nothing. */
};
DAYBOOK_MUST_USE enum daybook_status view_begin_read(struct view *view, uint64_t min_position, struct view_read *read,
                                                     struct daybook_error *error);
void view_end_read(struct view_read *read); /* Accepts one that never began (all zero). */

/* For a question that meets rows which are not what a fold wrote: what answers is
 * given up, in every process, and the next catch-up builds it anew. Reads that have
 * begun go on. `reason` is for people, and copied. */
void view_mark_damaged(struct view *view, const char *reason);

/* The position of what answers, as this process last saw it; touches no file. */
uint64_t view_position(struct view *view);
bool view_writes_little(const struct view *view);       /* As its projection says. */
bool view_covers(struct view *view, uint64_t sequence); /* Something answers, and at least there. */
/* How many events catching up to `target` would fold, as this process last saw it; where that is `far` or more, it
 * looks again. */
uint64_t view_distance(struct view *view, uint64_t target, uint64_t far);

/* Makes what has been folded survive a power cut: syncs, and marks the files
 * clean. Closing does it, but for what is half built; a projector does it when there is nothing to fold. */
DAYBOOK_MUST_USE enum daybook_status view_settle(struct view *view, struct daybook_error *error);

/* For quiet times: where what answers takes a third more than its rows need, a packed copy of them answers
 * instead. A fold waits meanwhile, so it ends, and nothing has changed, once `progress` says so. Best effort.
 * True: it is packed now. */
bool view_tidy(struct view *view, const struct view_progress *progress);

struct view_status {
    const char *name;
    uint32_t version;
    uint64_t position;
    int64_t position_recorded_at_us;
    uint64_t events_per_second; /* Of the last second of folding in this process. */
    enum view_state state;
    uint64_t rebuild_position;
    uint64_t stopped_at; /* The event that it cannot take; 0 = none. */
    char reason[DAYBOOK_ERROR_SIZE];
    uint64_t size_bytes;
};
void view_get_status(struct view *view, struct view_status *status);

struct view_digest {
    uint64_t position;
    uint64_t row_count;
    uint8_t sha256[32]; /* Over name, version, position, and each table's rows in order of their keys. */
};
/* Reads all rows. STOPPED: `progress` (may be NULL) said so. */
DAYBOOK_MUST_USE enum daybook_status view_compute_digest(struct view *view, const struct view_progress *progress,
                                                         struct view_digest *digest, struct daybook_error *error);

#endif
