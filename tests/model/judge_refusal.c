/* Whether a refusal was justified: would accepting the request have broken the rule that it names? */
#include <inttypes.h>
#include <string.h>

#include "facts.h"
#include "judge.h"

/* More than there is; "all of it" of nothing, too. */
static bool is_too_much(const struct facts *facts, int64_t available) {
    return facts->amount > available || (facts->is_zero_all && facts->amount == 0 && available == 0);
}

static bool is_source_at(const struct judge *judge, struct doc doc) {
    const Pb__Event *made = tally_made(judge->tally, doc);
    return made != NULL && made_is_source(made);
}

/* ---- allocations ---- */

enum reach { REACHES, MORE_THAN_OPEN, MORE_THAN_UNAPPLIED, UNKNOWN_TARGET, DUPLICATE_NAME };

/* Notes the source's part that a plan used, as the engine would have before the next plan. */
static void note_allocation(struct judge *judge, struct doc source, struct doc target, const char *id, int64_t amount,
                            int32_t date) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__Allocated body = PB__ALLOCATED__INIT;
    event.sequence = judge->tally->count == 0 ? 1 : judge->tally->events[judge->tally->count - 1]->sequence + 1;
    event.effective_on = date;
    event.customer = (char *)(uintptr_t)source.customer;
    event.currency = (char *)(uintptr_t)judge->currency;
    body.allocation = (char *)(uintptr_t)id;
    body.source_kind = source.kind;
    body.source = (char *)(uintptr_t)source.id;
    body.target_kind = target.kind;
    body.target = (char *)(uintptr_t)target.id;
    body.instalment = target.part;
    body.amount_minor = amount;
    event.body_case = BODY(ALLOCATED);
    event.allocated = &body;
    tally_add(judge->tally, &event);
    int64_t open = tally_lowest(judge->tally, target, LEFT, date);
    if (open > 0 && open <= rounding_tolerance(judge->request)) {
        Pb__AdjustmentPosted rounding = PB__ADJUSTMENT_POSTED__INIT;
        rounding.adjustment = (char *)(uintptr_t) "#";
        rounding.kind = PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING;
        rounding.amount_minor = open;
        rounding.target_kind = target.kind;
        rounding.target = (char *)(uintptr_t)target.id;
        rounding.instalment = target.part;
        event.sequence++;
        event.body_case = BODY(ADJUSTMENT_POSTED);
        event.adjustment_posted = &rounding;
        tally_add(judge->tally, &event);
    }
}

/* What is open of one instalment, of all of them, or of an item without any. */
static int64_t open_of_parts(const struct judge *judge, struct doc doc, uint32_t parts, uint32_t part, int32_t date) {
    int64_t open = 0;
    doc.part = part == 0 && parts > 0 ? 1 : part;
    do {
        open += tally_lowest(judge->tally, doc, LEFT, date);
        doc.part++;
    } while (part == 0 && doc.part <= parts);
    return open;
}

static enum reach reach_of_plans(struct judge *judge, const struct facts *facts, struct doc source) {
    const Pb__Event *from = tally_made(judge->tally, source);
    bool is_own_date = judge->is_dated && judge->request->command_case == PB__REQUEST__COMMAND_ALLOCATE;
    for (size_t i = 0; i < facts->plan_count; i++) {
        const Pb__AllocationPlan *plan = facts->plans[i];
        struct doc target =
            judge_doc(judge, plan->target_kind != KIND(UNSPECIFIED) ? plan->target_kind : KIND(CHARGE), plan->target);
        const Pb__Event *to = tally_made(judge->tally, target);
        if (plan->allocation[0] != '\0' &&
            tally_made(judge->tally, judge_doc(judge, KIND(ALLOCATION), plan->allocation)) != NULL) {
            return DUPLICATE_NAME;
        }
        if (to == NULL || made_is_source(to) ||
            (to->body_case == BODY(ADJUSTMENT_POSTED) && to->adjustment_posted->target[0] != '\0')) {
            return UNKNOWN_TARGET;
        }
        int32_t date =
            is_own_date ? judge->effective_on : later(tally_counts_from(judge->tally, from), to->effective_on);
        if (plan->instalment > made_parts(to)) {
            return UNKNOWN_TARGET;
        }
        int64_t open = open_of_parts(judge, target, made_parts(to), plan->instalment, date);
        int64_t unapplied = tally_lowest(judge->tally, source, LEFT, date);
        int64_t amount = plan->amount_minor != 0 ? plan->amount_minor : least(open, unapplied);
        if (amount > open || open == 0) {
            return MORE_THAN_OPEN;
        }
        if (amount > unapplied || unapplied == 0) {
            return MORE_THAN_UNAPPLIED;
        }
        const char *name = plan->allocation;
        target.part = plan->instalment == 0 && made_parts(to) > 0 ? 1 : plan->instalment;
        for (; amount > 0 && target.part <= made_parts(to); target.part++) {
            int64_t part = least(amount, tally_lowest(judge->tally, target, LEFT, date));
            if (part > 0) {
                note_allocation(judge, source, target, name, part, date);
                name = "";
                amount -= part;
            }
            if (plan->instalment != 0 || made_parts(to) == 0) {
                break;
            }
        }
    }
    return REACHES;
}

