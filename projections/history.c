/* The history view: a series without columns for each account, merged for a question. */
#include "projections/history.h"

#include <inttypes.h>

#include "projections/account_series.h"

static const struct series_shape shape = {HISTORY_SERIES, 0, true};

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    return account_series_open(HISTORY_ACCOUNTS, shape, memory, error);
}

/* INVALID: it names none that can be a customer. */
static enum daybook_status number_account(struct account_series *fold, struct store_txn *txn,
                                          const struct fold_event *folded, uint32_t *account,
                                          struct daybook_error *error) {
    const Pb__Event *event = folded->event;
    enum daybook_status status =
        accounts_number(fold->accounts, txn, event->customer, event->currency, folded->party, account, error);
    return status == DAYBOOK_INVALID ? daybook_fail_in(error, "while folding event %" PRIu64, event->sequence) : status;
}

/* Every event that names a customer, whatever its kind. Where its account is known the event is not looked at. */
static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct account_series *fold = memory;
    struct series_entry entry = {.effective_on = folded->effective_on};
    uint32_t account;
    if (!accounts_recall(fold->accounts, folded->party, &account)) {
        if (folded->event->customer[0] == '\0') {
            return DAYBOOK_OK;
        }
        DAYBOOK_TRY(number_account(fold, txn, folded, &account, error));
    }
    return series_append(fold->series, txn, account, folded->sequence, &entry, 1, error);
}

static const char *const tables[HISTORY_TABLE_COUNT] = {
    [HISTORY_ACCOUNTS] = "accounts",
    [HISTORY_SERIES] = "series",
};

const struct projection history_projection = {
    .name = "history",
    .version = 4,
    .readable_from = 4,
    .tables = tables,
    .table_count = HISTORY_TABLE_COUNT,
    .open = open_fold,
    .close = account_series_close,
    .forget = account_series_forget,
    .fold = fold_event,
    .foresee = account_series_foresee,
    .flush = account_series_flush,
};

/* One account's events, at the next one that is visible. */
struct lane {
    struct series_scan scan;
    bool has_next;
};

static enum daybook_status advance(const struct history_question *question, struct lane *lane,
                                   struct daybook_error *error) {
    enum daybook_status status;
    do {
        status = series_scan_next(&lane->scan, &lane->has_next, error);
        lane->has_next = lane->has_next && status == DAYBOOK_OK && lane->scan.sequence <= question->known_at;
    } while (lane->has_next &&
             (lane->scan.entry.effective_on > question->as_of || lane->scan.entry.effective_on < question->not_before));
    return status;
}

static enum daybook_status add_lane(struct store_txn *txn, const struct history_question *question, uint32_t account,
                                    struct daybook_buffer *lanes, struct daybook_error *error) {
    struct lane *lane = (void *)daybook_buffer_reserve(lanes, sizeof *lane);
    if (lane == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while reading a history: memory was refused");
    }
    enum daybook_status status = series_scan_open(txn, shape, account, question->after + 1, &lane->scan, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    lanes->size += sizeof *lane;
    return advance(question, lane, error);
}

/* One lane for each account that the question is about. */
static enum daybook_status open_lanes(struct store_txn *txn, const struct history_question *question,
                                      struct daybook_buffer *lanes, struct daybook_error *error) {
    struct account_walk walk;
    struct account_row account;
    bool is_found = false;
    if (question->currency[0] != '\0') {
        enum daybook_status status =
            account_find(txn, HISTORY_ACCOUNTS, question->customer, question->currency, &account, &is_found, error);
        return status == DAYBOOK_OK && is_found ? add_lane(txn, question, account.number, lanes, error) : status;
    }
    enum daybook_status status = account_walk_open(txn, HISTORY_ACCOUNTS, question->customer, &walk, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    for (;;) {
        status = account_walk_next(&walk, &account, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        status = add_lane(txn, question, account.number, lanes, error);
        if (status != DAYBOOK_OK) {
            break;
        }
    }
    account_walk_close(&walk);
    return status;
}

enum daybook_status history_ask(struct store_txn *txn, const struct history_question *question, uint64_t *sequences,
                                size_t limit, size_t *count, struct daybook_error *error) {
    struct daybook_buffer buffer = {0};
    *count = 0;
    enum daybook_status status = open_lanes(txn, question, &buffer, error);
    struct lane *lanes = (void *)buffer.data;
    size_t lane_count = buffer.size / sizeof *lanes;
    while (status == DAYBOOK_OK && *count < limit) {
        struct lane *first = NULL;
        for (size_t i = 0; i < lane_count; i++) {
            if (lanes[i].has_next && (first == NULL || lanes[i].scan.sequence < first->scan.sequence)) {
                first = &lanes[i];
            }
        }
        if (first == NULL) {
            break;
        }
        sequences[(*count)++] = first->scan.sequence;
        status = advance(question, first, error);
    }
    for (size_t i = 0; i < lane_count; i++) {
        series_scan_close(&lanes[i].scan);
    }
    daybook_buffer_release(&buffer);
    return status;
}
