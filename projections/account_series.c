/* One series for each account, in a fold's memory. */
#include "projections/account_series.h"

#include <stdlib.h>

enum daybook_status account_series_open(unsigned accounts_table, struct series_shape shape, void **memory,
                                        struct daybook_error *error) {
    struct account_series *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening a view: memory was refused");
    }
    enum daybook_status status = accounts_open(accounts_table, &fold->accounts, error);
    if (status == DAYBOOK_OK) {
        status = series_open(shape, &fold->series, error);
    }
    if (status != DAYBOOK_OK) {
        account_series_close(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

void account_series_close(void *memory) {
    struct account_series *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    series_close(fold->series);
    free(fold);
}

void account_series_forget(void *memory) {
    struct account_series *fold = memory;
    accounts_forget(fold->accounts);
    series_forget(fold->series);
}

void account_series_foresee(void *memory, const struct fold_event *folded) {
    const struct account_series *fold = memory;
    uint32_t account;
    if (accounts_recall(fold->accounts, folded->party, &account)) {
        series_foresee(fold->series, account);
    }
}

enum daybook_status account_series_flush(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct account_series *fold = memory;
    return series_flush(fold->series, txn, error);
}
