/* The C library's functions that change files, recorded on their way. */
#include "tests/crash/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/interposed.h"

enum { FILES_MAX = 4096, HANDLES_MAX = 1024 };

static struct {
    pthread_mutex_t lock;
    const char *directory;
    struct record *records;
    size_t count;
    size_t capacity;
    /* Which file a name and a handle are now. */
    struct {
        char *path;
        unsigned file;
    } names[FILES_MAX];
    size_t name_count;
    unsigned file_count;
    unsigned handles[HANDLES_MAX]; /* 0 = none of ours. */
    bool is_synced[HANDLES_MAX];
} recorder = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void must(bool condition) {
    if (!condition) {
        abort();
    }
}

/* NULL where it is not below the directory, or is a lock, which holds nothing. */
static const char *below(const char *path) {
    size_t size = recorder.directory == NULL ? 0 : strlen(recorder.directory);
    if (size == 0 || strncmp(path, recorder.directory, size) != 0 || path[size] != '/') {
        return NULL;
    }
    const char *name = strrchr(path, '/') + 1;
    bool is_lock = strcmp(name, "lock.mdb") == 0 || strcmp(name, "writer.lock") == 0;
    return is_lock ? NULL : path + size + 1;
}

/* Called with the lock held. */
static struct record *add(enum record_kind kind) {
    if (recorder.count == recorder.capacity) {
        recorder.capacity = recorder.capacity == 0 ? 1024 : recorder.capacity * 2;
        recorder.records = realloc(recorder.records, recorder.capacity * sizeof *recorder.records);
        must(recorder.records != NULL);
    }
    struct record *record = &recorder.records[recorder.count++];
    *record = (struct record){.kind = kind};
    return record;
}

static unsigned file_named(const char *path) {
    for (size_t i = 0; i < recorder.name_count; i++) {
        if (strcmp(recorder.names[i].path, path) == 0) {
            return recorder.names[i].file;
        }
    }
    return 0;
}

static void forget_name(const char *path) {
    for (size_t i = 0; i < recorder.name_count; i++) {
        if (strcmp(recorder.names[i].path, path) == 0) {
            free(recorder.names[i].path);
            recorder.names[i] = recorder.names[--recorder.name_count];
            return;
        }
    }
}

static void name_file(const char *path, unsigned file) {
    forget_name(path);
    must(recorder.name_count < FILES_MAX);
    recorder.names[recorder.name_count].path = strdup(path);
    recorder.names[recorder.name_count++].file = file;
}

static void note_open(int handle, const char *path, int flags) {
    const char *name = below(path);
    struct stat place;
    if (handle < 0 || handle >= HANDLES_MAX || name == NULL || fstat(handle, &place) != 0 || !S_ISREG(place.st_mode)) {
        return;
    }
    pthread_mutex_lock(&recorder.lock);
    unsigned file = file_named(name);
    if (file == 0) {
        struct record *made = add(RECORD_MAKE_FILE);
        made->path = strdup(name);
        made->file = file = ++recorder.file_count;
        name_file(name, file);
    } else if ((flags & O_TRUNC) != 0) {
        add(RECORD_SIZE)->file = file;
    }
    recorder.handles[handle] = file;
    recorder.is_synced[handle] = (flags & O_DSYNC) != 0;
    pthread_mutex_unlock(&recorder.lock);
}

static void note_write(int handle, const void *data, size_t size, uint64_t offset) {
    if (handle < 0 || handle >= HANDLES_MAX || recorder.handles[handle] == 0 || size == 0) {
        return;
    }
    pthread_mutex_lock(&recorder.lock);
    struct record *record = add(RECORD_WRITE);
    record->file = recorder.handles[handle];
    record->offset = offset;
    record->size = size;
    record->data = malloc(size);
    record->is_synced = recorder.is_synced[handle];
    must(record->data != NULL);
    memcpy(record->data, data, size);
    pthread_mutex_unlock(&recorder.lock);
}

static void note(enum record_kind kind, int handle, uint64_t offset) {
    if (handle >= 0 && handle < HANDLES_MAX && recorder.handles[handle] != 0) {
        pthread_mutex_lock(&recorder.lock);
        struct record *record = add(kind);
        record->file = recorder.handles[handle];
        record->offset = offset;
        pthread_mutex_unlock(&recorder.lock);
    }
}

static void note_name(enum record_kind kind, const char *path, const char *to) {
    const char *name = below(path);
    const char *new_name = to == NULL ? NULL : below(to);
    if (name == NULL || (to != NULL && new_name == NULL)) {
        return;
    }
    pthread_mutex_lock(&recorder.lock);
    struct record *record = add(kind);
    record->path = strdup(name);
    record->to = new_name == NULL ? NULL : strdup(new_name);
    unsigned file = file_named(name);
    if (kind == RECORD_RENAME && file != 0) {
        forget_name(name);
        name_file(new_name, file);
    } else if (kind == RECORD_LINK && file != 0) {
        name_file(new_name, file);
    } else if (kind == RECORD_REMOVE && file != 0) {
        forget_name(name);
    }
    pthread_mutex_unlock(&recorder.lock);
}

