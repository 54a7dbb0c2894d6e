/*
 * The fields of an encoded event, read without giving them a meaning.
 *
 * Only what can be rebuilt from its fields is taken: numbers, tags and lengths
 * written as short as they can be. All else is for the caller to keep whole.
 */
#include "codec/columns_parse.h"

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

static inline uint32_t kind_of(const struct column_kinds *kinds, uint32_t message, uint32_t field) {
    return field < KINDS_FIELDS ? kinds->messages[message].kind[field] : COLUMN_TEXT;
}

/* ---- shapes ---- */

enum { ROOT_HEADS, ROOT_BODIES, ROOTS };

void column_parser_reset(struct column_parser *parser) {
    memset(parser->nodes, 0, ROOTS * sizeof *parser->nodes);
    parser->node_count = ROOTS;
}

/* One more node behind `parent`; NULL when there is no room. */
static struct shape_node *node_add(struct column_parser *parser, struct shape_node *parent, struct shape_node made) {
    struct shape_node **link = &parent->child;
    if (parser->node_count == SHAPE_NODES) {
        return NULL;
    }
    while (*link != NULL) {
        link = &(*link)->sibling;
    }
    struct shape_node *node = &parser->nodes[parser->node_count++];
    *link = node;
    *node = made;
    node->parent = parent;
    node->length = (uint16_t)(parent->length + 1);
    return node;
}

/* The end of the message that the fields behind `parent` are in; NULL when there is no room. What follows are fields of
 * message `around`. Its tag is none under its mask of nothing, so that no field is taken for it. */
static struct shape_node *node_end(struct column_parser *parser, struct shape_node *parent, uint8_t around) {
    struct shape_node *node = parent->child;
    while (node != NULL && node->kind != COLUMN_END) {
        node = node->sibling;
    }
    return node != NULL ? node
                        : node_add(parser, parent,
                                   (struct shape_node){.word = step_word(0, COLUMN_END, SOURCE_GIVEN),
                                                       .tag = UINT16_MAX,
                                                       .kind = COLUMN_END,
                                                       .message = around,
                                                       .depth = (uint8_t)(parent->depth - 1)});
}

static inline struct shape_node *node_find(const struct shape_node *parent, uint16_t two) {
    struct shape_node *node = parent->child;
    while (node != NULL && (two & node->tag_mask) != node->tag) {
        node = node->sibling;
    }
    return node;
}

/* The node of a tag that was not seen there before, of which `two` are the first bytes. NULL: it is none that a form
 * can name, or not as short as it can be written, or there is no room. */
static struct shape_node *node_new(struct column_parser *parser, struct shape_node *parent, uint16_t two) {
    static const uint8_t kinds_of_types[8] = {COLUMN_NUMBER, COLUMN_FIXED64, COLUMN_TEXT, COLUMN_END,
                                              COLUMN_END,    COLUMN_FIXED32, COLUMN_END,  COLUMN_END};
    const bool is_long = (two & 0x80) != 0;
    const uint32_t tag = is_long ? (two & 0x7Fu) | (uint32_t)(two >> 8) << 7 : two & 0x7Fu;
    if ((is_long && (two >> 8 == 0 || two >> 15 != 0)) || tag >> 3 == 0) {
        return NULL;
    }
    struct shape_node node = {.tag_mask = is_long ? 0xFFFF : 0xFF, .tag_size = is_long ? 2 : 1};
    node.tag = two & node.tag_mask;
    node.kind = kinds_of_types[tag & 7];
    node.message = parent->message;
    node.depth = parent->depth;
    node.fixed_size = node.kind == COLUMN_FIXED64 ? 8 : node.kind == COLUMN_FIXED32 ? 4 : 0;
    if (node.kind == COLUMN_TEXT) {
        node.kind = (uint8_t)kind_of(parser->kinds, node.message, tag >> 3);
    }
    if (node.kind == COLUMN_END || (node.kind == COLUMN_MESSAGE && node.depth + 1 == LIMIT_WIRE_DEPTH)) {
        return NULL;
    }
    node.word = step_word(tag >> 3, node.kind, SOURCE_GIVEN);
    if (node.kind == COLUMN_MESSAGE) {
        node.message = parser->kinds->messages[node.message].message[tag >> 3];
        node.depth++;
    }
    return node_add(parser, parent, node);
}

/* As node_new, behind a head: a message stands among the bodies, too, and there is room for both. */
static struct shape_node *node_new_of_head(struct column_parser *parser, struct shape_node *parent, uint16_t two) {
    struct shape_node *bodies = &parser->nodes[ROOT_BODIES];
    if (parser->node_count + 2 > SHAPE_NODES) {
        return NULL;
    }
    struct shape_node *added = node_new(parser, parent, two);
    if (added != NULL && added->kind == COLUMN_MESSAGE) {
        added->body = node_find(bodies, two);
        added->body = added->body != NULL ? added->body : node_new(parser, bodies, two);
    }
    return added;
}

/* ---- fields ---- */

