/* Worker threads that keep views up with the journal. */
#include "projection/projector.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "projection/feed.h"

#define MS_NS   UINT64_C(1000000)
#define POLL_NS (50 * MS_NS) /* Commits of another process are seen this late. */
/* Folding a few events costs nearly as much as folding a thousand, since they change rows all over the tables: a
 * commit that follows closely on a round of folding waits for others, so long or for so many, unless a question waits
 * for it. All views fold in the same rounds, so that events are decoded once for all of them. Views that write little
 * fold sooner where there are no others: while appending leaves them a core, and its events are still cached. */
#define GATHER_NS           (1000 * MS_NS)
#define GATHER_EVENTS       (UINT64_C(1) << 18)
#define GATHER_FEWER_EVENTS (UINT64_C(1) << 14)
#define FAILED_POLL_NS      (1000 * MS_NS) /* After a failure of the world, and for a stopped view. */
#define SETTLE_AFTER_NS     (UINT64_C(5000) * MS_NS)

struct worker {
    struct projector *projector;
    struct view *view;
    uv_thread_t thread;
    bool is_started;

    /* Guarded by the projector's lock. */
    uint64_t position;          /* Of what answers. */
    uint64_t round;             /* The last that it took part in. */
    bool is_asked;              /* Someone waits: look at once. */
    enum daybook_status status; /* Of the last catch-up; it will not get better by itself when is_stopped. */
    bool is_stopped;
    char reason[DAYBOOK_ERROR_SIZE];
};

struct projector {
    struct journal *journal;
    struct feed *feed; /* What all workers fold. */
    struct worker *workers;
    size_t worker_count;
    uint64_t gather_events;
    uv_mutex_t lock;
    uv_cond_t work;      /* Workers wait for something to do. */
    uv_cond_t progress;  /* Others wait for a position. */
    uint64_t head;       /* As projector_wake said. */
    uint64_t round;      /* Rounds of folding that have begun; the last of them */
    uint64_t round_ns;   /* at this time, */
    uint64_t round_head; /* and with this head. */
    size_t idle_count;   /* Workers that wait for a commit. */
    bool is_closing;
};

/* Between two batches: tells those who wait, and says whether to go on. */
static bool report(void *context, const char *name, uint64_t position, uint64_t target) {
    struct worker *worker = context;
    struct projector *projector = worker->projector;
    uint64_t answered = view_position(worker->view);
    (void)name;
    (void)position;
    (void)target;
    uv_mutex_lock(&projector->lock);
    worker->position = answered;
    bool goes_on = !projector->is_closing;
    uv_cond_broadcast(&projector->progress);
    uv_mutex_unlock(&projector->lock);
    return goes_on;
}

/* One catch-up to the journal's head, or to what projector_wake told if that is more. */
static enum daybook_status follow(struct worker *worker, struct daybook_error *error) {
    struct projector *projector = worker->projector;
    struct view_progress progress = {.report = report, .context = worker};
    struct journal_head head;
    enum daybook_status status = journal_head(projector->journal, &head, error);
    if (status == DAYBOOK_OK) {
        uv_mutex_lock(&projector->lock);
        uint64_t target = projector->head > head.sequence ? projector->head : head.sequence;
        uv_mutex_unlock(&projector->lock);
        status = view_catch_up(worker->view, target, &progress, error);
    }
    struct view_status facts = {0};
    if (status != DAYBOOK_OK) {
        view_get_status(worker->view, &facts);
    }
    uint64_t answered = view_position(worker->view);
    uv_mutex_lock(&projector->lock);
    worker->position = answered;
    worker->status = status;
    worker->is_stopped = status == DAYBOOK_VERSION || facts.state == VIEW_STOPPED;
    memcpy(worker->reason, status != DAYBOOK_OK ? error->message : "",
           status != DAYBOOK_OK ? sizeof worker->reason : 1);
    uv_cond_broadcast(&projector->progress);
    uv_mutex_unlock(&projector->lock);
    return status;
}

static bool has_enough(const struct projector *projector) {
    return projector->head >= projector->round_head + projector->gather_events;
}

