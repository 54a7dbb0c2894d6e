/*
 * Every call that can fail fails: the first one, the second, ... until a life
 * of a ledger goes through without meeting it; once, and for good.
 *
 * Whatever happens is a clean error with a sentence, or mends itself. Then
 * nothing fails any more, and the ledger is opened again: everything that was
 * acknowledged is there, the views say what the events say, and it goes on.
 *
 *     fail_nth [STEP]              STEP: every so-manieth call of memory (7), the long run takes each
 *     fail_nth KIND NTH [good]     one life, and where its call was made; KIND: a number from 0
 */
#include <inttypes.h>

#include "daybook/v1/query.pb-c.h"
#include "projections/query.h"
#include "tests/engine/ledger_case.h"
#include "tests/fault/fail.h"

enum { BATCHES = 3, CALLS_MOST = 200000 };

static const char *const lines[BATCHES][3] = {
    {"2024-01-01 open ann", "2024-01-02 deposit l1 100 expires=2024-03-01", "2024-01-03 charge c1 250 goods"},
    {"2024-01-05 pay p1 100", "2024-02-01 charge c2 30 goods", "2024-04-01 charge c3 20"},
    {"2024-04-02 open bob", "2024-04-03 charge c1 10 cust=bob", "2024-04-04 pay p1 10 cust=bob"},
};

/* The net balance of all customers, in minor units, after each batch: what acknowledged batches must add up to.
 * After 1: charge 250, deposit 100 of which 100 is used: 150. After 2: payment 100, charges 50: 100. After 3: the same.
 */
static const int64_t nets[BATCHES + 1] = {0, 150, 100, 100};

struct life {
    struct ledger_case c;
    char base[64];
    char what[96]; /* What fails in it. */
    unsigned number;
    size_t acknowledged;
    bool is_made;
    enum daybook_status status; /* Of the first thing that failed. */
    struct daybook_buffer requests[BATCHES][3];
};

#define MUST(condition, ...)                                                                                           \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                      \
            (void)fprintf(stderr, __VA_ARGS__);                                                                        \
            (void)fprintf(stderr, "\n");                                                                               \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The first failure is kept; each must say something. */
static bool went_well(struct life *life, enum daybook_status status) {
    if (status == DAYBOOK_OK) {
        return true;
    }
    MUST(life->c.error.message[0] != '\0' && life->c.error.status == status, "%s: a failure without a sentence (%s)",
         life->what, daybook_status_name(status));
    MUST(status != DAYBOOK_INVALID, "%s: a failing world is called the caller's mistake: %s", life->what,
         life->c.error.message);
    life->status = life->status == DAYBOOK_OK ? status : life->status;
    life->c.error.message[0] = '\0';
    return false;
}

static bool submit(struct life *life, size_t batch) {
    struct daybook_bytes requests[3];
    struct daybook_answers answers = {0};
    for (size_t i = 0; i < 3; i++) {
        requests[i] = daybook_buffer_view(&life->requests[batch][i]);
    }
    enum daybook_status status =
        daybook_submit(life->c.ledger, requests, 3, DAYBOOK_SUBMIT_EACH, &answers, &life->c.error);
    bool is_done = went_well(life, status);
    for (size_t i = 0; is_done && i < 3; i++) {
        MUST(answers.items[i].refusal == NULL, "batch %zu, line %zu was refused: %s", batch, i,
             answers.items[i].refusal->message);
    }
    daybook_answers_release(&answers);
    return is_done;
}

static bool ask(struct life *life, int64_t *net_minor) {
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    struct arena arena;
    ProtobufCMessage *answer = NULL;
    arena_init(&arena, (size_t)1 << 24);
    at.as_of = "2024-06-01";
    balance.at = &at;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    bool is_told = went_well(life, query_run(life->c.ledger, &query, &arena, &answer, &life->c.error));
    if (is_told) {
        const Pb__BalanceAnswer *told = (const Pb__BalanceAnswer *)answer;
        *net_minor = told->n_totals == 0 ? 0 : told->totals[0]->net_minor;
    }
    arena_release(&arena);
    return is_told;
}

static bool open_it(struct life *life) {
    life->c.how = (struct daybook_open_options){.directory = life->c.directory,
                                                .is_writer = true,
                                                .views = daybook_standard_views,
                                                .checkpoint_events = 4,
                                                .map_size_bytes = (size_t)1 << 28,
                                                .clock = {ledger_case_now, &life->c.now_us}};
    return went_well(life, daybook_open(&life->c.how, &life->c.ledger, &life->c.error));
}

