/*
 * The form of requests: every field that a rule looks at is of a wrong form in turn, and the refusal names it. Each
 * request is also decided while everything that it asks for is refused once.
 */
#include "approving.h"
#include "field.h"
#include "rules.h"

struct form {
    const char *name;
    const char *given;  /* As in rules.h. */
    const char *when;   /* A line; or one of `others`. */
    const char *change; /* "path=value", as in field.h; NULL: none. */
    const char *then;   /* The refusal's code, or "accepted". */
    const char *says;   /* What its sentence holds. */
};

/* Requests that no line says. */
static const Pb__Request *other_request(struct world *world, const char *when) {
    if (strcmp(when, "set policy") == 0) {
        return request_policy(world);
    }
    if (strcmp(when, "propose") == 0) {
        return request_proposal(world, "new", "write-off n 500 why for=g", "anna", ACCOUNTANT);
    }
    if (strcmp(when, "approve") == 0 || strcmp(when, "reject") == 0) {
        return request_verdict(world, "W", when[0] == 'a', true, "beth", ACCOUNTANT);
    }
    return strcmp(when, "act") == 0 ? request_action(world, PB__OPERATOR_ACTION__OPERATOR_ACTION_KEY_CREATED, "audit")
                                    : script_request(&world->arena, when, "form");
}

static void accept(struct world *world, const Pb__Request *request) {
    struct decide_result result;
    world_decide(world, request, &result);
    assert_null(result.refusal);
}

static void run_form_once(const struct form *form, bool forgets) {
    static struct scene scene;
    struct world *world = &scene.world;
    struct decide_result result;
    scene_open(&scene, NULL);
    world->forgets = forgets;
    scene_given(&scene, form->given);
    if (strcmp(form->when, "approve") == 0 || strcmp(form->when, "reject") == 0) {
        accept(world, request_proposal(world, "W", "write-off n 500 why for=g", "anna", ACCOUNTANT));
    }
    Pb__Request *request = (Pb__Request *)(uintptr_t)other_request(world, form->when);
    if (form->change != NULL) {
        set_fields(&world->arena, &request->base, form->change);
    }
    fail_deciding(world, request);
    world_decide(world, request, &result);
    assert_string_equal(result.refusal == NULL ? "accepted" : refusal_name(result.refusal->code), form->then);
    if (result.refusal != NULL && strstr(result.refusal->message, form->says) == NULL) {
        fail_msg("it does not say \"%s\": %s", form->says, result.refusal->message);
    }
    fail_telling(world);
    world_check_redecide(world);
    world_close(world);
}

static void run_form(void **state) {
    run_form_once(*state, false);
    run_form_once(*state, true);
}

#define G "2024-06-01 charge g 1000 goods\n"
#define P "2024-06-02 pay p 500 none\n"
#define A "2024-06-01 deposit A 50\n"
#define H A "2024-06-02 place-hold h 20 goods\n"

static const struct form customers[] = {
    {"a tag", "", "open bob tags=a", "open_customer.profile.tags=t*65", "MALFORMED", "a tag must be"},
    {"the reason of a credit hold", "", "hold why", "place_credit_hold.reason=r*65", "MALFORMED", "the reason must be"},
    {"the reason of its end", "", "lift why", "lift_credit_hold.reason=r*65", "MALFORMED", "the reason must be"},
    {"a limit's reason", "", "policy amount 5", "set_credit_policy.reason=r*65", "MALFORMED", "the reason must be"},
    {"the day of a period's end", "", "close-period 2024-05-31", "close_period.through_on=never", "DATE_INVALID",
     "through_on \"never\""},
    {"the reason of a period's end", "", "close-period 2024-05-31", "close_period.reason=r*65", "MALFORMED",
     "the reason must be"},
    {"the reason of a period's opening", "close-period 2024-05-31", "reopen-period why", "reopen_period.reason=r*65",
     "MALFORMED", "the reason must be"},
    {"the day of expiries", "", "expire", "expire_due.through_on=never", "DATE_INVALID", "through_on \"never\""},
    {"a figure of a statement", "", "statement s forward - 2024-05-31", "issue_statement.opening=", "MALFORMED", ""},
    {"its changes", "", "statement s forward - 2024-05-31", "issue_statement.changes=", "MALFORMED", ""},
    {"a policy's value", "", "statement s forward - 2024-05-31 policy=n", "issue_statement.policies.value=v*257",
     "MALFORMED", "a policy's value must be"},
};

