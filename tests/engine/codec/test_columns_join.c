/* engine/codec/columns_join.c: no columns are too bad to be refused, and none lead it astray. */
#include <stdlib.h>
#include <string.h>

#include "tests/rows.h"

#include "codec/columns_inside.h"
#include "tests/engine/codec/both.h"
#include "tests/engine/codec/shop.h"

/* In memory of just their size: what reads or writes past it is found by a sanitizer. */
static enum daybook_status join_copy(struct both *both, const uint8_t *table, size_t table_size, size_t noise_size,
                                     uint32_t count, size_t raw_size) {
    uint8_t *copy = malloc(table_size + 1);
    uint8_t *noise = calloc(1, noise_size + 1);
    assert_non_null(copy);
    assert_non_null(noise);
    memcpy(copy + 1, table, table_size);
    const struct columns columns = {{copy + 1, table_size}, {noise + 1, noise_size}};
    enum daybook_status status =
        columns_join(both->joiner, columns, count, (uint32_t)raw_size, &both->raw, both->joined);
    if (status == DAYBOOK_OK) {
        uint64_t total = 0;
        for (uint32_t i = 0; i < count; i++) {
            total += both->joined[i].size;
        }
        assert_int_equal(total, raw_size);
    }
    free(copy);
    free(noise);
    return status;
}

static void test_hostile(void **state) {
    struct both *both = *state;
    struct pile *pile = pile_new();
    struct columns columns;
    shop_add(pile, 40);
    pile_add(pile, "\xFF\xFF", 2);
    assert_int_equal(columns_split(both->splitter, pile_events(pile), pile->count, &columns), DAYBOOK_OK);
    const size_t size = columns.table.size;
    const size_t noise_size = columns.noise.size;
    const size_t raw_size = pile->bytes.size;
    uint8_t *table = malloc(size + 1);
    assert_non_null(table);
    memcpy(table, columns.table.data, size);
    table[size] = 0;
    for (size_t i = 0; i < size; i++) {
        const uint8_t was = table[i];
        for (unsigned value = 0; value < 256; value++) {
            table[i] = (uint8_t)value;
            enum daybook_status status = join_copy(both, table, size, noise_size, pile->count, raw_size);
            assert_true(status == DAYBOOK_OK || status == DAYBOOK_DAMAGED);
        }
        table[i] = was;
        assert_int_equal(join_copy(both, table, i, noise_size, pile->count, raw_size), DAYBOOK_DAMAGED);
    }
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, raw_size), DAYBOOK_OK);
    assert_int_equal(join_copy(both, table, size + 1, noise_size, pile->count, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size - 1, pile->count, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size + 1, pile->count, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count - 1, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count + 1, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, raw_size - 1), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, raw_size + 1), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, 0, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, LIMIT_FRAME_EVENTS + 1, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, COLUMNS_RAW_MOST + 1), DAYBOOK_DAMAGED);
    free(table);
    pile_free(pile);
}

/* ---- columns by hand ---- */

#define BYTES(text) text, sizeof(text) - 1

struct forgery {
    const char *name;
    const char *table;
    size_t size;
    uint32_t count;
    uint32_t raw_size;
};

static const struct forgery forgeries[] = {
    {"nothing", BYTES(""), 1, 2},
    {"a form that ends what it did not begin", BYTES("\x01\x01\x18\x00\x00"), 1, 0},
    {"a form whose message has no end", BYTES("\x01\x01\xF0\x02\x00\x00"), 1, 2},
    {"field 0", BYTES("\x01\x01\x00\x00\x00\x02\x05"), 1, 2},
    {"kind 7", BYTES("\x01\x01\x3C\x00\x00\x02\x05"), 1, 2},
    {"source 3", BYTES("\x01\x01\x23\x00\x00\x02\x05"), 1, 2},
    {"the same as nothing", BYTES("\x01\x01\x21\x00\x00"), 1, 2},
    {"the next of nothing", BYTES("\x01\x01\x22\x00\x00"), 1, 2},
    {"the next of a text", BYTES("\x01\x02\x28\x2A\x00\x00\x02\x00\x02\x01\x61"), 1, 6},
    {"the same in a message", BYTES("\x01\x03\xF0\x02\x21\x18\x00\x00"), 1, 4},
    {"a form that is not there", BYTES("\x01\x00\x01\x00"), 1, 0},
    {"a body of an event that is kept whole", BYTES("\x01\x00\xFF\x01\x02\x01\x61"), 1, 1},
    {"256 forms", BYTES("\x80\x02"), 1, 0},
    {"a form of more steps than there may be", BYTES("\x01\x81\x40"), 1, 0},
    {"a form that is cut off", BYTES("\x01\x02\x20"), 1, 2},
    {"a form's size that is cut off", BYTES("\x01\x80"), 1, 2},
    {"a step past 32 bits", BYTES("\x01\x01\x80\x80\x80\x80\x10"), 1, 2},
    {"numbers that are not there", BYTES("\x02\x01\x20\x00\x00\x01"), 1, 2},
    {"numbers that are cut off", BYTES("\x02\x01\x20\x00\x00\x01\x00"), 1, 2},
    {"steps that are cut off", BYTES("\x02\x01\x20\x00\x00\x01\x01"), 1, 2},
    {"equal numbers that are cut off", BYTES("\x02\x01\x20\x00\x00\x01\x02\x80"), 1, 2},
    {"the numbers of texts cut off", BYTES("\x02\x01\x28\x00\x00\x01\x02\x02"), 1, 3},
    {"lengths that are cut off", BYTES("\x02\x01\x28\x00\x00\x01\x02\x00"), 1, 3},
    {"numbers written in a fourth way", BYTES("\x02\x01\x20\x00\x00\x01\x03\x05"), 1, 2},
    {"a known text where none is", BYTES("\x02\x01\x28\x00\x00\x01\x02\x03"), 1, 3},
    {"a known text by a number too large", BYTES("\x02\x01\x28\x00\x00\x01\x02\x0B"), 1, 3},
    {"a padded text behind nothing", BYTES("\x02\x01\x28\x00\x00\x01\x02\x01\x02\x05"), 1, 3},
    {"more values than bytes", BYTES("\x02\x01\x20\x00\x00\x01\x02\x05"), 1, 1},
    {"noise of more bytes than there are", BYTES("\x02\x01\x2C\x00\x00\x01\x02\x05"), 1, 7},
};

