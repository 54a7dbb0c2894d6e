/* The merge of small frames: what is not what was written, or does not come back, stops it, and nothing is replaced. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/engine/store/behind.h"
#include "tests/engine/store/forged.h"
#include "tests/rows.h"

enum { SMALL_FRAMES = 64 };

/* ---- frames that change while a writer has the journal open ---- */

struct change_row {
    const char *name;
    uint64_t first; /* These frames, of one event each, are taken away. */
    uint64_t last;
    uint32_t put_count; /* And one of so many events is put where the first was. 0: none. */
    bool is_damaged;    /* Its bytes are not what its checksum is of. */
    uint8_t padding;    /* Its event has so many bytes more. */
    const char *said;
};

static const struct change_row change_rows[] = {
    {"a frame is damaged", 10, 10, 1, true, 0, "sequences 10 to 10"},
    {"a frame is lost", 10, 10, 0, false, 0, "the frame of sequence 11 is not the one that was written"},
    {"the last frame is lost", 64, 64, 0, false, 0, "a frame is missing"},
    {"the first frames are lost", 1, 3, 0, false, 0, "the frame of sequence 4 is not the one that was written"},
    {"a frame has two events", 10, 10, 2, false, 0, "the frame of sequence 11 is not the one that was written"},
    {"two frames have become one", 10, 11, 2, false, 0, "a frame is missing"},
    {"the last frame has two events", 64, 64, 2, false, 0, "the frame of sequence 64 is not the one that was written"},
    {"an event is longer", 10, 10, 1, false, 100, "the frame of sequence 6"},
};

/* A frame of `count` events, the last of them padded by a field. */
static struct daybook_buffer padded_frame(uint64_t first_sequence, uint32_t count, uint8_t padding) {
    struct daybook_buffer frame = {0};
    struct events events = events_make(first_sequence, count);
    struct frame_codec *codec = frame_codec_open();
    uint8_t bytes[EVENT_ROOM] = {0};
    struct event_span *last = &events.spans[count - 1];
    const struct frame_header header = {.first_sequence = first_sequence,
                                        .event_count = count,
                                        .first_recorded_at_us = events.instants[0],
                                        .last_recorded_at_us = events.instants[count - 1]};
    memcpy(bytes, last->data, last->size);
    if (padding > 0) {
        bytes[last->size] = 9 << 3 | 2;
        bytes[last->size + 1] = padding;
        *last = (struct event_span){bytes, last->size + 2 + padding};
    }
    assert_non_null(codec);
    assert_int_equal(frame_pack(codec, header, events.spans, &frame, NULL), DAYBOOK_OK);
    frame_codec_close(codec);
    events_release(&events);
    return frame;
}

static void change_frames(const char *directory, const struct change_row *row) {
    uint8_t key[8];
    for (uint64_t sequence = row->first; sequence <= row->last; sequence++) {
        frame_set(directory, key_of(key, sequence), (struct daybook_bytes){0});
    }
    if (row->put_count > 0) {
        struct daybook_buffer frame = padded_frame(row->first, row->put_count, row->padding);
        frame.data[frame.size - 1] ^= row->is_damaged ? 1 : 0;
        frame_set(directory, key_of(key, row->first), daybook_buffer_view(&frame));
        daybook_buffer_release(&frame);
    }
}

