/*
 * The fold's side of a series: the open chunk of each account is kept in
 * memory; a chunk that is full is written at once, the open ones at the flush.
 */
#include "projections/series.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/chunk.h"
#include "projections/series_group.h"

enum {
    TAIL_FIRST_CAPACITY = 128,
    TAILS_LIMIT_BYTES = 256 << 20, /* Past it, tails that are written are dropped. */
};

/* The open chunk of an account. What every event changes comes first. */
struct tail {
    uint64_t last_sequence;
    uint8_t *entries;
    uint32_t size; /* Of the entries. */
    uint32_t capacity;
    int32_t last_effective;
    int32_t greatest; /* Effective date of all that was appended; of the marks, in a late log. */
    bool is_dirty;
    uint16_t header_room;
    uint64_t first_sequence;
    int64_t totals[SERIES_COLUMNS_MAX]; /* With the chunk's own entries. */
    struct chunk_header header;
    struct series_slots slots;
};

struct series {
    struct series_shape shape;
    unsigned first_level; /* Of its log: 0, or CHUNK_LATE. */
    struct series *late;  /* NULL: this is a late log, or a list. */
    struct tail **tails;  /* By account; NULL = not in memory. */
    size_t tail_count;
    uint32_t *dirty;
    size_t dirty_count;
    size_t dirty_capacity;
    size_t used_bytes;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding a series: memory was refused");
}

enum daybook_status series_open(struct series_shape shape, struct series **series, struct daybook_error *error) {
    struct series *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return no_memory(error);
    }
    made->shape = shape;
    if (!shape.is_list) {
        made->late = calloc(1, sizeof *made->late);
        if (made->late == NULL) {
            free(made);
            return no_memory(error);
        }
        *made->late = (struct series){.shape = shape, .first_level = CHUNK_LATE};
    }
    *series = made;
    return DAYBOOK_OK;
}

static void drop(struct series *series, struct tail **tail) {
    series->used_bytes -= sizeof **tail + (*tail)->capacity;
    free((*tail)->entries);
    free(*tail);
    *tail = NULL;
}

static void forget_log(struct series *series) {
    for (size_t i = 0; i < series->tail_count; i++) {
        if (series->tails[i] != NULL) {
            drop(series, &series->tails[i]);
        }
    }
    series->dirty_count = 0;
}

void series_forget(struct series *series) {
    forget_log(series);
    if (series->late != NULL) {
        forget_log(series->late);
    }
}

static void close_log(struct series *series) {
    if (series == NULL) {
        return;
    }
    forget_log(series);
    free(series->tails);
    free(series->dirty);
    free(series);
}

void series_close(struct series *series) {
    if (series != NULL) {
        close_log(series->late);
        close_log(series);
    }
}

static bool reserve(struct series *series, struct tail *tail, size_t size) {
    if (size <= tail->capacity) {
        return true;
    }
    size_t capacity = tail->capacity == 0 ? TAIL_FIRST_CAPACITY : tail->capacity;
    while (capacity < size) {
        capacity *= 2;
    }
    uint8_t *entries = realloc(tail->entries, capacity);
    if (entries == NULL) {
        return false;
    }
    series->used_bytes += capacity - tail->capacity;
    tail->entries = entries;
    tail->capacity = (uint32_t)capacity;
    return true;
}

/* An empty chunk after what the tail holds. */
static void begin_chunk(const struct series *series, struct tail *tail, uint32_t ordinal) {
    struct chunk_header header = {
        .ordinal = ordinal,
        .min_effective = INT32_MAX,
        .max_effective = INT32_MIN,
        .max_effective_before = INT32_MIN,
    };
    if (ordinal == 0) {
        tail->greatest = INT32_MIN;
    } else {
        header.max_effective_before = tail->greatest;
        header.count_before = tail->header.count_before + tail->header.count;
    }
    memcpy(header.before, tail->totals, sizeof header.before);
    tail->header = header;
    tail->header_room = (uint16_t)chunk_header_room(series->shape.column_count, &header);
    tail->slots = (struct series_slots){0};
    tail->size = 0;
    tail->last_sequence = 0;
    tail->last_effective = 0;
}

/* Takes an entry into the header. In a late log what is not dated before the last mark is a mark, and not counted. */
static void count_entry(const struct series *series, struct tail *tail, int32_t effective_on) {
    struct chunk_header *header = &tail->header;
    bool is_ahead = effective_on >= tail->greatest;
    if (series->first_level != CHUNK_LATE || !is_ahead) {
        header->count++;
        header->min_effective = effective_on < header->min_effective ? effective_on : header->min_effective;
        header->max_effective = effective_on > header->max_effective ? effective_on : header->max_effective;
    }
    tail->greatest = is_ahead ? effective_on : tail->greatest;
}

