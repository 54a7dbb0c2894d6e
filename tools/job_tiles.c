/* The job of tiles: the log as plain files, one after the other. */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "proof/tile_builder.h"
#include "tools/job.h"
#include "tools/text.h"

struct tiling {
    struct job *job;
    uint64_t size;
    struct tile_builder builder;
    struct daybook_buffer checkpoint;
    struct journal_reader *reader;
};

static enum daybook_status give_tile(void *context, const char *name, struct daybook_bytes tile,
                                     struct daybook_error *error) {
    struct tiling *tiling = context;
    return job_put_file(tiling->job, name, tile, error);
}

static enum daybook_status add_events(struct tiling *tiling, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t next = 1; status == DAYBOOK_OK && next <= tiling->size;) {
        struct journal_slice slice;
        status = journal_read(tiling->reader, next, &slice, error);
        if (status == DAYBOOK_OK && slice.count == 0) {
            status = daybook_fail(error, DAYBOOK_DAMAGED, _("the journal ends before event %" PRIu64), next);
        }
        for (size_t i = 0; status == DAYBOOK_OK && i < slice.count && next <= tiling->size; i++, next++) {
            struct daybook_bytes entry = {slice.events[i].data, slice.events[i].size};
            status = tile_builder_add(&tiling->builder, entry, error);
        }
        if (status == DAYBOOK_OK && !job_go_on(tiling->job, _("tiling"), 0, next - 1, tiling->size)) {
            status = daybook_fail(error, DAYBOOK_STOPPED, _("stopped before event %" PRIu64), next);
        }
    }
    return status;
}

/* The checkpoint last: whoever fetches it finds the tiles that it speaks of. */
static enum daybook_status give_all(struct tiling *tiling, const struct tree_head *head, struct daybook_error *error) {
    struct merkle_size tree;
    DAYBOOK_TRY(add_events(tiling, error));
    DAYBOOK_TRY(tile_builder_end(&tiling->builder, &tree, error));
    if (!merkle_hash_equal(&tree.root, &head->tree.root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("the journal's first %" PRIu64 " events do not have the root of their checkpoint; "
                              "\"daybook audit verify\" finds the place"),
                            tree.size);
    }
    return job_put_file(tiling->job, "checkpoint", daybook_buffer_view(&tiling->checkpoint), error);
}

static enum daybook_status tile(struct tiling *tiling, struct daybook_error *error) {
    struct job *job = tiling->job;
    struct note_key key;
    struct tree_head head;
    uint64_t journal_size;
    DAYBOOK_TRY(daybook_head(job->ledger, &journal_size, error));
    DAYBOOK_TRY(audit_checkpoint_newest(job->directory, journal_size, &tiling->size, &tiling->checkpoint, error));
    DAYBOOK_TRY(audit_key_load(job->directory, &key, error));
    DAYBOOK_TRY(tree_head_open(daybook_buffer_view(&tiling->checkpoint), &key, NULL, NULL, &head, error));
    DAYBOOK_TRY(journal_reader_open(ledger_journal(job->ledger), &tiling->reader, error));
    DAYBOOK_TRY(tile_builder_open(&tiling->builder, give_tile, tiling, error));
    return give_all(tiling, &head, error);
}

enum daybook_status job_tiles(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                              struct daybook_error *error) {
    struct tiling *tiling = calloc(1, sizeof *tiling); /* Some tiles large: not for the stack. */
    Pb__TilesAnswer *made = arena_alloc(job->arena, sizeof *made);
    (void)asked;
    if (tiling == NULL || made == NULL) {
        free(tiling);
        return job_no_memory(error);
    }
    tiling->job = job;
    enum daybook_status status = tile(tiling, error);
    pb__tiles_answer__init(made);
    made->size = tiling->size;
    *answer = &made->base;
    tile_builder_close(&tiling->builder);
    journal_reader_close(tiling->reader);
    daybook_buffer_release(&tiling->checkpoint);
    free(tiling);
    return status;
}
