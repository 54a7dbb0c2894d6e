/* The log in front of the table of frames: who sees what is in it, what a killed writer leaves, what damage says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include "store/wal.h"
#include "store/writer_lock.h"
#include "tests/engine/store/behind.h"

enum { PAGE = 4096, TABLE_META = 1 };

/* ---- a writer that is killed ---- */

/* Batches of sizes that come round: 1, 2, 3 and so on, with a large one where `large_every` says. */
struct feed {
    uint64_t events;
    size_t largest;
    uint64_t large_every; /* Batches; 0 = never. */
};

/* Says in the pipe how far it is; -1: to nobody. */
static void append_feed_telling(struct journal *journal, const struct feed *feed, int told) {
    uint64_t count = 0;
    for (uint64_t round = 1; count < feed->events; round++) {
        size_t size = feed->large_every > 0 && round % feed->large_every == 0 ? 1500 : 1 + round % feed->largest;
        size = size > feed->events - count ? (size_t)(feed->events - count) : size;
        assert_int_equal(append_count(journal, count + 1, size, NULL), DAYBOOK_OK);
        count += size;
        assert_true(told < 0 || write(told, &count, sizeof count) == (ssize_t)sizeof count);
    }
}

static void append_feed(struct journal *journal, const struct feed *feed) {
    append_feed_telling(journal, feed, -1);
}

/* However slow the machine is, the log keeps what it has until it is full. */
static const struct journal_options settles_late = {.is_writer = true, .settle_after_ms = 3600000};

/* In a child that ends without closing anything, which is what SIGKILL leaves. */
static void write_and_die(const char *directory, const struct feed *feed) {
    int how = -1;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        journal_close(make_journal(directory));
        append_feed(open_journal_as(directory, &settles_late), feed);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static uint32_t format_of(const char *directory, bool *has_log) {
    struct store *store = store_behind(directory);
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    bool is_found = false;
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_get(txn, TABLE_META, daybook_bytes_of_text("format"), &value, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found && value.size == 4);
    const uint32_t format = load_le32(value.data);
    assert_int_equal(table_get(txn, TABLE_META, daybook_bytes_of_text("wal"), &value, has_log, NULL), DAYBOOK_OK);
    store_abort(txn);
    store_close(store);
    return format;
}

struct feed_row {
    const char *name;
    struct feed feed;
};

static void nothing_is_lost(void **state) {
    const struct feed_row *row = *state;
    void *place = NULL;
    bool has_log = false;
    assert_int_equal(place_set_up(&place), 0);
    write_and_die(place, &row->feed);
    struct journal *journal = open_journal(place, false);
    assert_holds(journal, row->feed.events); /* A reader needs no writer. */
    journal_close(journal);
    journal = open_journal(place, true);
    assert_holds(journal, row->feed.events);
    for (uint64_t i = 1; i <= 5; i++) {
        assert_int_equal(append_count(journal, row->feed.events + i, 1, NULL), DAYBOOK_OK);
    }
    assert_holds(journal, row->feed.events + 5);
    journal_close(journal);
    assert_int_equal(format_of(place, &has_log), 1); /* An older program may go on. */
    assert_false(has_log);
    journal = open_journal(place, false);
    assert_holds(journal, row->feed.events + 5);
    journal_close(journal);
    place_tear_down(&place);
}

static const struct feed_row feeds[] = {
    {"nothing comes", {0, 1, 0}},
    {"one event", {1, 1, 0}},
    {"two, and the log is declared and empty", {2, 1, 0}},
    {"three, and one is in the log", {3, 1, 0}},
    {"single events, more than two segments have pages", {600, 1, 0}},
    {"small batches, more than are settled at once", {9000, 100, 0}},
    {"batches up to what the log takes", {20000, 300, 0}},
    {"a large batch takes along what is in the log", {30000, 7, 40}},
};

/* ---- what is in its file ---- */

/* The page in the file of the record with the greatest first sequence below `limit`. */
static off_t record_before(const char *file, uint64_t limit, uint64_t *sequence) {
    uint8_t header[24];
    off_t found = -1;
    *sequence = 0;
    const int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    for (off_t at = 0; pread(descriptor, header, sizeof header, at) == (ssize_t)sizeof header; at += PAGE) {
        const uint64_t first = load_le64(header + 16);
        if (memcmp(header + 8, "DBW1", 4) == 0 && first < limit && first > *sequence) {
            *sequence = first;
            found = at;
        }
    }
    close(descriptor);
    assert_true(found >= 0);
    return found;
}

static void flip(const char *file, off_t at) {
    uint8_t byte = 0;
    const int descriptor = open(file, O_RDWR | O_CLOEXEC);
    assert_true(descriptor >= 0 && pread(descriptor, &byte, 1, at) == 1);
    byte ^= 4;
    assert_int_equal(pwrite(descriptor, &byte, 1, at), 1);
    close(descriptor);
}

static char *wal_file(void *place, char path[PLACE_SIZE]) {
    snprintf(path, PLACE_SIZE, "%.100s/journal/wal", (const char *)place);
    return path;
}

/* As a power cut tears it: whoever waited for it was never told. */
static void a_torn_record_was_never_there(void **state) {
    static const struct feed feed = {40, 1, 0};
    static const off_t places[] = {0, 9, 12, 17, 24, 40, 100};
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        void *place = NULL;
        char path[PLACE_SIZE];
        uint64_t sequence = 0;
        assert_int_equal(place_set_up(&place), 0);
        write_and_die(place, &feed);
        wal_file(place, path);
        flip(path, record_before(path, UINT64_MAX, &sequence) + places[i]);
        assert_int_equal(sequence, 40);
        struct journal *journal = open_journal(place, false);
        assert_holds(journal, 39);
        journal_close(journal);
        journal = open_journal(place, true);
        assert_holds(journal, 39);
        assert_int_equal(append_count(journal, 40, 1, NULL), DAYBOOK_OK);
        assert_int_equal(append_count(journal, 41, 1, NULL), DAYBOOK_OK);
        assert_int_equal(append_count(journal, 42, 1, NULL), DAYBOOK_OK);
        assert_holds(journal, 42);
        journal_close(journal);
        place_tear_down(&place);
    }
}

