/* Appends a batch: checked; and, where the log does not take it, cut into frames, packed, and committed. */
#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/files.h"
#include "store/journal_internal.h"

/* LMDB's pages, and the header of the first. */
enum { PAGE_BYTES = 4096, PAGE_HEADER_BYTES = 16 };

/* A small batch is a young frame, that a merge will pack with others: to pack it before costs more than the pages that
 * it would save until then. */
enum { STORED_MOST_BYTES = 2 * PAGE_BYTES };

/* Of the reserve, more is kept before anything is decided than where it is appended: what others write meanwhile. */
enum { DECIDING_SHARE = 4 };

/* Whoever could fill so much in so short a time is not foreseen by asking more often, either. */
#define PLENTY_BYTES (UINT64_C(1) << 30)
#define PLENTY_NS    (UINT64_C(10) * 1000 * 1000)

/* An event carries its sequence and its instant, and the journal keeps both in keys and headers too. They are compared
 * here, once, because what is appended can never be taken back. */
static enum daybook_status batch_check(const struct journal *journal, const struct journal_batch *batch,
                                       uint64_t *total_bytes, struct daybook_error *error) {
    if (!journal->is_writer) {
        return daybook_fail(error, DAYBOOK_INVALID, "appending to %s: it was opened for reading", journal->directory);
    }
    if (batch->count == 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "appending to %s: the batch is empty", journal->directory);
    }
    int64_t previous_us = journal->head.sequence > 0 ? journal->head.recorded_at_us : INT64_MIN;
    *total_bytes = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const uint64_t sequence = journal->head.sequence + 1 + i;
        const int64_t recorded_at_us = batch->recorded_at_us[i];
        struct event_stamp stamp;
        if (batch->events[i].size > LIMIT_EVENT_BYTES) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "appending event %" PRIu64 " to %s: it has %" PRIu32 " bytes and the limit is %d",
                                sequence, journal->directory, batch->events[i].size, LIMIT_EVENT_BYTES);
        }
        if (!event_stamp_read(batch->events[i], &stamp) || stamp.sequence != sequence) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "appending event %" PRIu64 " to %s: its bytes do not say that it is that one", sequence,
                                journal->directory);
        }
        if (stamp.recorded_at_us != recorded_at_us || (recorded_at_us <= previous_us && sequence > 1)) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "appending event %" PRIu64 " to %s: it is recorded at %" PRId64
                                " us, which is not what its bytes say or not later than the event before it",
                                sequence, journal->directory, recorded_at_us);
        }
        previous_us = recorded_at_us;
        *total_bytes += batch->events[i].size;
    }
    return DAYBOOK_OK;
}

/* LIMIT where `kept_bytes` would not be left of the disk behind so many more. Asking takes microseconds, about what
 * deciding a request does: where there was far more a moment ago, nobody is asked. */
static enum daybook_status space_check(struct journal *journal, uint64_t kept_bytes, uint64_t more_bytes,
                                       struct daybook_error *error) {
    const uint64_t now_ns = clock_coarse_ns();
    if (more_bytes < PLENTY_BYTES / 2 &&
        now_ns - atomic_load_explicit(&journal->plenty_ns, memory_order_relaxed) < PLENTY_NS) {
        return DAYBOOK_OK;
    }
    const uint64_t free_bytes = files_free_bytes(journal->directory);
    if (free_bytes >= kept_bytes && free_bytes - kept_bytes >= PLENTY_BYTES) {
        atomic_store_explicit(&journal->plenty_ns, now_ns, memory_order_relaxed);
    }
    if (free_bytes < kept_bytes || free_bytes - kept_bytes < more_bytes) {
        return daybook_fail(error, DAYBOOK_LIMIT,
                            "appending to %s: %" PRIu64 " MiB are free on its disk and %" PRIu64
                            " MiB are kept in reserve; free some space",
                            journal->directory, free_bytes >> 20, kept_bytes >> 20);
    }
    return DAYBOOK_OK;
}

