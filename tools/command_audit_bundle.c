/* daybook audit bundle: everything an auditor needs, in one file. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "tools/bundle.h"
#include "tools/certificate.h"
#include "tools/command_audit.h"
#include "tools/json_message.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { DEFAULT_SAMPLES = 10 };

static enum daybook_status take_count(const struct invocation *invocation, const char *name, uint64_t *count,
                                      struct daybook_error *error) {
    const char *text = options_value(&invocation->options, name);
    return text == NULL ? DAYBOOK_OK : audit_parse_count(name, text, count, error);
}

/* The range, which ends at a signed checkpoint; and that checkpoint. */
static enum daybook_status choose_range(struct bundle *bundle, struct daybook_buffer *checkpoint,
                                        struct daybook_error *error) {
    uint64_t head;
    uint64_t size;
    bundle->from = 1;
    bundle->samples = DEFAULT_SAMPLES;
    enum daybook_status status = daybook_head(bundle->ledger, &head, error);
    bundle->to = head;
    if (status == DAYBOOK_OK) {
        status = take_count(bundle->invocation, "from", &bundle->from, error);
    }
    if (status == DAYBOOK_OK) {
        status = take_count(bundle->invocation, "to", &bundle->to, error);
    }
    if (status == DAYBOOK_OK) {
        status = take_count(bundle->invocation, "samples", &bundle->samples, error);
    }
    if (status == DAYBOOK_OK) {
        status = audit_checkpoint_newest(ledger_directory(bundle->ledger), bundle->to, &size, checkpoint, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (size != bundle->to) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("no checkpoint of %" PRIu64
                              " events is signed, and a bundle ends at one; the newest before it "
                              "has %" PRIu64 " (--to %" PRIu64 "), and \"daybook audit checkpoint\" signs the head"),
                            bundle->to, size, size);
    }
    if (bundle->from > bundle->to) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--from %" PRIu64 " is past --to %" PRIu64), bundle->from,
                            bundle->to);
    }
    bundle->checkpoint = daybook_buffer_view(checkpoint);
    return DAYBOOK_OK;
}

