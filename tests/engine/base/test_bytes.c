/* Integers and varints are laid as the formats want. */
#include "base/bytes.h"

#include <string.h>

#include "tests/rows.h"

static void integers_have_their_byte_order(void **state) {
    (void)state;
    uint8_t bytes[8];
    store_be64(bytes, UINT64_C(0x0102030405060708));
    assert_memory_equal(bytes, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    assert_true(load_be64(bytes) == UINT64_C(0x0102030405060708));
    store_le64(bytes, UINT64_C(0x0102030405060708));
    assert_memory_equal(bytes, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    assert_true(load_le64(bytes) == UINT64_C(0x0102030405060708));
    store_be32(bytes, 0xA1B2C3D4);
    assert_memory_equal(bytes, "\xA1\xB2\xC3\xD4", 4);
    assert_int_equal(load_be32(bytes), 0xA1B2C3D4);
    store_le32(bytes, 0xA1B2C3D4);
    assert_memory_equal(bytes, "\xD4\xC3\xB2\xA1", 4);
    assert_int_equal(load_le32(bytes), 0xA1B2C3D4);
    store_le16(bytes, 0xA1B2);
    assert_memory_equal(bytes, "\xB2\xA1", 2);
    assert_int_equal(load_le16(bytes), 0xA1B2);
}

struct varint_row {
    const char *name;
    uint64_t value;
    const char *bytes;
    size_t size;
};

/* 150 and 300 are the examples of protobuf's own documentation. */
static const struct varint_row varint_rows[] = {
    {"0", 0, "\x00", 1},
    {"127", 127, "\x7F", 1},
    {"128", 128, "\x80\x01", 2},
    {"150", 150, "\x96\x01", 2},
    {"300", 300, "\xAC\x02", 2},
    {"16383", 16383, "\xFF\x7F", 2},
    {"16384", 16384, "\x80\x80\x01", 3},
    {"2^32-1", UINT32_MAX, "\xFF\xFF\xFF\xFF\x0F", 5},
    {"2^63", UINT64_C(1) << 63, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10},
    {"2^64-1", UINT64_MAX, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10},
};

static void assert_taken(const uint8_t *from, const uint8_t *end, const struct varint_row *row) {
    const uint8_t *at = from;
    uint64_t value = 1;
    assert_true(varint_take(&at, end, &value));
    assert_true(value == row->value);
    assert_ptr_equal(at, from + row->size);
}

static void varint_is_leb128(void **state) {
    const struct varint_row *row = *state;
    uint8_t bytes[10];
    assert_int_equal(varint_store(bytes, row->value), row->size);
    assert_memory_equal(bytes, row->bytes, row->size);
    uint64_t value = 1;
    assert_int_equal(varint_load(bytes, bytes + row->size, &value), row->size);
    assert_true(value == row->value);
    assert_taken(bytes, bytes + row->size, row);
    uint8_t followed[20] = {0}; /* Eight bytes can be loaded from its first one. */
    memcpy(followed, bytes, row->size);
    assert_taken(followed, followed + sizeof followed, row);
    for (size_t size = 0; size < row->size; size++) {
        const uint8_t *at = bytes;
        assert_int_equal(varint_load(bytes, bytes + size, &value), 0);
        assert_false(varint_take(&at, bytes + size, &value));
    }
}

struct varint_refusal_row {
    const char *name;
    const char *bytes;
    size_t size;
};

static const struct varint_refusal_row varint_refusal_rows[] = {
    {"nothing", "", 0},
    {"eleven bytes", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11},
    {"a 65th bit", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10},
    {"no end", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12},
};

static void varint_is_refused(void **state) {
    const struct varint_refusal_row *row = *state;
    uint64_t value;
    const uint8_t *bytes = (const uint8_t *)row->bytes;
    assert_int_equal(varint_load(bytes, bytes + row->size, &value), 0);
    assert_false(varint_take(&bytes, bytes + row->size, &value));
}

struct zigzag_row {
    const char *name;
    int64_t value;
    uint64_t encoded;
};

/* The table of protobuf's documentation. */
static const struct zigzag_row zigzag_rows[] = {
    {"zigzag 0", 0, 0},
    {"zigzag -1", -1, 1},
    {"zigzag 1", 1, 2},
    {"zigzag -2", -2, 3},
    {"zigzag 2^31-1", INT32_MAX, UINT64_C(0xFFFFFFFE)},
    {"zigzag -2^31", INT32_MIN, UINT64_C(0xFFFFFFFF)},
    {"zigzag 2^63-1", INT64_MAX, UINT64_MAX - 1},
    {"zigzag -2^63", INT64_MIN, UINT64_MAX},
};

static void zigzag_alternates(void **state) {
    const struct zigzag_row *row = *state;
    assert_true(zigzag_encode(row->value) == row->encoded);
    assert_true(zigzag_decode(row->encoded) == row->value);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "byte orders", integers_have_their_byte_order, NULL);
    ROWS_ADD_TABLE(&rows, varint_rows, varint_is_leb128);
    ROWS_ADD_TABLE(&rows, varint_refusal_rows, varint_is_refused);
    ROWS_ADD_TABLE(&rows, zigzag_rows, zigzag_alternates);
    return rows_run("bytes", &rows);
}
