/* The journal over a disk that lies: what is damaged is named, what is whole is still read, wrong bytes never come. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/journal_scrub.h"
#include "store/store.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

/* ---- damage put in through the store, below the journal ---- */

enum { TABLE_FRAMES = 0 };

static struct store *store_behind(const char *directory) {
    static const char *const names[] = {"frames", "meta"};
    const struct store_options options = {.tables = names, .table_count = 2, .is_durable = true};
    struct store *store = NULL;
    char path[PLACE_SIZE];
    snprintf(path, sizeof path, "%.100s/journal", directory);
    assert_int_equal(store_open(path, &options, &store, NULL), DAYBOOK_OK);
    return store;
}

static struct daybook_bytes key_of(uint8_t key[8], uint64_t sequence) {
    store_be64(key, sequence);
    return (struct daybook_bytes){key, 8};
}

/* A copy of the frame at `sequence`. */
static struct daybook_buffer frame_get(const char *directory, uint64_t sequence) {
    struct store *store = store_behind(directory);
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    struct daybook_buffer copy = {0};
    bool is_found = false;
    uint8_t key[8];
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_get(txn, TABLE_FRAMES, key_of(key, sequence), &value, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found);
    assert_int_equal(daybook_buffer_append(&copy, value.data, value.size), DAYBOOK_OK);
    store_abort(txn);
    store_close(store);
    return copy;
}

/* Puts a frame at a key; without bytes, deletes the one that is there. */
static void frame_set(const char *directory, struct daybook_bytes key, struct daybook_bytes frame) {
    struct store *store = store_behind(directory);
    struct store_txn *txn = NULL;
    bool was_found = true;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    if (frame.data != NULL) {
        assert_int_equal(table_put(txn, TABLE_FRAMES, key, frame, NULL), DAYBOOK_OK);
    } else {
        assert_int_equal(table_delete(txn, TABLE_FRAMES, key, &was_found, NULL), DAYBOOK_OK);
    }
    assert_true(was_found);
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    store_close(store);
}

static enum daybook_status read_status(const char *directory, uint64_t sequence, struct daybook_error *error) {
    struct journal *journal = open_journal(directory, false);
    struct journal_reader *reader = NULL;
    struct journal_slice slice;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    enum daybook_status status = journal_read(reader, sequence, &slice, error);
    if (status == DAYBOOK_OK && slice.count > 0) {
        assert_true(event_is(sequence, slice.events[0].data, slice.events[0].size));
    }
    assert_true(status == DAYBOOK_OK || slice.count == 0);
    journal_reader_close(reader);
    journal_close(journal);
    return status;
}

static enum daybook_status writer_status(const char *directory, struct daybook_error *error) {
    const struct journal_options options = {.is_writer = true};
    struct journal *journal = NULL;
    enum daybook_status status = journal_open(directory, &options, &journal, error);
    journal_close(journal);
    return status;
}

/* Frames of 400 events: 1 to 400, 401 to 800, 801 to 1200. */
static void make_three_frames(const char *directory) {
    struct journal *journal = make_journal(directory);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(append_count(journal, i * 400 + 1, 400, NULL), DAYBOOK_OK);
    }
    assert_int_equal(frames_of(journal), 3);
    journal_close(journal);
}

static void test_each_byte(void **state) {
    uint8_t key[8];
    struct journal *journal = make_journal(*state);
    assert_int_equal(append_count(journal, 1, 400, NULL), DAYBOOK_OK);
    assert_int_equal(append_count(journal, 401, 2, NULL), DAYBOOK_OK); /* The small one that is flipped. */
    assert_int_equal(append_count(journal, 403, 400, NULL), DAYBOOK_OK);
    journal_close(journal);
    struct daybook_buffer frame = frame_get(*state, 401);
    for (size_t i = 0; i < frame.size; i++) {
        struct daybook_error error = {0};
        frame.data[i] ^= 0x10;
        frame_set(*state, key_of(key, 401), daybook_buffer_view(&frame));
        enum daybook_status status = read_status(*state, 402, &error);
        assert_true(status == DAYBOOK_DAMAGED || (status == DAYBOOK_VERSION && (i == 4 || i == 5)));
        assert_non_null(strstr(error.message, "401 to 402"));
        assert_int_equal(read_status(*state, 400, NULL), DAYBOOK_OK); /* Its neighbours are still read. */
        assert_int_equal(read_status(*state, 403, NULL), DAYBOOK_OK);
        assert_int_equal(writer_status(*state, NULL), status); /* A writer is not let on to it. */
        frame.data[i] ^= 0x10;
    }
    frame_set(*state, key_of(key, 401), daybook_buffer_view(&frame));
    assert_int_equal(read_status(*state, 402, NULL), DAYBOOK_OK);
    assert_int_equal(writer_status(*state, NULL), DAYBOOK_OK);
    daybook_buffer_release(&frame);
}

