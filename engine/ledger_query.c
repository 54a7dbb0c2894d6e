/* What a question needs of an open ledger: its coordinates, and a view that has come far enough. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "codec/wire.h"
#include "ledger_internal.h"
#include "projection/together.h"
#include "state_store.h"

enum { EVENT_ARENA_BYTES = 1 << 20, SEQUENCE_DIGITS_MAX = 19 };

static const uint64_t instant_wait_ns = 5000000000; /* A disk that is busier is told. */

struct journal *ledger_journal(struct daybook *ledger) {
    return ledger->journal;
}

const Pb__LedgerConfig *ledger_config(const struct daybook *ledger) {
    return ledger->config;
}

const struct timezone_rules *ledger_timezone(const struct daybook *ledger) {
    return ledger->timezone;
}

const char *ledger_directory(const struct daybook *ledger) {
    return ledger->directory;
}

size_t ledger_view_count(const struct daybook *ledger) {
    return ledger->view_count;
}

struct view *ledger_view_at(struct daybook *ledger, size_t index) {
    return ledger->views[index];
}

const struct projection *ledger_projection_at(const struct daybook *ledger, size_t index) {
    return ledger->projections[index];
}

struct view *ledger_view(struct daybook *ledger, const char *name) {
    for (size_t i = 0; i < ledger->view_count; i++) {
        if (strcmp(ledger->projections[i]->name, name) == 0) {
            return ledger->views[i];
        }
    }
    return NULL;
}

void ledger_control(struct daybook *ledger, struct control_report *report) {
    state_store_read_report(ledger->directory, report);
    if (ledger->writer != NULL) {
        report->checked_through = writer_checked_through(ledger->writer);
    }
}

enum daybook_status ledger_get_scrub(struct daybook *ledger, struct arena *arena, Pb__ScrubStatus **scrub,
                                     struct daybook_error *error) {
    return ledger->scrubber != NULL ? scrubber_view(ledger->scrubber, arena, scrub, error)
                                    : scrubber_read(ledger->directory, arena, scrub, error);
}

uint64_t ledger_count_wounds(const struct daybook *ledger) {
    return ledger->scrubber != NULL ? scrubber_count_wounds(ledger->scrubber) : 0;
}

int64_t ledger_now_us(const struct daybook *ledger) {
    return ledger->clock.now_us(ledger->clock.context);
}

int32_t ledger_today(const struct daybook *ledger) {
    return timezone_date(ledger->timezone, ledger_now_us(ledger));
}

void ledger_get_commits(struct daybook *ledger, struct commit_figures *figures) {
    *figures = (struct commit_figures){0};
    if (ledger->writer != NULL) {
        writer_get_figures(ledger->writer, figures);
    }
}

enum daybook_status ledger_check_recording(struct daybook *ledger, bool *is_latched, struct daybook_error *error) {
    *is_latched = false;
    return ledger->writer != NULL ? writer_check(ledger->writer, is_latched, error) : DAYBOOK_OK;
}

void ledger_set_progress(struct daybook *ledger, struct view_progress progress) {
    ledger->progress = progress;
}

const struct view_progress *ledger_progress(const struct daybook *ledger) {
    return ledger->progress.report != NULL ? &ledger->progress : NULL;
}

/* ---- coordinates ---- */

static enum daybook_status resolve_as_of(struct daybook *ledger, const char *as_of, struct coordinates *coordinates,
                                         struct daybook_error *error) {
    if (as_of[0] == '\0') {
        coordinates->as_of = ledger_today(ledger);
        return DAYBOOK_OK;
    }
    if (!date_parse(as_of, strlen(as_of), &coordinates->as_of)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "as-of \"%.32s\" is no date from 1970-01-02 to 9999-12-31 of the form YYYY-MM-DD", as_of);
    }
    return DAYBOOK_OK;
}

/* A sequence in decimal: digits alone. */
static bool parse_sequence(const char *text, uint64_t *sequence) {
    size_t size = 0;
    *sequence = 0;
    for (; size < SEQUENCE_DIGITS_MAX && text[size] >= '0' && text[size] <= '9'; size++) {
        *sequence = *sequence * 10 + (uint64_t)(text[size] - '0');
    }
    return size > 0 && text[size] == '\0';
}

static enum daybook_status recorded_at(struct daybook *ledger, uint64_t sequence, int64_t *recorded_at_us,
                                       struct daybook_error *error) {
    struct arena event_arena;
    struct daybook_bytes bytes;
    ProtobufCMessage *message = NULL;
    arena_init(&event_arena, EVENT_ARENA_BYTES);
    pthread_mutex_lock(&ledger->reader_lock);
    enum daybook_status status = journal_read_one(ledger->reader, sequence, &bytes, error);
    if (status == DAYBOOK_OK) {
        status = wire_decode(&pb__event__descriptor, bytes, &event_arena, &message, error);
    }
    pthread_mutex_unlock(&ledger->reader_lock);
    if (status == DAYBOOK_OK) {
        *recorded_at_us = ((const Pb__Event *)message)->recorded_at_us;
    }
    arena_release(&event_arena);
    return status;
}

/* What an event of the instant, or of one before, would change must not be said before it is seen: the answer would not
 * be so for ever. Until the instant has come, one may still be recorded by then; and until those are on the disk that
 * had theirs by then, they are waited for, which is a commit or two. Later events are later than the head, whatever the
 * clock says, so of what is behind the head there is no doubt. */
