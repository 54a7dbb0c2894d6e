/*
 * The lots view: every lot of a customer in a currency, and what became of it,
 * at any (A, K).
 *
 *   LO1  left = received - consumed - refunded - dormant - forfeited, over the visible events.
 *   LO2  Of two visible reactivations the one with the later effective date says when the
 *        lot expires; on one day the one recorded later.
 *
 * Rows (keys big-endian):
 *
 *   lots      account u32, lot u32 -> u32 checksum, varint sequence, zigzag received_on, DepositReceived
 *   ends      see lots_ends.h
 *   renewals  lot u32, sequence u64 -> i32 effective_on, i32 expires_on
 *   holds     lot u32, hold u64, sequence u64 -> i32 effective_on, i64 amount held (negative: no
 *             longer), i32 the hold's expires_on (0 = never, and in all rows but its first)
 *
 * Lots are numbered in the order of their events; a hold is called by the sequence of its own.
 */
#ifndef DAYBOOK_PROJECTIONS_LOTS_H
#define DAYBOOK_PROJECTIONS_LOTS_H

#include "projection/projection.h"
#include "projections/account.h"
#include "projections/lots_ends.h"
#include "projections/series.h"

enum lots_table {
    LOTS_ACCOUNTS,
    LOTS_NAMES, /* roll.h: a lot's number, a hold's sequence. */
    LOTS_ROWS,
    LOTS_SERIES, /* For each lot the columns below. */
    LOTS_RENEWALS,
    LOTS_HOLDS,
    LOTS_ENDS,
    LOTS_TABLE_COUNT
};

enum lot_column {
    LOT_CONSUMED, /* Less what was restored. */
    LOT_HELD,
    LOT_DORMANT,
    LOT_FORFEITED,
    LOT_REFUNDED,
    LOT_RENEWED, /* How often it was reactivated. */
    LOT_COLUMN_COUNT
};

enum { LOTS_ROW_KEY_SIZE = 8, LOTS_ROW_HEAD_MAX = 4 + 10 + 5, LOTS_RENEWAL_KEY_SIZE = 12, LOTS_HOLD_KEY_SIZE = 20 };

extern const struct projection lots_projection;

/* ---- questions; any thread with its own transaction ---- */

/* A lot as it was received. */
struct lot_row {
    uint32_t number;
    uint64_t sequence;
    int32_t received_on;
    struct daybook_bytes body; /* DepositReceived, encoded; borrowed until the transaction ends. */
};

/* The lots of an account that are visible at (A, K), in the order of their sequences: all of them, or those that may
 * have something left, held or dormant. Close before the transaction ends. */
enum lots_which { LOTS_ALL, LOTS_NOT_SPENT };
struct lots_walk {
    struct store_txn *txn;
    struct table_cursor *cursor; /* Of all. */
    struct lots_ends_walk ends;  /* Of those not spent. */
    enum lots_which which;
    uint32_t account;
    int32_t as_of;
    uint64_t known_at;
    bool has_begun;
};
DAYBOOK_MUST_USE enum daybook_status lots_walk_open(struct store_txn *txn, uint32_t account, enum lots_which which,
                                                    int32_t as_of, uint64_t known_at, struct lots_walk *walk,
                                                    struct daybook_error *error);
/* *is_found false: there are no more. */
DAYBOOK_MUST_USE enum daybook_status lots_walk_next(struct lots_walk *walk, struct lot_row *lot, bool *is_found,
                                                    struct daybook_error *error);
void lots_walk_close(struct lots_walk *walk);

/* What became of a lot. `expires_on` comes in as the lot was received with, and goes out as it is at (A, K). */
DAYBOOK_MUST_USE enum daybook_status lots_ask(struct store_txn *txn, uint32_t number, int32_t as_of, uint64_t known_at,
                                              int64_t columns[LOT_COLUMN_COUNT], int32_t *expires_on,
                                              struct daybook_error *error);

/* LO1. False: a sum does not fit 64 bits. */
bool lots_left(int64_t received_minor, const int64_t columns[LOT_COLUMN_COUNT], int64_t *left_minor);

/* What of `left_minor` a charge of the day A could use: nothing before the lot's first day and from
 * its last on, and nothing that is held. False: a sum does not fit 64 bits. */
bool lots_available(const Pb__DepositReceived *body, const int64_t columns[LOT_COLUMN_COUNT], int32_t expires_on,
                    int32_t as_of, int64_t left_minor, int64_t *available_minor);

/* Of what is held of the lot at (A, K), the part whose holds end on A or before. */
DAYBOOK_MUST_USE enum daybook_status lots_ask_ending_holds(struct store_txn *txn, uint32_t number, int32_t as_of,
                                                           uint64_t known_at, int64_t *amount_minor,
                                                           struct daybook_error *error);

#endif
