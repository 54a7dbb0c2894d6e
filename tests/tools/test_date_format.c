/* Dates in the forms that files have. Days since 1970-01-01 by `date -d DATE +%s` / 86400. */
#include "tests/rows.h"

#include <stdbool.h>

#include "tools/date_format.h"

struct parsing {
    const char *name;
    const char *format;
    const char *text;
    int32_t date; /* 0 = refused */
};

static const struct parsing parsings[] = {
    {"ISO", "YYYY-MM-DD", "2024-02-29", 19782},
    {"American", "M/D/YYYY", "2/29/2024", 19782},
    {"American with zeros", "M/D/YYYY", "02/09/2013", 15745},
    {"German", "D.M.YYYY", "1.3.2024", 19783},
    {"compact", "YYYYMMDD", "20240229", 19782},
    {"Chinese",
     "YYYY\xE5\xB9\xB4M\xE6\x9C\x88"
     "D\xE6\x97\xA5",
     "2024\xE5\xB9\xB4"
     "2\xE6\x9C\x88"
     "29\xE6\x97\xA5",
     19782},
    {"anything after", "YYYY-MM-DD*", "2024-02-29 13:05:59", 19782},
    {"nothing after", "YYYY-MM-DD*", "2024-02-29", 19782},
    {"no such day", "YYYY-MM-DD", "2023-02-29", 0},
    {"no such month", "M/D/YYYY", "13/1/2024", 0},
    {"day zero", "YYYY-MM-DD", "2024-01-00", 0},
    {"one digit where two must be", "YYYY-MM-DD", "2024-2-29", 0},
    {"two digits of a year", "M/D/YYYY", "2/29/24", 0},
    {"a year of two digits", "M/D/YY", "2/29/24", 19782},
    {"four digits where two must be", "M/D/YY", "2/29/2024", 0},
    {"a month by its name", "D MMM YYYY", "29 Feb 2024", 19782},
    {"a month in capitals", "DD-MMM-YY", "29-FEB-24", 19782},
    {"a month's whole name", "D MMM YYYY", "29 February 2024", 0},
    {"no month", "D MMM YYYY", "29 Fev 2024", 0},
    {"a spreadsheet's number", "EXCEL", "45351", 19782},
    {"a spreadsheet's number with a time", "EXCEL*", "45351.75", 19782},
    {"a time that is not asked for", "EXCEL", "45351.75", 0},
    {"a spreadsheet's last day", "EXCEL", "2958465", 2932896},
    {"past a spreadsheet's last day", "EXCEL", "2958466", 0},
    {"no number", "EXCEL", "45351a", 0},
    {"a digit more before the time of day", "YYYY-M-D*", "2024-1-123", 0},
    {"three digits of a day", "M/D/YYYY", "2/290/2024", 0},
    {"something after", "YYYY-MM-DD", "2024-02-29 ", 0},
    {"empty", "YYYY-MM-DD", "", 0},
    {"cut", "YYYY-MM-DD", "2024-02", 0},
    {"the epoch itself means no date", "YYYY-MM-DD", "1970-01-01", 0},
    {"before the epoch", "YYYY-MM-DD", "1969-12-31", 0},
    {"the first day", "YYYY-MM-DD", "1970-01-02", 1},
    {"the last day", "YYYY-MM-DD", "9999-12-31", 2932896},
};

static void parses(void **state) {
    const struct parsing *row = *state;
    int32_t date = 0;
    assert_true(date_format_is_valid(row->format));
    assert_int_equal(date_format_parse(row->format, row->text, &date), row->date != 0);
    if (row->date != 0) {
        assert_int_equal(date, row->date);
    }
}

struct invalid {
    const char *name; /* The format. */
};

static const struct invalid invalid_rows[] = {
    {""},          {"YYYY-MM"}, {"YYY-MM-DD"}, {"YYYY-MMMM-DD"}, {"YYYY-MM-DD-DD"}, {"M/D"}, {"YYYY*-MM-DD"},
    {"YYYYY-M-D"}, {"MDYYYY"},  {"YYYYMDD"},   {"EXCEL-"},
};

static void is_no_format(void **state) {
    const struct invalid *row = *state;
    assert_false(date_format_is_valid(row->name));
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, parsings, parses);
    ROWS_ADD_TABLE(&rows, invalid_rows, is_no_format);
    return rows_run("date_format", &rows);
}
