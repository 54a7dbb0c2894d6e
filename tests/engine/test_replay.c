/* Histories replayed: under the ledger's own policy byte by byte the same (RP2), under others as they say. */
#include "replay.h"

#include "tests/engine/domain/random.h"
#include "tests/engine/domain/render.h"
#include "tests/engine/ledger_case.h"

struct seen {
    struct replay_change changes[64]; /* Their pointers are good during the visit only. */
    struct rendered texts[64];        /* The events that were made, or the refusal's code. */
    size_t count;
    uint64_t stops_after; /* Requests' last sequence; 0 = never. */
};

struct replaying {
    struct ledger_case c;
    char directory[64]; /* Of the scratch ledger. */
    struct seen seen;
    struct replay_counts counts;
};

static enum daybook_status note(void *context, const struct replay_change *change, struct daybook_error *error) {
    struct seen *seen = context;
    (void)error;
    if (seen->count == ROW_COUNT(seen->changes)) {
        return DAYBOOK_OK;
    }
    struct rendered *rendered = &seen->texts[seen->count];
    seen->changes[seen->count++] = *change;
    if (change->refusal != NULL) {
        render(rendered, "%s", refusal_name(change->refusal->code));
    }
    for (size_t i = 0; i < change->made.count; i++) {
        render_event(rendered, change->made.items[i], "CNY");
    }
    return DAYBOOK_OK;
}

static bool go_on(void *context, uint64_t sequence) {
    const struct seen *seen = context;
    return seen->stops_after == 0 || sequence < seen->stops_after;
}

static void begin(struct replaying *r) {
    memset(&r->seen, 0, sizeof r->seen);
    ledger_case_begin(&r->c);
}

static void end(struct replaying *r) {
    ledger_case_end(&r->c);
}

/* Replays up to `through` (0 = all) into a new scratch ledger, which stays until it is compared. */
static enum daybook_status replay(struct replaying *r, const struct decide_policy *policy, uint64_t through) {
    struct daybook_create_options made = {.timezone = "Asia/Shanghai", .currency = "CNY"};
    struct journal_options open = {.is_writer = true, .map_size_bytes = (size_t)1 << 30};
    struct journal *scratch = NULL;
    strcpy(r->directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(r->directory));
    LEDGER_OK(&r->c, daybook_create(r->directory, &made, &r->c.error));
    LEDGER_OK(&r->c, journal_open(r->directory, &open, &scratch, &r->c.error));
    struct decide_settings settings = {.currency = "CNY", .timezone = ledger_timezone(r->c.ledger)};
    struct replay_options options = {.history = ledger_journal(r->c.ledger),
                                     .through = through == 0 ? ledger_head(&r->c) : through,
                                     .scratch = scratch,
                                     .settings = &settings,
                                     .policy = policy,
                                     .visit = note,
                                     .go_on = go_on,
                                     .context = &r->seen};
    enum daybook_status status = replay_run(&options, &r->counts, &r->c.error);
    journal_close(scratch);
    return status;
}

/* The scratch ledger's events are those of history up to `through`, byte by byte. Removes it. */
static void check_same_bytes(struct replaying *r, uint64_t through) {
    struct ledger_case scratch = {.how = {.directory = r->directory}};
    LEDGER_OK(&scratch, daybook_open(&scratch.how, &scratch.ledger, &scratch.error));
    struct event_batch made = ledger_events(&scratch);
    struct event_batch recorded = ledger_events(&r->c);
    assert_int_equal(made.count, through);
    for (size_t i = 0; i < made.count; i++) {
        assert_int_equal(made.events[i].size_bytes, recorded.events[i].size_bytes);
        assert_memory_equal(made.bytes.data + made.events[i].offset_bytes,
                            recorded.bytes.data + recorded.events[i].offset_bytes, made.events[i].size_bytes);
    }
    event_batch_release(&made);
    event_batch_release(&recorded);
    daybook_close(scratch.ledger);
    place_remove(r->directory);
}

/* ---- the ledger's own policy ---- */

enum { HISTORIES = 4, STEPS = 300 };

static void random_step(struct replaying *r, struct chance *chance) {
    char lines[4][RANDOM_LINE + 64];
    const char *pointers[4] = {lines[0], lines[1], lines[2], lines[3]};
    bool is_group = chance_between(chance, 0, 5) == 0;
    size_t count = is_group ? (size_t)chance_between(chance, 2, 4) : 1;
    for (size_t i = 0; i < count; i++) {
        random_line(chance, ledger_head(&r->c), lines[i]);
    }
    struct daybook_answers answers =
        ledger_submit(&r->c, is_group ? DAYBOOK_SUBMIT_GROUP : DAYBOOK_SUBMIT_EACH, count, pointers);
    daybook_answers_release(&answers);
    r->c.now_us += chance_between(chance, 0, 6) * 3600 * 1000000;
}

