/* The lots view: the fold. */
#include "projections/lots.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "codec/wire.h"
#include "projections/roll.h"

/* The events that the fold takes are a third of all, so of those that are foreseen the last few are not folded yet. */
enum { FORESEEN_LOTS = 4, FORESEEN_EVENTS = 4, FIND_ENTRY_AFTER = 1, FIND_TAIL_AFTER = 2 };

static const struct series_shape shape = {LOTS_SERIES, LOT_COLUMN_COUNT, false};

/* What an event takes of one lot, or gives back. */
struct lot_part {
    uint32_t number;
    int64_t amount_minor;
};

/* The lots that an event will look for, of an event that is folded soon. */
struct foreseen {
    struct document_name names[FORESEEN_LOTS];
    size_t count;
};

struct lots_fold {
    struct accounts *accounts;
    struct roll roll;
    struct series *series;
    struct lots_ends ends;
    uint64_t next; /* The next lot's number. */
    bool has_next;
    struct daybook_buffer parts; /* Of the event in work: struct lot_part. */
    struct daybook_buffer row;
    struct foreseen foreseen[FORESEEN_EVENTS]; /* By the lowest bits of their count. */
    size_t foreseen_count;
};

static void close_fold(void *memory) {
    struct lots_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    roll_release(&fold->roll);
    series_close(fold->series);
    lots_ends_release(&fold->ends);
    daybook_buffer_release(&fold->parts);
    daybook_buffer_release(&fold->row);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct lots_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the lots view: memory was refused");
    }
    roll_init(&fold->roll, LOTS_NAMES);
    fold->ends.table = LOTS_ENDS;
    enum daybook_status status = accounts_open(LOTS_ACCOUNTS, &fold->accounts, error);
    if (status == DAYBOOK_OK) {
        status = series_open(shape, &fold->series, error);
    }
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct lots_fold *fold = memory;
    accounts_forget(fold->accounts);
    roll_forget(&fold->roll);
    series_forget(fold->series);
    lots_ends_forget(&fold->ends);
    fold->has_next = false;
}

/* One event being folded. */
struct lots_event {
    struct lots_fold *fold;
    struct store_txn *txn;
    const Pb__Event *event;
    uint32_t account;
    struct daybook_error *error;
};

static enum daybook_status no_memory(const struct lots_event *e) {
    return daybook_fail(e->error, DAYBOOK_NO_MEMORY, "while folding event %" PRIu64 " into lots: memory was refused",
                        e->event->sequence);
}

static enum daybook_status find(const struct lots_event *e, Pb__DocumentKind kind, const char *id, uint64_t *number) {
    const struct roll_name name = {e->account, kind, id, e->event->sequence};
    return roll_find(&e->fold->roll, e->txn, &name, number, e->error);
}

/* ---- receiving ---- */

static enum daybook_status give_number(const struct lots_event *e, uint32_t *number) {
    struct lots_fold *fold = e->fold;
    if (!fold->has_next) {
        DAYBOOK_TRY(table_count(e->txn, LOTS_ROWS, &fold->next, e->error));
        fold->has_next = true;
    }
    if (fold->next > UINT32_MAX) {
        return daybook_fail(e->error, DAYBOOK_LIMIT, "while numbering a lot: a view holds at most 2^32 of them");
    }
    *number = (uint32_t)fold->next;
    return DAYBOOK_OK;
}

static enum daybook_status receive(const struct lots_event *e) {
    const Pb__DepositReceived *body = e->event->deposit_received;
    const struct roll_name name = {e->account, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->lot, e->event->sequence};
    struct daybook_buffer *row = &e->fold->row;
    uint8_t key[LOTS_ROW_KEY_SIZE];
    uint32_t number = 0;
    if (body->amount_minor <= 0) {
        return daybook_fail(e->error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": its amount is not positive",
                            e->event->sequence);
    }
    DAYBOOK_TRY(give_number(e, &number));
    DAYBOOK_TRY(roll_add(&e->fold->roll, &name, number, e->error));
    daybook_buffer_reset(row);
    if (daybook_buffer_reserve(row, LOTS_ROW_HEAD_MAX) == NULL) {
        return no_memory(e);
    }
    row->size = 4 + varint_store(row->data + 4, e->event->sequence);
    row->size += varint_store(row->data + row->size, zigzag_encode(e->event->effective_on));
    if (wire_encode(&body->base, row) != DAYBOOK_OK) {
        return no_memory(e);
    }
    store_le32(row->data, (uint32_t)hash64(row->data + 4, row->size - 4, 0));
    store_be32(key, e->account);
    store_be32(key + 4, number);
    DAYBOOK_TRY(
        table_put(e->txn, LOTS_ROWS, (struct daybook_bytes){key, sizeof key}, daybook_buffer_view(row), e->error));
    e->fold->next++;
    const struct lot_end end = {.number = number,
                                .last_on = e->event->effective_on,
                                .last_sequence = e->event->sequence,
                                .left_minor = body->amount_minor};
    return lots_ends_change(&e->fold->ends, e->account, &end, e->error);
}

