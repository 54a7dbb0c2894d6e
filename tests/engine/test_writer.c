/* The writer under many threads, and with hardly any memory: neither may change what is decided. */
#include "writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "ledger.h"
#include "limits.h"
#include "store/store.h"
#include "tests/engine/domain/random.h"
#include "tests/engine/ledger_case.h"

#define CODE(name) PB__REFUSAL_CODE__REFUSAL_CODE_##name

/* ---- many threads ---- */

enum { THREADS = 16, CALLS = 40, PER_CALL = 3, LOT = 700, LIMIT = 500 };

struct taken {
    char charge[32];
    uint64_t sequence;
};

struct worker {
    struct ledger_case *c;
    unsigned number;
    const char *customer;
    const char *settle;
    int refusal; /* The only one that may come. */
    struct taken taken[CALLS * PER_CALL];
    size_t taken_count;
    bool has_failed;
};

static void work_once(struct worker *worker, int call) {
    struct daybook_buffer buffers[PER_CALL];
    struct daybook_bytes requests[PER_CALL];
    char ids[PER_CALL][32];
    struct daybook_answers answers = {0};
    for (int i = 0; i < PER_CALL; i++) {
        char line[160];
        snprintf(ids[i], sizeof ids[i], "t%u-%d-%d", worker->number, call, i);
        snprintf(line, sizeof line, "charge %s 1 goods cust=%s settle=%s", ids[i], worker->customer, worker->settle);
        buffers[i] = line_encode(line, ids[i]);
        requests[i] = daybook_buffer_view(&buffers[i]);
    }
    struct daybook_error error;
    if (daybook_submit(worker->c->ledger, requests, PER_CALL, DAYBOOK_SUBMIT_EACH, &answers, &error) != DAYBOOK_OK) {
        worker->has_failed = true;
        return;
    }
    for (int i = 0; i < PER_CALL; i++) {
        if (answers.items[i].refusal == NULL) {
            struct taken *taken = &worker->taken[worker->taken_count++];
            memcpy(taken->charge, ids[i], sizeof taken->charge);
            taken->sequence = answers.items[i].first_sequence;
        } else if ((int)answers.items[i].refusal->code != worker->refusal) {
            worker->has_failed = true;
        }
        daybook_buffer_release(&buffers[i]);
    }
    daybook_answers_release(&answers);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    for (int call = 0; call < CALLS && !worker->has_failed; call++) {
        work_once(worker, call);
    }
    return NULL;
}

/* Each worker's answers name its own charges. */
static void check_taken(struct ledger_case *c, const struct worker *worker, const struct event_batch *events) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < worker->taken_count; i++) {
        const struct batch_event *at = &events->events[worker->taken[i].sequence - 1];
        ProtobufCMessage *message = NULL;
        arena_reset(&arena);
        LEDGER_OK(c, wire_decode(&pb__event__descriptor,
                                 (struct daybook_bytes){events->bytes.data + at->offset_bytes, at->size_bytes}, &arena,
                                 &message, &c->error));
        const Pb__Event *event = (const Pb__Event *)message;
        assert_int_equal(event->sequence, worker->taken[i].sequence);
        assert_int_equal(event->body_case, PB__EVENT__BODY_CHARGE_POSTED);
        assert_string_equal(event->charge_posted->charge, worker->taken[i].charge);
    }
    arena_release(&arena);
}

