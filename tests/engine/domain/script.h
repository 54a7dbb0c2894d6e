/*
 * Requests in a line of text, for tables of rules:
 *
 *     2024-06-01 charge g 180 goods due=2024-07-01
 *
 * a date (or none: the request names none), a verb, its words, its options. An
 * option is name=value, a flag a plain word behind the others. "x*65" is sixty-five
 * times x, "max" the greatest amount. Words that any line may have:
 *
 *     key=K actor=A cust=C cur=USD original=DATE not_after=INSTANT recorded=INSTANT
 */
#ifndef DAYBOOK_TESTS_DOMAIN_SCRIPT_H
#define DAYBOOK_TESTS_DOMAIN_SCRIPT_H

#include "script_line.h"

#define SCRIPT_KINDS "lot|charge|payment|hold|adjustment|allocation|refund|dispute|statement"

/* "a,b,c" cut in pieces. */
static inline size_t script_list(const struct line *line, char *text, char ***items) {
    *items = arena_alloc(line->arena, 2048 * sizeof **items);
    assert_non_null(*items);
    size_t count = 0;
    char *rest = NULL;
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        assert_true(count < 2048);
        (*items)[count++] = item;
    }
    return count;
}

/* ---- commands ---- */

static inline Pb__PaymentTerms *script_terms(const struct line *line) {
    if (option(line, "terms") == NULL) {
        return NULL;
    }
    SCRIPT_NEW(line, Pb__PaymentTerms, terms, PB__PAYMENT_TERMS__INIT);
    terms->days = number_of(option(line, "terms"));
    terms->end_of_month = flag(line, "eom");
    return terms;
}

static inline Pb__CustomerProfile *script_profile(const struct line *line) {
    SCRIPT_NEW(line, Pb__CustomerProfile, profile, PB__CUSTOMER_PROFILE__INIT);
    profile->name = option_or(line, "name", "");
    profile->terms = script_terms(line);
    if (option(line, "sealed") != NULL) {
        SCRIPT_NEW(line, Pb__Sealed, sealed, PB__SEALED__INIT);
        sealed->slot = sealed->key_id = 1;
        sealed->ciphertext.data = (uint8_t *)option(line, "sealed");
        sealed->ciphertext.len = strlen(option(line, "sealed"));
        profile->sealed = sealed;
    }
    if (option(line, "email") != NULL) {
        SCRIPT_NEW(line, Pb__Contact, contact, PB__CONTACT__INIT);
        contact->email = option(line, "email");
        profile->contact = contact;
    }
    profile->settlement = (Pb__Settlement)choice(option_or(line, "settle", ""), "first|receivable|only");
    if (option(line, "tags") != NULL) {
        profile->n_tags = script_list(line, option(line, "tags"), &profile->tags);
    }
    return profile;
}

static inline void say_open(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__OpenCustomer, command, PB__OPEN_CUSTOMER__INIT);
    command->profile = flag(line, "bare") ? NULL : script_profile(line);
    request->customer = option_or(line, "cust", word_at(line, 1));
    request->command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    request->open_customer = command;
}

static inline void say_change(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ChangeCustomer, command, PB__CHANGE_CUSTOMER__INIT);
    command->profile = script_profile(line);
    request->command_case = PB__REQUEST__COMMAND_CHANGE_CUSTOMER;
    request->change_customer = command;
}

static inline void say_close(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__CloseCustomer, command, PB__CLOSE_CUSTOMER__INIT);
    command->reason = option_or(line, "reason", "");
    request->command_case = PB__REQUEST__COMMAND_CLOSE_CUSTOMER;
    request->close_customer = command;
}

/* "erase reason=R force" */
static inline void say_erase(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__EraseCustomer, command, PB__ERASE_CUSTOMER__INIT);
    command->reason = option_or(line, "reason", "");
    command->force = flag(line, "force");
    request->command_case = PB__REQUEST__COMMAND_ERASE_CUSTOMER;
    request->erase_customer = command;
}

