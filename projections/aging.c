/* The aging view's fold: which items an event makes or changes. */
#include "projections/aging.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/postings.h"
#include "projections/items.h"
#include "projections/kinds.h"

/* One item that an event changes. */
struct change {
    int64_t amount_minor;
    uint32_t instalment;
    int64_t disputed_minor;
    int64_t paid_minor; /* On a target; negative when it is taken off again. */
};

/* A document that an event names. */
struct named {
    Pb__DocumentKind kind;
    const char *id;
};

/* What an event does to items: makes one, or changes up to two. */
struct plan {
    bool makes;
    uint8_t change_count;
    struct named named[2]; /* The item that is made, or those that are changed. */
    struct change changes[2];
    struct item_plan made;
    uint64_t allocation_sequence; /* Of an unallocation. */
};

/* An event that will be folded soon, or is being folded: what it does, and to whose items. */
struct foreseen {
    const Pb__Event *event; /* NULL: none. */
    uint32_t account;
    struct plan plan;
    struct document_name names[2]; /* Of the plan's `named`. */
};

/* Events are foreseen some events before they are folded; the last few of them. */
enum { FORESEEN_COUNT = 32, FIND_ITEM_BEFORE = 8, FIND_BYTES_BEFORE = 3 };

struct aging_fold {
    struct accounts *accounts;
    struct items *items;
    struct foreseen foreseen[FORESEEN_COUNT]; /* By the lowest bits of their sequences. */
};

#define CHARGE     PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
#define PAYMENT    PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT
#define ADJUSTMENT PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT

static void add_change(struct plan *plan, Pb__DocumentKind kind, const char *id, int64_t amount_minor,
                       uint32_t instalment) {
    plan->named[plan->change_count] = (struct named){kind, id};
    plan->changes[plan->change_count++] = (struct change){amount_minor, instalment, 0, 0};
}

static void make(struct plan *plan, const Pb__Event *event, Pb__DocumentKind kind, const char *id, int64_t amount_minor,
                 bool is_source) {
    plan->makes = true;
    plan->named[0] = (struct named){kind, id};
    plan->made = (struct item_plan){
        .is_source = is_source,
        .sequence = event->sequence,
        .amount_minor = amount_minor,
        .posted_on = event->effective_on,
        .category = "",
    };
}

static void plan_charge(struct plan *plan, const Pb__Event *event) {
    const Pb__ChargePosted *charge = event->charge_posted;
    make(plan, event, CHARGE, charge->charge, charge->amount_minor, false);
    plan->made.due_on = charge->due_on == 0 ? event->effective_on : charge->due_on;
    plan->made.category = charge->category;
    plan->made.part_count = charge->n_instalments;
    plan->made.parts = charge->instalments;
}

/* A pending payment is none yet. */
static void plan_payment(struct plan *plan, const Pb__Event *event) {
    const Pb__PaymentReceived *payment = event->payment_received;
    if (payment->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_SETTLED) {
        make(plan, event, PAYMENT, payment->payment, payment->amount_minor, true);
    }
}

static bool plan_slices(struct plan *plan, const char *charge, uint32_t instalment, size_t count,
                        Pb__LotSlice *const *slices, int sign) {
    int64_t total;
    if (!slices_total(count, slices, &total)) {
        return false;
    }
    add_change(plan, CHARGE, charge, sign * total, instalment);
    return true;
}

static void plan_adjustment(struct plan *plan, const Pb__Event *event) {
    const Pb__AdjustmentPosted *adjustment = event->adjustment_posted;
    bool is_more_owed = adjustment->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
                        adjustment->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY;
    if (adjustment->target_kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED) {
        add_change(plan, adjustment->target_kind, adjustment->target,
                   is_more_owed ? adjustment->amount_minor : -adjustment->amount_minor, adjustment->instalment);
        return;
    }
    make(plan, event, ADJUSTMENT, adjustment->adjustment, adjustment->amount_minor, !is_more_owed);
    if (is_more_owed) {
        plan->made.due_on = adjustment->due_on == 0 ? event->effective_on : adjustment->due_on;
    }
}

static void plan_refund(struct plan *plan, const Pb__Refunded *refund) {
    if (refund->source_kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT) {
        add_change(plan, refund->source_kind, refund->source, -refund->amount_minor, 0);
    }
}

/* The target comes first: touches.h relies on it. */
static void plan_allocated(struct plan *plan, const Pb__Allocated *allocated) {
    add_change(plan, allocated->target_kind, allocated->target, -allocated->amount_minor, allocated->instalment);
    add_change(plan, allocated->source_kind, allocated->source, -allocated->amount_minor, 0);
    plan->changes[0].paid_minor = allocated->amount_minor;
    plan->allocation_sequence = allocated->allocation_sequence; /* Put on again: weighed as it was. */
}

static void plan_unallocated(struct plan *plan, const Pb__Unallocated *unallocated) {
    add_change(plan, unallocated->target_kind, unallocated->target, unallocated->amount_minor, unallocated->instalment);
    add_change(plan, unallocated->source_kind, unallocated->source, unallocated->amount_minor, 0);
    plan->changes[0].paid_minor = -unallocated->amount_minor;
    plan->allocation_sequence = unallocated->allocation_sequence;
}

