/* Which request comes next, and for whom. What is in it: workload_request.c. */
#include "bench/workload_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* 2023-01-01 and 2024-12-31, 00:00 UTC. */
#define DEFAULT_START_US INT64_C(1672531200000000)
#define DEFAULT_END_US   INT64_C(1735603200000000)

/* What is drawn for a customer that is open, in thousandths. */
static const struct {
    enum workload_kind kind;
    uint32_t share;
} mix[] = {
    {WORKLOAD_CHARGE, 390},         {WORKLOAD_PAYMENT, 360}, {WORKLOAD_DEPOSIT, 100},
    {WORKLOAD_ADJUSTMENT, 60},      {WORKLOAD_REFUND, 20},   {WORKLOAD_PAYMENT_REVERSAL, 20},
    {WORKLOAD_CHARGE_REVERSAL, 20}, {WORKLOAD_POLICY, 20},   {WORKLOAD_CHANGE, 10},
};

struct workload *workload_open(const struct workload_options *options) {
    struct workload *workload = calloc(1, sizeof *workload);
    if (workload == NULL) {
        return NULL;
    }
    workload->options = *options;
    if (options->start_us == 0 && options->end_us == 0) {
        workload->options.start_us = DEFAULT_START_US;
        workload->options.end_us = DEFAULT_END_US;
    }
    workload->random = random_seeded(options->seed);
    workload->now_us = workload->options.start_us;
    workload->guesses = calloc(options->customers, sizeof *workload->guesses);
    if (workload->guesses == NULL || !spread_init(&workload->spread, options->spread, options->customers)) {
        workload_close(workload);
        return NULL;
    }
    uint64_t requests = options->requests > 0 ? options->requests : 1;
    uint64_t step = (uint64_t)(workload->options.end_us - workload->options.start_us) / requests;
    workload->step_us = step > 0 ? step : 1;
    return workload;
}

void workload_close(struct workload *workload) {
    if (workload == NULL) {
        return;
    }
    spread_release(&workload->spread);
    free(workload->guesses);
    free(workload);
}

enum workload_kind workload_last_kind(const struct workload *workload) {
    return workload->kind;
}

uint32_t workload_last_customer(const struct workload *workload) {
    return workload->customer;
}

int64_t workload_now_us(const struct workload *workload) {
    return workload->now_us;
}

uint64_t workload_expected_events(const struct workload *workload) {
    return workload->expected_events;
}

size_t workload_memory_bytes(const struct workload *workload) {
    return workload->options.customers *
           (sizeof *workload->guesses + sizeof *workload->spread.own_weight + sizeof *workload->spread.alias);
}

void workload_customer_id(uint32_t number, char id[WORKLOAD_ID_SIZE]) {
    snprintf(id, WORKLOAD_ID_SIZE, "cust%06u", (unsigned)number);
}

/* Ranks are scattered over the numbers, so that the busy customers are not neighbours.
 * The factor is a prime greater than any count, so no two ranks share a number. */
uint32_t workload_number_of(uint32_t rank, uint32_t count) {
    return (uint32_t)((rank * UINT64_C(4294967291) + 12345) % count);
}

static enum workload_kind draw_kind(struct workload *workload) {
    uint32_t drawn = (uint32_t)random_below(&workload->random, 1000);
    for (size_t i = 0; i < WORKLOAD_COUNT(mix); i++) {
        if (drawn < mix[i].share) {
            return mix[i].kind;
        }
        drawn -= mix[i].share;
    }
    return WORKLOAD_CHARGE;
}

/* What was drawn may not be possible for this account: then the nearest thing that is. */
static enum workload_kind possible_kind(const struct guess *guess, enum workload_kind kind) {
    bool is_full = guess->open_count == GUESS_OPEN_MAX;
    switch (kind) {
    case WORKLOAD_REFUND:
        if (guess->overpaid_payment != 0) {
            return kind;
        }
        break;
    case WORKLOAD_PAYMENT_REVERSAL:
        if (guess->last_payment != 0 && !is_full) {
            return kind;
        }
        break;
    case WORKLOAD_CHARGE_REVERSAL:
        if (guess->fresh_charge != 0) {
            return kind;
        }
        break;
    case WORKLOAD_ADJUSTMENT:
        if (guess->open_count > 0 && guess->open[guess->open_count - 1].open_minor >= 100) {
            return kind;
        }
        break;
    case WORKLOAD_PAYMENT:
        if (guess->open_count > 0) {
            return kind;
        }
        return WORKLOAD_CHARGE;
    case WORKLOAD_CHARGE:
        return is_full ? WORKLOAD_PAYMENT : WORKLOAD_CHARGE;
    case WORKLOAD_OPENING:
    case WORKLOAD_DEPOSIT:
    case WORKLOAD_POLICY:
    case WORKLOAD_CHANGE:
    case WORKLOAD_KINDS:
        return kind;
    }
    return is_full ? WORKLOAD_PAYMENT : guess->open_count > 0 ? WORKLOAD_PAYMENT : WORKLOAD_CHARGE;
}

const Pb__Request *workload_next(struct workload *workload) {
    const struct workload_options *options = &workload->options;
    workload->now_us = options->start_us + (int64_t)(workload->drawn * workload->step_us +
                                                     random_below(&workload->random, workload->step_us));
    workload->drawn++;
    int64_t local_s = workload->now_us / 1000000 + options->utc_offset_s;
    workload->today = (int32_t)(local_s / 86400);

    uint32_t number;
    if (options->opens_first && workload->opened < options->customers) {
        number = workload->opened;
    } else {
        number = workload_number_of(spread_draw(&workload->spread, &workload->random), options->customers);
    }
    struct guess *guess = &workload->guesses[number];
    workload->customer = options->first_customer + number;
    if (!guess->is_open) {
        workload->kind = WORKLOAD_OPENING;
        workload->opened++;
    } else {
        workload->kind = possible_kind(guess, draw_kind(workload));
    }
    if (guess_expire(guess, workload->today)) {
        workload->expected_events++;
    }
    workload_fill(workload, guess);
    return &workload->request;
}
