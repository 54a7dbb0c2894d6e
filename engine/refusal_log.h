/*
 * What was refused lately: a ring of records in a file beside the journal, for
 * auditors. It is no part of the books: it may be deleted, a power cut may lose
 * its last records, and nothing is decided by it.
 *
 *   RL1  The file is never larger than its head and REFUSAL_LOG_RECORDS records: the oldest is written over.
 *   RL2  A record that is being written over while it is read is left out, never half read.
 *
 * One writer, the ledger's; any number of readers, in any process.
 */
#ifndef DAYBOOK_REFUSAL_LOG_H
#define DAYBOOK_REFUSAL_LOG_H

#include "base/arena.h"
#include "base/error.h"
#include "daybook/v1/access.pb-c.h"

enum { REFUSAL_LOG_RECORDS = 16384, REFUSAL_RECORD_BYTES = 512 };

struct refusal_log;

/* The log of the ledger in `directory`, which is copied; the file is made by the first refusal. NULL: no memory. */
struct refusal_log *refusal_log_open(const char *directory);
void refusal_log_close(struct refusal_log *log); /* Accepts NULL. */

/* A disk that takes no more loses the record: the answer to whoever asked does not wait for it. */
void refusal_log_add(struct refusal_log *log, int64_t now_us, const Pb__Request *request, const Pb__Refusal *refusal);

/* The newest `limit` of an actor, or of everybody ("") into an initialized answer; in `arena`. A ledger that never
 * refused anything has none. */
DAYBOOK_MUST_USE enum daybook_status refusal_log_read(const char *directory, const char *actor, size_t limit,
                                                      struct arena *arena, Pb__RefusalsAnswer *answer,
                                                      struct daybook_error *error);

#endif
