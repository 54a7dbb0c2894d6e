/*
 * How far a rebuild of several views has come, so that one that was broken off is gone on with.
 *
 *   DIRECTORY/views/rebuilding   a line for each view, in the order asked: "built NAME" or "left NAME"
 *
 * It is there only between the first of them and the last. A view that is half built needs no note: view_rebuild goes
 * on with it by itself.
 */
#ifndef DAYBOOK_PROJECTION_REBUILD_LIST_H
#define DAYBOOK_PROJECTION_REBUILD_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Sets is_built[0 .. count) as a rebuild of just these views left it; all false where there was none, or of others.
 * `directory` is the ledger's. NO_MEMORY, IO. */
DAYBOOK_MUST_USE enum daybook_status rebuild_list_read(const char *directory, const char *const *names, size_t count,
                                                       bool *is_built, struct daybook_error *error);

/* Keeps it, on the disk; takes it away once all of them are built. */
DAYBOOK_MUST_USE enum daybook_status rebuild_list_write(const char *directory, const char *const *names, size_t count,
                                                        const bool *is_built, struct daybook_error *error);

#endif
