/* The entries of a chunk; the format is drawn in chunk_entry.h. */
#include "projections/chunk_entry.h"

#include <string.h>

enum {
    SIZE_BITS = 3,
    SIZE_MASK = 7,
    DATE_SHIFT = 3,
    DATE_MASK = 3,
    COUNT_SHIFT = 5,
    COUNT_FOLLOWS = 7,
    SLOT_BITS = 5,
    SLOT_MASK = (1 << SLOT_BITS) - 1,
    COLUMN_BITS = 16,
    SMALL_SIZE = 6, /* Amounts of so many bytes may be added up by the thousand. */
    COPY_MAX = 1024,
    READ_PAST = 32, /* Of an entry that begins before the end: two bytes, 8 and 5, and eight of an amount. */
};

_Static_assert((int)SERIES_SLOTS_MAX == 1 << SLOT_BITS && (int)SERIES_COLUMNS_MAX == (int)COLUMN_BITS,
               "the format's own numbers");

/* ---- numbers of so many bytes ---- */

/* What is kept of eight bytes that were read for a number of 0 to 8. */
static const uint64_t masks[9] = {0,
                                  UINT64_C(0xFF),
                                  UINT64_C(0xFFFF),
                                  UINT64_C(0xFFFFFF),
                                  UINT64_C(0xFFFFFFFF),
                                  UINT64_C(0xFFFFFFFFFF),
                                  UINT64_C(0xFFFFFFFFFFFF),
                                  UINT64_C(0xFFFFFFFFFFFFFF),
                                  UINT64_MAX};

static unsigned size_of(uint64_t value) {
    return value == 0 ? 1 : (71 - (unsigned)__builtin_clzll(value)) / 8;
}

/* Eight bytes where there are as many, which is all but always: then nothing is copied byte by byte. */
static inline uint64_t take(const uint8_t *from, unsigned size, const uint8_t *end) {
    uint64_t value = 0;
    if (end - from >= 8) {
        value = load_le64(from);
    } else {
        memcpy(&value, from, (size_t)(end - from));
    }
    return value & masks[size];
}

/* All eight bytes are written; what comes next overwrites those that are too many. */
static inline uint8_t *put(uint8_t *to, uint64_t value, unsigned size) {
    store_le64(to, value);
    return to + size;
}

/* ---- slots ---- */

static uint32_t slot_columns(uint32_t code) {
    return code & ((1u << COLUMN_BITS) - 1);
}

/* The first column's own bit says that the amount is a multiple. */
static uint32_t multiple_bit(uint32_t code) {
    return (code & (~code + 1)) << COLUMN_BITS;
}

static bool is_multiple(uint32_t code) {
    return (code & multiple_bit(code)) != 0;
}

static uint32_t slot_lowered(uint32_t code) {
    return (code & ~multiple_bit(code)) >> COLUMN_BITS;
}

size_t chunk_slots_write(uint8_t to[CHUNK_SLOTS_SIZE_MAX], const struct series_slots *slots) {
    size_t size = 1;
    to[0] = (uint8_t)slots->count;
    for (uint32_t i = 0; i < slots->count; i++) {
        size += varint_store(to + size, slot_columns(slots->codes[i]));
        size += varint_store(to + size, slots->codes[i] >> COLUMN_BITS);
    }
    return size;
}

static uint32_t varint_size(uint32_t value) {
    return value < 1u << 7 ? 1 : value < 1u << 14 ? 2 : 3;
}

static bool read_slots(const uint8_t **at, const uint8_t *end, unsigned column_count, struct series_slots *slots) {
    slots->count = *at < end ? *(*at)++ : UINT32_MAX;
    slots->multiples = 0;
    const uint8_t *start = *at;
    if (slots->count > SERIES_SLOTS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < slots->count; i++) {
        uint64_t columns;
        uint64_t lowered;
        if (!varint_take(at, end, &columns) || !varint_take(at, end, &lowered) || columns >> column_count != 0 ||
            lowered >> column_count != 0) {
            return false;
        }
        slots->codes[i] = (uint32_t)columns | (uint32_t)lowered << COLUMN_BITS;
        slots->multiples |= (uint32_t)is_multiple(slots->codes[i]) << i;
    }
    slots->size_bytes = (uint32_t)(*at - start);
    return true;
}

