/* Requests about money. */
#include <string.h>

#include "generate.h"

static void draft_deposit(struct generator *g) {
    static Pb__ReceiveDeposit body;
    static const char *const categories[] = {"goods", "meals", "rooms"};
    struct random_source *random = &g->random;
    pb__receive_deposit__init(&body);
    body.lot = draft_new_id(g, 'L');
    body.amount_minor = draft_amount(g);
    body.funding = (Pb__Funding)random_between(random, 0, 2);
    body.on_expiry = (Pb__OnExpiry)random_between(random, 0, 2);
    if (random_percent(random, 60)) {
        body.expires_on = g->is_sensible ? draft_near_date(g, 0, 40) : draft_wild_date(g);
    }
    if (random_percent(random, 15)) {
        body.effective_from = draft_near_date(g, g->is_sensible ? 0 : 10, 20);
    }
    if (random_percent(random, 40)) {
        body.n_scope = (size_t)random_between(random, 1, 2);
        size_t first = (size_t)random_between(random, 0, 2);
        for (size_t i = 0; i < body.n_scope; i++) {
            g->scope[i] = draft_text(g, "%s", categories[(first + i) % 3]);
        }
        body.scope = g->scope;
    }
    if (random_percent(random, 50)) {
        pb__priority__init(&g->priority);
        g->priority.value = (uint32_t)(g->is_sensible ? random_between(random, 0, 2) : random_between(random, 0, 101));
        body.priority = &g->priority;
    }
    g->request.command_case = PB__REQUEST__COMMAND_RECEIVE_DEPOSIT;
    g->request.receive_deposit = &body;
}

/* Equal ones without amounts, or some that add up; wild ones may not. */
static size_t draft_instalments(struct generator *g, int64_t amount) {
    struct random_source *random = &g->random;
    int64_t count = random_between(random, 1, DRAFT_PARTS);
    bool is_equal = random_percent(random, 50) || amount < count || amount > 1000000000;
    int32_t due_on = draft_today(g) + (int32_t)random_between(random, -20, 20);
    int64_t rest = amount;
    for (int64_t i = 0; i < count; i++) {
        Pb__InstalmentPlan *part = &g->parts[i];
        pb__instalment_plan__init(part);
        due_on += (int32_t)random_between(random, g->is_sensible ? 1 : 0, 20);
        part->due_on = draft_date(g, due_on);
        if (!is_equal) {
            part->amount_minor = i + 1 == count ? rest : random_between(random, 1, rest - (count - i - 1));
            rest -= part->amount_minor;
        }
        g->part_pointers[i] = part;
    }
    return (size_t)count;
}

static void draft_charge(struct generator *g) {
    static Pb__PostCharge body;
    struct random_source *random = &g->random;
    pb__post_charge__init(&body);
    body.charge = draft_new_id(g, 'C');
    body.amount_minor = draft_amount(g);
    body.category = draft_category(g);
    if (random_percent(random, 40)) {
        body.due_on = draft_near_date(g, 10, 40);
    } else if (random_percent(random, 30)) {
        pb__payment_terms__init(&g->terms);
        g->terms.days = (uint32_t)random_between(random, 0, 60);
        g->terms.end_of_month = random_percent(random, 50);
        body.terms = &g->terms;
    }
    if (random_percent(random, 50)) {
        body.settlement = (Pb__Settlement)random_between(random, 1, 3);
    }
    if (random_percent(random, 20)) {
        body.n_instalments = draft_instalments(g, body.amount_minor);
        body.instalments = g->part_pointers;
    }
    g->request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    g->request.post_charge = &body;
}

/* One of the charge's instalments, or none where it has none; mostly. */
static uint32_t draft_part_number(struct generator *g, const char *charge) {
    const Pb__Event *made = tally_made(g->tally, (struct doc){g->request.customer, KIND(CHARGE), charge, 0});
    int64_t parts = made != NULL ? made_parts(made) : 0;
    if (random_percent(&g->random, g->is_sensible ? 1 : 5)) {
        return (uint32_t)random_between(&g->random, 0, 5);
    }
    return parts == 0 || random_percent(&g->random, 15) ? 0 : (uint32_t)random_between(&g->random, 1, parts);
}

