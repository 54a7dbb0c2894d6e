/* Transactions, accounts and assertions in the words of hledger, ledger and Beancount. */
#include "tools/plain_books.h"

#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "limits.h"
#include "tools/event_text.h"

enum { ACCOUNT_TEXT_SIZE = 64 + 3 * LIMIT_ID_BYTES };

static const struct {
    const char *name; /* In the postings. */
    const char *text;
    bool is_customers;
} accounts[] = {
    {"Cash", "Assets:Cash", false},
    {"Receivable", "Assets:Receivable", true},
    {"Deposits", "Liabilities:Deposits", true},
    {"Unapplied", "Liabilities:Unapplied", true},
    {"Dormant", "Liabilities:Dormant", true},
    {"Revenue", "Income:Revenue", false},
    {"Breakage", "Income:Breakage", false},
    {"PromotionCost", "Expenses:PromotionCost", false},
    {"Adjustments", "Expenses:Adjustments", false},
    {"BadDebt", "Expenses:BadDebt", false},
    {"Rounding", "Expenses:Rounding", false},
};
enum { ACCOUNT_COUNT = sizeof accounts / sizeof *accounts };

bool plain_format_named(const char *name, enum plain_format *format) {
    static const char *const names[] = {"hledger", "ledger", "beancount"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *format = (enum plain_format)i;
            return true;
        }
    }
    return false;
}

