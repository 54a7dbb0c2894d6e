/* Who may do what: every role against every command, and the second person. */
#include "approving.h"
#include "rules.h"

static const char *const role_letters = "-cakux"; /* Of a table's cells; the owner may do everything. */

/* ---- every role, every command ---- */

static void say_nothing_else(Pb__Request *request, Pb__Request__CommandCase command) {
    static Pb__ExpireDue empty;
    empty = (Pb__ExpireDue)PB__EXPIRE_DUE__INIT;
    request->command_case = command;
    request->expire_due = &empty;
}

/* c = cashier, a = accountant, k = credit, x = admin; u = auditor, in no row. */
static const struct allowed_row {
    const char *name;
    const char *line;
    const char *roles;
} allowed_rows[] = {
    {"open customer", "open bob", "x"},
    {"change customer", "change name=Ann", "x"},
    {"close customer", "close", "x"},
    {"erase customer", "erase why", "x"},
    {"receive deposit", "deposit A 5", "c"},
    {"receive payment", "pay P 5", "c"},
    {"settle payment", "settle P", "c"},
    {"post charge", "charge C 5 goods", "a"},
    {"apply deposit", "apply C 5", "a"},
    {"allocate", "allocate P", "a"},
    {"unallocate", "unallocate #1 5", "a"},
    {"credit note", "credit-note N 5 why", "a"},
    {"write-off", "write-off N 5 why for=C", "a"},
    {"refund", "refund R 5 lot A", "a"},
    {"reverse payment", "reverse-payment P correction why", "a"},
    {"reverse charge", "reverse-charge C 5 correction why", "a"},
    {"place hold", "place-hold H 5 goods", "ak"},
    {"capture hold", "capture-hold H 5 C", "a"},
    {"release hold", "release-hold H 5", "ak"},
    {"reactivate lot", "reactivate A 5 why", "a"},
    {"set credit policy", "policy amount 5 block", "k"},
    {"place credit hold", "hold why", "k"},
    {"lift credit hold", "lift why", "k"},
    {"open dispute", "dispute D 5 C why", "ak"},
    {"resolve dispute", "resolve D upheld", "ak"},
    {"issue statement", "statement S item - 2024-06-01", "a"},
    {"expire due", "expire 2024-06-01", "ax"},
    {"close period", "close-period 2024-05-31", "x"},
    {"reopen period", "reopen-period 2024-05-31 why", "x"},
    {"a command of a newer build", "newer", ""},
};

static Pb__RefusalCode refused_with(struct world *world, const Pb__Request *request) {
    struct decide_result result;
    world_decide(world, request, &result);
    return result.refusal == NULL ? PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED : result.refusal->code;
}

static bool is_refused_for_role(const Pb__Request *request, int role) {
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, "");
    Pb__Request asked = *request;
    asked.role = (Pb__Role)role;
    Pb__RefusalCode code = refused_with(&scene.world, &asked);
    world_close(&scene.world);
    return code == PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED;
}

static void check_roles(const Pb__Request *request, const char *name, const char *roles) {
    for (int role = OWNER; role < ROLES; role++) {
        bool may = role == OWNER || (role < STRANGER && strchr(roles, role_letters[role]) != NULL);
        if (is_refused_for_role(request, role) == may) {
            fail_msg("%s: role %d %s", name, role, may ? "is refused" : "is let through");
        }
    }
}

static void roles_are_held_to_their_commands(void **state) {
    const struct allowed_row *row = *state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const Pb__Request *request = script_request(&arena, row->line, "key");
    if ((int)request->command_case == 999) {
        assert_true(role_letters[OWNER] == '-');
        assert_false(is_refused_for_role(request, OWNER)); /* UNSUPPORTED comes first, whoever asks. */
    } else {
        check_roles(request, row->name, row->roles);
    }
    arena_release(&arena);
}