static void a_record_before_others_is_missed(void **state) {
    static const struct feed feed = {40, 1, 0};
    static const off_t places[] = {0, 9, 12, 17, 24, 40};
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        void *place = NULL;
        char path[PLACE_SIZE];
        uint64_t sequence = 0;
        struct daybook_error error = {0};
        assert_int_equal(place_set_up(&place), 0);
        write_and_die(place, &feed);
        wal_file(place, path);
        flip(path, record_before(path, 25, &sequence) + places[i]);
        assert_int_equal(writer_status(place, &error), DAYBOOK_DAMAGED);
        assert_non_null(strstr(error.message, "journal/wal"));
        assert_non_null(strstr(error.message, "behind event 23 "));
        assert_int_equal(writer_status(place, NULL), DAYBOOK_DAMAGED); /* Nothing was written behind it. */
        assert_int_equal(read_status(place, 1, NULL), DAYBOOK_OK);
        assert_int_equal(read_status(place, 23, NULL), DAYBOOK_DAMAGED); /* Rather than an end that is none. */
        place_tear_down(&place);
    }
}

static void a_lost_log_is_missed(void **state) {
    static const struct feed feed = {40, 1, 0};
    char path[PLACE_SIZE];
    struct daybook_error error = {0};
    write_and_die(*state, &feed);
    assert_int_equal(unlink(wal_file(*state, path)), 0);
    assert_int_equal(writer_status(*state, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "journal/wal: it is gone"));
    struct journal *journal = open_journal(*state, false);
    struct journal_head head;
    assert_int_equal(journal_head(journal, &head, &error), DAYBOOK_DAMAGED);
    journal_close(journal);
}

/* Emptied, cut within, or written over from its beginning: no power cut leaves that, and what was acknowledged is gone.
 */