#define PAID "2024-06-01 charge g 10\n2024-06-02 pay p 30 to=g:10@x\n"

/* Who names no amount asks for all there is: the sentence says that there is nothing, and not "not 0.00". */
static const struct form nothing[] = {
    {"open on a charge", PAID, "2024-06-03 allocate p to=g", NULL, "EXCEEDS_OPEN",
     "charge \"g\" has nothing open from 2024-06-03 on"},
    {"open for deposits", PAID A, "2024-06-03 apply g 5", "apply_deposit.amount_minor=0", "EXCEEDS_OPEN",
     "charge \"g\" has nothing open from 2024-06-03 on"},
    {"left of a payment", G "2024-06-02 pay p 30 to=g:30\n", "2024-06-03 allocate p to=g", NULL, "EXCEEDS_UNAPPLIED",
     "payment \"p\" has nothing unapplied from 2024-06-03 on"},
    {"left of an allocation", PAID "2024-06-03 unallocate x\n", "2024-06-04 unallocate x", NULL, "EXCEEDS_UNAPPLIED",
     "nothing of the allocation to \"g\" stands"},
};

static const struct form charges[] = {
    {"the category", "", "charge g 1", "post_charge.category=c*65", "MALFORMED", "the category must be"},
    {"the memo", "", "charge g 1", "post_charge.memo=m*1025", "MALFORMED", "the memo must be"},
    {"an instalment's day", "", "charge g 1 instalments=1@2024-07-01", "post_charge.instalments.due_on=never",
     "DATE_INVALID", "an instalment's due_on \"never\""},
    {"deposits for no charge", G, "apply g 5", "apply_deposit.charge=", "MALFORMED", "the charge's id must be"},
    {"less than nothing of them", G A, "apply g 5", "apply_deposit.amount_minor=-1", "AMOUNT_NOT_POSITIVE",
     "it must be positive"},
    {"a reversal of no charge", G, "reverse-charge g 5 reversal why", "reverse_charge.charge=", "MALFORMED",
     "the charge's id must be"},
    {"of less than nothing", G, "reverse-charge g 5 reversal why", "reverse_charge.amount_minor=-1",
     "AMOUNT_NOT_POSITIVE", "it must be positive"},
    {"a dispute's id", G, "dispute d 5 g why", "open_dispute.dispute=", "MALFORMED", "the dispute's id must be"},
    {"a dispute about no charge", G, "dispute d 5 g why", "open_dispute.charge=", "MALFORMED",
     "the charge's id must be"},
    {"a dispute about less than nothing", G, "dispute d 5 g why", "open_dispute.amount_minor=-1", "AMOUNT_NOT_POSITIVE",
     "it must be positive"},
    {"a dispute about all of what is paid", G "2024-06-02 pay p 1000 to=g", "dispute d 0 g why", NULL, "EXCEEDS_OPEN",
     "nothing of charge \"g\" is open and not disputed from 2024-06-15 on"},
    {"an instalment of a charge without any", G, "pay p 5 to=g:5 part=1", NULL, "UNKNOWN_DOCUMENT",
     "charge \"g\" has no instalments"},
    {"all of a hold that holds nothing", "place-hold h 100 goods\nrelease-hold h 0", "release-hold h 0", NULL,
     "EXCEEDS_HELD", "hold \"h\" holds nothing from 2024-06-15 on"},
    {"all that is dormant where nothing is", "deposit A 100", "reactivate A 0 card", NULL, "EXCEEDS_DEPOSIT",
     "nothing of lot \"A\" is dormant from 2024-06-15 on"},
    {"what was forfeited is not dormant", "2024-05-01 deposit A 100 forfeit expires=2024-06-10", "reactivate A 0 card",
     NULL, "EXCEEDS_DEPOSIT", "dormant from 2024-06-15 on: what expires of it is forfeited"},
    {"no dispute's end", G "2024-06-02 dispute d 5 g why", "resolve d upheld", "resolve_dispute.dispute=", "MALFORMED",
     "the dispute's id must be"},
    {"a note on it", G "2024-06-02 dispute d 5 g why", "resolve d upheld", "resolve_dispute.note=n*1025", "MALFORMED",
     "the note must be"},
    {"an adjustment's id", G, "credit-note n 5 why for=g", "post_adjustment.adjustment=", "MALFORMED",
     "the adjustment's id must be"},
    {"one that looks like an event's", G, "credit-note n 5 why for=g", "post_adjustment.adjustment=#1", "MALFORMED",
     "may not begin with \"#\""},
    {"its target", G, "credit-note n 5 why for=g", "post_adjustment.target=t*65", "MALFORMED",
     "the target's id must be"},
    {"its memo", G, "credit-note n 5 why for=g", "post_adjustment.memo=m*1025", "MALFORMED", "the memo must be"},
    {"its day", "", "debit-note n 5 why", "post_adjustment.due_on=never", "DATE_INVALID", "due_on \"never\""},
    {"its kind", G, "credit-note n 5 why for=g", "post_adjustment.kind=99", "MALFORMED", ""},
    {"a debit note that would be due after all dates", "2024-01-01 open ann terms=10", "9999-12-31 debit-note n 5 why",
     NULL, "DATE_INVALID", "due after 9999-12-31"},
};