/* The slot of this code, added where there is none; SERIES_SLOTS_MAX: no room. */
static uint32_t find_slot(struct series_slots *slots, uint32_t code) {
    for (uint32_t i = 0; i < slots->count; i++) {
        if (slots->codes[i] == code) {
            return i;
        }
    }
    if (slots->count == SERIES_SLOTS_MAX) {
        return SERIES_SLOTS_MAX;
    }
    slots->codes[slots->count] = code;
    slots->multiples |= (uint32_t)is_multiple(code) << slots->count;
    slots->size_bytes += varint_size(slot_columns(code)) + varint_size(code >> COLUMN_BITS);
    return slots->count++;
}

/* ---- writing ---- */

struct amount {
    uint64_t bits; /* Zigzag. */
    uint32_t slot;
    uint32_t size;
};

/* The columns that the first of `rest` moves with it, as a slot's code. */
static uint32_t code_of(uint32_t rest, const int64_t *columns) {
    int64_t amount = columns[__builtin_ctz(rest)];
    uint32_t code = 0;
    for (; rest != 0; rest &= rest - 1) {
        int column = __builtin_ctz(rest);
        bool is_equal = columns[column] == amount;
        bool is_opposite = amount != INT64_MIN && columns[column] == -amount;
        code |= (uint32_t)(is_equal || is_opposite) << column | (uint32_t)is_opposite << (column + COLUMN_BITS);
    }
    return code;
}

/* An entry as amounts; 0: a slot is missing. An entry that moves nothing is one amount, 0, of no column. */
static unsigned split(struct series_slots *slots, uint32_t rest, const int64_t *columns,
                      struct amount amounts[SERIES_COLUMNS_MAX]) {
    unsigned count = 0;
    int64_t unit = 0;
    do {
        uint32_t code = rest == 0 ? 0 : code_of(rest, columns);
        int64_t value = rest == 0 ? 0 : columns[__builtin_ctz(rest)];
        uint64_t bits = zigzag_encode(value);
        unsigned size = size_of(bits);
        rest &= ~slot_columns(code);
        if (unit > 1 && size > 1 && value % unit == 0 && size_of(zigzag_encode(value / unit)) < size) {
            bits = zigzag_encode(value / unit);
            size = size_of(bits);
            code |= multiple_bit(code);
        } else {
            unit = value == INT64_MIN ? 0 : value < 0 ? -value : value;
        }
        amounts[count] = (struct amount){bits, find_slot(slots, code), size};
        if (amounts[count++].slot == SERIES_SLOTS_MAX) {
            return 0;
        }
    } while (rest != 0);
    return count;
}

static uint8_t amount_head(struct amount amount) {
    return (uint8_t)(amount.slot | (amount.size - 1) << SLOT_BITS);
}

/* Sizes of a date's delta that there are: its code, and how many bytes that is. */
static unsigned date_code(uint64_t bits) {
    return bits == 0 ? 0 : bits < 1u << 8 ? 1 : bits < 1u << 16 ? 2 : 3;
}

static inline unsigned date_size(unsigned head) {
    return 0x5210u >> (head >> DATE_SHIFT & DATE_MASK) * 4 & SIZE_MASK;
}

size_t chunk_entry_write(uint8_t *to, struct series_slots *slots, struct chunk_step step, uint32_t present,
                         const int64_t *columns) {
    struct amount amounts[SERIES_COLUMNS_MAX];
    unsigned count = 0;
    if (slots != NULL && (count = split(slots, present, columns, amounts)) == 0) {
        return 0;
    }
    uint64_t days = zigzag_encode(step.effective_days);
    unsigned others = count > 1 ? count - 1 : 0;
    unsigned sequence_size = size_of(step.sequence);
    unsigned head = (sequence_size - 1) | date_code(days) << DATE_SHIFT |
                    (others < COUNT_FOLLOWS ? others : COUNT_FOLLOWS) << COUNT_SHIFT;
    uint8_t *at = to;
    *at++ = (uint8_t)head;
    if (count > 0) {
        *at++ = amount_head(amounts[0]);
    }
    at = put(at, step.sequence, sequence_size);
    at = put(at, days, date_size(head));
    if (count > 0) {
        at = put(at, amounts[0].bits, amounts[0].size);
    }
    if (others >= COUNT_FOLLOWS) {
        *at++ = (uint8_t)others;
    }
    for (unsigned i = 1; i < count; i++) {
        *at++ = amount_head(amounts[i]);
        at = put(at, amounts[i].bits, amounts[i].size);
    }
    return (size_t)(at - to);
}

/* ---- reading ---- */