static bool reaches_nothing(const struct judge *judge, struct doc source) {
    const Pb__Event *from = tally_made(judge->tally, source);
    int32_t counts_from = tally_counts_from(judge->tally, from);
    int32_t earliest = judge->is_dated ? later(judge->effective_on, counts_from) : counts_from;
    static struct items items;
    tally_items(judge->tally, source.customer, from->currency, &items);
    for (size_t i = 0; i < items.count; i++) {
        struct doc target = items.items[i].doc;
        int32_t date = later(earliest, items.items[i].made->effective_on);
        if (tally_lowest(judge->tally, source, LEFT, date) > 0 && tally_lowest(judge->tally, target, LEFT, date) > 0) {
            return false;
        }
    }
    return true;
}

/* Adds the payment that the request would have made. */
static struct doc note_payment(struct judge *judge, const struct facts *facts) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__PaymentReceived body = PB__PAYMENT_RECEIVED__INIT;
    event.sequence = judge->tally->count == 0 ? 1 : judge->tally->events[judge->tally->count - 1]->sequence + 1;
    event.effective_on = judge->effective_on;
    event.customer = judge->request->customer;
    event.currency = (char *)(uintptr_t)judge->currency;
    body.payment = (char *)(uintptr_t)facts->id;
    body.amount_minor = facts->amount;
    body.status = PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED;
    event.body_case = BODY(PAYMENT_RECEIVED);
    event.payment_received = &body;
    tally_add(judge->tally, &event);
    return judge_doc(judge, KIND(PAYMENT), facts->id);
}

static enum reach reach_of(struct judge *judge, const struct facts *facts) {
    bool is_payment = judge->request->command_case == PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    struct doc source = is_payment ? note_payment(judge, facts) : judge_doc(judge, facts->about, facts->about_id);
    if (tally_made(judge->tally, source) == NULL) {
        return UNKNOWN_TARGET;
    }
    if (facts->plan_count == 0) {
        return reaches_nothing(judge, source) ? MORE_THAN_OPEN : REACHES;
    }
    return reach_of_plans(judge, facts, source);
}

static bool is_about_allocations(const struct judge *judge) {
    return judge->request->command_case == PB__REQUEST__COMMAND_ALLOCATE ||
           judge->request->command_case == PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
}

/* ---- reversals ---- */

int64_t lowest_unwound(const struct judge *judge, struct doc doc, Pb__Reading reading, int32_t date) {
    static struct takens takens;
    struct uses uses;
    int64_t lowest = INT64_MAX;
    tally_uses(judge->tally, doc, &uses);
    tally_taken(judge->tally, doc, &takens);
    for (int32_t day = date; day != 0;) {
        int64_t level = tally_level(judge->tally, doc, LEFT, day);
        int32_t next = tally_next_date(judge->tally, doc, LEFT, day);
        for (size_t i = 0; i < uses.count; i++) {
            int32_t off =
                reading == PB__READING__READING_CORRECTION ? uses.items[i].date : later(uses.items[i].date, date);
            level += off <= day ? uses.items[i].amount : 0;
        }
        for (size_t i = 0; i < takens.count; i++) {
            const struct taken *taken = &takens.items[i];
            int32_t off = reading == PB__READING__READING_CORRECTION ? taken->date : later(taken->date, date);
            level += off <= day && day < taken->off_on ? taken->amount : 0;
            next = taken->off_on > day && (next == 0 || taken->off_on < next) ? taken->off_on : next;
        }
        lowest = least(lowest, level);
        day = next;
    }
    return lowest;
}

