/* The rows of links: where runs end, answers against a walk of the events, damage, and names that agree. */
#include "projections/links_case.h"

#include "projections/links_rows.h"
#include "projections/tie.h"

/* ---- runs ---- */

static void the_fewest_runs(void **state) {
    (void)state;
    static const struct {
        uint64_t head;
        uint64_t ends[12];
    } rows[] = {
        {1, {1}},
        {255, {255}},
        {256, {256}},
        {257, {256, 257}},
        {2047, {256, 512, 768, 1024, 1280, 1536, 1792, 2047}},
        {2048, {2048}},
        {2049, {2048, 2049}},
        {16384 + 2048 + 300, {16384, 18432, 18688, 18732}},
        {131072, {131072}},
        {(1 << 20) - 1, {131072, 262144, 393216, 524288, 655360, 786432, 917504, 933888}},
        {1 << 20, {1 << 20}},
        {8 << 20, {1 << 20, 2 << 20, 3 << 20, 4 << 20, 5 << 20, 6 << 20, 7 << 20, 8 << 20}},
        {(1 << 20) + 1, {1 << 20, (1 << 20) + 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t before = 0;
        for (size_t run = 0; run < 12 && rows[i].ends[run] != 0; run++) {
            before = links_run_end(before, rows[i].head);
            if (before != rows[i].ends[run]) {
                fail_msg("of %llu events, run %zu ends at %llu", (unsigned long long)rows[i].head, run,
                         (unsigned long long)before);
            }
        }
    }
}

/* ---- a walk of the events ---- */

enum { STEPS = 20000, DOCUMENTS = 900, CUSTOMERS = 7 };

static void make_id(char id[16], const char *prefix, int64_t number) {
    (void)snprintf(id, 16, "%s%lld", prefix, (long long)number);
}

/* One document that is used all the time, and many that are used now and then; some before they are made. */
static void make_events(struct events *e, struct chance *chance) {
    while (e->count < STEPS) {
        static const char *const customers[CUSTOMERS] = {"ann", "bob", "cy", "dee", "eve", "fay", "gus"};
        char one[16];
        char other[16];
        int32_t on = 1000 + (int32_t)(e->count / 40) - (int32_t)(chance_between(chance, 0, 9) == 0 ? 500 : 0);
        int64_t amount =
            chance_between(chance, -1, 6) * chance_between(chance, 1, INT64_C(1) << chance_between(chance, 0, 40));
        e->customer = customers[chance_between(chance, 0, CUSTOMERS - 1)];
        make_id(one, "d", chance_between(chance, 0, 2) == 0 ? 1 : chance_between(chance, 0, DOCUMENTS));
        make_id(other, "d", chance_between(chance, 0, DOCUMENTS));
        switch (chance_between(chance, 0, 6)) {
        case 0:
            charge(e, on, one, 5, on);
            break;
        case 1:
            payment(e, on, other, 5, true);
            break;
        case 2:
            settled(e, on, one, 5);
            break;
        case 3:
            consumed(e, on, one, other, amount);
            break;
        case 4:
            charge_reversed(e, on, other, amount);
            break;
        case 5:
            adjusted(e, on, other, PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE, amount, one);
            break;
        default:
            allocated(e, on, PAYMENT, other, CHARGE, one, 0, amount);
            break;
        }
    }
}

static bool is_side(const struct tie_side *side, Pb__DocumentKind kind, const char *id) {
    return side->kind == kind && strcmp(side->id, id) == 0;
}

static void expect_event(struct links_expected *expected, const struct links_question *question, const Pb__Event *event,
                         Pb__DocumentKind kind, const char *id) {
    struct tie_side maker = tie_made(event);
    if (is_side(&maker, kind, id)) {
        links_expect_sequence(&expected->made, event->sequence);
    }
    for (size_t i = 0; i < tie_count(event) && event->effective_on <= question->as_of; i++) {
        struct tie tie = tie_at(event, i);
        const bool is_from = is_side(&tie.from, kind, id);
        if (is_from || is_side(&tie.to, kind, id)) {
            links_expect(expected, question, event->sequence, is_from ? tie.to.kind : tie.from.kind,
                         is_from ? tie.from.amount_minor : tie.to.amount_minor);
            expected->totals.has_settled = expected->totals.has_settled || tie.settles;
        }
    }
}

static void check_question(struct folding *f, struct store_txn *txn, const struct events *e, struct chance *chance) {
    static const Pb__DocumentKind kinds[] = {LOT, CHARGE, PAYMENT, ADJUSTMENT};
    const char *customer = e->list[chance_between(chance, 0, STEPS - 1)]->customer;
    Pb__DocumentKind kind = kinds[chance_between(chance, 0, 3)];
    char id[16];
    struct links_expected expected = {0};
    make_id(id, "d", chance_between(chance, 0, 1) == 0 ? 1 : chance_between(chance, 0, DOCUMENTS + 9));
    const struct links_question question = {
        .name = links_name(customer, kind, id),
        .as_of = (int32_t)chance_between(chance, 400, 1600),
        .known_at = (uint64_t)chance_between(chance, 0, STEPS + 9),
        .from = (uint64_t)chance_between(chance, 0, STEPS),
        .limit = (size_t)chance_between(chance, 0, 1) == 0 ? SIZE_MAX : (size_t)chance_between(chance, 0, 20),
    };
    for (size_t i = 0; i < e->count && e->list[i]->sequence <= question.known_at; i++) {
        if (strcmp(e->list[i]->customer, customer) == 0) {
            expect_event(&expected, &question, e->list[i], kind, id);
        }
    }
    links_assert(f, txn, &question, &expected);
}

/* In batches of sizes as they come, with and without the fold's memory. */
static void fold_by_chance(struct folding *f, const struct events *e, struct chance *chance) {
    size_t i = 0;
    while (i < e->count) {
        size_t batch = (size_t)chance_between(chance, 1, chance_between(chance, 0, 3) == 0 ? 5000 : 300);
        batch = batch < e->count - i ? batch : e->count - i;
        folding_take(f, e->list + i, batch, batch, chance_between(chance, 0, 1) == 0);
        i += batch;
    }
}

static void answers_are_those_of_a_walk_of_the_events(void **state) {
    (void)state;
    struct chance chance = {chance_seed(44)};
    print_message("seed %llu\n", (unsigned long long)chance.state);
    struct events e;
    struct folding whole;
    struct folding pieces;
    events_init(&e);
    make_events(&e, &chance);
    folding_open(&whole, &links_projection);
    folding_open(&pieces, &links_projection);
    folding_take(&whole, e.list, e.count, e.count, false);
    fold_by_chance(&pieces, &e, &chance);
    folding_assert_same(&whole, &pieces);
    struct store_txn *txn = folding_read(&pieces);
    for (int i = 0; i < 500; i++) {
        check_question(&pieces, txn, &e, &chance);
    }
    store_abort(txn);
    folding_close(&whole);
    folding_close(&pieces);
    events_release(&e);
}

/* ---- damage ---- */

/* Flips one bit of the first row's value, or moves the row to another name. */
static void damage(struct folding *f, bool moves) {
    struct table_cursor *cursor = NULL;
    struct table_row row;
    uint8_t key[LINKS_KEY_SIZE];
    uint8_t value[LINKS_ROW_MAX];
    bool was_found = false;
    folding_begin(f);
    FOLDING_OK(f, cursor_open(f->txn, LINKS_ROWS, &cursor, &f->error));
    FOLDING_OK(f, cursor_seek(cursor, (struct daybook_bytes){0}, &row, &f->error));
    assert_true(row.is_valid);
    size_t size = row.value.size;
    memcpy(key, row.key.data, sizeof key);
    memcpy(value, row.value.data, size);
    cursor_close(cursor);
    FOLDING_OK(f, table_delete(f->txn, LINKS_ROWS, (struct daybook_bytes){key, sizeof key}, &was_found, &f->error));
    if (moves) {
        links_make_key(links_key_run(key), links_key_name(key) + 1, 0, key);
    } else {
        value[size / 2] ^= 4;
    }
    FOLDING_OK(f, table_put(f->txn, LINKS_ROWS, (struct daybook_bytes){key, sizeof key},
                            (struct daybook_bytes){value, size}, &f->error));
    FOLDING_OK(f, store_commit(f->txn, &f->error));
}

static void damage_is_found(void **state) {
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        struct events e;
        struct folding f;
        struct links_found found = {0};
        struct links_question question = {
            .name = links_name("alice", CHARGE, "c"), .as_of = 2000, .known_at = UINT64_MAX};
        events_init(&e);
        charge(&e, 1000, "c", 5, 1000);
        allocated(&e, 1000, PAYMENT, "p", CHARGE, "c", 0, 5);
        charge_reversed(&e, 1000, "c", 5);
        folding_open(&f, &links_projection);
        folding_take(&f, e.list, 2, 2, true);
        damage(&f, moves == 1);
        /* Asked, and read back by the fold. */
        struct store_txn *txn = folding_read(&f);
        assert_int_equal(links_ask(txn, &question, &found, &f.error), DAYBOOK_DAMAGED);
        store_abort(txn);
        folding_begin(&f);
        FOLDING_OK(&f, folding_try(&f, e.list[2]));
        assert_int_equal(links_projection.flush(f.memory, f.txn, &f.error), DAYBOOK_DAMAGED);
        store_abort(f.txn);
        links_found_release(&found);
        folding_close(&f);
        events_release(&e);
    }
}

/* ---- names that agree ---- */

/* Found by drawing four million ids: these agree in 40 bits. */
static const char *const twins[] = {"INV-1141453", "INV-1704540"};

static void pay_twin(struct asking *a, const char *on, const char *charge_id, const char *payment_id, int64_t amount) {
    Pb__AllocationPlan plan = PB__ALLOCATION_PLAN__INIT;
    plan.target = (char *)(uintptr_t)charge_id;
    plan.amount_minor = amount;
    submit_payment(a, on, on, payment_id, amount, &plan);
}

static Pb__LineageAnswer *ask_twin(struct asking *a, int twin, Pb__Page *page) {
    return ask_lineage(a, "2024-12-31", "", CHARGE, twins[twin], page);
}

static void documents_whose_names_agree_are_told_apart(void **state) {
    (void)state;
    struct asking a;
    assert_int_equal(links_name("ann", CHARGE, twins[0]), links_name("ann", CHARGE, twins[1]));
    submitting_open(&a);
    submit_customer(&a, "2024-05-01");
    submit_charge(&a, "2024-05-01", "2024-05-01", twins[0], 100, "goods");
    pay_twin(&a, "2024-05-02", twins[0], "P-1", 30);
    ASK_IN_VAIN(&a, LINEAGE, lineage, LineageQuery, lineage_query__init, "no such document", {
        q_->customer = "ann";
        q_->kind = CHARGE;
        q_->document = (char *)(uintptr_t)twins[1];
    });
    submit_charge(&a, "2024-05-03", "2024-05-03", twins[1], 1000, "goods");
    pay_twin(&a, "2024-05-04", twins[1], "P-2", 400);
    pay_twin(&a, "2024-05-05", twins[0], "P-3", 50);
    pay_twin(&a, "2024-05-06", twins[1], "P-4", 600);
    static const struct {
        int64_t amount;
        int64_t left;
        const char *payments[2];
    } expected[] = {{100, 20, {"P-1", "P-3"}}, {1000, 0, {"P-2", "P-4"}}};
    for (int twin = 0; twin < 2; twin++) {
        const Pb__LineageAnswer *answer = ask_twin(&a, twin, NULL);
        assert_int_equal(answer->amount_minor, expected[twin].amount);
        assert_int_equal(answer->left_minor, expected[twin].left);
        assert_int_equal(answer->n_totals, 1);
        assert_int_equal(answer->totals[0]->amount_minor, expected[twin].amount - expected[twin].left);
        assert_int_equal(answer->n_rows, 2);
        assert_string_equal(answer->rows[0]->other, expected[twin].payments[0]);
        assert_string_equal(answer->rows[1]->other, expected[twin].payments[1]);
        answer = ask_twin(&a, twin, page(&a, 1, ""));
        assert_int_equal(answer->n_rows, 1);
        assert_string_equal(answer->rows[0]->other, expected[twin].payments[0]);
        answer = ask_twin(&a, twin, page(&a, 1, answer->next_cursor));
        assert_int_equal(answer->n_rows, 1);
        assert_string_equal(answer->rows[0]->other, expected[twin].payments[1]);
        assert_string_equal(answer->next_cursor, "");
    }
    asking_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fewest_runs),
        cmocka_unit_test(answers_are_those_of_a_walk_of_the_events),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(documents_whose_names_agree_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
