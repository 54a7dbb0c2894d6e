/*
 * The credit view's fold.
 *
 * DOCUMENTS: account u32, kind u8, id -> u32 checksum, i32 posted_on, i32 due_on,
 * and the i32 due date of each instalment: what a later allocation is dated from.
 * POLICIES and SERIES are drawn in credit_rows.h.
 */
#include "projections/credit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "projections/credit_rows.h"
#include "projections/documents.h"

enum { DOCUMENTS_LIMIT_BYTES = 192 << 20, DATES_HEAD = 12 };

/* The dates of a charge or a debit note. */
struct dated {
    struct document head;
    int32_t posted_on;
    int32_t due_on;
    size_t part_count;
    int32_t *parts; /* Due dates. */
};

struct credit_fold {
    struct accounts *accounts;
    struct series *series;
    struct documents documents;
    struct daybook_buffer value;
};

static void release_dated(struct document *document, struct pool *pool) {
    struct dated *dated = (struct dated *)document;
    pool_free(pool, dated->parts, dated->part_count * sizeof *dated->parts);
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding the credit view: memory was refused");
}

static struct dated *add_dated(struct credit_fold *fold, const struct document_name *name, size_t part_count) {
    struct dated *dated = (struct dated *)documents_add(&fold->documents, name);
    if (dated != NULL && part_count > 0) {
        dated->parts = pool_alloc(&fold->documents.pool, part_count * sizeof *dated->parts);
        if (dated->parts == NULL) {
            return NULL;
        }
        dated->part_count = part_count;
    }
    return dated;
}

static enum daybook_status bad_document(const Pb__Event *event, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": its document cannot be one",
                        event->sequence);
}

static enum daybook_status make_dated(struct credit_fold *fold, const Pb__Event *event, uint32_t account,
                                      Pb__DocumentKind kind, const char *id, int32_t due_on, size_t part_count,
                                      Pb__Instalment *const *parts, struct daybook_error *error) {
    struct document_name name;
    if (!document_name_init(&name, account, (int)kind, id) || documents_find(&fold->documents, &name) != NULL ||
        part_count > LIMIT_INSTALMENTS) {
        return bad_document(event, error);
    }
    struct dated *dated = add_dated(fold, &name, part_count);
    if (dated == NULL || !documents_mark(&fold->documents, &dated->head)) {
        return no_memory(error);
    }
    dated->posted_on = event->effective_on;
    dated->due_on = due_on == 0 ? event->effective_on : due_on;
    for (size_t i = 0; i < part_count; i++) {
        dated->parts[i] = parts[i]->due_on;
    }
    return DAYBOOK_OK;
}

static uint32_t checksum(const uint8_t *value, size_t size) {
    return (uint32_t)hash64(value + 4, size - 4, 0);
}

static enum daybook_status load_dated(struct credit_fold *fold, const struct document_name *name,
                                      struct daybook_bytes value, struct dated **dated, struct daybook_error *error) {
    if (value.size < DATES_HEAD || value.size % 4 != 0 || load_le32(value.data) != checksum(value.data, value.size)) {
        return credit_damaged(error);
    }
    size_t part_count = (value.size - DATES_HEAD) / 4;
    struct dated *loaded = add_dated(fold, name, part_count);
    if (loaded == NULL) {
        return no_memory(error);
    }
    loaded->posted_on = (int32_t)load_le32(value.data + 4);
    loaded->due_on = (int32_t)load_le32(value.data + 8);
    for (size_t i = 0; i < part_count; i++) {
        loaded->parts[i] = (int32_t)load_le32(value.data + DATES_HEAD + i * 4);
    }
    *dated = loaded;
    return DAYBOOK_OK;
}

static enum daybook_status find_dated(struct credit_fold *fold, struct store_txn *txn, const Pb__Event *event,
                                      uint32_t account, Pb__DocumentKind kind, const char *id, struct dated **dated,
                                      struct daybook_error *error) {
    struct document_name name;
    uint8_t key[DOCUMENT_KEY_MAX];
    struct daybook_bytes value;
    bool is_found;
    if (!document_name_init(&name, account, (int)kind, id)) {
        return bad_document(event, error);
    }
    *dated = (struct dated *)documents_find(&fold->documents, &name);
    if (*dated != NULL) {
        return DAYBOOK_OK;
    }
    size_t key_size = document_name_key(&name, key);
    enum daybook_status status =
        table_get(txn, CREDIT_DOCUMENTS, (struct daybook_bytes){key, key_size}, &value, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        return load_dated(fold, &name, value, dated, error);
    }
    return status != DAYBOOK_OK
               ? status
               : daybook_fail(error, DAYBOOK_INVALID,
                              "while folding event %" PRIu64 ": it names the document %s, and the account has none of "
                              "that kind and name",
                              event->sequence, id);
}

