/* Which items of an account a question looks at, and where they are. */
#include <stdlib.h>
#include <string.h>

#include "projections/aging_inside.h"
#include "projections/items.h"

/* The rows of one table that are of the question's account. */
struct rows {
    struct table_cursor *cursor;
    struct table_row row; /* Not valid: there are no more. */
    uint32_t group;       /* Of the row. */
};

static enum daybook_status enter_row(struct asking *asking, struct rows *rows, struct daybook_error *error) {
    struct daybook_bytes key = rows->row.key;
    rows->row.is_valid =
        rows->row.is_valid && key.size >= ITEM_SUMMARY_KEY_SIZE && load_be32(key.data) == asking->question->account;
    if (!rows->row.is_valid) {
        return DAYBOOK_OK;
    }
    if (key.size != ITEM_GROUP_KEY_SIZE) {
        return item_damaged(error);
    }
    rows->group = load_be32(key.data + 4);
    return DAYBOOK_OK;
}

static enum daybook_status next_row(struct asking *asking, struct rows *rows, struct daybook_error *error) {
    DAYBOOK_TRY(cursor_next(rows->cursor, &rows->row, error));
    return enter_row(asking, rows, error);
}

static enum daybook_status open_settled(struct asking *asking, struct rows *rows, struct daybook_error *error) {
    uint8_t key[ITEM_GROUP_KEY_SIZE];
    item_group_key(asking->question->account, 0, key);
    DAYBOOK_TRY(cursor_open(asking->txn, AGING_SETTLED, &rows->cursor, error));
    DAYBOOK_TRY(cursor_seek(rows->cursor, (struct daybook_bytes){key, sizeof key}, &rows->row, error));
    return enter_row(asking, rows, error);
}

/* Also reads the summary before the rows; all zero for an account that has no items. */
static enum daybook_status open_open(struct asking *asking, struct rows *rows, struct item_summary *summary,
                                     struct daybook_error *error) {
    uint8_t bytes[ITEM_SUMMARY_KEY_SIZE];
    struct daybook_bytes key = {bytes, sizeof bytes};
    store_be32(bytes, asking->question->account);
    *summary = (struct item_summary){0};
    DAYBOOK_TRY(cursor_open(asking->txn, AGING_OPEN, &rows->cursor, error));
    DAYBOOK_TRY(cursor_seek(rows->cursor, key, &rows->row, error));
    if (!rows->row.is_valid || !daybook_bytes_equal(rows->row.key, key)) {
        return enter_row(asking, rows, error);
    }
    DAYBOOK_TRY(item_read_summary(rows->row.value, summary, error));
    return next_row(asking, rows, error);
}

/* Takes the row's items when it is of that group, and goes on. */
static enum daybook_status take_row(struct asking *asking, struct rows *rows, uint32_t number, struct item_group *group,
                                    struct daybook_error *error) {
    *group = (struct item_group){0};
    if (!rows->row.is_valid || rows->group != number) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(item_read_group(rows->row.value, group, error));
    return next_row(asking, rows, error);
}

/* Looks at those of a group that are in either of the two, the open ones' row before the settled ones'. */
static enum daybook_status look_at_group(struct asking *asking, uint32_t number, const struct item_group *open,
                                         const struct item_group *settled, uint32_t wanted,
                                         struct daybook_error *error) {
    for (uint32_t rest = wanted; rest != 0; rest &= rest - 1) {
        uint32_t place = (uint32_t)__builtin_ctz(rest);
        bool is_open = (open->present >> place & 1) != 0;
        if (!is_open && (settled->present >> place & 1) == 0) {
            return item_damaged(error);
        }
        struct daybook_bytes bytes = is_open ? open->items[place] : settled->items[place];
        asking->number = number * ITEM_GROUP + place;
        DAYBOOK_TRY(aging_look_at_item(asking, bytes, error));
    }
    return DAYBOOK_OK;
}

enum daybook_status aging_note_number(struct daybook_buffer *numbers, uint32_t number, struct daybook_error *error) {
    return daybook_buffer_append(numbers, &number, sizeof number) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "while listing items: memory was refused");
}

