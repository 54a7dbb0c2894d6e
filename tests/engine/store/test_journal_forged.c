/* Frames and rows that nobody has written, below a journal: what its writer, its readers and its merge say of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/engine/store/behind.h"
#include "tests/engine/store/forged.h"
#include "tests/rows.h"

/* ---- what a row is changed to ---- */

enum change { LOST, FORGED, HEADER_DAMAGED, BYTES_DAMAGED, KEY_ADDED };

struct change_row {
    enum change change;
    uint64_t first_sequence;
    uint32_t count; /* Of a forged frame. */
    struct lie lie;
};

static void change_row(const char *directory, const struct change_row *row) {
    uint8_t key[9] = {0};
    struct daybook_buffer frame = {0};
    struct daybook_bytes at = key_of(key, row->first_sequence);
    switch (row->change) {
    case LOST:
        break;
    case FORGED:
        frame = forged_frame(row->first_sequence, row->count, row->lie);
        break;
    case HEADER_DAMAGED:
        frame = frame_get(directory, row->first_sequence);
        frame.data[0] ^= 1;
        break;
    case BYTES_DAMAGED:
        frame = frame_get(directory, row->first_sequence);
        frame.data[frame.size - 1] ^= 1;
        break;
    case KEY_ADDED: /* One that is none, right behind the frame's. */
        frame = frame_get(directory, row->first_sequence);
        at.size = sizeof key;
        break;
    }
    frame_set(directory, at, daybook_buffer_view(&frame));
    daybook_buffer_release(&frame);
}

/* Four frames of 400 events. */
static void make_four_frames(const char *directory) {
    struct journal *journal = make_journal(directory);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(append_count(journal, i * 400 + 1, 400, NULL), DAYBOOK_OK);
    }
    assert_int_equal(frames_of(journal), 4);
    journal_close(journal);
}

/* ---- opening to write ---- */

struct open_row {
    const char *name;
    struct change_row changed;
    const char *said;
};

static const struct open_row open_rows[] = {
    {"events of another place", {FORGED, 801, 400, {.sequence_by = 4199}}, "event 801 "},
    {"an event that says the one before it", {FORGED, 801, 400, {.index = 5, .sequence_by = -1}}, "event 806 "},
    {"an event that says nothing", {FORGED, 801, 400, {.index = 399, .is_empty = true}}, "event 1200 "},
    {"two events of one instant", {FORGED, 801, 400, {.index = 7, .instant_by = -10}}, "event 808 "},
    {"the header's first instant", {FORGED, 801, 400, {.first_by = -1}}, "event 801 "},
    {"the header's last instant", {FORGED, 801, 400, {.last_by = 1}}, "event 1200 "},
    {"a frame recorded after the next", {FORGED, 801, 400, {.all_instants_by = 4000}}, "801 and 1201 do not follow"},
    {"a frame recorded with the next", {FORGED, 801, 400, {.all_instants_by = 10}}, "801 and 1201 do not follow"},
    {"a frame that is too short", {FORGED, 801, 399, {.index = 0}}, "801 and 1201 do not follow"},
    {"a frame that is too long", {FORGED, 801, 401, {.index = 0}}, "801 and 1201 do not follow"},
    {"the first frame is lost", {LOST, 1, 0, {.index = 0}}, "1 to 400 are missing"},
    {"the newest frame's key is none", {KEY_ADDED, 1201, 0, {.index = 0}}, "its key is none"},
};

static void a_writer_refuses(void **state) {
    const struct open_row *row = *state;
    void *place = NULL;
    struct daybook_error error = {0};
    assert_int_equal(place_set_up(&place), 0);
    make_four_frames(place);
    change_row(place, &row->changed);
    assert_int_equal(writer_status(place, &error), DAYBOOK_DAMAGED);
    if (strstr(error.message, row->said) == NULL) {
        fail_msg("said: %s", error.message);
    }
    struct journal *journal = open_journal(place, false); /* Who reads is let in, and told of what is damaged alone. */
    journal_close(journal);
    place_tear_down(&place);
}

/* ---- reading ---- */

struct read_row {
    const char *name;
    struct change_row changed[2];
    uint64_t sequence; /* That is read, and whose instant is asked for. */
    enum daybook_status read;
    enum daybook_status asked;
    enum daybook_status head;
    const char *said; /* Of the first that is not DAYBOOK_OK. */
};

#define NOTHING                                                                                                        \
    {                                                                                                                  \
        LOST, 0, 0, {                                                                                                  \
            .index = 0                                                                                                 \
        }                                                                                                              \
    }

