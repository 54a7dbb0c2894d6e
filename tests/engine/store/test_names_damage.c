/* Rows of names that nobody has written, under checksums that are right: each is found, and no name is invented. */
#include "tests/engine/store/names_case.h"

#include "store/names_block.h"
#include "tests/rows.h"

enum { RUNS = 3, A_RUN = 400, RUNS_MOST = 128, LIST_VALUE_BYTES = 36, ROOM = 4096 };

static struct names_entry entry_of(uint64_t run, uint64_t i) {
    return (struct names_entry){(i + 1) * 1000 + run, run * A_RUN + i + 1};
}

static void begin(struct folding *f) {
    names_case_begin(f);
    struct names *names = open_names(f);
    for (uint64_t run = 0; run < RUNS; run++) {
        struct names_entry entries[A_RUN];
        for (uint64_t i = 0; i < A_RUN; i++) {
            entries[i] = entry_of(run, i);
        }
        flush_names(f, names, entries, A_RUN);
    }
    names_close(names);
}

static enum daybook_status find(struct folding *f, struct names *names, struct names_entry sought) {
    uint64_t numbers[4];
    size_t count = 0;
    struct store_txn *txn = folding_read(f);
    enum daybook_status status = names_find(names, txn, sought.hash, 0, numbers, 4, &count, &f->error);
    assert_true(status != DAYBOOK_OK || (count == 1 && numbers[0] == sought.number));
    store_abort(txn);
    return status;
}

/* ---- rows ---- */

#define LIST 0xFFFFFFFFU

struct forged_row {
    const char *name;
    struct {
        uint32_t table; /* A run, or LIST. */
        uint32_t run;   /* In the list; of a run, its first block is meant. */
        int longer_by;
    } key;
    int value_longer_by; /* Than the one that is there; what is more is zeros. */
    int changed_at;      /* A byte of the value; 0: none. */
    bool is_put_anew;    /* Under a key that was not there. */
    bool keeps_checksum; /* That of the row it was. */
    bool opens;          /* What is damaged is found when a name of it is looked for. */
};

static const struct forged_row forged_rows[] = {
    {"the list: too few bytes for a checksum", {LIST, 1, 0}, 7 - LIST_VALUE_BYTES, 0, false, false, false},
    {"the list: a byte less", {LIST, 2, 0}, -1, 0, false, false, false},
    {"the list: a byte more", {LIST, 2, 0}, 1, 0, false, false, false},
    {"the list: a key that is too long", {LIST, 2, 1}, 0, 0, true, false, false},
    {"the list's end: another count", {LIST, LIST, 0}, 0, 8, false, false, false},
    {"the list's end: a byte more", {LIST, LIST, 0}, 1, 0, false, false, false},
    {"behind the list's end", {LIST, LIST, 1}, 0, 0, true, false, false},
    {"the list: another checksum", {LIST, 3, 0}, 0, 12, false, true, false},
    {"a block: no entry", {1, 0, 0}, -BLOCK_ENTRIES *ENTRY_BYTES, 0, false, false, true},
    {"a block: a byte less", {1, 0, 0}, -1, 0, false, false, true},
    {"a block: an entry too many", {1, 0, 0}, ENTRY_BYTES, 0, false, false, true},
    {"a block: another first entry", {1, 0, 0}, 0, BLOCK_HEADER_BYTES, false, false, true},
    {"a block: a key that is too long", {1, 0, 1}, 0, 0, true, false, true},
    {"a block: another checksum", {1, 0, 0}, 0, 100, false, true, true},
};

static size_t key_of(const struct forged_row *row, uint8_t key[BLOCK_KEY_BYTES + 1]) {
    memset(key, 0, BLOCK_KEY_BYTES + 1);
    if (row->key.table == LIST) {
        store_be32(key, LIST);
        store_be32(key + 4, row->key.run);
        return 8;
    }
    const struct names_entry first = entry_of(row->key.table - 1, 0);
    block_key(key, row->key.table, first.hash, first.number);
    return BLOCK_KEY_BYTES;
}

/* The row that is there, changed. A block whose key is changed is taken away. */
static void forge(struct folding *f, const struct forged_row *row) {
    uint8_t key[BLOCK_KEY_BYTES + 1];
    uint8_t value[ROOM] = {0};
    struct daybook_bytes was;
    bool is_found = false;
    const size_t key_size = key_of(row, key);
    const struct daybook_bytes old_key = {key, key_size};
    const struct daybook_bytes new_key = {key, key_size + (size_t)row->key.longer_by};
    folding_begin(f);
    FOLDING_OK(f, table_get(f->txn, 0, old_key, &was, &is_found, &f->error));
    assert_true(is_found);
    const size_t size = (size_t)((int)was.size + row->value_longer_by);
    memcpy(value, was.data, was.size);
    value[row->changed_at] ^= row->changed_at > 0 ? 1 : 0;
    if (row->is_put_anew && row->opens) {
        FOLDING_OK(f, table_delete(f->txn, 0, old_key, &is_found, &f->error));
    }
    if (row->keeps_checksum || size < 8) {
        FOLDING_OK(f, table_put(f->txn, 0, new_key, (struct daybook_bytes){value, size}, &f->error));
    } else {
        FOLDING_OK(f, names_row_put(f->txn, 0, new_key, value, size, &f->error));
    }
    folding_commit(f);
}

