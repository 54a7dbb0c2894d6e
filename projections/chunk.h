/*
 * The rows of a series, in bytes. Used by series.c (writes) and series_ask.c (reads).
 *
 * Key, 13 bytes: account u32, level u8, first sequence u64, all big-endian.
 * Level 0 is a chunk of entries; a row of level n > 0 stands for the 8 rows of
 * level n - 1 that begin with its own first sequence. Levels 16, 17, ... are the
 * same of the account's late log, which is a log like any other. What is in it:
 *
 *   - for each chunk but the first, when it begins, a mark: an entry without amounts, of the
 *     chunk's first sequence, dated as the greatest date of all chunks before
 *   - behind it, as they come, each of the chunk's entries that is dated before its mark
 *
 * Dates of marks never fall. So the chunk that A falls into is the one before the first mark past A; all chunks before
 * that are visible; and of what comes behind it, only what is in the late log can be. Headers of the late log count
 * late entries and tell their dates (where there are none: the last mark's), but for the greatest date before: of
 * marks.
 *
 * Value: a header and a body: slots and entries of level 0, of a group what its rows are.
 *
 *     u32     checksum of the rest of the header: the low half of hash64
 *     u32     likewise of what follows the header
 *     varint  ordinal of the (first) chunk in its account, from 0
 *     zigzag  least effective date in the row
 *     varint  greatest effective date in the row, less the least
 *     varint  0: no chunk before; else 1 + zigzag of the greatest effective date of
 *             all chunks before, less the least in the row
 *     varint  entries in the row
 *     varint  entries of all chunks before
 *     varint  a bit for each column whose total of all chunks before is not 0
 *     zigzag  for each of those: that total
 *     varint  in a chunk of the late log alone: its marks, and for each
 *     u64, i32, u16  its sequence and date, and the bytes of the entries before the first behind it
 *
 * The header's own checksum lets a question pass over a chunk without fetching
 * its entries from memory. Fixed numbers are little-endian.
 * The entries are drawn in chunk_entry.h. A group of the late log has for each row of it, in order:
 *
 *     varint  first sequence less that of the one before (0 before the first)
 *     varint  least effective date, less the least in the group
 *     varint  greatest effective date, less the least of the row
 *     varint  greatest effective date before, as in a header
 *
 * So a question goes from a group to the one row of it that both sides of A meet in.
 */
#ifndef DAYBOOK_PROJECTIONS_CHUNK_H
#define DAYBOOK_PROJECTIONS_CHUNK_H

#include "projections/chunk_entry.h"

enum {
    CHUNK_KEY_SIZE = 13,
    CHUNK_SIZE_MAX = 992, /* Four to a leaf page of 4 KiB. */
    CHUNK_MARK_SIZE = 14,
    CHUNK_MARKS_SIZE_MAX = 2 + CHUNK_SIZE_MAX,
    CHUNK_HEADER_MAX = 8 + 5 + 5 + 5 + 6 + 10 + 10 + 3 + SERIES_COLUMNS_MAX * 10,
    CHUNK_FANOUT_BITS = 3,
    CHUNK_FANOUT = 1 << CHUNK_FANOUT_BITS,
    CHUNK_CHILDREN_SIZE_MAX = CHUNK_FANOUT * (10 + 5 + 5 + 6),
    CHUNK_LEVELS = 12, /* 8^11 chunks: more than an ordinal counts. */
    CHUNK_LATE = 16,   /* The first level of the late log. */
};

_Static_assert(CHUNK_HEADER_MAX + CHUNK_SLOTS_SIZE_MAX + SERIES_ENTRIES_MAX * CHUNK_ENTRY_MAX < CHUNK_SIZE_MAX,
               "an event's entries must fit a chunk");

struct chunk_header {
    uint32_t ordinal;
    int32_t min_effective;
    int32_t max_effective;
    int32_t max_effective_before; /* INT32_MIN = none. */
    uint64_t count;
    uint64_t count_before;
    int64_t before[SERIES_COLUMNS_MAX];
    struct daybook_bytes marks; /* Of a chunk of the late log, CHUNK_MARK_SIZE each; borrowed. */
};

/* A mark of the late log. */
struct chunk_mark {
    uint64_t sequence; /* 0: there is none. */
    int32_t effective_on;
    uint16_t size_before; /* Of the entries, with the mark's own. */
};
void chunk_put_mark(uint8_t to[CHUNK_MARK_SIZE], const struct chunk_mark *mark);
struct chunk_mark chunk_get_mark(const uint8_t from[CHUNK_MARK_SIZE]);

/* A row of a group. */
struct chunk_child {
    uint64_t first_sequence;
    int32_t min_effective;
    int32_t max_effective;
    int32_t max_effective_before; /* INT32_MIN = none. */
};

void chunk_make_key(uint32_t account, unsigned level, uint64_t first_sequence, uint8_t key[CHUNK_KEY_SIZE]);

/* True when the row is of this account and level. */
bool chunk_key_matches(struct daybook_bytes key, uint32_t account, unsigned level);
uint64_t chunk_key_sequence(struct daybook_bytes key);

/* What a chunk's header may take while entries are added to it; it depends on what lies before the chunk alone. */
size_t chunk_header_room(unsigned column_count, const struct chunk_header *header);

/* Writes the header of the body that will follow it, and returns its size. */
size_t chunk_write_header(uint8_t to[CHUNK_HEADER_MAX + CHUNK_MARKS_SIZE_MAX], unsigned column_count,
                          const struct chunk_header *header, unsigned level, struct daybook_bytes body);

/* `body` is what follows the header, borrowed and not checked yet. DAMAGED: the header is not what was written. */
DAYBOOK_MUST_USE enum daybook_status chunk_read_header(struct daybook_bytes row, unsigned column_count, unsigned level,
                                                       struct chunk_header *header, struct daybook_bytes *body,
                                                       struct daybook_error *error);

/* Begins to read the entries of a row whose header was read; `slots` must live as long as the reading. DAMAGED: they
 * are not what was written. */
DAYBOOK_MUST_USE enum daybook_status chunk_open_entries(struct daybook_bytes row, unsigned column_count,
                                                        struct daybook_bytes body, struct series_slots *slots,
                                                        struct chunk_reader *reader, struct daybook_error *error);

/* The body of a group: writes it and returns its size; reads it. DAMAGED: it is not what was written. */
size_t chunk_write_children(uint8_t to[CHUNK_CHILDREN_SIZE_MAX], const struct chunk_header *group,
                            const struct chunk_child children[CHUNK_FANOUT]);
DAYBOOK_MUST_USE enum daybook_status chunk_read_children(struct daybook_bytes row, struct daybook_bytes body,
                                                         const struct chunk_header *group,
                                                         struct chunk_child children[CHUNK_FANOUT],
                                                         struct daybook_error *error);

enum daybook_status chunk_damaged(uint32_t account, struct daybook_error *error);

#endif
