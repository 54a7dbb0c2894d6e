/*
 * The same logical work for Daybook and its peers: one history of events, the
 * balances after it, and questions about a balance at (A, K).
 *
 *   PE1  A peer is given the events that Daybook made of the requests, ready as rows: what it does
 *        not have to do (deciding, hashing, the event's other fields) is in its favour.
 *   PE2  What a peer has is compared with Daybook's answers; a peer that differs ends the run.
 *   PE3  What is called committed survives a power cut, for every one of them.
 */
#ifndef BENCH_PEERS_PEERS_H
#define BENCH_PEERS_PEERS_H

#include "bench/bench.h"

enum peer_column { PEER_RECEIVABLE, PEER_UNAPPLIED, PEER_DEPOSIT, PEER_COLUMNS };

struct peer_balance {
    int64_t minor[PEER_COLUMNS];
};

struct peer_event {
    uint64_t sequence;
    int64_t recorded_at_us;
    int32_t effective_on;
    uint32_t customer; /* Its number; one past the last for events of the whole ledger. */
    int16_t kind;
    bool has_key; /* The first event of its request carries the key. */
    uint8_t key[16];
    struct peer_balance moved;
};

struct peer_question {
    uint32_t customer;
    int32_t as_of;
    uint64_t known_at;
    struct peer_balance answer; /* Daybook's. */
};

struct peers {
    struct bench bench;
    struct peer_event *events;
    size_t event_count;
    size_t batch_events; /* In one commit, as Daybook had it. */
    struct peer_question *questions;
    size_t question_count;
    unsigned seconds;     /* Of each measurement with one event a transaction. */
    const char *chosen;   /* Of the peers: "postgres,sqlite,plain". */
    const char *postgres; /* Where it listens; NULL: it is left out. */
    const char *daybook;  /* The program. */
    size_t plain_events;  /* Of the history, for ledger and hledger. */
};

/* rows.c: after bench_append. */
bool peers_read_events(struct peers *peers);
bool peers_ask_daybook(struct peers *peers); /* Draws the questions, measures and keeps the answers. */
void peers_release(struct peers *peers);
/* Whether a peer that has the first `known_at` events holds these balances, one a customer and one over. */
bool peers_check_balances(struct peers *peers, const char *peer, uint64_t known_at,
                          const struct peer_balance *balances);
bool peers_check_answer(const char *peer, const struct peer_question *question, const struct peer_balance *answer);

/* Each measures one peer; a peer that is not installed is left out with a sentence. */
bool peers_postgres(struct peers *peers); /* postgres.c */
bool peers_sqlite(struct peers *peers);   /* sqlite.c */
bool peers_plain(struct peers *peers);    /* plain.c */

/* contest.c: TigerBeetle's published figures, and everybody's beside Daybook's. */
void peers_add_published(struct peers *peers);
void peers_add_ratios(struct peers *peers);
void peers_print_ratios(const struct peers *peers, FILE *out);

#endif
