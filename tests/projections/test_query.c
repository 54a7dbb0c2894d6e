/* Every question, asked of a real ledger. */
#include "projections/asking.h"

/* alice (north): EUR and USD; bob (south): EUR; carol (north): opened, nothing else. */
static void make_book(struct events *e) {
    events_init(e);
    customer_opened(e, day("2024-01-01"), "alice", "north");          /* 1 */
    charge(e, day("2024-01-10"), "inv-1", 100000, day("2024-02-09")); /* 2 */
    customer_opened(e, day("2024-01-05"), "bob", "south");            /* 3 */
    charge(e, day("2024-03-01"), "inv-1", 5000, day("2024-03-31"));   /* 4 */
    customer_opened(e, day("2024-02-01"), "carol", "north");          /* 5 */
    e->customer = "alice";
    payment(e, day("2024-02-20"), "pay-1", 40000, false);                         /* 6 */
    allocated(e, day("2024-02-20"), PAYMENT, "pay-1", CHARGE, "inv-1", 0, 40000); /* 7 */
    payment(e, day("2024-03-15"), "pay-2", 60000, false);                         /* 8 */
    allocated(e, day("2024-04-02"), PAYMENT, "pay-2", CHARGE, "inv-1", 0, 60000); /* 9 */
    e->currency = "USD";
    deposit(e, day("2024-03-01"), "lot-1", 700, PB__FUNDING__FUNDING_PAID, 0); /* 10 */
    e->currency = "EUR";
    policy_set(e, day("2024-01-15"), PB__LIMIT_STATE__LIMIT_STATE_AMOUNT, 150000, 0);                /* 11 */
    policy_set(e, day("2024-03-01"), PB__LIMIT_STATE__LIMIT_STATE_AMOUNT, 70000, day("2024-04-01")); /* 12 */
    credit_hold(e, day("2024-05-01"), true);                                                         /* 13 */
    credit_hold(e, day("2024-05-10"), false);                                                        /* 14 */
    customer_changed(e, day("2024-04-01"), "Alice Ltd");                                             /* 15 */
}

static int open_book(void **state) {
    return asking_setup(state, make_book);
}

static void balances_of_all_with_totals(void **state) {
    struct asking *a = *state;
    Pb__BalanceAnswer *answer;
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->at = at(a, "2024-03-31", ""));
    assert_int_equal(answer->n_rows, 3);
    assert_string_equal(answer->rows[0]->customer, "alice");
    assert_string_equal(answer->rows[0]->currency, "EUR");
    assert_int_equal(answer->rows[0]->receivable_minor, 60000);
    assert_int_equal(answer->rows[0]->unapplied_minor, 60000);
    assert_string_equal(answer->rows[1]->currency, "USD");
    assert_int_equal(answer->rows[1]->deposit_available_minor, 700);
    assert_string_equal(answer->rows[2]->customer, "bob");
    assert_int_equal(answer->n_totals, 2);
    assert_string_equal(answer->totals[0]->currency, "EUR");
    assert_int_equal(answer->totals[0]->receivable_minor, 65000);
    assert_int_equal(answer->totals[0]->net_minor, 5000);
    assert_int_equal(answer->totals[1]->deposit_minor, 700);
    assert_string_equal(answer->position->as_of, "2024-03-31");
    assert_int_equal(answer->position->known_at, 15);
    assert_int_equal(answer->position->journal_head, 15);
    assert_string_equal(answer->next_cursor, "");
}

static void pages_together_are_the_whole(void **state) {
    struct asking *a = *state;
    Pb__BalanceAnswer *answer;
    const char *cursor = "";
    const char *expected[] = {"alice EUR", "alice USD", "bob EUR"};
    for (int i = 0; i < 3; i++) {
        char row[32];
        ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
            q_->at = at(a, "2024-06-30", "");
            q_->page = page(a, 1, cursor);
        });
        assert_int_equal(answer->n_rows, 1);
        (void)snprintf(row, sizeof row, "%s %s", answer->rows[0]->customer, answer->rows[0]->currency);
        assert_string_equal(row, expected[i]);
        assert_int_equal(answer->totals[0]->lifetime_charged_minor, 105000);
        cursor = answer->next_cursor;
    }
    assert_string_equal(cursor, "");
}

