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

#include <xxhash.h>

#include "codec/columns_inside.h"

/* Every column has two rows, texts' second for their numbers; the lengths have the last. */
enum { ROWS_MOST = 2 * COLUMNS_MOST + 1, ROW_LENGTHS = 2 * COLUMNS_MOST };

enum { FORM_SLOTS = 1024, TEXT_SLOTS = 2 * TEXTS_MOST };

/* What a column had last. */
struct column_last {
    bool is_set;
    uint32_t asked; /* The last event that was compared with it, from 1. */
    uint32_t size;
    const uint8_t *data; /* In the events that are being split. */
    uint64_t number;
};

struct known_text {
    const uint8_t *data;
    uint32_t size;
    uint32_t hash;
};

struct column_splitter {
    struct column_kinds *kinds;
    struct form_table forms;
    uint32_t words[STEPS_MOST];      /* Of all forms, as the steps lie. */
    uint16_t form_slots[FORM_SLOTS]; /* Forms by their words: their number + 1. */
    uint32_t form_hashes[FORMS_MOST];
    struct column_last lasts[COLUMNS_MOST];
    struct known_text texts[TEXTS_MOST];
    uint32_t text_count;
    uint16_t text_slots[TEXT_SLOTS]; /* Texts by what they are: their number + 1. */
    struct parsed_field fields[PARSED_MOST];
    uint8_t heads[LIMIT_FRAME_EVENTS];
    uint8_t bodies[LIMIT_FRAME_EVENTS];
    /* All numbers in the order of the events, each with its row; then by row. */
    uint64_t *values;
    uint16_t *value_rows;
    uint64_t *sorted;
    size_t value_count;
    size_t value_capacity;
    uint32_t row_counts[ROWS_MOST];
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
    return splitter;
}

void column_splitter_close(struct column_splitter *splitter) {
    if (splitter == NULL) {
        return;
    }
    column_kinds_close(splitter->kinds);
    free(splitter->values);
    free(splitter->value_rows);
    free(splitter->sorted);
    daybook_buffer_release(&splitter->text);
    daybook_buffer_release(&splitter->noise);
    daybook_buffer_release(&splitter->table);
    free(splitter);
}

/* ---- values ---- */

static inline void value_put(struct column_splitter *splitter, uint32_t row, uint64_t value) {
    assert(splitter->value_count < splitter->value_capacity);
    splitter->values[splitter->value_count] = value;
    splitter->value_rows[splitter->value_count++] = (uint16_t)row;
    splitter->row_counts[row]++;
}

