/*
 * Walks the pages of an LMDB file.
 *
 * A page: number u64, pad u16, flags u16, then lower u16 and upper u16, or for
 * large values the count of their pages u32. Behind these 16 bytes branch and
 * leaf pages have offsets u16 up to `lower`, and nodes from `upper` on.
 *
 * A node: three u16, the key's size u16, the key, the value. In a branch the
 * three are the child's page number. In a leaf they are the value's size (two)
 * and flags: 1 = the value is the number of a large page, 2 = it is a table.
 *
 * Pages 0 and 1 are two metas; the one of the later transaction is in force.
 */
#include "store/page_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
    PAGE_HEADER = 16,
    NODE_HEADER = 8,
    META_MAGIC_AT = PAGE_HEADER,
    META_VERSION_AT = META_MAGIC_AT + 4,
    META_TABLES_AT = META_MAGIC_AT + 24, /* Magic, version, address, map size. */
    TABLE_SIZE = 48,
    META_LAST_PAGE_AT = META_TABLES_AT + 2 * TABLE_SIZE,
    META_TXN_AT = META_LAST_PAGE_AT + 8,
    FLAG_BRANCH = 0x01,
    FLAG_LEAF = 0x02,
    FLAG_OVERFLOW = 0x04,
    FLAG_META = 0x08,
    NODE_BIG = 0x01,
    NODE_TABLE = 0x02,
    DEPTH_MAX = 32,
    KEY_MAX = 511,
    PAGE_SIZE_MIN = 512,
    PAGE_SIZE_MAX = 65536,
    META_COUNT = 2,
    ATTEMPTS = 20,
};
#define META_MAGIC UINT32_C(0xBEEFC0DE)
#define NO_PAGE    UINT64_MAX

/* A table's record, as a meta page or a row of the main table has it. */
struct tree {
    uint32_t page_size; /* Of the file; only in the first record of a meta. */
    uint16_t flags;
    uint16_t depth;
    uint64_t rows;
    uint64_t root;
};

struct meta {
    struct tree free;
    struct tree main;
    uint64_t last_page;
    uint64_t transaction;
};

enum page_use { USE_NONE, USE_TREE, USE_FREE };

struct checker {
    const char *path;
    int file;
    size_t page_size;
    uint64_t file_pages;
    struct meta meta;
    uint8_t *uses;             /* One enum page_use a page. */
    uint8_t *pages[DEPTH_MAX]; /* The page in work on each level. */
    struct page_report *report;
    uint64_t rows; /* Of the tree in work. */
    struct daybook_error *error;
};

/* How deep a tree has to go, and the key that everything below a page must reach and not pass. */
struct bounds {
    unsigned level;
    unsigned depth;
    const uint8_t *low; /* NULL = none */
    size_t low_size;
    const uint8_t *high;
    size_t high_size;
};

enum tree_kind { TREE_FREE, TREE_MAIN, TREE_NAMED };

#define BAD(checker, page, ...) bad_page((checker), (page), __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static enum daybook_status bad_page(struct checker *checker, uint64_t page,
                                                                          const char *format, ...) {
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    (void)daybook_fail(checker->error, DAYBOOK_DAMAGED, "%s", what);
    (void)daybook_fail_in(checker->error, "%s, page %" PRIu64 " (from byte %" PRIu64 ")", checker->path, page,
                          page * checker->page_size);
    return DAYBOOK_DAMAGED;
}

/* `size` bytes of the page, or of it and those behind it, from its `from`th on. */
static enum daybook_status read_from(struct checker *checker, uint64_t page, size_t from, size_t size, uint8_t *to) {
    ssize_t count = pread(checker->file, to, size, (off_t)(page * checker->page_size + from));
    if (count < 0) {
        return daybook_fail(checker->error, DAYBOOK_IO, "reading %s: %s", checker->path, strerror(errno));
    }
    return (size_t)count == size ? DAYBOOK_OK : BAD(checker, page, "the file ends before it");
}

/* ---- the metas ---- */

static struct tree load_tree(const uint8_t *from) {
    return (struct tree){
        .page_size = load_le32(from),
        .flags = load_le16(from + 4),
        .depth = load_le16(from + 6),
        .rows = load_le64(from + 32),
        .root = load_le64(from + 40),
    };
}

