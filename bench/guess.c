/* The workload's guess at a customer's account. */
#include "bench/guess.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

bool guess_expire(struct guess *guess, int32_t today) {
    if (guess->promotion_expires_on == 0 || guess->promotion_expires_on > today) {
        return false;
    }
    bool had_any = guess->promotion_minor > 0;
    guess->promotion_minor = 0;
    guess->promotion_expires_on = 0;
    return had_any;
}

uint32_t guess_consume(struct guess *guess, uint32_t amount_minor) {
    uint32_t promotion = amount_minor < guess->promotion_minor ? amount_minor : guess->promotion_minor;
    guess->promotion_minor -= promotion;
    amount_minor -= promotion;
    uint32_t paid = amount_minor < guess->deposit_minor ? amount_minor : (uint32_t)guess->deposit_minor;
    guess->deposit_minor -= paid;
    return amount_minor - paid;
}

void guess_owe(struct guess *guess, struct guess_item item) {
    struct guess_item *known = guess_find(guess, item.charge_number);
    if (known != NULL) {
        known->open_minor += item.open_minor;
        return;
    }
    assert(guess->open_count < GUESS_OPEN_MAX);
    size_t at = guess->open_count;
    while (at > 0 && (guess->open[at - 1].effective_on > item.effective_on ||
                      (guess->open[at - 1].effective_on == item.effective_on &&
                       guess->open[at - 1].charge_number > item.charge_number))) {
        guess->open[at] = guess->open[at - 1];
        at--;
    }
    guess->open[at] = item;
    guess->open_count++;
}

uint32_t guess_settle(struct guess *guess, uint32_t amount_minor) {
    uint32_t touched = 0;
    while (amount_minor > 0 && guess->open_count > 0) {
        struct guess_item *oldest = &guess->open[0];
        uint32_t part = amount_minor < oldest->open_minor ? amount_minor : oldest->open_minor;
        amount_minor -= part;
        oldest->open_minor -= part;
        touched++;
        if (oldest->charge_number == guess->fresh_charge) {
            guess->fresh_charge = 0;
        }
        if (oldest->open_minor == 0) {
            guess_drop(guess, oldest);
        }
    }
    return touched;
}

struct guess_item *guess_find(struct guess *guess, uint32_t charge_number) {
    for (size_t i = 0; i < guess->open_count; i++) {
        if (guess->open[i].charge_number == charge_number) {
            return &guess->open[i];
        }
    }
    return NULL;
}

void guess_drop(struct guess *guess, struct guess_item *item) {
    size_t index = (size_t)(item - guess->open);
    guess->open_count--;
    memmove(item, item + 1, (guess->open_count - index) * sizeof *item);
}

uint32_t guess_open_minor(const struct guess *guess) {
    uint32_t sum = 0;
    for (size_t i = 0; i < guess->open_count; i++) {
        sum += guess->open[i].open_minor;
    }
    return sum;
}
