/* Submitting: groups, dry runs, damaged requests, and what is left after closing. */
#include "tests/engine/ledger_case.h"

#include <sys/wait.h>

#include "limits.h"

#define CODE(name) PB__REFUSAL_CODE__REFUSAL_CODE_##name

static void each_request_stands_alone(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    struct daybook_answers answers =
        LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "open ann", "charge g 0", "charge g 5", "pay p 5", "charge g 5");
    assert_int_equal(answers.items[0].first_sequence, 1);
    assert_int_equal(answers.items[1].refusal->code, CODE(AMOUNT_NOT_POSITIVE));
    assert_int_equal(answers.items[1].first_sequence, 0);
    assert_int_equal(answers.items[2].first_sequence, 2);
    assert_int_equal(answers.items[3].first_sequence, 3); /* The payment and its allocation. */
    assert_int_equal(answers.items[3].last_sequence, 4);
    assert_int_equal(answers.items[4].refusal->code, CODE(DUPLICATE_DOCUMENT));
    assert_int_equal(ledger_head(&c), 4);
    daybook_answers_release(&answers);
    daybook_answers_release(&answers);
    ledger_case_end(&c);
}

static void a_group_is_taken_whole(void **state) {
    (void)state;
    struct ledger_case c;
    struct arena arena;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    struct daybook_answers answers =
        LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_GROUP, "open bob", "charge g 5 cust=bob", "pay p 5 cust=bob");
    for (size_t i = 0; i < answers.count; i++) {
        assert_null(answers.items[i].refusal);
    }
    daybook_answers_release(&answers);
    struct event_batch events = ledger_events(&c);
    assert_int_equal(events.count, 5);
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < events.count; i++) {
        ProtobufCMessage *message = NULL;
        struct daybook_bytes bytes = {events.bytes.data + events.events[i].offset_bytes, events.events[i].size_bytes};
        LEDGER_OK(&c, wire_decode(&pb__event__descriptor, bytes, &arena, &message, &c.error));
        assert_int_equal(((const Pb__Event *)message)->group, i == 0 ? 0 : 2);
    }
    arena_release(&arena);
    event_batch_release(&events);
    ledger_case_end(&c);
}

static void a_refused_group_leaves_no_trace(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_GROUP, "open bob key=A", "charge g 5 key=B",
                                                   "charge h 0 key=C", "charge i 5 key=D");
    assert_int_equal(answers.items[0].refusal->code, CODE(GROUP_REFUSED));
    assert_int_equal(answers.items[1].refusal->code, CODE(GROUP_REFUSED));
    assert_int_equal(answers.items[2].refusal->code, CODE(AMOUNT_NOT_POSITIVE));
    assert_int_equal(answers.items[3].refusal->code, CODE(GROUP_REFUSED));
    assert_non_null(strstr(answers.items[3].refusal->message, "request 3"));
    daybook_answers_release(&answers);
    assert_int_equal(ledger_head(&c), 1);
    /* Keys, customers and ids are free: with other contents, too. */
    ledger_must(&c, "open bob key=B");
    ledger_must(&c, "charge g 7 key=A");
    ledger_must(&c, "charge i 7 key=C");
    assert_int_equal(ledger_head(&c), 4);
    ledger_case_end(&c);
}

/* What the events from `first` on post to an account of the books. */
static int64_t posted_since(struct ledger_case *c, uint64_t first, enum posting_account account) {
    struct event_batch events = ledger_events(c);
    struct arena arena;
    int64_t sum = 0;
    arena_init(&arena, 1 << 20);
    for (size_t i = first - 1; i < events.count; i++) {
        ProtobufCMessage *message = NULL;
        struct postings postings;
        struct daybook_bytes bytes = {events.bytes.data + events.events[i].offset_bytes, events.events[i].size_bytes};
        LEDGER_OK(c, wire_decode(&pb__event__descriptor, bytes, &arena, &message, &c->error));
        assert_int_equal(((const Pb__Event *)message)->group, first);
        LEDGER_OK(c, postings_of((const Pb__Event *)message, &postings, &c->error));
        for (size_t j = 0; j < postings.count; j++) {
            sum += postings.lines[j].account == account ? postings.lines[j].amount_minor : 0;
        }
    }
    arena_release(&arena);
    event_batch_release(&events);
    return sum;
}

static void begin_transfer(struct ledger_case *c) {
    ledger_case_begin(c);
    ledger_must(c, "2024-01-01 open ann");
    ledger_must(c, "2024-01-01 open bob cust=bob");
    ledger_must(c, "2024-05-01 deposit A 100");
    ledger_must(c, "2024-05-01 charge g 70");
}

