/* Customers, periods, credit policies, deposits, refunds, adjustments and disputes: one event each. */
#include <inttypes.h>
#include <string.h>

#include "judge.h"

static bool take_dated(struct judge *judge, const Pb__Event *event, int32_t date) {
    judge_expect(judge, event->effective_on == date, "date", "event %" PRIu64 " counts for day %d, not %d",
                 event->sequence, event->effective_on, date);
    return judge_take(judge);
}

/* ---- customers ---- */

/* Zero everywhere, on every day from the closing on. */
static void judge_close_customer(struct judge *judge) {
    const Pb__Event *event = judge_next(judge, BODY(CUSTOMER_CLOSED));
    if (event == NULL || !take_dated(judge, event, judge->effective_on)) {
        return;
    }
    const struct tally *tally = judge->tally;
    static const enum measure counted[] = {LEFT, HELD, HELD_CREDIT, PENDING};
    for (size_t i = 0; i < tally->count; i++) {
        Pb__DocumentKind kind = KIND(UNSPECIFIED);
        const char *id = made_id(tally->events[i], &kind);
        if (id == NULL || kind == KIND(DISPUTE) || strcmp(tally->events[i]->customer, event->customer) != 0) {
            continue;
        }
        struct doc doc = judge_doc(judge, kind, id);
        for (size_t j = 0; j < sizeof counted / sizeof *counted; j++) {
            for (int32_t day = event->effective_on; day != 0; day = tally_next_date(tally, doc, counted[j], day)) {
                judge_expect(judge, tally_level(tally, doc, counted[j], day) == 0, "close",
                             "closed on day %d while \"%s\" has %" PRId64 " (measure %d) on day %d",
                             event->effective_on, id, tally_level(tally, doc, counted[j], day), (int)counted[j], day);
            }
        }
    }
}

static void judge_profile(struct judge *judge, const Pb__CustomerProfile *asked, const Pb__CustomerProfile *stored) {
    Pb__Settlement settlement = asked != NULL ? asked->settlement : PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED;
    if (settlement == PB__SETTLEMENT__SETTLEMENT_UNSPECIFIED) {
        settlement = PB__SETTLEMENT__SETTLEMENT_DEPOSITS_FIRST;
    }
    judge_expect(judge, stored != NULL && stored->settlement == settlement, "profile", "another settlement is kept");
    uint32_t days = asked != NULL && asked->terms != NULL ? asked->terms->days : 0;
    judge_expect(judge, stored == NULL || (stored->terms != NULL ? stored->terms->days : 0) == days, "profile",
                 "other terms are kept");
}

void judge_customer(struct judge *judge) {
    if (judge->request->command_case == PB__REQUEST__COMMAND_CLOSE_CUSTOMER) {
        judge_close_customer(judge);
        return;
    }
    bool is_opening = judge->request->command_case == PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    const Pb__Event *event = judge_next(judge, is_opening ? BODY(CUSTOMER_OPENED) : BODY(CUSTOMER_CHANGED));
    if (event == NULL) {
        return;
    }
    if (is_opening) {
        judge_profile(judge, judge->request->open_customer->profile, event->customer_opened->profile);
    } else {
        judge_profile(judge, judge->request->change_customer->profile, event->customer_changed->profile);
    }
    take_dated(judge, event, judge->effective_on);
}

/* ---- periods and credit ---- */

void judge_period(struct judge *judge) {
    int32_t closed = tally_closed_through(judge->tally);
    bool is_closing = judge->request->command_case == PB__REQUEST__COMMAND_CLOSE_PERIOD;
    const Pb__Event *event = judge_next(judge, is_closing ? BODY(PERIOD_CLOSED) : BODY(PERIOD_REOPENED));
    if (event == NULL) {
        return;
    }
    int32_t asked =
        read_date(is_closing ? judge->request->close_period->through_on : judge->request->reopen_period->through_on);
    int32_t through = is_closing ? event->period_closed->through_on : event->period_reopened->through_on;
    judge_expect(judge, through == asked, "period", "closed through day %d, not %d", through, asked);
    judge_expect(judge, is_closing ? asked > closed && asked <= judge->today : asked < closed, "period",
                 "day %d was asked for while day %d was closed", asked, closed);
    judge_take(judge);
}

void judge_credit_policy(struct judge *judge) {
    const Pb__Event *event = NULL;
    switch ((int)judge->request->command_case) {
    case PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD:
        event = judge_next(judge, BODY(CREDIT_HOLD_PLACED));
        break;
    case PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD:
        event = judge_next(judge, BODY(CREDIT_HOLD_LIFTED));
        break;
    default:
        event = judge_next(judge, BODY(CREDIT_POLICY_SET));
        const Pb__SetCreditPolicy *asked = judge->request->set_credit_policy;
        if (event != NULL) {
            const Pb__CreditPolicySet *made = event->credit_policy_set;
            judge_expect(judge,
                         made->state == asked->state && made->limit_minor == asked->limit_minor &&
                             made->until_on == read_date(asked->until_on) &&
                             is_same_text(event->currency, judge->currency) &&
                             (made->mode == PB__CREDIT_MODE__CREDIT_MODE_WARN) ==
                                 (asked->mode == PB__CREDIT_MODE__CREDIT_MODE_WARN),
                         "policy", "another policy was set");
        }
    }
    if (event != NULL) {
        take_dated(judge, event, judge->effective_on);
    }
}

