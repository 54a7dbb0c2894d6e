/* What the lots give: charges, deposits applied later, holds, reactivation. */
#include <inttypes.h>
#include <string.h>

#include "judge.h"

/* Slices of events that follow each other, against what was expected. */
static void judge_slices(struct judge *judge, const Pb__Event *event, size_t count, Pb__LotSlice **slices,
                         const struct pick *expected, size_t expected_count) {
    judge_expect(judge, count == expected_count, "lots", "event %" PRIu64 " takes %zu slices, not %zu", event->sequence,
                 count, expected_count);
    for (size_t i = 0; i < count && !judge_failed(judge); i++) {
        judge_expect(judge,
                     is_same_text(slices[i]->lot, expected[i].lot) && slices[i]->amount_minor == expected[i].amount,
                     "lots", "event %" PRIu64 " takes %" PRId64 " of \"%s\" as slice %zu, not %" PRId64 " of \"%s\"",
                     event->sequence, slices[i]->amount_minor, slices[i]->lot, i, expected[i].amount, expected[i].lot);
    }
}

/* What of one lot has to come back from expiry for `amount` from `date` on, and no more. */
static int64_t missing_of(const struct tally *tally, struct doc lot, int32_t date, int64_t amount) {
    int64_t missing = amount - tally_lowest(tally, lot, LEFT, date);
    return missing > 0 ? missing : 0;
}

static bool has_expiry_on(const struct tally *tally, const Pb__Event *released) {
    for (size_t i = 0; i < tally->count; i++) {
        const Pb__Event *event = tally->events[i];
        if (event->body_case == BODY(LOT_EXPIRED) && event->effective_on == released->effective_on &&
            is_same_text(event->lot_expired->lot, released->expiry_released->lot) &&
            is_same_text(event->customer, released->customer)) {
            return true;
        }
    }
    return false;
}

/* Expiry is released lot by lot: on a day on which it expired, after the charge's, and just enough. */
static void judge_releases(struct judge *judge, const char *charge, const struct picks *picks) {
    for (size_t i = 0; i < picks->count; i++) {
        int64_t missing = missing_of(judge->tally, judge_doc(judge, KIND(LOT), picks->items[i].lot),
                                     judge->effective_on, picks->items[i].amount);
        while (judge_is_next(judge, BODY(EXPIRY_RELEASED))) {
            const Pb__Event *event = judge->events[judge->at];
            const Pb__ExpiryReleased *body = event->expiry_released;
            if (!is_same_text(body->lot, picks->items[i].lot)) {
                break;
            }
            missing -= body->amount_minor;
            judge_expect(judge, event->effective_on > judge->effective_on && has_expiry_on(judge->tally, event),
                         "release", "event %" PRIu64 " releases on day %d, on which nothing of \"%s\" expired",
                         event->sequence, event->effective_on, body->lot);
            judge_expect(judge, is_same_text(body->charge, charge), "release", "released for charge \"%s\"",
                         body->charge);
            if (!judge_take(judge)) {
                return;
            }
        }
        judge_expect(judge, missing == 0, "release", "%" PRId64 " of lot \"%s\" should have been released, too",
                     missing, picks->items[i].lot);
    }
}

/* The front of `picks` worth `amount`: cut off and returned. */
static void cut_picks(struct picks *picks, int64_t amount, struct picks *front) {
    front->count = 0;
    front->sum = 0;
    size_t used = 0;
    while (front->sum < amount && used < picks->count) {
        struct pick *pick = &picks->items[used];
        int64_t taken = pick->amount < amount - front->sum ? pick->amount : amount - front->sum;
        front->items[front->count++] = (struct pick){pick->lot, taken};
        front->sum += taken;
        pick->amount -= taken;
        used += pick->amount == 0;
    }
    memmove(picks->items, picks->items + used, (picks->count - used) * sizeof *picks->items);
    picks->count -= used;
    picks->sum -= front->sum;
}

static void judge_part_consumed(struct judge *judge, struct doc charge, const char *hold, const struct picks *picks) {
    const Pb__Event *event = judge_next(judge, BODY(DEPOSIT_CONSUMED));
    if (event == NULL) {
        return;
    }
    const Pb__DepositConsumed *body = event->deposit_consumed;
    judge_slices(judge, event, body->n_slices, body->slices, picks->items, picks->count);
    judge_expect(judge,
                 is_same_text(body->charge, charge.id) && is_same_text(body->hold, hold) &&
                     body->instalment == charge.part && event->effective_on == judge->effective_on,
                 "lots", "event %" PRIu64 " is for another charge, instalment, hold or day", event->sequence);
    judge_take(judge);
}

