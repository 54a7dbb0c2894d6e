/* The order of deciding: what every request is checked for, then its own rule. */
#include "domain/decide.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/event_encode.h"
#include "codec/wire.h"
#include "domain/decide_internal.h"
#include "domain/fold.h"

enum { REQUEST_ARENA_BYTES = 64 << 20, DIGEST_SEED = 3 };

struct decider {
    struct decide_settings settings;
    struct arena request_arena;
    struct daybook_buffer canonical; /* A request encoded for its digest. */
    struct timezone_day day;         /* Of the last request: the next one is mostly of the same. */
    bool knows_currency;             /* The one of requests that name none is one. */
};

struct decider *decider_open(const struct decide_settings *settings) {
    struct decider *decider = calloc(1, sizeof *decider);
    if (decider != NULL) {
        decider->settings = *settings;
        decider->knows_currency = currency_decimals(settings->currency) >= 0;
        arena_init(&decider->request_arena, REQUEST_ARENA_BYTES);
    }
    return decider;
}

void decider_close(struct decider *decider) {
    if (decider == NULL) {
        return;
    }
    arena_release(&decider->request_arena);
    daybook_buffer_release(&decider->canonical);
    free(decider);
}

void event_batch_release(struct event_batch *batch) {
    daybook_buffer_release(&batch->bytes);
    free(batch->events);
    *batch = (struct event_batch){0};
}

void event_batch_cut(struct event_batch *batch, size_t count) {
    if (count < batch->count) {
        batch->bytes.size = batch->events[count].offset_bytes;
        batch->count = count;
    }
}

static bool is_erasure(const Pb__Event *event) {
    return event->body_case == PB__EVENT__BODY_OPERATOR_ACTED &&
           event->operator_acted->action == PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED;
}

static bool batch_add(struct decision *decision, const Pb__Event *event) {
    struct event_batch *batch = decision->batch;
    if (batch->count == batch->capacity) {
        size_t capacity = batch->capacity == 0 ? 256 : batch->capacity * 2;
        struct batch_event *events = realloc(batch->events, capacity * sizeof *events);
        if (events == NULL) {
            return out_of_memory(decision);
        }
        batch->events = events;
        batch->capacity = capacity;
    }
    size_t offset = batch->bytes.size;
    if (!went_well(decision, event_encode(event, &batch->bytes))) {
        return false;
    }
    size_t size = batch->bytes.size - offset;
    if (size > LIMIT_EVENT_BYTES) {
        batch->bytes.size = offset;
        return REFUSE(decision, MALFORMED, NO_FACTS, "the request makes an event of %zu bytes; %d are the most", size,
                      LIMIT_EVENT_BYTES);
    }
    if (batch->count == 0) {
        batch->first_sequence = event->sequence;
    }
    struct batch_event *added = &batch->events[batch->count++];
    *added = (struct batch_event){.offset_bytes = offset,
                                  .size_bytes = (uint32_t)size,
                                  .recorded_at_us = event->recorded_at_us,
                                  .is_erasure = is_erasure(event)};
    if (event->currency[0] != '\0') {
        memcpy(added->currency, event->currency, sizeof added->currency); /* Folding has found three letters. */
    }
    return went_well(decision, postings_of(event, &added->postings, decision->error));
}

/* A date that nobody named is told as what it is: today, or one that documents give. */
__attribute__((noinline)) static bool refuse_closed(struct decision *decision, int32_t closed_through, int32_t date) {
    bool is_named = decision->is_dated && date == decision->effective_on;
    refuse(decision, PB__REFUSAL_CODE__REFUSAL_CODE_PERIOD_CLOSED, (struct refusal_facts){.date = date},
           "the books are closed through %s, so nothing can be entered for %s%s", date_text(decision, closed_through),
           date_text(decision, date),
           is_named                                                ? ""
           : !decision->is_dated && date == decision->effective_on ? ", which is today"
                                                                   : ", the day that the documents give it");
    if (decision->result->refusal != NULL && closed_through < DATE_MAX) {
        decision->result->refusal->first_open_on = (char *)(uintptr_t)date_text(decision, closed_through + 1);
    }
    return false;
}

