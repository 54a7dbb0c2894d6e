/* The links view's fold: the links of a batch, and the runs that they and the rows before them become. */
#include "projections/links.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/sort.h"
#include "limits.h"
#include "projections/links_rows.h"
#include "projections/tie.h"

struct links_fold {
    uint64_t written_to;         /* The last event whose links are in rows; it counts while there is one behind it. */
    uint64_t folded_to;          /* The last event that was folded; 0 = none since the last flush. */
    struct daybook_buffer links; /* struct link: of the events between these two. */
    struct daybook_buffer taken; /* struct link: of rows that become part of larger runs. */
    struct daybook_buffer order; /* struct pair, twice: names and places of a run's links. */
};

static void close_fold(void *memory) {
    struct links_fold *fold = memory;
    if (fold == NULL) {
        return;
    }
    daybook_buffer_release(&fold->links);
    daybook_buffer_release(&fold->taken);
    daybook_buffer_release(&fold->order);
    free(fold);
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    *memory = calloc(1, sizeof(struct links_fold));
    return *memory != NULL ? DAYBOOK_OK
                           : daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the links view: memory was refused");
}

static void forget_fold(void *memory) {
    struct links_fold *fold = memory;
    fold->folded_to = 0;
    daybook_buffer_reset(&fold->links);
}

/* ---- names ---- */

/* What is hashed: the customer, a byte 0, the kind, the id. */
struct name_text {
    size_t customer_size;
    char bytes[LIMIT_ID_BYTES + 2 + LIMIT_ID_BYTES];
};

static void begin_name(struct name_text *name, const char *customer) {
    name->customer_size = strnlen(customer, LIMIT_ID_BYTES);
    memcpy(name->bytes, customer, name->customer_size);
    name->bytes[name->customer_size] = '\0';
}

static uint64_t end_name(struct name_text *name, Pb__DocumentKind kind, const char *id) {
    size_t id_size = strnlen(id, LIMIT_ID_BYTES);
    char *at = name->bytes + name->customer_size + 1;
    *at = (char)kind;
    memcpy(at + 1, id, id_size);
    return hash64(name->bytes, name->customer_size + 2 + id_size, 0) >> (64 - LINKS_NAME_BITS);
}

uint64_t links_name(const char *customer, Pb__DocumentKind kind, const char *id) {
    struct name_text name;
    begin_name(&name, customer);
    return end_name(&name, kind, id);
}

/* ---- one event ---- */

struct links_event {
    struct links_fold *fold;
    const Pb__Event *event;
    struct name_text *name; /* Of its customer. */
    struct daybook_error *error;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding links: memory was refused");
}

static enum daybook_status add_side(const struct links_event *e, const struct tie_side *side, unsigned tag) {
    if (!tie_keeps(side->kind)) {
        return DAYBOOK_OK;
    }
    struct link *link = (void *)daybook_buffer_reserve(&e->fold->links, sizeof *link);
    if (link == NULL) {
        return no_memory(e->error);
    }
    *link = (struct link){
        .name = end_name(e->name, side->kind, side->id),
        .sequence = e->event->sequence,
        .amount_minor = side->amount_minor,
        .effective_on = e->event->effective_on,
        .tag = (uint8_t)tag,
    };
    e->fold->links.size += sizeof *link;
    return DAYBOOK_OK;
}

/* Of all ties of an event, which end at one document: a charge that slices of lots are used for. */
static enum daybook_status add_ties(const struct links_event *e, size_t count) {
    struct tie tie = tie_at(e->event, 0);
    struct tie_side to = tie.to;
    DAYBOOK_TRY(add_side(e, &tie.from, tie.settles ? LINK_SETTLES : (unsigned)to.kind));
    for (size_t i = 1; i < count; i++) {
        struct tie next = tie_at(e->event, i);
        DAYBOOK_TRY(add_side(e, &next.from, (unsigned)to.kind));
        if (!money_add(&to.amount_minor, next.to.amount_minor)) {
            return daybook_fail(e->error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": its amounts overflow",
                                e->event->sequence);
        }
    }
    return add_side(e, &to, (unsigned)tie.from.kind);
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct links_fold *fold = memory;
    const Pb__Event *event = folded->event;
    struct tie_side made = tie_made(event);
    size_t count = tie_count(event);
    size_t begin = fold->links.size;
    enum daybook_status status = DAYBOOK_OK;
    (void)txn;
    if (made.kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED || count > 0) {
        struct name_text name;
        struct links_event e = {fold, event, &name, error};
        begin_name(&name, event->customer);
        status = add_side(&e, &made, LINK_MADE);
        if (status == DAYBOOK_OK && count > 0) {
            status = add_ties(&e, count);
        }
    }
    if (status != DAYBOOK_OK) {
        fold->links.size = begin;
        return status;
    }
    if (fold->folded_to == 0) {
        fold->written_to = event->sequence - 1;
    }
    fold->folded_to = event->sequence;
    return DAYBOOK_OK;
}

/* ---- runs ---- */

/* What is written: links of rows, and behind them those of the batch. */
struct links_flush {
    struct links_fold *fold;
    struct store_txn *txn;
    const struct link *taken;
    size_t taken_count;
    const struct link *links;
    size_t link_count;
    struct daybook_error *error;
};

