/* One table from event to balanced double-entry lines. */
#include "domain/postings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

#include "base/decimal.h"

/* What an event does to the books; the kinds that read alike share a row. */
enum rule {
    RULE_NONE,
    RULE_DEPOSIT_PAID,
    RULE_DEPOSIT_PROMOTIONAL,
    RULE_CHARGE,
    RULE_CHARGE_REVERSED,
    RULE_CONSUMED,
    RULE_RESTORED,
    RULE_PAYMENT,
    RULE_PAYMENT_OUT,
    RULE_ALLOCATED,
    RULE_UNALLOCATED,
    RULE_CREDIT_NOTE,
    RULE_CREDIT_ON_ACCOUNT,
    RULE_DEBIT_NOTE,
    RULE_WRITE_OFF,
    RULE_RECOVERY,
    RULE_ROUNDING,
    RULE_ROUNDING_ON_ACCOUNT,
    RULE_DEPOSIT_REFUND,
    RULE_EXPIRED_DORMANT,
    RULE_EXPIRED_FORFEIT,
    RULE_DORMANT_RELEASED,
    RULE_FORFEIT_RELEASED,
    RULE_UNREADABLE, /* The event names something that the books have no line for. */
};

static const struct {
    enum posting_account debit;
    enum posting_account credit;
} rules[] = {
    [RULE_DEPOSIT_PAID] = {POSTING_CASH, POSTING_DEPOSITS},
    [RULE_DEPOSIT_PROMOTIONAL] = {POSTING_PROMOTION_COST, POSTING_DEPOSITS},
    [RULE_CHARGE] = {POSTING_RECEIVABLE, POSTING_REVENUE},
    [RULE_CHARGE_REVERSED] = {POSTING_REVENUE, POSTING_RECEIVABLE},
    [RULE_CONSUMED] = {POSTING_DEPOSITS, POSTING_RECEIVABLE},
    [RULE_RESTORED] = {POSTING_RECEIVABLE, POSTING_DEPOSITS},
    [RULE_PAYMENT] = {POSTING_CASH, POSTING_UNAPPLIED},
    [RULE_PAYMENT_OUT] = {POSTING_UNAPPLIED, POSTING_CASH},
    [RULE_ALLOCATED] = {POSTING_UNAPPLIED, POSTING_RECEIVABLE},
    [RULE_UNALLOCATED] = {POSTING_RECEIVABLE, POSTING_UNAPPLIED},
    [RULE_CREDIT_NOTE] = {POSTING_ADJUSTMENTS, POSTING_RECEIVABLE},
    [RULE_CREDIT_ON_ACCOUNT] = {POSTING_ADJUSTMENTS, POSTING_UNAPPLIED},
    [RULE_DEBIT_NOTE] = {POSTING_RECEIVABLE, POSTING_ADJUSTMENTS},
    [RULE_WRITE_OFF] = {POSTING_BAD_DEBT, POSTING_RECEIVABLE},
    [RULE_RECOVERY] = {POSTING_RECEIVABLE, POSTING_BAD_DEBT},
    [RULE_ROUNDING] = {POSTING_ROUNDING, POSTING_RECEIVABLE},
    [RULE_ROUNDING_ON_ACCOUNT] = {POSTING_ROUNDING, POSTING_UNAPPLIED},
    [RULE_DEPOSIT_REFUND] = {POSTING_DEPOSITS, POSTING_CASH},
    [RULE_EXPIRED_DORMANT] = {POSTING_DEPOSITS, POSTING_DORMANT},
    [RULE_EXPIRED_FORFEIT] = {POSTING_DEPOSITS, POSTING_BREAKAGE},
    [RULE_DORMANT_RELEASED] = {POSTING_DORMANT, POSTING_DEPOSITS},
    [RULE_FORFEIT_RELEASED] = {POSTING_BREAKAGE, POSTING_DEPOSITS},
};

const char *posting_account_name(enum posting_account account) {
    static const char *const names[] = {
#define POSTING_ACCOUNT_NAME(name, text) text,
        POSTING_ACCOUNT_LIST(POSTING_ACCOUNT_NAME)
#undef POSTING_ACCOUNT_NAME
    };
    assert((unsigned)account < POSTING_ACCOUNT_COUNT);
    return names[account];
}

bool slices_total(size_t count, Pb__LotSlice *const *slices, int64_t *total_minor) {
    *total_minor = 0;
    for (size_t i = 0; i < count; i++) {
        if (slices[i]->amount_minor <= 0 || !money_add(total_minor, slices[i]->amount_minor)) {
            return false;
        }
    }
    return true;
}

static enum rule deposit_rule(const Pb__DepositReceived *deposit) {
    return deposit->funding == PB__FUNDING__FUNDING_PAID          ? RULE_DEPOSIT_PAID
           : deposit->funding == PB__FUNDING__FUNDING_PROMOTIONAL ? RULE_DEPOSIT_PROMOTIONAL
                                                                  : RULE_UNREADABLE;
}

static enum rule payment_rule(const Pb__PaymentReceived *payment) {
    return payment->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED   ? RULE_PAYMENT
           : payment->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING ? RULE_NONE
                                                                           : RULE_UNREADABLE;
}

static enum rule reversed_rule(const Pb__PaymentReversed *reversed) {
    return reversed->was_pending ? RULE_NONE : RULE_PAYMENT_OUT;
}

