/* Several views folded at the same time, by a thread for each. */
#include "projection/together.h"

#include <stdlib.h>
#include <uv.h>

#include "base/files.h"
#include "projection/view_inside.h"

enum {
    BUILT_BYTES = 384, /* What all views take of an event while they are built and packed, old ones not counted: more
                        * where a customer has few. */
    DISK_SHARE = 2,    /* One part in so many of what is free: the journal may need the rest. */
};

/* A task's thread. */
struct runner {
    struct running *running;
    struct together_task *task;
    uv_thread_t thread;
    bool is_running;
    uint64_t position; /* As was last reported; under the lock, as the target. */
    uint64_t target;
};

struct running {
    const struct together *together;
    struct runner *runners;
    size_t count;
    uv_mutex_t lock; /* Guards what is reported, and is_stopped. */
    bool is_stopped;
};

static bool report(void *context, const char *name, uint64_t position, uint64_t target) {
    struct runner *runner = context;
    struct running *running = runner->running;
    const struct view_progress *progress = running->together->progress;
    uint64_t positions = 0;
    uint64_t targets = 0;
    (void)name;
    uv_mutex_lock(&running->lock);
    runner->position = position;
    runner->target = target;
    for (size_t i = 0; i < running->count; i++) {
        positions += running->runners[i].position;
        targets += running->runners[i].target;
    }
    if (!running->is_stopped) {
        running->is_stopped = !progress->report(progress->context, NULL, positions, targets);
    }
    bool goes_on = !running->is_stopped;
    uv_mutex_unlock(&running->lock);
    return goes_on;
}

static void run(void *context) {
    struct runner *runner = context;
    const struct together *together = runner->running->together;
    const struct view_progress *told = together->progress;
    struct view_progress progress = {.report = report, .context = runner};
    if (told != NULL) {
        progress.is_for_people = told->is_for_people;
    }
    struct together_task *task = runner->task;
    task->status =
        together->work(together->context, task, told != NULL && told->report != NULL ? &progress : NULL, &task->error);
    if (task->status == DAYBOOK_OK) { /* Not everybody reports the end. */
        uv_mutex_lock(&runner->running->lock);
        runner->position = runner->target;
        uv_mutex_unlock(&runner->running->lock);
    }
}

static void run_all(struct running *running) {
    for (size_t i = 0; i < running->count; i++) {
        struct runner *runner = &running->runners[i];
        runner->is_running = runner->task->is_wanted && uv_thread_create(&runner->thread, run, runner) == 0;
    }
    for (size_t i = 0; i < running->count; i++) {
        struct runner *runner = &running->runners[i];
        if (runner->is_running) {
            uv_thread_join(&runner->thread);
            runner->task->was_run = true;
        }
    }
}

void together_run(const struct together *together, struct together_task *tasks, size_t count) {
    struct running running = {.together = together, .runners = calloc(count + 1, sizeof *running.runners)};
    if (running.runners == NULL) {
        return; /* As where no thread can be started. */
    }
    if (uv_mutex_init(&running.lock) != 0) {
        abort(); /* Only a broken system refuses it, and nothing could be said of it safely. */
    }
    running.count = count;
    for (size_t i = 0; i < count; i++) {
        running.runners[i] = (struct runner){.running = &running,
                                             .task = &tasks[i],
                                             .position = tasks[i].is_wanted ? tasks[i].begun_at : 0,
                                             .target = tasks[i].is_wanted ? together->target : 0};
    }
    run_all(&running);
    uv_mutex_destroy(&running.lock);
    free(running.runners);
}

bool together_has_room(const char *directory, uint64_t target) {
    return target <= files_free_bytes(directory) / DISK_SHARE / BUILT_BYTES;
}

/* ---- for a question ---- */

static enum daybook_status catch_up(void *context, struct together_task *task, const struct view_progress *progress,
                                    struct daybook_error *error) {
    const struct together *together = context;
    return view_catch_up(task->view, together->target, progress, error);
}

/* A stop ends what has not begun, too. Whatever else has come of one, whoever reads it hears. */
static enum daybook_status find_stop(const struct together_task *tasks, size_t count, struct daybook_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (tasks[i].was_run && tasks[i].status == DAYBOOK_STOPPED) {
            return daybook_fail_as(error, &tasks[i].error);
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status together_catch_up(const char *directory, struct view *const *views, size_t count, uint64_t target,
                                      const struct view_progress *progress, struct daybook_error *error) {
    struct together together = {.work = catch_up, .target = target, .progress = progress};
    struct together_task *tasks = calloc(count + 1, sizeof *tasks);
    size_t wanted_count = 0;
    together.context = &together;
    if (tasks == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "catching up views: memory was refused");
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t distance = view_distance(views[i], target, TOGETHER_EVENTS_MIN);
        tasks[i].view = views[i];
        tasks[i].is_wanted = distance >= TOGETHER_EVENTS_MIN;
        tasks[i].begun_at = target - distance;
        wanted_count += tasks[i].is_wanted;
    }
    enum daybook_status status = DAYBOOK_OK;
    if (wanted_count > 1 && together_has_room(directory, target)) {
        together_run(&together, tasks, count);
        status = find_stop(tasks, count, error);
    }
    free(tasks);
    return status;
}
