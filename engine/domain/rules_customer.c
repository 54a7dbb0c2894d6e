/* Customers, their credit policy and hold, and the periods of the ledger. */
#include <string.h>

#include "base/text.h"
#include "domain/decide_internal.h"

/* Either sealed by the shell around deciding, or a name in clear and no more (engine/personal.h). */
static bool check_personal(struct decision *decision, const Pb__CustomerProfile *profile) {
    const Pb__Sealed *sealed = profile->sealed;
    if (profile->contact != NULL || (decision->settings->seals_personal && profile->name[0] != '\0')) {
        return REFUSE(decision, MALFORMED, NO_FACTS,
                      decision->settings->seals_personal
                          ? "name and contact come sealed into this ledger"
                          : "this ledger keeps names in clear, and no contact; make one that seals for that");
    }
    if (sealed == NULL) {
        return true;
    }
    if (!decision->settings->seals_personal) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "sealed data, and this ledger keeps names in clear");
    }
    if (sealed->ciphertext.len == 0 || sealed->ciphertext.len > LIMIT_SEALED_BYTES) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "sealed data of %zu bytes; 1 to %d are good",
                      sealed->ciphertext.len, LIMIT_SEALED_BYTES);
    }
    return true;
}

static bool check_profile(struct decision *decision, const Pb__CustomerProfile *profile) {
    if (!check_line(decision, "the name", profile->name, LIMIT_NAME_BYTES) || !check_personal(decision, profile)) {
        return false;
    }
    if (profile->n_tags > LIMIT_TAGS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "%zu tags; %d are the most", profile->n_tags, LIMIT_TAGS);
    }
    for (size_t i = 0; i < profile->n_tags; i++) {
        if (!check_identifier(decision, "a tag", profile->tags[i])) {
            return false;
        }
    }
    if (profile->terms != NULL && profile->terms->days > LIMIT_TERMS_DAYS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "payment terms of %u days; %d are the most", profile->terms->days,
                      LIMIT_TERMS_DAYS);
    }
    return true;
}

/* The profile as it is stored: settlement never unspecified. */
static bool complete_profile(struct decision *decision, const Pb__CustomerProfile *given, Pb__CustomerProfile *stored) {
    if (given != NULL) {
        *stored = *given;
    } else {
        pb__customer_profile__init(stored);
    }
    if (stored->settlement == PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED) {
        stored->settlement = PB__SETTLEMENT__SETTLEMENT_DEPOSITS_FIRST;
    }
    return check_profile(decision, stored);
}

bool decide_open_customer(struct decision *decision) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__CustomerOpened body = PB__CUSTOMER_OPENED__INIT;
    Pb__CustomerProfile profile;
    if (!complete_profile(decision, decision->request->open_customer->profile, &profile)) {
        return false;
    }
    body.profile = &profile;
    event.body_case = PB__EVENT__BODY_CUSTOMER_OPENED;
    event.customer_opened = &body;
    return emit(decision, &event, decision->effective_on);
}

bool decide_change_customer(struct decision *decision) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__CustomerChanged body = PB__CUSTOMER_CHANGED__INIT;
    Pb__CustomerProfile profile;
    if (!complete_profile(decision, decision->request->change_customer->profile, &profile)) {
        return false;
    }
    body.profile = &profile;
    event.body_case = PB__EVENT__BODY_CUSTOMER_CHANGED;
    event.customer_changed = &body;
    return emit(decision, &event, decision->effective_on);
}

/* The first sum of the account that is not zero; NULL: all are. */
static const char *account_rest(const struct account *account, int64_t *amount_minor) {
    const struct {
        const char *what;
        int64_t amount_minor;
    } sums[] = {
        {"receivable", account->open_minor},
        {"unapplied", account->unapplied_minor},
        {"in deposits", account->deposit_minor},
        {"held", account->deposit_held_minor},
        {"held on credit", account->credit_held_minor},
        {"dormant", account->dormant_minor},
        {"pending", account->pending_minor},
    };
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        if (sums[i].amount_minor != 0) {
            *amount_minor = sums[i].amount_minor;
            return sums[i].what;
        }
    }
    return NULL;
}

static const struct document *row_of(struct decision *decision, uint64_t number) {
    struct document *document = NULL;
    return went_well(decision, state_document(decision->state, number, &document, decision->error)) ? document : NULL;
}

/* A document that has some of the rest that account_rest names, so that whoever wants it gone knows where to begin;
 * NULL: the account lists none. */
