/* Bridges of one account: the steps of each event, put in order and compared with the answers at both ends. */
#include "projections/bridge.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

struct bridging {
    const struct bridge_question *question;
    struct bridge *bridge;
    struct bridge_columns last; /* The item in work, as it was after the step before. */
};

static enum daybook_status too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while making a bridge: a sum does not fit 64 bits");
}

bool bridge_add(struct bridge_columns *sum, const struct bridge_columns *columns, size_t column_count) {
    bool fits = true;
    for (size_t i = 0; i < column_count; i++) {
        fits = fits && money_add(&sum->minor[i], columns->minor[i]);
    }
    return fits;
}

static bool subtract(const struct bridge_columns *a, const struct bridge_columns *b, size_t column_count,
                     struct bridge_columns *difference) {
    bool fits = true;
    for (size_t i = 0; i < column_count; i++) {
        fits = fits && !__builtin_sub_overflow(a->minor[i], b->minor[i], &difference->minor[i]);
    }
    return fits;
}

static enum daybook_status add_step(struct bridging *bridging, uint64_t sequence, const struct bridge_columns *now,
                                    struct daybook_error *error) {
    struct bridge_step step = {.sequence = sequence};
    if (!subtract(now, &bridging->last, bridging->question->column_count, &step.change)) {
        return too_large(error);
    }
    bridging->last = *now;
    return daybook_buffer_append(&bridging->bridge->steps, &step, sizeof step) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "while making a bridge: memory was refused");
}

/* ---- balances ---- */

static const struct {
    const char *name;
    size_t offset;
} balance_columns[BRIDGE_BALANCE_COLUMNS] = {
    {"receivable", offsetof(Pb__Balance, receivable_minor)},
    {"unapplied", offsetof(Pb__Balance, unapplied_minor)},
    {"deposit", offsetof(Pb__Balance, deposit_minor)},
    {"held", offsetof(Pb__Balance, deposit_held_minor)},
    {"available", offsetof(Pb__Balance, deposit_available_minor)},
    {"dormant", offsetof(Pb__Balance, dormant_minor)},
    {"pending", offsetof(Pb__Balance, pending_minor)},
    {"held on credit", offsetof(Pb__Balance, credit_held_minor)},
    {"net", offsetof(Pb__Balance, net_minor)},
    {"lifetime deposited", offsetof(Pb__Balance, lifetime_deposited_minor)},
    {"lifetime charged", offsetof(Pb__Balance, lifetime_charged_minor)},
    {"lifetime paid", offsetof(Pb__Balance, lifetime_paid_minor)},
    {"lifetime adjusted", offsetof(Pb__Balance, lifetime_adjusted_minor)},
    {"lifetime refunded", offsetof(Pb__Balance, lifetime_refunded_minor)},
};

const char *bridge_balance_column(size_t column) {
    return balance_columns[column].name;
}

static enum daybook_status columns_of_balance(const int64_t effects[EFFECT_COLUMN_COUNT],
                                              struct bridge_columns *columns, struct daybook_error *error) {
    Pb__Balance balance = PB__BALANCE__INIT;
    DAYBOOK_TRY(effects_to_balance(effects, &balance, error));
    for (size_t i = 0; i < BRIDGE_BALANCE_COLUMNS; i++) {
        memcpy(&columns->minor[i], (const char *)&balance + balance_columns[i].offset, sizeof columns->minor[i]);
    }
    return DAYBOOK_OK;
}

/* ---- statements ---- */

static const char *const statement_columns[BRIDGE_STATEMENT_COLUMNS] = {
    "opening owed", "movements owed", "closing owed", "opening deposit", "movements deposit", "closing deposit",
};

const char *bridge_statement_column(size_t column) {
    return statement_columns[column];
}

/* Sums over the days of an account: up to from_on, and up to A. Balances need the second alone. */
struct sums {
    int64_t opening[EFFECT_COLUMN_COUNT];
    int64_t closing[EFFECT_COLUMN_COUNT];
};

