/* Reads the journal: its head, runs of events, single events, and what was last at an instant. */
#include <inttypes.h>
#include <stdlib.h>

#include "store/journal_internal.h"
#include "store/writer_lock.h"

/* What the writer settles between one look and the next is found by the next; more than one comes too late only where
 * it settles again meanwhile. */
enum { LOOKS = 64 };

struct journal_reader {
    struct journal *journal;
    struct frame_codec *codec;
    bool has_frame; /* The rest is the frame that was unpacked last; by J2 it is right for ever. */
    struct frame_header header;
    struct daybook_buffer raw;
    struct daybook_buffer record; /* A frame out of the log. */
    struct event_span events[LIMIT_FRAME_EVENTS];
};

/* A read transaction with a cursor on frames. */
struct view {
    struct store_txn *txn;
    struct table_cursor *cursor;
};

static void view_end(struct view *view) {
    cursor_close(view->cursor);
    store_abort(view->txn);
}

static enum daybook_status view_begin(struct journal *journal, struct view *view, struct daybook_error *error) {
    *view = (struct view){0};
    enum daybook_status status = store_begin_read(journal->store, &view->txn, error);
    if (status == DAYBOOK_OK) {
        status = cursor_open(view->txn, TABLE_FRAMES, &view->cursor, error);
    }
    return status;
}

static enum daybook_status missing(const struct journal *journal, uint64_t first, uint64_t last,
                                   struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "reading the journal of %s: sequences %" PRIu64 " to %" PRIu64
                        " are missing; restore it from a backup",
                        journal->directory, first, last);
}

/* The writing process moves the head (J5), and knows where it is. Others know it until somebody commits, or writes to
 * the log. */
static bool known_head(struct journal *journal, struct journal_head *head) {
    const uint64_t newest = journal->is_writer ? 0 : store_newest_commit(journal->store);
    pthread_mutex_lock(&journal->head_mutex);
    const bool is_known = journal->is_writer || journal->head_commit == newest;
    *head = journal->head;
    pthread_mutex_unlock(&journal->head_mutex);
    return is_known &&
           (journal->is_writer || !wal_is_used(journal->wal) || !wal_has_news(journal->wal, head->sequence + 1));
}

/* What the table of frames has, and says of the log, at one commit. */
struct settled {
    struct journal_head head;
    uint64_t salt;
    bool has_log;
    uint64_t commit;
};

static enum daybook_status look_at_table(struct journal *journal, struct settled *settled,
                                         struct daybook_error *error) {
    struct view view;
    struct table_row row;
    struct frame_header header;
    *settled = (struct settled){0};
    enum daybook_status status = view_begin(journal, &view, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(view.cursor, (struct daybook_bytes){0}, &row, error);
    }
    if (status == DAYBOOK_OK && row.is_valid) {
        status = frame_row_peek(journal, &row, &header, error);
        if (status == DAYBOOK_OK) {
            settled->head = (struct journal_head){frame_last_sequence(&header), header.last_recorded_at_us};
        }
    }
    if (status == DAYBOOK_OK) {
        status = log_declared(view.txn, &settled->salt, &settled->has_log, error);
    }
    if (status == DAYBOOK_OK) {
        settled->commit = store_commit_seen(view.txn);
    }
    view_end(&view);
    return status;
}

/* What the log has behind the table. `fits`: else a writer has settled what the table is seen without. */
static enum daybook_status look_at_log(struct journal *journal, const struct settled *settled,
                                       struct journal_head *head, bool *fits, struct daybook_error *error) {
    char writer[WRITER_NAME_SIZE];
    if (!wal_is_used(journal->wal) || wal_salt(journal->wal) != settled->salt) {
        DAYBOOK_TRY(wal_use(journal->wal, settled->salt, false, error));
    }
    /* Where nobody writes, all of it lies still, and what is missing in the middle can be told. */
    writer_lock_holder(journal->directory, writer);
    DAYBOOK_TRY(wal_look(journal->wal, settled->head.sequence, writer[0] == '\0', error));
    const struct wal_range range = wal_range(journal->wal);
    *fits = range.last_sequence <= settled->head.sequence || range.first_sequence <= settled->head.sequence + 1;
    if (*fits && range.last_sequence > settled->head.sequence) {
        *head = (struct journal_head){range.last_sequence, range.last_recorded_at_us};
    }
    return DAYBOOK_OK;
}