static void a_tag_and_a_currency_filter(void **state) {
    struct asking *a = *state;
    Pb__BalanceAnswer *answer;
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->tag = "south");
    assert_int_equal(answer->n_rows, 1);
    assert_string_equal(answer->rows[0]->customer, "bob");
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->currency = "USD");
    assert_int_equal(answer->n_rows, 1);
    assert_string_equal(answer->rows[0]->customer, "alice");
    /* The profile that holds from 2024-04-01 on has no tags. */
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
        q_->tag = "north";
        q_->at = at(a, "2024-03-31", "");
    });
    assert_int_equal(answer->n_rows, 2);
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
        q_->tag = "north";
        q_->at = at(a, "2024-04-01", "");
    });
    assert_int_equal(answer->n_rows, 0);
}

static void a_customer_without_movements_has_a_balance_of_zero(void **state) {
    struct asking *a = *state;
    Pb__BalanceAnswer *answer;
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->customer = "carol");
    assert_int_equal(answer->n_rows, 1);
    assert_string_equal(answer->rows[0]->currency, "EUR");
    assert_int_equal(answer->rows[0]->net_minor, 0);
}

static void questions_that_cannot_be_asked(void **state) {
    struct asking *a = *state;
    ASK_IN_VAIN(a, BALANCE, balance, BalanceQuery, balance_query__init, "no customer \"dave\"", q_->customer = "dave");
    ASK_IN_VAIN(a, BALANCE, balance, BalanceQuery, balance_query__init, "known at 4", {
        q_->customer = "carol";
        q_->at = at(a, "2024-06-30", "4");
    });
    ASK_IN_VAIN(a, BALANCE, balance, BalanceQuery, balance_query__init, "no customer \"dave\"", {
        q_->customer = "dave";
        q_->tag = "north";
    });
    ASK_WRONGLY(a, BALANCE, balance, BalanceQuery, balance_query__init, "currency", q_->currency = "euro");
    ASK_WRONGLY(a, BALANCE, balance, BalanceQuery, balance_query__init, "cursor", q_->page = page(a, 1, "xyz"));
    ASK_WRONGLY(a, HISTORY, history, HistoryQuery, history_query__init, "cursor", q_->page = page(a, 1, "00"));
    ASK_WRONGLY(a, HISTORY, history, HistoryQuery, history_query__init, "cursor",
                q_->page = page(a, 1, "0000000000ffffff"));
    int32_t edges[] = {30, 30};
    ASK_WRONGLY(a, AGING, aging, AgingQuery, aging_query__init, "ascending", {
        q_->n_edges = 2;
        q_->edges = edges;
    });
    char *views[] = {"nonsense"};
    ASK_WRONGLY(a, DIGEST, digest, DigestQuery, digest_query__init, "no view \"nonsense\"", {
        q_->n_views = 1;
        q_->views = views;
    });
    Pb__Query nothing = PB__QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    assert_int_equal(ask(a, &nothing, &answer), DAYBOOK_INVALID);
}

static void ages_with_policies_and_totals(void **state) {
    struct asking *a = *state;
    Pb__AgingAnswer *answer;
    int32_t edges[] = {50};
    ASK(a, AGING, aging, AgingQuery, aging_query__init, answer, {
        q_->at = at(a, "2024-03-31", "");
        q_->n_edges = 1;
        q_->edges = edges;
    });
    assert_int_equal(answer->n_buckets, 2);
    assert_string_equal(answer->buckets[0], "1-50");
    assert_string_equal(answer->buckets[1], "over 50");
    assert_int_equal(answer->n_rows, 2);
    assert_int_equal(answer->rows[0]->bucket_minor[1], 60000); /* 51 days */
    assert_int_equal(answer->rows[0]->unapplied_minor, -60000);
    assert_int_equal(answer->rows[1]->not_due_minor, 5000); /* due that day */
    assert_int_equal(answer->n_totals, 1);
    assert_int_equal(answer->totals[0]->total_minor, 5000);
    assert_int_equal(answer->position->n_policies, 4);
    assert_string_equal(answer->position->policies[1]->value, "50");
}

