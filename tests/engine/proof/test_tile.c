/* Tiles by the examples of c2sp.org/tlog-tiles. */
#include "tests/rows.h"

#include "proof/tile.h"

struct path_row {
    const char *name; /* The path. */
    int level;
    uint64_t index;
    unsigned width;
};
static const struct path_row path_rows[] = {
    {"tile/0/x001/x234/067", 0, 1234067, 256},
    {"tile/0/000", 0, 0, 256},
    {"tile/0/273.p/112", 0, 273, 112},
    {"tile/1/999", 1, 999, 256},
    {"tile/1/x001/000", 1, 1000, 256},
    {"tile/2/000.p/1", 2, 0, 1},
    {"tile/entries/x001/x234/067.p/8", TILE_ENTRIES, 1234067, 8},
    {"tile/entries/x001/x000/000", TILE_ENTRIES, 1000000, 256},
    {"tile/7/x009/x223/x372/x036/x854/x775/807", 7, INT64_MAX, 256},
};

static void paths_are_as_specified(void **state) {
    const struct path_row *row = *state;
    char path[TILE_PATH_MAX];
    assert_string_equal(tile_path(row->level, row->index, row->width, path), row->name);
}

struct width_row {
    const char *name;
    int level;
    uint64_t index;
    unsigned width;
};
/* Of a tree of 70 000, the specification's example. */
static const struct width_row width_rows[] = {
    {"the first of level 0", 0, 0, 256},
    {"the last full one of level 0", 0, 272, 256},
    {"the partial one of level 0", 0, 273, 112},
    {"past level 0", 0, 274, 0},
    {"the full one of level 1", 1, 0, 256},
    {"the partial one of level 1", 1, 1, 17},
    {"past level 1", 1, 2, 0},
    {"the partial one of level 2", 2, 0, 1},
    {"past level 2", 2, 1, 0},
    {"level 3", 3, 0, 0},
    {"the entries", TILE_ENTRIES, 273, 112},
    {"far past", 0, UINT64_MAX, 0},
};

static void widths_are_as_specified(void **state) {
    const struct width_row *row = *state;
    assert_int_equal(tile_width(row->level, row->index, 70000), row->width);
}

static void levels_count_their_hashes(void **state) {
    (void)state;
    assert_int_equal(tile_hash_count(0, 70000), 70000);
    assert_int_equal(tile_hash_count(TILE_ENTRIES, 70000), 70000);
    assert_int_equal(tile_hash_count(1, 70000), 273);
    assert_int_equal(tile_hash_count(2, 70000), 1);
    assert_int_equal(tile_hash_count(3, 70000), 0);
    assert_int_equal(tile_width(0, 0, 0), 0);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, path_rows, paths_are_as_specified);
    ROWS_ADD_TABLE(&rows, width_rows, widths_are_as_specified);
    rows_add(&rows, "hashes of a level", levels_count_their_hashes, NULL);
    return rows_run("tile", &rows);
}
