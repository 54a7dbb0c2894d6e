/* The links view: one row for each document in each event, and the walk over a document's rows. */
#include "projections/links.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/sort.h"
#include "projections/roll.h"
#include "projections/tie.h"

/* A row that is not written yet. */
struct link {
    uint64_t document;
    uint64_t sequence;
    int64_t amount_minor;
    int32_t effective_on;
    uint8_t tag;
};

struct links_fold {
    struct accounts *accounts;
    struct roll roll;
    struct daybook_buffer links; /* struct link: of the events that are folded and not flushed. */
    struct daybook_buffer order; /* struct pair, twice: their documents and places, as they are written. */
};

static void close_fold(void *memory) {
    struct links_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    accounts_close(fold->accounts);
    roll_release(&fold->roll);
    daybook_buffer_release(&fold->links);
    daybook_buffer_release(&fold->order);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct links_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the links view: memory was refused");
    }
    roll_init(&fold->roll, LINKS_NAMES);
    enum daybook_status status = accounts_open(LINKS_ACCOUNTS, &fold->accounts, error);
    if (status != DAYBOOK_OK) {
        close_fold(fold);
        return status;
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct links_fold *fold = memory;
    accounts_forget(fold->accounts);
    roll_forget(&fold->roll);
    daybook_buffer_reset(&fold->links);
}

/* ---- the fold ---- */

/* One event being folded. */
struct links_event {
    struct links_fold *fold;
    struct store_txn *txn;
    const Pb__Event *event;
    uint32_t account;
    size_t begin; /* Where its links begin in the buffer. */
    struct daybook_error *error;
};

/* A document that is in several ties of the event has one row. */
static enum daybook_status add_link(const struct links_event *e, const struct link *added) {
    struct daybook_buffer *links = &e->fold->links;
    for (size_t at = e->begin; at < links->size; at += sizeof *added) {
        struct link *link = (void *)(links->data + at);
        if (link->document != added->document) {
            continue;
        }
        return money_add(&link->amount_minor, added->amount_minor)
                   ? DAYBOOK_OK
                   : daybook_fail(e->error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": its amounts overflow",
                                  e->event->sequence);
    }
    return daybook_buffer_append(links, added, sizeof *added) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(e->error, DAYBOOK_NO_MEMORY, "while folding links: memory was refused");
}

static enum daybook_status add_side(const struct links_event *e, const struct tie_side *side,
                                    const struct tie_side *other, bool settles) {
    const struct roll_name name = {e->account, side->kind, side->id, e->event->sequence};
    struct link link = {
        .document = e->event->sequence,
        .sequence = e->event->sequence,
        .amount_minor = side->amount_minor,
        .effective_on = e->event->effective_on,
        .tag = (uint8_t)((unsigned)other->kind | (settles ? LINKS_SETTLES : 0u)),
    };
    if (!tie_keeps(side->kind)) {
        return DAYBOOK_OK;
    }
    /* An adjustment is tied by the event that makes it; no other document is. */
    bool is_made_here =
        e->event->body_case == PB__EVENT__BODY_ADJUSTMENT_POSTED && side->id == e->event->adjustment_posted->adjustment;
    if (!is_made_here) {
        DAYBOOK_TRY(roll_find(&e->fold->roll, e->txn, &name, &link.document, e->error));
    }
    return add_link(e, &link);
}

static enum daybook_status add_ties(const struct links_event *e) {
    size_t count = tie_count(e->event);
    for (size_t i = 0; i < count; i++) {
        struct tie tie = tie_at(e->event, i);
        DAYBOOK_TRY(add_side(e, &tie.from, &tie.to, tie.settles));
        DAYBOOK_TRY(add_side(e, &tie.to, &tie.from, tie.settles));
    }
    return DAYBOOK_OK;
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct links_event e = {.fold = memory, .txn = txn, .event = folded->event, .error = error};
    struct tie_side made = tie_made(e.event);
    if (made.kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED && tie_count(e.event) == 0) {
        return DAYBOOK_OK;
    }
    enum daybook_status status =
        accounts_number(e.fold->accounts, txn, e.event->customer, "", folded->party, &e.account, error);
    if (status == DAYBOOK_INVALID) {
        return daybook_fail_in(error, "while folding event %" PRIu64, e.event->sequence);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    e.begin = e.fold->links.size;
    status = add_ties(&e);
    if (status == DAYBOOK_OK && made.kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED) {
        const struct roll_name name = {e.account, made.kind, made.id, e.event->sequence};
        status = roll_add(&e.fold->roll, &name, e.event->sequence, error);
    }
    if (status != DAYBOOK_OK) {
        e.fold->links.size = e.begin;
    }
    return status;
}

/* The slots of the names are all over memory. */
static void foresee_event(void *memory, const struct fold_event *folded) {
    const struct links_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct tie_side made = tie_made(event);
    size_t count = tie_count(event);
    uint32_t account;
    if (!accounts_recall(fold->accounts, folded->party, &account)) {
        return;
    }
    if (made.kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED) {
        roll_foresee(&fold->roll, account, made.kind, made.id);
    }
    for (size_t i = 0; i < count; i++) {
        struct tie tie = tie_at(event, i);
        roll_foresee(&fold->roll, account, tie.from.kind, tie.from.id);
        roll_foresee(&fold->roll, account, tie.to.kind, tie.to.id);
    }
}

/* By document. Those of one document stay as they came: in the order of their sequences. NULL: memory was refused. */
static const struct pair *sort_links(struct links_fold *fold, size_t count) {
    const struct link *links = (const void *)fold->links.data;
    daybook_buffer_reset(&fold->order);
    struct pair *pairs = (void *)daybook_buffer_reserve(&fold->order, 2 * count * sizeof *pairs);
    for (size_t i = 0; pairs != NULL && i < count; i++) {
        pairs[i] = (struct pair){links[i].document, i};
    }
    if (pairs != NULL) {
        pairs_sort(pairs, pairs + count, count);
    }
    return pairs;
}

static void make_key(uint64_t document, uint64_t sequence, uint8_t key[LINKS_KEY_SIZE]) {
    store_be64(key, document);
    store_be64(key + 8, sequence);
}

static uint32_t checksum(const uint8_t value[LINKS_VALUE_SIZE], uint64_t sequence) {
    return (uint32_t)hash64(value + 4, LINKS_VALUE_SIZE - 4, sequence);
}

static enum daybook_status write_link(struct store_txn *txn, const struct link *link, struct daybook_error *error) {
    uint8_t key[LINKS_KEY_SIZE];
    uint8_t value[LINKS_VALUE_SIZE];
    make_key(link->document, link->sequence, key);
    store_le32(value + 4, (uint32_t)link->effective_on);
    value[8] = link->tag;
    store_le64(value + 9, (uint64_t)link->amount_minor);
    store_le32(value, checksum(value, link->sequence));
    return table_put(txn, LINKS_ROWS, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){value, sizeof value}, error);
}

