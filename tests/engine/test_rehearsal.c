/* Rehearsals answer what submitting would answer (RH1), and leave the ledger as it is (RH2). */
#include "rehearsal.h"

#include "base/hash.h"
#include "tests/engine/domain/random.h"
#include "tests/engine/ledger_case.h"

enum { HISTORIES = 3, STEPS = 200, REHEARSED = 250 };

/* ---- every byte of the ledger, but for LMDB's table of readers ---- */

static uint64_t bytes_seen;

static int look_at_file(const char *path, const struct stat *facts, int kind, struct FTW *walk) {
    FILE *file;
    if (kind != FTW_F || strcmp(path + walk->base, "lock.mdb") == 0) {
        return 0;
    }
    char *content = malloc((size_t)facts->st_size + 1);
    file = fopen(path, "rb");
    assert_non_null(content);
    assert_non_null(file);
    assert_int_equal(fread(content, 1, (size_t)facts->st_size, file), facts->st_size);
    fclose(file);
    bytes_seen += hash64(content, (size_t)facts->st_size, hash64(path, strlen(path), 0));
    free(content);
    return 0;
}

static uint64_t all_bytes(const struct ledger_case *c) {
    bytes_seen = 0;
    assert_int_equal(nftw(c->directory, look_at_file, 16, FTW_PHYS), 0);
    return bytes_seen;
}

/* ---- requests that are rehearsed and then submitted ---- */

struct asked {
    struct daybook_buffer buffers[REHEARSED];
    struct daybook_bytes requests[REHEARSED];
    size_t count;
};

static void ask(struct asked *asked, const char *line) {
    char key[32];
    assert_true(asked->count < REHEARSED);
    snprintf(key, sizeof key, "asked-%zu", asked->count);
    asked->buffers[asked->count] = line_encode(line, key);
    asked->requests[asked->count] = daybook_buffer_view(&asked->buffers[asked->count]);
    asked->count++;
}

static void release(struct asked *asked) {
    for (size_t i = 0; i < asked->count; i++) {
        daybook_buffer_release(&asked->buffers[i]);
    }
    *asked = (struct asked){0};
}

static void close_ledger(struct ledger_case *c) {
    daybook_close(c->ledger);
    c->ledger = NULL;
}

/* For reading alone, as whoever has no right to write it. */
static void open_to_read(struct ledger_case *c) {
    struct daybook_open_options how = {.directory = c->directory, .is_read_only = true, .clock = c->how.clock};
    LEDGER_OK(c, daybook_open(&how, &c->ledger, &c->error));
}

/* In calls of `each` requests; release the answers. */
static void rehearse(struct ledger_case *c, const struct asked *asked, size_t each, struct daybook_answers *answers) {
    struct rehearsal *rehearsal = NULL;
    LEDGER_OK(c, rehearsal_open(c->ledger, 0, &rehearsal, &c->error));
    for (size_t at = 0; at < asked->count; at += each) {
        size_t some = asked->count - at < each ? asked->count - at : each;
        LEDGER_OK(c, rehearsal_submit(rehearsal, asked->requests + at, some, &answers[at / each], &c->error));
        assert_int_equal(answers[at / each].count, some);
    }
    rehearsal_close(rehearsal);
}

static void check_same(const struct daybook_answer *said, const struct daybook_answer *done) {
    assert_int_equal(said->first_sequence, done->first_sequence);
    assert_int_equal(said->last_sequence, done->last_sequence);
    assert_int_equal(said->recorded_at_us, done->recorded_at_us);
    assert_int_equal(said->is_repeated, done->is_repeated);
    assert_int_equal(said->refusal == NULL, done->refusal == NULL);
    if (said->refusal != NULL) {
        assert_int_equal(said->refusal->code, done->refusal->code);
        assert_string_equal(said->refusal->message, done->refusal->message);
    }
    assert_int_equal(said->warning == NULL, done->warning == NULL);
    if (said->warning != NULL) {
        assert_string_equal(said->warning, done->warning);
    }
}

/* The open ledger is rehearsed on and written to; the number of refusals. */
static size_t check_rehearsal(struct ledger_case *c, const struct asked *asked, size_t each) {
    static struct daybook_answers said[REHEARSED];
    struct daybook_answers done = {0};
    size_t refused = 0;
    close_ledger(c);
    uint64_t before = all_bytes(c);
    open_to_read(c);
    rehearse(c, asked, each, said);
    close_ledger(c);
    assert_true(all_bytes(c) == before);
    ledger_case_open(c);
    LEDGER_OK(c, daybook_submit(c->ledger, asked->requests, asked->count, DAYBOOK_SUBMIT_EACH, &done, &c->error));
    for (size_t i = 0; i < asked->count; i++) {
        check_same(&said[i / each].items[i % each], &done.items[i]);
        refused += done.items[i].refusal != NULL;
    }
    for (size_t i = 0; i < asked->count; i += each) {
        daybook_answers_release(&said[i / each]);
    }
    daybook_answers_release(&done);
    return refused;
}

