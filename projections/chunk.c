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

enum { CHECKSUM_SIZE = 4, CHECKSUMS_SIZE = 8, FORM_BITS = 2 };
enum entry_form { FORM_PLAIN, FORM_EQUAL, FORM_OPPOSITE, FORM_MULTIPLES };

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

size_t chunk_write_header(uint8_t to[CHUNK_HEADER_MAX], unsigned column_count, const struct chunk_header *header,
                          struct daybook_bytes entries) {
    int64_t least = header->min_effective;
    uint8_t *at = to + CHECKSUMS_SIZE;
    at = write_varint(at, header->ordinal);
    at = write_varint(at, zigzag_encode(least));
    at = write_varint(at, (uint64_t)(header->max_effective - least));
    at = write_varint(
        at, header->max_effective_before == INT32_MIN ? 0 : 1 + zigzag_encode(header->max_effective_before - least));
    at = write_varint(at, header->count);
    at = write_before(at, column_count, header);
    store_le32(to + CHECKSUM_SIZE, checksum(entries.data, entries.size));
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

static bool read_fields(const uint8_t **at, const uint8_t *end, unsigned column_count, struct chunk_header *header) {
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
    header->max_effective_before =
        greatest_before == 0
            ? INT32_MIN
            : (int32_t)(uint32_t)(uint64_t)(header->min_effective + zigzag_decode(greatest_before - 1));
    return read_before(at, end, column_count, header);
}

static enum daybook_status wrong_checksum(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading a view: a row's checksum is wrong; rebuild the view from the journal");
}

enum daybook_status chunk_read_header(struct daybook_bytes row, unsigned column_count, struct chunk_header *header,
                                      struct daybook_bytes *entries, struct daybook_error *error) {
    const uint8_t *end = row.data + row.size;
    const uint8_t *at = row.data + CHECKSUMS_SIZE;
    if (row.size < CHECKSUMS_SIZE || !read_fields(&at, end, column_count, header) ||
        load_le32(row.data) != checksum(row.data + CHECKSUM_SIZE, (size_t)(at - row.data) - CHECKSUM_SIZE)) {
        return wrong_checksum(error);
    }
    *entries = (struct daybook_bytes){at, (size_t)(end - at)};
    return DAYBOOK_OK;
}

enum daybook_status chunk_check_entries(struct daybook_bytes row, struct daybook_bytes entries,
                                        struct daybook_error *error) {
    return load_le32(row.data + CHECKSUM_SIZE) == checksum(entries.data, entries.size) ? DAYBOOK_OK
                                                                                       : wrong_checksum(error);
}

/* ---- entries ---- */

/* Most events move one amount between two columns, or weigh an amount by days: see the forms in chunk.h. */
static enum entry_form form_of(uint32_t present, const int64_t *columns) {
    uint32_t rest = present & (present - 1);
    if (present == 0 || rest == 0) {
        return FORM_PLAIN;
    }
    int64_t first = columns[__builtin_ctz(present)];
    int64_t second = columns[__builtin_ctz(rest)];
    bool is_equal = true;
    bool is_opposite = first != INT64_MIN;
    uint32_t others = rest & (rest - 1);
    bool is_multiple = others != 0 && second != -1; /* INT64_MIN / -1 does not fit. */
    for (; rest != 0; rest &= rest - 1) {
        int64_t amount = columns[__builtin_ctz(rest)];
        is_equal = is_equal && amount == first;
        is_opposite = is_opposite && amount == -first;
    }
    if (is_equal || is_opposite) {
        return is_equal ? FORM_EQUAL : FORM_OPPOSITE;
    }
    for (; is_multiple && others != 0; others &= others - 1) {
        is_multiple = columns[__builtin_ctz(others)] % second == 0;
    }
    return is_multiple ? FORM_MULTIPLES : FORM_PLAIN;
}

static uint8_t *write_columns(uint8_t *to, uint32_t present, const int64_t *columns) {
    enum entry_form form = form_of(present, columns);
    to = write_varint(to, present << FORM_BITS | (uint32_t)form);
    if (form == FORM_EQUAL || form == FORM_OPPOSITE) {
        return write_varint(to, zigzag_encode(columns[__builtin_ctz(present)]));
    }
    int64_t unit = 1;
    unsigned place = 0;
    for (uint32_t rest = present; rest != 0; rest &= rest - 1, place++) {
        int64_t amount = columns[__builtin_ctz(rest)];
        bool is_quotient = form == FORM_MULTIPLES && place > 1;
        to = write_varint(to, zigzag_encode(is_quotient ? amount / unit : amount));
        unit = place == 1 ? amount : unit;
    }
    return to;
}

size_t chunk_write_entry(uint8_t *to, unsigned column_count, uint64_t sequence_delta, int64_t effective_delta,
                         uint32_t present, const int64_t *columns) {
    uint8_t *start = to;
    to = write_varint(to, sequence_delta);
    to = write_varint(to, zigzag_encode(effective_delta));
    if (column_count > 0) {
        to = write_columns(to, present, columns);
    }
    return (size_t)(to - start);
}

static bool read_columns(struct chunk_reader *reader, enum entry_form form) {
    uint64_t raw;
    int64_t unit = 1;
    unsigned place = 0;
    if (form == FORM_EQUAL || form == FORM_OPPOSITE) {
        if (reader->present == 0 || !varint_take(&reader->next, reader->end, &raw)) {
            return false;
        }
        int64_t amount = zigzag_decode(raw);
        int64_t other = form == FORM_EQUAL ? amount : (int64_t)(0 - (uint64_t)amount);
        for (uint32_t rest = reader->present & (reader->present - 1); rest != 0; rest &= rest - 1) {
            reader->columns[__builtin_ctz(rest)] = other;
        }
        reader->columns[__builtin_ctz(reader->present)] = amount;
        return true;
    }
    for (uint32_t rest = reader->present; rest != 0; rest &= rest - 1, place++) {
        if (!varint_take(&reader->next, reader->end, &raw)) {
            return false;
        }
        int64_t amount = zigzag_decode(raw);
        if (form == FORM_MULTIPLES && place > 1 && __builtin_mul_overflow(amount, unit, &amount)) {
            return false;
        }
        unit = place == 1 ? amount : unit;
        reader->columns[__builtin_ctz(rest)] = amount;
    }
    return true;
}

bool chunk_read_entry(struct chunk_reader *reader, unsigned column_count) {
    uint64_t sequence_delta;
    uint64_t effective_delta;
    uint64_t head = 0;
    if (!varint_take(&reader->next, reader->end, &sequence_delta) ||
        !varint_take(&reader->next, reader->end, &effective_delta) ||
        (column_count > 0 && !varint_take(&reader->next, reader->end, &head)) ||
        head >> FORM_BITS >> column_count != 0) {
        return false;
    }
    reader->sequence += sequence_delta;
    reader->effective_on += zigzag_decode(effective_delta);
    reader->present = (uint32_t)(head >> FORM_BITS);
    return read_columns(reader, (enum entry_form)(head & 3)) && reader->effective_on >= INT32_MIN &&
           reader->effective_on <= INT32_MAX;
}

enum daybook_status chunk_damaged(uint32_t account, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading the rows of account %u of a view: they contradict each other; "
                        "rebuild the view from the journal",
                        account);
}
