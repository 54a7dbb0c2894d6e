/* The face: create, open, submit, close. Each call goes straight to the stage that does it. */
#include "daybook.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "codec/wire.h"
#include "ledger_internal.h"
#include "projection/feed.h"

enum { LEDGER_FORMAT = 1, LEDGER_ID_BYTES = 16, CONFIG_ARENA_BYTES = 1 << 16, DEFAULT_WAIT_MS = 60000 };

static struct daybook_clock clock_or_system(struct daybook_clock clock) {
    return clock.now_us != NULL ? clock : clock_system();
}

static enum daybook_status check_create(const struct daybook_create_options *options, struct daybook_error *error) {
    struct timezone_rules *timezone = NULL;
    if (options->timezone == NULL || options->timezone[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "making a ledger: it needs a time zone, such as Asia/Shanghai");
    }
    if (options->currency == NULL || currency_decimals(options->currency) < 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "making a ledger: \"%.16s\" is no active ISO 4217 currency",
                            options->currency == NULL ? "" : options->currency);
    }
    enum daybook_status status = timezone_open(options->timezone, &timezone, error);
    timezone_close(timezone);
    return status != DAYBOOK_NOT_FOUND
               ? status
               : daybook_fail(error, DAYBOOK_INVALID,
                              "making a ledger: there is no time zone \"%.64s\" on this machine; "
                              "name one of the IANA's, such as Asia/Shanghai",
                              options->timezone);
}

enum daybook_status daybook_create(const char *directory, const struct daybook_create_options *options,
                                   struct daybook_error *error) {
    uint8_t ledger_id[LEDGER_ID_BYTES];
    struct daybook_clock clock = clock_or_system(options->clock);
    DAYBOOK_TRY(check_create(options, error));
    if (RAND_bytes(ledger_id, sizeof ledger_id) != 1) {
        return daybook_fail(error, DAYBOOK_IO, "making a ledger in %s: the system gave no random bytes", directory);
    }
    Pb__LedgerConfig config = PB__LEDGER_CONFIG__INIT;
    config.format = LEDGER_FORMAT;
    config.timezone = (char *)(uintptr_t)options->timezone;
    config.currency = (char *)(uintptr_t)options->currency;
    config.allow_import_clock = options->allow_import_clock;
    config.refuse_unassessed = options->refuse_unassessed;
    config.created_at_us = clock.now_us(clock.context);
    config.seals_personal = !options->keeps_plain_names;
    config.ledger_id = (ProtobufCBinaryData){sizeof ledger_id, ledger_id};
    struct daybook_buffer encoded = {0};
    enum daybook_status status = wire_encode(&config.base, &encoded);
    if (status == DAYBOOK_OK) {
        status = journal_create(directory, daybook_buffer_view(&encoded), error);
    } else {
        daybook_fail(error, status, "making a ledger in %s: memory was refused", directory);
    }
    daybook_buffer_release(&encoded);
    return status;
}

/* ---- opening ---- */

static enum daybook_status read_config(struct daybook *ledger, struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    enum daybook_status status = wire_decode(&pb__ledger_config__descriptor, journal_config(ledger->journal),
                                             &ledger->config_arena, &message, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, "reading the configuration of %s", ledger->directory);
    }
    ledger->config = (const Pb__LedgerConfig *)message;
    if (ledger->config->format > LEDGER_FORMAT) {
        return daybook_fail(error, DAYBOOK_VERSION, "opening %s: it has format %u and this program knows up to %d",
                            ledger->directory, ledger->config->format, LEDGER_FORMAT);
    }
    if (ledger->config->seals_personal && ledger->config->ledger_id.len != LEDGER_ID_BYTES) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "opening %s: its configuration seals names, and has no ledger id",
                            ledger->directory);
    }
    return timezone_open(ledger->config->timezone, &ledger->timezone, error);
}

