/* Threads for what may take longer than a moment. */
#include "tools/serve/crew.h"

#define ANSWER_LIMIT_BYTES ((size_t)512 << 20)
#define KEPT_BYTES         ((size_t)4 << 20) /* What an arena may keep between two calls. */

static struct call *take(struct crew *crew) {
    uv_mutex_lock(&crew->lock);
    while (crew->first == NULL && !crew->is_closing) {
        uv_cond_wait(&crew->work, &crew->lock);
    }
    struct call *call = crew->first;
    if (call != NULL) {
        crew->first = call->next;
        if (crew->first == NULL) {
            crew->last = &crew->first;
        }
        crew->count--;
        call->next = NULL;
    }
    uv_mutex_unlock(&crew->lock);
    return call;
}

static void run(void *context) {
    struct crew *crew = context;
    struct arena answer_arena;
    arena_init(&answer_arena, ANSWER_LIMIT_BYTES);
    for (struct call *call = take(crew); call != NULL; call = take(crew)) {
        call->work(call, &answer_arena);
        if (answer_arena.used_bytes > KEPT_BYTES) {
            arena_release(&answer_arena);
        } else {
            arena_reset(&answer_arena);
        }
        inbox_return(call);
    }
    arena_release(&answer_arena);
}

enum daybook_status crew_open(struct crew *crew, size_t limit, struct daybook_error *error) {
    *crew = (struct crew){.limit = limit};
    crew->last = &crew->first;
    if (uv_mutex_init(&crew->lock) != 0) {
        return daybook_fail(error, DAYBOOK_IO, "starting the server's threads: no lock could be made");
    }
    if (uv_cond_init(&crew->work) != 0) {
        uv_mutex_destroy(&crew->lock);
        return daybook_fail(error, DAYBOOK_IO, "starting the server's threads: no lock could be made");
    }
    crew->is_open = true;
    while (crew->thread_count < CREW_THREADS) {
        int code = uv_thread_create(&crew->threads[crew->thread_count], run, crew);
        if (code != 0) {
            crew_close(crew);
            return daybook_fail(error, DAYBOOK_IO, "starting the server's threads: %s", uv_strerror(code));
        }
        crew->thread_count++;
    }
    return DAYBOOK_OK;
}

void crew_close(struct crew *crew) {
    if (!crew->is_open) {
        return;
    }
    uv_mutex_lock(&crew->lock);
    crew->is_closing = true;
    uv_cond_broadcast(&crew->work);
    uv_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->thread_count; i++) {
        uv_thread_join(&crew->threads[i]);
    }
    uv_cond_destroy(&crew->work);
    uv_mutex_destroy(&crew->lock);
    *crew = (struct crew){0};
}

bool crew_push(struct crew *crew, struct call *call, bool must_take) {
    uv_mutex_lock(&crew->lock);
    bool is_taken = must_take || crew->count < crew->limit;
    if (is_taken) {
        call->next = NULL;
        *crew->last = call;
        crew->last = &call->next;
        crew->count++;
        uv_cond_signal(&crew->work);
    }
    uv_mutex_unlock(&crew->lock);
    return is_taken;
}
