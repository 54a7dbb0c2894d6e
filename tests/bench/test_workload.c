/* Tests bench/workload.c: the same requests for the same options, and a business that makes sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "bench/workload.h"
#include "codec/wire.h"

enum { REQUESTS = 20000, CUSTOMERS = 200 };

static uint64_t fingerprint(const struct workload_options *options) {
    struct workload *workload = workload_open(options);
    struct daybook_buffer bytes = {0};
    uint64_t hash = 0;
    assert_non_null(workload);
    for (int i = 0; i < REQUESTS; i++) {
        daybook_buffer_reset(&bytes);
        assert_int_equal(wire_encode(&workload_next(workload)->base, &bytes), DAYBOOK_OK);
        hash = hash64(bytes.data, bytes.size, hash);
    }
    daybook_buffer_release(&bytes);
    workload_close(workload);
    return hash;
}

static void test_same_options_same_bytes(void **state) {
    (void)state;
    struct workload_options options = {.seed = 3, .customers = CUSTOMERS, .requests = REQUESTS};
    uint64_t first = fingerprint(&options);
    assert_int_equal(fingerprint(&options), first);
    options.seed = 4;
    assert_int_not_equal(fingerprint(&options), first);
}

static void test_instants_rise_within_the_span(void **state) {
    (void)state;
    const int64_t start = INT64_C(1700000000000000);
    const int64_t end = INT64_C(1700086400000000);
    struct workload_options options = {.seed = 1,
                                       .customers = CUSTOMERS,
                                       .requests = REQUESTS,
                                       .start_us = start,
                                       .end_us = end,
                                       .carries_instants = true};
    struct workload *workload = workload_open(&options);
    int64_t last = start - 1;
    for (int i = 0; i < REQUESTS; i++) {
        const Pb__Request *request = workload_next(workload);
        assert_true(request->recorded_at_us > last);
        assert_true(request->recorded_at_us < end);
        assert_int_equal(request->recorded_at_us, workload_now_us(workload));
        last = request->recorded_at_us;
    }
    workload_close(workload);
}

/* Customers come once, first of all that concerns them; charges count up one by one. */
static void test_documents_follow_their_customer(void **state) {
    (void)state;
    struct workload_options options = {.seed = 8, .customers = CUSTOMERS, .first_customer = 1000, .requests = REQUESTS};
    struct workload *workload = workload_open(&options);
    unsigned charges[CUSTOMERS] = {0};
    bool is_open[CUSTOMERS] = {false};
    for (int i = 0; i < REQUESTS; i++) {
        const Pb__Request *request = workload_next(workload);
        uint32_t number = workload_last_customer(workload) - 1000;
        char id[WORKLOAD_ID_SIZE];
        assert_true(number < CUSTOMERS);
        workload_customer_id(number + 1000, id);
        assert_string_equal(request->customer, id);
        assert_int_equal(request->key.len, 16);
        bool opens = request->command_case == PB__REQUEST__COMMAND_OPEN_CUSTOMER;
        assert_int_equal(opens, !is_open[number]);
        is_open[number] = true;
        if (request->command_case == PB__REQUEST__COMMAND_POST_CHARGE) {
            assert_memory_equal(request->post_charge->charge, "INV", 3);
            assert_int_equal(strtoul(request->post_charge->charge + 3, NULL, 10), ++charges[number]);
            assert_true(request->post_charge->amount_minor >= 1000);
            assert_true(request->post_charge->amount_minor < 1000000);
        }
    }
    workload_close(workload);
}

static void test_all_open_first_when_asked(void **state) {
    (void)state;
    struct workload_options options = {.seed = 8, .customers = CUSTOMERS, .requests = REQUESTS, .opens_first = true};
    struct workload *workload = workload_open(&options);
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        (void)workload_next(workload);
        assert_int_equal(workload_last_kind(workload), WORKLOAD_OPENING);
        assert_int_equal(workload_last_customer(workload), i);
    }
    for (int i = 0; i < REQUESTS; i++) {
        (void)workload_next(workload);
        assert_int_not_equal(workload_last_kind(workload), WORKLOAD_OPENING);
    }
    workload_close(workload);
}

/* The mix that bench/README.md promises, within a few points. */
static void test_mix(void **state) {
    (void)state;
    struct workload_options options = {.seed = 2, .customers = CUSTOMERS, .requests = REQUESTS, .opens_first = true};
    struct workload *workload = workload_open(&options);
    int counts[WORKLOAD_KINDS] = {0};
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        (void)workload_next(workload);
    }
    for (int i = 0; i < REQUESTS; i++) {
        (void)workload_next(workload);
        counts[workload_last_kind(workload)]++;
    }
    assert_in_range(counts[WORKLOAD_CHARGE], REQUESTS * 40 / 100, REQUESTS * 50 / 100);
    assert_in_range(counts[WORKLOAD_PAYMENT], REQUESTS * 28 / 100, REQUESTS * 38 / 100);
    assert_in_range(counts[WORKLOAD_DEPOSIT], REQUESTS * 9 / 100, REQUESTS * 11 / 100);
    assert_in_range(counts[WORKLOAD_ADJUSTMENT], REQUESTS * 4 / 100, REQUESTS * 6 / 100);
    assert_in_range(counts[WORKLOAD_PAYMENT_REVERSAL] + counts[WORKLOAD_CHARGE_REVERSAL], REQUESTS * 2 / 100,
                    REQUESTS * 4 / 100);
    assert_true(counts[WORKLOAD_REFUND] > 0);
    workload_close(workload);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_options_same_bytes),
        cmocka_unit_test(test_instants_rise_within_the_span),
        cmocka_unit_test(test_documents_follow_their_customer),
        cmocka_unit_test(test_all_open_first_when_asked),
        cmocka_unit_test(test_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
