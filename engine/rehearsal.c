/* Deciding a row of requests, and keeping nothing. */
#include "rehearsal.h"

#include <stdlib.h>
#include <string.h>

#include "domain/fold.h"
#include "ledger.h"
#include "personal.h"
#include "projection/feed.h"
#include "read_ahead.h"
#include "state_store.h"

enum {
    EVENTS_FORESEEN = 6,
    TRIM_PLACES = 256, /* Looked at after each request, once memory is half full: most are empty or in use. */
};
#define DEFAULT_LIMIT_BYTES ((size_t)2 << 30)

struct rehearsal {
    struct daybook *ledger;
    size_t limit_bytes;
    struct journal_reader *reader;
    struct state_store *state_store; /* NULL: there is no checkpoint that can be read. */
    struct state *state;
    struct decider *decider;
    struct personal *personal;
    struct read_ahead *ahead;
    uint64_t first_sequence;    /* Of what was decided; before it is the journal. */
    struct daybook_buffer made; /* The encoded events of earlier calls, */
    struct daybook_buffer ends; /* and where each ends there: size_t. */
    struct event_batch batch;   /* Those of this call. */
    uint64_t next_sequence;
    int64_t last_recorded_at_us;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "rehearsing: memory was refused");
}

/* ---- the state's source ---- */

static struct daybook_bytes made_before(const struct rehearsal *rehearsal, size_t index) {
    const size_t *ends = (const void *)rehearsal->ends.data;
    size_t from = index == 0 ? 0 : ends[index - 1];
    return (struct daybook_bytes){rehearsal->made.data + from, ends[index] - from};
}

static enum daybook_status read_event(void *context, uint64_t sequence, struct daybook_bytes *bytes,
                                      struct daybook_error *error) {
    struct rehearsal *rehearsal = context;
    if (sequence < rehearsal->first_sequence) {
        return journal_read_one(rehearsal->reader, sequence, bytes, error);
    }
    size_t index = (size_t)(sequence - rehearsal->first_sequence);
    size_t before = rehearsal->ends.size / sizeof(size_t);
    if (index < before) {
        *bytes = made_before(rehearsal, index);
        return DAYBOOK_OK;
    }
    if (index - before >= rehearsal->batch.count) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "reading event %llu: it is past the head",
                            (unsigned long long)sequence);
    }
    const struct batch_event *event = &rehearsal->batch.events[index - before];
    *bytes = (struct daybook_bytes){rehearsal->batch.bytes.data + event->offset_bytes, event->size_bytes};
    return DAYBOOK_OK;
}

static enum daybook_status load_row(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                    struct daybook_error *error) {
    struct state_store *state_store = ((struct rehearsal *)context)->state_store;
    *is_found = false;
    return state_store == NULL ? DAYBOOK_OK : state_store_load_row(state_store, number, bytes, is_found, error);
}

static enum daybook_status find_names(void *context, uint64_t hash, size_t skip, uint64_t *numbers, size_t capacity,
                                      size_t *count, struct daybook_error *error) {
    struct state_store *state_store = ((struct rehearsal *)context)->state_store;
    *count = 0;
    return state_store == NULL ? DAYBOOK_OK
                               : state_store_find_names(state_store, hash, skip, numbers, capacity, count, error);
}

/* ---- memory ---- */

static size_t used_bytes(const struct rehearsal *rehearsal) {
    return state_used_bytes(rehearsal->state) + rehearsal->made.size + rehearsal->ends.size +
           rehearsal->batch.bytes.size;
}

/* Rows that were only read make room for those that changed. Between two requests. */
static enum daybook_status make_room(struct rehearsal *rehearsal, struct daybook_error *error) {
    size_t used = used_bytes(rehearsal);
    if (used > rehearsal->limit_bytes / 2) {
        state_trim(rehearsal->state, 0, TRIM_PLACES);
    }
    return used <= rehearsal->limit_bytes
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_LIMIT,
                              "rehearsing: what would have been recorded is held in memory, and %zu MiB are full after "
                              "%llu events; ask for less at once",
                              rehearsal->limit_bytes >> 20,
                              (unsigned long long)(rehearsal->next_sequence - rehearsal->first_sequence));
}

/* ---- opening ---- */

