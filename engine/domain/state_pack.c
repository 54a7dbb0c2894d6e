/*
 * The stored form of a row. All of it can be rebuilt from the journal, so a
 * change of form is a new STATE_VERSION and a replay, never a conversion.
 *
 *     u8   kind (ROW_LEDGER, ROW_CUSTOMER, ROW_DOCUMENT)
 *     then the fields in the order of the functions below:
 *       number    varint; signed ones zigzag
 *       text      varint length, bytes
 *       array     varint count, items
 */
#include <assert.h>
#include <string.h>

#include "domain/state.h"

/* One place for both directions: writing appends, reading fills the field. */
struct packer {
    struct daybook_buffer *out; /* Writing; NULL when reading. */
    uint8_t *to;                /* In its memory, */
    uint8_t *to_end;            /* which ends here. */
    const uint8_t *at;
    const uint8_t *end;
    struct pool *pool;
    bool has_failed;
    bool is_refused; /* It failed for want of memory: what was read is not to blame. */
};

/* Of what is read. */
static void *take_memory(struct packer *packer, size_t size) {
    void *memory = pool_alloc(packer->pool, size);
    if (memory == NULL) {
        packer->has_failed = true;
        packer->is_refused = true;
    }
    return memory;
}

/* False: memory was refused. */
__attribute__((noinline)) static bool grow(struct packer *packer, size_t size) {
    if (packer->to != NULL) {
        packer->out->size = (size_t)(packer->to - packer->out->data);
    }
    packer->to = daybook_buffer_reserve(packer->out, size);
    packer->has_failed = packer->to == NULL;
    packer->to_end = packer->to == NULL ? NULL : packer->out->data + packer->out->capacity;
    return packer->to != NULL;
}

static inline bool has_room(struct packer *packer, size_t size) {
    return (size_t)(packer->to_end - packer->to) >= size || grow(packer, size);
}

static inline void pack_unsigned(struct packer *packer, uint64_t *value) {
    if (packer->has_failed) {
        return;
    }
    if (packer->out != NULL) {
        if (has_room(packer, 10)) {
            packer->to = varint_put(packer->to, *value);
        }
        return;
    }
    size_t size = varint_load(packer->at, packer->end, value);
    packer->has_failed = size == 0;
    packer->at += size;
}

static inline void pack_signed(struct packer *packer, int64_t *value) {
    uint64_t coded = zigzag_encode(*value);
    pack_unsigned(packer, &coded);
    *value = zigzag_decode(coded);
}

static inline void pack_date(struct packer *packer, int32_t *date) {
    int64_t value = *date;
    pack_signed(packer, &value);
    *date = (int32_t)value;
}

static inline void pack_byte(struct packer *packer, uint8_t *byte) {
    uint64_t value = *byte;
    pack_unsigned(packer, &value);
    *byte = (uint8_t)value;
}

static inline void pack_short(struct packer *packer, uint16_t *number) {
    uint64_t value = *number;
    pack_unsigned(packer, &value);
    *number = (uint16_t)value;
}

static inline void pack_flag(struct packer *packer, bool *flag) {
    uint64_t value = *flag;
    pack_unsigned(packer, &value);
    *flag = value != 0;
}

static void pack_text(struct packer *packer, char *text, size_t capacity) {
    uint64_t size = packer->out != NULL ? strlen(text) : 0;
    pack_unsigned(packer, &size);
    if (packer->has_failed) {
        return;
    }
    if (packer->out != NULL) {
        if (has_room(packer, size)) {
            memcpy(packer->to, text, size);
            packer->to += size;
        }
        return;
    }
    if (size >= capacity || size > (size_t)(packer->end - packer->at)) {
        packer->has_failed = true;
        return;
    }
    memcpy(text, packer->at, size);
    text[size] = '\0';
    packer->at += size;
}

typedef void pack_item_function(struct packer *packer, void *item);

