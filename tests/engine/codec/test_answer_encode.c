/* The fast encoder of answers against protobuf-c's own, over random answers and by hand. */
#include "codec/answer_encode.h"

#include "daybook/v1/query.pb-c.h"
#include "tests/engine/codec/encoder.h"

static uint64_t seed;

struct answer_row {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    unsigned max_depth; /* Without policies a position is at the bottom: 2. */
};

static const struct answer_row answer_rows[] = {
    {"balances", &pb__balance_answer__descriptor, 2},
    {"balances under policies", &pb__balance_answer__descriptor, 8},
    {"balances without rows or position", &pb__balance_answer__descriptor, 1},
    {"balances day by day", &pb__daily_balances_answer__descriptor, 8},
    {"open items", &pb__open_items_answer__descriptor, 8},
};

static const ProtobufCMessage *make(struct random *random, struct arena *arena, const void *row) {
    return random_message(random, arena, ((const struct answer_row *)row)->descriptor);
}

static void encodes_as_the_library(void **state) {
    const struct answer_row *row = *state;
    encoder_agrees_often(answer_encode, make, row, seed, row->max_depth);
}

static void negative_amounts_are_as_long_as_the_librarys(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    Pb__BalanceAnswer answer = PB__BALANCE_ANSWER__INIT;
    Pb__Position position = PB__POSITION__INIT;
    Pb__Balance row = PB__BALANCE__INIT;
    Pb__Balance *rows[] = {&row, &row};
    row.receivable_minor = row.unapplied_minor = row.deposit_minor = row.deposit_held_minor = INT64_MIN;
    row.deposit_available_minor = row.dormant_minor = row.pending_minor = row.net_minor = -1;
    row.lifetime_deposited_minor = row.lifetime_charged_minor = row.lifetime_paid_minor = INT64_MIN;
    row.lifetime_adjusted_minor = row.lifetime_refunded_minor = row.credit_held_minor = INT64_MIN;
    row.lifetime_consumed_minor = row.lifetime_written_off_minor = INT64_MIN;
    position.known_at = position.journal_head = UINT64_MAX;
    answer.position = &position;
    answer.n_rows = answer.n_totals = 2;
    answer.rows = answer.totals = rows;
    encoder_agrees(answer_encode, &answer.base, &buffer);
    daybook_buffer_release(&buffer);
}

static void texts_that_are_null_are_left_out(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    Pb__BalanceAnswer answer = PB__BALANCE_ANSWER__INIT;
    Pb__Position position = PB__POSITION__INIT;
    Pb__Balance row = PB__BALANCE__INIT;
    Pb__Balance *rows[] = {&row};
    row.customer = row.currency = NULL;
    position.as_of = position.known_at_time = NULL;
    answer.next_cursor = NULL;
    answer.position = &position;
    answer.n_rows = 1;
    answer.rows = rows;
    encoder_agrees(answer_encode, &answer.base, &buffer);
    daybook_buffer_release(&buffer);
}

int main(void) {
    seed = random_message_seed();
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, answer_rows, encodes_as_the_library);
    rows_add(&rows, "negative amounts", negative_amounts_are_as_long_as_the_librarys, NULL);
    rows_add(&rows, "texts that are NULL", texts_that_are_null_are_left_out, NULL);
    return rows_run("answer_encode", &rows);
}
