/*
 * What the questions have in common: their coordinates, the customers and
 * currencies that they are about, pages, and the walk over the whole book.
 */
#ifndef DAYBOOK_PROJECTIONS_QUERY_BOOK_H
#define DAYBOOK_PROJECTIONS_QUERY_BOOK_H

#include "ledger.h"
#include "projections/account.h"
#include "projections/customers.h"
#include "projections/query.h"

enum { PAGE_LIMIT_DEFAULT = 1000, PAGE_LIMIT_MAX = 100000, PAGE_KEY_MAX = ACCOUNT_KEY_SIZE + 24 };

/* A growing array of pointers in an arena, as protobuf-c wants them. */
struct pointers {
    void **items;
    size_t count;
    size_t capacity;
};
/* NO_MEMORY only, and without a message: query_run says what it means. */
DAYBOOK_MUST_USE enum daybook_status pointers_add(struct pointers *pointers, struct arena *arena, void *item);

/* Rows in the order of their keys: those after the cursor, as many as the limit. */
struct page {
    size_t limit;
    size_t count;
    uint8_t after[PAGE_KEY_MAX];
    size_t after_size;
    uint8_t last[PAGE_KEY_MAX];
    size_t last_size;
    bool has_more;
    char order; /* What the cursor begins with where rows stand by an amount ('m') or by what is overdue ('o'); else 0.
                 */
};
/* INVALID: the cursor is none that an answer gave. */
DAYBOOK_MUST_USE enum daybook_status page_init(struct page *page, const Pb__Page *asked, struct daybook_error *error);
/* Whether the row with this key is on the page. Keys are offered in ascending order. */
bool page_take(struct page *page, const uint8_t *key, size_t key_size);
/* The cursor of the next page, "" where there is none; NULL when memory is refused. */
char *page_next_cursor(const struct page *page, struct arena *arena);
/* The key of an account's row. Returns its size. */
size_t page_account_key(const struct account_row *account, uint8_t key[PAGE_KEY_MAX]);

/* The views that a question reads at once: the first is walked over. */
enum { BOOK_READS_MAX = 5 };

/* A question about one customer or all, while it is answered. */
struct book {
    struct daybook *ledger;
    struct arena *arena;
    struct arena scratch;
    struct coordinates at;
    uint64_t position; /* That the views must have folded. */
    const char *customer;
    const char *currency;
    const char *tag;
    char as_of[DATE_TEXT_SIZE]; /* As it was asked for; empty: today. */
    struct page page;
    const char *views[BOOK_READS_MAX]; /* Names; the last may be "customers", for tags. */
    size_t view_count;
    const char *later[BOOK_READS_MAX]; /* As the question's `views`. */
    struct view_read reads[BOOK_READS_MAX];
    unsigned accounts_table;        /* Of the first view. */
    size_t left_index;              /* Of the balance view, where query_aging.h added it; 0 = it did not. */
    struct account_row begin_after; /* The walk begins behind it; empty: with the first account. */
    bool is_enough;                 /* Set by a visit that needs no further account. */
    bool with_no_currency;          /* The walk meets what concerns a customer in every currency, too. */
    struct pointers policies;
    /* The last customer that was looked up for its tags. */
    char tagged[LIMIT_ID_BYTES + 1];
    bool has_tag;
};

/* What every question about the book has. `tag` and `page` may be absent. */
struct book_question {
    const Pb__At *at;
    const char *customer;
    const char *currency;
    const char *tag;
    const Pb__Page *page;
    const char *views[BOOK_READS_MAX]; /* Names of those that it will read by and by; NULL behind the last. Where
                                        * several are far behind, they are caught up at the same time. May be less. */
};

/* The coordinates of a question about a period, whose last day is another name of as_of. INVALID:
 * both are given, and differ. `read` borrows from `at` (may be NULL) and `to`. */
DAYBOOK_MUST_USE enum daybook_status query_read_at(const Pb__At *at, const char *to, Pb__At *read,
                                                   struct daybook_error *error);

/* Resolves the coordinates and checks the customer. After any result: book_close. */
DAYBOOK_MUST_USE enum daybook_status book_open(struct book *book, struct daybook *ledger, struct arena *arena,
                                               const struct book_question *question, struct daybook_error *error);
