/* Catching a view up: choosing the generation to fold, and what follows from each batch. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "projection/view_inside.h"

enum { CATCH_UP_IDLE_MAX = 100 }; /* Steps in a row that may lead nowhere before something is wrong. */
#define RATE_WINDOW_NS UINT64_C(1000000000)

static void count_rate(struct view *view, uint64_t events, uint64_t elapsed_ns) {
    view->rate_events += events;
    view->rate_ns += elapsed_ns > 0 ? elapsed_ns : 1;
    bool is_full = view->rate_ns >= RATE_WINDOW_NS;
    if (is_full || view->events_per_second == 0) {
        view->events_per_second = view->rate_events * RATE_WINDOW_NS / view->rate_ns;
    }
    if (is_full) {
        view->rate_events = 0;
        view->rate_ns = 0;
    }
}

static enum daybook_status stop_at(const struct view *view, struct generation *generation, uint64_t sequence,
                                   struct daybook_error *error) {
    const struct daybook_error why = *error;
    /* Whoever asks has done nothing wrong: rows and events that do not fit each other are damage. */
    enum daybook_status status = daybook_fail(error, DAYBOOK_DAMAGED,
                                              "view %s cannot take event %" PRIu64
                                              ": %.400s; \"daybook rebuild %s\" mends it unless the event is at fault",
                                              view->projection->name, sequence, why.message, view->projection->name);
    generation->stop.sequence = sequence;
    generation->stop.status = status;
    memcpy(generation->stop.reason, error->message, sizeof generation->stop.reason);
    return status;
}

/* Folds one batch. Before an event that cannot be taken, all that can be is folded first; so every
 * process stops at the same position, whatever its batches. */
static enum daybook_status fold_narrowing(struct view *view, struct batch *batch, struct daybook_error *error) {
    for (;;) {
        enum daybook_status status = view_fold_batch(view, batch, error);
        uint64_t next = batch->checkpoint.position + 1;
        if (batch->outcome != BATCH_REFUSED || batch->refused_at == next) {
            return status;
        }
        if (batch->refused_at != 0) {
            batch->target = batch->refused_at - 1;
        } else if (batch->folded_count > 1) {
            batch->target = batch->checkpoint.position + batch->folded_count / 2;
        } else {
            batch->refused_at = next;
            return status;
        }
    }
}

/* `lock` is held. */
static enum daybook_status follow_up(struct view *view, const struct step *step, const struct batch *batch,
                                     enum daybook_status status, struct daybook_error *error) {
    struct generation *generation = step->generation;
    bool is_building = view->building == generation;
    switch (batch->outcome) {
    case BATCH_DONE:
        if (batch->checkpoint.position >= generation->last.position) {
            generation->last = batch->checkpoint;
        }
        if (is_building && batch->checkpoint.is_complete) {
            view_swap(view, generation);
        }
        if (batch->folded_count == 0 && batch->checkpoint.position < step->target) {
            return daybook_fail(error, DAYBOOK_BEHIND,
                                "catching up view %s: the journal ends at event %" PRIu64 ", before %" PRIu64,
                                view->projection->name, batch->checkpoint.position, step->target);
        }
        return DAYBOOK_OK;
    case BATCH_REFUSED:
        return stop_at(view, generation, batch->refused_at, error);
    case BATCH_DAMAGED:
        if (generation->number == step->fresh_number) {
            /* Built from nothing a moment ago: the fold or the machine is at fault, and another build would not help.
             */
            return stop_at(view, generation, batch->checkpoint.position + 1, error);
        }
        view_give_up(view, generation, error->message);
        return DAYBOOK_OK;
    case BATCH_MOVED:
        if (is_building && batch->checkpoint.is_complete && batch->checkpoint.version == view->projection->version) {
            generation->last = batch->checkpoint;
            view_swap(view, generation);
        } else {
            view_drop(view, generation);
        }
        return DAYBOOK_OK;
    case BATCH_FAILED:
        break;
    }
    if (store_is_latched(generation->store)) {
        view_drop(view, generation); /* Only opening it anew makes it take writes again. */
    }
    return status;
}

/* Folds a batch, and makes a generation that has caught up complete: packed where that is worth it, else as it is. */
static enum daybook_status fold_and_complete(struct view *view, const struct step *step, struct batch *batch,
                                             struct daybook_error *error) {
    bool packs = step->complete_at >= view->options.pack_events && step->complete_at != UINT64_MAX;
    batch->complete_at = packs ? UINT64_MAX : step->complete_at;
    enum daybook_status status = fold_narrowing(view, batch, error);
    if (!packs || batch->outcome != BATCH_DONE || batch->checkpoint.position < step->complete_at ||
        view_pack(view, step->generation, step->complete_at, step->progress) != PACK_NOT) {
        return status; /* Stopped while it was packed, it is half built still, and packed by whoever goes on. */
    }
    uint64_t folded_count = batch->folded_count;
    batch->complete_at = step->complete_at;
    status = fold_narrowing(view, batch, error);
    batch->folded_count += folded_count;
    return status;
}

enum daybook_status view_step(struct view *view, const struct step *step, struct daybook_error *error) {
    struct batch batch = {.generation = step->generation, .target = step->target, .progress = step->progress};
    uv_mutex_lock(&view->lock);
    batch.known = step->generation->last;
    uv_mutex_unlock(&view->lock);
    uint64_t started_ns = clock_monotonic_ns();
    enum daybook_status status = fold_and_complete(view, step, &batch, error);
    uint64_t elapsed_ns = clock_monotonic_ns() - started_ns;
    uv_mutex_lock(&view->lock);
    if (batch.outcome == BATCH_DONE && batch.folded_count > 0) {
        count_rate(view, batch.folded_count, elapsed_ns);
    }
    status = follow_up(view, step, &batch, status, error);
    uv_mutex_unlock(&view->lock);
    return status;
}