static void open_items_of_all(void **state) {
    struct asking *a = *state;
    Pb__OpenItemsAnswer *answer;
    ASK(a, OPEN_ITEMS, open_items, OpenItemsQuery, open_items_query__init, answer,
        { q_->at = at(a, "2024-03-31", ""); });
    assert_int_equal(answer->n_rows, 3);
    assert_string_equal(answer->rows[0]->document, "inv-1");
    assert_int_equal(answer->rows[0]->open_minor, 60000);
    assert_int_equal(answer->rows[0]->days_overdue, 51);
    assert_string_equal(answer->rows[1]->document, "pay-2");
    assert_int_equal(answer->rows[1]->open_minor, -60000);
    assert_string_equal(answer->rows[2]->customer, "bob");
    assert_int_equal(answer->totals[0]->receivable_minor, 65000);
    assert_int_equal(answer->totals[0]->unapplied_minor, 60000);
    ASK(a, OPEN_ITEMS, open_items, OpenItemsQuery, open_items_query__init, answer, {
        q_->customer = "alice";
        q_->include_closed = true;
        q_->page = page(a, 2, "");
    });
    assert_int_equal(answer->n_rows, 2);
    assert_string_equal(answer->rows[0]->settled_on, "2024-04-02");
    assert_string_equal(answer->rows[1]->document, "pay-1");
    ASK(a, OPEN_ITEMS, open_items, OpenItemsQuery, open_items_query__init, answer, {
        q_->customer = "alice";
        q_->include_closed = true;
        q_->page = page(a, 2, answer->next_cursor);
    });
    assert_int_equal(answer->n_rows, 1);
    assert_string_equal(answer->rows[0]->document, "pay-2");
    assert_string_equal(answer->next_cursor, "");
}

/* Law 1: what an instant to come says would be told otherwise later. The head's own is over, whatever the clock says:
 * here it is after now, which is noon of 2024-06-30. */
static void an_instant_that_has_not_come_is_refused(void **state) {
    struct asking *a = *state;
    Pb__BalanceAnswer *answer;
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->at = at(a, "2024-03-31", ""));
    char *of_head = answer->position->known_at_time;
    assert_true(strcmp(of_head, "2024-06-30T12:00:00.000000Z") > 0);
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, q_->at = at(a, "2024-03-31", of_head));
    assert_int_equal(answer->position->known_at, 15);
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer,
        q_->at = at(a, "2024-03-31", "2024-06-30T12:00:01Z"));
    assert_int_equal(answer->position->known_at, 0);
    ASK_WRONGLY(a, BALANCE, balance, BalanceQuery, balance_query__init, "has not come",
                q_->at = at(a, "2024-03-31", "2999-01-01T00:00:00Z"));
    ASK_WRONGLY(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, "has not come",
                q_->from_known_at = "2999-01-01T00:00:00Z");
}

struct credit_case {
    const char *as_of;
    int64_t limit;
    int64_t exposure;
    int64_t available;
    int64_t overdue;
    int32_t days;
    bool on_hold;
    const char *since;
};

