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

/* The first event of the least rank is that which the command is known by. Unwinding comes before the reversal that it
 * is for, and what a charge consumes behind it. */
enum { RANK_CHARGE_REVERSED, RANK_PAYMENT_REVERSED, RANK_CAPTURED, RANK_CHARGE, RANK_CONSUMED, RANK_OTHER, RANK_NONE };

static unsigned rank_of(const Pb__Event *event) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_REVERSED:
        return RANK_CHARGE_REVERSED;
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return RANK_PAYMENT_REVERSED;
    case PB__EVENT__BODY_HOLD_CAPTURED:
        return RANK_CAPTURED;
    case PB__EVENT__BODY_CHARGE_POSTED:
        return RANK_CHARGE;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return RANK_CONSUMED;
    default:
        return is_expiry(event) ? RANK_NONE : RANK_OTHER;
    }
}

static const Pb__Event *find_main(struct request_events events) {
    if (events.count > 0 && events.items[0]->body_case == PB__EVENT__BODY_REQUEST_APPROVED) {
        return events.items[0]; /* What follows is of the request that was proposed. */
    }
    const Pb__Event *main = NULL;
    unsigned least = RANK_NONE;
    for (size_t i = 0; i < events.count; i++) {
        unsigned rank = rank_of(events.items[i]);
        if (rank < least) {
            least = rank;
            main = events.items[i];
        }
    }
    return main;
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

static void tell_erased(struct telling *t) {
    Pb__EraseCustomer *command = telling_message(t, &pb__erase_customer__descriptor);
    if (command != NULL) {
        command->reason = t->main->operator_acted->detail;
        command->force = strcmp(t->main->operator_acted->subject, "forced") == 0;
        t->request->command_case = PB__REQUEST__COMMAND_ERASE_CUSTOMER;
        t->request->erase_customer = command;
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

/* The command that an event is known by. What is not here never begins one, or has no command yet. */
static const struct teller {
    Pb__Event__BodyCase kind;
    void (*tell)(struct telling *t);
} tellers[] = {
    {PB__EVENT__BODY_CHARGE_POSTED, tell_charge},
    {PB__EVENT__BODY_DEPOSIT_CONSUMED, tell_applied},
    {PB__EVENT__BODY_PAYMENT_RECEIVED, tell_payment},
    {PB__EVENT__BODY_ALLOCATED, tell_allocated},
    {PB__EVENT__BODY_DEPOSIT_RECEIVED, tell_deposit},
    {PB__EVENT__BODY_CUSTOMER_OPENED, tell_opened},
    {PB__EVENT__BODY_CUSTOMER_CHANGED, tell_changed},
    {PB__EVENT__BODY_CUSTOMER_CLOSED, tell_closed},
    {PB__EVENT__BODY_PAYMENT_SETTLED, tell_settled},
    {PB__EVENT__BODY_UNALLOCATED, tell_unallocated},
    {PB__EVENT__BODY_ADJUSTMENT_POSTED, tell_adjustment},
    {PB__EVENT__BODY_REFUNDED, tell_refund},
    {PB__EVENT__BODY_PAYMENT_REVERSED, tell_payment_reversed},
    {PB__EVENT__BODY_CHARGE_REVERSED, tell_charge_reversed},
    {PB__EVENT__BODY_HOLD_PLACED, tell_hold},
    {PB__EVENT__BODY_HOLD_CAPTURED, tell_captured},
    {PB__EVENT__BODY_HOLD_RELEASED, tell_released},
    {PB__EVENT__BODY_LOT_REACTIVATED, tell_reactivated},
    {PB__EVENT__BODY_CREDIT_POLICY_SET, tell_policy},
    {PB__EVENT__BODY_CREDIT_HOLD_PLACED, tell_hold_on_credit},
    {PB__EVENT__BODY_CREDIT_HOLD_LIFTED, tell_lifted},
    {PB__EVENT__BODY_DISPUTE_OPENED, tell_disputed},
    {PB__EVENT__BODY_DISPUTE_RESOLVED, tell_resolved},
    {PB__EVENT__BODY_PERIOD_CLOSED, tell_period_closed},
    {PB__EVENT__BODY_PERIOD_REOPENED, tell_period_reopened},
    {PB__EVENT__BODY_STATEMENT_ISSUED, tell_statement},
    {PB__EVENT__BODY_REQUEST_PROPOSED, tell_proposed},
    {PB__EVENT__BODY_REQUEST_APPROVED, tell_approved},
    {PB__EVENT__BODY_REQUEST_REJECTED, tell_rejected},
    {PB__EVENT__BODY_APPROVAL_POLICY_SET, tell_approval_policy},
};

/* NULL: no command begins with it. */
static void (*teller_of(const Pb__Event *main))(struct telling *) {
    if (main->body_case == PB__EVENT__BODY_OPERATOR_ACTED) {
        bool is_erasure = main->operator_acted->action == PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED;
        return is_erasure ? tell_erased : tell_operator;
    }
    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++) {
        if (tellers[i].kind == main->body_case) {
            return tellers[i].tell;
        }
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
    request->role = named->role;
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