static inline void say_deposit(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReceiveDeposit, command, PB__RECEIVE_DEPOSIT__INIT);
    command->lot = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->funding = flag(line, "promo") ? PB__FUNDING__FUNDING_PROMOTIONAL : PB__FUNDING__FUNDING_UNSPECIFIED;
    command->expires_on = option_or(line, "expires", "");
    command->effective_from = option_or(line, "from", "");
    command->memo = option_or(line, "memo", "");
    command->on_expiry =
        flag(line, "forfeit") ? PB__ON_EXPIRY__ON_EXPIRY_FORFEIT : PB__ON_EXPIRY__ON_EXPIRY_UNSPECIFIED;
    if (option(line, "scope") != NULL) {
        command->n_scope = script_list(line, option(line, "scope"), &command->scope);
    }
    if (option(line, "prio") != NULL) {
        SCRIPT_NEW(line, Pb__Priority, priority, PB__PRIORITY__INIT);
        priority->value = number_of(option(line, "prio"));
        command->priority = priority;
    }
    request->command_case = PB__REQUEST__COMMAND_RECEIVE_DEPOSIT;
    request->receive_deposit = command;
}

/* "instalments=60@2024-07-01,40@2024-08-01". */
static inline size_t script_instalments(const struct line *line, Pb__InstalmentPlan ***plans) {
    char **items = NULL;
    char *text = option(line, "instalments");
    size_t count = text == NULL ? 0 : script_list(line, text, &items);
    *plans = arena_alloc(line->arena, (count + 1) * sizeof **plans);
    assert_non_null(*plans);
    for (size_t i = 0; i < count; i++) {
        SCRIPT_NEW(line, Pb__InstalmentPlan, plan, PB__INSTALMENT_PLAN__INIT);
        char *at = strchr(items[i], '@');
        plan->amount_minor = amount_of(items[i]);
        plan->due_on = at == NULL ? (char *)(uintptr_t) "" : at + 1;
        (*plans)[i] = plan;
    }
    return count;
}

static inline void say_charge(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__PostCharge, command, PB__POST_CHARGE__INIT);
    command->charge = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->category = word_at(line, 3);
    command->due_on = option_or(line, "due", "");
    command->memo = option_or(line, "memo", "");
    command->terms = script_terms(line);
    command->settlement = (Pb__Settlement)choice(option_or(line, "settle", ""), "first|receivable|only");
    command->n_instalments = script_instalments(line, &command->instalments);
    request->command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    request->post_charge = command;
}

/* "kind/target:amount@id": kind, amount and id may be left out. */
static inline Pb__AllocationPlan *script_plan(const struct line *line, char *text) {
    SCRIPT_NEW(line, Pb__AllocationPlan, plan, PB__ALLOCATION_PLAN__INIT);
    char *id = strchr(text, '@');
    char *amount = strchr(text, ':');
    char *slash = strchr(text, '/');
    if (id != NULL) {
        *id = '\0';
        plan->allocation = id + 1;
    }
    if (amount != NULL) {
        *amount = '\0';
        plan->amount_minor = amount_of(amount + 1);
    }
    if (slash != NULL) {
        *slash = '\0';
        plan->target_kind = (Pb__DocumentKind)choice(text, SCRIPT_KINDS);
        text = slash + 1;
    }
    plan->target = text;
    plan->instalment = number_of(option_or(line, "part", "0"));
    return plan;
}

static inline size_t script_plans(const struct line *line, Pb__AllocationPlan ***plans) {
    char **items = NULL;
    char *text = option(line, "to");
    size_t count = text == NULL ? 0 : script_list(line, text, &items);
    *plans = arena_alloc(line->arena, (count + 1) * sizeof **plans);
    assert_non_null(*plans);
    for (size_t i = 0; i < count; i++) {
        (*plans)[i] = script_plan(line, items[i]);
    }
    return count;
}

static inline void say_pay(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReceivePayment, command, PB__RECEIVE_PAYMENT__INIT);
    command->payment = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->method = option_or(line, "method", "");
    command->memo = option_or(line, "memo", "");
    command->status = flag(line, "pending") ? PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING
                                            : PB__PAYMENT_STATUS__PAYMENT_STATUS_UNSPECIFIED;
    command->auto_ = flag(line, "none")     ? PB__AUTO_ALLOCATE__AUTO_ALLOCATE_NONE
                     : flag(line, "oldest") ? PB__AUTO_ALLOCATE__AUTO_ALLOCATE_OLDEST_FIRST
                                            : PB__AUTO_ALLOCATE__AUTO_ALLOCATE_UNSPECIFIED;
    command->n_allocations = script_plans(line, &command->allocations);
    command->rounding_tolerance_minor = amount_of(option_or(line, "tolerance", "0"));
    request->command_case = PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    request->receive_payment = command;
}

