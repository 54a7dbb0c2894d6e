/*
 * Requests before their turn: decoded, sealed and digested some windows ahead of the leader that decides them.
 *
 *   RA1  Requests come in the order of the list, and what stands of them is the same whether the thread has read them
 *        or the leader itself.
 *   RA2  Behind an erasure nothing is sealed ahead: which key a customer has then shows when the erasure is decided.
 *   RA3  Between read_ahead_end and the next read_ahead_begin nothing of any submission is looked at.
 *
 * Long lists of requests are read by a thread, which runs while the leader decides; short ones by the leader, who would
 * wait longer for the thread to wake. Many callers with one request each are read together as one with many is, so that
 * memory is fetched ahead for them, too. The deciding leader alone calls what is here.
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

/* What a caller came with, in the writer's queue. Whoever comes with many waits once for all of them. */
struct submission {
    struct submission *next;
    struct daybook_submission *asked;
    struct caller *caller;
};

struct read_ahead;

struct read_ahead *read_ahead_open(struct personal *personal); /* Borrows it. NULL: memory was refused. */
void read_ahead_close(struct read_ahead *ahead);               /* Accepts NULL. */

/* From the first request of the list on; borrows it until the end. */
void read_ahead_begin(struct read_ahead *ahead, const struct submission *list);
void read_ahead_end(struct read_ahead *ahead);

/* The next request: there must be one. Borrowed until the next call. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status read_ahead_next(struct read_ahead *ahead, struct prepared **prepared,
                                                     struct daybook_error *error);

/* Seals one that is unsealed, now that its turn has come, and makes its digest. What refuses it is borrowed until the
 * next call of this. */
DAYBOOK_MUST_USE enum daybook_status read_ahead_seal(struct read_ahead *ahead, struct prepared *prepared,
                                                     struct daybook_error *error);

/* The request that is `index` behind that one, and *count from it on that stand side by side; NULL and 0: it has not
 * been read yet, or there is none. */
struct prepared *read_ahead_peek(struct read_ahead *ahead, size_t index, size_t *count);

#endif
