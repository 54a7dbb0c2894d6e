/* Ages: which column what is left of an item belongs to. */
#include "projections/aging.h"

#include <assert.h>

#include "base/decimal.h"

struct adding {
    const struct aging_policy *policy;
    int32_t as_of;
    struct aging_sums *sums;
};

size_t aging_column(const struct aging_policy *policy, int32_t as_of, int32_t base) {
    int64_t age = (int64_t)as_of - base;
    if (age <= 0 && !policy->is_by_posting) {
        return 0;
    }
    size_t bucket = 0;
    while (bucket < policy->edge_count && age > policy->edges[bucket]) {
        bucket++;
    }
    return bucket + 1;
}

static int64_t *column_of(const struct adding *adding, int32_t base) {
    size_t column = aging_column(adding->policy, adding->as_of, base);
    return column == 0 ? &adding->sums->not_due_minor : &adding->sums->buckets[column - 1];
}

static bool add_part(struct adding *adding, const struct aging_item *item, const struct aging_part *part) {
    struct aging_sums *sums = adding->sums;
    int64_t clear = part->open_minor - part->disputed_minor;
    int64_t overdue_days = (int64_t)adding->as_of - part->due_on;
    if (!money_add(column_of(adding, adding->policy->is_by_posting ? item->posted_on : part->due_on), clear) ||
        !money_add(&sums->disputed_minor, part->disputed_minor) || !money_add(&sums->total_minor, part->open_minor)) {
        return false;
    }
    if (overdue_days > 0 && clear > 0) {
        if (overdue_days > sums->oldest_overdue_days) {
            sums->oldest_overdue_days = overdue_days > INT32_MAX ? INT32_MAX : (int32_t)overdue_days;
        }
        return money_add(&sums->overdue_minor, clear);
    }
    return true;
}

static bool add_source(struct adding *adding, const struct aging_item *item) {
    int64_t shown = -item->open_minor;
    int64_t *column = adding->policy->unapplied == AGING_UNAPPLIED_BUCKET ? column_of(adding, item->posted_on)
                                                                          : &adding->sums->unapplied_minor;
    return money_add(column, shown) && money_add(&adding->sums->total_minor, shown);
}

static enum daybook_status too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up ages: a total does not fit 64 bits");
}

static bool add_item(struct adding *adding, const struct aging_item *item) {
    bool fits = true;
    adding->sums->item_count++;
    if (item->is_source) {
        return add_source(adding, item);
    }
    for (size_t i = 0; i < item->part_count && fits; i++) {
        fits = add_part(adding, item, &item->parts[i]);
    }
    return fits;
}

bool aging_add_item(struct aging_sums *sums, const struct aging_policy *policy, int32_t as_of,
                    const struct aging_item *item) {
    struct adding adding = {policy, as_of, sums};
    return add_item(&adding, item);
}

static enum daybook_status visit_item(void *context, const struct aging_item *item, struct daybook_error *error) {
    return add_item(context, item) ? DAYBOOK_OK : too_large(error);
}

void aging_net(struct aging_sums *sums, size_t edge_count) {
    for (size_t i = 0; i <= edge_count + 1 && sums->unapplied_minor < 0; i++) {
        int64_t *column = i <= edge_count ? &sums->buckets[edge_count - i] : &sums->not_due_minor;
        int64_t free_minor = -sums->unapplied_minor;
        int64_t used = *column <= 0 ? 0 : *column < free_minor ? *column : free_minor;
        *column -= used;
        sums->unapplied_minor += used;
    }
}

/* AG1. Columns of both signs may pass 64 bits on the way: false says so. */
static bool check_identity(const struct aging_sums *sums, size_t edge_count) {
    int64_t sum = 0;
    bool fits = money_add(&sum, sums->unapplied_minor) && money_add(&sum, sums->not_due_minor) &&
                money_add(&sum, sums->disputed_minor);
    for (size_t i = 0; i <= edge_count; i++) {
        fits = fits && money_add(&sum, sums->buckets[i]);
    }
    assert(!fits || sum == sums->total_minor);
    return fits;
}

enum daybook_status aging_ask(struct store_txn *txn, const struct aging_question *question,
                              const struct aging_policy *policy, struct aging_sums *sums, struct daybook_error *error) {
    struct adding adding = {policy, question->as_of, sums};
    *sums = (struct aging_sums){0};
    enum daybook_status status = aging_ask_items(txn, question, visit_item, &adding, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (policy->unapplied == AGING_UNAPPLIED_NETTED) {
        aging_net(sums, policy->edge_count);
    }
    return check_identity(sums, policy->edge_count) ? DAYBOOK_OK : too_large(error);
}

bool aging_add(struct aging_sums *total, const struct aging_sums *row, size_t edge_count) {
    bool fits = money_add(&total->not_due_minor, row->not_due_minor) &&
                money_add(&total->disputed_minor, row->disputed_minor) &&
                money_add(&total->unapplied_minor, row->unapplied_minor) &&
                money_add(&total->total_minor, row->total_minor) &&
                money_add(&total->overdue_minor, row->overdue_minor);
    for (size_t i = 0; i <= edge_count; i++) {
        fits = fits && money_add(&total->buckets[i], row->buckets[i]);
    }
    total->item_count += row->item_count;
    if (row->oldest_overdue_days > total->oldest_overdue_days) {
        total->oldest_overdue_days = row->oldest_overdue_days;
    }
    return fits && check_identity(total, edge_count);
}
