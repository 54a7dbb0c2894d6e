/* The system's calls, and memory's, that fail when they are told to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/fault/fail.h"
#include "tests/interposed.h"

static int refuse(int code) {
    errno = code;
    return -1;
}

int open(const char *path, int flags, ...) {
    REAL(open_function *, "open")
    OPEN_MODE(flags)
    return fail_meets(FAIL_OPEN) ? refuse(EMFILE) : next(path, flags, mode);
}

ssize_t write(int handle, const void *data, size_t size) {
    REAL(write_function *, "write")
    return fail_meets(FAIL_WRITE) ? refuse(ENOSPC) : next(handle, data, size);
}

ssize_t pwrite(int handle, const void *data, size_t size, off_t offset) {
    REAL(pwrite_function *, "pwrite")
    return fail_meets(FAIL_WRITE) ? refuse(ENOSPC) : next(handle, data, size, offset);
}

ssize_t writev(int handle, const struct iovec *parts, int count) {
    REAL(writev_function *, "writev")
    return fail_meets(FAIL_WRITE) ? refuse(ENOSPC) : next(handle, parts, count);
}

int fdatasync(int handle) {
    REAL(handle_function *, "fdatasync")
    return fail_meets(FAIL_SYNC) ? refuse(EIO) : next(handle);
}

int fsync(int handle) {
    REAL(handle_function *, "fsync")
    return fail_meets(FAIL_SYNC) ? refuse(EIO) : next(handle);
}

int ftruncate(int handle, off_t size) {
    REAL(size_function *, "ftruncate")
    return fail_meets(FAIL_SIZE) ? refuse(ENOSPC) : next(handle, size);
}

int rename(const char *path, const char *to) {
    REAL(rename_function *, "rename")
    return fail_meets(FAIL_NAME) ? refuse(EIO) : next(path, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir_function *, "mkdir")
    return fail_meets(FAIL_NAME) ? refuse(ENOSPC) : next(path, mode);
}

/* Of files alone: memory has a kind of its own. */
void *mmap(void *at, size_t size, int protection, int flags, int handle, off_t offset) {
    REAL(mmap_function *, "mmap")
    if (handle >= 0 && fail_meets(FAIL_MAP)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return next(at, size, protection, flags, handle, offset);
}

/* ---- memory, of our own objects ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size) {
    return fail_meets(FAIL_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fail_meets(FAIL_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return fail_meets(FAIL_MEMORY) ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text) {
    return fail_meets(FAIL_MEMORY) ? NULL : __real_strdup(text);
}