struct loss {
    const char *name;
    uint64_t lost; /* The frame that is deleted. */
    uint64_t read; /* From here. */
    enum daybook_status expected;
    const char *named;
};

static const struct loss losses[] = {
    {"the first frame is lost", 1, 1, DAYBOOK_DAMAGED, "1 to 400"},
    {"the first frame is lost: the second is read", 1, 401, DAYBOOK_OK, ""},
    {"the middle is lost", 401, 500, DAYBOOK_DAMAGED, "401 to 800"},
    {"the middle is lost: before it", 401, 400, DAYBOOK_OK, ""},
    {"the middle is lost: after it", 401, 801, DAYBOOK_OK, ""},
};

static void test_losses(void **state) {
    uint8_t key[8];
    make_three_frames(*state);
    for (size_t r = 0; r < sizeof losses / sizeof *losses; r++) {
        const struct loss *row = &losses[r];
        struct daybook_error error = {0};
        print_message("  %s\n", row->name);
        struct daybook_buffer frame = frame_get(*state, row->lost);
        frame_set(*state, key_of(key, row->lost), (struct daybook_bytes){0});
        assert_int_equal(read_status(*state, row->read, &error), row->expected);
        assert_non_null(strstr(error.message, row->named));
        assert_int_equal(writer_status(*state, NULL), DAYBOOK_DAMAGED);
        frame_set(*state, key_of(key, row->lost), daybook_buffer_view(&frame));
        daybook_buffer_release(&frame);
    }
    assert_int_equal(writer_status(*state, NULL), DAYBOOK_OK);
}

static void test_frame_of_another_place(void **state) {
    uint8_t key[8];
    make_three_frames(*state);
    struct daybook_buffer frame = frame_get(*state, 401);
    frame_set(*state, key_of(key, 801), daybook_buffer_view(&frame));
    assert_int_equal(read_status(*state, 900, NULL), DAYBOOK_DAMAGED);
    assert_int_equal(read_status(*state, 401, NULL), DAYBOOK_OK);
    assert_int_equal(writer_status(*state, NULL), DAYBOOK_DAMAGED);
    daybook_buffer_release(&frame);
}

static void test_key_that_is_none(void **state) {
    make_three_frames(*state);
    struct daybook_buffer frame = frame_get(*state, 401);
    struct journal_head head;
    frame_set(*state, (struct daybook_bytes){(const uint8_t *)"zz", 2}, daybook_buffer_view(&frame));
    assert_int_equal(read_status(*state, 401, NULL), DAYBOOK_OK);
    assert_int_equal(writer_status(*state, NULL), DAYBOOK_DAMAGED);
    struct journal *journal = open_journal(*state, false);
    assert_int_equal(journal_head(journal, &head, NULL), DAYBOOK_DAMAGED);
    journal_close(journal);
    daybook_buffer_release(&frame);
}

/* The frame's checksum is right and its place is, but the events in it are not those of its place. */
static void test_events_of_another_place(void **state) {
    uint8_t key[8];
    struct events events = events_make(5000, 400);
    struct daybook_buffer frame = {0};
    struct daybook_error error = {0};
    struct frame_codec *codec = frame_codec_open();
    const struct frame_header header = {.first_sequence = 801,
                                        .event_count = 400,
                                        .first_recorded_at_us = event_instant(801),
                                        .last_recorded_at_us = event_instant(1200)};
    make_three_frames(*state);
    assert_int_equal(frame_pack(codec, header, events.spans, &frame, NULL), DAYBOOK_OK);
    frame_set(*state, key_of(key, 801), daybook_buffer_view(&frame));
    assert_int_equal(writer_status(*state, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "801"));
    daybook_buffer_release(&frame);
    frame_codec_close(codec);
    events_release(&events);
}

