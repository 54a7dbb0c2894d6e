/* The journal over a disk that lies: what is damaged is named, what is whole is still read, wrong bytes never come. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/engine/store/behind.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

/* ---- damage put in through the store, below the journal ---- */

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

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(test_each_byte),
        PLACED(test_losses),
        PLACED(test_frame_of_another_place),
        PLACED(test_key_that_is_none),
        PLACED(test_flips_in_the_file),
        PLACED(test_truncated_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
