/* What the questions have in common. */
#include "projections/query_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"

enum { SLICE_ACCOUNTS = 4096, SCRATCH_BYTES = 1 << 20 };

enum daybook_status pointers_add(struct pointers *pointers, struct arena *arena, void *item) {
    if (item == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (pointers->count == pointers->capacity) {
        size_t capacity = pointers->capacity == 0 ? 16 : pointers->capacity * 2;
        void **items = arena_alloc(arena, capacity * sizeof *items);
        if (items == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        if (pointers->count > 0) {
            memcpy(items, pointers->items, pointers->count * sizeof *items);
        }
        pointers->items = items;
        pointers->capacity = capacity;
    }
    pointers->items[pointers->count++] = item;
    return DAYBOOK_OK;
}

/* ---- pages ---- */

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum daybook_status page_init(struct page *page, const Pb__Page *asked, struct daybook_error *error) {
    *page = (struct page){.limit = PAGE_LIMIT_DEFAULT};
    if (asked == NULL) {
        return DAYBOOK_OK;
    }
    if (asked->limit > 0) {
        page->limit = asked->limit < PAGE_LIMIT_MAX ? asked->limit : PAGE_LIMIT_MAX;
    }
    const char *digits = asked->cursor;
    if (*digits == 'm' || *digits == 'o') {
        page->order = *digits++;
    }
    size_t size = strlen(digits);
    bool is_hex = size % 2 == 0 && size / 2 <= PAGE_KEY_MAX && (page->order == 0 || size > 0);
    for (size_t i = 0; is_hex && i < size; i += 2) {
        int high = hex_digit(digits[i]);
        int low = hex_digit(digits[i + 1]);
        is_hex = high >= 0 && low >= 0;
        page->after[i / 2] = (uint8_t)(high * 16 + low);
    }
    if (!is_hex) {
        return daybook_fail(error, DAYBOOK_INVALID, "the page's cursor is none that an answer gave; begin without one");
    }
    page->after_size = size / 2;
    return DAYBOOK_OK;
}

bool page_take(struct page *page, const uint8_t *key, size_t key_size) {
    if (daybook_bytes_compare((struct daybook_bytes){key, key_size},
                              (struct daybook_bytes){page->after, page->after_size}) <= 0) {
        return false;
    }
    if (page->count == page->limit) {
        page->has_more = true;
        return false;
    }
    page->count++;
    memcpy(page->last, key, key_size);
    page->last_size = key_size;
    return true;
}

char *page_next_cursor(const struct page *page, struct arena *arena) {
    static const char digits[] = "0123456789abcdef";
    size_t size = page->last_size;
    size_t written = 0;
    if (!page->has_more) {
        return (char *)(uintptr_t)protobuf_c_empty_string;
    }
    char *text = arena_alloc(arena, size * 2 + 2);
    if (text == NULL) {
        return NULL;
    }
    if (size > 0 && page->order != 0) {
        text[written++] = page->order;
    }
    for (size_t i = 0; i < size; i++) {
        text[written++] = digits[page->last[i] >> 4];
        text[written++] = digits[page->last[i] & 15];
    }
    text[written] = '\0';
    return text;
}

size_t page_account_key(const struct account_row *account, uint8_t key[PAGE_KEY_MAX]) {
    size_t customer_size = strlen(account->customer);
    size_t currency_size = strlen(account->currency);
    memcpy(key, account->customer, customer_size + 1);
    memcpy(key + customer_size + 1, account->currency, currency_size);
    return customer_size + 1 + currency_size;
}

/* ---- a question ---- */

void book_add_view(struct book *book, const char *name) {
    if (book->view_count < BOOK_READS_MAX) {
        book->views[book->view_count++] = name;
    }
}

void book_end(struct book *book) {
    for (size_t i = 0; i < book->view_count; i++) {
        view_end_read(&book->reads[i]);
        book->reads[i] = (struct view_read){0};
    }
}

static void add_later(const struct book *book, const char **names, size_t *count) {
    for (size_t i = 0; i < BOOK_READS_MAX && book->later[i] != NULL; i++) {
        names[(*count)++] = book->later[i];
    }
}

enum daybook_status book_begin(struct book *book, struct daybook_error *error) {
    const char *names[2 * BOOK_READS_MAX];
    struct ledger_wish wish = {names, 0, book->position};
    for (size_t i = 0; i < book->view_count; i++) {
        names[wish.count++] = book->views[i];
    }
    add_later(book, names, &wish.count);
    for (size_t i = 0; i < book->view_count; i++) {
        enum daybook_status status = ledger_begin_one_of(book->ledger, &wish, i, &book->reads[i], error);
        if (status != DAYBOOK_OK) {
            book_end(book);
            return status;
        }
    }
    return DAYBOOK_OK;
}

void book_close(struct book *book) {
    book_end(book);
    arena_release(&book->scratch);
}

uint64_t book_known_at(const struct book *book, size_t index) {
    return book->reads[index].position <= book->at.known_at ? UINT64_MAX : book->at.known_at;
}

enum daybook_status book_check(struct book *book, size_t index, enum daybook_status status,
                               const struct daybook_error *error) {
    if (status == DAYBOOK_DAMAGED && book->reads[index].view != NULL) {
        view_mark_damaged(book->reads[index].view, error != NULL ? error->message : "a question met damaged rows");
    }
    return status;
}

/* What is kept of a customer (memo.h) is found by a table and the id. */
static struct daybook_bytes memo_key(unsigned table, const char *customer, uint8_t key[1 + LIMIT_ID_BYTES]) {
    size_t size = strnlen(customer, LIMIT_ID_BYTES);
    key[0] = (uint8_t)table;
    memcpy(key + 1, customer, size);
    return (struct daybook_bytes){key, 1 + size};
}

/* As customers_known_since, remembered for a commit. */
static enum daybook_status known_since(const struct view_read *read, const char *customer, uint64_t *since,
                                       struct daybook_error *error) {
    uint8_t bytes[1 + LIMIT_ID_BYTES];
    uint8_t kept[sizeof *since];
    struct daybook_bytes key = memo_key(CUSTOMERS_ROWS, customer, bytes);
    if (memo_recall(read->memo, read->commit, key, kept, sizeof kept)) {
        *since = load_le64(kept);
        return DAYBOOK_OK;
    }
    enum daybook_status status = customers_known_since(read->txn, customer, since, error);
    if (status == DAYBOOK_OK) {
        store_le64(kept, *since);
        memo_keep(read->memo, read->commit, key, (struct daybook_bytes){kept, sizeof kept});
    }
    return status;
}

enum daybook_status book_check_customer(struct book *book, struct daybook_error *error) {
    const char *names[1 + BOOK_READS_MAX] = {"customers"};
    struct ledger_wish wish = {names, 1, book->position};
    struct view_read read;
    uint64_t since;
    add_later(book, names, &wish.count);
    enum daybook_status status = ledger_begin_one_of(book->ledger, &wish, 0, &read, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = known_since(&read, book->customer, &since, error);
    if (status == DAYBOOK_DAMAGED) {
        view_mark_damaged(read.view, error != NULL ? error->message : "a question met damaged rows");
    }
    view_end_read(&read);
    if (status == DAYBOOK_OK && since > book->at.known_at) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "no customer \"%.64s\" was known at %" PRIu64, book->customer,
                            book->at.known_at);
    }
    return status;
}

enum daybook_status query_read_at(const Pb__At *at, const char *to, Pb__At *read, struct daybook_error *error) {
    pb__at__init(read);
    if (at != NULL) {
        *read = *at;
    }
    if (to[0] == '\0') {
        return DAYBOOK_OK;
    }
    if (read->as_of[0] != '\0' && strcmp(read->as_of, to) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the last day of the period, %.16s, is not the as-of date, %.16s; give one of them", to,
                            read->as_of);
    }
    read->as_of = (char *)(uintptr_t)to;
    return DAYBOOK_OK;
}

