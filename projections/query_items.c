/* Open items of one customer or all, in the order of customer, currency and sequence. */
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/aging.h"
#include "projections/query_aging.h"
#include "projections/query_balance.h"
#include "projections/query_book.h"
#include "projections/query_rank.h"

struct listing {
    struct book *book;
    bool includes_closed;
    struct ranking ranking;
    struct pointers totals;
    /* Of the account in work, by sequence once they are all there. */
    struct arena account_arena;
    struct pointers found; /* Pb__OpenItem in account_arena. */
    int64_t open_minor;
    int64_t unapplied_minor;
};

enum { ACCOUNT_ARENA_BYTES = 1 << 30 };

static char *date_text(struct arena *arena, int32_t date) {
    char text[DATE_TEXT_SIZE];
    (void)date_format(date, text);
    return arena_copy_text(arena, text, strlen(text));
}

/* A row in the account's arena; those on the page are copied into the answer. */
static enum daybook_status add_part(struct listing *listing, const struct aging_item *item,
                                    const struct aging_part *part, struct daybook_error *error) {
    struct arena *arena = &listing->account_arena;
    struct daybook_bytes category;
    Pb__OpenItem *row = arena_alloc(arena, sizeof *row);
    if (row == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(aging_category(listing->book->reads[0].txn, item, &category, error));
    pb__open_item__init(row);
    row->kind = (Pb__DocumentKind)item->kind;
    row->document = arena_copy_text(arena, item->id, item->id_size);
    row->category = arena_copy_text(arena, (const char *)category.data, category.size);
    row->instalment = part->instalment;
    row->posted_on = date_text(arena, item->posted_on);
    row->due_on = date_text(arena, item->is_source ? DATE_NONE : part->due_on);
    row->amount_minor = part->amount_minor;
    row->open_minor = item->is_source ? -part->open_minor : part->open_minor;
    row->disputed_minor = part->disputed_minor;
    row->days_overdue = item->is_source ? 0 : listing->book->at.as_of - part->due_on;
    row->sequence = item->sequence;
    row->settled_on = date_text(arena, part->settled_on);
    if (row->document == NULL || row->category == NULL || row->posted_on == NULL || row->due_on == NULL ||
        row->settled_on == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    return pointers_add(&listing->found, arena, row);
}

static enum daybook_status add_item(void *context, const struct aging_item *item, struct daybook_error *error) {
    struct listing *listing = context;
    if (!money_add(item->is_source ? &listing->unapplied_minor : &listing->open_minor, item->open_minor)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up open items: a total does not fit 64 bits");
    }
    for (size_t i = 0; i < item->part_count; i++) {
        if (item->parts[i].open_minor != 0 || listing->includes_closed) {
            DAYBOOK_TRY(add_part(listing, item, &item->parts[i], error));
        }
    }
    return DAYBOOK_OK;
}

/* Of one sequence, by instalment. */
static int compare_rows(const void *a, const void *b) {
    const Pb__OpenItem *x = *(void *const *)a;
    const Pb__OpenItem *y = *(void *const *)b;
    if (x->sequence != y->sequence) {
        return (x->sequence > y->sequence) - (x->sequence < y->sequence);
    }
    return (x->instalment > y->instalment) - (x->instalment < y->instalment);
}

static Pb__OpenItem *copy_row(struct book *book, const struct account_row *account, const Pb__OpenItem *found) {
    Pb__OpenItem *row = arena_alloc(book->arena, sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    *row = *found;
    row->customer = book_text(book, account->customer);
    row->currency = book_text(book, account->currency);
    row->document = book_text(book, found->document);
    row->category = book_text(book, found->category);
    row->posted_on = book_text(book, found->posted_on);
    row->due_on = book_text(book, found->due_on);
    row->settled_on = book_text(book, found->settled_on);
    if (row->customer == NULL || row->currency == NULL || row->document == NULL || row->category == NULL ||
        row->posted_on == NULL || row->due_on == NULL || row->settled_on == NULL) {
        return NULL;
    }
    return row;
}

/* An item's key on a page: the account's, 0x00, sequence u64 and instalment u32, big-endian. */
static enum daybook_status take_rows(struct listing *listing, const struct account_row *account,
                                     struct daybook_error *error) {
    struct book *book = listing->book;
    bool is_by_days = listing->ranking.order == PB__ORDER__ORDER_OVERDUE;
    uint8_t key[PAGE_KEY_MAX];
    size_t size = page_account_key(account, key);
    key[size++] = 0;
    if (listing->found.count > 1) {
        qsort(listing->found.items, listing->found.count, sizeof *listing->found.items, compare_rows);
    }
    for (size_t i = 0; i < listing->found.count; i++) {
        const Pb__OpenItem *found = listing->found.items[i];
        store_be64(key + size, found->sequence);
        store_be32(key + size + 8, found->instalment);
        int64_t rank = is_by_days ? found->days_overdue : found->open_minor;
        bool is_taken;
        DAYBOOK_TRY(rank_offer(&listing->ranking, book, account, rank, key, size + 12, &is_taken, error));
        if (is_taken) {
            DAYBOOK_TRY(rank_put(&listing->ranking, book, copy_row(book, account, found)));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_total(struct listing *listing, const struct account_row *account,
                                     struct daybook_error *error) {
    struct account_row named = *account;
    Pb__Balance total = PB__BALANCE__INIT;
    total.currency = named.currency;
    total.receivable_minor = listing->open_minor;
    total.unapplied_minor = listing->unapplied_minor;
    if (__builtin_sub_overflow(listing->open_minor, listing->unapplied_minor, &total.net_minor)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up open items: a total does not fit 64 bits");
    }
    return query_add_to_totals(listing->book, &listing->totals, &total, error);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct listing *listing = context;
    struct aging_left left;
    struct aging_question question = {account->number, book->at.as_of, book_known_at(book, 0), listing->includes_closed,
                                      NULL};
    DAYBOOK_TRY(query_ask_left(book, account, &left, &question.left, error));
    arena_reset(&listing->account_arena);
    listing->found = (struct pointers){0};
    listing->open_minor = 0;
    listing->unapplied_minor = 0;
    enum daybook_status status = aging_ask_items(book->reads[0].txn, &question, add_item, listing, error);
    if (status != DAYBOOK_OK || listing->found.count == 0) {
        return book_check(book, 0, status, error);
    }
    DAYBOOK_TRY(add_total(listing, account, error));
    return take_rows(listing, account, error);
}

static enum daybook_status make_answer(struct book *book, const struct listing *listing, ProtobufCMessage **answer) {
    Pb__OpenItemsAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__open_items_answer__init(made);
    made->position = book_position(book);
    made->n_rows = listing->ranking.rows.count;
    made->rows = (Pb__OpenItem **)listing->ranking.rows.items;
    made->n_totals = listing->totals.count;
    made->totals = query_list_totals(book, &listing->totals);
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->totals == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_items(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__OpenItemsQuery *asked = query->open_items;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page, {"aging"}};
    struct book book;
    struct listing listing = {.book = &book, .includes_closed = asked->include_closed};
    arena_init(&listing.account_arena, ACCOUNT_ARENA_BYTES);
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status =
            rank_init(&listing.ranking, &book, asked->order, "open, greatest first", "days overdue, most first", error);
    }
    if (status == DAYBOOK_OK) {
        book.accounts_table = AGING_ACCOUNTS;
        book_add_view(&book, "aging");
        if (!asked->include_closed) {
            query_add_left(&book, asked->at);
        }
        status = book_walk(&book, visit, &listing, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_finish(&listing.ranking, &book);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &listing, answer);
    }
    arena_release(&listing.account_arena);
    book_close(&book);
    return status;
}
