/* Dates in the forms that files have. */
#include "tools/date_format.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/calendar.h"

enum {
    CENTURY = 2000,       /* Of a year of two digits. */
    EXCEL_EPOCH = -25569, /* 1899-12-30: right for every day from 1900-03-01 on. */
    EXCEL_DIGITS_MAX = 7, /* 2958465 is 9999-12-31. */
};

/* How often the first character of `format` is repeated. */
static size_t run_length(const char *format) {
    size_t length = 1;
    while (format[length] == format[0]) {
        length++;
    }
    return length;
}

static bool is_part(char c) {
    return c == 'Y' || c == 'M' || c == 'D';
}

/* Of a year, a month or a day. What has one digit or two needs an end. */
static bool is_run_valid(const char *format, size_t length) {
    char after = format[length];
    switch (format[0]) {
    case 'Y':
        return length == 4 || length == 2;
    case 'M':
        return length <= 3 && (length != 1 || !(is_part(after) || (after >= '0' && after <= '9')));
    default:
        return length == 2 || (length == 1 && !(is_part(after) || (after >= '0' && after <= '9')));
    }
}

static bool is_excel(const char *format) {
    return strcmp(format, "EXCEL") == 0 || strcmp(format, "EXCEL*") == 0;
}

bool date_format_is_valid(const char *format) {
    bool has_year = false;
    bool has_month = false;
    bool has_day = false;
    if (is_excel(format)) {
        return true;
    }
    while (*format != '\0') {
        char kind = *format;
        size_t length = is_part(kind) ? run_length(format) : 1;
        bool *has = kind == 'Y' ? &has_year : kind == 'M' ? &has_month : kind == 'D' ? &has_day : NULL;
        if (has != NULL) {
            if (*has || !is_run_valid(format, length)) {
                return false;
            }
            *has = true;
        }
        if (kind == '*' && format[1] != '\0') {
            return false;
        }
        format += length;
    }
    return has_year && has_month && has_day;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* `at_least` to `at_most` digits. */
static bool take_number(const char **text, size_t at_least, size_t at_most, int32_t *number) {
    size_t taken = 0;
    *number = 0;
    while (taken < at_most && is_digit((*text)[0])) {
        *number = *number * 10 + ((*text)[0] - '0');
        *text += 1;
        taken++;
    }
    return taken >= at_least;
}

static bool take_month_name(const char **text, int32_t *month) {
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strncasecmp(*text, names[i], 3) == 0) {
            *month = (int32_t)i + 1;
            *text += 3;
            return true;
        }
    }
    return false;
}

/* A year, a month or a day. */
static bool take_part(char kind, size_t length, const char **text, struct civil *civil) {
    int32_t *part = kind == 'Y' ? &civil->year : kind == 'M' ? &civil->month : &civil->day;
    if (kind == 'M' && length == 3) {
        return take_month_name(text, part);
    }
    bool is_taken = take_number(text, length, length == 1 ? 2 : length, part);
    if (kind == 'Y' && length == 2) {
        *part += CENTURY;
    }
    return is_taken;
}

static bool parse_excel(const char *text, bool has_time, int32_t *date) {
    int32_t number;
    bool is_taken = take_number(&text, 1, EXCEL_DIGITS_MAX, &number);
    if (is_taken && has_time && text[0] == '.') {
        text++;
        text += strspn(text, "0123456789");
    }
    *date = number + EXCEL_EPOCH;
    return is_taken && *text == '\0' && *date >= DATE_MIN && *date <= DATE_MAX;
}

bool date_format_parse(const char *format, const char *text, int32_t *date) {
    struct civil civil = {0};
    if (is_excel(format)) {
        return parse_excel(text, format[5] == '*', date);
    }
    while (*format != '\0') {
        size_t length = 1;
        bool is_taken;
        if (*format == '*' && is_digit(*text)) {
            return false;
        }
        if (*format == '*') {
            text += strlen(text);
            break;
        }
        if (is_part(*format)) {
            length = run_length(format);
            is_taken = take_part(*format, length, &text, &civil);
        } else {
            is_taken = *text == *format;
            text += is_taken ? 1 : 0;
        }
        if (!is_taken) {
            return false;
        }
        format += length;
    }
    if (*text != '\0' || !civil_exists(civil)) {
        return false;
    }
    *date = date_from_civil(civil);
    return *date >= DATE_MIN && *date <= DATE_MAX;
}
