/* Payments, allocations, and what reversals unwind. */
#include <inttypes.h>
#include <string.h>

#include "facts.h"
#include "judge.h"

/* ---- allocations ---- */

struct expected_allocation {
    struct doc source;
    struct doc target;
    const char *id;
    int64_t amount;
    int32_t date;
    Pb__AllocationRule rule;
};

/* What is left of an item that was nearly settled is closed by an event, within the tolerance that was given. */
static bool judge_rounding(struct judge *judge, const struct expected_allocation *expected) {
    int64_t open = tally_lowest(judge->tally, expected->target, LEFT, expected->date);
    if (open == 0 || open > rounding_tolerance(judge->request)) {
        return !judge_failed(judge);
    }
    const Pb__Event *event = judge_next(judge, BODY(ADJUSTMENT_POSTED));
    if (event == NULL) {
        return false;
    }
    char id[24];
    const Pb__AdjustmentPosted *body = event->adjustment_posted;
    (void)snprintf(id, sizeof id, "#%" PRIu64, event->sequence);
    judge_expect(judge,
                 body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING && body->amount_minor == open &&
                     is_same_text(body->adjustment, id) && body->target_kind == expected->target.kind &&
                     is_same_text(body->target, expected->target.id) && body->instalment == expected->target.part &&
                     event->effective_on == expected->date,
                 "rounding", "event %" PRIu64 " rounds off %" PRId64 " of \"%s\"; %" PRId64 " of \"%s\" are open",
                 event->sequence, body->amount_minor, body->target, open, expected->target.id);
    return judge_take(judge);
}

static bool judge_allocated(struct judge *judge, const struct expected_allocation *expected) {
    const Pb__Event *event = judge_next(judge, BODY(ALLOCATED));
    if (event == NULL) {
        return false;
    }
    const Pb__Allocated *body = event->allocated;
    judge_expect(judge,
                 body->target_kind == expected->target.kind && is_same_text(body->target, expected->target.id) &&
                     body->instalment == expected->target.part && body->source_kind == expected->source.kind &&
                     is_same_text(body->source, expected->source.id) && is_same_text(body->allocation, expected->id) &&
                     body->rule == expected->rule,
                 "allocation", "event %" PRIu64 " allocates \"%s\" to \"%s\", not \"%s\" to \"%s\"", event->sequence,
                 body->source, body->target, expected->source.id, expected->target.id);
    judge_expect(judge, body->amount_minor == expected->amount && event->effective_on == expected->date, "allocation",
                 "event %" PRIu64 " allocates %" PRId64 " on day %d, not %" PRId64 " on day %d", event->sequence,
                 body->amount_minor, event->effective_on, expected->amount, expected->date);
    return judge_take(judge) && judge_rounding(judge, expected);
}

/* Oldest due first, each as far as both reach from the allocation's date on. */
static void judge_oldest_first(struct judge *judge, struct doc source, int32_t posted_on) {
    static struct items items;
    int32_t earliest = judge->is_dated ? later(judge->effective_on, posted_on) : posted_on;
    tally_items(judge->tally, source.customer, judge->currency, &items);
    for (size_t i = 0; i < items.count && !judge_failed(judge); i++) {
        struct expected_allocation expected = {.source = source,
                                               .target = items.items[i].doc,
                                               .id = "",
                                               .date = later(earliest, items.items[i].made->effective_on),
                                               .rule = PB__ALLOCATION_RULE__ALLOCATION_RULE_OLDEST_DUE_FIRST};
        expected.amount = least(tally_lowest(judge->tally, source, LEFT, expected.date),
                                tally_lowest(judge->tally, expected.target, LEFT, expected.date));
        if (expected.amount > 0) {
            judge_allocated(judge, &expected);
        }
    }
}

