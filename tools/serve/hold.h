/*
 * Calls that wait for a worker. Suspending a connection takes its descriptor
 * out of epoll and puts it back, which is a fifth of what the loop does for a
 * charge. Most wait for a millisecond, so:
 *
 *   HO1  A call is held first: libmicrohttpd asks for its answer in each of its
 *        turns, in vain until it is there.
 *   HO2  At most HELD_MAX of a loop are held, since each turn asks all of them,
 *        and none longer than HELD_TICKS; the others are suspended. Over TLS
 *        all are: there libmicrohttpd cannot tell us when it has more to do.
 *
 * The loop's thread.
 */
#ifndef DAYBOOK_TOOLS_SERVE_HOLD_H
#define DAYBOOK_TOOLS_SERVE_HOLD_H

#include "tools/serve/call.h"

enum { HELD_MAX = 64, HELD_TICKS = 2 };

/* The call has no answer yet. In libmicrohttpd's handler. */
void hold_wait(struct call *call);

/* It has one: libmicrohttpd asks for it in its next turn. */
void hold_resume(struct call *call);

/* Its connection ends; accepts a call that is not held. */
void hold_end(struct call *call);

#endif