static void the_ledgers_own_policy_makes_the_same_bytes(void **state) {
    (void)state;
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        static struct replaying r;
        struct chance chance = {seed + i};
        printf("seed %" PRIu64 "\n", seed + i);
        begin(&r);
        ledger_must(&r.c, "2024-01-01 open ann");
        ledger_must(&r.c, "2024-01-01 open bob terms=10");
        ledger_must(&r.c, "2024-01-01 open cem terms=5 eom");
        for (int step = 0; step < STEPS; step++) {
            random_step(&r, &chance);
        }
        uint64_t head = ledger_head(&r.c);
        assert_true(head > STEPS / 3);
        LEDGER_OK(&r.c, replay(&r, NULL, 0));
        assert_int_equal(r.counts.same, r.counts.requests);
        assert_int_equal(r.counts.not_told_back, 0);
        assert_int_equal(r.counts.through, head);
        check_same_bytes(&r, head);
        struct decide_policy says_nothing = {0};
        LEDGER_OK(&r.c, replay(&r, &says_nothing, 0));
        check_same_bytes(&r, head);
        end(&r);
    }
}

/* 1 open, 2 charge, 3 payment, 4 allocation: known at 3, the payment's request is cut. */
static void a_request_is_replayed_whole_or_not(void **state) {
    (void)state;
    static struct replaying r;
    begin(&r);
    ledger_must(&r.c, "2024-05-01 open ann");
    ledger_must(&r.c, "2024-05-02 charge c 100");
    ledger_must(&r.c, "2024-05-03 pay p 100");
    assert_int_equal(ledger_head(&r.c), 4);
    LEDGER_OK(&r.c, replay(&r, NULL, 3));
    assert_int_equal(r.counts.through, 2);
    check_same_bytes(&r, 2);
    LEDGER_OK(&r.c, replay(&r, NULL, 4));
    check_same_bytes(&r, 4);
    end(&r);
}

static void stopping_says_where(void **state) {
    (void)state;
    static struct replaying r;
    begin(&r);
    ledger_must(&r.c, "2024-05-01 open ann");
    ledger_must(&r.c, "2024-05-02 charge c 100");
    r.seen.stops_after = 1;
    assert_int_equal(replay(&r, NULL, 0), DAYBOOK_STOPPED);
    assert_non_null(strstr(r.c.error.message, "after event 1"));
    place_remove(r.directory);
    end(&r);
}

/* ---- others ---- */

/* LOT-1, in part: A is promotional, B is paid, both until 06-30; C never ends; D is for meals alone. */
static const char *const lots[] = {
    "2024-05-01 open ann",
    "2024-05-01 deposit A 100 promo prio=1 expires=2024-06-30",
    "2024-05-01 deposit B 200 prio=1 expires=2024-06-30",
    "2024-05-01 deposit C 300 prio=1",
    "2024-05-01 deposit D 50 prio=0 expires=2024-12-31 scope=meals",
    "2024-06-01 charge g 180 goods",
    "2024-06-02 charge m 60 meals",
};

static void submit_all(struct replaying *r, const char *const *lines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ledger_must(&r->c, lines[i]);
    }
}

static void lots_in_another_order(void **state) {
    (void)state;
    static struct replaying r;
    struct decide_policy paid_first = {.lot_keys = {LOT_BY_PAID, LOT_BY_EXPIRY}, .lot_key_count = 2};
    begin(&r);
    submit_all(&r, lots, ROW_COUNT(lots));
    LEDGER_OK(&r.c, replay(&r, &paid_first, 0));
    assert_int_equal(r.counts.otherwise, 2);
    assert_int_equal(r.counts.refused, 0);
    assert_string_equal(r.seen.texts[0].text, "2024-06-01 charge g 180; 2024-06-01 consume g B 180");
    assert_string_equal(r.seen.texts[1].text, "2024-06-02 charge m 60; 2024-06-02 consume m B 20, D 40");
    place_remove(r.directory);
    end(&r);
}

/* The second charge passes 80 % of the limit; the allocation to it is then of nothing. */
static void scale_to_80(const void *context, const char *customer, const char *currency, struct credit_policy *credit) {
    (void)context;
    (void)customer;
    (void)currency;
    credit->limit_minor = credit->limit_minor * 80 / 100;
}

