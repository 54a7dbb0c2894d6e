/* The history as rows, and what Daybook answers about it. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "bench/peers/peers.h"
#include "bench/random.h"
#include "codec/wire.h"
#include "domain/postings.h"
#include "store/journal.h"

enum { ROWS_A_PAGE = 1000, ROUNDS_TIMED = 10 };

static uint32_t number_of(const struct peers *peers, const char *customer) {
    const char *digits = customer + strcspn(customer, "0123456789");
    return *digits != '\0' ? (uint32_t)strtoul(digits, NULL, 10) : peers->bench.customers;
}

static bool take_event(struct peers *peers, const Pb__Event *event) {
    struct daybook_error error;
    struct postings postings;
    if (postings_of(event, &postings, &error) != DAYBOOK_OK) {
        return bench_failed("posting an event", &error);
    }
    struct peer_event *row = &peers->events[peers->event_count++];
    *row = (struct peer_event){.sequence = event->sequence,
                               .recorded_at_us = event->recorded_at_us,
                               .effective_on = event->effective_on,
                               .customer = number_of(peers, event->customer),
                               .kind = (int16_t)event->body_case,
                               .has_key = event->request_digest != 0 && event->request_key.len == sizeof row->key};
    if (row->has_key) {
        memcpy(row->key, event->request_key.data, sizeof row->key);
    }
    for (size_t i = 0; i < postings.count; i++) {
        int64_t amount = postings.lines[i].amount_minor;
        switch (postings.lines[i].account) {
        case POSTING_RECEIVABLE:
            row->moved.minor[PEER_RECEIVABLE] += amount;
            break;
        case POSTING_UNAPPLIED: /* What is owed to a customer is a credit. */
            row->moved.minor[PEER_UNAPPLIED] -= amount;
            break;
        case POSTING_DEPOSITS:
            row->moved.minor[PEER_DEPOSIT] -= amount;
            break;
        default: /* The business's own accounts. */
            break;
        }
    }
    return true;
}

bool peers_read_events(struct peers *peers) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct journal *journal = NULL;
    struct journal_reader *reader = NULL;
    struct journal_options options = {0};
    struct arena event_arena;
    size_t head = (size_t)peers->bench.head;
    arena_init(&event_arena, (size_t)1 << 20);
    peers->events = calloc(head, sizeof *peers->events);
    bool is_done =
        peers->events != NULL &&
        ((journal_open(bench_path(&peers->bench, "ledger", path), &options, &journal, &error) == DAYBOOK_OK &&
          journal_reader_open(journal, &reader, &error) == DAYBOOK_OK) ||
         bench_failed("reading the events back", &error));
    while (is_done && peers->event_count < head) {
        struct journal_slice slice;
        is_done = journal_read(reader, peers->event_count + 1, &slice, &error) == DAYBOOK_OK ||
                  bench_failed("reading the events back", &error);
        for (size_t i = 0; is_done && i < slice.count; i++) {
            struct daybook_bytes bytes = {slice.events[i].data, slice.events[i].size};
            ProtobufCMessage *message = NULL;
            arena_reset(&event_arena);
            is_done = (wire_decode(&pb__event__descriptor, bytes, &event_arena, &message, &error) == DAYBOOK_OK ||
                       bench_failed("decoding an event", &error)) &&
                      take_event(peers, (const Pb__Event *)message);
        }
    }
    peers->batch_events = (size_t)(peers->bench.head * bench_batch_requests(&peers->bench) / peers->bench.requests);
    journal_reader_close(reader);
    journal_close(journal);
    arena_release(&event_arena);
    return is_done;
}

void peers_release(struct peers *peers) {
    free(peers->events);
    free(peers->questions);
    daybook_buffer_release(&peers->bench.event_bytes);
    free(peers->bench.event_spans);
}

/* A ledger that is open to be asked, with what an answer is decoded into. */
struct asking {
    struct daybook *ledger;
    struct daybook_buffer question;
    struct daybook_buffer answer;
    struct arena answer_arena;
};

static bool open_to_ask(struct peers *peers, struct asking *asking) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook_open_options how = {.directory = bench_path(&peers->bench, "ledger", path),
                                       .views = daybook_standard_views,
                                       .clock = bench_clock(&peers->bench)};
    peers->bench.clock_us = peers->bench.end_us;
    arena_init(&asking->answer_arena, (size_t)1 << 26);
    if (daybook_open(&how, &asking->ledger, &error) != DAYBOOK_OK) {
        return bench_failed("opening to ask", &error);
    }
    bool is_done = true;
    for (size_t i = 0; is_done && i < ledger_view_count(asking->ledger); i++) {
        is_done = bench_wait_for(asking->ledger, ledger_projection_at(asking->ledger, i)->name, peers->bench.head);
    }
    return is_done;
}

