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

/* ---- what the folds of money have in common (fold_documents.c) ---- */

/* INVALID unless it is positive. An amount that passed can be negated and taken off a level. */
DAYBOOK_MUST_USE enum daybook_status fold_check_amount(const struct fold *fold, int64_t amount_minor);
/* INVALID when a document cannot have that id and category. */
DAYBOOK_MUST_USE enum daybook_status fold_check_names(const struct fold *fold, const char *id, const char *category);
DAYBOOK_MUST_USE enum daybook_status fold_change_sums(struct fold *fold, struct sums_change change);
/* M1: counts an amount that comes into the books. LIMIT when the gross would pass int64. */
DAYBOOK_MUST_USE enum daybook_status fold_count_created(struct fold *fold, int64_t amount_minor);
DAYBOOK_MUST_USE enum daybook_status fold_find_document(struct fold *fold, Pb__DocumentKind kind, const char *id,
                                                        struct document **document);
/* A document made by this event; its level is the caller's to set. */
DAYBOOK_MUST_USE enum daybook_status fold_add_document(struct fold *fold, Pb__DocumentKind kind, const char *id,
                                                       const char *category, bool is_source, int64_t amount_minor,
                                                       struct document **document);
/* Changes what is left from the event's date on, of an instalment and of the whole. Law 3:
 * INVALID below zero on any day. `part` must be named where there are instalments. */
DAYBOOK_MUST_USE enum daybook_status fold_change_level(struct fold *fold, struct document *document, uint32_t part,
                                                       int64_t delta_minor);
DAYBOOK_MUST_USE enum daybook_status fold_change_aside(struct fold *fold, struct document *document, uint32_t part,
                                                       int64_t delta_minor);
DAYBOOK_MUST_USE enum daybook_status fold_change_expiry_date(struct fold *fold, struct document *lot,
                                                             int32_t expires_on);
DAYBOOK_MUST_USE enum daybook_status fold_add_link(struct fold *fold, struct document *document,
                                                   const struct document *other, uint32_t part, int64_t amount_minor,
                                                   enum link_kind kind);
DAYBOOK_MUST_USE enum daybook_status fold_reduce_link(struct fold *fold, struct document *document, uint32_t index,
                                                      int64_t amount_minor);
/* One end of an Unallocated event. */
DAYBOOK_MUST_USE enum daybook_status fold_take_off(struct fold *fold, struct document *document);
DAYBOOK_MUST_USE enum daybook_status fold_reduce_slices(struct fold *fold, struct document *document,
                                                        const struct document *lot, uint32_t part,
                                                        int64_t amount_minor);

/* The event has an account. */
DAYBOOK_MUST_USE enum daybook_status fold_money_event(struct fold *fold);
DAYBOOK_MUST_USE enum daybook_status fold_lot_event(struct fold *fold);
/* Proposals and approval policies: of the whole ledger. */
DAYBOOK_MUST_USE enum daybook_status fold_access_event(struct fold *fold);

#endif
