/*
 * daybook-verify: checks what a ledger proves of itself, offline, without the
 * ledger. It links no store and no writer; what it says rests on the bytes at
 * hand, the log's key, and the witnesses' keys.
 */
#ifndef DAYBOOK_TOOLS_VERIFY_H
#define DAYBOOK_TOOLS_VERIFY_H

#include "proof/tree_head.h"
#include "proof/witness.h"

enum { VERIFY_WITNESSES_MAX = 16, VERIFY_FILE_MAX = 1 << 24 };

/* Whom the auditor trusts. */
struct verify_trust {
    struct note_key log;
    const char *origin; /* NULL = the log key's name. */
    struct note_key witnesses[VERIFY_WITNESSES_MAX];
    struct witness_policy policy;
};

/* The checkpoint's signatures, by the log and by enough witnesses. */
DAYBOOK_MUST_USE enum daybook_status verify_checkpoint(const struct verify_trust *trust, struct daybook_bytes bytes,
                                                       struct tree_head *head, struct daybook_error *error);

/* The end of a line that says what is good: by how many witnesses. */
void verify_print_policy(const struct verify_trust *trust);

/* Each checks one thing and says on standard output what it found. DAMAGED: refused, and why. */
DAYBOOK_MUST_USE enum daybook_status verify_checkpoint_file(const struct verify_trust *trust, const char *path,
                                                            struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status verify_inclusion_file(const struct verify_trust *trust, const char *path,
                                                           const char *event_path, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status verify_consistency_file(const struct verify_trust *trust, const char *path,
                                                             const char *old_path, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status verify_tiles(const struct verify_trust *trust, const char *directory,
                                                  struct daybook_error *error);
/* Every payload of an audit bundle (tools/bundle.h), hashed again. */
DAYBOOK_MUST_USE enum daybook_status verify_bundle(const struct verify_trust *trust, const char *path,
                                                   struct daybook_error *error);

/* That the bytes of a stored event say `sequence`. */
DAYBOOK_MUST_USE enum daybook_status verify_event_place(struct daybook_bytes event, uint64_t sequence,
                                                        struct daybook_error *error);

#endif
