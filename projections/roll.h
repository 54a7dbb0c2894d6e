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

DAYBOOK_MUST_USE enum daybook_status roll_flush(struct roll *roll, struct store_txn *txn, struct daybook_error *error);

/* ---- questions ---- */

/* An id that cannot be one is not found. */
DAYBOOK_MUST_USE enum daybook_status roll_ask(struct store_txn *txn, unsigned table, uint32_t account,
                                              Pb__DocumentKind kind, const char *id, uint64_t *number, bool *is_found,
                                              struct daybook_error *error);

#endif
