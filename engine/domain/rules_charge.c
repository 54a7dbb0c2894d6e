/* Charges: which lots pay, what goes on credit, and whether it may. */
#include <string.h>

#include "domain/decide_internal.h"

enum { SLICES_PER_EVENT = 256 };

/* What the lots give to one charge, in the order in which they give it. */
struct slices {
    Pb__LotSlice *items;
    size_t count;
    int64_t sum_minor;
    bool has_out_of_scope; /* Money was there, for other categories. */
    bool has_out_of_date;  /* Money was there, on other days. */
};

static bool is_in_scope(const struct document *lot, const char *category) {
    for (uint32_t i = 0; i < lot->scope.count; i++) {
        const char *name = (const char *)lot->scope.items + (size_t)i * (LIMIT_ID_BYTES + 1);
        if (strcmp(name, category) == 0) {
            return true;
        }
    }
    return lot->scope.count == 0;
}

static bool add_slice(struct decision *decision, struct slices *slices, uint32_t capacity, const struct document *lot,
                      int64_t amount_minor) {
    if (slices->items == NULL) {
        slices->items = arena_alloc(decision->request_arena, capacity * sizeof *slices->items);
        if (slices->items == NULL) {
            return went_well(decision,
                             daybook_fail(decision->error, DAYBOOK_NO_MEMORY, "deciding: memory was refused"));
        }
    }
    Pb__LotSlice *slice = &slices->items[slices->count++];
    pb__lot_slice__init(slice);
    slice->lot = (char *)(uintptr_t)lot->id;
    slice->amount_minor = amount_minor;
    slices->sum_minor += amount_minor;
    return true;
}

/* Picks by the charge's own date, each lot up to the least that is left of it on any later day. */
static bool pick_slices(struct decision *decision, const struct account *account, const char *category,
                        int64_t amount_minor, struct slices *slices) {
    int32_t date = decision->effective_on;
    uint32_t count = account == NULL ? 0 : account->lots.count;
    for (uint32_t i = 0; i < count && slices->sum_minor < amount_minor; i++) {
        const struct lot_ref *ref = VECTOR_AT(const struct lot_ref, &account->lots, i);
        if (date < ref->effective_from || date < ref->effective_on ||
            (ref->expires_on != DATE_NONE && date >= ref->expires_on)) {
            slices->has_out_of_date = true;
            continue;
        }
        struct document *lot = NULL;
        if (!went_well(decision, state_document(decision->state, ref->number, &lot, decision->error))) {
            return false;
        }
        if (!is_in_scope(lot, category)) {
            slices->has_out_of_scope = true;
            continue;
        }
        int64_t give_minor = timeline_lowest_from(&lot->left, date);
        int64_t rest_minor = amount_minor - slices->sum_minor;
        give_minor = give_minor < rest_minor ? give_minor : rest_minor;
        if (give_minor > 0 && !add_slice(decision, slices, count, lot, give_minor)) {
            return false;
        }
    }
    return true;
}

static bool refuse_deposits_only(struct decision *decision, const Pb__PostCharge *command,
                                 const struct slices *slices) {
    struct refusal_facts facts = {.document = command->charge,
                                  .requested_minor = command->amount_minor,
                                  .available_minor = slices->sum_minor,
                                  .date = decision->effective_on};
    const char *date = date_text(decision, decision->effective_on);
    if (slices->sum_minor == 0 && slices->has_out_of_scope) {
        return REFUSE(decision, OUT_OF_SCOPE, facts, "no lot that is good on %s is for category \"%s\"", date,
                      command->category);
    }
    if (slices->sum_minor == 0 && slices->has_out_of_date) {
        return REFUSE(decision, LOT_EXPIRED, facts, "every lot that has money is past its day on %s, or before it",
                      date);
    }
    return REFUSE(decision, EXCEEDS_DEPOSIT, facts, "the deposits can give %s on %s; charge \"%s\" needs %s",
                  amount_text(decision, slices->sum_minor), date, command->charge,
                  amount_text(decision, command->amount_minor));
}

static bool refuse_over_limit(struct decision *decision, const Pb__CreditDecision *credit, int64_t available_minor) {
    struct refusal_facts facts = {.document = decision->request->post_charge->charge,
                                  .requested_minor = credit->charge_minor,
                                  .available_minor = available_minor,
                                  .date = credit->checked_as_of};
    return REFUSE(decision, OVER_CREDIT_LIMIT, facts,
                  "%s on credit would pass the limit of %s; %s of it is available on %s",
                  amount_text(decision, credit->charge_minor), amount_text(decision, credit->limit_minor),
                  amount_text(decision, available_minor), date_text(decision, credit->checked_as_of));
}

/* exposure = open + held against the limit - unapplied; refused when exposure + new > limit.
 * The exposure fits int64 by M1. What is available does not have to: a limit near
 * 2^63 and money unapplied; then it is more than any charge. */
static bool check_limit(struct decision *decision, Pb__CreditDecision *credit) {
    int64_t exposure_minor = credit->open_minor + credit->held_minor - credit->unapplied_minor;
    int64_t available_minor = 0;
    if (credit->state != PB__LIMIT_STATE__LIMIT_STATE_AMOUNT ||
        __builtin_sub_overflow(credit->limit_minor, exposure_minor, &available_minor) ||
        credit->charge_minor <= available_minor) {
        return true;
    }
    if (credit->mode == PB__CREDIT_MODE__CREDIT_MODE_BLOCK) {
        return refuse_over_limit(decision, credit, available_minor);
    }
    credit->over_limit = true;
    decision->result->warning =
        arena_format(decision->answer_arena, "%s on credit passes the limit of %s; %s of it was available",
                     amount_text(decision, credit->charge_minor), amount_text(decision, credit->limit_minor),
                     amount_text(decision, available_minor));
    return true;
}

