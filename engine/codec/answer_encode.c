/*
 * An answer of balances, field by field.
 *
 * Room for the position is made first, then for each row: most answers have one.
 */
#include "codec/answer_encode.h"

#include <stddef.h>

#include "codec/wire.h"
#include "codec/wire_put.h"
#include "daybook/v1/query.pb-c.h"

enum {
    POSITION_FIELDS = 6, /* With its own tag and length, and behind it the next cursor. */
    AMOUNTS = 16,
    BALANCE_FIELDS = AMOUNTS + 3, /* With its texts, and its own tag and length. */
};

/* A number of field 16 or above, whose tag has two bytes. */
static inline uint8_t *put_far(uint8_t *at, unsigned field, int64_t value) {
    return value == 0 ? at : varint_put(varint_put(at, TAG_NUMBER(field)), (uint64_t)value);
}

static uint8_t *put_amounts(uint8_t *at, const Pb__Balance *balance) {
    at = put_signed(at, TAG_NUMBER(3), balance->receivable_minor);
    at = put_signed(at, TAG_NUMBER(4), balance->unapplied_minor);
    at = put_signed(at, TAG_NUMBER(5), balance->deposit_minor);
    at = put_signed(at, TAG_NUMBER(6), balance->deposit_held_minor);
    at = put_signed(at, TAG_NUMBER(7), balance->deposit_available_minor);
    at = put_signed(at, TAG_NUMBER(8), balance->dormant_minor);
    at = put_signed(at, TAG_NUMBER(9), balance->pending_minor);
    at = put_signed(at, TAG_NUMBER(10), balance->net_minor);
    at = put_signed(at, TAG_NUMBER(11), balance->lifetime_deposited_minor);
    at = put_signed(at, TAG_NUMBER(12), balance->lifetime_charged_minor);
    at = put_signed(at, TAG_NUMBER(13), balance->lifetime_paid_minor);
    at = put_signed(at, TAG_NUMBER(14), balance->lifetime_adjusted_minor);
    at = put_signed(at, TAG_NUMBER(15), balance->lifetime_refunded_minor);
    at = put_far(at, 16, balance->credit_held_minor);
    at = put_far(at, 17, balance->lifetime_consumed_minor);
    return put_far(at, 18, balance->lifetime_written_off_minor);
}

/* The amounts of a balance, and how they were written: a total of one row has them again. */
struct written {
    const Pb__Balance *balance; /* NULL: none was written. */
    size_t at;                  /* In the buffer. */
    size_t size;
};

enum { AMOUNTS_AT = offsetof(Pb__Balance, receivable_minor) };
#define AMOUNTS_SIZE (offsetof(Pb__Balance, lifetime_written_off_minor) + sizeof(int64_t) - AMOUNTS_AT)
_Static_assert(AMOUNTS_SIZE == AMOUNTS * sizeof(int64_t), "the amounts of a balance lie side by side");

static bool has_amounts(const struct written *written, const Pb__Balance *balance) {
    return written->balance != NULL && memcmp((const uint8_t *)written->balance + AMOUNTS_AT,
                                              (const uint8_t *)balance + AMOUNTS_AT, AMOUNTS_SIZE) == 0;
}

static enum daybook_status put_balance(uint8_t tag, const Pb__Balance *balance, struct written *written,
                                       struct daybook_buffer *buffer) {
    size_t customer_size = text_size(balance->customer);
    size_t currency_size = text_size(balance->currency);
    uint8_t *start = daybook_buffer_reserve(buffer, BALANCE_FIELDS * FIELD_BYTES_MOST + customer_size + currency_size);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    *start = tag;
    uint8_t *body = start + 2;
    uint8_t *amounts = put_bytes(body, TAG_BYTES(1), balance->customer, customer_size);
    amounts = put_bytes(amounts, TAG_BYTES(2), balance->currency, currency_size);
    uint8_t *at;
    if (has_amounts(written, balance)) {
        memcpy(amounts, buffer->data + written->at, written->size);
        at = amounts + written->size;
    } else {
        at = put_amounts(amounts, balance);
    }
    size_t size = (size_t)(at - amounts);
    at = put_length_before(body, at);
    *written = (struct written){balance, (size_t)(at - buffer->data) - size, size};
    buffer->size += (size_t)(at - start);
    return DAYBOOK_OK;
}

static enum daybook_status put_position(const Pb__Position *position, struct daybook_buffer *buffer) {
    size_t as_of_size = text_size(position->as_of);
    size_t time_size = text_size(position->known_at_time);
    uint8_t *start = daybook_buffer_reserve(buffer, POSITION_FIELDS * FIELD_BYTES_MOST + as_of_size + time_size);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    *start = TAG_BYTES(1);
    uint8_t *body = start + 2;
    uint8_t *at = put_bytes(body, TAG_BYTES(1), position->as_of, as_of_size);
    at = put_unsigned(at, TAG_NUMBER(2), position->known_at);
    at = put_bytes(at, TAG_BYTES(3), position->known_at_time, time_size);
    at = put_unsigned(at, TAG_NUMBER(4), position->journal_head);
    at = put_length_before(body, at);
    buffer->size += (size_t)(at - start);
    return DAYBOOK_OK;
}

static enum daybook_status put_cursor(const char *cursor, struct daybook_buffer *buffer) {
    size_t size = text_size(cursor);
    uint8_t *start = daybook_buffer_reserve(buffer, FIELD_BYTES_MOST + size);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    buffer->size += (size_t)(put_bytes(start, TAG_BYTES(4), cursor, size) - start);
    return DAYBOOK_OK;
}

static enum daybook_status put_answer(const Pb__BalanceAnswer *answer, struct daybook_buffer *buffer) {
    struct written written = {0};
    DAYBOOK_TRY(put_position(answer->position, buffer));
    for (size_t i = 0; i < answer->n_rows; i++) {
        DAYBOOK_TRY(put_balance(TAG_BYTES(2), answer->rows[i], &written, buffer));
    }
    for (size_t i = 0; i < answer->n_totals; i++) {
        DAYBOOK_TRY(put_balance(TAG_BYTES(3), answer->totals[i], &written, buffer));
    }
    return put_cursor(answer->next_cursor, buffer);
}

enum daybook_status answer_encode(const ProtobufCMessage *answer, struct daybook_buffer *buffer) {
    const Pb__BalanceAnswer *balances = (const Pb__BalanceAnswer *)answer;
    bool is_plain = answer->descriptor == &pb__balance_answer__descriptor && balances->position != NULL &&
                    balances->position->n_policies == 0;
    if (!is_plain) {
        return wire_encode(answer, buffer);
    }
    size_t size_before = buffer->size;
    enum daybook_status status = put_answer(balances, buffer);
    if (status != DAYBOOK_OK) {
        buffer->size = size_before;
    }
    return status;
}
