/* daybook export: the journal as JSON lines or its stored bytes, tables for analysts, the books for other programs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "codec/wire.h"
#include "engine/ledger.h"
#include "limits.h"
#include "store/journal.h"
#include "tools/command.h"
#include "tools/command_dataset.h"
#include "tools/command_plain.h"
#include "tools/json_message.h"
#include "tools/output_file.h"
#include "tools/progress.h"
#include "tools/text.h"

enum {
    EVENT_BATCH_TAG = 0x0A,        /* Field 1 of EventBatch, length-delimited. */
    PAGE_EVENTS = 1000,            /* Asked of a server at once. */
    EVENT_ARENA_BYTES = 512 << 20, /* A page of the largest events, decoded. */
};

struct export {
    const struct invocation *invocation;
    struct journal_reader *reader;
    struct arena event_arena; /* Reset after each event. */
    struct daybook_buffer line;
    uint64_t from;
    uint64_t to;
    bool is_raw;
    bool is_single; /* --sequence: the event's bytes alone. */
    struct output_file out;
};

static enum daybook_status write_out(struct export *export, const void *data, size_t size,
                                     struct daybook_error *error) {
    if (fwrite(data, 1, size, export->out.stream) != size) {
        return daybook_fail(error, DAYBOOK_IO, _("writing events to %s: %s"), export->out.name, strerror(errno));
    }
    return DAYBOOK_OK;
}

static enum daybook_status write_raw(struct export *export, struct event_span event, struct daybook_error *error) {
    uint8_t head[11];
    size_t head_size = 1;
    head[0] = EVENT_BATCH_TAG;
    head_size += varint_store(head + 1, event.size);
    enum daybook_status status = export->is_single ? DAYBOOK_OK : write_out(export, head, head_size, error);
    return status == DAYBOOK_OK ? write_out(export, event.data, event.size, error) : status;
}

static enum daybook_status write_line(struct export *export, uint64_t sequence, const ProtobufCMessage *message,
                                      struct daybook_error *error) {
    daybook_buffer_reset(&export->line);
    enum daybook_status status = json_write_message(message, &export->line);
    if (status == DAYBOOK_OK) {
        status = daybook_buffer_append(&export->line, "\n", 1);
    }
    if (status != DAYBOOK_OK) {
        return daybook_fail(error, status, _("writing event %" PRIu64 " as JSON: memory was refused"), sequence);
    }
    return write_out(export, export->line.data, export->line.size, error);
}

static enum daybook_status write_json(struct export *export, uint64_t sequence, struct event_span event,
                                      struct daybook_error *error) {
    ProtobufCMessage *message;
    arena_reset(&export->event_arena);
    enum daybook_status status = wire_decode(&pb__event__descriptor, (struct daybook_bytes){event.data, event.size},
                                             &export->event_arena, &message, error);
    return status == DAYBOOK_OK ? write_line(export, sequence, message, error)
                                : daybook_fail_in(error, _("reading event %" PRIu64), sequence);
}

static enum daybook_status write_range(struct export *export, struct daybook_error *error) {
    struct progress progress;
    progress_begin(&progress, _("exporting"), _("events"), export->from - 1, export->to);
    enum daybook_status status = DAYBOOK_OK;
    uint64_t next = export->from;
    while (status == DAYBOOK_OK && next <= export->to) {
        struct journal_slice slice;
        status = journal_read(export->reader, next, &slice, error);
        if (status == DAYBOOK_OK && slice.count == 0) {
            break;
        }
        for (size_t i = 0; status == DAYBOOK_OK && i < slice.count && next <= export->to; i++, next++) {
            status = export->is_raw ? write_raw(export, slice.events[i], error)
                                    : write_json(export, next, slice.events[i], error);
        }
        if (status == DAYBOOK_OK && progress_is_interrupted()) {
            status = daybook_fail(error, DAYBOOK_STOPPED, _("stopped before event %" PRIu64), next);
        }
        progress_update(&progress, next - 1);
    }
    progress_clear();
    return status;
}

/* ---- over a server ---- */

static enum daybook_status ask_events(struct export *export, uint64_t from, uint64_t to,
                                      const Pb__EventsAnswer **answer, struct daybook_error *error) {
    struct invocation page = *export->invocation; /* A page's memory is used again for the next one. */
    Pb__EventsQuery question = PB__EVENTS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *message = NULL;
    arena_reset(&export->event_arena);
    page.arena = &export->event_arena;
    question.from_sequence = from;
    question.to_sequence = to;
    question.limit = PAGE_EVENTS;
    query.question_case = PB__QUERY__QUESTION_EVENTS;
    query.events = &question;
    enum daybook_status status = command_ask(&page, NULL, &query, &message, error);
    *answer = (const Pb__EventsAnswer *)message;
    return status;
}

