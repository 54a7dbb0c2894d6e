/* Backups: joined, cut, changed, put in the wrong order, and restored to every sequence. */
#include "backup.h"

#include "base/hash.h"
#include "tests/engine/ledger_case.h"

enum { FILES = 3, FILE_BYTES_MAX = 1 << 16 };

/* A ledger with some requests of one and of more events, backed up three times on the way. */
struct kept {
    struct ledger_case ledger;
    char paths[FILES][96];
    const char *names[FILES];
    struct backup_summary summaries[FILES];
    struct event_batch events;
};

static enum daybook_status write_file(void *context, const void *data, size_t size, struct daybook_error *error) {
    (void)error;
    return fwrite(data, 1, size, context) == size ? DAYBOOK_OK : DAYBOOK_IO;
}

static void back_up(struct kept *kept, int number) {
    struct backup_summary since;
    static const char *const names[FILES] = {"monday", "tuesday", "wednesday"};
    strcpy(kept->paths[number], kept->ledger.directory);
    strcat(strcat(kept->paths[number], "/"), names[number]);
    kept->names[number] = kept->paths[number];
    if (number > 0) {
        LEDGER_OK(&kept->ledger, backup_read_end(kept->paths[number - 1], NULL, &since, &kept->ledger.error));
    }
    FILE *stream = fopen(kept->paths[number], "wb");
    assert_non_null(stream);
    struct backup_sink sink = {write_file, stream};
    LEDGER_OK(&kept->ledger, backup_write(kept->ledger.ledger, number == 0 ? NULL : &since, &sink, NULL,
                                          &kept->summaries[number], &kept->ledger.error));
    assert_int_equal(fclose(stream), 0);
}

static int begin(void **state) {
    static struct kept kept;
    memset(&kept, 0, sizeof kept);
    ledger_case_begin(&kept.ledger);
    ledger_must(&kept.ledger, "2024-01-01 open ann");
    ledger_must(&kept.ledger, "2024-01-02 deposit l1 100");
    ledger_must(&kept.ledger, "2024-01-03 charge c1 250");
    back_up(&kept, 0);
    struct daybook_answers answers = LEDGER_SUBMIT(&kept.ledger, DAYBOOK_SUBMIT_GROUP, "2024-01-04 open bob",
                                                   "2024-01-05 charge c1 50 cust=bob", "2024-01-06 pay p1 50 cust=bob");
    daybook_answers_release(&answers);
    ledger_must(&kept.ledger, "2024-01-07 pay p1 150");
    back_up(&kept, 1);
    back_up(&kept, 2);
    kept.events = ledger_events(&kept.ledger);
    *state = &kept;
    return 0;
}

static int end(void **state) {
    struct kept *kept = *state;
    event_batch_release(&kept->events);
    ledger_case_end(&kept->ledger);
    return 0;
}

/* The head of a tree over the ledger's events, by the definition of RFC 6962: split at the largest power of two. */
static void root_by_definition(struct sha256 *sha256, const struct event_batch *events, size_t from, size_t to,
                               struct merkle_hash *root) {
    if (to - from == 1) {
        merkle_leaf(sha256,
                    (struct daybook_bytes){events->bytes.data + events->events[from].offset_bytes,
                                           events->events[from].size_bytes},
                    root);
        return;
    }
    size_t split = 1;
    while (split * 2 < to - from) {
        split *= 2;
    }
    struct merkle_hash left;
    struct merkle_hash right;
    root_by_definition(sha256, events, from, from + split, &left);
    root_by_definition(sha256, events, from + split, to, &right);
    merkle_node(sha256, &left, &right, root);
}

static void files_join_to_the_whole(void **state) {
    struct kept *kept = *state;
    struct backup_summary summary;
    struct merkle_hash root;
    struct sha256 *sha256 = sha256_open();
    LEDGER_OK(&kept->ledger, backup_verify(kept->names, FILES, NULL, &summary, &kept->ledger.error));
    assert_int_equal(summary.first_sequence, 1);
    assert_int_equal(summary.last_sequence, kept->events.count);
    root_by_definition(sha256, &kept->events, 0, kept->events.count, &root);
    assert_memory_equal(summary.root.bytes, root.bytes, sizeof root.bytes);
    assert_memory_equal(kept->summaries[FILES - 1].root.bytes, root.bytes, sizeof root.bytes);
    assert_int_equal(kept->summaries[1].first_sequence, kept->summaries[0].last_sequence + 1);
    assert_int_equal(kept->summaries[2].last_sequence, kept->summaries[1].last_sequence);
    sha256_close(sha256);
}

struct wrong_row {
    const char *name;
    int files[3];
    size_t count;
    const char *text;
};