static enum daybook_status columns_of_statement(const struct sums *sums, struct bridge_columns *columns,
                                                struct daybook_error *error) {
    int64_t *minor = columns->minor;
    bool overflows =
        __builtin_sub_overflow(sums->opening[EFFECT_RECEIVABLE], sums->opening[EFFECT_UNAPPLIED], &minor[0]) ||
        __builtin_sub_overflow(sums->closing[EFFECT_RECEIVABLE], sums->closing[EFFECT_UNAPPLIED], &minor[2]);
    minor[3] = sums->opening[EFFECT_DEPOSIT];
    minor[5] = sums->closing[EFFECT_DEPOSIT];
    overflows = overflows || __builtin_sub_overflow(minor[2], minor[0], &minor[1]) ||
                __builtin_sub_overflow(minor[5], minor[3], &minor[4]);
    return overflows ? too_large(error) : DAYBOOK_OK;
}

/* ---- both: what the series of balances says ---- */

static enum daybook_status columns_of_sums(const struct bridge_question *question, const struct sums *sums,
                                           struct bridge_columns *columns, struct daybook_error *error) {
    return question->figure == BRIDGE_STATEMENT ? columns_of_statement(sums, columns, error)
                                                : columns_of_balance(sums->closing, columns, error);
}

static enum daybook_status ask_sums(struct store_txn *txn, const struct bridge_question *question, uint64_t known_at,
                                    struct sums *sums, bool *is_visible, struct daybook_error *error) {
    struct series_totals totals;
    *sums = (struct sums){.opening = {0}};
    DAYBOOK_TRY(balance_ask(txn, question->account, question->as_of, known_at, &totals, error));
    memcpy(sums->closing, totals.columns, sizeof sums->closing);
    *is_visible = *is_visible || totals.count > 0;
    if (question->figure == BRIDGE_STATEMENT) {
        DAYBOOK_TRY(balance_ask(txn, question->account, question->from_on, known_at, &totals, error));
        memcpy(sums->opening, totals.columns, sizeof sums->opening);
    }
    return DAYBOOK_OK;
}

static enum daybook_status ask_series(struct store_txn *txn, const struct bridge_question *question, uint64_t known_at,
                                      struct bridge_columns *columns, bool *is_visible, struct daybook_error *error) {
    struct sums sums;
    DAYBOOK_TRY(ask_sums(txn, question, known_at, &sums, is_visible, error));
    return columns_of_sums(question, &sums, columns, error);
}

static enum daybook_status add_entry(struct bridging *bridging, struct sums *sums, const struct series_scan *scan,
                                     struct daybook_error *error) {
    struct bridge_columns now = {0};
    bool is_before =
        bridging->question->figure == BRIDGE_STATEMENT && scan->entry.effective_on <= bridging->question->from_on;
    for (size_t i = 0; i < EFFECT_COLUMN_COUNT; i++) {
        if (!money_add(&sums->closing[i], scan->entry.columns[i]) ||
            (is_before && !money_add(&sums->opening[i], scan->entry.columns[i]))) {
            return too_large(error);
        }
    }
    DAYBOOK_TRY(columns_of_sums(bridging->question, sums, &now, error));
    return add_step(bridging, scan->sequence, &now, error);
}

/* The entries after K1, on top of the sums at K1: what is available is no sum, so each is told anew. */
static enum daybook_status step_series(struct store_txn *txn, struct bridging *bridging, struct daybook_error *error) {
    const struct bridge_question *question = bridging->question;
    struct sums sums;
    struct series_scan scan;
    bool is_visible = false;
    DAYBOOK_TRY(ask_sums(txn, question, question->from, &sums, &is_visible, error));
    DAYBOOK_TRY(columns_of_sums(question, &sums, &bridging->last, error));
    DAYBOOK_TRY(series_scan_open(txn, balance_series, question->account, question->from + 1, &scan, error));
    enum daybook_status status;
    for (;;) {
        bool is_found;
        status = series_scan_next(&scan, &is_found, error);
        if (status != DAYBOOK_OK || !is_found || scan.sequence > question->to) {
            break;
        }
        if (scan.entry.effective_on <= question->as_of) {
            status = add_entry(bridging, &sums, &scan, error);
        }
        if (status != DAYBOOK_OK) {
            break;
        }
    }
    series_scan_close(&scan);
    return status;
}

