/* Where a feed's events come from: a ledger's directory, or a server. The same items either way. */
#ifndef DAYBOOK_TOOLS_FEED_SOURCE_H
#define DAYBOOK_TOOLS_FEED_SOURCE_H

#include "projections/follow.h"

struct remote;

struct feed_source {
    struct daybook *ledger; /* NULL: it is a server's. */
    bool is_read_only;      /* The directory was opened so: it is fed as far as its views are folded. */
    struct remote *remote;
};

/* The last event that can be read. */
DAYBOOK_MUST_USE enum daybook_status feed_source_head(const struct feed_source *source, uint64_t *head,
                                                      struct daybook_error *error);

/* Waits for the event `next`, at most `limit_ms` and not past an interrupt. A directory is looked at a tenth of a
 * second later; a server tells of it. */
DAYBOOK_MUST_USE enum daybook_status feed_source_wait(const struct feed_source *source, uint64_t next,
                                                      uint64_t limit_ms, struct daybook_error *error);

/* As follow_read, of every event. An interrupt may leave the slice empty. */
DAYBOOK_MUST_USE enum daybook_status feed_source_read(const struct feed_source *source, uint64_t from, uint64_t to,
                                                      size_t limit, struct arena *arena, struct follow_slice *slice,
                                                      struct daybook_error *error);

/* Whether what failed last failed because the server could not be reached, or not now. */
bool feed_source_is_away(const struct feed_source *source);

int64_t feed_source_now_us(const struct feed_source *source); /* Of a server, by this machine's clock. */

#endif
