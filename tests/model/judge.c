/* What holds for every event and every request. */
#include "judge.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "domain/postings.h"
#include "effects.h"

bool judge_expect(struct judge *judge, bool holds, const char *check, const char *format, ...) {
    struct failure *failure = &judge->history->failure;
    if (!holds && !failure->is_set) {
        va_list arguments;
        failure->is_set = true;
        failure->step = judge->step;
        (void)snprintf(failure->check, sizeof failure->check, "%s", check);
        va_start(arguments, format);
        (void)vsnprintf(failure->text, sizeof failure->text, format, arguments);
        va_end(arguments);
    }
    return holds;
}

bool judge_failed(const struct judge *judge) {
    return judge->history->failure.is_set;
}

bool is_same_text(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

bool is_date_text(const char *text) {
    struct tm broken = {0};
    const char *end = strptime(text, "%Y-%m-%d", &broken);
    if (end == NULL || *end != '\0' || strlen(text) != 10) {
        return false;
    }
    char again[16];
    time_t seconds = timegm(&broken);
    (void)gmtime_r(&seconds, &broken);
    (void)strftime(again, sizeof again, "%Y-%m-%d", &broken);
    return strcmp(again, text) == 0 && seconds > 0;
}

int32_t read_date(const char *text) {
    struct tm broken = {0};
    if (!is_date_text(text)) {
        return 0;
    }
    (void)strptime(text, "%Y-%m-%d", &broken);
    return (int32_t)(timegm(&broken) / 86400);
}

struct doc judge_doc(const struct judge *judge, Pb__DocumentKind kind, const char *id) {
    return (struct doc){judge->request->customer, kind, id, 0};
}

/* Everything but where and when the event was recorded, and by which request. */
bool events_equal(const Pb__Event *a, const Pb__Event *b) {
    Pb__Event x = *a;
    Pb__Event y = *b;
    Pb__Event *const both[] = {&x, &y};
    uint8_t *bytes[2];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        Pb__Event *e = both[i];
        e->sequence = 0;
        e->recorded_at_us = 0;
        e->request_digest = 0;
        e->group = 0;
        e->actor = (char *)(uintptr_t) "";
        e->request_key = (ProtobufCBinaryData){0, NULL};
        sizes[i] = pb__event__get_packed_size(e);
        bytes[i] = malloc(sizes[i] + 1);
        assert(bytes[i] != NULL);
        (void)pb__event__pack(e, bytes[i]);
    }
    bool is_equal = sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0;
    free(bytes[0]);
    free(bytes[1]);
    return is_equal;
}

/* ---- every event ---- */

bool judge_is_next(const struct judge *judge, Pb__Event__BodyCase body) {
    return judge->at < judge->count && judge->events[judge->at]->body_case == body;
}

static const char *body_name(Pb__Event__BodyCase body) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&pb__event__descriptor, (unsigned)body);
    return field != NULL ? field->name : "nothing";
}

const Pb__Event *judge_next(struct judge *judge, Pb__Event__BodyCase body) {
    bool is_there = judge_is_next(judge, body);
    judge_expect(judge, is_there, "events", "expected %s next, not %s", body_name(body),
                 judge->at < judge->count ? body_name(judge->events[judge->at]->body_case) : "the end");
    return is_there && !judge_failed(judge) ? judge->events[judge->at] : NULL;
}

static void judge_header(struct judge *judge, const Pb__Event *event) {
    const struct tally *tally = judge->tally;
    const Pb__Event *before = tally->count > 0 ? tally->events[tally->count - 1] : NULL;
    judge_expect(judge, event->sequence == (before != NULL ? before->sequence + 1 : 1), "sequence",
                 "event %" PRIu64 " follows a gap", event->sequence);
    judge_expect(judge, before == NULL || event->recorded_at_us > before->recorded_at_us, "recorded_at",
                 "event %" PRIu64 " was not recorded after the one before", event->sequence);
    judge_expect(judge, (event->request_digest != 0) == (judge->at == 0), "digest",
                 "event %" PRIu64 ": only the first of a request has the digest", event->sequence);
    judge_expect(judge,
                 event->request_key.len == judge->request->key.len &&
                     memcmp(event->request_key.data, judge->request->key.data, event->request_key.len) == 0,
                 "key", "event %" PRIu64 " has not its request's key", event->sequence);
    judge_expect(judge, event->group == judge->group, "group",
                 "event %" PRIu64 " is of group %" PRIu64 ", not %" PRIu64, event->sequence, event->group,
                 judge->group);
    judge_expect(judge, is_same_text(event->customer, judge->request->customer), "customer",
                 "event %" PRIu64 " is of customer \"%s\"", event->sequence, event->customer);
    judge_expect(judge, is_same_text(event->actor, judge->request->actor), "actor", "event %" PRIu64 " is by \"%s\"",
                 event->sequence, event->actor);
    bool is_of_period = event->body_case == BODY(PERIOD_CLOSED) || event->body_case == BODY(PERIOD_REOPENED);
    judge_expect(judge, is_of_period || event->effective_on > tally_closed_through(tally), "period",
                 "event %" PRIu64 " counts for a closed day", event->sequence);
    Pb__DocumentKind kind = KIND(UNSPECIFIED);
    const char *id = made_id(event, &kind);
    judge_expect(judge, id == NULL || id[0] == '\0' || tally_made(tally, judge_doc(judge, kind, id)) == NULL,
                 "duplicate", "event %" PRIu64 " makes \"%s\" a second time", event->sequence, id);
}

