/* The frame of every feed: read from the ledger, send, wait for who is away, stop for who refuses. */
#include "tools/feed/feed.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "tools/feed/parting.h"
#include "tools/feed/report.h"
#include "tools/json_message.h"
#include "tools/text.h"

#define MS_NS UINT64_C(1000000)

enum {
    BATCH_ARENA_BYTES = 512 << 20, /* A batch of the largest events, decoded. */
    IDLE_MIN_MS = 100,             /* Nothing new is waited for: as long as between two lines of the log, */
    IDLE_MAX_MS = 10000,           /* and no longer than that. */
    BACK_OFF_MIN_MS = 100,
    BACK_OFF_MAX_MS = 10000,
};

/* One of the two that a feed stands between, while it cannot be reached. */
struct absence {
    uint64_t since_ns; /* 0: it is there. */
    uint64_t back_off_ms;
};

struct feed {
    const struct feed_source *source;
    const struct feed_driver *driver;
    const struct feed_settings *settings;
    struct feed_parting *parting;
    void *target;
    uint64_t step_ns; /* When what is tried now was begun. */
    bool is_connected;
    bool is_fed;   /* Connected at least once: the target has a position, or was begun. */
    uint64_t next; /* The first event that the target does not have. */
    uint64_t head;
    uint64_t alone_to; /* Up to it events go one by one: a batch with one of them was refused. */
    uint64_t fed;
    struct absence target_absence;
    struct absence source_absence;
    uint64_t waiting;         /* The oldest event that is not there, of which is known */
    int64_t waiting_since_us; /* when it was recorded; 0 = there is none. */
    struct arena batch_arena;
    struct daybook_buffer payloads;
    struct feed_report report;
};

enum feed_result feed_say(struct daybook_error *error, enum feed_result result, const char *format, ...) {
    char text[DAYBOOK_ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* Other people's sentences come with their line ends. */
    for (size_t i = strlen(text); i > 0 && (text[i - 1] == '\n' || text[i - 1] == ' '); i--) {
        text[i - 1] = '\0';
    }
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\n' || *c == '\t' ? ' ' : *c;
    }
    (void)daybook_fail(error, DAYBOOK_IO, "%s", text);
    return result;
}

enum daybook_status feed_say_stopped(uint64_t next, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_STOPPED, _("stopped before event %" PRIu64 "; the next run goes on with it"),
                        next);
}

uint64_t feed_patience_ms(const struct feed_settings *settings, uint64_t most_ms) {
    return settings->first_wait_ms == 0 || settings->first_wait_ms > most_ms ? most_ms : settings->first_wait_ms;
}

bool feed_read_number(const char *text, size_t size, uint64_t *value) {
    uint64_t read = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || read > (UINT64_MAX - 9) / 10) {
            return false;
        }
        read = read * 10 + (uint64_t)(text[i] - '0');
    }
    *value = read;
    return size > 0;
}

/* Waits, but not past an interrupt. */
static void wait_ms(uint64_t ms) {
    struct pollfd interrupt = {.fd = progress_interrupt_fd(), .events = POLLIN};
    (void)poll(&interrupt, 1, (int)ms);
}

static void report_lag(struct feed *feed, bool now) {
    int64_t waiting_us = 0;
    if (feed->next <= feed->head && feed->waiting != 0) {
        waiting_us = feed_source_now_us(feed->source) - feed->waiting_since_us;
    }
    feed_report_lag(&feed->report, feed->next - 1, feed->head, waiting_us < 0 ? 0 : waiting_us, now);
}

/* ---- the other side ---- */

/* A target that went on with another ledger's events, or with those of this one before it was restored from an older
 * backup, would mix two histories. */
static enum daybook_status check_position(const struct feed *feed, const struct feed_position *position,
                                          struct daybook_error *error) {
    struct arena arena;
    struct follow_slice slice;
    uint64_t last = position->last_sequence;
    if (strcmp(position->ledger, feed->settings->ledger) != 0) {
        return daybook_fail(error, DAYBOOK_IO,
                            _("it holds events of the ledger %s, this one is %s: name another place to feed to"),
                            position->ledger, feed->settings->ledger);
    }
    if (last > feed->head) {
        return daybook_fail(error, DAYBOOK_IO,
                            _("it holds events up to %" PRIu64 ", and this ledger ends with %" PRIu64
                              ": was the ledger restored from an older backup? Feed another place from the beginning"),
                            last, feed->head);
    }
    if (last == 0 || position->last_recorded_at_us == 0) {
        return DAYBOOK_OK;
    }
    arena_init(&arena, BATCH_ARENA_BYTES);
    enum daybook_status status = feed_source_read(feed->source, last, last, 1, &arena, &slice, error);
    if (status == DAYBOOK_OK &&
        (slice.count != 1 || slice.items[0]->event->recorded_at_us != position->last_recorded_at_us)) {
        status = daybook_fail(error, DAYBOOK_IO,
                              _("its event %" PRIu64 " is not this ledger's: was the ledger restored from an older "
                                "backup? Feed another place from the beginning"),
                              last);
    }
    arena_release(&arena);
    return status;
}

