/* Runs of names: what is known of each, and reading the entries of a range of hashes. */
#ifndef DAYBOOK_STORE_NAMES_RUN_H
#define DAYBOOK_STORE_NAMES_RUN_H

#include "store/names_block.h"

enum { RUNS_MAX = 128 };

struct run {
    uint32_t id;
    uint32_t level;
    uint64_t count;
    struct names_entry first;
};

/* The runs that are there, in order of id: the newest last. */
struct run_list {
    struct run runs[RUNS_MAX];
    size_t count;
    uint32_t next_id;
};

uint64_t run_list_names(const struct run_list *list);

/* What to do with each entry of a range of hashes. */
struct visitor {
    void (*visit)(void *context, struct names_entry entry);
    void *context;
    uint64_t first_hash;
    uint64_t last_hash;
};

/* In order of (hash, number). */
DAYBOOK_MUST_USE enum daybook_status visit_run(struct table_cursor *cursor, const struct run *run,
                                               const struct visitor *visitor, struct daybook_error *error);

#endif