/* Is it time to fold what has been gathered, or has a round begun without this worker? `lock` is held. */
static bool is_due(const struct worker *worker, uint64_t now_ns) {
    const struct projector *projector = worker->projector;
    return worker->round != projector->round || now_ns >= projector->round_ns + GATHER_NS || has_enough(projector);
}

/* The round that has begun without this worker, or else a new one. `lock` is held. */
static void join_round(struct worker *worker, uint64_t now_ns) {
    struct projector *projector = worker->projector;
    if (worker->round == projector->round) {
        projector->round++;
        projector->round_ns = now_ns;
        projector->round_head = projector->head;
        uv_cond_broadcast(&projector->work);
    }
    worker->round = projector->round;
}

/* Sleeps until there is something to do. A failure is not tried again at each wake, since
 * it would only be met again. `lock` is held. */
static void wait_for_work(struct worker *worker, enum daybook_status status) {
    struct projector *projector = worker->projector;
    bool has_failed = status != DAYBOOK_OK;
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t until_ns = now_ns + (has_failed && status != DAYBOOK_BEHIND ? FAILED_POLL_NS : POLL_NS);
    projector->idle_count++;
    while (!projector->is_closing && now_ns < until_ns &&
           (has_failed || (!worker->is_asked && projector->head <= worker->position))) {
        uv_cond_timedwait(&projector->work, &projector->lock, until_ns - now_ns);
        now_ns = clock_monotonic_ns();
    }
    projector->idle_count--;
    while (!projector->is_closing && !has_failed && !worker->is_asked && !is_due(worker, now_ns)) {
        uv_cond_timedwait(&projector->work, &projector->lock, projector->round_ns + GATHER_NS - now_ns);
        now_ns = clock_monotonic_ns();
    }
    if (!has_failed && !worker->is_asked && projector->head > worker->position) {
        join_round(worker, now_ns);
    }
    worker->round = projector->round; /* What is there is folded now, round or not. */
    worker->is_asked = false;
}

/* While the view is packed: goes on until there is something to fold. */
static bool is_quiet(void *context, const char *name, uint64_t position, uint64_t target) {
    struct worker *worker = context;
    struct projector *projector = worker->projector;
    struct daybook_error ignored;
    struct journal_head head;
    (void)name;
    (void)target;
    bool is_behind = journal_head(projector->journal, &head, &ignored) != DAYBOOK_OK || head.sequence > position;
    uv_mutex_lock(&projector->lock);
    bool is_called = projector->is_closing || worker->is_asked || projector->head > position;
    uv_mutex_unlock(&projector->lock);
    return !is_behind && !is_called;
}

static void run(void *context) {
    struct worker *worker = context;
    struct projector *projector = worker->projector;
    uint64_t folded_to = 0;
    uint64_t folded_ns = clock_monotonic_ns();
    bool is_settled = true;
    for (;;) {
        struct daybook_error error;
        enum daybook_status status = follow(worker, &error);
        uint64_t now_ns = clock_monotonic_ns();
        uv_mutex_lock(&projector->lock);
        if (worker->position != folded_to) {
            folded_to = worker->position;
            folded_ns = now_ns;
            is_settled = false;
            if (worker->position > projector->head) { /* Another process' commits. */
                projector->head = worker->position;
                join_round(worker, now_ns);
            }
        }
        wait_for_work(worker, status);
        bool is_closing = projector->is_closing;
        uv_mutex_unlock(&projector->lock);
        if (is_closing) {
            return;
        }
        if (!is_settled && now_ns - folded_ns > SETTLE_AFTER_NS) {
            (void)view_tidy(worker->view, &(struct view_progress){.report = is_quiet, .context = worker});
            /* What cannot be synced now is rebuilt after a power cut, and tried again at close. */
            enum daybook_status ignored = view_settle(worker->view, &error);
            (void)ignored;
            is_settled = true;
        }
    }
}

