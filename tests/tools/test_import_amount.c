/* Amounts as files have them. */
#include <string.h>

#include "tests/rows.h"

#include "tools/import_amount.h"

struct amount {
    const char *name;
    const char *sign; /* Of the currency. */
    char decimal;
    char grouping;
    const char *text;
    int64_t minor;
    const char *reason; /* NULL: it is one. */
};

static const struct amount amounts[] = {
    {"plain", "", '.', 0, "1234.5", 123450, NULL},
    {"a minus before", "", '.', ',', "-1,234.50", -123450, NULL},
    {"a minus behind", "", '.', ',', "1,234.50-", -123450, NULL},
    {"brackets", "", '.', ',', "(1,234.50)", -123450, NULL},
    {"brackets with spaces", "", '.', ',', "( 1,234.50 )", -123450, NULL},
    {"a typographic minus", "", '.', 0,
     "\xE2\x88\x92"
     "5",
     -500, NULL},
    {"a plus", "", '.', 0, "+5", 500, NULL},
    {"a decimal comma", "", ',', '.', "-1.234,50", -123450, NULL},
    {"apostrophes", "", '.', '\'', "1'234'567.89", 123456789, NULL},
    {"spaces", "", ',', ' ', "1 234 567,89", 123456789, NULL},
    {"spaces that do not break", "", ',', ' ',
     "1\xC2\xA0"
     "234\xE2\x80\xAF"
     "567,89",
     123456789, NULL},
    {"a sign of the currency", "\xC2\xA5", '.', 0,
     "\xC2\xA5"
     "12.50",
     1250, NULL},
    {"behind a minus", "$", '.', ',', "-$1,234.50", -123450, NULL},
    {"before a minus", "$", '.', ',', "$-1,234.50", -123450, NULL},
    {"in brackets", "$", '.', ',', "($1,234.50)", -123450, NULL},
    {"behind", "\xE2\x82\xAC", ',', '.', "1.234,50 \xE2\x82\xAC", 123450, NULL},
    {"behind, with a minus", "CR", '.', 0, "5-CR", -500, NULL},
    {"none where there may be one", "$", '.', 0, "5", 500, NULL},
    {"a sign that the map does not name", "", '.', 0, "$5", 0, "is no amount"},
    {"another sign", "$", '.', 0,
     "\xC2\xA5"
     "5",
     0, "is no amount"},
    {"two signs", "$", '.', 0, "$5$", 0, "is no amount"},
    {"two minuses", "", '.', 0, "--5", 0, "is no amount"},
    {"a minus on both sides", "", '.', 0, "-5-", 0, "is no amount"},
    {"a plus and a minus", "$", '.', 0, "+$-5", 0, "is no amount"},
    {"a minus in brackets", "", '.', 0, "(-5)", 0, "is no amount"},
    {"brackets that do not close", "", '.', 0, "(5", 0, "is no amount"},
    {"brackets around nothing", "", '.', 0, "()", 0, "is no amount"},
    {"a dash", "", '.', 0, "-", 0, "is no amount"},
    {"nothing", "", '.', 0, "", 0, "is no amount"},
    {"an exponent", "", '.', 0, "1.5E+05", 0, "is no amount"},
    {"a space where none groups", "", '.', ',', "1 234", 0, "is no amount"},
    {"grouped badly in brackets", "", '.', ',', "(1,50)", 0, "where no thousands end"},
    {"in ten thousands", "", '.', ',', "1,2345.00", 0, "where no thousands end"},
    {"too many decimals", "", '.', 0, "(1.005)", 0, "more decimals than CNY has (2)"},
    {"too much", "", '.', 0, "(92233720368547758.09)", 0, "more than an amount can hold"},
    {"the least", "", '.', 0, "(92233720368547758.08)", INT64_MIN, NULL},
};

static void parses(void **state) {
    const struct amount *row = *state;
    struct import_map map = {.decimal = row->decimal, .grouping = row->grouping, .currency_sign = row->sign};
    struct daybook_error error;
    int64_t minor = 0;
    int64_t number = 0;
    struct daybook_bytes text = daybook_bytes_of_text(row->text);
    enum daybook_status status = import_amount_parse(&map, text, "CNY", &minor, &error);
    if (row->reason != NULL) {
        assert_int_equal(status, DAYBOOK_INVALID);
        assert_non_null(strstr(error.message, row->reason));
        assert_int_equal(error.status, DAYBOOK_INVALID);
        assert_int_equal(import_amount_parse(&map, text, "CNY", &minor, NULL), DAYBOOK_INVALID);
        return;
    }
    assert_int_equal(status, DAYBOOK_OK);
    assert_true(minor == row->minor);
    assert_int_equal(import_amount_sign(&map, text, &number, NULL), DAYBOOK_OK);
    assert_int_equal(number < 0, minor < 0);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, amounts, parses);
    return rows_run("import_amount", &rows);
}
