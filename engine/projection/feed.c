/* A few runs of decoded events under one lock, which is never held while reading or decoding. */
#include "projection/feed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/arena.h"
#include "base/hash.h"
#include "codec/event_decode.h"
#include "limits.h"
#include "projection/parties.h"

enum {
    RUN_ARENA_BYTES = 64 << 20, /* Bounds what one event can take; a run ends before it would not fit. */
    RUN_RAW_BYTES = 256 << 10,  /* A run ends past so many bytes of events. */
    NEAR_EVENTS = 1 << 16,      /* Those who are further apart do not share. */
    FREE_SHARE = 4,             /* Who waits goes on when one in so many runs is free: waking costs more than a run. */
};
#define PATIENCE_NS UINT64_C(500000000) /* One that does not move for so long is not waited for. */

enum kept_state { KEPT_NOTHING, KEPT_LOADING, KEPT_READY };

struct kept {
    enum kept_state state;
    bool is_bare; /* For those who look at bytes alone. */
    unsigned borrowers;
    uint64_t first_sequence; /* While loading: the one asked for. */
    size_t count;
    struct fold_event *events; /* Their bytes are the reader's, the rest the arena's. */
    struct journal_reader *reader;
    struct sha256 *sha256; /* NULL until leaves are hashed. */
    struct arena arena;
};

struct feed {
    struct journal *journal;
    struct parties *parties;
    bool hashes_leaves;
    uv_mutex_t lock; /* Guards the rest, but for what is in a run that is loading. */
    uv_cond_t loaded;
    uv_cond_t freed; /* Runs are free for one who wants room. */
    struct feed_follower *followers;
    uint64_t take_count;
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
    if (uv_mutex_init(&made->lock) != 0 || uv_cond_init(&made->loaded) != 0 || uv_cond_init(&made->freed) != 0) {
        abort(); /* Only a broken system refuses these, and nothing could be said of it safely. */
    }
    *feed = made;
    return DAYBOOK_OK;
}

void feed_hash_leaves(struct feed *feed) {
    feed->hashes_leaves = true;
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
        sha256_close(kept->sha256);
        arena_release(&kept->arena);
        free(kept->events);
    }
    parties_close(feed->parties);
    uv_cond_destroy(&feed->loaded);
    uv_cond_destroy(&feed->freed);
    uv_mutex_destroy(&feed->lock);
    free(feed);
}

/* ---- reading ---- */

static enum daybook_status prepare(struct feed *feed, struct kept *kept, struct daybook_error *error) {
    if (kept->events == NULL) {
        kept->events = calloc(LIMIT_FRAME_EVENTS, sizeof *kept->events);
        if (kept->events == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading events for views: memory was refused");
        }
    }
    if (feed->hashes_leaves && kept->sha256 == NULL) {
        kept->sha256 = sha256_open();
        if (kept->sha256 == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "hashing events: memory was refused");
        }
    }
    return kept->reader == NULL ? journal_reader_open(feed->journal, &kept->reader, error) : DAYBOOK_OK;
}

/* Of the events that end before `end`, whose leaves lie behind each other. */
static void hash_subtree(struct kept *kept, size_t end) {
    enum { NODE_PREFIX = 0x01 };
    uint8_t(*nodes)[SHA256_SIZE] = arena_alloc(&kept->arena, PROJECTION_SUBTREE_EVENTS * sizeof *nodes);
    if (nodes == NULL) {
        return;
    }
    memcpy(nodes, kept->events[end - PROJECTION_SUBTREE_EVENTS].leaf, PROJECTION_SUBTREE_EVENTS * sizeof *nodes);
    for (size_t count = PROJECTION_SUBTREE_EVENTS / 2; count > 0; count /= 2) {
        struct daybook_bytes pairs[PROJECTION_SUBTREE_EVENTS / 2];
        for (size_t i = 0; i < count; i++) {
            pairs[i] = (struct daybook_bytes){nodes[2 * i], 2 * sizeof *nodes};
        }
        sha256_each(kept->sha256, NODE_PREFIX, pairs, count, nodes);
    }
    kept->events[end - 1].subtree = nodes[0];
}

