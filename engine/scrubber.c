/*
 * The scrub in the background: its thread, and what it found.
 *
 *     DIRECTORY/scrub    u64 LE hash of what follows, then a ScrubStatus
 */
#include "scrubber.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/small_file.h"
#include "codec/wire.h"
#include "store/journal_scrub.h"

#define SECOND_NS UINT64_C(1000000000)

enum {
    SLICE_FRAMES = 16,             /* Half a mebibyte at most, where frames are ordinary. */
    ROUND_REST_MS = 1000,          /* So that a small journal is not read all the time. */
    SAVE_AFTER_S = 60,             /* The file is synced, so not with every step. */
    WOUNDS_MAX = 256,              /* More is no longer a list that anybody reads. */
    FILE_LIMIT_BYTES = 256 * 1024, /* Of that many, with their reasons. */
    READ_ARENA_BYTES = 1 << 20,
};

struct scrubber {
    struct journal *journal;
    struct journal_scrub *scrub;
    struct scrubber_options options;
    char *path; /* Of the file. */
    pthread_t thread;
    bool is_started;

    /* The thread's own. */
    uint64_t looks_from; /* The next slice begins here; 1: a new round. */
    uint64_t saved_ns;
    bool has_news; /* Wounds came or went since the file was written. */

    pthread_mutex_t lock; /* Of all below. */
    pthread_cond_t wake;
    bool is_closing;
    uint64_t position;
    uint64_t frame_count;
    uint64_t round_count;
    int64_t round_ended_at_us;
    char trouble[DAYBOOK_ERROR_SIZE];
    struct wound {
        struct journal_wound what;
        int64_t found_at_us;
        bool is_met; /* In the step under way. */
    } wounds[WOUNDS_MAX];
    size_t wound_count;
    _Atomic uint64_t met_count;
};

/* ---- what is known ---- */

static int compare_wounds(const void *left, const void *right) {
    const struct wound *a = left;
    const struct wound *b = right;
    return (a->what.first_sequence > b->what.first_sequence) - (a->what.first_sequence < b->what.first_sequence);
}

/* With the lock. */
static void meet(struct scrubber *scrubber, const struct journal_wound *what, int64_t found_at_us) {
    for (size_t i = 0; i < scrubber->wound_count; i++) {
        struct wound *known = &scrubber->wounds[i];
        if (known->what.first_sequence == what->first_sequence) {
            scrubber->has_news = scrubber->has_news || known->what.last_sequence != what->last_sequence;
            known->what = *what;
            known->is_met = true;
            return;
        }
    }
    if (scrubber->wound_count < WOUNDS_MAX) {
        atomic_fetch_add(&scrubber->met_count, 1);
        scrubber->wounds[scrubber->wound_count++] = (struct wound){*what, found_at_us, true};
        qsort(scrubber->wounds, scrubber->wound_count, sizeof *scrubber->wounds, compare_wounds);
        scrubber->has_news = true;
    }
}

/* SC2: from `first` to `last` was looked at; what was known there and not met again has healed. */
static void forget_healed(struct scrubber *scrubber, uint64_t first, uint64_t last) {
    size_t kept = 0;
    for (size_t i = 0; i < scrubber->wound_count; i++) {
        struct wound *wound = &scrubber->wounds[i];
        bool was_looked_at = wound->what.first_sequence >= first && wound->what.first_sequence <= last;
        if (!was_looked_at || wound->is_met) {
            scrubber->wounds[kept] = *wound;
            scrubber->wounds[kept++].is_met = false;
        }
    }
    scrubber->has_news = scrubber->has_news || kept != scrubber->wound_count;
    scrubber->wound_count = kept;
}

/* ---- the report ---- */

