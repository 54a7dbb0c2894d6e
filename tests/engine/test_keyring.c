/* The keyring: what is made is found again, what is erased is not, and damage is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>

#include "keyring.h"
#include "tests/engine/store/place.h"

static const uint8_t ours[KEYRING_LEDGER_ID_BYTES] = {1, 2, 3};
static const uint8_t theirs[KEYRING_LEDGER_ID_BYTES] = {9};

static struct keyring *open_as(const char *place, bool is_writer) {
    struct keyring *keyring = NULL;
    struct daybook_error error;
    if (keyring_open(place, ours, is_writer, &keyring, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    return keyring;
}

static struct keyring_key take(struct keyring *keyring, const char *customer) {
    struct keyring_key key = {0};
    assert_int_equal(keyring_take(keyring, customer, false, &key, NULL), DAYBOOK_OK);
    assert_int_equal(keyring_sync(keyring, NULL), DAYBOOK_OK);
    return key;
}

/* The path of the one file of keys. */
static void ring_path(const char *place, char path[2 * PLACE_SIZE]) {
    char folder[PLACE_SIZE + 8];
    (void)snprintf(folder, sizeof folder, "%s/keys", place);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    path[0] = '\0';
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            assert_string_equal(path, "");
            (void)snprintf(path, 2 * PLACE_SIZE, "%s/%.64s", folder, entry->d_name);
        }
    }
    closedir(directory);
}

static size_t read_file(const char *path, uint8_t *bytes, size_t capacity) {
    int file = open(path, O_RDONLY);
    ssize_t size = read(file, bytes, capacity);
    (void)close(file);
    assert_true(size >= 0);
    return (size_t)size;
}

static void flip(const char *path, off_t at) {
    uint8_t byte;
    int file = open(path, O_RDWR);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    (void)close(file);
}

static void a_key_is_made_once(void **state) {
    struct keyring *keyring = open_as(*state, true);
    struct keyring_key ann = take(keyring, "ann");
    struct keyring_key bob = take(keyring, "bob");
    struct keyring_key again = take(keyring, "ann");
    assert_memory_equal(&ann, &again, sizeof ann);
    assert_memory_not_equal(ann.bytes, bob.bytes, sizeof ann.bytes);
    assert_int_equal(ann.slot, 1);
    assert_int_equal(bob.slot, 2);
    keyring_close(keyring);
    keyring = open_as(*state, true);
    again = take(keyring, "ann");
    assert_memory_equal(&ann, &again, sizeof ann);
    assert_int_equal(keyring_find(keyring, 2, bob.id, "bob", &again), KEYRING_FOUND);
    assert_memory_equal(&bob, &again, sizeof bob);
    keyring_close(keyring);
}

static void thousands_are_found(void **state) {
    struct keyring *keyring = open_as(*state, true);
    char id[32];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3000; i++) {
            struct keyring_key key;
            (void)snprintf(id, sizeof id, "customer %u", i);
            assert_int_equal(keyring_take(keyring, id, false, &key, NULL), DAYBOOK_OK);
            assert_int_equal(key.slot, i + 1);
        }
        keyring_close(keyring);
        keyring = open_as(*state, true);
    }
    keyring_close(keyring);
}

static void another_key_is_never_taken_for_it(void **state) {
    struct keyring *keyring = open_as(*state, true);
    struct keyring_key key;
    struct keyring_key ann = take(keyring, "ann");
    assert_int_equal(keyring_find(keyring, 1, ann.id + 1, "ann", &key), KEYRING_MISSING);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "bob", &key), KEYRING_MISSING);
    assert_int_equal(keyring_find(keyring, 2, ann.id, "ann", &key), KEYRING_MISSING);
    assert_int_equal(keyring_find(keyring, 0, ann.id, "ann", &key), KEYRING_MISSING);
    assert_int_equal(keyring_find(keyring, UINT64_MAX, ann.id, "ann", &key), KEYRING_MISSING);
    keyring_close(keyring);
}

