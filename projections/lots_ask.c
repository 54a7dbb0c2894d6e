/* The lots view: lots at (A, K). */
#include "projections/lots.h"

#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/hash.h"

static const struct series_shape shape = {LOTS_SERIES, LOT_COLUMN_COUNT, false};

static enum daybook_status damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading lots: a row is not what was written; rebuild the view from the journal");
}

enum daybook_status lots_walk_open(struct store_txn *txn, uint32_t account, enum lots_which which, int32_t as_of,
                                   uint64_t known_at, struct lots_walk *walk, struct daybook_error *error) {
    walk->txn = txn;
    walk->cursor = NULL;
    walk->ends.cursor = NULL;
    walk->which = which;
    walk->account = account;
    walk->as_of = as_of;
    walk->known_at = known_at;
    walk->has_begun = false;
    return which == LOTS_ALL ? cursor_open(txn, LOTS_ROWS, &walk->cursor, error)
                             : lots_ends_walk_open(txn, LOTS_ENDS, account, as_of, known_at, &walk->ends, error);
}

static enum daybook_status read_lot(uint32_t number, struct daybook_bytes value, struct lot_row *lot,
                                    struct daybook_error *error) {
    const uint8_t *at = value.data + 4;
    const uint8_t *end = value.data + value.size;
    uint64_t received_on;
    if (value.size < 4 || load_le32(value.data) != (uint32_t)hash64(value.data + 4, value.size - 4, 0) ||
        !varint_take(&at, end, &lot->sequence) || !varint_take(&at, end, &received_on)) {
        return damaged(error);
    }
    lot->number = number;
    lot->received_on = (int32_t)zigzag_decode(received_on);
    lot->body = (struct daybook_bytes){at, (size_t)(end - at)};
    return DAYBOOK_OK;
}

static enum daybook_status next_of_all(struct lots_walk *walk, struct lot_row *lot, bool *is_found,
                                       struct daybook_error *error) {
    struct table_row row = {0};
    uint8_t key[LOTS_ROW_KEY_SIZE] = {0};
    store_be32(key, walk->account);
    DAYBOOK_TRY(walk->has_begun ? cursor_next(walk->cursor, &row, error)
                                : cursor_seek(walk->cursor, (struct daybook_bytes){key, sizeof key}, &row, error));
    walk->has_begun = true;
    *is_found = row.is_valid && row.key.size == sizeof key && load_be32(row.key.data) == walk->account;
    return *is_found ? read_lot(load_be32(row.key.data + 4), row.value, lot, error) : DAYBOOK_OK;
}

static enum daybook_status next_not_spent(struct lots_walk *walk, struct lot_row *lot, bool *is_found,
                                          struct daybook_error *error) {
    struct daybook_bytes value;
    uint8_t key[LOTS_ROW_KEY_SIZE];
    uint32_t number;
    bool has_row = false;
    DAYBOOK_TRY(lots_ends_walk_next(&walk->ends, &number, is_found, error));
    if (!*is_found) {
        return DAYBOOK_OK;
    }
    store_be32(key, walk->account);
    store_be32(key + 4, number);
    DAYBOOK_TRY(table_get(walk->txn, LOTS_ROWS, (struct daybook_bytes){key, sizeof key}, &value, &has_row, error));
    return has_row ? read_lot(number, value, lot, error) : damaged(error);
}

enum daybook_status lots_walk_next(struct lots_walk *walk, struct lot_row *lot, bool *is_found,
                                   struct daybook_error *error) {
    do {
        DAYBOOK_TRY(walk->which == LOTS_ALL ? next_of_all(walk, lot, is_found, error)
                                            : next_not_spent(walk, lot, is_found, error));
        *is_found = *is_found && lot->sequence <= walk->known_at; /* Those behind it were received later still. */
    } while (*is_found && lot->received_on > walk->as_of);
    return DAYBOOK_OK;
}

void lots_walk_close(struct lots_walk *walk) {
    cursor_close(walk->cursor);
    lots_ends_walk_close(&walk->ends);
    walk->cursor = NULL;
}

