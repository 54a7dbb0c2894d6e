/* The tokens of a ledger, in a file beside its journal. */
#include "tools/token_store.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/calendar.h"
#include "base/small_file.h"
#include "base/text.h"
#include "tools/message_field.h"
#include "tools/text.h"

enum { FILE_LIMIT_BYTES = 4 << 20, SECRET_BYTES = 32, HEX_SIZE = SHA256_SIZE * 2 };

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading the tokens: memory was refused"));
}

static char *path_of(const char *directory) {
    char *path = NULL;
    return asprintf(&path, "%s/tokens", directory) < 0 ? NULL : path;
}

/* ---- hex ---- */

static void write_hex(const uint8_t *bytes, size_t size, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}

static int digit_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(text[2 * i]);
        int low = high < 0 ? -1 : digit_of(text[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ---- the file ---- */

static bool read_line(const char *line, struct token *token) {
    char role[32];
    int value = 0;
    int used = 0;
    memset(token, 0, sizeof *token);
    if (strlen(line) <= HEX_SIZE || !read_hex(line, token->sha256, SHA256_SIZE) ||
        sscanf(line + HEX_SIZE, " %31s %" SCNd64 " %" SCNd64 " %" SCNd64 "%n", role, &token->created_at_us,
               &token->expires_at_us, &token->revoked_at_us, &used) != 4) {
        return false;
    }
    const char *name = line + HEX_SIZE + used;
    if (*name++ != ' ' || !text_is_identifier(name, strlen(name), LIMIT_ID_BYTES) ||
        !enum_find_short(&pb__role__descriptor, role, &value)) {
        return false;
    }
    (void)strcpy(token->name, name);
    token->role = (Pb__Role)value;
    return true;
}

static enum daybook_status add_item(struct token_store *store, const struct token *token, struct daybook_error *error) {
    if (store->count == TOKENS_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, _("the ledger has %d tokens, and can have no more"), TOKENS_MAX);
    }
    struct token *items = realloc(store->items, (store->count + 1) * sizeof *items);
    if (items == NULL) {
        return no_memory(error);
    }
    store->items = items;
    items[store->count++] = *token;
    return DAYBOOK_OK;
}

static enum daybook_status read_lines(char *text, const char *path, struct token_store *store,
                                      struct daybook_error *error) {
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        struct token token;
        if (!read_line(line, &token)) {
            return daybook_fail(error, DAYBOOK_DAMAGED,
                                _("reading %s: line %zu is no token; remove the file and make new tokens"), path,
                                store->count + 1);
        }
        enum daybook_status status = add_item(store, &token, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status token_store_read(const char *directory, struct token_store *store, struct daybook_error *error) {
    struct daybook_buffer content = {0};
    char *path = path_of(directory);
    *store = (struct token_store){0};
    if (path == NULL) {
        return no_memory(error);
    }
    enum daybook_status status = small_file_read(path, FILE_LIMIT_BYTES, &content, error);
    if (status == DAYBOOK_OK && daybook_buffer_append(&content, "", 1) != DAYBOOK_OK) {
        status = no_memory(error);
    }
    if (status == DAYBOOK_OK) {
        status = read_lines((char *)content.data, path, store, error);
    }
    daybook_buffer_release(&content);
    free(path);
    if (status != DAYBOOK_OK) {
        token_store_release(store);
    }
    return status == DAYBOOK_NOT_FOUND ? DAYBOOK_OK : status;
}

enum daybook_status token_store_write(const char *directory, const struct token_store *store,
                                      struct daybook_error *error) {
    struct daybook_buffer content = {0};
    char *path = path_of(directory);
    enum daybook_status status = path == NULL ? no_memory(error) : DAYBOOK_OK;
    for (size_t i = 0; status == DAYBOOK_OK && i < store->count; i++) {
        const struct token *token = &store->items[i];
        char hex[HEX_SIZE + 1];
        char role[32];
        char line[HEX_SIZE + LIMIT_ID_BYTES + 128];
        write_hex(token->sha256, SHA256_SIZE, hex);
        int size = snprintf(line, sizeof line, "%s %s %" PRId64 " %" PRId64 " %" PRId64 " %s\n", hex,
                            enum_short_name(&pb__role__descriptor, (int)token->role, role, sizeof role),
                            token->created_at_us, token->expires_at_us, token->revoked_at_us, token->name);
        status = daybook_buffer_append(&content, line, (size_t)size) == DAYBOOK_OK ? DAYBOOK_OK : no_memory(error);
    }
    if (status == DAYBOOK_OK) {
        status = small_file_write(path, daybook_buffer_view(&content), SMALL_FILE_PRIVATE, SMALL_FILE_REPLACE, error);
    }
    daybook_buffer_release(&content);
    free(path);
    return status;
}

void token_store_release(struct token_store *store) {
    free(store->items);
    *store = (struct token_store){0};
}

/* ---- one token ---- */

bool token_is_good(const struct token *token, int64_t now_us) {
    return token->revoked_at_us == 0 && now_us < token->expires_at_us;
}

static struct token *find_good(const struct token_store *store, const char *name, int64_t now_us) {
    for (size_t i = 0; i < store->count; i++) {
        if (strcmp(store->items[i].name, name) == 0 && token_is_good(&store->items[i], now_us)) {
            return &store->items[i];
        }
    }
    return NULL;
}

const struct token *token_store_find(const struct token_store *store, const uint8_t sha256[SHA256_SIZE]) {
    const struct token *found = NULL;
    for (size_t i = 0; i < store->count; i++) {
        if (CRYPTO_memcmp(store->items[i].sha256, sha256, SHA256_SIZE) == 0) {
            found = &store->items[i];
        }
    }
    return found;
}

static enum daybook_status check_wanted(const struct token_store *store, const Pb__CreateTokenRequest *wanted,
                                        int64_t now_us, struct daybook_error *error) {
    if (!text_is_identifier(wanted->name, strlen(wanted->name), LIMIT_ID_BYTES)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("a token's name has 1 to %d bytes of UTF-8 without control characters"), LIMIT_ID_BYTES);
    }
    if (wanted->role <= PB__ROLE__ROLE_UNSPECIFIED || wanted->role > PB__ROLE__ROLE_ADMIN) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("a token has a role: cashier, accountant, credit, auditor or admin"));
    }
    if (wanted->expires_at_us <= now_us) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("a token expires at an instant that has not come"));
    }
    if (find_good(store, wanted->name, now_us) != NULL) {
        return daybook_fail(error, DAYBOOK_EXISTS, _("\"%.64s\" has a token that is good; revoke it first"),
                            wanted->name);
    }
    return DAYBOOK_OK;
}

