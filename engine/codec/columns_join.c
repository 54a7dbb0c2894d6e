/* Joins columns to events again; columns_split.c draws the bytes. */
#include <stdlib.h>
#include <string.h>

#include "codec/columns_inside.h"

/* Behind the events a copy may write, so that short ones need no exact size. */
enum { RAW_SLACK = 64, SHORT_MOST = 32 };

/* A text, where it stands in the events; its stem is what is not the number at its end. */
struct joined_text {
    const uint8_t *data;
    uint32_t size;
    uint32_t stem;
};

/* A column's values, and what it had last. */
struct column_state {
    const uint64_t *values;         /* The next. */
    const uint64_t *numbers;        /* The next, of texts. */
    const uint8_t *field;           /* The last, whole: its tag, its length, its value. Of those in no message. */
    uint64_t number;                /* The last. */
    const struct joined_text *text; /* The last. */
    struct joined_text own;         /* It, where it was not remembered. */
    uint32_t field_size;            /* 0: there was none. */
};

/* What a column has had that has had none. */
static const struct joined_text no_text;

struct column_joiner {
    struct form_table forms;
    uint32_t words[STEPS_MOST]; /* Of the form that is being read. */
    uint32_t form_uses[FORMS_MOST];
    uint64_t counts[COLUMNS_MOST]; /* How many values each column is given. */
    struct column_state states[COLUMNS_MOST];
    struct joined_text texts[TEXTS_MOST];
    uint32_t text_count;
    uint64_t *values; /* Of all rows. */
    size_t value_count;
    size_t value_capacity;
    const uint64_t *lengths; /* The next. */
    const uint8_t *text;
    const uint8_t *noise;
};

/* The columns, as far as they have been read. */
struct source {
    const uint8_t *at;
    const uint8_t *end;
};

struct column_joiner *column_joiner_open(void) {
    return calloc(1, sizeof(struct column_joiner));
}

void column_joiner_close(struct column_joiner *joiner) {
    if (joiner != NULL) {
        free(joiner->values);
        free(joiner);
    }
}

/* ---- before the events ---- */

static bool forms_load(struct column_joiner *joiner, struct source *source) {
    uint64_t form_count = 0;
    form_table_reset(&joiner->forms);
    if (!varint_take(&source->at, source->end, &form_count) || form_count > FORMS_MOST) {
        return false;
    }
    for (uint64_t i = 0; i < form_count; i++) {
        uint64_t step_count = 0;
        if (!varint_take(&source->at, source->end, &step_count) || step_count > STEPS_MOST) {
            return false;
        }
        for (uint64_t k = 0; k < step_count; k++) {
            uint64_t word = 0;
            if (!varint_take(&source->at, source->end, &word) || word > UINT32_MAX) {
                return false;
            }
            joiner->words[k] = (uint32_t)word;
        }
        if (!form_table_add(&joiner->forms, joiner->words, (uint32_t)step_count)) {
            return false;
        }
    }
    return true;
}

/* How many values each column has, how many events are kept whole, and how much noise has a fixed size. */
static bool columns_count(struct column_joiner *joiner, const uint8_t *heads, const uint8_t *bodies, uint32_t count,
                          uint64_t *whole, uint64_t *fixed_bytes) {
    const struct form_table *forms = &joiner->forms;
    memset(joiner->form_uses, 0, sizeof joiner->form_uses);
    memset(joiner->counts, 0, forms->column_count * sizeof *joiner->counts);
    *whole = 0;
    *fixed_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (heads[i] == FORM_NONE && bodies[i] == 0) {
            (*whole)++;
        } else if (heads[i] < forms->form_count && bodies[i] < forms->form_count) {
            joiner->form_uses[heads[i]]++;
            joiner->form_uses[bodies[i]]++;
        } else {
            return false;
        }
    }
    for (uint32_t f = 0; f < forms->form_count; f++) {
        const struct form_step *step = forms->steps + forms->forms[f].first_step;
        for (uint32_t k = 0; k < forms->forms[f].step_count; k++, step++) {
            if (step->action == STEP_NUMBER || step->action == STEP_TEXT || step->action == STEP_NOISE) {
                joiner->counts[step->column] += joiner->form_uses[f];
            } else if (step->action == STEP_FIXED64) {
                *fixed_bytes += UINT64_C(8) * joiner->form_uses[f];
            } else if (step->action == STEP_FIXED32) {
                *fixed_bytes += UINT64_C(4) * joiner->form_uses[f];
            }
        }
    }
    return true;
}

