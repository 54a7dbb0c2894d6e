/* An audit's views: each folded from nothing in a place of its own, and compared with the live one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit_inside.h"
#include "base/thread.h"

/* Deciding is one thread's and takes longest, the views share what is left: so it gets a processor to itself. */
enum { REFOLD_NICE = 10 };

/* One view, and its thread: that which digests the live one, and then that which folds it from nothing. */
struct refold {
    struct audit_views *owner;
    struct view *fresh;
    struct view_digest live; /* As it lay there when the audit began. */
    bool has_live;
    bool differs; /* Its rows are not those of the fresh one. */
    pthread_t thread;
    bool is_running;
    enum daybook_status status;
    struct daybook_error error;
};

struct audit_views {
    struct audit_run *run;
    struct refold refolds[AUDIT_VIEWS_MAX];
    struct view *folded[AUDIT_VIEWS_MAX];
    size_t count;
};

/* AU2: as it lies there, without catching up, which would repair it. */
static enum daybook_status digest_live(struct audit_run *run, struct view *view, struct refold *refold,
                                       struct daybook_error *error) {
    struct view_status known;
    view_get_status(view, &known);
    if (known.state == VIEW_STOPPED) {
        audit_add(run, "view %s has stopped at event %" PRIu64 ": %s", known.name, known.stopped_at, known.reason);
        return DAYBOOK_OK;
    }
    enum daybook_status status = view_compute_digest(view, NULL, &refold->live, error);
    refold->has_live = status == DAYBOOK_OK;
    if (status == DAYBOOK_NOT_FOUND || status == DAYBOOK_BEHIND) {
        /* There is none: nothing is wrong, unless there was one. */
        view_get_status(view, &known);
        if (known.reason[0] != '\0') {
            audit_add(run, "view %s was given up: %s", known.name, known.reason);
        }
        return DAYBOOK_OK;
    }
    if (status == DAYBOOK_DAMAGED || status == DAYBOOK_INVALID) {
        audit_add(run, "view %s: %s", known.name, error->message);
        return DAYBOOK_OK;
    }
    return status;
}

static void *digest_thread(void *context) {
    struct refold *refold = context;
    struct audit_run *run = refold->owner->run;
    struct view *view = ledger_view_at(run->ledger, (size_t)(refold - refold->owner->refolds));
    refold->status = digest_live(run, view, refold, &refold->error);
    return NULL;
}

/* Nothing else of the audit has begun, so the processors are theirs. */
static enum daybook_status digest_all_live(struct audit_views *views, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < views->count; i++) {
        struct refold *refold = &views->refolds[i];
        refold->is_running = pthread_create(&refold->thread, NULL, digest_thread, refold) == 0;
        if (!refold->is_running) {
            (void)digest_thread(refold);
        }
    }
    for (size_t i = 0; i < views->count; i++) {
        struct refold *refold = &views->refolds[i];
        if (refold->is_running) {
            (void)pthread_join(refold->thread, NULL);
            refold->is_running = false;
        }
        if (status == DAYBOOK_OK && refold->status != DAYBOOK_OK) {
            status = daybook_fail_as(error, &refold->error);
        }
    }
    return status;
}

enum daybook_status audit_views_begin(struct audit_run *run, struct audit_views **views, struct daybook_error *error) {
    struct audit_views *begun = calloc(1, sizeof *begun);
    if (begun == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "auditing the views: memory was refused");
    }
    *views = begun;
    begun->run = run;
    begun->count = ledger_view_count(run->ledger);
    if (begun->count > AUDIT_VIEWS_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, "auditing: there are more than %d views", AUDIT_VIEWS_MAX);
    }
    for (size_t i = 0; i < begun->count; i++) {
        begun->refolds[i].owner = begun;
    }
    return digest_all_live(begun, error);
}

static bool report_progress(void *context, const char *view, uint64_t position, uint64_t target) {
    struct audit_run *run = context;
    (void)view;
    (void)position;
    (void)target;
    return !atomic_load(&run->is_stopped);
}

static enum daybook_status fold_to(struct refold *refold, uint64_t position, struct view_digest *fresh,
                                   struct daybook_error *error) {
    struct view_progress progress = {.report = report_progress, .context = refold->owner->run};
    DAYBOOK_TRY(view_catch_up(refold->fresh, position, &progress, error));
    return view_compute_digest(refold->fresh, &progress, fresh, error);
}

