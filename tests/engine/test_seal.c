/* Sealing: the published algorithm's bytes, and nothing opens but in its own place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/siv.h"
#include "seal.h"

/* Made by Python's cryptography 48, AESSIV(key).encrypt(padded profile, [ledger id, customer]), with the key 00 01 ..
 * 1f, the ledger's id 40 41 .. 4f and the customer ACME. */
static const struct sealed_row {
    const char *name;
    const char *person;
    const char *email;
    const char *phone;
    const char *address;
    const char *ciphertext;
} known[] = {
    {"Acme Ltd", NULL, NULL, NULL, NULL,
     "5d5824ca7b7e6fd6ce90afffd50f0facbd03fb86f22b5b03b83ce4d973382d00f50ed5327bf131ddb0ac1aebc432fa25c74fb058008cfa7fa"
     "5"
     "5fceabc6790f73dddf3875fda810d4d085fd1b8e6a2005"},
    {"\xe9\xbb\x84\xe5\xb0\x8f\xe6\x98\x8e", "Li", "li@example.com", "+86 10 1", "Weg 7",
     "6a14d42bebe8a33376d54bab00bf141c4da79caa5bbd666d8fa7840e91d95c7c3f71b8774317df2bd2b32b8de6ea84e24c5c929c945738b8b"
     "e"
     "ccc686208aba9b1bf7c203f9c7cb9742166cc71022fe5a"},
};

static const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
                                                           0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f};
static const struct seal_place acme = {ledger_id, "ACME"};

static struct keyring_key known_key(void) {
    struct keyring_key key = {.slot = 3, .id = 9};
    for (size_t i = 0; i < sizeof key.bytes; i++) {
        key.bytes[i] = (uint8_t)i;
    }
    return key;
}

static char *text(const char *from) {
    return (char *)(uintptr_t)(from == NULL ? "" : from);
}

static void fill(const struct sealed_row *row, Pb__CustomerProfile *profile, Pb__Contact *contact) {
    pb__customer_profile__init(profile);
    pb__contact__init(contact);
    profile->name = text(row->name);
    contact->person = text(row->person);
    contact->email = text(row->email);
    contact->phone = text(row->phone);
    contact->address = text(row->address);
    profile->contact = row->person == NULL ? NULL : contact;
}

static void seals_as_published(void **state) {
    (void)state;
    struct arena arena;
    struct keyring_key key = known_key();
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        Pb__CustomerProfile profile;
        Pb__Contact contact;
        Pb__Sealed *sealed = NULL;
        char hex[2 * LIMIT_SEALED_BYTES + 1] = "";
        fill(&known[i], &profile, &contact);
        assert_int_equal(seal_profile(&key, &acme, &profile, &arena, &sealed, NULL), DAYBOOK_OK);
        for (size_t at = 0; at < sealed->ciphertext.len; at++) {
            (void)snprintf(hex + 2 * at, 3, "%02x", sealed->ciphertext.data[at]);
        }
        assert_string_equal(hex, known[i].ciphertext);
        assert_int_equal(sealed->slot, 3);
        assert_int_equal(sealed->key_id, 9);
        Pb__CustomerProfile opened = PB__CUSTOMER_PROFILE__INIT;
        opened.sealed = sealed;
        assert_int_equal(seal_open_profile(&key, &acme, &opened, &arena, NULL), DAYBOOK_OK);
        assert_string_equal(opened.name, known[i].name);
        assert_int_equal(opened.contact != NULL, known[i].person != NULL);
        if (opened.contact != NULL) {
            assert_string_equal(opened.contact->email, known[i].email);
            assert_string_equal(opened.contact->address, known[i].address);
        }
    }
    arena_release(&arena);
}

static void opens_nowhere_else(void **state) {
    (void)state;
    static const uint8_t other_ledger[KEYRING_LEDGER_ID_BYTES] = {1};
    const struct seal_place others[] = {{ledger_id, "ACME2"}, {ledger_id, "ACM"}, {other_ledger, "ACME"}};
    struct arena arena;
    struct keyring_key key = known_key();
    Pb__CustomerProfile profile;
    Pb__Contact contact;
    arena_init(&arena, 1 << 16);
    fill(&known[0], &profile, &contact);
    assert_int_equal(seal_profile(&key, &acme, &profile, &arena, &profile.sealed, NULL), DAYBOOK_OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(seal_open_profile(&key, &others[i], &profile, &arena, NULL), DAYBOOK_DAMAGED);
    }
    struct keyring_key other_key = key;
    other_key.bytes[31] ^= 1;
    assert_int_equal(seal_open_profile(&other_key, &acme, &profile, &arena, NULL), DAYBOOK_DAMAGED);
    assert_int_equal(seal_open_profile(&key, &acme, &profile, &arena, NULL), DAYBOOK_OK);
    arena_release(&arena);
}

/* Every bit flipped, every length cut to. */
static void finds_any_change(void **state) {
    (void)state;
    struct arena arena;
    struct keyring_key key = known_key();
    Pb__CustomerProfile profile;
    Pb__Contact contact;
    arena_init(&arena, 1 << 20);
    fill(&known[1], &profile, &contact);
    assert_int_equal(seal_profile(&key, &acme, &profile, &arena, &profile.sealed, NULL), DAYBOOK_OK);
    ProtobufCBinaryData *bytes = &profile.sealed->ciphertext;
    for (size_t bit = 0; bit < bytes->len * 8; bit++) {
        bytes->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(seal_open_profile(&key, &acme, &profile, &arena, NULL), DAYBOOK_DAMAGED);
        bytes->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t size = bytes->len; bytes->len-- > 0;) {
        assert_int_equal(seal_open_profile(&key, &acme, &profile, &arena, NULL), DAYBOOK_DAMAGED);
        assert_true(bytes->len < size);
    }
    arena_release(&arena);
}

/* SE3: names of 1 to 50 bytes are all as long. */
static void shows_no_length(void **state) {
    (void)state;
    struct arena arena;
    struct keyring_key key = known_key();
    char name[51] = "";
    arena_init(&arena, 1 << 20);
    for (size_t size = 1; size <= 50; size++) {
        Pb__CustomerProfile profile = PB__CUSTOMER_PROFILE__INIT;
        memset(name, 'x', size);
        profile.name = name;
        assert_int_equal(seal_profile(&key, &acme, &profile, &arena, &profile.sealed, NULL), DAYBOOK_OK);
        assert_int_equal(profile.sealed->ciphertext.len, SIV_TAG_BYTES + SEAL_STEP_BYTES);
    }
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_as_published),
        cmocka_unit_test(opens_nowhere_else),
        cmocka_unit_test(finds_any_change),
        cmocka_unit_test(shows_no_length),
    };
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
