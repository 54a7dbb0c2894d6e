/*
 * The checkpoint of the state on disk.
 *
 *     table rows     key u64 BE number       value the packed row (domain/state_pack.c), u64 LE XXH3 of it
 *     table names    store/names.c
 *     table meta     key "checkpoint"        value u32 LE STATE_VERSION, u64 LE position,
 *                                                  u64 LE XXH3 of the event at that position
 *                    key "control"           value the sums of the books (domain/control.h), u64 LE XXH3 of it
 */
#include "state_store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "projection/mark.h"
#include "store/files.h"
#include "store/names.h"

enum { TABLE_ROWS, TABLE_NAMES, TABLE_META, TABLE_COUNT };
enum { META_BYTES = 20, CHECKSUM_BYTES = 8, CHECKPOINT_SEED = 4, CONTROL_SEED = 5 };

static const char *const table_names[TABLE_COUNT] = {"rows", "names", "meta"};
static const char meta_key[] = "checkpoint";
static const char control_key[] = "control";

struct state_store {
    char *path;
    struct store *store;
    struct store_txn *read; /* Open between two checkpoints: nobody else writes here. */
    struct names *names;
    uint64_t position;
    struct journal_reader *reader;
    struct mark_boot boot;
    bool was_doubted;
    struct daybook_buffer packed;
};

/* Removes the files of the store; its directory stays. */
static void remove_files(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (entry->d_name[0] != '.') {
            unlinkat(dirfd(directory), entry->d_name, 0);
        }
    }
    closedir(directory);
}

static enum daybook_status begin_read(struct state_store *state_store, struct daybook_error *error) {
    return store_begin_read(state_store->store, &state_store->read, error);
}

static void end_read(struct state_store *state_store) {
    store_abort(state_store->read);
    state_store->read = NULL;
}

/* The event's bytes tie the checkpoint to this journal. */
static enum daybook_status hash_event(struct state_store *state_store, uint64_t sequence, uint64_t *hash,
                                      struct daybook_error *error) {
    struct daybook_bytes event;
    *hash = 0;
    if (sequence == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(journal_read_one(state_store->reader, sequence, &event, error));
    *hash = hash64(event.data, event.size, CHECKPOINT_SEED);
    return DAYBOOK_OK;
}

/* Reads the position; *is_usable is false for a checkpoint of another version or journal. */
static enum daybook_status read_meta(struct state_store *state_store, bool *is_usable, struct daybook_error *error) {
    struct daybook_bytes value;
    bool is_found = false;
    uint64_t hash = 0;
    state_store->position = 0;
    DAYBOOK_TRY(table_get(state_store->read, TABLE_META, daybook_bytes_of_text(meta_key), &value, &is_found, error));
    *is_usable = !is_found;
    if (!is_found || value.size != META_BYTES || load_le32(value.data) != STATE_VERSION) {
        return DAYBOOK_OK;
    }
    uint64_t position = load_le64(value.data + 4);
    enum daybook_status status = hash_event(state_store, position, &hash, error);
    *is_usable = status == DAYBOOK_OK && hash == load_le64(value.data + 12);
    if (*is_usable) {
        state_store->position = position;
    }
    return status == DAYBOOK_NOT_FOUND ? DAYBOOK_OK : status;
}

static enum daybook_status open_store(struct state_store *state_store, size_t map_size_bytes, bool *is_usable,
                                      struct daybook_error *error) {
    struct store_options options = {
        .tables = table_names, .table_count = TABLE_COUNT, .map_size_bytes = map_size_bytes, .may_create = true};
    DAYBOOK_TRY(store_open(state_store->path, &options, &state_store->store, error));
    DAYBOOK_TRY(begin_read(state_store, error));
    DAYBOOK_TRY(read_meta(state_store, is_usable, error));
    return !*is_usable ? DAYBOOK_OK : names_open(state_store->read, TABLE_NAMES, &state_store->names, error);
}

static void close_store(struct state_store *state_store) {
    names_close(state_store->names);
    end_read(state_store);
    store_close(state_store->store);
    state_store->names = NULL;
    state_store->store = NULL;
}

/* Opens what is there; throws it away and begins anew when it cannot be used (C3). */
static enum daybook_status open_or_renew(struct state_store *state_store, size_t map_size_bytes,
                                         struct daybook_error *error) {
    enum mark mark = mark_read(state_store->path, &state_store->boot);
    bool is_usable = mark == MARK_CLEAN || mark == MARK_DIRTY;
    state_store->was_doubted = mark == MARK_DAMAGED;
    if (is_usable) {
        enum daybook_status status = open_store(state_store, map_size_bytes, &is_usable, error);
        if (status == DAYBOOK_OK && is_usable) {
            return mark_write_dirty(state_store->path, &state_store->boot, error);
        }
        close_store(state_store);
        if (status != DAYBOOK_OK && status != DAYBOOK_DAMAGED) {
            return status;
        }
    }
    remove_files(state_store->path);
    DAYBOOK_TRY(files_make_directory(state_store->path, error));
    DAYBOOK_TRY(mark_write_dirty(state_store->path, &state_store->boot, error));
    DAYBOOK_TRY(open_store(state_store, map_size_bytes, &is_usable, error));
    return DAYBOOK_OK;
}

enum daybook_status state_store_open(const char *directory, size_t map_size_bytes, struct journal_reader *reader,
                                     struct state_store **state_store, struct daybook_error *error) {
    struct state_store *fresh = calloc(1, sizeof *fresh);
    char *views = files_path(directory, "views");
    enum daybook_status status = DAYBOOK_OK;
    if (fresh == NULL || views == NULL || (fresh->path = files_path(views, "state")) == NULL) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the state of %s: memory was refused", directory);
        goto out;
    }
    fresh->reader = reader;
    mark_boot_read(&fresh->boot);
    status = files_make_directory(views, error);
    if (status == DAYBOOK_OK) {
        status = open_or_renew(fresh, map_size_bytes, error);
    }
    if (status == DAYBOOK_OK) {
        *state_store = fresh;
        fresh = NULL;
    }
out:
    free(views);
    if (fresh != NULL) {
        close_store(fresh);
        free(fresh->path);
        free(fresh);
    }
    return status;
}

