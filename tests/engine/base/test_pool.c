/* A pool gives blocks that are apart, and gives them again; a vector keeps what was put into it. */
#include "base/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rows.h"

enum { BLOCKS = 2000 };

struct block {
    uint8_t *bytes;
    size_t size;
    uint8_t mark;
};

static uint64_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void fill(struct pool *pool, struct block *block, uint64_t *seed, uint8_t mark) {
    uint64_t kind = next_random(seed) % 20;
    block->size = kind == 0 ? 32769 + next_random(seed) % 50000 : 1 + next_random(seed) % (kind < 4 ? 32768 : 300);
    block->mark = mark;
    block->bytes = pool_alloc(pool, block->size);
    assert_non_null(block->bytes);
    assert_int_equal((uintptr_t)block->bytes % 16, 0);
    memset(block->bytes, mark, block->size);
}

static void empty(struct pool *pool, struct block *block) {
    for (size_t i = 0; i < block->size; i++) {
        assert_int_equal(block->bytes[i], block->mark);
    }
    pool_free(pool, block->bytes, block->size);
    block->bytes = NULL;
}

static void blocks_are_apart_and_used_again(void **state) {
    (void)state;
    static struct block blocks[BLOCKS];
    struct pool pool;
    uint64_t seed = 7;
    pool_init(&pool);
    for (int step = 0; step < 20000; step++) {
        struct block *block = &blocks[next_random(&seed) % BLOCKS];
        if (block->bytes != NULL) {
            empty(&pool, block);
        } else {
            fill(&pool, block, &seed, (uint8_t)step);
        }
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].bytes != NULL) {
            empty(&pool, &blocks[i]);
        }
    }
    assert_int_equal(pool.used_bytes, 0);
    pool_release(&pool);
    assert_int_equal(pool.total_bytes, 0);
}

static void what_is_given_back_is_used_before_more_is_taken(void **state) {
    (void)state;
    struct pool pool;
    void *blocks[1000];
    pool_init(&pool);
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 1000; i++) {
            blocks[i] = pool_alloc(&pool, 100);
            assert_non_null(blocks[i]);
        }
        for (size_t i = 0; i < 1000; i++) {
            pool_free(&pool, blocks[i], 100);
        }
    }
    assert_int_equal(pool.total_bytes, 1 << 20); /* 1000 blocks of 128 bytes fit into one slab of 1 MiB. */
    pool_free(&pool, NULL, 5);
    pool_release(&pool);
}

/* Small slabs, then large ones. */
static void a_pool_that_grows_gives_everything_back(void **state) {
    (void)state;
    enum { SIZE = 30000, COUNT = 800 };
    static uint8_t *blocks[COUNT];
    struct pool pool;
    pool_init(&pool);
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = pool_alloc(&pool, SIZE);
        assert_non_null(blocks[i]);
        memset(blocks[i], (int)(i % 251), SIZE);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(blocks[i][0], i % 251);
        assert_int_equal(blocks[i][SIZE - 1], i % 251);
    }
    assert_true(pool.total_bytes >= pool.used_bytes);
    pool_release(&pool);
    assert_int_equal(pool.total_bytes, 0);
}

struct laying {
    struct pool *pool;
    atomic_bool is_over;
};

/* From another thread, as long as the pool grows: every block is its own, and all memory is given back. */
static void *lay_by(void *context) {
    struct laying *laying = context;
    while (!atomic_load(&laying->is_over)) {
        pool_lay_by(laying->pool);
    }
    return NULL;
}

static void slabs_are_laid_by_from_another_thread(void **state) {
    (void)state;
    enum { BYTES = 4096, COUNT = 16384 }; /* 64 MiB: the pool becomes large. */
    static uint64_t *blocks[COUNT];
    struct pool pool;
    pthread_t thread;
    pool_init(&pool);
    struct laying laying = {.pool = &pool};
    pool_lay_by(&pool);
    assert_null(atomic_load(&pool.spare)); /* A small pool wants none. */
    assert_int_equal(pthread_create(&thread, NULL, lay_by, &laying), 0);
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = pool_alloc(&pool, BYTES);
        assert_non_null(blocks[i]);
        blocks[i][0] = i;
        blocks[i][BYTES / sizeof(uint64_t) - 1] = i;
    }
    atomic_store(&laying.is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pool_lay_by(&pool);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(blocks[i][0], i);
        assert_int_equal(blocks[i][BYTES / sizeof(uint64_t) - 1], i);
        pool_free(&pool, blocks[i], BYTES);
    }
    assert_int_equal(pool.used_bytes, 0);
    assert_non_null(atomic_load(&pool.spare));
    pool_release(&pool);
}

