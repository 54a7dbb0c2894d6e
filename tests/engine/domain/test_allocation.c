/* Deciding, folding and refusing ask the system for no memory once they have warmed up. */
#include "tests/engine/domain/world.h"

static size_t allocation_count; /* Of calls since it was last set to 0. */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size) {
    allocation_count++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    allocation_count++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
    allocation_count++;
    return __real_realloc(block, size);
}

enum { WARM_UP = 300, ROUNDS = 3000 };

struct round {
    const char *name;
    Pb__Request request;
    Pb__RefusalCode expected; /* Unspecified: accepted. */
};

static uint8_t key_bytes[] = {'k', 'e', 'y', 0};

static Pb__Request fresh_request(Pb__Request__CommandCase command, uint8_t key) {
    Pb__Request request = PB__REQUEST__INIT;
    key_bytes[3] = key;
    request.key = (ProtobufCBinaryData){sizeof key_bytes, key_bytes};
    request.actor = (char *)(uintptr_t) "clerk";
    request.customer = (char *)(uintptr_t) "ann";
    request.command_case = command;
    return request;
}

/* What was accepted stays. */
static void accept(struct world *world, const Pb__Request *request) {
    struct decide_result result;
    world_decide(world, request, &result);
    assert_null(result.refusal);
}

/* As the writer does it, and then taken back: the state is as before, so any number of rounds can follow. */
static void decide_and_take_back(struct world *world, const struct round *round, struct arena *answer_arena) {
    struct decide_input input = world_input(world);
    struct decide_result result;
    size_t event_count = world->events.count;
    arena_reset(answer_arena);
    state_begin(world->state);
    WORLD_OK(world, decide_request(world->decider, world->state, &round->request, &input, answer_arena, &world->events,
                                   &result, &world->error));
    state_rollback(world->state);
    event_batch_cut(&world->events, event_count);
    int code = result.refusal == NULL ? 0 : (int)result.refusal->code;
    if (code != (int)round->expected) {
        fail_msg("%s: %s", round->name, result.refusal == NULL ? "accepted" : result.refusal->message);
    }
}

static void open_books(struct world *world) {
    world_open(world, "Asia/Shanghai", (struct decide_settings){.currency = "CNY"});
    world->now_us = 1718424000000000; /* 2024-06-15 */
    Pb__OpenCustomer open = PB__OPEN_CUSTOMER__INIT;
    Pb__ReceiveDeposit deposit = PB__RECEIVE_DEPOSIT__INIT;
    Pb__PostCharge charge = PB__POST_CHARGE__INIT;
    Pb__ReceivePayment payment = PB__RECEIVE_PAYMENT__INIT;
    Pb__Request request = fresh_request(PB__REQUEST__COMMAND_OPEN_CUSTOMER, 1);
    request.open_customer = &open;
    accept(world, &request);
    request = fresh_request(PB__REQUEST__COMMAND_RECEIVE_DEPOSIT, 2);
    request.receive_deposit = &deposit;
    deposit.lot = (char *)(uintptr_t) "L";
    deposit.amount_minor = 5000;
    accept(world, &request);
    request = fresh_request(PB__REQUEST__COMMAND_POST_CHARGE, 3);
    request.post_charge = &charge;
    charge.charge = (char *)(uintptr_t) "C";
    charge.amount_minor = 9000;
    accept(world, &request);
    request = fresh_request(PB__REQUEST__COMMAND_RECEIVE_PAYMENT, 4);
    request.receive_payment = &payment;
    payment.payment = (char *)(uintptr_t) "P";
    payment.amount_minor = 3000;
    accept(world, &request);
}

static void nothing_is_allocated_in_the_steady_state(void **state) {
    (void)state;
    struct world world;
    struct arena answer_arena;
    open_books(&world);
    arena_init(&answer_arena, 1 << 24);
    Pb__PostCharge charge = PB__POST_CHARGE__INIT;
    charge.charge = (char *)(uintptr_t) "C2";
    charge.amount_minor = 700;
    Pb__ReceivePayment payment = PB__RECEIVE_PAYMENT__INIT;
    payment.payment = (char *)(uintptr_t) "P2";
    payment.amount_minor = 400;
    Pb__ReversePayment reverse = PB__REVERSE_PAYMENT__INIT;
    reverse.payment = (char *)(uintptr_t) "P";
    reverse.reading = PB__READING__READING_REVERSAL;
    reverse.reason = (char *)(uintptr_t) "bounced";
    Pb__PostCharge again = charge;
    again.charge = (char *)(uintptr_t) "C";
    Pb__Refund refund = PB__REFUND__INIT;
    refund.refund = (char *)(uintptr_t) "R";
    refund.source_kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT;
    refund.source = payment.payment;
    refund.amount_minor = 1;
    struct round rounds[] = {
        {"a charge", fresh_request(PB__REQUEST__COMMAND_POST_CHARGE, 10), 0},
        {"a payment, oldest first", fresh_request(PB__REQUEST__COMMAND_RECEIVE_PAYMENT, 10), 0},
        {"a reversal that unwinds", fresh_request(PB__REQUEST__COMMAND_REVERSE_PAYMENT, 10), 0},
        {"a charge that there is", fresh_request(PB__REQUEST__COMMAND_POST_CHARGE, 10),
         PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT},
        {"a refund of nothing", fresh_request(PB__REQUEST__COMMAND_REFUND, 10),
         PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_DOCUMENT},
    };
    rounds[0].request.post_charge = &charge;
    rounds[1].request.receive_payment = &payment;
    rounds[2].request.reverse_payment = &reverse;
    rounds[3].request.post_charge = &again;
    rounds[4].request.refund = &refund;
    for (size_t i = 0; i < WARM_UP + ROUNDS; i++) {
        if (i == WARM_UP) {
            assert_true(allocation_count > 0); /* The counter counts. */
            allocation_count = 0;
        }
        for (size_t j = 0; j < sizeof rounds / sizeof rounds[0]; j++) {
            decide_and_take_back(&world, &rounds[j], &answer_arena);
        }
    }
    assert_int_equal(allocation_count, 0);
    arena_release(&answer_arena);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_allocated_in_the_steady_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
