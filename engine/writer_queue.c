/* Group commit: who finds nobody deciding, or nobody appending, does it for all that wait; the two overlap. */
#include "writer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "ledger.h"
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
    if (batch->count == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(personal_settle(writer->personal, batch, error));
    return journal_append(writer->journal, &append, error);
}

/* ---- leading ---- */

/* Cuts the oldest submissions off the queue: the first, and those behind it that together have `most` requests. */
static struct submission *take_queue(struct writer *writer, size_t most) {
    struct submission *list = writer->first;
    struct submission *end = list;
    size_t requests = end->asked->count;
    while (end->next != NULL && requests + end->next->asked->count <= most) {
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
        (void)daybook_fail_in(&writer->failure, "nothing more is recorded until the ledger is opened anew");
    }
}

/* Tells the callers of a list that it is done. Without the lock: each of them comes back for it sooner or later. */
static void finish(struct submission *list, enum daybook_status status, const struct daybook_error *error) {
    while (list != NULL) {
        struct submission *next = list->next; /* Its caller may return as soon as nothing of it is pending. */
        struct caller *caller = list->caller;
        if (status != DAYBOOK_OK) {
            list->asked->status = status;
            list->asked->error = *error;
        }
        if (caller_let_go(caller)) {
            caller_tell(caller, CALLER_DONE);
        }
        list = next;
    }
}

