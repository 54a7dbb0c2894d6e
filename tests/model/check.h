/* The end of a history: the books, and what the views answer, at random days and sequences. */
#ifndef TESTS_MODEL_CHECK_H
#define TESTS_MODEL_CHECK_H

#include "daybook.h"
#include "tally.h"

void check_answers(struct history *history, struct tally *tally, struct daybook *ledger);

/* ---- by file ---- */

/* Notes a failure of the whole history. Returns `holds`. */
bool check_expect(struct history *history, bool holds, const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One account as of `date`, the tally's known_at. */
void check_books(struct history *history, const struct tally *tally, const char *customer, const char *currency,
                 int32_t date);
void check_book_views(struct history *history, const struct tally *tally, struct daybook *ledger, const char *customer,
                      const char *currency, int32_t date);
void check_kpi(struct history *history, const struct tally *tally, struct daybook *ledger, const char *customer,
               const char *currency, int32_t date);
void check_views(struct history *history, const struct tally *tally, struct daybook *ledger, const char *customer,
                 const char *currency, int32_t date);

#endif
