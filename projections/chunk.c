/* The rows of a series in bytes; the format is drawn in chunk.h. */
#include "projections/chunk.h"

#include <string.h>

#include "base/hash.h"

void chunk_make_key(uint32_t account, unsigned level, uint64_t first_sequence, uint8_t key[CHUNK_KEY_SIZE]) {
    store_be32(key, account);
    key[4] = (uint8_t)level;
    store_be64(key + 5, first_sequence);
}

bool chunk_key_matches(struct daybook_bytes key, uint32_t account, unsigned level) {
    return key.size == CHUNK_KEY_SIZE && load_be32(key.data) == account && key.data[4] == level;
}

uint64_t chunk_key_sequence(struct daybook_bytes key) {
    return load_be64(key.data + 5);
}

enum { CHECKSUM_SIZE = 4, CHECKSUMS_SIZE = 8 };

static uint32_t checksum(const uint8_t *bytes, size_t size) {
    return (uint32_t)hash64(bytes, size, 0);
}

static inline uint8_t *write_varint(uint8_t *to, uint64_t value) {
    if (value < 0x80) {
        *to = (uint8_t)value;
        return to + 1;
    }
    return to + varint_store(to, value);
}

/* ---- headers ---- */

/* What does not change while entries are added: of the chunks before. */
static uint8_t *write_before(uint8_t *to, unsigned column_count, const struct chunk_header *header) {
    uint32_t present = chunk_present(column_count, header->before);
    to = write_varint(to, header->count_before);
    to = write_varint(to, present);
    for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
        to = write_varint(to, zigzag_encode(header->before[__builtin_ctz(rest)]));
    }
    return to;
}

size_t chunk_header_room(unsigned column_count, const struct chunk_header *header) {
    uint8_t bytes[CHUNK_HEADER_MAX];
    enum { ORDINAL = 5, DATES = 5 + 5 + 6, COUNT = 2 };
    return CHECKSUMS_SIZE + ORDINAL + DATES + COUNT + (size_t)(write_before(bytes, column_count, header) - bytes);
}

/* The greatest date before a row, beside the least in it. */
static uint64_t encode_before(int32_t max_effective_before, int64_t least) {
    return max_effective_before == INT32_MIN ? 0 : 1 + zigzag_encode(max_effective_before - least);
}

static int32_t decode_before(uint64_t bits, int32_t least) {
    return bits == 0 ? INT32_MIN : (int32_t)(uint32_t)(uint64_t)(least + zigzag_decode(bits - 1));
}

void chunk_put_mark(uint8_t to[CHUNK_MARK_SIZE], const struct chunk_mark *mark) {
    store_le64(to, mark->sequence);
    store_le32(to + 8, (uint32_t)mark->effective_on);
    store_le16(to + 12, mark->size_before);
}

struct chunk_mark chunk_get_mark(const uint8_t from[CHUNK_MARK_SIZE]) {
    return (struct chunk_mark){load_le64(from), (int32_t)load_le32(from + 8), load_le16(from + 12)};
}

size_t chunk_write_header(uint8_t to[CHUNK_HEADER_MAX + CHUNK_MARKS_SIZE_MAX], unsigned column_count,
                          const struct chunk_header *header, unsigned level, struct daybook_bytes body) {
    int64_t least = header->min_effective;
    uint8_t *at = to + CHECKSUMS_SIZE;
    at = write_varint(at, header->ordinal);
    at = write_varint(at, zigzag_encode(least));
    at = write_varint(at, (uint64_t)(header->max_effective - least));
    at = write_varint(at, encode_before(header->max_effective_before, least));
    at = write_varint(at, header->count);
    at = write_before(at, column_count, header);
    if (level == CHUNK_LATE) {
        at = write_varint(at, header->marks.size / CHUNK_MARK_SIZE);
        memcpy(at, header->marks.data, header->marks.size);
        at += header->marks.size;
    }
    store_le32(to + CHECKSUM_SIZE, checksum(body.data, body.size));
    store_le32(to, checksum(to + CHECKSUM_SIZE, (size_t)(at - to) - CHECKSUM_SIZE));
    return (size_t)(at - to);
}

static bool read_before(const uint8_t **at, const uint8_t *end, unsigned column_count, struct chunk_header *header) {
    uint64_t present;
    memset(header->before, 0, sizeof header->before);
    if (!varint_take(at, end, &header->count_before) || !varint_take(at, end, &present) ||
        present >> column_count != 0) {
        return false;
    }
    for (uint32_t rest = (uint32_t)present; rest != 0; rest &= rest - 1) {
        uint64_t amount;
        if (!varint_take(at, end, &amount)) {
            return false;
        }
        header->before[__builtin_ctz(rest)] = zigzag_decode(amount);
    }
    return true;
}

