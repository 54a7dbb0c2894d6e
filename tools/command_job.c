/* A job for a command: run here, or at the server that the command speaks to. */
#include "tools/command_job.h"

#include <stdio.h>
#include <string.h>

#include "codec/wire.h"
#include "engine/ledger.h"
#include "tools/progress.h"
#include "tools/remote.h"
#include "tools/text.h"
#include "tools/word_text.h"

#define ITEM_ARENA_BYTES ((size_t)1 << 30)

struct watching {
    const struct command_job *how;
    struct progress progress;
    char doing[64];
    struct arena item_arena;
    ProtobufCMessage *answer; /* A server's. */
};

/* ---- what comes ---- */

static void show(struct watching *watching, const Pb__JobProgress *told) {
    if (strncmp(watching->doing, told->doing, sizeof watching->doing - 1) != 0) {
        (void)snprintf(watching->doing, sizeof watching->doing, "%s", told->doing);
        progress_begin(&watching->progress, word_of(watching->doing), _("events"), told->first, told->total);
    }
    watching->progress.total = told->total;
    progress_update(&watching->progress, told->done);
}

static enum daybook_status take_item(void *context, const Pb__JobItem *item, struct daybook_error *error) {
    struct watching *watching = context;
    switch (item->item_case) {
    case PB__JOB_ITEM__ITEM_PROGRESS:
        show(watching, item->progress);
        break;
    case PB__JOB_ITEM__ITEM_FINDING:
        progress_clear();
        (void)fprintf(stderr, _("daybook: found: %s\n"), item->finding);
        break;
    case PB__JOB_ITEM__ITEM_DATA:
    case PB__JOB_ITEM__ITEM_FILE:
        if (watching->how->take != NULL) {
            return watching->how->take(watching->how->context, item, error);
        }
        break;
    case PB__JOB_ITEM__ITEM_BACKUP:
    case PB__JOB_ITEM__ITEM_DOCTOR:
    case PB__JOB_ITEM__ITEM_VERIFY:
    case PB__JOB_ITEM__ITEM_BUNDLE:
    case PB__JOB_ITEM__ITEM_TILES:
    case PB__JOB_ITEM__ITEM_REPLAY:
    case PB__JOB_ITEM__ITEM__NOT_SET:
    default: /* What a newer server tells beside it. */
        break;
    }
    return DAYBOOK_OK;
}

static bool is_stopped(void *context) {
    (void)context;
    return progress_is_interrupted();
}

/* ---- there ---- */

static enum daybook_status decode(struct daybook_bytes bytes, struct arena *arena, const Pb__JobItem **item,
                                  struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    enum daybook_status status = wire_decode(&pb__job_item__descriptor, bytes, arena, &message, error);
    *item = (const Pb__JobItem *)message;
    return status == DAYBOOK_DAMAGED
               ? daybook_fail_in(error, "%s", _("reading the answer of the server, which may be of another version"))
               : status;
}

static enum daybook_status take_message(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    struct watching *watching = context;
    struct arena *kept_arena = watching->how->invocation->arena;
    const Pb__JobItem *item;
    arena_reset(&watching->item_arena);
    DAYBOOK_TRY(decode(bytes, &watching->item_arena, &item, error));
    if (job_unwrap_answer(item) == NULL) {
        return take_item(watching, item, error);
    }
    char *kept = arena_copy_text(kept_arena, (const char *)bytes.data, bytes.size);
    if (kept == NULL) {
        return job_no_memory(error);
    }
    DAYBOOK_TRY(decode((struct daybook_bytes){(const uint8_t *)kept, bytes.size}, kept_arena, &item, error));
    watching->answer = job_unwrap_answer(item);
    return DAYBOOK_OK;
}

static enum daybook_status run_there(struct watching *watching, const ProtobufCMessage *asked,
                                     ProtobufCMessage **answer, struct daybook_error *error) {
    struct remote *remote = watching->how->invocation->remote;
    if (!remote_is_stream(remote, asked)) {
        return remote_call(remote, asked, watching->how->invocation->arena, answer, error);
    }
    arena_init(&watching->item_arena, ITEM_ARENA_BYTES);
    enum daybook_status status = remote_stream(remote, asked, take_message, watching, error);
    arena_release(&watching->item_arena);
    *answer = watching->answer;
    return status != DAYBOOK_OK || *answer != NULL
               ? status
               : daybook_fail(error, DAYBOOK_IO, "%s", _("the server said that it was done, and not what came of it"));
}

/* ---- here ---- */

static enum daybook_status run_here(struct watching *watching, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                                    struct daybook_error *error) {
    const struct command_job *how = watching->how;
    struct job_sink sink = {take_item, is_stopped, watching};
    struct job job = {
        .ledger = how->ledger,
        .submitter = {command_actor(how->invocation), PB__ROLE__ROLE_UNSPECIFIED},
        .sink = &sink,
        .arena = how->invocation->arena,
        .scratch = how->scratch,
        .signing_key = how->signing_key,
    };
    if (how->ledger != NULL) {
        job.directory = ledger_directory(how->ledger);
    } else {
        DAYBOOK_TRY(command_directory(how->invocation, &job.directory, error));
    }
    return job_run(&job, asked, answer, error);
}

enum daybook_status command_job_run(const struct command_job *how, const ProtobufCMessage *asked,
                                    ProtobufCMessage **answer, struct daybook_error *error) {
    struct watching watching = {.how = how};
    *answer = NULL;
    enum daybook_status status = how->invocation->remote != NULL ? run_there(&watching, asked, answer, error)
                                                                 : run_here(&watching, asked, answer, error);
    progress_clear();
    return status;
}

/* ---- one file ---- */

static enum daybook_status write_data(void *context, const Pb__JobItem *item, struct daybook_error *error) {
    struct output_file *out = context;
    if (item->item_case == PB__JOB_ITEM__ITEM_DATA &&
        fwrite(item->data.data, 1, item->data.len, out->stream) != item->data.len) {
        return daybook_fail(error, DAYBOOK_IO, _("writing %s: the disk took no more"), out->name);
    }
    return DAYBOOK_OK;
}

enum daybook_status command_job_save(struct command_job how, const ProtobufCMessage *asked, const char *path,
                                     ProtobufCMessage **answer, struct daybook_error *error) {
    struct output_file out;
    enum daybook_status status = output_file_open(&out, path, error);
    if (status == DAYBOOK_OK) {
        how.take = write_data;
        how.context = &out;
        status = command_job_run(&how, asked, answer, error);
    }
    return output_file_close(&out, status, error);
}
