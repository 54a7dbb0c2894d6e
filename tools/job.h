/*
 * Jobs: what takes longer than a question, or makes files out of a ledger. A
 * message goes in; items go out (how far it is, what does not hold, files piece
 * by piece), and an answer comes last.
 *
 *   JB1  A job sees its message and the ledger, and nothing else of whoever asked: so it is the same job whether the
 *        program runs it beside the files, or a server for somebody far away.
 *   JB2  What it makes it gives away piece by piece. What it needs meanwhile lies in a scratch directory, and is gone
 *        afterwards.
 *   JB3  No private key is in a message, an item or an answer. Who signs is where the ledger is.
 *
 * A job runs in one thread, whose arena and sink it is given.
 */
#ifndef DAYBOOK_TOOLS_JOB_H
#define DAYBOOK_TOOLS_JOB_H

#include <limits.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "daybook.h"
#include "daybook/v1/job.pb-c.h"

/* Where items go; each is the sink's until it returns. What it returns ends the job. */
struct job_sink {
    enum daybook_status (*put)(void *context, const Pb__JobItem *item, struct daybook_error *error);
    bool (*is_stopped)(void *context);
    void *context;
};

struct job {
    struct daybook *ledger; /* NULL: of jobs that look at a directory that nobody has opened. */
    const char *directory;  /* The ledger's. */
    struct daybook_submitter submitter;
    const struct job_sink *sink;
    struct arena *arena;     /* Of the answer, and of what the job needs meanwhile. */
    const char *scratch;     /* Where to make scratch directories; NULL: in the ledger's directory, or below TMPDIR. */
    const char *signing_key; /* A private key's file of whoever runs the program; NULL: the ledger's own. */

    struct daybook_buffer pending; /* Bytes of the file that were not given away yet. */
    uint64_t told_ns;              /* When progress was put last. */
    struct daybook_error broken;   /* The first failure of the sink; status OK: none. */
};

/* Runs the job that takes such a message. INVALID: none does. After any result nothing of the job is held but the
 * arena. */
DAYBOOK_MUST_USE enum daybook_status job_run(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                                             struct daybook_error *error);

/* An answer as the last item of a stream; NULL: no item has room for it. */
const Pb__JobItem *job_wrap_answer(Pb__JobItem *item, const ProtobufCMessage *answer);
/* And out of it; NULL: the item is no answer. */
ProtobufCMessage *job_unwrap_answer(const Pb__JobItem *item);

/* ---- for the jobs ---- */

/* Says how far it is, a few times a second at most. False: the job is to stop. */
bool job_go_on(struct job *job, const char *doing, uint64_t first, uint64_t done, uint64_t total);

/* Next bytes of the file. */
DAYBOOK_MUST_USE enum daybook_status job_write(struct job *job, const void *data, size_t size,
                                               struct daybook_error *error);
/* One of many files, whole. */
DAYBOOK_MUST_USE enum daybook_status job_put_file(struct job *job, const char *path, struct daybook_bytes content,
                                                  struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status job_find(struct job *job, const char *finding, struct daybook_error *error);

/* A new directory "NAME-XXXXXX". Whoever made it removes it. */
DAYBOOK_MUST_USE enum daybook_status job_make_scratch(const struct job *job, const char *name, char path[PATH_MAX],
                                                      struct daybook_error *error);

DAYBOOK_MUST_USE enum daybook_status job_no_memory(struct daybook_error *error);

/* ---- the jobs: what job_run finds by the message ---- */

typedef enum daybook_status job_function(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                                         struct daybook_error *error);
job_function job_backup;
job_function job_bundle;
job_function job_create_key;
job_function job_doctor;
job_function job_get_key;
job_function job_replay;
job_function job_sign_checkpoint;
job_function job_tiles;
job_function job_verify;

#endif
