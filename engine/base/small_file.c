/* Small files as a whole. */
#include "base/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

enum { READ_STEP = 65536 };

static enum daybook_status fail(const char *doing, const char *path, struct daybook_error *error) {
    int code = errno;
    (void)daybook_fail(error, files_status(code), "%s", strerror(code));
    (void)daybook_fail_in(error, doing, path);
    return files_status(code);
}

static enum daybook_status read_all(int file, const char *path, size_t limit_bytes, struct daybook_buffer *content,
                                    struct daybook_error *error) {
    for (;;) {
        uint8_t *room = daybook_buffer_reserve(content, READ_STEP);
        if (room == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading %s: memory was refused", path);
        }
        ssize_t size = read(file, room, READ_STEP);
        if (size == 0) {
            return DAYBOOK_OK;
        }
        if (size < 0 && errno != EINTR) {
            return fail("reading %s", path, error);
        }
        content->size += size > 0 ? (size_t)size : 0;
        if (content->size > limit_bytes) {
            return daybook_fail(error, DAYBOOK_LIMIT, "reading %s: it has more than %zu bytes", path, limit_bytes);
        }
    }
}

enum daybook_status small_file_read(const char *path, size_t limit_bytes, struct daybook_buffer *content,
                                    struct daybook_error *error) {
    daybook_buffer_reset(content);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail("opening %s", path, error);
    }
    enum daybook_status status = read_all(file, path, limit_bytes, content, error);
    (void)close(file);
    return status;
}

static enum daybook_status write_all(int file, const char *path, struct daybook_bytes content,
                                     struct daybook_error *error) {
    while (content.size > 0) {
        ssize_t size = write(file, content.data, content.size);
        if (size < 0 && errno != EINTR) {
            return fail("writing %s", path, error);
        }
        size_t written = size > 0 ? (size_t)size : 0;
        content = (struct daybook_bytes){content.data + written, content.size - written};
    }
    return DAYBOOK_OK;
}

static enum daybook_status put_in_place(const char *beside, const char *path, enum small_file_place place,
                                        struct daybook_error *error) {
    /* A link fails where something is: nothing is ever replaced that should be new. */
    int result = place == SMALL_FILE_NEW ? link(beside, path) : rename(beside, path);
    if (result != 0) {
        return fail("writing %s", path, error);
    }
    if (place == SMALL_FILE_NEW) {
        (void)unlink(beside);
    }
    return DAYBOOK_OK;
}

static enum daybook_status write_beside(const char *beside, const char *path, struct daybook_bytes content,
                                        enum small_file_mode mode, bool is_synced, struct daybook_error *error) {
    (void)unlink(beside);
    int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (file < 0) {
        return fail("writing %s", path, error);
    }
    enum daybook_status status = write_all(file, path, content, error);
    if (status == DAYBOOK_OK && is_synced && fsync(file) != 0) {
        status = fail("syncing %s", path, error);
    }
    if (close(file) != 0 && status == DAYBOOK_OK) {
        status = fail("writing %s", path, error);
    }
    return status;
}

static enum daybook_status write_file(const char *path, struct daybook_bytes content, enum small_file_mode mode,
                                      enum small_file_place place, bool is_synced, struct daybook_error *error) {
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid()) >= (int)sizeof beside) {
        return daybook_fail(error, DAYBOOK_INVALID, "writing %s: the path is too long", path);
    }
    enum daybook_status status = write_beside(beside, path, content, mode, is_synced, error);
    if (status == DAYBOOK_OK) {
        status = put_in_place(beside, path, place, error);
    }
    if (status == DAYBOOK_OK && is_synced) {
        status = files_sync_parent(path, error);
    }
    if (status != DAYBOOK_OK) {
        (void)unlink(beside);
    }
    return status;
}

enum daybook_status small_file_write(const char *path, struct daybook_bytes content, enum small_file_mode mode,
                                     enum small_file_place place, struct daybook_error *error) {
    return write_file(path, content, mode, place, true, error);
}

enum daybook_status small_file_write_unsynced(const char *path, struct daybook_bytes content, enum small_file_mode mode,
                                              struct daybook_error *error) {
    return write_file(path, content, mode, SMALL_FILE_REPLACE, false, error);
}