/* Room was made for all events. */
static inline void bytes_put(struct daybook_buffer *buffer, const uint8_t *data, uint32_t size) {
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

/* No event has more values than bytes and one: each field has a tag, and a text has two values but a length, too. */
static enum daybook_status splitter_prepare(struct column_splitter *splitter, size_t raw_size, uint32_t count) {
    const size_t capacity = raw_size + count;
    if (capacity > splitter->value_capacity) {
        uint64_t *values = reallocarray(splitter->values, capacity, sizeof *values);
        splitter->values = values != NULL ? values : splitter->values;
        uint64_t *sorted = reallocarray(splitter->sorted, capacity, sizeof *sorted);
        splitter->sorted = sorted != NULL ? sorted : splitter->sorted;
        uint16_t *rows = reallocarray(splitter->value_rows, capacity, sizeof *rows);
        splitter->value_rows = rows != NULL ? rows : splitter->value_rows;
        if (values == NULL || sorted == NULL || rows == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        splitter->value_capacity = capacity;
    }
    daybook_buffer_reset(&splitter->text);
    daybook_buffer_reset(&splitter->noise);
    if (daybook_buffer_reserve(&splitter->text, raw_size) == NULL ||
        daybook_buffer_reserve(&splitter->noise, raw_size) == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    memset(splitter->lasts, 0, splitter->forms.column_count * sizeof *splitter->lasts);
    form_table_reset(&splitter->forms);
    memset(splitter->form_slots, 0, sizeof splitter->form_slots);
    memset(splitter->text_slots, 0, sizeof splitter->text_slots);
    memset(splitter->row_counts, 0, sizeof splitter->row_counts);
    splitter->text_count = 0;
    splitter->value_count = 0;
    return DAYBOOK_OK;
}

/* ---- forms ---- */

/* The form of the fields, which may be new; FORM_NONE when there are too many. */
static uint32_t form_of(struct column_splitter *splitter, const struct parsed_field *fields, uint32_t count) {
    struct form_table *table = &splitter->forms;
    uint32_t hash = count;
    for (uint32_t i = 0; i < count; i++) {
        hash = (hash ^ fields[i].word) * UINT32_C(0x9E3779B1);
        hash ^= hash >> 15;
    }
    uint32_t slot = hash & (FORM_SLOTS - 1);
    for (; splitter->form_slots[slot] != 0; slot = (slot + 1) & (FORM_SLOTS - 1)) {
        const uint32_t number = splitter->form_slots[slot] - 1u;
        const struct form *form = &table->forms[number];
        const uint32_t *words = splitter->words + form->first_step;
        uint32_t i = 0;
        if (splitter->form_hashes[number] != hash || form->step_count != count) {
            continue;
        }
        while (i < count && words[i] == fields[i].word) {
            i++;
        }
        if (i == count) {
            return number;
        }
    }
    if (count > STEPS_MOST - table->step_count) {
        return FORM_NONE;
    }
    uint32_t *words = splitter->words + table->step_count;
    for (uint32_t i = 0; i < count; i++) {
        words[i] = fields[i].word;
    }
    if (!form_table_add(table, words, count)) {
        return FORM_NONE;
    }
    splitter->form_hashes[table->form_count - 1] = hash;
    splitter->form_slots[slot] = (uint16_t)table->form_count;
    return table->form_count - 1;
}

/* A field outside of messages that says what it said before need not say it again. What is compared is the event
 * before, so of a field that comes twice in an event only the first can be the same. */
static uint32_t source_of(struct column_splitter *splitter, const struct parsed_field *field, uint32_t event) {
    const uint32_t column = form_table_column(&splitter->forms, COLUMN_ROOT, field->word);
    if (column == COLUMN_NOWHERE) {
        return SOURCE_GIVEN;
    }
    struct column_last *last = &splitter->lasts[column];
    const bool is_second = last->asked == event;
    last->asked = event;
    if (is_second || !last->is_set) {
        return SOURCE_GIVEN;
    }
    if (word_kind(field->word) == COLUMN_NUMBER) {
        return field->number == last->number       ? SOURCE_SAME
               : field->number == last->number + 1 ? SOURCE_NEXT
                                                   : SOURCE_GIVEN;
    }
    return field->size == last->size && memcmp(field->data, last->data, field->size) == 0 ? SOURCE_SAME : SOURCE_GIVEN;
}

static void sources_set(struct column_splitter *splitter, struct parsed_field *fields, uint32_t count, uint32_t event) {
    uint32_t depth = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t kind = word_kind(fields[i].word);
        if (kind == COLUMN_END) {
            depth--;
        } else if (kind == COLUMN_MESSAGE) {
            depth++;
        } else if (depth == 0) {
            fields[i].word |= source_of(splitter, &fields[i], event);
        }
    }
}

/* ---- texts ---- */

/* The text's number when it is known; else it is remembered, if there is room. */
static bool text_find(struct column_splitter *splitter, const struct parsed_field *field, uint32_t *number) {
    const uint32_t hash = (uint32_t)XXH3_64bits(field->data, field->size);
    uint32_t slot = hash & (TEXT_SLOTS - 1);
    for (; splitter->text_slots[slot] != 0; slot = (slot + 1) & (TEXT_SLOTS - 1)) {
        const struct known_text *text = &splitter->texts[splitter->text_slots[slot] - 1];
        if (text->hash == hash && text->size == field->size && memcmp(text->data, field->data, field->size) == 0) {
            *number = splitter->text_slots[slot] - 1u;
            return true;
        }
    }
    if (splitter->text_count < TEXTS_MOST) {
        splitter->texts[splitter->text_count] = (struct known_text){field->data, field->size, hash};
        splitter->text_slots[slot] = (uint16_t)++splitter->text_count;
    }
    return false;
}

/* The text is the column's last with another number at its end. */
static uint32_t text_number(const struct column_last *last, const struct parsed_field *field, uint64_t *number) {
    const uint32_t stem = text_stem(field->data, field->size);
    const uint32_t digits = field->size - stem;
    if (digits == 0 || !last->is_set || text_stem(last->data, last->size) != stem ||
        memcmp(last->data, field->data, stem) != 0) {
        return TEXT_PLAIN;
    }
    *number = 0;
    for (uint32_t i = stem; i < field->size; i++) {
        *number = *number * 10 + (uint64_t)(field->data[i] - '0');
    }
    if (last->size == field->size && (field->data[stem] == '0' || last->data[stem] == '0')) {
        return TEXT_PADDED;
    }
    return field->data[stem] != '0' || digits == 1 ? TEXT_NUMBERED : TEXT_PLAIN;
}

static void text_put(struct column_splitter *splitter, uint32_t column, const struct parsed_field *field) {
    uint32_t known = 0;
    uint64_t number = 0;
    if (text_find(splitter, field, &known)) {
        const uint32_t back = splitter->text_count - 1 - known;
        value_put(splitter, 2 * column, back < TEXTS_RECENT ? TEXT_RECENT + back : TEXT_KNOWN + known);
        return;
    }
    const uint32_t code = text_number(&splitter->lasts[column], field, &number);
    value_put(splitter, 2 * column, code);
    if (code != TEXT_PLAIN) {
        value_put(splitter, 2 * column + 1, number);
        return;
    }
    value_put(splitter, ROW_LENGTHS, field->size);
    bytes_put(&splitter->text, field->data, field->size);
}

/* ---- events ---- */

static void fields_put(struct column_splitter *splitter, uint32_t form, const struct parsed_field *fields) {
    const struct form_step *step = splitter->forms.steps + splitter->forms.forms[form].first_step;
    const uint32_t count = splitter->forms.forms[form].step_count;
    for (uint32_t i = 0; i < count; i++, step++) {
        const struct parsed_field *field = &fields[i];
        switch ((enum step_action)step->action) {
        case STEP_MESSAGE:
        case STEP_END:
            continue;
        case STEP_NUMBER:
            value_put(splitter, 2u * step->column, field->number);
            break;
        case STEP_TEXT:
            text_put(splitter, step->column, field);
            break;
        case STEP_NOISE:
            value_put(splitter, 2u * step->column, field->size);
            bytes_put(&splitter->noise, field->data, field->size);
            break;
        case STEP_FIXED64:
        case STEP_FIXED32:
            bytes_put(&splitter->noise, field->data, field->size);
            break;
        case STEP_NEXT:
        case STEP_SAME:
            break;
        }
        struct column_last *last = &splitter->lasts[step->column];
        last->is_set = true;
        last->size = field->size;
        last->data = field->data;
        last->number = field->number;
    }
}

static void event_split(struct column_splitter *splitter, struct event_span event, uint32_t index) {
    uint32_t count = 0;
    uint32_t head_count = 0;
    uint32_t head = FORM_NONE;
    uint32_t body = FORM_NONE;
    if (columns_parse(splitter->kinds, event, splitter->fields, &count, &head_count)) {
        sources_set(splitter, splitter->fields, count, index + 1);
        head = form_of(splitter, splitter->fields, head_count);
        body = form_of(splitter, splitter->fields + head_count, count - head_count);
    }
    if (head == FORM_NONE || body == FORM_NONE) {
        splitter->heads[index] = FORM_NONE;
        splitter->bodies[index] = 0;
        value_put(splitter, ROW_LENGTHS, event.size);
        bytes_put(&splitter->text, event.data, event.size);
        return;
    }
    splitter->heads[index] = (uint8_t)head;
    splitter->bodies[index] = (uint8_t)body;
    fields_put(splitter, head, splitter->fields);
    fields_put(splitter, body, splitter->fields + head_count);
}

/* ---- bytes out ---- */

static inline size_t varint_size(uint64_t value) {
    return (size_t)(63 - __builtin_clzll(value | 1)) / 7 + 1;
}

static uint8_t *row_store(uint8_t *to, const uint64_t *values, uint32_t count) {
    size_t plain = 0;
    size_t steps = 0;
    uint64_t differing = 0;
    uint64_t previous = 0;
    if (count == 0) {
        return to;
    }
    for (uint32_t i = 0; i < count; i++) {
        plain += varint_size(values[i]);
        steps += varint_size(zigzag_encode((int64_t)(values[i] - previous)));
        differing |= values[i] ^ values[0];
        previous = values[i];
    }
    if (differing == 0) {
        *to++ = NUMBERS_EQUAL;
        return to + varint_store(to, values[0]);
    }
    *to++ = steps < plain ? NUMBERS_STEPS : NUMBERS_PLAIN;
    previous = 0;
    for (uint32_t i = 0; i < count; i++) {
        to += varint_store(to, steps < plain ? zigzag_encode((int64_t)(values[i] - previous)) : values[i]);
        previous = values[i];
    }
    return to;
}

/* The values by row, each row in the order of the events; `starts` gets where each row begins. */
static void values_sort(struct column_splitter *splitter, uint32_t row_count, uint32_t *starts) {
    uint32_t start = 0;
    for (uint32_t row = 0; row < row_count; row++) {
        starts[row] = start;
        start += splitter->row_counts[row];
    }
    starts[ROW_LENGTHS] = start;
    for (size_t i = 0; i < splitter->value_count; i++) {
        splitter->sorted[starts[splitter->value_rows[i]]++] = splitter->values[i];
    }
    for (uint32_t row = 0; row < row_count; row++) {
        starts[row] -= splitter->row_counts[row];
    }
    starts[ROW_LENGTHS] -= splitter->row_counts[ROW_LENGTHS];
}

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
    enum { NUMBER_BYTES_MOST = 10, WORD_BYTES_MOST = 3 };
    uint32_t starts[ROWS_MOST];
    const uint32_t row_count = 2 * splitter->forms.column_count;
    const size_t room = 3 + (splitter->forms.form_count * 3u) + (splitter->forms.step_count * WORD_BYTES_MOST) +
                        (2u * count) + row_count + 1 + (splitter->value_count * NUMBER_BYTES_MOST) +
                        splitter->text.size;
    daybook_buffer_reset(&splitter->table);
    uint8_t *start = daybook_buffer_reserve(&splitter->table, room);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    uint8_t *to = forms_store(start, splitter);
    memcpy(to, splitter->heads, count);
    memcpy(to + count, splitter->bodies, count);
    to += 2 * (size_t)count;
    values_sort(splitter, row_count, starts);
    for (uint32_t row = 0; row < row_count; row++) {
        to = row_store(to, splitter->sorted + starts[row], splitter->row_counts[row]);
    }
    to = row_store(to, splitter->sorted + starts[ROW_LENGTHS], splitter->row_counts[ROW_LENGTHS]);
    memcpy(to, splitter->text.data, splitter->text.size);
    to += splitter->text.size;
    assert((size_t)(to - start) <= room);
    splitter->table.size = (size_t)(to - start);
    return DAYBOOK_OK;
}

enum daybook_status columns_split(struct column_splitter *splitter, const struct event_span *events, uint32_t count,
                                  struct columns *columns) {
    size_t raw_size = 0;
    for (uint32_t i = 0; i < count; i++) {
        raw_size += events[i].size;
    }
    assert(count > 0 && count <= LIMIT_FRAME_EVENTS && raw_size <= COLUMNS_RAW_MOST);
    enum daybook_status status = splitter_prepare(splitter, raw_size, count);
    if (status == DAYBOOK_OK) {
        for (uint32_t i = 0; i < count; i++) {
            event_split(splitter, events[i], i);
        }
        status = table_store(splitter, count);
    }
    *columns = (struct columns){daybook_buffer_view(&splitter->table), daybook_buffer_view(&splitter->noise)};
    return status;
}
