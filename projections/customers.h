/*
 * The customers view: who there is, under which profile, at any (A, K).
 *
 *   CU1  Of two visible profiles the one with the later effective date holds; on
 *        one day the one recorded later.
 *   CU2  Profiles are kept as they were recorded, sealed or not: rows do not depend on keys.
 */
#ifndef DAYBOOK_PROJECTIONS_CUSTOMERS_H
#define DAYBOOK_PROJECTIONS_CUSTOMERS_H

#include "base/arena.h"
#include "limits.h"
#include "projection/projection.h"

enum customers_table { CUSTOMERS_ROWS, CUSTOMERS_TABLE_COUNT };

extern const struct projection customers_projection;

/* A customer at (A, K). */
struct customer_row {
    char id[LIMIT_ID_BYTES + 1];
    bool is_known;                /* Opened by an event up to K, whatever its date. */
    int32_t opened_on;            /* 0: not by A. */
    int32_t closed_on;            /* 0: not by A. */
    uint64_t profile_at;          /* The event that the profile is from. */
    uint64_t erased_at;           /* The last erasure, whatever A and K are: what is gone is gone; 0 = none. */
    struct daybook_bytes profile; /* Encoded; borrowed until the transaction ends. Empty where opened_on is 0. */
};

DAYBOOK_MUST_USE enum daybook_status customers_ask(struct store_txn *txn, const char *id, int32_t as_of,
                                                   uint64_t known_at, struct customer_row *customer,
                                                   struct daybook_error *error);

/* The event that opened the customer, whatever its date, by one row; UINT64_MAX: none did. customers_ask's is_known
 * says whether that was up to K. */
DAYBOOK_MUST_USE enum daybook_status customers_known_since(struct store_txn *txn, const char *id, uint64_t *since,
                                                           struct daybook_error *error);

/* In `arena`. DAMAGED: the bytes are no profile. */
DAYBOOK_MUST_USE enum daybook_status customers_decode_profile(const struct customer_row *customer, struct arena *arena,
                                                              Pb__CustomerProfile **profile,
                                                              struct daybook_error *error);

/* Whether the profile has the tag; every customer has the empty tag. Uses and resets `scratch`. */
DAYBOOK_MUST_USE enum daybook_status customers_have_tag(const struct customer_row *customer, const char *tag,
                                                        struct arena *scratch, bool *has_tag,
                                                        struct daybook_error *error);

/* All customers in the order of their ids. Close before the transaction ends. */
struct customers_walk {
    struct table_cursor *cursor;
    struct table_row row; /* The next customer's first. */
    int32_t as_of;
    uint64_t known_at;
};
DAYBOOK_MUST_USE enum daybook_status customers_walk_open(struct store_txn *txn, const char *after, int32_t as_of,
                                                         uint64_t known_at, struct customers_walk *walk,
                                                         struct daybook_error *error);
/* Those with is_known false, too. *is_found false: there are no more. */
DAYBOOK_MUST_USE enum daybook_status customers_walk_next(struct customers_walk *walk, struct customer_row *customer,
                                                         bool *is_found, struct daybook_error *error);
void customers_walk_close(struct customers_walk *walk);

#endif
