/* The journal request by request: each begins at an event with a digest, and goes on to the next such. */
#include "request_feed.h"

#include <stdlib.h>
#include <string.h>

#include "codec/event_decode.h"
#include "limits.h"

/* A request of 20 000 events of the greatest size, decoded. */
#define FEED_ARENA_BYTES ((size_t)4 << 30)

struct decoded {
    const Pb__Event *event; /* NULL: none. */
    struct daybook_bytes bytes;
};

struct request_feed {
    struct journal_reader *reader;
    uint64_t through;
    uint64_t next_sequence;
    struct journal_slice slice; /* Of the reader; what is not read yet begins at `at`. */
    size_t at;
    /* The event that was read last, to see where a request ends, lies in one arena, and begins the next request;
     * the rest of that goes to the other. */
    struct arena arenas[2];
    unsigned ahead_arena;
    struct decoded ahead;
    int64_t last_recorded_at_us;    /* Of the event before `ahead`. */
    struct daybook_buffer items;    /* const Pb__Event *, of the group that was given. */
    struct daybook_buffer bytes;    /* struct daybook_bytes, likewise. */
    struct daybook_buffer requests; /* struct recorded */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the journal request by request: memory was refused");
}

/* event NULL: nothing is left up to `last`. */
static enum daybook_status read_event(struct request_feed *feed, uint64_t last, struct arena *arena,
                                      struct decoded *decoded, struct daybook_error *error) {
    Pb__Event *event = NULL;
    *decoded = (struct decoded){0};
    if (feed->next_sequence > last) {
        return DAYBOOK_OK;
    }
    if (feed->at == feed->slice.count) {
        DAYBOOK_TRY(journal_read(feed->reader, feed->next_sequence, &feed->slice, error));
        feed->at = 0;
        if (feed->slice.count == 0) {
            return DAYBOOK_OK;
        }
    }
    const struct event_span *span = &feed->slice.events[feed->at];
    uint8_t *copy = arena_alloc(arena, (size_t)span->size + 1);
    if (copy == NULL) {
        return no_memory(error);
    }
    memcpy(copy, span->data, span->size);
    decoded->bytes = (struct daybook_bytes){copy, span->size};
    enum daybook_status status = event_decode(decoded->bytes, arena, &event, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, "reading event %llu", (unsigned long long)feed->next_sequence);
    }
    decoded->event = event;
    feed->at++;
    feed->next_sequence++;
    return DAYBOOK_OK;
}

enum daybook_status request_feed_open(struct journal *journal, uint64_t through, struct request_feed **feed,
                                      struct daybook_error *error) {
    struct request_feed *fresh = calloc(1, sizeof *fresh);
    *feed = NULL;
    if (fresh == NULL) {
        return no_memory(error);
    }
    fresh->through = through;
    fresh->next_sequence = 1;
    arena_init(&fresh->arenas[0], FEED_ARENA_BYTES);
    arena_init(&fresh->arenas[1], FEED_ARENA_BYTES);
    enum daybook_status status = journal_reader_open(journal, &fresh->reader, error);
    if (status == DAYBOOK_OK) {
        status = read_event(fresh, through, &fresh->arenas[0], &fresh->ahead, error);
    }
    if (status != DAYBOOK_OK) {
        request_feed_close(fresh);
        return status;
    }
    *feed = fresh;
    return DAYBOOK_OK;
}

void request_feed_close(struct request_feed *feed) {
    if (feed == NULL) {
        return;
    }
    journal_reader_close(feed->reader);
    arena_release(&feed->arenas[0]);
    arena_release(&feed->arenas[1]);
    daybook_buffer_release(&feed->items);
    daybook_buffer_release(&feed->bytes);
    daybook_buffer_release(&feed->requests);
    free(feed);
}

static enum daybook_status take(struct request_feed *feed, const struct decoded *decoded, struct daybook_error *error) {
    return daybook_buffer_append(&feed->items, &decoded->event, sizeof decoded->event) == DAYBOOK_OK &&
                   daybook_buffer_append(&feed->bytes, &decoded->bytes, sizeof decoded->bytes) == DAYBOOK_OK
               ? DAYBOOK_OK
               : no_memory(error);
}

/* Whether `event` goes on with what `first` began. */
static bool goes_on(const Pb__Event *first, const Pb__Event *event) {
    return event != NULL && (event->request_digest == 0 || (first->group != 0 && event->group == first->group));
}

/* RF1: the event after `through` says whether what was begun ended there. */
static enum daybook_status is_whole(struct request_feed *feed, const Pb__Event *first, struct arena *arena, bool *is_it,
                                    struct daybook_error *error) {
    struct decoded after;
    DAYBOOK_TRY(read_event(feed, UINT64_MAX - 1, arena, &after, error));
    feed->next_sequence = UINT64_MAX; /* Nothing is read from here on. */
    *is_it = !goes_on(first, after.event);
    return DAYBOOK_OK;
}

/* Cuts the events in requests: each begins with a digest. */
static enum daybook_status cut(struct request_feed *feed, int64_t before_us, struct daybook_error *error) {
    const Pb__Event *const *items = (const void *)feed->items.data;
    const struct daybook_bytes *bytes = (const void *)feed->bytes.data;
    size_t count = feed->items.size / sizeof *items;
    daybook_buffer_reset(&feed->requests);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && items[end]->request_digest == 0;) {
            end++;
        }
        struct recorded recorded = {{items + first, end - first}, bytes + first, before_us};
        before_us = items[end - 1]->recorded_at_us;
        if (daybook_buffer_append(&feed->requests, &recorded, sizeof recorded) != DAYBOOK_OK) {
            return no_memory(error);
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status request_feed_next(struct request_feed *feed, struct recorded_group *group,
                                      struct daybook_error *error) {
    struct arena *arena = &feed->arenas[1 - feed->ahead_arena];
    const Pb__Event *first = feed->ahead.event;
    int64_t before_us = feed->last_recorded_at_us;
    bool is_it = true;
    *group = (struct recorded_group){0};
    if (first == NULL) {
        return DAYBOOK_OK;
    }
    arena_reset(arena);
    daybook_buffer_reset(&feed->items);
    daybook_buffer_reset(&feed->bytes);
    do {
        DAYBOOK_TRY(take(feed, &feed->ahead, error));
        feed->last_recorded_at_us = feed->ahead.event->recorded_at_us;
        DAYBOOK_TRY(read_event(feed, feed->through, arena, &feed->ahead, error));
    } while (goes_on(first, feed->ahead.event));
    feed->ahead_arena = 1 - feed->ahead_arena;
    if (feed->ahead.event == NULL) {
        DAYBOOK_TRY(is_whole(feed, first, arena, &is_it, error));
    }
    if (is_it) {
        DAYBOOK_TRY(cut(feed, before_us, error));
        *group =
            (struct recorded_group){(const void *)feed->requests.data, feed->requests.size / sizeof(struct recorded)};
    }
    return DAYBOOK_OK;
}
