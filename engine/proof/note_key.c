/* Keys of notes: names, ids and their two spellings. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/text.h"
#include "proof/note_inside.h"

#define PRIVATE_PREFIX "PRIVATE+KEY+"

enum { HEX_ID_SIZE = 8, PAYLOAD_SIZE = 1 + NOTE_PUBLIC_SIZE };

/* The spaces of Unicode beyond ASCII, in UTF-8. */
static bool has_wide_space(const char *name, size_t size) {
    static const char *const spaces[] = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
                                         "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
                                         "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
                                         "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        if (memmem(name, size, spaces[i], strlen(spaces[i])) != NULL) {
            return true;
        }
    }
    return false;
}

bool note_name_is_valid(const char *name, size_t size) {
    return text_is_identifier(name, size, NOTE_NAME_MAX) && memchr(name, ' ', size) == NULL &&
           memchr(name, '+', size) == NULL && !has_wide_space(name, size);
}

/* The first four bytes of SHA-256(name || newline || algorithm || public key). */
static bool compute_id(struct note_key *key) {
    uint8_t tail[2] = {'\n', (uint8_t)key->algorithm};
    uint8_t digest[SHA256_SIZE];
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return false;
    }
    sha256_begin(sha256);
    sha256_update(sha256, key->name, strlen(key->name));
    sha256_update(sha256, tail, sizeof tail);
    sha256_update(sha256, key->public_key, sizeof key->public_key);
    sha256_end(sha256, digest);
    sha256_close(sha256);
    key->id = load_be32(digest);
    return true;
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading a key: memory was refused");
}

/* ---- "name+id+payload" ---- */

static bool parse_hex_id(const char *text, uint32_t *id) {
    *id = 0;
    for (size_t i = 0; i < HEX_ID_SIZE; i++) {
        const char *digits = "0123456789abcdef";
        const char *found = text[i] == '\0' ? NULL : strchr(digits, text[i]);
        if (found == NULL) {
            return false;
        }
        *id = *id << 4 | (uint32_t)(found - digits);
    }
    return true;
}

/* Takes the text apart; the payload is the algorithm and 32 bytes. */
static enum daybook_status parse_parts(const char *text, size_t size, struct note_key *key,
                                       uint8_t payload[PAYLOAD_SIZE + 3], struct daybook_error *error) {
    const char *plus = memchr(text, '+', size);
    size_t name_size = plus == NULL ? 0 : (size_t)(plus - text);
    if (plus == NULL || !note_name_is_valid(text, name_size)) {
        return daybook_fail(error, DAYBOOK_INVALID, "reading a key: it does not begin with a name and a +");
    }
    const char *id = plus + 1;
    size_t left = size - name_size - 1;
    if (left < HEX_ID_SIZE + 1 || !parse_hex_id(id, &key->id) || id[HEX_ID_SIZE] != '+') {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "reading the key of %.*s: 8 hexadecimal digits and a + should follow the name",
                            (int)name_size, text);
    }
    size_t decoded_size = 0;
    const char *encoded = id + HEX_ID_SIZE + 1;
    size_t encoded_size = left - HEX_ID_SIZE - 1;
    if (encoded_size != 44 || !base64_decode_exact(encoded, encoded_size, payload, &decoded_size) ||
        decoded_size != PAYLOAD_SIZE) {
        return daybook_fail(error, DAYBOOK_INVALID, "reading the key of %.*s: it does not end in 33 bytes of base64",
                            (int)name_size, text);
    }
    if (payload[0] != NOTE_ED25519 && payload[0] != NOTE_COSIGNATURE) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "reading the key of %.*s: its algorithm is %u, and this program knows 1 (Ed25519) and 4 "
                            "(cosignature)",
                            (int)name_size, text, payload[0]);
    }
    memcpy(key->name, text, name_size);
    key->name[name_size] = '\0';
    key->algorithm = (enum note_algorithm)payload[0];
    return DAYBOOK_OK;
}

static enum daybook_status check_id(struct note_key *key, struct daybook_error *error) {
    uint32_t told = key->id;
    if (!compute_id(key)) {
        return no_memory(error);
    }
    if (key->id != told) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "reading the key of %s: it says that its id is %08x, and it is %08x; one of its parts "
                            "was altered",
                            key->name, told, key->id);
    }
    return DAYBOOK_OK;
}

enum daybook_status note_key_parse(const char *text, size_t size, struct note_key *key, struct daybook_error *error) {
    uint8_t payload[PAYLOAD_SIZE + 3];
    *key = (struct note_key){0};
    DAYBOOK_TRY(parse_parts(text, size, key, payload, error));
    memcpy(key->public_key, payload + 1, NOTE_PUBLIC_SIZE);
    return check_id(key, error);
}

