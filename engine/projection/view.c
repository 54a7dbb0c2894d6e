/* A view's generations: which of them answers, who reads it, and what its state is. */
#include "projection/view.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "projection/view_inside.h"

enum {
    VIEW_GENERATIONS_MAX = 64, /* Looked at; more than two are there only after damage. */
    VIEW_RACY_US = 100 * 1000, /* A directory that changed this lately may change again unseen. */
    VIEW_NAME_MAX = 200,
    VIEW_DEFAULT_BATCH = 1 << 20, /* A second at most: rows that it changes again and again are written once. */
    VIEW_DEFAULT_PACK = 100000,   /* What is built of fewer is small however it lies. */
    VIEW_REFRESH_NS = 10 * 1000 * 1000,
    VIEW_READS_FEW = 64, /* Whoever asks no more needs no memo, and no pages but its own. */
};

struct generation_place view_place(const struct view *view) {
    return (struct generation_place){view->views_path, view->projection, &view->options, &view->boot};
}

/* ---- generations; `lock` is held ---- */

/* Forgets generations that nobody uses and nobody will look for again. */
static void prune(struct view *view) {
    struct generation **link = &view->generations;
    while (*link != NULL) {
        struct generation *generation = *link;
        bool is_old = view->answering != NULL && generation->number < view->answering->number;
        if (generation->pins == 0 && (generation->number == 0 || is_old)) {
            *link = generation->next;
            generation_close(generation);
        } else {
            link = &generation->next;
        }
    }
}

void view_unpin(struct view *view, struct generation *generation) {
    assert(generation->pins > 0);
    generation->pins--;
    if (generation->pins == 0) {
        generation_shut(generation);
        prune(view);
    }
}

static bool is_known(const struct view *view, uint64_t number) {
    for (const struct generation *generation = view->generations; generation != NULL; generation = generation->next) {
        if (generation->number == number) {
            return true;
        }
    }
    return false;
}

bool view_has_newer(const struct view *view) {
    uint64_t answering = view->answering != NULL ? view->answering->number : 0;
    for (const struct generation *generation = view->generations; generation != NULL; generation = generation->next) {
        if (generation->number > answering && generation->last.is_complete &&
            generation->last.version > view->projection->version) {
            return true;
        }
    }
    return false;
}

static void add(struct view *view, struct generation *generation) {
    generation->next = view->generations;
    view->generations = generation;
}

/* Takes the view's own pin off, whichever part the generation had. */
static void detach(struct view *view, struct generation *generation) {
    bool was_answering = view->answering == generation;
    bool was_building = view->building == generation;
    view->answering = was_answering ? NULL : view->answering;
    view->building = was_building ? NULL : view->building;
    if (was_answering || was_building) {
        view_unpin(view, generation);
    }
}

void view_drop(struct view *view, struct generation *generation) {
    generation->number = 0;
    view->listed_mtime = (struct timespec){0};
    generation->pins++;
    detach(view, generation);
    view_unpin(view, generation);
}

void view_give_up(struct view *view, struct generation *generation, const char *reason) {
    if (!view->options.is_read_only) {
        mark_write_damaged(generation->path, reason);
    }
    snprintf(view->reason, sizeof view->reason, "%s", reason);
    detach(view, generation);
}

void view_swap(struct view *view, struct generation *generation) {
    struct generation *old = view->answering;
    generation->pins++;
    if (view->building != NULL && view->building->number <= generation->number) {
        detach(view, view->building);
    }
    view->answering = generation;
    view->reason[0] = '\0';
    if (old != NULL) {
        view_unpin(view, old);
    }
    prune(view);
    if (!view->options.is_read_only) {
        struct generation_place place = view_place(view);
        generation_remove_below(&place, generation->number);
    }
}

/* Takes in a generation that was just opened and has no pins. */
static void take_in(struct view *view, struct generation *generation) {
    const struct projection *projection = view->projection;
    const struct checkpoint *last = &generation->last;
    add(view, generation);
    generation->pins++;
    if (last->is_complete && last->version >= projection->readable_from && last->version <= projection->version) {
        view_swap(view, generation);
    } else if (!last->is_complete && (last->version == 0 || last->version == projection->version) &&
               (view->building == NULL || view->building->number < generation->number)) {
        if (view->building != NULL) {
            detach(view, view->building);
        }
        view->building = generation;
        generation->pins++;
    }
    view_unpin(view, generation);
}