/* Where there is something to do and nobody does it, one of those who wait for it is told. With the lock held. */
static void call_leader(struct writer *writer) {
    if (writer->is_deciding) {
        return; /* Who decides will look again. */
    }
    if (writer->decided != NULL && !writer->is_appending) {
        caller_tell(writer->decided->caller, CALLER_LEADS);
    } else if (writer->first != NULL) {
        caller_tell(writer->first->caller, CALLER_LEADS);
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

enum daybook_status writer_check(struct writer *writer, bool *is_latched, struct daybook_error *error) {
    pthread_mutex_lock(&writer->lock);
    enum daybook_status status = writer->failed;
    *is_latched = status != DAYBOOK_OK;
    if (*is_latched) {
        *error = writer->failure;
    }
    pthread_mutex_unlock(&writer->lock);
    if (!*is_latched) {
        status = journal_check_room(writer->journal, error);
        *is_latched = status != DAYBOOK_OK && status != DAYBOOK_LIMIT;
    }
    return status;
}

/* Tells whoever asks what was known by an instant from which one on there is more to come. With the lock held. */
static void note_underway(struct writer *writer) {
    int64_t from_us = 0;
    for (unsigned i = 0; i < WRITER_SLOTS; i++) {
        const int64_t since_us = writer->since_us[i];
        from_us = from_us == 0 || (since_us != 0 && since_us < from_us) ? since_us : from_us;
    }
    journal_underway(writer->journal, from_us);
}

/* Before the clock is asked for the first event of the slot. */
static void begin_slot(struct writer *writer) {
    if (writer->since_us[writer->slot] == 0) {
        writer->since_us[writer->slot] = writer->last_recorded_at_us + 1;
        note_underway(writer);
    }
}

/* Appends the slot, tells whoever waits for it, and finishes `list`. Called and returns with the lock held. */
static void append(struct writer *writer, unsigned slot, struct submission *list) {
    const struct event_batch *batch = &writer->slots[slot];
    uint64_t head = batch->first_sequence + batch->count - 1;
    size_t event_count = batch->count;
    struct daybook_error error = {0};
    enum daybook_status status = writer->failed;
    pthread_mutex_unlock(&writer->lock);
    uint64_t start_ns = clock_monotonic_ns();
    if (status == DAYBOOK_OK) {
        status = append_slot(writer, slot, &error);
    }
    uint64_t time_us = (clock_monotonic_ns() - start_ns) / 1000;
    pthread_mutex_lock(&writer->lock);
    bool has_committed = status == DAYBOOK_OK && event_count > 0;
    if (has_committed) {
        count_commit(&writer->figures, event_count, time_us);
        writer->durable_sequence = head;
    }
    latch(writer, status, &error);
    status = writer->failed;
    error = writer->failure;
    writer->since_us[slot] = 0;
    note_underway(writer);
    writer->is_appending = false;
    pthread_cond_signal(&writer->appended);
    call_leader(writer);
    pthread_mutex_unlock(&writer->lock);
    finish(list, status, &error);
    if (has_committed && writer->options.committed != NULL) {
        writer->options.committed(writer->options.context, head);
    }
    pthread_mutex_lock(&writer->lock);
}

static void *run_appender(void *context) {
    struct writer *writer = context;
    struct appender *appender = &writer->appender;
    thread_stand_back(THREAD_SERVES); /* Behind the leader, who waits for nobody while there is something to decide. */
    pthread_mutex_lock(&writer->lock);
    for (;;) {
        while (!appender->is_called && !appender->is_closing) {
            pthread_cond_wait(&appender->called, &writer->lock);
        }
        if (!appender->is_called) {
            break;
        }
        appender->is_called = false;
        append(writer, appender->slot, appender->list);
        pthread_mutex_unlock(&writer->lock);
        pool_lay_by(state_pool(writer->state)); /* So that the leader need not wait for memory. */
        pthread_mutex_lock(&writer->lock);
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

void writer_stop_appender(struct writer *writer) {
    if (writer->appender.is_started) {
        pthread_mutex_lock(&writer->lock);
        writer->appender.is_closing = true;
        pthread_cond_signal(&writer->appender.called);
        pthread_mutex_unlock(&writer->lock);
        (void)pthread_join(writer->appender.thread, NULL);
    }
}

/* Takes the slot that was decided, and those who wait for it. What the next one held is in the journal. Nobody appends.
 */
static unsigned take_slot(struct writer *writer, struct submission **list) {
    writer->is_appending = true;
    *list = writer->decided;
    writer->decided = NULL;
    writer->decided_last = &writer->decided;
    unsigned slot = writer->slot;
    writer->slot = (slot + 1) % WRITER_SLOTS;
    event_batch_cut(&writer->slots[writer->slot], 0);
    return slot;
}

static void wait_for_append(struct writer *writer) {
    while (writer->is_appending) {
        pthread_cond_wait(&writer->appended, &writer->lock);
    }
}

/* Before the slot is decided into again: somebody else appends it. */
static void hand_over(struct writer *writer) {
    struct appender *appender = &writer->appender;
    struct submission *list;
    wait_for_append(writer);
    unsigned slot = take_slot(writer, &list);
    if (!appender->is_started) {
        appender->is_started = pthread_create(&appender->thread, NULL, run_appender, writer) == 0;
    }
    if (!appender->is_started) {
        append(writer, slot, list);
        return;
    }
    appender->slot = slot;
    appender->list = list;
    appender->is_called = true;
    pthread_cond_signal(&appender->called);
}

/* All that was decided becomes durable: a checkpoint that cannot wait must not run ahead of the journal (C2). */
static void append_all(struct writer *writer) {
    if (writer->slots[writer->slot].count > 0) {
        hand_over(writer);
    }
    wait_for_append(writer);
}

/* Decides the list, until what is left of it fits one slot, which the caller appends. */
static void decide_parts(struct writer *writer, struct submission *list) {
    struct progress progress = {.at = list};
    for (;;) {
        if (state_keeper_must_wait(&writer->keeper)) {
            append_all(writer);
        }
        uint64_t durable = writer->durable_sequence;
        struct daybook_error error = {0};
        enum daybook_status status = writer->failed;
        begin_slot(writer);
        pthread_mutex_unlock(&writer->lock);
        if (status == DAYBOOK_OK) {
            status = writer_decide_some(writer, &progress, durable, &error);
        }
        pthread_mutex_lock(&writer->lock);
        if (status == DAYBOOK_DAMAGED && writer->failed == DAYBOOK_OK) {
            state_store_doubt(writer->state_store, error.message); /* C6 */
        }
        latch(writer, status, &error);
        writer->checked_through = writer->keeper.checked_through;
        if (writer->failed != DAYBOOK_OK || progress.at == NULL) {
            return;
        }
        hand_over(writer);
    }
}

/* Decides the queue into the slot that is open. Called and returns with the lock held. */
static void decide_queue(struct writer *writer) {
    struct submission *list = take_queue(writer, BATCH_REQUESTS_SOFT);
    writer->is_deciding = true;
    read_ahead_begin(writer->ahead, list);
    decide_parts(writer, list);
    pthread_mutex_unlock(&writer->lock);
    read_ahead_end(writer->ahead); /* Nothing of the list is looked at any more (RA3), also where it failed. */
    pthread_mutex_lock(&writer->lock);
    writer->is_deciding = false;
    *writer->decided_last = list;
    while (*writer->decided_last != NULL) {
        writer->decided_last = &(*writer->decided_last)->next;
    }
}

/* One thread that submits, and all that it brings. */
struct party {
    struct caller caller;
    const struct ledger_latecomers *late; /* NULL: none. */
    struct daybook_submission *late_asked;
    struct submission *late_submissions;
    size_t late_count;
    bool may_ask_late; /* It has waited, and not asked yet. */
    bool has_gathered; /* Those who came while it decided share the commit, but not those who come meanwhile. */
};

/* False: it cannot be taken, and has its own status. */
static bool check_size(struct daybook_submission *asked) {
    size_t most = asked->mode == DAYBOOK_SUBMIT_GROUP ? LIMIT_GROUP_REQUESTS : LIMIT_BATCH_REQUESTS;
    asked->answers = (struct daybook_answers){0};
    asked->status = DAYBOOK_OK;
    if (asked->count > most) {
        asked->status = daybook_fail(&asked->error, DAYBOOK_INVALID,
                                     "submitting %zu requests at once: %zu are the most", asked->count, most);
    }
    return asked->status == DAYBOOK_OK;
}

/* Puts what can be taken at the end of a list, and returns its new end. What cannot is not waited for. Where the disk
 * has no room left, what might be appended is not even decided: nothing latches (W3), and it is taken again when there
 * is room. */
static struct submission **join(struct writer *writer, struct submission **last, struct caller *caller,
                                struct daybook_submission *asked, size_t count, struct submission *submissions) {
    struct daybook_error no_room;
    const enum daybook_status room =
        writer->failed == DAYBOOK_OK ? journal_check_room(writer->journal, &no_room) : DAYBOOK_OK;
    for (size_t i = 0; i < count; i++) {
        if (!check_size(&asked[i])) {
            continue;
        }
        if (room != DAYBOOK_OK && asked[i].mode != DAYBOOK_SUBMIT_DRY) {
            asked[i].status = room;
            asked[i].error = no_room;
        } else {
            submissions[i] = (struct submission){.asked = &asked[i], .caller = caller};
            *last = &submissions[i];
            last = &submissions[i].next;
            atomic_fetch_add(&caller->pending, 1);
        }
    }
    return last;
}

/* Asks for those who came meanwhile, without the lock, and puts them at the end of the queue. Somebody else may append
 * what the party has before, so it is held: done without those who are late, it would go away. */
static void take_late(struct writer *writer, struct party *party) {
    party->may_ask_late = false;
    if (!caller_hold(&party->caller)) {
        return;
    }
    pthread_mutex_unlock(&writer->lock);
    party->late_count = party->late->take(party->late->context, &party->late_asked);
    party->late_submissions = calloc(party->late_count + 1, sizeof *party->late_submissions);
    for (size_t i = 0; i < party->late_count && party->late_submissions == NULL; i++) {
        party->late_asked[i].answers = (struct daybook_answers){0};
        party->late_asked[i].status =
            daybook_fail(&party->late_asked[i].error, DAYBOOK_NO_MEMORY, "submitting: memory was refused");
    }
    pthread_mutex_lock(&writer->lock);
    if (party->late_submissions != NULL) {
        writer->last =
            join(writer, writer->last, &party->caller, party->late_asked, party->late_count, party->late_submissions);
    }
    if (caller_let_go(&party->caller)) {
        caller_tell(&party->caller, CALLER_DONE);
    }
}

/* Does what nobody does: appends what was decided, or decides what waits. False: there is nothing. Called and returns
 * with the lock held. */
static bool lead(struct writer *writer, struct party *party) {
    if (writer->is_deciding) {
        return false;
    }
    const bool may_append = writer->decided != NULL && !writer->is_appending;
    if (may_append && party->may_ask_late) {
        take_late(writer, party);
        return true;
    }
    if (writer->first != NULL && !(may_append && party->has_gathered)) {
        party->has_gathered = may_append;
        decide_queue(writer);
        return true;
    }
    if (may_append) {
        struct submission *list;
        unsigned slot = take_slot(writer, &list);
        party->has_gathered = false;
        call_leader(writer);
        append(writer, slot, list);
    }
    return may_append;
}

static void release_failed(struct daybook_submission *asked, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (asked[i].status != DAYBOOK_OK) {
            daybook_answers_release(&asked[i].answers);
        }
    }
}

static void submit_all(struct writer *writer, struct daybook_submission *asked, size_t count,
                       struct submission *submissions, const struct ledger_latecomers *late) {
    struct party party = {.late = late};
    enum caller_word told = CALLER_WAITS;
    pthread_mutex_lock(&writer->lock);
    writer->last = join(writer, writer->last, &party.caller, asked, count, submissions);
    bool is_taken = atomic_load(&party.caller.pending) > 0;
    while (is_taken && told != CALLER_DONE) { /* Only "done" says that nobody will touch the caller any more (CA2). */
        while (atomic_load(&party.caller.pending) > 0 && lead(writer, &party)) {
        }
        call_leader(writer); /* What is left is for those who wait for it. */
        caller_rest(&party.caller);
        pthread_mutex_unlock(&writer->lock);
        told = caller_wait(&party.caller);
        if (told == CALLER_LEADS) {
            party.may_ask_late = late != NULL && party.late_submissions == NULL;
            pthread_mutex_lock(&writer->lock);
        }
    }
    if (!is_taken) {
        pthread_mutex_unlock(&writer->lock);
    }
    release_failed(asked, count);
    release_failed(party.late_asked, party.late_count);
    free(party.late_submissions);
}

enum daybook_status writer_submit(struct writer *writer, const struct daybook_bytes *requests, size_t count,
                                  enum daybook_submit_mode mode, struct daybook_answers *answers,
                                  struct daybook_error *error) {
    struct daybook_submission asked = {.requests = requests, .count = count, .mode = mode};
    struct submission submission;
    submit_all(writer, &asked, 1, &submission, NULL);
    *answers = asked.answers;
    if (asked.status != DAYBOOK_OK && error != NULL) {
        *error = asked.error;
    }
    return asked.status;
}

enum daybook_status writer_submit_many(struct writer *writer, struct daybook_submission *asked, size_t count,
                                       const struct ledger_latecomers *late, struct daybook_error *error) {
    struct submission *submissions = calloc(count + 1, sizeof *submissions);
    if (submissions == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "submitting %zu calls at once: memory was refused", count);
    }
    submit_all(writer, asked, count, submissions, late);
    free(submissions);
    return DAYBOOK_OK;
}
