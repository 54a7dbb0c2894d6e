/* The jobs about the log's key and its checkpoints: who has the ledger signs, and nobody else sees what with. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "projections/query.h"
#include "tools/job.h"
#include "tools/text.h"
#include "tools/token_change.h"

/* ---- checkpoints ---- */

struct signing {
    struct job *job;
    const char *directory;
    struct note_signer signer;
    struct daybook_buffer note; /* The answer. */
    int lock;
};

static enum daybook_status ask_root(struct signing *signing, uint64_t size, const Pb__CheckpointAnswer **answer,
                                    struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__CheckpointQuery asked = PB__CHECKPOINT_QUERY__INIT;
    ProtobufCMessage *made = NULL;
    asked.size = size;
    query.question_case = PB__QUERY__QUESTION_CHECKPOINT;
    query.checkpoint = &asked;
    enum daybook_status status = query_run(signing->job->ledger, &query, signing->job->arena, &made, error);
    *answer = (const Pb__CheckpointAnswer *)made;
    return status;
}

static void take_root(const Pb__CheckpointAnswer *answer, struct merkle_size *tree) {
    tree->size = answer->size;
    memcpy(tree->root.bytes, answer->root.data, SHA256_SIZE);
}

/* The checkpoint of most entries, whatever the journal has. */
static enum daybook_status check_newest(struct signing *signing, uint64_t head, struct tree_head *newest,
                                        struct daybook_error *error) {
    const Pb__CheckpointAnswer *answer;
    struct merkle_size now;
    uint64_t size;
    newest->tree.size = 0;
    enum daybook_status status = audit_checkpoint_newest(signing->directory, UINT64_MAX, &size, &signing->note, error);
    if (status != DAYBOOK_OK) {
        return status == DAYBOOK_NOT_FOUND ? DAYBOOK_OK : status;
    }
    status = tree_head_open(daybook_buffer_view(&signing->note), &signing->signer.key, NULL, NULL, newest, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, _("the checkpoint of %" PRIu64 " events"), size);
    }
    if (newest->tree.size > head) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("a checkpoint of %" PRIu64 " events was signed, and the journal has %" PRIu64
                              ": events are gone. Nothing is signed; restore a backup that has them"),
                            newest->tree.size, head);
    }
    if (newest->tree.size == 0) {
        return DAYBOOK_OK;
    }
    status = ask_root(signing, newest->tree.size, &answer, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    take_root(answer, &now);
    if (!merkle_hash_equal(&now.root, &newest->tree.root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("the journal's first %" PRIu64
                              " events are not those of the checkpoint that was signed of "
                              "them. Nothing is signed; \"daybook audit verify\" finds the place"),
                            newest->tree.size);
    }
    return DAYBOOK_OK;
}

static enum daybook_status sign_head(struct signing *signing, struct daybook_error *error) {
    struct daybook_buffer text = {0};
    struct tree_head newest;
    struct tree_head head = {.tree = {.size = 0}};
    const Pb__CheckpointAnswer *answer;
    enum daybook_status status = ask_root(signing, 0, &answer, error);
    if (status == DAYBOOK_OK) {
        take_root(answer, &head.tree);
        status = check_newest(signing, answer->journal_head, &newest, error);
    }
    if (status != DAYBOOK_OK || (newest.tree.size == head.tree.size && signing->note.size > 0)) {
        return status; /* What was signed of these events is the answer again. */
    }
    (void)snprintf(head.origin, sizeof head.origin, "%s", signing->signer.key.name);
    daybook_buffer_reset(&signing->note);
    status = tree_head_format(&head, &text);
    if (status == DAYBOOK_OK) {
        status = note_sign(daybook_buffer_view(&text), &signing->signer, &signing->note, error);
    } else {
        status = daybook_fail(error, status, "%s", _("signing a checkpoint: memory was refused"));
    }
    if (status == DAYBOOK_OK) {
        status = audit_checkpoint_write(signing->directory, head.tree.size, daybook_buffer_view(&signing->note), error);
    }
    daybook_buffer_release(&text);
    return status;
}

/* A checkpoint of ours with cosignatures of others takes the place of the one without. */
static enum daybook_status adopt(struct signing *signing, ProtobufCBinaryData cosigned, struct daybook_error *error) {
    struct daybook_buffer own = {0};
    struct note mine;
    struct note note;
    struct tree_head head;
    enum daybook_status status = daybook_buffer_append(&signing->note, cosigned.data, cosigned.len);
    if (status != DAYBOOK_OK) {
        return job_no_memory(error);
    }
    status = tree_head_open(daybook_buffer_view(&signing->note), &signing->signer.key, NULL, &note, &head, error);
    if (status == DAYBOOK_OK) {
        status = audit_checkpoint_read(signing->directory, head.tree.size, &own, error);
    }
    if (status == DAYBOOK_OK) {
        status = note_parse(daybook_buffer_view(&own), &mine, error);
    }
    if (status == DAYBOOK_OK && !daybook_bytes_equal(mine.text, note.text)) {
        status = daybook_fail(error, DAYBOOK_DAMAGED,
                              _("it says something else of %" PRIu64 " events than the checkpoint that is here"),
                              head.tree.size);
    }
    /* Lines that are here and not there are kept. */
    for (size_t i = 0; status == DAYBOOK_OK && i < mine.signature_count; i++) {
        struct daybook_bytes line = mine.signatures[i].line;
        if (memmem(signing->note.data, signing->note.size, line.data, line.size) == NULL &&
            daybook_buffer_append(&signing->note, line.data, line.size) != DAYBOOK_OK) {
            status = daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("adding cosignatures: memory was refused"));
        }
    }
    /* What a reader would refuse is not put in the place of what it takes: too many lines, say. */
    if (status == DAYBOOK_OK) {
        status = note_parse(daybook_buffer_view(&signing->note), &note, error);
    }
    if (status == DAYBOOK_OK) {
        status = audit_checkpoint_write(signing->directory, head.tree.size, daybook_buffer_view(&signing->note), error);
    }
    daybook_buffer_release(&own);
    return status;
}

