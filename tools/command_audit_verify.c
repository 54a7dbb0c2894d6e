/* daybook audit verify: the ledger again from its first event, and a certificate of it. */
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/audit.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "tools/certificate.h"
#include "tools/command_audit.h"
#include "tools/progress.h"
#include "tools/text.h"

/* LMDB trusts its own pages: where those are damaged it may touch what is not there. Then this is the finding. */
static void stop_for_damage(int signal_number) {
    static const char text[] = "daybook: found: reading the files stopped the program: pages of the journal or of a "
                               "view are damaged; \"daybook doctor\" tells which\n";
    (void)signal_number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(4);
}

static void watch_damage(void) {
    struct sigaction action = {.sa_handler = stop_for_damage};
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGABRT, &action, NULL);
    (void)sigaction(SIGFPE, &action, NULL);
}

static bool show_progress(void *context, uint64_t sequence, uint64_t head) {
    struct progress *progress = context;
    if (progress->total != head) {
        progress_begin(progress, _("replaying"), _("events"), 0, head);
    }
    progress_update(progress, sequence);
    return !progress_is_interrupted();
}

static enum daybook_status choose_scratch(const struct invocation *invocation, struct daybook *ledger,
                                          char scratch[PATH_MAX], struct daybook_error *error) {
    const char *given = options_value(&invocation->options, "scratch");
    const char *parent = given != NULL ? given : ledger_directory(ledger);
    if (given == NULL && access(parent, W_OK) != 0) {
        parent = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    }
    if (snprintf(scratch, PATH_MAX, "%s/audit-XXXXXX", parent) >= PATH_MAX || mkdtemp(scratch) == NULL) {
        return daybook_fail(error, DAYBOOK_IO,
                            _("making a scratch directory in %s failed; name another with --scratch"), parent);
    }
    return DAYBOOK_OK;
}

enum daybook_status audit_verify_ledger(const struct invocation *invocation, struct daybook *ledger,
                                        struct audit_report *report, struct daybook_error *error) {
    char scratch[PATH_MAX];
    const char *customers[AUDIT_CUSTOMERS_MAX];
    struct progress progress = {0};
    struct audit_options options = {.scratch_directory = scratch,
                                    .customers = customers,
                                    .query = daybook_query,
                                    .go_on = show_progress,
                                    .context = &progress};
    for (size_t i = 0; i < invocation->options.given_count; i++) {
        const struct option_given *given = &invocation->options.given[i];
        if (strcmp(given->spec->name, "customer") == 0 && options.customer_count < AUDIT_CUSTOMERS_MAX) {
            customers[options.customer_count++] = given->value;
        }
    }
    enum daybook_status status = choose_scratch(invocation, ledger, scratch, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = audit_run(ledger, &options, report, error);
    progress_clear();
    if (status == DAYBOOK_OK && report->finding_count > 0) {
        for (size_t i = 0; i < report->finding_count && i < AUDIT_FINDINGS_MAX; i++) {
            (void)fprintf(stderr, _("daybook: found: %s\n"), report->findings[i]);
        }
        status = daybook_fail(error, DAYBOOK_DAMAGED, _("%zu things do not hold; no certificate is given"),
                              report->finding_count);
    }
    return status;
}

enum daybook_status audit_sign_certificate(struct daybook *ledger, const Pb__Certificate *certificate,
                                           struct daybook_buffer *out, struct daybook_error *error) {
    struct note_signer signer;
    struct daybook_buffer text = {0};
    enum daybook_status status = audit_signer_load(ledger_directory(ledger), NULL, &signer, error);
    bool is_unsigned = status == DAYBOOK_NOT_FOUND;
    if (status != DAYBOOK_OK && !is_unsigned) {
        return status;
    }
    status = certificate_write(certificate, is_unsigned ? _("(no key)") : signer.key.name, &text);
    if (status == DAYBOOK_OK && is_unsigned) {
        status = daybook_buffer_append(out, text.data, text.size);
    }
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, status, "%s", _("writing the certificate: memory was refused"));
    } else if (!is_unsigned) {
        status = note_sign(daybook_buffer_view(&text), &signer, out, error);
        note_signer_clear(&signer);
    }
    daybook_buffer_release(&text);
    return status;
}

static enum daybook_status write_certificate(struct invocation *invocation, struct daybook *ledger,
                                             const struct audit_report *report, struct daybook_error *error) {
    struct daybook_buffer note = {0};
    const Pb__Certificate *certificate =
        certificate_make(report, ledger_config(ledger), ledger_now_us(ledger), invocation->arena);
    if (certificate == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing the certificate: memory was refused"));
    }
    if (options_has(&invocation->options, "json")) {
        return command_print_json(&certificate->base, error);
    }
    enum daybook_status status = audit_sign_certificate(ledger, certificate, &note, error);
    if (status == DAYBOOK_OK) {
        status = audit_write_output(invocation, daybook_buffer_view(&note), error);
    }
    daybook_buffer_release(&note);
    return status;
}

int audit_run_verify(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    static struct audit_report report; /* Some tens of KiB: not for the stack. */
    watch_damage();
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = audit_verify_ledger(invocation, ledger, &report, &error);
    }
    if (status == DAYBOOK_OK) {
        status = write_certificate(invocation, ledger, &report, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}
