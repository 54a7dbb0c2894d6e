/* Back from events to a request: proposals, the approval policy, what operators did. */
#include "codec/wire.h"
#include "domain/request_of_internal.h"

void tell_proposed(struct telling *t) {
    const Pb__RequestProposed *body = t->main->request_proposed;
    Pb__ProposeRequest *command = telling_message(t, &pb__propose_request__descriptor);
    ProtobufCMessage *proposed = NULL;
    struct daybook_bytes bytes = {body->request.data, body->request.len};
    if (command == NULL) {
        return;
    }
    /* Bytes that cannot be read leave a proposal of nothing, which the rules refuse. */
    enum daybook_status status = wire_decode(&pb__request__descriptor, bytes, t->arena, &proposed, NULL);
    t->is_out_of_memory = t->is_out_of_memory || status == DAYBOOK_NO_MEMORY;
    command->proposal = body->proposal;
    command->request = (Pb__Request *)proposed;
    command->expires_at_us = body->expires_at_us;
    t->request->command_case = PB__REQUEST__COMMAND_PROPOSE_REQUEST;
    t->request->propose_request = command;
}

void tell_approved(struct telling *t) {
    Pb__ApproveRequest *command = telling_message(t, &pb__approve_request__descriptor);
    if (command != NULL) {
        command->proposal = t->main->request_approved->proposal;
        command->request_sha256 = t->main->request_approved->request_sha256;
        t->request->command_case = PB__REQUEST__COMMAND_APPROVE_REQUEST;
        t->request->approve_request = command;
    }
}

void tell_rejected(struct telling *t) {
    Pb__RejectRequest *command = telling_message(t, &pb__reject_request__descriptor);
    if (command != NULL) {
        command->proposal = t->main->request_rejected->proposal;
        command->request_sha256 = t->main->request_rejected->request_sha256;
        command->reason = t->main->request_rejected->reason;
        t->request->command_case = PB__REQUEST__COMMAND_REJECT_REQUEST;
        t->request->reject_request = command;
    }
}

void tell_approval_policy(struct telling *t) {
    Pb__SetApprovalPolicy *command = telling_message(t, &pb__set_approval_policy__descriptor);
    if (command != NULL) {
        command->n_thresholds = t->main->approval_policy_set->n_thresholds;
        command->thresholds = t->main->approval_policy_set->thresholds;
        t->request->command_case = PB__REQUEST__COMMAND_SET_APPROVAL_POLICY;
        t->request->set_approval_policy = command;
    }
}

void tell_operator(struct telling *t) {
    Pb__RecordOperatorAction *command = telling_message(t, &pb__record_operator_action__descriptor);
    if (command != NULL) {
        command->action = t->main->operator_acted->action;
        command->subject = t->main->operator_acted->subject;
        command->detail = t->main->operator_acted->detail;
        t->request->command_case = PB__REQUEST__COMMAND_RECORD_OPERATOR_ACTION;
        t->request->record_operator_action = command;
    }
}