static void a_log_that_was_cut_or_written_over_is_missed(void **state) {
    static const struct feed feed = {40, 1, 0};
    static const off_t lengths[] = {0, 100, WAL_SEGMENT_BYTES, 2 * WAL_SEGMENT_BYTES - 1, -1, -2};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        void *place = NULL;
        char path[PLACE_SIZE];
        uint8_t noise[PAGE];
        struct daybook_error error = {0};
        struct journal_head head;
        assert_int_equal(place_set_up(&place), 0);
        write_and_die(place, &feed);
        wal_file(place, path);
        if (lengths[i] >= 0) {
            assert_int_equal(truncate(path, lengths[i]), 0);
        } else {
            memset(noise, 0xa5, sizeof noise);
            const int file = open(path, O_WRONLY | O_CLOEXEC);
            assert_int_equal(pwrite(file, noise, sizeof noise, (-lengths[i] - 1) * WAL_SEGMENT_BYTES), PAGE);
            close(file);
        }
        assert_int_equal(writer_status(place, &error), DAYBOOK_DAMAGED);
        assert_non_null(strstr(error.message, "journal/wal"));
        struct journal *journal = open_journal(place, false);
        assert_int_equal(journal_head(journal, &head, &error), DAYBOOK_DAMAGED);
        journal_close(journal);
        place_tear_down(&place);
    }
}

/* What an older copy of the table goes on with is not in the log any more. */
static void a_gap_is_missed(void **state) {
    static const struct feed feed = {40, 1, 0};
    struct daybook_error error = {0};
    struct journal_head head;
    uint8_t key[8];
    write_and_die(*state, &feed);
    frame_set(*state, key_of(key, 2), (struct daybook_bytes){0});
    assert_int_equal(writer_status(*state, &error), DAYBOOK_DAMAGED);
    struct journal *journal = open_journal(*state, false);
    assert_int_equal(journal_head(journal, &head, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "sequences 2 to 2 are missing"));
    journal_close(journal);
}

