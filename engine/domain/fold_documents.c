/* What the folds of money have in common: levels, lists and links of documents, sums of the account. */
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
    entry.credit_held_minor += change->credit_held_minor;
    struct row *row = &fold->customer->row;
    if (is_there) {
        return state_replace(fold->state, row, future, sizeof entry, at, &entry, fold->error);
    }
    return state_insert(fold->state, row, future, sizeof entry, at, &entry, fold->error);
}

enum daybook_status fold_change_sums(struct fold *fold, struct sums_change change) {
    struct account *account = fold->account;
    /* The sums stand side by side in the account: one note undoes them all. */
    size_t size = offsetof(struct account, last_on) + sizeof account->last_on - offsetof(struct account, open_minor);
    DAYBOOK_TRY(state_touch(fold->state, &fold->customer->row, &account->open_minor, size, fold->error));
    account->open_minor += change.open_minor;
    account->unapplied_minor += change.unapplied_minor;
    account->deposit_minor += change.deposit_minor;
    account->deposit_held_minor += change.deposit_held_minor;
    account->credit_held_minor += change.credit_held_minor;
    account->dormant_minor += change.dormant_minor;
    account->pending_minor += change.pending_minor;
    account->last_on = fold->event->effective_on > account->last_on ? fold->event->effective_on : account->last_on;
    DAYBOOK_TRY(drop_past_futures(fold));
    if (fold->event->effective_on > settled_day(fold->event)) {
        return add_future(fold, &change);
    }
    return DAYBOOK_OK;
}

enum daybook_status fold_check_amount(const struct fold *fold, int64_t amount_minor) {
    return amount_minor > 0 ? DAYBOOK_OK
                            : fold_misfit(fold, "an amount that is not positive, of customer", fold->customer->id);
}

enum daybook_status fold_check_names(const struct fold *fold, const char *id, const char *category) {
    return strlen(id) <= LIMIT_ID_BYTES && strlen(category) <= LIMIT_ID_BYTES
               ? DAYBOOK_OK
               : fold_misfit(fold, "a name that is too long, of", id);
}

