/* Entries as they were written, one by one and added up, whatever their amounts. */
#include "projections/folding.h"

#include "projections/chunk_entry.h"

enum { ENTRIES = 40, BODY_MAX = CHUNK_SLOTS_SIZE_MAX + ENTRIES * CHUNK_ENTRY_MAX };

struct written {
    unsigned column_count;
    size_t count;
    uint64_t sequences[ENTRIES];
    struct series_entry entries[ENTRIES];
    uint8_t body[BODY_MAX];
    size_t size;
};

/* Small ones, equal, opposite and multiples of each other, and some that need every bit. */
static int64_t pick_amount(struct chance *chance, int64_t near) {
    static const int64_t edges[] = {INT64_MAX, INT64_MIN, INT64_MIN + 1, -1, 1, (int64_t)1 << 46, -((int64_t)1 << 47)};
    switch (chance_between(chance, 0, 9)) {
    case 0:
        return edges[chance_next(chance) % (sizeof edges / sizeof *edges)];
    case 1:
    case 2:
        return near;
    case 3:
        return near == INT64_MIN ? 7 : -near;
    case 4:
        return near > -1000000 && near < 1000000 ? near * chance_between(chance, -400, 400) : 11;
    case 5:
    case 6:
        return 0;
    default:
        return chance_between(chance, -100000, 100000);
    }
}

static void write_entries(struct written *w) {
    struct series_slots slots = {0};
    uint8_t entries[ENTRIES * CHUNK_ENTRY_ROOM];
    size_t size = 0;
    uint64_t sequence = 0;
    int64_t effective_on = 0;
    size_t count = 0;
    for (; count < w->count; count++) {
        const struct series_entry *entry = &w->entries[count];
        struct chunk_step step = {w->sequences[count] - sequence, entry->effective_on - effective_on};
        size_t added = chunk_entry_write(entries + size, w->column_count > 0 ? &slots : NULL, step,
                                         chunk_present(w->column_count, entry->columns), entry->columns);
        if (added == 0) {
            break;
        }
        assert_true(added <= CHUNK_ENTRY_MAX);
        size += added;
        sequence = w->sequences[count];
        effective_on = entry->effective_on;
    }
    assert_true(count > 0); /* One event finds its slots. */
    w->count = count;
    w->size = w->column_count > 0 ? chunk_slots_write(w->body, &slots) : 0;
    assert_true(w->column_count == 0 || w->size == 1 + slots.size_bytes);
    memcpy(w->body + w->size, entries, size);
    w->size += size;
}

static void make(struct chance *chance, struct written *w) {
    static const int32_t dates[] = {INT32_MIN, INT32_MAX, 0, 20000};
    bool is_wild = chance_next(chance) % 3 == 0;
    *w = (struct written){.column_count = (unsigned)chance_between(chance, 0, SERIES_COLUMNS_MAX), .count = ENTRIES};
    uint64_t sequence = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct series_entry *entry = &w->entries[i];
        sequence += chance_next(chance) % 4 == 0 ? 0 : (uint64_t)1 << chance_between(chance, 0, is_wild ? 57 : 20);
        w->sequences[i] = sequence;
        entry->effective_on = is_wild ? dates[chance_next(chance) % 4] : (int32_t)chance_between(chance, 19000, 19100);
        int64_t near = chance_between(chance, -5000, 5000);
        for (unsigned column = 0; column < w->column_count; column++) {
            near = is_wild || column < 3 ? pick_amount(chance, near) : 0;
            entry->columns[column] = near;
        }
    }
    write_entries(w);
}

static void begin(const struct written *w, struct daybook_bytes body, struct series_slots *slots,
                  struct chunk_reader *reader) {
    assert_true(chunk_reader_init(reader, w->column_count, body, slots));
}

static void entries_come_back(void **state) {
    (void)state;
    struct chance chance = {chance_seed(20240301)};
    static struct written w;
    for (int i = 0; i < 2000; i++) {
        struct series_slots slots;
        struct chunk_reader reader;
        make(&chance, &w);
        begin(&w, (struct daybook_bytes){w.body, w.size}, &slots, &reader);
        for (size_t n = 0; n < w.count; n++) {
            memset(reader.columns, 0, sizeof reader.columns);
            assert_true(reader.next < reader.end);
            assert_true(chunk_read_entry(&reader));
            assert_int_equal(reader.sequence, w.sequences[n]);
            assert_int_equal(reader.effective_on, w.entries[n].effective_on);
            assert_memory_equal(reader.columns, w.entries[n].columns, sizeof reader.columns);
        }
        assert_ptr_equal(reader.next, reader.end);
    }
}

static void sums_are_those_of_a_plain_loop(void **state) {
    (void)state;
    struct chance chance = {chance_seed(20240302)};
    static struct written w;
    for (int i = 0; i < 4000; i++) {
        struct series_slots slots;
        struct chunk_reader reader;
        struct chunk_sums sums = {.count = 3};
        struct chunk_sums expected = {.count = 3};
        make(&chance, &w);
        size_t place = chance_next(&chance) % w.count;
        uint64_t known_at = chance_next(&chance) % 4 == 0 ? UINT64_MAX : w.sequences[place];
        int32_t as_of = w.entries[chance_next(&chance) % w.count].effective_on;
        for (size_t n = 0; n < w.count && w.sequences[n] <= known_at; n++) {
            if (w.entries[n].effective_on <= as_of) {
                expected.count++;
                for (unsigned column = 0; column < w.column_count; column++) {
                    expected.columns[column] += w.entries[n].columns[column];
                }
            }
        }
        begin(&w, (struct daybook_bytes){w.body, w.size}, &slots, &reader);
        assert_true(chunk_add_visible(&reader, as_of, known_at, &sums));
        assert_int_equal(sums.count, expected.count);
        assert_memory_equal(sums.columns, expected.columns, sizeof sums.columns);
    }
}

/* The checksum tells first; but what it does not, reads nothing past the end (the sanitizer watches). */
static void damage_reads_no_further(void **state) {
    (void)state;
    struct chance chance = {chance_seed(20240303)};
    static struct written w;
    size_t refused = 0;
    for (int i = 0; i < 3000; i++) {
        make(&chance, &w);
        size_t size = chance_next(&chance) % (w.size + 1);
        uint8_t *cut = malloc(size + 1); /* Its own block: the end is the block's, but for one byte. */
        assert_non_null(cut);
        memcpy(cut + 1, w.body, size);
        if (size > 0) {
            cut[1 + chance_next(&chance) % size] ^= (uint8_t)(1 << chance_next(&chance) % 8);
        }
        struct daybook_bytes body = {cut + 1, size};
        struct series_slots slots;
        struct chunk_reader reader;
        struct chunk_sums sums = {0};
        refused += !chunk_reader_init(&reader, w.column_count, body, &slots) ||
                   !chunk_add_visible(&reader, INT32_MAX, UINT64_MAX, &sums);
        free(cut);
    }
    assert_true(refused > 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back),
        cmocka_unit_test(sums_are_those_of_a_plain_loop),
        cmocka_unit_test(damage_reads_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
