/*
 * DIRECTORY/journal/wal: a write-ahead log in front of the table of frames.
 *
 * A commit of LMDB waits for the disk twice, for its pages and for the one that names them. A small batch is one record
 * here instead, which is one wait; what has gathered is settled, many batches at once, in the table of frames
 * (journal_settle.c). The file has two segments: one is written while the other is being settled.
 *
 *   WA1  A record is in the index only when the disk has it: whoever did not write it waits for that first.
 *   WA2  What a record lies in is written again only when the table of frames has its events, durably.
 *   WA3  Checksums are salted, anew for each time that the log is taken into use, so nothing of an older time is
 *        taken for a record of this one.
 */
#ifndef DAYBOOK_STORE_WAL_H
#define DAYBOOK_STORE_WAL_H

#include "codec/frame.h"

enum { WAL_SEGMENTS = 2, WAL_SEGMENT_BYTES = 1 << 20 };

struct wal; /* One thread writes; any thread looks. */

struct wal *wal_new(const char *directory); /* Of the ledger, borrowed. Not in use yet. NULL: no memory. */
void wal_free(struct wal *wal);             /* Accepts NULL. */

/* Makes the file, unless it is there, and gives it all its room on the disk. */
DAYBOOK_MUST_USE enum daybook_status wal_make(const struct wal *wal, struct daybook_error *error);

/* Takes the log into use; the index is empty. DAMAGED: there is no file, or it was cut. */
DAYBOOK_MUST_USE enum daybook_status wal_use(struct wal *wal, uint64_t salt, bool is_writer,
                                             struct daybook_error *error);
void wal_leave(struct wal *wal);
bool wal_is_used(struct wal *wal);
uint64_t wal_salt(const struct wal *wal);

/* What the index holds, one record behind the other; no events: all zero. */
struct wal_range {
    uint64_t first_sequence;
    uint64_t last_sequence;
    int64_t last_recorded_at_us;
};
struct wal_range wal_range(struct wal *wal);

/* Makes the index from the file; the table of frames has all through `settled`. DAMAGED: a record that was acknowledged
 * is no longer what was written, which is only told where `is_thorough`, which reads all of the file; or a segment does
 * not begin as one does. */
DAYBOOK_MUST_USE enum daybook_status wal_look(struct wal *wal, uint64_t settled, bool is_thorough,
                                              struct daybook_error *error);

/* Has the file a record behind what the index holds? `next` is its sequence. */
bool wal_has_news(struct wal *wal, uint64_t next);

/* A copy of the frame that holds the sequence. */
DAYBOOK_MUST_USE enum daybook_status wal_find(struct wal *wal, uint64_t sequence, struct daybook_buffer *frame,
                                              bool *is_found, struct daybook_error *error);

/* The first sequence of the last record that begins at or before the instant; 0 = none. */
uint64_t wal_find_instant(struct wal *wal, int64_t instant_us);

/* ---- the writer's ---- */

/* Is there room for a frame of that size in the segment that is being written? */
bool wal_has_room(const struct wal *wal, size_t frame_bytes);

/* Writes a record and waits for the disk. Whatever the failure, nothing more may be written in this process. */
DAYBOOK_MUST_USE enum daybook_status wal_append(struct wal *wal, struct daybook_bytes frame,
                                                const struct frame_header *header, struct daybook_error *error);

/* The segment that is being written. */
unsigned wal_active(const struct wal *wal);
/* The next record begins the other segment, whose events must have been settled. */
void wal_turn(struct wal *wal);
/* The events of the segment are settled. Where it is the active one, the next record begins it anew. */
void wal_clear(struct wal *wal, unsigned segment);

#endif