static void credit_at_several_dates(void **state) {
    struct asking *a = *state;
    static const struct credit_case cases[] = {
        {"2024-01-31", 150000, 100000, 50000, 0, 0, false, "2024-01-15"},
        {"2024-02-29", 150000, 60000, 90000, 60000, 20, false, "2024-01-15"},
        {"2024-03-10", 70000, 60000, 10000, 60000, 30, false, "2024-03-01"}, /* the temporary one */
        {"2024-04-01", 150000, 0, 150000, 60000, 52, false, "2024-01-15"},   /* and the one before it */
        {"2024-05-05", 150000, 0, 150000, 0, 0, true, "2024-01-15"},
        {"2024-05-10", 150000, 0, 150000, 0, 0, false, "2024-01-15"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Pb__CreditAnswer *answer;
        ASK(a, CREDIT, credit, CreditQuery, credit_query__init, answer, {
            q_->customer = "alice";
            q_->currency = "EUR";
            q_->at = at(a, cases[i].as_of, "");
        });
        assert_int_equal(answer->n_rows, 1);
        const Pb__Credit *row = answer->rows[0];
        assert_int_equal(row->limit_minor, cases[i].limit);
        assert_int_equal(row->exposure_minor, cases[i].exposure);
        assert_int_equal(row->available_minor, cases[i].available);
        assert_int_equal(row->overdue_minor, cases[i].overdue);
        assert_int_equal(row->oldest_overdue_days, cases[i].days);
        assert_int_equal(row->on_hold, cases[i].on_hold);
        assert_string_equal(row->policy_since, cases[i].since);
    }
}

/* 40 000 after 41 days and 60 000 after 83 days from posting; due after 30: (41*40 + 83*60)/100 = 66.20, 36.20. */
static void days_to_pay_are_weighted(void **state) {
    struct asking *a = *state;
    Pb__CreditAnswer *answer;
    ASK(a, CREDIT, credit, CreditQuery, credit_query__init, answer, q_->customer = "alice");
    assert_int_equal(answer->n_rows, 2); /* USD: there is a deposit */
    assert_int_equal(answer->rows[0]->paid_minor, 100000);
    assert_int_equal(answer->rows[0]->days_to_pay_hundredths, 6620);
    assert_int_equal(answer->rows[0]->days_beyond_terms_hundredths, 3620);
    assert_int_equal(answer->rows[1]->state, PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED);
}

/* On every page, of all rows; limits of those that have one. */
static void credit_totals_are_of_all_pages(void **state) {
    struct asking *a = *state;
    Pb__CreditAnswer *all;
    Pb__CreditAnswer *first;
    ASK(a, CREDIT, credit, CreditQuery, credit_query__init, all, q_->at = at(a, "2024-03-10", ""));
    ASK(a, CREDIT, credit, CreditQuery, credit_query__init, first, {
        q_->at = at(a, "2024-03-10", "");
        q_->page = page(a, 1, "");
    });
    assert_true(all->n_rows > all->n_totals);
    assert_int_equal(first->n_rows, 1);
    assert_int_equal(first->n_totals, all->n_totals);
    for (size_t i = 0; i < all->n_totals; i++) {
        Pb__Credit sum = PB__CREDIT__INIT;
        for (size_t j = 0; j < all->n_rows; j++) {
            const Pb__Credit *row = all->rows[j];
            if (strcmp(row->currency, all->totals[i]->currency) == 0) {
                bool is_amount = row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
                sum.limit_minor += is_amount ? row->limit_minor : 0;
                sum.available_minor += is_amount ? row->available_minor : 0;
                sum.exposure_minor += row->exposure_minor;
                sum.open_minor += row->open_minor;
                sum.overdue_minor += row->overdue_minor;
                sum.paid_minor += row->paid_minor;
            }
        }
        const Pb__Credit *totals[] = {all->totals[i], first->totals[i]};
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(totals[j]->state, PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED);
            assert_int_equal(totals[j]->limit_minor, sum.limit_minor);
            assert_int_equal(totals[j]->available_minor, sum.available_minor);
            assert_int_equal(totals[j]->exposure_minor, sum.exposure_minor);
            assert_int_equal(totals[j]->open_minor, sum.open_minor);
            assert_int_equal(totals[j]->overdue_minor, sum.overdue_minor);
            assert_int_equal(totals[j]->paid_minor, sum.paid_minor);
        }
    }
    assert_string_equal(all->totals[0]->currency, "EUR");
    assert_int_equal(all->totals[0]->limit_minor, 70000);
    assert_int_equal(all->totals[0]->days_to_pay_hundredths, 4100); /* Alice's 40 000 alone were paid by then. */
}