/* An event has one encoding: what is encoded here is what the journal holds. */
static enum daybook_status write_asked(struct export *export, const Pb__Event *event, struct daybook_error *error) {
    if (!export->is_raw) {
        return write_line(export, event->sequence, &event->base, error);
    }
    daybook_buffer_reset(&export->line);
    if (wire_encode(&event->base, &export->line) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("writing event %" PRIu64 ": memory was refused"),
                            event->sequence);
    }
    return write_raw(export, (struct event_span){export->line.data, (uint32_t) export->line.size}, error);
}

static enum daybook_status write_asked_range(struct export *export, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    uint64_t next = export->from;
    while (status == DAYBOOK_OK && next <= export->to) {
        const Pb__EventsAnswer *answer;
        status = ask_events(export, next, export->to, &answer, error);
        size_t count = status == DAYBOOK_OK ? answer->n_events : 0;
        for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
            status = write_asked(export, answer->events[i], error);
        }
        if (status == DAYBOOK_OK && progress_is_interrupted()) {
            status = daybook_fail(error, DAYBOOK_STOPPED, _("stopped before event %" PRIu64), next + count);
        }
        if (count == 0) {
            break;
        }
        next += count;
    }
    return status;
}

/* ---- the range ---- */

static enum daybook_status find_head(struct export *export, struct daybook *ledger, uint64_t *head,
                                     struct daybook_error *error) {
    const Pb__EventsAnswer *answer;
    if (export->invocation->remote == NULL) {
        return daybook_head(ledger, head, error);
    }
    enum daybook_status status = ask_events(export, 1, 1, &answer, error);
    *head = status == DAYBOOK_OK ? answer->journal_head : 0;
    return status;
}

static enum daybook_status parse_sequence(const struct options *options, const char *name, uint64_t *sequence,
                                          struct daybook_error *error) {
    const char *text = options_value(options, name);
    int64_t value;
    if (text == NULL) {
        return DAYBOOK_OK;
    }
    if (decimal_parse(text, strlen(text), 0, '.', &value) != DECIMAL_OK || value < 1) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--%s: \"%.40s\" is no sequence; they count from 1"), name, text);
    }
    *sequence = (uint64_t)value;
    return DAYBOOK_OK;
}

static enum daybook_status read_range(struct export *export, const struct options *options, uint64_t head,
                                      struct daybook_error *error) {
    uint64_t single = 0;
    export->from = 1;
    export->to = head;
    export->is_raw = options_has(options, "raw");
    export->is_single = options_has(options, "sequence");
    enum daybook_status status = parse_sequence(options, "from", &export->from, error);
    if (status == DAYBOOK_OK) {
        status = parse_sequence(options, "to", &export->to, error);
    }
    if (status == DAYBOOK_OK) {
        status = parse_sequence(options, "sequence", &single, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (export->is_single && (options_has(options, "from") || options_has(options, "to"))) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("--sequence stands alone, without --from and --to"));
    }
    if (export->is_single) {
        export->from = single;
        export->to = single;
    }
    bool is_named = export->is_single || options_has(options, "to");
    if (is_named && export->to > head) {
        return daybook_fail(error, DAYBOOK_INVALID, _("there is no event %" PRIu64 "; the journal ends with %" PRIu64),
                            export->to, head);
    }
    return DAYBOOK_OK;
}

static int print_events(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct export export = {.invocation = invocation};
    uint64_t head = 0;
    arena_init(&export.event_arena, EVENT_ARENA_BYTES);
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = find_head(&export, ledger, &head, &error);
    }
    if (status == DAYBOOK_OK) {
        status = read_range(&export, &invocation->options, head, &error);
    }
    if (status == DAYBOOK_OK && ledger != NULL) {
        status = journal_reader_open(ledger_journal(ledger), &export.reader, &error);
    }
    if (status == DAYBOOK_OK) {
        status = output_file_open(&export.out, options_value(&invocation->options, "output"), &error);
    }
    if (status == DAYBOOK_OK) {
        status = ledger != NULL ? write_range(&export, &error) : write_asked_range(&export, &error);
    }
    status = output_file_close(&export.out, status, &error);
    journal_reader_close(export.reader);
    daybook_buffer_release(&export.line);
    arena_release(&export.event_arena);
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* ---- which of them ---- */

/* The first of `names` that was given; NULL: none was. */
static const char *first_given(const struct options *options, const char *const *names) {
    for (; *names != NULL; names++) {
        if (options_has(options, *names)) {
            return *names;
        }
    }
    return NULL;
}

/* The journal as it is, or, with --format, the table of that name. */
static int run_events(struct invocation *invocation) {
    static const char *const of_table[] = {"since", "by", "as-of", "known-at", NULL};
    static const char *const of_journal[] = {"from", "to", "sequence", "raw", NULL};
    const char *name = options_value(&invocation->options, "format");
    const char *stray = first_given(&invocation->options, name == NULL ? of_table : of_journal);
    enum row_format format;
    if (stray != NULL) {
        return command_usage(
            invocation, name == NULL ? _("--%s is of the table; name its --format") : _("--%s goes without --format"),
            stray);
    }
    if (name == NULL) {
        return print_events(invocation);
    }
    if (!row_format_named(name, &format)) {
        return command_usage(invocation, _("--format: \"%.40s\" is none of csv, jsonl and parquet"), name);
    }
    return command_dataset_run(invocation, dataset_find("events"), format);
}

