/* Questions about the journal and the views themselves: events, status, digests, rebuilding. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "codec/wire.h"
#include "domain/control.h"
#include "projection/rebuild.h"
#include "projections/query_book.h"

enum daybook_status query_read_event(struct journal_reader *reader, uint64_t sequence, struct arena *arena,
                                     Pb__Event **event, struct daybook_error *error) {
    struct daybook_bytes bytes;
    ProtobufCMessage *message = NULL;
    DAYBOOK_TRY(journal_read_one(reader, sequence, &bytes, error));
    enum daybook_status status = wire_decode(&pb__event__descriptor, bytes, arena, &message, error);
    if (status == DAYBOOK_DAMAGED) {
        return daybook_fail_in(error, "while reading event %" PRIu64, sequence);
    }
    *event = (Pb__Event *)message;
    return status;
}

/* ---- events ---- */

static enum daybook_status read_events(struct daybook *ledger, uint64_t from, uint64_t to, struct arena *arena,
                                       struct pointers *events, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(ledger), &reader, error));
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t sequence = from; sequence <= to && status == DAYBOOK_OK; sequence++) {
        Pb__Event *event = NULL;
        status = query_read_event(reader, sequence, arena, &event, error);
        if (status == DAYBOOK_OK) {
            status = pointers_add(events, arena, event);
        }
    }
    journal_reader_close(reader);
    return status;
}

enum daybook_status query_events(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__EventsQuery *asked = query->events;
    struct journal_head head;
    struct pointers events = {0};
    uint64_t limit = asked->limit == 0               ? PAGE_LIMIT_DEFAULT
                     : asked->limit < PAGE_LIMIT_MAX ? asked->limit
                                                     : PAGE_LIMIT_MAX;
    Pb__EventsAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__events_answer__init(made);
    DAYBOOK_TRY(journal_head(ledger_journal(ledger), &head, error));
    uint64_t from = asked->from_sequence == 0 ? 1 : asked->from_sequence;
    uint64_t end = asked->to_sequence == 0 || asked->to_sequence > head.sequence ? head.sequence : asked->to_sequence;
    uint64_t to = end >= from && end - from >= limit ? from + limit - 1 : end;
    if (from <= to) {
        DAYBOOK_TRY(read_events(ledger, from, to, arena, &events, error));
    }
    made->journal_head = head.sequence;
    made->n_events = events.count;
    made->events = (Pb__Event **)events.items;
    made->next_sequence = from <= to && to < end ? to + 1 : 0;
    *answer = &made->base;
    return DAYBOOK_OK;
}

/* ---- status ---- */

static Pb__ViewState state_of(enum view_state state) {
    switch (state) {
    case VIEW_FOLLOWING:
        return PB__VIEW_STATE__VIEW_STATE_FOLLOWING;
    case VIEW_REBUILDING:
        return PB__VIEW_STATE__VIEW_STATE_REBUILDING;
    case VIEW_STOPPED:
        return PB__VIEW_STATE__VIEW_STATE_STOPPED;
    case VIEW_MISSING:
        break;
    }
    return PB__VIEW_STATE__VIEW_STATE_MISSING;
}

/* Since the oldest event that is not folded was recorded; 0 when all are. */
static enum daybook_status find_lag(struct daybook *ledger, uint64_t position, uint64_t head, int64_t *lag_us,
                                    struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    struct arena event_arena;
    Pb__Event *event = NULL;
    *lag_us = 0;
    if (position >= head) {
        return DAYBOOK_OK;
    }
    arena_init(&event_arena, 1 << 20);
    enum daybook_status status = journal_reader_open(ledger_journal(ledger), &reader, error);
    if (status == DAYBOOK_OK) {
        status = query_read_event(reader, position + 1, &event_arena, &event, error);
    }
    if (status == DAYBOOK_OK) {
        int64_t lag = ledger_now_us(ledger) - event->recorded_at_us;
        *lag_us = lag > 0 ? lag : 0;
    }
    journal_reader_close(reader);
    arena_release(&event_arena);
    return status;
}

