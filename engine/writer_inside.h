/* What the two halves of the writer share: deciding (writer.c), and queueing and appending (writer_queue.c). */
#ifndef DAYBOOK_WRITER_INSIDE_H
#define DAYBOOK_WRITER_INSIDE_H

#include <pthread.h>

#include "base/arena.h"
#include "state_keeper.h"
#include "writer.h"

enum { WRITER_SLOTS = 2 /* One batch being decided, one being appended. */ };

/* One call, on its caller's stack. Whoever comes with many waits once for all of them. */
struct caller {
    size_t pending_count;
    pthread_cond_t turn; /* All are done, or one is first in the queue with nobody deciding. */
};

/* What a caller came with, in the queue. */
struct submission {
    struct submission *next;
    struct daybook_submission *asked;
    struct caller *caller;
};

struct writer {
    struct journal *journal;
    struct journal_reader *reader; /* The deciding leader's. */
    struct state_store *state_store;
    struct state *state;
    struct control books;       /* Of the events that were decided. */
    struct state_keeper keeper; /* The deciding leader's. */
    struct decider *decider;
    struct daybook_clock clock;
    struct writer_options options;

    pthread_mutex_t lock;     /* Guards what follows, down to the next blank line. */
    pthread_cond_t appended;  /* Nobody is appending any more: the one leader behind may. */
    struct submission *first; /* Waiting, oldest first. */
    struct submission **last;
    bool is_deciding;
    bool is_appending;
    uint64_t durable_sequence;
    enum daybook_status failed; /* W3 */
    struct daybook_error failure;
    struct commit_figures figures;
    uint64_t checked_through; /* The books and the rows agreed there. */

    /* The deciding leader's. */
    struct event_batch slots[WRITER_SLOTS];
    unsigned slot;
    struct event_span *spans[WRITER_SLOTS];
    int64_t *instants[WRITER_SLOTS];
    size_t span_capacity[WRITER_SLOTS];
    struct arena request_arena;
    uint64_t next_sequence;
    int64_t last_recorded_at_us;
};

/* Decides every submission of the list into the current slot; a failing world ends it for all that follow.
 * `durable`: what the journal holds. The deciding leader's. */
DAYBOOK_MUST_USE enum daybook_status writer_decide(struct writer *writer, struct submission *list, uint64_t durable,
                                                   struct daybook_error *error);

#endif