static void plan_dispute(struct plan *plan, const char *charge, int64_t disputed_minor) {
    add_change(plan, CHARGE, charge, 0, 0);
    plan->changes[0].disputed_minor = disputed_minor;
}

static bool plan_body(struct plan *plan, const Pb__Event *e) {
    switch (e->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        plan_charge(plan, e);
        return true;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return plan_slices(plan, e->deposit_consumed->charge, e->deposit_consumed->instalment,
                           e->deposit_consumed->n_slices, e->deposit_consumed->slices, -1);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return plan_slices(plan, e->deposit_restored->charge, e->deposit_restored->instalment,
                           e->deposit_restored->n_slices, e->deposit_restored->slices, 1);
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        plan_payment(plan, e);
        return true;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        make(plan, e, PAYMENT, e->payment_settled->payment, e->payment_settled->amount_minor, true);
        return true;
    case PB__EVENT__BODY_ALLOCATED:
        plan_allocated(plan, e->allocated);
        return true;
    case PB__EVENT__BODY_UNALLOCATED:
        plan_unallocated(plan, e->unallocated);
        return true;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        plan_adjustment(plan, e);
        return true;
    case PB__EVENT__BODY_REFUNDED:
        plan_refund(plan, e->refunded);
        return true;
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        if (!e->payment_reversed->was_pending) {
            add_change(plan, PAYMENT, e->payment_reversed->payment, -e->payment_reversed->amount_minor, 0);
        }
        return true;
    case PB__EVENT__BODY_CHARGE_REVERSED:
        add_change(plan, CHARGE, e->charge_reversed->charge, -e->charge_reversed->amount_minor,
                   e->charge_reversed->instalment);
        return true;
    case PB__EVENT__BODY_DISPUTE_OPENED:
        plan_dispute(plan, e->dispute_opened->charge, e->dispute_opened->amount_minor);
        return true;
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
        plan_dispute(plan, e->dispute_resolved->charge, -e->dispute_resolved->amount_minor);
        return true;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
    case KINDS_BESIDE_MONEY:
        return true; /* No item: lots are deposits, and a hold is not yet a charge. */
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return false;
}

/* The days that a payment weighs with: its own, or those of the allocation that it takes off or puts on again (AG3). */
static enum daybook_status weigh(struct aging_fold *fold, struct store_txn *txn, uint32_t account,
                                 const Pb__Event *event, const struct plan *plan, struct item_change *change,
                                 struct daybook_error *error) {
    struct touch_weight *weight = &change->weight;
    int32_t posted_on;
    int32_t due_on;
    if (plan->allocation_sequence != 0) {
        DAYBOOK_TRY(items_find_weight(fold->items, txn, account, plan->allocation_sequence, weight, error));
    } else {
        DAYBOOK_TRY(item_dates(change->item, change->entry.instalment, &posted_on, &due_on, error));
        weight->days_to_pay = (int64_t)event->effective_on - posted_on;
        weight->days_late = (int64_t)event->effective_on - due_on;
    }
    weight->paid_minor = plan->changes[0].paid_minor;
    return DAYBOOK_OK;
}

/* Finds every item first: a view that stops at an event keeps its rows. */
static enum daybook_status apply_changes(struct aging_fold *fold, struct store_txn *txn,
                                         const struct foreseen *foreseen, struct daybook_error *error) {
    struct item_change changes[2] = {0};
    const struct plan *plan = &foreseen->plan;
    const Pb__Event *event = foreseen->event;
    for (size_t i = 0; i < plan->change_count; i++) {
        const struct change *change = &plan->changes[i];
        DAYBOOK_TRY(items_find(fold->items, txn, &foreseen->names[i], event->sequence, &changes[i].item, error));
        changes[i].entry = (struct item_entry){.sequence = event->sequence,
                                               .effective_on = event->effective_on,
                                               .amount_minor = change->amount_minor,
                                               .instalment = change->instalment,
                                               .disputed_minor = change->disputed_minor};
    }
    if (plan->changes[0].paid_minor != 0) {
        enum daybook_status status = weigh(fold, txn, foreseen->account, event, plan, &changes[0], error);
        if (status == DAYBOOK_INVALID) {
            return daybook_fail_in(error, "while folding event %" PRIu64, event->sequence);
        }
        DAYBOOK_TRY(status);
    }
    return items_change(fold->items, txn, changes, plan->change_count, error);
}

/* False: the event has no body, or its slices overflow. */
static bool plan_event(struct plan *plan, const Pb__Event *event) {
    plan->makes = false;
    plan->change_count = 0;
    plan->allocation_sequence = 0;
    return plan_body(plan, event);
}

static struct foreseen *place_of(struct aging_fold *fold, uint64_t sequence) {
    return &fold->foreseen[sequence % FORESEEN_COUNT];
}

static bool touches_items(const struct plan *plan) {
    return plan->makes || plan->change_count > 0;
}

static void name_items(struct foreseen *foreseen, uint32_t account) {
    const struct plan *plan = &foreseen->plan;
    size_t count = plan->makes ? 1 : plan->change_count;
    foreseen->account = account;
    for (size_t i = 0; i < count; i++) {
        (void)document_name_init(&foreseen->names[i], account, (int)plan->named[i].kind, plan->named[i].id);
    }
}

/* Goes on with what was foreseen some events ago. */
static void find_items(struct aging_fold *fold, uint64_t sequence) {
    const struct foreseen *near = place_of(fold, sequence - (PROJECTION_FORESEEN - FIND_ITEM_BEFORE));
    const struct foreseen *next = place_of(fold, sequence - (PROJECTION_FORESEEN - FIND_BYTES_BEFORE));
    for (size_t i = 0; near->event != NULL && i < near->plan.change_count; i++) {
        items_foresee_item(fold->items, &near->names[i]);
    }
    for (size_t i = 0; next->event != NULL && i < next->plan.change_count; i++) {
        items_foresee_bytes(fold->items, &next->names[i]);
    }
}

/* The slots of new and of old items are all over memory, and so are the items: half of a fold would be waiting for
 * them. What the event does is worked out here once; it stays as it is until it is folded. */
static void foresee_event(void *memory, const struct fold_event *folded) {
    struct aging_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct foreseen *foreseen = place_of(fold, event->sequence);
    uint32_t account;
    foreseen->event = NULL;
    if (plan_event(&foreseen->plan, event) && touches_items(&foreseen->plan) &&
        accounts_recall(fold->accounts, folded->party, &account)) {
        name_items(foreseen, account);
        foreseen->event = event;
        items_foresee_account(fold->items, account);
        for (size_t i = 0; i < (foreseen->plan.makes ? 1 : foreseen->plan.change_count); i++) {
            items_foresee(fold->items, &foreseen->names[i]);
        }
    }
    find_items(fold, event->sequence);
}

static void forget_foreseen(struct aging_fold *fold) {
    for (size_t i = 0; i < FORESEEN_COUNT; i++) {
        fold->foreseen[i].event = NULL;
    }
}

static enum daybook_status find_account(struct aging_fold *fold, struct store_txn *txn, const struct fold_event *folded,
                                        uint32_t *account, struct daybook_error *error) {
    const Pb__Event *event = folded->event;
    enum daybook_status status =
        accounts_number(fold->accounts, txn, event->customer, event->currency, folded->party, account, error);
    return status == DAYBOOK_INVALID ? daybook_fail_in(error, "while folding event %" PRIu64, event->sequence) : status;
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct aging_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct foreseen *foreseen = place_of(fold, event->sequence);
    if (foreseen->event != event) {
        uint32_t account;
        foreseen->event = NULL;
        if (!plan_event(&foreseen->plan, event)) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "while folding event %" PRIu64 ": it has no body that this program knows, or its "
                                "slices overflow",
                                event->sequence);
        }
        if (!touches_items(&foreseen->plan)) {
            return DAYBOOK_OK;
        }
        DAYBOOK_TRY(find_account(fold, txn, folded, &account, error));
        name_items(foreseen, account);
        foreseen->event = event;
    }
    enum daybook_status status = foreseen->plan.makes
                                     ? items_create(fold->items, txn, &foreseen->names[0], &foreseen->plan.made, error)
                                     : apply_changes(fold, txn, foreseen, error);
    foreseen->event = NULL; /* What was borrowed with it goes. */
    return status;
}

