/* The job of a backup: every event, or those since an earlier one, as one file. */
#include <inttypes.h>
#include <string.h>

#include "engine/backup.h"
#include "projections/query.h"
#include "tools/backup_end.h"
#include "tools/job.h"
#include "tools/text.h"

struct backing_up {
    struct job *job;
    uint64_t first; /* What the earlier backup has. */
    uint64_t head;
    bool is_stopped;
};

static enum daybook_status write_out(void *context, const void *data, size_t size, struct daybook_error *error) {
    struct backing_up *backing_up = context;
    return job_write(backing_up->job, data, size, error);
}

static void show_done(void *context, uint64_t sequence) {
    struct backing_up *backing_up = context;
    backing_up->is_stopped =
        !job_go_on(backing_up->job, _("backing up"), backing_up->first, sequence, backing_up->head);
}

static bool is_stopped(void *context) {
    const struct backing_up *backing_up = context;
    return backing_up->is_stopped;
}

static Pb__BackupAnswer *tell(const struct backup_summary *summary, struct arena *arena) {
    Pb__BackupAnswer *answer = arena_alloc(arena, sizeof *answer);
    uint8_t *root = arena_alloc(arena, SHA256_SIZE);
    if (answer == NULL || root == NULL) {
        return NULL;
    }
    pb__backup_answer__init(answer);
    memcpy(root, summary->root.bytes, SHA256_SIZE);
    answer->first_sequence = summary->first_sequence;
    answer->last_sequence = summary->last_sequence;
    answer->last_recorded_at_us = summary->last_recorded_at_us;
    answer->size_bytes = summary->size_bytes;
    answer->root = (ProtobufCBinaryData){SHA256_SIZE, root};
    return answer;
}

/* The ledger's own tree where the earlier backup ends must be the one whose edge the new file goes on from: two
 * histories can have the same last event, and different ones before it. */
static enum daybook_status check_since(struct job *job, const struct backup_summary *since,
                                       struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__CheckpointQuery asked = PB__CHECKPOINT_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    struct merkle_hash root;
    DAYBOOK_TRY(backup_check_since(job->ledger, since, error));
    if (since->last_sequence == 0) {
        return DAYBOOK_OK;
    }
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return job_no_memory(error);
    }
    merkle_edge_root(&since->edge, sha256, &root);
    sha256_close(sha256);
    asked.size = since->last_sequence;
    query.question_case = PB__QUERY__QUESTION_CHECKPOINT;
    query.checkpoint = &asked;
    DAYBOOK_TRY(query_run(job->ledger, &query, job->arena, &answer, error));
    ProtobufCBinaryData ours = ((const Pb__CheckpointAnswer *)answer)->root;
    return ours.len == SHA256_SIZE && memcmp(ours.data, root.bytes, SHA256_SIZE) == 0
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_INVALID,
                              _("events 1 to %" PRIu64 " of this ledger are not those that the earlier backup goes on "
                                "from: they have different histories; make a whole backup"),
                              since->last_sequence);
}

enum daybook_status job_backup(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                               struct daybook_error *error) {
    const Pb__BackupEnd *told = ((const Pb__BackupRequest *)asked)->since;
    struct backing_up backing_up = {.job = job};
    struct backup_sink sink = {write_out, &backing_up};
    struct backup_watch watch = {show_done, is_stopped, &backing_up};
    struct backup_summary since;
    struct backup_summary summary;
    if (told != NULL) {
        DAYBOOK_TRY(backup_end_read(told, &since, error));
        DAYBOOK_TRY(check_since(job, &since, error));
        backing_up.first = since.last_sequence;
    }
    DAYBOOK_TRY(daybook_head(job->ledger, &backing_up.head, error));
    DAYBOOK_TRY(backup_write(job->ledger, told == NULL ? NULL : &since, &sink, &watch, &summary, error));
    Pb__BackupAnswer *made = tell(&summary, job->arena);
    *answer = made == NULL ? NULL : &made->base;
    return made == NULL ? job_no_memory(error) : DAYBOOK_OK;
}
