/* Group commit: who comes first leads for all that wait; deciding and syncing overlap. */
#include <stdlib.h>

#include "base/clock.h"
#include "limits.h"
#include "writer_inside.h"

enum { BATCH_REQUESTS_SOFT = 16384 };

/* ---- appending ---- */

static enum daybook_status append_slot(struct writer *writer, unsigned slot, struct daybook_error *error) {
    struct event_batch *batch = &writer->slots[slot];
    if (batch->count > writer->span_capacity[slot]) {
        free(writer->spans[slot]);
        free(writer->instants[slot]);
        writer->span_capacity[slot] = batch->count * 2;
        writer->spans[slot] = malloc(writer->span_capacity[slot] * sizeof *writer->spans[slot]);
        writer->instants[slot] = malloc(writer->span_capacity[slot] * sizeof *writer->instants[slot]);
        if (writer->spans[slot] == NULL || writer->instants[slot] == NULL) {
            writer->span_capacity[slot] = 0;
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "appending %zu events: memory was refused", batch->count);
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        writer->spans[slot][i] =
            (struct event_span){batch->bytes.data + batch->events[i].offset_bytes, batch->events[i].size_bytes};
        writer->instants[slot][i] = batch->events[i].recorded_at_us;
    }
    struct journal_batch append = {writer->spans[slot], writer->instants[slot], batch->count};
    return batch->count == 0 ? DAYBOOK_OK : journal_append(writer->journal, &append, error);
}

/* ---- leading ---- */

/* Cuts the oldest submissions off the queue, as many as make a batch. */
static struct submission *take_queue(struct writer *writer) {
    struct submission *list = writer->first;
    struct submission *end = list;
    size_t requests = end->asked->count;
    while (end->next != NULL && requests + end->next->asked->count <= BATCH_REQUESTS_SOFT) {
        end = end->next;
        requests += end->asked->count;
    }
    writer->first = end->next;
    if (writer->first == NULL) {
        writer->last = &writer->first;
    }
    end->next = NULL;
    return list;
}

static void latch(struct writer *writer, enum daybook_status status, const struct daybook_error *error) {
    if (writer->failed == DAYBOOK_OK && status != DAYBOOK_OK) {
        writer->failed = status;
        writer->failure = *error;
    }
}

static void finish(struct writer *writer, struct submission *list) {
    while (list != NULL) {
        struct submission *next = list->next; /* Its caller may return as soon as nothing of it is pending. */
        struct caller *caller = list->caller;
        if (writer->failed != DAYBOOK_OK) {
            list->asked->status = writer->failed;
            list->asked->error = writer->failure;
        }
        caller->pending_count--;
        if (caller->pending_count == 0) {
            pthread_cond_signal(&caller->turn);
        }
        list = next;
    }
}

/* Whoever is first in the queue may decide now. Each waits on a condition of its own:
 * waking all of them for every step would cost more than the step. */
static void call_next_leader(struct writer *writer) {
    if (writer->first != NULL && !writer->is_deciding) {
        pthread_cond_signal(&writer->first->caller->turn);
    }
}

static void count_in(uint64_t *buckets, const uint64_t *edges, size_t edge_count, uint64_t value) {
    size_t i = 0;
    while (i < edge_count && value > edges[i]) {
        i++;
    }
    buckets[i]++;
}

static void count_commit(struct commit_figures *figures, uint64_t events, uint64_t time_us) {
    static const uint64_t time_edges[] = {COMMIT_TIME_EDGES_US};
    static const uint64_t event_edges[] = {COMMIT_EVENT_EDGES};
    _Static_assert(sizeof time_edges / sizeof *time_edges == COMMIT_TIME_BUCKETS - 1, "one bucket is over the last");
    _Static_assert(sizeof event_edges / sizeof *event_edges == COMMIT_EVENT_BUCKETS - 1, "one bucket is over the last");
    figures->commit_count++;
    figures->event_count += events;
    figures->time_us += time_us;
    count_in(figures->time_buckets, time_edges, COMMIT_TIME_BUCKETS - 1, time_us);
    count_in(figures->event_buckets, event_edges, COMMIT_EVENT_BUCKETS - 1, events);
}

void writer_get_figures(struct writer *writer, struct commit_figures *figures) {
    pthread_mutex_lock(&writer->lock);
    *figures = writer->figures;
    pthread_mutex_unlock(&writer->lock);
}

