/* Pages that were changed are found before LMDB walks them; those that pass can be walked. */
#include "store/page_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "tests/engine/store/place.h"
#include "tests/rows.h"

enum { PLAIN, LARGE, CHURNED, EMPTY, TABLES };
static const char *const names[TABLES] = {"plain", "large", "churned", "empty"};

struct kept {
    char directory[64];
    char file[96];
    struct daybook_error error;
};

static struct store *open_store(struct kept *kept, bool is_read_only) {
    struct store_options options = {.tables = names,
                                    .table_count = TABLES,
                                    .map_size_bytes = (size_t)1 << 28,
                                    .may_create = !is_read_only,
                                    .is_read_only = is_read_only};
    struct store *store = NULL;
    enum daybook_status status = store_open(kept->directory, &options, &store, &kept->error);
    if (status != DAYBOOK_OK) {
        assert_true(is_read_only); /* A changed meta may be refused; it may not kill. */
        return NULL;
    }
    return store;
}

static void put(struct store_txn *txn, unsigned table, unsigned key, size_t size) {
    uint8_t bytes[8];
    uint8_t *value = calloc(1, size);
    assert_non_null(value);
    memset(value, (int)(key % 251), size);
    store_be64(bytes, key);
    assert_int_equal(table_put(txn, table, (struct daybook_bytes){bytes, 8}, (struct daybook_bytes){value, size}, NULL),
                     DAYBOOK_OK);
    free(value);
}

/* Three transactions, so that pages are freed and used again; two levels of pages, large values, a list of free ones.
 */
static int begin(void **state) {
    static struct kept kept;
    strcpy(kept.directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(kept.directory));
    snprintf(kept.file, sizeof kept.file, "%.64s/data.mdb", kept.directory);
    struct store *store = open_store(&kept, false);
    for (unsigned round = 0; round < 3; round++) {
        struct store_txn *txn = NULL;
        assert_int_equal(store_begin_write(store, &txn, &kept.error), DAYBOOK_OK);
        for (unsigned i = 0; i < 60; i++) {
            put(txn, PLAIN, round * 1000 + i, 100 + i);
            put(txn, CHURNED, i, 300);
        }
        put(txn, LARGE, round, 9000);
        if (round == 2) {
            assert_int_equal(table_clear(txn, CHURNED, &kept.error), DAYBOOK_OK);
            put(txn, CHURNED, 7, 10);
        }
        assert_int_equal(store_commit(txn, &kept.error), DAYBOOK_OK);
    }
    store_close(store);
    *state = &kept;
    return 0;
}

static int end(void **state) {
    place_remove(((struct kept *)*state)->directory);
    return 0;
}

static void a_sound_file_passes(void **state) {
    struct kept *kept = *state;
    struct page_report report;
    assert_int_equal(page_check(kept->file, &report, &kept->error), DAYBOOK_OK);
    assert_int_equal(report.table_count, TABLES);
    assert_int_equal(report.row_count, 180 + 3 + 1);
    assert_true(report.free_pages > 0);
    assert_true(report.used_pages > 9);
}

/* Everything that a reader does: open, each row of each table, each of its bytes. */
static uint64_t walk_all(struct kept *kept) {
    uint64_t sum = 0;
    struct store *store = open_store(kept, true);
    struct store_txn *txn = NULL;
    if (store == NULL) {
        return 0;
    }
    assert_int_equal(store_begin_read(store, &txn, &kept->error), DAYBOOK_OK);
    for (unsigned table = 0; table < TABLES; table++) {
        struct table_cursor *cursor = NULL;
        struct table_row row;
        assert_int_equal(cursor_open(txn, table, &cursor, &kept->error), DAYBOOK_OK);
        enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){0}, &row, &kept->error);
        while (status == DAYBOOK_OK && row.is_valid) {
            for (size_t i = 0; i < row.value.size; i++) {
                sum += row.value.data[i];
            }
            status = cursor_next(cursor, &row, &kept->error);
        }
        cursor_close(cursor);
    }
    store_abort(txn);
    store_close(store);
    return sum;
}

struct counts {
    size_t found;
    size_t passed;
};

static void try_changed(struct kept *kept, FILE *file, long at, uint8_t wrong, uint8_t right, struct counts *counts) {
    struct page_report report;
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_not_equal(fputc(wrong, file), EOF);
    assert_int_equal(fflush(file), 0);
    if (page_check(kept->file, &report, &kept->error) == DAYBOOK_OK) {
        counts->passed++;
        (void)walk_all(kept); /* It comes back. */
    } else {
        counts->found++;
        assert_int_equal(kept->error.status, DAYBOOK_DAMAGED);
        assert_non_null(strstr(kept->error.message, "page"));
    }
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_not_equal(fputc(right, file), EOF);
    assert_int_equal(fflush(file), 0);
}

/* Each byte of the first two pages' and of every page's head, and every so-manieth of the rest. */
static void changed_bytes_are_found_or_harmless(void **state) {
    struct kept *kept = *state;
    struct counts counts = {0};
    const char *long_run = getenv("DAYBOOK_TEST_LONG");
    long step = long_run == NULL ? 31 : 1;
    FILE *file = fopen(kept->file, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    for (long at = 0; at < size; at++) {
        if (at % 4096 >= 160 && at % step != 0) {
            continue;
        }
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        uint8_t right = (uint8_t)fgetc(file);
        try_changed(kept, file, at, (uint8_t)(right ^ (1U << (at % 8))), right, &counts);
        if (at % 4096 < 160) {
            try_changed(kept, file, at, 0xFF, right, &counts);
        }
    }
    fclose(file);
    print_message("%zu found, %zu harmless\n", counts.found, counts.passed);
    assert_true(counts.found > 1000);
    assert_true(counts.passed > 0); /* Values are for the rows' own checksums. */
    assert_true(walk_all(kept) > 0);
}

static void a_cut_file_is_found(void **state) {
    struct kept *kept = *state;
    struct page_report report;
    char command[256];
    char path[112];
    for (unsigned pages = 1; pages < 12; pages += 2) {
        snprintf(path, sizeof path, "%s.cut", kept->file);
        snprintf(command, sizeof command, "head -c %u %s >%s", pages * 4096 - 7, kept->file, path);
        assert_int_equal(system(command), 0);
        assert_int_equal(page_check(path, &report, &kept->error), DAYBOOK_DAMAGED);
    }
    assert_int_equal(page_check("/tmp/no-such-file", &report, &kept->error), DAYBOOK_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_file_passes),
        cmocka_unit_test(a_cut_file_is_found),
        cmocka_unit_test(changed_bytes_are_found_or_harmless),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
