/* daybook import: a CSV file, through a mapping, to requests. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "domain/decide.h"
#include "engine/ledger.h"
#include "engine/rehearsal.h"
#include "tools/command.h"
#include "tools/import_plan.h"
#include "tools/import_report.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { BATCH_REQUESTS = 8192 };

/* One request of the batch: which entry, and where its bytes are. */
struct batch_item {
    size_t entry;
    uint64_t line;
    size_t offset;
    size_t size;
};

struct import {
    const struct invocation *invocation;
    struct daybook *ledger;
    bool is_dry;
    bool is_open_ended;          /* The file ends within a row. */
    struct rehearsal *rehearsal; /* Of a dry run; NULL: what is there alone. */
    struct import_map map;
    struct plan plan;
    struct import_report report;
    struct daybook_buffer map_text;
    struct daybook_buffer file_text;
    struct daybook_buffer encoded;
    struct batch_item items[BATCH_REQUESTS];
    struct daybook_bytes requests[BATCH_REQUESTS];
    size_t item_count;
    uint64_t appended_count;
    uint64_t repeated_count;
    uint64_t refused_count;
    uint64_t warned_count; /* Of what was appended. */
};

static void complain(void *context, uint64_t line, const char *sentence) {
    struct import *import = context;
    import_report_add(&import->report, line, "", "BAD_ROW", sentence);
}

static void note(void *context, enum plan_note what, uint64_t line, const char *sentence) {
    struct import *import = context;
    if (what == NOTE_NO_LINE_END) {
        import->is_open_ended = true;
        import_report_add(&import->report, line, "", "NO_LINE_END", sentence);
    } else {
        import_report_note(&import->report, line, "NO_REQUEST", sentence);
    }
}

/* The report is begun before anything is read: it must not be what is to be read. */
static enum daybook_status check_report(const char *report, const char *file, struct daybook_error *error) {
    struct stat there;
    struct stat read;
    bool is_same = report != NULL && stat(report, &there) == 0 && stat(file, &read) == 0 &&
                   there.st_dev == read.st_dev && there.st_ino == read.st_ino && S_ISREG(there.st_mode);
    return is_same ? daybook_fail(error, DAYBOOK_INVALID, _("--report: %s is what is to be read"), report) : DAYBOOK_OK;
}

/* A dry run reads the files and asks for no lock, so it runs beside whoever writes. */
static enum daybook_status open_ledger(struct import *import, struct daybook_error *error) {
    struct daybook_open_options how = {.is_read_only = true};
    if (!import->is_dry || import->invocation->remote != NULL) {
        return command_open_writer(import->invocation, false, &import->ledger, error);
    }
    enum daybook_status status = command_directory(import->invocation, &how.directory, error);
    return status == DAYBOOK_OK ? daybook_open(&how, &import->ledger, error) : status;
}