/* LO2. */
static enum daybook_status find_expiry(struct store_txn *txn, uint32_t number, int32_t as_of, uint64_t known_at,
                                       int32_t *expires_on, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[LOTS_RENEWAL_KEY_SIZE] = {0};
    int32_t since = INT32_MIN;
    store_be32(key, number);
    DAYBOOK_TRY(cursor_open(txn, LOTS_RENEWALS, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    while (status == DAYBOOK_OK && row.is_valid && row.key.size == sizeof key && load_be32(row.key.data) == number &&
           load_be64(row.key.data + 4) <= known_at) {
        if (row.value.size != 8) {
            status = damaged(error);
            break;
        }
        int32_t effective_on = (int32_t)load_le32(row.value.data);
        if (effective_on <= as_of && effective_on >= since) {
            since = effective_on;
            *expires_on = (int32_t)load_le32(row.value.data + 4);
        }
        status = cursor_next(cursor, &row, error);
    }
    cursor_close(cursor);
    return status;
}

enum daybook_status lots_ask(struct store_txn *txn, uint32_t number, int32_t as_of, uint64_t known_at,
                             int64_t columns[LOT_COLUMN_COUNT], int32_t *expires_on, struct daybook_error *error) {
    struct series_totals totals;
    DAYBOOK_TRY(series_ask(txn, shape, number, as_of, known_at, &totals, error));
    memcpy(columns, totals.columns, LOT_COLUMN_COUNT * sizeof *columns);
    return columns[LOT_RENEWED] == 0 ? DAYBOOK_OK : find_expiry(txn, number, as_of, known_at, expires_on, error);
}

enum daybook_status lots_ask_ending_holds(struct store_txn *txn, uint32_t number, int32_t as_of, uint64_t known_at,
                                          int64_t *amount_minor, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[LOTS_HOLD_KEY_SIZE] = {0};
    uint64_t hold = 0;
    bool is_ending = false;
    *amount_minor = 0;
    store_be32(key, number);
    DAYBOOK_TRY(cursor_open(txn, LOTS_HOLDS, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    for (; status == DAYBOOK_OK && row.is_valid && row.key.size == sizeof key && load_be32(row.key.data) == number;
         status = cursor_next(cursor, &row, error)) {
        if (row.value.size != 16) {
            status = damaged(error);
            break;
        }
        if (load_be64(row.key.data + 4) != hold) { /* Its first row. */
            hold = load_be64(row.key.data + 4);
            int32_t expires_on = (int32_t)load_le32(row.value.data + 12);
            is_ending = expires_on != 0 && expires_on <= as_of;
        }
        bool is_visible = load_be64(row.key.data + 12) <= known_at && (int32_t)load_le32(row.value.data) <= as_of;
        if (is_ending && is_visible && !money_add(amount_minor, (int64_t)load_le64(row.value.data + 4))) {
            status =
                daybook_fail(error, DAYBOOK_LIMIT, "while adding up what is held of a lot: it does not fit 64 bits");
            break;
        }
    }
    cursor_close(cursor);
    return status;
}

bool lots_left(int64_t received_minor, const int64_t columns[LOT_COLUMN_COUNT], int64_t *left_minor) {
    *left_minor = received_minor;
    return !__builtin_sub_overflow(*left_minor, columns[LOT_CONSUMED], left_minor) &&
           !__builtin_sub_overflow(*left_minor, columns[LOT_REFUNDED], left_minor) &&
           !__builtin_sub_overflow(*left_minor, columns[LOT_DORMANT], left_minor) &&
           !__builtin_sub_overflow(*left_minor, columns[LOT_FORFEITED], left_minor);
}

bool lots_available(const Pb__DepositReceived *body, const int64_t columns[LOT_COLUMN_COUNT], int32_t expires_on,
                    int32_t as_of, int64_t left_minor, int64_t *available_minor) {
    bool can_pay = body->effective_from <= as_of && (expires_on == DATE_NONE || expires_on > as_of);
    bool fits = !__builtin_sub_overflow(left_minor, columns[LOT_HELD], available_minor);
    *available_minor = fits && can_pay && *available_minor > 0 ? *available_minor : 0;
    return fits;
}
