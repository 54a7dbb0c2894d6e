/*
 * Events that do not fit the state before them: each field that the fold relies on is wrong in turn. Such an event is
 * INVALID and says what does not fit; nothing of it has happened, and the true event folds after it.
 */
#include "story.h"

/* ---- a true event, and a false one in its place ---- */

struct misfit {
    const char *name;
    const char *which;  /* Of the story: story_event. */
    const char *change; /* "path=value path=value" */
    const char *says;   /* Behind "folding event N: ". */
};

/* Two worlds: the story that is told, and one that has folded what comes before the event. */
struct before {
    struct scene told;
    struct world world;
    struct daybook_buffer rows;
};

static void open_before(struct before *before, const char *which, Pb__Event **event) {
    story_tell(&before->told);
    *event = story_event(&before->told.world, which);
    before->world = (struct world){.events = before->told.world.events};
    before->world.events.count = (*event)->sequence - 1;
    arena_init(&before->world.arena, 1 << 24);
    struct world *world = &before->world;
    world->state = world_state(world);
    for (uint64_t sequence = 1; sequence < (*event)->sequence; sequence++) {
        const Pb__Event *earlier = NULL;
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &earlier, &world->error));
        WORLD_OK(world, state_fold(world->state, earlier, &world->error));
    }
    before->rows = world_pack(world, world->state);
}

/* Nothing has happened, and the true event folds. */
static void close_before(struct before *before, const char *which) {
    struct world *world = &before->world;
    struct daybook_buffer after = world_pack(world, world->state);
    assert_same_bytes(&before->rows, &after);
    WORLD_OK(world, state_fold(world->state, story_event(&before->told.world, which), &world->error));
    daybook_buffer_release(&before->rows);
    daybook_buffer_release(&after);
    state_close(world->state);
    arena_release(&world->arena);
    world_close(&before->told.world);
}

static void does_not_fold(struct before *before, const Pb__Event *event, enum daybook_status status, const char *says) {
    struct world *world = &before->world;
    char expected[DAYBOOK_ERROR_SIZE];
    snprintf(expected, sizeof expected, "folding event %" PRIu64 ": %s", event->sequence, says);
    state_begin(world->state);
    assert_int_equal(state_fold(world->state, event, &world->error), status);
    assert_string_equal(world->error.message, expected);
    state_rollback(world->state);
}

static void it_does_not_fit(void **row) {
    const struct misfit *misfit = *row;
    static struct before before;
    Pb__Event *event = NULL;
    open_before(&before, misfit->which, &event);
    set_fields(&before.world.arena, &event->base, misfit->change);
    does_not_fold(&before, event, DAYBOOK_INVALID, misfit->says);
    close_before(&before, misfit->which);
}

/* ---- who and what it is about ---- */

#define NOBODY       "unknown customer \"\""
#define NO_CURRENCY  "no currency, of customer \"ann\""
#define NO_AMOUNT    "an amount that is not positive, of customer \"ann\""
#define UNKNOWN      "names an unknown document \"nil\""
#define TOO_LITTLE   "less than nothing would be left on some day of "
#define NOT_TAKEN    "more would come back than was taken out of "
#define NO_PART      "names an instalment that there is not, of "
#define GIVES_BACK   "gives back more than was taken from lot "
#define NOT_STANDING "takes off an allocation that does not stand on "
#define NOT_OFF      "takes off what had not come off later, of "

static const struct misfit misfits[] = {
    {"a customer that nobody opened", "charge_posted", "customer=eve", "unknown customer \"eve\""},
    {"a customer opened twice", "customer_opened customer=bob", "customer=ann",
     "opens a customer that there is \"ann\""},
    {"a customer without an id", "customer_opened customer=bob", "customer=", "no id is like that of customer \"\""},
    {"a customer with an id too long", "customer_opened customer=bob", "customer=c*65",
     "no id is like that of customer \"ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\""},
    {"a customer without a profile", "customer_opened customer=bob",
     "customer_opened.profile=", "no profile for customer \"bob\""},
    {"a change without a profile", "customer_changed", "customer_changed.profile=", "no profile for customer \"ann\""},
    {"a change of nobody", "customer_changed", "customer=", NOBODY},
    {"nobody is closed", "customer_closed", "customer=", NOBODY},
    {"nobody is held", "credit_hold_placed", "customer=", NOBODY},
    {"nobody's hold is lifted", "credit_hold_lifted", "customer=", NOBODY},
    {"a limit in no currency", "credit_policy_set", "currency=", NO_CURRENCY},
    {"a charge in no currency", "charge_posted", "currency=", NO_CURRENCY},
    {"a charge of nobody", "charge_posted", "customer=", "no currency, of customer \"\""},
    {"a deposit in no currency", "deposit_received", "currency=", NO_CURRENCY},
    {"a statement in no currency", "statement_issued", "currency=", NO_CURRENCY},
    {"a currency of two letters", "charge_posted", "currency=CN", "no currency has the name \"CN\""},
    {"a currency of four letters", "charge_posted", "currency=CNYX", "no currency has the name \"CNYX\""},
    {"another customer's document", "allocated", "customer=bob", "names an unknown document \"p\""},
    {"a document in another currency", "allocated", "currency=USD", "names an unknown document \"p\""},
    {"a proposal approved that there is not", "request_approved", "request_approved.proposal=nil",
     "there is no open proposal \"nil\""},
    {"a proposal rejected that was decided", "request_rejected", "request_rejected.proposal=W",
     "there is no open proposal \"W\""},
};

