/* The tails of one log of a series: kept, appended to, written. */
#include "projections/series_log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/series_group.h"

enum { TAIL_FIRST_CAPACITY = 64, MARKS_FIRST_CAPACITY = 4 * CHUNK_MARK_SIZE };

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding a series: memory was refused");
}

static void drop(struct series_log *log, struct series_tail **tail) {
    pool_free(&log->pool, (*tail)->entries, (*tail)->capacity);
    pool_free(&log->pool, (*tail)->marks, (*tail)->marks_capacity);
    pool_free(&log->pool, *tail, sizeof **tail);
    *tail = NULL;
}

void series_log_forget(struct series_log *log) {
    pool_release(&log->pool); /* With every tail and what is of it. */
    if (log->tail_count > 0) {
        memset(log->tails, 0, log->tail_count * sizeof *log->tails);
    }
    log->dirty_count = 0;
}

void series_log_release(struct series_log *log) {
    series_log_forget(log);
    free(log->tails);
    free(log->dirty);
    *log = (struct series_log){0};
}

/* Moves `used` bytes to a block of another size. */
static bool grow(struct series_log *log, uint8_t **bytes, size_t used, size_t old_capacity, size_t capacity) {
    uint8_t *block = pool_alloc(&log->pool, capacity);
    if (block == NULL) {
        return false;
    }
    if (used > 0) {
        memcpy(block, *bytes, used);
    }
    pool_free(&log->pool, *bytes, old_capacity);
    *bytes = block;
    return true;
}

static bool reserve(struct series_log *log, struct series_tail *tail, size_t size) {
    if (size <= tail->capacity) {
        return true;
    }
    size_t capacity = tail->capacity == 0 ? TAIL_FIRST_CAPACITY : tail->capacity;
    while (capacity < size) {
        capacity *= 2;
    }
    if (!grow(log, &tail->entries, tail->size, tail->capacity, capacity)) {
        return false;
    }
    tail->capacity = (uint32_t)capacity;
    return true;
}

/* Room for one more mark, where there may be any. */
static bool reserve_mark(struct series_log *log, struct series_tail *tail) {
    if (log->first_level != CHUNK_LATE || tail->marks_size + CHUNK_MARK_SIZE <= tail->marks_capacity) {
        return true;
    }
    uint32_t capacity = tail->marks_capacity == 0 ? MARKS_FIRST_CAPACITY : tail->marks_capacity * 2;
    if (!grow(log, &tail->marks, tail->marks_size, tail->marks_capacity, capacity)) {
        return false;
    }
    tail->marks_capacity = capacity;
    return true;
}

/* An empty chunk after what the tail holds. */
static void begin_chunk(const struct series_log *log, struct series_tail *tail, uint32_t ordinal) {
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
    tail->header_room = (uint16_t)chunk_header_room(log->shape.column_count, &header);
    tail->slots = (struct series_slots){0};
    tail->size = 0;
    tail->marks_size = 0;
    tail->last_sequence = 0;
    tail->last_effective = 0;
}

/* Takes an entry, the last of the first `size` bytes, into the header. In a late log what is not dated before the last
 * mark is a mark, and not counted; there is room for it. */
static void count_entry(const struct series_log *log, struct series_tail *tail, uint64_t sequence, int32_t effective_on,
                        size_t size) {
    struct chunk_header *header = &tail->header;
    bool is_ahead = effective_on >= tail->greatest;
    if (log->first_level == CHUNK_LATE && is_ahead) {
        chunk_put_mark(tail->marks + tail->marks_size, &(struct chunk_mark){sequence, effective_on, (uint16_t)size});
        tail->marks_size += CHUNK_MARK_SIZE;
    } else {
        header->count++;
        header->min_effective = effective_on < header->min_effective ? effective_on : header->min_effective;
        header->max_effective = effective_on > header->max_effective ? effective_on : header->max_effective;
    }
    tail->greatest = is_ahead ? effective_on : tail->greatest;
}

