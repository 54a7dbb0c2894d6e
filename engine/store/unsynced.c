/*
 * The unsynced mark of a store whose commits do not wait for the disk.
 *
 * After a power cut such a store may hold a newer root above older pages, and
 * LMDB cannot tell. So, while it is open for writing, a file `unsynced` in its
 * directory names the run of the machine (the kernel's boot id). Who finds the
 * mark of an earlier run knows that the store cannot be trusted; one of this
 * run is harmless, because the page cache outlives a process. A clean close
 * syncs everything and removes the mark.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/files.h"
#include "store/store_internal.h"

enum { BOOT_ID_SIZE = 64 };

/* The text of a small file, NUL-terminated; -1 when it cannot be read (errno says why). */
static ssize_t read_small(const char *path, char text[BOOT_ID_SIZE]) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    ssize_t size = read(file, text, BOOT_ID_SIZE - 1);
    close(file);
    if (size >= 0) {
        text[size] = '\0';
    }
    return size;
}

enum daybook_status unsynced_check(const char *directory, struct daybook_error *error) {
    char *path = files_path(directory, "unsynced");
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the store %s: no memory", directory);
    }
    char marked[BOOT_ID_SIZE];
    char current[BOOT_ID_SIZE];
    enum daybook_status status = DAYBOOK_OK;
    ssize_t marked_size = read_small(path, marked);
    if (marked_size >= 0 || errno != ENOENT) {
        /* A mark that cannot be read or compared counts as one of an earlier run. */
        ssize_t current_size = read_small("/proc/sys/kernel/random/boot_id", current);
        if (marked_size <= 0 || current_size <= 0 || strcmp(marked, current) != 0) {
            status = daybook_fail(error, DAYBOOK_DAMAGED,
                                  "opening the store %s: the machine stopped before it was on the disk; rebuild it",
                                  directory);
        }
    }
    free(path);
    return status;
}

enum daybook_status unsynced_mark(const char *directory, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    char current[BOOT_ID_SIZE];
    int file = -1;
    char *path = files_path(directory, "unsynced");
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the store %s: no memory", directory);
    }
    ssize_t size = read_small("/proc/sys/kernel/random/boot_id", current);
    if (size < 0) {
        size = 0; /* An empty mark: not trusted until it is closed cleanly. */
    }
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || write(file, current, (size_t)size) != size || fsync(file) != 0) {
        status = daybook_fail(error, files_status(errno), "writing %s: %s", path, strerror(errno));
        goto out;
    }
    status = files_sync_directory(directory, error);
out:
    if (file >= 0) {
        close(file);
    }
    free(path);
    return status;
}

void unsynced_clear(const char *directory) {
    char *path = files_path(directory, "unsynced");
    if (path != NULL) {
        /* A mark that stays behind costs a rebuild after the next restart of the machine, nothing else. */
        unlink(path);
        free(path);
    }
}