/* ---- what becomes of lots ---- */

static enum daybook_status add_part(const struct lots_event *e, uint32_t number, int64_t amount_minor) {
    struct daybook_buffer *parts = &e->fold->parts;
    struct lot_part *part = (void *)parts->data;
    for (size_t i = parts->size / sizeof *part; i > 0; i--, part++) {
        if (part->number == number) {
            return money_add(&part->amount_minor, amount_minor)
                       ? DAYBOOK_OK
                       : daybook_fail(e->error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": its slices overflow",
                                      e->event->sequence);
        }
    }
    const struct lot_part added = {number, amount_minor};
    return daybook_buffer_append(parts, &added, sizeof added) == DAYBOOK_OK ? DAYBOOK_OK : no_memory(e);
}

/* The lots of the slices; one that is named twice is one part. Nothing is changed. */
static enum daybook_status find_parts(const struct lots_event *e, size_t count, Pb__LotSlice *const *slices) {
    daybook_buffer_reset(&e->fold->parts);
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        if (slices[i]->amount_minor <= 0) {
            return daybook_fail(e->error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": a slice is not positive",
                                e->event->sequence);
        }
        DAYBOOK_TRY(find(e, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, slices[i]->lot, &number));
        DAYBOOK_TRY(add_part(e, (uint32_t)number, slices[i]->amount_minor));
    }
    return DAYBOOK_OK;
}

static const struct lot_part *parts_of(const struct lots_event *e, size_t *count) {
    *count = e->fold->parts.size / sizeof(struct lot_part);
    return (const void *)e->fold->parts.data;
}

/* Adds to a column of the lot, and to its end. */
static enum daybook_status add_to_lot(const struct lots_event *e, uint32_t number, enum lot_column column,
                                      int64_t amount_minor, bool is_renewed) {
    struct series_entry entry = {.effective_on = e->event->effective_on};
    struct lot_end end = {.number = number, .last_on = e->event->effective_on, .last_sequence = e->event->sequence};
    entry.columns[column] = amount_minor;
    entry.columns[LOT_RENEWED] = is_renewed ? 1 : 0;
    if (column == LOT_HELD) {
        end.held_minor = amount_minor;
    } else {
        end.left_minor = -amount_minor;
        end.dormant_minor = column == LOT_DORMANT ? amount_minor : 0;
    }
    DAYBOOK_TRY(series_append(e->fold->series, e->txn, number, e->event->sequence, &entry, 1, e->error));
    return lots_ends_change(&e->fold->ends, e->account, &end, e->error);
}

/* Adds the parts, or takes them off, in one column. */
static enum daybook_status change_parts(const struct lots_event *e, enum lot_column column, int sign) {
    size_t count;
    const struct lot_part *parts = parts_of(e, &count);
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(add_to_lot(e, parts[i].number, column, sign * parts[i].amount_minor, false));
    }
    return DAYBOOK_OK;
}

static enum daybook_status change_slices(const struct lots_event *e, size_t count, Pb__LotSlice *const *slices,
                                         int sign) {
    DAYBOOK_TRY(find_parts(e, count, slices));
    return change_parts(e, LOT_CONSUMED, sign);
}

static enum daybook_status change_lot(const struct lots_event *e, const char *lot, enum lot_column column,
                                      int64_t amount_minor, bool is_renewed) {
    uint64_t number;
    DAYBOOK_TRY(find(e, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, lot, &number));
    return add_to_lot(e, (uint32_t)number, column, amount_minor, is_renewed);
}

static enum lot_column expired_column(Pb__OnExpiry to) {
    return to == PB__ON_EXPIRY__ON_EXPIRY_FORFEIT ? LOT_FORFEITED : LOT_DORMANT;
}

