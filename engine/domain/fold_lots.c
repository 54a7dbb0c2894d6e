/* What deposits, their use and expiry, and holds change. */
#include <string.h>

#include "domain/fold_internal.h"

static enum daybook_status fold_deposit_received(struct fold *fold) {
    const Pb__DepositReceived *body = fold->event->deposit_received;
    struct document *lot = NULL;
    DAYBOOK_TRY(
        fold_add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->lot, "", true, body->amount_minor, &lot));
    lot->funding = (uint8_t)body->funding;
    lot->priority = (uint8_t)body->priority;
    lot->on_expiry = (uint8_t)body->on_expiry;
    lot->effective_from = body->effective_from;
    lot->due_on = body->expires_on;
    struct document_rare *rare = NULL;
    if (body->n_scope > 0) {
        DAYBOOK_TRY(state_make_rare(fold->state, lot, &rare, fold->error));
    }
    for (size_t i = 0; i < body->n_scope; i++) {
        char category[LIMIT_ID_BYTES + 1] = {0};
        size_t size = strlen(body->scope[i]);
        if (size > LIMIT_ID_BYTES || i >= LIMIT_SCOPE) {
            return fold_misfit(fold, "a scope that is too long, of lot", body->lot);
        }
        memcpy(category, body->scope[i], size);
        DAYBOOK_TRY(
            state_insert(fold->state, &lot->row, &rare->scope, sizeof category, (uint32_t)i, category, fold->error));
    }
    DAYBOOK_TRY(fold_change_level(fold, lot, 0, body->amount_minor));
    return fold_change_sums(fold, (struct sums_change){.deposit_minor = body->amount_minor});
}

static enum daybook_status fold_deposit_consumed(struct fold *fold) {
    const Pb__DepositConsumed *body = fold->event->deposit_consumed;
    struct document *charge = NULL;
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, &charge));
    int64_t sum_minor = 0;
    for (size_t i = 0; i < body->n_slices; i++) {
        struct document *lot = NULL;
        int64_t amount_minor = body->slices[i]->amount_minor;
        DAYBOOK_TRY(fold_check_amount(fold, amount_minor));
        DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->slices[i]->lot, &lot));
        DAYBOOK_TRY(fold_change_level(fold, lot, 0, -amount_minor));
        DAYBOOK_TRY(fold_add_link(fold, charge, lot, body->instalment, amount_minor, LINK_SLICE));
        sum_minor += amount_minor;
    }
    DAYBOOK_TRY(fold_change_level(fold, charge, body->instalment, -sum_minor));
    return fold_change_sums(fold, (struct sums_change){.open_minor = -sum_minor, .deposit_minor = -sum_minor});
}

static enum daybook_status fold_deposit_restored(struct fold *fold) {
    const Pb__DepositRestored *body = fold->event->deposit_restored;
    struct document *charge = NULL;
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, &charge));
    int64_t sum_minor = 0;
    for (size_t i = 0; i < body->n_slices; i++) {
        struct document *lot = NULL;
        DAYBOOK_TRY(fold_check_amount(fold, body->slices[i]->amount_minor));
        DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->slices[i]->lot, &lot));
        DAYBOOK_TRY(fold_reduce_slices(fold, charge, lot, body->instalment, body->slices[i]->amount_minor));
        DAYBOOK_TRY(fold_change_level(fold, lot, 0, body->slices[i]->amount_minor));
        sum_minor += body->slices[i]->amount_minor;
    }
    DAYBOOK_TRY(fold_change_level(fold, charge, body->instalment, sum_minor));
    return fold_change_sums(fold, (struct sums_change){.open_minor = sum_minor, .deposit_minor = sum_minor});
}

static enum daybook_status find_lot(struct fold *fold, const char *id, struct document **lot) {
    return fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, id, lot);
}

/* ---- expiry ---- */

static int64_t dormant_of(Pb__OnExpiry to, int64_t amount_minor) {
    return to == PB__ON_EXPIRY__ON_EXPIRY_DORMANT ? amount_minor : 0;
}

static enum daybook_status fold_lot_expired(struct fold *fold) {
    const Pb__LotExpired *body = fold->event->lot_expired;
    struct document *lot = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(find_lot(fold, body->lot, &lot));
    DAYBOOK_TRY(fold_change_level(fold, lot, 0, -body->amount_minor));
    DAYBOOK_TRY(fold_change_aside(fold, lot, 0, body->amount_minor));
    return fold_change_sums(fold, (struct sums_change){.deposit_minor = -body->amount_minor,
                                                       .dormant_minor = dormant_of(body->to, body->amount_minor)});
}

static enum daybook_status fold_expiry_released(struct fold *fold) {
    const Pb__ExpiryReleased *body = fold->event->expiry_released;
    struct document *lot = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(find_lot(fold, body->lot, &lot));
    DAYBOOK_TRY(fold_change_aside(fold, lot, 0, -body->amount_minor));
    DAYBOOK_TRY(fold_change_level(fold, lot, 0, body->amount_minor));
    return fold_change_sums(fold, (struct sums_change){.deposit_minor = body->amount_minor,
                                                       .dormant_minor = -dormant_of(body->from, body->amount_minor)});
}