/* A deposit goes from one customer to another: out of cash and into it again, which is the clearing account. */
static void a_transfer_of_a_deposit_is_one_group(void **state) {
    (void)state;
    struct ledger_case c;
    begin_transfer(&c);
    uint64_t first = ledger_head(&c) + 1;
    struct daybook_answers answers =
        LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_GROUP, "2024-06-01 refund r 25 lot A", "2024-06-01 deposit B 25 cust=bob");
    assert_null(answers.items[0].refusal);
    assert_null(answers.items[1].refusal);
    daybook_answers_release(&answers);
    assert_int_equal(posted_since(&c, first, POSTING_CASH), 0);
    assert_int_equal(posted_since(&c, first, POSTING_DEPOSITS), 0);
    assert_int_equal(ledger_line(&c, "2024-06-02 refund q 6 lot A"),
                     CODE(EXCEEDS_DEPOSIT)); /* 70 of it are consumed. */
    ledger_must(&c, "2024-06-02 refund q 25 lot B cust=bob");
    ledger_case_end(&c);
}

/* A debt goes over: Adjustments is the clearing account. */
static void a_transfer_of_a_debt_is_one_group(void **state) {
    (void)state;
    struct ledger_case c;
    begin_transfer(&c);
    ledger_must(&c, "2024-05-02 charge h 80");
    uint64_t first = ledger_head(&c) + 1;
    struct daybook_answers answers =
        LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_GROUP, "2024-06-01 credit-note n 50 taken-over for=h",
                      "2024-06-01 debit-note n 50 taken-over cust=bob");
    assert_null(answers.items[0].refusal);
    assert_null(answers.items[1].refusal);
    daybook_answers_release(&answers);
    assert_int_equal(posted_since(&c, first, POSTING_ADJUSTMENTS), 0);
    assert_int_equal(posted_since(&c, first, POSTING_RECEIVABLE), 0);
    ledger_must(&c, "2024-06-02 pay p 50 cust=bob"); /* All of it goes against the debt. */
    assert_int_equal(ledger_line(&c, "2024-06-03 refund r 1 payment p cust=bob"), CODE(EXCEEDS_UNAPPLIED));
    ledger_case_end(&c);
}

static void half_a_transfer_is_none(void **state) {
    (void)state;
    static const char *const halves[][2] = {
        {"2024-06-01 refund r 25 lot A", "2024-06-01 deposit B 25 cust=nobody"},
        {"2024-06-01 refund r 31 lot A", "2024-06-01 deposit B 31 cust=bob"},
        {"2024-06-01 deposit B 31 cust=bob", "2024-06-01 refund r 31 lot A"},
        {"2024-06-01 deposit B 25 cust=bob cur=USD", "2024-06-01 refund r 25 lot A cur=USD"},
    };
    struct ledger_case c;
    begin_transfer(&c);
    uint64_t head = ledger_head(&c);
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        struct daybook_answers answers = ledger_submit(&c, DAYBOOK_SUBMIT_GROUP, 2, halves[i]);
        assert_non_null(answers.items[0].refusal);
        assert_non_null(answers.items[1].refusal);
        daybook_answers_release(&answers);
        assert_int_equal(ledger_head(&c), head);
    }
    ledger_must(&c, "2024-06-01 refund r 30 lot A"); /* All is there, and every id is free. */
    ledger_must(&c, "2024-06-01 deposit B 30 cust=bob");
    ledger_case_end(&c);
}

static void a_repeat_inside_a_group_is_answered_again(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_GROUP, "charge g 5 key=A", "pay p 5 key=B",
                                                   "pay p 5 key=B", "charge g 5 key=A");
    assert_true(answers.items[2].is_repeated && answers.items[3].is_repeated);
    assert_int_equal(answers.items[2].first_sequence, 3);
    assert_int_equal(answers.items[2].last_sequence, 4);
    assert_int_equal(answers.items[3].last_sequence, 2);
    daybook_answers_release(&answers);
    assert_int_equal(ledger_head(&c), 4);
    ledger_case_end(&c);
}

static void a_dry_run_appends_nothing(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    for (int i = 0; i < 3; i++) {
        struct daybook_answers answers =
            LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_DRY, "charge g 5 key=A", "charge g 5 key=A", "charge h 0");
        assert_null(answers.items[0].refusal);
        assert_int_equal(answers.items[0].first_sequence, 2);
        assert_false(answers.items[1].is_repeated); /* Each alone: the first was not kept. */
        assert_int_equal(answers.items[2].refusal->code, CODE(AMOUNT_NOT_POSITIVE));
        daybook_answers_release(&answers);
        assert_int_equal(ledger_head(&c), 1);
    }
    ledger_must(&c, "charge g 6 key=A");
    assert_int_equal(ledger_head(&c), 2);
    ledger_case_end(&c);
}

