/* Calls that fail when they are told to. */
#include "tests/fault/fail.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/interposed.h"

static struct {
    atomic_bool is_armed;
    enum fail_call call;
    bool is_for_good;
    bool is_traced;
    atomic_uint_fast64_t left; /* Calls until it fails. */
    atomic_uint_fast64_t failed;
} plan;

void fail_arm(enum fail_call call, uint64_t nth, bool is_for_good) {
    plan.call = call;
    plan.is_for_good = is_for_good;
    atomic_store(&plan.left, nth);
    atomic_store(&plan.failed, 0);
    atomic_store(&plan.is_armed, true);
}

void fail_trace(void) {
    plan.is_traced = true;
}

uint64_t fail_disarm(void) {
    atomic_store(&plan.is_armed, false);
    return atomic_load(&plan.failed);
}

static bool fails(enum fail_call call) {
    if (!atomic_load(&plan.is_armed) || plan.call != call) {
        return false;
    }
    uint64_t left = atomic_load(&plan.left);
    while (left > 0 && !atomic_compare_exchange_weak(&plan.left, &left, left - 1)) {
    }
    bool does = left == 1 || (left == 0 && plan.is_for_good);
    if (does) {
        if (atomic_fetch_add(&plan.failed, 1) == 0 && plan.is_traced) {
            void *frames[32];
            backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
        }
    }
    return does;
}

static int refuse(int code) {
    errno = code;
    return -1;
}

int open(const char *path, int flags, ...) {
    REAL(open_function *, "open")
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(FAIL_OPEN) ? refuse(EMFILE) : next(path, flags, mode);
}

ssize_t write(int handle, const void *data, size_t size) {
    REAL(write_function *, "write")
    return fails(FAIL_WRITE) ? refuse(ENOSPC) : next(handle, data, size);
}

ssize_t pwrite(int handle, const void *data, size_t size, off_t offset) {
    REAL(pwrite_function *, "pwrite")
    return fails(FAIL_WRITE) ? refuse(ENOSPC) : next(handle, data, size, offset);
}

ssize_t writev(int handle, const struct iovec *parts, int count) {
    REAL(writev_function *, "writev")
    return fails(FAIL_WRITE) ? refuse(ENOSPC) : next(handle, parts, count);
}

int fdatasync(int handle) {
    REAL(handle_function *, "fdatasync")
    return fails(FAIL_SYNC) ? refuse(EIO) : next(handle);
}

int fsync(int handle) {
    REAL(handle_function *, "fsync")
    return fails(FAIL_SYNC) ? refuse(EIO) : next(handle);
}

int ftruncate(int handle, off_t size) {
    REAL(size_function *, "ftruncate")
    return fails(FAIL_SIZE) ? refuse(ENOSPC) : next(handle, size);
}

int rename(const char *path, const char *to) {
    REAL(rename_function *, "rename")
    return fails(FAIL_NAME) ? refuse(EIO) : next(path, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir_function *, "mkdir")
    return fails(FAIL_NAME) ? refuse(ENOSPC) : next(path, mode);
}

/* Of files alone: memory has a kind of its own. */
void *mmap(void *at, size_t size, int protection, int flags, int handle, off_t offset) {
    REAL(mmap_function *, "mmap")
    if (handle >= 0 && fails(FAIL_MAP)) {
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
    return fails(FAIL_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails(FAIL_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return fails(FAIL_MEMORY) ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text) {
    return fails(FAIL_MEMORY) ? NULL : __real_strdup(text);
}
