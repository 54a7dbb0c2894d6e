/* Deciding what was submitted, some requests at a time. */
#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"
#include "domain/remainder.h"
#include "ledger.h"
#include "limits.h"
#include "writer_inside.h"

enum {
    ANSWER_ARENA_BYTES = 1 << 30,
    CHUNK_EVENTS = 4096, /* Some milliseconds of deciding: a commit of its own costs a fiftieth of that. */
};

void daybook_answers_release(struct daybook_answers *answers) {
    if (answers == NULL || answers->memory == NULL) {
        return;
    }
    arena_release(answers->memory);
    free(answers->memory);
    *answers = (struct daybook_answers){0};
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "answering: memory was refused");
}

enum daybook_status ledger_make_answers(size_t count, struct daybook_answers *answers, struct arena **arena,
                                        struct daybook_error *error) {
    *answers = (struct daybook_answers){0};
    *arena = malloc(sizeof **arena);
    if (*arena == NULL) {
        return no_memory(error);
    }
    arena_init(*arena, ANSWER_ARENA_BYTES);
    answers->memory = *arena;
    answers->items = arena_zalloc(*arena, count * sizeof *answers->items + 1);
    answers->count = count;
    return answers->items == NULL ? no_memory(error) : DAYBOOK_OK;
}

static enum daybook_status decide_prepared(struct writer *writer, struct prepared *prepared, uint64_t group,
                                           struct arena *answer_arena, struct daybook_answer *answer,
                                           struct daybook_error *error) {
    size_t batch_count = writer->slots[writer->slot].count;
    *answer = (struct daybook_answer){0};
    if (prepared->is_unsealed) {
        DAYBOOK_TRY(read_ahead_seal(writer->ahead, prepared, error));
    }
    if (prepared->request == NULL) {
        answer->refusal = refusal_before(answer_arena, prepared->refusal.code, prepared->refusal.why);
        return answer->refusal != NULL ? DAYBOOK_OK : no_memory(error);
    }
    struct decide_input input = {.now_us = writer->clock.now_us(writer->clock.context),
                                 .last_recorded_at_us = writer->last_recorded_at_us,
                                 .next_sequence = writer->next_sequence,
                                 .group = group,
                                 .request_digest = prepared->digest};
    struct decide_result result;
    state_know_names(writer->state, &prepared->hint);
    enum daybook_status status = decide_request(writer->decider, writer->state, prepared->request, &input, answer_arena,
                                                &writer->slots[writer->slot], &result, error);
    state_know_names(writer->state, NULL);
    DAYBOOK_TRY(status);
    *answer = (struct daybook_answer){.first_sequence = result.first_sequence,
                                      .last_sequence = result.last_sequence,
                                      .recorded_at_us = result.recorded_at_us,
                                      .is_repeated = result.is_repeated,
                                      .refusal = result.refusal,
                                      .warning = result.warning};
    if (result.refusal == NULL && !result.is_repeated) {
        writer->next_sequence = result.last_sequence + 1;
        writer->last_recorded_at_us = result.last_recorded_at_us;
        return personal_accept(writer->personal, &writer->slots[writer->slot], batch_count, error);
    }
    return DAYBOOK_OK;
}

/* Hints of the requests that come next, each a step further than at the request before. */
static void foresee(struct writer *writer) {
    size_t count = 0;
    for (unsigned behind = 1; behind <= STATE_HINT_STEPS; behind += (unsigned)count) {
        struct prepared *prepared = read_ahead_peek(writer->ahead, behind, &count);
        if (prepared == NULL) {
            return;
        }
        count = count < STATE_HINT_STEPS + 1 - behind ? count : STATE_HINT_STEPS + 1 - behind;
        for (unsigned i = 0; i < count; i++) {
            if (prepared[i].request != NULL) {
                state_foresee(writer->state, STATE_HINT_STEPS - behind - i, &prepared[i].hint);
            }
        }
    }
}

/* What a refusal must give back. */
struct savepoint {
    size_t batch_count;
    uint64_t next_sequence;
    int64_t last_recorded_at_us;
    uint64_t personal_mark;
};

static struct savepoint begin(struct writer *writer) {
    state_begin(writer->state);
    return (struct savepoint){writer->slots[writer->slot].count, writer->next_sequence, writer->last_recorded_at_us,
                              personal_mark(writer->personal)};
}

static void take_back(struct writer *writer, const struct savepoint *savepoint) {
    state_rollback(writer->state);
    event_batch_cut(&writer->slots[writer->slot], savepoint->batch_count);
    personal_take_back(writer->personal, savepoint->personal_mark);
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
        return no_memory(error);
    }
    answer->events = events;
    answer->event_count = count;
    return DAYBOOK_OK;
}

/* A repeated answer tells it, too: what the events of then changed, and what is left now. */
static enum daybook_status tell_remainders(struct writer *writer, struct daybook_submission *submission,
                                           struct daybook_answer *answer) {
    Pb__Remainder **remainders = NULL;
    if (!submission->tells_remainders || answer->refusal != NULL || answer->last_sequence < answer->first_sequence) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(remainders_tell(writer->state, answer->first_sequence, answer->last_sequence,
                                submission->answers.memory, &remainders, &answer->remainder_count, &submission->error));
    answer->remainders = remainders;
    return DAYBOOK_OK;
}

