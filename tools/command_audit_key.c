/* daybook audit key: the keys that logs and witnesses sign with. */
#include <stdio.h>

#include "engine/audit_files.h"
#include "tools/command_audit.h"
#include "tools/command_job.h"
#include "tools/text.h"

static void print_key(const struct note_key *key) {
    char text[NOTE_KEY_TEXT_MAX];
    note_key_format(key, text);
    (void)printf("%s\n", text);
}

/* The ledger's own: made, or told, where the ledger is. */
static int run_own(struct invocation *invocation, struct daybook *ledger, const ProtobufCMessage *asked) {
    struct command_job how = {.invocation = invocation, .ledger = ledger};
    struct daybook_error error;
    ProtobufCMessage *made;
    enum daybook_status status = command_job_run(&how, asked, &made, &error);
    if (status == DAYBOOK_OK) {
        (void)printf("%s\n", ((const Pb__KeyAnswer *)made)->verifier_key);
    }
    daybook_close(ledger);
    return audit_finish(status, &error);
}

static int make_own_key(struct invocation *invocation) {
    Pb__CreateKeyRequest asked = PB__CREATE_KEY_REQUEST__INIT;
    struct daybook *ledger = NULL;
    struct daybook_error error;
    asked.name = (char *)(uintptr_t)invocation->options.arguments[0];
    if (command_open_writer(invocation, false, &ledger, &error) != DAYBOOK_OK) {
        return command_fail(&error);
    }
    return run_own(invocation, ledger, &asked.base);
}

/* Somebody's own, in a file of this machine. */
static int make_file_key(const struct invocation *invocation, const char *path, bool is_witness) {
    struct daybook_error error;
    struct note_signer signer = {0};
    enum daybook_status status = note_signer_new(invocation->options.arguments[0],
                                                 is_witness ? NOTE_COSIGNATURE : NOTE_ED25519, &signer, &error);
    if (status == DAYBOOK_OK) {
        status = audit_signer_save(path, &signer, &error);
    }
    if (status == DAYBOOK_OK) {
        print_key(&signer.key);
    }
    note_signer_clear(&signer);
    return audit_finish(status, &error);
}

int audit_run_key_new(struct invocation *invocation) {
    const char *path = options_value(&invocation->options, "output");
    bool is_witness = options_has(&invocation->options, "witness");
    if (is_witness && path == NULL) {
        return command_usage(invocation, "%s",
                             _("a witness' key belongs to an outsider, not to the ledger: name a file with -o"));
    }
    return path != NULL ? make_file_key(invocation, path, is_witness) : make_own_key(invocation);
}

int audit_run_key_show(struct invocation *invocation) {
    Pb__GetKeyRequest asked = PB__GET_KEY_REQUEST__INIT;
    struct note_signer signer = {0};
    struct daybook_error error;
    const char *path = options_value(&invocation->options, "key");
    if (path == NULL) {
        return run_own(invocation, NULL, &asked.base);
    }
    enum daybook_status status = audit_signer_load(NULL, path, &signer, &error);
    if (status == DAYBOOK_OK) {
        print_key(&signer.key);
    }
    note_signer_clear(&signer);
    return audit_finish(status, &error);
}
