/* Jobs over the network: each in a thread of its own, whose items go out as a stream. */
#include "tools/serve/job_stream.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/thread.h"
#include "engine/ledger.h"
#include "tools/job.h"
#include "tools/serve/server.h"

#define ARENA_LIMIT_BYTES ((size_t)512 << 20)

enum { BLOCK_BYTES = 64 << 10, REQUEST_LIMIT_BYTES = 8 << 20, JOB_NICE = 10 };

struct job_stream {
    struct job_stream *previous; /* In the loop's list. */
    struct job_stream *next;
    struct call *call;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t turned;
    bool is_jobs_turn; /* Under the lock, as is the next. */
    bool is_handed;    /* The call is in the inbox. */
    bool is_closing;   /* Nobody will take turns any more. */
    bool is_joined;
    bool is_suspended; /* The loop's: its connection waits for something to send. */
    bool is_over;      /* What is ready is the last. Of whoever's turn it is, as are the next ones. */
    struct daybook_buffer ready;
    size_t sent;
    struct arena arena;
    ProtobufCMessage *asked;
    atomic_bool is_stopped;
    enum connect_code stop_code; /* Why; set before it is stopped. */
    const char *stop_message;
};

/* ---- the job's side ---- */

/* The call goes to the loop; returns when it is back. */
static void hand_over(struct job_stream *stream) {
    uv_mutex_lock(&stream->lock);
    if (!stream->is_closing) {
        stream->is_jobs_turn = false;
        stream->is_handed = true;
        inbox_return(stream->call);
        while (!stream->is_jobs_turn && !stream->is_closing && !stream->is_over) {
            uv_cond_wait(&stream->turned, &stream->lock);
        }
    }
    uv_mutex_unlock(&stream->lock);
}

static enum daybook_status put(void *context, const Pb__JobItem *item, struct daybook_error *error) {
    struct job_stream *stream = context;
    if (connect_write_envelope(stream->call->content.codec, &item->base, &stream->ready) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing what the job makes: memory was refused");
    }
    if (stream->ready.size >= BLOCK_BYTES || item->item_case == PB__JOB_ITEM__ITEM_PROGRESS) {
        hand_over(stream);
    }
    return DAYBOOK_OK;
}

static bool is_stopped(void *context) {
    struct job_stream *stream = context;
    return atomic_load_explicit(&stream->is_stopped, memory_order_acquire);
}

static void fill_job(struct job *job, struct call *call, struct arena *arena, const struct job_sink *sink) {
    *job = (struct job){
        .ledger = call->server->ledger,
        .directory = ledger_directory(call->server->ledger),
        .submitter = call->identity.submitter,
        .sink = sink,
        .arena = arena,
    };
    /* The owner has no name here: nobody has said who it is. */
    job->submitter.actor = job->submitter.actor == NULL ? "owner" : job->submitter.actor;
}

static void run_and_end(struct job_stream *stream) {
    struct job_sink sink = {put, is_stopped, stream};
    struct daybook_error error = {0};
    ProtobufCMessage *answer;
    struct job job;
    Pb__JobItem last;
    fill_job(&job, stream->call, &stream->arena, &sink);
    enum daybook_status status = job_run(&job, stream->asked, &answer, &error);
    enum connect_code code = connect_code_of_status(status);
    const char *message = error.message;
    if (status == DAYBOOK_OK) {
        status = put(stream, job_wrap_answer(&last, answer), &error);
        code = connect_code_of_status(status);
    } else if (is_stopped(stream)) {
        code = stream->stop_code;
        message = stream->stop_message;
    }
    if (connect_write_end(code, message, &stream->ready) != DAYBOOK_OK) {
        daybook_buffer_reset(&stream->ready); /* The connection just ends. */
    }
}

static void run(void *context) {
    struct job_stream *stream = context;
    thread_stand_back(JOB_NICE);
    run_and_end(stream);
    stream->is_over = true;
    hand_over(stream);
}

/* ---- the loop's side ---- */