static void close_asking(struct asking *asking) {
    daybook_close(asking->ledger);
    daybook_buffer_release(&asking->question);
    daybook_buffer_release(&asking->answer);
    arena_release(&asking->answer_arena);
}

static bool encode(struct asking *asking, Pb__BalanceQuery *balance) {
    Pb__Query query = PB__QUERY__INIT;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = balance;
    daybook_buffer_reset(&asking->question);
    daybook_buffer_reset(&asking->answer);
    return wire_encode(&query.base, &asking->question) == DAYBOOK_OK;
}

static const Pb__BalanceAnswer *decode(struct asking *asking) {
    struct daybook_error error;
    ProtobufCMessage *message = NULL;
    arena_reset(&asking->answer_arena);
    if (wire_decode(&pb__balance_answer__descriptor, daybook_buffer_view(&asking->answer), &asking->answer_arena,
                    &message, &error) != DAYBOOK_OK) {
        (void)bench_failed("reading an answer", &error);
        return NULL;
    }
    return (const Pb__BalanceAnswer *)message;
}

static struct peer_balance balance_of(const Pb__Balance *row) {
    return (struct peer_balance){{row->receivable_minor, row->unapplied_minor, row->deposit_minor}};
}

/* All customers' balances, as of a day after every other, when so many events were known. */
static bool ask_all(struct peers *peers, struct asking *asking, uint64_t known_at, struct peer_balance *balances) {
    struct daybook_error error;
    char known[24];
    char cursor[512] = "";
    Pb__At at = PB__AT__INIT;
    Pb__Page page = PB__PAGE__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    (void)snprintf(known, sizeof known, "%" PRIu64, known_at);
    at.as_of = (char *)(uintptr_t) "9999-12-31";
    at.known_at = known;
    page.limit = ROWS_A_PAGE;
    page.cursor = cursor;
    balance.at = &at;
    balance.page = &page;
    do {
        if (!encode(asking, &balance)) {
            return false;
        }
        if (daybook_query(asking->ledger, daybook_buffer_view(&asking->question), &asking->answer, &error) !=
            DAYBOOK_OK) {
            return bench_failed("asking for all balances", &error);
        }
        const Pb__BalanceAnswer *answer = decode(asking);
        if (answer == NULL) {
            return false;
        }
        for (size_t i = 0; i < answer->n_rows; i++) {
            balances[number_of(peers, answer->rows[i]->customer)] = balance_of(answer->rows[i]);
        }
        (void)snprintf(cursor, sizeof cursor, "%s", answer->next_cursor);
    } while (cursor[0] != '\0');
    return true;
}

bool peers_check_balances(struct peers *peers, const char *peer, uint64_t known_at,
                          const struct peer_balance *balances) {
    struct asking asking = {0};
    struct peer_balance *ours = calloc((size_t)peers->bench.customers + 1, sizeof *ours);
    bool is_done = ours != NULL && open_to_ask(peers, &asking) && ask_all(peers, &asking, known_at, ours);
    size_t different = 0;
    for (size_t i = 0; is_done && i < peers->bench.customers; i++) {
        different += memcmp(&ours[i], &balances[i], sizeof ours[i]) != 0;
    }
    if (different > 0) {
        (void)fprintf(stderr, "daybook-peers: %s: %zu balances differ from Daybook's after event %" PRIu64 "\n", peer,
                      different, known_at);
    } else if (is_done) {
        (void)fprintf(stderr, "  %s: all balances after event %" PRIu64 " are Daybook's\n", peer, known_at);
    }
    close_asking(&asking);
    free(ours);
    return is_done && different == 0;
}

bool peers_check_answer(const char *peer, const struct peer_question *question, const struct peer_balance *answer) {
    if (memcmp(answer, &question->answer, sizeof *answer) == 0) {
        return true;
    }
    (void)fprintf(stderr,
                  "daybook-peers: %s: another balance than Daybook's for customer %u as of day %d at %" PRIu64 "\n",
                  peer, (unsigned)question->customer, (int)question->as_of, question->known_at);
    return false;
}

