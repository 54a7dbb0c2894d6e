/* daybook audit key: the keys that logs and witnesses sign with. */
#include <stdio.h>

#include "engine/audit_files.h"
#include "tools/command_audit.h"
#include "tools/text.h"

static enum daybook_status make_key(struct invocation *invocation, struct note_signer *signer,
                                    struct daybook_error *error) {
    const char *name = invocation->options.arguments[0];
    const char *path = options_value(&invocation->options, "output");
    bool is_witness = options_has(&invocation->options, "witness");
    const char *directory;
    if (is_witness && path == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("a witness' key belongs to an outsider, not to the ledger: name a file with -o"));
    }
    if (path != NULL) {
        enum daybook_status status = note_signer_new(name, is_witness ? NOTE_COSIGNATURE : NOTE_ED25519, signer, error);
        return status == DAYBOOK_OK ? audit_signer_save(path, signer, error) : status;
    }
    enum daybook_status status = command_directory(invocation, &directory, error);
    return status == DAYBOOK_OK ? audit_key_create(directory, name, signer, error) : status;
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
