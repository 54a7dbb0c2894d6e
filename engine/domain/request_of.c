/* Back from events to a request: which command it was, and what every request has. */
#include "domain/request_of.h"

#include <string.h>

#include "base/calendar.h"
#include "domain/request_of_internal.h"

void *telling_message(struct telling *telling, const ProtobufCMessageDescriptor *descriptor) {
    ProtobufCMessage *message = arena_zalloc(telling->arena, descriptor->sizeof_message);
    if (message == NULL) {
        telling->is_out_of_memory = true;
        return NULL;
    }
    protobuf_c_message_init(descriptor, message);
    return message;
}

char *telling_date(struct telling *telling, int32_t date) {
    char text[DATE_TEXT_SIZE] = "";
    if (date != DATE_NONE) {
        (void)date_format(date, text);
    }
    char *said = arena_copy_text(telling->arena, text, strlen(text));
    telling->is_out_of_memory = telling->is_out_of_memory || said == NULL;
    return said;
}

void *telling_array(struct telling *telling, size_t count, size_t item_size) {
    void *items = arena_zalloc(telling->arena, count * item_size + 1);
    telling->is_out_of_memory = telling->is_out_of_memory || items == NULL;
    return items;
}

/* ---- which command ---- */

const Pb__Event *telling_find(struct request_events events, Pb__Event__BodyCase kind) {
    for (size_t i = 0; i < events.count; i++) {
        if (events.items[i]->body_case == kind) {
            return events.items[i];
        }
    }
    return NULL;
}

static bool is_expiry(const Pb__Event *event) {
    return event->body_case == PB__EVENT__BODY_LOT_EXPIRED ||
           (event->body_case == PB__EVENT__BODY_HOLD_RELEASED &&
            event->hold_released->cause == PB__RELEASE_CAUSE__RELEASE_CAUSE_EXPIRED);
}

/* Unwinding comes before the reversal that it is for. */
static const Pb__Event *find_main(struct request_events events) {
    static const Pb__Event__BodyCase first_kinds[] = {
        PB__EVENT__BODY_CHARGE_REVERSED, PB__EVENT__BODY_PAYMENT_REVERSED, PB__EVENT__BODY_HOLD_CAPTURED,
        PB__EVENT__BODY_CHARGE_POSTED,   PB__EVENT__BODY_DEPOSIT_CONSUMED,
    };
    for (size_t i = 0; i < sizeof first_kinds / sizeof *first_kinds; i++) {
        const Pb__Event *found = telling_find(events, first_kinds[i]);
        if (found != NULL) {
            return found;
        }
    }
    for (size_t i = 0; i < events.count; i++) {
        if (!is_expiry(events.items[i])) {
            return events.items[i];
        }
    }
    return NULL;
}

/* ---- customers ---- */

static void tell_opened(struct telling *t) {
    Pb__OpenCustomer *command = telling_message(t, &pb__open_customer__descriptor);
    if (command != NULL) {
        command->profile = t->main->customer_opened->profile;
        t->request->command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
        t->request->open_customer = command;
    }
}

static void tell_changed(struct telling *t) {
    Pb__ChangeCustomer *command = telling_message(t, &pb__change_customer__descriptor);
    if (command != NULL) {
        command->profile = t->main->customer_changed->profile;
        t->request->command_case = PB__REQUEST__COMMAND_CHANGE_CUSTOMER;
        t->request->change_customer = command;
    }
}

static void tell_closed(struct telling *t) {
    Pb__CloseCustomer *command = telling_message(t, &pb__close_customer__descriptor);
    if (command != NULL) {
        command->reason = t->main->customer_closed->reason;
        t->request->command_case = PB__REQUEST__COMMAND_CLOSE_CUSTOMER;
        t->request->close_customer = command;
    }
}

