/* Payments, their settling, and allocations on request. */
#include <stdlib.h>
#include <string.h>

#include "domain/decide_internal.h"

static bool check_tolerance(struct decision *decision, int64_t tolerance_minor) {
    return tolerance_minor >= 0 ||
           REFUSE(decision, AMOUNT_NOT_POSITIVE, ((struct refusal_facts){.requested_minor = tolerance_minor}),
                  "a rounding tolerance of %s; it must be 0 or more", amount_text(decision, tolerance_minor));
}

static bool check_payment(struct decision *decision, const Pb__ReceivePayment *command) {
    if (!check_identifier(decision, "the payment's id", command->payment) ||
        !check_line(decision, "the method", command->method, LIMIT_ID_BYTES) ||
        !check_line(decision, "the memo", command->memo, LIMIT_MEMO_BYTES) ||
        !check_amount(decision, command->amount_minor, command->payment) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, command->payment)) {
        return false;
    }
    if (!check_tolerance(decision, command->rounding_tolerance_minor)) {
        return false;
    }
    bool is_pending = command->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING;
    if (is_pending && (command->n_allocations > 0 || command->auto_ == PB__AUTO_ALLOCATE__AUTO_ALLOCATE_OLDEST_FIRST)) {
        return REFUSE(decision, PAYMENT_PENDING, ((struct refusal_facts){.document = command->payment}),
                      "payment \"%s\" is pending; it can be allocated once it has settled", command->payment);
    }
    return true;
}

bool decide_payment(struct decision *decision) {
    const Pb__ReceivePayment *command = decision->request->receive_payment;
    if (!check_payment(decision, command)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__PaymentReceived body = PB__PAYMENT_RECEIVED__INIT;
    body.payment = command->payment;
    body.amount_minor = command->amount_minor;
    body.method = command->method;
    body.status = command->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_UNSPECIFIED
                      ? PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED
                      : command->status;
    body.memo = command->memo;
    event.body_case = PB__EVENT__BODY_PAYMENT_RECEIVED;
    event.payment_received = &body;
    event.currency = decision->currency;
    if (!emit(decision, &event, decision->effective_on)) {
        return false;
    }
    struct document *payment = emitted_document(decision);
    decision->is_currency_named = true; /* From here on the payment's. */
    size_t planned = planned_count(decision, command->n_allocations);
    if (planned > 0 && !allocate_planned(decision, payment, command->allocations, planned)) {
        return false;
    }
    /* A cashier's payment stays unapplied: check_role has refused one that says otherwise. */
    bool is_automatic = command->auto_ == PB__AUTO_ALLOCATE__AUTO_ALLOCATE_OLDEST_FIRST ||
                        (command->auto_ == PB__AUTO_ALLOCATE__AUTO_ALLOCATE_UNSPECIFIED && planned == 0 &&
                         role_may(decision->request->role, PB__REQUEST__COMMAND_ALLOCATE));
    return !is_automatic || payment->is_pending || allocate_oldest_first(decision, payment);
}

bool decide_settle_payment(struct decision *decision) {
    const char *id = decision->request->settle_payment->payment;
    struct document *payment = NULL;
    if (!check_identifier(decision, "the payment's id", id) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, id, &payment)) {
        return false;
    }
    if (!payment->is_pending) {
        return REFUSE(decision, ALREADY_SETTLED, ((struct refusal_facts){.document = id}),
                      "payment \"%s\" is not pending: it has settled, or was reversed", id);
    }
    if (!check_not_before(decision, decision->effective_on, payment)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__PaymentSettled body = PB__PAYMENT_SETTLED__INIT;
    body.payment = payment->id;
    body.amount_minor = payment->amount_minor;
    event.body_case = PB__EVENT__BODY_PAYMENT_SETTLED;
    event.payment_settled = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}

bool decide_allocate(struct decision *decision) {
    const Pb__Allocate *command = decision->request->allocate;
    Pb__DocumentKind kind = command->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED
                                ? PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT
                                : command->source_kind;
    struct document *source = NULL;
    if (kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT && kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "a payment or an adjustment can be allocated, not a %s",
                      document_kind_name(kind));
    }
    if (!check_identifier(decision, "the source's id", command->source) ||
        !check_tolerance(decision, command->rounding_tolerance_minor) ||
        !find_document(decision, kind, command->source, &source)) {
        return false;
    }
    if (source->is_pending) {
        return REFUSE(decision, PAYMENT_PENDING, ((struct refusal_facts){.document = source->id}),
                      "payment \"%s\" has not settled", source->id);
    }
    if (!source->is_source) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = source->id}),
                      "%s \"%s\" is owed, not money to be allocated", document_kind_name(kind), source->id);
    }
    if (!check_other_person(decision, source)) {
        return false;
    }
    size_t planned = planned_count(decision, command->n_allocations);
    if (planned > 0) {
        return allocate_planned(decision, source, command->allocations, planned);
    }
    uint64_t before = decision->next_sequence;
    if (decision->is_dated && !check_not_before(decision, decision->effective_on, source)) {
        return false;
    }
    if (!allocate_oldest_first(decision, source)) {
        return false;
    }
    return decision->next_sequence != before ||
           REFUSE(decision, EXCEEDS_OPEN, ((struct refusal_facts){.document = source->id}),
                  "nothing of \"%s\" can be put against anything: no money is left of it, or nothing is open",
                  source->id);
}