static const struct document *rest_document(struct decision *decision, const struct account *account) {
    if (account->open_minor != 0 && account->items.count > 0) {
        return row_of(decision, VECTOR_AT(const struct item_ref, &account->items, 0)->number);
    }
    if (account->open_minor == 0 && account->unapplied_minor != 0 && account->sources.count > 0) {
        return row_of(decision, VECTOR_AT(const struct item_ref, &account->sources, 0)->number);
    }
    bool is_used = account->open_minor != 0 || account->unapplied_minor != 0;
    if (!is_used && account->deposit_minor != 0 && account->lots.count > 0) {
        return row_of(decision, VECTOR_AT(const struct lot_ref, &account->lots, 0)->number);
    }
    is_used = is_used || account->deposit_minor != 0 || account->credit_held_minor != 0;
    for (uint32_t i = 0; !is_used && i < account->expired.count; i++) {
        const struct document *lot = row_of(decision, VECTOR_AT(const struct lot_ref, &account->expired, i)->number);
        if (lot == NULL || lot->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_DORMANT) {
            return lot;
        }
    }
    return NULL;
}

static bool refuse_rest(struct decision *decision, const struct document *where, const char *what,
                        int64_t amount_minor) {
    const char *customer = decision->customer->id;
    if (decision->failure != DAYBOOK_OK) {
        return false;
    }
    if (where == NULL) {
        return REFUSE(decision, BALANCE_NOT_ZERO, ((struct refusal_facts){.available_minor = amount_minor}),
                      "customer \"%s\" has %s %s", customer, amount_text(decision, amount_minor), what);
    }
    return REFUSE(decision, BALANCE_NOT_ZERO,
                  ((struct refusal_facts){.document = where->id, .available_minor = amount_minor}),
                  "customer \"%s\" has %s %s: see %s \"%s\"", customer, amount_text(decision, amount_minor), what,
                  document_kind_name((Pb__DocumentKind)where->kind), where->id);
}

/* Zero at the end is not enough: what counts for a later day would come to a closed customer. */
static bool check_zero_from(struct decision *decision, const struct account *account) {
    int64_t amount_minor = 0;
    const char *what = account_rest(account, &amount_minor);
    memcpy(decision->currency, account->currency, sizeof decision->currency);
    if (what != NULL) {
        return refuse_rest(decision, rest_document(decision, account), what, amount_minor);
    }
    if (account->last_on > decision->effective_on) {
        return REFUSE(decision, BALANCE_NOT_ZERO, ((struct refusal_facts){.date = account->last_on}),
                      "customer \"%s\" has movements up to %s, after the closing on %s", decision->customer->id,
                      date_text(decision, account->last_on), date_text(decision, decision->effective_on));
    }
    return true;
}

bool decide_close_customer(struct decision *decision) {
    const struct vector *accounts = &decision->customer->accounts;
    if (!check_line(decision, "the reason", decision->request->close_customer->reason, LIMIT_ID_BYTES)) {
        return false;
    }
    for (uint32_t i = 0; i < accounts->count; i++) {
        if (!check_zero_from(decision, *VECTOR_AT(struct account *, accounts, i))) {
            return false;
        }
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__CustomerClosed body = PB__CUSTOMER_CLOSED__INIT;
    body.reason = decision->request->close_customer->reason;
    event.body_case = PB__EVENT__BODY_CUSTOMER_CLOSED;
    event.customer_closed = &body;
    return emit(decision, &event, decision->effective_on);
}

/* Whoever owes, or is owed, must stay known: without a name nothing is collected or paid back. So an erasure waits for
 * zero everywhere, unless it is forced, and the event says so. */
bool decide_erase_customer(struct decision *decision) {
    const Pb__EraseCustomer *command = decision->request->erase_customer;
    const struct vector *accounts = &decision->customer->accounts;
    bool is_zero = true;
    if (!decision->settings->seals_personal) {
        return REFUSE(decision, UNSUPPORTED, NO_FACTS,
                      "this ledger keeps names in clear, in events that never change: they cannot be erased");
    }
    if (command->reason[0] == '\0') {
        return REFUSE(decision, REASON_REQUIRED, NO_FACTS, "an erasure needs a reason");
    }
    if (!check_line(decision, "the reason", command->reason, LIMIT_ID_BYTES)) {
        return false;
    }
    for (uint32_t i = 0; i < accounts->count && is_zero; i++) {
        const struct account *account = *VECTOR_AT(struct account *, accounts, i);
        int64_t amount_minor = 0;
        is_zero = account_rest(account, &amount_minor) == NULL && account->last_on <= decision->effective_on;
        if (!is_zero && !command->force) {
            return check_zero_from(decision, account);
        }
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__OperatorActed body = PB__OPERATOR_ACTED__INIT;
    body.action = PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED;
    body.subject = (char *)(uintptr_t)(is_zero ? "" : "forced");
    body.detail = command->reason;
    event.body_case = PB__EVENT__BODY_OPERATOR_ACTED;
    event.operator_acted = &body;
    return emit(decision, &event, decision->effective_on);
}

static bool check_policy_end(struct decision *decision, const Pb__CreditPolicySet *body) {
    if (body->until_on != DATE_NONE && body->until_on <= decision->effective_on) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body->until_on}),
                      "the policy would end on %s, not after it begins on %s", date_text(decision, body->until_on),
                      date_text(decision, decision->effective_on));
    }
    return true;
}

