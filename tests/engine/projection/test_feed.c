/* Events decoded once for several views. */
#include "projection/feed.h"

#include <uv.h>

#include "base/hash.h"
#include "toy.h"

static struct feed *open_feed(struct toy_ledger *ledger, size_t run_count) {
    struct feed *feed = NULL;
    assert_ok(ledger, feed_open(ledger->journal, run_count, &feed, &ledger->error));
    return feed;
}

static struct feed_run take(struct toy_ledger *ledger, struct feed *feed, uint64_t sequence) {
    struct feed_run run;
    assert_ok(ledger, feed_take(feed, NULL, sequence, &run, &ledger->error));
    return run;
}

static struct feed_run take_bytes(struct toy_ledger *ledger, struct feed *feed, struct feed_follower *follower,
                                  uint64_t sequence) {
    struct feed_run run;
    assert_ok(ledger, feed_take_bytes(feed, follower, sequence, &run, &ledger->error));
    return run;
}

/* They are the stored ones, and say which they are. */
static void assert_bytes(struct toy_ledger *ledger, const struct feed_run *run) {
    struct journal_reader *reader = NULL;
    assert_ok(ledger, journal_reader_open(ledger->journal, &reader, &ledger->error));
    for (size_t i = 0; i < run->count; i++) {
        struct daybook_bytes stored;
        assert_ok(ledger, journal_read_one(reader, run->first_sequence + i, &stored, &ledger->error));
        assert_int_equal(run->events[i].sequence, run->first_sequence + i);
        assert_int_equal(run->events[i].bytes.size, stored.size);
        assert_memory_equal(run->events[i].bytes.data, stored.data, stored.size);
    }
    journal_reader_close(reader);
}

/* What others have written is decoded all the same: it may be what stops every view. */
static void bytes_that_were_encoded_here_are_not_decoded(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 1);
    toy_append(ledger, 1000);
    journal_encodes(ledger->journal);
    toy_append(ledger, 1000);
    for (uint64_t sequence = 1; sequence <= 2000;) {
        struct feed_run run = take_bytes(ledger, feed, NULL, sequence);
        assert_in_range(run.count, 1, 2000);
        assert_bytes(ledger, &run);
        for (size_t i = 0; i < run.count; i++) {
            assert_int_equal(run.events[i].event == NULL, sequence + i > 1000);
        }
        sequence += run.count;
        feed_give_back(feed, &run);
    }
    feed_close(feed);
}

/* Whoever then comes to the same run gets one of its own, and the first one stays as it was borrowed. */
static void who_comes_to_bytes_for_events_gets_them(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 3);
    journal_encodes(ledger->journal);
    toy_append(ledger, 100);
    struct feed_run bare = take_bytes(ledger, feed, NULL, 1);
    struct feed_run bare_again = take_bytes(ledger, feed, NULL, 11);
    assert_ptr_equal(bare_again.events, bare.events + 10);
    struct feed_run whole = take(ledger, feed, 41);
    assert_int_equal(whole.count, 60);
    for (size_t i = 0; i < whole.count; i++) {
        assert_int_equal(whole.events[i].event->sequence, 41 + i);
        assert_int_not_equal(whole.events[i].party, 0);
        assert_null(bare.events[40 + i].event);
    }
    assert_bytes(ledger, &bare);
    feed_give_back(feed, &bare);
    feed_give_back(feed, &bare_again);
    feed_give_back(feed, &whole);
    feed_close(feed);
}

/* It is decoded by whoever comes first, as among those who all need it. */
static void what_a_follower_near_needs_is_decoded(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 2);
    struct feed_follower behind;
    struct feed_follower ahead;
    journal_encodes(ledger->journal);
    toy_append(ledger, 100);
    feed_join(feed, &behind, 1);
    feed_join(feed, &ahead, 1);
    struct feed_run first = take_bytes(ledger, feed, &ahead, 1);
    assert_int_equal(first.events[99].event->sequence, 100);
    struct feed_run second;
    assert_ok(ledger, feed_take(feed, &behind, 1, &second, &ledger->error));
    assert_ptr_equal(second.events, first.events);
    feed_give_back(feed, &first);
    feed_give_back(feed, &second);
    toy_append(ledger, 100);
    feed_leave(feed, &behind);
    first = take_bytes(ledger, feed, &ahead, 101);
    assert_null(first.events[0].event);
    feed_give_back(feed, &first);
    feed_leave(feed, &ahead);
    feed_close(feed);
}

