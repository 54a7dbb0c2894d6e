/*
 * The books of a part of the customers: of one, or of those with a tag.
 *
 *   PA1  The parts that all customers are divided into add up to the books of the trial view, at every (A, K).
 *
 * The books of an account are worked out of its balance (EF2) and of the promotional lots that it ever received; so a
 * customer costs about the logarithm of a history and those lots, and a tag as much for each customer that has it.
 */
#ifndef DAYBOOK_PROJECTIONS_TRIAL_PART_H
#define DAYBOOK_PROJECTIONS_TRIAL_PART_H

#include "base/wide.h"
#include "domain/postings.h"
#include "projections/query_book.h"

/* In one currency. */
struct trial_part {
    char currency[ACCOUNT_CURRENCY_SIZE]; /* First: book_total. */
    wide totals[POSTING_ACCOUNT_COUNT];   /* Debit positive. */
    wide items_minor;                     /* sum(open) - sum(unapplied) of the items: 0 without the check. */
    wide lots_minor;                      /* What is left of the lots, likewise. */
};

/* struct trial_part of each currency that something of the book's customers was visible in, by currency. */
DAYBOOK_MUST_USE enum daybook_status trial_part_ask(struct book *book, bool with_check, struct pointers *parts,
                                                    struct daybook_error *error);

#endif
