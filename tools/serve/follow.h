/*
 * Followers: streams of events from a sequence on, as Connect's envelopes or as
 * Server-Sent Events.
 *
 *   FW1  A follower reads only when its client has taken what was read before:
 *        what it holds is bounded by one reading.
 *   FW2  Items come in the order of sequences, each once. Whoever goes on from
 *        the last item's sequence plus one misses nothing and sees nothing twice.
 */
#ifndef DAYBOOK_TOOLS_SERVE_FOLLOW_H
#define DAYBOOK_TOOLS_SERVE_FOLLOW_H

#include "tools/serve/call.h"

/* Begins a stream: sets the call's stage, or its reply to an error. */
void follow_begin(struct call *call);
/* The same from a query: from_sequence, customer, currency, kind; Last-Event-ID goes before from_sequence. */
void follow_begin_sse(struct call *call);

/* The response that reads from the follower; NULL: memory was refused. */
struct MHD_Response *follow_response(struct call *call);

/* A worker has read for it. */
void follow_resume(struct call *call);

/* Looks after the loop's followers: new events, heartbeats, the end when the server drains. The loop's thread. */
void follow_tick(struct loop *loop);

void follow_leave(struct call *call); /* Its client has gone; accepts a call that follows nothing. */
void follow_close(struct call *call); /* Frees it; likewise. */

#endif
