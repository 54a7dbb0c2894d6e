/* Runs of names in one table; what their rows look like is in names_block.h. */
#include "store/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/names_saved.h"

enum {
    RUN_FANOUT = 8,
    LIST_KEY_BYTES = 8,
    LIST_VALUE_BYTES = 8 + 4 + 8 + ENTRY_BYTES,
    END_VALUE_BYTES = 8 + 4,
    SAVED_LEAST = 1 << 17, /* Names: the filter of fewer is made at once. */
    PLAIN_MISSES = 64,     /* Until parts of the filter are made: it is not worth its first pages for one request. */
};
#define LIST_RUN 0xFFFFFFFFU
#define LIST_END 0xFFFFFFFFU

struct names {
    unsigned table;
    struct run_list list;
    struct filter filter; /* For all of the list's names; none while there are none. */
    struct saved_filter saved;
    struct filter_part room; /* Of the thread that finds. */
    uint32_t plain_misses;   /* What was looked for before any part of the filter was made, and was not there. */
    /* The flush that is under way. */
    bool is_flushing;
    struct run_list next;
    struct filter next_filter; /* A larger one, all made, where one was needed. */
    struct saved_filter next_saved;
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
    if (id == SAVED_LIST_ID) {
        return saved_read(row, &names->list, &names->saved, error);
    }
    if (row->value.size != LIST_VALUE_BYTES || names->list.count == RUNS_MAX) {
        return names_damaged(error);
    }
    names->list.runs[names->list.count++] =
        (struct run){id, load_le32(value + 8), load_le64(value + 12), entry_load(value + 20)};
    names->list.next_id = id + 1;
    return DAYBOOK_OK;
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

/* With room for half as many again. */
static uint64_t capacity_for(const struct run_list *list) {
    uint64_t count = run_list_names(list);
    return count + count / 2;
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
        status = filter_make(&fresh->filter,
                             fresh->saved.through > 0 ? fresh->saved.capacity : capacity_for(&fresh->list), error);
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

static void add_to_part(void *context, struct names_entry entry) {
    filter_part_add(context, entry.hash);
}

/* How parts of a filter are made: of what was saved, and of the runs that it does not know. */
struct part_maker {
    const struct run_list *list;
    struct saved_filter saved;
    struct table_cursor *cursor;
    struct filter *filter;
    struct filter_part *room;
};

static enum daybook_status make_part(const struct part_maker *maker, size_t part, struct daybook_error *error) {
    struct filter_part *made = maker->room;
    filter_part_begin(maker->filter, part, made);
    const struct visitor visitor = {add_to_part, made, made->first_hash, made->last_hash};
    if (maker->saved.through > 0) {
        DAYBOOK_TRY(saved_add_part(&maker->saved, maker->cursor, made, error));
    }
    for (size_t i = 0; i < maker->list->count; i++) {
        if (maker->list->runs[i].id > maker->saved.through) {
            DAYBOOK_TRY(visit_run(maker->cursor, &maker->list->runs[i], &visitor, error));
        }
    }
    filter_part_put(maker->filter, made);
    return DAYBOOK_OK;
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
    const struct part_maker maker = {&names->list, names->saved, cursor, &names->filter, &names->room};
    return filter_part_is_made(&names->filter, part) ? DAYBOOK_OK : make_part(&maker, part, error);
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
    names->next_saved = names->saved;
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

/* ---- the filter, at the end of a flush: it is for the names of the runs that will be there ---- */

static enum daybook_status make_missing_parts(const struct part_maker *maker, struct daybook_error *error) {
    for (size_t part = 0; part < filter_part_count(maker->filter); part++) {
        if (!filter_part_is_made(maker->filter, part)) {
            DAYBOOK_TRY(make_part(maker, part, error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status save_filter(struct names *names, struct store_txn *txn, const struct part_maker *maker,
                                       struct daybook_error *error) {
    names->next_saved = (struct saved_filter){maker->filter->capacity, names->next.next_id - 1};
    return saved_put(&names->next_saved, txn, names->table, maker->filter, maker->room, error);
}

/* All of it is made, and saved. */
static enum daybook_status complete_filter(struct names *names, struct store_txn *txn, bool is_larger, bool is_saved,
                                           struct daybook_error *error) {
    struct filter_part *room = malloc(sizeof *room);
    struct part_maker maker = {&names->next, names->saved, NULL, &names->filter, room};
    enum daybook_status status = room == NULL ? no_memory(error) : DAYBOOK_OK;
    if (is_larger) { /* Its lines are not those of the one that was saved. */
        maker.saved = (struct saved_filter){0};
        maker.filter = &names->next_filter;
    }
    if (status == DAYBOOK_OK) {
        status = cursor_open(txn, names->table, &maker.cursor, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_missing_parts(&maker, error);
    }
    cursor_close(maker.cursor);
    if (status == DAYBOOK_OK && is_saved) {
        status = save_filter(names, txn, &maker, error);
    }
    free(room);
    return status;
}

/* Many are the names that an opening would have to read: an eighth of all. So what is saved in all is a few times what
 * there is. */
static bool is_to_be_saved(const struct names *names, bool is_larger) {
    uint64_t total = 0;
    uint64_t unsaved = 0;
    for (size_t i = 0; i < names->next.count; i++) {
        const struct run *run = &names->next.runs[i];
        total += run->count;
        unsaved += run->id > names->saved.through ? run->count : 0;
    }
    return total >= SAVED_LEAST && (is_larger || unsaved > total / 8);
}

static enum daybook_status update_filter(struct names *names, struct store_txn *txn, const struct names_entry *entries,
                                         size_t count, struct daybook_error *error) {
    bool is_larger = names->filter.words == NULL || run_list_names(&names->next) > names->filter.capacity;
    bool is_saved = is_to_be_saved(names, is_larger);
    if (is_larger) {
        DAYBOOK_TRY(filter_make(&names->next_filter, capacity_for(&names->next), error));
    }
    for (size_t i = 0; i < count && !is_larger; i++) {
        filter_add(&names->filter, entries[i].hash);
    }
    return is_larger || is_saved ? complete_filter(names, txn, is_larger, is_saved, error) : DAYBOOK_OK;
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
    return status == DAYBOOK_OK ? update_filter(names, txn, entries, count, error) : status;
}

void names_end_flush(struct names *names) {
    assert(names->is_flushing);
    names->is_flushing = false;
    names->list = names->next;
    names->saved = names->next_saved;
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
