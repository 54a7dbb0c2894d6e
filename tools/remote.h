/*
 * A ledger behind a server: the questions and submissions of the commands go
 * over HTTP (Connect, protobuf), and come back as the same messages, answers
 * and errors that the ledger itself would give.
 */
#ifndef DAYBOOK_TOOLS_REMOTE_H
#define DAYBOOK_TOOLS_REMOTE_H

#include "base/arena.h"
#include "daybook.h"

struct remote; /* One thread. */

/* One message of a stream; borrowed during the call. What it returns ends the stream. */
typedef enum daybook_status remote_take(void *context, struct daybook_bytes message, struct daybook_error *error);

/* How a server is spoken to. There is one way, HTTP; the program that starts quickly has none (quick_main.c). */
struct remote_way {
    enum daybook_status (*open)(const char *url, const char *token, struct remote **remote,
                                struct daybook_error *error);
    void (*close)(struct remote *remote);
    enum daybook_status (*config)(struct remote *remote, const Pb__LedgerConfig **config, struct daybook_error *error);
    enum daybook_status (*ask)(struct remote *remote, const Pb__Query *query, struct arena *arena,
                               ProtobufCMessage **answer, struct daybook_error *error);
    enum daybook_status (*call)(struct remote *remote, const ProtobufCMessage *message, struct arena *arena,
                                ProtobufCMessage **answer, struct daybook_error *error);
    bool (*is_away)(const struct remote *remote);
    bool (*is_stream)(const struct remote *remote, const ProtobufCMessage *message);
    enum daybook_status (*stream)(struct remote *remote, const ProtobufCMessage *message, remote_take *take,
                                  void *context, struct daybook_error *error);
    enum daybook_status (*submit)(struct remote *remote, struct daybook_submission *submission,
                                  struct daybook_error *error);
};
extern const struct remote_way remote_http;

/* What every remote begins with. */
struct remote_base {
    const struct remote_way *way;
};

static inline const struct remote_way *remote_way_of(const struct remote *remote) {
    return ((const struct remote_base *)(const void *)remote)->way;
}

/* "http://127.0.0.1:7420", "https://books.example:7420"; `token` NULL: none is sent. Connects at the first question.
 * INVALID: no such URL. */
DAYBOOK_MUST_USE static inline enum daybook_status remote_open(const struct remote_way *way, const char *url,
                                                               const char *token, struct remote **remote,
                                                               struct daybook_error *error) {
    return way->open(url, token, remote, error);
}

static inline void remote_close(struct remote *remote) { /* Accepts NULL. */
    if (remote != NULL) {
        remote_way_of(remote)->close(remote);
    }
}

/* The configuration of the ledger that it serves; borrowed until close. */
DAYBOOK_MUST_USE static inline enum daybook_status remote_config(struct remote *remote, const Pb__LedgerConfig **config,
                                                                 struct daybook_error *error) {
    return remote_way_of(remote)->config(remote, config, error);
}

/* query_run over there; the answer lives in `arena`. */
DAYBOOK_MUST_USE static inline enum daybook_status remote_ask(struct remote *remote, const Pb__Query *query,
                                                              struct arena *arena, ProtobufCMessage **answer,
                                                              struct daybook_error *error) {
    return remote_way_of(remote)->ask(remote, query, arena, answer, error);
}

/* Any other call of the schema: the one that takes such a message. */
DAYBOOK_MUST_USE static inline enum daybook_status remote_call(struct remote *remote, const ProtobufCMessage *message,
                                                               struct arena *arena, ProtobufCMessage **answer,
                                                               struct daybook_error *error) {
    return remote_way_of(remote)->call(remote, message, arena, answer, error);
}

/* Whether the last call failed because the server could not be reached, or not now: waiting may mend it. */
static inline bool remote_is_away(const struct remote *remote) {
    return remote_way_of(remote)->is_away(remote);
}

/* Whether the answer to such a message is a stream. */
static inline bool remote_is_stream(const struct remote *remote, const ProtobufCMessage *message) {
    return remote_way_of(remote)->is_stream(remote, message);
}

/* A call that answers with a stream: takes one message after the other, until the server ends it. Nothing but one
 * message is held. STOPPED: interrupted (progress.h). */
DAYBOOK_MUST_USE static inline enum daybook_status remote_stream(struct remote *remote, const ProtobufCMessage *message,
                                                                 remote_take *take, void *context,
                                                                 struct daybook_error *error) {
    return remote_way_of(remote)->stream(remote, message, take, context, error);
}

/* Submits over there, and fills the submission's answers: empty unless OK. What is too large for one call goes in
 * several, but for a group. */
DAYBOOK_MUST_USE static inline enum daybook_status remote_submit(struct remote *remote,
                                                                 struct daybook_submission *submission,
                                                                 struct daybook_error *error) {
    return remote_way_of(remote)->submit(remote, submission, error);
}

#endif
