/* AES-SIV: vectors of another implementation, and every change is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/siv.h"

enum { MOST = 256 };

/* Python's cryptography 48: AESSIV(bytes(range(32))).encrypt(plain, [first, second]). */
static const struct vector_row {
    const char *first;
    const char *second;
    const char *plain;
    const char *sealed;
} vectors[] = {
    {"a", "b", "x", "933af6e9437a23d83db1f7b2eb4cec0073"},
    {"ledger", "ACME", "sixteen bytes ok", "91968b41b2246fb10ca2f5a1d32606b65329dbd6cfacbc4cc156c9a9e14b1b4a"},
    {"ledger", "ACME", "longer than a block of sixteen bytes",
     "f2fa8134edab36c8fe975cc7e0c061d1163a8727d81a2a791ababd0888dfeba9e6ca4450f68c287fd9cef5c0efddd3886e6dcc07"},
};

static const uint8_t key[SIV_KEY_BYTES] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                           16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static struct siv_place place_of(const char *first, const char *second) {
    return (struct siv_place){daybook_bytes_of_text(first), daybook_bytes_of_text(second)};
}

static void seals_as_others_do(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct siv_place place = place_of(vectors[i].first, vectors[i].second);
        struct daybook_bytes plain = daybook_bytes_of_text(vectors[i].plain);
        uint8_t sealed[MOST];
        uint8_t opened[MOST];
        char hex[2 * MOST + 1] = "";
        siv_seal(key, &place, plain, sealed);
        for (size_t at = 0; at < SIV_TAG_BYTES + plain.size; at++) {
            (void)snprintf(hex + 2 * at, 3, "%02x", sealed[at]);
        }
        assert_string_equal(hex, vectors[i].sealed);
        assert_true(siv_open(key, &place, (struct daybook_bytes){sealed, SIV_TAG_BYTES + plain.size}, opened));
        assert_memory_equal(opened, plain.data, plain.size);
    }
}

static void nothing_moves_between_its_places(void **state) {
    (void)state;
    struct siv_place place = place_of("ab", "c");
    struct siv_place moved = place_of("a", "bc");
    struct siv_place together = place_of("abc", "");
    uint8_t sealed[MOST];
    uint8_t opened[MOST];
    siv_seal(key, &place, daybook_bytes_of_text("text"), sealed);
    assert_true(siv_open(key, &place, (struct daybook_bytes){sealed, SIV_TAG_BYTES + 4}, opened));
    assert_false(siv_open(key, &moved, (struct daybook_bytes){sealed, SIV_TAG_BYTES + 4}, opened));
    assert_false(siv_open(key, &together, (struct daybook_bytes){sealed, SIV_TAG_BYTES + 4}, opened));
}

static void every_change_is_found(void **state) {
    (void)state;
    struct siv_place place = place_of("a", "b");
    uint8_t sealed[MOST];
    uint8_t opened[MOST];
    size_t size = SIV_TAG_BYTES + 20;
    siv_seal(key, &place, daybook_bytes_of_text("twenty bytes of text"), sealed);
    for (size_t bit = 0; bit < size * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(siv_open(key, &place, (struct daybook_bytes){sealed, size}, opened));
        sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(siv_open(key, &place, (struct daybook_bytes){sealed, cut}, opened));
    }
    assert_true(siv_open(key, &place, (struct daybook_bytes){sealed, size}, opened));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_as_others_do),
        cmocka_unit_test(nothing_moves_between_its_places),
        cmocka_unit_test(every_change_is_found),
    };
    return cmocka_run_group_tests_name("siv", tests, NULL, NULL);
}