/* Law 3: what the event touched is not below zero on any day from its own on. Lots have
 * their rest, payments theirs, and what is held of a lot by a hold is a rest of its own. */
static void judge_remainders(struct judge *judge, const Pb__Event *event) {
    static struct effect touched[EFFECTS_MOST];
    size_t count = effects_of_event(event, touched);
    for (size_t i = 0; i < count; i++) {
        const struct effect *by = &touched[i];
        for (int32_t day = by->date; day != 0;) {
            int64_t level = 0;
            int32_t next = INT32_MAX;
            for (size_t j = 0; j < judge->tally->effect_count; j++) {
                const struct effect *e = &judge->tally->effects[j];
                if (!effect_is_of(e, (struct doc){by->customer, by->kind, by->id, by->part}, by->measure) ||
                    e->allocation != by->allocation || (by->other != NULL && !is_same_text(by->other, e->other))) {
                    continue;
                }
                level += e->date <= day ? e->amount : 0;
                next = e->date > day && e->date < next ? e->date : next;
                judge_expect(judge, is_same_text(e->currency, by->currency), "currency",
                             "event %" PRIu64 " mixes currencies on \"%s\"", event->sequence, by->id);
            }
            judge_expect(judge, level >= 0, "law 3",
                         "event %" PRIu64 " leaves %" PRId64 " of \"%s\" (measure %d) on day %d", event->sequence,
                         level, by->id, (int)by->measure, day);
            day = next == INT32_MAX ? 0 : next;
        }
    }
}

/* A document must be there, and not after what is done with it. */
static void judge_sources(struct judge *judge, const Pb__Event *event) {
    static struct effect touched[EFFECTS_MOST];
    size_t count = effects_of_event(event, touched);
    for (size_t i = 0; i < count; i++) {
        if (touched[i].measure == STANDING) {
            continue;
        }
        const Pb__Event *made =
            tally_made(judge->tally, (struct doc){touched[i].customer, touched[i].kind, touched[i].id, 0});
        if (judge_expect(judge, made != NULL, "unknown", "event %" PRIu64 " names \"%s\", which nothing made",
                         event->sequence, touched[i].id)) {
            judge_expect(judge, event->effective_on >= made->effective_on, "date before source",
                         "event %" PRIu64 " is dated before \"%s\"", event->sequence, touched[i].id);
        }
    }
}

/* The subject's postings against the reference's table. */
static void judge_postings(struct judge *judge, const Pb__Event *event) {
    static const char *const names[] = {"Cash",     "PromotionCost", "Deposits",    "Receivable",
                                        "Revenue",  "Unapplied",     "Adjustments", "BadDebt",
                                        "Rounding", "Dormant",       "Breakage"};
    struct entry entry = entry_of(event);
    struct postings postings;
    struct daybook_error error;
    if (!judge_expect(judge, postings_of(event, &postings, &error) == DAYBOOK_OK, "postings",
                      "event %" PRIu64 " cannot be posted", event->sequence)) {
        return;
    }
    bool is_same = entry.amount == 0
                       ? postings.count == 0
                       : postings.count == 2 && postings.lines[0].amount_minor == entry.amount &&
                             postings.lines[1].amount_minor == -entry.amount &&
                             is_same_text(posting_account_name(postings.lines[0].account), names[entry.debit]) &&
                             is_same_text(posting_account_name(postings.lines[1].account), names[entry.credit]);
    judge_expect(judge, is_same, "postings", "event %" PRIu64 " is posted otherwise than %s to %s", event->sequence,
                 names[entry.debit], names[entry.credit]);
}

bool judge_take(struct judge *judge) {
    const Pb__Event *event = judge->events[judge->at];
    judge_header(judge, event);
    tally_add(judge->tally, event);
    judge->at++;
    judge->history->coverage.bodies[event->body_case]++;
    judge->history->coverage.events++;
    judge->history->coverage.made_good +=
        event->body_case == BODY(UNALLOCATED) && event->unallocated->instead_of_on != 0;
    judge_sources(judge, event);
    judge_remainders(judge, event);
    judge_postings(judge, event);
    return !judge_failed(judge);
}

/* ---- every request ---- */

