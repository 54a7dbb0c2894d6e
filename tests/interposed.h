/* Functions of the C library that a test stands before: their types, and the way to the real ones. */
#ifndef DAYBOOK_TESTS_INTERPOSED_H
#define DAYBOOK_TESTS_INTERPOSED_H

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Declares `next`, which is what the next library in line has under this name. A pointer to a function and one to
 * data are different to C, hence the copy. */
#define REAL(type, name)                                                                                               \
    static type next;                                                                                                  \
    if (next == NULL) {                                                                                                \
        void *found = dlsym(RTLD_NEXT, name);                                                                          \
        if (found == NULL) {                                                                                           \
            abort();                                                                                                   \
        }                                                                                                              \
        memcpy(&next, &found, sizeof next);                                                                            \
    }

/* Declares `mode`: what follows the flags of open, where they say that it does. */
#define OPEN_MODE(flags)                                                                                               \
    mode_t mode = 0;                                                                                                   \
    if (((flags)&O_CREAT) != 0) {                                                                                      \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

typedef int open_function(const char *, int, ...);
typedef ssize_t write_function(int, const void *, size_t);
typedef ssize_t pwrite_function(int, const void *, size_t, off_t);
typedef ssize_t writev_function(int, const struct iovec *, int);
typedef int handle_function(int);
typedef int size_function(int, off_t);
typedef int path_function(const char *);
typedef int rename_function(const char *, const char *);
typedef int mkdir_function(const char *, mode_t);
typedef int unlinkat_function(int, const char *, int);
typedef void *mmap_function(void *, size_t, int, int, int, off_t);

#endif
