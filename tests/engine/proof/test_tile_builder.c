/* Tiles out of entries: the same bytes as RFC 6962's definitions give, for every size up to a level and a half. */
#include "proof/tile_builder.h"

#include "reference.h"

enum { SEEN_MAX = 16 };

struct seen {
    char path[TILE_PATH_MAX];
    struct daybook_buffer bytes;
};
struct visitor {
    struct seen seen[SEEN_MAX];
    size_t count;
    size_t refuses_at; /* From 1; 0: never. */
};

static enum daybook_status visit(void *context, const char *path, struct daybook_bytes tile,
                                 struct daybook_error *error) {
    struct visitor *visitor = context;
    if (visitor->count + 1 == visitor->refuses_at) {
        return daybook_fail(error, DAYBOOK_IO, "no more room");
    }
    assert_true(visitor->count < SEEN_MAX);
    struct seen *seen = &visitor->seen[visitor->count++];
    snprintf(seen->path, sizeof seen->path, "%s", path);
    assert_int_equal(daybook_buffer_append(&seen->bytes, tile.data, tile.size), DAYBOOK_OK);
    return DAYBOOK_OK;
}

static void forget(struct visitor *visitor) {
    for (size_t i = 0; i < visitor->count; i++) {
        daybook_buffer_release(&visitor->seen[i].bytes);
    }
    *visitor = (struct visitor){0};
}

static const struct seen *find(const struct visitor *visitor, int level, uint64_t index, unsigned width) {
    char path[TILE_PATH_MAX];
    tile_path(level, index, width, path);
    for (size_t i = 0; i < visitor->count; i++) {
        if (strcmp(visitor->seen[i].path, path) == 0) {
            return &visitor->seen[i];
        }
    }
    fail_msg("there is no %s", path);
    return NULL;
}

/* Entry i is "i" in decimal, as in reference_fill. */
static enum daybook_status build(size_t size, struct visitor *visitor, struct merkle_size *tree) {
    static struct tile_builder builder;
    struct daybook_error error;
    enum daybook_status status = tile_builder_open(&builder, visit, visitor, &error);
    for (size_t i = 0; status == DAYBOOK_OK && i < size; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "%zu", i);
        status = tile_builder_add(&builder, (struct daybook_bytes){(const uint8_t *)text, (size_t)length}, &error);
    }
    if (status == DAYBOOK_OK) {
        status = tile_builder_end(&builder, tree, &error);
    }
    tile_builder_close(&builder);
    return status;
}

struct size_row {
    const char *name;
    size_t size;
    size_t tile_count; /* By the specification: full ones, and the partial one of each level and of the entries. */
};
static const struct size_row size_rows[] = {
    {"nothing", 0, 0}, {"one", 1, 2},   {"255: partial ones", 255, 2}, {"256: full, and one above", 256, 3},
    {"257", 257, 5},   {"300", 300, 5},
};

static void tiles_are_those_of_the_definition(void **state) {
    const struct size_row *row = *state;
    struct merkle_hash leaves[REFERENCE_LEAVES];
    struct visitor visitor = {0};
    struct merkle_size tree;
    reference_fill(leaves);
    assert_int_equal(build(row->size, &visitor, &tree), DAYBOOK_OK);
    struct merkle_hash root = reference_root(leaves, row->size);
    assert_int_equal(tree.size, row->size);
    assert_memory_equal(tree.root.bytes, root.bytes, sizeof root.bytes);
    assert_int_equal(visitor.count, row->tile_count);
    for (size_t first = 0; first < row->size; first += TILE_WIDTH) {
        size_t left = row->size - first;
        unsigned width = (unsigned)(left < TILE_WIDTH ? left : TILE_WIDTH);
        const struct seen *seen = find(&visitor, 0, first / TILE_WIDTH, width);
        assert_int_equal(seen->bytes.size, width * sizeof leaves[0]);
        assert_memory_equal(seen->bytes.data, leaves[first].bytes, seen->bytes.size);
        seen = find(&visitor, TILE_ENTRIES, first / TILE_WIDTH, width);
        const uint8_t *at = seen->bytes.data;
        for (size_t i = first; i < first + width; i++) {
            char text[16];
            int length = snprintf(text, sizeof text, "%zu", i);
            assert_int_equal(at[0] << 8 | at[1], length);
            assert_memory_equal(at + 2, text, (size_t)length);
            at += 2 + length;
        }
        assert_ptr_equal(at, seen->bytes.data + seen->bytes.size);
    }
    if (row->size >= TILE_WIDTH) {
        root = reference_root(leaves, TILE_WIDTH);
        assert_memory_equal(find(&visitor, 1, 0, 1)->bytes.data, root.bytes, sizeof root.bytes);
    }
    forget(&visitor);
}

static void what_a_visitor_refuses_ends_it(void **state) {
    (void)state;
    for (size_t nth = 1; nth <= 5; nth++) {
        struct visitor visitor = {.refuses_at = nth};
        struct merkle_size tree;
        assert_int_equal(build(300, &visitor, &tree), DAYBOOK_IO);
        assert_int_equal(visitor.count, nth - 1);
        forget(&visitor);
    }
}

static void an_entry_has_at_most_65535_bytes(void **state) {
    (void)state;
    static struct tile_builder builder;
    static uint8_t bytes[65536];
    struct visitor visitor = {0};
    struct merkle_size tree;
    struct daybook_error error;
    assert_int_equal(tile_builder_open(&builder, visit, &visitor, &error), DAYBOOK_OK);
    assert_int_equal(tile_builder_add(&builder, (struct daybook_bytes){bytes, 65536}, &error), DAYBOOK_INVALID);
    assert_int_equal(tile_builder_add(&builder, (struct daybook_bytes){bytes, 65535}, &error), DAYBOOK_OK);
    assert_int_equal(tile_builder_end(&builder, &tree, &error), DAYBOOK_OK);
    assert_int_equal(find(&visitor, TILE_ENTRIES, 0, 1)->bytes.size, 65537);
    tile_builder_close(&builder);
    forget(&visitor);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, size_rows, tiles_are_those_of_the_definition);
    rows_add(&rows, "a visitor that refuses", what_a_visitor_refuses_ends_it, NULL);
    rows_add(&rows, "an entry that is too large", an_entry_has_at_most_65535_bytes, NULL);
    return rows_run("tile_builder", &rows);
}
