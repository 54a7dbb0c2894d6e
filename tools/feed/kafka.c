/*
 * Kafka as a feed's target: one message an event, keyed by its customer.
 *
 * The producer is idempotent and stops at the first gap, so that what a
 * partition holds of the events that belong there is always their beginning.
 * Each message says how far the feed was in all partitions when it was sent
 * (POSITION); the last message of a partition says how far that one is. So a
 * feed that was killed goes on behind the highest POSITION, and leaves out what
 * a partition has beyond it. Partitions are chosen as Java's client does it
 * (murmur2 of the key), by us, so that this can be computed again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/feed/feed.h"
#include "tools/feed/kafka_topic.h"
#include "tools/text.h"

enum { POLL_MS = 100, CLOSE_MS = 2000, SEND_MS = 30000 };

struct kafka {
    const struct feed_settings *settings;
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    struct kafka_topic tail; /* What the topic held when we connected, moved on by what was acknowledged since. */
    size_t outstanding;
    size_t stored;           /* Of the batch under way. */
    enum feed_result result; /* Of the batch under way: the first that went wrong. */
    struct daybook_error trouble;
};

/* ---- what the brokers say ---- */

static bool is_refusal(rd_kafka_resp_err_t code) {
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        return true;
    default:
        return false;
    }
}

static enum feed_result say_code(rd_kafka_resp_err_t code, const char *what, struct daybook_error *error) {
    return feed_say(error, is_refusal(code) ? FEED_REFUSED : FEED_AWAY, "%s: %s", what, rd_kafka_err2str(code));
}

/* A refusal says more than what followed from it. */
static void note(struct kafka *kafka, enum feed_result result, const struct daybook_error *error) {
    if (kafka->result == FEED_DONE || (kafka->result == FEED_AWAY && result == FEED_REFUSED)) {
        kafka->result = result;
        kafka->trouble = *error;
    }
}

/* Offsets without a hole say that nobody else writes here: of two feeds at once, each would be blind to what the other
 * has sent. */
static void note_stored(struct kafka *kafka, const rd_kafka_message_t *message) {
    struct daybook_error error;
    struct kafka_partition *partition = &kafka->tail.partitions[message->partition];
    if (message->offset != partition->next_offset) {
        note(kafka,
             feed_say(&error, FEED_REFUSED,
                      _("somebody else writes to partition %" PRId32 " of the topic; a feed needs a topic of its own, "
                        "and one feed at a time"),
                      message->partition),
             &error);
        return;
    }
    partition->next_offset = message->offset + 1;
    kafka->stored++;
}

static void take_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context) {
    struct kafka *kafka = context;
    struct daybook_error error;
    (void)producer;
    kafka->outstanding--;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_stored(kafka, message);
    } else {
        note(kafka, say_code(message->err, _("a message was not stored"), &error), &error);
    }
}

/* ---- the connection ---- */

static void disconnect(void *target) {
    struct kafka *kafka = target;
    if (kafka->producer != NULL) {
        /* What did not arrive is looked for in the topic; it must not arrive behind our back. */
        (void)rd_kafka_purge(kafka->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(kafka->producer, CLOSE_MS);
    }
    if (kafka->topic != NULL) {
        rd_kafka_topic_destroy(kafka->topic);
    }
    if (kafka->producer != NULL) {
        rd_kafka_destroy(kafka->producer);
    }
    kafka->topic = NULL;
    kafka->producer = NULL;
    kafka->outstanding = 0;
    kafka->result = FEED_DONE;
    kafka_topic_release(&kafka->tail);
}

static void close_target(void *target) {
    struct kafka *kafka = target;
    if (kafka != NULL) {
        disconnect(kafka);
        free(kafka);
    }
}

static enum daybook_status open_target(const struct feed_settings *settings, void **target,
                                       struct daybook_error *error) {
    rd_kafka_conf_t *checked = NULL;
    *target = NULL;
    DAYBOOK_TRY(kafka_configure(settings, &checked, error));
    rd_kafka_conf_destroy(checked);
    struct kafka *kafka = calloc(1, sizeof *kafka);
    if (kafka == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("feeding Kafka: memory was refused"));
    }
    kafka->settings = settings;
    *target = kafka;
    return DAYBOOK_OK;
}

