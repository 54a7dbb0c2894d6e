/*
 * Where connections come in: the first loop accepts them, and each goes to the
 * loop that has the fewest. Ports shared by SO_REUSEPORT would be dealt out by
 * a hash, which is uneven where connections are few and live long.
 */
#ifndef DAYBOOK_TOOLS_SERVE_DOOR_H
#define DAYBOOK_TOOLS_SERVE_DOOR_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

struct server;

struct door {
    struct server *server;
    int fd; /* That is listened on; -1 = closed. */
    uv_poll_t poll;
    bool is_polled;
    bool has_complained; /* Of an accept that failed; since the last that did not. */
};

/* Listens, and accepts as soon as the first loop runs. INVALID: no address, or one that may not be listened on. */
DAYBOOK_MUST_USE enum daybook_status door_open(struct door *door, struct server *server, struct daybook_error *error);
void door_close(struct door *door); /* Accepts one that is closed. Its handle goes with the loop. */

/* Accepts again where that was given up for a while: at the limit of connections, or without descriptors. */
void door_tick(struct door *door);

#endif