/* Instalments are taken from the last to the first, each as far as it can give on every day. */
static bool is_irreversible_charge(const struct judge *judge, const struct facts *facts) {
    const Pb__ReverseCharge *asked = judge->request->reverse_charge;
    struct doc doc = judge_doc(judge, KIND(CHARGE), asked->charge);
    const Pb__Event *made = tally_made(judge->tally, doc);
    if (made == NULL) {
        return false;
    }
    int64_t all = least(tally_unwindable(judge->tally, doc), tally_last(judge->tally, doc, BILLED));
    bool is_correction = asked->reading == PB__READING__READING_CORRECTION;
    int32_t date = is_correction ? made->effective_on : judge->effective_on;
    int64_t rest = facts->amount != 0 ? facts->amount : all;
    if (rest > all) {
        return true;
    }
    for (doc.part = made_parts(made); rest > 0; doc.part--) {
        rest -= least(rest, lowest_unwound(judge, doc, asked->reading, date));
        if (doc.part <= 1) {
            break;
        }
    }
    return rest > 0;
}

static bool is_irreversible_payment(const struct judge *judge) {
    const Pb__ReversePayment *asked = judge->request->reverse_payment;
    struct doc doc = judge_doc(judge, KIND(PAYMENT), asked->payment);
    const Pb__Event *made = tally_made(judge->tally, doc);
    bool is_correction = asked->reading == PB__READING__READING_CORRECTION;
    return made != NULL && lowest_unwound(judge, doc, asked->reading,
                                          is_correction ? tally_counts_from(judge->tally, made) : judge->effective_on) <
                               made->payment_received->amount_minor;
}

/* ---- too much of something ---- */

static bool exceeds_open(struct judge *judge, const struct facts *facts) {
    struct doc doc = judge_doc(judge, facts->about, facts->about_id != NULL ? facts->about_id : "");
    if (is_about_allocations(judge)) {
        return reach_of(judge, facts) == MORE_THAN_OPEN;
    }
    if (judge->request->command_case == PB__REQUEST__COMMAND_REVERSE_CHARGE) {
        return is_irreversible_charge(judge, facts);
    }
    if (judge->request->command_case == PB__REQUEST__COMMAND_POST_ADJUSTMENT) {
        doc.part = judge->request->post_adjustment->instalment;
    }
    int64_t open = tally_lowest(judge->tally, doc, LEFT, judge->effective_on);
    if (judge->request->command_case == PB__REQUEST__COMMAND_OPEN_DISPUTE) {
        for (size_t i = 0; i < judge->tally->count; i++) {
            const Pb__Event *event = judge->tally->events[i];
            if (event->body_case == BODY(DISPUTE_OPENED) && is_same_text(event->customer, doc.customer) &&
                is_same_text(event->dispute_opened->charge, doc.id)) {
                open -= tally_last(judge->tally, judge_doc(judge, KIND(DISPUTE), event->dispute_opened->dispute), LEFT);
            }
        }
        open = open < 0 ? 0 : open;
    }
    return is_too_much(facts, open);
}

