/* One table of names in a temporary directory, and how tests open and fill it. */
#ifndef DAYBOOK_TESTS_NAMES_CASE_H
#define DAYBOOK_TESTS_NAMES_CASE_H

#include "store/names.h"
#include "tests/projections/folding.h"

static inline void names_case_begin(struct folding *f) {
    static const char *const tables[] = {"names"};
    folding_open_tables(f, tables, 1);
}

static inline enum daybook_status try_open_names(struct folding *f, struct names **names) {
    struct store_txn *txn = folding_read(f);
    enum daybook_status status = names_open(txn, 0, names, &f->error);
    store_abort(txn);
    return status;
}

static inline struct names *open_names(struct folding *f) {
    struct names *names = NULL;
    FOLDING_OK(f, try_open_names(f, &names));
    return names;
}

/* Sorted by hash, then by number. */
static inline void flush_names(struct folding *f, struct names *names, const struct names_entry *entries,
                               size_t count) {
    folding_begin(f);
    names_begin_flush(names);
    FOLDING_OK(f, names_flush(names, f->txn, entries, count, &f->error));
    folding_commit(f);
    names_end_flush(names);
}

#endif
