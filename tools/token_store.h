/*
 * The tokens of a ledger: who may speak to its server, as whom, in which role,
 * until when. A small file beside the journal, never in it.
 *
 *   TK1  Of a token only its SHA-256 is kept. It has 256 random bits, so nothing is won by trying, and the hash needs
 *        no salt.
 *   TK2  A name has one token that is good at a time.
 *   TK3  The file is replaced as a whole: a power cut leaves the old tokens or the new ones.
 *
 *     line  "SHA256-in-hex role created_us expires_us revoked_us name\n"; the name may have spaces
 */
#ifndef DAYBOOK_TOOLS_TOKEN_STORE_H
#define DAYBOOK_TOOLS_TOKEN_STORE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/hash.h"
#include "daybook/v1/access.pb-c.h"
#include "limits.h"

enum { TOKENS_MAX = 4096, TOKEN_SECRET_SIZE = 4 + 64 + 1 /* "dbk_", hex, NUL */ };

struct token {
    uint8_t sha256[SHA256_SIZE];
    char name[LIMIT_ID_BYTES + 1];
    Pb__Role role;
    int64_t created_at_us;
    int64_t expires_at_us;
    int64_t revoked_at_us; /* 0 = it was not. */
};

struct token_store {
    struct token *items; /* In the order in which they were made. */
    size_t count;
};

/* A ledger without the file has no tokens. DAMAGED, IO, NO_MEMORY. */
DAYBOOK_MUST_USE enum daybook_status token_store_read(const char *directory, struct token_store *store,
                                                      struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status token_store_write(const char *directory, const struct token_store *store,
                                                       struct daybook_error *error);
void token_store_release(struct token_store *store); /* Accepts one that is all zero. */

/* Draws a secret, which is nowhere else. INVALID: the name, the role or the expiry is none. EXISTS: the name has a good
 * one. LIMIT: there are too many. The one that was added is the last. */
DAYBOOK_MUST_USE enum daybook_status token_store_add(struct token_store *store, const Pb__CreateTokenRequest *wanted,
                                                     int64_t now_us, char secret[TOKEN_SECRET_SIZE],
                                                     struct daybook_error *error);
/* NOT_FOUND: the name has no good one. *revoked is borrowed. */
DAYBOOK_MUST_USE enum daybook_status token_store_revoke(struct token_store *store, const char *name, int64_t now_us,
                                                        const struct token **revoked, struct daybook_error *error);

/* The token with that hash, revoked and expired ones too; NULL: there is none. Takes as long wherever it is. */
const struct token *token_store_find(const struct token_store *store, const uint8_t sha256[SHA256_SIZE]);
bool token_is_good(const struct token *token, int64_t now_us);

/* "role=cashier expires=2027-01-01T00:00:00Z", for the event about it. */
enum { TOKEN_DETAIL_SIZE = 96 };
const char *token_detail(const struct token *token, char text[TOKEN_DETAIL_SIZE]);
/* Borrows the name. */
void token_fill(const struct token *token, Pb__Token *message);

#endif
