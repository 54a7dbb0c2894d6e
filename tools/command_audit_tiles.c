/* daybook audit tiles: the log as plain files. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/small_file.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "proof/tile_builder.h"
#include "tools/command_audit.h"
#include "tools/progress.h"
#include "tools/text.h"

struct tiling {
    const char *directory;
    uint64_t size;
    struct tile_builder builder;
    struct daybook_buffer checkpoint;
    struct daybook_buffer present;
    struct journal_reader *reader;
};

/* Makes the folders of a path that are not there. */
static enum daybook_status make_folders(char *path, struct daybook_error *error) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int result = mkdir(path, 0755);
        int code = errno;
        if (result != 0 && code != EEXIST) {
            return daybook_fail(error, files_status(code), _("making the folder %s: %s"), path, strerror(code));
        }
        *slash = '/';
    }
    return DAYBOOK_OK;
}

static enum daybook_status write_file(struct tiling *tiling, const char *name, struct daybook_bytes content,
                                      struct daybook_error *error) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", tiling->directory, name) >= (int)sizeof path) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path %s is too long"), tiling->directory);
    }
    enum daybook_status status = make_folders(path, error);
    return status == DAYBOOK_OK ? small_file_write(path, content, SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error)
                                : status;
}

/* A tile never changes: one that is there, and right, stays. */
static enum daybook_status write_tile(void *context, const char *name, struct daybook_bytes tile,
                                      struct daybook_error *error) {
    struct tiling *tiling = context;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", tiling->directory, name);
    bool is_there = small_file_read(path, tile.size, &tiling->present, NULL) == DAYBOOK_OK &&
                    daybook_bytes_equal(daybook_buffer_view(&tiling->present), tile);
    return is_there ? DAYBOOK_OK : write_file(tiling, name, tile, error);
}

static enum daybook_status add_events(struct tiling *tiling, struct daybook_error *error) {
    struct progress progress;
    enum daybook_status status = DAYBOOK_OK;
    progress_begin(&progress, _("tiling"), _("events"), 0, tiling->size);
    for (uint64_t next = 1; status == DAYBOOK_OK && next <= tiling->size;) {
        struct journal_slice slice;
        status = journal_read(tiling->reader, next, &slice, error);
        if (status == DAYBOOK_OK && slice.count == 0) {
            status = daybook_fail(error, DAYBOOK_DAMAGED, _("the journal ends before event %" PRIu64), next);
        }
        for (size_t i = 0; status == DAYBOOK_OK && i < slice.count && next <= tiling->size; i++, next++) {
            struct daybook_bytes entry = {slice.events[i].data, slice.events[i].size};
            status = tile_builder_add(&tiling->builder, entry, error);
        }
        if (status == DAYBOOK_OK && progress_is_interrupted()) {
            status = daybook_fail(error, DAYBOOK_STOPPED, _("stopped before event %" PRIu64), next);
        }
        progress_update(&progress, next - 1);
    }
    progress_clear();
    return status;
}

/* The checkpoint last: whoever fetches it finds the tiles that it speaks of. */
static enum daybook_status write_all(struct tiling *tiling, const struct tree_head *head, struct daybook_error *error) {
    struct merkle_size tree;
    enum daybook_status status = add_events(tiling, error);
    if (status == DAYBOOK_OK) {
        status = tile_builder_end(&tiling->builder, &tree, error);
    }
    if (status == DAYBOOK_OK && !merkle_hash_equal(&tree.root, &head->tree.root)) {
        status = daybook_fail(error, DAYBOOK_DAMAGED,
                              _("the journal's first %" PRIu64 " events do not have the root of their checkpoint; "
                                "\"daybook audit verify\" finds the place"),
                              tree.size);
    }
    if (status == DAYBOOK_OK) {
        status = write_file(tiling, "checkpoint", daybook_buffer_view(&tiling->checkpoint), error);
    }
    return status;
}

enum daybook_status audit_write_tiles(struct invocation *invocation, struct daybook *ledger,
                                      struct daybook_error *error) {
    static struct tiling tiling; /* Some tiles large: not for the stack. */
    struct note_key key;
    struct tree_head head;
    const char *directory = ledger_directory(ledger);
    uint64_t journal_size;
    tiling = (struct tiling){.directory = invocation->options.arguments[0]};
    progress_watch_interrupt();
    enum daybook_status status = daybook_head(ledger, &journal_size, error);
    if (status == DAYBOOK_OK) {
        status = audit_checkpoint_newest(directory, journal_size, &tiling.size, &tiling.checkpoint, error);
    }
    if (status == DAYBOOK_OK) {
        status = audit_key_load(directory, &key, error);
    }
    if (status == DAYBOOK_OK) {
        status = tree_head_open(daybook_buffer_view(&tiling.checkpoint), &key, NULL, NULL, &head, error);
    }
    if (status == DAYBOOK_OK) {
        status = journal_reader_open(ledger_journal(ledger), &tiling.reader, error);
    }
    if (status == DAYBOOK_OK) {
        status = tile_builder_open(&tiling.builder, write_tile, &tiling, error);
    }
    if (status == DAYBOOK_OK) {
        status = write_all(&tiling, &head, error);
    }
    tile_builder_close(&tiling.builder);
    journal_reader_close(tiling.reader);
    daybook_buffer_release(&tiling.checkpoint);
    daybook_buffer_release(&tiling.present);
    return status;
}