enum daybook_status journal_check_room(struct journal *journal, struct daybook_error *error) {
    if (store_is_deleted(journal->store)) {
        return daybook_fail(
            error, DAYBOOK_DAMAGED,
            "appending to %s: its journal was deleted while it was open, and what would be written now "
            "is nowhere; make a backup through the server that still runs, if one does, and restore the last "
            "that there is",
            journal->directory);
    }
    return space_check(journal, journal->min_free_bytes + journal->min_free_bytes / DECIDING_SHARE, 0, error);
}

static enum daybook_status piece_add(struct journal *journal, struct journal_piece piece, struct daybook_error *error) {
    if (journal->piece_count == journal->piece_capacity) {
        const size_t capacity = journal->piece_capacity > 0 ? journal->piece_capacity * 2 : 16;
        struct journal_piece *grown = reallocarray(journal->pieces, capacity, sizeof *grown);
        if (grown == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "appending to %s: no memory", journal->directory);
        }
        journal->pieces = grown;
        journal->piece_capacity = capacity;
    }
    journal->pieces[journal->piece_count++] = piece;
    return DAYBOOK_OK;
}

/* Where the next frame ends. LMDB gives a value of this size whole pages, so where more events are left than a frame
 * takes, one is cut to end just below a page, by the size that events had in the frames before. */
static size_t frame_room(const struct journal *journal, size_t left) {
    const size_t pages = FRAME_TARGET_EVENTS * journal->event_milli_bytes / 1000 / PAGE_BYTES;
    return left <= FRAME_TARGET_EVENTS || pages == 0 ? SIZE_MAX : pages * PAGE_BYTES - PAGE_HEADER_BYTES;
}

/* The next events of the batch, as many as a frame takes, as one at the end of `packed`. */
static enum daybook_status piece_pack(struct journal *journal, const struct journal_batch *batch, size_t from,
                                      struct journal_piece *piece, struct daybook_error *error) {
    const size_t left = batch->count - from;
    const size_t most = from + (left < FRAME_TARGET_EVENTS ? left : FRAME_TARGET_EVENTS);
    size_t raw_bytes = 0;
    size_t to = from;
    while (to < most && (to == from || raw_bytes + batch->events[to].size <= FRAME_TARGET_BYTES)) {
        raw_bytes += batch->events[to++].size;
    }
    const struct frame_header header = {
        .first_sequence = journal->settled.sequence + 1 + from,
        .event_count = (uint32_t)(to - from),
        .first_recorded_at_us = batch->recorded_at_us[from],
        .last_recorded_at_us = batch->recorded_at_us[to - 1],
    };
    *piece = (struct journal_piece){.offset = journal->packed.size};
    enum daybook_status status =
        batch->count < YOUNG_LESS_EVENTS && raw_bytes <= STORED_MOST_BYTES
            ? frame_pack_stored(journal->codec, header, batch->events + from, &journal->packed, error)
            : frame_pack_within(journal->codec, header, batch->events + from, batch->recorded_at_us + from,
                                frame_room(journal, left), &journal->packed, error);
    if (status == DAYBOOK_OK) {
        piece->size = journal->packed.size - piece->offset;
        status = frame_peek((struct daybook_bytes){journal->packed.data + piece->offset, piece->size}, &piece->header,
                            error);
    }
    return status;
}

