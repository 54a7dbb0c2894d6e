/*
 * Law 3, checked another way: what is left of every document on every day, from
 * the events alone, with a place for each day. Knows nothing of the state.
 */
#ifndef DAYBOOK_TESTS_DOMAIN_MODEL_H
#define DAYBOOK_TESTS_DOMAIN_MODEL_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daybook/v1/event.pb-c.h"
#include "tests/rows.h"

enum { MODEL_DAYS = 800, MODEL_FIRST_DAY = 19700, MODEL_NAME = 200 };

struct model_level {
    char name[MODEL_NAME]; /* "ann/lot/A". */
    int64_t left[MODEL_DAYS];
};

struct model {
    struct model_level **levels;
    size_t count;
};

static inline struct model_level *model_level(struct model *model, const char *name) {
    for (size_t i = 0; i < model->count; i++) {
        if (strcmp(model->levels[i]->name, name) == 0) {
            return model->levels[i];
        }
    }
    model->levels = realloc(model->levels, (model->count + 1) * sizeof(struct model_level *));
    struct model_level *level = calloc(1, sizeof *level);
    assert_true(model->levels != NULL && level != NULL);
    snprintf(level->name, sizeof level->name, "%s", name);
    model->levels[model->count++] = level;
    return level;
}

static inline void model_release(struct model *model) {
    for (size_t i = 0; i < model->count; i++) {
        free(model->levels[i]);
    }
    free(model->levels);
    *model = (struct model){0};
}

/* Adds from the event's day on; nothing may be below zero on any day once the event is in. */
static inline void model_add(struct model *model, const Pb__Event *event, const char *kind, const char *id,
                             int64_t delta_minor) {
    char name[MODEL_NAME];
    snprintf(name, sizeof name, "%s/%s/%s", event->customer, kind, id);
    struct model_level *level = model_level(model, name);
    int first = event->effective_on - MODEL_FIRST_DAY;
    assert_in_range(first, 0, MODEL_DAYS - 1);
    for (int day = first; day < MODEL_DAYS; day++) {
        level->left[day] += delta_minor;
        if (level->left[day] < 0) {
            fail_msg("event %" PRIu64 ": %s is %" PRId64 " on day %d", event->sequence, name, level->left[day], day);
        }
    }
}

static inline const char *model_kind(Pb__DocumentKind kind) {
    static const char *const names[] = {"?", "lot", "charge", "payment", "hold", "adjustment"};
    return names[kind];
}

static inline void model_part(struct model *model, const Pb__Event *event, const char *kind, const char *id,
                              uint32_t part, int64_t delta_minor) {
    char name[100];
    model_add(model, event, kind, id, delta_minor);
    if (part > 0) {
        snprintf(name, sizeof name, "%s#%u", id, part);
        model_add(model, event, kind, name, delta_minor);
    }
}

/* Returns the sum. */
static inline int64_t model_slices(struct model *model, const Pb__Event *event, size_t count,
                                   Pb__LotSlice *const *slices, int sign) {
    int64_t sum_minor = 0;
    for (size_t i = 0; i < count; i++) {
        model_add(model, event, "lot", slices[i]->lot, sign * slices[i]->amount_minor);
        sum_minor += slices[i]->amount_minor;
    }
    return sum_minor;
}

static inline void model_charge(struct model *model, const Pb__Event *event) {
    const Pb__ChargePosted *body = event->charge_posted;
    model_add(model, event, "charge", body->charge, body->amount_minor);
    for (size_t i = 0; i < body->n_instalments; i++) {
        char name[100];
        snprintf(name, sizeof name, "%s#%zu", body->charge, i + 1);
        model_add(model, event, "charge", name, body->instalments[i]->amount_minor);
    }
}

static inline void model_adjustment(struct model *model, const Pb__Event *event) {
    const Pb__AdjustmentPosted *body = event->adjustment_posted;
    bool raises = body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
                  body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY;
    if (body->target[0] == '\0') {
        model_add(model, event, "adjustment", body->adjustment, body->amount_minor);
        return;
    }
    model_part(model, event, model_kind(body->target_kind), body->target, body->instalment,
               raises ? body->amount_minor : -body->amount_minor);
    if (body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF ||
        body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY) {
        model_add(model, event, "written off", body->target, raises ? -body->amount_minor : body->amount_minor);
    }
}