bool chunk_reader_init(struct chunk_reader *reader, unsigned column_count, struct daybook_bytes body,
                       struct series_slots *slots) {
    const uint8_t *end = body.data + body.size;
    const uint8_t *at = body.data;
    bool has_columns = column_count > 0;
    if (has_columns && !read_slots(&at, end, column_count, slots)) {
        return false;
    }
    *reader = (struct chunk_reader){.next = at, .end = end, .slots = has_columns ? slots : NULL};
    return true;
}

/* An entry's place and its first amount. Shared by reading one and adding up all, where it is most of the work. */
struct entry_head {
    const uint8_t *rest; /* Behind the first amount. */
    uint32_t slot;
    unsigned others; /* Amounts that follow. */
    uint64_t bits;   /* Of the first. */
};

static inline bool read_head(struct chunk_reader *reader, bool has_columns, struct entry_head *entry) {
    const uint8_t *at = reader->next;
    const uint8_t *end = reader->end;
    if (end - at < 2) {
        return false;
    }
    unsigned head = at[0];
    unsigned first = has_columns ? at[1] : 0;
    unsigned sequence_size = (head & SIZE_MASK) + 1;
    unsigned days_size = date_size(head);
    unsigned amount_size = has_columns ? (first >> SLOT_BITS) + 1 : 0;
    at += has_columns ? 2 : 1;
    if ((size_t)(end - at) < sequence_size + days_size + amount_size) {
        return false;
    }
    reader->sequence += take(at, sequence_size, end);
    reader->effective_on += zigzag_decode(take(at + sequence_size, days_size, end));
    entry->bits = take(at + sequence_size + days_size, amount_size, end);
    entry->rest = at + sequence_size + days_size + amount_size;
    entry->slot = first & SLOT_MASK;
    entry->others = head >> COUNT_SHIFT;
    return true;
}

/* The count of amounts, where it follows. */
static bool read_count(struct entry_head *entry, const uint8_t *end) {
    if (entry->others != COUNT_FOLLOWS) {
        return true;
    }
    entry->others = entry->rest < end ? *entry->rest++ : SERIES_COLUMNS_MAX;
    return entry->others < SERIES_COLUMNS_MAX;
}

/* A further amount. */
static bool read_amount(struct entry_head *entry, const uint8_t *end) {
    const uint8_t *at = entry->rest;
    if (at == end || (size_t)(end - at) < 2u + (at[0] >> SLOT_BITS)) {
        return false;
    }
    unsigned size = (unsigned)(at[0] >> SLOT_BITS) + 1;
    entry->slot = at[0] & SLOT_MASK;
    entry->bits = take(at + 1, size, end);
    entry->rest = at + 1 + size;
    return true;
}

/* The amount itself: `unit` is the last that was said in full. False: it does not fit, or its slot is none. */
static inline bool resolve(const struct series_slots *slots, const struct entry_head *entry, int64_t *unit,
                           int64_t *amount) {
    *amount = zigzag_decode(entry->bits);
    if (entry->slot >= slots->count) {
        return false;
    }
    if ((slots->multiples >> entry->slot & 1) != 0) {
        return !__builtin_mul_overflow(*amount, *unit, amount);
    }
    *unit = *amount < 0 && *amount != INT64_MIN ? -*amount : *amount;
    return true;
}

static void move_columns(struct chunk_reader *reader, uint32_t slot, int64_t amount) {
    uint32_t code = reader->slots->codes[slot];
    uint32_t lowered = slot_lowered(code);
    int64_t opposite = (int64_t)(0 - (uint64_t)amount);
    for (uint32_t rest = slot_columns(code); rest != 0; rest &= rest - 1) {
        int column = __builtin_ctz(rest);
        reader->columns[column] = (lowered >> column & 1) != 0 ? opposite : amount;
    }
    reader->present |= slot_columns(code);
}

static bool in_range(const struct chunk_reader *reader) {
    return reader->effective_on >= INT32_MIN && reader->effective_on <= INT32_MAX;
}

static bool read_entry(struct chunk_reader *reader) {
    struct entry_head entry;
    int64_t unit = 0;
    int64_t amount;
    bool has_columns = reader->slots != NULL;
    if (!read_head(reader, has_columns, &entry)) {
        return false;
    }
    reader->present = 0;
    if (has_columns) {
        if (!read_count(&entry, reader->end) || !resolve(reader->slots, &entry, &unit, &amount)) {
            return false;
        }
        move_columns(reader, entry.slot, amount);
        for (; entry.others > 0; entry.others--) {
            if (!read_amount(&entry, reader->end) || !resolve(reader->slots, &entry, &unit, &amount)) {
                return false;
            }
            move_columns(reader, entry.slot, amount);
        }
    }
    reader->next = entry.rest;
    return true;
}