static void tell_policy(struct telling *t) {
    const Pb__CreditPolicySet *body = t->main->credit_policy_set;
    Pb__SetCreditPolicy *command = telling_message(t, &pb__set_credit_policy__descriptor);
    if (command != NULL) {
        command->state = body->state;
        command->limit_minor = body->limit_minor;
        command->mode = body->mode;
        command->until_on = telling_date(t, body->until_on);
        command->reason = body->reason;
        t->request->command_case = PB__REQUEST__COMMAND_SET_CREDIT_POLICY;
        t->request->set_credit_policy = command;
    }
}

static void tell_hold_on_credit(struct telling *t) {
    Pb__PlaceCreditHold *command = telling_message(t, &pb__place_credit_hold__descriptor);
    if (command != NULL) {
        command->reason = t->main->credit_hold_placed->reason;
        t->request->command_case = PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD;
        t->request->place_credit_hold = command;
    }
}

static void tell_lifted(struct telling *t) {
    Pb__LiftCreditHold *command = telling_message(t, &pb__lift_credit_hold__descriptor);
    if (command != NULL) {
        command->reason = t->main->credit_hold_lifted->reason;
        t->request->command_case = PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD;
        t->request->lift_credit_hold = command;
    }
}

/* ---- disputes, periods, statements ---- */

static void tell_disputed(struct telling *t) {
    const Pb__DisputeOpened *body = t->main->dispute_opened;
    Pb__OpenDispute *command = telling_message(t, &pb__open_dispute__descriptor);
    if (command != NULL) {
        command->dispute = body->dispute;
        command->charge = body->charge;
        command->amount_minor = body->amount_minor;
        command->reason = body->reason;
        t->request->command_case = PB__REQUEST__COMMAND_OPEN_DISPUTE;
        t->request->open_dispute = command;
    }
}

static void tell_resolved(struct telling *t) {
    Pb__ResolveDispute *command = telling_message(t, &pb__resolve_dispute__descriptor);
    if (command != NULL) {
        command->dispute = t->main->dispute_resolved->dispute;
        command->outcome = t->main->dispute_resolved->outcome;
        command->note = t->main->dispute_resolved->note;
        t->request->command_case = PB__REQUEST__COMMAND_RESOLVE_DISPUTE;
        t->request->resolve_dispute = command;
    }
}

static void tell_period_closed(struct telling *t) {
    Pb__ClosePeriod *command = telling_message(t, &pb__close_period__descriptor);
    if (command != NULL) {
        command->through_on = telling_date(t, t->main->period_closed->through_on);
        command->reason = t->main->period_closed->reason;
        t->request->command_case = PB__REQUEST__COMMAND_CLOSE_PERIOD;
        t->request->close_period = command;
    }
}

static void tell_period_reopened(struct telling *t) {
    Pb__ReopenPeriod *command = telling_message(t, &pb__reopen_period__descriptor);
    if (command != NULL) {
        command->through_on = telling_date(t, t->main->period_reopened->through_on);
        command->reason = t->main->period_reopened->reason;
        t->request->command_case = PB__REQUEST__COMMAND_REOPEN_PERIOD;
        t->request->reopen_period = command;
    }
}

static void tell_statement(struct telling *t) {
    const Pb__StatementIssued *body = t->main->statement_issued;
    Pb__IssueStatement *command = telling_message(t, &pb__issue_statement__descriptor);
    if (command == NULL) {
        return;
    }
    command->statement = body->statement;
    command->kind = body->kind;
    command->from_on = telling_date(t, body->from_on);
    command->to_on = telling_date(t, body->to_on);
    command->known_at = body->known_at;
    command->content_sha256 = body->content_sha256;
    command->format = body->format;
    command->content_bytes = body->content_bytes;
    command->n_policies = body->n_policies;
    command->policies = body->policies;
    command->opening = body->opening;
    command->changes = body->changes;
    command->closing = body->closing;
    t->request->command_case = PB__REQUEST__COMMAND_ISSUE_STATEMENT;
    t->request->issue_statement = command;
}

/* ---- all of them ---- */

