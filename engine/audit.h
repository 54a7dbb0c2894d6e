/*
 * An audit: the whole ledger again from its first event, and what does not hold.
 *
 *   AU1  Nothing that is stored is believed: frames are checked and decoded, every leaf and node of the tree is
 *        hashed, every request is decided on the state before it and must make the same bytes, and every view is
 *        folded from nothing in a place of its own and compared with the live one as it lies there. What deciding takes
 *        as it comes, a statement's content, is computed again at its coordinates, through those new views.
 *   AU2  The ledger is not changed. A view that is damaged is reported, not repaired.
 *   AU3  What does not hold is a finding that names its place. A status other than OK is a failing world.
 *
 * Deciding runs in the caller's thread; hashing and each view in a thread of their own.
 */
#ifndef DAYBOOK_AUDIT_H
#define DAYBOOK_AUDIT_H

#include "daybook.h"
#include "proof/merkle.h"

enum { AUDIT_FINDINGS_MAX = 64, AUDIT_VIEWS_MAX = 16, AUDIT_CUSTOMERS_MAX = 64 };

struct audit_view {
    const char *name;
    uint32_t version;
    uint64_t position;
    uint64_t row_count;
    uint8_t sha256[SHA256_SIZE]; /* Folded from nothing. */
    bool has_live;               /* There was a live one, and it was compared. */
};

struct audit_customer {
    const char *id;
    uint64_t events;
    uint8_t sha256[SHA256_SIZE]; /* Over u32 LE length and bytes of each of its events. */
};

struct audit_options {
    const char *scratch_directory; /* Where views are folded; emptied and removed again. */
    const char *const *customers;  /* To be digested one by one. */
    size_t customer_count;         /* <= AUDIT_CUSTOMERS_MAX */
    /* daybook_query, which the engine, knowing no views, cannot name. NULL: statements are not computed again. */
    enum daybook_status (*query)(struct daybook *ledger, struct daybook_bytes query, struct daybook_buffer *answer,
                                 struct daybook_error *error);
    bool (*go_on)(void *context, uint64_t sequence, uint64_t head); /* False stops. NULL: always. */
    void *context;
    bool skips_rules; /* Does not decide again, or fold views: frames, tree and checkpoints alone. */
};

struct audit_report {
    uint64_t head;
    struct merkle_hash root;
    int64_t first_recorded_at_us;
    int64_t last_recorded_at_us;
    uint64_t events;     /* Decoded and in their place. */
    uint64_t requests;   /* Decided again, with the same events. */
    uint64_t statements; /* Computed again through the views that were folded from nothing, with the same content. */
    uint64_t checkpoints;
    bool is_control_checked;
    struct audit_view views[AUDIT_VIEWS_MAX];
    size_t view_count;
    struct audit_customer customers[AUDIT_CUSTOMERS_MAX];
    size_t customer_count;
    char findings[AUDIT_FINDINGS_MAX][DAYBOOK_ERROR_SIZE];
    size_t finding_count; /* May be more than there is room for. */
};

/* `ledger` need not be a writer. STOPPED: go_on said so. */
DAYBOOK_MUST_USE enum daybook_status audit_run(struct daybook *ledger, const struct audit_options *options,
                                               struct audit_report *report, struct daybook_error *error);

#endif
