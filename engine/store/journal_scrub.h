/*
 * Looking through the journal for frames that went bad on the disk.
 *
 * Disks lose bits that nobody asked for in years. A scrub reads every frame,
 * checks its checksum and the stamps of its events, and says exactly which
 * sequences are gone, so that a backup can bring back those. It goes on behind
 * a damaged frame; it changes nothing.
 *
 * One thread at a time; the writer goes on meanwhile.
 */
#ifndef DAYBOOK_STORE_JOURNAL_SCRUB_H
#define DAYBOOK_STORE_JOURNAL_SCRUB_H

#include "store/journal.h"

/* A run of sequences that cannot be read. `last` is 0 where the newest frame cannot say where it ends. */
struct journal_wound {
    uint64_t first_sequence;
    uint64_t last_sequence;
    char reason[DAYBOOK_ERROR_SIZE];
};
typedef void journal_wound_found(void *context, const struct journal_wound *wound);

struct journal_scrub;

DAYBOOK_MUST_USE enum daybook_status journal_scrub_open(struct journal *journal, struct journal_scrub **scrub,
                                                        struct daybook_error *error);
void journal_scrub_close(struct journal_scrub *scrub); /* Accepts NULL. */

/* The next step looks from the frame on that holds `sequence`, or at the first one where there is none. */
void journal_scrub_seek(struct journal_scrub *scrub, uint64_t sequence);

/* Looks at the next `frames` frames, in one read transaction. `position` is the last sequence that was looked at;
 * is_done: there was no frame behind it, and the next step begins again at the first. */
struct journal_scrub_step {
    uint64_t position;
    uint64_t frame_count;
    uint64_t byte_count; /* Of those frames, as they are stored. */
    uint64_t wound_count;
    bool is_done;
};
DAYBOOK_MUST_USE enum daybook_status journal_scrub_next(struct journal_scrub *scrub, size_t frames,
                                                        journal_wound_found *found, void *context,
                                                        struct journal_scrub_step *step, struct daybook_error *error);

#endif
