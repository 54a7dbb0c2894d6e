/* Dates in the forms that files have. */
#include "tools/date_format.h"

#include <stddef.h>
#include <string.h>

#include "base/calendar.h"

/* How often the first character of `format` is repeated. */
static size_t run_length(const char *format) {
    size_t length = 1;
    while (format[length] == format[0]) {
        length++;
    }
    return length;
}

bool date_format_is_valid(const char *format) {
    bool has_year = false;
    bool has_month = false;
    bool has_day = false;
    while (*format != '\0') {
        char kind = *format;
        size_t length = kind == 'Y' || kind == 'M' || kind == 'D' ? run_length(format) : 1;
        bool *has = kind == 'Y' ? &has_year : kind == 'M' ? &has_month : kind == 'D' ? &has_day : NULL;
        if (has != NULL) {
            if (*has || (kind == 'Y' ? length != 4 : length > 2)) {
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

bool date_format_parse(const char *format, const char *text, int32_t *date) {
    struct civil civil = {0};
    while (*format != '\0') {
        size_t length = 1;
        bool is_taken;
        if (*format == '*') {
            text += strlen(text);
            break;
        }
        if (*format == 'Y' || *format == 'M' || *format == 'D') {
            length = run_length(format);
            int32_t *part = *format == 'Y' ? &civil.year : *format == 'M' ? &civil.month : &civil.day;
            is_taken = take_number(&text, length, length == 1 ? 2 : length, part);
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
