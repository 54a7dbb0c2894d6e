/*
 * Ages of a whole book of open items: how long, under which policies, at which
 * dates; and whether ten times the history changes it.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "bench/batch.h"
#include "bench/bench.h"
#include "bench/open_book.h"
#include "bench/random.h"
#include "codec/wire.h"

enum { ASK_TIMES = 5, CUSTOMER_TIMES = 2000, LAW_FACTOR = 10, EDGES = 30 };

/* One way to ask for the ages of all. */
struct asking {
    const char *name;
    int32_t days_back; /* 0 = as of the last day. */
    bool is_known_then;
    bool is_by_posting;
    bool has_many_edges;
    Pb__UnappliedDisplay unapplied;
};

static const struct asking askings[] = {
    {.name = "aging of the open items at the head"},
    {.name = "aging of the open items, a year back, known now", .days_back = 365},
    {.name = "aging of the open items, a year back, known then", .days_back = 365, .is_known_then = true},
    {.name = "aging of the open items, by posting date, 30 edges", .is_by_posting = true, .has_many_edges = true},
    {.name = "aging of the open items, unapplied in its bucket",
     .unapplied = PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_BUCKET},
    {.name = "aging of the open items, unapplied netted", .unapplied = PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_NETTED},
};

/* A ledger with a book in it. */
struct filled {
    struct daybook *ledger;
    uint64_t head;
    int64_t end_us;
    int64_t total_minor;
};

static bool submit_all(struct bench *bench, struct open_book *book, struct daybook *ledger, struct tally *tally) {
    struct batch batch = {0};
    struct samples unused = {0};
    bool is_done = batch_init(&batch, BENCH_BATCH_REQUESTS) && samples_init(&unused, 1);
    const Pb__Request *request = open_book_next(book);
    while (is_done && request != NULL) {
        batch_reset(&batch);
        for (; is_done && request != NULL && batch.count < BENCH_BATCH_REQUESTS; request = open_book_next(book)) {
            is_done = batch_add(&batch, request);
        }
        batch_finish(&batch);
        unused.count = 0;
        bench->clock_us = open_book_now_us(book);
        is_done = is_done && batch_submit(ledger, &batch, &unused, tally);
    }
    batch_release(&batch);
    samples_release(&unused);
    return is_done;
}

/* Appends a book, then opens the ledger to ask and waits for its views. */
static bool fill(struct bench *bench, const char *name, const struct open_book_options *options,
                 struct filled *filled) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct tally tally = {.says_why = true};
    struct daybook *writer = NULL;
    struct open_book *book = open_book_open(options);
    bool is_done = book != NULL;
    if (is_done) {
        bench->clock_us = open_book_now_us(book);
        is_done =
            bench_make_ledger(bench, bench_path(bench, name, path), &writer) && submit_all(bench, book, writer, &tally);
        filled->end_us = open_book_now_us(book);
        filled->total_minor = open_book_total_minor(book);
    }
    daybook_close(writer);
    open_book_close(book);
    if (is_done && tally.refused > 0) {
        (void)fprintf(stderr, "daybook-bench: %" PRIu64 " requests of the book of open items were refused\n",
                      tally.refused);
        is_done = false;
    }
    struct daybook_open_options how = {.directory = path, .views = daybook_standard_views, .clock = bench_clock(bench)};
    if (!is_done || daybook_open(&how, &filled->ledger, &error) != DAYBOOK_OK ||
        daybook_head(filled->ledger, &filled->head, &error) != DAYBOOK_OK) {
        return is_done && bench_failed("opening the open items", &error);
    }
    return bench_wait_for(filled->ledger, "aging", filled->head) &&
           bench_wait_for(filled->ledger, "balance", filled->head) &&
           bench_wait_for(filled->ledger, "customers", filled->head);
}

static bool encode(const struct filled *filled, const struct asking *asking, const char *customer,
                   struct daybook_buffer *bytes) {
    static const int32_t all_edges[EDGES] = {1,  2,  3,  5,   7,   10,  14,  20,  25,  30,  35,  40,  45,  50,  60,
                                             70, 80, 90, 100, 120, 150, 180, 210, 240, 270, 300, 365, 400, 500, 600};
    char as_of[DATE_TEXT_SIZE] = "";
    char known_at[24] = "";
    Pb__AgingQuery aging = PB__AGING_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    Pb__At at = PB__AT__INIT;
    page.limit = 100;
    aging.page = &page;
    aging.at = &at;
    aging.customer = (char *)(uintptr_t)customer;
    (void)date_format((int32_t)(filled->end_us / 1000000 / 86400) - asking->days_back, as_of);
    at.as_of = as_of;
    at.known_at = known_at;
    if (asking->is_known_then) { /* The book is even in time. */
        (void)snprintf(known_at, sizeof known_at, "%" PRIu64, filled->head / 2);
    }
    aging.basis = asking->is_by_posting ? PB__AGING_BASIS__AGING_BASIS_POSTING : PB__AGING_BASIS__AGING_BASIS_DUE;
    aging.unapplied = asking->unapplied;
    if (asking->has_many_edges) {
        aging.edges = (int32_t *)(uintptr_t)all_edges;
        aging.n_edges = EDGES;
    }
    query.question_case = PB__QUERY__QUESTION_AGING;
    query.aging = &aging;
    daybook_buffer_reset(bytes);
    return wire_encode(&query.base, bytes) == DAYBOOK_OK;
}

