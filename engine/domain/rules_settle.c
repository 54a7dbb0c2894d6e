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
    uint32_t part; /* The target's instalment; 0 = it has none. */
    int64_t amount_minor;
    int32_t date;
    Pb__AllocationRule rule;
    uint64_t again; /* The Allocated event of which this much is put on again; 0 = a new allocation. */
};

static bool emit_allocated(struct decision *decision, const struct allocation *allocation) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__Allocated body = PB__ALLOCATED__INIT;
    body.allocation = (char *)(uintptr_t)allocation->id;
    body.source_kind = (Pb__DocumentKind)allocation->source->kind;
    body.source = allocation->source->id;
    body.target_kind = (Pb__DocumentKind)allocation->target->kind;
    body.target = allocation->target->id;
    body.instalment = allocation->part;
    body.amount_minor = allocation->amount_minor;
    body.rule = allocation->rule;
    body.allocation_sequence = allocation->again;
    event.body_case = PB__EVENT__BODY_ALLOCATED;
    event.allocated = &body;
    event.currency = decision->currency;
    return emit(decision, &event, allocation->date);
}

static int64_t rounding_tolerance(const struct decision *decision) {
    const Pb__Request *request = decision->request;
    return request->command_case == PB__REQUEST__COMMAND_RECEIVE_PAYMENT
               ? request->receive_payment->rounding_tolerance_minor
               : request->allocate->rounding_tolerance_minor;
}

/* Closes an item that an allocation has nearly settled, by an event that says so. Its id is "#" and
 * its sequence, as for an allocation that nobody named. */
