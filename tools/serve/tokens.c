/* The calls about tokens: create, list, revoke. */
#include "tools/serve/tokens.h"

#include <string.h>

#include "engine/ledger.h"
#include "tools/serve/server.h"
#include "tools/token_change.h"

static void refuse_memory(struct call *call) {
    call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for the answer was refused");
}

/* The owner has no name here: nobody has said who it is. */
static struct daybook_submitter submitter_of(const struct call *call) {
    struct daybook_submitter submitter = call->identity.submitter;
    submitter.actor = submitter.actor == NULL ? "owner" : submitter.actor;
    return submitter;
}

static void create_token(struct call *call, const Pb__CreateTokenRequest *wanted, struct token_change *change) {
    struct daybook_error error;
    char secret[TOKEN_SECRET_SIZE];
    Pb__Token token;
    Pb__CreateTokenAnswer answer = PB__CREATE_TOKEN_ANSWER__INIT;
    if (token_change_create(change, wanted, secret, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else if (change->refusal != NULL) {
        call_refuse(call, change->refusal);
    } else {
        token_fill(&change->store.items[change->store.count - 1], &token);
        answer.token = &token;
        answer.secret = secret;
        call_answer(call, &answer.base);
        gate_replace(&call->server->gate, &change->store);
    }
}

static void revoke_token(struct call *call, const Pb__RevokeTokenRequest *wanted, struct token_change *change) {
    struct daybook_error error;
    const struct token *revoked = NULL;
    Pb__Token token;
    Pb__RevokeTokenAnswer answer = PB__REVOKE_TOKEN_ANSWER__INIT;
    if (token_change_revoke(change, wanted->name, &revoked, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else if (change->refusal != NULL) {
        call_refuse(call, change->refusal);
    } else {
        token_fill(revoked, &token);
        answer.token = &token;
        call_answer(call, &answer.base);
    }
    if (change->is_revoked) {
        gate_replace(&call->server->gate, &change->store); /* Also where that could not be written (TC1). */
    }
}

static void list_tokens(struct call *call, struct arena *arena) {
    struct daybook_error error;
    struct token_store store;
    if (token_store_read(call->server->gate.directory, &store, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
        return;
    }
    Pb__ListTokensAnswer answer = PB__LIST_TOKENS_ANSWER__INIT;
    Pb__Token *tokens = arena_alloc(arena, store.count * sizeof *tokens + 1);
    answer.rows = arena_alloc(arena, store.count * sizeof *answer.rows + 1);
    if (tokens == NULL || answer.rows == NULL) {
        refuse_memory(call);
    } else {
        for (size_t i = 0; i < store.count; i++) {
            token_fill(&store.items[i], &tokens[i]);
            answer.rows[i] = &tokens[i];
        }
        answer.n_rows = store.count;
        call_answer(call, &answer.base);
    }
    token_store_release(&store);
}

void tokens_work(struct call *call, struct arena *arena) {
    struct daybook_error error;
    ProtobufCMessage *message;
    struct gate *gate = &call->server->gate;
    if (connect_read_message(call->content.codec, call->message, call->method->input, arena, &message, &error) !=
        DAYBOOK_OK) {
        call_fail_with(call, &error);
        return;
    }
    struct token_change change = {.ledger = call->server->ledger,
                                  .directory = gate->directory,
                                  .submitter = submitter_of(call),
                                  .now_us = ledger_now_us(call->server->ledger)};
    uv_mutex_lock(&gate->change);
    if (message->descriptor == &pb__create_token_request__descriptor) {
        create_token(call, (const Pb__CreateTokenRequest *)message, &change);
    } else if (message->descriptor == &pb__revoke_token_request__descriptor) {
        revoke_token(call, (const Pb__RevokeTokenRequest *)message, &change);
    } else {
        list_tokens(call, arena);
    }
    uv_mutex_unlock(&gate->change);
    token_change_release(&change);
}
