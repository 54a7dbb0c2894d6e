/*
 * The rows of the links view, in bytes. Used by links.c (writes) and links_ask.c (reads).
 *
 * Rows lie in runs. A run has all links of some neighbouring events, sorted by name. After N events there are the
 * fewest runs of 2^20, 2^17, 2^14, 2^11 and 2^8 events that fit behind each other from the first event on, and one of
 * what is left: so eight runs become one when the last of them is full, each link is written five times at most while
 * events trickle in, and all writing is at the table's end. A question looks once into each run.
 *
 *   LR1  The runs depend on the number of events alone, the rows of a run on its events alone.
 *   LR2  A row's key is greater than that of every row before it, whatever names agree.
 *
 * Key: the run's first sequence u64, the name of the row's last entry u40, the row's ordinal in its run u32, all
 * big-endian. Value, fixed numbers little-endian:
 *
 *     u32     checksum: the low half of hash64 of what follows, seeded with that of the key
 *     zigzag  the least effective date among the run's links
 *     entries, by name and then by sequence:
 *         varint  name less that of the entry before (0 before the first); not there where it is said to be the same
 *         varint  twice the sequence, less the run's first, or less that of the entry before where it has the same
 *                 name; + 1 where the next entry has the same name (at a row's end: of the next row, if at all)
 *         varint  tag + 16 times the effective date less the least; 15 where the event made the document, and then
 *                 nothing follows
 *         zigzag  amount of this document's side
 */
#ifndef DAYBOOK_PROJECTIONS_LINKS_ROWS_H
#define DAYBOOK_PROJECTIONS_LINKS_ROWS_H

#include "base/bytes.h"
#include "projections/links.h"

enum {
    LINKS_NAME_BITS = 40,
    LINKS_KEY_SIZE = 8 + 5 + 4,
    LINKS_ROW_MAX = 992, /* Four to a leaf page of 4 KiB. */
    LINKS_ENTRY_MAX = 6 + 4 + 6 + 10,
    LINKS_RUN_LEAST = 1 << 8,
    LINKS_RUN_LARGEST = 1 << 20,
    LINKS_RUN_FANOUT = 8,
};

/* The kind of the other document, or: */
enum { LINK_SETTLES = 14, LINK_MADE = 15 };

struct link {
    uint64_t name;
    uint64_t sequence;
    int64_t amount_minor;
    int32_t effective_on;
    uint8_t tag;
};

/* The last sequence of the run that begins behind `before`, of `head` events. */
uint64_t links_run_end(uint64_t before, uint64_t head);

void links_make_key(uint64_t run, uint64_t name, uint32_t ordinal, uint8_t key[LINKS_KEY_SIZE]);
uint64_t links_key_run(const uint8_t key[LINKS_KEY_SIZE]);
uint64_t links_key_name(const uint8_t key[LINKS_KEY_SIZE]);

/* One run being written, link by link, in order. */
struct links_writer {
    struct store_txn *txn;
    uint64_t run;     /* Its first sequence. */
    int32_t least_on; /* Of its links. */
    uint32_t ordinal;
    struct link last; /* That was written. */
    bool continues;   /* The next one was said to have the same name. */
    size_t size;      /* Of the row; 0 = none is begun. */
    uint8_t row[LINKS_ROW_MAX];
};

DAYBOOK_MUST_USE enum daybook_status links_write(struct links_writer *writer, const struct link *link,
                                                 bool has_same_name_next, struct daybook_error *error);
/* After the last link. */
DAYBOOK_MUST_USE enum daybook_status links_write_end(struct links_writer *writer, struct daybook_error *error);

/* One row being read; its bytes are borrowed. */
struct links_reader {
    const uint8_t *next;
    const uint8_t *end;
    uint64_t run;
    int64_t least_on;
    struct link link; /* That was read. */
    bool continues;
};

/* DAMAGED: the row is not what was written. */
DAYBOOK_MUST_USE enum daybook_status links_read_begin(struct links_reader *reader, const struct table_row *row,
                                                      struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status links_read_next(struct links_reader *reader, bool *is_found,
                                                     struct daybook_error *error);

#endif