/* The commands that no line of a script says. */
static const struct bare_row {
    const char *name;
    Pb__Request__CommandCase command;
    const char *roles;
} bare_rows[] = {
    {"propose", PB__REQUEST__COMMAND_PROPOSE_REQUEST, "cakx"},
    {"approve", PB__REQUEST__COMMAND_APPROVE_REQUEST, "cakx"},
    {"reject", PB__REQUEST__COMMAND_REJECT_REQUEST, "cakx"},
    {"set approval policy", PB__REQUEST__COMMAND_SET_APPROVAL_POLICY, "x"},
    {"record operator action", PB__REQUEST__COMMAND_RECORD_OPERATOR_ACTION, "x"},
};

static void roles_are_held_to_bare_commands(void **state) {
    const struct bare_row *row = *state;
    Pb__ProposeRequest propose = PB__PROPOSE_REQUEST__INIT;
    Pb__ApproveRequest approve = PB__APPROVE_REQUEST__INIT;
    Pb__RejectRequest reject = PB__REJECT_REQUEST__INIT;
    Pb__SetApprovalPolicy policy = PB__SET_APPROVAL_POLICY__INIT;
    Pb__RecordOperatorAction action = PB__RECORD_OPERATOR_ACTION__INIT;
    Pb__Request request = bare_request("key", "clerk", OWNER);
    say_nothing_else(&request, row->command);
    if (row->command == PB__REQUEST__COMMAND_PROPOSE_REQUEST) {
        request.propose_request = &propose;
    } else if (row->command == PB__REQUEST__COMMAND_APPROVE_REQUEST) {
        request.approve_request = &approve;
    } else if (row->command == PB__REQUEST__COMMAND_REJECT_REQUEST) {
        request.reject_request = &reject;
    } else if (row->command == PB__REQUEST__COMMAND_SET_APPROVAL_POLICY) {
        request.set_approval_policy = &policy;
    } else {
        request.record_operator_action = &action;
    }
    check_roles(&request, row->name, row->roles);
}

/* Every command that the schema has is in one of the two tables. */
static void no_command_is_left_out(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i < pb__request__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &pb__request__descriptor.fields[i];
        bool is_listed = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0;
        for (size_t row = 0; row < ROW_COUNT(allowed_rows) && !is_listed; row++) {
            is_listed = (unsigned)script_request(&arena, allowed_rows[row].line, "key")->command_case == field->id;
        }
        for (size_t row = 0; row < ROW_COUNT(bare_rows) && !is_listed; row++) {
            is_listed = (unsigned)bare_rows[row].command == field->id;
        }
        if (!is_listed) {
            fail_msg("no row tries the roles on %s", field->name);
        }
    }
    arena_release(&arena);
}

/* ---- who records cash does not allocate it ---- */

static const struct step_row {
    const char *name;
    const char *line;
    int role;
    Pb__RefusalCode code;
    const char *then; /* What is left of payment P and open on C, where it is accepted. */
} payment_rows[] = {
    {"a cashier's payment stays unapplied", "pay P 60 actor=carl", CASHIER, PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED,
     "60 100"},
    {"a cashier may say so", "pay P 60 none actor=carl", CASHIER, PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED, "60 100"},
    {"a cashier may not say otherwise", "pay P 60 oldest actor=carl", CASHIER,
     PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED, NULL},
    {"nor name an item", "pay P 60 to=C actor=carl", CASHIER, PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED, NULL},
    {"the owner's payment is allocated", "pay P 60 actor=carl", OWNER, PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED,
     "0 40"},
};

static void expect_left(struct scene *scene, const char *then) {
    char *rest = NULL;
    int64_t unapplied_minor = strtoll(then, &rest, 10);
    int64_t open_minor = strtoll(rest, NULL, 10);
    struct customer *customer = NULL;
    WORLD_OK(&scene->world, state_find_customer(scene->world.state, "ann", &customer, &scene->world.error));
    const struct account *account = customer_account(customer, "CNY");
    assert_int_equal(account->unapplied_minor, unapplied_minor);
    assert_int_equal(account->open_minor, open_minor);
}

