/* A checkpoint's three lines. */
#include "proof/tree_head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"

enum { HASH_TEXT_SIZE = 44 };

bool tree_size_parse(const char *text, size_t size, uint64_t *value) {
    *value = 0;
    if (size == 0 || size > 19 || (text[0] == '0' && size > 1)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    return *value <= INT64_MAX;
}

bool merkle_hash_parse(const char *text, size_t size, struct merkle_hash *hash) {
    uint8_t decoded[HASH_TEXT_SIZE];
    size_t decoded_size = 0;
    if (size != HASH_TEXT_SIZE || !base64_decode_exact(text, size, decoded, &decoded_size) ||
        decoded_size != SHA256_SIZE) {
        return false;
    }
    memcpy(hash->bytes, decoded, SHA256_SIZE);
    return true;
}

enum daybook_status merkle_hash_format(const struct merkle_hash *hash, struct daybook_buffer *out) {
    DAYBOOK_TRY(base64_append(out, (struct daybook_bytes){hash->bytes, SHA256_SIZE}));
    return daybook_buffer_append(out, "\n", 1);
}

/* Takes one line off; false: there is no whole one. */
static bool take_line(struct daybook_bytes *text, struct daybook_bytes *line) {
    const uint8_t *newline = text->size == 0 ? NULL : memchr(text->data, '\n', text->size);
    if (newline == NULL) {
        return false;
    }
    *line = (struct daybook_bytes){text->data, (size_t)(newline - text->data)};
    *text = (struct daybook_bytes){newline + 1, text->size - line->size - 1};
    return true;
}

enum daybook_status tree_head_parse(struct daybook_bytes text, struct tree_head *head, struct daybook_error *error) {
    struct daybook_bytes line = {0};
    if (!take_line(&text, &line) || line.size == 0 || line.size > NOTE_NAME_MAX || memchr(line.data, 0, line.size)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a checkpoint: its first line names no log");
    }
    memcpy(head->origin, line.data, line.size);
    head->origin[line.size] = '\0';
    if (!take_line(&text, &line) || !tree_size_parse((const char *)line.data, line.size, &head->tree.size)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a checkpoint of %s: its second line is no size",
                            head->origin);
    }
    if (!take_line(&text, &line) || !merkle_hash_parse((const char *)line.data, line.size, &head->tree.root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a checkpoint of %s: its third line is no root",
                            head->origin);
    }
    while (text.size > 0) {
        if (!take_line(&text, &line) || line.size == 0) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "reading a checkpoint of %s: it does not end with its lines",
                                head->origin);
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status tree_head_format(const struct tree_head *head, struct daybook_buffer *out) {
    char lines[NOTE_NAME_MAX + 32];
    int size = snprintf(lines, sizeof lines, "%s\n%" PRIu64 "\n", head->origin, head->tree.size);
    DAYBOOK_TRY(daybook_buffer_append(out, lines, (size_t)size));
    return merkle_hash_format(&head->tree.root, out);
}

enum daybook_status tree_head_open(struct daybook_bytes bytes, const struct note_key *key, const char *origin,
                                   struct note *note, struct tree_head *head, struct daybook_error *error) {
    struct note own;
    struct note_verdict verdict;
    struct note *parsed = note == NULL ? &own : note;
    DAYBOOK_TRY(note_parse(bytes, parsed, error));
    DAYBOOK_TRY(note_check(parsed, key, &verdict, error));
    if (!verdict.is_signed) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "reading a checkpoint: it is foreign; none of its signatures is by %s (key %08x)",
                            key->name, key->id);
    }
    DAYBOOK_TRY(tree_head_parse(parsed->text, head, error));
    const char *expected = origin == NULL ? key->name : origin;
    if (strcmp(head->origin, expected) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a checkpoint: it is of the log %s, not of %s",
                            head->origin, expected);
    }
    return DAYBOOK_OK;
}
