/* Reversals: a bounced payment, a charge in error. What was settled with them comes off first. */
#include <string.h>

#include "domain/decide_internal.h"

static bool check_form(struct decision *decision, Pb__Reading reading, const char *reason, const char *document) {
    if (reading == PB__READING__READING_UNSPECIFIED) {
        return REFUSE(decision, MALFORMED, ((struct refusal_facts){.document = document}),
                      "say how \"%s\" is reversed: as a correction (it never was) or as a reversal (from now on)",
                      document);
    }
    return check_line(decision, "the reason", reason, LIMIT_ID_BYTES);
}

/* The date on which a reversal counts: the original's for a correction, its own otherwise. */
static bool reversal_date(struct decision *decision, Pb__Reading reading, const struct document *document,
                          int32_t *date) {
    if (reading == PB__READING__READING_CORRECTION) {
        *date = document->posted_on;
        return !decision->is_dated || decision->effective_on == *date ||
               REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.document = document->id, .date = *date}),
                      "a correction counts for the original date, %s", date_text(decision, *date));
    }
    *date = decision->effective_on;
    return check_not_before(decision, *date, document);
}

static bool emit_payment_reversed(struct decision *decision, struct document *payment, int32_t date) {
    const Pb__ReversePayment *command = decision->request->reverse_payment;
    Pb__Event event = PB__EVENT__INIT;
    Pb__PaymentReversed body = PB__PAYMENT_REVERSED__INIT;
    body.payment = payment->id;
    body.amount_minor = payment->amount_minor;
    body.reading = command->reading;
    body.reason = command->reason;
    body.was_pending = payment->is_pending;
    event.body_case = PB__EVENT__BODY_PAYMENT_REVERSED;
    event.payment_reversed = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

bool decide_reverse_payment(struct decision *decision) {
    const Pb__ReversePayment *command = decision->request->reverse_payment;
    struct document *payment = NULL;
    int32_t date = DATE_NONE;
    if (!check_identifier(decision, "the payment's id", command->payment) ||
        !check_form(decision, command->reading, command->reason, command->payment) ||
        !check_reason(decision, command->reason, command->payment) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, command->payment, &payment)) {
        return false;
    }
    if (payment->is_reversed) {
        return REFUSE(decision, ALREADY_REVERSED, ((struct refusal_facts){.document = payment->id}),
                      "payment \"%s\" was reversed before", payment->id);
    }
    if (!reversal_date(decision, command->reading, payment, &date)) {
        return false;
    }
    if (payment->is_pending) {
        return emit_payment_reversed(decision, payment, date);
    }
    if (!unwind(decision, payment, 0, command->reading, date, payment->amount_minor,
                PB__UNALLOCATION_CAUSE__UNALLOCATION_CAUSE_PAYMENT_REVERSED)) {
        return false;
    }
    int64_t left_minor = timeline_lowest_from(&payment->left, date);
    if (left_minor < payment->amount_minor) {
        return REFUSE(decision, EXCEEDS_UNAPPLIED,
                      ((struct refusal_facts){payment->id, payment->amount_minor, left_minor, date}),
                      "only %s of payment \"%s\" can come back from %s on: the rest was refunded or came later",
                      amount_text(decision, left_minor), payment->id, date_text(decision, date));
    }
    return emit_payment_reversed(decision, payment, date);
}

/* All that can still be taken off the charge: what is open and what its uses would give back. What a debit note
 * added is no part of the charge: it is not reversed with it. */
static int64_t reversible(struct document *charge) {
    int64_t own_minor = charge->amount_minor - document_rare(charge)->reversed_minor;
    int64_t sum_minor = timeline_last(document_left(charge, 0));
    for (uint32_t i = 0; i < charge->links.count; i++) {
        sum_minor += VECTOR_AT(const struct link, &charge->links, i)->amount_minor;
    }
    return sum_minor < own_minor ? sum_minor : own_minor;
}

static bool check_not_reversed(struct decision *decision, struct document *charge) {
    return reversible(charge) > 0 ||
           REFUSE(decision, ALREADY_REVERSED, ((struct refusal_facts){.document = charge->id}),
                  "nothing is left of charge \"%s\" to reverse", charge->id);
}

static bool check_reversible(struct decision *decision, struct document *charge, int64_t asked_minor) {
    int64_t reversible_minor = reversible(charge);
    if (asked_minor > reversible_minor) {
        return REFUSE(decision, EXCEEDS_OPEN,
                      ((struct refusal_facts){charge->id, asked_minor, reversible_minor, DATE_NONE}),
                      "%s of charge \"%s\" can be reversed, not %s", amount_text(decision, reversible_minor),
                      charge->id, amount_text(decision, asked_minor));
    }
    return true;
}

