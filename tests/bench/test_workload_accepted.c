/* Tests bench/workload.c against the engine: nearly all is accepted, and makes as many events as were expected. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/workload.h"
#include "codec/wire.h"
#include "daybook.h"

enum { REQUESTS = 20000 };

static int64_t read_clock(void *context) {
    return *(const int64_t *)context;
}

/* In batches of 200. Returns how many were refused. */
static int submit_all(struct daybook *ledger, struct workload *workload, int64_t *clock_us, uint64_t *events) {
    struct daybook_buffer bytes = {0};
    struct daybook_bytes requests[200];
    size_t ends[200];
    int refused = 0;
    for (int done = 0; done < REQUESTS; done += 200) {
        struct daybook_answers answers = {0};
        daybook_buffer_reset(&bytes);
        for (size_t i = 0; i < 200; i++) {
            assert_int_equal(wire_encode(&workload_next(workload)->base, &bytes), DAYBOOK_OK);
            ends[i] = bytes.size;
        }
        for (size_t i = 0; i < 200; i++) {
            size_t start = i > 0 ? ends[i - 1] : 0;
            requests[i] = (struct daybook_bytes){bytes.data + start, ends[i] - start};
        }
        *clock_us = workload_now_us(workload);
        assert_int_equal(daybook_submit(ledger, requests, 200, DAYBOOK_SUBMIT_EACH, &answers, NULL), DAYBOOK_OK);
        for (size_t i = 0; i < answers.count; i++) {
            if (answers.items[i].refusal != NULL) {
                refused++;
            } else {
                *events = answers.items[i].last_sequence;
            }
        }
        daybook_answers_release(&answers);
    }
    daybook_buffer_release(&bytes);
    return refused;
}

static void test_spread_is_accepted(void **state) {
    struct workload_options options = {
        .seed = 6, .customers = 300, .requests = REQUESTS, .spread = *(const enum spread_kind *)*state};
    char directory[] = "/tmp/daybook-workload.XXXXXX";
    char books[64];
    char command[128];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(books, sizeof books, "%s/books", directory);
    struct workload *workload = workload_open(&options);
    int64_t clock_us = workload_now_us(workload);
    struct daybook_clock clock = {.now_us = read_clock, .context = &clock_us};
    struct daybook_create_options made = {.timezone = "UTC", .currency = "CNY", .clock = clock};
    struct daybook_open_options how = {.directory = books, .is_writer = true, .clock = clock};
    struct daybook *ledger = NULL;
    uint64_t events = 0;
    assert_int_equal(daybook_create(books, &made, NULL), DAYBOOK_OK);
    assert_int_equal(daybook_open(&how, &ledger, NULL), DAYBOOK_OK);
    int refused = submit_all(ledger, workload, &clock_us, &events);
    uint64_t expected = workload_expected_events(workload);
    printf("%d of %d refused; %" PRIu64 " events, %" PRIu64 " expected\n", refused, REQUESTS, events, expected);
    daybook_close(ledger);
    workload_close(workload);
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
    assert_in_range(refused, 0, REQUESTS / 200);
    assert_in_range(events, expected * 99 / 100, expected * 101 / 100);
}

int main(void) {
    static enum spread_kind kinds[] = {SPREAD_ZIPF, SPREAD_UNIFORM, SPREAD_HOT};
    const struct CMUnitTest tests[] = {
        {"zipf is accepted", test_spread_is_accepted, NULL, NULL, &kinds[0]},
        {"uniform is accepted", test_spread_is_accepted, NULL, NULL, &kinds[1]},
        {"hot is accepted", test_spread_is_accepted, NULL, NULL, &kinds[2]},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