/* Where memory is refused, whoever wants a leaf hashes it. */
static void hash_leaves(struct kept *kept) {
    enum { LEAF_PREFIX = 0x00, SOME = 64 };
    uint8_t(*leaves)[SHA256_SIZE] = arena_alloc(&kept->arena, kept->count * sizeof *leaves + 1);
    for (size_t i = 0; leaves != NULL && i < kept->count; i += SOME) {
        struct daybook_bytes entries[SOME];
        size_t count = kept->count - i < SOME ? kept->count - i : SOME;
        for (size_t j = 0; j < count; j++) {
            entries[j] = kept->events[i + j].bytes;
            kept->events[i + j].leaf = leaves[i + j];
        }
        sha256_each(kept->sha256, LEAF_PREFIX, entries, count, leaves + i);
    }
    size_t before = (size_t)((kept->first_sequence - 1) % PROJECTION_SUBTREE_EVENTS); /* Of the first subtree. */
    size_t end = before == 0 ? 0 : PROJECTION_SUBTREE_EVENTS - before;
    for (end += PROJECTION_SUBTREE_EVENTS; leaves != NULL && end <= kept->count; end += PROJECTION_SUBTREE_EVENTS) {
        hash_subtree(kept, end);
    }
}

/* What this process has encoded can be decoded; of what others have written that is found out by doing it, since an
 * event that cannot be decoded stops every view. */
static enum daybook_status load_event(struct kept *kept, struct daybook_bytes bytes, uint64_t sequence,
                                      uint64_t encoded_from, struct fold_event *folded, struct daybook_error *error) {
    if (encoded_from > 0 && sequence >= encoded_from) {
        *folded = (struct fold_event){.bytes = bytes, .sequence = sequence};
        return DAYBOOK_OK;
    }
    Pb__Event *event = NULL;
    DAYBOOK_TRY(event_decode(bytes, &kept->arena, &event, error));
    *folded = fold_event_of(event, bytes);
    return DAYBOOK_OK;
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
    uint64_t encoded_from = kept->is_bare ? journal_encoded_from(feed->journal) : 0;
    for (size_t i = 0; i < slice.count && i < LIMIT_FRAME_EVENTS && raw_bytes < RUN_RAW_BYTES; i++) {
        struct daybook_bytes bytes = {slice.events[i].data, slice.events[i].size};
        enum daybook_status status = load_event(kept, bytes, sequence + i, encoded_from, &kept->events[i], error);
        if (status != DAYBOOK_OK) {
            if (i == 0) {
                return status;
            }
            break;
        }
        kept->count++;
        raw_bytes += bytes.size;
    }
    if (!kept->is_bare) {
        parties_number(feed->parties, kept->events, kept->count);
    }
    if (feed->hashes_leaves) {
        hash_leaves(kept);
    }
    return DAYBOOK_OK;
}

/* ---- taking; `lock` is held ---- */

static struct kept *find(struct feed *feed, uint64_t sequence, enum kept_state state, bool looks_at_bytes) {
    for (size_t i = 0; i < feed->kept_count; i++) {
        struct kept *kept = &feed->kept[i];
        size_t count = kept->state == KEPT_LOADING ? 1 : kept->count;
        if (kept->state == state && (looks_at_bytes || !kept->is_bare) && sequence >= kept->first_sequence &&
            sequence - kept->first_sequence < count) {
            return kept;
        }
    }
    return NULL;
}

static bool is_near(const struct feed_follower *follower, uint64_t sequence) {
    uint64_t apart = follower->position > sequence ? follower->position - sequence : sequence - follower->position;
    return follower->is_waited_for && apart <= NEAR_EVENTS;
}

/* Some follower is still to come to it. */
static bool is_wanted(const struct feed *feed, const struct kept *kept) {
    for (const struct feed_follower *other = feed->followers; other != NULL; other = other->next) {
        if ((other->looks_at_bytes || !kept->is_bare) && other->position < kept->first_sequence + kept->count &&
            is_near(other, kept->first_sequence)) {
            return true;
        }
    }
    return false;
}

/* No one who is still to come to events from there on needs more than their bytes. */
static bool can_be_bare(const struct feed *feed, uint64_t sequence) {
    for (const struct feed_follower *other = feed->followers; other != NULL; other = other->next) {
        if (!other->looks_at_bytes && other->position <= sequence && is_near(other, sequence)) {
            return false;
        }
    }
    return true;
}

static bool is_free(const struct feed *feed, const struct kept *kept) {
    return kept->state == KEPT_NOTHING || (kept->state == KEPT_READY && kept->borrowers == 0 && !is_wanted(feed, kept));
}

/* Of those who share with one at `sequence`, none is further behind. */
static bool is_hindmost(const struct feed *feed, uint64_t sequence) {
    for (const struct feed_follower *other = feed->followers; other != NULL; other = other->next) {
        if (other->position < sequence && is_near(other, sequence)) {
            return false;
        }
    }
    return true;
}

