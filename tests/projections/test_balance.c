/* What each event does to a balance, and balances at any (A, K). */
#include "projections/events.h"

#include "projections/balance.h"

struct columns {
    int64_t receivable, unapplied, deposit, held, available, dormant, pending, net;
    int64_t deposited, charged, paid, adjusted, refunded, credit_held;
};

static Pb__Balance balance_at(struct folding *f, const char *as_of, uint64_t known_at) {
    struct store_txn *txn = folding_read(f);
    struct account_row account;
    struct series_totals totals;
    bool is_found;
    Pb__Balance balance = PB__BALANCE__INIT;
    FOLDING_OK(f, account_find(txn, BALANCE_ACCOUNTS, "alice", "EUR", &account, &is_found, &f->error));
    assert_true(is_found);
    FOLDING_OK(f, balance_ask(txn, account.number, day(as_of), known_at, &totals, &f->error));
    FOLDING_OK(f, effects_to_balance(totals.columns, &balance, &f->error));
    store_abort(txn);
    return balance;
}

static void expect(const Pb__Balance *found, struct columns c) {
    assert_int_equal(found->receivable_minor, c.receivable);
    assert_int_equal(found->unapplied_minor, c.unapplied);
    assert_int_equal(found->deposit_minor, c.deposit);
    assert_int_equal(found->deposit_held_minor, c.held);
    assert_int_equal(found->deposit_available_minor, c.available);
    assert_int_equal(found->dormant_minor, c.dormant);
    assert_int_equal(found->pending_minor, c.pending);
    assert_int_equal(found->net_minor, c.net);
    assert_int_equal(found->lifetime_deposited_minor, c.deposited);
    assert_int_equal(found->lifetime_charged_minor, c.charged);
    assert_int_equal(found->lifetime_paid_minor, c.paid);
    assert_int_equal(found->lifetime_adjusted_minor, c.adjusted);
    assert_int_equal(found->lifetime_refunded_minor, c.refunded);
    assert_int_equal(found->credit_held_minor, c.credit_held);
}

#define D1    day("2024-01-10")
#define PAID  PB__FUNDING__FUNDING_PAID
#define PROMO PB__FUNDING__FUNDING_PROMOTIONAL
#define NOTE  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE
#define DEBIT PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE
#define OFF   PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF
#define BACK  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY
#define LESS  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT
#define CENT  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING

static void hold_placed(struct events *e, int64_t from_lot, int64_t credit) {
    EVENT_BODY(e, D1, HOLD_PLACED, hold_placed, HoldPlaced, hold_placed__init, {
        body_->hold = events_text(e, "h");
        body_->amount_minor = from_lot + credit;
        body_->n_slices = 1;
        body_->slices = one_slice(e, "L", from_lot);
        body_->credit_minor = credit;
    });
}

static void hold_captured(struct events *e, int64_t from_lot, int64_t credit) {
    EVENT_BODY(e, D1, HOLD_CAPTURED, hold_captured, HoldCaptured, hold_captured__init, {
        body_->hold = events_text(e, "h");
        body_->n_slices = 1;
        body_->slices = one_slice(e, "L", from_lot);
        body_->credit_minor = credit;
    });
}

static void hold_released(struct events *e, int64_t from_lot, int64_t credit) {
    EVENT_BODY(e, D1, HOLD_RELEASED, hold_released, HoldReleased, hold_released__init, {
        body_->hold = events_text(e, "h");
        body_->n_slices = 1;
        body_->slices = one_slice(e, "L", from_lot);
        body_->credit_minor = credit;
    });
}

static void lot_expired(struct events *e, int64_t amount, Pb__OnExpiry to) {
    EVENT_BODY(e, D1, LOT_EXPIRED, lot_expired, LotExpired, lot_expired__init, {
        body_->lot = events_text(e, "L");
        body_->amount_minor = amount;
        body_->to = to;
    });
}

