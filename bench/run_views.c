/* Views: how fast they are folded again from nothing, and how long a question at (A, K) takes. */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/bench.h"
#include "bench/random.h"
#include "codec/wire.h"

enum { QUESTION_COUNT = 100000, DRAWS_MOST = 100 * QUESTION_COUNT, VIEWS_MAX = 16 };

/* The three views of the main job, in whatever order the library has them. */
static const char *const main_views[] = {"balance", "aging", "credit"};

const struct projection *bench_view_named(const char *name) {
    for (const struct projection *const *view = daybook_standard_views; *view != NULL; view++) {
        if (strcmp((*view)->name, name) == 0) {
            return *view;
        }
    }
    (void)fprintf(stderr, "daybook-bench: there is no view '%s'\n", name);
    return NULL;
}

/* Moves the views of the ledger out of the way, so that the next open builds them anew. The state, which lies among
 * them, stays: it is no view. */
static bool discard_views(struct bench *bench) {
    static int discarded;
    char views[PATH_MAX];
    char aside[PATH_MAX];
    char state[PATH_MAX];
    char state_aside[PATH_MAX];
    char name[64];
    char state_name[64];
    (void)snprintf(name, sizeof name, "discarded-%d", discarded);
    (void)snprintf(state_name, sizeof state_name, "discarded-%d/state", discarded++);
    (void)bench_path(bench, "ledger/views", views);
    (void)bench_path(bench, "ledger/views/state", state);
    bool is_done = rename(views, bench_path(bench, name, aside)) == 0 && mkdir(views, 0777) == 0 &&
                   rename(bench_path(bench, state_name, state_aside), state) == 0;
    if (!is_done) {
        perror("daybook-bench: moving the views away");
    }
    return is_done;
}

bool bench_wait_for(struct daybook *ledger, const char *view, uint64_t head) {
    struct daybook_error error;
    struct view_read read = {0};
    enum daybook_status status;
    do {
        status = ledger_begin_read(ledger, view, head, &read, &error);
    } while (status == DAYBOOK_BEHIND);
    if (status != DAYBOOK_OK) {
        return bench_failed("waiting for a view", &error);
    }
    view_end_read(&read);
    return true;
}

struct replayed {
    uint64_t size_bytes;
    uint64_t processor_ns; /* Of all threads. */
};

/* From an empty directory to views at the head, folded by their workers. */
static bool measure_replay(struct bench *bench, const char *const *names, size_t count, const char *figure_name,
                           struct replayed *replayed) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    const struct projection *views[VIEWS_MAX + 1] = {NULL};
    for (size_t i = 0; i < count; i++) {
        views[i] = bench_view_named(names[i]);
        if (views[i] == NULL) {
            return false;
        }
    }
    if (!discard_views(bench)) {
        return false;
    }
    struct daybook_open_options how = {
        .directory = bench_path(bench, "ledger", path), .follows = true, .views = views, .clock = bench_clock(bench)};
    uint64_t used_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = clock_monotonic_ns();
    bool is_done = daybook_open(&how, &ledger, &error) == DAYBOOK_OK || bench_failed("opening the views", &error);
    for (size_t i = 0; is_done && i < count; i++) {
        is_done = bench_wait_for(ledger, names[i], bench->head);
    }
    if (is_done) {
        double rate = (double)bench->head / bench_seconds_since(start);
        figure_limit(figures_add(&bench->figures, figure_name, rate, "events/s"), "unpacking and decoding alone",
                     1 / (1 / bench->unpack_rate + 1 / bench->decode_rate));
        used_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID) - used_ns;
        *replayed = (struct replayed){.processor_ns = used_ns};
        for (size_t i = 0; i < ledger_view_count(ledger); i++) {
            struct view_status status;
            view_get_status(ledger_view_at(ledger, i), &status);
            replayed->size_bytes += status.size_bytes;
        }
    }
    daybook_close(ledger);
    return is_done;
}

/* Each view by itself: what it takes, and how large it is. Names of figures live as long as the program. */
static bool measure_each(struct bench *bench, const char *const *names, size_t count) {
    static char rate_names[VIEWS_MAX][64];
    static char size_names[VIEWS_MAX][64];
    bool is_done = true;
    for (size_t i = 0; is_done && i < count; i++) {
        struct replayed replayed = {0};
        (void)snprintf(rate_names[i], sizeof rate_names[i], "replay of %s alone", names[i]);
        (void)snprintf(size_names[i], sizeof size_names[i], "view %s, size of an event", names[i]);
        is_done = measure_replay(bench, &names[i], 1, rate_names[i], &replayed);
        if (is_done) {
            figures_add(&bench->figures, size_names[i], (double)replayed.size_bytes / (double)bench->head, "bytes");
        }
    }
    return is_done;
}

