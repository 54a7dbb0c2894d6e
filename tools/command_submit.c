/* daybook submit: requests as lines of proto3 JSON in, answers as lines of proto3 JSON out, in order. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"
#include "engine/ledger.h"
#include "limits.h"
#include "tools/command.h"
#include "tools/dry_run.h"
#include "tools/json_message.h"
#include "tools/line_reader.h"
#include "tools/progress.h"
#include "tools/text.h"

enum {
    BATCH_LINES = 8192,
    LINE_LIMIT = 1 << 20,
    BATCH_SOFT_BYTES = 32 << 20, /* A batch of huge lines is submitted early. */
    BATCH_HARD_BYTES = 512 << 20,
};

/* One line of the batch. */
struct submit_line {
    uint64_t number;
    const Pb__Request *request; /* NULL: malformed. */
    const char *complaint;      /* Of a malformed line. */
    size_t offset;              /* Of the encoded request. */
    size_t size;
};

struct submit {
    const struct invocation *invocation;
    struct daybook *ledger;
    struct line_reader reader;
    struct arena batch_arena;
    struct daybook_buffer encoded;
    struct daybook_buffer out;
    struct submit_line *lines; /* BATCH_LINES, or LIMIT_GROUP_REQUESTS of a group */
    size_t line_max;
    size_t line_count;
    struct daybook_bytes *requests;
    const char *actor; /* Of lines that name none; NULL = they stay so. */
    bool is_group;
    bool brings_clock;
    uint64_t refused_count;
    uint64_t malformed_count;
};

/* Turns one line into an encoded request at the end of `encoded`. */
static enum daybook_status read_request(struct submit *submit, struct daybook_bytes text, struct submit_line *line,
                                        struct daybook_error *error) {
    ProtobufCMessage *message;
    enum daybook_status status =
        json_read_message(text, &pb__request__descriptor, &submit->batch_arena, &message, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    Pb__Request *request = (Pb__Request *)message;
    if (request->recorded_at_us != 0 && !submit->brings_clock) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("recordedAtUs is given, and instants are accepted only with --recorded-at"));
    }
    if (request->actor[0] == '\0' && submit->actor != NULL) {
        request->actor = (char *)(uintptr_t)submit->actor;
    }
    line->offset = submit->encoded.size;
    if (wire_encode(message, &submit->encoded) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("encoding the request: memory was refused"));
    }
    line->size = submit->encoded.size - line->offset;
    if (line->size > LIMIT_REQUEST_BYTES) {
        submit->encoded.size = line->offset;
        return daybook_fail(error, DAYBOOK_INVALID, _("the request has %zu bytes, and %d are the most"), line->size,
                            LIMIT_REQUEST_BYTES);
    }
    line->request = request;
    return DAYBOOK_OK;
}

static enum daybook_status take_line(struct submit *submit, struct daybook_bytes text, bool is_too_long,
                                     struct daybook_error *error) {
    struct submit_line *line = &submit->lines[submit->line_count];
    struct daybook_error complaint;
    *line = (struct submit_line){.number = submit->reader.line_number};
    enum daybook_status status;
    if (is_too_long) {
        status = daybook_fail(&complaint, DAYBOOK_INVALID, _("the line is longer than %d bytes"), LINE_LIMIT);
    } else {
        status = read_request(submit, text, line, &complaint);
    }
    if (status == DAYBOOK_NO_MEMORY) {
        return daybook_fail_as(error, &complaint);
    }
    submit->line_count++;
    if (status != DAYBOOK_OK) {
        submit->malformed_count++;
        progress_clear();
        (void)fprintf(stderr, _("daybook: line %" PRIu64 " is malformed: %s\n"), line->number, complaint.message);
        line->complaint = arena_copy_text(&submit->batch_arena, complaint.message, strlen(complaint.message));
    }
    return DAYBOOK_OK;
}

