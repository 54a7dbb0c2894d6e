/* What charges, payments, allocations, adjustments, refunds and disputes change. */
#include <string.h>

#include "base/decimal.h"
#include "domain/fold_internal.h"

static enum daybook_status parts_misfit(const struct fold *fold) {
    return fold_misfit(fold, "the instalments do not add up of charge", fold->event->charge_posted->charge);
}

/* All instalments first, then their amounts: a level is named by its instalment. The row is new, so
 * taking it back takes them with it. */
static enum daybook_status add_parts(struct fold *fold, struct document *charge) {
    const Pb__ChargePosted *body = fold->event->charge_posted;
    struct document_rare *rare = NULL;
    if (body->n_instalments > LIMIT_INSTALMENTS) {
        return parts_misfit(fold);
    }
    DAYBOOK_TRY(state_make_rare(fold->state, charge, &rare, fold->error));
    int64_t rest_minor = body->amount_minor;
    for (size_t i = 0; i < body->n_instalments; i++) {
        struct part part;
        memset(&part, 0, sizeof part);
        part.due_on = body->instalments[i]->due_on;
        if (body->instalments[i]->amount_minor <= 0 || body->instalments[i]->amount_minor > rest_minor) {
            return parts_misfit(fold);
        }
        rest_minor -= body->instalments[i]->amount_minor;
        struct vector *parts = &rare->parts;
        if (!vector_insert(parts, sizeof part, parts->count, &part, state_pool(fold->state))) {
            return daybook_fail(fold->error, DAYBOOK_NO_MEMORY, "folding a charge: memory was refused");
        }
    }
    if (rest_minor != 0) {
        return parts_misfit(fold);
    }
    for (size_t i = 0; i < body->n_instalments; i++) {
        DAYBOOK_TRY(fold_change_level(fold, charge, (uint32_t)i + 1, body->instalments[i]->amount_minor));
    }
    return DAYBOOK_OK;
}

static enum daybook_status fold_charge_posted(struct fold *fold) {
    const Pb__ChargePosted *body = fold->event->charge_posted;
    struct document *charge = NULL;
    DAYBOOK_TRY(fold_add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, body->category, false,
                                  body->amount_minor, &charge));
    charge->due_on = body->due_on;
    if (body->n_instalments > 0) {
        DAYBOOK_TRY(add_parts(fold, charge));
    } else {
        DAYBOOK_TRY(fold_change_level(fold, charge, 0, body->amount_minor));
    }
    return fold_change_sums(fold, (struct sums_change){.open_minor = body->amount_minor});
}

static enum daybook_status fold_payment_received(struct fold *fold) {
    const Pb__PaymentReceived *body = fold->event->payment_received;
    struct document *payment = NULL;
    int64_t amount_minor = body->amount_minor;
    DAYBOOK_TRY(fold_add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, body->payment, "", true, amount_minor,
                                  &payment));
    if (body->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING) {
        payment->is_pending = true;
        return fold_change_sums(fold, (struct sums_change){.pending_minor = amount_minor});
    }
    DAYBOOK_TRY(fold_change_level(fold, payment, 0, amount_minor));
    return fold_change_sums(fold, (struct sums_change){.unapplied_minor = amount_minor});
}

static enum daybook_status fold_payment_settled(struct fold *fold) {
    struct document *payment = NULL;
    int64_t amount_minor = fold->event->payment_settled->amount_minor;
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT,
                                   fold->event->payment_settled->payment, &payment));
    if (!payment->is_pending || payment->amount_minor != amount_minor) {
        return fold_misfit(fold, "settles what is not pending: payment", payment->id);
    }
    DAYBOOK_TRY(state_touch(fold->state, &payment->row, &payment->is_pending, sizeof payment->is_pending, fold->error));
    payment->is_pending = false;
    /* It counts from here on, so from here on it is allocated, and corrected. */
    DAYBOOK_TRY(state_touch(fold->state, &payment->row, &payment->posted_on, sizeof payment->posted_on, fold->error));
    payment->posted_on = fold->event->effective_on;
    DAYBOOK_TRY(fold_change_level(fold, payment, 0, amount_minor));
    return fold_change_sums(fold,
                            (struct sums_change){.unapplied_minor = amount_minor, .pending_minor = -amount_minor});
}

static enum daybook_status fold_payment_reversed(struct fold *fold) {
    const Pb__PaymentReversed *body = fold->event->payment_reversed;
    struct document *payment = NULL;
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, body->payment, &payment));
    if (payment->is_pending != (body->was_pending != 0) || payment->amount_minor != body->amount_minor) {
        return fold_misfit(fold, "reverses what is not so: payment", payment->id);
    }
    DAYBOOK_TRY(
        state_touch(fold->state, &payment->row, &payment->is_reversed, sizeof payment->is_reversed, fold->error));
    payment->is_reversed = true;
    if (body->was_pending) {
        DAYBOOK_TRY(
            state_touch(fold->state, &payment->row, &payment->is_pending, sizeof payment->is_pending, fold->error));
        payment->is_pending = false;
        return fold_change_sums(fold, (struct sums_change){.pending_minor = -body->amount_minor});
    }
    DAYBOOK_TRY(fold_change_level(fold, payment, 0, -body->amount_minor));
    return fold_change_sums(fold, (struct sums_change){.unapplied_minor = -body->amount_minor});
}

