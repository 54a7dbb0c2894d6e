/*
 * The rows of a series, in bytes. Used by series.c (writes) and series_ask.c (reads).
 *
 * Key, 13 bytes: account u32, level u8, first sequence u64, all big-endian.
 * Level 0 is a chunk of entries; a row of level n > 0 stands for the 64 rows of
 * level n - 1 that begin with its own first sequence.
 *
 * Value, little-endian:
 *
 *     0  u32  checksum: the low half of hash64 of the rest
 *     4  u32  ordinal of the (first) chunk in its account, from 0
 *     8  i32  least effective date in the row
 *    12  i32  greatest effective date in the row
 *    16  i32  greatest effective date of all chunks before; INT32_MIN = none
 *    20  u64  entries in the row
 *    28  u64  entries of all chunks before
 *    36  i64  for each column: total of all chunks before
 *     .. level 0: the entries
 *
 * An entry: varint of the sequence less the one before (0 before the first),
 * zigzag varint of the effective date less the one before (0 before the first),
 * where there are columns: varint of a bit for each column that is not 0, then
 * a zigzag varint for each of those.
 */
#ifndef DAYBOOK_PROJECTIONS_CHUNK_H
#define DAYBOOK_PROJECTIONS_CHUNK_H

#include "projections/series.h"

enum {
    CHUNK_KEY_SIZE = 13,
    CHUNK_FIXED_SIZE = 36,
    CHUNK_SIZE_MAX = 2000, /* Two to a leaf page of 4 KiB, and none on a page of its own. */
    CHUNK_ENTRY_MAX = 10 + 5 + 3 + SERIES_COLUMNS_MAX * 10,
    CHUNK_FANOUT_BITS = 6,
    CHUNK_FANOUT = 1 << CHUNK_FANOUT_BITS,
    CHUNK_LEVELS = 6, /* 64^5 chunks: more than an ordinal counts. */
};

_Static_assert(CHUNK_FIXED_SIZE + SERIES_COLUMNS_MAX * 8 + SERIES_ENTRIES_MAX * CHUNK_ENTRY_MAX < CHUNK_SIZE_MAX,
               "an event's entries must fit a chunk");

struct chunk_header {
    uint32_t ordinal;
    int32_t min_effective;
    int32_t max_effective;
    int32_t max_effective_before;
    uint64_t count;
    uint64_t count_before;
    int64_t before[SERIES_COLUMNS_MAX];
};

static inline size_t chunk_header_size(unsigned column_count) {
    return CHUNK_FIXED_SIZE + (size_t)column_count * 8;
}

void chunk_make_key(uint32_t account, unsigned level, uint64_t first_sequence, uint8_t key[CHUNK_KEY_SIZE]);

/* True when the row is of this account and level. */
bool chunk_key_matches(struct daybook_bytes key, uint32_t account, unsigned level);
uint64_t chunk_key_sequence(struct daybook_bytes key);

/* Writes the header, checksum included, before entries that are in place. */
void chunk_seal(uint8_t *row, size_t size, unsigned column_count, const struct chunk_header *header);

/* DAMAGED: the row is not what was written. */
DAYBOOK_MUST_USE enum daybook_status chunk_read_header(struct daybook_bytes row, unsigned column_count,
                                                       struct chunk_header *header, struct daybook_error *error);

/* Writes one entry and returns its size, at most CHUNK_ENTRY_MAX. */
size_t chunk_write_entry(uint8_t *to, unsigned column_count, uint64_t sequence_delta, int64_t effective_delta,
                         const int64_t *columns);

/* Where a reading of entries stands: all zero but `next` and `end` at a chunk's start. */
struct chunk_reader {
    const uint8_t *next;
    const uint8_t *end;
    uint64_t sequence;
    int64_t effective_on;
    uint32_t present;                    /* Bits of the columns of the entry. */
    int64_t columns[SERIES_COLUMNS_MAX]; /* Only those present are written. */
};

/* False at a damaged entry; ask only while next < end. */
bool chunk_read_entry(struct chunk_reader *reader, unsigned column_count);

enum daybook_status chunk_damaged(uint32_t account, struct daybook_error *error);

#endif