/* ---- ages ---- */

size_t bridge_aging_column_count(const struct aging_policy *policy) {
    return policy->edge_count + 5;
}

static void columns_of_ages(const struct aging_sums *sums, size_t edge_count, struct bridge_columns *columns) {
    size_t place = 0;
    columns->minor[place++] = sums->not_due_minor;
    for (size_t i = 0; i <= edge_count; i++) {
        columns->minor[place++] = sums->buckets[i];
    }
    columns->minor[place++] = sums->disputed_minor;
    columns->minor[place++] = sums->unapplied_minor;
    columns->minor[place++] = sums->total_minor;
}

static void ages_of_columns(const struct bridge_columns *columns, size_t edge_count, struct aging_sums *sums) {
    size_t place = 0;
    sums->not_due_minor = columns->minor[place++];
    for (size_t i = 0; i <= edge_count; i++) {
        sums->buckets[i] = columns->minor[place++];
    }
    sums->disputed_minor = columns->minor[place++];
    sums->unapplied_minor = columns->minor[place++];
    sums->total_minor = columns->minor[place++];
}

static enum daybook_status ask_ages(struct store_txn *txn, const struct bridge_question *question, uint64_t known_at,
                                    struct bridge_columns *columns, bool *is_visible, struct daybook_error *error) {
    struct aging_question aging = {question->account, question->as_of, known_at, false, NULL};
    struct aging_sums sums;
    DAYBOOK_TRY(aging_ask(txn, &aging, question->policy, &sums, error));
    *is_visible = *is_visible || sums.item_count > 0;
    columns_of_ages(&sums, question->policy->edge_count, columns);
    return DAYBOOK_OK;
}

static enum daybook_status step_item(void *context, uint64_t sequence, const struct aging_item *item,
                                     struct daybook_error *error) {
    struct bridging *bridging = context;
    const struct bridge_question *question = bridging->question;
    struct aging_sums sums = {0};
    struct bridge_columns now = {0};
    if (!aging_add_item(&sums, question->policy, question->as_of, item)) {
        return too_large(error);
    }
    columns_of_ages(&sums, question->policy->edge_count, &now);
    if (sequence == 0) {
        bridging->last = now;
        return DAYBOOK_OK;
    }
    return add_step(bridging, sequence, &now, error);
}

/* Nets the sums after each event; its step is what that changed. */
static enum daybook_status net_steps(struct store_txn *txn, struct bridging *bridging, struct daybook_error *error) {
    const struct bridge_question *question = bridging->question;
    struct aging_policy plain = *question->policy;
    struct bridge_question unnetted = *question;
    struct bridge_columns sums = {0};
    bool is_visible = false;
    size_t edge_count = plain.edge_count;
    size_t count = bridging->bridge->steps.size / sizeof(struct bridge_step);
    struct bridge_step *steps = (void *)bridging->bridge->steps.data;
    plain.unapplied = AGING_UNAPPLIED_COLUMN;
    unnetted.policy = &plain;
    DAYBOOK_TRY(ask_ages(txn, &unnetted, question->from, &sums, &is_visible, error));
    for (size_t i = 0; i <= count; i++) {
        struct aging_sums shown = {0};
        struct bridge_columns now = {0};
        if (i > 0 && !bridge_add(&sums, &steps[i - 1].change, question->column_count)) {
            return too_large(error);
        }
        ages_of_columns(&sums, edge_count, &shown);
        aging_net(&shown, edge_count);
        columns_of_ages(&shown, edge_count, &now);
        if (i > 0 && !subtract(&now, &bridging->last, question->column_count, &steps[i - 1].change)) {
            return too_large(error);
        }
        bridging->last = now;
    }
    return DAYBOOK_OK;
}

/* ---- all of them ---- */

