/* Proofs as files: reading and writing both kinds. */
#include "proof/proof_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proof/tree_head.h"

static const char inclusion_head[] = "c2sp.org/tlog-proof@v1\nindex ";
static const char consistency_head[] = "old ";

static bool takes_prefix(struct daybook_bytes *bytes, const char *prefix) {
    size_t size = strlen(prefix);
    if (bytes->size < size || memcmp(bytes->data, prefix, size) != 0) {
        return false;
    }
    *bytes = (struct daybook_bytes){bytes->data + size, bytes->size - size};
    return true;
}

/* One line, without its newline. */
static bool takes_line(struct daybook_bytes *bytes, struct daybook_bytes *line) {
    const uint8_t *newline = bytes->size == 0 ? NULL : memchr(bytes->data, '\n', bytes->size);
    if (newline == NULL) {
        return false;
    }
    *line = (struct daybook_bytes){bytes->data, (size_t)(newline - bytes->data)};
    *bytes = (struct daybook_bytes){newline + 1, bytes->size - line->size - 1};
    return true;
}

enum daybook_status proof_file_parse(struct daybook_bytes bytes, struct proof_file *file, struct daybook_error *error) {
    struct daybook_bytes line = {0};
    file->proof.count = 0;
    if (takes_prefix(&bytes, inclusion_head)) {
        file->kind = PROOF_FILE_INCLUSION;
    } else if (takes_prefix(&bytes, consistency_head)) {
        file->kind = PROOF_FILE_CONSISTENCY;
    } else {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "reading a proof: it begins neither with \"c2sp.org/tlog-proof@v1\" and an index, nor with "
                            "\"old\"");
    }
    if (!takes_line(&bytes, &line) || !tree_size_parse((const char *)line.data, line.size, &file->number)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a proof: its index or size is no decimal number");
    }
    for (;;) {
        if (!takes_line(&bytes, &line)) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "reading a proof: it was cut among its hashes");
        }
        if (line.size == 0) {
            break;
        }
        if (file->proof.count == MERKLE_PROOF_MAX) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "reading a proof: it has more than %d hashes",
                                MERKLE_PROOF_MAX);
        }
        if (!merkle_hash_parse((const char *)line.data, line.size, &file->proof.hashes[file->proof.count])) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "reading a proof: hash %zu is not 32 bytes of base64",
                                file->proof.count + 1);
        }
        file->proof.count++;
    }
    file->checkpoint = bytes;
    return DAYBOOK_OK;
}

enum daybook_status proof_file_format(const struct proof_file *file, struct daybook_buffer *out) {
    char head[64];
    int size = snprintf(head, sizeof head, "%s%" PRIu64 "\n",
                        file->kind == PROOF_FILE_INCLUSION ? inclusion_head : consistency_head, file->number);
    DAYBOOK_TRY(daybook_buffer_append(out, head, (size_t)size));
    for (size_t i = 0; i < file->proof.count; i++) {
        DAYBOOK_TRY(merkle_hash_format(&file->proof.hashes[i], out));
    }
    DAYBOOK_TRY(daybook_buffer_append(out, "\n", 1));
    return daybook_buffer_append(out, file->checkpoint.data, file->checkpoint.size);
}
