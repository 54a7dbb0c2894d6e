/* daybook export TABLE --format csv|jsonl|parquet: one of the tables for analysts. */
#include "tools/command_dataset.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/decimal.h"
#include "tools/dataset_place.h"
#include "tools/fixed_at.h"
#include "tools/text.h"

enum { PAGE_ARENA_BYTES = 512 << 20 };

struct dataset_export {
    const struct invocation *invocation;
    struct dataset_run run;
    struct fixed_at fixed;
    struct dataset_facts facts;
    struct dataset_place place;
    enum row_format format;
    const char *path;
    bool is_by_month;
};

const char *dataset_list_names(char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (const struct dataset *dataset = datasets; dataset->name != NULL && used < size; dataset++) {
        int written = snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", dataset->name);
        used += written < 0 ? size : (size_t)written;
    }
    return text;
}

/* ---- what was asked for ---- */

static enum daybook_status read_by(struct dataset_export *export, struct daybook_error *error) {
    const char *by = options_value(&export->invocation->options, "by");
    const struct dataset *dataset = export->run.dataset;
    bool has_directory = export->path != NULL && strcmp(export->path, "-") != 0;
    if (by == NULL) {
        return DAYBOOK_OK;
    }
    if (strcmp(by, "month") != 0) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--by: \"%.40s\" is not \"month\""), by);
    }
    if (dataset->month_column == DATASET_NO_MONTH) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--by month: rows of %s have no date of their own"),
                            dataset->name);
    }
    if (!has_directory) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("--by month needs -o DIR, a directory to make"));
    }
    export->is_by_month = true;
    return DAYBOOK_OK;
}

static enum daybook_status read_since(struct dataset_export *export, struct daybook_error *error) {
    const char *text = options_value(&export->invocation->options, "since");
    int64_t value = 0;
    if (text != NULL && (decimal_parse(text, strlen(text), 0, '.', &value) != DECIMAL_OK || value < 0)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("--since: \"%.40s\" is no sequence; give the known_at of an earlier export"), text);
    }
    export->run.since = (uint64_t)value;
    return DAYBOOK_OK;
}

static enum daybook_status read_options(struct dataset_export *export, struct daybook_error *error) {
    export->path = options_value(&export->invocation->options, "output");
    bool is_stdout = export->path == NULL || strcmp(export->path, "-") == 0;
    if (is_stdout && export->format == ROWS_PARQUET && isatty(STDOUT_FILENO) == 1) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("Parquet is nothing for a terminal; name a file with -o, or use a pipe"));
    }
    DAYBOOK_TRY(read_since(export, error));
    return read_by(export, error);
}

/* ---- what the manifest says ---- */

static void put_hex(char *to, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(to + i * 2, 3, "%02x", bytes[i]);
    }
}

/* The root of no events is that of the empty tree: the digest of nothing. */
static enum daybook_status find_root(struct dataset_export *export, struct daybook_error *error) {
    Pb__CheckpointQuery question = PB__CHECKPOINT_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *answer;
    if (export->facts.known_at == 0) {
        (void)snprintf(export->facts.root, sizeof export->facts.root, "%s",
                       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        return DAYBOOK_OK;
    }
    question.size = export->facts.known_at;
    query.question_case = PB__QUERY__QUESTION_CHECKPOINT;
    query.checkpoint = &question;
    DAYBOOK_TRY(command_ask(&export->run.page, export->run.ledger, &query, &answer, error));
    const ProtobufCBinaryData *root = &((const Pb__CheckpointAnswer *)answer)->root;
    if (root->len != SHA256_SIZE) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("the root of the first %" PRIu64 " events is not one"),
                            export->facts.known_at);
    }
    put_hex(export->facts.root, root->data, root->len);
    return DAYBOOK_OK;
}

static enum daybook_status find_facts(struct dataset_export *export, struct daybook_error *error) {
    struct dataset_run *run = &export->run;
    struct fixed_at *fixed = &export->fixed;
    const Pb__LedgerConfig *config;
    DAYBOOK_TRY(fixed_at_find(fixed, export->invocation, &run->page, run->ledger, NULL, error));
    if (run->since > fixed->known_at_sequence) {
        return daybook_fail(
            error, DAYBOOK_INVALID,
            _("--since: there is nothing after %" PRIu64 "; %" PRIu64 " is the last event that is known"), run->since,
            fixed->known_at_sequence);
    }
    DAYBOOK_TRY(command_config(export->invocation, run->ledger, &config, error));
    run->at = fixed->at;
    run->as_of = fixed->as_of_day;
    run->known_at = fixed->known_at_sequence;
    export->facts = (struct dataset_facts){
        .dataset = run->dataset,
        .as_of = fixed->as_of,
        .known_at_time = fixed->known_at_time,
        .known_at = run->known_at,
        .since = run->since,
    };
    if (config->ledger_id.len * 2 < sizeof export->facts.ledger_id) {
        put_hex(export->facts.ledger_id, config->ledger_id.data, config->ledger_id.len);
    }
    return find_root(export, error);
}

int command_dataset_run(struct invocation *invocation, const struct dataset *dataset, enum row_format format) {
    struct daybook_error error;
    struct dataset_export export = {.invocation = invocation, .format = format};
    struct dataset_run *run = &export.run;
    run->dataset = dataset;
    run->page = *invocation;
    arena_init(&run->page_arena, PAGE_ARENA_BYTES);
    run->page.arena = &run->page_arena;
    run->take = dataset_place_take;
    run->context = &export.place;
    progress_watch_interrupt();
    enum daybook_status status = read_options(&export, &error);
    if (status != DAYBOOK_OK) {
        arena_release(&run->page_arena);
        return command_usage(invocation, "%s", daybook_error_shown(&error));
    }
    status = command_open_reader(invocation, &run->ledger, &error);
    if (status == DAYBOOK_OK) {
        status = find_facts(&export, &error);
    }
    if (status == DAYBOOK_OK) {
        status = dataset_place_open(&export.place, &export.facts, format, export.path, export.is_by_month, &error);
    }
    if (status == DAYBOOK_OK) {
        status = dataset_walk(run, &error);
    }
    status = dataset_place_close(&export.place, status, &error);
    daybook_close(run->ledger);
    arena_release(&run->page_arena);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}
