/* Every kind of event against its double-entry line (written down by hand from what the event means), and what the
 * books have no line for. */
#include "domain/postings.h"

#include "story.h"

static struct scene scene; /* The story, told once. */

struct booked {
    const char *name;
    const char *which;  /* Of the story: story_event. */
    const char *change; /* As in field.h; NULL: none. */
    const char *debit;  /* NULL: no money moves. */
    const char *credit;
    int64_t amount_minor;
};

static const struct booked booked[] = {
    {"a paid deposit", "deposit_received", NULL, "Cash", "Deposits", 90},
    {"a promotional one", "deposit_received deposit_received.lot=B", NULL, "PromotionCost", "Deposits", 40},
    {"a charge", "charge_posted", NULL, "Receivable", "Revenue", 100},
    {"slices of two lots", "deposit_consumed", NULL, "Deposits", "Receivable", 100},
    {"given back", "deposit_restored", NULL, "Receivable", "Deposits", 60},
    {"a payment", "payment_received", NULL, "Cash", "Unapplied", 1},
    {"a pending one", "payment_received payment_received.payment=p", NULL, NULL, NULL, 0},
    {"once it settles", "payment_settled", NULL, "Cash", "Unapplied", 70},
    {"an allocation", "allocated", NULL, "Unapplied", "Receivable", 30},
    {"taken off", "unallocated", NULL, "Receivable", "Unapplied", 10},
    {"a write-off", "adjustment_posted", NULL, "BadDebt", "Receivable", 30},
    {"a recovery", "adjustment_posted adjustment_posted.adjustment=n2", NULL, "Receivable", "BadDebt", 10},
    {"a credit note on account", "adjustment_posted adjustment_posted.adjustment=n3", NULL, "Adjustments", "Unapplied",
     8},
    {"a debit note", "adjustment_posted adjustment_posted.adjustment=n4", NULL, "Receivable", "Adjustments", 3},
    {"a rounding", "adjustment_posted adjustment_posted.adjustment=n5", NULL, "Rounding", "Receivable", 1},
    {"a rounding on account", "adjustment_posted adjustment_posted.adjustment=n5", "adjustment_posted.target_kind=0",
     "Rounding", "Unapplied", 1},
    {"a credit note", "adjustment_posted", "adjustment_posted.kind=1", "Adjustments", "Receivable", 30},
    {"a discount", "adjustment_posted", "adjustment_posted.kind=5", "Adjustments", "Receivable", 30},
    {"a refund of a payment", "refunded", NULL, "Unapplied", "Cash", 5},
    {"a refund of a credit", "refunded", "refunded.source_kind=5", "Unapplied", "Cash", 5},
    {"a refund of a lot", "refunded refunded.refund=f2", NULL, "Deposits", "Cash", 6},
    {"a bounced payment", "payment_reversed", NULL, "Unapplied", "Cash", 25},
    {"a bounced one that was pending", "payment_reversed payment_reversed.payment=r", NULL, NULL, NULL, 0},
    {"a charge in error", "charge_reversed", NULL, "Revenue", "Receivable", 60},
    {"to dormant", "lot_expired", NULL, "Deposits", "Dormant", 30},
    {"forfeited", "lot_expired", "lot_expired.to=2", "Deposits", "Breakage", 30},
    {"back from dormant", "expiry_released", NULL, "Dormant", "Deposits", 20},
    {"back from breakage", "expiry_released", "expiry_released.from=2", "Breakage", "Deposits", 20},
    {"reactivated", "lot_reactivated", NULL, "Dormant", "Deposits", 30},
    {"a hold", "hold_placed", NULL, NULL, NULL, 0},
    {"a captured hold", "hold_captured", NULL, NULL, NULL, 0},
    {"a dispute", "dispute_opened", NULL, NULL, NULL, 0},
    {"a customer", "customer_opened", NULL, NULL, NULL, 0},
    {"a statement", "statement_issued", NULL, NULL, NULL, 0},
    {"a proposal", "request_proposed", NULL, NULL, NULL, 0},
};

static Pb__Event *changed_event(const char *which, const char *change) {
    Pb__Event *event = story_event(&scene.world, which);
    if (change != NULL) {
        set_fields(&scene.world.arena, &event->base, change);
    }
    return event;
}

