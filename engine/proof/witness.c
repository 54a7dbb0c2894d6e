/* A witness: what it checks before it signs, and how what it signed is checked. */
#include "proof/witness.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "proof/proof_file.h"

static const char *format_second(uint64_t time_s, char text[INSTANT_TEXT_SIZE]) {
    const uint64_t last_s = UINT64_C(253402300799); /* Of the year 9999. */
    return instant_format((int64_t)(time_s < last_s ? time_s : last_s) * 1000000, text);
}

static bool begins_with(struct daybook_bytes bytes, const char *prefix) {
    return bytes.size >= strlen(prefix) && memcmp(bytes.data, prefix, strlen(prefix)) == 0;
}

/* What the request asks for: a proof from an older size, or a first checkpoint. */
static enum daybook_status read_request(struct daybook_bytes request, struct proof_file *file,
                                        struct daybook_error *error) {
    if (!begins_with(request, "old ") && !begins_with(request, "c2sp.org/tlog-proof@")) {
        *file = (struct proof_file){.kind = PROOF_FILE_CONSISTENCY, .checkpoint = request};
        return DAYBOOK_OK;
    }
    return proof_file_parse(request, file, error);
}

/* What was signed before: its tree, and when. */
struct signed_before {
    bool is_any;
    struct merkle_size tree;
    uint64_t time_s; /* 0: not with this key. */
};

static enum daybook_status read_last(struct daybook_bytes last, const struct note_key *log_key,
                                     const struct note_key *own, struct signed_before *before,
                                     struct daybook_error *error) {
    struct note note;
    struct tree_head head;
    struct note_verdict verdict;
    *before = (struct signed_before){.is_any = last.size > 0};
    if (!before->is_any) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = tree_head_open(last, log_key, NULL, &note, &head, error);
    if (status == DAYBOOK_OK) {
        status = note_check(&note, own, &verdict, error);
    }
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, "the witness' state, which says what it signed before");
    }
    before->tree = head.tree;
    before->time_s = verdict.time_s;
    return DAYBOOK_OK;
}

/* "This is the largest tree that I had seen at that instant" becomes untrue when a larger one is told of an earlier. */
static enum daybook_status check_clock(const struct signed_before *before, uint64_t time_s, const char *origin,
                                       struct daybook_error *error) {
    char then[INSTANT_TEXT_SIZE];
    char now[INSTANT_TEXT_SIZE];
    if (time_s >= before->time_s) {
        return DAYBOOK_OK;
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        "cosigning %s: this witness cosigned %" PRIu64 " entries of it at %s, and its clock says %s: "
                        "the clock went back; set it right, or, if it was wrong then, go on with a new key",
                        origin, before->tree.size, format_second(before->time_s, then), format_second(time_s, now));
}

static enum daybook_status check_continues(const struct proof_file *file, const struct signed_before *known,
                                           const struct tree_head *head, struct daybook_error *error) {
    /* One size has one root, whatever else is given: a second one is a fork, and no proof is needed to see it. */
    if (known->is_any && head->tree.size == known->tree.size) {
        return merkle_hash_equal(&head->tree.root, &known->tree.root)
                   ? DAYBOOK_OK
                   : daybook_fail(error, DAYBOOK_DAMAGED,
                                  "cosigning %s: this witness has signed another root of the same %" PRIu64
                                  " entries: the log was forked; keep this file and the witness' state, which prove it",
                                  head->origin, known->tree.size);
    }
    if (head->tree.size < known->tree.size) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "cosigning %s: this witness has signed %" PRIu64 " entries of it, and this checkpoint is "
                            "of %" PRIu64 "; a witness does not go back",
                            head->origin, known->tree.size, head->tree.size);
    }
    if (file->number != known->tree.size) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "cosigning %s: this witness has signed %" PRIu64 " entries of it, and the proof starts at "
                            "%" PRIu64 "; ask for \"daybook audit prove-consistency %" PRIu64 "\"",
                            head->origin, known->tree.size, file->number, known->tree.size);
    }
    if (known->tree.size == 0) {
        return DAYBOOK_OK;
    }
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "cosigning: memory was refused");
    }
    enum daybook_status status = merkle_check_consistency(sha256, &known->tree, &head->tree, &file->proof, error);
    sha256_close(sha256);
    return status == DAYBOOK_OK ? status : daybook_fail_in(error, "cosigning %s", head->origin);
}

/* What is given away is what is remembered: nothing is added to a note that would then be refused, here or elsewhere.
 */
static enum daybook_status add_line(const struct proof_file *file, const struct note *note,
                                    const struct note_signer *signer, uint64_t time_s, struct daybook_buffer *out,
                                    struct daybook_error *error) {
    struct note_verdict verdict;
    size_t start = out->size;
    DAYBOOK_TRY(note_check(note, &signer->key, &verdict, error));
    if (note->signature_count == NOTE_SIGNATURES_MAX) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "cosigning: the checkpoint has %d signatures, and there is no room for one more",
                            NOTE_SIGNATURES_MAX);
    }
    if (daybook_buffer_append(out, file->checkpoint.data, file->checkpoint.size) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "cosigning: memory was refused");
    }
    DAYBOOK_TRY(note_sign_line(note->text, signer, time_s, out, error));
    return out->size - start <= NOTE_SIZE_MAX
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_DAMAGED, "cosigning: the checkpoint is too large for one more signature");
}

enum daybook_status witness_cosign(struct daybook_bytes request, struct daybook_bytes last,
                                   const struct note_key *log_key, const struct note_signer *signer, uint64_t time_s,
                                   struct daybook_buffer *out, struct daybook_error *error) {
    struct proof_file file;
    struct note note;
    struct tree_head head;
    struct signed_before before;
    DAYBOOK_TRY(read_request(request, &file, error));
    if (file.kind != PROOF_FILE_CONSISTENCY) {
        return daybook_fail(
            error, DAYBOOK_INVALID,
            "cosigning: this proves one event; a witness needs what \"daybook audit prove-consistency\" "
            "gives, or a first checkpoint");
    }
    DAYBOOK_TRY(tree_head_open(file.checkpoint, log_key, NULL, &note, &head, error));
    DAYBOOK_TRY(read_last(last, log_key, &signer->key, &before, error));
    DAYBOOK_TRY(check_continues(&file, &before, &head, error));
    DAYBOOK_TRY(check_clock(&before, time_s, head.origin, error));
    size_t start = out->size;
    enum daybook_status status = add_line(&file, &note, signer, time_s, out, error);
    if (status != DAYBOOK_OK) {
        out->size = start;
    }
    return status;
}

enum daybook_status witness_check(const struct note *note, const struct witness_policy *policy,
                                  struct daybook_error *error) {
    size_t signed_count = 0;
    const struct note_key *expired = NULL;
    char when[INSTANT_TEXT_SIZE] = "";
    for (size_t i = 0; i < policy->key_count; i++) {
        struct note_verdict verdict;
        DAYBOOK_TRY(note_check(note, &policy->keys[i], &verdict, error));
        if (verdict.is_signed && verdict.time_s >= policy->since_s) {
            signed_count++;
        } else if (verdict.is_signed) {
            expired = &policy->keys[i];
            (void)format_second(verdict.time_s, when);
        }
    }
    if (signed_count >= policy->needed) {
        return DAYBOOK_OK;
    }
    if (expired != NULL) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the checkpoint has expired: %s cosigned it at %s, before the instant that is asked for",
                            expired->name, when);
    }
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "the checkpoint is cosigned by %zu of the witnesses, and %zu are needed", signed_count,
                        policy->needed);
}
