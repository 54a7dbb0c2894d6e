/*
 * The content of a statement, format 1, byte by byte: what was once issued must be written like this
 * by every later build. A difference here is not put right in this file; what has to look otherwise
 * is a new format.
 */
#include "stating.h"

static void tell_the_story(struct stating_case *s) {
    Pb__IssueStatementsAnswer *answer = NULL;
    Pb__IssueStatementsRequest january = stating_request(s, "ann", "", "2024-01-31");
    Pb__IssueStatementsRequest february = stating_request(s, "ann", "", "2024-02-29");
    stating_now(s, "2024-02-02");
    ledger_must(&s->c, "2024-01-02 open ann");
    ledger_must(&s->c, "2024-01-10 charge 发票-1 100000 goods settle=receivable due=2024-02-09");
    ledger_must(&s->c, "2024-01-12 deposit L1 50000 expires=2024-03-01");
    LEDGER_OK(&s->c, stating_issue(s, &january, &answer));
    stating_now(s, "2024-03-03");
    ledger_must(&s->c, "2024-01-20 pay P-1 40000");
    ledger_must(&s->c, "2024-02-05 charge INV-2 12345 goods");
    ledger_must(&s->c, "2024-02-10 credit-note N-1 1000 late for=发票-1");
    ledger_must(&s->c, "2024-02-20 pay P-2 5000 none");
    ledger_must(&s->c, "2024-02-21 dispute D1 20000 发票-1 quality");
    LEDGER_OK(&s->c, stating_issue(s, &february, &answer));
    assert_int_equal(answer->issued_count, 1);
}

/* The file of that name beside which this build's content is held. */
static void assert_golden(struct stating_case *s, const char *name, const char *content) {
    char path[512];
    char *golden = arena_zalloc(&s->arena, 1 << 16);
    (void)snprintf(path, sizeof path, "%s/%s", GOLDEN_DIRECTORY, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_non_null(golden);
    assert_true(fread(golden, 1, (1 << 16) - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(content, golden);
}

static void test_balance_forward(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *answer = NULL;
    LEDGER_OK(&s->c, stating_show(s, "2024-02-29-CNY", 0, &answer));
    assert_golden(s, "statement_1_forward.txt", answer->content);
}

static void test_open_items(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *answer = NULL;
    LEDGER_OK(&s->c, stating_preview(s, PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM, "", "2024-01-31", "2024-02-29",
                                     13, &answer));
    assert_golden(s, "statement_1_items.txt", answer->content);
}

static void test_transactions(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *answer = NULL;
    LEDGER_OK(&s->c, stating_preview(s, PB__STATEMENT_KIND__STATEMENT_KIND_TRANSACTION, "", "2024-02-05", "2024-03-02",
                                     13, &answer));
    assert_golden(s, "statement_1_transactions.txt", answer->content);
}

static int begin(void **state) {
    static struct stating_case s;
    stating_begin(&s);
    tell_the_story(&s);
    *state = &s;
    return 0;
}

static int end(void **state) {
    stating_end(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balance_forward),
        cmocka_unit_test(test_open_items),
        cmocka_unit_test(test_transactions),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