/* "payment p 20=20; charge g -50=0; ": the change and what is left. */
static const char *remainders_text(const struct daybook_answer *answer, char text[256]) {
    text[0] = '\0';
    for (size_t i = 0; i < answer->remainder_count; i++) {
        const Pb__Remainder *row = answer->remainders[i];
        size_t used = strlen(text);
        (void)snprintf(text + used, 256 - used, row->instalment == 0 ? "%s %s %lld=%lld; " : "%s %s %lld=%lld #%u; ",
                       document_kind_name(row->kind), row->document, (long long)row->change_minor,
                       (long long)row->left_minor, row->instalment);
        assert_string_equal(row->currency, "CNY");
    }
    return text;
}

/* Submits the lines, asking for what is left. */
static struct daybook_submission ask_left(struct ledger_case *c, enum daybook_submit_mode mode,
                                          const char *const *lines, size_t count) {
    struct daybook_buffer encoded[4];
    struct daybook_bytes requests[4];
    for (size_t i = 0; i < count; i++) {
        encoded[i] = line_encode(lines[i], "");
        requests[i] = daybook_buffer_view(&encoded[i]);
    }
    struct daybook_submission asked = {.requests = requests, .count = count, .mode = mode, .tells_remainders = true};
    LEDGER_OK(c, daybook_submit_many(c->ledger, &asked, 1, &c->error));
    assert_int_equal(asked.status, DAYBOOK_OK);
    for (size_t i = 0; i < count; i++) {
        daybook_buffer_release(&encoded[i]);
    }
    asked.requests = NULL;
    return asked;
}

static void answers_tell_what_is_left_where_that_is_asked(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum daybook_submit_mode mode;
        const char *told;
    } steps[] = {
        {"2024-05-01 charge g 50 key=a", DAYBOOK_SUBMIT_EACH, "charge g 50=50; "},
        {"2024-05-01 charge i 30 instalments=10@2024-06-01,20@2024-07-01 key=b", DAYBOOK_SUBMIT_EACH,
         "charge i 10=10 #1; charge i 20=20 #2; "},
        {"2024-05-02 pay p 70 key=c", DAYBOOK_SUBMIT_DRY,
         "payment p 0=0; charge g -50=0; charge i -10=0 #1; charge i -10=10 #2; "},
        {"2024-05-02 pay p 70 key=c", DAYBOOK_SUBMIT_EACH,
         "payment p 0=0; charge g -50=0; charge i -10=0 #1; charge i -10=10 #2; "},
        {"2024-05-03 deposit A 9 key=d", DAYBOOK_SUBMIT_GROUP, "lot A 9=9; "},
        {"2024-05-04 charge h 5 key=e", DAYBOOK_SUBMIT_GROUP, "charge h 0=0; lot A -5=4; "},
        {"2024-05-05 pay q 15 key=f", DAYBOOK_SUBMIT_EACH, "payment q 5=5; charge i -10=0 #2; "},
        /* Again: what it changed then, and what is left now. */
        {"2024-05-02 pay p 70 key=c", DAYBOOK_SUBMIT_EACH,
         "payment p 0=0; charge g -50=0; charge i -10=0 #1; charge i -10=0 #2; "},
        {"2024-05-06 refund r 6 payment q key=g", DAYBOOK_SUBMIT_EACH, ""}, /* Refused. */
        {"2024-05-06 change name=Ann key=h", DAYBOOK_SUBMIT_EACH, ""},
    };
    struct ledger_case c;
    char text[256];
    ledger_case_begin(&c);
    ledger_must(&c, "2024-05-01 open ann");
    for (size_t i = 0; i < ROW_COUNT(steps); i++) {
        struct daybook_submission asked = ask_left(&c, steps[i].mode, &steps[i].line, 1);
        assert_string_equal(remainders_text(&asked.answers.items[0], text), steps[i].told);
        daybook_answers_release(&asked.answers);
    }
    struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "2024-05-09 charge z 5");
    assert_int_equal(answers.items[0].remainder_count, 0); /* Nobody asked. */
    daybook_answers_release(&answers);
    ledger_case_end(&c);
}

