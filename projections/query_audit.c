/* Questions about the log itself: its root, its newest checkpoint, and proofs. */
#include <inttypes.h>
#include <string.h>

#include "engine/audit_files.h"
#include "projections/query_book.h"
#include "projections/tree.h"
#include "proof/proof_file.h"

/* The tree at a size, while it is asked, and the newest checkpoint of at most that size. */
struct audit {
    struct daybook *ledger;
    struct arena *arena;
    struct journal_head head;
    struct view_read read;
    struct journal_reader *reader;
    struct tree_reader tree;
    struct merkle_source source;
    uint64_t size;
    uint64_t checkpoint_size; /* 0: none. */
    struct daybook_buffer checkpoint;
};

/* `covered`: a size of 0 means that of the newest checkpoint, if it has this event; else all. */
static enum daybook_status choose_size(struct audit *audit, uint64_t asked, uint64_t covered,
                                       struct daybook_error *error) {
    const char *directory = ledger_directory(audit->ledger);
    uint64_t limit = asked == 0 ? audit->head.sequence : asked;
    if (limit > audit->head.sequence) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the log has %" PRIu64 " events; there is nothing to say of %" PRIu64, audit->head.sequence,
                            asked);
    }
    enum daybook_status status =
        audit_checkpoint_newest(directory, limit, &audit->checkpoint_size, &audit->checkpoint, error);
    if (status != DAYBOOK_OK && status != DAYBOOK_NOT_FOUND) {
        return status;
    }
    bool is_covered = covered > 0 && audit->checkpoint_size >= covered;
    audit->size = asked == 0 && is_covered ? audit->checkpoint_size : limit;
    return DAYBOOK_OK;
}

static enum daybook_status audit_open(struct audit *audit, struct daybook *ledger, struct arena *arena, uint64_t size,
                                      uint64_t covered, struct daybook_error *error) {
    *audit = (struct audit){.ledger = ledger, .arena = arena};
    DAYBOOK_TRY(journal_head(ledger_journal(ledger), &audit->head, error));
    DAYBOOK_TRY(choose_size(audit, size, covered, error));
    DAYBOOK_TRY(journal_reader_open(ledger_journal(ledger), &audit->reader, error));
    DAYBOOK_TRY(ledger_begin_read(ledger, "tree", audit->size, &audit->read, error));
    DAYBOOK_TRY(tree_reader_open(&audit->tree, audit->read.txn, audit->reader, audit->size, error));
    audit->source = tree_source(&audit->tree);
    return DAYBOOK_OK;
}

static void audit_close(struct audit *audit) {
    tree_reader_close(&audit->tree);
    view_end_read(&audit->read);
    journal_reader_close(audit->reader);
    daybook_buffer_release(&audit->checkpoint);
}

/* Rows of the view that are damaged give it up; damage of the journal does not. */
static enum daybook_status audit_check(struct audit *audit, enum daybook_status status,
                                       const struct daybook_error *error) {
    if (status == DAYBOOK_DAMAGED && error != NULL && strncmp(error->message, "reading the tree: node", 22) == 0) {
        view_mark_damaged(audit->read.view, error->message);
    }
    return status;
}

