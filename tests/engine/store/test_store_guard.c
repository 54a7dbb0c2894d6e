/* engine/store/store_guard.c: the last words of a process that meets a page which LMDB did not write. */
#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/store.h"
#include "store/store_guard.h"
#include "tests/engine/store/place.h"

enum { GUARD_EXIT = 4, OWN_EXIT = 55, ROWS = 2000, PAGE_BYTES = 4096, ROOT_OF_TABLES = 128, MESSAGE_SIZE = 2048 };

static const char *const names[] = {"rows"};
static char lost_path[PLACE_SIZE];

static void lost(const char *directory, const char *reason) {
    (void)directory;
    (void)reason;
    int file = open(lost_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    close(file);
}

static const struct store_options of_a_view = {.tables = names, .table_count = 1, .may_create = true, .lost = lost};
static const struct store_options of_a_journal = {.tables = names, .table_count = 1, .may_create = true};

static struct store *open_or_end(const char *directory, const struct store_options *options) {
    struct store *store = NULL;
    if (store_open(directory, options, &store, NULL) != DAYBOOK_OK) {
        _exit(100);
    }
    return store;
}

static void fill(const char *directory) {
    struct store *store = open_or_end(directory, &of_a_journal);
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint8_t key[4];
        store_be32(key, i);
        struct daybook_bytes bytes = {key, sizeof key};
        assert_int_equal(table_put(txn, 0, bytes, bytes, NULL), DAYBOOK_OK);
    }
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    store_close(store);
}

static void read_all(struct store *store) {
    struct store_txn *txn = NULL;
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    if (store_begin_read(store, &txn, NULL) == DAYBOOK_OK && cursor_open(txn, 0, &cursor, NULL) == DAYBOOK_OK &&
        cursor_seek(cursor, (struct daybook_bytes){0}, &row, NULL) == DAYBOOK_OK) {
        while (row.is_valid && cursor_next(cursor, &row, NULL) == DAYBOOK_OK) {
        }
    }
    _exit(0);
}

/* ---- what a child does ---- */

static const char *data_path(const char *directory, char path[PLACE_SIZE]) {
    snprintf(path, PLACE_SIZE, "%.100s/data.mdb", directory);
    return path;
}

/* Where nothing is. */
static uint8_t read_nowhere(void) {
    static volatile uintptr_t address = 16;
    return *(const volatile uint8_t *)address;
}

/* As if the disk had lost all pages but the first two. */
static void read_past_the_end(const char *directory, const struct store_options *options) {
    char path[PLACE_SIZE];
    struct store *store = open_or_end(directory, options);
    if (truncate(data_path(directory, path), 2 * PAGE_BYTES) != 0) {
        _exit(101);
    }
    read_all(store);
}

/* Behind the store that reads another one was opened, which is sound. */
static void read_past_the_end_of_one(const char *directory, const struct store_options *options) {
    char path[PLACE_SIZE];
    char other[PLACE_SIZE];
    struct store *store = open_or_end(directory, options);
    snprintf(other, sizeof other, "%.100s-2", directory);
    (void)open_or_end(other, &of_a_journal);
    if (truncate(data_path(directory, path), 2 * PAGE_BYTES) != 0) {
        _exit(101);
    }
    read_all(store);
}

static bool is_astray;

int __real_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op);

int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op) {
    return is_astray ? read_nowhere() : __real_mdb_cursor_get(cursor, key, value, op);
}

/* A page that was changed leads LMDB to where no file is. */
static void be_led_astray(const char *directory, const struct store_options *options) {
    struct store *store = open_or_end(directory, options);
    is_astray = true;
    read_all(store);
}

/* The table of tables begins at a meta page, which LMDB asserts cannot be. */
static void follow_a_wrong_root(const char *directory, const struct store_options *options) {
    char path[PLACE_SIZE];
    int file = open(data_path(directory, path), O_RDWR | O_CLOEXEC);
    const uint64_t root = 1;
    for (off_t page = 0; page < 2; page++) {
        if (pwrite(file, &root, sizeof root, page * PAGE_BYTES + ROOT_OF_TABLES) != sizeof root) {
            _exit(101);
        }
    }
    close(file);
    read_all(open_or_end(directory, options));
}