static void expiry_released(struct events *e, int64_t amount, Pb__OnExpiry from) {
    EVENT_BODY(e, D1, EXPIRY_RELEASED, expiry_released, ExpiryReleased, expiry_released__init, {
        body_->lot = events_text(e, "L");
        body_->amount_minor = amount;
        body_->from = from;
    });
}

static void lot_reactivated(struct events *e, int64_t amount) {
    EVENT_BODY(e, D1, LOT_REACTIVATED, lot_reactivated, LotReactivated, lot_reactivated__init, {
        body_->lot = events_text(e, "L");
        body_->amount_minor = amount;
    });
}

#define DORMANT PB__ON_EXPIRY__ON_EXPIRY_DORMANT
#define FORFEIT PB__ON_EXPIRY__ON_EXPIRY_FORFEIT

/* Each row: the event that is made, and the whole balance after it alone. */
#define EFFECT_ROWS(X)                                                                                                 \
    X(charge_posted, charge(&e, D1, "c", 90, D1), .receivable = 90, .net = 90, .charged = 90)                          \
    X(charge_reversed, charge_reversed(&e, D1, "c", 90), .receivable = -90, .net = -90, .charged = -90)                \
    X(paid_deposit, deposit(&e, D1, "L", 90, PAID, 0), .deposit = 90, .available = 90, .net = -90, .deposited = 90)    \
    X(promotional_deposit, deposit(&e, D1, "L", 90, PROMO, 0), .deposit = 90, .available = 90, .net = -90,             \
      .deposited = 90)                                                                                                 \
    X(deposit_for_later, deposit(&e, D1, "L", 90, PAID, D1 + 5), .deposit = 90, .net = -90, .deposited = 90)           \
    X(deposit_consumed, consumed(&e, D1, "c", "L", 90), .deposit = -90, .receivable = -90)                             \
    X(deposit_restored, restored(&e, D1, "c", "L", 90), .deposit = 90, .receivable = 90, .available = 90)              \
    X(settled_payment, payment(&e, D1, "p", 90, false), .unapplied = 90, .net = -90, .paid = 90)                       \
    X(pending_payment, payment(&e, D1, "p", 90, true), .pending = 90)                                                  \
    X(payment_settled, settled(&e, D1, "p", 90), .pending = -90, .unapplied = 90, .net = -90, .paid = 90)              \
    X(payment_reversed, payment_reversed(&e, D1, "p", 90, false), .unapplied = -90, .net = 90, .paid = -90)            \
    X(pending_reversed, payment_reversed(&e, D1, "p", 90, true), .pending = -90)                                       \
    X(allocated, allocated(&e, D1, PAYMENT, "p", CHARGE, "c", 0, 90), .unapplied = -90, .receivable = -90)             \
    X(unallocated, unallocated(&e, D1, PAYMENT, "p", CHARGE, "c", 90, 1), .unapplied = 90, .receivable = 90)           \
    X(credit_note, adjusted(&e, D1, "a", NOTE, 90, "c"), .receivable = -90, .net = -90, .adjusted = -90)               \
    X(credit_on_account, adjusted(&e, D1, "a", NOTE, 90, NULL), .unapplied = 90, .net = -90, .adjusted = -90)          \
    X(discount, adjusted(&e, D1, "a", LESS, 90, "c"), .receivable = -90, .net = -90, .adjusted = -90)                  \
    X(discount_on_account, adjusted(&e, D1, "a", LESS, 90, NULL), .unapplied = 90, .net = -90, .adjusted = -90)        \
    X(rounding, adjusted(&e, D1, "a", CENT, 90, "c"), .receivable = -90, .net = -90, .adjusted = -90)                  \
    X(rounding_on_account, adjusted(&e, D1, "a", CENT, 90, NULL), .unapplied = 90, .net = -90, .adjusted = -90)        \
    X(debit_note, adjusted(&e, D1, "a", DEBIT, 90, "c"), .receivable = 90, .net = 90, .adjusted = 90)                  \
    X(debit_on_account, adjusted(&e, D1, "a", DEBIT, 90, NULL), .receivable = 90, .net = 90, .adjusted = 90)           \
    X(write_off, adjusted(&e, D1, "a", OFF, 90, "c"), .receivable = -90, .net = -90, .adjusted = -90)                  \
    X(recovery, adjusted(&e, D1, "a", BACK, 90, "c"), .receivable = 90, .net = 90, .adjusted = 90)                     \
    X(refund_of_a_lot, refunded(&e, D1, LOT, "L", 90), .deposit = -90, .net = 90, .refunded = 90)                      \
    X(refund_of_a_payment, refunded(&e, D1, PAYMENT, "p", 90), .unapplied = -90, .net = 90, .refunded = 90)            \
    X(refund_of_a_credit, refunded(&e, D1, ADJUSTMENT, "a", 90), .unapplied = -90, .net = 90, .refunded = 90)          \
    X(hold, hold_placed(&e, 60, 30), .held = 60, .credit_held = 30)                                                    \
    X(capture, hold_captured(&e, 60, 30), .held = -60, .credit_held = -30, .available = 60)                            \
    X(release, hold_released(&e, 60, 30), .held = -60, .credit_held = -30, .available = 60)                            \
    X(expired_to_dormant, lot_expired(&e, 90, DORMANT), .deposit = -90, .dormant = 90, .net = 90)                      \
    X(expired_forfeit, lot_expired(&e, 90, FORFEIT), .deposit = -90, .net = 90)                                        \
    X(dormant_released, expiry_released(&e, 90, DORMANT), .deposit = 90, .available = 90, .dormant = -90, .net = -90)  \
    X(forfeit_released, expiry_released(&e, 90, FORFEIT), .deposit = 90, .available = 90, .net = -90)                  \
    X(reactivated, lot_reactivated(&e, 90), .deposit = 90, .available = 90, .dormant = -90, .net = -90)