static void give_turn(struct job_stream *stream) {
    daybook_buffer_reset(&stream->ready);
    stream->sent = 0;
    stream->call->is_with_worker = true;
    uv_mutex_lock(&stream->lock);
    stream->is_jobs_turn = true;
    uv_cond_signal(&stream->turned);
    uv_mutex_unlock(&stream->lock);
}

static void stop(struct job_stream *stream, enum connect_code code, const char *message) {
    if (!is_stopped(stream)) {
        stream->stop_code = code;
        stream->stop_message = message;
        atomic_store_explicit(&stream->is_stopped, true, memory_order_release);
    }
}

/* libmicrohttpd asks for bytes. */
static ssize_t read_stream(void *context, uint64_t position, char *to, size_t size) {
    struct call *call = context;
    struct job_stream *stream = call->job;
    (void)position;
    if (call->is_with_worker) {
        stream->is_suspended = true;
        MHD_suspend_connection(call->connection);
        return 0;
    }
    size_t left = stream->ready.size - stream->sent;
    if (left == 0) {
        return MHD_CONTENT_READER_END_OF_STREAM; /* It is over: otherwise it would be the job's turn. */
    }
    size_t taken = left < size ? left : size;
    memcpy(to, stream->ready.data + stream->sent, taken);
    stream->sent += taken;
    if (taken == left && !stream->is_over) {
        give_turn(stream);
    }
    return (ssize_t)taken;
}

struct MHD_Response *job_stream_response(struct call *call) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, call, NULL);
}

static void note_return(struct job_stream *stream) {
    uv_mutex_lock(&stream->lock);
    stream->is_handed = false;
    uv_mutex_unlock(&stream->lock);
}

static void wake(struct job_stream *stream) {
    if (stream->is_suspended) {
        stream->is_suspended = false;
        MHD_resume_connection(stream->call->connection);
    }
}

void job_stream_resume(struct call *call) {
    note_return(call->job);
    wake(call->job);
}

bool job_stream_unwind(struct call *call) {
    struct job_stream *stream = call->job;
    if (stream == NULL) {
        return false;
    }
    note_return(stream);
    if (stream->is_over) {
        return false;
    }
    give_turn(stream);
    return true;
}

void job_stream_leave(struct call *call) {
    struct job_stream *stream = call->job;
    if (stream == NULL) {
        return;
    }
    stop(stream, CONNECT_CANCELED, "the client has gone");
    if (!call->is_with_worker && !stream->is_over) {
        give_turn(stream);
    }
}

void job_stream_tick(struct loop *loop) {
    struct server *server = loop->server;
    bool is_draining = server_is_draining(server);
    uint64_t now_ns = clock_monotonic_ns();
    for (struct job_stream *stream = loop->job_streams; stream != NULL; stream = stream->next) {
        struct call *call = stream->call;
        if (call->is_abandoned) {
            continue;
        }
        if (is_draining) {
            stop(stream, CONNECT_UNAVAILABLE, "the server is stopping; ask again when it is back");
        } else if (call->deadline_ns != 0 && now_ns >= call->deadline_ns) {
            stop(stream, CONNECT_DEADLINE_EXCEEDED, "the time limit of the call has passed");
        } else if (!gate_is_good(&server->gate, &call->identity, ledger_now_us(server->ledger))) {
            stop(stream, CONNECT_UNAUTHENTICATED, "the token has expired, or was revoked");
        }
    }
}

/* ---- beginning and ending ---- */

static void list(struct loop *loop, struct job_stream *stream) {
    stream->next = loop->job_streams;
    if (loop->job_streams != NULL) {
        loop->job_streams->previous = stream;
    }
    loop->job_streams = stream;
}

static void unlist(struct loop *loop, struct job_stream *stream) {
    if (stream->previous == NULL) {
        loop->job_streams = stream->next;
    } else {
        stream->previous->next = stream->next;
    }
    if (stream->next != NULL) {
        stream->next->previous = stream->previous;
    }
}