static int compare_steps(const void *a, const void *b) {
    const struct bridge_step *x = a;
    const struct bridge_step *y = b;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* By sequence, one for each event. */
static bool merge_steps(struct bridge *bridge, size_t column_count) {
    size_t count = bridge->steps.size / sizeof(struct bridge_step);
    struct bridge_step *steps = (void *)bridge->steps.data;
    size_t used = 0;
    if (count == 0) {
        return true;
    }
    qsort(steps, count, sizeof *steps, compare_steps);
    for (size_t i = 1; i < count; i++) {
        if (steps[i].sequence != steps[used].sequence) {
            steps[++used] = steps[i];
        } else if (!bridge_add(&steps[used].change, &steps[i].change, column_count)) {
            return false;
        }
    }
    bridge->steps.size = (used + 1) * sizeof *steps;
    return true;
}

/* Events that moved no column explain nothing. */
static void drop_idle_steps(struct bridge *bridge) {
    static const struct bridge_columns nothing;
    size_t count = bridge->steps.size / sizeof(struct bridge_step);
    struct bridge_step *steps = (void *)bridge->steps.data;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&steps[i].change, &nothing, sizeof nothing) != 0) {
            steps[used++] = steps[i];
        }
    }
    bridge->steps.size = used * sizeof *steps;
}

static enum daybook_status make_steps(struct store_txn *txn, struct bridging *bridging, struct daybook_error *error) {
    const struct bridge_question *question = bridging->question;
    struct bridge *bridge = bridging->bridge;
    bool is_aging = question->figure == BRIDGE_AGING;
    if (!is_aging) {
        DAYBOOK_TRY(step_series(txn, bridging, error));
    } else {
        struct aging_question aging = {question->account, question->as_of, question->to, false, NULL};
        DAYBOOK_TRY(aging_ask_steps(txn, &aging, question->from, step_item, bridging, error));
    }
    if (!merge_steps(bridge, question->column_count)) {
        return too_large(error);
    }
    if (is_aging && question->policy->unapplied == AGING_UNAPPLIED_NETTED && bridge->steps.size > 0) {
        DAYBOOK_TRY(net_steps(txn, bridging, error));
    }
    drop_idle_steps(bridge);
    return DAYBOOK_OK;
}

/* BR1: the answer at K2 is asked by itself. */
static enum daybook_status check_sum(const struct bridge_question *question, const struct bridge *bridge,
                                     struct daybook_error *error) {
    size_t count;
    const struct bridge_step *steps = bridge_steps(bridge, &count);
    struct bridge_columns sum = bridge->before;
    for (size_t i = 0; i < count; i++) {
        if (!bridge_add(&sum, &steps[i].change, question->column_count)) {
            return too_large(error);
        }
    }
    return memcmp(&sum, &bridge->after, sizeof sum) == 0
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_DAMAGED,
                              "while making a bridge from %" PRIu64 " to %" PRIu64
                              ": the events do not add up to the difference; rebuild the view from the journal",
                              question->from, question->to);
}

enum daybook_status bridge_ask(struct store_txn *txn, const struct bridge_question *question, struct bridge *bridge,
                               struct daybook_error *error) {
    struct bridging bridging = {.question = question, .bridge = bridge};
    bridge->before = bridge->after = (struct bridge_columns){0};
    bridge->is_visible = false;
    daybook_buffer_reset(&bridge->steps);
    DAYBOOK_TRY(make_steps(txn, &bridging, error));
    bool is_moved = bridge->steps.size > 0;
    if (!is_moved && question->changes_only) {
        return DAYBOOK_OK;
    }
    enum daybook_status (*ask)(struct store_txn *, const struct bridge_question *, uint64_t, struct bridge_columns *,
                               bool *, struct daybook_error *) =
        question->figure == BRIDGE_AGING ? ask_ages : ask_series;
    DAYBOOK_TRY(ask(txn, question, question->to, &bridge->after, &bridge->is_visible, error));
    if (!is_moved) {
        bridge->before = bridge->after;
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(ask(txn, question, question->from, &bridge->before, &bridge->is_visible, error));
    return check_sum(question, bridge, error);
}