static enum daybook_status reactivate(const struct lots_event *e) {
    const Pb__LotReactivated *body = e->event->lot_reactivated;
    uint8_t key[LOTS_RENEWAL_KEY_SIZE];
    uint8_t value[8];
    uint64_t number;
    DAYBOOK_TRY(change_lot(e, body->lot, LOT_DORMANT, -body->amount_minor, true));
    DAYBOOK_TRY(find(e, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, body->lot, &number));
    store_be32(key, (uint32_t)number);
    store_be64(key + 4, e->event->sequence);
    store_le32(value, (uint32_t)e->event->effective_on);
    store_le32(value + 4, (uint32_t)body->expires_on);
    return table_put(e->txn, LOTS_RENEWALS, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){value, sizeof value}, e->error);
}

/* ---- holds ---- */

static enum daybook_status write_hold_rows(const struct lots_event *e, uint64_t hold, int32_t expires_on, int sign) {
    size_t count;
    const struct lot_part *parts = parts_of(e, &count);
    for (size_t i = 0; i < count; i++) {
        uint8_t key[LOTS_HOLD_KEY_SIZE];
        uint8_t value[16];
        store_be32(key, parts[i].number);
        store_be64(key + 4, hold);
        store_be64(key + 12, e->event->sequence);
        store_le32(value, (uint32_t)e->event->effective_on);
        store_le64(value + 4, (uint64_t)(sign * parts[i].amount_minor));
        store_le32(value + 12, (uint32_t)expires_on);
        DAYBOOK_TRY(table_put(e->txn, LOTS_HOLDS, (struct daybook_bytes){key, sizeof key},
                              (struct daybook_bytes){value, sizeof value}, e->error));
    }
    return DAYBOOK_OK;
}

