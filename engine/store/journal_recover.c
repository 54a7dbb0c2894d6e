/* What the next writer finds: the newest frames verified in full, the head, and the tail that a merge may replace. */
#include <inttypes.h>

#include "store/journal_internal.h"

/* A power cut harms what was written last; the rest is scrubbed in the background. */
enum { VERIFY_FRAMES = 64 };

/* The walk from the newest frame back. */
struct walk {
    uint32_t visited;
    bool is_tail; /* The frames so far still fit one. */
    struct frame_header newer;
};

enum daybook_status frame_row_peek(const struct journal *journal, const struct table_row *row,
                                   struct frame_header *header, struct daybook_error *error) {
    if (!row->is_valid || row->key.size != FRAME_KEY_SIZE) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading the journal of %s: a frame is missing, or its key is none",
                            journal->directory);
    }
    const uint64_t key = load_be64(row->key.data);
    enum daybook_status status = frame_peek(row->value, header, error);
    if (status != DAYBOOK_OK) {
        daybook_fail_in(error, "the journal of %s, sequence %" PRIu64 " on", journal->directory, key);
        return status;
    }
    if (header->first_sequence != key) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "reading the journal of %s: the frame of sequence %" PRIu64
                            " says that it starts at %" PRIu64 "; restore it from a backup",
                            journal->directory, key, header->first_sequence);
    }
    return DAYBOOK_OK;
}

enum daybook_status frame_stamps_check(const struct journal *journal, const struct frame_header *header,
                                       const struct event_span *events, struct daybook_error *error) {
    int64_t previous_us = 0;
    for (uint32_t i = 0; i < header->event_count; i++) {
        struct event_stamp stamp;
        const uint64_t sequence = header->first_sequence + i;
        const bool is_first = i == 0;
        const bool is_last = i == header->event_count - 1;
        if (!event_stamp_read(events[i], &stamp) || stamp.sequence != sequence ||
            (!is_first && stamp.recorded_at_us <= previous_us) ||
            (is_first && stamp.recorded_at_us != header->first_recorded_at_us) ||
            (is_last && stamp.recorded_at_us != header->last_recorded_at_us)) {
            return daybook_fail(error, DAYBOOK_DAMAGED,
                                "verifying the journal of %s: event %" PRIu64
                                " does not say its sequence and its instant; restore it from a backup",
                                journal->directory, sequence);
        }
        previous_us = stamp.recorded_at_us;
    }
    return DAYBOOK_OK;
}

static enum daybook_status frame_visit(struct journal *journal, const struct table_row *row, struct walk *walk,
                                       struct daybook_error *error) {
    struct frame_header header;
    enum daybook_status status = frame_row_peek(journal, row, &header, error);
    if (status == DAYBOOK_OK && walk->visited < VERIFY_FRAMES) {
        status = frame_unpack(journal->codec, row->value, &header, &journal->raw, journal->events, error);
        if (status == DAYBOOK_OK) {
            status = frame_stamps_check(journal, &header, journal->events, error);
        }
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (walk->visited == 0) {
        journal->settled = (struct journal_head){frame_last_sequence(&header), header.last_recorded_at_us};
    } else if (frame_last_sequence(&header) + 1 != walk->newer.first_sequence ||
               header.last_recorded_at_us >= walk->newer.first_recorded_at_us) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "verifying the journal of %s: the frames of sequences %" PRIu64 " and %" PRIu64
                            " do not follow each other; restore it from a backup",
                            journal->directory, header.first_sequence, walk->newer.first_sequence);
    }
    walk->is_tail = walk->is_tail && tail_add_before(&journal->tail, &header);
    walk->newer = header;
    walk->visited++;
    return DAYBOOK_OK;
}

enum daybook_status journal_recover(struct journal *journal, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    struct walk walk = {.is_tail = true};
    journal->settled = (struct journal_head){0};
    journal->tail = (struct journal_tail){0};
    enum daybook_status status = store_begin_read(journal->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = cursor_open(txn, TABLE_FRAMES, &cursor, error);
    }
    if (status == DAYBOOK_OK) {
        status = cursor_seek_back(cursor, (struct daybook_bytes){0}, &row, error);
    }
    while (status == DAYBOOK_OK && row.is_valid && (walk.is_tail || walk.visited < VERIFY_FRAMES)) {
        status = frame_visit(journal, &row, &walk, error);
        if (status == DAYBOOK_OK) {
            status = cursor_previous(cursor, &row, error);
        }
    }
    if (status == DAYBOOK_OK && walk.visited > 0 && !row.is_valid && walk.newer.first_sequence != 1) {
        status = daybook_fail(error, DAYBOOK_DAMAGED,
                              "verifying the journal of %s: sequences 1 to %" PRIu64
                              " are missing; restore it from a backup",
                              journal->directory, walk.newer.first_sequence - 1);
    }
    cursor_close(cursor);
    store_abort(txn);
    if (status == DAYBOOK_OK) {
        status = log_recover(journal, error);
    }
    journal->head = journal->settled;
    return status;
}
