/*
 * How an exposure is told: which money of the customer's own makes it smaller.
 *
 *   exposure = open + held against the limit - unapplied (policy) - available deposits in scope (policy)
 *
 * The defaults are what charges are decided by: unapplied money is deducted, deposits are not.
 */
#ifndef DAYBOOK_PROJECTIONS_EXPOSURE_H
#define DAYBOOK_PROJECTIONS_EXPOSURE_H

#include "projections/query_book.h"

struct exposure_policy {
    bool ignores_unapplied;
    bool deducts_deposits;
    const char
        *category; /* Of the charges that deposits are in scope of; "" = lots good for any charge alone. Borrowed. */
};

/* `asked` may be NULL. INVALID: a value that is none, or a category where no deposits are deducted. */
DAYBOOK_MUST_USE enum daybook_status exposure_policy_read(const Pb__ExposurePolicy *asked,
                                                          struct exposure_policy *policy, struct daybook_error *error);

/* Says it on the answer. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status exposure_add_policies(struct book *book, const struct exposure_policy *policy);

/* What charges of the policy's category and of day A could use of the account's lots. `txn` is of
 * the lots view; `scratch` is reset. LIMIT: a sum does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status exposure_ask_deposits(const struct exposure_policy *policy, struct store_txn *txn,
                                                           const struct account_row *account, int32_t as_of,
                                                           uint64_t known_at, struct arena *scratch,
                                                           int64_t *deposit_minor, struct daybook_error *error);

/* Sets exposure and available of a row whose other amounts are filled. LIMIT: it does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status exposure_fill(const struct exposure_policy *policy, Pb__Credit *row,
                                                   struct daybook_error *error);

#endif
