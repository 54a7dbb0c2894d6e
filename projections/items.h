/*
 * The fold's side of items: every item that an account ever had, and two
 * indexes of those that a question must look at.
 *
 *   IT1  BY_EFFECTIVE has each item once: under FAR when something is left of it
 *        over all of its entries, else under their greatest effective date.
 *   IT2  BY_SEQUENCE has each item that is not under FAR, under its last sequence.
 *
 * So what can be left of an item at (A, K) is found under dates > A in the one, or
 * under sequences > K in the other: where neither holds, every entry is visible,
 * and their sum is zero. A question looks at nothing else.
 */
#ifndef DAYBOOK_PROJECTIONS_ITEMS_H
#define DAYBOOK_PROJECTIONS_ITEMS_H

#include "daybook/v1/event.pb-c.h"
#include "projections/item.h"
#include "store/store.h"

/* Where the rows are; a constant of the view. */
struct items_tables {
    unsigned items;        /* account u32, kind u8, id -> row (item.h) */
    unsigned chunks;       /* account u32, item's sequence u64, chunk u32 -> entries */
    unsigned by_effective; /* account u32, date i32, item's sequence u64 -> kind u8, id */
    unsigned by_sequence;  /* account u32, sequence u64, item's sequence u64 -> greatest date i32, kind u8, id */
};

#define ITEMS_FAR INT32_MAX

enum { ITEMS_DATE_KEY_SIZE = 16, ITEMS_SEQUENCE_KEY_SIZE = 20 };
void items_date_key(uint32_t account, int32_t date, uint64_t sequence, uint8_t key[ITEMS_DATE_KEY_SIZE]);
void items_sequence_key(uint32_t account, uint64_t last, uint64_t sequence, uint8_t key[ITEMS_SEQUENCE_KEY_SIZE]);

struct items;
struct item; /* In memory; valid until the next flush. */

DAYBOOK_MUST_USE enum daybook_status items_open(struct items_tables tables, struct items **items,
                                                struct daybook_error *error);
void items_close(struct items *items); /* Accepts NULL. */
void items_forget(struct items *items);
DAYBOOK_MUST_USE enum daybook_status items_flush(struct items *items, struct store_txn *txn,
                                                 struct daybook_error *error);

/* An item to make. `parts` may be NULL. */
struct item_plan {
    uint32_t account;
    Pb__DocumentKind kind;
    const char *id;
    bool is_source;
    uint64_t sequence;
    int64_t amount_minor;
    int32_t posted_on;
    int32_t due_on;
    const char *category;
    size_t part_count;
    Pb__Instalment *const *parts;
};

/* INVALID: it cannot be an item, or there is one of that name in memory. */
DAYBOOK_MUST_USE enum daybook_status items_create(struct items *items, const struct item_plan *plan,
                                                  struct daybook_error *error);

/* INVALID: there is no such item. `sequence` is for the message. */
DAYBOOK_MUST_USE enum daybook_status items_find(struct items *items, struct store_txn *txn, uint32_t account,
                                                Pb__DocumentKind kind, const char *id, uint64_t sequence,
                                                struct item **item, struct daybook_error *error);

/* Whether the sums can take the entry. */
bool item_can_change(const struct item *item, const struct item_entry *entry);

/* Only after item_can_change. Never INVALID. */
DAYBOOK_MUST_USE enum daybook_status items_change(struct items *items, struct store_txn *txn, struct item *item,
                                                  const struct item_entry *entry, struct daybook_error *error);

#endif
