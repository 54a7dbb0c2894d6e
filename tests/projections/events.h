/* Hand-made events, numbered from 1 as they are made, in a list that the tests fold. */
#ifndef TESTS_PROJECTIONS_EVENTS_H
#define TESTS_PROJECTIONS_EVENTS_H

#include "base/arena.h"
#include "base/calendar.h"
#include "projections/folding.h"

struct events {
    struct arena arena;
    Pb__Event **list;
    size_t count;
    size_t capacity;
    const char *customer; /* Of the next events. */
    const char *currency;
};

#define CHARGE     PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
#define PAYMENT    PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT
#define ADJUSTMENT PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT
#define LOT        PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT

static inline int32_t day(const char *text) {
    int32_t date = 0;
    assert_true(date_parse(text, strlen(text), &date));
    return date;
}

static inline void events_init(struct events *events) {
    memset(events, 0, sizeof *events);
    arena_init(&events->arena, (size_t)1 << 30);
    events->customer = "alice";
    events->currency = "EUR";
}

static inline void events_release(struct events *events) {
    arena_release(&events->arena);
    free(events->list);
}

static inline void *events_alloc(struct events *events, size_t size) {
    void *memory = arena_zalloc(&events->arena, size);
    assert_non_null(memory);
    return memory;
}

static inline char *events_text(struct events *events, const char *text) {
    return arena_copy_text(&events->arena, text, strlen(text));
}

/* Recorded at 01:00 UTC of day 20000 + 1 s for each sequence. */
static inline Pb__Event *event_on(struct events *events, int32_t effective_on, Pb__Event__BodyCase kind) {
    Pb__Event *event = events_alloc(events, sizeof *event);
    pb__event__init(event);
    if (events->count == events->capacity) {
        events->capacity = events->capacity == 0 ? 256 : events->capacity * 2;
        events->list = realloc(events->list, events->capacity * sizeof(Pb__Event *));
        assert_non_null(events->list);
    }
    events->list[events->count++] = event;
    event->sequence = events->count;
    event->recorded_at_us = 20000 * INT64_C(86400000000) + (int64_t)(3600 + events->count) * 1000000;
    event->effective_on = effective_on;
    event->customer = events_text(events, events->customer);
    event->currency = events_text(events, events->currency);
    event->body_case = kind;
    return event;
}

