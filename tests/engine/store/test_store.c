/* engine/store/store.c and store_open.c: opening, transactions, the latch, and what a bad disk or file is called. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/engine/store/place.h"
#include "tests/engine/store/store_case.h"

/* ---- opening ---- */

static void test_open_and_reopen(void **state) {
    struct store *store = open_store(*state, &writing);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    assert_true(holds(store, "a", "1"));
    assert_true(store_size_bytes(store) >= 2 * 4096);
    assert_false(store_is_latched(store));
    store_close(store);
    store = open_store(*state, &reading);
    assert_true(holds(store, "a", "1"));
    assert_false(holds(store, "b", "1"));
    store_close(store);
    assert_non_null(strstr(store_engine_version(), "LMDB 0.9"));
}

static void test_makes_directory(void **state) {
    char path[PLACE_SIZE];
    store_close(open_store(place_path(state, "new", path), &writing));
    store_close(open_store(path, &reading));
}

static void test_not_found(void **state) {
    struct daybook_error error = {0};
    char path[PLACE_SIZE];
    struct store_options options = writing;
    options.may_create = false;
    assert_int_equal(open_status(*state, &options, &error), DAYBOOK_NOT_FOUND);
    assert_non_null(strstr(error.message, *state));
    assert_int_equal(open_status(place_path(state, "none", path), &reading, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(access(path, F_OK), -1); /* Nothing was made by the way. */
}

static void test_missing_table(void **state) {
    static const char *const other[] = {"third"};
    const struct store_options options = {.tables = other, .table_count = 1, .is_read_only = true};
    store_close(open_store(*state, &writing));
    struct daybook_error error = {0};
    assert_int_equal(open_status(*state, &options, &error), DAYBOOK_NOT_FOUND);
    assert_non_null(strstr(error.message, "third"));
}

static void write_file(const char *path, const char *content, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void test_foreign_files(void **state) {
    char path[PLACE_SIZE];
    static char junk[20000];
    memset(junk, 'j', sizeof junk);
    place_path(state, "data.mdb", path);
    write_file(path, "", 0);
    assert_int_equal(open_status(*state, &reading, NULL), DAYBOOK_DAMAGED);
    write_file(path, junk, 100);
    assert_int_equal(open_status(*state, &reading, NULL), DAYBOOK_DAMAGED);
    write_file(path, junk, sizeof junk);
    assert_int_equal(open_status(*state, &reading, NULL), DAYBOOK_DAMAGED);
    assert_int_equal(open_status(*state, &writing, NULL), DAYBOOK_DAMAGED);
}

static void test_read_only_directory(void **state) {
    struct store *store = open_store(*state, &writing);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    store_close(store);
    if (!place_mount_read_only(*state)) {
        print_message("skipped: this user may not mount\n");
        skip();
    }
    struct daybook_error error = {0};
    enum daybook_status status = open_status(*state, &writing, &error);
    store = open_store(*state, &reading);
    const bool is_there = holds(store, "a", "1");
    store_close(store);
    place_unmount(*state);
    assert_int_equal(status, DAYBOOK_READ_ONLY);
    assert_true(is_there);
}

/* ---- transactions ---- */

static void test_all_or_nothing(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_put(txn, 0, text("a"), text("1"), NULL), DAYBOOK_OK);
    assert_int_equal(table_put(txn, 1, text("b"), text("2"), NULL), DAYBOOK_OK);
    assert_false(holds(store, "a", "1")); /* Not before the commit. */
    store_abort(txn);
    assert_false(holds(store, "a", "1"));
    store_close(store);
}

static void test_failed_write_cannot_commit(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_put(txn, 0, text("a"), text("1"), NULL), DAYBOOK_OK);
    assert_int_equal(table_put(txn, 0, text(""), text("1"), NULL), DAYBOOK_INVALID);
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_STOPPED);
    assert_false(holds(store, "a", "1"));
    assert_false(store_is_latched(store)); /* Nothing was written: the next may try. */
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    store_close(store);
}

