/* One table from event to the documents that it puts together. */
#include "projections/tie.h"

#define LOT        PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT
#define CHARGE     PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
#define PAYMENT    PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT
#define ADJUSTMENT PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT
#define REFUND     PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND
#define NOTHING    PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED

size_t tie_count(const Pb__Event *event) {
    switch (event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return event->deposit_consumed->n_slices;
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return event->deposit_restored->n_slices;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return event->adjustment_posted->target_kind == NOTHING ? 0 : 1;
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return 1;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_CHARGE_POSTED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case PB__EVENT__BODY_PERIOD_CLOSED:
    case PB__EVENT__BODY_PERIOD_REOPENED:
    case PB__EVENT__BODY_STATEMENT_ISSUED:
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_OPERATOR_ACTED:
    case PB__EVENT__BODY_APPROVAL_POLICY_SET:
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return 0;
}

static struct tie slice(const char *charge, const Pb__LotSlice *taken, int sign, uint32_t instalment,
                        const char *through) {
    int64_t amount_minor = sign * taken->amount_minor;
    return (struct tie){{LOT, taken->lot, amount_minor}, {CHARGE, charge, amount_minor}, instalment, through, false};
}

/* A debit note and a recovery add to what is open; the adjustment itself is used up either way. */
static struct tie adjusted(const Pb__AdjustmentPosted *body) {
    bool adds = body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
                body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY;
    int64_t amount_minor = body->amount_minor;
    return (struct tie){{ADJUSTMENT, body->adjustment, amount_minor},
                        {body->target_kind, body->target, adds ? -amount_minor : amount_minor},
                        body->instalment,
                        "",
                        false};
}

static struct tie allocated(const Pb__Allocated *body) {
    return (struct tie){{body->source_kind, body->source, body->amount_minor},
                        {body->target_kind, body->target, body->amount_minor},
                        body->instalment,
                        body->allocation,
                        false};
}

static struct tie unallocated(const Pb__Unallocated *body) {
    return (struct tie){{body->source_kind, body->source, -body->amount_minor},
                        {body->target_kind, body->target, -body->amount_minor},
                        body->instalment,
                        body->allocation,
                        false};
}

static struct tie alone(Pb__DocumentKind kind, const char *id, int64_t amount_minor) {
    return (struct tie){{kind, id, amount_minor}, {NOTHING, "", 0}, 0, "", false};
}

struct tie tie_at(const Pb__Event *e, size_t index) {
    struct tie tie = {{NOTHING, "", 0}, {NOTHING, "", 0}, 0, "", false};
    switch ((int)e->body_case) {
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return slice(e->deposit_consumed->charge, e->deposit_consumed->slices[index], 1,
                     e->deposit_consumed->instalment, e->deposit_consumed->hold);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return slice(e->deposit_restored->charge, e->deposit_restored->slices[index], -1,
                     e->deposit_restored->instalment, "");
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return adjusted(e->adjustment_posted);
    case PB__EVENT__BODY_ALLOCATED:
        return allocated(e->allocated);
    case PB__EVENT__BODY_UNALLOCATED:
        return unallocated(e->unallocated);
    case PB__EVENT__BODY_REFUNDED:
        tie.from = (struct tie_side){e->refunded->source_kind, e->refunded->source, e->refunded->amount_minor};
        tie.to = (struct tie_side){REFUND, e->refunded->refund, 0};
        return tie;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        tie = alone(PAYMENT, e->payment_settled->payment, 0);
        tie.settles = true;
        return tie;
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return alone(PAYMENT, e->payment_reversed->payment, e->payment_reversed->amount_minor);
    case PB__EVENT__BODY_CHARGE_REVERSED:
        tie = alone(CHARGE, e->charge_reversed->charge, e->charge_reversed->amount_minor);
        tie.instalment = e->charge_reversed->instalment;
        return tie;
    case PB__EVENT__BODY_LOT_EXPIRED:
        return alone(LOT, e->lot_expired->lot, e->lot_expired->amount_minor);
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        return alone(LOT, e->expiry_released->lot, -e->expiry_released->amount_minor);
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return alone(LOT, e->lot_reactivated->lot, -e->lot_reactivated->amount_minor);
    default: /* tie_count says 0. */
        return tie;
    }
}

bool tie_keeps(Pb__DocumentKind kind) {
    return kind == LOT || kind == CHARGE || kind == PAYMENT || kind == ADJUSTMENT;
}

struct tie_side tie_made(const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return (struct tie_side){LOT, event->deposit_received->lot, event->deposit_received->amount_minor};
    case PB__EVENT__BODY_CHARGE_POSTED:
        return (struct tie_side){CHARGE, event->charge_posted->charge, event->charge_posted->amount_minor};
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return (struct tie_side){PAYMENT, event->payment_received->payment, event->payment_received->amount_minor};
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return (struct tie_side){ADJUSTMENT, event->adjustment_posted->adjustment,
                                 event->adjustment_posted->amount_minor};
    default: /* Nothing else is settled or settles. */
        return (struct tie_side){NOTHING, "", 0};
    }
}