static bool emit_charge_reversed(struct decision *decision, struct document *charge, uint32_t part,
                                 int64_t amount_minor, int32_t date) {
    const Pb__ReverseCharge *command = decision->request->reverse_charge;
    Pb__Event event = PB__EVENT__INIT;
    Pb__ChargeReversed body = PB__CHARGE_REVERSED__INIT;
    body.charge = charge->id;
    body.amount_minor = amount_minor;
    body.reading = command->reading;
    body.reason = command->reason;
    body.instalment = part;
    event.body_case = PB__EVENT__BODY_CHARGE_REVERSED;
    event.charge_reversed = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

/* The most of an instalment that can go from `date` on: on each day what is open and what its uses would give back by
 * then. A debit note or a recovery of a later day makes more of it in the end than there is until then. */
static bool reversible_part(struct decision *decision, struct document *charge, uint32_t part, int32_t date,
                            int64_t *least_minor) {
    Pb__Reading reading = decision->request->reverse_charge->reading;
    struct pool *pool = state_pool(decision->state);
    const struct vector *points = &document_left(charge, part)->points;
    const struct vector *off = &document_rare(charge)->taken_off;
    struct timeline whole = {0};
    int64_t before_minor = 0;
    bool is_whole = true;
    for (uint32_t i = 0; is_whole && i < points->count; i++) {
        const struct timeline_point *point = VECTOR_AT(const struct timeline_point, points, i);
        is_whole = timeline_add(&whole, point->date, point->level_minor - before_minor, pool);
        before_minor = point->level_minor;
    }
    for (uint32_t i = 0; is_whole && i < charge->links.count; i++) {
        const struct link *link = VECTOR_AT(const struct link, &charge->links, i);
        is_whole = link->part != part ||
                   timeline_add(&whole, unwinding_date(reading, date, link->date), link->amount_minor, pool);
    }
    for (uint32_t i = 0; is_whole && i < off->count; i++) {
        const struct taken_off *item = VECTOR_AT(const struct taken_off, off, i);
        int32_t back_on = unwinding_date(reading, date, item->date);
        is_whole = item->part != part || back_on >= item->off_on ||
                   (timeline_add(&whole, back_on, item->amount_minor, pool) &&
                    timeline_add(&whole, item->off_on, -item->amount_minor, pool));
    }
    *least_minor = timeline_lowest_from(&whole, date);
    timeline_release(&whole, pool);
    return is_whole || out_of_memory(decision);
}

static bool refuse_reversal(struct decision *decision, const struct document *charge, int64_t amount_minor,
                            int64_t open_minor, int32_t date) {
    return REFUSE(decision, EXCEEDS_OPEN, ((struct refusal_facts){charge->id, amount_minor, open_minor, date}),
                  "%s of charge \"%s\" can be reversed from %s on, not %s", amount_text(decision, open_minor),
                  charge->id, date_text(decision, date), amount_text(decision, amount_minor));
}

/* Takes the amount off the charge or one of its instalments, unwinding what settled it. */
static bool reverse_part(struct decision *decision, struct document *charge, uint32_t part, int64_t amount_minor,
                         int32_t date) {
    Pb__Reading reading = decision->request->reverse_charge->reading;
    if (!unwind(decision, charge, part, reading, date, amount_minor,
                PB__UNALLOCATION_CAUSE__UNALLOCATION_CAUSE_CHARGE_REVERSED)) {
        return false;
    }
    int64_t open_minor = timeline_lowest_from(document_left(charge, part), date);
    if (open_minor < amount_minor) {
        return refuse_reversal(decision, charge, amount_minor, open_minor, date);
    }
    return emit_charge_reversed(decision, charge, part, amount_minor, date);
}

/* The instalment that is due last goes first. */
static bool reverse_parts(struct decision *decision, struct document *charge, int64_t amount_minor, int32_t date) {
    int64_t rest_minor = amount_minor;
    for (uint32_t part = document_rare(charge)->parts.count; part > 0 && rest_minor > 0; part--) {
        int64_t taken_minor = 0;
        if (!reversible_part(decision, charge, part, date, &taken_minor)) {
            return false;
        }
        taken_minor = taken_minor < rest_minor ? taken_minor : rest_minor;
        if (taken_minor > 0 && !reverse_part(decision, charge, part, taken_minor, date)) {
            return false;
        }
        rest_minor -= taken_minor;
    }
    return rest_minor == 0 || refuse_reversal(decision, charge, amount_minor, amount_minor - rest_minor, date);
}

bool decide_reverse_charge(struct decision *decision) {
    const Pb__ReverseCharge *command = decision->request->reverse_charge;
    struct document *charge = NULL;
    int32_t date = DATE_NONE;
    if (!check_identifier(decision, "the charge's id", command->charge) ||
        !check_form(decision, command->reading, command->reason, command->charge) ||
        !check_amount_or_all(decision, command->amount_minor, command->charge) ||
        !check_reason(decision, command->reason, command->charge) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge, &charge) ||
        !check_not_reversed(decision, charge) || !reversal_date(decision, command->reading, charge, &date) ||
        !check_reversible(decision, charge, command->amount_minor)) {
        return false;
    }
    int64_t amount_minor = command->amount_minor != 0 ? command->amount_minor : reversible(charge);
    return document_rare(charge)->parts.count == 0 ? reverse_part(decision, charge, 0, amount_minor, date)
                                                   : reverse_parts(decision, charge, amount_minor, date);
}
