/*
 * The writing half of an open ledger: requests from any thread, decided one
 * after the other, appended together, acknowledged when durable.
 *
 *   W1  Batches are appended in the order in which they were decided.
 *   W2  Nothing is answered before everything that the answer rests on is
 *       durable: not an acceptance, not a repetition, not a refusal.
 *   W3  After a failed append or an unexpected failure while deciding, nothing
 *       more is taken: memory may know what the journal does not.
 *
 * There is no writer thread: a caller that finds nobody deciding decides for all
 * that wait, and one that finds nobody appending appends for them. One may
 * decide while another waits for the disk.
 */
#ifndef DAYBOOK_WRITER_H
#define DAYBOOK_WRITER_H

#include "daybook.h"
#include "domain/decide.h"
#include "store/journal.h"

struct writer;
struct ledger_latecomers;

struct writer_options {
    const char *directory;
    struct decide_settings settings;
    const uint8_t *ledger_id; /* 16 bytes, borrowed until closing; keys belong to it. */
    struct daybook_clock clock;
    size_t state_limit_bytes;
    uint64_t checkpoint_events;
    size_t map_size_bytes;
    void (*committed)(void *context, uint64_t head); /* After each commit. */
    void *context;
};

/* What has been committed since opening. A bucket counts what is at most its edge, and not in one before. */
#define COMMIT_TIME_EDGES_US 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000
#define COMMIT_EVENT_EDGES   1, 4, 16, 64, 256, 1024, 4096, 16384
enum { COMMIT_TIME_BUCKETS = 10, COMMIT_EVENT_BUCKETS = 9 }; /* One more than edges: over the last. */
struct commit_figures {
    uint64_t commit_count;
    uint64_t event_count;
    uint64_t time_us; /* Packing, writing and syncing. */
    uint64_t time_buckets[COMMIT_TIME_BUCKETS];
    uint64_t event_buckets[COMMIT_EVENT_BUCKETS];
};
void writer_get_figures(struct writer *writer, struct commit_figures *figures); /* Any thread. */

/* Why nothing is recorded: LIMIT where the disk has no room, until it has; *is_latched: W3, or the journal was deleted:
 * for good. Any thread. */
DAYBOOK_MUST_USE enum daybook_status writer_check(struct writer *writer, bool *is_latched, struct daybook_error *error);

/* Catches the state up with the journal. */
DAYBOOK_MUST_USE enum daybook_status writer_open(struct journal *journal, const struct writer_options *options,
                                                 struct writer **writer, struct daybook_error *error);
/* The last sequence at which the books were seen to agree with the rows (state_store.h, C4). Any thread. */
uint64_t writer_checked_through(struct writer *writer);
/* Writes a last checkpoint. No submission may be under way. Accepts NULL. */
void writer_close(struct writer *writer);

DAYBOOK_MUST_USE enum daybook_status writer_submit(struct writer *writer, const struct daybook_bytes *requests,
                                                   size_t count, enum daybook_submit_mode mode,
                                                   struct daybook_answers *answers, struct daybook_error *error);

/* Each with its own mode, answers, status and error; returns when all are answered. `late` may be NULL. NO_MEMORY: none
 * was taken. */
DAYBOOK_MUST_USE enum daybook_status writer_submit_many(struct writer *writer, struct daybook_submission *asked,
                                                        size_t count, const struct ledger_latecomers *late,
                                                        struct daybook_error *error);

#endif
