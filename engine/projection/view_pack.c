/*
 * Packing: the rows of a generation, written once more in the order of their keys,
 * as the generation that will answer.
 *
 * Rows grow all over a B-tree while they are folded, so its pages are a half to two
 * thirds full, and the pages that large batches replaced lie idle beside them. A
 * copy in order fills every page. What has been built is packed before it answers:
 * nobody reads it yet, so nobody waits. What answers is packed in quiet times, and
 * whoever wants it to be folded meanwhile ends that. A process that is killed leaves
 * the rows as they were.
 */
#include "base/files.h"
#include "projection/view_inside.h"

enum {
    PACK_COMMIT_BYTES = 2 << 20, /* Its pages stay cached, and serve the next commit. */
    REPORT_ROWS = 256,           /* Between two looks at who waits. */
    ROW_OVERHEAD = 10,           /* What LMDB adds to a row's key and value, */
    PAGE_WASTE = 16,             /* and one part in so many that no row fits in. */
    GROWTH_LOOKED = 8,           /* What has not grown by one part in so many is not looked at again. */
    SAVING_WORTH = 4,            /* One part in so many of the file. */
    DISK_SHARE = 8,              /* One part in so many of what is free: the journal needs the rest, now. */
};

struct packing {
    const struct view *view;
    const struct view_progress *progress;
    struct checkpoint checkpoint;
    struct store_txn *from; /* Writes nothing; while it is open no process folds. */
    struct generation *pack;
    struct store_txn *to;
    size_t uncommitted_bytes;
    uint64_t packed_bytes; /* What the rows will take, about. */
    bool is_interrupted;
};

typedef enum daybook_status visit_row(struct packing *packing, unsigned table, const struct table_row *row,
                                      struct daybook_error *error);

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

static enum daybook_status measure(struct packing *packing, unsigned table, const struct table_row *row,
                                   struct daybook_error *error) {
    (void)table;
    (void)error;
    packing->packed_bytes += row->key.size + row->value.size + ROW_OVERHEAD;
    return DAYBOOK_OK;
}

/* STOPPED: someone waits. */
static enum daybook_status visit_table(struct packing *packing, unsigned table, visit_row *visit,
                                       struct daybook_error *error) {
    const uint64_t position = packing->checkpoint.position;
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    enum daybook_status status = cursor_open(packing->from, table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek(cursor, (struct daybook_bytes){0}, &row, error);
    }
    for (size_t count = 0; status == DAYBOOK_OK && row.is_valid; count++) {
        status = visit(packing, table, &row, error);
        if (status == DAYBOOK_OK && count % REPORT_ROWS == 0) {
            status = view_report(packing->view, packing->progress, position, position, error);
            packing->is_interrupted = status != DAYBOOK_OK;
        }
        if (status == DAYBOOK_OK) {
            status = cursor_next(cursor, &row, error);
        }
    }
    cursor_close(cursor);
    return status;
}

static enum daybook_status visit_rows(struct packing *packing, visit_row *visit, struct daybook_error *error) {
    for (unsigned table = 0; table < packing->view->projection->table_count; table++) {
        DAYBOOK_TRY(visit_table(packing, table, visit, error));
    }
    return DAYBOOK_OK;
}

/* All tables, and last of all the checkpoint that says "complete". */
static enum daybook_status copy_rows(struct packing *packing, struct daybook_error *error) {
    enum daybook_status status = visit_rows(packing, append, error);
    if (status == DAYBOOK_OK && packing->to == NULL) {
        status = store_begin_write(packing->pack->store, &packing->to, error);
    }
    if (status == DAYBOOK_OK) {
        packing->checkpoint.is_complete = true;
        status = checkpoint_save(packing->to, packing->view->projection, &packing->checkpoint, error);
    }
    if (status == DAYBOOK_OK) {
        status = store_commit(packing->to, error);
        packing->to = NULL;
    }
    store_abort(packing->to);
    packing->to = NULL;
    return status;
}

