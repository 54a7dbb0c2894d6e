// A program in C++ that keeps a ledger with nothing but what is installed. It exits with 1 where a figure is wrong.
#include <cstdint>
#include <iostream>
#include <vector>

#include "daybook.h"

namespace {

// The messages' runtime is C: it takes texts that it does not change as char *.
char *text(const char *constant) {
    return const_cast<char *>(constant);
}

bool submit(daybook *ledger, Pb__Request &request, const char *key) {
    request.key = {3, reinterpret_cast<uint8_t *>(text(key))};
    request.actor = text("embedding");
    request.customer = text("ann");
    request.effective_on = text("2024-01-05");
    std::vector<uint8_t> bytes(pb__request__get_packed_size(&request));
    daybook_bytes encoded = {bytes.data(), pb__request__pack(&request, bytes.data())};
    daybook_answers answers = {};
    daybook_error error;
    bool is_recorded = daybook_submit(ledger, &encoded, 1, DAYBOOK_SUBMIT_EACH, &answers, &error) == DAYBOOK_OK &&
                       answers.items[0].refusal == nullptr;
    daybook_answers_release(&answers);
    return is_recorded;
}

bool keep_books(daybook *ledger) {
    Pb__CustomerProfile profile = PB__CUSTOMER_PROFILE__INIT;
    profile.name = text("Ann's Bakery");
    Pb__OpenCustomer opening = PB__OPEN_CUSTOMER__INIT;
    opening.profile = &profile;
    Pb__Request open = PB__REQUEST__INIT;
    open.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    open.open_customer = &opening;
    Pb__ReceiveDeposit received = PB__RECEIVE_DEPOSIT__INIT;
    received.lot = text("LOT-1");
    received.amount_minor = 50000;
    Pb__Request deposit = PB__REQUEST__INIT;
    deposit.command_case = PB__REQUEST__COMMAND_RECEIVE_DEPOSIT;
    deposit.receive_deposit = &received;
    return submit(ledger, open, "k-1") && submit(ledger, deposit, "k-2");
}

int64_t deposit_of(daybook *ledger) {
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    balance.customer = text("ann");
    Pb__Query query = PB__QUERY__INIT;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    std::vector<uint8_t> bytes(pb__query__get_packed_size(&query));
    daybook_bytes question = {bytes.data(), pb__query__pack(&query, bytes.data())};
    daybook_buffer encoded = {};
    daybook_error error;
    int64_t minor = -1;
    if (daybook_query(ledger, question, &encoded, &error) == DAYBOOK_OK) {
        Pb__BalanceAnswer *answer = pb__balance_answer__unpack(nullptr, encoded.size, encoded.data);
        minor = answer != nullptr && answer->n_rows == 1 ? answer->rows[0]->deposit_minor : -1;
        pb__balance_answer__free_unpacked(answer, nullptr);
    } else {
        std::cerr << error.message << '\n';
    }
    daybook_buffer_release(&encoded);
    return minor;
}

} // namespace

int main(int argc, char **argv) {
    daybook_error error;
    daybook_create_options made = {};
    made.timezone = "Asia/Shanghai";
    made.currency = "CNY";
    daybook_open_options how = {};
    how.directory = argc == 2 ? argv[1] : "books";
    how.is_writer = true;
    how.views = daybook_standard_views;
    daybook *ledger = nullptr;
    if (daybook_create(how.directory, &made, &error) != DAYBOOK_OK ||
        daybook_open(&how, &ledger, &error) != DAYBOOK_OK) {
        std::cerr << error.message << '\n';
        return 1;
    }
    bool is_right = keep_books(ledger) && deposit_of(ledger) == 50000;
    daybook_close(ledger);
    std::cout << (is_right ? "the books are right\n" : "the books are wrong\n");
    return is_right ? 0 : 1;
}
