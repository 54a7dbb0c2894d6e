/* Exposures under a policy, and the deposits that one may deduct. */
#include "projections/exposure.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "codec/wire.h"
#include "projections/lots.h"

enum { POLICY_TEXT_SIZE = LIMIT_ID_BYTES + 100 };

static bool is_known(Pb__ExposureMoney money) {
    return money == PB__EXPOSURE_MONEY__EXPOSURE_MONEY_UNSPECIFIED ||
           money == PB__EXPOSURE_MONEY__EXPOSURE_MONEY_DEDUCTED || money == PB__EXPOSURE_MONEY__EXPOSURE_MONEY_IGNORED;
}

enum daybook_status exposure_policy_read(const Pb__ExposurePolicy *asked, struct exposure_policy *policy,
                                         struct daybook_error *error) {
    *policy = (struct exposure_policy){.category = ""};
    if (asked == NULL) {
        return DAYBOOK_OK;
    }
    if (!is_known(asked->unapplied) || !is_known(asked->deposits)) {
        return daybook_fail(error, DAYBOOK_INVALID, "of an exposure money is deducted or ignored; there is no third");
    }
    policy->ignores_unapplied = asked->unapplied == PB__EXPOSURE_MONEY__EXPOSURE_MONEY_IGNORED;
    policy->deducts_deposits = asked->deposits == PB__EXPOSURE_MONEY__EXPOSURE_MONEY_DEDUCTED;
    policy->category = asked->category;
    if (asked->category[0] != '\0' && !policy->deducts_deposits) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "category \"%.64s\" says which deposits are in scope, and none are deducted; deduct them, "
                            "or leave it out",
                            asked->category);
    }
    return DAYBOOK_OK;
}

enum daybook_status exposure_add_policies(struct book *book, const struct exposure_policy *policy) {
    char text[POLICY_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "open + held against the limit%s%s",
                   policy->ignores_unapplied ? "" : " - unapplied",
                   policy->deducts_deposits ? " - available deposits in scope" : "");
    DAYBOOK_TRY(book_add_policy(book, "exposure", text));
    DAYBOOK_TRY(book_add_policy(book, "unapplied", policy->ignores_unapplied ? "not deducted" : "deducted"));
    if (!policy->deducts_deposits) {
        return book_add_policy(book, "deposits", "not deducted");
    }
    if (policy->category[0] == '\0') {
        return book_add_policy(book, "deposits", "deducted, of lots that are good for any charge");
    }
    (void)snprintf(text, sizeof text, "deducted, of lots that are good for charges of category %.*s", LIMIT_ID_BYTES,
                   policy->category);
    return book_add_policy(book, "deposits", text);
}

/* As the engine decides it: a lot without a scope is good for any charge. */
static bool is_in_scope(const Pb__DepositReceived *body, const char *category) {
    bool is_in = body->n_scope == 0;
    for (size_t i = 0; i < body->n_scope && !is_in; i++) {
        is_in = strcmp(body->scope[i], category) == 0;
    }
    return is_in;
}

static enum daybook_status too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up an exposure: it does not fit 64 bits");
}

/* One lot that is visible. */
static enum daybook_status add_lot(const struct exposure_policy *policy, struct store_txn *txn,
                                   const struct lot_row *lot, int32_t as_of, uint64_t known_at, struct arena *scratch,
                                   int64_t *deposit_minor, struct daybook_error *error) {
    ProtobufCMessage *decoded = NULL;
    int64_t columns[LOT_COLUMN_COUNT];
    int64_t left_minor;
    int64_t available_minor;
    arena_reset(scratch);
    DAYBOOK_TRY(wire_decode(&pb__deposit_received__descriptor, lot->body, scratch, &decoded, error));
    const Pb__DepositReceived *body = (const Pb__DepositReceived *)decoded;
    int32_t expires_on = body->expires_on;
    if (!is_in_scope(body, policy->category)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(lots_ask(txn, lot->number, as_of, known_at, columns, &expires_on, error));
    if (!lots_left(body->amount_minor, columns, &left_minor) ||
        !lots_available(body, columns, expires_on, as_of, left_minor, &available_minor) ||
        !money_add(deposit_minor, available_minor)) {
        return too_large(error);
    }
    return DAYBOOK_OK;
}

enum daybook_status exposure_ask_deposits(const struct exposure_policy *policy, struct store_txn *txn,
                                          const struct account_row *account, int32_t as_of, uint64_t known_at,
                                          struct arena *scratch, int64_t *deposit_minor, struct daybook_error *error) {
    struct account_row found;
    struct lots_walk walk;
    bool is_found = false;
    *deposit_minor = 0;
    DAYBOOK_TRY(account_find(txn, LOTS_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    if (!is_found) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = lots_walk_open(txn, found.number, LOTS_NOT_SPENT, as_of, known_at, &walk, error);
    while (status == DAYBOOK_OK) {
        struct lot_row lot;
        status = lots_walk_next(&walk, &lot, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        status = add_lot(policy, txn, &lot, as_of, known_at, scratch, deposit_minor, error);
    }
    lots_walk_close(&walk);
    return status;
}

enum daybook_status exposure_fill(const struct exposure_policy *policy, Pb__Credit *row, struct daybook_error *error) {
    int64_t unapplied_minor = policy->ignores_unapplied ? 0 : row->unapplied_minor;
    if (__builtin_add_overflow(row->open_minor, row->held_minor, &row->exposure_minor) ||
        __builtin_sub_overflow(row->exposure_minor, unapplied_minor, &row->exposure_minor) ||
        __builtin_sub_overflow(row->exposure_minor, row->deposit_minor, &row->exposure_minor)) {
        return too_large(error);
    }
    if (row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT &&
        __builtin_sub_overflow(row->limit_minor, row->exposure_minor, &row->available_minor)) {
        row->available_minor = INT64_MAX; /* A limit and money of the customer's own: more than any charge can be. */
    }
    return DAYBOOK_OK;
}