bool decide_credit_policy(struct decision *decision) {
    const Pb__SetCreditPolicy *command = decision->request->set_credit_policy;
    Pb__Event event = PB__EVENT__INIT;
    Pb__CreditPolicySet body = PB__CREDIT_POLICY_SET__INIT;
    if (command->state == PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED) {
        return REFUSE(decision, MALFORMED, NO_FACTS,
                      "a credit policy is unassessed, unlimited or an amount; the request says none of them");
    }
    if (!check_line(decision, "the reason", command->reason, LIMIT_ID_BYTES) ||
        !check_date(decision, "until_on", command->until_on, &body.until_on) || !check_policy_end(decision, &body)) {
        return false;
    }
    bool is_amount = command->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    if (command->limit_minor < 0 || (!is_amount && command->limit_minor != 0)) {
        return REFUSE(decision, AMOUNT_NOT_POSITIVE, ((struct refusal_facts){.requested_minor = command->limit_minor}),
                      is_amount ? "the limit is %s; it must be 0 or more" : "a limit of %s without the state amount",
                      amount_text(decision, command->limit_minor));
    }
    body.state = command->state;
    body.limit_minor = command->limit_minor;
    body.mode =
        command->mode == PB__CREDIT_MODE__CREDIT_MODE_UNSPECIFIED ? PB__CREDIT_MODE__CREDIT_MODE_BLOCK : command->mode;
    body.reason = command->reason;
    event.body_case = PB__EVENT__BODY_CREDIT_POLICY_SET;
    event.credit_policy_set = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}

bool decide_place_credit_hold(struct decision *decision) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__CreditHoldPlaced body = PB__CREDIT_HOLD_PLACED__INIT;
    body.reason = decision->request->place_credit_hold->reason;
    event.body_case = PB__EVENT__BODY_CREDIT_HOLD_PLACED;
    event.credit_hold_placed = &body;
    return check_reason(decision, body.reason, "a credit hold") && emit(decision, &event, decision->effective_on);
}

bool decide_lift_credit_hold(struct decision *decision) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__CreditHoldLifted body = PB__CREDIT_HOLD_LIFTED__INIT;
    body.reason = decision->request->lift_credit_hold->reason;
    event.body_case = PB__EVENT__BODY_CREDIT_HOLD_LIFTED;
    event.credit_hold_lifted = &body;
    return check_reason(decision, body.reason, "lifting a credit hold") &&
           emit(decision, &event, decision->effective_on);
}

bool decide_close_period(struct decision *decision) {
    const Pb__ClosePeriod *command = decision->request->close_period;
    Pb__Event event = PB__EVENT__INIT;
    Pb__PeriodClosed body = PB__PERIOD_CLOSED__INIT;
    int32_t closed_through = decision->ledger->closed_through;
    if (!check_date(decision, "through_on", command->through_on, &body.through_on) ||
        !check_line(decision, "the reason", command->reason, LIMIT_ID_BYTES)) {
        return false;
    }
    if (body.through_on == DATE_NONE || body.through_on > decision->today) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body.through_on}),
                      "a period closes through a day that has come; today is %s", date_text(decision, decision->today));
    }
    if (body.through_on <= closed_through) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body.through_on}),
                      "the books are closed through %s already", date_text(decision, closed_through));
    }
    body.reason = command->reason;
    event.body_case = PB__EVENT__BODY_PERIOD_CLOSED;
    event.period_closed = &body;
    return emit(decision, &event, decision->effective_on);
}

bool decide_reopen_period(struct decision *decision) {
    const Pb__ReopenPeriod *command = decision->request->reopen_period;
    Pb__Event event = PB__EVENT__INIT;
    Pb__PeriodReopened body = PB__PERIOD_REOPENED__INIT;
    int32_t closed_through = decision->ledger->closed_through;
    if (!check_date(decision, "through_on", command->through_on, &body.through_on) ||
        !check_reason(decision, command->reason, "reopening a period")) {
        return false;
    }
    if (body.through_on >= closed_through) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body.through_on}),
                      closed_through == DATE_NONE ? "no period is closed%s" : "the books are closed through %s only",
                      date_text(decision, closed_through));
    }
    body.reason = command->reason;
    event.body_case = PB__EVENT__BODY_PERIOD_REOPENED;
    event.period_reopened = &body;
    return emit(decision, &event, decision->effective_on);
}
