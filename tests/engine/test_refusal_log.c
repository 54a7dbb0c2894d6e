/* The ring of refused requests: bounded, newest first, whole records only, and nobody's answer waits for it. */
#include "refusal_log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/test-refusals-XXXXXX";
static char path[64];

static int make_directory(void **state) {
    (void)state;
    (void)strcpy(strrchr(directory, '-') + 1, "XXXXXX");
    bool is_made = mkdtemp(directory) != NULL;
    (void)snprintf(path, sizeof path, "%s/refusals", directory);
    return is_made ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

static void add(struct refusal_log *log, int64_t now_us, const char *actor, const char *customer, const char *message) {
    Pb__Request request = PB__REQUEST__INIT;
    Pb__Refusal refusal = PB__REFUSAL__INIT;
    request.actor = (char *)(uintptr_t)actor;
    request.role = PB__ROLE__ROLE_CASHIER;
    request.customer = (char *)(uintptr_t)customer;
    request.command_case = PB__REQUEST__COMMAND_ALLOCATE;
    refusal.code = PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED;
    refusal.message = (char *)(uintptr_t)message;
    refusal.requested_minor = INT64_MIN;
    refusal.available_minor = INT64_MAX;
    refusal.currency = (char *)(uintptr_t) "CNY";
    refusal.date = (char *)(uintptr_t) "2024-02-29";
    refusal_log_add(log, now_us, &request, &refusal);
}

static Pb__RefusalsAnswer read_log(struct arena *arena, const char *actor, size_t limit) {
    Pb__RefusalsAnswer answer = PB__REFUSALS_ANSWER__INIT;
    assert_int_equal(refusal_log_read(directory, actor, limit, arena, &answer, NULL), DAYBOOK_OK);
    return answer;
}

static void newest_come_first(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(read_log(&arena, "", 5).refused, 0); /* There is no file yet. */
    struct refusal_log *log = refusal_log_open(directory);
    assert_non_null(log);
    assert_int_equal(access(path, F_OK), -1); /* The first refusal makes it. */
    add(log, 1, "carl", "ACME", "one");
    add(log, 2, "anna", "ACME", "two");
    add(log, 3, "carl", "ACME", "three");
    refusal_log_close(log);
    log = refusal_log_open(directory); /* And it goes on where it ended. */
    add(log, 4, "carl", "BETA", "four");
    refusal_log_close(log);
    Pb__RefusalsAnswer answer = read_log(&arena, "", 3);
    assert_int_equal(answer.refused, 4);
    assert_int_equal(answer.n_rows, 3);
    assert_string_equal(answer.rows[0]->refusal->message, "four");
    assert_string_equal(answer.rows[0]->command, "allocate");
    assert_string_equal(answer.rows[0]->customer, "BETA");
    assert_int_equal(answer.rows[0]->role, PB__ROLE__ROLE_CASHIER);
    assert_int_equal(answer.rows[0]->refused_at_us, 4);
    assert_string_equal(answer.rows[2]->refusal->message, "two");
    answer = read_log(&arena, "anna", 10);
    assert_int_equal(answer.n_rows, 1);
    assert_string_equal(answer.rows[0]->refusal->message, "two");
    arena_release(&arena);
}

static void the_ring_is_bounded(void **state) {
    (void)state;
    enum { MORE = 100 };
    struct arena arena;
    struct stat made;
    arena_init(&arena, 64 << 20);
    struct refusal_log *log = refusal_log_open(directory);
    for (int i = 1; i <= REFUSAL_LOG_RECORDS + MORE; i++) {
        add(log, i, "carl", "ACME", "no");
    }
    refusal_log_close(log);
    assert_int_equal(stat(path, &made), 0);
    assert_int_equal(made.st_size, (off_t)REFUSAL_LOG_RECORDS * REFUSAL_RECORD_BYTES);
    assert_int_equal(made.st_mode & 0777, 0600);
    Pb__RefusalsAnswer answer = read_log(&arena, "", SIZE_MAX / 1024);
    assert_int_equal(answer.refused, REFUSAL_LOG_RECORDS + MORE);
    assert_int_equal(answer.n_rows, REFUSAL_LOG_RECORDS);
    assert_int_equal(answer.rows[0]->refused_at_us, REFUSAL_LOG_RECORDS + MORE);
    assert_int_equal(answer.rows[answer.n_rows - 1]->refused_at_us, MORE + 1);
    arena_release(&arena);
}

/* Texts of any length and any bytes: a record has room for the longest, and keeps no half character. */
static void texts_are_cut(void **state) {
    (void)state;
    struct arena arena;
    char id[65];
    char message[1024];
    arena_init(&arena, 1 << 20);
    memset(id, 'x', 64);
    id[64] = '\0';
    for (size_t i = 0; i + 3 < sizeof message; i += 3) {
        memcpy(message + i, "\xe7\x8e\x8b", 4); /* U+738B */
    }
    struct refusal_log *log = refusal_log_open(directory);
    add(log, INT64_MAX, id, id, message);
    add(log, 2, "\xff\xfe", "a\nb", "bad bytes");
    refusal_log_close(log);
    Pb__RefusalsAnswer answer = read_log(&arena, "", 5);
    assert_int_equal(answer.n_rows, 2);
    assert_string_equal(answer.rows[0]->actor, "");
    assert_string_equal(answer.rows[0]->customer, "");
    assert_string_equal(answer.rows[1]->actor, id);
    size_t size = strlen(answer.rows[1]->refusal->message);
    assert_true(size > 100 && size % 3 == 0);
    assert_memory_equal(answer.rows[1]->refusal->message, message, size);
    arena_release(&arena);
}

static void a_damaged_record_is_left_out(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct refusal_log *log = refusal_log_open(directory);
    add(log, 1, "carl", "ACME", "one");
    add(log, 2, "carl", "ACME", "two");
    refusal_log_close(log);
    int file = open(path, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "!", 1, REFUSAL_RECORD_BYTES + 30), 1); /* In record 1. */
    assert_int_equal(close(file), 0);
    Pb__RefusalsAnswer answer = read_log(&arena, "", 5);
    assert_int_equal(answer.n_rows, 1);
    assert_string_equal(answer.rows[0]->refusal->message, "two");
    arena_release(&arena);
}

static void a_disk_that_takes_nothing_stops_nobody(void **state) {
    (void)state;
    struct refusal_log *log = refusal_log_open("/nonexistent/ledger");
    assert_non_null(log);
    add(log, 1, "carl", "ACME", "one");
    refusal_log_close(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(newest_come_first, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(the_ring_is_bounded, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(texts_are_cut, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(a_damaged_record_is_left_out, make_directory, remove_directory),
        cmocka_unit_test(a_disk_that_takes_nothing_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
