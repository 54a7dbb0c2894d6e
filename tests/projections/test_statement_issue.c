/* Issuing statements: what is missing and no more; how it is shown, listed, and told from damage. */
#include "stating.h"

static int begin(void **state) {
    static struct stating_case s;
    stating_begin(&s);
    stating_now(&s, "2024-06-15");
    ledger_must(&s.c, "2024-01-01 open ann");
    *state = &s;
    return 0;
}

static int end(void **state) {
    stating_end(*state);
    return 0;
}

static Pb__IssueStatementsAnswer *issue(struct stating_case *s, const char *customer, const char *from, const char *to,
                                        bool by_month) {
    Pb__IssueStatementsAnswer *answer = NULL;
    Pb__IssueStatementsRequest request = stating_request(s, customer, from, to);
    request.by_month = by_month;
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    return answer;
}

static void test_the_same_again_issues_nothing(void **state) {
    struct stating_case *s = *state;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    assert_int_equal(issue(s, "ann", "", "2024-01-31", false)->issued_count, 1);
    uint64_t head = ledger_head(&s->c);
    Pb__IssueStatementsAnswer *again = issue(s, "ann", "", "2024-01-31", false);
    assert_int_equal(again->issued_count, 0);
    assert_int_equal(again->known_count, 1);
    assert_int_equal(issue(s, "ann", "", "2024-01-20", false)->issued_count, 0);
    assert_int_equal(ledger_head(&s->c), head);
}

static void test_missed_months_are_caught_up(void **state) {
    static const char *const ends[] = {"2024-02-29", "2024-03-31", "2024-04-30", "2024-05-10"};
    struct stating_case *s = *state;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    ledger_must(&s->c, "2024-03-10 charge h 10");
    (void)issue(s, "ann", "", "2024-01-31", true);
    Pb__IssueStatementsAnswer *answer = issue(s, "ann", "", "2024-05-10", true);
    assert_int_equal(answer->n_issued, ROW_COUNT(ends));
    for (size_t i = 0; i < ROW_COUNT(ends); i++) {
        const Pb__IssuedStatement *issued = answer->issued[i];
        assert_string_equal(issued->to_on, ends[i]);
        assert_string_equal(issued->from_on, i == 0 ? "2024-01-31" : ends[i - 1]);
        assert_int_equal(issued->closing->receivable_minor, i == 0 ? 100 : 110);
        assert_int_equal(issued->changes->receivable_minor, 0);
        assert_true(issued->known_at >= issued->previous && issued->previous > 0);
    }
}

static void test_months_from_a_day(void **state) {
    struct stating_case *s = *state;
    ledger_must(&s->c, "2024-02-10 charge g 100");
    Pb__IssueStatementsAnswer *answer = issue(s, "", "2023-11-30", "2024-03-31", true);
    assert_int_equal(answer->n_issued, 2); /* December and January have nothing to tell. */
    assert_string_equal(answer->issued[0]->statement, "2024-02-29-CNY");
    assert_string_equal(answer->issued[0]->from_on, "2024-01-31");
    assert_string_equal(answer->issued[1]->statement, "2024-03-31-CNY");
}

static void test_every_customer_page_by_page(void **state) {
    struct stating_case *s = *state;
    Pb__Page page = PB__PAGE__INIT;
    size_t issued = 0;
    size_t pages = 0;
    for (int i = 0; i < 7; i++) {
        char line[96];
        (void)snprintf(line, sizeof line, "2024-01-01 open c%d cust=c%d", i, i);
        ledger_must(&s->c, line);
        (void)snprintf(line, sizeof line, "2024-01-0%d charge g %d cust=c%d", i + 1, 100 * i + 1, i);
        ledger_must(&s->c, line);
        (void)snprintf(line, sizeof line, "2024-01-20 pay p 5 cust=c%d cur=%s", i, i % 2 == 0 ? "USD" : "CNY");
        ledger_must(&s->c, line);
    }
    Pb__IssueStatementsRequest request = stating_request(s, "", "", "2024-01-31");
    page.limit = 3;
    request.page = &page;
    do {
        Pb__IssueStatementsAnswer *answer = NULL;
        LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
        assert_true(answer->account_count <= 3);
        issued += answer->n_issued;
        page.cursor = answer->next_cursor;
        pages++;
    } while (page.cursor[0] != '\0');
    assert_int_equal(issued, 7 + 4);
    assert_int_equal(pages, 4);
    assert_int_equal(issue(s, "", "", "2024-01-31", false)->issued_count, 0);
}

