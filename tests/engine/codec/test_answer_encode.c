/* The fast encoder of answers against protobuf-c's own, over random answers and by hand. */
#include "codec/answer_encode.h"

#include <stdlib.h>

#include "daybook/v1/query.pb-c.h"
#include "tests/engine/codec/random_message.h"

enum { ARENA_BYTES = 64 << 20, ROUNDS = 3000 };

static uint64_t seed;

static void assert_as_the_library(const ProtobufCMessage *answer, struct daybook_buffer *buffer) {
    size_t size = protobuf_c_message_get_packed_size(answer);
    uint8_t *packed = malloc(size + 1);
    assert_non_null(packed);
    assert_int_equal(protobuf_c_message_pack(answer, packed), size);
    size_t before = buffer->size;
    assert_int_equal(answer_encode(answer, buffer), DAYBOOK_OK);
    assert_int_equal(buffer->size - before, size);
    assert_memory_equal(buffer->data + before, packed, size);
    free(packed);
}

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

static void encodes_as_the_library(void **state) {
    const struct answer_row *row = *state;
    struct random random = {.state = seed, .max_depth = row->max_depth};
    struct arena arena;
    struct daybook_buffer buffer = {0};
    arena_init(&arena, ARENA_BYTES);
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(&arena);
        if (i % 100 == 0) {
            daybook_buffer_release(&buffer); /* Room is made anew, and exactly. */
        }
        assert_as_the_library(random_message(&random, &arena, row->descriptor), &buffer);
    }
    daybook_buffer_release(&buffer);
    arena_release(&arena);
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
    assert_as_the_library(&answer.base, &buffer);
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
    assert_as_the_library(&answer.base, &buffer);
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
