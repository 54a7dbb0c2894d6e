/* The requests of a book with open items; from 2023-01-01 to 2024-12-31, evenly. */
#include "bench/open_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "bench/random.h"

#define START_US INT64_C(1672531200000000)
#define SPAN_US  (INT64_C(730) * 86400 * 1000000)

enum { ID_SIZE = 24, FOLLOW_UPS_MAX = 2, DAYS = 730, DAYS_TO_PAY = 30, PARTS = 3 };

/* A settled charge that waits for its payment. */
struct unpaid {
    uint64_t number;
    uint32_t customer;
    int64_t amount_minor;
};

struct open_book {
    struct open_book_options options;
    uint64_t opened;    /* Customers. */
    uint64_t open_done; /* Items. */
    uint64_t settled_done;
    uint64_t paid;
    struct unpaid *unpaid; /* A ring by number. */
    uint64_t unpaid_count; /* Its length. */
    uint64_t documents;
    int64_t total_minor;
    int64_t now_us;

    /* What follows the charge in hand. */
    bool is_part_paid;
    bool is_disputed;
    struct unpaid item;

    Pb__Request request;
    union {
        Pb__OpenCustomer open_customer;
        Pb__PostCharge post_charge;
        Pb__ReceivePayment receive_payment;
        Pb__OpenDispute open_dispute;
    } command;
    Pb__CustomerProfile profile;
    Pb__PaymentTerms terms;
    Pb__InstalmentPlan parts[PARTS];
    Pb__InstalmentPlan *part_list[PARTS];
    Pb__AllocationPlan allocation;
    Pb__AllocationPlan *allocations[1];
    char part_dates[PARTS][DATE_TEXT_SIZE];
    char key[ID_SIZE];
    char customer_id[WORKLOAD_ID_SIZE];
    char document[ID_SIZE];
    char target[ID_SIZE];
    char name[32];
};

struct open_book *open_book_open(const struct open_book_options *options) {
    struct open_book *book = calloc(1, sizeof *book);
    if (book == NULL) {
        return NULL;
    }
    book->options = *options;
    book->unpaid_count = options->settled_items * DAYS_TO_PAY / DAYS + 1;
    book->unpaid = calloc(book->unpaid_count, sizeof *book->unpaid);
    book->now_us = START_US;
    if (book->unpaid == NULL) {
        open_book_close(book);
        return NULL;
    }
    return book;
}

void open_book_close(struct open_book *book) {
    if (book != NULL) {
        free(book->unpaid);
        free(book);
    }
}

int64_t open_book_now_us(const struct open_book *book) {
    return book->now_us;
}

int64_t open_book_total_minor(const struct open_book *book) {
    return book->total_minor;
}

static char *text_of(char text[ID_SIZE], const char *prefix, uint64_t number) {
    (void)snprintf(text, ID_SIZE, "%s%llu", prefix, (unsigned long long)number);
    return text;
}

static void begin_request(struct open_book *book, uint32_t customer) {
    pb__request__init(&book->request);
    book->request.key.data = (uint8_t *)text_of(book->key, "k", ++book->documents);
    book->request.key.len = strlen(book->key);
    workload_customer_id(customer, book->customer_id);
    book->request.customer = book->customer_id;
    book->request.actor = "book";
}

static const Pb__Request *open_customer(struct open_book *book) {
    static const uint32_t terms[] = {30, 0, 14, 60};
    uint32_t number = (uint32_t)book->opened++;
    begin_request(book, number);
    pb__open_customer__init(&book->command.open_customer);
    pb__customer_profile__init(&book->profile);
    pb__payment_terms__init(&book->terms);
    (void)snprintf(book->name, sizeof book->name, "Customer %u", (unsigned)number);
    book->profile.name = book->name;
    book->profile.settlement = PB__SETTLEMENT__SETTLEMENT_RECEIVABLE;
    book->terms.days = terms[number % 4];
    book->profile.terms = &book->terms;
    book->command.open_customer.profile = &book->profile;
    book->request.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    book->request.open_customer = &book->command.open_customer;
    return &book->request;
}

/* Three parts, a month apart; the last takes what is left over. */
static void add_parts(struct open_book *book, Pb__PostCharge *charge) {
    int32_t today = (int32_t)(book->now_us / 1000000 / 86400);
    for (int i = 0; i < PARTS; i++) {
        pb__instalment_plan__init(&book->parts[i]);
        int64_t part = charge->amount_minor / PARTS;
        book->parts[i].amount_minor = i == PARTS - 1 ? charge->amount_minor - part * (PARTS - 1) : part;
        book->parts[i].due_on = (char *)date_format(today + 30 * (i + 1), book->part_dates[i]);
        book->part_list[i] = &book->parts[i];
    }
    charge->instalments = book->part_list;
    charge->n_instalments = PARTS;
}

