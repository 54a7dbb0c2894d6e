/*
 * Signed notes (c2sp.org/signed-note), Ed25519 by libcrypto, and cosignatures
 * (c2sp.org/tlog-cosignature) on them.
 *
 *     text, which ends in a newline
 *                                               (an empty line: the last one)
 *     — NAME BASE64(key id, 4 bytes big-endian || signature)
 *     ...
 *
 *   N1  A key that is known by name and id and whose signature fails refuses the whole note.
 *   N2  A signature of an unknown key is passed over; a note without one that was verified is refused.
 *   N3  Nothing is signed that the reader here would not read again.
 *
 * Pure but for note_signer_new, which asks the system for random bytes.
 */
#ifndef DAYBOOK_PROOF_NOTE_H
#define DAYBOOK_PROOF_NOTE_H

#include "base/values.h"

enum {
    NOTE_NAME_MAX = 255,
    NOTE_KEY_TEXT_MAX = 512, /* "name+id+base64" and its NUL. */
    NOTE_SIGNATURES_MAX = 100,
    NOTE_SIZE_MAX = 1 << 20,
    NOTE_ED25519_SIZE = 64,
    NOTE_PUBLIC_SIZE = 32,
    NOTE_SEED_SIZE = 32,
};

/* The first byte of a key's encoding: what it signs with. */
enum note_algorithm { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };

struct note_key {
    char name[NOTE_NAME_MAX + 1];
    enum note_algorithm algorithm;
    uint32_t id;
    uint8_t public_key[NOTE_PUBLIC_SIZE];
};

struct note_signer {
    struct note_key key;
    uint8_t seed[NOTE_SEED_SIZE];
};

/* Not empty, UTF-8, no space, no control character, no '+'. */
bool note_name_is_valid(const char *name, size_t size);

/* "name+hex8(id)+base64(algorithm || public key)". INVALID: says what is wrong with it. */
DAYBOOK_MUST_USE enum daybook_status note_key_parse(const char *text, size_t size, struct note_key *key,
                                                    struct daybook_error *error);
void note_key_format(const struct note_key *key, char text[NOTE_KEY_TEXT_MAX]);

/* "PRIVATE+KEY+name+hex8(id)+base64(algorithm || seed)". */
DAYBOOK_MUST_USE enum daybook_status note_signer_parse(const char *text, size_t size, struct note_signer *signer,
                                                       struct daybook_error *error);
void note_signer_format(const struct note_signer *signer, char text[NOTE_KEY_TEXT_MAX]);
DAYBOOK_MUST_USE enum daybook_status note_signer_of_seed(const char *name, enum note_algorithm algorithm,
                                                         const uint8_t seed[NOTE_SEED_SIZE], struct note_signer *signer,
                                                         struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status note_signer_new(const char *name, enum note_algorithm algorithm,
                                                     struct note_signer *signer, struct daybook_error *error);
void note_signer_clear(struct note_signer *signer); /* Overwrites the seed. */

/* Everything points into the bytes that were parsed. */
struct note_signature {
    struct daybook_bytes name;
    uint32_t id;
    struct daybook_bytes line; /* With its newline. */
    uint8_t bytes[8 + NOTE_ED25519_SIZE];
    size_t size; /* Of the bytes without the id; more than there is room for: an algorithm that is not known here. */
};
struct note {
    struct daybook_bytes text;
    size_t signature_count;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/* DAMAGED: the bytes are no note. */
DAYBOOK_MUST_USE enum daybook_status note_parse(struct daybook_bytes bytes, struct note *note,
                                                struct daybook_error *error);

/* Whether `key` has signed. A cosignature's time is in seconds since 1970, the latest where the key cosigned more than
 * once; 0 for a plain signature.
 * DAMAGED: it is there and fails (N1). */
struct note_verdict {
    bool is_signed;
    uint64_t time_s;
};
DAYBOOK_MUST_USE enum daybook_status note_check(const struct note *note, const struct note_key *key,
                                                struct note_verdict *verdict, struct daybook_error *error);

/* Appends `text`, an empty line and the signature. INVALID: no note can have this text. */
DAYBOOK_MUST_USE enum daybook_status note_sign(struct daybook_bytes text, const struct note_signer *signer,
                                               struct daybook_buffer *out, struct daybook_error *error);
/* Appends the one line that `signer` adds to a note with this text. `time_s` is of cosignatures alone. */
DAYBOOK_MUST_USE enum daybook_status note_sign_line(struct daybook_bytes text, const struct note_signer *signer,
                                                    uint64_t time_s, struct daybook_buffer *out,
                                                    struct daybook_error *error);

#endif
