/* engine/store/store_registry.c: a directory is open once in a process, under any name, and once in each process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/engine/store/place.h"
#include "tests/engine/store/store_case.h"

static void test_once_a_process(void **state) {
    char path[PLACE_SIZE];
    struct daybook_error error = {0};
    struct store *store = open_store(*state, &writing);
    assert_int_equal(open_status(*state, &reading, &error), DAYBOOK_BUSY);
    assert_non_null(strstr(error.message, "already"));
    /* By another name it is the same directory. */
    assert_int_equal(open_status(place_path(state, ".", path), &reading, NULL), DAYBOOK_BUSY);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    store_close(store);
    assert_int_equal(open_status(*state, &reading, NULL), DAYBOOK_OK);
}

/* Each may be open once, and they are closed in any order. */
static void test_several_in_a_process(void **state) {
    static const char *const elsewhere = "/dev/shm";
    char paths[3][PLACE_SIZE];
    char shared[] = "/dev/shm/daybook-test-XXXXXX";
    struct store *stores[3];
    place_path(state, "first", paths[0]);
    place_path(state, "second", paths[1]);
    const bool has_other_device = access(elsewhere, W_OK) == 0 && mkdtemp(shared) != NULL;
    snprintf(paths[2], PLACE_SIZE, "%.100s", has_other_device ? shared : place_path(state, "third", paths[2]));
    for (int i = 0; i < 3; i++) {
        stores[i] = open_store(paths[i], &writing);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(open_status(paths[i], &reading, NULL), DAYBOOK_BUSY);
    }
    const int order[] = {1, 0, 2};
    for (int i = 0; i < 3; i++) {
        store_close(stores[order[i]]);
        assert_int_equal(open_status(paths[order[i]], &reading, NULL), DAYBOOK_OK);
    }
    if (has_other_device) {
        place_remove(shared);
    }
}

/* What a forked child inherited belongs to its parent: the child opens its own. */
static void test_once_in_each_process(void **state) {
    int status = -1;
    struct store *store = open_store(*state, &writing);
    assert_int_equal(put_one(store, "a", "1", NULL), DAYBOOK_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *own = NULL;
        const bool is_right = store_open(*state, &reading, &own, NULL) == DAYBOOK_OK && holds(own, "a", "1") &&
                              open_status(*state, &reading, NULL) == DAYBOOK_BUSY;
        store_close(own);
        _exit(is_right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(put_one(store, "a", "2", NULL), DAYBOOK_OK);
    assert_true(holds(store, "a", "2"));
    store_close(store);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(test_once_a_process),
        PLACED(test_several_in_a_process),
        PLACED(test_once_in_each_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
