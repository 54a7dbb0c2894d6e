/* What the views answer against the reference's figures. */
#include "check.h"

#include <inttypes.h>
#include <string.h>

#include "ask.h"

/* One account at (A, K). */
struct checking {
    struct history *history;
    const struct tally *tally;
    struct daybook *ledger;
    const char *customer;
    const char *currency;
    int32_t date;
};

static void compare(const struct checking *c, const char *view, const char *what, int64_t is, int64_t should) {
    check_expect(c->history, is == should, view,
                 "%s of %s in %s as of day %d, known at %" PRIu64 ": %" PRId64 ", not %" PRId64, what, c->customer,
                 c->currency, c->date, c->tally->known_at, is, should);
}

static int64_t sum(const struct checking *c, Pb__DocumentKind kind, enum measure measure) {
    return tally_sum(c->tally, (struct sum_of){c->customer, c->currency, kind, measure}, c->date);
}

/* ---- balances ---- */

/* What was ever received, charged, paid, adjusted and refunded, less what was reversed. */
struct lifetime {
    int64_t deposited;
    int64_t charged;
    int64_t paid;
    int64_t adjusted;
    int64_t refunded;
    int64_t consumed;
    int64_t written_off;
};

static int64_t slices_of(size_t count, Pb__LotSlice *const *slices) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += slices[i]->amount_minor;
    }
    return sum;
}

static int64_t written_off(const Pb__AdjustmentPosted *adjustment) {
    return adjustment->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF  ? adjustment->amount_minor
           : adjustment->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY ? -adjustment->amount_minor
                                                                               : 0;
}

static void add_lifetime(struct lifetime *sums, const Pb__Event *e) {
    switch ((int)e->body_case) {
    case BODY(DEPOSIT_RECEIVED):
        sums->deposited += e->deposit_received->amount_minor;
        break;
    case BODY(CHARGE_POSTED):
        sums->charged += e->charge_posted->amount_minor;
        break;
    case BODY(CHARGE_REVERSED):
        sums->charged -= e->charge_reversed->amount_minor;
        break;
    case BODY(PAYMENT_RECEIVED):
    case BODY(PAYMENT_SETTLED):
        sums->paid += entry_of(e).amount;
        break;
    case BODY(PAYMENT_REVERSED):
        sums->paid -= entry_of(e).amount;
        break;
    case BODY(ADJUSTMENT_POSTED):
        sums->adjusted +=
            entry_of(e).debit == RECEIVABLE ? e->adjustment_posted->amount_minor : -e->adjustment_posted->amount_minor;
        sums->written_off += written_off(e->adjustment_posted);
        break;
    case BODY(DEPOSIT_CONSUMED):
        sums->consumed += slices_of(e->deposit_consumed->n_slices, e->deposit_consumed->slices);
        break;
    case BODY(DEPOSIT_RESTORED):
        sums->consumed -= slices_of(e->deposit_restored->n_slices, e->deposit_restored->slices);
        break;
    case BODY(REFUNDED):
        sums->refunded += e->refunded->amount_minor;
        break;
    default:
        break;
    }
}

/* What is left of the lots that can pay already. */
static int64_t sum_usable(const struct checking *c) {
    struct list lots;
    int64_t usable = 0;
    tally_lots(c->tally, c->customer, c->currency, &lots);
    for (size_t i = 0; i < lots.count; i++) {
        const Pb__DepositReceived *lot = lots.made[i]->deposit_received;
        usable += lot->effective_from <= c->date
                      ? tally_level(c->tally, (struct doc){c->customer, KIND(LOT), lot->lot, 0}, LEFT, c->date)
                      : 0;
    }
    return usable;
}

