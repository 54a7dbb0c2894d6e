/* What each event does to documents: the reference's one table. */
#include "effects.h"

struct writing {
    const Pb__Event *event;
    struct effect *effects;
    size_t count;
};

static struct effect *add(struct writing *w, Pb__DocumentKind kind, const char *id, enum measure measure,
                          int64_t amount) {
    struct effect *effect = &w->effects[w->count++];
    *effect = (struct effect){.sequence = w->event->sequence,
                              .customer = w->event->customer,
                              .currency = w->event->currency,
                              .id = id,
                              .kind = kind,
                              .measure = measure,
                              .date = w->event->effective_on,
                              .amount = amount};
    return effect;
}

/* Slices between lots and a charge: out of the lots with sign 1, back with -1. */
static void add_consumed(struct writing *w, const char *charge, uint32_t part, size_t count, Pb__LotSlice **slices,
                         int sign) {
    for (size_t i = 0; i < count; i++) {
        int64_t amount = sign * slices[i]->amount_minor;
        add(w, KIND(LOT), slices[i]->lot, LEFT, -amount);
        add(w, KIND(CHARGE), charge, LEFT, -amount)->part = part;
        add(w, KIND(CHARGE), charge, CONSUMED, amount)->other = slices[i]->lot;
    }
}

static void add_held(struct writing *w, const char *hold, int64_t amount, size_t count, Pb__LotSlice **slices,
                     int64_t credit, int sign) {
    add(w, KIND(HOLD), hold, LEFT, sign * amount);
    add(w, KIND(HOLD), hold, HELD_CREDIT, sign * credit);
    for (size_t i = 0; i < count; i++) {
        add(w, KIND(LOT), slices[i]->lot, LEFT, -sign * slices[i]->amount_minor);
        add(w, KIND(HOLD), hold, HELD, sign * slices[i]->amount_minor)->other = slices[i]->lot;
    }
}

static void add_charge(struct writing *w, const Pb__ChargePosted *body) {
    add(w, KIND(CHARGE), body->charge, BILLED, body->amount_minor);
    for (size_t i = 0; i < body->n_instalments; i++) {
        add(w, KIND(CHARGE), body->charge, LEFT, body->instalments[i]->amount_minor)->part = (uint32_t)i + 1;
    }
    if (body->n_instalments == 0) {
        add(w, KIND(CHARGE), body->charge, LEFT, body->amount_minor);
    }
}

static void add_adjustment(struct writing *w, const Pb__AdjustmentPosted *body) {
    bool raises = body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
                  body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY;
    int64_t amount = raises ? body->amount_minor : -body->amount_minor;
    if (body->target[0] == '\0') {
        add(w, KIND(ADJUSTMENT), body->adjustment, LEFT, body->amount_minor);
        return;
    }
    add(w, body->target_kind, body->target, LEFT, amount)->part = body->instalment;
    if (body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF ||
        body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY) {
        add(w, body->target_kind, body->target, ASIDE, -amount)->part = body->instalment;
    }
}

static void add_payment(struct writing *w) {
    const Pb__Event *e = w->event;
    if (e->body_case == BODY(PAYMENT_RECEIVED)) {
        bool is_pending = e->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING;
        add(w, KIND(PAYMENT), e->payment_received->payment, is_pending ? PENDING : LEFT,
            e->payment_received->amount_minor);
    } else if (e->body_case == BODY(PAYMENT_SETTLED)) {
        add(w, KIND(PAYMENT), e->payment_settled->payment, PENDING, -e->payment_settled->amount_minor);
        add(w, KIND(PAYMENT), e->payment_settled->payment, LEFT, e->payment_settled->amount_minor);
    } else {
        add(w, KIND(PAYMENT), e->payment_reversed->payment, e->payment_reversed->was_pending ? PENDING : LEFT,
            -e->payment_reversed->amount_minor);
    }
}

static void add_allocation(struct writing *w) {
    const Pb__Event *e = w->event;
    if (e->body_case == BODY(ALLOCATED)) {
        const Pb__Allocated *body = e->allocated;
        add(w, body->source_kind, body->source, LEFT, -body->amount_minor);
        add(w, body->target_kind, body->target, LEFT, -body->amount_minor)->part = body->instalment;
        if (body->allocation_sequence == 0) {
            add(w, KIND(ALLOCATION), "", STANDING, body->amount_minor)->allocation = e->sequence;
        }
    } else {
        const Pb__Unallocated *body = e->unallocated;
        add(w, body->source_kind, body->source, LEFT, body->amount_minor);
        add(w, body->target_kind, body->target, LEFT, body->amount_minor)->part = body->instalment;
        if (body->instead_of_on == 0) { /* Else it had come off. */
            add(w, KIND(ALLOCATION), "", STANDING, -body->amount_minor)->allocation = body->allocation_sequence;
        }
    }
}