static void test_reader_keeps_its_snapshot(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    bool is_found = false;
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(put_one(store, "a", "2", NULL), DAYBOOK_OK);
    assert_int_equal(table_get(txn, 0, text("a"), &value, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found && daybook_bytes_equal(value, text("1")));
    store_abort(txn);
    assert_true(holds(store, "a", "2")); /* The parked transaction, begun again, sees the new state. */
    store_close(store);
}

/* What was read under a number is right while the number is the newest. */
static void test_commits_are_numbered(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *old = NULL;
    struct store_txn *new = NULL;
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    assert_int_equal(store_begin_read(store, &old, NULL), DAYBOOK_OK);
    uint64_t first = store_commit_seen(old);
    assert_true(first > 0);
    assert_int_equal(store_newest_commit(store), first);
    assert_int_equal(put_one(store, "b", "2", NULL), DAYBOOK_OK);
    assert_int_equal(store_commit_seen(old), first);
    assert_int_equal(store_begin_read(store, &new, NULL), DAYBOOK_OK);
    assert_true(store_commit_seen(new) > first);
    assert_int_equal(store_newest_commit(store), store_commit_seen(new));
    store_abort(old);
    store_abort(new);
    store_close(store);
}

/* A parked reader keeps its cursors: opened again, they see what its new transaction sees, from the start. */
static void test_cursors_outlive_their_reader(void **state) {
    struct store *store = open_store(*state, &writing);
    for (int i = 0; i < 3; i++) {
        const char *const keys[] = {"a", "b", "c"};
        struct store_txn *txn = NULL;
        struct table_cursor *cursors[2] = {NULL};
        struct table_row row = {0};
        assert_int_equal(put_one(store, keys[i], "1", NULL), DAYBOOK_OK);
        assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
        assert_int_equal(cursor_open(txn, 0, &cursors[0], NULL), DAYBOOK_OK);
        assert_int_equal(cursor_open(txn, 0, &cursors[1], NULL), DAYBOOK_OK); /* Two at once are two. */
        assert_int_equal(cursor_seek_back(cursors[1], (struct daybook_bytes){0}, &row, NULL), DAYBOOK_OK);
        assert_true(row.is_valid && daybook_bytes_equal(row.key, text(keys[i])));
        for (int n = 0; n <= i; n++) {
            assert_int_equal(cursor_next(cursors[0], &row, NULL), DAYBOOK_OK);
            assert_true(row.is_valid && daybook_bytes_equal(row.key, text(keys[n])));
        }
        assert_int_equal(cursor_next(cursors[0], &row, NULL), DAYBOOK_OK);
        assert_false(row.is_valid);
        cursor_close(cursors[0]);
        cursor_close(cursors[1]);
        store_abort(txn);
    }
    store_close(store);
}

static void test_many_readers_at_once(void **state) {
    enum { READERS = 200 };
    struct store *store = open_store(*state, &writing);
    struct store_txn *txns[READERS];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < READERS; i++) {
            assert_int_equal(store_begin_read(store, &txns[i], NULL), DAYBOOK_OK);
        }
        for (int i = 0; i < READERS; i++) {
            store_abort(txns[i]);
        }
    }
    store_close(store);
}

static void test_readers_full(void **state) {
    enum { MOST = 2000 };
    struct store *store = open_store(*state, &writing);
    struct store_txn *txns[MOST];
    enum daybook_status status = DAYBOOK_OK;
    int count = 0;
    while (count < MOST && (status = store_begin_read(store, &txns[count], NULL)) == DAYBOOK_OK) {
        count++;
    }
    assert_int_equal(status, DAYBOOK_LIMIT);
    assert_true(count >= 1022);
    while (count > 0) {
        store_abort(txns[--count]);
    }
    store_close(store);
}

static void test_read_only_store_does_not_write(void **state) {
    store_close(open_store(*state, &writing));
    struct store *store = open_store(*state, &reading);
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_READ_ONLY);
    assert_int_equal(store_sync(store, NULL), DAYBOOK_READ_ONLY);
    store_close(store);
}

static void test_not_durable(void **state) {
    struct store_options options = writing;
    options.is_durable = false;
    struct store *store = open_store(*state, &options);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    assert_int_equal(store_sync(store, NULL), DAYBOOK_OK);
    store_close(store);
    store = open_store(*state, &reading);
    assert_true(holds(store, "a", "1"));
    store_close(store);
}

enum { THREADS = 4, ROUNDS = 200 };

static void *write_and_read(void *context) {
    struct store *store = context;
    for (int i = 0; i < ROUNDS; i++) {
        if (put_one(store, "a", "1", NULL) != DAYBOOK_OK || !holds(store, "a", "1")) {
            return store; /* Anything but NULL is a failure. */
        }
    }
    return NULL;
}

static void test_threads(void **state) {
    struct store_options options = writing;
    options.is_durable = false;
    struct store *store = open_store(*state, &options);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, store), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failure = NULL;
        assert_int_equal(pthread_join(threads[i], &failure), 0);
        assert_null(failure);
    }
    store_close(store);
}

/* ---- limits and failures ---- */

static void test_map_full(void **state) {
    struct store_options options = writing;
    options.map_size_bytes = 1 << 18;
    struct store *store = open_store(*state, &options);
    static char big[100000];
    memset(big, 'b', sizeof big - 1);
    struct daybook_error error = {0};
    assert_int_equal(put_one(store, "a", big, NULL), DAYBOOK_OK);
    assert_int_equal(put_one(store, "b", big, NULL), DAYBOOK_OK);
    assert_int_equal(put_one(store, "c", big, &error), DAYBOOK_LIMIT);
    assert_non_null(strstr(error.message, "map"));
    assert_false(store_is_latched(store));
    assert_true(holds(store, "a", big));
    store_close(store);
    options.map_size_bytes = 1 << 20; /* And with a larger one it goes on. */
    store = open_store(*state, &options);
    assert_int_equal(put_one(store, "c", big, NULL), DAYBOOK_OK);
    store_close(store);
}

