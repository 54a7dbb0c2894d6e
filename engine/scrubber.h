/*
 * The scrub in the background: the journal, frame by frame, at a steady rate, round after round.
 *
 *   SC1  A slice is a few frames in one read transaction, which ends before the thread rests for as long as the rate
 *        says; so it pins pages for a millisecond and takes a small part of a processor.
 *   SC2  Damage that was met stays in the report until a later look at the same place finds it readable.
 *   SC3  A writer's report is in DIRECTORY/scrub, too: what was found is there at once, how far the round is on closing
 *        and about once a minute. The next opening goes on from there, so that a ledger that is opened often is not
 *        scrubbed at its beginning alone; and another process can tell what was found. The file is a note: without it,
 *        or where it cannot be read, a round begins anew.
 *
 * What the system holds in its page cache is checked as it is there, which is what every reader gets; what it does not
 * hold comes from the disk.
 */
#ifndef DAYBOOK_SCRUBBER_H
#define DAYBOOK_SCRUBBER_H

#include "base/arena.h"
#include "daybook/v1/query.pb-c.h"
#include "store/journal.h"

struct scrubber;

struct scrubber_options {
    const char *directory; /* The ledger's. */
    uint64_t bytes_per_s;  /* Of stored frames; > 0. */
    bool is_writer;        /* Keeps the file. */
    struct daybook_clock clock;
};

/* Borrows the journal until close. */
DAYBOOK_MUST_USE enum daybook_status scrubber_open(struct journal *journal, const struct scrubber_options *options,
                                                   struct scrubber **scrubber, struct daybook_error *error);
void scrubber_close(struct scrubber *scrubber); /* Accepts NULL. */

/* Its report; lives in `arena`. Any thread. */
DAYBOOK_MUST_USE enum daybook_status scrubber_view(struct scrubber *scrubber, struct arena *arena,
                                                   Pb__ScrubStatus **report, struct daybook_error *error);
/* The report that was written down; NULL: there is none that can be read. */
DAYBOOK_MUST_USE enum daybook_status scrubber_read(const char *directory, struct arena *arena, Pb__ScrubStatus **report,
                                                   struct daybook_error *error);

/* How many wounds it met since it was opened, those of the file counted; one that healed and came back is new. */
uint64_t scrubber_count_wounds(const struct scrubber *scrubber);

#endif
