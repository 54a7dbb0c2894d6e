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

#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/sort.h"
#include "base/thread.h"
#include "projection/mark.h"
#include "store/names.h"
#include "store/page_check.h"

enum { TABLE_ROWS, TABLE_NAMES, TABLE_META, TABLE_COUNT };
enum { META_BYTES = 20, CHECKSUM_BYTES = 8, CHECKPOINT_SEED = 4, CONTROL_SEED = 5 };
enum { ROW_HEAD_BYTES = 12 }; /* Of a row in an image. */

static const char *const table_names[TABLE_COUNT] = {"rows", "names", "meta"};
static const char meta_key[] = "checkpoint";
static const char control_key[] = "control";

/* A checkpoint that is being written, on a thread of its own. */
struct state_write {
    bool is_under_way;
    bool has_thread;
    pthread_t thread;
    atomic_bool is_written;
    struct state_image image;
    struct daybook_buffer control; /* Packed, with its checksum. */
    uint64_t position;
    uint64_t event_hash;
    enum daybook_status status;
    struct daybook_error error;
    struct daybook_buffer value; /* A row with its checksum. */
    struct pair *pairs; /* Of rows: number and place in the image; of names: hash and number. And as much spare. */
    size_t pair_capacity;
};

struct state_store {
    char *path;
    struct store *store;
    struct store_txn *read; /* Open between two checkpoints: nobody else writes here. */
    struct names *names;
    uint64_t position;
    struct journal_reader *reader;
    struct mark_boot boot;
    bool was_doubted;
    bool was_kept;
    bool is_beside; /* Somebody else's: it is read and not written. */
    bool is_again;  /* The mark says that two writers were not closed. */
    struct state_write write;
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
    struct store_options options = {.tables = table_names,
                                    .table_count = TABLE_COUNT,
                                    .map_size_bytes = map_size_bytes,
                                    .is_read_only = state_store->is_beside,
                                    .may_create = !state_store->is_beside,
                                    .lets_go = true,
                                    .lost = state_store->is_beside ? NULL : mark_write_damaged};
    DAYBOOK_TRY(store_open(state_store->path, &options, &state_store->store, error));
    DAYBOOK_TRY(begin_read(state_store, error));
    DAYBOOK_TRY(read_meta(state_store, is_usable, error));
    if (!*is_usable) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(names_open(state_store->read, TABLE_NAMES, &state_store->names, error));
    /* A state of events without the key of any request: the table was lost, or there is next to nothing to replay. */
    bool is_lost = state_store->position > 0 && names_run_count(state_store->names) == 0;
    return is_lost ? daybook_fail(error, DAYBOOK_DAMAGED, "opening the state in %s: it has no names", state_store->path)
                   : DAYBOOK_OK;
}

static void close_store(struct state_store *state_store) {
    names_close(state_store->names);
    end_read(state_store);
    store_close(state_store->store);
    state_store->names = NULL;
    state_store->store = NULL;
}

/* A writer that was killed is nothing unusual. Where the next one was not closed either it may be the pages that end
 * them (C7), and LMDB is kept from touching them. */
static bool can_be_touched(const struct state_store *state_store, enum mark mark) {
    struct page_report report;
    char *data = mark == MARK_AGAIN ? files_path(state_store->path, "data.mdb") : NULL;
    bool is_broken = data != NULL && page_check(data, &report, NULL) == DAYBOOK_DAMAGED;
    free(data);
    return !is_broken && (mark == MARK_CLEAN || mark == MARK_DIRTY || mark == MARK_AGAIN);
}

