/* What a request makes, what it is about and how much, whatever its command. */
#include "facts.h"

#include "tally.h"

static struct facts facts_of_payment(const Pb__Request *request) {
    const Pb__ReceivePayment *payment = request->receive_payment;
    const Pb__Allocate *allocate = request->allocate;
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_RECEIVE_PAYMENT:
        return (struct facts){.makes = KIND(PAYMENT),
                              .id = payment->payment,
                              .has_amount = true,
                              .amount = payment->amount_minor,
                              .plan_count = payment->n_allocations,
                              .plans = payment->allocations};
    case PB__REQUEST__COMMAND_SETTLE_PAYMENT:
        return (struct facts){.about = KIND(PAYMENT), .about_id = request->settle_payment->payment};
    case PB__REQUEST__COMMAND_ALLOCATE:
        return (struct facts){.about =
                                  allocate->source_kind != KIND(UNSPECIFIED) ? allocate->source_kind : KIND(PAYMENT),
                              .about_id = allocate->source,
                              .plan_count = allocate->n_allocations,
                              .plans = allocate->allocations};
    case PB__REQUEST__COMMAND_REVERSE_PAYMENT:
        return (struct facts){.about = KIND(PAYMENT),
                              .about_id = request->reverse_payment->payment,
                              .reason = request->reverse_payment->reason};
    default:
        return (struct facts){.about = KIND(ALLOCATION),
                              .about_id = request->unallocate->allocation,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->unallocate->amount_minor};
    }
}

static struct facts facts_of_charge(const Pb__Request *request) {
    const Pb__PostAdjustment *adjustment = request->post_adjustment;
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_POST_CHARGE:
        return (struct facts){.makes = KIND(CHARGE),
                              .id = request->post_charge->charge,
                              .has_amount = true,
                              .amount = request->post_charge->amount_minor};
    case PB__REQUEST__COMMAND_REVERSE_CHARGE:
        return (struct facts){.about = KIND(CHARGE),
                              .about_id = request->reverse_charge->charge,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->reverse_charge->amount_minor,
                              .reason = request->reverse_charge->reason};
    case PB__REQUEST__COMMAND_APPLY_DEPOSIT:
        return (struct facts){.about = KIND(CHARGE),
                              .about_id = request->apply_deposit->charge,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->apply_deposit->amount_minor};
    case PB__REQUEST__COMMAND_OPEN_DISPUTE:
        return (struct facts){.makes = KIND(DISPUTE),
                              .id = request->open_dispute->dispute,
                              .about = KIND(CHARGE),
                              .about_id = request->open_dispute->charge,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->open_dispute->amount_minor,
                              .reason = request->open_dispute->reason};
    case PB__REQUEST__COMMAND_RESOLVE_DISPUTE:
        return (struct facts){.about = KIND(DISPUTE), .about_id = request->resolve_dispute->dispute};
    default:
        return (struct facts){.makes = KIND(ADJUSTMENT),
                              .id = adjustment->adjustment,
                              .about =
                                  adjustment->target_kind != KIND(UNSPECIFIED) ? adjustment->target_kind : KIND(CHARGE),
                              .about_id = adjustment->target,
                              .has_amount = true,
                              .amount = adjustment->amount_minor,
                              .reason = adjustment->reason};
    }
}

static struct facts facts_of_hold(const Pb__Request *request) {
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_PLACE_HOLD:
        return (struct facts){.makes = KIND(HOLD),
                              .id = request->place_hold->hold,
                              .has_amount = true,
                              .amount = request->place_hold->amount_minor};
    case PB__REQUEST__COMMAND_CAPTURE_HOLD:
        return (struct facts){.makes = KIND(CHARGE),
                              .id = request->capture_hold->charge,
                              .about = KIND(HOLD),
                              .about_id = request->capture_hold->hold,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->capture_hold->amount_minor};
    default:
        return (struct facts){.about = KIND(HOLD),
                              .about_id = request->release_hold->hold,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->release_hold->amount_minor};
    }
}

struct facts facts_of(const Pb__Request *request) {
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_RECEIVE_PAYMENT:
    case PB__REQUEST__COMMAND_SETTLE_PAYMENT:
    case PB__REQUEST__COMMAND_ALLOCATE:
    case PB__REQUEST__COMMAND_REVERSE_PAYMENT:
    case PB__REQUEST__COMMAND_UNALLOCATE:
        return facts_of_payment(request);
    case PB__REQUEST__COMMAND_POST_CHARGE:
    case PB__REQUEST__COMMAND_REVERSE_CHARGE:
    case PB__REQUEST__COMMAND_APPLY_DEPOSIT:
    case PB__REQUEST__COMMAND_OPEN_DISPUTE:
    case PB__REQUEST__COMMAND_RESOLVE_DISPUTE:
    case PB__REQUEST__COMMAND_POST_ADJUSTMENT:
        return facts_of_charge(request);
    case PB__REQUEST__COMMAND_RECEIVE_DEPOSIT:
        return (struct facts){.makes = KIND(LOT),
                              .id = request->receive_deposit->lot,
                              .has_amount = true,
                              .amount = request->receive_deposit->amount_minor};
    case PB__REQUEST__COMMAND_REFUND:
        return (struct facts){.makes = KIND(REFUND),
                              .id = request->refund->refund,
                              .about = request->refund->source_kind,
                              .about_id = request->refund->source,
                              .has_amount = true,
                              .amount = request->refund->amount_minor};
    case PB__REQUEST__COMMAND_PLACE_HOLD:
    case PB__REQUEST__COMMAND_CAPTURE_HOLD:
    case PB__REQUEST__COMMAND_RELEASE_HOLD:
        return facts_of_hold(request);
    case PB__REQUEST__COMMAND_REACTIVATE_LOT:
        return (struct facts){.about = KIND(LOT),
                              .about_id = request->reactivate_lot->lot,
                              .has_amount = true,
                              .is_zero_all = true,
                              .amount = request->reactivate_lot->amount_minor,
                              .reason = request->reactivate_lot->reason};
    case PB__REQUEST__COMMAND_REOPEN_PERIOD:
        return (struct facts){.reason = request->reopen_period->reason};
    case PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD:
        return (struct facts){.reason = request->place_credit_hold->reason};
    case PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD:
        return (struct facts){.reason = request->lift_credit_hold->reason};
    default:
        return (struct facts){0};
    }
}

int64_t rounding_tolerance(const Pb__Request *request) {
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_RECEIVE_PAYMENT:
        return request->receive_payment->rounding_tolerance_minor;
    case PB__REQUEST__COMMAND_ALLOCATE:
        return request->allocate->rounding_tolerance_minor;
    default:
        return 0;
    }
}
