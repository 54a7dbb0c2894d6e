/* The parts of an audit; for audit*.c alone. */
#ifndef DAYBOOK_AUDIT_INSIDE_H
#define DAYBOOK_AUDIT_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit.h"
#include "ledger.h"
#include "projection/feed.h"
#include "proof/tree_head.h"

struct audit_run {
    struct daybook *ledger;
    const struct audit_options *options;
    struct audit_report *report;
    struct feed *feed;    /* Events for all parts; NULL where only frames and the tree are looked at. */
    pthread_mutex_t lock; /* Of the report's findings. */
    atomic_bool is_stopped;
    struct tree_head *heads; /* Signed checkpoints, ascending by size. */
    bool *holds;             /* Of each: the journal has its root. */
    size_t head_count;
    uint64_t
        unreadable_from; /* The first event that the hashing could not read; 0 = none. After its thread has ended. */
    struct daybook_buffer statements; /* u64 each: the sequences of those that were issued. */
};

/* A finding; any thread. */
void audit_add(struct audit_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* DAMAGED and INVALID are findings, and OK is returned; other failures are passed on. */
enum daybook_status audit_find(struct audit_run *run, enum daybook_status status, const struct daybook_error *error);

DAYBOOK_MUST_USE enum daybook_status audit_load_checkpoints(struct audit_run *run, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status audit_hash(struct audit_run *run, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status audit_rules(struct audit_run *run, struct daybook_error *error);

/* The live views are digested before the head is read, so that none can be ahead of it by right. */
struct audit_views;
DAYBOOK_MUST_USE enum daybook_status audit_views_begin(struct audit_run *run, struct audit_views **views,
                                                       struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status audit_views_fold(struct audit_views *views, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status audit_views_wait(struct audit_views *views, struct daybook_error *error);
/* Of those that were folded, in the ledger's order; borrowed until the end. */
struct view **audit_views_folded(struct audit_views *views);
void audit_views_end(struct audit_views *views); /* Accepts NULL. */

/* When the views are folded. */
DAYBOOK_MUST_USE enum daybook_status audit_statements(struct audit_run *run, struct view **views,
                                                      struct daybook_error *error);

#endif
