/* Widths, and where lines may be broken: between Chinese characters, and never before what closes or after what opens.
 */
#include "tools/cells.h"

#include <stdio.h>
#include <string.h>

#include "tests/rows.h"
#include "tools/console.h"

struct cells_row {
    const char *name;
    const char *text;
    size_t cells;
    const char *first; /* The piece that it begins with. */
};

static const struct cells_row cells_rows[] = {
    {"a word", "ACME pays", 9, "ACME"},
    {"nothing", "", 0, ""},
    {"bytes that are no characters", "\xFF\xFE", 2, "\xFF\xFE"},
    {"Chinese breaks anywhere", "账龄", 4, "账"},
    {"a full stop stays behind its character", "账。龄", 6, "账。"},
    {"a bracket stays before what it opens", "（账）龄", 8, "（账）"},
    {"figures stay whole", "12345元", 7, "12345"},
    {"a comma of ASCII, too", "账, 龄", 6, "账,"},
    {"an option in Chinese text", "用--json", 8, "用"},
};

static void measures(void **state) {
    const struct cells_row *row = *state;
    assert_int_equal(cells_of(row->text), row->cells);
    assert_int_equal(cells_piece(row->text), strlen(row->first));
    assert_memory_equal(row->text, row->first, strlen(row->first));
}

static void fits_whole_characters(void **state) {
    (void)state;
    assert_int_equal(cells_fit("账龄", 3), strlen("账"));
    assert_int_equal(cells_fit("账龄", 4), strlen("账龄"));
    assert_int_equal(cells_fit("a账", 1), 1);
    assert_int_equal(cells_fit("abc", 99), 3);
    assert_int_equal(cells_of_bytes("a账b", 4), 3);
}

static void wraps_chinese(void **state) {
    (void)state;
    char text[256] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");
    assert_non_null(stream);
    console_wrap(stream, "应收账款的账龄，按到期日。", 12, 2, 0);
    console_pad(stream, "账龄", 6);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(text, "应收账款的账\n  龄，按到期\n  日。\n账龄  ");
}

int main(void) {
    static struct rows rows;
    console_init();
    ROWS_ADD_TABLE(&rows, cells_rows, measures);
    rows_add(&rows, "what fits is whole", fits_whole_characters, NULL);
    rows_add(&rows, "Chinese is wrapped by its cells", wraps_chinese, NULL);
    return rows_run("cells", &rows);
}
