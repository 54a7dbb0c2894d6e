/* Grades by their rules, over time, and the decisions that charges were made by. */
#include "projections/aging_model.h"
#include "projections/credit_grade.h"
#include "projections/submitting.h"
#include "tests/rows.h"

/* ---- the rules ---- */

/* What is measured, and what it must give. Amounts that are not named are 0. */
struct grade_case {
    const char *name;
    int64_t paid;
    int64_t late;
    int64_t delay; /* Amounts times days past due, and before. */
    int64_t early;
    int64_t open;
    int64_t overdue;
    int32_t oldest_days;
    int64_t limit; /* -1: unassessed. */
    int64_t charged;
    int64_t written_off;
    uint32_t points;
    const char *grade;
    const char *reason;
};

static const struct grade_case grade_cases[] = {
    {"nothing to judge by", .limit = 1000, .grade = "-", .reason = "nothing was paid yet, and nothing is open"},
    {"paid in time", .paid = 1000, .early = 5000, .limit = -1, .charged = 1000, .grade = "A",
     .reason = "no rule gives a point"},
    {"at a limit is not above it", .paid = 1000, .late = 50, .delay = 10000, .limit = -1, .charged = 1000, .points = 1,
     .grade = "A", .reason = "days beyond terms 1"},
    {"above it by less than a hundredth", .paid = 100000, .late = 5001, .delay = 1000001, .limit = -1,
     .charged = 100000, .points = 3, .grade = "B", .reason = "days beyond terms 2, late share 1"},
    {"early days outweigh late ones", .paid = 1000, .late = 400, .delay = 4000, .early = 6000, .limit = -1,
     .charged = 1000, .points = 2, .grade = "B", .reason = "late share 2"},
    {"all of the limit used", .open = 1000, .limit = 1000, .charged = 1000, .points = 2, .grade = "A",
     .reason = "use of the limit 2"},
    {"a limit of 0 has no use", .open = 1000, .limit = 0, .charged = 1000, .grade = "A",
     .reason = "no rule gives a point"},
    {"one full rule", .paid = 1000, .open = 1000, .limit = -1, .charged = 1000, .written_off = 51, .points = 4,
     .grade = "C", .reason = "written off 4"},
    {"overdue for a day", .open = 1000, .overdue = 1, .oldest_days = 1, .limit = -1, .charged = 1000, .points = 2,
     .grade = "B", .reason = "overdue share 1, oldest overdue 1"},
    {"long overdue, and nothing ever paid", .open = 1000, .overdue = 501, .oldest_days = 91, .limit = -1,
     .charged = 1000, .points = 8, .grade = "E", .reason = "overdue share 4, oldest overdue 4"},
    {"far past the smallest limit", .open = INT64_MAX, .limit = 1, .charged = INT64_MAX, .points = 4, .grade = "C",
     .reason = "use of the limit 4"},
    {"late and overdue", .paid = 1000, .late = 700, .delay = 60000, .open = 1000, .overdue = 260, .oldest_days = 61,
     .limit = -1, .charged = 2000, .points = 12, .grade = "D",
     .reason = "days beyond terms 3, late share 3, overdue share 3, oldest overdue 3"},
    {"everything at once", .paid = 1000, .late = 1000, .delay = 61000, .open = 1000, .overdue = 1000,
     .oldest_days = 200, .limit = 500, .charged = 1000, .written_off = 100, .points = 24, .grade = "E",
     .reason = "days beyond terms 4, late share 4, overdue share 4, oldest overdue 4, use of the limit 4, written off "
               "4"},
};

static void grade_by_the_rules(void **state) {
    const struct grade_case *c = *state;
    static const char letters[] = "-ABCDE";
    struct arena arena;
    struct credit_facts facts = {0};
    Pb__Credit row = PB__CREDIT__INIT;
    arena_init(&arena, 1 << 20);
    facts.paid =
        (struct aging_paid){.paid_minor = c->paid, .late_minor = c->late, .delay = c->delay, .early = c->early};
    facts.ages.overdue_minor = c->overdue;
    facts.ages.oldest_overdue_days = c->oldest_days;
    facts.totals.columns[EFFECT_RECEIVABLE] = c->open;
    facts.totals.columns[EFFECT_CHARGED] = c->charged;
    facts.totals.columns[EFFECT_WRITTEN_OFF] = c->written_off;
    facts.credit.policy.is_set = c->limit >= 0;
    facts.credit.policy.state = PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    facts.credit.policy.limit_minor = c->limit;
    assert_int_equal(credit_facts_fill(&facts, &(struct exposure_policy){.category = ""}, &row, NULL), DAYBOOK_OK);
    assert_int_equal(credit_grade(&facts, true, &arena, &row), DAYBOOK_OK);
    assert_int_equal(row.grade_points, c->points);
    assert_int_equal(letters[row.grade], c->grade[0]);
    assert_string_equal(row.grade_reason, c->reason);
    uint32_t sum = 0;
    uint32_t measured = 0;
    assert_int_equal(row.n_grade_rules, 6);
    for (size_t i = 0; i < row.n_grade_rules; i++) {
        const Pb__GradeRule *rule = row.grade_rules[i];
        sum += rule->points;
        measured += rule->is_measured ? 1 : 0;
        assert_int_equal(rule->n_limits, 4);
        assert_int_equal(rule->is_measured, rule->reason[0] == '\0');
        assert_true(rule->is_measured || rule->points == 0);
    }
    assert_int_equal(sum, c->points);
    assert_int_equal(measured, row.grade_measured);
    arena_release(&arena);
}