/* Looks at the head, as of the later of the charge's date and today. `*credit` stays
 * unset (state unspecified) for the unassessed. */
static bool check_credit(struct decision *decision, const struct account *account, int64_t charge_minor,
                         Pb__CreditDecision *credit) {
    int32_t as_of = decision->effective_on > decision->today ? decision->effective_on : decision->today;
    const char *charge = decision->request->post_charge->charge;
    if (customer_on_credit_hold(decision->customer, as_of)) {
        return REFUSE(decision, CREDIT_HOLD, ((struct refusal_facts){.document = charge, .date = as_of}),
                      "customer \"%s\" is on credit hold; %s would go on credit", decision->customer->id,
                      amount_text(decision, charge_minor));
    }
    const struct credit_policy *policy = account_policy(account, as_of);
    if (policy == NULL || policy->state == PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED) {
        return !decision->settings->refuse_unassessed ||
               REFUSE(decision, UNASSESSED, ((struct refusal_facts){.document = charge, .date = as_of}),
                      "customer \"%s\" has no credit policy in %s; %s would go on credit", decision->customer->id,
                      decision->currency, amount_text(decision, charge_minor));
    }
    struct account_sums sums = account_as_of(account, as_of);
    credit->state = (Pb__LimitState)policy->state;
    credit->mode = (Pb__CreditMode)policy->mode;
    credit->limit_minor = policy->limit_minor;
    credit->open_minor = sums.open_minor;
    credit->held_minor = account->credit_held_minor;
    credit->unapplied_minor = sums.unapplied_minor;
    credit->charge_minor = charge_minor;
    credit->checked_as_of = as_of;
    return check_limit(decision, credit);
}

static bool emit_slices(struct decision *decision, const struct slices *slices) {
    for (size_t from = 0; from < slices->count; from += SLICES_PER_EVENT) {
        size_t count = slices->count - from < SLICES_PER_EVENT ? slices->count - from : SLICES_PER_EVENT;
        Pb__LotSlice *pointers[SLICES_PER_EVENT];
        for (size_t i = 0; i < count; i++) {
            pointers[i] = &slices->items[from + i];
        }
        Pb__Event event = PB__EVENT__INIT;
        Pb__DepositConsumed body = PB__DEPOSIT_CONSUMED__INIT;
        body.charge = decision->request->post_charge->charge;
        body.n_slices = count;
        body.slices = pointers;
        event.body_case = PB__EVENT__BODY_DEPOSIT_CONSUMED;
        event.deposit_consumed = &body;
        event.currency = decision->currency;
        if (!emit(decision, &event, decision->effective_on)) {
            return false;
        }
    }
    return true;
}

static bool check_charge(struct decision *decision, const Pb__PostCharge *command, int32_t *due_on) {
    if (!check_identifier(decision, "the charge's id", command->charge) ||
        !check_line(decision, "the category", command->category, LIMIT_ID_BYTES) ||
        !check_line(decision, "the memo", command->memo, LIMIT_MEMO_BYTES) ||
        !check_date(decision, "due_on", command->due_on, due_on)) {
        return false;
    }
    if (command->n_instalments > 0) {
        return REFUSE(decision, UNSUPPORTED, ((struct refusal_facts){.document = command->charge}),
                      "this build has no rule for instalments yet");
    }
    if (*due_on == DATE_NONE && !due_by_terms(decision, decision->effective_on, command->terms, due_on)) {
        return false;
    }
    return check_amount(decision, command->amount_minor, command->charge) &&
           check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge);
}

static Pb__Settlement settlement_of(const struct decision *decision, const Pb__PostCharge *command) {
    return command->settlement != PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED
               ? command->settlement
               : (Pb__Settlement)decision->customer->settlement;
}

bool decide_charge(struct decision *decision) {
    const Pb__PostCharge *command = decision->request->post_charge;
    Pb__Event event = PB__EVENT__INIT;
    Pb__ChargePosted body = PB__CHARGE_POSTED__INIT;
    Pb__CreditDecision credit = PB__CREDIT_DECISION__INIT;
    if (!check_charge(decision, command, &body.due_on)) {
        return false;
    }
    const struct account *account = customer_account(decision->customer, decision->currency);
    body.settlement = settlement_of(decision, command);
    struct slices slices = {0};
    if (body.settlement != PB__SETTLEMENT__SETTLEMENT_RECEIVABLE &&
        !pick_slices(decision, account, command->category, command->amount_minor, &slices)) {
        return false;
    }
    int64_t credit_minor = command->amount_minor - slices.sum_minor;
    if (credit_minor > 0 && body.settlement == PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY) {
        return refuse_deposits_only(decision, command, &slices);
    }
    if (credit_minor > 0 && !check_credit(decision, account, credit_minor, &credit)) {
        return false;
    }
    body.charge = command->charge;
    body.amount_minor = command->amount_minor;
    body.category = command->category;
    body.memo = command->memo;
    body.credit = credit.state != PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED ? &credit : NULL;
    event.body_case = PB__EVENT__BODY_CHARGE_POSTED;
    event.charge_posted = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on) && emit_slices(decision, &slices);
}