static void pack_array(struct packer *packer, struct vector *vector, size_t item_size, pack_item_function *pack_item) {
    uint64_t count = vector->count;
    pack_unsigned(packer, &count);
    if (packer->out != NULL) {
        for (uint64_t i = 0; i < count; i++) {
            pack_item(packer, (uint8_t *)vector->items + i * item_size);
        }
        return;
    }
    /* Every item takes a byte at least, so a damaged count cannot ask for much. */
    if (packer->has_failed || count > (uint64_t)(packer->end - packer->at)) {
        packer->has_failed = true;
        return;
    }
    if (count == 0) {
        return;
    }
    size_t capacity = pool_block_bytes(count * item_size) / item_size;
    vector->items = take_memory(packer, capacity * item_size);
    if (vector->items == NULL) {
        return;
    }
    memset(vector->items, 0, capacity * item_size);
    vector->capacity = (uint32_t)capacity;
    vector->count = (uint32_t)count;
    for (uint64_t i = 0; i < count && !packer->has_failed; i++) {
        pack_item(packer, (uint8_t *)vector->items + i * item_size);
    }
}

static void pack_turnover(struct packer *packer, void *item) {
    struct turnover *turnover = item;
    pack_text(packer, turnover->currency, sizeof turnover->currency);
    pack_signed(packer, &turnover->created_minor);
}

static void pack_future(struct packer *packer, void *item) {
    struct account_future *future = item;
    pack_date(packer, &future->date);
    pack_signed(packer, &future->open_minor);
    pack_signed(packer, &future->unapplied_minor);
    pack_signed(packer, &future->deposit_minor);
    pack_signed(packer, &future->credit_held_minor);
}

static void pack_lot_ref(struct packer *packer, void *item) {
    struct lot_ref *lot = item;
    pack_unsigned(packer, &lot->number);
    pack_date(packer, &lot->expires_on);
    pack_date(packer, &lot->effective_from);
    pack_date(packer, &lot->effective_on);
    pack_byte(packer, &lot->priority);
    pack_byte(packer, &lot->funding);
    pack_byte(packer, &lot->scope_count);
}

static void pack_expiry_ref(struct packer *packer, void *item) {
    struct expiry_ref *ref = item;
    pack_unsigned(packer, &ref->number);
    pack_date(packer, &ref->date);
}

static void pack_item_ref(struct packer *packer, void *item) {
    struct item_ref *ref = item;
    pack_unsigned(packer, &ref->number);
    pack_date(packer, &ref->due_on);
    pack_short(packer, &ref->part);
}

static void pack_policy(struct packer *packer, void *item) {
    struct credit_policy *policy = item;
    pack_unsigned(packer, &policy->sequence);
    pack_signed(packer, &policy->limit_minor);
    pack_date(packer, &policy->from_on);
    pack_date(packer, &policy->until_on);
    pack_byte(packer, &policy->state);
    pack_byte(packer, &policy->mode);
}

static void pack_hold_change(struct packer *packer, void *item) {
    struct credit_hold_change *change = item;
    pack_unsigned(packer, &change->sequence);
    pack_date(packer, &change->date);
    pack_flag(packer, &change->is_placed);
}

static void pack_account(struct packer *packer, void *item) {
    struct account **slot = item;
    if (packer->out == NULL) {
        *slot = take_memory(packer, sizeof **slot);
        if (*slot == NULL) {
            return;
        }
        memset(*slot, 0, sizeof **slot);
    }
    struct account *account = *slot;
    pack_text(packer, account->currency, sizeof account->currency);
    pack_signed(packer, &account->open_minor);
    pack_signed(packer, &account->unapplied_minor);
    pack_signed(packer, &account->deposit_minor);
    pack_signed(packer, &account->deposit_held_minor);
    pack_signed(packer, &account->credit_held_minor);
    pack_signed(packer, &account->dormant_minor);
    pack_signed(packer, &account->pending_minor);
    pack_date(packer, &account->last_on);
    pack_date(packer, &account->statement_to_on);
    pack_unsigned(packer, &account->statement_sequence);
    pack_array(packer, &account->future, sizeof(struct account_future), pack_future);
    pack_array(packer, &account->lots, sizeof(struct lot_ref), pack_lot_ref);
    pack_array(packer, &account->items, sizeof(struct item_ref), pack_item_ref);
    pack_array(packer, &account->sources, sizeof(struct item_ref), pack_item_ref);
    pack_array(packer, &account->expiries, sizeof(struct expiry_ref), pack_expiry_ref);
    pack_array(packer, &account->expired, sizeof(struct lot_ref), pack_lot_ref);
    pack_array(packer, &account->policies, sizeof(struct credit_policy), pack_policy);
    if (packer->out == NULL) {
        account->counted = account_share(account);
    }
}

