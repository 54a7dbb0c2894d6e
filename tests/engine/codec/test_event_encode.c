/* The fast encoder of events against protobuf-c's own, over random events of every body and by hand. */
#include "codec/event_encode.h"

#include "tests/engine/codec/encoder.h"
#include "tests/engine/codec/random_event.h"
#include "tests/rows.h"

static uint64_t seed;

static enum daybook_status encode(const ProtobufCMessage *event, struct daybook_buffer *buffer) {
    return event_encode((const Pb__Event *)event, buffer);
}

static const ProtobufCMessage *make(struct random *random, struct arena *arena, const void *row) {
    return &random_event(random, arena, row)->base;
}

static void encodes_as_the_library(void **state) {
    encoder_agrees_often(encode, make, *state, seed, 8);
}

static void negative_numbers_are_as_long_as_the_librarys(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    Pb__Event event = PB__EVENT__INIT;
    Pb__ChargePosted body = PB__CHARGE_POSTED__INIT;
    Pb__CreditDecision credit = PB__CREDIT_DECISION__INIT;
    event.recorded_at_us = INT64_MIN;
    event.effective_on = -1;
    event.original_on = INT32_MIN;
    credit.limit_minor = credit.open_minor = credit.held_minor = credit.unapplied_minor = INT64_MIN;
    credit.deposit_minor = credit.charge_minor = credit.checked_as_of = -1;
    body.amount_minor = -1;
    body.due_on = INT32_MIN;
    body.credit = &credit;
    event.body_case = PB__EVENT__BODY_CHARGE_POSTED;
    event.charge_posted = &body;
    encoder_agrees(encode, &event.base, &buffer);
    daybook_buffer_release(&buffer);
}

static void a_body_chosen_and_not_given_is_left_out(void **state) {
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(body_rows) - 1; i++) {
        struct daybook_buffer buffer = {0};
        Pb__Event event = PB__EVENT__INIT;
        event.sequence = 1;
        event.body_case = body_rows[i].body_case;
        encoder_agrees(encode, &event.base, &buffer);
        daybook_buffer_release(&buffer);
    }
}

static void texts_that_are_null_are_left_out(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    Pb__Event event = PB__EVENT__INIT;
    Pb__ChargePosted body = PB__CHARGE_POSTED__INIT;
    event.sequence = 1;
    event.actor = NULL;
    event.customer = NULL;
    event.currency = NULL;
    body.charge = NULL;
    body.category = NULL;
    body.memo = NULL;
    body.amount_minor = 5;
    event.body_case = PB__EVENT__BODY_CHARGE_POSTED;
    event.charge_posted = &body;
    encoder_agrees(encode, &event.base, &buffer);
    daybook_buffer_release(&buffer);
}

int main(void) {
    seed = random_message_seed();
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, body_rows, encodes_as_the_library);
    rows_add(&rows, "negative numbers", negative_numbers_are_as_long_as_the_librarys, NULL);
    rows_add(&rows, "texts that are NULL", texts_that_are_null_are_left_out, NULL);
    rows_add(&rows, "a body chosen and not given", a_body_chosen_and_not_given_is_left_out, NULL);
    return rows_run("event_encode", &rows);
}
