/*
 * Where a command writes what it exports: standard output, or a file that is
 * there whole or not at all.
 *
 * A file is written beside its place, synced and renamed, so that a reader
 * never sees half of it and a failure leaves what was there before. What is
 * there and no plain file (a pipe, a device) is written to directly.
 */
#ifndef DAYBOOK_TOOLS_OUTPUT_FILE_H
#define DAYBOOK_TOOLS_OUTPUT_FILE_H

#include <limits.h>
#include <stdio.h>

#include "base/error.h"

struct output_file {
    FILE *stream;
    const char *name; /* For sentences. */
    char beside[PATH_MAX];
};

/* `path` NULL or "-" = standard output. After any result: output_file_close. IO. */
DAYBOOK_MUST_USE enum daybook_status output_file_open(struct output_file *file, const char *path,
                                                      struct daybook_error *error);

/* Puts the file in its place where `status` is OK and everything was written; else takes it away.
 * Returns `status`, or IO. */
enum daybook_status output_file_close(struct output_file *file, enum daybook_status status,
                                      struct daybook_error *error);

#endif
