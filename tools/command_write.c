/* Commands that are one request: built from their table, submitted, and answered in one line. */
#include "tools/command_write.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/random.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "codec/wire.h"
#include "engine/ledger.h"
#include "limits.h"
#include "tools/dry_run.h"
#include "tools/field_form.h"
#include "tools/message_field.h"
#include "tools/remainder_table.h"
#include "tools/text.h"

enum { RANDOM_KEY_BYTES = 16, REPORT_ARENA_BYTES = 256 << 20 };

/* One request on its way. */
struct writing {
    const struct invocation *invocation;
    struct daybook *ledger;
    const Pb__LedgerConfig *config;
    Pb__Request request;
    /* The profile that a change starts from could not be had: decide without appending, so that the customer is
     * refused by the engine's own word, and nothing half-known is ever written. */
    bool is_profile_missing;
    struct daybook_error profile_error;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("putting the request together: memory was refused"));
}

static enum daybook_status set_key(const struct invocation *invocation, Pb__Request *request,
                                   struct daybook_error *error) {
    const char *given = options_value(&invocation->options, "key");
    if (given != NULL) {
        request->key = (ProtobufCBinaryData){strlen(given), (uint8_t *)(uintptr_t)given};
        if (request->key.len == 0 || request->key.len > LIMIT_KEY_BYTES) {
            return daybook_fail(error, DAYBOOK_INVALID, _("--key: a key has 1 to %d bytes"), LIMIT_KEY_BYTES);
        }
        return DAYBOOK_OK;
    }
    uint8_t *key = arena_alloc(invocation->arena, RANDOM_KEY_BYTES);
    if (key == NULL) {
        return no_memory(error);
    }
    if (getrandom(key, RANDOM_KEY_BYTES, 0) != RANDOM_KEY_BYTES) {
        return daybook_fail(error, DAYBOOK_IO, _("drawing a random key: %s; give one with --key"), strerror(errno));
    }
    request->key = (ProtobufCBinaryData){RANDOM_KEY_BYTES, key};
    return DAYBOOK_OK;
}

/* What is personal goes back sealed as it came, unless a part of it is named. What was erased is not brought back. */
static void keep_personal(const struct options *options, Pb__PersonalState state, Pb__CustomerProfile *profile) {
    static const char *const names[] = {"name", "contact", "email", "phone", "address"};
    bool is_named = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        is_named = is_named || options_has(options, names[i]);
    }
    if (is_named || state == PB__PERSONAL_STATE__PERSONAL_STATE_ERASED) {
        profile->sealed = NULL;
    } else if (profile->sealed != NULL) {
        profile->name = (char *)(uintptr_t)protobuf_c_empty_string;
        profile->contact = NULL;
    }
}

