/* A ledger in a temporary directory with a clock that stands still, asked in lines of script.h. */
#ifndef DAYBOOK_TESTS_LEDGER_CASE_H
#define DAYBOOK_TESTS_LEDGER_CASE_H

#include <inttypes.h>
#include <unistd.h>

#include "codec/wire.h"
#include "daybook.h"
#include "ledger.h"
#include "store/journal.h"
#include "tests/engine/domain/script.h"
#include "tests/engine/domain/world.h"
#include "tests/engine/store/place.h"

struct ledger_case {
    char directory[64];
    struct daybook *ledger;
    struct daybook_open_options how;
    int64_t now_us;
    unsigned key_count;
    struct daybook_error error;
};

#define LEDGER_OK(c, call)                                                                                             \
    do {                                                                                                               \
        enum daybook_status status_ = (call);                                                                          \
        if (status_ != DAYBOOK_OK) {                                                                                   \
            fail_msg("%s: %s: %s", #call, daybook_status_name(status_), (c)->error.message);                           \
        }                                                                                                              \
    } while (0)

static inline int64_t ledger_case_now(void *context) {
    return *(int64_t *)context;
}

static inline void ledger_case_open(struct ledger_case *c) {
    c->how.directory = c->directory;
    c->how.is_writer = true;
    c->how.clock = (struct daybook_clock){ledger_case_now, &c->now_us};
    LEDGER_OK(c, daybook_open(&c->how, &c->ledger, &c->error));
}

static inline void ledger_case_begin(struct ledger_case *c) {
    memset(c, 0, sizeof *c);
    strcpy(c->directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(c->directory));
    c->now_us = script_instant("2024-06-15T04:00:00Z");
    struct daybook_create_options made = {
        .timezone = "Asia/Shanghai", .currency = "CNY", .clock = {ledger_case_now, &c->now_us}};
    LEDGER_OK(c, daybook_create(c->directory, &made, &c->error));
    ledger_case_open(c);
}

static inline void ledger_case_reopen(struct ledger_case *c) {
    daybook_close(c->ledger);
    c->ledger = NULL;
    ledger_case_open(c);
}

static inline void ledger_case_end(struct ledger_case *c) {
    daybook_close(c->ledger);
    place_remove(c->directory);
}

/* "views" and all in it, of a ledger that is closed. */
static inline void ledger_case_forget(struct ledger_case *c) {
    char path[96];
    snprintf(path, sizeof path, "%s/views", c->directory);
    place_remove(path);
}

/* ---- asking ---- */

enum { LEDGER_LINES = 64 };

static inline struct daybook_buffer line_encode(const char *line, const char *key) {
    struct arena arena;
    struct daybook_buffer bytes = {0};
    arena_init(&arena, 1 << 20);
    const Pb__Request *request = script_request(&arena, line, key);
    assert_int_equal(wire_encode(&request->base, &bytes), DAYBOOK_OK);
    arena_release(&arena);
    return bytes;
}

/* Submits the lines in one call. Release the answers. */
static inline struct daybook_answers ledger_submit(struct ledger_case *c, enum daybook_submit_mode mode, size_t count,
                                                   const char *const *lines) {
    struct daybook_buffer buffers[LEDGER_LINES] = {0};
    struct daybook_bytes requests[LEDGER_LINES];
    struct daybook_answers answers = {0};
    assert_true(count <= LEDGER_LINES);
    for (size_t i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof key, "line-%u", ++c->key_count);
        buffers[i] = line_encode(lines[i], key);
        requests[i] = daybook_buffer_view(&buffers[i]);
    }
    LEDGER_OK(c, daybook_submit(c->ledger, requests, count, mode, &answers, &c->error));
    assert_int_equal(answers.count, count);
    for (size_t i = 0; i < count; i++) {
        daybook_buffer_release(&buffers[i]);
    }
    return answers;
}

#define LEDGER_SUBMIT(c, mode, ...)                                                                                    \
    ledger_submit((c), (mode), ROW_COUNT(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

/* One line; the code of its refusal, 0 when it was accepted. */
static inline int ledger_line(struct ledger_case *c, const char *line) {
    struct daybook_answers answers = ledger_submit(c, DAYBOOK_SUBMIT_EACH, 1, &line);
    int code = answers.items[0].refusal == NULL ? 0 : (int)answers.items[0].refusal->code;
    daybook_answers_release(&answers);
    return code;
}

static inline void ledger_must(struct ledger_case *c, const char *line) {
    assert_int_equal(ledger_line(c, line), 0);
}

static inline uint64_t ledger_head(struct ledger_case *c) {
    uint64_t head = 0;
    LEDGER_OK(c, daybook_head(c->ledger, &head, &c->error));
    return head;
}

/* ---- looking ---- */

/* All stored events of the open ledger. Release it. */
static inline struct event_batch ledger_events(struct ledger_case *c) {
    struct event_batch batch = {.first_sequence = 1};
    struct journal_reader *reader = NULL;
    struct journal_slice slice;
    LEDGER_OK(c, journal_reader_open(ledger_journal(c->ledger), &reader, &c->error));
    for (;;) {
        LEDGER_OK(c, journal_read(reader, batch.count + 1, &slice, &c->error));
        if (slice.count == 0) {
            break;
        }
        batch.events = realloc(batch.events, (batch.count + slice.count) * sizeof *batch.events);
        assert_non_null(batch.events);
        for (size_t i = 0; i < slice.count; i++) {
            batch.events[batch.count++] =
                (struct batch_event){.offset_bytes = batch.bytes.size, .size_bytes = (uint32_t)slice.events[i].size};
            LEDGER_OK(c, daybook_buffer_append(&batch.bytes, slice.events[i].data, slice.events[i].size));
        }
    }
    batch.capacity = batch.count;
    journal_reader_close(reader);
    return batch;
}

#endif