static void add_expired(struct writing *w, const char *lot, int64_t amount) {
    add(w, KIND(LOT), lot, LEFT, -amount);
    add(w, KIND(LOT), lot, ASIDE, amount);
}

static void add_expiry(struct writing *w) {
    const Pb__Event *e = w->event;
    if (e->body_case == BODY(LOT_EXPIRED)) {
        add_expired(w, e->lot_expired->lot, e->lot_expired->amount_minor);
    } else if (e->body_case == BODY(EXPIRY_RELEASED)) {
        add_expired(w, e->expiry_released->lot, -e->expiry_released->amount_minor);
    } else {
        add_expired(w, e->lot_reactivated->lot, -e->lot_reactivated->amount_minor);
    }
}

static void add_hold(struct writing *w) {
    const Pb__Event *e = w->event;
    if (e->body_case == BODY(HOLD_PLACED)) {
        const Pb__HoldPlaced *b = e->hold_placed;
        add_held(w, b->hold, b->amount_minor, b->n_slices, b->slices, b->credit_minor, 1);
    } else if (e->body_case == BODY(HOLD_CAPTURED)) {
        const Pb__HoldCaptured *b = e->hold_captured;
        add_held(w, b->hold, b->amount_minor, b->n_slices, b->slices, b->credit_minor, -1);
    } else {
        const Pb__HoldReleased *b = e->hold_released;
        add_held(w, b->hold, b->amount_minor, b->n_slices, b->slices, b->credit_minor, -1);
    }
}

size_t effects_of_event(const Pb__Event *e, struct effect *effects) {
    struct writing w = {e, effects, 0};
    switch ((int)e->body_case) {
    case BODY(DEPOSIT_RECEIVED):
        add(&w, KIND(LOT), e->deposit_received->lot, LEFT, e->deposit_received->amount_minor);
        break;
    case BODY(DEPOSIT_CONSUMED):
        add_consumed(&w, e->deposit_consumed->charge, e->deposit_consumed->instalment, e->deposit_consumed->n_slices,
                     e->deposit_consumed->slices, 1);
        break;
    case BODY(DEPOSIT_RESTORED):
        add_consumed(&w, e->deposit_restored->charge, e->deposit_restored->instalment, e->deposit_restored->n_slices,
                     e->deposit_restored->slices, -1);
        break;
    case BODY(CHARGE_POSTED):
        add_charge(&w, e->charge_posted);
        break;
    case BODY(CHARGE_REVERSED):
        add(&w, KIND(CHARGE), e->charge_reversed->charge, LEFT, -e->charge_reversed->amount_minor)->part =
            e->charge_reversed->instalment;
        add(&w, KIND(CHARGE), e->charge_reversed->charge, BILLED, -e->charge_reversed->amount_minor);
        break;
    case BODY(PAYMENT_RECEIVED):
    case BODY(PAYMENT_SETTLED):
    case BODY(PAYMENT_REVERSED):
        add_payment(&w);
        break;
    case BODY(ALLOCATED):
    case BODY(UNALLOCATED):
        add_allocation(&w);
        break;
    case BODY(ADJUSTMENT_POSTED):
        add_adjustment(&w, e->adjustment_posted);
        break;
    case BODY(REFUNDED):
        add(&w, e->refunded->source_kind, e->refunded->source, LEFT, -e->refunded->amount_minor);
        break;
    case BODY(HOLD_PLACED):
    case BODY(HOLD_CAPTURED):
    case BODY(HOLD_RELEASED):
        add_hold(&w);
        break;
    case BODY(LOT_EXPIRED):
    case BODY(EXPIRY_RELEASED):
    case BODY(LOT_REACTIVATED):
        add_expiry(&w);
        break;
    case BODY(DISPUTE_OPENED):
        add(&w, KIND(DISPUTE), e->dispute_opened->dispute, LEFT, e->dispute_opened->amount_minor);
        break;
    case BODY(DISPUTE_RESOLVED):
        add(&w, KIND(DISPUTE), e->dispute_resolved->dispute, LEFT, -e->dispute_resolved->amount_minor);
        break;
    default:
        break; /* It moves nothing of a document. */
    }
    return w.count;
}