static inline bool check_period(struct decision *decision, int32_t date) {
    int32_t closed_through = decision->ledger->closed_through;
    return closed_through == DATE_NONE || date > closed_through || refuse_closed(decision, closed_through, date);
}

/* One rule a command. A command that has none is one that this build does not decide. */
struct rule {
    bool (*decide)(struct decision *decision);
    bool has_own_date;   /* It counts for the request's date; the others take theirs from documents. */
    bool is_ledger_wide; /* It concerns no customer, and no period is closed to it. */
};

bool emit(struct decision *decision, Pb__Event *event, int32_t effective_on) {
    if (!decision->rule->is_ledger_wide && !check_period(decision, effective_on)) {
        return false;
    }
    uint64_t emitted = decision->next_sequence - decision->input.next_sequence;
    if (emitted >= LIMIT_REQUEST_EVENTS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "the request would become more than %d events; split it",
                      LIMIT_REQUEST_EVENTS);
    }
    event->sequence = decision->next_sequence++;
    event->recorded_at_us = decision->next_recorded_at_us++;
    event->effective_on = effective_on;
    event->actor = decision->request->actor;
    event->role = decision->request->role;
    event->request_key = decision->asked->key;
    event->request_digest = emitted == 0 ? decision->request_digest : 0;
    /* The id in the row itself, by whose address folding knows it. */
    event->customer = decision->customer != NULL ? decision->customer->id : decision->request->customer;
    event->group = decision->input.group;
    event->original_on = decision->original_on;
    enum daybook_status status = state_fold(decision->state, event, decision->error);
    if (status == DAYBOOK_LIMIT) {
        return REFUSE(decision, AMOUNT_OVERFLOW, NO_FACTS,
                      "all amounts ever entered in %s would pass 2^63 - 1 minor units", decision->currency);
    }
    return went_well(decision, status) && batch_add(decision, event);
}

struct document *emitted_document(struct decision *decision) {
    struct document *document = NULL;
    enum daybook_status status =
        state_document(decision->state, decision->next_sequence - 1, &document, decision->error);
    assert(status == DAYBOOK_OK && document != NULL);
    return document;
}

/* ---- the order of deciding ---- */

static bool check_form(struct decision *decision) {
    const Pb__Request *request = decision->request;
    if (request->key.len == 0 || request->key.len > LIMIT_KEY_BYTES) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "the key must be 1 to %d bytes; it has %zu", LIMIT_KEY_BYTES,
                      request->key.len);
    }
    if (!check_identifier(decision, "the actor", request->actor)) {
        return false;
    }
    if (request->command_case == PB__REQUEST__COMMAND__NOT_SET) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "the request names no command");
    }
    return true;
}

uint64_t decide_digest_of_bytes(struct daybook_bytes request) {
    uint64_t digest = hash64(request.data, request.size, DIGEST_SEED);
    return digest != 0 ? digest : 1;
}

enum daybook_status decide_digest(const Pb__Request *request, struct daybook_buffer *scratch, uint64_t *digest,
                                  struct daybook_error *error) {
    Pb__Request content = *request;
    content.not_after_us = 0;
    content.recorded_at_us = 0;
    content.role = PB__ROLE__ROLE_UNSPECIFIED; /* The same request by the same actor is the same, with another token. */
    daybook_buffer_reset(scratch);
    if (wire_encode(&content.base, scratch) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading a request: memory was refused");
    }
    *digest = decide_digest_of_bytes(daybook_buffer_view(scratch));
    return DAYBOOK_OK;
}

static bool take_digest(struct decision *decision, struct decider *decider) {
    decision->request_digest = decision->input.request_digest;
    return decision->request_digest != 0 ||
           went_well(decision,
                     decide_digest(decision->request, &decider->canonical, &decision->request_digest, decision->error));
}

/* The events of a request stand together: the last one is before the next key. */
static bool find_last_event(struct decision *decision, const Pb__Event *first, uint64_t *last) {
    *last = first->sequence;
    for (;;) {
        const Pb__Event *next = NULL;
        enum daybook_status status =
            state_read_event(decision->state, *last + 1, decision->request_arena, &next, decision->error);
        if (status == DAYBOOK_NOT_FOUND) {
            return true;
        }
        if (!went_well(decision, status)) {
            return false;
        }
        if (next->request_digest != 0) {
            return true;
        }
        (*last)++;
    }
}

