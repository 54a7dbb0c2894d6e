/* The balance view: the fold, and the sums of one account. */
#include "projections/balance.h"

#include <inttypes.h>
#include <stdlib.h>

const struct series_shape balance_series = {BALANCE_SERIES, EFFECT_COLUMN_COUNT, false};

struct balance_fold {
    struct accounts *accounts;
    struct series *series;
};

static void close_fold(void *memory) {
    struct balance_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    series_close(fold->series);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct balance_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the balance view: memory was refused");
    }
    enum daybook_status status = accounts_open(BALANCE_ACCOUNTS, &fold->accounts, error);
    if (status == DAYBOOK_OK) {
        status = series_open(balance_series, &fold->series, error);
    }
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct balance_fold *fold = memory;
    accounts_forget(fold->accounts);
    series_forget(fold->series);
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct balance_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct effects effects;
    enum daybook_status status = effects_of(event, &effects, error);
    if (status != DAYBOOK_OK || effects.count == 0) {
        return status;
    }
    uint32_t account;
    status = accounts_number(fold->accounts, txn, event->customer, event->currency, folded->party, &account, error);
    if (status == DAYBOOK_INVALID) {
        return daybook_fail_in(error, "while folding event %" PRIu64, event->sequence);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    return series_append(fold->series, txn, account, event->sequence, effects.entries, effects.count, error);
}

static void foresee_event(void *memory, const struct fold_event *folded) {
    const struct balance_fold *fold = memory;
    uint32_t account;
    if (accounts_recall(fold->accounts, folded->party, &account)) {
        series_foresee(fold->series, account);
    }
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct balance_fold *fold = memory;
    return series_flush(fold->series, txn, error);
}

static const char *const tables[BALANCE_TABLE_COUNT] = {
    [BALANCE_ACCOUNTS] = "accounts",
    [BALANCE_SERIES] = "series",
};

const struct projection balance_projection = {
    .name = "balance",
    .version = 9,
    .readable_from = 9,
    .tables = tables,
    .table_count = BALANCE_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .foresee = foresee_event,
    .flush = flush_fold,
};

enum daybook_status balance_ask(struct store_txn *txn, uint32_t account, int32_t as_of, uint64_t known_at,
                                struct series_totals *totals, struct daybook_error *error) {
    return series_ask(txn, balance_series, account, as_of, known_at, totals, error);
}

enum daybook_status balance_find_window(struct store_txn *txn, uint32_t account, const struct series_window *window,
                                        struct daybook_buffer *found, struct daybook_error *error) {
    return series_find_window(txn, balance_series, account, window, found, error);
}
