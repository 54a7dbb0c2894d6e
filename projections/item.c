/* The rows of the aging view in bytes; the format is drawn in item.h. */
#include "projections/item.h"

#include <string.h>

#include "base/hash.h"
#include "daybook/v1/event.pb-c.h"

enum { FLAG_SOURCE = 1, FLAG_SPILLED = 2, FLAG_PARTS = 4, FLAG_CATEGORY = 8, KIND_SHIFT = 4 };
enum { ENTRY_INSTALMENT = 1, ENTRY_DISPUTED = 2, ENTRY_ALL = 4, ENTRY_SHIFT = 3 };
enum { CATEGORY_SIZE_MAX = 127 };
enum { SPILL_SIZE = 32, PRESENT_SIZE = 2, DAY_ZERO = 18262 /* 2020-01-01: days near it take two bytes. */ };

_Static_assert((int)PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT < 16, "a kind has four bits");

enum daybook_status item_damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading an item of the aging view: its bytes are not what was written; "
                        "rebuild the view from the journal");
}

enum daybook_status item_write(struct daybook_buffer *bytes, const struct item_row *item) {
    uint8_t *start = daybook_buffer_reserve(bytes, SPILL_SIZE + 64 + (size_t)item->id_size + item->category_size);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    uint8_t *to = start;
    bool is_spilled = item->spill.chunk_count > 0;
    *to++ = (uint8_t)(item->kind << KIND_SHIFT | (item->is_source ? FLAG_SOURCE : 0) | (is_spilled ? FLAG_SPILLED : 0) |
                      (item->part_count > 0 ? FLAG_PARTS : 0) |
                      (item->category_size > 0 || item->category_number > 0 ? FLAG_CATEGORY : 0));
    if (is_spilled) {
        store_le32(to, item->spill.chunk_count);
        store_le64(to + 4, (uint64_t)item->spill.amount_minor);
        store_le64(to + 12, (uint64_t)item->spill.disputed_minor);
        store_le32(to + 20, (uint32_t)item->spill.max_effective);
        store_le64(to + 24, item->spill.last_sequence);
        to += SPILL_SIZE;
    }
    *to++ = item->id_size;
    memcpy(to, item->id, item->id_size);
    to += item->id_size;
    to += varint_store(to, item->sequence);
    to += varint_store(to, zigzag_encode(item->amount_minor));
    to += varint_store(to, zigzag_encode((int64_t)item->posted_on - DAY_ZERO));
    if (!item->is_source) {
        to += varint_store(to, zigzag_encode((int64_t)item->due_on - item->posted_on));
    }
    if (item->category_number > 0) {
        *to++ = (uint8_t)(CATEGORY_SIZE_MAX + item->category_number);
    } else if (item->category_size > 0) {
        *to++ = item->category_size;
        memcpy(to, item->category, item->category_size);
        to += item->category_size;
    }
    if (item->part_count > 0) {
        to += varint_store(to, item->part_count);
    }
    bytes->size += (size_t)(to - start);
    return DAYBOOK_OK;
}

enum daybook_status item_write_part(struct daybook_buffer *row, const struct item_part *part) {
    uint8_t bytes[20];
    size_t size = varint_store(bytes, zigzag_encode(part->amount_minor));
    size += varint_store(bytes + size, zigzag_encode(part->due_on));
    return daybook_buffer_append(row, bytes, size);
}

static bool read_zigzag(const uint8_t **at, const uint8_t *end, int64_t *value) {
    uint64_t raw;
    if (!varint_take(at, end, &raw)) {
        return false;
    }
    *value = zigzag_decode(raw);
    return true;
}

static bool read_date(const uint8_t **at, const uint8_t *end, int32_t *date) {
    int64_t value;
    if (!read_zigzag(at, end, &value) || value < INT32_MIN || value > INT32_MAX) {
        return false;
    }
    *date = (int32_t)value;
    return true;
}

static bool read_spill(const uint8_t **at, const uint8_t *end, struct item_spill *spill) {
    if (end - *at < SPILL_SIZE) {
        return false;
    }
    spill->chunk_count = load_le32(*at);
    spill->amount_minor = (int64_t)load_le64(*at + 4);
    spill->disputed_minor = (int64_t)load_le64(*at + 12);
    spill->max_effective = (int32_t)load_le32(*at + 20);
    spill->last_sequence = load_le64(*at + 24);
    *at += SPILL_SIZE;
    return spill->chunk_count > 0;
}

