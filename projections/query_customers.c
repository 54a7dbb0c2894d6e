/* Customers: one, or the list of all that were there at (A, K). */
#include <string.h>

#include "personal.h"
#include "projections/customers.h"
#include "projections/query_book.h"

enum { SLICE_CUSTOMERS = 4096 };

/* An answer's rows, and the keys that open what is personal in them. */
struct listing {
    struct pointers rows;
    struct personal_reader reader;
};

static enum daybook_status add_row(struct book *book, struct listing *listing, const struct customer_row *customer,
                                   struct daybook_error *error) {
    Pb__Customer *row = arena_alloc(book->arena, sizeof *row);
    if (row == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__customer__init(row);
    row->customer = book_text(book, customer->id);
    row->opened_on = book_date(book, customer->opened_on);
    row->closed_on = book_date(book, customer->closed_on);
    if (row->customer == NULL || row->opened_on == NULL || row->closed_on == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (customer->opened_on != 0) {
        struct personal_row personal = {customer->id, customer->profile_at, customer->erased_at};
        DAYBOOK_TRY(customers_decode_profile(customer, book->arena, &row->profile, error));
        row->personal = personal_read(&listing->reader, &personal, row->profile, book->arena);
    }
    return pointers_add(&listing->rows, book->arena, row);
}

static enum daybook_status list_one(struct book *book, struct listing *listing, struct daybook_error *error) {
    struct customer_row customer;
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status =
        customers_ask(book->reads[0].txn, book->customer, book->at.as_of, book->at.known_at, &customer, error);
    if (status == DAYBOOK_OK) {
        status = add_row(book, listing, &customer, error);
    }
    status = book_check(book, 0, status, error);
    book_end(book);
    return status;
}

/* One slice of the list, from after `last`. Nothing here has totals, so a full page ends it. */
static enum daybook_status list_slice(struct book *book, struct listing *listing, char last[LIMIT_ID_BYTES + 1],
                                      bool *is_done, struct daybook_error *error) {
    struct customers_walk walk;
    DAYBOOK_TRY(customers_walk_open(book->reads[0].txn, last, book->at.as_of, book->at.known_at, &walk, error));
    enum daybook_status status = DAYBOOK_OK;
    *is_done = false;
    for (int i = 0; i < SLICE_CUSTOMERS && status == DAYBOOK_OK && !*is_done; i++) {
        struct customer_row customer;
        bool is_found;
        bool has_tag = false;
        status = customers_walk_next(&walk, &customer, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            *is_done = true;
            break;
        }
        memcpy(last, customer.id, sizeof customer.id);
        if (customer.opened_on == 0) {
            continue;
        }
        status = customers_have_tag(&customer, book->tag, &book->scratch, &has_tag, error);
        if (status == DAYBOOK_OK && has_tag &&
            page_take(&book->page, (const uint8_t *)customer.id, strlen(customer.id))) {
            status = add_row(book, listing, &customer, error);
        }
        *is_done = book->page.has_more;
    }
    customers_walk_close(&walk);
    return status;
}

static enum daybook_status list_all(struct book *book, struct listing *listing, struct daybook_error *error) {
    char last[LIMIT_ID_BYTES + 1] = "";
    bool is_done = false;
    if (book->page.after_size <= LIMIT_ID_BYTES) {
        memcpy(last, book->page.after, book->page.after_size);
    }
    while (!is_done) {
        DAYBOOK_TRY(book_begin(book, error));
        enum daybook_status status = book_check(book, 0, list_slice(book, listing, last, &is_done, error), error);
        book_end(book);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status query_customers(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                    ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__CustomersQuery *asked = query->customers;
    struct book_question question = {asked->at, asked->customer, "", asked->tag, asked->page, {NULL}};
    struct listing listing = {0};
    struct book book;
    Pb__CustomersAnswer *made = arena_alloc(arena, sizeof *made);
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        book_add_view(&book, "customers");
        personal_begin_read(ledger_directory(ledger), ledger_config(ledger), &listing.reader);
        status = asked->customer[0] != '\0' ? list_one(&book, &listing, error) : list_all(&book, &listing, error);
        personal_end_read(&listing.reader);
    }
    if (status == DAYBOOK_OK && made == NULL) {
        status = DAYBOOK_NO_MEMORY;
    }
    if (status == DAYBOOK_OK) {
        pb__customers_answer__init(made);
        made->position = book_position(&book);
        made->n_rows = listing.rows.count;
        made->rows = (Pb__Customer **)listing.rows.items;
        made->next_cursor = page_next_cursor(&book.page, arena);
        *answer = &made->base;
        status = made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    book_close(&book);
    return status;
}
