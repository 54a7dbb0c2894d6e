/* Rebuilding a view beside the one that answers, and comparing the two before they are swapped. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "projection/view_inside.h"

enum {
    REBUILD_BUILDS_MAX = 3,   /* A half-built one may turn out damaged, or be deleted, before it is built whole. */
    REBUILD_COMPARES_MAX = 8, /* Another process may fold one of the two between the digests. */
};

struct rebuild {
    struct view *view;
    const struct view_progress *progress;
    uint64_t head;
    struct generation *building; /* Pinned. */
    struct generation *old;      /* Pinned; NULL when there is nothing to compare with. */
    uint64_t number;             /* Of the one that is built. */
    uint64_t fresh_number;       /* The same, when this call began it. */
    char difference[DAYBOOK_ERROR_SIZE];
};

/* Is it still what this view builds, or what answers? */
static bool is_live(const struct rebuild *rebuild, const struct generation *generation) {
    struct view *view = rebuild->view;
    uv_mutex_lock(&view->lock);
    bool is_it = generation != NULL && (view->building == generation || view->answering == generation);
    uv_mutex_unlock(&view->lock);
    return is_it;
}

static bool is_building(const struct rebuild *rebuild) {
    struct view *view = rebuild->view;
    uv_mutex_lock(&view->lock);
    bool is_it = view->building == rebuild->building;
    uv_mutex_unlock(&view->lock);
    return is_it;
}

static uint64_t position_of(const struct rebuild *rebuild, const struct generation *generation) {
    uv_mutex_lock(&rebuild->view->lock);
    uint64_t position = generation->last.position;
    uv_mutex_unlock(&rebuild->view->lock);
    return position;
}

/* Goes on with a build that was left, unless it has stopped; else begins one. */
static enum daybook_status begin(struct rebuild *rebuild, struct daybook_error *error) {
    struct view *view = rebuild->view;
    uv_mutex_lock(&view->lock);
    enum daybook_status status = view_refresh(view, error);
    if (status == DAYBOOK_OK && view->building != NULL && view->building->stop.sequence != 0) {
        view_give_up(view, view->building, "it had stopped, and a rebuild was asked for");
    }
    if (status == DAYBOOK_OK && view->building == NULL) {
        status = view_begin_building(view, error);
        rebuild->fresh_number = view->building != NULL ? view->building->number : 0;
    }
    if (status == DAYBOOK_OK && view->building == NULL) {
        status = daybook_fail(error, DAYBOOK_BUSY, "rebuilding view %s: another process has just done so",
                              view->projection->name);
    }
    if (status == DAYBOOK_OK) {
        rebuild->building = view->building;
        rebuild->building->pins++;
        rebuild->number = view->building->number;
        struct generation_place place = view_place(view);
        generation_remove_given_up(&place, rebuild->number); /* Of rebuilds that failed before. */
        if (view->answering != NULL && view->answering->last.version == view->projection->version &&
            view->answering->stop.sequence == 0) {
            rebuild->old = view->answering;
            rebuild->old->pins++;
        }
    }
    uv_mutex_unlock(&view->lock);
    return status;
}

static void end(struct rebuild *rebuild) {
    uv_mutex_lock(&rebuild->view->lock);
    if (rebuild->building != NULL) {
        view_unpin(rebuild->view, rebuild->building);
    }
    if (rebuild->old != NULL) {
        view_unpin(rebuild->view, rebuild->old);
    }
    rebuild->building = NULL;
    rebuild->old = NULL;
    uv_mutex_unlock(&rebuild->view->lock);
}

/* Folds `generation` to `target`, or until it is no longer this view's. */
static enum daybook_status fold_to(const struct rebuild *rebuild, struct generation *generation, uint64_t target,
                                   bool is_completing, struct daybook_error *error) {
    struct view *view = rebuild->view;
    struct step step = {generation, target, is_completing ? target : UINT64_MAX, rebuild->fresh_number,
                        rebuild->progress};
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && is_live(rebuild, generation) && (!is_completing || is_building(rebuild)) &&
           (is_completing || position_of(rebuild, generation) < target)) {
        uv_mutex_lock(&view->fold_lock);
        status = view_step(view, &step, error);
        uv_mutex_unlock(&view->fold_lock);
        if (status == DAYBOOK_OK) {
            status = view_report(view, rebuild->progress, position_of(rebuild, generation), target, error);
        }
    }
    return status;
}

static enum daybook_status digest_of(const struct rebuild *rebuild, struct generation *generation,
                                     struct view_digest *digest, struct daybook_error *error) {
    const struct projection *projection = rebuild->view->projection;
    struct checkpoint checkpoint;
    struct store_txn *txn = NULL;
    bool is_found = false;
    enum daybook_status status = store_begin_read(generation->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = checkpoint_load(txn, projection, &checkpoint, &is_found, error);
    }
    if (status == DAYBOOK_OK) {
        status = view_digest_rows(rebuild->view, txn, &checkpoint, rebuild->progress, digest, error);
    }
    store_abort(txn);
    return status;
}

/* The old one takes no further part: what is wrong with it is said once the new one answers. */
static void leave_old(struct rebuild *rebuild, const char *reason) {
    snprintf(rebuild->difference, sizeof rebuild->difference, "the rebuilt view replaced a damaged one: %.400s",
             reason);
    uv_mutex_lock(&rebuild->view->lock);
    view_unpin(rebuild->view, rebuild->old);
    rebuild->old = NULL;
    uv_mutex_unlock(&rebuild->view->lock);
}