static bool read_text(const uint8_t **at, const uint8_t *end, const char **text, uint8_t *size) {
    if (*at == end || end - *at - 1 < **at) {
        return false;
    }
    *size = *(*at)++;
    *text = (const char *)*at;
    *at += *size;
    return true;
}

static bool read_category(const uint8_t **at, const uint8_t *end, struct item_row *item) {
    if (*at<end &&* * at> CATEGORY_SIZE_MAX) {
        item->category_number = (uint8_t)(*(*at)++ - CATEGORY_SIZE_MAX);
        return true;
    }
    return read_text(at, end, &item->category, &item->category_size);
}

static bool read_head(const uint8_t **at, const uint8_t *end, uint8_t flags, struct item_row *item) {
    uint64_t part_count = 0;
    int64_t posted = 0;
    int64_t days = 0;
    if (!read_text(at, end, &item->id, &item->id_size) || !varint_take(at, end, &item->sequence) ||
        !read_zigzag(at, end, &item->amount_minor) || !read_zigzag(at, end, &posted) ||
        (!item->is_source && !read_zigzag(at, end, &days)) ||
        ((flags & FLAG_CATEGORY) != 0 && !read_category(at, end, item)) ||
        ((flags & FLAG_PARTS) != 0 && !varint_take(at, end, &part_count)) || part_count > UINT32_MAX) {
        return false;
    }
    item->posted_on = (int32_t)(uint32_t)((uint64_t)posted + DAY_ZERO);
    item->due_on = item->is_source ? 0 : (int32_t)(uint32_t)((uint64_t)days + (uint64_t)(int64_t)item->posted_on);
    item->part_count = (uint32_t)part_count;
    item->parts = *at;
    return true;
}

bool item_read_part(const struct item_row *item, const uint8_t **at, struct item_part *part) {
    return read_zigzag(at, item->end, &part->amount_minor) && read_date(at, item->end, &part->due_on);
}

enum daybook_status item_read(struct daybook_bytes bytes, struct item_row *item, struct daybook_error *error) {
    *item = (struct item_row){.category = ""};
    if (bytes.size == 0) {
        return item_damaged(error);
    }
    const uint8_t *at = bytes.data + 1;
    uint8_t flags = bytes.data[0];
    item->end = bytes.data + bytes.size;
    item->is_source = (flags & FLAG_SOURCE) != 0;
    item->kind = flags >> KIND_SHIFT;
    if (((flags & FLAG_SPILLED) != 0 && !read_spill(&at, item->end, &item->spill)) ||
        !read_head(&at, item->end, flags, item)) {
        return item_damaged(error);
    }
    for (uint32_t i = 0; i < item->part_count; i++) {
        struct item_part part;
        if (!item_read_part(item, &at, &part)) {
            return item_damaged(error);
        }
    }
    item->entries = at;
    return DAYBOOK_OK;
}

/* What is left, when a sum that the fold checked is added up again; of damaged bytes anything. */
static int64_t add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

size_t item_write_entry(uint8_t *to, const struct item_entry *last, const struct item_entry *entry) {
    bool takes_all = last->left_minor != 0 && add(last->left_minor, entry->amount_minor) == 0;
    uint8_t *start = to;
    to += varint_store(to, (entry->sequence - last->sequence) << ENTRY_SHIFT |
                               (entry->instalment != 0 ? ENTRY_INSTALMENT : 0u) |
                               (entry->disputed_minor != 0 ? ENTRY_DISPUTED : 0u) | (takes_all ? ENTRY_ALL : 0u));
    to += varint_store(to, zigzag_encode((int64_t)entry->effective_on - last->effective_on));
    if (!takes_all) {
        to += varint_store(to, zigzag_encode(entry->amount_minor));
    }
    if (entry->instalment != 0) {
        to += varint_store(to, entry->instalment);
    }
    if (entry->disputed_minor != 0) {
        to += varint_store(to, zigzag_encode(entry->disputed_minor));
    }
    return (size_t)(to - start);
}

bool item_read_entry(const uint8_t **at, const uint8_t *end, struct item_entry *entry) {
    uint64_t head;
    uint64_t instalment = 0;
    int64_t effective_delta;
    entry->disputed_minor = 0;
    if (!varint_take(at, end, &head) || !read_zigzag(at, end, &effective_delta)) {
        return false;
    }
    entry->amount_minor = (int64_t)(0 - (uint64_t)entry->left_minor);
    if (((head & ENTRY_ALL) == 0 && !read_zigzag(at, end, &entry->amount_minor)) ||
        ((head & ENTRY_INSTALMENT) != 0 && !varint_take(at, end, &instalment)) ||
        ((head & ENTRY_DISPUTED) != 0 && !read_zigzag(at, end, &entry->disputed_minor))) {
        return false;
    }
    entry->sequence += head >> ENTRY_SHIFT;
    entry->effective_on = (int32_t)(entry->effective_on + effective_delta);
    entry->instalment = (uint32_t)instalment;
    entry->left_minor = add(entry->left_minor, entry->amount_minor);
    return true;
}

