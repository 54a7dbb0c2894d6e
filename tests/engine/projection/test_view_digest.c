/* The digest of a view, against one that another program computed. */
#include "toy.h"

/* Python: hashlib.sha256 over the bytes that view_digest.c draws, for the four events below. */
static const char expected_hex[] = "3356c0ba67e9ae159af2fc6594f68b92259173c6b0b0afe34a9b927607c32c41";

static void it_is_what_the_drawing_says(void **state) {
    struct toy_ledger *ledger = *state;
    const char *customers[] = {"c1", "c2", "c3", "c3"};
    char hex[65];
    for (size_t i = 0; i < 4; i++) {
        toy_append_one(ledger, customers[i], "");
    }
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 4, NULL, &ledger->error));
    struct view_digest digest = toy_digest(ledger, view);
    for (size_t i = 0; i < 32; i++) {
        snprintf(hex + i * 2, 3, "%02x", digest.sha256[i]);
    }
    assert_string_equal(hex, expected_hex);
    assert_int_equal(digest.position, 4);
    assert_int_equal(digest.row_count, 4);
    view_close(view);
}

static void it_does_not_depend_on_the_batches(void **state) {
    struct toy_ledger *ledger = *state;
    static const size_t batches[] = {1, 7, 50, 299, 65536};
    struct view_digest first;
    toy_append(ledger, 300);
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        char views[128];
        struct view *view = toy_view(ledger, &toy, batches[i]);
        assert_ok(ledger, view_catch_up(view, 300, NULL, &ledger->error));
        struct view_digest digest = toy_digest(ledger, view);
        first = i == 0 ? digest : first;
        assert_same_digest(&digest, &first);
        assert_int_equal(digest.row_count, 51);
        view_close(view);
        snprintf(views, sizeof views, "%s/views", ledger->directory);
        toy_remove(views);
    }
}

static void a_view_that_was_never_built_has_none(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_digest digest;
    struct view *view = toy_view(ledger, &toy, 0);
    assert_int_equal(view_compute_digest(view, NULL, &digest, &ledger->error), DAYBOOK_BEHIND);
    view_close(view);
}

static bool stop(void *context, const char *name, uint64_t position, uint64_t target) {
    (void)context;
    return strcmp(name, "toy") != 0 || position != 4 || target != 4;
}

static void one_that_is_stopped_is_none(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_progress progress = {.report = stop};
    struct view_digest digest;
    toy_append(ledger, 4);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 4, NULL, &ledger->error));
    assert_int_equal(view_compute_digest(view, &progress, &digest, &ledger->error), DAYBOOK_STOPPED);
    assert_int_equal(toy_digest(ledger, view).position, 4);
    view_close(view);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_what_the_drawing_says, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(it_does_not_depend_on_the_batches, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_stopped_is_none, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_view_that_was_never_built_has_none, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests_name("view_digest", tests, NULL, NULL);
}