static enum daybook_status write_dated(struct credit_fold *fold, struct store_txn *txn, const struct dated *dated,
                                       struct daybook_error *error) {
    uint8_t key[DOCUMENT_KEY_MAX];
    size_t key_size = document_key(&dated->head, key);
    size_t size = DATES_HEAD + dated->part_count * 4;
    daybook_buffer_reset(&fold->value);
    uint8_t *value = daybook_buffer_reserve(&fold->value, size);
    if (value == NULL) {
        return no_memory(error);
    }
    store_le32(value + 4, (uint32_t)dated->posted_on);
    store_le32(value + 8, (uint32_t)dated->due_on);
    for (size_t i = 0; i < dated->part_count; i++) {
        store_le32(value + DATES_HEAD + i * 4, (uint32_t)dated->parts[i]);
    }
    store_le32(value, checksum(value, size));
    return table_put(txn, CREDIT_DOCUMENTS, (struct daybook_bytes){key, key_size}, (struct daybook_bytes){value, size},
                     error);
}

/* ---- what each event does ---- */

/* An event in work. */
struct folding {
    struct credit_fold *fold;
    struct store_txn *txn;
    const Pb__Event *event;
    uint32_t account;
};

static enum daybook_status append(struct folding *f, const struct series_entry *entry, struct daybook_error *error) {
    return series_append(f->fold->series, f->txn, f->account, f->event->sequence, entry, 1, error);
}

static enum daybook_status count_over_limit(struct folding *f, const Pb__CreditDecision *decision,
                                            struct daybook_error *error) {
    struct series_entry entry = {.effective_on = f->event->effective_on, .columns = {[CREDIT_OVER_LIMIT] = 1}};
    return decision != NULL && decision->over_limit ? append(f, &entry, error) : DAYBOOK_OK;
}

static enum daybook_status fold_charge(struct folding *f, struct daybook_error *error) {
    const Pb__ChargePosted *charge = f->event->charge_posted;
    enum daybook_status status =
        make_dated(f->fold, f->event, f->account, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, charge->charge,
                   charge->due_on, charge->n_instalments, charge->instalments, error);
    return status == DAYBOOK_OK ? count_over_limit(f, charge->credit, error) : status;
}

/* Only a debit note on account can be paid for itself. */
static enum daybook_status fold_adjustment(struct folding *f, struct daybook_error *error) {
    const Pb__AdjustmentPosted *adjustment = f->event->adjustment_posted;
    if (adjustment->kind != PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE ||
        adjustment->target_kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED) {
        return DAYBOOK_OK;
    }
    return make_dated(f->fold, f->event, f->account, PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT,
                      adjustment->adjustment, adjustment->due_on, 0, NULL, error);
}

static enum daybook_status fold_allocated(struct folding *f, struct daybook_error *error) {
    const Pb__Allocated *allocated = f->event->allocated;
    struct dated *dated = NULL;
    enum daybook_status status =
        find_dated(f->fold, f->txn, f->event, f->account, allocated->target_kind, allocated->target, &dated, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    bool is_part = allocated->instalment > 0 && allocated->instalment <= dated->part_count;
    int32_t due_on = is_part ? dated->parts[allocated->instalment - 1] : dated->due_on;
    struct series_entry entry = {.effective_on = f->event->effective_on};
    credit_weigh(&entry, allocated->amount_minor, (int64_t)f->event->effective_on - dated->posted_on,
                 (int64_t)f->event->effective_on - due_on);
    return append(f, &entry, error);
}

/* CR2: the days of the allocation that comes off are those that it was entered with. */
static enum daybook_status fold_unallocated(struct folding *f, struct daybook_error *error) {
    const Pb__Unallocated *unallocated = f->event->unallocated;
    struct series_entry entry;
    bool is_found;
    enum daybook_status status =
        series_find(f->fold->series, f->txn, f->account, unallocated->allocation_sequence, &entry, &is_found, error);
    int64_t days_to_pay;
    int64_t days_late;
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!is_found || !credit_days(&entry, &days_to_pay, &days_late)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": the account has no allocation with the sequence %" PRIu64,
                            f->event->sequence, unallocated->allocation_sequence);
    }
    entry = (struct series_entry){.effective_on = f->event->effective_on};
    credit_weigh(&entry, -unallocated->amount_minor, days_to_pay, days_late);
    return append(f, &entry, error);
}

