/* Which lots pay: picking them in order, and consuming what was picked. */
#include <string.h>

#include "domain/decide_internal.h"

enum { SLICES_PER_EVENT = 256 };

static bool is_in_scope(const struct document *lot, const char *category) {
    for (uint32_t i = 0; i < document_rare(lot)->scope.count; i++) {
        const char *name = (const char *)document_rare(lot)->scope.items + (size_t)i * (LIMIT_ID_BYTES + 1);
        if (strcmp(name, category) == 0) {
            return true;
        }
    }
    return document_rare(lot)->scope.count == 0;
}

/* Two lists in paying order, walked as one: lots with money, lots with expired money. Under another policy
 * than the ledger's: one list, sorted by it. */
struct lot_walk {
    const struct vector *lists[2];
    uint32_t at[2];
    const struct lot_ref *sorted; /* NULL: the two lists. */
    size_t sorted_count;
    size_t sorted_at;
};

static const struct lot_ref *walk_peek(const struct lot_walk *walk, int list) {
    return walk->at[list] < walk->lists[list]->count
               ? VECTOR_AT(const struct lot_ref, walk->lists[list], walk->at[list])
               : NULL;
}

static bool walk_begin(struct decision *decision, const struct account *account, bool with_expired,
                       struct lot_walk *walk) {
    static const struct vector none = {0};
    const struct decide_policy *policy = decision->settings->policy;
    *walk = (struct lot_walk){.lists = {&account->lots, with_expired ? &account->expired : &none}};
    if (policy == NULL || policy->lot_key_count == 0) {
        return true;
    }
    walk->sorted = policy_lots(policy, account, with_expired, decision->request_arena, &walk->sorted_count);
    if (walk->sorted == NULL) {
        return out_of_memory(decision);
    }
    return true;
}

static const struct lot_ref *walk_next(struct lot_walk *walk) {
    if (walk->sorted != NULL) {
        return walk->sorted_at < walk->sorted_count ? &walk->sorted[walk->sorted_at++] : NULL;
    }
    const struct lot_ref *first = walk_peek(walk, 0);
    const struct lot_ref *second = walk_peek(walk, 1);
    if (first == NULL && second == NULL) {
        return NULL;
    }
    int order = first == NULL ? 1 : second == NULL ? -1 : lot_order(first, second);
    walk->at[0] += order <= 0; /* The same lot may stand in both: it comes once. */
    walk->at[1] += order >= 0;
    return order <= 0 ? first : second;
}

static bool is_good_on(const struct lot_ref *ref, int32_t date) {
    return date >= ref->effective_from && date >= ref->effective_on &&
           (ref->expires_on == DATE_NONE || date < ref->expires_on);
}

bool pick_slices(struct decision *decision, const char *category, int64_t amount_minor, bool with_expired,
                 struct slices *slices) {
    const struct account *account = customer_account(decision->customer, decision->currency);
    if (account == NULL) {
        return true;
    }
    int32_t date = decision->effective_on;
    struct lot_walk walk;
    if (!walk_begin(decision, account, with_expired, &walk)) {
        return false;
    }
    size_t capacity = (size_t)account->lots.count + account->expired.count;
    for (const struct lot_ref *ref = walk_next(&walk); ref != NULL && slices->sum_minor < amount_minor;
         ref = walk_next(&walk)) {
        struct document *lot = NULL;
        if (!is_good_on(ref, date)) {
            slices->has_out_of_date = true;
            continue;
        }
        if (!went_well(decision, state_document(decision->state, ref->number, &lot, decision->error))) {
            return false;
        }
        if (!is_in_scope(lot, category)) {
            slices->has_out_of_scope = true;
            continue;
        }
        int64_t give_minor =
            with_expired ? timeline_lowest_with(&lot->left, &lot->aside, date) : timeline_lowest_from(&lot->left, date);
        int64_t rest_minor = amount_minor - slices->sum_minor;
        give_minor = give_minor < rest_minor ? give_minor : rest_minor;
        if (give_minor <= 0) {
            continue;
        }
        if (slices->items == NULL) {
            slices->items = arena_alloc(decision->request_arena, capacity * sizeof *slices->items);
            if (slices->items == NULL) {
                return out_of_memory(decision);
            }
        }
        slices->items[slices->count++] = (struct slice){lot, give_minor};
        slices->sum_minor += give_minor;
    }
    return true;
}

Pb__LotSlice **message_slices(struct decision *decision, const struct slices *slices) {
    Pb__LotSlice *items = arena_alloc(decision->request_arena, slices->count * sizeof *items + 1);
    Pb__LotSlice **pointers = arena_alloc(decision->request_arena, slices->count * sizeof *pointers + 1);
    if (items == NULL || pointers == NULL) {
        out_of_memory(decision);
        return NULL;
    }
    for (size_t i = 0; i < slices->count; i++) {
        pb__lot_slice__init(&items[i]);
        items[i].lot = slices->items[i].lot->id;
        items[i].amount_minor = slices->items[i].amount_minor;
        pointers[i] = &items[i];
    }
    return pointers;
}