/* Changing a customer replaces the whole profile: what is not named on the command line stays as it is. */
static enum daybook_status start_from_profile(struct writing *writing, struct daybook_error *error) {
    const struct options *options = &writing->invocation->options;
    Pb__CustomersQuery customers = PB__CUSTOMERS_QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    Pb__Query query = PB__QUERY__INIT;
    const char *on = options_value(options, "on");
    at.as_of = (char *)(uintptr_t)(on == NULL ? "" : on);
    customers.at = &at;
    customers.customer = (char *)(uintptr_t)options->arguments[0];
    query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
    query.customers = &customers;
    ProtobufCMessage *answer;
    enum daybook_status status = command_ask(writing->invocation, writing->ledger, &query, &answer, error);
    if (status == DAYBOOK_INVALID || status == DAYBOOK_NOT_FOUND) {
        writing->is_profile_missing = true;
        writing->profile_error = *error;
        return DAYBOOK_OK;
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    const Pb__CustomersAnswer *found = (const Pb__CustomersAnswer *)answer;
    Pb__CustomerProfile *profile = found->n_rows == 1 ? found->rows[0]->profile : NULL;
    if (profile != NULL && (options_has(options, "tag") || options_has(options, "no-tags"))) {
        profile->n_tags = 0;
    }
    if (profile != NULL) {
        keep_personal(options, found->rows[0]->personal, profile);
    }
    writing->request.change_customer->profile = profile;
    return DAYBOOK_OK;
}

static enum daybook_status build(struct writing *writing, struct daybook_error *error) {
    const struct invocation *invocation = writing->invocation;
    Pb__Request *request = &writing->request;
    const char *currency = options_value(&invocation->options, "currency");
    const ProtobufCFieldDescriptor *arm = message_find_field(&pb__request__descriptor, invocation->command->message);
    assert(arm != NULL);
    struct field_target target = {
        .root = &request->base,
        .message = field_submessage(&request->base, arm, invocation->arena),
        .currency = currency == NULL ? writing->config->currency : currency,
        .arena = invocation->arena,
    };
    request->actor = (char *)(uintptr_t)command_actor(invocation);
    if (target.message == NULL) {
        return no_memory(error);
    }
    enum daybook_status status = set_key(invocation, request, error);
    if (status == DAYBOOK_OK && request->command_case == PB__REQUEST__COMMAND_CHANGE_CUSTOMER) {
        status = start_from_profile(writing, error);
    }
    return status == DAYBOOK_OK ? field_form_apply_all(&target, invocation, error) : status;
}

/* ", 100.00 CNY"; "" for a request without an amount. */
static const char *describe_amount(const struct invocation *invocation, const Pb__Request *request,
                                   const char *currency, char text[64]) {
    text[0] = '\0';
    const ProtobufCFieldDescriptor *arm =
        protobuf_c_message_descriptor_get_field(&pb__request__descriptor, request->command_case);
    const ProtobufCMessage *message = *(ProtobufCMessage *const *)field_member(&request->base, arm);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "amount_minor");
    int64_t minor;
    if (field == NULL || !field_is_present(message, field)) {
        return text;
    }
    memcpy(&minor, field_member(message, field), sizeof minor);
    const char *given = options_value(&invocation->options, "currency");
    char amount[DECIMAL_TEXT_SIZE];
    const char *code = given == NULL ? currency : given;
    (void)snprintf(text, 64, _(", %s %s"), decimal_format_grouped(minor, currency_decimals(code), amount), code);
    return text;
}

/* What the answer's line is about: the second word, or the first where there is no customer; "" where that is none. */
static const char *named_document(const struct invocation *invocation, const Pb__Request *request) {
    size_t count = invocation->options.argument_count;
    size_t named = *request->customer == '\0' ? 0 : 1;
    return count > named && (named == 0 || invocation->command->fields[named].form == FORM_TEXT)
               ? invocation->options.arguments[named]
               : "";
}

/* "12", or "12 to 13". */
static const char *describe_sequences(const struct daybook_answer *answer, char text[64]) {
    if (answer->first_sequence == answer->last_sequence) {
        (void)snprintf(text, 64, "%" PRIu64, answer->first_sequence);
    } else {
        (void)snprintf(text, 64, _("%" PRIu64 " to %" PRIu64), answer->first_sequence, answer->last_sequence);
    }
    return text;
}

/* "recorded 12 to 13: deposit L1 of ACME, 100.00 CNY" */
static void print_accepted(const struct invocation *invocation, const Pb__Request *request,
                           const struct daybook_answer *answer, const char *currency) {
    char amount[64];
    char sequences[64];
    const char *document = named_document(invocation, request);
    if (options_has(&invocation->options, "dry-run") && !answer->is_repeated) {
        (void)printf("%s", _("would be accepted"));
    } else if (answer->last_sequence < answer->first_sequence) {
        (void)printf("%s", _("nothing to record")); /* No expiry was due. */
    } else {
        (void)printf(answer->is_repeated ? _("was recorded before, %s") : _("recorded %s"),
                     describe_sequences(answer, sequences));
    }
    (void)printf("%s%s%s%s%s%s%s\n", _(": "), invocation->command->name, *document == '\0' ? "" : " ", document,
                 *request->customer == '\0' ? ""
                 : *document == '\0'        ? " "
                                            : _(" of "),
                 request->customer, describe_amount(invocation, request, currency, amount));
    const char *proposal = options_value(&invocation->options, "propose");
    if (proposal != NULL) {
        (void)printf(_("as proposal %s: nothing of it counts until somebody else approves it "
                       "(daybook proposal show %s)\n"),
                     proposal, proposal);
    }
}

