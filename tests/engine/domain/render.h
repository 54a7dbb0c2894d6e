/* Events and refusals as a line of text, for tables of rules. */
#ifndef DAYBOOK_TESTS_DOMAIN_RENDER_H
#define DAYBOOK_TESTS_DOMAIN_RENDER_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/decide.h"
#include "tests/rows.h"

enum { RENDER_BYTES = 8192 };

struct rendered {
    char text[RENDER_BYTES];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static inline void render(struct rendered *rendered, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(rendered->text + rendered->size, RENDER_BYTES - rendered->size, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && (size_t)size < RENDER_BYTES - rendered->size);
    rendered->size += (size_t)size;
}

static inline void render_date(struct rendered *rendered, const char *what, int32_t date, int32_t natural) {
    char text[DATE_TEXT_SIZE];
    if (date != natural) {
        render(rendered, " %s=%s", what, date_format(date, text));
    }
}

static inline void render_slices(struct rendered *rendered, const char *what, const char *charge, size_t count,
                                 Pb__LotSlice *const *slices) {
    render(rendered, "%s %s", what, charge);
    for (size_t i = 0; i < count; i++) {
        render(rendered, "%s%s %" PRId64, i == 0 ? " " : ", ", slices[i]->lot, slices[i]->amount_minor);
    }
}

static inline void render_profile(struct rendered *rendered, const char *what, const Pb__Event *event,
                                  const Pb__CustomerProfile *profile) {
    static const char *const settlements[] = {"?", "first", "receivable", "only"};
    render(rendered, "%s %s %s", what, event->customer, settlements[profile->settlement]);
    if (profile->sealed != NULL) {
        render(rendered, " sealed=%.*s", (int)profile->sealed->ciphertext.len,
               (const char *)profile->sealed->ciphertext.data);
    }
    if (profile->terms != NULL) {
        render(rendered, " terms=%u%s", profile->terms->days, profile->terms->end_of_month ? " eom" : "");
    }
}

static inline void render_deposit(struct rendered *rendered, const Pb__Event *event) {
    const Pb__DepositReceived *deposit = event->deposit_received;
    static const char *const fundings[] = {"?", "", " promo"};
    static const char *const expiries[] = {"?", "", " forfeit"};
    render(rendered, "deposit %s %" PRId64 "%s%s", deposit->lot, deposit->amount_minor, fundings[deposit->funding],
           expiries[deposit->on_expiry]);
    if (deposit->priority != 50) {
        render(rendered, " prio=%u", deposit->priority);
    }
    render_date(rendered, "from", deposit->effective_from, event->effective_on);
    render_date(rendered, "expires", deposit->expires_on, DATE_NONE);
}

static inline void render_charge(struct rendered *rendered, const Pb__Event *event) {
    const Pb__ChargePosted *charge = event->charge_posted;
    static const char *const states[] = {"?", "unassessed", "unlimited", "limit"};
    render(rendered, "charge %s %" PRId64, charge->charge, charge->amount_minor);
    render_date(rendered, "due", charge->due_on, event->effective_on);
    for (size_t i = 0; i < charge->n_instalments; i++) {
        char text[DATE_TEXT_SIZE];
        render(rendered, " %" PRId64 "@%s", charge->instalments[i]->amount_minor,
               date_format(charge->instalments[i]->due_on, text));
    }
    const Pb__CreditDecision *credit = charge->credit;
    if (credit != NULL) {
        char text[DATE_TEXT_SIZE];
        render(rendered, " (%s %" PRId64 ", open %" PRId64 ", unapplied %" PRId64 ", new %" PRId64 ", on %s%s)",
               states[credit->state], credit->limit_minor, credit->open_minor, credit->unapplied_minor,
               credit->charge_minor, date_format(credit->checked_as_of, text), credit->over_limit ? ", over" : "");
    }
}

static inline void render_adjustment(struct rendered *rendered, const Pb__Event *event) {
    static const char *const kinds[] = {"?",        "credit-note", "debit-note", "write-off",
                                        "recovery", "discount",    "rounding"};
    const Pb__AdjustmentPosted *adjustment = event->adjustment_posted;
    render(rendered, "%s %s %" PRId64, kinds[adjustment->kind], adjustment->adjustment, adjustment->amount_minor);
    if (adjustment->target[0] != '\0') {
        render(rendered, " for=%s", adjustment->target);
    }
    render_date(rendered, "due", adjustment->due_on, DATE_NONE);
}

static inline void render_settling(struct rendered *rendered, const Pb__Event *event) {
    static const char *const rules[] = {"?", "", " oldest", " oldest-posted", " largest"};
    static const char *const causes[] = {"?", "", " payment-reversed", " charge-reversed"};
    if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
        const Pb__Allocated *body = event->allocated;
        render(rendered, "allocate %s %s %" PRId64 "%s", body->source, body->target, body->amount_minor,
               rules[body->rule]);
        render(rendered, "%s%s", body->allocation[0] != '\0' ? " @" : "", body->allocation);
        if (body->allocation_sequence != 0) {
            render(rendered, " again #%" PRIu64, body->allocation_sequence);
        }
    } else {
        const Pb__Unallocated *body = event->unallocated;
        render(rendered, "unallocate %s %s %" PRId64 " #%" PRIu64 "%s%s%s", body->source, body->target,
               body->amount_minor, body->allocation_sequence, body->allocation[0] != '\0' ? " @" : "", body->allocation,
               causes[body->cause]);
        render_date(rendered, "instead", body->instead_of_on, DATE_NONE);
    }
}

