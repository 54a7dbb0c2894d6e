/* Requests about the second person, which no line of a script says: policies, proposals, approvals and rejections. */
#ifndef DAYBOOK_TESTS_DOMAIN_APPROVING_H
#define DAYBOOK_TESTS_DOMAIN_APPROVING_H

#include "base/hash.h"
#include "script.h"
#include "world.h"

#define DAY_US INT64_C(86400000000)

enum { OWNER, CASHIER, ACCOUNTANT, CREDIT, AUDITOR, ADMIN, STRANGER /* A role of a newer build. */, ROLES };

static inline Pb__Request bare_request(const char *key, const char *actor, int role) {
    Pb__Request request = PB__REQUEST__INIT;
    request.key = (ProtobufCBinaryData){strlen(key), (uint8_t *)(uintptr_t)key};
    request.actor = (char *)(uintptr_t)actor;
    request.role = (Pb__Role)role;
    return request;
}

/* In the world's arena, as all that follows; keys are never used twice. */
static inline Pb__Request *request_in(struct world *world, const char *actor, int role) {
    static unsigned count;
    Pb__Request *request = arena_alloc(&world->arena, sizeof *request);
    assert_non_null(request);
    *request = bare_request(arena_format(&world->arena, "approving-%u", ++count), actor, role);
    return request;
}

/* Above 100 of CNY, of every kind. */
static inline Pb__Request *request_policy(struct world *world) {
    enum { KINDS = PB__APPROVAL_KIND__APPROVAL_KIND_REVERSAL };
    struct line line = {.arena = &world->arena};
    SCRIPT_NEW(&line, Pb__SetApprovalPolicy, policy, PB__SET_APPROVAL_POLICY__INIT);
    policy->thresholds = arena_alloc(&world->arena, KINDS * sizeof *policy->thresholds);
    assert_non_null(policy->thresholds);
    for (policy->n_thresholds = 0; policy->n_thresholds < KINDS; policy->n_thresholds++) {
        SCRIPT_NEW(&line, Pb__ApprovalThreshold, threshold, PB__APPROVAL_THRESHOLD__INIT);
        threshold->kind = (Pb__ApprovalKind)(policy->n_thresholds + 1);
        threshold->currency = arena_copy_text(&world->arena, "CNY", 3);
        threshold->above_minor = 100;
        policy->thresholds[policy->n_thresholds] = threshold;
    }
    Pb__Request *request = request_in(world, "root", ADMIN);
    request->command_case = PB__REQUEST__COMMAND_SET_APPROVAL_POLICY;
    request->set_approval_policy = policy;
    return request;
}

/* Proposes what the line says, until tomorrow. */
static inline Pb__Request *request_proposal(struct world *world, const char *name, const char *text, const char *actor,
                                            int role) {
    struct line line = {.arena = &world->arena};
    SCRIPT_NEW(&line, Pb__ProposeRequest, command, PB__PROPOSE_REQUEST__INIT);
    SCRIPT_NEW(&line, Pb__Request, inner, PB__REQUEST__INIT);
    *inner = *script_request(&world->arena, text, "inner");
    inner->role = (Pb__Role)ADMIN; /* Not believed. */
    command->proposal = (char *)(uintptr_t)name;
    command->request = inner;
    command->expires_at_us = world->now_us + DAY_US;
    Pb__Request *request = request_in(world, actor, role);
    request->command_case = PB__REQUEST__COMMAND_PROPOSE_REQUEST;
    request->propose_request = command;
    return request;
}

/* Approves or rejects, by the hash of what was proposed, or a false one. */
static inline Pb__Request *request_verdict(struct world *world, const char *name, bool approves, bool is_true_hash,
                                           const char *actor, int role) {
    struct line line = {.arena = &world->arena};
    uint64_t sequence = 0;
    const Pb__Event *event = NULL;
    ProtobufCBinaryData sha256 = {SHA256_SIZE, arena_zalloc(&world->arena, SHA256_SIZE)};
    assert_non_null(sha256.data);
    WORLD_OK(world, state_find_proposal(world->state, name, &sequence, &world->error));
    if (sequence != 0) {
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
        memcpy(sha256.data, event->request_proposed->request_sha256.data, SHA256_SIZE);
    }
    sha256.data[31] ^= !is_true_hash;
    Pb__Request *request = request_in(world, actor, role);
    if (approves) {
        SCRIPT_NEW(&line, Pb__ApproveRequest, approve, PB__APPROVE_REQUEST__INIT);
        approve->proposal = (char *)(uintptr_t)name;
        approve->request_sha256 = sha256;
        request->command_case = PB__REQUEST__COMMAND_APPROVE_REQUEST;
        request->approve_request = approve;
    } else {
        SCRIPT_NEW(&line, Pb__RejectRequest, reject, PB__REJECT_REQUEST__INIT);
        reject->proposal = (char *)(uintptr_t)name;
        reject->request_sha256 = sha256;
        reject->reason = arena_copy_text(&world->arena, "no", 2);
        request->command_case = PB__REQUEST__COMMAND_REJECT_REQUEST;
        request->reject_request = reject;
    }
    return request;
}

/* Records what an operator did. */
static inline Pb__Request *request_action(struct world *world, Pb__OperatorAction action, const char *subject) {
    struct line line = {.arena = &world->arena};
    SCRIPT_NEW(&line, Pb__RecordOperatorAction, command, PB__RECORD_OPERATOR_ACTION__INIT);
    command->action = action;
    command->subject = (char *)(uintptr_t)subject;
    Pb__Request *request = request_in(world, "root", ADMIN);
    request->command_case = PB__REQUEST__COMMAND_RECORD_OPERATOR_ACTION;
    request->record_operator_action = command;
    return request;
}

#endif
