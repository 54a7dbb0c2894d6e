/* What proposals and approval policies change in the state. */
#include <string.h>

#include "domain/fold_internal.h"

static enum daybook_status remove_proposal(struct fold *fold, struct ledger_row *ledger, uint32_t index) {
    return state_remove(fold->state, &ledger->row, &ledger->proposals, sizeof(struct open_proposal), index,
                        fold->error);
}

/* What has expired by now goes, so that only open ones count. */
static enum daybook_status fold_proposed(struct fold *fold, struct ledger_row *ledger) {
    const Pb__RequestProposed *body = fold->event->request_proposed;
    struct vector *proposals = &ledger->proposals;
    for (uint32_t i = proposals->count; i > 0; i--) {
        if (VECTOR_AT(struct open_proposal, proposals, i - 1)->expires_at_us < fold->event->recorded_at_us) {
            DAYBOOK_TRY(remove_proposal(fold, ledger, i - 1));
        }
    }
    struct open_proposal proposal;
    memset(&proposal, 0, sizeof proposal);
    proposal.number = fold->event->sequence;
    proposal.expires_at_us = body->expires_at_us;
    DAYBOOK_TRY(
        state_insert(fold->state, &ledger->row, proposals, sizeof proposal, proposals->count, &proposal, fold->error));
    return state_add_proposal_name(fold->state, fold->event->sequence, body->proposal, fold->error);
}

static enum daybook_status fold_decided(struct fold *fold, struct ledger_row *ledger, const char *id) {
    uint64_t sequence = 0;
    DAYBOOK_TRY(state_find_proposal(fold->state, id, &sequence, fold->error));
    for (uint32_t i = 0; i < ledger->proposals.count; i++) {
        if (VECTOR_AT(struct open_proposal, &ledger->proposals, i)->number == sequence) {
            return remove_proposal(fold, ledger, i);
        }
    }
    return fold_misfit(fold, "there is no open proposal", id);
}

static enum daybook_status fold_policy(struct fold *fold, struct ledger_row *ledger) {
    const Pb__ApprovalPolicySet *body = fold->event->approval_policy_set;
    struct vector *thresholds = &ledger->thresholds;
    while (thresholds->count > 0) {
        DAYBOOK_TRY(state_remove(fold->state, &ledger->row, thresholds, sizeof(struct threshold), thresholds->count - 1,
                                 fold->error));
    }
    for (size_t i = 0; i < body->n_thresholds; i++) {
        struct threshold threshold;
        memset(&threshold, 0, sizeof threshold);
        threshold.above_minor = body->thresholds[i]->above_minor;
        threshold.kind = (uint8_t)body->thresholds[i]->kind;
        strncpy(threshold.currency, body->thresholds[i]->currency, sizeof threshold.currency - 1);
        DAYBOOK_TRY(state_insert(fold->state, &ledger->row, thresholds, sizeof threshold, thresholds->count, &threshold,
                                 fold->error));
    }
    return DAYBOOK_OK;
}

enum daybook_status fold_access_event(struct fold *fold) {
    const Pb__Event *event = fold->event;
    struct ledger_row *ledger = NULL;
    DAYBOOK_TRY(state_ledger(fold->state, &ledger, fold->error));
    if (event->body_case == PB__EVENT__BODY_REQUEST_PROPOSED) {
        return fold_proposed(fold, ledger);
    }
    if (event->body_case == PB__EVENT__BODY_REQUEST_APPROVED) {
        return fold_decided(fold, ledger, event->request_approved->proposal);
    }
    if (event->body_case == PB__EVENT__BODY_REQUEST_REJECTED) {
        return fold_decided(fold, ledger, event->request_rejected->proposal);
    }
    return fold_policy(fold, ledger);
}
