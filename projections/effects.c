/* One table from event to the columns of a balance. */
#include "projections/effects.h"

#include <inttypes.h>

#include "base/decimal.h"
#include "projections/kinds.h"

/* The books' accounts that a balance shows: which column, and the sign of a debit there. */
static void add_postings(const struct postings *postings, int64_t *columns) {
    for (size_t i = 0; i < postings->count; i++) {
        int64_t amount = postings->lines[i].amount_minor;
        switch (postings->lines[i].account) {
        case POSTING_RECEIVABLE:
            columns[EFFECT_RECEIVABLE] += amount;
            break;
        case POSTING_UNAPPLIED:
            columns[EFFECT_UNAPPLIED] -= amount;
            break;
        case POSTING_DEPOSITS:
            columns[EFFECT_DEPOSIT] -= amount;
            break;
        case POSTING_DORMANT:
            columns[EFFECT_DORMANT] -= amount;
            break;
        case POSTING_BAD_DEBT:
            columns[EFFECT_WRITTEN_OFF] += amount;
            break;
        case POSTING_ROUNDING:
            columns[EFFECT_ROUNDING] += amount;
            break;
        case POSTING_CASH:
        case POSTING_PROMOTION_COST:
        case POSTING_REVENUE:
        case POSTING_ADJUSTMENTS:
        case POSTING_BREAKAGE:
        case POSTING_ACCOUNT_COUNT:
            break;
        }
    }
}

/* A lot counts from its day; it is available only from effective_from. What is refunded before waits no more. */
static void add_waiting(const Pb__Event *event, int32_t effective_from, int64_t amount_minor, struct effects *effects) {
    if (effective_from > event->effective_on) {
        effects->entries[0].columns[EFFECT_NOT_YET_AVAILABLE] = amount_minor;
        effects->entries[1] = (struct series_entry){.effective_on = effective_from};
        effects->entries[1].columns[EFFECT_NOT_YET_AVAILABLE] = -amount_minor;
        effects->count = 2;
    }
}

static void add_deposit(const Pb__Event *event, struct effects *effects) {
    const Pb__DepositReceived *deposit = event->deposit_received;
    effects->entries[0].columns[EFFECT_DEPOSITED] = deposit->amount_minor;
    add_waiting(event, deposit->effective_from, deposit->amount_minor, effects);
}

static bool add_hold(size_t slice_count, Pb__LotSlice *const *slices, int64_t credit_minor, int sign,
                     int64_t *columns) {
    int64_t total;
    if (!slices_total(slice_count, slices, &total) || credit_minor < 0) {
        return false;
    }
    columns[EFFECT_HELD] = sign * total;
    columns[EFFECT_CREDIT_HELD] = sign * credit_minor;
    return true;
}

static int64_t adjusted_amount(const Pb__AdjustmentPosted *adjustment) {
    bool is_more_owed = adjustment->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
                        adjustment->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY;
    return is_more_owed ? adjustment->amount_minor : -adjustment->amount_minor;
}

static bool add_consumed(const Pb__Event *e, int64_t *columns) {
    int64_t *consumed = &columns[EFFECT_CONSUMED];
    if (e->body_case == PB__EVENT__BODY_DEPOSIT_CONSUMED) {
        return slices_total(e->deposit_consumed->n_slices, e->deposit_consumed->slices, consumed);
    }
    bool fits = slices_total(e->deposit_restored->n_slices, e->deposit_restored->slices, consumed);
    *consumed = -*consumed;
    return fits;
}