/* The inputs that were kept, and the verdict, recomputed. */
void judge_credit(struct judge *judge, const Pb__CreditDecision *credit, int64_t charge_minor) {
    int32_t as_of = judge->effective_on > judge->today ? judge->effective_on : judge->today;
    struct exposure exposure = tally_exposure(judge->tally, judge->request->customer, judge->currency, as_of);
    bool is_assessed = exposure.policy != NULL && exposure.policy->state != PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED;
    if (charge_minor == 0) {
        judge_expect(judge, credit == NULL, "credit", "nothing went on credit, and a decision is kept");
        return;
    }
    judge_expect(judge, !exposure.on_hold, "credit", "charged on credit while on credit hold");
    judge_expect(judge, is_assessed || !judge->history->world.refuses_unassessed, "credit", "an unassessed charge");
    judge_expect(judge, is_assessed == (credit != NULL), "credit", "a decision is kept only when there was a limit");
    if (credit == NULL || exposure.policy == NULL) {
        return;
    }
    judge_expect(judge,
                 credit->state == exposure.policy->state && credit->mode == exposure.policy->mode &&
                     credit->limit_minor == exposure.policy->limit_minor && credit->checked_as_of == as_of &&
                     credit->charge_minor == charge_minor,
                 "credit", "decided by another policy, day or amount than day %d, %" PRId64, as_of, charge_minor);
    judge_expect(judge,
                 credit->open_minor == exposure.open && credit->held_minor == exposure.held &&
                     credit->unapplied_minor == exposure.unapplied && credit->deposit_minor == 0,
                 "credit",
                 "decided on open %" PRId64 ", held %" PRId64 ", unapplied %" PRId64 "; it is %" PRId64 ", %" PRId64
                 ", %" PRId64,
                 credit->open_minor, credit->held_minor, credit->unapplied_minor, exposure.open, exposure.held,
                 exposure.unapplied);
    bool is_over = exposure_passes(&exposure, charge_minor);
    bool is_warning = exposure.policy->mode == PB__CREDIT_MODE__CREDIT_MODE_WARN;
    judge_expect(judge, !is_over || is_warning, "credit", "a charge passed the limit");
    const char *warning = judge->answer->warning; /* Of days that may be slips, too. */
    bool warns_of_limit = warning != NULL && strstr(warning, "passes the limit") != NULL;
    judge_expect(judge, credit->over_limit == is_over && warns_of_limit == is_over, "credit",
                 "passing a limit under warn was %snoted", is_over ? "not " : "");
}

/* ---- money in advance, and back ---- */

void judge_deposit(struct judge *judge) {
    const Pb__ReceiveDeposit *asked = judge->request->receive_deposit;
    const Pb__Event *event = judge_next(judge, BODY(DEPOSIT_RECEIVED));
    if (event == NULL) {
        return;
    }
    const Pb__DepositReceived *made = event->deposit_received;
    int32_t from = asked->effective_from[0] != '\0' ? read_date(asked->effective_from) : judge->effective_on;
    bool is_promotional = asked->funding == PB__FUNDING__FUNDING_PROMOTIONAL;
    bool is_forfeit = asked->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_FORFEIT;
    judge_expect(judge,
                 made->amount_minor == asked->amount_minor && asked->amount_minor > 0 &&
                     is_same_text(made->lot, asked->lot) && is_same_text(event->currency, judge->currency) &&
                     made->funding == (is_promotional ? PB__FUNDING__FUNDING_PROMOTIONAL : PB__FUNDING__FUNDING_PAID),
                 "deposit", "lot \"%s\" is another amount, currency or funding than asked", made->lot);
    judge_expect(judge,
                 made->effective_from == from && from >= judge->effective_on &&
                     made->expires_on == read_date(asked->expires_on) &&
                     (made->expires_on == 0 || made->expires_on > from) && made->n_scope == asked->n_scope &&
                     made->priority == (asked->priority != NULL ? asked->priority->value : 50) &&
                     made->on_expiry ==
                         (is_forfeit ? PB__ON_EXPIRY__ON_EXPIRY_FORFEIT : PB__ON_EXPIRY__ON_EXPIRY_DORMANT),
                 "deposit", "lot \"%s\" has other dates, scope, priority or ending than asked", made->lot);
    take_dated(judge, event, judge->effective_on);
}

