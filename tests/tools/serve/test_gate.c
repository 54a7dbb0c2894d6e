/* The gate: a connection's token is known again, and for no longer than it is good. */
#include "tools/serve/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_US  INT64_C(1700000000000000)
#define HOUR_US INT64_C(3600000000)

/* A gate with the tokens of a cashier and an auditor, and one connection. */
struct entrance {
    struct gate gate;
    struct sha256 *sha256;
    struct gate_pass pass;
    char cashier[TOKEN_SECRET_SIZE];
    char auditor[TOKEN_SECRET_SIZE];
};

static void add(struct token_store *store, const char *name, Pb__Role role, char secret[TOKEN_SECRET_SIZE]) {
    Pb__CreateTokenRequest wanted = PB__CREATE_TOKEN_REQUEST__INIT;
    wanted.name = (char *)(uintptr_t)name;
    wanted.role = role;
    wanted.expires_at_us = NOW_US + HOUR_US;
    assert_int_equal(token_store_add(store, &wanted, NOW_US, secret, NULL), DAYBOOK_OK);
}

static struct token_store make_tokens(struct entrance *entrance) {
    struct token_store store = {0};
    add(&store, "anna", PB__ROLE__ROLE_CASHIER, entrance->cashier);
    add(&store, "udo", PB__ROLE__ROLE_AUDITOR, entrance->auditor);
    return store;
}

static int open_entrance(void **state) {
    static struct entrance entrance;
    entrance = (struct entrance){.sha256 = sha256_open()};
    assert_non_null(entrance.sha256);
    assert_int_equal(gate_open(&entrance.gate, "/nonexistent", false, NULL), DAYBOOK_OK);
    struct token_store store = make_tokens(&entrance);
    gate_replace(&entrance.gate, &store);
    *state = &entrance;
    return 0;
}

static int close_entrance(void **state) {
    struct entrance *entrance = *state;
    gate_close(&entrance->gate);
    sha256_close(entrance->sha256);
    return 0;
}

static enum connect_code enter(struct entrance *entrance, const char *secret, int64_t now_us,
                               struct identity *identity) {
    char authorization[128];
    const char *reason;
    (void)snprintf(authorization, sizeof authorization, "Bearer %s", secret);
    *identity = (struct identity){.is_local = true};
    return gate_identify(&entrance->gate, entrance->sha256, &entrance->pass, authorization, 1, now_us, identity,
                         &reason);
}

static void is_known(struct entrance *entrance, const char *secret, const char *name, Pb__Role role) {
    struct identity identity;
    assert_int_equal(enter(entrance, secret, NOW_US, &identity), CONNECT_OK);
    assert_true(identity.is_known && identity.is_local && !identity.names_machine);
    assert_string_equal(identity.submitter.actor, name);
    assert_ptr_equal(identity.submitter.actor, identity.actor);
    assert_int_equal(identity.submitter.role, role);
    assert_true(gate_is_good(&entrance->gate, &identity, NOW_US));
}

static void a_token_is_whose_it_is_every_time(void **state) {
    struct entrance *entrance = *state;
    for (int i = 0; i < 3; i++) {
        is_known(entrance, entrance->cashier, "anna", PB__ROLE__ROLE_CASHIER);
        is_known(entrance, entrance->cashier, "anna", PB__ROLE__ROLE_CASHIER);
        is_known(entrance, entrance->auditor, "udo", PB__ROLE__ROLE_AUDITOR);
    }
}

static void another_token_behind_a_good_one_is_none(void **state) {
    struct entrance *entrance = *state;
    struct identity identity;
    char forged[TOKEN_SECRET_SIZE];
    is_known(entrance, entrance->cashier, "anna", PB__ROLE__ROLE_CASHIER);
    (void)strcpy(forged, entrance->cashier);
    forged[sizeof forged - 2] = forged[sizeof forged - 2] == '0' ? '1' : '0';
    assert_int_equal(enter(entrance, forged, NOW_US, &identity), CONNECT_UNAUTHENTICATED);
    assert_false(identity.is_known);
    forged[8] = '\0';
    assert_int_equal(enter(entrance, forged, NOW_US, &identity), CONNECT_UNAUTHENTICATED);
    assert_int_equal(enter(entrance, "", NOW_US, &identity), CONNECT_UNAUTHENTICATED);
    is_known(entrance, entrance->cashier, "anna", PB__ROLE__ROLE_CASHIER);
}

static void a_revoked_token_ends_at_once(void **state) {
    struct entrance *entrance = *state;
    const struct token *revoked;
    struct identity identity;
    struct token_store store = make_tokens(entrance);
    gate_replace(&entrance->gate, &store);
    is_known(entrance, entrance->cashier, "anna", PB__ROLE__ROLE_CASHIER);
    store.items = calloc(2, sizeof *store.items);
    assert_non_null(store.items);
    memcpy(store.items, entrance->gate.tokens.items, 2 * sizeof *store.items);
    store.count = 2;
    assert_int_equal(token_store_revoke(&store, "anna", NOW_US, &revoked, NULL), DAYBOOK_OK);
    gate_replace(&entrance->gate, &store);
    assert_int_equal(enter(entrance, entrance->cashier, NOW_US, &identity), CONNECT_UNAUTHENTICATED);
    assert_false(identity.is_known);
    is_known(entrance, entrance->auditor, "udo", PB__ROLE__ROLE_AUDITOR);
}

static void a_token_ends_with_its_time(void **state) {
    struct entrance *entrance = *state;
    struct identity identity;
    is_known(entrance, entrance->cashier, "anna", PB__ROLE__ROLE_CASHIER);
    assert_int_equal(enter(entrance, entrance->cashier, NOW_US + HOUR_US - 1, &identity), CONNECT_OK);
    assert_int_equal(enter(entrance, entrance->cashier, NOW_US + HOUR_US, &identity), CONNECT_UNAUTHENTICATED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_is_whose_it_is_every_time, open_entrance, close_entrance),
        cmocka_unit_test_setup_teardown(another_token_behind_a_good_one_is_none, open_entrance, close_entrance),
        cmocka_unit_test_setup_teardown(a_revoked_token_ends_at_once, open_entrance, close_entrance),
        cmocka_unit_test_setup_teardown(a_token_ends_with_its_time, open_entrance, close_entrance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
