/*
 * Other ways of choosing than the ledger's own, for deciding a history again
 * under them. A ledger that is written never has one.
 *
 *   PO1  Pure: what is chosen depends on the policy, the state and the request alone.
 *   PO2  A policy that says nothing chooses as the ledger does.
 */
#ifndef DAYBOOK_DOMAIN_POLICY_H
#define DAYBOOK_DOMAIN_POLICY_H

#include "domain/state.h"

/* What decides which lot pays first; what is equal by all keys goes by sequence. */
enum lot_key {
    LOT_BY_PRIORITY,    /* Low first. */
    LOT_BY_EXPIRY,      /* Soonest first, none last. */
    LOT_BY_PROMOTIONAL, /* Promotional before paid. */
    LOT_BY_PAID,        /* Paid before promotional. */
    LOT_BY_SCOPE,       /* Narrower first, any category last. */
    LOT_BY_RECEIVED,    /* Oldest first. */
    LOT_KEY_COUNT
};

/* Which item a payment pays first when it names none. */
enum item_order { ITEMS_OLDEST_DUE, ITEMS_OLDEST_POSTED, ITEMS_LARGEST };

struct decide_policy {
    enum lot_key lot_keys[LOT_KEY_COUNT];
    size_t lot_key_count; /* 0: as the ledger does. */
    enum item_order item_order;
    bool overrides_explicit; /* Allocations that were listed are chosen by the rule, too. */
    /* Changes the credit policy that is about to be checked; NULL: none is changed. Pure. */
    void (*adjust_credit)(const void *context, const char *customer, const char *currency,
                          struct credit_policy *credit);
    const void *context;
};

/* The account's lots in the policy's order, each once; `with_expired`: also those of which only expired money is
 * left. In `arena`; NULL when memory is refused. */
const struct lot_ref *policy_lots(const struct decide_policy *policy, const struct account *account, bool with_expired,
                                  struct arena *arena, size_t *count);

/* The account's items in the policy's order. NO_MEMORY, or what reading the items returned. */
DAYBOOK_MUST_USE enum daybook_status policy_items(const struct decide_policy *policy, struct state *state,
                                                  const struct account *account, struct arena *arena,
                                                  const struct item_ref **items, size_t *count,
                                                  struct daybook_error *error);

/* How an event names the rule. `policy` may be NULL. */
Pb__AllocationRule policy_allocation_rule(const struct decide_policy *policy);

#endif