void state_store_close(struct state_store *state_store) {
    if (state_store == NULL) {
        return;
    }
    end_read(state_store);
    /* A checkpoint that cannot be marked clean is replayed after the next boot: no harm is done. */
    if (store_sync(state_store->store, NULL) == DAYBOOK_OK) {
        enum daybook_status ignored = mark_write_clean(state_store->path, NULL);
        (void)ignored;
    }
    close_store(state_store);
    daybook_buffer_release(&state_store->packed);
    free(state_store->path);
    free(state_store);
}

uint64_t state_store_position(const struct state_store *state_store) {
    return state_store->position;
}

bool state_store_was_doubted(const struct state_store *state_store) {
    return state_store->was_doubted;
}

/* Takes the checksum off the end of stored bytes. */
static enum daybook_status check_bytes(const struct state_store *state_store, uint64_t seed, const char *what,
                                       struct daybook_bytes *bytes, struct daybook_error *error) {
    size_t size = bytes->size - CHECKSUM_BYTES;
    if (bytes->size < CHECKSUM_BYTES || hash64(bytes->data, size, seed) != load_le64(bytes->data + size)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "reading %s of the state: the checksum is wrong; delete %s and open again", what,
                            state_store->path);
    }
    bytes->size = size;
    return DAYBOOK_OK;
}

enum daybook_status state_store_load_control(struct state_store *state_store, struct control *control,
                                             struct daybook_error *error) {
    struct daybook_bytes bytes;
    bool is_found = false;
    DAYBOOK_TRY(table_get(state_store->read, TABLE_META, daybook_bytes_of_text(control_key), &bytes, &is_found, error));
    if (!is_found) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(check_bytes(state_store, CONTROL_SEED, "the sums of the books", &bytes, error));
    return control_unpack(control, bytes, error);
}

/* A store of another version, or none at all, has nothing to tell. */
static void read_position(const char *path, uint64_t *position) {
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    bool is_found = false;
    struct store_options options = {.tables = &table_names[TABLE_META], .table_count = 1, .is_read_only = true};
    if (store_open(path, &options, &store, NULL) == DAYBOOK_OK && store_begin_read(store, &txn, NULL) == DAYBOOK_OK &&
        table_get(txn, 0, daybook_bytes_of_text(meta_key), &value, &is_found, NULL) == DAYBOOK_OK && is_found &&
        value.size == META_BYTES && load_le32(value.data) == STATE_VERSION) {
        *position = load_le64(value.data + 4);
    }
    store_abort(txn);
    store_close(store);
}

void state_store_read_report(const char *directory, struct control_report *report) {
    char *path = files_path(directory, "views/state");
    *report = (struct control_report){0};
    if (path != NULL) {
        (void)mark_read_damaged(path, report->doubt, sizeof report->doubt);
        read_position(path, &report->checked_through);
    }
    free(path);
}

enum daybook_status state_store_load_row(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                         struct daybook_error *error) {
    struct state_store *state_store = context;
    uint8_t key[8];
    store_be64(key, number);
    DAYBOOK_TRY(
        table_get(state_store->read, TABLE_ROWS, (struct daybook_bytes){key, sizeof key}, bytes, is_found, error));
    if (!*is_found) {
        return DAYBOOK_OK;
    }
    char what[32];
    (void)snprintf(what, sizeof what, "row %llu", (unsigned long long)number);
    return check_bytes(state_store, number, what, bytes, error);
}

