/* A job for a command: run here, or at the server that the command speaks to; the same items either way. */
#ifndef DAYBOOK_TOOLS_COMMAND_JOB_H
#define DAYBOOK_TOOLS_COMMAND_JOB_H

#include "tools/command.h"
#include "tools/job.h"
#include "tools/output_file.h"

struct command_job {
    const struct invocation *invocation;
    struct daybook *ledger;  /* NULL: a server's, or a directory's that the job opens itself. */
    const char *scratch;     /* Of a job that runs here, as in struct job. */
    const char *signing_key; /* Likewise. */

    /* Takes what the job makes, a piece of data or a file. NULL: it makes none. */
    enum daybook_status (*take)(void *context, const Pb__JobItem *item, struct daybook_error *error);
    void *context;
};

/* Shows progress and findings, passes what is made on, and stops on an interrupt. The answer lives in the invocation's
 * arena. */
DAYBOOK_MUST_USE enum daybook_status command_job_run(const struct command_job *how, const ProtobufCMessage *asked,
                                                     ProtobufCMessage **answer, struct daybook_error *error);

/* The same for a job that makes one file, which is at `path` whole or not at all ("-" = standard output). */
DAYBOOK_MUST_USE enum daybook_status command_job_save(struct command_job how, const ProtobufCMessage *asked,
                                                      const char *path, ProtobufCMessage **answer,
                                                      struct daybook_error *error);

#endif
