/* The lists, asked about a customer, an account or the ledger. */
#include <stdlib.h>
#include <string.h>

#include "tally.h"

int32_t world_today(const struct world *world, int64_t instant_us) {
    int64_t seconds = instant_us / 1000000 + world_zones[world->zone].offset_s;
    return (int32_t)(seconds / 86400);
}

int32_t tally_closed_through(const struct tally *tally) {
    int32_t through = 0;
    for (size_t i = 0; i < tally->count; i++) {
        if (tally->events[i]->body_case == BODY(PERIOD_CLOSED)) {
            through = tally->events[i]->period_closed->through_on;
        } else if (tally->events[i]->body_case == BODY(PERIOD_REOPENED)) {
            through = tally->events[i]->period_reopened->through_on;
        }
    }
    return through;
}

const Pb__CustomerProfile *tally_profile(const struct tally *tally, const char *customer) {
    const Pb__CustomerProfile *profile = NULL;
    for (size_t i = 0; i < tally->count; i++) {
        const Pb__Event *event = tally->events[i];
        if (strcmp(event->customer, customer) != 0) {
            continue;
        }
        if (event->body_case == BODY(CUSTOMER_OPENED)) {
            profile = event->customer_opened->profile;
        } else if (event->body_case == BODY(CUSTOMER_CHANGED)) {
            profile = event->customer_changed->profile;
        }
    }
    return profile;
}

const Pb__CustomerProfile *tally_profile_on(const struct tally *tally, const char *customer, int32_t date) {
    const Pb__Event *found = NULL;
    for (size_t i = 0; i < tally->count; i++) {
        const Pb__Event *event = tally->events[i];
        bool is_profile = event->body_case == BODY(CUSTOMER_OPENED) || event->body_case == BODY(CUSTOMER_CHANGED);
        if (!is_profile || strcmp(event->customer, customer) != 0) {
            continue;
        }
        bool is_nearer =
            found == NULL ||
            (event->effective_on <= date ? found->effective_on > date || event->effective_on >= found->effective_on
                                         : found->effective_on > date && event->effective_on <= found->effective_on);
        found = is_nearer ? event : found;
    }
    return found == NULL                               ? NULL
           : found->body_case == BODY(CUSTOMER_OPENED) ? found->customer_opened->profile
                                                       : found->customer_changed->profile;
}