/* To one instalment, or in their order to all of them. */
static void judge_plan(struct judge *judge, struct expected_allocation *expected, uint32_t parts, uint32_t part) {
    uint32_t first = part == 0 && parts > 0 ? 1 : part;
    uint32_t last = part == 0 ? parts : part;
    int64_t rest = expected->amount;
    if (rest == 0) {
        int64_t open = 0;
        for (uint32_t i = first; i <= last; i++) {
            expected->target.part = i;
            open += tally_lowest(judge->tally, expected->target, LEFT, expected->date);
        }
        rest = least(tally_lowest(judge->tally, expected->source, LEFT, expected->date), open);
    }
    for (uint32_t i = first; i <= last && rest > 0 && !judge_failed(judge); i++) {
        expected->target.part = i;
        expected->amount = least(rest, tally_lowest(judge->tally, expected->target, LEFT, expected->date));
        rest -= expected->amount;
        if (expected->amount > 0) {
            judge_allocated(judge, expected);
            expected->id = ""; /* The id names the first. */
        }
    }
    judge_expect(judge, rest == 0, "allocation", "%" PRId64 " more than is open was allocated to \"%s\"", rest,
                 expected->target.id);
}

static void judge_plans(struct judge *judge, struct doc source, int32_t posted_on, size_t count,
                        Pb__AllocationPlan **plans) {
    bool is_own_date = judge->is_dated && judge->request->command_case == PB__REQUEST__COMMAND_ALLOCATE;
    for (size_t i = 0; i < count && !judge_failed(judge); i++) {
        const Pb__AllocationPlan *plan = plans[i];
        Pb__DocumentKind kind = plan->target_kind != KIND(UNSPECIFIED) ? plan->target_kind : KIND(CHARGE);
        struct doc target = judge_doc(judge, kind, plan->target);
        const Pb__Event *made = tally_made(judge->tally, target);
        if (!judge_expect(judge, made != NULL && !made_is_source(made) && plan->instalment <= made_parts(made),
                          "unknown", "allocated to no item \"%s\"", plan->target)) {
            return;
        }
        struct expected_allocation expected = {source,
                                               target,
                                               plan->allocation,
                                               plan->amount_minor,
                                               is_own_date ? judge->effective_on : later(posted_on, made->effective_on),
                                               PB__ALLOCATION_RULE__ALLOCATION_RULE_EXPLICIT};
        judge_plan(judge, &expected, made_parts(made), plan->instalment);
    }
}

void judge_payment(struct judge *judge) {
    const Pb__ReceivePayment *asked = judge->request->receive_payment;
    const Pb__Event *event = judge_next(judge, BODY(PAYMENT_RECEIVED));
    if (event == NULL) {
        return;
    }
    const Pb__PaymentReceived *made = event->payment_received;
    bool is_pending = asked->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING;
    judge_expect(judge,
                 made->amount_minor == asked->amount_minor && is_same_text(event->currency, judge->currency) &&
                     event->effective_on == judge->effective_on &&
                     (made->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING) == is_pending,
                 "payment", "payment \"%s\" is another than asked", asked->payment);
    if (!judge_take(judge) || is_pending) {
        return;
    }
    struct doc payment = judge_doc(judge, KIND(PAYMENT), asked->payment);
    judge_plans(judge, payment, judge->effective_on, asked->n_allocations, asked->allocations);
    if (asked->auto_ == PB__AUTO_ALLOCATE__AUTO_ALLOCATE_OLDEST_FIRST ||
        (asked->auto_ == PB__AUTO_ALLOCATE__AUTO_ALLOCATE_UNSPECIFIED && asked->n_allocations == 0)) {
        judge_oldest_first(judge, payment, judge->effective_on);
    }
}

void judge_settle(struct judge *judge) {
    const char *id = judge->request->settle_payment->payment;
    int64_t pending = tally_last(judge->tally, judge_doc(judge, KIND(PAYMENT), id), PENDING);
    const Pb__Event *event = judge_next(judge, BODY(PAYMENT_SETTLED));
    if (event != NULL) {
        judge_expect(judge, event->payment_settled->amount_minor == pending && pending > 0, "payment",
                     "payment \"%s\" settled with %" PRId64 " of %" PRId64 " pending", id,
                     event->payment_settled->amount_minor, pending);
        judge_expect(judge, event->effective_on == judge->effective_on, "date", "settled on another day");
        judge_take(judge);
    }
}

