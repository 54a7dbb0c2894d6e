/* What the files of the state share; nobody else includes it. */
#ifndef DAYBOOK_DOMAIN_STATE_INTERNAL_H
#define DAYBOOK_DOMAIN_STATE_INTERNAL_H

#include "domain/state.h"

/* Rows by number: open addressing, linear probing. The number stands in the slot,
 * so that probing touches no other row. */
struct row_slot {
    uint64_t number;
    struct row *row; /* NULL: free. */
};

struct row_table {
    struct row_slot *slots;
    uint32_t capacity; /* A power of two. */
    uint32_t count;
    uint32_t hand; /* Where the next trimming begins. */
};

/* Names since the last checkpoint, in the order in which they came, and an index on them. */
struct name_table {
    struct name_entry *entries;
    uint32_t count;
    uint32_t entry_capacity;
    uint32_t capacity; /* Of the index: a power of two. */
    uint64_t *slots;   /* The hash's upper half, then the entry's index + 1; 0 = free. */
};

/* Rows that changed in one epoch, by number: some more than once, some since taken back. */
struct changed_rows {
    uint64_t *numbers;
    size_t count;
    size_t capacity;
    size_t count_at_begin; /* At state_begin. */
};

/* Rows that were found by name lately: deciding, emitting and folding ask for the same
 * few again and again, and most customers are asked for often. By the name's hash in sets
 * of a cache line, so that two that are asked for in turn do not push each other out: who
 * is not here is looked for in the names of the whole history. A row that goes away takes
 * its place with it. Grows with what is used of it. */
struct recent {
    uint64_t hash;
    struct row *row; /* NULL: free. */
};
struct recent_table {
    struct recent *slots; /* NULL: memory was refused, so nothing is remembered. */
    uint32_t capacity;    /* A power of two. */
    uint32_t used;
    uint32_t most; /* It grows no further. */
};
enum { RECENT_WAYS = 4, RECENT_CUSTOMERS_MOST = 1 << 22, RECENT_DOCUMENTS_MOST = 1 << 14 };

/* The documents that were last asked for by number or made, and the customer that was found last. Deciding finds either
 * once, and the event that it then makes names it by the id in that very row: folding knows it by the address of the id
 * alone. */
enum { AT_HAND_DOCUMENTS = 8 };
struct at_hand {
    struct customer *customer;                     /* NULL: none. */
    struct document *documents[AT_HAND_DOCUMENTS]; /* NULL: none. */
    unsigned next;
};

/* What must be done to take the last change back; undone last first. */
enum undo_kind {
    UNDO_FIELD,
    UNDO_INSERT,
    UNDO_REMOVE,
    UNDO_REPLACE,
    UNDO_LEVEL,
    UNDO_ADD_ROW,
    UNDO_ADD_NAME,
    UNDO_ADD_ACCOUNT
};

struct undo {
    enum undo_kind kind;
    uint32_t index;
    uint32_t size; /* Of the old bytes, which follow in the undo bytes. */
    int32_t date;
    void *target; /* The field, the vector, the timeline or the row. */
    int64_t delta_minor;
};

struct state {
    struct pool pool;
    struct state_source source;
    struct row_table rows;
    struct name_table names;        /* Of this epoch. */
    struct name_table frozen_names; /* Of the one before, until they are saved. */
    uint32_t epoch;                 /* From 1. */
    uint32_t saved_epoch;           /* What was changed in it or before is in the checkpoint. */
    struct changed_rows changed;    /* In this epoch. */
    struct changed_rows frozen;     /* In the one before. */
    size_t frozen_next;             /* The next of them to be packed. */
    struct control *counted;        /* By packing. */
    struct daybook_buffer image;
    size_t image_count;
    struct vector undos; /* struct undo */
    uint8_t *undo_bytes; /* Old bytes, a stack. */
    size_t undo_bytes_size;
    size_t undo_bytes_capacity;
    bool is_recording;
    struct ledger_row *ledger;
    struct recent_table recent_customers;
    struct recent_table recent_documents;
    struct at_hand at_hand;
    const struct state_hint *known; /* Of the request that is decided; NULL: nothing is. */
    uint64_t gone_rows;             /* How many have gone away since it was opened. */
    struct arena event_arena;       /* Of an event that a name led to; reset for each. */
};

