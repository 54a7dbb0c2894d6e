/* Lineage both ways: the rows against plain lists, and the answers of a ledger. */
#include "projections/links_case.h"

enum { ACCOUNTS = 3, STEPS = 5000, DOCUMENTS = 600, LINKS = 20000 };
static const char *const customers[ACCOUNTS] = {"alice", "bob", "carol"};
static const Pb__DocumentKind kinds[] = {LOT, CHARGE, PAYMENT, ADJUSTMENT};

/* ---- the plain model: one list of links, added up again for each question ---- */

struct model_document {
    size_t account;
    Pb__DocumentKind kind;
    char id[32];
    uint64_t sequence;
};

struct model_link {
    size_t document;
    Pb__DocumentKind other;
    int64_t amount;
    uint64_t sequence;
    int32_t on;
    bool settles;
};

struct model {
    struct model_document documents[DOCUMENTS];
    size_t document_count;
    struct model_link links[LINKS];
    size_t link_count;
};

static void make_document(struct model *m, struct events *e, struct chance *chance, size_t account,
                          Pb__DocumentKind kind, int32_t on) {
    struct model_document *made = &m->documents[m->document_count++];
    made->account = account;
    made->kind = kind;
    /* Kinds share ids; a customer's currencies do not. */
    (void)snprintf(made->id, sizeof made->id, "d%zu", m->document_count / 4 * 4);
    e->currency = chance_between(chance, 0, 1) == 0 ? "EUR" : "USD";
    if (kind == LOT) {
        deposit(e, on, made->id, 500, PB__FUNDING__FUNDING_PAID, on);
    } else if (kind == CHARGE) {
        charge(e, on, made->id, 500, on);
    } else if (kind == PAYMENT) {
        payment(e, on, made->id, 500, false);
    } else {
        adjusted(e, on, made->id, PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE, 500, NULL);
    }
    made->sequence = e->count;
}

static size_t pick(const struct model *m, struct chance *chance, size_t account, Pb__DocumentKind kind) {
    for (;;) {
        size_t i = (size_t)chance_between(chance, 0, (int64_t)m->document_count - 1);
        if (m->documents[i].account == account && m->documents[i].kind == kind) {
            return i;
        }
    }
}

static void note(struct model *m, const struct events *e, size_t document, Pb__DocumentKind other, int64_t amount) {
    assert_true(m->link_count < LINKS);
    const Pb__Event *event = e->list[e->count - 1];
    const bool settles = event->body_case == PB__EVENT__BODY_PAYMENT_SETTLED;
    m->links[m->link_count++] =
        (struct model_link){document, other, amount, event->sequence, event->effective_on, settles};
}

/* Two slices, perhaps of one lot. */
static void use_lots(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on, bool takes) {
    size_t target = pick(m, chance, account, CHARGE);
    size_t lots[2] = {pick(m, chance, account, LOT), pick(m, chance, account, LOT)};
    int64_t amounts[2] = {chance_between(chance, 1, 50), chance_between(chance, 1, 50)};
    Pb__LotSlice **slices = events_alloc(e, 2 * sizeof *slices);
    for (int i = 0; i < 2; i++) {
        slices[i] = one_slice(e, m->documents[lots[i]].id, amounts[i])[0];
    }
    if (takes) {
        consumed(e, on, m->documents[target].id, "x", 1);
        e->list[e->count - 1]->deposit_consumed->n_slices = 2;
        e->list[e->count - 1]->deposit_consumed->slices = slices;
    } else {
        restored(e, on, m->documents[target].id, "x", 1);
        e->list[e->count - 1]->deposit_restored->n_slices = 2;
        e->list[e->count - 1]->deposit_restored->slices = slices;
    }
    for (int i = 0; i < 2; i++) {
        int64_t amount = takes ? amounts[i] : -amounts[i];
        note(m, e, lots[i], CHARGE, amount);
        note(m, e, target, LOT, amount);
    }
}

