/*
 * The log's key and its checkpoints, as files of a ledger's directory:
 *
 *     keys/log.key              the private key, for its owner alone (0600); never in the journal
 *     keys/log.pub              the verifier's key: to be given to auditors by another way than the ledger
 *     checkpoints/lock          held by whoever signs
 *     checkpoints/SIZE          a signed checkpoint, a file for each; 20 digits
 *     checkpoints/config        a signed note with the digest of the ledger's configuration, which no event holds
 *
 *   L1  A checkpoint, once it is there, is never changed or removed.
 *   L2  One process signs at a time, and signs nothing that is not consistent with the newest checkpoint.
 *   L3  The configuration is signed with the first checkpoint, and never later: whoever takes its note away does not
 *       have another one signed.
 *
 * Cosignatures are added to a checkpoint's file by replacing it with a longer one of the same text.
 */
#ifndef DAYBOOK_AUDIT_FILES_H
#define DAYBOOK_AUDIT_FILES_H

#include "proof/tree_head.h"

/* EXISTS: the ledger has a key, or had one, and the message says what to do. */
DAYBOOK_MUST_USE enum daybook_status audit_key_check_new(const char *directory, struct daybook_error *error);
/* Makes `signer` the ledger's own, for ever. EXISTS: as above. */
DAYBOOK_MUST_USE enum daybook_status audit_key_keep(const char *directory, const struct note_signer *signer,
                                                    struct daybook_error *error);
/* A private key's file anywhere, made so that only its owner can read it. EXISTS: something is there. */
DAYBOOK_MUST_USE enum daybook_status audit_signer_save(const char *path, const struct note_signer *signer,
                                                       struct daybook_error *error);
/* `path` NULL = the ledger's own. NOT_FOUND: there is none. INVALID: others can read the file, or it is no key. */
DAYBOOK_MUST_USE enum daybook_status audit_signer_load(const char *directory, const char *path,
                                                       struct note_signer *signer, struct daybook_error *error);
/* NOT_FOUND: the ledger has no key. */
DAYBOOK_MUST_USE enum daybook_status audit_key_load(const char *directory, struct note_key *key,
                                                    struct daybook_error *error);

/* The sizes of the checkpoints that are there, ascending; of a ledger without any, none. */
struct audit_sizes {
    uint64_t *items;
    size_t count;
};
DAYBOOK_MUST_USE enum daybook_status audit_checkpoints_list(const char *directory, struct audit_sizes *sizes,
                                                            struct daybook_error *error);
void audit_sizes_release(struct audit_sizes *sizes); /* Accepts an empty one. */

DAYBOOK_MUST_USE enum daybook_status audit_checkpoint_read(const char *directory, uint64_t size,
                                                           struct daybook_buffer *note, struct daybook_error *error);
/* The newest of at most `limit` entries. NOT_FOUND: there is none. */
DAYBOOK_MUST_USE enum daybook_status audit_checkpoint_newest(const char *directory, uint64_t limit, uint64_t *size,
                                                             struct daybook_buffer *note, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status audit_checkpoint_write(const char *directory, uint64_t size,
                                                            struct daybook_bytes note, struct daybook_error *error);

/* Signs the digest of the configuration, unless that is done. NOT_FOUND: it was, and the note is gone (L3). */
DAYBOOK_MUST_USE enum daybook_status audit_config_sign(const char *directory, struct daybook_bytes config,
                                                       const struct note_signer *signer, struct daybook_error *error);
/* DAMAGED: the configuration is not the one that was signed. NOT_FOUND: none was. */
DAYBOOK_MUST_USE enum daybook_status audit_config_check(const char *directory, struct daybook_bytes config,
                                                        const struct note_key *key, struct daybook_error *error);

/* L2: waits for the lock; -1 on failure. */
DAYBOOK_MUST_USE enum daybook_status audit_lock(const char *directory, int *lock, struct daybook_error *error);
void audit_unlock(int lock); /* Accepts -1. */

#endif