/* Numbers are sequences, one soon after the other. By the golden ratio's multiples, of which the upper bits count,
 * each falls into the largest gap that those before it have left: hardly two of them in one place. */
static inline uint32_t row_home(uint64_t number, uint32_t capacity) {
    return (uint32_t)((number * 0x9E3779B97F4A7C15ULL) >> 32) >> (__builtin_clz(capacity) + 1);
}

/* Where the search for it begins; NULL: the table is empty. */
static inline const struct row_slot *rows_first_slot(const struct row_table *rows, uint64_t number) {
    return rows->capacity == 0 ? NULL : &rows->slots[row_home(number, rows->capacity)];
}
static inline const uint64_t *names_first_slot(const struct name_table *names, uint64_t hash) {
    return names->capacity == 0 ? NULL : &names->slots[(uint32_t)hash & (names->capacity - 1)];
}

struct row *rows_get(const struct row_table *rows, uint64_t number);
bool rows_put(struct row_table *rows, struct row *row); /* False: memory was refused. */
void rows_remove(struct row_table *rows, uint64_t number);
void rows_release(struct row_table *rows);

bool names_add(struct name_table *names, uint64_t hash, uint64_t number);
void names_drop_last(struct name_table *names);
void names_reset(struct name_table *names); /* Empty, memory kept. */
void names_release(struct name_table *names);
/* The next entry with that hash from `*probe` on (start at 0); false: no more. */
bool names_next(const struct name_table *names, uint64_t hash, uint32_t *probe, uint64_t *number);

uint64_t name_hash_customer(const char *id);
uint64_t name_hash_document(uint64_t customer, Pb__DocumentKind kind, const char *id);
uint64_t name_hash_key(struct daybook_bytes key);
uint64_t name_hash_proposal(const char *id);

/* The same, or what the hint that is known says (state_know_names). */
uint64_t state_hash_customer(const struct state *state, const char *id);
uint64_t state_hash_document(const struct state *state, const struct customer *customer, Pb__DocumentKind kind,
                             const char *id);
uint64_t state_hash_key(const struct state *state, struct daybook_bytes key);

/* A row is about to change: notes it for the next checkpoint, and packs it if the one under way has yet to. */
DAYBOOK_MUST_USE enum daybook_status state_note_first_change(struct state *state, struct row *row,
                                                             struct daybook_error *error);
DAYBOOK_MUST_USE static inline enum daybook_status state_note_change(struct state *state, struct row *row,
                                                                     struct daybook_error *error) {
    return row->changed_in == state->epoch ? DAYBOOK_OK : state_note_first_change(state, row, error);
}

/* Has what packing will read soon fetched: rows changed all over memory. */
void state_foresee_packing(const struct state *state);

/* Forgets the rows that were made since state_begin and are gone. */
void state_forget_changed(struct state *state);

/* Where it is looked for, to be fetched; NULL: there is no table. */
const void *recent_place(const struct recent_table *table, uint64_t hash);
struct row *recent_get(const struct recent_table *table, uint64_t hash); /* NULL: it is not there. */
void recent_release(struct recent_table *table);
void recent_remember(struct recent_table *table, uint64_t hash, struct row *row);
void recent_forget(struct recent_table *table, uint64_t hash, const struct row *row);

/* A row is about to go away. */
void state_forget_recent(struct state *state, const struct row *row);

DAYBOOK_MUST_USE enum daybook_status state_record_new_row(struct state *state, struct row *row,
                                                          struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_record_new_account(struct state *state, struct customer *customer,
                                                              struct account *account, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_record_new_name(struct state *state, uint64_t hash, uint64_t number,
                                                           struct daybook_error *error);

#endif