/* Made, written, asked, closed, opened again, written: as far as it goes. */
static void live(struct life *life) {
    struct daybook_create_options made = {
        .timezone = "Asia/Shanghai", .currency = "CNY", .clock = {ledger_case_now, &life->c.now_us}};
    int64_t net_minor = 0;
    life->is_made = went_well(life, daybook_create(life->c.directory, &made, &life->c.error));
    if (!life->is_made || !open_it(life)) {
        return;
    }
    for (size_t batch = 0; batch < BATCHES; batch++) {
        if (!submit(life, batch)) {
            break;
        }
        life->acknowledged = batch + 1;
        if (ask(life, &net_minor)) {
            MUST(net_minor == nets[batch + 1], "%" PRId64 " was told after batch %zu", net_minor, batch);
        }
        if (batch == 1) {
            daybook_close(life->c.ledger);
            life->c.ledger = NULL;
            if (!open_it(life)) {
                return;
            }
        }
    }
    daybook_close(life->c.ledger);
    life->c.ledger = NULL;
}

/* Nothing fails now. */
static void look_after(struct life *life) {
    const char *what = life->what;
    int64_t net_minor = -1;
    life->status = DAYBOOK_OK;
    if (!life->is_made) {
        struct daybook_create_options made = {
            .timezone = "Asia/Shanghai", .currency = "CNY", .clock = {ledger_case_now, &life->c.now_us}};
        enum daybook_status status = daybook_create(life->c.directory, &made, &life->c.error);
        MUST(status == DAYBOOK_OK || status == DAYBOOK_EXISTS, "%s: it cannot be made any more: %s", what,
             life->c.error.message);
    }
    MUST(open_it(life), "%s: it cannot be opened again (%s)", what, daybook_status_name(life->status));
    for (size_t batch = 0; batch < BATCHES; batch++) { /* Those that are there are repeated, the others are taken. */
        MUST(submit(life, batch), "%s: batch %zu is not taken (%s)", what, batch, daybook_status_name(life->status));
        bool is_asked = ask(life, &net_minor);
        MUST(is_asked, "%s: it does not answer (%s)", what, daybook_status_name(life->status));
    }
    MUST(net_minor == nets[BATCHES], "%s: %" PRId64 " is told in the end", what, net_minor);
    struct event_batch events = ledger_events(&life->c);
    static size_t wanted;
    wanted = wanted == 0 ? events.count : wanted;
    MUST(events.count == wanted, "%s: there are %zu events instead of %zu", what, events.count, wanted);
    event_batch_release(&events);
    daybook_close(life->c.ledger);
    life->c.ledger = NULL;
}

static void begin(struct life *life) {
    life->c = (struct ledger_case){.now_us = script_instant("2024-06-15T04:00:00Z")};
    (void)snprintf(life->c.directory, sizeof life->c.directory, "%.40s/%u", life->base, ++life->number);
    life->acknowledged = 0;
    life->is_made = false;
    life->status = DAYBOOK_OK;
}

/* One life; true when the nth call was met. */
static bool try_one(struct life *life, enum fail_call call, uint64_t nth, bool is_for_good) {
    static const char *const names[] = {
#define FAIL_CALL_NAME(name, text) text,
        FAIL_CALLS(FAIL_CALL_NAME)
#undef FAIL_CALL_NAME
    };
    (void)snprintf(life->what, sizeof life->what, "%s %" PRIu64 "%s", names[call], nth,
                   is_for_good ? " and all after" : "");
    begin(life);
    fail_arm(call, nth, is_for_good);
    live(life);
    daybook_close(life->c.ledger);
    life->c.ledger = NULL;
    bool was_met = fail_disarm() > 0;
    look_after(life);
    place_remove(life->c.directory);
    return was_met;
}

int main(int argc, char **argv) {
    struct life *life = calloc(1, sizeof *life);
    const char *longer = getenv("DAYBOOK_TEST_LONG");
    uint64_t step = argc > 1 ? strtoull(argv[1], NULL, 10) : longer != NULL ? 1 : 7;
    MUST(life != NULL, "memory");
    strcpy(life->base, "/tmp/daybook-fault-XXXXXX");
    MUST(mkdtemp(life->base) != NULL, "a directory");
    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (size_t i = 0; i < 3; i++) {
            char key[32];
            (void)snprintf(key, sizeof key, "key-%zu-%zu", batch, i);
            life->requests[batch][i] = line_encode(lines[batch][i], key);
        }
    }
    if (argc > 2) {
        fail_trace();
        (void)try_one(life, (enum fail_call)atoi(argv[1]), strtoull(argv[2], NULL, 10), argc > 3);
    }
    for (int call = 0; argc <= 2 && call < FAIL_SYSTEM_COUNT; call++) {
        for (int is_for_good = 0; is_for_good <= 1; is_for_good++) {
            uint64_t pace = call == FAIL_MEMORY ? step : 1 + step / 7;
            uint64_t nth = 1;
            size_t lives = 0;
            for (; nth < CALLS_MOST && try_one(life, (enum fail_call)call, nth, is_for_good != 0); nth += pace) {
                lives++;
            }
            (void)printf("fail_nth: kind %d%s: %zu lives\n", call, is_for_good != 0 ? ", for good" : "", lives);
            (void)fflush(stdout);
            MUST(lives > 0, "nothing of kind %d was ever called", call);
        }
    }
    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (size_t i = 0; i < 3; i++) {
            daybook_buffer_release(&life->requests[batch][i]);
        }
    }
    place_remove(life->base);
    free(life);
    return 0;
}