static void allocate(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on, bool takes) {
    Pb__DocumentKind kind = chance_between(chance, 0, 1) == 0 ? PAYMENT : ADJUSTMENT;
    size_t source = pick(m, chance, account, kind);
    size_t target = pick(m, chance, account, CHARGE);
    int64_t amount = chance_between(chance, 1, 50);
    const char *from = m->documents[source].id;
    const char *to = m->documents[target].id;
    if (takes) {
        allocated(e, on, kind, from, CHARGE, to, 0, amount);
    } else {
        unallocated(e, on, kind, from, CHARGE, to, amount, 1);
        amount = -amount;
    }
    note(m, e, source, CHARGE, amount);
    note(m, e, target, kind, amount);
}

static void adjust(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on) {
    if (m->document_count == DOCUMENTS) {
        return;
    }
    bool is_debit = chance_between(chance, 0, 1) == 0;
    size_t target = pick(m, chance, account, CHARGE);
    struct model_document *made = &m->documents[m->document_count];
    *made = (struct model_document){.account = account, .kind = ADJUSTMENT, .sequence = e->count + 1};
    (void)snprintf(made->id, sizeof made->id, "a%zu", m->document_count);
    adjusted(e, on, made->id,
             is_debit ? PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE
                      : PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF,
             7, m->documents[target].id);
    note(m, e, m->document_count++, CHARGE, 7);
    note(m, e, target, ADJUSTMENT, is_debit ? -7 : 7);
}

static void happen_alone(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on) {
    size_t document;
    switch (chance_between(chance, 0, 3)) {
    case 0:
        document = pick(m, chance, account, PAYMENT);
        payment_reversed(e, on, m->documents[document].id, 9, false);
        note(m, e, document, 0, 9);
        break;
    case 1:
        document = pick(m, chance, account, CHARGE);
        charge_reversed(e, on, m->documents[document].id, 8);
        note(m, e, document, 0, 8);
        break;
    case 2:
        document = pick(m, chance, account, PAYMENT);
        settled(e, on, m->documents[document].id, 5);
        note(m, e, document, 0, 0);
        break;
    default:
        document = pick(m, chance, account, LOT);
        refunded(e, on, LOT, m->documents[document].id, 6);
        note(m, e, document, PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND, 6);
        break;
    }
}

static void make_history(struct model *m, struct events *e, struct chance *chance) {
    for (int step = 0; step < STEPS; step++) {
        size_t account = step < 4 * ACCOUNTS ? (size_t)step / 4 : (size_t)chance_between(chance, 0, ACCOUNTS - 1);
        int32_t on =
            1000 + step / 20 + (int32_t)(chance_between(chance, 0, 3) == 0 ? chance_between(chance, -40, 20) : 0);
        int64_t dice = chance_between(chance, 0, 99);
        e->customer = customers[account];
        if (step < 4 * ACCOUNTS || (dice < 8 && m->document_count + 4 < DOCUMENTS)) {
            make_document(m, e, chance, account, kinds[m->document_count % 4], on);
        } else if (dice < 45) {
            use_lots(m, e, chance, account, on, dice % 3 > 0);
        } else if (dice < 80) {
            allocate(m, e, chance, account, on, dice % 3 > 0);
        } else if (dice < 85) {
            adjust(m, e, chance, account, on);
        } else {
            happen_alone(m, e, chance, account, on);
        }
    }
}

/* ---- the model against the view ---- */

static void check_document(struct folding *f, struct store_txn *txn, const struct model *m, size_t index, int32_t as_of,
                           uint64_t known_at, uint64_t from) {
    const struct model_document *document = &m->documents[index];
    const struct links_question question = {
        .name = links_name(customers[document->account], document->kind, document->id),
        .as_of = as_of,
        .known_at = known_at,
        .from = from,
        .limit = LINKS,
    };
    struct links_expected expected = {0};
    if (document->sequence <= known_at) {
        links_expect_sequence(&expected.made, document->sequence);
    }
    for (size_t i = 0; i < m->link_count; i++) {
        const struct model_link *link = &m->links[i];
        if (link->document == index && link->sequence <= known_at && link->on <= as_of) {
            links_expect(&expected, &question, link->sequence, link->other, link->amount);
            expected.totals.has_settled = expected.totals.has_settled || link->settles;
        }
    }
    links_assert(f, txn, &question, &expected);
}

