/*
 * Packing: the rows of a generation that has been built, written once more in the
 * order of their keys, as the generation that will answer.
 *
 * Rows grow all over a B-tree while they are folded, so its pages are a half to two
 * thirds full, and the pages that large batches replaced lie idle beside them. A
 * copy in order fills every page, and is what the generation will be read from for
 * as long as it lives. Nobody reads a generation that is being built, so nobody
 * waits; a process that is killed leaves it as it was, and it is packed again.
 */
#include "projection/view_inside.h"

enum { PACK_COMMIT_BYTES = 32 << 20 };

struct packing {
    const struct projection *projection;
    struct store_txn *from; /* Writes nothing; while it is open no process folds. */
    struct generation *pack;
    struct store_txn *to;
    size_t uncommitted_bytes;
};

static enum daybook_status append(struct packing *packing, unsigned table, const struct table_row *row,
                                  struct daybook_error *error) {
    if (packing->to == NULL) {
        DAYBOOK_TRY(store_begin_write(packing->pack->store, &packing->to, error));
    }
    DAYBOOK_TRY(table_append(packing->to, table, row->key, row->value, error));
    packing->uncommitted_bytes += row->key.size + row->value.size;
    if (packing->uncommitted_bytes < PACK_COMMIT_BYTES) {
        return DAYBOOK_OK;
    }
    struct store_txn *full = packing->to;
    packing->to = NULL;
    packing->uncommitted_bytes = 0;
    return store_commit(full, error);
}

static enum daybook_status copy_table(struct packing *packing, unsigned table, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    enum daybook_status status = cursor_open(packing->from, table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek(cursor, (struct daybook_bytes){0}, &row, error);
    }
    while (status == DAYBOOK_OK && row.is_valid) {
        status = append(packing, table, &row, error);
        if (status == DAYBOOK_OK) {
            status = cursor_next(cursor, &row, error);
        }
    }
    cursor_close(cursor);
    return status;
}

/* All tables, and last of all the checkpoint that says "complete". */
static enum daybook_status copy_rows(struct packing *packing, struct checkpoint checkpoint,
                                     struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (unsigned table = 0; table < packing->projection->table_count && status == DAYBOOK_OK; table++) {
        status = copy_table(packing, table, error);
    }
    if (status == DAYBOOK_OK && packing->to == NULL) {
        status = store_begin_write(packing->pack->store, &packing->to, error);
    }
    if (status == DAYBOOK_OK) {
        checkpoint.is_complete = true;
        status = checkpoint_save(packing->to, packing->projection, &checkpoint, error);
    }
    if (status == DAYBOOK_OK) {
        status = store_commit(packing->to, error);
        packing->to = NULL;
    }
    store_abort(packing->to);
    packing->to = NULL;
    return status;
}

bool view_pack(struct view *view, struct generation *built, uint64_t complete_at) {
    struct daybook_error ignored;
    struct generation_place place = view_place(view);
    struct packing packing = {.projection = view->projection};
    struct checkpoint checkpoint = {0};
    bool is_found = false;
    enum daybook_status status = store_begin_write(built->store, &packing.from, &ignored);
    if (status == DAYBOOK_OK) {
        status = checkpoint_load(packing.from, view->projection, &checkpoint, &is_found, &ignored);
    }
    bool is_due = status == DAYBOOK_OK && is_found && !checkpoint.is_complete &&
                  checkpoint.version == view->projection->version && checkpoint.position >= complete_at &&
                  mark_read(built->path, &view->boot) == MARK_DIRTY;
    bool is_packed = false;
    if (is_due && generation_open_pack(&place, built->number + 1, &packing.pack, &ignored) == DAYBOOK_OK) {
        if (copy_rows(&packing, checkpoint, &ignored) == DAYBOOK_OK) {
            is_packed = generation_adopt_pack(&place, packing.pack, &ignored) == DAYBOOK_OK;
        } else {
            generation_discard_pack(packing.pack);
        }
    }
    if (is_packed) {
        uv_mutex_lock(&view->lock);
        is_packed = view_take_in(view, built->number + 1, false, &ignored) == DAYBOOK_OK && view->answering != NULL &&
                    view->answering->number == built->number + 1;
        uv_mutex_unlock(&view->lock);
        if (is_packed && view->cached_generation == built->number && view->cached_position == checkpoint.position) {
            view->cached_generation = built->number + 1; /* I3: the rows are the same. */
        }
    }
    store_abort(packing.from);
    return is_packed;
}
