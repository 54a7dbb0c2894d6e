/* The tree view against RFC 6962's definitions, over a journal long enough for three levels of kept nodes. */
#include <stdlib.h>
#include <unistd.h>

#include "projections/submitting.h"
#include "tests/engine/proof/reference.h"

#include "engine/audit_files.h"
#include "projections/tree.h"
#include "proof/proof_file.h"

enum { EVENTS = 66000, BATCH = 5000 };

static struct asking a;
static struct merkle_hash leaves[EVENTS];
static struct sha256 *sha256;

/* An event that says its place and nothing more: the tree looks at bytes alone. */
static size_t make_event(uint64_t sequence, uint8_t bytes[64]) {
    Pb__Event event = PB__EVENT__INIT;
    event.sequence = sequence;
    Pb__PeriodReopened body = PB__PERIOD_REOPENED__INIT;
    event.recorded_at_us = (int64_t)sequence * 1000;
    event.body_case = PB__EVENT__BODY_PERIOD_REOPENED;
    event.period_reopened = &body;
    return pb__event__pack(&event, bytes);
}

static void append_events(uint64_t first, size_t count) {
    static uint8_t bytes[BATCH][64];
    static struct event_span spans[BATCH];
    static int64_t times[BATCH];
    struct journal *journal = NULL;
    struct journal_options options = {.is_writer = true, .map_size_bytes = (size_t)1 << 32};
    for (size_t i = 0; i < count; i++) {
        spans[i] = (struct event_span){bytes[i], (uint32_t)make_event(first + i, bytes[i])};
        times[i] = (int64_t)(first + i) * 1000;
        reference_leaf(bytes[i], spans[i].size, &leaves[first + i - 1]);
    }
    struct journal_batch batch = {spans, times, count};
    ASKING_OK(&a, journal_open(a.directory, &options, &journal, &a.error));
    ASKING_OK(&a, journal_append(journal, &batch, &a.error));
    journal_close(journal);
}

/* Folds after each batch, and each time in a new process' state: the edge is read again. */
static int open_ledger(void **state) {
    (void)state;
    strcpy(a.directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(a.directory));
    arena_init(&a.arena, (size_t)1 << 28);
    struct daybook_create_options made = {.timezone = "UTC", .currency = "EUR"};
    ASKING_OK(&a, daybook_create(a.directory, &made, &a.error));
    for (uint64_t first = 1; first <= EVENTS;) {
        size_t count = EVENTS - first + 1 < BATCH ? (size_t)(EVENTS - first + 1) : BATCH - first % 7;
        append_events(first, count);
        first += count;
        asking_reopen(&a);
        struct view *view = ledger_view(a.ledger, "tree");
        ASKING_OK(&a, view_catch_up(view, first - 1, NULL, &a.error));
        daybook_close(a.ledger);
        a.ledger = NULL;
    }
    asking_reopen(&a);
    sha256 = sha256_open();
    return 0;
}

static int close_ledger(void **state) {
    (void)state;
    sha256_close(sha256);
    asking_close(&a);
    return 0;
}

/* The root by growing over our own leaves; growing is tested against the definition elsewhere. */
static struct merkle_hash root_at(uint64_t size) {
    struct merkle_edge edge = {0};
    struct merkle_hash root;
    for (uint64_t i = 0; i < size; i++) {
        assert_int_equal(merkle_edge_add(&edge, sha256, &leaves[i], NULL, NULL, NULL), DAYBOOK_OK);
    }
    merkle_edge_root(&edge, sha256, &root);
    return root;
}

static const uint64_t sizes[] = {1,   2,    3,     255,   256,   257,   511,   512,
                                 513, 4095, 10000, 65535, 65536, 65537, 65792, EVENTS};

static const Pb__CheckpointAnswer *ask_checkpoint(uint64_t size, enum daybook_status expected) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__CheckpointQuery asked = PB__CHECKPOINT_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    asked.size = size;
    query.question_case = PB__QUERY__QUESTION_CHECKPOINT;
    query.checkpoint = &asked;
    assert_int_equal(query_run(a.ledger, &query, &a.arena, &answer, &a.error), expected);
    return (const Pb__CheckpointAnswer *)answer;
}

static void roots_are_those_of_the_definition(void **state) {
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(sizes); i++) {
        const Pb__CheckpointAnswer *answer = ask_checkpoint(sizes[i], DAYBOOK_OK);
        struct merkle_hash expected = root_at(sizes[i]);
        assert_int_equal(answer->size, sizes[i]);
        assert_int_equal(answer->journal_head, EVENTS);
        assert_int_equal(answer->root.len, 32);
        assert_memory_equal(answer->root.data, expected.bytes, 32);
    }
    assert_int_equal(ask_checkpoint(0, DAYBOOK_OK)->size, EVENTS);
    (void)ask_checkpoint(EVENTS + 1, DAYBOOK_INVALID);
}

