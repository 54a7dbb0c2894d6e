/* The credit view's fold; the rows are drawn in credit_rows.h. */
#include "projections/credit.h"

#include <inttypes.h>

#include "projections/account_series.h"
#include "projections/credit_rows.h"

/* ---- what each event does ---- */

/* An event in work. */
struct folding {
    struct account_series *fold;
    struct store_txn *txn;
    const Pb__Event *event;
    uint32_t account;
};

static enum daybook_status count_over_limit(struct folding *f, const Pb__CreditDecision *decision,
                                            struct daybook_error *error) {
    struct series_entry entry = {.effective_on = f->event->effective_on};
    if (decision == NULL || !decision->over_limit) {
        return DAYBOOK_OK;
    }
    return series_append(f->fold->series, f->txn, f->account, f->event->sequence, &entry, 1, error);
}

static enum daybook_status fold_policy(struct folding *f, struct daybook_error *error) {
    const Pb__CreditPolicySet *set = f->event->credit_policy_set;
    struct credit_change change = {
        .kind = CREDIT_POLICY,
        .state = set->state,
        .mode = set->mode,
        .limit_minor = set->limit_minor,
        .effective_on = f->event->effective_on,
        .until_on = set->until_on,
    };
    return credit_put_change(f->txn, f->account, f->event->sequence, &change, error);
}

static enum daybook_status fold_hold(struct folding *f, enum credit_change_kind kind, struct daybook_error *error) {
    struct credit_change change = {.kind = kind, .effective_on = f->event->effective_on};
    return credit_put_change(f->txn, f->account, f->event->sequence, &change, error);
}

static enum daybook_status fold_body(struct folding *f, Pb__Event__BodyCase kind, struct daybook_error *error) {
    switch (kind) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return count_over_limit(f, f->event->charge_posted->credit, error);
    case PB__EVENT__BODY_HOLD_PLACED:
        return count_over_limit(f, f->event->hold_placed->credit, error);
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
        return fold_policy(f, error);
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
        return fold_hold(f, CREDIT_HOLD_PLACED, error);
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
        return fold_hold(f, CREDIT_HOLD_LIFTED, error);
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
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
        return DAYBOOK_OK;
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        "while folding event %" PRIu64 ": it has no body that this program knows", f->event->sequence);
}

/* Every account with money is numbered here, too: the list of credit rows walks over them. */
static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct folding f = {.fold = memory, .txn = txn, .event = folded->event};
    if (!accounts_recall(f.fold->accounts, folded->party, &f.account) && f.event->customer[0] != '\0') {
        enum daybook_status status = accounts_number(f.fold->accounts, txn, f.event->customer, f.event->currency,
                                                     folded->party, &f.account, error);
        if (status == DAYBOOK_INVALID) {
            return daybook_fail_in(error, "while folding event %" PRIu64, f.event->sequence);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return fold_body(&f, folded->kind, error);
}

/* ---- the fold's life ---- */

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    return account_series_open(CREDIT_ACCOUNTS, credit_shape, memory, error);
}

static const char *const tables[CREDIT_TABLE_COUNT] = {
    [CREDIT_ACCOUNTS] = "accounts",
    [CREDIT_POLICIES] = "policies",
    [CREDIT_OVER_LIMIT] = "over_limit",
};

const struct projection credit_projection = {
    .name = "credit",
    .version = 8,
    .readable_from = 8,
    .tables = tables,
    .table_count = CREDIT_TABLE_COUNT,
    .open = open_fold,
    .close = account_series_close,
    .forget = account_series_forget,
    .fold = fold_event,
    .flush = account_series_flush,
};
