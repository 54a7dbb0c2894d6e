/*
 * The journal: the only thing the ledger cannot rebuild.
 *
 *   J1  Sequences start at 1 and have no gaps.
 *   J2  An event's bytes, once committed, are never changed or removed.
 *   J3  An event is visible to readers only after its commit has reached the disk.
 *   J4  recorded_at is strictly increasing.
 *   J5  One process writes at a time: it holds DIRECTORY/writer.lock, which
 *       names it. Any number of readers, in any process, never block it.
 *
 * Small batches that follow each other go to a log first (wal.h), which waits for the disk once, and are settled in the
 * table of frames a little later, many together. Readers, in any process, see no difference.
 *
 * Events are kept in frames (codec/frame.h), one or more a commit. Small frames
 * left by quiet times are merged into full ones inside a later append's
 * transaction; no event byte and no sequence changes.
 */
#ifndef DAYBOOK_STORE_JOURNAL_H
#define DAYBOOK_STORE_JOURNAL_H

#include "base/bytes.h"
#include "codec/frame.h"

struct journal;        /* Opaque: journal.c. */
struct journal_reader; /* One thread at a time; holds no read transaction between calls. */

struct journal_options {
    size_t map_size_bytes;    /* 0 = the store's default. */
    bool is_writer;           /* Takes the writer's lock. */
    bool without_log;         /* Small batches go straight to the table of frames: for comparing. */
    uint32_t settle_after_ms; /* What is in the log is settled when it has waited so long; 0 = 50. */
    uint64_t min_free_bytes;  /* Refuse appends (LIMIT) when the file system has less; 0 = 64 MiB. */
};

/* Makes DIRECTORY/journal with the ledger's encoded configuration. EXISTS: there is one, or what one left behind. */
DAYBOOK_MUST_USE enum daybook_status journal_create(const char *directory, struct daybook_bytes config,
                                                    struct daybook_error *error);

/* What lies in `directory` of a ledger whose journal is gone, such as "keys"; NULL where there is a journal, or nothing
 * at all. A new ledger there would sign with the old one's key and answer from its views. */
const char *journal_left_behind(const char *directory);

/* NOT_FOUND: no ledger in `directory`. DAMAGED: its journal is gone. BUSY: names the process that writes.
 * VERSION: a newer format. A writer re-verifies the newest frames. */
DAYBOOK_MUST_USE enum daybook_status journal_open(const char *directory, const struct journal_options *options,
                                                  struct journal **journal, struct daybook_error *error);
void journal_close(struct journal *journal); /* Accepts NULL. */

struct daybook_bytes journal_config(const struct journal *journal); /* Borrowed until close. */

/* The last committed event. A reader in another process sees new ones at each call. Any thread. */
struct journal_head {
    uint64_t sequence; /* 0 = empty */
    int64_t recorded_at_us;
};
DAYBOOK_MUST_USE enum daybook_status journal_head(struct journal *journal, struct journal_head *head,
                                                  struct daybook_error *error);

/* One batch to append: events in order, the first of them with sequence head + 1. */
struct journal_batch {
    const struct event_span *events;
    const int64_t *recorded_at_us; /* One an event. */
    size_t count;
};

/* Appends one batch, all or nothing, and waits for the disk. Copies. One thread at a time.
 * LIMIT: the map or the disk is full. IO: nothing was appended, and the journal takes no more writes. */
DAYBOOK_MUST_USE enum daybook_status journal_append(struct journal *journal, const struct journal_batch *batch,
                                                    struct daybook_error *error);

/* LIMIT: the disk is about to be too full for appending. For those who have something to lose by a failed append,
 * before they begin: a quarter of the reserve earlier than that would be refused. DAMAGED: the journal's file was
 * deleted while it was open. The writer's; any thread. */
DAYBOOK_MUST_USE enum daybook_status journal_check_room(struct journal *journal, struct daybook_error *error);

/* The writer's: what it appends from now on this process has encoded from messages, so that it can be decoded. */
void journal_encodes(struct journal *journal);
/* All events from there on are such; 0: none is. Any thread. */
uint64_t journal_encoded_from(struct journal *journal);

DAYBOOK_MUST_USE enum daybook_status journal_reader_open(struct journal *journal, struct journal_reader **reader,
                                                         struct daybook_error *error);
void journal_reader_close(struct journal_reader *reader); /* Accepts NULL. */

/* A run of consecutive events, unpacked; borrowed until the reader's next call. */
struct journal_slice {
    uint64_t first_sequence;
    const struct event_span *events;
    size_t count; /* 0: nothing committed from there on. */
    int64_t last_recorded_at_us;
};

/* From `sequence` to the end of its frame. DAMAGED names the sequences that cannot be read. */
DAYBOOK_MUST_USE enum daybook_status journal_read(struct journal_reader *reader, uint64_t sequence,
                                                  struct journal_slice *slice, struct daybook_error *error);

/* One event; borrowed until the reader's next call. NOT_FOUND: past the head. */
DAYBOOK_MUST_USE enum daybook_status journal_read_one(struct journal_reader *reader, uint64_t sequence,
                                                      struct daybook_bytes *event, struct daybook_error *error);

/* The last sequence recorded at or before `instant_us`; 0 when there is none. */
DAYBOOK_MUST_USE enum daybook_status journal_sequence_at(struct journal_reader *reader, int64_t instant_us,
                                                         uint64_t *sequence, struct daybook_error *error);

/* The writer's: events that have an instant already, `from_us` or a later one, are on their way; 0: none is. */
void journal_underway(struct journal *journal, int64_t from_us);

/* Is all that was recorded by the instant, which the clock has passed, seen by whoever asks for the head from now on?
 * Not while an event of that instant, or of one before, is on its way. Any thread, in any process. */
bool journal_knows(struct journal *journal, int64_t instant_us);

struct journal_usage {
    uint64_t size_bytes;
    uint64_t frame_count;
    char writer[256]; /* "daybook import (pid 4711)"; empty when nobody holds the lock. */
};
DAYBOOK_MUST_USE enum daybook_status journal_usage(struct journal *journal, struct journal_usage *usage,
                                                   struct daybook_error *error);

#endif