bool bench_replay(struct bench *bench) {
    struct replayed three = {0};
    struct replayed all_of_them = {0};
    const char *all[VIEWS_MAX];
    size_t count = 0;
    for (; daybook_standard_views[count] != NULL; count++) {
        assert(count < VIEWS_MAX);
        all[count] = daybook_standard_views[count]->name;
    }
    if (!measure_each(bench, all, count) ||
        !measure_replay(bench, main_views, 3, "replay of balance, aging and credit", &three) ||
        !measure_replay(bench, all, count, "rebuild of all views", &all_of_them)) {
        return false;
    }
    struct figures *figures = &bench->figures;
    figures_add(figures, "the three views, size of an event", (double)three.size_bytes / (double)bench->head, "bytes");
    figures_add(figures, "rebuild of all views, processor time",
                (double)all_of_them.processor_ns / 1e3 / (double)bench->head, "us/event");
    figures_add(figures, "all views, number", (double)count, "views");
    figures_add(figures, "all views, size of an event", (double)all_of_them.size_bytes / (double)bench->head, "bytes");
    figures_add(figures, "memory, peak so far", bench_peak_rss_mib(), "MiB");
    return true;
}

/* A kind of question about one customer, and where its message has the coordinates and the customer. */
struct subject {
    const ProtobufCMessageDescriptor *message;
    Pb__Query__QuestionCase question_case;
    size_t at_offset;
    size_t customer_offset;
};
#define SUBJECT(type, message, question)                                                                               \
    { &(message), PB__QUERY__QUESTION_##question, offsetof(type, at), offsetof(type, customer) }
static const struct subject about_balance = SUBJECT(Pb__BalanceQuery, pb__balance_query__descriptor, BALANCE);
static const struct subject about_items = SUBJECT(Pb__OpenItemsQuery, pb__open_items_query__descriptor, OPEN_ITEMS);
static const struct subject about_credit = SUBJECT(Pb__CreditQuery, pb__credit_query__descriptor, CREDIT);
static const struct subject about_lots = SUBJECT(Pb__LotsQuery, pb__lots_query__descriptor, LOTS);

/* Where questions are asked: at a random (A, K), or at the head as of today. */
enum place { PLACE_ANYWHERE, PLACE_HEAD };

struct asked {
    const char *figure_name;
    const struct subject *subject;
    enum place place;
    uint32_t busiest; /* Of so many customers with the longest histories; 0 = of all. */
    size_t count;
};

/* One question about one customer, encoded; empty texts mean the head. */
static bool encode_question(const struct subject *subject, const char *customer, const char *as_of,
                            const char *known_at, struct daybook_buffer *bytes) {
    _Alignas(max_align_t) char message[256];
    void *place = message;
    Pb__At at = PB__AT__INIT;
    Pb__At *at_place = &at;
    Pb__Query query = PB__QUERY__INIT;
    at.as_of = (char *)(uintptr_t)as_of;
    at.known_at = (char *)(uintptr_t)known_at;
    assert(subject->message->sizeof_message <= sizeof message);
    protobuf_c_message_init(subject->message, place);
    memcpy(message + subject->at_offset, &at_place, sizeof at_place);
    memcpy(message + subject->customer_offset, &customer, sizeof customer);
    query.question_case = subject->question_case;
    query.balance = place; /* Whichever it is: they share their place. */
    daybook_buffer_reset(bytes);
    return wire_encode(&query.base, bytes) == DAYBOOK_OK;
}

/* Draws a question: who, and at which day and sequence. */
static bool draw_question(const struct bench *bench, const struct asked *asked, const struct spread *spread,
                          struct random_source *random, struct daybook_buffer *question) {
    char customer[WORKLOAD_ID_SIZE];
    char as_of[DATE_TEXT_SIZE] = "";
    char known_at[24] = "";
    int32_t last_day = (int32_t)(bench->end_us / 1000000 / 86400);
    uint32_t number = spread_draw(spread, random);
    workload_customer_id(asked->busiest > 0 ? workload_number_of(number, bench->customers) : number, customer);
    if (asked->place == PLACE_ANYWHERE) {
        (void)date_format(last_day - (int32_t)random_below(random, 730), as_of);
        (void)snprintf(known_at, sizeof known_at, "%" PRIu64, 1 + random_below(random, bench->head));
    }
    return encode_question(asked->subject, customer, as_of, known_at, question);
}

static bool measure_questions(struct bench *bench, struct daybook *ledger, const struct asked *asked) {
    struct daybook_error error;
    struct daybook_buffer question = {0};
    struct daybook_buffer answer = {0};
    struct samples samples = {0};
    struct spread spread = {0};
    struct random_source random = random_seeded(bench->seed + 77);
    size_t unknown = 0;
    uint32_t customers = asked->busiest > 0 && asked->busiest < bench->customers ? asked->busiest : bench->customers;
    bool is_done = samples_init(&samples, asked->count) && spread_init(&spread, SPREAD_UNIFORM, customers);
    while (is_done && samples.count < asked->count) {
        is_done = draw_question(bench, asked, &spread, &random, &question);
        daybook_buffer_reset(&answer);
        uint64_t start = clock_monotonic_ns();
        enum daybook_status status = daybook_query(ledger, daybook_buffer_view(&question), &answer, &error);
        uint64_t ns = clock_monotonic_ns() - start;
        if (status == DAYBOOK_OK) {
            samples_add(&samples, ns);
        } else {
            /* A customer that was not known yet is not counted: another is drawn. In a short history most are not. */
            bool is_unknown = status == DAYBOOK_NOT_FOUND && ++unknown < DRAWS_MOST;
            is_done = is_done && (is_unknown || bench_failed("asking about a customer", &error));
        }
    }
    if (is_done) {
        struct figure *figure = figures_add_latency(&bench->figures, asked->figure_name, &samples);
        if (asked->subject == &about_balance) {
            figure_limit(figure, "one event of raw LMDB", bench->read_limit);
        }
    }
    samples_release(&samples);
    spread_release(&spread);
    daybook_buffer_release(&question);
    daybook_buffer_release(&answer);
    return is_done;
}

static bool measure_whole_aging(struct bench *bench, struct daybook *ledger) {
    struct daybook_error error;
    struct daybook_buffer question = {0};
    struct daybook_buffer answer = {0};
    Pb__AgingQuery aging = PB__AGING_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    page.limit = 100;
    aging.page = &page;
    query.question_case = PB__QUERY__QUESTION_AGING;
    query.aging = &aging;
    if (wire_encode(&query.base, &question) != DAYBOOK_OK) {
        return false;
    }
    uint64_t start = clock_monotonic_ns();
    enum daybook_status status = daybook_query(ledger, daybook_buffer_view(&question), &answer, &error);
    double ms = bench_seconds_since(start) * 1e3;
    daybook_buffer_release(&question);
    daybook_buffer_release(&answer);
    if (status != DAYBOOK_OK) {
        return bench_failed("asking for the aging of all", &error);
    }
    figures_add(&bench->figures, "aging of the whole book, totals and 100 rows", ms, "ms");
    return true;
}

/* The balance first: its figures have a history. */
static const struct asked questions[] = {
    {"balance at a random (A, K)", &about_balance, PLACE_ANYWHERE, 0, QUESTION_COUNT},
    {"balance at the head", &about_balance, PLACE_HEAD, 0, QUESTION_COUNT},
    {"balance at a random (A, K), of the ten busiest", &about_balance, PLACE_ANYWHERE, 10, QUESTION_COUNT / 10},
    {"open items at a random (A, K)", &about_items, PLACE_ANYWHERE, 0, QUESTION_COUNT / 10},
    {"open items at a random (A, K), of the ten busiest", &about_items, PLACE_ANYWHERE, 10, 200},
    {"open items at the head, of the ten busiest", &about_items, PLACE_HEAD, 10, 200},
    {"credit at a random (A, K)", &about_credit, PLACE_ANYWHERE, 0, QUESTION_COUNT / 10},
    {"credit at a random (A, K), of the ten busiest", &about_credit, PLACE_ANYWHERE, 10, 200},
    {"lots at a random (A, K)", &about_lots, PLACE_ANYWHERE, 0, QUESTION_COUNT / 10},
};

bool bench_point_in_time(struct bench *bench) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct daybook_open_options how = {
        .directory = bench_path(bench, "ledger", path), .views = daybook_standard_views, .clock = bench_clock(bench)};
    bench->clock_us = bench->end_us;
    if (daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        return bench_failed("opening to ask", &error);
    }
    /* Whatever a question needs is there before the first of them is timed. */
    bool is_done = true;
    for (const struct projection *const *view = daybook_standard_views; is_done && *view != NULL; view++) {
        is_done = bench_wait_for(ledger, (*view)->name, bench->head);
    }
    for (size_t i = 0; is_done && i < sizeof questions / sizeof *questions; i++) {
        is_done = measure_questions(bench, ledger, &questions[i]);
    }
    is_done = is_done && measure_whole_aging(bench, ledger);
    daybook_close(ledger);
    return is_done && bench_read_words(bench);
}
