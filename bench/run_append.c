/* Appending: batches through the library, and one request at a time from one thread and from many. */
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bench/batch.h"
#include "bench/bench.h"

/* How long a part of the history took. */
struct stretch {
    double seconds;
    uint64_t events;
};

struct history_run {
    struct samples samples;
    struct tally tally;
    struct tally opening;       /* Of the customers that were opened before; not measured. */
    struct stretch first_tenth; /* Of the events. */
    struct stretch last_tenth;
    uint64_t processor_ns; /* Of all threads, but for drawing the requests. */
};

static bool fill_batch(struct batch *batch, struct workload *workload, size_t count) {
    bool is_done = true;
    batch_reset(batch);
    while (is_done && batch->count < count) {
        is_done = batch_add(batch, workload_next(workload));
    }
    batch_finish(batch);
    return is_done;
}

/* Where every customer is opened before anything else, that is not what is measured. */
static bool open_customers(struct bench *bench, struct daybook *ledger, struct workload *workload,
                           struct tally *tally) {
    struct batch batch = {0};
    struct samples unused = {0};
    bool is_done = batch_init(&batch, BENCH_BATCH_REQUESTS) && samples_init(&unused, 1);
    for (uint32_t left = bench->customers; is_done && left > 0; left -= (uint32_t)batch.count) {
        unused.count = 0;
        is_done = fill_batch(&batch, workload, left < BENCH_BATCH_REQUESTS ? left : BENCH_BATCH_REQUESTS);
        bench->clock_us = workload_now_us(workload);
        is_done = is_done && batch_submit(ledger, &batch, &unused, tally);
    }
    batch_release(&batch);
    samples_release(&unused);
    return is_done;
}

static void add_to_stretches(const struct bench *bench, struct history_run *run, uint64_t events_before) {
    double seconds = (double)run->samples.ns[run->samples.count - 1] / 1e9;
    uint64_t events = run->tally.events - events_before;
    struct stretch *stretch = NULL;
    if (run->tally.events <= bench->events / 10 || events_before == 0) {
        stretch = &run->first_tenth;
    } else if (events_before >= bench->events / 10 * 9) {
        stretch = &run->last_tenth;
    }
    if (stretch != NULL) {
        stretch->seconds += seconds;
        stretch->events += events;
    }
}

static bool append_history(struct bench *bench, struct daybook *ledger, struct workload *workload,
                           struct history_run *run) {
    struct batch batch = {0};
    bool is_done = batch_init(&batch, BENCH_BATCH_REQUESTS) &&
                   (!bench->opens_first || open_customers(bench, ledger, workload, &run->opening));
    uint64_t all_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t own_ns = bench_processor_ns(CLOCK_THREAD_CPUTIME_ID);
    while (is_done && run->tally.events < bench->events) {
        uint64_t events_before = run->tally.events;
        is_done =
            fill_batch(&batch, workload, bench_batch_requests(bench)) && run->samples.count < run->samples.capacity;
        bench->clock_us = workload_now_us(workload);
        is_done = is_done && batch_submit(ledger, &batch, &run->samples, &run->tally);
        if (is_done) {
            add_to_stretches(bench, run, events_before);
        }
    }
    uint64_t drawing_ns = bench_processor_ns(CLOCK_THREAD_CPUTIME_ID) - own_ns - run->tally.cpu_ns;
    run->processor_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID) - all_ns - drawing_ns;
    batch_release(&batch);
    return is_done;
}

static void add_stretches(struct figures *figures, const struct history_run *run) {
    if (run->first_tenth.seconds <= 0 || run->last_tenth.seconds <= 0) {
        return; /* Too few batches to tell. */
    }
    double first = (double)run->first_tenth.events / run->first_tenth.seconds;
    double last = (double)run->last_tenth.events / run->last_tenth.seconds;
    figures_add(figures, "append, the first tenth of the events", first, "events/s");
    figures_add(figures, "append, the last tenth of the events", last, "events/s");
    figures_add(figures, "append, the last tenth of the events, of the first's rate", last / first, "x");
}

