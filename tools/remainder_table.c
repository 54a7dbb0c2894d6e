/* What is left of the documents that a request touched. */
#include "tools/remainder_table.h"

#include <string.h>

#include "tools/console.h"
#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/word_text.h"

static const struct table_column columns[] = {
    {"kind", N_("KIND"), false},    {"document", N_("DOCUMENT"), false}, {"instalment", N_("INST"), true},
    {"currency", N_("CUR"), false}, {"change", N_("CHANGE"), true},      {"left", N_("LEFT"), true},
};
static const struct table_column whole_columns[] = {
    /* Where no document has instalments. */
    {"kind", N_("KIND"), false},    {"document", N_("DOCUMENT"), false}, {"currency", N_("CUR"), false},
    {"change", N_("CHANGE"), true}, {"left", N_("LEFT"), true},
};

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static bool is_news(const struct daybook_answer *answer, const char *document) {
    const Pb__Remainder *first = answer->remainder_count == 0 ? NULL : answer->remainders[0];
    if (answer->remainder_count == 1 && first->kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT &&
        strcmp(first->document, document) == 0 && first->left_minor == first->change_minor &&
        answer->last_sequence == answer->first_sequence) {
        return false;
    }
    if (answer->remainder_count > 0 && answer->last_sequence > answer->first_sequence) {
        return true; /* What comes and goes at once, like a deposit that has expired, changes nothing in the end. */
    }
    for (size_t i = 0; i < answer->remainder_count; i++) {
        if (answer->remainders[i]->change_minor != 0) {
            return true;
        }
    }
    return false;
}

static bool has_instalments(const struct daybook_answer *answer) {
    for (size_t i = 0; i < answer->remainder_count; i++) {
        if (answer->remainders[i]->instalment != 0) {
            return true;
        }
    }
    return false;
}

static void add_row(struct table *table, const Pb__Remainder *row, bool has_instalment) {
    char kind[64];
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, word_of(enum_short_name(&pb__document_kind__descriptor, (int)row->kind, kind, sizeof kind)),
                   TONE_PLAIN);
    table_add_text(table, row->document, TONE_PLAIN);
    if (has_instalment && row->instalment != 0) {
        table_add_count(table, row->instalment, TONE_PLAIN);
    } else if (has_instalment) {
        table_add_text(table, "", TONE_PLAIN);
    }
    table_add_text(table, row->currency, TONE_PLAIN);
    table_add_amount(table, row->change_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->left_minor, row->currency, TONE_PLAIN);
}

enum daybook_status remainder_table_print(const struct daybook_answer *answer, const char *document,
                                          struct arena *arena, struct daybook_error *error) {
    if (!is_news(answer, document)) {
        return DAYBOOK_OK;
    }
    bool has_instalment = has_instalments(answer);
    struct table *table = has_instalment ? table_open(columns, COLUMN_COUNT(columns), arena)
                                         : table_open(whole_columns, COLUMN_COUNT(whole_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->remainder_count; i++) {
        add_row(table, answer->remainders[i], has_instalment);
    }
    return table == NULL ? daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing what is left: memory was refused"))
                         : table_print(table, stdout, error);
}
