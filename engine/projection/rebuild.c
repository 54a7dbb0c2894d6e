/* Rebuilding several views at the same time, and keeping which are built. */
#include "projection/rebuild.h"

#include <stdlib.h>
#include <uv.h>

#include "projection/rebuild_list.h"
#include "projection/together.h"
#include "projection/view_inside.h"

struct rebuilding {
    const char *directory;
    const struct view_progress *progress; /* NULL = none. */
    struct together_task *tasks;
    const char **names;
    bool *are_built;
    size_t count;
    uv_mutex_t lock; /* Guards are_built. */
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

static enum daybook_status build(void *context, struct together_task *task, const struct view_progress *progress,
                                 struct daybook_error *error) {
    struct rebuilding *rebuilding = context;
    DAYBOOK_TRY(view_begin_following(task->view, error));
    enum daybook_status status = view_rebuild(task->view, progress, error);
    view_end_following(task->view);
    return status == DAYBOOK_OK ? note_built(rebuilding, (size_t)(task - rebuilding->tasks), error) : status;
}

/* Those that found no room beside the others are tried again, alone. LMDB says IO of a write that was cut short, and
 * when another view has given up its room meanwhile, nothing tells that the disk was full. */
static bool is_tried(const struct together_task *task) {
    return task->was_run && task->status != DAYBOOK_LIMIT && task->status != DAYBOOK_IO;
}

static enum daybook_status build_all(struct rebuilding *rebuilding, uint64_t head, struct daybook_error *error) {
    if (rebuilding->count > 1 && together_has_room(rebuilding->directory, head)) {
        struct together together = {
            .work = build, .context = rebuilding, .target = head, .progress = rebuilding->progress};
        together_run(&together, rebuilding->tasks, rebuilding->count);
    }
    for (size_t i = 0; i < rebuilding->count; i++) {
        struct together_task *task = &rebuilding->tasks[i];
        if (is_tried(task) && task->status != DAYBOOK_OK) {
            return daybook_fail_as(error, &task->error);
        }
        if (!rebuilding->are_built[i]) {
            DAYBOOK_TRY(build(rebuilding, task, rebuilding->progress, error));
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
        rebuilding.tasks[i].view = views[i];
    }
    if (uv_mutex_init(&rebuilding.lock) != 0) {
        abort(); /* Only a broken system refuses it, and nothing could be said of it safely. */
    }
    if (status == DAYBOOK_OK) {
        status = rebuild_list_read(directory, rebuilding.names, count, were_built, error);
    }
    if (status == DAYBOOK_OK) {
        for (size_t i = 0; i < count; i++) {
            rebuilding.are_built[i] = were_built[i];
            rebuilding.tasks[i].is_wanted = !were_built[i];
        }
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