static enum daybook_status copy_bytes(struct audit *audit, const void *data, size_t size, ProtobufCBinaryData *to) {
    to->data = arena_alloc(audit->arena, size > 0 ? size : 1);
    if (to->data == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    memcpy(to->data, data, size);
    to->len = size;
    return DAYBOOK_OK;
}

static enum daybook_status copy_hash(struct audit *audit, const struct merkle_hash *hash, ProtobufCBinaryData *to) {
    return copy_bytes(audit, hash->bytes, SHA256_SIZE, to);
}

static enum daybook_status copy_hashes(struct audit *audit, const struct merkle_proof *proof, size_t *count,
                                       ProtobufCBinaryData **to) {
    *count = proof->count;
    *to = arena_alloc(audit->arena, (proof->count + 1) * sizeof **to);
    if (*to == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t i = 0; i < proof->count; i++) {
        DAYBOOK_TRY(copy_hash(audit, &proof->hashes[i], &(*to)[i]));
    }
    return DAYBOOK_OK;
}

static enum daybook_status copy_text(struct audit *audit, struct daybook_bytes bytes, char **text) {
    *text = arena_copy_text(audit->arena, bytes.size > 0 ? (const char *)bytes.data : "", bytes.size);
    return *text != NULL ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
}

/* As a file, where a checkpoint of the proof's size is signed. */
static enum daybook_status copy_file(struct audit *audit, struct proof_file *file, char **text) {
    struct daybook_buffer bytes = {0};
    if (audit->checkpoint_size != audit->size || audit->size == 0) {
        return DAYBOOK_OK;
    }
    file->checkpoint = daybook_buffer_view(&audit->checkpoint);
    enum daybook_status status = proof_file_format(file, &bytes);
    if (status == DAYBOOK_OK) {
        status = copy_text(audit, daybook_buffer_view(&bytes), text);
    }
    daybook_buffer_release(&bytes);
    return status;
}

/* ---- checkpoint ---- */

static enum daybook_status fill_checkpoint(struct audit *audit, Pb__CheckpointAnswer *made,
                                           struct daybook_error *error) {
    struct merkle_hash root;
    struct note_key key;
    char text[NOTE_KEY_TEXT_MAX];
    DAYBOOK_TRY(merkle_root_of(&audit->source, audit->tree.sha256, audit->size, &root, error));
    DAYBOOK_TRY(copy_hash(audit, &root, &made->root));
    made->size = audit->size;
    made->journal_head = audit->head.sequence;
    made->checkpoint_size = audit->checkpoint_size;
    DAYBOOK_TRY(copy_text(audit, daybook_buffer_view(&audit->checkpoint), &made->checkpoint));
    enum daybook_status status = audit_key_load(ledger_directory(audit->ledger), &key, error);
    if (status == DAYBOOK_NOT_FOUND) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(status);
    note_key_format(&key, text);
    return copy_text(audit, daybook_bytes_of_text(text), &made->verifier_key);
}

enum daybook_status query_checkpoint(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                     ProtobufCMessage **answer, struct daybook_error *error) {
    struct audit audit;
    Pb__CheckpointAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__checkpoint_answer__init(made);
    enum daybook_status status = audit_open(&audit, ledger, arena, query->checkpoint->size, 0, error);
    if (status == DAYBOOK_OK) {
        status = audit_check(&audit, fill_checkpoint(&audit, made, error), error);
    }
    audit_close(&audit);
    *answer = &made->base;
    return status;
}

/* ---- inclusion ---- */

static enum daybook_status fill_inclusion(struct audit *audit, uint64_t sequence, Pb__InclusionAnswer *made,
                                          struct daybook_error *error) {
    struct proof_file file = {.kind = PROOF_FILE_INCLUSION, .number = sequence - 1};
    struct daybook_bytes event;
    struct merkle_hash leaf;
    struct merkle_hash root;
    if (sequence == 0 || sequence > audit->size) {
        return daybook_fail(error, DAYBOOK_INVALID, "there is no event %" PRIu64 " among the first %" PRIu64, sequence,
                            audit->size);
    }
    DAYBOOK_TRY(merkle_root_of(&audit->source, audit->tree.sha256, audit->size, &root, error));
    DAYBOOK_TRY(
        merkle_prove_inclusion(&audit->source, audit->tree.sha256, sequence - 1, audit->size, &file.proof, error));
    DAYBOOK_TRY(journal_read_one(audit->reader, sequence, &event, error));
    merkle_leaf(audit->tree.sha256, event, &leaf);
    /* What is handed out has been checked: rows and journal may differ only where one of them is damaged. */
    DAYBOOK_TRY(
        merkle_check_inclusion(audit->tree.sha256, sequence - 1, audit->size, &leaf, &file.proof, &root, error));
    made->sequence = sequence;
    made->size = audit->size;
    DAYBOOK_TRY(copy_bytes(audit, event.data, event.size, &made->event));
    DAYBOOK_TRY(copy_hash(audit, &leaf, &made->leaf));
    DAYBOOK_TRY(copy_hash(audit, &root, &made->root));
    DAYBOOK_TRY(copy_hashes(audit, &file.proof, &made->n_hashes, &made->hashes));
    return copy_file(audit, &file, &made->proof_file);
}

enum daybook_status query_inclusion(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                    ProtobufCMessage **answer, struct daybook_error *error) {
    struct audit audit;
    const Pb__InclusionQuery *asked = query->inclusion;
    Pb__InclusionAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__inclusion_answer__init(made);
    enum daybook_status status = audit_open(&audit, ledger, arena, asked->size, asked->sequence, error);
    if (status == DAYBOOK_OK) {
        status = audit_check(&audit, fill_inclusion(&audit, asked->sequence, made, error), error);
    }
    audit_close(&audit);
    *answer = &made->base;
    return status;
}

/* ---- consistency ---- */

static enum daybook_status fill_consistency(struct audit *audit, uint64_t old_size, Pb__ConsistencyAnswer *made,
                                            struct daybook_error *error) {
    struct proof_file file = {.kind = PROOF_FILE_CONSISTENCY, .number = old_size};
    struct merkle_size old = {.size = old_size};
    struct merkle_size now = {.size = audit->size};
    DAYBOOK_TRY(
        merkle_prove_consistency(&audit->source, audit->tree.sha256, old_size, audit->size, &file.proof, error));
    DAYBOOK_TRY(merkle_root_of(&audit->source, audit->tree.sha256, old_size, &old.root, error));
    DAYBOOK_TRY(merkle_root_of(&audit->source, audit->tree.sha256, audit->size, &now.root, error));
    DAYBOOK_TRY(merkle_check_consistency(audit->tree.sha256, &old, &now, &file.proof, error));
    made->old_size = old_size;
    made->size = audit->size;
    DAYBOOK_TRY(copy_hash(audit, &old.root, &made->old_root));
    DAYBOOK_TRY(copy_hash(audit, &now.root, &made->root));
    DAYBOOK_TRY(copy_hashes(audit, &file.proof, &made->n_hashes, &made->hashes));
    return copy_file(audit, &file, &made->proof_file);
}

enum daybook_status query_consistency(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                      ProtobufCMessage **answer, struct daybook_error *error) {
    struct audit audit;
    const Pb__ConsistencyQuery *asked = query->consistency;
    Pb__ConsistencyAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__consistency_answer__init(made);
    enum daybook_status status = audit_open(&audit, ledger, arena, asked->size, asked->old_size, error);
    if (status == DAYBOOK_OK) {
        status = audit_check(&audit, fill_consistency(&audit, asked->old_size, made, error), error);
    }
    audit_close(&audit);
    *answer = &made->base;
    return status;
}
