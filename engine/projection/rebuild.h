/*
 * Rebuilding several views at the same time (together.h). Each is rebuilt as view_rebuild does it, and which are built
 * is kept (rebuild_list.h), so that a rebuild that was broken off is gone on with.
 */
#ifndef DAYBOOK_PROJECTION_REBUILD_H
#define DAYBOOK_PROJECTION_REBUILD_H

#include "projection/view.h"

/* Rebuilds views[0 .. count), each there once, of the ledger in `directory`, a thread for each; those that share a feed
 * (view_share) decode each event once. One after the other where the disk has not much room, or no thread can be
 * started. were_built[i]: it was built by the same rebuild before that was broken off, and is not built again.
 * `progress` may be NULL. Of views that are built together it is told as of one without a name, with sums over all of
 * them; by one thread at a time.
 * As view_rebuild, of the first view that fails; the others are built all the same, unless `progress` stops them. */
DAYBOOK_MUST_USE enum daybook_status rebuild_views(const char *directory, struct view *const *views, size_t count,
                                                   struct journal *journal, const struct view_progress *progress,
                                                   bool *were_built, struct daybook_error *error);

#endif
