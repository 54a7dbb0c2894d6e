/* AEAD_AES_SIV_CMAC_256 (RFC 5297), by nettle: sealing without a nonce. The same key and the same data give the same
 * bytes, and nothing is lost by that but whether two pieces of data are the same. Any thread. */
#ifndef DAYBOOK_BASE_SIV_H
#define DAYBOOK_BASE_SIV_H

#include "base/values.h"

enum { SIV_KEY_BYTES = 32, SIV_TAG_BYTES = 16 };

/* What the data belongs to. Each is a string of its own to the algorithm: nothing can move from one into the other.
 * The second is not empty. */
struct siv_place {
    struct daybook_bytes first;
    struct daybook_bytes second;
};

/* Writes the tag, then as many bytes as `plain` has (1 or more). */
void siv_seal(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place, struct daybook_bytes plain,
              uint8_t *sealed);

/* Writes SIV_TAG_BYTES less than `sealed` has. False: it was not sealed with this key in this place; `plain` is of no
 * use then. */
DAYBOOK_MUST_USE bool siv_open(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place,
                               struct daybook_bytes sealed, uint8_t *plain);

#endif
