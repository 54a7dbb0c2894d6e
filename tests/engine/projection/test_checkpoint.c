/* The checkpoint row: what was saved is loaded, and what was not is refused. */
#include "projection/checkpoint.h"

#include "toy.h"

static const char *const tables[] = {"customers", "totals", CHECKPOINT_TABLE};

struct fixture {
    char directory[64];
    struct store *store;
};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct store_options options = {
        .tables = tables, .table_count = 3, .map_size_bytes = TOY_MAP_BYTES, .may_create = true};
    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/daybook-checkpoint-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    assert_int_equal(store_open(fixture->directory, &options, &fixture->store, NULL), DAYBOOK_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    store_close(fixture->store);
    toy_remove(fixture->directory);
    free(fixture);
    return 0;
}

/* Drawn by hand from the picture in checkpoint.c; the checksum is the only part that is not. */
static const uint8_t expected_head[] = {
    'D',  'B',  'c',  'p', 1, 0, 0, 0,                /* magic, format */
    0x39, 0x30, 0,    0,   0, 0, 0, 0,                /* position 12345 */
    0x40, 0x42, 0x0f, 0,   0, 0, 0, 0,                /* recorded at 1 s */
    1,    0,    0,    0,   1, 3, 0, 0, 't', 'o', 'y', /* version, complete, the name */
};

static void it_is_stored_as_drawn(void **state) {
    struct fixture *fixture = *state;
    struct checkpoint saved = {12345, 1000000, 1, true};
    struct checkpoint loaded;
    struct store_txn *txn;
    struct daybook_bytes value;
    bool is_found;
    assert_int_equal(store_begin_write(fixture->store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(checkpoint_load(txn, &toy, &loaded, &is_found, NULL), DAYBOOK_OK);
    assert_false(is_found);
    assert_int_equal(checkpoint_save(txn, &toy, &saved, NULL), DAYBOOK_OK);
    assert_int_equal(checkpoint_load(txn, &toy, &loaded, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found);
    assert_int_equal(loaded.position, 12345);
    assert_int_equal(loaded.recorded_at_us, 1000000);
    assert_int_equal(loaded.version, 1);
    assert_true(loaded.is_complete);
    assert_int_equal(table_get(txn, 2, daybook_bytes_of_text("checkpoint"), &value, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found);
    assert_int_equal(value.size, sizeof expected_head + 8);
    assert_memory_equal(value.data, expected_head, sizeof expected_head);
    store_abort(txn);
}

/* Every bit of the row, turned one at a time. */
static void a_turned_bit_is_found(void **state) {
    struct fixture *fixture = *state;
    struct checkpoint saved = {7, 8, 9, false};
    struct checkpoint loaded;
    struct store_txn *txn;
    struct daybook_bytes value;
    uint8_t row[64];
    bool is_found;
    assert_int_equal(store_begin_write(fixture->store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(checkpoint_save(txn, &toy, &saved, NULL), DAYBOOK_OK);
    assert_int_equal(table_get(txn, 2, daybook_bytes_of_text("checkpoint"), &value, &is_found, NULL), DAYBOOK_OK);
    size_t size = value.size;
    assert_in_range(size, 1, sizeof row);
    memcpy(row, value.data, size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        row[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(
            table_put(txn, 2, daybook_bytes_of_text("checkpoint"), (struct daybook_bytes){row, size}, NULL),
            DAYBOOK_OK);
        assert_int_equal(checkpoint_load(txn, &toy, &loaded, &is_found, NULL), DAYBOOK_DAMAGED);
        row[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(table_put(txn, 2, daybook_bytes_of_text("checkpoint"), (struct daybook_bytes){row, cut}, NULL),
                         DAYBOOK_OK);
        assert_int_equal(checkpoint_load(txn, &toy, &loaded, &is_found, NULL), DAYBOOK_DAMAGED);
    }
    store_abort(txn);
}

static void another_views_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct checkpoint saved = {7, 8, 9, false};
    struct checkpoint loaded;
    struct store_txn *txn;
    bool is_found;
    assert_int_equal(store_begin_write(fixture->store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(checkpoint_save(txn, &calm_toy, &saved, NULL), DAYBOOK_OK);
    assert_int_equal(checkpoint_load(txn, &toy, &loaded, &is_found, NULL), DAYBOOK_DAMAGED);
    store_abort(txn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_stored_as_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(a_turned_bit_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(another_views_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