/* Cuts the batch into frames and packs them, before the transaction begins. */
static enum daybook_status batch_pack(struct journal *journal, const struct journal_batch *batch,
                                      struct daybook_error *error) {
    journal->piece_count = 0;
    daybook_buffer_reset(&journal->packed);
    for (size_t from = 0; from < batch->count;) {
        struct journal_piece piece;
        enum daybook_status status = piece_pack(journal, batch, from, &piece, error);
        if (status == DAYBOOK_OK) {
            status = piece_add(journal, piece, error);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
        const uint32_t count = piece.header.event_count;
        if (count >= FRAME_TARGET_EVENTS / 2) {
            const size_t milli_bytes = piece.size * 1000 / count;
            const size_t before = journal->event_milli_bytes;
            journal->event_milli_bytes = before == 0 ? milli_bytes : (3 * before + milli_bytes) / 4;
        }
        from += count;
    }
    return DAYBOOK_OK;
}

/* Writes the merge, if one is due, and the batch; `tail` becomes what it is after the commit. */
static enum daybook_status batch_write(struct journal *journal, struct store_txn *txn, struct journal_tail *tail,
                                       struct daybook_error *error) {
    const struct frame_run due =
        journal->piece_count > 0 ? tail_due(tail, &journal->pieces[0].header) : (struct frame_run){0};
    if (due.frame_count > 0) {
        enum daybook_status status = frames_merge(journal, txn, &due, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        tail_merged(tail, &due);
    }
    for (size_t i = 0; i < journal->piece_count; i++) {
        const struct journal_piece *piece = &journal->pieces[i];
        uint8_t key[FRAME_KEY_SIZE];
        enum daybook_status status =
            table_append(txn, TABLE_FRAMES, frame_key(key, piece->header.first_sequence),
                         (struct daybook_bytes){journal->packed.data + piece->offset, piece->size}, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        tail_add(tail, &piece->header);
    }
    return DAYBOOK_OK;
}

#ifndef NDEBUG
/* Its events were checked when they came (batch_check); the order in which they are settled is ours. */
static bool batch_follows(const struct journal *journal, const struct journal_batch *batch) {
    struct event_stamp first;
    struct event_stamp last;
    return event_stamp_read(batch->events[0], &first) && first.sequence == journal->settled.sequence + 1 &&
           event_stamp_read(batch->events[batch->count - 1], &last) &&
           last.sequence == journal->settled.sequence + batch->count;
}
#endif

enum daybook_status frames_append(struct journal *journal, const struct journal_batch *batch, enum log_change change,
                                  struct daybook_error *error) {
    struct store_txn *txn = NULL;
    assert(batch->count == 0 || batch_follows(journal, batch));
    DAYBOOK_TRY(batch_pack(journal, batch, error));
    DAYBOOK_TRY(store_begin_write(journal->store, &txn, error));
    struct journal_tail tail = journal->tail;
    enum daybook_status status = batch_write(journal, txn, &tail, error);
    if (status == DAYBOOK_OK && change != LOG_STAYS) {
        status = log_declare(txn, change == LOG_DECLARED ? wal_salt(journal->wal) : 0, error);
    }
    if (status != DAYBOOK_OK) {
        store_abort(txn);
        return status;
    }
    DAYBOOK_TRY(store_commit(txn, error));
    journal->tail = tail;
    if (batch->count > 0) {
        journal->settled.sequence += batch->count;
        journal->settled.recorded_at_us = batch->recorded_at_us[batch->count - 1];
    }
    return DAYBOOK_OK;
}

void journal_encodes(struct journal *journal) {
    pthread_mutex_lock(&journal->head_mutex);
    journal->encoded_from = journal->head.sequence + 1;
    pthread_mutex_unlock(&journal->head_mutex);
}

uint64_t journal_encoded_from(struct journal *journal) {
    pthread_mutex_lock(&journal->head_mutex);
    uint64_t encoded_from = journal->encoded_from;
    pthread_mutex_unlock(&journal->head_mutex);
    return encoded_from;
}

enum daybook_status journal_append(struct journal *journal, const struct journal_batch *batch,
                                   struct daybook_error *error) {
    uint64_t total_bytes = 0;
    bool is_taken = false;
    DAYBOOK_TRY(batch_check(journal, batch, &total_bytes, error));
    if (store_is_latched(journal->store)) { /* Of the two, the latch is the one to tell. */
        struct store_txn *none = NULL;
        return log_explain(journal, store_begin_write(journal->store, &none, error), error);
    }
    DAYBOOK_TRY(space_check(journal, journal->min_free_bytes, total_bytes, error));
    DAYBOOK_TRY(log_append(journal, batch, total_bytes, &is_taken, error));
    if (!is_taken) {
        DAYBOOK_TRY(log_explain(journal, log_pass(journal, batch, total_bytes, error), error));
    }
    pthread_mutex_lock(&journal->head_mutex);
    journal->head.sequence += batch->count;
    journal->head.recorded_at_us = batch->recorded_at_us[batch->count - 1];
    pthread_mutex_unlock(&journal->head_mutex);
    return DAYBOOK_OK;
}
