/* What became of each lot of an account in the end, in blocks. */
#include "projections/lots_ends.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/sort.h"

enum { CHECKSUM_SIZE = 4, HEAD_MAX = 2 + 5 + 10, END_MAX = 5 + 3 * 10 + 5 + 10, PUT_SLACK = 8 };

/* A block's row, while its ends are changed. */
struct open_block {
    uint32_t account;
    uint32_t first;
    bool is_open;
    bool is_last; /* Of its account. */
    struct lot_ends block;
};

struct end_change {
    uint32_t account;
    struct lot_end end;
};

static enum daybook_status damaged(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "while reading lots: a block is not what was written; rebuild the view from the journal");
}

static bool is_open_end(const struct lot_end *end) {
    return end->left_minor != 0 || end->held_minor != 0 || end->dormant_minor != 0;
}

static void make_key(uint32_t account, uint32_t number, uint8_t key[LOTS_ENDS_KEY_SIZE]) {
    store_be32(key, account);
    store_be32(key + 4, number);
}

/* ---- rows ---- */

static size_t write_block(const struct lot_ends *block, uint8_t *row) {
    uint64_t open_count = 0;
    int32_t last_on = INT32_MIN;
    uint64_t last_sequence = 0;
    for (size_t i = 0; i < block->count; i++) {
        const struct lot_end *end = &block->ends[i];
        open_count += is_open_end(end);
        last_on = end->last_on > last_on ? end->last_on : last_on;
        last_sequence = end->last_sequence > last_sequence ? end->last_sequence : last_sequence;
    }
    uint8_t *at = row + CHECKSUM_SIZE;
    at = varint_put(at, open_count);
    at = varint_put(at, zigzag_encode(last_on));
    at = varint_put(at, last_sequence);
    uint32_t before = 0;
    for (size_t i = 0; i < block->count; i++) {
        const struct lot_end *end = &block->ends[i];
        at = varint_put(at, end->number - before);
        at = varint_put(at, zigzag_encode(end->left_minor));
        at = varint_put(at, zigzag_encode(end->held_minor));
        at = varint_put(at, zigzag_encode(end->dormant_minor));
        at = varint_put(at, zigzag_encode(end->last_on));
        at = varint_put(at, end->last_sequence);
        before = end->number;
    }
    size_t size = (size_t)(at - row);
    store_le32(row, (uint32_t)hash64(row + CHECKSUM_SIZE, size - CHECKSUM_SIZE, 0));
    return size;
}

/* What lies before the ends; *at is then at the first of them. */
struct block_head {
    uint64_t open_count;
    int32_t last_on;
    uint64_t last_sequence;
};

static bool read_head(struct daybook_bytes row, const uint8_t **at, struct block_head *head) {
    uint64_t last_on;
    const uint8_t *end = row.data + row.size;
    if (row.size < CHECKSUM_SIZE ||
        load_le32(row.data) != (uint32_t)hash64(row.data + CHECKSUM_SIZE, row.size - CHECKSUM_SIZE, 0)) {
        return false;
    }
    *at = row.data + CHECKSUM_SIZE;
    if (!varint_take(at, end, &head->open_count) || !varint_take(at, end, &last_on) ||
        !varint_take(at, end, &head->last_sequence)) {
        return false;
    }
    head->last_on = (int32_t)zigzag_decode(last_on);
    return true;
}

static bool read_end(const uint8_t **at, const uint8_t *row_end, uint32_t before, struct lot_end *end) {
    uint64_t step;
    uint64_t left;
    uint64_t held;
    uint64_t dormant;
    uint64_t last_on;
    if (!varint_take(at, row_end, &step) || !varint_take(at, row_end, &left) || !varint_take(at, row_end, &held) ||
        !varint_take(at, row_end, &dormant) || !varint_take(at, row_end, &last_on) ||
        !varint_take(at, row_end, &end->last_sequence) || step > UINT32_MAX - before) {
        return false;
    }
    end->number = before + (uint32_t)step;
    end->left_minor = zigzag_decode(left);
    end->held_minor = zigzag_decode(held);
    end->dormant_minor = zigzag_decode(dormant);
    end->last_on = (int32_t)zigzag_decode(last_on);
    return true;
}

static bool read_ends(const uint8_t *at, const uint8_t *row_end, struct lot_ends *block) {
    uint32_t before = 0;
    block->count = 0;
    while (at < row_end) {
        if (block->count == LOTS_IN_BLOCK || !read_end(&at, row_end, before, &block->ends[block->count])) {
            return false;
        }
        before = block->ends[block->count].number;
        block->count++;
    }
    return block->count > 0;
}

