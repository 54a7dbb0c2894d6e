/* Who may do what: the table of roles and commands, and what one person may not do twice. */
#include <string.h>

#include "domain/decide_internal.h"

enum {
    CASHIER = 1 << PB__ROLE__ROLE_CASHIER,
    ACCOUNTANT = 1 << PB__ROLE__ROLE_ACCOUNTANT,
    CREDIT = 1 << PB__ROLE__ROLE_CREDIT,
    ADMIN = 1 << PB__ROLE__ROLE_ADMIN,
    /* An auditor reads, and nothing else: no row names one. */
};

/* Whoever records cash is in no row that allocates, writes off, refunds or sets credit. A command that is not here is
 * for the owner alone. */
static const struct {
    Pb__Request__CommandCase command;
    unsigned roles;
} allowed[] = {
    {PB__REQUEST__COMMAND_OPEN_CUSTOMER, ADMIN},
    {PB__REQUEST__COMMAND_CHANGE_CUSTOMER, ADMIN},
    {PB__REQUEST__COMMAND_CLOSE_CUSTOMER, ADMIN},
    {PB__REQUEST__COMMAND_ERASE_CUSTOMER, ADMIN},
    {PB__REQUEST__COMMAND_RECEIVE_DEPOSIT, CASHIER},
    {PB__REQUEST__COMMAND_RECEIVE_PAYMENT, CASHIER},
    {PB__REQUEST__COMMAND_SETTLE_PAYMENT, CASHIER},
    {PB__REQUEST__COMMAND_POST_CHARGE, ACCOUNTANT},
    {PB__REQUEST__COMMAND_APPLY_DEPOSIT, ACCOUNTANT},
    {PB__REQUEST__COMMAND_ALLOCATE, ACCOUNTANT},
    {PB__REQUEST__COMMAND_UNALLOCATE, ACCOUNTANT},
    {PB__REQUEST__COMMAND_POST_ADJUSTMENT, ACCOUNTANT},
    {PB__REQUEST__COMMAND_REFUND, ACCOUNTANT},
    {PB__REQUEST__COMMAND_REVERSE_PAYMENT, ACCOUNTANT},
    {PB__REQUEST__COMMAND_REVERSE_CHARGE, ACCOUNTANT},
    {PB__REQUEST__COMMAND_PLACE_HOLD, ACCOUNTANT | CREDIT},
    {PB__REQUEST__COMMAND_CAPTURE_HOLD, ACCOUNTANT},
    {PB__REQUEST__COMMAND_RELEASE_HOLD, ACCOUNTANT | CREDIT},
    {PB__REQUEST__COMMAND_REACTIVATE_LOT, ACCOUNTANT},
    {PB__REQUEST__COMMAND_SET_CREDIT_POLICY, CREDIT},
    {PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD, CREDIT},
    {PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD, CREDIT},
    {PB__REQUEST__COMMAND_OPEN_DISPUTE, ACCOUNTANT | CREDIT},
    {PB__REQUEST__COMMAND_RESOLVE_DISPUTE, ACCOUNTANT | CREDIT},
    {PB__REQUEST__COMMAND_ISSUE_STATEMENT, ACCOUNTANT},
    {PB__REQUEST__COMMAND_EXPIRE_DUE, ACCOUNTANT | ADMIN},
    {PB__REQUEST__COMMAND_CLOSE_PERIOD, ADMIN},
    {PB__REQUEST__COMMAND_REOPEN_PERIOD, ADMIN},
    /* Of these three the request inside decides, too. */
    {PB__REQUEST__COMMAND_PROPOSE_REQUEST, CASHIER | ACCOUNTANT | CREDIT | ADMIN},
    {PB__REQUEST__COMMAND_APPROVE_REQUEST, CASHIER | ACCOUNTANT | CREDIT | ADMIN},
    {PB__REQUEST__COMMAND_REJECT_REQUEST, CASHIER | ACCOUNTANT | CREDIT | ADMIN},
    {PB__REQUEST__COMMAND_SET_APPROVAL_POLICY, ADMIN},
    {PB__REQUEST__COMMAND_RECORD_OPERATOR_ACTION, ADMIN},
};

static bool is_role(Pb__Role role) {
    return role >= PB__ROLE__ROLE_UNSPECIFIED && role <= PB__ROLE__ROLE_ADMIN;
}

bool role_may(Pb__Role role, Pb__Request__CommandCase command) {
    if (role == PB__ROLE__ROLE_UNSPECIFIED) {
        return true;
    }
    for (size_t i = 0; is_role(role) && i < sizeof allowed / sizeof *allowed; i++) {
        if (allowed[i].command == command) {
            return (allowed[i].roles & 1U << role) != 0;
        }
    }
    return false;
}

const char *role_name(Pb__Role role) {
    static const char *const names[] = {"owner", "cashier", "accountant", "credit", "auditor", "admin"};
    return is_role(role) ? names[role] : "unknown";
}

bool check_role(struct decision *decision) {
    const Pb__Request *request = decision->request;
    if (!role_may(request->role, request->command_case)) {
        return REFUSE(decision, ROLE_NOT_ALLOWED, NO_FACTS, "the role %s may not ask for this command",
                      role_name(request->role));
    }
    if (request->command_case != PB__REQUEST__COMMAND_RECEIVE_PAYMENT ||
        role_may(request->role, PB__REQUEST__COMMAND_ALLOCATE)) {
        return true;
    }
    const Pb__ReceivePayment *payment = request->receive_payment;
    bool allocates = payment->n_allocations > 0 || payment->auto_ == PB__AUTO_ALLOCATE__AUTO_ALLOCATE_OLDEST_FIRST;
    return !allocates || REFUSE(decision, ROLE_NOT_ALLOWED, NO_FACTS,
                                "the role %s records payments and does not allocate them: leave the allocations out, "
                                "and the payment stays unapplied",
                                role_name(request->role));
}

bool check_other_person(struct decision *decision, const struct document *payment) {
    const Pb__Event *received = NULL;
    if (decision->request->role == PB__ROLE__ROLE_UNSPECIFIED ||
        payment->kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT) {
        return true;
    }
    if (!went_well(decision, state_read_event(decision->state, payment->row.number, decision->request_arena, &received,
                                              decision->error))) {
        return false;
    }
    return strcmp(received->actor, decision->request->actor) != 0 ||
           REFUSE(decision, SAME_PERSON, ((struct refusal_facts){.document = payment->id}),
                  "payment \"%s\" was recorded by %s, so somebody else allocates it", payment->id, received->actor);
}

bool decide_operator_action(struct decision *decision) {
    const Pb__RecordOperatorAction *command = decision->request->record_operator_action;
    if (command->action == PB__OPERATOR_ACTION__OPERATOR_ACTION_UNSPECIFIED) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "the action is missing: what was done?");
    }
    if (command->action == PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "an erasure is recorded by erasing, and not beside it");
    }
    if (!check_identifier(decision, "the subject", command->subject) ||
        !check_line(decision, "the detail", command->detail, LIMIT_MEMO_BYTES)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__OperatorActed body = PB__OPERATOR_ACTED__INIT;
    body.action = command->action;
    body.subject = command->subject;
    body.detail = command->detail;
    event.body_case = PB__EVENT__BODY_OPERATOR_ACTED;
    event.operator_acted = &body;
    return emit(decision, &event, decision->effective_on);
}