int aging_compare_numbers(const void *a, const void *b) {
    uint32_t x;
    uint32_t y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* IT2 */
static enum daybook_status add_hidden(void *context, const int64_t columns[SERIES_COLUMNS_MAX],
                                      struct daybook_error *error) {
    return aging_note_number(context, (uint32_t)columns[TOUCH_ITEM], error);
}

/* Numbers of items, ascending. */
struct listed {
    const uint32_t *numbers;
    size_t count;
    size_t next;
};

/* A bit for each of the next ones that is of this group. */
static uint32_t take_listed(struct listed *listed, uint32_t group) {
    uint32_t present = 0;
    for (; listed->next < listed->count && listed->numbers[listed->next] / ITEM_GROUP == group; listed->next++) {
        present |= 1u << listed->numbers[listed->next] % ITEM_GROUP;
    }
    return present;
}

static enum daybook_status get_group(struct asking *asking, unsigned table, uint32_t number, struct item_group *group,
                                     struct daybook_error *error) {
    uint8_t key[ITEM_GROUP_KEY_SIZE];
    struct daybook_bytes row;
    bool is_found;
    item_group_key(asking->question->account, number, key);
    DAYBOOK_TRY(table_get(asking->txn, table, (struct daybook_bytes){key, sizeof key}, &row, &is_found, error));
    *group = (struct item_group){0};
    return is_found ? item_read_group(row, group, error) : DAYBOOK_OK;
}

/* Looks at the listed ones. The open ones are walked over: few groups have any, and a search for each would find none.
 */
static enum daybook_status look_at_listed(struct asking *asking, struct rows *rows, struct listed listed,
                                          struct daybook_error *error) {
    struct item_group open;
    struct item_group settled;
    settled.present = 0;
    while (listed.next < listed.count) {
        uint32_t number = listed.numbers[listed.next] / ITEM_GROUP;
        uint32_t wanted = take_listed(&listed, number);
        while (rows->row.is_valid && rows->group < number) {
            DAYBOOK_TRY(next_row(asking, rows, error));
        }
        DAYBOOK_TRY(take_row(asking, rows, number, &open, error));
        if ((wanted & ~open.present) != 0) {
            DAYBOOK_TRY(get_group(asking, AGING_SETTLED, number, &settled, error));
        }
        DAYBOOK_TRY(look_at_group(asking, number, &open, &settled, wanted, error));
    }
    return DAYBOOK_OK;
}

enum daybook_status aging_look_at(struct asking *asking, const uint32_t *numbers, size_t count,
                                  struct daybook_error *error) {
    struct rows rows = {0};
    struct item_summary summary;
    enum daybook_status status = open_open(asking, &rows, &summary, error);
    if (status == DAYBOOK_OK) {
        status = look_at_listed(asking, &rows, (struct listed){numbers, count, 0}, error);
    }
    cursor_close(rows.cursor);
    return status;
}

/* The open ones (IT1) and the hidden ones, group by group. */
static enum daybook_status look_at_both(struct asking *asking, struct rows *rows, struct listed hidden,
                                        struct daybook_error *error) {
    struct item_group open;
    struct item_group settled;
    settled.present = 0;
    while (rows->row.is_valid || hidden.next < hidden.count) {
        bool has_hidden = hidden.next < hidden.count;
        uint32_t number = has_hidden ? hidden.numbers[hidden.next] / ITEM_GROUP : rows->group;
        number = rows->row.is_valid && rows->group < number ? rows->group : number;
        DAYBOOK_TRY(take_row(asking, rows, number, &open, error));
        uint32_t wanted = open.present | take_listed(&hidden, number);
        if (wanted != open.present) {
            DAYBOOK_TRY(get_group(asking, AGING_SETTLED, number, &settled, error));
        }
        DAYBOOK_TRY(look_at_group(asking, number, &open, &settled, wanted, error));
    }
    return DAYBOOK_OK;
}

/* ---- by what is left of all ---- */

enum { NEW_ITEMS_MIN = 64 }; /* With fewer made since then, what is hidden is soon read. */

/* A search for items until what was found of them is all that was left. */
struct search {
    struct asking *asking;
    struct aging_left left;        /* Not found yet. */
    struct daybook_buffer numbers; /* Of items that are looked at first, ascending. */
    struct daybook_buffer found;   /* Numbers of those with something left. */
};

static bool has_all(const struct search *search) {
    return search->left.open_minor == 0 && search->left.unapplied_minor == 0;
}

static enum daybook_status note_found(void *context, const struct aging_item *item, struct daybook_error *error) {
    struct search *search = context;
    int64_t *left = item->is_source ? &search->left.unapplied_minor : &search->left.open_minor;
    if (__builtin_sub_overflow(*left, item->open_minor, left)) {
        return aging_too_large(error);
    }
    return aging_note_number(&search->found, search->asking->number, error);
}

static size_t sort_numbers(struct daybook_buffer *numbers) {
    uint32_t *sorted = (void *)numbers->data;
    size_t count = numbers->size / sizeof *sorted;
    size_t kept = 0;
    if (count > 1) {
        qsort(sorted, count, sizeof *sorted, aging_compare_numbers);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || sorted[kept - 1] != sorted[i]) {
            sorted[kept++] = sorted[i];
        }
    }
    numbers->size = kept * sizeof *sorted;
    return kept;
}

