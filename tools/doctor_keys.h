/*
 * Whether keys of customers that were erased are in the ledger's files again:
 * an old copy of the keys brings them back. Names stay hidden in every answer,
 * but the copy and the journal are enough to read them.
 */
#ifndef DAYBOOK_TOOLS_DOCTOR_KEYS_H
#define DAYBOOK_TOOLS_DOCTOR_KEYS_H

#include "base/error.h"
#include "daybook.h"
#include "limits.h"

struct doctor_keys {
    size_t count;                   /* Customers whose key is back. */
    char first[LIMIT_ID_BYTES + 1]; /* One of them. */
};

/* Reads the journal once for erasures, and again where there are any. NO_MEMORY only: what is damaged is told by
 * others. */
DAYBOOK_MUST_USE enum daybook_status doctor_keys_back(struct daybook *ledger, const char *directory,
                                                      struct doctor_keys *found, struct daybook_error *error);

#endif