/* Makes the copy, and makes it what answers. */
static bool pack(struct view *view, const struct generation *old, struct packing *packing) {
    struct daybook_error ignored;
    struct generation_place place = view_place(view);
    bool is_packed = false;
    if (generation_open_pack(&place, old->number + 1, &packing->pack, &ignored) != DAYBOOK_OK) {
        return false;
    }
    if (copy_rows(packing, &ignored) == DAYBOOK_OK) {
        is_packed = generation_adopt_pack(&place, packing->pack, &ignored) == DAYBOOK_OK;
    } else {
        generation_discard_pack(packing->pack);
    }
    if (is_packed) {
        uv_mutex_lock(&view->lock);
        is_packed = view_take_in(view, old->number + 1, false, &ignored) == DAYBOOK_OK && view->answering != NULL &&
                    view->answering->number == old->number + 1;
        view->tidied_bytes = is_packed ? store_size_bytes(view->answering->store) : 0;
        uv_mutex_unlock(&view->lock);
    }
    if (is_packed && view->cached_generation == old->number && view->cached_position == packing->checkpoint.position) {
        view->cached_generation = old->number + 1; /* I3: the rows are the same. */
    }
    return is_packed;
}

/* Ends with store_abort(packing->from), whatever it returns. */
static bool begin(const struct view *view, const struct generation *generation, struct packing *packing) {
    struct daybook_error ignored;
    bool is_found = false;
    packing->view = view;
    enum daybook_status status = store_begin_write(generation->store, &packing->from, &ignored);
    if (status == DAYBOOK_OK) {
        status = checkpoint_load(packing->from, view->projection, &packing->checkpoint, &is_found, &ignored);
    }
    return status == DAYBOOK_OK && is_found && packing->checkpoint.version == view->projection->version;
}

enum pack_outcome view_pack(struct view *view, struct generation *built, uint64_t complete_at,
                            const struct view_progress *progress) {
    struct packing packing = {.progress = progress};
    bool is_packed = begin(view, built, &packing) && !packing.checkpoint.is_complete &&
                     packing.checkpoint.position >= complete_at && mark_read(built->path, &view->boot) == MARK_DIRTY &&
                     pack(view, built, &packing);
    store_abort(packing.from);
    return is_packed ? PACK_DONE : packing.is_interrupted ? PACK_STOPPED : PACK_NOT;
}

/* ---- what answers ---- */

/* Neither given up nor replaced, and as trustworthy as it was. */
static bool is_sound(const struct view *view, const struct generation *generation) {
    enum mark mark = mark_read(generation->path, &view->boot);
    return mark == MARK_DIRTY || mark == MARK_CLEAN;
}

static bool is_worth_it(struct packing *packing, uint64_t size_bytes) {
    struct daybook_error ignored;
    if (visit_rows(packing, measure, &ignored) != DAYBOOK_OK) {
        return false;
    }
    uint64_t packed_bytes = packing->packed_bytes + packing->packed_bytes / PAGE_WASTE;
    return packed_bytes < size_bytes - size_bytes / SAVING_WORTH &&
           packed_bytes < files_free_bytes(packing->view->views_path) / DISK_SHARE;
}

/* What answers, pinned, when it is large and has grown since it was last looked at. */
static struct generation *pin_grown(struct view *view) {
    uv_mutex_lock(&view->lock);
    struct generation *answering = view->answering;
    bool is_grown = answering != NULL && view->building == NULL &&
                    answering->last.position >= view->options.pack_events &&
                    store_size_bytes(answering->store) > view->tidied_bytes + view->tidied_bytes / GROWTH_LOOKED;
    if (is_grown) {
        answering->pins++;
    }
    uv_mutex_unlock(&view->lock);
    return is_grown ? answering : NULL;
}

static bool tidy(struct view *view, const struct generation *answering, const struct view_progress *progress) {
    struct packing packing = {.progress = progress};
    uint64_t size_bytes = store_size_bytes(answering->store);
    bool is_due = begin(view, answering, &packing) && packing.checkpoint.is_complete && is_sound(view, answering) &&
                  is_worth_it(&packing, size_bytes);
    bool is_packed = is_due && pack(view, answering, &packing);
    if (!is_packed && !packing.is_interrupted) {
        view->tidied_bytes = size_bytes;
    }
    view->has_written = view->has_written || is_packed;
    store_abort(packing.from);
    return is_packed;
}

bool view_tidy(struct view *view, const struct view_progress *progress) {
    bool is_packed = false;
    if (view->options.is_read_only || view->options.is_scratch) {
        return false;
    }
    uv_mutex_lock(&view->fold_lock);
    struct generation *answering = pin_grown(view);
    if (answering != NULL) {
        is_packed = tidy(view, answering, progress);
        uv_mutex_lock(&view->lock);
        view_unpin(view, answering);
        uv_mutex_unlock(&view->lock);
    }
    uv_mutex_unlock(&view->fold_lock);
    return is_packed;
}
