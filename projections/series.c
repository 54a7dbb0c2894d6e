/* The fold's side of a series: its log, and its late log beside that. */
#include "projections/series.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/series_log.h"

enum { TAILS_LIMIT_BYTES = 256 << 20 };

struct series {
    struct series_shape shape;
    struct series_log own;
    struct series_log late; /* Empty in a list. */
    size_t limit_bytes;     /* Of both logs' tails. */
};

enum daybook_status series_open(struct series_shape shape, struct series **series, struct daybook_error *error) {
    struct series *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening a series: memory was refused");
    }
    made->shape = shape;
    made->limit_bytes = TAILS_LIMIT_BYTES;
    made->own.shape = shape;
    made->late = (struct series_log){.shape = shape, .first_level = CHUNK_LATE};
    *series = made;
    return DAYBOOK_OK;
}

void series_forget(struct series *series) {
    series_log_forget(&series->own);
    series_log_forget(&series->late);
}

void series_close(struct series *series) {
    if (series != NULL) {
        series_log_release(&series->own);
        series_log_release(&series->late);
        free(series);
    }
}

/* What goes to the late log with an event. */
struct noting {
    int32_t mark;             /* Date of the chunk's mark. */
    bool begins;              /* The mark itself. */
    uint32_t is_late;         /* A bit for each entry. */
    struct series_tail *tail; /* Of the late log, where there is anything to note. */
};

/* Sums of late entries alone may be larger than those of all. */
static bool late_fit(const struct noting *noting, const struct series_appending *appending) {
    for (uint32_t rest = appending->packed.present[0] | appending->packed.present[appending->count - 1]; rest != 0;
         rest &= rest - 1) {
        int column = __builtin_ctz(rest);
        int64_t total = noting->tail->totals[column];
        for (size_t i = 0; i < appending->count; i++) {
            if ((noting->is_late >> i & 1) != 0 && !money_add(&total, appending->entries[i].columns[column])) {
                return false;
            }
        }
    }
    return true;
}

/* Which of the prepared entries are late, and whether they begin a chunk. */
static enum daybook_status prepare_late(struct series *series, struct store_txn *txn, struct series_tail *tail,
                                        const struct series_appending *appending, struct noting *noting,
                                        struct daybook_error *error) {
    *noting = (struct noting){.mark = appending->fits ? tail->header.max_effective_before : tail->greatest};
    noting->begins = noting->mark != INT32_MIN && (tail->size == 0 || !appending->fits);
    for (size_t i = 0; i < appending->count; i++) {
        noting->is_late |= (uint32_t)(appending->entries[i].effective_on < noting->mark) << i;
    }
    if (!noting->begins && noting->is_late == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(series_log_tail(&series->late, txn, appending->account, &noting->tail, error));
    if (!late_fit(noting, appending)) {
        series_log_take_back(tail, appending);
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": a total of the account's back-dated entries overflows",
                            appending->sequence);
    }
    return DAYBOOK_OK;
}

static enum daybook_status append_late(struct series_log *late, struct store_txn *txn, const struct noting *noting,
                                       const struct series_appending *about, const struct series_entry *entry,
                                       struct daybook_error *error) {
    struct series_appending appending;
    series_log_begin(&appending, about->account, about->sequence, entry, 1);
    DAYBOOK_TRY(series_log_prepare(late, noting->tail, &appending, error));
    return series_log_append(late, txn, noting->tail, &appending, error);
}

/* Appends the chunk's mark and the late entries to the late log. */
static enum daybook_status note_late(struct series *series, struct store_txn *txn, const struct noting *noting,
                                     const struct series_appending *appending, struct daybook_error *error) {
    if (noting->begins) {
        struct series_entry mark = {.effective_on = noting->mark};
        DAYBOOK_TRY(append_late(&series->late, txn, noting, appending, &mark, error));
    }
    for (size_t i = 0; i < appending->count; i++) {
        if ((noting->is_late >> i & 1) != 0) {
            DAYBOOK_TRY(append_late(&series->late, txn, noting, appending, &appending->entries[i], error));
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status series_append(struct series *series, struct store_txn *txn, uint32_t account, uint64_t sequence,
                                  const struct series_entry *entries, size_t count, struct daybook_error *error) {
    struct series_tail *tail = NULL;
    struct series_appending appending;
    struct noting noting = {0};
    DAYBOOK_TRY(series_log_tail(&series->own, txn, account, &tail, error));
    if (sequence <= tail->last_sequence) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": the account has seen event %" PRIu64 " already", sequence,
                            tail->last_sequence);
    }
    __builtin_prefetch(tail->entries + tail->size, 1); /* While they are packed: only the tail was foreseen. */
    series_log_begin(&appending, account, sequence, entries, count);
    DAYBOOK_TRY(series_log_prepare(&series->own, tail, &appending, error));
    if (!series->shape.is_list) {
        DAYBOOK_TRY(prepare_late(series, txn, tail, &appending, &noting, error));
    }
    DAYBOOK_TRY(series_log_append(&series->own, txn, tail, &appending, error));
    return noting.tail != NULL ? note_late(series, txn, &noting, &appending, error) : DAYBOOK_OK;
}

void series_foresee(const struct series *series, uint32_t account) {
    if (account < series->own.tail_count && series->own.tails[account] != NULL) {
        const uint8_t *tail = (const uint8_t *)series->own.tails[account];
        __builtin_prefetch(tail, 1);
        __builtin_prefetch(tail + 64, 1);
        __builtin_prefetch(tail + offsetof(struct series_tail, header), 1);
        __builtin_prefetch(tail + offsetof(struct series_tail, slots), 1);
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
    struct series_tail *tail = NULL;
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    *is_found = false;
    enum daybook_status status = series_log_tail(&series->own, txn, account, &tail, error);
    if (status != DAYBOOK_OK || tail->size == 0) {
        return status;
    }
    if (sequence >= tail->first_sequence) {
        struct chunk_reader reader = series_log_reader(&series->own, tail);
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
        status = chunk_read_header(row.value, column_count, 0, &header, &body, error);
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
    struct series_tail *tail = NULL;
    DAYBOOK_TRY(series_log_tail(&series->own, txn, account, &tail, error));
    *max_effective = tail->greatest;
    return DAYBOOK_OK;
}

void series_limit_memory(struct series *series, size_t limit_bytes) {
    series->limit_bytes = limit_bytes;
}

static bool is_past_limit(const struct series *series) {
    return series->own.pool.used_bytes + series->late.pool.used_bytes > series->limit_bytes;
}

enum daybook_status series_flush(struct series *series, struct store_txn *txn, struct daybook_error *error) {
    DAYBOOK_TRY(series_log_flush(&series->own, txn, error));
    DAYBOOK_TRY(series_log_flush(&series->late, txn, error));
    bool drops_idle = is_past_limit(series);
    series_log_end_batch(&series->own, drops_idle);
    series_log_end_batch(&series->late, drops_idle);
    if (is_past_limit(series)) {
        series_forget(series);
    }
    return DAYBOOK_OK;
}