static void damaged_bytes_are_refused(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    struct daybook_buffer good = line_encode("charge g 5", "K");
    uint8_t *large = calloc(1, LIMIT_REQUEST_BYTES + 1);
    assert_non_null(large);
    const struct daybook_bytes requests[] = {{NULL, 0},
                                             {(const uint8_t *)"\xff\xff\xff", 3},
                                             {good.data, good.size - 1},
                                             {large, LIMIT_REQUEST_BYTES + 1},
                                             {good.data, good.size}};
    struct daybook_answers answers = {0};
    LEDGER_OK(&c, daybook_submit(c.ledger, requests, 5, DAYBOOK_SUBMIT_EACH, &answers, &c.error));
    for (size_t i = 0; i < 4; i++) {
        assert_non_null(answers.items[i].refusal);
        assert_int_equal(answers.items[i].refusal->code, CODE(MALFORMED));
        assert_true(answers.items[i].refusal->message[0] != '\0');
    }
    assert_null(answers.items[4].refusal);
    daybook_answers_release(&answers);
    for (size_t i = 0; i < 200; i++) {
        /* Every flipped byte: an answer, and a ledger that goes on. */
        good.data[i % good.size] ^= (uint8_t)(1U << (i % 8));
        struct daybook_bytes one = {good.data, good.size};
        LEDGER_OK(&c, daybook_submit(c.ledger, &one, 1, DAYBOOK_SUBMIT_DRY, &answers, &c.error));
        daybook_answers_release(&answers);
        good.data[i % good.size] ^= (uint8_t)(1U << (i % 8));
    }
    ledger_must(&c, "charge h 5");
    free(large);
    daybook_buffer_release(&good);
    ledger_case_end(&c);
}

static void no_requests_are_answered_with_no_answers(void **state) {
    (void)state;
    struct ledger_case c;
    struct daybook_answers answers = {0};
    ledger_case_begin(&c);
    for (int mode = DAYBOOK_SUBMIT_EACH; mode <= DAYBOOK_SUBMIT_DRY; mode++) {
        LEDGER_OK(&c, daybook_submit(c.ledger, NULL, 0, (enum daybook_submit_mode)mode, &answers, &c.error));
        assert_int_equal(answers.count, 0);
        daybook_answers_release(&answers);
    }
    assert_int_equal(daybook_submit(c.ledger, NULL, LIMIT_BATCH_REQUESTS + 1, DAYBOOK_SUBMIT_EACH, &answers, &c.error),
                     DAYBOOK_INVALID);
    assert_int_equal(daybook_submit(c.ledger, NULL, LIMIT_GROUP_REQUESTS + 1, DAYBOOK_SUBMIT_GROUP, &answers, &c.error),
                     DAYBOOK_INVALID);
    assert_int_equal(answers.count, 0);
    assert_int_equal(ledger_head(&c), 0);
    ledger_case_end(&c);
}

/* In a process of its own: whether the lock is held is a matter between processes. */
static int open_elsewhere(const struct daybook_open_options *how) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct daybook *second = NULL;
        struct daybook_error error = {0};
        enum daybook_status status = daybook_open(how, &second, &error);
        bool names_us = strstr(error.message, "pid") != NULL;
        daybook_close(second);
        _exit(status == DAYBOOK_OK ? 0 : status == DAYBOOK_BUSY && names_us ? 1 : 2);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    return WEXITSTATUS(result);
}

static void many_submissions_are_answered_each_in_its_way(void **state) {
    (void)state;
    static const char *const lines[] = {
        "open bob",           "charge g 5 cust=bob", "pay p 5 cust=bob", "charge g 5 cust=bob", "charge h 1 cust=bob",
        "charge i 0 cust=bob"};
    struct ledger_case c;
    ledger_case_begin(&c);
    struct daybook_buffer encoded[6];
    struct daybook_bytes requests[6];
    for (int i = 0; i < 6; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%d", i);
        encoded[i] = line_encode(lines[i], key);
        requests[i] = daybook_buffer_view(&encoded[i]);
    }
    struct daybook_submission many[] = {
        {.requests = requests, .count = 3, .mode = DAYBOOK_SUBMIT_GROUP},
        {.requests = requests + 3, .count = 1, .mode = DAYBOOK_SUBMIT_EACH},
        {.requests = requests, .count = LIMIT_GROUP_REQUESTS + 1, .mode = DAYBOOK_SUBMIT_GROUP},
        {.requests = requests + 4, .count = 1, .mode = DAYBOOK_SUBMIT_DRY},
        {.requests = requests + 4, .count = 2, .mode = DAYBOOK_SUBMIT_GROUP},
    };
    LEDGER_OK(&c, daybook_submit_many(c.ledger, many, 5, &c.error));
    assert_int_equal(many[0].answers.items[2].last_sequence, 4); /* Opened, charged, paid and allocated. */
    assert_int_equal(many[1].answers.items[0].refusal->code, CODE(DUPLICATE_DOCUMENT));
    assert_int_equal(many[2].status, DAYBOOK_INVALID);
    assert_non_null(strstr(many[2].error.message, "10000 are the most"));
    assert_null(many[2].answers.items);
    assert_int_equal(many[3].answers.items[0].event_count, 1);
    assert_int_equal(many[4].answers.items[0].refusal->code, CODE(GROUP_REFUSED));
    assert_int_equal(ledger_head(&c), 4);
    LEDGER_OK(&c, daybook_submit_many(c.ledger, many, 0, &c.error));
    for (int i = 0; i < 5; i++) {
        daybook_answers_release(&many[i].answers);
    }
    for (int i = 0; i < 6; i++) {
        daybook_buffer_release(&encoded[i]);
    }
    ledger_case_end(&c);
}

