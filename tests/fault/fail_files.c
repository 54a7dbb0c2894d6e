/* Work on files that fails when it is told to: of our own objects alone (the linker's --wrap). */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/fault/fail_wrap.h"

static int refuse(void) {
    errno = fail_code();
    return -1;
}

#define WRAP(type, name, parameters, arguments) FAIL_WRAP(FAIL_NAME, type, name, parameters, arguments, refuse())

WRAP(int, stat, (const char *path, struct stat *facts), (path, facts))
WRAP(int, fstat, (int file, struct stat *facts), (file, facts))
WRAP(int, statvfs, (const char *path, struct statvfs *facts), (path, facts))
WRAP(int, fsync, (int file), (file))
WRAP(int, fdatasync, (int file), (file))
WRAP(int, ftruncate, (int file, off_t size), (file, size))
WRAP(int, fallocate, (int file, int mode, off_t from, off_t size), (file, mode, from, size))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(ssize_t, pread, (int file, void *to, size_t size, off_t from), (file, to, size, from))
WRAP(ssize_t, pwrite, (int file, const void *data, size_t size, off_t to), (file, data, size, to))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fail_meets(FAIL_NAME) ? refuse() : __real_open(path, flags, mode);
}

/* Locks alone, which is what our objects ask of it. */
int __real_fcntl(int file, int command, struct flock *lock);
int __wrap_fcntl(int file, int command, struct flock *lock);
int __wrap_fcntl(int file, int command, struct flock *lock) {
    return fail_meets(FAIL_NAME) ? refuse() : __real_fcntl(file, command, lock);
}