/* As varint_take, without asking whether the number has one byte: in a row that cannot be guessed. */
static inline bool number_load(struct source *source, uint64_t *number) {
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    const uint64_t eight = source->end - source->at >= 8 ? load_le64(source->at) : high_bits;
    const uint64_t stops = ~eight & high_bits;
    if (stops == 0) {
        return varint_take(&source->at, source->end, number);
    }
    const unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* Of whole bytes: a multiple of 8. */
    *number = varint_squeeze(eight & (~UINT64_C(0) >> (64 - bits)));
    source->at += bits / 8;
    return true;
}

/* Numbers as they are. In many rows all have one byte. */
static bool plain_load(struct source *source, uint64_t *to, const uint64_t *end) {
    while (to < end) {
        if (end - to >= 8 && source->end - source->at >= 8 &&
            (load_le64(source->at) & UINT64_C(0x8080808080808080)) == 0) {
            for (unsigned i = 0; i < 8; i++) {
                *to++ = *source->at++;
            }
        } else if (!number_load(source, to++)) {
            return false;
        }
    }
    return true;
}

static bool steps_load(struct source *source, uint64_t *to, const uint64_t *end) {
    uint64_t number = 0;
    uint64_t step = 0;
    for (; to < end; to++) {
        if (!number_load(source, &step)) {
            return false;
        }
        number += (uint64_t)zigzag_decode(step);
        *to = number;
    }
    return true;
}

/* One row of numbers; room was made. */
static bool row_load(struct column_joiner *joiner, struct source *source, uint64_t count, const uint64_t **row) {
    uint64_t *to = joiner->values + joiner->value_count;
    uint64_t number = 0;
    *row = to;
    if (count == 0) {
        return true;
    }
    if (source->at == source->end) {
        return false;
    }
    joiner->value_count += count;
    switch (*source->at++) {
    case NUMBERS_PLAIN:
        return plain_load(source, to, to + count);
    case NUMBERS_STEPS:
        return steps_load(source, to, to + count);
    case NUMBERS_EQUAL:
        if (!varint_take(&source->at, source->end, &number)) {
            return false;
        }
        for (uint64_t i = 0; i < count; i++) {
            to[i] = number;
        }
        return true;
    default:
        return false;
    }
}

/* The sum, or UINT64_MAX where it is more than `most`. */
static uint64_t row_sum(const uint64_t *row, uint64_t count, uint64_t most) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (row[i] > most - sum) {
            return UINT64_MAX;
        }
        sum += row[i];
    }
    return sum;
}

