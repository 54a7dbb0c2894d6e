/* Items and ages at any (A, K) against a plain loop, and the domain's worked cases. */
#include "projections/events.h"

#include "projections/aging.h"
#include "projections/aging_model.h"
#include "projections/item.h"

static struct aging_policy default_policy(void) {
    return (struct aging_policy){.edges = {30, 60, 90, 120}, .edge_count = 4};
}

static void fold_all(struct folding *f, const struct events *events) {
    folding_open(f, &aging_projection);
    folding_take(f, events->list, events->count, 7, false);
}

static struct aging_sums ages(struct folding *f, const char *customer, int32_t as_of, uint64_t known_at,
                              const struct aging_policy *policy) {
    struct store_txn *txn = folding_read(f);
    struct account_row account;
    struct aging_sums sums;
    bool is_found;
    FOLDING_OK(f, account_find(txn, AGING_ACCOUNTS, customer, "EUR", &account, &is_found, &f->error));
    assert_true(is_found);
    struct aging_question question = {account.number, as_of, known_at, false, NULL};
    FOLDING_OK(f, aging_ask(txn, &question, policy, &sums, &f->error));
    store_abort(txn);
    return sums;
}

/* The worked case AG-1. */
static void make_ag1(struct events *e) {
    static const struct {
        const char *due;
        int64_t amount;
    } items[] = {{"2024-04-15", 1000}, {"2024-03-31", 2000}, {"2024-03-30", 3000}, {"2024-03-01", 4000},
                 {"2024-02-29", 5000}, {"2023-12-02", 6000}, {"2023-12-01", 7000}};
    char id[16];
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        (void)snprintf(id, sizeof id, "inv-%zu", i);
        charge(e, day("2023-11-01"), id, items[i].amount, day(items[i].due));
    }
    payment(e, day("2024-03-15"), "pay-1", 1500, false);
}

struct ag1_row {
    const char *name;
    enum aging_unapplied unapplied;
    bool is_by_posting;
    int64_t not_due;
    int64_t buckets[5];
    int64_t shown_unapplied;
};

static void ag1_ages_by_due_date(void **state) {
    (void)state;
    static const struct ag1_row rows[] = {
        {"its own column", AGING_UNAPPLIED_COLUMN, false, 3000, {7000, 5000, 0, 6000, 7000}, -1500},
        {"in the bucket of its date", AGING_UNAPPLIED_BUCKET, false, 3000, {5500, 5000, 0, 6000, 7000}, 0},
        {"netted oldest first", AGING_UNAPPLIED_NETTED, false, 3000, {7000, 5000, 0, 6000, 5500}, 0},
        {"by posting date", AGING_UNAPPLIED_COLUMN, true, 0, {0, 0, 0, 0, 28000}, -1500},
    };
    struct events e;
    struct folding f;
    events_init(&e);
    make_ag1(&e);
    fold_all(&f, &e);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("unapplied %s\n", rows[i].name);
        struct aging_policy policy = default_policy();
        policy.unapplied = rows[i].unapplied;
        policy.is_by_posting = rows[i].is_by_posting;
        struct aging_sums sums = ages(&f, "alice", day("2024-03-31"), UINT64_MAX, &policy);
        assert_int_equal(sums.not_due_minor, rows[i].not_due);
        for (int bucket = 0; bucket < 5; bucket++) {
            assert_int_equal(sums.buckets[bucket], rows[i].buckets[bucket]);
        }
        assert_int_equal(sums.unapplied_minor, rows[i].shown_unapplied);
        assert_int_equal(sums.total_minor, 26500);
        assert_int_equal(sums.overdue_minor, 25000);
        assert_int_equal(sums.oldest_overdue_days, 121);
    }
    folding_close(&f);
    events_release(&e);
}