/* The instalment that is due first is paid first. */
static void judge_consumed(struct judge *judge, const char *charge, const char *hold, const struct picks *picks) {
    struct doc doc = judge_doc(judge, KIND(CHARGE), charge);
    const Pb__Event *made = tally_made(judge->tally, doc);
    struct picks rest = *picks;
    struct picks front;
    uint32_t parts = made != NULL ? made_parts(made) : 0;
    for (doc.part = parts > 0 ? 1 : 0; doc.part <= parts && rest.sum > 0 && !judge_failed(judge); doc.part++) {
        int64_t open = tally_lowest(judge->tally, doc, LEFT, judge->effective_on);
        cut_picks(&rest, open < rest.sum ? open : rest.sum, &front);
        if (front.count > 0) {
            judge_part_consumed(judge, doc, hold, &front);
        }
    }
}

/* As they were given, or equal parts, the first ones larger by the remainder. */
static void judge_instalments(struct judge *judge, const Pb__PostCharge *asked, const Pb__ChargePosted *made) {
    judge_expect(judge, made->n_instalments == asked->n_instalments, "instalments", "%zu instalments, not %zu",
                 made->n_instalments, asked->n_instalments);
    int64_t count = (int64_t)asked->n_instalments;
    int64_t sum = 0;
    for (size_t i = 0; i < made->n_instalments && !judge_failed(judge); i++) {
        const Pb__Instalment *part = made->instalments[i];
        int64_t equal = asked->amount_minor / count + ((int64_t)i < asked->amount_minor % count);
        int64_t amount = asked->instalments[0]->amount_minor == 0 ? equal : asked->instalments[i]->amount_minor;
        judge_expect(judge,
                     part->amount_minor == amount && amount > 0 &&
                         part->due_on == read_date(asked->instalments[i]->due_on) && part->due_on != 0,
                     "instalments", "instalment %zu is %" PRId64 " due on day %d", i + 1, part->amount_minor,
                     part->due_on);
        sum += part->amount_minor;
    }
    judge_expect(judge, count == 0 || sum == asked->amount_minor, "instalments", "they add up to %" PRId64, sum);
}

static struct pick_question question_of(const struct judge *judge, const char *category, int64_t amount,
                                        bool with_expired) {
    return (struct pick_question){judge->request->customer, judge->currency, category,
                                  judge->effective_on,      amount,          with_expired};
}

void judge_charge(struct judge *judge) {
    const Pb__PostCharge *asked = judge->request->post_charge;
    struct picks picks = {.count = 0};
    Pb__Settlement settlement =
        asked->settlement != PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED
            ? asked->settlement
            : tally_profile_on(judge->tally, judge->request->customer, judge->effective_on)->settlement;
    if (settlement != PB__SETTLEMENT__SETTLEMENT_RECEIVABLE) {
        struct pick_question question = question_of(judge, asked->category, asked->amount_minor, true);
        tally_pick(judge->tally, &question, &picks);
    }
    int64_t on_credit = asked->amount_minor - picks.sum;
    judge_expect(judge, on_credit == 0 || settlement != PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY, "deposits only",
                 "%" PRId64 " of \"%s\" went on credit", on_credit, asked->charge);
    const Pb__Event *event = judge_next(judge, BODY(CHARGE_POSTED));
    if (event == NULL) {
        return;
    }
    const Pb__ChargePosted *made = event->charge_posted;
    judge_expect(judge,
                 made->amount_minor == asked->amount_minor && made->settlement == settlement &&
                     is_same_text(made->category, asked->category) && is_same_text(event->currency, judge->currency) &&
                     event->effective_on == judge->effective_on,
                 "charge", "charge \"%s\" is another than asked", asked->charge);
    judge_instalments(judge, asked, made);
    int32_t due_on = made->n_instalments > 0 ? made->instalments[made->n_instalments - 1]->due_on
                                             : judge_due_on(judge, asked->due_on, asked->terms);
    judge_expect(judge, made->due_on == due_on, "due_on", "charge \"%s\" is due on day %d", asked->charge,
                 made->due_on);
    judge_credit(judge, made->credit, on_credit);
    if (judge_take(judge)) {
        judge_releases(judge, asked->charge, &picks);
        judge_consumed(judge, asked->charge, "", &picks);
    }
}