/* EVENT(events, date, CHARGE_POSTED, charge_posted, ChargePosted, charge_posted__init, .charge = "x", ...) */
#define EVENT_BODY(events, date, CASE, field, Type, init, ...)                                                         \
    do {                                                                                                               \
        Pb__Event *event_ = event_on(events, date, PB__EVENT__BODY_##CASE);                                            \
        Pb__##Type *body_ = events_alloc(events, sizeof *body_);                                                       \
        pb__##init(body_);                                                                                             \
        __VA_ARGS__;                                                                                                   \
        event_->field = body_;                                                                                         \
    } while (0)

static inline void charge(struct events *e, int32_t on, const char *id, int64_t amount, int32_t due) {
    EVENT_BODY(e, on, CHARGE_POSTED, charge_posted, ChargePosted, charge_posted__init, {
        body_->charge = events_text(e, id);
        body_->amount_minor = amount;
        body_->category = events_text(e, "goods");
        body_->due_on = due;
    });
}

static inline void charge_in_parts(struct events *e, int32_t on, const char *id, const int64_t *amounts,
                                   const int32_t *dues, size_t count) {
    int64_t total = 0;
    charge(e, on, id, 1, dues[count - 1]);
    Pb__ChargePosted *body = e->list[e->count - 1]->charge_posted;
    body->instalments = events_alloc(e, count * sizeof(Pb__Instalment *));
    body->n_instalments = count;
    for (size_t i = 0; i < count; i++) {
        body->instalments[i] = events_alloc(e, sizeof(Pb__Instalment));
        pb__instalment__init(body->instalments[i]);
        body->instalments[i]->amount_minor = amounts[i];
        body->instalments[i]->due_on = dues[i];
        total += amounts[i];
    }
    body->amount_minor = total;
}

static inline void payment(struct events *e, int32_t on, const char *id, int64_t amount, bool is_pending) {
    EVENT_BODY(e, on, PAYMENT_RECEIVED, payment_received, PaymentReceived, payment_received__init, {
        body_->payment = events_text(e, id);
        body_->amount_minor = amount;
        body_->status =
            is_pending ? PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING : PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED;
    });
}

static inline void settled(struct events *e, int32_t on, const char *id, int64_t amount) {
    EVENT_BODY(e, on, PAYMENT_SETTLED, payment_settled, PaymentSettled, payment_settled__init, {
        body_->payment = events_text(e, id);
        body_->amount_minor = amount;
    });
}

static inline void payment_reversed(struct events *e, int32_t on, const char *id, int64_t amount, bool was_pending) {
    EVENT_BODY(e, on, PAYMENT_REVERSED, payment_reversed, PaymentReversed, payment_reversed__init, {
        body_->payment = events_text(e, id);
        body_->amount_minor = amount;
        body_->was_pending = was_pending;
    });
}

static inline void charge_reversed(struct events *e, int32_t on, const char *id, int64_t amount) {
    EVENT_BODY(e, on, CHARGE_REVERSED, charge_reversed, ChargeReversed, charge_reversed__init, {
        body_->charge = events_text(e, id);
        body_->amount_minor = amount;
    });
}

static inline void allocated(struct events *e, int32_t on, Pb__DocumentKind source_kind, const char *source,
                             Pb__DocumentKind target_kind, const char *target, uint32_t instalment, int64_t amount) {
    EVENT_BODY(e, on, ALLOCATED, allocated, Allocated, allocated__init, {
        body_->source_kind = source_kind;
        body_->source = events_text(e, source);
        body_->target_kind = target_kind;
        body_->target = events_text(e, target);
        body_->instalment = instalment;
        body_->amount_minor = amount;
    });
}

static inline void unallocated(struct events *e, int32_t on, Pb__DocumentKind source_kind, const char *source,
                               Pb__DocumentKind target_kind, const char *target, int64_t amount,
                               uint64_t allocation_sequence) {
    EVENT_BODY(e, on, UNALLOCATED, unallocated, Unallocated, unallocated__init, {
        body_->allocation_sequence = allocation_sequence;
        body_->source_kind = source_kind;
        body_->source = events_text(e, source);
        body_->target_kind = target_kind;
        body_->target = events_text(e, target);
        body_->amount_minor = amount;
    });
}

/* On account when target is NULL. */
static inline void adjusted(struct events *e, int32_t on, const char *id, Pb__AdjustmentKind kind, int64_t amount,
                            const char *target) {
    EVENT_BODY(e, on, ADJUSTMENT_POSTED, adjustment_posted, AdjustmentPosted, adjustment_posted__init, {
        body_->adjustment = events_text(e, id);
        body_->kind = kind;
        body_->amount_minor = amount;
        if (target != NULL) {
            body_->target_kind = CHARGE;
            body_->target = events_text(e, target);
        }
    });
}

static inline void refunded(struct events *e, int32_t on, Pb__DocumentKind source_kind, const char *source,
                            int64_t amount) {
    EVENT_BODY(e, on, REFUNDED, refunded, Refunded, refunded__init, {
        body_->source_kind = source_kind;
        body_->source = events_text(e, source);
        body_->amount_minor = amount;
    });
}

/* Out of a lot that waits for its first day. */
static inline void refunded_waiting(struct events *e, int32_t on, const char *lot, int64_t amount,
                                    int32_t effective_from) {
    EVENT_BODY(e, on, REFUNDED, refunded, Refunded, refunded__init, {
        body_->source_kind = LOT;
        body_->source = events_text(e, lot);
        body_->amount_minor = amount;
        body_->effective_from = effective_from;
    });
}

static inline void disputed(struct events *e, int32_t on, const char *id, int64_t amount) {
    EVENT_BODY(e, on, DISPUTE_OPENED, dispute_opened, DisputeOpened, dispute_opened__init, {
        body_->dispute = events_text(e, "d");
        body_->charge = events_text(e, id);
        body_->amount_minor = amount;
    });
}

static inline void resolved(struct events *e, int32_t on, const char *id, int64_t amount) {
    EVENT_BODY(e, on, DISPUTE_RESOLVED, dispute_resolved, DisputeResolved, dispute_resolved__init, {
        body_->dispute = events_text(e, "d");
        body_->charge = events_text(e, id);
        body_->amount_minor = amount;
    });
}

static inline void deposit(struct events *e, int32_t on, const char *lot, int64_t amount, Pb__Funding funding,
                           int32_t effective_from) {
    EVENT_BODY(e, on, DEPOSIT_RECEIVED, deposit_received, DepositReceived, deposit_received__init, {
        body_->lot = events_text(e, lot);
        body_->amount_minor = amount;
        body_->funding = funding;
        body_->effective_from = effective_from;
    });
}

static inline Pb__LotSlice **one_slice(struct events *e, const char *lot, int64_t amount) {
    Pb__LotSlice **slices = events_alloc(e, sizeof *slices);
    slices[0] = events_alloc(e, sizeof **slices);
    pb__lot_slice__init(slices[0]);
    slices[0]->lot = events_text(e, lot);
    slices[0]->amount_minor = amount;
    return slices;
}

static inline void consumed(struct events *e, int32_t on, const char *id, const char *lot, int64_t amount) {
    EVENT_BODY(e, on, DEPOSIT_CONSUMED, deposit_consumed, DepositConsumed, deposit_consumed__init, {
        body_->charge = events_text(e, id);
        body_->n_slices = 1;
        body_->slices = one_slice(e, lot, amount);
    });
}

static inline void restored(struct events *e, int32_t on, const char *id, const char *lot, int64_t amount) {
    EVENT_BODY(e, on, DEPOSIT_RESTORED, deposit_restored, DepositRestored, deposit_restored__init, {
        body_->charge = events_text(e, id);
        body_->n_slices = 1;
        body_->slices = one_slice(e, lot, amount);
    });
}

#endif
