/* The rows and names that deciding works on: finding, adding, dropping. */
#include "domain/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"
#include "domain/state_internal.h"

enum {
    NAME_CANDIDATES = 16, /* Looked at in one go. */
    EVENT_ARENA_BYTES = 1 << 20,
    TRIM_AHEAD = 12, /* A row is fetched so many places before trimming comes to it. */
};

struct state *state_open(const struct state_source *source) {
    struct state *state = calloc(1, sizeof *state);
    if (state != NULL) {
        pool_init(&state->pool);
        arena_init(&state->event_arena, EVENT_ARENA_BYTES);
        state->source = *source;
        state->epoch = 1;
        state->recent_customers.most = RECENT_CUSTOMERS_MOST;
        state->recent_documents.most = RECENT_DOCUMENTS_MOST;
    }
    return state;
}

void state_close(struct state *state) {
    if (state == NULL) {
        return;
    }
    names_release(&state->names);
    names_release(&state->frozen_names);
    rows_release(&state->rows);
    recent_release(&state->recent_customers);
    recent_release(&state->recent_documents);
    free(state->undo_bytes);
    free(state->changed.numbers);
    free(state->frozen.numbers);
    daybook_buffer_release(&state->image);
    arena_release(&state->event_arena);
    pool_release(&state->pool); /* With every row. */
    free(state);
}

struct pool *state_pool(struct state *state) {
    return &state->pool;
}

size_t state_used_bytes(const struct state *state) {
    return state->pool.used_bytes;
}

/* A row from memory, or from the checkpoint; *row is NULL when it is in neither. */
static enum daybook_status find_row(struct state *state, uint64_t number, struct row **row,
                                    struct daybook_error *error) {
    *row = rows_get(&state->rows, number);
    if (*row != NULL) {
        (*row)->was_used = true;
        return DAYBOOK_OK;
    }
    struct daybook_bytes bytes;
    bool is_found = false;
    enum daybook_status status = state->source.load_row(state->source.context, number, &bytes, &is_found, error);
    if (status != DAYBOOK_OK || !is_found) {
        return status;
    }
    struct row *loaded = NULL;
    status = row_unpack(&state->pool, number, bytes, &loaded, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!rows_put(&state->rows, loaded)) {
        row_release(&state->pool, loaded);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "loading row %llu: memory was refused",
                            (unsigned long long)number);
    }
    loaded->was_used = true;
    *row = loaded;
    return DAYBOOK_OK;
}

static enum daybook_status find_row_of(struct state *state, uint64_t number, enum row_kind kind, struct row **row,
                                       struct daybook_error *error) {
    enum daybook_status status = find_row(state, number, row, error);
    if (status == DAYBOOK_OK && *row != NULL && (*row)->kind != kind) {
        *row = NULL;
    }
    return status;
}

enum daybook_status state_ledger(struct state *state, struct ledger_row **ledger, struct daybook_error *error) {
    if (state->ledger != NULL) {
        *ledger = state->ledger;
        return DAYBOOK_OK;
    }
    struct row *row = NULL;
    enum daybook_status status = find_row_of(state, ROW_LEDGER_NUMBER, ROW_LEDGER, &row, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (row == NULL) {
        /* The first time ever: an empty ledger row, which is no change to be undone. */
        struct ledger_row *fresh = pool_alloc(&state->pool, sizeof *fresh);
        if (fresh == NULL || (memset(fresh, 0, sizeof *fresh), !rows_put(&state->rows, &fresh->row))) {
            pool_free(&state->pool, fresh, sizeof *fresh);
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "making the ledger's row: memory was refused");
        }
        fresh->row.kind = ROW_LEDGER;
        row = &fresh->row;
    }
    state->ledger = (struct ledger_row *)row;
    *ledger = state->ledger;
    return DAYBOOK_OK;
}

enum daybook_status state_customer(struct state *state, uint64_t number, struct customer **customer,
                                   struct daybook_error *error) {
    struct row *row = NULL;
    enum daybook_status status = find_row_of(state, number, ROW_CUSTOMER, &row, error);
    *customer = (struct customer *)row;
    return status;
}

static void put_at_hand(struct state *state, struct document *document) {
    state->at_hand.documents[state->at_hand.next++ % AT_HAND_DOCUMENTS] = document;
}