static enum daybook_status fold_allocated(struct fold *fold) {
    const Pb__Allocated *body = fold->event->allocated;
    struct document *source = NULL;
    struct document *target = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(fold_find_document(fold, body->source_kind, body->source, &source));
    DAYBOOK_TRY(fold_find_document(fold, body->target_kind, body->target, &target));
    if (body->allocation_sequence == 0) {
        DAYBOOK_TRY(fold_add_link(fold, source, target, body->instalment, body->amount_minor, LINK_ALLOCATION));
        DAYBOOK_TRY(fold_add_link(fold, target, source, body->instalment, body->amount_minor, LINK_ALLOCATION));
    }
    if (body->allocation[0] != '\0') {
        DAYBOOK_TRY(state_add_document_name(fold->state, fold->event->sequence, fold->customer,
                                            PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION, body->allocation,
                                            fold->error));
    }
    DAYBOOK_TRY(fold_change_level(fold, source, 0, -body->amount_minor));
    DAYBOOK_TRY(fold_change_level(fold, target, body->instalment, -body->amount_minor));
    return fold_change_sums(
        fold, (struct sums_change){.open_minor = -body->amount_minor, .unapplied_minor = -body->amount_minor});
}

static enum daybook_status fold_unallocated(struct fold *fold) {
    const Pb__Unallocated *body = fold->event->unallocated;
    struct document *source = NULL;
    struct document *target = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(fold_find_document(fold, body->source_kind, body->source, &source));
    DAYBOOK_TRY(fold_find_document(fold, body->target_kind, body->target, &target));
    DAYBOOK_TRY(fold_take_off(fold, source));
    DAYBOOK_TRY(fold_take_off(fold, target));
    DAYBOOK_TRY(fold_change_level(fold, source, 0, body->amount_minor));
    DAYBOOK_TRY(fold_change_level(fold, target, body->instalment, body->amount_minor));
    return fold_change_sums(
        fold, (struct sums_change){.open_minor = body->amount_minor, .unapplied_minor = body->amount_minor});
}

/* An adjustment of an item: its name is kept, its effect is on the item. */
static enum daybook_status fold_adjustment_of_item(struct fold *fold, int64_t delta_minor) {
    const Pb__AdjustmentPosted *body = fold->event->adjustment_posted;
    struct document *target = NULL;
    DAYBOOK_TRY(fold_count_created(fold, body->amount_minor));
    DAYBOOK_TRY(fold_find_document(fold, body->target_kind, body->target, &target));
    DAYBOOK_TRY(state_add_document_name(fold->state, fold->event->sequence, fold->customer,
                                        PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT, body->adjustment, fold->error));
    if (body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF ||
        body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY) {
        DAYBOOK_TRY(fold_change_aside(fold, target, body->instalment, -delta_minor));
    }
    DAYBOOK_TRY(fold_change_level(fold, target, body->instalment, delta_minor));
    return fold_change_sums(fold, (struct sums_change){.open_minor = delta_minor});
}

/* On account: a credit is a source of its own, a debit note an item of its own. */
static enum daybook_status fold_adjustment_on_account(struct fold *fold, bool is_source) {
    const Pb__AdjustmentPosted *body = fold->event->adjustment_posted;
    struct document *adjustment = NULL;
    DAYBOOK_TRY(fold_add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT, body->adjustment, "", is_source,
                                  body->amount_minor, &adjustment));
    if (!is_source) {
        adjustment->due_on = body->due_on;
    }
    DAYBOOK_TRY(fold_change_level(fold, adjustment, 0, body->amount_minor));
    if (is_source) {
        return fold_change_sums(fold, (struct sums_change){.unapplied_minor = body->amount_minor});
    }
    return fold_change_sums(fold, (struct sums_change){.open_minor = body->amount_minor});
}

