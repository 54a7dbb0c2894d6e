/*
 * The links view: which events put each document together with others, at any
 * (A, K). What they say (tie.h) is in the events, which stay in the journal.
 *
 *   LI1  A document has a row for each event that has it in a tie, and no other.
 *
 * Rows (keys big-endian, values little-endian):
 *
 *   accounts  account.h, a customer without a currency: ids are the customer's own
 *   names     roll.h: account, kind, id -> the sequence of the event that made it
 *   links     that sequence u64, the event's u64 -> u32 checksum, i32 effective_on,
 *             u8 kind of the other documents + 0x80 where a payment settles,
 *             i64 amount of this document's side
 */
#ifndef DAYBOOK_PROJECTIONS_LINKS_H
#define DAYBOOK_PROJECTIONS_LINKS_H

#include "projection/projection.h"
#include "projections/account.h"

enum links_table { LINKS_ACCOUNTS, LINKS_NAMES, LINKS_ROWS, LINKS_TABLE_COUNT };

enum { LINKS_KEY_SIZE = 16, LINKS_VALUE_SIZE = 17, LINKS_SETTLES = 0x80, LINKS_KINDS = 16 };

extern const struct projection links_projection;

/* The sequence that made the document. */
DAYBOOK_MUST_USE enum daybook_status links_find(struct store_txn *txn, const char *customer, Pb__DocumentKind kind,
                                                const char *id, uint64_t *document, bool *is_found,
                                                struct daybook_error *error);

struct links_question {
    uint64_t document; /* From links_find. */
    int32_t as_of;
    uint64_t known_at;
    uint64_t from; /* The first sequence to list. */
};

/* Over all visible links, whatever is listed. */
struct links_totals {
    int64_t amounts[LINKS_KINDS]; /* By the kind of the other documents. */
    int64_t sum_minor;
    bool has_settled; /* A pending payment was settled. */
};

/* Lists up to `limit` sequences. LIMIT: a total does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status links_ask(struct store_txn *txn, const struct links_question *question,
                                               uint64_t *sequences, size_t limit, size_t *count,
                                               struct links_totals *totals, struct daybook_error *error);

#endif
