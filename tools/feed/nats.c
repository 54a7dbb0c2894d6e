/*
 * NATS JetStream as a feed's target: one message an event, in one stream that is
 * the feed's own.
 *
 * A message's id is its event's sequence, and each message names the stream's
 * sequence that it must come behind. So what was sent and not acknowledged
 * cannot come in twice, however late; and after one that failed nothing comes in.
 * The position is what the stream's last message says of itself.
 */
#include <inttypes.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/feed/feed.h"
#include "tools/text.h"

#define HEADER_LEDGER      "Daybook-Ledger"
#define HEADER_RECORDED_AT "Daybook-Recorded-At-Us"

enum { CONNECT_MS = 5000, ANSWER_MS = 15000, SUBJECT_SIZE = 256 };

/* The first thing that went wrong in a batch; the client's threads write it. */
struct trouble {
    pthread_mutex_t lock;
    enum feed_result result;
    struct daybook_error error;
};

struct nats {
    const struct feed_settings *settings;
    natsConnection *connection;
    jsCtx *stream;
    uint64_t last; /* The stream's sequence of its last message; 0 = it never had one. */
    struct trouble trouble;
};

static enum feed_result say_status(natsStatus status, const char *what, struct daybook_error *error) {
    enum feed_result result;
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED:
    case NATS_SSL_ERROR:
    case NATS_INVALID_ARG:
    case NATS_INVALID_SUBJECT:
    case NATS_ADDRESS_MISSING:
    case NATS_MAX_PAYLOAD:
    case NATS_NO_SERVER_SUPPORT:
    case NATS_NO_MEMORY:
        result = FEED_REFUSED;
        break;
    default:
        result = FEED_AWAY;
    }
    return feed_say(error, result, "%s: %s", what, natsStatus_GetText(status));
}

/* What passes by itself: a cluster without a leader, or a sequence that has moved (another message came in, or an
 * earlier one of ours did not). Looking at the stream again says which. */
static bool is_passing(jsErrCode code) {
    return code == JSClusterNotAvailErr || code == JSClusterNotLeaderErr || code == JSClusterNotActiveErr ||
           code == JSStreamWrongLastSequenceErr || code == JSInsufficientResourcesErr;
}

static enum feed_result say_stream(natsStatus status, jsErrCode code, const char *what, struct daybook_error *error) {
    if (code == 0) {
        return say_status(status, what, error);
    }
    const char *more = nats_GetLastError(NULL);
    return feed_say(error, is_passing(code) ? FEED_AWAY : FEED_REFUSED, _("%s: JetStream says %d, %s"), what, (int)code,
                    more == NULL ? natsStatus_GetText(status) : more);
}

/* ---- the connection ---- */

static void note(struct nats *nats, enum feed_result result, const struct daybook_error *error) {
    pthread_mutex_lock(&nats->trouble.lock);
    if (nats->trouble.result == FEED_DONE) {
        nats->trouble.result = result;
        nats->trouble.error = *error;
    }
    pthread_mutex_unlock(&nats->trouble.lock);
}

/* A duplicate was acknowledged and not stored: an event of that id was in the stream a moment ago and is there no
 * more. It can be sent when the stream has forgotten the id. */
static void take_answer(jsCtx *stream, natsMsg *message, jsPubAck *answer, jsPubAckErr *refusal, void *context) {
    struct nats *nats = context;
    struct daybook_error error;
    (void)stream;
    if (refusal != NULL) {
        enum feed_result result = FEED_AWAY;
        if (refusal->ErrCode != 0) {
            result = is_passing(refusal->ErrCode) ? FEED_AWAY : FEED_REFUSED;
        } else if (refusal->Err == NATS_NOT_PERMITTED) {
            result = FEED_REFUSED;
        }
        note(nats,
             feed_say(&error, result, _("a message was not stored: %s (%d)"),
                      refusal->ErrText == NULL ? natsStatus_GetText(refusal->Err) : refusal->ErrText,
                      (int)refusal->ErrCode),
             &error);
    } else if (answer != NULL && answer->Duplicate) {
        note(nats, feed_say(&error, FEED_AWAY, "%s", _("a message was taken for one that the stream had before")),
             &error);
    }
    natsMsg_Destroy(message);
}

static void disconnect(void *target) {
    struct nats *nats = target;
    jsCtx_Destroy(nats->stream);
    natsConnection_Destroy(nats->connection);
    nats->stream = NULL;
    nats->connection = NULL;
}