void judge_allocate(struct judge *judge) {
    const Pb__Allocate *asked = judge->request->allocate;
    struct doc source =
        judge_doc(judge, asked->source_kind != KIND(UNSPECIFIED) ? asked->source_kind : KIND(PAYMENT), asked->source);
    const Pb__Event *made = tally_made(judge->tally, source);
    if (!judge_expect(judge, made != NULL && made_is_source(made), "unknown", "\"%s\" was allocated", asked->source)) {
        return;
    }
    if (asked->n_allocations > 0) {
        judge_plans(judge, source, tally_counts_from(judge->tally, made), asked->n_allocations, asked->allocations);
        return;
    }
    size_t before = judge->at;
    judge->currency = made->currency;
    judge_oldest_first(judge, source, tally_counts_from(judge->tally, made));
    judge_expect(judge, judge->at > before, "allocation", "nothing was allocated, and that was accepted");
}

/* The Allocated event of "#7" or of an id; NULL: none. */
static const Pb__Event *find_allocated(const struct judge *judge, const char *id) {
    for (size_t i = 0; i < judge->tally->count; i++) {
        const Pb__Event *event = judge->tally->events[i];
        char number[24];
        (void)snprintf(number, sizeof number, "#%" PRIu64, event->sequence);
        if (event->body_case == BODY(ALLOCATED) && is_same_text(event->customer, judge->request->customer) &&
            (is_same_text(number, id) || (id[0] != '\0' && is_same_text(event->allocated->allocation, id)))) {
            return event;
        }
    }
    return NULL;
}

void judge_unallocate(struct judge *judge) {
    const Pb__Unallocate *asked = judge->request->unallocate;
    const Pb__Event *allocated = find_allocated(judge, asked->allocation);
    const Pb__Event *event = judge_next(judge, BODY(UNALLOCATED));
    if (event == NULL ||
        !judge_expect(judge, allocated != NULL, "unknown", "allocation \"%s\" came off", asked->allocation)) {
        return;
    }
    const Pb__Unallocated *body = event->unallocated;
    judge_expect(judge,
                 body->allocation_sequence == allocated->sequence &&
                     is_same_text(body->source, allocated->allocated->source) &&
                     is_same_text(body->target, allocated->allocated->target) &&
                     (asked->amount_minor == 0 || body->amount_minor == asked->amount_minor) &&
                     body->cause == PB__UNALLOCATION_CAUSE__UNALLOCATION_CAUSE_REQUESTED &&
                     event->effective_on == judge->effective_on && event->effective_on >= allocated->effective_on,
                 "unallocation", "something else came off than \"%s\"", asked->allocation);
    judge_take(judge);
}

/* ---- reversals ---- */

struct unwinding {
    struct doc doc;
    Pb__Reading reading;
    int32_t date; /* On which the reversal counts. */
    int64_t amount;
    Pb__UnallocationCause cause;
};

static void judge_use_undone(struct judge *judge, const struct use *use, int64_t amount, int32_t date,
                             Pb__UnallocationCause cause) {
    const Pb__Event *event = judge_next(judge, use->lot != NULL ? BODY(DEPOSIT_RESTORED) : BODY(UNALLOCATED));
    if (event == NULL) {
        return;
    }
    judge_expect(judge, event->effective_on == date, "unwinding", "event %" PRIu64 " counts for day %d, not %d",
                 event->sequence, event->effective_on, date);
    if (use->lot != NULL) {
        const Pb__DepositRestored *body = event->deposit_restored;
        judge_expect(judge,
                     body->n_slices == 1 && body->instalment == use->part &&
                         is_same_text(body->slices[0]->lot, use->lot) && body->slices[0]->amount_minor == amount,
                     "unwinding", "event %" PRIu64 " gives back other slices than %" PRId64 " to \"%s\"",
                     event->sequence, amount, use->lot);
    } else {
        const Pb__Unallocated *body = event->unallocated;
        judge_expect(judge,
                     body->allocation_sequence == use->sequence && body->amount_minor == amount &&
                         body->instalment == use->part && body->cause == cause,
                     "unwinding", "event %" PRIu64 " takes off something else than %" PRId64 " of event %" PRIu64,
                     event->sequence, amount, use->sequence);
    }
    judge_take(judge);
}

