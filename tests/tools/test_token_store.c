/* Tokens in their file: made, found by their hash alone, ended, and damage told. */
#include "tools/token_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_US  INT64_C(1700000000000000)
#define HOUR_US INT64_C(3600000000)

static char directory[] = "/tmp/test-tokens-XXXXXX";
static char path[64];

static int make_directory(void **state) {
    (void)state;
    (void)strcpy(strrchr(directory, '-') + 1, "XXXXXX");
    bool is_made = mkdtemp(directory) != NULL;
    (void)snprintf(path, sizeof path, "%s/tokens", directory);
    return is_made ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

static enum daybook_status add(struct token_store *store, const char *name, Pb__Role role, int64_t expires_at_us,
                               char secret[TOKEN_SECRET_SIZE]) {
    Pb__CreateTokenRequest wanted = PB__CREATE_TOKEN_REQUEST__INIT;
    wanted.name = (char *)(uintptr_t)name;
    wanted.role = role;
    wanted.expires_at_us = expires_at_us;
    return token_store_add(store, &wanted, NOW_US, secret, NULL);
}

static const struct token *find(const struct token_store *store, const char *secret) {
    uint8_t digest[SHA256_SIZE];
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    sha256_begin(sha256);
    sha256_update(sha256, secret, strlen(secret));
    sha256_end(sha256, digest);
    sha256_close(sha256);
    return token_store_find(store, digest);
}

static void a_token_is_kept_as_its_hash(void **state) {
    (void)state;
    struct token_store store = {0};
    struct token_store again;
    struct stat made;
    char anna[TOKEN_SECRET_SIZE];
    char udo[TOKEN_SECRET_SIZE];
    assert_int_equal(token_store_read(directory, &store, NULL), DAYBOOK_OK); /* There is no file yet. */
    assert_int_equal(store.count, 0);
    assert_int_equal(add(&store, "anna 王", PB__ROLE__ROLE_ACCOUNTANT, NOW_US + HOUR_US, anna), DAYBOOK_OK);
    assert_int_equal(add(&store, "udo", PB__ROLE__ROLE_AUDITOR, NOW_US + HOUR_US, udo), DAYBOOK_OK);
    assert_int_equal(strlen(anna), 68);
    assert_string_not_equal(anna, udo);
    assert_int_equal(token_store_write(directory, &store, NULL), DAYBOOK_OK);
    assert_int_equal(stat(path, &made), 0);
    assert_int_equal(made.st_mode & 0777, 0600);
    assert_int_equal(token_store_read(directory, &again, NULL), DAYBOOK_OK);
    assert_int_equal(again.count, 2);
    const struct token *found = find(&again, anna);
    assert_non_null(found);
    assert_string_equal(found->name, "anna 王");
    assert_int_equal(found->role, PB__ROLE__ROLE_ACCOUNTANT);
    assert_int_equal(found->created_at_us, NOW_US);
    anna[67] = anna[67] == '0' ? '1' : '0';
    assert_null(find(&again, anna));
    assert_null(find(&again, ""));
    token_store_release(&store);
    token_store_release(&again);
}

static void a_token_ends(void **state) {
    (void)state;
    struct token_store store = {0};
    const struct token *token = NULL;
    char secret[TOKEN_SECRET_SIZE];
    assert_int_equal(add(&store, "anna", PB__ROLE__ROLE_CREDIT, NOW_US + HOUR_US, secret), DAYBOOK_OK);
    token = find(&store, secret);
    assert_true(token_is_good(token, NOW_US + HOUR_US - 1));
    assert_false(token_is_good(token, NOW_US + HOUR_US));
    assert_int_equal(add(&store, "anna", PB__ROLE__ROLE_ADMIN, NOW_US + HOUR_US, secret), DAYBOOK_EXISTS);
    assert_int_equal(token_store_revoke(&store, "anna", NOW_US + 5, &token, NULL), DAYBOOK_OK);
    assert_int_equal(token->revoked_at_us, NOW_US + 5);
    assert_false(token_is_good(token, NOW_US + 6));
    assert_int_equal(token_store_revoke(&store, "anna", NOW_US + 6, &token, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(add(&store, "anna", PB__ROLE__ROLE_ADMIN, NOW_US + HOUR_US, secret), DAYBOOK_OK);
    token_store_release(&store);
}

static void what_is_no_token_is_not_made(void **state) {
    (void)state;
    struct token_store store = {0};
    char secret[TOKEN_SECRET_SIZE];
    assert_int_equal(add(&store, "", PB__ROLE__ROLE_ADMIN, NOW_US + 1, secret), DAYBOOK_INVALID);
    assert_int_equal(add(&store, "a\nb", PB__ROLE__ROLE_ADMIN, NOW_US + 1, secret), DAYBOOK_INVALID);
    assert_int_equal(add(&store, "a", PB__ROLE__ROLE_UNSPECIFIED, NOW_US + 1, secret), DAYBOOK_INVALID);
    assert_int_equal(add(&store, "a", (Pb__Role)6, NOW_US + 1, secret), DAYBOOK_INVALID);
    assert_int_equal(add(&store, "a", PB__ROLE__ROLE_ADMIN, NOW_US, secret), DAYBOOK_INVALID);
    assert_int_equal(store.count, 0);
}

static void damage_is_told(void **state) {
    static const char *const lines[] = {
        "nonsense\n",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff owner 1 2 0 a\n",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff admin 1 2 a\n",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff admin 1 2 0 \n",
        "0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff admin 1 2 0 a\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct token_store store;
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(lines[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(token_store_read(directory, &store, NULL), DAYBOOK_DAMAGED);
        assert_int_equal(store.count, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_is_kept_as_its_hash, make_directory, remove_directory),
        cmocka_unit_test(a_token_ends),
        cmocka_unit_test(what_is_no_token_is_not_made),
        cmocka_unit_test_setup_teardown(damage_is_told, make_directory, remove_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