static const struct misfit charges[] = {
    {"a charge of nothing", "charge_posted", "charge_posted.amount_minor=0", NO_AMOUNT},
    {"a charge below zero", "charge_posted", "charge_posted.amount_minor=min", NO_AMOUNT},
    {"a category too long", "charge_posted", "charge_posted.category=c*65", "a name that is too long, of \"g\""},
    {"instalments that are less", "charge_posted charge_posted.charge=i", "charge_posted.instalments.amount_minor=59",
     "the instalments do not add up of charge \"i\""},
    {"an instalment below zero", "charge_posted charge_posted.charge=i",
     "charge_posted.instalments.amount_minor=-1 charge_posted.amount_minor=39",
     "the instalments do not add up of charge \"i\""},
    {"instalments past all bounds", "charge_posted charge_posted.charge=i",
     "charge_posted.instalments.amount_minor=max", "the instalments do not add up of charge \"i\""},
    {"the reversal of no charge", "charge_reversed", "charge_reversed.charge=nil", UNKNOWN},
    {"the reversal of nothing", "charge_reversed", "charge_reversed.amount_minor=0", NO_AMOUNT},
    {"the reversal of more than is open", "charge_reversed", "charge_reversed.amount_minor=61", TOO_LITTLE "\"g\""},
    {"the reversal of no instalment", "charge_reversed", "charge_reversed.instalment=1", NO_PART "\"g\""},
    {"a dispute about no charge", "dispute_opened", "dispute_opened.charge=nil", UNKNOWN},
    {"a dispute about nothing", "dispute_opened", "dispute_opened.amount_minor=0", NO_AMOUNT},
    {"a dispute past all bounds", "dispute_opened dispute_opened.dispute=e", "dispute_opened.amount_minor=max",
     "more would be disputed than there can be, of \"w\""},
    {"no dispute resolved", "dispute_resolved", "dispute_resolved.dispute=nil", UNKNOWN},
    {"a dispute about no charge resolved", "dispute_resolved", "dispute_resolved.charge=nil", UNKNOWN},
    {"a dispute about another charge resolved", "dispute_resolved", "dispute_resolved.charge=g",
     "is not about that charge: dispute \"d\""},
    {"more of it resolved", "dispute_resolved", "dispute_resolved.amount_minor=6", TOO_LITTLE "\"d\""},
    {"less than nothing of it", "dispute_resolved", "dispute_resolved.amount_minor=-5", NO_AMOUNT},
};

