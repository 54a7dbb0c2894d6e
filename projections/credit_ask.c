/* Policies and holds on credit at (A, K); the rows are drawn in credit_rows.h. */
#include "projections/credit.h"

#include <string.h>

#include "base/hash.h"
#include "projections/credit_rows.h"

enum { CHANGE_SIZE = 24, CHANGE_KEY_SIZE = 12 };

const struct series_shape credit_shape = {CREDIT_OVER_LIMIT, 0, false};

enum daybook_status credit_damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading the credit view: a row is not what was written; rebuild the view");
}

static void make_key(uint32_t account, uint64_t sequence, uint8_t key[CHANGE_KEY_SIZE]) {
    store_be32(key, account);
    store_be64(key + 4, sequence);
}

static uint32_t checksum(const uint8_t *value) {
    return (uint32_t)hash64(value + 4, CHANGE_SIZE - 4, 0);
}

enum daybook_status credit_put_change(struct store_txn *txn, uint32_t account, uint64_t sequence,
                                      const struct credit_change *change, struct daybook_error *error) {
    uint8_t key[CHANGE_KEY_SIZE];
    uint8_t value[CHANGE_SIZE] = {0};
    make_key(account, sequence, key);
    value[4] = (uint8_t)change->kind;
    value[5] = (uint8_t)change->state;
    value[6] = (uint8_t)change->mode;
    store_le32(value + 8, (uint32_t)change->effective_on);
    store_le32(value + 12, (uint32_t)change->until_on);
    store_le64(value + 16, (uint64_t)change->limit_minor);
    store_le32(value, checksum(value));
    return table_put(txn, CREDIT_POLICIES, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){value, sizeof value}, error);
}

/* What is in force so far, while the changes are read in the order of their sequences. */
struct in_force {
    struct credit_policy_row policy;
    bool has_policy; /* One was visible, though it may have ended. */
    bool has_hold;
    bool on_hold;
    int32_t hold_on;
};

static void take_change(struct in_force *now, const uint8_t *value, int32_t as_of) {
    int32_t effective_on = (int32_t)load_le32(value + 8);
    int32_t until_on = (int32_t)load_le32(value + 12);
    if (effective_on > as_of) {
        return;
    }
    if (value[4] != CREDIT_POLICY) {
        if (!now->has_hold || effective_on >= now->hold_on) {
            now->has_hold = true;
            now->hold_on = effective_on;
            now->on_hold = value[4] == CREDIT_HOLD_PLACED;
        }
        return;
    }
    now->has_policy = true;
    if ((until_on != 0 && until_on <= as_of) || (now->policy.is_set && effective_on < now->policy.since_on)) {
        return;
    }
    now->policy = (struct credit_policy_row){
        .is_set = true,
        .state = (Pb__LimitState)value[5],
        .mode = (Pb__CreditMode)value[6],
        .limit_minor = (int64_t)load_le64(value + 16),
        .since_on = effective_on,
        .until_on = until_on,
    };
}

static enum daybook_status read_changes(struct store_txn *txn, uint32_t account, int32_t as_of, uint64_t known_at,
                                        struct in_force *now, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[CHANGE_KEY_SIZE];
    make_key(account, 0, key);
    *now = (struct in_force){0};
    enum daybook_status status = cursor_open(txn, CREDIT_POLICIES, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    }
    while (status == DAYBOOK_OK && row.is_valid && row.key.size == CHANGE_KEY_SIZE &&
           load_be32(row.key.data) == account && load_be64(row.key.data + 4) <= known_at) {
        if (row.value.size != CHANGE_SIZE || load_le32(row.value.data) != checksum(row.value.data)) {
            status = credit_damaged(error);
            break;
        }
        take_change(now, row.value.data, as_of);
        status = cursor_next(cursor, &row, error);
    }
    cursor_close(cursor);
    return status;
}

/* A hold on credit concerns the customer in every currency: it is kept under the account without one. */
static enum daybook_status read_hold(struct store_txn *txn, const struct account_row *account, int32_t as_of,
                                     uint64_t known_at, bool *on_hold, struct daybook_error *error) {
    struct account_row whole;
    struct in_force now;
    bool is_found;
    enum daybook_status status = account_find(txn, CREDIT_ACCOUNTS, account->customer, "", &whole, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        status = read_changes(txn, whole.number, as_of, known_at, &now, error);
        *on_hold = now.on_hold;
    }
    return status;
}

enum daybook_status credit_ask(struct store_txn *txn, const struct account_row *account, int32_t as_of,
                               uint64_t known_at, struct credit_row *credit, struct daybook_error *error) {
    struct series_totals totals;
    struct in_force now;
    *credit = (struct credit_row){0};
    enum daybook_status status = read_changes(txn, account->number, as_of, known_at, &now, error);
    if (status == DAYBOOK_OK) {
        status = read_hold(txn, account, as_of, known_at, &credit->on_hold, error);
    }
    if (status == DAYBOOK_OK) {
        status = series_ask(txn, credit_shape, account->number, as_of, known_at, &totals, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    credit->policy = now.policy;
    credit->on_hold = credit->on_hold || now.on_hold;
    credit->is_visible = now.has_policy || totals.count > 0;
    credit->times_over_limit = (uint32_t)totals.count;
    return DAYBOOK_OK;
}