static const struct form payments[] = {
    {"a payment's id", "", "pay p 5", "receive_payment.payment=", "MALFORMED", "the payment's id must be"},
    {"its method", "", "pay p 5", "receive_payment.method=m*65", "MALFORMED", "the method must be"},
    {"its memo", "", "pay p 5", "receive_payment.memo=m*1025", "MALFORMED", "the memo must be"},
    {"its tolerance", "", "pay p 5", "receive_payment.rounding_tolerance_minor=-1", "AMOUNT_NOT_POSITIVE", ""},
    {"what settles", P, "settle p", "settle_payment.payment=", "MALFORMED", "the payment's id must be"},
    {"what is reversed", P, "reverse-payment p reversal why", "reverse_payment.payment=", "MALFORMED",
     "the payment's id must be"},
    {"a correction that names the right day", P, "2024-06-02 reverse-payment p correction why", NULL, "accepted", ""},
    {"a correction that names another", P, "2024-06-03 reverse-payment p correction why", NULL, "DATE_INVALID",
     "counts for the original date, 2024-06-02"},
    {"what is allocated", G P, "allocate p to=g:5", "allocate.source=", "MALFORMED", "the source's id must be"},
    {"the tolerance of allocating", G P, "allocate p to=g:5", "allocate.rounding_tolerance_minor=-1",
     "AMOUNT_NOT_POSITIVE", ""},
    {"an allocation's id", G P, "allocate p to=g:5", "allocate.allocations.allocation=a*65", "MALFORMED",
     "the allocation's id must be"},
    {"one that looks like an event's", G P, "allocate p to=g:5", "allocate.allocations.allocation=#5", "MALFORMED",
     "may not begin with \"#\""},
    {"an allocation of less than nothing", G P, "allocate p to=g:5", "allocate.allocations.amount_minor=-1",
     "AMOUNT_NOT_POSITIVE", "it must be positive"},
    {"an allocation to nothing", G P, "allocate p to=g:5", "allocate.allocations.target=", "MALFORMED",
     "the target's id must be"},
    {"what comes off", G P, "unallocate x 5", "unallocate.allocation=", "MALFORMED", "the allocation's id must be"},
    {"less than nothing comes off", G P, "unallocate x 5", "unallocate.amount_minor=-1", "AMOUNT_NOT_POSITIVE",
     "it must be positive"},
    {"an event's number with something behind it", G P, "unallocate x 5", "unallocate.allocation=#5x",
     "UNKNOWN_DOCUMENT", ""},
    {"an event's number without digits", G P, "unallocate x 5", "unallocate.allocation=#:", "UNKNOWN_DOCUMENT", ""},
    {"an event's number too long", G P, "unallocate x 5", "unallocate.allocation=#1*20", "UNKNOWN_DOCUMENT", ""},
    {"an event's number from 0", G P, "unallocate x 5", "unallocate.allocation=#0", "UNKNOWN_DOCUMENT", ""},
    {"a refund's id", P, "refund r 5 payment p", "refund.refund=", "MALFORMED", "the refund's id must be"},
    {"a refund of nothing", P, "refund r 5 payment p", "refund.source=", "MALFORMED", "the source's id must be"},
    {"a refund's method", P, "refund r 5 payment p", "refund.method=m*65", "MALFORMED", "the method must be"},
    {"a refund's reason", P, "refund r 5 payment p", "refund.reason=r*65", "MALFORMED", "the reason must be"},
};

