/* The second person: what needs one, proposals, approvals and rejections. */
#include <string.h>

#include "base/calendar.h"
#include "base/hash.h"
#include "codec/wire.h"
#include "domain/decide_internal.h"

#define DAY_US INT64_C(86400000000)
enum { PROPOSAL_DAYS = 7 };

/* ---- what needs a second person ---- */

/* What the approval policy measures of a request; kind unspecified: nothing. */
struct measure {
    Pb__ApprovalKind kind;
    int64_t amount_minor;
    const char *currency;
    const char *document;
};

/* The document, or NULL where there is none: its own rule refuses that. */
static bool look_up(struct decision *decision, Pb__DocumentKind kind, const char *id, struct document **document) {
    uint64_t sequence = 0;
    *document = NULL;
    return went_well(decision, state_find_document(decision->state, decision->customer, kind, id, document, &sequence,
                                                   decision->error));
}

static bool measure_document(struct decision *decision, Pb__DocumentKind kind, const char *id,
                             struct document **document, struct measure *measure) {
    if (!look_up(decision, kind, id, document)) {
        return false;
    }
    if (*document != NULL && !decision->is_currency_named) {
        measure->currency = (*document)->currency;
    }
    return true;
}

static bool measure_adjustment(struct decision *decision, struct measure *measure) {
    const Pb__PostAdjustment *command = decision->request->post_adjustment;
    struct document *target = NULL;
    if (command->kind != PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF) {
        return true;
    }
    *measure = (struct measure){PB__APPROVAL_KIND__APPROVAL_KIND_WRITE_OFF, command->amount_minor, decision->currency,
                                command->adjustment};
    Pb__DocumentKind kind = command->target_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED
                                ? PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
                                : command->target_kind;
    return measure_document(decision, kind, command->target, &target, measure);
}

static bool measure_refund(struct decision *decision, struct measure *measure) {
    const Pb__Refund *command = decision->request->refund;
    struct document *source = NULL;
    *measure = (struct measure){PB__APPROVAL_KIND__APPROVAL_KIND_REFUND, command->amount_minor, decision->currency,
                                command->refund};
    return measure_document(decision, command->source_kind, command->source, &source, measure);
}

static bool measure_credit_policy(struct decision *decision, struct measure *measure) {
    const Pb__SetCreditPolicy *command = decision->request->set_credit_policy;
    bool is_unlimited = command->state == PB__LIMIT_STATE__LIMIT_STATE_UNLIMITED;
    *measure =
        (struct measure){PB__APPROVAL_KIND__APPROVAL_KIND_CREDIT_POLICY,
                         is_unlimited ? INT64_MAX : command->limit_minor, decision->currency, decision->customer->id};
    return true;
}

static bool measure_reversed_payment(struct decision *decision, struct measure *measure) {
    const Pb__ReversePayment *command = decision->request->reverse_payment;
    struct document *payment = NULL;
    *measure = (struct measure){PB__APPROVAL_KIND__APPROVAL_KIND_REVERSAL, 0, decision->currency, command->payment};
    if (!measure_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, command->payment, &payment, measure)) {
        return false;
    }
    measure->amount_minor = payment == NULL ? 0 : payment->amount_minor;
    return true;
}

static bool measure_reversed_charge(struct decision *decision, struct measure *measure) {
    const Pb__ReverseCharge *command = decision->request->reverse_charge;
    struct document *charge = NULL;
    *measure = (struct measure){PB__APPROVAL_KIND__APPROVAL_KIND_REVERSAL, command->amount_minor, decision->currency,
                                command->charge};
    if (!measure_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge, &charge, measure)) {
        return false;
    }
    if (charge != NULL && command->amount_minor == 0) {
        measure->amount_minor = charge->amount_minor - document_rare(charge)->reversed_minor;
    }
    return true;
}

static const struct {
    Pb__Request__CommandCase command;
    bool (*measure)(struct decision *decision, struct measure *measure);
} measured[] = {
    {PB__REQUEST__COMMAND_POST_ADJUSTMENT, measure_adjustment},
    {PB__REQUEST__COMMAND_REFUND, measure_refund},
    {PB__REQUEST__COMMAND_SET_CREDIT_POLICY, measure_credit_policy},
    {PB__REQUEST__COMMAND_REVERSE_PAYMENT, measure_reversed_payment},
    {PB__REQUEST__COMMAND_REVERSE_CHARGE, measure_reversed_charge},
};