/* Restores the tail from its row. */
static enum daybook_status unpack_tail(struct series_log *log, uint32_t account, struct daybook_bytes row,
                                       struct series_tail *tail, struct daybook_error *error) {
    unsigned column_count = log->shape.column_count;
    struct daybook_bytes body;
    struct chunk_reader reader;
    DAYBOOK_TRY(chunk_read_header(row, column_count, log->first_level, &tail->header, &body, error));
    DAYBOOK_TRY(chunk_open_entries(row, column_count, body, &tail->slots, &reader, error));
    size_t size = (size_t)(reader.end - reader.next);
    if (!reserve(log, tail, size)) {
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
    tail->header.marks = (struct daybook_bytes){0};
    const uint8_t *start = reader.next;
    while (reader.next < reader.end) {
        if (!chunk_read_entry(&reader)) {
            return chunk_damaged(account, error);
        }
        if (!reserve_mark(log, tail)) {
            return no_memory(error);
        }
        count_entry(log, tail, reader.sequence, (int32_t)reader.effective_on, (size_t)(reader.next - start));
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
static enum daybook_status load_tail(struct series_log *log, struct store_txn *txn, uint32_t account,
                                     struct series_tail *tail, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    chunk_make_key(account, log->first_level, UINT64_MAX, key);
    enum daybook_status status = cursor_open(txn, log->shape.table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    }
    if (status == DAYBOOK_OK && row.is_valid && chunk_key_matches(row.key, account, log->first_level)) {
        tail->first_sequence = chunk_key_sequence(row.key);
        status = unpack_tail(log, account, row.value, tail, error);
    } else if (status == DAYBOOK_OK) {
        begin_chunk(log, tail, 0);
    }
    cursor_close(cursor);
    return status;
}

static bool reserve_account(struct series_log *log, uint32_t account) {
    if (account < log->tail_count) {
        return true;
    }
    size_t count = log->tail_count == 0 ? 1024 : log->tail_count;
    while (count <= account) {
        count *= 2;
    }
    struct series_tail **tails = realloc(log->tails, count * sizeof *tails);
    if (tails == NULL) {
        return false;
    }
    memset(tails + log->tail_count, 0, (count - log->tail_count) * sizeof *tails);
    log->tails = tails;
    log->tail_count = count;
    return true;
}

enum daybook_status series_log_tail(struct series_log *log, struct store_txn *txn, uint32_t account,
                                    struct series_tail **tail, struct daybook_error *error) {
    if (!reserve_account(log, account)) {
        return no_memory(error);
    }
    if (log->tails[account] == NULL) {
        struct series_tail *made = pool_alloc(&log->pool, sizeof *made);
        if (made == NULL) {
            return no_memory(error);
        }
        memset(made, 0, sizeof *made);
        enum daybook_status status = load_tail(log, txn, account, made, error);
        if (status != DAYBOOK_OK) {
            drop(log, &made);
            return status;
        }
        log->tails[account] = made;
    }
    *tail = log->tails[account];
    return DAYBOOK_OK;
}

struct chunk_reader series_log_reader(const struct series_log *log, const struct series_tail *tail) {
    return (struct chunk_reader){.next = tail->entries,
                                 .end = tail->entries + tail->size,
                                 .slots = log->shape.column_count > 0 ? &tail->slots : NULL};
}

/* The slots of a list of sequences are none, not an empty table of them. */
static struct series_slots *slots_of(const struct series_log *log, struct series_tail *tail) {
    return log->shape.column_count > 0 ? &tail->slots : NULL;
}

static enum daybook_status write_tail(const struct series_log *log, struct store_txn *txn, uint32_t account,
                                      const struct series_tail *tail, struct daybook_error *error) {
    uint8_t key[CHUNK_KEY_SIZE];
    uint8_t bytes[CHUNK_HEADER_MAX + CHUNK_MARKS_SIZE_MAX];
    uint8_t body[CHUNK_SIZE_MAX];
    uint8_t *value = NULL;
    size_t body_size = 0;
    struct chunk_header header = tail->header;
    header.marks = (struct daybook_bytes){tail->marks, tail->marks_size};
    if (header.count == 0) {
        header.min_effective = header.max_effective = tail->greatest; /* There are marks alone. */
    }
    if (log->shape.column_count > 0) {
        body_size = chunk_slots_write(body, &tail->slots);
    }
    memcpy(body + body_size, tail->entries, tail->size);
    body_size += tail->size;
    chunk_make_key(account, log->first_level, tail->first_sequence, key);
    size_t header_size = chunk_write_header(bytes, log->shape.column_count, &header, log->first_level,
                                            (struct daybook_bytes){body, body_size});
    DAYBOOK_TRY(table_reserve(txn, log->shape.table, (struct daybook_bytes){key, sizeof key}, header_size + body_size,
                              &value, error));
    memcpy(value, bytes, header_size);
    memcpy(value + header_size, body, body_size);
    return DAYBOOK_OK;
}

/* The chunk is full: write it and the groups that it completes, and begin the next. */
static enum daybook_status end_chunk(struct series_log *log, struct store_txn *txn, uint32_t account,
                                     struct series_tail *tail, struct daybook_error *error) {
    DAYBOOK_TRY(write_tail(log, txn, account, tail, error));
    uint64_t ended = (uint64_t)tail->header.ordinal + 1;
    for (unsigned level = 1; level < CHUNK_LEVELS; level++) {
        if (ended % ((uint64_t)1 << (CHUNK_FANOUT_BITS * level)) != 0) {
            break;
        }
        DAYBOOK_TRY(group_write(txn, log->shape, account, log->first_level + level, error));
    }
    begin_chunk(log, tail, (uint32_t)ended);
    return DAYBOOK_OK;
}

static bool mark_dirty(struct series_log *log, uint32_t account, struct series_tail *tail) {
    if (tail->is_dirty) {
        return true;
    }
    if (log->dirty_count == log->dirty_capacity) {
        size_t capacity = log->dirty_capacity == 0 ? 1024 : log->dirty_capacity * 2;
        uint32_t *dirty = realloc(log->dirty, capacity * sizeof *dirty);
        if (dirty == NULL) {
            return false;
        }
        log->dirty = dirty;
        log->dirty_capacity = capacity;
    }
    log->dirty[log->dirty_count++] = account;
    tail->is_dirty = true;
    return true;
}

/* The room for packing is not cleared: that would take as long as the packing. */
void series_log_begin(struct series_appending *appending, uint32_t account, uint64_t sequence,
                      const struct series_entry *entries, size_t count) {
    appending->account = account;
    appending->sequence = sequence;
    appending->entries = entries;
    appending->count = count;
}

/* Packs the entries; false: the chunk has no slots left for what they move. */
static bool pack(const struct series_log *log, struct series_tail *tail, struct series_appending *appending) {
    struct series_packed *packed = &appending->packed;
    struct chunk_step step = {appending->sequence - tail->last_sequence, 0};
    int64_t last_effective = tail->last_effective;
    packed->size = 0;
    for (size_t i = 0; i < appending->count; i++) {
        const struct series_entry *entry = &appending->entries[i];
        step.effective_days = entry->effective_on - last_effective;
        size_t size = chunk_entry_write(packed->bytes + packed->size, slots_of(log, tail), step, packed->present[i],
                                        entry->columns);
        if (size == 0) {
            return false;
        }
        packed->size += size;
        step.sequence = 0;
        last_effective = entry->effective_on;
    }
    return true;
}

/* False: a total overflows. */
static bool sum_totals(const struct series_tail *tail, struct series_appending *appending) {
    const struct series_packed *packed = &appending->packed;
    uint32_t moved = appending->count > 1 ? packed->present[0] | packed->present[1] : packed->present[0];
    for (uint32_t rest = moved; rest != 0; rest &= rest - 1) {
        int column = __builtin_ctz(rest);
        appending->totals[column] = tail->totals[column];
        for (size_t i = 0; i < appending->count; i++) {
            if (!money_add(&appending->totals[column], appending->entries[i].columns[column])) {
                return false;
            }
        }
    }
    return true;
}

void series_log_take_back(struct series_tail *tail, const struct series_appending *appending) {
    tail->slots.count = appending->slot_count;
    tail->slots.size_bytes = appending->slots_size;
    tail->slots.multiples &= (uint32_t)((UINT64_C(1) << appending->slot_count) - 1);
}

enum daybook_status series_log_prepare(const struct series_log *log, struct series_tail *tail,
                                       struct series_appending *appending, struct daybook_error *error) {
    struct series_packed *packed = &appending->packed;
    size_t tables_size = log->shape.column_count > 0 ? 1 : 0;
    appending->slot_count = tail->slots.count;
    appending->slots_size = tail->slots.size_bytes;
    for (size_t i = 0; i < appending->count; i++) {
        packed->present[i] = chunk_present(log->shape.column_count, appending->entries[i].columns);
    }
    if (!sum_totals(tail, appending)) {
        return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": a total of the account overflows",
                            appending->sequence);
    }
    size_t size = tail->header_room + tables_size + tail->size;
    if (log->first_level == CHUNK_LATE) {
        size += 1 + tail->marks_size + CHUNK_MARK_SIZE; /* It may be one more. */
    }
    appending->fits = (pack(log, tail, appending) && size + tail->slots.size_bytes + packed->size <= CHUNK_SIZE_MAX) ||
                      tail->size == 0;
    return DAYBOOK_OK;
}

/* Puts the packed entries after the tail's last; there is room for them. */
static void take_entries(const struct series_log *log, struct series_tail *tail,
                         const struct series_appending *appending) {
    const struct series_packed *packed = &appending->packed;
    if (tail->size == 0) {
        tail->first_sequence = appending->sequence;
    }
    memcpy(tail->entries + tail->size, packed->bytes, packed->size);
    tail->size += (uint32_t)packed->size;
    for (size_t i = 0; i < appending->count; i++) {
        int32_t effective_on = appending->entries[i].effective_on;
        count_entry(log, tail, appending->sequence, effective_on, tail->size);
        tail->last_effective = effective_on;
        for (uint32_t rest = packed->present[i]; rest != 0; rest &= rest - 1) {
            tail->totals[__builtin_ctz(rest)] = appending->totals[__builtin_ctz(rest)];
        }
    }
    tail->last_sequence = appending->sequence;
}

enum daybook_status series_log_append(struct series_log *log, struct store_txn *txn, struct series_tail *tail,
                                      struct series_appending *appending, struct daybook_error *error) {
    if (!appending->fits) {
        series_log_take_back(tail, appending);
        DAYBOOK_TRY(end_chunk(log, txn, appending->account, tail, error));
        bool fits_alone = pack(log, tail, appending);
        assert(fits_alone);
    }
    if (!reserve(log, tail, tail->size + appending->packed.size) || !reserve_mark(log, tail) ||
        !mark_dirty(log, appending->account, tail)) {
        return no_memory(error);
    }
    take_entries(log, tail, appending);
    return DAYBOOK_OK;
}

static int compare_u32(const void *a, const void *b) {
    uint32_t x;
    uint32_t y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

enum daybook_status series_log_flush(struct series_log *log, struct store_txn *txn, struct daybook_error *error) {
    if (log->dirty_count > 1) {
        qsort(log->dirty, log->dirty_count, sizeof *log->dirty, compare_u32);
    }
    for (size_t i = 0; i < log->dirty_count; i++) {
        DAYBOOK_TRY(write_tail(log, txn, log->dirty[i], log->tails[log->dirty[i]], error));
    }
    return DAYBOOK_OK;
}

void series_log_end_batch(struct series_log *log, bool drops_idle) {
    for (size_t i = 0; drops_idle && i < log->tail_count; i++) {
        if (log->tails[i] != NULL && !log->tails[i]->is_dirty) {
            drop(log, &log->tails[i]);
        }
    }
    for (size_t i = 0; i < log->dirty_count; i++) {
        log->tails[log->dirty[i]]->is_dirty = false;
    }
    log->dirty_count = 0;
}