/* A number as short as it can be written; it may lie past the event's end, within the slack. NULL: it is none. */
static inline const uint8_t *number_take(const uint8_t *at, uint64_t *number) {
    if (*at < 0x80) {
        *number = *at;
        return at + 1;
    }
    const uint64_t eight = load_le64(at);
    const uint64_t stops = ~eight & UINT64_C(0x8080808080808080);
    if (stops != 0) {
        const unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* Of whole bytes: a multiple of 8. */
        const uint64_t bytes = eight & (~UINT64_C(0) >> (64 - bits));
        *number = varint_squeeze(bytes);
        return at[bits / 8 - 1] != 0 ? at + bits / 8 : NULL;
    }
    const size_t size = varint_load(at, at + PARSE_SLACK, number);
    return size > 0 && at[size - 1] != 0 ? at + size : NULL;
}

/* What the column of a node outside of messages had last; NULL: no form has the column yet. A node that no form has led
 * to asks each time: another shape may have made it since. */
static inline struct column_last *last_of(const struct column_parser *parser, struct shape_node *node) {
    if (node->last == NULL) {
        const uint32_t column = form_table_column(parser->forms, COLUMN_ROOT, node->word);
        node->last = column != COLUMN_NOWHERE ? &parser->lasts[column] : NULL;
    }
    return node->last;
}

/* A field outside of messages that says what it said before need not say it again. What is compared is the event
 * before, so of a field that comes twice in an event only the first can be the same. */
static inline uint32_t source_of(const struct parsed_field *field, struct column_last *last, uint32_t event) {
    if (last == NULL || last->asked == event) {
        return SOURCE_GIVEN;
    }
    last->asked = event;
    if (!last->is_set) {
        return SOURCE_GIVEN;
    }
    if (field->node->kind == COLUMN_NUMBER) {
        return field->number == last->number       ? SOURCE_SAME
               : field->number == last->number + 1 ? SOURCE_NEXT
                                                   : SOURCE_GIVEN;
    }
    return field->size == last->size && texts_equal(field->data, last->data, field->size) ? SOURCE_SAME : SOURCE_GIVEN;
}

/* The value behind the tag of `node`, which ends at or before `end`; returns what is behind it, of a message what is
 * behind its size. NULL: there is none. */
static inline const uint8_t *value_take(const struct shape_node *node, const uint8_t *at, const uint8_t *end,
                                        struct parsed_field *field) {
    uint64_t size = node->fixed_size;
    if (node->kind == COLUMN_NUMBER) {
        at = number_take(at, &field->number);
        return at <= end ? at : NULL;
    }
    if (size == 0) {
        at = number_take(at, &size);
        if (at == NULL || size > COLUMNS_RAW_MOST) {
            return NULL;
        }
    }
    if ((int64_t)size > end - at) {
        return NULL;
    }
    field->data = at;
    field->size = (uint32_t)size;
    return node->kind == COLUMN_MESSAGE ? at : at + size;
}

/* The node of the tag at `at`, which may be new; NULL: there is none. */
static inline struct shape_node *node_next(struct column_parser *parser, struct shape_node *node, const uint8_t *at,
                                           bool is_head) {
    const uint16_t two = load_le16(at);
    struct shape_node *next = node_find(node, two);
    if (next == NULL) {
        next = is_head ? node_new_of_head(parser, node, two) : node_new(parser, node, two);
    }
    return next;
}

/* What is around a message. */
struct around {
    const uint8_t *end;
    uint8_t message;
};

bool columns_parse(struct column_parser *parser, struct event_span event, uint32_t number) {
    struct around around[LIMIT_WIRE_DEPTH];
    const uint8_t *at = event.data;
    const uint8_t *end = at + event.size;
    struct shape_node *node = &parser->nodes[ROOT_HEADS];
    struct parsed_half *half = &parser->head;
    struct parsed_field *field = parser->fields;
    uint32_t depth = 0;
    uint32_t shift = 0; /* Of the next source. */
    uint64_t sources = 0;
    parser->body = (struct parsed_half){node, 0}; /* No fields are one shape, whichever half has none. */
    while (at < end || depth > 0) {
        if (at == end) {
            end = around[--depth].end;
            node = node_end(parser, node, around[depth].message);
            if (node == NULL) {
                return false;
            }
            continue;
        }
        struct shape_node *next = node_next(parser, node, at, half == &parser->head);
        at = next != NULL ? value_take(next, at + next->tag_size, end, field) : NULL;
        if (at == NULL) {
            return false;
        }
        if (next->kind != COLUMN_MESSAGE) {
            field->node = next;
            field->source = SOURCE_GIVEN;
            if (depth == 0 && shift < 64) {
                field->source = source_of(field, last_of(parser, next), number);
                sources |= (uint64_t)field->source << shift;
                shift += 2;
            }
            field++;
        } else {
            around[depth++] = (struct around){end, node->message};
            end = at + field->size;
            if (half == &parser->head) {
                *half = (struct parsed_half){node, sources};
                half = &parser->body;
                sources = 0;
                shift = 0;
                next = next->body;
            }
        }
        node = next;
    }
    *half = (struct parsed_half){node, sources};
    parser->field_count = (uint32_t)(field - parser->fields);
    return true;
}
