/* Writing Thrift's compact protocol. */
#include "tools/parquet_thrift.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

/* A bool's value is in the type of its field. */
enum { TYPE_TRUE = 1, TYPE_FALSE = 2, TYPE_LIST = 9 };
enum { SHORT_DELTA_MAX = 15, SHORT_LIST_MAX = 14 };

static void put(struct thrift *thrift, const void *data, size_t size) {
    if (!thrift->has_failed && daybook_buffer_append(thrift->out, data, size) != DAYBOOK_OK) {
        thrift->has_failed = true;
    }
}

static void put_byte(struct thrift *thrift, unsigned byte) {
    uint8_t one = (uint8_t)byte;
    put(thrift, &one, 1);
}

static void put_varint(struct thrift *thrift, uint64_t value) {
    uint8_t room[10];
    put(thrift, room, varint_store(room, value));
}

static void put_field(struct thrift *thrift, int id, unsigned type) {
    int *last = &thrift->last_id[thrift->depth];
    int delta = id - *last;
    assert(delta > 0);
    if (delta <= SHORT_DELTA_MAX) {
        put_byte(thrift, (unsigned)delta << 4 | type);
    } else {
        put_byte(thrift, type);
        put_varint(thrift, zigzag_encode(id));
    }
    *last = id;
}

static void enter(struct thrift *thrift) {
    assert(thrift->depth + 1 < THRIFT_DEPTH_MAX);
    thrift->last_id[++thrift->depth] = 0;
}

void thrift_begin(struct thrift *thrift, struct daybook_buffer *out) {
    *thrift = (struct thrift){.out = out};
}

void thrift_end(struct thrift *thrift) {
    put_byte(thrift, 0);
    thrift->depth -= thrift->depth > 0 ? 1 : 0;
}

bool thrift_ok(const struct thrift *thrift) {
    return !thrift->has_failed;
}

void thrift_i32(struct thrift *thrift, int id, int32_t value) {
    put_field(thrift, id, THRIFT_I32);
    put_varint(thrift, zigzag_encode(value));
}

void thrift_i64(struct thrift *thrift, int id, int64_t value) {
    put_field(thrift, id, THRIFT_I64);
    put_varint(thrift, zigzag_encode(value));
}

void thrift_bool(struct thrift *thrift, int id, bool value) {
    put_field(thrift, id, value ? TYPE_TRUE : TYPE_FALSE);
}

static void put_binary(struct thrift *thrift, struct daybook_bytes value) {
    put_varint(thrift, value.size);
    put(thrift, value.data, value.size);
}

void thrift_binary(struct thrift *thrift, int id, struct daybook_bytes value) {
    put_field(thrift, id, THRIFT_BINARY);
    put_binary(thrift, value);
}

void thrift_text(struct thrift *thrift, int id, const char *text) {
    thrift_binary(thrift, id, daybook_bytes_of_text(text));
}

void thrift_struct(struct thrift *thrift, int id) {
    put_field(thrift, id, THRIFT_STRUCT);
    enter(thrift);
}

void thrift_list(struct thrift *thrift, int id, enum thrift_type type, size_t count) {
    put_field(thrift, id, TYPE_LIST);
    if (count <= SHORT_LIST_MAX) {
        put_byte(thrift, (unsigned)count << 4 | type);
    } else {
        put_byte(thrift, 0xF0 | type);
        put_varint(thrift, count);
    }
}

void thrift_item_struct(struct thrift *thrift) {
    enter(thrift);
}

void thrift_item_i32(struct thrift *thrift, int32_t value) {
    put_varint(thrift, zigzag_encode(value));
}

void thrift_item_text(struct thrift *thrift, const char *text) {
    put_binary(thrift, daybook_bytes_of_text(text));
}
