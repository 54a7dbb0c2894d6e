/* A witness by its rules: it signs what continues what it signed before, and nothing else (WI1-WI2). */
#include "proof/witness.h"

#include "base/base64.h"
#include "proof/proof_file.h"
#include "reference.h"

#define ORIGIN "example.org/log"

enum { TIME_S = 1700000000 };

static struct merkle_hash leaves[REFERENCE_LEAVES];

static struct note_signer signer_of(const char *name, enum note_algorithm algorithm, uint8_t first) {
    const uint8_t seed[NOTE_SEED_SIZE] = {first};
    struct note_signer signer;
    assert_int_equal(note_signer_of_seed(name, algorithm, seed, &signer, NULL), DAYBOOK_OK);
    return signer;
}

/* Of the first `size` leaves; a log with `is_forked` has another leaf 0. */
static struct daybook_buffer checkpoint_of(uint64_t size, bool is_forked) {
    static struct merkle_hash own[REFERENCE_LEAVES];
    struct note_signer log = signer_of(ORIGIN, NOTE_ED25519, 1);
    struct tree_head head = {.origin = ORIGIN, .tree = {.size = size}};
    struct daybook_buffer text = {0};
    struct daybook_buffer note = {0};
    memcpy(own, leaves, sizeof own);
    own[0].bytes[0] ^= is_forked;
    head.tree.root = reference_root(own, size);
    assert_int_equal(tree_head_format(&head, &text), DAYBOOK_OK);
    assert_int_equal(note_sign(daybook_buffer_view(&text), &log, &note, NULL), DAYBOOK_OK);
    daybook_buffer_release(&text);
    return note;
}

struct cosign_row {
    const char *name;
    uint64_t old_size; /* Of the proof; 0: the checkpoint alone. */
    uint64_t size;
    uint64_t last; /* What was signed before; 0: nothing. */
    enum daybook_status status;
    bool is_forked;
    bool is_inclusion;
    bool is_foreign; /* Signed by another log's key. */
    bool is_cut;     /* Of `last`: it is no note any more. */
};
static const struct cosign_row cosign_rows[] = {
    {"the first time it believes the key", 0, 7, 0, DAYBOOK_OK, false, false, false, false},
    {"a proof from what it signed", 7, 20, 7, DAYBOOK_OK, false, false, false, false},
    {"the same once more", 7, 7, 7, DAYBOOK_OK, false, false, false, false},
    {"the same alone, for a later time", 0, 7, 7, DAYBOOK_OK, false, false, false, false},
    {"another root of the same size, alone", 0, 7, 7, DAYBOOK_DAMAGED, true, false, false, false},
    {"another root of the same size, by a proof from before", 6, 7, 7, DAYBOOK_DAMAGED, true, false, false, false},
    {"a log that went back", 0, 6, 7, DAYBOOK_INVALID, false, false, false, false},
    {"a checkpoint alone, the second time", 0, 20, 7, DAYBOOK_INVALID, false, false, false, false},
    {"a proof from elsewhere", 6, 20, 7, DAYBOOK_INVALID, false, false, false, false},
    {"a proof the first time", 6, 20, 0, DAYBOOK_INVALID, false, false, false, false},
    {"a log that was forked", 7, 20, 7, DAYBOOK_DAMAGED, true, false, false, false},
    {"a proof of one event", 7, 20, 7, DAYBOOK_INVALID, false, true, false, false},
    {"a foreign log", 0, 7, 0, DAYBOOK_DAMAGED, false, false, true, false},
    {"its own memory is damaged", 7, 20, 7, DAYBOOK_DAMAGED, false, false, false, true},
};

static struct daybook_buffer request_of(const struct cosign_row *row, struct daybook_bytes checkpoint) {
    struct daybook_buffer request = {0};
    struct proof_file file = {.kind = row->is_inclusion ? PROOF_FILE_INCLUSION : PROOF_FILE_CONSISTENCY,
                              .number = row->old_size,
                              .checkpoint = checkpoint};
    if (row->old_size == 0) {
        assert_int_equal(daybook_buffer_append(&request, checkpoint.data, checkpoint.size), DAYBOOK_OK);
    } else {
        reference_subproof(leaves, row->old_size, row->size, true, &file.proof);
        assert_int_equal(proof_file_format(&file, &request), DAYBOOK_OK);
    }
    return request;
}