static enum daybook_status take_position(struct feed *feed, const struct feed_position *position,
                                         struct daybook_error *error) {
    uint64_t from = feed->settings->from;
    if (position->is_known) {
        DAYBOOK_TRY(check_position(feed, position, error));
        feed->next = position->sequence + 1;
    } else if (position->is_lost && feed->is_fed) {
        return DAYBOOK_OK; /* Retention was faster than this run, which knows how far it is. */
    } else if (position->is_lost && from == 0) {
        return daybook_fail(error, DAYBOOK_IO, "%s",
                            _("it was fed before, but holds none of it any more, so nobody knows how far it was; say "
                              "with --from which event comes next"));
    } else {
        feed->next = from == 0 ? 1 : from;
    }
    feed->is_fed = true;
    return DAYBOOK_OK;
}

static enum daybook_status stop_refused(const struct feed *feed, struct daybook_error *error) {
    error->status = DAYBOOK_IO;
    return daybook_fail_in(error, _("%s refused"), feed->driver->name);
}

/* How far the ledger has gone on while nobody takes its events. What cannot be read now is told when it is to be fed.
 */
static void look_ahead(struct feed *feed) {
    struct arena arena;
    struct follow_slice slice;
    if (feed_source_head(feed->source, &feed->head, NULL) != DAYBOOK_OK || feed->next > feed->head ||
        feed->waiting == feed->next) {
        return;
    }
    arena_init(&arena, BATCH_ARENA_BYTES);
    if (feed_source_read(feed->source, feed->next, feed->next, 1, &arena, &slice, NULL) == DAYBOOK_OK &&
        slice.count == 1) {
        feed->waiting = feed->next;
        feed->waiting_since_us = slice.items[0]->event->recorded_at_us;
    }
    arena_release(&arena);
}

/* Nobody has reached the target yet: is it away, or is the address wrong? Both are said. */
static bool is_unseen(const struct feed *feed, const struct absence *absence) {
    return !feed->is_fed && absence == &feed->target_absence;
}

static uint64_t patience_ms(const struct feed *feed, const struct absence *absence) {
    return is_unseen(feed, absence) ? feed->settings->first_wait_ms : feed->settings->wait_ms;
}

/* No URL has a password in it (the drivers refuse that), so it may be told. */
static const char *place_of(const struct feed *feed) {
    return feed->settings->url == NULL ? _("its library's own default") : feed->settings->url;
}

static enum daybook_status give_up(const struct feed *feed, const struct absence *absence, const char *who,
                                   struct daybook_error *error) {
    uint64_t patience_s = patience_ms(feed, absence) / 1000;
    return is_unseen(feed, absence)
               ? daybook_fail_in(error,
                                 _("%s was away for %" PRIu64 " seconds at %s (--url names another place, --wait how "
                                   "long to wait)"),
                                 who, patience_s, place_of(feed))
               : daybook_fail_in(error, _("%s was away for %" PRIu64 " seconds"), who, patience_s);
}

static void report_away(struct feed *feed, const struct absence *absence, const char *message) {
    char text[2 * DAYBOOK_ERROR_SIZE];
    if (is_unseen(feed, absence)) {
        (void)snprintf(text, sizeof text, _("not there yet at %s (--url names another place): %s"), place_of(feed),
                       message);
        message = text;
    }
    feed_report_event(&feed->report, "warning", "away", message);
}

/* Before the target was reached nobody knows how far it is: then it is said again that it is away. */
static void report_absence(struct feed *feed, const struct absence *absence, const char *message) {
    if (!feed->is_fed) {
        if (feed_report_is_due(&feed->report)) {
            report_away(feed, absence, message);
        }
        return;
    }
    if (absence == &feed->target_absence) {
        look_ahead(feed);
    }
    report_lag(feed, false);
}

/* Says so once, waits, and waits longer the next time. The target is asked again where it is, whoever was away: behind
 * the source's address there may be another ledger by then. */