static const struct misfit payments[] = {
    {"a payment of nothing", "payment_received", "payment_received.amount_minor=0", NO_AMOUNT},
    {"no payment settles", "payment_settled", "payment_settled.payment=nil", UNKNOWN},
    {"another amount settles", "payment_settled", "payment_settled.amount_minor=69",
     "settles what is not pending: payment \"p\""},
    {"what is settled settles", "payment_settled", "payment_settled.payment=o payment_settled.amount_minor=1",
     "settles what is not pending: payment \"o\""},
    {"no payment bounces", "payment_reversed", "payment_reversed.payment=nil", UNKNOWN},
    {"more bounces than came", "payment_reversed", "payment_reversed.amount_minor=26",
     "reverses what is not so: payment \"q\""},
    {"a payment that was not pending", "payment_reversed", "payment_reversed.was_pending=1",
     "reverses what is not so: payment \"q\""},
    {"a payment that was", "payment_reversed payment_reversed.payment=r", "payment_reversed.was_pending=0",
     "reverses what is not so: payment \"r\""},
    {"an allocation of no payment", "allocated", "allocated.source=nil", UNKNOWN},
    {"an allocation of another kind", "allocated", "allocated.source_kind=2", "names an unknown document \"p\""},
    {"an allocation to no charge", "allocated", "allocated.target=nil", UNKNOWN},
    {"an allocation of nothing", "allocated", "allocated.amount_minor=0", NO_AMOUNT},
    {"an allocation below zero", "allocated", "allocated.amount_minor=min", NO_AMOUNT},
    {"an allocation of more than there is", "allocated", "allocated.amount_minor=71", TOO_LITTLE "\"p\""},
    {"an allocation of more than is open", "allocated", "allocated.amount_minor=61", TOO_LITTLE "\"i\""},
    {"an allocation to no instalment", "allocated", "allocated.instalment=0", NO_PART "\"i\""},
    {"an allocation to a third instalment", "allocated", "allocated.instalment=3", NO_PART "\"i\""},
    {"what was no allocation comes off", "unallocated", "unallocated.allocation_sequence=1", NOT_STANDING "\"p\""},
    {"what will be none comes off", "unallocated", "unallocated.allocation_sequence=999", NOT_STANDING "\"p\""},
    {"more comes off", "unallocated", "unallocated.amount_minor=31", "takes off more than was put on \"p\""},
    {"less than nothing comes off", "unallocated", "unallocated.amount_minor=-1", NO_AMOUNT},
    {"it comes off no payment", "unallocated", "unallocated.source=nil", UNKNOWN},
    {"it comes off no charge", "unallocated", "unallocated.target=nil", UNKNOWN},
    {"it comes off another charge", "unallocated", "unallocated.target=g", NOT_STANDING "\"g\""},
    {"instead of a day on which it did not come off", "unallocated unallocated.instead_of_on=19788",
     "unallocated.instead_of_on=19787", NOT_OFF "\"v\""},
    {"instead of another allocation", "unallocated unallocated.instead_of_on=19788",
     "unallocated.allocation_sequence=1", NOT_OFF "\"v\""},
    {"instead of less", "unallocated unallocated.instead_of_on=19788", "unallocated.amount_minor=51", NOT_OFF "\"v\""},
    {"a refund of no payment", "refunded", "refunded.source=nil", UNKNOWN},
    {"a refund of nothing", "refunded", "refunded.amount_minor=0", NO_AMOUNT},
    {"a refund of more than there is", "refunded", "refunded.amount_minor=99", TOO_LITTLE "\"p\""},
};

static const struct misfit disputes[] = {
    {"an id too long", "dispute_opened", "dispute_opened.dispute=d*65",
     "a name that is too long, of \"ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\""},
    {"a charge's id too long", "dispute_opened", "dispute_opened.charge=c*65", "a name that is too long, of \"d\""},
};

static const struct misfit adjustments[] = {
    {"of no kind", "adjustment_posted", "adjustment_posted.kind=0", "an adjustment of no kind: \"n1\""},
    {"of a kind to come", "adjustment_posted", "adjustment_posted.kind=99", "an adjustment of no kind: \"n1\""},
    {"of no charge", "adjustment_posted", "adjustment_posted.target=nil", UNKNOWN},
    {"of nothing", "adjustment_posted", "adjustment_posted.amount_minor=0", NO_AMOUNT},
    {"of nothing, on account", "adjustment_posted adjustment_posted.adjustment=n3", "adjustment_posted.amount_minor=0",
     NO_AMOUNT},
    {"of more than is open", "adjustment_posted", "adjustment_posted.amount_minor=81", TOO_LITTLE "\"w\""},
    {"of no instalment", "adjustment_posted", "adjustment_posted.instalment=1", NO_PART "\"w\""},
    {"a recovery of more than was written off", "adjustment_posted adjustment_posted.adjustment=n2",
     "adjustment_posted.amount_minor=31", NOT_TAKEN "\"w\""},
    {"an id too long, on account", "adjustment_posted adjustment_posted.adjustment=n3",
     "adjustment_posted.adjustment=n*65",
     "a name that is too long, of \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\""},
};

