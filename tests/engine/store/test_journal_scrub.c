/* The scrub: it names just the sequences that cannot be read, goes on behind them, and comes to an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal_scrub.h"
#include "tests/engine/store/behind.h"
#include "tests/engine/store/forged.h"
#include "tests/rows.h"

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

struct wounds {
    struct journal_wound list[8];
    size_t count;
};

static void keep_wound(void *context, const struct journal_wound *wound) {
    struct wounds *wounds = context;
    assert_true(wounds->count < 8);
    wounds->list[wounds->count++] = *wound;
}

static struct wounds scrub_all(const char *directory, size_t frames, uint64_t *position) {
    struct wounds wounds = {0};
    struct journal *journal = open_journal(directory, false);
    struct journal_scrub *scrub = NULL;
    struct journal_scrub_step step = {0};
    assert_int_equal(journal_scrub_open(journal, &scrub, NULL), DAYBOOK_OK);
    for (int steps = 0; !step.is_done; steps++) {
        assert_int_equal(journal_scrub_next(scrub, frames, keep_wound, &wounds, &step, NULL), DAYBOOK_OK);
        assert_true(steps < 20);
    }
    *position = step.position;
    journal_scrub_close(scrub);
    journal_close(journal);
    return wounds;
}

static void damage_frame(const char *directory, uint64_t first_sequence) {
    uint8_t key[8];
    struct daybook_buffer frame = frame_get(directory, first_sequence);
    frame.data[frame.size / 2] ^= 1;
    frame_set(directory, key_of(key, first_sequence), daybook_buffer_view(&frame));
    daybook_buffer_release(&frame);
}

/* Whatever the size of a step, a scrub names the same sequences and goes on behind them. */
static void test_scrub_names_what_is_gone(void **state) {
    uint8_t key[8];
    uint64_t position = 0;
    make_three_frames(*state);
    for (size_t frames = 1; frames <= 4; frames++) {
        assert_int_equal(scrub_all(*state, frames, &position).count, 0);
        assert_int_equal(position, 1200);
    }
    damage_frame(*state, 401);
    for (size_t frames = 1; frames <= 4; frames++) {
        struct wounds wounds = scrub_all(*state, frames, &position);
        assert_int_equal(wounds.count, 1);
        assert_int_equal(wounds.list[0].first_sequence, 401);
        assert_int_equal(wounds.list[0].last_sequence, 800);
        assert_int_equal(position, 1200);
    }
    frame_set(*state, key_of(key, 401), (struct daybook_bytes){0}); /* Taken away. */
    damage_frame(*state, 801);
    struct wounds wounds = scrub_all(*state, 2, &position);
    assert_int_equal(wounds.count, 2);
    assert_int_equal(wounds.list[0].first_sequence, 401);
    assert_int_equal(wounds.list[0].last_sequence, 800);
    assert_int_equal(wounds.list[1].first_sequence, 801);
    assert_int_equal(wounds.list[1].last_sequence, 0); /* The newest frame cannot say where it ends. */
}

/* Small frames are merged between two steps of a scrub: nothing is missing because of that. */
static void test_scrub_while_frames_merge(void **state) {
    struct journal *journal = make_journal_without_log(*state);
    struct journal_scrub *scrub = NULL;
    struct journal_scrub_step step = {0};
    struct wounds wounds = {0};
    uint64_t next = 1;
    for (; next <= 30; next++) {
        assert_int_equal(append_count(journal, next, 1, NULL), DAYBOOK_OK);
    }
    assert_int_equal(journal_scrub_open(journal, &scrub, NULL), DAYBOOK_OK);
    assert_int_equal(journal_scrub_next(scrub, 20, keep_wound, &wounds, &step, NULL), DAYBOOK_OK);
    assert_true(step.position > 1 && step.position < 30);
    uint64_t before = frames_of(journal);
    while (frames_of(journal) >= before) {
        assert_int_equal(append_count(journal, next++, 1, NULL), DAYBOOK_OK);
    }
    while (!step.is_done) {
        assert_int_equal(journal_scrub_next(scrub, 1, keep_wound, &wounds, &step, NULL), DAYBOOK_OK);
    }
    assert_int_equal(wounds.count, 0);
    assert_int_equal(step.position, next - 1);
    journal_scrub_close(scrub);
    journal_close(journal);
}

