/* Runs of names in one table; what their rows look like is in names_block.h. */
#include "store/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/names_block.h"
#include "store/names_filter.h"

enum {
    RUN_FANOUT = 8,
    RUNS_MAX = 128,
    LIST_KEY_BYTES = 8,
    LIST_VALUE_BYTES = 8 + 4 + 8 + ENTRY_BYTES,
    END_VALUE_BYTES = 8 + 4,
    PLAIN_MISSES = 64, /* Until parts of the filter are made: it is not worth its first pages for one request. */
};
#define LIST_RUN 0xFFFFFFFFU
#define LIST_END 0xFFFFFFFFU

struct run {
    uint32_t id;
    uint32_t level;
    uint64_t count;
    struct names_entry first;
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
    struct filter filter; /* For all of the list's names; none while there are none. */
    struct filter_part made;
    uint32_t plain_misses; /* What was looked for before any part of it was made, and was not there. */
    /* The flush that is under way. */
    bool is_flushing;
    struct run_list next;
    struct filter next_filter; /* A larger one, all made, where one was needed. */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "keeping names: memory was refused");
}

/* One row of the list; at its end, `is_whole` says that all of it was seen. */
static enum daybook_status read_run(struct names *names, const struct table_row *row, bool *is_whole,
                                    struct daybook_error *error) {
    const uint8_t *value = row->value.data;
    if (*is_whole || row->key.size != LIST_KEY_BYTES || !names_row_is_sound(row)) {
        return names_damaged(error);
    }
    uint32_t id = load_be32(row->key.data + 4);
    if (id == LIST_END) {
        *is_whole = row->value.size == END_VALUE_BYTES && load_le32(value + 8) == names->list.count;
        return *is_whole ? DAYBOOK_OK : names_damaged(error);
    }
    if (row->value.size != LIST_VALUE_BYTES || names->list.count == RUNS_MAX) {
        return names_damaged(error);
    }
    names->list.runs[names->list.count++] =
        (struct run){id, load_le32(value + 8), load_le64(value + 12), entry_load(value + 20)};
    names->list.next_id = id + 1;
    return DAYBOOK_OK;
}

static uint64_t name_count(const struct run_list *list) {
    uint64_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->runs[i].count;
    }
    return count;
}

/* With room for half as many again. */
static enum daybook_status make_filter(const struct run_list *list, struct filter *filter,
                                       struct daybook_error *error) {
    uint64_t count = name_count(list);
    return filter_make(filter, count + count / 2, error);
}

