/* The lists, and what one document has on a day. */
#include "tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "effects.h"

void tally_init(struct tally *tally, const struct world *world) {
    *tally = (struct tally){.world = world, .known_at = UINT64_MAX};
}

void tally_release(struct tally *tally) {
    tally_cut(tally, 0);
    free(tally->events);
    free(tally->effects);
}

void tally_cut(struct tally *tally, size_t count) {
    while (tally->count > count) {
        uint64_t sequence = tally->events[--tally->count]->sequence;
        pb__event__free_unpacked(tally->events[tally->count], NULL);
        while (tally->effect_count > 0 && tally->effects[tally->effect_count - 1].sequence == sequence) {
            tally->effect_count--;
        }
    }
}

static Pb__Event *copy_event(const Pb__Event *event) {
    size_t size = pb__event__get_packed_size(event);
    uint8_t *bytes = malloc(size + 1);
    assert(bytes != NULL);
    (void)pb__event__pack(event, bytes);
    Pb__Event *copy = pb__event__unpack(NULL, size, bytes);
    assert(copy != NULL);
    free(bytes);
    return copy;
}

void tally_add(struct tally *tally, const Pb__Event *event) {
    if (tally->count == tally->capacity) {
        tally->capacity = tally->capacity * 2 + 256;
        tally->events = realloc(tally->events, tally->capacity * sizeof(Pb__Event *));
    }
    if (tally->effect_count + EFFECTS_MOST > tally->effect_capacity) {
        tally->effect_capacity = tally->effect_capacity * 2 + EFFECTS_MOST;
        tally->effects = realloc(tally->effects, tally->effect_capacity * sizeof *tally->effects);
    }
    assert(tally->events != NULL && tally->effects != NULL);
    Pb__Event *copy = copy_event(event);
    tally->events[tally->count++] = copy;
    tally->effect_count += effects_of_event(copy, tally->effects + tally->effect_count);
}

bool effect_is_of(const struct effect *effect, struct doc doc, enum measure measure) {
    return effect->measure == measure && effect->kind == doc.kind && (doc.part == 0 || effect->part == doc.part) &&
           strcmp(effect->id, doc.id) == 0 && strcmp(effect->customer, doc.customer) == 0;
}

int64_t tally_level(const struct tally *tally, struct doc doc, enum measure measure, int32_t date) {
    int64_t level = 0;
    for (size_t i = 0; i < tally->effect_count; i++) {
        const struct effect *effect = &tally->effects[i];
        if (effect->sequence <= tally->known_at && effect->date <= date && effect_is_of(effect, doc, measure)) {
            level += effect->amount;
        }
    }
    return level;
}

int32_t tally_next_date(const struct tally *tally, struct doc doc, enum measure measure, int32_t date) {
    int32_t next = INT32_MAX;
    for (size_t i = 0; i < tally->effect_count; i++) {
        const struct effect *effect = &tally->effects[i];
        if (effect->date > date && effect->date < next && effect_is_of(effect, doc, measure)) {
            next = effect->date;
        }
    }
    return next == INT32_MAX ? 0 : next;
}

int64_t tally_lowest(const struct tally *tally, struct doc doc, enum measure measure, int32_t from) {
    int64_t lowest = tally_level(tally, doc, measure, from);
    for (int32_t day = tally_next_date(tally, doc, measure, from); day != 0;
         day = tally_next_date(tally, doc, measure, day)) {
        int64_t level = tally_level(tally, doc, measure, day);
        lowest = level < lowest ? level : lowest;
    }
    return lowest;
}

int64_t tally_last(const struct tally *tally, struct doc doc, enum measure measure) {
    return tally_level(tally, doc, measure, INT32_MAX);
}

const char *made_id(const Pb__Event *e, Pb__DocumentKind *kind) {
    switch ((int)e->body_case) {
    case BODY(DEPOSIT_RECEIVED):
        *kind = KIND(LOT);
        return e->deposit_received->lot;
    case BODY(CHARGE_POSTED):
        *kind = KIND(CHARGE);
        return e->charge_posted->charge;
    case BODY(PAYMENT_RECEIVED):
        *kind = KIND(PAYMENT);
        return e->payment_received->payment;
    case BODY(HOLD_PLACED):
        *kind = KIND(HOLD);
        return e->hold_placed->hold;
    case BODY(ADJUSTMENT_POSTED):
        *kind = KIND(ADJUSTMENT);
        return e->adjustment_posted->adjustment;
    case BODY(ALLOCATED):
        *kind = KIND(ALLOCATION);
        return e->allocated->allocation;
    case BODY(REFUNDED):
        *kind = KIND(REFUND);
        return e->refunded->refund;
    case BODY(DISPUTE_OPENED):
        *kind = KIND(DISPUTE);
        return e->dispute_opened->dispute;
    default:
        return NULL;
    }
}

const Pb__Event *tally_made(const struct tally *tally, struct doc doc) {
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        Pb__DocumentKind kind = KIND(UNSPECIFIED);
        const char *id = made_id(tally->events[i], &kind);
        if (id != NULL && id[0] != '\0' && kind == doc.kind && strcmp(id, doc.id) == 0 &&
            strcmp(tally->events[i]->customer, doc.customer) == 0) {
            return tally->events[i];
        }
    }
    return NULL;
}

int32_t tally_counts_from(const struct tally *tally, const Pb__Event *made) {
    for (size_t i = 0; i < tally->count && made->body_case == BODY(PAYMENT_RECEIVED); i++) {
        const Pb__Event *event = tally->events[i];
        if (event->body_case == BODY(PAYMENT_SETTLED) && strcmp(event->customer, made->customer) == 0 &&
            strcmp(event->payment_settled->payment, made->payment_received->payment) == 0) {
            return event->effective_on;
        }
    }
    return made->effective_on;
}

bool made_is_source(const Pb__Event *made) {
    return made->body_case == BODY(DEPOSIT_RECEIVED) || made->body_case == BODY(PAYMENT_RECEIVED) ||
           (made->body_case == BODY(ADJUSTMENT_POSTED) &&
            made->adjustment_posted->kind != PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE &&
            made->adjustment_posted->target[0] == '\0');
}

int32_t made_due_on(const struct tally *tally, const Pb__Event *made) {
    if (made->body_case == BODY(CHARGE_POSTED)) {
        return made->charge_posted->due_on;
    }
    if (made->body_case == BODY(ADJUSTMENT_POSTED)) {
        return made->adjustment_posted->due_on;
    }
    if (made->body_case == BODY(HOLD_PLACED)) {
        return made->hold_placed->expires_on;
    }
    int32_t due_on = made->deposit_received->expires_on;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        if (event->body_case == BODY(LOT_REACTIVATED) && strcmp(event->customer, made->customer) == 0 &&
            strcmp(event->lot_reactivated->lot, made->deposit_received->lot) == 0) {
            due_on = event->lot_reactivated->expires_on;
        }
    }
    return due_on;
}