static inline void say_settle(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__SettlePayment, command, PB__SETTLE_PAYMENT__INIT);
    command->payment = word_at(line, 1);
    request->command_case = PB__REQUEST__COMMAND_SETTLE_PAYMENT;
    request->settle_payment = command;
}

static inline void say_allocate(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__Allocate, command, PB__ALLOCATE__INIT);
    command->source = word_at(line, 1);
    command->source_kind = (Pb__DocumentKind)choice(option_or(line, "kind", ""), SCRIPT_KINDS);
    command->n_allocations = script_plans(line, &command->allocations);
    command->rounding_tolerance_minor = amount_of(option_or(line, "tolerance", "0"));
    request->command_case = PB__REQUEST__COMMAND_ALLOCATE;
    request->allocate = command;
}

static inline void say_unallocate(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__Unallocate, command, PB__UNALLOCATE__INIT);
    command->allocation = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    request->command_case = PB__REQUEST__COMMAND_UNALLOCATE;
    request->unallocate = command;
}

/* "credit-note n 40 damaged for=g": kind, id, amount, reason. */
static inline void say_adjust(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__PostAdjustment, command, PB__POST_ADJUSTMENT__INIT);
    command->kind =
        (Pb__AdjustmentKind)choice(line->words[0], "credit-note|debit-note|write-off|recovery|discount|rounding");
    command->adjustment = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->reason = word_at(line, 3);
    command->target = option_or(line, "for", "");
    command->target_kind = (Pb__DocumentKind)choice(option_or(line, "kind", ""), SCRIPT_KINDS);
    command->due_on = option_or(line, "due", "");
    command->memo = option_or(line, "memo", "");
    command->instalment = number_of(option_or(line, "part", "0"));
    request->command_case = PB__REQUEST__COMMAND_POST_ADJUSTMENT;
    request->post_adjustment = command;
}

/* "refund r 40 lot A". */
static inline void say_refund(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__Refund, command, PB__REFUND__INIT);
    command->refund = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->source_kind = (Pb__DocumentKind)choice(word_at(line, 3), SCRIPT_KINDS);
    command->source = word_at(line, 4);
    command->reason = option_or(line, "reason", "");
    command->method = option_or(line, "method", "");
    request->command_case = PB__REQUEST__COMMAND_REFUND;
    request->refund = command;
}

/* "reverse-payment p reversal bounced". */
static inline void say_reverse_payment(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReversePayment, command, PB__REVERSE_PAYMENT__INIT);
    command->payment = word_at(line, 1);
    command->reading = (Pb__Reading)choice(word_at(line, 2), "correction|reversal");
    command->reason = word_at(line, 3);
    request->command_case = PB__REQUEST__COMMAND_REVERSE_PAYMENT;
    request->reverse_payment = command;
}

/* "reverse-charge g 50 reversal error"; the amount 0 = all. */
static inline void say_reverse_charge(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReverseCharge, command, PB__REVERSE_CHARGE__INIT);
    command->charge = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->reading = (Pb__Reading)choice(word_at(line, 3), "correction|reversal");
    command->reason = word_at(line, 4);
    request->command_case = PB__REQUEST__COMMAND_REVERSE_CHARGE;
    request->reverse_charge = command;
}

/* "policy amount 1000 warn until=2024-07-01". */
static inline void say_policy(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__SetCreditPolicy, command, PB__SET_CREDIT_POLICY__INIT);
    command->state = (Pb__LimitState)choice(word_at(line, 1), "unassessed|unlimited|amount");
    command->limit_minor = amount_of(word_at(line, 2));
    command->mode = (Pb__CreditMode)choice(word_at(line, 3), "block|warn");
    command->until_on = option_or(line, "until", "");
    command->reason = option_or(line, "reason", "");
    request->command_case = PB__REQUEST__COMMAND_SET_CREDIT_POLICY;
    request->set_credit_policy = command;
}

static inline void say_hold(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__PlaceCreditHold, command, PB__PLACE_CREDIT_HOLD__INIT);
    command->reason = word_at(line, 1);
    request->command_case = PB__REQUEST__COMMAND_PLACE_CREDIT_HOLD;
    request->place_credit_hold = command;
}

static inline void say_lift(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__LiftCreditHold, command, PB__LIFT_CREDIT_HOLD__INIT);
    command->reason = word_at(line, 1);
    request->command_case = PB__REQUEST__COMMAND_LIFT_CREDIT_HOLD;
    request->lift_credit_hold = command;
}

