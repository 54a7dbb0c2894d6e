/*
 * A table of lines of 64 bytes, found by the hash of a key:
 *
 *     0  8  times written, twice; odd while it is being written
 *     8  8  commit
 *    16  1  size of the key; 0 = an empty line
 *    17 35  the key, zeros behind it
 *    52 12  the value
 *
 * A line is read without a lock: who reads looks whether it was written meanwhile. Each word is atomic. Those of the
 * text are acquired and released, so that the count, looked at afterwards, cannot be older than they are.
 */
#include "projection/memo.h"

#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/large.h"

enum { LINE_COUNT = 1 << 16, LINE_WORDS = 6, LINE_SIZE = LINE_WORDS * 8, VALUE_AT = 1 + MEMO_KEY_SIZE_MAX };

_Static_assert(VALUE_AT + MEMO_VALUE_SIZE == LINE_SIZE, "a key and its value fill a line's words");

struct line {
    _Atomic uint64_t times;
    _Atomic uint64_t commit;
    _Atomic uint64_t words[LINE_WORDS];
};

struct memo {
    struct line lines[LINE_COUNT];
};

struct memo *memo_open(void) {
    return large_alloc(sizeof(struct memo));
}

void memo_close(struct memo *memo) {
    large_free(memo, sizeof(struct memo));
}

static uint64_t hash_of(struct daybook_bytes key) {
    return hash64(key.data, key.size, 0);
}

/* A line's text with the key; its value is zero. */
static void write_key(struct daybook_bytes key, uint8_t text[LINE_SIZE]) {
    memset(text, 0, LINE_SIZE);
    text[0] = (uint8_t)key.size;
    copy_short(text + 1, key.data, key.size);
}

bool memo_recall(const struct memo *memo, uint64_t commit, struct daybook_bytes key, uint8_t value[MEMO_VALUE_SIZE]) {
    if (memo == NULL || key.size == 0 || key.size > MEMO_KEY_SIZE_MAX) {
        return false;
    }
    const struct line *line = &memo->lines[hash_of(key) % LINE_COUNT];
    uint8_t wanted[LINE_SIZE];
    uint8_t text[LINE_SIZE];
    uint64_t times = atomic_load_explicit(&line->times, memory_order_acquire);
    bool is_of_commit = atomic_load_explicit(&line->commit, memory_order_acquire) == commit;
    for (size_t i = 0; i < LINE_WORDS; i++) {
        store_le64(text + i * 8, atomic_load_explicit(&line->words[i], memory_order_acquire));
    }
    if (!is_of_commit || times % 2 != 0 || atomic_load_explicit(&line->times, memory_order_relaxed) != times) {
        return false;
    }
    write_key(key, wanted);
    memcpy(value, text + VALUE_AT, MEMO_VALUE_SIZE);
    return memcmp(text, wanted, VALUE_AT) == 0;
}

void memo_keep(struct memo *memo, uint64_t commit, struct daybook_bytes key, const uint8_t value[MEMO_VALUE_SIZE]) {
    if (memo == NULL || key.size == 0 || key.size > MEMO_KEY_SIZE_MAX) {
        return;
    }
    struct line *line = &memo->lines[hash_of(key) % LINE_COUNT];
    uint8_t text[LINE_SIZE];
    write_key(key, text);
    memcpy(text + VALUE_AT, value, MEMO_VALUE_SIZE);
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