static enum daybook_status open_journal(struct daybook *ledger, const struct daybook_open_options *options,
                                        struct daybook_error *error) {
    struct journal_options journal_options = {.map_size_bytes = options->map_size_bytes,
                                              .is_writer = options->is_writer};
    DAYBOOK_TRY(journal_open(options->directory, &journal_options, &ledger->journal, error));
    DAYBOOK_TRY(journal_reader_open(ledger->journal, &ledger->reader, error));
    return read_config(ledger, error);
}

/* Whoever folds takes events that are decoded once for all: by the projector, or by whoever asks. */
static enum daybook_status feed_views(struct daybook *ledger, bool follows, struct daybook_error *error) {
    if (follows) {
        return projector_open(ledger->views, ledger->view_count, ledger->journal, &ledger->projector, error);
    }
    DAYBOOK_TRY(feed_open(ledger->journal, ledger->view_count + FEED_RUNS_SHARED, &ledger->feed, error));
    for (size_t i = 0; i < ledger->view_count; i++) {
        view_share(ledger->views[i], ledger->feed);
    }
    return DAYBOOK_OK;
}

static enum daybook_status open_views(struct daybook *ledger, const struct daybook_open_options *options,
                                      struct daybook_error *error) {
    size_t count = 0;
    while (options->views != NULL && options->views[count] != NULL) {
        count++;
    }
    if (count == 0) {
        return DAYBOOK_OK;
    }
    ledger->views = calloc(count, sizeof *ledger->views);
    if (ledger->views == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the views of %s: memory was refused", ledger->directory);
    }
    ledger->projections = options->views;
    struct view_options view_options = {.is_read_only = options->is_read_only,
                                        .map_size_bytes = options->map_size_bytes};
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(
            view_open(ledger->directory, options->views[i], ledger->journal, &view_options, &ledger->views[i], error));
        ledger->view_count = i + 1;
    }
    return options->is_read_only ? DAYBOOK_OK : feed_views(ledger, options->follows, error);
}

static void wake_projector(void *context, uint64_t head) {
    struct daybook *ledger = context;
    if (ledger->projector != NULL) {
        projector_wake(ledger->projector, head);
    }
}

static enum daybook_status open_writer(struct daybook *ledger, const struct daybook_open_options *options,
                                       struct daybook_error *error) {
    if (!options->is_writer) {
        return DAYBOOK_OK;
    }
    struct writer_options writer_options = {
        .directory = ledger->directory,
        .settings = {.currency = ledger->config->currency,
                     .timezone = ledger->timezone,
                     .allow_import_clock = ledger->config->allow_import_clock,
                     .refuse_unassessed = ledger->config->refuse_unassessed,
                     .seals_personal = ledger->config->seals_personal},
        .ledger_id = ledger->config->ledger_id.data,
        .clock = ledger->clock,
        .state_limit_bytes = options->state_limit_bytes,
        .checkpoint_events = options->checkpoint_events,
        .map_size_bytes = options->map_size_bytes,
        .committed = wake_projector,
        .context = ledger,
    };
    return writer_open(ledger->journal, &writer_options, &ledger->writer, error);
}

enum daybook_status daybook_open(const struct daybook_open_options *options, struct daybook **ledger,
                                 struct daybook_error *error) {
    struct daybook *fresh = calloc(1, sizeof *fresh);
    *ledger = NULL;
    if (fresh == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening %s: memory was refused", options->directory);
    }
    fresh->is_read_only = options->is_read_only;
    fresh->wait_ms = options->wait_ms == 0 ? DEFAULT_WAIT_MS : options->wait_ms;
    fresh->clock = clock_or_system(options->clock);
    arena_init(&fresh->config_arena, CONFIG_ARENA_BYTES);
    pthread_mutex_init(&fresh->reader_lock, NULL);
    fresh->directory = strdup(options->directory);
    enum daybook_status status = fresh->directory == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "opening a ledger: memory was refused")
                                     : open_journal(fresh, options, error);
    if (status == DAYBOOK_OK) {
        status = open_writer(fresh, options, error);
    }
    if (status == DAYBOOK_OK) {
        status = open_views(fresh, options, error);
    }
    if (status == DAYBOOK_OK && options->scrub_bytes_per_s > 0) {
        struct scrubber_options scrub = {.directory = fresh->directory,
                                         .bytes_per_s = options->scrub_bytes_per_s,
                                         .is_writer = options->is_writer,
                                         .clock = fresh->clock};
        status = scrubber_open(fresh->journal, &scrub, &fresh->scrubber, error);
    }
    if (status != DAYBOOK_OK) {
        daybook_close(fresh);
        return status;
    }
    *ledger = fresh;
    return DAYBOOK_OK;
}

