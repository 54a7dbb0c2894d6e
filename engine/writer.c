/* The writing half: opened at the journal's head, and deciding one request after the other. */
#include "writer_inside.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/wire.h"
#include "domain/fold.h"
#include "limits.h"
#include "state_keeper.h"

enum {
    REQUEST_ARENA_BYTES = 16 << 20,
    ANSWER_ARENA_BYTES = 1 << 30,
    FOLD_ARENA_BYTES = 64 << 20,
    DEFAULT_CHECKPOINT_EVENTS = 1000000,
};
static const size_t default_state_limit_bytes = (size_t)1 << 30;

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

/* ---- opening ---- */

static enum daybook_status fold_slice(struct writer *writer, const struct journal_slice *slice, struct arena *arena,
                                      struct daybook_error *error) {
    for (size_t i = 0; i < slice->count; i++) {
        ProtobufCMessage *message = NULL;
        struct daybook_bytes bytes = {slice->events[i].data, slice->events[i].size};
        arena_reset(arena);
        enum daybook_status status = wire_decode(&pb__event__descriptor, bytes, arena, &message, error);
        if (status == DAYBOOK_OK) {
            const Pb__Event *event = (const Pb__Event *)message;
            writer->next_sequence = event->sequence; /* What it refers to lies before it. */
            status = state_fold(writer->state, event, error);
            status = status == DAYBOOK_OK ? control_post_event(&writer->books, event, error) : status;
            writer->last_recorded_at_us = event->recorded_at_us;
        }
        if (status != DAYBOOK_OK) {
            return daybook_fail_in(error, "catching the state up at event %llu",
                                   (unsigned long long)(slice->first_sequence + i));
        }
    }
    writer->next_sequence = slice->first_sequence + slice->count;
    return DAYBOOK_OK;
}

/* Folds the journal from the checkpoint to the head. Its own reader: folding reads events, too. */
static enum daybook_status catch_up(struct writer *writer, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    struct arena fold_arena;
    arena_init(&fold_arena, FOLD_ARENA_BYTES);
    struct journal_head head;
    enum daybook_status status = journal_head(writer->journal, &head, error);
    if (status == DAYBOOK_OK) {
        status = journal_reader_open(writer->journal, &reader, error);
    }
    writer->next_sequence = state_store_position(writer->state_store) + 1;
    while (status == DAYBOOK_OK && writer->next_sequence <= head.sequence) {
        struct journal_slice slice;
        status = journal_read(reader, writer->next_sequence, &slice, error);
        if (status == DAYBOOK_OK) {
            status = fold_slice(writer, &slice, &fold_arena, error);
        }
        if (status == DAYBOOK_OK) {
            status = state_keeper_step(&writer->keeper, writer->next_sequence - 1, writer->next_sequence - 1, error);
        }
    }
    writer->durable_sequence = head.sequence;
    writer->last_recorded_at_us = head.recorded_at_us;
    journal_reader_close(reader);
    arena_release(&fold_arena);
    return status;
}

static enum daybook_status open_keeper(struct writer *writer, struct daybook_error *error) {
    writer->keeper = (struct state_keeper){.state = writer->state,
                                           .store = writer->state_store,
                                           .books = &writer->books,
                                           .limit_bytes = writer->options.state_limit_bytes,
                                           .every_events = writer->options.checkpoint_events};
    DAYBOOK_TRY(state_keeper_open(&writer->keeper, error));
    return control_take_books(&writer->books, &writer->keeper.counted, error);
}