/* How many items were made before the sequence: numbers are given in the order of sequences. */
static enum daybook_status count_before(struct asking *asking, uint32_t item_count, uint64_t sequence, uint32_t *count,
                                        struct daybook_error *error) {
    uint32_t low = 0;
    uint32_t high = item_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t place = middle % ITEM_GROUP;
        struct item_group group;
        struct item_row row;
        DAYBOOK_TRY(get_group(asking, AGING_SETTLED, middle / ITEM_GROUP, &group, error));
        if ((group.present >> place & 1) == 0) {
            DAYBOOK_TRY(get_group(asking, AGING_OPEN, middle / ITEM_GROUP, &group, error));
        }
        if ((group.present >> place & 1) == 0) {
            return item_damaged(error);
        }
        DAYBOOK_TRY(item_read(group.items[place], &row, error));
        low = row.sequence < sequence ? middle + 1 : low;
        high = row.sequence < sequence ? high : middle;
    }
    *count = low;
    return DAYBOOK_OK;
}

/* The numbers of what is open now. */
static enum daybook_status list_open(struct search *search, struct daybook_error *error) {
    struct rows rows = {0};
    struct item_summary summary;
    enum daybook_status status = open_open(search->asking, &rows, &summary, error);
    while (status == DAYBOOK_OK && rows.row.is_valid) {
        struct item_group group;
        uint32_t number = rows.group;
        status = take_row(search->asking, &rows, number, &group, error);
        for (uint32_t rest = group.present; status == DAYBOOK_OK && rest != 0; rest &= rest - 1) {
            status = aging_note_number(&search->numbers, number * ITEM_GROUP + (uint32_t)__builtin_ctz(rest), error);
        }
    }
    cursor_close(rows.cursor);
    return status;
}

/* Looks at settled items, back from the last before `end`, until all is found or `count` were passed. */
static enum daybook_status look_back(struct search *search, uint32_t end, uint32_t count, struct daybook_error *error) {
    struct asking *asking = search->asking;
    const struct item_group none = {0};
    struct rows rows = {0};
    uint8_t key[ITEM_GROUP_KEY_SIZE];
    item_group_key(asking->question->account, (end - 1) / ITEM_GROUP, key);
    DAYBOOK_TRY(cursor_open(asking->txn, AGING_SETTLED, &rows.cursor, error));
    enum daybook_status status =
        cursor_seek_back(rows.cursor, (struct daybook_bytes){key, sizeof key}, &rows.row, error);
    for (uint32_t passed = 0; status == DAYBOOK_OK && passed < count && !has_all(search); passed += ITEM_GROUP) {
        struct item_group group;
        status = enter_row(asking, &rows, error);
        if (status != DAYBOOK_OK || !rows.row.is_valid) {
            break;
        }
        status = item_read_group(rows.row.value, &group, error);
        uint32_t first = rows.group * ITEM_GROUP;
        uint32_t wanted = end - first < ITEM_GROUP ? group.present & ((1u << (end - first)) - 1) : group.present;
        for (uint32_t rest = wanted; status == DAYBOOK_OK && rest != 0; rest &= rest - 1) {
            uint32_t number = first + (uint32_t)__builtin_ctz(rest);
            bool was_seen =
                search->numbers.size > 0 && bsearch(&number, search->numbers.data, search->numbers.size / sizeof number,
                                                    sizeof number, aging_compare_numbers) != NULL;
            wanted &= ~((uint32_t)was_seen << number % ITEM_GROUP);
        }
        if (status == DAYBOOK_OK) {
            status = look_at_group(asking, rows.group, &none, &group, wanted, error);
        }
        if (status == DAYBOOK_OK) {
            status = cursor_previous(rows.cursor, &rows.row, error);
        }
    }
    cursor_close(rows.cursor);
    return status;
}

/* Nothing left is ever below zero, so whatever is not found once the sums are is zero. What is made behind the chunk of
 * touches that A falls into and has anything left has a touch that came late (IT2). *is_done false: what is left was
 * not found soon enough, and nothing was visited. */
