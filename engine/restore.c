/* Making a ledger out of backups: read once to verify and to find the end, then once to append. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "backup_inside.h"
#include "base/files.h"
#include "codec/event_stamp.h"
#include "codec/wire.h"
#include "limits.h"
#include "store/journal.h"

enum { EVENT_ARENA_BYTES = 64 * LIMIT_EVENT_BYTES };

struct restore {
    const struct restore_target *target;
    struct arena event_arena;
    struct daybook_buffer config; /* Of the first file. */
    uint64_t whole;               /* Everything through it is whole requests and groups. */
    uint64_t end;                 /* What will be restored; while it is not found, UINT64_MAX. */
    uint64_t last;                /* That was seen. */
    struct journal *journal;
    int64_t *recorded_at_us; /* LIMIT_FRAME_EVENTS of them. */
    struct backup_tree tree;
    int64_t last_recorded_at_us;
};

static enum daybook_status decode(struct restore *restore, struct event_span event, const Pb__Event **decoded,
                                  struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    arena_reset(&restore->event_arena);
    DAYBOOK_TRY(wire_decode(&pb__event__descriptor, (struct daybook_bytes){event.data, event.size},
                            &restore->event_arena, &message, error));
    *decoded = (const Pb__Event *)message;
    return DAYBOOK_OK;
}

/* ---- finding the end ---- */

/* A request's events stand together and only its first has a digest; a group's carry its first sequence. */
static bool begins_anew(const Pb__Event *event) {
    return event->request_digest != 0 && (event->group == 0 || event->group == event->sequence);
}

static enum daybook_status look_at(struct restore *restore, const Pb__Event *event, struct daybook_error *error) {
    uint64_t before = event->sequence - 1;
    if (begins_anew(event)) {
        restore->whole = before;
    }
    if (restore->end != UINT64_MAX) {
        return DAYBOOK_OK;
    }
    if (restore->target->instant_us != 0 && event->recorded_at_us > restore->target->instant_us) {
        restore->end = restore->whole;
    }
    if (restore->target->sequence != 0 && before == restore->target->sequence) {
        restore->end = before;
        if (restore->whole != before) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "event %" PRIu64 " is in the middle of a request or a group that is all or nothing; "
                                "restore to %" PRIu64 ", before it, or to its end",
                                before, restore->whole);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status look_at_frame(void *context, uint64_t first_sequence, const struct event_span *events,
                                         uint32_t count, struct daybook_error *error) {
    struct restore *restore = context;
    for (uint32_t i = 0; i < count; i++) {
        const Pb__Event *event = NULL;
        DAYBOOK_TRY(decode(restore, events[i], &event, error));
        if (event->sequence != first_sequence + i) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "event %" PRIu64 " of the backup says that it is %" PRIu64,
                                first_sequence + i, event->sequence);
        }
        DAYBOOK_TRY(look_at(restore, event, error));
    }
    restore->last = first_sequence + count - 1;
    return DAYBOOK_OK;
}

/* The last event ends its request: a journal holds nothing by halves. */
static enum daybook_status settle_end(struct restore *restore, struct daybook_error *error) {
    if (restore->end == UINT64_MAX) {
        if (restore->target->sequence > restore->last) {
            return daybook_fail(error, DAYBOOK_INVALID, "there is no event %" PRIu64 "; the backup ends with %" PRIu64,
                                restore->target->sequence, restore->last);
        }
        restore->end = restore->last;
    }
    return DAYBOOK_OK;
}

/* ---- appending ---- */

static enum daybook_status append_frame(void *context, uint64_t first_sequence, const struct event_span *events,
                                        uint32_t count, struct daybook_error *error) {
    struct restore *restore = context;
    if (first_sequence > restore->end) {
        return DAYBOOK_OK;
    }
    uint64_t wanted = restore->end - first_sequence + 1;
    struct journal_batch batch = {events, restore->recorded_at_us, wanted < count ? (size_t)wanted : count};
    for (size_t i = 0; i < batch.count; i++) {
        struct event_stamp stamp;
        if (!event_stamp_read(events[i], &stamp)) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "event %" PRIu64 " of the backup does not begin with its stamp",
                                first_sequence + i);
        }
        DAYBOOK_TRY(backup_tree_add(&restore->tree, events[i], error));
        restore->recorded_at_us[i] = stamp.recorded_at_us;
    }
    restore->last_recorded_at_us = restore->recorded_at_us[batch.count - 1];
    return journal_append(restore->journal, &batch, error);
}