static void pack_point(struct packer *packer, void *item) {
    struct timeline_point *point = item;
    pack_date(packer, &point->date);
    pack_signed(packer, &point->level_minor);
}

static void pack_link(struct packer *packer, void *item) {
    struct link *link = item;
    pack_unsigned(packer, &link->other);
    pack_unsigned(packer, &link->sequence);
    pack_signed(packer, &link->amount_minor);
    pack_date(packer, &link->date);
    pack_short(packer, &link->part);
    pack_byte(packer, &link->kind);
    pack_flag(packer, &link->has_name);
}

static void pack_taken_off(struct packer *packer, void *item) {
    struct taken_off *taken_off = item;
    pack_unsigned(packer, &taken_off->other);
    pack_unsigned(packer, &taken_off->sequence);
    pack_signed(packer, &taken_off->amount_minor);
    pack_date(packer, &taken_off->date);
    pack_date(packer, &taken_off->off_on);
    pack_short(packer, &taken_off->part);
}

static void pack_part(struct packer *packer, void *item) {
    struct part *part = item;
    pack_date(packer, &part->due_on);
    pack_array(packer, &part->left.points, sizeof(struct timeline_point), pack_point);
    pack_array(packer, &part->aside.points, sizeof(struct timeline_point), pack_point);
}

static void pack_category(struct packer *packer, void *item) {
    pack_text(packer, item, LIMIT_ID_BYTES + 1);
}

static void pack_profile(struct packer *packer, void *item) {
    struct profile *profile = item;
    pack_date(packer, &profile->from_on);
    uint64_t terms_days = profile->terms_days;
    pack_unsigned(packer, &terms_days);
    profile->terms_days = (uint32_t)terms_days;
    pack_flag(packer, &profile->terms_end_of_month);
    pack_byte(packer, &profile->settlement);
}

static void pack_threshold(struct packer *packer, void *item) {
    struct threshold *threshold = item;
    pack_signed(packer, &threshold->above_minor);
    pack_text(packer, threshold->currency, sizeof threshold->currency);
    pack_byte(packer, &threshold->kind);
}

static void pack_proposal(struct packer *packer, void *item) {
    struct open_proposal *proposal = item;
    pack_unsigned(packer, &proposal->number);
    pack_signed(packer, &proposal->expires_at_us);
}

static void pack_ledger(struct packer *packer, struct ledger_row *ledger) {
    pack_date(packer, &ledger->closed_through);
    pack_array(packer, &ledger->turnover, sizeof(struct turnover), pack_turnover);
    pack_array(packer, &ledger->thresholds, sizeof(struct threshold), pack_threshold);
    pack_array(packer, &ledger->proposals, sizeof(struct open_proposal), pack_proposal);
}

static void pack_customer(struct packer *packer, struct customer *customer) {
    pack_text(packer, customer->id, sizeof customer->id);
    pack_date(packer, &customer->opened_on);
    pack_flag(packer, &customer->is_closed);
    pack_array(packer, &customer->accounts, sizeof(struct account *), pack_account);
    pack_array(packer, &customer->holds, sizeof(struct credit_hold_change), pack_hold_change);
    pack_array(packer, &customer->profiles, sizeof(struct profile), pack_profile);
}

/* What was made for a change that was taken back holds nothing. */
static bool has_rare_part(const struct document *document) {
    const struct document_rare *rare = document_rare(document);
    return rare->disputed_minor != 0 || rare->reversed_minor != 0 || rare->taken_off.count > 0 ||
           rare->scope.count > 0 || rare->parts.count > 0;
}

/* A flag, and then what there is. */
static void pack_rare(struct packer *packer, struct document *document) {
    bool has_rare = has_rare_part(document);
    pack_flag(packer, &has_rare);
    if (has_rare && packer->out == NULL && !packer->has_failed) {
        document->rare = take_memory(packer, sizeof *document->rare);
        if (document->rare == NULL) {
            return;
        }
        memset(document->rare, 0, sizeof *document->rare);
    }
    if (has_rare && document->rare != NULL) {
        struct document_rare *rare = document->rare;
        pack_signed(packer, &rare->disputed_minor);
        pack_signed(packer, &rare->reversed_minor);
        pack_array(packer, &rare->taken_off, sizeof(struct taken_off), pack_taken_off);
        pack_array(packer, &rare->scope, LIMIT_ID_BYTES + 1, pack_category);
        pack_array(packer, &rare->parts, sizeof(struct part), pack_part);
    }
}

