/* Requests read before their turn: by a thread or not, the same; and nobody looks at what has ended. */
#include "read_ahead.h"

#include "tests/engine/ledger_case.h"

enum { REQUESTS = 2000, FEW = 100, FIRST = 64 /* Read at once. */, PLACE_BYTES = 64 };

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

/* Reads all requests: lists of `together`, in submissions of `each`. */
static void read_all(struct reading *r, size_t together, size_t each, struct seen *seen) {
    static struct daybook_submission asked[REQUESTS];
    static struct submission list[REQUESTS];
    for (size_t done = 0; done < REQUESTS; done += together) {
        size_t count = together / each;
        for (size_t i = 0; i < count; i++) {
            asked[i] = (struct daybook_submission){.requests = r->requests + done + i * each, .count = each};
            list[i] = (struct submission){.next = i + 1 < count ? &list[i + 1] : NULL, .asked = &asked[i]};
        }
        read_ahead_begin(r->ahead, list);
        for (size_t i = 0; i < together; i++) {
            struct daybook_error error;
            struct prepared *prepared = NULL;
            assert_int_equal(read_ahead_next(r->ahead, &prepared, &error), DAYBOOK_OK);
            size_t side_by_side = 0;
            assert_ptr_equal(read_ahead_peek(r->ahead, 0, &side_by_side), prepared);
            assert_true(side_by_side > 0);
            seen[done + i] = (struct seen){prepared->digest, prepared->hint.key_hash, prepared->is_unsealed,
                                           prepared->request == NULL};
        }
        assert_null(read_ahead_peek(r->ahead, 1, &count));
        assert_int_equal(count, 0);
        read_ahead_end(r->ahead);
    }
}

static void assert_same(const struct seen *a, const struct seen *b) {
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(a[i].digest, b[i].digest);
        assert_int_equal(a[i].key_hash, b[i].key_hash);
        assert_int_equal(a[i].is_refused, i == 700);
        assert_int_equal(b[i].is_refused, i == 700);
        assert_true(i == 700 || b[i].digest != 0);
    }
}

static void a_thread_reads_the_same(void **state) {
    (void)state;
    static struct reading r;
    static struct seen by_leader[REQUESTS];
    static struct seen by_thread[REQUESTS];
    begin(&r);
    r.requests[700].size -= 1; /* Cut. */
    read_all(&r, FEW, FEW, by_leader);
    for (int round = 0; round < 20; round++) {
        read_all(&r, REQUESTS, REQUESTS, by_thread);
        assert_same(by_thread, by_leader);
    }
    end(&r);
}

static void many_with_a_few_are_read_as_one_with_many(void **state) {
    (void)state;
    static struct reading r;
    static struct seen by_one[REQUESTS];
    static struct seen by_many[REQUESTS];
    begin(&r);
    r.requests[700].size -= 1; /* Cut. */
    read_all(&r, FEW, FEW, by_one);
    read_all(&r, FEW, 1, by_many);
    assert_same(by_many, by_one);
    for (int round = 0; round < 20; round++) {
        read_all(&r, REQUESTS, round % 2 == 0 ? 1 : 5, by_many);
        assert_same(by_many, by_one);
    }
    end(&r);
}

static void what_is_empty_is_passed_over(void **state) {
    (void)state;
    static struct reading r;
    begin(&r);
    struct daybook_submission none = {0};
    struct daybook_submission one = {.requests = r.requests, .count = 1};
    struct submission list[] = {{.asked = &none}, {.asked = &one}, {.asked = &none}, {.asked = &one}, {.asked = &none}};
    for (size_t i = 0; i + 1 < sizeof list / sizeof *list; i++) {
        list[i].next = &list[i + 1];
    }
    struct daybook_error error;
    struct prepared *prepared = NULL;
    read_ahead_begin(r.ahead, list);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_ahead_next(r.ahead, &prepared, &error), DAYBOOK_OK);
        assert_int_equal(prepared->request->command_case, PB__REQUEST__COMMAND_OPEN_CUSTOMER);
    }
    size_t count = 1;
    assert_null(read_ahead_peek(r.ahead, 1, &count));
    read_ahead_end(r.ahead);
    end(&r);
}

static void nothing_is_sealed_behind_an_erasure(void **state) {
    (void)state;
    static struct reading r;
    static struct seen seen[REQUESTS];
    begin(&r);
    add(&r, 1005, "erase reason=r", "e");
    read_all(&r, REQUESTS, REQUESTS, seen);
    for (size_t i = 0; i < REQUESTS; i++) {
        bool is_behind = i == 1005 || (i > 1005 && i % 50 == 0);
        assert_int_equal(seen[i].is_unsealed, is_behind);
        assert_int_equal(seen[i].digest == 0, is_behind);
    }
    read_all(&r, FEW, FEW, seen);
    assert_true(seen[1050].is_unsealed);
    assert_false(seen[1100].is_unsealed); /* Of the list after that one. */
    end(&r);
}