static void a_forged_row_is_found(void **state) {
    const struct forged_row *row = *state;
    struct folding f;
    struct names *names = NULL;
    begin(&f);
    forge(&f, row);
    f.error.message[0] = '\0';
    assert_int_equal(try_open_names(&f, &names), row->opens ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    if (row->opens) { /* Of this run a block is none, and the one behind it is not where it was said to be. */
        enum daybook_status here = find(&f, names, entry_of(0, 0));
        enum daybook_status there = find(&f, names, entry_of(0, BLOCK_ENTRIES));
        assert_true(here == DAYBOOK_DAMAGED || there == DAYBOOK_DAMAGED);
        assert_int_equal(find(&f, names, entry_of(0, A_RUN - 1)), DAYBOOK_OK);
    }
    assert_true(row->opens || strstr(f.error.message, "a block of them is damaged or lost") != NULL);
    names_close(names);
    folding_close(&f);
}

static void rows_that_are_all_gone(void **state) {
    (void)state;
    struct folding f;
    begin(&f);
    struct names *names = open_names(&f);
    assert_int_equal(find(&f, names, entry_of(1, 5)), DAYBOOK_OK);
    folding_begin(&f);
    FOLDING_OK(&f, table_clear(f.txn, 0, &f.error));
    folding_commit(&f);
    assert_int_equal(find(&f, names, entry_of(1, 5)), DAYBOOK_DAMAGED);
    names_close(names);
    folding_close(&f);
}

/* ---- how many runs there may be ---- */

/* A list of `count` runs, each of a level of its own, so that nothing is merged. Their blocks are not there. */
static void put_list(struct folding *f, uint32_t count) {
    uint8_t key[8];
    folding_begin(f);
    store_be32(key, LIST);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t value[LIST_VALUE_BYTES] = {0};
        store_be32(key + 4, i + 1);
        store_le32(value + 8, 100 + i);
        FOLDING_OK(f, names_row_put(f->txn, 0, (struct daybook_bytes){key, 8}, value, sizeof value, &f->error));
    }
    uint8_t end[12];
    store_be32(key + 4, LIST);
    store_le32(end + 8, count);
    FOLDING_OK(f, names_row_put(f->txn, 0, (struct daybook_bytes){key, 8}, end, sizeof end, &f->error));
    folding_commit(f);
}

static void more_runs_than_there_may_be(void **state) {
    (void)state;
    struct folding f;
    struct names *names = NULL;
    const struct names_entry entry = {1, 1};
    names_case_begin(&f);
    put_list(&f, RUNS_MOST);
    names = open_names(&f);
    assert_int_equal(names_run_count(names), RUNS_MOST);
    folding_begin(&f);
    names_begin_flush(names);
    assert_int_equal(names_flush(names, f.txn, &entry, 1, &f.error), DAYBOOK_LIMIT);
    assert_non_null(strstr(f.error.message, "128 runs"));
    store_abort(f.txn);
    names_close(names);
    put_list(&f, RUNS_MOST + 1);
    assert_int_equal(try_open_names(&f, &names), DAYBOOK_DAMAGED);
    folding_close(&f);
}

/* ---- while a flush is under way ---- */

/* N4: what is being flushed is not seen, before and with a filter; a hint may come at any time. */
static void a_flush_is_seen_when_it_is_ended(void **state) {
    (void)state;
    struct folding f;
    begin(&f);
    struct names *names = open_names(&f);
    for (uint64_t run = RUNS; run < RUNS + 2; run++) {
        struct names_entry entry = {run, run};
        uint64_t number = 0;
        size_t count = 7;
        names_foresee(names, entry.hash);
        folding_begin(&f);
        names_begin_flush(names);
        FOLDING_OK(&f, names_flush(names, f.txn, &entry, 1, &f.error));
        assert_int_equal(find(&f, names, entry_of(2, 7)), DAYBOOK_OK);
        struct store_txn *txn = folding_read(&f);
        FOLDING_OK(&f, names_find(names, txn, entry.hash, 0, &number, 1, &count, &f.error));
        assert_int_equal(count, 0);
        store_abort(txn);
        folding_commit(&f);
        names_end_flush(names);
        assert_int_equal(find(&f, names, entry), DAYBOOK_OK);
        txn = folding_read(&f);
        for (uint64_t i = 0; i < 5000; i++) { /* So many that are not there: the filter is made. */
            FOLDING_OK(&f, names_find(names, txn, (i << 32) + 7, 0, &number, 1, &count, &f.error));
            assert_int_equal(count, 0);
        }
        store_abort(txn);
        assert_int_equal(find(&f, names, entry_of(1, 7)), DAYBOOK_OK);
    }
    names_close(names);
    folding_close(&f);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, forged_rows, a_forged_row_is_found);
    rows_add(&rows, "rows that are all gone", rows_that_are_all_gone, NULL);
    rows_add(&rows, "more runs than there may be", more_runs_than_there_may_be, NULL);
    rows_add(&rows, "a flush is seen when it is ended", a_flush_is_seen_when_it_is_ended, NULL);
    return rows_run("names_damage", &rows);
}
