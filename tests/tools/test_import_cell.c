/* Cells as spreadsheets leave them. */
#include <string.h>

#include "tests/rows.h"

#include "tools/import_cell.h"

struct cell {
    const char *name;
    const char *text;
    const char *trimmed;
    bool is_wreck;
};

static const struct cell cells[] = {
    {"spaces and tabs", " \t A B\t ", "A B", false},
    {"spaces of other kinds",
     "\xE3\x80\x80\xC2\xA0"
     "A\xE2\x80\xAF\xC2\xA0",
     "A", false},
    {"spaces alone", " \xC2\xA0\t", "", false},
    {"a text that begins with a space's byte", "\xC2\xB5", "\xC2\xB5", false},
    {"a text for spreadsheets", "=\"00123\"", "00123", false},
    {"spaces in it", "=\" 00123\t\"", "00123", false},
    {"an empty one", "=\"\"", "", false},
    {"a formula", "=A1", "=A1", false},
    {"a formula of texts", "=\"a\"&\"b\"", "=\"a\"&\"b\"", false},
    {"a quote that is alone", "=\"", "=\"", false},
    {"an error", " #REF! ", "#REF!", true},
    {"nothing was found", "#N/A", "#N/A", true},
    {"too narrow a column", "########", "########", true},
    {"two hashes", "##", "##", false},
    {"a number of a room", "#12", "#12", false},
    {"a number without its last digits", "1.23457E+11", "1.23457E+11", true},
    {"with a comma", "6,22202E+18", "6,22202E+18", true},
    {"without a point", "1E+15", "1E+15", true},
    {"a name with an E", "12E+15", "12E+15", false},
    {"no digits of the exponent", "1.2E+", "1.2E+", false},
    {"one digit of it", "1.2E+5", "1.2E+5", false},
    {"more behind it", "1.2E+11x", "1.2E+11x", false},
    {"a small number", "1.2E-11", "1.2E-11", false},
};

static void trims(void **state) {
    const struct cell *row = *state;
    struct daybook_bytes trimmed = cell_trim(row->text);
    assert_int_equal(trimmed.size, strlen(row->trimmed));
    assert_memory_equal(trimmed.data, row->trimmed, trimmed.size);
    assert_int_equal(cell_is_wreck(trimmed), row->is_wreck);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, cells, trims);
    return rows_run("import_cell", &rows);
}