bool chunk_read_entry(struct chunk_reader *reader) {
    return read_entry(reader) && in_range(reader);
}

static void add_columns(const struct chunk_reader *reader, struct chunk_sums *sums) {
    sums->count++;
    for (uint32_t rest = reader->present; rest != 0; rest &= rest - 1) {
        int column = __builtin_ctz(rest);
        sums->columns[column] += reader->columns[column];
    }
}

/* Every amount of what is visible, one entry after the other: right for all that an entry can be. */
static bool add_each(struct chunk_reader *reader, int32_t as_of, uint64_t known_at, struct chunk_sums *sums) {
    while (reader->next < reader->end) {
        if (!chunk_read_entry(reader)) {
            return false;
        }
        if (reader->sequence > known_at) {
            break;
        }
        if (reader->effective_on <= as_of) {
            add_columns(reader, sums);
        }
    }
    return true;
}

/* Amounts by slot, hidden ones as 0, so that no branch depends on an entry but that for the few that move more than
 * one amount. False: there is an amount of more than six bytes, a sum of which may pass 64 bits, or damage.
 * Whole entries may be read past the end: `reader` is over a copy that has room behind it. */
static bool add_small(const struct chunk_reader *reader, int32_t as_of, uint64_t known_at, int64_t *by_slot,
                      uint64_t *count) {
    const uint8_t *at = reader->next;
    const uint8_t *end = reader->end;
    uint32_t slot_count = reader->slots->count;
    uint64_t sequence = reader->sequence;
    int64_t effective_on = reader->effective_on;
    while (at < end) {
        unsigned head = at[0];
        unsigned first = at[1];
        const uint8_t *days = at + 2 + (head & SIZE_MASK) + 1;
        const uint8_t *amount = days + date_size(head);
        sequence += load_le64(at + 2) & masks[(head & SIZE_MASK) + 1];
        effective_on += zigzag_decode(load_le64(days) & masks[date_size(head)]);
        if (sequence > known_at) {
            return true;
        }
        int64_t visible = -(int64_t)(effective_on <= as_of);
        *count -= (uint64_t)visible;
        for (unsigned others = head >> COUNT_SHIFT;; others--) {
            unsigned size = (first >> SLOT_BITS) + 1;
            unsigned slot = first & SLOT_MASK;
            if (size > SMALL_SIZE || slot >= slot_count || others == COUNT_FOLLOWS) {
                return false;
            }
            by_slot[slot] += zigzag_decode(load_le64(amount) & masks[size]) & visible;
            at = amount + size;
            if (others == 0) {
                break;
            }
            if (at >= end) {
                return false;
            }
            first = *at;
            amount = at + 1;
        }
    }
    return at == end;
}

bool chunk_add_visible(struct chunk_reader *reader, int32_t as_of, uint64_t known_at, struct chunk_sums *sums) {
    uint8_t copy[COPY_MAX + READ_PAST];
    int64_t by_slot[SERIES_SLOTS_MAX];
    const struct series_slots *slots = reader->slots;
    size_t size = (size_t)(reader->end - reader->next);
    uint64_t count = 0;
    if (slots == NULL || slots->multiples != 0 || size > COPY_MAX) {
        return add_each(reader, as_of, known_at, sums);
    }
    memcpy(copy, reader->next, size);
    memset(copy + size, 0, READ_PAST);
    memset(by_slot, 0, slots->count * sizeof *by_slot);
    struct chunk_reader copied = *reader;
    copied.next = copy;
    copied.end = copy + size;
    if (!add_small(&copied, as_of, known_at, by_slot, &count)) {
        return add_each(reader, as_of, known_at, sums);
    }
    sums->count += count;
    for (uint32_t i = 0; i < slots->count; i++) {
        uint32_t lowered = slot_lowered(slots->codes[i]);
        for (uint32_t rest = slot_columns(slots->codes[i]); rest != 0; rest &= rest - 1) {
            int column = __builtin_ctz(rest);
            sums->columns[column] += (lowered >> column & 1) != 0 ? -by_slot[i] : by_slot[i];
        }
    }
    return true;
}
