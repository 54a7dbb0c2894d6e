/*
 * Runs of names in one table.
 *
 *     key     u32 BE run, u64 BE hash of the block's first entry, u64 BE its number
 *     value   up to 126 entries: u64 LE hash, u64 LE number
 *
 *     key     u32 BE 0xFFFFFFFF, u32 BE run   (the list of runs)
 *     value   u32 LE level, u64 LE entry count
 *
 * 126 entries are 2 016 bytes: two blocks fill a page of LMDB.
 */
#include "store/names.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUN_FANOUT = 8,
    RUNS_MAX = 128,
    ENTRY_BYTES = 16,
    BLOCK_ENTRIES = 126,
    BLOCK_KEY_BYTES = 20,
    LIST_KEY_BYTES = 8,
    FILTER_LINE_BYTES = 64,
    FILTER_BITS_PER_NAME = 12,
    FILTER_PROBES = 6,
    FILTER_SMALLEST = 1 << 16, /* Names. */
    PLAIN_FINDS = 4096,        /* Until the filter is made: a program that asks little need not read every name. */
};
#define LIST_RUN 0xFFFFFFFFU

struct run {
    uint32_t id;
    uint32_t level;
    uint64_t count;
};

/* A blocked Bloom filter: all probes of a name fall into one cache line. A flush adds to it while others ask:
 * that a name of the flush is seen early or late is no matter, since nobody is to find it yet. */
struct filter {
    _Atomic uint64_t *words;
    uint64_t line_count;
    uint64_t capacity; /* Names, before it is made anew at twice the size. */
    uint64_t count;
};

/* The runs that are there, in order of id: the newest last. */
struct run_list {
    struct run runs[RUNS_MAX];
    size_t count;
    uint32_t next_id;
};

struct names {
    unsigned table;
    struct run_list list;
    struct filter filter; /* Without words until it pays to make them. */
    uint32_t plain_finds; /* Without a filter. */
    /* The flush that is under way. */
    bool is_flushing;
    struct run_list next;
    struct filter next_filter; /* A larger one, where one was needed. */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "keeping names: memory was refused");
}

static void filter_release(struct filter *filter) {
    free(filter->words);
    *filter = (struct filter){0};
}

static enum daybook_status filter_make(struct filter *filter, uint64_t capacity, struct daybook_error *error) {
    *filter = (struct filter){.capacity = capacity < FILTER_SMALLEST ? FILTER_SMALLEST : capacity};
    filter->line_count = filter->capacity * FILTER_BITS_PER_NAME / 8 / FILTER_LINE_BYTES + 1;
    size_t bytes = (size_t)filter->line_count * FILTER_LINE_BYTES;
    filter->words = aligned_alloc(FILTER_LINE_BYTES, bytes);
    if (filter->words == NULL) {
        return no_memory(error);
    }
    memset((void *)filter->words, 0, bytes);
    return DAYBOOK_OK;
}

/* The high bits choose the line, the low ones the bits in it. */
static _Atomic uint64_t *filter_line(const struct filter *filter, uint64_t hash) {
    uint64_t line = (uint64_t)(((hash >> 32) * filter->line_count) >> 32);
    return filter->words + line * (FILTER_LINE_BYTES / 8);
}

static uint32_t filter_bit(uint64_t *bits) {
    uint32_t bit = (uint32_t)*bits & 511;
    *bits = (*bits >> 9) | (*bits << 55);
    return bit;
}

/* One thread adds at a time, so a load and a store do. */
static void filter_add(struct filter *filter, uint64_t hash) {
    _Atomic uint64_t *line = filter_line(filter, hash);
    uint64_t bits = hash * 0x9E3779B97F4A7C15ULL;
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = filter_bit(&bits);
        _Atomic uint64_t *word = &line[bit >> 6];
        uint64_t value = atomic_load_explicit(word, memory_order_relaxed);
        atomic_store_explicit(word, value | UINT64_C(1) << (bit & 63), memory_order_relaxed);
    }
    filter->count++;
}

