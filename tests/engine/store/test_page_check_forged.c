/* Each bound of a page, a node and a record, one over: page_check names the page, and what is wrong with it. */
#include "store/page_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "store/store.h"
#include "tests/engine/store/place.h"
#include "tests/rows.h"

enum { PAGE = 4096, DEEP_ROWS = 1200, CHURNED_ROWS = 1200 };
enum { DEEP, LARGE, TINY, CHURNED, EMPTY, TABLES };
static const char *const names[] = {"deep", "large", "tiny", "churned", "empty"};

static char directory[64];
static char path[96];
static char forged_path[104];

/* ---- the file ---- */

static struct store *open_store(void) {
    const struct store_options options = {
        .tables = names, .table_count = TABLES, .map_size_bytes = (size_t)1 << 28, .may_create = true};
    struct store *store = NULL;
    struct daybook_error error;
    if (store_open(directory, &options, &store, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    return store;
}

static void put(struct store_txn *txn, unsigned table, uint32_t key, size_t size) {
    static const uint8_t value[10000];
    uint8_t bytes[8] = {0};
    store_be32(bytes, key);
    assert_int_equal(table_put(txn, table, (struct daybook_bytes){bytes, 8}, (struct daybook_bytes){value, size}, NULL),
                     DAYBOOK_OK);
}

/* A tree three pages deep, large values, a table of one row and one of none, lists of free pages: short ones, and one
 * that is a large value. */
static void make_file(void) {
    struct store *store = open_store();
    for (uint32_t round = 0; round < 5; round++) {
        struct store_txn *txn = NULL;
        assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
        for (uint32_t i = 0; i < DEEP_ROWS && round < 3; i++) {
            put(txn, DEEP, i, 1000);
        }
        for (uint32_t i = 0; i < CHURNED_ROWS && round == 0; i++) {
            put(txn, CHURNED, i, 1000);
        }
        put(txn, LARGE, round, 9000);
        put(txn, TINY, 1, 48); /* As many bytes as a table's record has. */
        if (round == 1) {
            assert_int_equal(table_clear(txn, CHURNED, NULL), DAYBOOK_OK);
        }
        assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    }
    store_close(store);
}

struct file {
    uint8_t *bytes;
    size_t size;
};

static struct file file_read(void) {
    struct stat facts;
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    assert_int_equal(stat(path, &facts), 0);
    struct file file = {malloc((size_t)facts.st_size), (size_t)facts.st_size};
    assert_non_null(file.bytes);
    assert_int_equal(fread(file.bytes, 1, file.size, stream), file.size);
    (void)fclose(stream);
    return file;
}

static void file_write(const struct file *file) {
    FILE *stream = fopen(forged_path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(file->bytes, 1, file->size, stream), file->size);
    assert_int_equal(fclose(stream), 0);
}

/* ---- places in it ---- */

enum { AT_FREE = 40, AT_MAIN = 88, AT_LAST_PAGE = 136, AT_TXN = 144 }; /* Of a meta. */
enum { RECORD_SIZE_OF_PAGE = 0, RECORD_FLAGS = 4, RECORD_DEPTH = 6, RECORD_ROWS = 32, RECORD_ROOT = 40 };
enum { NODE_FLAGS = 4, NODE_KEY_SIZE = 6, NODE_KEY = 8 }; /* Value's size at 0. */
enum { PAGE_FLAGS = 10, PAGE_LOWER = 12, PAGE_UPPER = 14, PAGE_NODES = 16 };

static uint8_t *page_of(const struct file *file, uint64_t number) {
    assert_true(number < file->size / PAGE);
    return file->bytes + number * PAGE;
}

static uint8_t *node_of(uint8_t *page, unsigned index) {
    return page + load_le16(page + PAGE_NODES + 2 * index);
}

static uint8_t *value_of(uint8_t *node) {
    return node + NODE_KEY + load_le16(node + NODE_KEY_SIZE);
}

static uint8_t *meta_of(const struct file *file) {
    return file->bytes + (load_le64(file->bytes + PAGE + AT_TXN) > load_le64(file->bytes + AT_TXN) ? PAGE : 0);
}

static uint8_t *main_leaf_of(const struct file *file) {
    return page_of(file, load_le64(meta_of(file) + AT_MAIN + RECORD_ROOT));
}

static uint8_t *record_of(const struct file *file, unsigned table) {
    uint8_t *leaf = main_leaf_of(file);
    const size_t size = strlen(names[table]);
    unsigned index = 0;
    while (load_le16(node_of(leaf, index) + NODE_KEY_SIZE) != size ||
           memcmp(node_of(leaf, index) + NODE_KEY, names[table], size) != 0) {
        index++;
    }
    return value_of(node_of(leaf, index));
}

static uint8_t *root_of(const struct file *file, unsigned table) {
    return page_of(file, load_le64(record_of(file, table) + RECORD_ROOT));
}

static uint8_t *child_of(const struct file *file, uint8_t *branch, unsigned index) {
    return page_of(file, load_le32(node_of(branch, index)));
}

/* The first list of free pages that is in its node, and holds some. */
static uint8_t *free_node(const struct file *file) {
    uint8_t *leaf = page_of(file, load_le64(meta_of(file) + AT_FREE + RECORD_ROOT));
    unsigned index = 0;
    while (load_le16(node_of(leaf, index) + NODE_FLAGS) != 0 || load_le64(value_of(node_of(leaf, index))) < 3) {
        index++;
        assert_true(index < (load_le16(leaf + PAGE_LOWER) - PAGE_NODES) / 2u);
    }
    return node_of(leaf, index);
}

enum place {
    META_0,
    META_1,
    META,        /* The one in force. */
    DEEP_RECORD, /* Of tables, in the main one. */
    EMPTY_RECORD,
    MAIN_NODE,   /* A table's. */
    ROOT,        /* Of the deep table: a branch, */
    ROOT_NODE_0, /* its nodes, */
    ROOT_NODE_1,
    BRANCH_NODE, /* the second node of the branch below, */
    LEAF,        /* and the first leaf. */
    LEAF_NODE,
    TINY_NODE,
    LARGE_PAGE, /* The first page of a large value. */
    FREE_NODE,
    FREE_LIST,
};

static uint8_t *find(const struct file *file, enum place place) {
    uint8_t *root = root_of(file, DEEP);
    uint8_t *branch = child_of(file, root, 0);
    uint8_t *leaf = child_of(file, branch, 0);
    switch (place) {
    case META_0:
        return file->bytes;
    case META_1:
        return file->bytes + PAGE;
    case META:
        return meta_of(file);
    case DEEP_RECORD:
        return record_of(file, DEEP);
    case EMPTY_RECORD:
        return record_of(file, EMPTY);
    case MAIN_NODE:
        return node_of(main_leaf_of(file), 0);
    case ROOT:
        return root;
    case ROOT_NODE_0:
        return node_of(root, 0);
    case ROOT_NODE_1:
        return node_of(root, 1);
    case BRANCH_NODE:
        return node_of(branch, 1);
    case LEAF:
        return leaf;
    case LEAF_NODE:
        return node_of(leaf, 0);
    case TINY_NODE:
        return node_of(root_of(file, TINY), 0);
    case LARGE_PAGE:
        return page_of(file, load_le64(value_of(node_of(root_of(file, LARGE), 0))));
    case FREE_NODE:
        return free_node(file);
    case FREE_LIST:
        return value_of(free_node(file));
    }
    return NULL;
}

/* ---- one bound after the other ---- */

struct forged_row {
    const char *name;
    enum place place;
    size_t at;
    size_t size;
    uint64_t value;
    const char *said;
};

#define META_BAD   "no meta page of LMDB"
#define IMPOSSIBLE "impossible size"

static const struct forged_row forged_rows[] = {
    {"meta: another number", META_1, 0, 8, 5, META_BAD},
    {"meta: another kind", META_0, PAGE_FLAGS, 2, 2, META_BAD},
    {"meta: another magic", META_0, 16, 4, 1, META_BAD},
    {"meta: another version", META_1, 20, 4, 2, META_BAD},
    {"meta: pages of 256 bytes", META_0, AT_FREE, 4, 256, META_BAD},
    {"meta: pages of 128 KiB", META_0, AT_FREE, 4, 131072, META_BAD},
    {"meta: pages of 5000 bytes", META_0, AT_FREE, 4, 5000, META_BAD},
    {"meta: pages of another size than the other's", META_1, AT_FREE, 4, 8192, "different sizes of pages"},
    {"meta: no page", META, AT_LAST_PAGE, 8, 0, "says that the last page is 0 "},
    {"meta: a page past the file", META, AT_LAST_PAGE, 8, 1 << 20, "says that the last page is 1048576 "},
    {"main table: its root is a meta", META, AT_MAIN + RECORD_ROOT, 8, 1, "page 1, which there is not"},
    {"main table: its root is past the last page", META, AT_MAIN + RECORD_ROOT, 8, 1 << 20, "which there is not"},
    {"main table: no depth", META, AT_MAIN + RECORD_DEPTH, 2, 0, "is 0 pages deep"},
    {"main table: too deep", META, AT_MAIN + RECORD_DEPTH, 2, 33, "is 33 pages deep"},
    {"a table too deep below the main one", DEEP_RECORD, RECORD_DEPTH, 2, 32, "is 32 pages deep"},
    {"a table of other rows", DEEP_RECORD, RECORD_ROWS, 8, 5, "says that it has 5 rows and has 1200"},
    {"a table of another kind", DEEP_RECORD, RECORD_FLAGS, 2, 4, "of a kind that is not used"},
    {"an empty table with rows", EMPTY_RECORD, RECORD_ROWS, 8, 1, "a table without pages"},
    {"an empty table with depth", EMPTY_RECORD, RECORD_DEPTH, 2, 1, "a table without pages"},
    {"a row among the tables", MAIN_NODE, NODE_FLAGS, 2, 0, "a row that is no table"},
    {"a table's record that is too short", MAIN_NODE, 0, 2, 47, IMPOSSIBLE},
    {"a table among rows", TINY_NODE, NODE_FLAGS, 2, 2, "a table stands among rows"},
    {"a row called a table", LEAF_NODE, NODE_FLAGS, 2, 2, IMPOSSIBLE},
    {"a row of an unknown kind", LEAF_NODE, NODE_FLAGS, 2, 8, IMPOSSIBLE},
    {"a row without a key", LEAF_NODE, NODE_KEY_SIZE, 2, 0, "a row has no key"},
    {"a key of 512 bytes", LEAF_NODE, NODE_KEY_SIZE, 2, 512, IMPOSSIBLE},
    {"a key past the page", LEAF_NODE, NODE_KEY_SIZE, 2, 5000, IMPOSSIBLE},
    {"a value past the page", LEAF_NODE, 0, 2, 5000, IMPOSSIBLE},
    {"keys that do not ascend", LEAF_NODE, NODE_KEY + 3, 1, 1, "do not ascend"},
    {"page: another number", LEAF, 0, 8, 77, "says that it is page 77"},
    {"page: another kind", LEAF, PAGE_FLAGS, 2, 1, "of kind 0x1 where 0x2"},
    {"page: nodes begin in its head", LEAF, PAGE_LOWER, 2, 14, "bounds are impossible"},
    {"page: half a node", LEAF, PAGE_LOWER, 2, 17, "bounds are impossible"},
    {"page: more nodes than room", LEAF, PAGE_LOWER, 2, 4094, "bounds are impossible"},
    {"page: nodes end past it", LEAF, PAGE_UPPER, 2, 4098, "bounds are impossible"},
    {"page: no node", LEAF, PAGE_LOWER, 2, 16, "it has 0 nodes"},
    {"page: a branch of one", ROOT, PAGE_LOWER, 2, 18, "it has 1 nodes"},
    {"page: a node in its head", LEAF, PAGE_NODES, 2, 8, "node 0 is outside"},
    {"page: a node past its end", LEAF, PAGE_NODES, 2, 4092, "node 0 is outside"},
    {"page: a node at an odd place", LEAF, PAGE_NODES, 2, 4001, "node 0 is outside"},
    {"branch: a child that there is not", ROOT_NODE_1, 0, 2, 1, "page 1, which there is not"},
    {"branch: a key of another branch", BRANCH_NODE, NODE_KEY, 1, 0xFF, "belongs on another page"},
    {"large value: another page", LARGE_PAGE, 0, 8, 7, "not the first page of the large value"},
    {"large value: another kind", LARGE_PAGE, PAGE_FLAGS, 2, 2, "not the first page of the large value"},
    {"large value: too few pages", LARGE_PAGE, 12, 4, 2, "not the first page of the large value"},
    {"large value: too many pages", LARGE_PAGE, 12, 4, 1 << 20, "it refers to page"},
    {"free pages: a key of seven bytes", FREE_NODE, NODE_KEY_SIZE, 2, 7, IMPOSSIBLE},
    {"free pages: no bytes", FREE_NODE, 0, 2, 0, IMPOSSIBLE},
    {"free pages: half a number", FREE_NODE, 0, 2, 12, IMPOSSIBLE},
    {"free pages: more than there is room for", FREE_LIST, 0, 8, 1 << 20, "longer than its row"},
    {"free pages: one that there is not", FREE_LIST, 8, 8, 0, "page 0, which there is not"},
};

/* Of what `file` is now; its bytes are released. */
static void assert_damage_is_said(struct file *file, const char *said) {
    struct page_report report;
    struct daybook_error error = {0};
    file_write(file);
    assert_int_equal(page_check(forged_path, &report, &error), DAYBOOK_DAMAGED);
    if (strstr(error.message, said) == NULL) {
        fail_msg("said: %s", error.message);
    }
    free(file->bytes);
}

static void a_forged_place_is_named(void **state) {
    const struct forged_row *row = *state;
    struct file file = file_read();
    memcpy(find(&file, row->place) + row->at, &row->value, row->size);
    assert_damage_is_said(&file, row->said);
}

/* Something that stands at one place stands at another, too. */
struct copied_row {
    const char *name;
    enum place from;
    size_t from_at;
    enum place to;
    size_t to_at;
    size_t size;
    const char *said;
};

static const struct copied_row copied_rows[] = {
    {"a child twice", ROOT_NODE_0, 0, ROOT_NODE_1, 0, 2, "which is in use elsewhere"},
    {"a page that is free twice", FREE_LIST, 8, FREE_LIST, 16, 8, "which is free"},
    {"a page that is free and in use", META, AT_MAIN + RECORD_ROOT, FREE_LIST, 8, 8, "which is in use elsewhere"},
    {"a table that is another's", META, AT_MAIN + RECORD_ROOT, DEEP_RECORD, RECORD_ROOT, 8, "in use elsewhere"},
};

static void what_stands_twice_is_named(void **state) {
    const struct copied_row *row = *state;
    struct file file = file_read();
    memcpy(find(&file, row->to) + row->to_at, find(&file, row->from) + row->from_at, row->size);
    assert_damage_is_said(&file, row->said);
}

/* ---- reads that fail, and a writer in between ---- */

static struct {
    unsigned reads;
    unsigned fails_at; /* 0: none does. */
    unsigned acts_at;
    int ask; /* The writer, and its answer. */
    int answer;
} disk;

ssize_t __real_pread(int file, void *to, size_t size, off_t from);
ssize_t __wrap_pread(int file, void *to, size_t size, off_t from);

ssize_t __wrap_pread(int file, void *to, size_t size, off_t from) {
    char byte = 'x';
    disk.reads++;
    if (disk.reads == disk.fails_at) {
        errno = EIO;
        return -1;
    }
    if (disk.reads == disk.acts_at) {
        assert_int_equal(write(disk.ask, &byte, 1), 1);
        assert_int_equal(read(disk.answer, &byte, 1), 1);
    }
    return __real_pread(file, to, size, from);
}

static void a_sound_file_passes(void **state) {
    (void)state;
    struct page_report report;
    assert_int_equal(page_check(path, &report, NULL), DAYBOOK_OK);
    assert_int_equal(report.table_count, TABLES);
    assert_int_equal(report.row_count, DEEP_ROWS + 5 + 1);
    assert_true(report.free_pages > CHURNED_ROWS / 4);
}

/* Not to be able to read is no damage. */
static void each_read_fails(void **state) {
    (void)state;
    enum daybook_status status = DAYBOOK_IO;
    struct page_report report;
    for (unsigned nth = 1; status != DAYBOOK_OK; nth += nth < 30 ? 1 : 13) {
        struct daybook_error error = {0};
        disk.reads = 0;
        disk.fails_at = nth;
        status = page_check(path, &report, &error);
        assert_int_equal(status == DAYBOOK_OK, disk.reads < nth);
        assert_int_equal(error.status, status == DAYBOOK_OK ? DAYBOOK_OK : DAYBOOK_IO);
        assert_true(status == DAYBOOK_OK || strstr(error.message, path) != NULL);
    }
    disk.fails_at = 0;
    assert_true(disk.reads > DEEP_ROWS / 4);
}

/* The writing process: at each byte so many transactions that pages are used again that were in use before them. */
static _Noreturn void write_when_asked(int ask, int answer) {
    struct store *store = open_store();
    char byte;
    for (uint32_t round = 100; read(ask, &byte, 1) == 1; round++) {
        for (uint32_t i = 0; i < 4; i++) {
            struct store_txn *txn = NULL;
            assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
            for (uint32_t k = 0; k < DEEP_ROWS; k += 3) {
                put(txn, DEEP, k, 900 + round % 50);
            }
            assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
        }
        if (write(answer, &byte, 1) != 1) {
            break;
        }
    }
    store_close(store);
    _exit(0);
}

/* What a writer changes underneath is read again, and is no damage. */
static void a_writer_comes_in_between(void **state) {
    (void)state;
    struct page_report report;
    int ask[2];
    int answer[2];
    int status = -1;
    unsigned most_reads = 0;
    assert_int_equal(pipe(ask), 0);
    assert_int_equal(pipe(answer), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ask[1]);
        close(answer[0]);
        write_when_asked(ask[0], answer[1]);
    }
    close(ask[0]);
    close(answer[1]);
    disk.ask = ask[1];
    disk.answer = answer[0];
    for (unsigned nth = 1; nth < 400; nth += nth < 20 ? 1 : 37) {
        struct daybook_error error = {0};
        disk.reads = 0;
        disk.acts_at = nth;
        if (page_check(path, &report, &error) != DAYBOOK_OK) {
            fail_msg("a writer at read %u: %s", nth, error.message);
        }
        most_reads = disk.reads > most_reads ? disk.reads : most_reads;
    }
    disk.acts_at = 0;
    close(ask[1]);
    close(answer[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(most_reads > 600); /* Some were looked at again. */
}

int main(void) {
    static struct rows rows;
    strcpy(directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%.64s/data.mdb", directory);
    snprintf(forged_path, sizeof forged_path, "%.64s/forged", directory);
    make_file();
    rows_add(&rows, "a sound file passes", a_sound_file_passes, NULL);
    ROWS_ADD_TABLE(&rows, forged_rows, a_forged_place_is_named);
    ROWS_ADD_TABLE(&rows, copied_rows, what_stands_twice_is_named);
    rows_add(&rows, "each read fails", each_read_fails, NULL);
    rows_add(&rows, "a writer comes in between", a_writer_comes_in_between, NULL);
    int failed = rows_run("page_check_forged", &rows);
    place_remove(directory);
    return failed;
}
