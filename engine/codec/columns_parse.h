/*
 * The fields of an encoded event, and the shape that they have; for the splitter.
 *
 * A shape is which field follows which. Shapes lie in a tree, whose nodes are
 * fields in their place behind others: an event that is read walks along it,
 * and only what is new to the frame makes a node. So what a field is and which
 * column it has is known as soon as its tag is, and a whole shape is known by
 * the node where it ends. Heads and bodies have a tree each, since their pairs
 * are many: where a head meets a message, its node says where that stands among
 * the bodies.
 */
#ifndef DAYBOOK_CODEC_COLUMNS_PARSE_H
#define DAYBOOK_CODEC_COLUMNS_PARSE_H

#include "codec/columns_inside.h"
#include "codec/columns_texts.h"

/* What a column had last, and which event asked for it last, from 1. */
struct column_last {
    bool is_set;
    uint32_t asked;
    uint32_t size; /* Of what is no number. */
    union {
        const uint8_t *data; /* In the events that are being split. */
        uint64_t number;
    };
    struct known_text text;
};

struct shape_node {
    struct shape_node *child; /* The first of those that follow, and the others. */
    struct shape_node *sibling;
    struct shape_node *parent;
    struct shape_node *body;  /* Of a message that ends a head: where it stands among the bodies. */
    struct column_last *last; /* Of its column; NULL until a form has it. */
    uint16_t tag;             /* As it is written, low byte first; */
    uint16_t tag_mask;        /* and which bits of two bytes it is. */
    uint8_t tag_size;
    uint8_t kind;
    uint8_t fixed_size; /* Of a value without a length of its own. */
    uint8_t message;    /* The message whose fields follow, as struct column_kinds numbers it, */
    uint8_t depth;      /* and in how many others it is. */
    uint16_t column;    /* When it has one. */
    uint16_t length;    /* How many fields, messages and their ends lead here, itself included. */
    uint32_t word;      /* The step of a form, its source given. */
};

enum { SHAPE_NODES = STEPS_MOST };

/* A field that has a value. */
struct parsed_field {
    const struct shape_node *node;
    union {
        const uint8_t *data; /* Of what is no number. */
        uint64_t number;
    };
    uint32_t size; /* Of what is no number. */
    uint32_t source;
};

/* One half of an event: where its shape ends, and what of it need not be given: the sources of its fields that are in
 * no message, two bits each. All after the 32nd are given. */
struct parsed_half {
    struct shape_node *node;
    uint64_t sources;
};

struct column_kinds; /* Which fields are messages, and which are noise. */
struct column_kinds *column_kinds_open(const ProtobufCMessageDescriptor *message);
void column_kinds_close(struct column_kinds *kinds);

struct column_parser {
    const struct column_kinds *kinds;
    const struct form_table *forms;
    struct column_last *lasts; /* By column: the caller sets them, and those of new columns in the nodes. */
    uint32_t node_count;
    struct shape_node nodes[SHAPE_NODES]; /* The two roots first. */
    struct parsed_half head;              /* Of the event that was parsed last. */
    struct parsed_half body;
    uint32_t field_count;
    struct parsed_field fields[SHAPE_NODES]; /* Each has a node of its own. */
};

void column_parser_reset(struct column_parser *parser); /* Forgets all shapes. */

/* So much behind an event may be read, whatever it is, and as much before it. */
enum { PARSE_SLACK = 16 };

/* The fields of the event, which is the `number`-th. False: it is no regular message, or there are too many shapes. */
bool columns_parse(struct column_parser *parser, struct event_span event, uint32_t number);

#endif
