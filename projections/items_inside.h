/* What items.c and items_flush.c share. */
#ifndef DAYBOOK_PROJECTIONS_ITEMS_INSIDE_H
#define DAYBOOK_PROJECTIONS_ITEMS_INSIDE_H

#include "projections/documents.h"
#include "projections/items.h"
#include "projections/series.h"

/* The number of an item is head.order. */
struct item {
    struct document head;
    struct daybook_buffer bytes; /* item.h */
    size_t entries_at;
    struct item_spill spill;
    uint64_t sequence;
    int64_t level_minor;
    int64_t disputed_minor;
    int32_t max_effective;
    struct item_entry last; /* Of the bytes; the making when they have none. */
    bool is_new;            /* Not in any table. */
    bool was_open;          /* Has its bit in the table. */
};

struct items {
    struct items_tables tables;
    struct documents documents;
    struct series *touches;
    uint64_t *counts; /* By account: items there are, and 1; 0 = not known. */
    size_t count_capacity;
    struct daybook_buffer group; /* Of the flush. */
};

enum { ITEMS_NAME_KEY_SIZE = 12 };
void items_name_key(uint32_t account, uint64_t hash, uint32_t number, uint8_t key[ITEMS_NAME_KEY_SIZE]);

enum daybook_status items_no_memory(struct daybook_error *error);

#endif
