/*
 * The history view: which events concern a customer, at any (A, K), in the order
 * of their sequences. The events themselves stay in the journal.
 */
#ifndef DAYBOOK_PROJECTIONS_HISTORY_H
#define DAYBOOK_PROJECTIONS_HISTORY_H

#include "projection/projection.h"
#include "projections/account.h"

enum history_table { HISTORY_ACCOUNTS, HISTORY_SERIES, HISTORY_TABLE_COUNT };

extern const struct projection history_projection;

/* What to list; sequences go to the caller's array. */
struct history_question {
    const char *customer;
    const char *currency; /* Empty: every event of the customer. */
    int32_t as_of;
    uint64_t known_at;
    uint64_t after;     /* Only later sequences; 0 = from the first. */
    int32_t not_before; /* Only this business date and later ones; 0 = all. */
};

/* Fills up to `limit` sequences. */
DAYBOOK_MUST_USE enum daybook_status history_ask(struct store_txn *txn, const struct history_question *question,
                                                 uint64_t *sequences, size_t limit, size_t *count,
                                                 struct daybook_error *error);

#endif
