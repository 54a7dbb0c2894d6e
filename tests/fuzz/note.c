/* Bytes as a signed note, a checkpoint and a key: what verifies was signed, and signing what was read verifies. */
#include "tests/fuzz/fuzz.h"

#include "proof/note.h"
#include "proof/tree_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t seed[NOTE_SEED_SIZE] = {1, 2, 3};
    static struct note note;
    struct daybook_bytes bytes = {data, size};
    struct note_signer signer;
    struct note_key key;
    struct tree_head head;
    struct daybook_buffer signed_again = {0};
    struct note_verdict verdict;
    FUZZ_CHECK(note_signer_of_seed("example.com/fuzz", NOTE_ED25519, seed, &signer, NULL) == DAYBOOK_OK);
    if (note_key_parse((const char *)data, size, &key, NULL) == DAYBOOK_OK) {
        char text[NOTE_KEY_TEXT_MAX];
        note_key_format(&key, text);
        FUZZ_CHECK(strlen(text) == size && memcmp(text, data, size) == 0);
    }
    if (note_parse(bytes, &note, NULL) == DAYBOOK_OK) {
        struct daybook_bytes text = note.text;
        FUZZ_CHECK(note.signature_count > 0 && note.signature_count <= NOTE_SIGNATURES_MAX);
        FUZZ_CHECK(text.data >= data && text.data + text.size <= data + size);
        enum daybook_status checked = note_check(&note, &signer.key, &verdict, NULL);
        FUZZ_CHECK(checked == DAYBOOK_OK || checked == DAYBOOK_DAMAGED);
        if (tree_head_parse(text, &head, NULL) == DAYBOOK_OK) {
            FUZZ_CHECK(tree_head_format(&head, &signed_again) == DAYBOOK_OK);
            daybook_buffer_reset(&signed_again);
        }
        if (note_sign(text, &signer, &signed_again, NULL) == DAYBOOK_OK) {
            static struct note again;
            FUZZ_CHECK(note_parse(daybook_buffer_view(&signed_again), &again, NULL) == DAYBOOK_OK);
            FUZZ_CHECK(note_check(&again, &signer.key, &verdict, NULL) == DAYBOOK_OK && verdict.is_signed);
        }
    }
    daybook_buffer_release(&signed_again);
    return 0;
}