static const struct form lots[] = {
    {"the day from which a lot is good", "", "deposit A 5", "receive_deposit.effective_from=never", "DATE_INVALID",
     "effective_from \"never\""},
    {"what is reactivated", A, "reactivate A 5 why", "reactivate_lot.lot=", "MALFORMED", "the lot's id must be"},
    {"less than nothing of it", A, "reactivate A 5 why", "reactivate_lot.amount_minor=-1", "AMOUNT_NOT_POSITIVE",
     "it must be positive"},
    {"its new day", A, "reactivate A 5 why", "reactivate_lot.expires_on=never", "DATE_INVALID", "expires_on \"never\""},
    {"a new day before the one of reactivating", "2024-06-01 deposit A 50 expires=2024-06-10",
     "2024-07-10 reactivate A 5 why expires=2024-07-01", NULL, "DATE_INVALID", ""},
    {"a hold's id", A, "place-hold h 5 goods", "place_hold.hold=", "MALFORMED", "the hold's id must be"},
    {"its category", A, "place-hold h 5 goods", "place_hold.category=c*65", "MALFORMED", "the category must be"},
    {"its day", A, "place-hold h 5 goods", "place_hold.expires_on=never", "DATE_INVALID", "expires_on \"never\""},
    {"what is captured", H, "capture-hold h 5 c", "capture_hold.hold=", "MALFORMED", "the hold's id must be"},
    {"less than nothing captured", H, "capture-hold h 5 c", "capture_hold.amount_minor=-1", "AMOUNT_NOT_POSITIVE",
     "it must be positive"},
    {"captured into no charge", H, "capture-hold h 5 c", "capture_hold.charge=", "MALFORMED",
     "the charge's id must be"},
    {"the memo of capturing", H, "capture-hold h 5 c", "capture_hold.memo=m*1025", "MALFORMED", "the memo must be"},
    {"the due day of capturing", H, "capture-hold h 5 c", "capture_hold.due_on=never", "DATE_INVALID",
     "due_on \"never\""},
    {"captured too late to be due", "2024-01-01 open ann terms=10\n" H, "9999-12-31 capture-hold h 5 c", NULL,
     "DATE_INVALID", "due after 9999-12-31"},
    {"what is released", H, "release-hold h 5", "release_hold.hold=", "MALFORMED", "the hold's id must be"},
};

/* ---- the second person, and what operators did ---- */

static const struct form approvals[] = {
    {"a policy", "", "set policy", NULL, "accepted", ""},
    {"a threshold of no kind", "", "set policy", "set_approval_policy.thresholds.kind=0", "MALFORMED",
     "threshold 1 is of no kind"},
    {"a threshold of a kind to come", "", "set policy", "set_approval_policy.thresholds.kind=99", "MALFORMED",
     "threshold 1 is of no kind"},
    {"a threshold in no currency", "", "set policy", "set_approval_policy.thresholds.currency=XXY", "CURRENCY_UNKNOWN",
     "threshold 1: \"XXY\""},
    {"a threshold below zero", "", "set policy", "set_approval_policy.thresholds.above_minor=-1", "AMOUNT_NOT_POSITIVE",
     "threshold 1 is below zero"},
    {"two for the same", "", "set policy", "set_approval_policy.thresholds.kind=2", "MALFORMED",
     "thresholds 1 and 2 are for the same"},
    {"two of a kind, in two currencies", "", "set policy",
     "set_approval_policy.thresholds.kind=2 set_approval_policy.thresholds.currency=USD", "accepted", ""},
    {"a proposal", G, "propose", NULL, "accepted", ""},
    {"a proposal without a time", G, "propose", "propose_request.expires_at_us=0", "accepted", ""},
    {"a proposal for a time that has passed", G, "propose", "propose_request.expires_at_us=1", "DATE_INVALID",
     "expires in the future"},
    {"a proposal for too long", G, "propose", "propose_request.expires_at_us=max", "DATE_INVALID",
     "in 366 days at most"},
    {"a proposal of nothing", G, "propose", "propose_request.request=", "MALFORMED", "names no command"},
    {"an approval", G, "approve", NULL, "accepted", ""},
    {"an approval of nothing", G, "approve", "approve_request.proposal=", "MALFORMED", "the proposal's id must be"},
    {"a rejection", G, "reject", NULL, "accepted", ""},
    {"a rejection without a reason", G, "reject", "reject_request.reason=", "REASON_REQUIRED", "rejecting a proposal"},
    {"what an operator did", "", "act", NULL, "accepted", ""},
    {"nothing was done", "", "act", "record_operator_action.action=0", "MALFORMED", "what was done"},
    {"an erasure beside itself", "", "act", "record_operator_action.action=5", "MALFORMED", "recorded by erasing"},
    {"done to nothing", "", "act", "record_operator_action.subject=", "MALFORMED", "the subject must be"},
    {"too much said of it", "", "act", "record_operator_action.detail=d*1025", "MALFORMED", "the detail must be"},
};

