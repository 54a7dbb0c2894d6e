/* What the files of the writer share; nobody else includes it. */
#ifndef DAYBOOK_WRITER_INSIDE_H
#define DAYBOOK_WRITER_INSIDE_H

#include <pthread.h>

#include "caller.h"
#include "personal.h"
#include "read_ahead.h"
#include "refusal_log.h"
#include "state_keeper.h"
#include "writer.h"

enum { WRITER_SLOTS = 2 /* One batch being decided, one being appended. */ };

/* A thread that appends for a leader who has more to decide. It is started when it is first needed. */
struct appender {
    pthread_t thread;
    pthread_cond_t called;
    bool is_started;
    bool is_called; /* There is a slot to be appended. */
    bool is_closing;
    unsigned slot;
    struct submission *list; /* Who waits for it. */
};

/* How far a leader has come with its list. */
struct progress {
    struct submission *at; /* NULL: all is decided. */
    size_t next;           /* Of its requests. */
};

struct writer {
    struct journal *journal;
    struct journal_reader *reader; /* The deciding leader's. */
    struct state_store *state_store;
    struct state *state;
    struct control books;       /* Of the events that were decided. */
    struct state_keeper keeper; /* The deciding leader's. */
    struct decider *decider;
    struct personal *personal;
    struct refusal_log *refusals; /* The deciding leader's. */
    struct daybook_clock clock;
    struct writer_options options;

    pthread_mutex_t lock;     /* Guards what follows, down to the next blank line. */
    pthread_cond_t appended;  /* Nobody is appending any more: who decides and has a full slot may. */
    struct submission *first; /* Waiting, oldest first. */
    struct submission **last;
    struct submission *decided; /* What they asked is in the slot that is open, and waits to be appended. */
    struct submission **decided_last;
    bool is_deciding;
    bool is_appending;
    int64_t since_us[WRITER_SLOTS]; /* No event of the slot is earlier; 0 = all of it is in the journal. */
    struct appender appender;
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
    struct read_ahead *ahead;
    uint64_t next_sequence;
    int64_t last_recorded_at_us;
    bool is_doubtful; /* While opening: the checkpoint and the journal do not fit. */
};

/* Folds what the journal has behind the state's checkpoint. */
DAYBOOK_MUST_USE enum daybook_status writer_catch_up(struct writer *writer, struct daybook_error *error);

/* Nothing may be under way. */
void writer_stop_appender(struct writer *writer);

/* Decides what follows of the list that is being read ahead, until it ends or the slot has about as many events as are
 * worth a commit of their own. A failing world ends it for all that follow. */
DAYBOOK_MUST_USE enum daybook_status writer_decide_some(struct writer *writer, struct progress *progress,
                                                        uint64_t durable, struct daybook_error *error);

#endif
