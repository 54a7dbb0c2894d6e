/* Disputes: a charge, or part of it, is contested until it is resolved. */
#include <string.h>

#include "domain/decide_internal.h"

bool decide_open_dispute(struct decision *decision) {
    const Pb__OpenDispute *command = decision->request->open_dispute;
    struct document *charge = NULL;
    if (!check_identifier(decision, "the dispute's id", command->dispute) ||
        !check_identifier(decision, "the charge's id", command->charge) ||
        !check_amount_or_all(decision, command->amount_minor, command->dispute) ||
        !check_reason(decision, command->reason, command->dispute) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_DISPUTE, command->dispute) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, command->charge, &charge) ||
        !check_not_before(decision, decision->effective_on, charge)) {
        return false;
    }
    int64_t open_minor =
        timeline_lowest_from(&charge->left, decision->effective_on) - document_rare(charge)->disputed_minor;
    int64_t available_minor = open_minor > 0 ? open_minor : 0;
    int64_t amount_minor = command->amount_minor != 0 ? command->amount_minor : available_minor;
    if (amount_minor == 0) {
        return REFUSE(decision, EXCEEDS_OPEN,
                      ((struct refusal_facts){.document = charge->id, .date = decision->effective_on}),
                      "nothing of charge \"%s\" is open and not disputed from %s on", charge->id,
                      date_text(decision, decision->effective_on));
    }
    if (amount_minor > available_minor) {
        return REFUSE(decision, EXCEEDS_OPEN,
                      ((struct refusal_facts){charge->id, amount_minor, available_minor, decision->effective_on}),
                      "%s of charge \"%s\" are open and not disputed from %s on, not %s",
                      amount_text(decision, available_minor), charge->id, date_text(decision, decision->effective_on),
                      amount_text(decision, amount_minor));
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__DisputeOpened body = PB__DISPUTE_OPENED__INIT;
    body.dispute = command->dispute;
    body.charge = command->charge;
    body.amount_minor = amount_minor;
    body.reason = command->reason;
    event.body_case = PB__EVENT__BODY_DISPUTE_OPENED;
    event.dispute_opened = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}

bool decide_resolve_dispute(struct decision *decision) {
    const Pb__ResolveDispute *command = decision->request->resolve_dispute;
    struct document *dispute = NULL;
    if (command->outcome == PB__DISPUTE_OUTCOME__DISPUTE_OUTCOME_UNSPECIFIED) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "say how the dispute ends: upheld, rejected or withdrawn");
    }
    if (!check_identifier(decision, "the dispute's id", command->dispute) ||
        !check_line(decision, "the note", command->note, LIMIT_MEMO_BYTES) ||
        !find_document(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_DISPUTE, command->dispute, &dispute)) {
        return false;
    }
    if (timeline_last(&dispute->left) == 0) {
        return REFUSE(decision, ALREADY_SETTLED, ((struct refusal_facts){.document = dispute->id}),
                      "dispute \"%s\" was resolved before", dispute->id);
    }
    if (!check_not_before(decision, decision->effective_on, dispute)) {
        return false;
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__DisputeResolved body = PB__DISPUTE_RESOLVED__INIT;
    body.dispute = dispute->id;
    body.charge = (char *)(uintptr_t)document_category(dispute); /* A dispute keeps there what it is about. */
    body.amount_minor = timeline_last(&dispute->left);
    body.outcome = command->outcome;
    body.note = command->note;
    event.body_case = PB__EVENT__BODY_DISPUTE_RESOLVED;
    event.dispute_resolved = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}
