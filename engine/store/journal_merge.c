/*
 * The tail of the journal: small frames, and their merge into one.
 *
 * A quiet time leaves one small frame a commit, each with its own header, its
 * own place in a page and no neighbours to be compressed with. The writer
 * remembers the newest frames that would together fit one full frame, the tail,
 * and those of them that no merge has made larger yet, the young. When the
 * young are many, the next append's transaction replaces them by one, and when
 * the next frame would not fit the tail, all of it. So a single event is packed
 * three times before its frame is full. Sequences and event bytes stay as they
 * are (J2), and readers keep the frames of their snapshot.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "store/journal_internal.h"

/* So many young frames are merged at once; a tail that is full is merged unless its frames are few. */
enum { MERGE_AT_FRAMES = YOUNG_LESS_EVENTS, MERGE_LEAST_FRAMES = 8 };

static bool run_fits(const struct frame_run *run, const struct frame_header *header) {
    return run->event_count + header->event_count <= FRAME_TARGET_EVENTS &&
           run->raw_bytes + header->raw_size_bytes <= FRAME_TARGET_BYTES;
}

static void run_add(struct frame_run *run, const struct frame_header *header) {
    if (run->frame_count == 0 || header->first_sequence < run->first_sequence) {
        run->first_sequence = header->first_sequence;
    }
    run->frame_count++;
    run->event_count += header->event_count;
    run->raw_bytes += header->raw_size_bytes;
}

void tail_add(struct journal_tail *tail, const struct frame_header *header) {
    if (!run_fits(&tail->all, header)) {
        *tail = (struct journal_tail){0};
    }
    run_add(&tail->all, header);
    if (header->event_count < YOUNG_LESS_EVENTS) {
        run_add(&tail->young, header);
    } else {
        tail->young = (struct frame_run){0};
    }
}

bool tail_add_before(struct journal_tail *tail, const struct frame_header *header) {
    const bool are_all_young = tail->all.frame_count == tail->young.frame_count;
    if (tail->all.frame_count > 0 && !run_fits(&tail->all, header)) {
        return false;
    }
    run_add(&tail->all, header);
    if (are_all_young && header->event_count < YOUNG_LESS_EVENTS) {
        run_add(&tail->young, header);
    }
    return true;
}

struct frame_run tail_due(const struct journal_tail *tail, const struct frame_header *next) {
    if (tail->all.frame_count >= MERGE_LEAST_FRAMES && !run_fits(&tail->all, next)) {
        return tail->all;
    }
    return tail->young.frame_count >= MERGE_AT_FRAMES ? tail->young : (struct frame_run){0};
}

void tail_merged(struct journal_tail *tail, const struct frame_run *run) {
    tail->all.frame_count -= run->frame_count - 1;
    tail->young = run->event_count < YOUNG_LESS_EVENTS ? tail->all : (struct frame_run){0};
}

/* Unpacks the frames, end to end, into merged_raw and merged_events. */
static enum daybook_status run_unpack(struct journal *journal, struct table_cursor *cursor, const struct frame_run *run,
                                      struct frame_header *merged, struct daybook_error *error) {
    struct frame_header header;
    struct table_row row;
    uint8_t key[FRAME_KEY_SIZE];
    daybook_buffer_reset(&journal->merged_raw);
    if (daybook_buffer_reserve(&journal->merged_raw, run->raw_bytes) == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "merging frames of %s: no memory", journal->directory);
    }
    *merged = (struct frame_header){.first_sequence = run->first_sequence};
    enum daybook_status status = cursor_seek(cursor, frame_key(key, run->first_sequence), &row, error);
    for (uint32_t i = 0; i < run->frame_count && status == DAYBOOK_OK; i++) {
        status = frame_row_peek(journal, &row, &header, error);
        if (status == DAYBOOK_OK) {
            status = frame_unpack(journal->codec, row.value, &header, &journal->raw, journal->events, error);
        }
        if (status != DAYBOOK_OK) {
            break;
        }
        if (header.first_sequence != merged->first_sequence + merged->event_count ||
            merged->event_count + header.event_count > run->event_count ||
            journal->merged_raw.size + journal->raw.size > run->raw_bytes) {
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

typedef enum daybook_status frame_packer(struct frame_codec *codec, struct frame_header header,
                                         const struct event_span *events, struct daybook_buffer *out,
                                         struct daybook_error *error);

/* Packs the events, unpacks the frame and compares. */
static enum daybook_status merged_try(struct journal *journal, const struct frame_header *merged, frame_packer *pack,
                                      struct daybook_error *error) {
    struct frame_header header;
    daybook_buffer_reset(&journal->merged_frame);
    enum daybook_status status = pack(journal->codec, *merged, journal->merged_events, &journal->merged_frame, error);
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

/* The merged frame must give back the very bytes that it replaces, before those are deleted. Its columns need not be
 * joined twice for that; should they differ, packing is left to look at them itself, and writes no columns. */
static enum daybook_status merged_pack(struct journal *journal, const struct frame_header *merged,
                                       struct daybook_error *error) {
    enum daybook_status status = merged_try(journal, merged, frame_pack_unchecked, error);
    return status == DAYBOOK_DAMAGED ? merged_try(journal, merged, frame_pack, error) : status;
}

/* Deletes the rows of the frames: each starts where the one before it ends, so a cursor finds them by position. They
 * were all unpacked in this transaction, so they are there. */
static enum daybook_status run_delete(const struct frame_run *run, struct store_txn *txn, struct table_cursor *cursor,
                                      struct daybook_error *error) {
    struct table_row row;
    uint8_t key[FRAME_KEY_SIZE];
    enum daybook_status status = DAYBOOK_OK;
    for (uint32_t i = 0; i < run->frame_count && status == DAYBOOK_OK; i++) {
        bool was_found = false;
        status = cursor_seek(cursor, frame_key(key, run->first_sequence), &row, error);
        if (status != DAYBOOK_OK) {
            break;
        }
        assert(row.is_valid && row.key.size == FRAME_KEY_SIZE);
        memcpy(key, row.key.data, FRAME_KEY_SIZE); /* The row is borrowed until the delete. */
        status = table_delete(txn, TABLE_FRAMES, (struct daybook_bytes){key, FRAME_KEY_SIZE}, &was_found, error);
    }
    return status;
}

enum daybook_status frames_merge(struct journal *journal, struct store_txn *txn, const struct frame_run *run,
                                 struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct frame_header merged;
    uint8_t key[FRAME_KEY_SIZE];
    enum daybook_status status = cursor_open(txn, TABLE_FRAMES, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = run_unpack(journal, cursor, run, &merged, error);
    }
    if (status == DAYBOOK_OK) {
        status = merged_pack(journal, &merged, error);
    }
    if (status == DAYBOOK_OK) {
        status = run_delete(run, txn, cursor, error);
    }
    cursor_close(cursor);
    if (status == DAYBOOK_OK) {
        status = table_append(txn, TABLE_FRAMES, frame_key(key, merged.first_sequence),
                              daybook_buffer_view(&journal->merged_frame), error);
    }
    return status;
}