void daybook_close(struct daybook *ledger) {
    if (ledger == NULL) {
        return;
    }
    scrubber_close(ledger->scrubber);
    writer_close(ledger->writer);
    projector_close(ledger->projector);
    for (size_t i = 0; i < ledger->view_count; i++) {
        view_close(ledger->views[i]);
    }
    feed_close(ledger->feed);
    free(ledger->views);
    timezone_close(ledger->timezone);
    journal_reader_close(ledger->reader);
    journal_close(ledger->journal);
    pthread_mutex_destroy(&ledger->reader_lock);
    arena_release(&ledger->config_arena);
    free(ledger->directory);
    free(ledger);
}

enum daybook_status ledger_open_beside(const struct daybook *ledger, struct view **views, struct daybook **beside,
                                       struct daybook_error *error) {
    struct daybook *fresh = calloc(1, sizeof *fresh);
    *beside = fresh;
    if (fresh == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "asking %s: memory was refused", ledger->directory);
    }
    fresh->directory = ledger->directory;
    fresh->is_read_only = true;
    fresh->wait_ms = ledger->wait_ms;
    fresh->clock = ledger->clock;
    fresh->journal = ledger->journal;
    fresh->config = ledger->config;
    fresh->timezone = ledger->timezone;
    fresh->projections = ledger->projections;
    fresh->views = views;
    fresh->view_count = ledger->view_count;
    pthread_mutex_init(&fresh->reader_lock, NULL);
    return journal_reader_open(ledger->journal, &fresh->reader, error);
}

void ledger_close_beside(struct daybook *beside) {
    if (beside != NULL) {
        journal_reader_close(beside->reader);
        pthread_mutex_destroy(&beside->reader_lock);
        free(beside);
    }
}

/* ---- the route ---- */

enum daybook_status daybook_submit(struct daybook *ledger, const struct daybook_bytes *requests, size_t count,
                                   enum daybook_submit_mode mode, struct daybook_answers *answers,
                                   struct daybook_error *error) {
    *answers = (struct daybook_answers){0};
    if (ledger->writer == NULL) {
        return daybook_fail(error, DAYBOOK_READ_ONLY, "submitting to %s: it was not opened for writing",
                            ledger->directory);
    }
    return writer_submit(ledger->writer, requests, count, mode, answers, error);
}

enum daybook_status ledger_submit_many(struct daybook *ledger, struct daybook_submission *submissions, size_t count,
                                       const struct ledger_latecomers *late, struct daybook_error *error) {
    if (ledger->writer == NULL) {
        return daybook_fail(error, DAYBOOK_READ_ONLY, "submitting to %s: it was not opened for writing",
                            ledger->directory);
    }
    return writer_submit_many(ledger->writer, submissions, count, late, error);
}

enum daybook_status daybook_submit_many(struct daybook *ledger, struct daybook_submission *submissions, size_t count,
                                        struct daybook_error *error) {
    return ledger_submit_many(ledger, submissions, count, NULL, error);
}

enum daybook_status daybook_head(struct daybook *ledger, uint64_t *sequence, struct daybook_error *error) {
    struct journal_head head;
    *sequence = 0;
    DAYBOOK_TRY(journal_head(ledger->journal, &head, error));
    *sequence = head.sequence;
    return DAYBOOK_OK;
}
