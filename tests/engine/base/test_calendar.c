/* Dates and instants against the C library's own calendar, and what is refused as text. */
#include "base/calendar.h"

#include <string.h>
#include <time.h>

#include "tests/rows.h"

#define SECONDS_A_DAY 86400

/* Every day from year 1 to year 9999, by timegm and gmtime_r. */
static void every_day_agrees_with_the_c_library(void **state) {
    (void)state;
    for (int32_t date = -719162; date <= DATE_MAX; date++) {
        time_t seconds = (time_t)date * SECONDS_A_DAY;
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        struct civil civil = date_to_civil(date);
        if (civil.year != tm.tm_year + 1900 || civil.month != tm.tm_mon + 1 || civil.day != tm.tm_mday ||
            date_from_civil(civil) != date) {
            fail_msg("date %d gives %d-%d-%d", date, civil.year, civil.month, civil.day);
        }
    }
}

static void end_of_month_is_the_day_before_the_next_month(void **state) {
    (void)state;
    for (int32_t date = DATE_MIN; date <= DATE_MAX - 31; date += 13) {
        int32_t end = date_end_of_month(date);
        assert_in_range(end - date, 0, 30);
        assert_int_equal(date_to_civil(end).month, date_to_civil(date).month);
        assert_int_equal(date_to_civil(end + 1).day, 1);
    }
}

struct date_row {
    const char *name; /* The text. */
    int32_t date;
};

/* Days since 1970-01-01, as `date -d DATE +%s` divided by 86400 has them. */
static const struct date_row date_rows[] = {
    {"1970-01-02", 1},     {"1970-12-31", 364},   {"1972-02-29", 789},   {"2000-02-29", 11016},
    {"2000-03-01", 11017}, {"2024-02-29", 19782}, {"2038-01-19", 24855}, {"9999-12-31", 2932896},
};

static void date_is_parsed_and_formatted(void **state) {
    const struct date_row *row = *state;
    int32_t date = 0;
    assert_true(date_parse(row->name, strlen(row->name), &date));
    assert_int_equal(date, row->date);
    char text[DATE_TEXT_SIZE];
    assert_ptr_equal(date_format(date, text), text);
    assert_string_equal(text, row->name);
}

static void no_date_is_no_text(void **state) {
    (void)state;
    char text[DATE_TEXT_SIZE];
    assert_string_equal(date_format(DATE_NONE, text), "");
}

struct refused_row {
    const char *name; /* The text. */
};

static const struct refused_row refused_date_rows[] = {
    {""},           {"1970-01-01"}, {"1969-12-31"}, {"2023-02-29"}, {"1900-02-29"},  {"2100-02-29"},
    {"2024-04-31"}, {"2024-00-10"}, {"2024-13-01"}, {"2024-01-00"}, {"2024-01-32"},  {"2024-1-01"},
    {"2024-01-1"},  {"24-01-01"},   {"2024/01/01"}, {"20240101"},   {"2024-01-01 "}, {" 2024-01-0"},
    {"0000-01-01"}, {"-024-01-01"}, {"2024-01-0x"}, {"+024-01-01"}, {"10000-01-1"},
};

static void date_is_refused(void **state) {
    const struct refused_row *row = *state;
    int32_t date = 4711;
    assert_false(date_parse(row->name, strlen(row->name), &date));
    assert_int_equal(date, 4711);
}

struct civil_row {
    const char *name;
    struct civil civil;
    bool exists;
};

static const struct civil_row civil_rows[] = {
    {"a leap day", {2024, 2, 29}, true},
    {"no leap day", {2023, 2, 29}, false},
    {"a leap day of a century", {2000, 2, 29}, true},
    {"no leap day of a century", {2100, 2, 29}, false},
    {"first of all", {1, 1, 1}, true},
    {"year 0", {0, 1, 1}, false},
    {"last of all", {9999, 12, 31}, true},
    {"year 10000", {10000, 1, 1}, false},
    {"month 0", {2024, 0, 1}, false},
    {"month 13", {2024, 13, 1}, false},
    {"day 0", {2024, 1, 0}, false},
    {"day 31 of June", {2024, 6, 31}, false},
};

static void civil_date_exists(void **state) {
    const struct civil_row *row = *state;
    assert_int_equal(civil_exists(row->civil), row->exists);
}

struct instant_row {
    const char *name; /* The text. */
    int64_t instant_us;
    const char *formatted;
};

