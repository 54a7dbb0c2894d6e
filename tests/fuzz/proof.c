/* Bytes as a proof file: what is read is written as the same bytes, and no made-up proof is accepted. */
#include "tests/fuzz/fuzz.h"

#include "proof/proof_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct proof_file file;
    static struct sha256 *sha256;
    struct daybook_buffer out = {0};
    sha256 = sha256 != NULL ? sha256 : sha256_open();
    FUZZ_CHECK(sha256 != NULL);
    if (proof_file_parse((struct daybook_bytes){data, size}, &file, NULL) == DAYBOOK_OK) {
        struct merkle_hash leaf = {{1}};
        struct merkle_hash root = {{2}};
        FUZZ_CHECK(file.proof.count <= MERKLE_PROOF_MAX);
        FUZZ_CHECK(proof_file_format(&file, &out) == DAYBOOK_OK);
        FUZZ_CHECK(out.size == size && memcmp(out.data, data, size) == 0);
        FUZZ_CHECK(merkle_check_inclusion(sha256, file.number, file.number + 1 + size, &leaf, &file.proof, &root,
                                          NULL) != DAYBOOK_OK);
        struct merkle_size old = {file.number, leaf};
        struct merkle_size now = {file.number + 1 + size, root};
        FUZZ_CHECK(merkle_check_consistency(sha256, &old, &now, &file.proof, NULL) != DAYBOOK_OK);
    }
    daybook_buffer_release(&out);
    return 0;
}