void judge_apply(struct judge *judge) {
    const Pb__ApplyDeposit *asked = judge->request->apply_deposit;
    const Pb__Event *charge = tally_made(judge->tally, judge_doc(judge, KIND(CHARGE), asked->charge));
    if (!judge_expect(judge, charge != NULL, "unknown", "a deposit was applied to no charge")) {
        return;
    }
    struct picks picks;
    judge->currency = charge->currency;
    int64_t open = tally_lowest(judge->tally, judge_doc(judge, KIND(CHARGE), asked->charge), LEFT, judge->effective_on);
    struct pick_question question = question_of(judge, charge->charge_posted->category,
                                                asked->amount_minor != 0 ? asked->amount_minor : open, true);
    tally_pick(judge->tally, &question, &picks);
    judge_expect(judge, picks.sum > 0 && (asked->amount_minor == 0 || picks.sum == asked->amount_minor), "lots",
                 "the lots give %" PRId64 " for \"%s\"", picks.sum, asked->charge);
    judge_releases(judge, asked->charge, &picks);
    judge_consumed(judge, asked->charge, "", &picks);
}

/* ---- holds ---- */

void judge_place_hold(struct judge *judge) {
    const Pb__PlaceHold *asked = judge->request->place_hold;
    struct picks picks;
    struct pick_question question = question_of(judge, asked->category, asked->amount_minor, false);
    tally_pick(judge->tally, &question, &picks);
    int64_t on_credit = asked->amount_minor - picks.sum;
    const Pb__Event *event = judge_next(judge, BODY(HOLD_PLACED));
    if (event == NULL) {
        return;
    }
    const Pb__HoldPlaced *made = event->hold_placed;
    judge_slices(judge, event, made->n_slices, made->slices, picks.items, picks.count);
    judge_expect(judge,
                 made->amount_minor == asked->amount_minor && made->credit_minor == on_credit &&
                     made->expires_on == read_date(asked->expires_on) && event->effective_on == judge->effective_on,
                 "hold", "hold \"%s\" is another than asked, or %" PRId64 " of it is on credit", asked->hold,
                 made->credit_minor);
    judge_expect(judge,
                 on_credit == 0 ||
                     tally_profile_on(judge->tally, judge->request->customer, judge->effective_on)->settlement !=
                         PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY,
                 "deposits only", "%" PRId64 " of hold \"%s\" went on credit", on_credit, asked->hold);
    judge_credit(judge, made->credit, on_credit);
    judge_take(judge);
}

/* What the hold still has of its `index`th slice. */
static int64_t held_of(const struct tally *tally, const Pb__Event *hold, size_t index) {
    int64_t held = 0;
    for (size_t i = 0; i < tally->effect_count; i++) {
        const struct effect *effect = &tally->effects[i];
        if (effect_is_of(effect, (struct doc){hold->customer, KIND(HOLD), hold->hold_placed->hold, 0}, HELD) &&
            is_same_text(effect->other, hold->hold_placed->slices[index]->lot)) {
            held += effect->amount;
        }
    }
    return held;
}

/* The part of a hold that is captured (from its front, credit last) or released (the other way round). */
static void take_part(const struct judge *judge, const Pb__Event *hold, int64_t amount, bool from_front,
                      struct picks *picks, int64_t *on_credit) {
    size_t count = hold->hold_placed->n_slices;
    int64_t credit = tally_last(judge->tally, judge_doc(judge, KIND(HOLD), hold->hold_placed->hold), HELD_CREDIT);
    int64_t rest = amount;
    picks->count = 0;
    picks->sum = 0;
    *on_credit = from_front ? 0 : (credit < rest ? credit : rest);
    rest -= *on_credit;
    for (size_t i = 0; i < count; i++) {
        size_t index = from_front ? i : count - 1 - i;
        int64_t held = held_of(judge->tally, hold, index);
        int64_t taken = held < rest ? held : rest;
        if (taken > 0) {
            picks->items[picks->count++] = (struct pick){hold->hold_placed->slices[index]->lot, taken};
            picks->sum += taken;
            rest -= taken;
        }
    }
    *on_credit += rest;
}

static void judge_released(struct judge *judge, const Pb__Event *hold, int64_t amount, Pb__ReleaseCause cause) {
    struct picks picks;
    int64_t on_credit = 0;
    take_part(judge, hold, amount, false, &picks, &on_credit);
    const Pb__Event *event = judge_next(judge, BODY(HOLD_RELEASED));
    if (event == NULL) {
        return;
    }
    const Pb__HoldReleased *body = event->hold_released;
    judge_slices(judge, event, body->n_slices, body->slices, picks.items, picks.count);
    judge_expect(judge,
                 body->amount_minor == amount && body->credit_minor == on_credit && body->cause == cause &&
                     is_same_text(body->hold, hold->hold_placed->hold) && event->effective_on == judge->effective_on,
                 "hold", "event %" PRIu64 " releases another part of the hold", event->sequence);
    judge_take(judge);
}