static void take_hashes(size_t count, const ProtobufCBinaryData *hashes, struct merkle_proof *proof) {
    proof->count = count;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hashes[i].len, 32);
        memcpy(proof->hashes[i].bytes, hashes[i].data, 32);
    }
}

static const Pb__InclusionAnswer *ask_inclusion(uint64_t sequence, uint64_t size, enum daybook_status expected) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__InclusionQuery asked = PB__INCLUSION_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    asked.sequence = sequence;
    asked.size = size;
    query.question_case = PB__QUERY__QUESTION_INCLUSION;
    query.inclusion = &asked;
    assert_int_equal(query_run(a.ledger, &query, &a.arena, &answer, &a.error), expected);
    return (const Pb__InclusionAnswer *)answer;
}

static void events_are_proved_to_be_included(void **state) {
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(sizes); i++) {
        struct merkle_hash root = root_at(sizes[i]);
        const uint64_t sequences[] = {1, sizes[i], (sizes[i] + 1) / 2, sizes[i] / 3 + 1};
        for (size_t j = 0; j < ROW_COUNT(sequences); j++) {
            struct merkle_proof proof;
            const Pb__InclusionAnswer *answer = ask_inclusion(sequences[j], sizes[i], DAYBOOK_OK);
            take_hashes(answer->n_hashes, answer->hashes, &proof);
            assert_memory_equal(answer->leaf.data, leaves[sequences[j] - 1].bytes, 32);
            assert_int_equal(merkle_check_inclusion(sha256, sequences[j] - 1, sizes[i], &leaves[sequences[j] - 1],
                                                    &proof, &root, NULL),
                             DAYBOOK_OK);
            assert_string_equal(answer->proof_file, "");
        }
    }
    (void)ask_inclusion(0, 10, DAYBOOK_INVALID);
    (void)ask_inclusion(11, 10, DAYBOOK_INVALID);
}

static const Pb__ConsistencyAnswer *ask_consistency(uint64_t old_size, uint64_t size, enum daybook_status expected) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__ConsistencyQuery asked = PB__CONSISTENCY_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    asked.old_size = old_size;
    asked.size = size;
    query.question_case = PB__QUERY__QUESTION_CONSISTENCY;
    query.consistency = &asked;
    assert_int_equal(query_run(a.ledger, &query, &a.arena, &answer, &a.error), expected);
    return (const Pb__ConsistencyAnswer *)answer;
}

static void sizes_are_proved_to_be_consistent(void **state) {
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(sizes); i++) {
        for (size_t j = i; j < ROW_COUNT(sizes); j += 3) {
            struct merkle_proof proof;
            const Pb__ConsistencyAnswer *answer = ask_consistency(sizes[i], sizes[j], DAYBOOK_OK);
            struct merkle_size old = {sizes[i], root_at(sizes[i])};
            struct merkle_size now = {sizes[j], root_at(sizes[j])};
            take_hashes(answer->n_hashes, answer->hashes, &proof);
            assert_int_equal(merkle_check_consistency(sha256, &old, &now, &proof, NULL), DAYBOOK_OK);
        }
    }
    (void)ask_consistency(0, 10, DAYBOOK_INVALID);
    (void)ask_consistency(11, 10, DAYBOOK_INVALID);
}