static void cash_stays_unapplied(void **state) {
    const struct step_row *row = *state;
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, "2024-06-01 charge C 100 goods");
    Pb__Request request = *script_request(&scene.world.arena, row->line, "key");
    request.role = (Pb__Role)row->role;
    assert_int_equal(refused_with(&scene.world, &request), row->code);
    if (row->then != NULL) {
        expect_left(&scene, row->then);
    }
    world_check_replay(&scene.world);
    world_check_redecide(&scene.world);
    world_close(&scene.world);
}

static const struct person_row {
    const char *name;
    const char *actor;
    int role;
    Pb__RefusalCode code;
} person_rows[] = {
    {"somebody else allocates", "anna", ACCOUNTANT, PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED},
    {"who recorded it does not, in another role either", "carl", ACCOUNTANT,
     PB__REFUSAL_CODE__REFUSAL_CODE_SAME_PERSON},
    {"the owner may", "carl", OWNER, PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED},
    {"a cashier may not, whoever", "anna", CASHIER, PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED},
};

static void allocating_takes_another_person(void **state) {
    const struct person_row *row = *state;
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, "2024-06-01 charge C 100 goods");
    Pb__Request request = *script_request(&scene.world.arena, "pay P 60 actor=carl", "key");
    request.role = (Pb__Role)CASHIER;
    assert_int_equal(refused_with(&scene.world, &request), PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED);
    request = *script_request(&scene.world.arena, "allocate P", "key 2");
    request.actor = (char *)(uintptr_t)row->actor;
    request.role = (Pb__Role)row->role;
    fail_deciding(&scene.world, &request);
    assert_int_equal(refused_with(&scene.world, &request), row->code);
    world_check_redecide(&scene.world);
    world_close(&scene.world);
}

/* Money that is no payment was recorded by whoever allocates it, or not: nobody asks. */
static void a_credit_note_is_allocated_by_who_wrote_it(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, "2024-06-01 charge C 100 goods\n2024-06-02 credit-note N 60 late actor=anna");
    Pb__Request request = *script_request(&scene.world.arena, "allocate N kind=adjustment actor=anna", "key");
    request.role = (Pb__Role)ACCOUNTANT;
    assert_int_equal(refused_with(&scene.world, &request), PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED);
    expect_left(&scene, "0 40");
    world_close(&scene.world);
}

/* ---- the second person ---- */

static void set_policy(struct scene *scene) {
    assert_int_equal(refused_with(&scene->world, request_policy(&scene->world)),
                     PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED);
}

static const char given_money[] = "2024-06-01 charge C 1000 goods\n2024-06-01 charge D 90 goods\n"
                                  "2024-06-02 deposit A 500\n2024-06-02 pay P 400 none";

static const struct needs_row {
    const char *name;
    const char *line;
    bool is_needed;
} needs_rows[] = {
    {"a write-off above", "write-off W 101 why for=C", true},
    {"a write-off at the amount", "write-off W 100 why for=C", false},
    {"a discount is none", "discount W 101 why for=C", false},
    {"a refund above", "refund R 101 lot A", true},
    {"a refund at the amount", "refund R 100 lot A", false},
    {"a refund of a payment", "refund R 101 payment P", true},
    {"a limit above", "policy amount 101 block", true},
    {"a limit at the amount", "policy amount 100 block", false},
    {"no limit at all", "policy unlimited 0 block", true},
    {"nothing assessed", "policy unassessed 0 block", false},
    {"a limit in another currency", "policy amount 101 block cur=USD", false},
    {"a payment's reversal", "reverse-payment P correction why", true},
    {"a part of a charge reversed, above", "reverse-charge C 101 correction why", true},
    {"a part of a charge reversed, at the amount", "reverse-charge C 100 correction why", false},
    {"all of a charge reversed", "reverse-charge C 0 correction why", true},
    {"all of a small charge reversed", "reverse-charge D 0 correction why", false},
    {"a charge", "charge E 5000 goods", false},
};

