/* The rules of the books as plain loops: expiry, picking lots, standing uses, exposure. */
#include <string.h>

#include "tally.h"

int32_t tally_open_day(const struct tally *tally, int32_t day) {
    int32_t closed = tally_closed_through(tally);
    return day > closed ? day : closed + 1;
}

/* ---- expiry ---- */

static void begin_event(const struct tally *tally, const Pb__Event *made, int32_t date, int32_t day, Pb__Event *event) {
    pb__event__init(event);
    event->sequence = tally->count == 0 ? 1 : tally->events[tally->count - 1]->sequence + 1;
    event->effective_on = date;
    event->original_on = date == day ? 0 : day;
    event->customer = made->customer;
    event->currency = made->currency;
}

/* On its day what is left and not needed by what was dated later; what comes back later, then. */
static void expire_lot(struct tally *tally, const Pb__Event *made, int32_t due) {
    struct doc lot = {made->customer, KIND(LOT), made->deposit_received->lot, 0};
    for (int32_t day = tally_open_day(tally, due); day != 0; day = tally_next_date(tally, lot, LEFT, day)) {
        int64_t amount = tally_lowest(tally, lot, LEFT, day);
        if (amount <= 0) {
            continue;
        }
        Pb__Event event;
        Pb__LotExpired body = PB__LOT_EXPIRED__INIT;
        begin_event(tally, made, day, due, &event);
        body.lot = made->deposit_received->lot;
        body.amount_minor = amount;
        body.to = made->deposit_received->on_expiry;
        event.body_case = BODY(LOT_EXPIRED);
        event.lot_expired = &body;
        tally_add(tally, &event);
    }
}

/* What the hold still has of each lot, in the order in which it took them. */
static size_t slices_of_hold(const struct tally *tally, const Pb__Event *made, Pb__LotSlice *slices,
                             Pb__LotSlice **pointers) {
    size_t count = 0;
    for (size_t i = 0; i < made->hold_placed->n_slices; i++) {
        int64_t amount = 0;
        for (size_t j = 0; j < tally->effect_count; j++) {
            const struct effect *effect = &tally->effects[j];
            if (effect_is_of(effect, (struct doc){made->customer, KIND(HOLD), made->hold_placed->hold, 0}, HELD) &&
                strcmp(effect->other, made->hold_placed->slices[i]->lot) == 0) {
                amount += effect->amount;
            }
        }
        if (amount > 0) {
            pb__lot_slice__init(&slices[count]);
            slices[count].lot = made->hold_placed->slices[i]->lot;
            slices[count].amount_minor = amount;
            pointers[count] = &slices[count];
            count++;
        }
    }
    return count;
}

static void expire_hold(struct tally *tally, const Pb__Event *made, int32_t due) {
    struct doc hold = {made->customer, KIND(HOLD), made->hold_placed->hold, 0};
    Pb__LotSlice slices[512];
    Pb__LotSlice *pointers[512];
    Pb__Event event;
    Pb__HoldReleased body = PB__HOLD_RELEASED__INIT;
    begin_event(tally, made, tally_open_day(tally, due), due, &event);
    body.hold = made->hold_placed->hold;
    body.amount_minor = tally_last(tally, hold, LEFT);
    body.n_slices = slices_of_hold(tally, made, slices, pointers);
    body.slices = pointers;
    body.credit_minor = tally_last(tally, hold, HELD_CREDIT);
    body.cause = PB__RELEASE_CAUSE__RELEASE_CAUSE_EXPIRED;
    event.body_case = BODY(HOLD_RELEASED);
    event.hold_released = &body;
    tally_add(tally, &event);
}

/* The lot or hold of the currency with something left whose day came first; NULL: none is due. */
static const Pb__Event *next_due(const struct tally *tally, const char *customer, const char *currency, int32_t today,
                                 int32_t *due) {
    const Pb__Event *found = NULL;
    for (size_t i = 0; i < tally->count; i++) {
        const Pb__Event *made = tally->events[i];
        bool is_lot = made->body_case == BODY(DEPOSIT_RECEIVED);
        if ((!is_lot && made->body_case != BODY(HOLD_PLACED)) || strcmp(made->customer, customer) != 0 ||
            strcmp(made->currency, currency) != 0) {
            continue;
        }
        struct doc doc = {customer, is_lot ? KIND(LOT) : KIND(HOLD),
                          is_lot ? made->deposit_received->lot : made->hold_placed->hold, 0};
        int32_t day = made_due_on(tally, made);
        if (day != 0 && day <= today && tally_last(tally, doc, LEFT) > 0 && (found == NULL || day < *due)) {
            found = made;
            *due = day;
        }
    }
    return found;
}

