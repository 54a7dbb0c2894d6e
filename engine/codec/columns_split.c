/*
 * Splits events into columns.
 *
 * The table; every number is a varint unless it says otherwise:
 *
 *   forms     how many, to 255; each: how many steps, then the steps:
 *             field << 5 | kind << 2 | source (columns_inside.h names them)
 *   heads     a byte an event: the form of its head; 255: the event is kept as it is
 *   bodies    a byte an event: the form of its body; 0 where the head is 255
 *   columns   in the order in which the forms name them first, of each that is given any value:
 *               numbers  one for each value
 *               texts    a code for each value, then the numbers at the ends of those that have one
 *               noise    the size of each value
 *   lengths   of the events kept as they are and of the plain texts, in the order of the events
 *   text      those events and texts, end to end
 *
 * The noise: the values of fixed size and of kind noise, end to end, in the order of the events.
 *
 * A row of numbers starts with how it is written: 0 as they are, 1 each as its
 * step from the one before (from 0; wrapping, zigzag), 2 one number that all are.
 *
 * The code of a text: 0 plain; 1 the column's last text with another number at
 * its end, as many digits; 2 the same, without leading zeros; 3 to 10 the text
 * that was the first, ..., eighth last to be new; from 11 on the new texts by
 * number. The first 4 096 new texts of a frame, those of codes 0 to 2, are
 * remembered.
 *
 * What has no value in a frame has no bytes, and how many values a column has
 * follows from the forms, so nothing but texts has a length.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec/columns_parse.h"
#include "codec/columns_rows.h"
#include "codec/columns_texts.h"

enum { FORM_SLOT_BITS = 10, FORM_SLOTS = 1 << FORM_SLOT_BITS };

_Static_assert(FORM_SLOTS >= 2 * FORMS_MOST, "a slot is always free");

struct column_splitter {
    struct column_kinds *kinds;
    struct column_parser parser;
    struct form_table forms;
    uint32_t words[STEPS_MOST];      /* Of all forms, as the steps lie. */
    uint16_t form_slots[FORM_SLOTS]; /* Forms by what they are of: their number + 1. */
    struct parsed_half form_halves[FORMS_MOST];
    struct column_last lasts[COLUMNS_MOST];
    struct column_texts texts;
    uint8_t heads[LIMIT_FRAME_EVENTS];
    uint8_t bodies[LIMIT_FRAME_EVENTS];
    struct column_rows rows;
    struct daybook_buffer raw; /* The events, with the slack that reading them needs. */
    struct daybook_buffer text;
    struct daybook_buffer noise;
    struct daybook_buffer table; /* What is handed out. */
};

struct column_splitter *column_splitter_open(const ProtobufCMessageDescriptor *message) {
    struct column_splitter *splitter = calloc(1, sizeof *splitter);
    if (splitter == NULL) {
        return NULL;
    }
    splitter->kinds = column_kinds_open(message);
    if (splitter->kinds == NULL) {
        column_splitter_close(splitter);
        return NULL;
    }
    splitter->parser.kinds = splitter->kinds;
    splitter->parser.forms = &splitter->forms;
    splitter->parser.lasts = splitter->lasts;
    return splitter;
}

void column_splitter_close(struct column_splitter *splitter) {
    if (splitter == NULL) {
        return;
    }
    column_kinds_close(splitter->kinds);
    column_rows_release(&splitter->rows);
    daybook_buffer_release(&splitter->raw);
    daybook_buffer_release(&splitter->text);
    daybook_buffer_release(&splitter->noise);
    daybook_buffer_release(&splitter->table);
    free(splitter);
}

/* Room was made for all events. */
static inline void bytes_put(struct daybook_buffer *buffer, const uint8_t *data, uint32_t size) {
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

/* Copies the events to where there is slack around them, and makes room: no event has more values than bytes and one,
 * since each field has a tag, and a text has two values but a length, too. */
static enum daybook_status splitter_prepare(struct column_splitter *splitter, const struct event_span *events,
                                            uint32_t count, size_t raw_size) {
    const enum daybook_status status = column_rows_reset(&splitter->rows, raw_size + count);
    daybook_buffer_reset(&splitter->raw);
    daybook_buffer_reset(&splitter->text);
    daybook_buffer_reset(&splitter->noise);
    if (status != DAYBOOK_OK || daybook_buffer_reserve(&splitter->raw, raw_size + 2 * (size_t)PARSE_SLACK) == NULL ||
        daybook_buffer_reserve(&splitter->text, raw_size) == NULL ||
        daybook_buffer_reserve(&splitter->noise, raw_size) == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    memset(splitter->raw.data, 0, PARSE_SLACK);
    splitter->raw.size = PARSE_SLACK;
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].size > 0) {
            bytes_put(&splitter->raw, events[i].data, events[i].size);
        }
    }
    memset(splitter->raw.data + splitter->raw.size, 0, PARSE_SLACK);
    memset(splitter->lasts, 0, splitter->forms.column_count * sizeof *splitter->lasts);
    column_parser_reset(&splitter->parser);
    form_table_reset(&splitter->forms);
    memset(splitter->form_slots, 0, sizeof splitter->form_slots);
    column_texts_reset(&splitter->texts, raw_size);
    return DAYBOOK_OK;
}

