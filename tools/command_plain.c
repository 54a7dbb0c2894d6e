/* daybook export --format hledger|ledger|beancount: the books for programs that are not ours. */
#include <string.h>

#include "tools/command.h"
#include "tools/command_plain.h"
#include "tools/fixed_at.h"
#include "tools/output_file.h"
#include "tools/plain_books.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { PAGE_ROWS = 5000, PAGE_ARENA_BYTES = 256 << 20 };

struct books {
    struct invocation page; /* Like the command's own, with an arena for each page. */
    struct arena page_arena;
    struct daybook *ledger;
    enum plain_format format;
    struct output_file out;
    struct fixed_at fixed;
    Pb__Page asked;
    char cursor[512];
};

/* Of every page the same coordinates: those that the first answer states. */
static enum daybook_status fix_coordinates(struct books *books, const struct invocation *invocation,
                                           struct daybook_error *error) {
    const Pb__Position *position;
    DAYBOOK_TRY(fixed_at_find(&books->fixed, invocation, &books->page, books->ledger, &position, error));
    if (books->fixed.as_of_day == DATE_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--as-of: balances at the end of %s cannot be asserted"),
                            books->fixed.as_of);
    }
    plain_write_head(books->out.stream, books->format, position);
    return DAYBOOK_OK;
}

/* Takes the next cursor out of the page's arena, which is then used again. False: that was the last. */
static bool turn_page(struct books *books, const char *next_cursor) {
    (void)snprintf(books->cursor, sizeof books->cursor, "%s", next_cursor);
    books->asked.cursor = books->cursor;
    arena_reset(&books->page_arena);
    return books->cursor[0] != '\0';
}

static void begin_pages(struct books *books) {
    pb__page__init(&books->asked);
    books->asked.limit = PAGE_ROWS;
    (void)turn_page(books, "");
}

static enum daybook_status stop_if_interrupted(struct daybook_error *error) {
    return progress_is_interrupted() ? daybook_fail(error, DAYBOOK_STOPPED, "%s", _("stopped; nothing was written"))
                                     : DAYBOOK_OK;
}

/* Twice over all balances: first the accounts are opened, in the end they are asserted. */
static enum daybook_status write_customers(struct books *books, bool is_opening, struct daybook_error *error) {
    enum daybook_status status;
    bool has_more = true;
    char opened[256] = "";
    begin_pages(books);
    do {
        Pb__BalanceQuery question = PB__BALANCE_QUERY__INIT;
        Pb__Query query = PB__QUERY__INIT;
        ProtobufCMessage *answer;
        question.at = &books->fixed.at;
        question.page = &books->asked;
        query.question_case = PB__QUERY__QUESTION_BALANCE;
        query.balance = &question;
        status = command_ask(&books->page, books->ledger, &query, &answer, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        const Pb__BalanceAnswer *balances = (const Pb__BalanceAnswer *)answer;
        for (size_t i = 0; i < balances->n_rows; i++) {
            const Pb__Balance *row = balances->rows[i];
            if (!is_opening) {
                plain_assert_customer(books->out.stream, books->format, books->fixed.as_of_day, row);
            } else if (strcmp(opened, row->customer) != 0) {
                plain_open_customer(books->out.stream, books->format, row->customer);
                (void)snprintf(opened, sizeof opened, "%s", row->customer);
            }
        }
        has_more = turn_page(books, balances->next_cursor);
        status = stop_if_interrupted(error);
    } while (status == DAYBOOK_OK && has_more);
    return status;
}

static enum daybook_status write_events(struct books *books, uint64_t known_at, struct daybook_error *error) {
    enum daybook_status status;
    bool has_more = true;
    struct progress progress;
    progress_begin(&progress, _("exporting"), _("events"), 0, known_at);
    begin_pages(books);
    do {
        Pb__PostingsQuery question = PB__POSTINGS_QUERY__INIT;
        Pb__Query query = PB__QUERY__INIT;
        ProtobufCMessage *answer;
        question.at = &books->fixed.at;
        question.page = &books->asked;
        query.question_case = PB__QUERY__QUESTION_POSTINGS;
        query.postings = &question;
        status = command_ask(&books->page, books->ledger, &query, &answer, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        const Pb__PostingsAnswer *postings = (const Pb__PostingsAnswer *)answer;
        for (size_t i = 0; i < postings->n_rows; i++) {
            plain_write_event(books->out.stream, books->format, postings->rows[i], &books->page_arena);
        }
        if (postings->n_rows > 0) {
            progress_update(&progress, postings->rows[postings->n_rows - 1]->event->sequence);
        }
        has_more = turn_page(books, postings->next_cursor);
        status = stop_if_interrupted(error);
    } while (status == DAYBOOK_OK && has_more);
    progress_clear();
    return status;
}

static enum daybook_status write_trial(struct books *books, struct daybook_error *error) {
    Pb__TrialBalanceQuery question = PB__TRIAL_BALANCE_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *answer;
    question.at = &books->fixed.at;
    question.without_check = true;
    query.question_case = PB__QUERY__QUESTION_TRIAL_BALANCE;
    query.trial_balance = &question;
    enum daybook_status status = command_ask(&books->page, books->ledger, &query, &answer, error);
    if (status == DAYBOOK_OK) {
        const Pb__TrialBalanceAnswer *trial = (const Pb__TrialBalanceAnswer *)answer;
        for (size_t i = 0; i < trial->n_rows; i++) {
            plain_assert_books(books->out.stream, books->format, books->fixed.as_of_day, trial->rows[i]);
        }
    }
    return status;
}

static enum daybook_status write_books(struct books *books, const struct invocation *invocation,
                                       struct daybook_error *error) {
    DAYBOOK_TRY(fix_coordinates(books, invocation, error));
    plain_open_books(books->out.stream, books->format);
    if (books->format == PLAIN_BEANCOUNT) {
        DAYBOOK_TRY(write_customers(books, true, error));
        (void)fputc('\n', books->out.stream);
    }
    DAYBOOK_TRY(write_events(books, books->fixed.known_at_sequence, error));
    DAYBOOK_TRY(write_customers(books, false, error));
    return write_trial(books, error);
}

int command_plain_run(struct invocation *invocation, enum plain_format format) {
    struct daybook_error error;
    struct books books = {.page = *invocation, .format = format};
    arena_init(&books.page_arena, PAGE_ARENA_BYTES);
    books.page.arena = &books.page_arena;
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &books.ledger, &error);
    if (status == DAYBOOK_OK) {
        status = output_file_open(&books.out, options_value(&invocation->options, "output"), &error);
    }
    if (status == DAYBOOK_OK) {
        status = write_books(&books, invocation, &error);
    }
    status = output_file_close(&books.out, status, &error);
    daybook_close(books.ledger);
    arena_release(&books.page_arena);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}
