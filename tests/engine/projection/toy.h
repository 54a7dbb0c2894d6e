/*
 * A small projection over a real journal, for the tests of this folder: it
 * counts the events of each customer and remembers the last one.
 *
 *   table "customers": name -> u64 count, u64 last sequence (little-endian)
 *   table "totals":    "events" -> u64 count
 *
 * Its fold keeps rows cached from batch to batch, as the real ones do. Customers
 * with telling names make it fail: "refused" in the fold, "late" in the flush,
 * "own rows" as if its own rows were damaged.
 */
#ifndef DAYBOOK_TESTS_PROJECTION_TOY_H
#define DAYBOOK_TESTS_PROJECTION_TOY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/wire.h"
#include "projection/projector.h"
#include "projection/view.h"

enum { TOY_CUSTOMERS, TOY_TOTALS, TOY_CACHE = 32, TOY_MAP_BYTES = 64 << 20 };

struct toy_row {
    char customer[64];
    uint64_t count;
    uint64_t last;
};

struct toy_memory {
    struct toy_row rows[TOY_CACHE];
    size_t row_count;
    uint64_t events;
    bool has_events;
    bool is_late;
};

/* Tests are single programs, so what they change of the fold is global. */
static uint64_t toy_kill_at;        /* The process dies in the middle of folding this event. */
static atomic_size_t toy_undecoded; /* Events that a calm fold was given so. */
static uint64_t toy_damaged_at;     /* Folding this event finds the view's own rows damaged; once. */

static inline enum daybook_status toy_open(void **memory, struct daybook_error *error) {
    *memory = calloc(1, sizeof(struct toy_memory));
    return *memory != NULL ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the toy: no memory");
}

static inline void toy_forget(void *memory) {
    memset(memory, 0, sizeof(struct toy_memory));
}

static inline enum daybook_status toy_load(struct store_txn *txn, unsigned table, const char *key, uint64_t *values,
                                           size_t count, struct daybook_error *error) {
    struct daybook_bytes value;
    bool is_found;
    enum daybook_status status = table_get(txn, table, daybook_bytes_of_text(key), &value, &is_found, error);
    if (status != DAYBOOK_OK || !is_found) {
        return status;
    }
    if (value.size != count * 8) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "the row of %s has %zu bytes", key, value.size);
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = load_le64(value.data + i * 8);
    }
    return DAYBOOK_OK;
}

static inline enum daybook_status toy_flush(void *context, struct store_txn *txn, struct daybook_error *error) {
    struct toy_memory *memory = context;
    uint8_t bytes[16];
    enum daybook_status status = DAYBOOK_OK;
    if (memory->is_late) {
        return daybook_fail(error, DAYBOOK_INVALID, "it is late");
    }
    for (size_t i = 0; i < memory->row_count && status == DAYBOOK_OK; i++) {
        store_le64(bytes, memory->rows[i].count);
        store_le64(bytes + 8, memory->rows[i].last);
        status = table_put(txn, TOY_CUSTOMERS, daybook_bytes_of_text(memory->rows[i].customer),
                           (struct daybook_bytes){bytes, 16}, error);
    }
    if (status == DAYBOOK_OK && memory->has_events) {
        store_le64(bytes, memory->events);
        status = table_put(txn, TOY_TOTALS, daybook_bytes_of_text("events"), (struct daybook_bytes){bytes, 8}, error);
    }
    return status;
}

static inline enum daybook_status toy_find(struct toy_memory *memory, struct store_txn *txn, const char *customer,
                                           struct toy_row **row, struct daybook_error *error) {
    for (size_t i = 0; i < memory->row_count; i++) {
        if (strcmp(memory->rows[i].customer, customer) == 0) {
            *row = &memory->rows[i];
            return DAYBOOK_OK;
        }
    }
    enum daybook_status status = DAYBOOK_OK;
    if (memory->row_count == TOY_CACHE) {
        status = toy_flush(memory, txn, error);
        memory->row_count = 0;
    }
    uint64_t values[2] = {0};
    if (status == DAYBOOK_OK) {
        status = toy_load(txn, TOY_CUSTOMERS, customer, values, 2, error);
    }
    if (status == DAYBOOK_OK) {
        *row = &memory->rows[memory->row_count++];
        **row = (struct toy_row){.count = values[0], .last = values[1]};
        snprintf((*row)->customer, sizeof(*row)->customer, "%s", customer);
    }
    return status;
}