static void a_lower_limit_refuses_what_follows_from_it(void **state) {
    (void)state;
    static struct replaying r;
    struct decide_policy policy = {.adjust_credit = scale_to_80};
    const char *const lines[] = {
        "2024-05-01 open ann settle=receivable",
        "2024-05-01 policy amount 100",
        "2024-05-02 charge a 50",
        "2024-05-03 charge b 45",
        "2024-05-04 pay p 60 to=b:45",
        "2024-05-05 charge c 20",
    };
    begin(&r);
    submit_all(&r, lines, ROW_COUNT(lines));
    LEDGER_OK(&r.c, replay(&r, &policy, 0));
    assert_int_equal(r.counts.refused, 2);
    assert_string_equal(r.seen.texts[0].text, "OVER_CREDIT_LIMIT");
    assert_string_equal(r.seen.texts[1].text, "UNKNOWN_DOCUMENT");
    assert_int_equal(r.counts.same, 4);
    place_remove(r.directory);
    end(&r);
}

static void payments_in_another_order(void **state) {
    (void)state;
    static struct replaying r;
    const char *const lines[] = {
        "2024-05-01 open ann",
        "2024-05-01 charge a 10 due=2024-06-03",
        "2024-05-02 charge b 30 due=2024-06-02",
        "2024-05-03 charge c 20 due=2024-06-01",
        "2024-05-05 pay p 25",
        "2024-05-06 pay q 5 to=b:5",
    };
    struct decide_policy oldest_posted = {.item_order = ITEMS_OLDEST_POSTED};
    struct decide_policy largest = {.item_order = ITEMS_LARGEST, .overrides_explicit = true};
    begin(&r);
    submit_all(&r, lines, ROW_COUNT(lines));
    LEDGER_OK(&r.c, replay(&r, &oldest_posted, 0));
    assert_int_equal(r.seen.count, 1);
    assert_non_null(strstr(r.seen.texts[0].text, "allocate p a 10"));
    assert_non_null(strstr(r.seen.texts[0].text, "allocate p b 15"));
    place_remove(r.directory);
    memset(&r.seen, 0, sizeof r.seen);
    LEDGER_OK(&r.c, replay(&r, &largest, 0));
    assert_int_equal(r.seen.count, 2);
    assert_non_null(strstr(r.seen.texts[0].text, "allocate p b 25"));
    assert_non_null(strstr(r.seen.texts[1].text, "allocate q c 5"));
    place_remove(r.directory);
    end(&r);
}

/* An allocation without a name is told by the event that took its place; where none did, it cannot be taken off. */
static void allocations_are_named_by_what_took_their_place(void **state) {
    (void)state;
    static struct replaying r;
    struct decide_policy largest = {.item_order = ITEMS_LARGEST};
    const char *const lines[] = {
        "2024-05-01 open ann",      "2024-05-01 charge a 10",
        "2024-05-02 charge b 30",   "2024-05-03 pay p 30",         /* 4-6: a 10, b 20; here b 30, an event less */
        "2024-05-04 charge c 20",   "2024-05-05 pay q 20 to=c:20", /* 8-9 */
        "2024-05-06 unallocate #9", "2024-05-06 unallocate #5",
    };
    begin(&r);
    submit_all(&r, lines, ROW_COUNT(lines));
    LEDGER_OK(&r.c, replay(&r, &largest, 0));
    assert_int_equal(r.counts.otherwise, 1);
    assert_int_equal(r.counts.refused, 1);
    assert_int_equal(r.seen.count, 2);
    assert_string_equal(r.seen.texts[1].text, "UNKNOWN_DOCUMENT");
    place_remove(r.directory);
    end(&r);
}

/* All of a group or none: the lower limit refuses its second request, so its first is gone, too. */
static void a_group_is_refused_together(void **state) {
    (void)state;
    static struct replaying r;
    struct decide_policy policy = {.adjust_credit = scale_to_80};
    begin(&r);
    ledger_must(&r.c, "2024-05-01 open ann settle=receivable");
    ledger_must(&r.c, "2024-05-01 policy amount 100");
    struct daybook_answers answers =
        LEDGER_SUBMIT(&r.c, DAYBOOK_SUBMIT_GROUP, "2024-05-02 charge a 50", "2024-05-02 charge b 50");
    assert_null(answers.items[1].refusal);
    daybook_answers_release(&answers);
    LEDGER_OK(&r.c, replay(&r, &policy, 0));
    assert_int_equal(r.counts.refused, 2);
    assert_string_equal(r.seen.texts[0].text, "GROUP_REFUSED");
    assert_string_equal(r.seen.texts[1].text, "OVER_CREDIT_LIMIT");
    place_remove(r.directory);
    end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledgers_own_policy_makes_the_same_bytes),
        cmocka_unit_test(a_request_is_replayed_whole_or_not),
        cmocka_unit_test(stopping_says_where),
        cmocka_unit_test(lots_in_another_order),
        cmocka_unit_test(a_lower_limit_refuses_what_follows_from_it),
        cmocka_unit_test(payments_in_another_order),
        cmocka_unit_test(allocations_are_named_by_what_took_their_place),
        cmocka_unit_test(a_group_is_refused_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
