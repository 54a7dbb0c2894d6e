/* What the events that move money change: levels of documents, links between them, sums of the account. */
#include <string.h>

#include "base/decimal.h"
#include "domain/fold_internal.h"

enum { DAY_SECONDS = 86400 };

/* Days through this one can no longer be in anybody's future: no time zone's
 * calendar is more than a day behind UTC's. */
static int32_t settled_day(const Pb__Event *event) {
    return (int32_t)(event->recorded_at_us / 1000000 / DAY_SECONDS) - 1;
}

static enum daybook_status drop_past_futures(struct fold *fold) {
    struct vector *future = &fold->account->future;
    int32_t settled = settled_day(fold->event);
    while (future->count > 0 && VECTOR_AT(struct account_future, future, 0)->date <= settled) {
        DAYBOOK_TRY(
            state_remove(fold->state, &fold->customer->row, future, sizeof(struct account_future), 0, fold->error));
    }
    return DAYBOOK_OK;
}

/* Notes a change that a question about an earlier day must not count. */
static enum daybook_status add_future(struct fold *fold, const struct sums_change *change) {
    struct vector *future = &fold->account->future;
    int32_t date = fold->event->effective_on;
    uint32_t at = future->count;
    while (at > 0 && VECTOR_AT(struct account_future, future, at - 1)->date >= date) {
        at--;
    }
    struct account_future entry;
    memset(&entry, 0, sizeof entry);
    entry.date = date;
    bool is_there = at < future->count && VECTOR_AT(struct account_future, future, at)->date == date;
    if (is_there) {
        entry = *VECTOR_AT(struct account_future, future, at);
    }
    entry.open_minor += change->open_minor;
    entry.unapplied_minor += change->unapplied_minor;
    entry.deposit_minor += change->deposit_minor;
    struct row *row = &fold->customer->row;
    if (is_there) {
        return state_replace(fold->state, row, future, sizeof entry, at, &entry, fold->error);
    }
    return state_insert(fold->state, row, future, sizeof entry, at, &entry, fold->error);
}

static enum daybook_status change_sums(struct fold *fold, struct sums_change change) {
    struct account *account = fold->account;
    /* The sums stand side by side in the account: one note undoes them all. */
    size_t size =
        offsetof(struct account, pending_minor) + sizeof account->pending_minor - offsetof(struct account, open_minor);
    DAYBOOK_TRY(state_touch(fold->state, &fold->customer->row, &account->open_minor, size, fold->error));
    account->open_minor += change.open_minor;
    account->unapplied_minor += change.unapplied_minor;
    account->deposit_minor += change.deposit_minor;
    account->deposit_held_minor += change.deposit_held_minor;
    account->credit_held_minor += change.credit_held_minor;
    account->dormant_minor += change.dormant_minor;
    account->pending_minor += change.pending_minor;
    DAYBOOK_TRY(drop_past_futures(fold));
    if (fold->event->effective_on > settled_day(fold->event)) {
        return add_future(fold, &change);
    }
    return DAYBOOK_OK;
}

/* M1: the gross of everything created stays within int64, per currency. */
static enum daybook_status count_created(struct fold *fold, int64_t amount_minor) {
    struct ledger_row *ledger = NULL;
    DAYBOOK_TRY(state_ledger(fold->state, &ledger, fold->error));
    struct vector *turnovers = &ledger->turnover;
    struct turnover turnover = {.created_minor = 0};
    memcpy(turnover.currency, fold->account->currency, sizeof turnover.currency);
    uint32_t at = 0;
    while (at < turnovers->count &&
           strcmp(VECTOR_AT(struct turnover, turnovers, at)->currency, turnover.currency) != 0) {
        at++;
    }
    bool is_there = at < turnovers->count;
    if (is_there) {
        turnover = *VECTOR_AT(struct turnover, turnovers, at);
    }
    if (amount_minor <= 0) {
        return fold_misfit(fold, "an amount that is not positive, of customer", fold->customer->id);
    }
    if (!money_add(&turnover.created_minor, amount_minor)) {
        return daybook_fail(fold->error, DAYBOOK_LIMIT, "folding event %llu: all amounts in %s would pass 2^63 - 1",
                            (unsigned long long)fold->event->sequence, turnover.currency);
    }
    if (is_there) {
        return state_replace(fold->state, &ledger->row, turnovers, sizeof turnover, at, &turnover, fold->error);
    }
    return state_insert(fold->state, &ledger->row, turnovers, sizeof turnover, at, &turnover, fold->error);
}