static void close_target(void *target) {
    struct nats *nats = target;
    if (nats != NULL) {
        disconnect(nats);
        pthread_mutex_destroy(&nats->trouble.lock);
        free(nats);
        nats_Close();
    }
}

static enum daybook_status check_url(const char *url, struct daybook_error *error) {
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    const char *at = strchr(host, '@');
    return at == NULL ? DAYBOOK_OK
                      : daybook_fail(error, DAYBOOK_INVALID, "%s",
                                     _("--url: a password or token does not belong on a command line; name a file "
                                       "with --credentials"));
}

static enum daybook_status open_target(const struct feed_settings *settings, void **target,
                                       struct daybook_error *error) {
    *target = NULL;
    if (settings->url != NULL) {
        DAYBOOK_TRY(check_url(settings->url, error));
    }
    struct nats *nats = calloc(1, sizeof *nats);
    if (nats == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("feeding NATS: memory was refused"));
    }
    nats->settings = settings;
    pthread_mutex_init(&nats->trouble.lock, NULL);
    *target = nats;
    return DAYBOOK_OK;
}

/* The frame reconnects, because it must look where to go on: the client itself does not. */
static natsStatus set_options(const struct feed_settings *settings, natsOptions *options) {
    natsStatus status = natsOptions_SetURL(options, settings->url);
    if (status == NATS_OK) {
        status = natsOptions_SetName(options, "daybook feed");
    }
    if (status == NATS_OK) {
        status = natsOptions_SetTimeout(options, (int64_t)feed_patience_ms(settings, CONNECT_MS));
    }
    if (status == NATS_OK) {
        status = natsOptions_SetAllowReconnect(options, false);
    }
    if (status == NATS_OK && settings->credentials != NULL) {
        status = natsOptions_SetUserCredentialsFromFiles(options, settings->credentials, NULL);
    }
    return status;
}

static enum feed_result reach(struct nats *nats, struct daybook_error *error) {
    natsOptions *options = NULL;
    jsOptions how;
    natsStatus status = natsOptions_Create(&options);
    if (status == NATS_OK) {
        status = set_options(nats->settings, options);
    }
    if (status == NATS_OK) {
        status = natsConnection_Connect(&nats->connection, options);
    }
    natsOptions_Destroy(options);
    if (status != NATS_OK) {
        return say_status(status, _("connecting"), error);
    }
    (void)jsOptions_Init(&how);
    how.Wait = ANSWER_MS;
    how.PublishAsync.MaxPending = FEED_BATCH_MAX;
    how.PublishAsync.AckHandler = take_answer;
    how.PublishAsync.AckHandlerClosure = nats;
    status = natsConnection_JetStream(&nats->stream, nats->connection, &how);
    return status == NATS_OK ? FEED_DONE : say_status(status, _("opening JetStream"), error);
}

/* ---- the stream ---- */

static enum feed_result make_stream(struct nats *nats, struct daybook_error *error) {
    jsStreamConfig config;
    jsErrCode code = 0;
    char subject[SUBJECT_SIZE];
    const char *subjects[] = {subject};
    (void)snprintf(subject, sizeof subject, "%s.>", nats->settings->stream);
    (void)jsStreamConfig_Init(&config);
    config.Name = nats->settings->stream;
    config.Description = "Fed by daybook: one message an event";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    natsStatus status = js_AddStream(NULL, nats->stream, &config, NULL, &code);
    return status == NATS_OK ? FEED_DONE : say_stream(status, code, _("making the stream"), error);
}

/* Borrowed from the message; "" where it has no such header. */
static const char *header(natsMsg *message, const char *name) {
    const char *value = NULL;
    return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != NULL ? value : "";
}

static enum feed_result read_position(natsMsg *message, struct feed_position *position, struct daybook_error *error) {
    uint64_t recorded_at_us = 0;
    const char *id = header(message, "Nats-Msg-Id");
    const char *recorded_at = header(message, HEADER_RECORDED_AT);
    const char *ledger = header(message, HEADER_LEDGER);
    if (strlen(ledger) != FEED_LEDGER_SIZE - 1 || !feed_read_number(id, strlen(id), &position->sequence) ||
        !feed_read_number(recorded_at, strlen(recorded_at), &recorded_at_us)) {
        return feed_say(error, FEED_REFUSED, "%s",
                        _("the stream's last message was not sent by a feed; a feed needs a stream of its own"));
    }
    position->is_known = true;
    position->last_sequence = position->sequence;
    position->last_recorded_at_us = (int64_t)recorded_at_us;
    (void)snprintf(position->ledger, sizeof position->ledger, "%s", ledger);
    return FEED_DONE;
}

