/* Commands that are one request: built from their table, submitted, and answered in one line. */
#include "tools/command_write.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/decimal.h"
#include "codec/wire.h"
#include "engine/ledger.h"
#include "limits.h"
#include "tools/field_form.h"
#include "tools/message_field.h"
#include "tools/text.h"

enum { RANDOM_KEY_BYTES = 16 };

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

/* Changing a customer replaces the whole profile: what is not named on the command line stays as it is. */
static enum daybook_status start_from_profile(const struct invocation *invocation, struct daybook *ledger,
                                              Pb__ChangeCustomer *change, struct daybook_error *error) {
    Pb__CustomersQuery customers = PB__CUSTOMERS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    customers.customer = (char *)(uintptr_t)invocation->options.arguments[0];
    query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
    query.customers = &customers;
    ProtobufCMessage *answer;
    enum daybook_status status = command_ask(invocation, ledger, &query, &answer, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    const Pb__CustomersAnswer *found = (const Pb__CustomersAnswer *)answer;
    /* An unknown customer is the engine's to refuse. */
    if (found->n_rows == 1 && found->rows[0]->profile != NULL) {
        change->profile = found->rows[0]->profile;
    }
    if (change->profile != NULL &&
        (options_has(&invocation->options, "tag") || options_has(&invocation->options, "no-tags"))) {
        change->profile->n_tags = 0;
    }
    return DAYBOOK_OK;
}

static enum daybook_status build(const struct invocation *invocation, struct daybook *ledger, Pb__Request *request,
                                 struct daybook_error *error) {
    const char *currency = options_value(&invocation->options, "currency");
    const ProtobufCFieldDescriptor *arm = message_find_field(&pb__request__descriptor, invocation->command->message);
    assert(arm != NULL);
    struct field_target target = {
        .root = &request->base,
        .message = field_submessage(&request->base, arm, invocation->arena),
        .currency = currency == NULL ? ledger_config(ledger)->currency : currency,
        .arena = invocation->arena,
    };
    request->actor = (char *)(uintptr_t)command_actor(invocation);
    if (target.message == NULL) {
        return no_memory(error);
    }
    enum daybook_status status = set_key(invocation, request, error);
    if (status == DAYBOOK_OK && request->command_case == PB__REQUEST__COMMAND_CHANGE_CUSTOMER) {
        status = start_from_profile(invocation, ledger, request->change_customer, error);
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
    (void)snprintf(text, 64, ", %s %s", decimal_format_grouped(minor, currency_decimals(code), amount), code);
    return text;
}

/* "recorded 12 to 13: deposit L1 of ACME, 100.00 CNY" */
static void print_accepted(const struct invocation *invocation, const Pb__Request *request,
                           const struct daybook_answer *answer, const char *currency) {
    char amount[64];
    char sequences[64];
    const char *document = invocation->options.argument_count > 1 && invocation->command->fields[1].form == FORM_TEXT
                               ? invocation->options.arguments[1]
                               : "";
    if (answer->first_sequence == answer->last_sequence) {
        (void)snprintf(sequences, sizeof sequences, "%" PRIu64, answer->first_sequence);
    } else {
        (void)snprintf(sequences, sizeof sequences, _("%" PRIu64 " to %" PRIu64), answer->first_sequence,
                       answer->last_sequence);
    }
    if (options_has(&invocation->options, "dry-run") && !answer->is_repeated) {
        (void)printf("%s", _("would be accepted"));
    } else {
        (void)printf(answer->is_repeated ? _("was recorded before, %s") : _("recorded %s"), sequences);
    }
    (void)printf(": %s%s%s%s%s%s\n", invocation->command->name, *document == '\0' ? "" : " ", document,
                 *request->customer == '\0' ? ""
                 : *document == '\0'        ? " "
                                            : _(" of "),
                 request->customer, describe_amount(invocation, request, currency, amount));
}

static enum daybook_status print_answer_json(const Pb__Request *request, const struct daybook_answer *answer,
                                             struct daybook_error *error) {
    Pb__Answer message = PB__ANSWER__INIT;
    char *warning = (char *)(uintptr_t)answer->warning;
    message.key = request->key;
    message.first_sequence = answer->first_sequence;
    message.last_sequence = answer->last_sequence;
    message.recorded_at_us = answer->recorded_at_us;
    message.repeated = answer->is_repeated;
    message.refusal = (Pb__Refusal *)(uintptr_t)answer->refusal;
    message.warnings = &warning;
    message.n_warnings = warning == NULL ? 0 : 1;
    return command_print_json(&message.base, error);
}

static int report(const struct invocation *invocation, const Pb__Request *request, const struct daybook_answer *answer,
                  const char *currency) {
    bool is_json = options_has(&invocation->options, "json");
    if (is_json) {
        struct daybook_error error;
        if (print_answer_json(request, answer, &error) != DAYBOOK_OK) {
            return command_fail(&error);
        }
    }
    if (answer->refusal != NULL) {
        return command_refused(answer->refusal);
    }
    if (answer->warning != NULL) {
        (void)fprintf(stderr, _("warning: %s\n"), answer->warning);
    }
    if (!is_json) {
        print_accepted(invocation, request, answer, currency);
    }
    return EXIT_DONE;
}

int command_write_run(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct daybook_answers answers = {0};
    struct daybook_buffer encoded = {0};
    Pb__Request request = PB__REQUEST__INIT;
    bool needs_profile = strcmp(invocation->command->message, "change_customer") == 0;
    int code;
    enum daybook_status status = command_open_writer(invocation, needs_profile, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = build(invocation, ledger, &request, &error);
    }
    if (status == DAYBOOK_OK && wire_encode(&request.base, &encoded) != DAYBOOK_OK) {
        status = no_memory(&error);
    }
    if (status == DAYBOOK_OK) {
        struct daybook_bytes bytes = daybook_buffer_view(&encoded);
        status = daybook_submit(ledger, &bytes, 1,
                                options_has(&invocation->options, "dry-run") ? DAYBOOK_SUBMIT_DRY : DAYBOOK_SUBMIT_EACH,
                                &answers, &error);
    }
    if (status == DAYBOOK_OK) {
        code = report(invocation, &request, &answers.items[0], ledger_config(ledger)->currency);
    } else {
        code = command_fail(&error);
    }
    daybook_answers_release(&answers);
    daybook_buffer_release(&encoded);
    daybook_close(ledger);
    return code;
}
