/* Statements: what they say adds up, joins on, and never changes. */
#include "stating.h"

#include "base/hash.h"
#include "projections/query_statement.h"

#define FORWARD     PB__STATEMENT_KIND__STATEMENT_KIND_BALANCE_FORWARD
#define OPEN_ITEM   PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM
#define TRANSACTION PB__STATEMENT_KIND__STATEMENT_KIND_TRANSACTION

/* ---- columns of a message, whatever they are called ---- */

static int64_t column(const Pb__StatementAmounts *amounts, unsigned field) {
    int64_t value;
    memcpy(&value, (const char *)amounts + pb__statement_amounts__descriptor.fields[field].offset, sizeof value);
    return value;
}

static void assert_sum(const char *what, const Pb__StatementAmounts *a, const Pb__StatementAmounts *b,
                       const Pb__StatementAmounts *sum) {
    for (unsigned i = 0; i < pb__statement_amounts__descriptor.n_fields; i++) {
        if (column(a, i) + column(b, i) != column(sum, i)) {
            fail_msg("%s, %s: %lld + %lld is not %lld", what, pb__statement_amounts__descriptor.fields[i].name,
                     (long long)column(a, i), (long long)column(b, i), (long long)column(sum, i));
        }
    }
}

/* What the histories were made of, so that a test that tests nothing is seen. */
static struct {
    size_t changes;
    size_t movements;
    size_t items;
    size_t lots;
    size_t dollars;
    size_t waiting; /* Deposits that are not yet available. */
} seen;

static void note(const Pb__Statement *s) {
    seen.changes += s->n_change_rows;
    seen.movements += s->n_rows;
    seen.items += s->n_items;
    seen.lots += s->n_lots;
    seen.dollars += strcmp(s->currency, "USD") == 0 && s->n_rows > 0;
    seen.waiting += s->movements->not_yet_available_minor != 0;
}

/* ---- one statement against itself and against other views ---- */

static void check_rows(const Pb__Statement *s) {
    const unsigned count = pb__statement_amounts__descriptor.n_fields;
    for (unsigned field = 0; field < count; field++) {
        int64_t changes = 0;
        int64_t sums = 0;
        int64_t rows = 0;
        for (size_t i = 0; i < s->n_change_rows; i++) {
            changes += column(s->change_rows[i]->amounts, field);
        }
        for (size_t i = 0; i < s->n_sums; i++) {
            sums += column(s->sums[i]->amounts, field);
        }
        for (size_t i = 0; i < s->n_rows; i++) {
            rows += column(s->rows[i]->amounts, field);
        }
        assert_int_equal(changes, column(s->changes, field));
        assert_int_equal(sums, column(s->movements, field));
        if (s->kind == TRANSACTION) {
            assert_int_equal(rows, column(s->movements, field));
        }
    }
    for (size_t i = 0; i < s->n_rows; i++) {
        assert_true(strcmp(s->rows[i]->effective_on, s->from_on) > 0);
        assert_true(strcmp(s->rows[i]->effective_on, s->to_on) <= 0);
        assert_true(s->rows[i]->sequence <= s->known_at);
    }
    for (size_t i = 0; i < s->n_change_rows; i++) {
        assert_true(strcmp(s->change_rows[i]->effective_on, s->from_on) <= 0);
        assert_true(s->change_rows[i]->sequence > s->previous_known_at);
    }
}

/* Ages and items come from the aging view, lots from the lots view. */
static void check_ends(const Pb__Statement *s) {
    int64_t ages = 0;
    int64_t items = 0;
    int64_t left = 0;
    int64_t held = 0;
    int64_t dormant = 0;
    for (size_t i = 0; i < s->n_ages; i++) {
        ages += s->ages[i]->amount_minor;
    }
    for (size_t i = 0; i < s->n_items; i++) {
        items += s->items[i]->open_minor;
    }
    for (size_t i = 0; i < s->n_lots; i++) {
        left += s->lots[i]->left_minor;
        held += s->lots[i]->held_minor;
        dormant += s->lots[i]->dormant_minor;
    }
    assert_int_equal(ages, s->closing->owed_minor);
    assert_int_equal(items, s->kind == OPEN_ITEM ? s->closing->owed_minor : 0);
    assert_int_equal(left, s->closing->deposit_minor);
    assert_int_equal(held, s->closing->deposit_held_minor);
    assert_int_equal(dormant, s->closing->dormant_minor);
}

