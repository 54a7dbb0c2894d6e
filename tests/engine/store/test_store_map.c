/* engine/store/store_map.c: what of a store's file is mapped. */
#include <stdio.h>
#include <string.h>

#include "tests/engine/store/place.h"
#include "tests/engine/store/store_case.h"

enum { ROWS = 2048, ROW_BYTES = 4000 };

/* Resident, of the file in that directory: what the system says. */
static size_t mapped_bytes(const char *directory) {
    char line[4096];
    char file[4096];
    bool is_ours = false;
    size_t kib = 0;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    (void)snprintf(file, sizeof file, "%s/data.mdb\n", directory);
    while (fgets(line, sizeof line, maps) != NULL) {
        size_t size = strlen(line);
        if (strstr(line, ".mdb\n") != NULL) {
            is_ours = size > strlen(file) && strcmp(line + size - strlen(file), file) == 0;
        } else if (is_ours && strncmp(line, "Rss:", 4) == 0) {
            assert_int_equal(sscanf(line, "Rss: %zu kB", &kib), 1);
            break;
        }
    }
    (void)fclose(maps);
    return kib * 1024;
}

static void row_fill(uint8_t row[ROW_BYTES], int number) {
    memset(row, number & 0xFF, ROW_BYTES);
    store_le32(row, (uint32_t)number);
}

static struct daybook_bytes row_key(uint8_t key[4], int number) {
    store_be32(key, (uint32_t)number);
    return (struct daybook_bytes){key, 4};
}

static void fill_store(struct store *store) {
    struct store_txn *txn = NULL;
    uint8_t row[ROW_BYTES];
    uint8_t key[4];
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    for (int i = 0; i < ROWS; i++) {
        row_fill(row, i);
        assert_int_equal(table_put(txn, 0, row_key(key, i), (struct daybook_bytes){row, sizeof row}, NULL), DAYBOOK_OK);
    }
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
}

static void read_all(struct store_txn *txn) {
    uint8_t row[ROW_BYTES];
    uint8_t key[4];
    for (int i = 0; i < ROWS; i++) {
        struct daybook_bytes value;
        bool is_found = false;
        row_fill(row, i);
        assert_int_equal(table_get(txn, 0, row_key(key, i), &value, &is_found, NULL), DAYBOOK_OK);
        assert_true(is_found && daybook_bytes_equal(value, (struct daybook_bytes){row, sizeof row}));
    }
}

static void what_is_let_go_is_read_again(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    fill_store(store);
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    for (int round = 0; round < 2; round++) {
        read_all(txn);
        assert_true(mapped_bytes(*state) >= ROWS * (size_t)ROW_BYTES);
        store_let_go(store);
        assert_true(mapped_bytes(*state) < ROWS * (size_t)ROW_BYTES / 16);
    }
    read_all(txn);
    store_abort(txn);
    store_close(store);
}

static void a_store_that_is_only_read_lets_go_too(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    fill_store(store);
    store_close(store);
    store = open_store(*state, &reading);
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    read_all(txn);
    store_let_go(store);
    assert_true(mapped_bytes(*state) < ROWS * (size_t)ROW_BYTES / 16);
    read_all(txn);
    store_abort(txn);
    store_close(store);
}

static bool lets_go_while_reading(const char *directory, struct store_txn *txn) {
    read_all(txn);
    bool was_there = mapped_bytes(directory) >= ROWS * (size_t)ROW_BYTES / 2;
    read_all(txn); /* The last of 4 096 rows is where it lets go. */
    return was_there && mapped_bytes(directory) < ROWS * (size_t)ROW_BYTES / 16;
}

static void a_transaction_lets_go_as_it_goes_on(void **state) {
    struct store_options options = writing;
    options.lets_go = true;
    struct store *store = open_store(*state, &options);
    struct store_txn *txn = NULL;
    fill_store(store);
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    assert_true(lets_go_while_reading(*state, txn));
    store_abort(txn);
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    assert_true(lets_go_while_reading(*state, txn));
    store_abort(txn);
    store_close(store);
}

/* A test's few pages that were just written are in the system's cache. */
static void what_is_cached_is_mapped_before_it_is_read(void **state) {
    struct store *store = open_store(*state, &writing);
    struct store_txn *txn = NULL;
    atomic_bool ends = true;
    fill_store(store);
    store_let_go(store);
    store_map_in(store, &ends);
    assert_true(mapped_bytes(*state) < ROWS * (size_t)ROW_BYTES / 16);
    ends = false;
    store_map_in(store, &ends);
    assert_true(mapped_bytes(*state) >= ROWS * (size_t)ROW_BYTES);
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    read_all(txn);
    store_abort(txn);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_let_go_is_read_again, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_lets_go_as_it_goes_on, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(what_is_cached_is_mapped_before_it_is_read, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_is_only_read_lets_go_too, place_set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
