/* The job of an audit: the ledger again from its first event, and a certificate of it. */
#include "tools/job_verify.h"

#include <stdlib.h>

#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "tools/certificate.h"
#include "tools/text.h"

static bool go_on(void *context, uint64_t sequence, uint64_t head) {
    return job_go_on(context, _("replaying"), 0, sequence, head);
}

enum daybook_status job_audit(struct job *job, char *const *customers, size_t customer_count,
                              struct audit_report *report, struct daybook_error *error) {
    char scratch[PATH_MAX];
    struct audit_options options = {.scratch_directory = scratch,
                                    .customers = (const char *const *)customers,
                                    .customer_count = customer_count,
                                    .query = daybook_query,
                                    .go_on = go_on,
                                    .context = job};
    if (customer_count > AUDIT_CUSTOMERS_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, _("at most %d customers are digested"), AUDIT_CUSTOMERS_MAX);
    }
    DAYBOOK_TRY(job_make_scratch(job, "audit", scratch, error));
    DAYBOOK_TRY(audit_run(job->ledger, &options, report, error));
    for (size_t i = 0; i < report->finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        DAYBOOK_TRY(job_find(job, report->findings[i], error));
    }
    return report->finding_count == 0
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_DAMAGED,
                              text_count("%zu thing does not hold; no certificate is given",
                                         "%zu things do not hold; no certificate is given", report->finding_count),
                              report->finding_count);
}

enum daybook_status job_sign_certificate(const struct job *job, const Pb__Certificate *certificate,
                                         struct daybook_buffer *note, struct daybook_error *error) {
    struct note_signer signer;
    struct daybook_buffer text = {0};
    enum daybook_status status = audit_signer_load(job->directory, NULL, &signer, error);
    bool is_unsigned = status == DAYBOOK_NOT_FOUND;
    if (status != DAYBOOK_OK && !is_unsigned) {
        return status;
    }
    struct note_key key;
    const char *nobody = audit_key_load(job->directory, &key, NULL) == DAYBOOK_OK
                             ? "none; this ledger's private key is not here, and nobody signed this"
                             : "none; this ledger has no key, and nobody signed this";
    status = certificate_write(certificate, is_unsigned ? nobody : signer.key.name, &text);
    if (status == DAYBOOK_OK && is_unsigned) {
        status = daybook_buffer_append(note, text.data, text.size);
    }
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, status, "%s", _("writing the certificate: memory was refused"));
    } else if (!is_unsigned) {
        status = note_sign(daybook_buffer_view(&text), &signer, note, error);
        note_signer_clear(&signer);
    }
    daybook_buffer_release(&text);
    return status;
}

static enum daybook_status certify(struct job *job, const Pb__VerifyRequest *asked, const struct audit_report *report,
                                   Pb__VerifyAnswer *answer, struct daybook_error *error) {
    struct daybook_buffer note = {0};
    answer->certificate = certificate_make(report, ledger_config(job->ledger), ledger_now_us(job->ledger), job->arena);
    if (answer->certificate == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing the certificate: memory was refused"));
    }
    if (asked->without_note) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = job_sign_certificate(job, answer->certificate, &note, error);
    if (status == DAYBOOK_OK) {
        char *copy = arena_copy_text(job->arena, (const char *)note.data, note.size);
        answer->note = (ProtobufCBinaryData){copy == NULL ? 0 : note.size, (uint8_t *)copy};
        status = copy == NULL ? job_no_memory(error) : DAYBOOK_OK;
    }
    daybook_buffer_release(&note);
    return status;
}

enum daybook_status job_verify(struct job *job, const ProtobufCMessage *message, ProtobufCMessage **answer,
                               struct daybook_error *error) {
    const Pb__VerifyRequest *asked = (const Pb__VerifyRequest *)message;
    struct audit_report *report = calloc(1, sizeof *report); /* Some tens of KiB: not for the stack. */
    Pb__VerifyAnswer *made = arena_alloc(job->arena, sizeof *made);
    if (report == NULL || made == NULL) {
        free(report);
        return job_no_memory(error);
    }
    pb__verify_answer__init(made);
    *answer = &made->base;
    enum daybook_status status = job_audit(job, asked->customers, asked->n_customers, report, error);
    if (status == DAYBOOK_OK) {
        status = certify(job, asked, report, made, error);
    }
    free(report);
    return status;
}