static void links_against_plain_lists(void **state) {
    (void)state;
    struct chance chance = {chance_seed(43)};
    print_message("seed %llu\n", (unsigned long long)chance.state);
    struct model *m = calloc(1, sizeof *m);
    struct events e;
    struct folding whole;
    struct folding pieces;
    events_init(&e);
    make_history(m, &e, &chance);
    folding_open_both(&whole, &pieces, &links_projection, e.list, e.count);
    struct store_txn *txn = folding_read(&whole);
    for (int i = 0; i < 400; i++) {
        size_t document = (size_t)chance_between(&chance, 0, (int64_t)m->document_count - 1);
        uint64_t known_at = (uint64_t)chance_between(&chance, 0, (int64_t)e.count);
        check_document(&whole, txn, m, document, (int32_t)chance_between(&chance, 950, 1350), known_at,
                       (uint64_t)chance_between(&chance, 0, (int64_t)e.count));
        check_document(&whole, txn, m, document, 5000, UINT64_MAX, 0);
    }
    store_abort(txn);
    folding_close(&whole);
    folding_close(&pieces);
    events_release(&e);
    free(m);
}

/* Amounts of one event that add up to no number are refused, and nothing of the event is left. */
static void an_event_that_overflows_changes_nothing(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    struct folding one;
    events_init(&e);
    charge(&e, 1000, "c", 5, 1000);    /* 1 */
    consumed(&e, 1000, "c", "lot", 5); /* 2: twice the greatest amount */
    consumed(&e, 1000, "c", "lot", 5); /* 3: it takes the place of 2 */
    Pb__LotSlice **slices = events_alloc(&e, 2 * sizeof *slices);
    slices[0] = slices[1] = one_slice(&e, "lot", INT64_MAX)[0];
    e.list[1]->deposit_consumed->n_slices = 2;
    e.list[1]->deposit_consumed->slices = slices;
    e.list[2]->sequence = 2;
    folding_open(&f, &links_projection);
    folding_begin(&f);
    FOLDING_OK(&f, folding_try(&f, e.list[0]));
    assert_int_equal(folding_try(&f, e.list[1]), DAYBOOK_INVALID);
    FOLDING_OK(&f, folding_try(&f, e.list[2]));
    folding_commit(&f);
    e.list[1] = e.list[2];
    folding_open(&one, &links_projection);
    folding_take(&one, e.list, 2, 1, false);
    folding_assert_same(&f, &one);
    folding_close(&one);
    folding_close(&f);
    events_release(&e);
}

/* ---- asked of a ledger ---- */

static Pb__LineageAnswer *lineage(struct asking *a, const char *as_of, const char *known_at, Pb__DocumentKind kind,
                                  const char *document) {
    return ask_lineage(a, as_of, known_at, kind, document, NULL);
}

/* "100 A 06-01, ...": each row's amount, the other document (or the event), and its day. */
static void expect_lineage(const Pb__LineageAnswer *answer, int64_t amount, int64_t left, const char *expected) {
    char text[512] = "";
    for (size_t i = 0; i < answer->n_rows; i++) {
        const Pb__LineageRow *row = answer->rows[i];
        size_t size = strlen(text);
        (void)snprintf(text + size, sizeof text - size, "%s%lld %s %s", i == 0 ? "" : ", ",
                       (long long)row->amount_minor, row->other[0] == '\0' ? row->event : row->other,
                       row->effective_on + 5);
    }
    assert_string_equal(text, expected);
    assert_int_equal(answer->amount_minor, amount);
    assert_int_equal(answer->left_minor, left);
}