static bool check_threshold(struct decision *decision, const struct measure *measure, const struct vector *thresholds) {
    for (uint32_t i = 0; i < thresholds->count; i++) {
        const struct threshold *threshold = VECTOR_AT(const struct threshold, thresholds, i);
        if ((int)threshold->kind == (int)measure->kind && strcmp(threshold->currency, measure->currency) == 0 &&
            measure->amount_minor > threshold->above_minor) {
            memcpy(decision->currency, threshold->currency, sizeof decision->currency);
            return REFUSE(
                decision, APPROVAL_REQUIRED,
                ((struct refusal_facts){measure->document, measure->amount_minor, threshold->above_minor, DATE_NONE}),
                "above %s this needs a second person: propose it, and let somebody else approve it",
                amount_text(decision, threshold->above_minor));
        }
    }
    return true;
}

bool check_approval(struct decision *decision) {
    const struct vector *thresholds = &decision->ledger->thresholds;
    if (decision->is_approved || thresholds->count == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        struct measure measure = {.kind = PB__APPROVAL_KIND__APPROVAL_KIND_UNSPECIFIED};
        if (measured[i].command != decision->request->command_case) {
            continue;
        }
        if (!measured[i].measure(decision, &measure) || !check_threshold(decision, &measure, thresholds)) {
            return false;
        }
    }
    return true;
}

/* ---- the policy ---- */

static bool check_new_threshold(struct decision *decision, const Pb__SetApprovalPolicy *command, size_t index) {
    const Pb__ApprovalThreshold *threshold = command->thresholds[index];
    if (threshold->kind <= PB__APPROVAL_KIND__APPROVAL_KIND_UNSPECIFIED ||
        threshold->kind > PB__APPROVAL_KIND__APPROVAL_KIND_REVERSAL) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "threshold %zu is of no kind that there is", index + 1);
    }
    if (currency_decimals(threshold->currency) < 0) {
        return REFUSE(decision, CURRENCY_UNKNOWN, NO_FACTS, "threshold %zu: \"%.16s\" is no active ISO 4217 currency",
                      index + 1, threshold->currency);
    }
    if (threshold->above_minor < 0) {
        return REFUSE(decision, AMOUNT_NOT_POSITIVE, NO_FACTS, "threshold %zu is below zero", index + 1);
    }
    for (size_t i = 0; i < index; i++) {
        if (command->thresholds[i]->kind == threshold->kind &&
            strcmp(command->thresholds[i]->currency, threshold->currency) == 0) {
            return REFUSE(decision, MALFORMED, NO_FACTS, "thresholds %zu and %zu are for the same requests", i + 1,
                          index + 1);
        }
    }
    return true;
}

bool decide_approval_policy(struct decision *decision) {
    const Pb__SetApprovalPolicy *command = decision->request->set_approval_policy;
    if (command->n_thresholds > LIMIT_THRESHOLDS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "an approval policy has at most %d thresholds", LIMIT_THRESHOLDS);
    }
    for (size_t i = 0; i < command->n_thresholds; i++) {
        if (!check_new_threshold(decision, command, i)) {
            return false;
        }
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__ApprovalPolicySet body = PB__APPROVAL_POLICY_SET__INIT;
    body.n_thresholds = command->n_thresholds;
    body.thresholds = command->thresholds;
    event.body_case = PB__EVENT__BODY_APPROVAL_POLICY_SET;
    event.approval_policy_set = &body;
    return emit(decision, &event, decision->effective_on);
}

/* ---- proposing ---- */

/* Whoever could ask for it may propose it; and what says who else may do things is not proposed. */
static bool check_proposed(struct decision *decision, const Pb__Request *proposed) {
    if (proposed == NULL || proposed->command_case == PB__REQUEST__COMMAND__NOT_SET) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "the proposal names no command");
    }
    /* What is personal is sealed on its way in; a proposal would keep it in clear. */
    bool is_personal = proposed->command_case == PB__REQUEST__COMMAND_OPEN_CUSTOMER ||
                       proposed->command_case == PB__REQUEST__COMMAND_CHANGE_CUSTOMER;
    if (is_personal || proposed->command_case >= PB__REQUEST__COMMAND_PROPOSE_REQUEST) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "this command is asked for directly, not by a proposal");
    }
    return role_may(decision->request->role, proposed->command_case) ||
           REFUSE(decision, ROLE_NOT_ALLOWED, NO_FACTS, "the role %s may not ask for the command that it proposes",
                  role_name(decision->request->role));
}

