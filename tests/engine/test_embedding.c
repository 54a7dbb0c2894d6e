/*
 * The program of daybook.h's head comment, complete: it keeps a ledger in a
 * directory, with nothing but the installed headers.
 *
 *     cc test_embedding.c $(pkg-config --cflags --libs daybook) -o books && ./books DIRECTORY
 *
 * It also is a test: it exits with 1 when a figure is not what the books must say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daybook.h"

/* One request: who asks for what, by which key. The command is the caller's to fill in. */
static Pb__Request request_of(const char *key, const char *effective_on) {
    Pb__Request request = PB__REQUEST__INIT;
    request.key.data = (uint8_t *)key;
    request.key.len = strlen(key);
    request.actor = "embedding";
    request.customer = "ann";
    request.effective_on = (char *)effective_on;
    return request;
}

/* Submits one request and waits until it is durable; returns its last sequence, 0 when it was not accepted. */
static uint64_t submit(struct daybook *ledger, const Pb__Request *request) {
    uint8_t bytes[1024];
    if (pb__request__get_packed_size(request) > sizeof bytes) {
        return 0;
    }
    struct daybook_bytes encoded = {bytes, pb__request__pack(request, bytes)};
    struct daybook_answers answers = {0};
    struct daybook_error error;
    uint64_t last = 0;
    if (daybook_submit(ledger, &encoded, 1, DAYBOOK_SUBMIT_EACH, &answers, &error) != DAYBOOK_OK) {
        fprintf(stderr, "%s\n", error.message);
    } else if (answers.items[0].refusal != NULL) {
        fprintf(stderr, "refused: %s\n", answers.items[0].refusal->message);
    } else {
        last = answers.items[0].last_sequence;
    }
    daybook_answers_release(&answers);
    return last;
}

static uint64_t open_customer(struct daybook *ledger) {
    Pb__CustomerProfile profile = PB__CUSTOMER_PROFILE__INIT;
    profile.name = "Ann's Bakery";
    profile.settlement = PB__SETTLEMENT__SETTLEMENT_RECEIVABLE;
    Pb__OpenCustomer command = PB__OPEN_CUSTOMER__INIT;
    command.profile = &profile;
    Pb__Request request = request_of("open", "2024-01-01");
    request.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    request.open_customer = &command;
    return submit(ledger, &request);
}

static uint64_t receive_deposit(struct daybook *ledger) {
    Pb__ReceiveDeposit command = PB__RECEIVE_DEPOSIT__INIT;
    command.lot = "LOT-1";
    command.amount_minor = 50000;
    Pb__Request request = request_of("deposit", "2024-01-05");
    request.command_case = PB__REQUEST__COMMAND_RECEIVE_DEPOSIT;
    request.receive_deposit = &command;
    return submit(ledger, &request);
}

static uint64_t post_charge(struct daybook *ledger) {
    Pb__PostCharge command = PB__POST_CHARGE__INIT;
    command.charge = "INV-1";
    command.amount_minor = 100000;
    command.category = "goods";
    command.due_on = "2024-02-09";
    Pb__Request request = request_of("charge", "2024-01-10");
    request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    request.post_charge = &command;
    return submit(ledger, &request);
}

static uint64_t receive_payment(struct daybook *ledger) {
    Pb__ReceivePayment command = PB__RECEIVE_PAYMENT__INIT;
    command.payment = "PAY-1";
    command.amount_minor = 40000;
    command.method = "transfer";
    Pb__Request request = request_of("payment", "2024-02-20");
    request.command_case = PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    request.receive_payment = &command;
    return submit(ledger, &request);
}

/* Asks for the balance as of a date, as it was known at a sequence, and compares it. True when it is right. */
static bool balance_is(struct daybook *ledger, const char *as_of, uint64_t known_at, int64_t receivable_minor,
                       int64_t deposit_minor) {
    char sequence[24];
    snprintf(sequence, sizeof sequence, "%" PRIu64, known_at);
    Pb__At at = PB__AT__INIT;
    at.as_of = (char *)as_of;
    at.known_at = sequence;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    balance.at = &at;
    balance.customer = "ann";
    balance.currency = "CNY";
    Pb__Query query = PB__QUERY__INIT;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;

    uint8_t bytes[256];
    if (pb__query__get_packed_size(&query) > sizeof bytes) {
        return false;
    }
    struct daybook_buffer encoded = {0};
    struct daybook_error error;
    Pb__BalanceAnswer *answer = NULL;
    bool is_right = false;
    struct daybook_bytes question = {bytes, pb__query__pack(&query, bytes)};
    if (daybook_query(ledger, question, &encoded, &error) != DAYBOOK_OK) {
        fprintf(stderr, "%s\n", error.message);
        goto out;
    }
    answer = pb__balance_answer__unpack(NULL, encoded.size, encoded.data);
    if (answer == NULL || answer->n_rows != 1) {
        fprintf(stderr, "the answer should hold one row\n");
        goto out;
    }
    const Pb__Balance *row = answer->rows[0];
    printf("as of %s, known at %s: receivable %" PRId64 ", deposit %" PRId64 ", net %" PRId64 "\n",
           answer->position->as_of, sequence, row->receivable_minor, row->deposit_minor, row->net_minor);
    is_right = row->receivable_minor == receivable_minor && row->deposit_minor == deposit_minor &&
               row->net_minor == receivable_minor - deposit_minor && strcmp(answer->position->as_of, as_of) == 0 &&
               answer->position->known_at == known_at;
out:
    if (answer != NULL) {
        pb__balance_answer__free_unpacked(answer, NULL);
    }
    daybook_buffer_release(&encoded);
    return is_right;
}

static bool keep_books(struct daybook *ledger) {
    uint64_t opened = open_customer(ledger);
    uint64_t deposited = receive_deposit(ledger);
    uint64_t charged = post_charge(ledger);
    uint64_t paid = receive_payment(ledger);
    if (opened == 0 || deposited <= opened || charged <= deposited || paid <= charged) {
        return false;
    }
    /* The same key and content again appends nothing and answers the same. */
    if (post_charge(ledger) != charged) {
        return false;
    }
    /* The last day of February: as it was known before the payment was recorded, and as it is known now. */
    return balance_is(ledger, "2024-02-29", charged, 100000, 50000) &&
           balance_is(ledger, "2024-02-29", paid, 60000, 50000) && balance_is(ledger, "2024-01-09", paid, 0, 50000);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY (which must not exist)\n", argv[0]);
        return 2;
    }
    struct daybook_error error;
    struct daybook_create_options made = {.timezone = "Asia/Shanghai", .currency = "CNY"};
    if (daybook_create(argv[1], &made, &error) != DAYBOOK_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    struct daybook *ledger = NULL;
    struct daybook_open_options how = {.directory = argv[1], .is_writer = true, .views = daybook_standard_views};
    if (daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    bool is_right = keep_books(ledger);
    daybook_close(ledger);
    puts(is_right ? "the books are right" : "the books are wrong");
    return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