static enum daybook_status be_away(struct feed *feed, struct absence *absence, const char *who,
                                   struct daybook_error *error) {
    feed->driver->disconnect(feed->target);
    feed->is_connected = false;
    if (progress_is_interrupted()) {
        return DAYBOOK_OK;
    }
    uint64_t now_ns = clock_monotonic_ns();
    if (absence->since_ns == 0) {
        *absence = (struct absence){feed->step_ns, BACK_OFF_MIN_MS};
        report_away(feed, absence, error->message);
    }
    uint64_t most_ms = patience_ms(feed, absence);
    if (most_ms != 0 && now_ns - absence->since_ns >= most_ms * MS_NS) {
        return give_up(feed, absence, who, error);
    }
    wait_ms(absence->back_off_ms);
    absence->back_off_ms = absence->back_off_ms * 2 > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : absence->back_off_ms * 2;
    report_absence(feed, absence, error->message);
    return DAYBOOK_OK;
}

static enum daybook_status be_without_target(struct feed *feed, struct daybook_error *error) {
    return be_away(feed, &feed->target_absence, feed->driver->name, error);
}

static enum daybook_status reach(struct feed *feed, struct daybook_error *error) {
    struct feed_position position = {0};
    char message[128];
    enum feed_result result = feed->driver->connect(feed->target, &position, error);
    if (result == FEED_AWAY) {
        return be_without_target(feed, error);
    }
    if (result == FEED_REFUSED) {
        return stop_refused(feed, error);
    }
    DAYBOOK_TRY(feed_source_head(feed->source, &feed->head, error));
    enum daybook_status status = take_position(feed, &position, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, _("going on with %s"), feed->driver->name);
    }
    feed->is_connected = true;
    (void)snprintf(message, sizeof message, _("there; the next event is %" PRIu64), feed->next);
    feed_report_event(&feed->report, "info", "connected", message);
    return DAYBOOK_OK;
}

/* ---- events ---- */

static const char *kind_of(const Pb__Event *event) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&pb__event__descriptor, (unsigned)event->body_case);
    return field == NULL ? "" : field->name;
}

static enum daybook_status add_payload(struct feed *feed, const ProtobufCMessage *message) {
    if (!feed->settings->is_binary) {
        return json_write_message(message, &feed->payloads);
    }
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *to = daybook_buffer_reserve(&feed->payloads, size);
    if (to == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    feed->payloads.size += protobuf_c_message_pack(message, to);
    return DAYBOOK_OK;
}

/* The payloads of a slice, one behind the other; they are pointed to when the buffer has stopped growing. */
static enum daybook_status make_events(struct feed *feed, const struct follow_slice *slice, struct feed_event **events,
                                       struct daybook_error *error) {
    struct feed_event *made = arena_alloc(&feed->batch_arena, slice->count * sizeof *made);
    enum daybook_status status = made == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    daybook_buffer_reset(&feed->payloads);
    for (size_t i = 0; status == DAYBOOK_OK && i < slice->count; i++) {
        size_t begin = feed->payloads.size;
        status = add_payload(feed, &slice->items[i]->base);
        made[i] =
            (struct feed_event){slice->items[i], kind_of(slice->items[i]->event), {NULL, feed->payloads.size - begin}};
    }
    if (status != DAYBOOK_OK) {
        return daybook_fail(error, status, "%s", _("preparing events for a feed: memory was refused"));
    }
    const uint8_t *payload = feed->payloads.data;
    for (size_t i = 0; i < slice->count; i++) {
        made[i].payload.data = payload;
        payload += made[i].payload.size;
    }
    *events = made;
    return DAYBOOK_OK;
}

/* A refused batch goes again event by event: what is before the one that is refused gets in, and that one is named. */
static enum daybook_status be_refused(struct feed *feed, const struct feed_event *events, size_t count,
                                      struct daybook_error *error) {
    uint64_t first = events[0].item->sequence;
    if (count == 1) {
        enum daybook_status status = stop_refused(feed, error);
        (void)daybook_fail_in(error,
                              _("event %" PRIu64 " (%s) was not taken; every event before it is there. Mend "
                                "what is wrong there and start the feed again: it goes on with this event"),
                              first, events[0].kind);
        return status;
    }
    feed->alone_to = events[count - 1].item->sequence;
    feed->driver->disconnect(feed->target);
    feed->is_connected = false;
    return DAYBOOK_OK;
}

static enum daybook_status send_slice(struct feed *feed, const struct follow_slice *slice,
                                      struct daybook_error *error) {
    struct feed_event *events = NULL;
    size_t stored = 0;
    feed->waiting = feed->next;
    feed->waiting_since_us = slice->items[0]->event->recorded_at_us;
    DAYBOOK_TRY(make_events(feed, slice, &events, error));
    switch (feed->driver->send(feed->target, events, slice->count, &stored, error)) {
    case FEED_AWAY:
        return be_without_target(feed, error);
    case FEED_REFUSED:
        return be_refused(feed, events, slice->count, error);
    case FEED_DONE:
        break;
    }
    feed->target_absence = (struct absence){0};
    feed->fed += stored;
    feed->next = slice->reached + 1;
    report_lag(feed, false);
    return DAYBOOK_OK;
}

static enum daybook_status feed_some(struct feed *feed, struct daybook_error *error) {
    struct follow_slice slice;
    size_t limit = feed->next <= feed->alone_to ? 1 : FEED_BATCH_MAX;
    arena_reset(&feed->batch_arena);
    DAYBOOK_TRY(feed_source_read(feed->source, feed->next, feed->head, limit, &feed->batch_arena, &slice, error));
    if (slice.count == 0 && progress_is_interrupted()) {
        return DAYBOOK_OK;
    }
    if (slice.count == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("reading event %" PRIu64 " for a feed: there is none"),
                            feed->next);
    }
    return send_slice(feed, &slice, error);
}