static inline void say_close_period(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ClosePeriod, command, PB__CLOSE_PERIOD__INIT);
    command->through_on = word_at(line, 1);
    request->customer = option_or(line, "cust", "");
    request->command_case = PB__REQUEST__COMMAND_CLOSE_PERIOD;
    request->close_period = command;
}

/* "reopen-period reason [DATE]". */
static inline void say_reopen_period(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReopenPeriod, command, PB__REOPEN_PERIOD__INIT);
    command->reason = word_at(line, 1);
    command->through_on = word_at(line, 2);
    request->customer = option_or(line, "cust", "");
    request->command_case = PB__REQUEST__COMMAND_REOPEN_PERIOD;
    request->reopen_period = command;
}

static inline void say_expire(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ExpireDue, command, PB__EXPIRE_DUE__INIT);
    command->through_on = word_at(line, 1);
    request->command_case = PB__REQUEST__COMMAND_EXPIRE_DUE;
    request->expire_due = command;
}

/* "reactivate A 40 registered expires=2025-01-01"; the amount 0 = all. */
static inline void say_reactivate(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReactivateLot, command, PB__REACTIVATE_LOT__INIT);
    command->lot = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->reason = word_at(line, 3);
    command->expires_on = option_or(line, "expires", "");
    request->command_case = PB__REQUEST__COMMAND_REACTIVATE_LOT;
    request->reactivate_lot = command;
}

static inline void say_apply(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ApplyDeposit, command, PB__APPLY_DEPOSIT__INIT);
    command->charge = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    request->command_case = PB__REQUEST__COMMAND_APPLY_DEPOSIT;
    request->apply_deposit = command;
}

/* "place-hold h 100 goods expires=2024-07-01". */
static inline void say_place_hold(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__PlaceHold, command, PB__PLACE_HOLD__INIT);
    command->hold = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->category = word_at(line, 3);
    command->expires_on = option_or(line, "expires", "");
    request->command_case = PB__REQUEST__COMMAND_PLACE_HOLD;
    request->place_hold = command;
}

/* "capture-hold h 60 charge [keep]"; the amount 0 = all. */
static inline void say_capture_hold(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__CaptureHold, command, PB__CAPTURE_HOLD__INIT);
    command->hold = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->charge = word_at(line, 3);
    command->due_on = option_or(line, "due", "");
    command->keep_rest = flag(line, "keep");
    request->command_case = PB__REQUEST__COMMAND_CAPTURE_HOLD;
    request->capture_hold = command;
}

static inline void say_release_hold(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ReleaseHold, command, PB__RELEASE_HOLD__INIT);
    command->hold = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    request->command_case = PB__REQUEST__COMMAND_RELEASE_HOLD;
    request->release_hold = command;
}

/* "dispute d 40 g quality". */
static inline void say_dispute(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__OpenDispute, command, PB__OPEN_DISPUTE__INIT);
    command->dispute = word_at(line, 1);
    command->amount_minor = amount_of(word_at(line, 2));
    command->charge = word_at(line, 3);
    command->reason = word_at(line, 4);
    request->command_case = PB__REQUEST__COMMAND_OPEN_DISPUTE;
    request->open_dispute = command;
}

static inline void say_resolve(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__ResolveDispute, command, PB__RESOLVE_DISPUTE__INIT);
    command->dispute = word_at(line, 1);
    command->outcome = (Pb__DisputeOutcome)choice(word_at(line, 2), "upheld|rejected|withdrawn");
    request->command_case = PB__REQUEST__COMMAND_RESOLVE_DISPUTE;
    request->resolve_dispute = command;
}