static enum daybook_status await_instant(struct daybook *ledger, int64_t instant_us, struct daybook_error *error) {
    static const struct timespec pause = {.tv_nsec = 200000};
    char text[INSTANT_TEXT_SIZE];
    if (instant_us >= ledger_now_us(ledger)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "known-at %s has not come: nothing can be said of it yet; leave it out for what is known "
                            "now",
                            instant_format(instant_us, text));
    }
    const uint64_t until_ns = clock_monotonic_ns() + instant_wait_ns;
    while (!journal_knows(ledger->journal, instant_us)) {
        if (clock_monotonic_ns() > until_ns) {
            return daybook_fail(error, DAYBOOK_BEHIND,
                                "known-at %s: what was recorded by then is still on its way to the disk; ask again",
                                instant_format(instant_us, text));
        }
        (void)nanosleep(&pause, NULL);
    }
    return DAYBOOK_OK;
}

/* `head` is read again where the instant is behind it. */
static enum daybook_status resolve_known_at(struct daybook *ledger, const char *known_at, struct journal_head *head,
                                            uint64_t *sequence, struct daybook_error *error) {
    int64_t instant_us = 0;
    if (parse_sequence(known_at, sequence)) {
        if (*sequence > head->sequence) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "known-at %" PRIu64 " is past the head, %" PRIu64 ": nothing can be said of it yet",
                                *sequence, head->sequence);
        }
        return DAYBOOK_OK;
    }
    if (!instant_parse(known_at, strlen(known_at), &instant_us)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "known-at \"%.40s\" is neither a sequence nor an instant such as 2024-02-29T18:00:00Z",
                            known_at);
    }
    if (instant_us > head->recorded_at_us) {
        DAYBOOK_TRY(await_instant(ledger, instant_us, error));
        DAYBOOK_TRY(journal_head(ledger->journal, head, error));
    }
    pthread_mutex_lock(&ledger->reader_lock);
    enum daybook_status status = journal_sequence_at(ledger->reader, instant_us, sequence, error);
    pthread_mutex_unlock(&ledger->reader_lock);
    return status;
}

enum daybook_status ledger_resolve(struct daybook *ledger, const Pb__At *at, struct coordinates *coordinates,
                                   struct daybook_error *error) {
    struct journal_head head;
    *coordinates = (struct coordinates){0};
    DAYBOOK_TRY(journal_head(ledger->journal, &head, error));
    DAYBOOK_TRY(resolve_as_of(ledger, at != NULL ? at->as_of : "", coordinates, error));
    if (at != NULL && at->min_position > head.sequence) {
        return daybook_fail(error, DAYBOOK_BEHIND, "position %" PRIu64 " was asked for and the head is %" PRIu64,
                            at->min_position, head.sequence);
    }
    coordinates->known_at = head.sequence;
    coordinates->known_at_us = head.recorded_at_us;
    if (at != NULL && at->known_at[0] != '\0') {
        DAYBOOK_TRY(resolve_known_at(ledger, at->known_at, &head, &coordinates->known_at, error));
        /* What K is answers the same whether or not it is still the head. */
        coordinates->known_at_us = at->with_time && coordinates->known_at == head.sequence ? head.recorded_at_us : 0;
    }
    coordinates->head = head.sequence;
    if (coordinates->known_at < head.sequence && at->with_time && coordinates->known_at > 0) {
        return recorded_at(ledger, coordinates->known_at, &coordinates->known_at_us, error);
    }
    return DAYBOOK_OK;
}

/* ---- views ---- */

/* Those of `wish` that are far behind, at the same time: one after the other, each would decode all events. */
static enum daybook_status catch_up_far(struct daybook *ledger, const struct ledger_wish *wish,
                                        struct daybook_error *error) {
    struct view *views[LEDGER_WISH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < wish->count && count < LEDGER_WISH_MAX; i++) {
        struct view *view = ledger_view(ledger, wish->names[i]);
        bool is_there = view == NULL;
        for (size_t j = 0; j < count; j++) {
            is_there = is_there || views[j] == view;
        }
        if (!is_there) {
            views[count++] = view;
        }
    }
    return count < 2
               ? DAYBOOK_OK
               : together_catch_up(ledger->directory, views, count, wish->sequence, ledger_progress(ledger), error);
}

static enum daybook_status catch_up(struct daybook *ledger, struct view *view, const struct ledger_wish *wish,
                                    struct daybook_error *error) {
    if (ledger->projector != NULL) {
        return projector_wait(ledger->projector, view, wish->sequence, ledger->wait_ms, error);
    }
    DAYBOOK_TRY(catch_up_far(ledger, wish, error));
    return view_catch_up(view, wish->sequence, ledger_progress(ledger), error);
}

enum daybook_status ledger_begin_one_of(struct daybook *ledger, const struct ledger_wish *wish, size_t index,
                                        struct view_read *read, struct daybook_error *error) {
    *read = (struct view_read){0};
    struct view *view = ledger_view(ledger, wish->names[index]);
    if (view == NULL) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "asking view %s of %s: it was not opened", wish->names[index],
                            ledger->directory);
    }
    enum daybook_status status = view_begin_read(view, wish->sequence, read, error);
    if (status != DAYBOOK_BEHIND && status != DAYBOOK_NOT_FOUND && status != DAYBOOK_DAMAGED) {
        return status;
    }
    if (ledger->is_read_only) {
        return status;
    }
    view_end_read(read);
    DAYBOOK_TRY(catch_up(ledger, view, wish, error));
    return view_begin_read(view, wish->sequence, read, error);
}

enum daybook_status ledger_begin_read(struct daybook *ledger, const char *name, uint64_t sequence,
                                      struct view_read *read, struct daybook_error *error) {
    struct ledger_wish wish = {&name, 1, sequence};
    return ledger_begin_one_of(ledger, &wish, 0, read, error);
}