enum daybook_status view_report(const struct view *view, const struct view_progress *progress, uint64_t position,
                                uint64_t target, struct daybook_error *error) {
    if (progress == NULL || progress->report == NULL ||
        progress->report(progress->context, view->projection->name, position, target)) {
        return DAYBOOK_OK;
    }
    return daybook_fail(error, DAYBOOK_STOPPED,
                        "catching up view %s: stopped at event %" PRIu64 " of %" PRIu64
                        "; the same again goes on with it",
                        view->projection->name, position, target);
}

static bool is_current(const struct view *view) {
    return view->answering != NULL && view->answering->last.version == view->projection->version;
}

/* What a catch-up has come to. */
struct chase {
    uint64_t target;
    uint64_t position; /* Of the generation that was folded last. */
    uint64_t fresh_number;
    const struct view_progress *progress;
    bool is_done;
};

/* The generation to fold, pinned; NULL when there is nothing to do or the status says why. `lock` is held. */
static struct generation *choose(struct view *view, struct chase *chase, enum daybook_status *status,
                                 struct daybook_error *error) {
    *status = view_refresh(view, error);
    if (*status != DAYBOOK_OK) {
        return NULL;
    }
    struct generation *chosen = is_current(view) ? view->answering : view->building;
    if (chosen == NULL && view_has_newer(view)) {
        *status = daybook_fail(error, DAYBOOK_VERSION,
                               "catching up view %s: %s/%s.g* was written by a newer daybook; use that, or delete it",
                               view->projection->name, view->views_path, view->projection->name);
        return NULL;
    }
    if (chosen == NULL) {
        *status = view_begin_building(view, error);
        chosen = *status == DAYBOOK_OK ? view->building : NULL;
        chase->fresh_number = chosen != NULL && chosen->last.version == 0 ? chosen->number : chase->fresh_number;
        if (chosen == NULL) {
            return NULL; /* Another process has just completed one, or it was damaged from the start: look again. */
        }
    }
    chase->position = chosen->last.position;
    if (chosen == view->answering && chosen->last.position >= chase->target) {
        chase->is_done = true;
        return NULL;
    }
    if (chosen->stop.sequence != 0) {
        *status = daybook_fail(error, chosen->stop.status, "%s", chosen->stop.reason);
        return NULL;
    }
    chosen->pins++;
    return chosen;
}

/* `fold_lock` is held. */
static enum daybook_status catch_up_once(struct view *view, struct chase *chase, struct daybook_error *error) {
    enum daybook_status status;
    uv_mutex_lock(&view->lock);
    struct generation *generation = choose(view, chase, &status, error);
    struct step step = {.generation = generation,
                        .target = chase->target,
                        .fresh_number = chase->fresh_number,
                        .progress = chase->progress};
    if (generation != NULL && generation == view->building) {
        /* What still answers at a later position shall not be replaced by something older. */
        if (view->answering != NULL && view->answering->last.position > step.target) {
            step.target = view->answering->last.position;
        }
        step.complete_at = step.target;
    }
    uv_mutex_unlock(&view->lock);
    if (generation == NULL) {
        return status;
    }
    status = view_step(view, &step, error);
    uv_mutex_lock(&view->lock);
    chase->position = generation->last.position;
    chase->is_done = status == DAYBOOK_OK && is_current(view) && view->answering->last.position >= chase->target;
    view_unpin(view, generation);
    uv_mutex_unlock(&view->lock);
    return status;
}

/* Without writing: is it there, by another process' work? */
static enum daybook_status look_only(struct view *view, uint64_t target, struct daybook_error *error) {
    struct view_read read;
    enum daybook_status status = view_begin_read(view, target, &read, error);
    view_end_read(&read);
    return status;
}

static enum daybook_status follow(struct view *view, uint64_t target, const struct view_progress *progress,
                                  struct daybook_error *error) {
    struct chase chase = {.target = target, .progress = progress};
    unsigned idle_count = 0;
    for (;;) {
        uint64_t before = chase.position;
        uv_mutex_lock(&view->fold_lock);
        enum daybook_status status = catch_up_once(view, &chase, error);
        uv_mutex_unlock(&view->fold_lock);
        if (status != DAYBOOK_OK || chase.is_done) {
            return status;
        }
        idle_count = chase.position > before ? 0 : idle_count + 1;
        if (idle_count > CATCH_UP_IDLE_MAX) {
            return daybook_fail(error, DAYBOOK_BUSY, "catching up view %s: its generations keep changing under it",
                                view->projection->name);
        }
        status = view_report(view, progress, chase.position, target, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
}

enum daybook_status view_say_room(const struct view *view, enum daybook_status status, struct daybook_error *error) {
    if (status == DAYBOOK_LIMIT) {
        (void)daybook_fail_in(error, "the view %s could not be built for want of room; free some space and ask again",
                              view->projection->name);
    }
    return status;
}

enum daybook_status view_catch_up(struct view *view, uint64_t target, const struct view_progress *progress,
                                  struct daybook_error *error) {
    struct daybook_error own_error;
    error = error != NULL ? error : &own_error;
    if (view->options.is_read_only) {
        return look_only(view, target, error);
    }
    DAYBOOK_TRY(view_begin_following(view, error));
    enum daybook_status status = follow(view, target, progress, error);
    view_end_following(view);
    return view_say_room(view, status, error);
}