static bool round_off(struct decision *decision, const struct allocation *allocation) {
    const struct document *target = allocation->target;
    int64_t open_minor = timeline_lowest_from(document_left(allocation->target, allocation->part), allocation->date);
    if (open_minor <= 0 || open_minor > rounding_tolerance(decision)) {
        return true;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__AdjustmentPosted body = PB__ADJUSTMENT_POSTED__INIT;
    body.adjustment = arena_format(decision->request_arena, "#%llu", (unsigned long long)decision->next_sequence);
    body.kind = PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING;
    body.amount_minor = open_minor;
    body.reason = (char *)(uintptr_t) "rounding";
    body.target_kind = (Pb__DocumentKind)target->kind;
    body.target = (char *)(uintptr_t)target->id;
    body.instalment = allocation->part;
    event.body_case = PB__EVENT__BODY_ADJUSTMENT_POSTED;
    event.adjustment_posted = &body;
    event.currency = decision->currency;
    if (body.adjustment == NULL) {
        return out_of_memory(decision);
    }
    return emit(decision, &event, allocation->date);
}

static bool settle(struct decision *decision, const struct allocation *allocation) {
    return emit_allocated(decision, allocation) && round_off(decision, allocation);
}

/* Puts what both sides allow against one item. */
static bool allocate_item(struct decision *decision, struct document *source, const struct item_ref *item,
                          int32_t earliest) {
    struct document *target = NULL;
    if (!went_well(decision, state_document(decision->state, item->number, &target, decision->error))) {
        return false;
    }
    struct allocation allocation = {.id = "",
                                    .source = source,
                                    .target = target,
                                    .part = item->part,
                                    .date = later(earliest, target->posted_on),
                                    .rule = policy_allocation_rule(decision->settings->policy)};
    allocation.amount_minor = least(timeline_lowest_from(&source->left, allocation.date),
                                    timeline_lowest_from(document_left(target, item->part), allocation.date));
    return allocation.amount_minor <= 0 || settle(decision, &allocation);
}

/* Under a policy that has an order of its own: by what the items were before the first allocation. */
static bool allocate_by_policy(struct decision *decision, struct document *source, const struct account *account,
                               int32_t earliest) {
    const struct item_ref *items = NULL;
    size_t count = 0;
    bool is_done = went_well(decision, policy_items(decision->settings->policy, decision->state, account,
                                                    decision->request_arena, &items, &count, decision->error));
    for (size_t i = 0; i < count && is_done && timeline_last(&source->left) > 0; i++) {
        is_done = allocate_item(decision, source, &items[i], earliest);
    }
    return is_done;
}

bool allocate_oldest_first(struct decision *decision, struct document *source) {
    const struct account *account = customer_account(decision->customer, decision->currency);
    int32_t earliest = decision->is_dated ? later(decision->effective_on, source->posted_on) : source->posted_on;
    uint32_t at = 0;
    if (decision->settings->policy != NULL && decision->settings->policy->item_order != ITEMS_OLDEST_DUE) {
        return allocate_by_policy(decision, source, account, earliest);
    }
    /* An item that was settled has left the list, and the next one stands in its place. */
    while (at < account->items.count && timeline_last(&source->left) > 0) {
        struct item_ref item = *VECTOR_AT(const struct item_ref, &account->items, at);
        uint32_t before = account->items.count;
        if (!allocate_item(decision, source, &item, earliest)) {
            return false;
        }
        at += account->items.count == before;
    }
    return true;
}

/* "charge "C1"", or "instalment 2 of charge "C1"". */
static const char *claim_text(struct decision *decision, const struct document *item, uint32_t part) {
    const char *kind = document_kind_name((Pb__DocumentKind)item->kind);
    const char *text = part == 0
                           ? arena_format(decision->answer_arena, "%s \"%s\"", kind, item->id)
                           : arena_format(decision->answer_arena, "instalment %u of %s \"%s\"", part, kind, item->id);
    return text != NULL ? text : item->id;
}

/* An amount of 0 asked for as much as there is. */
static bool refuse_open(struct decision *decision, const struct allocation *allocation, int64_t open_minor) {
    struct refusal_facts facts = {allocation->target->id, allocation->amount_minor, open_minor, allocation->date};
    if (allocation->amount_minor == 0) {
        return REFUSE(decision, EXCEEDS_OPEN, facts, "%s has nothing open from %s on",
                      claim_text(decision, allocation->target, allocation->part),
                      date_text(decision, allocation->date));
    }
    return REFUSE(decision, EXCEEDS_OPEN, facts, "%s has %s open from %s on, not %s",
                  claim_text(decision, allocation->target, allocation->part), amount_text(decision, open_minor),
                  date_text(decision, allocation->date), amount_text(decision, allocation->amount_minor));
}

static bool refuse_unapplied(struct decision *decision, const struct allocation *allocation, int64_t unapplied_minor) {
    const struct document *source = allocation->source;
    struct refusal_facts facts = {source->id, allocation->amount_minor, unapplied_minor, allocation->date};
    if (allocation->amount_minor == 0) {
        return REFUSE(decision, EXCEEDS_UNAPPLIED, facts, "%s \"%s\" has nothing unapplied from %s on",
                      document_kind_name((Pb__DocumentKind)source->kind), source->id,
                      date_text(decision, allocation->date));
    }
    return REFUSE(decision, EXCEEDS_UNAPPLIED, facts, "%s \"%s\" has %s unapplied from %s on, not %s",
                  document_kind_name((Pb__DocumentKind)source->kind), source->id,
                  amount_text(decision, unapplied_minor), date_text(decision, allocation->date),
                  amount_text(decision, allocation->amount_minor));
}

/* Allocates `amount_minor` (0: as much as both sides allow) to the instalments from `first` to
 * `last` in order of their days, or to the item as a whole where it has none. */
static bool allocate_parts(struct decision *decision, struct allocation *allocation, uint32_t first, uint32_t last) {
    int64_t open_minor = 0;
    for (uint32_t part = first; part <= last; part++) {
        open_minor += timeline_lowest_from(document_left(allocation->target, part), allocation->date);
    }
    int64_t unapplied_minor = timeline_lowest_from(&allocation->source->left, allocation->date);
    if (allocation->amount_minor > open_minor || open_minor == 0) {
        return refuse_open(decision, allocation, open_minor);
    }
    if (allocation->amount_minor > unapplied_minor || unapplied_minor == 0) {
        return refuse_unapplied(decision, allocation, unapplied_minor);
    }
    int64_t rest_minor = allocation->amount_minor != 0 ? allocation->amount_minor : least(open_minor, unapplied_minor);
    for (uint32_t part = first; part <= last && rest_minor > 0; part++) {
        struct allocation one = *allocation;
        one.part = part;
        one.amount_minor =
            least(rest_minor, timeline_lowest_from(document_left(allocation->target, part), allocation->date));
        if (one.amount_minor == 0) {
            continue;
        }
        if (!settle(decision, &one)) {
            return false;
        }
        rest_minor -= one.amount_minor;
        allocation->id = ""; /* An id names one allocation: the first. */
    }
    return true;
}

bool check_part(struct decision *decision, const struct document *item, uint32_t part) {
    if (part > 0 && document_rare(item)->parts.count == 0) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = item->id}),
                      "%s \"%s\" has no instalments", document_kind_name((Pb__DocumentKind)item->kind), item->id);
    }
    return part <= document_rare(item)->parts.count ||
           REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = item->id}),
                  "%s \"%s\" has %u instalments, not %u", document_kind_name((Pb__DocumentKind)item->kind), item->id,
                  document_rare(item)->parts.count, part);
}