static void a_block_holds_what_was_asked_for(void **state) {
    (void)state;
    size_t before = 0;
    for (size_t size = 1; size < 70000; size++) {
        size_t block = pool_block_bytes(size);
        assert_true(block >= size && block >= before);
        assert_true(size > 32768 ? block == size : block <= size + size / 2 || block <= 32);
        before = size > 32768 ? 0 : block;
    }
}

/* The same steps on a plain array. */
static void a_vector_keeps_what_was_put_into_it(void **state) {
    (void)state;
    enum { ITEM = 65, MOST = 3000 };
    static uint8_t expected[MOST][ITEM];
    size_t count = 0;
    struct pool pool;
    struct vector vector = {0};
    uint64_t seed = 11;
    pool_init(&pool);
    for (int step = 0; step < 12000; step++) {
        bool is_insert = count == 0 || (count < MOST && next_random(&seed) % 5 < 3);
        size_t index = next_random(&seed) % (count + (is_insert ? 1 : 0));
        if (is_insert) {
            uint8_t item[ITEM];
            memset(item, step & 0xFF, sizeof item);
            assert_true(vector_insert(&vector, ITEM, (uint32_t)index, item, &pool));
            memmove(expected[index + 1 < MOST ? index + 1 : index], expected[index],
                    (index + 1 < MOST ? count - index : 0) * ITEM);
            memcpy(expected[index], item, ITEM);
            count++;
        } else {
            vector_remove(&vector, ITEM, (uint32_t)index);
            memmove(expected[index], expected[index + 1], (count - index - 1) * ITEM);
            count--;
        }
        assert_int_equal(vector.count, count);
        assert_true(vector.capacity >= vector.count);
    }
    assert_true(count > 0);
    assert_memory_equal(vector.items, expected, count * ITEM);
    vector_release(&vector, ITEM, &pool);
    assert_int_equal(pool.used_bytes, 0);
    assert_null(vector.items);
    pool_release(&pool);
}

/* AddressSanitizer counts what is left. */
static void releasing_gives_back_large_blocks_in_any_order(void **state) {
    (void)state;
    enum { LARGE_BLOCKS = 5, LARGE_BYTES_EACH = 40000 };
    static const int given_back[] = {2, 0, 4, 3};
    struct pool pool;
    uint8_t *blocks[LARGE_BLOCKS];
    pool_init(&pool);
    for (int i = 0; i < LARGE_BLOCKS; i++) {
        blocks[i] = pool_alloc(&pool, LARGE_BYTES_EACH);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], i + 1, LARGE_BYTES_EACH);
    }
    for (int i = 0; i < LARGE_BLOCKS - 2; i++) {
        pool_free(&pool, blocks[given_back[i]], LARGE_BYTES_EACH);
    }
    assert_int_equal(pool.used_bytes, 2 * LARGE_BYTES_EACH);
    assert_int_equal(blocks[1][LARGE_BYTES_EACH - 1], 2);
    assert_int_equal(blocks[3][0], 4);
    pool_free(&pool, blocks[given_back[LARGE_BLOCKS - 2]], LARGE_BYTES_EACH);
    assert_int_equal(blocks[1][0], 2);
    pool_release(&pool);
}

static void room_for_one_more_is_there_after_a_removal(void **state) {
    (void)state;
    struct pool pool;
    struct vector vector = {0};
    uint64_t item = 1;
    pool_init(&pool);
    for (uint32_t i = 0; i < 100; i++) {
        assert_true(vector_insert(&vector, sizeof item, i, &item, &pool));
    }
    void *items = vector.items;
    uint32_t capacity = vector.capacity;
    for (uint32_t i = 100; i > 0; i--) {
        vector_remove(&vector, sizeof item, i - 1);
    }
    for (uint32_t i = 0; i < 100; i++) {
        vector_put_back(&vector, sizeof item, 0, &item);
    }
    assert_ptr_equal(vector.items, items);
    assert_int_equal(vector.capacity, capacity);
    vector_release(&vector, sizeof item, &pool);
    pool_release(&pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_apart_and_used_again),
        cmocka_unit_test(what_is_given_back_is_used_before_more_is_taken),
        cmocka_unit_test(a_pool_that_grows_gives_everything_back),
        cmocka_unit_test(slabs_are_laid_by_from_another_thread),
        cmocka_unit_test(a_block_holds_what_was_asked_for),
        cmocka_unit_test(a_vector_keeps_what_was_put_into_it),
        cmocka_unit_test(releasing_gives_back_large_blocks_in_any_order),
        cmocka_unit_test(room_for_one_more_is_there_after_a_removal),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