/* The order in which lots pay: priority, soonest expiry (none last), promotional
 * before paid, narrower scope first (no scope is the widest), effective date, sequence. */
static int compare_lots(const struct lot_ref *a, const struct lot_ref *b) {
    int64_t left[] = {a->priority,
                      a->expires_on == 0 ? INT32_MAX : a->expires_on,
                      a->funding == PB__FUNDING__FUNDING_PROMOTIONAL ? 0 : 1,
                      a->scope_count == 0 ? INT32_MAX : a->scope_count,
                      a->effective_on,
                      (int64_t)a->number};
    int64_t right[] = {b->priority,
                       b->expires_on == 0 ? INT32_MAX : b->expires_on,
                       b->funding == PB__FUNDING__FUNDING_PROMOTIONAL ? 0 : 1,
                       b->scope_count == 0 ? INT32_MAX : b->scope_count,
                       b->effective_on,
                       (int64_t)b->number};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

static struct lot_ref lot_ref_of(const struct document *lot) {
    struct lot_ref ref;
    memset(&ref, 0, sizeof ref);
    ref.number = lot->row.number;
    ref.expires_on = lot->due_on;
    ref.effective_from = lot->effective_from;
    ref.effective_on = lot->posted_on;
    ref.priority = lot->priority;
    ref.funding = lot->funding;
    ref.scope_count = (uint8_t)lot->scope.count;
    return ref;
}

/* The place of `ref` among the lots: its own, or where it would go. */
static uint32_t lot_place(const struct vector *lots, const struct lot_ref *ref) {
    uint32_t low = 0;
    uint32_t high = lots->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_lots(VECTOR_AT(struct lot_ref, lots, middle), ref) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool item_precedes(const struct item_ref *a, const struct item_ref *b) {
    return a->due_on != b->due_on ? a->due_on < b->due_on : a->number < b->number;
}

static uint32_t item_place(const struct vector *items, const struct item_ref *ref) {
    uint32_t low = 0;
    uint32_t high = items->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (item_precedes(VECTOR_AT(struct item_ref, items, middle), ref)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A document that has money left at the end stands in its account's list, and no other does. */
static enum daybook_status list_or_unlist(struct fold *fold, struct document *document, bool is_listed) {
    struct state *state = fold->state;
    struct row *row = &fold->customer->row;
    struct account *account = fold->account;
    if (document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT) {
        struct lot_ref ref = lot_ref_of(document);
        uint32_t at = lot_place(&account->lots, &ref);
        return is_listed ? state_insert(state, row, &account->lots, sizeof ref, at, &ref, fold->error)
                         : state_remove(state, row, &account->lots, sizeof ref, at, fold->error);
    }
    struct item_ref ref;
    memset(&ref, 0, sizeof ref);
    ref.number = document->row.number;
    ref.due_on = document->is_source ? document->posted_on : document->due_on;
    struct vector *items = document->is_source ? &account->sources : &account->items;
    uint32_t at = item_place(items, &ref);
    return is_listed ? state_insert(state, row, items, sizeof ref, at, &ref, fold->error)
                     : state_remove(state, row, items, sizeof ref, at, fold->error);
}

/* Changes what is left of a document from the event's date on. Law 3: never below zero on any day. */
static enum daybook_status change_level(struct fold *fold, struct document *document, int64_t delta_minor) {
    int32_t date = fold->event->effective_on;
    bool was_listed = timeline_last(&document->left) != 0;
    DAYBOOK_TRY(state_add_level(fold->state, &document->row, &document->left, date, delta_minor, fold->error));
    if (delta_minor < 0 && timeline_lowest_from(&document->left, date) < 0) {
        return fold_misfit(fold, "less than nothing would be left on some day of", document->id);
    }
    bool is_listed = timeline_last(&document->left) != 0;
    return was_listed == is_listed ? DAYBOOK_OK : list_or_unlist(fold, document, is_listed);
}

static enum daybook_status find_document(struct fold *fold, Pb__DocumentKind kind, const char *id,
                                         struct document **document) {
    uint64_t sequence = 0;
    DAYBOOK_TRY(state_find_document(fold->state, fold->customer, kind, id, document, &sequence, fold->error));
    if (*document == NULL || strcmp((*document)->currency, fold->account->currency) != 0) {
        return fold_misfit(fold, "names an unknown document", id);
    }
    return DAYBOOK_OK;
}

/* A document made by this event, with its amount left from the event's date on. */
static enum daybook_status add_document(struct fold *fold, Pb__DocumentKind kind, const char *id, bool is_source,
                                        int64_t amount_minor, struct document **document) {
    DAYBOOK_TRY(count_created(fold, amount_minor));
    DAYBOOK_TRY(
        state_add_document(fold->state, fold->event->sequence, fold->customer, kind, id, document, fold->error));
    memcpy((*document)->currency, fold->account->currency, sizeof(*document)->currency);
    (*document)->is_source = is_source;
    (*document)->amount_minor = amount_minor;
    (*document)->posted_on = fold->event->effective_on;
    (*document)->due_on = fold->event->effective_on;
    return DAYBOOK_OK;
}

static enum daybook_status add_link(struct fold *fold, struct document *document, const struct document *other,
                                    int64_t amount_minor, enum link_kind kind) {
    struct link link;
    memset(&link, 0, sizeof link);
    link.other = other->row.number;
    link.sequence = fold->event->sequence;
    link.amount_minor = amount_minor;
    link.date = fold->event->effective_on;
    link.kind = (uint8_t)kind;
    struct vector *links = &document->links;
    return state_insert(fold->state, &document->row, links, sizeof link, links->count, &link, fold->error);
}

/* Takes `amount_minor` off the link at `index`, and the link away when nothing is left of it. */
static enum daybook_status reduce_link(struct fold *fold, struct document *document, uint32_t index,
                                       int64_t amount_minor) {
    struct link link = *VECTOR_AT(struct link, &document->links, index);
    if (amount_minor > link.amount_minor) {
        return fold_misfit(fold, "takes off more than was put on", document->id);
    }
    link.amount_minor -= amount_minor;
    if (link.amount_minor == 0) {
        return state_remove(fold->state, &document->row, &document->links, sizeof link, index, fold->error);
    }
    return state_replace(fold->state, &document->row, &document->links, sizeof link, index, &link, fold->error);
}

static enum daybook_status reduce_allocation(struct fold *fold, struct document *document, uint64_t sequence,
                                             int64_t amount_minor) {
    uint32_t low = 0;
    uint32_t high = document->links.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (VECTOR_AT(struct link, &document->links, middle)->sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == document->links.count || VECTOR_AT(struct link, &document->links, low)->sequence != sequence) {
        return fold_misfit(fold, "takes off an allocation that does not stand on", document->id);
    }
    return reduce_link(fold, document, low, amount_minor);
}

static enum daybook_status fold_deposit_received(struct fold *fold) {
    const Pb__DepositReceived *body = fold->event->deposit_received;
    struct document *lot = NULL;
    DAYBOOK_TRY(add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->lot, true, body->amount_minor, &lot));
    lot->funding = (uint8_t)body->funding;
    lot->priority = (uint8_t)body->priority;
    lot->on_expiry = (uint8_t)body->on_expiry;
    lot->effective_from = body->effective_from;
    lot->due_on = body->expires_on;
    for (size_t i = 0; i < body->n_scope; i++) {
        char category[LIMIT_ID_BYTES + 1] = {0};
        size_t size = strlen(body->scope[i]);
        if (size > LIMIT_ID_BYTES || i >= LIMIT_SCOPE) {
            return fold_misfit(fold, "a scope that is too long, of lot", body->lot);
        }
        memcpy(category, body->scope[i], size);
        DAYBOOK_TRY(
            state_insert(fold->state, &lot->row, &lot->scope, sizeof category, (uint32_t)i, category, fold->error));
    }
    DAYBOOK_TRY(change_level(fold, lot, body->amount_minor));
    return change_sums(fold, (struct sums_change){.deposit_minor = body->amount_minor});
}

static enum daybook_status fold_charge_posted(struct fold *fold) {
    const Pb__ChargePosted *body = fold->event->charge_posted;
    struct document *charge = NULL;
    DAYBOOK_TRY(
        add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, false, body->amount_minor, &charge));
    charge->due_on = body->due_on;
    size_t size = strlen(body->category);
    if (size > LIMIT_ID_BYTES) {
        return fold_misfit(fold, "a category that is too long, of charge", body->charge);
    }
    memcpy(charge->category, body->category, size + 1);
    DAYBOOK_TRY(change_level(fold, charge, body->amount_minor));
    return change_sums(fold, (struct sums_change){.open_minor = body->amount_minor});
}

static enum daybook_status fold_deposit_consumed(struct fold *fold) {
    const Pb__DepositConsumed *body = fold->event->deposit_consumed;
    struct document *charge = NULL;
    DAYBOOK_TRY(find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, &charge));
    int64_t sum_minor = 0;
    for (size_t i = 0; i < body->n_slices; i++) {
        struct document *lot = NULL;
        int64_t amount_minor = body->slices[i]->amount_minor;
        DAYBOOK_TRY(find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->slices[i]->lot, &lot));
        DAYBOOK_TRY(change_level(fold, lot, -amount_minor));
        DAYBOOK_TRY(add_link(fold, charge, lot, amount_minor, LINK_SLICE));
        sum_minor += amount_minor;
    }
    DAYBOOK_TRY(change_level(fold, charge, -sum_minor));
    return change_sums(fold, (struct sums_change){.open_minor = -sum_minor, .deposit_minor = -sum_minor});
}

