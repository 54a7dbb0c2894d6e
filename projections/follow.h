/*
 * The change feed: events in the order of their sequences, each with its
 * customer's balance after it.
 *
 *   FO1  What is read from a sequence on is the same whenever it is read: the
 *        balance counts every event up to the item's, whatever its date, and no
 *        clock enters.
 *   FO2  Nothing is left out but what the wish leaves out.
 */
#ifndef DAYBOOK_PROJECTIONS_FOLLOW_H
#define DAYBOOK_PROJECTIONS_FOLLOW_H

#include "base/arena.h"
#include "daybook.h"
#include "daybook/v1/service.pb-c.h"

/* Which events; empty or NULL leaves nothing out. Borrowed. */
struct follow_wish {
    const char *customer;
    const char *currency;
    const uint32_t *kinds; /* Numbers of bodies in Event. */
    size_t kind_count;
};

/* The number of a body by its name, "charge_posted"; 0 = there is none. */
uint32_t follow_kind(const char *name);

/* The last sequence that can be read now: everything up to it is committed and its balances are folded. */
uint64_t follow_position(struct daybook *ledger);

struct follow_slice {
    Pb__FollowItem **items; /* In the arena. */
    size_t count;
    uint64_t reached; /* Everything up to it was looked at. */
};

/* Reads from `from` to at most `to` (<= follow_position), until about `limit` items were found
 * or many more events looked at. */
DAYBOOK_MUST_USE enum daybook_status follow_read(struct daybook *ledger, const struct follow_wish *wish, uint64_t from,
                                                 uint64_t to, size_t limit, struct arena *arena,
                                                 struct follow_slice *slice, struct daybook_error *error);

#endif
