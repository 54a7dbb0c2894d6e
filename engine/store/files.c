/* Directories and free space, with durability. */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char *files_path(const char *directory, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        return NULL;
    }
    return path;
}

bool files_exists(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0;
}

enum daybook_status files_status(int code) {
    switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
        return DAYBOOK_LIMIT;
    case EACCES:
    case EPERM:
    case EROFS:
        return DAYBOOK_READ_ONLY;
    case ENOENT:
    case ENOTDIR:
        return DAYBOOK_NOT_FOUND;
    case ENOMEM:
        return DAYBOOK_NO_MEMORY;
    case EBUSY:
        return DAYBOOK_BUSY;
    default:
        return DAYBOOK_IO;
    }
}

enum daybook_status files_sync_directory(const char *directory, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a directory and say EINVAL; there is nothing more to be done on those. */
    if (file < 0 || (fsync(file) != 0 && errno != EINVAL)) {
        status = daybook_fail(error, files_status(errno), "syncing the directory %s: %s", directory, strerror(errno));
    }
    if (file >= 0) {
        close(file);
    }
    return status;
}

enum daybook_status files_make_directory(const char *path, struct daybook_error *error) {
    if (mkdir(path, 0777) != 0) {
        struct stat facts;
        int code = errno;
        if (code == EEXIST && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) {
            return DAYBOOK_OK;
        }
        return daybook_fail(error, code == EEXIST ? DAYBOOK_EXISTS : files_status(code), "making the directory %s: %s",
                            path, strerror(code));
    }
    char *parent = files_path(path, "..");
    if (parent == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "making the directory %s: no memory", path);
    }
    enum daybook_status status = files_sync_directory(parent, error);
    free(parent);
    return status;
}

uint64_t files_free_bytes(const char *path) {
    struct statvfs facts;
    if (statvfs(path, &facts) != 0) {
        return UINT64_MAX;
    }
    return (uint64_t)facts.f_bavail * facts.f_frsize;
}
