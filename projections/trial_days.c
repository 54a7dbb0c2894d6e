/* The days of the books: the fold's last rows of dates, and the runs of one for a question. */
#include "projections/trial_days.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { CHECKSUM_SIZE = 4, SLOTS_FIRST = 64, SLOTS_MAX = 1 << 14 };

/* ---- rows ---- */

/* A row, run by run. All zero: before the first. */
struct runs {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t begin;
    uint64_t next; /* After the run. */
    const uint8_t *length_at;
};

static enum daybook_status damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading a day of the trial view: a row is not what was written; rebuild the view");
}

static uint32_t checksum(const uint8_t *row, size_t size, uint64_t first) {
    return (uint32_t)hash64(row + CHECKSUM_SIZE, size - CHECKSUM_SIZE, first);
}

static void make_key(int32_t on, uint64_t sequence, uint8_t key[TRIAL_DAYS_KEY_SIZE]) {
    store_be32(key, (uint32_t)on);
    store_be64(key + 4, sequence);
}

static bool is_of(const struct table_row *row, int32_t on) {
    return row->is_valid && row->key.size == TRIAL_DAYS_KEY_SIZE && load_be32(row->key.data) == (uint32_t)on;
}

static bool take_run(struct runs *runs) {
    uint64_t length;
    runs->length_at = runs->at;
    if (!varint_take(&runs->at, runs->end, &length) || length >= UINT64_MAX - runs->begin) {
        return false;
    }
    runs->next = runs->begin + length + 1;
    return true;
}

/* The first run of the row. */
static enum daybook_status begin_runs(const struct table_row *row, struct runs *runs, struct daybook_error *error) {
    struct daybook_bytes value = row->value;
    uint64_t first = load_be64(row->key.data + 4);
    if (value.size <= CHECKSUM_SIZE || value.size > TRIAL_DAYS_ROW_MAX ||
        load_le32(value.data) != checksum(value.data, value.size, first)) {
        return damaged(error);
    }
    *runs = (struct runs){.at = value.data + CHECKSUM_SIZE, .end = value.data + value.size, .begin = first};
    return take_run(runs) ? DAYBOOK_OK : damaged(error);
}

static bool has_more(const struct runs *runs) {
    return runs->at < runs->end;
}

static enum daybook_status next_run(struct runs *runs, struct daybook_error *error) {
    uint64_t between;
    if (!varint_take(&runs->at, runs->end, &between) || between >= UINT64_MAX - runs->next) {
        return damaged(error);
    }
    runs->begin = runs->next + between + 1;
    return take_run(runs) ? DAYBOOK_OK : damaged(error);
}

/* ---- the fold's side ---- */

void trial_days_forget(struct trial_days *days) {
    for (size_t i = 0; i < days->slot_count; i++) {
        days->slots[i].is_here = false;
    }
    days->count = 0;
}

void trial_days_release(struct trial_days *days) {
    free(days->slots);
    *days = (struct trial_days){.table = days->table};
}

static enum daybook_status write_day(const struct trial_days *days, struct store_txn *txn, struct trial_day *day,
                                     struct daybook_error *error) {
    uint8_t key[TRIAL_DAYS_KEY_SIZE];
    size_t size = day->size + varint_store(day->row + day->size, day->next - day->begin - 1);
    store_le32(day->row, checksum(day->row, size, day->first));
    make_key(day->on, day->first, key);
    day->is_dirty = false;
    return table_put(txn, days->table, (struct daybook_bytes){key, sizeof key}, (struct daybook_bytes){day->row, size},
                     error);
}