/* With the head's mutex, so that one thread looks. */
static enum daybook_status look_for_head(struct journal *journal, struct daybook_error *error) {
    struct settled settled;
    struct journal_head head;
    bool fits = false;
    for (int turn = 0; turn < LOOKS && !fits; turn++) {
        DAYBOOK_TRY(look_at_table(journal, &settled, error));
        head = settled.head;
        fits = true;
        if (settled.has_log) {
            enum daybook_status status = look_at_log(journal, &settled, &head, &fits, error);
            if (status == DAYBOOK_DAMAGED && store_newest_commit(journal->store) != settled.commit) {
                fits = false; /* A writer that came meanwhile has begun the log anew over what was looked at. */
            } else if (status != DAYBOOK_OK) {
                return status;
            }
        } else {
            wal_leave(journal->wal);
        }
    }
    if (!fits) {
        return missing(journal, settled.head.sequence + 1, wal_range(journal->wal).first_sequence - 1, error);
    }
    if (head.sequence >= journal->head.sequence) { /* A head never goes back. */
        journal->head = head;
    }
    journal->head_commit = settled.commit;
    return DAYBOOK_OK;
}

enum daybook_status journal_head(struct journal *journal, struct journal_head *head, struct daybook_error *error) {
    if (known_head(journal, head)) {
        return DAYBOOK_OK;
    }
    pthread_mutex_lock(&journal->head_mutex);
    enum daybook_status status = look_for_head(journal, error);
    *head = status == DAYBOOK_OK ? journal->head : (struct journal_head){0};
    pthread_mutex_unlock(&journal->head_mutex);
    return status;
}

enum daybook_status journal_reader_open(struct journal *journal, struct journal_reader **reader,
                                        struct daybook_error *error) {
    *reader = NULL;
    struct journal_reader *opened = calloc(1, sizeof *opened);
    if (opened != NULL) {
        opened->journal = journal;
        opened->codec = frame_codec_open();
    }
    if (opened == NULL || opened->codec == NULL) {
        free(opened);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the journal of %s: no memory", journal->directory);
    }
    *reader = opened;
    return DAYBOOK_OK;
}

void journal_reader_close(struct journal_reader *reader) {
    if (reader != NULL) {
        frame_codec_close(reader->codec);
        daybook_buffer_release(&reader->raw);
        daybook_buffer_release(&reader->record);
        free(reader);
    }
}

static bool frame_holds(const struct frame_header *header, uint64_t sequence) {
    return sequence >= header->first_sequence && sequence - header->first_sequence < header->event_count;
}

/* Unpacks the frame of `row` and keeps it. The names in the message come from the keys, which the damage of a frame
 * leaves whole. */
static enum daybook_status reader_unpack(struct journal_reader *reader, struct table_cursor *cursor,
                                         const struct table_row *row, struct daybook_error *error) {
    const struct journal *journal = reader->journal;
    reader->has_frame = false;
    enum daybook_status status = frame_row_peek(journal, row, &reader->header, error);
    if (status == DAYBOOK_OK) {
        status = frame_unpack(reader->codec, row->value, &reader->header, &reader->raw, reader->events, error);
    }
    if (status == DAYBOOK_OK) {
        reader->has_frame = true;
        return DAYBOOK_OK;
    }
    const uint64_t first = row->key.size == FRAME_KEY_SIZE ? load_be64(row->key.data) : 0;
    struct table_row next = {0};
    if (cursor_next(cursor, &next, NULL) == DAYBOOK_OK && next.is_valid && next.key.size == FRAME_KEY_SIZE) {
        daybook_fail_in(error, "the journal of %s, sequences %" PRIu64 " to %" PRIu64, journal->directory, first,
                        load_be64(next.key.data) - 1);
    } else {
        daybook_fail_in(error, "the journal of %s, sequences from %" PRIu64, journal->directory, first);
    }
    return status;
}

/* The cursor is at `row`, the last frame that starts at or before `sequence`: is it the one that holds it? */
static enum daybook_status reader_find(struct journal_reader *reader, struct table_cursor *cursor, uint64_t sequence,
                                       struct table_row *row, bool *is_found, struct daybook_error *error) {
    struct frame_header header = {0};
    struct table_row next = {0};
    enum daybook_status status = DAYBOOK_OK;
    *is_found = false;
    if (row->is_valid) {
        /* A damaged header may hold the sequence all the same: unpacking says so, and names it. */
        if (frame_row_peek(reader->journal, row, &header, NULL) != DAYBOOK_OK || frame_holds(&header, sequence)) {
            *is_found = true;
            return DAYBOOK_OK;
        }
        status = cursor_next(cursor, &next, error);
    } else {
        status = cursor_seek(cursor, (struct daybook_bytes){0}, &next, error);
    }
    if (status != DAYBOOK_OK || !next.is_valid) {
        return status; /* Past the head. */
    }
    const uint64_t first = row->is_valid ? frame_last_sequence(&header) + 1 : 1;
    return missing(reader->journal, first, next.key.size == FRAME_KEY_SIZE ? load_be64(next.key.data) - 1 : first,
                   error);
}