/* Made beside its place, so that a ledger which is only half there never has the name that was asked for. */
static enum daybook_status fill_directory(struct restore *restore, const char *const *paths, size_t count,
                                          const char *beside, const struct backup_watch *watch,
                                          struct backup_summary *summary, struct daybook_error *error) {
    struct journal_options options = {.is_writer = true};
    struct backup_summary read;
    enum daybook_status status = journal_create(beside, daybook_buffer_view(&restore->config), error);
    if (status == DAYBOOK_OK) {
        status = journal_open(beside, &options, &restore->journal, error);
    }
    if (status == DAYBOOK_OK) {
        status = backup_read_all(paths, count, watch, append_frame, restore, &restore->config, &read, error);
    }
    journal_close(restore->journal);
    restore->journal = NULL;
    if (status == DAYBOOK_OK) {
        summary->last_sequence = restore->end;
        summary->last_recorded_at_us = restore->last_recorded_at_us;
        summary->edge = restore->tree.edge;
        summary->leaf = restore->tree.leaf;
        merkle_edge_root(&summary->edge, restore->tree.sha256, &summary->root);
    }
    return status;
}

static enum daybook_status put_in_place(const char *beside, const char *directory, struct daybook_error *error) {
    if (rename(beside, directory) != 0) {
        return daybook_fail(error, files_status(errno), "renaming %s to %s: %s", beside, directory, strerror(errno));
    }
    return files_sync_parent(directory, error);
}

/* "books/" is meant as "books": what is made beside it must not lie in it. */
static enum daybook_status take_place(const char *directory, char place[PATH_MAX], char beside[PATH_MAX],
                                      struct daybook_error *error) {
    size_t size = strlen(directory);
    while (size > 1 && directory[size - 1] == '/') {
        size--;
    }
    if (size == 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "restoring: the new directory has no name");
    }
    if (snprintf(place, PATH_MAX, "%.*s", (int)size, directory) >= PATH_MAX ||
        snprintf(beside, PATH_MAX, "%s.restoring", place) >= PATH_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, "restoring: the directory's path is too long");
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_place(const char *directory, const char *beside, struct daybook_error *error) {
    struct stat facts;
    if (lstat(directory, &facts) == 0) { /* A link that leads nowhere is something, too. */
        return daybook_fail(error, DAYBOOK_EXISTS, "restoring: %s is there already; name a new directory", directory);
    }
    if (files_exists(beside)) {
        return daybook_fail(error, DAYBOOK_EXISTS,
                            "restoring: %s is there, left by a restore that was killed; remove it and try again",
                            beside);
    }
    return DAYBOOK_OK;
}

static enum daybook_status restore_into(struct restore *restore, const char *const *paths, size_t count,
                                        const char *directory, const struct backup_watch *watch,
                                        struct backup_summary *summary, struct daybook_error *error) {
    char place[PATH_MAX];
    char beside[PATH_MAX];
    DAYBOOK_TRY(take_place(directory, place, beside, error));
    DAYBOOK_TRY(check_place(place, beside, error));
    enum daybook_status status =
        backup_read_all(paths, count, watch, look_at_frame, restore, &restore->config, summary, error);
    if (status == DAYBOOK_OK) {
        status = settle_end(restore, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = fill_directory(restore, paths, count, beside, watch, summary, error);
    if (status == DAYBOOK_OK) {
        status = put_in_place(beside, place, error);
    }
    if (status != DAYBOOK_OK) {
        files_remove_tree(beside);
    }
    return status;
}

enum daybook_status backup_restore(const char *const *paths, size_t count, const char *directory,
                                   const struct restore_target *target, const struct backup_watch *watch,
                                   struct backup_summary *summary, struct daybook_error *error) {
    struct restore restore = {.target = target, .end = UINT64_MAX};
    arena_init(&restore.event_arena, EVENT_ARENA_BYTES);
    restore.tree.sha256 = sha256_open();
    restore.recorded_at_us = calloc(LIMIT_FRAME_EVENTS, sizeof *restore.recorded_at_us);
    enum daybook_status status =
        restore.tree.sha256 == NULL || restore.recorded_at_us == NULL
            ? daybook_fail(error, DAYBOOK_NO_MEMORY, "restoring %s: memory was refused", directory)
            : restore_into(&restore, paths, count, directory, watch, summary, error);
    free(restore.recorded_at_us);
    daybook_buffer_release(&restore.config);
    sha256_close(restore.tree.sha256);
    arena_release(&restore.event_arena);
    return status;
}