static enum daybook_status fold_run(struct rehearsal *rehearsal, const struct feed_run *run,
                                    struct daybook_error *error) {
    for (size_t i = 0; i < run->count && rehearsal->next_sequence < rehearsal->first_sequence; i++) {
        if (i + EVENTS_FORESEEN < run->count) {
            state_foresee_event(rehearsal->state, run->events[i + EVENTS_FORESEEN].event);
        }
        DAYBOOK_TRY(state_fold(rehearsal->state, run->events[i].event, error));
        rehearsal->next_sequence++;
        DAYBOOK_TRY(make_room(rehearsal, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status fold_to_head(struct rehearsal *rehearsal, struct feed *feed, struct daybook_error *error) {
    struct feed_follower follower = {0};
    enum daybook_status status = DAYBOOK_OK;
    feed_join(feed, &follower, rehearsal->next_sequence);
    while (status == DAYBOOK_OK && rehearsal->next_sequence < rehearsal->first_sequence) {
        struct feed_run run = {0};
        status = feed_take(feed, &follower, rehearsal->next_sequence, &run, error);
        if (status == DAYBOOK_OK && run.count == 0) {
            status = daybook_fail(error, DAYBOOK_DAMAGED, "it is not there, though the journal goes further");
        }
        status = status == DAYBOOK_OK ? fold_run(rehearsal, &run, error) : status;
        feed_give_back(feed, &run);
    }
    feed_leave(feed, &follower);
    if (status != DAYBOOK_OK && status != DAYBOOK_LIMIT) {
        (void)daybook_fail_in(error, "catching up at event %llu", (unsigned long long)rehearsal->next_sequence);
    }
    return status;
}

/* What the journal has now is what all of the rehearsal sees. */
static enum daybook_status catch_up(struct rehearsal *rehearsal, struct daybook_error *error) {
    struct journal *journal = ledger_journal(rehearsal->ledger);
    struct journal_head head;
    struct feed *feed = NULL;
    DAYBOOK_TRY(state_store_open_beside(ledger_directory(rehearsal->ledger), rehearsal->reader, &rehearsal->state_store,
                                        error));
    DAYBOOK_TRY(journal_head(journal, &head, error));
    rehearsal->first_sequence = head.sequence + 1;
    rehearsal->last_recorded_at_us = head.recorded_at_us;
    rehearsal->next_sequence = 1;
    if (rehearsal->state_store != NULL) {
        rehearsal->next_sequence = state_store_position(rehearsal->state_store) + 1;
    }
    if (rehearsal->next_sequence == rehearsal->first_sequence) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(feed_open(journal, FEED_RUNS_ALONE, &feed, error));
    enum daybook_status status = fold_to_head(rehearsal, feed, error);
    feed_close(feed);
    return status;
}

static enum daybook_status open_parts(struct rehearsal *rehearsal, struct daybook_error *error) {
    const Pb__LedgerConfig *config = ledger_config(rehearsal->ledger);
    struct state_source source = {rehearsal, load_row, find_names, read_event, NULL};
    struct decide_settings settings = {.currency = config->currency,
                                       .timezone = ledger_timezone(rehearsal->ledger),
                                       .allow_import_clock = config->allow_import_clock,
                                       .refuse_unassessed = config->refuse_unassessed,
                                       .seals_personal = config->seals_personal};
    struct personal_options personal = {.directory = ledger_directory(rehearsal->ledger),
                                        .ledger_id = config->ledger_id.data,
                                        .seals = config->seals_personal};
    rehearsal->state = state_open(&source);
    rehearsal->decider = decider_open(&settings);
    rehearsal->personal = personal_open(&personal);
    rehearsal->ahead = rehearsal->personal == NULL ? NULL : read_ahead_open(rehearsal->personal);
    return rehearsal->state != NULL && rehearsal->decider != NULL && rehearsal->ahead != NULL
               ? journal_reader_open(ledger_journal(rehearsal->ledger), &rehearsal->reader, error)
               : no_memory(error);
}

enum daybook_status rehearsal_open(struct daybook *ledger, size_t limit_bytes, struct rehearsal **rehearsal,
                                   struct daybook_error *error) {
    struct rehearsal *fresh = calloc(1, sizeof *fresh);
    *rehearsal = NULL;
    if (fresh == NULL) {
        return no_memory(error);
    }
    fresh->ledger = ledger;
    fresh->limit_bytes = limit_bytes == 0 ? DEFAULT_LIMIT_BYTES : limit_bytes;
    enum daybook_status status = open_parts(fresh, error);
    if (status == DAYBOOK_OK) {
        status = catch_up(fresh, error);
    }
    if (status != DAYBOOK_OK) {
        rehearsal_close(fresh);
        return status;
    }
    *rehearsal = fresh;
    return DAYBOOK_OK;
}

void rehearsal_close(struct rehearsal *rehearsal) {
    if (rehearsal == NULL) {
        return;
    }
    state_close(rehearsal->state);
    decider_close(rehearsal->decider);
    read_ahead_close(rehearsal->ahead);
    personal_close(rehearsal->personal);
    state_store_close(rehearsal->state_store);
    journal_reader_close(rehearsal->reader);
    event_batch_release(&rehearsal->batch);
    daybook_buffer_release(&rehearsal->made);
    daybook_buffer_release(&rehearsal->ends);
    free(rehearsal);
}

/* ---- deciding ---- */

static enum daybook_status decide(struct rehearsal *rehearsal, struct prepared *prepared, struct arena *arena,
                                  struct daybook_answer *answer, struct daybook_error *error) {
    size_t count = rehearsal->batch.count;
    if (prepared->is_unsealed) {
        DAYBOOK_TRY(read_ahead_seal(rehearsal->ahead, prepared, error));
    }
    if (prepared->request == NULL) {
        answer->refusal = refusal_before(arena, prepared->refusal.code, prepared->refusal.why);
        return answer->refusal != NULL ? DAYBOOK_OK : no_memory(error);
    }
    struct decide_input input = {.now_us = ledger_now_us(rehearsal->ledger),
                                 .last_recorded_at_us = rehearsal->last_recorded_at_us,
                                 .next_sequence = rehearsal->next_sequence,
                                 .request_digest = prepared->digest};
    struct decide_result result;
    DAYBOOK_TRY(decide_request(rehearsal->decider, rehearsal->state, prepared->request, &input, arena,
                               &rehearsal->batch, &result, error));
    *answer = (struct daybook_answer){.first_sequence = result.first_sequence,
                                      .last_sequence = result.last_sequence,
                                      .recorded_at_us = result.recorded_at_us,
                                      .is_repeated = result.is_repeated,
                                      .refusal = result.refusal,
                                      .warning = result.warning};
    if (result.refusal != NULL || result.is_repeated) {
        return DAYBOOK_OK;
    }
    rehearsal->next_sequence = result.last_sequence + 1;
    rehearsal->last_recorded_at_us = result.last_recorded_at_us;
    return personal_accept(rehearsal->personal, &rehearsal->batch, count, error);
}

/* A refused one leaves nothing to those behind it. */
static enum daybook_status decide_next(struct rehearsal *rehearsal, struct arena *arena, struct daybook_answer *answer,
                                       struct daybook_error *error) {
    struct prepared *prepared = NULL;
    size_t count = rehearsal->batch.count;
    DAYBOOK_TRY(make_room(rehearsal, error));
    DAYBOOK_TRY(read_ahead_next(rehearsal->ahead, &prepared, error));
    state_begin(rehearsal->state);
    enum daybook_status status = decide(rehearsal, prepared, arena, answer, error);
    if (status == DAYBOOK_OK && answer->refusal == NULL) {
        state_commit(rehearsal->state);
    } else {
        state_rollback(rehearsal->state);
        event_batch_cut(&rehearsal->batch, count);
    }
    return status;
}

/* Of the batch only the bytes are wanted again: for names and keys whose hashes are found. */
static enum daybook_status keep_made(struct rehearsal *rehearsal, struct daybook_error *error) {
    const struct event_batch *batch = &rehearsal->batch;
    for (size_t i = 0; i < batch->count; i++) {
        size_t end = rehearsal->made.size + batch->events[i].offset_bytes + batch->events[i].size_bytes;
        if (daybook_buffer_append(&rehearsal->ends, &end, sizeof end) != DAYBOOK_OK) {
            return no_memory(error);
        }
    }
    if (daybook_buffer_append(&rehearsal->made, batch->bytes.data, batch->bytes.size) != DAYBOOK_OK) {
        return no_memory(error);
    }
    event_batch_cut(&rehearsal->batch, 0);
    return DAYBOOK_OK;
}

enum daybook_status rehearsal_submit(struct rehearsal *rehearsal, const struct daybook_bytes *requests, size_t count,
                                     struct daybook_answers *answers, struct daybook_error *error) {
    struct daybook_submission asked = {.requests = requests, .count = count, .mode = DAYBOOK_SUBMIT_DRY};
    struct submission list = {.asked = &asked};
    struct arena *arena;
    enum daybook_status status = ledger_make_answers(count, answers, &arena, error);
    read_ahead_begin(rehearsal->ahead, &list);
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        status = decide_next(rehearsal, arena, &answers->items[i], error);
    }
    read_ahead_end(rehearsal->ahead);
    if (status == DAYBOOK_OK) {
        status = keep_made(rehearsal, error);
    }
    if (status != DAYBOOK_OK) {
        daybook_answers_release(answers);
    }
    return status;
}
