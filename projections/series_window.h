/*
 * The entries of a series in a window: of some business dates and some
 * sequences, one by one. The cost is about that of the chunks that hold one.
 */
#ifndef DAYBOOK_PROJECTIONS_SERIES_WINDOW_H
#define DAYBOOK_PROJECTIONS_SERIES_WINDOW_H

#include "projections/series.h"

struct series_window {
    int32_t after_on;   /* Exclusive; 0 = no bound. */
    int32_t through_on; /* Inclusive. */
    uint64_t after;     /* Exclusive; 0 = no bound. */
    uint64_t through;   /* Inclusive. */
};

/* An entry that was found. */
struct window_entry {
    uint64_t sequence;
    struct series_entry entry;
};

/* Appends the entries (struct window_entry) to `found`, in the order of sequences; those of one
 * event in the order in which it made them. */
DAYBOOK_MUST_USE enum daybook_status series_find_window(struct store_txn *txn, struct series_shape shape,
                                                        uint32_t account, const struct series_window *window,
                                                        struct daybook_buffer *found, struct daybook_error *error);

#endif
