/* The policy of a what-if: a file of proto3 JSON, checked, and as deciding wants it. */
#include "tools/replay_policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/wide.h"
#include "tools/json_message.h"
#include "tools/text.h"

enum { FILE_BYTES_MAX = 1 << 20, SCALE_MAX = 100000 };

static enum daybook_status read_file(const char *path, struct daybook_buffer *text, struct daybook_error *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return daybook_fail(error, errno == ENOENT ? DAYBOOK_NOT_FOUND : DAYBOOK_IO, _("reading the policy %s: %s"),
                            path, strerror(errno));
    }
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && text->size <= FILE_BYTES_MAX) {
        uint8_t *to = daybook_buffer_reserve(text, 4096);
        size_t size = to == NULL ? 0 : fread(to, 1, 4096, file);
        text->size += size;
        if (to == NULL) {
            status = daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading the policy %s: memory was refused"), path);
        } else if (size == 0) {
            break;
        }
    }
    if (status == DAYBOOK_OK && ferror(file) != 0) {
        status = daybook_fail(error, DAYBOOK_IO, _("reading the policy %s: %s"), path, strerror(errno));
    } else if (status == DAYBOOK_OK && text->size > FILE_BYTES_MAX) {
        status = daybook_fail(error, DAYBOOK_INVALID, _("the policy %s has more than %d bytes"), path, FILE_BYTES_MAX);
    }
    (void)fclose(file);
    return status;
}

enum daybook_status replay_policy_read(const char *path, struct arena *arena, Pb__ReplayPolicy **policy,
                                       struct daybook_error *error) {
    struct daybook_buffer text = {0};
    ProtobufCMessage *message = NULL;
    enum daybook_status status = read_file(path, &text, error);
    if (status == DAYBOOK_OK) {
        status = json_read_message(daybook_buffer_view(&text), &pb__replay_policy__descriptor, arena, &message, error);
        if (status == DAYBOOK_OK) {
            status = replay_policy_check((const Pb__ReplayPolicy *)message, error);
        }
        if (status != DAYBOOK_OK) {
            status = daybook_fail_in(error, _("the policy %s"), path);
        }
    }
    daybook_buffer_release(&text);
    *policy = (Pb__ReplayPolicy *)message;
    return status;
}

static enum daybook_status check_lots(const Pb__ReplayPolicy *policy, struct daybook_error *error) {
    bool is_named[LOT_KEY_COUNT + 1] = {false};
    for (size_t i = 0; i < policy->n_lot_order; i++) {
        unsigned key = (unsigned)policy->lot_order[i];
        if (key == 0 || key > LOT_KEY_COUNT || is_named[key]) {
            return daybook_fail(error, DAYBOOK_INVALID, _("lotOrder: key %zu is none, or was named before"), i + 1);
        }
        is_named[key] = true;
    }
    if (is_named[PB__LOT_KEY__LOT_KEY_PROMOTIONAL] && is_named[PB__LOT_KEY__LOT_KEY_PAID]) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("lotOrder: LOT_KEY_PROMOTIONAL and LOT_KEY_PAID exclude each other"));
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_credit(const Pb__CreditChange *change, size_t number, struct daybook_error *error) {
    bool is_amount = change->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    bool has_state = change->state != PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED;
    const char *wrong = NULL;
    if (change->currency[0] != '\0' && currency_decimals(change->currency) < 0) {
        wrong = _("its currency is none of ISO 4217's");
    } else if (change->scale_percent > SCALE_MAX) {
        wrong = _("scalePercent is 1 to 100000");
    } else if (has_state && change->scale_percent != 0) {
        wrong = _("a state and a scale exclude each other");
    } else if (change->limit_minor < 0 || (!is_amount && change->limit_minor != 0)) {
        wrong = _("limitMinor is 0 or more, and goes with LIMIT_STATE_AMOUNT alone");
    } else if (!has_state && change->scale_percent == 0 && change->mode == PB__CREDIT_MODE__CREDIT_MODE_UNSPECIFIED) {
        wrong = _("it changes nothing; give scalePercent, state or mode");
    }
    return wrong == NULL ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_INVALID, "credit %zu: %s", number, wrong);
}

enum daybook_status replay_policy_check(const Pb__ReplayPolicy *policy, struct daybook_error *error) {
    DAYBOOK_TRY(check_lots(policy, error));
    for (size_t i = 0; i < policy->n_credit; i++) {
        DAYBOOK_TRY(check_credit(policy->credit[i], i + 1, error));
    }
    return DAYBOOK_OK;
}

/* Rounded down. Past 64 bits: more than any charge, so no limit that is ever met. */
static int64_t scaled(int64_t limit_minor, uint32_t percent) {
    wide limit = (wide)limit_minor * percent / 100;
    return limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

static void change_credit(const Pb__CreditChange *change, struct credit_policy *credit) {
    if (change->state != PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED) {
        credit->state = (uint8_t)change->state;
        credit->limit_minor = change->limit_minor;
    } else if (change->scale_percent != 0 && credit->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT) {
        credit->limit_minor = scaled(credit->limit_minor, change->scale_percent);
    }
    if (change->mode != PB__CREDIT_MODE__CREDIT_MODE_UNSPECIFIED) {
        credit->mode = (uint8_t)change->mode;
    }
}

static void adjust_credit(const void *context, const char *customer, const char *currency,
                          struct credit_policy *credit) {
    const Pb__ReplayPolicy *policy = context;
    for (size_t i = 0; i < policy->n_credit; i++) {
        const Pb__CreditChange *change = policy->credit[i];
        if ((change->customer[0] == '\0' || strcmp(change->customer, customer) == 0) &&
            (change->currency[0] == '\0' || strcmp(change->currency, currency) == 0)) {
            change_credit(change, credit);
        }
    }
}

/* The keys of the schema begin at 1, in the order of deciding's. */
_Static_assert((int)PB__LOT_KEY__LOT_KEY_PRIORITY == (int)LOT_BY_PRIORITY + 1, "lot keys");
_Static_assert((int)PB__LOT_KEY__LOT_KEY_RECEIVED == (int)LOT_BY_RECEIVED + 1, "lot keys");
_Static_assert((int)LOT_KEY_COUNT == 6, "lot keys");

struct decide_policy replay_policy_decide(const Pb__ReplayPolicy *policy) {
    struct decide_policy decide = {
        .lot_key_count = policy->n_lot_order,
        .overrides_explicit = policy->listed_allocations == PB__LISTED_ALLOCATIONS__LISTED_ALLOCATIONS_OVERRIDDEN,
        .adjust_credit = policy->n_credit > 0 ? adjust_credit : NULL,
        .context = policy,
    };
    for (size_t i = 0; i < policy->n_lot_order; i++) {
        decide.lot_keys[i] = (enum lot_key)((int)policy->lot_order[i] - 1);
    }
    decide.item_order = policy->payment_order == PB__PAYMENT_ORDER__PAYMENT_ORDER_LARGEST         ? ITEMS_LARGEST
                        : policy->payment_order == PB__PAYMENT_ORDER__PAYMENT_ORDER_OLDEST_POSTED ? ITEMS_OLDEST_POSTED
                                                                                                  : ITEMS_OLDEST_DUE;
    return decide;
}