/* The worked case AS-1: what was known when. */
static void as1_at_both_coordinates(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    charge(&e, day("2024-01-10"), "INV", 100000, day("2024-02-09"));          /* 1 */
    payment(&e, day("2024-02-20"), "P1", 40000, false);                       /* 2, late */
    allocated(&e, day("2024-02-20"), PAYMENT, "P1", CHARGE, "INV", 0, 40000); /* 3 */
    payment(&e, day("2024-03-15"), "P2", 60000, false);                       /* 4 */
    allocated(&e, day("2024-04-02"), PAYMENT, "P2", CHARGE, "INV", 0, 60000); /* 5 */
    fold_all(&f, &e);
    static const struct {
        const char *as_of;
        uint64_t known_at;
        int64_t overdue;
        int64_t unapplied;
        int32_t days;
    } rows[] = {
        {"2024-02-29", 1, 100000, 0, 20},
        {"2024-02-29", 3, 60000, 0, 20},
        {"2024-03-31", 5, 60000, -60000, 51},
        {"2024-04-02", 5, 0, 0, 0},
    };
    struct aging_policy policy = default_policy();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aging_sums sums = ages(&f, "alice", day(rows[i].as_of), rows[i].known_at, &policy);
        assert_int_equal(sums.overdue_minor, rows[i].overdue);
        assert_int_equal(sums.unapplied_minor, rows[i].unapplied);
        assert_int_equal(sums.oldest_overdue_days, rows[i].days);
    }
    folding_close(&f);
    events_release(&e);
}

static void instalments_age_by_their_own_dates(void **state) {
    (void)state;
    static const int64_t amounts[] = {1000, 1000, 1000};
    struct events e;
    struct folding f;
    events_init(&e);
    int32_t dues[] = {day("2024-03-31"), day("2024-01-31"), day("2024-02-29")};
    charge_in_parts(&e, day("2024-01-01"), "plan", amounts, dues, 3);
    payment(&e, day("2024-01-02"), "p", 5000, false);
    allocated(&e, day("2024-01-02"), PAYMENT, "p", CHARGE, "plan", 3, 200);  /* 3: the third: due 02-29 */
    allocated(&e, day("2024-01-02"), PAYMENT, "p", CHARGE, "plan", 0, 1100); /* 4: the oldest first */
    disputed(&e, day("2024-01-03"), "plan", 300);                            /* 5 */
    fold_all(&f, &e);
    struct aging_policy policy = default_policy();
    struct aging_sums sums = ages(&f, "alice", day("2024-03-10"), 3, &policy);
    assert_int_equal(sums.buckets[0], 800);  /* 10 days */
    assert_int_equal(sums.buckets[1], 1000); /* 39 days */
    assert_int_equal(sums.not_due_minor, 1000);
    sums = ages(&f, "alice", day("2024-03-10"), 4, &policy);
    assert_int_equal(sums.buckets[0], 700);
    assert_int_equal(sums.buckets[1], 0);
    sums = ages(&f, "alice", day("2024-03-10"), 5, &policy);
    assert_int_equal(sums.buckets[0], 400);
    assert_int_equal(sums.disputed_minor, 300);
    assert_int_equal(sums.not_due_minor, 1000);
    assert_int_equal(sums.overdue_minor, 400);
    folding_close(&f);
    events_release(&e);
}

static enum daybook_status note_settled(void *context, const struct aging_item *item, struct daybook_error *error) {
    (void)error;
    int32_t *days = context;
    for (size_t i = 0; i < item->part_count && !item->is_source; i++) {
        days[item->parts[i].instalment] = item->parts[i].settled_on;
    }
    return DAYBOOK_OK;
}

