/* libcrypto's functions that can fail, and do when they are told to: of our own objects (the linker's --wrap). */
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "tests/fault/fail_wrap.h"

#define WRAP(type, name, parameters, arguments, failed)                                                                \
    FAIL_WRAP(FAIL_LIBRARY, type, name, parameters, arguments, failed)

WRAP(EVP_PKEY *, EVP_PKEY_new_raw_private_key, (int type, ENGINE *engine, const uint8_t *key, size_t size),
     (type, engine, key, size), NULL)
WRAP(EVP_PKEY *, EVP_PKEY_new_raw_public_key, (int type, ENGINE *engine, const uint8_t *key, size_t size),
     (type, engine, key, size), NULL)
WRAP(int, EVP_PKEY_get_raw_public_key, (const EVP_PKEY *key, uint8_t *to, size_t *size), (key, to, size), 0)
WRAP(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)
WRAP(int, EVP_DigestSignInit,
     (EVP_MD_CTX * context, EVP_PKEY_CTX **key_context, const EVP_MD *type, ENGINE *engine, EVP_PKEY *key),
     (context, key_context, type, engine, key), 0)
WRAP(int, EVP_DigestSign, (EVP_MD_CTX * context, uint8_t *to, size_t *size, const uint8_t *data, size_t data_size),
     (context, to, size, data, data_size), 0)
WRAP(int, EVP_DigestVerifyInit,
     (EVP_MD_CTX * context, EVP_PKEY_CTX **key_context, const EVP_MD *type, ENGINE *engine, EVP_PKEY *key),
     (context, key_context, type, engine, key), 0)
WRAP(int, RAND_priv_bytes, (uint8_t * to, int size), (to, size), 0)
