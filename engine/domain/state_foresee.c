/*
 * Hints: what deciding will read is fetched before its turn.
 *
 * A chain of addresses leads from a request to its rows: the customer's name, the
 * customer, its accounts, their lists, the documents in those. Each step reads only
 * what the step before had fetched, and finds the customer anew when any row has gone
 * in between, so that none that has gone is touched.
 */
#include <stddef.h>
#include <string.h>

#include "domain/state_internal.h"

enum { CACHE_LINE = 64 };

/* Each step is a function of its own, so that choosing one needs no registers to be saved. */
#define STEP __attribute__((noinline)) static

static inline void fetch(const void *address) {
    __builtin_prefetch(address);
}

static inline void fetch_bytes(const void *address, size_t size) {
    for (size_t at = 0; at < size; at += CACHE_LINE) {
        fetch((const uint8_t *)address + at);
    }
}

static void foresee_name(const struct state *state, uint64_t hash) {
    fetch(names_first_slot(&state->names, hash));
    if (state_is_frozen(state)) {
        fetch(names_first_slot(&state->frozen_names, hash));
    }
    if (state->source.foresee_name != NULL) {
        state->source.foresee_name(state->source.context, hash);
    }
}

STEP const struct customer *find_customer(const struct state *state, struct state_hint *hint) {
    hint->customer = (const struct customer *)recent_get(&state->recent_customers, hint->customer_hash);
    hint->gone_rows = state->gone_rows;
    return hint->customer;
}

static inline const struct customer *customer_of(const struct state *state, struct state_hint *hint) {
    bool is_known = hint->customer != NULL && hint->gone_rows == state->gone_rows;
    return is_known ? hint->customer : find_customer(state, hint);
}

/* The document that will be made: its name must be new. */
STEP void foresee_document(const struct state *state, struct state_hint *hint, const struct customer *customer) {
    if (hint->document != NULL) {
        hint->document_hash = name_hash_document(customer->row.number, hint->kind, hint->document);
        hint->document_of = customer->row.number;
        foresee_name(state, hint->document_hash);
        fetch(recent_place(&state->recent_documents, hint->document_hash));
    }
}

STEP void foresee_lists(const struct account *account) {
    fetch(account->items.items);
    fetch(account->lots.items);
    fetch(account->sources.items);
    fetch(account->expiries.items);
    fetch(account->policies.items);
}

/* What a payment and a charge go to: the first items by their due day, and the first lot. */
enum { ITEMS_AHEAD = 2, NUMBERS_AHEAD = ITEMS_AHEAD + 1 };

static unsigned numbers_ahead(const struct account *account, uint64_t numbers[NUMBERS_AHEAD]) {
    unsigned count = 0;
    for (uint32_t i = 0; i < ITEMS_AHEAD && i < account->items.count; i++) {
        numbers[count++] = VECTOR_AT(struct item_ref, &account->items, i)->number;
    }
    if (account->lots.count > 0) {
        numbers[count++] = VECTOR_AT(struct lot_ref, &account->lots, 0)->number;
    }
    return count;
}

STEP void foresee_slots(const struct state *state, const struct account *account) {
    uint64_t numbers[NUMBERS_AHEAD];
    unsigned count = numbers_ahead(account, numbers);
    for (unsigned i = 0; i < count; i++) {
        fetch(rows_first_slot(&state->rows, numbers[i]));
    }
}

/* The rows themselves, but for their texts. */
STEP void foresee_rows(const struct state *state, const struct account *account) {
    uint64_t numbers[NUMBERS_AHEAD];
    unsigned count = numbers_ahead(account, numbers);
    for (unsigned i = 0; i < count; i++) {
        const struct row *row = rows_get(&state->rows, numbers[i]);
        if (row != NULL) {
            fetch_bytes(row, offsetof(struct document, id));
        }
    }
}

STEP void foresee_levels(const struct state *state, const struct account *account) {
    uint64_t numbers[NUMBERS_AHEAD];
    unsigned count = numbers_ahead(account, numbers);
    for (unsigned i = 0; i < count; i++) {
        const struct row *row = rows_get(&state->rows, numbers[i]);
        if (row != NULL && row->kind == ROW_DOCUMENT) {
            fetch(((const struct document *)row)->left.points.items);
            fetch(((const struct document *)row)->links.items);
        }
    }
}

/* Rows come in the order of their numbers, so the place of one that may come soon is known. */
void state_foresee_row(const struct state *state, uint64_t number) {
    enum { EVENTS_AHEAD = 12 };
    fetch(rows_first_slot(&state->rows, number + EVENTS_AHEAD));
}

void state_foresee_event(const struct state *state, const Pb__Event *event) {
    fetch(recent_place(&state->recent_customers, name_hash_customer(event->customer)));
    if (event->request_digest != 0) {
        struct daybook_bytes key = {event->request_key.data, event->request_key.len};
        foresee_name(state, name_hash_key(key));
    }
}

