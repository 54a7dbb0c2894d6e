/*
 * What splitting and joining share: forms, and the numbers of columns.
 *
 * A form is the row of fields that an event, or its head or body, has; a step
 * of it is one field. The head of an event is its fields before the first
 * message, the body is the rest: heads are few and bodies are few, and their
 * pairs are many. A column is where a field stands: its path of field numbers.
 * Columns are numbered as the forms name them, so both sides count alike.
 */
#ifndef DAYBOOK_CODEC_COLUMNS_INSIDE_H
#define DAYBOOK_CODEC_COLUMNS_INSIDE_H

#include "codec/columns.h"
#include "limits.h"

/* What a field is, by its wire type; a field with a length is one of three. */
enum column_kind {
    COLUMN_NUMBER = 0, /* A varint. */
    COLUMN_FIXED64 = 1,
    COLUMN_TEXT = 2,
    COLUMN_NOISE = 3,   /* Bytes that are not expected to repeat. */
    COLUMN_MESSAGE = 4, /* Its fields follow, to the end. */
    COLUMN_FIXED32 = 5,
    COLUMN_END = 6,
};

/* Where a field's value is taken from; other than given only outside of messages. */
enum column_source {
    SOURCE_GIVEN = 0, /* The column's next. */
    SOURCE_SAME = 1,  /* The column's last again. */
    SOURCE_NEXT = 2,  /* The column's last number, and one. */
};

/* A step as a number: field << 5 | kind << 2 | source. */
static inline uint32_t step_word(uint32_t field, uint32_t kind, uint32_t source) {
    return field << 5 | kind << 2 | source;
}
static inline uint32_t word_field(uint32_t word) {
    return word >> 5;
}
static inline uint32_t word_kind(uint32_t word) {
    return word >> 2 & 7;
}
static inline uint32_t word_source(uint32_t word) {
    return word & 3;
}

/* What the format allows; an event that would take more is kept as it is. */
enum {
    FORMS_MOST = 255, /* A form's number is a byte. */
    FORM_NONE = 255,  /* The head of an event that is kept as it is. */
    STEPS_MOST = 8192,
    COLUMNS_MOST = 1024,
    FIELD_MOST = 2047, /* A tag of two bytes. */
    TEXTS_MOST = 4096, /* That are remembered. */
    TEXTS_RECENT = 8,
    DIGITS_MOST = 18,
};

/* How a text is given. From TEXT_RECENT on: the n-th last that was new; after those, by its number. */
enum { TEXT_PLAIN, TEXT_PADDED, TEXT_NUMBERED, TEXT_RECENT, TEXT_KNOWN = TEXT_RECENT + TEXTS_RECENT };

/* How the numbers of a column are written. */
enum { NUMBERS_PLAIN, NUMBERS_STEPS, NUMBERS_EQUAL };

/* What a step does, from its kind and its source: one thing to ask. */
enum step_action {
    STEP_NUMBER,
    STEP_FIXED64,
    STEP_TEXT,
    STEP_NOISE,
    STEP_MESSAGE,
    STEP_FIXED32,
    STEP_END, /* To here as kinds. */
    STEP_NEXT,
    STEP_SAME,
};

struct form_step {
    uint16_t tag; /* As it is written, low byte first. */
    uint8_t tag_size;
    uint8_t action;
    uint16_t column;
};

struct form {
    uint32_t first_step;
    uint32_t step_count;
};

struct column {
    uint32_t place; /* The column of the message around it, and its field and kind: what tells columns apart. */
    uint8_t kind;
};

enum { COLUMN_SLOTS = 2 * COLUMNS_MOST };

struct form_table {
    uint32_t form_count;
    uint32_t step_count;
    uint32_t column_count;
    struct form forms[FORMS_MOST];
    struct form_step steps[STEPS_MOST];
    struct column columns[COLUMNS_MOST];
    uint16_t slots[COLUMN_SLOTS]; /* Columns by place: their number + 1. */
};

void form_table_reset(struct form_table *table);

enum { COLUMN_ROOT = COLUMNS_MOST, COLUMN_NOWHERE = COLUMNS_MOST + 1 };

/* The column of a field in the message of column `parent`, or COLUMN_NOWHERE. */
uint32_t form_table_column(const struct form_table *table, uint32_t parent, uint32_t word);

/* False, and nothing is changed: the words are no form, or the table is full. */
bool form_table_add(struct form_table *table, const uint32_t *words, uint32_t count);

/* How many bytes of a text are not the number at its end. */
static inline uint32_t text_stem(const uint8_t *text, uint32_t size) {
    uint32_t stem = size;
    while (stem > 0 && size - stem < DIGITS_MOST && text[stem - 1] >= '0' && text[stem - 1] <= '9') {
        stem--;
    }
    return stem;
}

#endif