static void close_fold(void *memory) {
    struct aging_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    items_close(fold->items);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    static const struct items_tables item_tables = {AGING_OPEN,  AGING_SETTLED, AGING_CHUNKS,
                                                    AGING_NAMES, AGING_TOUCHES, AGING_CATEGORIES};
    struct aging_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the aging view: memory was refused");
    }
    enum daybook_status status = accounts_open(AGING_ACCOUNTS, &fold->accounts, error);
    if (status == DAYBOOK_OK) {
        status = items_open(item_tables, &fold->items, error);
    }
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct aging_fold *fold = memory;
    accounts_forget(fold->accounts);
    items_forget(fold->items);
    forget_foreseen(fold);
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct aging_fold *fold = memory;
    forget_foreseen(fold); /* Of events that this batch stopped before. */
    return items_flush(fold->items, txn, error);
}

static const char *const tables[AGING_TABLE_COUNT] = {
    [AGING_ACCOUNTS] = "accounts",     [AGING_OPEN] = "open",   [AGING_SETTLED] = "settled",
    [AGING_CHUNKS] = "chunks",         [AGING_NAMES] = "names", [AGING_TOUCHES] = "touches",
    [AGING_CATEGORIES] = "categories",
};

const struct projection aging_projection = {
    .name = "aging",
    .version = 12,
    .readable_from = 12,
    .tables = tables,
    .table_count = AGING_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .foresee = foresee_event,
    .flush = flush_fold,
};
