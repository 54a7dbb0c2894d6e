/*
 * The fields of an encoded event, read without giving them a meaning.
 *
 * Only what can be rebuilt from its fields is taken: numbers, tags and lengths
 * written as short as they can be. All else is for the caller to keep whole.
 */
#include "codec/columns_inside.h"

#include <stdlib.h>
#include <string.h>

/* Fields of higher numbers are texts, as far as their wire type lets them. */
enum { KINDS_FIELDS = 64, KINDS_MESSAGES = 128, KINDS_NONE = UINT8_MAX };

struct message_kinds {
    const ProtobufCMessageDescriptor *descriptor;
    uint8_t kind[KINDS_FIELDS];    /* Of a field with a length. */
    uint8_t message[KINDS_FIELDS]; /* Of a message: its number in `messages`. */
};

struct column_kinds {
    uint32_t count;
    struct message_kinds messages[KINDS_MESSAGES];
};

/* The number of a message; one that is new is put at the end, to be looked into later. */
static uint32_t kinds_number(struct column_kinds *kinds, const ProtobufCMessageDescriptor *descriptor) {
    for (uint32_t i = 0; i < kinds->count; i++) {
        if (kinds->messages[i].descriptor == descriptor) {
            return i;
        }
    }
    if (kinds->count == KINDS_MESSAGES) {
        return KINDS_NONE;
    }
    kinds->messages[kinds->count].descriptor = descriptor;
    return kinds->count++;
}

static void kinds_fill(struct column_kinds *kinds, uint32_t number) {
    struct message_kinds *message = &kinds->messages[number];
    memset(message->kind, COLUMN_TEXT, sizeof message->kind);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->id >= KINDS_FIELDS) {
            continue;
        }
        if (field->type == PROTOBUF_C_TYPE_BYTES) {
            message->kind[field->id] = COLUMN_NOISE;
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            uint32_t inner = kinds_number(kinds, field->descriptor);
            if (inner != KINDS_NONE) {
                message->kind[field->id] = COLUMN_MESSAGE;
                message->message[field->id] = (uint8_t)inner;
            }
        }
    }
}

struct column_kinds *column_kinds_open(const ProtobufCMessageDescriptor *message) {
    struct column_kinds *kinds = calloc(1, sizeof *kinds);
    if (kinds == NULL) {
        return NULL;
    }
    (void)kinds_number(kinds, message);
    for (uint32_t i = 0; i < kinds->count; i++) { /* The count grows. */
        kinds_fill(kinds, i);
    }
    return kinds;
}

void column_kinds_close(struct column_kinds *kinds) {
    free(kinds);
}

/* A number as short as it can be written. */
static inline bool number_take(const uint8_t **at, const uint8_t *end, uint64_t *number) {
    const uint8_t *from = *at;
    return varint_take(at, end, number) && (*at - from == 1 || (*at)[-1] != 0);
}

static inline uint32_t kind_of(const struct column_kinds *kinds, uint32_t message, uint32_t field) {
    return field < KINDS_FIELDS ? kinds->messages[message].kind[field] : COLUMN_TEXT;
}

/* The field behind its tag; false: there is none. A message's size is what is left to be read. */
static inline bool field_take(const struct column_kinds *kinds, uint32_t message, const uint8_t **at,
                              const uint8_t *end, uint64_t tag, struct parsed_field *field) {
    const uint32_t number = (uint32_t)(tag >> 3);
    uint64_t size = 0;
    uint32_t kind = COLUMN_NUMBER;
    switch (tag & 7) {
    case 0:
        if (!number_take(at, end, &field->number)) {
            return false;
        }
        break;
    case 1:
        kind = COLUMN_FIXED64;
        size = 8;
        break;
    case 5:
        kind = COLUMN_FIXED32;
        size = 4;
        break;
    case 2:
        kind = kind_of(kinds, message, number);
        if (!number_take(at, end, &size)) {
            return false;
        }
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(end - *at)) {
        return false;
    }
    field->word = step_word(number, kind, SOURCE_GIVEN);
    field->data = *at;
    field->size = (uint32_t)size;
    *at += kind == COLUMN_MESSAGE ? 0 : size;
    return true;
}

bool columns_parse(const struct column_kinds *kinds, struct event_span event, struct parsed_field *fields,
                   uint32_t *count, uint32_t *head_count) {
    *count = 0;
    *head_count = 0;
    if (event.size == 0) {
        return true;
    }
    const uint8_t *ends[LIMIT_WIRE_DEPTH] = {event.data + event.size};
    uint32_t messages[LIMIT_WIRE_DEPTH] = {0};
    uint32_t depth = 0;
    uint32_t n = 0;
    const uint8_t *at = event.data;
    *head_count = UINT32_MAX;
    for (;;) {
        while (at == ends[depth] && depth > 0) {
            if (n == PARSED_MOST) {
                return false;
            }
            fields[n++].word = step_word(0, COLUMN_END, SOURCE_GIVEN);
            depth--;
        }
        if (at == ends[depth]) {
            break;
        }
        uint64_t tag = 0;
        if (n == PARSED_MOST || !number_take(&at, ends[depth], &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_MOST ||
            !field_take(kinds, messages[depth], &at, ends[depth], tag, &fields[n])) {
            return false;
        }
        if (word_kind(fields[n].word) == COLUMN_MESSAGE) {
            *head_count = *head_count == UINT32_MAX ? n : *head_count;
            if (++depth == LIMIT_WIRE_DEPTH) {
                return false;
            }
            messages[depth] = kinds->messages[messages[depth - 1]].message[tag >> 3];
            ends[depth] = at + fields[n].size;
        }
        n++;
    }
    *count = n;
    *head_count = *head_count == UINT32_MAX ? n : *head_count;
    return true;
}
