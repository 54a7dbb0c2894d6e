/* Where events go in a Kafka topic: Java's hash, and feeds that die anywhere while partitions are added. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/random.h"
#include "tests/rows.h"
#include "tools/feed/kafka_route.h"

/* The hashes are those of Kafka's own test (UtilsTest.testMurmur2), made positive as its partitioner does. */
struct hashed {
    const char *name; /* And key. */
    int32_t hash;
};

static const struct hashed hashes[] = {
    {"21", -973932308},
    {"foobar", -790332482},
    {"a-little-bit-long-string", -985981536},
    {"a-little-bit-longer-string", -1486304829},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    {"abc", 479470107},
};

static void test_hash(void **state) {
    const struct hashed *row = *state;
    for (int32_t count = 1; count < 100; count++) {
        assert_int_equal(kafka_partition(row->name, count), (row->hash & INT32_MAX) % count);
    }
    assert_int_equal(kafka_partition("", 12), 0);
}

/* ---- feeds that die ---- */

enum { EVENTS = 400, CUSTOMERS = 9, PARTITIONS_MAX = 8, SEED_COUNT = 300 };

/* What brokers hold, and what is on its way there: of each partition any beginning of that may arrive. */
struct brokers {
    struct kafka_mark stored[PARTITIONS_MAX][EVENTS];
    size_t stored_count[PARTITIONS_MAX];
    struct kafka_mark sent[PARTITIONS_MAX][EVENTS];
    size_t sent_count[PARTITIONS_MAX];
    int32_t partitions;
    struct random_source random;
};

static size_t pick(struct brokers *brokers, size_t below) {
    return (size_t)(random_next(&brokers->random) % below);
}

static const char *customer_of(uint64_t sequence, char text[16]) {
    (void)snprintf(text, 16, "c%llu", (unsigned long long)(sequence * sequence % CUSTOMERS));
    return sequence % 50 == 0 ? "" : text;
}

static void arrive(struct brokers *brokers, bool is_all) {
    for (int32_t p = 0; p < brokers->partitions; p++) {
        size_t count = is_all ? brokers->sent_count[p] : pick(brokers, brokers->sent_count[p] + 1);
        for (size_t i = 0; i < count; i++) {
            assert_true(brokers->stored_count[p] < EVENTS); /* More than there are: something came twice. */
            brokers->stored[p][brokers->stored_count[p]++] = brokers->sent[p][i];
        }
        brokers->sent_count[p] = 0;
    }
}

static void look(const struct brokers *brokers, struct kafka_partition partitions[PARTITIONS_MAX],
                 struct kafka_topic *topic) {
    memset(partitions, 0, PARTITIONS_MAX * sizeof *partitions);
    *topic = (struct kafka_topic){.partitions = partitions, .count = brokers->partitions};
    for (int32_t p = 0; p < brokers->partitions; p++) {
        if (brokers->stored_count[p] > 0) {
            kafka_topic_note(topic, p, brokers->stored[p][brokers->stored_count[p] - 1]);
        }
    }
    kafka_topic_conclude(topic);
}

/* One feed, from looking at the topic until its end or its death; false: it died. */
static bool feed_until_death(struct brokers *brokers) {
    struct kafka_partition partitions[PARTITIONS_MAX];
    struct kafka_topic topic;
    char customer[16];
    look(brokers, partitions, &topic);
    for (uint64_t next = topic.position + 1; next <= EVENTS;) {
        uint64_t last = next + pick(brokers, 40);
        uint64_t position = next - 1;
        for (; next <= last && next <= EVENTS; next++) {
            struct kafka_route route = kafka_route(&topic, next, customer_of(next, customer), position);
            if (pick(brokers, 60) == 0) {
                arrive(brokers, false);
                return false;
            }
            if (route.waits_first) {
                arrive(brokers, true);
                position = next - 1;
            }
            if (!route.is_there) {
                brokers->sent[route.partition][brokers->sent_count[route.partition]++] =
                    (struct kafka_mark){next, position, route.spread};
            }
        }
        arrive(brokers, true);
    }
    return true;
}

static void check_stored(const struct brokers *brokers) {
    unsigned seen[EVENTS + 1] = {0};
    for (int32_t p = 0; p < brokers->partitions; p++) {
        for (size_t i = 0; i < brokers->stored_count[p]; i++) {
            seen[brokers->stored[p][i].sequence]++;
            assert_true(i == 0 || brokers->stored[p][i - 1].sequence < brokers->stored[p][i].sequence);
        }
    }
    for (uint64_t sequence = 1; sequence <= EVENTS; sequence++) {
        assert_int_equal(seen[sequence], 1);
    }
}

static void run_history(uint64_t seed, bool grows) {
    struct brokers *brokers = calloc(1, sizeof *brokers);
    assert_non_null(brokers);
    brokers->random = random_seeded(seed);
    brokers->partitions = (int32_t)pick(brokers, 4) + 1;
    while (!feed_until_death(brokers)) {
        if (grows && brokers->partitions < PARTITIONS_MAX && pick(brokers, 2) == 0) {
            brokers->partitions++;
        }
    }
    check_stored(brokers);
    free(brokers);
}

static void test_deaths(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEED_COUNT; seed++) {
        run_history(seed, false);
    }
}

static void test_deaths_while_partitions_are_added(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEED_COUNT; seed++) {
        run_history(seed, true);
    }
}

int main(void) {
    struct rows rows = {.count = 0};
    ROWS_ADD_TABLE(&rows, hashes, test_hash);
    rows_add(&rows, "feeds that die anywhere send each event once", test_deaths, NULL);
    rows_add(&rows, "also while partitions are added", test_deaths_while_partitions_are_added, NULL);
    return rows_run("kafka_route", &rows);
}
