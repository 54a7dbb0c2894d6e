/* What was left of an account's items at (A, K). */
#include "projections/aging.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/aging_inside.h"
#include "projections/items.h"

struct entries aging_entries(const struct asking *asking, const struct item_row *row) {
    return (struct entries){.txn = asking->txn,
                            .row = row,
                            .account = asking->question->account,
                            .number = asking->number,
                            .at = row->spill.chunk_count > 0 ? NULL : row->entries,
                            .end = row->spill.chunk_count > 0 ? NULL : row->end,
                            .entry = item_start(row)};
}

/* Skips the chunks: the caller knows their sums. */
static void skip_chunks(struct entries *entries) {
    entries->next_chunk = entries->row->spill.chunk_count;
    entries->at = entries->row->entries;
    entries->end = entries->row->end;
}

static enum daybook_status next_chunk(struct entries *entries, struct daybook_error *error) {
    uint8_t key[ITEM_CHUNK_KEY_SIZE];
    struct daybook_bytes value;
    bool is_found;
    entries->entry = item_start(entries->row);
    item_chunk_key(entries->account, entries->number, entries->next_chunk++, key);
    enum daybook_status status =
        table_get(entries->txn, AGING_CHUNKS, (struct daybook_bytes){key, sizeof key}, &value, &is_found, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    struct daybook_bytes body;
    if (!is_found) {
        return item_damaged(error);
    }
    status = item_unseal(value, &body, error);
    if (status == DAYBOOK_OK) {
        entries->at = body.data;
        entries->end = body.data + body.size;
    }
    return status;
}

enum daybook_status aging_next_entry(struct entries *entries, bool *is_found, struct daybook_error *error) {
    *is_found = false;
    while (entries->at == entries->end) {
        if (entries->next_chunk >= entries->row->spill.chunk_count) {
            if (entries->row->spill.chunk_count == 0 || entries->end == entries->row->end) {
                return DAYBOOK_OK;
            }
            skip_chunks(entries);
            entries->entry = item_start(entries->row);
            continue;
        }
        enum daybook_status status = next_chunk(entries, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    *is_found = true;
    return item_read_entry(&entries->at, entries->end, &entries->entry) ? DAYBOOK_OK : item_damaged(error);
}

bool aging_take(struct aging_item *item, struct movement *movement, const struct item_entry *entry) {
    int64_t *sum = &movement->unnamed_minor;
    for (size_t i = 0; i < item->part_count && entry->instalment != 0; i++) {
        if (item->parts[i].instalment == entry->instalment) {
            sum = &item->parts[i].open_minor;
        }
    }
    return money_add(sum, entry->amount_minor) && money_add(&movement->disputed_minor, entry->disputed_minor);
}

/* What named no instalment pays the oldest due first, and what is disputed is the oldest, too. */
void aging_spread(struct aging_item *item, const struct movement *movement) {
    int64_t paid = -movement->unnamed_minor;
    for (size_t i = 0; i < item->part_count; i++) {
        struct aging_part *part = &item->parts[i];
        if (part->open_minor < 0) { /* More than this instalment: the rest pays others. */
            paid -= part->open_minor;
            part->open_minor = 0;
        }
    }
    for (size_t i = 0; i < item->part_count && paid > 0; i++) {
        int64_t used = item->parts[i].open_minor < paid ? item->parts[i].open_minor : paid;
        item->parts[i].open_minor -= used;
        paid -= used;
    }
    item->parts[item->part_count - 1].open_minor -= paid; /* More owed than the plan says, or less than nothing. */
    int64_t disputed = movement->disputed_minor;
    item->open_minor = 0;
    for (size_t i = 0; i < item->part_count; i++) {
        struct aging_part *part = &item->parts[i];
        int64_t room = part->open_minor > 0 ? part->open_minor : 0;
        part->disputed_minor = disputed <= 0 ? 0 : disputed < room ? disputed : room;
        disputed -= part->disputed_minor;
        item->open_minor += part->open_minor;
    }
}

/* An item that is posted after A can still have been changed by then: nothing here relies on the order of dates. */
int64_t aging_part_at_start(const struct aging_item *item, size_t part, int32_t as_of) {
    return item->posted_on <= as_of ? item->parts[part].amount_minor : 0;
}

/* Reads the parts, the oldest due date first; the plan's order among equals. */
static enum daybook_status read_parts(struct aging_item *item, const struct item_row *row,
                                      struct daybook_error *error) {
    if (row->part_count == 0) {
        item->part_count = 1;
        item->parts[0] = (struct aging_part){.due_on = row->due_on, .amount_minor = row->amount_minor};
        return DAYBOOK_OK;
    }
    const uint8_t *at = row->parts;
    item->part_count = row->part_count;
    if (row->part_count > LIMIT_INSTALMENTS) {
        return item_damaged(error);
    }
    for (size_t i = 0; i < row->part_count; i++) {
        struct item_part read;
        if (!item_read_part(row, &at, &read)) {
            return item_damaged(error);
        }
        size_t place = i;
        while (place > 0 && item->parts[place - 1].due_on > read.due_on) {
            item->parts[place] = item->parts[place - 1];
            place--;
        }
        item->parts[place] = (struct aging_part){
            .instalment = (uint32_t)i + 1, .due_on = read.due_on, .amount_minor = read.amount_minor};
    }
    return DAYBOOK_OK;
}

enum daybook_status aging_too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up an item at an earlier date: a sum does not fit 64 bits");
}

/* Fills what is left of every part at (A, K). */
static enum daybook_status add_up(struct asking *asking, const struct item_row *row, struct daybook_error *error) {
    const struct aging_question *question = asking->question;
    struct aging_item *item = &asking->item;
    struct movement movement = {0};
    struct entries entries = aging_entries(asking, row);
    for (size_t i = 0; i < item->part_count; i++) {
        item->parts[i].open_minor = aging_part_at_start(item, i, question->as_of);
    }
    if (row->spill.chunk_count > 0 && row->part_count == 0 && row->spill.last_sequence <= question->known_at &&
        row->spill.max_effective <= question->as_of) {
        movement = (struct movement){row->spill.amount_minor, row->spill.disputed_minor};
        skip_chunks(&entries);
    }
    for (;;) {
        bool is_found;
        enum daybook_status status = aging_next_entry(&entries, &is_found, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        if (!is_found || entries.entry.sequence > question->known_at) {
            break;
        }
        if (entries.entry.effective_on <= question->as_of && !aging_take(item, &movement, &entries.entry)) {
            return aging_too_large(error);
        }
    }
    aging_spread(item, &movement);
    return DAYBOOK_OK;
}

static int compare_dates(const void *a, const void *b) {
    const struct item_entry *x = a;
    const struct item_entry *y = b;
    if (x->effective_on != y->effective_on) {
        return (x->effective_on > y->effective_on) - (x->effective_on < y->effective_on);
    }
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* Goes through the visible entries day by day and notes when each part last came to zero. */
static void settle(struct aging_item *item, int32_t as_of, const struct item_entry *entries, size_t count) {
    struct aging_item *day = item; /* The parts are refilled for each day; the last day is the answer. */
    struct movement movement = {0};
    int64_t named[LIMIT_INSTALMENTS];
    for (size_t i = 0; i < item->part_count; i++) {
        named[i] = aging_part_at_start(item, i, as_of);
        day->parts[i].settled_on = 0;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < item->part_count; j++) {
            day->parts[j].open_minor = named[j];
        }
        if (!aging_take(day, &movement, &entries[i])) {
            return;
        }
        for (size_t j = 0; j < item->part_count; j++) {
            named[j] = day->parts[j].open_minor;
        }
        if (i + 1 < count && entries[i + 1].effective_on == entries[i].effective_on) {
            continue;
        }
        aging_spread(day, &movement);
        for (size_t j = 0; j < item->part_count; j++) {
            struct aging_part *part = &day->parts[j];
            if (part->open_minor != 0) {
                part->settled_on = 0;
            } else if (part->settled_on == 0) {
                part->settled_on = entries[i].effective_on;
            }
        }
    }
}

/* Fills settled_on. The visible entries are few, or the question is for one customer. */
static enum daybook_status find_settled(struct asking *asking, const struct item_row *row,
                                        struct daybook_error *error) {
    struct daybook_buffer visible = {0};
    struct entries entries = aging_entries(asking, row);
    enum daybook_status status;
    for (;;) {
        bool is_found;
        status = aging_next_entry(&entries, &is_found, error);
        if (status != DAYBOOK_OK || !is_found || entries.entry.sequence > asking->question->known_at) {
            break;
        }
        if (entries.entry.effective_on <= asking->question->as_of &&
            daybook_buffer_append(&visible, &entries.entry, sizeof entries.entry) != DAYBOOK_OK) {
            status = daybook_fail(error, DAYBOOK_NO_MEMORY, "while dating an item: memory was refused");
            break;
        }
    }
    size_t count = visible.size / sizeof entries.entry;
    if (status == DAYBOOK_OK && count > 0) {
        struct item_entry *sorted = (void *)visible.data;
        qsort(sorted, count, sizeof *sorted, compare_dates);
        settle(&asking->item, asking->question->as_of, sorted, count);
    }
    daybook_buffer_release(&visible);
    return status;
}

/* Visits the item when it is visible and has what was asked for. */
enum daybook_status aging_look_at_item(struct asking *asking, struct daybook_bytes bytes, struct daybook_error *error) {
    const struct aging_question *question = asking->question;
    struct aging_item *item = &asking->item;
    struct item_row row;
    enum daybook_status status = item_read(bytes, &row, error);
    if (status != DAYBOOK_OK || row.sequence > question->known_at) {
        return status;
    }
    item->kind = row.kind;
    item->id = row.id;
    item->id_size = row.id_size;
    item->category = (struct daybook_bytes){(const uint8_t *)row.category, row.category_size};
    item->category_number = row.category_number;
    item->is_source = row.is_source;
    item->sequence = row.sequence;
    item->posted_on = row.posted_on;
    item->amount_minor = row.amount_minor;
    DAYBOOK_TRY(read_parts(item, &row, error));
    if (asking->step != NULL) {
        return aging_step_through(asking, &row, error);
    }
    DAYBOOK_TRY(add_up(asking, &row, error));
    if (question->includes_closed) {
        DAYBOOK_TRY(find_settled(asking, &row, error));
    }
    if (item->open_minor == 0 && (!question->includes_closed || row.posted_on > question->as_of)) {
        return DAYBOOK_OK;
    }
    return asking->visit(asking->context, item, error);
}

enum daybook_status aging_ask_paid(struct store_txn *txn, const struct aging_question *question,
                                   struct aging_paid *paid, struct daybook_error *error) {
    struct series_totals totals;
    DAYBOOK_TRY(
        series_ask(txn, aging_touches_shape, question->account, question->as_of, question->known_at, &totals, error));
    *paid = (struct aging_paid){
        .paid_minor = totals.columns[TOUCH_PAID],
        .late_minor = totals.columns[TOUCH_PAID_LATE],
        .to_pay = touch_to_pay(totals.columns),
        .delay = touch_delay(totals.columns),
        .early = touch_early(totals.columns),
    };
    return DAYBOOK_OK;
}
