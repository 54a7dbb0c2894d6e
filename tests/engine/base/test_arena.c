/* An arena gives aligned memory up to its limit and, once warm, asks the system for no more. */
#include "base/arena.h"

#include <string.h>

#include "tests/rows.h"

static void allocations_are_aligned_and_apart(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(&arena, i + 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j <= i; j++) {
            assert_int_equal(pieces[i][j], (uint8_t)i);
        }
    }
    arena_release(&arena);
}

static void zero_with_a_limit_is_ready(void **state) {
    (void)state;
    struct arena arena = {.limit_bytes = 4096};
    assert_non_null(arena_alloc(&arena, 100));
    arena_release(&arena);
}

static void never_used_can_be_released_and_reset(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    arena_reset(&arena);
    arena_release(&arena);
    arena_release(&arena);
    assert_null(arena.first);
}

static void limit_is_the_exact_end(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 10000);
    assert_null(arena_alloc(&arena, 10001));
    assert_true(arena.is_exhausted);
    arena_reset(&arena);
    assert_false(arena.is_exhausted);
    assert_non_null(arena_alloc(&arena, 10000));
    assert_false(arena.is_exhausted);
    assert_null(arena_alloc(&arena, 1));
    assert_true(arena.is_exhausted);
    arena_release(&arena);
}

static void blocks_together_stay_below_the_limit(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 100000);
    size_t total = 0;
    while (arena_alloc(&arena, 48) != NULL) {
        total += 48;
    }
    assert_in_range(total, 99000, 100000);
    assert_true(arena.is_exhausted);
    arena_release(&arena);
}

struct absurd_row {
    const char *name;
    size_t size;
};

static const struct absurd_row absurd_rows[] = {
    {"SIZE_MAX", SIZE_MAX},
    {"SIZE_MAX less the alignment", SIZE_MAX - 15},
    {"half of everything", SIZE_MAX / 2},
};

static void absurd_sizes_are_refused(void **state) {
    const struct absurd_row *row = *state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_null(arena_alloc(&arena, row->size));
    assert_true(arena.is_exhausted);
    arena_reset(&arena);
    assert_null(arena_copy_text(&arena, "", SIZE_MAX));
    assert_true(arena.is_exhausted);
    arena_release(&arena);
}

/* The fill of one request: what an arena sees again and again. */
static void *fill(struct arena *arena) {
    void *first = arena_alloc(arena, 100);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(arena, 100));
    }
    return first;
}

static void a_warm_arena_asks_for_no_more(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    (void)fill(&arena);
    assert_non_null(arena.first);
    arena_reset(&arena);
    void *first = fill(&arena);
    struct arena_block *block = arena.first;
    for (int i = 0; i < 10; i++) {
        arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
        assert_ptr_equal(fill(&arena), first);
        assert_ptr_equal(arena.first, block);
        assert_ptr_equal(arena.current, block);
    }
    arena_release(&arena);
}

/* What fits the lent memory lies in it; the rest does not, and only that is freed. */
static void lent_memory_comes_first(void **state) {
    (void)state;
    _Alignas(16) uint8_t memory[512];
    struct arena arena;
    arena_init(&arena, 1 << 16);
    arena_lend(&arena, memory, sizeof memory);
    const uint8_t *inside = arena_alloc(&arena, 256);
    const uint8_t *outside = arena_alloc(&arena, 256);
    assert_true(inside >= memory && inside + 256 <= memory + sizeof memory);
    assert_false(outside >= memory && outside < memory + sizeof memory);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 600));
    arena_release(&arena);
    arena_lend(&arena, memory, sizeof memory);
    inside = arena_alloc(&arena, 1);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 1), inside);
    arena_release(&arena);
    memset(memory, 0xFF, sizeof memory);
    assert_null(arena.first);
}

static void zalloc_clears_what_was_used_before(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    memset(arena_alloc(&arena, 256), 0xFF, 256);
    arena_reset(&arena);
    const uint8_t *data = arena_zalloc(&arena, 256);
    for (size_t i = 0; i < 256; i++) {
        assert_int_equal(data[i], 0);
    }
    arena_release(&arena);
}

static void texts_are_copied_with_their_nul(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    const char source[] = "abcdef";
    char *copy = arena_copy_text(&arena, source, 3);
    assert_string_equal(copy, "abc");
    assert_string_equal(arena_copy_text(&arena, NULL, 0), "");
    assert_string_equal(arena_format(&arena, "%s-%05d", "INV", 42), "INV-00042");
    assert_string_equal(arena_format(&arena, "%s", ""), "");
    arena_release(&arena);
}

static void format_is_refused_at_the_limit(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 32);
    assert_null(arena_format(&arena, "%050d", 1));
    assert_true(arena.is_exhausted);
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "aligned and apart", allocations_are_aligned_and_apart, NULL);
    rows_add(&rows, "zero with a limit", zero_with_a_limit_is_ready, NULL);
    rows_add(&rows, "never used", never_used_can_be_released_and_reset, NULL);
    rows_add(&rows, "limit is exact", limit_is_the_exact_end, NULL);
    rows_add(&rows, "blocks below the limit", blocks_together_stay_below_the_limit, NULL);
    ROWS_ADD_TABLE(&rows, absurd_rows, absurd_sizes_are_refused);
    rows_add(&rows, "warm arena", a_warm_arena_asks_for_no_more, NULL);
    rows_add(&rows, "lent memory", lent_memory_comes_first, NULL);
    rows_add(&rows, "zalloc clears", zalloc_clears_what_was_used_before, NULL);
    rows_add(&rows, "texts", texts_are_copied_with_their_nul, NULL);
    rows_add(&rows, "format at the limit", format_is_refused_at_the_limit, NULL);
    return rows_run("arena", &rows);
}