bool item_is_spilled(struct daybook_bytes bytes) {
    return (bytes.data[0] & FLAG_SPILLED) != 0;
}

static uint32_t checksum(const uint8_t *row, size_t size) {
    return (uint32_t)hash64(row + ITEM_CHECKSUM, size - ITEM_CHECKSUM, 0);
}

void item_seal(uint8_t *row, size_t size) {
    store_le32(row, checksum(row, size));
}

enum daybook_status item_unseal(struct daybook_bytes row, struct daybook_bytes *body, struct daybook_error *error) {
    if (row.size < ITEM_CHECKSUM || load_le32(row.data) != checksum(row.data, row.size)) {
        return item_damaged(error);
    }
    *body = (struct daybook_bytes){row.data + ITEM_CHECKSUM, row.size - ITEM_CHECKSUM};
    return DAYBOOK_OK;
}

enum daybook_status item_read_group(struct daybook_bytes row, struct item_group *group, struct daybook_error *error) {
    struct daybook_bytes body;
    DAYBOOK_TRY(item_unseal(row, &body, error));
    *group = (struct item_group){0};
    if (body.size < PRESENT_SIZE) {
        return item_damaged(error);
    }
    const uint8_t *at = body.data + PRESENT_SIZE;
    const uint8_t *end = body.data + body.size;
    group->present = load_le16(body.data);
    for (uint32_t rest = group->present; rest != 0; rest &= rest - 1) {
        uint64_t size;
        if (!varint_take(&at, end, &size) || size == 0 || size > (uint64_t)(end - at)) {
            return item_damaged(error);
        }
        group->items[__builtin_ctz(rest)] = (struct daybook_bytes){at, (size_t)size};
        at += size;
    }
    return DAYBOOK_OK;
}

enum daybook_status item_write_group(struct daybook_buffer *row, const struct item_group *group) {
    enum { SIZE_MOST = 10 };
    size_t room = ITEM_CHECKSUM + PRESENT_SIZE;
    for (uint32_t rest = group->present; rest != 0; rest &= rest - 1) {
        room += SIZE_MOST + group->items[__builtin_ctz(rest)].size;
    }
    daybook_buffer_reset(row);
    uint8_t *start = daybook_buffer_reserve(row, room);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    uint8_t *to = start + ITEM_CHECKSUM;
    store_le16(to, (uint16_t)group->present);
    to += PRESENT_SIZE;
    for (uint32_t rest = group->present; rest != 0; rest &= rest - 1) {
        struct daybook_bytes item = group->items[__builtin_ctz(rest)];
        to += varint_store(to, item.size);
        memcpy(to, item.data, item.size);
        to += item.size;
    }
    row->size = (size_t)(to - start);
    item_seal(row->data, row->size);
    return DAYBOOK_OK;
}

void item_write_summary(uint8_t row[ITEM_SUMMARY_SIZE], const struct item_summary *summary) {
    store_le32(row + ITEM_CHECKSUM, (uint32_t)summary->max_effective);
    store_le32(row + ITEM_CHECKSUM + 4, summary->count);
    item_seal(row, ITEM_SUMMARY_SIZE);
}

enum daybook_status item_read_summary(struct daybook_bytes row, struct item_summary *summary,
                                      struct daybook_error *error) {
    struct daybook_bytes body;
    DAYBOOK_TRY(item_unseal(row, &body, error));
    if (row.size != ITEM_SUMMARY_SIZE) {
        return item_damaged(error);
    }
    *summary = (struct item_summary){(int32_t)load_le32(body.data), load_le32(body.data + 4)};
    return DAYBOOK_OK;
}

void item_group_key(uint32_t account, uint32_t group, uint8_t key[ITEM_GROUP_KEY_SIZE]) {
    store_be32(key, account);
    store_be32(key + 4, group);
}

void item_chunk_key(uint32_t account, uint32_t number, uint32_t chunk, uint8_t key[ITEM_CHUNK_KEY_SIZE]) {
    store_be32(key, account);
    store_be32(key + 4, number);
    store_be32(key + 8, chunk);
}