/* Takes the amount off the charge's newest slices of that lot. */
static enum daybook_status restore_slice(struct fold *fold, struct document *charge, struct document *lot,
                                         int64_t amount_minor) {
    int64_t rest_minor = amount_minor;
    for (uint32_t i = charge->links.count; i > 0 && rest_minor > 0; i--) {
        const struct link *link = VECTOR_AT(const struct link, &charge->links, i - 1);
        if (link->kind != LINK_SLICE || link->other != lot->row.number) {
            continue;
        }
        int64_t taken_minor = link->amount_minor < rest_minor ? link->amount_minor : rest_minor;
        DAYBOOK_TRY(reduce_link(fold, charge, i - 1, taken_minor));
        rest_minor -= taken_minor;
    }
    if (rest_minor != 0) {
        return fold_misfit(fold, "restores more than was consumed from lot", lot->id);
    }
    return change_level(fold, lot, amount_minor);
}

static enum daybook_status fold_deposit_restored(struct fold *fold) {
    const Pb__DepositRestored *body = fold->event->deposit_restored;
    struct document *charge = NULL;
    DAYBOOK_TRY(find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, &charge));
    int64_t sum_minor = 0;
    for (size_t i = 0; i < body->n_slices; i++) {
        struct document *lot = NULL;
        DAYBOOK_TRY(find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->slices[i]->lot, &lot));
        DAYBOOK_TRY(restore_slice(fold, charge, lot, body->slices[i]->amount_minor));
        sum_minor += body->slices[i]->amount_minor;
    }
    DAYBOOK_TRY(change_level(fold, charge, sum_minor));
    return change_sums(fold, (struct sums_change){.open_minor = sum_minor, .deposit_minor = sum_minor});
}

