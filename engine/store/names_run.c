/* Reading runs of names. */
#include "store/names_run.h"

uint64_t run_list_names(const struct run_list *list) {
    uint64_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->runs[i].count;
    }
    return count;
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

enum daybook_status visit_run(struct table_cursor *cursor, const struct run *run, const struct visitor *visitor,
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