/* The system refuses to let the file grow in the middle of a commit. */
static void test_latch(void **state) {
    struct store *store = open_store(*state, &writing);
    struct rlimit limit;
    static char big[100000];
    memset(big, 'b', sizeof big - 1);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit low = {.rlim_cur = store_size_bytes(store) + 8192, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    enum daybook_status status = put_one(store, "b", big, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_true(status == DAYBOOK_IO || status == DAYBOOK_LIMIT);
    assert_true(store_is_latched(store));
    struct daybook_error error = {0};
    assert_int_equal(put_one(store, "c", "3", &error), DAYBOOK_STOPPED); /* Though there is room again. */
    assert_non_null(strstr(error.message, "open it again"));
    assert_int_equal(store_sync(store, NULL), DAYBOOK_STOPPED);
    assert_true(holds(store, "a", "1"));
    assert_false(holds(store, "b", big));
    store_close(store);
    store = open_store(*state, &writing);
    assert_true(holds(store, "a", "1"));
    assert_int_equal(put_one(store, "b", big, NULL), DAYBOOK_OK);
    store_close(store);
}

static void test_disk_full(void **state) {
    char path[PLACE_SIZE];
    if (!place_mount_small(*state, "2m")) {
        print_message("skipped: this user may not mount\n");
        skip();
    }
    struct store *store = open_store(*state, &writing);
    static char chunk[4096];
    enum daybook_status before = put_one(store, "a", "1", NULL);
    FILE *filler = fopen(place_path(state, "filler", path), "wb");
    assert_non_null(filler);
    setvbuf(filler, NULL, _IONBF, 0);
    while (fwrite(chunk, 1, sizeof chunk, filler) == sizeof chunk) {
    }
    fclose(filler);
    struct daybook_error error = {0};
    enum daybook_status full = put_one(store, "b", "2", &error);
    const bool is_latched = store_is_latched(store);
    const bool is_kept = holds(store, "a", "1");
    store_close(store);
    remove(path);
    store = open_store(*state, &writing);
    enum daybook_status after = put_one(store, "b", "2", NULL);
    const bool is_kept_still = holds(store, "a", "1");
    store_close(store);
    place_unmount(*state);
    assert_int_equal(before, DAYBOOK_OK);
    assert_int_equal(full, DAYBOOK_LIMIT);
    assert_non_null(strstr(error.message, "disk is full"));
    assert_true(is_latched && is_kept && is_kept_still);
    assert_int_equal(after, DAYBOOK_OK);
}

/* ---- the length of the file ---- */

static void test_cut_off(void **state) {
    char path[PLACE_SIZE];
    static char big[100000];
    memset(big, 'b', sizeof big - 1);
    struct store *store = open_store(*state, &writing);
    assert_int_equal(put_one(store, "a", big, NULL), DAYBOOK_OK);
    const off_t size = (off_t)store_size_bytes(store);
    store_close(store);
    place_path(state, "data.mdb", path);
    for (off_t left = size - 1; left > 0; left = left % 4096 != 0 ? left / 4096 * 4096 : left * 3 / 4 + 1) {
        struct daybook_error error = {0};
        struct stat facts;
        assert_int_equal(truncate(path, left), 0);
        assert_int_equal(open_status(*state, &reading, &error), DAYBOOK_DAMAGED);
        assert_int_equal(open_status(*state, &writing, &error), DAYBOOK_DAMAGED);
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_size, left); /* Left as it was found. */
    }
}

/* Only pages of one value are missing: all that LMDB itself needs is there, so nothing but the count gives it away. */
static void test_cut_off_in_a_value(void **state) {
    char path[PLACE_SIZE];
    static char big[100000];
    struct stat facts;
    static char half[50000];
    memset(half, 'h', sizeof half - 1);
    memset(big, 'b', sizeof big - 1);
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    bool was_found = false;
    assert_int_equal(put_one(store, "room", half, NULL), DAYBOOK_OK);
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_delete(txn, 0, text("room"), &was_found, NULL), DAYBOOK_OK);
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    assert_int_equal(put_one(store, "a", big, NULL), DAYBOOK_OK); /* Too large for that room: at the end. */
    for (int i = 0; i < 8; i++) { /* LMDB's own pages move into the room, before the value. */
        assert_int_equal(put_one(store, "b", "2", NULL), DAYBOOK_OK);
    }
    const off_t left = (off_t)store_size_bytes(store) / 4096 * 3 / 4 * 4096;
    store_close(store);
    assert_int_equal(truncate(place_path(state, "data.mdb", path), left), 0);
    assert_int_equal(open_status(*state, &reading, NULL), DAYBOOK_DAMAGED);
    assert_int_equal(open_status(*state, &writing, NULL), DAYBOOK_DAMAGED);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, left);
}