static inline void model_settling(struct model *model, const Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
        const Pb__Allocated *body = event->allocated;
        model_add(model, event, model_kind(body->source_kind), body->source, -body->amount_minor);
        model_part(model, event, model_kind(body->target_kind), body->target, body->instalment, -body->amount_minor);
    } else {
        const Pb__Unallocated *body = event->unallocated;
        model_add(model, event, model_kind(body->source_kind), body->source, body->amount_minor);
        model_part(model, event, model_kind(body->target_kind), body->target, body->instalment, body->amount_minor);
    }
}

static inline void model_lot(struct model *model, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        model_add(model, event, "lot", event->deposit_received->lot, event->deposit_received->amount_minor);
        return;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED: {
        const Pb__DepositConsumed *body = event->deposit_consumed;
        int64_t sum_minor = model_slices(model, event, body->n_slices, body->slices, -1);
        model_part(model, event, "charge", body->charge, body->instalment, -sum_minor);
        return;
    }
    case PB__EVENT__BODY_DEPOSIT_RESTORED: {
        const Pb__DepositRestored *body = event->deposit_restored;
        int64_t sum_minor = model_slices(model, event, body->n_slices, body->slices, 1);
        model_part(model, event, "charge", body->charge, body->instalment, sum_minor);
        return;
    }
    case PB__EVENT__BODY_LOT_EXPIRED:
        model_add(model, event, "lot", event->lot_expired->lot, -event->lot_expired->amount_minor);
        model_add(model, event, "expired", event->lot_expired->lot, event->lot_expired->amount_minor);
        return;
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        model_add(model, event, "expired", event->expiry_released->lot, -event->expiry_released->amount_minor);
        model_add(model, event, "lot", event->expiry_released->lot, event->expiry_released->amount_minor);
        return;
    default:
        model_add(model, event, "expired", event->lot_reactivated->lot, -event->lot_reactivated->amount_minor);
        model_add(model, event, "lot", event->lot_reactivated->lot, event->lot_reactivated->amount_minor);
    }
}

static inline void model_hold(struct model *model, const Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_HOLD_PLACED) {
        const Pb__HoldPlaced *body = event->hold_placed;
        int64_t sum_minor = model_slices(model, event, body->n_slices, body->slices, -1);
        assert_int_equal(sum_minor + body->credit_minor, body->amount_minor);
        model_add(model, event, "hold", body->hold, body->amount_minor);
    } else if (event->body_case == PB__EVENT__BODY_HOLD_CAPTURED) {
        const Pb__HoldCaptured *body = event->hold_captured;
        int64_t sum_minor = model_slices(model, event, body->n_slices, body->slices, 1);
        assert_int_equal(sum_minor + body->credit_minor, body->amount_minor);
        model_add(model, event, "hold", body->hold, -body->amount_minor);
    } else {
        const Pb__HoldReleased *body = event->hold_released;
        int64_t sum_minor = model_slices(model, event, body->n_slices, body->slices, 1);
        assert_int_equal(sum_minor + body->credit_minor, body->amount_minor);
        model_add(model, event, "hold", body->hold, -body->amount_minor);
    }
}

static inline void model_payment(struct model *model, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        if (event->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED) {
            model_add(model, event, "payment", event->payment_received->payment, event->payment_received->amount_minor);
        }
        return;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        model_add(model, event, "payment", event->payment_settled->payment, event->payment_settled->amount_minor);
        return;
    default:
        if (!event->payment_reversed->was_pending) {
            model_add(model, event, "payment", event->payment_reversed->payment,
                      -event->payment_reversed->amount_minor);
        }
    }
}

static inline void model_fold(struct model *model, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        model_charge(model, event);
        return;
    case PB__EVENT__BODY_CHARGE_REVERSED:
        model_part(model, event, "charge", event->charge_reversed->charge, event->charge_reversed->instalment,
                   -event->charge_reversed->amount_minor);
        return;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        model_payment(model, event);
        return;
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
        model_settling(model, event);
        return;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        model_adjustment(model, event);
        return;
    case PB__EVENT__BODY_REFUNDED:
        model_add(model, event, model_kind(event->refunded->source_kind), event->refunded->source,
                  -event->refunded->amount_minor);
        return;
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
        model_hold(model, event);
        return;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        model_lot(model, event);
        return;
    default:
        return; /* No money moves. */
    }
}

#endif
