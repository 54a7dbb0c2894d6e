/* Back from events to a request: commands that move money, with every default said in full. */
#include "base/calendar.h"
#include "domain/request_of_internal.h"

/* ---- deposits and charges ---- */

void tell_deposit(struct telling *t) {
    const Pb__DepositReceived *body = t->main->deposit_received;
    Pb__ReceiveDeposit *command = telling_message(t, &pb__receive_deposit__descriptor);
    Pb__Priority *priority = telling_message(t, &pb__priority__descriptor);
    if (command == NULL || priority == NULL) {
        return;
    }
    priority->value = body->priority;
    command->lot = body->lot;
    command->amount_minor = body->amount_minor;
    command->funding = body->funding;
    command->n_scope = body->n_scope;
    command->scope = body->scope;
    command->effective_from = telling_date(t, body->effective_from);
    command->expires_on = telling_date(t, body->expires_on);
    command->priority = priority;
    command->on_expiry = body->on_expiry;
    command->memo = body->memo;
    t->request->command_case = PB__REQUEST__COMMAND_RECEIVE_DEPOSIT;
    t->request->receive_deposit = command;
}

static void tell_instalments(struct telling *t, const Pb__ChargePosted *body, Pb__PostCharge *command) {
    command->instalments = telling_array(t, body->n_instalments, sizeof *command->instalments);
    for (size_t i = 0; i < body->n_instalments && !t->is_out_of_memory; i++) {
        Pb__InstalmentPlan *plan = telling_message(t, &pb__instalment_plan__descriptor);
        if (plan == NULL) {
            return;
        }
        plan->amount_minor = body->instalments[i]->amount_minor;
        plan->due_on = telling_date(t, body->instalments[i]->due_on);
        command->instalments[i] = plan;
        command->n_instalments = i + 1;
    }
}

void tell_charge(struct telling *t) {
    const Pb__ChargePosted *body = t->main->charge_posted;
    Pb__PostCharge *command = telling_message(t, &pb__post_charge__descriptor);
    if (command == NULL) {
        return;
    }
    command->charge = body->charge;
    command->amount_minor = body->amount_minor;
    command->category = body->category;
    command->due_on = telling_date(t, body->due_on);
    command->settlement = body->settlement;
    command->memo = body->memo;
    tell_instalments(t, body, command);
    t->request->command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    t->request->post_charge = command;
}

void tell_applied(struct telling *t) {
    Pb__ApplyDeposit *command = telling_message(t, &pb__apply_deposit__descriptor);
    if (command == NULL) {
        return;
    }
    command->charge = t->main->deposit_consumed->charge;
    for (size_t i = 0; i < t->events.count; i++) {
        const Pb__Event *event = t->events.items[i];
        if (event->body_case != PB__EVENT__BODY_DEPOSIT_CONSUMED) {
            continue;
        }
        for (size_t j = 0; j < event->deposit_consumed->n_slices; j++) {
            command->amount_minor += event->deposit_consumed->slices[j]->amount_minor;
        }
    }
    t->request->command_case = PB__REQUEST__COMMAND_APPLY_DEPOSIT;
    t->request->apply_deposit = command;
}

void tell_charge_reversed(struct telling *t) {
    const Pb__ChargeReversed *body = t->main->charge_reversed;
    Pb__ReverseCharge *command = telling_message(t, &pb__reverse_charge__descriptor);
    if (command == NULL) {
        return;
    }
    command->charge = body->charge;
    command->reading = body->reading;
    command->reason = body->reason;
    for (size_t i = 0; i < t->events.count; i++) { /* One for each instalment. */
        if (t->events.items[i]->body_case == PB__EVENT__BODY_CHARGE_REVERSED) {
            command->amount_minor += t->events.items[i]->charge_reversed->amount_minor;
        }
    }
    t->request->command_case = PB__REQUEST__COMMAND_REVERSE_CHARGE;
    t->request->reverse_charge = command;
}

/* ---- payments ---- */

/* What was listed: each allocation with its instalment and its amount. What the rule chose is not listed. */
struct allocations {
    Pb__AllocationPlan **plans;
    size_t count;
    const Pb__Allocated *first; /* Of any rule. */
    bool has_automatic;
    bool has_one_date;
    int32_t earliest_on;
    int64_t tolerance_minor; /* What was rounded off at most: what the tolerance was at least. */
};

