/*
 * Where in a topic an event belongs, and whether it is there already; pure.
 *
 *   KR1  What a partition holds is the beginning of what belongs there: nothing
 *        that belongs before its last message is missing.
 *   KR2  Whoever goes on behind `position`, and leaves out what is_there says,
 *        sends each event once.
 *   KR3  When partitions were added, what was begun over the old number is
 *        finished over the old number, and waited for, before the new one counts.
 */
#ifndef DAYBOOK_TOOLS_FEED_KAFKA_ROUTE_H
#define DAYBOOK_TOOLS_FEED_KAFKA_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

/* What a message says of itself. */
struct kafka_mark {
    uint64_t sequence;
    uint64_t position; /* Every event up to it was stored when this was sent. */
    int32_t spread;    /* Over how many partitions customers were spread. */
};

struct kafka_partition {
    int64_t next_offset;     /* Of the message that comes next. */
    uint64_t found_sequence; /* Of the last message when we connected; 0 = there was none. */
};

struct kafka_topic {
    struct kafka_partition *partitions;
    int32_t count;
    int32_t old_count;      /* Over how many the last message was spread. */
    uint64_t position;      /* Every event up to it is there. */
    uint64_t last_sequence; /* The highest that was found. */
};

struct kafka_route {
    int32_t partition;
    int32_t spread;   /* The number of partitions that it was chosen from. */
    bool is_there;    /* It was found. */
    bool waits_first; /* Everything before it must be stored before it is sent. */
};

/* Takes in the last message of a partition; then, after all of them, kafka_topic_conclude. */
void kafka_topic_note(struct kafka_topic *topic, int32_t partition, struct kafka_mark last);
void kafka_topic_conclude(struct kafka_topic *topic);

/* `position`: every event up to it is known to be stored. */
struct kafka_route kafka_route(const struct kafka_topic *topic, uint64_t sequence, const char *customer,
                               uint64_t position);

/* As Java's client chooses it (murmur2); events without a customer go to the first. */
int32_t kafka_partition(const char *customer, int32_t count);

#endif