static void fill_rebuild(const struct view_status *known, uint64_t head, Pb__ViewStatus *row) {
    row->eta_us = -1;
    if (known->state != VIEW_REBUILDING || head == 0) {
        return;
    }
    uint64_t left = head > known->rebuild_position ? head - known->rebuild_position : 0;
    row->percent = (uint32_t)((head - left) / ((head + 99) / 100));
    row->percent = row->percent > 100 ? 100 : row->percent;
    if (known->events_per_second > 0) {
        row->eta_us = (int64_t)(left / known->events_per_second * 1000000);
    }
}

static enum daybook_status add_view(struct daybook *ledger, struct view *view, uint64_t head, struct arena *arena,
                                    struct pointers *rows, struct daybook_error *error) {
    struct view_status known;
    Pb__ViewStatus *row = arena_alloc(arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(rows, arena, row));
    view_get_status(view, &known);
    pb__view_status__init(row);
    row->view = arena_copy_text(arena, known.name, strlen(known.name));
    row->version = known.version;
    row->position = known.position;
    row->lag_events = head > known.position ? head - known.position : 0;
    row->events_per_second = (int64_t)known.events_per_second;
    row->state = state_of(known.state);
    row->reason = arena_copy_text(arena, known.reason, strlen(known.reason));
    row->stopped_at = known.stopped_at;
    row->size_bytes = known.size_bytes;
    fill_rebuild(&known, head, row);
    DAYBOOK_TRY(find_lag(ledger, known.position, head, &row->lag_us, error));
    return row->view == NULL || row->reason == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_status(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    struct journal_head head;
    struct journal_usage usage;
    struct pointers rows = {0};
    Pb__StatusAnswer *made = arena_alloc(arena, sizeof *made);
    Pb__LedgerConfig *config = arena_alloc(arena, sizeof *config);
    (void)query;
    if (made == NULL || config == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(journal_head(ledger_journal(ledger), &head, error));
    DAYBOOK_TRY(journal_usage(ledger_journal(ledger), &usage, error));
    pb__status_answer__init(made);
    for (size_t i = 0; i < ledger_view_count(ledger); i++) {
        DAYBOOK_TRY(add_view(ledger, ledger_view_at(ledger, i), head.sequence, arena, &rows, error));
    }
    *config = *ledger_config(ledger); /* Its texts live as long as the ledger. */
    made->config = config;
    made->journal_head = head.sequence;
    made->head_recorded_at_us = head.recorded_at_us;
    made->journal_bytes = usage.size_bytes;
    made->frames = usage.frame_count;
    made->n_views = rows.count;
    made->views = (Pb__ViewStatus **)rows.items;
    DAYBOOK_TRY(ledger_get_scrub(ledger, arena, &made->scrub, error));
    struct control_report control;
    ledger_control(ledger, &control);
    made->books_checked_through = control.checked_through;
    made->books_doubt = arena_copy_text(arena, control.doubt, strlen(control.doubt));
    made->writer = arena_copy_text(arena, usage.writer, strlen(usage.writer));
    made->version = arena_copy_text(arena, DAYBOOK_PROGRAM_VERSION, strlen(DAYBOOK_PROGRAM_VERSION));
    made->lmdb_version = arena_copy_text(arena, store_engine_version(), strlen(store_engine_version()));
    *answer = &made->base;
    bool is_whole =
        made->books_doubt != NULL && made->writer != NULL && made->version != NULL && made->lmdb_version != NULL;
    return is_whole ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
}

/* ---- digests and rebuilding ---- */

/* Catches the view up to the head first, so that two ledgers with one journal give one digest. */
static enum daybook_status add_digest(struct daybook *ledger, struct ledger_wish *wish, size_t index,
                                      struct arena *arena, struct pointers *rows, struct daybook_error *error) {
    const char *name = wish->names[index];
    struct journal_head head;
    struct view_read read;
    struct view_digest digest;
    struct view_status known;
    Pb__ViewDigest *row = arena_alloc(arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(rows, arena, row));
    pb__view_digest__init(row);
    DAYBOOK_TRY(journal_head(ledger_journal(ledger), &head, error));
    wish->sequence = head.sequence;
    DAYBOOK_TRY(ledger_begin_one_of(ledger, wish, index, &read, error));
    view_end_read(&read);
    DAYBOOK_TRY(view_compute_digest(ledger_view(ledger, name), ledger_progress(ledger), &digest, error));
    view_get_status(ledger_view(ledger, name), &known);
    row->view = arena_copy_text(arena, name, strlen(name));
    row->version = known.version;
    row->position = digest.position;
    row->rows = digest.row_count;
    row->sha256.data = arena_alloc(arena, sizeof digest.sha256);
    if (row->view == NULL || row->sha256.data == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    row->sha256.len = sizeof digest.sha256;
    memcpy(row->sha256.data, digest.sha256, sizeof digest.sha256);
    return DAYBOOK_OK;
}

static bool is_listed(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The names asked for, each once; all views' where there are none. INVALID: there is no such view. */
static enum daybook_status name_views(struct daybook *ledger, char *const *asked, size_t asked_count,
                                      struct arena *arena, const char *const **names, size_t *count,
                                      struct daybook_error *error) {
    size_t wanted_count = asked_count == 0 ? ledger_view_count(ledger) : asked_count;
    const char **made = arena_alloc(arena, (wanted_count + 1) * sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    *count = 0;
    for (size_t i = 0; i < wanted_count; i++) {
        const char *name = asked_count == 0 ? ledger_projection_at(ledger, i)->name : asked[i];
        if (ledger_view(ledger, name) == NULL) {
            return daybook_fail(error, DAYBOOK_INVALID, "there is no view \"%.64s\"; status lists those that there are",
                                name);
        }
        if (!is_listed(made, *count, name)) {
            made[(*count)++] = name;
        }
    }
    *names = made;
    return DAYBOOK_OK;
}

static enum daybook_status answer_digests(struct daybook *ledger, const char *const *names, const bool *were_built,
                                          size_t count, struct arena *arena, ProtobufCMessage **answer,
                                          struct daybook_error *error) {
    struct ledger_wish wish = {.names = names, .count = count};
    struct pointers rows = {0};
    Pb__DigestAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(add_digest(ledger, &wish, i, arena, &rows, error));
        ((Pb__ViewDigest *)rows.items[i])->was_built_before = were_built != NULL && were_built[i];
    }
    pb__digest_answer__init(made);
    made->n_views = rows.count;
    made->views = (Pb__ViewDigest **)rows.items;
    *answer = &made->base;
    return DAYBOOK_OK;
}

enum daybook_status query_digest(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__DigestQuery *asked = query->digest;
    const char *const *names;
    size_t count;
    DAYBOOK_TRY(name_views(ledger, asked->views, asked->n_views, arena, &names, &count, error));
    return answer_digests(ledger, names, NULL, count, arena, answer, error);
}

/* Goes on where the same rebuild was broken off. */
enum daybook_status query_rebuild(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                  ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__RebuildQuery *asked = query->rebuild;
    const char *const *names;
    size_t count;
    DAYBOOK_TRY(name_views(ledger, asked->views, asked->n_views, arena, &names, &count, error));
    bool *were_built = arena_alloc(arena, (count + 1) * sizeof *were_built);
    struct view **views = arena_alloc(arena, (count + 1) * sizeof *views);
    if (were_built == NULL || views == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        views[i] = ledger_view(ledger, names[i]);
    }
    DAYBOOK_TRY(rebuild_views(ledger_directory(ledger), views, count, ledger_journal(ledger), ledger_progress(ledger),
                              were_built, error));
    return answer_digests(ledger, names, were_built, count, arena, answer, error);
}