static void closed_items_tell_when_they_were_settled(void **state) {
    (void)state;
    static const int64_t amounts[] = {1000, 2000};
    struct events e;
    struct folding f;
    events_init(&e);
    int32_t dues[] = {day("2024-01-31"), day("2024-02-29")};
    charge_in_parts(&e, day("2024-01-01"), "plan", amounts, dues, 2);
    payment(&e, day("2024-01-02"), "p", 5000, false);
    allocated(&e, day("2024-03-05"), PAYMENT, "p", CHARGE, "plan", 0, 1000);
    allocated(&e, day("2024-01-20"), PAYMENT, "p", CHARGE, "plan", 0, 1500);
    unallocated(&e, day("2024-02-01"), PAYMENT, "p", CHARGE, "plan", 600, 4);
    allocated(&e, day("2024-02-10"), PAYMENT, "p", CHARGE, "plan", 1, 600);
    fold_all(&f, &e);
    struct store_txn *txn = folding_read(&f);
    static const struct {
        const char *as_of;
        const char *first;
        const char *second;
    } rows[] = {
        {"2024-01-15", NULL, NULL},         {"2024-01-25", "2024-01-20", NULL}, {"2024-02-05", NULL, NULL},
        {"2024-02-15", "2024-02-10", NULL}, {"2024-03-05", "2024-02-10", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t days[3] = {0};
        struct aging_question question = {0, day(rows[i].as_of), UINT64_MAX, true, NULL};
        FOLDING_OK(&f, aging_ask_items(txn, &question, note_settled, days, &f.error));
        assert_int_equal(days[1], rows[i].first == NULL ? 0 : day(rows[i].first));
        assert_int_equal(days[2], rows[i].second == NULL ? 0 : day(rows[i].second));
    }
    store_abort(txn);
    folding_close(&f);
    events_release(&e);
}

enum { CATEGORIES = ITEM_CATEGORIES + 20 };

struct category_check {
    struct folding *f;
    struct store_txn *txn;
    size_t count;
};

static void name_category(char text[LIMIT_ID_BYTES + 1], size_t number) {
    (void)snprintf(text, LIMIT_ID_BYTES + 1, "%0*zu", number == 0 ? LIMIT_ID_BYTES : 3, number);
}

static enum daybook_status check_category(void *context, const struct aging_item *item, struct daybook_error *error) {
    struct category_check *check = context;
    char expected[LIMIT_ID_BYTES + 1];
    struct daybook_bytes text;
    name_category(expected, (item->sequence - 1) % CATEGORIES);
    FOLDING_OK(check->f, aging_category(check->txn, item, &text, error));
    assert_true(daybook_bytes_equal(text, daybook_bytes_of_text(expected)));
    check->count++;
    return DAYBOOK_OK;
}

/* More than are numbered, each twice; the fold forgets them in between. */
static void categories_come_back_however_many_there_are(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    for (size_t i = 0; i < (size_t)2 * CATEGORIES; i++) {
        char id[16];
        char category[LIMIT_ID_BYTES + 1];
        (void)snprintf(id, sizeof id, "c%zu", i);
        name_category(category, i % CATEGORIES);
        charge(&e, day("2024-01-10"), id, 5, day("2024-02-10"));
        e.list[i]->charge_posted->category = events_text(&e, category);
    }
    folding_open(&f, &aging_projection);
    folding_take(&f, e.list, e.count, 50, true);
    struct category_check check = {.f = &f, .txn = folding_read(&f)};
    struct aging_question question = {0, day("2024-03-01"), UINT64_MAX, false, NULL};
    FOLDING_OK(&f, aging_ask_items(check.txn, &question, check_category, &check, &f.error));
    assert_int_equal(check.count, e.count);
    store_abort(check.txn);
    folding_close(&f);
    events_release(&e);
}

/* One payment against very many charges: its entries leave the row for chunks. */
static void a_payment_may_have_thousands_of_allocations(void **state) {
    (void)state;
    enum { COUNT = 3000 };
    struct events e;
    struct folding f;
    events_init(&e);
    char id[16];
    payment(&e, 100, "big", COUNT * 10 + 5, false);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof id, "c%d", i);
        charge(&e, 100, id, 10, 130);
        allocated(&e, 101 + i, PAYMENT, "big", CHARGE, id, 0, 10);
    }
    folding_open(&f, &aging_projection);
    folding_take(&f, e.list, e.count, 500, true);
    struct aging_policy policy = default_policy();
    for (int i = 0; i <= COUNT; i += 250) {
        struct aging_sums sums = ages(&f, "alice", 100 + i, UINT64_MAX, &policy);
        assert_int_equal(sums.unapplied_minor, -(COUNT * 10 + 5 - 10 * i));
        assert_int_equal(sums.total_minor, -5);
        sums = ages(&f, "alice", 100 + COUNT, (uint64_t)(1 + 2 * i), &policy);
        assert_int_equal(sums.unapplied_minor, -(COUNT * 10 + 5 - 10 * i));
    }
    folding_close(&f);
    events_release(&e);
}