static bool load_meta(const uint8_t *page, uint64_t number, struct meta *meta) {
    if (load_le64(page) != number || load_le16(page + 10) != FLAG_META ||
        load_le32(page + META_MAGIC_AT) != META_MAGIC || load_le32(page + META_VERSION_AT) != 1) {
        return false;
    }
    meta->free = load_tree(page + META_TABLES_AT);
    meta->main = load_tree(page + META_TABLES_AT + TABLE_SIZE);
    meta->last_page = load_le64(page + META_LAST_PAGE_AT);
    meta->transaction = load_le64(page + META_TXN_AT);
    uint32_t size = meta->free.page_size;
    return size >= PAGE_SIZE_MIN && size <= PAGE_SIZE_MAX && (size & (size - 1)) == 0;
}

/* Both metas must be sound: LMDB takes the later one, whatever stands in it. */
static enum daybook_status read_metas(struct checker *checker) {
    uint8_t page[META_TXN_AT + 8];
    struct meta metas[META_COUNT];
    checker->page_size = 4096;
    for (uint64_t i = 0; i < META_COUNT; i++) {
        DAYBOOK_TRY(read_from(checker, i, 0, sizeof page, page));
        if (!load_meta(page, i, &metas[i])) {
            return BAD(checker, i, "this is no meta page of LMDB 0.9");
        }
        checker->page_size = metas[i].free.page_size;
    }
    if (metas[0].free.page_size != metas[1].free.page_size) {
        return BAD(checker, 1, "the two metas give different sizes of pages");
    }
    checker->meta = metas[metas[1].transaction > metas[0].transaction];
    checker->report->transaction = checker->meta.transaction;
    if (checker->meta.last_page >= checker->file_pages || checker->meta.last_page < 1) {
        return BAD(checker, metas[1].transaction > metas[0].transaction,
                   "it says that the last page is %" PRIu64 " and the file has %" PRIu64, checker->meta.last_page,
                   checker->file_pages);
    }
    return DAYBOOK_OK;
}

/* ---- pages ---- */

static enum daybook_status claim(struct checker *checker, uint64_t page, uint64_t count, enum page_use use,
                                 uint64_t from) {
    for (uint64_t i = 0; i < count; i++) {
        if (page + i < META_COUNT || page + i > checker->meta.last_page) {
            return BAD(checker, from, "it refers to page %" PRIu64 ", which there is not", page + i);
        }
        if (checker->uses[page + i] != USE_NONE) {
            return BAD(checker, from, "it refers to page %" PRIu64 ", which is %s", page + i,
                       checker->uses[page + i] == USE_FREE ? "free" : "in use elsewhere");
        }
        checker->uses[page + i] = (uint8_t)use;
    }
    *(use == USE_FREE ? &checker->report->free_pages : &checker->report->used_pages) += count;
    return DAYBOOK_OK;
}

static int compare_keys(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, enum tree_kind kind) {
    if (kind == TREE_FREE && a_size == sizeof(uint64_t) && b_size == sizeof(uint64_t)) {
        uint64_t x = load_le64(a);
        uint64_t y = load_le64(b);
        return (x > y) - (x < y);
    }
    return daybook_bytes_compare((struct daybook_bytes){a, a_size}, (struct daybook_bytes){b, b_size});
}

struct node {
    const uint8_t *key;
    size_t key_size;
    const uint8_t *value;
    size_t value_size; /* In a leaf. */
    unsigned flags;
    uint64_t child; /* In a branch. */
};