bool refuse_slices(struct decision *decision, const char *document, const char *category, int64_t amount_minor,
                   const struct slices *slices) {
    struct refusal_facts facts = {.document = document,
                                  .requested_minor = amount_minor,
                                  .available_minor = slices->sum_minor,
                                  .date = decision->effective_on};
    const char *date = date_text(decision, decision->effective_on);
    if (slices->sum_minor == 0 && slices->has_out_of_scope) {
        return REFUSE(decision, OUT_OF_SCOPE, facts, "no lot that is good on %s is for category \"%s\"", date,
                      category);
    }
    if (slices->sum_minor == 0 && slices->has_out_of_date) {
        return REFUSE(decision, LOT_EXPIRED, facts, "every lot that has money is past its day on %s, or before it",
                      date);
    }
    return REFUSE(decision, EXCEEDS_DEPOSIT, facts, "the deposits can give %s on %s; \"%s\" needs %s",
                  amount_text(decision, slices->sum_minor), date, document, amount_text(decision, amount_minor));
}

static bool emit_released(struct decision *decision, const char *charge, struct document *lot, int64_t amount_minor,
                          int32_t date) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__ExpiryReleased body = PB__EXPIRY_RELEASED__INIT;
    body.lot = lot->id;
    body.amount_minor = amount_minor;
    body.from = (Pb__OnExpiry)lot->on_expiry;
    body.charge = (char *)(uintptr_t)charge;
    event.body_case = PB__EVENT__BODY_EXPIRY_RELEASED;
    event.expiry_released = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

/* Gives back what expired, each part on the day of its expiry, never earlier: on the days
 * between the charge and the expiry the lot must not show the money twice. */
static bool release_expired(struct decision *decision, const char *charge, const struct slice *slice) {
    struct document *lot = slice->lot;
    int32_t expired_on = decision->effective_on; /* What had expired by then is not the charge's. */
    while (timeline_next_date(&lot->aside, expired_on, &expired_on)) {
        int64_t missing_minor = slice->amount_minor - timeline_lowest_from(&lot->left, expired_on);
        int64_t expired_minor =
            timeline_lowest_from(&lot->aside, expired_on) - timeline_level(&lot->aside, decision->effective_on);
        int64_t released_minor = missing_minor < expired_minor ? missing_minor : expired_minor;
        if (released_minor > 0 && !emit_released(decision, charge, lot, released_minor, expired_on)) {
            return false;
        }
    }
    return true;
}

static bool emit_consumed(struct decision *decision, const struct document *charge, uint32_t part, const char *hold,
                          Pb__LotSlice **slices, size_t count) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__DepositConsumed body = PB__DEPOSIT_CONSUMED__INIT;
    body.charge = (char *)(uintptr_t)charge->id;
    body.hold = (char *)(uintptr_t)hold;
    body.n_slices = count;
    body.slices = slices;
    body.instalment = part;
    event.body_case = PB__EVENT__BODY_DEPOSIT_CONSUMED;
    event.deposit_consumed = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}

/* Consumes `amount_minor` from the front of the slices that are left, for one instalment. */
static bool consume_part(struct decision *decision, const struct document *charge, uint32_t part, const char *hold,
                         struct slices *rest, int64_t amount_minor) {
    while (amount_minor > 0) {
        struct slices now = {.items = rest->items};
        while (now.count < rest->count && now.count < SLICES_PER_EVENT && now.sum_minor < amount_minor) {
            now.sum_minor += rest->items[now.count++].amount_minor;
        }
        Pb__LotSlice **pointers = message_slices(decision, &now);
        if (pointers == NULL) {
            return false;
        }
        /* The last slice may serve the next instalment, too. */
        int64_t over_minor = now.sum_minor > amount_minor ? now.sum_minor - amount_minor : 0;
        pointers[now.count - 1]->amount_minor -= over_minor;
        if (!emit_consumed(decision, charge, part, hold, pointers, now.count)) {
            return false;
        }
        size_t used = now.count - (over_minor > 0);
        rest->items += used;
        rest->count -= used;
        if (over_minor > 0) {
            rest->items[0].amount_minor = over_minor;
        }
        amount_minor -= now.sum_minor - over_minor;
    }
    return true;
}

bool emit_slices(struct decision *decision, struct document *charge, const char *hold, const struct slices *slices) {
    for (size_t i = 0; i < slices->count; i++) {
        if (timeline_last(&slices->items[i].lot->aside) != 0 &&
            !release_expired(decision, charge->id, &slices->items[i])) {
            return false;
        }
    }
    struct slices rest = *slices;
    int64_t rest_minor = slices->sum_minor;
    uint32_t first = document_rare(charge)->parts.count > 0 ? 1 : 0;
    for (uint32_t part = first; part <= document_rare(charge)->parts.count && rest_minor > 0; part++) {
        int64_t open_minor = timeline_lowest_from(document_left(charge, part), decision->effective_on);
        int64_t taken_minor = open_minor < rest_minor ? open_minor : rest_minor;
        if (!consume_part(decision, charge, part, hold, &rest, taken_minor)) {
            return false;
        }
        rest_minor -= taken_minor;
    }
    return true;
}
