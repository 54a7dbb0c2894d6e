/* daybook doctor: what is wrong with a ledger's directory, and what to do about it. */
#include <stdio.h>

#include "tools/command_job.h"
#include "tools/console.h"
#include "tools/message_field.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/word_text.h"

static const char *const tones[] = {"\033[32m", "", "\033[33m", "\033[31m"};

enum { FINDING_INDENT = 9 };

/* Sentences do not fit a table: a line for each finding, and its advice below. */
static enum daybook_status print_findings(const Pb__DoctorAnswer *answer, struct arena *arena,
                                          struct daybook_error *error) {
    bool is_coloured = console_has_colour(stdout);
    size_t width = console_width(stdout);
    for (size_t i = 0; i < answer->n_findings; i++) {
        const Pb__Finding *finding = answer->findings[i];
        char severity[32];
        const char *name =
            word_of(enum_short_name(&pb__severity__descriptor, (int)finding->severity, severity, sizeof severity));
        const char *tone = is_coloured ? tones[finding->severity - PB__SEVERITY__SEVERITY_SOUND] : "";
        const char *found = arena_format(arena, "%s: %s", finding->area, finding->found);
        const char *advice = arena_format(arena, "-> %s.", finding->advice);
        if (found == NULL || advice == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing the findings: memory was refused"));
        }
        (void)fputs(tone, stdout);
        console_pad(stdout, name, FINDING_INDENT - 1);
        (void)fputs(is_coloured ? "\033[0m " : " ", stdout);
        console_wrap(stdout, found, width, FINDING_INDENT, FINDING_INDENT);
        if (finding->advice[0] != '\0') {
            (void)printf("%*s", FINDING_INDENT, "");
            console_wrap(stdout, advice, width, FINDING_INDENT + 3, FINDING_INDENT);
        }
    }
    return DAYBOOK_OK;
}

/* 4 where facts are gone; what mends itself is no failure. */
static int exit_code(const Pb__DoctorAnswer *answer) {
    for (size_t i = 0; i < answer->n_findings; i++) {
        if (answer->findings[i]->severity == PB__SEVERITY__SEVERITY_DAMAGED) {
            return daybook_status_exit_code(DAYBOOK_DAMAGED);
        }
    }
    return EXIT_DONE;
}

static int run(struct invocation *invocation) {
    struct command_job how = {.invocation = invocation};
    Pb__DoctorRequest asked = PB__DOCTOR_REQUEST__INIT;
    struct daybook_error error;
    ProtobufCMessage *made;
    asked.give_up_views = options_has(&invocation->options, "give-up-views");
    progress_watch_interrupt();
    if (command_job_run(&how, &asked.base, &made, &error) != DAYBOOK_OK) {
        return command_fail(&error);
    }
    const Pb__DoctorAnswer *answer = (const Pb__DoctorAnswer *)made;
    enum daybook_status status = options_has(&invocation->options, "json")
                                     ? command_print_json(made, &error)
                                     : print_findings(answer, invocation->arena, &error);
    return status == DAYBOOK_OK ? exit_code(answer) : command_fail(&error);
}

static const struct option_spec doctor_options_table[] = {
    {"give-up-views", 0, OPTION_FLAG, false, NULL, N_("mark damaged views, so that they are built anew"), FIELD_NONE},
    OPTIONS_END,
};

const struct command doctor_commands[] = {
    {
        .name = "doctor",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run,
        .summary = N_("look for damage in the ledger's files, and say what to do"),
        .detail = N_("Reads the pages of every file from outside, then every frame of the journal. Changes nothing; "
                     "with --give-up-views it marks views whose pages are damaged, and the next question builds them "
                     "anew. Exit code 4 when events cannot be read."),
        .example = "daybook doctor",
        .options = doctor_options_table,
    },
    {.name = NULL},
};