enum daybook_status state_store_find_names(void *context, uint64_t hash, size_t skip, uint64_t *numbers,
                                           size_t capacity, size_t *count, struct daybook_error *error) {
    struct state_store *state_store = context;
    return names_find(state_store->names, state_store->read, hash, skip, numbers, capacity, count, error);
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing the state: memory was refused");
}

static bool add_checksum(struct daybook_buffer *packed, uint64_t seed) {
    uint8_t *checksum = daybook_buffer_reserve(packed, CHECKSUM_BYTES);
    if (checksum != NULL) {
        store_le64(checksum, hash64(packed->data, packed->size, seed));
        packed->size += CHECKSUM_BYTES;
    }
    return checksum != NULL;
}

static enum daybook_status put_row(struct state_store *state_store, struct store_txn *txn, const struct row *row,
                                   struct daybook_error *error) {
    uint8_t key[8];
    store_be64(key, row->number);
    daybook_buffer_reset(&state_store->packed);
    if (row_pack(row, &state_store->packed) != DAYBOOK_OK || !add_checksum(&state_store->packed, row->number)) {
        return no_memory(error);
    }
    return table_put(txn, TABLE_ROWS, (struct daybook_bytes){key, sizeof key},
                     daybook_buffer_view(&state_store->packed), error);
}

static enum daybook_status put_control(struct state_store *state_store, struct store_txn *txn,
                                       const struct control *control, struct daybook_error *error) {
    daybook_buffer_reset(&state_store->packed);
    if (control_pack(control, &state_store->packed) != DAYBOOK_OK ||
        !add_checksum(&state_store->packed, CONTROL_SEED)) {
        return no_memory(error);
    }
    return table_put(txn, TABLE_META, daybook_bytes_of_text(control_key), daybook_buffer_view(&state_store->packed),
                     error);
}

/* C4. Memory is no longer trusted, nor what is stored; the journal is. */
static enum daybook_status check_control(struct state_store *state_store, const struct control *control,
                                         uint64_t position, struct daybook_error *error) {
    struct daybook_error why;
    enum daybook_status status = control_check(control, &why);
    if (status == DAYBOOK_OK) {
        return DAYBOOK_OK;
    }
    mark_write_damaged(state_store->path, why.message);
    return daybook_fail(error, status,
                        "as of event %llu %s; everything that was acknowledged is in the journal, and the next opening "
                        "replays it and checks again",
                        (unsigned long long)position, why.message);
}

static enum daybook_status put_all(struct state_store *state_store, struct store_txn *txn, struct state *state,
                                   struct control *control, uint64_t position, struct daybook_error *error) {
    uint64_t hash = 0;
    uint8_t meta[META_BYTES];
    size_t row_count = 0;
    size_t name_count = 0;
    struct row **rows = state_dirty_rows(state, &row_count);
    const struct name_entry *names = state_new_names(state, &name_count);
    if ((rows == NULL && row_count > 0) || (names == NULL && name_count > 0)) {
        return no_memory(error);
    }
    for (size_t i = 0; i < row_count; i++) {
        DAYBOOK_TRY(control_count(control, rows[i], error));
        DAYBOOK_TRY(put_row(state_store, txn, rows[i], error));
    }
    DAYBOOK_TRY(check_control(state_store, control, position, error));
    DAYBOOK_TRY(put_control(state_store, txn, control, error));
    _Static_assert(sizeof(struct name_entry) == sizeof(struct names_entry), "the state's names are the store's");
    DAYBOOK_TRY(names_flush(state_store->names, txn, (const struct names_entry *)names, name_count, error));
    DAYBOOK_TRY(hash_event(state_store, position, &hash, error));
    store_le32(meta, STATE_VERSION);
    store_le64(meta + 4, position);
    store_le64(meta + 12, hash);
    return table_put(txn, TABLE_META, daybook_bytes_of_text(meta_key), (struct daybook_bytes){meta, sizeof meta},
                     error);
}

enum daybook_status state_store_write(struct state_store *state_store, struct state *state, struct control *control,
                                      uint64_t position, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    end_read(state_store);
    enum daybook_status status = store_begin_write(state_store->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = put_all(state_store, txn, state, control, position, error);
        if (status == DAYBOOK_OK) {
            status = store_commit(txn, error);
        } else {
            store_abort(txn);
        }
    }
    if (status == DAYBOOK_OK) {
        state_store->position = position;
        state_mark_clean(state);
    }
    enum daybook_status read_status = begin_read(state_store, status == DAYBOOK_OK ? error : NULL);
    return status != DAYBOOK_OK ? status : read_status;
}
