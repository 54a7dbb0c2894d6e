/* The sums of the books and of the customers' rows, and whether they agree. */
#include "domain/control.h"

#include <stdlib.h>
#include <string.h>

enum { SHARE_SUMS = 5, CURRENCY_SUMS = POSTING_ACCOUNT_COUNT + 2 * SHARE_SUMS, PACKED_BYTES = 4 + 8 * CURRENCY_SUMS };

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "adding up the books: memory was refused");
}

void control_release(struct control *control) {
    free(control->items);
    *control = (struct control){0};
}

static enum daybook_status currency_of(struct control *control, const char *currency, struct control_currency **found,
                                       struct daybook_error *error) {
    for (size_t i = 0; i < control->count; i++) {
        if (currencies_equal(control->items[i].currency, currency)) {
            *found = &control->items[i];
            return DAYBOOK_OK;
        }
    }
    struct control_currency *items = realloc(control->items, (control->count + 1) * sizeof *items);
    if (items == NULL) {
        return no_memory(error);
    }
    control->items = items;
    *found = &items[control->count++];
    memset(*found, 0, sizeof **found);
    memcpy((*found)->currency, currency, sizeof(*found)->currency);
    return DAYBOOK_OK;
}

enum daybook_status control_post(struct control *control, const char *currency, const struct postings *postings,
                                 struct daybook_error *error) {
    struct control_currency *sums = NULL;
    if (postings->count == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(currency_of(control, currency, &sums, error));
    for (size_t i = 0; i < postings->count; i++) {
        sums->books[postings->lines[i].account] += postings->lines[i].amount_minor;
    }
    return DAYBOOK_OK;
}

enum daybook_status control_post_event(struct control *control, const Pb__Event *event, struct daybook_error *error) {
    struct postings postings;
    char currency[4] = {0};
    DAYBOOK_TRY(postings_of(event, &postings, error));
    memcpy(currency, event->currency, strnlen(event->currency, sizeof currency - 1));
    return control_post(control, currency, &postings, error);
}

enum daybook_status control_take_books(struct control *control, const struct control *books,
                                       struct daybook_error *error) {
    for (size_t i = 0; i < books->count; i++) {
        struct control_currency *sums = NULL;
        DAYBOOK_TRY(currency_of(control, books->items[i].currency, &sums, error));
        memcpy(sums->books, books->items[i].books, sizeof sums->books);
    }
    return DAYBOOK_OK;
}

/* Adds what is new of the share. */
static void count_share(struct control_share *sums, struct control_share counted, struct control_share now) {
    sums->open_minor += now.open_minor - counted.open_minor;
    sums->unapplied_minor += now.unapplied_minor - counted.unapplied_minor;
    sums->deposit_minor += now.deposit_minor - counted.deposit_minor;
    sums->dormant_minor += now.dormant_minor - counted.dormant_minor;
    sums->forfeited_minor += now.forfeited_minor - counted.forfeited_minor;
}

enum daybook_status control_count(struct control *control, struct row *row, struct daybook_error *error) {
    struct control_currency *sums = NULL;
    if (row->kind == ROW_DOCUMENT) {
        struct document *document = (struct document *)row;
        DAYBOOK_TRY(currency_of(control, document->currency, &sums, error));
        struct document_sum now = document_sum(document);
        count_share(&sums->documents, document_share(document, document->counted), document_share(document, now));
        document->counted = now;
    }
    if (row->kind == ROW_CUSTOMER) {
        const struct customer *customer = (const struct customer *)row;
        for (uint32_t i = 0; i < customer->accounts.count; i++) {
            struct account *account = *VECTOR_AT(struct account *, &customer->accounts, i);
            DAYBOOK_TRY(currency_of(control, account->currency, &sums, error));
            struct control_share now = account_share(account);
            count_share(&sums->accounts, account->counted, now);
            account->counted = now;
        }
    }
    return DAYBOOK_OK;
}

/* The books' figure against the one that rows add up to. */
struct comparison {
    const char *what;
    int64_t books_minor;
    int64_t rows_minor;
};

static enum daybook_status compare(const struct control_currency *sums, const struct comparison *comparisons,
                                   size_t count, struct daybook_error *error) {
    for (size_t i = 0; i < count; i++) {
        const struct comparison *comparison = &comparisons[i];
        if (comparison->books_minor != comparison->rows_minor) {
            return daybook_fail(error, DAYBOOK_DAMAGED,
                                "the books do not agree with the customers in %s: %s is %lld minor units by the books "
                                "and %lld by their rows",
                                sums->currency, comparison->what, (long long)comparison->books_minor,
                                (long long)comparison->rows_minor);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_currency(const struct control_currency *sums, struct daybook_error *error) {
    const struct control_share *accounts = &sums->accounts;
    const struct control_share *documents = &sums->documents;
    const int64_t *books = sums->books;
    int64_t balance_minor = 0;
    for (int i = 0; i < POSTING_ACCOUNT_COUNT; i++) {
        /* Order matters for what overflows on the way, not for the sum: it is taken modulo 2^64. */
        balance_minor = (int64_t)((uint64_t)balance_minor + (uint64_t)books[i]);
    }
    const struct comparison comparisons[] = {
        {"Receivable (what is open on the items)", books[POSTING_RECEIVABLE], documents->open_minor},
        {"Receivable (what the accounts owe)", books[POSTING_RECEIVABLE], accounts->open_minor},
        {"Unapplied (what is left of payments and credits)", -books[POSTING_UNAPPLIED], documents->unapplied_minor},
        {"Unapplied (what the accounts have)", -books[POSTING_UNAPPLIED], accounts->unapplied_minor},
        {"Deposits (what is left of the lots)", -books[POSTING_DEPOSITS], documents->deposit_minor},
        {"Deposits (what the accounts have)", -books[POSTING_DEPOSITS], accounts->deposit_minor},
        {"Dormant (what has expired of the lots)", -books[POSTING_DORMANT], documents->dormant_minor},
        {"Dormant (what the accounts have)", -books[POSTING_DORMANT], accounts->dormant_minor},
        {"Breakage (what was forfeited of the lots)", -books[POSTING_BREAKAGE], documents->forfeited_minor},
        {"the trial balance", balance_minor, 0},
    };
    return compare(sums, comparisons, sizeof comparisons / sizeof comparisons[0], error);
}

enum daybook_status control_check(const struct control *control, struct daybook_error *error) {
    for (size_t i = 0; i < control->count; i++) {
        DAYBOOK_TRY(check_currency(&control->items[i], error));
    }
    return DAYBOOK_OK;
}

/* ---- the stored form ---- */

/* The sums of a currency, in the order in which they are stored. */
static void list_sums(struct control_currency *sums, int64_t *list[CURRENCY_SUMS]) {
    struct control_share *shares[] = {&sums->accounts, &sums->documents};
    size_t count = 0;
    for (int i = 0; i < POSTING_ACCOUNT_COUNT; i++) {
        list[count++] = &sums->books[i];
    }
    for (int i = 0; i < 2; i++) {
        list[count++] = &shares[i]->open_minor;
        list[count++] = &shares[i]->unapplied_minor;
        list[count++] = &shares[i]->deposit_minor;
        list[count++] = &shares[i]->dormant_minor;
        list[count++] = &shares[i]->forfeited_minor;
    }
}

enum daybook_status control_pack(const struct control *control, struct daybook_buffer *out) {
    for (size_t i = 0; i < control->count; i++) {
        struct control_currency sums = control->items[i];
        int64_t *list[CURRENCY_SUMS];
        uint8_t *at = daybook_buffer_reserve(out, PACKED_BYTES);
        if (at == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        list_sums(&sums, list);
        memcpy(at, sums.currency, sizeof sums.currency);
        for (int sum = 0; sum < CURRENCY_SUMS; sum++) {
            store_le64(at + 4 + 8 * sum, (uint64_t)*list[sum]);
        }
        out->size += PACKED_BYTES;
    }
    return DAYBOOK_OK;
}

enum daybook_status control_unpack(struct control *control, struct daybook_bytes bytes, struct daybook_error *error) {
    if (bytes.size % PACKED_BYTES != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading the sums of the books: they are cut");
    }
    for (size_t at = 0; at < bytes.size; at += PACKED_BYTES) {
        struct control_currency *sums = NULL;
        int64_t *list[CURRENCY_SUMS];
        char currency[4] = {0};
        memcpy(currency, bytes.data + at, sizeof currency - 1);
        DAYBOOK_TRY(currency_of(control, currency, &sums, error));
        list_sums(sums, list);
        for (size_t sum = 0; sum < CURRENCY_SUMS; sum++) {
            *list[sum] = (int64_t)load_le64(bytes.data + at + 4 + 8 * sum);
        }
    }
    return DAYBOOK_OK;
}
