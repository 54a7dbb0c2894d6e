/* Small files as a whole: read at once, and replaced so that a power cut leaves the old one or the new one. Any thread.
 */
#ifndef DAYBOOK_BASE_SMALL_FILE_H
#define DAYBOOK_BASE_SMALL_FILE_H

#include "base/values.h"

/* Replaces what is in `content`. NOT_FOUND: there is none. LIMIT: it has more than `limit_bytes`. IO. */
DAYBOOK_MUST_USE enum daybook_status small_file_read(const char *path, size_t limit_bytes,
                                                     struct daybook_buffer *content, struct daybook_error *error);

enum small_file_mode { SMALL_FILE_PRIVATE = 0600, SMALL_FILE_PUBLIC = 0644 };
enum small_file_place { SMALL_FILE_NEW, SMALL_FILE_REPLACE };

/* Writes beside its place, syncs, renames, and syncs the directory: on return it is on the disk.
 * EXISTS: SMALL_FILE_NEW, and something is there. IO, LIMIT: what was there is there still. */
DAYBOOK_MUST_USE enum daybook_status small_file_write(const char *path, struct daybook_bytes content,
                                                      enum small_file_mode mode, enum small_file_place place,
                                                      struct daybook_error *error);

/* The same in place of whatever is there, without waiting for the disk: every reader sees all of it at once; a power
 * cut may leave anything, unless files_system_sync came first. */
DAYBOOK_MUST_USE enum daybook_status small_file_write_unsynced(const char *path, struct daybook_bytes content,
                                                               enum small_file_mode mode, struct daybook_error *error);

#endif