static bool measure_journal(struct bench *bench, struct daybook *ledger, struct history_run *run) {
    struct daybook_error error;
    struct journal_usage usage;
    const struct tally *tally = &run->tally;
    if (daybook_head(ledger, &bench->head, &error) != DAYBOOK_OK ||
        journal_usage(ledger_journal(ledger), &usage, &error) != DAYBOOK_OK) {
        return bench_failed("looking at the journal", &error);
    }
    bench->requests = tally->requests + run->opening.requests;
    bench->end_us = bench->clock_us;
    bench->journal_bytes = usage.size_bytes;
    struct figures *figures = &bench->figures;
    double seconds = samples_sum_s(&run->samples);
    figures_add(figures, "history, events", (double)bench->head, "events");
    figures_add(figures, "history, customers", (double)bench->customers, "customers");
    bench->append =
        figures_add(figures, "append, batches of 8192 requests", (double)tally->events / seconds, "events/s");
    figures_add(figures, "append, processor time of the calling thread",
                (double)tally->cpu_ns / 1e3 / (double)tally->events, "us/event");
    figures_add(figures, "append, processor time of all threads",
                (double)run->processor_ns / 1e3 / (double)tally->events, "us/event");
    figures_add(figures, "append, the same in requests", (double)tally->requests / seconds, "requests/s");
    add_stretches(figures, run);
    figures_add_latency(figures, "append, latency of one batch", &run->samples);
    figures_add(figures, "requests refused", (double)(tally->refused + run->opening.refused), "requests");
    bench->journal =
        figures_add(figures, "journal, size of an event", (double)usage.size_bytes / (double)bench->head, "bytes");
    figures_add(figures, "journal, events in a frame", (double)bench->head / (double)usage.frame_count, "events");
    return true;
}

static bool measure_open(struct bench *bench, const char *directory) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct daybook_open_options how = {.directory = directory, .is_writer = true, .clock = bench_clock(bench)};
    uint64_t start = clock_monotonic_ns();
    if (daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        return bench_failed("opening again", &error);
    }
    bench->open_ms = bench_seconds_since(start) * 1e3;
    figures_add(&bench->figures, "open as a writer, after a close", bench->open_ms, "ms");
    daybook_close(ledger);
    return true;
}

bool bench_append(struct bench *bench) {
    char path[PATH_MAX];
    struct history_run run = {.tally = {.says_why = true}, .opening = {.says_why = true}};
    struct daybook *ledger = NULL;
    struct workload_options options = {.seed = bench->seed,
                                       .customers = bench->customers,
                                       .spread = bench->spread,
                                       .requests = bench->events * 10 / 16 + 1,
                                       .opens_first = bench->opens_first};
    struct workload *workload = workload_open(&options);
    bool is_done = workload != NULL && samples_init(&run.samples, bench->events / 4096 + 1024);
    if (is_done) {
        bench->clock_us = workload_now_us(workload);
        is_done = bench_make_ledger(bench, bench_path(bench, "ledger", path), &ledger) &&
                  append_history(bench, ledger, workload, &run) && measure_journal(bench, ledger, &run);
    }
    if (is_done) {
        figures_add(&bench->figures, "memory, peak while appending", bench_peak_rss_mib(), "MiB");
        figures_add(&bench->figures, "memory, of that peak the workload's own",
                    (double)workload_memory_bytes(workload) / (1024.0 * 1024.0), "MiB");
        uint64_t start = clock_monotonic_ns();
        daybook_close(ledger);
        ledger = NULL;
        figures_add(&bench->figures, "close, with the state's checkpoint", bench_seconds_since(start) * 1e3, "ms");
        is_done = measure_open(bench, path);
    }
    daybook_close(ledger);
    samples_release(&run.samples);
    workload_close(workload);
    return is_done;
}

/* One thread that submits its own customers' requests one by one. */
struct submitter {
    struct bench *bench;
    struct daybook *ledger;
    struct batch batch; /* All that it may come to submit. */
    struct samples samples;
    struct tally tally;
    const atomic_bool *is_over;
    pthread_t thread;
    bool is_done;
};

static void *submit_singly(void *context) {
    struct submitter *submitter = context;
    submitter->is_done = true;
    struct batch one = {.count = 1};
    for (size_t i = 0; i < submitter->batch.count && submitter->is_done && !atomic_load(submitter->is_over); i++) {
        one.requests = &submitter->batch.requests[i];
        submitter->is_done = batch_submit(submitter->ledger, &one, &submitter->samples, &submitter->tally);
    }
    return NULL;
}

/* Draws `count` requests for the submitter; opens its customers outside of the measured time. */
static bool prepare_submitter(struct submitter *submitter, uint32_t index, uint32_t customers, size_t count) {
    struct workload_options options = {.seed = submitter->bench->seed + 1000 + index,
                                       .customers = customers,
                                       .first_customer = index * customers,
                                       .requests = count + customers,
                                       .opens_first = true};
    struct workload *workload = workload_open(&options);
    struct batch openings;
    struct samples unused;
    struct tally ignored = {0};
    bool is_done = workload != NULL && samples_init(&unused, 1) && batch_init(&openings, customers) &&
                   batch_init(&submitter->batch, count) && samples_init(&submitter->samples, count);
    for (uint32_t i = 0; is_done && i < customers; i++) {
        is_done = batch_add(&openings, workload_next(workload));
    }
    for (size_t i = 0; is_done && i < count; i++) {
        is_done = batch_add(&submitter->batch, workload_next(workload));
    }
    if (is_done) {
        batch_finish(&openings);
        batch_finish(&submitter->batch);
        submitter->bench->clock_us = workload_now_us(workload);
        is_done = batch_submit(submitter->ledger, &openings, &unused, &ignored);
        batch_release(&openings);
        samples_release(&unused);
    }
    workload_close(workload);
    return is_done;
}

