/*
 * Appending while views follow: the same history again, into a ledger whose
 * workers fold balance, aging, credit and the tree of hashes. What counts is the
 * time until all of them are at the head. The requests are drawn before. Then with
 * the tree alone and with nothing, in turns: what the proofs cost those who append.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/batch.h"
#include "bench/bench.h"

enum { FOLLOWED_MAX = 4, PROOF_TURNS = 3 };

/* What follows; NULL ends it. */
static const char *const main_followed[FOLLOWED_MAX + 1] = {"balance", "aging", "credit", "tree", NULL};
static const char *const tree_followed[] = {"tree", NULL};
static const char *const none_followed[] = {NULL};

/* All requests of the history, drawn before the clock runs. */
struct drawn {
    struct batch *batches;
    int64_t *clocks_us;
    size_t count;
    size_t opening_count; /* Batches that open customers before anything else: they are not what is measured. */
    size_t bytes;
};

static void drawn_release(struct drawn *drawn) {
    for (size_t i = 0; drawn->batches != NULL && i < drawn->count; i++) {
        batch_release(&drawn->batches[i]);
    }
    free(drawn->batches);
    free(drawn->clocks_us);
}

static bool draw(const struct bench *bench, struct drawn *drawn) {
    struct workload_options options = {.seed = bench->seed,
                                       .customers = bench->customers,
                                       .spread = bench->spread,
                                       .requests = bench->events * 10 / 16 + 1,
                                       .opens_first = bench->opens_first};
    size_t batch_requests = bench_batch_requests(bench);
    size_t openings = bench->opens_first ? bench->customers : 0;
    size_t rest = bench->requests > openings ? (size_t)bench->requests - openings : 0;
    drawn->opening_count = (openings + batch_requests - 1) / batch_requests;
    size_t wanted = drawn->opening_count + (rest + batch_requests - 1) / batch_requests;
    struct workload *workload = workload_open(&options);
    drawn->batches = calloc(wanted, sizeof *drawn->batches);
    drawn->clocks_us = calloc(wanted, sizeof *drawn->clocks_us);
    bool is_done = workload != NULL && drawn->batches != NULL && drawn->clocks_us != NULL;
    while (is_done && drawn->count < wanted) {
        struct batch *batch = &drawn->batches[drawn->count];
        size_t size = openings > 0 && openings < batch_requests ? openings : batch_requests;
        is_done = batch_init(batch, batch_requests);
        drawn->count++;
        while (is_done && batch->count < size) {
            is_done = batch_add(batch, workload_next(workload));
        }
        openings -= openings > 0 ? size : 0;
        batch_finish(batch);
        drawn->clocks_us[drawn->count - 1] = workload_now_us(workload);
        drawn->bytes += batch->bytes.size;
    }
    workload_close(workload);
    return is_done;
}

/* How far the slowest of the views is behind. */
static uint64_t lag_of(struct daybook *ledger, uint64_t head) {
    uint64_t lag = 0;
    for (size_t i = 0; i < ledger_view_count(ledger); i++) {
        uint64_t position = view_position(ledger_view_at(ledger, i));
        if (position < head && head - position > lag) {
            lag = head - position;
        }
    }
    return lag;
}

struct following {
    struct samples samples;
    struct tally tally;
    uint64_t lag_max;
    uint64_t lag_at_half; /* The longest in the first half: one that has no bound keeps growing. */
    double append_s;
    double total_s;
    uint64_t processor_ns;   /* Of all threads, until the views were at the head. */
    uint64_t followed_bytes; /* Of the views. */
    uint64_t packed_bytes;   /* The same once they were packed, as a projector does in a quiet time. */
    double pack_s;
};

static uint64_t size_of_views(struct daybook *ledger) {
    uint64_t size_bytes = 0;
    for (size_t i = 0; i < ledger_view_count(ledger); i++) {
        struct view_status status;
        view_get_status(ledger_view_at(ledger, i), &status);
        size_bytes += status.size_bytes;
    }
    return size_bytes;
}

static void pack(struct daybook *ledger, struct following *following) {
    following->followed_bytes = size_of_views(ledger);
    uint64_t start = clock_monotonic_ns();
    for (size_t i = 0; i < ledger_view_count(ledger); i++) {
        (void)view_tidy(ledger_view_at(ledger, i), NULL);
    }
    following->pack_s = bench_seconds_since(start);
    following->packed_bytes = size_of_views(ledger);
}

static bool wait_for_all(struct daybook *ledger, const char *const *followed, uint64_t head) {
    bool is_done = true;
    for (size_t i = 0; is_done && followed[i] != NULL; i++) {
        is_done = bench_wait_for(ledger, followed[i], head);
    }
    return is_done;
}

/* Every customer, where that comes before anything else; until the views have it. */
static bool open_customers(struct bench *bench, struct daybook *ledger, const struct drawn *drawn,
                           const char *const *followed, uint64_t *head) {
    struct samples unused = {0};
    struct tally tally = {.says_why = true};
    bool is_done = samples_init(&unused, drawn->opening_count + 1);
    for (size_t i = 0; is_done && i < drawn->opening_count; i++) {
        bench->clock_us = drawn->clocks_us[i];
        is_done = batch_submit(ledger, &drawn->batches[i], &unused, &tally);
    }
    *head = tally.events;
    samples_release(&unused);
    return is_done && wait_for_all(ledger, followed, *head);
}

