/*
 * The rows of an answer in the order that was asked for: by customer, as the
 * walk over the book meets them, or by an amount, the greatest first.
 *
 *   RK1  Rows of equal amounts stand in the order of their own keys, so the order is total and a
 *        cursor (the amount and the key of the last row) is good for ever, and for that order alone.
 *   RK2  Of all rows only those of one page are kept: the memory follows the page, not the book.
 *   RK3  Amounts of two currencies have no order: a second currency refuses the question.
 */
#ifndef DAYBOOK_PROJECTIONS_QUERY_RANK_H
#define DAYBOOK_PROJECTIONS_QUERY_RANK_H

#include "projections/query_book.h"

struct ranked_row; /* query_rank.c */

struct ranking {
    Pb__Order order;
    struct pointers rows; /* The page, after rank_finish. */
    struct ranked_row *heap;
    size_t count;
    size_t capacity;
    uint8_t key[PAGE_KEY_MAX]; /* Of the row that was taken last. */
    size_t key_size;
    char currency[ACCOUNT_CURRENCY_SIZE];
};

/* Whether the row belongs on the page as far as is known; then rank_put follows at once. Keys are
 * offered in ascending order. `amount` is what the order looks at. INVALID: RK3. */
DAYBOOK_MUST_USE enum daybook_status rank_offer(struct ranking *ranking, struct book *book,
                                                const struct account_row *account, int64_t amount, const uint8_t *key,
                                                size_t key_size, bool *is_taken, struct daybook_error *error);

/* Keeps the row that was offered last; the row of least rank makes room. NO_MEMORY. */
DAYBOOK_MUST_USE enum daybook_status rank_put(struct ranking *ranking, struct book *book, void *row);

/* After the walk: `rows` is the page, and the book's page knows its next cursor. NO_MEMORY. */
DAYBOOK_MUST_USE enum daybook_status rank_finish(struct ranking *ranking, struct book *book);

/* Says the order on the answer; INVALID: an order that has no name here, or a cursor of another order. */
DAYBOOK_MUST_USE enum daybook_status rank_init(struct ranking *ranking, struct book *book, Pb__Order order,
                                               const char *amount_name, const char *overdue_name,
                                               struct daybook_error *error);

#endif
