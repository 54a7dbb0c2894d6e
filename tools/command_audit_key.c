/* daybook audit key: the keys that logs and witnesses sign with. */
#include <stdio.h>

#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "tools/command_audit.h"
#include "tools/text.h"
#include "tools/token_change.h"

/* The event goes first, as with tokens: no key signs for the ledger before it is on record who made it. */
static enum daybook_status record_key(const struct invocation *invocation, struct daybook *ledger,
                                      const struct note_signer *signer, struct daybook_error *error) {
    struct daybook_submitter submitter = {command_actor(invocation), PB__ROLE__ROLE_UNSPECIFIED};
    struct daybook_answers answers = {0};
    const Pb__Refusal *refusal = NULL;
    char text[NOTE_KEY_TEXT_MAX];
    note_key_format(&signer->key, text);
    enum daybook_status status =
        operator_record(ledger, &submitter, PB__OPERATOR_ACTION__OPERATOR_ACTION_KEY_CREATED,
                        invocation->options.arguments[0], text, DAYBOOK_SUBMIT_EACH, &answers, &refusal, error);
    if (status == DAYBOOK_OK && refusal != NULL) {
        status = daybook_fail(error, DAYBOOK_INVALID, _("recording the new key: %s"), refusal->message);
    }
    daybook_answers_release(&answers);
    return status;
}

static enum daybook_status make_own_key(struct invocation *invocation, struct note_signer *signer,
                                        struct daybook_error *error) {
    struct daybook *ledger = NULL;
    struct note_key known;
    enum daybook_status status = command_open_writer(invocation, false, &ledger, error);
    if (status == DAYBOOK_OK) {
        status = note_signer_new(invocation->options.arguments[0], NOTE_ED25519, signer, error);
    }
    if (status == DAYBOOK_OK && audit_key_load(ledger_directory(ledger), &known, NULL) == DAYBOOK_NOT_FOUND) {
        status = record_key(invocation, ledger, signer, error);
    }
    if (status == DAYBOOK_OK) {
        status = audit_key_keep(ledger_directory(ledger), signer, error);
    }
    daybook_close(ledger);
    return status;
}

static enum daybook_status make_key(struct invocation *invocation, struct note_signer *signer,
                                    struct daybook_error *error) {
    const char *name = invocation->options.arguments[0];
    const char *path = options_value(&invocation->options, "output");
    bool is_witness = options_has(&invocation->options, "witness");
    if (is_witness && path == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("a witness' key belongs to an outsider, not to the ledger: name a file with -o"));
    }
    if (path != NULL) {
        enum daybook_status status = note_signer_new(name, is_witness ? NOTE_COSIGNATURE : NOTE_ED25519, signer, error);
        return status == DAYBOOK_OK ? audit_signer_save(path, signer, error) : status;
    }
    return make_own_key(invocation, signer, error);
}

int audit_run_key_new(struct invocation *invocation) {
    struct daybook_error error;
    struct note_signer signer = {0};
    char text[NOTE_KEY_TEXT_MAX];
    enum daybook_status status = make_key(invocation, &signer, &error);
    if (status == DAYBOOK_OK) {
        note_key_format(&signer.key, text);
        (void)printf("%s\n", text);
    }
    note_signer_clear(&signer);
    return audit_finish(status, &error);
}

int audit_run_key_show(struct invocation *invocation) {
    struct daybook_error error;
    struct note_key key;
    struct note_signer signer = {0};
    char text[NOTE_KEY_TEXT_MAX];
    const char *directory = NULL;
    const char *path = options_value(&invocation->options, "key");
    enum daybook_status status = DAYBOOK_OK;
    if (path != NULL) {
        status = audit_signer_load(NULL, path, &signer, &error);
        key = signer.key;
        note_signer_clear(&signer);
    } else {
        status = command_directory(invocation, &directory, &error);
        status = status == DAYBOOK_OK ? audit_key_load(directory, &key, &error) : status;
    }
    if (status == DAYBOOK_OK) {
        note_key_format(&key, text);
        (void)printf("%s\n", text);
    }
    return audit_finish(status, &error);
}
