/*
 * The rows of a series, in bytes. Used by series.c (writes) and series_ask.c (reads).
 *
 * Key, 13 bytes: account u32, level u8, first sequence u64, all big-endian.
 * Level 0 is a chunk of entries; a row of level n > 0 stands for the 64 rows of
 * level n - 1 that begin with its own first sequence.
 *
 * Value: a header, then (level 0) the entries.
 *
 *     u32     checksum of the rest of the header: the low half of hash64
 *     u32     likewise of the entries
 *     varint  ordinal of the (first) chunk in its account, from 0
 *     zigzag  least effective date in the row
 *     varint  greatest effective date in the row, less the least
 *     varint  0: no chunk before; else 1 + zigzag of the greatest effective date of
 *             all chunks before, less the least in the row
 *     varint  entries in the row
 *     varint  entries of all chunks before
 *     varint  a bit for each column whose total of all chunks before is not 0
 *     zigzag  for each of those: that total
 *
 * The header's own checksum lets a question pass over a chunk without fetching
 * its entries from memory. Fixed numbers are little-endian.
 *
 * An entry: varint of the sequence less the one before (0 before the first),
 * zigzag of the effective date less the one before (0 before the first), and where
 * there are columns: varint of (a bit for each column that is not 0) * 4 + form, then
 *
 *     form 0  zigzag for each of those columns
 *          1  zigzag: all of them are it
 *          2  zigzag: the first is it, the others are its negative
 *          3  zigzag for the first, for the second, and for the others how many
 *             times the second they are
 */
#ifndef DAYBOOK_PROJECTIONS_CHUNK_H
#define DAYBOOK_PROJECTIONS_CHUNK_H

#include "projections/series.h"

enum {
    CHUNK_KEY_SIZE = 13,
    CHUNK_SIZE_MAX = 992, /* Four to a leaf page of 4 KiB. */
    CHUNK_HEADER_MAX = 8 + 5 + 5 + 5 + 6 + 10 + 10 + 3 + SERIES_COLUMNS_MAX * 10,
    CHUNK_ENTRY_MAX = 10 + 5 + 3 + SERIES_COLUMNS_MAX * 10,
    CHUNK_FANOUT_BITS = 3,
    CHUNK_FANOUT = 1 << CHUNK_FANOUT_BITS,
    CHUNK_LEVELS = 12, /* 8^11 chunks: more than an ordinal counts. */
};

_Static_assert(CHUNK_HEADER_MAX + SERIES_ENTRIES_MAX * CHUNK_ENTRY_MAX < CHUNK_SIZE_MAX,
               "an event's entries must fit a chunk");

struct chunk_header {
    uint32_t ordinal;
    int32_t min_effective;
    int32_t max_effective;
    int32_t max_effective_before; /* INT32_MIN = none. */
    uint64_t count;
    uint64_t count_before;
    int64_t before[SERIES_COLUMNS_MAX];
};

void chunk_make_key(uint32_t account, unsigned level, uint64_t first_sequence, uint8_t key[CHUNK_KEY_SIZE]);

/* True when the row is of this account and level. */
bool chunk_key_matches(struct daybook_bytes key, uint32_t account, unsigned level);
uint64_t chunk_key_sequence(struct daybook_bytes key);

/* What a chunk's header may take while entries are added to it; it depends on what lies before the chunk alone. */
size_t chunk_header_room(unsigned column_count, const struct chunk_header *header);

/* Writes the header of these entries (none for a group), and returns its size. */
size_t chunk_write_header(uint8_t to[CHUNK_HEADER_MAX], unsigned column_count, const struct chunk_header *header,
                          struct daybook_bytes entries);

/* `entries` are what follows the header, borrowed and not checked yet. DAMAGED: the header is not what was written. */
DAYBOOK_MUST_USE enum daybook_status chunk_read_header(struct daybook_bytes row, unsigned column_count,
                                                       struct chunk_header *header, struct daybook_bytes *entries,
                                                       struct daybook_error *error);

/* DAMAGED: the entries of a row whose header was read are not what was written. */
DAYBOOK_MUST_USE enum daybook_status chunk_check_entries(struct daybook_bytes row, struct daybook_bytes entries,
                                                         struct daybook_error *error);

/* A bit for each column that is not 0. */
static inline uint32_t chunk_present(unsigned column_count, const int64_t columns[SERIES_COLUMNS_MAX]) {
    uint32_t present = 0;
    for (unsigned i = 0; i < column_count; i++) {
        present |= (uint32_t)(columns[i] != 0) << i;
    }
    return present;
}

/* Writes one entry and returns its size, at most CHUNK_ENTRY_MAX. */
size_t chunk_write_entry(uint8_t *to, unsigned column_count, uint64_t sequence_delta, int64_t effective_delta,
                         uint32_t present, const int64_t *columns);

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
