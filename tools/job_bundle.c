/* The job of a bundle: everything an auditor needs, in one file. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "tools/bundle.h"
#include "tools/certificate.h"
#include "tools/job_verify.h"
#include "tools/json_message.h"
#include "tools/text.h"

enum { DEFAULT_SAMPLES = 10 };

/* The range, which ends at a signed checkpoint; and that checkpoint. */
static enum daybook_status choose_range(struct bundle *bundle, const Pb__BundleRequest *asked,
                                        struct daybook_buffer *checkpoint, struct daybook_error *error) {
    uint64_t head;
    uint64_t size;
    DAYBOOK_TRY(daybook_head(bundle->job->ledger, &head, error));
    bundle->from = asked->from == 0 ? 1 : asked->from;
    bundle->to = asked->to == 0 ? head : asked->to;
    bundle->samples = asked->samples == 0 ? DEFAULT_SAMPLES : asked->samples;
    DAYBOOK_TRY(audit_checkpoint_newest(bundle->job->directory, bundle->to, &size, checkpoint, error));
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

/* The business date on which the last event was recorded, where none was asked for. */
static const char *choose_as_of(const struct bundle *bundle, const Pb__BundleRequest *asked,
                                const struct audit_report *report, char text[DATE_TEXT_SIZE]) {
    const struct timezone_rules *timezone = ledger_timezone(bundle->job->ledger);
    return asked->as_of[0] != '\0' ? asked->as_of
                                   : date_format(timezone_date(timezone, report->last_recorded_at_us), text);
}

static enum daybook_status add_certificate(struct bundle *bundle, const struct audit_report *report,
                                           struct daybook_error *error) {
    struct daybook_buffer note = {0};
    struct daybook_buffer json = {0};
    struct job *job = bundle->job;
    const Pb__Certificate *certificate =
        certificate_make(report, ledger_config(job->ledger), ledger_now_us(job->ledger), job->arena);
    enum daybook_status status = DAYBOOK_OK;
    if (certificate == NULL || json_write_message(&certificate->base, &json) != DAYBOOK_OK ||
        daybook_buffer_append(&json, "\n", 1) != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing the certificate: memory was refused"));
    }
    if (status == DAYBOOK_OK) {
        status = job_sign_certificate(job, certificate, &note, error);
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
    enum daybook_status status = audit_signer_load(bundle->job->directory, NULL, &signer, error);
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

static enum daybook_status fill(struct bundle *bundle, const Pb__BundleRequest *asked, struct audit_report *report,
                                struct daybook_error *error) {
    char as_of[DATE_TEXT_SIZE];
    DAYBOOK_TRY(job_audit(bundle->job, NULL, 0, report, error));
    bundle->as_of = choose_as_of(bundle, asked, report, as_of);
    DAYBOOK_TRY(bundle_add_proofs(bundle, error));
    DAYBOOK_TRY(add_certificate(bundle, report, error));
    DAYBOOK_TRY(bundle_add_texts(bundle, error));
    DAYBOOK_TRY(bundle_add_reports(bundle, error));
    DAYBOOK_TRY(bundle_add_events(bundle, error));
    return add_manifest(bundle, error);
}

static enum daybook_status make(struct bundle *bundle, const Pb__BundleRequest *asked, struct audit_report *report,
                                struct daybook_error *error) {
    char directory[PATH_MAX];
    struct daybook_buffer checkpoint = {0};
    enum daybook_status status = choose_range(bundle, asked, &checkpoint, error);
    if (status == DAYBOOK_OK) {
        status = job_make_scratch(bundle->job, "bundle", directory, error);
    }
    if (status == DAYBOOK_OK) {
        bundle->directory = directory;
        status = fill(bundle, asked, report, error);
        status = status == DAYBOOK_OK ? bundle_pack(bundle, error) : status;
        files_remove_tree(directory);
    }
    daybook_buffer_release(&checkpoint);
    return status;
}

enum daybook_status job_bundle(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                               struct daybook_error *error) {
    struct bundle bundle = {.job = job, .entries = calloc(BUNDLE_FILES_MAX, sizeof *bundle.entries)};
    struct audit_report *report = calloc(1, sizeof *report); /* Some tens of KiB: not for the stack. */
    Pb__BundleAnswer *made = arena_alloc(job->arena, sizeof *made);
    enum daybook_status status = bundle.entries == NULL || report == NULL || made == NULL
                                     ? job_no_memory(error)
                                     : make(&bundle, (const Pb__BundleRequest *)asked, report, error);
    if (status == DAYBOOK_OK) {
        pb__bundle_answer__init(made);
        made->from = bundle.from;
        made->to = bundle.to;
        *answer = &made->base;
    }
    free(report);
    free(bundle.entries);
    return status;
}
