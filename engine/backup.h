/*
 * Backups: events in a file of our own, apart from how the store keeps them.
 *
 * A file holds a range of events, from 1 on or from where an earlier file
 * ends; together such files are a whole ledger. Views and the state are not
 * in it: they are folded anew.
 *
 *   BK1  Every byte of a file is under one SHA-256, and every frame has its own checksum: a flipped
 *        bit or a missing end is found before anything is restored.
 *   BK2  A file says which tree (RFC 6962) it goes on from and which it ends with. Files join only
 *        where the one ends as the other begins, so no history is put behind another's.
 *   BK3  The roots that a file states are recomputed from the event bytes in it.
 *   BK4  A restored ledger has the same configuration, events and root; it is there whole or not at all.
 *
 *     0   8  magic, "DAYBKUP\n"
 *     8   4  format version, 1; integers are little-endian
 *    12   4  size of the header
 *    16      header, a daybook.v1.BackupHeader
 *            frames (codec/frame.h), each behind its size, u32; the last size is 0
 *            trailer, a daybook.v1.BackupTrailer
 *         4  size of the trailer
 *        32  SHA-256 of everything before it
 *
 * What later versions add goes into new fields of the header and the trailer;
 * a program refuses a field, a version or a frame that it does not know.
 */
#ifndef DAYBOOK_BACKUP_H
#define DAYBOOK_BACKUP_H

#include "daybook.h"
#include "proof/merkle.h"

enum { BACKUP_FILES_MAX = 4096 };

/* What a file, or several joined, hold. */
struct backup_summary {
    uint64_t first_sequence;
    uint64_t last_sequence; /* first_sequence - 1: no event. */
    int64_t last_recorded_at_us;
    uint64_t size_bytes;
    uint64_t frame_count;
    struct merkle_edge edge; /* After the last event. */
    struct merkle_hash leaf; /* Of the last event. */
    struct merkle_hash root;
    uint8_t ledger_id[16];
};

/* Where the bytes go. What it returns ends the backup. */
struct backup_sink {
    enum daybook_status (*write)(void *context, const void *data, size_t size, struct daybook_error *error);
    void *context;
};

/* How far it is, and whether to stop. Either may be NULL. */
struct backup_watch {
    void (*done)(void *context, uint64_t sequence);
    bool (*is_stopped)(void *context);
    void *context;
};

/* Writes the events from `since` (NULL: from 1) to the head of now, while the writer goes on.
 * INVALID: as backup_check_since. DAMAGED: the journal is; nothing after it was written.
 * STOPPED: by the watch. */
DAYBOOK_MUST_USE enum daybook_status backup_write(struct daybook *ledger, const struct backup_summary *since,
                                                  const struct backup_sink *sink, const struct backup_watch *watch,
                                                  struct backup_summary *summary, struct daybook_error *error);

/* INVALID: `since` is of another ledger, past this one, or ends with another event. Its edge is not looked at: who has
 * a tree of the ledger's events compares the roots. */
DAYBOOK_MUST_USE enum daybook_status backup_check_since(struct daybook *ledger, const struct backup_summary *since,
                                                        struct daybook_error *error);

/* What the file says that it ends with, for backup_write's `since`: every byte is under its digest (BK1), and no event
 * is decoded. DAMAGED. STOPPED: by the watch. */
DAYBOOK_MUST_USE enum daybook_status backup_read_end(const char *path, const struct backup_watch *watch,
                                                     struct backup_summary *summary, struct daybook_error *error);

/* Reads files that follow each other, from their first byte to their last, and recomputes every root.
 * DAMAGED names the file and the place; INVALID: they do not join, or do not begin with event 1. */
DAYBOOK_MUST_USE enum daybook_status backup_verify(const char *const *paths, size_t count,
                                                   const struct backup_watch *watch, struct backup_summary *summary,
                                                   struct daybook_error *error);

/* How far to restore. At most one is set; none = to the end. */
struct restore_target {
    uint64_t sequence;  /* Exactly; INVALID where a request or a group would be cut in two. */
    int64_t instant_us; /* What was wholly recorded by then. */
};

/* Verifies the files, then makes `directory`, which must not exist, from them. `summary` is the restored
 * ledger. EXISTS: `directory` is there. Nothing is left behind by a failure. */
DAYBOOK_MUST_USE enum daybook_status backup_restore(const char *const *paths, size_t count, const char *directory,
                                                    const struct restore_target *target,
                                                    const struct backup_watch *watch, struct backup_summary *summary,
                                                    struct daybook_error *error);

#endif