static const struct read_row read_rows[] = {
    {"all is sound", {NOTHING, NOTHING}, 500, DAYBOOK_OK, DAYBOOK_OK, DAYBOOK_OK, ""},
    {"the first frame's header",
     {{HEADER_DAMAGED, 1, 0, {.index = 0}}, NOTHING},
     500,
     DAYBOOK_OK,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "sequence 1 on"},
    {"the newest frame's header",
     {{HEADER_DAMAGED, 1201, 0, {.index = 0}}, NOTHING},
     500,
     DAYBOOK_OK,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     "sequence 1201 on"},
    {"the newest frame's bytes",
     {{BYTES_DAMAGED, 1201, 0, {.index = 0}}, NOTHING},
     1300,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "sequences from 1201"},
    {"the header of the frame that is met on the way",
     {{HEADER_DAMAGED, 801, 0, {.index = 0}}, NOTHING},
     500,
     DAYBOOK_OK,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "sequence 801 on"},
    {"the frame is lost",
     {{LOST, 401, 0, {.index = 0}}, NOTHING},
     500,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "401 to 800 are missing"},
    {"two frames are lost",
     {{LOST, 401, 0, {.index = 0}}, {LOST, 801, 0, {.index = 0}}},
     900,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "401 to 1200 are missing"},
    {"the first frame is lost",
     {{LOST, 1, 0, {.index = 0}}, NOTHING},
     300,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "1 to 400 are missing"},
    {"an event does not say its instant",
     {{FORGED, 401, 400, {.index = 200, .is_empty = true}}, NOTHING},
     500,
     DAYBOOK_OK,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "event 601 does not say"},
    {"a frame before it is lost", {{LOST, 401, 0, {.index = 0}}, NOTHING}, 900, DAYBOOK_OK, DAYBOOK_OK, DAYBOOK_OK, ""},
    {"the frame behind it is lost",
     {{LOST, 801, 0, {.index = 0}}, NOTHING},
     800,
     DAYBOOK_OK,
     DAYBOOK_OK,
     DAYBOOK_OK,
     ""},
    {"a key that is none behind the frame",
     {{KEY_ADDED, 401, 0, {.index = 0}}, NOTHING},
     500,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "its key is none"},
    {"a key that is none behind a damaged frame",
     {{KEY_ADDED, 401, 0, {.index = 0}}, {BYTES_DAMAGED, 401, 0, {.index = 0}}},
     401,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "sequences from 401"},
    {"a key that is none behind a lost frame",
     {{KEY_ADDED, 401, 0, {.index = 0}}, {LOST, 401, 0, {.index = 0}}},
     401,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     DAYBOOK_OK,
     "are missing"},
    {"the newest frame's key is none",
     {{KEY_ADDED, 1201, 0, {.index = 0}}, NOTHING},
     500,
     DAYBOOK_OK,
     DAYBOOK_DAMAGED,
     DAYBOOK_DAMAGED,
     "its key is none"},
};

static void a_reader_is_told(void **state) {
    const struct read_row *row = *state;
    void *place = NULL;
    struct journal_reader *reader = NULL;
    struct journal_slice slice;
    struct journal_head head;
    struct daybook_error errors[3] = {{0}};
    uint64_t sequence = 0;
    assert_int_equal(place_set_up(&place), 0);
    make_four_frames(place);
    for (size_t i = 0; i < ROW_COUNT(row->changed) && row->changed[i].first_sequence > 0; i++) {
        change_row(place, &row->changed[i]);
    }
    struct journal *journal = open_journal(place, false);
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    assert_int_equal(journal_read(reader, row->sequence, &slice, &errors[0]), row->read);
    assert_true(slice.count == 0 || event_is(row->sequence, slice.events[0].data, slice.events[0].size));
    assert_int_equal(slice.count == 0, row->read != DAYBOOK_OK);
    assert_int_equal(journal_sequence_at(reader, event_instant(row->sequence), &sequence, &errors[1]), row->asked);
    assert_true(row->asked != DAYBOOK_OK || sequence == (row->read == DAYBOOK_OK ? row->sequence : 0));
    assert_int_equal(journal_head(journal, &head, &errors[2]), row->head);
    assert_int_equal(head.sequence, row->head == DAYBOOK_OK ? 1600 : 0);
    const size_t first = row->read != DAYBOOK_OK ? 0 : row->asked != DAYBOOK_OK ? 1 : 2;
    if (strstr(errors[first].message, row->said) == NULL) {
        fail_msg("said: %s", errors[first].message);
    }
    journal_reader_close(reader);
    journal_close(journal);
    place_tear_down(&place);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, open_rows, a_writer_refuses);
    ROWS_ADD_TABLE(&rows, read_rows, a_reader_is_told);
    return rows_run("journal_forged", &rows);
}