static enum daybook_status write_answer(struct submit *submit, const Pb__Answer *answer) {
    enum daybook_status status = json_write_message(&answer->base, &submit->out);
    return status == DAYBOOK_OK ? daybook_buffer_append(&submit->out, "\n", 1) : status;
}

/* The answer of a line that was not submitted. */
static enum daybook_status write_refusal(struct submit *submit, const struct submit_line *line, Pb__RefusalCode code,
                                         const char *sentence) {
    Pb__Refusal refusal = PB__REFUSAL__INIT;
    Pb__Answer answer = PB__ANSWER__INIT;
    refusal.code = code;
    refusal.message = (char *)(uintptr_t)sentence;
    answer.refusal = &refusal;
    if (line->request != NULL) {
        answer.key = line->request->key;
    }
    return write_answer(submit, &answer);
}

static enum daybook_status write_decided(struct submit *submit, const struct submit_line *line,
                                         const struct daybook_answer *decided) {
    Pb__Answer answer = PB__ANSWER__INIT;
    char *warning = (char *)(uintptr_t)decided->warning;
    answer.key = line->request->key;
    answer.first_sequence = decided->first_sequence;
    answer.last_sequence = decided->last_sequence;
    answer.recorded_at_us = decided->recorded_at_us;
    answer.repeated = decided->is_repeated;
    answer.refusal = (Pb__Refusal *)(uintptr_t)decided->refusal;
    answer.warnings = &warning;
    answer.n_warnings = warning == NULL ? 0 : 1;
    answer.remainders = (Pb__Remainder **)(uintptr_t)decided->remainders;
    answer.n_remainders = decided->remainder_count;
    submit->refused_count += decided->refusal != NULL ? 1 : 0;
    enum daybook_status status = dry_run_fill(decided, &submit->batch_arena, &answer, NULL);
    return status == DAYBOOK_OK ? write_answer(submit, &answer) : status;
}

static enum daybook_status write_answers(struct submit *submit, const struct daybook_answers *answers,
                                         struct daybook_error *error) {
    size_t next = 0;
    enum daybook_status status = DAYBOOK_OK;
    daybook_buffer_reset(&submit->out);
    for (size_t i = 0; status == DAYBOOK_OK && i < submit->line_count; i++) {
        const struct submit_line *line = &submit->lines[i];
        if (line->request == NULL) {
            status = write_refusal(submit, line, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED, line->complaint);
        } else {
            status = write_decided(submit, line, &answers->items[next++]);
        }
    }
    if (status != DAYBOOK_OK) {
        return daybook_fail(error, status, "%s", _("writing the answers: memory was refused"));
    }
    if (fwrite(submit->out.data, 1, submit->out.size, stdout) != submit->out.size || fflush(stdout) != 0) {
        return daybook_fail(error, DAYBOOK_IO, _("writing the answers to standard output: %s"), strerror(errno));
    }
    return DAYBOOK_OK;
}

/* A group with a malformed line in it: nobody is submitted, and everybody is told why. */
static enum daybook_status refuse_group(struct submit *submit, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    daybook_buffer_reset(&submit->out);
    for (size_t i = 0; status == DAYBOOK_OK && i < submit->line_count; i++) {
        const struct submit_line *line = &submit->lines[i];
        status = line->request == NULL
                     ? write_refusal(submit, line, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED, line->complaint)
                     : write_refusal(submit, line, PB__REFUSAL_CODE__REFUSAL_CODE_GROUP_REFUSED,
                                     _("Another line of the group is malformed."));
    }
    if (status != DAYBOOK_OK || fwrite(submit->out.data, 1, submit->out.size, stdout) != submit->out.size) {
        return daybook_fail(error, DAYBOOK_IO, "%s", _("writing the answers to standard output failed"));
    }
    return DAYBOOK_OK;
}

