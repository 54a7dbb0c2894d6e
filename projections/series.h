/*
 * A series: for each account a log of amounts with two dates, and its totals
 * at any (A, K) in about logarithmic time.
 *
 *   SE1  Totals at (A, K) are the exact sums of the entries with sequence <= K and
 *        effective_on <= A, whatever the order of their dates.
 *   SE2  Where chunks end depends on the entries alone, not on batches.
 *   SE3  The entries of one event are in one chunk.
 *   SE4  A chunk that is not what was written is DAMAGED when read.
 *
 * Entries are kept in chunks of about 1 000 bytes, each with the totals of all before it. A question reads one chunk;
 * for the past also the few entries that came late, which are kept once more. The formats of both logs are drawn in
 * chunk.h.
 */
#ifndef DAYBOOK_PROJECTIONS_SERIES_H
#define DAYBOOK_PROJECTIONS_SERIES_H

#include "projection/memo.h"
#include "store/store.h"

enum { SERIES_COLUMNS_MAX = 16, SERIES_ENTRIES_MAX = 2 };

/* Which table, and how many sums. A constant of the view. */
struct series_shape {
    unsigned table;
    unsigned column_count; /* 0: a list of sequences. */
    bool is_list;          /* Only its entries are asked for, never totals. */
};

struct series_entry {
    int32_t effective_on;
    int64_t columns[SERIES_COLUMNS_MAX]; /* Those past column_count are 0. */
};

/* ---- the fold's side; one thread ---- */

struct series;

DAYBOOK_MUST_USE enum daybook_status series_open(struct series_shape shape, struct series **series,
                                                 struct daybook_error *error);
void series_close(struct series *series); /* Accepts NULL. */
void series_forget(struct series *series);

/* What it remembers of accounts is dropped past so many bytes (256 MiB unless told): first what the last batch has not
 * changed, then all. It is read again when it is needed. */
void series_limit_memory(struct series *series, size_t limit_bytes);

/* Appends the entries of one event (1 or 2). INVALID: a total overflows, of all or of those that came late, or the
 * sequence is not after the account's last. */
DAYBOOK_MUST_USE enum daybook_status series_append(struct series *series, struct store_txn *txn, uint32_t account,
                                                   uint64_t sequence, const struct series_entry *entries, size_t count,
                                                   struct daybook_error *error);

/* A hint: an entry will be appended to the account soon. */
void series_foresee(const struct series *series, uint32_t account);

/* The first entry that the account has of `sequence`, as folded so far. */
DAYBOOK_MUST_USE enum daybook_status series_find(struct series *series, struct store_txn *txn, uint32_t account,
                                                 uint64_t sequence, struct series_entry *entry, bool *is_found,
                                                 struct daybook_error *error);

/* The greatest date of all entries that the account has, as folded so far; INT32_MIN = it has none. */
DAYBOOK_MUST_USE enum daybook_status series_max_effective(struct series *series, struct store_txn *txn,
                                                          uint32_t account, int32_t *max_effective,
                                                          struct daybook_error *error);

/* Writes what is not yet in the table, in the order of its keys. */
DAYBOOK_MUST_USE enum daybook_status series_flush(struct series *series, struct store_txn *txn,
                                                  struct daybook_error *error);

/* ---- questions; any thread with its own transaction ---- */

struct series_totals {
    int64_t columns[SERIES_COLUMNS_MAX];
    uint64_t count; /* Of the visible entries. */
};

/* All zero for an account without visible entries. LIMIT: a sum does not fit. */
DAYBOOK_MUST_USE enum daybook_status series_ask(struct store_txn *txn, struct series_shape shape, uint32_t account,
                                                int32_t as_of, uint64_t known_at, struct series_totals *totals,
                                                struct daybook_error *error);

/* The same; where chunks lie is remembered in a memo of the rows that `txn` reads. NULL: nothing is. */
DAYBOOK_MUST_USE enum daybook_status series_ask_again(struct store_txn *txn, struct series_shape shape,
                                                      struct memo *memo, uint32_t account, int32_t as_of,
                                                      uint64_t known_at, struct series_totals *totals,
                                                      struct daybook_error *error);

/* Called for an entry; `columns` are borrowed. */
typedef enum daybook_status series_visit(void *context, const int64_t columns[SERIES_COLUMNS_MAX],
                                         struct daybook_error *error);

/* Visits exactly the entries that a question at (A, K) does not see: those with a
 * sequence > K or effective_on > A. In no order that means anything. With K = UINT64_MAX a chunk that has no later
 * date is not even looked into. */
DAYBOOK_MUST_USE enum daybook_status series_visit_hidden(struct store_txn *txn, struct series_shape shape,
                                                         uint32_t account, int32_t as_of, uint64_t known_at,
                                                         series_visit *visit, void *context,
                                                         struct daybook_error *error);

/* Visits what a question at (A, K) sees of the entries with a sequence >= *bound, which is set: no more than those of
 * the account's last chunk, and those that came late. */
DAYBOOK_MUST_USE enum daybook_status series_visit_late(struct store_txn *txn, struct series_shape shape,
                                                       uint32_t account, int32_t as_of, uint64_t known_at,
                                                       series_visit *visit, void *context, uint64_t *bound,
                                                       struct daybook_error *error);

/* What the amounts of a chunk's entries move (chunk_entry.h). */
enum { SERIES_SLOTS_MAX = SERIES_ENTRIES_MAX * SERIES_COLUMNS_MAX }; /* All that one event may need. */
struct series_slots {
    uint32_t count;
    uint32_t size_bytes;              /* As they are written, but for their count. */
    uint32_t multiples;               /* A bit for each slot whose amounts are. */
    uint32_t codes[SERIES_SLOTS_MAX]; /* Columns that are moved, below those that are lowered. */
};

/* The entries one by one, in the order of their sequences. */
struct series_scan {
    struct table_cursor *cursor;
    struct series_shape shape;
    uint32_t account;
    uint64_t sequence;         /* Of the entry that was read. */
    struct series_entry entry; /* Likewise. */
    const uint8_t *next;
    const uint8_t *end;
    struct series_slots slots; /* Of the chunk that is being read. */
};

/* Begins at the first entry with a sequence >= `from`. Close before the transaction ends. */
DAYBOOK_MUST_USE enum daybook_status series_scan_open(struct store_txn *txn, struct series_shape shape,
                                                      uint32_t account, uint64_t from, struct series_scan *scan,
                                                      struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status series_scan_next(struct series_scan *scan, bool *is_found,
                                                      struct daybook_error *error);
void series_scan_close(struct series_scan *scan);

#endif
