/*
 * The table of accounts and the fold's cache of it.
 *
 * Key: customer, 0x00, currency. Value: u32 big-endian number.
 */
#include "projections/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
    SLOTS_FIRST = 1024,
    CACHE_LIMIT_BYTES = 192 << 20, /* Past it the cache starts anew. */
};

struct slot {
    uint64_t hash;
    uint32_t number;
    uint32_t key_at; /* In keys; 0 = the slot is free. */
};

struct accounts {
    unsigned table;
    struct slot *slots; /* Open addressing; a power of two. */
    size_t slot_count;
    size_t used;
    struct daybook_buffer keys; /* One length byte and the key, each; begins at 1. */
    struct slot last;           /* The last that was asked for: the events of one request follow each other. */
    uint64_t next;              /* The next number. */
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
    accounts_forget(accounts);
    daybook_buffer_release(&accounts->keys);
    free(accounts);
}

void accounts_forget(struct accounts *accounts) {
    free(accounts->slots);
    accounts->slots = NULL;
    accounts->slot_count = 0;
    accounts->used = 0;
    accounts->last = (struct slot){0};
    daybook_buffer_reset(&accounts->keys);
    accounts->has_next = false;
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while caching the number of an account: memory was refused");
}

/* Where the key is, or the free slot where it would go. The table is never full. */
static struct slot *find_slot(const struct accounts *accounts, uint64_t hash, const struct account_key *key) {
    size_t mask = accounts->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct slot *slot = &accounts->slots[i];
        if (slot->key_at == 0) {
            return slot;
        }
        const uint8_t *known = accounts->keys.data + slot->key_at;
        if (slot->hash == hash && known[0] == key->size && memcmp(known + 1, key->bytes, key->size) == 0) {
            return slot;
        }
    }
}

static bool is_last(const struct accounts *accounts, const struct account_key *key) {
    if (accounts->last.key_at == 0) {
        return false;
    }
    const uint8_t *last = accounts->keys.data + accounts->last.key_at;
    return last[0] == key->size && memcmp(last + 1, key->bytes, key->size) == 0;
}

static bool grow(struct accounts *accounts) {
    size_t count = accounts->slot_count == 0 ? SLOTS_FIRST : accounts->slot_count * 2;
    struct slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < accounts->slot_count; i++) {
        if (accounts->slots[i].key_at != 0) {
            size_t j = accounts->slots[i].hash & (count - 1);
            while (slots[j].key_at != 0) {
                j = (j + 1) & (count - 1);
            }
            slots[j] = accounts->slots[i];
        }
    }
    free(accounts->slots);
    accounts->slots = slots;
    accounts->slot_count = count;
    return true;
}

static enum daybook_status remember(struct accounts *accounts, uint64_t hash, const struct account_key *key,
                                    uint32_t number, struct daybook_error *error) {
    if (accounts->keys.size + accounts->slot_count * sizeof(struct slot) > CACHE_LIMIT_BYTES) {
        accounts_forget(accounts);
    }
    if ((accounts->used + 1) * 4 > accounts->slot_count * 3 && !grow(accounts)) {
        return no_memory(error);
    }
    uint8_t head[2] = {0, (uint8_t)key->size};
    size_t head_size = accounts->keys.size == 0 ? 2 : 1; /* Offset 0 means free, so byte 0 is not used. */
    if (daybook_buffer_append(&accounts->keys, head + 2 - head_size, head_size) != DAYBOOK_OK ||
        daybook_buffer_append(&accounts->keys, key->bytes, key->size) != DAYBOOK_OK) {
        return no_memory(error);
    }
    *find_slot(accounts, hash, key) = (struct slot){hash, number, (uint32_t)(accounts->keys.size - key->size - 1)};
    accounts->used++;
    return DAYBOOK_OK;
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

static bool recall(struct accounts *accounts, const struct account_key *key, uint32_t *number) {
    if (!is_last(accounts, key)) {
        if (accounts->slot_count == 0) {
            return false;
        }
        const struct slot *slot = find_slot(accounts, hash64(key->bytes, key->size, 0), key);
        if (slot->key_at == 0) {
            return false;
        }
        accounts->last = *slot;
    }
    *number = accounts->last.number;
    return true;
}

bool accounts_recall(struct accounts *accounts, const char *customer, const char *currency, uint32_t *number) {
    struct account_key key;
    return make_key(customer, currency, &key, NULL) == DAYBOOK_OK && recall(accounts, &key, number);
}

enum daybook_status accounts_number(struct accounts *accounts, struct store_txn *txn, const char *customer,
                                    const char *currency, uint32_t *number, struct daybook_error *error) {
    struct account_key key;
    enum daybook_status status = make_key(customer, currency, &key, error);
    if (status != DAYBOOK_OK || recall(accounts, &key, number)) {
        return status;
    }
    struct daybook_bytes value;
    bool is_found;
    status = table_get(txn, accounts->table, (struct daybook_bytes){key.bytes, key.size}, &value, &is_found, error);
    if (status == DAYBOOK_OK) {
        status = is_found ? read_number(value, number, error) : give_number(accounts, txn, &key, number, error);
    }
    return status == DAYBOOK_OK ? remember(accounts, hash64(key.bytes, key.size, 0), &key, *number, error) : status;
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
    struct account_key key;
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
