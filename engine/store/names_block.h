/*
 * The rows of a table of names: blocks of sorted entries, and the list of runs.
 *
 *     key     u32 BE run, u64 BE hash of the block's first entry, u64 BE its number
 *     value   u64 LE checksum, the first entry of the run's next block, up to 253 entries: u64 LE hash, u64 LE number
 *
 *     key     u32 BE 0xFFFFFFFF, u32 BE run   (the list of runs)
 *     value   u64 LE checksum, u32 LE level, u64 LE entry count, the first entry
 *
 *     key     u32 BE 0xFFFFFFFF, u32 BE 0xFFFFFFFF   (behind the list)
 *     value   u64 LE checksum, u32 LE how many runs
 *
 * A checksum is of key and value. LMDB has none, and can lose rows behind a page that went bad: so each block says
 * where the next begins (behind the last: all ones), the list where the first does, and the end how long the list is.
 * 253 entries make a value of 4 072 bytes, which LMDB keeps in a page of its own, and fill it. Of two that share a leaf
 * it keeps one when the next comes, as keys ascend in the middle of the table: half of each page was empty.
 */
#ifndef DAYBOOK_STORE_NAMES_BLOCK_H
#define DAYBOOK_STORE_NAMES_BLOCK_H

#include "base/bytes.h"
#include "store/names.h"

enum {
    ENTRY_BYTES = 16,
    BLOCK_ENTRIES = 253,
    BLOCK_HEADER_BYTES = 8 + ENTRY_BYTES,
    BLOCK_BYTES_MOST = BLOCK_HEADER_BYTES + BLOCK_ENTRIES * ENTRY_BYTES,
    BLOCK_KEY_BYTES = 20,
};

/* Behind the last block of a run. */
extern const struct names_entry no_entry;

static inline struct names_entry entry_load(const uint8_t *at) {
    return (struct names_entry){load_le64(at), load_le64(at + 8)};
}

static inline void entry_store(uint8_t *at, struct names_entry entry) {
    store_le64(at, entry.hash);
    store_le64(at + 8, entry.number);
}

static inline bool entries_equal(struct names_entry a, struct names_entry b) {
    return a.hash == b.hash && a.number == b.number;
}

static inline bool entry_precedes(struct names_entry a, struct names_entry b) {
    return a.hash != b.hash ? a.hash < b.hash : a.number < b.number;
}

static inline void block_key(uint8_t key[BLOCK_KEY_BYTES], uint32_t run, uint64_t hash, uint64_t number) {
    store_be32(key, run);
    store_be64(key + 4, hash);
    store_be64(key + 12, number);
}

/* Says that names are damaged, and what to do. */
enum daybook_status names_damaged(struct daybook_error *error);

/* The row's checksum, its first eight bytes, is right; a row is put with it. */
bool names_row_is_sound(const struct table_row *row);
DAYBOOK_MUST_USE enum daybook_status names_row_put(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                                   uint8_t *value, size_t size, struct daybook_error *error);

/* A block, borrowed from its row. */
struct block {
    struct names_entry next; /* The first of the next block, or no_entry. */
    const uint8_t *entries;
    size_t count;
};

bool block_is_of(const struct table_row *row, uint32_t run);

/* DAMAGED: the row is no block of this run. */
DAYBOOK_MUST_USE enum daybook_status block_open(const struct table_row *row, uint32_t run, struct block *block,
                                                struct daybook_error *error);

/* The block that begins with `first`, which was said to be there. */
DAYBOOK_MUST_USE enum daybook_status block_expect(const struct table_row *row, uint32_t run, struct names_entry first,
                                                  struct block *block, struct daybook_error *error);

/* The first entry of the block with a hash >= `hash`. */
size_t block_search(const struct block *block, uint64_t hash);

#endif
