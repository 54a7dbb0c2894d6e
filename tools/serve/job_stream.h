/*
 * Jobs over the network (tools/job.h): each in a thread of its own, whose items
 * go out as a stream.
 *
 *   JS1  The job and the loop take turns: the job fills a block and hands the call over, and gets it back when the
 *        client has taken the block. What is held is one block and one item, however large the ledger is.
 *   JS2  A job whose client has gone, whose token or time has ended, or whose server stops, is told so at its next
 *        item.
 *   JS3  At most JOBS_MAX run at once; more are refused, and nothing of them is begun.
 */
#ifndef DAYBOOK_TOOLS_SERVE_JOB_STREAM_H
#define DAYBOOK_TOOLS_SERVE_JOB_STREAM_H

#include "base/arena.h"
#include "tools/serve/call.h"

enum { JOBS_MAX = 4 };

/* Begins the job of a stream: sets the call's stage, or its reply to an error. */
void job_stream_begin(struct call *call);

/* The response that reads what the job gives; NULL: memory was refused. */
struct MHD_Response *job_stream_response(struct call *call);

/* A worker's, for a job that answers with one message: runs it, and fills the reply. */
void job_answer_work(struct call *call, struct arena *arena);

/* The job has handed its call over, and its client is there. */
void job_stream_resume(struct call *call);
/* The same, and the client has gone. True: the job still runs, and hands the call over once more. */
bool job_stream_unwind(struct call *call);

/* The client has gone: the job is told. Accepts a call without one. */
void job_stream_leave(struct call *call);
/* Frees what is left of a job that is over; likewise. */
void job_stream_close(struct call *call);

/* Looks after the loop's jobs: tokens, time limits, a server that drains. The loop's thread. */
void job_stream_tick(struct loop *loop);
/* Ends the loop's jobs and waits for them. What was abandoned is in its inbox afterwards. */
void job_stream_abort_all(struct loop *loop);

#endif
