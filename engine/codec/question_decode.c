/*
 * A balance's question, field by field.
 *
 * It accepts a part of what wire_decode accepts, and refuses nothing itself: fields in the order of their numbers,
 * texts that are not empty, lengths of one byte. A text lies in a copy of the input, where its NUL falls on the tag
 * behind it, which is read from the input.
 */
#include "codec/question_decode.h"

#include "codec/wire.h"
#include "codec/wire_field.h"
#include "codec/wire_put.h"
#include "daybook/v1/query.pb-c.h"

enum { COPY_SLACK = 8 }; /* So that eight bytes can be loaded wherever a text starts. */

struct balance_question {
    Pb__Query query;
    Pb__BalanceQuery balance;
    Pb__At at;
};

/* What is being read of the input, and where its copy is. */
struct part {
    const uint8_t *at;
    const uint8_t *end;
    uint8_t *copy; /* Of *at. */
};

/* Cuts the field off the front of what is read. False: another is there, or it does not fit. */
static inline bool take(struct part *from, uint8_t tag, struct part *field) {
    if (from->end - from->at < 2 || from->at[0] != tag || from->at[1] >= 0x80 ||
        from->at[1] > from->end - from->at - 2) {
        return false;
    }
    size_t size = from->at[1];
    *field = (struct part){from->at + 2, from->at + 2 + size, from->copy + 2};
    from->at += 2 + size;
    from->copy += 2 + size;
    return true;
}

/* False: the text is odd. Where there is none it stays as it is. */
static inline bool take_text(struct part *from, uint8_t tag, char **text) {
    struct part field;
    if (from->at == from->end || from->at[0] != tag) {
        return true;
    }
    if (!take(from, tag, &field) || field.at == field.end ||
        !wire_is_text(field.copy, (size_t)(field.end - field.at))) {
        return false;
    }
    field.copy[field.end - field.at] = '\0';
    *text = (char *)field.copy;
    return true;
}

static bool read_balance(struct part input, struct balance_question *made) {
    struct part balance;
    struct part at;
    pb__query__init(&made->query);
    pb__balance_query__init(&made->balance);
    pb__at__init(&made->at);
    made->query.question_case = PB__QUERY__QUESTION_BALANCE;
    made->query.balance = &made->balance;
    if (!take(&input, TAG_BYTES(1), &balance) || input.at < input.end) {
        return false;
    }
    if (balance.at < balance.end && balance.at[0] == TAG_BYTES(1)) {
        if (!take(&balance, TAG_BYTES(1), &at) || !take_text(&at, TAG_BYTES(1), &made->at.as_of) ||
            !take_text(&at, TAG_BYTES(2), &made->at.known_at) || at.at < at.end) {
            return false;
        }
        made->balance.at = &made->at;
    }
    return take_text(&balance, TAG_BYTES(2), &made->balance.customer) &&
           take_text(&balance, TAG_BYTES(3), &made->balance.currency) && balance.at == balance.end;
}

enum daybook_status question_decode(struct daybook_bytes bytes, struct arena *arena, ProtobufCMessage **question,
                                    struct daybook_error *error) {
    enum { SIZE_MOST = 0x80 + 1 }; /* One whose length has one byte. */
    bool may_be = bytes.size >= 2 && bytes.size <= SIZE_MOST && bytes.data[0] == TAG_BYTES(1);
    struct balance_question *made = may_be ? arena_alloc(arena, sizeof *made + bytes.size + COPY_SLACK) : NULL;
    if (made != NULL) {
        uint8_t *copy = (uint8_t *)(made + 1);
        memcpy(copy, bytes.data, bytes.size);
        memset(copy + bytes.size, 0, COPY_SLACK);
        if (read_balance((struct part){bytes.data, bytes.data + bytes.size, copy}, made)) {
            *question = &made->query.base;
            return DAYBOOK_OK;
        }
    }
    return wire_decode(&pb__query__descriptor, bytes, arena, question, error);
}