enum daybook_status state_document(struct state *state, uint64_t number, struct document **document,
                                   struct daybook_error *error) {
    struct document *last = state->at_hand.documents[(state->at_hand.next - 1) % AT_HAND_DOCUMENTS];
    if (last != NULL && last->row.number == number) {
        *document = last; /* Asked for a moment ago, or made. */
        return DAYBOOK_OK;
    }
    struct row *row = NULL;
    enum daybook_status status = find_row_of(state, number, ROW_DOCUMENT, &row, error);
    *document = (struct document *)row;
    if (*document != NULL) {
        put_at_hand(state, *document);
    }
    return status;
}

/* A candidate for a name; *is_match stops the search. */
typedef enum daybook_status match_function(struct state *state, uint64_t number, void *context, bool *is_match,
                                           struct daybook_error *error);

/* Those of one table. What is looked for is mostly new, and half of the places are free. */
static inline enum daybook_status search_table(struct state *state, const struct name_table *names, uint64_t hash,
                                               match_function *match, void *context, bool *is_match,
                                               struct daybook_error *error) {
    uint64_t number;
    uint32_t probe = 0;
    const uint64_t *slot = names_first_slot(names, hash);
    if (slot == NULL || *slot == 0) {
        return DAYBOOK_OK;
    }
    while (!*is_match && names_next(names, hash, &probe, &number)) {
        DAYBOOK_TRY(match(state, number, context, is_match, error));
    }
    return DAYBOOK_OK;
}

/* Offers every number filed under `hash` to `match` until one matches. */
static enum daybook_status search_names(struct state *state, uint64_t hash, match_function *match, void *context,
                                        struct daybook_error *error) {
    bool is_match = false;
    DAYBOOK_TRY(search_table(state, &state->names, hash, match, context, &is_match, error));
    if (!is_match) {
        DAYBOOK_TRY(search_table(state, &state->frozen_names, hash, match, context, &is_match, error));
    }
    uint64_t numbers[NAME_CANDIDATES];
    size_t seen = 0;
    size_t wanted = 1; /* Nearly always the first is it, or there is none; then nothing else is looked at. */
    size_t count = wanted;
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && count == wanted && !is_match) {
        wanted = seen == 0 ? 1 : NAME_CANDIDATES;
        status = state->source.find_names(state->source.context, hash, seen, numbers, wanted, &count, error);
        for (size_t i = 0; status == DAYBOOK_OK && i < count && !is_match; i++) {
            status = match(state, numbers[i], context, &is_match, error);
        }
        seen += count;
    }
    return status;
}

static struct recent_table *recents_of(struct state *state, enum row_kind kind) {
    return kind == ROW_CUSTOMER ? &state->recent_customers : &state->recent_documents;
}

static void remember(struct state *state, uint64_t hash, struct row *row) {
    if (row != NULL) {
        recent_remember(recents_of(state, (enum row_kind)row->kind), hash, row);
    }
}

static uint64_t name_hash_of(const struct row *row) {
    if (row->kind == ROW_CUSTOMER) {
        return name_hash_customer(((const struct customer *)row)->id);
    }
    const struct document *document = (const struct document *)row;
    return name_hash_document(document->customer, (Pb__DocumentKind)document->kind, document->id);
}

void state_forget_recent(struct state *state, const struct row *row) {
    assert(row->kind != ROW_LEDGER); /* It is neither dropped nor taken back. */
    state->gone_rows++;
    if (state->at_hand.customer == (const struct customer *)row) {
        state->at_hand.customer = NULL;
    }
    recent_forget(recents_of(state, (enum row_kind)row->kind), name_hash_of(row), row);
    for (size_t i = 0; i < AT_HAND_DOCUMENTS; i++) {
        if (state->at_hand.documents[i] == (const struct document *)row) {
            state->at_hand.documents[i] = NULL;
        }
    }
}

/* A name leads to a number whose row is not there. Where the event of that number made one, the checkpoint has lost it:
 * its rows are checked one by one, but nothing else says that all of them are there. *event is borrowed until the next
 * event is read. */
static enum daybook_status read_rowless(struct state *state, uint64_t number, const Pb__Event **event,
                                        struct daybook_error *error) {
    arena_reset(&state->event_arena);
    DAYBOOK_TRY(state_read_event(state, number, &state->event_arena, event, error));
    switch ((int)(*event)->body_case) {
    case PB__EVENT__BODY_CUSTOMER_OPENED:
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_CHARGE_POSTED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_DISPUTE_OPENED:
        return daybook_fail(
            error, DAYBOOK_DAMAGED,
            "reading row %llu of the state: event %llu made it, and it is not there; when the ledger is opened next, "
            "the state is made again from the journal",
            (unsigned long long)number, (unsigned long long)number);
    default:
        return DAYBOOK_OK;
    }
}