#define EFFECT_TEST(name, made, ...)                                                                                   \
    static void effect_of_##name(void **state) {                                                                       \
        (void)state;                                                                                                   \
        struct events e;                                                                                               \
        struct folding f;                                                                                              \
        events_init(&e);                                                                                               \
        made;                                                                                                          \
        folding_open(&f, &balance_projection);                                                                         \
        folding_take(&f, e.list, e.count, 1, false);                                                                   \
        Pb__Balance after = balance_at(&f, "2024-01-10", UINT64_MAX);                                                  \
        expect(&after, (struct columns){__VA_ARGS__});                                                                 \
        Pb__Balance before = balance_at(&f, "2024-01-09", UINT64_MAX);                                                 \
        expect(&before, (struct columns){0});                                                                          \
        folding_close(&f);                                                                                             \
        events_release(&e);                                                                                            \
    }
EFFECT_ROWS(EFFECT_TEST)

/* A lot with a later effective_from is a liability at once, and available from that day. */
static void a_lot_for_later_becomes_available_on_its_day(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    deposit(&e, D1, "L", 90, PAID, day("2024-02-01"));
    folding_open(&f, &balance_projection);
    folding_take(&f, e.list, e.count, 1, false);
    Pb__Balance balance = balance_at(&f, "2024-01-31", UINT64_MAX);
    assert_int_equal(balance.deposit_minor, 90);
    assert_int_equal(balance.deposit_available_minor, 0);
    balance = balance_at(&f, "2024-02-01", UINT64_MAX);
    assert_int_equal(balance.deposit_available_minor, 90);
    folding_close(&f);
    events_release(&e);
}