/* Opens generation `number` and takes it in. One that is damaged, or of a newer format, is noted instead. */
enum daybook_status view_take_in(struct view *view, uint64_t number, bool is_new, struct daybook_error *error) {
    struct generation_place place = view_place(view);
    struct generation *generation = NULL;
    enum daybook_status status = generation_open(&place, number, is_new, &generation, error);
    if (status == DAYBOOK_OK) {
        take_in(view, generation);
        return DAYBOOK_OK;
    }
    if (status != DAYBOOK_DAMAGED && status != DAYBOOK_VERSION) {
        return status;
    }
    char reason[DAYBOOK_ERROR_SIZE];
    memcpy(reason, error->message, sizeof reason);
    bool is_newer = status == DAYBOOK_VERSION;
    status = generation_note(&place, number, &generation, error);
    if (status == DAYBOOK_OK) {
        add(view, generation);
        snprintf(view->reason, sizeof view->reason, "%s", reason);
        generation->last = (struct checkpoint){.version = is_newer ? UINT32_MAX : 0, .is_complete = is_newer};
    }
    return status;
}

/* Has the one that is being built been completed elsewhere? */
static enum daybook_status look_at_building(struct view *view, struct daybook_error *error) {
    struct generation *building = view->building;
    enum daybook_status status = generation_look(building, view->projection, error);
    if (status == DAYBOOK_DAMAGED) {
        view_give_up(view, building, error->message);
        return DAYBOOK_OK;
    }
    if (status == DAYBOOK_OK && building->last.is_complete) {
        view_swap(view, building);
    }
    return status;
}

enum daybook_status view_refresh(struct view *view, struct daybook_error *error) {
    struct stat facts;
    enum daybook_status status = DAYBOOK_OK;
    view->refreshed_ns = clock_coarse_ns();
    if (view->building != NULL) {
        status = look_at_building(view, error);
    }
    if (status != DAYBOOK_OK || stat(view->views_path, &facts) != 0 ||
        (facts.st_mtim.tv_sec == view->listed_mtime.tv_sec && facts.st_mtim.tv_nsec == view->listed_mtime.tv_nsec)) {
        return status;
    }
    struct daybook_clock clock = clock_system();
    int64_t changed_us = (int64_t)facts.st_mtim.tv_sec * 1000000 + facts.st_mtim.tv_nsec / 1000;
    bool is_settled = clock.now_us(clock.context) - changed_us > VIEW_RACY_US;

    struct generation_place place = view_place(view);
    uint64_t numbers[VIEW_GENERATIONS_MAX];
    size_t count = 0;
    status = generation_list(&place, numbers, VIEW_GENERATIONS_MAX, &count, error);
    for (size_t i = 0; i < count && status == DAYBOOK_OK; i++) {
        if (view->answering != NULL && numbers[i] <= view->answering->number) {
            break;
        }
        if (!is_known(view, numbers[i])) {
            status = view_take_in(view, numbers[i], false, error);
        }
        if (status == DAYBOOK_NOT_FOUND) {
            is_settled = false;
            status = DAYBOOK_OK;
        }
    }
    view->listed_mtime = is_settled && status == DAYBOOK_OK ? facts.st_mtim : (struct timespec){0};
    return status;
}