/* A correction counts for the charge's own date. */
static void reverse_goods(struct asking *a, const char *recorded, Pb__Reading reading) {
    const char *on = reading == PB__READING__READING_CORRECTION ? "" : recorded;
    SUBMIT(a, recorded, on, REVERSE_CHARGE, reverse_charge, ReverseCharge, reverse_charge__init, {
        c_->charge = "goods-1";
        c_->amount_minor = 50;
        c_->reading = reading;
        c_->reason = "returned";
    });
}

static void open_lot1(struct asking *a) {
    static const struct lot_plan plans[] = {
        {"A", 100, true, 1, "2024-06-30", NULL},
        {"B", 200, false, 1, "2024-06-30", NULL},
        {"C", 300, false, 1, "", NULL},
        {"D", 50, false, 0, "2024-12-31", "meals"},
    };
    submitting_open(a);
    submit_customer(a, "2024-05-01");
    for (size_t i = 0; i < 4; i++) {
        submit_lot(a, "2024-05-01", &plans[i]);
    }
    submit_charge(a, "2024-06-01", "2024-06-01", "goods-1", 180, "goods");
    submit_charge(a, "2024-06-02", "2024-06-02", "meals-1", 60, "meals");
}

static void lot1_both_ways(void **state) {
    (void)state;
    struct asking a;
    open_lot1(&a);
    submit_expiry(&a, "2024-06-30");
    reverse_goods(&a, "2024-07-05", PB__READING__READING_REVERSAL);
    expect_lineage(lineage(&a, "2024-06-29", "", CHARGE, "goods-1"), 180, 0, "100 A 06-01, 80 B 06-01");
    Pb__LineageAnswer *goods = lineage(&a, "2024-07-05", "", CHARGE, "goods-1");
    expect_lineage(goods, 180, 0, "100 A 06-01, 80 B 06-01, -50 B 07-05, 50 charge_reversed 07-05");
    assert_int_equal(goods->n_totals, 2);
    assert_int_equal(goods->totals[0]->other_kind, 0);
    assert_int_equal(goods->totals[0]->amount_minor, 50);
    assert_int_equal(goods->totals[1]->other_kind, LOT);
    assert_int_equal(goods->totals[1]->amount_minor, 130);
    expect_lineage(lineage(&a, "2024-07-05", "", CHARGE, "meals-1"), 60, 0, "50 D 06-02, 10 B 06-02");
    expect_lineage(lineage(&a, "2024-07-05", "", LOT, "A"), 100, 0, "100 goods-1 06-01");
    expect_lineage(lineage(&a, "2024-07-05", "", LOT, "B"), 200, 0,
                   "80 goods-1 06-01, 10 meals-1 06-02, 110 lot_expired 06-30, -50 goods-1 07-05, "
                   "50 lot_expired 07-05");
    expect_lineage(lineage(&a, "2024-06-02", "", LOT, "B"), 200, 110, "80 goods-1 06-01, 10 meals-1 06-02");
    expect_lineage(lineage(&a, "2024-07-05", "", LOT, "C"), 300, 300, "");
    expect_lineage(lineage(&a, "2024-12-31", "2024-06-01T23:00:00Z", LOT, "B"), 200, 120, "80 goods-1 06-01");
    asking_close(&a);
}

