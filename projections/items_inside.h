/* What items.c and items_flush.c share. */
#ifndef DAYBOOK_PROJECTIONS_ITEMS_INSIDE_H
#define DAYBOOK_PROJECTIONS_ITEMS_INSIDE_H

#include "projections/documents.h"
#include "projections/items.h"
#include "projections/series.h"

/* The number of an item is head.order. Its bytes (item.h) are the pool's. */
struct item {
    struct document head;
    uint8_t *bytes;
    uint32_t size;
    uint32_t capacity;
    uint32_t entries_at;
    bool is_new;   /* Not in any table. */
    bool was_open; /* Has its bit in the table. */
    int64_t level_minor;
    int64_t disputed_minor;
    uint64_t last_sequence; /* Of the bytes' last entry; of the making when they have none. */
    int32_t last_effective; /* Likewise. */
};

struct items {
    struct items_tables tables;
    struct documents documents;
    struct series *touches;
    uint64_t *counts; /* By account: items there are, and 1; 0 = not known. */
    size_t count_capacity;
    struct daybook_buffer scratch; /* An item that is made, a group that is written. */
};

enum { ITEMS_NAME_KEY_SIZE = 12 };
void items_name_key(uint32_t account, uint64_t hash, uint32_t number, uint8_t key[ITEMS_NAME_KEY_SIZE]);

enum daybook_status items_no_memory(struct daybook_error *error);

#endif