static enum daybook_status fold_payment_received(struct fold *fold) {
    const Pb__PaymentReceived *body = fold->event->payment_received;
    struct document *payment = NULL;
    int64_t amount_minor = body->amount_minor;
    DAYBOOK_TRY(
        add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, body->payment, true, amount_minor, &payment));
    if (body->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING) {
        payment->is_pending = true;
        return change_sums(fold, (struct sums_change){.pending_minor = amount_minor});
    }
    DAYBOOK_TRY(change_level(fold, payment, amount_minor));
    return change_sums(fold, (struct sums_change){.unapplied_minor = amount_minor});
}

static enum daybook_status fold_payment_settled(struct fold *fold) {
    struct document *payment = NULL;
    int64_t amount_minor = fold->event->payment_settled->amount_minor;
    DAYBOOK_TRY(
        find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, fold->event->payment_settled->payment, &payment));
    if (!payment->is_pending || payment->amount_minor != amount_minor) {
        return fold_misfit(fold, "settles what is not pending: payment", payment->id);
    }
    DAYBOOK_TRY(state_touch(fold->state, &payment->row, &payment->is_pending, sizeof payment->is_pending, fold->error));
    payment->is_pending = false;
    DAYBOOK_TRY(change_level(fold, payment, amount_minor));
    return change_sums(fold, (struct sums_change){.unapplied_minor = amount_minor, .pending_minor = -amount_minor});
}

