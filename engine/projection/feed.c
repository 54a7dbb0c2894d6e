/* A few runs of decoded events under one lock, which is never held while reading or decoding. */
#include "projection/feed.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "base/arena.h"
#include "codec/event_decode.h"
#include "limits.h"
#include "projection/parties.h"

enum {
    RUN_ARENA_BYTES = 64 << 20, /* Bounds what one event can take; a run ends before it would not fit. */
    RUN_RAW_BYTES = 256 << 10,  /* A run ends past so many bytes of events. */
    LEAD_EVENTS = 2048,         /* A follower gets no further ahead of another; a few runs. */
    NEAR_EVENTS = 1 << 16,      /* One that is further behind is not waited for. */
};
#define PATIENCE_NS UINT64_C(500000000) /* One that does not move for so long is not waited for. */

enum kept_state { KEPT_NOTHING, KEPT_LOADING, KEPT_READY };

struct kept {
    enum kept_state state;
    unsigned borrowers;
    uint64_t first_sequence; /* While loading: the one asked for. */
    size_t count;
    struct fold_event *events; /* Their bytes are the reader's, the rest the arena's. */
    struct journal_reader *reader;
    struct arena arena;
};

struct feed {
    struct journal *journal;
    struct parties *parties;
    uv_mutex_t lock; /* Guards the rest, but for what is in a run that is loading. */
    uv_cond_t moved; /* A follower went on, a run was loaded or given back. */
    struct feed_follower *followers;
    size_t kept_count;
    struct kept kept[];
};

enum daybook_status feed_open(struct journal *journal, size_t run_count, struct feed **feed,
                              struct daybook_error *error) {
    struct feed *made = calloc(1, sizeof *made + run_count * sizeof made->kept[0]);
    if (made == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading events for views: memory was refused");
    }
    enum daybook_status status = parties_open(&made->parties, error);
    if (status != DAYBOOK_OK) {
        free(made);
        return status;
    }
    made->journal = journal;
    made->kept_count = run_count;
    for (size_t i = 0; i < run_count; i++) {
        arena_init(&made->kept[i].arena, RUN_ARENA_BYTES);
    }
    if (uv_mutex_init(&made->lock) != 0 || uv_cond_init(&made->moved) != 0) {
        abort(); /* Only a broken system refuses these, and nothing could be said of it safely. */
    }
    *feed = made;
    return DAYBOOK_OK;
}

void feed_close(struct feed *feed) {
    if (feed == NULL) {
        return;
    }
    assert(feed->followers == NULL);
    for (size_t i = 0; i < feed->kept_count; i++) {
        struct kept *kept = &feed->kept[i];
        assert(kept->borrowers == 0 && kept->state != KEPT_LOADING);
        journal_reader_close(kept->reader);
        arena_release(&kept->arena);
        free(kept->events);
    }
    parties_close(feed->parties);
    uv_cond_destroy(&feed->moved);
    uv_mutex_destroy(&feed->lock);
    free(feed);
}

void feed_join(struct feed *feed, struct feed_follower *follower, uint64_t position) {
    uv_mutex_lock(&feed->lock);
    *follower = (struct feed_follower){.position = position, .is_waited_for = true, .next = feed->followers};
    feed->followers = follower;
    uv_mutex_unlock(&feed->lock);
}

void feed_leave(struct feed *feed, struct feed_follower *follower) {
    uv_mutex_lock(&feed->lock);
    struct feed_follower **at = &feed->followers;
    while (*at != follower) {
        at = &(*at)->next;
    }
    *at = follower->next;
    uv_cond_broadcast(&feed->moved);
    uv_mutex_unlock(&feed->lock);
}

/* ---- reading ---- */

static enum daybook_status prepare(struct feed *feed, struct kept *kept, struct daybook_error *error) {
    if (kept->events == NULL) {
        kept->events = calloc(LIMIT_FRAME_EVENTS, sizeof *kept->events);
        if (kept->events == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading events for views: memory was refused");
        }
    }
    return kept->reader == NULL ? journal_reader_open(feed->journal, &kept->reader, error) : DAYBOOK_OK;
}

/* Decodes events from `sequence` on. What cannot be decoded ends the run before it, and is met again as
 * the first of the next. */
