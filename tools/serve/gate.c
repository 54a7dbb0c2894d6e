/* The gate: which token a call brought, and whose it is. */
#include "tools/serve/gate.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define FAILURES_WINDOW_NS UINT64_C(60000000000)

enum daybook_status gate_open(struct gate *gate, const char *directory, bool trusts_machine,
                              struct daybook_error *error) {
    gate->trusts_machine = trusts_machine;
    gate->directory = directory;
    if (uv_mutex_init(&gate->lock) != 0) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    if (uv_mutex_init(&gate->change) != 0) {
        uv_mutex_destroy(&gate->lock);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    gate->has_locks = true;
    return token_store_read(directory, &gate->tokens, error);
}

void gate_close(struct gate *gate) {
    token_store_release(&gate->tokens);
    if (gate->has_locks) {
        uv_mutex_destroy(&gate->lock);
        uv_mutex_destroy(&gate->change);
    }
    *gate = (struct gate){0};
}

void gate_replace(struct gate *gate, struct token_store *tokens) {
    uv_mutex_lock(&gate->lock);
    struct token_store old = gate->tokens;
    gate->tokens = *tokens;
    gate->generation++;
    uv_mutex_unlock(&gate->lock);
    token_store_release(&old);
    *tokens = (struct token_store){0};
}

/* One more false token from there; true: that is too many. */
static bool count_failure(struct gate *gate, uint64_t address) {
    uv_mutex_lock(&gate->lock);
    struct gate_failures *failures = &gate->failures[address % GATE_ADDRESSES];
    uint64_t now_ns = clock_monotonic_ns();
    if (failures->address != address || now_ns - failures->since_ns > FAILURES_WINDOW_NS) {
        *failures = (struct gate_failures){.address = address, .since_ns = now_ns};
    }
    failures->count += failures->count <= GATE_FAILURES_MAX;
    bool is_too_many = failures->count > GATE_FAILURES_MAX;
    uv_mutex_unlock(&gate->lock);
    return is_too_many;
}

static void take_token(const struct token *token, struct identity *identity) {
    identity->is_known = true;
    (void)strcpy(identity->actor, token->name);
    identity->submitter = (struct daybook_submitter){identity->actor, token->role};
    identity->expires_at_us = token->expires_at_us;
    memcpy(identity->token_sha256, token->sha256, sizeof identity->token_sha256);
}

static bool look_up(struct gate *gate, struct sha256 *sha256, const char *secret, int64_t now_us,
                    struct identity *identity) {
    uint8_t digest[SHA256_SIZE];
    sha256_begin(sha256);
    sha256_update(sha256, secret, strlen(secret));
    sha256_end(sha256, digest);
    uv_mutex_lock(&gate->lock);
    const struct token *token = token_store_find(&gate->tokens, digest);
    bool is_good = token != NULL && token_is_good(token, now_us);
    if (is_good) {
        take_token(token, identity);
        identity->generation = gate->generation;
    }
    uv_mutex_unlock(&gate->lock);
    return is_good;
}

/* All identities of one connection are of the same place. */
static void copy_bearer(struct identity *identity, const struct identity *bearer) {
    bool names_machine = identity->names_machine;
    *identity = *bearer;
    identity->names_machine = names_machine;
    identity->submitter.actor = identity->actor;
}

static bool show_pass(const struct gate *gate, const struct gate_pass *pass, const char *secret, int64_t now_us,
                      struct identity *identity) {
    size_t size = strlen(secret);
    if (size != sizeof pass->secret - 1 || pass->bearer.generation != gate->generation ||
        now_us >= pass->bearer.expires_at_us || CRYPTO_memcmp(pass->secret, secret, size) != 0) {
        return false;
    }
    copy_bearer(identity, &pass->bearer);
    return true;
}

static void make_pass(struct gate_pass *pass, const char *secret, const struct identity *identity) {
    if (strlen(secret) == sizeof pass->secret - 1) {
        memcpy(pass->secret, secret, sizeof pass->secret);
        copy_bearer(&pass->bearer, identity);
    }
}

void gate_forget(struct gate_pass *pass) {
    OPENSSL_cleanse(pass->secret, sizeof pass->secret);
}

static bool is_good_token(struct gate *gate, struct sha256 *sha256, struct gate_pass *pass, const char *secret,
                          int64_t now_us, struct identity *identity) {
    if (show_pass(gate, pass, secret, now_us, identity)) {
        return true;
    }
    bool is_good = look_up(gate, sha256, secret, now_us, identity);
    if (is_good) {
        make_pass(pass, secret, identity);
    }
    return is_good;
}

enum connect_code gate_identify(struct gate *gate, struct sha256 *sha256, struct gate_pass *pass,
                                const char *authorization, uint64_t address, int64_t now_us, struct identity *identity,
                                const char **reason) {
    static const char scheme[] = "Bearer ";
    *reason = "";
    if (authorization == NULL) {
        /* The owner's requests are of whom they say. */
        identity->is_known = gate->trusts_machine && identity->is_local && identity->names_machine;
        return CONNECT_OK;
    }
    if (strncasecmp(authorization, scheme, sizeof scheme - 1) == 0 &&
        is_good_token(gate, sha256, pass, authorization + sizeof scheme - 1, now_us, identity)) {
        return CONNECT_OK;
    }
    if (count_failure(gate, address)) {
        *reason = "too many tokens from this address were not good ones; wait a minute";
        return CONNECT_RESOURCE_EXHAUSTED;
    }
    *reason = "the token is unknown, has expired, or was revoked";
    return CONNECT_UNAUTHENTICATED;
}

bool gate_is_good(struct gate *gate, struct identity *identity, int64_t now_us) {
    if (identity->expires_at_us == 0) {
        return identity->is_known;
    }
    bool is_good = now_us < identity->expires_at_us;
    uv_mutex_lock(&gate->lock);
    if (is_good && identity->generation != gate->generation) {
        const struct token *token = token_store_find(&gate->tokens, identity->token_sha256);
        is_good = token != NULL && token_is_good(token, now_us);
        identity->generation = gate->generation;
    }
    uv_mutex_unlock(&gate->lock);
    return is_good;
}
