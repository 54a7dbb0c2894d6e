/*
 * Where rows of a series lie, remembered for the questions after.
 *
 *   SP1  What is recalled is what a search finds at that commit (S4, ME1).
 *
 * A search reads half a dozen pages, and waits for each of them. What it found is kept by what does not depend on the
 * question: the account, the level, and where the row begins or ends.
 */
#ifndef DAYBOOK_PROJECTIONS_SERIES_PLACES_H
#define DAYBOOK_PROJECTIONS_SERIES_PLACES_H

#include "projection/memo.h"
#include "projections/chunk.h"
#include "store/store.h"

struct series_places {
    struct memo *memo; /* NULL: nothing is remembered. */
    uint64_t commit;   /* That the question sees. */
    unsigned table;
    uint32_t account;
};

/* A chunk or a group; without one, what was found out is that there is none. */
struct series_place {
    struct table_row row;    /* Borrowed from the transaction that sees the commit. */
    uint64_t first_sequence; /* As its key says, which need not be read. */
    bool is_first;           /* Of its level. */
};

/* The last chunk of each of an account's logs. */
struct series_ends {
    struct series_place chunk;
    struct series_place late;
};

/* False: they are not known. */
bool series_ends_recall(const struct series_places *places, struct series_ends *ends);
void series_ends_keep(const struct series_places *places, const struct series_ends *ends);

/* The last row of the level, as its key has it, that begins at or before `sequence`. */
bool series_place_recall(const struct series_places *places, unsigned level, uint64_t sequence,
                         struct series_place *place);
void series_place_keep(const struct series_places *places, unsigned level, uint64_t sequence,
                       const struct series_place *place);

#endif
