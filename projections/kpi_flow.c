/* Where the money of open items went between two dates. */
#include "projections/kpi_flow.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/decimal.h"

/* What was open of an item, or of an instalment, at one of the dates. */
struct part {
    uint64_t sequence;
    uint32_t instalment;
    int32_t due_on;
    size_t column; /* Of what is clear. */
    int64_t clear_minor;
    int64_t disputed_minor;
};

struct listing {
    const struct aging_policy *policy;
    int32_t as_of;
    struct daybook_buffer parts;
};

static enum daybook_status list_item(void *context, const struct aging_item *item, struct daybook_error *error) {
    struct listing *listing = context;
    for (size_t i = 0; i < item->part_count && !item->is_source; i++) {
        const struct aging_part *open = &item->parts[i];
        int32_t base = listing->policy->is_by_posting ? item->posted_on : open->due_on;
        struct part part = {
            .sequence = item->sequence,
            .instalment = open->instalment,
            .due_on = open->due_on,
            .column = aging_column(listing->policy, listing->as_of, base),
            .clear_minor = open->open_minor - open->disputed_minor,
            .disputed_minor = open->disputed_minor,
        };
        if (daybook_buffer_append(&listing->parts, &part, sizeof part) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "while listing open items: memory was refused");
        }
    }
    return DAYBOOK_OK;
}

static int compare_parts(const void *a, const void *b) {
    const struct part *x = a;
    const struct part *y = b;
    if (x->sequence != y->sequence) {
        return x->sequence < y->sequence ? -1 : 1;
    }
    return (x->instalment > y->instalment) - (x->instalment < y->instalment);
}

/* Takes from both what they have in common, and adds it where the one becomes the other. */
static bool move(struct kpi_flow *flow, size_t from, int64_t *opening, size_t to, int64_t *closing) {
    int64_t common = *opening < *closing ? *opening : *closing;
    if (common <= 0) {
        return true;
    }
    *opening -= common;
    *closing -= common;
    return money_add(&flow->moved[from][to], common);
}

/* `before` and `after` are the same part at both dates; one with nothing open stands for a part that was not there. */
static bool follow(struct kpi_flow *flow, struct part before, struct part after) {
    size_t disputed = flow->column_count - 1;
    size_t outside = flow->column_count;
    return move(flow, disputed, &before.disputed_minor, disputed, &after.disputed_minor) &&
           move(flow, before.column, &before.clear_minor, after.column, &after.clear_minor) &&
           move(flow, before.column, &before.clear_minor, disputed, &after.disputed_minor) &&
           move(flow, disputed, &before.disputed_minor, after.column, &after.clear_minor) &&
           money_add(&flow->moved[before.column][outside], before.clear_minor) &&
           money_add(&flow->moved[disputed][outside], before.disputed_minor) &&
           money_add(&flow->moved[outside][after.column], after.clear_minor) &&
           money_add(&flow->moved[outside][disputed], after.disputed_minor);
}

/* Both in the order of their sequences and instalments. */
static bool follow_all(struct kpi_flow *flow, const struct part *before, size_t before_count, const struct part *after,
                       size_t after_count) {
    size_t i = 0;
    size_t j = 0;
    while (i < before_count || j < after_count) {
        int order = i == before_count ? 1 : j == after_count ? -1 : compare_parts(&before[i], &after[j]);
        struct part opening = order <= 0 ? before[i++] : (struct part){0};
        struct part closing = order >= 0 ? after[j++] : (struct part){0};
        if (!follow(flow, opening, closing)) {
            return false;
        }
    }
    return true;
}

static bool add_up(struct kpi_flow *flow, const struct part *parts, size_t count, int32_t as_of) {
    for (size_t i = 0; i < count; i++) {
        int64_t *sum = parts[i].due_on >= as_of ? &flow->not_due_minor : &flow->overdue_minor;
        if (!money_add(sum, parts[i].clear_minor) || !money_add(&flow->disputed_minor, parts[i].disputed_minor)) {
            return false;
        }
    }
    return true;
}

static enum daybook_status list(struct listing *listing, struct store_txn *txn, uint32_t account, uint64_t known_at,
                                struct daybook_error *error) {
    struct aging_question question = {account, listing->as_of, known_at, false, NULL};
    DAYBOOK_TRY(aging_ask_items(txn, &question, list_item, listing, error));
    if (listing->parts.size > 0) {
        qsort(listing->parts.data, listing->parts.size / sizeof(struct part), sizeof(struct part), compare_parts);
    }
    return DAYBOOK_OK;
}

enum daybook_status kpi_flow_add(struct kpi_flow *flow, struct store_txn *txn, uint32_t account, int32_t from,
                                 int32_t to, uint64_t known_at, const struct aging_policy *policy,
                                 struct daybook_error *error) {
    struct listing before = {.policy = policy, .as_of = from};
    struct listing after = {.policy = policy, .as_of = to};
    enum daybook_status status = list(&before, txn, account, known_at, error);
    if (status == DAYBOOK_OK) {
        status = list(&after, txn, account, known_at, error);
    }
    if (status == DAYBOOK_OK) {
        const struct part *opening = (const void *)before.parts.data;
        const struct part *closing = (const void *)after.parts.data;
        size_t closing_count = after.parts.size / sizeof(struct part);
        if (!follow_all(flow, opening, before.parts.size / sizeof(struct part), closing, closing_count) ||
            !add_up(flow, closing, closing_count, to)) {
            status = daybook_fail(error, DAYBOOK_LIMIT, "while following open items: a sum does not fit 64 bits");
        }
    }
    daybook_buffer_release(&before.parts);
    daybook_buffer_release(&after.parts);
    return status;
}