/* In three steps, each some rows before the next: the row's place in the table, the row, its lists. */
void state_foresee_packing(const struct state *state) {
    enum { PLACES_AHEAD = 18, ROWS_AHEAD = 12, LISTS_AHEAD = 6 };
    const struct changed_rows *frozen = &state->frozen;
    size_t at = state->frozen_next;
    if (at + PLACES_AHEAD < frozen->count) {
        fetch(rows_first_slot(&state->rows, frozen->numbers[at + PLACES_AHEAD]));
    }
    if (at + ROWS_AHEAD < frozen->count) {
        const struct row *row = rows_get(&state->rows, frozen->numbers[at + ROWS_AHEAD]);
        if (row != NULL) {
            fetch_bytes(row, offsetof(struct document, id) + CACHE_LINE);
        }
    }
    if (at + LISTS_AHEAD < frozen->count) {
        const struct row *row = rows_get(&state->rows, frozen->numbers[at + LISTS_AHEAD]);
        if (row != NULL && row->kind == ROW_DOCUMENT) {
            fetch(((const struct document *)row)->left.points.items);
            fetch(((const struct document *)row)->links.items);
        }
    }
}

static void name_document(struct state_hint *hint, Pb__DocumentKind kind, const char *id) {
    hint->kind = kind;
    hint->document = id;
}

static struct state_hint hint_of(const char *customer, struct daybook_bytes key) {
    return (struct state_hint){.customer_id = customer,
                               .customer_hash = name_hash_customer(customer),
                               .key = key,
                               .key_hash = name_hash_key(key)};
}

void state_prepare_hint(const Pb__Request *request, struct state_hint *hint) {
    *hint = hint_of(request->customer, (struct daybook_bytes){request->key.data, request->key.len});
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_POST_CHARGE:
        name_document(hint, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, request->post_charge->charge);
        break;
    case PB__REQUEST__COMMAND_RECEIVE_PAYMENT:
        name_document(hint, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, request->receive_payment->payment);
        break;
    case PB__REQUEST__COMMAND_RECEIVE_DEPOSIT:
        name_document(hint, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, request->receive_deposit->lot);
        break;
    default:
        break;
    }
}

void state_prepare_hint_of_event(const Pb__Event *event, struct state_hint *hint) {
    *hint = hint_of(event->customer, (struct daybook_bytes){event->request_key.data, event->request_key.len});
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        name_document(hint, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->charge_posted->charge);
        break;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        name_document(hint, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, event->payment_received->payment);
        break;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        name_document(hint, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, event->deposit_received->lot);
        break;
    default:
        break;
    }
}

/* The first account's: nearly every customer has one. */
static void foresee_account(const struct state *state, unsigned step, const struct account *account) {
    switch (step) {
    case 3:
        fetch_bytes(account, sizeof *account);
        break;
    case 4:
        foresee_lists(account);
        break;
    case 5:
        foresee_slots(state, account);
        break;
    case 6:
        foresee_rows(state, account);
        break;
    default:
        foresee_levels(state, account);
        break;
    }
}

void state_foresee(const struct state *state, unsigned step, struct state_hint *hint) {
    if (step == 0) {
        fetch(recent_place(&state->recent_customers, hint->customer_hash));
        foresee_name(state, hint->key_hash);
        return;
    }
    const struct customer *customer = customer_of(state, hint);
    if (customer == NULL) {
        return;
    }
    if (step == 1) {
        fetch_bytes(customer, sizeof *customer);
        return;
    }
    if (step == 2) {
        fetch(customer->accounts.items);
        fetch(customer->profiles.items);
        foresee_document(state, hint, customer);
        return;
    }
    if (customer->accounts.count > 0) {
        foresee_account(state, step, *VECTOR_AT(struct account *, &customer->accounts, 0));
    }
}

/* ---- what the hint tells the search ---- */

void state_know_names(struct state *state, const struct state_hint *hint) {
    state->known = hint;
}

uint64_t state_hash_customer(const struct state *state, const char *id) {
    const struct state_hint *known = state->known;
    return known != NULL && known->customer_id == id ? known->customer_hash : name_hash_customer(id);
}

uint64_t state_hash_key(const struct state *state, struct daybook_bytes key) {
    const struct state_hint *known = state->known;
    bool is_known = known != NULL && known->key.data == key.data && known->key.size == key.size;
    return is_known ? known->key_hash : name_hash_key(key);
}

uint64_t state_hash_document(const struct state *state, const struct customer *customer, Pb__DocumentKind kind,
                             const char *id) {
    const struct state_hint *known = state->known;
    bool is_known =
        known != NULL && known->document == id && known->kind == kind && known->document_of == customer->row.number;
    return is_known ? known->document_hash : name_hash_document(customer->row.number, kind, id);
}
