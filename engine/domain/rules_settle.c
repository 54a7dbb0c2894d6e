/* Putting money against what is owed, and taking it off again. */
#include <string.h>

#include "domain/decide_internal.h"

static int32_t later(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

struct allocation {
    const char *id; /* "" = "#" and its sequence. */
    struct document *source;
    struct document *target;
    int64_t amount_minor;
    int32_t date;
    Pb__AllocationRule rule;
};

static bool emit_allocated(struct decision *decision, const struct allocation *allocation) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__Allocated body = PB__ALLOCATED__INIT;
    body.allocation = (char *)(uintptr_t)allocation->id;
    body.source_kind = (Pb__DocumentKind)allocation->source->kind;
    body.source = allocation->source->id;
    body.target_kind = (Pb__DocumentKind)allocation->target->kind;
    body.target = allocation->target->id;
    body.amount_minor = allocation->amount_minor;
    body.rule = allocation->rule;
    event.body_case = PB__EVENT__BODY_ALLOCATED;
    event.allocated = &body;
    event.currency = decision->currency;
    return emit(decision, &event, allocation->date);
}

/* The numbers of what is owed, oldest due first, as the list stands now: emitting changes it. */
static bool list_items(struct decision *decision, const struct account *account, uint64_t **numbers, size_t *count) {
    *count = account->items.count;
    *numbers = arena_alloc(decision->request_arena, *count * sizeof **numbers + 1);
    if (*numbers == NULL) {
        return went_well(decision, daybook_fail(decision->error, DAYBOOK_NO_MEMORY, "deciding: memory was refused"));
    }
    for (size_t i = 0; i < *count; i++) {
        (*numbers)[i] = VECTOR_AT(const struct item_ref, &account->items, (uint32_t)i)->number;
    }
    return true;
}

bool allocate_oldest_first(struct decision *decision, struct document *source) {
    const struct account *account = customer_account(decision->customer, decision->currency);
    uint64_t *numbers = NULL;
    size_t count = 0;
    if (timeline_last(&source->left) == 0 || !list_items(decision, account, &numbers, &count)) {
        return decision->failure == DAYBOOK_OK;
    }
    int32_t earliest = decision->is_dated ? later(decision->effective_on, source->posted_on) : source->posted_on;
    for (size_t i = 0; i < count && timeline_last(&source->left) > 0; i++) {
        struct document *target = NULL;
        if (!went_well(decision, state_document(decision->state, numbers[i], &target, decision->error))) {
            return false;
        }
        struct allocation allocation = {.id = "",
                                        .source = source,
                                        .target = target,
                                        .date = later(earliest, target->posted_on),
                                        .rule = PB__ALLOCATION_RULE__ALLOCATION_RULE_OLDEST_DUE_FIRST};
        allocation.amount_minor = least(timeline_lowest_from(&source->left, allocation.date),
                                        timeline_lowest_from(&target->left, allocation.date));
        if (allocation.amount_minor > 0 && !emit_allocated(decision, &allocation)) {
            return false;
        }
    }
    return true;
}

static bool check_allocation_left(struct decision *decision, const struct allocation *allocation) {
    const struct document *source = allocation->source;
    const struct document *target = allocation->target;
    int64_t open_minor = timeline_lowest_from(&target->left, allocation->date);
    int64_t unapplied_minor = timeline_lowest_from(&source->left, allocation->date);
    const char *from = date_text(decision, allocation->date);
    if (allocation->amount_minor > open_minor || open_minor == 0) {
        return REFUSE(decision, EXCEEDS_OPEN,
                      ((struct refusal_facts){target->id, allocation->amount_minor, open_minor, allocation->date}),
                      "%s \"%s\" has %s open from %s on, not %s", document_kind_name((Pb__DocumentKind)target->kind),
                      target->id, amount_text(decision, open_minor), from,
                      amount_text(decision, allocation->amount_minor));
    }
    if (allocation->amount_minor > unapplied_minor || unapplied_minor == 0) {
        return REFUSE(decision, EXCEEDS_UNAPPLIED,
                      ((struct refusal_facts){source->id, allocation->amount_minor, unapplied_minor, allocation->date}),
                      "%s \"%s\" has %s unapplied from %s on, not %s",
                      document_kind_name((Pb__DocumentKind)source->kind), source->id,
                      amount_text(decision, unapplied_minor), from, amount_text(decision, allocation->amount_minor));
    }
    return true;
}

