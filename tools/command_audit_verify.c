/* daybook audit verify: the ledger again from its first event, and a certificate of it. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tools/command_audit.h"
#include "tools/command_job.h"
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

/* The customers of the options, in the request. */
static enum daybook_status read_customers(const struct invocation *invocation, Pb__VerifyRequest *asked,
                                          struct daybook_error *error) {
    asked->customers = arena_alloc(invocation->arena, invocation->options.given_count * sizeof *asked->customers + 1);
    if (asked->customers == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("auditing: memory was refused"));
    }
    for (size_t i = 0; i < invocation->options.given_count; i++) {
        const struct option_given *given = &invocation->options.given[i];
        if (strcmp(given->spec->name, "customer") == 0) {
            asked->customers[asked->n_customers++] = (char *)(uintptr_t)given->value;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status verify(struct invocation *invocation, struct daybook *ledger, struct daybook_error *error) {
    struct command_job how = {
        .invocation = invocation, .ledger = ledger, .scratch = options_value(&invocation->options, "scratch")};
    Pb__VerifyRequest asked = PB__VERIFY_REQUEST__INIT;
    ProtobufCMessage *made;
    asked.without_note = options_has(&invocation->options, "json");
    DAYBOOK_TRY(read_customers(invocation, &asked, error));
    DAYBOOK_TRY(command_job_run(&how, &asked.base, &made, error));
    const Pb__VerifyAnswer *answer = (const Pb__VerifyAnswer *)made;
    return asked.without_note
               ? command_print_json(&answer->certificate->base, error)
               : audit_write_output(invocation, (struct daybook_bytes){answer->note.data, answer->note.len}, error);
}

int audit_run_verify(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    if (invocation->remote != NULL && options_has(&invocation->options, "scratch")) {
        return command_usage(invocation, "%s",
                             _("--scratch names a directory of this machine; a server has one of its own"));
    }
    if (invocation->remote == NULL) {
        watch_damage();
    }
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = verify(invocation, ledger, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}