enum daybook_status book_open_unchecked(struct book *book, struct daybook *ledger, struct arena *arena,
                                        const struct book_question *question, struct daybook_error *error) {
    *book = (struct book){
        .ledger = ledger,
        .arena = arena,
        .customer = question->customer,
        .currency = question->currency,
        .tag = question->tag != NULL ? question->tag : "",
    };
    memcpy(book->later, question->views, sizeof book->later);
    arena_init(&book->scratch, SCRATCH_BYTES);
    enum daybook_status status = ledger_resolve(ledger, question->at, &book->at, error);
    if (status == DAYBOOK_OK) {
        status = page_init(&book->page, question->page, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (question->at != NULL && question->at->as_of[0] != '\0') {
        memcpy(book->as_of, question->at->as_of, strlen(question->at->as_of) + 1);
    }
    if (book->currency[0] != '\0' && currency_decimals(book->currency) < 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.16s\" is no ISO 4217 currency code", book->currency);
    }
    book->position = book->at.known_at;
    if (question->at != NULL && question->at->min_position > book->position) {
        book->position = question->at->min_position;
    }
    return DAYBOOK_OK;
}

enum daybook_status book_open(struct book *book, struct daybook *ledger, struct arena *arena,
                              const struct book_question *question, struct daybook_error *error) {
    DAYBOOK_TRY(book_open_unchecked(book, ledger, arena, question, error));
    return book->customer[0] != '\0' ? book_check_customer(book, error) : DAYBOOK_OK;
}

/* ---- the walk ---- */

/* The customers view is the last, where a tag is asked for. */
static enum daybook_status check_tag(struct book *book, const char *customer, struct daybook_error *error) {
    if (strcmp(book->tagged, customer) == 0) {
        return DAYBOOK_OK;
    }
    struct customer_row row;
    size_t index = book->view_count - 1;
    enum daybook_status status =
        customers_ask(book->reads[index].txn, customer, book->at.as_of, book->at.known_at, &row, error);
    if (status == DAYBOOK_OK) {
        status = customers_have_tag(&row, book->tag, &book->scratch, &book->has_tag, error);
    }
    (void)snprintf(book->tagged, sizeof book->tagged, "%s", customer);
    return book_check(book, index, status, error);
}

static enum daybook_status visit_account(struct book *book, const struct account_row *account, book_visit *visit,
                                         void *context, struct daybook_error *error) {
    bool is_met = account->currency[0] != '\0' || book->with_no_currency;
    if (!is_met || (book->currency[0] != '\0' && strcmp(book->currency, account->currency) != 0)) {
        return DAYBOOK_OK;
    }
    if (book->tag[0] != '\0') {
        enum daybook_status status = check_tag(book, account->customer, error);
        if (status != DAYBOOK_OK || !book->has_tag) {
            return status;
        }
    }
    return visit(context, book, account, error);
}

/* What is kept of a customer who has one account: under the table and the customer, the currency and the number. */
enum { ONLY_NUMBER_AT = ACCOUNT_CURRENCY_SIZE, ONLY_SIZE = ONLY_NUMBER_AT + 4 };

static bool recall_only(const struct book *book, struct account_row *account) {
    uint8_t key[1 + LIMIT_ID_BYTES];
    uint8_t kept[ONLY_SIZE];
    struct daybook_bytes of = memo_key(book->accounts_table, book->customer, key);
    if (!memo_recall(book->reads[0].memo, book->reads[0].commit, of, kept, sizeof kept)) {
        return false;
    }
    *account = (struct account_row){.number = load_le32(kept + ONLY_NUMBER_AT)};
    memcpy(account->customer, of.data + 1, of.size - 1);
    memcpy(account->currency, kept, ACCOUNT_CURRENCY_SIZE);
    return true;
}

static void keep_only(const struct book *book, const struct account_row *account) {
    uint8_t key[1 + LIMIT_ID_BYTES];
    uint8_t kept[ONLY_SIZE];
    memcpy(kept, account->currency, ACCOUNT_CURRENCY_SIZE);
    store_le32(kept + ONLY_NUMBER_AT, account->number);
    memo_keep(book->reads[0].memo, book->reads[0].commit, memo_key(book->accounts_table, book->customer, key),
              (struct daybook_bytes){kept, sizeof kept});
}

/* Up to SLICE_ACCOUNTS accounts in one set of read transactions. */
static enum daybook_status walk_slice(struct book *book, struct account_row *last, book_visit *visit, void *context,
                                      bool *is_done, struct daybook_error *error) {
    struct account_walk walk;
    struct account_row first = {0};
    bool is_whole_customer = book->customer[0] != '\0' && last->customer[0] == '\0';
    *is_done = is_whole_customer && recall_only(book, last);
    if (*is_done) {
        return visit_account(book, last, visit, context, error);
    }
    enum daybook_status status =
        account_walk_open(book->reads[0].txn, book->accounts_table, book->customer, &walk, error);
    if (status != DAYBOOK_OK) {
        return book_check(book, 0, status, error);
    }
    if (last->customer[0] != '\0') {
        account_walk_skip(&walk, last);
    }
    int count = 0;
    bool is_found = true;
    for (; count < SLICE_ACCOUNTS && status == DAYBOOK_OK && !*is_done; count += is_found) {
        status = book_check(book, 0, account_walk_next(&walk, last, &is_found, error), error);
        if (status == DAYBOOK_OK && is_found) {
            first = count == 0 ? *last : first;
            status = visit_account(book, last, visit, context, error);
        }
        *is_done = !is_found || book->is_enough;
    }
    account_walk_close(&walk);
    if (is_whole_customer && count == 1 && !is_found) {
        keep_only(book, &first);
    }
    return status;
}

enum daybook_status book_walk(struct book *book, book_visit *visit, void *context, struct daybook_error *error) {
    struct account_row last = book->begin_after;
    bool is_done = false;
    enum daybook_status status = DAYBOOK_OK;
    bool has_customers = strcmp(book->views[book->view_count - 1], "customers") == 0;
    if (book->tag[0] != '\0' && !has_customers) {
        book_add_view(book, "customers");
    }
    while (status == DAYBOOK_OK && !is_done) {
        status = book_begin(book, error);
        if (status == DAYBOOK_OK) {
            status = walk_slice(book, &last, visit, context, &is_done, error);
            book_end(book);
        }
    }
    return status;
}

/* ---- answers ---- */

const char *book_default_currency(const struct book *book) {
    return book->currency[0] != '\0' ? book->currency : ledger_config(book->ledger)->currency;
}

void *book_total(struct book *book, struct pointers *totals, const char *currency, size_t size) {
    size_t place = 0;
    for (; place < totals->count; place++) {
        int order = strcmp(totals->items[place], currency);
        if (order == 0) {
            return totals->items[place];
        }
        if (order > 0) {
            break;
        }
    }
    void *made = arena_zalloc(book->arena, size);
    if (made == NULL || pointers_add(totals, book->arena, made) != DAYBOOK_OK) {
        return NULL;
    }
    memcpy(made, currency, strnlen(currency, ACCOUNT_CURRENCY_SIZE - 1)); /* The rest is zero. */
    memmove(&totals->items[place + 1], &totals->items[place], (totals->count - 1 - place) * sizeof *totals->items);
    totals->items[place] = made;
    return made;
}

void **book_list_totals(struct book *book, const struct pointers *totals, size_t offset) {
    void **listed = arena_alloc(book->arena, (totals->count + 1) * sizeof *listed);
    for (size_t i = 0; listed != NULL && i < totals->count; i++) {
        listed[i] = (char *)totals->items[i] + offset;
    }
    return listed;
}

bool book_add_amounts(void *total, const void *row, const size_t *offsets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int64_t sum;
        int64_t amount;
        memcpy(&sum, (const char *)total + offsets[i], sizeof sum);
        memcpy(&amount, (const char *)row + offsets[i], sizeof amount);
        if (!money_add(&sum, amount)) {
            return false;
        }
        memcpy((char *)total + offsets[i], &sum, sizeof sum);
    }
    return true;
}