static void erased_is_gone_from_the_file(void **state) {
    uint8_t bytes[8 * KEYRING_SLOT_BYTES];
    char path[2 * PLACE_SIZE];
    uint64_t count = 0;
    struct keyring_key key;
    struct keyring *keyring = open_as(*state, true);
    struct keyring *reader = open_as(*state, false); /* From before there was a file. */
    struct keyring_key ann = take(keyring, "ann");
    struct keyring_key bob = take(keyring, "bob");
    ring_path(*state, path);
    size_t size = read_file(path, bytes, sizeof bytes);
    assert_non_null(memmem(bytes, size, ann.bytes, sizeof ann.bytes));
    assert_int_equal(keyring_erase(keyring, "ann", &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 1);
    assert_int_equal(read_file(path, bytes, sizeof bytes), size);
    assert_null(memmem(bytes, size, ann.bytes, sizeof ann.bytes));
    assert_non_null(memmem(bytes, size, bob.bytes, sizeof bob.bytes));
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_ERASED);
    assert_int_equal(keyring_find(keyring, 2, bob.id, "bob", &key), KEYRING_FOUND);
    assert_int_equal(keyring_erase(keyring, "ann", &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 0);
    struct keyring_key fresh = take(keyring, "ann");
    assert_int_equal(fresh.slot, 3);
    assert_memory_not_equal(fresh.bytes, ann.bytes, sizeof ann.bytes);
    keyring_close(reader);
    keyring_close(keyring);
}

static void a_dry_run_leaves_nothing(void **state) {
    char keys[PLACE_SIZE + 8];
    struct keyring_key key;
    struct keyring *keyring = open_as(*state, true);
    assert_int_equal(keyring_take(keyring, "ann", true, &key, NULL), DAYBOOK_OK);
    assert_int_equal(key.slot, 0);
    keyring_close(keyring);
    (void)snprintf(keys, sizeof keys, "%s/keys", (const char *)*state);
    assert_int_not_equal(access(keys, F_OK), 0);
}

static void two_files_are_one_keyring(void **state) {
    char path[2 * PLACE_SIZE];
    char other[2 * PLACE_SIZE];
    struct keyring_key key;
    struct keyring *keyring = open_as(*state, true);
    struct keyring_key ann = take(keyring, "ann");
    keyring_close(keyring);
    ring_path(*state, path);
    (void)snprintf(other, sizeof other, "%s/set-aside", (const char *)*state);
    assert_int_equal(rename(path, other), 0);
    keyring = open_as(*state, true);
    struct keyring_key bob = take(keyring, "bob");
    assert_int_equal(bob.slot, 1);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_MISSING);
    keyring_close(keyring);
    assert_int_equal(rename(other, path), 0);
    keyring = open_as(*state, true);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_FOUND);
    assert_int_equal(keyring_find(keyring, 1, bob.id, "bob", &key), KEYRING_FOUND);
    uint64_t count = 0;
    assert_int_equal(keyring_erase(keyring, "bob", &count, NULL), DAYBOOK_OK);
    assert_int_equal(keyring_erase(keyring, "ann", &count, NULL), DAYBOOK_OK);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_ERASED);
    assert_int_equal(keyring_find(keyring, 1, bob.id, "bob", &key), KEYRING_ERASED);
    keyring_close(keyring);
}

/* Every byte of a slot, one after the other. */
static void a_damaged_slot_is_told(void **state) {
    char path[2 * PLACE_SIZE];
    struct keyring_key key;
    struct keyring *keyring = open_as(*state, true);
    struct keyring_key ann = take(keyring, "ann");
    struct keyring_key bob = take(keyring, "bob");
    ring_path(*state, path);
    for (off_t at = 0; at < KEYRING_SLOT_BYTES; at++) {
        flip(path, KEYRING_SLOT_BYTES + at);
        assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_DAMAGED);
        assert_int_equal(keyring_find(keyring, 2, bob.id, "bob", &key), KEYRING_FOUND);
        flip(path, KEYRING_SLOT_BYTES + at);
    }
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_FOUND);
    /* A key with a flipped bit is nearly the key: it goes, too. */
    uint64_t count = 0;
    flip(path, KEYRING_SLOT_BYTES + 90);
    assert_int_equal(keyring_erase(keyring, "ann", &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 1);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_ERASED);
    keyring_close(keyring);
}

static void a_file_cut_short_goes_on(void **state) {
    char path[2 * PLACE_SIZE];
    struct keyring_key key;
    struct keyring *keyring = open_as(*state, true);
    struct keyring_key ann = take(keyring, "ann");
    struct keyring_key bob = take(keyring, "bob");
    keyring_close(keyring);
    ring_path(*state, path);
    assert_int_equal(truncate(path, 3 * KEYRING_SLOT_BYTES - 20), 0);
    keyring = open_as(*state, true);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_FOUND);
    assert_int_equal(keyring_find(keyring, 2, bob.id, "bob", &key), KEYRING_DAMAGED);
    assert_int_equal(take(keyring, "cyd").slot, 3);
    assert_int_equal(keyring_find(keyring, 2, bob.id, "bob", &key), KEYRING_DAMAGED);
    keyring_close(keyring);
}

static void an_unsound_file_stops_the_writer_alone(void **state) {
    char path[2 * PLACE_SIZE];
    struct keyring_key key;
    struct keyring *keyring = open_as(*state, true);
    struct keyring_key ann = take(keyring, "ann");
    keyring_close(keyring);
    ring_path(*state, path);
    struct daybook_error error;
    assert_int_equal(keyring_open(*state, theirs, true, &keyring, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "another ledger"));
    flip(path, 3);
    assert_int_equal(keyring_open(*state, ours, true, &keyring, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, path));
    assert_null(keyring);
    keyring = open_as(*state, false);
    assert_int_equal(keyring_find(keyring, 1, ann.id, "ann", &key), KEYRING_DAMAGED);
    keyring_close(keyring);
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(keyring_open(*state, ours, true, &keyring, &error), DAYBOOK_DAMAGED);
}

int main(void) {
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        PLACE_TEST(a_key_is_made_once),
        PLACE_TEST(thousands_are_found),
        PLACE_TEST(another_key_is_never_taken_for_it),
        PLACE_TEST(erased_is_gone_from_the_file),
        PLACE_TEST(a_dry_run_leaves_nothing),
        PLACE_TEST(two_files_are_one_keyring),
        PLACE_TEST(a_damaged_slot_is_told),
        PLACE_TEST(a_file_cut_short_goes_on),
        PLACE_TEST(an_unsound_file_stops_the_writer_alone),
    };
    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