static void some_requests_need_two(void **state) {
    const struct needs_row *row = *state;
    for (int role = OWNER; role < STRANGER; role++) {
        struct scene scene;
        scene_open(&scene, NULL);
        scene_given(&scene, given_money);
        set_policy(&scene);
        Pb__Request request = *script_request(&scene.world.arena, row->line, "key");
        request.role = (Pb__Role)role;
        Pb__RefusalCode code = refused_with(&scene.world, &request);
        if (code != PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED) {
            assert_int_equal(code, row->is_needed ? PB__REFUSAL_CODE__REFUSAL_CODE_APPROVAL_REQUIRED
                                                  : PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED);
        }
        assert_true(role != OWNER || code != PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED);
        world_close(&scene.world);
    }
}

static Pb__RefusalCode propose(struct scene *scene, const char *name, const char *line, const char *actor, int role) {
    return refused_with(&scene->world, request_proposal(&scene->world, name, line, actor, role));
}

/* By the hash of what was proposed, or a false one. */
static Pb__RefusalCode decide_it(struct scene *scene, const char *name, bool approves, bool is_true_hash,
                                 const char *actor, int role) {
    return refused_with(&scene->world, request_verdict(&scene->world, name, approves, is_true_hash, actor, role));
}

static const struct checker_row {
    const char *name;
    const char *actor;
    int role;
    bool is_true_hash;
    int days_later;
    const char *before; /* A line that is decided in between. */
    const char *code;   /* Of approving; of rejecting too, unless that is named. */
    const char *rejecting;
} checker_rows[] = {
    {"another accountant", "beth", ACCOUNTANT, true, 0, NULL, "UNSPECIFIED", NULL},
    {"the owner, another person", "beth", OWNER, true, 0, NULL, "UNSPECIFIED", NULL},
    {"oneself", "anna", ACCOUNTANT, true, 0, NULL, "SAME_PERSON", NULL},
    {"oneself as the owner", "anna", OWNER, true, 0, NULL, "SAME_PERSON", NULL},
    {"a cashier", "carl", CASHIER, true, 0, NULL, "ROLE_NOT_ALLOWED", NULL},
    {"credit control", "kate", CREDIT, true, 0, NULL, "ROLE_NOT_ALLOWED", NULL},
    {"an auditor", "udo", AUDITOR, true, 0, NULL, "ROLE_NOT_ALLOWED", NULL},
    {"an administrator", "root", ADMIN, true, 0, NULL, "ROLE_NOT_ALLOWED", NULL},
    {"another hash", "beth", ACCOUNTANT, false, 0, NULL, "PROPOSAL_MISMATCH", NULL},
    {"too late", "beth", ACCOUNTANT, true, 2, NULL, "PROPOSAL_EXPIRED", NULL},
    {"what is no longer possible stays open", "beth", ACCOUNTANT, true, 0, "reverse-charge C 0 reversal why",
     "EXCEEDS_OPEN", "UNSPECIFIED"},
};

static void expect_code(Pb__RefusalCode code, const char *expected) {
    assert_string_equal(refusal_name(code), expected);
}

static void two_people_decide(const struct checker_row *row, bool approves) {
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, given_money);
    if (row->before == NULL) {
        set_policy(&scene);
    }
    expect_code(propose(&scene, "W", "write-off W 500 why for=C", "anna", ACCOUNTANT), "UNSPECIFIED");
    if (row->before != NULL) {
        scene_line(&scene, row->before);
    }
    scene.world.now_us += row->days_later * DAY_US;
    uint64_t before = scene.world.events.count;
    const char *expected = approves || row->rejecting == NULL ? row->code : row->rejecting;
    expect_code(decide_it(&scene, "W", approves, row->is_true_hash, row->actor, row->role), expected);
    if (strcmp(expected, "UNSPECIFIED") == 0) {
        /* The approval and the write-off, or the rejection; and then it is over. */
        assert_int_equal(scene.world.events.count - before, approves ? 2 : 1);
        expect_code(decide_it(&scene, "W", true, true, "beth", ACCOUNTANT), "ALREADY_SETTLED");
    } else if (row->days_later == 0) {
        expect_code(decide_it(&scene, "W", false, true, "beth", ACCOUNTANT), "UNSPECIFIED"); /* It was still open. */
    }
    world_check_replay(&scene.world);
    world_check_redecide(&scene.world);
    world_close(&scene.world);
}