/* Who has the tag on the last day that is told gets what is missing, the months before included; page by page. */
static void test_customers_with_a_tag(void **state) {
    struct stating_case *s = *state;
    Pb__Page page = PB__PAGE__INIT;
    size_t issued = 0;
    size_t pages = 0;
    for (int i = 0; i < 7; i++) {
        char line[96];
        (void)snprintf(line, sizeof line, "2024-01-01 open c%d cust=c%d tags=%s", i, i, i % 3 == 0 ? "north" : "south");
        ledger_must(&s->c, line);
        (void)snprintf(line, sizeof line, "2024-01-0%d charge g %d cust=c%d", i + 1, 100 * i + 1, i);
        ledger_must(&s->c, line);
    }
    ledger_must(&s->c, "2024-03-01 change cust=c1 tags=north");
    Pb__IssueStatementsRequest request = stating_request(s, "", "2023-12-31", "2024-02-29");
    request.tag = "north";
    request.by_month = true;
    request.page = &page;
    page.limit = 2;
    do {
        Pb__IssueStatementsAnswer *answer = NULL;
        LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
        for (size_t i = 0; i < answer->n_issued; i++) {
            assert_int_equal((answer->issued[i]->customer[1] - '0') % 3, 0);
        }
        issued += answer->n_issued;
        page.cursor = answer->next_cursor;
        pages++;
    } while (page.cursor[0] != '\0');
    assert_int_equal(issued, 3 * 2);
    assert_int_equal(pages, 2);
    Pb__IssueStatementsAnswer *answer = NULL;
    request.to_on = "2024-03-31";
    request.page = NULL;
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    assert_int_equal(answer->issued_count, 3 + 3); /* March for three, and all of c1. */
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    assert_int_equal(answer->issued_count, 0);
    assert_int_equal(answer->known_count, 4);
    request.customer = "c2"; /* In the south. */
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    assert_int_equal(answer->account_count, 0);
}

static void test_cursors_of_others(void **state) {
    static char *const cursors[] = {
        "zz", "00", "4100434e5943", "41", "4100414141414141414141", "6300434e590000000000000001"};
    struct stating_case *s = *state;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    for (size_t i = 0; i < ROW_COUNT(cursors); i++) {
        Pb__Page page = PB__PAGE__INIT;
        Pb__IssueStatementsAnswer *answer = NULL;
        Pb__IssueStatementsRequest request = stating_request(s, "", "", "2024-01-31");
        page.cursor = cursors[i];
        request.page = &page;
        assert_int_equal(stating_issue(s, &request, &answer), i == 2 ? DAYBOOK_OK : DAYBOOK_INVALID);
    }
}

static void test_a_named_customer_without_movements(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    assert_int_equal(issue(s, "", "", "2024-01-31", false)->account_count, 0);
    assert_int_equal(issue(s, "ann", "", "2024-01-31", false)->issued_count, 1);
    LEDGER_OK(&s->c, stating_show(s, "2024-01-31-CNY", 0, &shown));
    assert_int_equal(shown->statement->closing->owed_minor, 0);
    assert_int_equal(shown->statement->n_rows, 0);
}

static void test_where_nothing_moved(void **state) {
    struct stating_case *s = *state;
    Pb__IssueStatementsAnswer *answer = NULL;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    ledger_must(&s->c, "2024-01-11 pay p 100");
    (void)issue(s, "", "", "2024-01-31", false);
    Pb__IssueStatementsRequest request = stating_request(s, "", "", "2024-04-30");
    request.moved_only = true;
    request.by_month = true;
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    assert_int_equal(answer->issued_count, 0);
    ledger_must(&s->c, "2024-01-20 charge late 7");
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    assert_int_equal(answer->issued_count, 3); /* It is open from then on. */
    assert_int_equal(answer->issued[0]->changes->receivable_minor, 7);
    assert_int_equal(answer->issued[1]->changes->receivable_minor, 0);
}