static enum daybook_submit_mode mode_of(const struct submit *submit) {
    if (options_has(&submit->invocation->options, "dry-run")) {
        return DAYBOOK_SUBMIT_DRY;
    }
    return submit->is_group ? DAYBOOK_SUBMIT_GROUP : DAYBOOK_SUBMIT_EACH;
}

/* Submits what was read and writes the answers. */
static enum daybook_status flush_batch(struct submit *submit, struct daybook_error *error) {
    size_t count = 0;
    enum daybook_status status = DAYBOOK_OK;
    struct daybook_submission submission = {.requests = submit->requests,
                                            .mode = mode_of(submit),
                                            .tells_remainders =
                                                options_has(&submit->invocation->options, "remainders")};
    if (submit->line_count == 0) {
        return DAYBOOK_OK;
    }
    if (submit->is_group && submit->malformed_count > 0) {
        return refuse_group(submit, error);
    }
    for (size_t i = 0; i < submit->line_count; i++) {
        const struct submit_line *line = &submit->lines[i];
        if (line->request != NULL) {
            submit->requests[count++] = (struct daybook_bytes){submit->encoded.data + line->offset, line->size};
        }
    }
    if (count > 0) {
        submission.count = count;
        status = command_submit(submit->invocation, submit->ledger, &submission, error);
    }
    if (status != DAYBOOK_OK) {
        (void)daybook_fail_in(error,
                              _("submitting lines %" PRIu64 " to %" PRIu64 " (some may be recorded; all of them again, "
                                "with the same keys, is safe)"),
                              submit->reader.line_number - submit->line_count + 1, submit->reader.line_number);
    }
    if (status == DAYBOOK_OK) {
        status = write_answers(submit, &submission.answers, error);
    }
    daybook_answers_release(&submission.answers);
    arena_reset(&submit->batch_arena);
    daybook_buffer_reset(&submit->encoded);
    submit->line_count = 0;
    return status;
}

static bool is_batch_full(const struct submit *submit) {
    return submit->line_count == submit->line_max || submit->batch_arena.used_bytes > BATCH_SOFT_BYTES ||
           submit->encoded.size > BATCH_SOFT_BYTES;
}

static enum daybook_status group_too_large(const struct submit *submit, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_INVALID, _("a group has at most %d requests; line %" PRIu64 " is one too many"),
                        LIMIT_GROUP_REQUESTS, submit->reader.line_number);
}

/* Each line as it comes; a batch goes out when it is full or when the next line would have to be waited for. */
static enum daybook_status submit_all(struct submit *submit, struct daybook_error *error) {
    struct progress progress;
    progress_begin(&progress, _("submitting"), _("lines"), 0, 0);
    for (;;) {
        struct daybook_bytes text;
        enum line_result result;
        bool may_wait = submit->line_count == 0 || submit->is_group;
        enum daybook_status status = line_reader_next(&submit->reader, may_wait, &text, &result, error);
        if (status == DAYBOOK_OK && (result == LINE_READ || result == LINE_TOO_LONG)) {
            if (submit->is_group && submit->line_count == submit->line_max) {
                return group_too_large(submit, error);
            }
            status = take_line(submit, text, result == LINE_TOO_LONG, error);
        }
        bool is_due = result == LINE_END || (!submit->is_group && (result == LINE_NOT_READY || is_batch_full(submit)));
        if (status == DAYBOOK_OK && progress_is_interrupted()) {
            return daybook_fail(error, DAYBOOK_STOPPED,
                                _("stopped after line %" PRIu64 "; lines without an answer were not submitted"),
                                submit->reader.line_number - submit->line_count);
        }
        if (status == DAYBOOK_OK && is_due) {
            status = flush_batch(submit, error);
            progress_update(&progress, submit->reader.line_number);
        }
        if (status != DAYBOOK_OK || result == LINE_END) {
            progress_clear();
            return status;
        }
    }
}

