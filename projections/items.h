/*
 * The fold's side of items: every item that an account ever had, and what a
 * question needs to find those that it must look at.
 *
 *   IT1  OPEN has the items of which something is left over all of their entries,
 *        SETTLED all others.
 *   IT2  TOUCHES (touches.h) has every change of every item, its making included.
 *
 *   IT3  The account's summary, the first of its rows in OPEN, has the greatest date
 *        in TOUCHES: where all is known and no date is later than A, nothing is hidden.
 *
 * So an item of which something is left at (A, K) is in OPEN, or one of its
 * changes is hidden from (A, K): where neither holds, every entry is visible and
 * their sum is zero. A question looks at nothing else, and what was settled long
 * ago is not even between what it reads.
 */
#ifndef DAYBOOK_PROJECTIONS_ITEMS_H
#define DAYBOOK_PROJECTIONS_ITEMS_H

#include "daybook/v1/event.pb-c.h"
#include "projections/documents.h"
#include "projections/item.h"
#include "projections/touches.h"
#include "store/store.h"

/* Where the rows are; a constant of the view. Keys are big-endian. */
struct items_tables {
    unsigned open;    /* account u32 -> the account's summary; account u32, number / ITEM_GROUP u32 -> the open ones of
                       * these items (item.h) */
    unsigned settled; /* The same key -> the others of them. */
    unsigned chunks;  /* account u32, number u32, chunk u32 -> entries */
    unsigned names;   /* items_names.c */
    unsigned touches; /* touches.h */
    unsigned categories; /* items_categories.c */
};

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
DAYBOOK_MUST_USE enum daybook_status items_create(struct items *items, struct store_txn *txn,
                                                  const struct document_name *name, const struct item_plan *plan,
                                                  struct daybook_error *error);

/* Hints: something of the account will change soon; the item will be made or looked for. */
void items_foresee_account(const struct items *items, uint32_t account);
void items_foresee(const struct items *items, const struct document_name *name);
/* The same a little later, when the first hint has come to something: to the item itself, and then to its bytes. */
void items_foresee_item(const struct items *items, const struct document_name *name);
void items_foresee_bytes(const struct items *items, const struct document_name *name);

/* INVALID: there is no such item. `sequence` is for the message. */
DAYBOOK_MUST_USE enum daybook_status items_find(struct items *items, struct store_txn *txn,
                                                const struct document_name *name, uint64_t sequence, struct item **item,
                                                struct daybook_error *error);

/* When the item was posted and when it, or that instalment of it, was due. DAMAGED: its bytes are. */
DAYBOOK_MUST_USE enum daybook_status item_dates(const struct item *item, uint32_t instalment, int32_t *posted_on,
                                                int32_t *due_on, struct daybook_error *error);

/* What an earlier allocation was weighed with. INVALID: the account has none of that sequence. */
DAYBOOK_MUST_USE enum daybook_status items_find_weight(struct items *items, struct store_txn *txn, uint32_t account,
                                                       uint64_t allocation_sequence, struct touch_weight *weight,
                                                       struct daybook_error *error);

/* One or two items of one account that an event changes; what was paid on the target comes first. */
struct item_change {
    struct item *item;
    struct item_entry entry;
    struct touch_weight weight;
};

/* All of an event's changes or none. INVALID: a sum overflows. */
DAYBOOK_MUST_USE enum daybook_status items_change(struct items *items, struct store_txn *txn,
                                                  const struct item_change *changes, size_t count,
                                                  struct daybook_error *error);

#endif