static void files_that_do_not_join(void **state) {
    struct kept *kept = *state;
    static const struct wrong_row rows[] = {
        {"an increment alone", {1}, 1, "begins with event"},
        {"the wrong order", {1, 0}, 2, "begins with event"},
        {"one twice", {0, 0}, 2, "begins with event 1"},
        {"one twice at the end", {0, 1, 1}, 3, "begins with event"},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        const char *paths[3];
        struct backup_summary summary;
        for (size_t f = 0; f < rows[i].count; f++) {
            paths[f] = kept->names[rows[i].files[f]];
        }
        print_message("row %s\n", rows[i].name);
        assert_int_equal(backup_verify(paths, rows[i].count, NULL, &summary, &kept->ledger.error), DAYBOOK_INVALID);
        assert_non_null(strstr(kept->ledger.error.message, rows[i].text));
    }
}

static size_t load(const char *path, uint8_t *bytes) {
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    size_t size = fread(bytes, 1, FILE_BYTES_MAX, stream);
    assert_true(size > 0 && size < FILE_BYTES_MAX);
    fclose(stream);
    return size;
}

static void store(const char *path, const uint8_t *bytes, size_t size) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
}

/* BK1: whichever bit of whichever byte. */
static void every_changed_byte_is_found(void **state) {
    struct kept *kept = *state;
    static uint8_t bytes[FILE_BYTES_MAX];
    size_t size = load(kept->names[0], bytes);
    char path[112];
    snprintf(path, sizeof path, "%s/changed", kept->ledger.directory);
    const char *paths[] = {path};
    struct backup_summary summary;
    for (size_t i = 0; i < size; i++) {
        uint8_t bit = (uint8_t)(1U << (i % 8));
        bytes[i] ^= bit;
        store(path, bytes, size);
        bytes[i] ^= bit;
        assert_int_not_equal(backup_verify(paths, 1, NULL, &summary, &kept->ledger.error), DAYBOOK_OK);
        assert_non_null(strstr(kept->ledger.error.message, "changed"));
        assert_int_not_equal(backup_read_end(path, NULL, &summary, &kept->ledger.error), DAYBOOK_OK);
        assert_non_null(strstr(kept->ledger.error.message, "changed"));
    }
    for (size_t cut = 0; cut < size; cut += 1 + cut / 16) {
        store(path, bytes, cut);
        assert_int_not_equal(backup_verify(paths, 1, NULL, &summary, &kept->ledger.error), DAYBOOK_OK);
        assert_int_not_equal(backup_read_end(path, NULL, &summary, &kept->ledger.error), DAYBOOK_OK);
    }
    bytes[size] = 0;
    store(path, bytes, size + 1);
    assert_int_equal(backup_verify(paths, 1, NULL, &summary, &kept->ledger.error), DAYBOOK_DAMAGED);
}

static void restored_is(struct kept *kept, const char *directory, uint64_t last) {
    struct ledger_case restored = {.now_us = kept->ledger.now_us};
    strcpy(restored.directory, directory);
    ledger_case_open(&restored);
    struct event_batch events = ledger_events(&restored);
    assert_int_equal(events.count, last);
    assert_memory_equal(events.bytes.data, kept->events.bytes.data, events.bytes.size);
    assert_memory_equal(ledger_config(restored.ledger)->ledger_id.data,
                        ledger_config(kept->ledger.ledger)->ledger_id.data, 16);
    event_batch_release(&events);
    ledger_case_end(&restored);
}

/* Events 1 open A, 2 deposit, 3-4 charge that uses it, 5-8 a group (open B, charge, payment and its allocation),
 * 9-10 payment and allocation: so much may stand alone. */
static void restores_to_every_sequence(void **state) {
    struct kept *kept = *state;
    static const bool is_end[] = {true, true, true, false, true, false, false, false, true, false, true};
    assert_int_equal(kept->events.count, ROW_COUNT(is_end) - 1);
    for (uint64_t to = 1; to <= kept->events.count; to++) {
        char directory[112];
        struct restore_target target = {.sequence = to};
        struct backup_summary summary;
        snprintf(directory, sizeof directory, "%s/to-%d", kept->ledger.directory, (int)to);
        enum daybook_status status =
            backup_restore(kept->names, FILES, directory, &target, NULL, &summary, &kept->ledger.error);
        assert_int_equal(status, is_end[to] ? DAYBOOK_OK : DAYBOOK_INVALID);
        if (is_end[to]) {
            struct merkle_hash root;
            struct sha256 *sha256 = sha256_open();
            root_by_definition(sha256, &kept->events, 0, to, &root);
            assert_memory_equal(summary.root.bytes, root.bytes, sizeof root.bytes);
            sha256_close(sha256);
            restored_is(kept, directory, to);
        } else {
            assert_non_null(strstr(kept->ledger.error.message, "all or nothing"));
            assert_int_not_equal(access(directory, F_OK), 0);
        }
    }
}

