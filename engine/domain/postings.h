/*
 * Postings: what each event says in double-entry lines.
 *
 *   PO1  The lines of an event add up to zero.
 *   PO2  An event's lines depend on that event alone: it carries every amount that it moves.
 *
 * Pure. Any thread.
 */
#ifndef DAYBOOK_DOMAIN_POSTINGS_H
#define DAYBOOK_DOMAIN_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "daybook/v1/event.pb-c.h"

/* name, as a trial balance prints it */
#define POSTING_ACCOUNT_LIST(X)                                                                                        \
    X(CASH, "Cash")                                                                                                    \
    X(PROMOTION_COST, "PromotionCost")                                                                                 \
    X(DEPOSITS, "Deposits")                                                                                            \
    X(RECEIVABLE, "Receivable")                                                                                        \
    X(REVENUE, "Revenue")                                                                                              \
    X(UNAPPLIED, "Unapplied")                                                                                          \
    X(ADJUSTMENTS, "Adjustments")                                                                                      \
    X(BAD_DEBT, "BadDebt")                                                                                             \
    X(ROUNDING, "Rounding")                                                                                            \
    X(DORMANT, "Dormant")                                                                                              \
    X(BREAKAGE, "Breakage")

enum posting_account {
#define POSTING_ACCOUNT_ENUM(name, text) POSTING_##name,
    POSTING_ACCOUNT_LIST(POSTING_ACCOUNT_ENUM)
#undef POSTING_ACCOUNT_ENUM
        POSTING_ACCOUNT_COUNT
};

const char *posting_account_name(enum posting_account account); /* "BadDebt" */

/* One line: debit positive, credit negative. */
struct posting {
    enum posting_account account;
    int64_t amount_minor;
};

enum { POSTINGS_MAX = 2 };
struct postings {
    struct posting lines[POSTINGS_MAX];
    size_t count; /* 0: the event moves no money in the books. */
};

/* INVALID names the sequence: no body, a kind or reading that the books have no
 * line for, an amount that is not positive, or slices that overflow. */
DAYBOOK_MUST_USE enum daybook_status postings_of(const Pb__Event *event, struct postings *postings,
                                                 struct daybook_error *error);

/* The sum of the slices; false when it overflows. */
bool slices_total(size_t count, Pb__LotSlice *const *slices, int64_t *total_minor);

#endif
