/*
 * A statement: what a customer is told of an account over (from, to], as known at K.
 *
 *   SM1  opening + movements = closing, in every column; the sums by kind add up to the movements.
 *   SM2  previous closing + changes = opening, where an issued statement ends on `from`.
 *   SM3  The content for the same terms and format is the same bytes for ever.
 *
 * Opening and closing are balances at (from, K) and (to, K). Changes are what counts for `from` or
 * before and was entered after the previous statement's K: it was not on that one, and it is not in
 * this period. The previous one is found by K alone, not by the day on which it was issued: it has
 * been sent, whatever period is asked about.
 */
#ifndef DAYBOOK_PROJECTIONS_STATEMENT_H
#define DAYBOOK_PROJECTIONS_STATEMENT_H

#include "base/arena.h"
#include "daybook.h"
#include "projections/effects.h"

enum { STATEMENT_FORMAT = 1 }; /* Of what is issued by this build. */

struct statement_terms {
    const char *statement; /* "" = a preview. */
    const char *customer;
    const char *currency;
    Pb__StatementKind kind;
    bool follows;    /* It begins where the last one before to_on ended; else on from_on. */
    int32_t from_on; /* Exclusive; DATE_NONE = the beginning. */
    int32_t to_on;
    uint64_t known_at;
};

/* In the arena. INVALID: no such customer was known, or the period is none. LIMIT: a sum does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status statement_compute(struct daybook *ledger, const struct statement_terms *terms,
                                                       struct arena *arena, Pb__Statement **made,
                                                       struct daybook_error *error);

/* Appends the content: text in UTF-8. VERSION: no such format is known to this build. */
DAYBOOK_MUST_USE enum daybook_status statement_write(const Pb__Statement *statement, uint32_t format,
                                                     struct daybook_buffer *content, struct daybook_error *error);

/* The fixed policies of format 1, as they are printed and kept on the event. */
DAYBOOK_MUST_USE enum daybook_status statement_add_policies(Pb__Statement *statement, struct arena *arena);

/* ---- what the parts of a statement share (statement_*.c) ---- */

/* The columns of an account as amounts. False: owed does not fit 64 bits. */
bool statement_amounts_set(Pb__StatementAmounts *amounts, const int64_t columns[EFFECT_COLUMN_COUNT]);
/* False: a sum does not fit 64 bits. */
bool statement_amounts_add(Pb__StatementAmounts *sum, const Pb__StatementAmounts *amounts);
bool statement_amounts_equal(const Pb__StatementAmounts *a, const Pb__StatementAmounts *b);
bool statement_moves_deposit(const Pb__StatementAmounts *amounts);

/* What the row says of the event: its kind and its documents. Texts are the event's. */
void statement_describe(const Pb__Event *event, Pb__StatementMovement *row);

#endif