/* With the lock. False: the arena refused. */
static bool copy_wounds(const struct scrubber *scrubber, struct arena *arena, Pb__ScrubStatus *report) {
    report->n_wounds = scrubber->wound_count;
    report->wounds = arena_alloc(arena, (scrubber->wound_count + 1) * sizeof *report->wounds);
    for (size_t i = 0; report->wounds != NULL && i < scrubber->wound_count; i++) {
        const struct wound *wound = &scrubber->wounds[i];
        Pb__ScrubWound *row = arena_alloc(arena, sizeof *row);
        char *reason = arena_copy_text(arena, wound->what.reason, strlen(wound->what.reason));
        if (row == NULL || reason == NULL) {
            return false;
        }
        pb__scrub_wound__init(row);
        row->first_sequence = wound->what.first_sequence;
        row->last_sequence = wound->what.last_sequence;
        row->reason = reason;
        row->found_at_us = wound->found_at_us;
        report->wounds[i] = row;
    }
    return report->wounds != NULL;
}

enum daybook_status scrubber_view(struct scrubber *scrubber, struct arena *arena, Pb__ScrubStatus **report,
                                  struct daybook_error *error) {
    Pb__ScrubStatus *made = arena_alloc(arena, sizeof *made);
    bool is_whole = made != NULL;
    if (is_whole) {
        pb__scrub_status__init(made);
        pthread_mutex_lock(&scrubber->lock);
        made->bytes_per_second = scrubber->options.bytes_per_s;
        made->position = scrubber->position;
        made->frames = scrubber->frame_count;
        made->rounds = scrubber->round_count;
        made->round_ended_at_us = scrubber->round_ended_at_us;
        made->trouble = arena_copy_text(arena, scrubber->trouble, strlen(scrubber->trouble));
        is_whole = copy_wounds(scrubber, arena, made) && made->trouble != NULL;
        pthread_mutex_unlock(&scrubber->lock);
    }
    *report = made;
    return is_whole ? DAYBOOK_OK
                    : daybook_fail(error, DAYBOOK_NO_MEMORY, "telling what the scrub found: memory was refused");
}

uint64_t scrubber_count_wounds(const struct scrubber *scrubber) {
    return atomic_load(&scrubber->met_count);
}

/* ---- the file ---- */

static char *path_in(const char *directory) {
    char *path = NULL;
    return asprintf(&path, "%s/scrub", directory) < 0 ? NULL : path;
}

enum daybook_status scrubber_read(const char *directory, struct arena *arena, Pb__ScrubStatus **report,
                                  struct daybook_error *error) {
    struct daybook_buffer content = {0};
    ProtobufCMessage *message = NULL;
    char *path = path_in(directory);
    *report = NULL;
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading what a scrub found: memory was refused");
    }
    enum daybook_status status = small_file_read(path, FILE_LIMIT_BYTES, &content, NULL);
    if (status == DAYBOOK_OK && content.size >= 8 &&
        load_le64(content.data) == hash64(content.data + 8, content.size - 8, 0)) {
        struct daybook_bytes body = {content.data + 8, content.size - 8};
        status = wire_decode(&pb__scrub_status__descriptor, body, arena, &message, NULL);
    }
    *report = (Pb__ScrubStatus *)message;
    daybook_buffer_release(&content);
    free(path);
    return status == DAYBOOK_NO_MEMORY ? daybook_fail(error, status, "reading what a scrub found: memory was refused")
                                       : DAYBOOK_OK;
}

static enum daybook_status write_file(struct scrubber *scrubber, struct daybook_error *error) {
    static const uint8_t room[8] = {0};
    struct arena arena;
    struct daybook_buffer content = {0};
    Pb__ScrubStatus *report = NULL;
    arena_init(&arena, READ_ARENA_BYTES);
    enum daybook_status status = scrubber_view(scrubber, &arena, &report, error);
    if (status == DAYBOOK_OK) {
        report->bytes_per_second = 0; /* What is true of a process is not true of who reads the file. */
        report->frames = 0;
        report->trouble = (char *)(uintptr_t)protobuf_c_empty_string;
        status = daybook_buffer_append(&content, room, sizeof room);
    }
    if (status == DAYBOOK_OK) {
        status = wire_encode(&report->base, &content);
    }
    if (status == DAYBOOK_OK) {
        store_le64(content.data, hash64(content.data + 8, content.size - 8, 0));
        status = small_file_write(scrubber->path, daybook_buffer_view(&content), SMALL_FILE_PRIVATE, SMALL_FILE_REPLACE,
                                  error);
    }
    daybook_buffer_release(&content);
    arena_release(&arena);
    return status;
}

