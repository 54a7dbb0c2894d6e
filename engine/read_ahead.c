/* A ring of windows, filled by a thread or by the leader. */
#include "read_ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"
#include "codec/wire.h"
#include "domain/decide.h"
#include "limits.h"

enum {
    WINDOW_REQUESTS = 64,
    WINDOW_ARENA_BYTES = 64 << 20,
    LATE_ARENA_BYTES = 1 << 20,
    RING_WINDOWS = 8,
    THREAD_REQUESTS = 4 * WINDOW_REQUESTS, /* The least that is worth waking a thread. */
};

struct request_window {
    struct prepared requests[WINDOW_REQUESTS];
    size_t count;
    struct arena arena;
    enum daybook_status status; /* NO_MEMORY: for the first one already. */
};

struct read_ahead {
    struct personal *personal;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;    /* Guards what follows, down to the next blank line. */
    pthread_cond_t called;   /* There is work for the thread, or room again. */
    pthread_cond_t answered; /* A window was read, or the thread rests. */
    bool is_working;         /* The thread reads; what is of the reading one below is its own until it rests. */
    bool is_ending;
    bool is_closing;
    bool is_full; /* The thread waits until half of the ring is free: waking it for each window costs more. */
    bool is_awaited;
    size_t filled; /* Windows, of this list. */
    size_t handed; /* The last one of them is in use. */

    /* Of whoever reads. */
    const struct submission *at; /* NULL: all is read. */
    size_t next_request;         /* Of its requests. */
    bool has_erasure;            /* One was read (RA2). */
    struct daybook_buffer canonical;

    /* The leader's. */
    struct arena late_arena; /* Of the one request that it sealed. */
    struct daybook_buffer late_canonical;
    size_t known; /* Windows that were filled when it looked last. */
    size_t place; /* Of the request that it has, in the window that it has. */
    bool is_long; /* Worth the thread. */
    struct request_window ring[RING_WINDOWS];
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading requests: memory was refused");
}

/* ---- reading ---- */

static enum daybook_status seal(struct personal *personal, struct prepared *prepared, struct arena *arena,
                                struct daybook_error *error) {
    DAYBOOK_TRY(personal_seal(personal, prepared->request, prepared->is_dry, arena, &prepared->refusal, error));
    if (prepared->refusal.code != PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED) {
        prepared->request = NULL;
    }
    return DAYBOOK_OK;
}

static enum daybook_status seal_unless_late(struct read_ahead *ahead, struct request_window *window,
                                            struct prepared *prepared) {
    ahead->has_erasure |= prepared->request->command_case == PB__REQUEST__COMMAND_ERASE_CUSTOMER;
    prepared->is_unsealed = ahead->has_erasure;
    return prepared->is_unsealed ? DAYBOOK_OK : seal(ahead->personal, prepared, &window->arena, NULL);
}

/* *is_as_meant: the bytes are what the digest is of. */
static enum daybook_status decode(struct daybook_bytes bytes, struct request_window *window, struct prepared *prepared,
                                  bool *is_as_meant) {
    struct daybook_error why;
    bool is_canonical = false;
    ProtobufCMessage *message = NULL;
    enum daybook_status status =
        bytes.size > LIMIT_REQUEST_BYTES
            ? daybook_fail(&why, DAYBOOK_DAMAGED, "it has %zu bytes; %d are the most", bytes.size, LIMIT_REQUEST_BYTES)
            : wire_decode_telling(&pb__request__descriptor, bytes, &window->arena, &message, &is_canonical, &why);
    *is_as_meant = false;
    if (status == DAYBOOK_OK) {
        Pb__Request *request = (Pb__Request *)message;
        prepared->request = request;
        *is_as_meant = is_canonical && request->not_after_us == 0 && request->recorded_at_us == 0 &&
                       request->role == PB__ROLE__ROLE_UNSPECIFIED;
    } else if (status != DAYBOOK_NO_MEMORY) {
        prepared->refusal.code = PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED;
        prepared->refusal.why = arena_format(&window->arena, "%s", why.message);
        status = prepared->refusal.why != NULL ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
    }
    return status;
}

