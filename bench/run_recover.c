/*
 * Opening after SIGKILL: a process of its own appends to the history, with its
 * views behind it, and is killed in the middle of a batch; how long until the
 * ledger answers a question about what was durable then, and takes a request.
 * How much has to be folded again depends on how long ago the last checkpoint
 * was, so it is killed some times, after more and more batches; the slowest counts.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/batch.h"
#include "bench/bench.h"
#include "codec/event_decode.h"
#include "codec/wire.h"
#include "engine/state_store.h"

enum { KILLS = 5, BATCHES_BEFORE_KILL = 8, BATCHES_MORE = 5, CUSTOMERS = 1000, DAYS_A_KILL = 31 };
#define DAY_US INT64_C(86400000000)

/* Of the slowest. */
struct recovery {
    double opened_s;
    double answered_s;
    double accepted_s;
    uint64_t behind; /* Events that the state's checkpoint did not have. */
    uint64_t head;
};

static int64_t start_of(const struct bench *bench, unsigned kill) {
    return bench->end_us + DAY_US * DAYS_A_KILL * kill;
}

/* In the child: appends for ever and says so after each batch. The customers are others than the history's. */
static int append_until_killed(struct bench *bench, unsigned kill, int tell) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct samples unused = {0};
    struct batch batch = {0};
    struct tally tally = {0};
    struct workload_options options = {.seed = bench->seed + 5000 + kill,
                                       .customers = CUSTOMERS,
                                       .first_customer = bench->customers + kill * CUSTOMERS,
                                       .spread = bench->spread,
                                       .start_us = start_of(bench, kill),
                                       .end_us = start_of(bench, kill) + DAY_US * (DAYS_A_KILL - 1),
                                       .requests = 1000000};
    struct daybook_open_options how = {.directory = bench_path(bench, "ledger", path),
                                       .is_writer = true,
                                       .follows = true,
                                       .views = daybook_standard_views,
                                       .clock = bench_clock(bench)};
    struct workload *workload = workload_open(&options);
    if (workload == NULL || !samples_init(&unused, 1) || !batch_init(&batch, BENCH_BATCH_REQUESTS) ||
        daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        return 3;
    }
    for (;;) {
        batch_reset(&batch);
        while (batch.count < BENCH_BATCH_REQUESTS && batch_add(&batch, workload_next(workload))) {
        }
        batch_finish(&batch);
        bench->clock_us = workload_now_us(workload);
        unused.count = 0;
        if (!batch_submit(ledger, &batch, &unused, &tally) || write(tell, "", 1) != 1) {
            return 3;
        }
    }
}

/* The child is killed while it works at the batch after the last that it told of. */
static bool kill_in_the_middle(struct bench *bench, unsigned kill_number) {
    const int batches = BATCHES_BEFORE_KILL + BATCHES_MORE * (int)kill_number;
    int ends[2];
    char told;
    if (pipe(ends) != 0) {
        return false;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        _exit(append_until_killed(bench, kill_number, ends[1]));
    }
    (void)close(ends[1]);
    int count = 0;
    while (child > 0 && count < batches && read(ends[0], &told, 1) == 1) {
        count++;
    }
    (void)close(ends[0]);
    int status = 0;
    bool is_killed = child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child &&
                     WIFSIGNALED(status) && count == batches;
    if (!is_killed) {
        (void)fprintf(stderr, "daybook-bench: the process to be killed ended by itself\n");
    }
    return is_killed;
}

static bool ask_first(struct daybook *ledger, char *customer) {
    struct daybook_error error;
    struct daybook_buffer question = {0};
    struct daybook_buffer answer = {0};
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    balance.customer = customer;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    bool is_done = wire_encode(&query.base, &question) == DAYBOOK_OK &&
                   (daybook_query(ledger, daybook_buffer_view(&question), &answer, &error) == DAYBOOK_OK ||
                    bench_failed("asking after the kill", &error));
    daybook_buffer_release(&question);
    daybook_buffer_release(&answer);
    return is_done;
}

static bool submit_first(struct daybook *ledger, char *customer, unsigned kill) {
    char key[32];
    struct samples unused = {0};
    struct batch batch = {0};
    struct tally tally = {.says_why = true};
    Pb__Request request = PB__REQUEST__INIT;
    Pb__PostCharge charge = PB__POST_CHARGE__INIT;
    request.key.data = (uint8_t *)key;
    request.key.len = (size_t)snprintf(key, sizeof key, "after kill %u", kill);
    request.customer = customer;
    request.actor = "bench";
    charge.charge = key;
    charge.amount_minor = 100;
    charge.category = "goods";
    request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    request.post_charge = &charge;
    bool is_done = batch_init(&batch, 1) && samples_init(&unused, 1) && batch_add(&batch, &request);
    batch_finish(&batch);
    is_done = is_done && batch_submit(ledger, &batch, &unused, &tally) && tally.refused == 0;
    batch_release(&batch);
    samples_release(&unused);
    return is_done;
}