/* The frames that a writer would merge are damaged behind its back: nothing is appended, and nothing is replaced. */
static void test_merge_stops_at_damage(void **state) {
    uint8_t key[8];
    int start[2];
    char byte;
    int status = -1;
    assert_int_equal(pipe(start), 0);
    pid_t child = fork(); /* Before the journal is open. */
    assert_true(child >= 0);
    if (child == 0) {
        if (read(start[0], &byte, 1) != 1) {
            _exit(1);
        }
        struct daybook_buffer frame = frame_get(*state, 10);
        frame.data[frame.size - 1] ^= 1;
        frame_set(*state, key_of(key, 10), daybook_buffer_view(&frame));
        daybook_buffer_release(&frame);
        _exit(0);
    }
    struct journal *journal = make_journal(*state);
    for (uint64_t i = 1; i <= 64; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    assert_int_equal(write(start[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    struct daybook_error error = {0};
    struct journal_head head;
    assert_int_equal(append_count(journal, 65, 1, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "10 to 10"));
    assert_int_equal(frames_of(journal), 64);
    assert_int_equal(journal_head(journal, &head, NULL), DAYBOOK_OK);
    assert_int_equal(head.sequence, 64);
    journal_close(journal);
    assert_int_equal(writer_status(*state, NULL), DAYBOOK_DAMAGED);
    assert_int_equal(read_status(*state, 11, NULL), DAYBOOK_OK);
    close(start[0]);
    close(start[1]);
}

/* ---- damage in the file ---- */

enum verdict { SAME = 0, REFUSED = 40, PREFIX = 41, WRONG = 42 };

/* Reads all of it in a child, because a flipped byte in LMDB's own pages can kill whoever reads them. */
static int read_in_child(const char *directory, uint64_t count) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0};
        setrlimit(RLIMIT_CORE, &no_core);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        alarm(20); /* A damaged page may lead LMDB in a circle. */
        const struct journal_options options = {0};
        struct journal *journal = NULL;
        struct journal_reader *reader = NULL;
        enum daybook_status status = journal_open(directory, &options, &journal, NULL);
        uint64_t next = 1;
        if (status == DAYBOOK_OK) {
            status = journal_reader_open(journal, &reader, NULL);
        }
        if (status == DAYBOOK_OK) {
            next = scan(reader, 1, &status, NULL);
        }
        if (next == 0 || next > count + 1) {
            _exit(WRONG);
        }
        _exit(status != DAYBOOK_OK ? REFUSED : next <= count ? PREFIX : SAME);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One byte in every so many of the file is flipped. Most must be refused or harmless; some hit LMDB's own pages, which
 * have no checksum in 0.9 and stop the process; an old root may come back. But wrong bytes must never be read. */
static void test_flips_in_the_file(void **state) {
    enum { COUNT = 3000, STEP = 419 };
    char path[PLACE_SIZE];
    struct stat facts;
    int refused = 0;
    int stopped = 0;
    int harmless = 0;
    struct journal *journal = make_journal(*state);
    assert_int_equal(append_count(journal, 1, COUNT, NULL), DAYBOOK_OK);
    journal_close(journal);
    int file = open(place_path(state, "journal/data.mdb", path), O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &facts), 0);
    for (off_t at = 0; at < facts.st_size; at += STEP) {
        uint8_t byte;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        int verdict = read_in_child(*state, COUNT);
        assert_int_not_equal(verdict, WRONG);
        refused += verdict == REFUSED;
        harmless += verdict == SAME || verdict == PREFIX;
        stopped += verdict != REFUSED && verdict != SAME && verdict != PREFIX;
        byte ^= 0x40;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    print_message("  %d refused, %d harmless, %d stopped in LMDB\n", refused, harmless, stopped);
    assert_true(refused > harmless + stopped); /* Most bytes are of frames. */
    assert_int_equal(read_in_child(*state, COUNT), SAME);
    close(file);
}

static void test_truncated_file(void **state) {
    char path[PLACE_SIZE];
    struct stat facts;
    struct journal *journal = make_journal(*state);
    assert_int_equal(append_count(journal, 1, 3000, NULL), DAYBOOK_OK);
    journal_close(journal);
    place_path(state, "journal/data.mdb", path);
    assert_int_equal(stat(path, &facts), 0);
    for (off_t left = facts.st_size - 4096; left >= 0; left -= 5000) {
        const struct journal_options options = {0};
        struct daybook_error error = {0};
        assert_int_equal(truncate(path, left), 0);
        assert_int_equal(journal_open(*state, &options, &journal, &error), DAYBOOK_DAMAGED);
        assert_true(strlen(error.message) > 0);
        assert_int_equal(writer_status(*state, NULL), DAYBOOK_DAMAGED);
    }
}

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
    while (!step.is_done) {
        assert_int_equal(journal_scrub_next(scrub, frames, keep_wound, &wounds, &step, NULL), DAYBOOK_OK);
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
    struct journal *journal = make_journal(*state);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(test_each_byte),
        PLACED(test_losses),
        PLACED(test_frame_of_another_place),
        PLACED(test_key_that_is_none),
        PLACED(test_events_of_another_place),
        PLACED(test_merge_stops_at_damage),
        PLACED(test_flips_in_the_file),
        PLACED(test_truncated_file),
        PLACED(test_scrub_names_what_is_gone),
        PLACED(test_scrub_while_frames_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