/* NO_MEMORY only. */
static enum daybook_status prepare(struct read_ahead *ahead, struct request_window *window, struct prepared *prepared) {
    const struct daybook_submission *submission = ahead->at->asked;
    const struct daybook_submitter *submitter = submission->submitter;
    *prepared = (struct prepared){.is_dry = submission->mode == DAYBOOK_SUBMIT_DRY};
    struct daybook_bytes bytes = submission->requests[ahead->next_request];
    bool is_as_meant;
    DAYBOOK_TRY(decode(bytes, window, prepared, &is_as_meant));
    Pb__Request *request = prepared->request;
    if (request == NULL) {
        return DAYBOOK_OK;
    }
    if (submitter != NULL) {
        request->role = submitter->role;
        request->actor = submitter->actor != NULL ? (char *)(uintptr_t)submitter->actor : request->actor;
        is_as_meant &= submitter->actor == NULL;
    }
    state_prepare_hint(request, &prepared->hint);
    if (personal_concerns(ahead->personal, request)) {
        DAYBOOK_TRY(seal_unless_late(ahead, window, prepared));
        is_as_meant = false; /* The digest is of what was sealed. */
    }
    if (prepared->request == NULL || prepared->is_unsealed) {
        return DAYBOOK_OK;
    }
    if (is_as_meant) { /* Encoding it again would take longer than reading it. */
        prepared->digest = decide_digest_of_bytes(bytes);
        return DAYBOOK_OK;
    }
    return decide_digest(request, &ahead->canonical, &prepared->digest, NULL);
}

/* Past submissions of which nothing is left. */
static void skip_read(struct read_ahead *ahead) {
    while (ahead->at != NULL && ahead->next_request == ahead->at->asked->count) {
        ahead->at = ahead->at->next;
        ahead->next_request = 0;
    }
}

/* The window ends before a request for which there is no memory left: alone in the next one it has all of it. */
static void fill(struct read_ahead *ahead, struct request_window *window) {
    arena_reset(&window->arena);
    window->count = 0;
    window->status = DAYBOOK_OK;
    while (window->count < WINDOW_REQUESTS && ahead->at != NULL) {
        enum daybook_status status = prepare(ahead, window, &window->requests[window->count]);
        if (status != DAYBOOK_OK) {
            window->status = window->count == 0 ? status : DAYBOOK_OK;
            return;
        }
        window->count++;
        ahead->next_request++;
        skip_read(ahead);
    }
}

/* ---- the thread ---- */

static struct request_window *window_at(struct read_ahead *ahead, size_t number) {
    return &ahead->ring[number % RING_WINDOWS];
}

static bool has_room(struct read_ahead *ahead) {
    size_t used = ahead->filled - (ahead->handed > 0 ? ahead->handed - 1 : 0);
    ahead->is_full = used > (ahead->is_full ? RING_WINDOWS / 2 : RING_WINDOWS - 1);
    return !ahead->is_full;
}

/* Called and returns with the lock held. */
static void fill_ring(struct read_ahead *ahead) {
    bool is_over = false;
    while (!is_over && !ahead->is_ending) {
        if (!has_room(ahead)) {
            pthread_cond_wait(&ahead->called, &ahead->lock);
            continue;
        }
        struct request_window *window = window_at(ahead, ahead->filled);
        pthread_mutex_unlock(&ahead->lock);
        fill(ahead, window);
        is_over = window->status != DAYBOOK_OK || ahead->at == NULL;
        pthread_mutex_lock(&ahead->lock);
        ahead->filled++;
        if (ahead->is_awaited) {
            pthread_cond_signal(&ahead->answered);
        }
    }
    ahead->is_full = false;
}

