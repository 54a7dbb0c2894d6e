/* The journal where there is no room: full disks, full maps, disks that may not be written, and what comes after. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "store/journal.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

static struct journal *open_with(const char *directory, const struct journal_options *options) {
    struct journal *journal = NULL;
    struct daybook_error error = {0};
    if (journal_open(directory, options, &journal, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    return journal;
}

static void test_reserve_of_space(void **state) {
    const struct journal_options all = {.is_writer = true, .min_free_bytes = UINT64_MAX - 1};
    struct daybook_error error = {0};
    struct journal *journal = make_journal(*state);
    assert_int_equal(append_count(journal, 1, 10, NULL), DAYBOOK_OK);
    journal_close(journal);
    journal = open_with(*state, &all);
    assert_int_equal(append_count(journal, 11, 10, &error), DAYBOOK_LIMIT);
    assert_non_null(strstr(error.message, "free some space"));
    assert_holds(journal, 10);
    journal_close(journal);
    journal = open_journal(*state, true); /* With space again it goes on. */
    assert_int_equal(append_count(journal, 11, 10, NULL), DAYBOOK_OK);
    assert_holds(journal, 20);
    journal_close(journal);
}

static void test_map_full(void **state) {
    const struct journal_options small = {.is_writer = true, .map_size_bytes = 1 << 18};
    struct daybook_error error = {0};
    uint64_t count = 0;
    enum daybook_status status = DAYBOOK_OK;
    journal_close(make_journal(*state));
    struct journal *journal = open_with(*state, &small);
    while (count < 100000 && (status = append_count(journal, count + 1, 500, &error)) == DAYBOOK_OK) {
        count += 500;
    }
    assert_int_equal(status, DAYBOOK_LIMIT);
    assert_non_null(strstr(error.message, "map"));
    assert_true(count >= 2000);
    assert_holds(journal, count);
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_holds(journal, count);
    assert_int_equal(append_count(journal, count + 1, 500, NULL), DAYBOOK_OK);
    assert_holds(journal, count + 500);
    journal_close(journal);
}

