/* Requests read before their turn: by a thread or not, the same windows; and nobody looks at what has ended. */
#include "read_ahead.h"

#include "tests/engine/ledger_case.h"

enum { REQUESTS = 2000, FEW = 100, PLACE_BYTES = 64 };

struct reading {
    char directory[PLACE_BYTES];
    struct personal *personal;
    struct read_ahead *ahead;
    struct daybook_buffer bytes[REQUESTS];
    struct daybook_bytes requests[REQUESTS];
};

static void add(struct reading *r, size_t at, const char *line, const char *key) {
    daybook_buffer_release(&r->bytes[at]);
    r->bytes[at] = line_encode(line, key);
    r->requests[at] = daybook_buffer_view(&r->bytes[at]);
}

static void begin(struct reading *r) {
    static const uint8_t ledger_id[16] = {1};
    memset(r, 0, sizeof *r);
    strcpy(r->directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(r->directory));
    struct personal_options options = {r->directory, ledger_id, true};
    r->personal = personal_open(&options);
    r->ahead = read_ahead_open(r->personal);
    assert_non_null(r->personal);
    assert_non_null(r->ahead);
    for (size_t i = 0; i < REQUESTS; i++) {
        char line[64];
        char key[16];
        snprintf(line, sizeof line, i % 50 == 0 ? "open c%zu name=Name" : "charge g%zu 5", i);
        snprintf(key, sizeof key, "k%zu", i);
        add(r, i, line, key);
    }
}

static void end(struct reading *r) {
    read_ahead_close(r->ahead);
    personal_close(r->personal);
    for (size_t i = 0; i < REQUESTS; i++) {
        daybook_buffer_release(&r->bytes[i]);
    }
    place_remove(r->directory);
}

/* What stands in a request's place, in a form that can be compared. */
struct seen {
    uint64_t digest;
    uint64_t key_hash;
    bool is_unsealed;
    bool is_refused;
};

/* Reads all requests, in submissions of `each`. */
static void read_all(struct reading *r, size_t each, struct seen *seen) {
    size_t done = 0;
    while (done < REQUESTS) {
        struct daybook_submission submission = {.requests = r->requests + done, .count = each};
        struct daybook_error error;
        read_ahead_begin(r->ahead, &submission);
        for (size_t i = 0; i < each;) {
            struct request_window *window = NULL;
            assert_int_equal(read_ahead_next(r->ahead, &window, &error), DAYBOOK_OK);
            assert_true(window->count > 0);
            for (size_t at = 0; at < window->count; at++, i++) {
                const struct prepared *prepared = &window->requests[at];
                assert_ptr_equal(read_ahead_peek(r->ahead, at), prepared);
                seen[done + i] = (struct seen){prepared->digest, prepared->hint.key_hash, prepared->is_unsealed,
                                               prepared->request == NULL};
            }
        }
        read_ahead_end(r->ahead);
        done += each;
    }
}

static void a_thread_reads_the_same(void **state) {
    (void)state;
    static struct reading r;
    static struct seen by_leader[REQUESTS];
    static struct seen by_thread[REQUESTS];
    begin(&r);
    r.requests[700].size -= 1; /* Cut. */
    read_all(&r, FEW, by_leader);
    for (int round = 0; round < 20; round++) {
        read_all(&r, REQUESTS, by_thread);
        for (size_t i = 0; i < REQUESTS; i++) {
            assert_int_equal(by_thread[i].digest, by_leader[i].digest);
            assert_int_equal(by_thread[i].key_hash, by_leader[i].key_hash);
            assert_int_equal(by_thread[i].is_refused, i == 700);
            assert_int_equal(by_leader[i].is_refused, i == 700);
            assert_true(i == 700 || by_leader[i].digest != 0);
        }
    }
    end(&r);
}

static void nothing_is_sealed_behind_an_erasure(void **state) {
    (void)state;
    static struct reading r;
    static struct seen seen[REQUESTS];
    begin(&r);
    add(&r, 1005, "erase reason=r", "e");
    read_all(&r, REQUESTS, seen);
    for (size_t i = 0; i < REQUESTS; i++) {
        bool is_behind = i == 1005 || (i > 1005 && i % 50 == 0);
        assert_int_equal(seen[i].is_unsealed, is_behind);
        assert_int_equal(seen[i].digest == 0, is_behind);
    }
    read_all(&r, FEW, seen);
    assert_true(seen[1050].is_unsealed);
    assert_false(seen[1100].is_unsealed); /* Of the submission after that one. */
    end(&r);
}

static void what_has_ended_is_not_looked_at(void **state) {
    (void)state;
    static struct reading r;
    begin(&r);
    for (size_t windows = 0; windows < 12; windows++) {
        struct daybook_bytes *copy = malloc(sizeof r.requests); /* Reading it later is what the sanitizers would see. */
        assert_non_null(copy);
        memcpy(copy, r.requests, sizeof r.requests);
        struct daybook_submission submission = {.requests = copy, .count = REQUESTS};
        struct daybook_error error;
        struct request_window *window = NULL;
        read_ahead_begin(r.ahead, &submission);
        for (size_t i = 0; i < windows; i++) {
            assert_int_equal(read_ahead_next(r.ahead, &window, &error), DAYBOOK_OK);
            assert_int_equal(window->count, WINDOW_REQUESTS);
        }
        read_ahead_end(r.ahead);
        free(copy);
    }
    end(&r);
}

static void only_what_was_read_shows_ahead(void **state) {
    (void)state;
    static struct reading r;
    struct daybook_error error;
    struct request_window *window = NULL;
    begin(&r);
    struct daybook_submission few = {.requests = r.requests, .count = WINDOW_REQUESTS + 1};
    read_ahead_begin(r.ahead, &few);
    assert_int_equal(read_ahead_next(r.ahead, &window, &error), DAYBOOK_OK);
    assert_non_null(read_ahead_peek(r.ahead, WINDOW_REQUESTS - 1));
    assert_null(read_ahead_peek(r.ahead, WINDOW_REQUESTS));
    assert_int_equal(read_ahead_next(r.ahead, &window, &error), DAYBOOK_OK);
    assert_int_equal(window->count, 1);
    assert_null(read_ahead_peek(r.ahead, 1));
    read_ahead_end(r.ahead);
    end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_reads_the_same),
        cmocka_unit_test(nothing_is_sealed_behind_an_erasure),
        cmocka_unit_test(what_has_ended_is_not_looked_at),
        cmocka_unit_test(only_what_was_read_shows_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