/* ---- folding ---- */

void lots_ends_release(struct lots_ends *ends) {
    daybook_buffer_release(&ends->changes);
    daybook_buffer_release(&ends->order);
}

void lots_ends_forget(struct lots_ends *ends) {
    daybook_buffer_reset(&ends->changes);
}

enum daybook_status lots_ends_change(struct lots_ends *ends, uint32_t account, const struct lot_end *change,
                                     struct daybook_error *error) {
    const struct end_change added = {account, *change};
    return daybook_buffer_append(&ends->changes, &added, sizeof added) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding lots: memory was refused");
}

/* By account and lot. NULL: memory was refused. */
static const struct pair *sort_changes(struct lots_ends *ends, size_t count) {
    const struct end_change *changes = (const void *)ends->changes.data;
    daybook_buffer_reset(&ends->order);
    struct pair *pairs = (void *)daybook_buffer_reserve(&ends->order, (2 * count + 1) * sizeof *pairs);
    for (size_t i = 0; pairs != NULL && i < count; i++) {
        pairs[i] = (struct pair){(uint64_t)changes[i].account << 32 | changes[i].end.number, i};
    }
    if (pairs != NULL) {
        pairs_sort(pairs, pairs + count, count);
    }
    return pairs;
}

static enum daybook_status put_block(struct open_block *open, unsigned table, struct store_txn *txn,
                                     struct daybook_error *error) {
    uint8_t key[LOTS_ENDS_KEY_SIZE];
    uint8_t row[CHECKSUM_SIZE + HEAD_MAX + LOTS_IN_BLOCK * END_MAX + PUT_SLACK];
    if (!open->is_open) {
        return DAYBOOK_OK;
    }
    open->is_open = false;
    make_key(open->account, open->first, key);
    struct daybook_bytes value = {row, write_block(&open->block, row)};
    return table_put(txn, table, (struct daybook_bytes){key, sizeof key}, value, error);
}

/* The block in which the lot is, or behind whose end it comes; none, where it is the account's first. */
static enum daybook_status take_block(struct open_block *open, unsigned table, struct store_txn *txn, uint32_t account,
                                      uint32_t number, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    struct table_row next = {0};
    struct block_head head;
    const uint8_t *at;
    uint8_t key[LOTS_ENDS_KEY_SIZE];
    make_key(account, number, key);
    DAYBOOK_TRY(cursor_open(txn, table, &cursor, error));
    enum daybook_status status = cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    if (status == DAYBOOK_OK && row.is_valid && row.key.size == sizeof key && load_be32(row.key.data) == account) {
        if (!read_head(row.value, &at, &head) || !read_ends(at, row.value.data + row.value.size, &open->block)) {
            status = damaged(error);
        } else {
            open->account = account;
            open->first = load_be32(row.key.data + 4);
            open->is_open = true;
            status = cursor_next(cursor, &next, error);
            open->is_last = !next.is_valid || load_be32(next.key.data) != account;
        }
    }
    cursor_close(cursor);
    return status;
}

static struct lot_end *find_end(struct open_block *open, uint32_t number) {
    for (size_t i = 0; open->is_open && i < open->block.count; i++) {
        if (open->block.ends[i].number == number) {
            return &open->block.ends[i];
        }
    }
    return NULL;
}

static bool reaches(const struct open_block *open, uint32_t account, uint32_t number) {
    return open->is_open && open->account == account && number >= open->first &&
           (open->is_last || number <= open->block.ends[open->block.count - 1].number);
}

/* The lot's end in the open block; a lot that has none yet comes last of its account. */
static enum daybook_status find_or_add(struct open_block *open, const struct lots_ends *ends, struct store_txn *txn,
                                       uint32_t account, uint32_t number, struct lot_end **end,
                                       struct daybook_error *error) {
    if (!reaches(open, account, number)) {
        DAYBOOK_TRY(put_block(open, ends->table, txn, error));
        DAYBOOK_TRY(take_block(open, ends->table, txn, account, number, error));
    }
    *end = find_end(open, number);
    if (*end != NULL) {
        return DAYBOOK_OK;
    }
    if (!open->is_open || open->block.count == LOTS_IN_BLOCK) {
        DAYBOOK_TRY(put_block(open, ends->table, txn, error));
        *open = (struct open_block){.account = account, .first = number, .is_open = true, .is_last = true};
    }
    *end = &open->block.ends[open->block.count++];
    **end = (struct lot_end){.number = number, .last_on = INT32_MIN};
    return DAYBOOK_OK;
}

