/* The connections of a loop, and which of them are idle. The loop's thread. */
#ifndef DAYBOOK_TOOLS_SERVE_PEER_H
#define DAYBOOK_TOOLS_SERVE_PEER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/serve/gate.h"

struct loop;
struct certificate;

/* One connection. */
struct peer {
    struct peer *previous; /* Among the idle ones. */
    struct peer *next;
    struct MHD_Connection *connection;
    uint64_t idle_since_ns; /* 0 = it is being answered. */
    bool is_loopback;
    uint64_t address; /* Stands for the caller's, without its port. */
    struct gate_pass pass;
    struct certificate *certificate; /* Over TLS: what it was shown. */
};

struct peers {
    struct peer *idle_first; /* Longest idle first. */
    struct peer *idle_last;
    struct peer *idle_next; /* The one to be looked at next for a client that has gone. */
    uint64_t opened_count;
};

/* For MHD; the context is the loop. */
void peer_changed(void *context, struct MHD_Connection *connection, void **state,
                  enum MHD_ConnectionNotificationCode what);

/* A connection that is not being answered is idle from now on; and no longer. */
void peer_mark_idle(struct peers *peers, struct peer *peer);
void peer_mark_busy(struct peers *peers, struct peer *peer);

/* Nothing more is read from it, so it ends when it has been answered. */
void peer_end_reading(struct MHD_Connection *connection);
void peer_end_if_gone(struct MHD_Connection *connection);

/* Ends it, also where libmicrohttpd does not read from it. */
void peer_end(struct MHD_Connection *connection);

/* Something has come that was not read yet. */
bool peer_has_more(struct MHD_Connection *connection);

/* Looks at some of the idle ones for clients that have gone without a word. */
void peers_look_for_gone(struct peers *peers, uint64_t now_ns);

/* Ends those that have been idle for so long. */
void peers_close_idle(struct peers *peers, uint64_t now_ns, uint64_t limit_ns);

#endif
