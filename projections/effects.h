/*
 * What an event does to the balance of its customer in its currency: the
 * columns of the balance view, and of the running balance in a history.
 *
 *   EF1  The columns that are accounts in the books move by the event's postings alone.
 *   EF2  The books of an account follow from its columns and from what it was given in promotional lots.
 */
#ifndef DAYBOOK_PROJECTIONS_EFFECTS_H
#define DAYBOOK_PROJECTIONS_EFFECTS_H

#include "base/wide.h"
#include "daybook/v1/query.pb-c.h"
#include "domain/postings.h"
#include "projections/series.h"

/* The commonest first: a column's bit then fits the first byte of a series' entry. */
enum effect_column {
    EFFECT_RECEIVABLE,
    EFFECT_UNAPPLIED,
    EFFECT_CHARGED,
    EFFECT_PAID,
    EFFECT_DEPOSIT,
    EFFECT_DEPOSITED,
    EFFECT_HELD,
    EFFECT_CREDIT_HELD,
    EFFECT_PENDING,
    EFFECT_DORMANT,
    EFFECT_NOT_YET_AVAILABLE, /* Received, and effective_from lies ahead. */
    EFFECT_ADJUSTED,
    EFFECT_REFUNDED,
    EFFECT_CONSUMED,    /* Deposits used for charges, less what was restored. */
    EFFECT_WRITTEN_OFF, /* Less what was recovered. */
    EFFECT_ROUNDING,    /* The part of what was adjusted that is rounding; debit positive. */
    EFFECT_COLUMN_COUNT
};

_Static_assert((int)EFFECT_COLUMN_COUNT <= (int)SERIES_COLUMNS_MAX, "a balance is one series");

struct effects {
    struct series_entry entries[SERIES_ENTRIES_MAX];
    size_t count; /* 0: no balance moves. */
};

/* INVALID names the sequence: the event cannot be posted. */
DAYBOOK_MUST_USE enum daybook_status effects_of(const Pb__Event *event, struct effects *effects,
                                                struct daybook_error *error);

/* Fills all but customer and currency of a balance that was initialised.
 * LIMIT: the net does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status effects_to_balance(const int64_t columns[EFFECT_COLUMN_COUNT],
                                                        Pb__Balance *balance, struct daybook_error *error);

/* EF2. Debit positive. */
void effects_to_books(const int64_t columns[EFFECT_COLUMN_COUNT], wide promotional_minor,
                      wide totals[POSTING_ACCOUNT_COUNT]);

#endif
