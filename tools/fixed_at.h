/* Both coordinates of a question, made definite: for commands that ask many questions about one moment. */
#ifndef DAYBOOK_TOOLS_FIXED_AT_H
#define DAYBOOK_TOOLS_FIXED_AT_H

#include "base/calendar.h"
#include "tools/command.h"

struct fixed_at {
    Pb__At at; /* To ask with; points into the two texts. */
    char as_of[DATE_TEXT_SIZE];
    char known_at[24];
    int32_t as_of_day;
    uint64_t known_at_sequence;
    char known_at_time[INSTANT_TEXT_SIZE]; /* "" where nothing was known. */
};

/* What --as-of and --known-at of `invocation` mean now; `page` is whose arena is used, and may be reset. *position
 * lives there; NULL: it is not wanted. */
DAYBOOK_MUST_USE enum daybook_status fixed_at_find(struct fixed_at *fixed, const struct invocation *invocation,
                                                   const struct invocation *page, struct daybook *ledger,
                                                   const Pb__Position **position, struct daybook_error *error);

#endif