static void two_borrow_the_same_events(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 2);
    toy_append(ledger, 100);
    struct feed_run all = take(ledger, feed, 1);
    struct feed_run rest = take(ledger, feed, 41);
    assert_int_equal(all.count, 100);
    assert_int_equal(rest.count, 60);
    assert_ptr_equal(rest.events, all.events + 40);
    for (size_t i = 0; i < all.count; i++) {
        char customer[16];
        snprintf(customer, sizeof customer, "c%zu", (i + 1) % 50);
        assert_int_equal(all.events[i].event->sequence, i + 1);
        assert_string_equal(all.events[i].event->customer, customer);
    }
    feed_give_back(feed, &all);
    feed_give_back(feed, &rest);
    feed_close(feed);
    feed_close(NULL);
}

/* RFC 6962's tree of leaves that are a power of two. */
static void hash_tree(struct sha256 *sha256, const struct fold_event *events, size_t count, uint8_t hash[SHA256_SIZE]) {
    uint8_t halves[1 + 2 * SHA256_SIZE] = {0x01};
    if (count == 1) {
        memcpy(hash, events->leaf, SHA256_SIZE);
        return;
    }
    hash_tree(sha256, events, count / 2, halves + 1);
    hash_tree(sha256, events + count / 2, count / 2, halves + 1 + SHA256_SIZE);
    sha256_begin(sha256);
    sha256_update(sha256, halves, sizeof halves);
    sha256_end(sha256, hash);
}

/* Of 64 events each, at their ends, where all of their leaves are in the run. */
static void assert_subtrees(struct toy_ledger *ledger, uint64_t from) {
    struct feed *feed = open_feed(ledger, 1);
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    feed_hash_leaves(feed);
    struct feed_run run = take(ledger, feed, from);
    for (size_t i = 0; i < run.count; i++) {
        uint8_t expected[SHA256_SIZE];
        if ((from + i) % 64 != 0 || i < 63) {
            assert_null(run.events[i].subtree);
            continue;
        }
        hash_tree(sha256, &run.events[i - 63], 64, expected);
        assert_memory_equal(run.events[i].subtree, expected, sizeof expected);
    }
    feed_give_back(feed, &run);
    sha256_close(sha256);
    feed_close(feed);
}

static void subtrees_are_hashed_for_all(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 200);
    assert_subtrees(ledger, 1);
    assert_subtrees(ledger, 2);
    assert_subtrees(ledger, 64);
    assert_subtrees(ledger, 65);
}

/* RFC 6962's leaf of the stored bytes, where it was asked for. */
static void leaves_are_hashed_for_all(void **state) {
    static const uint8_t prefix = 0x00;
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 1);
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    feed_hash_leaves(feed);
    toy_append(ledger, 131);
    struct feed_run run = take(ledger, feed, 1);
    assert_int_equal(run.count, 131);
    for (size_t i = 0; i < run.count; i++) {
        uint8_t leaf[SHA256_SIZE];
        sha256_begin(sha256);
        sha256_update(sha256, &prefix, 1);
        sha256_update(sha256, run.events[i].bytes.data, run.events[i].bytes.size);
        sha256_end(sha256, leaf);
        assert_memory_equal(run.events[i].leaf, leaf, sizeof leaf);
    }
    feed_give_back(feed, &run);
    sha256_close(sha256);
    feed_close(feed);
}

static void past_the_head_there_is_nothing_yet(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 1);
    struct feed_run run = take(ledger, feed, 1);
    assert_int_equal(run.count, 0);
    feed_give_back(feed, &run);
    toy_append(ledger, 1);
    run = take(ledger, feed, 1);
    assert_int_equal(run.count, 1);
    feed_give_back(feed, &run);
    run = take(ledger, feed, 2);
    assert_int_equal(run.count, 0);
    feed_give_back(feed, &run);
    feed_close(feed);
}

static void what_is_borrowed_stays(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 2);
    toy_append(ledger, 4000);
    toy_append(ledger, 4000);
    toy_append(ledger, 4000);
    struct feed_run first = take(ledger, feed, 1);
    for (uint64_t sequence = 1 + first.count; sequence <= 12000;) {
        struct feed_run run = take(ledger, feed, sequence);
        assert_int_equal(run.events[0].event->sequence, sequence);
        sequence += run.count;
        feed_give_back(feed, &run);
    }
    for (size_t i = 0; i < first.count; i++) {
        assert_int_equal(first.events[i].event->sequence, i + 1);
    }
    feed_give_back(feed, &first);
    feed_close(feed);
}

