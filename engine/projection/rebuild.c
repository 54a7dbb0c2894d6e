/* Rebuilding several views at the same time, by a thread for each. */
#include "projection/rebuild.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/files.h"
#include "projection/rebuild_list.h"
#include "projection/view_inside.h"

enum {
    BUILT_BYTES = 384, /* What all views take of an event while they are built and packed, old ones not counted: more
                        * where a customer has few. */
    DISK_SHARE = 2,    /* One part in so many of what is free: the journal may need the rest. */
};

/* One view, and its thread. */
struct task {
    struct rebuilding *rebuilding;
    struct view *view;
    uv_thread_t thread;
    bool is_running;
    bool is_tried;
    uint64_t position; /* As was last reported; under the lock, as the target. */
    uint64_t target;
    enum daybook_status status;
    struct daybook_error error;
};

struct rebuilding {
    const char *directory;
    const struct view_progress *progress; /* NULL = none. */
    struct task *tasks;
    const char **names;
    bool *are_built;
    size_t count;
    uv_mutex_t lock; /* Guards are_built, what is reported, and is_stopped. */
    bool is_stopped;
};

static enum daybook_status note_built(struct rebuilding *rebuilding, size_t index, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    uv_mutex_lock(&rebuilding->lock);
    rebuilding->are_built[index] = true;
    if (rebuilding->count > 1) { /* One alone needs none, and leaves that of others as it is. */
        status = rebuild_list_write(rebuilding->directory, rebuilding->names, rebuilding->count, rebuilding->are_built,
                                    error);
    }
    uv_mutex_unlock(&rebuilding->lock);
    return status;
}

static enum daybook_status build(struct task *task, const struct view_progress *progress, struct daybook_error *error) {
    DAYBOOK_TRY(view_begin_following(task->view, error));
    enum daybook_status status = view_rebuild(task->view, progress, error);
    view_end_following(task->view);
    return status == DAYBOOK_OK ? note_built(task->rebuilding, (size_t)(task - task->rebuilding->tasks), error)
                                : status;
}

/* ---- together ---- */

static bool report(void *context, const char *name, uint64_t position, uint64_t target) {
    struct task *task = context;
    struct rebuilding *rebuilding = task->rebuilding;
    uint64_t positions = 0;
    uint64_t targets = 0;
    (void)name;
    uv_mutex_lock(&rebuilding->lock);
    task->position = position;
    task->target = target;
    for (size_t i = 0; i < rebuilding->count; i++) {
        positions += rebuilding->tasks[i].position;
        targets += rebuilding->tasks[i].target;
    }
    if (!rebuilding->is_stopped) {
        rebuilding->is_stopped = !rebuilding->progress->report(rebuilding->progress->context, NULL, positions, targets);
    }
    bool goes_on = !rebuilding->is_stopped;
    uv_mutex_unlock(&rebuilding->lock);
    return goes_on;
}

static void run(void *context) {
    struct task *task = context;
    const struct view_progress *told = task->rebuilding->progress;
    struct view_progress progress = {.report = report, .context = task};
    if (told != NULL) {
        progress.is_for_people = told->is_for_people;
    }
    task->status = build(task, told != NULL && told->report != NULL ? &progress : NULL, &task->error);
}

static bool is_named_before(const struct rebuilding *rebuilding, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (rebuilding->tasks[i].view == rebuilding->tasks[index].view) {
            return true;
        }
    }
    return false;
}

/* Those that found no room beside the others are tried again, alone. LMDB says IO of a write that was cut short, and
 * when another view has given up its room meanwhile, nothing tells that the disk was full. */
static void build_together(struct rebuilding *rebuilding, uint64_t head) {
    for (size_t i = 0; i < rebuilding->count; i++) {
        rebuilding->tasks[i].target = rebuilding->are_built[i] ? 0 : head;
    }
    for (size_t i = 0; i < rebuilding->count; i++) {
        struct task *task = &rebuilding->tasks[i];
        task->is_running = !rebuilding->are_built[i] && !is_named_before(rebuilding, i) &&
                           uv_thread_create(&task->thread, run, task) == 0;
    }
    for (size_t i = 0; i < rebuilding->count; i++) {
        struct task *task = &rebuilding->tasks[i];
        if (task->is_running) {
            uv_thread_join(&task->thread);
            task->is_tried = task->status != DAYBOOK_LIMIT && task->status != DAYBOOK_IO;
        }
    }
}

static bool has_room(const struct rebuilding *rebuilding, uint64_t head) {
    return head <= files_free_bytes(rebuilding->directory) / DISK_SHARE / BUILT_BYTES;
}

/* ---- all ---- */

static enum daybook_status build_all(struct rebuilding *rebuilding, uint64_t head, struct daybook_error *error) {
    if (rebuilding->count > 1 && has_room(rebuilding, head)) {
        build_together(rebuilding, head);
    }
    for (size_t i = 0; i < rebuilding->count; i++) {
        struct task *task = &rebuilding->tasks[i];
        if (task->is_tried && task->status != DAYBOOK_OK) {
            return daybook_fail_as(error, &task->error);
        }
        if (!rebuilding->are_built[i]) {
            DAYBOOK_TRY(build(task, rebuilding->progress, error));
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status rebuild_views(const char *directory, struct view *const *views, size_t count,
                                  struct journal *journal, const struct view_progress *progress, bool *were_built,
                                  struct daybook_error *error) {
    struct rebuilding rebuilding = {.directory = directory, .progress = progress, .count = count};
    struct journal_head head = {0};
    rebuilding.tasks = calloc(count + 1, sizeof *rebuilding.tasks);
    rebuilding.names = calloc(count + 1, sizeof *rebuilding.names);
    rebuilding.are_built = calloc(count + 1, sizeof *rebuilding.are_built);
    bool is_whole = rebuilding.tasks != NULL && rebuilding.names != NULL && rebuilding.are_built != NULL;
    enum daybook_status status =
        is_whole ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_NO_MEMORY, "rebuilding views: memory was refused");
    for (size_t i = 0; is_whole && i < count; i++) {
        rebuilding.names[i] = views[i]->projection->name;
        rebuilding.tasks[i] = (struct task){.rebuilding = &rebuilding, .view = views[i]};
    }
    if (uv_mutex_init(&rebuilding.lock) != 0) {
        abort(); /* Only a broken system refuses it, and nothing could be said of it safely. */
    }
    if (status == DAYBOOK_OK) {
        status = rebuild_list_read(directory, rebuilding.names, count, were_built, error);
    }
    if (status == DAYBOOK_OK) {
        memcpy(rebuilding.are_built, were_built, count * sizeof *were_built);
        status = journal_head(journal, &head, error);
    }
    if (status == DAYBOOK_OK) {
        status = build_all(&rebuilding, head.sequence, error);
    }
    uv_mutex_destroy(&rebuilding.lock);
    free(rebuilding.are_built);
    free(rebuilding.names);
    free(rebuilding.tasks);
    return status;
}