/* True: the key is free. False: answered from its first use, or refused. */
static bool check_key(struct decision *decision) {
    const Pb__Event *first = NULL;
    struct daybook_bytes key = {decision->request->key.data, decision->request->key.len};
    if (!went_well(decision, state_find_key(decision->state, key, decision->request_arena, &first, decision->error))) {
        return false;
    }
    if (first == NULL) {
        return true;
    }
    if (first->request_digest != decision->request_digest) {
        return REFUSE(decision, KEY_REUSED, NO_FACTS, "the key was used by event %llu with another content",
                      (unsigned long long)first->sequence);
    }
    struct decide_result *result = decision->result;
    if (!find_last_event(decision, first, &result->last_sequence)) {
        return false;
    }
    result->is_repeated = true;
    result->first_sequence = first->sequence;
    result->recorded_at_us = first->recorded_at_us;
    return false;
}

static bool check_not_after(struct decision *decision) {
    const Pb__Request *request = decision->request;
    if (request->not_after_us != 0 && decision->next_recorded_at_us > request->not_after_us) {
        char text[INSTANT_TEXT_SIZE];
        return REFUSE(decision, REQUEST_EXPIRED, NO_FACTS, "the request was good until %s",
                      instant_format(request->not_after_us, text));
    }
    return true;
}

static bool check_instants(struct decision *decision) {
    const Pb__Request *request = decision->request;
    if (request->recorded_at_us != 0) {
        char text[INSTANT_TEXT_SIZE];
        if (!decision->settings->allow_import_clock) {
            return REFUSE(decision, CLOCK_NOT_ALLOWED, NO_FACTS,
                          "recorded_at was given, and this ledger keeps its own clock");
        }
        if (request->recorded_at_us <= decision->input.last_recorded_at_us) {
            return REFUSE(decision, CLOCK_NOT_ALLOWED, NO_FACTS, "recorded_at must be after the last event's, %s",
                          instant_format(decision->input.last_recorded_at_us, text));
        }
    }
    return check_not_after(decision);
}

static bool check_currency(struct decision *decision) {
    const char *named = decision->request->currency;
    decision->is_currency_named = named[0] != '\0';
    const char *currency = decision->is_currency_named ? named : decision->settings->currency;
    bool is_usual =
        decision->knows_currency && (!decision->is_currency_named || strcmp(named, decision->settings->currency) == 0);
    if (!is_usual && currency_decimals(currency) < 0) {
        return REFUSE(decision, CURRENCY_UNKNOWN, NO_FACTS, "\"%.16s\" is no active ISO 4217 currency", currency);
    }
    memcpy(decision->currency, currency, sizeof decision->currency);
    return true;
}

static bool check_dates(struct decision *decision) {
    const Pb__Request *request = decision->request;
    if (!check_date(decision, "effective_on", request->effective_on, &decision->effective_on) ||
        !check_date(decision, "original_on", request->original_on, &decision->original_on)) {
        return false;
    }
    if (decision->today < DATE_MIN || decision->today > DATE_MAX) {
        return REFUSE(decision, DATE_INVALID, NO_FACTS,
                      "today is no date from 1970-01-02 to 9999-12-31: the clock, or the recorded_at that was given, "
                      "says %lld seconds since 1970",
                      (long long)(decision->next_recorded_at_us / 1000000));
    }
    decision->is_dated = decision->effective_on != DATE_NONE;
    if (!decision->is_dated) {
        decision->effective_on = decision->today;
    }
    return true;
}