static void after_a_close_the_log_says_nothing(void **state) {
    char path[PLACE_SIZE];
    char copy[PLACE_SIZE];
    char command[3 * PLACE_SIZE];
    uint8_t noise[PAGE];
    struct journal *journal = make_journal(*state);
    append_feed(journal, &(struct feed){500, 5, 0});
    journal_close(journal);
    memset(noise, 0xa5, sizeof noise);
    const int file = open(wal_file(*state, path), O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(lseek(file, 0, SEEK_END), WAL_SEGMENTS * WAL_SEGMENT_BYTES);
    for (off_t at = 0; at < WAL_SEGMENTS * WAL_SEGMENT_BYTES; at += PAGE) {
        assert_int_equal(pwrite(file, noise, sizeof noise, at), PAGE);
    }
    close(file);
    journal = open_journal(*state, true);
    assert_holds(journal, 500);
    for (uint64_t i = 501; i <= 510; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    assert_holds(journal, 510);
    snprintf(copy, sizeof copy, "%.100s.copy", (const char *)*state); /* The noise is no damage of this use. */
    snprintf(command, sizeof command, "cp -r %.100s %s", (const char *)*state, copy);
    assert_int_equal(system(command), 0);
    struct journal *killed = open_journal(copy, true);
    assert_holds(killed, 510);
    journal_close(killed);
    snprintf(command, sizeof command, "rm -r %s", copy);
    assert_int_equal(system(command), 0);
    journal_close(journal);
    assert_int_equal(unlink(path), 0);
    journal = open_journal(*state, true);
    assert_holds(journal, 510);
    journal_close(journal);
}

/* Records of an earlier use lie behind those of this one, and some of them would follow. */
static void an_earlier_use_is_not_believed(void **state) {
    char path[PLACE_SIZE];
    char copy[PLACE_SIZE];
    char command[3 * PLACE_SIZE];
    snprintf(path, sizeof path, "%.100s", (const char *)*state);
    snprintf(copy, sizeof copy, "%.100s/copy", (const char *)*state);
    struct journal *journal = make_journal(path);
    append_feed(journal, &(struct feed){10, 1, 0});
    journal_close(journal);
    snprintf(command, sizeof command, "cp -r --sparse=always %s/journal %s", path, copy);
    assert_int_equal(system(command), 0);
    journal = open_journal(path, true);
    for (uint64_t i = 11; i <= 100; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    journal_close(journal);
    /* The table as it was at ten, and the log of a hundred. */
    snprintf(command, sizeof command, "cp --sparse=always %s/data.mdb %s/journal/data.mdb", copy, path);
    assert_int_equal(system(command), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        journal = open_journal_as(path, &settles_late);
        for (uint64_t i = 11; i <= 15; i++) {
            assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
        }
        _exit(0);
    }
    int how = -1;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    journal = open_journal(path, true);
    assert_holds(journal, 15);
    journal_close(journal);
}

/* ---- another process ---- */

/* The child is told how far the writer is, and looks at once. */
static int look_at_once(const char *directory, int told) {
    struct journal *journal = NULL;
    struct journal_reader *reader = NULL;
    struct daybook_bytes event;
    struct journal_head head;
    uint64_t sequence = 0;
    uint64_t at = 0;
    const struct journal_options options = {0};
    while (read(told, &sequence, sizeof sequence) == (ssize_t)sizeof sequence) {
        if (journal == NULL && (journal_open(directory, &options, &journal, NULL) != DAYBOOK_OK ||
                                journal_reader_open(journal, &reader, NULL) != DAYBOOK_OK)) {
            return 2;
        }
        if (journal_head(journal, &head, NULL) != DAYBOOK_OK || head.sequence < sequence) {
            return 3;
        }
        if (journal_read_one(reader, sequence, &event, NULL) != DAYBOOK_OK ||
            !event_is(sequence, event.data, event.size)) {
            return 4;
        }
        if (journal_sequence_at(reader, event_instant(sequence), &at, NULL) != DAYBOOK_OK || at != sequence) {
            return 5;
        }
    }
    journal_reader_close(reader);
    journal_close(journal);
    return sequence > 0 ? 0 : 6;
}

static void another_process_sees_at_once(void **state) {
    const struct feed *feed = &((const struct feed_row *)*state)->feed;
    void *place = NULL;
    int told[2];
    int how = -1;
    assert_int_equal(place_set_up(&place), 0);
    assert_int_equal(pipe(told), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(told[1]);
        _exit(look_at_once(place, told[0]));
    }
    close(told[0]);
    struct journal *journal = make_journal(place);
    append_feed_telling(journal, feed, told[1]);
    close(told[1]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(WIFEXITED(how) ? WEXITSTATUS(how) : -1, 0);
    journal_close(journal);
    place_tear_down(&place);
}

static const struct feed_row told_feeds[] = {
    {"another process sees single events at once", {2000, 1, 0}},
    {"another process sees small batches at once", {20000, 40, 0}},
    {"another process sees where a segment was begun anew", {60000, 3, 30}},
};

/* What is done between a reader's look at the table and the one at the log, once. */
static void (*meanwhile)(void);

void __real_writer_lock_holder(const char *directory, char name[WRITER_NAME_SIZE]);
void __wrap_writer_lock_holder(const char *directory, char name[WRITER_NAME_SIZE]);

void __wrap_writer_lock_holder(const char *directory, char name[WRITER_NAME_SIZE]) {
    void (*todo)(void) = meanwhile;
    meanwhile = NULL;
    if (todo != NULL) {
        todo();
    }
    __real_writer_lock_holder(directory, name);
}

static int other_writer[2];
static pid_t other_writer_id;

static void the_other_writer_goes_on(void) {
    int how = -1;
    assert_int_equal(write(other_writer[1], "", 1), 1);
    assert_int_equal(waitpid(other_writer_id, &how, 0), other_writer_id);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* The log that it began anew lies over the one that was left: what is left of that behind it is no loss. */
static void a_log_that_was_settled_meanwhile_is_not_damaged(void **state) {
    static const struct feed feed = {40, 1, 0};
    char told = 0;
    write_and_die(*state, &feed);
    assert_int_equal(pipe(other_writer), 0);
    other_writer_id = fork();
    assert_true(other_writer_id >= 0);
    if (other_writer_id == 0) {
        assert_int_equal(read(other_writer[0], &told, 1), 1);
        struct journal *journal = open_journal_as(*state, &settles_late);
        for (uint64_t i = 41; i <= 45; i++) {
            assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
        }
        _exit(0);
    }
    struct journal *journal = open_journal(*state, false);
    meanwhile = the_other_writer_goes_on;
    assert_holds(journal, 45);
    assert_null(meanwhile);
    journal_close(journal);
    close(other_writer[0]);
    close(other_writer[1]);
}

/* ---- settling ---- */

/* The table gets few frames and large ones, however small the batches were. */
static void what_is_settled_is_packed(void **state) {
    journal_close(make_journal(*state));
    struct journal *journal = open_journal_as(*state, &settles_late);
    append_feed(journal, &(struct feed){6000, 1, 0});
    journal_close(journal);
    journal = open_journal(*state, false);
    assert_in_range(frames_of(journal), 12, 60); /* A segment has 256 records. */
    assert_holds(journal, 6000);
    journal_close(journal);
}

static void it_can_be_left_out(void **state) {
    char path[PLACE_SIZE];
    struct journal *journal = make_journal_without_log(*state);
    append_feed(journal, &(struct feed){20, 1, 0});
    assert_int_equal(frames_of(journal), 20);
    assert_int_not_equal(access(wal_file(*state, path), F_OK), 0);
    assert_holds(journal, 20);
    journal_close(journal);
}

/* Where the file cannot be made, two waits are better than none. */
static void without_a_file_nothing_changes(void **state) {
    char path[PLACE_SIZE];
    assert_int_equal(journal_create(*state, daybook_bytes_of_text("configuration"), NULL), DAYBOOK_OK);
    assert_int_equal(mkdir(wal_file(*state, path), 0700), 0);
    struct journal *journal = open_journal(*state, true);
    append_feed(journal, &(struct feed){20, 1, 0});
    assert_holds(journal, 20);
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_holds(journal, 20);
    journal_close(journal);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    enum { FEEDS = sizeof feeds / sizeof *feeds, TOLD = sizeof told_feeds / sizeof *told_feeds };
    struct CMUnitTest lost[FEEDS];
    struct CMUnitTest told[TOLD];
    for (size_t i = 0; i < FEEDS; i++) {
        lost[i] = (struct CMUnitTest){feeds[i].name, nothing_is_lost, NULL, NULL, (void *)(uintptr_t)&feeds[i]};
    }
    for (size_t i = 0; i < TOLD; i++) {
        told[i] = (struct CMUnitTest){told_feeds[i].name, another_process_sees_at_once, NULL, NULL,
                                      (void *)(uintptr_t)&told_feeds[i]};
    }
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_torn_record_was_never_there),
        cmocka_unit_test(a_record_before_others_is_missed),
        IN_PLACE(a_lost_log_is_missed),
        cmocka_unit_test(a_log_that_was_cut_or_written_over_is_missed),
        IN_PLACE(a_gap_is_missed),
        IN_PLACE(after_a_close_the_log_says_nothing),
        IN_PLACE(an_earlier_use_is_not_believed),
        IN_PLACE(a_log_that_was_settled_meanwhile_is_not_damaged),
        IN_PLACE(what_is_settled_is_packed),
        IN_PLACE(it_can_be_left_out),
        IN_PLACE(without_a_file_nothing_changes),
    };
    return cmocka_run_group_tests_name("a writer is killed", lost, NULL, NULL) +
           cmocka_run_group_tests_name("another process", told, NULL, NULL) +
           cmocka_run_group_tests(others, NULL, NULL);
}
