/* The forms of a frame's events, and the numbers of their columns. */
#include "codec/columns_inside.h"

#include <string.h>

void form_table_reset(struct form_table *table) {
    table->form_count = 0;
    table->step_count = 0;
    table->column_count = 0;
    memset(table->slots, 0, sizeof table->slots);
}

/* Field and kind, behind the message around it. */
static uint32_t place_of(uint32_t parent, uint32_t word) {
    return parent << 16 | word >> 2;
}

static uint32_t slot_of(uint32_t place) {
    return (place * UINT32_C(2654435761)) >> 16 & (COLUMN_SLOTS - 1);
}

_Static_assert((COLUMN_SLOTS & (COLUMN_SLOTS - 1)) == 0, "slots are found by a mask");
_Static_assert((FIELD_MOST << 3 | 7) < 1 << 16 && COLUMN_ROOT < 1 << 16, "a place is a field in a column");

/* Where the column is, or where it would be. */
static inline uint32_t slot_find(const struct form_table *table, uint32_t place) {
    uint32_t slot = slot_of(place);
    while (table->slots[slot] != 0 && table->columns[table->slots[slot] - 1].place != place) {
        slot = (slot + 1) & (COLUMN_SLOTS - 1);
    }
    return slot;
}

uint32_t form_table_column(const struct form_table *table, uint32_t parent, uint32_t word) {
    const uint32_t slot = slot_find(table, place_of(parent, word));
    return table->slots[slot] != 0 ? table->slots[slot] - 1u : COLUMN_NOWHERE;
}

static inline uint32_t column_add(struct form_table *table, uint32_t parent, uint32_t word) {
    const uint32_t place = place_of(parent, word);
    const uint32_t slot = slot_find(table, place);
    if (table->slots[slot] == 0) {
        table->columns[table->column_count] = (struct column){.place = place, .kind = (uint8_t)word_kind(word)};
        table->slots[slot] = (uint16_t)++table->column_count;
    }
    return table->slots[slot] - 1u;
}

/* Messages end, and hold no more of each other than they may; a source other than the column is one that can be. */
static bool words_are_form(const uint32_t *words, uint32_t count) {
    uint32_t depth = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t kind = word_kind(words[i]);
        const uint32_t source = word_source(words[i]);
        if (kind == COLUMN_END) {
            if (depth == 0 || words[i] != step_word(0, COLUMN_END, SOURCE_GIVEN)) {
                return false;
            }
            depth--;
            continue;
        }
        if (kind > COLUMN_END || word_field(words[i]) == 0 || word_field(words[i]) > FIELD_MOST) {
            return false;
        }
        const bool can_be_next = kind == COLUMN_NUMBER && depth == 0;
        const bool can_be_same = kind != COLUMN_MESSAGE && depth == 0;
        if (source > SOURCE_NEXT || (source == SOURCE_SAME && !can_be_same) ||
            (source == SOURCE_NEXT && !can_be_next)) {
            return false;
        }
        depth += kind == COLUMN_MESSAGE;
        if (depth >= LIMIT_WIRE_DEPTH) {
            return false;
        }
    }
    return depth == 0;
}

bool form_table_add(struct form_table *table, const uint32_t *words, uint32_t count) {
    uint32_t around[LIMIT_WIRE_DEPTH] = {COLUMN_ROOT};
    uint32_t depth = 0;
    if (table->form_count == FORMS_MOST || count > STEPS_MOST - table->step_count ||
        count > COLUMNS_MOST - table->column_count || !words_are_form(words, count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct form_step *step = &table->steps[table->step_count + i];
        const uint32_t kind = word_kind(words[i]);
        const uint32_t source = word_source(words[i]);
        if (kind == COLUMN_END) {
            *step = (struct form_step){.action = STEP_END};
            depth--;
            continue;
        }
        static const uint8_t wire_types[] = {[COLUMN_NUMBER] = 0, [COLUMN_FIXED64] = 1, [COLUMN_TEXT] = 2,
                                             [COLUMN_NOISE] = 2,  [COLUMN_MESSAGE] = 2, [COLUMN_FIXED32] = 5};
        const uint32_t tag = word_field(words[i]) << 3 | wire_types[kind];
        step->tag = (uint16_t)(tag < 0x80 ? tag : ((tag & 0x7F) | 0x80 | tag >> 7 << 8));
        step->tag_size = tag < 0x80 ? 1 : 2;
        step->action = source == SOURCE_SAME ? STEP_SAME : source == SOURCE_NEXT ? STEP_NEXT : (uint8_t)kind;
        step->column = (uint16_t)column_add(table, around[depth], words[i]);
        if (kind == COLUMN_MESSAGE) {
            around[++depth] = step->column;
        }
    }
    table->forms[table->form_count++] = (struct form){table->step_count, count};
    table->step_count += count;
    return true;
}