/* The business date on which the last event was recorded. */
static enum daybook_status choose_as_of(struct bundle *bundle, const struct audit_report *report,
                                        char text[DATE_TEXT_SIZE]) {
    bundle->as_of = options_value(&bundle->invocation->options, "as-of");
    if (bundle->as_of == NULL) {
        bundle->as_of = date_format(timezone_date(ledger_timezone(bundle->ledger), report->last_recorded_at_us), text);
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_certificate(struct bundle *bundle, const struct audit_report *report,
                                           struct daybook_error *error) {
    struct daybook_buffer note = {0};
    struct daybook_buffer json = {0};
    const Pb__Certificate *certificate = certificate_make(report, ledger_config(bundle->ledger),
                                                          ledger_now_us(bundle->ledger), bundle->invocation->arena);
    enum daybook_status status = DAYBOOK_OK;
    if (certificate == NULL || json_write_message(&certificate->base, &json) != DAYBOOK_OK ||
        daybook_buffer_append(&json, "\n", 1) != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing the certificate: memory was refused"));
    }
    if (status == DAYBOOK_OK) {
        status = audit_sign_certificate(bundle->ledger, certificate, &note, error);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add(bundle, "certificate", daybook_buffer_view(&note), error);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add(bundle, "certificate.json", daybook_buffer_view(&json), error);
    }
    daybook_buffer_release(&note);
    daybook_buffer_release(&json);
    return status;
}

static enum daybook_status add_manifest(struct bundle *bundle, struct daybook_error *error) {
    struct note_signer signer;
    struct daybook_buffer text = {0};
    struct daybook_buffer note = {0};
    char line[BUNDLE_PATH_MAX + NOTE_NAME_MAX + 128];
    enum daybook_status status = audit_signer_load(ledger_directory(bundle->ledger), NULL, &signer, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    int size = snprintf(line, sizeof line, "daybook audit bundle\nlog: %s\nevents: %" PRIu64 " to %" PRIu64 "\n",
                        signer.key.name, bundle->from, bundle->to);
    status = daybook_buffer_append(&text, line, (size_t)size);
    for (size_t i = 0; status == DAYBOOK_OK && i < bundle->entry_count; i++) {
        const struct bundle_entry *entry = &bundle->entries[i];
        size = snprintf(line, sizeof line, "file: ");
        for (size_t j = 0; j < SHA256_SIZE; j++) {
            size += snprintf(line + size, sizeof line - (size_t)size, "%02x", entry->sha256[j]);
        }
        size += snprintf(line + size, sizeof line - (size_t)size, " %" PRIu64 " %s\n", entry->size, entry->path);
        status = daybook_buffer_append(&text, line, (size_t)size);
    }
    status = status == DAYBOOK_OK ? note_sign(daybook_buffer_view(&text), &signer, &note, error)
                                  : daybook_fail(error, status, "%s", _("writing the manifest: memory was refused"));
    note_signer_clear(&signer);
    if (status == DAYBOOK_OK) {
        status = bundle_add(bundle, "MANIFEST", daybook_buffer_view(&note), error);
    }
    daybook_buffer_release(&text);
    daybook_buffer_release(&note);
    return status;
}

static enum daybook_status fill(struct bundle *bundle, struct daybook_error *error) {
    static struct audit_report report; /* Some tens of KiB: not for the stack. */
    struct daybook_buffer checkpoint = {0};
    char as_of[DATE_TEXT_SIZE];
    enum daybook_status status = choose_range(bundle, &checkpoint, error);
    if (status == DAYBOOK_OK) {
        status = audit_verify_ledger(bundle->invocation, bundle->ledger, &report, error);
    }
    if (status == DAYBOOK_OK) {
        status = choose_as_of(bundle, &report, as_of);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add_proofs(bundle, error);
    }
    if (status == DAYBOOK_OK) {
        status = add_certificate(bundle, &report, error);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add_texts(bundle, error);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add_reports(bundle, error);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add_events(bundle, error);
    }
    if (status == DAYBOOK_OK) {
        status = add_manifest(bundle, error);
    }
    daybook_buffer_release(&checkpoint);
    return status;
}

static enum daybook_status make_bundle(struct bundle *bundle, const char *path, struct daybook_error *error) {
    char directory[PATH_MAX];
    char beside[PATH_MAX];
    if (snprintf(directory, sizeof directory, "%s.parts-XXXXXX", path) >= (int)sizeof directory ||
        snprintf(beside, sizeof beside, "%s.part", path) >= (int)sizeof beside || mkdtemp(directory) == NULL) {
        return daybook_fail(error, DAYBOOK_IO, _("making a scratch directory beside %s failed"), path);
    }
    bundle->directory = directory;
    enum daybook_status status = fill(bundle, error);
    if (status == DAYBOOK_OK) {
        status = bundle_pack(bundle, beside, error);
    }
    if (status == DAYBOOK_OK && rename(beside, path) != 0) {
        status = daybook_fail(error, DAYBOOK_IO, _("writing the bundle %s failed"), path);
    }
    files_remove_tree(directory);
    return status;
}

int audit_run_bundle(struct invocation *invocation) {
    struct daybook_error error;
    struct bundle bundle = {.invocation = invocation};
    progress_watch_interrupt();
    bundle.entries = calloc(BUNDLE_FILES_MAX, sizeof *bundle.entries);
    enum daybook_status status = bundle.entries == NULL
                                     ? daybook_fail(&error, DAYBOOK_NO_MEMORY, "%s", _("bundling: memory was refused"))
                                     : command_open_reader(invocation, &bundle.ledger, &error);
    if (status == DAYBOOK_OK) {
        status = make_bundle(&bundle, options_value(&invocation->options, "output"), &error);
    }
    if (status == DAYBOOK_OK) {
        (void)printf(_("bundled events %" PRIu64 " to %" PRIu64 " in %s\n"), bundle.from, bundle.to,
                     options_value(&invocation->options, "output"));
    }
    daybook_close(bundle.ledger);
    free(bundle.entries);
    return audit_finish(status, &error);
}
