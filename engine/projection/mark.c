/*
 * The clean, dirty or damaged mark of a generation's directory.
 *
 *   DIRECTORY/mark     one line: "clean", or "dirty " and the boot id
 *   DIRECTORY/damaged  one line: why the generation was given up
 *
 * They are two files so that giving up, which any reader may do at any time,
 * can never be overwritten by a folder that marks clean.
 */
#include "projection/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MARK_TEXT_SIZE = 128 };

/* The first line of a small file, without its end; false when it cannot be read. */
static bool read_line(const char *path, char *text, size_t capacity) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t size = read(file, text, capacity - 1);
    close(file);
    if (size < 0) {
        return false;
    }
    text[size] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

void mark_boot_read(struct mark_boot *boot) {
    if (!read_line("/proc/sys/kernel/random/boot_id", boot->id, sizeof boot->id)) {
        boot->id[0] = '\0';
    }
}

enum mark mark_read(const char *directory, const struct mark_boot *boot) {
    char path[PATH_MAX];
    char text[MARK_TEXT_SIZE];
    snprintf(path, sizeof path, "%s/damaged", directory);
    if (access(path, F_OK) == 0) {
        return MARK_DAMAGED;
    }
    snprintf(path, sizeof path, "%s/mark", directory);
    if (!read_line(path, text, sizeof text)) {
        return errno == ENOENT || errno == ENOTDIR ? MARK_NONE : MARK_SUSPECT;
    }
    if (strcmp(text, "clean") == 0) {
        return MARK_CLEAN;
    }
    bool is_this_boot = strncmp(text, "dirty ", 6) == 0 && boot->id[0] != '\0' && strcmp(text + 6, boot->id) == 0;
    return is_this_boot ? MARK_DIRTY : MARK_SUSPECT;
}

static enum daybook_status fail_write(const char *path, struct daybook_error *error) {
    int reason = errno;
    enum daybook_status status = DAYBOOK_IO;
    if (reason == ENOENT || reason == ENOTDIR) {
        status = DAYBOOK_NOT_FOUND;
    } else if (reason == ENOSPC || reason == EDQUOT) {
        status = DAYBOOK_LIMIT;
    } else if (reason == EACCES || reason == EROFS || reason == EPERM) {
        status = DAYBOOK_READ_ONLY;
    }
    return daybook_fail(error, status, "writing %s: %s", path, strerror(reason));
}

static bool sync_directory(const char *directory) {
    int handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) {
        return false;
    }
    bool is_synced = fsync(handle) == 0;
    int reason = errno;
    close(handle);
    errno = reason;
    return is_synced;
}

/* Written aside, synced and renamed: a reader sees the old line or the new one. The
 * name aside holds the process id, since two processes may begin a generation at once. */
static enum daybook_status write_mark(const char *directory, const char *line, struct daybook_error *error) {
    char path[PATH_MAX];
    char aside[PATH_MAX];
    snprintf(path, sizeof path, "%s/mark", directory);
    snprintf(aside, sizeof aside, "%s/mark.%ld", directory, (long)getpid());
    int file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return fail_write(aside, error);
    }
    size_t size = strlen(line);
    errno = ENOSPC;
    bool is_written = write(file, line, size) == (ssize_t)size && fsync(file) == 0;
    int reason = errno;
    close(file);
    errno = reason;
    if (!is_written || rename(aside, path) != 0 || !sync_directory(directory)) {
        enum daybook_status status = fail_write(path, error);
        unlink(aside);
        return status;
    }
    return DAYBOOK_OK;
}

enum daybook_status mark_write_dirty(const char *directory, const struct mark_boot *boot, struct daybook_error *error) {
    char line[MARK_TEXT_SIZE];
    snprintf(line, sizeof line, "dirty %s\n", boot->id);
    return write_mark(directory, line, error);
}

enum daybook_status mark_write_clean(const char *directory, struct daybook_error *error) {
    return write_mark(directory, "clean\n", error);
}

void mark_write_damaged(const char *directory, const char *reason) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/damaged", directory);
    FILE *file = fopen(path, "we");
    if (file != NULL) {
        fprintf(file, "%s\n", reason);
        fclose(file);
    }
}

bool mark_read_damaged(const char *directory, char *reason, size_t capacity) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/damaged", directory);
    reason[0] = '\0';
    return read_line(path, reason, capacity);
}