/* Under a policy that asks for a second person above 100. */
static const struct form measured[] = {
    {"a write-off of what there is not", G, "write-off n 500 why for=h", NULL, "APPROVAL_REQUIRED", ""},
    {"a write-off of another kind", "debit-note d 500 fee", "write-off n 500 why for=d kind=adjustment", NULL,
     "APPROVAL_REQUIRED", ""},
    {"a refund in the payment's currency", "2024-06-02 pay p 500 cur=USD", "refund r 500 payment p", NULL, "accepted",
     ""},
    {"a refund in the currency that it names", P, "refund r 500 payment p cur=CNY", NULL, "APPROVAL_REQUIRED", ""},
    {"the reversal of a payment", P, "reverse-payment p reversal why", NULL, "APPROVAL_REQUIRED", ""},
    {"the reversal of a payment that there is not", P, "reverse-payment q reversal why", NULL, "UNKNOWN_DOCUMENT", ""},
    {"the reversal of a charge", G, "reverse-charge g 0 reversal why", NULL, "APPROVAL_REQUIRED", ""},
    {"the reversal of a charge that there is not", G, "reverse-charge h 0 reversal why", NULL, "UNKNOWN_DOCUMENT", ""},
    {"a limit", "", "policy amount 500", NULL, "APPROVAL_REQUIRED", ""},
};

static void run_measured(void **state) {
    const struct form *form = *state;
    static struct scene scene;
    struct world *world = &scene.world;
    struct decide_result result;
    scene_open(&scene, NULL);
    world->forgets = true;
    scene_given(&scene, form->given);
    accept(world, request_policy(world));
    const Pb__Request *request = script_request(&world->arena, form->when, "form");
    fail_deciding(world, request);
    world_decide(world, request, &result);
    assert_string_equal(result.refusal == NULL ? "accepted" : refusal_name(result.refusal->code), form->then);
    world_check_redecide(world);
    world_close(world);
}

/* ---- lists that are too long ---- */

static Pb__RefusalCode refused_with(struct world *world, const Pb__Request *request) {
    struct decide_result result;
    world_decide(world, request, &result);
    return result.refusal == NULL ? PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED : result.refusal->code;
}

/* The items of a list: the first one, `count` times. */
static void *repeated(struct arena *arena, void *first, size_t count) {
    void **items = arena_alloc(arena, count * sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        items[i] = first;
    }
    return items;
}