static void compare_balance(const struct checking *c, const Pb__Balance *row) {
    struct lifetime lifetime = {0};
    for (size_t i = 0; i < c->tally->count && c->tally->events[i]->sequence <= c->tally->known_at; i++) {
        const Pb__Event *event = c->tally->events[i];
        if (event->effective_on <= c->date && strcmp(event->customer, c->customer) == 0 &&
            strcmp(event->currency, c->currency) == 0) {
            add_lifetime(&lifetime, event);
        }
    }
    int64_t open = tally_open(c->tally, c->customer, c->currency, c->date);
    int64_t unapplied = tally_unapplied(c->tally, c->customer, c->currency, c->date);
    int64_t held = sum(c, KIND(HOLD), HELD);
    int64_t deposit = sum(c, KIND(LOT), LEFT) + held;
    compare(c, "balance", "receivable", row->receivable_minor, open);
    compare(c, "balance", "unapplied", row->unapplied_minor, unapplied);
    compare(c, "balance", "deposit", row->deposit_minor, deposit);
    compare(c, "balance", "held", row->deposit_held_minor, held);
    compare(c, "balance", "available", row->deposit_available_minor, sum_usable(c));
    compare(c, "balance", "dormant", row->dormant_minor,
            -tally_books(c->tally, DORMANT, c->customer, c->currency, c->date));
    compare(c, "balance", "pending", row->pending_minor, sum(c, KIND(PAYMENT), PENDING));
    compare(c, "balance", "net", row->net_minor, open - unapplied - deposit);
    compare(c, "balance", "credit held", row->credit_held_minor, sum(c, KIND(HOLD), HELD_CREDIT));
    compare(c, "balance", "deposited", row->lifetime_deposited_minor, lifetime.deposited);
    compare(c, "balance", "charged", row->lifetime_charged_minor, lifetime.charged);
    compare(c, "balance", "paid", row->lifetime_paid_minor, lifetime.paid);
    compare(c, "balance", "adjusted", row->lifetime_adjusted_minor, lifetime.adjusted);
    compare(c, "balance", "refunded", row->lifetime_refunded_minor, lifetime.refunded);
    compare(c, "balance", "consumed", row->lifetime_consumed_minor, lifetime.consumed);
    compare(c, "balance", "written off", row->lifetime_written_off_minor, lifetime.written_off);
}

static void check_balance(const struct checking *c) {
    struct asking asking;
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__Balance zero = PB__BALANCE__INIT;
    asking_init(&asking, c->date, c->tally->known_at);
    balance.at = &asking.at;
    balance.customer = (char *)(uintptr_t)c->customer;
    balance.currency = (char *)(uintptr_t)c->currency;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    Pb__BalanceAnswer *answer =
        (Pb__BalanceAnswer *)ask(c->history, c->ledger, &query, &pb__balance_answer__descriptor);
    if (answer != NULL) {
        const Pb__Balance *row = &zero; /* No row: nothing was visible. */
        for (size_t i = 0; i < answer->n_rows; i++) {
            row = strcmp(answer->rows[i]->currency, c->currency) == 0 ? answer->rows[i] : row;
        }
        compare_balance(c, row);
        pb__balance_answer__free_unpacked(answer, NULL);
    }
}

/* ---- items ---- */

/* What is owed or unapplied at (A, K), as the reference has it. */
struct expected_item {
    struct doc doc;
    int32_t due_on; /* 0: money. */
    int32_t posted_on;
    int64_t open; /* Negative: money. */
    int64_t disputed;
};
struct expected_items {
    struct expected_item items[1024];
    size_t count;
};

static int64_t disputed_of(const struct checking *c, struct doc charge) {
    int64_t disputed = 0;
    for (size_t i = 0; i < c->tally->count && c->tally->events[i]->sequence <= c->tally->known_at; i++) {
        const Pb__Event *event = c->tally->events[i];
        if (charge.kind == KIND(CHARGE) && event->body_case == BODY(DISPUTE_OPENED) &&
            strcmp(event->customer, charge.customer) == 0 && strcmp(event->dispute_opened->charge, charge.id) == 0) {
            struct doc dispute = {charge.customer, KIND(DISPUTE), event->dispute_opened->dispute, 0};
            disputed += tally_level(c->tally, dispute, LEFT, c->date);
        }
    }
    return disputed;
}