static bool exceeds_unapplied(struct judge *judge, const struct facts *facts) {
    switch ((int)judge->request->command_case) {
    case PB__REQUEST__COMMAND_ALLOCATE:
    case PB__REQUEST__COMMAND_RECEIVE_PAYMENT:
        return reach_of(judge, facts) == MORE_THAN_UNAPPLIED;
    case PB__REQUEST__COMMAND_REVERSE_PAYMENT:
        return is_irreversible_payment(judge);
    case PB__REQUEST__COMMAND_UNALLOCATE:
        for (size_t i = 0; i < judge->tally->count; i++) {
            const Pb__Event *event = judge->tally->events[i];
            char number[24];
            (void)snprintf(number, sizeof number, "#%" PRIu64, event->sequence);
            if (event->body_case != BODY(ALLOCATED) || !is_same_text(event->customer, judge->request->customer) ||
                (!is_same_text(number, facts->about_id) &&
                 !is_same_text(event->allocated->allocation, facts->about_id))) {
                continue;
            }
            int64_t standing = 0;
            for (size_t j = 0; j < judge->tally->effect_count; j++) {
                const struct effect *effect = &judge->tally->effects[j];
                standing += effect->measure == STANDING && effect->allocation == event->sequence ? effect->amount : 0;
            }
            return is_too_much(facts, standing);
        }
        return false;
    default:
        return is_too_much(facts, tally_lowest(judge->tally, judge_doc(judge, facts->about, facts->about_id), LEFT,
                                               judge->effective_on));
    }
}

static bool exceeds_written_off(const struct judge *judge, const struct facts *facts) {
    struct doc doc = judge_doc(judge, facts->about, facts->about_id);
    doc.part = judge->request->post_adjustment->instalment;
    return is_too_much(facts, tally_lowest(judge->tally, doc, ASIDE, judge->effective_on));
}

/* What lots would leave to be charged on credit. -1: the request charges nothing. */
static int64_t on_credit(const struct judge *judge, const struct facts *facts, Pb__Settlement *settlement) {
    const Pb__CustomerProfile *profile = tally_profile_on(judge->tally, judge->request->customer, judge->effective_on);
    struct picks picks = {.count = 0};
    struct pick_question question = {judge->request->customer, judge->currency, "",
                                     judge->effective_on,      facts->amount,   true};
    *settlement = profile != NULL ? profile->settlement : PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED;
    switch ((int)judge->request->command_case) {
    case PB__REQUEST__COMMAND_POST_CHARGE:
        question.category = judge->request->post_charge->category;
        if (judge->request->post_charge->settlement != PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED) {
            *settlement = judge->request->post_charge->settlement;
        }
        break;
    case PB__REQUEST__COMMAND_PLACE_HOLD:
        question.category = judge->request->place_hold->category;
        question.with_expired = false;
        break;
    default:
        return -1;
    }
    if (*settlement != PB__SETTLEMENT__SETTLEMENT_RECEIVABLE || !question.with_expired) {
        tally_pick(judge->tally, &question, &picks);
    }
    return facts->amount - picks.sum;
}

static bool exceeds_deposit(struct judge *judge, const struct facts *facts) {
    Pb__Settlement settlement = PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED;
    struct doc doc = judge_doc(judge, facts->about, facts->about_id != NULL ? facts->about_id : "");
    const Pb__Event *made = tally_made(judge->tally, doc);
    struct picks picks;
    switch ((int)judge->request->command_case) {
    case PB__REQUEST__COMMAND_POST_CHARGE:
    case PB__REQUEST__COMMAND_PLACE_HOLD:
        return on_credit(judge, facts, &settlement) > 0 && settlement == PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY;
    case PB__REQUEST__COMMAND_APPLY_DEPOSIT:
        if (made == NULL) {
            return false;
        }
        int64_t open = tally_lowest(judge->tally, doc, LEFT, judge->effective_on);
        struct pick_question question = {doc.customer,
                                         made->currency,
                                         made->charge_posted->category,
                                         judge->effective_on,
                                         facts->amount != 0 ? facts->amount : open,
                                         true};
        tally_pick(judge->tally, &question, &picks);
        return picks.sum == 0 || (facts->amount != 0 && picks.sum < facts->amount);
    case PB__REQUEST__COMMAND_REACTIVATE_LOT:
        return made != NULL && (made->deposit_received->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_FORFEIT ||
                                is_too_much(facts, tally_lowest(judge->tally, doc, ASIDE, judge->effective_on)));
    default:
        return is_too_much(facts, tally_lowest(judge->tally, doc, LEFT, judge->effective_on));
    }
}

