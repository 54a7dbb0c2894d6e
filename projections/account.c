/*
 * The table of accounts and the fold's cache of it.
 *
 * Key: customer, 0x00, currency. Value: u32 big-endian number.
 */
#include "projections/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARTIES_FIRST = 1024,
    PARTIES_MAX = 48 << 20, /* Past it, what was looked up is not remembered. */
};

struct accounts {
    unsigned table;
    uint32_t epoch;  /* The upper half of the parties that are known. */
    uint32_t *known; /* By the lower half: number and 1; 0 = not known. */
    size_t known_count;
    uint64_t next; /* The next number. */
    bool has_next;
};

struct account_key {
    uint8_t bytes[ACCOUNT_KEY_SIZE];
    size_t size;
};

static enum daybook_status make_key(const char *customer, const char *currency, struct account_key *key,
                                    struct daybook_error *error) {
    size_t customer_size = strnlen(customer, LIMIT_ID_BYTES + 1);
    size_t currency_size = strnlen(currency, ACCOUNT_CURRENCY_SIZE);
    if (customer_size == 0 || customer_size > LIMIT_ID_BYTES) {
        return daybook_fail(error, DAYBOOK_INVALID, "a customer id has 1 to %d bytes, not %zu%s", LIMIT_ID_BYTES,
                            customer_size, customer_size == 0 ? "" : " or more");
    }
    if (currency_size >= ACCOUNT_CURRENCY_SIZE) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.16s\" is no ISO 4217 currency code", currency);
    }
    memcpy(key->bytes, customer, customer_size);
    key->bytes[customer_size] = 0;
    memcpy(key->bytes + customer_size + 1, currency, currency_size);
    key->size = customer_size + 1 + currency_size;
    return DAYBOOK_OK;
}

enum daybook_status accounts_open(unsigned table, struct accounts **accounts, struct daybook_error *error) {
    struct accounts *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening a cache of accounts: memory was refused");
    }
    made->table = table;
    *accounts = made;
    return DAYBOOK_OK;
}

void accounts_close(struct accounts *accounts) {
    if (accounts == NULL) {
        return;
    }
    free(accounts->known);
    free(accounts);
}

void accounts_forget(struct accounts *accounts) {
    if (accounts->known_count > 0) {
        memset(accounts->known, 0, accounts->known_count * sizeof *accounts->known);
    }
    accounts->has_next = false;
}

bool accounts_recall(const struct accounts *accounts, uint64_t party, uint32_t *number) {
    size_t index = (uint32_t)party;
    if (party >> 32 != accounts->epoch || index >= accounts->known_count || accounts->known[index] == 0) {
        return false;
    }
    *number = accounts->known[index] - 1;
    return true;
}

/* Memory that is refused here costs only time later. */
static void remember(struct accounts *accounts, uint64_t party, uint32_t number) {
    size_t index = (uint32_t)party;
    if (party == 0 || index >= PARTIES_MAX || number == UINT32_MAX) {
        return;
    }
    if (party >> 32 != accounts->epoch && accounts->known_count > 0) {
        memset(accounts->known, 0, accounts->known_count * sizeof *accounts->known);
    }
    accounts->epoch = (uint32_t)(party >> 32);
    if (index >= accounts->known_count) {
        size_t count = accounts->known_count == 0 ? PARTIES_FIRST : accounts->known_count;
        while (count <= index) {
            count *= 2;
        }
        uint32_t *known = realloc(accounts->known, count * sizeof *known);
        if (known == NULL) {
            return;
        }
        memset(known + accounts->known_count, 0, (count - accounts->known_count) * sizeof *known);
        accounts->known = known;
        accounts->known_count = count;
    }
    accounts->known[index] = number + 1;
}

static enum daybook_status give_number(struct accounts *accounts, struct store_txn *txn, const struct account_key *key,
                                       uint32_t *number, struct daybook_error *error) {
    if (!accounts->has_next) {
        enum daybook_status status = table_count(txn, accounts->table, &accounts->next, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        accounts->has_next = true;
    }
    if (accounts->next > UINT32_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while numbering an account: a view holds at most 2^32 of them");
    }
    uint8_t value[4];
    store_be32(value, (uint32_t)accounts->next);
    enum daybook_status status = table_put(txn, accounts->table, (struct daybook_bytes){key->bytes, key->size},
                                           (struct daybook_bytes){value, sizeof value}, error);
    if (status == DAYBOOK_OK) {
        *number = (uint32_t)accounts->next++;
    }
    return status;
}

static enum daybook_status read_number(struct daybook_bytes value, uint32_t *number, struct daybook_error *error) {
    if (value.size != 4) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "an account's row has %zu bytes, not 4; rebuild the view",
                            value.size);
    }
    *number = load_be32(value.data);
    return DAYBOOK_OK;
}

