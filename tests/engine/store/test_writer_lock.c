/* The writer's lock: who holds it says who it is, with the subcommand that it runs and nothing else of its line. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/writer_lock.h"
#include "tests/engine/store/place.h"
#include "tests/rows.h"

/* This program again, as `test_writer_lock WORD`: it takes the lock, says so, and holds it until it is told to end. */
static const char child_of[] = "DAYBOOK_TEST_LOCK";

static int hold(const char *directory) {
    struct daybook_error error;
    int lock = -1;
    char byte = 'x';
    if (writer_lock_take(directory, &lock, &error) != DAYBOOK_OK || write(STDOUT_FILENO, &byte, 1) != 1 ||
        read(STDIN_FILENO, &byte, 1) != 0) {
        return 1;
    }
    writer_lock_release(lock);
    return 0;
}

struct holder {
    pid_t process;
    int in;
    int out;
};

static struct holder holder_start(const char *directory, const char *word) {
    int in[2];
    int out[2];
    char byte;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)setenv(child_of, directory, 1);
        (void)execl("/proc/self/exe", "test_writer_lock", word, (char *)NULL);
        _exit(9);
    }
    close(in[0]);
    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1);
    return (struct holder){process, in[1], out[0]};
}

static void holder_end(struct holder *holder) {
    int status = -1;
    close(holder->in);
    close(holder->out);
    assert_int_equal(waitpid(holder->process, &status, 0), holder->process);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

struct word_row {
    const char *name;
    const char *word; /* The first argument; NULL: there is none. */
    bool is_told;
};

static const struct word_row word_rows[] = {
    {"no word", NULL, false},
    {"an empty word", "", false},
    {"a subcommand", "import", true},
    {"a subcommand of two words", "re-import", true},
    {"a subcommand of 31 letters", "abcdefghijklmnopqrstuvwxyzabcde", true},
    {"32 letters are none", "abcdefghijklmnopqrstuvwxyzabcdef", false},
    {"an option", "--serve", false},
    {"a path", "/tmp/books", false},
    {"a name", "Ann", false},
    {"a number", "p4711", false},
};

static void the_holder_is_named(void **state) {
    const struct word_row *row = *state;
    void *place = NULL;
    struct daybook_error error = {0};
    char name[WRITER_NAME_SIZE] = "before";
    char expected[WRITER_NAME_SIZE];
    int lock = 7;
    assert_int_equal(place_set_up(&place), 0);
    struct holder holder = holder_start(place, row->word);
    (void)snprintf(expected, sizeof expected, "test_writer_lock%s%s (pid %ld)", row->is_told ? " " : "",
                   row->is_told ? row->word : "", (long)holder.process);
    writer_lock_holder(place, name);
    assert_string_equal(name, expected);
    assert_int_equal(writer_lock_take(place, &lock, &error), DAYBOOK_BUSY);
    assert_int_equal(lock, -1);
    assert_non_null(strstr(error.message, expected));
    holder_end(&holder);
    writer_lock_holder(place, name);
    assert_string_equal(name, "");
    assert_int_equal(writer_lock_take(place, &lock, &error), DAYBOOK_OK);
    writer_lock_release(lock);
    place_tear_down(&place);
}

/* Who holds the lock and could not write its name is held by nobody that can be named. */
static void a_holder_without_a_name(void **state) {
    (void)state;
    void *place = NULL;
    struct daybook_error error = {0};
    char name[WRITER_NAME_SIZE];
    char path[PLACE_SIZE];
    int lock = -1;
    assert_int_equal(place_set_up(&place), 0);
    struct holder holder = holder_start(place, "import");
    assert_int_equal(truncate(place_path(&place, "writer.lock", path), 0), 0);
    writer_lock_holder(place, name);
    assert_string_equal(name, "a process that has not said its name yet");
    assert_int_equal(writer_lock_take(place, &lock, &error), DAYBOOK_BUSY);
    assert_non_null(strstr(error.message, name));
    holder_end(&holder);
    place_tear_down(&place);
}

static void where_there_is_no_ledger(void **state) {
    (void)state;
    struct daybook_error error = {0};
    char name[WRITER_NAME_SIZE] = "before";
    int lock = 7;
    assert_int_equal(writer_lock_take("/tmp/no such place", &lock, &error), DAYBOOK_NOT_FOUND);
    assert_int_equal(lock, -1);
    assert_non_null(strstr(error.message, "/tmp/no such place/writer.lock"));
    writer_lock_holder("/tmp/no such place", name);
    assert_string_equal(name, "");
    writer_lock_release(lock); /* Nothing. */
}

int main(void) {
    static struct rows rows;
    const char *directory = getenv(child_of);
    if (directory != NULL) {
        return hold(directory);
    }
    ROWS_ADD_TABLE(&rows, word_rows, the_holder_is_named);
    rows_add(&rows, "a holder without a name", a_holder_without_a_name, NULL);
    rows_add(&rows, "no ledger", where_there_is_no_ledger, NULL);
    return rows_run("writer_lock", &rows);
}
