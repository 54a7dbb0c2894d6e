/* The entries of a series one by one. */
#include <string.h>

#include "projections/chunk.h"

/* Takes the row as the chunk to read; its end when it is not the account's. */
static enum daybook_status enter(struct series_scan *scan, const struct table_row *row, struct daybook_error *error) {
    scan->next = NULL;
    scan->end = NULL;
    scan->sequence = 0;
    scan->entry = (struct series_entry){0};
    if (!row->is_valid || !chunk_key_matches(row->key, scan->account, 0)) {
        return DAYBOOK_OK;
    }
    unsigned column_count = scan->shape.column_count;
    struct chunk_header header;
    struct chunk_reader reader;
    struct daybook_bytes body;
    DAYBOOK_TRY(chunk_read_header(row->value, column_count, 0, &header, &body, error));
    DAYBOOK_TRY(chunk_open_entries(row->value, column_count, body, &scan->slots, &reader, error));
    scan->next = reader.next;
    scan->end = reader.end;
    return DAYBOOK_OK;
}

/* Reads one entry of the chunk. */
static enum daybook_status step(struct series_scan *scan, struct daybook_error *error) {
    struct chunk_reader reader = {.next = scan->next,
                                  .end = scan->end,
                                  .slots = scan->shape.column_count > 0 ? &scan->slots : NULL,
                                  .sequence = scan->sequence,
                                  .effective_on = scan->entry.effective_on};
    if (!chunk_read_entry(&reader)) {
        return chunk_damaged(scan->account, error);
    }
    scan->next = reader.next;
    scan->sequence = reader.sequence;
    scan->entry.effective_on = (int32_t)reader.effective_on;
    memcpy(scan->entry.columns, reader.columns, sizeof scan->entry.columns);
    return DAYBOOK_OK;
}

enum daybook_status series_scan_open(struct store_txn *txn, struct series_shape shape, uint32_t account, uint64_t from,
                                     struct series_scan *scan, struct daybook_error *error) {
    *scan = (struct series_scan){.shape = shape, .account = account};
    struct table_row row = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    chunk_make_key(account, 0, from, key);
    struct daybook_bytes from_key = {key, sizeof key};
    enum daybook_status status = cursor_open(txn, shape.table, &scan->cursor, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = cursor_seek_back(scan->cursor, from_key, &row, error);
    if (status == DAYBOOK_OK && (!row.is_valid || !chunk_key_matches(row.key, account, 0))) {
        status = cursor_seek(scan->cursor, from_key, &row, error);
    }
    if (status == DAYBOOK_OK) {
        status = enter(scan, &row, error);
    }
    /* Pass over the entries before `from`: look at each before taking it. */
    while (status == DAYBOOK_OK && scan->next < scan->end) {
        struct series_scan ahead = *scan;
        status = step(&ahead, error);
        if (status != DAYBOOK_OK || ahead.sequence >= from) {
            break;
        }
        *scan = ahead;
    }
    if (status != DAYBOOK_OK) {
        series_scan_close(scan);
    }
    return status;
}

enum daybook_status series_scan_next(struct series_scan *scan, bool *is_found, struct daybook_error *error) {
    *is_found = false;
    if (scan->next == NULL) {
        return DAYBOOK_OK;
    }
    if (scan->next == scan->end) {
        struct table_row row = {0};
        enum daybook_status status = cursor_next(scan->cursor, &row, error);
        if (status == DAYBOOK_OK) {
            status = enter(scan, &row, error);
        }
        if (status != DAYBOOK_OK || scan->next == NULL) {
            return status;
        }
    }
    *is_found = true;
    return step(scan, error);
}

void series_scan_close(struct series_scan *scan) {
    cursor_close(scan->cursor);
    scan->cursor = NULL;
    scan->next = NULL;
}