/* M1: the gross of everything created stays within int64, per currency. */
enum daybook_status fold_count_created(struct fold *fold, int64_t amount_minor) {
    struct ledger_row *ledger = NULL;
    DAYBOOK_TRY(fold_check_amount(fold, amount_minor));
    DAYBOOK_TRY(state_ledger(fold->state, &ledger, fold->error));
    struct vector *turnovers = &ledger->turnover;
    struct turnover turnover = {.created_minor = 0};
    memcpy(turnover.currency, fold->account->currency, sizeof turnover.currency);
    uint32_t at = 0;
    while (at < turnovers->count &&
           !currencies_equal(VECTOR_AT(struct turnover, turnovers, at)->currency, turnover.currency)) {
        at++;
    }
    bool is_there = at < turnovers->count;
    if (is_there) {
        turnover = *VECTOR_AT(struct turnover, turnovers, at);
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

int lot_order(const struct lot_ref *a, const struct lot_ref *b) {
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
    ref.scope_count = (uint8_t)document_rare(lot)->scope.count;
    return ref;
}

/* The place of `ref` among the lots: its own, or where it would go. */
static uint32_t lot_place(const struct vector *lots, const struct lot_ref *ref) {
    uint32_t low = 0;
    uint32_t high = lots->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lot_order(VECTOR_AT(struct lot_ref, lots, middle), ref) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool item_precedes(const struct item_ref *a, const struct item_ref *b) {
    if (a->due_on != b->due_on) {
        return a->due_on < b->due_on;
    }
    return a->number != b->number ? a->number < b->number : a->part < b->part;
}

/* Most come last, and go first. */
static uint32_t item_place(const struct vector *items, const struct item_ref *ref) {
    uint32_t low = 0;
    uint32_t high = items->count;
    if (high == 0 || !item_precedes(VECTOR_AT(struct item_ref, items, 0), ref)) {
        return 0;
    }
    if (item_precedes(VECTOR_AT(struct item_ref, items, high - 1), ref)) {
        return high;
    }
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

static enum daybook_status change_lot_list(struct fold *fold, struct vector *lots, const struct document *lot,
                                           bool is_listed) {
    struct row *row = &fold->customer->row;
    struct lot_ref ref = lot_ref_of(lot);
    uint32_t at = lot_place(lots, &ref);
    return is_listed ? state_insert(fold->state, row, lots, sizeof ref, at, &ref, fold->error)
                     : state_remove(fold->state, row, lots, sizeof ref, at, fold->error);
}

static uint32_t expiry_place(const struct vector *expiries, const struct expiry_ref *ref) {
    uint32_t at = 0;
    uint32_t high = expiries->count;
    while (at < high) {
        uint32_t middle = at + (high - at) / 2;
        const struct expiry_ref *other = VECTOR_AT(const struct expiry_ref, expiries, middle);
        if (other->date < ref->date || (other->date == ref->date && other->number < ref->number)) {
            at = middle + 1;
        } else {
            high = middle;
        }
    }
    return at;
}

/* What ends on a day stands in the account's list of days to come. */
static enum daybook_status change_expiry_list(struct fold *fold, const struct document *document, bool is_listed) {
    if (document->due_on == 0) {
        return DAYBOOK_OK;
    }
    struct expiry_ref ref;
    memset(&ref, 0, sizeof ref);
    ref.number = document->row.number;
    ref.date = document->due_on;
    struct vector *expiries = &fold->account->expiries;
    uint32_t at = expiry_place(expiries, &ref);
    struct row *row = &fold->customer->row;
    return is_listed ? state_insert(fold->state, row, expiries, sizeof ref, at, &ref, fold->error)
                     : state_remove(fold->state, row, expiries, sizeof ref, at, fold->error);
}

static enum daybook_status change_item_list(struct fold *fold, const struct document *document, uint32_t part,
                                            bool is_listed) {
    struct item_ref ref;
    memset(&ref, 0, sizeof ref);
    ref.number = document->row.number;
    ref.part = (uint16_t)part;
    ref.due_on = document->is_source ? document->posted_on
                 : part == 0         ? document->due_on
                                     : document_part(document, part)->due_on;
    struct vector *items = document->is_source ? &fold->account->sources : &fold->account->items;
    uint32_t at = item_place(items, &ref);
    struct row *row = &fold->customer->row;
    return is_listed ? state_insert(fold->state, row, items, sizeof ref, at, &ref, fold->error)
                     : state_remove(fold->state, row, items, sizeof ref, at, fold->error);
}

/* A document that has money left at the end stands in its account's lists, and no other does. */
static enum daybook_status list_or_unlist(struct fold *fold, const struct document *document, uint32_t part,
                                          bool is_listed) {
    if (document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT) {
        DAYBOOK_TRY(change_lot_list(fold, &fold->account->lots, document, is_listed));
        return change_expiry_list(fold, document, is_listed);
    }
    if (document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD) {
        return change_expiry_list(fold, document, is_listed);
    }
    return document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_DISPUTE
               ? DAYBOOK_OK
               : change_item_list(fold, document, part, is_listed);
}

static enum daybook_status change_part_aside(struct fold *fold, struct document *document, uint32_t part,
                                             int64_t delta_minor) {
    int32_t date = fold->event->effective_on;
    struct timeline *aside = document_aside(document, part);
    DAYBOOK_TRY(state_add_level(fold->state, &document->row, aside, date, delta_minor, fold->error));
    return timeline_lowest_from(aside, date) >= 0
               ? DAYBOOK_OK
               : fold_misfit(fold, "more would come back than was taken out of", document->id);
}

enum daybook_status fold_change_aside(struct fold *fold, struct document *document, uint32_t part,
                                      int64_t delta_minor) {
    if (part > document_rare(document)->parts.count) {
        return fold_misfit(fold, "names an instalment that there is not, of", document->id);
    }
    bool was_listed = timeline_last(&document->aside) != 0;
    if (part > 0) {
        DAYBOOK_TRY(change_part_aside(fold, document, part, delta_minor));
    }
    DAYBOOK_TRY(change_part_aside(fold, document, 0, delta_minor));
    bool is_listed = timeline_last(&document->aside) != 0;
    bool is_lot = document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT;
    return is_lot && was_listed != is_listed ? change_lot_list(fold, &fold->account->expired, document, is_listed)
                                             : DAYBOOK_OK;
}

/* The lists are in the order of what changes, so the lot leaves them and comes back. */
enum daybook_status fold_change_expiry_date(struct fold *fold, struct document *lot, int32_t expires_on) {
    bool is_left = timeline_last(&lot->left) != 0;
    bool is_aside = timeline_last(&lot->aside) != 0;
    for (int pass = 0; pass < 2; pass++) {
        if (is_left) {
            DAYBOOK_TRY(list_or_unlist(fold, lot, 0, pass == 1));
        }
        if (is_aside) {
            DAYBOOK_TRY(change_lot_list(fold, &fold->account->expired, lot, pass == 1));
        }
        if (pass == 0) {
            DAYBOOK_TRY(state_touch(fold->state, &lot->row, &lot->due_on, sizeof lot->due_on, fold->error));
            lot->due_on = expires_on;
        }
    }
    return DAYBOOK_OK;
}

/* Changes one timeline and the lists that follow from it. */
static enum daybook_status change_part(struct fold *fold, struct document *document, uint32_t part,
                                       int64_t delta_minor) {
    int32_t date = fold->event->effective_on;
    struct timeline *left = document_left(document, part);
    bool was_listed = timeline_last(left) != 0;
    DAYBOOK_TRY(state_add_level(fold->state, &document->row, left, date, delta_minor, fold->error));
    if (delta_minor < 0 && timeline_lowest_from(left, date) < 0) {
        return fold_misfit(fold, "less than nothing would be left on some day of", document->id);
    }
    bool is_listed = timeline_last(left) != 0;
    bool is_sum =
        part == 0 && document_rare(document)->parts.count > 0; /* Its instalments are listed, not the whole. */
    return was_listed == is_listed || is_sum ? DAYBOOK_OK : list_or_unlist(fold, document, part, is_listed);
}

enum daybook_status fold_change_level(struct fold *fold, struct document *document, uint32_t part,
                                      int64_t delta_minor) {
    if ((part == 0) != (document_rare(document)->parts.count == 0) || part > document_rare(document)->parts.count) {
        return fold_misfit(fold, "names an instalment that there is not, of", document->id);
    }
    if (part > 0) {
        DAYBOOK_TRY(change_part(fold, document, part, delta_minor));
    }
    return change_part(fold, document, 0, delta_minor);
}

enum daybook_status fold_find_document(struct fold *fold, Pb__DocumentKind kind, const char *id,
                                       struct document **document) {
    uint64_t sequence = 0;
    *document = state_at_hand(fold->state, fold->customer, kind, id);
    if (*document == NULL) {
        DAYBOOK_TRY(state_find_document(fold->state, fold->customer, kind, id, document, &sequence, fold->error));
    }
    if (*document == NULL || !currencies_equal((*document)->currency, fold->account->currency)) {
        return fold_misfit(fold, "names an unknown document", id);
    }
    return DAYBOOK_OK;
}

/* A document made by this event, with its amount left from the event's date on. */
enum daybook_status fold_add_document(struct fold *fold, Pb__DocumentKind kind, const char *id, const char *category,
                                      bool is_source, int64_t amount_minor, struct document **document) {
    DAYBOOK_TRY(fold_check_names(fold, id, category));
    DAYBOOK_TRY(fold_count_created(fold, amount_minor));
    DAYBOOK_TRY(state_add_document(fold->state, fold->event->sequence, fold->customer, kind, id, category, document,
                                   fold->error));
    memcpy((*document)->currency, fold->account->currency, sizeof(*document)->currency);
    (*document)->is_source = is_source;
    (*document)->amount_minor = amount_minor;
    (*document)->posted_on = fold->event->effective_on;
    (*document)->due_on = fold->event->effective_on;
    return DAYBOOK_OK;
}

enum daybook_status fold_add_link(struct fold *fold, struct document *document, const struct document *other,
                                  uint32_t part, int64_t amount_minor, enum link_kind kind) {
    struct link link;
    memset(&link, 0, sizeof link);
    link.other = other->row.number;
    link.sequence = fold->event->sequence;
    link.amount_minor = amount_minor;
    link.date = fold->event->effective_on;
    link.part = (uint16_t)part;
    link.kind = (uint8_t)kind;
    link.has_name = kind == LINK_ALLOCATION && fold->event->allocated->allocation[0] != '\0';
    struct vector *links = &document->links;
    return state_insert(fold->state, &document->row, links, sizeof link, links->count, &link, fold->error);
}

/* Takes `amount_minor` off the link at `index`, and the link away when nothing is left of it. */
enum daybook_status fold_reduce_link(struct fold *fold, struct document *document, uint32_t index,
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

/* The link that the Allocated event made. */
static bool find_link(const struct document *document, uint64_t sequence, uint32_t *index) {
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
    *index = low;
    return low < document->links.count && VECTOR_AT(struct link, &document->links, low)->sequence == sequence;
}

/* What came off on a later day comes off on an earlier one instead: it is nothing to be unwound any more. */
static enum daybook_status reduce_taken_off(struct fold *fold, struct document *document) {
    const Pb__Unallocated *body = fold->event->unallocated;
    struct document_rare *rare = NULL;
    DAYBOOK_TRY(state_make_rare(fold->state, document, &rare, fold->error));
    struct vector *items = &rare->taken_off;
    for (uint32_t i = items->count; i > 0; i--) {
        struct taken_off item = *VECTOR_AT(struct taken_off, items, i - 1);
        if (item.sequence != body->allocation_sequence || item.off_on != body->instead_of_on ||
            item.amount_minor < body->amount_minor) {
            continue;
        }
        item.amount_minor -= body->amount_minor;
        return item.amount_minor == 0
                   ? state_remove(fold->state, &document->row, items, sizeof item, i - 1, fold->error)
                   : state_replace(fold->state, &document->row, items, sizeof item, i - 1, &item, fold->error);
    }
    return fold_misfit(fold, "takes off what had not come off later, of", document->id);
}

enum daybook_status fold_take_off(struct fold *fold, struct document *document) {
    const Pb__Unallocated *body = fold->event->unallocated;
    uint32_t index = 0;
    if (body->instead_of_on != 0) {
        return reduce_taken_off(fold, document);
    }
    if (!find_link(document, body->allocation_sequence, &index)) {
        return fold_misfit(fold, "takes off an allocation that does not stand on", document->id);
    }
    struct link link = *VECTOR_AT(struct link, &document->links, index);
    DAYBOOK_TRY(fold_reduce_link(fold, document, index, body->amount_minor));
    if (fold->event->effective_on <= link.date) {
        return DAYBOOK_OK; /* On no day did it stand. */
    }
    struct document_rare *rare = NULL;
    DAYBOOK_TRY(state_make_rare(fold->state, document, &rare, fold->error));
    struct taken_off item;
    memset(&item, 0, sizeof item);
    item.other = link.other;
    item.sequence = link.sequence;
    item.amount_minor = body->amount_minor;
    item.date = link.date;
    item.off_on = fold->event->effective_on;
    item.part = link.part;
    return state_insert(fold->state, &document->row, &rare->taken_off, sizeof item, rare->taken_off.count, &item,
                        fold->error);
}

/* Takes the amount off the newest slices of that lot. */
enum daybook_status fold_reduce_slices(struct fold *fold, struct document *document, const struct document *lot,
                                       uint32_t part, int64_t amount_minor) {
    int64_t rest_minor = amount_minor;
    for (uint32_t i = document->links.count; i > 0 && rest_minor > 0; i--) {
        const struct link *link = VECTOR_AT(const struct link, &document->links, i - 1);
        bool is_of_lot = link->kind == LINK_SLICE && link->other == lot->row.number && link->part == part;
        if (!is_of_lot || link->date > fold->event->effective_on) {
            continue; /* What was taken later cannot have come back by then. */
        }
        int64_t taken_minor = link->amount_minor < rest_minor ? link->amount_minor : rest_minor;
        DAYBOOK_TRY(fold_reduce_link(fold, document, i - 1, taken_minor));
        rest_minor -= taken_minor;
    }
    return rest_minor == 0 ? DAYBOOK_OK : fold_misfit(fold, "gives back more than was taken from lot", lot->id);
}
