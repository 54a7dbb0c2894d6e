/*
 * A table of lines of 64 bytes, found by the hash of a key:
 *
 *     0  8  times written, twice; odd while it is being written
 *     8  8  commit
 *    16  1  size of the key; 0 = an empty line
 *    17 47  the key, and the value behind it
 *
 * A key has two lines that it may be in, side by side. A line is read without a lock: who reads looks whether it was
 * written meanwhile. Each word is atomic. Those of the text are acquired and released, so that the count, looked at
 * afterwards, cannot be older than they are.
 */
#include "projection/memo.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/large.h"

/* A line for each KiB of rows, between 4 and 16 MiB of them. */
enum {
    LINES_LEAST = 1 << 16,
    LINES_MOST = 1 << 18,
    LINE_ROWS_BYTES = 1024,
    LINE_WORDS = 6,
    LINE_SIZE = LINE_WORDS * 8
};

_Static_assert(1 + MEMO_SIZE_MAX == LINE_SIZE, "a key and its value fill a line's words");

struct line {
    _Atomic uint64_t times;
    _Atomic uint64_t commit;
    _Atomic uint64_t words[LINE_WORDS];
};

struct memo {
    struct line *lines;
    size_t line_count; /* A power of two. */
};

struct memo *memo_open(uint64_t rows_bytes) {
    struct memo *memo = malloc(sizeof *memo);
    if (memo == NULL) {
        return NULL;
    }
    memo->line_count = LINES_LEAST;
    while (memo->line_count < LINES_MOST && memo->line_count < rows_bytes / LINE_ROWS_BYTES) {
        memo->line_count *= 2;
    }
    memo->lines = large_alloc(memo->line_count * sizeof *memo->lines);
    if (memo->lines == NULL) {
        free(memo);
        return NULL;
    }
    return memo;
}

void memo_close(struct memo *memo) {
    if (memo != NULL) {
        large_free(memo->lines, memo->line_count * sizeof *memo->lines);
        free(memo);
    }
}

static bool fits(struct daybook_bytes key, size_t value_size) {
    return key.size > 0 && key.size <= MEMO_SIZE_MAX && value_size <= MEMO_SIZE_MAX - key.size;
}

/* The line that a key is looked for in first; the other one is its neighbour, and is fetched with it. */
static size_t line_of(const struct memo *memo, struct daybook_bytes key) {
    return hash64(key.data, key.size, 0) & (memo->line_count - 1);
}

static bool read_line(const struct line *line, uint64_t commit, struct daybook_bytes key, uint8_t text[LINE_SIZE]) {
    uint64_t times = atomic_load_explicit(&line->times, memory_order_acquire);
    bool is_of_commit = atomic_load_explicit(&line->commit, memory_order_acquire) == commit;
    for (size_t i = 0; i < LINE_WORDS; i++) {
        store_le64(text + i * 8, atomic_load_explicit(&line->words[i], memory_order_acquire));
    }
    return is_of_commit && times % 2 == 0 && atomic_load_explicit(&line->times, memory_order_relaxed) == times &&
           text[0] == key.size && memcmp(text + 1, key.data, key.size) == 0;
}

bool memo_recall(const struct memo *memo, uint64_t commit, struct daybook_bytes key, uint8_t *value, size_t size) {
    uint8_t text[LINE_SIZE];
    if (memo == NULL || !fits(key, size)) {
        return false;
    }
    size_t place = line_of(memo, key);
    if (!read_line(&memo->lines[place], commit, key, text) && !read_line(&memo->lines[place ^ 1], commit, key, text)) {
        return false;
    }
    memcpy(value, text + 1 + key.size, size);
    return true;
}

/* The line that is to be written: the one that has the key, or nothing of this commit; else the first. */
static struct line *choose(struct memo *memo, uint64_t commit, struct daybook_bytes key) {
    uint8_t text[LINE_SIZE];
    size_t place = line_of(memo, key);
    struct line *first = &memo->lines[place];
    struct line *second = &memo->lines[place ^ 1];
    bool is_first_free = atomic_load_explicit(&first->commit, memory_order_relaxed) != commit;
    bool is_second_free = atomic_load_explicit(&second->commit, memory_order_relaxed) != commit;
    return read_line(second, commit, key, text) || (is_second_free && !is_first_free) ? second : first;
}

void memo_keep(struct memo *memo, uint64_t commit, struct daybook_bytes key, struct daybook_bytes value) {
    if (memo == NULL || !fits(key, value.size)) {
        return;
    }
    struct line *line = choose(memo, commit, key);
    uint8_t text[LINE_SIZE] = {(uint8_t)key.size};
    memcpy(text + 1, key.data, key.size);
    memcpy(text + 1 + key.size, value.data, value.size);
    uint64_t times = atomic_load_explicit(&line->times, memory_order_relaxed);
    if (times % 2 != 0 || !atomic_compare_exchange_strong(&line->times, &times, times + 1)) {
        return; /* Another thread is writing it. */
    }
    atomic_store_explicit(&line->commit, commit, memory_order_release);
    for (size_t i = 0; i < LINE_WORDS; i++) {
        atomic_store_explicit(&line->words[i], load_le64(text + i * 8), memory_order_release);
    }
    atomic_store_explicit(&line->times, times + 2, memory_order_release);
}
