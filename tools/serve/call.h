/*
 * One HTTP request while it lasts: read, dispatched, answered.
 *
 *   CL1  Everything of a call belongs to its loop's thread, but what a worker
 *        was handed (body, message, reply, follower) between handing over and
 *        the inbox.
 *   CL2  Every call that was read is answered: by its result, or by an error.
 *   CL3  A call whose client has gone, or whose time was up, is freed only
 *        when its worker has given it back.
 */
#ifndef DAYBOOK_TOOLS_SERVE_CALL_H
#define DAYBOOK_TOOLS_SERVE_CALL_H

#include <microhttpd.h>

#include "tools/serve/authorise.h"
#include "tools/serve/connect.h"
#include "tools/serve/method.h"

struct server;
struct loop;
struct peer;
struct follower;
struct job_stream;
struct page;

struct reply {
    enum connect_code code;
    unsigned http;           /* 0 = the code's. */
    const char *type;        /* A constant. */
    const char *header_name; /* One more header; NULL = none. Constants. */
    const char *header_value;
    unsigned retry_after_s; /* 0 = not said. */
    struct daybook_buffer bytes;
    bool is_gzip;
    bool closes; /* The connection, after it. */
};

enum call_stage { CALL_READING, CALL_WORKING, CALL_READY, CALL_STREAMING, CALL_SENT };

struct call {
    struct server *server;
    struct loop *loop; /* Whose connection it came by. */
    struct MHD_Connection *connection;
    struct peer *peer;
    struct call *next;          /* In a queue: of the gatherer, of the crew, of the inbox. */
    struct call *previous_open; /* In the loop's list of calls. */
    struct call *next_open;
    enum call_stage stage;
    bool is_with_worker;
    bool is_held; /* CALL_WORKING, and its connection is not suspended (hold.h). */
    uint64_t held_since_tick;
    bool is_given_up;  /* Its time was up: `late` is the answer, whatever the worker finds. */
    bool is_abandoned; /* Its client has gone: freed when the worker gives it back. */

    const struct method *method; /* NULL: a page, or nothing that there is. */
    const struct page *page;
    struct identity identity;
    struct connect_content content;
    bool accepts_gzip;
    bool needs_gzip; /* However short the answer is. */
    bool is_gzip_body;
    bool is_get; /* Or HEAD, which is answered likewise; libmicrohttpd leaves the body out. */
    bool is_head;
    bool has_no_end; /* Where its body ends is not said, or twice: it is answered without it. */
    uint64_t start_ns;
    uint64_t deadline_ns;     /* 0 = none. */
    uint64_t announced_bytes; /* Content-Length, 0 without one. */
    uint64_t heard_at_tick;   /* When the last piece of its body came. */
    struct daybook_buffer body;
    struct daybook_bytes message;                         /* What the body carries: in it. */
    void (*work)(struct call *call, struct arena *arena); /* What the crew runs. */
    struct follower *follower;
    struct job_stream *job;
    struct reply reply; /* Of whoever holds the call. */
    struct reply late;  /* The loop's. */
};

/* For MHD; the context is the loop. */
enum MHD_Result call_handle(void *context, struct MHD_Connection *connection, const char *url, const char *verb,
                            const char *version, const char *upload, size_t *upload_size, void **state);
void call_completed(void *context, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode why);

/* What a worker has given back: answered, or freed where nobody waits. The loop's thread. */
void call_return(struct call *call);

/* Answers a call that is at work (CALL_WORKING) now, without its worker. The loop's thread. */
void call_give_up(struct call *call, enum connect_code code, const char *message);

/* Fills the reply: the message, or an error. Whoever holds the call. */
void call_answer(struct call *call, const ProtobufCMessage *message);
void call_fail(struct call *call, enum connect_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void call_fail_with(struct call *call, const struct daybook_error *error);
void call_refuse(struct call *call, const Pb__Refusal *refusal);

#endif