static void a_history_has_the_balance_after_each_event(void **state) {
    struct asking *a = *state;
    static const uint64_t sequences[] = {1, 2, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const int64_t nets[] = {0, 100000, 60000, 60000, 0, 0, -700, 0, 0, 0, 0, 0};
    Pb__HistoryAnswer *answer = NULL;
    const char *cursor = "";
    for (size_t i = 0; i < 12; i++) {
        size_t on_page = i % 5;
        if (on_page == 0) {
            ASK(a, HISTORY, history, HistoryQuery, history_query__init, answer, {
                q_->customer = "alice";
                q_->page = page(a, 5, cursor);
            });
            cursor = answer->next_cursor;
        }
        assert_true(on_page < answer->n_rows);
        const Pb__HistoryRow *row = answer->rows[on_page];
        assert_int_equal(row->event->sequence, sequences[i]);
        assert_int_equal(row->after == NULL ? 0 : row->after->net_minor, nets[i]);
    }
    assert_string_equal(cursor, "");
    ASK(a, HISTORY, history, HistoryQuery, history_query__init, answer, {
        q_->customer = "alice";
        q_->currency = "EUR";
        q_->at = at(a, "2024-03-15", "8");
    });
    assert_int_equal(answer->n_rows, 4);
}

static void customers_at_two_dates(void **state) {
    struct asking *a = *state;
    Pb__CustomersAnswer *answer;
    ASK(a, CUSTOMERS, customers, CustomersQuery, customers_query__init, answer, q_->at = at(a, "2024-01-31", ""));
    assert_int_equal(answer->n_rows, 2);
    assert_string_equal(answer->rows[0]->profile->name, "alice");
    ASK(a, CUSTOMERS, customers, CustomersQuery, customers_query__init, answer, q_->page = page(a, 2, ""));
    assert_int_equal(answer->n_rows, 2);
    assert_string_equal(answer->rows[0]->profile->name, "Alice Ltd");
    assert_string_equal(answer->rows[0]->opened_on, "2024-01-01");
    ASK(a, CUSTOMERS, customers, CustomersQuery, customers_query__init, answer,
        q_->page = page(a, 2, answer->next_cursor));
    assert_int_equal(answer->n_rows, 1);
    assert_string_equal(answer->rows[0]->customer, "carol");
    assert_string_equal(answer->next_cursor, "");
}

static void events_status_and_digests(void **state) {
    struct asking *a = *state;
    Pb__EventsAnswer *events;
    Pb__StatusAnswer *status;
    Pb__DigestAnswer *before;
    Pb__DigestAnswer *after;
    ASK(a, EVENTS, events, EventsQuery, events_query__init, events, {
        q_->from_sequence = 3;
        q_->limit = 2;
    });
    assert_int_equal(events->n_events, 2);
    assert_int_equal(events->events[1]->sequence, 4);
    assert_int_equal(events->next_sequence, 5);
    assert_int_equal(events->journal_head, 15);
    ASK(a, DIGEST, digest, DigestQuery, digest_query__init, before, {});
    size_t views = 0;
    while (daybook_standard_views[views] != NULL) {
        views++;
    }
    ASK(a, REBUILD, rebuild, RebuildQuery, rebuild_query__init, after, {});
    assert_int_equal(before->n_views, views);
    assert_int_equal(after->n_views, views);
    for (size_t i = 0; i < views; i++) {
        assert_string_equal(before->views[i]->view, after->views[i]->view);
        assert_int_equal(before->views[i]->position, 15);
        assert_int_equal(before->views[i]->sha256.len, 32);
        assert_memory_equal(before->views[i]->sha256.data, after->views[i]->sha256.data, 32);
    }
    ASK(a, STATUS, status, StatusQuery, status_query__init, status, {});
    assert_int_equal(status->journal_head, 15);
    assert_int_equal(status->n_views, views);
    assert_string_equal(status->views[1]->view, "aging");
    assert_int_equal(status->views[1]->lag_events, 0);
    assert_string_equal(status->config->currency, "EUR");
}

/* The encoded answer of one of three questions about everyone. */
static struct daybook_buffer encoded_answer(struct asking *a, int kind, const char *as_of, const char *known_at) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__AgingQuery aging = PB__AGING_QUERY__INIT;
    Pb__CreditQuery credit = PB__CREDIT_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    struct daybook_buffer encoded = {0};
    balance.at = aging.at = credit.at = at(a, as_of, known_at);
    if (kind == 0) {
        query.question_case = PB__QUERY__QUESTION_BALANCE;
        query.balance = &balance;
    } else if (kind == 1) {
        query.question_case = PB__QUERY__QUESTION_AGING;
        query.aging = &aging;
    } else {
        query.question_case = PB__QUERY__QUESTION_CREDIT;
        query.credit = &credit;
    }
    ASKING_OK(a, ask(a, &query, &answer));
    /* Every answer begins with its position; only the head in it may differ. */
    (*(Pb__Position **)((char *)answer + sizeof(ProtobufCMessage)))->journal_head = 0;
    assert_int_equal(wire_encode(answer, &encoded), DAYBOOK_OK);
    return encoded;
}

