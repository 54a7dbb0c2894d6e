/* engine/store/journal.c and its parts: what is appended is read, by anyone, for ever; J1 to J5. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/journal.h"
#include "store/store.h"
#include "store/writer_lock.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

static enum daybook_status open_status(const char *directory, bool is_writer, struct daybook_error *error) {
    const struct journal_options options = {.is_writer = is_writer};
    struct journal *journal = NULL;
    enum daybook_status status = journal_open(directory, &options, &journal, error);
    assert_true((journal == NULL) == (status != DAYBOOK_OK));
    journal_close(journal);
    return status;
}

/* ---- making and opening ---- */

static void test_create(void **state) {
    char path[PLACE_SIZE];
    struct daybook_error error = {0};
    place_path(state, "ledger", path);
    assert_int_equal(open_status(path, true, &error), DAYBOOK_NOT_FOUND);
    assert_int_equal(open_status(*state, true, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(journal_create(path, daybook_bytes_of_text("one"), NULL), DAYBOOK_OK);
    assert_int_equal(journal_create(path, daybook_bytes_of_text("two"), &error), DAYBOOK_EXISTS);
    struct journal *journal = open_journal(path, true);
    assert_true(daybook_bytes_equal(journal_config(journal), daybook_bytes_of_text("one")));
    assert_holds(journal, 0);
    assert_int_equal(journal_create(path, daybook_bytes_of_text("three"), NULL), DAYBOOK_EXISTS);
    journal_close(journal);
    journal = open_journal(path, false);
    assert_true(daybook_bytes_equal(journal_config(journal), daybook_bytes_of_text("one")));
    journal_close(journal);
}

static void test_nothing_made_by_looking(void **state) {
    char path[PLACE_SIZE];
    assert_int_equal(open_status(*state, true, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(access(place_path(state, "writer.lock", path), F_OK), -1);
    assert_int_equal(access(place_path(state, "journal", path), F_OK), -1);
}

/* The store of the journal, opened past the journal. */
static struct store *store_behind(void **state) {
    static const char *const names[] = {"frames", "meta"};
    const struct store_options options = {.tables = names, .table_count = 2, .is_durable = true, .may_create = true};
    struct store *store = NULL;
    char path[PLACE_SIZE];
    assert_int_equal(store_open(place_path(state, "journal", path), &options, &store, NULL), DAYBOOK_OK);
    return store;
}

static void put_behind(void **state, unsigned table, const char *key, const void *value, size_t size) {
    struct store *store = store_behind(state);
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_put(txn, table, daybook_bytes_of_text(key), (struct daybook_bytes){value, size}, NULL),
                     DAYBOOK_OK);
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    store_close(store);
}

static void test_creation_cut_short(void **state) {
    store_close(store_behind(state)); /* The tables are there, the configuration is not. */
    assert_int_equal(open_status(*state, false, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(open_status(*state, true, NULL), DAYBOOK_NOT_FOUND);
    journal_close(make_journal(*state));
}

/* Locked, or with events, and no ledger all the same. */
static void test_creation_that_is_refused(void **state) {
    static const uint8_t format[] = {1, 0, 0, 0};
    struct daybook_error error = {0};
    int lock = -1;
    assert_int_equal(writer_lock_take(*state, &lock, NULL), DAYBOOK_OK);
    assert_int_equal(journal_create(*state, daybook_bytes_of_text("one"), &error), DAYBOOK_BUSY);
    writer_lock_release(lock);
    put_behind(state, 0, "frame", "bytes", 5);
    assert_int_equal(journal_create(*state, daybook_bytes_of_text("one"), &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "events without a configuration"));
    put_behind(state, 1, "format", format, sizeof format); /* And no configuration. */
    assert_int_equal(open_status(*state, false, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "its configuration is damaged"));
}

static void test_newer_format(void **state) {
    static const uint8_t newer[] = {3, 0, 0, 0};
    static const uint8_t zero[] = {0, 0, 0, 0};
    struct daybook_error error = {0};
    journal_close(make_journal(*state));
    put_behind(state, 1, "format", newer, 4);
    assert_int_equal(open_status(*state, true, &error), DAYBOOK_VERSION);
    assert_non_null(strstr(error.message, "newer program"));
    assert_int_equal(open_status(*state, false, NULL), DAYBOOK_VERSION);
    put_behind(state, 1, "format", zero, 4);
    assert_int_equal(open_status(*state, false, NULL), DAYBOOK_DAMAGED);
    put_behind(state, 1, "format", newer, 3);
    assert_int_equal(open_status(*state, false, NULL), DAYBOOK_DAMAGED);
}

/* ---- appending and reading ---- */

static void test_empty(void **state) {
    struct journal *journal = make_journal(*state);
    struct journal_reader *reader = NULL;
    struct journal_slice slice;
    struct daybook_bytes event;
    uint64_t sequence = 9;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    assert_int_equal(journal_read(reader, 1, &slice, NULL), DAYBOOK_OK);
    assert_int_equal(slice.count, 0);
    assert_int_equal(journal_read_one(reader, 1, &event, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(journal_sequence_at(reader, INT64_MAX, &sequence, NULL), DAYBOOK_OK);
    assert_int_equal(sequence, 0);
    assert_int_equal(journal_read(reader, 0, &slice, NULL), DAYBOOK_INVALID);
    assert_int_equal(journal_read_one(reader, 0, &event, NULL), DAYBOOK_INVALID);
    journal_reader_close(reader);
    journal_close(journal);
}

struct batches {
    const char *name;
    size_t sizes[12]; /* Of the batches. */
    uint64_t least_frames;
    uint64_t most_frames;
};

static const struct batches batches[] = {
    {"one event", {1}, 1, 1},
    {"one, then some", {1, 3, 400}, 3, 3},
    {"just a full frame", {512}, 1, 1},
    {"one more than a full frame", {513}, 2, 2},
    {"full frames and a rest", {5000}, 10, 12},
    {"a large batch", {20000}, 40, 44},
    {"frames that do not fit together stay", {300, 300, 300}, 3, 3},
    {"ten that fit are merged when the eleventh does not", {50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50}, 2, 2},
};

static void test_batches(void **state) {
    for (size_t r = 0; r < sizeof batches / sizeof *batches; r++) {
        char path[PLACE_SIZE];
        char name[16];
        print_message("  %s\n", batches[r].name);
        snprintf(name, sizeof name, "%zu", r);
        struct journal *journal = make_journal(place_path(state, name, path));
        uint64_t count = 0;
        for (size_t i = 0; i < 12 && batches[r].sizes[i] > 0; i++) {
            assert_int_equal(append_count(journal, count + 1, batches[r].sizes[i], NULL), DAYBOOK_OK);
            count += batches[r].sizes[i];
            assert_holds(journal, count);
        }
        assert_in_range(frames_of(journal), batches[r].least_frames, batches[r].most_frames);
        journal_close(journal);
        journal = open_journal(path, false); /* What a reader finds, and the next writer. */
        assert_holds(journal, count);
        journal_close(journal);
        journal = open_journal(path, true);
        assert_holds(journal, count);
        assert_int_equal(append_count(journal, count + 1, 1, NULL), DAYBOOK_OK);
        assert_holds(journal, count + 1);
        journal_close(journal);
    }
}

static void test_long_events(void **state) {
    enum { LONG = 40, COUNT = LONG + 1, SIZE = 65535 }; /* The last is short. */
    struct journal *journal = make_journal(*state);
    struct events events = events_make(1, COUNT);
    uint8_t *bytes = calloc(LONG, SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < LONG; i++) {
        memcpy(bytes + i * SIZE, events.spans[i].data, events.spans[i].size);
        events.spans[i] = (struct event_span){bytes + i * SIZE, SIZE};
    }
    assert_int_equal(journal_append(journal, &events.batch, NULL), DAYBOOK_OK);
    assert_int_equal(frames_of(journal), 11); /* Four of them are a quarter of a MiB. */
    struct journal_reader *reader = NULL;
    struct daybook_bytes event;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(journal_read_one(reader, i + 1, &event, NULL), DAYBOOK_OK);
        assert_int_equal(event.size, events.spans[i].size);
        assert_memory_equal(event.data, events.spans[i].data, event.size);
    }
    journal_reader_close(reader);
    journal_close(journal);
    events_release(&events);
    free(bytes);
}

static void test_read_one(void **state) {
    struct journal *journal = make_journal(*state);
    struct journal_reader *reader = NULL;
    struct journal_slice slice;
    struct daybook_bytes event;
    assert_int_equal(append_count(journal, 1, 3000, NULL), DAYBOOK_OK);
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    for (uint64_t i = 0, sequence = 1; i < 3000; i++, sequence = sequence * 7 % 3001) {
        assert_int_equal(journal_read_one(reader, sequence, &event, NULL), DAYBOOK_OK);
        assert_true(event_is(sequence, event.data, event.size));
    }
    assert_int_equal(journal_read_one(reader, 3001, &event, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(journal_read_one(reader, UINT64_MAX, &event, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(journal_read(reader, 1500, &slice, NULL), DAYBOOK_OK); /* From there to its frame's end. */
    assert_int_equal(slice.first_sequence, 1500);
    assert_in_range(slice.count, 1, 512);
    for (size_t i = 0; i < slice.count; i++) {
        assert_true(event_is(1500 + i, slice.events[i].data, slice.events[i].size));
    }
    assert_int_equal(journal_read(reader, 3001, &slice, NULL), DAYBOOK_OK);
    assert_int_equal(slice.count, 0);
    journal_reader_close(reader);
    journal_close(journal);
}

struct refusal {
    const char *name;
    uint64_t first_sequence; /* After 10 events. */
    int64_t shift_us;        /* Of the second event's instant, in bytes and beside them. */
    int64_t lie_us;          /* Of the second event's instant beside its bytes. */
    size_t count;
    uint32_t size; /* Of the second event; 0 = as it is. */
};

static const struct refusal refusals[] = {
    {"no events", 11, 0, 0, 0, 0},
    {"a gap", 12, 0, 0, 2, 0},
    {"a sequence again", 10, 0, 0, 2, 0},
    {"the same instant again", 11, -10, 0, 2, 0},
    {"an earlier instant", 11, -11, 0, 2, 0},
    {"an instant before the journal's last", 11, -25, 0, 2, 0},
    {"an instant that the bytes do not say", 11, 0, 1, 2, 0},
    {"an event that is too long", 11, 0, 0, 2, 65536},
    {"an event without its fields", 11, 0, 0, 2, 1},
    {"an event that is cut off", 11, 0, 0, 2, 3},
};

static void test_refusals(void **state) {
    struct journal *journal = make_journal(*state);
    uint8_t *room = calloc(1, 65536);
    assert_non_null(room);
    assert_int_equal(append_count(journal, 1, 10, NULL), DAYBOOK_OK);
    for (size_t r = 0; r < sizeof refusals / sizeof *refusals; r++) {
        const struct refusal *row = &refusals[r];
        struct daybook_error error = {0};
        print_message("  %s\n", row->name);
        struct events events = events_make(row->first_sequence, row->count);
        if (row->count > 1) {
            const int64_t instant = events.instants[1] + row->shift_us;
            events.spans[1].size = event_write(row->first_sequence + 1, instant, room);
            events.spans[1].data = room;
            events.instants[1] = instant + row->lie_us;
            if (row->size > 0) {
                events.spans[1].size = row->size;
            }
        }
        assert_int_equal(journal_append(journal, &events.batch, &error), DAYBOOK_INVALID);
        assert_true(strlen(error.message) > 0);
        events_release(&events);
        assert_holds(journal, 10);
    }
    /* A first event that is not later than the head, with the batch in order by itself. */
    struct events events = events_make(11, 1);
    events.instants[0] = event_instant(10);
    events.spans[0].size = event_write(11, event_instant(10), room);
    events.spans[0].data = room;
    assert_int_equal(journal_append(journal, &events.batch, NULL), DAYBOOK_INVALID);
    events_release(&events);
    assert_int_equal(append_count(journal, 11, 5, NULL), DAYBOOK_OK);
    assert_holds(journal, 15);
    journal_close(journal);
    journal = open_journal(*state, false);
    assert_int_equal(append_count(journal, 16, 1, NULL), DAYBOOK_INVALID);
    journal_close(journal);
    free(room);
}

static void assert_sequence_at(struct journal_reader *reader, int64_t instant_us, uint64_t expected) {
    uint64_t sequence = 99999;
    assert_int_equal(journal_sequence_at(reader, instant_us, &sequence, NULL), DAYBOOK_OK);
    assert_int_equal(sequence, expected);
}

static void test_sequence_at(void **state) {
    static const size_t sizes[] = {1, 1, 1, 2000, 1, 7, 1024, 1024, 1, 30, 1, 1};
    struct journal *journal = make_journal(*state);
    struct journal_reader *reader = NULL;
    uint64_t count = 0;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(append_count(journal, count + 1, sizes[i], NULL), DAYBOOK_OK);
        count += sizes[i];
    }
    for (uint64_t sequence = 1; sequence <= count; sequence++) {
        assert_sequence_at(reader, event_instant(sequence) - 1, sequence - 1);
        assert_sequence_at(reader, event_instant(sequence), sequence);
        assert_sequence_at(reader, event_instant(sequence) + 1, sequence);
    }
    assert_sequence_at(reader, INT64_MIN, 0);
    assert_sequence_at(reader, INT64_MAX, count);
    journal_reader_close(reader);
    journal_close(journal);
}

/* ---- merges ---- */

static void test_merge_of_single_events(void **state) {
    struct journal *journal = make_journal_without_log(*state);
    struct journal_reader *reader = NULL;
    struct daybook_bytes event;
    enum daybook_status status;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    for (uint64_t i = 1; i <= 64; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
    }
    assert_int_equal(frames_of(journal), 64);
    assert_int_equal(journal_read_one(reader, 30, &event, NULL), DAYBOOK_OK);
    assert_int_equal(append_count(journal, 65, 1, NULL), DAYBOOK_OK);
    assert_int_equal(frames_of(journal), 2);           /* The 64, and the new one. */
    assert_true(event_is(30, event.data, event.size)); /* What a reader borrowed is untouched. */
    assert_int_equal(scan(reader, 30, &status, NULL), 66);
    for (uint64_t i = 66; i <= 3000; i++) {
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
        assert_true(frames_of(journal) <= i / 512 + 8 + 64); /* Full ones, 64 events each, and single ones last. */
    }
    assert_holds(journal, 3000);
    journal_reader_close(reader);
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_holds(journal, 3000);
    journal_close(journal);
}

static void test_merge_after_reopening(void **state) {
    struct journal *journal = make_journal(*state);
    assert_int_equal(append_count(journal, 1, 512, NULL), DAYBOOK_OK);
    for (uint64_t i = 513; i <= 612; i++) { /* A writer that is opened for each event. */
        assert_int_equal(append_count(journal, i, 1, NULL), DAYBOOK_OK);
        journal_close(journal);
        journal = open_journal(*state, true);
    }
    assert_int_equal(frames_of(journal), 1 + 1 + 36); /* The full one, the merged 64, and those since. */
    assert_holds(journal, 612);
    journal_close(journal);
}

static void test_full_frames_stay(void **state) {
    struct journal *journal = make_journal(*state);
    for (uint64_t i = 0; i < 70; i++) {
        assert_int_equal(append_count(journal, i * 512 + 1, 512, NULL), DAYBOOK_OK);
    }
    assert_int_equal(frames_of(journal), 70);
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_int_equal(append_count(journal, 70 * 512 + 1, 1, NULL), DAYBOOK_OK);
    assert_int_equal(frames_of(journal), 71);
    journal_close(journal);
}

/* ---- other threads, other processes ---- */

struct following {
    struct journal *journal;
    uint64_t until;
    atomic_int failures;
};

static void *follow(void *context) {
    struct following *following = context;
    struct journal_reader *reader = NULL;
    struct journal_head head = {0};
    uint64_t next = 1;
    if (journal_reader_open(following->journal, &reader, NULL) != DAYBOOK_OK) {
        atomic_fetch_add(&following->failures, 1);
        return NULL;
    }
    while (next <= following->until) {
        enum daybook_status status = DAYBOOK_OK;
        uint64_t at = 0;
        const uint64_t before = head.sequence; /* It never goes back. A reader may be ahead of it by one append. */
        if (journal_head(following->journal, &head, NULL) != DAYBOOK_OK || head.sequence < before ||
            (next = scan(reader, next, &status, NULL)) <= head.sequence || status != DAYBOOK_OK ||
            journal_sequence_at(reader, event_instant(next / 2), &at, NULL) != DAYBOOK_OK || at != next / 2) {
            atomic_fetch_add(&following->failures, 1);
            break;
        }
        sched_yield(); /* Lets the writer run on a busy machine. */
    }
    journal_reader_close(reader);
    return NULL;
}

static void append_mixed(struct journal *journal, uint64_t until) {
    uint64_t count = 0;
    for (uint64_t round = 0; count < until; round++) {
        size_t size = round % 10 == 9 ? 1500 : 1 + round % 3;
        size = size > until - count ? (size_t)(until - count) : size;
        assert_int_equal(append_count(journal, count + 1, size, NULL), DAYBOOK_OK);
        count += size;
    }
}

static void test_threads(void **state) {
    enum { READERS = 3 };
    struct journal *journal = make_journal(*state);
    struct following following = {.journal = journal, .until = 20000};
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, follow, &following), 0);
    }
    append_mixed(journal, following.until);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&following.failures), 0);
    journal_close(journal);
}

/* Forks before anything is open, since LMDB must not be carried over; the child starts when it is told to. */
static pid_t child_start(int start[2]) {
    assert_int_equal(pipe(start), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    char byte;
    if (child == 0 && read(start[0], &byte, 1) != 1) {
        _exit(9);
    }
    return child;
}

static int child_end(pid_t child, int start[2]) {
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    close(start[0]);
    close(start[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_reader_in_another_process(void **state) {
    int start[2];
    pid_t child = child_start(start);
    if (child == 0) {
        const struct journal_options options = {0};
        struct following following = {.until = 20000};
        if (journal_open(*state, &options, &following.journal, NULL) != DAYBOOK_OK) {
            _exit(2);
        }
        follow(&following);
        journal_close(following.journal);
        _exit(atomic_load(&following.failures) == 0 ? 0 : 1);
    }
    struct journal *journal = make_journal(*state);
    assert_int_equal(write(start[1], "x", 1), 1);
    append_mixed(journal, 20000);
    assert_int_equal(child_end(child, start), 0);
    journal_close(journal);
}

static void test_one_writer(void **state) {
    int start[2];
    char expected[32];
    pid_t parent = getpid();
    snprintf(expected, sizeof expected, "(pid %ld)", (long)parent);
    pid_t child = child_start(start);
    if (child == 0) {
        struct daybook_error error = {0};
        struct journal *journal = NULL;
        struct journal_usage usage;
        struct journal_options options = {.is_writer = true};
        if (journal_open(*state, &options, &journal, &error) != DAYBOOK_BUSY ||
            strstr(error.message, expected) == NULL || strstr(error.message, "test_journal") == NULL) {
            _exit(2);
        }
        options.is_writer = false;
        if (journal_open(*state, &options, &journal, &error) != DAYBOOK_OK ||
            journal_usage(journal, &usage, NULL) != DAYBOOK_OK || strstr(usage.writer, expected) == NULL) {
            _exit(3);
        }
        journal_close(journal);
        _exit(0);
    }
    struct journal *journal = make_journal(*state);
    assert_int_equal(write(start[1], "x", 1), 1);
    assert_int_equal(child_end(child, start), 0);
    journal_close(journal);
    struct journal_usage usage;
    journal = open_journal(*state, false);
    assert_int_equal(journal_usage(journal, &usage, NULL), DAYBOOK_OK);
    assert_string_equal(usage.writer, "");
    journal_close(journal);
}

/* The kernel drops the lock of a writer that is killed, and what it had committed stays. */
static void test_killed_writer(void **state) {
    int start[2];
    int done[2];
    char byte;
    assert_int_equal(pipe(done), 0);
    pid_t child = child_start(start);
    if (child == 0) {
        const struct journal_options options = {.is_writer = true};
        struct journal *journal = NULL;
        if (journal_open(*state, &options, &journal, NULL) == DAYBOOK_OK &&
            append_count(journal, 1, 1500, NULL) == DAYBOOK_OK && write(done[1], "x", 1) == 1) {
            pause();
        }
        _exit(1);
    }
    journal_close(make_journal(*state));
    assert_int_equal(write(start[1], "x", 1), 1);
    close(done[1]);
    assert_int_equal(read(done[0], &byte, 1), 1);
    close(done[0]);
    struct daybook_error error = {0};
    assert_int_equal(open_status(*state, true, &error), DAYBOOK_BUSY);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(child_end(child, start), -1);
    struct journal *journal = open_journal(*state, true);
    assert_holds(journal, 1500);
    journal_close(journal);
}

static void test_twice_in_one_process(void **state) {
    struct daybook_error error = {0};
    struct journal *journal = make_journal(*state);
    assert_int_equal(open_status(*state, true, &error), DAYBOOK_BUSY);
    assert_int_equal(open_status(*state, false, &error), DAYBOOK_BUSY);
    assert_int_equal(append_count(journal, 1, 1, NULL), DAYBOOK_OK);
    journal_close(journal);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(test_create),
        PLACED(test_nothing_made_by_looking),
        PLACED(test_creation_cut_short),
        PLACED(test_creation_that_is_refused),
        PLACED(test_newer_format),
        PLACED(test_empty),
        PLACED(test_batches),
        PLACED(test_long_events),
        PLACED(test_read_one),
        PLACED(test_refusals),
        PLACED(test_sequence_at),
        PLACED(test_merge_of_single_events),
        PLACED(test_merge_after_reopening),
        PLACED(test_full_frames_stay),
        PLACED(test_threads),
        PLACED(test_reader_in_another_process),
        PLACED(test_one_writer),
        PLACED(test_killed_writer),
        PLACED(test_twice_in_one_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