static bool check_plan(struct decision *decision, const Pb__AllocationPlan *plan) {
    if (plan->allocation[0] == '#') {
        return REFUSE(decision, MALFORMED, NO_FACTS, "an allocation's id may not begin with \"#\"");
    }
    if (plan->allocation[0] != '\0' &&
        (!check_identifier(decision, "the allocation's id", plan->allocation) ||
         !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION, plan->allocation))) {
        return false;
    }
    return check_amount_or_all(decision, plan->amount_minor, plan->target) &&
           check_identifier(decision, "the target's id", plan->target);
}

static bool allocate_one(struct decision *decision, struct document *source, const Pb__AllocationPlan *plan) {
    Pb__DocumentKind kind = plan->target_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED
                                ? PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
                                : plan->target_kind;
    struct allocation allocation = {.id = plan->allocation,
                                    .source = source,
                                    .part = plan->instalment,
                                    .amount_minor = plan->amount_minor,
                                    .rule = PB__ALLOCATION_RULE__ALLOCATION_RULE_EXPLICIT};
    if (!check_plan(decision, plan) || !find_document(decision, kind, plan->target, &allocation.target)) {
        return false;
    }
    struct document *target = allocation.target;
    if (target->is_source) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = plan->target}),
                      "%s \"%s\" is money, not something owed", document_kind_name(kind), plan->target);
    }
    bool is_own_date = decision->is_dated && decision->request->command_case == PB__REQUEST__COMMAND_ALLOCATE;
    allocation.date = is_own_date ? decision->effective_on : later(source->posted_on, target->posted_on);
    if (!check_part(decision, target, plan->instalment) || !check_not_before(decision, allocation.date, source) ||
        !check_not_before(decision, allocation.date, target)) {
        return false;
    }
    bool is_all = plan->instalment == 0 && document_rare(target)->parts.count > 0;
    return allocate_parts(decision, &allocation, is_all ? 1 : plan->instalment,
                          is_all ? document_rare(target)->parts.count : plan->instalment);
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

/* From the Allocated event itself, which may lie far back in the journal. */
static bool find_allocation_id(struct decision *decision, uint64_t sequence, char **id) {
    const Pb__Event *allocated = NULL;
    if (!went_well(decision,
                   state_read_event(decision->state, sequence, decision->request_arena, &allocated, decision->error))) {
        return false;
    }
    if (allocated->body_case == PB__EVENT__BODY_ALLOCATED) {
        *id = allocated->allocated->allocation;
    }
    return true;
}

bool emit_unallocated(struct decision *decision, const struct link *link, struct document *source,
                      struct document *target, int64_t amount_minor, int32_t date, int32_t instead_of_on,
                      Pb__UnallocationCause cause) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__Unallocated body = PB__UNALLOCATED__INIT;
    body.allocation_sequence = link->sequence;
    if (link->has_name && !find_allocation_id(decision, link->sequence, &body.allocation)) {
        return false;
    }
    body.source_kind = (Pb__DocumentKind)source->kind;
    body.source = source->id;
    body.target_kind = (Pb__DocumentKind)target->kind;
    body.target = target->id;
    body.instalment = link->part;
    body.amount_minor = amount_minor;
    body.cause = cause;
    body.instead_of_on = instead_of_on;
    event.body_case = PB__EVENT__BODY_UNALLOCATED;
    event.unallocated = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

static bool emit_restored(struct decision *decision, const struct document *charge, const struct document *lot,
                          uint32_t part, int64_t amount_minor, int32_t date) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__DepositRestored body = PB__DEPOSIT_RESTORED__INIT;
    Pb__LotSlice slice = PB__LOT_SLICE__INIT;
    Pb__LotSlice *slices[] = {&slice};
    slice.lot = (char *)(uintptr_t)lot->id;
    slice.amount_minor = amount_minor;
    body.charge = (char *)(uintptr_t)charge->id;
    body.n_slices = 1;
    body.slices = slices;
    body.instalment = part;
    event.body_case = PB__EVENT__BODY_DEPOSIT_RESTORED;
    event.deposit_restored = &body;
    event.currency = decision->currency;
    return emit(decision, &event, date);
}