/* The frame in the table that holds `sequence`. */
static enum daybook_status load_from_table(struct journal_reader *reader, uint64_t sequence, bool *is_found,
                                           struct daybook_error *error) {
    struct view view;
    struct table_row row;
    uint8_t key[FRAME_KEY_SIZE];
    *is_found = false;
    enum daybook_status status = view_begin(reader->journal, &view, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(view.cursor, frame_key(key, sequence), &row, error);
    }
    if (status == DAYBOOK_OK) {
        status = reader_find(reader, view.cursor, sequence, &row, is_found, error);
    }
    if (status == DAYBOOK_OK && *is_found) {
        status = reader_unpack(reader, view.cursor, &row, error);
    }
    view_end(&view);
    return status;
}

static enum daybook_status load_from_log(struct journal_reader *reader, uint64_t sequence, bool *is_found,
                                         struct daybook_error *error) {
    DAYBOOK_TRY(wal_find(reader->journal->wal, sequence, &reader->record, is_found, error));
    if (!*is_found) {
        return DAYBOOK_OK;
    }
    reader->has_frame = false;
    DAYBOOK_TRY(frame_unpack(reader->codec, daybook_buffer_view(&reader->record), &reader->header, &reader->raw,
                             reader->events, error));
    reader->has_frame = true;
    return DAYBOOK_OK;
}

/* Makes the frame that holds `sequence` the reader's: out of the table, else out of the log, else again, since it was
 * settled in between. */
static enum daybook_status reader_load(struct journal_reader *reader, uint64_t sequence, bool *is_found,
                                       struct daybook_error *error) {
    struct journal *journal = reader->journal;
    *is_found = false;
    if (sequence == 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "reading the journal of %s: sequences start at 1",
                            journal->directory);
    }
    if (reader->has_frame && frame_holds(&reader->header, sequence)) {
        *is_found = true;
        return DAYBOOK_OK;
    }
    for (int turn = 0; turn < LOOKS; turn++) {
        struct journal_head head;
        DAYBOOK_TRY(load_from_table(reader, sequence, is_found, error));
        if (*is_found) {
            return DAYBOOK_OK;
        }
        DAYBOOK_TRY(journal_head(journal, &head, error));
        if (sequence > head.sequence) {
            return DAYBOOK_OK;
        }
        DAYBOOK_TRY(load_from_log(reader, sequence, is_found, error));
        if (*is_found) {
            return DAYBOOK_OK;
        }
    }
    return missing(journal, sequence, sequence, error);
}

enum daybook_status journal_read(struct journal_reader *reader, uint64_t sequence, struct journal_slice *slice,
                                 struct daybook_error *error) {
    bool is_found = false;
    *slice = (struct journal_slice){.first_sequence = sequence};
    enum daybook_status status = reader_load(reader, sequence, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        const size_t skipped = (size_t)(sequence - reader->header.first_sequence);
        slice->events = reader->events + skipped;
        slice->count = reader->header.event_count - skipped;
        slice->last_recorded_at_us = reader->header.last_recorded_at_us;
    }
    return status;
}

enum daybook_status journal_read_one(struct journal_reader *reader, uint64_t sequence, struct daybook_bytes *event,
                                     struct daybook_error *error) {
    bool is_found = false;
    *event = (struct daybook_bytes){0};
    enum daybook_status status = reader_load(reader, sequence, &is_found, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!is_found) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "reading event %" PRIu64 " of %s: the journal ends before it",
                            sequence, reader->journal->directory);
    }
    const struct event_span *span = &reader->events[sequence - reader->header.first_sequence];
    *event = (struct daybook_bytes){span->data, span->size};
    return DAYBOOK_OK;
}

/* A frame between the two, about the middle; where there is none, `high`. */
static enum daybook_status frame_between(const struct journal *journal, struct table_cursor *cursor,
                                         const struct frame_header *low, const struct frame_header *high,
                                         struct frame_header *middle, struct daybook_error *error) {
    struct table_row row;
    uint8_t key[FRAME_KEY_SIZE];
    const uint64_t from = frame_last_sequence(low) + 1;
    const uint64_t sought = from + (high->first_sequence - 1 - from) / 2;
    DAYBOOK_TRY(cursor_seek_back(cursor, frame_key(key, sought), &row, error));
    DAYBOOK_TRY(frame_row_peek(journal, &row, middle, error));
    if (middle->first_sequence > low->first_sequence) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(cursor_next(cursor, &row, error));
    return frame_row_peek(journal, &row, middle, error);
}

/* Moves `row` to the last frame whose first event was recorded at or before the instant; not valid when there is none.
 * Instants grow with sequences (J4), so the keys can be searched by halves. */
