/* One batch of events, folded into one generation in one transaction. */
#include <assert.h>

#include "codec/event_stamp.h"
#include "projection/view_inside.h"

/* Whatever the memory holds, it is no longer what the tables hold. */
static void forget(struct view *view) {
    if (view->projection->forget != NULL && view->is_memory_open) {
        view->projection->forget(view->memory);
    }
    view->cached_generation = 0;
    view->cached_position = 0;
}

static enum daybook_status open_fold(struct view *view, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    if (!view->is_memory_open) {
        if (view->projection->open != NULL) {
            status = view->projection->open(&view->memory, error);
        }
        view->is_memory_open = status == DAYBOOK_OK;
    }
    return status;
}

static enum daybook_status open_feed(struct view *view, struct feed **feed, struct daybook_error *error) {
    if (view->shared_feed == NULL && view->own_feed == NULL) {
        DAYBOOK_TRY(feed_open(view->journal, FEED_RUNS_ALONE, &view->own_feed, error));
    }
    *feed = view->shared_feed != NULL ? view->shared_feed : view->own_feed;
    return DAYBOOK_OK;
}

void view_share(struct view *view, struct feed *feed) {
    uv_mutex_lock(&view->fold_lock);
    assert(view->catch_up_count == 0);
    view->shared_feed = feed;
    view->cached_generation = 0; /* What it knows of parties is the other feed's. */
    uv_mutex_unlock(&view->fold_lock);
}

enum daybook_status view_begin_following(struct view *view, struct daybook_error *error) {
    struct feed *feed = NULL;
    uv_mutex_lock(&view->fold_lock);
    enum daybook_status status = open_feed(view, &feed, error);
    if (status == DAYBOOK_OK && view->catch_up_count++ == 0) {
        feed_join(feed, &view->follower, view->cached_position);
    }
    uv_mutex_unlock(&view->fold_lock);
    return status;
}

void view_end_following(struct view *view) {
    uv_mutex_lock(&view->fold_lock);
    if (--view->catch_up_count == 0) {
        feed_leave(view->shared_feed != NULL ? view->shared_feed : view->own_feed, &view->follower);
    }
    uv_mutex_unlock(&view->fold_lock);
}

void view_fold_release(struct view *view) {
    if (view->is_memory_open && view->projection->close != NULL) {
        view->projection->close(view->memory);
    }
    view->is_memory_open = false;
    feed_close(view->own_feed);
    view->own_feed = NULL;
}

/* What a failure of a store or of a fold's own tables means. */
static enum batch_outcome outcome_of(enum daybook_status status) {
    return status == DAYBOOK_OK ? BATCH_DONE : status == DAYBOOK_DAMAGED ? BATCH_DAMAGED : BATCH_FAILED;
}

static enum daybook_status refuse(struct batch *batch, uint64_t sequence, enum daybook_status status) {
    batch->outcome = BATCH_REFUSED;
    batch->refused_at = sequence;
    return status;
}

static bool takes(const struct view *view, const struct fold_event *folded) {
    return (unsigned)folded->kind >= VIEW_KINDS || (view->taken_kinds >> (unsigned)folded->kind & 1) != 0;
}

static enum daybook_status fold_event(struct view *view, struct batch *batch, struct store_txn *txn, uint64_t sequence,
                                      const struct fold_event *folded, struct daybook_error *error) {
    if (folded->sequence != sequence) {
        return refuse(batch, sequence,
                      daybook_fail(error, DAYBOOK_DAMAGED, "it says that it is event %llu",
                                   (unsigned long long)folded->sequence));
    }
    if (folded->event != NULL && folded->kind == PB__EVENT__BODY__NOT_SET) {
        return refuse(batch, sequence, daybook_fail(error, DAYBOOK_DAMAGED, "it has no body"));
    }
    enum daybook_status status =
        takes(view, folded) ? view->projection->fold(view->memory, txn, folded, error) : DAYBOOK_OK;
    if (status == DAYBOOK_INVALID) {
        return refuse(batch, sequence, status);
    }
    batch->outcome = outcome_of(status);
    batch->checkpoint.position = sequence;
    return status;
}