/* The least on the days from `from` to the one before `until`. */
static int64_t lowest_between(const struct tally *tally, struct doc doc, int32_t from, int32_t until) {
    int64_t lowest = INT64_MAX;
    for (int32_t day = from; day != 0 && day < until; day = tally_next_date(tally, doc, LEFT, day)) {
        lowest = least(lowest, tally_level(tally, doc, LEFT, day));
    }
    return lowest;
}

/* Off on its own day (or the reversal's) instead of the later one, on which it is put on again: two events. */
static void judge_off_before(struct judge *judge, const struct taken *taken, int64_t amount, int32_t date,
                             Pb__UnallocationCause cause) {
    const Pb__Event *event = judge_next(judge, BODY(UNALLOCATED));
    if (event == NULL) {
        return;
    }
    const Pb__Unallocated *off = event->unallocated;
    judge_expect(judge,
                 off->allocation_sequence == taken->sequence && off->amount_minor == amount &&
                     off->instalment == taken->part && off->cause == cause && off->instead_of_on == taken->off_on &&
                     event->effective_on == date,
                 "unwinding",
                 "event %" PRIu64 " takes %" PRId64 " of event %" PRIu64 " off on day %d, not %" PRId64
                 " of event %" PRIu64 " on day %d",
                 event->sequence, off->amount_minor, off->allocation_sequence, event->effective_on, amount,
                 taken->sequence, date);
    if (!judge_take(judge) || (event = judge_next(judge, BODY(ALLOCATED))) == NULL) {
        return;
    }
    const Pb__Allocated *made = judge->tally->events[taken->sequence - 1]->allocated;
    const Pb__Allocated *again = event->allocated;
    judge_expect(judge,
                 again->allocation_sequence == taken->sequence && again->amount_minor == amount &&
                     again->instalment == taken->part && again->source_kind == made->source_kind &&
                     is_same_text(again->source, made->source) && again->target_kind == made->target_kind &&
                     is_same_text(again->target, made->target) && again->allocation[0] == '\0' &&
                     event->effective_on == taken->off_on,
                 "unwinding", "event %" PRIu64 " puts on again something else than %" PRId64 " of event %" PRIu64,
                 event->sequence, amount, taken->sequence);
    judge_take(judge);
}

/* What stood for some days and came off since must not have stood, as far as the amount is missing then. */
static void judge_taken(struct judge *judge, const struct unwinding *unwinding) {
    static struct takens takens;
    tally_taken(judge->tally, unwinding->doc, &takens);
    for (size_t i = takens.count; i > 0 && !judge_failed(judge); i--) {
        const struct taken *taken = &takens.items[i - 1];
        bool is_correction = unwinding->reading == PB__READING__READING_CORRECTION;
        int32_t date = is_correction ? taken->date : later(taken->date, unwinding->date);
        int64_t missing = unwinding->amount - lowest_between(judge->tally, unwinding->doc, date, taken->off_on);
        int64_t amount = least(taken->amount, missing);
        if (date < taken->off_on && amount > 0) {
            judge_off_before(judge, taken, amount, date, unwinding->cause);
        }
    }
}

/* In reverse order of use; a use stays where enough is left anyway on every day from which it would come off. */
static void judge_unwinding(struct judge *judge, const struct unwinding *unwinding) {
    struct uses uses;
    judge_taken(judge, unwinding);
    tally_uses(judge->tally, unwinding->doc, &uses);
    for (size_t i = uses.count; i > 0 && !judge_failed(judge); i--) {
        const struct use *use = &uses.items[i - 1];
        bool is_correction = unwinding->reading == PB__READING__READING_CORRECTION;
        int32_t date = is_correction ? use->date : later(use->date, unwinding->date);
        int64_t missing = unwinding->amount - tally_lowest(judge->tally, unwinding->doc, LEFT, date);
        if (missing > 0) {
            judge_use_undone(judge, use, least(use->amount, missing), date, unwinding->cause);
        }
    }
}