static bool is_over_limit(const struct judge *judge, const struct facts *facts, Pb__RefusalCode code) {
    Pb__Settlement settlement = PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED;
    int64_t amount = on_credit(judge, facts, &settlement);
    struct exposure exposure = tally_exposure(judge->tally, judge->request->customer, judge->currency,
                                              later(judge->effective_on, judge->today));
    if (amount <= 0) {
        return false;
    }
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_CREDIT_HOLD) {
        return exposure.on_hold;
    }
    bool is_assessed = exposure.policy != NULL && exposure.policy->state != PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED;
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_UNASSESSED) {
        return !is_assessed && judge->history->world.refuses_unassessed;
    }
    return is_assessed && exposure.policy->mode == PB__CREDIT_MODE__CREDIT_MODE_BLOCK &&
           exposure_passes(&exposure, amount);
}

/* ---- documents, dates and the rest ---- */

static bool is_duplicate(struct judge *judge, const struct facts *facts) {
    if (facts->id != NULL && tally_made(judge->tally, judge_doc(judge, facts->makes, facts->id)) != NULL) {
        return true;
    }
    return is_about_allocations(judge) && reach_of(judge, facts) == DUPLICATE_NAME;
}

static bool is_unknown(struct judge *judge, const struct facts *facts) {
    bool is_named = facts->about_id != NULL && facts->about_id[0] != '\0';
    const Pb__Event *made = is_named ? tally_made(judge->tally, judge_doc(judge, facts->about, facts->about_id)) : NULL;
    bool is_of_item = made != NULL && made->body_case == BODY(ADJUSTMENT_POSTED) &&
                      made->adjustment_posted->target[0] != '\0'; /* Only a name. */
    if (is_named && facts->about != KIND(ALLOCATION) && (made == NULL || is_of_item)) {
        return true;
    }
    switch ((int)judge->request->command_case) {
    case PB__REQUEST__COMMAND_UNALLOCATE:
        for (size_t i = 0; i < judge->tally->count; i++) {
            char number[24];
            (void)snprintf(number, sizeof number, "#%" PRIu64, judge->tally->events[i]->sequence);
            if (judge->tally->events[i]->body_case == BODY(ALLOCATED) && is_same_text(number, facts->about_id) &&
                is_same_text(judge->tally->events[i]->customer, judge->request->customer)) {
                return false;
            }
        }
        return made == NULL;
    case PB__REQUEST__COMMAND_POST_ADJUSTMENT:
        return made != NULL && (made_is_source(made) || judge->request->post_adjustment->instalment > made_parts(made));
    case PB__REQUEST__COMMAND_ALLOCATE:
        return (made != NULL && !made_is_source(made)) || reach_of(judge, facts) == UNKNOWN_TARGET;
    case PB__REQUEST__COMMAND_RECEIVE_PAYMENT:
        return reach_of(judge, facts) == UNKNOWN_TARGET;
    default:
        return false;
    }
}

static bool is_balance_left(const struct judge *judge) {
    static const enum measure counted[] = {LEFT, HELD, HELD_CREDIT, PENDING, ASIDE};
    for (size_t i = 0; i < judge->tally->effect_count; i++) {
        const struct effect *effect = &judge->tally->effects[i];
        struct doc doc = {effect->customer, effect->kind, effect->id, 0};
        if (!is_same_text(effect->customer, judge->request->customer)) {
            continue;
        }
        for (size_t j = 0; j < sizeof counted / sizeof *counted; j++) {
            if (tally_last(judge->tally, doc, counted[j]) != 0) {
                return true;
            }
        }
        if (effect->date > judge->effective_on) {
            return true; /* A movement after the closing. */
        }
    }
    return false;
}

static bool is_pending(const struct judge *judge, const struct facts *facts) {
    if (judge->request->command_case == PB__REQUEST__COMMAND_RECEIVE_PAYMENT) {
        return judge->request->receive_payment->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING;
    }
    return tally_last(judge->tally, judge_doc(judge, KIND(PAYMENT), facts->about_id), PENDING) > 0;
}

