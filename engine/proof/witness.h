/*
 * What a witness does (c2sp.org/tlog-witness): signs a checkpoint only after it
 * has seen that it continues the one it signed before.
 *
 *   WI1  No two checkpoints are cosigned that are not consistent.
 *   WI2  No cosignature of a key is of an earlier instant than the one before it.
 *
 * Pure: the caller keeps the note that it is handed, durably, before it shows the cosignature.
 */
#ifndef DAYBOOK_PROOF_WITNESS_H
#define DAYBOOK_PROOF_WITNESS_H

#include "proof/tree_head.h"

/* `request` is a consistency proof file or, the first time, a checkpoint alone. `last` is the checkpoint that was
 * cosigned before; empty = none. Appends to `out` the checkpoint with the cosignature.
 * INVALID: the proof starts elsewhere than `last`, and the message says where it should; or the clock went back.
 * DAMAGED: refused. */
DAYBOOK_MUST_USE enum daybook_status witness_cosign(struct daybook_bytes request, struct daybook_bytes last,
                                                    const struct note_key *log_key, const struct note_signer *signer,
                                                    uint64_t time_s, struct daybook_buffer *out,
                                                    struct daybook_error *error);

/* What is asked of the witnesses of a checkpoint. */
struct witness_policy {
    const struct note_key *keys;
    size_t key_count;
    size_t needed;    /* Of them, so many must have cosigned. */
    uint64_t since_s; /* Not before this instant, in seconds since 1970; 0 = whenever. */
};

/* DAMAGED: too few have cosigned, or too long ago. */
DAYBOOK_MUST_USE enum daybook_status witness_check(const struct note *note, const struct witness_policy *policy,
                                                   struct daybook_error *error);

#endif