static void test_forgeries(void **state) {
    for (size_t r = 0; r < ROW_COUNT(forgeries); r++) {
        const struct forgery *row = &forgeries[r];
        print_message("  %s\n", row->name);
        assert_int_equal(join_copy(*state, (const uint8_t *)row->table, row->size, 0, row->count, row->raw_size),
                         DAYBOOK_DAMAGED);
    }
}

/* Columns that are right for events of just one size: what has no room is found before it is put there. */
struct past_end {
    const char *name;
    const char *table;
    size_t size;
    uint32_t noise_size;
    uint32_t count;
    uint32_t least; /* From this size on they are those of such events, as far as can be seen before the first. */
    uint32_t right;
};

#define TEN   "abcdefghij"
#define FORTY TEN TEN TEN TEN

static const struct past_end past_ends[] = {
    {"a plain text", BYTES("\x02\x01\x28\x00\x00\x01\x02\x00\x02\x28" FORTY), 0, 1, 40, 42},
    {"a known text", BYTES("\x02\x01\x28\x00\x00\x00\x01\x01\x00\x00\x03\x02\x28" FORTY), 0, 2, 40, 84},
    {"a text with another number", BYTES("\x02\x01\x28\x00\x00\x00\x01\x01\x00\x00\x02\x02\x05\x02\x28" FORTY), 0, 2,
     40, 85},
    {"noise", BYTES("\x02\x01\x2C\x00\x00\x01\x02\x28"), 40, 1, 40, 42},
    {"the same again", BYTES("\x03\x01\x28\x00\x01\x29\x00\x02\x01\x01\x02\x00\x02\x28" FORTY), 0, 2, 40, 84},
    {"a message that grows", BYTES("\x02\x03\xF0\x02\x28\x18\x00\x00\x01\x02\x00\x02\x82\x01" FORTY FORTY FORTY TEN), 0,
     1, 130, 136},
};

static void test_past_the_end(void **state) {
    for (size_t r = 0; r < ROW_COUNT(past_ends); r++) {
        const struct past_end *row = &past_ends[r];
        print_message("  %s\n", row->name);
        for (uint32_t size = row->least; size < row->right + 10; size++) {
            assert_int_equal(
                join_copy(*state, (const uint8_t *)row->table, row->size, row->noise_size, row->count, size),
                size == row->right ? DAYBOOK_OK : DAYBOOK_DAMAGED);
        }
    }
}

/* An event that is kept whole, of as many bytes as one may have, and of one more. */
static void test_an_event_that_is_too_long(void **state) {
    static uint8_t table[LIMIT_EVENT_BYTES + 16];
    for (uint32_t size = LIMIT_EVENT_BYTES; size <= LIMIT_EVENT_BYTES + 1; size++) {
        static const uint8_t start[] = {0, 255, 0, 2}; /* No form; the event is kept whole; one length, which is: */
        memcpy(table, start, sizeof start);
        const size_t at = sizeof start + varint_store(table + sizeof start, size);
        assert_int_equal(join_copy(*state, table, at + size, 0, 1, size),
                         size == LIMIT_EVENT_BYTES ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    }
}

/* Forms of a thousand steps: eight are within what all may have together, nine are not. */
static void test_more_steps_than_there_may_be(void **state) {
    enum { STEPS = 1000 };
    for (uint8_t forms = 8; forms <= 9; forms++) {
        static uint8_t table[16 * STEPS];
        uint8_t *at = table;
        *at++ = (uint8_t)(forms + 1);
        *at++ = 0; /* The form that is used is empty. */
        for (uint8_t form = 0; form < forms; form++) {
            at += varint_store(at, STEPS);
            memset(at, 1 << 5, STEPS);
            at += STEPS;
        }
        *at++ = 0;
        *at++ = 0;
        assert_int_equal(join_copy(*state, table, (size_t)(at - table), 0, 1, 0),
                         forms == 8 ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    }
}

/* What is nested as deeply as a message may be, and what is nested more deeply. */
static void test_depth(void **state) {
    for (uint32_t depth = 1; depth < 12; depth++) {
        uint8_t table[64];
        uint8_t *at = table;
        *at++ = 2;
        at += varint_store(at, (uint64_t)depth * 2);
        for (uint32_t i = 0; i < depth; i++) {
            *at++ = 1 << 5 | COLUMN_MESSAGE << 2;
        }
        for (uint32_t i = 0; i < depth; i++) {
            *at++ = COLUMN_END << 2;
        }
        *at++ = 0; /* The second form is empty. */
        *at++ = 0;
        *at++ = 1;
        assert_int_equal(join_copy(*state, table, (size_t)(at - table), 0, 1, (size_t)depth * 2),
                         depth < LIMIT_WIRE_DEPTH ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_past_the_end),
        cmocka_unit_test(test_an_event_that_is_too_long),
        cmocka_unit_test(test_more_steps_than_there_may_be),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, both_set_up, both_tear_down);
}