static int64_t recorded_at(struct kept *kept, uint64_t sequence) {
    struct arena arena;
    ProtobufCMessage *message = NULL;
    const struct batch_event *event = &kept->events.events[sequence - 1];
    arena_init(&arena, 1 << 20);
    assert_int_equal(
        wire_decode(&pb__event__descriptor,
                    (struct daybook_bytes){kept->events.bytes.data + event->offset_bytes, event->size_bytes}, &arena,
                    &message, NULL),
        DAYBOOK_OK);
    int64_t instant = ((const Pb__Event *)message)->recorded_at_us;
    arena_release(&arena);
    return instant;
}

static void an_instant_keeps_what_was_whole(void **state) {
    struct kept *kept = *state;
    static const struct {
        uint64_t instant_of;
        uint64_t last;
    } rows[] = {{2, 2}, {3, 2}, {4, 4}, {6, 4}, {8, 8}, {9, 8}, {10, 10}};
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        char directory[112];
        struct restore_target target = {.instant_us = recorded_at(kept, rows[i].instant_of)};
        struct backup_summary summary;
        snprintf(directory, sizeof directory, "%s/at-%d", kept->ledger.directory, (int)i);
        LEDGER_OK(&kept->ledger,
                  backup_restore(kept->names, FILES, directory, &target, NULL, &summary, &kept->ledger.error));
        assert_int_equal(summary.last_sequence, rows[i].last);
        restored_is(kept, directory, rows[i].last);
    }
}

static void restores_that_are_refused(void **state) {
    struct kept *kept = *state;
    struct backup_summary summary;
    struct restore_target none = {0};
    struct restore_target past = {.sequence = 11};
    char directory[112];
    snprintf(directory, sizeof directory, "%s/new", kept->ledger.directory);
    assert_int_equal(
        backup_restore(kept->names, FILES, kept->ledger.directory, &none, NULL, &summary, &kept->ledger.error),
        DAYBOOK_EXISTS);
    assert_int_equal(backup_restore(kept->names, FILES, directory, &past, NULL, &summary, &kept->ledger.error),
                     DAYBOOK_INVALID);
    assert_non_null(strstr(kept->ledger.error.message, "ends with 10"));
    assert_int_not_equal(access(directory, F_OK), 0);
}

static bool stop_at_once(void *context) {
    (void)context;
    return true;
}

static void a_stopped_restore_leaves_nothing(void **state) {
    struct kept *kept = *state;
    struct backup_watch watch = {.is_stopped = stop_at_once};
    struct restore_target none = {0};
    struct backup_summary summary;
    char directory[112];
    char beside[128];
    snprintf(directory, sizeof directory, "%s/stopped", kept->ledger.directory);
    snprintf(beside, sizeof beside, "%s.restoring", directory);
    assert_int_equal(backup_restore(kept->names, FILES, directory, &none, &watch, &summary, &kept->ledger.error),
                     DAYBOOK_STOPPED);
    assert_int_not_equal(access(directory, F_OK), 0);
    assert_int_not_equal(access(beside, F_OK), 0);
}

static void an_increment_of_another_history(void **state) {
    struct kept *kept = *state;
    struct ledger_case other;
    struct backup_summary summary;
    struct backup_sink sink = {write_file, NULL};
    ledger_case_begin(&other);
    assert_int_equal(backup_write(other.ledger, &kept->summaries[0], &sink, NULL, &summary, &other.error),
                     DAYBOOK_INVALID);
    assert_non_null(strstr(other.error.message, "another ledger"));
    /* The same ledger, restored and gone another way. */
    struct ledger_case forked = {.now_us = kept->ledger.now_us + 1000};
    struct restore_target target = {.sequence = 2};
    snprintf(forked.directory, sizeof forked.directory, "%.40s-fork", other.directory);
    LEDGER_OK(&other, backup_restore(kept->names, FILES, forked.directory, &target, NULL, &summary, &other.error));
    ledger_case_open(&forked);
    assert_int_equal(backup_write(forked.ledger, &kept->summaries[0], &sink, NULL, &summary, &forked.error),
                     DAYBOOK_INVALID);
    assert_non_null(strstr(forked.error.message, "ends with event 4"));
    forked.key_count = 100;
    ledger_must(&forked, "2024-01-03 charge c2 100");
    ledger_must(&forked, "2024-01-03 charge c3 100");
    assert_int_equal(backup_write(forked.ledger, &kept->summaries[0], &sink, NULL, &summary, &forked.error),
                     DAYBOOK_INVALID);
    assert_non_null(strstr(forked.error.message, "different histories"));
    ledger_case_end(&forked);
    ledger_case_end(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_join_to_the_whole),          cmocka_unit_test(files_that_do_not_join),
        cmocka_unit_test(every_changed_byte_is_found),      cmocka_unit_test(restores_to_every_sequence),
        cmocka_unit_test(an_instant_keeps_what_was_whole),  cmocka_unit_test(restores_that_are_refused),
        cmocka_unit_test(a_stopped_restore_leaves_nothing), cmocka_unit_test(an_increment_of_another_history),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