static inline void render_policy(struct rendered *rendered, const Pb__CreditPolicySet *policy) {
    static const char *const states[] = {"?", "unassessed", "unlimited", "amount"};
    static const char *const modes[] = {"?", "block", "warn"};
    render(rendered, "policy %s %" PRId64 " %s", states[policy->state], policy->limit_minor, modes[policy->mode]);
    render_date(rendered, "until", policy->until_on, DATE_NONE);
}

static inline void render_period(struct rendered *rendered, const char *what, int32_t through_on) {
    char text[DATE_TEXT_SIZE];
    render(rendered, "%s %s", what, through_on == DATE_NONE ? "nothing" : date_format(through_on, text));
}

static inline void render_money_back(struct rendered *rendered, const Pb__Event *event) {
    static const char *const readings[] = {"?", "correction", "reversal"};
    static const char *const kinds[] = {"?", "lot", "charge", "payment", "hold", "adjustment"};
    if (event->body_case == PB__EVENT__BODY_REFUNDED) {
        const Pb__Refunded *body = event->refunded;
        render(rendered, "refund %s %" PRId64 " %s %s", body->refund, body->amount_minor, kinds[body->source_kind],
               body->source);
        if (body->effective_from != DATE_NONE) {
            char text[DATE_TEXT_SIZE];
            render(rendered, " from=%s", date_format(body->effective_from, text));
        }
    } else if (event->body_case == PB__EVENT__BODY_PAYMENT_REVERSED) {
        const Pb__PaymentReversed *body = event->payment_reversed;
        render(rendered, "reverse-payment %s %" PRId64 " %s%s", body->payment, body->amount_minor,
               readings[body->reading], body->was_pending ? " pending" : "");
    } else {
        const Pb__ChargeReversed *body = event->charge_reversed;
        render(rendered, "reverse-charge %s %" PRId64 " %s", body->charge, body->amount_minor, readings[body->reading]);
    }
}

