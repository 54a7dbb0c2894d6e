/*
 * What a file will be submitted as: every row checked, every request dated,
 * keyed and put in order, before anything is appended.
 *
 *   I1  Order: requests made once a customer first, then by effective date;
 *       equal dates in the order of the file, then of the mapping.
 *   I2  A request's key is the first 16 bytes of a SHA-256 over its row's
 *       columns by name (so their order does not matter), how many identical
 *       rows came before, and the request's place in the mapping. The same
 *       file gives the same keys; the ledger and the day do not enter.
 *   I3  Requests are built twice, to check and to submit, and are the same both
 *       times: only places and dates are kept between, not requests.
 */
#ifndef DAYBOOK_TOOLS_IMPORT_PLAN_H
#define DAYBOOK_TOOLS_IMPORT_PLAN_H

#include "base/hash.h"
#include "tools/import_map.h"

enum { IMPORT_KEY_BYTES = 16 };

enum plan_note {
    NOTE_NO_LINE_END, /* The file ends within its last row. */
    NOTE_NO_REQUEST,  /* The row makes nothing, but for what is made once a customer. */
};

/* One row of the file. */
struct plan_row {
    uint64_t line;
    size_t offset;
    uint32_t occurrence; /* How many identical rows came before. */
    uint8_t digest[SHA256_SIZE];
};

/* One request to come. */
struct plan_entry {
    int32_t effective_on;
    uint32_t rule; /* Index in the mapping. */
    uint64_t row;  /* Index in rows. */
};

struct plan {
    const struct import_map *map;
    const char *name;          /* Of the file. */
    struct daybook_bytes text; /* Borrowed: UTF-8. */
    const char *currency;      /* The ledger's. */
    const char *actor;

    bool is_strict; /* What would be noted makes a row bad. */

    /* Called for each bad row, in the order of the file, and for what is not bad and yet to be known. */
    void (*complain)(void *context, uint64_t line, const char *sentence);
    void (*note)(void *context, enum plan_note note, uint64_t line, const char *sentence);
    void *context;

    struct csv_record header;
    struct arena header_arena;
    struct arena row_arena; /* Reset with each row. */
    size_t *column_order;   /* The columns by name. */
    struct sha256 *sha256;

    struct plan_row *rows;
    size_t row_count;
    size_t row_capacity;
    struct plan_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    uint64_t bad_count;
    uint64_t idle_count; /* Rows that make nothing. */
    uint64_t data_rows;  /* All of them. */
};

/* Reads and checks the whole text; bad rows are complained of and left out. `map`
 * is bound to the header. INVALID: no header, or the map does not fit it. */
DAYBOOK_MUST_USE enum daybook_status plan_make(struct plan *plan, struct import_map *map, struct daybook_error *error);
void plan_release(struct plan *plan); /* Accepts one that was never made (all zero). */

/* The encoded request of entry `index`, with key and actor, appended to `encoded`; *line is its row's. */
DAYBOOK_MUST_USE enum daybook_status plan_encode(struct plan *plan, size_t index, struct daybook_buffer *encoded,
                                                 uint64_t *line, struct daybook_error *error);

/* The command's name in the mapping: "post_charge". */
const char *plan_command(const struct plan *plan, size_t index);
bool plan_is_once(const struct plan *plan, size_t index);

#endif
