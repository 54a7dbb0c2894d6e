/* An audit's deciding: every request again on the state before it, and the books against the customers' rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit_inside.h"
#include "base/bytes.h"
#include "domain/control.h"
#include "domain/redecide.h"
#include "replay_world.h"
#include "request_feed.h"

enum {
    GROUP_ARENA_BYTES = 1 << 30,
    PROGRESS_REQUESTS = 256,
    STEP_EVENTS = 3, /* A request's next hint comes so many events after the one before. */
    HINTS = 32,      /* A power of two, more than events are foreseen. */
};

struct foreseen {
    uint64_t sequence; /* Of the request's first event. */
    struct state_hint hint;
};

struct rules {
    struct audit_run *run;
    struct replay_world world;
    struct event_batch told; /* Scratch of redecide. */
    struct arena arena;      /* Of a group. */
    struct control control;
    struct sha256 *customers[AUDIT_CUSTOMERS_MAX];
    int64_t last_recorded_at_us;
    uint64_t next_foreseen; /* Hints were given as if this event were the next. */
    struct foreseen foreseen[HINTS];
};

/* ---- one event ---- */

static void check_place(struct rules *rules, const Pb__Event *event) {
    struct audit_report *report = rules->run->report;
    if (event->sequence != report->events + 1) {
        audit_add(rules->run, "event %" PRIu64 " says that it is number %" PRIu64, report->events + 1, event->sequence);
    }
    if (report->events > 0 && event->recorded_at_us <= rules->last_recorded_at_us) {
        audit_add(rules->run, "event %" PRIu64 " was not recorded after the one before it", report->events + 1);
    }
    if (report->events == 0) {
        report->first_recorded_at_us = event->recorded_at_us;
    }
    rules->last_recorded_at_us = event->recorded_at_us;
    report->events++;
}

static void digest_customer(struct rules *rules, const Pb__Event *event, struct daybook_bytes bytes) {
    struct audit_report *report = rules->run->report;
    for (size_t i = 0; i < report->customer_count; i++) {
        if (strcmp(report->customers[i].id, event->customer) == 0) {
            uint8_t length[4];
            store_le32(length, (uint32_t)bytes.size);
            sha256_update(rules->customers[i], length, sizeof length);
            sha256_update(rules->customers[i], bytes.data, bytes.size);
            report->customers[i].events++;
        }
    }
}

/* Computed again when the views are there. */
static enum daybook_status keep_statement(struct audit_run *run, const Pb__Event *event, struct daybook_error *error) {
    if (event->body_case == PB__EVENT__BODY_STATEMENT_ISSUED &&
        daybook_buffer_append(&run->statements, &event->sequence, sizeof event->sequence) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "auditing: memory for the statements was refused");
    }
    return DAYBOOK_OK;
}

/* ---- one request ---- */

static void judge(struct rules *rules, const struct recorded *recorded, const struct redecision *made) {
    const Pb__Event *first = recorded->events.items[0];
    uint64_t last = recorded->events.items[recorded->events.count - 1]->sequence;
    switch (made->outcome) {
    case REDECIDED_SAME:
        rules->run->report->requests++;
        return;
    case REDECIDED_UNKNOWN:
        audit_add(rules->run, "events %" PRIu64 " to %" PRIu64 " follow from no request that the rules know",
                  first->sequence, last);
        return;
    case REDECIDED_OTHERWISE:
        break;
    }
    if (made->refusal != NULL) {
        audit_add(rules->run, "events %" PRIu64 " to %" PRIu64 ": the rules refuse their request: %s: %s",
                  first->sequence, last, refusal_name(made->refusal->code), made->refusal->message);
    } else {
        audit_add(rules->run,
                  "event %" PRIu64 ": the rules make another event of its request (events %" PRIu64 " to %" PRIu64 ")",
                  first->sequence + made->differs_at, first->sequence, last);
    }
}

static enum daybook_status check_request(struct rules *rules, const struct recorded *recorded,
                                         struct daybook_error *error) {
    struct redecision made;
    const Pb__Event *first = recorded->events.items[0];
    for (size_t i = 0; i < recorded->events.count; i++) {
        check_place(rules, recorded->events.items[i]);
        digest_customer(rules, recorded->events.items[i], recorded->bytes[i]);
        DAYBOOK_TRY(keep_statement(rules->run, recorded->events.items[i], error));
    }
    enum daybook_status status =
        redecide(rules->world.decider, rules->world.state, recorded, &rules->told, &rules->arena, &made, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, "events from %" PRIu64, first->sequence);
    }
    judge(rules, recorded, &made);
    for (size_t i = 0; i < recorded->events.count; i++) {
        DAYBOOK_TRY(control_post_event(&rules->control, recorded->events.items[i], error));
    }
    return DAYBOOK_OK;
}

/* ---- hints: what deciding will read is fetched some requests before (domain/state_foresee.c) ---- */

/* Events before `next` are given already. A hint borrows of the run that it was made in; once another run is read, all
 * of that one lies before `next`. */
static void foresee_step(struct rules *rules, uint64_t next, unsigned step) {
    uint64_t sequence = rules->next_foreseen + (STATE_HINT_STEPS - step) * STEP_EVENTS;
    struct foreseen *foreseen = &rules->foreseen[sequence % HINTS];
    if (sequence >= next && foreseen->sequence == sequence) {
        state_foresee(rules->world.state, step, &foreseen->hint);
    }
}