/* ---- frames that lie ---- */

struct lie_row {
    const char *name;
    struct lie lie;
    uint64_t first_sequence; /* Of the wound that is found. */
    uint64_t last_sequence;
    const char *said;
};

static const struct lie_row lie_rows[] = {
    {"an event says another sequence", {.index = 200, .sequence_by = 1}, 401, 800, "event 601 "},
    {"the first event says the sequence before it", {.index = 0, .sequence_by = -1}, 401, 800, "event 401 "},
    {"an event says nothing", {.index = 399, .is_empty = true}, 401, 800, "event 800 "},
    {"two events of one instant", {.index = 200, .instant_by = -10}, 401, 800, "event 601 "},
    {"an event of a later century", {.index = 200, .instant_by = INT64_C(3155760000000000)}, 401, 800, "event 602 "},
    {"the first event's instant is not the header's", {.first_by = -1}, 401, 800, "event 401 "},
    {"the last event's instant is not the header's", {.last_by = 1}, 401, 800, "event 800 "},
    {"all recorded before the frame before", {.all_instants_by = -4000}, 401, 800, "event 401 "},
    {"all recorded after the frame behind", {.all_instants_by = 4000}, 801, 0, "event 801 "},
};

/* One frame of three lies; the others are sound, and the one behind it is not held against what it says. */
static void a_frame_that_lies_is_named(void **state) {
    const struct lie_row *row = *state;
    void *place = NULL;
    uint8_t key[8];
    uint64_t position = 0;
    struct daybook_error error = {0};
    assert_int_equal(place_set_up(&place), 0);
    make_three_frames(place);
    struct daybook_buffer frame = forged_frame(401, 400, row->lie);
    frame_set(place, key_of(key, 401), daybook_buffer_view(&frame));
    for (size_t frames = 1; frames <= 3; frames++) {
        struct wounds wounds = scrub_all(place, frames, &position);
        assert_int_equal(wounds.count, 1);
        assert_int_equal(position, row->last_sequence == 0 ? 801 : 1200);
        assert_int_equal(wounds.list[0].first_sequence, row->first_sequence);
        assert_int_equal(wounds.list[0].last_sequence, row->last_sequence);
        assert_non_null(strstr(wounds.list[0].reason, row->said));
    }
    assert_int_equal(writer_status(place, &error), DAYBOOK_DAMAGED);
    daybook_buffer_release(&frame);
    place_tear_down(&place);
}

/* ---- rows that are no frames ---- */

struct key_row {
    const char *name;
    const char *keys[2];
    size_t size;
    size_t wound_count;
    struct {
        uint64_t first;
        uint64_t last;
    } wounds[2];
};

/* Behind the frame of 401, and behind the last. Each is named where it stands, and the scrub comes to its end. */
static const struct key_row key_rows[] = {
    {"one between two frames", {"\0\0\0\0\0\0\x01\x91x"}, 9, 1, {{801, 801}}},
    {"two between two frames", {"\0\0\0\0\0\0\x01\x91x", "\0\0\0\0\0\0\x01\x91y"}, 9, 2, {{801, 0}, {801, 801}}},
    {"one behind the last", {"zz"}, 2, 1, {{1201, 0}}},
    {"two behind the last", {"zz", "zy"}, 2, 2, {{1201, 0}, {1201, 0}}},
};