static inline void render_expiry(struct rendered *rendered, const Pb__Event *event) {
    static const char *const tos[] = {"?", "dormant", "forfeit"};
    if (event->body_case == PB__EVENT__BODY_LOT_EXPIRED) {
        render(rendered, "expire %s %" PRId64 " %s", event->lot_expired->lot, event->lot_expired->amount_minor,
               tos[event->lot_expired->to]);
    } else if (event->body_case == PB__EVENT__BODY_EXPIRY_RELEASED) {
        const Pb__ExpiryReleased *body = event->expiry_released;
        render(rendered, "unexpire %s %" PRId64 " %s for=%s", body->lot, body->amount_minor, tos[body->from],
               body->charge);
    } else {
        const Pb__LotReactivated *body = event->lot_reactivated;
        render(rendered, "reactivate %s %" PRId64, body->lot, body->amount_minor);
        render_date(rendered, "expires", body->expires_on, DATE_NONE);
    }
}

/* "place-hold h 100 A 60, B 20 credit 20". */
static inline void render_hold(struct rendered *rendered, const Pb__Event *event) {
    static const char *const causes[] = {"?", "", " expired", " captured"};
    char head[160];
    int64_t credit_minor = 0;
    if (event->body_case == PB__EVENT__BODY_HOLD_PLACED) {
        const Pb__HoldPlaced *body = event->hold_placed;
        snprintf(head, sizeof head, "%s %" PRId64, body->hold, body->amount_minor);
        render_slices(rendered, "place-hold", head, body->n_slices, body->slices);
        credit_minor = body->credit_minor;
    } else if (event->body_case == PB__EVENT__BODY_HOLD_CAPTURED) {
        const Pb__HoldCaptured *body = event->hold_captured;
        snprintf(head, sizeof head, "%s %" PRId64 " %s", body->hold, body->amount_minor, body->charge);
        render_slices(rendered, "capture-hold", head, body->n_slices, body->slices);
        credit_minor = body->credit_minor;
    } else {
        const Pb__HoldReleased *body = event->hold_released;
        snprintf(head, sizeof head, "%s %" PRId64 "%s", body->hold, body->amount_minor, causes[body->cause]);
        render_slices(rendered, "release-hold", head, body->n_slices, body->slices);
        credit_minor = body->credit_minor;
    }
    if (credit_minor != 0) {
        render(rendered, " credit %" PRId64, credit_minor);
    }
}

static inline void render_dispute(struct rendered *rendered, const Pb__Event *event) {
    static const char *const outcomes[] = {"?", "upheld", "rejected", "withdrawn"};
    if (event->body_case == PB__EVENT__BODY_DISPUTE_OPENED) {
        const Pb__DisputeOpened *body = event->dispute_opened;
        render(rendered, "dispute %s %" PRId64 " %s", body->dispute, body->amount_minor, body->charge);
    } else {
        const Pb__DisputeResolved *body = event->dispute_resolved;
        render(rendered, "resolve %s %" PRId64 " %s %s", body->dispute, body->amount_minor, body->charge,
               outcomes[body->outcome]);
    }
}

/* "statement s forward - 2024-05-31 known=2 after=1". */
static inline void render_statement(struct rendered *rendered, const Pb__StatementIssued *body) {
    static const char *const kinds[] = {"?", "forward", "item", "transaction"};
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    render(rendered, "statement %s %s %s %s known=%" PRIu64, body->statement, kinds[body->kind],
           body->from_on == DATE_NONE ? "-" : date_format(body->from_on, from), date_format(body->to_on, to),
           body->known_at);
    if (body->previous != 0) {
        render(rendered, " after=%" PRIu64, body->previous);
    }
}

/* The kinds that came later; false: none of them. */
static inline bool render_later_kinds(struct rendered *rendered, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        render_expiry(rendered, event);
        return true;
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
        render_hold(rendered, event);
        return true;
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
        render_dispute(rendered, event);
        return true;
    case PB__EVENT__BODY_STATEMENT_ISSUED:
        render_statement(rendered, event->statement_issued);
        return true;
    default:
        return false;
    }
}

