/* Other orders of lots and items than the ledger's own. */
#include "domain/policy.h"

#include <stdlib.h>
#include <string.h>

static int64_t lot_rank(const struct lot_ref *ref, enum lot_key key) {
    switch (key) {
    case LOT_BY_PRIORITY:
        return ref->priority;
    case LOT_BY_EXPIRY:
        return ref->expires_on == 0 ? INT64_MAX : ref->expires_on;
    case LOT_BY_PROMOTIONAL:
        return ref->funding != PB__FUNDING__FUNDING_PROMOTIONAL;
    case LOT_BY_PAID:
        return ref->funding == PB__FUNDING__FUNDING_PROMOTIONAL;
    case LOT_BY_SCOPE:
        return ref->scope_count == 0 ? INT64_MAX : ref->scope_count;
    case LOT_BY_RECEIVED:
        return ref->effective_on;
    case LOT_KEY_COUNT:
        break;
    }
    return 0;
}

static int compare_lots(const void *a, const void *b, void *context) {
    const struct decide_policy *policy = context;
    const struct lot_ref *left = a;
    const struct lot_ref *right = b;
    for (size_t i = 0; i < policy->lot_key_count; i++) {
        int64_t x = lot_rank(left, policy->lot_keys[i]);
        int64_t y = lot_rank(right, policy->lot_keys[i]);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (left->number > right->number) - (left->number < right->number);
}

const struct lot_ref *policy_lots(const struct decide_policy *policy, const struct account *account, bool with_expired,
                                  struct arena *arena, size_t *count) {
    size_t capacity = (size_t)account->lots.count + account->expired.count;
    struct lot_ref *lots = arena_alloc(arena, capacity * sizeof *lots + 1);
    size_t used = 0;
    *count = 0;
    if (lots == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < account->lots.count; i++) {
        lots[used++] = *VECTOR_AT(const struct lot_ref, &account->lots, i);
    }
    for (uint32_t i = 0; with_expired && i < account->expired.count; i++) {
        lots[used++] = *VECTOR_AT(const struct lot_ref, &account->expired, i);
    }
    struct decide_policy by = *policy;
    qsort_r(lots, used, sizeof *lots, compare_lots, &by);
    for (size_t i = 0; i < used; i++) { /* The same lot may stand in both lists: then twice in a row. */
        if (*count == 0 || lots[*count - 1].number != lots[i].number) {
            lots[(*count)++] = lots[i];
        }
    }
    return lots;
}

/* An item with what it is sorted by: ties stand as in the list, which is in the order of due dates. */
struct ranked_item {
    struct item_ref item;
    int64_t rank;
    size_t place;
};

static int compare_items(const void *a, const void *b) {
    const struct ranked_item *left = a;
    const struct ranked_item *right = b;
    if (left->rank != right->rank) {
        return left->rank < right->rank ? -1 : 1;
    }
    return (left->place > right->place) - (left->place < right->place);
}

static enum daybook_status rank_item(const struct decide_policy *policy, struct state *state,
                                     struct ranked_item *ranked, struct daybook_error *error) {
    struct document *document = NULL;
    ranked->rank = 0;
    if (policy->item_order == ITEMS_OLDEST_DUE) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(state_document(state, ranked->item.number, &document, error));
    ranked->rank = policy->item_order == ITEMS_OLDEST_POSTED
                       ? document->posted_on
                       : -timeline_last(document_left(document, ranked->item.part));
    return DAYBOOK_OK;
}

enum daybook_status policy_items(const struct decide_policy *policy, struct state *state, const struct account *account,
                                 struct arena *arena, const struct item_ref **items, size_t *count,
                                 struct daybook_error *error) {
    size_t used = account->items.count;
    struct ranked_item *ranked = arena_alloc(arena, used * sizeof *ranked + 1);
    struct item_ref *sorted = arena_alloc(arena, used * sizeof *sorted + 1);
    if (ranked == NULL || sorted == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "putting items in order: memory was refused");
    }
    for (size_t i = 0; i < used; i++) {
        ranked[i].item = *VECTOR_AT(const struct item_ref, &account->items, i);
        ranked[i].place = i;
        DAYBOOK_TRY(rank_item(policy, state, &ranked[i], error));
    }
    qsort(ranked, used, sizeof *ranked, compare_items);
    for (size_t i = 0; i < used; i++) {
        sorted[i] = ranked[i].item;
    }
    *items = sorted;
    *count = used;
    return DAYBOOK_OK;
}

Pb__AllocationRule policy_allocation_rule(const struct decide_policy *policy) {
    switch (policy == NULL ? ITEMS_OLDEST_DUE : policy->item_order) {
    case ITEMS_OLDEST_POSTED:
        return PB__ALLOCATION_RULE__ALLOCATION_RULE_OLDEST_POSTED_FIRST;
    case ITEMS_LARGEST:
        return PB__ALLOCATION_RULE__ALLOCATION_RULE_LARGEST_FIRST;
    case ITEMS_OLDEST_DUE:
        break;
    }
    return PB__ALLOCATION_RULE__ALLOCATION_RULE_OLDEST_DUE_FIRST;
}