static inline enum daybook_status toy_fold_by(void *context, struct store_txn *txn, const struct fold_event *folded,
                                              uint64_t step, struct daybook_error *error) {
    struct toy_memory *memory = context;
    const Pb__Event *event = folded->event;
    if (strcmp(event->customer, "refused") == 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "customer %s cannot be taken", event->customer);
    }
    memory->is_late = memory->is_late || strcmp(event->customer, "late") == 0;
    if (event->sequence == toy_damaged_at || strcmp(event->customer, "own rows") == 0) {
        toy_damaged_at = 0;
        return daybook_fail(error, DAYBOOK_DAMAGED, "own rows are damaged");
    }
    struct toy_row *row = NULL;
    enum daybook_status status = toy_find(memory, txn, event->customer, &row, error);
    if (status == DAYBOOK_OK && !memory->has_events) {
        status = toy_load(txn, TOY_TOTALS, "events", &memory->events, 1, error);
        memory->has_events = status == DAYBOOK_OK;
    }
    if (status == DAYBOOK_OK) {
        row->count += step;
        row->last = event->sequence;
        memory->events++;
    }
    if (event->sequence == toy_kill_at) {
        kill(getpid(), SIGKILL);
    }
    return status;
}

static inline enum daybook_status toy_fold(void *memory, struct store_txn *txn, const struct fold_event *event,
                                           struct daybook_error *error) {
    return toy_fold_by(memory, txn, event, 1, error);
}

/* Version 2 counts in tens. */
static inline enum daybook_status toy_fold_2(void *memory, struct store_txn *txn, const struct fold_event *event,
                                             struct daybook_error *error) {
    return toy_fold_by(memory, txn, event, 10, error);
}

/* It looks at bytes alone, takes every event, and counts them: those that come undecoded apart. */
static inline enum daybook_status toy_fold_calm(void *context, struct store_txn *txn, const struct fold_event *folded,
                                                struct daybook_error *error) {
    struct toy_memory *memory = context;
    enum daybook_status status = DAYBOOK_OK;
    toy_undecoded += folded->event == NULL;
    if (!memory->has_events) {
        status = toy_load(txn, TOY_TOTALS, "events", &memory->events, 1, error);
    }
    memory->has_events = true;
    memory->events++;
    return status;
}

static const char *const toy_tables[] = {"customers", "totals"};
static const struct projection toy = {
    .name = "toy",
    .version = 1,
    .readable_from = 1,
    .tables = toy_tables,
    .table_count = 2,
    .open = toy_open,
    .close = free,
    .forget = toy_forget,
    .fold = toy_fold,
    .flush = toy_flush,
};
static const struct projection toy_2 = {
    .name = "toy",
    .version = 2,
    .readable_from = 1,
    .tables = toy_tables,
    .table_count = 2,
    .open = toy_open,
    .close = free,
    .forget = toy_forget,
    .fold = toy_fold_2,
    .flush = toy_flush,
};
/* The same, and cannot read the rows of version 1. */
static const struct projection toy_2_only = {
    .name = "toy",
    .version = 2,
    .readable_from = 2,
    .tables = toy_tables,
    .table_count = 2,
    .open = toy_open,
    .close = free,
    .forget = toy_forget,
    .fold = toy_fold_2,
    .flush = toy_flush,
};
static const struct projection calm_toy = {
    .name = "calm",
    .version = 1,
    .readable_from = 1,
    .tables = toy_tables,
    .table_count = 2,
    .writes_little = true,
    .looks_at_bytes = true,
    .open = toy_open,
    .close = free,
    .forget = toy_forget,
    .fold = toy_fold_calm,
    .flush = toy_flush,
};

/* ---- a ledger's directory and its journal ---- */

struct toy_ledger {
    char directory[64];
    struct journal *journal;
    struct daybook_error error;
};

#define assert_ok(ledger, call)                                                                                        \
    do {                                                                                                               \
        enum daybook_status status_ = (call);                                                                          \
        if (status_ != DAYBOOK_OK) {                                                                                   \
            fail_msg("%s: %s", daybook_status_name(status_), (ledger)->error.message);                                 \
        }                                                                                                              \
    } while (0)