void book_close(struct book *book);

/* The same without a look at the customer, for answers whose rows show that it was known: where there is none,
 * book_check_customer says so. */
DAYBOOK_MUST_USE enum daybook_status book_open_unchecked(struct book *book, struct daybook *ledger, struct arena *arena,
                                                         const struct book_question *question,
                                                         struct daybook_error *error);
/* NOT_FOUND: no customer of that id was known at K. */
DAYBOOK_MUST_USE enum daybook_status book_check_customer(struct book *book, struct daybook_error *error);

/* Adds a view to read; the first is walked over, by its table of accounts. */
void book_add_view(struct book *book, const char *name);

/* Begins to read all views; ends it. */
DAYBOOK_MUST_USE enum daybook_status book_begin(struct book *book, struct daybook_error *error);
void book_end(struct book *book);

/* K for questions to view `index`: "everything" when it has folded nothing later, which is found out without a look. */
uint64_t book_known_at(const struct book *book, size_t index);

/* Passes on what asking view `index` returned; rows that are damaged give the view up. */
enum daybook_status book_check(struct book *book, size_t index, enum daybook_status status,
                               const struct daybook_error *error);

/* Called for each account of the question, in the order of customers and currencies.
 * `reads` of the book are good until it returns. */
typedef enum daybook_status book_visit(void *context, struct book *book, const struct account_row *account,
                                       struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status book_walk(struct book *book, book_visit *visit, void *context,
                                               struct daybook_error *error);

/* The currency of a row about a customer of whom nothing was visible. */
const char *book_default_currency(const struct book *book);

/* The total of `currency` among `totals`, which stay in the order of their currencies; where there is none, one of
 * `size` zero bytes is made. A total begins with `char currency[ACCOUNT_CURRENCY_SIZE]`. NULL when memory is refused.
 */
void *book_total(struct book *book, struct pointers *totals, const char *currency, size_t size);

/* The messages that lie `offset` bytes into the totals, as an answer lists them; NULL when memory is refused. */
void **book_list_totals(struct book *book, const struct pointers *totals, size_t offset);

/* Adds the amounts (int64_t) that lie at the offsets of a row to those of a total. False: one does not fit 64 bits. */
bool book_add_amounts(void *total, const void *row, const size_t *offsets, size_t count);

DAYBOOK_MUST_USE enum daybook_status book_add_policy(struct book *book, const char *name, const char *value);

/* NULL when memory is refused. */
Pb__Position *book_position(struct book *book);

/* Text in the answer; NULL when memory is refused. */
char *book_text(struct book *book, const char *text);
char *book_date(struct book *book, int32_t date);

/* One route for each kind of question. */
typedef enum daybook_status query_route(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                        ProtobufCMessage **answer, struct daybook_error *error);
query_route query_balance;
query_route query_daily;
query_route query_items;
query_route query_aging;
query_route query_credit;
query_route query_history;
query_route query_customers;
query_route query_trial;
query_route query_postings;
query_route query_lots;
query_route query_lineage;
query_route query_bridge;
query_route query_credit_history;
query_route query_credit_decisions;
query_route query_kpi;
query_route query_statement;
query_route query_statements;
query_route query_proposals;
query_route query_refusals;
query_route query_events;
query_route query_status;
query_route query_digest;
query_route query_rebuild;
query_route query_checkpoint;
query_route query_inclusion;
query_route query_consistency;

/* Decodes event `sequence` into `arena`. */
DAYBOOK_MUST_USE enum daybook_status query_read_event(struct journal_reader *reader, uint64_t sequence,
                                                      struct arena *arena, Pb__Event **event,
                                                      struct daybook_error *error);

/* A document by its whole name; borrowed. */
struct query_document {
    const char *customer;
    Pb__DocumentKind kind;
    const char *id;
};
/* Of the events that may have made it (links.h), the one that did, decoded into `arena`, which is reset for each of
 * them. NULL: none did. */
DAYBOOK_MUST_USE enum daybook_status query_find_made(struct journal_reader *reader,
                                                     const struct query_document *document, const uint64_t *candidates,
                                                     size_t count, struct arena *arena, Pb__Event **event,
                                                     struct daybook_error *error);

#endif