static void begin(struct ledger_case *c) {
    ledger_case_begin(c);
    ledger_must(c, "2024-01-01 open ann");
    ledger_must(c, "2024-01-01 open bob terms=10");
    ledger_must(c, "2024-01-01 open cem terms=5 eom");
}

static void random_steps(struct ledger_case *c, struct chance *chance, int steps) {
    char line[RANDOM_LINE + 64];
    for (int i = 0; i < steps; i++) {
        random_line(chance, ledger_head(c), line);
        (void)ledger_line(c, line);
        c->now_us += chance_between(chance, 0, 6) * 3600 * 1000000;
    }
}

static void it_answers_what_submitting_answers(void **state) {
    (void)state;
    static const size_t each[] = {1, 7, REHEARSED};
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        struct ledger_case c;
        static struct asked asked;
        struct chance chance = {seed + i};
        char line[RANDOM_LINE + 64];
        printf("seed %" PRIu64 "\n", seed + i);
        begin(&c);
        for (size_t round = 0; round < ROW_COUNT(each); round++) {
            random_steps(&c, &chance, STEPS);
            for (size_t k = 0; k + 1 < REHEARSED; k++) {
                random_line(&chance, ledger_head(&c) + k / 2, line);
                ask(&asked, line);
            }
            asked.buffers[asked.count] = (struct daybook_buffer){0}; /* The first one again: a repetition. */
            asked.requests[asked.count++] = asked.requests[0];
            size_t refused = check_rehearsal(&c, &asked, each[round]);
            assert_in_range(refused, 20, REHEARSED - 20);
            release(&asked);
            c.key_count += REHEARSED;
            if (round == 1) { /* The last one begins without a checkpoint. */
                close_ledger(&c);
                ledger_case_forget(&c);
                ledger_case_open(&c);
            }
        }
        ledger_case_end(&c);
    }
}

static void names_are_sealed_and_no_key_is_made(void **state) {
    (void)state;
    struct ledger_case c;
    static struct asked asked;
    begin(&c);
    ledger_must(&c, "open dan name=Geheim key=open-dan");
    ask(&asked, "open dan name=Geheim key=open-dan");
    ask(&asked, "open dan name=Anders key=open-dan");
    ask(&asked, "open eve name=Neu");
    ask(&asked, "open eve name=Neu");
    ask(&asked, "change cust=eve name=Neuer");
    ask(&asked, "erase cust=dan reason=r");
    ask(&asked, "change cust=dan name=Wieder");
    ask(&asked, "open dan name=Geheim key=open-dan");
    assert_int_equal(check_rehearsal(&c, &asked, asked.count), 3);
    release(&asked);
    ledger_case_end(&c);
}

/* The process that writes has the checkpoint to itself: there the journal is folded. */
static void it_runs_beside_the_writer_of_the_same_process(void **state) {
    (void)state;
    struct ledger_case c;
    static struct asked asked;
    struct rehearsal *rehearsal = NULL;
    struct daybook_answers answers = {0};
    struct chance chance = {chance_seed(7)};
    begin(&c);
    random_steps(&c, &chance, STEPS);
    uint64_t head = ledger_head(&c);
    ask(&asked, "charge NEW 10 goods");
    ask(&asked, "charge NEW 10 goods");
    LEDGER_OK(&c, rehearsal_open(c.ledger, 0, &rehearsal, &c.error));
    ledger_must(&c, "charge NEW 5 goods"); /* What comes later is not seen. */
    LEDGER_OK(&c, rehearsal_submit(rehearsal, asked.requests, asked.count, &answers, &c.error));
    assert_null(answers.items[0].refusal);
    assert_int_equal(answers.items[0].first_sequence, head + 1);
    assert_int_equal(answers.items[1].refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT);
    daybook_answers_release(&answers);
    rehearsal_close(rehearsal);
    release(&asked);
    ledger_case_end(&c);
}

/* RH3: it stops and says so; rows that were only read make room before. */
static void memory_is_bounded(void **state) {
    (void)state;
    struct ledger_case c;
    struct asked asked = {0};
    struct rehearsal *rehearsal = NULL;
    struct daybook_answers answers = {0};
    begin(&c);
    close_ledger(&c);
    open_to_read(&c);
    LEDGER_OK(&c, rehearsal_open(c.ledger, 24 << 10, &rehearsal, &c.error));
    enum daybook_status status = DAYBOOK_OK;
    for (int i = 0; i < 400 && status == DAYBOOK_OK; i++) {
        char line[64];
        snprintf(line, sizeof line, "charge C%d 10 goods cust=bob key=charge-%d", i, i);
        asked.count = 0;
        ask(&asked, line);
        status = rehearsal_submit(rehearsal, asked.requests, 1, &answers, &c.error);
        daybook_answers_release(&answers);
        daybook_buffer_release(&asked.buffers[0]);
    }
    assert_int_equal(status, DAYBOOK_LIMIT);
    assert_non_null(strstr(c.error.message, "ask for less at once"));
    rehearsal_close(rehearsal);
    ledger_case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_what_submitting_answers),
        cmocka_unit_test(names_are_sealed_and_no_key_is_made),
        cmocka_unit_test(it_runs_beside_the_writer_of_the_same_process),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