/* Restores the tail from its row. */
static enum daybook_status unpack_tail(struct series *series, uint32_t account, struct daybook_bytes row,
                                       struct tail *tail, struct daybook_error *error) {
    unsigned column_count = series->shape.column_count;
    struct daybook_bytes body;
    struct chunk_reader reader;
    DAYBOOK_TRY(chunk_read_header(row, column_count, &tail->header, &body, error));
    DAYBOOK_TRY(chunk_open_entries(row, column_count, body, &tail->slots, &reader, error));
    size_t size = (size_t)(reader.end - reader.next);
    if (!reserve(series, tail, size)) {
        return no_memory(error);
    }
    if (size > 0) {
        memcpy(tail->entries, reader.next, size);
    }
    tail->size = (uint32_t)size;
    tail->header_room = (uint16_t)chunk_header_room(column_count, &tail->header);
    memcpy(tail->totals, tail->header.before, sizeof tail->totals);
    tail->greatest = tail->header.max_effective_before;
    tail->header.count = 0;
    tail->header.min_effective = INT32_MAX;
    tail->header.max_effective = INT32_MIN;
    while (reader.next < reader.end) {
        if (!chunk_read_entry(&reader)) {
            return chunk_damaged(account, error);
        }
        count_entry(series, tail, (int32_t)reader.effective_on);
        for (uint32_t rest = reader.present; rest != 0; rest &= rest - 1) {
            int column = __builtin_ctz(rest);
            if (!money_add(&tail->totals[column], reader.columns[column])) {
                return chunk_damaged(account, error);
            }
        }
    }
    tail->last_sequence = reader.sequence;
    tail->last_effective = (int32_t)reader.effective_on;
    return DAYBOOK_OK;
}

/* The account's last chunk, from the table or new. */
static enum daybook_status load_tail(struct series *series, struct store_txn *txn, uint32_t account, struct tail *tail,
                                     struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    chunk_make_key(account, series->first_level, UINT64_MAX, key);
    enum daybook_status status = cursor_open(txn, series->shape.table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    }
    if (status == DAYBOOK_OK && row.is_valid && chunk_key_matches(row.key, account, series->first_level)) {
        tail->first_sequence = chunk_key_sequence(row.key);
        status = unpack_tail(series, account, row.value, tail, error);
    } else if (status == DAYBOOK_OK) {
        begin_chunk(series, tail, 0);
    }
    cursor_close(cursor);
    return status;
}

static bool reserve_account(struct series *series, uint32_t account) {
    if (account < series->tail_count) {
        return true;
    }
    size_t count = series->tail_count == 0 ? 1024 : series->tail_count;
    while (count <= account) {
        count *= 2;
    }
    struct tail **tails = realloc(series->tails, count * sizeof *tails);
    if (tails == NULL) {
        return false;
    }
    memset(tails + series->tail_count, 0, (count - series->tail_count) * sizeof *tails);
    series->tails = tails;
    series->tail_count = count;
    return true;
}

static enum daybook_status get_tail(struct series *series, struct store_txn *txn, uint32_t account, struct tail **tail,
                                    struct daybook_error *error) {
    if (!reserve_account(series, account)) {
        return no_memory(error);
    }
    if (series->tails[account] == NULL) {
        struct tail *made = calloc(1, sizeof *made);
        if (made == NULL) {
            return no_memory(error);
        }
        series->used_bytes += sizeof *made;
        enum daybook_status status = load_tail(series, txn, account, made, error);
        if (status != DAYBOOK_OK) {
            drop(series, &made);
            return status;
        }
        series->tails[account] = made;
    }
    *tail = series->tails[account];
    return DAYBOOK_OK;
}

/* The slots of a list of sequences are none, not an empty table of them. */
static struct series_slots *slots_of(const struct series *series, struct tail *tail) {
    return series->shape.column_count > 0 ? &tail->slots : NULL;
}