struct spent {
    double seconds;
    uint64_t processor_ns; /* Of all threads. */
};

/* Runs all submitters until the first has nothing left; the others stop after the request in hand. */
static bool run_submitters(struct submitter *submitters, size_t count, atomic_bool *is_over, struct spent *spent) {
    uint64_t used_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = clock_monotonic_ns();
    for (size_t i = 0; i < count; i++) {
        submitters[i].is_over = is_over;
        if (pthread_create(&submitters[i].thread, NULL, submit_singly, &submitters[i]) != 0) {
            (void)fprintf(stderr, "daybook-bench: starting thread %zu failed\n", i);
            exit(3);
        }
    }
    bool is_done = true;
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(submitters[i].thread, NULL);
        atomic_store(is_over, true);
        is_done = is_done && submitters[i].is_done;
    }
    *spent = (struct spent){bench_seconds_since(start), bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID) - used_ns};
    return is_done;
}

/* Names of figures live as long as the program: one set for each number of threads that is asked for. */
struct single_names {
    size_t threads;
    const char *ledger, *rate, *events, *latency, *processor;
};

static const struct single_names single_names[] = {
    {1, "single-1", "single appends, 1 submitter", "single appends, 1 submitter, in events",
     "single appends, 1 submitter, latency", "single appends, 1 submitter, processor time"},
    {16, "single-16", "single appends, 16 submitters", "single appends, 16 submitters, in events",
     "single appends, 16 submitters, latency", "single appends, 16 submitters, processor time"},
    {BENCH_THREADS, "single-64", "single appends, 64 submitters", "single appends, 64 submitters, in events",
     "single appends, 64 submitters, latency", "single appends, 64 submitters, processor time"},
};

static bool add_single(struct bench *bench, const struct single_names *names, const struct submitter *submitters,
                       const struct spent *spent) {
    uint64_t events = 0;
    uint64_t requests = 0;
    struct samples all = {0};
    for (size_t i = 0; i < names->threads; i++) {
        events += submitters[i].tally.events;
        requests += submitters[i].tally.requests;
    }
    if (!samples_init(&all, requests)) {
        return false;
    }
    for (size_t i = 0; i < names->threads; i++) {
        for (size_t j = 0; j < submitters[i].samples.count; j++) {
            samples_add(&all, submitters[i].samples.ns[j]);
        }
    }
    struct figure *rate = figures_add(&bench->figures, names->rate, (double)requests / spent->seconds, "requests/s");
    if (names->threads == 1 && bench->commit_limit > 0) {
        figure_limit(rate, "raw LMDB, one event a commit", bench->commit_limit);
    }
    struct figure *event_rate =
        figures_add(&bench->figures, names->events, (double)events / spent->seconds, "events/s");
    if (names->threads > 1) {
        figure_limit(event_rate, "appended in batches", bench->append->value);
    }
    figures_add(&bench->figures, names->processor, (double)spent->processor_ns / 1e3 / (double)requests, "us/request");
    figures_add_latency(&bench->figures, names->latency, &all);
    samples_release(&all);
    return true;
}

static bool measure_single(struct bench *bench, const struct single_names *names, size_t requests_each) {
    char path[PATH_MAX];
    size_t threads = names->threads;
    struct daybook *ledger = NULL;
    struct submitter *submitters = calloc(threads, sizeof *submitters);
    atomic_bool is_over = false;
    struct spent spent = {0};
    bool is_done = submitters != NULL && bench_make_ledger(bench, bench_path(bench, names->ledger, path), &ledger);
    for (size_t i = 0; is_done && i < threads; i++) {
        submitters[i].bench = bench;
        submitters[i].ledger = ledger;
        is_done = prepare_submitter(&submitters[i], (uint32_t)i, 100, requests_each);
    }
    is_done = is_done && run_submitters(submitters, threads, &is_over, &spent) &&
              add_single(bench, names, submitters, &spent);
    for (size_t i = 0; submitters != NULL && i < threads; i++) {
        batch_release(&submitters[i].batch);
        samples_release(&submitters[i].samples);
    }
    daybook_close(ledger);
    free(submitters);
    return is_done;
}

bool bench_single_from(struct bench *bench, size_t threads) {
    for (size_t i = 0; i < sizeof single_names / sizeof *single_names; i++) {
        if (single_names[i].threads == threads) {
            return measure_single(bench, &single_names[i], bench->singles);
        }
    }
    return false;
}

bool bench_single(struct bench *bench) {
    return bench_single_from(bench, 1) && bench_single_from(bench, 16) && bench_single_from(bench, BENCH_THREADS);
}
