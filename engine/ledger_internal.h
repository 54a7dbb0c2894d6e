/* What an open ledger holds; for daybook.c and ledger_query.c alone. */
#ifndef DAYBOOK_LEDGER_INTERNAL_H
#define DAYBOOK_LEDGER_INTERNAL_H

#include <pthread.h>

#include "base/arena.h"
#include "ledger.h"
#include "projection/projector.h"
#include "scrubber.h"
#include "writer.h"

struct daybook {
    char *directory;
    bool is_read_only;
    uint32_t wait_ms;
    struct daybook_clock clock;
    struct journal *journal;
    struct arena config_arena;
    const Pb__LedgerConfig *config; /* In config_arena. */
    struct timezone_rules *timezone;
    struct writer *writer;                       /* NULL: not opened for writing. */
    const struct projection *const *projections; /* Of the views, in their order; constants. */
    struct view **views;
    size_t view_count;
    struct projector *projector; /* NULL: questions fold by themselves, */
    struct feed *feed;           /* out of this one, which all views share. NULL: nothing is folded here. */
    struct scrubber *scrubber;   /* NULL: none was asked for. */
    struct view_progress progress;
    pthread_mutex_t reader_lock;
    struct journal_reader *reader; /* For coordinates, under reader_lock. */
};

#endif
