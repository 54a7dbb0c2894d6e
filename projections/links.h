/*
 * The links view: which events put each document together with others, at any
 * (A, K). What they say (tie.h) is in the events, which stay in the journal.
 *
 *   LI1  A document has a link for each event that has it in a tie, an entry for the event that made it, and no other.
 *   LI2  What is found by a name is of that document alone where one document was made under the name; where several
 *        were, their names agree in 40 bits, and only the events tell them apart.
 *
 * A fold looks no name up: that a document is there is what deciding checks, and the views of items and lots.
 * The rows are drawn in links_rows.h.
 */
#ifndef DAYBOOK_PROJECTIONS_LINKS_H
#define DAYBOOK_PROJECTIONS_LINKS_H

#include "daybook/v1/event.pb-c.h"
#include "projection/projection.h"

enum links_table { LINKS_ROWS, LINKS_TABLE_COUNT };

enum { LINKS_KINDS = 16 };

extern const struct projection links_projection;

/* The document's name as the rows know it: 40 bits of a hash. */
uint64_t links_name(const char *customer, Pb__DocumentKind kind, const char *id);

struct links_question {
    uint64_t name;
    int32_t as_of;
    uint64_t known_at;
    uint64_t from; /* The first sequence to list. */
    size_t limit;  /* Sequences to list. */
};

/* Over all visible links, whatever is listed. */
struct links_totals {
    int64_t amounts[LINKS_KINDS]; /* By the kind of the other documents. */
    int64_t sum_minor;
    bool has_settled; /* A pending payment was settled. */
};

struct links_found {
    struct daybook_buffer made; /* u64: the events up to K that made a document of this name, whatever their dates. */
    struct daybook_buffer sequences; /* u64: the events of the visible links. */
    struct links_totals totals;
};

void links_found_release(struct links_found *found);

/* Into `found`, which is emptied. LIMIT: a total does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status links_ask(struct store_txn *txn, const struct links_question *question,
                                               struct links_found *found, struct daybook_error *error);

#endif
