/* What lies below a journal, changed through the store while no journal is open; and what then is said. */
#ifndef DAYBOOK_TESTS_STORE_BEHIND_H
#define DAYBOOK_TESTS_STORE_BEHIND_H

#include "store/store.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

enum { TABLE_FRAMES = 0 };

static inline struct store *store_behind(const char *directory) {
    static const char *const names[] = {"frames", "meta"};
    const struct store_options options = {.tables = names, .table_count = 2, .is_durable = true};
    struct store *store = NULL;
    char path[PLACE_SIZE];
    snprintf(path, sizeof path, "%.100s/journal", directory);
    assert_int_equal(store_open(path, &options, &store, NULL), DAYBOOK_OK);
    return store;
}

static inline struct daybook_bytes key_of(uint8_t key[8], uint64_t sequence) {
    store_be64(key, sequence);
    return (struct daybook_bytes){key, 8};
}

/* A copy of the frame at `sequence`. */
static inline struct daybook_buffer frame_get(const char *directory, uint64_t sequence) {
    struct store *store = store_behind(directory);
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    struct daybook_buffer copy = {0};
    bool is_found = false;
    uint8_t key[8];
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_get(txn, TABLE_FRAMES, key_of(key, sequence), &value, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found);
    assert_int_equal(daybook_buffer_append(&copy, value.data, value.size), DAYBOOK_OK);
    store_abort(txn);
    store_close(store);
    return copy;
}

/* Puts a frame at a key; without bytes, deletes the one that is there. */
static inline void frame_set(const char *directory, struct daybook_bytes key, struct daybook_bytes frame) {
    struct store *store = store_behind(directory);
    struct store_txn *txn = NULL;
    bool was_found = true;
    assert_int_equal(store_begin_write(store, &txn, NULL), DAYBOOK_OK);
    if (frame.data != NULL) {
        assert_int_equal(table_put(txn, TABLE_FRAMES, key, frame, NULL), DAYBOOK_OK);
    } else {
        assert_int_equal(table_delete(txn, TABLE_FRAMES, key, &was_found, NULL), DAYBOOK_OK);
    }
    assert_true(was_found);
    assert_int_equal(store_commit(txn, NULL), DAYBOOK_OK);
    store_close(store);
}

static inline enum daybook_status read_status(const char *directory, uint64_t sequence, struct daybook_error *error) {
    struct journal *journal = open_journal(directory, false);
    struct journal_reader *reader = NULL;
    struct journal_slice slice;
    assert_int_equal(journal_reader_open(journal, &reader, NULL), DAYBOOK_OK);
    enum daybook_status status = journal_read(reader, sequence, &slice, error);
    if (status == DAYBOOK_OK && slice.count > 0) {
        assert_true(event_is(sequence, slice.events[0].data, slice.events[0].size));
    }
    assert_true(status == DAYBOOK_OK || slice.count == 0);
    journal_reader_close(reader);
    journal_close(journal);
    return status;
}

static inline enum daybook_status writer_status(const char *directory, struct daybook_error *error) {
    const struct journal_options options = {.is_writer = true};
    struct journal *journal = NULL;
    enum daybook_status status = journal_open(directory, &options, &journal, error);
    journal_close(journal);
    return status;
}

/* Frames of 400 events: 1 to 400, 401 to 800, 801 to 1200. */
static inline void make_three_frames(const char *directory) {
    struct journal *journal = make_journal(directory);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(append_count(journal, i * 400 + 1, 400, NULL), DAYBOOK_OK);
    }
    assert_int_equal(frames_of(journal), 3);
    journal_close(journal);
}

#endif