static const Pb__Request *post_charge(struct open_book *book, const struct unpaid *item, bool has_parts) {
    begin_request(book, item->customer);
    Pb__PostCharge *charge = &book->command.post_charge;
    pb__post_charge__init(charge);
    charge->charge = text_of(book->document, "INV", item->number);
    charge->amount_minor = item->amount_minor;
    charge->category = "goods";
    if (has_parts) {
        add_parts(book, charge);
    }
    book->request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    book->request.post_charge = charge;
    return &book->request;
}

/* On the charge of that number, or unapplied (0). */
static const Pb__Request *pay(struct open_book *book, uint32_t customer, uint64_t charge, int64_t amount_minor) {
    begin_request(book, customer);
    Pb__ReceivePayment *payment = &book->command.receive_payment;
    pb__receive_payment__init(payment);
    payment->payment = text_of(book->document, "P", book->documents);
    payment->amount_minor = amount_minor;
    payment->method = "transfer";
    payment->auto_ = PB__AUTO_ALLOCATE__AUTO_ALLOCATE_NONE;
    if (charge != 0) {
        pb__allocation_plan__init(&book->allocation);
        book->allocation.target = text_of(book->target, "INV", charge);
        book->allocation.amount_minor = amount_minor;
        book->allocations[0] = &book->allocation;
        payment->allocations = book->allocations;
        payment->n_allocations = 1;
    }
    book->request.command_case = PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    book->request.receive_payment = payment;
    return &book->request;
}

static const Pb__Request *dispute(struct open_book *book) {
    begin_request(book, book->item.customer);
    Pb__OpenDispute *opened = &book->command.open_dispute;
    pb__open_dispute__init(opened);
    opened->dispute = text_of(book->document, "D", book->item.number);
    opened->charge = text_of(book->target, "INV", book->item.number);
    opened->amount_minor = book->item.amount_minor / 3;
    opened->reason = "short delivery";
    book->request.command_case = PB__REQUEST__COMMAND_OPEN_DISPUTE;
    book->request.open_dispute = opened;
    return &book->request;
}

/* Drawn from the item's own number, so that it does not depend on what lies between (OB1). */
static struct unpaid draw(const struct open_book *book, uint64_t number, uint64_t salt) {
    struct random_source random = random_seeded(book->options.seed * 1000003 + number * 2 + salt);
    uint32_t customer = (uint32_t)random_below(&random, book->options.customers);
    return (struct unpaid){number * 2 + salt + 2, customer, (int64_t)(1000 + random_below(&random, 10000000))};
}

static const Pb__Request *open_item(struct open_book *book) {
    uint64_t number = book->open_done++;
    book->item = draw(book, number, 0);
    if (number % 64 == 9) {
        book->total_minor -= book->item.amount_minor;
        return pay(book, book->item.customer, 0, book->item.amount_minor);
    }
    book->is_part_paid = number % 8 == 0;
    book->is_disputed = number % 32 == 7;
    book->total_minor += book->item.amount_minor;
    return post_charge(book, &book->item, number % 16 == 5);
}

static const Pb__Request *settled_item(struct open_book *book) {
    uint64_t number = book->settled_done++;
    struct unpaid *unpaid = &book->unpaid[number % book->unpaid_count];
    *unpaid = draw(book, number, 1);
    return post_charge(book, unpaid, false);
}

static const Pb__Request *pay_oldest(struct open_book *book) {
    const struct unpaid *unpaid = &book->unpaid[book->paid++ % book->unpaid_count];
    return pay(book, unpaid->customer, unpaid->number, unpaid->amount_minor);
}

const Pb__Request *open_book_next(struct open_book *book) {
    const struct open_book_options *options = &book->options;
    uint64_t items = options->open_items + options->settled_items;
    uint64_t done = book->open_done + book->settled_done;
    if (book->opened < options->customers) {
        return open_customer(book);
    }
    if (book->is_part_paid) {
        book->is_part_paid = false;
        book->total_minor -= book->item.amount_minor / 2;
        return pay(book, book->item.customer, book->item.number, book->item.amount_minor / 2);
    }
    if (book->is_disputed) {
        book->is_disputed = false;
        return dispute(book);
    }
    if (book->settled_done - book->paid == book->unpaid_count || (done == items && book->paid < book->settled_done)) {
        return pay_oldest(book);
    }
    if (done == items) {
        return NULL;
    }
    book->now_us = START_US + (int64_t)((double)SPAN_US * ((double)done / (double)items));
    /* Evenly among the others. */
    return book->open_done * items < options->open_items * done || book->settled_done == options->settled_items
               ? open_item(book)
               : settled_item(book);
}
