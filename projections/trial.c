/* The trial view: one series for each currency, one for each business date. */
#include "projections/trial.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/wide.h"
#include "projections/trial_block.h"
#include "projections/trial_days.h"

enum { VOLUMES_MAX = 10 };

static const struct series_shape books = {TRIAL_SERIES, POSTING_ACCOUNT_COUNT, false};

struct trial_fold {
    struct accounts *volumes;
    struct series *books;
    struct trial_days days;
    struct trial_block block;
};

static void close_fold(void *memory) {
    struct trial_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->volumes);
    series_close(fold->books);
    trial_days_release(&fold->days);
    trial_block_release(&fold->block);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct trial_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the trial view: memory was refused");
    }
    fold->block.table = TRIAL_TAIL;
    fold->days.table = TRIAL_DAYS;
    enum daybook_status status = accounts_open(TRIAL_VOLUMES, &fold->volumes, error);
    if (status == DAYBOOK_OK) {
        status = series_open(books, &fold->books, error);
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
    trial_days_forget(&fold->days);
    trial_block_forget(&fold->block);
}

/* The first volume has no name, the others are called by their numbers. */
static enum daybook_status find_volume(struct trial_fold *fold, struct store_txn *txn, const char *currency, int volume,
                                       uint64_t party, uint32_t *number, struct daybook_error *error) {
    const char name[2] = {volume == 0 ? '\0' : (char)('0' + volume), '\0'};
    return accounts_number(fold->volumes, txn, currency, name, party, number, error);
}

/* TR3 */
static enum daybook_status append_to_books(struct trial_fold *fold, struct store_txn *txn, uint64_t sequence,
                                           const struct trial_movement *movement, struct daybook_error *error) {
    struct series_entry entry = {.effective_on = movement->effective_on};
    enum daybook_status status = DAYBOOK_INVALID;
    entry.columns[movement->rising] = movement->amount_minor;
    entry.columns[movement->falling] = -movement->amount_minor;
    for (int volume = 0; volume < VOLUMES_MAX && status == DAYBOOK_INVALID; volume++) {
        uint32_t number;
        DAYBOOK_TRY(find_volume(fold, txn, movement->currency, volume, 0, &number, error));
        status = series_append(fold->books, txn, number, sequence, &entry, 1, error);
    }
    return status;
}

/* TR4. The block ends with the event `last`. */
static enum daybook_status end_block(struct trial_fold *fold, struct store_txn *txn, uint64_t last,
                                     struct daybook_error *error) {
    const struct trial_movement *movements;
    size_t count;
    DAYBOOK_TRY(trial_block_view(&fold->block, txn, &movements, &count, error));
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(append_to_books(fold, txn, last - TRIAL_BLOCK + 1 + i, &movements[i], error));
    }
    trial_block_end(&fold->block);
    return DAYBOOK_OK;
}

/* PO1: what one account of an event's two gains, the other loses. */
static struct trial_movement movement_of(const Pb__Event *event, const struct postings *postings) {
    struct trial_movement movement = {
        .rising = (uint8_t)postings->lines[0].account,
        .falling = (uint8_t)postings->lines[1].account,
        .effective_on = event->effective_on,
        .amount_minor = postings->lines[0].amount_minor,
    };
    assert(postings->count == 2 && postings->lines[1].amount_minor == -movement.amount_minor);
    memcpy(movement.currency, event->currency, strlen(event->currency));
    return movement;
}

static enum daybook_status add_event(struct trial_fold *fold, struct store_txn *txn, const struct fold_event *folded,
                                     const struct postings *postings, struct daybook_error *error) {
    const Pb__Event *event = folded->event;
    size_t currency_size = strlen(event->currency);
    uint32_t number;
    if (currency_size == 0 || currency_size >= ACCOUNT_CURRENCY_SIZE || event->effective_on < DATE_MIN ||
        event->effective_on > DATE_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": it moves money without a currency or a business date",
                            event->sequence);
    }
    struct trial_movement movement = movement_of(event, postings);
    /* First, because it refuses an event that was here before; the books take one that was not. */
    DAYBOOK_TRY(trial_days_add(&fold->days, txn, event->effective_on, event->sequence, error));
    /* A walk finds the currency from its first event on. */
    DAYBOOK_TRY(find_volume(fold, txn, event->currency, 0, folded->party, &number, error));
    return trial_block_add(&fold->block, txn, &movement, error);
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct trial_fold *fold = memory;
    uint64_t sequence = folded->event->sequence;
    struct postings postings;
    DAYBOOK_TRY(postings_of(folded->event, &postings, error));
    if (postings.count > 0) {
        DAYBOOK_TRY(add_event(fold, txn, folded, &postings, error));
    }
    return sequence % TRIAL_BLOCK == 0 ? end_block(fold, txn, sequence, error) : DAYBOOK_OK;
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct trial_fold *fold = memory;
    DAYBOOK_TRY(series_flush(fold->books, txn, error));
    DAYBOOK_TRY(trial_days_flush(&fold->days, txn, error));
    return trial_block_flush(&fold->block, txn, error);
}