static size_t draft_plans(struct generator *g) {
    size_t count = (size_t)random_between(&g->random, 1, DRAFT_PLANS);
    for (size_t i = 0; i < count; i++) {
        Pb__AllocationPlan *plan = &g->plans[i];
        int64_t left = 0;
        pb__allocation_plan__init(plan);
        bool is_note = random_percent(&g->random, 15);
        plan->target_kind =
            is_note ? KIND(ADJUSTMENT) : (random_percent(&g->random, 50) ? KIND(CHARGE) : KIND(UNSPECIFIED));
        plan->target = draft_document(g, is_note ? KIND(ADJUSTMENT) : KIND(CHARGE), &left);
        plan->amount_minor = draft_part(g, left, true);
        if (random_percent(&g->random, 25)) {
            plan->allocation = draft_new_id(g, 'A');
        }
        plan->instalment = draft_part_number(g, plan->target);
        g->plan_pointers[i] = plan;
    }
    return count;
}

static int64_t draft_tolerance(struct generator *g) {
    return random_percent(&g->random, 80) ? 0 : random_between(&g->random, g->is_sensible ? 1 : -1, 25);
}

static void draft_payment(struct generator *g) {
    static Pb__ReceivePayment body;
    struct random_source *random = &g->random;
    pb__receive_payment__init(&body);
    body.payment = draft_new_id(g, 'P');
    body.amount_minor = draft_amount(g);
    body.status = random_percent(random, 20) ? PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING
                                             : (Pb__PaymentStatus)random_between(random, 0, 1);
    if (random_percent(random, 25)) {
        body.n_allocations = draft_plans(g);
        body.allocations = g->plan_pointers;
    }
    body.auto_ = (Pb__AutoAllocate)random_between(random, 0, 2);
    body.rounding_tolerance_minor = draft_tolerance(g);
    g->request.command_case = PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    g->request.receive_payment = &body;
}

static void draft_settle(struct generator *g) {
    static Pb__SettlePayment body;
    int64_t left = 0;
    pb__settle_payment__init(&body);
    for (int tries = 0; tries < 4; tries++) {
        body.payment = draft_document(g, KIND(PAYMENT), &left);
        if (tally_last(g->tally, (struct doc){g->request.customer, KIND(PAYMENT), body.payment, 0}, PENDING) > 0) {
            break;
        }
    }
    g->request.command_case = PB__REQUEST__COMMAND_SETTLE_PAYMENT;
    g->request.settle_payment = &body;
}

static void draft_allocate(struct generator *g) {
    static Pb__Allocate body;
    int64_t left = 0;
    pb__allocate__init(&body);
    bool is_credit = random_percent(&g->random, 25);
    body.source_kind =
        is_credit ? KIND(ADJUSTMENT) : (random_percent(&g->random, 50) ? KIND(PAYMENT) : KIND(UNSPECIFIED));
    body.source = draft_document(g, is_credit ? KIND(ADJUSTMENT) : KIND(PAYMENT), &left);
    if (random_percent(&g->random, 60)) {
        body.n_allocations = draft_plans(g);
        body.allocations = g->plan_pointers;
    }
    body.rounding_tolerance_minor = draft_tolerance(g);
    g->request.command_case = PB__REQUEST__COMMAND_ALLOCATE;
    g->request.allocate = &body;
}

static void draft_unallocate(struct generator *g) {
    static Pb__Unallocate body;
    int64_t reference = 0;
    pb__unallocate__init(&body);
    body.allocation = draft_text(g, "#%d", (int)random_between(&g->random, 0, 40));
    for (int tries = 0; tries < 60 && g->tally->count > 0; tries++) {
        const Pb__Event *event = g->tally->events[random_between(&g->random, 0, (int64_t)g->tally->count - 1)];
        if (event->body_case == BODY(ALLOCATED) && strcmp(event->customer, g->request.customer) == 0) {
            reference = event->allocated->amount_minor;
            body.allocation = event->allocated->allocation[0] != '\0' && random_percent(&g->random, 70)
                                  ? draft_text(g, "%s", event->allocated->allocation)
                                  : draft_text(g, "#%llu", (unsigned long long)event->sequence);
            break;
        }
    }
    body.amount_minor = draft_part(g, reference, true);
    g->request.command_case = PB__REQUEST__COMMAND_UNALLOCATE;
    g->request.unallocate = &body;
}