static void pack_document(struct packer *packer, struct document *document) {
    pack_unsigned(packer, &document->customer);
    pack_text(packer, document->currency, sizeof document->currency);
    pack_byte(packer, &document->kind);
    pack_flag(packer, &document->is_source);
    pack_flag(packer, &document->is_pending);
    pack_flag(packer, &document->is_reversed);
    pack_byte(packer, &document->funding);
    pack_byte(packer, &document->priority);
    pack_byte(packer, &document->on_expiry);
    pack_signed(packer, &document->amount_minor);
    pack_date(packer, &document->posted_on);
    pack_date(packer, &document->due_on);
    pack_date(packer, &document->effective_from);
    pack_array(packer, &document->left.points, sizeof(struct timeline_point), pack_point);
    pack_array(packer, &document->aside.points, sizeof(struct timeline_point), pack_point);
    pack_array(packer, &document->links, sizeof(struct link), pack_link);
    pack_text(packer, document->id, LIMIT_ID_BYTES + 1);
    pack_text(packer, document->id + document->id_size + 1, LIMIT_ID_BYTES + 1);
    pack_rare(packer, document);
    if (packer->out == NULL) {
        document->counted = document_sum(document); /* What is stored was counted. */
    }
}

size_t document_bytes(size_t id_size, size_t category_size) {
    return offsetof(struct document, id) + id_size + 1 + category_size + 1;
}

/* The most that a row of that kind takes; a document's depends on its texts. */
static size_t row_size(uint8_t kind) {
    switch ((enum row_kind)kind) {
    case ROW_LEDGER:
        return sizeof(struct ledger_row);
    case ROW_CUSTOMER:
        return sizeof(struct customer);
    case ROW_DOCUMENT:
        return document_bytes(LIMIT_ID_BYTES, LIMIT_ID_BYTES);
    }
    return 0;
}

static void pack_row(struct packer *packer, struct row *row) {
    switch ((enum row_kind)row->kind) {
    case ROW_LEDGER:
        pack_ledger(packer, (struct ledger_row *)row);
        return;
    case ROW_CUSTOMER:
        pack_customer(packer, (struct customer *)row);
        return;
    case ROW_DOCUMENT:
        pack_document(packer, (struct document *)row);
        return;
    }
}

enum daybook_status row_pack(const struct row *row, struct daybook_buffer *out) {
    struct packer packer = {.out = out};
    size_t start = out->size;
    if (out->capacity > 0) {
        packer.to = out->data + out->size;
        packer.to_end = out->data + out->capacity;
    }
    uint8_t kind = row->kind;
    pack_byte(&packer, &kind);
    /* Writing changes nothing of the row; one set of functions for both ways needs the cast. */
    pack_row(&packer, (struct row *)(uintptr_t)row);
    out->size = packer.has_failed ? start : (size_t)(packer.to - out->data);
    return packer.has_failed ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

/* Until they are read, texts are as long as they may be. */
static void make_room_for_texts(struct row *row) {
    if (row->kind == ROW_DOCUMENT) {
        ((struct document *)row)->id_size = LIMIT_ID_BYTES;
        ((struct document *)row)->category_size = LIMIT_ID_BYTES;
    }
}

/* The same document in a block of its size; itself when memory is refused, which the packer notes. */
static struct row *cut_texts(struct packer *packer, struct document *document) {
    size_t id_size = strlen(document->id);
    size_t category_size = strlen(document_category(document));
    struct document *cut = take_memory(packer, document_bytes(id_size, category_size));
    if (cut == NULL) {
        return &document->row;
    }
    memcpy(cut, document, offsetof(struct document, id));
    memcpy(cut->id, document->id, id_size + 1);
    memcpy(cut->id + id_size + 1, document_category(document), category_size + 1);
    cut->id_size = (uint8_t)id_size;
    cut->category_size = (uint8_t)category_size;
    pool_free(packer->pool, document, document_bytes(LIMIT_ID_BYTES, LIMIT_ID_BYTES));
    return &cut->row;
}

enum daybook_status row_unpack(struct pool *pool, uint64_t number, struct daybook_bytes bytes, struct row **row,
                               struct daybook_error *error) {
    struct packer packer = {.at = bytes.data, .end = bytes.data + bytes.size, .pool = pool};
    uint8_t kind = 0;
    pack_byte(&packer, &kind);
    size_t size = packer.has_failed ? 0 : row_size(kind);
    if (size == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading row %llu of the state: it is of no known kind",
                            (unsigned long long)number);
    }
    struct row *fresh = take_memory(&packer, size);
    if (fresh != NULL) {
        memset(fresh, 0, size);
        fresh->number = number;
        fresh->kind = kind;
        make_room_for_texts(fresh);
        pack_row(&packer, fresh);
    }
    if (!packer.has_failed && kind == ROW_DOCUMENT) {
        fresh = cut_texts(&packer, (struct document *)fresh);
    }
    if (packer.is_refused) {
        row_release(pool, fresh);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading row %llu of the state: memory was refused",
                            (unsigned long long)number);
    }
    if (packer.has_failed || packer.at != packer.end) {
        row_release(pool, fresh);
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading row %llu of the state: its bytes are cut or damaged",
                            (unsigned long long)number);
    }
    *row = fresh;
    return DAYBOOK_OK;
}