/* Opens what is there; throws it away and begins anew when it cannot be used (C3). */
static enum daybook_status open_or_renew(struct state_store *state_store, size_t map_size_bytes,
                                         struct daybook_error *error) {
    enum mark mark = mark_read(state_store->path, &state_store->boot);
    bool is_usable = can_be_touched(state_store, mark);
    state_store->was_doubted = mark == MARK_DAMAGED;
    if (is_usable) {
        enum daybook_status status = open_store(state_store, map_size_bytes, &is_usable, error);
        if (status == DAYBOOK_OK && is_usable) {
            state_store->was_kept = true;
            state_store->is_again = mark != MARK_CLEAN;
            return mark == MARK_CLEAN ? mark_write_dirty(state_store->path, &state_store->boot, error)
                                      : mark_write_again(state_store->path, &state_store->boot, error);
        }
        close_store(state_store);
        if (status != DAYBOOK_OK && status != DAYBOOK_DAMAGED && status != DAYBOOK_VERSION) {
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

/* Without it the journal is folded, whatever kept it from being read. */
enum daybook_status state_store_open_beside(const char *directory, struct journal_reader *reader,
                                            struct state_store **state_store, struct daybook_error *error) {
    struct state_store *fresh = calloc(1, sizeof *fresh);
    bool is_usable = false;
    *state_store = NULL;
    if (fresh == NULL || (fresh->path = files_path(directory, "views/state")) == NULL) {
        free(fresh);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the state of %s: memory was refused", directory);
    }
    fresh->reader = reader;
    fresh->is_beside = true;
    mark_boot_read(&fresh->boot);
    if (can_be_touched(fresh, mark_read(fresh->path, &fresh->boot)) &&
        open_store(fresh, 0, &is_usable, NULL) == DAYBOOK_OK && is_usable) {
        *state_store = fresh;
        return DAYBOOK_OK;
    }
    close_store(fresh);
    free(fresh->path);
    free(fresh);
    return DAYBOOK_OK;
}

void state_store_trust(struct state_store *state_store) {
    if (state_store->is_again) {
        /* Where it cannot be said, they are looked at. */
        enum daybook_status ignored = mark_write_dirty(state_store->path, &state_store->boot, NULL);
        (void)ignored;
        state_store->is_again = false;
    }
}

void state_store_close(struct state_store *state_store) {
    if (state_store == NULL) {
        return;
    }
    if (state_store->write.is_under_way) {
        enum daybook_status ignored = state_store_end_write(state_store, NULL);
        (void)ignored;
    }
    end_read(state_store);
    /* A checkpoint that cannot be marked clean is replayed after the next boot: no harm is done. */
    if (!state_store->is_beside && store_sync(state_store->store, NULL) == DAYBOOK_OK) {
        enum daybook_status ignored = mark_write_clean(state_store->path, NULL);
        (void)ignored;
    }
    close_store(state_store);
    daybook_buffer_release(&state_store->write.value);
    daybook_buffer_release(&state_store->write.control);
    free(state_store->write.pairs);
    free(state_store->path);
    free(state_store);
}

uint64_t state_store_position(const struct state_store *state_store) {
    return state_store->position;
}

bool state_store_was_kept(const struct state_store *state_store) {
    return state_store->was_kept;
}

void state_store_doubt(const struct state_store *state_store, const char *reason) {
    mark_write_damaged(state_store->path, reason);
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
                            "reading %s of the state in %s: the checksum is wrong; when the ledger is opened next, it "
                            "is made again from the journal",
                            what, state_store->path);
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

void state_store_foresee_name(const struct state_store *state_store, uint64_t hash) {
    names_foresee(state_store->names, hash);
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

/* ---- writing, on the thread of the write ---- */

/* Room for `count` pairs, and as many again behind them. */
static enum daybook_status reserve_pairs(struct state_write *write, size_t count, struct daybook_error *error) {
    if (count > write->pair_capacity) {
        free(write->pairs);
        write->pair_capacity = count + count / 4;
        write->pairs = malloc(write->pair_capacity * 2 * sizeof *write->pairs);
        if (write->pairs == NULL) {
            write->pair_capacity = 0;
            return no_memory(error);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status put_row(struct state_write *write, struct store_txn *txn, uint64_t number,
                                   struct daybook_bytes packed, struct daybook_error *error) {
    uint8_t key[8];
    store_be64(key, number);
    daybook_buffer_reset(&write->value);
    if (daybook_buffer_append(&write->value, packed.data, packed.size) != DAYBOOK_OK ||
        !add_checksum(&write->value, number)) {
        return no_memory(error);
    }
    return table_put(txn, TABLE_ROWS, (struct daybook_bytes){key, sizeof key}, daybook_buffer_view(&write->value),
                     error);
}

/* In order of number, which is the order of the table's pages. */
static enum daybook_status put_rows(struct state_write *write, struct store_txn *txn, struct daybook_error *error) {
    const struct state_image *image = &write->image;
    DAYBOOK_TRY(reserve_pairs(write, image->row_count, error));
    size_t at = 0;
    for (size_t i = 0; i < image->row_count; i++) {
        write->pairs[i] = (struct pair){load_le64(image->rows.data + at), at};
        at += ROW_HEAD_BYTES + load_le32(image->rows.data + at + 8);
    }
    pairs_sort(write->pairs, write->pairs + image->row_count, image->row_count);
    for (size_t i = 0; i < image->row_count; i++) {
        const uint8_t *row = image->rows.data + write->pairs[i].value;
        struct daybook_bytes packed = {row + ROW_HEAD_BYTES, load_le32(row + 8)};
        DAYBOOK_TRY(put_row(write, txn, write->pairs[i].key, packed, error));
    }
    return DAYBOOK_OK;
}

/* They came in order of number, so a stable sort by hash makes the order of (hash, number). */
static enum daybook_status put_names(struct state_store *state_store, struct store_txn *txn,
                                     struct daybook_error *error) {
    _Static_assert(sizeof(struct name_entry) == sizeof(struct pair), "a name is a pair of hash and number");
    _Static_assert(sizeof(struct names_entry) == sizeof(struct pair), "and so it is in the store");
    struct state_write *write = &state_store->write;
    size_t count = write->image.name_count;
    DAYBOOK_TRY(reserve_pairs(write, count, error));
    if (count > 0) {
        memcpy(write->pairs, write->image.names, count * sizeof *write->pairs);
    }
    pairs_sort(write->pairs, write->pairs + count, count);
    return names_flush(state_store->names, txn, (const struct names_entry *)(const void *)write->pairs, count, error);
}

static enum daybook_status put_all(struct state_store *state_store, struct store_txn *txn,
                                   struct daybook_error *error) {
    const struct state_write *write = &state_store->write;
    uint8_t meta[META_BYTES];
    DAYBOOK_TRY(put_rows(&state_store->write, txn, error));
    DAYBOOK_TRY(put_names(state_store, txn, error));
    DAYBOOK_TRY(
        table_put(txn, TABLE_META, daybook_bytes_of_text(control_key), daybook_buffer_view(&write->control), error));
    store_le32(meta, STATE_VERSION);
    store_le64(meta + 4, write->position);
    store_le64(meta + 12, write->event_hash);
    return table_put(txn, TABLE_META, daybook_bytes_of_text(meta_key), (struct daybook_bytes){meta, sizeof meta},
                     error);
}

static void *write_checkpoint(void *context) {
    struct state_store *state_store = context;
    thread_stand_back(THREAD_SERVES);
    struct state_write *write = &state_store->write;
    struct store_txn *txn = NULL;
    write->status = store_begin_write(state_store->store, &txn, &write->error);
    if (write->status == DAYBOOK_OK) {
        write->status = put_all(state_store, txn, &write->error);
        if (write->status == DAYBOOK_OK) {
            write->status = store_commit(txn, &write->error);
            store_let_go(state_store->store); /* What was merged and written over is not asked for. */
        } else {
            store_abort(txn);
        }
    }
    atomic_store(&write->is_written, true);
    return NULL;
}

/* ---- the thread that decides ---- */

/* C4. Memory is no longer trusted, nor what is stored; the journal is. */
static enum daybook_status check_control(struct state_store *state_store, const struct control *control,
                                         uint64_t position, struct daybook_error *error) {
    struct daybook_error why;
    enum daybook_status status = control_check(control, &why);
    if (status == DAYBOOK_OK) {
        return DAYBOOK_OK;
    }
    state_store_doubt(state_store, why.message);
    return daybook_fail(error, status,
                        "as of event %llu %s; everything that was acknowledged is in the journal, and the next opening "
                        "replays it and checks again",
                        (unsigned long long)position, why.message);
}

enum daybook_status state_store_begin_write(struct state_store *state_store, struct state_image image,
                                            const struct control *control, uint64_t position,
                                            struct daybook_error *error) {
    struct state_write *write = &state_store->write;
    assert(!write->is_under_way);
    DAYBOOK_TRY(check_control(state_store, control, position, error));
    daybook_buffer_reset(&write->control);
    if (control_pack(control, &write->control) != DAYBOOK_OK || !add_checksum(&write->control, CONTROL_SEED)) {
        return no_memory(error);
    }
    DAYBOOK_TRY(hash_event(state_store, position, &write->event_hash, error));
    write->is_under_way = true;
    write->image = image;
    write->position = position;
    atomic_store(&write->is_written, false);
    names_begin_flush(state_store->names);
    write->has_thread = pthread_create(&write->thread, NULL, write_checkpoint, state_store) == 0;
    if (!write->has_thread) {
        (void)write_checkpoint(state_store); /* Without a thread it has to be done here. */
    }
    return DAYBOOK_OK;
}

bool state_store_is_writing(const struct state_store *state_store) {
    return state_store->write.is_under_way;
}

bool state_store_is_written(const struct state_store *state_store) {
    return atomic_load(&state_store->write.is_written);
}

enum daybook_status state_store_end_write(struct state_store *state_store, struct daybook_error *error) {
    struct state_write *write = &state_store->write;
    assert(write->is_under_way);
    if (write->has_thread) {
        (void)pthread_join(write->thread, NULL);
    }
    write->is_under_way = false;
    if (write->status != DAYBOOK_OK) {
        if (error != NULL) {
            *error = write->error;
        }
        return write->status;
    }
    state_store->position = write->position;
    names_end_flush(state_store->names);
    end_read(state_store);
    return begin_read(state_store, error);
}