/* Currencies in the order in which the customer first met them. */
void tally_expire(struct tally *tally, const char *customer, int32_t today) {
    const char *met[16] = {NULL};
    size_t met_count = 0;
    for (size_t i = 0, count = tally->count; i < count; i++) {
        const char *currency = tally->events[i]->currency;
        bool is_new = currency[0] != '\0' && strcmp(tally->events[i]->customer, customer) == 0;
        for (size_t j = 0; j < met_count; j++) {
            is_new = is_new && strcmp(met[j], currency) != 0;
        }
        if (!is_new) {
            continue;
        }
        met[met_count++] = currency;
        int32_t due = 0;
        for (const Pb__Event *made = next_due(tally, customer, currency, today, &due); made != NULL;
             made = next_due(tally, customer, currency, today, &due)) {
            if (made->body_case == BODY(DEPOSIT_RECEIVED)) {
                expire_lot(tally, made, due);
            } else {
                expire_hold(tally, made, due);
            }
        }
    }
}

/* ---- lots that pay ---- */

/* Law 3 on every day from `date` on, when what expired after `date` may come back on
 * the day of its expiry: on each day what is left, and the least that stays expired. */
int64_t tally_give(const struct tally *tally, struct doc lot, int32_t date, bool with_expired) {
    if (!with_expired) {
        return tally_lowest(tally, lot, LEFT, date);
    }
    int64_t give = INT64_MAX;
    int64_t expired_before = tally_level(tally, lot, ASIDE, date);
    for (int32_t day = date; day != 0;) {
        int64_t back = tally_lowest(tally, lot, ASIDE, day) - expired_before;
        give = least(give, tally_level(tally, lot, LEFT, day) + (back > 0 ? back : 0));
        int32_t left_next = tally_next_date(tally, lot, LEFT, day);
        int32_t aside_next = tally_next_date(tally, lot, ASIDE, day);
        day = left_next == 0 || (aside_next != 0 && aside_next < left_next) ? aside_next : left_next;
    }
    return give;
}

static bool is_in_scope(const Pb__DepositReceived *lot, const char *category) {
    for (size_t i = 0; i < lot->n_scope; i++) {
        if (strcmp(lot->scope[i], category) == 0) {
            return true;
        }
    }
    return lot->n_scope == 0;
}

void tally_pick(const struct tally *tally, const struct pick_question *question, struct picks *picks) {
    struct list lots;
    tally_lots(tally, question->customer, question->currency, &lots);
    picks->count = 0;
    picks->sum = 0;
    for (size_t i = 0; i < lots.count && picks->sum < question->amount; i++) {
        const Pb__DepositReceived *lot = lots.made[i]->deposit_received;
        int32_t ends = made_due_on(tally, lots.made[i]);
        struct doc doc = {question->customer, KIND(LOT), lot->lot, 0};
        if (question->date < lot->effective_from || question->date < lots.made[i]->effective_on ||
            (ends != 0 && question->date >= ends) || !is_in_scope(lot, question->category)) {
            continue;
        }
        int64_t give =
            least(tally_give(tally, doc, question->date, question->with_expired), question->amount - picks->sum);
        if (give > 0) {
            picks->items[picks->count++] = (struct pick){lot->lot, give};
            picks->sum += give;
        }
    }
}

/* ---- uses that stand ---- */

static void add_use(struct uses *uses, const Pb__Event *event, const char *lot, uint32_t part, int64_t amount) {
    uses->items[uses->count++] = (struct use){event->sequence, lot, part, amount, event->effective_on};
}

/* Slices went back: off the newest uses of that lot that were there by then. */
static void restore(struct uses *uses, const Pb__Event *event, const Pb__LotSlice *slice) {
    int64_t amount = slice->amount_minor;
    for (size_t i = uses->count; i > 0 && amount > 0; i--) {
        struct use *use = &uses->items[i - 1];
        if (use->lot != NULL && strcmp(use->lot, slice->lot) == 0 && use->date <= event->effective_on &&
            use->part == event->deposit_restored->instalment) {
            int64_t taken = least(use->amount, amount);
            use->amount -= taken;
            amount -= taken;
        }
    }
}

static void unallocate(struct uses *uses, uint64_t sequence, int64_t amount) {
    for (size_t i = 0; i < uses->count; i++) {
        if (uses->items[i].lot == NULL && uses->items[i].sequence == sequence) {
            uses->items[i].amount -= amount;
        }
    }
}

