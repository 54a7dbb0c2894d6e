/* The plainest model of items: a list of changes, added up again for each question. */
#ifndef TESTS_PROJECTIONS_AGING_MODEL_H
#define TESTS_PROJECTIONS_AGING_MODEL_H

#include "projections/events.h"

enum { MODEL_ACCOUNTS = 3, MODEL_ITEMS = 4000, MODEL_CHANGES = 20000 };

struct model_item {
    char id[16];
    uint32_t account;
    Pb__DocumentKind kind;
    bool is_source;
    uint64_t sequence;
    int64_t left; /* Over all changes, whatever their dates. */
};

struct model_change {
    size_t item;
    uint64_t sequence;
    int32_t effective_on;
    int64_t amount;
};

/* An allocation, and how much of it stands. */
struct model_allocation {
    uint64_t sequence;
    size_t source;
    size_t target;
    int32_t effective_on;
    int64_t left;
};

struct model {
    struct model_allocation allocations[MODEL_ITEMS];
    size_t allocation_count;
    struct model_item *items;
    size_t item_count;
    struct model_change *changes;
    size_t change_count;
    uint64_t sequence;
};

static const char *const model_customers[MODEL_ACCOUNTS] = {"alice", "bob", "carol"};

static inline void model_release(struct model *model) {
    free(model->items);
    free(model->changes);
}

static inline size_t model_find(const struct model *model, uint64_t sequence) {
    for (size_t i = 0; i < model->item_count; i++) {
        if (model->items[i].sequence == sequence) {
            return i;
        }
    }
    fail_msg("no item has sequence %llu", (unsigned long long)sequence);
    return 0;
}

static inline int64_t model_level(const struct model *model, size_t item, int32_t as_of, uint64_t known_at) {
    int64_t level = 0;
    for (size_t i = 0; i < model->change_count && model->changes[i].sequence <= known_at; i++) {
        if (model->changes[i].item == item && model->changes[i].effective_on <= as_of) {
            level += model->changes[i].amount;
        }
    }
    return level;
}

static inline void model_change(struct model *model, const struct events *e, size_t item, int64_t amount) {
    assert_true(model->change_count < MODEL_CHANGES);
    const Pb__Event *event = e->list[e->count - 1];
    model->changes[model->change_count++] = (struct model_change){item, event->sequence, event->effective_on, amount};
    model->items[item].left += amount;
    model->sequence = event->sequence;
}

static inline void model_add(struct model *model, const struct events *e, const char *id, uint32_t account,
                             Pb__DocumentKind kind, bool is_source, int64_t amount) {
    assert_true(model->item_count < MODEL_ITEMS);
    struct model_item *item = &model->items[model->item_count];
    *item = (struct model_item){.account = account, .kind = kind, .is_source = is_source};
    item->sequence = e->list[e->count - 1]->sequence;
    (void)snprintf(item->id, sizeof item->id, "%s", id);
    model_change(model, e, model->item_count++, amount);
}

/* An item of the account with something left, the newest preferred; SIZE_MAX: none. */
static inline size_t model_pick(const struct model *model, struct chance *chance, uint32_t account, bool is_source) {
    for (int tries = 0; tries < 60; tries++) {
        size_t reach = chance_next(chance) % 4 == 0 ? model->item_count : 20;
        size_t back = chance_next(chance) % (reach == 0 ? 1 : reach);
        if (back >= model->item_count) {
            continue;
        }
        size_t index = model->item_count - 1 - back;
        const struct model_item *item = &model->items[index];
        if (item->account == account && item->is_source == is_source && item->left > 0) {
            return index;
        }
    }
    return SIZE_MAX;
}

/* Dates: 0 in order, 1 often late and sometimes ahead, 2 anything. */
static inline int32_t model_date(struct chance *chance, int style, int step) {
    int32_t today = 1000 + step / 4;
    int64_t dice = chance_between(chance, 0, 9);
    if (style == 2) {
        return (int32_t)chance_between(chance, 500, 2000);
    }
    if (style == 1 && dice < 4) {
        return today + (int32_t)chance_between(chance, -60, 30);
    }
    return today;
}