static void test_late_facts_of_before_the_first(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    ledger_must(&s->c, "2024-02-10 charge g 100");
    (void)issue(s, "ann", "2024-01-31", "2024-02-29", false);
    ledger_must(&s->c, "2024-01-10 charge early 9");
    ledger_must(&s->c, "2024-02-10 pay p 30");
    (void)issue(s, "ann", "", "2024-03-31", false);
    LEDGER_OK(&s->c, stating_show(s, "2024-03-31-CNY", 0, &shown));
    assert_int_equal(shown->statement->previous_closing->owed_minor, 100);
    assert_int_equal(shown->statement->changes->owed_minor, -21);
    assert_int_equal(shown->statement->opening->owed_minor, 79);
    assert_string_equal(shown->statement->change_rows[0]->document, "early");
}

static void test_both_readings_of_a_reversal(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    ledger_must(&s->c, "2024-01-10 pay p 30");
    ledger_must(&s->c, "2024-01-11 pay q 50");
    (void)issue(s, "ann", "", "2024-01-31", false);
    ledger_must(&s->c, "2024-02-05 reverse-payment p reversal bounced");
    ledger_must(&s->c, "reverse-payment q correction bounced");
    (void)issue(s, "ann", "", "2024-02-29", false);
    LEDGER_OK(&s->c, stating_show(s, "2024-02-29-CNY", 0, &shown));
    assert_int_equal(shown->statement->changes->unapplied_minor, -50);
    assert_int_equal(shown->statement->opening->unapplied_minor, 30);
    assert_int_equal(shown->statement->movements->unapplied_minor, -30);
    assert_int_equal(shown->statement->closing->unapplied_minor, 0);
}

static void test_what_expired_is_entered_before(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    ledger_must(&s->c, "2024-05-01 deposit A 100 expires=2024-06-20");
    stating_now(s, "2024-07-02");
    (void)issue(s, "ann", "", "2024-06-30", false);
    LEDGER_OK(&s->c, stating_show(s, "2024-06-30-CNY", 0, &shown));
    assert_int_equal(shown->statement->closing->deposit_minor, 0);
    assert_int_equal(shown->statement->closing->dormant_minor, 100);
}

static void test_a_closed_customer(void **state) {
    struct stating_case *s = *state;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    ledger_must(&s->c, "2024-01-11 pay p 100");
    ledger_must(&s->c, "2024-01-12 close");
    assert_int_equal(issue(s, "", "", "2024-01-31", false)->issued_count, 1);
}

static void test_the_list_at_both_coordinates(void **state) {
    struct stating_case *s = *state;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    stating_now(s, "2024-02-01");
    (void)issue(s, "ann", "", "2024-01-31", false);
    uint64_t first = ledger_head(&s->c);
    stating_now(s, "2024-06-16");
    (void)issue(s, "ann", "", "2024-05-31", true);
    assert_int_equal(stating_list(s, "", "", 0, 0, "")->n_rows, 5);
    assert_int_equal(stating_list(s, "", "", first, 0, "")->n_rows, 1);
    assert_int_equal(stating_list(s, "", "2024-06-15", 0, 0, "")->n_rows, 1);
    assert_int_equal(stating_list(s, "", "2024-01-31", 0, 0, "")->n_rows, 0);
    Pb__StatementsAnswer *page = stating_list(s, "ann", "", 0, 2, "");
    assert_int_equal(page->n_rows, 2);
    page = stating_list(s, "ann", "", 0, 2, page->next_cursor);
    assert_string_equal(page->rows[0]->to_on, "2024-03-31");
    page = stating_list(s, "ann", "", 0, 2, page->next_cursor);
    assert_int_equal(page->n_rows, 1);
    assert_string_equal(page->next_cursor, "");
}

