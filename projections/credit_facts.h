/* What the credit, balance and aging views say of one account at (A, K), and the row that is made of it. */
#ifndef DAYBOOK_PROJECTIONS_CREDIT_FACTS_H
#define DAYBOOK_PROJECTIONS_CREDIT_FACTS_H

#include "projections/aging.h"
#include "projections/balance.h"
#include "projections/credit.h"
#include "projections/exposure.h"
#include "projections/query_book.h"

struct credit_facts {
    struct credit_row credit;
    struct series_totals totals; /* Columns of effects.h. */
    struct aging_sums ages;
    struct aging_paid paid;
    int64_t deposit_minor; /* That the exposure is less by. */
};

/* Adds the views to the book; its accounts are walked over in the credit view. */
void credit_facts_add_views(struct book *book, const struct exposure_policy *policy);

/* Asks all of them while the book is read; `account` is one of the credit view. *is_visible
 * false: nothing of the account was to be seen. */
DAYBOOK_MUST_USE enum daybook_status credit_facts_ask(struct book *book, const struct exposure_policy *policy,
                                                      const struct account_row *account, int32_t as_of,
                                                      uint64_t known_at, struct credit_facts *facts, bool *is_visible,
                                                      struct daybook_error *error);

/* The numbers of a row; LIMIT: the exposure does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status credit_facts_fill(const struct credit_facts *facts,
                                                       const struct exposure_policy *policy, Pb__Credit *row,
                                                       struct daybook_error *error);

/* Adds what has a sum to the facts of a total. False: a sum does not fit 64 bits. */
bool credit_facts_add(struct credit_facts *total, const struct credit_facts *facts);

/* A copy of `filled` in the answer, with its texts and its grade. NULL when memory is refused. */
Pb__Credit *credit_facts_row(struct book *book, const struct account_row *account, const struct credit_facts *facts,
                             const Pb__Credit *filled, bool with_rules);

/* How exposures and grades are told, as the answer's policies. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status credit_facts_add_policies(struct book *book, const struct exposure_policy *policy);

#endif