static enum daybook_status frame_at(const struct journal *journal, struct table_cursor *cursor, int64_t instant_us,
                                    struct table_row *row, struct daybook_error *error) {
    struct frame_header low;
    struct frame_header high;
    struct frame_header middle;
    uint8_t key[FRAME_KEY_SIZE];
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){0}, row, error);
    if (status != DAYBOOK_OK || !row->is_valid) {
        return status;
    }
    status = frame_row_peek(journal, row, &low, error);
    if (status == DAYBOOK_OK && low.first_recorded_at_us > instant_us) {
        row->is_valid = false;
        return low.first_sequence == 1 ? DAYBOOK_OK : missing(journal, 1, low.first_sequence - 1, error);
    }
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(cursor, (struct daybook_bytes){0}, row, error);
    }
    if (status == DAYBOOK_OK) {
        status = frame_row_peek(journal, row, &high, error);
    }
    if (status != DAYBOOK_OK || high.first_recorded_at_us <= instant_us) {
        return status; /* The newest frame: what is asked for most. */
    }
    /* `low` starts at or before the instant and `high` after it. */
    while (frame_last_sequence(&low) + 1 < high.first_sequence) {
        const uint64_t from = frame_last_sequence(&low) + 1;
        status = frame_between(journal, cursor, &low, &high, &middle, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        if (middle.first_sequence == high.first_sequence) { /* Nothing is between them, and events are missing. */
            if (instant_us > low.last_recorded_at_us) {
                return missing(journal, from, high.first_sequence - 1, error);
            }
            break;
        }
        if (middle.first_recorded_at_us <= instant_us) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return cursor_seek(cursor, frame_key(key, low.first_sequence), row, error);
}

/* How many events of the reader's frame were recorded at or before the instant. */
static enum daybook_status events_until(const struct journal_reader *reader, int64_t instant_us, uint32_t *count,
                                        struct daybook_error *error) {
    uint32_t from = 0;
    uint32_t to = reader->header.event_count;
    while (from < to) {
        const uint32_t middle = from + (to - from) / 2;
        struct event_stamp stamp;
        if (!event_stamp_read(reader->events[middle], &stamp)) {
            return daybook_fail(error, DAYBOOK_DAMAGED,
                                "reading the journal of %s: event %" PRIu64 " does not say when it was recorded",
                                reader->journal->directory, reader->header.first_sequence + middle);
        }
        if (stamp.recorded_at_us <= instant_us) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    *count = from;
    return DAYBOOK_OK;
}

/* Of the table of frames. */
static enum daybook_status load_instant(struct journal_reader *reader, int64_t instant_us, bool *is_found,
                                        struct daybook_error *error) {
    struct view view;
    struct table_row row;
    *is_found = false;
    enum daybook_status status = view_begin(reader->journal, &view, error);
    if (status == DAYBOOK_OK) {
        status = frame_at(reader->journal, view.cursor, instant_us, &row, error);
    }
    if (status == DAYBOOK_OK && row.is_valid) {
        *is_found = true;
        status = reader_unpack(reader, view.cursor, &row, error);
    }
    view_end(&view);
    return status;
}

/* From the event on, which was recorded at or before the instant. The frame that holds it may end before the record of
 * the log did in which it was found: what is settled is cut anew. */
static enum daybook_status last_until(struct journal_reader *reader, uint64_t from, int64_t instant_us,
                                      uint64_t *sequence, struct daybook_error *error) {
    bool is_found = true;
    uint32_t count = 0;
    for (uint64_t next = from; next > *sequence;) {
        DAYBOOK_TRY(reader_load(reader, next, &is_found, error));
        if (is_found) {
            DAYBOOK_TRY(events_until(reader, instant_us, &count, error));
            *sequence = reader->header.first_sequence + count - 1;
            next = count == reader->header.event_count ? *sequence + 1 : 0;
        } else {
            next = 0;
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status journal_sequence_at(struct journal_reader *reader, int64_t instant_us, uint64_t *sequence,
                                        struct daybook_error *error) {
    struct journal_head head; /* Asked for so that the index of the log is what the log is. */
    uint32_t count = 0;
    bool is_found = false;
    *sequence = 0;
    DAYBOOK_TRY(journal_head(reader->journal, &head, error));
    const uint64_t in_log = wal_find_instant(reader->journal->wal, instant_us);
    if (in_log > 0) {
        return last_until(reader, in_log, instant_us, sequence, error);
    }
    DAYBOOK_TRY(load_instant(reader, instant_us, &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(events_until(reader, instant_us, &count, error));
        *sequence = reader->header.first_sequence + count - 1;
    }
    return DAYBOOK_OK;
}