static enum daybook_status fold_payment_reversed(struct fold *fold) {
    const Pb__PaymentReversed *body = fold->event->payment_reversed;
    struct document *payment = NULL;
    DAYBOOK_TRY(find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, body->payment, &payment));
    DAYBOOK_TRY(
        state_touch(fold->state, &payment->row, &payment->is_reversed, sizeof payment->is_reversed, fold->error));
    payment->is_reversed = true;
    if (body->was_pending) {
        DAYBOOK_TRY(
            state_touch(fold->state, &payment->row, &payment->is_pending, sizeof payment->is_pending, fold->error));
        payment->is_pending = false;
        return change_sums(fold, (struct sums_change){.pending_minor = -body->amount_minor});
    }
    DAYBOOK_TRY(change_level(fold, payment, -body->amount_minor));
    return change_sums(fold, (struct sums_change){.unapplied_minor = -body->amount_minor});
}

static enum daybook_status fold_allocated(struct fold *fold) {
    const Pb__Allocated *body = fold->event->allocated;
    struct document *source = NULL;
    struct document *target = NULL;
    DAYBOOK_TRY(find_document(fold, body->source_kind, body->source, &source));
    DAYBOOK_TRY(find_document(fold, body->target_kind, body->target, &target));
    if (body->allocation[0] != '\0') {
        DAYBOOK_TRY(state_add_document_name(fold->state, fold->event->sequence, fold->customer,
                                            PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION, body->allocation,
                                            fold->error));
    }
    DAYBOOK_TRY(add_link(fold, source, target, body->amount_minor, LINK_ALLOCATION));
    DAYBOOK_TRY(add_link(fold, target, source, body->amount_minor, LINK_ALLOCATION));
    DAYBOOK_TRY(change_level(fold, source, -body->amount_minor));
    DAYBOOK_TRY(change_level(fold, target, -body->amount_minor));
    return change_sums(fold,
                       (struct sums_change){.open_minor = -body->amount_minor, .unapplied_minor = -body->amount_minor});
}

static enum daybook_status fold_unallocated(struct fold *fold) {
    const Pb__Unallocated *body = fold->event->unallocated;
    struct document *source = NULL;
    struct document *target = NULL;
    DAYBOOK_TRY(find_document(fold, body->source_kind, body->source, &source));
    DAYBOOK_TRY(find_document(fold, body->target_kind, body->target, &target));
    DAYBOOK_TRY(reduce_allocation(fold, source, body->allocation_sequence, body->amount_minor));
    DAYBOOK_TRY(reduce_allocation(fold, target, body->allocation_sequence, body->amount_minor));
    DAYBOOK_TRY(change_level(fold, source, body->amount_minor));
    DAYBOOK_TRY(change_level(fold, target, body->amount_minor));
    return change_sums(fold,
                       (struct sums_change){.open_minor = body->amount_minor, .unapplied_minor = body->amount_minor});
}

/* An adjustment of an item: its name is kept, its effect is on the item. */
static enum daybook_status fold_adjustment_of_item(struct fold *fold, int64_t delta_minor) {
    const Pb__AdjustmentPosted *body = fold->event->adjustment_posted;
    struct document *target = NULL;
    DAYBOOK_TRY(count_created(fold, body->amount_minor));
    DAYBOOK_TRY(find_document(fold, body->target_kind, body->target, &target));
    DAYBOOK_TRY(state_add_document_name(fold->state, fold->event->sequence, fold->customer,
                                        PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT, body->adjustment, fold->error));
    if (body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF ||
        body->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY) {
        DAYBOOK_TRY(state_add_level(fold->state, &target->row, &target->written_off, fold->event->effective_on,
                                    -delta_minor, fold->error));
    }
    DAYBOOK_TRY(change_level(fold, target, delta_minor));
    return change_sums(fold, (struct sums_change){.open_minor = delta_minor});
}

