/*
 * Checkpoints of a log (c2sp.org/tlog-checkpoint): a signed note whose text is
 *
 *     origin                     (the log's name)
 *     size                       (decimal, no leading zeros)
 *     root                       (base64)
 *     ...                        (lines of others, passed over)
 *
 * "Checkpoint" is a view's word here (projection/checkpoint.h); what the log
 * says of itself is its tree head, RFC 6962's word.
 */
#ifndef DAYBOOK_PROOF_TREE_HEAD_H
#define DAYBOOK_PROOF_TREE_HEAD_H

#include "proof/merkle.h"
#include "proof/note.h"

struct tree_head {
    char origin[NOTE_NAME_MAX + 1];
    struct merkle_size tree;
};

/* DAMAGED: the text is no checkpoint's. */
DAYBOOK_MUST_USE enum daybook_status tree_head_parse(struct daybook_bytes text, struct tree_head *head,
                                                     struct daybook_error *error);
/* Appends the three lines. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status tree_head_format(const struct tree_head *head, struct daybook_buffer *out);

/* Reads a checkpoint that `key` must have signed; `origin` is what it must be of, NULL = the key's name.
 * `note` may be NULL. DAMAGED: it is foreign, cut or altered, and the message says which. */
DAYBOOK_MUST_USE enum daybook_status tree_head_open(struct daybook_bytes bytes, const struct note_key *key,
                                                    const char *origin, struct note *note, struct tree_head *head,
                                                    struct daybook_error *error);

/* Digits without a leading zero, below 2^63. */
bool tree_size_parse(const char *text, size_t size, uint64_t *value);
/* 32 bytes of base64, exactly. */
bool merkle_hash_parse(const char *text, size_t size, struct merkle_hash *hash);
DAYBOOK_MUST_USE enum daybook_status merkle_hash_format(const struct merkle_hash *hash, struct daybook_buffer *out);

#endif
