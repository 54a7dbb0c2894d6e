/* What is in a request of each kind, and what it does to the workload's account. */
#include "bench/workload_inside.h"

#include <stdio.h>
#include <string.h>

#define PICK(workload, words) ((char *)(words)[random_below(&(workload)->random, WORKLOAD_COUNT(words))])

static bool happens(struct workload *workload, uint32_t in_thousand) {
    return random_below(&workload->random, 1000) < in_thousand;
}

static char *document_of(char text[WORKLOAD_DOCUMENT_SIZE], const char *prefix, uint32_t number) {
    snprintf(text, WORKLOAD_DOCUMENT_SIZE, "%s%u", prefix, (unsigned)number);
    return text;
}

/* Today, or one time in twenty up to 30 days earlier, but never before the customer was opened. */
static int32_t effective_date(struct workload *workload, const struct guess *guess) {
    if (!happens(workload, 50)) {
        return workload->today;
    }
    int32_t date = workload->today - 1 - (int32_t)random_below(&workload->random, 30);
    return date > guess->opened_on ? date : guess->opened_on;
}

static void set_effective(struct workload *workload, int32_t date) {
    date_format(date, workload->effective_on);
}

/* Forty in a hundred below 100.00, forty-five below 1 000.00, the rest below 10 000.00. */
static uint32_t draw_amount(struct workload *workload) {
    uint32_t drawn = (uint32_t)random_below(&workload->random, 100);
    uint32_t unit = drawn < 40 ? 10 : drawn < 85 ? 100 : 1000;
    return (uint32_t)((100 + random_below(&workload->random, 900)) * unit + random_below(&workload->random, unit));
}

static void fill_profile(struct workload *workload) {
    static const uint32_t terms[] = {30, 30, 30, 0, 14, 60};
    Pb__CustomerProfile *profile = &workload->profile;
    pb__customer_profile__init(profile);
    pb__payment_terms__init(&workload->terms);
    /* The number decides, not chance: a changed customer keeps its terms. */
    uint32_t number = workload->customer;
    snprintf(workload->name, sizeof workload->name, "%s %s %u",
             workload_places[number % WORKLOAD_COUNT(workload_places)],
             workload_trades[number / 16 % WORKLOAD_COUNT(workload_trades)], (unsigned)number);
    profile->name = workload->name;
    workload->tags[0] = PICK(workload, workload_tags);
    profile->tags = workload->tags;
    profile->n_tags = 1;
    workload->terms.days = terms[number % WORKLOAD_COUNT(terms)];
    if (workload->terms.days > 0) {
        profile->terms = &workload->terms;
    }
    profile->settlement = PB__SETTLEMENT__SETTLEMENT_DEPOSITS_FIRST;
}

static void fill_opening(struct workload *workload, struct guess *guess) {
    fill_profile(workload);
    Pb__OpenCustomer *command = &workload->command.open_customer;
    pb__open_customer__init(command);
    command->profile = &workload->profile;
    workload->request.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    workload->request.open_customer = command;
    set_effective(workload, workload->today);
    guess->is_open = true;
    guess->opened_on = workload->today;
}

static void fill_change(struct workload *workload) {
    fill_profile(workload);
    Pb__ChangeCustomer *command = &workload->command.change_customer;
    pb__change_customer__init(command);
    command->profile = &workload->profile;
    workload->request.command_case = PB__REQUEST__COMMAND_CHANGE_CUSTOMER;
    workload->request.change_customer = command;
    set_effective(workload, workload->today);
}

/* Whole hundreds; one in ten is a gift of a tenth that is used first and lapses after 180 days. */
static void fill_deposit(struct workload *workload, struct guess *guess) {
    Pb__ReceiveDeposit *command = &workload->command.receive_deposit;
    pb__receive_deposit__init(command);
    command->lot = document_of(workload->document, "L", ++guess->deposits);
    uint32_t amount = (uint32_t)(1 + random_below(&workload->random, 40)) * 10000;
    if (guess->promotion_expires_on == 0 && happens(workload, 100)) {
        amount /= 10;
        command->funding = PB__FUNDING__FUNDING_PROMOTIONAL;
        pb__priority__init(&workload->priority);
        workload->priority.value = 10;
        command->priority = &workload->priority;
        guess->promotion_minor = amount;
        guess->promotion_expires_on = workload->today + 180;
        command->expires_on = (char *)date_format(guess->promotion_expires_on, workload->expires_on);
        set_effective(workload, workload->today);
    } else {
        guess->deposit_minor += amount;
        set_effective(workload, effective_date(workload, guess));
    }
    command->amount_minor = amount;
    workload->request.command_case = PB__REQUEST__COMMAND_RECEIVE_DEPOSIT;
    workload->request.receive_deposit = command;
}

/* Half of them are settled from deposits first; only the others are ever back-dated, so that what a deposit
 * covers does not depend on when each lot came. */