static inline int toy_remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place) {
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void toy_remove(const char *path) {
    nftw(path, toy_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void toy_ledger_open(struct toy_ledger *ledger, bool is_writer) {
    struct journal_options options = {.map_size_bytes = TOY_MAP_BYTES, .is_writer = is_writer, .min_free_bytes = 1};
    assert_ok(ledger, journal_open(ledger->directory, &options, &ledger->journal, &ledger->error));
}

static inline void toy_ledger_close(struct toy_ledger *ledger) {
    journal_close(ledger->journal);
    ledger->journal = NULL;
}

static inline int toy_setup(void **state) {
    struct toy_ledger *ledger = calloc(1, sizeof *ledger);
    assert_non_null(ledger);
    snprintf(ledger->directory, sizeof ledger->directory, "/tmp/daybook-view-XXXXXX");
    assert_non_null(mkdtemp(ledger->directory));
    assert_ok(ledger, journal_create(ledger->directory, daybook_bytes_of_text("toy"), &ledger->error));
    toy_ledger_open(ledger, true);
    toy_kill_at = 0;
    toy_undecoded = 0;
    toy_damaged_at = 0;
    *state = ledger;
    return 0;
}

static inline int toy_teardown(void **state) {
    struct toy_ledger *ledger = *state;
    toy_ledger_close(ledger);
    toy_remove(ledger->directory);
    free(ledger);
    return 0;
}

/* One encoded event; `damage` is written behind it. */
static inline void toy_encode(uint64_t sequence, const char *customer, const char *damage,
                              struct daybook_buffer *buffer) {
    Pb__Event event = PB__EVENT__INIT;
    Pb__CustomerOpened opened = PB__CUSTOMER_OPENED__INIT;
    event.sequence = sequence;
    event.recorded_at_us = (int64_t)sequence * 1000;
    event.effective_on = 19000;
    event.customer = (char *)(uintptr_t)customer;
    event.body_case = PB__EVENT__BODY_CUSTOMER_OPENED;
    event.customer_opened = &opened;
    assert_int_equal(wire_encode(&event.base, buffer), DAYBOOK_OK);
    assert_int_equal(daybook_buffer_append(buffer, damage, strlen(damage)), DAYBOOK_OK);
}

static inline void toy_append_one(struct toy_ledger *ledger, const char *customer, const char *damage) {
    struct journal_head head;
    struct daybook_buffer buffer = {0};
    assert_ok(ledger, journal_head(ledger->journal, &head, &ledger->error));
    toy_encode(head.sequence + 1, customer, damage, &buffer);
    struct event_span span = {buffer.data, (uint32_t)buffer.size};
    int64_t recorded_at_us = (int64_t)(head.sequence + 1) * 1000;
    struct journal_batch batch = {&span, &recorded_at_us, 1};
    assert_ok(ledger, journal_append(ledger->journal, &batch, &ledger->error));
    daybook_buffer_release(&buffer);
}

/* `count` events, in turn of customers "c0" to "c49". */
static inline void toy_append(struct toy_ledger *ledger, size_t count) {
    struct journal_head head;
    struct daybook_buffer buffer = {0};
    struct event_span *spans = calloc(count, sizeof *spans);
    int64_t *instants = calloc(count, sizeof *instants);
    assert_true(spans != NULL && instants != NULL);
    assert_ok(ledger, journal_head(ledger->journal, &head, &ledger->error));
    for (size_t i = 0; i < count; i++) {
        char customer[16];
        uint64_t sequence = head.sequence + 1 + i;
        size_t start = buffer.size;
        snprintf(customer, sizeof customer, "c%u", (unsigned)(sequence % 50));
        toy_encode(sequence, customer, "", &buffer);
        spans[i].size = (uint32_t)(buffer.size - start);
        instants[i] = (int64_t)sequence * 1000;
    }
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        spans[i].data = buffer.data + offset;
        offset += spans[i].size;
    }
    struct journal_batch batch = {spans, instants, count};
    assert_ok(ledger, journal_append(ledger->journal, &batch, &ledger->error));
    daybook_buffer_release(&buffer);
    free(spans);
    free(instants);
}

/* ---- views ---- */

static inline struct view *toy_view(struct toy_ledger *ledger, const struct projection *projection,
                                    size_t batch_events) {
    struct view *view = NULL;
    struct view_options options = {.map_size_bytes = TOY_MAP_BYTES, .batch_events = batch_events};
    assert_ok(ledger, view_open(ledger->directory, projection, ledger->journal, &options, &view, &ledger->error));
    return view;
}

static inline struct view_digest toy_digest(struct toy_ledger *ledger, struct view *view) {
    struct view_digest digest = {0};
    assert_ok(ledger, view_compute_digest(view, NULL, &digest, &ledger->error));
    return digest;
}

static inline void assert_same_digest(const struct view_digest *a, const struct view_digest *b) {
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->row_count, b->row_count);
    assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
}

static inline uint64_t toy_count(struct toy_ledger *ledger, struct view *view, const char *customer,
                                 uint64_t min_position) {
    struct view_read read;
    uint64_t values[2] = {0};
    assert_ok(ledger, view_begin_read(view, min_position, &read, &ledger->error));
    assert_ok(ledger, toy_load(read.txn, TOY_CUSTOMERS, customer, values, 2, &ledger->error));
    view_end_read(&read);
    return values[0];
}

static inline uint64_t toy_events(struct toy_ledger *ledger, struct view *view, uint64_t min_position) {
    struct view_read read;
    uint64_t events = 0;
    assert_ok(ledger, view_begin_read(view, min_position, &read, &ledger->error));
    assert_ok(ledger, toy_load(read.txn, TOY_TOTALS, "events", &events, 1, &ledger->error));
    view_end_read(&read);
    return events;
}

static inline struct view_status toy_status(struct view *view) {
    struct view_status status;
    view_get_status(view, &status);
    return status;
}

/* Is DIRECTORY/views/NAME there? */
static inline bool toy_has(const struct toy_ledger *ledger, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/views/%s", ledger->directory, name);
    return access(path, F_OK) == 0;
}

static inline void toy_write(const struct toy_ledger *ledger, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/views/%s", ledger->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

#endif
