/* Frame by frame through the journal, past the damaged ones. */
#include "store/journal_scrub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/journal_internal.h"

struct journal_scrub {
    struct journal *journal;
    struct frame_codec *codec;
    struct daybook_buffer raw;
    uint64_t next;          /* The sequence that the next frame must begin with; 1 at the start. */
    bool has_instant;       /* The frame before it was looked at, and is sound. */
    int64_t recorded_at_us; /* Of that frame's last event. */
    struct event_span events[LIMIT_FRAME_EVENTS];
};

enum daybook_status journal_scrub_open(struct journal *journal, struct journal_scrub **scrub,
                                       struct daybook_error *error) {
    struct journal_scrub *opened = calloc(1, sizeof *opened);
    *scrub = NULL;
    if (opened != NULL) {
        opened->journal = journal;
        opened->next = 1;
        opened->codec = frame_codec_open();
    }
    if (opened == NULL || opened->codec == NULL) {
        free(opened);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "scrubbing the journal of %s: no memory", journal->directory);
    }
    *scrub = opened;
    return DAYBOOK_OK;
}

void journal_scrub_close(struct journal_scrub *scrub) {
    if (scrub != NULL) {
        frame_codec_close(scrub->codec);
        daybook_buffer_release(&scrub->raw);
        free(scrub);
    }
}

void journal_scrub_seek(struct journal_scrub *scrub, uint64_t sequence) {
    scrub->next = sequence;
    scrub->has_instant = false;
}

/* Also that its instants follow those of the frame before it (J4), where that one was sound. */
static enum daybook_status check_frame(struct journal_scrub *scrub, const struct table_row *row,
                                       struct frame_header *header, struct daybook_error *error) {
    DAYBOOK_TRY(frame_row_peek(scrub->journal, row, header, error));
    DAYBOOK_TRY(frame_unpack(scrub->codec, row->value, header, &scrub->raw, scrub->events, error));
    DAYBOOK_TRY(frame_stamps_check(scrub->journal, header, scrub->events, error));
    if (scrub->has_instant && header->first_recorded_at_us <= scrub->recorded_at_us) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "event %" PRIu64 " was recorded before the one before it",
                            header->first_sequence);
    }
    return DAYBOOK_OK;
}

static void report(uint64_t first, uint64_t last, const char *reason, journal_wound_found *found, void *context,
                   struct journal_scrub_step *step) {
    struct journal_wound wound = {.first_sequence = first, .last_sequence = last};
    (void)snprintf(wound.reason, sizeof wound.reason, "%s", reason);
    step->wound_count++;
    if (found != NULL) {
        found(context, &wound);
    }
}

/* The frame at `row`; `following` is the key of the frame behind it, 0 where there is none or it is no key. A row whose
 * own key is none is reported where it stands, before the next sequence. */
static enum daybook_status look(struct journal_scrub *scrub, const struct table_row *row, uint64_t following,
                                journal_wound_found *found, void *context, struct journal_scrub_step *step,
                                struct daybook_error *error) {
    struct daybook_error why = {0};
    struct frame_header header;
    const bool has_key = row->key.size == FRAME_KEY_SIZE;
    const uint64_t first = has_key ? load_be64(row->key.data) : scrub->next;
    if (first > scrub->next) {
        report(scrub->next, first - 1, "these sequences are missing", found, context, step);
    }
    enum daybook_status status = check_frame(scrub, row, &header, &why);
    step->frame_count++;
    step->byte_count += row->value.size;
    if (status == DAYBOOK_OK) {
        scrub->next = frame_last_sequence(&header) + 1;
        scrub->has_instant = true;
        scrub->recorded_at_us = header.last_recorded_at_us;
    } else if (status == DAYBOOK_DAMAGED || status == DAYBOOK_VERSION) {
        const uint64_t last = following == 0 ? 0 : following == first ? first : following - 1;
        report(first, last, why.message, found, context, step);
        journal_scrub_seek(scrub, following != 0 ? following : has_key ? first + 1 : first);
    } else {
        return daybook_fail_as(error, &why);
    }
    step->position = scrub->next - 1;
    return DAYBOOK_OK;
}

/* The first frame to look at. Small frames may have been merged since the step before, and the one that holds the
 * next sequence begin earlier: it is looked at whole. */
static enum daybook_status find_start(struct journal_scrub *scrub, struct table_cursor *cursor, struct table_row *row,
                                      struct daybook_error *error) {
    uint8_t key[FRAME_KEY_SIZE];
    struct frame_header header;
    DAYBOOK_TRY(cursor_seek_back(cursor, frame_key(key, scrub->next), row, error));
    if (!row->is_valid) {
        return cursor_seek(cursor, (struct daybook_bytes){0}, row, error);
    }
    if (row->key.size == FRAME_KEY_SIZE && load_be64(row->key.data) == scrub->next) {
        return DAYBOOK_OK;
    }
    if (frame_row_peek(scrub->journal, row, &header, NULL) == DAYBOOK_OK &&
        frame_last_sequence(&header) >= scrub->next) {
        journal_scrub_seek(scrub, header.first_sequence);
        return DAYBOOK_OK;
    }
    return cursor_next(cursor, row, error);
}

static enum daybook_status look_at_some(struct journal_scrub *scrub, struct table_cursor *cursor, size_t frames,
                                        journal_wound_found *found, void *context, struct journal_scrub_step *step,
                                        struct daybook_error *error) {
    struct table_row row;
    enum daybook_status status = find_start(scrub, cursor, &row, error);
    /* A step does not end before a row whose key is none: the next one finds its place by a sequence. */
    for (size_t i = 0; status == DAYBOOK_OK && row.is_valid && (i < frames || row.key.size != FRAME_KEY_SIZE); i++) {
        struct table_row here = row;
        status = cursor_next(cursor, &row, error);
        uint64_t following = row.is_valid && row.key.size == FRAME_KEY_SIZE ? load_be64(row.key.data) : 0;
        if (status == DAYBOOK_OK) {
            status = look(scrub, &here, following, found, context, step, error);
        }
    }
    step->is_done = status == DAYBOOK_OK && !row.is_valid;
    return status;
}

enum daybook_status journal_scrub_next(struct journal_scrub *scrub, size_t frames, journal_wound_found *found,
                                       void *context, struct journal_scrub_step *step, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct table_cursor *cursor = NULL;
    *step = (struct journal_scrub_step){.position = scrub->next - 1};
    enum daybook_status status = store_begin_read(scrub->journal->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = cursor_open(txn, TABLE_FRAMES, &cursor, error);
    }
    if (status == DAYBOOK_OK) {
        status = look_at_some(scrub, cursor, frames, found, context, step, error);
    }
    cursor_close(cursor);
    store_abort(txn);
    if (step->is_done) {
        journal_scrub_seek(scrub, 1);
    }
    return status;
}