/* A request that comes into sight has its hint made. */
static void prepare_hint(struct rules *rules, const struct request_feed *feed, uint64_t next) {
    uint64_t sequence = rules->next_foreseen + STATE_HINT_STEPS * STEP_EVENTS;
    const Pb__Event *event = sequence < next ? NULL : request_feed_peek(feed, (size_t)(sequence - next));
    if (event != NULL && event->request_digest != 0) {
        struct foreseen *foreseen = &rules->foreseen[sequence % HINTS];
        foreseen->sequence = sequence;
        state_prepare_hint_of_event(event, &foreseen->hint);
    }
}

/* Each event that was given brings those behind it a step nearer. */
static void foresee(struct rules *rules, const struct request_feed *feed, const struct recorded_group *group) {
    uint64_t next = rules->run->report->events + 1;
    for (size_t i = 0; i < group->count; i++) {
        next += group->requests[i].events.count;
    }
    for (; rules->next_foreseen < next; rules->next_foreseen++) {
        prepare_hint(rules, feed, next);
        for (unsigned step = 0; step < STATE_HINT_STEPS; step++) {
            foresee_step(rules, next, step);
        }
    }
}

/* ---- all of them ---- */

static bool goes_on(const struct rules *rules) {
    const struct audit_options *options = rules->run->options;
    return options->go_on == NULL ||
           options->go_on(options->context, rules->run->report->events, rules->run->report->head);
}

static enum daybook_status check_requests(struct rules *rules, struct request_feed *feed, struct daybook_error *error) {
    struct audit_report *report = rules->run->report;
    for (uint64_t groups = 0;; groups++) {
        struct recorded_group group;
        DAYBOOK_TRY(request_feed_next(feed, &group, error));
        if (group.count == 0) {
            break;
        }
        arena_reset(&rules->arena);
        foresee(rules, feed, &group);
        for (size_t i = 0; i < group.count; i++) {
            DAYBOOK_TRY(check_request(rules, &group.requests[i], error));
        }
        if (groups % PROGRESS_REQUESTS == 0 && !goes_on(rules)) {
            return daybook_fail(error, DAYBOOK_STOPPED, "auditing: stopped after event %" PRIu64, report->events);
        }
    }
    if (report->events != report->head) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "events %" PRIu64 " to %" PRIu64 " are no whole request: its end is missing",
                            report->events + 1, report->head);
    }
    return DAYBOOK_OK;
}

/* ---- conservation: the books, the accounts and the documents agree (domain/control.h) ---- */

static enum daybook_status check_control(struct rules *rules, struct daybook_error *error) {
    enum daybook_status status = state_count_rows(rules->world.state, &rules->control, error);
    if (status == DAYBOOK_OK) {
        status = control_check(&rules->control, error);
    }
    rules->run->report->is_control_checked = status == DAYBOOK_OK;
    return status;
}

static enum daybook_status open_customers(struct rules *rules, struct daybook_error *error) {
    const struct audit_options *options = rules->run->options;
    struct audit_report *report = rules->run->report;
    for (size_t i = 0; i < options->customer_count && i < AUDIT_CUSTOMERS_MAX; i++) {
        report->customers[i].id = options->customers[i];
        rules->customers[i] = sha256_open();
        if (rules->customers[i] == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "digesting customers: memory was refused");
        }
        sha256_begin(rules->customers[i]);
        report->customer_count++;
    }
    return DAYBOOK_OK;
}

static void close_customers(struct rules *rules) {
    struct audit_report *report = rules->run->report;
    for (size_t i = 0; i < report->customer_count; i++) {
        sha256_end(rules->customers[i], report->customers[i].sha256);
        sha256_close(rules->customers[i]);
    }
}

enum daybook_status audit_rules(struct audit_run *run, struct daybook_error *error) {
    const Pb__LedgerConfig *config = ledger_config(run->ledger);
    struct decide_settings settings = {.currency = config->currency,
                                       .timezone = ledger_timezone(run->ledger),
                                       .allow_import_clock = config->allow_import_clock,
                                       .refuse_unassessed = config->refuse_unassessed,
                                       .seals_personal = config->seals_personal};
    struct rules rules = {.run = run};
    struct request_feed *requests = NULL;
    arena_init(&rules.arena, GROUP_ARENA_BYTES);
    enum daybook_status status = open_customers(&rules, error);
    if (status == DAYBOOK_OK) {
        status = replay_world_open(&rules.world, ledger_journal(run->ledger), &settings, error);
    }
    if (status == DAYBOOK_OK) {
        status = request_feed_open(ledger_journal(run->ledger), run->feed, run->report->head, &requests, error);
    }
    if (status == DAYBOOK_OK) {
        status = check_requests(&rules, requests, error);
    }
    if (status == DAYBOOK_OK) {
        status = check_control(&rules, error);
    }
    request_feed_close(requests);
    replay_world_close(&rules.world);
    close_customers(&rules);
    control_release(&rules.control);
    event_batch_release(&rules.told);
    arena_release(&rules.arena);
    return audit_find(run, status, error);
}