static enum daybook_status prepare(struct import *import, struct daybook_error *error) {
    const struct invocation *invocation = import->invocation;
    const struct options *options = &invocation->options;
    const char *map_name = options_value(options, "map");
    const char *file_name = options->arguments[0];
    const char *report_name = options_value(options, "report");
    enum daybook_status status = check_report(report_name, file_name, error);
    if (status == DAYBOOK_OK) {
        status = check_report(report_name, map_name, error);
    }
    if (status == DAYBOOK_OK) {
        status = import_report_open(&import->report, report_name, invocation->arena, error);
    }
    if (status == DAYBOOK_OK) {
        status = file_read(map_name, &import->map_text, error);
    }
    if (status == DAYBOOK_OK) {
        status =
            import_map_read(map_name, daybook_buffer_view(&import->map_text), invocation->arena, &import->map, error);
    }
    if (status == DAYBOOK_OK) {
        status = file_read(file_name, &import->file_text, error);
    }
    if (status == DAYBOOK_OK) {
        status = charset_to_utf8(file_name, import->map.charset, &import->file_text, error);
    }
    if (status == DAYBOOK_OK) {
        status = open_ledger(import, error);
    }
    const Pb__LedgerConfig *config;
    if (status == DAYBOOK_OK) {
        status = command_config(import->invocation, import->ledger, &config, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    import->plan.name = file_name;
    import->plan.text = daybook_buffer_view(&import->file_text);
    import->plan.currency = config->currency;
    import->plan.actor = command_actor(invocation);
    import->plan.is_strict = options_has(&invocation->options, "strict");
    import->plan.complain = complain;
    import->plan.note = note;
    import->plan.context = import;
    return plan_make(&import->plan, &import->map, error);
}

/* A customer who is there already is what "once" asks for. Its key is made of all that it says, so a key that was used
 * is the same opening by another actor. */
static bool is_there_already(const struct import *import, const struct batch_item *item,
                             const struct daybook_answer *answer) {
    if (answer->is_repeated || answer->refusal == NULL || !plan_is_once(&import->plan, item->entry)) {
        return answer->is_repeated;
    }
    return answer->refusal->code == PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_CUSTOMER ||
           answer->refusal->code == PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED;
}

/* A key is made of its row: it was used before by the same row, and what differs is not in the file. */
static void report_refusal(struct import *import, const struct batch_item *item, const Pb__Refusal *refusal) {
    const char *sentence = refusal->message;
    char explained[2 * DAYBOOK_ERROR_SIZE];
    if (refusal->code == PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED) {
        (void)snprintf(explained, sizeof explained,
                       _("%s: this row was imported before, by another actor or through another map"), sentence);
        sentence = explained;
    }
    import_report_add(&import->report, item->line, plan_command(&import->plan, item->entry),
                      refusal_name(refusal->code), sentence);
}

/* What is taken and may not have been meant: a limit that is passed, a charge that is due before its own day. */
static void report_warning(struct import *import, const struct batch_item *item, const char *warning) {
    if (warning != NULL) {
        import->warned_count++;
        import_report_add(&import->report, item->line, plan_command(&import->plan, item->entry), "WARNING", warning);
    }
}

static void count_answers(struct import *import, const struct daybook_answers *answers) {
    for (size_t i = 0; i < import->item_count; i++) {
        const struct batch_item *item = &import->items[i];
        const struct daybook_answer *answer = &answers->items[i];
        if (is_there_already(import, item, answer)) {
            import->repeated_count++;
        } else if (answer->refusal != NULL) {
            import->refused_count++;
            report_refusal(import, item, answer->refusal);
        } else {
            import->appended_count++;
            report_warning(import, item, answer->warning);
        }
    }
}

static enum daybook_status flush_batch(struct import *import, struct daybook_error *error) {
    struct daybook_submission submission = {
        .requests = import->requests, .count = import->item_count, .mode = DAYBOOK_SUBMIT_EACH};
    for (size_t i = 0; i < import->item_count; i++) {
        const struct batch_item *item = &import->items[i];
        import->requests[i] = (struct daybook_bytes){import->encoded.data + item->offset, item->size};
    }
    enum daybook_status status = DAYBOOK_OK;
    if (import->item_count > 0 && import->is_dry) {
        status = rehearsal_submit(import->rehearsal, import->requests, import->item_count, &submission.answers, error);
    } else if (import->item_count > 0) {
        status = command_submit(import->invocation, import->ledger, &submission, error);
    }
    if (status == DAYBOOK_OK) {
        count_answers(import, &submission.answers);
    }
    daybook_answers_release(&submission.answers);
    daybook_buffer_reset(&import->encoded);
    import->item_count = 0;
    return status;
}

static uint64_t decided_count(const struct import *import) {
    return import->appended_count + import->repeated_count + import->refused_count;
}

static enum daybook_status stop(const struct import *import, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_STOPPED,
                        import->is_dry
                            ? _("stopped after %" PRIu64 " requests; it was a dry run, and nothing was recorded")
                            : _("stopped after %" PRIu64 " requests; the same import again goes on from there"),
                        decided_count(import));
}

static enum daybook_status submit_all(struct import *import, struct daybook_error *error) {
    struct progress progress;
    progress_begin(&progress, import->is_dry ? _("deciding") : _("importing"), _("requests"), 0,
                   import->plan.entry_count);
    enum daybook_status status = DAYBOOK_OK;
    for (size_t entry = 0; status == DAYBOOK_OK && entry < import->plan.entry_count; entry++) {
        struct batch_item *item = &import->items[import->item_count];
        *item = (struct batch_item){.entry = entry, .offset = import->encoded.size};
        status = plan_encode(&import->plan, entry, &import->encoded, &item->line, error);
        item->size = import->encoded.size - item->offset;
        import->item_count++;
        if (status == DAYBOOK_OK && import->item_count == BATCH_REQUESTS) {
            status = flush_batch(import, error);
            progress_update(&progress, entry + 1);
        }
        if (status == DAYBOOK_OK && progress_is_interrupted()) {
            return stop(import, error);
        }
    }
    return status == DAYBOOK_OK ? flush_batch(import, error) : status;
}

/* Decides all of it in a row, as submitting would, and keeps nothing. */
static enum daybook_status rehearse_all(struct import *import, struct daybook_error *error) {
    enum daybook_status status = rehearsal_open(import->ledger, 0, &import->rehearsal, error);
    if (status == DAYBOOK_OK) {
        status = submit_all(import, error);
    }
    if (status == DAYBOOK_LIMIT) {
        struct daybook_error full = *error;
        return daybook_fail(error, DAYBOOK_LIMIT, _("the dry run decided %" PRIu64 " of %zu requests: %s"),
                            decided_count(import), import->plan.entry_count, daybook_error_shown(&full));
    }
    return status;
}

/* What became of the requests. */
enum outcome {
    STOPPED_BY_ROWS,
    NOT_DECIDED, /* A dry run that a server would have to decide. */
    REHEARSED,
    SUBMITTED,
};

/* What is nothing is left out, as in all JSON of ours, but for the figures that were always there. */
static void print_json(const struct import *import, enum outcome outcome) {
    const struct plan *plan = &import->plan;
    (void)printf("{\"rows\":%" PRIu64 ",\"badRows\":%" PRIu64 ",\"requests\":%zu,\"appended\":%" PRIu64
                 ",\"repeated\":%" PRIu64 ",\"refused\":%" PRIu64,
                 plan->data_rows, plan->bad_count, plan->entry_count, import->appended_count, import->repeated_count,
                 import->refused_count);
    if (plan->idle_count > 0) {
        (void)printf(",\"rowsWithoutRequest\":%" PRIu64, plan->idle_count);
    }
    if (import->warned_count > 0) {
        (void)printf(",\"warnings\":%" PRIu64, import->warned_count);
    }
    (void)printf("%s%s%s}\n", import->is_open_ended ? ",\"noLineEnd\":true" : "",
                 import->is_dry ? ",\"dryRun\":true" : "", outcome == NOT_DECIDED ? ",\"decided\":false" : "");
}

static void print_summary(const struct import *import, enum outcome outcome) {
    const struct plan *plan = &import->plan;
    char text[7][32];
    if (options_has(&import->invocation->options, "json")) {
        print_json(import, outcome);
        return;
    }
    const char *ends[] = {
        [STOPPED_BY_ROWS] = _("; nothing was submitted"),
        [NOT_DECIDED] = _("; the rows were checked, and nothing was decided"),
        [REHEARSED] = _("; a dry run, nothing was recorded"),
        [SUBMITTED] = "",
    };
    const char *rows = count_grouped(plan->data_rows, text[0]);
    const char *bad = count_grouped(plan->bad_count, text[1]);
    const char *requests = count_grouped(plan->entry_count, text[2]);
    const char *appended = count_grouped(import->appended_count, text[3]);
    const char *repeated = count_grouped(import->repeated_count, text[4]);
    const char *refused = count_grouped(import->refused_count, text[5]);
    if (plan->idle_count > 0) {
        (void)printf(_("rows %s (bad %s, without a request %s), requests %s: appended %s, repeated %s, refused %s%s\n"),
                     rows, bad, count_grouped(plan->idle_count, text[6]), requests, appended, repeated, refused,
                     ends[outcome]);
    } else {
        (void)printf(_("rows %s (bad %s), requests %s: appended %s, repeated %s, refused %s%s\n"), rows, bad, requests,
                     appended, repeated, refused, ends[outcome]);
    }
}

static enum outcome choose(const struct import *import) {
    if (import->plan.bad_count > 0 && !options_has(&import->invocation->options, "skip-bad")) {
        return STOPPED_BY_ROWS;
    }
    if (!import->is_dry) {
        return SUBMITTED;
    }
    return import->ledger == NULL ? NOT_DECIDED : REHEARSED;
}

static void explain(enum outcome outcome) {
    if (outcome == STOPPED_BY_ROWS) {
        (void)fprintf(stderr, "%s",
                      _("daybook: bad rows stopped the import before anything was appended; mend them, or go on "
                        "without them with --skip-bad\n"));
    } else if (outcome == NOT_DECIDED) {
        (void)fprintf(stderr, "%s",
                      _("daybook: over a server a dry run finds bad rows and no refusals; beside the ledger's files "
                        "(-L) it finds both\n"));
    }
}

static int run(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook_error report_error;
    struct import *import = arena_zalloc(invocation->arena, sizeof *import);
    if (import == NULL) {
        (void)daybook_fail(&error, DAYBOOK_NO_MEMORY, "%s", _("preparing the import: memory was refused"));
        return command_fail(&error);
    }
    import->invocation = invocation;
    import->is_dry = options_has(&invocation->options, "dry-run");
    progress_watch_interrupt();
    enum daybook_status status = prepare(import, &error);
    bool is_planned = status == DAYBOOK_OK;
    enum outcome outcome = is_planned ? choose(import) : STOPPED_BY_ROWS;
    if (outcome == SUBMITTED) {
        status = submit_all(import, &error);
    } else if (outcome == REHEARSED) {
        status = rehearse_all(import, &error);
    }
    enum daybook_status report_status = import_report_close(&import->report, &report_error);
    if (is_planned) {
        explain(outcome);
        print_summary(import, outcome);
    }
    int code = import->plan.bad_count + import->refused_count > 0 ? EXIT_REFUSED : EXIT_DONE;
    code = report_status == DAYBOOK_OK ? code : command_fail(&report_error);
    code = status == DAYBOOK_OK ? code : command_fail(&error);
    plan_release(&import->plan);
    daybook_buffer_release(&import->map_text);
    daybook_buffer_release(&import->file_text);
    daybook_buffer_release(&import->encoded);
    rehearsal_close(import->rehearsal);
    daybook_close(import->ledger);
    return code;
}

static const struct option_spec import_options[] = {
    {"map", 0, OPTION_VALUE, true, "MAP", N_("the mapping file: which columns make which requests"), FIELD_NONE},
    {"skip-bad", 0, OPTION_FLAG, false, NULL, N_("go on without the rows that cannot be read"), FIELD_NONE},
    {"strict", 0, OPTION_FLAG, false, NULL, N_("a last row that may have been cut off is a bad one"), FIELD_NONE},
    {"report", 0, OPTION_VALUE, false, "FILE", N_("list bad rows and refusals there, as CSV"), FIELD_NONE},
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("who does it (default: you)"), FIELD_NONE},
    {"dry-run", 0, OPTION_FLAG, false, NULL, N_("decide every row, and record nothing"), FIELD_NONE},
    OPTIONS_END,
};

const struct command import_commands[] = {
    {
        .name = "import",
        .arguments = "FILE|-",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run,
        .summary = N_("import a CSV file through a mapping; the same file again appends nothing"),
        .detail = N_("Rows are submitted in the order of their business dates. One bad row stops the import before "
                     "anything is appended, unless --skip-bad is given. A refused request is listed, and the others "
                     "go on. Exit code 1 when a row was bad or a request refused. --dry-run decides all of it in a "
                     "row, as importing would, and tells the same; it records nothing, waits for no lock, and holds "
                     "in memory what it would have recorded (2 GiB at most, some 3 million requests). Over a server "
                     "it checks the rows alone."),
        .example = "daybook import invoices.csv --map invoices.json",
        .options = import_options,
    },
    {.name = NULL},
};
