/*
 * The days of the books: which events moved money that counts for a business date,
 * in runs of consecutive sequences.
 *
 *   TD1  Runs of a date ascend, and between two of them is an event at least.
 *   TD2  A run begins a new row when the row before it has TRIAL_DAYS_FULL bytes or more. So rows depend on the events
 *        alone.
 *
 * Most events count for the day on which they are recorded, so a day is some hundreds of runs, whatever its traffic.
 *
 * Key: date u32, first sequence u64, big-endian. Value: u32 checksum (the low half of hash64 of the rest, seeded with
 * that sequence), then for each run varint of its length less 1, and between two runs varint of the events that are in
 * neither, less 1.
 */
#ifndef DAYBOOK_PROJECTIONS_TRIAL_DAYS_H
#define DAYBOOK_PROJECTIONS_TRIAL_DAYS_H

#include "base/bytes.h"
#include "store/store.h"

enum { TRIAL_DAYS_FULL = 960, TRIAL_DAYS_ROW_MAX = TRIAL_DAYS_FULL + 2 * 10, TRIAL_DAYS_KEY_SIZE = 12 };

/* The last row of a date, as the fold has it. */
struct trial_day {
    bool is_here;
    bool is_dirty;
    int32_t on;
    uint64_t first; /* Sequence of the row. */
    uint64_t begin; /* Of its last run, */
    uint64_t next;  /* and the sequence after it; 0: the date has none. */
    size_t size;    /* Of the row but for the last run's length. */
    uint8_t row[TRIAL_DAYS_ROW_MAX];
};

/* Those that were used lately, found by their dates. All zero but for the table: there are none. */
struct trial_days {
    unsigned table;
    struct trial_day *slots; /* Open addressing, at most half full. */
    size_t slot_count;       /* A power of two, or 0. */
    size_t count;
};

void trial_days_forget(struct trial_days *days);
void trial_days_release(struct trial_days *days);

/* INVALID: the date has that event already, or a later one. DAMAGED: its last row is not what was written. */
DAYBOOK_MUST_USE enum daybook_status trial_days_add(struct trial_days *days, struct store_txn *txn, int32_t on,
                                                    uint64_t sequence, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status trial_days_flush(struct trial_days *days, struct store_txn *txn,
                                                      struct daybook_error *error);

/* The sequences of a date from `from` to `to`, as many as `limit`. */
DAYBOOK_MUST_USE enum daybook_status trial_days_ask(struct store_txn *txn, unsigned table, int32_t on, uint64_t from,
                                                    uint64_t to, uint64_t *sequences, size_t limit, size_t *count,
                                                    struct daybook_error *error);

#endif
