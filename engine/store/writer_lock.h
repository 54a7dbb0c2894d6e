/*
 * DIRECTORY/writer.lock: who writes to the ledger.
 *
 * An open-file-description lock: the kernel drops it when its holder ends,
 * however it ends, and exec does not pass it on. The file's text names the
 * holder for others to read; it means nothing while nobody holds the lock.
 * A process that forks must not let the child outlive it with the lock's file open.
 */
#ifndef DAYBOOK_STORE_WRITER_LOCK_H
#define DAYBOOK_STORE_WRITER_LOCK_H

#include "base/error.h"

enum { WRITER_NAME_SIZE = 256 };

/* `lock` is to be released. BUSY names the holder: "daybook import (pid 4711)". */
DAYBOOK_MUST_USE enum daybook_status writer_lock_take(const char *directory, int *lock, struct daybook_error *error);
void writer_lock_release(int lock); /* Accepts -1. */

/* Empty when nobody holds it. */
void writer_lock_holder(const char *directory, char name[WRITER_NAME_SIZE]);

#endif
