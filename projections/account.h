/*
 * Accounts: a customer in a currency, numbered in the order of first sight.
 *
 *   AC1  A number is never given twice, and depends on the order of events alone.
 *   AC2  The table's keys are customer, 0x00, currency: its order is that of customers.
 *
 * Ids hold no control characters, so 0x00 ends one and sorts before all else.
 * The currency is empty for what concerns the customer in every currency.
 */
#ifndef DAYBOOK_PROJECTIONS_ACCOUNT_H
#define DAYBOOK_PROJECTIONS_ACCOUNT_H

#include "limits.h"
#include "store/store.h"

enum { ACCOUNT_CURRENCY_SIZE = 8, ACCOUNT_KEY_SIZE = LIMIT_ID_BYTES + 1 + ACCOUNT_CURRENCY_SIZE };

/* The fold's: numbers that were looked up before, by the party (parties.h) of the events. One thread. */
struct accounts;

DAYBOOK_MUST_USE enum daybook_status accounts_open(unsigned table, struct accounts **accounts,
                                                   struct daybook_error *error);
void accounts_close(struct accounts *accounts); /* Accepts NULL. */
void accounts_forget(struct accounts *accounts);

/* The number, given now when the account is new. One party always comes with the same names here; 0 = none.
 * INVALID: an id or currency that cannot be one. */
DAYBOOK_MUST_USE enum daybook_status accounts_number(struct accounts *accounts, struct store_txn *txn,
                                                     const char *customer, const char *currency, uint64_t party,
                                                     uint32_t *number, struct daybook_error *error);

/* The same from memory alone; false when it is not there. */
bool accounts_recall(const struct accounts *accounts, uint64_t party, uint32_t *number);

/* For questions. */
struct account_row {
    char customer[LIMIT_ID_BYTES + 1];
    char currency[ACCOUNT_CURRENCY_SIZE];
    uint32_t number;
};

/* INVALID: an id or currency that cannot be one. */
DAYBOOK_MUST_USE enum daybook_status account_find(struct store_txn *txn, unsigned table, const char *customer,
                                                  const char *currency, struct account_row *account, bool *is_found,
                                                  struct daybook_error *error);

/* A walk over the table in the order of customers, from after `after` (may be
 * empty), or over one customer's accounts. Close before the transaction ends. */
struct account_walk {
    struct table_cursor *cursor;
    char customer[LIMIT_ID_BYTES + 1]; /* Empty = all. */
    uint8_t after[ACCOUNT_KEY_SIZE];
    size_t after_size;
    bool has_begun;
};
DAYBOOK_MUST_USE enum daybook_status account_walk_open(struct store_txn *txn, unsigned table, const char *customer,
                                                       struct account_walk *walk, struct daybook_error *error);
void account_walk_close(struct account_walk *walk);
/* Continues after this account. */
void account_walk_skip(struct account_walk *walk, const struct account_row *account);
/* *is_found false: there are no more. */
DAYBOOK_MUST_USE enum daybook_status account_walk_next(struct account_walk *walk, struct account_row *account,
                                                       bool *is_found, struct daybook_error *error);

#endif