static void test_shown_only_when_it_was_issued(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    uint64_t before = ledger_head(&s->c);
    (void)issue(s, "ann", "", "2024-01-31", false);
    assert_int_equal(stating_show(s, "2024-01-31-CNY", before, &shown), DAYBOOK_NOT_FOUND);
    assert_int_equal(stating_show(s, "2024-02-29-CNY", 0, &shown), DAYBOOK_NOT_FOUND);
    LEDGER_OK(&s->c, stating_show(s, "2024-01-31-CNY", before + 1, &shown));
    assert_int_equal(shown->issued->known_at, before);
}

/* A request that did not come by the route: its digest is of nothing. */
static void test_what_was_recorded_is_compared(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    ledger_must(&s->c, "statement false forward - 2024-01-31 known=2");
    assert_int_equal(stating_show(s, "false", 0, &shown), DAYBOOK_DAMAGED);
    assert_non_null(strstr(s->c.error.message, "event 3"));
    ledger_must(&s->c, "statement newer forward 2024-01-31 2024-02-29 known=3 format=2");
    assert_int_equal(stating_show(s, "newer", 0, &shown), DAYBOOK_VERSION);
}

static void test_a_refusal_is_in_the_answer(void **state) {
    struct stating_case *s = *state;
    Pb__IssueStatementsAnswer *answer = NULL;
    ledger_must(&s->c, "2024-01-10 charge g 100");
    Pb__IssueStatementsRequest request = stating_request(s, "ann", "", "2024-01-31");
    request.statement = stating_text(s, "one");
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    request.to_on = stating_text(s, "2024-02-29");
    LEDGER_OK(&s->c, stating_issue(s, &request, &answer));
    assert_int_equal(answer->issued_count, 0);
    assert_int_equal(answer->refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT);
}

static void assert_fails(struct stating_case *s, enum daybook_status status, const char *customer, const char *from,
                         const char *to, const char *text) {
    Pb__IssueStatementsAnswer *answer = NULL;
    Pb__IssueStatementsRequest request = stating_request(s, customer, from, to);
    assert_int_equal(stating_issue(s, &request, &answer), status);
    assert_non_null(strstr(s->c.error.message, text));
}

static void test_what_cannot_be_asked(void **state) {
    struct stating_case *s = *state;
    Pb__StatementAnswer *shown = NULL;
    assert_fails(s, DAYBOOK_INVALID, "ann", "", "", "to_on");
    assert_fails(s, DAYBOOK_INVALID, "ann", "", "2024-06-16", "today is 2024-06-15");
    assert_fails(s, DAYBOOK_INVALID, "ann", "yesterday", "2024-01-31", "yesterday");
    assert_fails(s, DAYBOOK_INVALID, "ann", "2024-01-31", "2024-01-31", "no day");
    assert_fails(s, DAYBOOK_NOT_FOUND, "bob", "", "2024-01-31", "bob");
    assert_int_equal(
        stating_preview(s, PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED, "", "2024-02-01", "2024-01-31", 0, &shown),
        DAYBOOK_INVALID);
    assert_int_equal(
        stating_preview(s, PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED, "", "soon", "2024-01-31", 0, &shown),
        DAYBOOK_INVALID);
}

#define STATEMENT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        STATEMENT_TEST(test_the_same_again_issues_nothing),
        STATEMENT_TEST(test_missed_months_are_caught_up),
        STATEMENT_TEST(test_months_from_a_day),
        STATEMENT_TEST(test_every_customer_page_by_page),
        STATEMENT_TEST(test_customers_with_a_tag),
        STATEMENT_TEST(test_cursors_of_others),
        STATEMENT_TEST(test_a_named_customer_without_movements),
        STATEMENT_TEST(test_where_nothing_moved),
        STATEMENT_TEST(test_late_facts_of_before_the_first),
        STATEMENT_TEST(test_both_readings_of_a_reversal),
        STATEMENT_TEST(test_what_expired_is_entered_before),
        STATEMENT_TEST(test_a_closed_customer),
        STATEMENT_TEST(test_the_list_at_both_coordinates),
        STATEMENT_TEST(test_shown_only_when_it_was_issued),
        STATEMENT_TEST(test_what_was_recorded_is_compared),
        STATEMENT_TEST(test_a_refusal_is_in_the_answer),
        STATEMENT_TEST(test_what_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
