/* The links view's questions: the runs one after the other, in each the entries of one name. */
#include "base/decimal.h"
#include "projections/links_rows.h"

void links_found_release(struct links_found *found) {
    daybook_buffer_release(&found->made);
    daybook_buffer_release(&found->sequences);
}

static enum daybook_status add_sequence(struct daybook_buffer *sequences, uint64_t sequence,
                                        struct daybook_error *error) {
    return daybook_buffer_append(sequences, &sequence, sizeof sequence) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "while reading links: memory was refused");
}

static bool is_listed_last(const struct daybook_buffer *sequences, uint64_t sequence) {
    const uint64_t *all = (const void *)sequences->data;
    size_t count = sequences->size / sizeof *all;
    return count > 0 && all[count - 1] == sequence;
}

static enum daybook_status add_link(const struct links_question *question, const struct link *link,
                                    struct links_found *found, struct daybook_error *error) {
    struct links_totals *totals = &found->totals;
    if (link->sequence > question->known_at) {
        return DAYBOOK_OK;
    }
    if (link->tag == LINK_MADE) {
        return add_sequence(&found->made, link->sequence, error);
    }
    if (link->effective_on > question->as_of) {
        return DAYBOOK_OK;
    }
    totals->has_settled = totals->has_settled || link->tag == LINK_SETTLES;
    if (!money_add(&totals->amounts[link->tag == LINK_SETTLES ? 0 : link->tag], link->amount_minor) ||
        !money_add(&totals->sum_minor, link->amount_minor)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up links: a total does not fit 64 bits");
    }
    /* An event that uses a lot twice has two links of it. */
    if (link->sequence < question->from || is_listed_last(&found->sequences, link->sequence) ||
        found->sequences.size / sizeof(uint64_t) >= question->limit) {
        return DAYBOOK_OK;
    }
    return add_sequence(&found->sequences, link->sequence, error);
}

/* The entries of the name in one row. `is_done`: the run has no more of them. */
static enum daybook_status add_row(const struct links_question *question, const struct table_row *row,
                                   struct links_found *found, bool *is_done, struct daybook_error *error) {
    struct links_reader reader;
    bool is_found = true;
    *is_done = false;
    DAYBOOK_TRY(links_read_begin(&reader, row, error));
    for (;;) {
        DAYBOOK_TRY(links_read_next(&reader, &is_found, error));
        if (!is_found) {
            return DAYBOOK_OK;
        }
        if (reader.link.name > question->name) {
            *is_done = true;
            return DAYBOOK_OK;
        }
        if (reader.link.name == question->name) {
            DAYBOOK_TRY(add_link(question, &reader.link, found, error));
        }
    }
}

static bool is_of_run(const struct table_row *row, uint64_t run) {
    return row->is_valid && row->key.size == LINKS_KEY_SIZE && links_key_run(row->key.data) == run;
}

/* From the first row of the run that ends at the name or behind it. */
static enum daybook_status add_run(struct table_cursor *cursor, const struct links_question *question, uint64_t run,
                                   struct table_row *row, struct links_found *found, struct daybook_error *error) {
    bool is_done = false;
    while (is_of_run(row, run) && !is_done) {
        DAYBOOK_TRY(add_row(question, row, found, &is_done, error));
        if (!is_done) {
            DAYBOOK_TRY(cursor_next(cursor, row, error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status seek(struct table_cursor *cursor, uint64_t run, uint64_t name, struct table_row *row,
                                struct daybook_error *error) {
    uint8_t key[LINKS_KEY_SIZE];
    links_make_key(run, name, 0, key);
    DAYBOOK_TRY(cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, row, error));
    return row->is_valid && row->key.size != LINKS_KEY_SIZE
               ? daybook_fail(
                     error, DAYBOOK_DAMAGED,
                     "while reading links: a row's key has %zu bytes, not %d; rebuild the view from the journal",
                     row->key.size, LINKS_KEY_SIZE)
               : DAYBOOK_OK;
}

static enum daybook_status add_runs(struct table_cursor *cursor, const struct links_question *question,
                                    struct links_found *found, struct daybook_error *error) {
    struct table_row row;
    uint64_t run = 1;
    DAYBOOK_TRY(seek(cursor, run, question->name, &row, error));
    while (row.is_valid && links_key_run(row.key.data) <= question->known_at) {
        if (links_key_run(row.key.data) > run) {
            /* There is no such run, or nothing in it is of this name: go on with the one that there is. */
            run = links_key_run(row.key.data);
            if (links_key_name(row.key.data) < question->name) {
                DAYBOOK_TRY(seek(cursor, run, question->name, &row, error));
                continue;
            }
        }
        DAYBOOK_TRY(add_run(cursor, question, run, &row, found, error));
        run++;
        DAYBOOK_TRY(seek(cursor, run, question->name, &row, error));
    }
    return DAYBOOK_OK;
}

enum daybook_status links_ask(struct store_txn *txn, const struct links_question *question, struct links_found *found,
                              struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    daybook_buffer_reset(&found->made);
    daybook_buffer_reset(&found->sequences);
    found->totals = (struct links_totals){0};
    DAYBOOK_TRY(cursor_open(txn, LINKS_ROWS, &cursor, error));
    enum daybook_status status = add_runs(cursor, question, found, error);
    cursor_close(cursor);
    return status;
}