static const struct misfit lots[] = {
    {"a deposit of nothing", "deposit_received", "deposit_received.amount_minor=0", NO_AMOUNT},
    {"a scope too long", "deposit_received deposit_received.lot=B", "deposit_received.scope=s*65",
     "a scope that is too long, of lot \"B\""},
    {"no charge paid", "deposit_consumed", "deposit_consumed.charge=nil", UNKNOWN},
    {"no lot used", "deposit_consumed", "deposit_consumed.slices.lot=nil", UNKNOWN},
    {"a slice of nothing", "deposit_consumed", "deposit_consumed.slices.amount_minor=0", NO_AMOUNT},
    {"more used than there is", "deposit_consumed", "deposit_consumed.slices.amount_minor=41", TOO_LITTLE "\"B\""},
    {"used for no instalment", "deposit_consumed", "deposit_consumed.instalment=1", NO_PART "\"g\""},
    {"given back for no charge", "deposit_restored", "deposit_restored.charge=nil", UNKNOWN},
    {"given back to no lot", "deposit_restored", "deposit_restored.slices.lot=nil", UNKNOWN},
    {"given back less than nothing", "deposit_restored", "deposit_restored.slices.amount_minor=-60", NO_AMOUNT},
    {"given back more", "deposit_restored", "deposit_restored.slices.amount_minor=61", GIVES_BACK "\"A\""},
    {"given back to another lot", "deposit_restored", "deposit_restored.slices.lot=D", GIVES_BACK "\"D\""},
    {"given back before it was used", "deposit_restored", "effective_on=19724", GIVES_BACK "\"A\""},
    {"given back for no instalment", "deposit_restored", "deposit_restored.instalment=1", GIVES_BACK "\"A\""},
    {"no lot expires", "lot_expired", "lot_expired.lot=nil", UNKNOWN},
    {"nothing of it expires", "lot_expired", "lot_expired.amount_minor=0", NO_AMOUNT},
    {"more of it expires", "lot_expired", "lot_expired.amount_minor=31", TOO_LITTLE "\"A\""},
    {"no lot comes back", "expiry_released", "expiry_released.lot=nil", UNKNOWN},
    {"less than nothing comes back", "expiry_released", "expiry_released.amount_minor=min", NO_AMOUNT},
    {"more comes back than expired", "expiry_released", "expiry_released.amount_minor=31", NOT_TAKEN "\"A\""},
    {"no lot is made good again", "lot_reactivated", "lot_reactivated.lot=nil", UNKNOWN},
    {"nothing of it is", "lot_reactivated", "lot_reactivated.amount_minor=0", NO_AMOUNT},
    {"more of it is", "lot_reactivated", "lot_reactivated.amount_minor=31", NOT_TAKEN "\"D\""},
};

static const struct misfit holds[] = {
    {"a hold of nothing", "hold_placed", "hold_placed.amount_minor=0", NO_AMOUNT},
    {"a hold of no lot", "hold_placed", "hold_placed.slices.lot=nil", UNKNOWN},
    {"a hold with a slice of nothing", "hold_placed", "hold_placed.slices.amount_minor=0", NO_AMOUNT},
    {"a hold of more than its parts", "hold_placed", "hold_placed.amount_minor=51",
     "the parts do not add up of hold \"h\""},
    {"a hold with less than nothing on credit", "hold_placed", "hold_placed.credit_minor=min",
     "the parts do not add up of hold \"h\""},
    {"a hold with more on credit", "hold_placed", "hold_placed.credit_minor=max",
     "the parts do not add up of hold \"h\""},
    {"a category too long", "hold_placed", "hold_placed.category=c*65", "a name that is too long, of \"h\""},
    {"no hold captured", "hold_captured", "hold_captured.hold=nil", UNKNOWN},
    {"no lot of it", "hold_captured", "hold_captured.slices.lot=nil", UNKNOWN},
    {"a lot that it does not hold", "hold_captured", "hold_captured.slices.lot=A", GIVES_BACK "\"A\""},
    {"nothing captured", "hold_captured", "hold_captured.amount_minor=0", NO_AMOUNT},
    {"more captured than is held", "hold_captured", "hold_captured.amount_minor=51", TOO_LITTLE "\"h\""},
    {"more captured than its parts", "hold_captured", "hold_captured.amount_minor=21",
     "the parts do not add up of hold \"h\""},
    {"captured with less than nothing on credit", "hold_captured", "hold_captured.credit_minor=min",
     "the parts do not add up of hold \"h\""},
    {"no hold released", "hold_released", "hold_released.hold=nil", UNKNOWN},
    {"released with more on credit", "hold_released", "hold_released.credit_minor=max",
     "the parts do not add up of hold \"h\""},
};

/* ---- what no field says ---- */