void judge_reverse_payment(struct judge *judge) {
    const Pb__ReversePayment *asked = judge->request->reverse_payment;
    struct unwinding unwinding = {.doc = judge_doc(judge, KIND(PAYMENT), asked->payment),
                                  .reading = asked->reading,
                                  .cause = PB__UNALLOCATION_CAUSE__UNALLOCATION_CAUSE_PAYMENT_REVERSED};
    const Pb__Event *made = tally_made(judge->tally, unwinding.doc);
    if (!judge_expect(judge, made != NULL, "unknown", "payment \"%s\" was reversed", asked->payment)) {
        return;
    }
    unwinding.amount = made->payment_received->amount_minor;
    unwinding.date =
        asked->reading == PB__READING__READING_CORRECTION ? tally_counts_from(judge->tally, made) : judge->effective_on;
    bool is_pending = tally_last(judge->tally, unwinding.doc, PENDING) > 0;
    if (!is_pending) {
        judge_unwinding(judge, &unwinding);
    }
    const Pb__Event *event = judge_next(judge, BODY(PAYMENT_REVERSED));
    if (event != NULL) {
        const Pb__PaymentReversed *body = event->payment_reversed;
        judge_expect(judge,
                     is_same_text(body->payment, asked->payment) && body->amount_minor == unwinding.amount &&
                         body->was_pending == is_pending && body->reading == asked->reading &&
                         event->effective_on == unwinding.date,
                     "reversal", "payment \"%s\" was reversed otherwise than asked", asked->payment);
        judge_take(judge);
    }
}

/* One instalment of the charge, or all of it where it has none. */
static void judge_part_reversed(struct judge *judge, struct unwinding *unwinding) {
    const Pb__ReverseCharge *asked = judge->request->reverse_charge;
    judge_unwinding(judge, unwinding);
    const Pb__Event *event = judge_next(judge, BODY(CHARGE_REVERSED));
    if (event != NULL) {
        const Pb__ChargeReversed *body = event->charge_reversed;
        judge_expect(judge,
                     is_same_text(body->charge, asked->charge) && body->amount_minor == unwinding->amount &&
                         body->instalment == unwinding->doc.part && body->reading == asked->reading &&
                         event->effective_on == unwinding->date,
                     "reversal", "charge \"%s\" was reversed otherwise than asked: instalment %u, %" PRId64,
                     asked->charge, body->instalment, body->amount_minor);
        judge_take(judge);
    }
}

/* The instalment that is due last goes first. */
void judge_reverse_charge(struct judge *judge) {
    const Pb__ReverseCharge *asked = judge->request->reverse_charge;
    struct unwinding unwinding = {.doc = judge_doc(judge, KIND(CHARGE), asked->charge),
                                  .reading = asked->reading,
                                  .cause = PB__UNALLOCATION_CAUSE__UNALLOCATION_CAUSE_CHARGE_REVERSED};
    const Pb__Event *made = tally_made(judge->tally, unwinding.doc);
    if (!judge_expect(judge, made != NULL, "unknown", "charge \"%s\" was reversed", asked->charge)) {
        return;
    }
    unwinding.date = asked->reading == PB__READING__READING_CORRECTION ? made->effective_on : judge->effective_on;
    int64_t all = least(tally_unwindable(judge->tally, unwinding.doc), tally_last(judge->tally, unwinding.doc, BILLED));
    int64_t rest = asked->amount_minor != 0 ? asked->amount_minor : all;
    judge_expect(judge, rest > 0 && rest <= all, "reversal", "%" PRId64 " of \"%s\" were reversed; all is %" PRId64,
                 rest, asked->charge, all);
    if (made_parts(made) == 0) {
        unwinding.amount = rest;
        judge_part_reversed(judge, &unwinding);
        return;
    }
    for (uint32_t part = made_parts(made); part > 0 && rest > 0 && !judge_failed(judge); part--) {
        unwinding.doc.part = part;
        unwinding.amount = least(rest, lowest_unwound(judge, unwinding.doc, asked->reading, unwinding.date));
        rest -= unwinding.amount;
        if (unwinding.amount > 0) {
            judge_part_reversed(judge, &unwinding);
        }
    }
}
