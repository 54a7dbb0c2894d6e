/*
 * The entries of a chunk, in bytes. Written so that a question adds up a hundred of them without guessing at
 * branches: every size is said before what has it, and columns are not met until the end.
 *
 * Most events move one amount, up in some columns and down in others. What it moves is a slot; the few
 * slots of a chunk are named once, before its entries (not in a list of sequences, which has no columns):
 *
 *     u8      how many slots, then for each
 *     varint  a bit for each column that it moves
 *     varint  a bit for each of those that it lowers: never the first, whose bit says instead that the
 *             amount is how many times the entry's last amount that was said in full
 *
 * An entry, its numbers little-endian in as many bytes as they need:
 *
 *     u8      bits 0-2: bytes of the sequence, less 1
 *             bits 3-4: bytes of the date: 0, 1, 2 or 5
 *             bits 5-7: amounts, less 1; 7 = their count follows the first
 *     u8      where there are columns: the first amount's slot, 5 bits, and its bytes, less 1
 *     ...     the sequence less the one before (0 before the first)
 *     ...     zigzag of the effective date less the one before (0 before the first)
 *     ...     zigzag of the first amount
 *     u8      after a 7 alone: amounts, less 1
 *     u8, ... for each further amount: its slot and size, and its zigzag
 */
#ifndef DAYBOOK_PROJECTIONS_CHUNK_ENTRY_H
#define DAYBOOK_PROJECTIONS_CHUNK_ENTRY_H

#include "base/wide.h"
#include "projections/series.h"

enum {
    CHUNK_SLOTS_SIZE_MAX = 1 + SERIES_SLOTS_MAX * 6,
    CHUNK_ENTRY_MAX = 1 + 8 + 5 + 1 + SERIES_COLUMNS_MAX * (1 + 8),
    CHUNK_ENTRY_ROOM = CHUNK_ENTRY_MAX + 8, /* To write one. */
};

/* Writes the slots, and returns their size. */
size_t chunk_slots_write(uint8_t to[CHUNK_SLOTS_SIZE_MAX], const struct series_slots *slots);

/* A bit for each column that is not 0. */
static inline uint32_t chunk_present(unsigned column_count, const int64_t columns[SERIES_COLUMNS_MAX]) {
    uint32_t present = 0;
    for (unsigned i = 0; i < column_count; i++) {
        present |= (uint32_t)(columns[i] != 0) << i;
    }
    return present;
}

/* Where an entry stands after the one before it. */
struct chunk_step {
    uint64_t sequence;
    int64_t effective_days;
};

/* Writes one entry where there is CHUNK_ENTRY_ROOM, and returns its size, at most CHUNK_ENTRY_MAX. Adds the slots that
 * it needs; 0: there is no room for them. `slots` are NULL in a list of sequences. */
size_t chunk_entry_write(uint8_t *to, struct series_slots *slots, struct chunk_step step, uint32_t present,
                         const int64_t *columns);

/* Where a reading of entries stands: all zero but `next`, `end` and `slots` at a chunk's start. */
struct chunk_reader {
    const uint8_t *next;
    const uint8_t *end;
    const struct series_slots *slots; /* NULL: no columns. */
    uint64_t sequence;
    int64_t effective_on;
    uint32_t present;                    /* Bits of the columns of the entry. */
    int64_t columns[SERIES_COLUMNS_MAX]; /* Only those present are written. */
};

/* Begins to read what follows a row's header; `slots` must live as long as the reading. False: it is damaged. */
bool chunk_reader_init(struct chunk_reader *reader, unsigned column_count, struct daybook_bytes body,
                       struct series_slots *slots);

/* False at a damaged entry; ask only while next < end. */
bool chunk_read_entry(struct chunk_reader *reader);

/* Sums of int64 in any order never overflow these. */
struct chunk_sums {
    wide columns[SERIES_COLUMNS_MAX];
    uint64_t count;
};

/* Adds those of the entries still to be read with sequence <= known_at and effective_on <= as_of, and ends the reading;
 * false at a damaged one. */
bool chunk_add_visible(struct chunk_reader *reader, int32_t as_of, uint64_t known_at, struct chunk_sums *sums);

#endif