static bool allocate_one(struct decision *decision, struct document *source, const Pb__AllocationPlan *plan) {
    Pb__DocumentKind kind = plan->target_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED
                                ? PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
                                : plan->target_kind;
    struct allocation allocation = {
        .id = plan->allocation, .source = source, .rule = PB__ALLOCATION_RULE__ALLOCATION_RULE_EXPLICIT};
    if (plan->instalment != 0) {
        return REFUSE(decision, UNSUPPORTED, NO_FACTS, "this build has no rule for instalments yet");
    }
    if (plan->allocation[0] != '\0' &&
        (!check_identifier(decision, "the allocation's id", plan->allocation) ||
         !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION, plan->allocation))) {
        return false;
    }
    if (plan->allocation[0] == '#') {
        return REFUSE(decision, MALFORMED, NO_FACTS, "an allocation's id may not begin with \"#\"");
    }
    if (plan->amount_minor < 0 && !check_amount(decision, plan->amount_minor, plan->target)) {
        return false;
    }
    if (!check_identifier(decision, "the target's id", plan->target) ||
        !find_document(decision, kind, plan->target, &allocation.target)) {
        return false;
    }
    if (allocation.target->is_source) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = plan->target}),
                      "%s \"%s\" is money, not something owed", document_kind_name(kind), plan->target);
    }
    int32_t natural = later(source->posted_on, allocation.target->posted_on);
    bool is_own_date = decision->is_dated && decision->request->command_case == PB__REQUEST__COMMAND_ALLOCATE;
    allocation.date = is_own_date ? decision->effective_on : natural;
    if (!check_not_before(decision, allocation.date, source) ||
        !check_not_before(decision, allocation.date, allocation.target)) {
        return false;
    }
    allocation.amount_minor = plan->amount_minor != 0
                                  ? plan->amount_minor
                                  : least(timeline_lowest_from(&source->left, allocation.date),
                                          timeline_lowest_from(&allocation.target->left, allocation.date));
    return check_allocation_left(decision, &allocation) && emit_allocated(decision, &allocation);
}

bool allocate_planned(struct decision *decision, struct document *source, Pb__AllocationPlan *const *plans,
                      size_t count) {
    if (count > LIMIT_ALLOCATIONS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "%zu allocations in one request; %d are the most", count,
                      LIMIT_ALLOCATIONS);
    }
    for (size_t i = 0; i < count; i++) {
        if (!allocate_one(decision, source, plans[i])) {
            return false;
        }
    }
    return true;
}

bool emit_unallocated(struct decision *decision, const struct link *link, struct document *source,
                      struct document *target, int64_t amount_minor, int32_t date, Pb__UnallocationCause cause) {
    const Pb__Event *allocated = NULL;
    if (!went_well(decision, state_read_event(decision->state, link->sequence, decision->request_arena, &allocated,
                                              decision->error))) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__Unallocated body = PB__UNALLOCATED__INIT;
    body.allocation_sequence = link->sequence;
    if (allocated->body_case == PB__EVENT__BODY_ALLOCATED) {
        body.allocation = allocated->allocated->allocation;
    }
    body.source_kind = (Pb__DocumentKind)source->kind;
    body.source = source->id;
    body.target_kind = (Pb__DocumentKind)target->kind;
    body.target = target->id;
    body.amount_minor = amount_minor;
    body.cause = cause;
    event.body_case = PB__EVENT__BODY_UNALLOCATED;
    event.unallocated = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

static bool emit_restored(struct decision *decision, const struct document *charge, const struct document *lot,
                          int64_t amount_minor, int32_t date) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__DepositRestored body = PB__DEPOSIT_RESTORED__INIT;
    Pb__LotSlice slice = PB__LOT_SLICE__INIT;
    Pb__LotSlice *slices[] = {&slice};
    slice.lot = (char *)(uintptr_t)lot->id;
    slice.amount_minor = amount_minor;
    body.charge = (char *)(uintptr_t)charge->id;
    body.n_slices = 1;
    body.slices = slices;
    event.body_case = PB__EVENT__BODY_DEPOSIT_RESTORED;
    event.deposit_restored = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

bool unwind(struct decision *decision, struct document *document, Pb__Reading reading, int32_t reversed_on,
            int64_t amount_minor, Pb__UnallocationCause cause) {
    /* From the newest use to the oldest; what is emitted shortens the links from the end at most. */
    for (uint32_t i = document->links.count; i > 0; i--) {
        int64_t missing_minor = amount_minor - timeline_lowest_from(&document->left, reversed_on);
        if (missing_minor <= 0) {
            break;
        }
        struct link link = *VECTOR_AT(const struct link, &document->links, i - 1);
        int64_t taken_minor = least(link.amount_minor, missing_minor);
        int32_t date = reading == PB__READING__READING_CORRECTION ? link.date : later(link.date, reversed_on);
        struct document *other = NULL;
        if (!went_well(decision, state_document(decision->state, link.other, &other, decision->error))) {
            return false;
        }
        bool is_done = false;
        if (link.kind == LINK_SLICE) {
            is_done = emit_restored(decision, document, other, taken_minor, date);
        } else {
            struct document *source = document->is_source ? document : other;
            struct document *target = document->is_source ? other : document;
            is_done = emit_unallocated(decision, &link, source, target, taken_minor, date, cause);
        }
        if (!is_done) {
            return false;
        }
    }
    return true;
}