struct made_late {
    const char *path;
    const char *content;
    size_t size;
};

static void *fill_late(void *context) {
    const struct made_late *late = context;
    usleep(20000);
    write_file(late->path, late->content, late->size);
    return NULL;
}

/* Between LMDB's making the file and its writing the first pages, whoever opens the store finds it empty. */
static void test_empty_while_it_is_made(void **state) {
    char path[PLACE_SIZE];
    static char content[65536];
    store_close(open_store(*state, &writing));
    FILE *file = fopen(place_path(state, "data.mdb", path), "rb");
    assert_non_null(file);
    struct made_late late = {path, content, fread(content, 1, sizeof content, file)};
    fclose(file);
    assert_true(late.size > 0 && late.size < sizeof content);
    struct store_options options = writing;
    options.may_create = false;
    for (int i = 0; i < 2; i++) {
        pthread_t maker;
        struct store *store = NULL;
        assert_int_equal(truncate(path, 0), 0);
        assert_int_equal(pthread_create(&maker, NULL, fill_late, &late), 0);
        enum daybook_status status = store_open(*state, i == 0 ? &reading : &options, &store, NULL);
        pthread_join(maker, NULL);
        assert_int_equal(status, DAYBOOK_OK);
        store_close(store);
    }
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(open_status(*state, &reading, NULL), DAYBOOK_DAMAGED); /* Nobody makes it. */
}

/* Pages that are free may be missing: LMDB need not have written them. Here they are taken away by hand. */
static void test_missing_free_pages(void **state) {
    char path[PLACE_SIZE];
    static char big[100000];
    struct stat facts;
    bool was_found = false;
    memset(big, 'b', sizeof big - 1);
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    const off_t used = (off_t)store_size_bytes(store);
    assert_int_equal(put_one(store, "b", big, NULL), DAYBOOK_OK);
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_delete(txn, 0, text("b"), &was_found, NULL), DAYBOOK_OK);
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    assert_true(was_found);
    for (int i = 0; i < 8; i++) { /* What is in use moves to the lowest free pages; the end of the file falls free. */
        assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    }
    const off_t size = (off_t)store_size_bytes(store);
    store_close(store);
    place_path(state, "data.mdb", path);
    assert_int_equal(stat(path, &facts), 0);
    assert_true(facts.st_size >= size);
    /* Cut page by page for as long as the writer opens it: each time it is whole again and nothing is lost. */
    int healed = 0;
    for (off_t left = size - 4096; left > used; left -= 4096) {
        assert_int_equal(truncate(path, left), 0);
        if (store_open(*state, &writing, &store, NULL) != DAYBOOK_OK) {
            break;
        }
        healed++;
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_size, size);
        assert_true(holds(store, "a", "1"));
        store_close(store);
    }
    assert_true(healed > 0);
}

/* ---- processes ---- */

static void test_reader_in_another_process(void **state) {
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork(); /* Before anything is open: LMDB must not be carried over. */
    if (child == 0) {
        struct store *store = NULL;
        char byte;
        bool is_there = read(ready[0], &byte, 1) == 1 && store_open(*state, &reading, &store, NULL) == DAYBOOK_OK &&
                        holds(store, "a", "1");
        store_close(store);
        _exit(is_there ? 0 : 1);
    }
    struct store *store = open_store(*state, &writing);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    assert_int_equal(write(ready[1], "x", 1), 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(put_one(store, "b", "2", NULL), DAYBOOK_OK);
    store_close(store);
    close(ready[0]);
    close(ready[1]);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(test_open_and_reopen),
        PLACED(test_makes_directory),
        PLACED(test_not_found),
        PLACED(test_missing_table),
        PLACED(test_foreign_files),
        PLACED(test_read_only_directory),
        PLACED(test_all_or_nothing),
        PLACED(test_failed_write_cannot_commit),
        PLACED(test_reader_keeps_its_snapshot),
        PLACED(test_commits_are_numbered),
        PLACED(test_cursors_outlive_their_reader),
        PLACED(test_many_readers_at_once),
        PLACED(test_readers_full),
        PLACED(test_read_only_store_does_not_write),
        PLACED(test_not_durable),
        PLACED(test_threads),
        PLACED(test_map_full),
        PLACED(test_latch),
        PLACED(test_disk_full),
        PLACED(test_cut_off),
        PLACED(test_cut_off_in_a_value),
        PLACED(test_empty_while_it_is_made),
        PLACED(test_missing_free_pages),
        PLACED(test_reader_in_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
