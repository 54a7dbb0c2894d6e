/*
 * The log in front of the table of frames: what goes there, and how it is settled.
 *
 * The second small batch of an opening declares the log in the table, and those behind it go there: one wait for the
 * disk instead of two. What has gathered is kept in memory, too, and a thread of its own, the settler, puts it into the
 * table when it is worth a commit or has waited long enough. A large batch takes along what the log has.
 *
 * The appender changes the segment that is being written, the settler the other; they meet at `mutex`, and at
 * `frames_mutex` where one of them writes to the table.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/thread.h"
#include "store/journal_internal.h"

enum {
    TAKEN_EVENTS = 256,           /* A batch of more is for the table, */
    TAKEN_BYTES = 1 << 16,        /* and so is one of more bytes. */
    GATHERED_EVENTS = 8192,       /* Of one segment, at most. */
    SETTLE_EVENTS = 2048,         /* Worth a commit. */
    DEFAULT_SETTLE_AFTER_MS = 50, /* And what is less waits no longer. */
    DECLARE_AT_APPENDS = 2,
};

static const uint64_t ns_per_ms = 1000000;

void log_init(struct journal_log *log, const struct journal_options *options) {
    pthread_condattr_t monotonic;
    log->is_off = options->without_log;
    log->settle_after_ns =
        (options->settle_after_ms > 0 ? options->settle_after_ms : DEFAULT_SETTLE_AFTER_MS) * ns_per_ms;
    pthread_mutex_init(&log->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->called, &monotonic);
    pthread_cond_init(&log->settled, NULL);
    pthread_condattr_destroy(&monotonic);
}

/* ---- what has gathered ---- */

/* With room for one batch more than a segment has: what is recovered is not cut where the segments were. */
static bool gathered_open(struct gathered *gathered) {
    const size_t most = GATHERED_EVENTS + TAKEN_EVENTS;
    if (gathered->bytes == NULL) {
        gathered->bytes = malloc(WAL_SEGMENT_BYTES + TAKEN_BYTES);
        gathered->events = malloc(most * sizeof *gathered->events);
        gathered->recorded_at_us = malloc(most * sizeof *gathered->recorded_at_us);
    }
    return gathered->bytes != NULL && gathered->events != NULL && gathered->recorded_at_us != NULL;
}

static void gathered_close(struct gathered *gathered) {
    free(gathered->bytes);
    free(gathered->events);
    free(gathered->recorded_at_us);
    *gathered = (struct gathered){0};
}

static bool gathered_has_room(const struct gathered *gathered, size_t count, size_t bytes) {
    return gathered->count + count <= GATHERED_EVENTS && gathered->size + bytes <= WAL_SEGMENT_BYTES;
}

static bool gathered_is_open(const struct gathered *gathered) {
    return gathered->count < GATHERED_EVENTS && gathered->size < WAL_SEGMENT_BYTES;
}

static void gathered_add(struct gathered *gathered, const struct event_span *events, const int64_t *recorded_at_us,
                         size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *to = gathered->bytes + gathered->size;
        memcpy(to, events[i].data, events[i].size);
        gathered->events[gathered->count] = (struct event_span){to, events[i].size};
        gathered->recorded_at_us[gathered->count++] = recorded_at_us[i];
        gathered->size += events[i].size;
    }
}

static void gathered_empty(struct gathered *gathered) {
    gathered->count = 0;
    gathered->size = 0;
}

/* ---- the settler ---- */

/* Until when the settler may sleep. */
static struct timespec deadline_of(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
}

/* Waits until the segment that is not being written has something to be settled; false: the journal is being closed.
 * With the mutex held. */
static bool await_segment(struct journal *journal) {
    struct journal_log *log = &journal->log;
    while (!log->is_closing) {
        const unsigned active = wal_active(journal->wal);
        const struct gathered *gathered = &log->gathered[active];
        if (log->failure != DAYBOOK_OK) {
            pthread_cond_wait(&log->called, &log->mutex);
        } else if (log->gathered[1 - active].count > 0) {
            return true;
        } else if (gathered->count == 0) {
            pthread_cond_wait(&log->called, &log->mutex);
        } else if (gathered->count >= SETTLE_EVENTS || clock_monotonic_ns() >= log->oldest_ns + log->settle_after_ns) {
            wal_turn(journal->wal);
        } else {
            const struct timespec until = deadline_of(log->oldest_ns + log->settle_after_ns);
            pthread_cond_timedwait(&log->called, &log->mutex, &until);
        }
    }
    return false;
}