static enum daybook_status open_submit(struct submit *submit, struct daybook_error *error) {
    const struct options *options = &submit->invocation->options;
    submit->actor = options_value(options, "actor");
    submit->is_group = options_has(options, "group");
    submit->brings_clock = options_has(options, "recorded-at");
    submit->line_max = submit->is_group ? LIMIT_GROUP_REQUESTS : BATCH_LINES;
    submit->lines = calloc(submit->line_max, sizeof *submit->lines);
    submit->requests = calloc(submit->line_max, sizeof *submit->requests);
    arena_init(&submit->batch_arena, BATCH_HARD_BYTES);
    if (submit->lines == NULL || submit->requests == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("preparing a batch: memory was refused"));
    }
    if (submit->is_group && options_has(options, "dry-run")) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("--group and --dry-run exclude each other: a dry run decides each line alone"));
    }
    enum daybook_status status = line_reader_open(&submit->reader, options->arguments[0], LINE_LIMIT, error);
    submit->reader.wake_fd = progress_interrupt_fd();
    if (status == DAYBOOK_OK) {
        status = command_open_writer(submit->invocation, false, &submit->ledger, error);
    }
    const Pb__LedgerConfig *config = NULL;
    if (status == DAYBOOK_OK && submit->brings_clock) {
        status = command_config(submit->invocation, submit->ledger, &config, error);
    }
    if (status == DAYBOOK_OK && config != NULL && !config->allow_import_clock) {
        status = daybook_fail(error, DAYBOOK_INVALID, "%s",
                              _("--recorded-at: this ledger keeps its own clock; only one that was made with \"daybook "
                                "init --allow-import-clock\" accepts given instants"));
    }
    return status;
}

static int run(struct invocation *invocation) {
    struct daybook_error error;
    struct submit submit = {.invocation = invocation, .reader = {.fd = -1}};
    progress_watch_interrupt();
    enum daybook_status status = open_submit(&submit, &error);
    if (status == DAYBOOK_OK) {
        status = submit_all(&submit, &error);
    }
    line_reader_close(&submit.reader);
    daybook_close(submit.ledger);
    arena_release(&submit.batch_arena);
    daybook_buffer_release(&submit.encoded);
    daybook_buffer_release(&submit.out);
    free(submit.lines);
    free(submit.requests);
    if (status != DAYBOOK_OK) {
        return command_fail(&error);
    }
    return submit.refused_count + submit.malformed_count > 0 ? EXIT_REFUSED : EXIT_DONE;
}

static const struct option_spec submit_options[] = {
    {"group", 0, OPTION_FLAG, false, NULL, N_("all lines as one: all of them or none"), FIELD_NONE},
    {"recorded-at", 0, OPTION_FLAG, false, NULL, N_("take recordedAtUs as given (ledgers with an import clock only)"),
     FIELD_NONE},
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("of lines that name no actor"), FIELD_NONE},
    {"dry-run", 0, OPTION_FLAG, false, NULL, N_("decide each line, and append nothing"), FIELD_NONE},
    {"remainders", 0, OPTION_FLAG, false, NULL,
     N_("tell in each answer what is left of the documents that the line touched"), FIELD_NONE},
    OPTIONS_END,
};

const struct command submit_commands[] = {
    {
        .name = "submit",
        .arguments = "FILE|-",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run,
        .is_for_programs = true,
        .summary = N_("submit requests: one proto3 JSON Request a line, one Answer a line in the same order"),
        .detail =
            N_("Amounts are integers in minor units. A malformed line is answered MALFORMED and named on standard "
               "error; the other lines go on. Exit code 1 when a line was malformed or refused."),
        .example = "echo '{\"key\":\"azE=\",\"customer\":\"ACME\",'\\\n"
                   "'\"receiveDeposit\":{\"lot\":\"L1\",\"amountMinor\":\"50000\"}}' |\n"
                   "    daybook submit -",
        .options = submit_options,
    },
    {.name = NULL},
};