/* Items come by due date, so those of one charge in the order in which they are disputed: the oldest first. */
static void expect_items(const struct checking *c, struct expected_items *expected) {
    static struct items items;
    tally_items(c->tally, c->customer, c->currency, &items);
    expected->count = 0;
    for (size_t i = 0; i < items.count; i++) {
        const struct item *item = &items.items[i];
        struct doc whole = item->doc;
        whole.part = 0;
        int64_t open = tally_level(c->tally, item->doc, LEFT, c->date);
        int64_t disputed = disputed_of(c, whole);
        for (size_t j = 0; j < expected->count; j++) {
            disputed -= expected->items[j].doc.id == item->doc.id ? expected->items[j].disputed : 0;
        }
        disputed = disputed < open ? disputed : open;
        expected->items[expected->count++] =
            (struct expected_item){item->doc, item->due_on, item->made->effective_on, open, disputed};
    }
    for (size_t i = 0; i < c->tally->count && c->tally->events[i]->sequence <= c->tally->known_at; i++) {
        const Pb__Event *event = c->tally->events[i];
        struct doc doc = {.customer = c->customer};
        doc.id = made_id(event, &doc.kind);
        if (doc.id != NULL && doc.kind != KIND(LOT) && made_is_source(event) &&
            strcmp(event->customer, c->customer) == 0 && strcmp(event->currency, c->currency) == 0) {
            expected->items[expected->count++] = (struct expected_item){doc, 0, tally_counts_from(c->tally, event),
                                                                        -tally_level(c->tally, doc, LEFT, c->date), 0};
        }
    }
}

static void compare_items(const struct checking *c, const struct expected_items *expected,
                          const Pb__OpenItemsAnswer *answer) {
    size_t open_count = 0;
    for (size_t i = 0; i < expected->count; i++) {
        const struct expected_item *should = &expected->items[i];
        const Pb__OpenItem *is = NULL;
        for (size_t j = 0; j < answer->n_rows; j++) {
            const Pb__OpenItem *row = answer->rows[j];
            if (strcmp(row->currency, c->currency) == 0 && row->kind == should->doc.kind &&
                strcmp(row->document, should->doc.id) == 0 && row->instalment == should->doc.part) {
                is = row;
            }
        }
        open_count += should->open != 0;
        compare(c, "items", should->doc.id, is != NULL ? is->open_minor : 0, should->open);
        if (is != NULL) {
            compare(c, "items", "what is disputed", is->disputed_minor, should->disputed);
        }
        if (is != NULL && should->due_on != 0) {
            compare(c, "items", "days overdue", is->days_overdue, c->date - should->due_on);
        }
    }
    compare(c, "items", "the count", (int64_t)answer->n_rows, (int64_t)open_count);
}

static void check_items(const struct checking *c, const struct expected_items *expected) {
    struct asking asking;
    Pb__Query query = PB__QUERY__INIT;
    Pb__OpenItemsQuery items = PB__OPEN_ITEMS_QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    asking_init(&asking, c->date, c->tally->known_at);
    page.limit = 1000;
    items.at = &asking.at;
    items.customer = (char *)(uintptr_t)c->customer;
    items.currency = (char *)(uintptr_t)c->currency;
    items.page = &page;
    query.question_case = PB__QUERY__QUESTION_OPEN_ITEMS;
    query.open_items = &items;
    Pb__OpenItemsAnswer *answer =
        (Pb__OpenItemsAnswer *)ask(c->history, c->ledger, &query, &pb__open_items_answer__descriptor);
    if (answer != NULL) {
        compare_items(c, expected, answer);
        pb__open_items_answer__free_unpacked(answer, NULL);
    }
}

/* ---- ages ---- */

enum { BUCKETS = 5, EDGE_DAYS = 30 };

/* One way of showing ages. */
struct showing {
    bool is_by_posting;
    Pb__UnappliedDisplay unapplied;
};

