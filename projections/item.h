/*
 * An item: a charge or a debit note that can be open, or a payment or a credit
 * on account that can be unapplied, with every change of what is left of it.
 *
 * An item's bytes (numbers little-endian):
 *
 *     u8   1: money to apply (a source); 2: older entries lie in chunks; 4: there are instalments; 8: there is a
 *          category; and the kind times 16
 *   [ u32  count of those chunks
 *     i64  sum of their amounts
 *     i64  sum of their disputed amounts
 *     i32  their greatest effective date
 *     u64  their last sequence ]
 *     u8 size and bytes of the id, varint sequence, zigzag amount, zigzag posted_on less 2020-01-01
 *   [ zigzag due_on less posted_on: not of a source ]
 *   [ u8 size and bytes of the category, or u8 127 + its number (items_categories.c) ]
 *   [ varint count of instalments and for each zigzag amount, zigzag due_on ]
 *     entries, up to ITEM_ENTRIES_MAX bytes; then they become a chunk
 *
 * The making of the item is not an entry. An entry: varint of (sequence less the
 * one before) * 8 + 1 with an instalment + 2 with a disputed amount + 4 where it
 * takes all that was left, zigzag effective date less the one before, [zigzag
 * amount: unless it takes all], [varint instalment], [zigzag disputed amount].
 * What takes all says so only while no entries lie in chunks. Before the first come the item's own sequence and
 * posting date. A chunk: u32 checksum, entries.
 *
 * Items are numbered from 0 in each account, and kept up to ITEM_GROUP to a row:
 * u32 checksum, u16 with a bit for each number of the group that is here, then for
 * each of those varint size and bytes. A checksum is the low half of hash64 of what
 * follows it.
 */
#ifndef DAYBOOK_PROJECTIONS_ITEM_H
#define DAYBOOK_PROJECTIONS_ITEM_H

#include "base/bytes.h"

enum { ITEM_ENTRIES_MAX = 1400, ITEM_ENTRY_MAX = 40, ITEM_CHECKSUM = 4, ITEM_GROUP = 16, ITEM_CATEGORIES = 127 };

/* The part of the history that lies in chunks. */
struct item_spill {
    uint32_t chunk_count;
    int64_t amount_minor;
    int64_t disputed_minor;
    int32_t max_effective;
    uint64_t last_sequence;
};

struct item_part {
    int64_t amount_minor;
    int32_t due_on;
};

/* An item, read. Texts, parts and entries are borrowed from its bytes. */
struct item_row {
    bool is_source;
    struct item_spill spill; /* All zero: no chunks. */
    uint8_t kind;            /* Pb__DocumentKind */
    uint8_t id_size;
    const char *id;
    uint64_t sequence;
    int64_t amount_minor;
    int32_t posted_on;
    int32_t due_on;       /* 0 for money to apply. */
    const char *category; /* Where it has no number. */
    uint8_t category_size;
    uint8_t category_number; /* 1 to ITEM_CATEGORIES; 0 = none. */
    uint32_t part_count;     /* Instalments; 0 = one due date. */
    const uint8_t *parts;
    const uint8_t *entries;
    const uint8_t *end;
};

/* One change of what is left. */
struct item_entry {
    uint64_t sequence;
    int32_t effective_on;
    int64_t amount_minor;
    uint32_t instalment; /* From 1; 0 = the item as a whole. */
    int64_t disputed_minor;
    int64_t left_minor; /* Of the item after it, as far as its list of entries tells. */
};

/* Appends an item without entries to `bytes`. NO_MEMORY only. The parts follow one by one. */
DAYBOOK_MUST_USE enum daybook_status item_write(struct daybook_buffer *bytes, const struct item_row *item);
DAYBOOK_MUST_USE enum daybook_status item_write_part(struct daybook_buffer *bytes, const struct item_part *part);

/* DAMAGED: the bytes are not what was written. */
DAYBOOK_MUST_USE enum daybook_status item_read(struct daybook_bytes bytes, struct item_row *item,
                                               struct daybook_error *error);

/* Whether entries lie in chunks, of bytes that were read before. */
bool item_is_spilled(struct daybook_bytes bytes);

/* Reads the next part; `at` begins at item->parts. False: damaged. */
bool item_read_part(const struct item_row *item, const uint8_t **at, struct item_part *part);

/* Returns the size, at most ITEM_ENTRY_MAX. `last` gives the sequence, the date and what was left before; 0 left: there
 * are chunks. */
size_t item_write_entry(uint8_t *to, const struct item_entry *last, const struct item_entry *entry);

/* Reads the entry at `at` into `entry`, which holds the one before. False: damaged. */
bool item_read_entry(const uint8_t **at, const uint8_t *end, struct item_entry *entry);

/* What stands before the first entry of a row or a chunk. */
static inline struct item_entry item_start(const struct item_row *item) {
    return (struct item_entry){
        .sequence = item->sequence, .effective_on = item->posted_on, .left_minor = item->amount_minor};
}

/* Sets the checksum of a group or a chunk. */
void item_seal(uint8_t *row, size_t size);

/* What follows the checksum of a group or a chunk. DAMAGED: it is not what was written. */
DAYBOOK_MUST_USE enum daybook_status item_unseal(struct daybook_bytes row, struct daybook_bytes *body,
                                                 struct daybook_error *error);

/* The items of a row, by their places in the group; those that are not here have no bytes. Borrowed from the row. */
struct item_group {
    uint32_t present; /* A bit for each. */
    struct daybook_bytes items[ITEM_GROUP];
};
/* DAMAGED: the row is not what was written. */
DAYBOOK_MUST_USE enum daybook_status item_read_group(struct daybook_bytes row, struct item_group *group,
                                                     struct daybook_error *error);
/* Makes `row` of the items that are present. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status item_write_group(struct daybook_buffer *row, const struct item_group *group);

/* Of all items of an account: u32 checksum, i32 greatest effective date of any change, u32 count of items. */
struct item_summary {
    int32_t max_effective;
    uint32_t count;
};
enum { ITEM_SUMMARY_SIZE = 12 };
void item_write_summary(uint8_t row[ITEM_SUMMARY_SIZE], const struct item_summary *summary);
/* DAMAGED: the row is not what was written. */
DAYBOOK_MUST_USE enum daybook_status item_read_summary(struct daybook_bytes row, struct item_summary *summary,
                                                       struct daybook_error *error);

/* Keys, big-endian. Summary: account u32. Group: account u32, number / ITEM_GROUP u32. Chunk: account u32, number u32,
 * chunk u32. */
enum { ITEM_SUMMARY_KEY_SIZE = 4, ITEM_GROUP_KEY_SIZE = 8, ITEM_CHUNK_KEY_SIZE = 12 };
void item_group_key(uint32_t account, uint32_t group, uint8_t key[ITEM_GROUP_KEY_SIZE]);
void item_chunk_key(uint32_t account, uint32_t number, uint32_t chunk, uint8_t key[ITEM_CHUNK_KEY_SIZE]);

enum daybook_status item_damaged(struct daybook_error *error);

#endif