/* A signed checkpoint makes files of the proofs, and is what a size of 0 means. */
static void checkpoints_go_with_the_proofs(void **state) {
    (void)state;
    struct note_signer signer;
    struct tree_head head = {.origin = "books.example", .tree = {1000, root_at(1000)}};
    struct daybook_buffer text = {0};
    struct daybook_buffer note = {0};
    struct proof_file file;
    int lock;
    ASKING_OK(&a, note_signer_new("books.example", NOTE_ED25519, &signer, &a.error));
    ASKING_OK(&a, audit_key_keep(a.directory, &signer, &a.error));
    assert_int_equal(audit_key_keep(a.directory, &signer, &a.error), DAYBOOK_EXISTS);
    ASKING_OK(&a, audit_signer_load(a.directory, NULL, &signer, &a.error));
    assert_int_equal(tree_head_format(&head, &text), DAYBOOK_OK);
    ASKING_OK(&a, note_sign(daybook_buffer_view(&text), &signer, &note, &a.error));
    ASKING_OK(&a, audit_lock(a.directory, &lock, &a.error));
    ASKING_OK(&a, audit_checkpoint_write(a.directory, 1000, daybook_buffer_view(&note), &a.error));
    audit_unlock(lock);
    const Pb__CheckpointAnswer *newest = ask_checkpoint(0, DAYBOOK_OK);
    assert_int_equal(newest->size, EVENTS);
    assert_int_equal(newest->checkpoint_size, 1000);
    assert_int_equal(strlen(newest->checkpoint), note.size);
    assert_memory_equal(newest->checkpoint, note.data, note.size);
    assert_int_equal(ask_checkpoint(999, DAYBOOK_OK)->checkpoint_size, 0);
    const Pb__InclusionAnswer *inclusion = ask_inclusion(77, 0, DAYBOOK_OK);
    assert_int_equal(inclusion->size, 1000);
    assert_int_equal(proof_file_parse(daybook_bytes_of_text(inclusion->proof_file), &file, NULL), DAYBOOK_OK);
    assert_int_equal(file.number, 76);
    assert_int_equal(tree_head_open(file.checkpoint, &signer.key, NULL, NULL, &head, &a.error), DAYBOOK_OK);
    assert_int_equal(
        merkle_check_inclusion(sha256, file.number, head.tree.size, &leaves[76], &file.proof, &head.tree.root, NULL),
        DAYBOOK_OK);
    /* An event past it is proved in the whole log, where no checkpoint is signed yet. */
    inclusion = ask_inclusion(2000, 0, DAYBOOK_OK);
    assert_int_equal(inclusion->size, EVENTS);
    assert_string_equal(inclusion->proof_file, "");
    const Pb__ConsistencyAnswer *consistency = ask_consistency(500, 0, DAYBOOK_OK);
    assert_int_equal(consistency->size, 1000);
    assert_int_equal(proof_file_parse(daybook_bytes_of_text(consistency->proof_file), &file, NULL), DAYBOOK_OK);
    assert_int_equal(file.kind, PROOF_FILE_CONSISTENCY);
    daybook_buffer_release(&text);
    daybook_buffer_release(&note);
}

/* The view is small: its purpose is not to keep 32 bytes an event. */
static void few_rows_are_kept(void **state) {
    (void)state;
    struct view_digest digest;
    ASKING_OK(&a, view_compute_digest(ledger_view(a.ledger, "tree"), NULL, &digest, &a.error));
    assert_int_equal(digest.position, EVENTS);
    assert_int_equal(digest.row_count, EVENTS / 256 + EVENTS / 65536 + 1);
}

/* The process that writes folds what it has encoded without decoding it; another one decodes it before. */
static void who_has_written_folds_the_same_tree(void **state) {
    enum { LOTS = 300 };
    struct asking b;
    struct view_digest digests[2];
    (void)state;
    submitting_open(&b);
    submit_customer(&b, "2024-01-01");
    for (int i = 0; i < LOTS; i++) {
        char lot[16];
        (void)snprintf(lot, sizeof lot, "L%d", i);
        submit_lot(&b, "2024-01-02", &(struct lot_plan){.lot = lot, .amount = 100 + i});
    }
    struct view *view = ledger_view(b.ledger, "tree");
    ASKING_OK(&b, view_catch_up(view, LOTS + 1, NULL, &b.error));
    ASKING_OK(&b, view_compute_digest(view, NULL, &digests[0], &b.error));
    asking_reopen(&b);
    view = ledger_view(b.ledger, "tree");
    ASKING_OK(&b, view_rebuild(view, NULL, &b.error));
    ASKING_OK(&b, view_compute_digest(view, NULL, &digests[1], &b.error));
    assert_int_equal(digests[0].position, LOTS + 1);
    assert_int_equal(digests[1].position, LOTS + 1);
    assert_memory_equal(digests[0].sha256, digests[1].sha256, sizeof digests[0].sha256);
    asking_close(&b);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "roots", roots_are_those_of_the_definition, NULL);
    rows_add(&rows, "inclusion", events_are_proved_to_be_included, NULL);
    rows_add(&rows, "consistency", sizes_are_proved_to_be_consistent, NULL);
    rows_add(&rows, "few rows", few_rows_are_kept, NULL);
    rows_add(&rows, "written here", who_has_written_folds_the_same_tree, NULL);
    rows_add(&rows, "checkpoints", checkpoints_go_with_the_proofs, NULL);
    return _cmocka_run_group_tests("tree", rows.tests, rows.count, open_ledger, close_ledger);
}
