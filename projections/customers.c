/*
 * The customers view.
 *
 * Key: id, 0x00, sequence u64 big-endian. Value: u32 checksum (the low half of
 * hash64 of the rest), i32 effective date, u8 kind, the encoded profile.
 */
#include "projections/customers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/wire.h"

enum row_kind { ROW_OPENED = 1, ROW_CHANGED = 2, ROW_CLOSED = 3, ROW_ERASED = 4 };
enum { ROW_HEAD = 9, KEY_MAX = LIMIT_ID_BYTES + 1 + 8 };

struct customers_fold {
    struct daybook_buffer value;
};

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    *memory = calloc(1, sizeof(struct customers_fold));
    return *memory != NULL
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the customers view: memory was refused");
}

static void close_fold(void *memory) {
    struct customers_fold *fold = memory;
    if (fold != NULL) {
        daybook_buffer_release(&fold->value);
        free(fold);
    }
}

static uint32_t checksum(const uint8_t *value, size_t size) {
    return (uint32_t)hash64(value + 4, size - 4, 0);
}

static size_t make_key(const char *id, uint64_t sequence, uint8_t key[KEY_MAX]) {
    size_t size = strlen(id);
    memcpy(key, id, size);
    key[size] = 0;
    store_be64(key + size + 1, sequence);
    return size + 9;
}

static enum daybook_status put(struct customers_fold *fold, struct store_txn *txn, const Pb__Event *event,
                               enum row_kind kind, const Pb__CustomerProfile *profile, struct daybook_error *error) {
    uint8_t key[KEY_MAX];
    uint8_t head[ROW_HEAD] = {0};
    size_t id_size = strnlen(event->customer, LIMIT_ID_BYTES + 1);
    if (id_size == 0 || id_size > LIMIT_ID_BYTES) {
        return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": its customer cannot be one",
                            event->sequence);
    }
    store_le32(head + 4, (uint32_t)event->effective_on);
    head[8] = (uint8_t)kind;
    daybook_buffer_reset(&fold->value);
    if (daybook_buffer_append(&fold->value, head, sizeof head) != DAYBOOK_OK ||
        (profile != NULL && wire_encode(&profile->base, &fold->value) != DAYBOOK_OK)) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding event %" PRIu64 ": memory was refused",
                            event->sequence);
    }
    store_le32(fold->value.data, checksum(fold->value.data, fold->value.size));
    size_t key_size = make_key(event->customer, event->sequence, key);
    return table_put(txn, CUSTOMERS_ROWS, (struct daybook_bytes){key, key_size}, daybook_buffer_view(&fold->value),
                     error);
}

static bool takes_kind(Pb__Event__BodyCase kind) {
    switch (kind) {
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_OPERATOR_ACTED:
        return true;
    case PB__EVENT__BODY_CHARGE_POSTED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case PB__EVENT__BODY_PERIOD_CLOSED:
    case PB__EVENT__BODY_PERIOD_REOPENED:
    case PB__EVENT__BODY_STATEMENT_ISSUED:
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_APPROVAL_POLICY_SET:
        return false;
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return true; /* Of no kind that there is: the fold says so. */
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    const Pb__Event *event = folded->event;
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CUSTOMER_OPENED:
        return put(memory, txn, event, ROW_OPENED, event->customer_opened->profile, error);
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
        return put(memory, txn, event, ROW_CHANGED, event->customer_changed->profile, error);
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
        return put(memory, txn, event, ROW_CLOSED, NULL, error);
    case PB__EVENT__BODY_OPERATOR_ACTED:
        return event->operator_acted->action == PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED
                   ? put(memory, txn, event, ROW_ERASED, NULL, error)
                   : DAYBOOK_OK;
    default:
        break;
    }
    if (!takes_kind(event->body_case)) {
        return DAYBOOK_OK;
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        "while folding event %" PRIu64 ": it has no body that this program knows", event->sequence);
}

