/*
 * The credit view: limits, holds on credit and how often a limit was passed, at
 * any (A, K). What is open, held, overdue and paid comes from the balance and
 * aging views.
 *
 *   CR1  The policy in force is the visible one that began last and has not ended
 *        by A; of one day the one recorded last. One that has ended gives way to
 *        the one before it. The engine decides by the same rule.
 */
#ifndef DAYBOOK_PROJECTIONS_CREDIT_H
#define DAYBOOK_PROJECTIONS_CREDIT_H

#include "projection/projection.h"
#include "projections/account.h"

enum credit_table { CREDIT_ACCOUNTS, CREDIT_POLICIES, CREDIT_OVER_LIMIT, CREDIT_TABLE_COUNT };

extern const struct projection credit_projection;

struct credit_policy_row {
    bool is_set; /* Some policy is in force. */
    Pb__LimitState state;
    Pb__CreditMode mode;
    int64_t limit_minor;
    int32_t since_on;
    int32_t until_on; /* 0 = open-ended. */
};

struct credit_row {
    struct credit_policy_row policy;
    bool on_hold;
    bool is_visible; /* Some policy of this account (ended or not), or a passing of its limit, was visible. */
    uint32_t times_over_limit;
};

/* `account` is one that account_find or a walk gave. */
DAYBOOK_MUST_USE enum daybook_status credit_ask(struct store_txn *txn, const struct account_row *account, int32_t as_of,
                                                uint64_t known_at, struct credit_row *credit,
                                                struct daybook_error *error);

#endif