enum daybook_status command_write_print_json(const Pb__Request *request, const struct daybook_answer *answer,
                                             struct daybook_error *error) {
    struct arena arena;
    Pb__Answer message = PB__ANSWER__INIT;
    char *warning = (char *)(uintptr_t)answer->warning;
    arena_init(&arena, REPORT_ARENA_BYTES);
    message.key = request->key;
    message.first_sequence = answer->first_sequence;
    message.last_sequence = answer->last_sequence;
    message.recorded_at_us = answer->recorded_at_us;
    message.repeated = answer->is_repeated;
    message.refusal = (Pb__Refusal *)(uintptr_t)answer->refusal;
    message.warnings = &warning;
    message.n_warnings = warning == NULL ? 0 : 1;
    message.remainders = (Pb__Remainder **)(uintptr_t)answer->remainders;
    message.n_remainders = answer->remainder_count;
    enum daybook_status status = dry_run_fill(answer, &arena, &message, error);
    if (status == DAYBOOK_OK) {
        status = command_print_json(&message.base, error);
    }
    arena_release(&arena);
    return status;
}

/* What a dry run would have appended stands below the line. */
static enum daybook_status print_plain(const struct invocation *invocation, const Pb__Request *request,
                                       const struct daybook_answer *answer, const char *currency,
                                       struct daybook_error *error) {
    struct arena arena;
    Pb__Answer message = PB__ANSWER__INIT;
    arena_init(&arena, REPORT_ARENA_BYTES);
    enum daybook_status status = dry_run_fill(answer, &arena, &message, error);
    if (status == DAYBOOK_OK) {
        print_accepted(invocation, request, answer, currency);
        dry_run_print(&message, &arena);
        status = remainder_table_print(answer, named_document(invocation, request), &arena, error);
    }
    arena_release(&arena);
    return status;
}

/* Which day to take instead, for who sits there: a period's end is not what they typed. */
static void advise_open_day(const struct invocation *invocation, const Pb__Refusal *refusal) {
    const char *reading = options_value(&invocation->options, "reading");
    if (refusal->first_open_on[0] == '\0') {
        return;
    }
    if (reading != NULL && strcmp(reading, "correction") == 0) {
        (void)fprintf(
            stderr,
            _("  a correction counts for the day of what it corrects; --reading reversal --on %s undoes it on "
              "the first open day\n"),
            refusal->first_open_on);
    } else {
        (void)fprintf(stderr, _("  type --on %s --original-on %s: the first open day, and the one that is closed\n"),
                      refusal->first_open_on, refusal->date);
    }
}

/* What is recorded counts, whether its answer can be read or not: whoever enters it again enters it twice. */
static int answer_is_lost(const Pb__Request *request, const struct daybook_answer *answer) {
    int cause = errno;
    char sequences[64];
    (void)fprintf(stderr,
                  _("daybook: it is recorded, as %s, but the answer could not be written to standard output: %s\n"),
                  describe_sequences(answer, sequences), strerror(cause));
    (void)fprintf(stderr, _("  do not enter it again; \"daybook history%s%s\" shows it\n"),
                  *request->customer == '\0' ? "" : " ", request->customer);
    __fpurge(stdout); /* Nobody complains once more at the end. */
    clearerr(stdout);
    return daybook_status_exit_code(DAYBOOK_IO);
}

static bool is_recorded(const struct invocation *invocation, const struct daybook_answer *answer) {
    return answer->refusal == NULL && answer->first_sequence != 0 && answer->last_sequence >= answer->first_sequence &&
           !options_has(&invocation->options, "dry-run");
}

