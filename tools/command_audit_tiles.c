/* daybook audit tiles: the log as plain files. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/small_file.h"
#include "tools/command_audit.h"
#include "tools/command_job.h"
#include "tools/text.h"

/*
 * A tree of tiles has two files for every 256 events. They are put in place whole, and all of them are waited for at
 * once before the checkpoint replaces an earlier one: after a kill or a power cut a checkpoint that is there has all of
 * its tiles, and the next run writes what is missing.
 */
struct tiling {
    const char *directory;
    int system; /* -1 = no file came yet. */
    struct daybook_buffer present;
};

/* Whoever sends the files has no say over where this machine keeps its own. */
static bool is_inside(const char *path) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-/";
    return path[0] != '\0' && path[0] != '/' && path[strspn(path, letters)] == '\0' && strstr(path, "..") == NULL;
}

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

static enum daybook_status hold_system(struct tiling *tiling, struct daybook_error *error) {
    char path[PATH_MAX];
    if (tiling->system >= 0) {
        return DAYBOOK_OK;
    }
    if (snprintf(path, sizeof path, "%s/", tiling->directory) >= (int)sizeof path) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path %s is too long"), tiling->directory);
    }
    DAYBOOK_TRY(make_folders(path, error));
    return files_system_open(tiling->directory, &tiling->system, error);
}

/* Also where the tiles were there: a run that was killed may have written them a moment ago. */
static enum daybook_status put_checkpoint(struct tiling *tiling, const char *path, struct daybook_bytes content,
                                          struct daybook_error *error) {
    DAYBOOK_TRY(files_system_sync(tiling->system, tiling->directory, error));
    return small_file_write(path, content, SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error);
}

/* A tile never changes: one that is there, and right, stays. */
static enum daybook_status put_tile(struct tiling *tiling, char *path, struct daybook_bytes content,
                                    struct daybook_error *error) {
    if (small_file_read(path, content.size, &tiling->present, NULL) == DAYBOOK_OK &&
        daybook_bytes_equal(daybook_buffer_view(&tiling->present), content)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(make_folders(path, error));
    return small_file_write_unsynced(path, content, SMALL_FILE_PUBLIC, error);
}

static enum daybook_status take_file(void *context, const Pb__JobItem *item, struct daybook_error *error) {
    struct tiling *tiling = context;
    char path[PATH_MAX];
    if (item->item_case != PB__JOB_ITEM__ITEM_FILE) {
        return DAYBOOK_OK;
    }
    struct daybook_bytes content = {item->file->content.data, item->file->content.len};
    if (!is_inside(item->file->path)) {
        return daybook_fail(error, DAYBOOK_IO, _("\"%.80s\" is no path of a tile"), item->file->path);
    }
    if (snprintf(path, sizeof path, "%s/%s", tiling->directory, item->file->path) >= (int)sizeof path) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path %s is too long"), tiling->directory);
    }
    DAYBOOK_TRY(hold_system(tiling, error));
    return strcmp(item->file->path, "checkpoint") == 0 ? put_checkpoint(tiling, path, content, error)
                                                       : put_tile(tiling, path, content, error);
}

enum daybook_status audit_write_tiles(struct invocation *invocation, struct daybook *ledger,
                                      struct daybook_error *error) {
    struct tiling tiling = {.directory = invocation->options.arguments[0], .system = -1};
    struct command_job how = {.invocation = invocation, .ledger = ledger, .take = take_file, .context = &tiling};
    Pb__TilesRequest asked = PB__TILES_REQUEST__INIT;
    ProtobufCMessage *made;
    enum daybook_status status = command_job_run(&how, &asked.base, &made, error);
    if (tiling.system >= 0) {
        (void)close(tiling.system);
    }
    daybook_buffer_release(&tiling.present);
    return status;
}