/* Which segment that is, is looked up once nobody else can settle: until then a large batch may have taken it along,
 * and the appender may have turned since. While it has events, it is not written to. */
static void settle_segment(struct journal *journal) {
    struct journal_log *log = &journal->log;
    struct daybook_error why;
    enum daybook_status status = DAYBOOK_OK;
    pthread_mutex_lock(&journal->frames_mutex);
    pthread_mutex_lock(&log->mutex);
    const unsigned segment = 1 - wal_active(journal->wal);
    struct gathered *gathered = &log->gathered[segment];
    const bool has_events = gathered->count > 0;
    pthread_mutex_unlock(&log->mutex);
    if (has_events) {
        const struct journal_batch batch = {gathered->events, gathered->recorded_at_us, gathered->count};
        status = frames_append(journal, &batch, LOG_STAYS, &why);
    }
    pthread_mutex_lock(&log->mutex);
    if (status != DAYBOOK_OK) {
        log->failure = status;
        log->why = why;
    } else if (has_events) {
        gathered_empty(gathered);
        wal_clear(journal->wal, segment); /* WA2 */
    }
    pthread_cond_signal(&log->settled);
    pthread_mutex_unlock(&log->mutex);
    pthread_mutex_unlock(&journal->frames_mutex);
}

enum daybook_status log_explain(struct journal *journal, enum daybook_status status, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    if (status == DAYBOOK_STOPPED) {
        pthread_mutex_lock(&journal->frames_mutex); /* The settler, who has it, has said why when it lets go. */
        pthread_mutex_lock(&log->mutex);
        if (log->failure != DAYBOOK_OK) {
            status = log->failure;
            if (error != NULL) {
                *error = log->why;
            }
        }
        pthread_mutex_unlock(&log->mutex);
        pthread_mutex_unlock(&journal->frames_mutex);
    }
    return status;
}

static void *run_settler(void *context) {
    struct journal *journal = context;
    struct journal_log *log = &journal->log;
    thread_stand_back(THREAD_SERVES);
    pthread_mutex_lock(&log->mutex);
    while (await_segment(journal)) {
        pthread_mutex_unlock(&log->mutex);
        settle_segment(journal);
        pthread_mutex_lock(&log->mutex);
    }
    pthread_mutex_unlock(&log->mutex);
    return NULL;
}

/* ---- the appender ---- */

static bool is_small(const struct journal_batch *batch, uint64_t batch_bytes) {
    return batch->count <= TAKEN_EVENTS && batch_bytes <= TAKEN_BYTES;
}

/* Waits for room in the segment that is being written; false: what is in the way cannot be settled. With the mutex. */
static bool await_room(struct journal *journal, size_t frame_bytes, size_t count, size_t bytes) {
    struct journal_log *log = &journal->log;
    while (log->failure == DAYBOOK_OK) {
        const unsigned active = wal_active(journal->wal);
        if (wal_has_room(journal->wal, frame_bytes) && gathered_has_room(&log->gathered[active], count, bytes)) {
            return true;
        }
        if (log->gathered[1 - active].count == 0) {
            wal_turn(journal->wal);
            pthread_cond_signal(&log->called);
        } else {
            pthread_cond_wait(&log->settled, &log->mutex);
        }
    }
    return false;
}

static enum daybook_status record_of(struct journal *journal, const struct journal_batch *batch,
                                     struct frame_header *header, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    *header = (struct frame_header){.first_sequence = journal->head.sequence + 1,
                                    .event_count = (uint32_t)batch->count,
                                    .first_recorded_at_us = batch->recorded_at_us[0],
                                    .last_recorded_at_us = batch->recorded_at_us[batch->count - 1]};
    daybook_buffer_reset(&log->frame);
    return frame_pack_stored(log->codec, *header, batch->events, &log->frame, error);
}