/* On account: a credit is a source of its own, a debit note an item of its own. */
static enum daybook_status fold_adjustment_on_account(struct fold *fold, bool is_source) {
    const Pb__AdjustmentPosted *body = fold->event->adjustment_posted;
    struct document *adjustment = NULL;
    DAYBOOK_TRY(add_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT, body->adjustment, is_source,
                             body->amount_minor, &adjustment));
    if (!is_source) {
        adjustment->due_on = body->due_on;
    }
    DAYBOOK_TRY(change_level(fold, adjustment, body->amount_minor));
    if (is_source) {
        return change_sums(fold, (struct sums_change){.unapplied_minor = body->amount_minor});
    }
    return change_sums(fold, (struct sums_change){.open_minor = body->amount_minor});
}

static enum daybook_status fold_adjustment_posted(struct fold *fold) {
    const Pb__AdjustmentPosted *body = fold->event->adjustment_posted;
    bool is_on_account = body->target[0] == '\0';
    switch (body->kind) {
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE:
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT:
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING:
        return is_on_account ? fold_adjustment_on_account(fold, true)
                             : fold_adjustment_of_item(fold, -body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE:
        return is_on_account ? fold_adjustment_on_account(fold, false)
                             : fold_adjustment_of_item(fold, body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF:
        return fold_adjustment_of_item(fold, -body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY:
        return fold_adjustment_of_item(fold, body->amount_minor);
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_UNSPECIFIED:
    case _PB__ADJUSTMENT_KIND_IS_INT_SIZE:
        break;
    }
    return fold_misfit(fold, "an adjustment of no kind:", body->adjustment);
}

static enum daybook_status fold_refunded(struct fold *fold) {
    const Pb__Refunded *body = fold->event->refunded;
    struct document *source = NULL;
    DAYBOOK_TRY(find_document(fold, body->source_kind, body->source, &source));
    DAYBOOK_TRY(state_add_document_name(fold->state, fold->event->sequence, fold->customer,
                                        PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND, body->refund, fold->error));
    DAYBOOK_TRY(change_level(fold, source, -body->amount_minor));
    if (body->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT) {
        return change_sums(fold, (struct sums_change){.deposit_minor = -body->amount_minor});
    }
    return change_sums(fold, (struct sums_change){.unapplied_minor = -body->amount_minor});
}

static enum daybook_status fold_charge_reversed(struct fold *fold) {
    const Pb__ChargeReversed *body = fold->event->charge_reversed;
    struct document *charge = NULL;
    DAYBOOK_TRY(find_document(fold, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, body->charge, &charge));
    DAYBOOK_TRY(change_level(fold, charge, -body->amount_minor));
    return change_sums(fold, (struct sums_change){.open_minor = -body->amount_minor});
}

enum daybook_status fold_money_event(struct fold *fold) {
    if (fold->account == NULL) {
        return fold_misfit(fold, "money without a currency, of customer", fold->event->customer);
    }
    switch ((int)fold->event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return fold_deposit_received(fold);
    case PB__EVENT__BODY_CHARGE_POSTED:
        return fold_charge_posted(fold);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return fold_deposit_consumed(fold);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return fold_deposit_restored(fold);
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return fold_payment_received(fold);
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        return fold_payment_settled(fold);
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        return fold_payment_reversed(fold);
    case PB__EVENT__BODY_ALLOCATED:
        return fold_allocated(fold);
    case PB__EVENT__BODY_UNALLOCATED:
        return fold_unallocated(fold);
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return fold_adjustment_posted(fold);
    case PB__EVENT__BODY_REFUNDED:
        return fold_refunded(fold);
    default: /* fold_body sends no other kind here. */
        return fold_charge_reversed(fold);
    }
}