/* What is refunded of it before its day is not taken off what can be used: it never was part of that. */
static void what_a_waiting_lot_gave_back_is_not_missing_elsewhere(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    deposit(&e, D1, "now", 50, PAID, 0);
    deposit(&e, D1, "later", 90, PAID, day("2024-02-01"));
    refunded_waiting(&e, day("2024-01-20"), "later", 40, day("2024-02-01"));
    refunded(&e, day("2024-02-05"), LOT, "later", 20);
    folding_open(&f, &balance_projection);
    folding_take(&f, e.list, e.count, 1, false);
    static const struct {
        const char *as_of;
        int64_t deposit_minor, available_minor;
    } days[] = {{"2024-01-19", 140, 50},
                {"2024-01-20", 100, 50},
                {"2024-01-31", 100, 50},
                {"2024-02-01", 100, 100},
                {"2024-02-05", 80, 80}};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        Pb__Balance balance = balance_at(&f, days[i].as_of, UINT64_MAX);
        assert_int_equal(balance.deposit_minor, days[i].deposit_minor);
        assert_int_equal(balance.deposit_available_minor, days[i].available_minor);
    }
    assert_int_equal(balance_at(&f, "2024-01-25", 3).deposit_available_minor, 50);
    folding_close(&f);
    events_release(&e);
}

/* The worked case LOT-2: a late charge takes back part of an expiry, never before its day. */
static void lot2_at_both_coordinates(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    deposit(&e, day("2025-01-01"), "L1", 90, PAID, 0); /* 1 */
    deposit(&e, day("2025-01-01"), "L2", 50, PAID, 0); /* 2 */
    lot_expired(&e, 90, DORMANT);                      /* 3 */
    e.list[2]->effective_on = day("2025-03-01");
    charge(&e, day("2025-02-20"), "late", 60, day("2025-02-20")); /* 4 */
    consumed(&e, day("2025-02-20"), "late", "L1", 60);            /* 5 */
    expiry_released(&e, 60, DORMANT);                             /* 6 */
    e.list[5]->effective_on = day("2025-03-01");
    folding_open(&f, &balance_projection);
    folding_take(&f, e.list, e.count, 2, true);
    assert_int_equal(balance_at(&f, "2025-02-25", UINT64_MAX).deposit_minor, 80);
    assert_int_equal(balance_at(&f, "2025-02-25", 3).deposit_minor, 140);
    assert_int_equal(balance_at(&f, "2025-03-02", UINT64_MAX).deposit_minor, 50);
    assert_int_equal(balance_at(&f, "2025-03-02", UINT64_MAX).dormant_minor, 30);
    folding_close(&f);
    events_release(&e);
}

static void an_event_that_cannot_be_posted_stops_the_view(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    charge(&e, D1, "c", 0, D1);
    adjusted(&e, D1, "a", OFF, 5, NULL);
    deposit(&e, D1, "L", 5, PB__FUNDING__FUNDING_UNSPECIFIED, 0);
    refunded(&e, D1, CHARGE, "c", 5);
    hold_placed(&e, -5, 0);
    payment(&e, D1, "p", -5, true);
    event_on(&e, D1, PB__EVENT__BODY__NOT_SET);
    folding_open(&f, &balance_projection);
    folding_begin(&f);
    for (size_t i = 0; i < e.count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "event %zu", i + 1);
        assert_int_equal(folding_try(&f, e.list[i]), DAYBOOK_INVALID);
        assert_non_null(strstr(f.error.message, name));
    }
    folding_commit(&f);
    folding_close(&f);
    events_release(&e);
}

#define EFFECT_ENTRY(name, made, ...) cmocka_unit_test(effect_of_##name),

int main(void) {
    const struct CMUnitTest tests[] = {
        EFFECT_ROWS(EFFECT_ENTRY) cmocka_unit_test(a_lot_for_later_becomes_available_on_its_day),
        cmocka_unit_test(what_a_waiting_lot_gave_back_is_not_missing_elsewhere),
        cmocka_unit_test(lot2_at_both_coordinates),
        cmocka_unit_test(an_event_that_cannot_be_posted_stops_the_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