void account_release(struct pool *pool, struct account *account) {
    if (account == NULL) {
        return;
    }
    vector_release(&account->future, sizeof(struct account_future), pool);
    vector_release(&account->lots, sizeof(struct lot_ref), pool);
    vector_release(&account->items, sizeof(struct item_ref), pool);
    vector_release(&account->sources, sizeof(struct item_ref), pool);
    vector_release(&account->expiries, sizeof(struct expiry_ref), pool);
    vector_release(&account->expired, sizeof(struct lot_ref), pool);
    vector_release(&account->policies, sizeof(struct credit_policy), pool);
    pool_free(pool, account, sizeof *account);
}

static void release_customer(struct pool *pool, struct customer *customer) {
    for (uint32_t i = 0; i < customer->accounts.count; i++) {
        account_release(pool, *VECTOR_AT(struct account *, &customer->accounts, i));
    }
    vector_release(&customer->accounts, sizeof(struct account *), pool);
    vector_release(&customer->holds, sizeof(struct credit_hold_change), pool);
    vector_release(&customer->profiles, sizeof(struct profile), pool);
}

static void release_document(struct pool *pool, struct document *document) {
    timeline_release(&document->left, pool);
    timeline_release(&document->aside, pool);
    vector_release(&document->links, sizeof(struct link), pool);
    struct document_rare *rare = document->rare;
    if (rare == NULL) {
        return;
    }
    for (uint32_t i = 0; i < rare->parts.count; i++) {
        timeline_release(&VECTOR_AT(struct part, &rare->parts, i)->left, pool);
        timeline_release(&VECTOR_AT(struct part, &rare->parts, i)->aside, pool);
    }
    vector_release(&rare->parts, sizeof(struct part), pool);
    vector_release(&rare->taken_off, sizeof(struct taken_off), pool);
    vector_release(&rare->scope, LIMIT_ID_BYTES + 1, pool);
    pool_free(pool, rare, sizeof *rare);
}

void row_release(struct pool *pool, struct row *row) {
    if (row == NULL) {
        return;
    }
    switch ((enum row_kind)row->kind) {
    case ROW_LEDGER:
        vector_release(&((struct ledger_row *)row)->turnover, sizeof(struct turnover), pool);
        vector_release(&((struct ledger_row *)row)->thresholds, sizeof(struct threshold), pool);
        vector_release(&((struct ledger_row *)row)->proposals, sizeof(struct open_proposal), pool);
        break;
    case ROW_CUSTOMER:
        release_customer(pool, (struct customer *)row);
        break;
    case ROW_DOCUMENT:
        release_document(pool, (struct document *)row);
        break;
    }
    const struct document *document = (const struct document *)row;
    pool_free(pool, row,
              row->kind == ROW_DOCUMENT ? document_bytes(document->id_size, document->category_size)
                                        : row_size(row->kind));
}