/* What was really asked for and refused is kept for auditors. */
static void keep_refusal(struct writer *writer, const struct prepared *prepared, const struct daybook_answer *answer) {
    if (answer->refusal != NULL && prepared->request != NULL) {
        refusal_log_add(writer->refusals, writer->clock.now_us(writer->clock.context), prepared->request,
                        answer->refusal);
    }
}

static enum daybook_status decide_one(struct writer *writer, struct daybook_submission *submission,
                                      struct prepared *prepared, struct daybook_answer *answer) {
    struct arena *answer_arena = submission->answers.memory;
    struct savepoint savepoint = begin(writer);
    enum daybook_status status = decide_prepared(writer, prepared, 0, answer_arena, answer, &submission->error);
    if (status == DAYBOOK_OK) {
        status = tell_remainders(writer, submission, answer);
    }
    if (status == DAYBOOK_OK && answer->refusal == NULL && submission->mode == DAYBOOK_SUBMIT_DRY) {
        status =
            show_events(&writer->slots[writer->slot], savepoint.batch_count, answer_arena, answer, &submission->error);
    }
    if (status != DAYBOOK_OK || answer->refusal != NULL || submission->mode == DAYBOOK_SUBMIT_DRY) {
        take_back(writer, &savepoint);
    } else {
        state_commit(writer->state);
    }
    if (status == DAYBOOK_OK && submission->mode != DAYBOOK_SUBMIT_DRY) {
        keep_refusal(writer, prepared, answer);
    }
    return status;
}

/* From request *next on, until all are decided or the slot is full. */
static enum daybook_status decide_each(struct writer *writer, struct daybook_submission *submission, size_t *next) {
    while (*next < submission->count && writer->slots[writer->slot].count < CHUNK_EVENTS) {
        struct prepared *prepared = NULL;
        DAYBOOK_TRY(read_ahead_next(writer->ahead, &prepared, &submission->error));
        foresee(writer);
        DAYBOOK_TRY(decide_one(writer, submission, prepared, &submission->answers.items[*next]));
        (*next)++;
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

/* What follows of a group that is refused is read, and not decided. */
static enum daybook_status pass_over(struct writer *writer, struct daybook_submission *submission, size_t count) {
    struct prepared *ignored = NULL;
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(read_ahead_next(writer->ahead, &ignored, &submission->error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status decide_group(struct writer *writer, struct daybook_submission *submission) {
    struct savepoint savepoint = begin(writer);
    enum daybook_status status = DAYBOOK_OK;
    for (size_t index = 0; index < submission->count && status == DAYBOOK_OK; index++) {
        struct daybook_answer *answer = &submission->answers.items[index];
        struct prepared *prepared = NULL;
        status = read_ahead_next(writer->ahead, &prepared, &submission->error);
        if (status == DAYBOOK_OK) {
            status = decide_prepared(writer, prepared, savepoint.next_sequence, submission->answers.memory, answer,
                                     &submission->error);
        }
        if (status == DAYBOOK_OK) {
            status = tell_remainders(writer, submission, answer);
        }
        if (status != DAYBOOK_OK || answer->refusal != NULL) {
            take_back(writer, &savepoint);
            if (status == DAYBOOK_OK) {
                keep_refusal(writer, prepared, answer);
                refuse_group(submission, index);
                status = pass_over(writer, submission, submission->count - index - 1);
            }
            return status;
        }
    }
    state_commit(writer->state);
    return status;
}

/* A checkpoint's moment lies between two batches: the books must be those of all that was decided, as the rows are. */
static enum daybook_status post_books(struct writer *writer, size_t from, struct daybook_error *error) {
    const struct event_batch *batch = &writer->slots[writer->slot];
    for (size_t i = from; i < batch->count; i++) {
        DAYBOOK_TRY(control_post(&writer->books, batch->events[i].currency, &batch->events[i].postings, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status decide_submission(struct writer *writer, struct daybook_submission *submission,
                                             size_t *next) {
    if (*next == 0) {
        struct arena *arena;
        DAYBOOK_TRY(ledger_make_answers(submission->count, &submission->answers, &arena, &submission->error));
    }
    if (submission->mode == DAYBOOK_SUBMIT_GROUP) {
        *next = submission->count;
        return decide_group(writer, submission);
    }
    return decide_each(writer, submission, next);
}

enum daybook_status writer_decide_some(struct writer *writer, struct progress *progress, uint64_t durable,
                                       struct daybook_error *error) {
    size_t from = writer->slots[writer->slot].count;
    DAYBOOK_TRY(state_keeper_step(&writer->keeper, writer->next_sequence - 1, durable, error));
    while (progress->at != NULL && writer->slots[writer->slot].count < CHUNK_EVENTS) {
        struct daybook_submission *submission = progress->at->asked;
        enum daybook_status status = decide_submission(writer, submission, &progress->next);
        if (status != DAYBOOK_OK) {
            *error = submission->error;
            return status;
        }
        if (progress->next == submission->count) {
            *progress = (struct progress){.at = progress->at->next};
        }
    }
    return post_books(writer, from, error);
}
