/* What one process says of the events that it has on their way, and others hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

enum { FROM = 1000 };

static void expect_from(struct journal *journal) {
    assert_true(journal_knows(journal, FROM - 1));
    assert_false(journal_knows(journal, FROM));
    assert_false(journal_knows(journal, FROM + 1));
}

static void the_writer_hears_itself(void **state) {
    struct journal *journal = make_journal(*state);
    assert_true(journal_knows(journal, FROM));
    journal_underway(journal, FROM);
    expect_from(journal);
    journal_underway(journal, 0);
    assert_true(journal_knows(journal, FROM));
    journal_close(journal);
}

/* Tells and asks by a pipe each: 's' sets, 'c' clears, the end dies as SIGKILL does. */
static void write_as_told(const char *directory, int told, int answers) {
    char what = 0;
    struct journal *journal = open_journal(directory, true);
    while (write(answers, &what, 1) == 1 && read(told, &what, 1) == 1) {
        journal_underway(journal, what == 's' ? FROM : 0);
    }
    (void)kill(getpid(), SIGKILL);
}

struct other {
    pid_t id;
    int told[2];
    int answers[2];
};

static void other_await(struct other *other) {
    char what = 0;
    assert_int_equal(read(other->answers[0], &what, 1), 1);
}

static void other_begin(struct other *other, const char *directory) {
    assert_int_equal(pipe(other->told), 0);
    assert_int_equal(pipe(other->answers), 0);
    other->id = fork();
    assert_true(other->id >= 0);
    if (other->id == 0) {
        close(other->told[1]);
        close(other->answers[0]);
        write_as_told(directory, other->told[0], other->answers[1]);
    }
    close(other->told[0]);
    close(other->answers[1]);
    other_await(other);
}

static void other_tell(struct other *other, char what) {
    assert_int_equal(write(other->told[1], &what, 1), 1);
    other_await(other);
}

static void other_end(struct other *other) {
    int how = 0;
    close(other->told[1]);
    assert_int_equal(waitpid(other->id, &how, 0), other->id);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    close(other->answers[0]);
}

static void another_process_hears_it(void **state) {
    struct other other;
    journal_close(make_journal(*state));
    other_begin(&other, *state);
    struct journal *journal = open_journal(*state, false);
    assert_true(journal_knows(journal, FROM));
    other_tell(&other, 's');
    expect_from(journal);
    other_tell(&other, 'c');
    assert_true(journal_knows(journal, FROM));
    other_tell(&other, 's');
    expect_from(journal);
    other_end(&other);
    assert_true(journal_knows(journal, FROM)); /* What a killed one had is on its way no more. */
    other_begin(&other, *state);
    assert_true(journal_knows(journal, FROM));
    other_tell(&other, 's');
    expect_from(journal);
    other_end(&other);
    journal_close(journal);
}

static char *file_of(void *place, char path[PLACE_SIZE]) {
    snprintf(path, PLACE_SIZE, "%.90s/journal/underway", (const char *)place);
    return path;
}

/* A reader finds it when the first writer has made it. */
static void a_reader_may_come_first(void **state) {
    struct other other;
    char path[PLACE_SIZE];
    journal_close(make_journal(*state));
    assert_int_equal(unlink(file_of(*state, path)), 0);
    struct journal *journal = open_journal(*state, false);
    assert_true(journal_knows(journal, FROM));
    other_begin(&other, *state);
    other_tell(&other, 's');
    expect_from(journal);
    other_end(&other);
    journal_close(journal);
}

/* No reader believes a file that is something else; the next writer makes it anew. */
static void what_is_something_else_is_not_believed(void **state) {
    static const char *const contents[] = {"", "DBUNDER1", "DBUNDER2\1\0\0\0\0\0\0", "no such file at all"};
    static const size_t sizes[] = {0, 8, 16, 19};
    char path[PLACE_SIZE];
    journal_close(make_journal(*state));
    file_of(*state, path);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        assert_true(file >= 0);
        assert_int_equal(write(file, contents[i], sizes[i]), sizes[i]);
        close(file);
        struct journal *journal = open_journal(*state, false);
        assert_true(journal_knows(journal, FROM));
        journal_close(journal);
        journal = open_journal(*state, true);
        journal_underway(journal, FROM);
        expect_from(journal);
        journal_close(journal);
    }
}

/* In its own process it is heard all the same. */
static void a_writer_may_have_no_file(void **state) {
    char path[PLACE_SIZE];
    journal_close(make_journal(*state));
    assert_int_equal(unlink(file_of(*state, path)), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    struct journal *journal = open_journal(*state, true);
    journal_underway(journal, FROM);
    expect_from(journal);
    journal_close(journal);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_PLACE(the_writer_hears_itself),   IN_PLACE(another_process_hears_it),
        IN_PLACE(a_reader_may_come_first),   IN_PLACE(what_is_something_else_is_not_believed),
        IN_PLACE(a_writer_may_have_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