static uint64_t idle_ms(const struct feed_settings *settings) {
    uint64_t ms = settings->interval_ms < IDLE_MIN_MS ? IDLE_MIN_MS : settings->interval_ms;
    return ms > IDLE_MAX_MS ? IDLE_MAX_MS : ms;
}

/* One thing at a time: reach the target, feed what is new, or wait. */
static enum daybook_status step(struct feed *feed, bool *is_ended, struct daybook_error *error) {
    if (!feed->is_connected) {
        return reach(feed, error);
    }
    DAYBOOK_TRY(feed_source_head(feed->source, &feed->head, error));
    feed->source_absence = (struct absence){0};
    if (feed->next <= feed->head) {
        return feed_some(feed, error);
    }
    feed->target_absence = (struct absence){0};
    *is_ended = feed->settings->is_once;
    if (!*is_ended) {
        report_lag(feed, false);
        return feed_source_wait(feed->source, feed->next, idle_ms(feed->settings), error);
    }
    return DAYBOOK_OK;
}

static struct feed_summary summary_of(const struct feed *feed) {
    return (struct feed_summary){feed->is_fed, feed->fed, feed->next - 1, feed->head};
}

static enum daybook_status run(struct feed *feed, struct daybook_error *error) {
    bool is_ended = false;
    DAYBOOK_TRY(feed_source_head(feed->source, &feed->head, error));
    while (!is_ended && !progress_is_interrupted()) {
        struct feed_summary summary = summary_of(feed);
        feed_parting_note(feed->parting, &summary);
        feed->step_ns = clock_monotonic_ns();
        enum daybook_status status = step(feed, &is_ended, error);
        if (status != DAYBOOK_OK && feed_source_is_away(feed->source)) {
            status = be_away(feed, &feed->source_absence, _("the server"), error);
        }
        if (status == DAYBOOK_STOPPED && progress_is_interrupted()) {
            break;
        }
        DAYBOOK_TRY(status);
    }
    return feed->settings->is_once && !is_ended ? feed_say_stopped(feed->next, error) : DAYBOOK_OK;
}

enum daybook_status feed_run(const struct feed_source *source, const struct feed_driver *driver,
                             const struct feed_settings *settings, struct feed_parting *parting,
                             struct feed_summary *summary, struct daybook_error *error) {
    struct daybook_error own;
    struct feed feed = {.source = source, .driver = driver, .settings = settings, .parting = parting, .next = 1};
    error = error == NULL ? &own : error;
    arena_init(&feed.batch_arena, BATCH_ARENA_BYTES);
    feed_report_begin(&feed.report, driver->name, settings->interval_ms);
    enum daybook_status status = driver->open(settings, &feed.target, error);
    if (status == DAYBOOK_OK) {
        status = run(&feed, error);
        driver->disconnect(feed.target);
    }
    if (feed.is_fed) {
        report_lag(&feed, true);
    }
    feed_report_end(&feed.report);
    driver->close(feed.target);
    daybook_buffer_release(&feed.payloads);
    arena_release(&feed.batch_arena);
    *summary = summary_of(&feed);
    return status;
}