static Pb__Balance balance_at(struct stating_case *s, const char *currency, const char *as_of, uint64_t known_at) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery question = PB__BALANCE_QUERY__INIT;
    Pb__BalanceAnswer *answer = NULL;
    Pb__At at = PB__AT__INIT;
    char known[24];
    Pb__Balance none = PB__BALANCE__INIT;
    (void)snprintf(known, sizeof known, "%" PRIu64, known_at);
    at.as_of = stating_text(s, as_of);
    at.known_at = known;
    question.at = &at;
    question.customer = stating_text(s, "ann");
    question.currency = stating_text(s, currency);
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &question;
    LEDGER_OK(&s->c, stating_ask(s, &query, &answer));
    return answer->n_rows == 0 ? none : *answer->rows[0];
}

static void check_balance(const Pb__StatementAmounts *amounts, int64_t available, const Pb__Balance *balance) {
    assert_int_equal(amounts->receivable_minor, balance->receivable_minor);
    assert_int_equal(amounts->unapplied_minor, balance->unapplied_minor);
    assert_int_equal(amounts->deposit_minor, balance->deposit_minor);
    assert_int_equal(amounts->deposit_held_minor, balance->deposit_held_minor);
    assert_int_equal(amounts->dormant_minor, balance->dormant_minor);
    assert_int_equal(amounts->pending_minor, balance->pending_minor);
    assert_int_equal(amounts->charged_minor, balance->lifetime_charged_minor);
    assert_int_equal(amounts->paid_minor, balance->lifetime_paid_minor);
    assert_int_equal(amounts->owed_minor, balance->receivable_minor - balance->unapplied_minor);
    assert_int_equal(available, balance->deposit_available_minor);
}

static void check_statement(struct stating_case *s, const Pb__Statement *statement) {
    assert_sum("opening + movements", statement->opening, statement->movements, statement->closing);
    assert_sum("previous + changes", statement->previous_closing, statement->changes, statement->opening);
    check_rows(statement);
    check_ends(statement);
    note(statement);
    Pb__Balance closing = balance_at(s, statement->currency, statement->to_on, statement->known_at);
    check_balance(statement->closing, statement->closing_available_minor, &closing);
    if (statement->from_on[0] != '\0') {
        Pb__Balance opening = balance_at(s, statement->currency, statement->from_on, statement->known_at);
        check_balance(statement->opening, statement->opening_available_minor, &opening);
    }
}

/* ---- random histories ---- */

enum { DAYS = 120, STEPS = 150 };

struct tale {
    struct stating_case s;
    uint64_t random;
    int today; /* Days after 2024-01-01. */
    int documents;
    char *contents[64]; /* Of what was issued, in its order. */
    char *ids[64];
    size_t issued;
    int accepted;
};

static uint32_t roll(struct tale *t, uint32_t count) {
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(t->random >> 33) % count;
}

static const char *day_text(int day, char text[DATE_TEXT_SIZE]) {
    int32_t first = 0;
    assert_true(date_parse("2024-01-01", 10, &first));
    return date_format(first + day, text);
}

/* Dated back at times, past many a statement. */
static const char *some_day(struct tale *t, char text[DATE_TEXT_SIZE]) {
    int back = roll(t, 3) == 0 ? (int)roll(t, (uint32_t)t->today + 1) : 0;
    return day_text(t->today - back, text);
}

static void say_something(struct tale *t) {
    static const char *const lines[] = {
        "%s charge g%d %d goods",
        "%s charge g%d %d goods settle=receivable",
        "%s pay p%d %d",
        "%s pay p%d %d none",
        "%s deposit d%d %d",
        "%s deposit d%d %d expires=2024-03-15",
        "%s pay q%d %d pending",
        "%s reverse-payment p%d reversal bounced amount=%d",
        "%s reverse-payment p%d correction bounced amount=%d",
        "%s reverse-charge g%d 0 reversal wrong amount=%d",
        "%s reverse-charge g%d 0 correction wrong amount=%d",
        "%s credit-note n%d %d late",
        "%s write-off w%d %d lost for=g1",
        "%s place-hold h%d %d goods",
        "%s settle q%d amount=%d",
        "%s release-hold h%d amount=%d",
        "%s capture-hold h%d k%d",
        "%s deposit e%d %d from=2024-04-10 cur=USD",
        "%s charge u%d %d goods cur=USD",
        "%s refund r%d %d payment p2",
    };
    char day[DATE_TEXT_SIZE];
    char line[160];
    uint32_t which = roll(t, (uint32_t)ROW_COUNT(lines));
    bool is_old = (which >= 7 && which <= 10) || (which >= 14 && which <= 16);
    int document = is_old ? (int)roll(t, (uint32_t)t->documents + 1) : ++t->documents;
    (void)snprintf(line, sizeof line, lines[which], some_day(t, day), document, (int)roll(t, 500) + 1);
    t->accepted += ledger_line(&t->s.c, line) == 0;
}

