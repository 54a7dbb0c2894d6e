/*
 * Names for ever: 64-bit hashes and the sequences that they lead to, far more
 * than fit in memory, written once and never changed.
 *
 *   N1  Every (hash, number) that was flushed is found until the table is cleared.
 *   N2  Runs are sorted and immutable; when RUN_FANOUT of one level are there
 *       they are merged into one of the next, so there are few to search and
 *       each entry is rewritten a handful of times in all.
 *   N3  A filter in memory answers "never seen" without touching a run: that is
 *       the answer for nearly every new name. It is saved now and then, in the
 *       table, with the flush that it belongs to. After an opening it is made
 *       part by part, of what was saved and of the runs that came since, each
 *       part when something was looked for there and not found: so no question
 *       waits for more than a part.
 *
 *   N4  While a flush is under way, finding goes on and sees what was there
 *       before it; what is flushed is seen when the flush is ended.
 *
 * A B-tree of random keys would dirty a page for each of them; runs are only
 * ever appended. One thread at a time, but names_flush may run on another one.
 */
#ifndef DAYBOOK_STORE_NAMES_H
#define DAYBOOK_STORE_NAMES_H

#include "store/store.h"

struct names;

struct names_entry {
    uint64_t hash;
    uint64_t number;
};

/* Reads the list of runs in `table` of the transaction's store. */
DAYBOOK_MUST_USE enum daybook_status names_open(struct store_txn *txn, unsigned table, struct names **names,
                                                struct daybook_error *error);
void names_close(struct names *names); /* Accepts NULL. */

/* The numbers filed under `hash`, without the first `skip` of them and at most `capacity`. Their
 * order stays while the transaction does: whoever gets `capacity` of them asks for what follows. */
DAYBOOK_MUST_USE enum daybook_status names_find(struct names *names, struct store_txn *txn, uint64_t hash, size_t skip,
                                                uint64_t *numbers, size_t capacity, size_t *count,
                                                struct daybook_error *error);

/* A hint that the hash will be looked for. */
void names_foresee(const struct names *names, uint64_t hash);

/* Three steps: begin, by the thread that finds; flush, on any thread; end, by the thread that finds,
 * when the flush's transaction has been committed. If it was not, close the names and open them again. */
void names_begin_flush(struct names *names);
void names_end_flush(struct names *names);

/* Adds a run of entries sorted by (hash, number), and merges what has become too many runs. */
DAYBOOK_MUST_USE enum daybook_status names_flush(struct names *names, struct store_txn *txn,
                                                 const struct names_entry *entries, size_t count,
                                                 struct daybook_error *error);

size_t names_run_count(const struct names *names);
size_t names_memory_bytes(const struct names *names);

#endif
