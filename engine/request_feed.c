/* The journal request by request: each begins at an event with a digest, and goes on to the next such. */
#include "request_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/event_decode.h"
#include "limits.h"

/* A request of 20 000 events of the greatest size, decoded. */
#define FEED_ARENA_BYTES ((size_t)4 << 30)

enum { EVENTS_AHEAD = 32 }; /* Further than those who read peek. */

struct request_feed {
    struct feed *events;
    struct feed *own; /* The same, where none was lent. */
    struct feed_follower follower;
    struct feed_run run; /* Borrowed; what was not given yet begins at `at`. */
    size_t at;
    uint64_t through;
    uint64_t next_sequence;
    int64_t last_recorded_at_us;    /* Of the event before. */
    const Pb__Event **items;        /* Of the group that was given: in the run, */
    struct daybook_bytes *bytes;    /* likewise. */
    size_t count;                   /* Of both. */
    size_t capacity;                /* Of both. */
    struct daybook_buffer requests; /* struct recorded */
    struct arena arena;             /* or, where the group goes over the end of a run, here. */
    size_t kept_count;              /* So many of the items. */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the journal request by request: memory was refused");
}

enum daybook_status request_feed_open(struct journal *journal, struct feed *shared, uint64_t through,
                                      struct request_feed **feed, struct daybook_error *error) {
    struct request_feed *fresh = calloc(1, sizeof *fresh);
    *feed = NULL;
    if (fresh == NULL) {
        return no_memory(error);
    }
    if (shared == NULL) {
        enum daybook_status status = feed_open(journal, FEED_RUNS_ALONE, &fresh->own, error);
        if (status != DAYBOOK_OK) {
            free(fresh);
            return status;
        }
    }
    fresh->events = shared != NULL ? shared : fresh->own;
    fresh->through = through;
    fresh->next_sequence = 1;
    arena_init(&fresh->arena, FEED_ARENA_BYTES);
    feed_join(fresh->events, &fresh->follower, fresh->next_sequence);
    *feed = fresh;
    return DAYBOOK_OK;
}

void request_feed_close(struct request_feed *feed) {
    if (feed == NULL) {
        return;
    }
    feed_give_back(feed->events, &feed->run);
    feed_leave(feed->events, &feed->follower);
    feed_close(feed->own);
    arena_release(&feed->arena);
    free(feed->items);
    free(feed->bytes);
    daybook_buffer_release(&feed->requests);
    free(feed);
}

/* What was taken of the run, decoded once more from a copy: the run is given back. */
static enum daybook_status keep_taken(struct request_feed *feed, struct daybook_error *error) {
    for (; feed->kept_count < feed->count; feed->kept_count++) {
        struct daybook_bytes *kept = &feed->bytes[feed->kept_count];
        uint8_t *copy = arena_alloc(&feed->arena, kept->size + 1);
        Pb__Event *event = NULL;
        if (copy == NULL) {
            return no_memory(error);
        }
        memcpy(copy, kept->data, kept->size);
        kept->data = copy;
        DAYBOOK_TRY(event_decode(*kept, &feed->arena, &event, error));
        feed->items[feed->kept_count] = event;
    }
    return DAYBOOK_OK;
}

/* Whoever decides again reads an event, and then compares its bytes. */
static void foresee(const struct request_feed *feed) {
    enum { CACHE_LINE = 64 };
    size_t index = feed->at + EVENTS_AHEAD;
    feed_run_foresee(&feed->run, index);
    if (index < feed->run.count) {
        const struct daybook_bytes bytes = feed->run.events[index].bytes;
        __builtin_prefetch(bytes.data);
        __builtin_prefetch(bytes.data + CACHE_LINE);
    }
}