/* The expiries that the reference expects must come next, and no others. */
static void judge_expiries(struct judge *judge) {
    struct tally *tally = judge->tally;
    if (judge->request->customer[0] == '\0' || tally_profile(tally, judge->request->customer) == NULL) {
        return;
    }
    size_t before = tally->count;
    tally_expire(tally, judge->request->customer, judge->today);
    size_t expected = tally->count - before;
    for (size_t i = 0; i < expected; i++) {
        const Pb__Event *due = tally->events[before + i];
        bool is_equal = judge->at + i < judge->count && events_equal(due, judge->events[judge->at + i]);
        judge_expect(judge, is_equal, "expiry", "as event %" PRIu64 " an expiry of day %d was due: %s", due->sequence,
                     due->effective_on,
                     due->body_case == BODY(LOT_EXPIRED) ? due->lot_expired->lot : due->hold_released->hold);
    }
    tally_cut(tally, before);
    for (size_t i = 0; i < expected && !judge_failed(judge); i++) {
        judge_take(judge);
    }
}

static void judge_expire(struct judge *judge) {
    (void)judge; /* The expiries that were due are all of it. */
}

static void judge_command(struct judge *judge) {
    static void (*const rules[])(struct judge *) = {
        [PB__REQUEST__COMMAND_OPEN_CUSTOMER] = judge_customer,
        [PB__REQUEST__COMMAND_CHANGE_CUSTOMER] = judge_customer,
        [PB__REQUEST__COMMAND_CLOSE_CUSTOMER] = judge_customer,
        [PB__REQUEST__COMMAND_RECEIVE_DEPOSIT] = judge_deposit,
        [PB__REQUEST__COMMAND_POST_CHARGE] = judge_charge,
        [PB__REQUEST__COMMAND_RECEIVE_PAYMENT] = judge_payment,
        [PB__REQUEST__COMMAND_SETTLE_PAYMENT] = judge_settle,
        [PB__REQUEST__COMMAND_ALLOCATE] = judge_allocate,
        [PB__REQUEST__COMMAND_UNALLOCATE] = judge_unallocate,
        [PB__REQUEST__COMMAND_POST_ADJUSTMENT] = judge_adjustment,
        [PB__REQUEST__COMMAND_REFUND] = judge_refund,
        [PB__REQUEST__COMMAND_REVERSE_PAYMENT] = judge_reverse_payment,
        [PB__REQUEST__COMMAND_REVERSE_CHARGE] = judge_reverse_charge,
        [PB__REQUEST__COMMAND_PLACE_HOLD] = judge_place_hold,
        [PB__REQUEST__COMMAND_CAPTURE_HOLD] = judge_capture_hold,
        [PB__REQUEST__COMMAND_RELEASE_HOLD] = judge_release_hold,
        [PB__REQUEST__COMMAND_REACTIVATE_LOT] = judge_reactivate,
        [PB__REQUEST__COMMAND_SET_CREDIT_POLICY] = judge_credit_policy,
        [PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD] = judge_credit_policy,
        [PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD] = judge_credit_policy,
        [PB__REQUEST__COMMAND_OPEN_DISPUTE] = judge_dispute,
        [PB__REQUEST__COMMAND_RESOLVE_DISPUTE] = judge_dispute,
        [PB__REQUEST__COMMAND_CLOSE_PERIOD] = judge_period,
        [PB__REQUEST__COMMAND_REOPEN_PERIOD] = judge_period,
        [PB__REQUEST__COMMAND_EXPIRE_DUE] = judge_expire,
        [PB__REQUEST__COMMAND_APPLY_DEPOSIT] = judge_apply,
    };
    size_t command = (size_t)judge->request->command_case;
    bool is_known = command < sizeof rules / sizeof *rules && rules[command] != NULL;
    if (judge_expect(judge, is_known, "command", "a command without a rule was accepted")) {
        rules[command](judge);
    }
}

void judge_accepted(struct judge *judge) {
    const struct tally *tally = judge->tally;
    const char *customer = judge->request->customer;
    bool is_opening = judge->request->command_case == PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    judge_expect(judge, customer[0] == '\0' || is_opening == (tally_profile(tally, customer) == NULL), "customer",
                 "customer \"%s\" is %s", customer, is_opening ? "opened twice" : "unknown");
    judge_expect(judge, !tally_is_closed(tally, customer), "customer", "customer \"%s\" was closed", customer);
    judge_expect(judge,
                 judge->request->not_after_us == 0 || judge->answer->recorded_at_us <= judge->request->not_after_us,
                 "not_after", "recorded past not_after");
    judge_expect(judge, judge->is_date_readable, "date", "an unreadable date was accepted");
    judge_expiries(judge);
    if (!judge_failed(judge)) {
        judge_command(judge);
    }
    if (!judge_failed(judge)) {
        judge_expiries(judge);
    }
    judge_expect(judge, judge->at == judge->count, "events", "%zu more events than expected", judge->count - judge->at);
}
