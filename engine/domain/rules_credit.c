/* The credit check: may this much more go on credit, as the account stands at the head? */
#include "domain/decide_internal.h"

static bool refuse_over_limit(struct decision *decision, const char *document, const Pb__CreditDecision *credit,
                              int64_t available_minor) {
    struct refusal_facts facts = {.document = document,
                                  .requested_minor = credit->charge_minor,
                                  .available_minor = available_minor,
                                  .date = credit->checked_as_of};
    return REFUSE(decision, OVER_CREDIT_LIMIT, facts,
                  "%s on credit would pass the limit of %s; %s of it is available on %s",
                  amount_text(decision, credit->charge_minor), amount_text(decision, credit->limit_minor),
                  amount_text(decision, available_minor), date_text(decision, credit->checked_as_of));
}

/* exposure = open + held against the limit - unapplied; refused when exposure + new > limit.
 * The exposure fits int64 by M1. What is available does not have to: a limit near
 * 2^63 and money unapplied; then it is more than any charge. */
static bool check_limit(struct decision *decision, const char *document, Pb__CreditDecision *credit) {
    int64_t exposure_minor = credit->open_minor + credit->held_minor - credit->unapplied_minor;
    int64_t available_minor = 0;
    if (credit->state != PB__LIMIT_STATE__LIMIT_STATE_AMOUNT ||
        __builtin_sub_overflow(credit->limit_minor, exposure_minor, &available_minor) ||
        credit->charge_minor <= available_minor) {
        return true;
    }
    if (credit->mode == PB__CREDIT_MODE__CREDIT_MODE_BLOCK) {
        return refuse_over_limit(decision, document, credit, available_minor);
    }
    credit->over_limit = true;
    warn(decision, "%s on credit passes the limit of %s; %s of it was available",
         amount_text(decision, credit->charge_minor), amount_text(decision, credit->limit_minor),
         amount_text(decision, available_minor));
    return true;
}

/* As another policy than the ledger's would have it. */
static const struct credit_policy *adjust(const struct decision *decision, const struct credit_policy *policy,
                                          struct credit_policy *adjusted) {
    const struct decide_policy *other = decision->settings->policy;
    if (other == NULL || other->adjust_credit == NULL) {
        return policy;
    }
    *adjusted = policy != NULL ? *policy
                               : (struct credit_policy){.state = PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED,
                                                        .mode = PB__CREDIT_MODE__CREDIT_MODE_BLOCK};
    other->adjust_credit(other->context, decision->customer->id, decision->currency, adjusted);
    return adjusted;
}

/* Looks at the head, as of the later of the charge's date and today. `*credit` stays
 * unset (state unspecified) for the unassessed. */
bool check_credit(struct decision *decision, const char *document, int64_t charge_minor, Pb__CreditDecision *credit) {
    const struct account *account = customer_account(decision->customer, decision->currency);
    int32_t as_of = decision->effective_on > decision->today ? decision->effective_on : decision->today;

    if (customer_on_credit_hold(decision->customer, as_of)) {
        return REFUSE(decision, CREDIT_HOLD, ((struct refusal_facts){.document = document, .date = as_of}),
                      "customer \"%s\" is on credit hold; %s would go on credit", decision->customer->id,
                      amount_text(decision, charge_minor));
    }
    struct credit_policy adjusted;
    const struct credit_policy *policy = adjust(decision, account_policy(account, as_of), &adjusted);
    if (policy == NULL || policy->state == PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED) {
        return !decision->settings->refuse_unassessed ||
               REFUSE(decision, UNASSESSED, ((struct refusal_facts){.document = document, .date = as_of}),
                      "customer \"%s\" has no credit policy in %s; %s would go on credit", decision->customer->id,
                      decision->currency, amount_text(decision, charge_minor));
    }
    struct account_sums sums = account_as_of(account, as_of);
    credit->state = (Pb__LimitState)policy->state;
    credit->mode = (Pb__CreditMode)policy->mode;
    credit->limit_minor = policy->limit_minor;
    credit->open_minor = sums.open_minor;
    credit->held_minor = sums.credit_held_minor;
    credit->unapplied_minor = sums.unapplied_minor;
    credit->charge_minor = charge_minor;
    credit->checked_as_of = as_of;
    return check_limit(decision, document, credit);
}