/* More items than one run of names holds, found again when none is in memory. */
static void items_are_found_by_name_however_many_there_are(void **state) {
    (void)state;
    enum { COUNT = 16500, FLUSHED = 16300 };
    struct events e;
    struct folding f;
    char id[24];
    events_init(&e);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof id, "payment-%d", i);
        payment(&e, 100, id, 10, false);
    }
    for (int i = 0; i < COUNT; i += 37) {
        (void)snprintf(id, sizeof id, "payment-%d", i);
        refunded(&e, 101, PAYMENT, id, 4);
    }
    size_t refunds = e.count - COUNT;
    folding_open(&f, &aging_projection);
    folding_take(&f, e.list, FLUSHED, 4000, true);
    /* The rest of the items and some refunds of early ones in one batch: a run is complete, and not written yet. */
    folding_take(&f, e.list + FLUSHED, COUNT - FLUSHED + 100, 1000, true);
    folding_take(&f, e.list + COUNT + 100, refunds - 100, 1000, true);
    struct aging_policy policy = default_policy();
    assert_int_equal(ages(&f, "alice", 101, UINT64_MAX, &policy).unapplied_minor, -(COUNT * 10 - 4 * (int)refunds));
    assert_int_equal(ages(&f, "alice", 100, UINT64_MAX, &policy).unapplied_minor, -COUNT * 10);
    folding_begin(&f);
    refunded(&e, 102, PAYMENT, "payment-16500", 1);
    assert_int_equal(folding_try(&f, e.list[e.count - 1]), DAYBOOK_INVALID);
    folding_commit(&f);
    folding_close(&f);
    events_release(&e);
}

static void what_an_account_does_not_have_stops_the_view(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    payment(&e, 100, "p", 100, false);
    allocated(&e, 100, PAYMENT, "p", CHARGE, "ghost", 0, 10);
    payment(&e, 100, "p", 100, false);
    event_on(&e, 100, PB__EVENT__BODY__NOT_SET);
    folding_open(&f, &aging_projection);
    folding_begin(&f);
    FOLDING_OK(&f, folding_try(&f, e.list[0]));
    for (size_t i = 1; i < e.count; i++) {
        assert_int_equal(folding_try(&f, e.list[i]), DAYBOOK_INVALID);
        char name[32];
        (void)snprintf(name, sizeof name, "event %zu", i + 1);
        assert_non_null(strstr(f.error.message, name));
    }
    folding_commit(&f);
    struct aging_policy policy = default_policy();
    assert_int_equal(ages(&f, "alice", 100, UINT64_MAX, &policy).total_minor, -100);
    folding_close(&f);
    events_release(&e);
}

/* ---- random histories against aging_model.h ---- */

/* What is left of the account's items; false where something is below zero, which no ledger has. */
static bool add_up_left(const struct model *model, uint32_t account, int32_t as_of, uint64_t known_at,
                        struct aging_left *left) {
    *left = (struct aging_left){0};
    for (size_t i = 0; i < model->item_count; i++) {
        if (model->items[i].account == account) {
            int64_t level = model_level(model, i, as_of, known_at);
            if (level < 0) {
                return false;
            }
            *(model->items[i].is_source ? &left->unapplied_minor : &left->open_minor) += level;
        }
    }
    return true;
}

struct seen {
    const struct model *model;
    bool *visited;
    int32_t as_of;
    uint64_t known_at;
    uint64_t seed;
};

static enum daybook_status check_item(void *context, const struct aging_item *item, struct daybook_error *error) {
    (void)error;
    struct seen *seen = context;
    char id[80];
    (void)snprintf(id, sizeof id, "%.*s", (int)item->id_size, item->id);
    size_t index = model_find(seen->model, item->sequence);
    assert_string_equal(seen->model->items[index].id, id);
    assert_false(seen->visited[index]);
    seen->visited[index] = true;
    int64_t expected = model_level(seen->model, index, seen->as_of, seen->known_at);
    if (expected != item->open_minor) {
        fail_msg("seed %llu: %s at (%d, %llu) has %lld left, expected %lld", (unsigned long long)seen->seed, id,
                 seen->as_of, (unsigned long long)seen->known_at, (long long)item->open_minor, (long long)expected);
    }
    return DAYBOOK_OK;
}

