/*
 * Sealing: what is personal in a profile, under the customer's key.
 *
 *   SE1  The same data of the same customer under the same key is sealed to the same bytes. So a request that is
 *        repeated is recognised by its digest as any other is, and a change that leaves the data alone leaves the bytes
 *        alone. What that gives away is only that one customer's data did not change.
 *   SE2  What was sealed for one customer, or in one ledger, opens for no other.
 *   SE3  Nobody without the key learns more than the size, in steps of 64 bytes.
 *
 * AES-SIV (base/siv.h), which needs no nonce and so cannot repeat one. Associated data: the ledger's id and
 * the customer's. Plaintext: an encoded CustomerProfile with name and contact and nothing else, then 0x80 and zeros up
 * to a multiple of 64 bytes (ISO/IEC 7816-4).
 */
#ifndef DAYBOOK_SEAL_H
#define DAYBOOK_SEAL_H

#include "base/arena.h"
#include "daybook/v1/event.pb-c.h"
#include "keyring.h"

enum { SEAL_STEP_BYTES = 64 };

struct seal_place {
    const uint8_t *ledger_id; /* KEYRING_LEDGER_ID_BYTES */
    const char *customer;
};

/* Seals name and contact of `profile`; its customer has an id. In `arena`. NO_MEMORY, LIMIT: more than
 * LIMIT_SEALED_BYTES. */
DAYBOOK_MUST_USE enum daybook_status seal_profile(const struct keyring_key *key, const struct seal_place *place,
                                                  const Pb__CustomerProfile *profile, struct arena *arena,
                                                  Pb__Sealed **sealed, struct daybook_error *error);

/* Sets name and contact of `profile` from its `sealed`, which stays. In `arena`.
 * DAMAGED: the bytes were not sealed with this key in this place. */
DAYBOOK_MUST_USE enum daybook_status seal_open_profile(const struct keyring_key *key, const struct seal_place *place,
                                                       Pb__CustomerProfile *profile, struct arena *arena,
                                                       struct daybook_error *error);

#endif