static void b1_and_credits_both_ways(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-05-01");
    submit_charge(&a, "2024-05-01", "2024-05-01", "X", 100, "goods");
    submit_charge(&a, "2024-05-01", "2024-05-01", "Y", 100, "goods");
    Pb__AllocationPlan plan = PB__ALLOCATION_PLAN__INIT;
    Pb__AllocationPlan *plans[] = {&plan};
    plan.target = "X";
    plan.allocation = "alloc-1";
    submit_payment(&a, "2024-05-01", "2024-05-01", "P", 100, &plan);
    SUBMIT(&a, "2024-05-20", "2024-05-20", UNALLOCATE, unallocate, Unallocate, unallocate__init,
           c_->allocation = "alloc-1");
    plan.target = "Y";
    plan.allocation = "";
    SUBMIT(&a, "2024-05-21", "2024-05-20", ALLOCATE, allocate, Allocate, allocate__init, {
        c_->source = "P";
        c_->n_allocations = 1;
        c_->allocations = plans;
    });
    SUBMIT(&a, "2024-05-22", "2024-05-22", POST_ADJUSTMENT, post_adjustment, PostAdjustment, post_adjustment__init, {
        c_->adjustment = "note";
        c_->kind = PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE;
        c_->amount_minor = 30;
        c_->reason = "GOODWILL";
        c_->target = "X";
    });
    expect_lineage(lineage(&a, "2024-05-10", "", PAYMENT, "P"), 100, 0, "100 X 05-01");
    expect_lineage(lineage(&a, "2024-05-22", "", PAYMENT, "P"), 100, 0, "100 X 05-01, -100 X 05-20, 100 Y 05-20");
    Pb__LineageAnswer *x = lineage(&a, "2024-05-22", "", CHARGE, "X");
    expect_lineage(x, 100, 70, "100 P 05-01, -100 P 05-20, 30 note 05-22");
    assert_string_equal(x->rows[0]->through, "alloc-1");
    assert_string_equal(x->rows[0]->event, "allocated");
    assert_string_equal(x->currency, "EUR");
    expect_lineage(lineage(&a, "2024-05-22", "", CHARGE, "Y"), 100, 0, "100 P 05-20");
    expect_lineage(lineage(&a, "2024-05-22", "", ADJUSTMENT, "note"), 30, 0, "30 X 05-22");
    asking_close(&a);
}

static void a_pending_payment_counts_once_settled(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-05-01");
    SUBMIT(&a, "2024-05-01", "2024-05-01", RECEIVE_PAYMENT, receive_payment, ReceivePayment, receive_payment__init, {
        c_->payment = "P";
        c_->amount_minor = 100;
        c_->status = PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING;
    });
    SUBMIT(&a, "2024-05-03", "2024-05-03", SETTLE_PAYMENT, settle_payment, SettlePayment, settle_payment__init,
           c_->payment = "P");
    expect_lineage(lineage(&a, "2024-05-02", "", PAYMENT, "P"), 100, 0, "");
    expect_lineage(lineage(&a, "2024-05-03", "", PAYMENT, "P"), 100, 100, "0 payment_settled 05-03");
    asking_close(&a);
}

static void pages_of_a_lineage(void **state) {
    (void)state;
    struct asking a;
    const char *cursor = "";
    const int64_t amounts[] = {80, 10, 110, -50, 50};
    open_lot1(&a);
    submit_expiry(&a, "2024-06-30");
    reverse_goods(&a, "2024-07-05", PB__READING__READING_REVERSAL);
    for (int i = 0; i < 5; i++) {
        Pb__LineageAnswer *answer = ask_lineage(&a, "2024-07-05", "", LOT, "B", page(&a, 1, cursor));
        assert_int_equal(answer->n_rows, 1);
        assert_int_equal(answer->rows[0]->amount_minor, amounts[i]);
        assert_int_equal(answer->left_minor, 0);
        cursor = answer->next_cursor;
    }
    assert_string_equal(cursor, "");
    /* Two slices of one event on two pages. */
    Pb__LineageAnswer *answer = ask_lineage(&a, "", "", CHARGE, "meals-1", page(&a, 1, ""));
    answer = ask_lineage(&a, "", "", CHARGE, "meals-1", page(&a, 1, answer->next_cursor));
    assert_string_equal(answer->rows[0]->other, "B");
    assert_string_equal(answer->next_cursor, "");
    asking_close(&a);
}

static void questions_that_cannot_be_asked(void **state) {
    (void)state;
    struct asking a;
    open_lot1(&a);
#define MISSING(text, ...) ASK_IN_VAIN(&a, LINEAGE, lineage, LineageQuery, lineage_query__init, text, __VA_ARGS__)
#define WRONG(text, ...)   ASK_WRONGLY(&a, LINEAGE, lineage, LineageQuery, lineage_query__init, text, __VA_ARGS__)
    WRONG("name both", { q_->customer = "ann"; });
    WRONG("have a lineage", {
        q_->customer = "ann";
        q_->document = "B";
        q_->kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD;
    });
    MISSING("no such document", {
        q_->customer = "ann";
        q_->document = "B";
        q_->kind = CHARGE;
    });
    MISSING("no such document", {
        q_->at = at(&a, "2024-05-31", "");
        q_->customer = "ann";
        q_->document = "goods-1";
        q_->kind = CHARGE;
    });
    MISSING("no such document", {
        q_->at = at(&a, "2024-12-31", "3");
        q_->customer = "ann";
        q_->document = "goods-1";
        q_->kind = CHARGE;
    });
    asking_close(&a);
}