static void save(struct scrubber *scrubber) {
    struct daybook_error why = {0};
    if (!scrubber->options.is_writer) {
        return;
    }
    scrubber->has_news = false;
    scrubber->saved_ns = clock_monotonic_ns();
    if (write_file(scrubber, &why) != DAYBOOK_OK) {
        pthread_mutex_lock(&scrubber->lock);
        (void)snprintf(scrubber->trouble, sizeof scrubber->trouble, "%s", why.message);
        pthread_mutex_unlock(&scrubber->lock);
    }
}

/* Goes on where the last process was. */
static enum daybook_status load(struct scrubber *scrubber, struct daybook_error *error) {
    struct arena arena;
    Pb__ScrubStatus *report = NULL;
    arena_init(&arena, READ_ARENA_BYTES);
    enum daybook_status status = scrubber_read(scrubber->options.directory, &arena, &report, error);
    if (status == DAYBOOK_OK && report != NULL) {
        scrubber->position = report->position;
        scrubber->round_count = report->rounds;
        scrubber->round_ended_at_us = report->round_ended_at_us;
        for (size_t i = 0; i < report->n_wounds; i++) {
            const Pb__ScrubWound *row = report->wounds[i];
            struct journal_wound what = {.first_sequence = row->first_sequence, .last_sequence = row->last_sequence};
            (void)snprintf(what.reason, sizeof what.reason, "%s", row->reason);
            meet(scrubber, &what, row->found_at_us);
        }
        forget_healed(scrubber, 1, 0);
        scrubber->has_news = false;
        scrubber->looks_from = report->position + 1;
        journal_scrub_seek(scrubber->scrub, scrubber->looks_from);
    }
    arena_release(&arena);
    return status;
}

/* ---- the thread ---- */

struct meeting {
    struct scrubber *scrubber;
    int64_t now_us;
};

static void keep_wound(void *context, const struct journal_wound *what) {
    struct meeting *meeting = context;
    pthread_mutex_lock(&meeting->scrubber->lock);
    meet(meeting->scrubber, what, meeting->now_us);
    pthread_mutex_unlock(&meeting->scrubber->lock);
}

/* One slice; how long to rest after it. */
static uint64_t look_at_slice(struct scrubber *scrubber) {
    struct daybook_clock clock = scrubber->options.clock;
    struct meeting meeting = {scrubber, clock.now_us(clock.context)};
    struct journal_scrub_step step;
    struct daybook_error why = {0};
    enum daybook_status status = journal_scrub_next(scrubber->scrub, SLICE_FRAMES, keep_wound, &meeting, &step, &why);
    if (status == DAYBOOK_DAMAGED) {
        /* The store's own pages: there is no way past them, so the round ends here. */
        struct journal_wound what = {.first_sequence = step.position + 1};
        (void)snprintf(what.reason, sizeof what.reason, "%s", why.message);
        keep_wound(&meeting, &what);
        journal_scrub_seek(scrubber->scrub, 1);
        step.position++;
        step.is_done = true;
    }
    pthread_mutex_lock(&scrubber->lock);
    bool is_stuck = status != DAYBOOK_OK && status != DAYBOOK_DAMAGED;
    (void)snprintf(scrubber->trouble, sizeof scrubber->trouble, "%s", is_stuck ? why.message : "");
    if (!is_stuck) {
        bool has_ended = step.is_done && step.position > 0;
        forget_healed(scrubber, scrubber->looks_from, step.position);
        scrubber->looks_from = step.is_done ? 1 : step.position + 1;
        scrubber->position = step.position;
        scrubber->frame_count += step.frame_count;
        scrubber->round_count += has_ended ? 1 : 0;
        scrubber->round_ended_at_us = has_ended ? meeting.now_us : scrubber->round_ended_at_us;
    }
    pthread_mutex_unlock(&scrubber->lock);
    uint64_t rest_ns = step.byte_count * SECOND_NS / scrubber->options.bytes_per_s;
    uint64_t least_ns = step.is_done || is_stuck ? ROUND_REST_MS * (SECOND_NS / 1000) : 0;
    return rest_ns > least_ns ? rest_ns : least_ns;
}