static bool encode_one(struct asking *asking, const struct peer_question *question) {
    char customer[WORKLOAD_ID_SIZE];
    char as_of[DATE_TEXT_SIZE];
    char known_at[24];
    Pb__At at = PB__AT__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    workload_customer_id(question->customer, customer);
    (void)snprintf(known_at, sizeof known_at, "%" PRIu64, question->known_at);
    at.as_of = (char *)date_format(question->as_of, as_of);
    at.known_at = known_at;
    balance.at = &at;
    balance.customer = customer;
    return encode(asking, &balance);
}

/* What is answered to one question; `is_known` false: the customer was not there yet, and it is drawn again. */
static bool find_answer(struct asking *asking, struct peer_question *question, bool *is_known) {
    struct daybook_error error;
    if (!encode_one(asking, question)) {
        return false;
    }
    enum daybook_status status =
        daybook_query(asking->ledger, daybook_buffer_view(&asking->question), &asking->answer, &error);
    *is_known = status != DAYBOOK_NOT_FOUND;
    if (!*is_known) {
        return true;
    }
    const Pb__BalanceAnswer *answer = status == DAYBOOK_OK ? decode(asking) : NULL;
    if (answer == NULL) {
        return bench_failed("asking for a balance", &error);
    }
    question->answer = answer->n_rows > 0 ? balance_of(answer->rows[0]) : (struct peer_balance){{0}};
    return true;
}

static bool draw_questions(struct peers *peers, struct asking *asking) {
    struct random_source random = random_seeded(peers->bench.seed + 77);
    int32_t last_day = (int32_t)(peers->bench.end_us / 1000000 / 86400);
    size_t unknown = 0;
    bool is_done = true;
    for (size_t i = 0; is_done && i < peers->question_count;) {
        struct peer_question *question = &peers->questions[i];
        bool is_known = false;
        question->customer = (uint32_t)random_below(&random, peers->bench.customers);
        question->as_of = last_day - (int32_t)random_below(&random, 730);
        question->known_at = 1 + random_below(&random, peers->bench.head);
        is_done = find_answer(asking, question, &is_known) && (is_known || ++unknown < 100 * peers->question_count);
        i += is_known;
    }
    return is_done;
}

/* Every question was asked once when its answer was found. Several rounds, to last as long as the peers' one: what else
 * the machine does meanwhile then weighs the same. */
static bool time_questions(struct peers *peers, struct asking *asking, struct samples *samples) {
    struct daybook_error error;
    for (size_t i = 0; i < ROUNDS_TIMED * peers->question_count; i++) {
        if (!encode_one(asking, &peers->questions[i % peers->question_count])) {
            return false;
        }
        uint64_t start = clock_monotonic_ns();
        enum daybook_status status =
            daybook_query(asking->ledger, daybook_buffer_view(&asking->question), &asking->answer, &error);
        samples_add(samples, clock_monotonic_ns() - start);
        if (status != DAYBOOK_OK) {
            return bench_failed("asking for a balance", &error);
        }
    }
    return true;
}

static bool ask_questions(struct peers *peers, struct asking *asking) {
    struct samples samples = {0};
    bool is_done = samples_init(&samples, ROUNDS_TIMED * peers->question_count) && draw_questions(peers, asking) &&
                   time_questions(peers, asking, &samples);
    if (is_done) {
        struct figures *figures = &peers->bench.figures;
        double seconds = samples_sum_s(&samples);
        figures_add(figures, "Daybook, point in time, 1 caller", (double)samples.count / seconds, "questions/s");
        figures_add_latency(figures, "Daybook, point in time, latency", &samples);
    }
    samples_release(&samples);
    return is_done;
}

bool peers_ask_daybook(struct peers *peers) {
    struct asking asking = {0};
    struct figures *figures = &peers->bench.figures;
    peers->questions = calloc(peers->question_count, sizeof *peers->questions);
    bool is_done = peers->questions != NULL && open_to_ask(peers, &asking) && ask_questions(peers, &asking);
    if (is_done) {
        uint64_t views_bytes = 0;
        for (size_t i = 0; i < ledger_view_count(asking.ledger); i++) {
            struct view_status status;
            view_get_status(ledger_view_at(asking.ledger, i), &status);
            views_bytes += status.size_bytes;
        }
        double events = (double)peers->bench.head;
        figures_add(figures, "all views, size of an event", (double)views_bytes / events, "bytes");
        figures_add(figures, "Daybook, journal and all views, size of an event",
                    (double)(views_bytes + peers->bench.journal_bytes) / events, "bytes");
    }
    close_asking(&asking);
    return is_done;
}
