/* Events for tests of the journal: bytes that follow from the sequence alone, so that any reader can check them. */
#ifndef DAYBOOK_TESTS_STORE_EVENTS_H
#define DAYBOOK_TESTS_STORE_EVENTS_H

#include <stdlib.h>
#include <string.h>

#include "store/journal.h"

enum { EVENT_ROOM = 400 };

/* Instants are 10 apart, so that there is one between any two. */
static inline int64_t event_instant(uint64_t sequence) {
    return 1700000000000000 + (int64_t)sequence * 10;
}

static inline uint8_t *event_varint(uint8_t *to, uint64_t value) {
    while (value >= 128) {
        *to++ = (uint8_t)(value | 128);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

/* A protobuf message: field 1 the sequence, field 2 the instant, field 5 sixteen bytes of noise, field 8 a customer.
 * Returns its size. */
static inline uint32_t event_write(uint64_t sequence, int64_t instant_us, uint8_t to[EVENT_ROOM]) {
    static const char customer[] = "customer-of-the-corner-shop-";
    uint64_t noise = sequence * 0x9e3779b97f4a7c15u + 1;
    uint8_t *at = to;
    *at++ = 1 << 3;
    at = event_varint(at, sequence);
    *at++ = 2 << 3;
    at = event_varint(at, (uint64_t)instant_us);
    *at++ = 5 << 3 | 2;
    *at++ = 16;
    for (int i = 0; i < 16; i++) {
        noise = noise * 6364136223846793005u + 1442695040888963407u;
        *at++ = (uint8_t)(noise >> 56);
    }
    *at++ = 8 << 3 | 2;
    const uint8_t length = (uint8_t)(10 + sequence % 18);
    *at++ = length;
    memcpy(at, customer, length);
    return (uint32_t)(at + length - to);
}

struct events {
    uint8_t *bytes;
    struct event_span *spans;
    int64_t *instants;
    struct journal_batch batch;
};

static inline struct events events_make(uint64_t first_sequence, size_t count) {
    struct events events = {
        .bytes = malloc(count * EVENT_ROOM + 1),
        .spans = calloc(count + 1, sizeof *events.spans),
        .instants = calloc(count + 1, sizeof *events.instants),
    };
    assert_true(events.bytes != NULL && events.spans != NULL && events.instants != NULL);
    for (size_t i = 0; i < count; i++) {
        uint8_t *to = events.bytes + i * EVENT_ROOM;
        events.instants[i] = event_instant(first_sequence + i);
        events.spans[i] = (struct event_span){to, event_write(first_sequence + i, events.instants[i], to)};
    }
    events.batch = (struct journal_batch){events.spans, events.instants, count};
    return events;
}

static inline void events_release(struct events *events) {
    free(events->bytes);
    free(events->spans);
    free(events->instants);
}

static inline bool event_is(uint64_t sequence, const uint8_t *data, size_t size) {
    uint8_t expected[EVENT_ROOM];
    return size == event_write(sequence, event_instant(sequence), expected) && memcmp(data, expected, size) == 0;
}

static inline enum daybook_status append_count(struct journal *journal, uint64_t first_sequence, size_t count,
                                               struct daybook_error *error) {
    struct events events = events_make(first_sequence, count);
    enum daybook_status status = journal_append(journal, &events.batch, error);
    events_release(&events);
    return status;
}

/* Reads from `sequence` on; returns the first sequence that is not there, or 0 when one is not what it should be. */
static inline uint64_t scan(struct journal_reader *reader, uint64_t sequence, enum daybook_status *status,
                            struct daybook_error *error) {
    struct journal_slice slice;
    while ((*status = journal_read(reader, sequence, &slice, error)) == DAYBOOK_OK && slice.count > 0) {
        for (size_t i = 0; i < slice.count; i++) {
            if (!event_is(sequence + i, slice.events[i].data, slice.events[i].size)) {
                return 0;
            }
        }
        if (slice.first_sequence != sequence ||
            slice.last_recorded_at_us != event_instant(sequence + slice.count - 1)) {
            return 0;
        }
        sequence += slice.count;
    }
    return sequence;
}

static inline struct journal *open_journal_as(const char *directory, const struct journal_options *options) {
    struct journal *journal = NULL;
    struct daybook_error error = {0};
    if (journal_open(directory, options, &journal, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    return journal;
}

static inline struct journal *open_journal(const char *directory, bool is_writer) {
    return open_journal_as(directory, &(struct journal_options){.is_writer = is_writer});
}

static inline struct journal *make_journal(const char *directory) {
    assert_int_equal(journal_create(directory, daybook_bytes_of_text("configuration"), NULL), DAYBOOK_OK);
    return open_journal(directory, true);
}

/* Each batch is a commit of the table of frames. */
static inline struct journal *make_journal_without_log(const char *directory) {
    journal_close(make_journal(directory));
    return open_journal_as(directory, &(struct journal_options){.is_writer = true, .without_log = true});
}

static inline void assert_holds(struct journal *journal, uint64_t count) {
    struct journal_reader *reader = NULL;
    struct journal_head head;
    enum daybook_status status;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    assert_int_equal(scan(reader, 1, &status, NULL), count + 1);
    assert_int_equal(status, DAYBOOK_OK);
    journal_reader_close(reader);
    assert_int_equal(journal_head(journal, &head, NULL), DAYBOOK_OK);
    assert_int_equal(head.sequence, count);
    assert_int_equal(head.recorded_at_us, count > 0 ? event_instant(count) : 0);
}

static inline uint64_t frames_of(struct journal *journal) {
    struct journal_usage usage;
    assert_int_equal(journal_usage(journal, &usage, NULL), DAYBOOK_OK);
    return usage.frame_count;
}

#endif