/* The hold that a request is about, while it stands: its last day is the one before it ends. */
static const Pb__Event *find_hold(struct judge *judge, const char *id) {
    const Pb__Event *hold = tally_made(judge->tally, judge_doc(judge, KIND(HOLD), id));
    if (!judge_expect(judge, hold != NULL, "unknown", "there is no hold \"%s\"", id)) {
        return NULL;
    }
    int32_t ends = hold->hold_placed->expires_on;
    judge_expect(judge, ends == 0 || judge->effective_on < ends, "hold",
                 "hold \"%s\" ended on day %d and was used on day %d", id, ends, judge->effective_on);
    return judge_failed(judge) ? NULL : hold;
}

void judge_release_hold(struct judge *judge) {
    const Pb__ReleaseHold *asked = judge->request->release_hold;
    const Pb__Event *hold = find_hold(judge, asked->hold);
    if (hold != NULL) {
        int64_t held = tally_lowest(judge->tally, judge_doc(judge, KIND(HOLD), asked->hold), LEFT, judge->effective_on);
        judge_released(judge, hold, asked->amount_minor != 0 ? asked->amount_minor : held,
                       PB__RELEASE_CAUSE__RELEASE_CAUSE_REQUESTED);
    }
}

static bool judge_captured(struct judge *judge, int64_t amount, const struct picks *picks, int64_t on_credit) {
    const Pb__CaptureHold *asked = judge->request->capture_hold;
    const Pb__Event *event = judge_next(judge, BODY(HOLD_CAPTURED));
    if (event == NULL) {
        return false;
    }
    const Pb__HoldCaptured *body = event->hold_captured;
    judge_slices(judge, event, body->n_slices, body->slices, picks->items, picks->count);
    judge_expect(judge,
                 body->amount_minor == amount && body->credit_minor == on_credit &&
                     is_same_text(body->charge, asked->charge) && event->effective_on == judge->effective_on,
                 "hold", "event %" PRIu64 " captures something else", event->sequence);
    return judge_take(judge);
}

void judge_capture_hold(struct judge *judge) {
    const Pb__CaptureHold *asked = judge->request->capture_hold;
    const Pb__Event *hold = find_hold(judge, asked->hold);
    if (hold == NULL) {
        return;
    }
    struct picks picks;
    int64_t on_credit = 0;
    int64_t held = tally_lowest(judge->tally, judge_doc(judge, KIND(HOLD), asked->hold), LEFT, judge->effective_on);
    int64_t amount = asked->amount_minor != 0 ? asked->amount_minor : held;
    take_part(judge, hold, amount, true, &picks, &on_credit);
    if (!judge_captured(judge, amount, &picks, on_credit)) {
        return;
    }
    const Pb__Event *event = judge_next(judge, BODY(CHARGE_POSTED));
    if (event == NULL) {
        return;
    }
    const Pb__ChargePosted *charge = event->charge_posted;
    judge_expect(judge,
                 charge->amount_minor == amount && is_same_text(charge->category, hold->hold_placed->category) &&
                     is_same_text(charge->charge, asked->charge) && event->effective_on == judge->effective_on &&
                     charge->due_on == judge_due_on(judge, asked->due_on, NULL),
                 "hold", "the captured charge is another than asked");
    if (!judge_take(judge)) {
        return;
    }
    judge_consumed(judge, asked->charge, asked->hold, &picks);
    if (amount < held && !asked->keep_rest && !judge_failed(judge)) {
        judge_released(judge, hold, held - amount, PB__RELEASE_CAUSE__RELEASE_CAUSE_CAPTURED);
    }
}

void judge_reactivate(struct judge *judge) {
    const Pb__ReactivateLot *asked = judge->request->reactivate_lot;
    const Pb__Event *event = judge_next(judge, BODY(LOT_REACTIVATED));
    const Pb__Event *lot = tally_made(judge->tally, judge_doc(judge, KIND(LOT), asked->lot));
    if (event == NULL || lot == NULL) {
        return;
    }
    const Pb__LotReactivated *body = event->lot_reactivated;
    int64_t dormant = tally_lowest(judge->tally, judge_doc(judge, KIND(LOT), asked->lot), ASIDE, judge->effective_on);
    judge_expect(judge, lot->deposit_received->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_DORMANT, "reactivate",
                 "a forfeited lot came back");
    judge_expect(
        judge,
        body->amount_minor == (asked->amount_minor != 0 ? asked->amount_minor : dormant) &&
            body->expires_on == read_date(asked->expires_on) && event->effective_on == judge->effective_on &&
            (body->expires_on == 0 || (body->expires_on > judge->today && body->expires_on > judge->effective_on)),
        "reactivate", "lot \"%s\" came back otherwise than asked", asked->lot);
    judge_take(judge);
}