static enum daybook_status write_tail(const struct series *series, struct store_txn *txn, uint32_t account,
                                      const struct tail *tail, struct daybook_error *error) {
    uint8_t key[CHUNK_KEY_SIZE];
    uint8_t bytes[CHUNK_HEADER_MAX];
    uint8_t body[CHUNK_SIZE_MAX];
    uint8_t *value = NULL;
    size_t body_size = 0;
    struct chunk_header header = tail->header;
    if (header.count == 0) {
        header.min_effective = header.max_effective = tail->greatest; /* There are marks alone. */
    }
    if (series->shape.column_count > 0) {
        body_size = chunk_slots_write(body, &tail->slots);
    }
    memcpy(body + body_size, tail->entries, tail->size);
    body_size += tail->size;
    chunk_make_key(account, series->first_level, tail->first_sequence, key);
    size_t header_size =
        chunk_write_header(bytes, series->shape.column_count, &header, (struct daybook_bytes){body, body_size});
    DAYBOOK_TRY(table_reserve(txn, series->shape.table, (struct daybook_bytes){key, sizeof key},
                              header_size + body_size, &value, error));
    memcpy(value, bytes, header_size);
    memcpy(value + header_size, body, body_size);
    return DAYBOOK_OK;
}

static enum daybook_status note_late(struct series *series, struct store_txn *txn, uint32_t account, struct tail *tail,
                                     struct daybook_error *error);

/* The chunk is full: write it and the groups that it completes, and begin the next. */
static enum daybook_status end_chunk(struct series *series, struct store_txn *txn, uint32_t account, struct tail *tail,
                                     struct daybook_error *error) {
    if (series->late != NULL && tail->header.ordinal > 0) {
        DAYBOOK_TRY(note_late(series, txn, account, tail, error));
    }
    DAYBOOK_TRY(write_tail(series, txn, account, tail, error));
    uint64_t ended = (uint64_t)tail->header.ordinal + 1;
    for (unsigned level = 1; level < CHUNK_LEVELS; level++) {
        if (ended % ((uint64_t)1 << (CHUNK_FANOUT_BITS * level)) != 0) {
            break;
        }
        DAYBOOK_TRY(group_write(txn, series->shape, account, series->first_level + level, error));
    }
    begin_chunk(series, tail, (uint32_t)ended);
    return DAYBOOK_OK;
}

static bool mark_dirty(struct series *series, uint32_t account, struct tail *tail) {
    if (tail->is_dirty) {
        return true;
    }
    if (series->dirty_count == series->dirty_capacity) {
        size_t capacity = series->dirty_capacity == 0 ? 1024 : series->dirty_capacity * 2;
        uint32_t *dirty = realloc(series->dirty, capacity * sizeof *dirty);
        if (dirty == NULL) {
            return false;
        }
        series->dirty = dirty;
        series->dirty_capacity = capacity;
    }
    series->dirty[series->dirty_count++] = account;
    tail->is_dirty = true;
    return true;
}

/* The entries of one event: which columns they move, and their bytes as they follow the tail's last. */
struct packed {
    uint32_t present[SERIES_ENTRIES_MAX];
    size_t size;
    uint8_t bytes[SERIES_ENTRIES_MAX * CHUNK_ENTRY_ROOM];
};

/* False: the chunk has no slots left for what they move. */
static bool pack(const struct series *series, struct tail *tail, uint64_t sequence, const struct series_entry *entries,
                 size_t count, struct packed *packed) {
    struct chunk_step step = {sequence - tail->last_sequence, 0};
    int64_t last_effective = tail->last_effective;
    packed->size = 0;
    for (size_t i = 0; i < count; i++) {
        step.effective_days = entries[i].effective_on - last_effective;
        size_t size = chunk_entry_write(packed->bytes + packed->size, slots_of(series, tail), step, packed->present[i],
                                        entries[i].columns);
        if (size == 0) {
            return false;
        }
        packed->size += size;
        step.sequence = 0;
        last_effective = entries[i].effective_on;
    }
    return true;
}

/* Packs the entries behind the tail's others; where they do not fit, the chunk ends and the next begins with them. */
static enum daybook_status pack_into(struct series *series, struct store_txn *txn, uint32_t account, struct tail *tail,
                                     uint64_t sequence, const struct series_entry *entries, size_t count,
                                     struct packed *packed, struct daybook_error *error) {
    uint32_t slot_count = tail->slots.count;
    size_t tables_size = series->shape.column_count > 0 ? 1 : 0;
    bool fits = pack(series, tail, sequence, entries, count, packed) &&
                tail->header_room + tables_size + tail->slots.size_bytes + tail->size + packed->size <= CHUNK_SIZE_MAX;
    if (fits || tail->size == 0) {
        return DAYBOOK_OK;
    }
    tail->slots.count = slot_count;
    DAYBOOK_TRY(end_chunk(series, txn, account, tail, error));
    bool fits_alone = pack(series, tail, sequence, entries, count, packed);
    assert(fits_alone);
    return DAYBOOK_OK;
}

