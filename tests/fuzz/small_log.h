/* A signed log of a few events, for the targets over what an outsider checks. The key is fixed: no input can sign. */
#ifndef DAYBOOK_TESTS_FUZZ_SMALL_LOG_H
#define DAYBOOK_TESTS_FUZZ_SMALL_LOG_H

#include "proof/merkle.h"
#include "tools/verify.h"

struct small_log {
    struct note_signer signer;
    struct verify_trust trust;
    struct daybook_buffer *events; /* Each one's bytes. */
    size_t count;
};

/* Kept until the program ends; aborts where memory is refused. */
void small_log_make(struct small_log *log, size_t count);
/* The root of the first `size` events. */
struct merkle_hash small_log_root(const struct small_log *log, size_t size);
/* Appends the checkpoint of a tree, signed. */
void small_log_checkpoint(const struct small_log *log, uint64_t size, const struct merkle_hash *root,
                          struct daybook_buffer *out);
/* Appends `text` as a signed note; false: no note can have this text. */
bool small_log_sign(const struct small_log *log, struct daybook_bytes text, struct daybook_buffer *out);

/* A new directory that goes with the program. */
const char *small_log_directory(void);

#endif