enum daybook_status log_append(struct journal *journal, const struct journal_batch *batch, uint64_t batch_bytes,
                               bool *is_taken, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    struct frame_header header;
    *is_taken = false;
    if (!log->is_declared || !is_small(batch, batch_bytes)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(record_of(journal, batch, &header, error));
    enum daybook_status status = DAYBOOK_OK;
    pthread_mutex_lock(&log->mutex);
    if (await_room(journal, log->frame.size, batch->count, batch_bytes)) {
        *is_taken = true;
        status = wal_append(journal->wal, daybook_buffer_view(&log->frame), &header, error);
        if (status == DAYBOOK_OK) {
            struct gathered *gathered = &log->gathered[wal_active(journal->wal)];
            if (gathered->count == 0) {
                log->oldest_ns = clock_monotonic_ns();
                pthread_cond_signal(&log->called);
            }
            gathered_add(gathered, batch->events, batch->recorded_at_us, batch->count);
            if (gathered->count >= SETTLE_EVENTS) {
                pthread_cond_signal(&log->called);
            }
        } else {
            store_latch(journal->store); /* S2 */
        }
    }
    pthread_mutex_unlock(&log->mutex);
    return status;
}

/* Gets all that the log needs; false: there will be none. */
static bool log_prepare(struct journal *journal) {
    struct journal_log *log = &journal->log;
    uint64_t salt = 0;
    if (log->codec == NULL) {
        log->codec = frame_codec_open();
    }
    for (unsigned i = 0; i < WAL_SEGMENTS; i++) {
        if (!gathered_open(&log->gathered[i])) {
            return false;
        }
    }
    if (log->codec == NULL || getrandom(&salt, sizeof salt, 0) != (ssize_t)sizeof salt ||
        wal_make(journal->wal, NULL) != DAYBOOK_OK || wal_use(journal->wal, salt | 1, true, NULL) != DAYBOOK_OK) {
        return false;
    }
    log->is_started = pthread_create(&log->thread, NULL, run_settler, journal) == 0;
    return log->is_started;
}

/* Both segments, the older first, and the batch behind them, as one batch. */
static enum daybook_status combine(struct journal *journal, const struct journal_batch *batch,
                                   struct journal_batch *combined, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    const unsigned active = wal_active(journal->wal);
    const struct gathered *parts[WAL_SEGMENTS] = {&log->gathered[1 - active], &log->gathered[active]};
    const size_t count = parts[0]->count + parts[1]->count + batch->count;
    *combined = *batch;
    if (count == batch->count) {
        return DAYBOOK_OK;
    }
    struct gathered *all = &log->all;
    free(all->events);
    free(all->recorded_at_us);
    all->events = malloc(count * sizeof *all->events);
    all->recorded_at_us = malloc(count * sizeof *all->recorded_at_us);
    if (all->events == NULL || all->recorded_at_us == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "appending to %s: no memory", journal->directory);
    }
    size_t at = 0;
    for (unsigned i = 0; i < WAL_SEGMENTS; i++) {
        memcpy(all->events + at, parts[i]->events, parts[i]->count * sizeof *all->events);
        memcpy(all->recorded_at_us + at, parts[i]->recorded_at_us, parts[i]->count * sizeof *all->recorded_at_us);
        at += parts[i]->count;
    }
    if (batch->count > 0) {
        memcpy(all->events + at, batch->events, batch->count * sizeof *all->events);
        memcpy(all->recorded_at_us + at, batch->recorded_at_us, batch->count * sizeof *all->recorded_at_us);
    }
    *combined = (struct journal_batch){all->events, all->recorded_at_us, count};
    return DAYBOOK_OK;
}

/* Nobody appends beside the caller, so what the log has cannot grow; the settler waits for `frames_mutex`. */
static enum daybook_status settle_with(struct journal *journal, const struct journal_batch *batch,
                                       enum log_change change, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    struct journal_batch combined;
    pthread_mutex_lock(&journal->frames_mutex);
    pthread_mutex_lock(&log->mutex);
    enum daybook_status status = combine(journal, batch, &combined, error);
    pthread_mutex_unlock(&log->mutex);
    if (status == DAYBOOK_OK) {
        status = frames_append(journal, &combined, change, error);
    }
    pthread_mutex_lock(&log->mutex);
    if (status == DAYBOOK_OK) {
        for (unsigned i = 0; i < WAL_SEGMENTS; i++) {
            gathered_empty(&log->gathered[i]);
            wal_clear(journal->wal, i); /* WA2 */
        }
        log->failure = DAYBOOK_OK;
    }
    pthread_mutex_unlock(&log->mutex);
    pthread_mutex_unlock(&journal->frames_mutex);
    return status;
}

enum daybook_status log_pass(struct journal *journal, const struct journal_batch *batch, uint64_t batch_bytes,
                             struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    enum log_change change = LOG_STAYS;
    if (!log->is_declared && !log->is_off && is_small(batch, batch_bytes) &&
        ++log->small_appends == DECLARE_AT_APPENDS) {
        log->is_off = !log_prepare(journal);
        change = log->is_off ? LOG_STAYS : LOG_DECLARED;
    }
    DAYBOOK_TRY(settle_with(journal, batch, change, error));
    log->is_declared = log->is_declared || change == LOG_DECLARED;
    return DAYBOOK_OK;
}

