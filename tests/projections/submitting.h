/* A ledger that is written by requests with instants of their own, and asked. */
#ifndef TESTS_PROJECTIONS_SUBMITTING_H
#define TESTS_PROJECTIONS_SUBMITTING_H

#include "projections/asking.h"

static inline void submitting_open(struct asking *a) {
    memset(a, 0, sizeof *a);
    strcpy(a->directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(a->directory));
    arena_init(&a->arena, (size_t)1 << 28);
    struct daybook_create_options made = {.timezone = "UTC", .currency = "EUR", .allow_import_clock = true};
    made.clock.now_us = asking_now;
    ASKING_OK(a, daybook_create(a->directory, &made, &a->error));
    struct daybook_open_options how = {.directory = a->directory,
                                       .is_writer = true,
                                       .views = daybook_standard_views,
                                       .map_size_bytes = (size_t)1 << 32};
    how.clock.now_us = asking_now;
    ASKING_OK(a, daybook_open(&how, &a->ledger, &a->error));
}

/* Recorded at noon of `day_text`; it must be accepted. Returns its last sequence. */
static inline uint64_t submitted(struct asking *a, const char *day_text, const char *effective_on,
                                 Pb__Request *request) {
    static uint64_t keys;
    char key[32];
    struct daybook_buffer encoded = {0};
    struct daybook_answers answers = {0};
    (void)snprintf(key, sizeof key, "key-%llu", (unsigned long long)++keys);
    request->key.data = (uint8_t *)key;
    request->key.len = strlen(key);
    request->actor = "test";
    request->customer = "ann";
    request->effective_on = (char *)(uintptr_t)effective_on;
    request->recorded_at_us = (int64_t)day(day_text) * INT64_C(86400000000) + INT64_C(43200000000) + (int64_t)keys;
    assert_int_equal(wire_encode(&request->base, &encoded), DAYBOOK_OK);
    struct daybook_bytes bytes = daybook_buffer_view(&encoded);
    ASKING_OK(a, daybook_submit(a->ledger, &bytes, 1, DAYBOOK_SUBMIT_EACH, &answers, &a->error));
    if (answers.items[0].refusal != NULL) {
        fail_msg("refused: %s", answers.items[0].refusal->message);
    }
    uint64_t last = answers.items[0].last_sequence;
    daybook_answers_release(&answers);
    daybook_buffer_release(&encoded);
    return last;
}

/* SUBMIT(asking, recorded, effective, POST_CHARGE, post_charge, PostCharge, post_charge__init, fields of c_) */
#define SUBMIT(asking, recorded, effective, CASE, field, Type, init, ...)                                              \
    do {                                                                                                               \
        Pb__Request request_ = PB__REQUEST__INIT;                                                                      \
        Pb__##Type command_;                                                                                           \
        Pb__##Type *c_ = &command_;                                                                                    \
        pb__##init(c_);                                                                                                \
        __VA_ARGS__;                                                                                                   \
        request_.command_case = PB__REQUEST__COMMAND_##CASE;                                                           \
        request_.field = c_;                                                                                           \
        (void)submitted(asking, recorded, effective, &request_);                                                       \
    } while (0)

static inline void submit_customer(struct asking *a, const char *on) {
    Pb__CustomerProfile profile = PB__CUSTOMER_PROFILE__INIT;
    profile.name = "Ann";
    profile.settlement = PB__SETTLEMENT__SETTLEMENT_DEPOSITS_FIRST;
    SUBMIT(a, on, on, OPEN_CUSTOMER, open_customer, OpenCustomer, open_customer__init, c_->profile = &profile);
}

struct lot_plan {
    const char *lot;
    int64_t amount;
    bool is_promotional;
    uint32_t priority;
    const char *expires_on;
    const char *scope;
};

static inline void submit_lot(struct asking *a, const char *on, const struct lot_plan *plan) {
    Pb__Priority priority = PB__PRIORITY__INIT;
    char *scope[] = {(char *)(uintptr_t)plan->scope};
    priority.value = plan->priority;
    SUBMIT(a, on, on, RECEIVE_DEPOSIT, receive_deposit, ReceiveDeposit, receive_deposit__init, {
        c_->lot = (char *)(uintptr_t)plan->lot;
        c_->amount_minor = plan->amount;
        c_->funding = plan->is_promotional ? PB__FUNDING__FUNDING_PROMOTIONAL : PB__FUNDING__FUNDING_PAID;
        c_->priority = &priority;
        c_->expires_on = (char *)(uintptr_t)plan->expires_on;
        c_->n_scope = plan->scope == NULL ? 0 : 1;
        c_->scope = scope;
    });
}

static inline void submit_charge(struct asking *a, const char *recorded, const char *on, const char *charge,
                                 int64_t amount, const char *category) {
    SUBMIT(a, recorded, on, POST_CHARGE, post_charge, PostCharge, post_charge__init, {
        c_->charge = (char *)(uintptr_t)charge;
        c_->amount_minor = amount;
        c_->category = (char *)(uintptr_t)category;
    });
}

/* `plan`: NULL where the customer's order decides what is paid. */
static inline void submit_payment(struct asking *a, const char *recorded, const char *on, const char *payment,
                                  int64_t amount, Pb__AllocationPlan *plan) {
    SUBMIT(a, recorded, on, RECEIVE_PAYMENT, receive_payment, ReceivePayment, receive_payment__init, {
        c_->payment = (char *)(uintptr_t)payment;
        c_->amount_minor = amount;
        c_->n_allocations = plan == NULL ? 0 : 1;
        c_->allocations = &plan;
    });
}

static inline void submit_expiry(struct asking *a, const char *on) {
    SUBMIT(a, on, "", EXPIRE_DUE, expire_due, ExpireDue, expire_due__init, c_->through_on = (char *)(uintptr_t)on);
}

#endif