static void a_kind_to_come_does_not_fit(void **state) {
    (void)state;
    static const Pb__Event__BodyCase kinds[] = {PB__EVENT__BODY__NOT_SET, (Pb__Event__BodyCase)999};
    static struct before before;
    Pb__Event *event = NULL;
    open_before(&before, "charge_posted", &event);
    for (size_t i = 0; i < ROW_COUNT(kinds); i++) {
        event->body_case = kinds[i];
        does_not_fold(&before, event, DAYBOOK_INVALID, "it says nothing, about customer \"ann\"");
    }
    close_before(&before, "charge_posted");
}

static void too_many_parts_do_not_fit(void **state) {
    (void)state;
    static struct before before;
    static Pb__Instalment part = PB__INSTALMENT__INIT;
    static Pb__Instalment *parts[LIMIT_INSTALMENTS + 1];
    Pb__Event *event = NULL;
    open_before(&before, "charge_posted charge_posted.charge=i", &event);
    part.amount_minor = 1;
    for (size_t i = 0; i < ROW_COUNT(parts); i++) {
        parts[i] = &part;
    }
    event->charge_posted->instalments = parts;
    event->charge_posted->n_instalments = ROW_COUNT(parts);
    event->charge_posted->amount_minor = ROW_COUNT(parts);
    does_not_fold(&before, event, DAYBOOK_INVALID, "the instalments do not add up of charge \"i\"");
    close_before(&before, "charge_posted charge_posted.charge=i");
}

static void a_scope_too_wide_does_not_fit(void **state) {
    (void)state;
    static struct before before;
    static char *scope[LIMIT_SCOPE + 1];
    Pb__Event *event = NULL;
    open_before(&before, "deposit_received deposit_received.lot=B", &event);
    for (size_t i = 0; i < ROW_COUNT(scope); i++) {
        scope[i] = event->deposit_received->scope[0];
    }
    event->deposit_received->scope = scope;
    event->deposit_received->n_scope = ROW_COUNT(scope);
    does_not_fold(&before, event, DAYBOOK_INVALID, "a scope that is too long, of lot \"B\"");
    close_before(&before, "deposit_received deposit_received.lot=B");
}

/* M1: what creates an amount stays within int64, together with all that was created before. */
static const struct misfit created[] = {
    {"a charge past all bounds", "charge_posted", "charge_posted.amount_minor=max", ""},
    {"a payment past all bounds", "payment_received", "payment_received.amount_minor=max", ""},
    {"a lot past all bounds", "deposit_received deposit_received.lot=B", "deposit_received.amount_minor=max", ""},
    {"a hold past all bounds", "hold_placed", "hold_placed.amount_minor=max", ""},
    {"a write-off past all bounds", "adjustment_posted", "adjustment_posted.amount_minor=max", ""},
    {"a credit past all bounds", "adjustment_posted adjustment_posted.adjustment=n3",
     "adjustment_posted.amount_minor=max", ""},
    {"a debit past all bounds", "adjustment_posted adjustment_posted.adjustment=n4",
     "adjustment_posted.amount_minor=max", ""},
};

static void it_would_pass_all_bounds(void **row) {
    const struct misfit *misfit = *row;
    static struct before before;
    Pb__Event *event = NULL;
    open_before(&before, misfit->which, &event);
    set_fields(&before.world.arena, &event->base, misfit->change);
    does_not_fold(&before, event, DAYBOOK_LIMIT, "all amounts in CNY would pass 2^63 - 1");
    close_before(&before, misfit->which);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, misfits, it_does_not_fit);
    ROWS_ADD_TABLE(&rows, charges, it_does_not_fit);
    ROWS_ADD_TABLE(&rows, payments, it_does_not_fit);
    ROWS_ADD_TABLE(&rows, disputes, it_does_not_fit);
    ROWS_ADD_TABLE(&rows, adjustments, it_does_not_fit);
    ROWS_ADD_TABLE(&rows, lots, it_does_not_fit);
    ROWS_ADD_TABLE(&rows, holds, it_does_not_fit);
    rows_add(&rows, "a kind to come does not fit", a_kind_to_come_does_not_fit, NULL);
    rows_add(&rows, "too many parts do not fit", too_many_parts_do_not_fit, NULL);
    rows_add(&rows, "a scope too wide does not fit", a_scope_too_wide_does_not_fit, NULL);
    ROWS_ADD_TABLE(&rows, created, it_would_pass_all_bounds);
    return rows_run("fold", &rows);
}
