/* The level of something on every day. */
#include "domain/timeline.h"

static const struct timeline_point *point_at(const struct timeline *timeline, uint32_t index) {
    return VECTOR_AT(const struct timeline_point, &timeline->points, index);
}

/* The number of points with a date <= `date`. Most questions are about the end, so look there first. */
static uint32_t points_through(const struct timeline *timeline, int32_t date) {
    uint32_t low = 0;
    uint32_t high = timeline->points.count;
    if (high == 0 || point_at(timeline, high - 1)->date <= date) {
        return high;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (point_at(timeline, middle)->date <= date) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool timeline_add(struct timeline *timeline, int32_t date, int64_t delta_minor, struct pool *pool) {
    if (delta_minor == 0) {
        return true;
    }
    uint32_t through = points_through(timeline, date);
    int64_t before = through == 0 ? 0 : point_at(timeline, through - 1)->level_minor;
    uint32_t from = through;
    if (through > 0 && point_at(timeline, through - 1)->date == date) {
        from = through - 1;
    } else {
        struct timeline_point point = {.level_minor = before, .date = date};
        if (!vector_insert(&timeline->points, sizeof point, through, &point, pool)) {
            return false;
        }
    }
    for (uint32_t i = from; i < timeline->points.count; i++) {
        VECTOR_AT(struct timeline_point, &timeline->points, i)->level_minor += delta_minor;
    }
    int64_t previous = from == 0 ? 0 : point_at(timeline, from - 1)->level_minor;
    if (point_at(timeline, from)->level_minor == previous) {
        vector_remove(&timeline->points, sizeof(struct timeline_point), from);
    }
    return true;
}

int64_t timeline_level(const struct timeline *timeline, int32_t date) {
    uint32_t through = points_through(timeline, date);
    return through == 0 ? 0 : point_at(timeline, through - 1)->level_minor;
}

int64_t timeline_lowest_from(const struct timeline *timeline, int32_t date) {
    uint32_t through = points_through(timeline, date);
    int64_t lowest = through == 0 ? 0 : point_at(timeline, through - 1)->level_minor;
    for (uint32_t i = through; i < timeline->points.count; i++) {
        int64_t level = point_at(timeline, i)->level_minor;
        lowest = level < lowest ? level : lowest;
    }
    return lowest;
}

bool timeline_next_date(const struct timeline *timeline, int32_t date, int32_t *next) {
    uint32_t through = points_through(timeline, date);
    if (through == timeline->points.count) {
        return false;
    }
    *next = point_at(timeline, through)->date;
    return true;
}

int64_t timeline_lowest_sum_from(const struct timeline *a, const struct timeline *b, int32_t date) {
    int64_t lowest = timeline_level(a, date) + timeline_level(b, date);
    const struct timeline *both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        /* The sum changes only where one of them does. */
        for (uint32_t at = points_through(both[i], date); at < both[i]->points.count; at++) {
            int32_t day = point_at(both[i], at)->date;
            int64_t sum = timeline_level(a, day) + timeline_level(b, day);
            lowest = sum < lowest ? sum : lowest;
        }
    }
    return lowest;
}

int64_t timeline_last(const struct timeline *timeline) {
    uint32_t count = timeline->points.count;
    return count == 0 ? 0 : point_at(timeline, count - 1)->level_minor;
}

bool timeline_is_zero(const struct timeline *timeline) {
    return timeline->points.count == 0;
}

void timeline_release(struct timeline *timeline, struct pool *pool) {
    vector_release(&timeline->points, sizeof(struct timeline_point), pool);
}
