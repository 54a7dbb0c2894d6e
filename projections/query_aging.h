/* How ages are told: the policy of a question, read and shown. */
#ifndef DAYBOOK_PROJECTIONS_QUERY_AGING_H
#define DAYBOOK_PROJECTIONS_QUERY_AGING_H

#include "projections/aging.h"
#include "projections/query_book.h"

/* By due date; 30, 60, 90 and 120 days; unapplied money in its own column. */
struct aging_policy query_default_aging_policy(void);

/* What a question says of it; all zero = the default. */
struct aging_wish {
    Pb__AgingBasis basis;
    Pb__UnappliedDisplay unapplied;
    const int32_t *edges;
    size_t edge_count;
};

/* INVALID: too many edges, or not ascending. */
DAYBOOK_MUST_USE enum daybook_status query_read_aging_policy(const struct aging_wish *wish, struct aging_policy *policy,
                                                             struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status query_add_aging_policies(struct book *book, const struct aging_policy *policy);

/* "1-30", ..., "over 120"; by posting date the first begins at 0. */
DAYBOOK_MUST_USE enum daybook_status query_add_aging_labels(struct book *book, const struct aging_policy *policy,
                                                            struct pointers *labels);

/* For one customer's past: adds the balance view behind the others, where the ledger has it. */
void query_add_left(struct book *book, const Pb__At *at);

/* What is left of all items of the account, in *room, where that view was added; NULL otherwise. */
DAYBOOK_MUST_USE enum daybook_status query_ask_left(struct book *book, const struct account_row *account,
                                                    struct aging_left *room, const struct aging_left **left,
                                                    struct daybook_error *error);

#endif