/* A free one to load into. Who waits for no one takes what is wanted last. */
static struct kept *find_room(struct feed *feed, bool waits) {
    struct kept *last = NULL;
    for (size_t i = 0; i < feed->kept_count; i++) {
        struct kept *kept = &feed->kept[i];
        if (is_free(feed, kept)) {
            return kept;
        }
        if (kept->state == KEPT_READY && kept->borrowers == 0 &&
            (last == NULL || kept->first_sequence > last->first_sequence)) {
            last = kept;
        }
    }
    return waits ? NULL : last;
}

static bool has_enough_room(const struct feed *feed, const struct feed_follower *follower) {
    size_t free_count = 0;
    for (size_t i = 0; i < feed->kept_count; i++) {
        free_count += is_free(feed, &feed->kept[i]);
    }
    return free_count * FREE_SHARE >= feed->kept_count || is_hindmost(feed, follower->position);
}

/* Tells those who want room, when there may be more. */
static void tell_of_room(struct feed *feed) {
    for (const struct feed_follower *other = feed->followers; other != NULL; other = other->next) {
        if (other->wants_room && has_enough_room(feed, other)) {
            uv_cond_broadcast(&feed->freed);
            return;
        }
    }
}

/* Until there is enough room, or nobody has moved for long: then those behind are waited for no more until they go on.
 */
static void wait_for_room(struct feed *feed, struct feed_follower *follower) {
    uint64_t take_count = feed->take_count;
    follower->wants_room = true;
    if (uv_cond_timedwait(&feed->freed, &feed->lock, PATIENCE_NS) != 0 && feed->take_count == take_count) {
        for (struct feed_follower *other = feed->followers; other != NULL; other = other->next) {
            other->is_waited_for = other->is_waited_for && other->position >= follower->position;
        }
    }
    follower->wants_room = false;
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
    uv_cond_broadcast(&feed->loaded);
    return status;
}

static void borrow(struct kept *kept, uint64_t sequence, struct feed_run *run) {
    size_t skipped = (size_t)(sequence - kept->first_sequence);
    kept->borrowers++;
    *run = (struct feed_run){sequence, kept->events + skipped, kept->count - skipped, kept};
}

static enum daybook_status take(struct feed *feed, struct feed_follower *follower, uint64_t sequence,
                                bool looks_at_bytes, struct feed_run *run, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    struct kept *kept = NULL;
    *run = (struct feed_run){.first_sequence = sequence};
    uv_mutex_lock(&feed->lock);
    feed->take_count++;
    if (follower != NULL) {
        follower->position = sequence;
        follower->is_waited_for = true;
        follower->looks_at_bytes = looks_at_bytes;
        tell_of_room(feed);
    }
    while ((kept = find(feed, sequence, KEPT_READY, looks_at_bytes)) == NULL) {
        if (find(feed, sequence, KEPT_LOADING, looks_at_bytes) != NULL) {
            uv_cond_wait(&feed->loaded, &feed->lock);
            continue;
        }
        bool waits = follower != NULL && !is_hindmost(feed, sequence);
        struct kept *room = find_room(feed, waits);
        if (room != NULL) {
            room->is_bare = looks_at_bytes && can_be_bare(feed, sequence);
            status = load_into(feed, room, sequence, error);
            kept = room->state == KEPT_READY ? room : NULL;
            break;
        }
        assert(waits); /* There are as many runs as threads that take. */
        wait_for_room(feed, follower);
    }
    if (kept != NULL) {
        borrow(kept, sequence, run);
    }
    uv_mutex_unlock(&feed->lock);
    return status;
}

enum daybook_status feed_take(struct feed *feed, struct feed_follower *follower, uint64_t sequence,
                              struct feed_run *run, struct daybook_error *error) {
    return take(feed, follower, sequence, false, run, error);
}

enum daybook_status feed_take_bytes(struct feed *feed, struct feed_follower *follower, uint64_t sequence,
                                    struct feed_run *run, struct daybook_error *error) {
    return take(feed, follower, sequence, true, run, error);
}

/* An event, its texts and its body lie behind each other (codec/event_decode.c). */
void feed_run_foresee(const struct feed_run *run, size_t index) {
    enum { CACHE_LINE = 64, COMMON_BYTES = 384 };
    if (index < run->count) {
        for (size_t at = 0; at < COMMON_BYTES; at += CACHE_LINE) {
            __builtin_prefetch((const uint8_t *)run->events[index].event + at);
        }
    }
}

void feed_give_back(struct feed *feed, struct feed_run *run) {
    struct kept *kept = run->kept;
    if (kept != NULL) {
        uv_mutex_lock(&feed->lock);
        kept->borrowers--;
        uv_mutex_unlock(&feed->lock);
    }
    *run = (struct feed_run){0};
}

/* ---- followers ---- */

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
    tell_of_room(feed);
    uv_mutex_unlock(&feed->lock);
}
