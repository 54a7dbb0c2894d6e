/* A Kafka cluster for the end-to-end tests: librdkafka's mock brokers, on loopback, told what to do line by line.
 *     kafka_cluster          says "HOST:PORT,..." and then answers each line of its input with "ok" or "failed"
 *         topic NAME PARTITIONS      make a topic
 *         down | up                  all brokers
 *         refuse CODE COUNT          answer the next COUNT produce requests with this error
 *         dump NAME PARTITIONS FILE  write "partition offset key sequence" of every message, in each partition's order
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BROKERS = 3, PRODUCE = 0, ERRORS_MAX = 64, ANSWER_MS = 10000 };

struct cluster {
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *mock;
};

static bool set_all(struct cluster *cluster, bool is_up) {
    bool is_done = true;
    for (int32_t broker = 1; broker <= BROKERS; broker++) {
        rd_kafka_resp_err_t code = is_up ? rd_kafka_mock_broker_set_up(cluster->mock, broker)
                                         : rd_kafka_mock_broker_set_down(cluster->mock, broker);
        is_done = is_done && code == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return is_done;
}

static bool refuse(struct cluster *cluster, int code, size_t count) {
    rd_kafka_resp_err_t codes[ERRORS_MAX];
    if (count > ERRORS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        codes[i] = (rd_kafka_resp_err_t)code;
    }
    rd_kafka_mock_push_request_errors_array(cluster->mock, PRODUCE, count, codes);
    return true;
}

static void write_message(FILE *file, const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers = NULL;
    const void *sequence = NULL;
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)rd_kafka_header_get_last(headers, "daybook-sequence", &sequence, &size);
    }
    (void)fprintf(file, "%" PRId32 " %" PRId64 " %.*s %.*s\n", message->partition, message->offset,
                  (int)message->key_len, message->key == NULL ? "" : (const char *)message->key, (int)size,
                  sequence == NULL ? "" : (const char *)sequence);
}

static bool dump_partition(rd_kafka_t *consumer, rd_kafka_topic_t *topic, int32_t partition, FILE *file) {
    int64_t low = 0;
    int64_t high = 0;
    if (rd_kafka_query_watermark_offsets(consumer, rd_kafka_topic_name(topic), partition, &low, &high, ANSWER_MS) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_consume_start(topic, partition, low) != 0) {
        return false;
    }
    bool is_read = true;
    for (int64_t next = low; is_read && next < high; next++) {
        rd_kafka_message_t *message = rd_kafka_consume(topic, partition, ANSWER_MS);
        is_read = message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset == next;
        if (is_read) {
            write_message(file, message);
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    (void)rd_kafka_consume_stop(topic, partition);
    return is_read;
}

static bool dump(struct cluster *cluster, const char *name, int32_t partitions, const char *path) {
    char sentence[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster->mock), sentence,
                          sizeof sentence) != RD_KAFKA_CONF_OK) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, sentence, sizeof sentence);
    FILE *file = fopen(path, "w");
    rd_kafka_topic_t *topic = consumer == NULL ? NULL : rd_kafka_topic_new(consumer, name, NULL);
    bool is_done = file != NULL && topic != NULL;
    for (int32_t i = 0; is_done && i < partitions; i++) {
        is_done = dump_partition(consumer, topic, i, file);
    }
    if (topic != NULL) {
        rd_kafka_topic_destroy(topic);
    }
    if (consumer != NULL) {
        rd_kafka_destroy(consumer);
    }
    return file != NULL && fclose(file) == 0 && is_done;
}

static bool obey(struct cluster *cluster, char *line) {
    char *rest = line;
    const char *word[4] = {"", "", "", ""};
    for (size_t i = 0; i < 4; i++) {
        const char *next = strtok_r(rest, " \n", &rest);
        word[i] = next == NULL ? "" : next;
    }
    if (strcmp(word[0], "topic") == 0) {
        return rd_kafka_mock_topic_create(cluster->mock, word[1], atoi(word[2]), 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (strcmp(word[0], "down") == 0 || strcmp(word[0], "up") == 0) {
        return set_all(cluster, word[0][0] == 'u');
    }
    if (strcmp(word[0], "refuse") == 0) {
        return refuse(cluster, atoi(word[1]), (size_t)atoi(word[2]));
    }
    return strcmp(word[0], "dump") == 0 && dump(cluster, word[1], atoi(word[2]), word[3]);
}

int main(void) {
    char line[4096];
    char sentence[256];
    struct cluster cluster = {.owner = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), sentence, sizeof sentence)};
    cluster.mock = cluster.owner == NULL ? NULL : rd_kafka_mock_cluster_new(cluster.owner, BROKERS);
    if (cluster.mock == NULL) {
        (void)fprintf(stderr, "kafka_cluster: it could not be made: %s\n", sentence);
        return 1;
    }
    (void)printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster.mock));
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        (void)puts(obey(&cluster, line) ? "ok" : "failed");
        (void)fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(cluster.mock);
    rd_kafka_destroy(cluster.owner);
    return 0;
}
