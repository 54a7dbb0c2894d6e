/*
 * The state is caught up with the journal before anything is taken: from its checkpoint to the head.
 *
 * How long that takes is how long opening takes after a kill, so it has both cores: a thread reads, unpacks and decodes
 * ahead, and this one folds. Both go through a feed; whatever the thread comes to, the one that folds meets by itself.
 */
#include <stdatomic.h>

#include "domain/fold.h"
#include "projection/feed.h"
#include "writer_inside.h"

enum { RUNS = 16, EVENTS_FORESEEN = 6 };

struct ahead {
    struct feed *feed;
    struct pool *pool; /* Of the state. */
    struct feed_follower follower;
    uint64_t from;
    uint64_t through;
    atomic_bool is_over;
    pthread_t thread;
    bool has_thread;
};

/* What cannot be read is met again by the one who folds, and told there. */
static void *read_ahead(void *context) {
    struct ahead *ahead = context;
    uint64_t next = ahead->from;
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && next <= ahead->through && !atomic_load(&ahead->is_over)) {
        struct feed_run run;
        status = feed_take(ahead->feed, &ahead->follower, next, &run, NULL);
        status = status == DAYBOOK_OK && run.count == 0 ? DAYBOOK_NOT_FOUND : status;
        next += run.count;
        feed_give_back(ahead->feed, &run);
        pool_lay_by(ahead->pool);
    }
    feed_leave(ahead->feed, &ahead->follower);
    return NULL;
}

static enum daybook_status fold_one(struct writer *writer, const Pb__Event *event, uint64_t sequence,
                                    struct daybook_error *error) {
    if (event->sequence != sequence) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "it says that it is event %llu",
                            (unsigned long long)event->sequence);
    }
    writer->next_sequence = sequence; /* What it refers to lies before it. */
    DAYBOOK_TRY(state_fold(writer->state, event, error));
    DAYBOOK_TRY(control_post_event(&writer->books, event, error));
    writer->next_sequence = sequence + 1;
    return DAYBOOK_OK;
}

static enum daybook_status fold_run(struct writer *writer, const struct feed_run *run, struct daybook_error *error) {
    for (size_t i = 0; i < run->count; i++) {
        if (i + EVENTS_FORESEEN < run->count) {
            state_foresee_event(writer->state, run->events[i + EVENTS_FORESEEN].event);
        }
        DAYBOOK_TRY(fold_one(writer, run->events[i].event, run->first_sequence + i, error));
    }
    return DAYBOOK_OK;
}

/* What was read, and yet does not fit the rows, says that one of the two is wrong. */
static enum daybook_status take_and_fold(struct writer *writer, struct feed *feed, struct feed_follower *follower,
                                         struct daybook_error *error) {
    struct feed_run run;
    DAYBOOK_TRY(feed_take(feed, follower, writer->next_sequence, &run, error));
    if (run.count == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "it is not there, though the journal goes further");
    }
    enum daybook_status status = fold_run(writer, &run, error);
    feed_give_back(feed, &run);
    if (status == DAYBOOK_OK) {
        status = state_keeper_step(&writer->keeper, writer->next_sequence - 1, writer->next_sequence - 1, error);
    }
    status = status == DAYBOOK_INVALID ? DAYBOOK_DAMAGED : status; /* It is no caller's doing. */
    writer->is_doubtful = status == DAYBOOK_DAMAGED;
    return status;
}

/* To the head, event by event, beside a thread that reads ahead. */
static enum daybook_status fold_to(struct writer *writer, uint64_t head, struct feed *feed,
                                   struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    struct feed_follower follower;
    struct ahead ahead = {
        .feed = feed, .pool = state_pool(writer->state), .from = writer->next_sequence, .through = head};
    feed_join(feed, &follower, ahead.from);
    feed_join(feed, &ahead.follower, ahead.from);
    ahead.has_thread = pthread_create(&ahead.thread, NULL, read_ahead, &ahead) == 0;
    if (!ahead.has_thread) {
        feed_leave(feed, &ahead.follower);
    }
    while (status == DAYBOOK_OK && writer->next_sequence <= head) {
        status = take_and_fold(writer, feed, &follower, error);
    }
    atomic_store(&ahead.is_over, true);
    feed_leave(feed, &follower); /* The thread may wait for the room that this one leaves. */
    if (ahead.has_thread) {
        (void)pthread_join(ahead.thread, NULL);
    }
    if (status != DAYBOOK_OK) {
        (void)daybook_fail_in(error, "catching the state up at event %llu", (unsigned long long)writer->next_sequence);
        error->status = status;
    }
    return status;
}

enum daybook_status writer_catch_up(struct writer *writer, struct daybook_error *error) {
    struct journal_head head;
    struct feed *feed = NULL;
    DAYBOOK_TRY(journal_head(writer->journal, &head, error));
    writer->next_sequence = state_store_position(writer->state_store) + 1;
    if (writer->next_sequence <= head.sequence) {
        DAYBOOK_TRY(feed_open(writer->journal, RUNS, &feed, error));
        enum daybook_status status = fold_to(writer, head.sequence, feed, error);
        feed_close(feed);
        DAYBOOK_TRY(status);
    }
    writer->durable_sequence = head.sequence;
    writer->last_recorded_at_us = head.recorded_at_us;
    return DAYBOOK_OK;
}
