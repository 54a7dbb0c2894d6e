/*
 * One log of a series (chunk.h), as it is folded: the open chunk of each account is kept in memory, a tail; a chunk
 * that is full is written at once, the open ones at the flush. Used by series.c alone.
 */
#ifndef DAYBOOK_PROJECTIONS_SERIES_LOG_H
#define DAYBOOK_PROJECTIONS_SERIES_LOG_H

#include "base/pool.h"
#include "projections/chunk.h"

/* The open chunk of an account. What every event changes comes first. */
struct series_tail {
    uint64_t last_sequence;
    uint8_t *entries;
    uint32_t size; /* Of the entries. */
    uint32_t capacity;
    int32_t last_effective;
    int32_t greatest; /* Effective date of all that was appended; of the marks, in a late log. */
    bool is_dirty;
    uint16_t header_room;
    uint64_t first_sequence;
    int64_t totals[SERIES_COLUMNS_MAX]; /* With the chunk's own entries. */
    struct chunk_header header;
    struct series_slots slots;
    uint8_t *marks; /* Of a late log. */
    uint32_t marks_size;
    uint32_t marks_capacity;
};

struct series_log {
    struct series_shape shape;
    unsigned first_level;       /* 0, or CHUNK_LATE. */
    struct series_tail **tails; /* By account; NULL = not in memory. */
    size_t tail_count;
    uint32_t *dirty;
    size_t dirty_count;
    size_t dirty_capacity;
    struct pool pool; /* Of the tails, whose accounts come in any order. */
};

void series_log_forget(struct series_log *log);
void series_log_release(struct series_log *log);

/* The account's tail, from the table or new; borrowed until the log forgets. */
DAYBOOK_MUST_USE enum daybook_status series_log_tail(struct series_log *log, struct store_txn *txn, uint32_t account,
                                                     struct series_tail **tail, struct daybook_error *error);

/* What the tail holds, to be read. */
struct chunk_reader series_log_reader(const struct series_log *log, const struct series_tail *tail);

/* The entries of one event: which columns they move, and their bytes as they follow the tail's last. */
struct series_packed {
    uint32_t present[SERIES_ENTRIES_MAX];
    size_t size;
    uint8_t bytes[SERIES_ENTRIES_MAX * CHUNK_ENTRY_ROOM];
};

/* The entries of one event, packed; nothing but slots has changed for them. */
struct series_appending {
    uint32_t account;
    uint64_t sequence;
    const struct series_entry *entries;
    size_t count;
    struct series_packed packed;
    bool fits; /* False: the chunk ends before them. */
    uint32_t slot_count;
    uint32_t slots_size;
    int64_t totals[SERIES_COLUMNS_MAX]; /* With them, in the columns that they move. */
};

void series_log_begin(struct series_appending *appending, uint32_t account, uint64_t sequence,
                      const struct series_entry *entries, size_t count);

/* Packs the entries behind the tail's others, where they fit. Whatever can be refused is refused before anything
 * changes: a view that stops at an event keeps its rows. INVALID: a total overflows. */
DAYBOOK_MUST_USE enum daybook_status series_log_prepare(const struct series_log *log, struct series_tail *tail,
                                                        struct series_appending *appending,
                                                        struct daybook_error *error);

/* Undoes that. */
void series_log_take_back(struct series_tail *tail, const struct series_appending *appending);

/* Appends what was prepared. */
DAYBOOK_MUST_USE enum daybook_status series_log_append(struct series_log *log, struct store_txn *txn,
                                                       struct series_tail *tail, struct series_appending *appending,
                                                       struct daybook_error *error);

/* Writes the tails that are not yet in the table, in the order of their keys. */
DAYBOOK_MUST_USE enum daybook_status series_log_flush(struct series_log *log, struct store_txn *txn,
                                                      struct daybook_error *error);
/* After it; with `drops_idle` the tails that the batch has not changed are dropped. */
void series_log_end_batch(struct series_log *log, bool drops_idle);

#endif
