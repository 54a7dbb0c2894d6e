/*
 * Makes, opens and closes a journal.
 *
 * DIRECTORY/writer.lock      who writes (writer_lock.h)
 * DIRECTORY/journal/         an LMDB environment: data.mdb, lock.mdb; wal (wal.h); underway (underway.h)
 * DIRECTORY/keys/            not the journal's: keys that sign, and the customers' (../keyring.h)
 *
 * table   key                        value
 * frames  first sequence, 8 bytes    a frame (codec/frame.c)
 *         big-endian
 * meta    "format"                   4 bytes little-endian: 1; 2 while there may be more in the log than here
 *         "config"                   the ledger's encoded configuration
 *         "wal"                      in format 2, 8 bytes little-endian: the salt of the log
 *
 * A directory without "format" is no ledger: its making was cut short.
 */
#include "store/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "store/journal_internal.h"
#include "store/writer_lock.h"

enum { FORMAT_SIZE = 4 };

#define DEFAULT_MIN_FREE_BYTES ((uint64_t)64 << 20)

_Static_assert(FORMAT_SIZE == sizeof(uint32_t), "a format is one number");

static const char *const table_names[JOURNAL_TABLES] = {[TABLE_FRAMES] = "frames", [TABLE_META] = "meta"};

static enum daybook_status no_memory(const char *directory, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the journal of %s: no memory", directory);
}

/* Is there a data file? It may still be none of a ledger. */
static enum daybook_status data_exists(const char *directory, bool *exists, struct daybook_error *error) {
    char *data = files_path(directory, "journal/data.mdb");
    if (data == NULL) {
        return no_memory(directory, error);
    }
    *exists = files_exists(data);
    int code = *exists ? 0 : errno;
    free(data);
    /* What may not be looked at is not gone. */
    return code != EACCES ? DAYBOOK_OK
                          : daybook_fail(error, DAYBOOK_READ_ONLY,
                                         "opening the ledger %s: permission denied; run it as a user who may read "
                                         "and write its files, or ask a server (--server)",
                                         directory);
}

static enum daybook_status store_of(const char *directory, bool is_read_only, bool may_create, size_t map_size_bytes,
                                    struct store **store, struct daybook_error *error) {
    char *path = files_path(directory, "journal");
    if (path == NULL) {
        return no_memory(directory, error);
    }
    const struct store_options options = {
        .tables = table_names,
        .table_count = JOURNAL_TABLES,
        .map_size_bytes = map_size_bytes,
        .is_read_only = is_read_only,
        .is_durable = true,
        .may_create = may_create,
    };
    enum daybook_status status = store_open(path, &options, store, error);
    free(path);
    return status;
}

static enum daybook_status config_write(struct store *store, const char *directory, struct daybook_bytes config,
                                        struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct daybook_bytes found;
    bool is_found = false;
    uint64_t frames = 0;
    uint8_t format[FORMAT_SIZE];
    store_le32(format, FORMAT_WITHOUT_LOG);
    enum daybook_status status = store_begin_write(store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = table_get(txn, TABLE_META, daybook_bytes_of_text("format"), &found, &is_found, error);
    }
    if (status == DAYBOOK_OK) {
        status = table_count(txn, TABLE_FRAMES, &frames, error);
    }
    if (status == DAYBOOK_OK && is_found) {
        status = daybook_fail(error, DAYBOOK_EXISTS, "making a ledger in %s: there is one already", directory);
    } else if (status == DAYBOOK_OK && frames > 0) {
        status = daybook_fail(error, DAYBOOK_DAMAGED, "making a ledger in %s: there are events without a configuration",
                              directory);
    }
    if (status == DAYBOOK_OK) {
        status = table_put(txn, TABLE_META, daybook_bytes_of_text("config"), config, error);
    }
    if (status == DAYBOOK_OK) {
        status = table_put(txn, TABLE_META, daybook_bytes_of_text("format"),
                           (struct daybook_bytes){format, sizeof format}, error);
    }
    if (status == DAYBOOK_OK) {
        return store_commit(txn, error);
    }
    store_abort(txn);
    return status;
}

/* A program that knows no log refuses format 2; where the log is empty, it may go on. */
enum daybook_status log_declare(struct store_txn *txn, uint64_t salt, struct daybook_error *error) {
    uint8_t format[FORMAT_SIZE];
    uint8_t row[sizeof salt];
    bool was_found = false;
    store_le32(format, salt != 0 ? FORMAT_WITH_LOG : FORMAT_WITHOUT_LOG);
    store_le64(row, salt);
    DAYBOOK_TRY(table_put(txn, TABLE_META, daybook_bytes_of_text("format"),
                          (struct daybook_bytes){format, sizeof format}, error));
    if (salt == 0) {
        return table_delete(txn, TABLE_META, daybook_bytes_of_text("wal"), &was_found, error);
    }
    return table_put(txn, TABLE_META, daybook_bytes_of_text("wal"), (struct daybook_bytes){row, sizeof row}, error);
}

