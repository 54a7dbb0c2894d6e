/*
 * Every part of memory and every function of libcrypto that proofs ask for fails, one after the other: each time it is
 * said, nothing false is called good, and nothing is lost.
 */
#include "proof/note.h"
#include "proof/proof_file.h"
#include "proof/tile_builder.h"
#include "proof/witness.h"
#include "reference.h"
#include "tests/fault/fail.h"

#define ORIGIN "example.org/log"

enum { LEAVES = 20, OLD = 7, FAILING_MOST = 5000 };

static struct merkle_hash leaves[REFERENCE_LEAVES];

/* What a life makes: the same whenever it comes to its end. */
struct life {
    struct daybook_buffer checkpoint;
    struct daybook_buffer old_checkpoint;
    struct daybook_buffer consistency;
    struct daybook_buffer cosigned;
    struct daybook_buffer tiles;
    struct daybook_error error;
};

static enum daybook_status sign_head(struct life *life, uint64_t size, struct daybook_buffer *out) {
    const uint8_t seed[NOTE_SEED_SIZE] = {1};
    struct note_signer log;
    struct tree_head head = {.origin = ORIGIN, .tree = {.size = size}};
    struct daybook_buffer text = {0};
    head.tree.root = reference_root(leaves, size);
    enum daybook_status status = note_signer_of_seed(ORIGIN, NOTE_ED25519, seed, &log, &life->error);
    if (status == DAYBOOK_OK) {
        status = tree_head_format(&head, &text);
        if (status == DAYBOOK_OK) {
            status = note_sign(daybook_buffer_view(&text), &log, out, &life->error);
        } else {
            (void)daybook_fail(&life->error, status, "memory was refused");
        }
    }
    daybook_buffer_release(&text);
    return status;
}

static enum daybook_status prove(struct life *life) {
    const struct merkle_source source = {reference_source, leaves};
    struct proof_file file = {
        .kind = PROOF_FILE_CONSISTENCY, .number = OLD, .checkpoint = daybook_buffer_view(&life->checkpoint)};
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return daybook_fail(&life->error, DAYBOOK_NO_MEMORY, "memory was refused");
    }
    enum daybook_status status = merkle_prove_consistency(&source, sha256, OLD, LEAVES, &file.proof, &life->error);
    sha256_close(sha256);
    if (status == DAYBOOK_OK && (status = proof_file_format(&file, &life->consistency)) != DAYBOOK_OK) {
        (void)daybook_fail(&life->error, status, "memory was refused");
    }
    return status;
}

static enum daybook_status cosign(struct life *life) {
    const uint8_t seed[NOTE_SEED_SIZE] = {1};
    char text[NOTE_KEY_TEXT_MAX];
    struct note_signer log;
    struct note_signer made;
    struct note_signer witness;
    struct note_key log_key;
    DAYBOOK_TRY(note_signer_of_seed(ORIGIN, NOTE_ED25519, seed, &log, &life->error));
    note_key_format(&log.key, text);
    DAYBOOK_TRY(note_key_parse(text, strlen(text), &log_key, &life->error));
    DAYBOOK_TRY(note_signer_new("w.example", NOTE_COSIGNATURE, &made, &life->error));
    note_signer_format(&made, text);
    DAYBOOK_TRY(note_signer_parse(text, strlen(text), &witness, &life->error));
    struct daybook_buffer *out = &life->cosigned;
    DAYBOOK_TRY(witness_cosign(daybook_buffer_view(&life->consistency), daybook_buffer_view(&life->old_checkpoint),
                               &log_key, &witness, 1700000000, out, &life->error));
    static struct note note;
    const struct witness_policy policy = {.keys = &witness.key, .key_count = 1, .needed = 1};
    struct tree_head head;
    DAYBOOK_TRY(tree_head_open(daybook_buffer_view(out), &log_key, NULL, &note, &head, &life->error));
    DAYBOOK_TRY(witness_check(&note, &policy, &life->error));
    assert_int_equal(head.tree.size, LEAVES);
    return DAYBOOK_OK;
}

static enum daybook_status keep_tile(void *context, const char *path, struct daybook_bytes tile,
                                     struct daybook_error *error) {
    struct life *life = context;
    (void)path;
    enum daybook_status status = daybook_buffer_append(&life->tiles, tile.data, tile.size);
    return status == DAYBOOK_OK ? status : daybook_fail(error, status, "memory was refused");
}

