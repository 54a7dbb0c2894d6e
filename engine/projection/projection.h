/*
 * A projection: a pure fold of the journal into rows that can be asked.
 *
 *   P1  The rows depend on the events alone: not on the batches in which they
 *       came, nor on the clock, the machine or an earlier build of the view.
 *   P2  The checkpoint (name, version, position) is committed with the rows.
 *   P3  An event that a fold cannot take stops that view; it is never skipped.
 *
 * A projection is a constant. What is open is a view (view.h).
 */
#ifndef DAYBOOK_PROJECTION_PROJECTION_H
#define DAYBOOK_PROJECTION_PROJECTION_H

#include "daybook/v1/event.pb-c.h"
#include "store/store.h"

/* Each so many events make a subtree, whose hash comes with the last of them. */
enum { PROJECTION_SUBTREE_LEVEL = 6, PROJECTION_SUBTREE_EVENTS = 1 << PROJECTION_SUBTREE_LEVEL };

/* One event, decoded once for the fold; borrowed during the call. */
struct fold_event {
    const Pb__Event *event;     /* NULL: this process has written it, and whoever folds it looks at bytes alone. */
    struct daybook_bytes bytes; /* As stored. */
    const uint8_t *leaf;        /* Their leaf hash (RFC 6962: SHA-256 of a zero byte and them); NULL = not computed. */
    const uint8_t *subtree;     /* The hash of the perfect subtree that the leaf ends; NULL = none, or not computed. */
    uint64_t party;             /* Of its customer and currency (parties.h); 0 = not numbered. */
    /* The event's own: what many folds ask of every event lies here, and not all over memory. */
    uint64_t sequence;
    Pb__Event__BodyCase kind;
    int32_t effective_on;
};

static inline struct fold_event fold_event_of(const Pb__Event *event, struct daybook_bytes bytes) {
    return (struct fold_event){.event = event,
                               .bytes = bytes,
                               .sequence = event->sequence,
                               .kind = event->body_case,
                               .effective_on = event->effective_on};
}

/* Some microseconds: longer than memory takes, short enough to be still cached. */
enum { PROJECTION_FORESEEN = 12 };

struct projection {
    const char *name;          /* "balance": also the folder's name. */
    uint32_t version;          /* Of the rows; another one means rebuild. */
    uint32_t readable_from;    /* The oldest version whose rows the queries of this build still read. */
    const char *const *tables; /* Its own; table numbers in fold and queries are their indexes. */
    size_t table_count;        /* <= STORE_TABLES_MAX - 1 */
    bool writes_little;        /* A commit writes a few pages, whatever it has folded. */
    bool looks_at_bytes;       /* The fold looks at sequence, bytes and hashes alone; it takes every kind. */

    /* Caches of the fold, empty. They hold nothing that the tables do not,
     * except between fold and flush. NULL members: the fold needs none. */
    enum daybook_status (*open)(void **memory, struct daybook_error *error);
    void (*close)(void *memory);
    void (*forget)(void *memory); /* Drop everything cached: the transaction was aborted, or another process folded. */

    /* Whether events of a kind may change rows; those of others are given neither to fold nor to foresee. NULL: all
     * may. */
    bool (*takes)(Pb__Event__BodyCase kind);

    /* What a failure of fold or flush means:
     *   INVALID  the event cannot be taken: the view stops at it (P3), its rows stay.
     *   DAMAGED  the view's own rows are not what a fold wrote: they are given up and built anew.
     *   others   the world failed: the batch is undone and tried again later. */
    enum daybook_status (*fold)(void *memory, struct store_txn *txn, const struct fold_event *event,
                                struct daybook_error *error);
    /* A hint that the fold of `event` comes PROJECTION_FORESEEN events later: to fetch what it will look at from
     * memory. It changes no row, and `event` may be one that fold refuses, or that it is not given. What it borrows
     * stays until the event is folded, or a flush or forget comes. NULL: no need. */
    void (*foresee)(void *memory, const struct fold_event *event);
    /* Writes what fold has cached; called once before each commit. NULL: there is nothing to write. */
    enum daybook_status (*flush)(void *memory, struct store_txn *txn, struct daybook_error *error);
};

#endif