static void add_allocation(struct telling *t, const Pb__Event *event, struct allocations *allocations) {
    const Pb__Allocated *body = event->allocated;
    if (allocations->first == NULL) {
        allocations->first = body;
        allocations->earliest_on = event->effective_on;
    }
    allocations->has_one_date = allocations->has_one_date && event->effective_on == allocations->earliest_on;
    if (event->effective_on < allocations->earliest_on) {
        allocations->earliest_on = event->effective_on;
    }
    if (body->rule != PB__ALLOCATION_RULE__ALLOCATION_RULE_EXPLICIT) {
        allocations->has_automatic = true;
        return;
    }
    Pb__AllocationPlan *plan = telling_message(t, &pb__allocation_plan__descriptor);
    if (plan == NULL) {
        return;
    }
    plan->allocation = body->allocation;
    plan->target_kind = body->target_kind;
    plan->target = body->target;
    plan->instalment = body->instalment;
    plan->amount_minor = body->amount_minor;
    allocations->plans[allocations->count++] = plan;
}

static struct allocations find_allocations(struct telling *t) {
    struct allocations found = {.plans = telling_array(t, t->events.count, sizeof *found.plans), .has_one_date = true};
    for (size_t i = 0; i < t->events.count && !t->is_out_of_memory; i++) {
        const Pb__Event *event = t->events.items[i];
        if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
            add_allocation(t, event, &found);
        } else if (event->body_case == PB__EVENT__BODY_ADJUSTMENT_POSTED &&
                   event->adjustment_posted->amount_minor > found.tolerance_minor) {
            found.tolerance_minor = event->adjustment_posted->amount_minor;
        }
    }
    return found;
}

void tell_payment(struct telling *t) {
    const Pb__PaymentReceived *body = t->main->payment_received;
    Pb__ReceivePayment *command = telling_message(t, &pb__receive_payment__descriptor);
    struct allocations found = find_allocations(t);
    if (command == NULL) {
        return;
    }
    command->payment = body->payment;
    command->amount_minor = body->amount_minor;
    command->method = body->method;
    command->status = body->status;
    command->memo = body->memo;
    command->n_allocations = found.count;
    command->allocations = found.plans;
    command->rounding_tolerance_minor = found.tolerance_minor;
    if (found.count > 0 && found.has_automatic) {
        command->auto_ = PB__AUTO_ALLOCATE__AUTO_ALLOCATE_OLDEST_FIRST;
    } else if (t->variant == 1) {
        command->auto_ = PB__AUTO_ALLOCATE__AUTO_ALLOCATE_NONE;
    }
    t->request->command_case = PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    t->request->receive_payment = command;
}

void tell_settled(struct telling *t) {
    Pb__SettlePayment *command = telling_message(t, &pb__settle_payment__descriptor);
    if (command != NULL) {
        command->payment = t->main->payment_settled->payment;
        t->request->command_case = PB__REQUEST__COMMAND_SETTLE_PAYMENT;
        t->request->settle_payment = command;
    }
}

/* Listed and of one date: that date. Listed and of several: each had its documents' own, so none was named.
 * By the rule: none was named, or (variant 1) the earliest. */
void tell_allocated(struct telling *t) {
    Pb__Allocate *command = telling_message(t, &pb__allocate__descriptor);
    struct allocations found = find_allocations(t);
    if (command == NULL || t->is_out_of_memory) {
        return;
    }
    bool is_dated = found.count > 0 ? found.has_one_date : t->variant == 1;
    t->request->effective_on = telling_date(t, is_dated ? found.earliest_on : DATE_NONE);
    command->source_kind = found.first->source_kind;
    command->source = found.first->source;
    command->n_allocations = found.count;
    command->allocations = found.plans;
    command->rounding_tolerance_minor = found.tolerance_minor;
    t->request->command_case = PB__REQUEST__COMMAND_ALLOCATE;
    t->request->allocate = command;
}

void tell_unallocated(struct telling *t) {
    const Pb__Unallocated *body = t->main->unallocated;
    Pb__Unallocate *command = telling_message(t, &pb__unallocate__descriptor);
    if (command == NULL) {
        return;
    }
    command->allocation = body->allocation[0] != '\0'
                              ? body->allocation
                              : arena_format(t->arena, "#%llu", (unsigned long long)body->allocation_sequence);
    t->is_out_of_memory |= command->allocation == NULL;
    command->amount_minor = body->amount_minor;
    t->request->command_case = PB__REQUEST__COMMAND_UNALLOCATE;
    t->request->unallocate = command;
}

void tell_payment_reversed(struct telling *t) {
    const Pb__PaymentReversed *body = t->main->payment_reversed;
    Pb__ReversePayment *command = telling_message(t, &pb__reverse_payment__descriptor);
    if (command != NULL) {
        command->payment = body->payment;
        command->reading = body->reading;
        command->reason = body->reason;
        t->request->command_case = PB__REQUEST__COMMAND_REVERSE_PAYMENT;
        t->request->reverse_payment = command;
    }
}

