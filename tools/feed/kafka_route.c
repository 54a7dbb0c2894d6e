/* Where in a topic an event belongs, and whether it is there already. */
#include "tools/feed/kafka_route.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

int32_t kafka_partition(const char *customer, int32_t count) {
    size_t size = strlen(customer);
    return size == 0 ? 0 : rd_kafka_msg_partitioner_murmur2(NULL, customer, size, count, NULL, NULL);
}

void kafka_topic_note(struct kafka_topic *topic, int32_t partition, struct kafka_mark last) {
    topic->partitions[partition].found_sequence = last.sequence;
    if (last.position > topic->position) {
        topic->position = last.position;
    }
    if (last.sequence > topic->last_sequence) {
        topic->last_sequence = last.sequence;
        topic->old_count = last.spread;
    }
}

/* Of one partition everything before its last message is there; of several only what their messages say. */
void kafka_topic_conclude(struct kafka_topic *topic) {
    if (topic->old_count == 0) {
        topic->old_count = topic->count;
    }
    if (topic->count == 1) {
        topic->position = topic->last_sequence;
    }
}

struct kafka_route kafka_route(const struct kafka_topic *topic, uint64_t sequence, const char *customer,
                               uint64_t position) {
    bool is_old = sequence <= topic->last_sequence;
    struct kafka_route route = {.spread = is_old ? topic->old_count : topic->count};
    route.partition = kafka_partition(customer, route.spread);
    route.is_there = sequence <= topic->partitions[route.partition].found_sequence;
    route.waits_first = !is_old && topic->old_count != topic->count && position < topic->last_sequence;
    return route;
}