enum { FETCHED_BEFORE = 8 }; /* An event is fetched so many before the hint that it gives. */

/* What lies about its sequence is left for the fold to refuse. */
static void foresee(struct view *view, const struct feed_run *run, size_t i) {
    size_t fetched = i + FETCHED_BEFORE;
    if (view->projection->foresee == NULL) {
        return;
    }
    if (fetched < run->count && takes(view, &run->events[fetched])) {
        feed_run_foresee(run, fetched);
    }
    if (i < run->count && run->events[i].sequence == run->first_sequence + i && takes(view, &run->events[i])) {
        view->projection->foresee(view->memory, &run->events[i]);
    }
}

static int64_t recorded_at_us(const struct fold_event *folded) {
    struct event_stamp stamp = {0};
    if (folded->event != NULL) {
        return folded->event->recorded_at_us;
    }
    bool is_read = event_stamp_read((struct event_span){folded->bytes.data, (uint32_t)folded->bytes.size}, &stamp);
    assert(is_read); /* This process has written it. */
    return stamp.recorded_at_us;
}

static enum daybook_status take(struct view *view, struct feed *feed, uint64_t sequence, struct feed_run *run,
                                struct daybook_error *error) {
    struct feed_follower *follower = view->catch_up_count > 0 ? &view->follower : NULL;
    return view->projection->looks_at_bytes ? feed_take_bytes(feed, follower, sequence, run, error)
                                            : feed_take(feed, follower, sequence, run, error);
}

static enum daybook_status fold_run(struct view *view, struct batch *batch, struct store_txn *txn,
                                    const struct feed_run *run, uint64_t limit, struct daybook_error *error) {
    size_t i = 0;
    for (; i < run->count && batch->checkpoint.position < limit; i++) {
        foresee(view, run, i + PROJECTION_FORESEEN);
        DAYBOOK_TRY(fold_event(view, batch, txn, run->first_sequence + i, &run->events[i], error));
        batch->folded_count++;
    }
    if (i > 0) {
        batch->checkpoint.recorded_at_us = recorded_at_us(&run->events[i - 1]);
    }
    return DAYBOOK_OK;
}

/* A batch of a long history takes seconds: whoever waits sees it go on, and it ends where they say stop. */
static bool tell(const struct view *view, const struct batch *batch) {
    const struct view_progress *progress = batch->progress;
    return progress == NULL || progress->report == NULL || !progress->is_for_people ||
           progress->report(progress->context, view->projection->name, batch->checkpoint.position, batch->target);
}

/* From the checkpoint to the target, as far as the journal goes. */
static enum daybook_status fold_events(struct view *view, struct batch *batch, struct store_txn *txn,
                                       struct daybook_error *error) {
    struct feed *feed = NULL;
    uint64_t start = batch->checkpoint.position;
    uint64_t limit = batch->target;
    if (limit > start && limit - start > view->options.batch_events) {
        limit = start + view->options.batch_events;
    }
    enum daybook_status status = open_feed(view, &feed, error);
    if (status != DAYBOOK_OK) {
        batch->outcome = BATCH_FAILED;
        return status;
    }
    bool goes_on = true;
    while (status == DAYBOOK_OK && goes_on && batch->checkpoint.position < limit) {
        struct feed_run run;
        uint64_t next = batch->checkpoint.position + 1;
        status = take(view, feed, next, &run, error);
        if (status == DAYBOOK_DAMAGED) {
            return refuse(batch, next, status);
        }
        if (status != DAYBOOK_OK) {
            batch->outcome = BATCH_FAILED;
            return status;
        }
        if (run.count == 0) {
            break;
        }
        status = fold_run(view, batch, txn, &run, limit, error);
        feed_give_back(feed, &run);
        goes_on = tell(view, batch);
    }
    return status;
}