/* Called and returns with the lock held. */
static void lead(struct writer *writer) {
    struct submission *list = take_queue(writer);
    writer->is_deciding = true;
    /* A checkpoint must not run ahead of the journal (C2). */
    while (writer->is_appending && state_keeper_must_wait(&writer->keeper)) {
        pthread_cond_wait(&writer->appended, &writer->lock);
    }
    uint64_t durable = writer->durable_sequence;
    struct daybook_error error = {0};
    enum daybook_status status = writer->failed;
    unsigned slot = writer->slot;
    pthread_mutex_unlock(&writer->lock);
    event_batch_cut(&writer->slots[slot], 0);
    if (status == DAYBOOK_OK) {
        status = writer_decide(writer, list, durable, &error);
    }
    pthread_mutex_lock(&writer->lock);
    latch(writer, status, &error);
    writer->checked_through = writer->keeper.checked_through;
    while (writer->is_appending) {
        pthread_cond_wait(&writer->appended, &writer->lock);
    }
    writer->is_appending = true;
    writer->slot = (slot + 1) % WRITER_SLOTS;
    writer->is_deciding = false;
    status = writer->failed;
    call_next_leader(writer);
    pthread_mutex_unlock(&writer->lock);
    uint64_t head = writer->slots[slot].first_sequence + writer->slots[slot].count - 1;
    size_t event_count = writer->slots[slot].count;
    uint64_t start_ns = clock_monotonic_ns();
    if (status == DAYBOOK_OK) {
        status = append_slot(writer, slot, &error);
    }
    uint64_t time_us = (clock_monotonic_ns() - start_ns) / 1000;
    pthread_mutex_lock(&writer->lock);
    if (status == DAYBOOK_OK && event_count > 0) {
        count_commit(&writer->figures, event_count, time_us);
        writer->durable_sequence = head;
    }
    latch(writer, status, &error);
    writer->is_appending = false;
    finish(writer, list);
    pthread_cond_signal(&writer->appended);
    if (status == DAYBOOK_OK && event_count > 0 && writer->options.committed != NULL) {
        pthread_mutex_unlock(&writer->lock);
        writer->options.committed(writer->options.context, head);
        pthread_mutex_lock(&writer->lock);
    }
}

/* Queues what can be taken. What cannot has its own status and is not waited for. */
static void join_queue(struct writer *writer, struct caller *caller, struct daybook_submission *asked, size_t count,
                       struct submission *submissions) {
    for (size_t i = 0; i < count; i++) {
        size_t most = asked[i].mode == DAYBOOK_SUBMIT_GROUP ? LIMIT_GROUP_REQUESTS : LIMIT_BATCH_REQUESTS;
        asked[i].answers = (struct daybook_answers){0};
        asked[i].status = DAYBOOK_OK;
        if (asked[i].count > most) {
            asked[i].status = daybook_fail(&asked[i].error, DAYBOOK_INVALID,
                                           "submitting %zu requests at once: %zu are the most", asked[i].count, most);
            continue;
        }
        submissions[i] = (struct submission){.asked = &asked[i], .caller = caller};
        *writer->last = &submissions[i];
        writer->last = &submissions[i].next;
        caller->pending_count++;
    }
}

static void submit_all(struct writer *writer, struct daybook_submission *asked, size_t count,
                       struct submission *submissions) {
    struct caller caller = {0};
    pthread_cond_init(&caller.turn, NULL);
    pthread_mutex_lock(&writer->lock);
    join_queue(writer, &caller, asked, count, submissions);
    while (caller.pending_count > 0) {
        /* Whoever is first in the queue leads; the others wait to be done or to be first. */
        if (!writer->is_deciding && writer->first != NULL && writer->first->caller == &caller) {
            lead(writer);
        } else {
            pthread_cond_wait(&caller.turn, &writer->lock);
        }
    }
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_destroy(&caller.turn);
    for (size_t i = 0; i < count; i++) {
        if (asked[i].status != DAYBOOK_OK) {
            daybook_answers_release(&asked[i].answers);
        }
    }
}

enum daybook_status writer_submit(struct writer *writer, const struct daybook_bytes *requests, size_t count,
                                  enum daybook_submit_mode mode, struct daybook_answers *answers,
                                  struct daybook_error *error) {
    struct daybook_submission asked = {.requests = requests, .count = count, .mode = mode};
    struct submission submission;
    submit_all(writer, &asked, 1, &submission);
    *answers = asked.answers;
    if (asked.status != DAYBOOK_OK && error != NULL) {
        *error = asked.error;
    }
    return asked.status;
}

enum daybook_status writer_submit_many(struct writer *writer, struct daybook_submission *asked, size_t count,
                                       struct daybook_error *error) {
    struct submission *submissions = calloc(count + 1, sizeof *submissions);
    if (submissions == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "submitting %zu calls at once: memory was refused", count);
    }
    submit_all(writer, asked, count, submissions);
    free(submissions);
    return DAYBOOK_OK;
}
