/* Lots in tests: a random history of them, and beside it a plain list of changes, added up again for each question. */
#ifndef TESTS_PROJECTIONS_LOTS_MODEL_H
#define TESTS_PROJECTIONS_LOTS_MODEL_H

#include "projections/lots.h"
#include "projections/submitting.h"

enum { ACCOUNTS = 3, STEPS = 6000, LOTS = 400, HOLDS = 2000, CHANGES = 20000 };
static const char *const customers[ACCOUNTS] = {"alice", "bob", "carol"};

struct model_change {
    size_t lot;
    size_t hold; /* SIZE_MAX: it is of no hold. */
    int column;
    int64_t amount;
    uint64_t sequence;
    int32_t on;
    int32_t expires_on; /* Of a renewal. */
};

struct model_lot {
    char id[32];
    size_t account;
    int64_t amount;
    uint64_t sequence;
    int32_t on;
    int32_t expires_on;
    bool is_over; /* Spent, and nothing more comes. */
};

struct model_hold {
    char id[32];
    size_t account;
    size_t lots[2];
    int64_t amounts[2];
    int32_t expires_on;
    bool has_ended;
};

struct model {
    struct model_lot lots[LOTS];
    size_t lot_count;
    struct model_hold holds[HOLDS];
    size_t hold_count;
    struct model_change changes[CHANGES];
    size_t change_count;
};

static inline void note(struct model *m, const struct events *e, size_t lot, int column, int64_t amount) {
    const Pb__Event *event = e->list[e->count - 1];
    assert_true(m->change_count < CHANGES);
    m->changes[m->change_count++] = (struct model_change){.lot = lot,
                                                          .hold = SIZE_MAX,
                                                          .column = column,
                                                          .amount = amount,
                                                          .sequence = event->sequence,
                                                          .on = event->effective_on};
}

static inline size_t pick_lot(const struct model *m, struct chance *chance, size_t account) {
    for (;;) {
        size_t i = (size_t)chance_between(chance, 0, (int64_t)m->lot_count - 1);
        if (m->lots[i].account == account && !m->lots[i].is_over) {
            return i;
        }
    }
}

static inline size_t count_lots(const struct model *m, size_t account) {
    size_t count = 0;
    for (size_t i = 0; i < m->lot_count; i++) {
        count += m->lots[i].account == account && !m->lots[i].is_over;
    }
    return count;
}

static inline void make_lot(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on) {
    struct model_lot *lot = &m->lots[m->lot_count];
    (void)snprintf(lot->id, sizeof lot->id, "lot-%zu", m->lot_count);
    lot->amount = chance_between(chance, 1, 1000);
    lot->account = account;
    lot->on = on;
    lot->expires_on = chance_between(chance, 0, 1) == 0 ? 0 : on + (int32_t)chance_between(chance, 1, 90);
    deposit(e, on, lot->id, lot->amount, PB__FUNDING__FUNDING_PAID, on);
    e->list[e->count - 1]->deposit_received->expires_on = lot->expires_on;
    lot->sequence = e->count;
    m->lot_count++;
}

/* One or two slices, perhaps of one lot. */
static inline Pb__LotSlice **two_slices(struct events *e, const struct model *m, const size_t lots[2],
                                        const int64_t amounts[2]) {
    Pb__LotSlice **slices = events_alloc(e, 2 * sizeof *slices);
    for (int i = 0; i < 2; i++) {
        slices[i] = one_slice(e, m->lots[lots[i]].id, amounts[i])[0];
    }
    return slices;
}

static inline void use_lots(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on,
                            bool takes) {
    size_t lots[2] = {pick_lot(m, chance, account), pick_lot(m, chance, account)};
    int64_t amounts[2] = {chance_between(chance, 1, 50), chance_between(chance, 1, 50)};
    if (takes) {
        consumed(e, on, "c", "x", 1);
        e->list[e->count - 1]->deposit_consumed->n_slices = 2;
        e->list[e->count - 1]->deposit_consumed->slices = two_slices(e, m, lots, amounts);
    } else {
        restored(e, on, "c", "x", 1);
        e->list[e->count - 1]->deposit_restored->n_slices = 2;
        e->list[e->count - 1]->deposit_restored->slices = two_slices(e, m, lots, amounts);
    }
    for (int i = 0; i < 2; i++) {
        note(m, e, lots[i], LOT_CONSUMED, takes ? amounts[i] : -amounts[i]);
    }
}

/* What is left, held and dormant of a lot at (A, K). */
struct model_end {
    int64_t left;
    int64_t held;
    int64_t dormant;
};

static inline struct model_end end_of(const struct model *m, size_t lot, int32_t as_of, uint64_t known_at) {
    struct model_end end = {.left = m->lots[lot].amount};
    for (size_t i = 0; i < m->change_count; i++) {
        const struct model_change *change = &m->changes[i];
        if (change->lot != lot || change->sequence > known_at || change->on > as_of) {
            continue;
        }
        if (change->column == LOT_HELD) {
            end.held += change->amount;
        } else if (change->column != LOT_RENEWED) {
            end.left -= change->amount;
            end.dormant += change->column == LOT_DORMANT ? change->amount : 0;
        }
    }
    return end;
}

/* All that is left; of every account some lots stay. */
static inline void spend_rest(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on) {
    size_t lot = pick_lot(m, chance, account);
    struct model_end end = end_of(m, lot, INT32_MAX, UINT64_MAX);
    if (end.left > 0) {
        consumed(e, on, "c", m->lots[lot].id, end.left);
        note(m, e, lot, LOT_CONSUMED, end.left);
        m->lots[lot].is_over = end.held == 0 && end.dormant == 0 && count_lots(m, account) > 3;
    }
}

