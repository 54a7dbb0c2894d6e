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

/* Where the change begins; *point is what has to stand there first, unless the day has a point. */
static uint32_t change_from(const struct timeline *timeline, int32_t date, struct timeline_point *point,
                            bool *needs_point) {
    uint32_t through = points_through(timeline, date);
    *point = (struct timeline_point){.level_minor = through == 0 ? 0 : point_at(timeline, through - 1)->level_minor,
                                     .date = date};
    *needs_point = through == 0 || point_at(timeline, through - 1)->date != date;
    return *needs_point ? through : through - 1;
}

/* A point that says what the one before it says goes away. */
static void change_levels(struct timeline *timeline, uint32_t from, int64_t delta_minor) {
    for (uint32_t i = from; i < timeline->points.count; i++) {
        VECTOR_AT(struct timeline_point, &timeline->points, i)->level_minor += delta_minor;
    }
    int64_t previous = from == 0 ? 0 : point_at(timeline, from - 1)->level_minor;
    if (point_at(timeline, from)->level_minor == previous) {
        vector_remove(&timeline->points, sizeof(struct timeline_point), from);
    }
}

bool timeline_add(struct timeline *timeline, int32_t date, int64_t delta_minor, struct pool *pool) {
    struct timeline_point point;
    bool needs_point;
    if (delta_minor == 0) {
        return true;
    }
    uint32_t from = change_from(timeline, date, &point, &needs_point);
    if (needs_point && !vector_insert(&timeline->points, sizeof point, from, &point, pool)) {
        return false;
    }
    change_levels(timeline, from, delta_minor);
    return true;
}

void timeline_take_back(struct timeline *timeline, int32_t date, int64_t delta_minor) {
    struct timeline_point point;
    bool needs_point;
    if (delta_minor == 0) {
        return;
    }
    uint32_t from = change_from(timeline, date, &point, &needs_point);
    if (needs_point) {
        vector_put_back(&timeline->points, sizeof point, from, &point);
    }
    change_levels(timeline, from, -delta_minor);
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

int64_t timeline_lowest_between(const struct timeline *timeline, int32_t from, int32_t until) {
    uint32_t through = points_through(timeline, from);
    int64_t lowest = through == 0 ? 0 : point_at(timeline, through - 1)->level_minor;
    for (uint32_t i = through; i < timeline->points.count && point_at(timeline, i)->date < until; i++) {
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

int64_t timeline_lowest_with(const struct timeline *left, const struct timeline *aside, int32_t date) {
    if (aside->points.count == 0) {
        return timeline_lowest_from(left, date);
    }
    uint32_t left_count = left->points.count;
    uint32_t aside_count = aside->points.count;
    int64_t lowest = INT64_MAX;
    int64_t back = INT64_MAX; /* The least that is aside on the day or later. */
    int64_t gone = timeline_level(aside, date);
    for (;;) {
        const struct timeline_point *of_left = left_count > 0 ? point_at(left, left_count - 1) : NULL;
        const struct timeline_point *of_aside = aside_count > 0 ? point_at(aside, aside_count - 1) : NULL;
        int64_t left_minor = of_left != NULL ? of_left->level_minor : 0;
        int64_t aside_minor = of_aside != NULL ? of_aside->level_minor : 0;
        back = aside_minor < back ? aside_minor : back;
        int64_t sum_minor = left_minor + (back > gone ? back - gone : 0);
        lowest = sum_minor < lowest ? sum_minor : lowest;
        int32_t day = of_left != NULL && of_left->date > date ? of_left->date : date;
        day = of_aside != NULL && of_aside->date > day ? of_aside->date : day;
        if (day == date) {
            return lowest;
        }
        left_count -= of_left != NULL && of_left->date == day;
        aside_count -= of_aside != NULL && of_aside->date == day;
    }
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