static void append_late_facts(struct asking *a, struct events *e) {
    size_t from = e->count;
    e->customer = "alice";
    unallocated(e, day("2024-02-25"), PAYMENT, "pay-1", CHARGE, "inv-1", 40000, 7);
    charge(e, day("2024-01-05"), "late", 999, day("2024-01-06"));
    policy_set(e, day("2024-01-01"), PB__LIMIT_STATE__LIMIT_STATE_UNLIMITED, 0, 0);
    daybook_close(a->ledger);
    a->ledger = NULL;
    asking_append(a, e, from);
    asking_reopen(a);
}

/* QU1 */
static void nothing_rewrites_an_answer(void **state) {
    (void)state;
    static const char *const dates[] = {"2024-01-31", "2024-03-31", "2024-12-31"};
    struct asking a;
    struct events e;
    struct daybook_buffer before[9];
    make_book(&e);
    asking_open(&a, &e);
    for (int i = 0; i < 9; i++) {
        before[i] = encoded_answer(&a, i % 3, dates[i / 3], "12");
    }
    append_late_facts(&a, &e);
    for (int i = 0; i < 9; i++) {
        struct daybook_buffer after = encoded_answer(&a, i % 3, dates[i / 3], "12");
        assert_int_equal(after.size, before[i].size);
        assert_memory_equal(after.data, before[i].data, after.size);
        daybook_buffer_release(&after);
        daybook_buffer_release(&before[i]);
    }
    /* AG3: what came off weighs no more. */
    Pb__CreditAnswer *answer;
    ASK(&a, CREDIT, credit, CreditQuery, credit_query__init, answer, {
        q_->customer = "alice";
        q_->currency = "EUR";
    });
    assert_int_equal(answer->rows[0]->paid_minor, 60000);
    assert_int_equal(answer->rows[0]->days_to_pay_hundredths, 8300);
    asking_close(&a);
    events_release(&e);
}

static void bytes_in_bytes_out(void **state) {
    struct asking *a = *state;
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery question = PB__BALANCE_QUERY__INIT;
    struct daybook_buffer encoded = {0};
    struct daybook_buffer answer = {0};
    ProtobufCMessage *message = NULL;
    question.customer = "bob";
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &question;
    assert_int_equal(wire_encode(&query.base, &encoded), DAYBOOK_OK);
    ASKING_OK(a, daybook_query(a->ledger, daybook_buffer_view(&encoded), &answer, &a->error));
    ASKING_OK(
        a, wire_decode(&pb__balance_answer__descriptor, daybook_buffer_view(&answer), &a->arena, &message, &a->error));
    assert_int_equal(((Pb__BalanceAnswer *)message)->rows[0]->receivable_minor, 5000);
    static const uint8_t noise[] = {0xFF, 0xFF, 0xFF};
    assert_int_equal(daybook_query(a->ledger, (struct daybook_bytes){noise, sizeof noise}, &answer, &a->error),
                     DAYBOOK_INVALID);
    daybook_buffer_release(&encoded);
    daybook_buffer_release(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balances_of_all_with_totals),
        cmocka_unit_test(pages_together_are_the_whole),
        cmocka_unit_test(a_tag_and_a_currency_filter),
        cmocka_unit_test(a_customer_without_movements_has_a_balance_of_zero),
        cmocka_unit_test(questions_that_cannot_be_asked),
        cmocka_unit_test(ages_with_policies_and_totals),
        cmocka_unit_test(open_items_of_all),
        cmocka_unit_test(an_instant_that_has_not_come_is_refused),
        cmocka_unit_test(credit_at_several_dates),
        cmocka_unit_test(days_to_pay_are_weighted),
        cmocka_unit_test(credit_totals_are_of_all_pages),
        cmocka_unit_test(a_history_has_the_balance_after_each_event),
        cmocka_unit_test(customers_at_two_dates),
        cmocka_unit_test(events_status_and_digests),
        cmocka_unit_test(nothing_rewrites_an_answer),
        cmocka_unit_test(bytes_in_bytes_out),
    };
    return cmocka_run_group_tests(tests, open_book, asking_teardown);
}