static void *run(void *context) {
    struct read_ahead *ahead = context;
    thread_stand_back(THREAD_SERVES);
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->is_closing) {
        if (!ahead->is_working) {
            pthread_cond_wait(&ahead->called, &ahead->lock);
            continue;
        }
        fill_ring(ahead);
        ahead->is_working = false;
        pthread_cond_signal(&ahead->answered);
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

struct read_ahead *read_ahead_open(struct personal *personal) {
    struct read_ahead *ahead = calloc(1, sizeof *ahead);
    if (ahead != NULL) {
        ahead->personal = personal;
        arena_init(&ahead->late_arena, LATE_ARENA_BYTES);
        pthread_mutex_init(&ahead->lock, NULL);
        pthread_cond_init(&ahead->called, NULL);
        pthread_cond_init(&ahead->answered, NULL);
        for (size_t i = 0; i < RING_WINDOWS; i++) {
            arena_init(&ahead->ring[i].arena, WINDOW_ARENA_BYTES);
        }
    }
    return ahead;
}

void read_ahead_close(struct read_ahead *ahead) {
    if (ahead == NULL) {
        return;
    }
    if (ahead->has_thread) {
        pthread_mutex_lock(&ahead->lock);
        ahead->is_closing = true;
        pthread_cond_signal(&ahead->called);
        pthread_mutex_unlock(&ahead->lock);
        (void)pthread_join(ahead->thread, NULL);
    }
    for (size_t i = 0; i < RING_WINDOWS; i++) {
        arena_release(&ahead->ring[i].arena);
    }
    daybook_buffer_release(&ahead->canonical);
    arena_release(&ahead->late_arena);
    daybook_buffer_release(&ahead->late_canonical);
    pthread_cond_destroy(&ahead->answered);
    pthread_cond_destroy(&ahead->called);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

/* ---- the leader ---- */

/* More requests than the thread needs to be worth waking. */
static bool is_long(const struct submission *list) {
    size_t count = 0;
    while (list != NULL && count < THREAD_REQUESTS) {
        count += list->asked->count;
        list = list->next;
    }
    return count >= THREAD_REQUESTS;
}

void read_ahead_begin(struct read_ahead *ahead, const struct submission *list) {
    ahead->at = list;
    ahead->next_request = 0;
    ahead->has_erasure = false;
    ahead->filled = 0;
    ahead->handed = 0;
    ahead->known = 0;
    ahead->place = 0;
    ahead->is_long = is_long(list);
    skip_read(ahead);
}

/* The first window is the leader's: by the time it is decided the thread has others ready. */
static void call_thread(struct read_ahead *ahead) {
    if (!ahead->is_long) {
        return;
    }
    if (!ahead->has_thread) {
        ahead->has_thread = pthread_create(&ahead->thread, NULL, run, ahead) == 0;
    }
    ahead->is_working = ahead->has_thread;
    pthread_cond_signal(&ahead->called);
}

static const struct request_window *next_window(struct read_ahead *ahead) {
    pthread_mutex_lock(&ahead->lock);
    while (ahead->is_working && ahead->filled == ahead->handed) {
        ahead->is_awaited = true;
        pthread_cond_wait(&ahead->answered, &ahead->lock);
    }
    ahead->is_awaited = false;
    struct request_window *window = window_at(ahead, ahead->handed);
    if (ahead->filled == ahead->handed) { /* Nobody else reads. */
        fill(ahead, window);
        if (ahead->filled++ == 0) {
            call_thread(ahead);
        }
    }
    ahead->handed++;
    ahead->known = ahead->filled;
    if (ahead->is_full && has_room(ahead)) {
        pthread_cond_signal(&ahead->called);
    }
    pthread_mutex_unlock(&ahead->lock);
    return window;
}

enum daybook_status read_ahead_next(struct read_ahead *ahead, struct prepared **prepared, struct daybook_error *error) {
    ahead->place++;
    if (ahead->handed == 0 || ahead->place >= window_at(ahead, ahead->handed - 1)->count) {
        const struct request_window *window = next_window(ahead);
        ahead->place = 0;
        if (window->status != DAYBOOK_OK) {
            return no_memory(error);
        }
    }
    *prepared = &window_at(ahead, ahead->handed - 1)->requests[ahead->place];
    return DAYBOOK_OK;
}

struct prepared *read_ahead_peek(struct read_ahead *ahead, size_t index, size_t *count) {
    index += ahead->place;
    for (size_t number = ahead->handed - 1; number < ahead->known; number++) {
        struct request_window *window = window_at(ahead, number);
        if (index < window->count) {
            *count = window->count - index;
            return &window->requests[index];
        }
        index -= window->count;
    }
    *count = 0;
    return NULL;
}

void read_ahead_end(struct read_ahead *ahead) {
    pthread_mutex_lock(&ahead->lock);
    ahead->is_ending = true;
    pthread_cond_signal(&ahead->called);
    while (ahead->is_working) {
        pthread_cond_wait(&ahead->answered, &ahead->lock);
    }
    ahead->is_ending = false;
    pthread_mutex_unlock(&ahead->lock);
}

enum daybook_status read_ahead_seal(struct read_ahead *ahead, struct prepared *prepared, struct daybook_error *error) {
    arena_reset(&ahead->late_arena);
    DAYBOOK_TRY(seal(ahead->personal, prepared, &ahead->late_arena, error));
    return prepared->request == NULL
               ? DAYBOOK_OK
               : decide_digest(prepared->request, &ahead->late_canonical, &prepared->digest, error);
}
