/*
 * The roll: documents of a view by their names, each with a number that its
 * owner gave it. One table; the fold keeps in memory what it used lately.
 *
 * Key: account u32 big-endian, kind u8, id. Value: varint number.
 */
#ifndef DAYBOOK_PROJECTIONS_ROLL_H
#define DAYBOOK_PROJECTIONS_ROLL_H

#include "daybook/v1/event.pb-c.h"
#include "projections/documents.h"
#include "store/store.h"

/* A document's name, and the event that speaks of it, for messages. */
struct roll_name {
    uint32_t account;
    Pb__DocumentKind kind;
    const char *id;
    uint64_t sequence;
};

/* ---- the fold's side; one thread ---- */

struct roll {
    unsigned table;
    struct documents documents;
};

void roll_init(struct roll *roll, unsigned table);
void roll_release(struct roll *roll);
void roll_forget(struct roll *roll);

/* INVALID: the id cannot be one, or there is one of that name in memory. */
DAYBOOK_MUST_USE enum daybook_status roll_add(struct roll *roll, const struct roll_name *name, uint64_t number,
                                              struct daybook_error *error);

/* INVALID: there is none of that name. */
DAYBOOK_MUST_USE enum daybook_status roll_find(struct roll *roll, struct store_txn *txn, const struct roll_name *name,
                                               uint64_t *number, struct daybook_error *error);

/* Hints that a name will be looked for: first its place is fetched, then what lies there, then the number can be told
 * that is likely to be found. */
void roll_foresee(const struct roll *roll, const struct document_name *name);
void roll_foresee_entry(const struct roll *roll, const struct document_name *name);
bool roll_guess(const struct roll *roll, const struct document_name *name, uint64_t *number);

DAYBOOK_MUST_USE enum daybook_status roll_flush(struct roll *roll, struct store_txn *txn, struct daybook_error *error);

/* ---- questions ---- */

/* An id that cannot be one is not found. */
DAYBOOK_MUST_USE enum daybook_status roll_ask(struct store_txn *txn, unsigned table, uint32_t account,
                                              Pb__DocumentKind kind, const char *id, uint64_t *number, bool *is_found,
                                              struct daybook_error *error);

#endif