struct customer_search {
    const char *id;
    struct customer *found;
};

static enum daybook_status match_customer(struct state *state, uint64_t number, void *context, bool *is_match,
                                          struct daybook_error *error) {
    struct customer_search *search = context;
    struct customer *customer = NULL;
    struct document *document = NULL;
    DAYBOOK_TRY(state_customer(state, number, &customer, error));
    if (customer == NULL) {
        DAYBOOK_TRY(state_document(state, number, &document, error));
    }
    if (customer == NULL && document == NULL) {
        const Pb__Event *event = NULL;
        return read_rowless(state, number, &event, error);
    }
    *is_match = customer != NULL && strcmp(customer->id, search->id) == 0;
    search->found = *is_match ? customer : search->found;
    return DAYBOOK_OK;
}

enum daybook_status state_find_customer(struct state *state, const char *id, struct customer **customer,
                                        struct daybook_error *error) {
    struct customer *at_hand = state->at_hand.customer;
    if (at_hand != NULL && id == at_hand->id) {
        *customer = at_hand;
        return DAYBOOK_OK;
    }
    struct customer_search search = {.id = id};
    uint64_t hash = state_hash_customer(state, id);
    struct customer *recent = (struct customer *)recent_get(&state->recent_customers, hash);
    if (recent != NULL && strcmp(recent->id, id) == 0) {
        recent->row.was_used = true;
        *customer = recent;
        state->at_hand.customer = recent;
        return DAYBOOK_OK;
    }
    enum daybook_status status = search_names(state, hash, match_customer, &search, error);
    *customer = search.found;
    state->at_hand.customer = search.found;
    remember(state, hash, (struct row *)search.found);
    return status;
}

/* The id under which an event files a document of `kind`; NULL: it makes none. */
static const char *event_document_id(const Pb__Event *event, Pb__DocumentKind kind) {
    if (kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND && event->body_case == PB__EVENT__BODY_REFUNDED) {
        return event->refunded->refund;
    }
    if (kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT && event->body_case == PB__EVENT__BODY_STATEMENT_ISSUED) {
        return event->statement_issued->statement;
    }
    if (kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION && event->body_case == PB__EVENT__BODY_ALLOCATED) {
        return event->allocated->allocation;
    }
    if (kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT && event->body_case == PB__EVENT__BODY_ADJUSTMENT_POSTED) {
        return event->adjustment_posted->adjustment;
    }
    return NULL;
}

struct document_search {
    const struct customer *customer;
    Pb__DocumentKind kind;
    const char *id;
    struct document *found;
    uint64_t sequence;
};

static bool is_document(const struct document *document, const struct document_search *search) {
    return document->customer == search->customer->row.number && (int)document->kind == (int)search->kind &&
           strcmp(document->id, search->id) == 0;
}

