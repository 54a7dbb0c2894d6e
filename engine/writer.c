/* Opening the writer: the state is caught up with the journal before anything is taken. */
#include <assert.h>
#include <stdlib.h>

#include "writer_inside.h"

enum {
    DEFAULT_CHECKPOINT_EVENTS = 250000, /* What opening after a kill folds again is this and what came while the last
                                         * one was written; a quarter as many checkpoints gain a fiftieth, or less. */
};
static const size_t default_state_limit_bytes = (size_t)768 << 20;

/* ---- the state's source ---- */

static const struct event_batch *batch_with(const struct writer *writer, uint64_t sequence) {
    for (unsigned i = 0; i < WRITER_SLOTS; i++) {
        const struct event_batch *batch = &writer->slots[i];
        if (batch->count > 0 && sequence >= batch->first_sequence && sequence - batch->first_sequence < batch->count) {
            return batch;
        }
    }
    return NULL;
}

/* An event that was decided may not be in the journal yet. */
static enum daybook_status read_event(void *context, uint64_t sequence, struct daybook_bytes *bytes,
                                      struct daybook_error *error) {
    struct writer *writer = context;
    const struct event_batch *batch = batch_with(writer, sequence);
    if (batch != NULL) {
        const struct batch_event *event = &batch->events[sequence - batch->first_sequence];
        *bytes = (struct daybook_bytes){batch->bytes.data + event->offset_bytes, event->size_bytes};
        return DAYBOOK_OK;
    }
    if (sequence >= writer->next_sequence) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "reading event %llu: it is past the head",
                            (unsigned long long)sequence);
    }
    return journal_read_one(writer->reader, sequence, bytes, error);
}

static enum daybook_status load_row(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                    struct daybook_error *error) {
    return state_store_load_row(((struct writer *)context)->state_store, number, bytes, is_found, error);
}

static enum daybook_status find_names(void *context, uint64_t hash, size_t skip, uint64_t *numbers, size_t capacity,
                                      size_t *count, struct daybook_error *error) {
    return state_store_find_names(((struct writer *)context)->state_store, hash, skip, numbers, capacity, count, error);
}

static void foresee_name(void *context, uint64_t hash) {
    state_store_foresee_name(((struct writer *)context)->state_store, hash);
}

/* ---- opening ---- */

static enum daybook_status open_keeper(struct writer *writer, struct daybook_error *error) {
    writer->keeper = (struct state_keeper){.state = writer->state,
                                           .store = writer->state_store,
                                           .books = &writer->books,
                                           .limit_bytes = writer->options.state_limit_bytes,
                                           .every_events = writer->options.checkpoint_events};
    DAYBOOK_TRY(state_keeper_open(&writer->keeper, error));
    return control_take_books(&writer->books, &writer->keeper.counted, error);
}

static enum daybook_status open_state(struct writer *writer, struct daybook_error *error) {
    const struct writer_options *options = &writer->options;
    DAYBOOK_TRY(
        state_store_open(options->directory, options->map_size_bytes, writer->reader, &writer->state_store, error));
    enum daybook_status status = open_keeper(writer, error);
    writer->is_doubtful = status == DAYBOOK_DAMAGED;
    DAYBOOK_TRY(status);
    DAYBOOK_TRY(writer_catch_up(writer, error));
    if (state_store_was_doubted(writer->state_store)) {
        /* C4: again, before anything is taken. */
        DAYBOOK_TRY(state_keeper_finish(&writer->keeper, writer->next_sequence - 1, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status open_once(struct journal *journal, const struct writer_options *options,
                                     struct writer **writer, bool *is_doubtful, struct daybook_error *error) {
    struct writer *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening %s for writing: memory was refused", options->directory);
    }
    fresh->journal = journal;
    fresh->options = *options;
    if (fresh->options.state_limit_bytes == 0) {
        fresh->options.state_limit_bytes = default_state_limit_bytes;
    }
    if (fresh->options.checkpoint_events == 0) {
        fresh->options.checkpoint_events = DEFAULT_CHECKPOINT_EVENTS;
    }
    fresh->clock = options->clock;
    fresh->last = &fresh->first;
    fresh->decided_last = &fresh->decided;
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_cond_init(&fresh->appended, NULL);
    pthread_cond_init(&fresh->appender.called, NULL);
    struct state_source source = {fresh, load_row, find_names, read_event, foresee_name};
    fresh->state = state_open(&source);
    fresh->decider = decider_open(&options->settings);
    struct personal_options personal = {options->directory, options->ledger_id, options->settings.seals_personal};
    fresh->personal = personal_open(&personal);
    fresh->ahead = read_ahead_open(fresh->personal);
    fresh->refusals = refusal_log_open(options->directory);
    bool has_parts = fresh->state != NULL && fresh->decider != NULL && fresh->personal != NULL &&
                     fresh->ahead != NULL && fresh->refusals != NULL;
    enum daybook_status status =
        !has_parts ? daybook_fail(error, DAYBOOK_NO_MEMORY, "opening %s: memory was refused", options->directory)
                   : journal_reader_open(journal, &fresh->reader, error);
    if (status == DAYBOOK_OK) {
        status = open_state(fresh, error);
    }
    if (status != DAYBOOK_OK) {
        *is_doubtful = fresh->is_doubtful && state_store_was_kept(fresh->state_store);
        if (*is_doubtful) {
            state_store_doubt(fresh->state_store, error->message);
        }
        fresh->failed = status; /* No checkpoint of a half-folded state. */
        writer_close(fresh);
        return status;
    }
    fresh->checked_through = fresh->keeper.checked_through;
    journal_encodes(journal);
    *writer = fresh;
    return DAYBOOK_OK;
}

enum daybook_status writer_open(struct journal *journal, const struct writer_options *options, struct writer **writer,
                                struct daybook_error *error) {
    struct daybook_error why = {0};
    bool is_doubtful = false;
    enum daybook_status status = open_once(journal, options, writer, &is_doubtful, &why);
    if (status != DAYBOOK_OK && is_doubtful) {
        status = open_once(journal, options, writer, &is_doubtful, &why); /* C6: from the journal alone. */
    }
    if (status != DAYBOOK_OK && error != NULL) {
        *error = why;
    }
    return status;
}

uint64_t writer_checked_through(struct writer *writer) {
    pthread_mutex_lock(&writer->lock);
    uint64_t checked_through = writer->checked_through;
    pthread_mutex_unlock(&writer->lock);
    return checked_through;
}

void writer_close(struct writer *writer) {
    if (writer == NULL) {
        return;
    }
    assert(writer->first == NULL);
    writer_stop_appender(writer);
    if (writer->failed == DAYBOOK_OK) {
        /* Without it the next opening replays a little more. */
        enum daybook_status ignored = state_keeper_finish(&writer->keeper, writer->next_sequence - 1, NULL);
        (void)ignored;
    }
    state_store_close(writer->state_store);
    state_close(writer->state);
    state_keeper_release(&writer->keeper);
    control_release(&writer->books);
    decider_close(writer->decider);
    read_ahead_close(writer->ahead);
    personal_close(writer->personal);
    refusal_log_close(writer->refusals);
    journal_reader_close(writer->reader);
    for (unsigned i = 0; i < WRITER_SLOTS; i++) {
        event_batch_release(&writer->slots[i]);
        free(writer->spans[i]);
        free(writer->instants[i]);
    }
    pthread_cond_destroy(&writer->appender.called);
    pthread_cond_destroy(&writer->appended);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}