/* The first three are RFC 3339's own examples. */
static const struct instant_row instant_rows[] = {
    {"1985-04-12T23:20:50.52Z", INT64_C(482196050520000), "1985-04-12T23:20:50.520000Z"},
    {"1996-12-19T16:39:57-08:00", INT64_C(851042397000000), "1996-12-20T00:39:57.000000Z"},
    {"1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130000), "1937-01-01T11:40:27.870000Z"},
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
    {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
    {"2024-02-29T18:00:00Z", INT64_C(1709229600000000), "2024-02-29T18:00:00.000000Z"},
    {"2024-02-29t18:00:00z", INT64_C(1709229600000000), "2024-02-29T18:00:00.000000Z"},
    {"2024-03-01T02:30:00+08:30", INT64_C(1709229600000000), "2024-02-29T18:00:00.000000Z"},
    {"2024-02-29T18:00:00-00:00", INT64_C(1709229600000000), "2024-02-29T18:00:00.000000Z"},
    {"2024-02-29T18:00:00.1Z", INT64_C(1709229600100000), "2024-02-29T18:00:00.100000Z"},
    {"2024-02-29T18:00:00.000001Z", INT64_C(1709229600000001), "2024-02-29T18:00:00.000001Z"},
    {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
    {"0001-01-01T00:00:00Z", INT64_C(-62135596800000000), "0001-01-01T00:00:00.000000Z"},
};

static void instant_is_parsed_and_formatted(void **state) {
    const struct instant_row *row = *state;
    int64_t instant_us = 4711;
    assert_true(instant_parse(row->name, strlen(row->name), &instant_us));
    assert_true(instant_us == row->instant_us);
    char text[INSTANT_TEXT_SIZE];
    assert_ptr_equal(instant_format(instant_us, text), text);
    assert_string_equal(text, row->formatted);
}

static const struct refused_row refused_instant_rows[] = {
    {""},
    {"2024-02-29"},
    {"2024-02-29T18:00:00"},
    {"2024-02-29 18:00:00Z"},
    {"2024-02-30T18:00:00Z"},
    {"2024-02-29T24:00:00Z"},
    {"2024-02-29T18:60:00Z"},
    {"2016-12-31T23:59:60Z"},
    {"2024-02-29T18:00Z"},
    {"2024-02-29T18:00:00.Z"},
    {"2024-02-29T18:00:00.0000001Z"},
    {"2024-02-29T18:00:00,5Z"},
    {"2024-02-29T18:00:00.5"},
    {"2024-02-29T18:00:00+0100"},
    {"2024-02-29T18:00:00+01"},
    {"2024-02-29T18:00:00+24:00"},
    {"2024-02-29T18:00:00+01:60"},
    {"2024-02-29T18:00:00 01:00"},
    {"2024-02-29T18:00:00ZZ"},
    {"2024-02-29T18:00:00Z "},
    {"0000-01-01T00:00:00Z"},
};

static void instant_is_refused(void **state) {
    const struct refused_row *row = *state;
    int64_t instant_us = 4711;
    assert_false(instant_parse(row->name, strlen(row->name), &instant_us));
    assert_true(instant_us == 4711);
}

/* The text is not NUL-terminated in a file: what is cut is refused, whatever follows. */
static void every_cut_of_an_instant_is_refused(void **state) {
    (void)state;
    const char text[] = "2024-02-29T18:00:00.123456+01:00";
    int64_t instant_us;
    for (size_t size = 0; size < sizeof text - 1; size++) {
        assert_false(instant_parse(text, size, &instant_us));
    }
    assert_true(instant_parse(text, sizeof text - 1, &instant_us));
}

static void the_ends_of_time_fit_their_text(void **state) {
    (void)state;
    char text[INSTANT_TEXT_SIZE];
    assert_string_equal(instant_format(INT64_MAX, text), "294247-01-10T04:00:54.775807Z");
    assert_string_equal(instant_format(INT64_MIN, text), "-290308-12-21T19:59:05.224192Z");
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "every day", every_day_agrees_with_the_c_library, NULL);
    rows_add(&rows, "end of month", end_of_month_is_the_day_before_the_next_month, NULL);
    ROWS_ADD_TABLE(&rows, date_rows, date_is_parsed_and_formatted);
    rows_add(&rows, "no date", no_date_is_no_text, NULL);
    ROWS_ADD_TABLE(&rows, refused_date_rows, date_is_refused);
    ROWS_ADD_TABLE(&rows, civil_rows, civil_date_exists);
    ROWS_ADD_TABLE(&rows, instant_rows, instant_is_parsed_and_formatted);
    ROWS_ADD_TABLE(&rows, refused_instant_rows, instant_is_refused);
    rows_add(&rows, "every cut of an instant", every_cut_of_an_instant_is_refused, NULL);
    rows_add(&rows, "the ends of time", the_ends_of_time_fit_their_text, NULL);
    return rows_run("calendar", &rows);
}
