/* When an event was recorded at the earliest: from its frame's header, without unpacking. */
#include "store/journal_internal.h"

enum daybook_status journal_recorded_floor(struct journal *journal, uint64_t sequence, int64_t *floor_us,
                                           struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    struct frame_header header;
    uint8_t key[FRAME_KEY_SIZE];
    *floor_us = 0;
    enum daybook_status status = store_begin_read(journal->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = cursor_open(txn, TABLE_FRAMES, &cursor, error);
    }
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(cursor, frame_key(key, sequence), &row, error);
    }
    if (status == DAYBOOK_OK && row.is_valid) {
        status = frame_row_peek(journal, &row, &header, error);
        *floor_us = status == DAYBOOK_OK ? header.first_recorded_at_us : 0;
    }
    cursor_close(cursor);
    store_abort(txn);
    return status;
}