static uint64_t digest_read(struct reading *r, struct daybook_bytes request,
                            const struct daybook_submitter *submitter) {
    struct daybook_error error;
    struct prepared *prepared = NULL;
    struct daybook_submission asked = {.requests = &request, .count = 1, .submitter = submitter};
    struct submission list = {.asked = &asked};
    read_ahead_begin(r->ahead, &list);
    assert_int_equal(read_ahead_next(r->ahead, &prepared, &error), DAYBOOK_OK);
    uint64_t digest = prepared->digest;
    read_ahead_end(r->ahead);
    return digest;
}

/* The same request said otherwise is the same; one by another is not. */
static void digests_are_of_what_was_meant(void **state) {
    (void)state;
    static struct reading r;
    struct arena arena;
    struct daybook_buffer scratch = {0};
    struct daybook_buffer said = {0};
    ProtobufCMessage *message = NULL;
    uint64_t digest = 0;
    begin(&r);
    arena_init(&arena, 1 << 20);
    assert_int_equal(wire_decode(&pb__request__descriptor, r.requests[1], &arena, &message, NULL), DAYBOOK_OK);
    Pb__Request *request = (Pb__Request *)message;
    assert_int_equal(decide_digest(request, &scratch, &digest, NULL), DAYBOOK_OK);
    assert_int_equal(digest_read(&r, r.requests[1], NULL), digest);

    static const uint8_t empty_date[] = {0x22, 0x00}; /* A default that was written, and out of order. */
    assert_int_equal(daybook_buffer_append(&said, r.requests[1].data, r.requests[1].size), DAYBOOK_OK);
    assert_int_equal(daybook_buffer_append(&said, empty_date, sizeof empty_date), DAYBOOK_OK);
    assert_int_equal(digest_read(&r, daybook_buffer_view(&said), NULL), digest);

    int64_t *const instants[] = {&request->not_after_us, &request->recorded_at_us};
    for (size_t i = 0; i < 2; i++) {
        daybook_buffer_reset(&said);
        *instants[i] = 1700000000000000;
        assert_int_equal(wire_encode(&request->base, &said), DAYBOOK_OK);
        assert_int_equal(digest_read(&r, daybook_buffer_view(&said), NULL), digest);
        *instants[i] = 0;
    }
    daybook_buffer_reset(&said);
    request->role = PB__ROLE__ROLE_CASHIER;
    assert_int_equal(wire_encode(&request->base, &said), DAYBOOK_OK);
    assert_int_equal(digest_read(&r, daybook_buffer_view(&said), NULL), digest);

    const struct daybook_submitter same = {.role = PB__ROLE__ROLE_CASHIER};
    const struct daybook_submitter other = {.actor = "somebody else"};
    assert_int_equal(digest_read(&r, r.requests[1], &same), digest);
    request->actor = (char *)(uintptr_t)other.actor;
    assert_int_equal(decide_digest(request, &scratch, &digest, NULL), DAYBOOK_OK);
    assert_int_equal(digest_read(&r, r.requests[1], &other), digest);
    daybook_buffer_release(&said);
    daybook_buffer_release(&scratch);
    arena_release(&arena);
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
        struct submission list = {.asked = &submission};
        struct daybook_error error;
        struct prepared *prepared = NULL;
        read_ahead_begin(r.ahead, &list);
        for (size_t i = 0; i < windows * FIRST; i++) {
            assert_int_equal(read_ahead_next(r.ahead, &prepared, &error), DAYBOOK_OK);
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
    struct prepared *prepared = NULL;
    begin(&r);
    struct daybook_submission few = {.requests = r.requests, .count = FIRST + 1};
    struct submission list = {.asked = &few};
    read_ahead_begin(r.ahead, &list);
    assert_int_equal(read_ahead_next(r.ahead, &prepared, &error), DAYBOOK_OK);
    size_t count = 0;
    assert_non_null(read_ahead_peek(r.ahead, FIRST - 3, &count));
    assert_int_equal(count, 3);
    assert_null(read_ahead_peek(r.ahead, FIRST, &count));
    for (size_t i = 1; i < FIRST + 1; i++) {
        assert_int_equal(read_ahead_next(r.ahead, &prepared, &error), DAYBOOK_OK);
    }
    assert_null(read_ahead_peek(r.ahead, 1, &count));
    read_ahead_end(r.ahead);
    end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_reads_the_same),        cmocka_unit_test(many_with_a_few_are_read_as_one_with_many),
        cmocka_unit_test(what_is_empty_is_passed_over),   cmocka_unit_test(nothing_is_sealed_behind_an_erasure),
        cmocka_unit_test(digests_are_of_what_was_meant),  cmocka_unit_test(what_has_ended_is_not_looked_at),
        cmocka_unit_test(only_what_was_read_shows_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
