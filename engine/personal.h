/*
 * What is personal on its way into the ledger and out of it: sealed before a request is decided, opened after a view
 * was asked. In between, in events and views, it is bytes that nobody reads.
 *
 *   PE1  In a ledger that seals, no event, view or digest holds anything personal in clear.
 *   PE2  A customer's erasure is in the journal only when every key of the customer has been destroyed.
 *   PE3  No message, refusal or log holds anything personal.
 *
 * A request's digest is made of the sealed request. By SE1 it is the same when the request is repeated, and once the
 * key is gone nobody can try names against it. So a request with personal data that is repeated after the erasure, or
 * without its key, is not recognised: it is refused with KEY_REUSED, and brings nothing back.
 */
#ifndef DAYBOOK_PERSONAL_H
#define DAYBOOK_PERSONAL_H

#include "base/arena.h"
#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/request.pb-c.h"
#include "domain/decide.h"

struct keyring;
struct personal; /* Opaque: personal.c. */

struct personal_options {
    const char *directory;    /* The ledger's. */
    const uint8_t *ledger_id; /* 16 bytes, borrowed until closing. */
    bool seals;               /* False: the ledger keeps names in clear, and nothing here does anything. */
};

/* The writer's side. The keyring is opened when the first request needs it. NULL: memory was refused. */
struct personal *personal_open(const struct personal_options *options);
void personal_close(struct personal *personal); /* Accepts NULL. */

/* Why a request must not be decided. */
struct personal_refusal {
    Pb__RefusalCode code; /* Unspecified: it may be; else MALFORMED or KEYS_UNUSABLE. */
    const char *why;      /* In the arena. */
};

/* Whether the request has to be sealed, or erases. */
bool personal_concerns(const struct personal *personal, const Pb__Request *request);

/* Seals what is personal in the request, which borrows from `arena` then. In the order of deciding: what comes after an
 * erasure is sealed with another key. One thread at a time. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status personal_seal(struct personal *personal, Pb__Request *request, bool is_dry,
                                                   struct arena *arena, struct personal_refusal *refusal,
                                                   struct daybook_error *error);

/* After a request was accepted: the customers whom the batch erases from event `from` on get a new key from here on.
 * NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status personal_accept(struct personal *personal, const struct event_batch *batch,
                                                     size_t from, struct daybook_error *error);
/* What was accepted after the mark can be taken back. The leader's, as personal_accept is. */
uint64_t personal_mark(const struct personal *personal);
void personal_take_back(struct personal *personal, uint64_t mark);

/* Before the batch is appended: makes the keys durable that it was sealed with, destroys those of the customers who are
 * erased in it (PE2). Any thread. */
DAYBOOK_MUST_USE enum daybook_status personal_settle(struct personal *personal, const struct event_batch *batch,
                                                     struct daybook_error *error);

/* The reader's side: opens profiles for one answer. One thread. */
struct personal_reader {
    struct keyring *keyring; /* NULL: not open, or it cannot be. */
    const uint8_t *ledger_id;
};

/* IO and NO_MEMORY show in the rows as DAMAGED: figures do not depend on keys. */
void personal_begin_read(const char *directory, const Pb__LedgerConfig *config, struct personal_reader *reader);
void personal_end_read(struct personal_reader *reader);

/* Whose profile it is, and what the events say of it. */
struct personal_row {
    const char *customer;
    uint64_t profile_at; /* The event that the profile is from. */
    uint64_t erased_at;  /* The last erasure that the ledger knows; 0 = there is none. */
};

/* Sets name and contact from `sealed`, where the key is there. In `arena`. */
Pb__PersonalState personal_read(struct personal_reader *reader, const struct personal_row *row,
                                Pb__CustomerProfile *profile, struct arena *arena);

#endif