/* ---- over time ---- */

static Pb__CreditHistoryAnswer *ask_history(struct asking *a, const char *from, const char *to, Pb__Every every) {
    Pb__CreditHistoryAnswer *answer;
    ASK(a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, answer, {
        q_->customer = "alice";
        q_->from = (char *)(uintptr_t)from;
        q_->to = (char *)(uintptr_t)to;
        q_->every = every;
    });
    return answer;
}

struct dates_case {
    Pb__Every every;
    const char *from;
    const char *to;
    const char *dates[5];
};

static void dates_end_months_quarters_and_years(void **state) {
    (void)state;
    static const struct dates_case cases[] = {
        {PB__EVERY__EVERY_UNSPECIFIED,
         "2024-01-31",
         "2024-04-15",
         {"2024-01-31", "2024-02-29", "2024-03-31", "2024-04-15"}},
        {PB__EVERY__EVERY_MONTH, "2024-02-01", "2024-03-31", {"2024-02-29", "2024-03-31"}},
        {PB__EVERY__EVERY_DAY, "2024-02-28", "2024-03-01", {"2024-02-28", "2024-02-29", "2024-03-01"}},
        {PB__EVERY__EVERY_WEEK, "2024-01-30", "2024-02-14", {"2024-01-30", "2024-02-06", "2024-02-13", "2024-02-14"}},
        {PB__EVERY__EVERY_QUARTER, "2023-11-30", "2024-04-01", {"2023-12-31", "2024-03-31", "2024-04-01"}},
        {PB__EVERY__EVERY_YEAR, "2022-05-05", "2024-12-31", {"2022-12-31", "2023-12-31", "2024-12-31"}},
        {PB__EVERY__EVERY_YEAR, "2024-05-05", "2024-05-05", {"2024-05-05"}},
    };
    struct events e;
    struct asking a;
    events_init(&e);
    customer_opened(&e, day("2020-01-01"), "alice", "north");
    charge(&e, day("2020-01-01"), "inv", 100, day("2020-01-31"));
    asking_open(&a, &e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Pb__CreditHistoryAnswer *answer = ask_history(&a, cases[i].from, cases[i].to, cases[i].every);
        size_t count = 0;
        for (; count < 5 && cases[i].dates[count] != NULL; count++) {
            assert_true(count < answer->n_rows);
            assert_string_equal(answer->rows[count]->on, cases[i].dates[count]);
        }
        assert_int_equal(answer->n_rows, count);
        assert_string_equal(answer->position->as_of, cases[i].to);
    }
    asking_close(&a);
    events_release(&e);
}

/* At every date of a history the row is the one that the question for that date gives, byte for byte. */
static void a_history_is_what_each_date_says(void **state) {
    (void)state;
    struct chance chance = {chance_seed(99)};
    struct events e;
    struct model model;
    struct asking a;
    events_init(&e);
    for (int i = 0; i < MODEL_ACCOUNTS; i++) {
        customer_opened(&e, 400, model_customers[i], "north");
    }
    model_make(&model, &e, &chance, 800, 1);
    asking_open(&a, &e);
    const Pb__CreditHistoryAnswer *past = ask_history(&a, "1972-07-01", "1973-06-30", PB__EVERY__EVERY_WEEK);
    assert_true(past->n_rows > 40);
    size_t grades[6] = {0};
    for (size_t i = 0; i < past->n_rows; i++) {
        struct daybook_buffer bytes[2] = {0};
        Pb__CreditAnswer *now;
        ASK(&a, CREDIT, credit, CreditQuery, credit_query__init, now, {
            q_->customer = "alice";
            q_->at = at(&a, past->rows[i]->on, "");
        });
        assert_int_equal(now->n_rows, 1);
        assert_int_equal(wire_encode(&now->rows[0]->base, &bytes[0]), DAYBOOK_OK);
        assert_int_equal(wire_encode(&past->rows[i]->credit->base, &bytes[1]), DAYBOOK_OK);
        assert_int_equal(bytes[0].size, bytes[1].size);
        assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].size);
        grades[now->rows[0]->grade]++;
        daybook_buffer_release(&bytes[0]);
        daybook_buffer_release(&bytes[1]);
    }
    assert_true(grades[PB__GRADE__GRADE_UNSPECIFIED] < past->n_rows);
    asking_close(&a);
    model_release(&model);
    events_release(&e);
}