static void fill_charge(struct workload *workload, struct guess *guess) {
    Pb__PostCharge *command = &workload->command.post_charge;
    pb__post_charge__init(command);
    uint32_t amount = draw_amount(workload);
    uint32_t owed = amount;
    int32_t date = workload->today;
    command->charge = document_of(workload->document, "INV", ++guess->charges);
    command->amount_minor = amount;
    command->category = PICK(workload, workload_categories);
    uint64_t deposit_before = guess->deposit_minor;
    uint32_t promotion_before = guess->promotion_minor;
    if (happens(workload, 500)) {
        owed = guess_consume(guess, amount);
        workload->expected_events += owed < amount;
    } else {
        command->settlement = PB__SETTLEMENT__SETTLEMENT_RECEIVABLE;
        date = effective_date(workload, guess);
    }
    if (owed > 0) {
        guess_owe(guess, (struct guess_item){guess->charges, owed, date});
    }
    /* A gift that goes back after its day would lapse at once; such a charge is left alone. */
    bool used_promotion = guess->promotion_minor != promotion_before;
    guess->fresh_charge = used_promotion ? 0 : guess->charges;
    guess->fresh_deposit_minor = (uint32_t)(deposit_before - guess->deposit_minor);
    set_effective(workload, date);
    workload->request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    workload->request.post_charge = command;
}

static uint32_t draw_payment(struct workload *workload, struct guess *guess) {
    uint32_t oldest = guess->open[0].open_minor;
    uint32_t style = (uint32_t)random_below(&workload->random, 100);
    if (guess->open_count == GUESS_OPEN_MAX || style >= 90) {
        return guess_open_minor(guess);
    }
    if (style < 60 && oldest >= 200) {
        return oldest / 2;
    }
    return oldest;
}

static void fill_payment(struct workload *workload, struct guess *guess) {
    Pb__ReceivePayment *command = &workload->command.receive_payment;
    pb__receive_payment__init(command);
    uint32_t amount = draw_payment(workload, guess);
    struct guess_item oldest = guess->open[0];
    guess->payments++;
    uint32_t touched = guess_settle(guess, amount);
    workload->expected_events += touched;
    guess->last_payment = touched == 1 ? guess->payments : 0;
    guess->last_payment_minor = amount;
    guess->last_target = oldest;
    if (guess->open_count == 0 && guess->overpaid_payment == 0 && happens(workload, 150)) {
        guess->overpaid_minor = 100 * (uint32_t)(1 + random_below(&workload->random, 100));
        guess->overpaid_payment = guess->payments;
        guess->last_payment = 0;
        amount += guess->overpaid_minor;
    }
    command->payment = document_of(workload->document, "P", guess->payments);
    command->amount_minor = amount;
    command->method = PICK(workload, workload_methods);
    set_effective(workload, effective_date(workload, guess));
    workload->request.command_case = PB__REQUEST__COMMAND_RECEIVE_PAYMENT;
    workload->request.receive_payment = command;
}

/* Up to a tenth of the newest open charge. */
static void fill_adjustment(struct workload *workload, struct guess *guess) {
    static const struct {
        Pb__AdjustmentKind kind;
        char *reason;
    } kinds[] = {
        {PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE, "returned"},
        {PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE, "price"},
        {PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT, "prompt"},
        {PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING, "rounding"},
        {PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE, "freight"},
        {PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF, "small"},
    };
    Pb__PostAdjustment *command = &workload->command.post_adjustment;
    pb__post_adjustment__init(command);
    struct guess_item *item = &guess->open[guess->open_count - 1];
    size_t drawn = (size_t)random_below(&workload->random, WORKLOAD_COUNT(kinds));
    command->kind = kinds[drawn].kind;
    command->reason = kinds[drawn].reason;
    uint32_t amount = 1 + (uint32_t)random_below(&workload->random, item->open_minor / 10);
    if (command->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING) {
        amount = 1 + amount % 9;
    }
    command->adjustment = document_of(workload->document, "A", ++guess->adjustments);
    command->amount_minor = amount;
    command->target_kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE;
    command->target = document_of(workload->target, "INV", item->charge_number);
    item->open_minor += command->kind == PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ? amount : -amount;
    if (item->charge_number == guess->fresh_charge) {
        guess->fresh_charge = 0;
    }
    set_effective(workload, workload->today);
    workload->request.command_case = PB__REQUEST__COMMAND_POST_ADJUSTMENT;
    workload->request.post_adjustment = command;
}

static void fill_refund(struct workload *workload, struct guess *guess) {
    Pb__Refund *command = &workload->command.refund;
    pb__refund__init(command);
    command->refund = document_of(workload->document, "R", ++guess->refunds);
    command->source_kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT;
    command->source = document_of(workload->target, "P", guess->overpaid_payment);
    command->amount_minor = guess->overpaid_minor;
    command->method = "transfer";
    command->reason = "overpaid";
    guess->overpaid_payment = 0;
    guess->overpaid_minor = 0;
    set_effective(workload, workload->today);
    workload->request.command_case = PB__REQUEST__COMMAND_REFUND;
    workload->request.refund = command;
}

