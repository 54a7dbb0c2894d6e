/* Holds: one check and reservation, captured into a charge or released. */
#include <string.h>

#include "domain/decide_internal.h"

/* The part of a hold that an event moves: lots in order, then credit. */
struct hold_part {
    struct slices slices;
    int64_t credit_minor;
};

/* Takes `amount_minor` of the hold: from its front for a capture, from its end (credit
 * first) for a release. */
static bool take_part(struct decision *decision, const struct document *hold, int64_t amount_minor, bool from_front,
                      struct hold_part *part) {
    struct slices all = {0};
    *part = (struct hold_part){0};
    if (!slices_of_hold(decision, hold, &all)) {
        return false;
    }
    int64_t credit_minor = timeline_last(&hold->left) - all.sum_minor;
    int64_t rest_minor = amount_minor;
    if (!from_front) {
        part->credit_minor = credit_minor < rest_minor ? credit_minor : rest_minor;
        rest_minor -= part->credit_minor;
    }
    part->slices.items = arena_alloc(decision->request_arena, all.count * sizeof *part->slices.items + 1);
    if (part->slices.items == NULL) {
        return out_of_memory(decision);
    }
    for (size_t i = 0; i < all.count && rest_minor > 0; i++) {
        struct slice slice = all.items[from_front ? i : all.count - 1 - i];
        slice.amount_minor = slice.amount_minor < rest_minor ? slice.amount_minor : rest_minor;
        part->slices.items[part->slices.count++] = slice;
        part->slices.sum_minor += slice.amount_minor;
        rest_minor -= slice.amount_minor;
    }
    if (from_front) {
        part->credit_minor = rest_minor;
    }
    return true;
}

bool decide_place_hold(struct decision *decision) {
    const Pb__PlaceHold *command = decision->request->place_hold;
    Pb__Event event = PB__EVENT__INIT;
    Pb__HoldPlaced body = PB__HOLD_PLACED__INIT;
    Pb__CreditDecision credit = PB__CREDIT_DECISION__INIT;
    struct slices slices = {0};
    if (!check_identifier(decision, "the hold's id", command->hold) ||
        !check_line(decision, "the category", command->category, LIMIT_ID_BYTES) ||
        !check_date(decision, "expires_on", command->expires_on, &body.expires_on)) {
        return false;
    }
    if (body.expires_on != DATE_NONE && body.expires_on <= decision->effective_on) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body.expires_on}),
                      "the hold would end on %s, not after %s, its first day", date_text(decision, body.expires_on),
                      date_text(decision, decision->effective_on));
    }
    if (!check_amount(decision, command->amount_minor, command->hold) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, command->hold) ||
        !pick_slices(decision, command->category, command->amount_minor, false, &slices)) {
        return false;
    }
    body.credit_minor = command->amount_minor - slices.sum_minor;
    const struct profile *profile = customer_profile(decision->customer, decision->effective_on);
    if (body.credit_minor > 0 && profile->settlement == PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY) {
        return refuse_slices(decision, command->hold, command->category, command->amount_minor, &slices);
    }
    if (body.credit_minor > 0 && !check_credit(decision, command->hold, body.credit_minor, &credit)) {
        return false;
    }
    body.hold = command->hold;
    body.amount_minor = command->amount_minor;
    body.category = command->category;
    body.n_slices = slices.count;
    body.slices = message_slices(decision, &slices);
    body.credit = credit.state != PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED ? &credit : NULL;
    event.body_case = PB__EVENT__BODY_HOLD_PLACED;
    event.hold_placed = &body;
    event.currency = decision->currency;
    return body.slices != NULL && emit(decision, &event, decision->effective_on);
}

/* A hold ends before its day, even when that day lies ahead. */
static bool check_held(struct decision *decision, const struct document *hold, int64_t amount_minor) {
    if (hold->due_on != DATE_NONE && decision->effective_on >= hold->due_on) {
        return REFUSE(decision, EXCEEDS_HELD,
                      ((struct refusal_facts){hold->id, amount_minor, 0, decision->effective_on}),
                      "hold \"%s\" ends on %s; on %s it holds nothing", hold->id, date_text(decision, hold->due_on),
                      date_text(decision, decision->effective_on));
    }
    int64_t held_minor = timeline_lowest_from(&hold->left, decision->effective_on);
    if (amount_minor == 0 && held_minor == 0) {
        return REFUSE(decision, EXCEEDS_HELD,
                      ((struct refusal_facts){.document = hold->id, .date = decision->effective_on}),
                      "hold \"%s\" holds nothing from %s on", hold->id, date_text(decision, decision->effective_on));
    }
    if (amount_minor > held_minor) {
        return REFUSE(decision, EXCEEDS_HELD,
                      ((struct refusal_facts){hold->id, amount_minor, held_minor, decision->effective_on}),
                      "hold \"%s\" holds %s from %s on, not %s", hold->id, amount_text(decision, held_minor),
                      date_text(decision, decision->effective_on), amount_text(decision, amount_minor));
    }
    return true;
}