enum daybook_status log_declared(struct store_txn *txn, uint64_t *salt, bool *is_declared,
                                 struct daybook_error *error) {
    struct daybook_bytes row;
    *salt = 0;
    DAYBOOK_TRY(table_get(txn, TABLE_META, daybook_bytes_of_text("wal"), &row, is_declared, error));
    if (*is_declared && row.size == sizeof *salt) {
        *salt = load_le64(row.data);
    }
    return DAYBOOK_OK;
}

const char *journal_left_behind(const char *directory) {
    static const char *const names[] = {"keys", "checkpoints", "views"};
    const char *left = NULL;
    bool exists = true;
    if (data_exists(directory, &exists, NULL) != DAYBOOK_OK || exists) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names && left == NULL; i++) {
        char path[PATH_MAX];
        int size = snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        left = size > 0 && (size_t)size < sizeof path && files_exists(path) ? names[i] : NULL;
    }
    return left;
}

enum daybook_status journal_create(const char *directory, struct daybook_bytes config, struct daybook_error *error) {
    struct store *store = NULL;
    int lock = -1;
    bool exists = false;
    enum daybook_status status = files_make_directory(directory, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = writer_lock_take(directory, &lock, error);
    if (status == DAYBOOK_BUSY && data_exists(directory, &exists, NULL) == DAYBOOK_OK && exists) {
        return daybook_fail(error, DAYBOOK_EXISTS, "making a ledger in %s: there is one, and it is being written to",
                            directory);
    }
    const char *left = status == DAYBOOK_OK ? journal_left_behind(directory) : NULL;
    if (left != NULL) {
        status = daybook_fail(error, DAYBOOK_EXISTS,
                              "making a ledger in %s: %s/%s is of one whose journal is gone; restore that from its "
                              "backups, and make this in a new directory",
                              directory, directory, left);
    }
    if (status == DAYBOOK_OK) {
        status = store_of(directory, false, true, 0, &store, error);
    }
    if (status == DAYBOOK_OK) {
        status = config_write(store, directory, config, error);
    }
    if (status == DAYBOOK_OK) {
        status = files_sync_directory(directory, error);
    }
    store_close(store);
    writer_lock_release(lock);
    return status;
}

/* Reads "format" and "config". */
static enum daybook_status meta_read(struct journal *journal, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct daybook_bytes format;
    struct daybook_bytes config;
    bool has_format = false;
    bool has_config = false;
    enum daybook_status status = store_begin_read(journal->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = table_get(txn, TABLE_META, daybook_bytes_of_text("format"), &format, &has_format, error);
    }
    if (status == DAYBOOK_OK) {
        status = table_get(txn, TABLE_META, daybook_bytes_of_text("config"), &config, &has_config, error);
    }
    if (status != DAYBOOK_OK) {
        goto out;
    }
    if (!has_format) {
        status = daybook_fail(error, DAYBOOK_NOT_FOUND,
                              "opening the ledger %s: its making was cut short; make it again", journal->directory);
        goto out;
    }
    if (format.size == FORMAT_SIZE && load_le32(format.data) > FORMAT_WITH_LOG) {
        status = daybook_fail(error, DAYBOOK_VERSION,
                              "opening the ledger %s: its format is version %" PRIu32
                              " and this program knows %d; use a newer program",
                              journal->directory, load_le32(format.data), FORMAT_WITH_LOG);
        goto out;
    }
    if (format.size != FORMAT_SIZE || load_le32(format.data) == 0 || !has_config) {
        status = daybook_fail(error, DAYBOOK_DAMAGED,
                              "opening the ledger %s: its format or its configuration is damaged; restore it from a "
                              "backup",
                              journal->directory);
        goto out;
    }
    if (daybook_buffer_append(&journal->config, config.data, config.size) != DAYBOOK_OK) {
        status = no_memory(journal->directory, error);
    }
out:
    store_abort(txn);
    return status;
}

static enum daybook_status writer_prepare(struct journal *journal, struct daybook_error *error) {
    journal->codec = frame_codec_open();
    journal->events = calloc(LIMIT_FRAME_EVENTS, sizeof *journal->events);
    journal->merged_events = calloc(FRAME_TARGET_EVENTS, sizeof *journal->merged_events);
    if (journal->codec == NULL || journal->events == NULL || journal->merged_events == NULL) {
        return no_memory(journal->directory, error);
    }
    underway_take(journal->underway);
    return journal_recover(journal, error);
}

static enum daybook_status open_into(struct journal *journal, const struct journal_options *options,
                                     struct daybook_error *error) {
    bool exists = false;
    enum daybook_status status = data_exists(journal->directory, &exists, error);
    const char *left = status == DAYBOOK_OK && !exists ? journal_left_behind(journal->directory) : NULL;
    if (left != NULL) {
        status = daybook_fail(error, DAYBOOK_DAMAGED,
                              "opening the ledger %s: its journal is gone, and %s/%s is there; \"daybook restore NEW "
                              "BACKUP...\" makes a new ledger from its backups. Keep this directory",
                              journal->directory, journal->directory, left);
    } else if (status == DAYBOOK_OK && !exists) {
        status = daybook_fail(error, DAYBOOK_NOT_FOUND,
                              "opening the ledger %s: there is none; \"daybook init\" makes one", journal->directory);
    }
    if (status == DAYBOOK_OK && journal->is_writer) {
        status = writer_lock_take(journal->directory, &journal->lock, error);
    }
    if (status == DAYBOOK_OK) {
        status =
            store_of(journal->directory, !journal->is_writer, false, options->map_size_bytes, &journal->store, error);
    }
    if (status == DAYBOOK_OK) {
        status = meta_read(journal, error);
    }
    if (status == DAYBOOK_OK && journal->is_writer) {
        status = writer_prepare(journal, error);
    }
    return status;
}

enum daybook_status journal_open(const char *directory, const struct journal_options *options, struct journal **journal,
                                 struct daybook_error *error) {
    *journal = NULL;
    struct journal *opened = calloc(1, sizeof *opened);
    char *copy = strdup(directory);
    if (opened == NULL || copy == NULL) {
        free(opened);
        free(copy);
        return no_memory(directory, error);
    }
    opened->directory = copy;
    opened->lock = -1;
    pthread_mutex_init(&opened->head_mutex, NULL);
    opened->is_writer = options->is_writer;
    opened->wal = wal_new(copy);
    opened->underway = underway_new(copy);
    pthread_mutex_init(&opened->frames_mutex, NULL);
    log_init(&opened->log, options);
    opened->min_free_bytes = options->min_free_bytes > 0 ? options->min_free_bytes : DEFAULT_MIN_FREE_BYTES;
    enum daybook_status status = opened->wal != NULL && opened->underway != NULL ? open_into(opened, options, error)
                                                                                 : no_memory(directory, error);
    if (status != DAYBOOK_OK) {
        journal_close(opened);
        return status;
    }
    *journal = opened;
    return DAYBOOK_OK;
}

void journal_close(struct journal *journal) {
    if (journal == NULL) {
        return;
    }
    log_close(journal);
    store_close(journal->store);
    writer_lock_release(journal->lock);
    wal_free(journal->wal);
    underway_free(journal->underway);
    pthread_mutex_destroy(&journal->frames_mutex);
    pthread_mutex_destroy(&journal->head_mutex);
    frame_codec_close(journal->codec);
    daybook_buffer_release(&journal->config);
    daybook_buffer_release(&journal->packed);
    daybook_buffer_release(&journal->raw);
    daybook_buffer_release(&journal->merged_raw);
    daybook_buffer_release(&journal->merged_frame);
    free(journal->pieces);
    free(journal->events);
    free(journal->merged_events);
    free(journal->directory);
    free(journal);
}

void journal_underway(struct journal *journal, int64_t from_us) {
    underway_set(journal->underway, from_us);
}

bool journal_knows(struct journal *journal, int64_t instant_us) {
    char writer[WRITER_NAME_SIZE];
    const int64_t from_us = underway_from(journal->underway);
    if (from_us == 0 || instant_us < from_us) {
        return true;
    }
    if (journal->is_writer) {
        return false;
    }
    writer_lock_holder(journal->directory, writer);
    return writer[0] == '\0'; /* It was killed, and what it had underway with it. */
}

struct daybook_bytes journal_config(const struct journal *journal) {
    return daybook_buffer_view(&journal->config);
}

enum daybook_status journal_usage(struct journal *journal, struct journal_usage *usage, struct daybook_error *error) {
    _Static_assert(sizeof usage->writer == WRITER_NAME_SIZE, "a holder's name fits");
    *usage = (struct journal_usage){.size_bytes = store_size_bytes(journal->store)};
    writer_lock_holder(journal->directory, usage->writer);
    struct store_txn *txn = NULL;
    enum daybook_status status = store_begin_read(journal->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = table_count(txn, TABLE_FRAMES, &usage->frame_count, error);
    }
    store_abort(txn);
    return status;
}
