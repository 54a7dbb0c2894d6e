/* The two hash tables of the state: rows by number, names by hash. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/large.h"
#include "domain/state_internal.h"

enum { TABLE_SMALLEST = 1024 };

struct row *rows_get(const struct row_table *rows, uint64_t number) {
    if (rows->capacity == 0) {
        return NULL;
    }
    uint32_t at = row_home(number, rows->capacity);
    while (rows->slots[at].row != NULL) {
        if (rows->slots[at].number == number) {
            return rows->slots[at].row;
        }
        at = (at + 1) & (rows->capacity - 1);
    }
    return NULL;
}

static void rows_place(struct row_table *rows, struct row_slot slot) {
    uint32_t at = row_home(slot.number, rows->capacity);
    while (rows->slots[at].row != NULL) {
        at = (at + 1) & (rows->capacity - 1);
    }
    rows->slots[at] = slot;
}

void rows_release(struct row_table *rows) {
    large_free(rows->slots, rows->capacity * sizeof *rows->slots);
}

/* At most half full: trimming goes round the table, so what lies ahead of it is up to twice as dense as all of it, and
 * where that is full a search goes on for as long as it is. */
bool rows_put(struct row_table *rows, struct row *row) {
    if (rows->count >= rows->capacity / 2) {
        struct row_table grown = {.capacity = rows->capacity == 0 ? TABLE_SMALLEST : rows->capacity * 2,
                                  .count = rows->count};
        grown.slots = large_alloc(grown.capacity * sizeof *grown.slots);
        if (grown.slots == NULL) {
            return false;
        }
        for (uint32_t i = 0; i < rows->capacity; i++) {
            if (rows->slots[i].row != NULL) {
                rows_place(&grown, rows->slots[i]);
            }
        }
        rows_release(rows);
        *rows = grown;
    }
    rows_place(rows, (struct row_slot){row->number, row});
    rows->count++;
    return true;
}

void rows_remove(struct row_table *rows, uint64_t number) {
    uint32_t mask = rows->capacity - 1;
    uint32_t at = row_home(number, rows->capacity);
    while (rows->slots[at].number != number) {
        at = (at + 1) & mask;
        assert(rows->slots[at].row != NULL);
    }
    /* Move back whatever had been pushed past the hole. */
    uint32_t hole = at;
    for (uint32_t next = (hole + 1) & mask; rows->slots[next].row != NULL; next = (next + 1) & mask) {
        uint32_t home = row_home(rows->slots[next].number, rows->capacity);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            rows->slots[hole] = rows->slots[next];
            hole = next;
        }
    }
    rows->slots[hole] = (struct row_slot){0};
    rows->count--;
}

static uint64_t name_slot(uint64_t hash, uint32_t index) {
    return (hash & 0xFFFFFFFF00000000U) | (index + 1);
}

static void names_place(struct name_table *names, uint64_t hash, uint32_t index) {
    uint32_t at = (uint32_t)hash & (names->capacity - 1);
    while (names->slots[at] != 0) {
        at = (at + 1) & (names->capacity - 1);
    }
    names->slots[at] = name_slot(hash, index);
}