static bool is_end(Pb__DocumentKind kind, const char *id, struct doc doc) {
    return kind == doc.kind && strcmp(id, doc.id) == 0;
}

static bool is_allocation_of(const Pb__Event *e, struct doc doc) {
    return is_end(e->allocated->source_kind, e->allocated->source, doc) ||
           is_end(e->allocated->target_kind, e->allocated->target, doc);
}

void tally_taken(const struct tally *tally, struct doc doc, struct takens *takens) {
    takens->count = 0;
    for (size_t i = 0; i < tally->count; i++) {
        const Pb__Event *e = tally->events[i];
        if (e->body_case != BODY(UNALLOCATED) || strcmp(e->customer, doc.customer) != 0) {
            continue;
        }
        const Pb__Unallocated *off = e->unallocated;
        const Pb__Event *made = tally->events[off->allocation_sequence - 1];
        if (!is_allocation_of(made, doc) || (doc.part != 0 && off->instalment != doc.part)) {
            continue;
        }
        if (off->instead_of_on == 0 && e->effective_on > made->effective_on) {
            takens->items[takens->count++] =
                (struct taken){made->sequence, off->instalment, off->amount_minor, made->effective_on, e->effective_on};
        }
        int64_t rest = off->instead_of_on != 0 ? off->amount_minor : 0;
        for (size_t j = takens->count; j > 0 && rest > 0; j--) {
            struct taken *taken = &takens->items[j - 1];
            if (taken->sequence == made->sequence && taken->off_on == off->instead_of_on && taken->amount >= rest) {
                taken->amount -= rest;
                rest = 0;
            }
        }
    }
}

void tally_uses(const struct tally *tally, struct doc doc, struct uses *uses) {
    uses->count = 0;
    for (size_t i = 0; i < tally->count; i++) {
        const Pb__Event *e = tally->events[i];
        if (strcmp(e->customer, doc.customer) != 0) {
            continue;
        }
        if (e->body_case == BODY(ALLOCATED) && e->allocated->allocation_sequence == 0 && is_allocation_of(e, doc)) {
            add_use(uses, e, NULL, e->allocated->instalment, e->allocated->amount_minor);
        } else if (e->body_case == BODY(UNALLOCATED) && e->unallocated->instead_of_on == 0) {
            unallocate(uses, e->unallocated->allocation_sequence, e->unallocated->amount_minor);
        } else if (e->body_case == BODY(DEPOSIT_CONSUMED) && is_end(KIND(CHARGE), e->deposit_consumed->charge, doc)) {
            for (size_t j = 0; j < e->deposit_consumed->n_slices; j++) {
                add_use(uses, e, e->deposit_consumed->slices[j]->lot, e->deposit_consumed->instalment,
                        e->deposit_consumed->slices[j]->amount_minor);
            }
        } else if (e->body_case == BODY(DEPOSIT_RESTORED) && is_end(KIND(CHARGE), e->deposit_restored->charge, doc)) {
            for (size_t j = 0; j < e->deposit_restored->n_slices; j++) {
                restore(uses, e, e->deposit_restored->slices[j]);
            }
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < uses->count; i++) {
        if (uses->items[i].amount > 0 && (doc.part == 0 || uses->items[i].part == doc.part)) {
            uses->items[kept++] = uses->items[i];
        }
    }
    uses->count = kept;
}

int64_t tally_unwindable(const struct tally *tally, struct doc doc) {
    struct uses uses;
    int64_t sum = tally_last(tally, doc, LEFT);
    tally_uses(tally, doc, &uses);
    for (size_t i = 0; i < uses.count; i++) {
        sum += uses.items[i].amount;
    }
    return sum;
}

/* ---- credit ---- */

struct exposure tally_exposure(const struct tally *tally, const char *customer, const char *currency, int32_t as_of) {
    return (struct exposure){
        .policy = tally_policy(tally, customer, currency, as_of),
        .open = tally_open(tally, customer, currency, as_of),
        .held = tally_sum(tally, (struct sum_of){customer, currency, KIND(HOLD), HELD_CREDIT}, as_of),
        .unapplied = tally_unapplied(tally, customer, currency, as_of),
        .on_hold = tally_on_credit_hold(tally, customer, as_of),
    };
}

/* Equality passes; a sum that no int64 holds is more than any limit. */
bool exposure_passes(const struct exposure *exposure, int64_t more) {
    int64_t total = exposure->open + exposure->held - exposure->unapplied;
    return exposure->policy->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT &&
           (__builtin_add_overflow(total, more, &total) || total > exposure->policy->limit_minor);
}
