/*
 * How much is left of something on every day: of a lot, of a payment, of what
 * is open on a charge.
 *
 *   T1  Points are in order of date; a point holds the level from its date on,
 *       until the next point. Before the first point the level is 0.
 *   T2  A date is there only if the level changes on it, so adding and taking
 *       away the same amount leaves the same points.
 *
 * Days are few (one point a day with changes), so a back-dated change costs a
 * walk over the later days and a change on the last day costs nothing extra.
 */
#ifndef DAYBOOK_DOMAIN_TIMELINE_H
#define DAYBOOK_DOMAIN_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"

struct timeline_point {
    int64_t level_minor;
    int32_t date;
};

struct timeline {
    struct vector points; /* struct timeline_point */
};

/* Adds `delta_minor` on `date` and on every later day. False: memory was refused,
 * nothing changed. The caller keeps sums within int64 (see state.h, M1). */
bool timeline_add(struct timeline *timeline, int32_t date, int64_t delta_minor, struct pool *pool);
/* Undoes the last such change (T2): the room for what comes back is there. */
void timeline_take_back(struct timeline *timeline, int32_t date, int64_t delta_minor);

int64_t timeline_level(const struct timeline *timeline, int32_t date);       /* At the end of that day. */
int64_t timeline_lowest_from(const struct timeline *timeline, int32_t date); /* The least level on that day or later. */
/* The least level on the days from `from` to the one before `until`. */
int64_t timeline_lowest_between(const struct timeline *timeline, int32_t from, int32_t until);
/* The most that can be taken of `left` from that day on when what was put `aside` after it may come
 * back: on each day what is left and the least that is aside from then on, because what has left it
 * again cannot come twice, beyond what was aside on the day itself. */
int64_t timeline_lowest_with(const struct timeline *left, const struct timeline *aside, int32_t date);
int64_t timeline_last(const struct timeline *timeline); /* After all changes. */
/* The first date after `date` on which the level changes; false: none. DATE_NONE starts at the first. */
bool timeline_next_date(const struct timeline *timeline, int32_t date, int32_t *next);
bool timeline_is_zero(const struct timeline *timeline); /* On every day. */
void timeline_release(struct timeline *timeline, struct pool *pool);

#endif