static enum daybook_status load(struct feed *feed, struct kept *kept, uint64_t sequence, struct daybook_error *error) {
    struct journal_slice slice;
    size_t raw_bytes = 0;
    kept->count = 0;
    arena_reset(&kept->arena);
    DAYBOOK_TRY(prepare(feed, kept, error));
    DAYBOOK_TRY(journal_read(kept->reader, sequence, &slice, error));
    assert(slice.count == 0 || slice.first_sequence == sequence);
    for (size_t i = 0; i < slice.count && i < LIMIT_FRAME_EVENTS && raw_bytes < RUN_RAW_BYTES; i++) {
        struct daybook_bytes bytes = {slice.events[i].data, slice.events[i].size};
        Pb__Event *event = NULL;
        enum daybook_status status = event_decode(bytes, &kept->arena, &event, error);
        if (status != DAYBOOK_OK) {
            if (i == 0) {
                return status;
            }
            break;
        }
        kept->events[i] = (struct fold_event){.event = event, .bytes = bytes};
        kept->count++;
        raw_bytes += bytes.size;
    }
    parties_number(feed->parties, kept->events, kept->count);
    return DAYBOOK_OK;
}

/* ---- taking; `lock` is held ---- */

static struct kept *find(struct feed *feed, uint64_t sequence, enum kept_state state) {
    for (size_t i = 0; i < feed->kept_count; i++) {
        struct kept *kept = &feed->kept[i];
        size_t count = kept->state == KEPT_LOADING ? 1 : kept->count;
        if (kept->state == state && sequence >= kept->first_sequence && sequence - kept->first_sequence < count) {
            return kept;
        }
    }
    return NULL;
}

/* One to load into: an empty one, or the oldest that no one borrows. */
static struct kept *find_room(struct feed *feed) {
    struct kept *room = NULL;
    for (size_t i = 0; i < feed->kept_count; i++) {
        struct kept *kept = &feed->kept[i];
        if (kept->state == KEPT_NOTHING) {
            return kept;
        }
        if (kept->state == KEPT_READY && kept->borrowers == 0 &&
            (room == NULL || kept->first_sequence < room->first_sequence)) {
            room = kept;
        }
    }
    return room;
}

static bool is_too_slow(const struct feed_follower *other, uint64_t position) {
    return other->is_waited_for && other->position < position && position - other->position > LEAD_EVENTS &&
           position - other->position <= NEAR_EVENTS;
}

/* Lets those close behind catch up, as long as anything moves. */
static void wait_for_others(struct feed *feed, const struct feed_follower *follower) {
    bool has_moved = true;
    for (struct feed_follower *other = feed->followers; other != NULL;) {
        if (!is_too_slow(other, follower->position)) {
            other = other->next;
        } else if (has_moved) {
            has_moved = uv_cond_timedwait(&feed->moved, &feed->lock, PATIENCE_NS) == 0;
            other = feed->followers; /* It may have left. */
        } else {
            other->is_waited_for = false; /* Until it goes on. */
        }
    }
}

/* Reads from the journal, without the lock meanwhile. */
static enum daybook_status load_into(struct feed *feed, struct kept *kept, uint64_t sequence,
                                     struct daybook_error *error) {
    kept->state = KEPT_LOADING;
    kept->first_sequence = sequence;
    uv_mutex_unlock(&feed->lock);
    enum daybook_status status = load(feed, kept, sequence, error);
    uv_mutex_lock(&feed->lock);
    kept->state = status == DAYBOOK_OK && kept->count > 0 ? KEPT_READY : KEPT_NOTHING;
    uv_cond_broadcast(&feed->moved);
    return status;
}

static void borrow(struct kept *kept, uint64_t sequence, struct feed_run *run) {
    size_t skipped = (size_t)(sequence - kept->first_sequence);
    kept->borrowers++;
    *run = (struct feed_run){sequence, kept->events + skipped, kept->count - skipped, kept};
}

enum daybook_status feed_take(struct feed *feed, struct feed_follower *follower, uint64_t sequence,
                              struct feed_run *run, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    struct kept *kept = NULL;
    *run = (struct feed_run){.first_sequence = sequence};
    uv_mutex_lock(&feed->lock);
    if (follower != NULL) {
        follower->position = sequence;
        follower->is_waited_for = true;
        uv_cond_broadcast(&feed->moved);
        wait_for_others(feed, follower);
    }
    for (;;) {
        kept = find(feed, sequence, KEPT_READY);
        if (kept != NULL) {
            break;
        }
        struct kept *room = find(feed, sequence, KEPT_LOADING) == NULL ? find_room(feed) : NULL;
        if (room == NULL) {
            uv_cond_wait(&feed->moved, &feed->lock);
            continue;
        }
        status = load_into(feed, room, sequence, error);
        kept = room->state == KEPT_READY ? room : NULL;
        break;
    }
    if (kept != NULL) {
        borrow(kept, sequence, run);
    }
    uv_mutex_unlock(&feed->lock);
    return status;
}

void feed_give_back(struct feed *feed, struct feed_run *run) {
    struct kept *kept = run->kept;
    if (kept != NULL) {
        uv_mutex_lock(&feed->lock);
        if (--kept->borrowers == 0) {
            uv_cond_broadcast(&feed->moved);
        }
        uv_mutex_unlock(&feed->lock);
    }
    *run = (struct feed_run){0};
}
