/* What a caller is told, before it waits and while it does; nothing is lost, and nothing is touched afterwards. */
#include "caller.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "tests/rows.h"

enum { ROUNDS = 2000 };

static void what_was_said_before_is_heard(void **state) {
    (void)state;
    struct caller caller = {0};
    caller_tell(&caller, CALLER_LEADS);
    assert_int_equal(caller_wait(&caller), CALLER_LEADS);
    caller_rest(&caller);
    caller_tell(&caller, CALLER_DONE);
    assert_int_equal(caller_wait(&caller), CALLER_DONE);
}

static void done_is_not_taken_back(void **state) {
    (void)state;
    struct caller caller = {0};
    caller_tell(&caller, CALLER_DONE);
    caller_rest(&caller);
    assert_int_equal(caller_wait(&caller), CALLER_DONE);
}

/* The callers lie on the heap and are freed as soon as they heard "done": AddressSanitizer sees who touches one later.
 */
static struct caller *_Atomic posted;

static void *tell_all(void *argument) {
    struct caller *_Atomic *slot = argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct caller *caller = NULL;
        while ((caller = atomic_exchange(slot, NULL)) == NULL) {
            sched_yield();
        }
        caller_tell(caller, CALLER_DONE);
    }
    return NULL;
}

static void who_is_done_may_go_away(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, tell_all, &posted), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct caller *caller = calloc(1, sizeof *caller);
        assert_non_null(caller);
        atomic_store(&posted, caller);
        assert_int_equal(caller_wait(caller), CALLER_DONE);
        free(caller);
    }
    pthread_join(thread, NULL);
}

static void what_is_held_is_not_done(void **state) {
    (void)state;
    struct caller caller = {.pending = 1};
    assert_true(caller_hold(&caller));
    assert_false(caller_let_go(&caller));
    assert_true(caller_let_go(&caller));
    assert_false(caller_hold(&caller));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_before_is_heard),
        cmocka_unit_test(done_is_not_taken_back),
        cmocka_unit_test(who_is_done_may_go_away),
        cmocka_unit_test(what_is_held_is_not_done),
    };
    return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