/* What is reversed, and how. */
struct unwinding {
    struct document *document;
    uint32_t part; /* 0: all of it. */
    Pb__Reading reading;
    int32_t reversed_on;
    int64_t amount_minor;
    Pb__UnallocationCause cause;
};

int32_t unwinding_date(Pb__Reading reading, int32_t reversed_on, int32_t used_on) {
    return reading == PB__READING__READING_CORRECTION ? used_on : later(used_on, reversed_on);
}

/* The two ends of an allocation between the document and another. */
static void find_ends(struct document *document, struct document *other, struct document **source,
                      struct document **target) {
    *source = document->is_source ? document : other;
    *target = document->is_source ? other : document;
}

/* Off from `date` on, and on again from the day on which it had come off: for the days between alone. The
 * taking off comes first, so that nothing is below zero even for who knows the first event only. */
static bool take_off_before(struct decision *decision, const struct unwinding *unwinding, const struct taken_off *item,
                            int64_t amount_minor, int32_t date) {
    struct document *other = NULL;
    if (!went_well(decision, state_document(decision->state, item->other, &other, decision->error))) {
        return false;
    }
    struct link link = {.sequence = item->sequence, .part = item->part, .has_name = true}; /* Its event says. */
    struct allocation again = {.id = "",
                               .part = item->part,
                               .amount_minor = amount_minor,
                               .date = item->off_on,
                               .rule = PB__ALLOCATION_RULE__ALLOCATION_RULE_EXPLICIT,
                               .again = item->sequence};
    find_ends(unwinding->document, other, &again.source, &again.target);
    return emit_unallocated(decision, &link, again.source, again.target, amount_minor, date, item->off_on,
                            unwinding->cause) &&
           emit_allocated(decision, &again);
}

static bool unwind_taken_off(struct decision *decision, const struct unwinding *unwinding) {
    const struct vector *items = &document_rare(unwinding->document)->taken_off;
    for (uint32_t i = items->count; i > 0; i--) {
        struct taken_off item = *VECTOR_AT(struct taken_off, items, i - 1);
        int32_t date = unwinding_date(unwinding->reading, unwinding->reversed_on, item.date);
        if (date >= item.off_on || (unwinding->part != 0 && item.part != unwinding->part)) {
            continue;
        }
        const struct timeline *left = document_left(unwinding->document, unwinding->part);
        int64_t missing_minor = unwinding->amount_minor - timeline_lowest_between(left, date, item.off_on);
        int64_t taken_minor = least(item.amount_minor, missing_minor);
        if (taken_minor > 0 && !take_off_before(decision, unwinding, &item, taken_minor, date)) {
            return false;
        }
    }
    return true;
}

static bool unwind_link(struct decision *decision, const struct unwinding *unwinding, const struct link *link,
                        int64_t amount_minor, int32_t date) {
    struct document *other = NULL;
    struct document *source = NULL;
    struct document *target = NULL;
    if (!went_well(decision, state_document(decision->state, link->other, &other, decision->error))) {
        return false;
    }
    if (link->kind == LINK_SLICE) {
        return emit_restored(decision, unwinding->document, other, link->part, amount_minor, date);
    }
    find_ends(unwinding->document, other, &source, &target);
    return emit_unallocated(decision, link, source, target, amount_minor, date, DATE_NONE, unwinding->cause);
}

bool unwind(struct decision *decision, struct document *document, uint32_t part, Pb__Reading reading,
            int32_t reversed_on, int64_t amount_minor, Pb__UnallocationCause cause) {
    struct unwinding unwinding = {document, part, reading, reversed_on, amount_minor, cause};
    if (!unwind_taken_off(decision, &unwinding)) {
        return false;
    }
    /* From the newest use to the oldest; what is emitted shortens the links from the end at
     * most. A use that comes off on a day from which enough is left anyway stays. */
    for (uint32_t i = document->links.count; i > 0; i--) {
        struct link link = *VECTOR_AT(struct link, &document->links, i - 1);
        int32_t date = unwinding_date(reading, reversed_on, link.date);
        int64_t missing_minor = amount_minor - timeline_lowest_from(document_left(document, part), date);
        if (missing_minor <= 0 || (part != 0 && link.part != part)) {
            continue;
        }
        if (!unwind_link(decision, &unwinding, &link, least(link.amount_minor, missing_minor), date)) {
            return false;
        }
    }
    return true;
}
