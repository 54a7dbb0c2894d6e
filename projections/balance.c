/* The balance view: the fold, and the sums of one account. */
#include "projections/balance.h"

#include <inttypes.h>

#include "projections/account_series.h"

const struct series_shape balance_series = {BALANCE_SERIES, EFFECT_COLUMN_COUNT, false};

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    return account_series_open(BALANCE_ACCOUNTS, balance_series, memory, error);
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct account_series *fold = memory;
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
    .close = account_series_close,
    .forget = account_series_forget,
    .fold = fold_event,
    .foresee = account_series_foresee,
    .flush = account_series_flush,
};

enum daybook_status balance_ask(struct store_txn *txn, uint32_t account, int32_t as_of, uint64_t known_at,
                                struct series_totals *totals, struct daybook_error *error) {
    return series_ask(txn, balance_series, account, as_of, known_at, totals, error);
}

enum daybook_status balance_ask_again(const struct view_read *read, uint32_t account, int32_t as_of, uint64_t known_at,
                                      struct series_totals *totals, struct daybook_error *error) {
    return series_ask_again(read->txn, balance_series, read->memo, account, as_of, known_at, totals, error);
}

enum daybook_status balance_find_window(struct store_txn *txn, uint32_t account, const struct series_window *window,
                                        struct daybook_buffer *found, struct daybook_error *error) {
    return series_find_window(txn, balance_series, account, window, found, error);
}
