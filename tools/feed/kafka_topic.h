/*
 * What a topic says of itself: how far each partition is, read from its last
 * message; and how we configure librdkafka.
 */
#ifndef DAYBOOK_TOOLS_FEED_KAFKA_TOPIC_H
#define DAYBOOK_TOOLS_FEED_KAFKA_TOPIC_H

#include <librdkafka/rdkafka.h>

#include "tools/feed/feed.h"

/* Headers of every message. */
#define KAFKA_LEDGER      "daybook-ledger"
#define KAFKA_KIND        "daybook-kind"
#define KAFKA_SEQUENCE    "daybook-sequence"
#define KAFKA_POSITION    "daybook-position"   /* Every event up to it was stored when this was sent. */
#define KAFKA_PARTITIONS  "daybook-partitions" /* Over how many partitions customers were spread. */
#define KAFKA_RECORDED_AT "daybook-recorded-at-us"

struct kafka_partition {
    int64_t next_offset;     /* Of the message that comes next. */
    uint64_t sequence;       /* Of its last message; 0 = it has none. */
    uint64_t found_sequence; /* The same when we connected. */
};

struct kafka_topic {
    struct kafka_partition *partitions;
    int32_t count;
    int32_t old_count;      /* Over how many the last message was spread. */
    uint64_t last_sequence; /* The highest one that was found. */
};

/* The caller's from then on. INVALID: the file of properties cannot be used. */
DAYBOOK_MUST_USE enum daybook_status kafka_configure(const struct feed_settings *settings, rd_kafka_conf_t **conf,
                                                     struct daybook_error *error);

/* Fills both; kafka_topic_release after any result. */
enum feed_result kafka_topic_read(struct kafka_topic *topic, const struct feed_settings *settings, rd_kafka_t *producer,
                                  struct feed_position *position, struct daybook_error *error);
void kafka_topic_release(struct kafka_topic *topic);

/* As Java's client chooses it; events without a customer go to the first. */
int32_t kafka_partition(const char *customer, int32_t count);

#endif
