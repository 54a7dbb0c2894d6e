/*
 * Everything that this process writes below one directory, as the system was
 * told it: writes, sizes, syncs, names. For playing back what a disk would hold
 * had the power failed at any moment.
 *
 * The functions of the C library that change files are defined again in
 * recorder.c, for the program and for every library that it loads (LMDB).
 */
#ifndef DAYBOOK_TESTS_CRASH_RECORDER_H
#define DAYBOOK_TESTS_CRASH_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_kind {
    RECORD_MAKE_DIRECTORY, /* path */
    RECORD_MAKE_FILE,      /* path, file */
    RECORD_WRITE,          /* file, offset, data, is_synced */
    RECORD_SIZE,           /* file, offset = the new size */
    RECORD_SYNC,           /* file */
    RECORD_RENAME,         /* path, to */
    RECORD_LINK,           /* path, to: another name of the same file */
    RECORD_REMOVE,         /* path */
    RECORD_MARK,           /* number: the caller's own */
};

struct record {
    enum record_kind kind;
    unsigned file;   /* From 1; the same file under any name. */
    uint64_t offset; /* Or the number of a mark. */
    size_t size;
    uint8_t *data;
    bool is_synced; /* The write does not return before the disk has it. */
    char *path;     /* Below the directory. */
    char *to;
};

/* From now on. `directory` must be absolute and outlive the recording. */
void recorder_begin(const char *directory);
void recorder_end(void);
void recorder_mark(uint64_t number);

/* What was recorded, until recorder_release. */
const struct record *recorder_view(size_t *count);
void recorder_release(void);

#endif
