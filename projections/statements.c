/* The statements view: the fold, and the statements of one account. */
#include "projections/statements.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/hash.h"
#include "codec/wire.h"
#include "projections/roll.h"

struct statements_fold {
    struct accounts *accounts;
    struct roll roll;
    struct daybook_buffer row;
};

static void close_fold(void *memory) {
    struct statements_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    roll_release(&fold->roll);
    daybook_buffer_release(&fold->row);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct statements_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the statements view: memory was refused");
    }
    roll_init(&fold->roll, STATEMENTS_NAMES);
    enum daybook_status status = accounts_open(STATEMENTS_ACCOUNTS, &fold->accounts, error);
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct statements_fold *fold = memory;
    accounts_forget(fold->accounts);
    roll_forget(&fold->roll);
}

static void make_key(uint32_t account, uint64_t sequence, uint8_t key[STATEMENTS_KEY_SIZE]) {
    store_be32(key, account);
    store_be64(key + 4, sequence);
}

static enum daybook_status put_row(struct statements_fold *fold, struct store_txn *txn, uint32_t account,
                                   const Pb__Event *event, struct daybook_error *error) {
    struct daybook_buffer *row = &fold->row;
    uint8_t key[STATEMENTS_KEY_SIZE];
    daybook_buffer_reset(row);
    bool has_room = daybook_buffer_reserve(row, STATEMENTS_ROW_HEAD) != NULL;
    if (has_room) {
        row->size = STATEMENTS_ROW_HEAD;
        has_room = wire_encode(&event->statement_issued->base, row) == DAYBOOK_OK;
    }
    if (!has_room) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY,
                            "while folding event %" PRIu64 " into statements: memory was refused", event->sequence);
    }
    store_le32(row->data + 4, (uint32_t)event->effective_on);
    store_le32(row->data, (uint32_t)hash64(row->data + 4, row->size - 4, 0));
    make_key(account, event->sequence, key);
    return table_put(txn, STATEMENTS_ROWS, (struct daybook_bytes){key, sizeof key}, daybook_buffer_view(row), error);
}

