/* Notes: taking them apart, checking their signatures, signing. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "proof/note_inside.h"

/* An em dash and a space. */
#define LINE_PREFIX "\xE2\x80\x94 "

enum { TIME_SIZE = 8, ID_SIZE = 4, BASE64_MAX = 256, COSIGNED_HEAD_MAX = 64 };

static enum daybook_status no_note(struct daybook_error *error, const char *why) {
    (void)daybook_fail(error, DAYBOOK_DAMAGED, "%s", why);
    (void)daybook_fail_in(error, "reading a signed note");
    return DAYBOOK_DAMAGED;
}

static bool is_text(struct daybook_bytes bytes) {
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] < 0x20 && bytes.data[i] != '\n') {
            return false;
        }
    }
    return text_is_utf8((const char *)bytes.data, bytes.size);
}

/* Signatures of other algorithms may be long: all of it has to be base64, and what fits is decoded. The parts before
 * the last are whole groups, so none of them may end in padding. */
static bool decode_signature(const char *encoded, size_t size, uint8_t decoded[BASE64_MAX], size_t *decoded_size) {
    uint8_t rest[BASE64_MAX];
    size_t rest_size = 0;
    size_t taken = size < BASE64_MAX ? size : BASE64_MAX;
    bool is_good = base64_decode_exact(encoded, taken, decoded, decoded_size);
    for (size_t at = taken; is_good && at < size; at += taken) {
        is_good = encoded[at - 1] != '=';
        taken = size - at < BASE64_MAX ? size - at : BASE64_MAX;
        is_good = is_good && base64_decode_exact(encoded + at, taken, rest, &rest_size);
    }
    return is_good;
}

/* "— name base64", without the newline. */
static enum daybook_status parse_line(struct daybook_bytes line, struct note_signature *signature,
                                      struct daybook_error *error) {
    const size_t prefix_size = strlen(LINE_PREFIX);
    uint8_t decoded[BASE64_MAX];
    size_t decoded_size = 0;
    if (line.size <= prefix_size || memcmp(line.data, LINE_PREFIX, prefix_size) != 0) {
        return no_note(error, "a signature's line does not begin with an em dash and a space");
    }
    const char *name = (const char *)line.data + prefix_size;
    size_t left = line.size - prefix_size;
    const char *space = memchr(name, ' ', left);
    size_t name_size = space == NULL ? 0 : (size_t)(space - name);
    if (space == NULL || !note_name_is_valid(name, name_size)) {
        return no_note(error, "a signature's line does not name its key");
    }
    const char *encoded = space + 1;
    size_t encoded_size = left - name_size - 1;
    if (!decode_signature(encoded, encoded_size, decoded, &decoded_size) || decoded_size <= ID_SIZE) {
        return no_note(error, "a signature is no base64 of a key's id and a signature");
    }
    signature->name = (struct daybook_bytes){(const uint8_t *)name, name_size};
    signature->id = load_be32(decoded);
    signature->size = encoded_size > BASE64_MAX ? sizeof signature->bytes + 1 : decoded_size - ID_SIZE;
    if (signature->size <= sizeof signature->bytes) {
        memcpy(signature->bytes, decoded + ID_SIZE, signature->size);
    }
    return DAYBOOK_OK;
}

static enum daybook_status parse_signatures(struct daybook_bytes lines, struct note *note,
                                            struct daybook_error *error) {
    while (lines.size > 0) {
        const uint8_t *newline = memchr(lines.data, '\n', lines.size);
        if (newline == NULL) {
            return no_note(error, "it was cut: it does not end in a newline");
        }
        if (note->signature_count == NOTE_SIGNATURES_MAX) {
            return no_note(error, "it has more than 100 signatures");
        }
        size_t size = (size_t)(newline - lines.data);
        struct note_signature *signature = &note->signatures[note->signature_count++];
        DAYBOOK_TRY(parse_line((struct daybook_bytes){lines.data, size}, signature, error));
        signature->line = (struct daybook_bytes){lines.data, size + 1};
        lines = (struct daybook_bytes){newline + 1, lines.size - size - 1};
    }
    return note->signature_count > 0 ? DAYBOOK_OK : no_note(error, "it has no signature");
}

enum daybook_status note_parse(struct daybook_bytes bytes, struct note *note, struct daybook_error *error) {
    note->signature_count = 0;
    if (bytes.size > NOTE_SIZE_MAX) {
        return no_note(error, "it is larger than 1 MiB");
    }
    if (!is_text(bytes)) {
        return no_note(error, "it is no UTF-8 text, or has control characters");
    }
    /* The last empty line. */
    size_t end = bytes.size;
    while (end >= 2 && (bytes.data[end - 1] != '\n' || bytes.data[end - 2] != '\n')) {
        end--;
    }
    if (end < 2) {
        return no_note(error, "no empty line divides its text from its signatures");
    }
    note->text = (struct daybook_bytes){bytes.data, end - 1};
    return parse_signatures((struct daybook_bytes){bytes.data + end, bytes.size - end}, note, error);
}

