/* Directories and free space, with durability. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { REMOVE_DEPTH = 16 };

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
    case EEXIST:
        return DAYBOOK_EXISTS;
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

enum daybook_status files_sync_parent(const char *path, struct daybook_error *error) {
    char parent[PATH_MAX];
    size_t size = strlen(path);
    while (size > 0 && path[size - 1] == '/') {
        size--;
    }
    while (size > 0 && path[size - 1] != '/') {
        size--;
    }
    if (size >= sizeof parent) {
        return daybook_fail(error, DAYBOOK_INVALID, "syncing the directory of %.60s...: the path is too long", path);
    }
    (void)snprintf(parent, sizeof parent, "%.*s", size > 0 ? (int)size : 1, size > 0 ? path : ".");
    return files_sync_directory(parent, error);
}

enum daybook_status files_system_open(const char *directory, int *system, struct daybook_error *error) {
    *system = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *system >= 0 ? DAYBOOK_OK
                        : daybook_fail(error, files_status(errno), "opening %s: %s", directory, strerror(errno));
}

enum daybook_status files_system_sync(int system, const char *directory, struct daybook_error *error) {
    return syncfs(system) == 0 ? DAYBOOK_OK
                               : daybook_fail(error, files_status(errno), "syncing the file system of %s: %s",
                                              directory, strerror(errno));
}

enum daybook_status files_make_directory(const char *path, struct daybook_error *error) {
    if (mkdir(path, 0777) != 0) {
        struct stat facts;
        int code = errno;
        if (code == EEXIST && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) {
            return DAYBOOK_OK;
        }
        return daybook_fail(error, files_status(code), "making the directory %s: %s", path, strerror(code));
    }
    return files_sync_parent(path, error);
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place) {
    (void)facts;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void files_remove_tree(const char *path) {
    (void)nftw(path, remove_one, REMOVE_DEPTH, FTW_DEPTH | FTW_PHYS);
}

uint64_t files_free_bytes(const char *path) {
    struct statvfs facts;
    if (statvfs(path, &facts) != 0) {
        return UINT64_MAX;
    }
    return (uint64_t)facts.f_bavail * facts.f_frsize;
}