static int report(const struct invocation *invocation, const Pb__Request *request, const struct daybook_answer *answer,
                  const char *currency) {
    struct daybook_error error;
    enum daybook_status status = DAYBOOK_OK;
    (void)signal(SIGPIPE, SIG_IGN); /* A reader that is gone is told like a disk that is full. */
    bool is_json = options_has(&invocation->options, "json");
    if (is_json) {
        status = command_write_print_json(request, answer, &error);
    }
    if (status == DAYBOOK_OK && answer->refusal != NULL) {
        int code = command_refused(answer->refusal);
        advise_open_day(invocation, answer->refusal);
        return code;
    }
    if (status == DAYBOOK_OK && answer->warning != NULL) {
        (void)fprintf(stderr, _("warning: %s\n"), answer->warning);
    }
    if (status == DAYBOOK_OK && !is_json) {
        status = print_plain(invocation, request, answer, currency, &error);
    }
    bool is_lost = status == DAYBOOK_IO || fflush(stdout) != 0 || ferror(stdout) != 0;
    if (is_lost && is_recorded(invocation, answer)) {
        return answer_is_lost(request, answer);
    }
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* The request goes inside one that asks for a second person. Both have one key: only the outer one's counts. */
static enum daybook_status propose(struct writing *writing, Pb__Request *proposal, Pb__ProposeRequest *command,
                                   struct daybook_error *error) {
    const struct options *options = &writing->invocation->options;
    const char *until = options_value(options, "propose-until");
    command->proposal = (char *)(uintptr_t)options_value(options, "propose");
    command->request = &writing->request;
    if (until != NULL && !instant_parse(until, strlen(until), &command->expires_at_us)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("--propose-until \"%.40s\": an instant is like 2024-02-29T18:00:00Z"), until);
    }
    proposal->key = writing->request.key;
    proposal->actor = writing->request.actor;
    proposal->command_case = PB__REQUEST__COMMAND_PROPOSE_REQUEST;
    proposal->propose_request = command;
    return DAYBOOK_OK;
}

static enum daybook_status submit(struct writing *writing, struct daybook_submission *submission,
                                  struct daybook_error *error) {
    struct daybook_buffer encoded = {0};
    bool is_dry = writing->is_profile_missing || options_has(&writing->invocation->options, "dry-run");
    Pb__Request proposal = PB__REQUEST__INIT;
    Pb__ProposeRequest command = PB__PROPOSE_REQUEST__INIT;
    const Pb__Request *sent = &writing->request;
    if (options_has(&writing->invocation->options, "propose")) {
        DAYBOOK_TRY(propose(writing, &proposal, &command, error));
        sent = &proposal;
    }
    enum daybook_status status = wire_encode(&sent->base, &encoded);
    if (status != DAYBOOK_OK) {
        status = no_memory(error);
    } else {
        struct daybook_bytes bytes = daybook_buffer_view(&encoded);
        *submission = (struct daybook_submission){.requests = &bytes,
                                                  .count = 1,
                                                  .mode = is_dry ? DAYBOOK_SUBMIT_DRY : DAYBOOK_SUBMIT_EACH,
                                                  .tells_remainders = true};
        status = command_submit(writing->invocation, writing->ledger, submission, error);
        submission->requests = NULL; /* They go now. */
    }
    daybook_buffer_release(&encoded);
    if (status == DAYBOOK_OK && writing->is_profile_missing && submission->answers.items[0].refusal == NULL) {
        *error = writing->profile_error;
        status = error->status;
    }
    return status;
}

int command_write_run_with(struct invocation *invocation, command_complete *complete) {
    struct daybook_error error;
    struct daybook_submission submission = {0};
    struct writing writing = {.invocation = invocation, .request = PB__REQUEST__INIT};
    bool needs_profile = strcmp(invocation->command->message, "change_customer") == 0;
    int code;
    enum daybook_status status = command_open_writer(invocation, needs_profile, &writing.ledger, &error);
    if (status == DAYBOOK_OK) {
        status = command_config(invocation, writing.ledger, &writing.config, &error);
    }
    if (status == DAYBOOK_OK) {
        status = build(&writing, &error);
    }
    if (status == DAYBOOK_OK && complete != NULL) {
        status = complete(invocation, writing.config, &writing.request, &error);
    }
    if (status == DAYBOOK_OK) {
        status = submit(&writing, &submission, &error);
    }
    if (status == DAYBOOK_OK) {
        code = report(invocation, &writing.request, &submission.answers.items[0], writing.config->currency);
    } else {
        code = command_fail(&error);
    }
    daybook_answers_release(&submission.answers);
    daybook_close(writing.ledger);
    return code;
}

int command_write_run(struct invocation *invocation) {
    return command_write_run_with(invocation, NULL);
}
