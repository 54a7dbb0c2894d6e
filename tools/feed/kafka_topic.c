/* What a Kafka topic says of itself, read from the last message of each partition. */
#include "tools/feed/kafka_topic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/text.h"

enum { ANSWER_MS = 10000, PROPERTY_LINE_SIZE = 8192 };

/* ---- configuration ---- */

/* "key=value" lines, as Kafka's own tools take them; "#" begins a comment. */
static enum daybook_status take_property(rd_kafka_conf_t *conf, const char *file, unsigned number, char *line,
                                         struct daybook_error *error) {
    char sentence[256];
    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    char *value = strchr(line, '=');
    if (*line == '#' || *line == '\0') {
        return DAYBOOK_OK;
    }
    if (value == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--properties: line %u of %s is no key=value"), number, file);
    }
    *value++ = '\0';
    return rd_kafka_conf_set(conf, line, value, sentence, sizeof sentence) == RD_KAFKA_CONF_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_INVALID, _("--properties: line %u of %s: %s"), number, file, sentence);
}

static enum daybook_status take_properties(rd_kafka_conf_t *conf, const char *file, struct daybook_error *error) {
    char line[PROPERTY_LINE_SIZE];
    unsigned number = 0;
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--properties: opening %s: %s"), file, strerror(errno));
    }
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && fgets(line, sizeof line, stream) != NULL) {
        status = take_property(conf, file, ++number, line, error);
    }
    (void)fclose(stream);
    return status;
}

enum daybook_status kafka_configure(const struct feed_settings *settings, rd_kafka_conf_t **conf,
                                    struct daybook_error *error) {
    char sentence[256];
    *conf = rd_kafka_conf_new();
    enum daybook_status status =
        rd_kafka_conf_set(*conf, "bootstrap.servers", settings->url, sentence, sizeof sentence) != RD_KAFKA_CONF_OK ||
                rd_kafka_conf_set(*conf, "client.id", "daybook-feed", sentence, sizeof sentence) != RD_KAFKA_CONF_OK
            ? daybook_fail(error, DAYBOOK_INVALID, "--url: %s", sentence)
            : DAYBOOK_OK;
    if (status == DAYBOOK_OK && settings->properties != NULL) {
        status = take_properties(*conf, settings->properties, error);
    }
    if (status != DAYBOOK_OK) {
        rd_kafka_conf_destroy(*conf);
        *conf = NULL;
        return status;
    }
    /* What it would say about brokers that are away, the feed says itself. */
    rd_kafka_conf_set_log_cb(*conf, NULL);
    return DAYBOOK_OK;
}

/* ---- reading ---- */

static enum feed_result say_code(rd_kafka_resp_err_t code, const char *what, struct daybook_error *error) {
    bool is_refused = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                      code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION || code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
    return feed_say(error, is_refused ? FEED_REFUSED : FEED_AWAY, "%s: %s", what, rd_kafka_err2str(code));
}

static int answer_ms(const struct feed_settings *settings) {
    return (int)feed_patience_ms(settings, ANSWER_MS);
}

static enum feed_result count_partitions(struct kafka_topic *topic, const struct feed_settings *settings,
                                         rd_kafka_t *producer, rd_kafka_topic_t *handle, struct daybook_error *error) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(producer, 0, handle, &metadata, answer_ms(settings));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return say_code(code, _("asking for the topic"), error);
    }
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    topic->count = code == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return feed_say(error, FEED_REFUSED,
                        _("there is no topic %s; make it with as many partitions as it is to have"), settings->topic);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || topic->count == 0) {
        return say_code(code, _("asking for the topic"), error);
    }
    topic->partitions = calloc((size_t)topic->count, sizeof *topic->partitions);
    return topic->partitions != NULL ? FEED_DONE
                                     : feed_say(error, FEED_REFUSED, "%s", _("memory for its partitions was refused"));
}