static enum daybook_status answer_note(const struct signing *signing, ProtobufCMessage **answer,
                                       struct daybook_error *error) {
    Pb__SignCheckpointAnswer *made = arena_alloc(signing->job->arena, sizeof *made);
    char *note = arena_copy_text(signing->job->arena, (const char *)signing->note.data, signing->note.size);
    if (made == NULL || note == NULL) {
        return job_no_memory(error);
    }
    pb__sign_checkpoint_answer__init(made);
    made->note = (ProtobufCBinaryData){signing->note.size, (uint8_t *)note};
    *answer = &made->base;
    return DAYBOOK_OK;
}

enum daybook_status job_sign_checkpoint(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                                        struct daybook_error *error) {
    struct signing signing = {.job = job, .directory = job->directory, .lock = -1};
    ProtobufCBinaryData cosigned = ((const Pb__SignCheckpointRequest *)asked)->cosigned;
    enum daybook_status status = audit_signer_load(job->directory, job->signing_key, &signing.signer, error);
    if (status == DAYBOOK_OK) {
        status = audit_lock(job->directory, &signing.lock, error);
    }
    if (status == DAYBOOK_OK) {
        status = audit_config_sign(job->directory, journal_config(ledger_journal(job->ledger)), &signing.signer, error);
    }
    if (status == DAYBOOK_OK) {
        status = cosigned.len > 0 ? adopt(&signing, cosigned, error) : sign_head(&signing, error);
    }
    if (status == DAYBOOK_OK) {
        status = answer_note(&signing, answer, error);
    }
    audit_unlock(signing.lock);
    note_signer_clear(&signing.signer);
    daybook_buffer_release(&signing.note);
    return status;
}

/* ---- the key ---- */

static enum daybook_status answer_key(const struct job *job, const struct note_key *key, ProtobufCMessage **answer,
                                      struct daybook_error *error) {
    Pb__KeyAnswer *made = arena_alloc(job->arena, sizeof *made);
    char *text = arena_alloc(job->arena, NOTE_KEY_TEXT_MAX);
    if (made == NULL || text == NULL) {
        return job_no_memory(error);
    }
    note_key_format(key, text);
    pb__key_answer__init(made);
    made->verifier_key = text;
    *answer = &made->base;
    return DAYBOOK_OK;
}

enum daybook_status job_get_key(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                                struct daybook_error *error) {
    struct note_key key;
    (void)asked;
    DAYBOOK_TRY(audit_key_load(job->directory, &key, error));
    return answer_key(job, &key, answer, error);
}

/* The event goes first, as with tokens: no key signs for the ledger before it is on record who made it. */
static enum daybook_status record_key(struct job *job, const struct note_signer *signer, struct daybook_error *error) {
    struct daybook_answers answers = {0};
    const Pb__Refusal *refusal = NULL;
    char text[NOTE_KEY_TEXT_MAX];
    note_key_format(&signer->key, text);
    enum daybook_status status =
        operator_record(job->ledger, &job->submitter, PB__OPERATOR_ACTION__OPERATOR_ACTION_KEY_CREATED,
                        signer->key.name, text, DAYBOOK_SUBMIT_EACH, &answers, &refusal, error);
    if (status == DAYBOOK_OK && refusal != NULL) {
        status = daybook_fail(error, DAYBOOK_INVALID, _("recording the new key: %s"), refusal->message);
    }
    daybook_answers_release(&answers);
    return status;
}

enum daybook_status job_create_key(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                                   struct daybook_error *error) {
    struct note_signer signer = {0};
    int lock = -1;
    enum daybook_status status =
        note_signer_new(((const Pb__CreateKeyRequest *)asked)->name, NOTE_ED25519, &signer, error);
    if (status == DAYBOOK_OK) {
        status = audit_lock(job->directory, &lock, error); /* Of two who make one at once, one is not on record. */
    }
    if (status == DAYBOOK_OK) {
        status = audit_key_check_new(job->directory, error); /* Before it: what is not made is not on record. */
    }
    if (status == DAYBOOK_OK) {
        status = record_key(job, &signer, error);
    }
    if (status == DAYBOOK_OK) {
        status = audit_key_keep(job->directory, &signer, error);
    }
    if (status == DAYBOOK_OK) {
        status = answer_key(job, &signer.key, answer, error);
    }
    audit_unlock(lock);
    note_signer_clear(&signer);
    return status;
}
