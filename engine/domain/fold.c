/* What each event changes in the state: customers, credit and periods here, money in fold_money.c. */
#include "domain/fold.h"

#include <string.h>

#include "domain/fold_internal.h"

enum daybook_status fold_misfit(const struct fold *fold, const char *what, const char *id) {
    return daybook_fail(fold->error, DAYBOOK_INVALID, "folding event %llu: %s \"%s\"",
                        (unsigned long long)fold->event->sequence, what, id);
}

static enum daybook_status set_profile(struct fold *fold, const Pb__CustomerProfile *profile) {
    struct customer *customer = fold->customer;
    struct row *row = &customer->row;
    if (profile == NULL) {
        return fold_misfit(fold, "no profile for customer", customer->id);
    }
    struct profile stored;
    memset(&stored, 0, sizeof stored);
    stored.from_on = fold->event->effective_on;
    stored.settlement = (uint8_t)profile->settlement;
    stored.terms_days = profile->terms != NULL ? profile->terms->days : 0;
    stored.terms_end_of_month = profile->terms != NULL && profile->terms->end_of_month;
    struct vector *profiles = &customer->profiles;
    uint32_t at = profiles->count;
    while (at > 0 && VECTOR_AT(struct profile, profiles, at - 1)->from_on > stored.from_on) {
        at--;
    }
    /* Of one day the last one recorded counts. */
    if (at > 0 && VECTOR_AT(struct profile, profiles, at - 1)->from_on == stored.from_on) {
        return state_replace(fold->state, row, profiles, sizeof stored, at - 1, &stored, fold->error);
    }
    return state_insert(fold->state, row, profiles, sizeof stored, at, &stored, fold->error);
}

static enum daybook_status fold_customer_opened(struct fold *fold) {
    const Pb__Event *event = fold->event;
    struct customer *there = NULL;
    size_t size = strlen(event->customer);
    if (size == 0 || size > LIMIT_ID_BYTES) {
        return fold_misfit(fold, "no id is like that of customer", event->customer);
    }
    DAYBOOK_TRY(state_find_customer(fold->state, event->customer, &there, fold->error));
    if (there != NULL) {
        return fold_misfit(fold, "opens a customer that there is", event->customer);
    }
    DAYBOOK_TRY(state_add_customer(fold->state, event->sequence, event->customer, &fold->customer, fold->error));
    fold->customer->opened_on = event->effective_on; /* A new row is removed whole when taken back. */
    return set_profile(fold, event->customer_opened->profile);
}

static enum daybook_status fold_customer_closed(struct fold *fold) {
    struct customer *customer = fold->customer;
    DAYBOOK_TRY(
        state_touch(fold->state, &customer->row, &customer->is_closed, sizeof customer->is_closed, fold->error));
    customer->is_closed = true;
    return DAYBOOK_OK;
}

static enum daybook_status fold_credit_policy(struct fold *fold) {
    const Pb__CreditPolicySet *body = fold->event->credit_policy_set;
    struct credit_policy policy;
    memset(&policy, 0, sizeof policy);
    policy.sequence = fold->event->sequence;
    policy.limit_minor = body->limit_minor;
    policy.from_on = fold->event->effective_on;
    policy.until_on = body->until_on;
    policy.state = (uint8_t)body->state;
    policy.mode = (uint8_t)body->mode;
    struct vector *policies = &fold->account->policies;
    uint32_t at = policies->count;
    while (at > 0 && VECTOR_AT(struct credit_policy, policies, at - 1)->from_on > policy.from_on) {
        at--;
    }
    return state_insert(fold->state, &fold->customer->row, policies, sizeof policy, at, &policy, fold->error);
}

static enum daybook_status fold_credit_hold(struct fold *fold, bool is_placed) {
    struct credit_hold_change change;
    memset(&change, 0, sizeof change);
    change.sequence = fold->event->sequence;
    change.date = fold->event->effective_on;
    change.is_placed = is_placed;
    struct vector *holds = &fold->customer->holds;
    return state_insert(fold->state, &fold->customer->row, holds, sizeof change, holds->count, &change, fold->error);
}

