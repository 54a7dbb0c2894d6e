/* Expiry: what ends on its day, and money that comes back from it. */
#include <string.h>

#include "domain/decide_internal.h"

/* The day on which an expiry counts: its own, or the first open one after a closed period. */
static int32_t open_day(const struct decision *decision, int32_t day) {
    int32_t closed_through = decision->ledger->closed_through;
    return day > closed_through ? day : closed_through + 1;
}

/* Emits with original_on where the day itself was closed. */
static bool emit_on_day(struct decision *decision, Pb__Event *event, int32_t day) {
    int32_t effective_on = open_day(decision, day);
    int32_t original_on = decision->original_on;
    decision->original_on = effective_on == day ? DATE_NONE : day;
    bool is_emitted = emit(decision, event, effective_on);
    decision->original_on = original_on;
    return is_emitted;
}

static bool expire_lot(struct decision *decision, struct document *lot) {
    int32_t day = open_day(decision, lot->due_on);
    /* Money that came back after the day expires on the day it came back. */
    do {
        int64_t amount_minor = timeline_lowest_from(&lot->left, day);
        if (amount_minor > 0) {
            Pb__Event event = PB__EVENT__INIT;
            Pb__LotExpired body = PB__LOT_EXPIRED__INIT;
            body.lot = lot->id;
            body.amount_minor = amount_minor;
            body.to = (Pb__OnExpiry)lot->on_expiry;
            event.body_case = PB__EVENT__BODY_LOT_EXPIRED;
            event.lot_expired = &body;
            event.currency = lot->currency;
            int32_t original_on = decision->original_on;
            decision->original_on = day == lot->due_on ? DATE_NONE : lot->due_on;
            bool is_emitted = emit(decision, &event, day);
            decision->original_on = original_on;
            if (!is_emitted) {
                return false;
            }
        }
    } while (timeline_next_date(&lot->left, day, &day));
    return true;
}

bool slices_of_hold(struct decision *decision, const struct document *hold, struct slices *slices) {
    slices->items = arena_alloc(decision->request_arena, hold->links.count * sizeof *slices->items + 1);
    if (slices->items == NULL) {
        return out_of_memory(decision);
    }
    for (uint32_t i = 0; i < hold->links.count; i++) {
        const struct link *link = VECTOR_AT(const struct link, &hold->links, i);
        struct document *lot = NULL;
        if (!went_well(decision, state_document(decision->state, link->other, &lot, decision->error))) {
            return false;
        }
        slices->items[slices->count++] = (struct slice){lot, link->amount_minor};
        slices->sum_minor += link->amount_minor;
    }
    return true;
}

static bool expire_hold(struct decision *decision, struct document *hold) {
    struct slices slices = {0};
    if (!slices_of_hold(decision, hold, &slices)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__HoldReleased body = PB__HOLD_RELEASED__INIT;
    body.hold = hold->id;
    body.amount_minor = timeline_last(&hold->left);
    body.n_slices = slices.count;
    body.slices = message_slices(decision, &slices);
    body.credit_minor = body.amount_minor - slices.sum_minor;
    body.cause = PB__RELEASE_CAUSE__RELEASE_CAUSE_EXPIRED;
    event.body_case = PB__EVENT__BODY_HOLD_RELEASED;
    event.hold_released = &body;
    event.currency = hold->currency;
    return body.slices != NULL && emit_on_day(decision, &event, hold->due_on);
}

static bool is_due(const struct account *account, int32_t through_on) {
    return account->expiries.count > 0 && VECTOR_AT(const struct expiry_ref, &account->expiries, 0)->date <= through_on;
}

static bool expire_account(struct decision *decision, const struct account *account, int32_t through_on) {
    while (is_due(account, through_on)) {
        struct expiry_ref ref = *VECTOR_AT(const struct expiry_ref, &account->expiries, 0);
        struct document *document = NULL;
        if (!went_well(decision, state_document(decision->state, ref.number, &document, decision->error))) {
            return false;
        }
        bool is_hold = document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD;
        if (is_hold ? !expire_hold(decision, document) : !expire_lot(decision, document)) {
            return false;
        }
    }
    return true;
}

/* In its own currency. */
static bool expire_due_account(struct decision *decision, const struct account *account, int32_t through_on) {
    char currency[4];
    memcpy(currency, decision->currency, sizeof currency);
    memcpy(decision->currency, account->currency, sizeof decision->currency);
    bool is_done = expire_account(decision, account, through_on);
    if (is_done) {
        memcpy(decision->currency, currency, sizeof currency);
    }
    return is_done;
}

bool emit_due_expiries(struct decision *decision, int32_t through_on) {
    const struct vector *accounts = &decision->customer->accounts;
    for (uint32_t i = 0; i < accounts->count; i++) {
        const struct account *account = *VECTOR_AT(struct account *, accounts, i);
        if (is_due(account, through_on) && !expire_due_account(decision, account, through_on)) {
            return false;
        }
    }
    return true;
}

bool decide_expire_due(struct decision *decision) {
    int32_t through_on = DATE_NONE;
    if (!check_date(decision, "through_on", decision->request->expire_due->through_on, &through_on)) {
        return false;
    }
    if (through_on > decision->today) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = through_on}),
                      "nothing expires before its day; today is %s", date_text(decision, decision->today));
    }
    return emit_due_expiries(decision, through_on == DATE_NONE ? decision->today : through_on);
}

bool decide_reactivate_lot(struct decision *decision) {
    const Pb__ReactivateLot *command = decision->request->reactivate_lot;
    struct document *lot = NULL;
    int32_t expires_on = DATE_NONE;
    if (!check_identifier(decision, "the lot's id", command->lot) ||
        !check_date(decision, "expires_on", command->expires_on, &expires_on) ||
        !check_amount_or_all(decision, command->amount_minor, command->lot) ||
        !check_reason(decision, command->reason, command->lot) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, command->lot, &lot)) {
        return false;
    }
    if (expires_on != DATE_NONE && (expires_on <= decision->today || expires_on <= decision->effective_on)) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.document = lot->id, .date = expires_on}),
                      "the lot's new day, %s, must lie ahead", date_text(decision, expires_on));
    }
    bool is_dormant = lot->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_DORMANT;
    int64_t dormant_minor = is_dormant ? timeline_lowest_from(&lot->aside, decision->effective_on) : 0;
    int64_t amount_minor = command->amount_minor != 0 ? command->amount_minor : dormant_minor;
    if (amount_minor == 0) {
        return REFUSE(
            decision, EXCEEDS_DEPOSIT, ((struct refusal_facts){.document = lot->id, .date = decision->effective_on}),
            "nothing of lot \"%s\" is dormant from %s on%s", lot->id, date_text(decision, decision->effective_on),
            is_dormant ? "" : ": what expires of it is forfeited");
    }
    if (amount_minor > dormant_minor) {
        return REFUSE(decision, EXCEEDS_DEPOSIT,
                      ((struct refusal_facts){lot->id, amount_minor, dormant_minor, decision->effective_on}),
                      "%s of lot \"%s\" are dormant from %s on, not %s", amount_text(decision, dormant_minor), lot->id,
                      date_text(decision, decision->effective_on), amount_text(decision, amount_minor));
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__LotReactivated body = PB__LOT_REACTIVATED__INIT;
    body.lot = lot->id;
    body.amount_minor = amount_minor;
    body.expires_on = expires_on;
    body.reason = command->reason;
    event.body_case = PB__EVENT__BODY_LOT_REACTIVATED;
    event.lot_reactivated = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}
