/* Views that are missing when a question comes: those that it reads are folded at the same time, and no others. */
#include "projection/together.h"
#include "projections/asking.h"

#include <unistd.h>

enum { FAR = TOGETHER_EVENTS_MIN, NEAR = 10 };

/* One customer, and `count` charges. */
static void make_book(struct asking *a, int count) {
    struct events e;
    events_init(&e);
    customer_opened(&e, day("2024-01-01"), "alice", "north");
    for (int i = 0; i < count; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "inv-%d", i);
        charge(&e, day("2024-01-10"), id, 100, day("2024-02-09"));
    }
    asking_open(a, &e);
    events_release(&e);
}

struct told {
    unsigned named;   /* While it is folded: a digest tells, too, but goes nowhere. */
    unsigned unnamed; /* Of several views at once. */
};

static bool note(void *context, const char *view, uint64_t position, uint64_t target) {
    struct told *told = context;
    told->named += view != NULL && position < target;
    told->unnamed += view == NULL;
    return true;
}

static unsigned count_built(struct asking *a) {
    unsigned count = 0;
    for (size_t i = 0; i < ledger_view_count(a->ledger); i++) {
        count += view_position(ledger_view_at(a->ledger, i)) > 0;
    }
    return count;
}

static void ask_credit(struct asking *a) {
    Pb__CreditAnswer *answer;
    ASK(a, CREDIT, credit, CreditQuery, credit_query__init, answer, q_->customer = "alice");
    assert_int_equal(answer->n_rows, 1);
}

static void ask_trial(struct asking *a) {
    Pb__TrialBalanceAnswer *answer;
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer, {});
    assert_true(answer->n_rows > 0);
}

static void ask_digests(struct asking *a) {
    Pb__DigestAnswer *answer;
    ASK(a, DIGEST, digest, DigestQuery, digest_query__init, answer, {});
    assert_int_equal(answer->n_views, ledger_view_count(a->ledger));
}

static void ask_balance(struct asking *a) {
    Pb__BalanceAnswer *answer;
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->customer = "alice");
    assert_int_equal(answer->n_rows, 1);
}

/* given a ledger of so many charges without views, when it is asked: so many views are built, at the same time or not.
 */
struct row {
    const char *name;
    int charges;
    void (*ask)(struct asking *a);
    unsigned built;
    bool are_together;
};

static const struct row rows[] = {
    {"credit reads customers, credit, balance and aging", FAR, ask_credit, 4, true},
    {"a trial balance is checked against the balances", FAR, ask_trial, 2, true},
    {"digests are of all", FAR, ask_digests, 11, true},
    {"a balance reads one", FAR, ask_balance, 1, false},
    {"a few events are folded by whoever asks", NEAR, ask_credit, 4, false},
};

static void views_are_built(void **state) {
    const struct row *row = *state;
    struct asking a;
    struct told told = {0};
    make_book(&a, row->charges);
    ledger_set_progress(a.ledger, (struct view_progress){.report = note, .context = &told, .is_for_people = true});
    row->ask(&a);
    assert_int_equal(count_built(&a), row->built);
    if (row->are_together) {
        assert_int_equal(told.named, 0);
        assert_true(told.unnamed > 0);
    } else {
        assert_int_equal(told.unnamed, 0);
    }
    asking_close(&a);
}

int main(void) {
    struct CMUnitTest tests[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tests[i] =
            (struct CMUnitTest){.name = rows[i].name, .test_func = views_are_built, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests_name("views far behind", tests, NULL, NULL);
}
