/* What a request's events changed, and what is left of each document that they touched. */
#include "domain/remainder.h"

#include <assert.h>
#include <stdlib.h>

/* One document that an event changes, with the document's row. */
struct touch {
    uint64_t number;
    size_t at; /* Where it stands in the order in which they were touched. */
    struct document *document;
    uint32_t part;
    int64_t change_minor;
};

struct telling {
    struct state *state;
    struct arena *arena;
    const struct customer *customer;
    struct touch *touches; /* In the arena: it grows by halves left behind. */
    size_t count;
    size_t capacity;
    struct daybook_error *error;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "telling what is left: memory was refused");
}

static enum daybook_status make_room(struct telling *telling) {
    if (telling->count < telling->capacity) {
        return DAYBOOK_OK;
    }
    size_t capacity = telling->capacity == 0 ? 8 : telling->capacity * 2;
    struct touch *touches = arena_alloc(telling->arena, capacity * sizeof *touches);
    if (touches == NULL) {
        return no_memory(telling->error);
    }
    if (telling->count > 0) {
        memcpy(touches, telling->touches, telling->count * sizeof *touches);
    }
    telling->touches = touches;
    telling->capacity = capacity;
    return DAYBOOK_OK;
}

static enum daybook_status touch(struct telling *telling, Pb__DocumentKind kind, const char *id, uint32_t part,
                                 int64_t change_minor) {
    struct document *document = NULL;
    uint64_t sequence = 0;
    DAYBOOK_TRY(make_room(telling));
    DAYBOOK_TRY(state_find_document(telling->state, telling->customer, kind, id, &document, &sequence, telling->error));
    assert(document != NULL); /* Its event was folded, and so it has a level. */
    telling->touches[telling->count] =
        (struct touch){document->row.number, telling->count, document, part, change_minor};
    telling->count++;
    return DAYBOOK_OK;
}

#define KIND(name) PB__DOCUMENT_KIND__DOCUMENT_KIND_##name

/* Each slice changes its lot; the sum is for the other side. */
static enum daybook_status touch_lots(struct telling *telling, Pb__LotSlice *const *slices, size_t count, int sign,
                                      int64_t *sum_minor) {
    *sum_minor = 0;
    for (size_t i = 0; i < count; i++) {
        *sum_minor += slices[i]->amount_minor;
        DAYBOOK_TRY(touch(telling, KIND(LOT), slices[i]->lot, 0, sign * slices[i]->amount_minor));
    }
    return DAYBOOK_OK;
}

static enum daybook_status touch_charge_posted(struct telling *telling, const Pb__ChargePosted *body) {
    if (body->n_instalments == 0) {
        return touch(telling, KIND(CHARGE), body->charge, 0, body->amount_minor);
    }
    for (size_t i = 0; i < body->n_instalments; i++) {
        DAYBOOK_TRY(touch(telling, KIND(CHARGE), body->charge, (uint32_t)i + 1, body->instalments[i]->amount_minor));
    }
    return DAYBOOK_OK;
}

static enum daybook_status touch_slices(struct telling *telling, const char *charge, uint32_t part,
                                        Pb__LotSlice *const *slices, size_t count, int sign) {
    int64_t sum_minor = 0;
    DAYBOOK_TRY(touch_lots(telling, slices, count, sign, &sum_minor));
    return touch(telling, KIND(CHARGE), charge, part, sign * sum_minor);
}

static enum daybook_status touch_both(struct telling *telling, const Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
        const Pb__Allocated *body = event->allocated;
        DAYBOOK_TRY(touch(telling, body->source_kind, body->source, 0, -body->amount_minor));
        return touch(telling, body->target_kind, body->target, body->instalment, -body->amount_minor);
    }
    const Pb__Unallocated *body = event->unallocated;
    DAYBOOK_TRY(touch(telling, body->source_kind, body->source, 0, body->amount_minor));
    return touch(telling, body->target_kind, body->target, body->instalment, body->amount_minor);
}

/* On account it is a document of its own; of an item it makes more or less of that. */
static enum daybook_status touch_adjusted(struct telling *telling, const Pb__AdjustmentPosted *body) {
    if (body->target[0] == '\0') {
        return touch(telling, KIND(ADJUSTMENT), body->adjustment, 0, body->amount_minor);
    }
    bool is_more = body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
                   body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY;
    return touch(telling, body->target_kind, body->target, body->instalment,
                 is_more ? body->amount_minor : -body->amount_minor);
}

static enum daybook_status touch_hold(struct telling *telling, const char *hold, int64_t amount_minor,
                                      Pb__LotSlice *const *slices, size_t count, int sign) {
    int64_t sum_minor = 0;
    DAYBOOK_TRY(touch(telling, KIND(HOLD), hold, 0, sign * amount_minor));
    return touch_lots(telling, slices, count, -sign, &sum_minor);
}

static enum daybook_status touch_lot_event(struct telling *telling, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return touch(telling, KIND(LOT), event->deposit_received->lot, 0, event->deposit_received->amount_minor);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return touch_slices(telling, event->deposit_consumed->charge, event->deposit_consumed->instalment,
                            event->deposit_consumed->slices, event->deposit_consumed->n_slices, -1);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return touch_slices(telling, event->deposit_restored->charge, event->deposit_restored->instalment,
                            event->deposit_restored->slices, event->deposit_restored->n_slices, 1);
    case PB__EVENT__BODY_HOLD_PLACED:
        return touch_hold(telling, event->hold_placed->hold, event->hold_placed->amount_minor,
                          event->hold_placed->slices, event->hold_placed->n_slices, 1);
    case PB__EVENT__BODY_HOLD_CAPTURED:
        return touch_hold(telling, event->hold_captured->hold, event->hold_captured->amount_minor,
                          event->hold_captured->slices, event->hold_captured->n_slices, -1);
    case PB__EVENT__BODY_HOLD_RELEASED:
        return touch_hold(telling, event->hold_released->hold, event->hold_released->amount_minor,
                          event->hold_released->slices, event->hold_released->n_slices, -1);
    case PB__EVENT__BODY_LOT_EXPIRED:
        return touch(telling, KIND(LOT), event->lot_expired->lot, 0, -event->lot_expired->amount_minor);
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        return touch(telling, KIND(LOT), event->expiry_released->lot, 0, event->expiry_released->amount_minor);
    default: /* touch_event sends no other kind here. */
        return touch(telling, KIND(LOT), event->lot_reactivated->lot, 0, event->lot_reactivated->amount_minor);
    }
}