/* "statement s forward 2024-04-30 2024-05-31 known=3"; "-" is no day; the content is made up. */
static inline void say_statement(const struct line *line, Pb__Request *request) {
    SCRIPT_NEW(line, Pb__IssueStatement, command, PB__ISSUE_STATEMENT__INIT);
    SCRIPT_NEW(line, Pb__StatementFigures, figures, PB__STATEMENT_FIGURES__INIT);
    const char *from = word_at(line, 3);
    command->statement = word_at(line, 1);
    command->kind = (Pb__StatementKind)choice(word_at(line, 2), "forward|item|transaction");
    command->from_on = strcmp(from, "-") == 0 ? (char *)(uintptr_t) "" : word_at(line, 3);
    command->to_on = word_at(line, 4);
    command->known_at = strtoull(option_or(line, "known", "1"), NULL, 10);
    command->content_sha256.len = number_of(option_or(line, "sha", "32"));
    command->content_sha256.data = arena_zalloc(line->arena, command->content_sha256.len + 1);
    assert_non_null(command->content_sha256.data);
    command->format = number_of(option_or(line, "format", "1"));
    command->content_bytes = number_of(option_or(line, "size", "100"));
    command->opening = figures;
    command->changes = figures;
    command->closing = flag(line, "unclosed") ? NULL : figures;
    if (option(line, "policy") != NULL) {
        SCRIPT_NEW(line, Pb__Policy, policy, PB__POLICY__INIT);
        policy->name = option(line, "policy");
        command->n_policies = number_of(option_or(line, "policies", "1"));
        command->policies = arena_alloc(line->arena, command->n_policies * sizeof *command->policies);
        assert_non_null(command->policies);
        for (size_t i = 0; i < command->n_policies; i++) {
            command->policies[i] = policy;
        }
    }
    request->command_case = PB__REQUEST__COMMAND_ISSUE_STATEMENT;
    request->issue_statement = command;
}

/* A command that only a newer build decides. */
static inline void say_newer(const struct line *line, Pb__Request *request) {
    (void)line;
    request->command_case = (Pb__Request__CommandCase)999;
}

static inline void say_nothing(const struct line *line, Pb__Request *request) {
    (void)line;
    request->command_case = PB__REQUEST__COMMAND__NOT_SET;
}

/* ---- a whole line ---- */

static inline void script_command(const struct line *line, Pb__Request *request) {
    static const struct {
        const char *verb;
        void (*say)(const struct line *line, Pb__Request *request);
    } verbs[] = {
        {"open", say_open},
        {"change", say_change},
        {"close", say_close},
        {"erase", say_erase},
        {"deposit", say_deposit},
        {"charge", say_charge},
        {"pay", say_pay},
        {"settle", say_settle},
        {"allocate", say_allocate},
        {"unallocate", say_unallocate},
        {"credit-note", say_adjust},
        {"debit-note", say_adjust},
        {"write-off", say_adjust},
        {"recovery", say_adjust},
        {"discount", say_adjust},
        {"rounding", say_adjust},
        {"adjust-nothing", say_adjust},
        {"refund", say_refund},
        {"reverse-payment", say_reverse_payment},
        {"reverse-charge", say_reverse_charge},
        {"policy", say_policy},
        {"hold", say_hold},
        {"lift", say_lift},
        {"close-period", say_close_period},
        {"reopen-period", say_reopen_period},
        {"expire", say_expire},
        {"reactivate", say_reactivate},
        {"apply", say_apply},
        {"place-hold", say_place_hold},
        {"capture-hold", say_capture_hold},
        {"release-hold", say_release_hold},
        {"dispute", say_dispute},
        {"resolve", say_resolve},
        {"statement", say_statement},
        {"newer", say_newer},
        {"nothing", say_nothing},
    };
    for (size_t i = 0; i < ROW_COUNT(verbs); i++) {
        if (strcmp(verbs[i].verb, line->words[0]) == 0) {
            verbs[i].say(line, request);
            return;
        }
    }
    fail_msg("no such verb: %s", line->words[0]);
}

/* The request that the line says, for customer "ann" unless it names another. */
static inline const Pb__Request *script_request(struct arena *arena, const char *text, const char *key) {
    struct line line = line_split(arena, text);
    SCRIPT_NEW(&line, Pb__Request, request, PB__REQUEST__INIT);
    const char *key_text = option_or(&line, "key", key);
    request->key.data = (uint8_t *)(uintptr_t)key_text;
    request->key.len = strlen(key_text);
    request->actor = option_or(&line, "actor", "clerk");
    request->customer = option_or(&line, "cust", "ann");
    request->currency = option_or(&line, "cur", "");
    request->effective_on = option_or(&line, "on", line.date);
    request->original_on = option_or(&line, "original", "");
    if (option(&line, "not_after") != NULL) {
        request->not_after_us = script_instant(option(&line, "not_after"));
    }
    if (option(&line, "recorded") != NULL) {
        request->recorded_at_us = script_instant(option(&line, "recorded"));
    }
    script_command(&line, request);
    return request;
}

#endif