/* The state remembers the last statement of an account, so that the next one can be asked to follow it. */
static enum daybook_status fold_statement(struct fold *fold) {
    const Pb__Event *event = fold->event;
    const Pb__StatementIssued *body = event->statement_issued;
    struct account *account = fold->account;
    struct row *row = &fold->customer->row;
    DAYBOOK_TRY(state_touch(fold->state, row, &account->statement_to_on, sizeof account->statement_to_on, fold->error));
    DAYBOOK_TRY(
        state_touch(fold->state, row, &account->statement_sequence, sizeof account->statement_sequence, fold->error));
    account->statement_to_on = body->to_on;
    account->statement_sequence = event->sequence;
    return state_add_document_name(fold->state, event->sequence, fold->customer,
                                   PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT, body->statement, fold->error);
}

static enum daybook_status fold_period(struct fold *fold, int32_t through_on) {
    struct ledger_row *ledger = NULL;
    DAYBOOK_TRY(state_ledger(fold->state, &ledger, fold->error));
    DAYBOOK_TRY(
        state_touch(fold->state, &ledger->row, &ledger->closed_through, sizeof ledger->closed_through, fold->error));
    ledger->closed_through = through_on;
    return DAYBOOK_OK;
}

/* The event has a customer. */
static enum daybook_status fold_customer_event(struct fold *fold) {
    switch ((int)fold->event->body_case) {
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
        return set_profile(fold, fold->event->customer_changed->profile);
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
        return fold_customer_closed(fold);
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
        return fold_credit_hold(fold, true);
    default: /* fold_body sends no other kind here. */
        return fold_credit_hold(fold, false);
    }
}

/* The event has an account. */
static enum daybook_status fold_account_event(struct fold *fold) {
    return fold->event->body_case == PB__EVENT__BODY_STATEMENT_ISSUED ? fold_statement(fold) : fold_credit_policy(fold);
}

static enum daybook_status fold_of_account(struct fold *fold, enum daybook_status (*fold_event)(struct fold *fold)) {
    return fold->account != NULL ? fold_event(fold)
                                 : fold_misfit(fold, "no currency, of customer", fold->event->customer);
}

/* No request of this build makes it, so a journal that holds one was written by a newer one. */
static enum daybook_status fold_body(struct fold *fold) {
    switch (fold->event->body_case) {
    case PB__EVENT__BODY_CUSTOMER_OPENED:
        return fold_customer_opened(fold);
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
        return fold->customer != NULL ? fold_customer_event(fold) : fold_misfit(fold, "unknown customer", "");
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
    case PB__EVENT__BODY_STATEMENT_ISSUED:
        return fold_of_account(fold, fold_account_event);
    case PB__EVENT__BODY_PERIOD_CLOSED:
        return fold_period(fold, fold->event->period_closed->through_on);
    case PB__EVENT__BODY_PERIOD_REOPENED:
        return fold_period(fold, fold->event->period_reopened->through_on);
    case PB__EVENT__BODY_CHARGE_POSTED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
        return fold_of_account(fold, fold_money_event);
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return fold_of_account(fold, fold_lot_event);
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_APPROVAL_POLICY_SET:
        return fold_access_event(fold);
    case PB__EVENT__BODY_OPERATOR_ACTED:
        return DAYBOOK_OK; /* For people to read. */
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return fold_misfit(fold, "it says nothing, about customer", fold->event->customer);
}

/* Three letters; the first is one. */
static bool is_currency(const char *text) {
    return text[1] != '\0' && text[2] != '\0' && text[3] == '\0';
}

enum daybook_status state_fold(struct state *state, const Pb__Event *event, struct daybook_error *error) {
    struct fold fold = {.state = state, .event = event, .error = error};
    state_foresee_row(state, event->sequence);
    bool has_customer = event->customer[0] != '\0';
    if (has_customer && event->body_case != PB__EVENT__BODY_CUSTOMER_OPENED) {
        DAYBOOK_TRY(state_find_customer(state, event->customer, &fold.customer, error));
        if (fold.customer == NULL) {
            return fold_misfit(&fold, "unknown customer", event->customer);
        }
        if (event->currency[0] != '\0') {
            if (!is_currency(event->currency)) {
                return fold_misfit(&fold, "no currency has the name", event->currency);
            }
            DAYBOOK_TRY(state_add_account(state, fold.customer, event->currency, &fold.account, error));
        }
    }
    if (event->request_digest != 0) {
        struct daybook_bytes key = {event->request_key.data, event->request_key.len};
        DAYBOOK_TRY(state_add_key(state, key, event->sequence, error));
    }
    return fold_body(&fold);
}
