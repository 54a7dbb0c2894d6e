/*
 * The tail of the journal: small frames, and their merge into one.
 *
 * A quiet time leaves one small frame a commit, each with its own header, its
 * own place in a page and no neighbours to be compressed with. The writer
 * remembers the newest frames that would together fit one full frame; when
 * they are many, the next append's transaction replaces them. Sequences and
 * event bytes stay as they are (J2), and readers keep the frames of their snapshot.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "store/journal_internal.h"

/* Many frames are merged at once, some only when the next no longer fits them. A merge packs its events again, so a
 * single event is packed some five times before its frame is full; the pages that its own commit writes cost more. */
enum { MERGE_AT_FRAMES = 64, MERGE_LEAST_FRAMES = 8 };

bool tail_fits(const struct journal_tail *tail, const struct frame_header *header) {
    return tail->event_count + header->event_count <= FRAME_TARGET_EVENTS &&
           tail->raw_bytes + header->raw_size_bytes <= FRAME_TARGET_BYTES;
}

void tail_add(struct journal_tail *tail, const struct frame_header *header) {
    if (tail->frame_count == 0 || !tail_fits(tail, header)) {
        *tail = (struct journal_tail){.first_sequence = header->first_sequence};
    }
    tail->frame_count++;
    tail->event_count += header->event_count;
    tail->raw_bytes += header->raw_size_bytes;
}

bool tail_is_due(const struct journal_tail *tail, const struct frame_header *next) {
    return tail->frame_count >= MERGE_AT_FRAMES || (tail->frame_count >= MERGE_LEAST_FRAMES && !tail_fits(tail, next));
}

/* Unpacks the frames of the tail, end to end, into merged_raw and merged_events. */
static enum daybook_status tail_unpack(struct journal *journal, struct table_cursor *cursor,
                                       struct frame_header *merged, struct daybook_error *error) {
    const struct journal_tail *tail = &journal->tail;
    struct frame_header header;
    struct table_row row;
    uint8_t key[FRAME_KEY_SIZE];
    daybook_buffer_reset(&journal->merged_raw);
    if (daybook_buffer_reserve(&journal->merged_raw, tail->raw_bytes) == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "merging frames of %s: no memory", journal->directory);
    }
    *merged = (struct frame_header){.first_sequence = tail->first_sequence};
    enum daybook_status status = cursor_seek(cursor, frame_key(key, tail->first_sequence), &row, error);
    for (uint32_t i = 0; i < tail->frame_count && status == DAYBOOK_OK; i++) {
        status = frame_row_peek(journal, &row, &header, error);
        if (status == DAYBOOK_OK) {
            status = frame_unpack(journal->codec, row.value, &header, &journal->raw, journal->events, error);
        }
        if (status != DAYBOOK_OK) {
            break;
        }
        if (header.first_sequence != merged->first_sequence + merged->event_count ||
            merged->event_count + header.event_count > tail->event_count ||
            journal->merged_raw.size + journal->raw.size > tail->raw_bytes) {
            return daybook_fail(error, DAYBOOK_DAMAGED,
                                "merging frames of %s: the frame of sequence %" PRIu64
                                " is not the one that was written",
                                journal->directory, header.first_sequence);
        }
        uint8_t *to = journal->merged_raw.data + journal->merged_raw.size;
        memcpy(to, journal->raw.data, journal->raw.size);
        journal->merged_raw.size += journal->raw.size;
        for (uint32_t k = 0; k < header.event_count; k++) {
            const struct event_span *event = &journal->events[k];
            journal->merged_events[merged->event_count + k] =
                (struct event_span){to + (event->data - journal->raw.data), event->size};
        }
        if (i == 0) {
            merged->first_recorded_at_us = header.first_recorded_at_us;
        }
        merged->last_recorded_at_us = header.last_recorded_at_us;
        merged->event_count += header.event_count;
        status = cursor_next(cursor, &row, error);
    }
    return status;
}

static bool spans_are_equal(const struct event_span *a, const struct event_span *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (a[i].size != b[i].size || (a[i].size > 0 && memcmp(a[i].data, b[i].data, a[i].size) != 0)) {
            return false;
        }
    }
    return true;
}

/* The merged frame must give back the very bytes that it replaces, before those are deleted. */
static enum daybook_status merged_pack(struct journal *journal, const struct frame_header *merged,
                                       struct daybook_error *error) {
    struct frame_header header;
    daybook_buffer_reset(&journal->merged_frame);
    enum daybook_status status =
        frame_pack(journal->codec, *merged, journal->merged_events, &journal->merged_frame, error);
    if (status == DAYBOOK_OK) {
        status = frame_unpack(journal->codec, daybook_buffer_view(&journal->merged_frame), &header, &journal->raw,
                              journal->events, error);
    }
    if (status == DAYBOOK_OK && (header.event_count != merged->event_count ||
                                 !spans_are_equal(journal->events, journal->merged_events, merged->event_count))) {
        status = daybook_fail(error, DAYBOOK_DAMAGED, "merging frames of %s: the merged frame differs from them",
                              journal->directory);
    }
    return status;
}

/* Deletes the rows of the tail: each starts where the one before it ends, so a cursor finds them by position. They were
 * all unpacked in this transaction, so they are there. */
static enum daybook_status tail_delete(struct journal *journal, struct store_txn *txn, struct table_cursor *cursor,
                                       struct daybook_error *error) {
    struct table_row row;
    uint8_t key[FRAME_KEY_SIZE];
    enum daybook_status status = DAYBOOK_OK;
    for (uint32_t i = 0; i < journal->tail.frame_count && status == DAYBOOK_OK; i++) {
        bool was_found = false;
        status = cursor_seek(cursor, frame_key(key, journal->tail.first_sequence), &row, error);
        if (status != DAYBOOK_OK) {
            break;
        }
        assert(row.is_valid && row.key.size == FRAME_KEY_SIZE);
        memcpy(key, row.key.data, FRAME_KEY_SIZE); /* The row is borrowed until the delete. */
        status = table_delete(txn, TABLE_FRAMES, (struct daybook_bytes){key, FRAME_KEY_SIZE}, &was_found, error);
    }
    return status;
}

enum daybook_status tail_merge(struct journal *journal, struct store_txn *txn, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct frame_header merged;
    uint8_t key[FRAME_KEY_SIZE];
    enum daybook_status status = cursor_open(txn, TABLE_FRAMES, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = tail_unpack(journal, cursor, &merged, error);
    }
    if (status == DAYBOOK_OK) {
        status = merged_pack(journal, &merged, error);
    }
    if (status == DAYBOOK_OK) {
        status = tail_delete(journal, txn, cursor, error);
    }
    cursor_close(cursor);
    if (status == DAYBOOK_OK) {
        status = table_append(txn, TABLE_FRAMES, frame_key(key, merged.first_sequence),
                              daybook_buffer_view(&journal->merged_frame), error);
    }
    return status;
}
