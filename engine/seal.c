/* Profiles to sealed bytes and back. */
#include "seal.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/siv.h"
#include "codec/wire.h"

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "sealing a customer's data: memory was refused");
}

static struct siv_place siv_of(const struct seal_place *place) {
    return (struct siv_place){{place->ledger_id, KEYRING_LEDGER_ID_BYTES}, daybook_bytes_of_text(place->customer)};
}

static enum daybook_status make_plaintext(const Pb__CustomerProfile *profile, struct daybook_buffer *plain,
                                          struct daybook_error *error) {
    Pb__CustomerProfile personal = PB__CUSTOMER_PROFILE__INIT;
    static const uint8_t mark = 0x80;
    personal.name = profile->name;
    personal.contact = profile->contact;
    if (wire_encode(&personal.base, plain) != DAYBOOK_OK ||
        daybook_buffer_append(plain, &mark, sizeof mark) != DAYBOOK_OK) {
        return no_memory(error);
    }
    size_t rest = (SEAL_STEP_BYTES - plain->size % SEAL_STEP_BYTES) % SEAL_STEP_BYTES;
    if (rest > 0) {
        uint8_t *room = daybook_buffer_reserve(plain, rest);
        if (room == NULL) {
            return no_memory(error);
        }
        memset(room, 0, rest);
        plain->size += rest;
    }
    return plain->size + SIV_TAG_BYTES <= LIMIT_SEALED_BYTES
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_LIMIT, "sealing a customer's data: it has %zu bytes; %d are the most",
                              plain->size, LIMIT_SEALED_BYTES - SIV_TAG_BYTES);
}

enum daybook_status seal_profile(const struct keyring_key *key, const struct seal_place *place,
                                 const Pb__CustomerProfile *profile, struct arena *arena, Pb__Sealed **sealed,
                                 struct daybook_error *error) {
    struct daybook_buffer plain = {0};
    enum daybook_status status = make_plaintext(profile, &plain, error);
    uint8_t *ciphertext = status == DAYBOOK_OK ? arena_alloc(arena, SIV_TAG_BYTES + plain.size) : NULL;
    *sealed = arena_alloc(arena, sizeof **sealed);
    if (status == DAYBOOK_OK && (ciphertext == NULL || *sealed == NULL)) {
        status = no_memory(error);
    }
    if (status == DAYBOOK_OK) {
        struct siv_place where = siv_of(place);
        siv_seal(key->bytes, &where, daybook_buffer_view(&plain), ciphertext);
        pb__sealed__init(*sealed);
        (*sealed)->slot = key->slot;
        (*sealed)->key_id = key->id;
        (*sealed)->ciphertext = (ProtobufCBinaryData){SIV_TAG_BYTES + plain.size, ciphertext};
    }
    OPENSSL_cleanse(plain.data, plain.size);
    daybook_buffer_release(&plain);
    return status;
}

static enum daybook_status damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "opening a customer's data: it was not sealed with this key, or not for this customer");
}

/* Takes the padding off. */
static bool trim(const uint8_t *plain, size_t *size) {
    size_t end = *size;
    while (end > 0 && plain[end - 1] == 0) {
        end--;
    }
    *size = end - (end > 0);
    return end > 0 && plain[end - 1] == 0x80;
}

enum daybook_status seal_open_profile(const struct keyring_key *key, const struct seal_place *place,
                                      Pb__CustomerProfile *profile, struct arena *arena, struct daybook_error *error) {
    ProtobufCBinaryData sealed = profile->sealed->ciphertext;
    ProtobufCMessage *message = NULL;
    uint8_t plain[LIMIT_SEALED_BYTES];
    if (sealed.len <= SIV_TAG_BYTES || sealed.len > LIMIT_SEALED_BYTES) {
        return damaged(error);
    }
    size_t size = sealed.len - SIV_TAG_BYTES;
    struct siv_place where = siv_of(place);
    bool is_open =
        siv_open(key->bytes, &where, (struct daybook_bytes){sealed.data, sealed.len}, plain) && trim(plain, &size);
    enum daybook_status status = is_open ? wire_decode(&pb__customer_profile__descriptor,
                                                       (struct daybook_bytes){plain, size}, arena, &message, error)
                                         : damaged(error);
    if (status == DAYBOOK_OK) {
        const Pb__CustomerProfile *personal = (const Pb__CustomerProfile *)message;
        profile->name = personal->name;
        profile->contact = personal->contact;
    }
    OPENSSL_cleanse(plain, sizeof plain);
    return status;
}