static void approving_takes_two(void **state) {
    two_people_decide(*state, true);
}

static void rejecting_takes_two(void **state) {
    two_people_decide(*state, false);
}

/* Each event says who: the approval is its approver's, the write-off its proposer's, in the role that it was. */
static void events_say_who(void **state) {
    (void)state;
    struct scene scene;
    struct world *world = &scene.world;
    const Pb__Event *event = NULL;
    scene_open(&scene, NULL);
    scene_given(&scene, given_money);
    set_policy(&scene);
    expect_code(propose(&scene, "W", "write-off W 500 why for=C", "anna", ACCOUNTANT), "UNSPECIFIED");
    expect_code(decide_it(&scene, "W", true, true, "beth", OWNER), "UNSPECIFIED");
    size_t last = world->events.count;
    WORLD_OK(world, state_read_event(world->state, last - 1, &world->arena, &event, &world->error));
    assert_int_equal(event->body_case, PB__EVENT__BODY_REQUEST_APPROVED);
    assert_string_equal(event->actor, "beth");
    assert_int_equal(event->role, OWNER);
    WORLD_OK(world, state_read_event(world->state, last, &world->arena, &event, &world->error));
    assert_int_equal(event->body_case, PB__EVENT__BODY_ADJUSTMENT_POSTED);
    assert_string_equal(event->actor, "anna");
    assert_int_equal(event->role, ACCOUNTANT);
    world_close(world);
}

/* What a role may not ask for it may not propose either; a name is used once; a proposal proposes no proposal. */
static void proposing_is_bounded(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, given_money);
    expect_code(propose(&scene, "A", "write-off W 500 why for=C", "carl", CASHIER), "ROLE_NOT_ALLOWED");
    expect_code(propose(&scene, "A", "pay Q 5 oldest", "carl", CASHIER), "UNSPECIFIED");
    expect_code(decide_it(&scene, "A", true, true, "beth", OWNER), "ROLE_NOT_ALLOWED"); /* As its proposer's. */
    expect_code(propose(&scene, "A", "write-off W 500 why for=C", "anna", ACCOUNTANT), "DUPLICATE_DOCUMENT");
    expect_code(decide_it(&scene, "B", true, true, "beth", OWNER), "UNKNOWN_DOCUMENT");
    expect_code(propose(&scene, "B", "nothing", "anna", ACCOUNTANT), "MALFORMED");
    expect_code(propose(&scene, "B", "open bob name=Bob", "root", ADMIN), "MALFORMED"); /* Names are sealed. */
    expect_code(propose(&scene, "B", "change name=Ann", "root", ADMIN), "MALFORMED");
    expect_code(propose(&scene, "B", "erase why", "root", ADMIN), "MALFORMED");
    expect_code(propose(&scene, "", "write-off W 500 why for=C", "anna", ACCOUNTANT), "MALFORMED");
    Pb__ProposeRequest command = PB__PROPOSE_REQUEST__INIT;
    Pb__Request inner = bare_request("inner", "anna", ACCOUNTANT);
    Pb__Request request = bare_request("outer", "anna", ACCOUNTANT);
    Pb__SetApprovalPolicy lifted = PB__SET_APPROVAL_POLICY__INIT;
    inner.command_case = PB__REQUEST__COMMAND_SET_APPROVAL_POLICY;
    inner.set_approval_policy = &lifted;
    command.proposal = (char *)(uintptr_t) "C";
    command.request = &inner;
    request.command_case = PB__REQUEST__COMMAND_PROPOSE_REQUEST;
    request.propose_request = &command;
    expect_code(refused_with(&scene.world, &request), "MALFORMED");
    world_close(&scene.world);
}