static void draft_adjustment(struct generator *g) {
    static Pb__PostAdjustment body;
    struct random_source *random = &g->random;
    int64_t left = 0;
    pb__post_adjustment__init(&body);
    body.adjustment = draft_new_id(g, 'J');
    body.kind = (Pb__AdjustmentKind)random_between(random, g->is_sensible ? 1 : 0, 6);
    body.reason = draft_reason(g);
    if (random_percent(random, 65)) {
        bool is_note = random_percent(random, 12);
        body.target_kind = is_note ? KIND(ADJUSTMENT) : KIND(UNSPECIFIED);
        body.target = draft_document(g, is_note ? KIND(ADJUSTMENT) : KIND(CHARGE), &left);
        body.instalment = draft_part_number(g, body.target);
    }
    body.amount_minor = draft_part(g, left, false);
    if (random_percent(random, 20)) {
        body.due_on = draft_near_date(g, 10, 30);
    }
    g->request.command_case = PB__REQUEST__COMMAND_POST_ADJUSTMENT;
    g->request.post_adjustment = &body;
}

static void draft_refund(struct generator *g) {
    static Pb__Refund body;
    static const Pb__DocumentKind kinds[] = {KIND(LOT), KIND(PAYMENT), KIND(ADJUSTMENT), KIND(CHARGE)};
    int64_t left = 0;
    pb__refund__init(&body);
    body.refund = draft_new_id(g, 'R');
    body.source_kind = kinds[random_between(&g->random, 0, g->is_sensible ? 2 : 3)];
    body.source = draft_document(g, body.source_kind, &left);
    body.amount_minor = draft_part(g, left, false);
    g->request.command_case = PB__REQUEST__COMMAND_REFUND;
    g->request.refund = &body;
}

static void draft_reverse_payment(struct generator *g) {
    static Pb__ReversePayment body;
    int64_t left = 0;
    pb__reverse_payment__init(&body);
    body.payment = draft_document(g, KIND(PAYMENT), &left);
    body.reading = (Pb__Reading)random_between(&g->random, g->is_sensible ? 1 : 0, 2);
    body.reason = draft_reason(g);
    if (body.reading == PB__READING__READING_CORRECTION && random_percent(&g->random, 90)) {
        g->request.effective_on = draft_text(g, "%s", "");
    }
    g->request.command_case = PB__REQUEST__COMMAND_REVERSE_PAYMENT;
    g->request.reverse_payment = &body;
}

static void draft_reverse_charge(struct generator *g) {
    static Pb__ReverseCharge body;
    int64_t left = 0;
    pb__reverse_charge__init(&body);
    body.charge = draft_document(g, KIND(CHARGE), &left);
    body.amount_minor = draft_part(g, left, true);
    body.reading = (Pb__Reading)random_between(&g->random, g->is_sensible ? 1 : 0, 2);
    body.reason = draft_reason(g);
    if (body.reading == PB__READING__READING_CORRECTION && random_percent(&g->random, 90)) {
        g->request.effective_on = draft_text(g, "%s", "");
    }
    g->request.command_case = PB__REQUEST__COMMAND_REVERSE_CHARGE;
    g->request.reverse_charge = &body;
}

static void draft_place_hold(struct generator *g) {
    static Pb__PlaceHold body;
    pb__place_hold__init(&body);
    body.hold = draft_new_id(g, 'H');
    body.amount_minor = draft_amount(g);
    body.category = draft_category(g);
    if (random_percent(&g->random, 60)) {
        body.expires_on = g->is_sensible ? draft_near_date(g, 0, 20) : draft_wild_date(g);
    }
    g->request.command_case = PB__REQUEST__COMMAND_PLACE_HOLD;
    g->request.place_hold = &body;
}

static void draft_capture_hold(struct generator *g) {
    static Pb__CaptureHold body;
    int64_t left = 0;
    pb__capture_hold__init(&body);
    body.hold = draft_document(g, KIND(HOLD), &left);
    body.charge = draft_new_id(g, 'C');
    body.amount_minor = draft_part(g, left, true);
    body.keep_rest = random_percent(&g->random, 40);
    g->request.command_case = PB__REQUEST__COMMAND_CAPTURE_HOLD;
    g->request.capture_hold = &body;
}

static void draft_release_hold(struct generator *g) {
    static Pb__ReleaseHold body;
    int64_t left = 0;
    pb__release_hold__init(&body);
    body.hold = draft_document(g, KIND(HOLD), &left);
    body.amount_minor = draft_part(g, left, true);
    g->request.command_case = PB__REQUEST__COMMAND_RELEASE_HOLD;
    g->request.release_hold = &body;
}