static bool filter_may_have(const struct filter *filter, uint64_t hash) {
    _Atomic uint64_t *line = filter_line(filter, hash);
    uint64_t bits = hash * 0x9E3779B97F4A7C15ULL;
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = filter_bit(&bits);
        if ((atomic_load_explicit(&line[bit >> 6], memory_order_relaxed) >> (bit & 63) & 1) == 0) {
            return false;
        }
    }
    return true;
}

static void block_key(uint8_t key[BLOCK_KEY_BYTES], uint32_t run, uint64_t hash, uint64_t number) {
    store_be32(key, run);
    store_be64(key + 4, hash);
    store_be64(key + 12, number);
}

static bool is_block_of(const struct table_row *row, uint32_t run) {
    return row->is_valid && row->key.size == BLOCK_KEY_BYTES && load_be32(row->key.data) == run &&
           row->value.size % ENTRY_BYTES == 0;
}

/* Walks the entries of one run in order. */
struct run_reader {
    struct table_cursor *cursor;
    struct table_row row;
    uint32_t run;
    size_t index;
    struct names_entry entry;
    bool is_at_end;
};

static void reader_load(struct run_reader *reader) {
    reader->is_at_end = !is_block_of(&reader->row, reader->run) || reader->row.value.size == 0;
    if (!reader->is_at_end) {
        const uint8_t *at = reader->row.value.data + reader->index * ENTRY_BYTES;
        reader->entry = (struct names_entry){load_le64(at), load_le64(at + 8)};
    }
}

static enum daybook_status reader_open(struct store_txn *txn, unsigned table, uint32_t run, struct run_reader *reader,
                                       struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    *reader = (struct run_reader){.run = run};
    block_key(key, run, 0, 0);
    DAYBOOK_TRY(cursor_open(txn, table, &reader->cursor, error));
    DAYBOOK_TRY(cursor_seek(reader->cursor, (struct daybook_bytes){key, sizeof key}, &reader->row, error));
    reader_load(reader);
    return DAYBOOK_OK;
}

static enum daybook_status reader_next(struct run_reader *reader, struct daybook_error *error) {
    reader->index++;
    if (reader->index * ENTRY_BYTES >= reader->row.value.size) {
        reader->index = 0;
        DAYBOOK_TRY(cursor_next(reader->cursor, &reader->row, error));
    }
    reader_load(reader);
    return DAYBOOK_OK;
}

