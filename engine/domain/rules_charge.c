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
    if (*due_on == DATE_NONE && !due_by_terms(decision, decision->effective_on, command->terms, due_on)) {
        return false;
    }
    return check_amount(decision, command->amount_minor, command->charge) &&
           check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge);
}

static Pb__Settlement settlement_of(const struct decision *decision, const Pb__PostCharge *command) {
    return command->settlement != PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED
               ? command->settlement
               : (Pb__Settlement)customer_profile(decision->customer, decision->effective_on)->settlement;
}

/* Every amount given, or none: then equal parts by largest remainder, ties by order. */
static bool split_amount(struct decision *decision, const Pb__PostCharge *command, Pb__Instalment **parts) {
    size_t count = command->n_instalments;
    size_t named = 0;
    int64_t sum_minor = 0;
    for (size_t i = 0; i < count; i++) {
        parts[i]->amount_minor = command->instalments[i]->amount_minor;
        named += parts[i]->amount_minor != 0;
        if (parts[i]->amount_minor < 0 || !money_add(&sum_minor, parts[i]->amount_minor)) {
            return check_amount(decision, -1, command->charge);
        }
    }
    if (named == 0) {
        int64_t share_minor = command->amount_minor / (int64_t)count;
        int64_t larger = command->amount_minor % (int64_t)count; /* So many get one minor unit more. */
        for (size_t i = 0; i < count; i++) {
            parts[i]->amount_minor = share_minor + ((int64_t)i < larger);
        }
        sum_minor = command->amount_minor;
        named = share_minor > 0 ? count : 0;
    }
    if (named != count || sum_minor != command->amount_minor) {
        return REFUSE(decision, MALFORMED,
                      ((struct refusal_facts){command->charge, command->amount_minor, sum_minor, DATE_NONE}),
                      "the %zu instalments of charge \"%s\" add up to %s, not to %s, or one of them is nothing", count,
                      command->charge, amount_text(decision, sum_minor), amount_text(decision, command->amount_minor));
    }
    return true;
}

/* The instalments as they are stored, their days strictly in order; the charge is due with the last. */
static bool make_instalments(struct decision *decision, const Pb__PostCharge *command, Pb__ChargePosted *body) {
    size_t count = command->n_instalments;
    if (count == 0) {
        return true;
    }
    if (count > LIMIT_INSTALMENTS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "%zu instalments; %d are the most", count, LIMIT_INSTALMENTS);
    }
    Pb__Instalment *items = arena_alloc(decision->request_arena, count * sizeof *items);
    body->instalments = arena_alloc(decision->request_arena, count * sizeof *body->instalments);
    if (items == NULL || body->instalments == NULL) {
        return out_of_memory(decision);
    }
    body->n_instalments = count;
    for (size_t i = 0; i < count; i++) {
        pb__instalment__init(&items[i]);
        body->instalments[i] = &items[i];
        if (!check_date(decision, "an instalment's due_on", command->instalments[i]->due_on, &items[i].due_on)) {
            return false;
        }
        if (items[i].due_on == DATE_NONE || (i > 0 && items[i].due_on <= items[i - 1].due_on)) {
            return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = items[i].due_on}),
                          "each instalment needs a due date after the one before; instalment %zu has %s", i + 1,
                          items[i].due_on == DATE_NONE ? "none" : date_text(decision, items[i].due_on));
        }
    }
    body->due_on = items[count - 1].due_on;
    return split_amount(decision, command, body->instalments);
}

/* What was taken as it was asked for, and may not have been meant so. */
static void warn_of_days(struct decision *decision, const Pb__PostCharge *command, const Pb__ChargePosted *body) {
    bool has_parts = body->n_instalments > 0;
    warn_if_due_before(decision, command->charge, has_parts ? body->instalments[0]->due_on : body->due_on);
    if (has_parts && (command->due_on[0] != '\0' || command->terms != NULL)) {
        warn(decision, "the instalments of \"%s\" have their own days: its %s counts for nothing", command->charge,
             command->due_on[0] != '\0' ? "due_on" : "terms");
    }
}

bool decide_charge(struct decision *decision) {
    const Pb__PostCharge *command = decision->request->post_charge;
    Pb__Event event = PB__EVENT__INIT;
    Pb__ChargePosted body = PB__CHARGE_POSTED__INIT;
    Pb__CreditDecision credit = PB__CREDIT_DECISION__INIT;
    if (!check_charge(decision, command, &body.due_on) || !make_instalments(decision, command, &body)) {
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
    warn_of_days(decision, command, &body);
    body.credit = credit.state != PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED ? &credit : NULL;
    event.body_case = PB__EVENT__BODY_CHARGE_POSTED;
    event.charge_posted = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on) &&
           emit_slices(decision, emitted_document(decision), "", &slices);
}

static bool check_apply(struct decision *decision, const Pb__ApplyDeposit *command, const struct document *charge) {
    int64_t open_minor = timeline_lowest_from(&charge->left, decision->effective_on);
    if (command->amount_minor > open_minor || open_minor == 0) {
        struct refusal_facts facts = {charge->id, command->amount_minor, open_minor, decision->effective_on};
        if (command->amount_minor == 0) {
            return REFUSE(decision, EXCEEDS_OPEN, facts, "charge \"%s\" has nothing open from %s on", charge->id,
                          date_text(decision, decision->effective_on));
        }
        return REFUSE(decision, EXCEEDS_OPEN, facts, "charge \"%s\" has %s open from %s on, not %s", charge->id,
                      amount_text(decision, open_minor), date_text(decision, decision->effective_on),
                      amount_text(decision, command->amount_minor));
    }
    return true;
}

bool decide_apply_deposit(struct decision *decision) {
    const Pb__ApplyDeposit *command = decision->request->apply_deposit;
    struct document *charge = NULL;
    struct slices slices = {0};
    if (!check_identifier(decision, "the charge's id", command->charge) ||
        !check_amount_or_all(decision, command->amount_minor, command->charge) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge, &charge) ||
        !check_not_before(decision, decision->effective_on, charge) || !check_apply(decision, command, charge)) {
        return false;
    }
    int64_t open_minor = timeline_lowest_from(&charge->left, decision->effective_on);
    int64_t wanted_minor = command->amount_minor != 0 ? command->amount_minor : open_minor;
    if (!pick_slices(decision, document_category(charge), wanted_minor, true, &slices)) {
        return false;
    }
    bool is_enough = slices.sum_minor > 0 && (command->amount_minor == 0 || slices.sum_minor == wanted_minor);
    return is_enough ? emit_slices(decision, charge, "", &slices)
                     : refuse_slices(decision, charge->id, document_category(charge), wanted_minor, &slices);
}