/* No benchmark that does less than it says: the total is what the book left open. */
static bool check_total(const struct filled *filled, struct daybook_bytes answer) {
    struct daybook_error error;
    struct arena answer_arena;
    ProtobufCMessage *message = NULL;
    arena_init(&answer_arena, (size_t)1 << 24);
    bool is_right = wire_decode(&pb__aging_answer__descriptor, answer, &answer_arena, &message, &error) == DAYBOOK_OK &&
                    ((const Pb__AgingAnswer *)message)->n_totals == 1 &&
                    ((const Pb__AgingAnswer *)message)->totals[0]->total_minor == filled->total_minor;
    arena_release(&answer_arena);
    if (!is_right) {
        (void)fputs("daybook-bench: the ages of the open items do not add up to what was left open\n", stderr);
    }
    return is_right;
}

/* The median of a few; `first_ms` is the first. */
static bool ask(const struct filled *filled, const struct asking *asking, double *median_ms, double *first_ms) {
    struct daybook_error error;
    struct daybook_buffer question = {0};
    struct daybook_buffer answer = {0};
    struct samples samples = {0};
    bool is_done = samples_init(&samples, ASK_TIMES) && encode(filled, asking, "", &question);
    for (int i = 0; is_done && i < ASK_TIMES; i++) {
        uint64_t start = clock_monotonic_ns();
        enum daybook_status status = daybook_query(filled->ledger, daybook_buffer_view(&question), &answer, &error);
        samples_add(&samples, clock_monotonic_ns() - start);
        is_done = status == DAYBOOK_OK || bench_failed("asking for ages", &error);
    }
    is_done = is_done && (asking->days_back != 0 || check_total(filled, daybook_buffer_view(&answer)));
    if (is_done) {
        *first_ms = (double)samples.ns[0] / 1e6;
        *median_ms = samples_percentiles(&samples).p50 / 1e3;
    }
    samples_release(&samples);
    daybook_buffer_release(&question);
    daybook_buffer_release(&answer);
    return is_done;
}

/* The ages of one customer, drawn evenly; the median. */
static bool ask_customers(struct bench *bench, const struct filled *filled, double *median_us) {
    struct daybook_error error;
    struct daybook_buffer question = {0};
    struct daybook_buffer answer = {0};
    struct samples samples = {0};
    struct random_source random = random_seeded(bench->seed + 5);
    bool is_done = samples_init(&samples, CUSTOMER_TIMES);
    for (int i = 0; is_done && i < CUSTOMER_TIMES; i++) {
        char customer[WORKLOAD_ID_SIZE];
        workload_customer_id((uint32_t)random_below(&random, bench->customers), customer);
        is_done = encode(filled, &askings[0], customer, &question);
        uint64_t start = clock_monotonic_ns();
        enum daybook_status status = daybook_query(filled->ledger, daybook_buffer_view(&question), &answer, &error);
        samples_add(&samples, clock_monotonic_ns() - start);
        is_done = is_done && (status == DAYBOOK_OK || bench_failed("asking for a customer's ages", &error));
    }
    if (is_done) {
        *median_us = samples_percentiles(&samples).p50;
    }
    samples_release(&samples);
    daybook_buffer_release(&question);
    daybook_buffer_release(&answer);
    return is_done;
}

/* The same open items behind a short history and behind ten times as many events. */
static bool measure_law(struct bench *bench, uint64_t open_items) {
    struct filled books[2] = {{0}, {0}};
    double all_ms[2] = {0};
    double one_us[2] = {0};
    double first_ms;
    bool is_done = true;
    for (int i = 0; i < 2 && is_done; i++) {
        /* An open item makes about 1.3 events and a settled one 3. */
        uint64_t settled = i == 0 ? open_items / 4 : open_items / 4 * LAW_FACTOR + open_items * 4;
        struct open_book_options options = {bench->seed, bench->customers, open_items, settled};
        is_done = fill(bench, i == 0 ? "law-1" : "law-10", &options, &books[i]) &&
                  ask(&books[i], &askings[0], &all_ms[i], &first_ms) && ask_customers(bench, &books[i], &one_us[i]);
    }
    if (is_done) {
        figures_add(&bench->figures, "the same open items, length of the longer history",
                    (double)books[1].head / (double)books[0].head, "histories");
        figures_add(&bench->figures, "the same open items, aging of all, of that time", all_ms[1] / all_ms[0], "times");
        figures_add(&bench->figures, "the same open items, aging of one customer, of that time", one_us[1] / one_us[0],
                    "times");
    }
    daybook_close(books[0].ledger);
    daybook_close(books[1].ledger);
    return is_done;
}

bool bench_aging(struct bench *bench) {
    struct filled filled = {0};
    struct open_book_options options = {bench->seed, bench->customers, bench->open_items, bench->open_items / 10};
    bool is_done = fill(bench, "open", &options, &filled);
    if (is_done) {
        figures_add(&bench->figures, "open items, items", (double)bench->open_items, "items");
        figures_add(&bench->figures, "open items, events", (double)filled.head, "events");
    }
    for (size_t i = 0; is_done && i < sizeof askings / sizeof *askings; i++) {
        double median_ms = 0;
        double first_ms = 0;
        is_done = ask(&filled, &askings[i], &median_ms, &first_ms);
        figures_add(&bench->figures, askings[i].name, median_ms, "ms");
        if (i == 0) {
            figures_add(&bench->figures, "aging of the open items at the head, the first time", first_ms, "ms");
        }
    }
    daybook_close(filled.ledger);
    return is_done && measure_law(bench, bench->open_items / 10);
}