enum daybook_status writer_open(struct journal *journal, const struct writer_options *options, struct writer **writer,
                                struct daybook_error *error) {
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
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_cond_init(&fresh->appended, NULL);
    arena_init(&fresh->request_arena, REQUEST_ARENA_BYTES);
    struct state_source source = {fresh, load_row, find_names, read_event};
    fresh->state = state_open(&source);
    fresh->decider = decider_open(&options->settings);
    enum daybook_status status =
        fresh->state == NULL || fresh->decider == NULL
            ? daybook_fail(error, DAYBOOK_NO_MEMORY, "opening %s: memory was refused", options->directory)
            : journal_reader_open(journal, &fresh->reader, error);
    if (status == DAYBOOK_OK) {
        status =
            state_store_open(options->directory, options->map_size_bytes, fresh->reader, &fresh->state_store, error);
    }
    if (status == DAYBOOK_OK) {
        status = open_keeper(fresh, error);
    }
    if (status == DAYBOOK_OK) {
        status = catch_up(fresh, error);
    }
    if (status == DAYBOOK_OK && state_store_was_doubted(fresh->state_store)) {
        /* C4: again, before anything is taken. */
        status = state_keeper_finish(&fresh->keeper, fresh->next_sequence - 1, error);
    }
    if (status != DAYBOOK_OK) {
        fresh->failed = status; /* No checkpoint of a half-folded state. */
        writer_close(fresh);
        return status;
    }
    fresh->checked_through = fresh->keeper.checked_through;
    *writer = fresh;
    return DAYBOOK_OK;
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
    journal_reader_close(writer->reader);
    for (unsigned i = 0; i < WRITER_SLOTS; i++) {
        event_batch_release(&writer->slots[i]);
        free(writer->spans[i]);
        free(writer->instants[i]);
    }
    arena_release(&writer->request_arena);
    pthread_cond_destroy(&writer->appended);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

/* ---- deciding ---- */

void daybook_answers_release(struct daybook_answers *answers) {
    if (answers == NULL || answers->memory == NULL) {
        return;
    }
    arena_release(answers->memory);
    free(answers->memory);
    *answers = (struct daybook_answers){0};
}

static enum daybook_status make_answers(struct daybook_submission *submission) {
    struct daybook_answers *answers = &submission->answers;
    *answers = (struct daybook_answers){0};
    struct arena *arena = malloc(sizeof *arena);
    if (arena == NULL) {
        return daybook_fail(&submission->error, DAYBOOK_NO_MEMORY, "answering: memory was refused");
    }
    arena_init(arena, ANSWER_ARENA_BYTES);
    answers->memory = arena;
    answers->items = arena_zalloc(arena, submission->count * sizeof *answers->items + 1);
    answers->count = submission->count;
    if (answers->items == NULL) {
        return daybook_fail(&submission->error, DAYBOOK_NO_MEMORY, "answering: memory was refused");
    }
    return DAYBOOK_OK;
}

static enum daybook_status decide_bytes(struct writer *writer, struct daybook_bytes bytes, uint64_t group,
                                        struct arena *answer_arena, struct daybook_answer *answer,
                                        struct daybook_error *error) {
    struct daybook_error why;
    ProtobufCMessage *message = NULL;
    arena_reset(&writer->request_arena);
    *answer = (struct daybook_answer){0};
    enum daybook_status status =
        bytes.size > LIMIT_REQUEST_BYTES
            ? daybook_fail(&why, DAYBOOK_DAMAGED, "it has %zu bytes; %d are the most", bytes.size, LIMIT_REQUEST_BYTES)
            : wire_decode(&pb__request__descriptor, bytes, &writer->request_arena, &message, &why);
    if (status != DAYBOOK_OK) {
        answer->refusal = refusal_malformed(answer_arena, why.message);
        return answer->refusal != NULL ? DAYBOOK_OK
                                       : daybook_fail(error, DAYBOOK_NO_MEMORY, "answering: memory was refused");
    }
    struct decide_input input = {.now_us = writer->clock.now_us(writer->clock.context),
                                 .last_recorded_at_us = writer->last_recorded_at_us,
                                 .next_sequence = writer->next_sequence,
                                 .group = group};
    struct decide_result result;
    DAYBOOK_TRY(decide_request(writer->decider, writer->state, (const Pb__Request *)message, &input, answer_arena,
                               &writer->slots[writer->slot], &result, error));
    *answer = (struct daybook_answer){.first_sequence = result.first_sequence,
                                      .last_sequence = result.last_sequence,
                                      .recorded_at_us = result.recorded_at_us,
                                      .is_repeated = result.is_repeated,
                                      .refusal = result.refusal,
                                      .warning = result.warning};
    if (result.refusal == NULL && !result.is_repeated) {
        writer->next_sequence = result.last_sequence + 1;
        writer->last_recorded_at_us = result.last_recorded_at_us;
    }
    return DAYBOOK_OK;
}

/* What a refusal must give back. */
struct savepoint {
    size_t batch_count;
    uint64_t next_sequence;
    int64_t last_recorded_at_us;
};

static struct savepoint begin(struct writer *writer) {
    state_begin(writer->state);
    return (struct savepoint){writer->slots[writer->slot].count, writer->next_sequence, writer->last_recorded_at_us};
}

static void take_back(struct writer *writer, const struct savepoint *savepoint) {
    state_rollback(writer->state);
    event_batch_cut(&writer->slots[writer->slot], savepoint->batch_count);
    writer->next_sequence = savepoint->next_sequence;
    writer->last_recorded_at_us = savepoint->last_recorded_at_us;
}

/* What a dry run would have appended, copied for its caller. */
static enum daybook_status show_events(const struct event_batch *batch, size_t from, struct arena *answer_arena,
                                       struct daybook_answer *answer, struct daybook_error *error) {
    size_t count = batch->count - from;
    struct daybook_bytes *events = arena_alloc(answer_arena, count * sizeof *events + 1);
    for (size_t i = 0; i < count && events != NULL; i++) {
        const struct batch_event *event = &batch->events[from + i];
        const uint8_t *bytes = batch->bytes.data + event->offset_bytes;
        uint8_t *copy = arena_alloc(answer_arena, (size_t)event->size_bytes + 1);
        if (copy == NULL) {
            events = NULL;
            break;
        }
        memcpy(copy, bytes, event->size_bytes);
        events[i] = (struct daybook_bytes){copy, event->size_bytes};
    }
    if (events == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "answering: memory was refused");
    }
    answer->events = events;
    answer->event_count = count;
    return DAYBOOK_OK;
}

