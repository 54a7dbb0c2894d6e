/* What the files that compute a statement share; nobody else includes it. */
#ifndef DAYBOOK_PROJECTIONS_STATEMENT_INSIDE_H
#define DAYBOOK_PROJECTIONS_STATEMENT_INSIDE_H

#include "projections/query_book.h"
#include "projections/statement.h"

/* The views that are read, by their places in the book. */
enum { READ_STATEMENTS, READ_BALANCE, READ_AGING, READ_LOTS };

/* A statement while it is computed. */
struct stating {
    struct book book; /* as_of is the last day of the period. */
    Pb__Statement *made;
    bool follows;
    int32_t from_on;
    bool has_previous;
    bool has_account; /* In the balance view. */
    uint32_t account;
    struct daybook_buffer entries;      /* struct window_entry, of the period. */
    struct daybook_buffer late_entries; /* Of earlier periods, recorded since the previous statement. */
};

/* The ages of what is open at the end, and of an open-item statement the items. */
DAYBOOK_MUST_USE enum daybook_status statement_ask_ages(struct stating *stating, struct daybook_error *error);

/* The lots that have something left, held or dormant at the end. */
DAYBOOK_MUST_USE enum daybook_status statement_ask_lots(struct stating *stating, struct daybook_error *error);

#endif
