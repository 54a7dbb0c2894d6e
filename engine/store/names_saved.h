/*
 * The filter as it was saved with some flush, so that an opening need not read every name.
 *
 *     key     u32 BE 0xFFFFFFFF, u32 BE 0xFFFFFFFE   (between the list of runs and its end)
 *     value   u64 LE checksum, u64 LE the filter's capacity, u32 LE the last run whose names are in it
 *
 *     key     u32 BE 0xFFFFFFFE, u64 BE part
 *     value   u64 LE checksum, u32 LE that last run again, the part's words: u64 LE each
 *
 * What it knows are the names of every run up to that last one; those of later
 * runs are read, and so are runs that were merged since. A filter that forgot a
 * name would be a wrong answer, so a part is taken only if its checksum is right
 * and it says that it is of the same saving: an older one has fewer names. The
 * words of a part, with what is around them, fill pages.
 */
#ifndef DAYBOOK_STORE_NAMES_SAVED_H
#define DAYBOOK_STORE_NAMES_SAVED_H

#include "store/names_filter.h"
#include "store/names_run.h"

#define SAVED_LIST_ID 0xFFFFFFFEU

struct saved_filter {
    uint64_t capacity;
    uint32_t through; /* The last run whose names are in it; 0: there is none. */
};

/* The row in the list, behind the runs of `list`. DAMAGED: it does not fit them. */
DAYBOOK_MUST_USE enum daybook_status saved_read(const struct table_row *row, const struct run_list *list,
                                                struct saved_filter *saved, struct daybook_error *error);

/* Adds what the part held. DAMAGED: it is not the one that was saved. */
DAYBOOK_MUST_USE enum daybook_status saved_add_part(const struct saved_filter *saved, struct table_cursor *cursor,
                                                    struct filter_part *made, struct daybook_error *error);

/* Saves the filter, all of which is made, in place of what was saved before. `room` is written to. */
DAYBOOK_MUST_USE enum daybook_status saved_put(const struct saved_filter *saved, struct store_txn *txn, unsigned table,
                                               const struct filter *filter, struct filter_part *room,
                                               struct daybook_error *error);

#endif
