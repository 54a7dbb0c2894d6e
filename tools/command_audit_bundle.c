/* daybook audit bundle: everything an auditor needs, in one file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/command_audit.h"
#include "tools/command_job.h"
#include "tools/progress.h"
#include "tools/text.h"

static enum daybook_status take_count(const struct invocation *invocation, const char *name, uint64_t *count,
                                      struct daybook_error *error) {
    const char *text = options_value(&invocation->options, name);
    return text == NULL ? DAYBOOK_OK : audit_parse_count(name, text, count, error);
}

static enum daybook_status read_asked(const struct invocation *invocation, Pb__BundleRequest *asked,
                                      struct daybook_error *error) {
    const char *as_of = options_value(&invocation->options, "as-of");
    asked->as_of = (char *)(uintptr_t)(as_of == NULL ? "" : as_of);
    DAYBOOK_TRY(take_count(invocation, "from", &asked->from, error));
    DAYBOOK_TRY(take_count(invocation, "to", &asked->to, error));
    return take_count(invocation, "samples", &asked->samples, error);
}

int audit_run_bundle(struct invocation *invocation) {
    struct command_job how = {.invocation = invocation};
    Pb__BundleRequest asked = PB__BUNDLE_REQUEST__INIT;
    const char *path = options_value(&invocation->options, "output");
    struct daybook_error error;
    struct daybook *ledger = NULL;
    ProtobufCMessage *made;
    progress_watch_interrupt();
    enum daybook_status status = read_asked(invocation, &asked, &error);
    if (status == DAYBOOK_OK) {
        status = command_open_reader(invocation, &ledger, &error);
    }
    if (status == DAYBOOK_OK) {
        how.ledger = ledger;
        status = command_job_save(how, &asked.base, path, &made, &error);
    }
    if (status == DAYBOOK_OK && strcmp(path, "-") != 0) {
        const Pb__BundleAnswer *answer = (const Pb__BundleAnswer *)made;
        (void)printf(_("bundled events %" PRIu64 " to %" PRIu64 " in %s\n"), answer->from, answer->to, path);
    }
    daybook_close(ledger);
    return audit_finish(status, &error);
}
