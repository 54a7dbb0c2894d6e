/*
 * Ties: which documents an event puts together, and by what amount.
 *
 *   TI1  What is left of a document is its amount less the amounts of its sides, over the visible events.
 *
 * Money that a tie takes off again, or restores, is negative. Pure; any thread.
 */
#ifndef DAYBOOK_PROJECTIONS_TIE_H
#define DAYBOOK_PROJECTIONS_TIE_H

#include <stdbool.h>
#include <stddef.h>

#include "daybook/v1/event.pb-c.h"

/* One document of a tie; all borrowed from the event. */
struct tie_side {
    Pb__DocumentKind kind; /* Unspecified: the event concerns the other side alone. */
    const char *id;
    int64_t amount_minor;
};

struct tie {
    struct tie_side from; /* What settles: a lot, a payment, an adjustment. */
    struct tie_side to;   /* What is settled, or where the money went. */
    uint32_t instalment;
    const char *through; /* The allocation or the hold; "" = none. */
    bool settles;        /* A pending payment is counted from here on. */
};

/* How many ties there are in the event; 0: it puts nothing together. */
size_t tie_count(const Pb__Event *event);

/* `index` < tie_count. */
struct tie tie_at(const Pb__Event *event, size_t index);

/* Documents that have a lineage. */
bool tie_keeps(Pb__DocumentKind kind);

/* The document with a lineage that the event makes. Its kind is unspecified where there is none. */
struct tie_side tie_made(const Pb__Event *event);

#endif
