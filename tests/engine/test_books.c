/* The books are checked against the customers' rows at every checkpoint; what a disagreement does. */
#include "tests/engine/ledger_case.h"

#include "base/hash.h"
#include "domain/control.h"
#include "projection/mark.h"
#include "store/store.h"

enum { CONTROL_SEED = 5, RECEIVABLE_OFFSET = 4 + 8 * POSTING_RECEIVABLE };

/* Adds 1 to what the stored sums of the books have as receivable, as only a wrong program could. */
static void damage_sums(struct ledger_case *c) {
    static const char *const tables[] = {"rows", "names", "meta"};
    struct store_options options = {.tables = tables, .table_count = 3};
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    bool is_found = false;
    uint8_t bytes[2048];
    char path[96];
    snprintf(path, sizeof path, "%s/views/state", c->directory);
    LEDGER_OK(c, store_open(path, &options, &store, &c->error));
    LEDGER_OK(c, store_begin_write(store, &txn, &c->error));
    LEDGER_OK(c, table_get(txn, 2, daybook_bytes_of_text("control"), &value, &is_found, &c->error));
    assert_true(is_found && value.size <= sizeof bytes);
    memcpy(bytes, value.data, value.size);
    size_t size = value.size - 8;
    assert_int_equal(load_le64(bytes + size), hash64(bytes, size, CONTROL_SEED));
    store_le64(bytes + RECEIVABLE_OFFSET, load_le64(bytes + RECEIVABLE_OFFSET) + 1);
    store_le64(bytes + size, hash64(bytes, size, CONTROL_SEED));
    LEDGER_OK(c,
              table_put(txn, 2, daybook_bytes_of_text("control"), (struct daybook_bytes){bytes, size + 8}, &c->error));
    LEDGER_OK(c, store_commit(txn, &c->error));
    store_close(store);
}

static void submit_must_fail(struct ledger_case *c, const char *line, const char *key) {
    struct daybook_buffer bytes = line_encode(line, key);
    struct daybook_bytes request = daybook_buffer_view(&bytes);
    struct daybook_answers answers = {0};
    assert_int_equal(daybook_submit(c->ledger, &request, 1, DAYBOOK_SUBMIT_EACH, &answers, &c->error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(c->error.message, "Receivable"));
    assert_int_equal(answers.count, 0);
    daybook_buffer_release(&bytes);
}

static void a_checkpoint_says_through_where_they_agree(void **state) {
    (void)state;
    struct ledger_case c;
    struct control_report report;
    ledger_case_begin(&c);
    ledger_control(c.ledger, &report);
    assert_int_equal(report.checked_through, 0);
    ledger_must(&c, "open ann");
    ledger_must(&c, "charge g 500");
    ledger_must(&c, "pay p 200");
    ledger_case_reopen(&c);
    ledger_control(c.ledger, &report);
    assert_int_equal(report.checked_through, 4);
    assert_string_equal(report.doubt, "");
    daybook_close(c.ledger);
    c.how.is_writer = false; /* Another process would be told the same. */
    LEDGER_OK(&c, daybook_open(&c.how, &c.ledger, &c.error));
    ledger_control(c.ledger, &report);
    assert_int_equal(report.checked_through, 4);
    assert_string_equal(report.doubt, "");
    ledger_case_end(&c);
}

static void a_disagreement_stops_the_writer_and_loses_nothing(void **state) {
    (void)state;
    struct ledger_case c;
    struct control_report report;
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    ledger_must(&c, "charge g 500");
    daybook_close(c.ledger);
    damage_sums(&c);
    c.how.checkpoint_events = 1;
    ledger_case_open(&c);
    ledger_must(&c, "charge h 70"); /* Acknowledged; the next call begins with a checkpoint. */
    submit_must_fail(&c, "charge i 5", "again");
    submit_must_fail(&c, "charge i 5", "again");
    assert_int_equal(ledger_head(&c), 3);
    ledger_control(c.ledger, &report);
    assert_int_equal(report.checked_through, 2);
    assert_non_null(strstr(report.doubt, "Receivable"));
    assert_non_null(strstr(report.doubt, "571"));
    assert_non_null(strstr(report.doubt, "570"));
    ledger_case_reopen(&c); /* All of the journal is replayed, and checked before anything is taken. */
    ledger_control(c.ledger, &report);
    assert_int_equal(report.checked_through, 3);
    assert_string_equal(report.doubt, "");
    assert_int_equal(ledger_line(&c, "charge h 70"), PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT);
    ledger_must(&c, "charge i 5");
    ledger_must(&c, "charge j 5");
    ledger_control(c.ledger, &report);
    assert_int_equal(report.checked_through, 4);
    assert_int_equal(ledger_head(&c), 5);
    ledger_case_end(&c);
}

/* As a writer that was killed leaves it. */
static void leave_unclosed(const struct ledger_case *c, const struct mark_boot *boot, char path[96]) {
    snprintf(path, 96, "%s/views/state", c->directory);
    assert_int_equal(mark_read(path, boot), MARK_CLEAN);
    assert_int_equal(mark_write_dirty(path, boot, NULL), DAYBOOK_OK);
}

static void who_lives_until_a_checkpoint_was_not_killed_by_its_pages(void **state) {
    (void)state;
    enum { CHARGES_MOST = 10000 };
    struct ledger_case c;
    struct mark_boot boot;
    char path[96];
    mark_boot_read(&boot);
    ledger_case_begin(&c);
    ledger_must(&c, "open ann");
    daybook_close(c.ledger);
    leave_unclosed(&c, &boot, path);
    ledger_case_open(&c);
    ledger_must(&c, "charge g 5");
    ledger_must(&c, "charge h 5");
    assert_int_equal(mark_read(path, &boot), MARK_AGAIN); /* No checkpoint was due. */
    daybook_close(c.ledger);
    leave_unclosed(&c, &boot, path);
    c.how.checkpoint_events = 1;
    ledger_case_open(&c);
    assert_int_equal(mark_read(path, &boot), MARK_AGAIN);
    for (int i = 0; i < CHARGES_MOST && mark_read(path, &boot) != MARK_DIRTY; i++) {
        char line[32];
        snprintf(line, sizeof line, "charge n%d 5", i);
        ledger_must(&c, line);
    }
    assert_int_equal(mark_read(path, &boot), MARK_DIRTY);
    ledger_case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_says_through_where_they_agree),
        cmocka_unit_test(a_disagreement_stops_the_writer_and_loses_nothing),
        cmocka_unit_test(who_lives_until_a_checkpoint_was_not_killed_by_its_pages),
    };
    return cmocka_run_group_tests_name("books", tests, NULL, NULL);
}