static void many_threads_never_pass_a_lot_or_a_limit(void **state) {
    (void)state;
    struct ledger_case c;
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    size_t taken[2] = {0};
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    ledger_must(&c, "open bob");
    ledger_must(&c, "deposit A 700");
    ledger_must(&c, "policy amount 500 cust=bob");
    for (unsigned i = 0; i < THREADS; i++) {
        bool is_ann = i % 2 == 0;
        workers[i] = (struct worker){.c = &c,
                                     .number = i,
                                     .customer = is_ann ? "ann" : "bob",
                                     .settle = is_ann ? "only" : "receivable",
                                     .refusal = is_ann ? CODE(EXCEEDS_DEPOSIT) : CODE(OVER_CREDIT_LIMIT)};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    struct event_batch events = ledger_events(&c);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_false(workers[i].has_failed);
        check_taken(&c, &workers[i], &events);
        taken[i % 2] += workers[i].taken_count;
    }
    assert_int_equal(taken[0], LOT);
    assert_int_equal(taken[1], LIMIT);
    assert_int_equal(events.count, 4 + LOT * 2 + LIMIT);
    event_batch_release(&events);
    ledger_case_end(&c);
}

/* ---- the same key from many threads ---- */

static _Atomic unsigned first_answers;

static void *repeat(void *argument) {
    struct ledger_case *c = argument;
    struct daybook_buffer request = line_encode("pay p 5", "one key");
    struct daybook_bytes bytes = daybook_buffer_view(&request);
    for (int i = 0; i < 20; i++) {
        struct daybook_answers answers = {0};
        struct daybook_error error;
        if (daybook_submit(c->ledger, &bytes, 1, DAYBOOK_SUBMIT_EACH, &answers, &error) != DAYBOOK_OK ||
            answers.items[0].refusal != NULL || answers.items[0].first_sequence != 3 ||
            answers.items[0].last_sequence != 4) {
            atomic_fetch_add(&first_answers, 1000);
        } else if (!answers.items[0].is_repeated) {
            atomic_fetch_add(&first_answers, 1);
        }
        daybook_answers_release(&answers);
    }
    daybook_buffer_release(&request);
    return NULL;
}

static void one_key_is_taken_once(void **state) {
    (void)state;
    struct ledger_case c;
    pthread_t threads[THREADS];
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    ledger_must(&c, "charge g 3");
    atomic_store(&first_answers, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, repeat, &c), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&first_answers), 1);
    assert_int_equal(ledger_head(&c), 4);
    ledger_case_end(&c);
}

/* ---- latecomers ---- */

enum { ROUNDS_MAX = 100000 };

/* A thread that submits one request at a time, and has another where it is asked for more. */
struct bringer {
    struct ledger_case *c;
    unsigned number;
    _Atomic bool *is_seen; /* Some latecomer was taken. */
    struct daybook_buffer bytes[2];
    struct daybook_bytes requests[2];
    struct daybook_submission late[2]; /* The second is too large. */
    size_t asked_count;
    size_t accepted_count;
    bool has_failed;
};

static size_t bring(void *context, struct daybook_submission **submissions) {
    struct bringer *bringer = context;
    bringer->asked_count++;
    bringer->late[0] = (struct daybook_submission){.requests = bringer->requests + 1, .count = 1};
    bringer->late[1] =
        (struct daybook_submission){.requests = bringer->requests + 1, .count = LIMIT_BATCH_REQUESTS + 1};
    *submissions = bringer->late;
    return 2;
}

static bool is_accepted(struct daybook_submission *asked) {
    bool is_good = asked->status == DAYBOOK_OK && asked->answers.count == 1 && asked->answers.items[0].refusal == NULL;
    daybook_answers_release(&asked->answers);
    return is_good;
}

static void bring_once(struct bringer *bringer, unsigned round) {
    struct ledger_latecomers late = {bring, bringer};
    struct daybook_error error;
    for (unsigned i = 0; i < 2; i++) {
        char id[32];
        char line[64];
        snprintf(id, sizeof id, "b%u-%u-%u", bringer->number, round, i);
        snprintf(line, sizeof line, "charge %s 1 goods cust=bob", id);
        daybook_buffer_release(&bringer->bytes[i]);
        bringer->bytes[i] = line_encode(line, id);
        bringer->requests[i] = daybook_buffer_view(&bringer->bytes[i]);
    }
    struct daybook_submission own = {.requests = bringer->requests, .count = 1};
    bringer->asked_count = 0;
    bringer->has_failed |= ledger_submit_many(bringer->c->ledger, &own, 1, &late, &error) != DAYBOOK_OK ||
                           bringer->asked_count > 1 || !is_accepted(&own);
    bringer->accepted_count++;
    if (bringer->asked_count == 1) {
        bringer->has_failed |= !is_accepted(&bringer->late[0]) || bringer->late[1].status != DAYBOOK_INVALID;
        bringer->accepted_count++;
        atomic_store(bringer->is_seen, true);
    }
}