/* ---- checking ---- */

/* What a cosignature signs. */
static enum daybook_status append_cosigned(struct daybook_bytes text, uint64_t time_s, struct daybook_buffer *message,
                                           struct daybook_error *error) {
    char head[COSIGNED_HEAD_MAX];
    int size = snprintf(head, sizeof head, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    if (daybook_buffer_append(message, head, (size_t)size) != DAYBOOK_OK ||
        daybook_buffer_append(message, text.data, text.size) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "signing a note: memory was refused");
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_signature(const struct note *note, const struct note_signature *signature,
                                           const struct note_key *key, struct note_verdict *verdict,
                                           struct daybook_error *error) {
    struct daybook_buffer message = {0};
    enum daybook_status status = DAYBOOK_OK;
    bool is_good = false;
    if (key->algorithm == NOTE_ED25519) {
        is_good = signature->size == NOTE_ED25519_SIZE && note_ed25519_verify(key, note->text, signature->bytes);
    } else if (signature->size == TIME_SIZE + NOTE_ED25519_SIZE) {
        uint64_t time_s = load_be64(signature->bytes);
        verdict->time_s = time_s > verdict->time_s ? time_s : verdict->time_s;
        status = append_cosigned(note->text, time_s, &message, error);
        is_good = status == DAYBOOK_OK &&
                  note_ed25519_verify(key, daybook_buffer_view(&message), signature->bytes + TIME_SIZE);
    }
    daybook_buffer_release(&message);
    if (status == DAYBOOK_OK && !is_good) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the signature of %s (key %08x) does not fit the note: the text or the signature was "
                            "altered",
                            key->name, key->id);
    }
    verdict->is_signed = is_good;
    return status;
}

enum daybook_status note_check(const struct note *note, const struct note_key *key, struct note_verdict *verdict,
                               struct daybook_error *error) {
    *verdict = (struct note_verdict){0};
    struct daybook_bytes name = daybook_bytes_of_text(key->name);
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        if (signature->id == key->id && daybook_bytes_equal(signature->name, name)) {
            DAYBOOK_TRY(check_signature(note, signature, key, verdict, error));
        }
    }
    return DAYBOOK_OK;
}

/* ---- signing ---- */

static enum daybook_status append_line(const struct note_signer *signer, struct daybook_bytes signature,
                                       struct daybook_buffer *out, struct daybook_error *error) {
    size_t before = out->size;
    if (daybook_buffer_append(out, LINE_PREFIX, strlen(LINE_PREFIX)) != DAYBOOK_OK ||
        daybook_buffer_append(out, signer->key.name, strlen(signer->key.name)) != DAYBOOK_OK ||
        daybook_buffer_append(out, " ", 1) != DAYBOOK_OK || base64_append(out, signature) != DAYBOOK_OK ||
        daybook_buffer_append(out, "\n", 1) != DAYBOOK_OK) {
        out->size = before;
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "signing a note: memory was refused");
    }
    return DAYBOOK_OK;
}

enum daybook_status note_sign_line(struct daybook_bytes text, const struct note_signer *signer, uint64_t time_s,
                                   struct daybook_buffer *out, struct daybook_error *error) {
    uint8_t payload[ID_SIZE + TIME_SIZE + NOTE_ED25519_SIZE];
    struct daybook_buffer message = {0};
    size_t size = ID_SIZE;
    if (text.size == 0 || text.data[text.size - 1] != '\n' || text.size > NOTE_SIZE_MAX / 2 || !is_text(text)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "signing a note: its text must be UTF-8, without control characters, and end in a newline");
    }
    store_be32(payload, signer->key.id);
    enum daybook_status status = DAYBOOK_OK;
    if (signer->key.algorithm == NOTE_COSIGNATURE) {
        store_be64(payload + size, time_s);
        size += TIME_SIZE;
        status = append_cosigned(text, time_s, &message, error);
        text = daybook_buffer_view(&message);
    }
    if (status == DAYBOOK_OK && !note_ed25519_sign(signer, text, payload + size)) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "signing a note: memory was refused");
    }
    if (status == DAYBOOK_OK) {
        status = append_line(signer, (struct daybook_bytes){payload, size + NOTE_ED25519_SIZE}, out, error);
    }
    daybook_buffer_release(&message);
    return status;
}

enum daybook_status note_sign(struct daybook_bytes text, const struct note_signer *signer, struct daybook_buffer *out,
                              struct daybook_error *error) {
    size_t before = out->size;
    enum daybook_status status = DAYBOOK_OK;
    if (daybook_buffer_append(out, text.data, text.size) != DAYBOOK_OK ||
        daybook_buffer_append(out, "\n", 1) != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "signing a note: memory was refused");
    }
    if (status == DAYBOOK_OK) {
        status = note_sign_line(text, signer, 0, out, error);
    }
    if (status != DAYBOOK_OK) {
        out->size = before;
    }
    return status;
}