static bool find_hold(struct decision *decision, const char *id, int64_t amount_minor, struct document **hold) {
    return check_identifier(decision, "the hold's id", id) && check_amount_or_all(decision, amount_minor, id) &&
           find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, id, hold) &&
           check_not_before(decision, decision->effective_on, *hold) && check_held(decision, *hold, amount_minor);
}

static bool emit_released(struct decision *decision, struct document *hold, int64_t amount_minor,
                          Pb__ReleaseCause cause) {
    struct hold_part part;
    if (!take_part(decision, hold, amount_minor, false, &part)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__HoldReleased body = PB__HOLD_RELEASED__INIT;
    body.hold = hold->id;
    body.amount_minor = amount_minor;
    body.n_slices = part.slices.count;
    body.slices = message_slices(decision, &part.slices);
    body.credit_minor = part.credit_minor;
    body.cause = cause;
    event.body_case = PB__EVENT__BODY_HOLD_RELEASED;
    event.hold_released = &body;
    event.currency = decision->currency;
    return body.slices != NULL && emit(decision, &event, decision->effective_on);
}

bool decide_release_hold(struct decision *decision) {
    const Pb__ReleaseHold *command = decision->request->release_hold;
    struct document *hold = NULL;
    if (!find_hold(decision, command->hold, command->amount_minor, &hold)) {
        return false;
    }
    int64_t held_minor = timeline_lowest_from(&hold->left, decision->effective_on);
    return emit_released(decision, hold, command->amount_minor != 0 ? command->amount_minor : held_minor,
                         PB__RELEASE_CAUSE__RELEASE_CAUSE_REQUESTED);
}

static bool emit_captured(struct decision *decision, struct document *hold, int64_t amount_minor,
                          const struct hold_part *part) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__HoldCaptured body = PB__HOLD_CAPTURED__INIT;
    body.hold = hold->id;
    body.charge = decision->request->capture_hold->charge;
    body.amount_minor = amount_minor;
    body.n_slices = part->slices.count;
    body.slices = message_slices(decision, &part->slices);
    body.credit_minor = part->credit_minor;
    event.body_case = PB__EVENT__BODY_HOLD_CAPTURED;
    event.hold_captured = &body;
    event.currency = decision->currency;
    return body.slices != NULL && emit(decision, &event, decision->effective_on);
}

/* The charge was allowed when the hold was placed: no second check. */
static bool emit_charge(struct decision *decision, const struct document *hold, int64_t amount_minor, int32_t due_on) {
    const Pb__CaptureHold *command = decision->request->capture_hold;
    Pb__Event event = PB__EVENT__INIT;
    Pb__ChargePosted body = PB__CHARGE_POSTED__INIT;
    body.charge = command->charge;
    body.amount_minor = amount_minor;
    body.category = (char *)(uintptr_t)document_category(hold);
    body.due_on = due_on;
    body.settlement = PB__SETTLEMENT__SETTLEMENT_DEPOSITS_FIRST;
    body.memo = command->memo;
    event.body_case = PB__EVENT__BODY_CHARGE_POSTED;
    event.charge_posted = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}

bool decide_capture_hold(struct decision *decision) {
    const Pb__CaptureHold *command = decision->request->capture_hold;
    struct document *hold = NULL;
    struct hold_part part;
    int32_t due_on = DATE_NONE;
    if (!check_identifier(decision, "the charge's id", command->charge) ||
        !check_line(decision, "the memo", command->memo, LIMIT_MEMO_BYTES) ||
        !check_date(decision, "due_on", command->due_on, &due_on) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge) ||
        !find_hold(decision, command->hold, command->amount_minor, &hold)) {
        return false;
    }
    if (due_on == DATE_NONE && !due_by_terms(decision, decision->effective_on, NULL, &due_on)) {
        return false;
    }
    warn_if_due_before(decision, command->charge, due_on);
    int64_t held_minor = timeline_lowest_from(&hold->left, decision->effective_on);
    int64_t amount_minor = command->amount_minor != 0 ? command->amount_minor : held_minor;
    if (!take_part(decision, hold, amount_minor, true, &part) || !emit_captured(decision, hold, amount_minor, &part)) {
        return false;
    }
    if (!emit_charge(decision, hold, amount_minor, due_on) ||
        !emit_slices(decision, emitted_document(decision), command->hold, &part.slices)) {
        return false;
    }
    int64_t rest_minor = held_minor - amount_minor;
    return rest_minor == 0 || command->keep_rest ||
           emit_released(decision, hold, rest_minor, PB__RELEASE_CAUSE__RELEASE_CAUSE_CAPTURED);
}
