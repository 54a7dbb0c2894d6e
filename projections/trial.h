/*
 * The trial view: the totals of each account of the books, per currency, at any
 * (A, K), and which events of a business date moved money.
 *
 *   TR1  Every total is the exact sum of the visible events' postings (domain/postings.h).
 *   TR2  The totals of a currency add up to zero.
 *   TR3  A movement is in the first volume of its currency that can take it without an overflow.
 *   TR4  The books hold whole blocks of TRIAL_BLOCK events, each added up by date and accounts (trial_block.h). Of the
 *        block that K lies in, a question adds the events up to K, which whoever asks has read.
 *
 * One volume is enough for every business there is. The others are for books
 * whose totals pass 64 bits on the way to a total that fits.
 */
#ifndef DAYBOOK_PROJECTIONS_TRIAL_H
#define DAYBOOK_PROJECTIONS_TRIAL_H

#include "base/wide.h"
#include "domain/postings.h"
#include "projection/projection.h"
#include "projections/account.h"
#include "projections/series.h"

enum trial_table {
    TRIAL_VOLUMES, /* account.h: a currency stands where the customer does, a volume where the currency does. */
    TRIAL_SERIES,  /* For each volume a column for each account of the books: debit positive. A block's movements are
                    * entries with sequences from its first event's on. */
    TRIAL_DAYS,    /* trial_days.h */
    TRIAL_TAIL,    /* trial_block.h */
    TRIAL_TABLE_COUNT
};

enum { TRIAL_BLOCK = 256 };

_Static_assert((int)POSTING_ACCOUNT_COUNT <= (int)SERIES_COLUMNS_MAX, "the books are one series");

extern const struct projection trial_projection;

/* The books of one currency at (A, K). */
struct trial_row {
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t totals[POSTING_ACCOUNT_COUNT]; /* Debit positive. */
    bool is_visible;                       /* Some event was. */
};

/* Fills the row of `currency`. LIMIT: a total does not fit 64 bits. DAMAGED: they do not add up to zero. */
DAYBOOK_MUST_USE enum daybook_status trial_fill_row(const char *currency, const wide totals[POSTING_ACCOUNT_COUNT],
                                                    struct trial_row *row, struct daybook_error *error);

/* The last event up to K of which the books hold the whole block. */
uint64_t trial_whole(uint64_t known_at);

/* What the events behind it add up to. All zero: nothing was added. */
struct trial_late {
    struct daybook_buffer sums; /* By currency. */
};
void trial_late_release(struct trial_late *late);
/* Adds an event when it counts by `as_of`. */
DAYBOOK_MUST_USE enum daybook_status trial_late_add(struct trial_late *late, int32_t as_of, const Pb__Event *event,
                                                    struct daybook_error *error);

/* The currencies in the order of their codes. Close before the transaction ends. */
struct trial_walk {
    struct store_txn *txn;
    struct account_walk accounts;
    struct account_row next;
    bool has_next;
    int32_t as_of;
    uint64_t whole; /* Known at K, and whole. */
    const struct trial_late *late;
};
/* `late` is of the events from trial_whole(known_at) + 1 to known_at, and must outlive the walk. */
DAYBOOK_MUST_USE enum daybook_status trial_walk_open(struct store_txn *txn, int32_t as_of, uint64_t known_at,
                                                     const struct trial_late *late, struct trial_walk *walk,
                                                     struct daybook_error *error);
/* *is_found false: there are no more. LIMIT: a total does not fit 64 bits. DAMAGED: they do not add up to zero. */
DAYBOOK_MUST_USE enum daybook_status trial_walk_next(struct trial_walk *walk, struct trial_row *row, bool *is_found,
                                                     struct daybook_error *error);
void trial_walk_close(struct trial_walk *walk);

/* The sequences from `from` to `to` of postings that count for `on`, as many as `limit`. */
DAYBOOK_MUST_USE enum daybook_status trial_ask_day(struct store_txn *txn, int32_t on, uint64_t from, uint64_t to,
                                                   uint64_t *sequences, size_t limit, size_t *count,
                                                   struct daybook_error *error);

#endif