/* The totals with the event's entries, in the columns that they move; false when one overflows. */
static bool sum_totals(const struct tail *tail, const struct series_entry *entries, size_t count,
                       const struct packed *packed, int64_t totals[SERIES_COLUMNS_MAX]) {
    uint32_t moved = count > 1 ? packed->present[0] | packed->present[1] : packed->present[0];
    for (uint32_t rest = moved; rest != 0; rest &= rest - 1) {
        int column = __builtin_ctz(rest);
        totals[column] = tail->totals[column];
        for (size_t i = 0; i < count; i++) {
            if (!money_add(&totals[column], entries[i].columns[column])) {
                return false;
            }
        }
    }
    return true;
}

/* Puts packed entries after the tail's last; there is room for them. */
static void take_entries(const struct series *series, struct tail *tail, uint64_t sequence,
                         const struct series_entry *entries, size_t count, const struct packed *packed,
                         const int64_t totals[SERIES_COLUMNS_MAX]) {
    if (tail->size == 0) {
        tail->first_sequence = sequence;
    }
    memcpy(tail->entries + tail->size, packed->bytes, packed->size);
    tail->size += (uint32_t)packed->size;
    for (size_t i = 0; i < count; i++) {
        int32_t effective_on = entries[i].effective_on;
        count_entry(series, tail, effective_on);
        tail->last_effective = effective_on;
        for (uint32_t rest = packed->present[i]; rest != 0; rest &= rest - 1) {
            tail->totals[__builtin_ctz(rest)] = totals[__builtin_ctz(rest)];
        }
    }
    tail->last_sequence = sequence;
}

/* Whatever can be refused is refused before anything changes: a view that stops at an event keeps its rows. */
static enum daybook_status append(struct series *series, struct store_txn *txn, uint32_t account, struct tail *tail,
                                  uint64_t sequence, const struct series_entry *entries, size_t count,
                                  struct daybook_error *error) {
    struct packed packed;
    int64_t totals[SERIES_COLUMNS_MAX];
    for (size_t i = 0; i < count; i++) {
        packed.present[i] = chunk_present(series->shape.column_count, entries[i].columns);
    }
    if (!sum_totals(tail, entries, count, &packed, totals)) {
        return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": a total of the account overflows",
                            sequence);
    }
    DAYBOOK_TRY(pack_into(series, txn, account, tail, sequence, entries, count, &packed, error));
    if (!reserve(series, tail, tail->size + packed.size) || !mark_dirty(series, account, tail)) {
        return no_memory(error);
    }
    take_entries(series, tail, sequence, entries, count, &packed, totals);
    return DAYBOOK_OK;
}

enum daybook_status series_append(struct series *series, struct store_txn *txn, uint32_t account, uint64_t sequence,
                                  const struct series_entry *entries, size_t count, struct daybook_error *error) {
    struct tail *tail = NULL;
    DAYBOOK_TRY(get_tail(series, txn, account, &tail, error));
    if (sequence <= tail->last_sequence) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": the account has seen event %" PRIu64 " already", sequence,
                            tail->last_sequence);
    }
    return append(series, txn, account, tail, sequence, entries, count, error);
}

/* Sums of late entries alone may be larger than those of all. */
static bool late_fit(const struct tail *late, struct chunk_reader reader, int32_t before) {
    int64_t totals[SERIES_COLUMNS_MAX];
    memcpy(totals, late->totals, sizeof totals);
    while (chunk_read_before(&reader, before)) {
        for (uint32_t rest = reader.present; rest != 0; rest &= rest - 1) {
            int column = __builtin_ctz(rest);
            if (!money_add(&totals[column], reader.columns[column])) {
                return false;
            }
        }
    }
    return true;
}

/* Appends the chunk's mark and its late entries to the late log. */
static enum daybook_status note_late(struct series *series, struct store_txn *txn, uint32_t account, struct tail *tail,
                                     struct daybook_error *error) {
    int32_t before = tail->header.max_effective_before;
    struct tail *late = NULL;
    struct series_entry entry = {.effective_on = before};
    struct chunk_reader reader = {
        .next = tail->entries, .end = tail->entries + tail->size, .slots = slots_of(series, tail)};
    DAYBOOK_TRY(get_tail(series->late, txn, account, &late, error));
    if (!late_fit(late, reader, before)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding what follows event %" PRIu64
                            ": a total of the account's back-dated entries overflows",
                            tail->last_sequence);
    }
    DAYBOOK_TRY(append(series->late, txn, account, late, tail->first_sequence, &entry, 1, error));
    while (chunk_read_before(&reader, before)) {
        entry.effective_on = (int32_t)reader.effective_on;
        memcpy(entry.columns, reader.columns, sizeof entry.columns);
        DAYBOOK_TRY(append(series->late, txn, account, late, reader.sequence, &entry, 1, error));
    }
    return DAYBOOK_OK;
}