static enum rule expiry_rule(Pb__OnExpiry what, enum rule dormant, enum rule forfeit) {
    return what == PB__ON_EXPIRY__ON_EXPIRY_DORMANT   ? dormant
           : what == PB__ON_EXPIRY__ON_EXPIRY_FORFEIT ? forfeit
                                                      : RULE_UNREADABLE;
}

static enum rule refund_rule(const Pb__Refunded *refund) {
    return refund->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT          ? RULE_DEPOSIT_REFUND
           : refund->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT    ? RULE_PAYMENT_OUT
           : refund->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT ? RULE_PAYMENT_OUT
                                                                                : RULE_UNREADABLE;
}

/* A write-off and a recovery need a charge to stand on; the others may be on account. */
static enum rule adjustment_rule(const Pb__AdjustmentPosted *adjustment) {
    bool is_on_account = adjustment->target_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED;
    switch (adjustment->kind) {
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE:
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT:
        return is_on_account ? RULE_CREDIT_ON_ACCOUNT : RULE_CREDIT_NOTE;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE:
        return RULE_DEBIT_NOTE;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF:
        return is_on_account ? RULE_UNREADABLE : RULE_WRITE_OFF;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY:
        return is_on_account ? RULE_UNREADABLE : RULE_RECOVERY;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING:
        return is_on_account ? RULE_ROUNDING_ON_ACCOUNT : RULE_ROUNDING;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_UNSPECIFIED:
    case _PB__ADJUSTMENT_KIND_IS_INT_SIZE:
        break;
    }
    return RULE_UNREADABLE;
}

/* A rule and the amount that it moves. */
struct movement {
    enum rule rule;
    int64_t amount_minor;
};

static struct movement moved(enum rule rule, int64_t amount_minor) {
    return (struct movement){rule, amount_minor};
}

/* Slices that overflow move 0, which the caller refuses. */
static struct movement moved_slices(enum rule rule, size_t count, Pb__LotSlice *const *slices) {
    int64_t total;
    return moved(rule, slices_total(count, slices, &total) ? total : 0);
}

static struct movement movement_of(const Pb__Event *e) {
    switch (e->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return moved(RULE_CHARGE, e->charge_posted->amount_minor);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return moved_slices(RULE_CONSUMED, e->deposit_consumed->n_slices, e->deposit_consumed->slices);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return moved_slices(RULE_RESTORED, e->deposit_restored->n_slices, e->deposit_restored->slices);
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return moved(payment_rule(e->payment_received), e->payment_received->amount_minor);
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        return moved(RULE_PAYMENT, e->payment_settled->amount_minor);
    case PB__EVENT__BODY_ALLOCATED:
        return moved(RULE_ALLOCATED, e->allocated->amount_minor);
    case PB__EVENT__BODY_UNALLOCATED:
        return moved(RULE_UNALLOCATED, e->unallocated->amount_minor);
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return moved(deposit_rule(e->deposit_received), e->deposit_received->amount_minor);
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return moved(adjustment_rule(e->adjustment_posted), e->adjustment_posted->amount_minor);
    case PB__EVENT__BODY_REFUNDED:
        return moved(refund_rule(e->refunded), e->refunded->amount_minor);
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return moved(reversed_rule(e->payment_reversed), e->payment_reversed->amount_minor);
    case PB__EVENT__BODY_CHARGE_REVERSED:
        return moved(RULE_CHARGE_REVERSED, e->charge_reversed->amount_minor);
    case PB__EVENT__BODY_LOT_EXPIRED:
        return moved(expiry_rule(e->lot_expired->to, RULE_EXPIRED_DORMANT, RULE_EXPIRED_FORFEIT),
                     e->lot_expired->amount_minor);
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        return moved(expiry_rule(e->expiry_released->from, RULE_DORMANT_RELEASED, RULE_FORFEIT_RELEASED),
                     e->expiry_released->amount_minor);
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return moved(RULE_DORMANT_RELEASED, e->lot_reactivated->amount_minor);
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case PB__EVENT__BODY_PERIOD_CLOSED:
    case PB__EVENT__BODY_PERIOD_REOPENED:
    case PB__EVENT__BODY_STATEMENT_ISSUED:
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_OPERATOR_ACTED:
    case PB__EVENT__BODY_APPROVAL_POLICY_SET:
        return moved(RULE_NONE, 0);
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return moved(RULE_UNREADABLE, 0);
}

enum daybook_status postings_of(const Pb__Event *event, struct postings *postings, struct daybook_error *error) {
    struct movement movement = movement_of(event);
    postings->count = 0;
    if (movement.rule == RULE_UNREADABLE) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while posting event %" PRIu64 ": kind %d with these fields has no line in the books; "
                            "a newer program may have written it",
                            event->sequence, (int)event->body_case);
    }
    if (movement.rule == RULE_NONE) {
        return DAYBOOK_OK;
    }
    if (movement.amount_minor <= 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "while posting event %" PRIu64 ": its amount is not positive",
                            event->sequence);
    }
    postings->lines[0] = (struct posting){rules[movement.rule].debit, movement.amount_minor};
    postings->lines[1] = (struct posting){rules[movement.rule].credit, -movement.amount_minor};
    postings->count = 2;
    return DAYBOOK_OK;
}