static enum daybook_status draw_secret(char secret[TOKEN_SECRET_SIZE], struct token *token,
                                       struct daybook_error *error) {
    uint8_t random[SECRET_BYTES];
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return no_memory(error);
    }
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        sha256_close(sha256);
        return daybook_fail(error, DAYBOOK_IO, "%s", _("making a token: the system gives no random bytes"));
    }
    (void)strcpy(secret, "dbk_");
    write_hex(random, sizeof random, secret + 4);
    sha256_begin(sha256);
    sha256_update(sha256, secret, strlen(secret));
    sha256_end(sha256, token->sha256);
    sha256_close(sha256);
    OPENSSL_cleanse(random, sizeof random);
    return DAYBOOK_OK;
}

enum daybook_status token_store_add(struct token_store *store, const Pb__CreateTokenRequest *wanted, int64_t now_us,
                                    char secret[TOKEN_SECRET_SIZE], struct daybook_error *error) {
    struct token token;
    memset(&token, 0, sizeof token);
    enum daybook_status status = check_wanted(store, wanted, now_us, error);
    if (status == DAYBOOK_OK) {
        status = draw_secret(secret, &token, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    (void)strcpy(token.name, wanted->name);
    token.role = wanted->role;
    token.created_at_us = now_us;
    token.expires_at_us = wanted->expires_at_us;
    return add_item(store, &token, error);
}

enum daybook_status token_store_revoke(struct token_store *store, const char *name, int64_t now_us,
                                       const struct token **revoked, struct daybook_error *error) {
    struct token *token = find_good(store, name, now_us);
    if (token == NULL) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, _("\"%.64s\" has no token that is good"), name);
    }
    token->revoked_at_us = now_us;
    *revoked = token;
    return DAYBOOK_OK;
}

const char *token_detail(const struct token *token, char text[TOKEN_DETAIL_SIZE]) {
    char role[32];
    char instant[INSTANT_TEXT_SIZE];
    (void)snprintf(text, TOKEN_DETAIL_SIZE, "role=%s expires=%s",
                   enum_short_name(&pb__role__descriptor, (int)token->role, role, sizeof role),
                   instant_format(token->expires_at_us, instant));
    return text;
}

void token_fill(const struct token *token, Pb__Token *message) {
    pb__token__init(message);
    message->name = (char *)(uintptr_t)token->name;
    message->role = token->role;
    message->created_at_us = token->created_at_us;
    message->expires_at_us = token->expires_at_us;
    message->revoked_at_us = token->revoked_at_us;
}
