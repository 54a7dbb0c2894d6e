/* What an event does to a balance, and that the books of an account follow from it (EF2): of every kind of event. */
#include "projections/effects.h"

#include "tests/engine/domain/story.h"

/* By the postings of the event itself. */
static void add_lines(const Pb__Event *event, wide books[POSTING_ACCOUNT_COUNT]) {
    struct postings postings;
    struct daybook_error error;
    assert_int_equal(postings_of(event, &postings, &error), DAYBOOK_OK);
    for (size_t i = 0; i < postings.count; i++) {
        books[postings.lines[i].account] += postings.lines[i].amount_minor;
    }
}

static void add_columns(const Pb__Event *event, int64_t columns[EFFECT_COLUMN_COUNT]) {
    struct effects effects;
    struct daybook_error error;
    assert_int_equal(effects_of(event, &effects, &error), DAYBOOK_OK);
    for (size_t i = 0; i < effects.count; i++) {
        for (int column = 0; column < EFFECT_COLUMN_COUNT; column++) {
            columns[column] += effects.entries[i].columns[column];
        }
    }
}

static wide gift_of(const Pb__Event *event) {
    bool is_gift = event->body_case == PB__EVENT__BODY_DEPOSIT_RECEIVED &&
                   event->deposit_received->funding == PB__FUNDING__FUNDING_PROMOTIONAL;
    return is_gift ? event->deposit_received->amount_minor : 0;
}

static void assert_follows(const Pb__Event *event) {
    int64_t columns[EFFECT_COLUMN_COUNT] = {0};
    wide lines[POSTING_ACCOUNT_COUNT] = {0};
    wide books[POSTING_ACCOUNT_COUNT];
    add_lines(event, lines);
    add_columns(event, columns);
    effects_to_books(columns, gift_of(event), books);
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        if (books[account] != lines[account]) {
            fail_msg("event %llu, kind %d: %lld in %s, not %lld", (unsigned long long)event->sequence, event->body_case,
                     (long long)books[account], posting_account_name((enum posting_account)account),
                     (long long)lines[account]);
        }
    }
}

/* Both are sums over events: what holds of each holds of all. */
static void books_follow_from_balances(void **state) {
    struct scene scene;
    wide books[POSTING_ACCOUNT_COUNT] = {0};
    (void)state;
    story_tell(&scene);
    for (uint64_t sequence = 1; sequence <= scene.world.events.count; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(&scene.world,
                 state_read_event(scene.world.state, sequence, &scene.world.arena, &event, &scene.world.error));
        assert_follows(event);
        add_lines(event, books);
    }
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        bool is_used = account != POSTING_BREAKAGE; /* Nothing of the story's is forfeited. */
        assert_int_equal(books[account] != 0, is_used);
    }
    world_close(&scene.world);
}

/* What is forfeited, and released again. */
static void what_is_forfeited_is_what_is_left_over(void **state) {
    (void)state;
    Pb__Event event = PB__EVENT__INIT;
    Pb__LotExpired expired = PB__LOT_EXPIRED__INIT;
    Pb__ExpiryReleased released = PB__EXPIRY_RELEASED__INIT;
    expired.amount_minor = 7;
    expired.to = PB__ON_EXPIRY__ON_EXPIRY_FORFEIT;
    event.body_case = PB__EVENT__BODY_LOT_EXPIRED;
    event.lot_expired = &expired;
    assert_follows(&event);
    released.amount_minor = 3;
    released.from = PB__ON_EXPIRY__ON_EXPIRY_FORFEIT;
    event.body_case = PB__EVENT__BODY_EXPIRY_RELEASED;
    event.expiry_released = &released;
    assert_follows(&event);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_follow_from_balances),
        cmocka_unit_test(what_is_forfeited_is_what_is_left_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