/* Opening, the first balance at the head, the first request that is durable. */
static bool open_and_time(struct bench *bench, unsigned kill, char *customer, struct recovery *slowest) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct control_report report;
    struct recovery recovery = {0};
    bench->clock_us = start_of(bench, kill + 1); /* The child's clock was ahead of ours. */
    struct daybook_open_options how = {.directory = bench_path(bench, "ledger", path),
                                       .is_writer = true,
                                       .follows = true,
                                       .views = daybook_standard_views,
                                       .clock = bench_clock(bench)};
    state_store_read_report(path, &report);
    uint64_t start = clock_monotonic_ns();
    if (daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        return bench_failed("opening after the kill", &error);
    }
    recovery.opened_s = bench_seconds_since(start);
    bool is_done = daybook_head(ledger, &recovery.head, &error) == DAYBOOK_OK && ask_first(ledger, customer);
    recovery.answered_s = bench_seconds_since(start);
    is_done = is_done && submit_first(ledger, customer, kill);
    recovery.accepted_s = bench_seconds_since(start);
    recovery.behind = recovery.head - report.checked_through;
    daybook_close(ledger);
    if (recovery.accepted_s > slowest->accepted_s) {
        *slowest = recovery;
    }
    return is_done;
}

/* The customer of the first event: in a short history no other is certain to have been opened. */
static bool find_customer(struct daybook *ledger, char customer[WORKLOAD_ID_SIZE]) {
    struct daybook_error error;
    struct journal_reader *reader = NULL;
    struct daybook_bytes bytes;
    struct arena event_arena;
    Pb__Event *event = NULL;
    arena_init(&event_arena, 1 << 20);
    enum daybook_status status = journal_reader_open(ledger_journal(ledger), &reader, &error);
    if (status == DAYBOOK_OK) {
        status = journal_read_one(reader, 1, &bytes, &error);
    }
    if (status == DAYBOOK_OK) {
        status = event_decode(bytes, &event_arena, &event, &error);
    }
    if (status == DAYBOOK_OK) {
        (void)snprintf(customer, WORKLOAD_ID_SIZE, "%s", event->customer);
    }
    journal_reader_close(reader);
    arena_release(&event_arena);
    return status == DAYBOOK_OK || bench_failed("reading the first event", &error);
}

/* As in a ledger that has been followed all along: neither views nor the state are to be built anew after the kill. */
static bool bring_to_head(struct bench *bench, char customer[WORKLOAD_ID_SIZE]) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct daybook_open_options how = {.directory = bench_path(bench, "ledger", path),
                                       .is_writer = true,
                                       .follows = true,
                                       .views = daybook_standard_views,
                                       .clock = bench_clock(bench)};
    bench->clock_us = bench->end_us;
    if (daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        return bench_failed("opening before the kill", &error);
    }
    bool is_done = find_customer(ledger, customer);
    for (size_t i = 0; is_done && daybook_standard_views[i] != NULL; i++) {
        is_done = bench_wait_for(ledger, daybook_standard_views[i]->name, bench->head);
    }
    daybook_close(ledger);
    return is_done;
}

bool bench_recover(struct bench *bench) {
    struct recovery slowest = {0};
    char customer[WORKLOAD_ID_SIZE];
    bool is_done = bring_to_head(bench, customer);
    for (unsigned i = 0; is_done && i < KILLS; i++) {
        is_done = kill_in_the_middle(bench, i) && open_and_time(bench, i, customer, &slowest);
    }
    if (is_done) {
        struct figures *figures = &bench->figures;
        figures_add(figures, "open after SIGKILL, events", (double)slowest.head, "events");
        figures_add(figures, "open after SIGKILL, events behind the checkpoint", (double)slowest.behind, "events");
        figures_add(figures, "open after SIGKILL, opening alone", slowest.opened_s * 1e3, "ms");
        figure_limit(figures_add(figures, "open after SIGKILL, to the first balance", slowest.answered_s * 1e3, "ms"),
                     "open after a close", bench->open_ms);
        figures_add(figures, "open after SIGKILL, to the first durable request", slowest.accepted_s * 1e3, "ms");
    }
    return is_done;
}