static void lists_have_their_bounds(void **state) {
    (void)state;
    static struct scene scene;
    struct world *world = &scene.world;
    struct arena *arena = &world->arena;
    scene_open(&scene, NULL);
    scene_given(&scene, G P);
    const Pb__Request *charge = script_request(arena, "charge i 401 instalments=1@2024-07-01", "charge");
    Pb__PostCharge *post = charge->post_charge;
    post->n_instalments = LIMIT_INSTALMENTS + 1;
    post->instalments = repeated(arena, post->instalments[0], post->n_instalments);
    assert_int_equal(refused_with(world, charge), PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED);
    const Pb__Request *allocate = script_request(arena, "allocate p to=g:1", "allocate");
    allocate->allocate->n_allocations = LIMIT_ALLOCATIONS + 1;
    allocate->allocate->allocations = repeated(arena, allocate->allocate->allocations[0], LIMIT_ALLOCATIONS + 1);
    assert_int_equal(refused_with(world, allocate), PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED);
    const Pb__Request *policy = request_policy(world);
    policy->set_approval_policy->n_thresholds = LIMIT_THRESHOLDS + 1;
    policy->set_approval_policy->thresholds =
        repeated(arena, policy->set_approval_policy->thresholds[0], LIMIT_THRESHOLDS + 1);
    assert_int_equal(refused_with(world, policy), PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED);
    world_close(world);
}

/* A proposal keeps its request whole, and an event has its most. */
static void a_proposal_that_is_too_long(void **state) {
    (void)state;
    static struct scene scene;
    struct world *world = &scene.world;
    scene_open(&scene, NULL);
    scene_given(&scene, G P);
    Pb__Request *proposal = request_proposal(world, "W", "allocate p to=g:1", "anna", ACCOUNTANT);
    Pb__Allocate *allocate = proposal->propose_request->request->allocate;
    allocate->allocations[0]->allocation = arena_format(&world->arena, "%064d", 1);
    allocate->n_allocations = LIMIT_ALLOCATIONS;
    allocate->allocations = repeated(&world->arena, allocate->allocations[0], LIMIT_ALLOCATIONS);
    struct decide_result result;
    world_decide(world, proposal, &result);
    assert_non_null(result.refusal);
    assert_int_equal(result.refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED);
    assert_non_null(strstr(result.refusal->message, "65535 are the most"));
    world_close(world);
}

/* More lots than one event lists are consumed by several. */
static void a_charge_from_many_lots(void **state) {
    (void)state;
    enum { LOTS = 300, OF_ONE_EVENT = 256 };
    static struct scene scene;
    struct world *world = &scene.world;
    struct rendered rendered;
    scene_open(&scene, NULL);
    scene_given(&scene, "");
    for (int i = 0; i < LOTS; i++) {
        scene_line(&scene, arena_format(&world->arena, "2024-05-01 deposit L%d 1", i));
    }
    const uint64_t before = world->events.count;
    scene_request(&scene, "2024-05-02 charge many 300 goods", &rendered);
    assert_int_equal(world->events.count, before + 3);
    for (uint64_t i = 0; i < 2; i++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, before + 2 + i, &world->arena, &event, &world->error));
        assert_int_equal(event->body_case, PB__EVENT__BODY_DEPOSIT_CONSUMED);
        assert_int_equal(event->deposit_consumed->n_slices, i == 0 ? OF_ONE_EVENT : LOTS - OF_ONE_EVENT);
    }
    world_check_redecide(world);
    world_close(world);
}

static void nothing_is_opened_without_memory(void **state) {
    (void)state;
    const struct decide_settings settings = {.currency = "CNY"};
    const struct state_source source = {0};
    fail_arm(FAIL_PART, 1, true);
    struct state *opened = state_open(&source);
    struct decider *decider = decider_open(&settings);
    assert_true(fail_disarm() >= 2);
    assert_null(opened);
    assert_null(decider);
    state_close(opened);
    decider_close(decider);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, customers, run_form);
    ROWS_ADD_TABLE(&rows, charges, run_form);
    ROWS_ADD_TABLE(&rows, nothing, run_form);
    ROWS_ADD_TABLE(&rows, payments, run_form);
    ROWS_ADD_TABLE(&rows, lots, run_form);
    ROWS_ADD_TABLE(&rows, approvals, run_form);
    ROWS_ADD_TABLE(&rows, measured, run_measured);
    rows_add(&rows, "lists have their bounds", lists_have_their_bounds, NULL);
    rows_add(&rows, "a proposal that is too long", a_proposal_that_is_too_long, NULL);
    rows_add(&rows, "a charge from many lots", a_charge_from_many_lots, NULL);
    rows_add(&rows, "nothing is opened without memory", nothing_is_opened_without_memory, NULL);
    return rows_run("decide_form", &rows);
}
