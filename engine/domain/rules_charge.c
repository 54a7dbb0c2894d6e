/* Charges: what the lots pay, and what goes on credit. */
#include <string.h>

#include "domain/decide_internal.h"

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
    body.settlement = settlement_of(decision, command);
    struct slices slices = {0};
    if (body.settlement != PB__SETTLEMENT__SETTLEMENT_RECEIVABLE &&
        !pick_slices(decision, command->category, command->amount_minor, true, &slices)) {
        return false;
    }
    int64_t credit_minor = command->amount_minor - slices.sum_minor;
    if (credit_minor > 0 && body.settlement == PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY) {
        return refuse_slices(decision, command->charge, command->category, command->amount_minor, &slices);
    }
    if (credit_minor > 0 && !check_credit(decision, command->charge, credit_minor, &credit)) {
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
    return emit(decision, &event, decision->effective_on) && emit_slices(decision, command->charge, "", &slices);
}

static bool check_apply(struct decision *decision, const Pb__ApplyDeposit *command, const struct document *charge) {
    int64_t open_minor = timeline_lowest_from(&charge->left, decision->effective_on);
    if (command->amount_minor > open_minor || open_minor == 0) {
        return REFUSE(decision, EXCEEDS_OPEN,
                      ((struct refusal_facts){charge->id, command->amount_minor, open_minor, decision->effective_on}),
                      "charge \"%s\" has %s open from %s on, not %s", charge->id, amount_text(decision, open_minor),
                      date_text(decision, decision->effective_on), amount_text(decision, command->amount_minor));
    }
    return true;
}

bool decide_apply_deposit(struct decision *decision) {
    const Pb__ApplyDeposit *command = decision->request->apply_deposit;
    struct document *charge = NULL;
    struct slices slices = {0};
    if (!check_identifier(decision, "the charge's id", command->charge) ||
        (command->amount_minor < 0 && !check_amount(decision, command->amount_minor, command->charge)) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge, &charge) ||
        !check_not_before(decision, decision->effective_on, charge) || !check_apply(decision, command, charge)) {
        return false;
    }
    int64_t open_minor = timeline_lowest_from(&charge->left, decision->effective_on);
    int64_t wanted_minor = command->amount_minor != 0 ? command->amount_minor : open_minor;
    if (!pick_slices(decision, charge->category, wanted_minor, true, &slices)) {
        return false;
    }
    bool is_enough = slices.sum_minor > 0 && (command->amount_minor == 0 || slices.sum_minor == wanted_minor);
    return is_enough ? emit_slices(decision, charge->id, "", &slices)
                     : refuse_slices(decision, charge->id, charge->category, wanted_minor, &slices);
}
