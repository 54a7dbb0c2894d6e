/* The thread that settles the log, held back where it meets the appender: what it finds when its turn comes late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/journal_internal.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

enum {
    SMALL = 256,           /* The most that the log takes at once. */
    WORTH_A_COMMIT = 2048, /* So many events make the settler turn. */
    SEGMENT_EVENTS = 8192, /* A segment's, at most, */
    SEGMENT_RECORDS = 256, /* and so many records of one event. */
    UNTIL_THE_LOG_IS_USED = 2,
};

/* Who is not the appender asks here before it takes `frames_mutex`. */
static struct {
    _Atomic(pthread_mutex_t *) guarded; /* NULL: the gate is open. */
    pthread_t appender;
    sem_t arrived;
    sem_t let_in;
} gate;

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
    if (mutex == atomic_load(&gate.guarded) && !pthread_equal(pthread_self(), gate.appender)) {
        sem_post(&gate.arrived);
        while (sem_wait(&gate.let_in) != 0) {
        }
    }
    return __real_pthread_mutex_lock(mutex);
}

static void gate_close(struct journal *journal) {
    gate.appender = pthread_self();
    assert_int_equal(sem_init(&gate.arrived, 0, 0), 0);
    assert_int_equal(sem_init(&gate.let_in, 0, 0), 0);
    atomic_store(&gate.guarded, &journal->frames_mutex);
}

static void gate_await_settler(void) {
    while (sem_wait(&gate.arrived) != 0) {
    }
}

static void gate_let_in(void) {
    assert_int_equal(sem_post(&gate.let_in), 0);
}

static void gate_open(void) {
    atomic_store(&gate.guarded, NULL);
    gate_let_in();
}

/* `rounds` batches behind what there is. */
static void append_rounds(struct journal *journal, size_t rounds, size_t size) {
    for (size_t i = 0; i < rounds; i++) {
        assert_int_equal(append_count(journal, journal->head.sequence + 1, size, NULL), DAYBOOK_OK);
    }
}

/* A new journal whose next small batch goes to the log. */
static struct journal *make_with_log(const char *directory, uint32_t settle_after_ms) {
    const struct journal_options options = {.is_writer = true, .settle_after_ms = settle_after_ms};
    journal_close(make_journal(directory));
    struct journal *journal = open_journal_as(directory, &options);
    append_rounds(journal, UNTIL_THE_LOG_IS_USED, 1);
    return journal;
}

/* While it waits, a large batch takes along what it came for, and the segment that it came for is written again. */
static void what_is_settled_is_chosen_last(void **state) {
    struct journal *journal = make_with_log(*state, 1);
    gate_close(journal);
    append_rounds(journal, 1, 1);
    gate_await_settler();
    const unsigned came_for = 1 - wal_active(journal->wal);
    append_rounds(journal, 1, SMALL + 1);
    append_rounds(journal, SEGMENT_RECORDS + 10, 1);
    assert_int_equal(wal_active(journal->wal), came_for);
    const uint64_t count = journal->head.sequence;
    gate_open();
    assert_holds(journal, count);
    journal_close(journal);
    journal = open_journal(*state, false);
    assert_holds(journal, count);
    journal_close(journal);
}

/* It comes for what a large batch has taken along, and nothing is there. */
static void nothing_is_settled_twice(void **state) {
    struct journal *journal = make_with_log(*state, 1);
    gate_close(journal);
    append_rounds(journal, 1, 1);
    gate_await_settler();
    append_rounds(journal, 1, SMALL + 1);
    gate_open();
    append_rounds(journal, 20, 1);
    assert_holds(journal, UNTIL_THE_LOG_IS_USED + 1 + SMALL + 1 + 20);
    journal_close(journal);
    journal = open_journal(*state, false);
    assert_holds(journal, UNTIL_THE_LOG_IS_USED + 1 + SMALL + 1 + 20);
    journal_close(journal);
}

/* The appender waits for room, and goes on where the settler made it. */
static void *let_in_later(void *context) {
    (void)context;
    gate_open();
    return NULL;
}

static void a_full_log_waits(void **state) {
    pthread_t other;
    struct journal *journal = make_with_log(*state, 1);
    gate_close(journal);
    append_rounds(journal, 1, 1);
    gate_await_settler();
    append_rounds(journal, SEGMENT_RECORDS, 1);
    assert_int_equal(pthread_create(&other, NULL, let_in_later, NULL), 0);
    append_rounds(journal, 2 * SEGMENT_RECORDS, 1);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_holds(journal, UNTIL_THE_LOG_IS_USED + 1 + 3 * SEGMENT_RECORDS);
    journal_close(journal);
}

