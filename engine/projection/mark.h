/*
 * The mark beside a generation's files: may they be trusted as they lie there?
 *
 * The views' stores commit without waiting for the disk. That is safe against a
 * process that dies (the kernel keeps what was written) but not against a
 * machine that goes down: pages may then be on the disk in any order. So a
 * generation is marked dirty, with the id of this boot, before anything is
 * written to it, and clean once everything has been synced.
 *
 *   M1  Dirty is on the disk before the first page that it speaks of.
 *   M2  Clean is written only while no process can commit, after a sync.
 *   M3  Damaged is never taken back; it goes with the directory.
 */
#ifndef DAYBOOK_PROJECTION_MARK_H
#define DAYBOOK_PROJECTION_MARK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Of the running kernel; empty when the system does not tell, and then equal to none. */
struct mark_boot {
    char id[64];
};
void mark_boot_read(struct mark_boot *boot);

enum mark {
    MARK_NONE,    /* There is none (or no such directory). */
    MARK_CLEAN,   /* All of it has been synced. */
    MARK_DIRTY,   /* Written to in this boot: the kernel has it all. */
    MARK_AGAIN,   /* The same, and whoever wrote before was not closed either. */
    MARK_SUSPECT, /* Written to in another boot and not synced since, or unreadable. */
    MARK_DAMAGED, /* Given up. */
};
enum mark mark_read(const char *directory, const struct mark_boot *boot);

/* NOT_FOUND: the directory is gone. IO, LIMIT: it could not be made durable. */
DAYBOOK_MUST_USE enum daybook_status mark_write_dirty(const char *directory, const struct mark_boot *boot,
                                                      struct daybook_error *error);
/* For an owner that is alone: it found a dirty mark. */
DAYBOOK_MUST_USE enum daybook_status mark_write_again(const char *directory, const struct mark_boot *boot,
                                                      struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status mark_write_clean(const char *directory, struct daybook_error *error);

/* Gives the generation up, in every process; the reason is for people. Best effort. */
void mark_write_damaged(const char *directory, const char *reason);
/* That reason, cut to fit; false: it was not given up, and `reason` is empty. */
bool mark_read_damaged(const char *directory, char *reason, size_t capacity);

#endif