/* Another process changes them: in this one the journal's store is open. It is forked before that. */
static pid_t changer_start(const char *directory, const struct change_row *row, int start[2]) {
    assert_int_equal(pipe(start), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    char byte;
    if (child == 0) {
        if (read(start[0], &byte, 1) != 1) {
            _exit(1);
        }
        change_frames(directory, row);
        _exit(0);
    }
    return child;
}

static void a_merge_stops(void **state) {
    const struct change_row *row = *state;
    void *place = NULL;
    int start[2];
    int status = -1;
    struct daybook_error error = {0};
    struct journal_head head;
    assert_int_equal(place_set_up(&place), 0);
    pid_t child = changer_start(place, row, start);
    struct journal *journal = make_journal_without_log(place);
    for (uint64_t i = 1; i <= SMALL_FRAMES; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    assert_int_equal(write(start[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    const uint64_t frames = frames_of(journal);
    assert_int_equal(append_count(journal, SMALL_FRAMES + 1, 1, &error), DAYBOOK_DAMAGED);
    if (strstr(error.message, row->said) == NULL) {
        fail_msg("said: %s", error.message);
    }
    assert_int_equal(frames_of(journal), frames);
    assert_int_equal(journal_head(journal, &head, NULL), DAYBOOK_OK);
    assert_int_equal(head.sequence, SMALL_FRAMES);
    journal_close(journal);
    close(start[0]);
    close(start[1]);
    place_tear_down(&place);
}

/* ---- a merged frame that is not what it replaces ---- */

enum trick { HONEST, REFUSES, FORGETS, SHORTENS, ALTERS };

static struct {
    int trick;
    unsigned unpacked; /* Frames, since a trick was chosen. */
    unsigned until;    /* No trick is played after so many. */
} unpacker;

enum daybook_status __real_frame_unpack(struct frame_codec *codec, struct daybook_bytes frame,
                                        struct frame_header *header, struct daybook_buffer *raw,
                                        struct event_span *events, struct daybook_error *error);
enum daybook_status __wrap_frame_unpack(struct frame_codec *codec, struct daybook_bytes frame,
                                        struct frame_header *header, struct daybook_buffer *raw,
                                        struct event_span *events, struct daybook_error *error);

/* Plays it with the frame that is unpacked behind the 64 that are merged. */
enum daybook_status __wrap_frame_unpack(struct frame_codec *codec, struct daybook_bytes frame,
                                        struct frame_header *header, struct daybook_buffer *raw,
                                        struct event_span *events, struct daybook_error *error) {
    enum daybook_status status = __real_frame_unpack(codec, frame, header, raw, events, error);
    const uint32_t last = header->event_count - 1;
    if (unpacker.trick == HONEST || ++unpacker.unpacked <= SMALL_FRAMES || unpacker.unpacked > unpacker.until) {
        return status;
    }
    switch ((enum trick)unpacker.trick) {
    case HONEST:
        break;
    case REFUSES:
        return daybook_fail(error, DAYBOOK_DAMAGED, "the merged frame cannot be read");
    case FORGETS:
        header->event_count--;
        break;
    case SHORTENS:
        events[last].size--;
        break;
    case ALTERS:
        raw->data[events[last].data - raw->data] ^= 1;
        break;
    }
    return status;
}

struct trick_row {
    const char *name;
    enum trick trick;
    const char *said;
};

static const struct trick_row trick_rows[] = {
    {"it cannot be read", REFUSES, "cannot be read"},
    {"it lacks an event", FORGETS, "the merged frame differs"},
    {"an event lacks a byte", SHORTENS, "the merged frame differs"},
    {"an event has another byte", ALTERS, "the merged frame differs"},
};

static void what_does_not_come_back_replaces_nothing(void **state) {
    const struct trick_row *row = *state;
    void *place = NULL;
    struct daybook_error error = {0};
    assert_int_equal(place_set_up(&place), 0);
    struct journal *journal = make_journal_without_log(place);
    for (uint64_t i = 1; i <= SMALL_FRAMES; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    unpacker.unpacked = 0;
    unpacker.until = UINT_MAX;
    unpacker.trick = row->trick;
    enum daybook_status status = append_count(journal, SMALL_FRAMES + 1, 1, &error);
    unpacker.trick = HONEST;
    assert_int_equal(status, DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, row->said));
    assert_int_equal(frames_of(journal), SMALL_FRAMES);
    assert_holds(journal, SMALL_FRAMES);
    assert_int_equal(append_count(journal, SMALL_FRAMES + 1, 1, NULL), DAYBOOK_OK);
    assert_int_equal(frames_of(journal), 2);
    assert_holds(journal, SMALL_FRAMES + 1);
    journal_close(journal);
    place_tear_down(&place);
}

/* Were columns ever joined to anything else than what was split, a merge would not stop the ledger for it. */
static void what_comes_back_the_second_time_replaces(void **state) {
    void *place = NULL;
    (void)state;
    assert_int_equal(place_set_up(&place), 0);
    struct journal *journal = make_journal_without_log(place);
    for (uint64_t i = 1; i <= SMALL_FRAMES; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    unpacker.unpacked = 0;
    unpacker.until = SMALL_FRAMES + 1;
    unpacker.trick = ALTERS;
    assert_int_equal(append_count(journal, SMALL_FRAMES + 1, 1, NULL), DAYBOOK_OK);
    unpacker.trick = HONEST;
    assert_int_equal(unpacker.unpacked, SMALL_FRAMES + 2);
    assert_int_equal(frames_of(journal), 2);
    assert_holds(journal, SMALL_FRAMES + 1);
    journal_close(journal);
    place_tear_down(&place);
}

/* ---- how often an event is packed ---- */

/* 64 frames become one, eight such become a full one: 9 frames replace 512, and nothing is merged in between. */
static void single_events_are_merged_twice(void **state) {
    void *place = NULL;
    uint64_t merges = 0;
    uint64_t before = 0;
    (void)state;
    assert_int_equal(place_set_up(&place), 0);
    struct journal *journal = make_journal_without_log(place);
    for (uint64_t i = 1; i <= 2 * 512 + 1; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
        const uint64_t now = frames_of(journal);
        merges += now <= before;
        before = now;
    }
    assert_int_equal(merges, 2 * 8); /* Of 64, seven times, and then of seven with the last 64. */
    assert_int_equal(before, 3);
    assert_holds(journal, 2 * 512 + 1);
    journal_close(journal);
    place_tear_down(&place);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "what comes back the second time replaces", what_comes_back_the_second_time_replaces, NULL);
    rows_add(&rows, "single events are merged twice", single_events_are_merged_twice, NULL);
    ROWS_ADD_TABLE(&rows, change_rows, a_merge_stops);
    ROWS_ADD_TABLE(&rows, trick_rows, what_does_not_come_back_replaces_nothing);
    return rows_run("journal_merge", &rows);
}
