/* What was left of an account's items at (A, K) for one K after the other: how each event changed it. */
#include "projections/aging.h"

#include <stdlib.h>

#include "projections/aging_inside.h"

/* One item while its steps are made. What no spreading has touched is kept apart. */
struct stepping {
    struct asking *asking;
    struct movement movement;
    int64_t named[LIMIT_INSTALMENTS];
};

static enum daybook_status step(struct stepping *stepping, uint64_t sequence, struct daybook_error *error) {
    struct aging_item *item = &stepping->asking->item;
    for (size_t i = 0; i < item->part_count; i++) {
        item->parts[i].open_minor = stepping->named[i];
    }
    aging_spread(item, &stepping->movement);
    return stepping->asking->step(stepping->asking->context, sequence, item, error);
}

static bool take_named(struct stepping *stepping, const struct item_entry *entry) {
    struct aging_item *item = &stepping->asking->item;
    for (size_t i = 0; i < item->part_count; i++) {
        item->parts[i].open_minor = stepping->named[i];
    }
    bool fits = aging_take(item, &stepping->movement, entry);
    for (size_t i = 0; i < item->part_count; i++) {
        stepping->named[i] = item->parts[i].open_minor;
    }
    return fits;
}

/* Before its making an item is nothing: no entry is older. */
static enum daybook_status step_to_start(struct stepping *stepping, const struct item_row *row,
                                         struct daybook_error *error) {
    const struct asking *asking = stepping->asking;
    bool is_made_here = row->sequence > asking->from;
    if (is_made_here) {
        DAYBOOK_TRY(step(stepping, 0, error));
    }
    for (size_t i = 0; i < asking->item.part_count; i++) {
        stepping->named[i] = aging_part_at_start(&asking->item, i, asking->question->as_of);
    }
    return is_made_here && row->posted_on <= asking->question->as_of ? step(stepping, row->sequence, error)
                                                                     : DAYBOOK_OK;
}

/* Goes through the visible entries in the order of sequences; a step for each that is later than `from`. */
enum daybook_status aging_step_through(struct asking *asking, const struct item_row *row, struct daybook_error *error) {
    struct stepping stepping = {.asking = asking};
    struct entries entries = aging_entries(asking, row);
    bool has_begun = row->sequence > asking->from;
    DAYBOOK_TRY(step_to_start(&stepping, row, error));
    for (;;) {
        bool is_found;
        DAYBOOK_TRY(aging_next_entry(&entries, &is_found, error));
        bool is_past = !is_found || entries.entry.sequence > asking->question->known_at;
        if (!has_begun && (is_past || entries.entry.sequence > asking->from)) {
            DAYBOOK_TRY(step(&stepping, 0, error));
            has_begun = true;
        }
        if (is_past) {
            return DAYBOOK_OK;
        }
        if (entries.entry.effective_on > asking->question->as_of) {
            continue;
        }
        if (!take_named(&stepping, &entries.entry)) {
            return aging_too_large(error);
        }
        if (entries.entry.sequence > asking->from) {
            DAYBOOK_TRY(step(&stepping, entries.entry.sequence, error));
        }
    }
}

/* The numbers of the items that the events after `from` changed, each as often as it was. */
static enum daybook_status find_changed(struct asking *asking, struct daybook_buffer *numbers,
                                        struct daybook_error *error) {
    const struct aging_question *question = asking->question;
    struct series_scan scan;
    DAYBOOK_TRY(series_scan_open(asking->txn, aging_touches_shape, question->account, asking->from + 1, &scan, error));
    enum daybook_status status;
    for (;;) {
        bool is_found;
        status = series_scan_next(&scan, &is_found, error);
        if (status != DAYBOOK_OK || !is_found || scan.sequence > question->known_at) {
            break;
        }
        if (scan.entry.effective_on <= question->as_of) {
            status = aging_note_number(numbers, (uint32_t)scan.entry.columns[TOUCH_ITEM], error);
        }
        if (status != DAYBOOK_OK) {
            break;
        }
    }
    series_scan_close(&scan);
    return status;
}

enum daybook_status aging_ask_steps(struct store_txn *txn, const struct aging_question *question, uint64_t from,
                                    aging_step *step_to, void *context, struct daybook_error *error) {
    struct asking asking;
    struct daybook_buffer found = {0};
    asking.txn = txn;
    asking.question = question;
    asking.step = step_to;
    asking.from = from;
    asking.context = context;
    enum daybook_status status = find_changed(&asking, &found, error);
    size_t count = found.size / sizeof(uint32_t);
    if (status == DAYBOOK_OK && count > 0) {
        uint32_t *numbers = (void *)found.data;
        qsort(numbers, count, sizeof *numbers, aging_compare_numbers);
        status = aging_look_at(&asking, numbers, count, error);
    }
    daybook_buffer_release(&found);
    return status;
}