static bool add_change(struct lot_end *end, const struct lot_end *change) {
    end->last_on = change->last_on > end->last_on ? change->last_on : end->last_on;
    end->last_sequence = change->last_sequence > end->last_sequence ? change->last_sequence : end->last_sequence;
    return money_add(&end->left_minor, change->left_minor) && money_add(&end->held_minor, change->held_minor) &&
           money_add(&end->dormant_minor, change->dormant_minor);
}

enum daybook_status lots_ends_flush(struct lots_ends *ends, struct store_txn *txn, struct daybook_error *error) {
    enum { FETCHED_AHEAD = 8 };
    const struct end_change *changes = (const void *)ends->changes.data;
    size_t count = ends->changes.size / sizeof *changes;
    const struct pair *sorted = sort_changes(ends, count);
    struct open_block open = {0};
    if (sorted == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding lots: memory was refused");
    }
    for (size_t i = 0; i < count; i++) {
        const struct end_change *change = &changes[sorted[i].value];
        struct lot_end *end;
        __builtin_prefetch(&changes[sorted[i + FETCHED_AHEAD < count ? i + FETCHED_AHEAD : i].value]);
        DAYBOOK_TRY(find_or_add(&open, ends, txn, change->account, change->end.number, &end, error));
        if (!add_change(end, &change->end)) {
            return daybook_fail(error, DAYBOOK_INVALID, "while folding lots: what becomes of one does not fit 64 bits");
        }
    }
    DAYBOOK_TRY(put_block(&open, ends->table, txn, error));
    daybook_buffer_reset(&ends->changes);
    return DAYBOOK_OK;
}

/* ---- questions ---- */

enum daybook_status lots_ends_walk_open(struct store_txn *txn, unsigned table, uint32_t account, int32_t as_of,
                                        uint64_t known_at, struct lots_ends_walk *walk, struct daybook_error *error) {
    walk->cursor = NULL;
    walk->account = account;
    walk->as_of = as_of;
    walk->known_at = known_at;
    walk->block.count = 0;
    walk->next = 0;
    walk->has_begun = false;
    return cursor_open(txn, table, &walk->cursor, error);
}

/* LE2. */
static bool may_have_something(const struct lots_ends_walk *walk, bool is_open, int32_t last_on,
                               uint64_t last_sequence) {
    return is_open || last_on > walk->as_of || last_sequence > walk->known_at;
}

/* The next block with a lot to look at. *is_found false: there is none. */
static enum daybook_status next_block(struct lots_ends_walk *walk, bool *is_found, struct daybook_error *error) {
    struct table_row row = {0};
    uint8_t key[LOTS_ENDS_KEY_SIZE];
    for (;;) {
        struct block_head head;
        const uint8_t *at;
        make_key(walk->account, 0, key);
        DAYBOOK_TRY(walk->has_begun ? cursor_next(walk->cursor, &row, error)
                                    : cursor_seek(walk->cursor, (struct daybook_bytes){key, sizeof key}, &row, error));
        walk->has_begun = true;
        *is_found = row.is_valid && row.key.size == sizeof key && load_be32(row.key.data) == walk->account;
        if (!*is_found) {
            return DAYBOOK_OK;
        }
        if (!read_head(row.value, &at, &head)) {
            return damaged(error);
        }
        if (may_have_something(walk, head.open_count > 0, head.last_on, head.last_sequence)) {
            walk->next = 0;
            return read_ends(at, row.value.data + row.value.size, &walk->block) ? DAYBOOK_OK : damaged(error);
        }
    }
}

enum daybook_status lots_ends_walk_next(struct lots_ends_walk *walk, uint32_t *number, bool *is_found,
                                        struct daybook_error *error) {
    for (;;) {
        while (walk->next < walk->block.count) {
            const struct lot_end *end = &walk->block.ends[walk->next++];
            if (may_have_something(walk, is_open_end(end), end->last_on, end->last_sequence)) {
                *number = end->number;
                *is_found = true;
                return DAYBOOK_OK;
            }
        }
        DAYBOOK_TRY(next_block(walk, is_found, error));
        if (!*is_found) {
            walk->block.count = 0;
            walk->next = 0;
            return DAYBOOK_OK;
        }
    }
}

void lots_ends_walk_close(struct lots_ends_walk *walk) {
    cursor_close(walk->cursor);
    walk->cursor = NULL;
}