static bool names_grow(struct name_table *names) {
    uint32_t capacity = names->entry_capacity == 0 ? TABLE_SMALLEST / 2 : names->entry_capacity * 2;
    struct name_entry *entries = realloc(names->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    names->entries = entries;
    names->entry_capacity = capacity;
    return true;
}

bool names_add(struct name_table *names, uint64_t hash, uint64_t number) {
    if (names->count == names->entry_capacity && !names_grow(names)) {
        return false;
    }
    if ((names->count + 1) * 2 > names->capacity) {
        uint32_t capacity = names->capacity == 0 ? TABLE_SMALLEST : names->capacity * 2;
        uint64_t *slots = large_alloc(capacity * sizeof *slots);
        if (slots == NULL) {
            return false;
        }
        large_free(names->slots, names->capacity * sizeof *slots);
        names->slots = slots;
        names->capacity = capacity;
        /* In their order, so that the last one added is the last on its way of probing. */
        for (uint32_t i = 0; i < names->count; i++) {
            names_place(names, names->entries[i].hash, i);
        }
    }
    names->entries[names->count] = (struct name_entry){hash, number};
    names_place(names, hash, names->count++);
    return true;
}

/* The last one added has nothing behind it on its way of probing, so its slot can simply be freed. */
void names_drop_last(struct name_table *names) {
    uint32_t index = names->count - 1;
    uint64_t hash = names->entries[index].hash;
    uint32_t at = (uint32_t)hash & (names->capacity - 1);
    while (names->slots[at] != name_slot(hash, index)) {
        at = (at + 1) & (names->capacity - 1);
    }
    names->slots[at] = 0;
    names->count--;
}

void names_reset(struct name_table *names) {
    names->count = 0;
    if (names->capacity > 0) {
        memset(names->slots, 0, names->capacity * sizeof *names->slots);
    }
}

void names_release(struct name_table *names) {
    free(names->entries);
    large_free(names->slots, names->capacity * sizeof *names->slots);
    *names = (struct name_table){0};
}

bool names_next(const struct name_table *names, uint64_t hash, uint32_t *probe, uint64_t *number) {
    if (names->capacity == 0) {
        return false;
    }
    for (;;) {
        uint32_t at = ((uint32_t)hash + *probe) & (names->capacity - 1);
        uint64_t slot = names->slots[at];
        if (slot == 0) {
            return false;
        }
        (*probe)++;
        if (slot >> 32 != hash >> 32) {
            continue;
        }
        const struct name_entry *entry = &names->entries[(uint32_t)slot - 1];
        if (entry->hash == hash) {
            *number = entry->number;
            return true;
        }
    }
}

static struct recent *recent_set(const struct recent_table *table, uint64_t hash) {
    return &table->slots[(uint32_t)hash & (table->capacity - 1) & ~(RECENT_WAYS - 1U)];
}

const void *recent_place(const struct recent_table *table, uint64_t hash) {
    return table->slots == NULL ? NULL : recent_set(table, hash);
}

struct row *recent_get(const struct recent_table *table, uint64_t hash) {
    const struct recent *set = table->slots == NULL ? NULL : recent_set(table, hash);
    for (unsigned i = 0; set != NULL && i < RECENT_WAYS; i++) {
        if (set[i].row != NULL && set[i].hash == hash) {
            return set[i].row;
        }
    }
    return NULL;
}

/* First in its set, in place of the one with its hash, of a free one, or of the one that came first. */
static void recent_put(struct recent_table *table, struct recent recent) {
    struct recent *set = recent_set(table, recent.hash);
    unsigned gone = 0;
    while (gone < RECENT_WAYS - 1 && set[gone].row != NULL && set[gone].hash != recent.hash) {
        gone++;
    }
    table->used += set[gone].row == NULL;
    memmove(set + 1, set, gone * sizeof *set);
    set[0] = recent;
}

void recent_release(struct recent_table *table) {
    large_free(table->slots, table->capacity * sizeof *table->slots);
}

/* Where memory is refused it stays as it is: what is not remembered is found the long way. */
static void recent_grow(struct recent_table *table) {
    struct recent_table grown = {.capacity = table->capacity == 0 ? TABLE_SMALLEST : table->capacity * 2,
                                 .most = table->most};
    grown.slots = large_alloc(grown.capacity * sizeof *grown.slots);
    if (grown.slots == NULL) {
        return;
    }
    for (uint32_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].row != NULL) {
            recent_put(&grown, table->slots[i]);
        }
    }
    recent_release(table);
    *table = grown;
}

void recent_remember(struct recent_table *table, uint64_t hash, struct row *row) {
    if (table->used * 4 >= table->capacity && table->capacity < table->most) {
        recent_grow(table);
    }
    if (table->slots != NULL) {
        recent_put(table, (struct recent){hash, row});
    }
}

void recent_forget(struct recent_table *table, uint64_t hash, const struct row *row) {
    struct recent *set = table->slots == NULL ? NULL : recent_set(table, hash);
    for (unsigned i = 0; set != NULL && i < RECENT_WAYS; i++) {
        if (set[i].row == row) {
            set[i] = (struct recent){0};
            table->used--;
        }
    }
}

/* Seeds keep the four kinds of names apart. They are stored: never change them. */
uint64_t name_hash_customer(const char *id) {
    return hash64(id, strlen(id), 1);
}

uint64_t name_hash_document(uint64_t customer, Pb__DocumentKind kind, const char *id) {
    return hash64(id, strlen(id), hash64_seed((customer << 8) | ((uint64_t)kind & 0x7F) | 0x80));
}

uint64_t name_hash_key(struct daybook_bytes key) {
    return hash64(key.data, key.size, 2);
}

uint64_t name_hash_proposal(const char *id) {
    return hash64(id, strlen(id), 3);
}
