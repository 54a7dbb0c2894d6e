/* Cells as spreadsheets leave them. */
#include <string.h>

#include "tests/rows.h"

#include "tools/import_cell.h"

struct cell {
    const char *name;
    const char *text;
    const char *trimmed;
    bool is_wreck;
    uint32_t unseen;
};

static const struct cell cells[] = {
    {"spaces and tabs", " \t A B\t ", "A B", false, 0},
    {"spaces of other kinds",
     "\xE3\x80\x80\xC2\xA0"
     "A\xE2\x80\xAF\xC2\xA0",
     "A", false, 0},
    {"spaces without a width",
     "\xEF\xBB\xBF"
     "A\xE2\x80\x8B",
     "A", false, 0},
    {"one of them inside",
     "A\xE2\x80\x8B"
     "B",
     "A\xE2\x80\x8B"
     "B",
     false, 0x200B},
    {"a space that does not break, inside",
     "A\xC2\xA0"
     "B",
     "A\xC2\xA0"
     "B",
     false, 0xA0},
    {"a mark of direction",
     "\xE2\x80\xAE"
     "A",
     "\xE2\x80\xAE"
     "A",
     false, 0x202E},
    {"letters past ASCII", "\xC3\xA0\xE5\xBC\xA0\xE3\x80\x80\xE4\xB8\x89\xF0\x9F\x98\x80",
     "\xC3\xA0\xE5\xBC\xA0\xE3\x80\x80\xE4\xB8\x89\xF0\x9F\x98\x80", false, 0},
    {"spaces alone", " \xC2\xA0\t", "", false, 0},
    {"a text that begins with a space's byte", "\xC2\xB5", "\xC2\xB5", false, 0},
    {"a text for spreadsheets", "=\"00123\"", "00123", false, 0},
    {"spaces in it", "=\" 00123\t\"", "00123", false, 0},
    {"an empty one", "=\"\"", "", false, 0},
    {"a formula", "=A1", "=A1", false, 0},
    {"a formula of texts", "=\"a\"&\"b\"", "=\"a\"&\"b\"", false, 0},
    {"a quote that is alone", "=\"", "=\"", false, 0},
    {"an error", " #REF! ", "#REF!", true, 0},
    {"nothing was found", "#N/A", "#N/A", true, 0},
    {"too narrow a column", "########", "########", true, 0},
    {"two hashes", "##", "##", false, 0},
    {"a number of a room", "#12", "#12", false, 0},
    {"a number without its last digits", "1.23457E+11", "1.23457E+11", true, 0},
    {"with a comma", "6,22202E+18", "6,22202E+18", true, 0},
    {"without a point", "1E+15", "1E+15", true, 0},
    {"a name with an E", "12E+15", "12E+15", false, 0},
    {"no digits of the exponent", "1.2E+", "1.2E+", false, 0},
    {"one digit of it", "1.2E+5", "1.2E+5", false, 0},
    {"more behind it", "1.2E+11x", "1.2E+11x", false, 0},
    {"a small number", "1.2E-11", "1.2E-11", false, 0},
};

static void trims(void **state) {
    const struct cell *row = *state;
    struct daybook_bytes trimmed = cell_trim(row->text);
    assert_int_equal(trimmed.size, strlen(row->trimmed));
    assert_memory_equal(trimmed.data, row->trimmed, trimmed.size);
    assert_int_equal(cell_is_wreck(trimmed), row->is_wreck);
    assert_int_equal(cell_find_unseen(trimmed), row->unseen);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, cells, trims);
    return rows_run("import_cell", &rows);
}