char *book_text(struct book *book, const char *text) {
    return arena_copy_text(book->arena, text, strlen(text));
}

char *book_date(struct book *book, int32_t date) {
    char text[DATE_TEXT_SIZE];
    return book_text(book, date_format(date, text));
}

enum daybook_status book_add_policy(struct book *book, const char *name, const char *value) {
    Pb__Policy *policy = arena_alloc(book->arena, sizeof *policy);
    if (policy == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__policy__init(policy);
    policy->name = book_text(book, name);
    policy->value = book_text(book, value);
    return policy->name == NULL || policy->value == NULL ? DAYBOOK_NO_MEMORY
                                                         : pointers_add(&book->policies, book->arena, policy);
}

Pb__Position *book_position(struct book *book) {
    Pb__Position *position = arena_alloc(book->arena, sizeof *position);
    char instant[INSTANT_TEXT_SIZE];
    if (position == NULL) {
        return NULL;
    }
    pb__position__init(position);
    if (book->at.known_at_us != 0) {
        position->known_at_time = book_text(book, instant_format(book->at.known_at_us, instant));
    }
    /* A date that was asked for has but one form. */
    position->as_of = book->as_of[0] != '\0' ? book_text(book, book->as_of) : book_date(book, book->at.as_of);
    position->known_at = book->at.known_at;
    position->journal_head = book->at.head;
    position->n_policies = book->policies.count;
    position->policies = (Pb__Policy **)book->policies.items;
    return position->as_of == NULL || position->known_at_time == NULL ? NULL : position;
}