static bool is_all_reversed(const struct judge *judge, const struct facts *facts) {
    struct doc doc = judge_doc(judge, facts->about, facts->about_id);
    if (facts->about == KIND(CHARGE)) {
        return tally_last(judge->tally, doc, BILLED) == 0 || tally_unwindable(judge->tally, doc) == 0;
    }
    for (size_t i = 0; i < judge->tally->count; i++) {
        const Pb__Event *event = judge->tally->events[i];
        if (event->body_case == BODY(PAYMENT_REVERSED) && is_same_text(event->customer, doc.customer) &&
            is_same_text(event->payment_reversed->payment, doc.id)) {
            return true;
        }
    }
    return false;
}

static bool is_not_refundable(const struct judge *judge) {
    struct doc doc = judge_doc(judge, judge->request->refund->source_kind, judge->request->refund->source);
    const Pb__Event *made = tally_made(judge->tally, doc);
    return made != NULL &&
           (!is_source_at(judge, doc) || (made->body_case == BODY(DEPOSIT_RECEIVED) &&
                                          made->deposit_received->funding == PB__FUNDING__FUNDING_PROMOTIONAL));
}

static bool is_before_source(const struct judge *judge) {
    int32_t date = read_date(judge->answer->refusal->date);
    const char *id = judge->answer->refusal->document;
    for (size_t i = 0; i < judge->tally->count; i++) {
        const Pb__Event *event = judge->tally->events[i];
        Pb__DocumentKind kind = KIND(UNSPECIFIED);
        const char *made = made_id(event, &kind);
        bool is_named = made != NULL && is_same_text(made, id);
        bool is_allocated = event->body_case == BODY(ALLOCATED) && is_same_text(event->allocated->target, id);
        if ((is_named || is_allocated) && is_same_text(event->customer, judge->request->customer) &&
            date < tally_counts_from(judge->tally, event)) {
            return true;
        }
    }
    return false;
}

static bool is_overflow(const struct judge *judge, const struct facts *facts) {
    int64_t created = facts->amount;
    if (judge->request->command_case == PB__REQUEST__COMMAND_CAPTURE_HOLD && created == 0) {
        created = tally_lowest(judge->tally, judge_doc(judge, KIND(HOLD), facts->about_id), LEFT, judge->effective_on);
    }
    const char *currency = judge->currency;
    const Pb__Event *about =
        facts->about_id == NULL ? NULL : tally_made(judge->tally, judge_doc(judge, facts->about, facts->about_id));
    if (about != NULL && judge->request->currency[0] == '\0') {
        currency = about->currency;
    }
    for (size_t i = 0; i < judge->tally->count; i++) {
        const Pb__Event *e = judge->tally->events[i];
        if (!is_same_text(e->currency, currency)) {
            continue;
        }
        int64_t amount = e->body_case == BODY(DEPOSIT_RECEIVED)    ? e->deposit_received->amount_minor
                         : e->body_case == BODY(CHARGE_POSTED)     ? e->charge_posted->amount_minor
                         : e->body_case == BODY(PAYMENT_RECEIVED)  ? e->payment_received->amount_minor
                         : e->body_case == BODY(HOLD_PLACED)       ? e->hold_placed->amount_minor
                         : e->body_case == BODY(ADJUSTMENT_POSTED) ? e->adjustment_posted->amount_minor
                                                                   : 0;
        if (__builtin_add_overflow(created, amount, &created)) {
            return true;
        }
    }
    return false;
}

static bool is_past_hold(const struct judge *judge, const struct facts *facts) {
    const Pb__Event *hold = tally_made(judge->tally, judge_doc(judge, KIND(HOLD), facts->about_id));
    return hold != NULL && hold->hold_placed->expires_on != 0 && judge->effective_on >= hold->hold_placed->expires_on;
}

