/* One table of names under one lock, which is taken once for a run of events. */
#include "projection/parties.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/hash.h"
#include "limits.h"

enum {
    SLOTS_FIRST = 1 << 14,
    LIMIT_BYTES = 192 << 20, /* Past it the table starts anew, with other numbers. */
};

struct slot {
    uint64_t hash;
    uint32_t index;  /* From 1; 0 = the slot is free. */
    uint32_t key_at; /* In keys: customer, 0x00, currency, 0x00. */
};

struct parties {
    uv_mutex_t lock; /* Guards the rest. */
    struct slot *slots;
    size_t slot_count; /* A power of two. */
    uint32_t used;
    uint32_t epoch; /* The upper half of all numbers; how often the table was begun. */
    struct daybook_buffer keys;
};

/* A name in work. */
struct wanted {
    const char *customer;
    const char *currency;
    size_t customer_size;
    size_t currency_size;
    uint64_t hash;
};

enum daybook_status parties_open(struct parties **parties, struct daybook_error *error) {
    struct parties *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading events for views: memory was refused");
    }
    if (uv_mutex_init(&made->lock) != 0) {
        abort(); /* Only a broken system refuses it, and nothing could be said of it safely. */
    }
    made->epoch = 1;
    *parties = made;
    return DAYBOOK_OK;
}

void parties_close(struct parties *parties) {
    if (parties == NULL) {
        return;
    }
    uv_mutex_destroy(&parties->lock);
    daybook_buffer_release(&parties->keys);
    free(parties->slots);
    free(parties);
}

static struct wanted wanted_of(const Pb__Event *event) {
    struct wanted wanted = {.customer = event->customer, .currency = event->currency};
    wanted.customer_size = strlen(event->customer);
    wanted.currency_size = strlen(event->currency);
    wanted.hash = hash64(event->currency, wanted.currency_size, 0);
    wanted.hash = hash64(event->customer, wanted.customer_size, wanted.hash);
    return wanted;
}

static bool is_it(const struct parties *parties, const struct slot *slot, const struct wanted *wanted) {
    const char *key = (const char *)parties->keys.data + slot->key_at;
    return slot->hash == wanted->hash && strcmp(key, wanted->customer) == 0 &&
           strcmp(key + wanted->customer_size + 1, wanted->currency) == 0;
}

/* Where the name is, or the free slot where it would go. The table is never full. */
static struct slot *find_slot(struct slot *slots, size_t slot_count, const struct parties *parties,
                              const struct wanted *wanted) {
    size_t mask = slot_count - 1;
    size_t i = wanted->hash & mask;
    while (slots[i].index != 0 && !is_it(parties, &slots[i], wanted)) {
        i = (i + 1) & mask;
    }
    return &slots[i];
}

static bool grow(struct parties *parties) {
    size_t slot_count = parties->slot_count == 0 ? SLOTS_FIRST : parties->slot_count * 2;
    struct slot *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < parties->slot_count; i++) {
        const struct slot *slot = &parties->slots[i];
        size_t place = slot->hash & (slot_count - 1);
        while (slot->index != 0 && slots[place].index != 0) {
            place = (place + 1) & (slot_count - 1);
        }
        if (slot->index != 0) {
            slots[place] = *slot;
        }
    }
    free(parties->slots);
    parties->slots = slots;
    parties->slot_count = slot_count;
    return true;
}

static void begin_anew(struct parties *parties) {
    free(parties->slots);
    parties->slots = NULL;
    parties->slot_count = 0;
    parties->used = 0;
    parties->epoch++;
    daybook_buffer_reset(&parties->keys);
}

static bool add(struct parties *parties, const struct wanted *wanted, uint32_t *index) {
    size_t key_at = parties->keys.size;
    if (daybook_buffer_append(&parties->keys, wanted->customer, wanted->customer_size + 1) != DAYBOOK_OK ||
        daybook_buffer_append(&parties->keys, wanted->currency, wanted->currency_size + 1) != DAYBOOK_OK) {
        parties->keys.size = key_at;
        return false;
    }
    *index = ++parties->used;
    *find_slot(parties->slots, parties->slot_count, parties, wanted) =
        (struct slot){wanted->hash, *index, (uint32_t)key_at};
    return true;
}

static uint64_t number(struct parties *parties, const struct wanted *wanted) {
    if (parties->keys.size + parties->slot_count * sizeof(struct slot) > LIMIT_BYTES) {
        begin_anew(parties);
    }
    if (((size_t)parties->used + 1) * 2 > parties->slot_count && !grow(parties)) {
        return 0;
    }
    const struct slot *slot = find_slot(parties->slots, parties->slot_count, parties, wanted);
    uint32_t index = slot->index;
    return index != 0 || add(parties, wanted, &index) ? (uint64_t)parties->epoch << 32 | index : 0;
}

static bool is_same(const Pb__Event *a, const Pb__Event *b) {
    return strcmp(a->customer, b->customer) == 0 && strcmp(a->currency, b->currency) == 0;
}

/* The events of one request follow each other, so every second name is that of the event before. */
static void number_some(struct parties *parties, struct fold_event *events, size_t count, const Pb__Event **last,
                        uint64_t *last_party) {
    enum { AHEAD = 8 };
    struct wanted wanted[AHEAD];
    bool is_wanted[AHEAD];
    for (size_t i = 0; i < count; i++) {
        const Pb__Event *before = i > 0 ? events[i - 1].event : *last;
        is_wanted[i] = events[i].event->customer[0] != '\0' && (before == NULL || !is_same(before, events[i].event));
        if (is_wanted[i]) {
            wanted[i] = wanted_of(events[i].event);
            if (parties->slot_count > 0) {
                __builtin_prefetch(&parties->slots[wanted[i].hash & (parties->slot_count - 1)]);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool has_customer = events[i].event->customer[0] != '\0';
        *last_party = is_wanted[i] ? number(parties, &wanted[i]) : has_customer ? *last_party : 0;
        events[i].party = *last_party;
        *last = events[i].event;
    }
}

void parties_number(struct parties *parties, struct fold_event *events, size_t count) {
    enum { AHEAD = 8 };
    const Pb__Event *last = NULL;
    uint64_t last_party = 0;
    uv_mutex_lock(&parties->lock);
    for (size_t i = 0; i < count; i += AHEAD) {
        number_some(parties, events + i, count - i < AHEAD ? count - i : AHEAD, &last, &last_party);
    }
    uv_mutex_unlock(&parties->lock);
}
