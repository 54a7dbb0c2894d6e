/* Entries of a series in a window: back from its last sequence, past whole chunks without any of its dates. */
#include "projections/series_window.h"

#include <stdlib.h>
#include <string.h>

#include "projections/chunk.h"

struct finding {
    struct series_shape shape;
    uint32_t account;
    const struct series_window *window;
    struct table_cursor *cursor;
    struct daybook_buffer *found;
};

/* A row and its header. */
struct spot {
    struct table_row row;
    struct chunk_header header;
    struct daybook_bytes body; /* Slots and entries, not checked yet. */
    bool is_found;
};

/* The last row of `level` that begins at or before `sequence`. */
static enum daybook_status seek(struct finding *finding, unsigned level, uint64_t sequence, struct spot *spot,
                                struct daybook_error *error) {
    uint8_t key[CHUNK_KEY_SIZE];
    chunk_make_key(finding->account, level, sequence, key);
    DAYBOOK_TRY(cursor_seek_back(finding->cursor, (struct daybook_bytes){key, sizeof key}, &spot->row, error));
    spot->is_found = spot->row.is_valid && chunk_key_matches(spot->row.key, finding->account, level);
    return spot->is_found ? chunk_read_header(spot->row.value, finding->shape.column_count, level, &spot->header,
                                              &spot->body, error)
                          : DAYBOOK_OK;
}

static bool meets_window(const struct finding *finding, const struct chunk_header *header) {
    return header->max_effective > finding->window->after_on && header->min_effective <= finding->window->through_on;
}

static enum daybook_status take_entries(struct finding *finding, const struct spot *spot, struct daybook_error *error) {
    const struct series_window *window = finding->window;
    struct series_slots slots;
    struct chunk_reader reader;
    DAYBOOK_TRY(chunk_open_entries(spot->row.value, finding->shape.column_count, spot->body, &slots, &reader, error));
    while (reader.next < reader.end) {
        struct window_entry entry = {0};
        memset(reader.columns, 0, sizeof reader.columns);
        if (!chunk_read_entry(&reader)) {
            return chunk_damaged(finding->account, error);
        }
        if (reader.sequence > window->through) {
            break;
        }
        if (reader.sequence <= window->after || reader.effective_on <= window->after_on ||
            reader.effective_on > window->through_on) {
            continue;
        }
        entry.sequence = reader.sequence;
        entry.entry.effective_on = (int32_t)reader.effective_on;
        memcpy(entry.entry.columns, reader.columns, sizeof entry.entry.columns);
        if (daybook_buffer_append(finding->found, &entry, sizeof entry) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "while listing the entries of a period: memory was refused");
        }
    }
    return DAYBOOK_OK;
}

/* The highest level of a row that ends where the chunk of this ordinal begins. */
static unsigned level_before(uint32_t ordinal) {
    unsigned level = 0;
    while (level + 1 < CHUNK_LEVELS && ordinal % ((uint64_t)1 << (CHUNK_FANOUT_BITS * (level + 1))) == 0) {
        level++;
    }
    return level;
}

/* The row before `spot`: the widest that holds nothing of the window, or one chunk. */
static enum daybook_status step_back(struct finding *finding, struct spot *spot, bool *is_chunk,
                                     struct daybook_error *error) {
    uint64_t end = chunk_key_sequence(spot->row.key);
    uint32_t ordinal = spot->header.ordinal;
    for (unsigned level = level_before(ordinal);; level--) {
        DAYBOOK_TRY(seek(finding, level, end - 1, spot, error));
        if (!spot->is_found || spot->header.ordinal >= ordinal) {
            return chunk_damaged(finding->account, error);
        }
        if (level == 0 || !meets_window(finding, &spot->header)) {
            *is_chunk = level == 0;
            return DAYBOOK_OK;
        }
    }
}

static enum daybook_status walk_back(struct finding *finding, struct daybook_error *error) {
    const struct series_window *window = finding->window;
    struct spot spot = {0};
    bool is_chunk = true;
    DAYBOOK_TRY(seek(finding, 0, window->through, &spot, error));
    while (spot.is_found) {
        if (is_chunk && meets_window(finding, &spot.header)) {
            DAYBOOK_TRY(take_entries(finding, &spot, error));
        }
        if (spot.header.ordinal == 0 || spot.header.max_effective_before <= window->after_on ||
            chunk_key_sequence(spot.row.key) <= window->after) {
            break;
        }
        DAYBOOK_TRY(step_back(finding, &spot, &is_chunk, error));
    }
    return DAYBOOK_OK;
}

/* The chunks were met from the last to the first, each with its entries in order: an event's are in
 * one chunk, so turning the chunks round would do, and a stable sort does the same. */
static void sort_entries(struct window_entry *entries, size_t count, struct window_entry *scratch) {
    if (count < 2) {
        return;
    }
    size_t half = count / 2;
    sort_entries(entries, half, scratch);
    sort_entries(entries + half, count - half, scratch);
    memcpy(scratch, entries, half * sizeof *scratch);
    for (size_t left = 0, right = half, at = 0; left < half; at++) {
        bool takes_right = right < count && entries[right].sequence < scratch[left].sequence;
        entries[at] = takes_right ? entries[right++] : scratch[left++];
    }
}

enum daybook_status series_find_window(struct store_txn *txn, struct series_shape shape, uint32_t account,
                                       const struct series_window *window, struct daybook_buffer *found,
                                       struct daybook_error *error) {
    struct finding finding = {.shape = shape, .account = account, .window = window, .found = found};
    size_t first = found->size;
    DAYBOOK_TRY(cursor_open(txn, shape.table, &finding.cursor, error));
    enum daybook_status status = walk_back(&finding, error);
    cursor_close(finding.cursor);
    size_t count = (found->size - first) / sizeof(struct window_entry);
    if (status == DAYBOOK_OK && count > 1) {
        struct window_entry *scratch = malloc(count / 2 * sizeof *scratch);
        if (scratch == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "while listing the entries of a period: memory was refused");
        }
        sort_entries((void *)(found->data + first), count, scratch);
        free(scratch);
    }
    return status;
}