static enum daybook_status read_runs(struct names *names, struct store_txn *txn, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row;
    uint8_t key[4];
    bool is_whole = false;
    store_be32(key, LIST_RUN);
    DAYBOOK_TRY(cursor_open(txn, names->table, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    while (status == DAYBOOK_OK && row.is_valid) {
        status = read_run(names, &row, &is_whole, error);
        if (status == DAYBOOK_OK) {
            status = cursor_next(cursor, &row, error);
        }
    }
    cursor_close(cursor);
    return status != DAYBOOK_OK || is_whole || names->list.count == 0 ? status : names_damaged(error);
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
    if (status == DAYBOOK_OK && fresh->list.count > 0) {
        status = make_filter(&fresh->list, &fresh->filter, error);
    }
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

/* The block in which the entries under `hash` begin, if there are any: the last that begins at or before the first
 * that there could be, else the run's first. */
static enum daybook_status seek_block(struct table_cursor *cursor, const struct run *run, uint64_t hash,
                                      struct table_row *row, struct block *block, struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    const struct names_entry sought = {hash, 0};
    block_key(key, run->id, hash, 0);
    if (entry_precedes(sought, run->first)) {
        DAYBOOK_TRY(cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, row, error));
        return block_expect(row, run->id, run->first, block, error);
    }
    DAYBOOK_TRY(cursor_seek_back(cursor, (struct daybook_bytes){key, sizeof key}, row, error));
    DAYBOOK_TRY(block_open(row, run->id, block, error));
    return entry_precedes(sought, block->next) ? DAYBOOK_OK : names_damaged(error); /* Else a block is lost between. */
}

/* What to do with each entry of a range of hashes. */
struct visitor {
    void (*visit)(void *context, struct names_entry entry);
    void *context;
    uint64_t first_hash;
    uint64_t last_hash;
};

static enum daybook_status visit_run(struct table_cursor *cursor, const struct run *run, const struct visitor *visitor,
                                     struct daybook_error *error) {
    struct table_row row;
    struct block block;
    if (visitor->last_hash < run->first.hash) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(seek_block(cursor, run, visitor->first_hash, &row, &block, error));
    for (;;) {
        for (size_t index = block_search(&block, visitor->first_hash); index < block.count; index++) {
            struct names_entry entry = entry_load(block.entries + index * ENTRY_BYTES);
            if (entry.hash > visitor->last_hash) {
                return DAYBOOK_OK;
            }
            visitor->visit(visitor->context, entry);
        }
        struct names_entry next = block.next;
        bool goes_on = next.hash <= visitor->last_hash && !entries_equal(next, no_entry);
        if (!goes_on) {
            return DAYBOOK_OK;
        }
        DAYBOOK_TRY(cursor_next(cursor, &row, error));
        DAYBOOK_TRY(block_expect(&row, run->id, next, &block, error));
    }
}

static void add_to_part(void *context, struct names_entry entry) {
    filter_part_add(context, entry.hash);
}

/* Reads of each run what belongs to the part. */
static enum daybook_status make_part(const struct run_list *list, struct table_cursor *cursor, struct filter *filter,
                                     size_t part, struct filter_part *made, struct daybook_error *error) {
    filter_part_begin(filter, part, made);
    const struct visitor visitor = {add_to_part, made, made->first_hash, made->last_hash};
    for (size_t i = 0; i < list->count; i++) {
        DAYBOOK_TRY(visit_run(cursor, &list->runs[i], &visitor, error));
    }
    filter_part_put(filter, made);
    return DAYBOOK_OK;
}

static enum daybook_status make_all_parts(unsigned table, const struct run_list *list, struct store_txn *txn,
                                          struct filter *filter, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct filter_part *made = malloc(sizeof *made);
    enum daybook_status status = made == NULL ? no_memory(error) : cursor_open(txn, table, &cursor, error);
    for (size_t part = 0; status == DAYBOOK_OK && part < filter_part_count(filter); part++) {
        status = make_part(list, cursor, filter, part, made, error);
    }
    cursor_close(cursor);
    free(made);
    return status;
}

/* A page of the numbers under one hash. */
struct number_page {
    size_t skip;
    uint64_t *numbers;
    size_t capacity;
    size_t count;
};

static void add_to_page(void *context, struct names_entry entry) {
    struct number_page *page = context;
    if (page->skip > 0) {
        page->skip--;
    } else if (page->count < page->capacity) {
        page->numbers[page->count++] = entry.number;
    }
}

void names_foresee(const struct names *names, uint64_t hash) {
    if (names->filter.words != NULL) {
        filter_foresee(&names->filter, hash);
    }
}

/* Nothing was there, and no run need be searched to say so. */
static bool was_never_seen(const struct names *names, uint64_t hash) {
    const struct filter *filter = &names->filter;
    return names->list.count == 0 ||
           (filter_part_is_made(filter, filter_part_of(filter, hash)) && !filter_may_have(filter, hash));
}

/* What is not there is asked of the filter the next time. */
static enum daybook_status learn_of_miss(struct names *names, struct table_cursor *cursor, uint64_t hash,
                                         struct daybook_error *error) {
    size_t part = filter_part_of(&names->filter, hash);
    if (names->plain_misses < PLAIN_MISSES) {
        names->plain_misses++;
        return DAYBOOK_OK;
    }
    return filter_part_is_made(&names->filter, part)
               ? DAYBOOK_OK
               : make_part(&names->list, cursor, &names->filter, part, &names->made, error);
}

enum daybook_status names_find(struct names *names, struct store_txn *txn, uint64_t hash, size_t skip,
                               uint64_t *numbers, size_t capacity, size_t *count, struct daybook_error *error) {
    struct number_page page = {.skip = skip, .numbers = numbers, .capacity = capacity};
    struct visitor visitor = {add_to_page, &page, hash, hash};
    *count = 0;
    if (was_never_seen(names, hash)) {
        return DAYBOOK_OK;
    }
    struct table_cursor *cursor = NULL;
    DAYBOOK_TRY(cursor_open(txn, names->table, &cursor, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = names->list.count; i > 0 && status == DAYBOOK_OK && page.count < capacity; i--) {
        status = visit_run(cursor, &names->list.runs[i - 1], &visitor, error);
    }
    if (status == DAYBOOK_OK && skip == 0 && page.count == 0) {
        status = learn_of_miss(names, cursor, hash, error);
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
    uint8_t block[BLOCK_BYTES_MOST];
};

static uint8_t *held_entry(struct run_writer *writer, size_t index) {
    return writer->block + BLOCK_HEADER_BYTES + index * ENTRY_BYTES;
}

static enum daybook_status writer_put_block(struct run_writer *writer, struct names_entry next,
                                            struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    struct names_entry first = entry_load(held_entry(writer, 0));
    size_t size = BLOCK_HEADER_BYTES + writer->held * ENTRY_BYTES;
    block_key(key, writer->run.id, first.hash, first.number);
    entry_store(writer->block + 8, next);
    writer->held = 0;
    return names_row_put(writer->txn, writer->table, (struct daybook_bytes){key, sizeof key}, writer->block, size,
                         error);
}

static enum daybook_status writer_add(struct run_writer *writer, struct names_entry entry,
                                      struct daybook_error *error) {
    if (writer->held == BLOCK_ENTRIES) {
        DAYBOOK_TRY(writer_put_block(writer, entry, error));
    }
    if (writer->run.count == 0) {
        writer->run.first = entry;
    }
    entry_store(held_entry(writer, writer->held), entry);
    writer->held++;
    writer->run.count++;
    return DAYBOOK_OK;
}

static enum daybook_status put_run(struct names *names, struct store_txn *txn, struct run run,
                                   struct daybook_error *error) {
    uint8_t key[LIST_KEY_BYTES];
    uint8_t value[LIST_VALUE_BYTES];
    store_be32(key, LIST_RUN);
    store_be32(key + 4, run.id);
    store_le32(value + 8, run.level);
    store_le64(value + 12, run.count);
    entry_store(value + 20, run.first);
    return names_row_put(txn, names->table, (struct daybook_bytes){key, sizeof key}, value, sizeof value, error);
}

static enum daybook_status put_end(struct names *names, struct store_txn *txn, struct daybook_error *error) {
    uint8_t key[LIST_KEY_BYTES];
    uint8_t value[END_VALUE_BYTES];
    store_be32(key, LIST_RUN);
    store_be32(key + 4, LIST_END);
    store_le32(value + 8, (uint32_t)names->next.count);
    return names_row_put(txn, names->table, (struct daybook_bytes){key, sizeof key}, value, sizeof value, error);
}

static enum daybook_status writer_end(struct names *names, struct run_writer *writer, struct daybook_error *error) {
    DAYBOOK_TRY(writer_put_block(writer, no_entry, error));
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
        bool is_there = status == DAYBOOK_OK && block_is_of(&row, id);
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

/* One run being merged. Writing may move pages, so its blocks are copied out one by one. */
struct merge_source {
    uint32_t run;
    struct names_entry next; /* That the block to be loaded begins with, or no_entry. */
    uint8_t entries[BLOCK_ENTRIES * ENTRY_BYTES];
    size_t count;
    size_t index;
};

static enum daybook_status source_load(struct store_txn *txn, unsigned table, struct merge_source *source,
                                       struct daybook_error *error) {
    uint8_t key[BLOCK_KEY_BYTES];
    struct table_cursor *cursor = NULL;
    struct table_row row;
    struct block block;
    source->index = 0;
    source->count = 0;
    if (entries_equal(source->next, no_entry)) {
        return DAYBOOK_OK;
    }
    block_key(key, source->run, source->next.hash, source->next.number);
    DAYBOOK_TRY(cursor_open(txn, table, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    if (status == DAYBOOK_OK) {
        status = block_expect(&row, source->run, source->next, &block, error);
    }
    if (status == DAYBOOK_OK) {
        memcpy(source->entries, block.entries, block.count * ENTRY_BYTES);
        source->count = block.count;
        source->next = block.next;
    }
    cursor_close(cursor);
    return status;
}

static enum daybook_status merge_sources(struct store_txn *txn, unsigned table, struct merge_source *sources,
                                         struct run_writer *writer, struct daybook_error *error) {
    for (;;) {
        struct merge_source *least = NULL;
        struct names_entry least_entry = {0};
        for (size_t i = 0; i < RUN_FANOUT; i++) {
            if (sources[i].index < sources[i].count) {
                struct names_entry entry = entry_load(sources[i].entries + sources[i].index * ENTRY_BYTES);
                if (least == NULL || entry_precedes(entry, least_entry)) {
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
            DAYBOOK_TRY(source_load(txn, table, least, error));
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
        sources[merged].next = names->next.runs[i].first;
        status = source_load(txn, names->table, &sources[merged], error);
        merged++;
    }
    if (status == DAYBOOK_OK) {
        *writer = (struct run_writer){
            .txn = txn, .table = names->table, .run = {.id = names->next.next_id, .level = level + 1}};
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
    *writer = (struct run_writer){.txn = txn, .table = names->table, .run = {.id = names->next.next_id++}};
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

/* It is for the names of the runs that will be there. */
static enum daybook_status add_to_filter(struct names *names, struct store_txn *txn, const struct names_entry *entries,
                                         size_t count, struct daybook_error *error) {
    if (names->filter.words == NULL || name_count(&names->next) > names->filter.capacity) {
        DAYBOOK_TRY(make_filter(&names->next, &names->next_filter, error));
        return make_all_parts(names->table, &names->next, txn, &names->next_filter, error);
    }
    for (size_t i = 0; i < count; i++) {
        filter_add(&names->filter, entries[i].hash);
    }
    return DAYBOOK_OK;
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
    if (status == DAYBOOK_OK) {
        status = put_end(names, txn, error);
    }
    return status == DAYBOOK_OK ? add_to_filter(names, txn, entries, count, error) : status;
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
    return sizeof *names + filter_memory_bytes(&names->filter);
}
