/* The calls that there are: every one has a way, and clients know what comes out of it. */
#include "tools/serve/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/service.pb-c.h"

static struct methods methods;

static int open_methods(void **state) {
    (void)state;
    return methods_open(&methods, NULL) == DAYBOOK_OK ? 0 : -1;
}

static int close_methods(void **state) {
    (void)state;
    methods_close(&methods);
    return 0;
}

/* A call that is in the schema and not here is a promise that nobody keeps. */
static void every_call_has_a_way(void **state) {
    (void)state;
    assert_true(methods.count >= 20);
    for (size_t i = 0; i < methods.count; i++) {
        const struct method *method = &methods.items[i];
        if (method->route == ROUTE_NONE || method->output == NULL) {
            fail_msg("%s has no way, or nobody knows what comes out", method->path);
        }
        assert_ptr_equal(methods_find(&methods, method->path), method);
        assert_int_equal(method->index, i);
    }
}

/* And every question that the library answers has a call. */
static void every_question_has_a_call(void **state) {
    (void)state;
    for (unsigned i = 0; i < pb__query__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *arm = &pb__query__descriptor.fields[i];
        const struct method *method = methods_find_input(&methods, arm->descriptor);
        if (method == NULL) {
            fail_msg("no call of service.proto takes the question \"%s\"", arm->name);
        } else {
            assert_ptr_equal(method->arm, arm);
        }
    }
}

static void what_the_schema_says_is_known(void **state) {
    (void)state;
    const struct method *balance = methods_find(&methods, "/daybook.v1.Views/GetBalance");
    assert_non_null(balance);
    assert_true(balance->is_safe);
    assert_false(balance->is_stream);
    assert_string_equal(balance->name, "Views.GetBalance");
    assert_ptr_equal(balance->output, &pb__balance_answer__descriptor);
    const struct method *submit = methods_find(&methods, "/daybook.v1.Ledger/Submit");
    assert_non_null(submit);
    assert_false(submit->is_safe);
    assert_int_equal(submit->route, ROUTE_SUBMIT);
    const struct method *rebuild = methods_find(&methods, "/daybook.v1.Admin/Rebuild");
    assert_non_null(rebuild);
    assert_false(rebuild->is_safe);
    const struct method *follow = methods_find(&methods, "/daybook.v1.Events/Follow");
    assert_non_null(follow);
    assert_true(follow->is_stream);
}

static void what_is_no_call_is_not_found(void **state) {
    static const char *const paths[] = {"",
                                        "/",
                                        "/daybook.v1.Views/",
                                        "/daybook.v1.Views/GetBalanc",
                                        "/daybook.v1.Views/GetBalance/",
                                        "/daybook.v1.views/GetBalance"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_null(methods_find(&methods, paths[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_has_a_way),
        cmocka_unit_test(every_question_has_a_call),
        cmocka_unit_test(what_the_schema_says_is_known),
        cmocka_unit_test(what_is_no_call_is_not_found),
    };
    return cmocka_run_group_tests(tests, open_methods, close_methods);
}