/* ---- the functions ---- */

int open(const char *path, int flags, ...) {
    REAL(open_function *, "open")
    OPEN_MODE(flags)
    int handle = next(path, flags, mode);
    note_open(handle, path, flags);
    return handle;
}

int close(int handle) {
    REAL(handle_function *, "close")
    if (handle >= 0 && handle < HANDLES_MAX) {
        recorder.handles[handle] = 0;
    }
    return next(handle);
}

/* Noted before they are done: what is in flight when the power fails may be there or not. */
ssize_t write(int handle, const void *data, size_t size) {
    REAL(write_function *, "write")
    off_t at = handle < HANDLES_MAX && handle >= 0 && recorder.handles[handle] != 0 ? lseek(handle, 0, SEEK_CUR) : 0;
    note_write(handle, data, size, (uint64_t)at);
    return next(handle, data, size);
}

ssize_t pwrite(int handle, const void *data, size_t size, off_t offset) {
    REAL(pwrite_function *, "pwrite")
    note_write(handle, data, size, (uint64_t)offset);
    return next(handle, data, size, offset);
}

ssize_t writev(int handle, const struct iovec *parts, int count) {
    REAL(writev_function *, "writev")
    if (handle >= 0 && handle < HANDLES_MAX && recorder.handles[handle] != 0) {
        uint64_t at = (uint64_t)lseek(handle, 0, SEEK_CUR);
        for (int i = 0; i < count; i++) {
            note_write(handle, parts[i].iov_base, parts[i].iov_len, at);
            at += parts[i].iov_len;
        }
    }
    return next(handle, parts, count);
}

/* A sync is noted after it is done: until then nothing is promised. */
int fdatasync(int handle) {
    REAL(handle_function *, "fdatasync")
    int result = next(handle);
    if (result == 0) {
        note(RECORD_SYNC, handle, 0);
    }
    return result;
}

int fsync(int handle) {
    REAL(handle_function *, "fsync")
    int result = next(handle);
    if (result == 0) {
        note(RECORD_SYNC, handle, 0);
    }
    return result;
}

int ftruncate(int handle, off_t size) {
    REAL(size_function *, "ftruncate")
    note(RECORD_SIZE, handle, (uint64_t)size);
    return next(handle, size);
}

int rename(const char *path, const char *to) {
    REAL(rename_function *, "rename")
    int result = next(path, to);
    if (result == 0) {
        note_name(RECORD_RENAME, path, to);
    }
    return result;
}

int link(const char *path, const char *to) {
    REAL(rename_function *, "link")
    int result = next(path, to);
    if (result == 0) {
        note_name(RECORD_LINK, path, to);
    }
    return result;
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir_function *, "mkdir")
    int result = next(path, mode);
    if (result == 0) {
        note_name(RECORD_MAKE_DIRECTORY, path, NULL);
    }
    return result;
}

int unlink(const char *path) {
    REAL(path_function *, "unlink")
    int result = next(path);
    if (result == 0) {
        note_name(RECORD_REMOVE, path, NULL);
    }
    return result;
}

int remove(const char *path) {
    REAL(path_function *, "remove")
    int result = next(path);
    if (result == 0) {
        note_name(RECORD_REMOVE, path, NULL);
    }
    return result;
}

int rmdir(const char *path) {
    REAL(path_function *, "rmdir")
    int result = next(path);
    if (result == 0) {
        note_name(RECORD_REMOVE, path, NULL);
    }
    return result;
}

int unlinkat(int directory, const char *name, int flags) {
    REAL(unlinkat_function *, "unlinkat")
    int result = next(directory, name, flags);
    char link[64];
    char path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t size = result == 0 ? readlink(link, path, sizeof path - 256) : -1;
    if (size > 0) {
        (void)snprintf(path + size, sizeof path - (size_t)size, "/%s", name);
        note_name(RECORD_REMOVE, path, NULL);
    }
    return result;
}

/* ---- for the test ---- */

void recorder_begin(const char *directory) {
    recorder.directory = directory;
}

void recorder_end(void) {
    recorder.directory = NULL;
    memset(recorder.handles, 0, sizeof recorder.handles);
}

void recorder_mark(uint64_t number) {
    pthread_mutex_lock(&recorder.lock);
    add(RECORD_MARK)->offset = number;
    pthread_mutex_unlock(&recorder.lock);
}

const struct record *recorder_view(size_t *count) {
    *count = recorder.count;
    return recorder.records;
}

void recorder_release(void) {
    for (size_t i = 0; i < recorder.count; i++) {
        free(recorder.records[i].data);
        free(recorder.records[i].path);
        free(recorder.records[i].to);
    }
    for (size_t i = 0; i < recorder.name_count; i++) {
        free(recorder.names[i].path);
    }
    free(recorder.records);
    recorder.records = NULL;
    recorder.count = recorder.capacity = recorder.name_count = 0;
}