/* PC1. */
static enum daybook_status load_node(struct checker *checker, uint64_t number, const uint8_t *page, size_t index,
                                     struct node *node) {
    size_t upper = load_le16(page + 14);
    size_t at = load_le16(page + PAGE_HEADER + 2 * index);
    bool is_leaf = (load_le16(page + 10) & FLAG_LEAF) != 0;
    if (at < upper || at + NODE_HEADER > checker->page_size || at % 2 != 0) {
        return BAD(checker, number, "node %zu is outside of it", index);
    }
    const uint8_t *from = page + at;
    uint64_t low = load_le16(from);
    uint64_t middle = load_le16(from + 2);
    *node = (struct node){.key = from + NODE_HEADER, .key_size = load_le16(from + 6), .flags = load_le16(from + 4)};
    size_t room = checker->page_size - at - NODE_HEADER;
    if (node->key_size > room || node->key_size > KEY_MAX) {
        return BAD(checker, number, "the key of node %zu has an impossible size", index);
    }
    node->value = node->key + node->key_size;
    if (!is_leaf) {
        node->child = low | middle << 16 | (uint64_t)node->flags << 32;
        return DAYBOOK_OK;
    }
    node->value_size = (size_t)(low | middle << 16);
    size_t held = (node->flags & NODE_BIG) != 0 ? sizeof(uint64_t) : node->value_size;
    if ((node->flags & ~(unsigned)(NODE_BIG | NODE_TABLE)) != 0 || held > room - node->key_size ||
        ((node->flags & NODE_TABLE) != 0 && node->value_size != TABLE_SIZE)) {
        return BAD(checker, number, "the value of node %zu has an impossible size or kind", index);
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_header(struct checker *checker, uint64_t number, const uint8_t *page,
                                        const struct bounds *bounds, size_t *count) {
    unsigned flags = load_le16(page + 10);
    size_t lower = load_le16(page + 12);
    size_t upper = load_le16(page + 14);
    if (load_le64(page) != number) {
        return BAD(checker, number, "it says that it is page %" PRIu64, load_le64(page));
    }
    unsigned wanted = bounds->level + 1 == bounds->depth ? FLAG_LEAF : FLAG_BRANCH;
    if ((flags & 0xFF) != wanted) {
        return BAD(checker, number, "it is of kind %#x where %#x was expected", flags, wanted);
    }
    if (lower < PAGE_HEADER || lower > upper || upper > checker->page_size || lower % 2 != 0) {
        return BAD(checker, number, "its bounds are impossible");
    }
    *count = (lower - PAGE_HEADER) / 2;
    size_t least = wanted == FLAG_BRANCH ? 2 : 1;
    return *count >= least ? DAYBOOK_OK : BAD(checker, number, "it has %zu nodes", *count);
}

/* ---- trees ---- */

static enum daybook_status walk(struct checker *checker, uint64_t number, const struct bounds *bounds,
                                enum tree_kind kind);

static enum daybook_status walk_tree(struct checker *checker, const struct tree *tree, uint64_t from, unsigned level,
                                     enum tree_kind kind) {
    uint64_t rows_before = checker->rows;
    checker->rows = 0;
    if (tree->root == NO_PAGE) {
        if (tree->rows != 0 || tree->depth != 0) {
            return BAD(checker, from, "a table without pages says that it has rows");
        }
    } else {
        if (tree->depth == 0 || tree->depth > DEPTH_MAX - level) {
            return BAD(checker, from, "a table says that it is %u pages deep", tree->depth);
        }
        struct bounds bounds = {.level = level, .depth = level + tree->depth};
        DAYBOOK_TRY(claim(checker, tree->root, 1, USE_TREE, from));
        DAYBOOK_TRY(walk(checker, tree->root, &bounds, kind));
        if (checker->rows != tree->rows) {
            return BAD(checker, from, "a table says that it has %" PRIu64 " rows and has %" PRIu64, tree->rows,
                       checker->rows);
        }
    }
    checker->report->row_count += kind == TREE_NAMED ? checker->rows : 0;
    checker->rows = rows_before;
    return DAYBOOK_OK;
}

static enum daybook_status check_order(struct checker *checker, uint64_t number, const struct node *before,
                                       const struct node *node, const struct bounds *bounds, enum tree_kind kind) {
    if (before->key != NULL && compare_keys(before->key, before->key_size, node->key, node->key_size, kind) >= 0) {
        return BAD(checker, number, "its keys do not ascend");
    }
    if ((bounds->low != NULL && compare_keys(node->key, node->key_size, bounds->low, bounds->low_size, kind) < 0) ||
        (bounds->high != NULL && compare_keys(node->key, node->key_size, bounds->high, bounds->high_size, kind) >= 0)) {
        return BAD(checker, number, "a key belongs on another page");
    }
    return DAYBOOK_OK;
}

/* Large values: their first page is like any other's head; the rest is bytes. */
static enum daybook_status check_large(struct checker *checker, uint64_t number, const struct node *node) {
    uint8_t head[PAGE_HEADER];
    uint64_t first = load_le64(node->value);
    uint64_t count = (PAGE_HEADER + node->value_size + checker->page_size - 1) / checker->page_size;
    DAYBOOK_TRY(claim(checker, first, count, USE_TREE, number));
    DAYBOOK_TRY(read_from(checker, first, 0, sizeof head, head));
    if (load_le64(head) != first || load_le16(head + 10) != FLAG_OVERFLOW || load_le32(head + 12) < count) {
        return BAD(checker, first, "it is not the first page of the large value that page %" PRIu64 " refers to",
                   number);
    }
    /* Pages that were reserved and are not needed belong to it, too. */
    uint64_t spare = load_le32(head + 12) - count;
    return spare == 0 ? DAYBOOK_OK : claim(checker, first + count, spare, USE_TREE, number);
}

/* A row of the free table: how many pages a transaction freed, and which, in descending order. */
static enum daybook_status check_free_row(struct checker *checker, uint64_t number, const struct node *node) {
    size_t size = node->value_size;
    if (node->key_size != sizeof(uint64_t) || size < sizeof(uint64_t) || size % sizeof(uint64_t) != 0) {
        return BAD(checker, number, "a list of free pages has an impossible size");
    }
    uint8_t *list = malloc(size);
    if (list == NULL) {
        return daybook_fail(checker->error, DAYBOOK_NO_MEMORY, "checking %s: memory was refused", checker->path);
    }
    enum daybook_status status = DAYBOOK_OK;
    if ((node->flags & NODE_BIG) == 0) {
        memcpy(list, node->value, size);
    } else {
        status = read_from(checker, load_le64(node->value), PAGE_HEADER, size, list);
    }
    uint64_t count = status == DAYBOOK_OK ? load_le64(list) : 0;
    if (status == DAYBOOK_OK && count > size / sizeof(uint64_t) - 1) {
        status = BAD(checker, number, "a list of free pages is longer than its row");
    }
    for (uint64_t i = 1; i <= count && status == DAYBOOK_OK; i++) {
        status = claim(checker, load_le64(list + i * sizeof(uint64_t)), 1, USE_FREE, number);
    }
    free(list);
    return status;
}

static enum daybook_status check_leaf_node(struct checker *checker, uint64_t number, const struct node *node,
                                           unsigned level, enum tree_kind kind) {
    checker->rows++;
    if (node->key_size == 0) {
        return BAD(checker, number, "a row has no key");
    }
    if ((node->flags & NODE_TABLE) != (kind == TREE_MAIN ? NODE_TABLE : 0U)) {
        return BAD(checker, number,
                   kind == TREE_MAIN ? "a row that is no table stands among the tables" : "a table stands among rows");
    }
    if ((node->flags & NODE_BIG) != 0) {
        DAYBOOK_TRY(check_large(checker, number, node));
    }
    if (kind == TREE_FREE) {
        return check_free_row(checker, number, node);
    }
    if (kind != TREE_MAIN) {
        return DAYBOOK_OK;
    }
    struct tree tree = load_tree(node->value);
    checker->report->table_count++;
    if (tree.flags != 0) {
        return BAD(checker, number, "a table is of a kind that is not used here");
    }
    return walk_tree(checker, &tree, number, level + 1, TREE_NAMED);
}

/* The keys below a child lie between its own key and that of the next. */
static struct bounds bounds_of_child(const struct bounds *bounds, const struct node *node, const struct node *next) {
    struct bounds below = *bounds;
    below.level++;
    if (node->key_size > 0) {
        below.low = node->key;
        below.low_size = node->key_size;
    }
    if (next->key != NULL) {
        below.high = next->key;
        below.high_size = next->key_size;
    }
    return below;
}

static enum daybook_status walk_branch(struct checker *checker, uint64_t number, const uint8_t *page, size_t count,
                                       const struct bounds *bounds, enum tree_kind kind) {
    struct node node;
    struct node before = {0};
    DAYBOOK_TRY(load_node(checker, number, page, 0, &node));
    for (size_t i = 0; i < count; i++) {
        struct node next = {0};
        if (i + 1 < count) {
            DAYBOOK_TRY(load_node(checker, number, page, i + 1, &next));
        }
        if (i > 0) { /* The first key of a branch is not looked at, and may be empty. */
            DAYBOOK_TRY(check_order(checker, number, &before, &node, bounds, kind));
            before = node;
        } else {
            node.key_size = 0;
        }
        struct bounds below = bounds_of_child(bounds, &node, &next);
        DAYBOOK_TRY(claim(checker, node.child, 1, USE_TREE, number));
        DAYBOOK_TRY(walk(checker, node.child, &below, kind));
        node = next;
    }
    return DAYBOOK_OK;
}

static enum daybook_status walk(struct checker *checker, uint64_t number, const struct bounds *bounds,
                                enum tree_kind kind) {
    uint8_t *page = checker->pages[bounds->level];
    size_t count = 0;
    struct node before = {0};
    DAYBOOK_TRY(read_from(checker, number, 0, checker->page_size, page));
    DAYBOOK_TRY(check_header(checker, number, page, bounds, &count));
    if (bounds->level + 1 < bounds->depth) {
        return walk_branch(checker, number, page, count, bounds, kind);
    }
    for (size_t i = 0; i < count; i++) {
        struct node node;
        DAYBOOK_TRY(load_node(checker, number, page, i, &node));
        DAYBOOK_TRY(check_order(checker, number, &before, &node, bounds, kind));
        DAYBOOK_TRY(check_leaf_node(checker, number, &node, bounds->level, kind));
        before = node;
    }
    return DAYBOOK_OK;
}

/* ---- one look, and another where a writer was busy ---- */

static enum daybook_status look(struct checker *checker) {
    struct stat place;
    *checker->report = (struct page_report){0};
    if (fstat(checker->file, &place) != 0) {
        return daybook_fail(checker->error, DAYBOOK_IO, "reading %s: %s", checker->path, strerror(errno));
    }
    checker->page_size = 4096;
    checker->file_pages = UINT64_MAX;
    DAYBOOK_TRY(read_metas(checker));
    checker->file_pages = (uint64_t)place.st_size / checker->page_size;
    DAYBOOK_TRY(read_metas(checker));
    checker->uses = calloc(checker->meta.last_page + 1, 1);
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < DEPTH_MAX; i++) {
        checker->pages[i] = malloc(checker->page_size);
        status = checker->pages[i] == NULL ? DAYBOOK_NO_MEMORY : status;
    }
    if (checker->uses == NULL || status != DAYBOOK_OK) {
        return daybook_fail(checker->error, DAYBOOK_NO_MEMORY, "checking %s: memory was refused", checker->path);
    }
    uint64_t from = checker->meta.transaction % META_COUNT;
    DAYBOOK_TRY(walk_tree(checker, &checker->meta.main, from, 0, TREE_MAIN));
    return walk_tree(checker, &checker->meta.free, from, 0, TREE_FREE);
}

static void forget(struct checker *checker) {
    free(checker->uses);
    checker->uses = NULL;
    for (size_t i = 0; i < DEPTH_MAX; i++) {
        free(checker->pages[i]);
        checker->pages[i] = NULL;
    }
}

/* Whether a transaction was committed since the look began: then what it saw may have been half old, half new. */
static bool was_overtaken(struct checker *checker) {
    struct checker again = *checker;
    struct page_report report;
    struct daybook_error ignored;
    again.report = &report;
    again.error = &ignored;
    return read_metas(&again) != DAYBOOK_OK || report.transaction != checker->report->transaction;
}

enum daybook_status page_check(const char *path, struct page_report *report, struct daybook_error *error) {
    struct checker checker = {.path = path, .report = report, .error = error};
    checker.file = open(path, O_RDONLY | O_CLOEXEC);
    *report = (struct page_report){0};
    if (checker.file < 0) {
        return daybook_fail(error, errno == ENOENT ? DAYBOOK_NOT_FOUND : DAYBOOK_IO, "opening %s: %s", path,
                            strerror(errno));
    }
    enum daybook_status status = DAYBOOK_OK;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        status = look(&checker);
        forget(&checker);
        if (status != DAYBOOK_DAMAGED || !was_overtaken(&checker)) {
            break;
        }
    }
    (void)close(checker.file);
    return status;
}