static const char *const tables[TRIAL_TABLE_COUNT] = {
    [TRIAL_VOLUMES] = "volumes",
    [TRIAL_SERIES] = "series",
    [TRIAL_DAYS] = "days",
    [TRIAL_TAIL] = "tail",
};

const struct projection trial_projection = {
    .name = "trial",
    .version = 9,
    .readable_from = 9,
    .tables = tables,
    .table_count = TRIAL_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .flush = flush_fold,
};

/* ---- questions ---- */

/* The sums of a currency. */
struct trial_sums {
    char currency[ACCOUNT_CURRENCY_SIZE];
    wide totals[POSTING_ACCOUNT_COUNT];
    bool is_visible;
};

uint64_t trial_whole(uint64_t known_at) {
    return known_at - known_at % TRIAL_BLOCK;
}

void trial_late_release(struct trial_late *late) {
    daybook_buffer_release(&late->sums);
}

static struct trial_sums *find_late(const struct trial_late *late, const char *currency) {
    struct trial_sums *sums = (void *)late->sums.data;
    for (size_t i = 0; i < late->sums.size / sizeof *sums; i++) {
        if (strcmp(sums[i].currency, currency) == 0) {
            return &sums[i];
        }
    }
    return NULL;
}

enum daybook_status trial_late_add(struct trial_late *late, int32_t as_of, const Pb__Event *event,
                                   struct daybook_error *error) {
    struct postings postings;
    DAYBOOK_TRY(postings_of(event, &postings, error));
    if (postings.count == 0 || event->effective_on > as_of) {
        return DAYBOOK_OK;
    }
    struct trial_sums *sums = find_late(late, event->currency);
    if (sums == NULL) {
        struct trial_sums none = {.is_visible = true};
        memcpy(none.currency, event->currency, strnlen(event->currency, sizeof none.currency - 1));
        if (daybook_buffer_append(&late->sums, &none, sizeof none) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "while adding up the books: memory was refused");
        }
        sums = find_late(late, none.currency);
    }
    for (size_t i = 0; i < postings.count; i++) {
        sums->totals[postings.lines[i].account] += postings.lines[i].amount_minor;
    }
    return DAYBOOK_OK;
}

enum daybook_status trial_walk_open(struct store_txn *txn, int32_t as_of, uint64_t known_at,
                                    const struct trial_late *late, struct trial_walk *walk,
                                    struct daybook_error *error) {
    *walk = (struct trial_walk){.txn = txn, .as_of = as_of, .whole = trial_whole(known_at), .late = late};
    DAYBOOK_TRY(account_walk_open(txn, TRIAL_VOLUMES, "", &walk->accounts, error));
    enum daybook_status status = account_walk_next(&walk->accounts, &walk->next, &walk->has_next, error);
    if (status != DAYBOOK_OK) {
        trial_walk_close(walk);
    }
    return status;
}

static enum daybook_status add_volume(struct trial_walk *walk, struct trial_sums *sums, struct daybook_error *error) {
    struct series_totals volume;
    DAYBOOK_TRY(series_ask(walk->txn, books, walk->next.number, walk->as_of, walk->whole, &volume, error));
    sums->is_visible = sums->is_visible || volume.count > 0;
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        sums->totals[account] += volume.columns[account];
    }
    return account_walk_next(&walk->accounts, &walk->next, &walk->has_next, error);
}

enum daybook_status trial_fill_row(const char *currency, const wide totals[POSTING_ACCOUNT_COUNT],
                                   struct trial_row *row, struct daybook_error *error) {
    wide balance = 0;
    *row = (struct trial_row){.is_visible = true};
    memcpy(row->currency, currency, strnlen(currency, sizeof row->currency - 1));
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        if (totals[account] > INT64_MAX || totals[account] < -INT64_MAX) {
            return daybook_fail(error, DAYBOOK_LIMIT, "while adding up %s in %s: the total does not fit 64 bits",
                                posting_account_name((enum posting_account)account), row->currency);
        }
        balance += totals[account];
        row->totals[account] = (int64_t)totals[account];
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
    const struct trial_sums *late = NULL;
    *is_found = walk->has_next;
    if (!walk->has_next) {
        return DAYBOOK_OK;
    }
    char currency[ACCOUNT_CURRENCY_SIZE] = "";
    memcpy(currency, walk->next.customer, sizeof currency - 1);
    late = find_late(walk->late, currency);
    if (late != NULL) {
        sums = *late;
    }
    while (walk->has_next && strcmp(walk->next.customer, currency) == 0) {
        DAYBOOK_TRY(add_volume(walk, &sums, error));
    }
    DAYBOOK_TRY(trial_fill_row(currency, sums.totals, row, error));
    row->is_visible = sums.is_visible;
    return DAYBOOK_OK;
}

void trial_walk_close(struct trial_walk *walk) {
    account_walk_close(&walk->accounts);
}

enum daybook_status trial_ask_day(struct store_txn *txn, int32_t on, uint64_t from, uint64_t to, uint64_t *sequences,
                                  size_t limit, size_t *count, struct daybook_error *error) {
    return trial_days_ask(txn, TRIAL_DAYS, on, from, to, sequences, limit, count, error);
}