static enum daybook_status tile(struct life *life) {
    static struct tile_builder builder;
    struct merkle_size tree;
    enum daybook_status status = tile_builder_open(&builder, keep_tile, life, &life->error);
    for (uint8_t i = 0; status == DAYBOOK_OK && i < 3; i++) {
        status = tile_builder_add(&builder, (struct daybook_bytes){&i, 1}, &life->error);
    }
    if (status == DAYBOOK_OK) {
        status = tile_builder_end(&builder, &tree, &life->error);
    }
    tile_builder_close(&builder);
    return status;
}

static enum daybook_status live(struct life *life) {
    DAYBOOK_TRY(sign_head(life, OLD, &life->old_checkpoint));
    DAYBOOK_TRY(sign_head(life, LEAVES, &life->checkpoint));
    DAYBOOK_TRY(prove(life));
    DAYBOOK_TRY(cosign(life));
    return tile(life);
}

static void release(struct life *life) {
    daybook_buffer_release(&life->checkpoint);
    daybook_buffer_release(&life->old_checkpoint);
    daybook_buffer_release(&life->consistency);
    daybook_buffer_release(&life->cosigned);
    daybook_buffer_release(&life->tiles);
}

struct call_row {
    const char *name;
    enum fail_call call;
};
static const struct call_row call_rows[] = {{"memory", FAIL_PART}, {"libcrypto", FAIL_LIBRARY}};

static void each_failure_is_said(void **state) {
    const struct call_row *row = *state;
    bool was_met = true;
    uint64_t nth = 0;
    while (was_met) {
        struct life life = {0};
        fail_arm(row->call, ++nth, false);
        enum daybook_status status = live(&life);
        was_met = fail_disarm() > 0;
        if (was_met == (status == DAYBOOK_OK) || (was_met && life.error.message[0] == '\0')) {
            fail_msg("call %u fails: %s: %s", (unsigned)nth, daybook_status_name(status), life.error.message);
        }
        release(&life);
        assert_true(nth < FAILING_MOST);
    }
    assert_true(nth > 10);
}

/* ---- a tree that cannot be read ---- */

struct broken {
    uint64_t good; /* So many nodes are read, and then none. */
};

static enum daybook_status broken_source(void *context, unsigned level, uint64_t index, struct merkle_hash *hash,
                                         struct daybook_error *error) {
    struct broken *broken = context;
    if (broken->good == 0) {
        return daybook_fail(error, DAYBOOK_IO, "reading a node: the disk is broken");
    }
    broken->good--;
    return reference_source(leaves, level, index, hash, error);
}

/* One of the four questions to a tree of LEAVES entries. */
static enum daybook_status ask(int question, uint64_t entry, const struct merkle_source *source, struct sha256 *sha256,
                               struct merkle_proof *proof, struct daybook_error *error) {
    struct merkle_edge edge;
    struct merkle_hash root;
    switch (question) {
    case 0:
        return merkle_edge_of(source, entry, &edge, error);
    case 1:
        return merkle_root_of(source, sha256, entry, &root, error);
    case 2:
        return merkle_prove_inclusion(source, sha256, entry - 1, LEAVES, proof, error);
    default:
        return merkle_prove_consistency(source, sha256, entry, LEAVES, proof, error);
    }
}

static void a_node_that_cannot_be_read_is_said(void **state) {
    (void)state;
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    for (int question = 0; question < 4; question++) {
        for (uint64_t entry = 1; entry <= LEAVES; entry++) {
            enum daybook_status status = DAYBOOK_IO;
            uint64_t good = 0;
            for (; status != DAYBOOK_OK; good++) {
                struct broken broken = {good};
                const struct merkle_source source = {broken_source, &broken};
                struct merkle_proof proof;
                struct daybook_error error = {0};
                status = ask(question, entry, &source, sha256, &proof, &error);
                assert_true(status == DAYBOOK_OK ? broken.good == 0 : status == DAYBOOK_IO);
                assert_true(status == DAYBOOK_OK || strcmp(error.message, "reading a node: the disk is broken") == 0);
            }
            /* A tree is consistent with itself without reading any of it. */
            assert_true(good > 1 || (question == 3 && entry == LEAVES));
        }
    }
    sha256_close(sha256);
}

int main(void) {
    static struct rows rows;
    reference_fill(leaves);
    ROWS_ADD_TABLE(&rows, call_rows, each_failure_is_said);
    rows_add(&rows, "a node that cannot be read is said", a_node_that_cannot_be_read_is_said, NULL);
    return rows_run("proof_fails", &rows);
}