/* Syncs of who is not the appender fail while this is set. */
static atomic_bool refuses_syncs;

int fdatasync(int file) {
    if (atomic_load(&refuses_syncs) && !pthread_equal(pthread_self(), gate.appender)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

/* Whoever appends next hears what the settler met, and not only that something failed. */
static void what_the_settler_met_is_told(void **state) {
    struct daybook_error error = {0};
    struct journal *journal = make_with_log(*state, 1);
    gate_close(journal);
    append_rounds(journal, 1, 1);
    gate_await_settler();
    atomic_store(&refuses_syncs, true);
    gate_open();
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK) {
        status = append_count(journal, journal->head.sequence + 1, 1, &error);
    }
    assert_int_equal(status, DAYBOOK_IO);
    assert_non_null(strstr(error.message, strerror(EIO)));
    atomic_store(&refuses_syncs, false);
    const uint64_t count = journal->head.sequence;
    assert_int_equal(append_count(journal, count + 1, 1, &error), DAYBOOK_IO); /* It stays so. */
    journal_close(journal);
    journal = open_journal(*state, true);
    assert_holds(journal, count);
    journal_close(journal);
}

/* ---- a writer that is killed while its settler waits ---- */

struct left {
    const char *name;
    size_t newer_rounds;    /* Batches of SMALL in the segment that is being written. */
    unsigned settled_first; /* Segments that are settled before, so that either is the newer one. */
};

static void fill_and_die(const char *directory, const struct left *left) {
    struct journal *journal = make_with_log(directory, 3600000);
    gate_close(journal);
    append_rounds(journal, WORTH_A_COMMIT / SMALL, SMALL);
    gate_await_settler();
    for (unsigned i = 0; i < left->settled_first; i++) {
        append_rounds(journal, SEGMENT_EVENTS / SMALL, SMALL);
        gate_let_in();
        gate_await_settler();
    }
    append_rounds(journal, left->newer_rounds, SMALL);
    _exit(0);
}

static void a_full_log_is_recovered_in_order(void **state) {
    const struct left *left = *state;
    void *place = NULL;
    int how = -1;
    const uint64_t count = UNTIL_THE_LOG_IS_USED + WORTH_A_COMMIT + left->settled_first * (uint64_t)SEGMENT_EVENTS +
                           left->newer_rounds * (uint64_t)SMALL;
    assert_int_equal(place_set_up(&place), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fill_and_die(place, left);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    struct journal *journal = open_journal(place, false);
    assert_holds(journal, count);
    journal_close(journal);
    journal = open_journal(place, true);
    assert_holds(journal, count);
    append_rounds(journal, 5, 1);
    assert_holds(journal, count + 5);
    journal_close(journal);
    place_tear_down(&place);
}

static const struct left lefts[] = {
    {"the second segment is the newer, and nearly empty", 1, 0},
    {"the second segment is the newer, and full", SEGMENT_EVENTS / SMALL, 0},
    {"the first segment is the newer, and nearly empty", 1, 1},
    {"the first segment is the newer, and both are full", SEGMENT_EVENTS / SMALL, 1},
    {"the second segment is the newer, and both are full", SEGMENT_EVENTS / SMALL, 2},
};

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    enum { LEFTS = sizeof lefts / sizeof *lefts };
    struct CMUnitTest recovered[LEFTS];
    for (size_t i = 0; i < LEFTS; i++) {
        recovered[i] = (struct CMUnitTest){lefts[i].name, a_full_log_is_recovered_in_order, NULL, NULL,
                                           (void *)(uintptr_t)&lefts[i]};
    }
    const struct CMUnitTest held_back[] = {
        IN_PLACE(what_is_settled_is_chosen_last),
        IN_PLACE(nothing_is_settled_twice),
        IN_PLACE(a_full_log_waits),
        IN_PLACE(what_the_settler_met_is_told),
    };
    return cmocka_run_group_tests_name("the settler is held back", held_back, NULL, NULL) +
           cmocka_run_group_tests_name("a writer is killed while its settler waits", recovered, NULL, NULL);
}