static bool check_name(struct decision *decision, const char *id) {
    uint64_t sequence = 0;
    if (!check_identifier(decision, "the proposal's id", id) ||
        !went_well(decision, state_find_proposal(decision->state, id, &sequence, decision->error))) {
        return false;
    }
    return sequence == 0 || REFUSE(decision, DUPLICATE_DOCUMENT, ((struct refusal_facts){.document = id}),
                                   "there is a proposal \"%s\" since event %llu", id, (unsigned long long)sequence);
}

static bool check_expiry(struct decision *decision, int64_t *expires_at_us) {
    int64_t now_us = decision->next_recorded_at_us;
    if (*expires_at_us == 0) {
        *expires_at_us = now_us + PROPOSAL_DAYS * DAY_US;
    }
    return (*expires_at_us >= now_us && *expires_at_us <= now_us + LIMIT_PROPOSAL_DAYS * DAY_US) ||
           REFUSE(decision, DATE_INVALID, NO_FACTS, "a proposal expires in the future, and in %d days at most",
                  LIMIT_PROPOSAL_DAYS);
}

static bool check_room(struct decision *decision) {
    const struct vector *proposals = &decision->ledger->proposals;
    size_t open = 0;
    for (uint32_t i = 0; i < proposals->count; i++) {
        open += VECTOR_AT(const struct open_proposal, proposals, i)->expires_at_us >= decision->next_recorded_at_us;
    }
    return open < LIMIT_PROPOSALS ||
           REFUSE(decision, PROPOSAL_LIMIT, NO_FACTS, "%d proposals are open, and no more can be", LIMIT_PROPOSALS);
}

static bool digest_request(struct decision *decision, const struct daybook_buffer *bytes, uint8_t digest[SHA256_SIZE]) {
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return out_of_memory(decision);
    }
    sha256_begin(sha256);
    sha256_update(sha256, bytes->data, bytes->size);
    sha256_end(sha256, digest);
    sha256_close(sha256);
    return true;
}

/* The request is kept as its proposer's: what it said of actor and role is not believed. */
static bool emit_proposed(struct decision *decision, const Pb__ProposeRequest *command, int64_t expires_at_us) {
    struct daybook_buffer bytes = {0};
    uint8_t digest[SHA256_SIZE];
    Pb__Request kept = *command->request;
    kept.actor = decision->request->actor;
    kept.role = decision->request->role;
    bool is_made = wire_encode(&kept.base, &bytes) == DAYBOOK_OK ? digest_request(decision, &bytes, digest)
                                                                 : out_of_memory(decision);
    if (is_made) {
        Pb__Event event = PB__EVENT__INIT;
        Pb__RequestProposed body = PB__REQUEST_PROPOSED__INIT;
        body.proposal = command->proposal;
        body.request = (ProtobufCBinaryData){bytes.size, bytes.data};
        body.request_sha256 = (ProtobufCBinaryData){sizeof digest, digest};
        body.expires_at_us = expires_at_us;
        event.body_case = PB__EVENT__BODY_REQUEST_PROPOSED;
        event.request_proposed = &body;
        is_made = emit(decision, &event, decision->effective_on);
    }
    daybook_buffer_release(&bytes);
    return is_made;
}

bool decide_propose(struct decision *decision) {
    const Pb__ProposeRequest *command = decision->request->propose_request;
    int64_t expires_at_us = command->expires_at_us;
    return check_proposed(decision, command->request) && check_name(decision, command->proposal) &&
           check_expiry(decision, &expires_at_us) && check_room(decision) &&
           emit_proposed(decision, command, expires_at_us);
}

/* ---- approving and rejecting ---- */

static bool is_open(const struct ledger_row *ledger, uint64_t number) {
    for (uint32_t i = 0; i < ledger->proposals.count; i++) {
        if (VECTOR_AT(const struct open_proposal, &ledger->proposals, i)->number == number) {
            return true;
        }
    }
    return false;
}