/* ---- opening and closing ---- */

/* The events of the record that holds `sequence`, which must begin with it. */
static enum daybook_status recover_record(struct journal *journal, uint64_t sequence, struct gathered *gathered,
                                          uint32_t *count, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    struct frame_header header;
    int64_t recorded_at_us[TAKEN_EVENTS];
    size_t bytes = 0;
    bool is_found = false;
    DAYBOOK_TRY(wal_find(journal->wal, sequence, &log->frame, &is_found, error));
    if (!is_found) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "opening the ledger %s: event %" PRIu64
                            " is in its log no more (journal/wal); restore it from a backup",
                            journal->directory, sequence);
    }
    DAYBOOK_TRY(
        frame_unpack(journal->codec, daybook_buffer_view(&log->frame), &header, &journal->raw, journal->events, error));
    DAYBOOK_TRY(frame_stamps_check(journal, &header, journal->events, error));
    for (uint32_t i = 0; i < header.event_count; i++) {
        bytes += journal->events[i].size;
    }
    if (header.first_sequence != sequence || header.event_count > TAKEN_EVENTS || bytes > TAKEN_BYTES ||
        !gathered_is_open(gathered)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "opening the ledger %s: its log (journal/wal) and its journal do not fit at event %" PRIu64
                            "; restore it from a backup",
                            journal->directory, sequence);
    }
    for (uint32_t i = 0; i < header.event_count; i++) {
        struct event_stamp stamp;
        (void)event_stamp_read(journal->events[i], &stamp); /* It was checked. */
        recorded_at_us[i] = stamp.recorded_at_us;
    }
    gathered_add(gathered, journal->events, recorded_at_us, header.event_count);
    *count = header.event_count;
    return DAYBOOK_OK;
}

/* All that the log has behind the table. What gathers first has at least what the older segment has, so the rest fits.
 */
static enum daybook_status recover_all(struct journal *journal, struct daybook_error *error) {
    struct journal_log *log = &journal->log;
    const struct wal_range range = wal_range(journal->wal);
    const unsigned active = wal_active(journal->wal);
    unsigned part = 1 - active; /* The older, which goes first. */
    for (unsigned i = 0; i < WAL_SEGMENTS; i++) {
        if (!gathered_open(&log->gathered[i])) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the ledger %s: no memory", journal->directory);
        }
    }
    for (uint64_t next = journal->settled.sequence + 1; next <= range.last_sequence;) {
        uint32_t count = 0;
        if (!gathered_is_open(&log->gathered[part])) {
            part = active;
        }
        DAYBOOK_TRY(recover_record(journal, next, &log->gathered[part], &count, error));
        next += count;
    }
    return DAYBOOK_OK;
}

enum daybook_status log_recover(struct journal *journal, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    uint64_t salt = 0;
    bool is_declared = false;
    enum daybook_status status = store_begin_read(journal->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = log_declared(txn, &salt, &is_declared, error);
    }
    store_abort(txn);
    if (status != DAYBOOK_OK || !is_declared) {
        return status;
    }
    status = wal_use(journal->wal, salt, true, error);
    if (status == DAYBOOK_OK) {
        status = wal_look(journal->wal, journal->settled.sequence, true, error);
    }
    if (status == DAYBOOK_OK) {
        status = recover_all(journal, error);
    }
    if (status == DAYBOOK_OK) {
        status = settle_with(journal, &(struct journal_batch){0}, LOG_EMPTY, error);
    }
    wal_leave(journal->wal);
    return status;
}

void log_close(struct journal *journal) {
    struct journal_log *log = &journal->log;
    if (log->is_started) {
        pthread_mutex_lock(&log->mutex);
        log->is_closing = true;
        pthread_cond_signal(&log->called);
        pthread_mutex_unlock(&log->mutex);
        (void)pthread_join(log->thread, NULL);
    }
    if (log->is_declared && !store_is_latched(journal->store)) {
        /* Where it fails, the next opening finds in the log what is not in the table. */
        enum daybook_status ignored = settle_with(journal, &(struct journal_batch){0}, LOG_EMPTY, NULL);
        (void)ignored;
    }
    for (unsigned i = 0; i < WAL_SEGMENTS; i++) {
        gathered_close(&log->gathered[i]);
    }
    gathered_close(&log->all);
    frame_codec_close(log->codec);
    daybook_buffer_release(&log->frame);
    pthread_cond_destroy(&log->settled);
    pthread_cond_destroy(&log->called);
    pthread_mutex_destroy(&log->mutex);
}
