/* Shared by workload.c and workload_request.c alone. */
#ifndef BENCH_WORKLOAD_INSIDE_H
#define BENCH_WORKLOAD_INSIDE_H

#include "base/calendar.h"
#include "bench/guess.h"
#include "bench/workload.h"
#include "bench/workload_names.h"

enum { WORKLOAD_DOCUMENT_SIZE = 16, WORKLOAD_NAME_SIZE = 64 };

/* One request and all that it points to. */
struct workload {
    struct workload_options options;
    struct random_source random;
    struct spread spread;
    struct guess *guesses;
    uint64_t step_us;
    uint64_t drawn;
    int64_t now_us;
    int32_t today;
    uint32_t opened;
    uint64_t expected_events;
    enum workload_kind kind;
    uint32_t customer;

    Pb__Request request;
    union {
        Pb__OpenCustomer open_customer;
        Pb__ChangeCustomer change_customer;
        Pb__ReceiveDeposit receive_deposit;
        Pb__PostCharge post_charge;
        Pb__ReceivePayment receive_payment;
        Pb__PostAdjustment post_adjustment;
        Pb__Refund refund;
        Pb__ReversePayment reverse_payment;
        Pb__ReverseCharge reverse_charge;
        Pb__SetCreditPolicy set_credit_policy;
    } command;
    Pb__CustomerProfile profile;
    Pb__PaymentTerms terms;
    Pb__Priority priority;
    char *tags[1];
    uint8_t key[16];
    char customer_id[WORKLOAD_ID_SIZE];
    char effective_on[DATE_TEXT_SIZE];
    char expires_on[DATE_TEXT_SIZE];
    char document[WORKLOAD_DOCUMENT_SIZE];
    char target[WORKLOAD_DOCUMENT_SIZE];
    char name[WORKLOAD_NAME_SIZE];
};

/* Makes the request of `kind` and moves the account on. */
void workload_fill(struct workload *workload, struct guess *guess);

#endif