static bool read_marks(const uint8_t **at, const uint8_t *end, struct daybook_bytes *marks) {
    uint64_t count;
    if (!varint_take(at, end, &count) || count > (size_t)(end - *at) / CHUNK_MARK_SIZE) {
        return false;
    }
    *marks = (struct daybook_bytes){*at, (size_t)count * CHUNK_MARK_SIZE};
    *at += marks->size;
    return true;
}

static bool read_fields(const uint8_t **at, const uint8_t *end, unsigned column_count, unsigned level,
                        struct chunk_header *header) {
    uint64_t ordinal;
    uint64_t least;
    uint64_t span;
    uint64_t greatest_before;
    if (!varint_take(at, end, &ordinal) || !varint_take(at, end, &least) || !varint_take(at, end, &span) ||
        !varint_take(at, end, &greatest_before) || !varint_take(at, end, &header->count)) {
        return false;
    }
    header->ordinal = (uint32_t)ordinal;
    header->min_effective = (int32_t)zigzag_decode(least);
    header->max_effective = (int32_t)(zigzag_decode(least) + (int64_t)(uint32_t)span);
    header->max_effective_before = decode_before(greatest_before, header->min_effective);
    header->marks = (struct daybook_bytes){0};
    return read_before(at, end, column_count, header) && (level != CHUNK_LATE || read_marks(at, end, &header->marks));
}

static enum daybook_status wrong_checksum(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading a view: a row's checksum is wrong; rebuild the view from the journal");
}

enum daybook_status chunk_read_header(struct daybook_bytes row, unsigned column_count, unsigned level,
                                      struct chunk_header *header, struct daybook_bytes *body,
                                      struct daybook_error *error) {
    const uint8_t *end = row.data + row.size;
    const uint8_t *at = row.data + CHECKSUMS_SIZE;
    if (row.size < CHECKSUMS_SIZE || !read_fields(&at, end, column_count, level, header) ||
        load_le32(row.data) != checksum(row.data + CHECKSUM_SIZE, (size_t)(at - row.data) - CHECKSUM_SIZE)) {
        return wrong_checksum(error);
    }
    *body = (struct daybook_bytes){at, (size_t)(end - at)};
    return DAYBOOK_OK;
}

static bool is_body(struct daybook_bytes row, struct daybook_bytes body) {
    return load_le32(row.data + CHECKSUM_SIZE) == checksum(body.data, body.size);
}

enum daybook_status chunk_open_entries(struct daybook_bytes row, unsigned column_count, struct daybook_bytes body,
                                       struct series_slots *slots, struct chunk_reader *reader,
                                       struct daybook_error *error) {
    return is_body(row, body) && chunk_reader_init(reader, column_count, body, slots) ? DAYBOOK_OK
                                                                                      : wrong_checksum(error);
}

/* ---- groups ---- */

size_t chunk_write_children(uint8_t to[CHUNK_CHILDREN_SIZE_MAX], const struct chunk_header *group,
                            const struct chunk_child children[CHUNK_FANOUT]) {
    uint8_t *at = to;
    uint64_t sequence = 0;
    for (int i = 0; i < CHUNK_FANOUT; i++) {
        int64_t least = children[i].min_effective;
        at = write_varint(at, children[i].first_sequence - sequence);
        at = write_varint(at, (uint64_t)(least - group->min_effective));
        at = write_varint(at, (uint64_t)(children[i].max_effective - least));
        at = write_varint(at, encode_before(children[i].max_effective_before, least));
        sequence = children[i].first_sequence;
    }
    return (size_t)(at - to);
}

enum daybook_status chunk_read_children(struct daybook_bytes row, struct daybook_bytes body,
                                        const struct chunk_header *group, struct chunk_child children[CHUNK_FANOUT],
                                        struct daybook_error *error) {
    const uint8_t *at = body.data;
    const uint8_t *end = body.data + body.size;
    uint64_t sequence = 0;
    bool is_whole = is_body(row, body);
    for (int i = 0; i < CHUNK_FANOUT && is_whole; i++) {
        uint64_t step = 0;
        uint64_t least = 0;
        uint64_t span = 0;
        uint64_t before = 0;
        is_whole = varint_take(&at, end, &step) && varint_take(&at, end, &least) && varint_take(&at, end, &span) &&
                   varint_take(&at, end, &before);
        sequence += step;
        uint32_t lowest = (uint32_t)group->min_effective + (uint32_t)least;
        children[i] = (struct chunk_child){sequence, (int32_t)lowest, (int32_t)(lowest + (uint32_t)span),
                                           decode_before(before, (int32_t)lowest)};
    }
    return is_whole ? DAYBOOK_OK : wrong_checksum(error);
}

enum daybook_status chunk_damaged(uint32_t account, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading the rows of account %u of a view: they contradict each other; "
                        "rebuild the view from the journal",
                        account);
}