/* Credit and periods; false: none of them. */
static inline bool render_terms(struct rendered *rendered, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
        render_policy(rendered, event->credit_policy_set);
        return true;
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
        render(rendered, "hold %s", event->credit_hold_placed->reason);
        return true;
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
        render(rendered, "lift %s", event->credit_hold_lifted->reason);
        return true;
    case PB__EVENT__BODY_PERIOD_CLOSED:
        render_period(rendered, "close-period", event->period_closed->through_on);
        return true;
    case PB__EVENT__BODY_PERIOD_REOPENED:
        render_period(rendered, "reopen-period", event->period_reopened->through_on);
        return true;
    default:
        return false;
    }
}

static inline void render_body(struct rendered *rendered, const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CUSTOMER_OPENED:
        render_profile(rendered, "open", event, event->customer_opened->profile);
        return;
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
        render_profile(rendered, "change", event, event->customer_changed->profile);
        return;
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
        render(rendered, "close %s", event->customer);
        return;
    case PB__EVENT__BODY_OPERATOR_ACTED:
        assert_int_equal(event->operator_acted->action, PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED);
        render(rendered, "erase %s %s%s%s", event->customer, event->operator_acted->detail,
               event->operator_acted->subject[0] != '\0' ? " " : "", event->operator_acted->subject);
        return;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        render_deposit(rendered, event);
        return;
    case PB__EVENT__BODY_CHARGE_POSTED:
        render_charge(rendered, event);
        return;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        render_slices(rendered, "consume", event->deposit_consumed->charge, event->deposit_consumed->n_slices,
                      event->deposit_consumed->slices);
        return;
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        render_slices(rendered, "restore", event->deposit_restored->charge, event->deposit_restored->n_slices,
                      event->deposit_restored->slices);
        return;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        render(rendered, "pay %s %" PRId64 "%s", event->payment_received->payment,
               event->payment_received->amount_minor,
               event->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING ? " pending" : "");
        return;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        render(rendered, "settle %s %" PRId64, event->payment_settled->payment, event->payment_settled->amount_minor);
        return;
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
        render_settling(rendered, event);
        return;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        render_adjustment(rendered, event);
        return;
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
        render_money_back(rendered, event);
        return;
    default:
        assert_true(render_later_kinds(rendered, event) || render_terms(rendered, event));
    }
}

/* The instalment that an event is about; 0: none. */
static inline uint32_t render_part(const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_ALLOCATED:
        return event->allocated->instalment;
    case PB__EVENT__BODY_UNALLOCATED:
        return event->unallocated->instalment;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return event->deposit_consumed->instalment;
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return event->deposit_restored->instalment;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return event->adjustment_posted->instalment;
    case PB__EVENT__BODY_CHARGE_REVERSED:
        return event->charge_reversed->instalment;
    default:
        return 0;
    }
}

/* "2024-06-01 charge g 180 due=2024-07-01"; the currency where it is not the ledger's, original_on where there is one.
 */
static inline void render_event(struct rendered *rendered, const Pb__Event *event, const char *currency) {
    char text[DATE_TEXT_SIZE];
    render(rendered, "%s%s ", rendered->size > 0 ? "; " : "", date_format(event->effective_on, text));
    render_body(rendered, event);
    if (render_part(event) != 0) {
        render(rendered, " part=%u", render_part(event));
    }
    if (event->currency[0] != '\0' && strcmp(event->currency, currency) != 0) {
        render(rendered, " %s", event->currency);
    }
    render_date(rendered, "original", event->original_on, DATE_NONE);
}

/* "EXCEEDS_OPEN g 50/40 2024-06-01": the document, what was requested and available, and the date, where it has them.
 */
static inline void render_refusal(struct rendered *rendered, const Pb__Refusal *refusal) {
    render(rendered, "%s", refusal_name(refusal->code));
    if (refusal->document[0] != '\0') {
        render(rendered, " %s", refusal->document);
    }
    if (refusal->currency[0] != '\0') {
        render(rendered, " %" PRId64 "/%" PRId64, refusal->requested_minor, refusal->available_minor);
    }
    if (refusal->date[0] != '\0') {
        render(rendered, " %s", refusal->date);
    }
    assert_true(refusal->message[0] != '\0');
}

#endif