static enum daybook_status fold_lot_reactivated(struct fold *fold) {
    const Pb__LotReactivated *body = fold->event->lot_reactivated;
    struct document *lot = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(find_lot(fold, body->lot, &lot));
    DAYBOOK_TRY(fold_change_expiry_date(fold, lot, body->expires_on));
    DAYBOOK_TRY(fold_change_aside(fold, lot, 0, -body->amount_minor));
    DAYBOOK_TRY(fold_change_level(fold, lot, 0, body->amount_minor));
    return fold_change_sums(
        fold, (struct sums_change){.deposit_minor = body->amount_minor, .dormant_minor = -body->amount_minor});
}

/* ---- holds ---- */

/* Moves the slices between what is free of the lots and what the hold keeps. */
static enum daybook_status hold_slices(struct fold *fold, struct document *hold, Pb__LotSlice *const *slices,
                                       size_t count, bool is_placed, int64_t *sum_minor) {
    *sum_minor = 0;
    for (size_t i = 0; i < count; i++) {
        struct document *lot = NULL;
        int64_t amount_minor = slices[i]->amount_minor;
        DAYBOOK_TRY(fold_check_amount(fold, amount_minor));
        DAYBOOK_TRY(find_lot(fold, slices[i]->lot, &lot));
        DAYBOOK_TRY(is_placed ? fold_add_link(fold, hold, lot, 0, amount_minor, LINK_SLICE)
                              : fold_reduce_slices(fold, hold, lot, 0, amount_minor));
        DAYBOOK_TRY(fold_change_level(fold, lot, 0, is_placed ? -amount_minor : amount_minor));
        *sum_minor += amount_minor;
    }
    return DAYBOOK_OK;
}

static enum daybook_status fold_hold_placed(struct fold *fold) {
    const Pb__HoldPlaced *body = fold->event->hold_placed;
    struct document *hold = NULL;
    int64_t held_minor = 0;
    DAYBOOK_TRY(fold_add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, body->hold, body->category, false,
                                  body->amount_minor, &hold));
    hold->due_on = body->expires_on;
    DAYBOOK_TRY(hold_slices(fold, hold, body->slices, body->n_slices, true, &held_minor));
    DAYBOOK_TRY(fold_change_level(fold, hold, 0, body->amount_minor));
    if (body->credit_minor != body->amount_minor - held_minor) {
        return fold_misfit(fold, "the parts do not add up of hold", body->hold);
    }
    return fold_change_sums(
        fold, (struct sums_change){.deposit_held_minor = held_minor, .credit_held_minor = body->credit_minor});
}

static enum daybook_status end_hold(struct fold *fold, const char *id, int64_t amount_minor,
                                    Pb__LotSlice *const *slices, size_t slice_count, int64_t credit_minor) {
    struct document *hold = NULL;
    int64_t held_minor = 0;
    DAYBOOK_TRY(fold_check_amount(fold, amount_minor));
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, id, &hold));
    DAYBOOK_TRY(hold_slices(fold, hold, slices, slice_count, false, &held_minor));
    DAYBOOK_TRY(fold_change_level(fold, hold, 0, -amount_minor));
    if (credit_minor != amount_minor - held_minor) {
        return fold_misfit(fold, "the parts do not add up of hold", id);
    }
    return fold_change_sums(
        fold, (struct sums_change){.deposit_held_minor = -held_minor, .credit_held_minor = -credit_minor});
}

/* What is captured is free again for the charge that follows. */
static enum daybook_status fold_hold_captured(struct fold *fold) {
    const Pb__HoldCaptured *body = fold->event->hold_captured;
    return end_hold(fold, body->hold, body->amount_minor, body->slices, body->n_slices, body->credit_minor);
}

static enum daybook_status fold_hold_released(struct fold *fold) {
    const Pb__HoldReleased *body = fold->event->hold_released;
    return end_hold(fold, body->hold, body->amount_minor, body->slices, body->n_slices, body->credit_minor);
}

enum daybook_status fold_lot_event(struct fold *fold) {
    switch ((int)fold->event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return fold_deposit_received(fold);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return fold_deposit_consumed(fold);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return fold_deposit_restored(fold);
    case PB__EVENT__BODY_LOT_EXPIRED:
        return fold_lot_expired(fold);
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        return fold_expiry_released(fold);
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return fold_lot_reactivated(fold);
    case PB__EVENT__BODY_HOLD_PLACED:
        return fold_hold_placed(fold);
    case PB__EVENT__BODY_HOLD_CAPTURED:
        return fold_hold_captured(fold);
    default: /* fold_body sends no other kind here. */
        return fold_hold_released(fold);
    }
}
