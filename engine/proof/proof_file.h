/*
 * Proofs as files.
 *
 * That an entry is in the log (c2sp.org/tlog-proof):
 *
 *     c2sp.org/tlog-proof@v1
 *     index <decimal>
 *     <base64 hash>              (one a line, the leaf's sibling first)
 *                                (an empty line)
 *     <the checkpoint, verbatim>
 *
 * That the log begins with what an older checkpoint spoke of (the body with
 * which c2sp.org/tlog-witness asks for a cosignature):
 *
 *     old <decimal>
 *     <base64 hash>              (one a line)
 *                                (an empty line)
 *     <the newer checkpoint, verbatim>
 *
 * The index is 0 for sequence 1.
 */
#ifndef DAYBOOK_PROOF_PROOF_FILE_H
#define DAYBOOK_PROOF_PROOF_FILE_H

#include "proof/merkle.h"

enum proof_file_kind { PROOF_FILE_INCLUSION, PROOF_FILE_CONSISTENCY };

struct proof_file {
    enum proof_file_kind kind;
    uint64_t number; /* The index, or the older size. */
    struct merkle_proof proof;
    struct daybook_bytes checkpoint; /* Borrowed from what was parsed. */
};

/* DAMAGED: the bytes are no proof file of either kind. */
DAYBOOK_MUST_USE enum daybook_status proof_file_parse(struct daybook_bytes bytes, struct proof_file *file,
                                                      struct daybook_error *error);
/* Appends the file. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status proof_file_format(const struct proof_file *file, struct daybook_buffer *out);

#endif