/* The column of an age: 0 = not due, then the buckets, oldest last. */
static size_t column_of(const struct showing *showing, int32_t age) {
    if (age <= 0 && !showing->is_by_posting) {
        return 0;
    }
    int32_t bucket = age <= 0 ? 0 : (age - 1) / EDGE_DAYS; /* The upper edge is inside. */
    return (size_t)(bucket < BUCKETS - 1 ? bucket : BUCKETS - 1) + 1;
}

/* For display only: what is unapplied pays the oldest column first. */
static void net_oldest(int64_t columns[BUCKETS + 1], int64_t *unapplied) {
    for (size_t i = BUCKETS + 1; i > 0; i--) {
        int64_t paid = -*unapplied < columns[i - 1] ? -*unapplied : columns[i - 1];
        paid = paid > 0 ? paid : 0;
        columns[i - 1] -= paid;
        *unapplied += paid;
    }
}

static void compare_ages(const struct checking *c, const struct expected_items *expected, const struct showing *showing,
                         const Pb__AgingRow *row) {
    int64_t columns[BUCKETS + 1] = {0};
    int64_t disputed = 0;
    int64_t unapplied = 0;
    for (size_t i = 0; i < expected->count; i++) {
        const struct expected_item *item = &expected->items[i];
        bool is_money = item->due_on == 0;
        size_t column =
            column_of(showing, c->date - (is_money || showing->is_by_posting ? item->posted_on : item->due_on));
        disputed += item->disputed;
        if (!is_money || showing->unapplied == PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_BUCKET) {
            columns[column] += item->open - item->disputed;
        } else {
            unapplied += item->open;
        }
    }
    if (showing->unapplied == PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_NETTED) {
        net_oldest(columns, &unapplied);
    }
    compare(c, "aging", "not due", row->not_due_minor, columns[0]);
    compare(c, "aging", "disputed", row->disputed_minor, disputed);
    compare(c, "aging", "unapplied", row->unapplied_minor, unapplied);
    for (size_t i = 0; i < BUCKETS; i++) {
        compare(c, "aging", "a bucket", i < row->n_bucket_minor ? row->bucket_minor[i] : 0, columns[i + 1]);
    }
    compare(c, "aging", "total", row->total_minor,
            tally_open(c->tally, c->customer, c->currency, c->date) -
                tally_unapplied(c->tally, c->customer, c->currency, c->date));
}

static void check_aging(const struct checking *c, const struct expected_items *expected,
                        const struct showing *showing) {
    struct asking asking;
    Pb__Query query = PB__QUERY__INIT;
    Pb__AgingQuery aging = PB__AGING_QUERY__INIT;
    Pb__AgingRow zero = PB__AGING_ROW__INIT;
    asking_init(&asking, c->date, c->tally->known_at);
    aging.at = &asking.at;
    aging.customer = (char *)(uintptr_t)c->customer;
    aging.currency = (char *)(uintptr_t)c->currency;
    aging.basis = showing->is_by_posting ? PB__AGING_BASIS__AGING_BASIS_POSTING : PB__AGING_BASIS__AGING_BASIS_DUE;
    aging.unapplied = showing->unapplied;
    query.question_case = PB__QUERY__QUESTION_AGING;
    query.aging = &aging;
    Pb__AgingAnswer *answer = (Pb__AgingAnswer *)ask(c->history, c->ledger, &query, &pb__aging_answer__descriptor);
    if (answer != NULL) {
        const Pb__AgingRow *row = &zero;
        for (size_t i = 0; i < answer->n_rows; i++) {
            row = strcmp(answer->rows[i]->currency, c->currency) == 0 ? answer->rows[i] : row;
        }
        compare_ages(c, expected, showing, row);
        pb__aging_answer__free_unpacked(answer, NULL);
    }
}

static void check_ages(const struct checking *c, const struct expected_items *expected) {
    static const Pb__UnappliedDisplay displays[] = {PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_UNSPECIFIED,
                                                    PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_BUCKET,
                                                    PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_NETTED};
    for (size_t i = 0; i < sizeof displays / sizeof *displays; i++) {
        check_aging(c, expected, &(struct showing){false, displays[i]});
        check_aging(c, expected, &(struct showing){true, displays[i]});
    }
}