void tell_adjustment(struct telling *t) {
    const Pb__AdjustmentPosted *body = t->main->adjustment_posted;
    Pb__PostAdjustment *command = telling_message(t, &pb__post_adjustment__descriptor);
    if (command == NULL) {
        return;
    }
    command->adjustment = body->adjustment;
    command->kind = body->kind;
    command->amount_minor = body->amount_minor;
    command->reason = body->reason;
    command->target_kind = body->target_kind;
    command->target = body->target;
    command->instalment = body->instalment;
    command->due_on = telling_date(t, body->due_on);
    command->memo = body->memo;
    t->request->command_case = PB__REQUEST__COMMAND_POST_ADJUSTMENT;
    t->request->post_adjustment = command;
}

void tell_refund(struct telling *t) {
    const Pb__Refunded *body = t->main->refunded;
    Pb__Refund *command = telling_message(t, &pb__refund__descriptor);
    if (command == NULL) {
        return;
    }
    command->refund = body->refund;
    command->source_kind = body->source_kind;
    command->source = body->source;
    command->amount_minor = body->amount_minor;
    command->method = body->method;
    command->reason = body->reason;
    t->request->command_case = PB__REQUEST__COMMAND_REFUND;
    t->request->refund = command;
}

/* ---- holds and lots ---- */

void tell_hold(struct telling *t) {
    const Pb__HoldPlaced *body = t->main->hold_placed;
    Pb__PlaceHold *command = telling_message(t, &pb__place_hold__descriptor);
    if (command != NULL) {
        command->hold = body->hold;
        command->amount_minor = body->amount_minor;
        command->category = body->category;
        command->expires_on = telling_date(t, body->expires_on);
        t->request->command_case = PB__REQUEST__COMMAND_PLACE_HOLD;
        t->request->place_hold = command;
    }
}

/* What was kept is what was not released: where nothing was left, keeping it says the same. */
static bool has_released_rest(struct request_events events) {
    for (size_t i = 0; i < events.count; i++) {
        if (events.items[i]->body_case == PB__EVENT__BODY_HOLD_RELEASED &&
            events.items[i]->hold_released->cause == PB__RELEASE_CAUSE__RELEASE_CAUSE_CAPTURED) {
            return true;
        }
    }
    return false;
}

void tell_captured(struct telling *t) {
    const Pb__HoldCaptured *body = t->main->hold_captured;
    const Pb__Event *charged = telling_find(t->events, PB__EVENT__BODY_CHARGE_POSTED);
    Pb__CaptureHold *command = telling_message(t, &pb__capture_hold__descriptor);
    if (command == NULL) {
        return;
    }
    command->hold = body->hold;
    command->amount_minor = body->amount_minor;
    command->charge = body->charge;
    command->keep_rest = !has_released_rest(t->events);
    if (charged != NULL) {
        command->due_on = telling_date(t, charged->charge_posted->due_on);
        command->memo = charged->charge_posted->memo;
    }
    t->request->command_case = PB__REQUEST__COMMAND_CAPTURE_HOLD;
    t->request->capture_hold = command;
}

void tell_released(struct telling *t) {
    Pb__ReleaseHold *command = telling_message(t, &pb__release_hold__descriptor);
    if (command != NULL) {
        command->hold = t->main->hold_released->hold;
        command->amount_minor = t->main->hold_released->amount_minor;
        t->request->command_case = PB__REQUEST__COMMAND_RELEASE_HOLD;
        t->request->release_hold = command;
    }
}

void tell_reactivated(struct telling *t) {
    const Pb__LotReactivated *body = t->main->lot_reactivated;
    Pb__ReactivateLot *command = telling_message(t, &pb__reactivate_lot__descriptor);
    if (command != NULL) {
        command->lot = body->lot;
        command->amount_minor = body->amount_minor;
        command->expires_on = telling_date(t, body->expires_on);
        command->reason = body->reason;
        t->request->command_case = PB__REQUEST__COMMAND_REACTIVATE_LOT;
        t->request->reactivate_lot = command;
    }
}

/* All that was due by the day of recording came first anyway. Where that day itself is closed, the request named
 * an open one (variant 1). */
void tell_expiries(struct telling *t) {
    Pb__ExpireDue *command = telling_message(t, &pb__expire_due__descriptor);
    int32_t last_on = DATE_NONE;
    for (size_t i = 0; i < t->events.count; i++) {
        last_on = t->events.items[i]->effective_on > last_on ? t->events.items[i]->effective_on : last_on;
    }
    t->request->effective_on = telling_date(t, t->variant == 1 ? last_on : DATE_NONE);
    t->request->command_case = PB__REQUEST__COMMAND_EXPIRE_DUE;
    t->request->expire_due = command;
}