static size_t find_account(const char *name) {
    size_t i = 0;
    while (i < ACCOUNT_COUNT && strcmp(accounts[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* How many bytes at `c` are a letter that all three programs take in the name of an account: a Han character, kana or a
 * Hangul syllable, of those that were letters in every Unicode since 11; 0 = none. */
static size_t east_asian_letter(const char *c) {
    const unsigned char *byte = (const unsigned char *)c;
    if (byte[0] < 0xe3 || byte[0] > 0xed || (byte[1] & 0xc0) != 0x80 || (byte[2] & 0xc0) != 0x80) {
        return 0;
    }
    unsigned point = (byte[0] & 0x0fu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);
    bool is_letter = (point >= 0x3041 && point <= 0x3096) || (point >= 0x30a1 && point <= 0x30fa) ||
                     (point >= 0x3400 && point <= 0x4db5) || (point >= 0x4e00 && point <= 0x9fef) ||
                     (point >= 0xac00 && point <= 0xd7a3);
    return is_letter ? 3 : 0;
}

/* PB1. Beancount wants a capital letter first, so each begins with "C-". */
static const char *account_text(size_t account, const char *customer, char text[ACCOUNT_TEXT_SIZE]) {
    static const char digits[] = "0123456789ABCDEF";
    size_t size = (size_t)snprintf(text, ACCOUNT_TEXT_SIZE, "%s", accounts[account].text);
    if (!accounts[account].is_customers) {
        return text;
    }
    size += (size_t)snprintf(text + size, ACCOUNT_TEXT_SIZE - size, ":C-");
    for (const char *c = customer; *c != '\0' && size + 4 < ACCOUNT_TEXT_SIZE; c++) {
        unsigned char byte = (unsigned char)*c;
        if (east_asian_letter(c) > 0) {
            memcpy(text + size, c, 3);
            size += 3;
            c += 2;
        } else if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) {
            text[size++] = *c;
        } else {
            text[size++] = '-';
            text[size++] = digits[byte >> 4];
            text[size++] = digits[byte & 15];
        }
    }
    text[size] = '\0';
    return text;
}

static const char *amount_text(int64_t minor, const char *currency, char text[DECIMAL_TEXT_SIZE]) {
    int known = currency_decimals(currency);
    return decimal_format(minor, known < 0 ? 0 : known, text);
}

/* A text on a line of its own kind: what would end it is left out. */
static void write_words(FILE *stream, enum plain_format format, const char *text) {
    for (const char *c = text; *c != '\0'; c++) {
        if (format == PLAIN_BEANCOUNT && (*c == '"' || *c == '\\')) {
            (void)fputc('\\', stream);
        }
        (void)fputc(format != PLAIN_BEANCOUNT && (*c == ';' || *c == '|') ? ' ' : *c, stream);
    }
}

static void write_comment(FILE *stream, const char *text) {
    (void)fprintf(stream, "; %s\n", text);
}

void plain_write_head(FILE *stream, enum plain_format format, const Pb__Position *position) {
    (void)fprintf(stream, "; Daybook: as of %s, known at event %" PRIu64 "\n", position->as_of, position->known_at);
    write_comment(stream, "Every transaction is one event of the journal. The assertions at the end are Daybook's own");
    write_comment(stream, "figures: a program that reads this file checks them.");
    (void)fputc('\n', stream);
    if (format == PLAIN_BEANCOUNT) {
        (void)fputs("option \"title\" \"Daybook\"\n\n", stream);
    }
}

void plain_open_books(FILE *stream, enum plain_format format) {
    char text[ACCOUNT_TEXT_SIZE];
    for (size_t i = 0; format == PLAIN_BEANCOUNT && i < ACCOUNT_COUNT; i++) {
        if (!accounts[i].is_customers) {
            (void)fprintf(stream, "1970-01-01 open %s\n", account_text(i, "", text));
        }
    }
}

void plain_open_customer(FILE *stream, enum plain_format format, const char *customer) {
    char text[ACCOUNT_TEXT_SIZE];
    for (size_t i = 0; format == PLAIN_BEANCOUNT && i < ACCOUNT_COUNT; i++) {
        if (accounts[i].is_customers) {
            (void)fprintf(stream, "1970-01-01 open %s\n", account_text(i, customer, text));
        }
    }
}

static void write_lines(FILE *stream, const Pb__PostingsRow *row) {
    for (size_t i = 0; i < row->n_lines; i++) {
        const Pb__PostingLine *line = row->lines[i];
        char account[ACCOUNT_TEXT_SIZE];
        char amount[DECIMAL_TEXT_SIZE];
        size_t number = find_account(line->account);
        if (number < ACCOUNT_COUNT) {
            (void)fprintf(stream, "    %-50s  %20s %s\n", account_text(number, row->event->customer, account),
                          amount_text(line->debit_minor - line->credit_minor, row->event->currency, amount),
                          row->event->currency);
        }
    }
    (void)fputc('\n', stream);
}

void plain_write_event(FILE *stream, enum plain_format format, const Pb__PostingsRow *row, struct arena *arena) {
    char date[DATE_TEXT_SIZE];
    if (row->event == NULL || row->n_lines == 0) {
        return;
    }
    const Pb__Event *event = row->event;
    const char *kind = event_kind_text(event, arena);
    const char *document = event_document_text(event, arena);
    (void)date_format(event->effective_on, date);
    if (format == PLAIN_BEANCOUNT) {
        (void)fprintf(stream, "%s * \"%s ", date, kind);
        write_words(stream, format, document);
        (void)fprintf(stream, "\"\n    event: %" PRIu64 "\n    customer: \"", event->sequence);
        write_words(stream, format, event->customer);
        (void)fputs("\"\n", stream);
    } else {
        (void)fprintf(stream, "%s (%" PRIu64 ") %s ", date, event->sequence, kind);
        write_words(stream, format, document);
        (void)fputs("\n    ; customer: ", stream);
        write_words(stream, format, event->customer);
        (void)fputc('\n', stream);
    }
    write_lines(stream, row);
}

/* A balance is Beancount's at the beginning of a day. */
static void write_assertion(FILE *stream, enum plain_format format, int32_t as_of, const char *account, int64_t minor,
                            const char *currency) {
    char date[DATE_TEXT_SIZE];
    char amount[DECIMAL_TEXT_SIZE];
    char zero[DECIMAL_TEXT_SIZE];
    (void)amount_text(minor, currency, amount);
    (void)amount_text(0, currency, zero);
    if (format == PLAIN_BEANCOUNT) {
        (void)fprintf(stream, "%s balance %-50s  %20s ~ %s %s\n", date_format(as_of + 1, date), account, amount, zero,
                      currency);
    } else {
        (void)fprintf(stream, "    %-50s  %s %s = %s %s\n", account, zero, currency, amount, currency);
    }
}

static void begin_assertions(FILE *stream, enum plain_format format, int32_t as_of, const char *whose) {
    char date[DATE_TEXT_SIZE];
    if (format != PLAIN_BEANCOUNT) {
        (void)fprintf(stream, "%s balances of ", date_format(as_of, date));
        write_words(stream, format, whose);
        (void)fputc('\n', stream);
    }
}

void plain_assert_customer(FILE *stream, enum plain_format format, int32_t as_of, const Pb__Balance *balance) {
    const struct {
        const char *name;
        int64_t minor; /* Debit positive. */
    } wanted[] = {
        {"Receivable", balance->receivable_minor},
        {"Deposits", -balance->deposit_minor},
        {"Unapplied", -balance->unapplied_minor},
        {"Dormant", -balance->dormant_minor},
    };
    begin_assertions(stream, format, as_of, balance->customer);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char account[ACCOUNT_TEXT_SIZE];
        write_assertion(stream, format, as_of, account_text(find_account(wanted[i].name), balance->customer, account),
                        wanted[i].minor, balance->currency);
    }
    (void)fputc('\n', stream);
}

void plain_assert_books(FILE *stream, enum plain_format format, int32_t as_of, const Pb__TrialBalanceRow *row) {
    size_t number = find_account(row->account);
    char account[ACCOUNT_TEXT_SIZE];
    if (number == ACCOUNT_COUNT || accounts[number].is_customers) {
        return;
    }
    begin_assertions(stream, format, as_of, row->account);
    write_assertion(stream, format, as_of, account_text(number, "", account), row->debit_minor - row->credit_minor,
                    row->currency);
    (void)fputc('\n', stream);
}
