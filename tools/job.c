/* Jobs: the table of them, and what they give away. */
#include "tools/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daybook/v1/service.pb-c.h"
#include "tools/message_field.h"
#include "tools/text.h"

enum { PIECE_BYTES = 64 << 10, TELL_EVERY_MS = 200 };

static const struct {
    const ProtobufCMessageDescriptor *asked;
    job_function *run;
} jobs[] = {
    {&pb__backup_request__descriptor, job_backup},
    {&pb__bundle_request__descriptor, job_bundle},
    {&pb__create_key_request__descriptor, job_create_key},
    {&pb__doctor_request__descriptor, job_doctor},
    {&pb__get_key_request__descriptor, job_get_key},
    {&pb__replay_request__descriptor, job_replay},
    {&pb__tiles_request__descriptor, job_tiles},
    {&pb__verify_request__descriptor, job_verify},
    {&pb__sign_checkpoint_request__descriptor, job_sign_checkpoint},
};

static job_function *find(const ProtobufCMessageDescriptor *asked) {
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        if (jobs[i].asked == asked) {
            return jobs[i].run;
        }
    }
    return NULL;
}

/* ---- giving away ---- */

static enum daybook_status put(struct job *job, const Pb__JobItem *item, struct daybook_error *error) {
    if (job->broken.status == DAYBOOK_OK) {
        job->broken.status = job->sink->put(job->sink->context, item, &job->broken);
    }
    return job->broken.status == DAYBOOK_OK ? DAYBOOK_OK : daybook_fail_as(error, &job->broken);
}

static enum daybook_status flush(struct job *job, struct daybook_error *error) {
    Pb__JobItem item = PB__JOB_ITEM__INIT;
    if (job->pending.size == 0) {
        return DAYBOOK_OK;
    }
    item.item_case = PB__JOB_ITEM__ITEM_DATA;
    item.data = (ProtobufCBinaryData){job->pending.size, job->pending.data};
    enum daybook_status status = put(job, &item, error);
    daybook_buffer_reset(&job->pending);
    return status;
}

enum daybook_status job_write(struct job *job, const void *data, size_t size, struct daybook_error *error) {
    if (job->sink->is_stopped(job->sink->context)) {
        return daybook_fail(error, DAYBOOK_STOPPED, "%s", _("stopped; nothing is left behind"));
    }
    if (daybook_buffer_append(&job->pending, data, size) != DAYBOOK_OK) {
        return job_no_memory(error);
    }
    return job->pending.size >= PIECE_BYTES ? flush(job, error) : DAYBOOK_OK;
}

enum daybook_status job_put_file(struct job *job, const char *path, struct daybook_bytes content,
                                 struct daybook_error *error) {
    Pb__JobItem item = PB__JOB_ITEM__INIT;
    Pb__JobFile file = PB__JOB_FILE__INIT;
    file.path = (char *)(uintptr_t)path;
    file.content = (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    item.item_case = PB__JOB_ITEM__ITEM_FILE;
    item.file = &file;
    return put(job, &item, error);
}

enum daybook_status job_find(struct job *job, const char *finding, struct daybook_error *error) {
    Pb__JobItem item = PB__JOB_ITEM__INIT;
    item.item_case = PB__JOB_ITEM__ITEM_FINDING;
    item.finding = (char *)(uintptr_t)finding;
    return put(job, &item, error);
}

bool job_go_on(struct job *job, const char *doing, uint64_t first, uint64_t done, uint64_t total) {
    Pb__JobItem item = PB__JOB_ITEM__INIT;
    Pb__JobProgress progress = PB__JOB_PROGRESS__INIT;
    uint64_t now_ns = clock_monotonic_ns();
    bool is_due = now_ns - job->told_ns >= TELL_EVERY_MS * UINT64_C(1000000);
    if (is_due && job->broken.status == DAYBOOK_OK) {
        progress.doing = (char *)(uintptr_t)doing;
        progress.first = first;
        progress.done = done;
        progress.total = total;
        item.item_case = PB__JOB_ITEM__ITEM_PROGRESS;
        item.progress = &progress;
        (void)put(job, &item, NULL); /* What is broken stays broken, and is told at the end. */
        job->told_ns = now_ns;
    }
    return job->broken.status == DAYBOOK_OK && !job->sink->is_stopped(job->sink->context);
}

/* ---- running ---- */

enum daybook_status job_no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("memory was refused"));
}

enum daybook_status job_make_scratch(const struct job *job, const char *name, char path[PATH_MAX],
                                     struct daybook_error *error) {
    const char *parent = job->scratch != NULL ? job->scratch : job->directory;
    if (job->scratch == NULL && access(parent, W_OK) != 0) {
        parent = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    }
    if (snprintf(path, PATH_MAX, "%s/%s-XXXXXX", parent, name) >= PATH_MAX || mkdtemp(path) == NULL) {
        return daybook_fail(error, DAYBOOK_IO, _("making a scratch directory in %s: %s; %s"), parent, strerror(errno),
                            job->scratch != NULL ? _("name another with --scratch")
                                                 : _("for a ledger that is only read TMPDIR says where"));
    }
    return DAYBOOK_OK;
}

enum daybook_status job_run(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                            struct daybook_error *error) {
    job_function *run = find(asked->descriptor);
    *answer = NULL;
    job->broken = (struct daybook_error){0};
    job->told_ns = clock_monotonic_ns();
    if (run == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("no job takes a %s"), asked->descriptor->short_name);
    }
    enum daybook_status status = run(job, asked, answer, error);
    if (status == DAYBOOK_OK) {
        status = flush(job, error);
    }
    /* Whoever takes the items knows best why the job could not go on. */
    if (job->broken.status != DAYBOOK_OK) {
        status = daybook_fail_as(error, &job->broken);
    }
    daybook_buffer_release(&job->pending);
    return status;
}

/* ---- answers as items ---- */

enum { FIRST_ANSWER = PB__JOB_ITEM__ITEM_BACKUP };

const Pb__JobItem *job_wrap_answer(Pb__JobItem *item, const ProtobufCMessage *answer) {
    pb__job_item__init(item);
    for (unsigned i = 0; i < pb__job_item__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *arm = &pb__job_item__descriptor.fields[i];
        if (arm->id >= FIRST_ANSWER && arm->descriptor == answer->descriptor) {
            memcpy(field_member(&item->base, arm), &answer, sizeof(ProtobufCMessage *));
            field_mark(&item->base, arm);
            return item;
        }
    }
    return NULL;
}

ProtobufCMessage *job_unwrap_answer(const Pb__JobItem *item) {
    const ProtobufCFieldDescriptor *arm =
        protobuf_c_message_descriptor_get_field(&pb__job_item__descriptor, (unsigned)item->item_case);
    return arm != NULL && arm->id >= FIRST_ANSWER ? *(ProtobufCMessage **)field_member(&item->base, arm) : NULL;
}
