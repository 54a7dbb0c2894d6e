/* Checking checkpoints and single proofs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/small_file.h"
#include "proof/proof_file.h"
#include "tools/text.h"
#include "tools/verify.h"

enum daybook_status verify_checkpoint(const struct verify_trust *trust, struct daybook_bytes bytes,
                                      struct tree_head *head, struct daybook_error *error) {
    struct note note;
    DAYBOOK_TRY(tree_head_open(bytes, &trust->log, trust->origin, &note, head, error));
    return witness_check(&note, &trust->policy, error);
}

/* "sequence" is the first field of an event: tag 0x08 and a varint. */
enum daybook_status verify_event_place(struct daybook_bytes event, uint64_t sequence, struct daybook_error *error) {
    uint64_t told = 0;
    if (event.size < 2 || event.data[0] != 0x08 || varint_load(event.data + 1, event.data + event.size, &told) == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("event %" PRIu64 " does not begin with its sequence"), sequence);
    }
    if (told != sequence) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("the event says that it is number %" PRIu64 ", and stands at %" PRIu64), told, sequence);
    }
    return DAYBOOK_OK;
}

void verify_print_policy(const struct verify_trust *trust) {
    if (trust->policy.needed > 0) {
        (void)printf(_(", cosigned by %zu of %zu witnesses"), trust->policy.needed, trust->policy.key_count);
    }
    (void)printf("\n");
}

enum daybook_status verify_checkpoint_file(const struct verify_trust *trust, const char *path,
                                           struct daybook_error *error) {
    struct daybook_buffer content = {0};
    struct tree_head head;
    enum daybook_status status = small_file_read(path, VERIFY_FILE_MAX, &content, error);
    if (status == DAYBOOK_OK) {
        status = verify_checkpoint(trust, daybook_buffer_view(&content), &head, error);
    }
    if (status == DAYBOOK_OK) {
        (void)printf(_("good: a checkpoint of %s, %" PRIu64 " events"), head.origin, head.tree.size);
        verify_print_policy(trust);
    }
    daybook_buffer_release(&content);
    return status;
}

static enum daybook_status check_inclusion(const struct verify_trust *trust, const struct proof_file *file,
                                           struct daybook_bytes event, struct tree_head *head,
                                           struct daybook_error *error) {
    struct merkle_hash leaf;
    DAYBOOK_TRY(verify_checkpoint(trust, file->checkpoint, head, error));
    DAYBOOK_TRY(verify_event_place(event, file->number + 1, error));
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("checking a proof: memory was refused"));
    }
    merkle_leaf(sha256, event, &leaf);
    enum daybook_status status =
        merkle_check_inclusion(sha256, file->number, head->tree.size, &leaf, &file->proof, &head->tree.root, error);
    sha256_close(sha256);
    return status;
}

enum daybook_status verify_inclusion_file(const struct verify_trust *trust, const char *path, const char *event_path,
                                          struct daybook_error *error) {
    struct daybook_buffer content = {0};
    struct daybook_buffer event = {0};
    struct proof_file file;
    struct tree_head head;
    enum daybook_status status = small_file_read(path, VERIFY_FILE_MAX, &content, error);
    if (status == DAYBOOK_OK) {
        status = small_file_read(event_path, VERIFY_FILE_MAX, &event, error);
    }
    if (status == DAYBOOK_OK) {
        status = proof_file_parse(daybook_buffer_view(&content), &file, error);
    }
    if (status == DAYBOOK_OK && file.kind != PROOF_FILE_INCLUSION) {
        status =
            daybook_fail(error, DAYBOOK_INVALID, _("%s proves consistency, not that an event is in the log"), path);
    }
    if (status == DAYBOOK_OK) {
        status = check_inclusion(trust, &file, daybook_buffer_view(&event), &head, error);
    }
    if (status == DAYBOOK_OK) {
        (void)printf(_("good: event %" PRIu64 " is in %s, among its first %" PRIu64), file.number + 1, head.origin,
                     head.tree.size);
        verify_print_policy(trust);
    }
    daybook_buffer_release(&content);
    daybook_buffer_release(&event);
    return status;
}

static enum daybook_status check_consistency(const struct verify_trust *trust, const struct proof_file *file,
                                             struct daybook_bytes old_bytes, struct tree_head *head,
                                             struct daybook_error *error) {
    struct tree_head old;
    DAYBOOK_TRY(verify_checkpoint(trust, file->checkpoint, head, error));
    /* The older one was believed when it came: the log's signature is enough. */
    enum daybook_status status = tree_head_open(old_bytes, &trust->log, trust->origin, NULL, &old, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, _("the older checkpoint"));
    }
    if (old.tree.size != file->number) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("the proof starts at %" PRIu64 " events and the older checkpoint has %" PRIu64),
                            file->number, old.tree.size);
    }
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("checking a proof: memory was refused"));
    }
    status = merkle_check_consistency(sha256, &old.tree, &head->tree, &file->proof, error);
    sha256_close(sha256);
    return status;
}

enum daybook_status verify_consistency_file(const struct verify_trust *trust, const char *path, const char *old_path,
                                            struct daybook_error *error) {
    struct daybook_buffer content = {0};
    struct daybook_buffer old = {0};
    struct proof_file file;
    struct tree_head head;
    enum daybook_status status = small_file_read(path, VERIFY_FILE_MAX, &content, error);
    if (status == DAYBOOK_OK) {
        status = small_file_read(old_path, VERIFY_FILE_MAX, &old, error);
    }
    if (status == DAYBOOK_OK) {
        status = proof_file_parse(daybook_buffer_view(&content), &file, error);
    }
    if (status == DAYBOOK_OK && file.kind != PROOF_FILE_CONSISTENCY) {
        status =
            daybook_fail(error, DAYBOOK_INVALID, _("%s proves that an event is in the log, not consistency"), path);
    }
    if (status == DAYBOOK_OK) {
        status = check_consistency(trust, &file, daybook_buffer_view(&old), &head, error);
    }
    if (status == DAYBOOK_OK) {
        (void)printf(_("good: the %" PRIu64 " events of %s begin with the %" PRIu64 " of the older checkpoint"),
                     head.tree.size, head.origin, file.number);
        verify_print_policy(trust);
    }
    daybook_buffer_release(&content);
    daybook_buffer_release(&old);
    return status;
}
