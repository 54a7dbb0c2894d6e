/* Bytes as a question to a small ledger: an answer, or a sentence that says what is wrong with the question. */
#include "tests/fuzz/fuzz.h"

#include "tests/engine/ledger_case.h"

static struct ledger_case fuzzed;

static void tidy_up(void) {
    ledger_case_end(&fuzzed);
}

static void prepare(void) {
    static const char *const lines[] = {
        "2024-01-01 open ann",
        "2024-01-02 deposit l1 100 expires=2024-09-01",
        "2024-01-03 charge c1 250 goods due=2024-02-03",
        "2024-01-05 pay p1 100",
        "2024-01-06 open bob",
        "2024-01-07 charge c1 70 cust=bob cur=USD",
        "2024-01-08 deposit l1 30 cust=bob",
    };
    ledger_case_begin(&fuzzed);
    fuzzed.how.views = daybook_standard_views;
    ledger_case_reopen(&fuzzed);
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        ledger_must(&fuzzed, lines[i]);
    }
    (void)atexit(tidy_up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct daybook_buffer answer = {0};
    struct daybook_error error = {0};
    if (fuzzed.ledger == NULL) {
        prepare();
    }
    enum daybook_status status = daybook_query(fuzzed.ledger, (struct daybook_bytes){data, size}, &answer, &error);
    FUZZ_CHECK(status == DAYBOOK_OK || error.message[0] != '\0');
    FUZZ_CHECK(status != DAYBOOK_DAMAGED);
    daybook_buffer_release(&answer);
    return 0;
}