static enum daybook_status match_document(struct state *state, uint64_t number, void *context, bool *is_match,
                                          struct daybook_error *error) {
    struct document_search *search = context;
    struct document *document = NULL;
    enum daybook_status status = state_document(state, number, &document, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (document != NULL) {
        *is_match = is_document(document, search);
        search->found = *is_match ? document : NULL;
    } else {
        const Pb__Event *event = NULL;
        struct customer *customer = NULL;
        status = state_customer(state, number, &customer, error);
        if (status == DAYBOOK_OK && customer == NULL) {
            status = read_rowless(state, number, &event, error);
        }
        if (status == DAYBOOK_OK && event != NULL) {
            const char *id = event_document_id(event, search->kind);
            *is_match = id != NULL && strcmp(id, search->id) == 0 && strcmp(event->customer, search->customer->id) == 0;
        }
    }
    search->sequence = *is_match ? number : 0;
    return status;
}

struct document *state_at_hand(const struct state *state, const struct customer *customer, Pb__DocumentKind kind,
                               const char *id) {
    for (unsigned i = 1; i <= AT_HAND_DOCUMENTS; i++) {
        struct document *document = state->at_hand.documents[(state->at_hand.next - i) % AT_HAND_DOCUMENTS];
        if (document != NULL && id == document->id) {
            bool is_right = (int)document->kind == (int)kind && document->customer == customer->row.number;
            return is_right ? document : NULL;
        }
    }
    return NULL;
}

enum daybook_status state_find_document(struct state *state, const struct customer *customer, Pb__DocumentKind kind,
                                        const char *id, struct document **document, uint64_t *sequence,
                                        struct daybook_error *error) {
    struct document_search search = {.customer = customer, .kind = kind, .id = id};
    uint64_t hash = state_hash_document(state, customer, kind, id);
    struct document *recent = (struct document *)recent_get(&state->recent_documents, hash);
    if (recent != NULL && is_document(recent, &search)) {
        recent->row.was_used = true;
        *document = recent;
        *sequence = recent->row.number;
        return DAYBOOK_OK;
    }
    enum daybook_status status = search_names(state, hash, match_document, &search, error);
    *document = search.found;
    *sequence = search.sequence;
    remember(state, hash, (struct row *)search.found);
    return status;
}

enum daybook_status state_read_event(struct state *state, uint64_t sequence, struct arena *arena,
                                     const Pb__Event **event, struct daybook_error *error) {
    struct daybook_bytes bytes;
    enum daybook_status status = state->source.read_event(state->source.context, sequence, &bytes, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    ProtobufCMessage *message = NULL;
    status = wire_decode(&pb__event__descriptor, bytes, arena, &message, error);
    *event = (const Pb__Event *)message;
    return status;
}

struct proposal_search {
    const char *id;
    uint64_t sequence;
};

static enum daybook_status match_proposal(struct state *state, uint64_t number, void *context, bool *is_match,
                                          struct daybook_error *error) {
    struct proposal_search *search = context;
    const Pb__Event *event = NULL;
    arena_reset(&state->event_arena);
    enum daybook_status status = state_read_event(state, number, &state->event_arena, &event, error);
    if (status == DAYBOOK_OK) {
        *is_match = event->body_case == PB__EVENT__BODY_REQUEST_PROPOSED &&
                    strcmp(event->request_proposed->proposal, search->id) == 0;
        search->sequence = *is_match ? number : 0;
    }
    return status;
}

enum daybook_status state_find_proposal(struct state *state, const char *id, uint64_t *sequence,
                                        struct daybook_error *error) {
    struct proposal_search search = {.id = id};
    enum daybook_status status = search_names(state, name_hash_proposal(id), match_proposal, &search, error);
    *sequence = search.sequence;
    return status;
}

struct key_search {
    struct daybook_bytes key;
    struct arena *arena;
    const Pb__Event *found;
};

static enum daybook_status match_key(struct state *state, uint64_t number, void *context, bool *is_match,
                                     struct daybook_error *error) {
    struct key_search *search = context;
    const Pb__Event *event = NULL;
    enum daybook_status status = state_read_event(state, number, search->arena, &event, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    struct daybook_bytes key = {event->request_key.data, event->request_key.len};
    *is_match = event->request_digest != 0 && daybook_bytes_equal(key, search->key);
    search->found = *is_match ? event : NULL;
    return DAYBOOK_OK;
}

enum daybook_status state_find_key(struct state *state, struct daybook_bytes key, struct arena *arena,
                                   const Pb__Event **event, struct daybook_error *error) {
    struct key_search search = {.key = key, .arena = arena};
    enum daybook_status status = search_names(state, state_hash_key(state, key), match_key, &search, error);
    *event = search.found;
    return status;
}

/* A zeroed row of that size and kind. */
static enum daybook_status make_row(struct state *state, uint64_t number, enum row_kind kind, size_t size,
                                    struct row **row, struct daybook_error *error) {
    *row = pool_alloc(&state->pool, size);
    if (*row == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "adding row %llu: memory was refused",
                            (unsigned long long)number);
    }
    memset(*row, 0, size);
    (*row)->number = number;
    (*row)->kind = (uint8_t)kind;
    return DAYBOOK_OK;
}

/* Takes the row: into the table, and filed under `hash`. */
static enum daybook_status file_row(struct state *state, struct row *row, uint64_t hash, struct daybook_error *error) {
    enum daybook_status status = state_record_new_row(state, row, error);
    if (status != DAYBOOK_OK) {
        row_release(&state->pool, row);
        return status;
    }
    return state_record_new_name(state, hash, row->number, error);
}

enum daybook_status state_add_customer(struct state *state, uint64_t number, const char *id, struct customer **customer,
                                       struct daybook_error *error) {
    struct row *row = NULL;
    size_t size = strlen(id);
    assert(size <= LIMIT_ID_BYTES);
    DAYBOOK_TRY(make_row(state, number, ROW_CUSTOMER, sizeof **customer, &row, error));
    memcpy(((struct customer *)row)->id, id, size + 1);
    uint64_t hash = state_hash_customer(state, id);
    DAYBOOK_TRY(file_row(state, row, hash, error));
    remember(state, hash, row); /* A new document is at hand instead, and few of them are asked for by name soon. */
    *customer = (struct customer *)row;
    return DAYBOOK_OK;
}

enum daybook_status state_add_document(struct state *state, uint64_t number, const struct customer *customer,
                                       Pb__DocumentKind kind, const char *id, const char *category,
                                       struct document **document, struct daybook_error *error) {
    struct row *row = NULL;
    size_t id_size = strlen(id);
    size_t category_size = strlen(category);
    assert(id_size <= LIMIT_ID_BYTES && category_size <= LIMIT_ID_BYTES);
    DAYBOOK_TRY(make_row(state, number, ROW_DOCUMENT, document_bytes(id_size, category_size), &row, error));
    struct document *fresh = (struct document *)row;
    fresh->customer = customer->row.number;
    fresh->kind = (uint8_t)kind;
    fresh->id_size = (uint8_t)id_size;
    fresh->category_size = (uint8_t)category_size;
    memcpy(fresh->id, id, id_size + 1);
    memcpy(fresh->id + id_size + 1, category, category_size + 1);
    DAYBOOK_TRY(file_row(state, row, state_hash_document(state, customer, kind, id), error));
    put_at_hand(state, fresh);
    *document = fresh;
    return DAYBOOK_OK;
}

enum daybook_status state_make_rare(struct state *state, struct document *document, struct document_rare **rare,
                                    struct daybook_error *error) {
    if (document->rare == NULL) {
        document->rare = pool_alloc(&state->pool, sizeof **rare);
        if (document->rare == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "changing document %llu: memory was refused",
                                (unsigned long long)document->row.number);
        }
        memset(document->rare, 0, sizeof **rare);
    }
    *rare = document->rare;
    return DAYBOOK_OK;
}

enum daybook_status state_add_account(struct state *state, struct customer *customer, const char *currency,
                                      struct account **account, struct daybook_error *error) {
    *account = customer_account(customer, currency);
    if (*account != NULL) {
        return DAYBOOK_OK;
    }
    struct account *fresh = pool_alloc(&state->pool, sizeof *fresh);
    if (fresh == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "adding an account in %s: memory was refused", currency);
    }
    memset(fresh, 0, sizeof *fresh);
    memcpy(fresh->currency, currency, sizeof fresh->currency);
    enum daybook_status status = state_record_new_account(state, customer, fresh, error);
    if (status != DAYBOOK_OK) {
        account_release(&state->pool, fresh);
        return status;
    }
    *account = fresh;
    return DAYBOOK_OK;
}