/* A filter of all names in the runs, with room for as many again. */
static enum daybook_status fill_filter(unsigned table, const struct run_list *list, struct store_txn *txn,
                                       struct filter *filter, struct daybook_error *error) {
    uint64_t total = 0;
    for (size_t i = 0; i < list->count; i++) {
        total += list->runs[i].count;
    }
    DAYBOOK_TRY(filter_make(filter, total * 2, error));
    for (size_t i = 0; i < list->count; i++) {
        struct run_reader reader;
        enum daybook_status status = reader_open(txn, table, list->runs[i].id, &reader, error);
        while (status == DAYBOOK_OK && !reader.is_at_end) {
            filter_add(filter, reader.entry.hash);
            status = reader_next(&reader, error);
        }
        cursor_close(reader.cursor);
        if (status != DAYBOOK_OK) {
            filter_release(filter);
            return status;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_runs(struct names *names, struct store_txn *txn, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row;
    uint8_t key[4];
    store_be32(key, LIST_RUN);
    DAYBOOK_TRY(cursor_open(txn, names->table, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    while (status == DAYBOOK_OK && row.is_valid) {
        if (row.key.size != LIST_KEY_BYTES || row.value.size != 12 || names->list.count == RUNS_MAX) {
            status = daybook_fail(error, DAYBOOK_DAMAGED, "reading the list of names: it is damaged");
            break;
        }
        struct run *run = &names->list.runs[names->list.count++];
        *run = (struct run){load_be32(row.key.data + 4), load_le32(row.value.data), load_le64(row.value.data + 4)};
        names->list.next_id = run->id + 1;
        status = cursor_next(cursor, &row, error);
    }
    cursor_close(cursor);
    return status;
}

enum daybook_status names_open(struct store_txn *txn, unsigned table, struct names **names,
                               struct daybook_error *error) {
    struct names *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return no_memory(error);
    }
    fresh->table = table;
    fresh->list.next_id = 1;
    enum daybook_status status = read_runs(fresh, txn, error);
    if (status != DAYBOOK_OK) {
        names_close(fresh);
        return status;
    }
    *names = fresh;
    return DAYBOOK_OK;
}

void names_close(struct names *names) {
    if (names != NULL) {
        filter_release(&names->filter);
        filter_release(&names->next_filter);
        free(names);
    }
}

/* The first entry of the block with a hash >= `hash`. */
static size_t block_search(struct daybook_bytes block, uint64_t hash) {
    size_t low = 0;
    size_t high = block.size / ENTRY_BYTES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load_le64(block.data + middle * ENTRY_BYTES) < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A page of the numbers under one hash. */
struct number_page {
    size_t skip;
    uint64_t *numbers;
    size_t capacity;
    size_t count;
};

static void page_add(struct number_page *page, uint64_t number) {
    if (page->skip > 0) {
        page->skip--;
    } else if (page->count < page->capacity) {
        page->numbers[page->count++] = number;
    }
}

static enum daybook_status find_in_run(struct table_cursor *cursor, uint32_t run, uint64_t hash,
                                       struct number_page *page, struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    struct table_row row;
    /* The last block that begins at or before the hash's first entry; entries of
     * one hash may go on in the blocks behind it. */
    block_key(key, run, hash, 0);
    DAYBOOK_TRY(cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, &row, error));
    if (!is_block_of(&row, run)) {
        DAYBOOK_TRY(cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error));
    }
    while (is_block_of(&row, run)) {
        size_t index = block_search(row.value, hash);
        size_t end = row.value.size / ENTRY_BYTES;
        for (; index < end; index++) {
            const uint8_t *at = row.value.data + index * ENTRY_BYTES;
            if (load_le64(at) != hash) {
                return DAYBOOK_OK;
            }
            page_add(page, load_le64(at + 8));
        }
        DAYBOOK_TRY(cursor_next(cursor, &row, error));
    }
    return DAYBOOK_OK;
}

void names_foresee(const struct names *names, uint64_t hash) {
    if (names->filter.words != NULL) {
        __builtin_prefetch((const void *)filter_line(&names->filter, hash));
    }
}

enum daybook_status names_find(struct names *names, struct store_txn *txn, uint64_t hash, size_t skip,
                               uint64_t *numbers, size_t capacity, size_t *count, struct daybook_error *error) {
    struct number_page page = {.skip = skip, .numbers = numbers, .capacity = capacity};
    *count = 0;
    bool is_to_be_made = names->filter.words == NULL && !names->is_flushing && names->list.count > 0;
    if (is_to_be_made && ++names->plain_finds > PLAIN_FINDS) {
        DAYBOOK_TRY(fill_filter(names->table, &names->list, txn, &names->filter, error));
    }
    if (names->list.count == 0 || (names->filter.words != NULL && !filter_may_have(&names->filter, hash))) {
        return DAYBOOK_OK;
    }
    struct table_cursor *cursor = NULL;
    DAYBOOK_TRY(cursor_open(txn, names->table, &cursor, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = names->list.count; i > 0 && status == DAYBOOK_OK; i--) {
        status = find_in_run(cursor, names->list.runs[i - 1].id, hash, &page, error);
    }
    cursor_close(cursor);
    *count = page.count;
    return status;
}

/* Writes a run block by block. */
struct run_writer {
    struct store_txn *txn;
    unsigned table;
    struct run run;
    size_t held;
    uint8_t block[BLOCK_ENTRIES * ENTRY_BYTES];
};

static enum daybook_status writer_put_block(struct run_writer *writer, struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    if (writer->held == 0) {
        return DAYBOOK_OK;
    }
    block_key(key, writer->run.id, load_le64(writer->block), load_le64(writer->block + 8));
    struct daybook_bytes value = {writer->block, writer->held * ENTRY_BYTES};
    writer->held = 0;
    return table_put(writer->txn, writer->table, (struct daybook_bytes){key, sizeof key}, value, error);
}

static enum daybook_status writer_add(struct run_writer *writer, struct names_entry entry,
                                      struct daybook_error *error) {
    if (writer->held == BLOCK_ENTRIES) {
        DAYBOOK_TRY(writer_put_block(writer, error));
    }
    uint8_t *at = writer->block + writer->held * ENTRY_BYTES;
    store_le64(at, entry.hash);
    store_le64(at + 8, entry.number);
    writer->held++;
    writer->run.count++;
    return DAYBOOK_OK;
}

static enum daybook_status put_run(struct names *names, struct store_txn *txn, struct run run,
                                   struct daybook_error *error) {
    uint8_t key[LIST_KEY_BYTES];
    uint8_t value[12];
    store_be32(key, LIST_RUN);
    store_be32(key + 4, run.id);
    store_le32(value, run.level);
    store_le64(value + 4, run.count);
    return table_put(txn, names->table, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){value, sizeof value}, error);
}

static enum daybook_status writer_end(struct names *names, struct run_writer *writer, struct daybook_error *error) {
    DAYBOOK_TRY(writer_put_block(writer, error));
    if (names->next.count == RUNS_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, "keeping names: more than %d runs", RUNS_MAX);
    }
    names->next.runs[names->next.count++] = writer->run;
    return put_run(names, writer->txn, writer->run, error);
}

static enum daybook_status delete_run(struct names *names, struct store_txn *txn, uint32_t id,
                                      struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    bool was_found = false;
    for (;;) {
        struct table_cursor *cursor = NULL;
        struct table_row row;
        block_key(key, id, 0, 0);
        DAYBOOK_TRY(cursor_open(txn, names->table, &cursor, error));
        enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
        bool is_there = status == DAYBOOK_OK && is_block_of(&row, id);
        if (is_there) {
            memcpy(key, row.key.data, sizeof key);
        }
        cursor_close(cursor);
        if (status != DAYBOOK_OK || !is_there) {
            break;
        }
        DAYBOOK_TRY(table_delete(txn, names->table, (struct daybook_bytes){key, sizeof key}, &was_found, error));
    }
    store_be32(key, LIST_RUN);
    store_be32(key + 4, id);
    return table_delete(txn, names->table, (struct daybook_bytes){key, LIST_KEY_BYTES}, &was_found, error);
}

static bool entry_precedes(const struct names_entry *a, const struct names_entry *b) {
    return a->hash != b->hash ? a->hash < b->hash : a->number < b->number;
}

/* One run being merged. Writing may move pages, so its blocks are copied out one by one. */
struct merge_source {
    uint32_t run;
    uint8_t block[BLOCK_ENTRIES * ENTRY_BYTES];
    size_t count;
    size_t index;
};

static enum daybook_status source_load(struct store_txn *txn, unsigned table, struct merge_source *source,
                                       const struct names_entry *after, struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    struct table_cursor *cursor = NULL;
    struct table_row row;
    source->index = 0;
    source->count = 0;
    block_key(key, source->run, after == NULL ? 0 : after->hash, after == NULL ? 0 : after->number + 1);
    DAYBOOK_TRY(cursor_open(txn, table, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    if (status == DAYBOOK_OK && is_block_of(&row, source->run) && row.value.size <= sizeof source->block) {
        memcpy(source->block, row.value.data, row.value.size);
        source->count = row.value.size / ENTRY_BYTES;
    }
    cursor_close(cursor);
    return status;
}

static struct names_entry source_entry(const struct merge_source *source) {
    const uint8_t *at = source->block + source->index * ENTRY_BYTES;
    return (struct names_entry){load_le64(at), load_le64(at + 8)};
}

static enum daybook_status merge_sources(struct store_txn *txn, unsigned table, struct merge_source *sources,
                                         struct run_writer *writer, struct daybook_error *error) {
    for (;;) {
        struct merge_source *least = NULL;
        struct names_entry least_entry = {0};
        for (size_t i = 0; i < RUN_FANOUT; i++) {
            if (sources[i].index < sources[i].count) {
                struct names_entry entry = source_entry(&sources[i]);
                if (least == NULL || entry_precedes(&entry, &least_entry)) {
                    least = &sources[i];
                    least_entry = entry;
                }
            }
        }
        if (least == NULL) {
            return DAYBOOK_OK;
        }
        DAYBOOK_TRY(writer_add(writer, least_entry, error));
        least->index++;
        if (least->index == least->count) {
            DAYBOOK_TRY(source_load(txn, table, least, &least_entry, error));
        }
    }
}

/* Merges the RUN_FANOUT runs of `level` (they are the newest of their level and all of it). */
static enum daybook_status merge_level(struct names *names, struct store_txn *txn, uint32_t level,
                                       struct daybook_error *error) {
    struct merge_source *sources = calloc(RUN_FANOUT, sizeof *sources);
    struct run_writer *writer = calloc(1, sizeof *writer);
    enum daybook_status status = sources == NULL || writer == NULL ? no_memory(error) : DAYBOOK_OK;
    struct run_list kept = {.next_id = names->next.next_id + 1};
    size_t merged = 0;
    for (size_t i = 0; i < names->next.count && status == DAYBOOK_OK; i++) {
        if (names->next.runs[i].level != level) {
            kept.runs[kept.count++] = names->next.runs[i];
            continue;
        }
        sources[merged].run = names->next.runs[i].id;
        status = source_load(txn, names->table, &sources[merged], NULL, error);
        merged++;
    }
    if (status == DAYBOOK_OK) {
        *writer = (struct run_writer){.txn = txn, .table = names->table, .run = {names->next.next_id, level + 1, 0}};
        status = merge_sources(txn, names->table, sources, writer, error);
    }
    for (size_t i = 0; i < merged && status == DAYBOOK_OK; i++) {
        status = delete_run(names, txn, sources[i].run, error);
    }
    if (status == DAYBOOK_OK) {
        names->next = kept;
        status = writer_end(names, writer, error);
    }
    free(sources);
    free(writer);
    return status;
}

static size_t runs_of_level(const struct run_list *list, uint32_t level) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->runs[i].level == level;
    }
    return count;
}

void names_begin_flush(struct names *names) {
    assert(!names->is_flushing);
    names->is_flushing = true;
    names->next = names->list;
}

static enum daybook_status put_entries(struct names *names, struct store_txn *txn, const struct names_entry *entries,
                                       size_t count, struct daybook_error *error) {
    struct run_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return no_memory(error);
    }
    *writer = (struct run_writer){.txn = txn, .table = names->table, .run = {names->next.next_id++, 0, 0}};
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < count && status == DAYBOOK_OK; i++) {
        status = writer_add(writer, entries[i], error);
    }
    if (status == DAYBOOK_OK) {
        status = writer_end(names, writer, error);
    }
    free(writer);
    return status;
}