static enum daybook_status take_row(struct links_fold *fold, const struct table_row *row, struct daybook_error *error) {
    struct links_reader reader;
    bool is_found = true;
    DAYBOOK_TRY(links_read_begin(&reader, row, error));
    while (is_found) {
        DAYBOOK_TRY(links_read_next(&reader, &is_found, error));
        if (is_found && daybook_buffer_append(&fold->taken, &reader.link, sizeof reader.link) != DAYBOOK_OK) {
            return no_memory(error);
        }
    }
    return DAYBOOK_OK;
}

/* Reads the rows of the runs from `run` on, and deletes them. */
static enum daybook_status take_rows(struct links_flush *flush, uint64_t run) {
    struct table_cursor *cursor = NULL;
    struct table_row row;
    uint8_t key[LINKS_KEY_SIZE];
    bool was_found = true;
    daybook_buffer_reset(&flush->fold->taken);
    DAYBOOK_TRY(cursor_open(flush->txn, LINKS_ROWS, &cursor, flush->error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK) {
        links_make_key(run, 0, 0, key);
        status = cursor_seek(cursor, (struct daybook_bytes){key, sizeof key}, &row, flush->error);
        if (status != DAYBOOK_OK || !row.is_valid) {
            break;
        }
        status = take_row(flush->fold, &row, flush->error);
        if (status == DAYBOOK_OK) {
            memcpy(key, row.key.data, sizeof key);
            status =
                table_delete(flush->txn, LINKS_ROWS, (struct daybook_bytes){key, sizeof key}, &was_found, flush->error);
        }
    }
    cursor_close(cursor);
    flush->taken = (const void *)flush->fold->taken.data;
    flush->taken_count = flush->fold->taken.size / sizeof *flush->taken;
    return status;
}

static size_t count_up_to(const struct link *links, size_t count, uint64_t sequence) {
    size_t found = 0;
    while (found < count && links[found].sequence <= sequence) {
        found++;
    }
    return found;
}

static int32_t least_day(const struct link *links, size_t count, int32_t least) {
    for (size_t i = 0; i < count; i++) {
        least = links[i].tag != LINK_MADE && links[i].effective_on < least ? links[i].effective_on : least;
    }
    return least;
}

static const struct link *link_at(const struct links_flush *flush, size_t taken_count, uint64_t index) {
    return index < taken_count ? &flush->taken[index] : &flush->links[index - taken_count];
}

/* By name. Those of one name stay as they came: in the order of their sequences. NULL: memory was refused. */
static const struct pair *sort_links(const struct links_flush *flush, size_t taken_count, size_t count) {
    struct daybook_buffer *order = &flush->fold->order;
    daybook_buffer_reset(order);
    struct pair *pairs = (void *)daybook_buffer_reserve(order, (2 * count + 1) * sizeof *pairs);
    for (size_t i = 0; pairs != NULL && i < count; i++) {
        pairs[i] = (struct pair){link_at(flush, taken_count, i)->name, i};
    }
    if (pairs != NULL) {
        pairs_sort(pairs, pairs + count, count);
    }
    return pairs;
}

/* The links up to `end`, and moves on behind them. */
static enum daybook_status write_run(struct links_flush *flush, uint64_t run, uint64_t end) {
    enum { FETCHED_AHEAD = 8 };
    size_t taken_count = count_up_to(flush->taken, flush->taken_count, end);
    size_t link_count = count_up_to(flush->links, flush->link_count, end);
    size_t count = taken_count + link_count;
    const struct pair *sorted = sort_links(flush, taken_count, count);
    struct links_writer writer = {.txn = flush->txn, .run = run};
    if (sorted == NULL) {
        return no_memory(flush->error);
    }
    writer.least_on = least_day(flush->links, link_count, least_day(flush->taken, taken_count, INT32_MAX));
    for (size_t i = 0; i < count; i++) {
        bool has_same_name_next = i + 1 < count && sorted[i + 1].key == sorted[i].key;
        if (i + FETCHED_AHEAD < count) {
            __builtin_prefetch(link_at(flush, taken_count, sorted[i + FETCHED_AHEAD].value));
        }
        DAYBOOK_TRY(
            links_write(&writer, link_at(flush, taken_count, sorted[i].value), has_same_name_next, flush->error));
    }
    flush->taken += taken_count;
    flush->taken_count -= taken_count;
    flush->links += link_count;
    flush->link_count -= link_count;
    return links_write_end(&writer, flush->error);
}

/* The runs that end behind what is written, in order, so that every row is appended. */
static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct links_fold *fold = memory;
    struct links_flush flush = {.fold = fold, .txn = txn, .error = error};
    uint64_t head = fold->folded_to;
    if (head == 0) {
        return DAYBOOK_OK;
    }
    uint64_t before = fold->written_to - fold->written_to % LINKS_RUN_LARGEST;
    while (links_run_end(before, head) <= fold->written_to) {
        before = links_run_end(before, head);
    }
    DAYBOOK_TRY(take_rows(&flush, before + 1));
    flush.links = (const void *)fold->links.data;
    flush.link_count = fold->links.size / sizeof *flush.links;
    while (before < head) {
        uint64_t end = links_run_end(before, head);
        DAYBOOK_TRY(write_run(&flush, before + 1, end));
        before = end;
    }
    forget_fold(fold);
    return DAYBOOK_OK;
}

static const char *const tables[LINKS_TABLE_COUNT] = {
    [LINKS_ROWS] = "links",
};

const struct projection links_projection = {
    .name = "links",
    .version = 2,
    .readable_from = 2,
    .tables = tables,
    .table_count = LINKS_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .flush = flush_fold,
};