static void *bring_many(void *argument) {
    struct bringer *bringer = argument;
    for (unsigned round = 0; round < ROUNDS_MAX && !bringer->has_failed && !atomic_load(bringer->is_seen); round++) {
        bring_once(bringer, round);
    }
    return NULL;
}

static void who_comes_while_a_commit_is_written_shares_the_next(void **state) {
    (void)state;
    struct ledger_case c;
    _Atomic bool is_seen = false;
    struct bringer bringers[2];
    pthread_t threads[2];
    ledger_case_begin(&c);
    ledger_must(&c, "open bob");
    uint64_t expected = ledger_head(&c);
    for (unsigned i = 0; i < 2; i++) {
        bringers[i] = (struct bringer){.c = &c, .number = i, .is_seen = &is_seen};
        assert_int_equal(pthread_create(&threads[i], NULL, bring_many, &bringers[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(bringers[i].has_failed);
        expected += bringers[i].accepted_count;
        daybook_buffer_release(&bringers[i].bytes[0]);
        daybook_buffer_release(&bringers[i].bytes[1]);
    }
    assert_true(is_seen);
    assert_int_equal(ledger_head(&c), expected);
    ledger_case_end(&c);
}

/* ---- hardly any memory ---- */

enum { HISTORY = 600 };

static void open_customers(struct ledger_case *c) {
    ledger_must(c, "2024-01-01 open ann");
    ledger_must(c, "2024-01-01 open bob terms=10");
    ledger_must(c, "2024-01-01 open cem terms=5 eom");
}

/* The rows of the checkpoint of a closed ledger are what a replay of its events gives. */
static void check_rows(struct ledger_case *c, const struct event_batch *events) {
    static const char *const tables[] = {"rows", "names", "meta"};
    char path[96];
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct world fresh = {.events = *events};
    struct arena arena;
    size_t found = 0;
    snprintf(path, sizeof path, "%s/views/state", c->directory);
    struct store_options options = {.tables = tables, .table_count = 3};
    LEDGER_OK(c, store_open(path, &options, &store, &c->error));
    LEDGER_OK(c, store_begin_read(store, &txn, &c->error));
    arena_init(&arena, 1 << 22);
    fresh.state = world_state(&fresh);
    for (uint64_t sequence = 1; sequence <= events->count; sequence++) {
        const Pb__Event *event = NULL;
        arena_reset(&arena);
        WORLD_OK(&fresh, state_read_event(fresh.state, sequence, &arena, &event, &fresh.error));
        WORLD_OK(&fresh, state_fold(fresh.state, event, &fresh.error));
    }
    world_checkpoint(&fresh);
    for (size_t number = 0; number < fresh.row_count; number++) {
        uint8_t key[8];
        struct daybook_bytes value;
        bool is_found = false;
        store_be64(key, number);
        LEDGER_OK(c, table_get(txn, 0, (struct daybook_bytes){key, 8}, &value, &is_found, &c->error));
        assert_int_equal(is_found, fresh.rows[number].size > 0);
        if (is_found) {
            assert_int_equal(value.size, fresh.rows[number].size + 8); /* And its checksum. */
            assert_memory_equal(value.data, fresh.rows[number].data, fresh.rows[number].size);
            found++;
        }
    }
    uint64_t count = 0;
    LEDGER_OK(c, table_count(txn, 0, &count, &c->error));
    assert_int_equal(count, found);
    store_abort(txn);
    store_close(store);
    for (size_t number = 0; number < fresh.row_count; number++) {
        daybook_buffer_release(&fresh.rows[number]);
    }
    free(fresh.rows);
    free(fresh.names);
    control_release(&fresh.counted);
    state_close(fresh.state);
    arena_release(&arena);
}

/* How much of the state stays in memory, and how often it is checkpointed: 0 = the default. */
struct keeping {
    size_t state_limit_bytes;
    uint64_t checkpoint_events;
    bool has_accidents; /* It is closed now and then, and the checkpoint lost. */
};

static struct event_batch run_history(uint64_t seed, struct keeping keeping) {
    struct ledger_case c;
    struct chance chance = {seed};
    struct chance accidents = {seed + 1};
    ledger_case_begin(&c);
    c.how.state_limit_bytes = keeping.state_limit_bytes;
    c.how.checkpoint_events = keeping.checkpoint_events;
    ledger_case_reopen(&c);
    open_customers(&c);
    for (int i = 0; i < HISTORY; i++) {
        char line[RANDOM_LINE + 64];
        random_line(&chance, ledger_head(&c), line);
        c.now_us += chance_between(&chance, 0, 3) * 3600 * 1000000;
        (void)ledger_line(&c, line);
        if (keeping.has_accidents && chance_next(&accidents) % 40 == 0) {
            daybook_close(c.ledger);
            c.ledger = NULL;
            if (chance_next(&accidents) % 3 == 0) {
                ledger_case_forget(&c);
            }
            ledger_case_open(&c);
        }
    }
    struct event_batch events = ledger_events(&c);
    daybook_close(c.ledger);
    c.ledger = NULL;
    check_rows(&c, &events);
    ledger_case_end(&c);
    return events;
}

static void memory_and_reopening_change_no_event(void **state) {
    (void)state;
    uint64_t seed = chance_seed(20240615);
    printf("seed %" PRIu64 "\n", seed);
    /* Waiting for each checkpoint; never waiting for one; and with memory for a few rows only. */
    static const struct keeping keepings[] = {{1, 3, true}, {0, 4, true}, {0, 7, false}, {4096, 20, false}};
    struct event_batch rich = run_history(seed, (struct keeping){0, 0, false});
    printf("%zu events\n", rich.count);
    assert_true(rich.count > HISTORY / 4);
    for (size_t i = 0; i < sizeof keepings / sizeof keepings[0]; i++) {
        struct event_batch poor = run_history(seed, keepings[i]);
        assert_int_equal(rich.count, poor.count);
        assert_int_equal(rich.bytes.size, poor.bytes.size);
        assert_memory_equal(rich.bytes.data, poor.bytes.data, rich.bytes.size);
        event_batch_release(&poor);
    }
    event_batch_release(&rich);
}

static void threads_and_little_memory(void **state) {
    (void)state;
    struct ledger_case c;
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    size_t taken = 0;
    ledger_case_begin(&c);
    c.how.state_limit_bytes = 1;
    c.how.checkpoint_events = 2;
    ledger_case_reopen(&c);
    ledger_must(&c, "open ann");
    ledger_must(&c, "deposit A 300");
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){
            .c = &c, .number = i, .customer = "ann", .settle = "only", .refusal = CODE(EXCEEDS_DEPOSIT)};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].has_failed);
        taken += workers[i].taken_count;
    }
    assert_int_equal(taken, 300);
    struct event_batch events = ledger_events(&c);
    daybook_close(c.ledger);
    c.ledger = NULL;
    check_rows(&c, &events);
    event_batch_release(&events);
    ledger_case_end(&c);
}