static void compare_with_model(struct folding *f, const struct model *model, struct chance *chance, uint64_t seed) {
    struct store_txn *txn = folding_read(f);
    struct aging_policy policy = default_policy();
    for (int i = 0; i < 100; i++) {
        const struct model_change *near = &model->changes[chance_next(chance) % model->change_count];
        int32_t as_of = near->effective_on + (int32_t)chance_between(chance, -1, 1);
        uint64_t known_at = chance_next(chance) % 3 == 0 ? UINT64_MAX : chance_next(chance) % (model->sequence + 2);
        for (uint32_t account = 0; account < MODEL_ACCOUNTS; account++) {
            struct seen seen = {model, calloc(model->item_count, 1), as_of, known_at, seed};
            struct aging_left left;
            bool has_left = i % 2 == 0 && add_up_left(model, account, as_of, known_at, &left);
            struct aging_question question = {account, as_of, known_at, i % 4 == 1, has_left ? &left : NULL};
            FOLDING_OK(f, aging_ask_items(txn, &question, check_item, &seen, &f->error));
            int64_t total = 0;
            for (size_t j = 0; j < model->item_count; j++) {
                int64_t level = model_level(model, j, as_of, known_at);
                if (model->items[j].account != account) {
                    continue;
                }
                total += model->items[j].is_source ? -level : level;
                if (level != 0 && !seen.visited[j]) {
                    fail_msg("seed %llu: %s at (%d, %llu) has %lld left and was not found", (unsigned long long)seed,
                             model->items[j].id, as_of, (unsigned long long)known_at, (long long)level);
                }
            }
            free(seen.visited);
            struct aging_sums sums;
            policy.unapplied = (enum aging_unapplied)(i % 3);
            question.includes_closed = false;
            FOLDING_OK(f, aging_ask(txn, &question, &policy, &sums, &f->error));
            assert_int_equal(sums.total_minor, total);
        }
    }
    store_abort(txn);
}

static void items_agree_with_a_plain_loop(void **state) {
    (void)state;
    uint64_t seed = chance_seed(20240331);
    print_message("seed %llu\n", (unsigned long long)seed);
    struct chance chance = {seed};
    for (int round = 0; round < 6; round++) {
        struct events e;
        struct model model;
        struct folding f;
        events_init(&e);
        model_make(&model, &e, &chance, 1500, round % 3);
        folding_open(&f, &aging_projection);
        size_t half = e.count / 2; /* In two steps, so that rows are read back and moved. */
        folding_take(&f, e.list, half, 1 + (size_t)chance_between(&chance, 0, 300), round % 2 == 0);
        folding_take(&f, e.list + half, e.count - half, 50, round % 2 == 1);
        compare_with_model(&f, &model, &chance, seed);
        folding_close(&f);
        model_release(&model);
        events_release(&e);
    }
}

/* P1 */
static void rows_do_not_depend_on_batches(void **state) {
    (void)state;
    struct chance chance = {chance_seed(11)};
    struct events e;
    struct model model;
    struct daybook_buffer rows[2];
    events_init(&e);
    model_make(&model, &e, &chance, 2000, 2);
    for (int i = 0; i < 2; i++) {
        struct folding f;
        folding_open(&f, &aging_projection);
        folding_take(&f, e.list, e.count, i == 0 ? 3 : 10000, i == 0);
        rows[i] = folding_rows(&f, AGING_TABLE_COUNT);
        folding_close(&f);
    }
    assert_true(rows[0].size > 2000);
    assert_int_equal(rows[0].size, rows[1].size);
    assert_memory_equal(rows[0].data, rows[1].data, rows[0].size);
    daybook_buffer_release(&rows[0]);
    daybook_buffer_release(&rows[1]);
    model_release(&model);
    events_release(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ag1_ages_by_due_date),
        cmocka_unit_test(as1_at_both_coordinates),
        cmocka_unit_test(instalments_age_by_their_own_dates),
        cmocka_unit_test(closed_items_tell_when_they_were_settled),
        cmocka_unit_test(categories_come_back_however_many_there_are),
        cmocka_unit_test(a_payment_may_have_thousands_of_allocations),
        cmocka_unit_test(items_are_found_by_name_however_many_there_are),
        cmocka_unit_test(what_an_account_does_not_have_stops_the_view),
        cmocka_unit_test(items_agree_with_a_plain_loop),
        cmocka_unit_test(rows_do_not_depend_on_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