static enum daybook_status search_back(struct search *search, uint32_t item_count, bool *is_done,
                                       struct daybook_error *error) {
    struct asking *asking = search->asking;
    const struct aging_question *question = asking->question;
    uint64_t bound = 0;
    uint32_t end = 0;
    DAYBOOK_TRY(series_visit_late(asking->txn, aging_touches_shape, question->account, question->as_of,
                                  question->known_at, add_hidden, &search->numbers, &bound, error));
    DAYBOOK_TRY(count_before(asking, item_count, bound, &end, error));
    if (item_count - end < NEW_ITEMS_MIN) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(list_open(search, error));
    size_t count = sort_numbers(&search->numbers);
    asking->visit = note_found;
    asking->context = search;
    DAYBOOK_TRY(aging_look_at(asking, (void *)search->numbers.data, count, error));
    if (end > 0 && !has_all(search)) {
        DAYBOOK_TRY(look_back(search, end, item_count - end, error));
    }
    *is_done = has_all(search);
    return DAYBOOK_OK;
}

static enum daybook_status look_by_sums(struct asking *asking, uint32_t item_count, bool *is_done,
                                        struct daybook_error *error) {
    aging_visit *visit = asking->visit;
    void *context = asking->context;
    *is_done = false;
    if (asking->question->left == NULL || item_count < NEW_ITEMS_MIN) {
        return DAYBOOK_OK;
    }
    struct search search = {.asking = asking, .left = *asking->question->left};
    enum daybook_status status = search_back(&search, item_count, is_done, error);
    asking->visit = visit;
    asking->context = context;
    if (status == DAYBOOK_OK && *is_done) {
        size_t count = sort_numbers(&search.found);
        status = aging_look_at(asking, (void *)search.found.data, count, error);
    }
    daybook_buffer_release(&search.numbers);
    daybook_buffer_release(&search.found);
    return status;
}

/* ---- all of them ---- */

static enum daybook_status look_at_some(struct asking *asking, struct daybook_error *error) {
    const struct aging_question *question = asking->question;
    struct daybook_buffer found = {0};
    struct rows rows = {0};
    struct item_summary summary;
    enum daybook_status status = open_open(asking, &rows, &summary, error);
    /* IT3 */
    bool may_hide = question->known_at != UINT64_MAX || summary.max_effective > question->as_of;
    bool is_done = false;
    if (status == DAYBOOK_OK && may_hide) {
        status = look_by_sums(asking, summary.count, &is_done, error);
    }
    if (status == DAYBOOK_OK && !is_done && may_hide && summary.count > 0) {
        status = series_visit_hidden(asking->txn, aging_touches_shape, question->account, question->as_of,
                                     question->known_at, add_hidden, &found, error);
    }
    if (status == DAYBOOK_OK && !is_done) {
        struct listed hidden = {(void *)found.data, found.size / sizeof(uint32_t), 0};
        if (hidden.count > 1) {
            qsort(found.data, hidden.count, sizeof(uint32_t), aging_compare_numbers);
        }
        status = look_at_both(asking, &rows, hidden, error);
    }
    cursor_close(rows.cursor);
    daybook_buffer_release(&found);
    return status;
}

/* Every item, whatever is left of it. */
static enum daybook_status look_at_all(struct asking *asking, struct daybook_error *error) {
    struct rows open = {0};
    struct rows settled = {0};
    struct item_summary summary;
    enum daybook_status status = open_open(asking, &open, &summary, error);
    if (status == DAYBOOK_OK) {
        status = open_settled(asking, &settled, error);
    }
    while (status == DAYBOOK_OK && (open.row.is_valid || settled.row.is_valid)) {
        struct item_group groups[2];
        uint32_t number = open.row.is_valid ? open.group : settled.group;
        number = settled.row.is_valid && settled.group < number ? settled.group : number;
        status = take_row(asking, &open, number, &groups[0], error);
        if (status == DAYBOOK_OK) {
            status = take_row(asking, &settled, number, &groups[1], error);
        }
        if (status == DAYBOOK_OK) {
            status =
                look_at_group(asking, number, &groups[0], &groups[1], groups[0].present | groups[1].present, error);
        }
    }
    cursor_close(open.cursor);
    cursor_close(settled.cursor);
    return status;
}

enum daybook_status aging_ask_items(struct store_txn *txn, const struct aging_question *question, aging_visit *visit,
                                    void *context, struct daybook_error *error) {
    struct asking asking;
    asking.step = NULL;
    asking.txn = txn;
    asking.question = question;
    asking.visit = visit;
    asking.context = context;
    return question->includes_closed ? look_at_all(&asking, error) : look_at_some(&asking, error);
}