void series_foresee(const struct series *series, uint32_t account) {
    if (account < series->tail_count && series->tails[account] != NULL) {
        const uint8_t *tail = (const uint8_t *)series->tails[account];
        __builtin_prefetch(tail, 1);
        __builtin_prefetch(tail + 64, 1);
        __builtin_prefetch(tail + offsetof(struct tail, header), 1);
        __builtin_prefetch(tail + offsetof(struct tail, slots), 1);
    }
}

/* Looks for the sequence in a chunk's entries. */
static enum daybook_status find_entry(uint32_t account, struct chunk_reader *reader, uint64_t sequence,
                                      struct series_entry *entry, bool *is_found, struct daybook_error *error) {
    while (reader->next < reader->end && reader->sequence < sequence) {
        memset(reader->columns, 0, sizeof reader->columns);
        if (!chunk_read_entry(reader)) {
            return chunk_damaged(account, error);
        }
    }
    *is_found = reader->sequence == sequence;
    entry->effective_on = (int32_t)reader->effective_on;
    memcpy(entry->columns, reader->columns, sizeof entry->columns);
    return DAYBOOK_OK;
}

enum daybook_status series_find(struct series *series, struct store_txn *txn, uint32_t account, uint64_t sequence,
                                struct series_entry *entry, bool *is_found, struct daybook_error *error) {
    struct tail *tail = NULL;
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    *is_found = false;
    enum daybook_status status = get_tail(series, txn, account, &tail, error);
    if (status != DAYBOOK_OK || tail->size == 0) {
        return status;
    }
    if (sequence >= tail->first_sequence) {
        struct chunk_reader reader = {
            .next = tail->entries, .end = tail->entries + tail->size, .slots = slots_of(series, tail)};
        return find_entry(account, &reader, sequence, entry, is_found, error);
    }
    chunk_make_key(account, 0, sequence, key);
    status = cursor_open(txn, series->shape.table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    }
    if (status == DAYBOOK_OK && row.is_valid && chunk_key_matches(row.key, account, 0)) {
        unsigned column_count = series->shape.column_count;
        struct chunk_header header;
        struct series_slots slots;
        struct chunk_reader reader;
        struct daybook_bytes body;
        status = chunk_read_header(row.value, column_count, &header, &body, error);
        if (status == DAYBOOK_OK) {
            status = chunk_open_entries(row.value, column_count, body, &slots, &reader, error);
        }
        if (status == DAYBOOK_OK) {
            status = find_entry(account, &reader, sequence, entry, is_found, error);
        }
    }
    cursor_close(cursor);
    return status;
}

enum daybook_status series_max_effective(struct series *series, struct store_txn *txn, uint32_t account,
                                         int32_t *max_effective, struct daybook_error *error) {
    struct tail *tail = NULL;
    DAYBOOK_TRY(get_tail(series, txn, account, &tail, error));
    *max_effective = tail->greatest;
    return DAYBOOK_OK;
}

static int compare_u32(const void *a, const void *b) {
    uint32_t x;
    uint32_t y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static enum daybook_status flush_log(struct series *series, struct store_txn *txn, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    if (series->dirty_count > 1) {
        qsort(series->dirty, series->dirty_count, sizeof *series->dirty, compare_u32);
    }
    for (size_t i = 0; i < series->dirty_count && status == DAYBOOK_OK; i++) {
        struct tail *tail = series->tails[series->dirty[i]];
        status = write_tail(series, txn, series->dirty[i], tail, error);
        tail->is_dirty = false;
    }
    series->dirty_count = 0;
    return status;
}

enum daybook_status series_flush(struct series *series, struct store_txn *txn, struct daybook_error *error) {
    enum daybook_status status = flush_log(series, txn, error);
    size_t used_bytes = series->used_bytes;
    if (status == DAYBOOK_OK && series->late != NULL) {
        status = flush_log(series->late, txn, error);
        used_bytes += series->late->used_bytes;
    }
    if (used_bytes > TAILS_LIMIT_BYTES) {
        series_forget(series);
    }
    return status;
}