void judge_refund(struct judge *judge) {
    const Pb__Refund *asked = judge->request->refund;
    const Pb__Event *event = judge_next(judge, BODY(REFUNDED));
    if (event == NULL) {
        return;
    }
    const Pb__Refunded *made = event->refunded;
    const Pb__Event *source = tally_made(judge->tally, judge_doc(judge, asked->source_kind, asked->source));
    judge_expect(judge,
                 made->amount_minor == asked->amount_minor && made->source_kind == asked->source_kind &&
                     is_same_text(made->source, asked->source),
                 "refund", "something else was refunded than asked");
    int32_t waits_until = source != NULL && source->body_case == BODY(DEPOSIT_RECEIVED) &&
                                  source->deposit_received->effective_from > judge->effective_on
                              ? source->deposit_received->effective_from
                              : 0;
    judge_expect(judge, made->effective_from == waits_until, "refund", "of a lot that waits until day %d, not day %d",
                 waits_until, made->effective_from);
    judge_expect(judge, source != NULL && made_is_source(source), "refund", "\"%s\" is no money", asked->source);
    judge_expect(judge,
                 source == NULL || source->body_case != BODY(DEPOSIT_RECEIVED) ||
                     source->deposit_received->funding == PB__FUNDING__FUNDING_PAID,
                 "refund", "promotional money was paid back");
    take_dated(judge, event, judge->effective_on);
}

void judge_adjustment(struct judge *judge) {
    const Pb__PostAdjustment *asked = judge->request->post_adjustment;
    const Pb__Event *event = judge_next(judge, BODY(ADJUSTMENT_POSTED));
    if (event == NULL) {
        return;
    }
    const Pb__AdjustmentPosted *made = event->adjustment_posted;
    bool has_target = asked->target[0] != '\0';
    Pb__DocumentKind kind = asked->target_kind != KIND(UNSPECIFIED) ? asked->target_kind : KIND(CHARGE);
    judge_expect(judge,
                 made->kind == asked->kind && made->amount_minor == asked->amount_minor && made->reason[0] != '\0' &&
                     is_same_text(made->target, asked->target) &&
                     made->instalment == (has_target ? asked->instalment : 0) &&
                     made->target_kind == (has_target ? kind : KIND(UNSPECIFIED)),
                 "adjustment", "something else was adjusted than asked");
    const Pb__Event *target = has_target ? tally_made(judge->tally, judge_doc(judge, kind, asked->target)) : NULL;
    judge_expect(judge, target == NULL || !made_is_source(target), "adjustment", "money was adjusted");
    judge_expect(judge,
                 target == NULL ||
                     (asked->instalment <= made_parts(target) && (asked->instalment > 0) == (made_parts(target) > 0)),
                 "adjustment", "instalment %u was adjusted", asked->instalment);
    bool is_item = !has_target && asked->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE;
    judge_expect(judge, made->due_on == (is_item ? judge_due_on(judge, asked->due_on, NULL) : 0), "due_on",
                 "adjustment \"%s\" is due on day %d", made->adjustment, made->due_on);
    take_dated(judge, event, judge->effective_on);
}

/* By the request, its terms, or the customer's. */
int32_t judge_due_on(struct judge *judge, const char *due_on, const Pb__PaymentTerms *terms) {
    const Pb__CustomerProfile *profile = tally_profile_on(judge->tally, judge->request->customer, judge->effective_on);
    if (due_on[0] != '\0') {
        return read_date(due_on);
    }
    if (terms == NULL && profile != NULL) {
        terms = profile->terms;
    }
    int32_t from = judge->effective_on;
    if (terms != NULL && terms->end_of_month) {
        time_t seconds = (time_t)from * 86400;
        struct tm broken;
        (void)gmtime_r(&seconds, &broken);
        broken.tm_mon++;
        broken.tm_mday = 0; /* The day before the next month's first. */
        from = (int32_t)(timegm(&broken) / 86400);
    }
    return from + (terms != NULL ? (int32_t)terms->days : 0);
}

/* ---- disputes ---- */

void judge_dispute(struct judge *judge) {
    if (judge->request->command_case == PB__REQUEST__COMMAND_OPEN_DISPUTE) {
        const Pb__OpenDispute *asked = judge->request->open_dispute;
        const Pb__Event *event = judge_next(judge, BODY(DISPUTE_OPENED));
        if (event == NULL) {
            return;
        }
        int64_t open =
            tally_lowest(judge->tally, judge_doc(judge, KIND(CHARGE), asked->charge), LEFT, judge->effective_on);
        int64_t amount = event->dispute_opened->amount_minor;
        judge_expect(judge, asked->amount_minor == 0 || amount == asked->amount_minor, "dispute",
                     "%" PRId64 " were disputed", amount);
        judge_expect(judge, amount > 0 && amount <= open, "dispute", "%" PRId64 " of %" PRId64 " open were disputed",
                     amount, open);
        take_dated(judge, event, judge->effective_on);
        return;
    }
    const Pb__Event *event = judge_next(judge, BODY(DISPUTE_RESOLVED));
    if (event != NULL) {
        take_dated(judge, event, judge->effective_on);
    }
}
