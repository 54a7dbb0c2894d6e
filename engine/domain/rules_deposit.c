/* Money in advance, and money back. */
#include <string.h>

#include "domain/decide_internal.h"

static bool check_scope(struct decision *decision, const Pb__ReceiveDeposit *command) {
    if (command->n_scope > LIMIT_SCOPE) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "a scope of %zu categories; %d are the most", command->n_scope,
                      LIMIT_SCOPE);
    }
    for (size_t i = 0; i < command->n_scope; i++) {
        if (!check_identifier(decision, "a category of the scope", command->scope[i])) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            /* Twice would count as wider, and lots of a narrower scope pay first. */
            if (strcmp(command->scope[j], command->scope[i]) == 0) {
                return REFUSE(decision, MALFORMED, NO_FACTS, "the scope names \"%s\" twice", command->scope[i]);
            }
        }
    }
    return true;
}

static bool check_lot_dates(struct decision *decision, const Pb__ReceiveDeposit *command, Pb__DepositReceived *body) {
    if (!check_date(decision, "effective_from", command->effective_from, &body->effective_from) ||
        !check_date(decision, "expires_on", command->expires_on, &body->expires_on)) {
        return false;
    }
    if (body->effective_from == DATE_NONE) {
        body->effective_from = decision->effective_on;
    }
    if (body->effective_from < decision->effective_on) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body->effective_from}),
                      "the lot could be used from %s, before it is received on %s",
                      date_text(decision, body->effective_from), date_text(decision, decision->effective_on));
    }
    if (body->expires_on != DATE_NONE && body->expires_on <= body->effective_from) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body->expires_on}),
                      "the lot would expire on %s, not after %s, its first day", date_text(decision, body->expires_on),
                      date_text(decision, body->effective_from));
    }
    return true;
}

bool decide_deposit(struct decision *decision) {
    const Pb__ReceiveDeposit *command = decision->request->receive_deposit;
    Pb__Event event = PB__EVENT__INIT;
    Pb__DepositReceived body = PB__DEPOSIT_RECEIVED__INIT;
    uint32_t priority = command->priority != NULL ? command->priority->value : 50;
    if (priority > 100) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "a priority of %u; it must be 0 to 100", priority);
    }
    if (!check_identifier(decision, "the lot's id", command->lot) || !check_scope(decision, command) ||
        !check_line(decision, "the memo", command->memo, LIMIT_MEMO_BYTES) ||
        !check_lot_dates(decision, command, &body) || !check_amount(decision, command->amount_minor, command->lot) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, command->lot)) {
        return false;
    }
    body.lot = command->lot;
    body.amount_minor = command->amount_minor;
    body.funding = command->funding == PB__FUNDING__FUNDING_UNSPECIFIED ? PB__FUNDING__FUNDING_PAID : command->funding;
    body.n_scope = command->n_scope;
    body.scope = command->scope;
    body.priority = priority;
    body.on_expiry = command->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_UNSPECIFIED ? PB__ON_EXPIRY__ON_EXPIRY_DORMANT
                                                                                : command->on_expiry;
    body.memo = command->memo;
    event.body_case = PB__EVENT__BODY_DEPOSIT_RECEIVED;
    event.deposit_received = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}

static bool check_refundable(struct decision *decision, const struct document *source) {
    const char *kind = document_kind_name((Pb__DocumentKind)source->kind);
    struct refusal_facts facts = {.document = source->id};
    if (!source->is_source) {
        return REFUSE(decision, NOT_REFUNDABLE, facts, "%s \"%s\" is owed by the customer, not to the customer", kind,
                      source->id);
    }
    if (source->is_pending) {
        return REFUSE(decision, PAYMENT_PENDING, facts, "payment \"%s\" has not settled", source->id);
    }
    if (source->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT && source->funding == PB__FUNDING__FUNDING_PROMOTIONAL) {
        return REFUSE(decision, NOT_REFUNDABLE, facts, "lot \"%s\" is promotional; only paid money is paid back",
                      source->id);
    }
    return true;
}

static bool check_refund_left(struct decision *decision, const struct document *source, int64_t amount_minor) {
    int64_t left_minor = timeline_lowest_from(&source->left, decision->effective_on);
    if (amount_minor <= left_minor) {
        return true;
    }
    struct refusal_facts facts = {.document = source->id,
                                  .requested_minor = amount_minor,
                                  .available_minor = left_minor,
                                  .date = decision->effective_on};
    bool is_lot = source->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT;
    refuse(decision,
           is_lot ? PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_DEPOSIT : PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_UNAPPLIED,
           facts, "%s \"%s\" can give back %s from %s on, not %s", document_kind_name((Pb__DocumentKind)source->kind),
           source->id, amount_text(decision, left_minor), date_text(decision, decision->effective_on),
           amount_text(decision, amount_minor));
    return false;
}

bool decide_refund(struct decision *decision) {
    const Pb__Refund *command = decision->request->refund;
    bool is_known_kind = command->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT ||
                         command->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT ||
                         command->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT;
    if (!is_known_kind) {
        bool is_said = command->source_kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED;
        return REFUSE(decision, MALFORMED, NO_FACTS,
                      "say what the refund comes out of: a lot, a payment or an adjustment%s%s",
                      is_said ? ", and not a " : "", is_said ? document_kind_name(command->source_kind) : "");
    }
    struct document *source = NULL;
    if (!check_identifier(decision, "the refund's id", command->refund) ||
        !check_identifier(decision, "the source's id", command->source) ||
        !check_line(decision, "the method", command->method, LIMIT_ID_BYTES) ||
        !check_line(decision, "the reason", command->reason, LIMIT_ID_BYTES) ||
        !check_amount(decision, command->amount_minor, command->refund) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND, command->refund) ||
        !find_document(decision, command->source_kind, command->source, &source) ||
        !check_refundable(decision, source) || !check_not_before(decision, decision->effective_on, source) ||
        !check_refund_left(decision, source, command->amount_minor)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__Refunded body = PB__REFUNDED__INIT;
    body.refund = command->refund;
    body.source_kind = command->source_kind;
    body.source = command->source;
    body.amount_minor = command->amount_minor;
    body.method = command->method;
    body.reason = command->reason;
    body.effective_from = source->effective_from > decision->effective_on ? source->effective_from : DATE_NONE;
    event.body_case = PB__EVENT__BODY_REFUNDED;
    event.refunded = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}
