/*
 * What the workload remembers of one customer: just enough to ask for things
 * that will be accepted, and to know how many events they make. It is a guess
 * at the ledger's own account, kept apart from it on purpose: nothing of the
 * engine is asked.
 */
#ifndef BENCH_GUESS_H
#define BENCH_GUESS_H

#include <stdbool.h>
#include <stdint.h>

enum { GUESS_OPEN_MAX = 6 };

/* A charge with something left to pay. */
struct guess_item {
    uint32_t charge_number;
    uint32_t open_minor;
    int32_t effective_on;
};

struct guess {
    struct guess_item open[GUESS_OPEN_MAX]; /* Oldest first, as a payment takes them. */
    uint64_t deposit_minor;                 /* Left of lots that were paid. */
    uint32_t promotion_minor;               /* Left of the one promotional lot, which is used first. */
    int32_t promotion_expires_on;
    uint32_t deposits, charges, payments, adjustments, refunds; /* Documents so far. */
    uint32_t fresh_charge;        /* The last charge, while nothing was paid or adjusted on it; 0 = none. */
    uint32_t fresh_deposit_minor; /* What it took from paid lots. */
    uint32_t last_payment;        /* While it went to one charge and can be taken back; 0 = none. */
    uint32_t last_payment_minor;
    struct guess_item last_target;
    uint32_t overpaid_payment; /* With overpaid_minor unapplied; 0 = none. */
    uint32_t overpaid_minor;
    int32_t opened_on;
    uint8_t open_count;
    bool is_open;
};

/* Forgets a promotional lot whose day has come; true when that makes an event. */
bool guess_expire(struct guess *guess, int32_t today);

/* Takes up to `amount_minor` from deposits; returns what is left to be owed. */
uint32_t guess_consume(struct guess *guess, uint32_t amount_minor);

/* Adds to what is open on a charge, in the order of dates. There must be room, or the charge there already. */
void guess_owe(struct guess *guess, struct guess_item item);

/* Takes `amount_minor` off what is open, oldest first; returns how many charges it touched. */
uint32_t guess_settle(struct guess *guess, uint32_t amount_minor);

struct guess_item *guess_find(struct guess *guess, uint32_t charge_number); /* NULL: nothing is open on it. */
void guess_drop(struct guess *guess, struct guess_item *item);
uint32_t guess_open_minor(const struct guess *guess);

#endif
