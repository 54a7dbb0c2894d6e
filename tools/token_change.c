/* Changing a ledger's tokens: the file, and the event that says who did it. */
#include "tools/token_change.h"

#include <string.h>
#include <sys/random.h>

#include "codec/wire.h"
#include "tools/text.h"

enum { KEY_BYTES = 16 };

enum daybook_status operator_record(struct daybook *ledger, const struct daybook_submitter *submitter,
                                    Pb__OperatorAction action, const char *subject, const char *detail,
                                    enum daybook_submit_mode mode, struct daybook_answers *answers,
                                    const Pb__Refusal **refusal, struct daybook_error *error) {
    uint8_t key[KEY_BYTES];
    struct daybook_buffer encoded = {0};
    Pb__Request request = PB__REQUEST__INIT;
    Pb__RecordOperatorAction command = PB__RECORD_OPERATOR_ACTION__INIT;
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
        return daybook_fail(error, DAYBOOK_IO, "%s", _("drawing a random key: the system gives no random bytes"));
    }
    command.action = action;
    command.subject = (char *)(uintptr_t)subject;
    command.detail = (char *)(uintptr_t)detail;
    request.key = (ProtobufCBinaryData){sizeof key, key};
    request.actor = (char *)(uintptr_t)submitter->actor;
    request.command_case = PB__REQUEST__COMMAND_RECORD_OPERATOR_ACTION;
    request.record_operator_action = &command;
    if (wire_encode(&request.base, &encoded) != DAYBOOK_OK) {
        daybook_buffer_release(&encoded);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("recording what was done: memory was refused"));
    }
    struct daybook_bytes bytes = daybook_buffer_view(&encoded);
    struct daybook_submission submission = {.requests = &bytes, .count = 1, .mode = mode, .submitter = submitter};
    enum daybook_status status = daybook_submit_many(ledger, &submission, 1, error);
    if (status == DAYBOOK_OK && submission.status != DAYBOOK_OK) {
        *error = submission.error;
        status = submission.status;
    }
    daybook_buffer_release(&encoded);
    *answers = submission.answers;
    *refusal = status == DAYBOOK_OK ? submission.answers.items[0].refusal : NULL;
    return status;
}

static enum daybook_status record(struct token_change *change, Pb__OperatorAction action, const struct token *token,
                                  enum daybook_submit_mode mode, struct daybook_error *error) {
    char detail[TOKEN_DETAIL_SIZE];
    daybook_answers_release(&change->answers);
    return operator_record(change->ledger, &change->submitter, action, token->name, token_detail(token, detail), mode,
                           &change->answers, &change->refusal, error);
}

void token_change_release(struct token_change *change) {
    token_store_release(&change->store);
    daybook_answers_release(&change->answers);
}

enum daybook_status token_change_create(struct token_change *change, const Pb__CreateTokenRequest *wanted,
                                        char secret[TOKEN_SECRET_SIZE], struct daybook_error *error) {
    secret[0] = '\0';
    DAYBOOK_TRY(token_store_read(change->directory, &change->store, error));
    DAYBOOK_TRY(token_store_add(&change->store, wanted, change->now_us, secret, error));
    enum daybook_status status = record(change, PB__OPERATOR_ACTION__OPERATOR_ACTION_TOKEN_CREATED,
                                        &change->store.items[change->store.count - 1], DAYBOOK_SUBMIT_EACH, error);
    if (status == DAYBOOK_OK && change->refusal == NULL) {
        status = token_store_write(change->directory, &change->store, error);
    }
    if (status != DAYBOOK_OK || change->refusal != NULL) {
        memset(secret, 0, TOKEN_SECRET_SIZE);
    }
    return status;
}

/* Whether it may be is asked first, without recording it; then the file; then the record. */
enum daybook_status token_change_revoke(struct token_change *change, const char *name, const struct token **revoked,
                                        struct daybook_error *error) {
    DAYBOOK_TRY(token_store_read(change->directory, &change->store, error));
    DAYBOOK_TRY(token_store_revoke(&change->store, name, change->now_us, revoked, error));
    DAYBOOK_TRY(
        record(change, PB__OPERATOR_ACTION__OPERATOR_ACTION_TOKEN_REVOKED, *revoked, DAYBOOK_SUBMIT_DRY, error));
    if (change->refusal != NULL) {
        return DAYBOOK_OK;
    }
    change->is_revoked = true;
    DAYBOOK_TRY(token_store_write(change->directory, &change->store, error));
    if (record(change, PB__OPERATOR_ACTION__OPERATOR_ACTION_TOKEN_REVOKED, *revoked, DAYBOOK_SUBMIT_EACH, error) !=
        DAYBOOK_OK) {
        return daybook_fail_in(error, _("the token is revoked, and there is no record of who did it"));
    }
    return DAYBOOK_OK;
}