bool tally_is_closed(const struct tally *tally, const char *customer) {
    for (size_t i = 0; i < tally->count; i++) {
        if (tally->events[i]->body_case == BODY(CUSTOMER_CLOSED) && strcmp(tally->events[i]->customer, customer) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- lists in the order of a rule ---- */

static bool is_of_account(const Pb__Event *event, const char *customer, const char *currency) {
    return strcmp(event->customer, customer) == 0 && strcmp(event->currency, currency) == 0;
}

static int order(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* Which lot pays first: priority, soonest expiry (none last), promotional before paid, narrower scope
 * first, effective date, sequence. */
static int order_lots(const struct tally *tally, const Pb__Event *a, const Pb__Event *b) {
    const Pb__DepositReceived *x = a->deposit_received;
    const Pb__DepositReceived *y = b->deposit_received;
    int32_t ends_x = made_due_on(tally, a);
    int32_t ends_y = made_due_on(tally, b);
    int64_t compared[][2] = {
        {x->priority, y->priority},
        {ends_x == 0 ? INT64_MAX : ends_x, ends_y == 0 ? INT64_MAX : ends_y},
        {x->funding != PB__FUNDING__FUNDING_PROMOTIONAL, y->funding != PB__FUNDING__FUNDING_PROMOTIONAL},
        {x->n_scope == 0 ? INT64_MAX : (int64_t)x->n_scope, y->n_scope == 0 ? INT64_MAX : (int64_t)y->n_scope},
        {a->effective_on, b->effective_on},
        {(int64_t)a->sequence, (int64_t)b->sequence},
    };
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        int found = order(compared[i][0], compared[i][1]);
        if (found != 0) {
            return found;
        }
    }
    return 0;
}

/* Inserted where it belongs: the lists are short. */
static void insert_lot(const struct tally *tally, struct list *list, const Pb__Event *event) {
    size_t at = list->count++;
    while (at > 0 && order_lots(tally, event, list->made[at - 1]) < 0) {
        list->made[at] = list->made[at - 1];
        at--;
    }
    list->made[at] = event;
}

void tally_lots(const struct tally *tally, const char *customer, const char *currency, struct list *list) {
    list->count = 0;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        if (event->body_case == BODY(DEPOSIT_RECEIVED) && is_of_account(event, customer, currency)) {
            insert_lot(tally, list, event);
        }
    }
}

uint32_t made_parts(const Pb__Event *made) {
    return made->body_case == BODY(CHARGE_POSTED) ? (uint32_t)made->charge_posted->n_instalments : 0;
}

static void insert_item(struct items *items, struct item item) {
    size_t at = items->count++;
    for (; at > 0; at--) {
        const struct item *before = &items->items[at - 1];
        int by_due = order(item.due_on, before->due_on);
        int by_sequence = order((int64_t)item.made->sequence, (int64_t)before->made->sequence);
        int by_part = order(item.doc.part, before->doc.part);
        if ((by_due != 0 ? by_due : by_sequence != 0 ? by_sequence : by_part) > 0) {
            break;
        }
        items->items[at] = *before;
    }
    items->items[at] = item;
}

void tally_items(const struct tally *tally, const char *customer, const char *currency, struct items *items) {
    items->count = 0;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        bool is_item = event->body_case == BODY(CHARGE_POSTED) ||
                       (event->body_case == BODY(ADJUSTMENT_POSTED) &&
                        event->adjustment_posted->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE &&
                        event->adjustment_posted->target[0] == '\0');
        if (!is_item || !is_of_account(event, customer, currency)) {
            continue;
        }
        struct item item = {.made = event, .doc = {.customer = customer}, .due_on = made_due_on(tally, event)};
        item.doc.id = made_id(event, &item.doc.kind);
        for (uint32_t part = 1; part <= made_parts(event); part++) {
            item.doc.part = part;
            item.due_on = event->charge_posted->instalments[part - 1]->due_on;
            insert_item(items, item);
        }
        if (made_parts(event) == 0) {
            insert_item(items, item);
        }
    }
}

/* ---- sums ---- */

int64_t tally_sum(const struct tally *tally, struct sum_of what, int32_t date) {
    int64_t sum = 0;
    for (size_t i = 0; i < tally->effect_count; i++) {
        const struct effect *effect = &tally->effects[i];
        if (effect->measure == what.measure && effect->date <= date && effect->sequence <= tally->known_at &&
            (what.kind == KIND(UNSPECIFIED) || effect->kind == what.kind) &&
            strcmp(effect->customer, what.customer) == 0 && strcmp(effect->currency, what.currency) == 0) {
            sum += effect->amount;
        }
    }
    return sum;
}

/* Over adjustments on account: those that are owed, or those that are money. */
static int64_t sum_adjustments(const struct tally *tally, const char *customer, const char *currency, int32_t date,
                               bool is_source) {
    int64_t sum = 0;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        if (event->body_case == BODY(ADJUSTMENT_POSTED) && event->adjustment_posted->target[0] == '\0' &&
            is_of_account(event, customer, currency) && made_is_source(event) == is_source) {
            struct doc doc = {customer, KIND(ADJUSTMENT), event->adjustment_posted->adjustment, 0};
            sum += tally_level(tally, doc, LEFT, date);
        }
    }
    return sum;
}

int64_t tally_open(const struct tally *tally, const char *customer, const char *currency, int32_t date) {
    return tally_sum(tally, (struct sum_of){customer, currency, KIND(CHARGE), LEFT}, date) +
           sum_adjustments(tally, customer, currency, date, false);
}

int64_t tally_unapplied(const struct tally *tally, const char *customer, const char *currency, int32_t date) {
    return tally_sum(tally, (struct sum_of){customer, currency, KIND(PAYMENT), LEFT}, date) +
           sum_adjustments(tally, customer, currency, date, true);
}

/* ---- credit ---- */

/* The one that began last, among those the one recorded last; one that ended gives way. */
const Pb__CreditPolicySet *tally_policy(const struct tally *tally, const char *customer, const char *currency,
                                        int32_t date) {
    const Pb__Event *found = NULL;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        if (event->body_case != BODY(CREDIT_POLICY_SET) || !is_of_account(event, customer, currency) ||
            event->effective_on > date ||
            (event->credit_policy_set->until_on != 0 && event->credit_policy_set->until_on <= date)) {
            continue;
        }
        if (found == NULL || event->effective_on >= found->effective_on) {
            found = event;
        }
    }
    return found != NULL ? found->credit_policy_set : NULL;
}

bool tally_on_credit_hold(const struct tally *tally, const char *customer, int32_t date) {
    const Pb__Event *found = NULL;
    for (size_t i = 0; i < tally->count && tally->events[i]->sequence <= tally->known_at; i++) {
        const Pb__Event *event = tally->events[i];
        bool is_change = event->body_case == BODY(CREDIT_HOLD_PLACED) || event->body_case == BODY(CREDIT_HOLD_LIFTED);
        if (is_change && strcmp(event->customer, customer) == 0 && event->effective_on <= date &&
            (found == NULL || event->effective_on >= found->effective_on)) {
            found = event;
        }
    }
    return found != NULL && found->body_case == BODY(CREDIT_HOLD_PLACED);
}
