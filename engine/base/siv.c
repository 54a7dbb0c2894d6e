/* AES-SIV by nettle, whose nonce is the last piece of associated data. */
#include "base/siv.h"

#include <assert.h>
#include <nettle/siv-cmac.h>
#include <string.h>

_Static_assert(SIV_KEY_BYTES == SIV_CMAC_AES128_KEY_SIZE && SIV_TAG_BYTES == SIV_DIGEST_SIZE, "as RFC 5297 has it");

void siv_seal(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place, struct daybook_bytes plain,
              uint8_t *sealed) {
    struct siv_cmac_aes128_ctx context;
    assert(place->second.size >= SIV_MIN_NONCE_SIZE);
    siv_cmac_aes128_set_key(&context, key);
    siv_cmac_aes128_encrypt_message(&context, place->second.size, place->second.data, place->first.size,
                                    place->first.data, SIV_TAG_BYTES + plain.size, sealed, plain.data);
    explicit_bzero(&context, sizeof context);
}

bool siv_open(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place, struct daybook_bytes sealed,
              uint8_t *plain) {
    struct siv_cmac_aes128_ctx context;
    if (sealed.size <= SIV_TAG_BYTES || place->second.size < SIV_MIN_NONCE_SIZE) {
        return false;
    }
    siv_cmac_aes128_set_key(&context, key);
    int result = siv_cmac_aes128_decrypt_message(&context, place->second.size, place->second.data, place->first.size,
                                                 place->first.data, sealed.size - SIV_TAG_BYTES, plain, sealed.data);
    explicit_bzero(&context, sizeof context);
    return result == 1;
}