/* A correction is effective on the original date, which the ledger knows: then none is given. */
static Pb__Reading draw_reading(struct workload *workload) {
    if (happens(workload, 500)) {
        return PB__READING__READING_CORRECTION;
    }
    set_effective(workload, workload->today);
    return PB__READING__READING_REVERSAL;
}

static void fill_payment_reversal(struct workload *workload, struct guess *guess) {
    Pb__ReversePayment *command = &workload->command.reverse_payment;
    pb__reverse_payment__init(command);
    command->payment = document_of(workload->target, "P", guess->last_payment);
    command->reading = draw_reading(workload);
    command->reason = "bounced";
    struct guess_item again = guess->last_target;
    again.open_minor = guess->last_payment_minor;
    guess_owe(guess, again);
    guess->last_payment = 0;
    workload->expected_events++;
    workload->request.command_case = PB__REQUEST__COMMAND_REVERSE_PAYMENT;
    workload->request.reverse_payment = command;
}

static void fill_charge_reversal(struct workload *workload, struct guess *guess) {
    Pb__ReverseCharge *command = &workload->command.reverse_charge;
    pb__reverse_charge__init(command);
    command->charge = document_of(workload->target, "INV", guess->fresh_charge);
    command->reading = draw_reading(workload);
    command->reason = "mistake";
    struct guess_item *item = guess_find(guess, guess->fresh_charge);
    if (item != NULL) {
        guess_drop(guess, item);
    }
    if (guess->fresh_deposit_minor > 0) {
        guess->deposit_minor += guess->fresh_deposit_minor;
        workload->expected_events++;
    }
    guess->fresh_charge = 0;
    workload->request.command_case = PB__REQUEST__COMMAND_REVERSE_CHARGE;
    workload->request.reverse_charge = command;
}

/* Limits that block are out of reach of six open charges; limits that warn are not. */
static void fill_policy(struct workload *workload) {
    Pb__SetCreditPolicy *command = &workload->command.set_credit_policy;
    pb__set_credit_policy__init(command);
    uint32_t drawn = (uint32_t)random_below(&workload->random, 10);
    command->state = PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    command->mode = PB__CREDIT_MODE__CREDIT_MODE_BLOCK;
    if (drawn == 0) {
        command->state = PB__LIMIT_STATE__LIMIT_STATE_UNLIMITED;
    } else if (drawn < 4) {
        command->mode = PB__CREDIT_MODE__CREDIT_MODE_WARN;
        command->limit_minor = (int64_t)(2 + random_below(&workload->random, 4)) * 100000;
    } else {
        command->limit_minor = (int64_t)(2 + random_below(&workload->random, 9)) * 10000000;
    }
    command->reason = "review";
    set_effective(workload, workload->today);
    workload->request.command_case = PB__REQUEST__COMMAND_SET_CREDIT_POLICY;
    workload->request.set_credit_policy = command;
}

static void fill_envelope(struct workload *workload) {
    Pb__Request *request = &workload->request;
    pb__request__init(request);
    for (size_t i = 0; i < sizeof workload->key; i += 8) {
        store_le64(workload->key + i, random_next(&workload->random));
    }
    request->key.data = workload->key;
    request->key.len = sizeof workload->key;
    request->actor = PICK(workload, workload_actors);
    workload_customer_id(workload->customer, workload->customer_id);
    request->customer = workload->customer_id;
    workload->effective_on[0] = '\0';
    request->effective_on = workload->effective_on;
    request->recorded_at_us = workload->options.carries_instants ? workload->now_us : 0;
}

void workload_fill(struct workload *workload, struct guess *guess) {
    fill_envelope(workload);
    workload->expected_events++;
    switch (workload->kind) {
    case WORKLOAD_OPENING:
        fill_opening(workload, guess);
        break;
    case WORKLOAD_DEPOSIT:
        fill_deposit(workload, guess);
        break;
    case WORKLOAD_CHARGE:
        fill_charge(workload, guess);
        break;
    case WORKLOAD_PAYMENT:
        fill_payment(workload, guess);
        break;
    case WORKLOAD_ADJUSTMENT:
        fill_adjustment(workload, guess);
        break;
    case WORKLOAD_REFUND:
        fill_refund(workload, guess);
        break;
    case WORKLOAD_PAYMENT_REVERSAL:
        fill_payment_reversal(workload, guess);
        break;
    case WORKLOAD_CHARGE_REVERSAL:
        fill_charge_reversal(workload, guess);
        break;
    case WORKLOAD_POLICY:
        fill_policy(workload);
        break;
    case WORKLOAD_CHANGE:
        fill_change(workload);
        break;
    case WORKLOAD_KINDS:
        break;
    }
}