static void issue_some(struct tale *t) {
    char to[DATE_TEXT_SIZE];
    Pb__IssueStatementsAnswer *answer = NULL;
    Pb__IssueStatementsRequest request = stating_request(&t->s, "ann", "", day_text(t->today - (int)roll(t, 4), to));
    request.kind = (Pb__StatementKind)(1 + roll(t, 3));
    request.by_month = roll(t, 2) == 0;
    LEDGER_OK(&t->s.c, stating_issue(&t->s, &request, &answer));
    assert_null(answer->refusal);
    assert_int_equal(answer->n_issued, answer->issued_count);
    for (size_t i = 0; i < answer->n_issued && t->issued < ROW_COUNT(t->ids); i++) {
        Pb__StatementAnswer *shown = NULL;
        LEDGER_OK(&t->s.c, stating_show(&t->s, answer->issued[i]->statement, 0, &shown));
        check_statement(&t->s, shown->statement);
        t->ids[t->issued] = answer->issued[i]->statement;
        t->contents[t->issued++] = shown->content;
    }
}

static void preview_some(struct tale *t) {
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    Pb__StatementAnswer *answer = NULL;
    int last = (int)roll(t, (uint32_t)t->today + 1);
    int first = last - 1 - (int)roll(t, 40);
    uint64_t head = ledger_head(&t->s.c);
    uint64_t known_at = 1 + roll(t, (uint32_t)head);
    LEDGER_OK(&t->s.c,
              stating_preview(&t->s, (Pb__StatementKind)(1 + roll(t, 3)), roll(t, 3) == 0 ? "USD" : "CNY",
                              roll(t, 4) == 0 ? "" : day_text(first, from), day_text(last, to), known_at, &answer));
    check_statement(&t->s, answer->statement);
}

/* Every two that follow each other, in full columns, as they are shown. */
static void check_chains(struct tale *t) {
    Pb__StatementsAnswer *list = stating_list(&t->s, "ann", "", 0, 0, "");
    size_t links = 0;
    assert_int_equal(list->n_rows, t->issued);
    for (size_t i = 1; i < list->n_rows; i++) {
        Pb__StatementAnswer *before = NULL;
        Pb__StatementAnswer *after = NULL;
        if (strcmp(list->rows[i]->currency, list->rows[i - 1]->currency) != 0) {
            continue;
        }
        LEDGER_OK(&t->s.c, stating_show(&t->s, list->rows[i - 1]->statement, 0, &before));
        LEDGER_OK(&t->s.c, stating_show(&t->s, list->rows[i]->statement, 0, &after));
        assert_string_equal(after->statement->from_on, before->statement->to_on);
        assert_string_equal(after->statement->previous, before->statement->statement);
        assert_sum("closing + changes", before->statement->closing, after->statement->changes,
                   after->statement->opening);
        links++;
    }
    assert_true(links >= 2);
}

static void check_contents(struct tale *t) {
    for (size_t i = 0; i < t->issued; i++) {
        Pb__StatementAnswer *shown = NULL;
        LEDGER_OK(&t->s.c, stating_show(&t->s, t->ids[i], 0, &shown));
        assert_string_equal(shown->content, t->contents[i]);
    }
}

static void a_random_history(uint64_t seed) {
    struct tale t = {.random = seed};
    char day[DATE_TEXT_SIZE];
    stating_begin(&t.s);
    stating_now(&t.s, "2024-01-01");
    ledger_must(&t.s.c, "2024-01-01 open ann terms=20");
    for (int step = 0; step < STEPS; step++) {
        if (roll(&t, 2) == 0 && t.today < DAYS) {
            t.today += (int)roll(&t, 4);
            stating_now(&t.s, day_text(t.today, day));
        }
        uint32_t what = roll(&t, 20);
        if (what == 0 && t.today > 5) {
            issue_some(&t);
        } else if (what < 3) {
            preview_some(&t);
        } else {
            say_something(&t);
        }
    }
    issue_some(&t);
    assert_true(t.accepted > STEPS / 3 && t.issued > 2);
    check_contents(&t);
    check_chains(&t);
    daybook_close(t.s.c.ledger);
    t.s.c.ledger = NULL;
    ledger_case_forget(&t.s.c);
    stating_reopen(&t.s);
    check_contents(&t);
    stating_end(&t.s);
}

static void test_random_histories(void **state) {
    (void)state;
    const char *given = getenv("DAYBOOK_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20240229;
    for (uint64_t i = 0; i < 12; i++) {
        print_message("seed %" PRIu64 "\n", seed + i);
        a_random_history(seed + i);
    }
    print_message("%zu changes, %zu movements, %zu items, %zu lots, %zu in dollars, %zu waiting\n", seen.changes,
                  seen.movements, seen.items, seen.lots, seen.dollars, seen.waiting);
    assert_true(seen.changes > 0 && seen.movements > 0 && seen.items > 0 && seen.lots > 0 && seen.dollars > 0 &&
                seen.waiting > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
