/* The bytes of the links view: runs, and rows of links sorted by name. */
#include "projections/links_rows.h"

#include "base/hash.h"

enum { TAG_BITS = 4, CHECKSUM_SIZE = 4 };

_Static_assert(LINKS_KINDS == 1 << TAG_BITS, "a tag must be one of so many");
_Static_assert((int)PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT < (int)LINK_SETTLES,
               "kinds and the other tags share a number");

uint64_t links_run_end(uint64_t before, uint64_t head) {
    uint64_t size = LINKS_RUN_LARGEST;
    while (size > LINKS_RUN_LEAST && (before % size != 0 || size > head - before)) {
        size /= LINKS_RUN_FANOUT;
    }
    return size > head - before ? head : before + size;
}

void links_make_key(uint64_t run, uint64_t name, uint32_t ordinal, uint8_t key[LINKS_KEY_SIZE]) {
    store_be64(key, run);
    key[8] = (uint8_t)(name >> 32);
    store_be32(key + 9, (uint32_t)name);
    store_be32(key + 13, ordinal);
}

uint64_t links_key_run(const uint8_t key[LINKS_KEY_SIZE]) {
    return load_be64(key);
}

uint64_t links_key_name(const uint8_t key[LINKS_KEY_SIZE]) {
    return (uint64_t)key[8] << 32 | load_be32(key + 9);
}

static uint32_t checksum(const uint8_t key[LINKS_KEY_SIZE], const uint8_t *value, size_t size) {
    return (uint32_t)hash64(value + CHECKSUM_SIZE, size - CHECKSUM_SIZE, hash64(key, LINKS_KEY_SIZE, 0));
}

/* ---- writing ---- */

static void begin_row(struct links_writer *writer) {
    writer->size = CHECKSUM_SIZE + varint_store(writer->row + CHECKSUM_SIZE, zigzag_encode(writer->least_on));
    writer->last.name = 0;
    writer->continues = false;
}

enum daybook_status links_write_end(struct links_writer *writer, struct daybook_error *error) {
    uint8_t key[LINKS_KEY_SIZE];
    if (writer->size == 0) {
        return DAYBOOK_OK;
    }
    links_make_key(writer->run, writer->last.name, writer->ordinal++, key);
    store_le32(writer->row, checksum(key, writer->row, writer->size));
    size_t size = writer->size;
    writer->size = 0;
    return table_append(writer->txn, LINKS_ROWS, (struct daybook_bytes){key, sizeof key},
                        (struct daybook_bytes){writer->row, size}, error);
}

enum daybook_status links_write(struct links_writer *writer, const struct link *link, bool has_same_name_next,
                                struct daybook_error *error) {
    if (writer->size > LINKS_ROW_MAX - LINKS_ENTRY_MAX) {
        DAYBOOK_TRY(links_write_end(writer, error));
    }
    if (writer->size == 0) {
        begin_row(writer);
    }
    uint8_t *at = writer->row + writer->size;
    uint64_t base = writer->continues ? writer->last.sequence : writer->run;
    if (!writer->continues) {
        at += varint_store(at, link->name - writer->last.name);
    }
    at += varint_store(at, (link->sequence - base) << 1 | has_same_name_next);
    if (link->tag == LINK_MADE) {
        at += varint_store(at, LINK_MADE);
    } else {
        at += varint_store(at, (uint64_t)((int64_t)link->effective_on - writer->least_on) << TAG_BITS | link->tag);
        at += varint_store(at, zigzag_encode(link->amount_minor));
    }
    writer->size = (size_t)(at - writer->row);
    writer->last = *link;
    writer->continues = has_same_name_next;
    return DAYBOOK_OK;
}

/* ---- reading ---- */

static enum daybook_status damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading links: a row is not what was written; rebuild the view from the journal");
}

enum daybook_status links_read_begin(struct links_reader *reader, const struct table_row *row,
                                     struct daybook_error *error) {
    uint64_t least_on;
    struct daybook_bytes value = row->value;
    if (row->key.size != LINKS_KEY_SIZE || value.size < CHECKSUM_SIZE ||
        load_le32(value.data) != checksum(row->key.data, value.data, value.size)) {
        return damaged(error);
    }
    *reader = (struct links_reader){
        .next = value.data + CHECKSUM_SIZE, .end = value.data + value.size, .run = links_key_run(row->key.data)};
    if (!varint_take(&reader->next, reader->end, &least_on)) {
        return damaged(error);
    }
    reader->least_on = zigzag_decode(least_on);
    return DAYBOOK_OK;
}

/* What follows the name. */
static bool read_rest(struct links_reader *reader) {
    struct link *link = &reader->link;
    uint64_t step;
    uint64_t day;
    uint64_t amount = 0;
    if (!varint_take(&reader->next, reader->end, &step) || !varint_take(&reader->next, reader->end, &day)) {
        return false;
    }
    link->sequence = (reader->continues ? link->sequence : reader->run) + (step >> 1);
    link->tag = (uint8_t)(day & (LINKS_KINDS - 1));
    link->effective_on = (int32_t)(reader->least_on + (int64_t)(day >> TAG_BITS));
    reader->continues = (step & 1) != 0;
    if (link->tag != LINK_MADE && !varint_take(&reader->next, reader->end, &amount)) {
        return false;
    }
    link->amount_minor = zigzag_decode(amount);
    return true;
}

enum daybook_status links_read_next(struct links_reader *reader, bool *is_found, struct daybook_error *error) {
    uint64_t step = 0;
    *is_found = reader->next < reader->end;
    if (!*is_found) {
        return DAYBOOK_OK;
    }
    if (!reader->continues && !varint_take(&reader->next, reader->end, &step)) {
        return damaged(error);
    }
    reader->link.name += step;
    return read_rest(reader) ? DAYBOOK_OK : damaged(error);
}
