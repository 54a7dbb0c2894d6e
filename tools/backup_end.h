/* Where a backup ends, as a message: for a job that goes on from one that lies elsewhere. */
#ifndef DAYBOOK_TOOLS_BACKUP_END_H
#define DAYBOOK_TOOLS_BACKUP_END_H

#include "base/arena.h"
#include "daybook/v1/job.pb-c.h"
#include "engine/backup.h"

/* Borrows `end`; NULL: the arena refused. */
Pb__BackupEnd *backup_end_tell(const struct backup_summary *end, struct arena *arena);

/* INVALID: no backup ends like that. */
DAYBOOK_MUST_USE enum daybook_status backup_end_read(const Pb__BackupEnd *told, struct backup_summary *end,
                                                     struct daybook_error *error);

#endif