/* In the order of their keys, so that neighbouring rows are written together. */
static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    enum { FETCHED_AHEAD = 8 };
    struct links_fold *fold = memory;
    const struct link *links = (const void *)fold->links.data;
    size_t count = fold->links.size / sizeof *links;
    const struct pair *sorted = count == 0 ? NULL : sort_links(fold, count);
    if (count > 0 && sorted == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding links: memory was refused");
    }
    for (size_t i = 0; i < count; i++) {
        if (i + FETCHED_AHEAD < count) {
            __builtin_prefetch(&links[sorted[i + FETCHED_AHEAD].value]);
        }
        DAYBOOK_TRY(write_link(txn, &links[sorted[i].value], error));
    }
    daybook_buffer_reset(&fold->links);
    return roll_flush(&fold->roll, txn, error);
}

static const char *const tables[LINKS_TABLE_COUNT] = {
    [LINKS_ACCOUNTS] = "accounts",
    [LINKS_NAMES] = "names",
    [LINKS_ROWS] = "links",
};

const struct projection links_projection = {
    .name = "links",
    .version = 1,
    .readable_from = 1,
    .tables = tables,
    .table_count = LINKS_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .foresee = foresee_event,
    .flush = flush_fold,
};

/* ---- questions ---- */

enum daybook_status links_find(struct store_txn *txn, const char *customer, Pb__DocumentKind kind, const char *id,
                               uint64_t *document, bool *is_found, struct daybook_error *error) {
    struct account_row account;
    DAYBOOK_TRY(account_find(txn, LINKS_ACCOUNTS, customer, "", &account, is_found, error));
    return *is_found ? roll_ask(txn, LINKS_NAMES, account.number, kind, id, document, is_found, error) : DAYBOOK_OK;
}

static enum daybook_status add_row(const struct table_row *row, const struct links_question *question,
                                   struct links_totals *totals, bool *is_visible, struct daybook_error *error) {
    const uint8_t *value = row->value.data;
    if (row->value.size != LINKS_VALUE_SIZE || load_le32(value) != checksum(value, load_be64(row->key.data + 8))) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "while reading links: a row is not what was written; rebuild the view from the journal");
    }
    *is_visible = (int32_t)load_le32(value + 4) <= question->as_of;
    if (!*is_visible) {
        return DAYBOOK_OK;
    }
    int64_t amount_minor = (int64_t)load_le64(value + 9);
    totals->has_settled = totals->has_settled || (value[8] & LINKS_SETTLES) != 0;
    if (!money_add(&totals->amounts[value[8] % LINKS_KINDS], amount_minor) ||
        !money_add(&totals->sum_minor, amount_minor)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up links: a total does not fit 64 bits");
    }
    return DAYBOOK_OK;
}

enum daybook_status links_ask(struct store_txn *txn, const struct links_question *question, uint64_t *sequences,
                              size_t limit, size_t *count, struct links_totals *totals, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint8_t key[LINKS_KEY_SIZE];
    *totals = (struct links_totals){0};
    *count = 0;
    make_key(question->document, 0, key);
    DAYBOOK_TRY(cursor_open(txn, LINKS_ROWS, &cursor, error));
    enum daybook_status status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, error);
    while (status == DAYBOOK_OK && row.is_valid && row.key.size == sizeof key &&
           load_be64(row.key.data) == question->document) {
        uint64_t sequence = load_be64(row.key.data + 8);
        bool is_visible = false;
        if (sequence > question->known_at) {
            break;
        }
        status = add_row(&row, question, totals, &is_visible, error);
        if (status == DAYBOOK_OK && is_visible && sequence >= question->from && *count < limit) {
            sequences[(*count)++] = sequence;
        }
        if (status == DAYBOOK_OK) {
            status = cursor_next(cursor, &row, error);
        }
    }
    cursor_close(cursor);
    return status;
}