static enum daybook_status touch_event(struct telling *telling, const Pb__Event *event) {
    switch (event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return touch_charge_posted(telling, event->charge_posted);
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return touch(telling, KIND(PAYMENT), event->payment_received->payment, 0,
                     event->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING
                         ? 0
                         : event->payment_received->amount_minor);
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        return touch(telling, KIND(PAYMENT), event->payment_settled->payment, 0, event->payment_settled->amount_minor);
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return touch(telling, KIND(PAYMENT), event->payment_reversed->payment, 0,
                     event->payment_reversed->was_pending ? 0 : -event->payment_reversed->amount_minor);
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
        return touch_both(telling, event);
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return touch_adjusted(telling, event->adjustment_posted);
    case PB__EVENT__BODY_REFUNDED:
        return touch(telling, event->refunded->source_kind, event->refunded->source, 0, -event->refunded->amount_minor);
    case PB__EVENT__BODY_CHARGE_REVERSED:
        return touch(telling, KIND(CHARGE), event->charge_reversed->charge, event->charge_reversed->instalment,
                     -event->charge_reversed->amount_minor);
    case PB__EVENT__BODY_DISPUTE_OPENED:
        return touch(telling, KIND(DISPUTE), event->dispute_opened->dispute, 0, event->dispute_opened->amount_minor);
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
        return touch(telling, KIND(DISPUTE), event->dispute_resolved->dispute, 0,
                     -event->dispute_resolved->amount_minor);
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return touch_lot_event(telling, event);
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
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
    return DAYBOOK_OK;
}

static enum daybook_status gather(struct telling *telling, uint64_t first, uint64_t last) {
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        const Pb__Event *event = NULL;
        struct customer *customer = NULL;
        DAYBOOK_TRY(state_read_event(telling->state, sequence, telling->arena, &event, telling->error));
        if (event->customer[0] != '\0') {
            DAYBOOK_TRY(state_find_customer(telling->state, event->customer, &customer, telling->error));
        }
        telling->customer = customer;
        DAYBOOK_TRY(touch_event(telling, event));
    }
    return DAYBOOK_OK;
}

static int by_document(const void *a, const void *b) {
    const struct touch *one = a;
    const struct touch *other = b;
    if (one->number != other->number) {
        return one->number < other->number ? -1 : 1;
    }
    if (one->part != other->part) {
        return one->part < other->part ? -1 : 1;
    }
    return one->at < other->at ? -1 : one->at > other->at;
}

static int by_place(const void *a, const void *b) {
    const struct touch *one = a;
    const struct touch *other = b;
    return one->at < other->at ? -1 : one->at > other->at;
}

/* Of each document one, where it was touched first (RM2). */
static void merge(struct telling *telling) {
    struct touch *touches = telling->touches;
    size_t count = 0;
    if (telling->count == 0) {
        return;
    }
    qsort(touches, telling->count, sizeof *touches, by_document);
    for (size_t i = 0; i < telling->count; i++) {
        if (count > 0 && touches[count - 1].number == touches[i].number && touches[count - 1].part == touches[i].part) {
            touches[count - 1].change_minor += touches[i].change_minor;
        } else {
            touches[count++] = touches[i];
        }
    }
    qsort(touches, count, sizeof *touches, by_place);
    telling->count = count;
}

static void fill(struct touch *touch, Pb__Remainder *remainder) {
    pb__remainder__init(remainder);
    remainder->kind = (Pb__DocumentKind)touch->document->kind;
    remainder->document = touch->document->id;
    remainder->instalment = touch->part;
    remainder->currency = touch->document->currency;
    remainder->change_minor = touch->change_minor;
    remainder->left_minor = timeline_last(document_left(touch->document, touch->part));
}

/* Rows of the state go away: their texts are copied. */
static bool keep_texts(Pb__Remainder *remainder, struct arena *arena) {
    remainder->document = arena_copy_text(arena, remainder->document, strlen(remainder->document));
    remainder->currency = arena_copy_text(arena, remainder->currency, strlen(remainder->currency));
    return remainder->document != NULL && remainder->currency != NULL;
}

enum daybook_status remainders_tell(struct state *state, uint64_t first, uint64_t last, struct arena *arena,
                                    Pb__Remainder ***remainders, size_t *count, struct daybook_error *error) {
    struct telling telling = {.state = state, .arena = arena, .error = error};
    DAYBOOK_TRY(gather(&telling, first, last));
    merge(&telling);
    Pb__Remainder *items = arena_alloc(arena, telling.count * sizeof *items + 1);
    Pb__Remainder **rows = arena_alloc(arena, telling.count * sizeof *rows + 1);
    if (items == NULL || rows == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < telling.count; i++) {
        fill(&telling.touches[i], &items[i]);
        if (!keep_texts(&items[i], arena)) {
            return no_memory(error);
        }
        rows[i] = &items[i];
    }
    *remainders = rows;
    *count = telling.count;
    return DAYBOOK_OK;
}