enum daybook_status trial_days_flush(struct trial_days *days, struct store_txn *txn, struct daybook_error *error) {
    for (size_t i = 0; i < days->slot_count; i++) {
        if (days->slots[i].is_here && days->slots[i].is_dirty) {
            DAYBOOK_TRY(write_day(days, txn, &days->slots[i], error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_day(const struct trial_days *days, struct store_txn *txn, int32_t on,
                                    struct trial_day *day, struct daybook_error *error) {
    uint8_t key[TRIAL_DAYS_KEY_SIZE];
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    struct runs runs = {0};
    make_key(on, UINT64_MAX, key);
    DAYBOOK_TRY(cursor_open(txn, days->table, &cursor, error));
    enum daybook_status status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    bool is_found = status == DAYBOOK_OK && is_of(&row, on);
    if (is_found) {
        status = begin_runs(&row, &runs, error);
    }
    while (is_found && status == DAYBOOK_OK && has_more(&runs)) {
        status = next_run(&runs, error);
    }
    if (status == DAYBOOK_OK) {
        day->is_here = true;
        day->is_dirty = false;
        day->on = on;
        day->first = is_found ? load_be64(row.key.data + 4) : 0;
        day->begin = runs.begin;
        day->next = runs.next;
        day->size = is_found ? (size_t)(runs.length_at - row.value.data) : 0;
        if (is_found) {
            memcpy(day->row, row.value.data, day->size);
        }
    }
    cursor_close(cursor);
    return status;
}

/* Where the date is, or would be. */
static struct trial_day *slot_of(struct trial_day *slots, size_t slot_count, int32_t on) {
    size_t i = (uint32_t)on & (slot_count - 1); /* Dates are mostly neighbours. */
    while (slots[i].is_here && slots[i].on != on) {
        i = (i + 1) & (slot_count - 1);
    }
    return &slots[i];
}

/* Room for one more. Past all bounds those that are here are written and forgotten. */
static enum daybook_status make_room(struct trial_days *days, struct store_txn *txn, struct daybook_error *error) {
    if (days->count * 2 < days->slot_count) {
        return DAYBOOK_OK;
    }
    if (days->slot_count == SLOTS_MAX) {
        DAYBOOK_TRY(trial_days_flush(days, txn, error));
        trial_days_forget(days);
        return DAYBOOK_OK;
    }
    size_t slot_count = days->slot_count == 0 ? SLOTS_FIRST : days->slot_count * 2;
    struct trial_day *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding the days of the books: memory was refused");
    }
    for (size_t i = 0; i < days->slot_count; i++) {
        if (days->slots[i].is_here) {
            *slot_of(slots, slot_count, days->slots[i].on) = days->slots[i];
        }
    }
    free(days->slots);
    days->slots = slots;
    days->slot_count = slot_count;
    return DAYBOOK_OK;
}

static enum daybook_status find_day(struct trial_days *days, struct store_txn *txn, int32_t on,
                                    struct trial_day **found, struct daybook_error *error) {
    if (days->slot_count > 0) {
        *found = slot_of(days->slots, days->slot_count, on);
        if ((*found)->is_here) {
            return DAYBOOK_OK;
        }
    }
    DAYBOOK_TRY(make_room(days, txn, error));
    *found = slot_of(days->slots, days->slot_count, on);
    DAYBOOK_TRY(read_day(days, txn, on, *found, error));
    days->count++;
    return DAYBOOK_OK;
}

/* TD2 */
static enum daybook_status begin_run(const struct trial_days *days, struct store_txn *txn, struct trial_day *day,
                                     uint64_t sequence, struct daybook_error *error) {
    bool has_row = day->next != 0;
    size_t size = has_row ? day->size + varint_store(day->row + day->size, day->next - day->begin - 1) : 0;
    if (has_row && size < TRIAL_DAYS_FULL) {
        day->size = size + varint_store(day->row + size, sequence - day->next - 1);
    } else {
        if (has_row && day->is_dirty) {
            DAYBOOK_TRY(write_day(days, txn, day, error));
        }
        day->first = sequence;
        day->size = CHECKSUM_SIZE;
    }
    day->begin = sequence;
    return DAYBOOK_OK;
}

enum daybook_status trial_days_add(struct trial_days *days, struct store_txn *txn, int32_t on, uint64_t sequence,
                                   struct daybook_error *error) {
    struct trial_day *day = NULL;
    DAYBOOK_TRY(find_day(days, txn, on, &day, error));
    if (sequence < day->next) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": the books have it already, or a later one", sequence);
    }
    if (sequence != day->next || day->next == 0) {
        DAYBOOK_TRY(begin_run(days, txn, day, sequence, error));
    }
    day->next = sequence + 1;
    day->is_dirty = true;
    return DAYBOOK_OK;
}

/* ---- questions ---- */

struct asked {
    uint64_t from;
    uint64_t to;
    uint64_t *sequences;
    size_t limit;
    size_t count;
    bool is_done;
};

static void take_sequences(struct asked *asked, const struct runs *runs) {
    uint64_t sequence = runs->begin > asked->from ? runs->begin : asked->from;
    for (; sequence < runs->next && sequence <= asked->to && asked->count < asked->limit; sequence++) {
        asked->sequences[asked->count++] = sequence;
    }
    asked->is_done = asked->count == asked->limit || runs->next > asked->to;
}

static enum daybook_status take_row(struct asked *asked, const struct table_row *row, struct daybook_error *error) {
    struct runs runs;
    DAYBOOK_TRY(begin_runs(row, &runs, error));
    take_sequences(asked, &runs);
    while (!asked->is_done && has_more(&runs)) {
        DAYBOOK_TRY(next_run(&runs, error));
        take_sequences(asked, &runs);
    }
    return DAYBOOK_OK;
}

enum daybook_status trial_days_ask(struct store_txn *txn, unsigned table, int32_t on, uint64_t from, uint64_t to,
                                   uint64_t *sequences, size_t limit, size_t *count, struct daybook_error *error) {
    struct asked asked = {.from = from, .to = to, .sequences = sequences, .limit = limit, .is_done = limit == 0};
    uint8_t key[TRIAL_DAYS_KEY_SIZE];
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    make_key(on, from, key);
    DAYBOOK_TRY(cursor_open(txn, table, &cursor, error));
    /* `from` may lie in a row that begins before it. */
    enum daybook_status status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    if (status == DAYBOOK_OK && !is_of(&row, on)) {
        status = cursor_next(cursor, &row, error);
    }
    while (status == DAYBOOK_OK && is_of(&row, on) && !asked.is_done) {
        status = take_row(&asked, &row, error);
        if (status == DAYBOOK_OK && !asked.is_done) {
            status = cursor_next(cursor, &row, error);
        }
    }
    cursor_close(cursor);
    *count = asked.count;
    return status;
}