/* The next event; NULL: nothing is left up to `last`. */
static enum daybook_status look(struct request_feed *feed, uint64_t last, const struct fold_event **event,
                                struct daybook_error *error) {
    *event = NULL;
    if (feed->next_sequence > last) {
        return DAYBOOK_OK;
    }
    if (feed->at == feed->run.count) {
        DAYBOOK_TRY(keep_taken(feed, error));
        feed_give_back(feed->events, &feed->run);
        feed->at = 0;
        enum daybook_status status = feed_take(feed->events, &feed->follower, feed->next_sequence, &feed->run, error);
        if (status != DAYBOOK_OK) {
            return daybook_fail_in(error, "reading event %llu", (unsigned long long)feed->next_sequence);
        }
    }
    foresee(feed);
    *event = feed->at < feed->run.count ? &feed->run.events[feed->at] : NULL;
    return DAYBOOK_OK;
}

/* Room for one event more. */
static bool reserve(struct request_feed *feed) {
    enum { FIRST_CAPACITY = 64 };
    size_t capacity = feed->capacity == 0 ? FIRST_CAPACITY : 2 * feed->capacity;
    if (feed->count < feed->capacity) {
        return true;
    }
    const Pb__Event **items = realloc(feed->items, capacity * sizeof *items);
    feed->items = items != NULL ? items : feed->items;
    struct daybook_bytes *bytes = realloc(feed->bytes, capacity * sizeof *bytes);
    feed->bytes = bytes != NULL ? bytes : feed->bytes;
    if (items == NULL || bytes == NULL) {
        return false;
    }
    feed->capacity = capacity;
    return true;
}

static enum daybook_status take(struct request_feed *feed, const struct fold_event *event,
                                struct daybook_error *error) {
    if (!reserve(feed)) {
        return no_memory(error);
    }
    feed->items[feed->count] = event->event;
    feed->bytes[feed->count++] = event->bytes;
    feed->at++;
    feed->next_sequence++;
    feed->last_recorded_at_us = event->event->recorded_at_us;
    return DAYBOOK_OK;
}

/* Whether `event` goes on with what was begun. */
static bool goes_on(const struct request_feed *feed, const struct fold_event *event) {
    const Pb__Event *first = feed->items[0];
    return event != NULL &&
           (event->event->request_digest == 0 || (first->group != 0 && event->event->group == first->group));
}

/* Cuts the events in requests: each begins with a digest. */
static enum daybook_status cut(struct request_feed *feed, int64_t before_us, struct daybook_error *error) {
    daybook_buffer_reset(&feed->requests);
    for (size_t first = 0, end; first < feed->count; first = end) {
        for (end = first + 1; end < feed->count && feed->items[end]->request_digest == 0;) {
            end++;
        }
        struct recorded recorded = {{feed->items + first, end - first}, feed->bytes + first, before_us};
        before_us = feed->items[end - 1]->recorded_at_us;
        if (daybook_buffer_append(&feed->requests, &recorded, sizeof recorded) != DAYBOOK_OK) {
            return no_memory(error);
        }
    }
    return DAYBOOK_OK;
}

static void reset(struct request_feed *feed) {
    arena_reset(&feed->arena);
    feed->kept_count = 0;
    feed->count = 0;
}

enum daybook_status request_feed_next(struct request_feed *feed, struct recorded_group *group,
                                      struct daybook_error *error) {
    const struct fold_event *event;
    int64_t before_us = feed->last_recorded_at_us;
    *group = (struct recorded_group){0};
    reset(feed);
    DAYBOOK_TRY(look(feed, feed->through, &event, error));
    if (event == NULL) {
        return DAYBOOK_OK;
    }
    do {
        DAYBOOK_TRY(take(feed, event, error));
        DAYBOOK_TRY(look(feed, feed->through, &event, error));
    } while (goes_on(feed, event));
    if (event == NULL) { /* RF1: the event after `through` says whether what was begun ended there. */
        DAYBOOK_TRY(look(feed, UINT64_MAX, &event, error));
        if (goes_on(feed, event)) {
            return DAYBOOK_OK;
        }
    }
    DAYBOOK_TRY(cut(feed, before_us, error));
    *group = (struct recorded_group){(const void *)feed->requests.data, feed->requests.size / sizeof(struct recorded)};
    return DAYBOOK_OK;
}

const Pb__Event *request_feed_peek(const struct request_feed *feed, size_t ahead) {
    return ahead < feed->run.count - feed->at ? feed->run.events[feed->at + ahead].event : NULL;
}
