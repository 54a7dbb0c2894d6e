/*
 * Feeds: the events of a ledger, each with its customer's balance after it, in
 * another system.
 *
 *   FD1  The target alone knows how far it is: its position is read from it on
 *        every connection, and no file of ours remembers it.
 *   FD2  An event arrives once. What was sent and not acknowledged is looked for
 *        in the target before it is sent again.
 *   FD3  A target that is away is waited for, and so is a server that was there
 *        when the feed began; but not for ever before it was reached once. A
 *        target that refuses stops the feed with the event's sequence;
 *        everything before it is there, and nothing after it.
 *   FD4  A payload depends on its event and those before it, never on when it was
 *        sent.
 *
 *   FD5  An interrupt ends a feed within a second or two, whatever the target's
 *        library waits for (parting.h).
 *
 * One thread, beside the one that watches for FD5. The ledger is read beside its
 * writer, and nothing is appended.
 */
#ifndef DAYBOOK_TOOLS_FEED_FEED_H
#define DAYBOOK_TOOLS_FEED_FEED_H

#include "daybook.h"
#include "daybook/v1/service.pb-c.h"
#include "tools/feed/source.h"

enum { FEED_LEDGER_SIZE = 33, FEED_BATCH_MAX = 1000 };

/* How it went with the target; the error says more of what is not DONE. */
enum feed_result {
    FEED_DONE,
    FEED_AWAY,    /* Cannot be reached, or not now: try again later. */
    FEED_REFUSED, /* It answers, and says no: trying again is of no use. */
};

/* What the command line said; borrowed. NULL = not given. */
struct feed_settings {
    const char *url;
    const char *topic;             /* Kafka */
    const char *properties;        /* Kafka: a file of librdkafka's properties. */
    const char *stream;            /* NATS */
    const char *credentials;       /* NATS: a file. */
    const char *schema;            /* PostgreSQL */
    uint64_t from;                 /* The first event where the target has no position; 0 = 1. */
    bool is_binary;                /* Payloads are protobuf, not JSON. */
    bool is_once;                  /* Ends at the head. */
    uint64_t wait_ms;              /* For a target that is away; 0 = for ever. */
    uint64_t first_wait_ms;        /* The same for a target that was never reached: its address may be wrong. */
    uint64_t interval_ms;          /* Between two lines of the log. */
    char ledger[FEED_LEDGER_SIZE]; /* Its id in hexadecimal digits. */
};

/* One event on its way; borrowed until send returns. */
struct feed_event {
    const Pb__FollowItem *item;
    const char *kind; /* "charge_posted" */
    struct daybook_bytes payload;
};

/* How far a target is, in its own words. */
struct feed_position {
    bool is_known;                 /* False: nothing was fed to it yet. */
    bool is_lost;                  /* Something was, but it is gone: retention took the last of it. */
    uint64_t sequence;             /* Every event up to it is there. */
    uint64_t last_sequence;        /* The last event that is there; >= sequence. */
    int64_t last_recorded_at_us;   /* Of that event; 0 = not kept. */
    char ledger[FEED_LEDGER_SIZE]; /* Whose events they are. */
};

/*
 * One kind of target. `open` reaches no network. After AWAY or REFUSED from
 * connect or send the frame calls disconnect, which accepts any state; whatever
 * arrived of a batch that failed is found by the next connect.
 */
struct feed_driver {
    const char *name;        /* "postgres" */
    const char *default_url; /* Taken without --url; NULL: its library knows one. */
    enum daybook_status (*open)(const struct feed_settings *settings, void **target, struct daybook_error *error);
    enum feed_result (*connect)(void *target, struct feed_position *position, struct daybook_error *error);
    /* DONE: all of them are there, and will survive what the target promises to survive. *stored is how many of them
     * were not there before. */
    enum feed_result (*send)(void *target, const struct feed_event *events, size_t count, size_t *stored,
                             struct daybook_error *error);
    void (*disconnect)(void *target);
    void (*close)(void *target); /* Accepts NULL. */
};

extern const struct feed_driver feed_postgres;
extern const struct feed_driver feed_nats;
extern const struct feed_driver feed_kafka;

/* What a run did. */
struct feed_summary {
    bool is_known;     /* The target was reached; else nobody knows its position. */
    uint64_t fed;      /* Events. */
    uint64_t position; /* The last event that is there. */
    uint64_t head;
};

struct feed_parting;

/* Feeds until it is interrupted, or to the head with is_once. IO: the target refused, or was away for too long;
 * STOPPED: interrupted before the head with is_once. `parting` has begun, and learns how far it is. */
DAYBOOK_MUST_USE enum daybook_status feed_run(const struct feed_source *source, const struct feed_driver *driver,
                                              const struct feed_settings *settings, struct feed_parting *parting,
                                              struct feed_summary *summary, struct daybook_error *error);

/* Of a run with is_once that was interrupted before event `next`: STOPPED. */
enum daybook_status feed_say_stopped(uint64_t next, struct daybook_error *error);

/* For drivers: writes the sentence and gives the result back. */
enum feed_result feed_say(struct daybook_error *error, enum feed_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For drivers: how long to wait for a connection, or for what a connection begins with: `most_ms`, and no longer than
 * --wait. */
uint64_t feed_patience_ms(const struct feed_settings *settings, uint64_t most_ms);

/* A sequence, or microseconds, as decimal digits alone; false: it is none. */
bool feed_read_number(const char *text, size_t size, uint64_t *value);

#endif