/* A hold that takes of no lot is against the credit limit alone. */
static enum daybook_status place_hold(const struct lots_event *e) {
    const Pb__HoldPlaced *body = e->event->hold_placed;
    const struct roll_name name = {e->account, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, body->hold, e->event->sequence};
    if (body->n_slices == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(find_parts(e, body->n_slices, body->slices));
    DAYBOOK_TRY(roll_add(&e->fold->roll, &name, e->event->sequence, e->error));
    DAYBOOK_TRY(change_parts(e, LOT_HELD, 1));
    return write_hold_rows(e, e->event->sequence, body->expires_on, 1);
}

static enum daybook_status end_hold(const struct lots_event *e, const char *id, size_t count,
                                    Pb__LotSlice *const *slices) {
    uint64_t hold;
    if (count == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(find(e, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, id, &hold));
    DAYBOOK_TRY(find_parts(e, count, slices));
    DAYBOOK_TRY(change_parts(e, LOT_HELD, -1));
    return write_hold_rows(e, hold, 0, -1);
}

/* ---- the route ---- */

static enum daybook_status fold_body(const struct lots_event *e) {
    const Pb__Event *event = e->event;
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        return receive(e);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return change_slices(e, event->deposit_consumed->n_slices, event->deposit_consumed->slices, 1);
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        return change_slices(e, event->deposit_restored->n_slices, event->deposit_restored->slices, -1);
    case PB__EVENT__BODY_REFUNDED:
        return change_lot(e, event->refunded->source, LOT_REFUNDED, event->refunded->amount_minor, false);
    case PB__EVENT__BODY_HOLD_PLACED:
        return place_hold(e);
    case PB__EVENT__BODY_HOLD_CAPTURED:
        return end_hold(e, event->hold_captured->hold, event->hold_captured->n_slices, event->hold_captured->slices);
    case PB__EVENT__BODY_HOLD_RELEASED:
        return end_hold(e, event->hold_released->hold, event->hold_released->n_slices, event->hold_released->slices);
    case PB__EVENT__BODY_LOT_EXPIRED:
        return change_lot(e, event->lot_expired->lot, expired_column(event->lot_expired->to),
                          event->lot_expired->amount_minor, false);
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        return change_lot(e, event->expiry_released->lot, expired_column(event->expiry_released->from),
                          -event->expiry_released->amount_minor, false);
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return reactivate(e);
    default: /* takes_kind sends no other kind here. */
        break;
    }
    return daybook_fail(e->error, DAYBOOK_INVALID,
                        "while folding event %" PRIu64 ": it has no body that this build knows", event->sequence);
}

static bool takes_kind(Pb__Event__BodyCase kind) {
    switch (kind) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
        return true;
    case PB__EVENT__BODY_CHARGE_POSTED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case PB__EVENT__BODY_PERIOD_CLOSED:
    case PB__EVENT__BODY_PERIOD_REOPENED:
    case PB__EVENT__BODY_STATEMENT_ISSUED:
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_OPERATOR_ACTED:
    case PB__EVENT__BODY_APPROVAL_POLICY_SET:
        return false;
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return true; /* Of no kind that there is: the fold says so. */
}

static bool concerns_lots(const Pb__Event *event) {
    return takes_kind(event->body_case) && (event->body_case != PB__EVENT__BODY_REFUNDED ||
                                            event->refunded->source_kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT);
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct lots_event e = {.fold = memory, .txn = txn, .event = folded->event, .error = error};
    if (!concerns_lots(e.event)) {
        return DAYBOOK_OK;
    }
    enum daybook_status status =
        accounts_number(e.fold->accounts, txn, e.event->customer, e.event->currency, folded->party, &e.account, error);
    if (status == DAYBOOK_INVALID) {
        return daybook_fail_in(error, "while folding event %" PRIu64, e.event->sequence);
    }
    return status == DAYBOOK_OK ? fold_body(&e) : status;
}

/* ---- hints ---- */

static void name_lot(struct foreseen *foreseen, uint32_t account, const char *id) {
    if (foreseen->count < FORESEEN_LOTS) {
        (void)document_name_init(&foreseen->names[foreseen->count++], account, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT,
                                 id);
    }
}

static void name_lots(struct foreseen *foreseen, uint32_t account, size_t count, Pb__LotSlice *const *slices) {
    for (size_t i = 0; i < count; i++) {
        name_lot(foreseen, account, slices[i]->lot);
    }
}

static struct foreseen *foreseen_before(struct lots_fold *fold, size_t events) {
    return &fold->foreseen[(fold->foreseen_count - events) % FORESEEN_EVENTS];
}

/* A lot is found by its name, and its log by the number that it has: each lies anywhere, and is told by the one
 * before. */
static void foresee_event(void *memory, const struct fold_event *folded) {
    struct lots_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct foreseen *foreseen = foreseen_before(fold, 0);
    uint32_t account;
    foreseen->count = 0;
    if (accounts_recall(fold->accounts, folded->party, &account)) {
        if (folded->kind == PB__EVENT__BODY_DEPOSIT_RECEIVED) {
            name_lot(foreseen, account, event->deposit_received->lot);
        } else if (folded->kind == PB__EVENT__BODY_DEPOSIT_CONSUMED) {
            name_lots(foreseen, account, event->deposit_consumed->n_slices, event->deposit_consumed->slices);
        } else if (folded->kind == PB__EVENT__BODY_DEPOSIT_RESTORED) {
            name_lots(foreseen, account, event->deposit_restored->n_slices, event->deposit_restored->slices);
        } else if (folded->kind == PB__EVENT__BODY_REFUNDED) {
            name_lot(foreseen, account, event->refunded->source);
        }
    }
    for (size_t i = 0; i < foreseen->count; i++) {
        roll_foresee(&fold->roll, &foreseen->names[i]);
    }
    const struct foreseen *near = foreseen_before(fold, FIND_ENTRY_AFTER);
    const struct foreseen *next = foreseen_before(fold, FIND_TAIL_AFTER);
    for (size_t i = 0; i < near->count; i++) {
        roll_foresee_entry(&fold->roll, &near->names[i]);
    }
    for (size_t i = 0; i < next->count; i++) {
        uint64_t number;
        if (roll_guess(&fold->roll, &next->names[i], &number)) {
            series_foresee(fold->series, (uint32_t)number);
        }
    }
    fold->foreseen_count++;
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct lots_fold *fold = memory;
    DAYBOOK_TRY(roll_flush(&fold->roll, txn, error));
    DAYBOOK_TRY(lots_ends_flush(&fold->ends, txn, error));
    return series_flush(fold->series, txn, error);
}

static const char *const tables[LOTS_TABLE_COUNT] = {
    [LOTS_ACCOUNTS] = "accounts", [LOTS_NAMES] = "names", [LOTS_ROWS] = "lots", [LOTS_SERIES] = "series",
    [LOTS_RENEWALS] = "renewals", [LOTS_HOLDS] = "holds", [LOTS_ENDS] = "ends",
};

const struct projection lots_projection = {
    .name = "lots",
    .version = 10,
    .readable_from = 10,
    .tables = tables,
    .table_count = LOTS_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .takes = takes_kind,
    .fold = fold_event,
    .foresee = foresee_event,
    .flush = flush_fold,
};
