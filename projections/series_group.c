/* The rows that stand for eight others, written when the last of them is. */
#include "projections/series_group.h"

#include <string.h>

#include "projections/chunk.h"

/* A row for the CHUNK_FANOUT rows of a level that end the account's log. */
struct group {
    struct chunk_header header;
    struct chunk_child children[CHUNK_FANOUT];
};

/* Puts a row before those that the group has: its header becomes that of both. */
static void put_before(struct group *group, int place, uint64_t first_sequence, struct chunk_header header) {
    const struct chunk_header *others = &group->header;
    group->children[place] =
        (struct chunk_child){first_sequence, header.min_effective, header.max_effective, header.max_effective_before};
    header.min_effective = header.min_effective < others->min_effective ? header.min_effective : others->min_effective;
    header.max_effective = header.max_effective > others->max_effective ? header.max_effective : others->max_effective;
    header.count += others->count;
    header.marks = (struct daybook_bytes){0};
    group->header = header;
}

static enum daybook_status read_group(struct store_txn *txn, struct series_shape shape, uint32_t account,
                                      unsigned level, struct group *group, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    chunk_make_key(account, level, UINT64_MAX, key);
    enum daybook_status status = cursor_open(txn, shape.table, &cursor, error);
    for (int i = CHUNK_FANOUT - 1; i >= 0 && status == DAYBOOK_OK; i--) {
        struct chunk_header header = {0};
        struct daybook_bytes body;
        status = i == CHUNK_FANOUT - 1 ? cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error)
                                       : cursor_previous(cursor, &row, error);
        if (status == DAYBOOK_OK && (!row.is_valid || !chunk_key_matches(row.key, account, level))) {
            status = chunk_damaged(account, error);
        }
        if (status == DAYBOOK_OK) {
            status = chunk_read_header(row.value, shape.column_count, level, &header, &body, error);
        }
        if (status == DAYBOOK_OK) {
            put_before(group, i, chunk_key_sequence(row.key), header);
        }
    }
    cursor_close(cursor);
    return status;
}

enum daybook_status group_write(struct store_txn *txn, struct series_shape shape, uint32_t account, unsigned level,
                                struct daybook_error *error) {
    struct group group = {.header = {.min_effective = INT32_MAX, .max_effective = INT32_MIN}};
    uint8_t key[CHUNK_KEY_SIZE];
    uint8_t body[CHUNK_CHILDREN_SIZE_MAX];
    uint8_t value[CHUNK_HEADER_MAX + CHUNK_MARKS_SIZE_MAX + CHUNK_CHILDREN_SIZE_MAX];
    DAYBOOK_TRY(read_group(txn, shape, account, level - 1, &group, error));
    chunk_make_key(account, level, group.children[0].first_sequence, key);
    size_t body_size = level > CHUNK_LATE ? chunk_write_children(body, &group.header, group.children) : 0;
    size_t size =
        chunk_write_header(value, shape.column_count, &group.header, level, (struct daybook_bytes){body, body_size});
    memcpy(value + size, body, body_size);
    return table_put(txn, shape.table, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){value, size + body_size}, error);
}