/* What the books do not show: lifetime totals, holds and pending money. False: slices overflow. */
static bool add_beside(const Pb__Event *e, struct effects *effects) {
    int64_t *columns = effects->entries[0].columns;
    switch (e->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        columns[EFFECT_CHARGED] = e->charge_posted->amount_minor;
        return true;
    case PB__EVENT__BODY_CHARGE_REVERSED:
        columns[EFFECT_CHARGED] = -e->charge_reversed->amount_minor;
        return true;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        columns[e->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING ? EFFECT_PENDING
                                                                                          : EFFECT_PAID] =
            e->payment_received->amount_minor;
        return e->payment_received->amount_minor > 0;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        columns[EFFECT_PENDING] = -e->payment_settled->amount_minor;
        columns[EFFECT_PAID] = e->payment_settled->amount_minor;
        return true;
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        columns[e->payment_reversed->was_pending ? EFFECT_PENDING : EFFECT_PAID] = -e->payment_reversed->amount_minor;
        return e->payment_reversed->amount_minor > 0;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        add_deposit(e, effects);
        return true;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        columns[EFFECT_ADJUSTED] = adjusted_amount(e->adjustment_posted);
        return true;
    case PB__EVENT__BODY_REFUNDED:
        columns[EFFECT_REFUNDED] = e->refunded->amount_minor;
        add_waiting(e, e->refunded->effective_from, -e->refunded->amount_minor, effects);
        return true;
    case PB__EVENT__BODY_HOLD_PLACED:
        return add_hold(e->hold_placed->n_slices, e->hold_placed->slices, e->hold_placed->credit_minor, 1, columns);
    case PB__EVENT__BODY_HOLD_CAPTURED:
        return add_hold(e->hold_captured->n_slices, e->hold_captured->slices, e->hold_captured->credit_minor, -1,
                        columns);
    case PB__EVENT__BODY_HOLD_RELEASED:
        return add_hold(e->hold_released->n_slices, e->hold_released->slices, e->hold_released->credit_minor, -1,
                        columns);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return add_consumed(e, columns);
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return true; /* Their postings are all. */
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case KINDS_BESIDE_MONEY:
        effects->count = 0;
        return true;
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return false;
}

enum daybook_status effects_of(const Pb__Event *event, struct effects *effects, struct daybook_error *error) {
    struct postings postings;
    enum daybook_status status = postings_of(event, &postings, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    effects->entries[0] = (struct series_entry){.effective_on = event->effective_on};
    effects->count = 1;
    add_postings(&postings, effects->entries[0].columns);
    if (!add_beside(event, effects)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": its amounts are not positive or overflow",
                            event->sequence);
    }
    return DAYBOOK_OK;
}

enum daybook_status effects_to_balance(const int64_t columns[EFFECT_COLUMN_COUNT], Pb__Balance *balance,
                                       struct daybook_error *error) {
    int64_t available = columns[EFFECT_DEPOSIT];
    int64_t net = columns[EFFECT_RECEIVABLE];
    if (__builtin_sub_overflow(available, columns[EFFECT_HELD], &available) ||
        __builtin_sub_overflow(available, columns[EFFECT_NOT_YET_AVAILABLE], &available) ||
        __builtin_sub_overflow(net, columns[EFFECT_UNAPPLIED], &net) ||
        __builtin_sub_overflow(net, columns[EFFECT_DEPOSIT], &net)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up a balance: the net does not fit 64 bits");
    }
    balance->receivable_minor = columns[EFFECT_RECEIVABLE];
    balance->unapplied_minor = columns[EFFECT_UNAPPLIED];
    balance->deposit_minor = columns[EFFECT_DEPOSIT];
    balance->deposit_held_minor = columns[EFFECT_HELD];
    balance->deposit_available_minor = available > 0 ? available : 0;
    balance->dormant_minor = columns[EFFECT_DORMANT];
    balance->pending_minor = columns[EFFECT_PENDING];
    balance->net_minor = net;
    balance->lifetime_deposited_minor = columns[EFFECT_DEPOSITED];
    balance->lifetime_charged_minor = columns[EFFECT_CHARGED];
    balance->lifetime_paid_minor = columns[EFFECT_PAID];
    balance->lifetime_adjusted_minor = columns[EFFECT_ADJUSTED];
    balance->lifetime_refunded_minor = columns[EFFECT_REFUNDED];
    balance->lifetime_consumed_minor = columns[EFFECT_CONSUMED];
    balance->lifetime_written_off_minor = columns[EFFECT_WRITTEN_OFF];
    balance->credit_held_minor = columns[EFFECT_CREDIT_HELD];
    return DAYBOOK_OK;
}

/* Cash came as deposits that were paid for and as payments. What was adjusted is told as what more is owed. What is
 * forfeited is what the other accounts leave over. */
void effects_to_books(const int64_t columns[EFFECT_COLUMN_COUNT], wide promotional_minor,
                      wide totals[POSTING_ACCOUNT_COUNT]) {
    wide others = 0;
    totals[POSTING_CASH] =
        (wide)columns[EFFECT_DEPOSITED] - promotional_minor + columns[EFFECT_PAID] - (wide)columns[EFFECT_REFUNDED];
    totals[POSTING_PROMOTION_COST] = promotional_minor;
    totals[POSTING_DEPOSITS] = -(wide)columns[EFFECT_DEPOSIT];
    totals[POSTING_RECEIVABLE] = columns[EFFECT_RECEIVABLE];
    totals[POSTING_REVENUE] = -(wide)columns[EFFECT_CHARGED];
    totals[POSTING_UNAPPLIED] = -(wide)columns[EFFECT_UNAPPLIED];
    totals[POSTING_ADJUSTMENTS] =
        -(wide)columns[EFFECT_ADJUSTED] - columns[EFFECT_WRITTEN_OFF] - columns[EFFECT_ROUNDING];
    totals[POSTING_BAD_DEBT] = columns[EFFECT_WRITTEN_OFF];
    totals[POSTING_ROUNDING] = columns[EFFECT_ROUNDING];
    totals[POSTING_DORMANT] = -(wide)columns[EFFECT_DORMANT];
    totals[POSTING_BREAKAGE] = 0;
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        others += totals[account];
    }
    totals[POSTING_BREAKAGE] = -others;
}