static bool check_customer(struct decision *decision) {
    const Pb__Request *request = decision->request;
    if (decision->rule->is_ledger_wide) {
        if (request->customer[0] != '\0') {
            return REFUSE(decision, MALFORMED, NO_FACTS, "this concerns the whole ledger; name no customer");
        }
        return true;
    }
    if (!check_identifier(decision, "the customer's id", request->customer) ||
        !went_well(decision,
                   state_find_customer(decision->state, request->customer, &decision->customer, decision->error))) {
        return false;
    }
    if (request->command_case == PB__REQUEST__COMMAND_OPEN_CUSTOMER) {
        return decision->customer == NULL ||
               REFUSE(decision, DUPLICATE_CUSTOMER, NO_FACTS, "customer \"%s\" was opened by event %llu",
                      request->customer, (unsigned long long)decision->customer->row.number);
    }
    if (decision->customer == NULL) {
        return REFUSE(decision, UNKNOWN_CUSTOMER, NO_FACTS, "there is no customer \"%s\"", request->customer);
    }
    /* What moved before the end is still told to the customer, and forgetting comes after it. */
    if (decision->customer->is_closed && request->command_case != PB__REQUEST__COMMAND_ISSUE_STATEMENT &&
        request->command_case != PB__REQUEST__COMMAND_ERASE_CUSTOMER) {
        return REFUSE(decision, CUSTOMER_CLOSED, NO_FACTS, "customer \"%s\" was closed", request->customer);
    }
    return true;
}

static const struct rule rules[] = {
    [PB__REQUEST__COMMAND_OPEN_CUSTOMER] = {decide_open_customer, true, false},
    [PB__REQUEST__COMMAND_CHANGE_CUSTOMER] = {decide_change_customer, true, false},
    [PB__REQUEST__COMMAND_CLOSE_CUSTOMER] = {decide_close_customer, true, false},
    [PB__REQUEST__COMMAND_ERASE_CUSTOMER] = {decide_erase_customer, true, false},
    [PB__REQUEST__COMMAND_RECEIVE_DEPOSIT] = {decide_deposit, true, false},
    [PB__REQUEST__COMMAND_POST_CHARGE] = {decide_charge, true, false},
    [PB__REQUEST__COMMAND_RECEIVE_PAYMENT] = {decide_payment, true, false},
    [PB__REQUEST__COMMAND_SETTLE_PAYMENT] = {decide_settle_payment, true, false},
    [PB__REQUEST__COMMAND_ALLOCATE] = {decide_allocate, false, false},
    [PB__REQUEST__COMMAND_UNALLOCATE] = {decide_unallocate, false, false},
    [PB__REQUEST__COMMAND_POST_ADJUSTMENT] = {decide_adjustment, true, false},
    [PB__REQUEST__COMMAND_REFUND] = {decide_refund, true, false},
    [PB__REQUEST__COMMAND_REVERSE_PAYMENT] = {decide_reverse_payment, false, false},
    [PB__REQUEST__COMMAND_REVERSE_CHARGE] = {decide_reverse_charge, false, false},
    [PB__REQUEST__COMMAND_PLACE_HOLD] = {decide_place_hold, true, false},
    [PB__REQUEST__COMMAND_CAPTURE_HOLD] = {decide_capture_hold, true, false},
    [PB__REQUEST__COMMAND_RELEASE_HOLD] = {decide_release_hold, true, false},
    [PB__REQUEST__COMMAND_REACTIVATE_LOT] = {decide_reactivate_lot, true, false},
    [PB__REQUEST__COMMAND_SET_CREDIT_POLICY] = {decide_credit_policy, true, false},
    [PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD] = {decide_place_credit_hold, true, false},
    [PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD] = {decide_lift_credit_hold, true, false},
    [PB__REQUEST__COMMAND_OPEN_DISPUTE] = {decide_open_dispute, true, false},
    [PB__REQUEST__COMMAND_RESOLVE_DISPUTE] = {decide_resolve_dispute, true, false},
    [PB__REQUEST__COMMAND_CLOSE_PERIOD] = {decide_close_period, false, true},
    [PB__REQUEST__COMMAND_REOPEN_PERIOD] = {decide_reopen_period, false, true},
    [PB__REQUEST__COMMAND_EXPIRE_DUE] = {decide_expire_due, true, false},
    [PB__REQUEST__COMMAND_APPLY_DEPOSIT] = {decide_apply_deposit, true, false},
    [PB__REQUEST__COMMAND_ISSUE_STATEMENT] = {decide_issue_statement, true, false},
    [PB__REQUEST__COMMAND_PROPOSE_REQUEST] = {decide_propose, false, true},
    [PB__REQUEST__COMMAND_APPROVE_REQUEST] = {decide_approve, false, true},
    [PB__REQUEST__COMMAND_REJECT_REQUEST] = {decide_reject, false, true},
    [PB__REQUEST__COMMAND_SET_APPROVAL_POLICY] = {decide_approval_policy, false, true},
    [PB__REQUEST__COMMAND_RECORD_OPERATOR_ACTION] = {decide_operator_action, false, true},
};