/* ---- forms ---- */

/* The words of the half's shape, with its sources: they follow the fields that are in no message. */
static void words_make(const struct parsed_half *half, uint32_t *words) {
    const uint32_t length = half->node->length;
    uint64_t sources = half->sources;
    uint32_t depth = 0;
    uint32_t i = length;
    for (const struct shape_node *node = half->node; i > 0; node = node->parent) {
        words[--i] = node->word;
    }
    for (; i < length && sources != 0; i++) {
        const uint32_t kind = word_kind(words[i]);
        if (kind == COLUMN_END) {
            depth--;
        } else if (kind == COLUMN_MESSAGE) {
            depth++;
        } else if (depth == 0) {
            words[i] |= sources & 3;
            sources >>= 2;
        }
    }
}

/* A form that is new; FORM_NONE when there are too many. */
static uint32_t form_new(struct column_splitter *splitter, const struct parsed_half *half, uint32_t slot) {
    struct form_table *table = &splitter->forms;
    const struct form_step *steps = table->steps + table->step_count;
    uint32_t *words = splitter->words + table->step_count;
    uint32_t i = half->node->length;
    if (i > STEPS_MOST - table->step_count) {
        return FORM_NONE;
    }
    words_make(half, words);
    if (!form_table_add(table, words, i)) {
        return FORM_NONE;
    }
    for (struct shape_node *node = half->node; i > 0; node = node->parent) {
        node->column = steps[--i].column;
        node->last = &splitter->lasts[node->column];
    }
    splitter->form_halves[table->form_count - 1] = *half;
    splitter->form_slots[slot] = (uint16_t)table->form_count;
    return table->form_count - 1;
}

static inline uint32_t form_of(struct column_splitter *splitter, const struct parsed_half *half) {
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t node = (uint64_t)(half->node - splitter->parser.nodes);
    uint32_t slot = (uint32_t)(((half->sources * factor) ^ node) * factor >> (64 - FORM_SLOT_BITS));
    for (; splitter->form_slots[slot] != 0; slot = (slot + 1) & (FORM_SLOTS - 1)) {
        const struct parsed_half *known = &splitter->form_halves[splitter->form_slots[slot] - 1];
        if (known->node == half->node && known->sources == half->sources) {
            return splitter->form_slots[slot] - 1u;
        }
    }
    return form_new(splitter, half, slot);
}

/* ---- events ---- */

static inline void text_put(struct column_splitter *splitter, const struct parsed_field *field) {
    const uint32_t row = 2 * (uint32_t)field->node->column;
    struct known_text *last = &field->node->last->text;
    struct known_text text;
    uint64_t number = 0;
    const struct known_text *known = column_texts_find(&splitter->texts, field->data, field->size, &text);
    if (known != NULL) {
        const uint32_t place = (uint32_t)(known - splitter->texts.texts);
        const uint32_t back = splitter->texts.count - 1 - place;
        column_rows_put(&splitter->rows, row, back < TEXTS_RECENT ? TEXT_RECENT + back : TEXT_KNOWN + place);
        *last = *known;
        return;
    }
    const uint32_t code = text_code(last, &text, &number);
    *last = text;
    column_rows_put(&splitter->rows, row, code);
    if (code != TEXT_PLAIN) {
        column_rows_put(&splitter->rows, row + 1, number);
        return;
    }
    column_rows_put(&splitter->rows, ROW_LENGTHS, field->size);
    bytes_put(&splitter->text, field->data, field->size);
}

static inline void field_put(struct column_splitter *splitter, const struct parsed_field *field) {
    const struct shape_node *node = field->node;
    switch (node->kind) {
    case COLUMN_NUMBER:
        column_rows_put(&splitter->rows, 2u * node->column, field->number);
        break;
    case COLUMN_TEXT:
        text_put(splitter, field);
        break;
    case COLUMN_NOISE:
        column_rows_put(&splitter->rows, 2u * node->column, field->size);
        bytes_put(&splitter->noise, field->data, field->size);
        break;
    default: /* Of fixed size. */
        bytes_put(&splitter->noise, field->data, field->size);
        break;
    }
}