static void format_parts(const struct note_key *key, const char *prefix, const uint8_t payload[NOTE_PUBLIC_SIZE],
                         char text[NOTE_KEY_TEXT_MAX]) {
    uint8_t bytes[PAYLOAD_SIZE];
    char encoded[45];
    bytes[0] = (uint8_t)key->algorithm;
    memcpy(bytes + 1, payload, NOTE_PUBLIC_SIZE);
    (void)EVP_EncodeBlock((unsigned char *)encoded, bytes, sizeof bytes);
    (void)snprintf(text, NOTE_KEY_TEXT_MAX, "%s%s+%08x+%s", prefix, key->name, key->id, encoded);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(encoded, sizeof encoded);
}

void note_key_format(const struct note_key *key, char text[NOTE_KEY_TEXT_MAX]) {
    format_parts(key, "", key->public_key, text);
}

/* ---- the private half ---- */

static bool derive_public(struct note_signer *signer) {
    size_t size = NOTE_PUBLIC_SIZE;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->seed, NOTE_SEED_SIZE);
    bool is_derived = key != NULL && EVP_PKEY_get_raw_public_key(key, signer->key.public_key, &size) == 1;
    EVP_PKEY_free(key);
    return is_derived;
}

enum daybook_status note_signer_parse(const char *text, size_t size, struct note_signer *signer,
                                      struct daybook_error *error) {
    uint8_t payload[PAYLOAD_SIZE + 3];
    const size_t prefix_size = strlen(PRIVATE_PREFIX);
    *signer = (struct note_signer){0};
    if (size < prefix_size || memcmp(text, PRIVATE_PREFIX, prefix_size) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "reading a private key: it does not begin with " PRIVATE_PREFIX);
    }
    DAYBOOK_TRY(parse_parts(text + prefix_size, size - prefix_size, &signer->key, payload, error));
    memcpy(signer->seed, payload + 1, NOTE_SEED_SIZE);
    OPENSSL_cleanse(payload, sizeof payload);
    if (!derive_public(signer)) {
        return no_memory(error);
    }
    return check_id(&signer->key, error);
}

void note_signer_format(const struct note_signer *signer, char text[NOTE_KEY_TEXT_MAX]) {
    format_parts(&signer->key, PRIVATE_PREFIX, signer->seed, text);
}

enum daybook_status note_signer_of_seed(const char *name, enum note_algorithm algorithm,
                                        const uint8_t seed[NOTE_SEED_SIZE], struct note_signer *signer,
                                        struct daybook_error *error) {
    *signer = (struct note_signer){.key = {.algorithm = algorithm}};
    if (!note_name_is_valid(name, strlen(name))) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "making a key: \"%.80s\" is no name of one; it must not be empty, nor hold spaces or a +",
                            name);
    }
    memcpy(signer->key.name, name, strlen(name) + 1);
    memcpy(signer->seed, seed, NOTE_SEED_SIZE);
    if (!derive_public(signer) || !compute_id(&signer->key)) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "making a key: memory was refused");
    }
    return DAYBOOK_OK;
}

enum daybook_status note_signer_new(const char *name, enum note_algorithm algorithm, struct note_signer *signer,
                                    struct daybook_error *error) {
    uint8_t seed[NOTE_SEED_SIZE];
    if (RAND_priv_bytes(seed, sizeof seed) != 1) {
        return daybook_fail(error, DAYBOOK_IO, "making a key: the system gave no random bytes");
    }
    enum daybook_status status = note_signer_of_seed(name, algorithm, seed, signer, error);
    OPENSSL_cleanse(seed, sizeof seed);
    return status;
}

void note_signer_clear(struct note_signer *signer) {
    OPENSSL_cleanse(signer->seed, sizeof signer->seed);
}

/* ---- Ed25519 ---- */

bool note_ed25519_sign(const struct note_signer *signer, struct daybook_bytes message,
                       uint8_t signature[NOTE_ED25519_SIZE]) {
    size_t size = NOTE_ED25519_SIZE;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->seed, NOTE_SEED_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed = key != NULL && context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                     EVP_DigestSign(context, signature, &size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_signed;
}

bool note_ed25519_verify(const struct note_key *key, struct daybook_bytes message, const uint8_t *signature) {
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key, NOTE_PUBLIC_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_verified = public_key != NULL && context != NULL &&
                       EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
                       EVP_DigestVerify(context, signature, NOTE_ED25519_SIZE, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    return is_verified;
}