static inline void place_hold(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on) {
    struct model_hold *hold = &m->holds[m->hold_count];
    assert_true(m->hold_count < HOLDS);
    (void)snprintf(hold->id, sizeof hold->id, "hold-%zu", m->hold_count);
    hold->account = account;
    hold->expires_on = chance_between(chance, 0, 1) == 0 ? 0 : on + (int32_t)chance_between(chance, 1, 60);
    for (int i = 0; i < 2; i++) {
        hold->lots[i] = pick_lot(m, chance, account);
        hold->amounts[i] = chance_between(chance, 1, 50);
    }
    EVENT_BODY(e, on, HOLD_PLACED, hold_placed, HoldPlaced, hold_placed__init, {
        body_->hold = events_text(e, hold->id);
        body_->n_slices = 2;
        body_->slices = two_slices(e, m, hold->lots, hold->amounts);
        body_->expires_on = hold->expires_on;
    });
    for (int i = 0; i < 2; i++) {
        note(m, e, hold->lots[i], LOT_HELD, hold->amounts[i]);
        m->changes[m->change_count - 1].hold = m->hold_count;
    }
    m->hold_count++;
}

static inline void end_hold(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on) {
    if (m->hold_count == 0) {
        return;
    }
    size_t index = (size_t)chance_between(chance, 0, (int64_t)m->hold_count - 1);
    struct model_hold *hold = &m->holds[index];
    if (hold->has_ended || hold->account != account) {
        return;
    }
    hold->has_ended = true;
    if (chance_between(chance, 0, 1) == 0) {
        EVENT_BODY(e, on, HOLD_CAPTURED, hold_captured, HoldCaptured, hold_captured__init, {
            body_->hold = events_text(e, hold->id);
            body_->n_slices = 2;
            body_->slices = two_slices(e, m, hold->lots, hold->amounts);
        });
    } else {
        EVENT_BODY(e, on, HOLD_RELEASED, hold_released, HoldReleased, hold_released__init, {
            body_->hold = events_text(e, hold->id);
            body_->n_slices = 2;
            body_->slices = two_slices(e, m, hold->lots, hold->amounts);
        });
    }
    for (int i = 0; i < 2; i++) {
        note(m, e, hold->lots[i], LOT_HELD, -hold->amounts[i]);
        m->changes[m->change_count - 1].hold = index;
    }
}

static inline void expire(struct model *m, struct events *e, struct chance *chance, size_t account, int32_t on,
                          int kind) {
    size_t lot = pick_lot(m, chance, account);
    int64_t amount = chance_between(chance, 1, 50);
    bool forfeits = chance_between(chance, 0, 1) == 0;
    Pb__OnExpiry to = forfeits ? PB__ON_EXPIRY__ON_EXPIRY_FORFEIT : PB__ON_EXPIRY__ON_EXPIRY_DORMANT;
    if (kind == 0) {
        EVENT_BODY(e, on, LOT_EXPIRED, lot_expired, LotExpired, lot_expired__init, {
            body_->lot = m->lots[lot].id;
            body_->amount_minor = amount;
            body_->to = to;
        });
        note(m, e, lot, forfeits ? LOT_FORFEITED : LOT_DORMANT, amount);
    } else if (kind == 1) {
        EVENT_BODY(e, on, EXPIRY_RELEASED, expiry_released, ExpiryReleased, expiry_released__init, {
            body_->lot = m->lots[lot].id;
            body_->amount_minor = amount;
            body_->from = to;
        });
        note(m, e, lot, forfeits ? LOT_FORFEITED : LOT_DORMANT, -amount);
    } else {
        int32_t expires_on = chance_between(chance, 0, 3) == 0 ? 0 : on + (int32_t)chance_between(chance, 1, 90);
        EVENT_BODY(e, on, LOT_REACTIVATED, lot_reactivated, LotReactivated, lot_reactivated__init, {
            body_->lot = m->lots[lot].id;
            body_->amount_minor = amount;
            body_->expires_on = expires_on;
        });
        note(m, e, lot, LOT_DORMANT, -amount);
        note(m, e, lot, LOT_RENEWED, 1);
        m->changes[m->change_count - 1].expires_on = expires_on;
    }
}

static inline void make_history(struct model *m, struct events *e, struct chance *chance) {
    for (int step = 0; step < STEPS; step++) {
        size_t account = step < ACCOUNTS ? (size_t)step : (size_t)chance_between(chance, 0, ACCOUNTS - 1);
        int32_t on =
            1000 + step / 20 + (int32_t)(chance_between(chance, 0, 3) == 0 ? chance_between(chance, -40, 20) : 0);
        int64_t dice = chance_between(chance, 0, 99);
        e->customer = customers[account];
        if (step < ACCOUNTS || (dice < 5 && m->lot_count < LOTS)) {
            make_lot(m, e, chance, account, on);
        } else if (dice < 35) {
            use_lots(m, e, chance, account, on, true);
        } else if (dice < 45) {
            spend_rest(m, e, chance, account, on);
        } else if (dice < 55) {
            use_lots(m, e, chance, account, on, false);
        } else if (dice < 60) {
            size_t lot = pick_lot(m, chance, account);
            refunded(e, on, LOT, m->lots[lot].id, 3);
            note(m, e, lot, LOT_REFUNDED, 3);
        } else if (dice < 72) {
            place_hold(m, e, chance, account, on);
        } else if (dice < 85) {
            end_hold(m, e, chance, account, on);
        } else {
            expire(m, e, chance, account, on, (int)dice % 3);
        }
    }
}

#endif