/* ---- a disk without room ---- */

static enum daybook_status submit_line(struct ledger_case *c, const char *key, enum daybook_submit_mode mode) {
    char line[64];
    struct daybook_answers answers = {0};
    snprintf(line, sizeof line, "charge %s 1 goods cust=C settle=credit", key);
    struct daybook_buffer buffer = line_encode(line, key);
    struct daybook_bytes bytes = daybook_buffer_view(&buffer);
    enum daybook_status status = daybook_submit(c->ledger, &bytes, 1, mode, &answers, &c->error);
    daybook_answers_release(&answers);
    daybook_buffer_release(&buffer);
    return status;
}

/* Nothing is decided that could not be appended, so nothing latches, and the same handle records when there is room. */
static void room_that_comes_back_is_used(void **state) {
    (void)state;
    char place[] = "/tmp/daybook-test-XXXXXX";
    char other[64];
    assert_non_null(mkdtemp(place));
    if (!place_mount_small(place, "100m")) {
        place_remove(place);
        print_message("skipped: this user may not mount\n");
        skip();
    }
    struct ledger_case c = {.now_us = script_instant("2024-06-15T04:00:00Z")};
    snprintf(c.directory, sizeof c.directory, "%s/books", place);
    snprintf(other, sizeof other, "%s/other", place);
    struct daybook_create_options made = {
        .timezone = "Asia/Shanghai", .currency = "CNY", .clock = {ledger_case_now, &c.now_us}};
    LEDGER_OK(&c, daybook_create(c.directory, &made, &c.error));
    ledger_case_open(&c);
    enum daybook_status before = submit_line(&c, "k1", DAYBOOK_SUBMIT_EACH);
    FILE *file = fopen(other, "w");
    bool is_filled = file != NULL && fallocate(fileno(file), 0, 0, 30 << 20) == 0;
    enum daybook_status without_room = submit_line(&c, "k2", DAYBOOK_SUBMIT_EACH);
    enum daybook_status dry = submit_line(&c, "k2", DAYBOOK_SUBMIT_DRY);
    bool is_latched = true;
    enum daybook_status told = ledger_check_recording(c.ledger, &is_latched, &c.error);
    if (file != NULL) {
        (void)fclose(file);
    }
    (void)unlink(other);
    enum daybook_status again = submit_line(&c, "k2", DAYBOOK_SUBMIT_EACH);
    daybook_close(c.ledger);
    place_unmount(place);
    place_remove(place);
    assert_true(is_filled);
    assert_int_equal(before, DAYBOOK_OK);
    assert_int_equal(without_room, DAYBOOK_LIMIT);
    assert_int_equal(dry, DAYBOOK_OK);
    assert_int_equal(told, DAYBOOK_LIMIT);
    assert_false(is_latched);
    assert_int_equal(again, DAYBOOK_OK);
}

/* What is written to a file without a name is not durable, and so it is not acknowledged. */
static void a_deleted_ledger_records_nothing(void **state) {
    (void)state;
    struct ledger_case c;
    bool is_latched = false;
    ledger_case_begin(&c);
    assert_int_equal(submit_line(&c, "k1", DAYBOOK_SUBMIT_EACH), DAYBOOK_OK);
    place_remove(c.directory);
    assert_int_equal(submit_line(&c, "k2", DAYBOOK_SUBMIT_EACH), DAYBOOK_DAMAGED);
    assert_int_equal(ledger_check_recording(c.ledger, &is_latched, &c.error), DAYBOOK_DAMAGED);
    assert_true(is_latched);
    ledger_case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_never_pass_a_lot_or_a_limit),
        cmocka_unit_test(one_key_is_taken_once),
        cmocka_unit_test(who_comes_while_a_commit_is_written_shares_the_next),
        cmocka_unit_test(memory_and_reopening_change_no_event),
        cmocka_unit_test(threads_and_little_memory),
        cmocka_unit_test(room_that_comes_back_is_used),
        cmocka_unit_test(a_deleted_ledger_records_nothing),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