static enum feed_result find_position(struct nats *nats, struct feed_position *position, struct daybook_error *error) {
    const char *name = nats->settings->stream;
    jsStreamInfo *info = NULL;
    natsMsg *message = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetStreamInfo(&info, nats->stream, name, NULL, &code);
    if (code == JSStreamNotFoundErr) {
        nats->last = 0;
        return make_stream(nats, error);
    }
    if (status != NATS_OK) {
        return say_stream(status, code, _("looking at the stream"), error);
    }
    nats->last = info->State.LastSeq;
    position->is_lost = info->State.Msgs == 0 && nats->last > 0;
    bool is_empty = info->State.Msgs == 0;
    jsStreamInfo_Destroy(info);
    if (is_empty) {
        return FEED_DONE;
    }
    status = js_GetMsg(&message, nats->stream, name, nats->last, NULL, &code);
    if (status != NATS_OK) {
        return say_stream(status, code, _("reading the stream's last message"), error);
    }
    enum feed_result result = read_position(message, position, error);
    natsMsg_Destroy(message);
    return result;
}

static enum feed_result connect_target(void *target, struct feed_position *position, struct daybook_error *error) {
    struct nats *nats = target;
    enum feed_result result = reach(nats, error);
    return result == FEED_DONE ? find_position(nats, position, error) : result;
}

/* ---- sending ---- */

static natsStatus make_message(const struct nats *nats, const struct feed_event *event, natsMsg **message) {
    char subject[SUBJECT_SIZE];
    char recorded_at[32];
    (void)snprintf(subject, sizeof subject, "%s.%s", nats->settings->stream, event->kind);
    (void)snprintf(recorded_at, sizeof recorded_at, "%" PRId64, event->item->event->recorded_at_us);
    natsStatus status =
        natsMsg_Create(message, subject, NULL, (const char *)event->payload.data, (int)event->payload.size);
    if (status == NATS_OK) {
        status = natsMsgHeader_Set(*message, HEADER_LEDGER, nats->settings->ledger);
    }
    if (status == NATS_OK) {
        status = natsMsgHeader_Set(*message, HEADER_RECORDED_AT, recorded_at);
    }
    return status;
}

/* `behind` is the stream's sequence that the message must follow. */
static natsStatus publish(struct nats *nats, const struct feed_event *event, uint64_t behind) {
    natsMsg *message = NULL;
    jsPubOptions options;
    char id[32];
    (void)snprintf(id, sizeof id, "%" PRIu64, event->item->sequence);
    (void)jsPubOptions_Init(&options);
    options.MsgId = id;
    options.ExpectStream = nats->settings->stream;
    options.ExpectLastSeq = behind;
    options.ExpectNoMessage = behind == 0;
    natsStatus status = make_message(nats, event, &message);
    if (status == NATS_OK) {
        status = js_PublishMsgAsync(nats->stream, &message, &options);
    }
    natsMsg_Destroy(message);
    return status;
}

static enum feed_result take_trouble(struct nats *nats, struct daybook_error *error) {
    pthread_mutex_lock(&nats->trouble.lock);
    enum feed_result result = nats->trouble.result;
    if (result != FEED_DONE) {
        *error = nats->trouble.error;
        nats->trouble.result = FEED_DONE;
    }
    pthread_mutex_unlock(&nats->trouble.lock);
    return result;
}

static enum feed_result send_events(void *target, const struct feed_event *events, size_t count, size_t *stored,
                                    struct daybook_error *error) {
    struct nats *nats = target;
    jsPubOptions options;
    natsStatus status = NATS_OK;
    (void)take_trouble(nats, error); /* Of a connection that is gone. */
    for (size_t i = 0; status == NATS_OK && i < count; i++) {
        status = publish(nats, &events[i], nats->last + i);
    }
    if (status != NATS_OK) {
        return say_status(status, _("sending"), error);
    }
    (void)jsPubOptions_Init(&options);
    options.MaxWait = ANSWER_MS;
    status = js_PublishAsyncComplete(nats->stream, &options);
    enum feed_result result = take_trouble(nats, error);
    if (result != FEED_DONE) {
        return result;
    }
    if (status != NATS_OK) {
        return say_status(status, _("waiting for the stream to store events"), error);
    }
    nats->last += count;
    *stored = count;
    return FEED_DONE;
}

const struct feed_driver feed_nats = {
    .name = "nats",
    .default_url = "nats://127.0.0.1:4222",
    .open = open_target,
    .connect = connect_target,
    .send = send_events,
    .disconnect = disconnect,
    .close = close_target,
};
