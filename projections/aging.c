/* The aging view's fold: which items an event makes or changes. */
#include "projections/aging.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/postings.h"
#include "projections/items.h"
#include "projections/kinds.h"

struct aging_fold {
    struct accounts *accounts;
    struct items *items;
};

/* One item that an event changes. */
struct change {
    Pb__DocumentKind kind;
    const char *id;
    int64_t amount_minor;
    uint32_t instalment;
    int64_t disputed_minor;
    int64_t paid_minor; /* On a target; negative when it is taken off again. */
};

/* What an event does to items: makes one, or changes up to two. */
struct plan {
    struct item_plan made;
    bool makes;
    struct change changes[2];
    size_t change_count;
    uint64_t allocation_sequence; /* Of an unallocation. */
};

#define CHARGE     PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
#define PAYMENT    PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT
#define ADJUSTMENT PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT

static void add_change(struct plan *plan, Pb__DocumentKind kind, const char *id, int64_t amount_minor,
                       uint32_t instalment) {
    plan->changes[plan->change_count++] = (struct change){kind, id, amount_minor, instalment, 0, 0};
}

static void make(struct plan *plan, const Pb__Event *event, Pb__DocumentKind kind, const char *id, int64_t amount_minor,
                 bool is_source) {
    plan->makes = true;
    plan->made = (struct item_plan){
        .kind = kind,
        .id = id,
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

/* False: the event has no body, or its slices overflow. */
static bool plan_event(struct plan *plan, const Pb__Event *e) {
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
static enum daybook_status apply_changes(struct aging_fold *fold, struct store_txn *txn, uint32_t account,
                                         const Pb__Event *event, const struct plan *plan, struct daybook_error *error) {
    struct item_change changes[2] = {0};
    for (size_t i = 0; i < plan->change_count; i++) {
        const struct change *change = &plan->changes[i];
        DAYBOOK_TRY(
            items_find(fold->items, txn, account, change->kind, change->id, event->sequence, &changes[i].item, error));
        changes[i].entry = (struct item_entry){.sequence = event->sequence,
                                               .effective_on = event->effective_on,
                                               .amount_minor = change->amount_minor,
                                               .instalment = change->instalment,
                                               .disputed_minor = change->disputed_minor};
    }
    if (plan->changes[0].paid_minor != 0) {
        enum daybook_status status = weigh(fold, txn, account, event, plan, &changes[0], error);
        if (status == DAYBOOK_INVALID) {
            return daybook_fail_in(error, "while folding event %" PRIu64, event->sequence);
        }
        DAYBOOK_TRY(status);
    }
    return items_change(fold->items, txn, changes, plan->change_count, error);
}

/* The slots of new and of old items are all over memory: half of a fold would be waiting for them. */
static void foresee_event(void *memory, const struct fold_event *folded) {
    struct aging_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct plan plan;
    uint32_t account;
    plan.makes = false;
    plan.change_count = 0;
    if (!plan_event(&plan, event) || (!plan.makes && plan.change_count == 0) ||
        !accounts_recall(fold->accounts, folded->party, &account)) {
        return;
    }
    items_foresee_account(fold->items, account);
    if (plan.makes) {
        items_foresee(fold->items, account, plan.made.kind, plan.made.id);
    }
    for (size_t i = 0; i < plan.change_count; i++) {
        items_foresee(fold->items, account, plan.changes[i].kind, plan.changes[i].id);
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
    struct plan plan;
    plan.makes = false;
    plan.change_count = 0;
    if (!plan_event(&plan, event)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": it has no body that this program knows, or its slices "
                            "overflow",
                            event->sequence);
    }
    if (!plan.makes && plan.change_count == 0) {
        return DAYBOOK_OK;
    }
    uint32_t account;
    DAYBOOK_TRY(find_account(fold, txn, folded, &account, error));
    if (plan.makes) {
        plan.made.account = account;
        return items_create(fold->items, txn, &plan.made, error);
    }
    return apply_changes(fold, txn, account, event, &plan, error);
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
    static const struct items_tables item_tables = {AGING_OPEN, AGING_SETTLED, AGING_CHUNKS, AGING_NAMES,
                                                    AGING_TOUCHES};
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
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct aging_fold *fold = memory;
    return items_flush(fold->items, txn, error);
}

static const char *const tables[AGING_TABLE_COUNT] = {
    [AGING_ACCOUNTS] = "accounts", [AGING_OPEN] = "open",   [AGING_SETTLED] = "settled",
    [AGING_CHUNKS] = "chunks",     [AGING_NAMES] = "names", [AGING_TOUCHES] = "touches",
};

const struct projection aging_projection = {
    .name = "aging",
    .version = 5,
    .readable_from = 5,
    .tables = tables,
    .table_count = AGING_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .foresee = foresee_event,
    .flush = flush_fold,
};