/* Its thread, its lock and its message. False: the call's reply says why not. */
static bool start(struct call *call, struct job_stream *stream) {
    struct daybook_error error;
    if (connect_read_message(call->content.codec, call->message, call->method->input, &stream->arena, &stream->asked,
                             &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
        return false;
    }
    if (uv_mutex_init(&stream->lock) != 0) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "no lock could be made for a job");
        return false;
    }
    if (uv_cond_init(&stream->turned) != 0) {
        uv_mutex_destroy(&stream->lock);
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "no lock could be made for a job");
        return false;
    }
    stream->is_jobs_turn = true;
    call->is_with_worker = true;
    if (uv_thread_create(&stream->thread, run, stream) != 0) {
        call->is_with_worker = false;
        uv_cond_destroy(&stream->turned);
        uv_mutex_destroy(&stream->lock);
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "no thread could be started for a job");
        return false;
    }
    return true;
}

void job_stream_begin(struct call *call) {
    struct server *server = call->server;
    if (call->message.size > REQUEST_LIMIT_BYTES) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "what a job is asked has at most %d bytes", REQUEST_LIMIT_BYTES);
        return;
    }
    if (atomic_fetch_add(&server->job_count, 1) >= JOBS_MAX) {
        atomic_fetch_sub(&server->job_count, 1);
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "%d jobs are the most at once; ask again when one has ended",
                  JOBS_MAX);
        return;
    }
    struct job_stream *stream = calloc(1, sizeof *stream);
    bool is_started = false;
    if (stream == NULL) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for a job was refused");
    } else {
        stream->call = call;
        arena_init(&stream->arena, ARENA_LIMIT_BYTES);
        call->job = stream;
        is_started = start(call, stream);
    }
    if (!is_started) {
        if (stream != NULL) {
            arena_release(&stream->arena);
        }
        free(stream);
        call->job = NULL;
        atomic_fetch_sub(&server->job_count, 1);
        return;
    }
    list(call->loop, stream);
    call->stage = CALL_STREAMING;
    call->reply.type = connect_content_type(call->content);
}

static void join(struct job_stream *stream) {
    if (!stream->is_joined) {
        uv_thread_join(&stream->thread);
        stream->is_joined = true;
    }
}

void job_stream_close(struct call *call) {
    struct job_stream *stream = call->job;
    if (stream == NULL) {
        return;
    }
    join(stream);
    unlist(call->loop, stream);
    atomic_fetch_sub(&call->server->job_count, 1);
    uv_cond_destroy(&stream->turned);
    uv_mutex_destroy(&stream->lock);
    daybook_buffer_release(&stream->ready);
    arena_release(&stream->arena);
    free(stream);
    call->job = NULL;
}

void job_stream_abort_all(struct loop *loop) {
    for (struct job_stream *stream = loop->job_streams; stream != NULL; stream = stream->next) {
        stop(stream, CONNECT_UNAVAILABLE, "the server is stopping; ask again when it is back");
        uv_mutex_lock(&stream->lock);
        stream->is_closing = true;
        uv_cond_signal(&stream->turned);
        uv_mutex_unlock(&stream->lock);
        join(stream);
        if (stream->is_handed) {
            continue; /* Whoever empties the inbox does the rest. */
        }
        if (stream->call->is_abandoned) {
            stream->is_handed = true;
            inbox_return(stream->call);
        } else {
            stream->call->is_with_worker = false;
            wake(stream);
        }
    }
}

/* ---- one answer ---- */

static enum daybook_status put_nothing(void *context, const Pb__JobItem *item, struct daybook_error *error) {
    (void)context;
    (void)item;
    (void)error;
    return DAYBOOK_OK; /* Progress of what takes a moment. */
}

static bool never_stops(void *context) {
    (void)context;
    return false;
}

void job_answer_work(struct call *call, struct arena *arena) {
    struct job_sink sink = {put_nothing, never_stops, NULL};
    struct daybook_error error;
    ProtobufCMessage *asked;
    ProtobufCMessage *answer;
    struct job job;
    fill_job(&job, call, arena, &sink);
    enum daybook_status status =
        connect_read_message(call->content.codec, call->message, call->method->input, arena, &asked, &error);
    if (status == DAYBOOK_OK) {
        status = job_run(&job, asked, &answer, &error);
    }
    if (status != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else {
        call_answer(call, answer);
    }
}
