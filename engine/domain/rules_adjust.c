/* Adjustments: what changes an item or an account without money moving. */
#include <string.h>

#include "domain/decide_internal.h"

/* How a kind acts: on what it may be put, and which way. */
struct adjustment_rule {
    const char *name;
    bool allows_target;
    bool allows_account;
    bool lowers_open; /* Of the target; else it raises it. */
};

static const struct adjustment_rule *rule_of(Pb__AdjustmentKind kind) {
    static const struct adjustment_rule credit_note = {"credit note", true, true, true};
    static const struct adjustment_rule debit_note = {"debit note", true, true, false};
    static const struct adjustment_rule write_off = {"write-off", true, false, true};
    static const struct adjustment_rule recovery = {"recovery", true, false, false};
    static const struct adjustment_rule discount = {"discount", true, true, true};
    static const struct adjustment_rule rounding = {"rounding", true, true, true};
    switch (kind) {
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE:
        return &credit_note;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE:
        return &debit_note;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF:
        return &write_off;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY:
        return &recovery;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT:
        return &discount;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING:
        return &rounding;
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_UNSPECIFIED:
    case _PB__ADJUSTMENT_KIND_IS_INT_SIZE:
        break;
    }
    return NULL;
}

static bool check_target(struct decision *decision, const Pb__PostAdjustment *command,
                         const struct adjustment_rule *rule, Pb__DocumentKind kind) {
    struct document *target = NULL;
    if (!find_document(decision, kind, command->target, &target)) {
        return false;
    }
    if (target->is_source) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = command->target}),
                      "%s \"%s\" is money, not something owed", document_kind_name(kind), command->target);
    }
    if (!check_not_before(decision, decision->effective_on, target)) {
        return false;
    }
    if (!check_part(decision, target, command->instalment)) {
        return false;
    }
    if (command->instalment == 0 && document_rare(target)->parts.count > 0) {
        return REFUSE(decision, MALFORMED, ((struct refusal_facts){.document = command->target}),
                      "%s \"%s\" has %u instalments; say which one the adjustment is for", document_kind_name(kind),
                      command->target, document_rare(target)->parts.count);
    }
    int64_t open_minor = timeline_lowest_from(document_left(target, command->instalment), decision->effective_on);
    int64_t written_off_minor =
        timeline_lowest_from(document_aside(target, command->instalment), decision->effective_on);
    struct refusal_facts facts = {command->target, command->amount_minor, open_minor, decision->effective_on};
    if (rule->lowers_open && command->amount_minor > open_minor) {
        return REFUSE(decision, EXCEEDS_OPEN, facts, "%s \"%s\" has %s open from %s on, not %s",
                      document_kind_name(kind), command->target, amount_text(decision, open_minor),
                      date_text(decision, decision->effective_on), amount_text(decision, command->amount_minor));
    }
    facts.available_minor = written_off_minor;
    if (command->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY && command->amount_minor > written_off_minor) {
        return REFUSE(decision, EXCEEDS_WRITTEN_OFF, facts, "%s of %s \"%s\" are written off from %s on, not %s",
                      amount_text(decision, written_off_minor), document_kind_name(kind), command->target,
                      date_text(decision, decision->effective_on), amount_text(decision, command->amount_minor));
    }
    return true;
}

static bool check_form(struct decision *decision, const Pb__PostAdjustment *command,
                       const struct adjustment_rule *rule) {
    if (rule == NULL) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "the adjustment has no kind");
    }
    bool has_target = command->target[0] != '\0';
    if (has_target ? !rule->allows_target : !rule->allows_account) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "a %s needs the charge that it is for", rule->name);
    }
    if (command->adjustment[0] == '#') {
        return REFUSE(decision, MALFORMED, NO_FACTS, "an adjustment's id may not begin with \"#\"");
    }
    return check_identifier(decision, "the adjustment's id", command->adjustment) &&
           check_line(decision, "the target's id", command->target, LIMIT_ID_BYTES) &&
           check_line(decision, "the memo", command->memo, LIMIT_MEMO_BYTES) &&
           check_line(decision, "the reason", command->reason, LIMIT_ID_BYTES);
}

bool decide_adjustment(struct decision *decision) {
    const Pb__PostAdjustment *command = decision->request->post_adjustment;
    const struct adjustment_rule *rule = rule_of(command->kind);
    bool has_target = command->target[0] != '\0';
    int32_t due_on = DATE_NONE;
    if (!check_form(decision, command, rule) || !check_date(decision, "due_on", command->due_on, &due_on) ||
        !check_amount(decision, command->amount_minor, command->adjustment) ||
        !check_reason(decision, command->reason, command->adjustment) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT, command->adjustment)) {
        return false;
    }
    Pb__DocumentKind target_kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED;
    if (has_target) {
        target_kind = command->target_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED
                          ? PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE
                          : command->target_kind;
        if (!check_target(decision, command, rule, target_kind)) {
            return false;
        }
    }
    bool is_item = !has_target && command->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE;
    if (is_item && due_on == DATE_NONE && !due_by_terms(decision, decision->effective_on, NULL, &due_on)) {
        return false;
    }
    if (is_item) {
        warn_if_due_before(decision, command->adjustment, due_on);
    }
    Pb__Event event = PB__EVENT__INIT;
    Pb__AdjustmentPosted body = PB__ADJUSTMENT_POSTED__INIT;
    body.adjustment = command->adjustment;
    body.kind = command->kind;
    body.amount_minor = command->amount_minor;
    body.reason = command->reason;
    body.target_kind = target_kind;
    body.target = command->target;
    body.instalment = has_target ? command->instalment : 0;
    body.due_on = is_item ? due_on : DATE_NONE;
    body.memo = command->memo;
    event.body_case = PB__EVENT__BODY_ADJUSTMENT_POSTED;
    event.adjustment_posted = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}