/* A file that is no store's. */
static void read_elsewhere(const char *directory, const struct store_options *options) {
    char path[PLACE_SIZE];
    struct store *store = open_or_end(directory, options);
    snprintf(path, sizeof path, "%.100s/other", directory);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (ftruncate(file, PAGE_BYTES) != 0) {
        _exit(101);
    }
    const volatile uint8_t *bytes = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, file, 0);
    if (ftruncate(file, 0) != 0 || bytes[1] == 7) {
        _exit(101);
    }
    store_close(store);
    _exit(0);
}

/* The program's own mistake, beside an open store. */
static void make_a_mistake(const char *directory, const struct store_options *options) {
    (void)open_or_end(directory, options);
    _exit(read_nowhere());
}

enum end { BY_GUARD, BY_SIGNAL, BY_OWN_HANDLER };

static void own_handler(int number) {
    (void)number;
    _exit(OWN_EXIT);
}

struct ending {
    const char *name;
    void (*act)(const char *directory, const struct store_options *options);
    const struct store_options *options;
    bool is_guarded;
    enum end end; /* The guard's exit code, whatever signal it was, or the program's handler that was there before. */
    bool is_told;
    const char *says;
};

static const struct ending endings[] = {
    {"a page of a view is gone", read_past_the_end, &of_a_view, true, BY_GUARD, true, "it is marked as damaged"},
    {"a page of a journal is gone", read_past_the_end, &of_a_journal, true, BY_GUARD, false,
     "\"daybook doctor\" says more"},
    {"a page of one of two is gone", read_past_the_end_of_one, &of_a_view, true, BY_GUARD, true, "/store/data.mdb: "},
    {"a page is gone, and no guard", read_past_the_end, &of_a_view, false, BY_SIGNAL, false, ""},
    {"LMDB asserts in a view", follow_a_wrong_root, &of_a_view, true, BY_GUARD, true, "it is marked as damaged"},
    {"LMDB asserts in a journal", follow_a_wrong_root, &of_a_journal, true, BY_GUARD, false,
     "\"daybook doctor\" says more"},
    {"LMDB asserts, and no guard", follow_a_wrong_root, &of_a_view, false, BY_SIGNAL, true, "it is marked as damaged"},
    {"LMDB is led to no file", be_led_astray, &of_a_view, true, BY_GUARD, true, "/store/data.mdb: "},
    {"a fault elsewhere", read_elsewhere, &of_a_view, true, BY_SIGNAL, false, ""},
    {"a fault elsewhere that is waited for", read_elsewhere, &of_a_view, true, BY_OWN_HANDLER, false, ""},
    {"a mistake that is waited for", make_a_mistake, &of_a_view, true, BY_OWN_HANDLER, false, ""},
};

/* What the child says on standard error, and how it ended. */
static int run_child(const struct ending *ending, const char *directory, char said[MESSAGE_SIZE]) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        for (int number = 1; number < NSIG; number++) {
            signal(number, SIG_DFL); /* Of cmocka and the sanitizers. */
        }
        if (ending->end == BY_OWN_HANDLER) {
            signal(SIGBUS, own_handler);
            signal(SIGSEGV, own_handler);
        }
        if (ending->is_guarded) {
            store_guard_install(GUARD_EXIT);
        }
        ending->act(directory, ending->options);
        _exit(0);
    }
    close(ends[1]);
    size_t size = 0;
    ssize_t more = 0;
    while (size < MESSAGE_SIZE - 1 && (more = read(ends[0], said + size, MESSAGE_SIZE - 1 - size)) > 0) {
        size += (size_t)more;
    }
    said[size] = '\0';
    close(ends[0]);
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    return state;
}

static void the_end_is_told(void **state) {
    const struct ending *ending = *state;
    void *place = NULL;
    char directory[PLACE_SIZE];
    char said[MESSAGE_SIZE];
    assert_int_equal(place_set_up(&place), 0);
    place_path(&place, "store", directory);
    place_path(&place, "lost", lost_path);
    fill(directory);

    int how = run_child(ending, directory, said);
    if (ending->end == BY_SIGNAL) {
        assert_true(WIFSIGNALED(how));
    } else {
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), ending->end == BY_GUARD ? GUARD_EXIT : OWN_EXIT);
    }
    assert_int_equal(access(lost_path, F_OK) == 0, ending->is_told);
    assert_non_null(strstr(said, ending->says));
    place_tear_down(&place);
}

int main(void) {
    enum { COUNT = sizeof endings / sizeof *endings };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        tests[i] = (struct CMUnitTest){endings[i].name, the_end_is_told, NULL, NULL, (void *)&endings[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
