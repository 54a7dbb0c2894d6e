/* What the files of the fold share; nobody else includes it. */
#ifndef DAYBOOK_DOMAIN_FOLD_INTERNAL_H
#define DAYBOOK_DOMAIN_FOLD_INTERNAL_H

#include "domain/fold.h"

/* One event being folded. */
struct fold {
    struct state *state;
    const Pb__Event *event;
    struct customer *customer; /* NULL on ledger-wide events. */
    struct account *account;   /* NULL on events without a currency. */
    struct daybook_error *error;
};

/* What an event adds to the sums of its account. */
struct sums_change {
    int64_t open_minor;
    int64_t unapplied_minor;
    int64_t deposit_minor;
    int64_t deposit_held_minor;
    int64_t credit_held_minor;
    int64_t dormant_minor;
    int64_t pending_minor;
};

/* INVALID, naming the event's sequence. */
enum daybook_status fold_misfit(const struct fold *fold, const char *what, const char *id);

DAYBOOK_MUST_USE enum daybook_status fold_money_event(struct fold *fold);

#endif
