/*
 * A book with a set number of open items, for questions whose cost should follow
 * what is open: charges that stay open (some partly paid, in instalments or
 * disputed), payments that stay unapplied, and between them charges that are paid
 * in full about a month later, which leave history and nothing else.
 *
 *   OB1  The open items are the same, with the same amounts and at about the same
 *        dates, however many others were settled.
 */
#ifndef BENCH_OPEN_BOOK_H
#define BENCH_OPEN_BOOK_H

#include "bench/workload.h"

struct open_book_options {
    uint64_t seed;
    uint32_t customers;
    uint64_t open_items;
    uint64_t settled_items;
};

struct open_book;

struct open_book *open_book_open(const struct open_book_options *options); /* NULL when memory is refused. */
void open_book_close(struct open_book *book);                              /* Accepts NULL. */

/* The next request, borrowed until the next call; NULL after the last. */
const Pb__Request *open_book_next(struct open_book *book);

int64_t open_book_now_us(const struct open_book *book);

/* What a ledger that took every request must say: open less unapplied. */
int64_t open_book_total_minor(const struct open_book *book);

#endif