enum daybook_status view_begin_building(struct view *view, struct daybook_error *error) {
    struct generation_place place = view_place(view);
    uint64_t highest = 0;
    size_t count = 0;
    enum daybook_status status = generation_list(&place, &highest, 1, &count, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    bool is_unclaimed = count > 0 && !is_known(view, highest);
    for (const struct generation *generation = view->generations; generation != NULL; generation = generation->next) {
        highest = generation->number > highest ? generation->number : highest;
        is_unclaimed = is_unclaimed && generation->number < highest;
    }
    status = view_take_in(view, is_unclaimed ? highest : highest + 1, true, error);
    if (status == DAYBOOK_NOT_FOUND) {
        /* Another process completed a later one meanwhile, and cleared this away. */
        view->listed_mtime = (struct timespec){0};
        status = DAYBOOK_OK;
    }
    return status;
}

/* ---- open and close ---- */

static uint64_t kinds_taken(const struct projection *projection) {
    uint64_t taken = UINT64_MAX;
    for (unsigned kind = 0; projection->takes != NULL && kind < VIEW_KINDS; kind++) {
        if (!projection->takes((Pb__Event__BodyCase)kind)) {
            taken &= ~(UINT64_C(1) << kind);
        }
    }
    return taken;
}

enum daybook_status view_open(const char *directory, const struct projection *projection, struct journal *journal,
                              const struct view_options *options, struct view **view, struct daybook_error *error) {
    assert(projection->table_count < STORE_TABLES_MAX && strlen(projection->name) <= VIEW_NAME_MAX);
    assert(projection->version != 0 && projection->readable_from <= projection->version);
    struct daybook_error own_error;
    struct view *made = calloc(1, sizeof *made);
    if (made == NULL || asprintf(&made->views_path, "%s/views", directory) < 0) {
        free(made);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening view %s: memory was refused", projection->name);
    }
    made->projection = projection;
    made->journal = journal;
    made->taken_kinds = kinds_taken(projection);
    made->options = options != NULL ? *options : (struct view_options){0};
    if (made->options.batch_events == 0) {
        made->options.batch_events = VIEW_DEFAULT_BATCH;
    }
    if (made->options.pack_events == 0) {
        made->options.pack_events = VIEW_DEFAULT_PACK;
    }
    mark_boot_read(&made->boot);
    if (uv_mutex_init(&made->lock) != 0 || uv_mutex_init(&made->fold_lock) != 0) {
        abort(); /* Only a broken system refuses a mutex, and nothing could be said of it safely. */
    }
    enum daybook_status status = view_refresh(made, error != NULL ? error : &own_error);
    if (status != DAYBOOK_OK) {
        view_close(made);
        return status;
    }
    *view = made;
    return DAYBOOK_OK;
}

void view_close(struct view *view) {
    if (view == NULL) {
        return;
    }
    /* What is not synced is found suspect after a power cut, and built anew. Of what is half built that is all that
     * would be lost, and it may be hundreds of megabytes, while whoever has stopped it waits. */
    uv_mutex_lock(&view->lock);
    if (view->building != NULL) {
        detach(view, view->building);
    }
    uv_mutex_unlock(&view->lock);
    enum daybook_status ignored = view_settle(view, NULL);
    (void)ignored;
    view_fold_release(view);
    while (view->generations != NULL) {
        struct generation *generation = view->generations;
        view->generations = generation->next;
        generation_close(generation);
    }
    uv_mutex_destroy(&view->lock);
    uv_mutex_destroy(&view->fold_lock);
    free(view->views_path);
    free(view);
}

/* While the write transaction is held no process commits, so what is synced is all there is (M2). */
static enum daybook_status settle_generation(struct view *view, struct generation *generation,
                                             struct daybook_error *error) {
    struct store_txn *txn = NULL;
    enum daybook_status status = store_begin_write(generation->store, &txn, error);
    if (status == DAYBOOK_OK && mark_read(generation->path, &view->boot) == MARK_DIRTY) {
        status = store_sync(generation->store, error);
        if (status == DAYBOOK_OK) {
            status = mark_write_clean(generation->path, error);
        }
    }
    store_abort(txn);
    return status == DAYBOOK_NOT_FOUND ? DAYBOOK_OK : status; /* Deleted meanwhile. */
}

enum daybook_status view_settle(struct view *view, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    uv_mutex_lock(&view->fold_lock);
    if (!view->has_written) {
        goto out;
    }
    uv_mutex_lock(&view->lock);
    struct generation *held[2] = {view->answering, view->building};
    for (size_t i = 0; i < 2; i++) {
        if (held[i] != NULL) {
            held[i]->pins++;
        }
    }
    uv_mutex_unlock(&view->lock);
    for (size_t i = 0; i < 2; i++) {
        if (held[i] != NULL && status == DAYBOOK_OK) {
            status = settle_generation(view, held[i], error);
        }
    }
    uv_mutex_lock(&view->lock);
    for (size_t i = 0; i < 2; i++) {
        if (held[i] != NULL) {
            view_unpin(view, held[i]);
        }
    }
    uv_mutex_unlock(&view->lock);
    view->has_written = status != DAYBOOK_OK;
out:
    uv_mutex_unlock(&view->fold_lock);
    return status;
}

/* ---- reading ---- */

/* Looking for what other processes have built costs as much as the rest of a question: while something answers that is
 * far enough, it is done a hundred times a second. */
static enum daybook_status refresh_to_read(struct view *view, uint64_t min_position, struct daybook_error *error) {
    bool may_wait = view->answering != NULL && view->answering->last.position >= min_position &&
                    clock_coarse_ns() - view->refreshed_ns < VIEW_REFRESH_NS;
    return may_wait ? DAYBOOK_OK : view_refresh(view, error);
}

/* A generation that answers, and what is known of it. */
struct pinned {
    struct generation *generation;
    struct memo *memo;
    struct checkpoint read; /* As at commit `read_commit`. */
    uint64_t read_commit;
};

static enum daybook_status pin_answering(struct view *view, uint64_t min_position, struct pinned *pinned,
                                         struct daybook_error *error) {
    uv_mutex_lock(&view->lock);
    enum daybook_status status = refresh_to_read(view, min_position, error);
    struct generation *generation = view->answering;
    if (status == DAYBOOK_OK && generation == NULL) {
        status = daybook_fail(error, DAYBOOK_BEHIND, "reading view %s: it has to be built first%s%s",
                              view->projection->name, view->reason[0] != '\0' ? ": " : "", view->reason);
    }
    if (status == DAYBOOK_OK) {
        generation->pins++;
        if (generation->memo == NULL && ++generation->read_count > VIEW_READS_FEW) {
            generation->read_count = 0;
            generation_attend(generation);
        }
        *pinned = (struct pinned){generation, generation->memo, generation->read, generation->read_commit};
    }
    uv_mutex_unlock(&view->lock);
    return status;
}

/* The checkpoint that `txn` sees, at a commit that nobody has read it at. */
static enum daybook_status read_checkpoint(struct view *view, struct generation *generation, struct store_txn *txn,
                                           struct checkpoint *checkpoint, struct daybook_error *error) {
    bool is_found = false;
    uint64_t commit = store_commit_seen(txn);
    enum daybook_status status = checkpoint_load(txn, view->projection, checkpoint, &is_found, error);
    if (status == DAYBOOK_OK && !is_found) {
        status =
            daybook_fail(error, DAYBOOK_DAMAGED, "reading view %s: its checkpoint is missing", view->projection->name);
    }
    uv_mutex_lock(&view->lock);
    if (status == DAYBOOK_DAMAGED) {
        view_give_up(view, generation, error->message);
        status = daybook_fail(error, DAYBOOK_BEHIND, "reading view %s: it has to be built first: %s",
                              view->projection->name, view->reason);
    } else if (status == DAYBOOK_OK && commit > generation->read_commit) {
        generation->read = *checkpoint;
        generation->read_commit = commit;
        if (checkpoint->position > generation->last.position) {
            generation->last = *checkpoint;
        }
    }
    uv_mutex_unlock(&view->lock);
    return status;
}

enum daybook_status view_begin_read(struct view *view, uint64_t min_position, struct view_read *read,
                                    struct daybook_error *error) {
    struct daybook_error own_error;
    struct pinned pinned;
    *read = (struct view_read){0};
    error = error != NULL ? error : &own_error;
    DAYBOOK_TRY(pin_answering(view, min_position, &pinned, error));
    *read = (struct view_read){.view = view, .pinned = pinned.generation, .memo = pinned.memo};
    enum daybook_status status = store_begin_read(pinned.generation->store, &read->txn, error);
    if (status == DAYBOOK_OK) {
        read->commit = store_commit_seen(read->txn);
        if (read->commit != pinned.read_commit) {
            status = read_checkpoint(view, pinned.generation, read->txn, &pinned.read, error);
        }
    }
    read->position = pinned.read.position;
    read->version = pinned.read.version;
    if (status == DAYBOOK_OK && read->position < min_position) {
        status =
            daybook_fail(error, DAYBOOK_BEHIND, "reading view %s: it has folded %llu of %llu events",
                         view->projection->name, (unsigned long long)read->position, (unsigned long long)min_position);
    }
    if (status != DAYBOOK_OK) {
        view_end_read(read);
    }
    return status;
}

void view_end_read(struct view_read *read) {
    if (read->view == NULL) {
        return;
    }
    store_abort(read->txn);
    uv_mutex_lock(&read->view->lock);
    view_unpin(read->view, read->pinned);
    uv_mutex_unlock(&read->view->lock);
    *read = (struct view_read){0};
}

void view_mark_damaged(struct view *view, const char *reason) {
    uv_mutex_lock(&view->lock);
    if (view->answering != NULL) {
        view_give_up(view, view->answering, reason);
    }
    uv_mutex_unlock(&view->lock);
}

bool view_writes_little(const struct view *view) {
    return view->projection->writes_little;
}

uint64_t view_position(struct view *view) {
    uv_mutex_lock(&view->lock);
    uint64_t position = view->answering != NULL ? view->answering->last.position : 0;
    uv_mutex_unlock(&view->lock);
    return position;
}

bool view_covers(struct view *view, uint64_t sequence) {
    uv_mutex_lock(&view->lock);
    bool is_there = view->answering != NULL && view->answering->last.position >= sequence;
    uv_mutex_unlock(&view->lock);
    return is_there;
}

/* The generation that catching up would fold; NULL when it would begin one. `lock` is held. */
static struct generation *folded_generation(const struct view *view) {
    bool is_current = view->answering != NULL && view->answering->last.version == view->projection->version;
    return is_current ? view->answering : view->building;
}

/* `lock` is held. */
static uint64_t distance_seen(const struct view *view, uint64_t target) {
    const struct generation *folded = folded_generation(view);
    uint64_t position = folded != NULL ? folded->last.position : 0;
    bool is_there = view->answering != NULL && view->answering->last.position >= target;
    return is_there || position >= target ? 0 : target - position;
}

uint64_t view_distance(struct view *view, uint64_t target, uint64_t far) {
    uv_mutex_lock(&view->lock);
    uint64_t distance = distance_seen(view, target);
    if (distance >= far) {
        struct daybook_error ignored; /* Of what cannot be looked at, catching up says why. */
        bool is_seen = view_refresh(view, &ignored) == DAYBOOK_OK;
        struct generation *folded = folded_generation(view);
        if (is_seen && folded != NULL && generation_look(folded, view->projection, &ignored) == DAYBOOK_OK) {
            distance = distance_seen(view, target);
        }
    }
    uv_mutex_unlock(&view->lock);
    return distance;
}

/* ---- status ---- */

void view_get_status(struct view *view, struct view_status *status) {
    struct daybook_error error;
    *status = (struct view_status){.name = view->projection->name, .version = view->projection->version};
    uv_mutex_lock(&view->lock);
    if (view_refresh(view, &error) != DAYBOOK_OK) {
        memcpy(view->reason, error.message, sizeof view->reason);
    }
    if (view->answering != NULL && generation_look(view->answering, view->projection, &error) == DAYBOOK_DAMAGED) {
        view_give_up(view, view->answering, error.message);
    }
    memcpy(status->reason, view->reason, sizeof status->reason);
    if (view->answering != NULL) {
        status->version = view->answering->last.version;
        status->position = view->answering->last.position;
        status->position_recorded_at_us = view->answering->last.recorded_at_us;
        status->size_bytes = store_size_bytes(view->answering->store);
    }
    if (view->building != NULL) {
        status->rebuild_position = view->building->last.position;
        status->size_bytes += store_size_bytes(view->building->store);
    }
    status->state = view->building != NULL ? VIEW_REBUILDING : view->answering != NULL ? VIEW_FOLLOWING : VIEW_MISSING;
    const struct generation *folded = folded_generation(view);
    if (folded != NULL && folded->stop.sequence != 0) {
        status->state = VIEW_STOPPED;
        status->stopped_at = folded->stop.sequence;
        memcpy(status->reason, folded->stop.reason, sizeof status->reason);
    } else if (view->building != NULL && view->building->stop.sequence != 0) {
        memcpy(status->reason, view->building->stop.reason, sizeof status->reason);
    }
    status->events_per_second = view->events_per_second;
    uv_mutex_unlock(&view->lock);
}