/* A hash of another length is another one; and what was good until a day is not approved after it. */
static void what_is_approved_is_what_was_proposed_and_still_good(void **state) {
    (void)state;
    struct scene scene;
    struct world *world = &scene.world;
    scene_open(&scene, NULL);
    scene_given(&scene, given_money);
    expect_code(propose(&scene, "A", "hold why", "kate", CREDIT), "UNSPECIFIED");
    Pb__Request *verdict = request_verdict(world, "A", true, true, "karl", CREDIT);
    verdict->approve_request->request_sha256.len = SHA256_SIZE - 1;
    expect_code(refused_with(world, verdict), "PROPOSAL_MISMATCH");
    expect_code(propose(&scene, "B", "hold why not_after=2024-06-15T05:00:00Z", "kate", CREDIT), "UNSPECIFIED");
    world->now_us = script_instant("2024-06-15T05:00:01Z");
    expect_code(decide_it(&scene, "B", true, true, "karl", CREDIT), "REQUEST_EXPIRED");
    expect_code(decide_it(&scene, "A", true, true, "karl", CREDIT), "UNSPECIFIED");
    world_close(world);
}

/* Expired ones make room when the next one comes. */
static void open_proposals_are_counted(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, NULL);
    scene_given(&scene, "");
    for (int i = 0; i < LIMIT_PROPOSALS; i++) {
        char *name = arena_format(&scene.world.arena, "%d", i);
        expect_code(propose(&scene, name, "hold why", "kate", CREDIT), "UNSPECIFIED");
    }
    expect_code(propose(&scene, "one more", "hold why", "kate", CREDIT), "PROPOSAL_LIMIT");
    expect_code(decide_it(&scene, "7", false, true, "karl", CREDIT), "UNSPECIFIED");
    expect_code(propose(&scene, "one more", "hold why", "kate", CREDIT), "UNSPECIFIED");
    expect_code(propose(&scene, "and one", "hold why", "kate", CREDIT), "PROPOSAL_LIMIT");
    scene.world.now_us += 2 * DAY_US;
    expect_code(propose(&scene, "and one", "hold why", "kate", CREDIT), "UNSPECIFIED");
    struct ledger_row *ledger = NULL;
    WORLD_OK(&scene.world, state_ledger(scene.world.state, &ledger, &scene.world.error));
    assert_int_equal(ledger->proposals.count, 1);
    world_close(&scene.world);
}

/* The role is no part of what a key stands for; the actor is. */
static void a_key_answers_again_in_another_role(void **state) {
    (void)state;
    struct scene scene;
    struct decide_result result;
    scene_open(&scene, NULL);
    scene_given(&scene, "");
    Pb__Request request = *script_request(&scene.world.arena, "charge C 5 goods", "key");
    request.role = (Pb__Role)ACCOUNTANT;
    world_decide(&scene.world, &request, &result);
    assert_null(result.refusal);
    request.role = (Pb__Role)AUDITOR;
    world_decide(&scene.world, &request, &result);
    assert_true(result.is_repeated);
    request.actor = (char *)(uintptr_t) "other";
    expect_code(refused_with(&scene.world, &request), "KEY_REUSED");
    world_close(&scene.world);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, allowed_rows, roles_are_held_to_their_commands);
    ROWS_ADD_TABLE(&rows, bare_rows, roles_are_held_to_bare_commands);
    rows_add(&rows, "no command is left out", no_command_is_left_out, NULL);
    ROWS_ADD_TABLE(&rows, payment_rows, cash_stays_unapplied);
    ROWS_ADD_TABLE(&rows, person_rows, allocating_takes_another_person);
    ROWS_ADD_TABLE(&rows, needs_rows, some_requests_need_two);
    ROWS_ADD_TABLE(&rows, checker_rows, approving_takes_two);
    ROWS_ADD_TABLE(&rows, checker_rows, rejecting_takes_two);
    rows_add(&rows, "events say who", events_say_who, NULL);
    rows_add(&rows, "a credit note is allocated by who wrote it", a_credit_note_is_allocated_by_who_wrote_it, NULL);
    rows_add(&rows, "what is approved is what was proposed and still good",
             what_is_approved_is_what_was_proposed_and_still_good, NULL);
    rows_add(&rows, "proposing is bounded", proposing_is_bounded, NULL);
    rows_add(&rows, "open proposals are counted", open_proposals_are_counted, NULL);
    rows_add(&rows, "a key answers again in another role", a_key_answers_again_in_another_role, NULL);
    return rows_run("access", &rows);
}