/* The system refuses the file its growth in mid-commit: nothing of the batch is there, and the writer has stopped. */
static void test_failed_commit(void **state) {
    struct rlimit limit;
    struct journal *journal = make_journal(*state);
    struct journal_usage usage;
    assert_int_equal(append_count(journal, 1, 2000, NULL), DAYBOOK_OK);
    assert_int_equal(journal_usage(journal, &usage, NULL), DAYBOOK_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit low = {.rlim_cur = usage.size_bytes + 8192, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    enum daybook_status status = append_count(journal, 2001, 5000, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_true(status == DAYBOOK_IO || status == DAYBOOK_LIMIT);
    assert_int_equal(append_count(journal, 2001, 1, NULL), DAYBOOK_STOPPED);
    assert_holds(journal, 2000); /* It can still be read. */
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_holds(journal, 2000);
    assert_int_equal(append_count(journal, 2001, 5000, NULL), DAYBOOK_OK);
    assert_holds(journal, 7000);
    journal_close(journal);
}

/* Fills the file system until less than `left` bytes are free. */
static void fill(const char *path, uint64_t left) {
    static char chunk[4096];
    struct statvfs facts;
    FILE *filler = fopen(path, "wb");
    assert_non_null(filler);
    setvbuf(filler, NULL, _IONBF, 0);
    while (statvfs(path, &facts) == 0 && facts.f_bavail * facts.f_frsize >= left &&
           fwrite(chunk, 1, sizeof chunk, filler) == sizeof chunk) {
    }
    fclose(filler);
}

static void test_disk_full(void **state) {
    char path[PLACE_SIZE];
    if (!place_mount_small(*state, "3m")) {
        print_message("skipped: this user may not mount\n");
        skip();
    }
    struct statvfs facts;
    assert_int_equal(statvfs(*state, &facts), 0);
    const uint64_t room = facts.f_bavail * facts.f_frsize;
    const struct journal_options greedy = {.is_writer = true, .min_free_bytes = room - (1 << 20)};
    const struct journal_options watching = {.is_writer = true, .min_free_bytes = 1 << 20};
    const struct journal_options careless = {.is_writer = true, .min_free_bytes = 1};
    journal_close(make_journal(*state));
    struct journal *journal = open_with(*state, &greedy);
    enum daybook_status too_large = append_count(journal, 1, 20000, NULL); /* There is room, but not for all of it. */
    journal_close(journal);
    journal = open_with(*state, &watching);
    enum daybook_status first = append_count(journal, 1, 2000, NULL);
    place_path(state, "filler", path);
    fill(path, 1 << 20);
    enum daybook_status watched = append_count(journal, 2001, 1, NULL);
    journal_close(journal);
    journal = open_with(*state, &careless);
    fill(path, 8192); /* The watch lets one event pass; its pages find no room. */
    struct daybook_error error = {0};
    enum daybook_status full = append_count(journal, 2001, 1, &error);
    enum daybook_status stopped = append_count(journal, 2001, 1, NULL);
    assert_holds(journal, 2000);
    journal_close(journal);
    remove(path);
    journal = open_with(*state, &watching);
    assert_holds(journal, 2000);
    enum daybook_status again = append_count(journal, 2001, 100, NULL);
    assert_holds(journal, 2100);
    journal_close(journal);
    place_unmount(*state);
    assert_int_equal(too_large, DAYBOOK_LIMIT);
    assert_int_equal(first, DAYBOOK_OK);
    assert_int_equal(watched, DAYBOOK_LIMIT);
    assert_int_equal(full, DAYBOOK_LIMIT);
    assert_non_null(strstr(error.message, "full"));
    assert_int_equal(stopped, DAYBOOK_STOPPED);
    assert_int_equal(again, DAYBOOK_OK);
}

static void test_read_only_directory(void **state) {
    struct journal *journal = make_journal(*state);
    assert_int_equal(append_count(journal, 1, 1500, NULL), DAYBOOK_OK);
    journal_close(journal);
    if (!place_mount_read_only(*state)) {
        print_message("skipped: this user may not mount\n");
        skip();
    }
    char path[PLACE_SIZE];
    const struct journal_options options = {.is_writer = true};
    struct daybook_error error = {0};
    enum daybook_status status = journal_open(*state, &options, &journal, &error);
    enum daybook_status created = journal_create(place_path(state, "other", path), daybook_bytes_of_text("none"), NULL);
    journal = open_journal(*state, false);
    assert_holds(journal, 1500);
    journal_close(journal);
    place_unmount(*state);
    assert_int_equal(status, DAYBOOK_READ_ONLY);
    assert_int_equal(created, DAYBOOK_READ_ONLY);
}

/* Events of some bytes each, which are packed into less than a page a frame, and into a little more. */
static void test_small_events(void **state) {
    enum { COUNT = 3000, SIZES = 20, MOST = 64 };
    static uint8_t bytes[COUNT][MOST];
    struct journal *journal = make_journal(*state);
    struct events events = events_make(1, COUNT);
    struct journal_reader *reader = NULL;
    struct daybook_bytes event;
    uint64_t sequence = 0;
    uint64_t frames = 0;
    uint32_t noise = 1;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    for (uint8_t size = 0; size < SIZES; size++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            uint8_t *at = bytes[i];
            *at++ = 1 << 3;
            at = event_varint(at, sequence + i + 1);
            *at++ = 2 << 3;
            at = event_varint(at, (uint64_t)event_instant(sequence + i + 1));
            *at++ = 5 << 3 | 2;
            *at++ = size;
            for (uint8_t k = 0; k < size; k++) {
                noise = noise * 1664525 + 1013904223;
                *at++ = (uint8_t)(noise >> 24);
            }
            events.spans[i] = (struct event_span){bytes[i], (uint32_t)(at - bytes[i])};
            events.instants[i] = event_instant(sequence + i + 1);
        }
        assert_int_equal(journal_append(journal, &events.batch, NULL), DAYBOOK_OK);
        const uint64_t added = frames_of(journal) - frames;
        assert_true(added >= COUNT / 512 && added <= COUNT / 256 + 2);
        frames += added;
        for (uint32_t i = 0; i < COUNT; i += 97) {
            assert_int_equal(journal_read_one(reader, sequence + i + 1, &event, NULL), DAYBOOK_OK);
            assert_int_equal(event.size, events.spans[i].size);
            assert_memory_equal(event.data, bytes[i], event.size);
        }
        sequence += COUNT;
    }
    journal_reader_close(reader);
    journal_close(journal);
    events_release(&events);
}

/* The first instant of all may be that of the first event. */
static void test_first_instant(void **state) {
    struct journal *journal = make_journal(*state);
    uint8_t bytes[2][EVENT_ROOM];
    const int64_t instants[] = {INT64_MIN, INT64_MIN};
    const struct event_span spans[] = {{bytes[0], event_write(1, INT64_MIN, bytes[0])},
                                       {bytes[1], event_write(2, INT64_MIN, bytes[1])}};
    const struct journal_batch first = {spans, instants, 1};
    const struct journal_batch second = {spans + 1, instants + 1, 1};
    struct journal_head head;
    assert_int_equal(journal_append(journal, &first, NULL), DAYBOOK_OK);
    assert_int_equal(journal_append(journal, &second, NULL), DAYBOOK_INVALID); /* Not later than it. */
    assert_int_equal(journal_head(journal, &head, NULL), DAYBOOK_OK);
    assert_true(head.sequence == 1 && head.recorded_at_us == INT64_MIN);
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_int_equal(append_count(journal, 2, 3, NULL), DAYBOOK_OK);
    journal_close(journal);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(test_small_events),  PLACED(test_first_instant), PLACED(test_reserve_of_space),    PLACED(test_map_full),
        PLACED(test_failed_commit), PLACED(test_disk_full),     PLACED(test_read_only_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