static bool header_text(const rd_kafka_headers_t *headers, const char *name, struct daybook_bytes *text) {
    const void *value = NULL;
    *text = (struct daybook_bytes){NULL, 0};
    if (rd_kafka_header_get_last(headers, name, &value, &text->size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    text->data = value;
    return value != NULL;
}

static bool header_number(const rd_kafka_headers_t *headers, const char *name, uint64_t *number) {
    struct daybook_bytes text;
    return header_text(headers, name, &text) && feed_read_number((const char *)text.data, text.size, number);
}

static enum feed_result take_last(struct kafka_topic *topic, const rd_kafka_message_t *message,
                                  struct feed_position *position, struct daybook_error *error) {
    rd_kafka_headers_t *headers = NULL;
    struct daybook_bytes ledger = {NULL, 0};
    struct kafka_mark last = {0};
    uint64_t spread = 0;
    uint64_t recorded_at_us = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        !header_text(headers, KAFKA_LEDGER, &ledger) || ledger.size != FEED_LEDGER_SIZE - 1 ||
        !header_number(headers, KAFKA_SEQUENCE, &last.sequence) ||
        !header_number(headers, KAFKA_POSITION, &last.position) || !header_number(headers, KAFKA_PARTITIONS, &spread) ||
        !header_number(headers, KAFKA_RECORDED_AT, &recorded_at_us) || spread == 0 || spread > (uint64_t)topic->count) {
        return feed_say(
            error, FEED_REFUSED,
            _("the last message of partition %" PRId32 " was not sent by a feed; a feed needs a topic of its own"),
            message->partition);
    }
    last.spread = (int32_t)spread;
    if (last.sequence > position->last_sequence) {
        position->last_sequence = last.sequence;
        position->last_recorded_at_us = (int64_t)recorded_at_us;
        memcpy(position->ledger, ledger.data, ledger.size);
    }
    position->is_known = true;
    kafka_topic_note(topic, message->partition, last);
    return FEED_DONE;
}

static enum feed_result read_last(const struct feed_settings *settings, rd_kafka_t *consumer, rd_kafka_topic_t *handle,
                                  int32_t number, struct kafka_topic *topic, struct feed_position *position,
                                  struct daybook_error *error) {
    struct kafka_partition *partition = &topic->partitions[number];
    int64_t low = 0;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(consumer, rd_kafka_topic_name(handle), number, &low,
                                                                &partition->next_offset, answer_ms(settings));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return say_code(code, _("asking how far the topic is"), error);
    }
    if (low == partition->next_offset) {
        position->is_lost = position->is_lost || low > 0;
        return FEED_DONE;
    }
    if (rd_kafka_consume_start(handle, number, partition->next_offset - 1) != 0) {
        return say_code(rd_kafka_last_error(), _("reading the topic's end"), error);
    }
    rd_kafka_message_t *message = rd_kafka_consume(handle, number, answer_ms(settings));
    code = message == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : message->err;
    enum feed_result result = code == RD_KAFKA_RESP_ERR_NO_ERROR ? take_last(topic, message, position, error)
                                                                 : say_code(code, _("reading the topic's end"), error);
    if (message != NULL) {
        rd_kafka_message_destroy(message);
    }
    (void)rd_kafka_consume_stop(handle, number);
    return result;
}

static enum feed_result read_all(struct kafka_topic *topic, const struct feed_settings *settings, rd_kafka_t *consumer,
                                 struct feed_position *position, struct daybook_error *error) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, settings->topic, NULL);
    if (handle == NULL) {
        return say_code(rd_kafka_last_error(), _("opening the topic"), error);
    }
    enum feed_result result = FEED_DONE;
    for (int32_t i = 0; result == FEED_DONE && i < topic->count; i++) {
        result = read_last(settings, consumer, handle, i, topic, position, error);
    }
    rd_kafka_topic_destroy(handle);
    return result;
}

enum feed_result kafka_topic_read(struct kafka_topic *topic, const struct feed_settings *settings, rd_kafka_t *producer,
                                  struct feed_position *position, struct daybook_error *error) {
    char sentence[256];
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer, settings->topic, NULL);
    enum feed_result result = handle == NULL ? say_code(rd_kafka_last_error(), _("opening the topic"), error)
                                             : count_partitions(topic, settings, producer, handle, error);
    if (handle != NULL) {
        rd_kafka_topic_destroy(handle);
    }
    if (result != FEED_DONE) {
        return result;
    }
    if (kafka_configure(settings, &conf, error) != DAYBOOK_OK) {
        return FEED_REFUSED;
    }
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, sentence, sizeof sentence);
    if (consumer == NULL) {
        rd_kafka_conf_destroy(conf);
        return feed_say(error, FEED_REFUSED, "%s", sentence);
    }
    result = read_all(topic, settings, consumer, position, error);
    rd_kafka_destroy(consumer);
    kafka_topic_conclude(topic);
    position->sequence = topic->position;
    return result;
}

void kafka_topic_release(struct kafka_topic *topic) {
    free(topic->partitions);
    *topic = (struct kafka_topic){0};
}