static inline void model_create(struct model *model, struct events *e, struct chance *chance, uint32_t account,
                                int32_t on, int64_t dice) {
    char id[16];
    int64_t amount = chance_between(chance, 1, 500);
    (void)snprintf(id, sizeof id, "d%zu", model->item_count);
    if (dice < 5) {
        charge(e, on, id, amount, on + (int32_t)chance_between(chance, 0, 60));
        model_add(model, e, id, account, CHARGE, false, amount);
    } else if (dice < 9) {
        payment(e, on, id, amount, false);
        model_add(model, e, id, account, PAYMENT, true, amount);
    } else if (dice < 10) {
        int64_t amounts[2] = {amount, amount};
        int32_t dues[2] = {on + 10, on + 40};
        charge_in_parts(e, on, id, amounts, dues, 2);
        model_add(model, e, id, account, CHARGE, false, 2 * amount);
    } else {
        bool is_source = dice % 2 == 0;
        adjusted(e, on, id,
                 is_source ? PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE
                           : PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE,
                 amount, NULL);
        model_add(model, e, id, account, ADJUSTMENT, is_source, amount);
    }
}

/* Takes a part off an allocation that stands; nothing when there is none. */
static inline void model_take_off(struct model *model, struct events *e, struct chance *chance, int32_t on) {
    if (model->allocation_count == 0) {
        return;
    }
    struct model_allocation *taken = &model->allocations[chance_next(chance) % model->allocation_count];
    if (taken->left == 0) {
        return;
    }
    const struct model_item *from = &model->items[taken->source];
    const struct model_item *to = &model->items[taken->target];
    int64_t amount = chance_between(chance, 1, taken->left);
    e->customer = model_customers[from->account];
    unallocated(e, on, from->kind, from->id, to->kind, to->id, amount, taken->sequence);
    model_change(model, e, taken->source, amount);
    model_change(model, e, taken->target, amount);
    taken->left -= amount;
}

static inline void model_allocate(struct model *model, struct events *e, int32_t on, size_t source, size_t target) {
    const struct model_item *from = &model->items[source];
    const struct model_item *to = &model->items[target];
    int64_t amount = from->left < to->left ? from->left : to->left;
    allocated(e, on, from->kind, from->id, to->kind, to->id, 0, amount);
    model_change(model, e, source, -amount);
    model_change(model, e, target, -amount);
    assert_true(model->allocation_count < MODEL_ITEMS);
    model->allocations[model->allocation_count++] =
        (struct model_allocation){e->list[e->count - 1]->sequence, source, target, on, amount};
}

static inline void model_make(struct model *model, struct events *e, struct chance *chance, int steps, int style) {
    memset(model, 0, sizeof *model);
    model->items = calloc(MODEL_ITEMS, sizeof(struct model_item));
    model->changes = calloc(MODEL_CHANGES, sizeof(struct model_change));
    for (int step = 0; step < steps; step++) {
        uint32_t account = step < MODEL_ACCOUNTS ? (uint32_t)step : (uint32_t)chance_between(chance, 0, 2);
        int32_t on = model_date(chance, style, step);
        int64_t dice = chance_between(chance, 0, 29);
        e->customer = model_customers[account];
        if (dice < 12 || step < MODEL_ACCOUNTS) {
            model_create(model, e, chance, account, on, dice % 12);
            continue;
        }
        if (dice >= 26) {
            model_take_off(model, e, chance, on);
            continue;
        }
        size_t source = model_pick(model, chance, account, true);
        size_t target = model_pick(model, chance, account, false);
        if (source == SIZE_MAX || target == SIZE_MAX) {
            continue;
        }
        if (dice == 25) {
            const struct model_item *from = &model->items[source];
            refunded(e, on, from->kind, from->id, from->left);
            model_change(model, e, source, -from->left);
        } else {
            model_allocate(model, e, on, source, target);
        }
    }
}

#endif