static bool rest(struct scrubber *scrubber, uint64_t rest_ns) {
    uint64_t until_ns = clock_monotonic_ns() + rest_ns;
    struct timespec until = {(time_t)(until_ns / SECOND_NS), (long)(until_ns % SECOND_NS)};
    pthread_mutex_lock(&scrubber->lock);
    while (!scrubber->is_closing && clock_monotonic_ns() < until_ns) {
        (void)pthread_cond_timedwait(&scrubber->wake, &scrubber->lock, &until);
    }
    bool goes_on = !scrubber->is_closing;
    pthread_mutex_unlock(&scrubber->lock);
    return goes_on;
}

static void *run(void *context) {
    struct scrubber *scrubber = context;
    bool goes_on = true;
    scrubber->saved_ns = clock_monotonic_ns();
    while (goes_on) {
        uint64_t rest_ns = look_at_slice(scrubber);
        if (scrubber->has_news || clock_monotonic_ns() - scrubber->saved_ns >= SAVE_AFTER_S * SECOND_NS) {
            save(scrubber);
        }
        goes_on = rest(scrubber, rest_ns);
    }
    save(scrubber);
    return NULL;
}

static enum daybook_status start(struct scrubber *scrubber, struct daybook_error *error) {
    DAYBOOK_TRY(journal_scrub_open(scrubber->journal, &scrubber->scrub, error));
    DAYBOOK_TRY(load(scrubber, error));
    scrubber->is_started = pthread_create(&scrubber->thread, NULL, run, scrubber) == 0;
    return scrubber->is_started ? DAYBOOK_OK
                                : daybook_fail(error, DAYBOOK_NO_MEMORY, "scrubbing %s: no thread could be started",
                                               scrubber->options.directory);
}

enum daybook_status scrubber_open(struct journal *journal, const struct scrubber_options *options,
                                  struct scrubber **scrubber, struct daybook_error *error) {
    struct scrubber *fresh = calloc(1, sizeof *fresh);
    pthread_condattr_t monotonic;
    *scrubber = NULL;
    if (fresh == NULL || (fresh->path = path_in(options->directory)) == NULL) {
        free(fresh);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "scrubbing %s: memory was refused", options->directory);
    }
    fresh->journal = journal;
    fresh->options = *options;
    fresh->looks_from = 1;
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&fresh->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    enum daybook_status status = start(fresh, error);
    if (status != DAYBOOK_OK) {
        scrubber_close(fresh);
        return status;
    }
    *scrubber = fresh;
    return DAYBOOK_OK;
}

void scrubber_close(struct scrubber *scrubber) {
    if (scrubber == NULL) {
        return;
    }
    pthread_mutex_lock(&scrubber->lock);
    scrubber->is_closing = true;
    pthread_cond_signal(&scrubber->wake);
    pthread_mutex_unlock(&scrubber->lock);
    if (scrubber->is_started) {
        (void)pthread_join(scrubber->thread, NULL);
    }
    journal_scrub_close(scrubber->scrub);
    pthread_cond_destroy(&scrubber->wake);
    pthread_mutex_destroy(&scrubber->lock);
    free(scrubber->path);
    free(scrubber);
}
