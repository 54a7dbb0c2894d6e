/* The workload's guess at a customer's account. */
#include "bench/account.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

bool account_expire(struct account *account, int32_t today) {
    if (account->promotion_expires_on == 0 || account->promotion_expires_on > today) {
        return false;
    }
    bool had_any = account->promotion_minor > 0;
    account->promotion_minor = 0;
    account->promotion_expires_on = 0;
    return had_any;
}

uint32_t account_consume(struct account *account, uint32_t amount_minor) {
    uint32_t promotion = amount_minor < account->promotion_minor ? amount_minor : account->promotion_minor;
    account->promotion_minor -= promotion;
    amount_minor -= promotion;
    uint32_t paid = amount_minor < account->deposit_minor ? amount_minor : (uint32_t)account->deposit_minor;
    account->deposit_minor -= paid;
    return amount_minor - paid;
}

void account_owe(struct account *account, struct account_item item) {
    struct account_item *known = account_find(account, item.charge_number);
    if (known != NULL) {
        known->open_minor += item.open_minor;
        return;
    }
    assert(account->open_count < ACCOUNT_OPEN_MAX);
    size_t at = account->open_count;
    while (at > 0 && (account->open[at - 1].effective_on > item.effective_on ||
                      (account->open[at - 1].effective_on == item.effective_on &&
                       account->open[at - 1].charge_number > item.charge_number))) {
        account->open[at] = account->open[at - 1];
        at--;
    }
    account->open[at] = item;
    account->open_count++;
}

uint32_t account_settle(struct account *account, uint32_t amount_minor) {
    uint32_t touched = 0;
    while (amount_minor > 0 && account->open_count > 0) {
        struct account_item *oldest = &account->open[0];
        uint32_t part = amount_minor < oldest->open_minor ? amount_minor : oldest->open_minor;
        amount_minor -= part;
        oldest->open_minor -= part;
        touched++;
        if (oldest->charge_number == account->fresh_charge) {
            account->fresh_charge = 0;
        }
        if (oldest->open_minor == 0) {
            account_drop(account, oldest);
        }
    }
    return touched;
}

struct account_item *account_find(struct account *account, uint32_t charge_number) {
    for (size_t i = 0; i < account->open_count; i++) {
        if (account->open[i].charge_number == charge_number) {
            return &account->open[i];
        }
    }
    return NULL;
}

void account_drop(struct account *account, struct account_item *item) {
    size_t index = (size_t)(item - account->open);
    account->open_count--;
    memmove(item, item + 1, (account->open_count - index) * sizeof *item);
}

uint32_t account_open_minor(const struct account *account) {
    uint32_t sum = 0;
    for (size_t i = 0; i < account->open_count; i++) {
        sum += account->open[i].open_minor;
    }
    return sum;
}
