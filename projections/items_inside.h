/* What items.c and items_flush.c share. */
#ifndef DAYBOOK_PROJECTIONS_ITEMS_INSIDE_H
#define DAYBOOK_PROJECTIONS_ITEMS_INSIDE_H

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
    bool was_open; /* Unless it is new: in which table it is. */
    int64_t level_minor;
    int64_t disputed_minor;
    uint64_t last_sequence; /* Of the bytes' last entry; of the making when they have none. */
    int32_t last_effective; /* Likewise. */
    int32_t posted_on;
    int32_t due_on; /* Of the whole. */
};

struct items_category {
    uint8_t size;
    char text[LIMIT_ID_BYTES];
};

struct items_categories {
    bool is_read; /* What the table has is here. */
    size_t count;
    struct items_category list[ITEM_CATEGORIES];
};

struct items {
    struct items_tables tables;
    struct documents documents;
    struct series *touches;
    struct items_categories categories;
    uint64_t *counts; /* By account: items there are, and 1; 0 = not known. */
    size_t count_capacity;
    struct daybook_buffer scratch; /* An item that is made, a row that is written. */
};

/* ---- items_names.c ---- */

enum { ITEMS_NAMES_BITS = 8, ITEMS_NAMES = 1 << ITEMS_NAMES_BITS, ITEMS_NAME_SIZE = 3 };
enum { ITEMS_NAMES_BYTES = ITEM_CHECKSUM + ITEMS_NAMES * ITEMS_NAME_SIZE };

/* The row of names in work. */
struct items_names {
    uint32_t account;
    uint32_t index;
    size_t size; /* 0: none. */
    uint8_t bytes[ITEMS_NAMES_BYTES];
};

/* Adds the name of a new item, after all those of lower accounts and numbers; the first finds `names` without a row. */
DAYBOOK_MUST_USE enum daybook_status items_add_name(struct items *items, struct store_txn *txn,
                                                    struct items_names *names, const struct item *item,
                                                    struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status items_end_names(struct items *items, struct store_txn *txn,
                                                     struct items_names *names, struct daybook_error *error);

/* Called for an item whose name has the same hash: tells whether it is the one, and takes it. */
typedef enum daybook_status items_match(struct items *items, struct store_txn *txn, const struct document_name *name,
                                        uint32_t number, bool *is_it, struct daybook_error *error);

/* Looks for the name among the first `count` items of its account, as they were flushed. */
DAYBOOK_MUST_USE enum daybook_status items_search(struct items *items, struct store_txn *txn,
                                                  const struct document_name *name, uint64_t count, items_match *match,
                                                  bool *is_found, struct daybook_error *error);

/* ---- items_categories.c ---- */

/* 0: there are too many; it stands in the item. */
DAYBOOK_MUST_USE enum daybook_status items_number_category(struct items *items, struct store_txn *txn, const char *text,
                                                           uint8_t size, uint8_t *number, struct daybook_error *error);

enum daybook_status items_no_memory(struct daybook_error *error);

#endif