static void event_split(struct column_splitter *splitter, struct event_span event, uint32_t index) {
    const struct column_parser *parser = &splitter->parser;
    uint32_t head = FORM_NONE;
    uint32_t body = FORM_NONE;
    if (columns_parse(&splitter->parser, event, index + 1)) {
        head = form_of(splitter, &parser->head);
        body = form_of(splitter, &parser->body);
    }
    if (head == FORM_NONE || body == FORM_NONE) {
        splitter->heads[index] = FORM_NONE;
        splitter->bodies[index] = 0;
        column_rows_put(&splitter->rows, ROW_LENGTHS, event.size);
        bytes_put(&splitter->text, event.data, event.size);
        return;
    }
    splitter->heads[index] = (uint8_t)head;
    splitter->bodies[index] = (uint8_t)body;
    const struct parsed_field *end = parser->fields + parser->field_count;
    for (const struct parsed_field *field = parser->fields; field < end; field++) {
        struct column_last *last = field->node->last;
        if (field->source == SOURCE_GIVEN) {
            field_put(splitter, field);
        }
        last->is_set = true;
        last->number = field->number; /* Or the data. */
        last->size = field->size;
    }
}

/* ---- bytes out ---- */

static uint8_t *forms_store(uint8_t *to, const struct column_splitter *splitter) {
    const struct form_table *table = &splitter->forms;
    to += varint_store(to, table->form_count);
    for (uint32_t i = 0; i < table->form_count; i++) {
        const uint32_t *words = splitter->words + table->forms[i].first_step;
        to += varint_store(to, table->forms[i].step_count);
        for (uint32_t k = 0; k < table->forms[i].step_count; k++) {
            to += varint_store(to, words[k]);
        }
    }
    return to;
}

static enum daybook_status table_store(struct column_splitter *splitter, uint32_t count) {
    enum { WORD_BYTES_MOST = 3 };
    const struct form_table *forms = &splitter->forms;
    const size_t room = 3 + (forms->form_count * 3u) + (forms->step_count * WORD_BYTES_MOST) + (2u * count) +
                        column_rows_bound(&splitter->rows, forms->column_count) + splitter->text.size;
    daybook_buffer_reset(&splitter->table);
    uint8_t *start = daybook_buffer_reserve(&splitter->table, room);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    uint8_t *to = forms_store(start, splitter);
    memcpy(to, splitter->heads, count);
    memcpy(to + count, splitter->bodies, count);
    to = column_rows_store(&splitter->rows, forms->column_count, to + 2 * (size_t)count);
    memcpy(to, splitter->text.data, splitter->text.size);
    to += splitter->text.size;
    assert((size_t)(to - start) <= room);
    splitter->table.size = (size_t)(to - start);
    return DAYBOOK_OK;
}

enum daybook_status columns_split_within(struct column_splitter *splitter, const struct event_span *events,
                                         uint32_t count, struct columns_room room, struct columns *columns,
                                         struct columns_extent *extent) {
    size_t raw_size = 0;
    uint32_t split = 0;
    for (uint32_t i = 0; i < count; i++) {
        raw_size += events[i].size;
    }
    assert(count > 0 && count <= LIMIT_FRAME_EVENTS && raw_size <= COLUMNS_RAW_MOST);
    enum daybook_status status = splitter_prepare(splitter, events, count, raw_size);
    if (status == DAYBOOK_OK) {
        const uint8_t *at = splitter->raw.data + PARSE_SLACK;
        size_t used = 0;
        for (; split < count && used < room.size_bytes; at += events[split++].size) {
            event_split(splitter, (struct event_span){at, events[split].size}, split);
            used = splitter->noise.size + splitter->rows.count * room.value_milli_bytes / 1000;
        }
        assert(splitter->rows.count <= splitter->rows.capacity);
        status = table_store(splitter, split);
    }
    *columns = (struct columns){daybook_buffer_view(&splitter->table), daybook_buffer_view(&splitter->noise)};
    *extent = (struct columns_extent){split, splitter->rows.count};
    return status;
}

enum daybook_status columns_split(struct column_splitter *splitter, const struct event_span *events, uint32_t count,
                                  struct columns *columns) {
    struct columns_extent extent;
    const struct columns_room room = {.size_bytes = SIZE_MAX};
    return columns_split_within(splitter, events, count, room, columns, &extent);
}