static enum daybook_status decide_each(struct writer *writer, struct daybook_submission *submission) {
    for (size_t i = 0; i < submission->count; i++) {
        struct daybook_answer *answer = &submission->answers.items[i];
        struct savepoint savepoint = begin(writer);
        enum daybook_status status =
            decide_bytes(writer, submission->requests[i], 0, submission->answers.memory, answer, &submission->error);
        if (status == DAYBOOK_OK && answer->refusal == NULL && submission->mode == DAYBOOK_SUBMIT_DRY) {
            status = show_events(&writer->slots[writer->slot], savepoint.batch_count, submission->answers.memory,
                                 answer, &submission->error);
        }
        if (status != DAYBOOK_OK || answer->refusal != NULL || submission->mode == DAYBOOK_SUBMIT_DRY) {
            take_back(writer, &savepoint);
        } else {
            state_commit(writer->state);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

static void refuse_group(struct daybook_submission *submission, size_t culprit) {
    struct daybook_answer *items = submission->answers.items;
    for (size_t i = 0; i < submission->count; i++) {
        if (i != culprit) {
            items[i] = (struct daybook_answer){
                .refusal = refusal_group(submission->answers.memory, culprit, items[culprit].refusal)};
        }
    }
}

static enum daybook_status decide_group(struct writer *writer, struct daybook_submission *submission) {
    struct savepoint savepoint = begin(writer);
    for (size_t i = 0; i < submission->count; i++) {
        struct daybook_answer *answer = &submission->answers.items[i];
        enum daybook_status status = decide_bytes(writer, submission->requests[i], savepoint.next_sequence,
                                                  submission->answers.memory, answer, &submission->error);
        if (status != DAYBOOK_OK || answer->refusal != NULL) {
            take_back(writer, &savepoint);
            if (status == DAYBOOK_OK) {
                refuse_group(submission, i);
            }
            return status;
        }
    }
    state_commit(writer->state);
    return DAYBOOK_OK;
}

/* A checkpoint's moment lies between two batches: the books must be those of all that was decided, as the rows are. */
static enum daybook_status post_books(struct writer *writer, struct daybook_error *error) {
    const struct event_batch *batch = &writer->slots[writer->slot];
    for (size_t i = 0; i < batch->count; i++) {
        DAYBOOK_TRY(control_post(&writer->books, batch->events[i].currency, &batch->events[i].postings, error));
    }
    return DAYBOOK_OK;
}

enum daybook_status writer_decide(struct writer *writer, struct submission *list, uint64_t durable,
                                  struct daybook_error *error) {
    enum daybook_status status = state_keeper_step(&writer->keeper, writer->next_sequence - 1, durable, error);
    for (; list != NULL; list = list->next) {
        struct daybook_submission *submission = list->asked;
        if (status != DAYBOOK_OK) {
            return status;
        }
        status = make_answers(submission);
        if (status == DAYBOOK_OK) {
            status = submission->mode == DAYBOOK_SUBMIT_GROUP ? decide_group(writer, submission)
                                                              : decide_each(writer, submission);
        }
        if (status != DAYBOOK_OK && error != NULL) {
            *error = submission->error;
        }
    }
    return status == DAYBOOK_OK ? post_books(writer, error) : status;
}
