/*
 * The statements view: which statements were issued, at any (A, K).
 *
 *   ST1  The statements of an account follow each other: each begins where the one before ended,
 *        so their last days rise with their sequences.
 *
 * Rows (keys big-endian):
 *
 *   rows   account u32, sequence u64 -> u32 checksum, i32 effective_on, StatementIssued
 *   names  roll.h: a statement's sequence
 */
#ifndef DAYBOOK_PROJECTIONS_STATEMENTS_H
#define DAYBOOK_PROJECTIONS_STATEMENTS_H

#include "base/arena.h"
#include "projection/projection.h"
#include "projections/account.h"

enum statements_table { STATEMENTS_ACCOUNTS, STATEMENTS_ROWS, STATEMENTS_NAMES, STATEMENTS_TABLE_COUNT };

enum { STATEMENTS_KEY_SIZE = 12, STATEMENTS_ROW_HEAD = 8 };

extern const struct projection statements_projection;

/* One that was issued. */
struct statement_row {
    uint64_t sequence;
    int32_t issued_on;
    const Pb__StatementIssued *body; /* In the arena that was given. */
};

/* The statements of an account, in the order of their sequences. Close before the transaction ends. */
struct statements_walk {
    struct table_cursor *cursor;
    uint32_t account;
    uint64_t after; /* Only later sequences. */
    bool has_begun;
};
DAYBOOK_MUST_USE enum daybook_status statements_walk_open(struct store_txn *txn, uint32_t account, uint64_t after,
                                                          struct statements_walk *walk, struct daybook_error *error);
/* *is_found false: there are no more. */
DAYBOOK_MUST_USE enum daybook_status statements_walk_next(struct statements_walk *walk, struct arena *arena,
                                                          struct statement_row *row, bool *is_found,
                                                          struct daybook_error *error);
void statements_walk_close(struct statements_walk *walk);

/* The account's last statement that was issued by K and ends on `through_on` or before. */
DAYBOOK_MUST_USE enum daybook_status statements_last(struct store_txn *txn, uint32_t account, int32_t through_on,
                                                     uint64_t known_at, struct arena *arena, struct statement_row *row,
                                                     bool *is_found, struct daybook_error *error);

/* By its id. */
DAYBOOK_MUST_USE enum daybook_status statements_find(struct store_txn *txn, uint32_t account, const char *id,
                                                     struct arena *arena, struct statement_row *row, bool *is_found,
                                                     struct daybook_error *error);

#endif