/* ---- by requests: what was known then, and decisions ---- */

static void submit_limit(struct asking *a, const char *on, int64_t limit, Pb__CreditMode mode) {
    SUBMIT(a, on, on, SET_CREDIT_POLICY, set_credit_policy, SetCreditPolicy, set_credit_policy__init, {
        c_->state = PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
        c_->limit_minor = limit;
        c_->mode = mode;
    });
}

/* An ended limit leaves the customer unassessed, not out of the list: something of the account is still visible. */
static void an_ended_limit_keeps_its_row(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-02");
    SUBMIT(&a, "2024-01-04", "2024-01-04", SET_CREDIT_POLICY, set_credit_policy, SetCreditPolicy,
           set_credit_policy__init, {
               c_->state = PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
               c_->limit_minor = 1000;
               c_->until_on = "2024-01-10";
           });
    static const struct {
        const char *as_of;
        size_t rows;
        Pb__LimitState state;
        int64_t limit;
    } cases[] = {
        {"2024-01-03", 0, PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED, 0},
        {"2024-01-09", 1, PB__LIMIT_STATE__LIMIT_STATE_AMOUNT, 1000},
        {"2024-01-10", 1, PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Pb__CreditAnswer *answer;
        ASK(&a, CREDIT, credit, CreditQuery, credit_query__init, answer, q_->at = at(&a, cases[i].as_of, ""));
        assert_int_equal(answer->n_rows, cases[i].rows);
        if (cases[i].rows > 0) {
            assert_int_equal(answer->rows[0]->state, cases[i].state);
            assert_int_equal(answer->rows[0]->limit_minor, cases[i].limit);
            assert_string_equal(answer->rows[0]->grade_reason, "nothing was paid yet, and nothing is open");
        }
    }
    asking_close(&a);
}

/* A payment of 20 February that is entered on 5 March: at the end of February nobody knew of it. */
static void each_date_as_it_was_known_then(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-02");
    submit_charge(&a, "2024-01-10", "2024-01-10", "inv", 1000, "goods"); /* due on the day */
    submit_payment(&a, "2024-03-05", "2024-02-20", "pay", 1000, NULL);
    for (int is_then = 0; is_then < 2; is_then++) {
        Pb__CreditHistoryAnswer *answer;
        ASK(&a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, answer, {
            q_->customer = "ann";
            q_->from = "2024-02-01";
            q_->to = "2024-03-31";
            q_->known_then = is_then == 1;
        });
        assert_int_equal(answer->n_rows, 2);
        const Pb__CreditHistoryRow *february = answer->rows[0];
        assert_int_equal(february->credit->open_minor, is_then ? 1000 : 0);
        assert_int_equal(february->credit->oldest_overdue_days, is_then ? 50 : 0); /* 10 January to 29 February */
        assert_int_equal(february->credit->paid_minor, is_then ? 0 : 1000);
        assert_int_equal(february->known_at, is_then ? 2 : 4);
        assert_int_equal(answer->rows[1]->credit->open_minor, 0);
        assert_int_equal(answer->rows[1]->known_at, 4);
    }
    asking_close(&a);
}

/* Law 1: requests that say when they were recorded may be ahead of the machine's clock, noon of 30 June here. The
 * answer is the one that is given after those days, too. */
static void what_was_known_then_asks_no_clock(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-02");
    submit_charge(&a, "2024-07-01", "2024-07-01", "inv", 1000, "goods");
    submit_payment(&a, "2024-07-10", "2024-07-02", "pay", 1000, NULL);
    Pb__CreditHistoryAnswer *answer;
    ASK(&a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, answer, {
        q_->customer = "ann";
        q_->from = "2024-07-09";
        q_->to = "2024-07-11";
        q_->every = PB__EVERY__EVERY_DAY;
        q_->known_then = true;
    });
    static const uint64_t known_at[] = {2, 4, 4};
    assert_int_equal(answer->n_rows, 3);
    for (size_t i = 0; i < answer->n_rows; i++) {
        assert_int_equal(answer->rows[i]->known_at, known_at[i]);
        assert_int_equal(answer->rows[i]->credit->open_minor, i == 0 ? 1000 : 0);
    }
    asking_close(&a);
}

static Pb__CreditDecisionsAnswer *ask_decisions(struct asking *a, uint32_t limit, const char *cursor) {
    Pb__CreditDecisionsAnswer *answer;
    ASK(a, CREDIT_DECISIONS, credit_decisions, CreditDecisionsQuery, credit_decisions_query__init, answer, {
        q_->customer = "ann";
        q_->page = page(a, limit, cursor);
    });
    return answer;
}

/* The greatest limit that there is, and money of the customer's own: more is left than an amount can say. */
static void what_a_decision_left_is_at_most_the_greatest_amount(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-02");
    submit_limit(&a, "2024-01-02", INT64_MAX, PB__CREDIT_MODE__CREDIT_MODE_BLOCK);
    submit_payment(&a, "2024-01-03", "2024-01-03", "pay", 500, NULL);
    submit_charge(&a, "2024-01-04", "2024-01-04", "less", 200, "goods");
    submit_charge(&a, "2024-01-05", "2024-01-05", "as-much", 300, "goods");
    submit_charge(&a, "2024-01-06", "2024-01-06", "more", 50, "goods");
    const Pb__CreditDecisionsAnswer *answer = ask_decisions(&a, 0, "");
    static const int64_t left[] = {INT64_MAX, INT64_MAX, INT64_MAX - 50}; /* 2^63 - 1 + 300 and + 0, of which 50 go. */
    assert_int_equal(answer->n_rows, 3);
    for (size_t i = 0; i < answer->n_rows; i++) {
        assert_true(answer->rows[i]->left_minor == left[i]);
    }
    asking_close(&a);
}

static void decisions_keep_what_they_saw(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-02");
    submit_charge(&a, "2024-01-03", "2024-01-03", "unassessed", 50, "goods");
    submit_limit(&a, "2024-01-04", 1000, PB__CREDIT_MODE__CREDIT_MODE_WARN);
    submit_charge(&a, "2024-01-05", "2024-01-05", "first", 700, "goods");
    submit_payment(&a, "2024-01-06", "2024-01-06", "pay", 50, NULL);
    submit_charge(&a, "2024-01-07", "2024-01-07", "over", 400, "goods");
    const Pb__CreditDecisionsAnswer *answer = ask_decisions(&a, 0, "");
    assert_int_equal(answer->n_rows, 2);
    const Pb__CreditDecisionRow *first = answer->rows[0];
    assert_string_equal(first->document, "first");
    assert_string_equal(first->effective_on, "2024-01-05");
    assert_int_equal(first->decision->limit_minor, 1000);
    assert_int_equal(first->exposure_minor, 50);
    assert_int_equal(first->left_minor, 250);
    assert_false(first->decision->over_limit);
    const Pb__CreditDecisionRow *over = answer->rows[1];
    assert_string_equal(over->document, "over");
    assert_int_equal(over->exposure_minor, 700);
    assert_int_equal(over->left_minor, -100);
    assert_true(over->decision->over_limit);
    answer = ask_decisions(&a, 1, "");
    assert_int_equal(answer->n_rows, 1);
    answer = ask_decisions(&a, 1, answer->next_cursor);
    assert_int_equal(answer->n_rows, 1);
    assert_string_equal(answer->rows[0]->document, "over");
    assert_string_equal(answer->next_cursor, "");
    asking_close(&a);
}

static void what_cannot_be_asked_is_refused(void **state) {
    (void)state;
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-02");
    ASK_WRONGLY(&a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, "name it",
                q_->from = "2024-01-01");
    ASK_WRONGLY(&a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, "begins on a date",
                q_->customer = "ann");
    ASK_WRONGLY(&a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, "1000 dates", {
        q_->customer = "ann";
        q_->from = "1990-01-01";
        q_->every = PB__EVERY__EVERY_DAY;
    });
    ASK_WRONGLY(&a, CREDIT_DECISIONS, credit_decisions, CreditDecisionsQuery, credit_decisions_query__init, "name it",
                q_->currency = "");
    asking_close(&a);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, grade_cases, grade_by_the_rules);
    rows_add(&rows, "dates end months, quarters and years", dates_end_months_quarters_and_years, NULL);
    rows_add(&rows, "a history is what each date says", a_history_is_what_each_date_says, NULL);
    rows_add(&rows, "an ended limit keeps its row", an_ended_limit_keeps_its_row, NULL);
    rows_add(&rows, "each date as it was known then", each_date_as_it_was_known_then, NULL);
    rows_add(&rows, "what a decision left is at most the greatest amount",
             what_a_decision_left_is_at_most_the_greatest_amount, NULL);
    rows_add(&rows, "what was known then asks no clock", what_was_known_then_asks_no_clock, NULL);
    rows_add(&rows, "decisions keep what they saw", decisions_keep_what_they_saw, NULL);
    rows_add(&rows, "what cannot be asked is refused", what_cannot_be_asked_is_refused, NULL);
    return rows_run("credit_grade", &rows);
}
