/* A customer's limits, exposure and grade at a row of dates. */
#include <string.h>

#include "base/calendar.h"
#include "projections/credit_facts.h"

enum { DATES_MAX = 1000 };

/* One of the dates, and what was known. */
struct moment {
    int32_t on;
    uint64_t known_at;
};

struct past {
    struct moment moments[DATES_MAX];
    size_t count;
    struct exposure_policy policy;
    struct pointers rows;
};

/* ---- which dates ---- */

static int32_t end_of_quarter(int32_t on) {
    struct civil civil = date_to_civil(on);
    civil.month = (civil.month - 1) / 3 * 3 + 3;
    civil.day = 1;
    return date_end_of_month(date_from_civil(civil));
}

static int32_t end_of_year(int32_t on) {
    struct civil civil = date_to_civil(on);
    civil.month = 12;
    civil.day = 31;
    return date_from_civil(civil);
}

/* The first date of the row that is not before `on`; weeks and days are counted from where they begin. */
static int32_t date_from(Pb__Every every, int32_t on) {
    switch (every) {
    case PB__EVERY__EVERY_DAY:
    case PB__EVERY__EVERY_WEEK:
        return on;
    case PB__EVERY__EVERY_QUARTER:
        return end_of_quarter(on);
    case PB__EVERY__EVERY_YEAR:
        return end_of_year(on);
    case PB__EVERY__EVERY_UNSPECIFIED:
    case PB__EVERY__EVERY_MONTH:
    case _PB__EVERY_IS_INT_SIZE:
        break;
    }
    return date_end_of_month(on);
}

static enum daybook_status list_dates(struct past *past, Pb__Every every, int32_t from, int32_t to,
                                      struct daybook_error *error) {
    int32_t step = every == PB__EVERY__EVERY_WEEK ? 7 : 1;
    for (int32_t on = date_from(every, from); on < to; on = date_from(every, on + step)) {
        if (past->count == DATES_MAX - 1) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "a history has at most %d dates; ask for longer steps or a shorter period", DATES_MAX);
        }
        past->moments[past->count++].on = on;
    }
    past->moments[past->count++].on = to;
    return DAYBOOK_OK;
}

/* ---- what was known ---- */

/* The last instant of a business date. Its offset is that of the instant, which a first guess is near enough to find.
 */
static int64_t end_of_date(const struct timezone_rules *rules, int32_t on) {
    int64_t as_utc = ((int64_t)on + 1) * INT64_C(86400000000) - 1;
    int64_t guess = as_utc - timezone_offset_s(rules, as_utc) * INT64_C(1000000);
    return as_utc - timezone_offset_s(rules, guess) * INT64_C(1000000);
}

static enum daybook_status find_known(struct past *past, const struct book *book, bool is_then,
                                      struct daybook_error *error) {
    struct coordinates head;
    for (size_t i = 0; i < past->count; i++) {
        past->moments[i].known_at = book->at.known_at;
    }
    if (!is_then) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(ledger_resolve(book->ledger, NULL, &head, error));
    for (size_t i = 0; i < past->count; i++) {
        struct moment *moment = &past->moments[i];
        char instant[INSTANT_TEXT_SIZE];
        Pb__At at = PB__AT__INIT;
        struct coordinates then;
        int64_t end_us = end_of_date(ledger_timezone(book->ledger), moment->on);
        /* Today: all that is known was recorded by its end. Where events say of themselves when they were recorded,
         * some may be from a day that has not come; the clock has no say in which those are. */
        if (end_us > ledger_now_us(book->ledger) && end_us > head.known_at_us) {
            continue;
        }
        (void)instant_format(end_us, instant);
        at.known_at = instant;
        DAYBOOK_TRY(ledger_resolve(book->ledger, &at, &then, error));
        if (then.known_at < moment->known_at) {
            moment->known_at = then.known_at;
        }
    }
    return DAYBOOK_OK;
}

/* ---- the rows ---- */

static enum daybook_status add_row(struct past *past, struct book *book, const struct account_row *account,
                                   const struct moment *moment, const struct credit_facts *facts,
                                   struct daybook_error *error) {
    uint8_t key[PAGE_KEY_MAX];
    Pb__Credit filled = PB__CREDIT__INIT;
    size_t key_size = page_account_key(account, key);
    store_be32(key + key_size, (uint32_t)moment->on);
    if (!page_take(&book->page, key, key_size + 4)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(credit_facts_fill(facts, &past->policy, &filled, error));
    Pb__CreditHistoryRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&past->rows, book->arena, row));
    pb__credit_history_row__init(row);
    row->on = book_date(book, moment->on);
    row->known_at = moment->known_at;
    row->credit = credit_facts_row(book, account, facts, &filled, true);
    return row->on == NULL || row->credit == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct past *past = context;
    for (size_t i = 0; i < past->count; i++) {
        const struct moment *moment = &past->moments[i];
        struct credit_facts facts;
        bool is_visible;
        DAYBOOK_TRY(
            credit_facts_ask(book, &past->policy, account, moment->on, moment->known_at, &facts, &is_visible, error));
        if (is_visible) {
            DAYBOOK_TRY(add_row(past, book, account, moment, &facts, error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status make_answer(struct past *past, struct book *book, bool is_then, ProtobufCMessage **answer) {
    Pb__CreditHistoryAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__credit_history_answer__init(made);
    DAYBOOK_TRY(
        book_add_policy(book, "known", is_then ? "at the end of each date" : "all dates as known at one moment"));
    DAYBOOK_TRY(credit_facts_add_policies(book, &past->policy));
    made->position = book_position(book);
    made->n_rows = past->rows.count;
    made->rows = (Pb__CreditHistoryRow **)past->rows.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

/* ---- the question ---- */

static enum daybook_status read_question(const Pb__CreditHistoryQuery *asked, const struct book *book,
                                         struct past *past, struct daybook_error *error) {
    int32_t from;
    if (asked->customer[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "a history of grades is of one customer: name it");
    }
    if (!date_parse(asked->from, strlen(asked->from), &from)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "a history of grades begins on a date like 2024-02-29, not \"%.32s\"", asked->from);
    }
    if (from > book->at.as_of) {
        return daybook_fail(error, DAYBOOK_INVALID, "the history would begin on %s, after its last date", asked->from);
    }
    DAYBOOK_TRY(exposure_policy_read(asked->exposure, &past->policy, error));
    DAYBOOK_TRY(list_dates(past, asked->every, from, book->at.as_of, error));
    return find_known(past, book, asked->known_then, error);
}

enum daybook_status query_credit_history(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                         ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__CreditHistoryQuery *asked = query->credit_history;
    struct past past = {0};
    struct book book;
    Pb__At at;
    DAYBOOK_TRY(query_read_at(asked->at, asked->to, &at, error));
    struct book_question question = {&at, asked->customer, asked->currency,
                                     "",  asked->page,     {"credit", "balance", "aging"}};
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = read_question(asked, &book, &past, error);
    }
    if (status == DAYBOOK_OK) {
        credit_facts_add_views(&book, &past.policy);
        status = book_walk(&book, visit, &past, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&past, &book, asked->known_then, answer);
    }
    book_close(&book);
    return status;
}