/* A table, or, without one, the books in another program's format. */
static int run_export(struct invocation *invocation) {
    static const char *const of_table[] = {"since", "by", NULL};
    const char *name = options_value(&invocation->options, "format");
    bool has_table = invocation->options.argument_count > 0;
    const char *table = has_table ? invocation->options.arguments[0] : "";
    const struct dataset *dataset = dataset_find(table);
    enum plain_format books;
    enum row_format rows;
    char names[256];
    bool is_books = plain_format_named(name, &books);
    bool is_rows = row_format_named(name, &rows);
    if (!is_books && !is_rows) {
        return command_usage(invocation,
                             _("--format: \"%.40s\" is none of csv, jsonl and parquet (a table), hledger, ledger and "
                               "beancount (the books)"),
                             name);
    }
    if (has_table && dataset == NULL) {
        return command_usage(invocation, _("\"%.40s\" is no table; there are %s"), table,
                             dataset_list_names(names, sizeof names));
    }
    if (is_rows && !has_table) {
        return command_usage(invocation, _("name a table; there are %s"), dataset_list_names(names, sizeof names));
    }
    if (is_books && has_table) {
        return command_usage(invocation, _("%s is a format of the whole books, without a table"), name);
    }
    const char *stray = is_books ? first_given(&invocation->options, of_table) : NULL;
    if (stray != NULL) {
        return command_usage(invocation, _("--%s goes with a table"), stray);
    }
    return is_books ? command_plain_run(invocation, books) : command_dataset_run(invocation, dataset, rows);
}

static const struct option_spec table_options[] = {
    {"format", 0, OPTION_VALUE, true, "FORMAT", N_("csv, jsonl or parquet; of the books: hledger, ledger or beancount"),
     FIELD_NONE},
    {"since", 0, OPTION_VALUE, false, "SEQ", N_("only what is new since an export with this known_at"), FIELD_NONE},
    {"by", 0, OPTION_VALUE, false, "month", N_("a file for each month, in a new directory"), FIELD_NONE},
    {"output", 'o', OPTION_VALUE, false, "FILE|DIR", N_("write there (default: standard output)"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec events_options[] = {
    {"from", 0, OPTION_VALUE, false, "SEQ", N_("the first event (default: 1)"), FIELD_NONE},
    {"to", 0, OPTION_VALUE, false, "SEQ", N_("the last event (default: the head)"), FIELD_NONE},
    {"sequence", 0, OPTION_VALUE, false, "SEQ", N_("one event alone"), FIELD_NONE},
    {"raw", 0, OPTION_FLAG, false, NULL, N_("the stored bytes: one Event with --sequence, else an EventBatch"),
     FIELD_NONE},
    {"format", 0, OPTION_VALUE, false, "FORMAT", N_("the table instead: csv, jsonl or parquet"), FIELD_NONE},
    {"since", 0, OPTION_VALUE, false, "SEQ", N_("of the table: only later events"), FIELD_NONE},
    {"by", 0, OPTION_VALUE, false, "month", N_("of the table: a file for each month, in a new directory"), FIELD_NONE},
    {"output", 'o', OPTION_VALUE, false, "FILE|DIR", N_("write there (default: standard output)"), FIELD_NONE},
    OPTIONS_END,
};

const struct command export_commands[] = {
    {
        .name = "export events",
        .arguments = "",
        .uses = USES_LEDGER | USES_AT,
        .run = run_events,
        .summary = N_("print the journal: one event a line, as proto3 JSON"),
        .detail = N_("With --raw the bytes are those of the journal: \"protoc --decode=daybook.v1.Event\" reads one, "
                     "\"protoc --decode=daybook.v1.EventBatch\" reads a range. With --format it is the table events "
                     "of \"daybook help tables\", at --as-of and --known-at."),
        .example = "daybook export events --sequence 12 --raw | \\\n    protoc --decode=daybook.v1.Event "
                   "daybook/v1/event.proto",
        .options = events_options,
    },
    {
        .name = "export",
        .arguments = "[TABLE]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT,
        .run = run_export,
        .summary = N_("write a table for analysts, or the books for hledger, ledger or Beancount"),
        .detail = N_("TABLE is events, postings, balances, open-items, aging, lots, allocations, customers or "
                     "daily-balances; \"daybook help tables\" tells every column, and what stands in the manifest "
                     "beside the file. Without TABLE the books are written as a plain-text journal: every money event "
                     "becomes a balanced transaction; each customer has accounts of their own. The file ends with "
                     "assertions of what Daybook says every account holds, so that \"hledger check\", \"ledger "
                     "balance\" or \"bean-check\" verify the books without trusting Daybook."),
        .example = "daybook export balances --format parquet -o balances.parquet\n"
                   "duckdb -c \"FROM 'balances.parquet'\"",
        .options = table_options,
    },
    {.name = NULL},
};