/* ---- credit ---- */

static int64_t count_over_limit(const struct checking *c) {
    int64_t times = 0;
    for (size_t i = 0; i < c->tally->count && c->tally->events[i]->sequence <= c->tally->known_at; i++) {
        const Pb__Event *e = c->tally->events[i];
        const Pb__CreditDecision *decision = e->body_case == BODY(CHARGE_POSTED) ? e->charge_posted->credit
                                             : e->body_case == BODY(HOLD_PLACED) ? e->hold_placed->credit
                                                                                 : NULL;
        times += decision != NULL && decision->over_limit && e->effective_on <= c->date &&
                 strcmp(e->customer, c->customer) == 0 && strcmp(e->currency, c->currency) == 0;
    }
    return times;
}

static void compare_credit(const struct checking *c, const struct expected_items *expected, const Pb__Credit *row) {
    struct exposure exposure = tally_exposure(c->tally, c->customer, c->currency, c->date);
    Pb__LimitState state = exposure.policy != NULL ? exposure.policy->state : PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED;
    int64_t exposed = exposure.open + exposure.held - exposure.unapplied;
    int64_t limit = exposure.policy != NULL ? exposure.policy->limit_minor : 0;
    int64_t overdue = 0;
    int32_t oldest = 0;
    for (size_t i = 0; i < expected->count; i++) {
        const struct expected_item *item = &expected->items[i];
        int32_t age = c->date - item->due_on;
        if (item->due_on != 0 && age > 0 && item->open - item->disputed > 0) {
            overdue += item->open - item->disputed;
            oldest = age > oldest ? age : oldest;
        }
    }
    compare(c, "credit", "the state", row->state, state);
    compare(c, "credit", "the limit", row->limit_minor, limit);
    compare(c, "credit", "the exposure", row->exposure_minor, exposed);
    compare(c, "credit", "what is available", row->available_minor,
            state != PB__LIMIT_STATE__LIMIT_STATE_AMOUNT ? 0
            : exposed < 0 && limit > INT64_MAX + exposed ? INT64_MAX /* More than any charge can be. */
                                                         : limit - exposed);
    compare(c, "credit", "what is held", row->held_minor, exposure.held);
    compare(c, "credit", "the hold", row->on_hold, exposure.on_hold);
    compare(c, "credit", "what is overdue", row->overdue_minor, overdue);
    compare(c, "credit", "the oldest", row->oldest_overdue_days, oldest);
    compare(c, "credit", "times over the limit", row->times_over_limit, count_over_limit(c));
}

static void check_credit(const struct checking *c, const struct expected_items *expected) {
    struct asking asking;
    Pb__Query query = PB__QUERY__INIT;
    Pb__CreditQuery credit = PB__CREDIT_QUERY__INIT;
    asking_init(&asking, c->date, c->tally->known_at);
    credit.at = &asking.at;
    credit.customer = (char *)(uintptr_t)c->customer;
    credit.currency = (char *)(uintptr_t)c->currency;
    query.question_case = PB__QUERY__QUESTION_CREDIT;
    query.credit = &credit;
    Pb__CreditAnswer *answer = (Pb__CreditAnswer *)ask(c->history, c->ledger, &query, &pb__credit_answer__descriptor);
    if (answer != NULL) {
        for (size_t i = 0; i < answer->n_rows; i++) {
            if (strcmp(answer->rows[i]->currency, c->currency) == 0) {
                compare_credit(c, expected, answer->rows[i]);
            }
        }
        pb__credit_answer__free_unpacked(answer, NULL);
    }
}

void check_views(struct history *history, const struct tally *tally, struct daybook *ledger, const char *customer,
                 const char *currency, int32_t date) {
    static struct expected_items expected;
    struct checking checking = {history, tally, ledger, customer, currency, date};
    expect_items(&checking, &expected);
    check_balance(&checking);
    check_items(&checking, &expected);
    check_ages(&checking, &expected);
    check_credit(&checking, &expected);
}
