/* An instant as known-at while events that were decided by then are on their way to the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "tests/engine/ledger_case.h"

/* An append stops here until somebody has asked whether an instant is known, and heard that it is not. */
static struct {
    atomic_bool is_closed;
    sem_t arrived;
    sem_t let_in;
} gate;

enum daybook_status __real_journal_append(struct journal *journal, const struct journal_batch *batch,
                                          struct daybook_error *error);
enum daybook_status __wrap_journal_append(struct journal *journal, const struct journal_batch *batch,
                                          struct daybook_error *error);
bool __real_journal_knows(struct journal *journal, int64_t instant_us);
bool __wrap_journal_knows(struct journal *journal, int64_t instant_us);

enum daybook_status __wrap_journal_append(struct journal *journal, const struct journal_batch *batch,
                                          struct daybook_error *error) {
    if (atomic_load(&gate.is_closed)) {
        sem_post(&gate.arrived);
        while (sem_wait(&gate.let_in) != 0) {
        }
    }
    return __real_journal_append(journal, batch, error);
}

static void gate_open(void) {
    if (atomic_exchange(&gate.is_closed, false)) {
        sem_post(&gate.let_in);
    }
}

bool __wrap_journal_knows(struct journal *journal, int64_t instant_us) {
    const bool is_known = __real_journal_knows(journal, instant_us);
    if (!is_known) {
        gate_open();
    }
    return is_known;
}

static void *charge(void *context) {
    ledger_must(context, "charge g 5");
    return NULL;
}

/* What the ledger says that it knew by the instant. */
static uint64_t known_at(struct ledger_case *c, int64_t instant_us) {
    char text[INSTANT_TEXT_SIZE];
    struct coordinates coordinates;
    Pb__At at = PB__AT__INIT;
    at.known_at = (char *)(uintptr_t)instant_format(instant_us, text);
    LEDGER_OK(c, ledger_resolve(c->ledger, &at, &coordinates, &c->error));
    assert_in_range(coordinates.known_at, 0, coordinates.head);
    return coordinates.known_at;
}

struct known_row {
    const char *name;
    int64_t after_us; /* What is asked for, after the clock when the charge was decided. */
    uint64_t known_at;
    bool waits;
};

static const struct known_row rows[] = {
    {"what the head knows is not waited for", -1000, 1, false},
    {"before it was decided, it is waited for and not known", -1, 1, true},
    {"when it was decided, it is waited for", 0, 2, true},
    {"after it was decided, it is waited for", 500, 2, true},
};

static void an_event_on_its_way_is_waited_for(void **state) {
    const struct known_row *row = *state;
    struct ledger_case c;
    pthread_t other;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    c.now_us += 1000;
    const int64_t decided_us = c.now_us;
    assert_int_equal(sem_init(&gate.arrived, 0, 0), 0);
    assert_int_equal(sem_init(&gate.let_in, 0, 0), 0);
    atomic_store(&gate.is_closed, true);
    assert_int_equal(pthread_create(&other, NULL, charge, &c), 0);
    while (sem_wait(&gate.arrived) != 0) {
    }
    c.now_us += 1000;
    const uint64_t said = known_at(&c, decided_us + row->after_us);
    const bool has_waited = !atomic_load(&gate.is_closed);
    gate_open();
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(said, row->known_at);
    assert_int_equal(has_waited, row->waits);
    assert_int_equal(known_at(&c, decided_us + row->after_us), said); /* For ever. */
    ledger_case_end(&c);
}

/* The clock may still give it to an event. */
static void now_has_not_come(void **state) {
    struct ledger_case c;
    char text[INSTANT_TEXT_SIZE];
    struct coordinates coordinates;
    Pb__At at = PB__AT__INIT;
    (void)state;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    c.now_us += 1000;
    at.known_at = (char *)(uintptr_t)instant_format(c.now_us, text);
    assert_int_equal(ledger_resolve(c.ledger, &at, &coordinates, &c.error), DAYBOOK_INVALID);
    assert_non_null(strstr(c.error.message, "has not come"));
    c.now_us++;
    assert_int_equal(known_at(&c, c.now_us - 1), 1);
    ledger_case_end(&c);
}

/* What was refused leaves nothing on its way. */
static void a_refusal_is_over(void **state) {
    struct ledger_case c;
    (void)state;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    c.now_us += 1000;
    assert_int_not_equal(ledger_line(&c, "charge g 0"), 0);
    c.now_us += 1000;
    assert_true(journal_knows(ledger_journal(c.ledger), c.now_us - 1));
    assert_int_equal(known_at(&c, c.now_us - 1), 1);
    ledger_case_end(&c);
}

int main(void) {
    enum { ROWS = sizeof rows / sizeof *rows };
    struct CMUnitTest waited[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        waited[i] = (struct CMUnitTest){rows[i].name, an_event_on_its_way_is_waited_for, NULL, NULL,
                                        (void *)(uintptr_t)&rows[i]};
    }
    const struct CMUnitTest others[] = {
        cmocka_unit_test(now_has_not_come),
        cmocka_unit_test(a_refusal_is_over),
    };
    return cmocka_run_group_tests_name("an event on its way", waited, NULL, NULL) +
           cmocka_run_group_tests(others, NULL, NULL);
}
