/*
 * What the files of a view share: view.c (what answers), view_catch_up.c (the
 * fold), view_rebuild.c and view_digest.c.
 *
 *   I1  `fold_lock` comes before `lock`, and both before a store's transaction
 *       that writes. `lock` is never held while folding.
 *   I2  What is reachable from `generations` is changed under `lock`; a pinned
 *       generation stays open.
 *   I3  The fold's memory holds what one generation's tables hold at
 *       `cached_position`, or nothing.
 */
#ifndef DAYBOOK_PROJECTION_VIEW_INSIDE_H
#define DAYBOOK_PROJECTION_VIEW_INSIDE_H

#include <time.h>
#include <uv.h>

#include "projection/feed.h"
#include "projection/generation.h"
#include "projection/mark.h"
#include "projection/view.h"

enum { VIEW_KINDS = 64 }; /* Of events; those past them are taken by every view. */

struct view {
    const struct projection *projection;
    struct journal *journal;
    struct view_options options;
    char *views_path;
    struct mark_boot boot;

    uv_mutex_t lock; /* Guards from here to fold_lock. */
    struct generation *generations;
    struct generation *answering; /* Complete, readable, the newest; pinned. */
    struct generation *building;  /* This program's version, not complete; pinned. */
    struct timespec listed_mtime; /* Of DIRECTORY/views when it was listed; zero = list it again. */
    uint64_t refreshed_ns;        /* When it was looked at; on the coarse clock. */
    char reason[DAYBOOK_ERROR_SIZE];
    uint64_t rate_events;
    uint64_t rate_ns;
    uint64_t events_per_second;

    uint64_t taken_kinds; /* A bit for each kind of event that the fold takes; never changes. */

    uv_mutex_t fold_lock; /* Guards the rest. */
    void *memory;
    bool is_memory_open;
    uint64_t cached_generation; /* 0: the memory is empty. */
    uint64_t cached_position;
    struct feed *own_feed;         /* NULL until it is needed. */
    struct feed *shared_feed;      /* Instead of it; NULL = none. */
    struct feed_follower follower; /* Joined while catch_up_count > 0. */
    unsigned catch_up_count;       /* Threads in view_catch_up. */
    bool has_written;              /* This process has folded what may not be on the disk yet. */
    uint64_t tidied_bytes;         /* The size when view_tidy last had nothing to do, or had done it. */
};

struct generation_place view_place(const struct view *view);

/* All of these want `lock` to be held. */

/* Looks for generations that other processes have made or completed; cheap when there are none. */
DAYBOOK_MUST_USE enum daybook_status view_refresh(struct view *view, struct daybook_error *error);
/* `generation` becomes what answers; older ones are retired and their files deleted. */
void view_swap(struct view *view, struct generation *generation);
/* Gives `generation` up: it never answers again, and is not opened again. */
void view_give_up(struct view *view, struct generation *generation, const char *reason);
/* Its directory is gone, or it is no longer this view's business; other generations are looked for. */
void view_drop(struct view *view, struct generation *generation);
void view_unpin(struct view *view, struct generation *generation);
/* Opens generation `number` and makes it what it is fit for. */
DAYBOOK_MUST_USE enum daybook_status view_take_in(struct view *view, uint64_t number, bool is_new,
                                                  struct daybook_error *error);
/* Begins a new generation above all others, as `building`; OK without one: look again. */
DAYBOOK_MUST_USE enum daybook_status view_begin_building(struct view *view, struct daybook_error *error);

/* Is a complete generation there that this program is too old for? */
bool view_has_newer(const struct view *view);

/* What one batch came to. */
enum batch_outcome {
    BATCH_DONE,
    BATCH_REFUSED, /* An event cannot be taken: refused_at. */
    BATCH_DAMAGED, /* The generation is to be given up. */
    BATCH_MOVED,   /* Another process has completed, replaced or deleted the generation: look again. */
    BATCH_FAILED,  /* The world failed: the status says how. */
};
struct batch {
    struct generation *generation;        /* Pinned. */
    struct checkpoint known;              /* As it was last seen. */
    uint64_t target;                      /* Fold no further. */
    uint64_t complete_at;                 /* A building generation that gets there is complete. */
    const struct view_progress *progress; /* Where it is for people: told within the batch. May be NULL. */

    enum batch_outcome outcome;
    struct checkpoint checkpoint; /* What is committed now. */
    uint64_t refused_at;          /* 0: it came out only when the batch was flushed. */
    uint64_t folded_count;        /* Committed or, when refused, tried. */
};

/* Folds one batch in one transaction. The outcome says what to do; the status is its
 * error, not OK for any outcome but BATCH_DONE and BATCH_MOVED. `fold_lock` is held, `lock` is not. */
DAYBOOK_MUST_USE enum daybook_status view_fold_batch(struct view *view, struct batch *batch,
                                                     struct daybook_error *error);
void view_fold_release(struct view *view); /* The memory of the fold. */

/* Makes a packed copy of what was built what answers. PACK_NOT: it was not possible, and nothing has changed; the built
 * one is as good. PACK_STOPPED: neither, since `progress` (may be NULL) said so. `fold_lock` is held, `lock` is not. */
enum pack_outcome { PACK_DONE, PACK_NOT, PACK_STOPPED };
enum pack_outcome view_pack(struct view *view, struct generation *built, uint64_t complete_at,
                            const struct view_progress *progress);

/* Gives `status` back; LIMIT, of a view that is being built, says what to do before it says where. */
enum daybook_status view_say_room(const struct view *view, enum daybook_status status, struct daybook_error *error);

/* Around steps that go on until a target: others that fold the same events keep close. */
DAYBOOK_MUST_USE enum daybook_status view_begin_following(struct view *view, struct daybook_error *error);
void view_end_following(struct view *view);

/* One step of catching up: a batch, and what follows from its outcome. `fresh_number` is the
 * generation that this call began, 0 = none: it is not given up, but stops. OK: look again.
 * `generation` is pinned, `fold_lock` is held, `lock` is not; `error` is not NULL. */
struct step {
    struct generation *generation;
    uint64_t target;
    uint64_t complete_at;
    uint64_t fresh_number;
    const struct view_progress *progress; /* May be NULL. */
};
DAYBOOK_MUST_USE enum daybook_status view_step(struct view *view, const struct step *step, struct daybook_error *error);

/* Tells of the progress; STOPPED when it is to end. */
DAYBOOK_MUST_USE enum daybook_status view_report(const struct view *view, const struct view_progress *progress,
                                                 uint64_t position, uint64_t target, struct daybook_error *error);

/* Over the rows that `txn` sees, at `checkpoint`. STOPPED as view_report. */
DAYBOOK_MUST_USE enum daybook_status view_digest_rows(const struct view *view, struct store_txn *txn,
                                                      const struct checkpoint *checkpoint,
                                                      const struct view_progress *progress, struct view_digest *digest,
                                                      struct daybook_error *error);

#endif
