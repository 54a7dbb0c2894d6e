/* A statement's text on terminals: as it is where there is room, and else every figure of it in fewer columns. */
#include "tests/tools/stream.h"
#include "tools/statement_layout.h"

/* As projections/statement_text.c draws it, with amounts that fill their columns, and names of two cells a letter. */
static const char content[] =
    "STATEMENT OF ACCOUNT (format 1)\n"
    "\n"
    "statement       2024-02-29-CNY\n"
    "\n"
    "BALANCE                             OWED          RECEIVABLE\n"
    "opening                           600.00              600.00\n"
    "closing                 1,234,567,490.12    1,234,567,490.12\n"
    "\n"
    "LOTS\n"
    "RECEIVED    USABLE FROM EXPIRES                   AMOUNT                LEFT  LOT\n"
    "2024-01-12  2024-01-12  never                     500.00              376.55  \xE9\xA2\x84\xE5\xAD\x98 1\n"
    "2024-01-13  2024-01-13  2024-03-01                  5.00                0.00  L  2\n"
    "\n"
    "POLICIES\n"
    "basis: due date\n";

static void prints(size_t width, const char *expected) {
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    FILE *stream = stream_begin();
    assert_int_equal(statement_print_within(content, stream, width, &arena, &error), DAYBOOK_OK);
    stream_is(stream, expected);
    arena_release(&arena);
}

/* What has room, and what goes into a pipe, is what the hash is of. */
static void room_leaves_it_as_it_is(void **state) {
    (void)state;
    prints(0, content);
    prints(85, content);
}

static void blanks_go_first(void **state) {
    (void)state;
    prints(76, "STATEMENT OF ACCOUNT (format 1)\n"
               "\n"
               "statement       2024-02-29-CNY\n"
               "\n"
               "BALANCE                             OWED          RECEIVABLE\n"
               "opening                           600.00              600.00\n"
               "closing                 1,234,567,490.12    1,234,567,490.12\n"
               "\n"
               "LOTS\n"
               "RECEIVED    USABLE FROM EXPIRES     AMOUNT    LEFT  LOT\n"
               "2024-01-12  2024-01-12  never       500.00  376.55  \xE9\xA2\x84\xE5\xAD\x98 1\n"
               "2024-01-13  2024-01-13  2024-03-01    5.00    0.00  L  2\n"
               "\n"
               "POLICIES\n"
               "basis: due date\n"
               "\n"
               "Laid out for this terminal; a pipe or a file gets the text word for word.\n");
}

static void then_columns_stand_below_each_other(void **state) {
    (void)state;
    prints(44, "STATEMENT OF ACCOUNT (format 1)\n"
               "\n"
               "statement       2024-02-29-CNY\n"
               "\n"
               "BALANCE              OWED        RECEIVABLE\n"
               "opening            600.00            600.00\n"
               "closing  1,234,567,490.12  1,234,567,490.12\n"
               "\n"
               "LOTS\n"
               "RECEIVED    USABLE FROM EXPIRES     AMOUNT\n"
               "2024-01-12  2024-01-12  never       500.00\n"
               "2024-01-13  2024-01-13  2024-03-01    5.00\n"
               "\n"
               "RECEIVED      LEFT  LOT\n"
               "2024-01-12  376.55  \xE9\xA2\x84\xE5\xAD\x98 1\n"
               "2024-01-13    0.00  L  2\n"
               "\n"
               "POLICIES\n"
               "basis: due date\n"
               "\n"
               "Laid out for this terminal; a pipe or a file\n"
               "gets the text word for word.\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_leaves_it_as_it_is),
        cmocka_unit_test(blanks_go_first),
        cmocka_unit_test(then_columns_stand_below_each_other),
    };
    console_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
