/* AES-SIV by libcrypto, which takes each piece of associated data in a call of its own. */
#include "base/siv.h"

#include <openssl/evp.h>
#include <string.h>

static bool begin(EVP_CIPHER_CTX *context, EVP_CIPHER *cipher, const uint8_t key[SIV_KEY_BYTES],
                  const struct siv_place *place, uint8_t *tag) {
    int size;
    return EVP_CipherInit_ex2(context, cipher, key, NULL, tag == NULL, NULL) == 1 &&
           (tag == NULL || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SIV_TAG_BYTES, tag) == 1) &&
           EVP_CipherUpdate(context, NULL, &size, place->first.data, (int)place->first.size) == 1 &&
           EVP_CipherUpdate(context, NULL, &size, place->second.data, (int)place->second.size) == 1;
}

static bool run(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place, struct daybook_bytes from, uint8_t *to,
                uint8_t *tag, bool seals) {
    int size = 0;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-SIV", NULL); /* Two keys of 128 bits: 32 bytes. */
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_done = cipher != NULL && context != NULL && begin(context, cipher, key, place, seals ? NULL : tag) &&
                   EVP_CipherUpdate(context, to, &size, from.data, (int)from.size) == 1 && (size_t)size == from.size &&
                   EVP_CipherFinal_ex(context, to + from.size, &size) == 1 &&
                   (!seals || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_BYTES, tag) == 1);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return is_done;
}

bool siv_seal(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place, struct daybook_bytes plain,
              uint8_t *sealed) {
    return run(key, place, plain, sealed + SIV_TAG_BYTES, sealed, true);
}

bool siv_open(const uint8_t key[SIV_KEY_BYTES], const struct siv_place *place, struct daybook_bytes sealed,
              uint8_t *plain) {
    uint8_t tag[SIV_TAG_BYTES];
    if (sealed.size <= SIV_TAG_BYTES) {
        return false;
    }
    memcpy(tag, sealed.data, sizeof tag);
    return run(key, place, (struct daybook_bytes){sealed.data + SIV_TAG_BYTES, sealed.size - SIV_TAG_BYTES}, plain, tag,
               false);
}