/* The checkpoint as this transaction sees it, and whether it is this process' to go on from. */
static enum daybook_status begin(struct view *view, struct batch *batch, struct store_txn *txn,
                                 struct daybook_error *error) {
    struct checkpoint *checkpoint = &batch->checkpoint;
    bool is_found = false;
    enum daybook_status status = checkpoint_load(txn, view->projection, checkpoint, &is_found, error);
    if (status == DAYBOOK_OK && !is_found && batch->known.version != 0) {
        status =
            daybook_fail(error, DAYBOOK_DAMAGED, "folding view %s: its checkpoint is missing", view->projection->name);
    }
    bool is_foreign = status == DAYBOOK_OK && is_found && checkpoint->version != view->projection->version;
    if (status == DAYBOOK_VERSION || is_foreign ||
        (status == DAYBOOK_OK && checkpoint->is_complete != batch->known.is_complete)) {
        batch->outcome = BATCH_MOVED;
        return DAYBOOK_OK;
    }
    checkpoint->version = view->projection->version;
    batch->outcome = outcome_of(status);
    return status;
}

/* On the disk before the first page is written (M1). */
static enum daybook_status mark_dirty(struct view *view, struct batch *batch, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    if (view->options.is_scratch) {
        return DAYBOOK_OK;
    }
    switch (mark_read(batch->generation->path, &view->boot)) {
    case MARK_DAMAGED:
        batch->outcome = BATCH_DAMAGED;
        return daybook_fail(error, DAYBOOK_DAMAGED, "folding view %s: another process found it damaged",
                            view->projection->name);
    case MARK_NONE:
    case MARK_CLEAN:
        status = mark_write_dirty(batch->generation->path, &view->boot, error);
        break;
    case MARK_DIRTY:
    case MARK_AGAIN:
    case MARK_SUSPECT: /* It is open and was trusted: a system that tells no boot id. */
        break;
    }
    view->has_written = true;
    if (status == DAYBOOK_NOT_FOUND) {
        batch->outcome = BATCH_MOVED;
        return DAYBOOK_OK;
    }
    batch->outcome = status == DAYBOOK_OK ? BATCH_DONE : BATCH_FAILED;
    return status;
}

static enum daybook_status fold_and_save(struct view *view, struct batch *batch, struct store_txn *txn,
                                         struct daybook_error *error) {
    if (view->cached_generation != batch->generation->number || view->cached_position != batch->checkpoint.position) {
        forget(view);
    }
    enum daybook_status status = fold_events(view, batch, txn, error);
    if (status == DAYBOOK_OK && view->projection->flush != NULL) {
        status = view->projection->flush(view->memory, txn, error);
        batch->outcome = status == DAYBOOK_INVALID ? BATCH_REFUSED : outcome_of(status);
    }
    if (status == DAYBOOK_OK) {
        batch->checkpoint.is_complete =
            batch->checkpoint.is_complete || batch->checkpoint.position >= batch->complete_at;
        status = checkpoint_save(txn, view->projection, &batch->checkpoint, error);
        batch->outcome = outcome_of(status);
    }
    return status;
}

enum daybook_status view_fold_batch(struct view *view, struct batch *batch, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct checkpoint start = {0};
    batch->refused_at = 0;
    batch->folded_count = 0;
    batch->outcome = BATCH_FAILED;
    enum daybook_status status = open_fold(view, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = store_begin_write(batch->generation->store, &txn, error);
    batch->outcome = outcome_of(status);
    if (status == DAYBOOK_OK) {
        status = begin(view, batch, txn, error);
    }
    start = batch->checkpoint;
    bool is_completing = !start.is_complete && start.position >= batch->complete_at;
    if (batch->outcome != BATCH_DONE || (start.position >= batch->target && !is_completing)) {
        goto out;
    }
    status = mark_dirty(view, batch, error);
    if (batch->outcome != BATCH_DONE) {
        goto out;
    }
    status = fold_and_save(view, batch, txn, error);
    if (status == DAYBOOK_OK && (batch->folded_count > 0 || is_completing)) {
        status = store_commit(txn, error);
        txn = NULL;
        batch->outcome = outcome_of(status);
    }
    if (status == DAYBOOK_OK) {
        view->cached_generation = batch->generation->number;
        view->cached_position = batch->checkpoint.position;
    } else {
        forget(view);
        batch->checkpoint = start;
    }
out:
    store_abort(txn);
    return status;
}
