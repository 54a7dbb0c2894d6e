/* The memo: what is recalled was kept under that commit, whoever writes meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "projection/memo.h"

enum { KEYS = 200000, THREADS = 4, ROUNDS = 50000, VALUE_SIZE = 12 };

static struct daybook_bytes key_of(uint32_t number, char text[16]) {
    int size = snprintf(text, 16, "customer%u", (unsigned)number);
    return (struct daybook_bytes){(const uint8_t *)text, (size_t)size};
}

/* The same number in every part, so that a line of two writers would be seen. */
static void value_of(uint32_t number, uint64_t commit, uint8_t value[VALUE_SIZE]) {
    for (size_t at = 0; at < VALUE_SIZE; at += 4) {
        store_le32(value + at, number * 31 + (uint32_t)commit);
    }
}

static bool recalls(const struct memo *memo, uint32_t number, uint64_t commit) {
    char text[16];
    uint8_t value[VALUE_SIZE] = {0};
    uint8_t wanted[VALUE_SIZE];
    if (!memo_recall(memo, commit, key_of(number, text), value, sizeof value)) {
        return false;
    }
    value_of(number, commit, wanted);
    assert_memory_equal(value, wanted, sizeof wanted);
    return true;
}

static void keep(struct memo *memo, uint32_t number, uint64_t commit) {
    char text[16];
    uint8_t value[VALUE_SIZE];
    value_of(number, commit, value);
    memo_keep(memo, commit, key_of(number, text), (struct daybook_bytes){value, sizeof value});
}

static void what_is_kept_is_recalled_under_its_commit_alone(void **state) {
    (void)state;
    struct memo *memo = memo_open(0);
    assert_non_null(memo);
    assert_false(recalls(memo, 1, 0));
    assert_false(recalls(memo, 1, 7));
    keep(memo, 1, 7);
    assert_true(recalls(memo, 1, 7));
    assert_false(recalls(memo, 1, 8));
    assert_false(recalls(memo, 1, 6));
    assert_false(recalls(memo, 2, 7));
    keep(memo, 1, 8);
    assert_true(recalls(memo, 1, 8));
    assert_false(recalls(memo, 1, 7));
    memo_close(memo);
}

static void of_more_keys_than_lines_none_is_taken_for_another(void **state) {
    (void)state;
    struct memo *memo = memo_open(0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        keep(memo, i, 3);
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        count += recalls(memo, i, 3);
    }
    assert_true(count > KEYS / 8 && count < KEYS);
    memo_close(memo);
}

static void a_key_and_its_value_of_47_bytes_fit_and_of_48_do_not(void **state) {
    (void)state;
    struct memo *memo = memo_open(0);
    uint8_t bytes[48];
    uint8_t value[VALUE_SIZE] = "value";
    uint8_t found[VALUE_SIZE];
    memset(bytes, 'x', sizeof bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        memo_keep(memo, 1, (struct daybook_bytes){bytes, size}, (struct daybook_bytes){value, sizeof value});
    }
    assert_false(memo_recall(memo, 1, (struct daybook_bytes){bytes, 0}, found, sizeof found));
    assert_false(memo_recall(memo, 1, (struct daybook_bytes){bytes, 36}, found, sizeof found));
    assert_false(memo_recall(memo, 1, (struct daybook_bytes){bytes, 48}, found, sizeof found));
    assert_true(memo_recall(memo, 1, (struct daybook_bytes){bytes, 35}, found, sizeof found));
    assert_memory_equal(found, value, sizeof value);
    assert_true(memo_recall(memo, 1, (struct daybook_bytes){bytes, 1}, found, sizeof found));
    assert_memory_equal(found, value, sizeof value);
    memo_close(memo);
}

static void without_memory_nothing_is_known(void **state) {
    (void)state;
    keep(NULL, 1, 1);
    assert_false(recalls(NULL, 1, 1));
    memo_close(NULL);
}

static void *write_and_read(void *context) {
    for (uint32_t round = 0; round < ROUNDS; round++) {
        keep(context, round % 3, 1 + round % 2);
        (void)recalls(context, (round + 1) % 3, 1 + round % 2);
    }
    return NULL;
}

static void threads_at_one_line_see_whole_values(void **state) {
    (void)state;
    struct memo *memo = memo_open(0);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, memo), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    keep(memo, 1, 9);
    assert_true(recalls(memo, 1, 9));
    memo_close(memo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_recalled_under_its_commit_alone),
        cmocka_unit_test(of_more_keys_than_lines_none_is_taken_for_another),
        cmocka_unit_test(a_key_and_its_value_of_47_bytes_fit_and_of_48_do_not),
        cmocka_unit_test(without_memory_nothing_is_known),
        cmocka_unit_test(threads_at_one_line_see_whole_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