/* What is told, and how many readings it has. NULL: nothing that a command begins with. */
static void (*teller_of(const Pb__Event *main))(struct telling *) {
    switch (main->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return tell_charge;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return tell_applied;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return tell_payment;
    case PB__EVENT__BODY_ALLOCATED:
        return tell_allocated;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return tell_deposit;
    case PB__EVENT__BODY_CUSTOMER_OPENED:
        return tell_opened;
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
        return tell_changed;
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
        return tell_closed;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        return tell_settled;
    case PB__EVENT__BODY_UNALLOCATED:
        return tell_unallocated;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return tell_adjustment;
    case PB__EVENT__BODY_REFUNDED:
        return tell_refund;
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return tell_payment_reversed;
    case PB__EVENT__BODY_CHARGE_REVERSED:
        return tell_charge_reversed;
    case PB__EVENT__BODY_HOLD_PLACED:
        return tell_hold;
    case PB__EVENT__BODY_HOLD_CAPTURED:
        return tell_captured;
    case PB__EVENT__BODY_HOLD_RELEASED:
        return tell_released;
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return tell_reactivated;
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
        return tell_policy;
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
        return tell_hold_on_credit;
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
        return tell_lifted;
    case PB__EVENT__BODY_DISPUTE_OPENED:
        return tell_disputed;
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
        return tell_resolved;
    case PB__EVENT__BODY_PERIOD_CLOSED:
        return tell_period_closed;
    case PB__EVENT__BODY_PERIOD_REOPENED:
        return tell_period_reopened;
    case PB__EVENT__BODY_STATEMENT_ISSUED:
        return tell_statement;
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_OPERATOR_ACTED:
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return NULL;
}

static bool has_kind_of_rule(struct request_events events, bool is_explicit) {
    for (size_t i = 0; i < events.count; i++) {
        const Pb__Event *event = events.items[i];
        if (event->body_case == PB__EVENT__BODY_ALLOCATED &&
            (event->allocated->rule == PB__ALLOCATION_RULE__ALLOCATION_RULE_EXPLICIT) == is_explicit) {
            return true;
        }
    }
    return false;
}

size_t request_variants(struct request_events events) {
    const Pb__Event *main = find_main(events);
    if (main == NULL) {
        return events.count > 0 ? 2 : 0;
    }
    if (teller_of(main) == NULL) {
        return 0;
    }
    if (main->body_case == PB__EVENT__BODY_PAYMENT_RECEIVED) {
        bool is_settled = main->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED;
        return is_settled && telling_find(events, PB__EVENT__BODY_ALLOCATED) == NULL ? 2 : 1;
    }
    if (main->body_case == PB__EVENT__BODY_ALLOCATED) {
        return has_kind_of_rule(events, true) ? 1 : 2;
    }
    return 1;
}

/* A correction counts for the original date: naming none says so. */
static bool names_its_date(const Pb__Event *main) {
    return !(main->body_case == PB__EVENT__BODY_CHARGE_REVERSED &&
             main->charge_reversed->reading == PB__READING__READING_CORRECTION) &&
           !(main->body_case == PB__EVENT__BODY_PAYMENT_REVERSED &&
             main->payment_reversed->reading == PB__READING__READING_CORRECTION);
}

Pb__Request *request_of(struct request_events events, size_t variant, struct arena *arena) {
    struct telling telling = {
        .events = events, .main = find_main(events), .variant = variant, .arena = arena, .request = NULL};
    Pb__Request *request = telling.request = telling_message(&telling, &pb__request__descriptor);
    if (request == NULL) {
        return NULL;
    }
    const Pb__Event *named = telling.main != NULL ? telling.main : events.items[0];
    request->key = events.items[0]->request_key;
    request->actor = named->actor;
    request->customer = named->customer;
    request->currency = named->currency;
    if (telling.main == NULL) {
        tell_expiries(&telling);
    } else {
        request->original_on = telling_date(&telling, named->original_on);
        request->effective_on = telling_date(&telling, names_its_date(named) ? named->effective_on : DATE_NONE);
        teller_of(telling.main)(&telling);
    }
    return telling.is_out_of_memory ? NULL : request;
}
