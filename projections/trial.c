/* The trial view: one series for each currency, one for each business date. */
#include "projections/trial.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/wide.h"

enum { VOLUMES_MAX = 10 };

static const struct series_shape books = {TRIAL_SERIES, POSTING_ACCOUNT_COUNT};
static const struct series_shape days = {TRIAL_DAYS, 0};

struct trial_fold {
    struct accounts *volumes;
    struct series *books;
    struct series *days;
};

static void close_fold(void *memory) {
    struct trial_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->volumes);
    series_close(fold->books);
    series_close(fold->days);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct trial_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the trial view: memory was refused");
    }
    enum daybook_status status = accounts_open(TRIAL_VOLUMES, &fold->volumes, error);
    if (status == DAYBOOK_OK) {
        status = series_open(books, &fold->books, error);
    }
    if (status == DAYBOOK_OK) {
        status = series_open(days, &fold->days, error);
    }
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct trial_fold *fold = memory;
    accounts_forget(fold->volumes);
    series_forget(fold->books);
    series_forget(fold->days);
}

/* TR3. The first volume has no name, the others are called by their numbers. */
static enum daybook_status append_to_books(struct trial_fold *fold, struct store_txn *txn,
                                           const struct fold_event *folded, const struct series_entry *entry,
                                           struct daybook_error *error) {
    const Pb__Event *event = folded->event;
    enum daybook_status status = DAYBOOK_INVALID;
    for (int volume = 0; volume < VOLUMES_MAX && status == DAYBOOK_INVALID; volume++) {
        const char name[2] = {volume == 0 ? '\0' : (char)('0' + volume), '\0'};
        uint32_t number;
        DAYBOOK_TRY(accounts_number(fold->volumes, txn, event->currency, name, volume == 0 ? folded->party : 0, &number,
                                    error));
        status = series_append(fold->books, txn, number, event->sequence, entry, 1, error);
    }
    return status;
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct trial_fold *fold = memory;
    const Pb__Event *event = folded->event;
    const struct series_entry mark = {.effective_on = event->effective_on};
    struct series_entry entry = mark;
    struct postings postings;
    enum daybook_status status = postings_of(event, &postings, error);
    if (status != DAYBOOK_OK || postings.count == 0) {
        return status;
    }
    size_t currency_size = strlen(event->currency);
    if (currency_size == 0 || currency_size >= ACCOUNT_CURRENCY_SIZE || event->effective_on < DATE_MIN ||
        event->effective_on > DATE_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": it moves money without a currency or a business date",
                            event->sequence);
    }
    for (size_t i = 0; i < postings.count; i++) {
        entry.columns[postings.lines[i].account] += postings.lines[i].amount_minor;
    }
    /* First, because it refuses an event that was here before; the books take one that was not. */
    DAYBOOK_TRY(series_append(fold->days, txn, (uint32_t)event->effective_on, event->sequence, &mark, 1, error));
    return append_to_books(fold, txn, folded, &entry, error);
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct trial_fold *fold = memory;
    DAYBOOK_TRY(series_flush(fold->books, txn, error));
    return series_flush(fold->days, txn, error);
}

static const char *const tables[TRIAL_TABLE_COUNT] = {
    [TRIAL_VOLUMES] = "volumes",
    [TRIAL_SERIES] = "series",
    [TRIAL_DAYS] = "days",
};

const struct projection trial_projection = {
    .name = "trial",
    .version = 6,
    .readable_from = 6,
    .tables = tables,
    .table_count = TRIAL_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .flush = flush_fold,
};

enum daybook_status trial_walk_open(struct store_txn *txn, int32_t as_of, uint64_t known_at, struct trial_walk *walk,
                                    struct daybook_error *error) {
    *walk = (struct trial_walk){.txn = txn, .as_of = as_of, .known_at = known_at};
    DAYBOOK_TRY(account_walk_open(txn, TRIAL_VOLUMES, "", &walk->accounts, error));
    enum daybook_status status = account_walk_next(&walk->accounts, &walk->next, &walk->has_next, error);
    if (status != DAYBOOK_OK) {
        trial_walk_close(walk);
    }
    return status;
}

/* The sums of all volumes of a currency. */
struct trial_sums {
    wide totals[POSTING_ACCOUNT_COUNT];
    uint64_t count;
};

static enum daybook_status add_volume(struct trial_walk *walk, struct trial_sums *sums, struct daybook_error *error) {
    struct series_totals volume;
    DAYBOOK_TRY(series_ask(walk->txn, books, walk->next.number, walk->as_of, walk->known_at, &volume, error));
    sums->count += volume.count;
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        sums->totals[account] += volume.columns[account];
    }
    return account_walk_next(&walk->accounts, &walk->next, &walk->has_next, error);
}

static enum daybook_status take_sums(const struct trial_sums *sums, struct trial_row *row,
                                     struct daybook_error *error) {
    wide balance = 0;
    row->count = sums->count;
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        if (sums->totals[account] > INT64_MAX || sums->totals[account] < -INT64_MAX) {
            return daybook_fail(error, DAYBOOK_LIMIT, "while adding up %s in %s: the total does not fit 64 bits",
                                posting_account_name((enum posting_account)account), row->currency);
        }
        balance += sums->totals[account];
        row->totals[account] = (int64_t)sums->totals[account];
    }
    return balance == 0 ? DAYBOOK_OK
                        : daybook_fail(error, DAYBOOK_DAMAGED,
                                       "the accounts of the trial view in %s do not add up to zero; "
                                       "rebuild it from the journal",
                                       row->currency);
}

enum daybook_status trial_walk_next(struct trial_walk *walk, struct trial_row *row, bool *is_found,
                                    struct daybook_error *error) {
    struct trial_sums sums = {0};
    *is_found = walk->has_next;
    *row = (struct trial_row){0};
    if (!walk->has_next) {
        return DAYBOOK_OK;
    }
    memcpy(row->currency, walk->next.customer, sizeof row->currency - 1);
    while (walk->has_next && strcmp(walk->next.customer, row->currency) == 0) {
        DAYBOOK_TRY(add_volume(walk, &sums, error));
    }
    return take_sums(&sums, row, error);
}

void trial_walk_close(struct trial_walk *walk) {
    account_walk_close(&walk->accounts);
}

enum daybook_status trial_ask_day(struct store_txn *txn, int32_t on, uint64_t from, uint64_t to, uint64_t *sequences,
                                  size_t limit, size_t *count, struct daybook_error *error) {
    struct series_scan scan;
    bool is_found = true;
    *count = 0;
    DAYBOOK_TRY(series_scan_open(txn, days, (uint32_t)on, from, &scan, error));
    enum daybook_status status = DAYBOOK_OK;
    while (*count < limit) {
        status = series_scan_next(&scan, &is_found, error);
        if (status != DAYBOOK_OK || !is_found || scan.sequence > to) {
            break;
        }
        sequences[(*count)++] = scan.sequence;
    }
    series_scan_close(&scan);
    return status;
}