static const char *const tables[CUSTOMERS_TABLE_COUNT] = {[CUSTOMERS_ROWS] = "customers"};

const struct projection customers_projection = {
    .name = "customers",
    .version = 2,
    .readable_from = 1,
    .tables = tables,
    .table_count = CUSTOMERS_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = NULL,
    .takes = takes_kind,
    .fold = fold_event,
    .flush = NULL,
};

static enum daybook_status damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading the customers view: a row is not what was written; rebuild the view");
}

struct seen_at {
    int32_t as_of;
    uint64_t known_at;
};

/* Takes the row into the customer, which holds what came before it in the order of sequences. */
static enum daybook_status take_row(struct customer_row *customer, const struct table_row *row,
                                    const struct seen_at *at, int32_t *profile_on, struct daybook_error *error) {
    const uint8_t *value = row->value.data;
    uint64_t sequence = load_be64(row->key.data + row->key.size - 8);
    if (row->value.size < ROW_HEAD || load_le32(value) != checksum(value, row->value.size)) {
        return damaged(error);
    }
    int32_t effective_on = (int32_t)load_le32(value + 4);
    if (value[8] == ROW_ERASED) {
        customer->erased_at = sequence;
        return DAYBOOK_OK;
    }
    if (sequence > at->known_at) {
        return DAYBOOK_OK;
    }
    customer->is_known = true;
    if (effective_on > at->as_of) {
        return DAYBOOK_OK;
    }
    if (value[8] == ROW_CLOSED) {
        customer->closed_on = effective_on;
        return DAYBOOK_OK;
    }
    if (value[8] == ROW_OPENED) {
        customer->opened_on = effective_on;
    }
    if (effective_on >= *profile_on) {
        *profile_on = effective_on;
        customer->profile_at = sequence;
        customer->profile = (struct daybook_bytes){value + ROW_HEAD, row->value.size - ROW_HEAD};
    }
    return DAYBOOK_OK;
}

static bool is_of(const struct table_row *row, const char *id, size_t id_size) {
    return row->is_valid && row->key.size == id_size + 9 && memcmp(row->key.data, id, id_size + 1) == 0;
}

/* Reads the rows of the customer that `row` begins with, and leaves `row` at the next customer's. */
static enum daybook_status read_customer(struct table_cursor *cursor, struct table_row *row, int32_t as_of,
                                         uint64_t known_at, struct customer_row *customer,
                                         struct daybook_error *error) {
    struct seen_at at = {as_of, known_at};
    size_t id_size = row->key.size < 10 ? 0 : row->key.size - 9;
    int32_t profile_on = INT32_MIN;
    if (id_size == 0 || id_size > LIMIT_ID_BYTES || row->key.data[id_size] != 0) {
        return damaged(error);
    }
    *customer = (struct customer_row){0};
    memcpy(customer->id, row->key.data, id_size);
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && is_of(row, customer->id, id_size)) {
        status = take_row(customer, row, &at, &profile_on, error);
        if (status == DAYBOOK_OK) {
            status = cursor_next(cursor, row, error);
        }
    }
    if (customer->opened_on == 0) {
        customer->profile = (struct daybook_bytes){0};
    }
    return status;
}

/* A cursor at the customer's first row, where there is one. The caller closes the cursor, whatever comes back. */
static enum daybook_status find_first(struct store_txn *txn, const char *id, struct table_cursor **cursor,
                                      struct table_row *row, bool *is_found, struct daybook_error *error) {
    uint8_t key[KEY_MAX];
    size_t id_size = strnlen(id, LIMIT_ID_BYTES + 1);
    *cursor = NULL;
    *is_found = false;
    if (id_size == 0 || id_size > LIMIT_ID_BYTES) {
        return DAYBOOK_OK;
    }
    size_t key_size = make_key(id, 0, key);
    enum daybook_status status = cursor_open(txn, CUSTOMERS_ROWS, cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek(*cursor, (struct daybook_bytes){key, key_size}, row, error);
    }
    *is_found = status == DAYBOOK_OK && is_of(row, id, id_size);
    return status;
}