/* The codes that say that there is not so much. */
static bool is_too_much_of_something(struct judge *judge, Pb__RefusalCode code, const struct facts *facts) {
    switch ((int)code) {
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_OPEN:
        return exceeds_open(judge, facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_UNAPPLIED:
        return exceeds_unapplied(judge, facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_DEPOSIT:
    case PB__REFUSAL_CODE__REFUSAL_CODE_OUT_OF_SCOPE:
    case PB__REFUSAL_CODE__REFUSAL_CODE_LOT_EXPIRED:
        return exceeds_deposit(judge, facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_HELD:
        return is_past_hold(judge, facts) ||
               is_too_much(facts, tally_lowest(judge->tally, judge_doc(judge, KIND(HOLD), facts->about_id), LEFT,
                                               judge->effective_on));
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_WRITTEN_OFF:
        return exceeds_written_off(judge, facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_OVER_CREDIT_LIMIT:
    case PB__REFUSAL_CODE__REFUSAL_CODE_CREDIT_HOLD:
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNASSESSED:
        return is_over_limit(judge, facts, code);
    default:
        return true; /* Of form, of an unreadable date or of an unknown currency: the generator makes few. */
    }
}

static bool is_justified(struct judge *judge, Pb__RefusalCode code) {
    struct facts facts = facts_of(judge->request);
    const char *customer = judge->request->customer;
    switch ((int)code) {
    case PB__REFUSAL_CODE__REFUSAL_CODE_REQUEST_EXPIRED:
        return judge->request->not_after_us != 0 && judge->request->recorded_at_us > judge->request->not_after_us;
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_CUSTOMER:
        return tally_profile(judge->tally, customer) == NULL;
    case PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_CUSTOMER:
        return tally_profile(judge->tally, customer) != NULL;
    case PB__REFUSAL_CODE__REFUSAL_CODE_CUSTOMER_CLOSED:
        return tally_is_closed(judge->tally, customer);
    case PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT:
        return is_duplicate(judge, &facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_DOCUMENT:
        return is_unknown(judge, &facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_AMOUNT_NOT_POSITIVE:
        return judge->request->command_case == PB__REQUEST__COMMAND_SET_CREDIT_POLICY || facts.plan_count > 0 ||
               rounding_tolerance(judge->request) < 0 || facts.amount < 0 || (facts.amount == 0 && !facts.is_zero_all);
    case PB__REFUSAL_CODE__REFUSAL_CODE_AMOUNT_OVERFLOW:
        return is_overflow(judge, &facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_PERIOD_CLOSED:
        return tally_closed_through(judge->tally) != 0 &&
               read_date(judge->answer->refusal->date) <= tally_closed_through(judge->tally);
    case PB__REFUSAL_CODE__REFUSAL_CODE_DATE_BEFORE_SOURCE:
        return is_before_source(judge);
    case PB__REFUSAL_CODE__REFUSAL_CODE_BALANCE_NOT_ZERO:
        return is_balance_left(judge);
    case PB__REFUSAL_CODE__REFUSAL_CODE_REASON_REQUIRED:
        return facts.reason != NULL && facts.reason[0] == '\0';
    case PB__REFUSAL_CODE__REFUSAL_CODE_PAYMENT_PENDING:
        return is_pending(judge, &facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_ALREADY_REVERSED:
        return is_all_reversed(judge, &facts);
    case PB__REFUSAL_CODE__REFUSAL_CODE_ALREADY_SETTLED:
        return tally_last(judge->tally, judge_doc(judge, facts.about, facts.about_id),
                          facts.about == KIND(DISPUTE) ? LEFT : PENDING) == 0;
    case PB__REFUSAL_CODE__REFUSAL_CODE_NOT_REFUNDABLE:
        return is_not_refundable(judge);
    default:
        return is_too_much_of_something(judge, code, &facts);
    }
}

void judge_refused(struct judge *judge) {
    const Pb__Refusal *refusal = judge->answer->refusal;
    size_t before = judge->tally->count;
    judge->history->coverage.refusals[refusal->code]++;
    if (tally_profile(judge->tally, judge->request->customer) != NULL) {
        tally_expire(judge->tally, judge->request->customer, judge->today);
    }
    bool is_right = is_justified(judge, refusal->code);
    tally_cut(judge->tally, before);
    judge_expect(judge, is_right, "unjustified refusal", "%s, but it would break nothing: %s",
                 protobuf_c_enum_descriptor_get_value(&pb__refusal_code__descriptor, (int)refusal->code)->name,
                 refusal->message);
}