static const struct rule *rule_of(const Pb__Request *request) {
    size_t command = (size_t)request->command_case;
    return command < sizeof rules / sizeof rules[0] && rules[command].decide != NULL ? &rules[command] : NULL;
}

static bool take_rule(struct decision *decision) {
    decision->rule = rule_of(decision->request);
    return decision->rule != NULL ||
           REFUSE(decision, UNSUPPORTED, NO_FACTS, "this build has no rule for this command yet");
}

static bool check_own_period(struct decision *decision) {
    return !decision->rule->has_own_date || check_period(decision, decision->effective_on);
}

/* Due expiries come first; what a rule gave back to a lot past its day expires at once. */
static bool decide_with_expiries(struct decision *decision) {
    if (decision->customer != NULL && !emit_due_expiries(decision, decision->today)) {
        return false;
    }
    return decision->rule->decide(decision) &&
           (decision->customer == NULL || emit_due_expiries(decision, decision->today));
}

/* What is decided of a request itself, whoever asks for it and how. */
static bool decide_command(struct decision *decision) {
    return take_rule(decision) && check_role(decision) && check_currency(decision) && check_dates(decision) &&
           check_customer(decision) && check_own_period(decision) && check_approval(decision) &&
           decide_with_expiries(decision);
}

/* Its row is the same for as long as is decided, whatever is folded meanwhile. */
static bool take_ledger(struct decision *decision) {
    struct ledger_row *ledger = NULL;
    bool is_there = went_well(decision, state_ledger(decision->state, &ledger, decision->error));
    decision->ledger = ledger;
    return is_there;
}

bool decide_proposed(struct decision *decision, const Pb__Request *proposed) {
    decision->request = proposed;
    decision->is_approved = true;
    return check_not_after(decision) && decide_command(decision);
}

static bool decide_in_order(struct decision *decision, struct decider *decider) {
    return check_form(decision) && take_digest(decision, decider) && check_key(decision) && check_instants(decision) &&
           take_ledger(decision) && decide_command(decision);
}

static int32_t today_of(struct decider *decider, int64_t instant_us) {
    if (instant_us < decider->day.from_us || instant_us >= decider->day.until_us) {
        decider->day = timezone_day(decider->settings.timezone, instant_us);
    }
    return decider->day.date;
}

enum daybook_status decide_request(struct decider *decider, struct state *state, const Pb__Request *request,
                                   const struct decide_input *input, struct arena *answer_arena,
                                   struct event_batch *batch, struct decide_result *result,
                                   struct daybook_error *error) {
    arena_reset(&decider->request_arena);
    *result = (struct decide_result){.last_recorded_at_us = input->last_recorded_at_us};
    int64_t earliest_us = input->last_recorded_at_us + 1;
    int64_t now_us =
        decider->settings.allow_import_clock && request->recorded_at_us != 0 ? request->recorded_at_us : input->now_us;
    struct decision decision = {
        .state = state,
        .settings = &decider->settings,
        .knows_currency = decider->knows_currency,
        .asked = request,
        .request = request,
        .input = *input,
        .answer_arena = answer_arena,
        .request_arena = &decider->request_arena,
        .batch = batch,
        .next_sequence = input->next_sequence,
        .next_recorded_at_us = now_us < earliest_us ? earliest_us : now_us,
        .result = result,
        .error = error,
    };
    decision.today = today_of(decider, decision.next_recorded_at_us);
    int64_t first_recorded_at_us = decision.next_recorded_at_us;
    (void)decide_in_order(&decision, decider); /* What stopped it stands in the decision and the result. */
    if (decision.failure != DAYBOOK_OK || result->refusal != NULL || result->is_repeated) {
        return decision.failure;
    }
    result->first_sequence = input->next_sequence;
    result->last_sequence = decision.next_sequence - 1;
    result->recorded_at_us = first_recorded_at_us;
    if (decision.next_sequence != input->next_sequence) {
        result->last_recorded_at_us = decision.next_recorded_at_us - 1;
    }
    return DAYBOOK_OK;
}