static bool takes_kind(Pb__Event__BodyCase kind) {
    return kind == PB__EVENT__BODY_STATEMENT_ISSUED;
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct statements_fold *fold = memory;
    const Pb__Event *event = folded->event;
    uint32_t account;
    if (!takes_kind(event->body_case)) {
        return DAYBOOK_OK;
    }
    enum daybook_status status =
        accounts_number(fold->accounts, txn, event->customer, event->currency, folded->party, &account, error);
    if (status == DAYBOOK_INVALID) {
        return daybook_fail_in(error, "while folding event %" PRIu64, event->sequence);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    const struct roll_name name = {account, PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT,
                                   event->statement_issued->statement, event->sequence};
    DAYBOOK_TRY(roll_add(&fold->roll, &name, event->sequence, error));
    return put_row(fold, txn, account, event, error);
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct statements_fold *fold = memory;
    return roll_flush(&fold->roll, txn, error);
}

static const char *const tables[STATEMENTS_TABLE_COUNT] = {
    [STATEMENTS_ACCOUNTS] = "accounts",
    [STATEMENTS_ROWS] = "rows",
    [STATEMENTS_NAMES] = "names",
};

const struct projection statements_projection = {
    .name = "statements",
    .version = 2,
    .readable_from = 2,
    .tables = tables,
    .table_count = STATEMENTS_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .takes = takes_kind,
    .fold = fold_event,
    .flush = flush_fold,
};

/* ---- questions ---- */

static enum daybook_status read_row(struct daybook_bytes key, struct daybook_bytes value, struct arena *arena,
                                    struct statement_row *row, struct daybook_error *error) {
    ProtobufCMessage *body = NULL;
    if (value.size < STATEMENTS_ROW_HEAD ||
        load_le32(value.data) != (uint32_t)hash64(value.data + 4, value.size - 4, 0)) {
        return daybook_fail(
            error, DAYBOOK_DAMAGED,
            "while reading statements: a row is not what was written; rebuild the view from the journal");
    }
    row->sequence = load_be64(key.data + 4);
    row->issued_on = (int32_t)load_le32(value.data + 4);
    struct daybook_bytes encoded = {value.data + STATEMENTS_ROW_HEAD, value.size - STATEMENTS_ROW_HEAD};
    DAYBOOK_TRY(wire_decode(&pb__statement_issued__descriptor, encoded, arena, &body, error));
    row->body = (const Pb__StatementIssued *)body;
    return DAYBOOK_OK;
}

static bool is_of_account(const struct table_row *row, uint32_t account) {
    return row->is_valid && row->key.size == STATEMENTS_KEY_SIZE && load_be32(row->key.data) == account;
}

enum daybook_status statements_walk_open(struct store_txn *txn, uint32_t account, uint64_t after,
                                         struct statements_walk *walk, struct daybook_error *error) {
    *walk = (struct statements_walk){.account = account, .after = after};
    return cursor_open(txn, STATEMENTS_ROWS, &walk->cursor, error);
}

enum daybook_status statements_walk_next(struct statements_walk *walk, struct arena *arena, struct statement_row *row,
                                         bool *is_found, struct daybook_error *error) {
    struct table_row found = {0};
    uint8_t key[STATEMENTS_KEY_SIZE];
    make_key(walk->account, walk->after + 1, key);
    DAYBOOK_TRY(walk->has_begun ? cursor_next(walk->cursor, &found, error)
                                : cursor_seek(walk->cursor, (struct daybook_bytes){key, sizeof key}, &found, error));
    walk->has_begun = true;
    *is_found = is_of_account(&found, walk->account);
    return *is_found ? read_row(found.key, found.value, arena, row, error) : DAYBOOK_OK;
}

void statements_walk_close(struct statements_walk *walk) {
    cursor_close(walk->cursor);
    walk->cursor = NULL;
}

/* ST1: so the first that is met on the way back is the last. */
enum daybook_status statements_last(struct store_txn *txn, uint32_t account, int32_t through_on, uint64_t known_at,
                                    struct arena *arena, struct statement_row *row, bool *is_found,
                                    struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row found = {0};
    uint8_t key[STATEMENTS_KEY_SIZE];
    *is_found = false;
    DAYBOOK_TRY(cursor_open(txn, STATEMENTS_ROWS, &cursor, error));
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t at = known_at; status == DAYBOOK_OK; at = row->sequence - 1) {
        make_key(account, at, key);
        status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &found, error);
        if (status != DAYBOOK_OK || !is_of_account(&found, account)) {
            break;
        }
        status = read_row(found.key, found.value, arena, row, error);
        if (status == DAYBOOK_OK && row->body->to_on <= through_on) {
            *is_found = true;
            break;
        }
    }
    cursor_close(cursor);
    return status;
}

enum daybook_status statements_find(struct store_txn *txn, uint32_t account, const char *id, struct arena *arena,
                                    struct statement_row *row, bool *is_found, struct daybook_error *error) {
    uint8_t key[STATEMENTS_KEY_SIZE];
    uint64_t sequence = 0;
    struct daybook_bytes value;
    DAYBOOK_TRY(roll_ask(txn, STATEMENTS_NAMES, account, PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT, id, &sequence,
                         is_found, error));
    if (!*is_found) {
        return DAYBOOK_OK;
    }
    make_key(account, sequence, key);
    DAYBOOK_TRY(table_get(txn, STATEMENTS_ROWS, (struct daybook_bytes){key, sizeof key}, &value, is_found, error));
    if (!*is_found) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "while reading statements: a name leads to no row; rebuild the view from the journal");
    }
    return read_row((struct daybook_bytes){key, sizeof key}, value, arena, row, error);
}
