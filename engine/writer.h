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
 * There is no writer thread: the caller that comes first leads for those that
 * wait behind it. One leader may decide while another waits for the disk.
 */
#ifndef DAYBOOK_WRITER_H
#define DAYBOOK_WRITER_H

#include "daybook.h"
#include "domain/decide.h"
#include "store/journal.h"

struct writer;

struct writer_options {
    const char *directory;
    struct decide_settings settings;
    struct daybook_clock clock;
    size_t state_limit_bytes;
    uint64_t checkpoint_events;
    size_t map_size_bytes;
    void (*committed)(void *context, uint64_t head); /* After each commit. */
    void *context;
};

/* Catches the state up with the journal. */
DAYBOOK_MUST_USE enum daybook_status writer_open(struct journal *journal, const struct writer_options *options,
                                                 struct writer **writer, struct daybook_error *error);
/* Writes a last checkpoint. No submission may be under way. Accepts NULL. */
void writer_close(struct writer *writer);

DAYBOOK_MUST_USE enum daybook_status writer_submit(struct writer *writer, const struct daybook_bytes *requests,
                                                   size_t count, enum daybook_submit_mode mode,
                                                   struct daybook_answers *answers, struct daybook_error *error);

#endif
