/*
 * Requests before their turn: decoded, sealed and digested some windows ahead of the leader that decides them.
 *
 *   RA1  Windows come in the order of the requests, and what stands in them is the same whether the thread has read
 *        them or the leader itself.
 *   RA2  Behind an erasure nothing is sealed ahead: which key a customer has then shows when the erasure is decided.
 *   RA3  Between read_ahead_end and the next read_ahead_begin nothing of any submission is looked at.
 *
 * Long lists of requests are read by a thread, which runs while the leader decides; short ones by the leader, who would
 * wait longer for the thread to wake. The deciding leader alone calls what is here.
 */
#ifndef DAYBOOK_READ_AHEAD_H
#define DAYBOOK_READ_AHEAD_H

#include "daybook.h"
#include "domain/state.h"
#include "personal.h"

/* A request that was read, before its turn to be decided. */
struct prepared {
    Pb__Request *request;            /* In the window's arena; NULL: it is refused before it is decided. */
    struct personal_refusal refusal; /* Why; in the arena of the window or of sealing. */
    bool is_unsealed;                /* It is sealed when its turn comes, and has no digest until then (RA2). */
    bool is_dry;
    uint64_t digest;
    struct state_hint hint;
};

enum { WINDOW_REQUESTS = 64 };
struct request_window {
    struct prepared requests[WINDOW_REQUESTS];
    size_t count;
    struct arena arena;
    enum daybook_status status; /* NO_MEMORY: for the first one already. */
};

struct read_ahead;

struct read_ahead *read_ahead_open(struct personal *personal); /* Borrows it. NULL: memory was refused. */
void read_ahead_close(struct read_ahead *ahead);               /* Accepts NULL. */

/* From the submission's first request on; borrows it until the end. */
void read_ahead_begin(struct read_ahead *ahead, const struct daybook_submission *submission);
void read_ahead_end(struct read_ahead *ahead);

/* The next requests, at least one: there must be more. Borrowed until the next call. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status read_ahead_next(struct read_ahead *ahead, struct request_window **window,
                                                     struct daybook_error *error);

/* The request that is `index` behind the first one of that window; NULL: it has not been read yet, or there is none. */
struct prepared *read_ahead_peek(struct read_ahead *ahead, size_t index);

#endif