/* At the live one's position; *fresh stays all zero where there is nothing to compare. */
static enum daybook_status compare(struct refold *refold, const char *name, struct view_digest *fresh,
                                   struct daybook_error *error) {
    struct audit_run *run = refold->owner->run;
    if (!refold->has_live) {
        return DAYBOOK_OK;
    }
    if (refold->live.position > run->report->head) {
        return DAYBOOK_OK; /* Told once of all of them. */
    }
    if (refold->live.position == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(fold_to(refold, refold->live.position, fresh, error));
    if (fresh->position != refold->live.position || memcmp(fresh->sha256, refold->live.sha256, SHA256_SIZE) != 0) {
        refold->differs = true;
        audit_add(run,
                  "view %s: its rows are not those that events 1 to %" PRIu64
                  " lead to; \"daybook rebuild %s\" makes them anew",
                  name, refold->live.position, name);
    }
    return DAYBOOK_OK;
}

static enum daybook_status refold_view(struct refold *refold, struct audit_view *made, struct daybook_error *error) {
    struct audit_run *run = refold->owner->run;
    struct view_digest fresh = {0};
    DAYBOOK_TRY(compare(refold, made->name, &fresh, error));
    if (run->report->head == 0) {
        return DAYBOOK_OK;
    }
    if (fresh.position != run->report->head) {
        DAYBOOK_TRY(fold_to(refold, run->report->head, &fresh, error));
    }
    made->position = fresh.position;
    made->row_count = fresh.row_count;
    memcpy(made->sha256, fresh.sha256, SHA256_SIZE);
    made->has_live = refold->has_live;
    return DAYBOOK_OK;
}

static void *refold_thread(void *context) {
    struct refold *refold = context;
    thread_stand_back(REFOLD_NICE);
    struct audit_views *views = refold->owner;
    struct audit_view *made = &views->run->report->views[refold - views->refolds];
    enum daybook_status status = refold_view(refold, made, &refold->error);
    refold->status = status == DAYBOOK_STOPPED && atomic_load(&views->run->is_stopped) ? DAYBOOK_OK : status;
    return NULL;
}

/* Whether the view could not go on because the journal cannot be read there: no fault of the view's. */
static bool is_for_want_of_events(const struct audit_run *run, const struct refold *refold) {
    struct view_status known;
    if (refold->status != DAYBOOK_DAMAGED) {
        return false;
    }
    view_get_status(refold->fresh, &known);
    return known.state == VIEW_STOPPED && run->unreadable_from != 0 && known.stopped_at == run->unreadable_from;
}

static enum daybook_status begin_one(struct audit_views *views, size_t index, struct daybook_error *error) {
    struct refold *refold = &views->refolds[index];
    struct audit_run *run = views->run;
    struct audit_view *made = &run->report->views[index];
    const struct projection *projection = ledger_projection_at(run->ledger, index);
    struct view_options options = {.is_scratch = true, .pack_events = UINT64_MAX}; /* Read once: not worth packing. */
    made->name = projection->name;
    made->version = projection->version;
    DAYBOOK_TRY(view_open(run->options->scratch_directory, projection, ledger_journal(run->ledger), &options,
                          &refold->fresh, error));
    view_share(refold->fresh, views->run->feed);
    refold->is_running = pthread_create(&refold->thread, NULL, refold_thread, refold) == 0;
    run->report->view_count = run->report->head > 0 ? index + 1 : 0; /* Nothing was folded: nothing is certified. */
    return refold->is_running ? DAYBOOK_OK
                              : daybook_fail(error, DAYBOOK_NO_MEMORY, "auditing: no thread could be started");
}

enum daybook_status audit_views_fold(struct audit_views *views, struct daybook_error *error) {
    for (size_t i = 0; i < views->count; i++) {
        DAYBOOK_TRY(begin_one(views, i, error));
    }
    return DAYBOOK_OK;
}

/* What views remember together of the journal: one fault is told once, and nothing is advised that would undo proof. */
static void tell_together(const struct audit_views *views) {
    uint64_t furthest = 0;
    size_t ahead = 0;
    size_t differing = 0;
    for (size_t i = 0; views != NULL && i < views->count; i++) {
        const struct refold *refold = &views->refolds[i];
        bool is_ahead = refold->has_live && refold->live.position > views->run->report->head;
        ahead += is_ahead;
        differing += refold->differs;
        furthest = is_ahead && refold->live.position > furthest ? refold->live.position : furthest;
    }
    if (ahead > 0) {
        audit_add(views->run,
                  "%zu views have folded up to %" PRIu64 " events, and the journal ends with %" PRIu64
                  ": events are gone",
                  ahead, furthest, views->run->report->head);
    }
    if (differing > 1) {
        audit_add(views->run,
                  "%zu views do not agree with the journal: rather events were altered than all of their rows. Rebuild "
                  "none before a backup or a checkpoint that is kept elsewhere has told which",
                  differing);
    }
}

enum daybook_status audit_views_wait(struct audit_views *views, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    size_t wanting = 0;
    for (size_t i = 0; views != NULL && i < views->count; i++) {
        struct refold *refold = &views->refolds[i];
        if (refold->is_running) {
            (void)pthread_join(refold->thread, NULL);
            refold->is_running = false;
        }
        bool is_wanting = is_for_want_of_events(views->run, refold);
        wanting += is_wanting;
        refold->status = is_wanting ? DAYBOOK_OK : audit_find(views->run, refold->status, &refold->error);
        if (status == DAYBOOK_OK && refold->status != DAYBOOK_OK) {
            status = daybook_fail_as(error, &refold->error);
        }
    }
    tell_together(views);
    if (wanting > 0) {
        audit_add(views->run, "%zu views could not be folded past event %" PRIu64 ", where the journal cannot be read",
                  wanting, views->run->unreadable_from - 1);
    }
    return status;
}

struct view **audit_views_folded(struct audit_views *views) {
    for (size_t i = 0; i < views->count; i++) {
        views->folded[i] = views->refolds[i].fresh;
    }
    return views->folded;
}

void audit_views_end(struct audit_views *views) {
    if (views == NULL) {
        return;
    }
    for (size_t i = 0; i < views->count; i++) {
        view_close(views->refolds[i].fresh);
    }
    free(views);
}