/* The proposal's event, if it can still be decided, and by its hash. */
static bool find_open(struct decision *decision, const char *id, ProtobufCBinaryData sha256,
                      const Pb__Event **proposed) {
    uint64_t sequence = 0;
    if (!check_identifier(decision, "the proposal's id", id) ||
        !went_well(decision, state_find_proposal(decision->state, id, &sequence, decision->error))) {
        return false;
    }
    struct refusal_facts facts = {.document = id};
    if (sequence == 0) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, facts, "there is no proposal \"%s\"", id);
    }
    if (!went_well(decision,
                   state_read_event(decision->state, sequence, decision->request_arena, proposed, decision->error))) {
        return false;
    }
    const Pb__RequestProposed *body = (*proposed)->request_proposed;
    if (decision->next_recorded_at_us > body->expires_at_us) {
        char text[INSTANT_TEXT_SIZE];
        return REFUSE(decision, PROPOSAL_EXPIRED, facts, "proposal \"%s\" could be decided until %s", id,
                      instant_format(body->expires_at_us, text));
    }
    if (!is_open(decision->ledger, sequence)) {
        return REFUSE(decision, ALREADY_SETTLED, facts, "proposal \"%s\" was approved or rejected before", id);
    }
    return (sha256.len == body->request_sha256.len &&
            memcmp(sha256.data, body->request_sha256.data, sha256.len) == 0) ||
           REFUSE(decision, PROPOSAL_MISMATCH, facts, "the hash is not that of the request of proposal \"%s\"", id);
}

/* In the request's arena, with all that it has. */
static bool read_proposed(struct decision *decision, const Pb__Event *event, const Pb__Request **proposed) {
    ProtobufCMessage *message = NULL;
    struct daybook_bytes bytes = {event->request_proposed->request.data, event->request_proposed->request.len};
    if (!went_well(decision,
                   wire_decode(&pb__request__descriptor, bytes, decision->request_arena, &message, decision->error))) {
        return false;
    }
    *proposed = (const Pb__Request *)message;
    return true;
}

static bool check_second_person(struct decision *decision, const Pb__Event *event, const Pb__Request *proposed) {
    const Pb__Request *request = decision->request;
    if (strcmp(event->actor, request->actor) == 0) {
        return REFUSE(decision, SAME_PERSON, ((struct refusal_facts){.document = event->request_proposed->proposal}),
                      "proposal \"%s\" is %s's own; somebody else decides it", event->request_proposed->proposal,
                      event->actor);
    }
    return role_may(request->role, proposed->command_case) ||
           REFUSE(decision, ROLE_NOT_ALLOWED, NO_FACTS, "the role %s may not ask for the command that was proposed",
                  role_name(request->role));
}

bool decide_approve(struct decision *decision) {
    const Pb__ApproveRequest *command = decision->request->approve_request;
    const Pb__Event *event = NULL;
    const Pb__Request *proposed = NULL;
    if (!find_open(decision, command->proposal, command->request_sha256, &event) ||
        !read_proposed(decision, event, &proposed) || !check_second_person(decision, event, proposed)) {
        return false;
    }
    Pb__Event approved = PB__EVENT__INIT;
    Pb__RequestApproved body = PB__REQUEST_APPROVED__INIT;
    body.proposal = command->proposal;
    body.request_sha256 = command->request_sha256;
    approved.body_case = PB__EVENT__BODY_REQUEST_APPROVED;
    approved.request_approved = &body;
    return emit(decision, &approved, decision->effective_on) && decide_proposed(decision, proposed);
}

bool decide_reject(struct decision *decision) {
    const Pb__RejectRequest *command = decision->request->reject_request;
    const Pb__Event *event = NULL;
    const Pb__Request *proposed = NULL;
    if (!find_open(decision, command->proposal, command->request_sha256, &event) ||
        !read_proposed(decision, event, &proposed) || !check_second_person(decision, event, proposed) ||
        !check_reason(decision, command->reason, "rejecting a proposal")) {
        return false;
    }
    Pb__Event rejected = PB__EVENT__INIT;
    Pb__RequestRejected body = PB__REQUEST_REJECTED__INIT;
    body.proposal = command->proposal;
    body.request_sha256 = command->request_sha256;
    body.reason = command->reason;
    rejected.body_case = PB__EVENT__BODY_REQUEST_REJECTED;
    rejected.request_rejected = &body;
    return emit(decision, &rejected, decision->effective_on);
}
