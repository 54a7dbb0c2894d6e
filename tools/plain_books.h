/*
 * Balanced plain-text journals, for programs that know nothing of Daybook:
 * hledger, ledger and Beancount.
 *
 * Every money event is one transaction with the event's own lines. Each
 * customer has accounts of their own for what is open, unapplied, deposited
 * and dormant. At the end stand assertions: what Daybook says each account
 * holds, for the other program to agree with or to stop at.
 *
 *   PB1  An account's name tells its customer: ASCII letters and digits, Han characters, kana and Hangul
 *        stand for themselves, every other byte is "-" and two hexadecimal digits. No two customers share one.
 *   PB2  Amounts are exact decimals with all the currency's digits.
 */
#ifndef DAYBOOK_TOOLS_PLAIN_BOOKS_H
#define DAYBOOK_TOOLS_PLAIN_BOOKS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "daybook/v1/query.pb-c.h"

enum plain_format { PLAIN_HLEDGER, PLAIN_LEDGER, PLAIN_BEANCOUNT };

/* False: there is no such format. */
bool plain_format_named(const char *name, enum plain_format *format);

/* The head of the file: where it comes from. */
void plain_write_head(FILE *stream, enum plain_format format, const Pb__Position *position);

/* Beancount wants accounts opened: the books' own, and those of one customer. */
void plain_open_books(FILE *stream, enum plain_format format);
void plain_open_customer(FILE *stream, enum plain_format format, const char *customer);

/* One event and its lines; nothing where it has none. `arena` is for texts. */
void plain_write_event(FILE *stream, enum plain_format format, const Pb__PostingsRow *row, struct arena *arena);

/* What the accounts hold at the end of `as_of`: of a customer, and of the books. */
void plain_assert_customer(FILE *stream, enum plain_format format, int32_t as_of, const Pb__Balance *balance);
void plain_assert_books(FILE *stream, enum plain_format format, int32_t as_of, const Pb__TrialBalanceRow *row);

#endif