/* Brings the new one to the position of the old one, and compares the two there. */
static enum daybook_status compare(struct rebuild *rebuild, struct daybook_error *error) {
    struct view_digest old_digest = {0};
    struct view_digest new_digest = {0};
    for (int i = 0; i < REBUILD_COMPARES_MAX; i++) {
        enum daybook_status status = fold_to(rebuild, rebuild->old, rebuild->head, false, error);
        if (status == DAYBOOK_OK && !is_live(rebuild, rebuild->old)) {
            status = daybook_fail(error, DAYBOOK_DAMAGED, "it was given up");
        }
        if (status == DAYBOOK_OK) {
            status = digest_of(rebuild, rebuild->old, &old_digest, error);
        }
        if (status == DAYBOOK_DAMAGED) { /* The fault of the old one. */
            leave_old(rebuild, error->message);
            return DAYBOOK_OK;
        }
        if (status == DAYBOOK_OK) {
            rebuild->head = old_digest.position > rebuild->head ? old_digest.position : rebuild->head;
            status = fold_to(rebuild, rebuild->building, rebuild->head, false, error);
        }
        if (status == DAYBOOK_OK && !is_building(rebuild)) {
            return DAYBOOK_OK;
        }
        if (status == DAYBOOK_OK) {
            status = digest_of(rebuild, rebuild->building, &new_digest, error);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
        if (new_digest.position == old_digest.position) {
            if (memcmp(new_digest.sha256, old_digest.sha256, SHA256_SIZE) != 0) {
                leave_old(rebuild, "its digest differed at the same position");
            }
            return DAYBOOK_OK;
        }
        rebuild->head = new_digest.position > rebuild->head ? new_digest.position : rebuild->head;
    }
    return daybook_fail(error, DAYBOOK_BUSY, "rebuilding view %s: another process is rebuilding it, too",
                        rebuild->view->projection->name);
}

/* Builds one generation and swaps it in. Not done: it was given up or deleted, begin again. */
static enum daybook_status build(struct rebuild *rebuild, bool *is_done, struct daybook_error *error) {
    struct view *view = rebuild->view;
    struct journal_head head;
    enum daybook_status status = journal_head(view->journal, &head, error);
    if (status == DAYBOOK_OK) {
        status = begin(rebuild, error);
    }
    if (status == DAYBOOK_OK) {
        uint64_t answered = view_position(view);
        rebuild->head = head.sequence > answered ? head.sequence : answered;
        status = fold_to(rebuild, rebuild->building, rebuild->head, false, error);
    }
    if (status == DAYBOOK_OK && rebuild->old != NULL && is_building(rebuild)) {
        status = compare(rebuild, error);
    }
    if (status == DAYBOOK_OK) {
        status = fold_to(rebuild, rebuild->building, rebuild->head, true, error);
    }
    end(rebuild);
    uv_mutex_lock(&view->lock);
    *is_done = view->answering != NULL && view->answering->number >= rebuild->number;
    if (status == DAYBOOK_OK && *is_done) {
        memcpy(view->reason, rebuild->difference, sizeof view->reason);
    }
    uv_mutex_unlock(&view->lock);
    return status;
}

/* What found no room shall not keep what there is: the journal needs it, and views that are built at the same time. */
static void give_room_back(struct view *view) {
    static const char reason[] = "there was no room to build it";
    struct generation_place place = view_place(view);
    struct checkpoint checkpoint = {0};
    struct store_txn *txn = NULL;
    struct daybook_error ignored;
    bool is_found = false;
    uv_mutex_lock(&view->fold_lock);
    uv_mutex_lock(&view->lock);
    struct generation *building = view_refresh(view, &ignored) == DAYBOOK_OK ? view->building : NULL;
    if (building != NULL) {
        building->pins++;
    }
    uv_mutex_unlock(&view->lock);
    if (building != NULL) {
        /* While this is held no process completes it. */
        bool is_left = store_begin_write(building->store, &txn, &ignored) == DAYBOOK_OK &&
                       checkpoint_load(txn, view->projection, &checkpoint, &is_found, &ignored) == DAYBOOK_OK &&
                       !checkpoint.is_complete;
        if (is_left) {
            generation_empty(&place, building, reason);
        }
        store_abort(txn);
        uv_mutex_lock(&view->lock);
        if (is_left) {
            view_give_up(view, building, reason);
        }
        view_unpin(view, building);
        uv_mutex_unlock(&view->lock);
    }
    uv_mutex_unlock(&view->fold_lock);
}

enum daybook_status view_rebuild(struct view *view, const struct view_progress *progress, struct daybook_error *error) {
    struct daybook_error own_error;
    error = error != NULL ? error : &own_error;
    if (view->options.is_read_only) {
        return daybook_fail(error, DAYBOOK_READ_ONLY, "rebuilding view %s: the ledger was opened read-only",
                            view->projection->name);
    }
    for (int i = 0; i < REBUILD_BUILDS_MAX; i++) {
        struct rebuild rebuild = {.view = view, .progress = progress};
        bool is_done = false;
        enum daybook_status status = build(&rebuild, &is_done, error);
        if (status == DAYBOOK_LIMIT) {
            give_room_back(view);
        }
        if (status != DAYBOOK_OK || is_done) {
            return view_say_room(view, status, error);
        }
    }
    return daybook_fail(error, DAYBOOK_BUSY, "rebuilding view %s: its generations keep changing under it",
                        view->projection->name);
}
