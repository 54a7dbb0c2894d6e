/* How items are looked at; for aging_ask.c, aging_find.c and aging_steps.c alone. */
#ifndef DAYBOOK_PROJECTIONS_AGING_INSIDE_H
#define DAYBOOK_PROJECTIONS_AGING_INSIDE_H

#include "projections/aging.h"
#include "projections/item.h"
#include "projections/touches.h"

static const struct series_shape aging_touches_shape = {AGING_TOUCHES, TOUCH_COLUMN_COUNT, false};

struct asking {
    struct store_txn *txn;
    const struct aging_question *question;
    aging_visit *visit;
    void *context;
    aging_step *step;       /* Instead of visits; NULL: they are made. */
    uint64_t from;          /* Of steps: those after this sequence. */
    uint32_t number;        /* Of the item in work. */
    struct aging_item item; /* Filled anew for each. */
};

/* The entries of an item, chunks first. */
struct entries {
    struct store_txn *txn;
    const struct item_row *row;
    uint32_t account;
    uint32_t number;
    uint32_t next_chunk;
    const uint8_t *at;
    const uint8_t *end;
    struct item_entry entry;
};

/* What the visible entries took from (or gave back to) each part, and from no part in particular. */
struct movement {
    int64_t unnamed_minor;
    int64_t disputed_minor;
};

struct entries aging_entries(const struct asking *asking, const struct item_row *row);
DAYBOOK_MUST_USE enum daybook_status aging_next_entry(struct entries *entries, bool *is_found,
                                                      struct daybook_error *error);

/* Adds the entry to the part that it names, or to what names none. False: a sum does not fit 64 bits. */
bool aging_take(struct aging_item *item, struct movement *movement, const struct item_entry *entry);
/* Then, once: what named no instalment, and what is disputed, to the parts. */
void aging_spread(struct aging_item *item, const struct movement *movement);
int64_t aging_part_at_start(const struct aging_item *item, size_t part, int32_t as_of);
enum daybook_status aging_too_large(struct daybook_error *error);

/* Visits the item (or steps through it) when it is visible and has what was asked for. */
DAYBOOK_MUST_USE enum daybook_status aging_look_at_item(struct asking *asking, struct daybook_bytes bytes,
                                                        struct daybook_error *error);

/* Numbers of items, u32 each. Looks at each once; they must ascend. */
DAYBOOK_MUST_USE enum daybook_status aging_note_number(struct daybook_buffer *numbers, uint32_t number,
                                                       struct daybook_error *error);
int aging_compare_numbers(const void *a, const void *b);
DAYBOOK_MUST_USE enum daybook_status aging_look_at(struct asking *asking, const uint32_t *numbers, size_t count,
                                                   struct daybook_error *error);

/* The steps of one item, whose parts were read. */
DAYBOOK_MUST_USE enum daybook_status aging_step_through(struct asking *asking, const struct item_row *row,
                                                        struct daybook_error *error);

#endif
