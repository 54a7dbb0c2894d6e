/* Balances at the end of each day on which something counted, of one customer or all. */
#include <string.h>

#include "base/decimal.h"
#include "projections/balance.h"
#include "projections/query_book.h"

/* What counted for one day; after add_up, all up to its end. */
struct day {
    int32_t on;
    int64_t columns[EFFECT_COLUMN_COUNT];
};

struct days {
    struct daybook_buffer found; /* struct day, in the order of their dates; of one account. */
    struct pointers rows;
};

static struct day *day_at(const struct days *days, size_t index) {
    return (struct day *)(void *)days->found.data + index;
}

static size_t day_count(const struct days *days) {
    return days->found.size / sizeof(struct day);
}

/* The day's place, or where it would be. Entries come nearly in the order of their dates, so the end is tried first. */
static size_t find_place(const struct days *days, int32_t on) {
    size_t low = 0;
    size_t high = day_count(days);
    if (high > 0 && day_at(days, high - 1)->on < on) {
        return high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (day_at(days, middle)->on < on) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum daybook_status find_day(struct days *days, int32_t on, struct day **day) {
    size_t place = find_place(days, on);
    if (place == day_count(days) || day_at(days, place)->on != on) {
        struct day fresh = {.on = on};
        size_t behind = (day_count(days) - place) * sizeof fresh;
        DAYBOOK_TRY(daybook_buffer_append(&days->found, &fresh, sizeof fresh));
        memmove(day_at(days, place + 1), day_at(days, place), behind);
        *day_at(days, place) = fresh;
    }
    *day = day_at(days, place);
    return DAYBOOK_OK;
}

static enum daybook_status add_columns(int64_t *sums, const int64_t *columns, struct daybook_error *error) {
    for (int i = 0; i < EFFECT_COLUMN_COUNT; i++) {
        if (!money_add(&sums[i], columns[i])) {
            return daybook_fail(error, DAYBOOK_LIMIT,
                                "while adding up the days of an account: a sum does not fit "
                                "64 bits");
        }
    }
    return DAYBOOK_OK;
}

/* What counted on each day, in the order in which it was recorded. */
static enum daybook_status gather(struct days *days, const struct book *book, uint32_t account,
                                  struct daybook_error *error) {
    struct series_scan scan;
    daybook_buffer_reset(&days->found);
    DAYBOOK_TRY(series_scan_open(book->reads[0].txn, balance_series, account, 1, &scan, error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK) {
        bool is_found = false;
        struct day *day = NULL;
        status = series_scan_next(&scan, &is_found, error);
        if (status != DAYBOOK_OK || !is_found || scan.sequence > book->at.known_at) {
            break;
        }
        if (scan.entry.effective_on <= book->at.as_of) {
            status = find_day(days, scan.entry.effective_on, &day);
            status = status == DAYBOOK_OK ? add_columns(day->columns, scan.entry.columns, error) : status;
        }
    }
    series_scan_close(&scan);
    return status;
}

static enum daybook_status add_up(struct days *days, struct daybook_error *error) {
    for (size_t i = 1; i < day_count(days); i++) {
        DAYBOOK_TRY(add_columns(day_at(days, i)->columns, day_at(days, i - 1)->columns, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_row(struct days *days, struct book *book, const struct account_row *account,
                                   const struct day *day, struct daybook_error *error) {
    Pb__DailyBalance *row = arena_alloc(book->arena, sizeof *row);
    Pb__Balance *balance = arena_alloc(book->arena, sizeof *balance);
    if (balance == NULL || pointers_add(&days->rows, book->arena, row) != DAYBOOK_OK) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__daily_balance__init(row);
    pb__balance__init(balance);
    row->on = book_date(book, day->on);
    row->balance = balance;
    balance->customer = book_text(book, account->customer);
    balance->currency = book_text(book, account->currency);
    if (row->on == NULL || balance->customer == NULL || balance->currency == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    return effects_to_balance(day->columns, balance, error);
}

/* A row's key is the account's and its day: a page may end between two days. */
static size_t day_key(const struct account_row *account, int32_t on, uint8_t key[PAGE_KEY_MAX]) {
    size_t size = page_account_key(account, key);
    store_be32(key + size, (uint32_t)on);
    return size + 4;
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct days *days = context;
    uint8_t key[PAGE_KEY_MAX];
    struct daybook_bytes last = {key, day_key(account, DATE_MAX, key)};
    struct daybook_bytes after = {book->page.after, book->page.after_size};
    if (book->page.has_more || daybook_bytes_compare(last, after) <= 0) {
        return DAYBOOK_OK; /* Behind the page, or before it. */
    }
    enum daybook_status status = book_check(book, 0, gather(days, book, account->number, error), error);
    if (status == DAYBOOK_OK) {
        status = add_up(days, error);
    }
    for (size_t i = 0; status == DAYBOOK_OK && !book->page.has_more && i < day_count(days); i++) {
        const struct day *day = day_at(days, i);
        if (page_take(&book->page, key, day_key(account, day->on, key))) {
            status = add_row(days, book, account, day, error);
        }
    }
    return status;
}

static enum daybook_status make_answer(struct book *book, const struct days *days, ProtobufCMessage **answer) {
    Pb__DailyBalancesAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__daily_balances_answer__init(made);
    made->position = book_position(book);
    made->n_rows = days->rows.count;
    made->rows = (Pb__DailyBalance **)days->rows.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_daily(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__DailyBalancesQuery *asked = query->daily_balances;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page, {"balance"}};
    struct days days = {0};
    struct book book;
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        book.accounts_table = BALANCE_ACCOUNTS;
        book_add_view(&book, "balance");
        status = book_walk(&book, visit, &days, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &days, answer);
    }
    daybook_buffer_release(&days.found);
    book_close(&book);
    return status;
}