/* ---- what is asked again ---- */

enum { QUESTIONS = 6 };

/* The answer to question `index` at (as_of, known_at), but for the head that it states. */
static struct daybook_buffer encoded_answer(struct asking *a, int index, const char *as_of, const char *known_at) {
    struct daybook_buffer encoded = {0};
    ProtobufCMessage *answer = NULL;
    switch (index) {
    case 0:
        ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer,
            q_->at = at(a, as_of, known_at));
        break;
    case 1:
        ASK(a, POSTINGS, postings, PostingsQuery, postings_query__init, answer, q_->at = at(a, as_of, known_at));
        break;
    case 2:
        ASK(a, POSTINGS, postings, PostingsQuery, postings_query__init, answer, {
            q_->at = at(a, as_of, known_at);
            q_->on = "2024-06-01";
        });
        break;
    case 3:
        ASK(a, LOTS, lots, LotsQuery, lots_query__init, answer, {
            q_->at = at(a, as_of, known_at);
            q_->expiring_through = "2024-12-31";
        });
        break;
    case 4:
        answer = &lineage(a, as_of, known_at, CHARGE, "goods-1")->base;
        break;
    default:
        answer = &lineage(a, as_of, known_at, LOT, "B")->base;
        break;
    }
    /* Every answer begins with its position. */
    (*(Pb__Position **)((char *)answer + sizeof(ProtobufCMessage)))->journal_head = 0;
    assert_int_equal(wire_encode(answer, &encoded), DAYBOOK_OK);
    return encoded;
}

/* QU1 */
static void nothing_rewrites_an_answer(void **state) {
    (void)state;
    static const char *const dates[] = {"2024-06-01", "2024-07-04", "2024-12-31"};
    struct daybook_buffer before[3][QUESTIONS];
    struct asking a;
    uint64_t head = 0;
    char known_at[24];
    open_lot1(&a);
    ASKING_OK(&a, daybook_head(a.ledger, &head, &a.error));
    (void)snprintf(known_at, sizeof known_at, "%llu", (unsigned long long)head);
    for (int date = 0; date < 3; date++) {
        for (int i = 0; i < QUESTIONS; i++) {
            before[date][i] = encoded_answer(&a, i, dates[date], known_at);
        }
    }
    submit_charge(&a, "2024-06-03", "2024-06-01", "late", 20, "goods");
    submit_expiry(&a, "2024-06-30");
    reverse_goods(&a, "2024-07-05", PB__READING__READING_CORRECTION);
    for (int date = 0; date < 3; date++) {
        for (int i = 0; i < QUESTIONS; i++) {
            struct daybook_buffer after = encoded_answer(&a, i, dates[date], known_at);
            if (!daybook_bytes_equal(daybook_buffer_view(&after), daybook_buffer_view(&before[date][i]))) {
                fail_msg("question %d as of %s", i, dates[date]);
            }
            daybook_buffer_release(&after);
            daybook_buffer_release(&before[date][i]);
        }
    }
    asking_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_against_plain_lists),
        cmocka_unit_test(an_event_that_overflows_changes_nothing),
        cmocka_unit_test(lot1_both_ways),
        cmocka_unit_test(b1_and_credits_both_ways),
        cmocka_unit_test(a_pending_payment_counts_once_settled),
        cmocka_unit_test(pages_of_a_lineage),
        cmocka_unit_test(questions_that_cannot_be_asked),
        cmocka_unit_test(nothing_rewrites_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
