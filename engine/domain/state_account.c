/* Questions about one customer's account: sums on a date, the credit policy in force. */
#include <string.h>

#include "base/decimal.h"
#include "domain/state.h"

struct account *customer_account(const struct customer *customer, const char *currency) {
    for (uint32_t i = 0; i < customer->accounts.count; i++) {
        struct account *account = *VECTOR_AT(struct account *, &customer->accounts, i);
        if (currencies_equal(account->currency, currency)) {
            return account;
        }
    }
    return NULL;
}

struct account_sums account_as_of(const struct account *account, int32_t date) {
    struct account_sums sums = {0};
    if (account == NULL) {
        return sums;
    }
    sums = (struct account_sums){account->open_minor, account->unapplied_minor, account->deposit_minor,
                                 account->credit_held_minor};
    for (uint32_t i = account->future.count; i > 0; i--) {
        const struct account_future *future = VECTOR_AT(struct account_future, &account->future, i - 1);
        if (future->date <= date) {
            break;
        }
        sums.open_minor -= future->open_minor;
        sums.unapplied_minor -= future->unapplied_minor;
        sums.deposit_minor -= future->deposit_minor;
        sums.credit_held_minor -= future->credit_held_minor;
    }
    return sums;
}

const struct profile *customer_profile(const struct customer *customer, int32_t date) {
    uint32_t at = customer->profiles.count;
    while (at > 1 && VECTOR_AT(const struct profile, &customer->profiles, at - 1)->from_on > date) {
        at--;
    }
    return VECTOR_AT(const struct profile, &customer->profiles, at - 1);
}

struct control_share account_share(const struct account *account) {
    return (struct control_share){.open_minor = account->open_minor,
                                  .unapplied_minor = account->unapplied_minor,
                                  .deposit_minor = account->deposit_minor,
                                  .dormant_minor = account->dormant_minor};
}

const struct document_rare document_without_rare = {0};

struct document_sum document_sum(const struct document *document) {
    struct document_sum sum = {timeline_last(&document->left), timeline_last(&document->aside)};
    if ((int)document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD) {
        sum.left_minor = 0;
        for (uint32_t i = 0; i < document->links.count; i++) {
            /* It fits (M1), unless the row was damaged; then it is better left out than wrapped. */
            (void)money_add(&sum.left_minor, VECTOR_AT(const struct link, &document->links, i)->amount_minor);
        }
    }
    return sum;
}

struct control_share document_share(const struct document *document, struct document_sum sum) {
    struct control_share share = {0};
    bool is_dormant = document->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_DORMANT;
    switch ((int)document->kind) {
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE:
        share.open_minor = sum.left_minor;
        break;
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT:
        share.unapplied_minor = sum.left_minor;
        break;
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT:
        *(document->is_source ? &share.unapplied_minor : &share.open_minor) = sum.left_minor;
        break;
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT:
        share.deposit_minor = sum.left_minor;
        *(is_dormant ? &share.dormant_minor : &share.forfeited_minor) = sum.aside_minor;
        break;
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD:
        share.deposit_minor = sum.left_minor;
        break;
    default:
        break; /* A dispute moves no money. */
    }
    return share;
}

/* The one that began last wins; among those of one day the one recorded last. A
 * policy past its end gives way to the one before it. */
const struct credit_policy *account_policy(const struct account *account, int32_t date) {
    for (uint32_t i = account != NULL ? account->policies.count : 0; i > 0; i--) {
        const struct credit_policy *policy = VECTOR_AT(struct credit_policy, &account->policies, i - 1);
        if (policy->from_on <= date && (policy->until_on == 0 || policy->until_on > date)) {
            return policy;
        }
    }
    return NULL;
}

bool customer_on_credit_hold(const struct customer *customer, int32_t date) {
    const struct credit_hold_change *last = NULL;
    for (uint32_t i = 0; i < customer->holds.count; i++) {
        const struct credit_hold_change *change = VECTOR_AT(struct credit_hold_change, &customer->holds, i);
        if (change->date <= date && (last == NULL || change->date >= last->date)) {
            last = change;
        }
    }
    return last != NULL && last->is_placed;
}