/* "#123": the allocation that event 123 made. 0: the id is not of that form. */
static uint64_t sequence_of_id(const char *id) {
    if (id[0] != '#' || id[1] < '1' || id[1] > '9' || strlen(id) > 20) {
        return 0;
    }
    char *end = NULL;
    unsigned long long sequence = strtoull(id + 1, &end, 10);
    return *end == '\0' ? (uint64_t)sequence : 0;
}

static bool refuse_unknown_allocation(struct decision *decision, const char *id) {
    return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = id}),
                  "customer %s has no allocation \"%s\"; one that was not named is called \"#\" and its sequence",
                  decision->customer->id, id);
}

/* The event that made the allocation. */
static bool find_allocated(struct decision *decision, const char *id, const Pb__Event **allocated) {
    uint64_t sequence = sequence_of_id(id);
    struct document *document = NULL;
    if (sequence == 0 && !went_well(decision, state_find_document(decision->state, decision->customer,
                                                                  PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION, id,
                                                                  &document, &sequence, decision->error))) {
        return false;
    }
    if (sequence == 0 || sequence >= decision->input.next_sequence) {
        return refuse_unknown_allocation(decision, id);
    }
    if (!went_well(decision,
                   state_read_event(decision->state, sequence, decision->request_arena, allocated, decision->error))) {
        return false;
    }
    if ((*allocated)->body_case != PB__EVENT__BODY_ALLOCATED ||
        strcmp((*allocated)->customer, decision->customer->id) != 0) {
        return refuse_unknown_allocation(decision, id);
    }
    return true;
}

static bool check_unallocation(struct decision *decision, const struct link *link, const struct document *target,
                               int64_t amount_minor, int32_t date) {
    int64_t standing_minor = link != NULL ? link->amount_minor : 0;
    if (link != NULL && date < link->date) {
        return REFUSE(decision, DATE_BEFORE_SOURCE, ((struct refusal_facts){.document = target->id, .date = date}),
                      "%s is before %s, the date of the allocation", date_text(decision, date),
                      date_text(decision, link->date));
    }
    if (amount_minor > standing_minor || standing_minor == 0) {
        struct refusal_facts facts = {target->id, amount_minor, standing_minor, date};
        if (amount_minor == 0) {
            return REFUSE(decision, EXCEEDS_UNAPPLIED, facts, "nothing of the allocation to \"%s\" stands any more",
                          target->id);
        }
        return REFUSE(decision, EXCEEDS_UNAPPLIED, facts, "%s of the allocation to \"%s\" still stand, not %s",
                      amount_text(decision, standing_minor), target->id, amount_text(decision, amount_minor));
    }
    return true;
}

bool decide_unallocate(struct decision *decision) {
    const Pb__Unallocate *command = decision->request->unallocate;
    const Pb__Event *allocated = NULL;
    struct document *source = NULL;
    struct document *target = NULL;
    if (!check_identifier(decision, "the allocation's id", command->allocation) ||
        !check_amount_or_all(decision, command->amount_minor, command->allocation) ||
        !find_allocated(decision, command->allocation, &allocated) ||
        !find_document(decision, allocated->allocated->source_kind, allocated->allocated->source, &source) ||
        !find_document(decision, allocated->allocated->target_kind, allocated->allocated->target, &target)) {
        return false;
    }
    const struct link *standing = NULL;
    for (uint32_t i = target->links.count; i > 0 && standing == NULL; i--) {
        const struct link *link = VECTOR_AT(const struct link, &target->links, i - 1);
        standing = link->sequence == allocated->sequence ? link : NULL;
    }
    struct link link = standing != NULL ? *standing : (struct link){0};
    int64_t amount_minor = command->amount_minor != 0 ? command->amount_minor : link.amount_minor;
    return check_unallocation(decision, standing, target, amount_minor, decision->effective_on) &&
           emit_unallocated(decision, &link, source, target, amount_minor, decision->effective_on, DATE_NONE,
                            PB__UNALLOCATION_CAUSE__UNALLOCATION_CAUSE_REQUESTED);
}
