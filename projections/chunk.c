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

static uint32_t checksum(const uint8_t *row, size_t size) {
    return (uint32_t)hash64(row + 4, size - 4, 0);
}

void chunk_seal(uint8_t *row, size_t size, unsigned column_count, const struct chunk_header *header) {
    store_le32(row + 4, header->ordinal);
    store_le32(row + 8, (uint32_t)header->min_effective);
    store_le32(row + 12, (uint32_t)header->max_effective);
    store_le32(row + 16, (uint32_t)header->max_effective_before);
    store_le64(row + 20, header->count);
    store_le64(row + 28, header->count_before);
    for (unsigned i = 0; i < column_count; i++) {
        store_le64(row + CHUNK_FIXED_SIZE + i * 8, (uint64_t)header->before[i]);
    }
    store_le32(row, checksum(row, size));
}

enum daybook_status chunk_read_header(struct daybook_bytes row, unsigned column_count, struct chunk_header *header,
                                      struct daybook_error *error) {
    if (row.size < chunk_header_size(column_count) || load_le32(row.data) != checksum(row.data, row.size)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "while reading a view: a row's checksum is wrong; rebuild the view from the journal");
    }
    header->ordinal = load_le32(row.data + 4);
    header->min_effective = (int32_t)load_le32(row.data + 8);
    header->max_effective = (int32_t)load_le32(row.data + 12);
    header->max_effective_before = (int32_t)load_le32(row.data + 16);
    header->count = load_le64(row.data + 20);
    header->count_before = load_le64(row.data + 28);
    for (unsigned i = 0; i < column_count; i++) {
        header->before[i] = (int64_t)load_le64(row.data + CHUNK_FIXED_SIZE + i * 8);
    }
    return DAYBOOK_OK;
}

static inline uint8_t *write_varint(uint8_t *to, uint64_t value) {
    if (value < 0x80) {
        *to = (uint8_t)value;
        return to + 1;
    }
    return to + varint_store(to, value);
}

size_t chunk_write_entry(uint8_t *to, unsigned column_count, uint64_t sequence_delta, int64_t effective_delta,
                         const int64_t *columns) {
    uint8_t *start = to;
    to = write_varint(to, sequence_delta);
    to = write_varint(to, zigzag_encode(effective_delta));
    if (column_count > 0) {
        uint32_t present = 0;
        for (unsigned i = 0; i < column_count; i++) {
            present |= (uint32_t)(columns[i] != 0) << i;
        }
        to = write_varint(to, present);
        for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
            to = write_varint(to, zigzag_encode(columns[__builtin_ctz(rest)]));
        }
    }
    return (size_t)(to - start);
}

static inline bool read_varint(struct chunk_reader *reader, uint64_t *value) {
    if (reader->next < reader->end && *reader->next < 0x80) {
        *value = *reader->next++;
        return true;
    }
    size_t size = varint_load(reader->next, reader->end, value);
    reader->next += size;
    return size != 0;
}

bool chunk_read_entry(struct chunk_reader *reader, unsigned column_count) {
    uint64_t sequence_delta;
    uint64_t effective_delta;
    uint64_t present = 0;
    if (!read_varint(reader, &sequence_delta) || !read_varint(reader, &effective_delta) ||
        (column_count > 0 && !read_varint(reader, &present)) || present >> column_count != 0) {
        return false;
    }
    reader->sequence += sequence_delta;
    reader->effective_on += zigzag_decode(effective_delta);
    reader->present = (uint32_t)present;
    for (uint32_t rest = reader->present; rest != 0; rest &= rest - 1) {
        uint64_t amount;
        if (!read_varint(reader, &amount)) {
            return false;
        }
        reader->columns[__builtin_ctz(rest)] = zigzag_decode(amount);
    }
    return reader->effective_on >= INT32_MIN && reader->effective_on <= INT32_MAX;
}

enum daybook_status chunk_damaged(uint32_t account, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading the rows of account %u of a view: they contradict each other; "
                        "rebuild the view from the journal",
                        account);
}