static void a_row_without_a_key_is_named(void **state) {
    const struct key_row *row = *state;
    void *place = NULL;
    uint64_t position = 0;
    assert_int_equal(place_set_up(&place), 0);
    make_three_frames(place);
    struct daybook_buffer frame = frame_get(place, 401);
    for (size_t i = 0; i < row->wound_count; i++) {
        const struct daybook_bytes key = {(const uint8_t *)row->keys[i], row->size};
        frame_set(place, key, daybook_buffer_view(&frame));
    }
    for (size_t frames = 1; frames <= 6; frames++) {
        struct wounds wounds = scrub_all(place, frames, &position);
        assert_int_equal(wounds.count, row->wound_count);
        for (size_t i = 0; i < wounds.count; i++) {
            assert_int_equal(wounds.list[i].first_sequence, row->wounds[i].first);
            assert_int_equal(wounds.list[i].last_sequence, row->wounds[i].last);
            assert_non_null(strstr(wounds.list[i].reason, "its key is none"));
        }
        assert_int_equal(position, 1200);
    }
    daybook_buffer_release(&frame);
    place_tear_down(&place);
}

/* ---- beginning anywhere ---- */

struct seek_row {
    const char *name;
    uint64_t sequence;
    uint64_t lost; /* A frame that is taken away. 0: none. */
    uint64_t frames;
    uint64_t first; /* Of the wound. 0: none is met. */
    uint64_t last;
};

static const struct seek_row seek_rows[] = {
    {"at a frame's first", 401, 0, 2, 0, 0}, {"in a frame, which is looked at whole", 700, 0, 2, 0, 0},
    {"at the last event", 1200, 0, 1, 0, 0}, {"behind the last", 1201, 0, 0, 0, 0},
    {"before the first", 1, 1, 2, 1, 400},   {"in what is lost", 500, 401, 1, 500, 800},
};

static void a_scrub_begins_anywhere(void **state) {
    const struct seek_row *row = *state;
    void *place = NULL;
    uint8_t key[8];
    struct wounds wounds = {0};
    struct journal_scrub *scrub = NULL;
    struct journal_scrub_step step = {0};
    assert_int_equal(place_set_up(&place), 0);
    make_three_frames(place);
    if (row->lost > 0) {
        frame_set(place, key_of(key, row->lost), (struct daybook_bytes){0});
    }
    struct journal *journal = open_journal(place, false);
    assert_int_equal(journal_scrub_open(journal, &scrub, NULL), DAYBOOK_OK);
    journal_scrub_seek(scrub, row->sequence);
    assert_int_equal(journal_scrub_next(scrub, 100, keep_wound, &wounds, &step, NULL), DAYBOOK_OK);
    assert_true(step.is_done);
    assert_int_equal(step.frame_count, row->frames);
    assert_int_equal(step.position, 1200);
    assert_int_equal(step.wound_count, row->first > 0 ? 1 : 0);
    assert_int_equal(wounds.count, step.wound_count);
    assert_int_equal(wounds.list[0].first_sequence, row->first);
    assert_int_equal(wounds.list[0].last_sequence, row->last);
    assert_int_equal(journal_scrub_next(scrub, 100, NULL, NULL, &step, NULL), DAYBOOK_OK); /* From the first. */
    assert_int_equal(step.frame_count, row->lost > 0 ? 2 : 3);
    journal_scrub_close(scrub);
    journal_close(journal);
    place_tear_down(&place);
}

int main(void) {
    static struct rows rows;
    rows.tests[rows.count++] = (struct CMUnitTest)PLACED(test_scrub_names_what_is_gone);
    rows.tests[rows.count++] = (struct CMUnitTest)PLACED(test_scrub_while_frames_merge);
    ROWS_ADD_TABLE(&rows, lie_rows, a_frame_that_lies_is_named);
    ROWS_ADD_TABLE(&rows, key_rows, a_row_without_a_key_is_named);
    ROWS_ADD_TABLE(&rows, seek_rows, a_scrub_begins_anywhere);
    return rows_run("journal_scrub", &rows);
}