static void cosigns(void **state) {
    const struct cosign_row *row = *state;
    struct note_signer log = signer_of(ORIGIN, NOTE_ED25519, row->is_foreign ? 9 : 1);
    struct note_signer witness = signer_of("w.example", NOTE_COSIGNATURE, 2);
    struct daybook_buffer checkpoint = checkpoint_of(row->size, row->is_forked);
    struct daybook_buffer request = request_of(row, daybook_buffer_view(&checkpoint));
    struct daybook_buffer last = row->last == 0 ? (struct daybook_buffer){0} : checkpoint_of(row->last, false);
    struct daybook_buffer out = {0};
    struct daybook_error error = {0};
    last.size -= row->is_cut ? 30 : 0;
    assert_int_equal(witness_cosign(daybook_buffer_view(&request), daybook_buffer_view(&last), &log.key, &witness,
                                    TIME_S, &out, &error),
                     row->status);
    if (row->status == DAYBOOK_OK) {
        static struct note note;
        struct note_verdict verdict;
        assert_int_equal(note_parse(daybook_buffer_view(&out), &note, NULL), DAYBOOK_OK);
        assert_int_equal(note.signature_count, 2);
        assert_int_equal(note_check(&note, &witness.key, &verdict, NULL), DAYBOOK_OK);
        assert_true(verdict.is_signed);
        assert_int_equal(verdict.time_s, TIME_S);
        assert_memory_equal(out.data, checkpoint.data, checkpoint.size);
    } else {
        assert_int_equal(out.size, 0);
        assert_int_not_equal(error.message[0], '\0');
    }
    daybook_buffer_release(&checkpoint);
    daybook_buffer_release(&request);
    daybook_buffer_release(&last);
    daybook_buffer_release(&out);
}

/* A request whose checkpoint has `line` so many times more. */
static enum daybook_status cosign_with_lines(const char *line, int count, struct daybook_buffer *out) {
    struct note_signer log = signer_of(ORIGIN, NOTE_ED25519, 1);
    struct note_signer witness = signer_of("w.example", NOTE_COSIGNATURE, 2);
    struct daybook_buffer request = checkpoint_of(7, false);
    struct daybook_error error = {0};
    for (int i = 0; i < count; i++) {
        assert_int_equal(daybook_buffer_append(&request, line, strlen(line)), DAYBOOK_OK);
    }
    enum daybook_status status = witness_cosign(daybook_buffer_view(&request), (struct daybook_bytes){0}, &log.key,
                                                &witness, TIME_S, out, &error);
    daybook_buffer_release(&request);
    return status;
}

/* Whoever asks may have put anything behind the log's signature: what is remembered has to be read again. */
static void what_it_remembers_can_be_read(void **state) {
    (void)state;
    static struct note note;
    struct note_signer witness = signer_of("w.example", NOTE_COSIGNATURE, 2);
    struct daybook_buffer out = {0};
    const char *other = "\xE2\x80\x94 other AAAAAAAA\n";
    char own[64];
    const uint8_t junk[] = {(uint8_t)(witness.key.id >> 24),
                            (uint8_t)(witness.key.id >> 16),
                            (uint8_t)(witness.key.id >> 8),
                            (uint8_t)witness.key.id,
                            0,
                            0};
    struct daybook_buffer encoded = {0};
    assert_int_equal(base64_append(&encoded, (struct daybook_bytes){junk, sizeof junk}), DAYBOOK_OK);
    (void)snprintf(own, sizeof own, "\xE2\x80\x94 w.example %.*s\n", (int)encoded.size, (const char *)encoded.data);
    assert_int_equal(cosign_with_lines(other, NOTE_SIGNATURES_MAX - 2, &out), DAYBOOK_OK);
    assert_int_equal(note_parse(daybook_buffer_view(&out), &note, NULL), DAYBOOK_OK);
    out.size = 0;
    assert_int_equal(cosign_with_lines(other, NOTE_SIGNATURES_MAX - 1, &out), DAYBOOK_DAMAGED);
    assert_int_equal(cosign_with_lines(own, 1, &out), DAYBOOK_DAMAGED);
    assert_int_equal(out.size, 0);
    daybook_buffer_release(&encoded);
    daybook_buffer_release(&out);
}

/* WI2. The state is what was given away before. */
static void the_clock_does_not_go_back(void **state) {
    (void)state;
    struct note_signer log = signer_of(ORIGIN, NOTE_ED25519, 1);
    struct note_signer witness = signer_of("w.example", NOTE_COSIGNATURE, 2);
    struct note_signer newer = signer_of("w.example", NOTE_COSIGNATURE, 3);
    struct daybook_buffer checkpoint = checkpoint_of(7, false);
    struct daybook_buffer last = {0};
    struct daybook_buffer out = {0};
    struct daybook_error error = {0};
    struct daybook_bytes request = daybook_buffer_view(&checkpoint);
    assert_int_equal(witness_cosign(request, (struct daybook_bytes){0}, &log.key, &witness, TIME_S, &last, &error),
                     DAYBOOK_OK);
    struct daybook_bytes before = daybook_buffer_view(&last);
    assert_int_equal(witness_cosign(request, before, &log.key, &witness, TIME_S - 1, &out, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "2023-11-14T22:13:20"));
    assert_non_null(strstr(error.message, "2023-11-14T22:13:19"));
    assert_int_equal(out.size, 0);
    assert_int_equal(witness_cosign(request, before, &log.key, &witness, TIME_S, &out, &error), DAYBOOK_OK);
    /* A new key has made no such promise. */
    assert_int_equal(witness_cosign(request, before, &log.key, &newer, TIME_S - 1, &out, &error), DAYBOOK_OK);
    daybook_buffer_release(&checkpoint);
    daybook_buffer_release(&last);
    daybook_buffer_release(&out);
}

