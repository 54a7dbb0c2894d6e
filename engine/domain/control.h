/*
 * Control: what the books say of all customers together is what the rows of
 * the customers and of their documents add up to.
 *
 *   CO1  Per currency: Receivable = what is open on the items = the sum of the
 *        accounts' open; likewise Unapplied, Deposits and Dormant; Breakage =
 *        what was forfeited of the lots.
 *   CO2  Per currency the books add up to zero.
 *
 * Three ways lead to these sums and share no step: the postings of every event
 * (control_post), the accounts of the customers' rows, and the levels of the
 * documents' rows (control_count). A row remembers what it was counted with,
 * so counting costs the rows that changed, and never all that there are. All
 * dates are counted, those ahead as well. No sum overflows (state.h, M1).
 */
#ifndef DAYBOOK_DOMAIN_CONTROL_H
#define DAYBOOK_DOMAIN_CONTROL_H

#include "base/bytes.h"
#include "domain/postings.h"
#include "domain/state.h"

struct control_currency {
    char currency[4];
    int64_t books[POSTING_ACCOUNT_COUNT]; /* Debit positive. */
    struct control_share accounts;
    struct control_share documents;
};

struct control {
    struct control_currency *items;
    size_t count;
};

/* What the last check found. */
struct control_report {
    uint64_t checked_through; /* The last sequence at which books and rows agreed; 0 = none yet. */
    char doubt[256];          /* Why they do not agree since; empty: they do. */
};

void control_release(struct control *control);

/* Adds an event's lines to the books. `currency` has four bytes, the last of them NUL. */
DAYBOOK_MUST_USE enum daybook_status control_post(struct control *control, const char *currency,
                                                  const struct postings *postings, struct daybook_error *error);

DAYBOOK_MUST_USE enum daybook_status control_post_event(struct control *control, const Pb__Event *event,
                                                        struct daybook_error *error);

/* Makes the books of `control` those of `books`, which has no currency less. */
DAYBOOK_MUST_USE enum daybook_status control_take_books(struct control *control, const struct control *books,
                                                        struct daybook_error *error);

/* Counts a row as it is now instead of as it was counted before. */
DAYBOOK_MUST_USE enum daybook_status control_count(struct control *control, struct row *row,
                                                   struct daybook_error *error);

/* DAMAGED names what disagrees and by how much. All rows that changed must be counted. */
DAYBOOK_MUST_USE enum daybook_status control_check(const struct control *control, struct daybook_error *error);

/* The stored form: for each currency its code in 4 bytes, then its sums, i64 LE each, in their order above. */
DAYBOOK_MUST_USE enum daybook_status control_pack(const struct control *control, struct daybook_buffer *out);
DAYBOOK_MUST_USE enum daybook_status control_unpack(struct control *control, struct daybook_bytes bytes,
                                                    struct daybook_error *error);

#endif