static void what_is_before_a_damaged_event_is_given(void **state) {
    struct toy_ledger *ledger = *state;
    struct feed *feed = open_feed(ledger, 2);
    toy_append(ledger, 10);
    toy_append_one(ledger, "c1", "\xFF");
    toy_append(ledger, 10);
    uint64_t sequence = 1;
    while (sequence < 11) {
        struct feed_run run = take(ledger, feed, sequence);
        assert_in_range(run.count, 1, 11 - sequence);
        sequence += run.count;
        feed_give_back(feed, &run);
    }
    for (int i = 0; i < 2; i++) {
        struct feed_run run;
        assert_int_equal(feed_take(feed, NULL, 11, &run, &ledger->error), DAYBOOK_DAMAGED);
        feed_give_back(feed, &run);
        assert_int_equal(feed_take_bytes(feed, NULL, 11, &run, &ledger->error), DAYBOOK_DAMAGED);
        feed_give_back(feed, &run);
    }
    struct feed_run run = take(ledger, feed, 12);
    assert_int_equal(run.count, 10);
    feed_give_back(feed, &run);
    feed_close(feed);
}

struct walker {
    struct feed *feed;
    struct feed_follower follower;
    uint64_t sum;
    uint64_t head;
    bool looks_at_bytes;
    bool has_failed;
};

static void walk(void *context) {
    struct walker *walker = context;
    for (uint64_t next = 1; next <= walker->head && !walker->has_failed;) {
        struct feed_run run;
        enum daybook_status status = walker->looks_at_bytes
                                         ? feed_take_bytes(walker->feed, &walker->follower, next, &run, NULL)
                                         : feed_take(walker->feed, &walker->follower, next, &run, NULL);
        for (size_t i = 0; i < run.count; i++) {
            const struct fold_event *folded = &run.events[i];
            bool is_right = folded->event != NULL ? folded->event->sequence == next + i : walker->looks_at_bytes;
            walker->sum += folded->sequence;
            walker->has_failed = walker->has_failed || !is_right || folded->bytes.size == 0;
        }
        walker->has_failed = walker->has_failed || status != DAYBOOK_OK || run.count == 0;
        next += run.count;
        feed_give_back(walker->feed, &run);
    }
}

/* One more stands still at the first event: the others go on without it. Every other one looks at bytes alone. */
static void everyone_who_follows_sees_every_event_once(void **state) {
    enum { WALKERS = 4, EVENTS = 12000 };
    struct toy_ledger *ledger = *state;
    struct walker walkers[WALKERS] = {0};
    struct feed_follower idle = {0};
    uv_thread_t threads[WALKERS];
    struct feed *feed = open_feed(ledger, WALKERS + 1);
    journal_encodes(ledger->journal);
    for (int i = 0; i < EVENTS / 1000; i++) {
        toy_append(ledger, 1000);
    }
    feed_join(feed, &idle, 1);
    for (size_t i = 0; i < WALKERS; i++) {
        walkers[i].feed = feed;
        walkers[i].head = EVENTS;
        walkers[i].looks_at_bytes = i % 2 == 0;
        feed_join(feed, &walkers[i].follower, 1);
    }
    for (size_t i = 0; i < WALKERS; i++) {
        assert_int_equal(uv_thread_create(&threads[i], walk, &walkers[i]), 0);
    }
    for (size_t i = 0; i < WALKERS; i++) {
        uv_thread_join(&threads[i]);
        assert_false(walkers[i].has_failed);
        assert_int_equal(walkers[i].sum, (uint64_t)EVENTS * (EVENTS + 1) / 2);
        feed_leave(feed, &walkers[i].follower);
    }
    feed_leave(feed, &idle);
    feed_close(feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_borrow_the_same_events, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(bytes_that_were_encoded_here_are_not_decoded, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(who_comes_to_bytes_for_events_gets_them, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_a_follower_near_needs_is_decoded, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(subtrees_are_hashed_for_all, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(leaves_are_hashed_for_all, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(past_the_head_there_is_nothing_yet, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_is_borrowed_stays, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_is_before_a_damaged_event_is_given, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(everyone_who_follows_sees_every_event_once, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