static enum daybook_status fold_adjustment_posted(struct fold *fold) {
    const Pb__AdjustmentPosted *body = fold->event->adjustment_posted;
    bool is_on_account = body->target[0] == '\0';
    switch (body->kind) {
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE:
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT:
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING:
        return is_on_account ? fold_adjustment_on_account(fold, true)
                             : fold_adjustment_of_item(fold, -body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE:
        return is_on_account ? fold_adjustment_on_account(fold, false)
                             : fold_adjustment_of_item(fold, body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF:
        return fold_adjustment_of_item(fold, -body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY:
        return fold_adjustment_of_item(fold, body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_UNSPECIFIED:
    case _PB__ADJUSTMENT_KIND_IS_INT_SIZE:
        break;
    }
    return fold_misfit(fold, "an adjustment of no kind:", body->adjustment);
}

static enum daybook_status fold_refunded(struct fold *fold) {
    const Pb__Refunded *body = fold->event->refunded;
    struct document *source = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(fold_find_document(fold, body->source_kind, body->source, &source));
    DAYBOOK_TRY(state_add_document_name(fold->state, fold->event->sequence, fold->customer,
                                        PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND, body->refund, fold->error));
    DAYBOOK_TRY(fold_change_level(fold, source, 0, -body->amount_minor));
    if (body->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT) {
        return fold_change_sums(fold, (struct sums_change){.deposit_minor = -body->amount_minor});
    }
    return fold_change_sums(fold, (struct sums_change){.unapplied_minor = -body->amount_minor});
}

static enum daybook_status fold_charge_reversed(struct fold *fold) {
    const Pb__ChargeReversed *body = fold->event->charge_reversed;
    struct document *charge = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, body->amount_minor));
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, &charge));
    struct document_rare *rare = NULL;
    DAYBOOK_TRY(state_make_rare(fold->state, charge, &rare, fold->error));
    DAYBOOK_TRY(
        state_touch(fold->state, &charge->row, &rare->reversed_minor, sizeof rare->reversed_minor, fold->error));
    rare->reversed_minor += body->amount_minor;
    DAYBOOK_TRY(fold_change_level(fold, charge, body->instalment, -body->amount_minor));
    return fold_change_sums(fold, (struct sums_change){.open_minor = -body->amount_minor});
}

static enum daybook_status fold_dispute(struct fold *fold, const char *dispute_id, const char *charge_id,
                                        int64_t amount_minor, bool is_opened) {
    struct document *charge = NULL;
    struct document *dispute = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, amount_minor));
    DAYBOOK_TRY(fold_check_names(fold, dispute_id, charge_id));
    DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, charge_id, &charge));
    if (is_opened) {
        /* Its category is what it is about. */
        DAYBOOK_TRY(state_add_document(fold->state, fold->event->sequence, fold->customer,
                                       PB__DOCUMENT_KIND__DOCUMENT_KIND_DISPUTE, dispute_id, charge->id, &dispute,
                                       fold->error));
        memcpy(dispute->currency, fold->account->currency, sizeof dispute->currency);
        dispute->amount_minor = amount_minor;
        dispute->posted_on = fold->event->effective_on;
    } else {
        DAYBOOK_TRY(fold_find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_DISPUTE, dispute_id, &dispute));
        if (strcmp(document_category(dispute), charge->id) != 0) {
            return fold_misfit(fold, "is not about that charge: dispute", dispute->id);
        }
    }
    int64_t delta_minor = is_opened ? amount_minor : -amount_minor;
    DAYBOOK_TRY(fold_change_level(fold, dispute, 0, delta_minor));
    struct document_rare *rare = NULL;
    DAYBOOK_TRY(state_make_rare(fold->state, charge, &rare, fold->error));
    DAYBOOK_TRY(
        state_touch(fold->state, &charge->row, &rare->disputed_minor, sizeof rare->disputed_minor, fold->error));
    return money_add(&rare->disputed_minor, delta_minor)
               ? DAYBOOK_OK
               : fold_misfit(fold, "more would be disputed than there can be, of", charge->id);
}

static enum daybook_status fold_dispute_opened(struct fold *fold) {
    const Pb__DisputeOpened *body = fold->event->dispute_opened;
    return fold_dispute(fold, body->dispute, body->charge, body->amount_minor, true);
}

static enum daybook_status fold_dispute_resolved(struct fold *fold) {
    const Pb__DisputeResolved *body = fold->event->dispute_resolved;
    return fold_dispute(fold, body->dispute, body->charge, body->amount_minor, false);
}

enum daybook_status fold_money_event(struct fold *fold) {
    switch ((int)fold->event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return fold_charge_posted(fold);
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return fold_payment_received(fold);
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        return fold_payment_settled(fold);
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return fold_payment_reversed(fold);
    case PB__EVENT__BODY_ALLOCATED:
        return fold_allocated(fold);
    case PB__EVENT__BODY_UNALLOCATED:
        return fold_unallocated(fold);
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return fold_adjustment_posted(fold);
    case PB__EVENT__BODY_REFUNDED:
        return fold_refunded(fold);
    case PB__EVENT__BODY_DISPUTE_OPENED:
        return fold_dispute_opened(fold);
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
        return fold_dispute_resolved(fold);
    default: /* fold_body sends no other kind here. */
        return fold_charge_reversed(fold);
    }
}