static enum daybook_status values_reserve(struct column_joiner *joiner, uint64_t whole, uint32_t raw_size) {
    /* A value that is given is two bytes of an event at least; a text has two values, and one more if it is plain. */
    uint64_t given = 0;
    for (uint32_t c = 0; c < joiner->forms.column_count; c++) {
        given += joiner->counts[c];
    }
    if (given > raw_size / 2) {
        return DAYBOOK_DAMAGED;
    }
    const size_t capacity = (size_t)(3 * given + whole) + 1; /* Memory, also for no values. */
    joiner->value_count = 0;
    if (capacity > joiner->value_capacity) {
        uint64_t *values = reallocarray(NULL, capacity, sizeof *values);
        if (values == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        free(joiner->values);
        joiner->values = values;
        joiner->value_capacity = capacity;
    }
    return DAYBOOK_OK;
}

/* All rows. Sizes add up to the text and the noise that there are, which so need no look at their ends; `needed` is
 * the noise of fixed size. */
static bool rows_load(struct column_joiner *joiner, struct source *source, uint64_t whole, uint64_t needed,
                      uint64_t noise_size, uint32_t raw_size) {
    uint64_t plain = whole;
    for (uint32_t c = 0; c < joiner->forms.column_count; c++) {
        struct column_state *state = &joiner->states[c];
        const uint64_t count = joiner->counts[c];
        *state = (struct column_state){.text = &no_text};
        if (!row_load(joiner, source, count, &state->values)) {
            return false;
        }
        if (joiner->forms.columns[c].kind == COLUMN_TEXT) {
            uint64_t numbered = 0;
            for (uint64_t i = 0; i < count; i++) {
                plain += state->values[i] == TEXT_PLAIN;
                numbered += state->values[i] == TEXT_PADDED || state->values[i] == TEXT_NUMBERED;
            }
            if (!row_load(joiner, source, numbered, &state->numbers)) {
                return false;
            }
        } else if (joiner->forms.columns[c].kind == COLUMN_NOISE) {
            const uint64_t size = row_sum(state->values, count, raw_size);
            if (size == UINT64_MAX) {
                return false;
            }
            needed += size;
        }
    }
    if (!row_load(joiner, source, plain, &joiner->lengths)) {
        return false;
    }
    const uint64_t text_size = row_sum(joiner->lengths, plain, raw_size);
    joiner->text = source->at;
    return text_size == (uint64_t)(source->end - source->at) && needed == noise_size;
}

/* ---- events ---- */

/* A varint. Two or three bytes, and up to eight, at once and without asking how many: that cannot be guessed. */
static inline uint8_t *number_put(uint8_t *at, uint64_t number) {
    if (number < 0x80) {
        *at = (uint8_t)number;
        return at + 1;
    }
    if (number < 1 << 21) {
        const uint32_t few = (uint32_t)number;
        const uint32_t has_third = few >> 14 != 0;
        store_le32(at, (few & 0x7F) | 0x80 | (few << 1 & 0x7F00) | has_third << 15 | (few << 2 & 0x7F0000));
        return at + 2 + has_third;
    }
    if (number >> 56 != 0) {
        return at + varint_store(at, number);
    }
    uint64_t bytes = (number & 0xFFFFFFF) | (number & UINT64_C(0xFFFFFFF0000000)) << 4;
    bytes = (bytes & UINT64_C(0x00003FFF00003FFF)) | (bytes & UINT64_C(0x0FFFC0000FFFC000)) << 2;
    bytes = (bytes & UINT64_C(0x007F007F007F007F)) | (bytes & UINT64_C(0x3F803F803F803F80)) << 1;
    const unsigned before_last = (63 - (unsigned)__builtin_clzll(bytes | 1)) & ~7u; /* Bits. */
    store_le64(at, bytes | (UINT64_C(0x8080808080808080) & ((UINT64_C(1) << before_last) - 1)));
    return at + before_last / 8 + 1;
}

/* From what was joined to what follows it, some bytes at once: both have the slack behind them. What a chunk reads
 * past `size` may be anything. */
struct chunk {
    uint64_t words[2];
};

static inline uint8_t *field_copy(uint8_t *at, const uint8_t *from, size_t size) {
    for (size_t i = 0; i < size; i += sizeof(struct chunk)) {
        struct chunk chunk;
        memcpy(&chunk, from + i, sizeof chunk);
        memcpy(at + i, &chunk, sizeof chunk);
    }
    return at + size;
}

/* What cannot be joined is put past the end, where what has no room ends, too: one thing to look for.
 *
 * A size that the events have no room for. Short ones are let into the slack, and found behind it. */
static inline bool is_too_long(const uint8_t *at, const uint8_t *end, uint64_t size) {
    return size > SHORT_MOST && (int64_t)size > end - at; /* Every size is at most that of all events. */
}

/* The decimal digits of a number below 10^8, with zeros before them to `width`, at most 8: the first in the lowest
 * byte. In a register: what is stored and read again at another width would wait for the store. */
struct digits {
    uint64_t characters;
    uint64_t count;
};

static inline struct digits digits_make(uint64_t number, uint32_t width) {
    const uint64_t fours = number / 10000 | (number % 10000) << 32;
    const uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007F0000007F);
    const uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    const uint64_t ones = tens | (twos - tens * 10) << 8;
    const uint32_t zeros = (uint32_t)__builtin_ctzll(ones | UINT64_C(1) << 63) / 8;
    const uint32_t cut = zeros < 8 - width ? zeros : 8 - width;
    return (struct digits){(ones | UINT64_C(0x3030303030303030)) >> 8 * cut, 8 - cut};
}

static uint32_t digits_count(uint64_t number) {
    uint32_t count = 1;
    for (; number >= 10; number /= 10) {
        count++;
    }
    return count;
}

/* A text that is new. */
static inline void text_keep(struct column_joiner *joiner, struct column_state *state, const uint8_t *data,
                             uint32_t size, uint32_t stem) {
    struct joined_text *text = joiner->text_count < TEXTS_MOST ? &joiner->texts[joiner->text_count++] : &state->own;
    text->data = data;
    text->size = size;
    text->stem = stem;
    state->text = text;
}

/* A plain text behind its tag. */
static uint8_t *text_put_plain(struct column_joiner *joiner, struct column_state *state, uint8_t *at, uint8_t *end) {
    const uint64_t size = *joiner->lengths++;
    if (is_too_long(at, end, size)) {
        return end + 1;
    }
    at = number_put(at, size);
    memcpy(at, joiner->text, size);
    text_keep(joiner, state, at, (uint32_t)size, text_stem(joiner->text, (uint32_t)size));
    joiner->text += size;
    return at + size;
}