enum daybook_status accounts_number(struct accounts *accounts, struct store_txn *txn, const char *customer,
                                    const char *currency, uint64_t party, uint32_t *number,
                                    struct daybook_error *error) {
    struct account_key key;
    struct daybook_bytes value;
    bool is_found;
    if (accounts_recall(accounts, party, number)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(make_key(customer, currency, &key, error));
    DAYBOOK_TRY(table_get(txn, accounts->table, (struct daybook_bytes){key.bytes, key.size}, &value, &is_found, error));
    DAYBOOK_TRY(is_found ? read_number(value, number, error) : give_number(accounts, txn, &key, number, error));
    remember(accounts, party, *number);
    return DAYBOOK_OK;
}

enum daybook_status account_find(struct store_txn *txn, unsigned table, const char *customer, const char *currency,
                                 struct account_row *account, bool *is_found, struct daybook_error *error) {
    struct account_key key;
    struct daybook_bytes value;
    *is_found = false;
    enum daybook_status status = make_key(customer, currency, &key, error);
    if (status == DAYBOOK_OK) {
        status = table_get(txn, table, (struct daybook_bytes){key.bytes, key.size}, &value, is_found, error);
    }
    if (status != DAYBOOK_OK || !*is_found) {
        return status;
    }
    (void)snprintf(account->customer, sizeof account->customer, "%s", customer);
    (void)snprintf(account->currency, sizeof account->currency, "%s", currency);
    return read_number(value, &account->number, error);
}

enum daybook_status account_walk_open(struct store_txn *txn, unsigned table, const char *customer,
                                      struct account_walk *walk, struct daybook_error *error) {
    *walk = (struct account_walk){0};
    if (customer[0] != '\0') {
        struct account_key key;
        enum daybook_status status = make_key(customer, "", &key, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        memcpy(walk->customer, customer, key.size); /* With its 0x00. */
    }
    return cursor_open(txn, table, &walk->cursor, error);
}

void account_walk_close(struct account_walk *walk) {
    cursor_close(walk->cursor);
    walk->cursor = NULL;
}

void account_walk_skip(struct account_walk *walk, const struct account_row *account) {
    struct account_key key = {.size = 0};
    if (make_key(account->customer, account->currency, &key, NULL) == DAYBOOK_OK) {
        memcpy(walk->after, key.bytes, key.size);
        walk->after_size = key.size;
        walk->has_begun = false;
    }
}

/* The first row after `after`, or the first of the customer. */
static enum daybook_status begin(struct account_walk *walk, struct table_row *row, struct daybook_error *error) {
    walk->has_begun = true;
    struct daybook_bytes key = {walk->after, walk->after_size};
    if (walk->after_size == 0 && walk->customer[0] != '\0') {
        key = (struct daybook_bytes){(const uint8_t *)walk->customer, strlen(walk->customer) + 1};
    }
    enum daybook_status status = cursor_seek(walk->cursor, key, row, error);
    if (status == DAYBOOK_OK && row->is_valid && walk->after_size != 0 && daybook_bytes_equal(row->key, key)) {
        status = cursor_next(walk->cursor, row, error);
    }
    return status;
}

enum daybook_status account_walk_next(struct account_walk *walk, struct account_row *account, bool *is_found,
                                      struct daybook_error *error) {
    struct table_row row = {0};
    *is_found = false;
    enum daybook_status status = walk->has_begun ? cursor_next(walk->cursor, &row, error) : begin(walk, &row, error);
    if (status != DAYBOOK_OK || !row.is_valid) {
        return status;
    }
    const uint8_t *end = memchr(row.key.data, 0, row.key.size);
    size_t customer_size = end == NULL ? SIZE_MAX : (size_t)(end - row.key.data);
    if (customer_size > LIMIT_ID_BYTES || row.key.size - customer_size - 1 >= ACCOUNT_CURRENCY_SIZE) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "an account's key cannot be read; rebuild the view");
    }
    *account = (struct account_row){0};
    memcpy(account->customer, row.key.data, customer_size);
    memcpy(account->currency, end + 1, row.key.size - customer_size - 1);
    if (walk->customer[0] != '\0' && strcmp(account->customer, walk->customer) != 0) {
        return DAYBOOK_OK;
    }
    *is_found = true;
    return read_number(row.value, &account->number, error);
}