static void draft_reactivate(struct generator *g) {
    static Pb__ReactivateLot body;
    int64_t left = 0;
    pb__reactivate_lot__init(&body);
    for (int tries = 0; tries < 6; tries++) {
        body.lot = draft_document(g, KIND(LOT), &left);
        left = tally_last(g->tally, (struct doc){g->request.customer, KIND(LOT), body.lot, 0}, ASIDE);
        if (left > 0) {
            break;
        }
    }
    body.amount_minor = draft_part(g, left, true);
    body.reason = draft_reason(g);
    if (random_percent(&g->random, 70)) {
        body.expires_on = draft_near_date(g, g->is_sensible ? -4 : 5, 40);
    }
    g->request.command_case = PB__REQUEST__COMMAND_REACTIVATE_LOT;
    g->request.reactivate_lot = &body;
}

static void draft_policy(struct generator *g) {
    static Pb__SetCreditPolicy body;
    struct random_source *random = &g->random;
    pb__set_credit_policy__init(&body);
    body.state = (Pb__LimitState)(random_percent(random, 70) ? 3 : random_between(random, 0, 3));
    body.limit_minor = body.state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT || random_percent(random, 5)
                           ? random_between(random, g->is_sensible ? 0 : -1, 12) * 50
                           : 0;
    body.mode = (Pb__CreditMode)random_between(random, 0, 2);
    if (random_percent(random, 30)) {
        body.until_on = draft_near_date(g, g->is_sensible ? 0 : 10, 40);
    }
    g->request.command_case = PB__REQUEST__COMMAND_SET_CREDIT_POLICY;
    g->request.set_credit_policy = &body;
}

static void draft_credit_hold(struct generator *g) {
    static Pb__PlaceCreditHold place;
    static Pb__LiftCreditHold lift;
    if (random_percent(&g->random, 40)) {
        pb__place_credit_hold__init(&place);
        place.reason = draft_reason(g);
        g->request.command_case = PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD;
        g->request.place_credit_hold = &place;
    } else {
        pb__lift_credit_hold__init(&lift);
        lift.reason = draft_reason(g);
        g->request.command_case = PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD;
        g->request.lift_credit_hold = &lift;
    }
}

static void draft_dispute(struct generator *g) {
    static Pb__OpenDispute open;
    static Pb__ResolveDispute resolve;
    int64_t left = 0;
    if (random_percent(&g->random, 55)) {
        pb__open_dispute__init(&open);
        open.dispute = draft_new_id(g, 'D');
        open.charge = draft_document(g, KIND(CHARGE), &left);
        open.amount_minor = draft_part(g, left, true);
        open.reason = draft_reason(g);
        g->request.command_case = PB__REQUEST__COMMAND_OPEN_DISPUTE;
        g->request.open_dispute = &open;
    } else {
        pb__resolve_dispute__init(&resolve);
        resolve.dispute = draft_document(g, KIND(DISPUTE), &left);
        resolve.outcome = (Pb__DisputeOutcome)random_between(&g->random, g->is_sensible ? 1 : 0, 3);
        g->request.command_case = PB__REQUEST__COMMAND_RESOLVE_DISPUTE;
        g->request.resolve_dispute = &resolve;
    }
}

static void draft_expire(struct generator *g) {
    static Pb__ExpireDue body;
    pb__expire_due__init(&body);
    if (random_percent(&g->random, 40)) {
        body.through_on = draft_near_date(g, 20, 3);
    }
    g->request.command_case = PB__REQUEST__COMMAND_EXPIRE_DUE;
    g->request.expire_due = &body;
}

static void draft_apply(struct generator *g) {
    static Pb__ApplyDeposit body;
    int64_t left = 0;
    pb__apply_deposit__init(&body);
    body.charge = draft_document(g, KIND(CHARGE), &left);
    body.amount_minor = draft_part(g, left, true);
    g->request.command_case = PB__REQUEST__COMMAND_APPLY_DEPOSIT;
    g->request.apply_deposit = &body;
}

void draft_money_command(struct generator *g, int command) {
    static void (*const drafts[MONEY_COMMANDS])(struct generator *) = {
        draft_deposit,        draft_deposit,    draft_deposit,    draft_charge,       draft_charge,
        draft_charge,         draft_charge,     draft_charge,     draft_payment,      draft_payment,
        draft_payment,        draft_settle,     draft_allocate,   draft_allocate,     draft_unallocate,
        draft_adjustment,     draft_adjustment, draft_adjustment, draft_refund,       draft_reverse_payment,
        draft_reverse_charge, draft_place_hold, draft_place_hold, draft_capture_hold, draft_release_hold,
        draft_reactivate,     draft_policy,     draft_dispute,    draft_apply,        draft_credit_hold,
    };
    if (command == MONEY_COMMANDS - 1 && random_percent(&g->random, 50)) {
        draft_expire(g);
        return;
    }
    drafts[command](g);
}