enum daybook_status names_flush(struct names *names, struct store_txn *txn, const struct names_entry *entries,
                                size_t count, struct daybook_error *error) {
    assert(names->is_flushing);
    if (count == 0) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = put_entries(names, txn, entries, count, error);
    for (uint32_t level = 0; status == DAYBOOK_OK && runs_of_level(&names->next, level) >= RUN_FANOUT; level++) {
        status = merge_level(names, txn, level, error);
    }
    if (status != DAYBOOK_OK || names->filter.words == NULL) {
        return status;
    }
    if (names->filter.count + count > names->filter.capacity) {
        return fill_filter(names->table, &names->next, txn, &names->next_filter, error);
    }
    for (size_t i = 0; i < count; i++) {
        filter_add(&names->filter, entries[i].hash);
    }
    return DAYBOOK_OK;
}

void names_end_flush(struct names *names) {
    assert(names->is_flushing);
    names->is_flushing = false;
    names->list = names->next;
    if (names->next_filter.words != NULL) {
        filter_release(&names->filter);
        names->filter = names->next_filter;
        names->next_filter = (struct filter){0};
    }
}

size_t names_run_count(const struct names *names) {
    return names->list.count;
}

size_t names_memory_bytes(const struct names *names) {
    return sizeof *names + (size_t)names->filter.line_count * FILTER_LINE_BYTES;
}