/* What neither a checkpoint nor a proof begins with, and what ends too early. */
static void what_is_no_request_is_not_signed(void **state) {
    (void)state;
    static const char *const requests[] = {
        "", "ol", "old", "old ", "old x\n", "old 7\n\n", "example\n", "c2sp.org", "c2sp.org/tlog-proof@v9\n"};
    struct note_signer log = signer_of(ORIGIN, NOTE_ED25519, 1);
    struct note_signer witness = signer_of("w.example", NOTE_COSIGNATURE, 2);
    for (size_t i = 0; i < ROW_COUNT(requests); i++) {
        struct daybook_buffer out = {0};
        struct daybook_error error = {0};
        enum daybook_status status = witness_cosign(daybook_bytes_of_text(requests[i]), (struct daybook_bytes){0},
                                                    &log.key, &witness, TIME_S, &out, &error);
        assert_true(status == DAYBOOK_INVALID || status == DAYBOOK_DAMAGED);
        assert_int_not_equal(error.message[0], '\0');
        assert_int_equal(out.size, 0);
    }
}

/* ---- what is asked of witnesses ---- */

struct policy_row {
    const char *name;
    uint64_t since_s;
    size_t needed;
    size_t signed_count; /* Of the three witnesses. */
    bool is_enough;
};
static const struct policy_row policy_rows[] = {
    {"nobody is asked for", 0, 0, 0, true}, {"one of one", 0, 1, 1, true},
    {"more than needed", 0, 1, 3, true},    {"too few", 0, 2, 1, false},
    {"none at all", 0, 1, 0, false},        {"on the last second", TIME_S, 2, 2, true},
    {"expired", TIME_S + 1, 1, 3, false},
};

static void asks_for_enough_witnesses(void **state) {
    const struct policy_row *row = *state;
    static struct note note;
    struct note_key keys[3];
    struct daybook_buffer checkpoint = checkpoint_of(5, false);
    struct daybook_error error = {0};
    struct daybook_buffer text = {0};
    assert_int_equal(note_parse(daybook_buffer_view(&checkpoint), &note, NULL), DAYBOOK_OK);
    assert_int_equal(daybook_buffer_append(&text, note.text.data, note.text.size), DAYBOOK_OK);
    for (size_t i = 0; i < 3; i++) {
        char name[] = "w0.example";
        name[1] = (char)('0' + i);
        struct note_signer witness = signer_of(name, NOTE_COSIGNATURE, (uint8_t)(10 + i));
        keys[i] = witness.key;
        if (i < row->signed_count) {
            assert_int_equal(note_sign_line(daybook_buffer_view(&text), &witness, TIME_S, &checkpoint, NULL),
                             DAYBOOK_OK);
        }
    }
    struct witness_policy policy = {.keys = keys, .key_count = 3, .needed = row->needed, .since_s = row->since_s};
    assert_int_equal(note_parse(daybook_buffer_view(&checkpoint), &note, NULL), DAYBOOK_OK);
    assert_int_equal(witness_check(&note, &policy, &error), row->is_enough ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    /* A known key whose signature does not fit rejects the note, whatever the others say. */
    checkpoint.data[0] ^= 1;
    assert_int_equal(note_parse(daybook_buffer_view(&checkpoint), &note, NULL), DAYBOOK_OK);
    assert_int_equal(witness_check(&note, &policy, &error),
                     row->needed == 0 && row->signed_count == 0 ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    daybook_buffer_release(&checkpoint);
    daybook_buffer_release(&text);
}

int main(void) {
    static struct rows rows;
    reference_fill(leaves);
    ROWS_ADD_TABLE(&rows, cosign_rows, cosigns);
    rows_add(&rows, "what is no request is not signed", what_is_no_request_is_not_signed, NULL);
    rows_add(&rows, "what it remembers can be read", what_it_remembers_can_be_read, NULL);
    rows_add(&rows, "the clock does not go back", the_clock_does_not_go_back, NULL);
    ROWS_ADD_TABLE(&rows, policy_rows, asks_for_enough_witnesses);
    return rows_run("witness", &rows);
}
