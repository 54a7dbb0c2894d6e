/* Directories and free space: the few file operations that LMDB does not do for us. Any thread. */
#ifndef DAYBOOK_BASE_FILES_H
#define DAYBOOK_BASE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* "DIRECTORY/name"; the caller frees it; NULL when memory is refused. */
char *files_path(const char *directory, const char *name);

bool files_exists(const char *path);

/* Makes one directory, unless it is there, and makes its name last through a power cut. */
DAYBOOK_MUST_USE enum daybook_status files_make_directory(const char *path, struct daybook_error *error);

/* What was created, renamed or removed in `directory` is on the disk afterwards. */
DAYBOOK_MUST_USE enum daybook_status files_sync_directory(const char *directory, struct daybook_error *error);

/* The same of the directory that `path` lies in: the current one when it names none. */
DAYBOOK_MUST_USE enum daybook_status files_sync_parent(const char *path, struct daybook_error *error);

/* Many files that are waited for once: the file system that `directory` lies in, held from before the first of them is
 * written, so that whatever could not be written since then is told. The caller closes `system`. */
DAYBOOK_MUST_USE enum daybook_status files_system_open(const char *directory, int *system, struct daybook_error *error);

/* All that was written to the file system, by whomever, is on the disk afterwards. */
DAYBOOK_MUST_USE enum daybook_status files_system_sync(int system, const char *directory, struct daybook_error *error);

/* Removes a file, or a directory with all that is in it, following no link; what cannot be removed stays. */
void files_remove_tree(const char *path);

/* Space that is left for this process; UINT64_MAX when the file system does not say. */
uint64_t files_free_bytes(const char *path);

/* The status for errno: LIMIT for a full disk or table of files, READ_ONLY for refused writes, NOT_FOUND, EXISTS, BUSY,
 * NO_MEMORY, else IO. */
enum daybook_status files_status(int code);

#endif