static void a_second_writer_is_told_who_writes(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    assert_int_equal(open_elsewhere(&c.how), 1);
    ledger_must(&c, "open ann");
    struct daybook_open_options reader = {.directory = c.directory, .is_read_only = true};
    assert_int_equal(open_elsewhere(&reader), 0);
    daybook_close(c.ledger);
    assert_int_equal(open_elsewhere(&c.how), 0);
    ledger_case_open(&c);
    ledger_case_end(&c);
}

static void a_reader_takes_no_requests(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    struct daybook_buffer request = line_encode("charge g 5", "K");
    struct daybook_bytes bytes = daybook_buffer_view(&request);
    for (int is_read_only = 0; is_read_only < 2; is_read_only++) {
        daybook_close(c.ledger);
        struct daybook_open_options how = {.directory = c.directory, .is_read_only = is_read_only == 1};
        struct daybook_answers answers = {0};
        LEDGER_OK(&c, daybook_open(&how, &c.ledger, &c.error));
        assert_int_equal(daybook_submit(c.ledger, &bytes, 1, DAYBOOK_SUBMIT_EACH, &answers, &c.error),
                         DAYBOOK_READ_ONLY);
        assert_int_equal(answers.count, 0);
        assert_int_equal(ledger_head(&c), 1);
    }
    daybook_buffer_release(&request);
    ledger_case_end(&c);
}

static void a_reopened_ledger_goes_on_where_it_was(void **state) {
    (void)state;
    struct ledger_case c;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    ledger_must(&c, "deposit A 100 key=K");
    ledger_must(&c, "charge g 60 goods");
    for (int i = 0; i < 3; i++) {
        daybook_close(c.ledger);
        if (i == 1) {
            ledger_case_forget(&c); /* All that can be rebuilt. */
        }
        ledger_case_open(&c);
        const char *again = "deposit A 100 key=K";
        struct daybook_answers answers = ledger_submit(&c, DAYBOOK_SUBMIT_EACH, 1, &again);
        assert_true(answers.items[0].is_repeated);
        assert_int_equal(answers.items[0].first_sequence, 2);
        daybook_answers_release(&answers);
        assert_int_equal(ledger_line(&c, "deposit A 101 key=K"), CODE(KEY_REUSED));
        assert_int_equal(ledger_line(&c, "charge g 1"), CODE(DUPLICATE_DOCUMENT));
        assert_int_equal(ledger_line(&c, "charge h 41 settle=only"), CODE(EXCEEDS_DEPOSIT));
        assert_int_equal(ledger_line(&c, "open ann"), CODE(DUPLICATE_CUSTOMER));
    }
    ledger_must(&c, "charge h 40 settle=only");
    ledger_case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_stands_alone),
        cmocka_unit_test(a_group_is_taken_whole),
        cmocka_unit_test(a_refused_group_leaves_no_trace),
        cmocka_unit_test(a_transfer_of_a_deposit_is_one_group),
        cmocka_unit_test(a_transfer_of_a_debt_is_one_group),
        cmocka_unit_test(half_a_transfer_is_none),
        cmocka_unit_test(a_repeat_inside_a_group_is_answered_again),
        cmocka_unit_test(a_dry_run_appends_nothing),
        cmocka_unit_test(answers_tell_what_is_left_where_that_is_asked),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(no_requests_are_answered_with_no_answers),
        cmocka_unit_test(many_submissions_are_answered_each_in_its_way),
        cmocka_unit_test(a_second_writer_is_told_who_writes),
        cmocka_unit_test(a_reader_takes_no_requests),
        cmocka_unit_test(a_reopened_ledger_goes_on_where_it_was),
    };
    return cmocka_run_group_tests_name("submit", tests, NULL, NULL);
}