static enum feed_result make_producer(struct kafka *kafka, struct daybook_error *error) {
    char sentence[256] = "";
    char send_ms[32];
    rd_kafka_conf_t *conf = NULL;
    if (kafka_configure(kafka->settings, &conf, error) != DAYBOOK_OK) {
        return FEED_REFUSED;
    }
    (void)snprintf(send_ms, sizeof send_ms, "%d", SEND_MS);
    const char *const ours[][2] = {
        {"enable.idempotence", "true"}, {"enable.gapless.guarantee", "true"}, {"delivery.timeout.ms", send_ms}};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (rd_kafka_conf_set(conf, ours[i][0], ours[i][1], sentence, sizeof sentence) != RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(conf);
            return feed_say(error, FEED_REFUSED, "%s", sentence);
        }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, take_report);
    rd_kafka_conf_set_opaque(conf, kafka);
    kafka->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, sentence, sizeof sentence);
    if (kafka->producer == NULL) {
        rd_kafka_conf_destroy(conf);
        return feed_say(error, FEED_REFUSED, "%s", sentence);
    }
    kafka->topic = rd_kafka_topic_new(kafka->producer, kafka->settings->topic, NULL);
    return kafka->topic != NULL ? FEED_DONE : say_code(rd_kafka_last_error(), _("opening the topic"), error);
}

static enum feed_result connect_target(void *target, struct feed_position *position, struct daybook_error *error) {
    struct kafka *kafka = target;
    enum feed_result result = make_producer(kafka, error);
    return result == FEED_DONE ? kafka_topic_read(&kafka->tail, kafka->settings, kafka->producer, position, error)
                               : result;
}

/* ---- sending ---- */

/* Waits until every message that was handed over is stored or has failed. */
static enum feed_result settle(struct kafka *kafka, struct daybook_error *error) {
    while (kafka->outstanding > 0) {
        (void)rd_kafka_poll(kafka->producer, POLL_MS);
    }
    if (kafka->result != FEED_DONE) {
        *error = kafka->trouble;
    }
    return kafka->result;
}

static enum feed_result hand_over(struct kafka *kafka, const struct feed_event *event, uint64_t position,
                                  struct kafka_route route, struct daybook_error *error) {
    const Pb__Event *fed = event->item->event;
    char text[4][32];
    (void)snprintf(text[0], sizeof text[0], "%" PRIu64, event->item->sequence);
    (void)snprintf(text[1], sizeof text[1], "%" PRIu64, position);
    (void)snprintf(text[2], sizeof text[2], "%" PRId32, route.spread);
    (void)snprintf(text[3], sizeof text[3], "%" PRId64, fed->recorded_at_us);
    size_t key_size = strlen(fed->customer);
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_producev(
            kafka->producer, RD_KAFKA_V_RKT(kafka->topic), RD_KAFKA_V_PARTITION(route.partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key_size == 0 ? NULL : fed->customer, key_size),
            RD_KAFKA_V_VALUE((void *)(uintptr_t)event->payload.data, event->payload.size),
            RD_KAFKA_V_TIMESTAMP(fed->recorded_at_us / 1000),
            RD_KAFKA_V_HEADER(KAFKA_LEDGER, kafka->settings->ledger, -1),
            RD_KAFKA_V_HEADER(KAFKA_KIND, event->kind, -1), RD_KAFKA_V_HEADER(KAFKA_SEQUENCE, text[0], -1),
            RD_KAFKA_V_HEADER(KAFKA_POSITION, text[1], -1), RD_KAFKA_V_HEADER(KAFKA_PARTITIONS, text[2], -1),
            RD_KAFKA_V_HEADER(KAFKA_RECORDED_AT, text[3], -1), RD_KAFKA_V_END);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            kafka->outstanding++;
            return FEED_DONE;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return say_code(code, _("sending"), error);
        }
        (void)rd_kafka_poll(kafka->producer, POLL_MS);
    }
}

static enum feed_result hand_over_all(struct kafka *kafka, const struct feed_event *events, size_t count,
                                      struct daybook_error *error) {
    uint64_t position = events[0].item->sequence - 1;
    for (size_t i = 0; i < count; i++) {
        uint64_t sequence = events[i].item->sequence;
        struct kafka_route route = kafka_route(&kafka->tail, sequence, events[i].item->event->customer, position);
        enum feed_result result = FEED_DONE;
        if (route.waits_first) {
            result = settle(kafka, error);
            position = sequence - 1;
        }
        if (result == FEED_DONE && !route.is_there) {
            result = hand_over(kafka, &events[i], position, route, error);
        }
        if (result != FEED_DONE) {
            return result;
        }
    }
    return FEED_DONE;
}

/* What was handed over before something went wrong may still arrive: it is waited for in any case. */
static enum feed_result send_events(void *target, const struct feed_event *events, size_t count, size_t *stored,
                                    struct daybook_error *error) {
    struct kafka *kafka = target;
    struct daybook_error later;
    kafka->stored = 0;
    enum feed_result result = hand_over_all(kafka, events, count, error);
    enum feed_result settled = settle(kafka, result == FEED_DONE ? error : &later);
    *stored = kafka->stored;
    return result == FEED_DONE ? settled : result;
}

const struct feed_driver feed_kafka = {
    .name = "kafka",
    .default_url = "127.0.0.1:9092",
    .open = open_target,
    .connect = connect_target,
    .send = send_events,
    .disconnect = disconnect,
    .close = close_target,
};