/* As text_put_numbered, of more than eight digits. */
static uint8_t *text_put_long(struct column_joiner *joiner, struct column_state *state, uint64_t number, bool is_padded,
                              uint8_t *at, uint8_t *end) {
    const uint32_t stem = state->text->stem;
    const uint32_t width = is_padded ? state->text->size - stem : 1;
    const uint32_t count = digits_count(number);
    const uint32_t digits = count < width ? width : count;
    if ((is_padded && digits != width) || is_too_long(at, end, stem)) {
        return end + 1;
    }
    at = number_put(at, stem + digits);
    (void)field_copy(at, state->text->data, stem);
    text_keep(joiner, state, at, stem + digits, stem);
    at += stem;
    for (uint32_t i = digits; i > 0; i--) {
        at[i - 1] = (uint8_t)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

/* The column's last text with another number at its end. */
static inline uint8_t *text_put_numbered(struct column_joiner *joiner, struct column_state *state, bool is_padded,
                                         uint8_t *at, uint8_t *end) {
    const uint64_t number = *state->numbers++;
    const uint32_t stem = state->text->stem;
    const uint32_t width = is_padded ? state->text->size - stem : 1;
    if (number >= 100000000 || width > 8) {
        return text_put_long(joiner, state, number, is_padded, at, end);
    }
    const struct digits digits = digits_make(number, width);
    if ((is_padded && digits.count != width) || is_too_long(at, end, stem)) {
        return end + 1;
    }
    at = number_put(at, stem + digits.count);
    (void)field_copy(at, state->text->data, stem);
    store_le64(at + stem, digits.characters);
    text_keep(joiner, state, at, stem + (uint32_t)digits.count, stem);
    return at + stem + digits.count;
}

/* A text behind its tag. */
static inline uint8_t *text_put(struct column_joiner *joiner, struct column_state *state, uint8_t *at, uint8_t *end) {
    const uint64_t code = *state->values++;
    if (code == TEXT_PLAIN) {
        return text_put_plain(joiner, state, at, end);
    }
    if (code < TEXT_RECENT) {
        return text_put_numbered(joiner, state, code == TEXT_PADDED, at, end);
    }
    /* What is further back than the first wraps, and is too large. */
    const uint64_t known = code < TEXT_KNOWN ? joiner->text_count - 1 - (code - TEXT_RECENT) : code - TEXT_KNOWN;
    if (known >= joiner->text_count || is_too_long(at, end, joiner->texts[known].size)) {
        return end + 1;
    }
    const struct joined_text *text = &joiner->texts[known];
    state->text = text;
    return field_copy(number_put(at, text->size), text->data, text->size);
}

/* Noise of a field behind its tag, or its length; mostly a key of 16 bytes. */
static inline uint8_t *noise_put(struct column_joiner *joiner, uint8_t *at, uint64_t size) {
    const uint8_t *from = joiner->noise;
    joiner->noise += size;
    if (size == 16) {
        memcpy(at, from, 16);
    } else {
        memcpy(at, from, size);
    }
    return at + size;
}

/* Texts that stand from `start` on stand `by` bytes later. */
static void texts_move(struct column_joiner *joiner, const uint8_t *start, size_t by) {
    for (uint32_t i = joiner->text_count; i > 0 && joiner->texts[i - 1].data >= start; i--) {
        joiner->texts[i - 1].data += by;
    }
    for (uint32_t c = 0; c < joiner->forms.column_count; c++) {
        if (joiner->states[c].own.data != NULL && joiner->states[c].own.data >= start) {
            joiner->states[c].own.data += by;
        }
    }
}

/* A message's length before it: one byte was left for it, and the message is moved when it needs more. */
static inline uint8_t *message_end(struct column_joiner *joiner, uint8_t *start, uint8_t *at, uint8_t *end) {
    const size_t size = (size_t)(at - start);
    if (size < 0x80) {
        start[-1] = (uint8_t)size;
        return at;
    }
    uint8_t length[10];
    const size_t by = varint_store(length, size) - 1;
    if (by > (size_t)(end - at)) {
        return end + 1;
    }
    memmove(start + by, start, size);
    memcpy(start - 1, length, by + 1);
    texts_move(joiner, start, by);
    return at + by;
}

/* The value of one step behind its tag. */
static inline uint8_t *value_put(struct column_joiner *joiner, enum step_action action, struct column_state *state,
                                 uint8_t *at, uint8_t *end) {
    uint64_t size = 0;
    switch (action) {
    case STEP_NUMBER:
        state->number = *state->values++;
        return number_put(at, state->number);
    case STEP_NEXT:
        return state->field_size > 0 ? number_put(at, ++state->number) : end + 1;
    case STEP_TEXT:
        return text_put(joiner, state, at, end);
    case STEP_NOISE:
        size = *state->values++;
        return is_too_long(at, end, size) ? end + 1 : noise_put(joiner, number_put(at, size), size);
    case STEP_FIXED64:
        return noise_put(joiner, at, 8);
    case STEP_FIXED32:
        return noise_put(joiner, at, 4);
    case STEP_SAME:
    case STEP_MESSAGE:
    case STEP_END:
        break;
    }
    return end + 1;
}

/* The fields of one form, behind `at`. */
static inline uint8_t *form_join(struct column_joiner *joiner, const struct form *form, uint8_t *at, uint8_t *end) {
    uint8_t *starts[LIMIT_WIRE_DEPTH];
    uint32_t depth = 0;
    const struct form_step *step = joiner->forms.steps + form->first_step;
    const struct form_step *last = step + form->step_count;
    for (; step < last && at <= end; step++) {
        struct column_state *state = &joiner->states[step->column];
        const enum step_action action = step->action;
        uint8_t *field = at;
        if (action == STEP_SAME) {
            if (state->field_size == 0 || is_too_long(at, end, state->field_size)) {
                return end + 1;
            }
            at = field_copy(at, state->field, state->field_size);
            continue;
        }
        if (action == STEP_END) {
            at = message_end(joiner, starts[--depth], at, end);
            continue;
        }
        store_le16(at, step->tag);
        at += step->tag_size;
        if (action == STEP_MESSAGE) {
            starts[depth++] = ++at;
            continue;
        }
        at = value_put(joiner, action, state, at, end);
        if (depth == 0) { /* Those in messages are no other's source, and may move. */
            state->field = field;
            state->field_size = (uint32_t)(at - field);
        }
    }
    return at;
}

static bool events_join(struct column_joiner *joiner, const uint8_t *heads, const uint8_t *bodies, uint32_t count,
                        struct daybook_buffer *raw, uint32_t raw_size, struct event_span *events) {
    uint8_t *at = raw->data;
    uint8_t *end = at + raw_size;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *start = at;
        if (heads[i] == FORM_NONE) {
            const uint64_t size = *joiner->lengths++;
            if (size > (uint64_t)(end - at)) {
                return false;
            }
            memcpy(at, joiner->text, size);
            joiner->text += size;
            at += size;
        } else {
            at = form_join(joiner, &joiner->forms.forms[heads[i]], at, end);
            at = at <= end ? form_join(joiner, &joiner->forms.forms[bodies[i]], at, end) : at;
        }
        if (at > end || at - start > LIMIT_EVENT_BYTES) {
            return false;
        }
        events[i] = (struct event_span){start, (uint32_t)(at - start)};
    }
    return at == end;
}

enum daybook_status columns_join(struct column_joiner *joiner, struct columns columns, uint32_t count,
                                 uint32_t raw_size, struct daybook_buffer *raw, struct event_span *events) {
    struct source source = {columns.table.data, columns.table.data + columns.table.size};
    uint64_t whole = 0;
    uint64_t fixed_size = 0;
    if (count == 0 || count > LIMIT_FRAME_EVENTS || raw_size > COLUMNS_RAW_MOST || !forms_load(joiner, &source) ||
        (size_t)(source.end - source.at) < 2 * (size_t)count) {
        return DAYBOOK_DAMAGED;
    }
    const uint8_t *heads = source.at;
    const uint8_t *bodies = heads + count;
    source.at += 2 * (size_t)count;
    if (!columns_count(joiner, heads, bodies, count, &whole, &fixed_size)) {
        return DAYBOOK_DAMAGED;
    }
    enum daybook_status status = values_reserve(joiner, whole, raw_size);
    if (status != DAYBOOK_OK) {
        return status;
    }
    joiner->text_count = 0;
    joiner->noise = columns.noise.data;
    if (!rows_load(joiner, &source, whole, fixed_size, columns.noise.size, raw_size)) {
        return DAYBOOK_DAMAGED;
    }
    daybook_buffer_reset(raw);
    if (daybook_buffer_reserve(raw, raw_size + (size_t)RAW_SLACK) == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (!events_join(joiner, heads, bodies, count, raw, raw_size, events)) {
        return DAYBOOK_DAMAGED;
    }
    raw->size = raw_size;
    return DAYBOOK_OK;
}