enum daybook_status customers_ask(struct store_txn *txn, const char *id, int32_t as_of, uint64_t known_at,
                                  struct customer_row *customer, struct daybook_error *error) {
    struct table_cursor *cursor;
    struct table_row row = {0};
    bool is_found;
    *customer = (struct customer_row){0};
    enum daybook_status status = find_first(txn, id, &cursor, &row, &is_found, error);
    if (is_found) {
        status = read_customer(cursor, &row, as_of, known_at, customer, error);
    }
    cursor_close(cursor);
    return status;
}

/* Nothing is recorded of a customer before it is opened. */
enum daybook_status customers_known_since(struct store_txn *txn, const char *id, uint64_t *since,
                                          struct daybook_error *error) {
    struct table_cursor *cursor;
    struct table_row row = {0};
    struct customer_row customer = {0};
    struct seen_at at = {INT32_MAX, UINT64_MAX};
    int32_t profile_on = INT32_MIN;
    bool is_found;
    enum daybook_status status = find_first(txn, id, &cursor, &row, &is_found, error);
    if (is_found) {
        status = take_row(&customer, &row, &at, &profile_on, error);
    }
    *since = customer.is_known ? load_be64(row.key.data + row.key.size - 8) : UINT64_MAX;
    cursor_close(cursor);
    return status;
}

enum daybook_status customers_decode_profile(const struct customer_row *customer, struct arena *arena,
                                             Pb__CustomerProfile **profile, struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    enum daybook_status status =
        wire_decode(&pb__customer_profile__descriptor, customer->profile, arena, &message, error);
    *profile = (Pb__CustomerProfile *)message;
    return status;
}

enum daybook_status customers_have_tag(const struct customer_row *customer, const char *tag, struct arena *scratch,
                                       bool *has_tag, struct daybook_error *error) {
    *has_tag = tag[0] == '\0';
    if (*has_tag || customer->opened_on == 0) {
        return DAYBOOK_OK;
    }
    Pb__CustomerProfile *profile = NULL;
    enum daybook_status status = customers_decode_profile(customer, scratch, &profile, error);
    for (size_t i = 0; status == DAYBOOK_OK && i < profile->n_tags; i++) {
        *has_tag = *has_tag || strcmp(profile->tags[i], tag) == 0;
    }
    arena_reset(scratch);
    return status;
}

enum daybook_status customers_walk_open(struct store_txn *txn, const char *after, int32_t as_of, uint64_t known_at,
                                        struct customers_walk *walk, struct daybook_error *error) {
    uint8_t key[LIMIT_ID_BYTES + 1];
    size_t size = strnlen(after, LIMIT_ID_BYTES);
    *walk = (struct customers_walk){.as_of = as_of, .known_at = known_at};
    memcpy(key, after, size);
    key[size] = 1; /* After 0x00, which ends an id, and before all that an id can hold. */
    enum daybook_status status = cursor_open(txn, CUSTOMERS_ROWS, &walk->cursor, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = cursor_seek(walk->cursor, (struct daybook_bytes){key, size == 0 ? 0 : size + 1}, &walk->row, error);
    if (status != DAYBOOK_OK) {
        customers_walk_close(walk);
    }
    return status;
}

enum daybook_status customers_walk_next(struct customers_walk *walk, struct customer_row *customer, bool *is_found,
                                        struct daybook_error *error) {
    *is_found = walk->row.is_valid;
    if (!*is_found) {
        return DAYBOOK_OK;
    }
    return read_customer(walk->cursor, &walk->row, walk->as_of, walk->known_at, customer, error);
}

void customers_walk_close(struct customers_walk *walk) {
    cursor_close(walk->cursor);
    walk->cursor = NULL;
}