static enum daybook_status fold_policy(struct folding *f, struct daybook_error *error) {
    const Pb__CreditPolicySet *set = f->event->credit_policy_set;
    struct credit_change change = {
        .kind = CREDIT_POLICY,
        .state = set->state,
        .mode = set->mode,
        .limit_minor = set->limit_minor,
        .effective_on = f->event->effective_on,
        .until_on = set->until_on,
    };
    return credit_put_change(f->txn, f->account, f->event->sequence, &change, error);
}

static enum daybook_status fold_hold(struct folding *f, enum credit_change_kind kind, struct daybook_error *error) {
    struct credit_change change = {.kind = kind, .effective_on = f->event->effective_on};
    return credit_put_change(f->txn, f->account, f->event->sequence, &change, error);
}

static enum daybook_status fold_body(struct folding *f, struct daybook_error *error) {
    switch (f->event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return fold_charge(f, error);
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        return fold_adjustment(f, error);
    case PB__EVENT__BODY_ALLOCATED:
        return fold_allocated(f, error);
    case PB__EVENT__BODY_UNALLOCATED:
        return fold_unallocated(f, error);
    case PB__EVENT__BODY_HOLD_PLACED:
        return count_over_limit(f, f->event->hold_placed->credit, error);
    case PB__EVENT__BODY_CREDIT_POLICY_SET:
        return fold_policy(f, error);
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:
        return fold_hold(f, CREDIT_HOLD_PLACED, error);
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:
        return fold_hold(f, CREDIT_HOLD_LIFTED, error);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_CUSTOMER_CHANGED:
    case PB__EVENT__BODY_CUSTOMER_CLOSED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_REFUNDED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case PB__EVENT__BODY_PERIOD_CLOSED:
    case PB__EVENT__BODY_PERIOD_REOPENED:
    case PB__EVENT__BODY_STATEMENT_ISSUED:
    case PB__EVENT__BODY_REQUEST_PROPOSED:
    case PB__EVENT__BODY_REQUEST_APPROVED:
    case PB__EVENT__BODY_REQUEST_REJECTED:
    case PB__EVENT__BODY_OPERATOR_ACTED:
        return DAYBOOK_OK;
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        "while folding event %" PRIu64 ": it has no body that this program knows", f->event->sequence);
}

/* Every account with money is numbered here, too: the list of credit rows walks over them. */
static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct folding f = {.fold = memory, .txn = txn, .event = folded->event};
    if (f.event->customer[0] != '\0') {
        enum daybook_status status =
            accounts_number(f.fold->accounts, txn, f.event->customer, f.event->currency, &f.account, error);
        if (status == DAYBOOK_INVALID) {
            return daybook_fail_in(error, "while folding event %" PRIu64, f.event->sequence);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return fold_body(&f, error);
}

/* ---- the fold's life ---- */

static void close_fold(void *memory) {
    struct credit_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    series_close(fold->series);
    documents_release(&fold->documents);
    daybook_buffer_release(&fold->value);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct credit_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return no_memory(error);
    }
    documents_init(&fold->documents, sizeof(struct dated), release_dated, DOCUMENTS_LIMIT_BYTES);
    enum daybook_status status = accounts_open(CREDIT_ACCOUNTS, &fold->accounts, error);
    if (status == DAYBOOK_OK) {
        status = series_open(credit_shape, &fold->series, error);
    }
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct credit_fold *fold = memory;
    accounts_forget(fold->accounts);
    series_forget(fold->series);
    documents_forget(&fold->documents);
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct credit_fold *fold = memory;
    documents_sort_dirty(&fold->documents);
    for (size_t i = 0; i < fold->documents.dirty_count; i++) {
        enum daybook_status status = write_dated(fold, txn, (struct dated *)fold->documents.dirty[i].document, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    documents_end_batch(&fold->documents);
    return series_flush(fold->series, txn, error);
}

static const char *const tables[CREDIT_TABLE_COUNT] = {
    [CREDIT_ACCOUNTS] = "accounts",
    [CREDIT_DOCUMENTS] = "documents",
    [CREDIT_POLICIES] = "policies",
    [CREDIT_SERIES] = "series",
};

const struct projection credit_projection = {
    .name = "credit",
    .version = 1,
    .readable_from = 1,
    .tables = tables,
    .table_count = CREDIT_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .flush = flush_fold,
};