enum daybook_status projector_open(struct view **views, size_t view_count, struct journal *journal,
                                   struct projector **projector, struct daybook_error *error) {
    struct projector *made = calloc(1, sizeof *made);
    struct worker *workers = calloc(view_count > 0 ? view_count : 1, sizeof *workers);
    if (made == NULL || workers == NULL) {
        free(made);
        free(workers);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the projector: memory was refused");
    }
    made->journal = journal;
    made->workers = workers;
    made->worker_count = view_count;
    made->gather_events = GATHER_FEWER_EVENTS;
    if (uv_mutex_init(&made->lock) != 0 || uv_cond_init(&made->work) != 0 || uv_cond_init(&made->progress) != 0) {
        abort(); /* Only a broken system refuses these, and nothing could be said of it safely. */
    }
    for (size_t i = 0; i < view_count; i++) {
        workers[i].projector = made;
        workers[i].view = views[i];
        if (!view_writes_little(views[i])) {
            made->gather_events = GATHER_EVENTS;
        }
    }
    enum daybook_status status = feed_open(journal, view_count + FEED_RUNS_SHARED, &made->feed, error);
    if (status != DAYBOOK_OK) {
        projector_close(made);
        return status;
    }
    for (size_t i = 0; i < view_count; i++) {
        view_share(views[i], made->feed);
        int code = uv_thread_create(&workers[i].thread, run, &workers[i]);
        if (code != 0) {
            projector_close(made);
            return daybook_fail(error, DAYBOOK_LIMIT, "starting a thread for a view: %s", uv_strerror(code));
        }
        workers[i].is_started = true;
    }
    *projector = made;
    return DAYBOOK_OK;
}

void projector_close(struct projector *projector) {
    if (projector == NULL) {
        return;
    }
    uv_mutex_lock(&projector->lock);
    projector->is_closing = true;
    uv_cond_broadcast(&projector->work);
    uv_cond_broadcast(&projector->progress);
    uv_mutex_unlock(&projector->lock);
    for (size_t i = 0; i < projector->worker_count; i++) {
        if (projector->workers[i].is_started) {
            uv_thread_join(&projector->workers[i].thread);
        }
        view_share(projector->workers[i].view, NULL);
    }
    feed_close(projector->feed);
    uv_cond_destroy(&projector->work);
    uv_cond_destroy(&projector->progress);
    uv_mutex_destroy(&projector->lock);
    free(projector->workers);
    free(projector);
}

void projector_wake(struct projector *projector, uint64_t head) {
    uv_mutex_lock(&projector->lock);
    if (head > projector->head) {
        projector->head = head;
        if (projector->idle_count > 0 || has_enough(projector)) {
            uv_cond_broadcast(&projector->work);
        }
    }
    uv_mutex_unlock(&projector->lock);
}

static struct worker *worker_of(struct projector *projector, const struct view *view) {
    for (size_t i = 0; i < projector->worker_count; i++) {
        if (projector->workers[i].view == view) {
            return &projector->workers[i];
        }
    }
    return NULL;
}

enum daybook_status projector_wait(struct projector *projector, struct view *view, uint64_t sequence,
                                   uint32_t timeout_ms, struct daybook_error *error) {
    struct worker *worker = worker_of(projector, view);
    uint64_t until_ns = clock_monotonic_ns() + timeout_ms * MS_NS;
    enum daybook_status status = DAYBOOK_OK;
    if (worker == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "waiting for a view: no worker follows it");
    }
    uv_mutex_lock(&projector->lock);
    while (!view_covers(view, sequence)) {
        uint64_t now_ns = clock_monotonic_ns();
        if (worker->is_stopped) {
            status = daybook_fail(error, DAYBOOK_STOPPED, "%s", worker->reason);
            break;
        }
        if (projector->is_closing || now_ns >= until_ns) {
            status =
                daybook_fail(error, DAYBOOK_BEHIND, "waiting for event %" PRIu64 ": the view is at %" PRIu64 "%s%s",
                             sequence, worker->position, worker->status != DAYBOOK_OK ? ": " : "", worker->reason);
            break;
        }
        if (!worker->is_asked) {
            worker->is_asked = true;
            uv_cond_broadcast(&projector->work);
        }
        uv_cond_timedwait(&projector->progress, &projector->lock, until_ns - now_ns);
    }
    uv_mutex_unlock(&projector->lock);
    return status;
}