static void it_has_its_lines(void **state) {
    const struct booked *row = *state;
    struct postings postings;
    WORLD_OK(&scene.world, postings_of(changed_event(row->which, row->change), &postings, &scene.world.error));
    assert_int_equal(postings.count, row->debit == NULL ? 0 : 2);
    if (row->debit != NULL) {
        assert_string_equal(posting_account_name(postings.lines[0].account), row->debit);
        assert_string_equal(posting_account_name(postings.lines[1].account), row->credit);
        assert_int_equal(postings.lines[0].amount_minor, row->amount_minor);
        assert_int_equal(postings.lines[1].amount_minor, -row->amount_minor);
    }
}

struct unbooked {
    const char *name;
    const char *which;
    const char *change;
    const char *says; /* Behind "while posting event N: ". */
};

#define NO_LINE     "has no line in the books"
#define NO_AMOUNT   "its amount is not positive"
#define ON_ACCOUNT  "adjustment_posted.target_kind=0"
#define CONSUMED_IS "deposit_consumed", "deposit_consumed.slices.amount_minor="

static const struct unbooked unbooked[] = {
    {"a deposit of no funding", "deposit_received", "deposit_received.funding=0", NO_LINE},
    {"of a funding to come", "deposit_received", "deposit_received.funding=99", NO_LINE},
    {"a payment of no status", "payment_received", "payment_received.status=0", NO_LINE},
    {"an expiry to nowhere", "lot_expired", "lot_expired.to=0", NO_LINE},
    {"a release from nowhere", "expiry_released", "expiry_released.from=99", NO_LINE},
    {"a refund of a charge", "refunded", "refunded.source_kind=2", NO_LINE},
    {"an adjustment of no kind", "adjustment_posted", "adjustment_posted.kind=0", NO_LINE},
    {"of a kind to come", "adjustment_posted", "adjustment_posted.kind=99", NO_LINE},
    {"a write-off on account", "adjustment_posted", ON_ACCOUNT, NO_LINE},
    {"a recovery on account", "adjustment_posted adjustment_posted.adjustment=n2", ON_ACCOUNT, NO_LINE},
    {"a charge of nothing", "charge_posted", "charge_posted.amount_minor=0", NO_AMOUNT},
    {"a payment below zero", "payment_received", "payment_received.amount_minor=min", NO_AMOUNT},
    {"a slice of nothing", CONSUMED_IS "0", NO_AMOUNT},
    {"a slice below zero", CONSUMED_IS "-1", NO_AMOUNT},
    {"slices past all bounds", CONSUMED_IS "max", NO_AMOUNT},
    {"nothing given back", "deposit_restored", "deposit_restored.slices.amount_minor=0", NO_AMOUNT},
};

static void expect_no_line(const Pb__Event *event, const char *says) {
    struct postings postings;
    struct control control = {0};
    char begin[64];
    snprintf(begin, sizeof begin, "while posting event %" PRIu64 ": ", event->sequence);
    assert_int_equal(postings_of(event, &postings, &scene.world.error), DAYBOOK_INVALID);
    assert_int_equal(strncmp(scene.world.error.message, begin, strlen(begin)), 0);
    assert_non_null(strstr(scene.world.error.message, says));
    assert_int_equal(postings.count, 0);
    /* Nor does it come into the books by another way. */
    assert_int_equal(control_post_event(&control, event, NULL), DAYBOOK_INVALID);
    assert_int_equal(control.count, 0);
}

static void it_has_no_line(void **state) {
    const struct unbooked *row = *state;
    expect_no_line(changed_event(row->which, row->change), row->says);
}

static void a_kind_to_come_has_no_line(void **state) {
    (void)state;
    Pb__Event *event = changed_event("charge_posted", NULL);
    event->body_case = (Pb__Event__BodyCase)999;
    expect_no_line(event, "kind 999");
    event->body_case = PB__EVENT__BODY__NOT_SET;
    expect_no_line(event, "kind 0");
}

int main(void) {
    static struct rows rows;
    story_tell(&scene);
    ROWS_ADD_TABLE(&rows, booked, it_has_its_lines);
    ROWS_ADD_TABLE(&rows, unbooked, it_has_no_line);
    rows_add(&rows, "a kind to come has no line", a_kind_to_come_has_no_line, NULL);
    int failed = rows_run("postings", &rows);
    world_close(&scene.world);
    return failed;
}