static bool append_followed(struct bench *bench, struct daybook *ledger, const struct drawn *drawn,
                            const char *const *followed, struct following *following) {
    uint64_t opened = 0;
    bool is_done = open_customers(bench, ledger, drawn, followed, &opened);
    uint64_t used_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = clock_monotonic_ns();
    for (size_t i = drawn->opening_count; is_done && i < drawn->count; i++) {
        bench->clock_us = drawn->clocks_us[i];
        is_done = batch_submit(ledger, &drawn->batches[i], &following->samples, &following->tally);
        uint64_t lag = lag_of(ledger, opened + following->tally.events);
        following->lag_max = lag > following->lag_max ? lag : following->lag_max;
        if (i < (drawn->opening_count + drawn->count) / 2) {
            following->lag_at_half = following->lag_max;
        }
    }
    following->append_s = bench_seconds_since(start);
    is_done = is_done && wait_for_all(ledger, followed, opened + following->tally.events);
    following->total_s = bench_seconds_since(start);
    following->processor_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID) - used_ns;
    pack(ledger, following);
    return is_done;
}

static void add_figures(struct bench *bench, struct following *following, const struct drawn *drawn) {
    struct figures *figures = &bench->figures;
    double events = (double)following->tally.events;
    struct figure *rate = figures_add(figures, "append with balance, aging, credit and proof folds",
                                      events / following->total_s, "events/s");
    const struct figure *replay = figures_find(figures, "replay of balance, aging and credit");
    if (replay != NULL) {
        /* Both want the machine: one after the other would take the sum of their times. */
        figure_limit(rate, "append, then replay of three views", 1 / (1 / bench->append->value + 1 / replay->value));
    }
    figures_add(figures, "append with folds, processor time", (double)following->processor_ns / 1e3 / events,
                "us/event");
    figures_add(figures, "append with folds, until the last request was durable", events / following->append_s,
                "events/s");
    figures_add(figures, "append with folds, longest lag of a view", (double)following->lag_max, "events behind");
    figures_add(figures, "append with folds, longest lag in the first half", (double)following->lag_at_half,
                "events behind");
    figures_add(figures, "append with folds, catching up at the end", following->total_s - following->append_s, "s");
    figures_add(figures, "append with folds, size of an event in the four views",
                (double)following->followed_bytes / events, "bytes");
    figures_add(figures, "append with folds, the same once packed", (double)following->packed_bytes / events, "bytes");
    figures_add(figures, "append with folds, packing them in a quiet time", following->pack_s, "s");
    figures_add_latency(figures, "append with folds, latency of one batch", &following->samples);
    figures_add(figures, "append with folds, requests drawn ahead", (double)drawn->bytes / (1024.0 * 1024.0),
                "MiB drawn");
}

/* The whole history into a new ledger called `name`, while those views follow. */
static bool append_all(struct bench *bench, const char *name, const struct drawn *drawn, const char *const *followed,
                       struct following *following) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    const struct projection *views[FOLLOWED_MAX + 1] = {NULL};
    bool is_done = samples_init(&following->samples, drawn->count);
    for (size_t i = 0; is_done && followed[i] != NULL; i++) {
        views[i] = bench_view_named(followed[i]);
        is_done = views[i] != NULL;
    }
    if (is_done) {
        bench->clock_us = drawn->clocks_us[0];
        is_done = bench_make_ledger(bench, bench_path(bench, name, path), &ledger);
        daybook_close(ledger);
        ledger = NULL;
    }
    struct daybook_open_options how = {
        .directory = path, .is_writer = true, .follows = true, .views = views, .clock = bench_clock(bench)};
    is_done = is_done &&
              (daybook_open(&how, &ledger, &error) == DAYBOOK_OK || bench_failed("opening to follow", &error)) &&
              append_followed(bench, ledger, drawn, followed, following);
    daybook_close(ledger);
    return is_done;
}

bool bench_follow(struct bench *bench) {
    struct drawn drawn = {0};
    struct following following = {.tally = {.says_why = true}};
    bool is_done = draw(bench, &drawn) && append_all(bench, "followed", &drawn, main_followed, &following);
    if (is_done) {
        add_figures(bench, &following, &drawn);
    }
    samples_release(&following.samples);
    drawn_release(&drawn);
    return is_done;
}

/* The best of some turns, one with the tree after each without it: the machine's other work slows both. */
bool bench_proof(struct bench *bench) {
    struct drawn drawn = {0};
    double with_s = 0;
    double without_s = 0;
    double events = 0;
    bool is_done = draw(bench, &drawn);
    for (int turn = 0; is_done && turn < 2 * PROOF_TURNS; turn++) {
        bool is_with = turn % 2 == 1;
        char name[32];
        struct following following = {.tally = {.says_why = turn == 0}};
        (void)snprintf(name, sizeof name, "proof-%d", turn);
        is_done = append_all(bench, name, &drawn, is_with ? tree_followed : none_followed, &following);
        double *best_s = is_with ? &with_s : &without_s;
        *best_s = turn < 2 || following.total_s < *best_s ? following.total_s : *best_s;
        events = (double)following.tally.events;
        samples_release(&following.samples);
    }
    if (is_done) {
        figures_add(&bench->figures, "append without a fold, best of three", events / without_s, "events/s");
        figures_add(&bench->figures, "append with the proof fold, best of three", events / with_s, "events/s");
        figures_add(&bench->figures, "append with the proof fold, of the rate without", without_s / with_s, "x");
    }
    drawn_release(&drawn);
    return is_done;
}
