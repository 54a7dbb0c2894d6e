/*
 * What a topic says of itself: how far each partition is, read from its last
 * message; and how we configure librdkafka.
 */
#ifndef DAYBOOK_TOOLS_FEED_KAFKA_TOPIC_H
#define DAYBOOK_TOOLS_FEED_KAFKA_TOPIC_H

#include <librdkafka/rdkafka.h>

#include "tools/feed/feed.h"
#include "tools/feed/kafka_route.h"

/* Headers of every message. */
#define KAFKA_LEDGER      "daybook-ledger"
#define KAFKA_KIND        "daybook-kind"
#define KAFKA_SEQUENCE    "daybook-sequence"
#define KAFKA_POSITION    "daybook-position"   /* Every event up to it was stored when this was sent. */
#define KAFKA_PARTITIONS  "daybook-partitions" /* Over how many partitions customers were spread. */
#define KAFKA_RECORDED_AT "daybook-recorded-at-us"

/* The caller's from then on. INVALID: the file of properties cannot be used. */
DAYBOOK_MUST_USE enum daybook_status kafka_configure(const struct feed_settings *settings, rd_kafka_conf_t **conf,
                                                     struct daybook_error *error);

/* Fills both; kafka_topic_release after any result. */
enum feed_result kafka_topic_read(struct kafka_topic *topic, const struct feed_settings *settings, rd_kafka_t *producer,
                                  struct feed_position *position, struct daybook_error *error);
void kafka_topic_release(struct kafka_topic *topic);

#endif
