/* The reference's own table from event to double entry, and the books that it gives. */
#include <string.h>

#include "tally.h"

static int64_t sum_slices(size_t count, Pb__LotSlice **slices) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += slices[i]->amount_minor;
    }
    return sum;
}

static struct entry entry_of_adjustment(const Pb__AdjustmentPosted *b) {
    enum account owed = b->target[0] == '\0' ? UNAPPLIED : RECEIVABLE;
    switch ((int)b->kind) {
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE:
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT:
        return (struct entry){ADJUSTMENTS, owed, b->amount_minor};
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE:
        return (struct entry){RECEIVABLE, ADJUSTMENTS, b->amount_minor};
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF:
        return (struct entry){BAD_DEBT, RECEIVABLE, b->amount_minor};
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY:
        return (struct entry){RECEIVABLE, BAD_DEBT, b->amount_minor};
    default:
        return (struct entry){ROUNDING, owed, b->amount_minor};
    }
}

static enum account expired_to(Pb__OnExpiry what) {
    return what == PB__ON_EXPIRY__ON_EXPIRY_FORFEIT ? BREAKAGE : DORMANT;
}

struct entry entry_of(const Pb__Event *e) {
    switch ((int)e->body_case) {
    case BODY(DEPOSIT_RECEIVED):
        return (struct entry){e->deposit_received->funding == PB__FUNDING__FUNDING_PAID ? CASH : PROMOTION, DEPOSITS,
                              e->deposit_received->amount_minor};
    case BODY(DEPOSIT_CONSUMED):
        return (struct entry){DEPOSITS, RECEIVABLE,
                              sum_slices(e->deposit_consumed->n_slices, e->deposit_consumed->slices)};
    case BODY(DEPOSIT_RESTORED):
        return (struct entry){RECEIVABLE, DEPOSITS,
                              sum_slices(e->deposit_restored->n_slices, e->deposit_restored->slices)};
    case BODY(CHARGE_POSTED):
        return (struct entry){RECEIVABLE, REVENUE, e->charge_posted->amount_minor};
    case BODY(CHARGE_REVERSED):
        return (struct entry){REVENUE, RECEIVABLE, e->charge_reversed->amount_minor};
    case BODY(PAYMENT_RECEIVED):
        return (struct entry){CASH, UNAPPLIED,
                              e->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING
                                  ? 0
                                  : e->payment_received->amount_minor};
    case BODY(PAYMENT_SETTLED):
        return (struct entry){CASH, UNAPPLIED, e->payment_settled->amount_minor};
    case BODY(PAYMENT_REVERSED):
        return (struct entry){UNAPPLIED, CASH,
                              e->payment_reversed->was_pending ? 0 : e->payment_reversed->amount_minor};
    case BODY(ALLOCATED):
        return (struct entry){UNAPPLIED, RECEIVABLE, e->allocated->amount_minor};
    case BODY(UNALLOCATED):
        return (struct entry){RECEIVABLE, UNAPPLIED, e->unallocated->amount_minor};
    case BODY(ADJUSTMENT_POSTED):
        return entry_of_adjustment(e->adjustment_posted);
    case BODY(REFUNDED):
        return (struct entry){e->refunded->source_kind == KIND(LOT) ? DEPOSITS : UNAPPLIED, CASH,
                              e->refunded->amount_minor};
    case BODY(LOT_EXPIRED):
        return (struct entry){DEPOSITS, expired_to(e->lot_expired->to), e->lot_expired->amount_minor};
    case BODY(EXPIRY_RELEASED):
        return (struct entry){expired_to(e->expiry_released->from), DEPOSITS, e->expiry_released->amount_minor};
    case BODY(LOT_REACTIVATED):
        return (struct entry){DORMANT, DEPOSITS, e->lot_reactivated->amount_minor};
    default:
        return (struct entry){CASH, CASH, 0};
    }
}

int64_t tally_books(const struct tally *tally, enum account account, const char *customer, const char *currency,
                    int32_t date) {
    int64_t balance = 0;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        if (event->effective_on > date || strcmp(event->currency, currency) != 0 ||
            (customer != NULL && strcmp(event->customer, customer) != 0)) {
            continue;
        }
        struct entry entry = entry_of(event);
        balance += entry.debit == account ? entry.amount : 0;
        balance -= entry.credit == account ? entry.amount : 0;
    }
    return balance;
}