enum daybook_status state_add_document_name(struct state *state, uint64_t sequence, const struct customer *customer,
                                            Pb__DocumentKind kind, const char *id, struct daybook_error *error) {
    return state_record_new_name(state, name_hash_document(customer->row.number, kind, id), sequence, error);
}

enum daybook_status state_add_proposal_name(struct state *state, uint64_t sequence, const char *id,
                                            struct daybook_error *error) {
    return state_record_new_name(state, name_hash_proposal(id), sequence, error);
}

enum daybook_status state_add_key(struct state *state, struct daybook_bytes key, uint64_t sequence,
                                  struct daybook_error *error) {
    return state_record_new_name(state, state_hash_key(state, key), sequence, error);
}

void state_trim(struct state *state, size_t limit_bytes, size_t most) {
    assert(!state->is_recording);
    /* Two rounds at most: the first one takes the marks of use off. */
    uint64_t steps = (uint64_t)state->rows.capacity * 2;
    steps = most < steps ? most : steps;
    while (state->pool.used_bytes > limit_bytes && steps-- > 0) {
        uint32_t at = state->rows.hand & (state->rows.capacity - 1);
        __builtin_prefetch(state->rows.slots[(at + TRIM_AHEAD) & (state->rows.capacity - 1)].row);
        struct row *row = state->rows.slots[at].row;
        bool is_saved = row != NULL && row->changed_in <= state->saved_epoch;
        if (!is_saved || row->was_used || row->kind == ROW_LEDGER) {
            if (row != NULL) {
                row->was_used = false;
            }
            state->rows.hand = at + 1;
            continue;
        }
        state_forget_recent(state, row);
        rows_remove(&state->rows, row->number); /* May move another row here: look again. */
        row_release(&state->pool, row);
    }
}
