/* Dates and instants, in text and in numbers. */
#include "base/calendar.h"

#include <assert.h>

#define US_PER_SECOND INT64_C(1000000)
#define SECONDS_A_DAY INT64_C(86400)
#define US_PER_DAY    (SECONDS_A_DAY * US_PER_SECOND)
#define DAYS_A_CYCLE  146097 /* The Gregorian calendar repeats every 400 years. */
#define EPOCH_FROM_0  719468 /* Days from 0000-03-01 to 1970-01-01. */

static bool is_leap(int32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in_month(int32_t year, int32_t month) {
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Four-digit years: no other can be written, and none can overflow. */
bool civil_exists(struct civil civil) {
    return civil.year >= 1 && civil.year <= 9999 && civil.month >= 1 && civil.month <= 12 && civil.day >= 1 &&
           civil.day <= days_in_month(civil.year, civil.month);
}

/* Years are counted from March, so that the leap day is the last of its year
 * and the months before any month have (153 m + 2) / 5 days. */
static int32_t days_of(struct civil civil) {
    int32_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    int32_t cycle = year / 400;
    int32_t year_of_cycle = year % 400;
    int32_t month_from_march = (civil.month + 9) % 12;
    int32_t day_of_year = (153 * month_from_march + 2) / 5 + civil.day - 1;
    int32_t day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * DAYS_A_CYCLE + day_of_cycle - EPOCH_FROM_0;
}

int32_t date_from_civil(struct civil civil) {
    assert(civil_exists(civil));
    return days_of(civil);
}

struct civil date_to_civil(int32_t date) {
    int64_t days = (int64_t)date + EPOCH_FROM_0;
    int64_t cycle = (days >= 0 ? days : days - (DAYS_A_CYCLE - 1)) / DAYS_A_CYCLE;
    int32_t day_of_cycle = (int32_t)(days - cycle * DAYS_A_CYCLE);
    int32_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / (DAYS_A_CYCLE - 1)) / 365;
    int32_t day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int32_t month_from_march = (5 * day_of_year + 2) / 153;
    int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct civil){
        .year = (int32_t)(year_of_cycle + cycle * 400) + (month <= 2 ? 1 : 0),
        .month = month,
        .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
    };
}

int32_t date_end_of_month(int32_t date) {
    struct civil civil = date_to_civil(date);
    return date + days_in_month(civil.year, civil.month) - civil.day;
}

/* Exactly `count` digits, at most 9. */
static bool parse_digits(const char *text, size_t count, int32_t *value) {
    int32_t result = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        result = result * 10 + (text[i] - '0');
    }
    *value = result;
    return true;
}

/* Two digits; what is not one makes *is_wrong true. */
static inline int32_t two_digits(const char *text, bool *is_wrong) {
    unsigned tens = (unsigned char)text[0] - (unsigned)'0';
    unsigned ones = (unsigned char)text[1] - (unsigned)'0';
    *is_wrong |= (tens > 9) | (ones > 9);
    return (int32_t)(tens * 10 + ones);
}

/* Ten bytes. Every request has a date or two, so none of them is looked at in a loop. */
static bool parse_civil(const char *text, struct civil *civil) {
    bool is_wrong = (text[4] != '-') | (text[7] != '-');
    civil->year = two_digits(text, &is_wrong) * 100 + two_digits(text + 2, &is_wrong);
    civil->month = two_digits(text + 5, &is_wrong);
    civil->day = two_digits(text + 8, &is_wrong);
    return !is_wrong && civil_exists(*civil);
}

bool date_parse(const char *text, size_t size, int32_t *date) {
    struct civil civil;
    if (size != 10 || !parse_civil(text, &civil)) {
        return false;
    }
    int32_t result = days_of(civil);
    if (result < DATE_MIN || result > DATE_MAX) {
        return false;
    }
    *date = result;
    return true;
}

/* Of a number below 100. As the others it returns where the text goes on. */
static char *put_two_digits(char *to, uint32_t value) {
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    return to + 2;
}

/* Four digits; more, or a sign before them, where no ledger has a date. */
static char *put_year(char *to, int32_t year) {
    enum { UNIT_MOST = 1000000 }; /* 32 bits of days are less than ten million years. */
    uint32_t digits = (uint32_t)(year < 0 ? -year : year);
    if (year < 0) {
        *to++ = '-';
    }
    for (uint32_t unit = UNIT_MOST; digits > 9999 && unit > 1000; unit /= 10) {
        if (digits >= unit) {
            *to++ = (char)('0' + digits / unit % 10);
        }
    }
    return put_two_digits(put_two_digits(to, digits / 100 % 100), digits % 100);
}

static char *put_date(char *to, int32_t date) {
    struct civil civil = date_to_civil(date);
    to = put_year(to, civil.year);
    *to++ = '-';
    to = put_two_digits(to, (uint32_t)civil.month);
    *to++ = '-';
    return put_two_digits(to, (uint32_t)civil.day);
}

const char *date_format(int32_t date, char text[DATE_TEXT_SIZE]) {
    char *end = date == DATE_NONE ? text : put_date(text, date);
    *end = '\0';
    return text;
}

/* "HH:MM:SS[.f to .ffffff]"; a leap second has no number of its own and is refused. */
static bool parse_time(const char **at, const char *end, int64_t *us) {
    int32_t hour;
    int32_t minute;
    int32_t second;
    const char *text = *at;
    if (end - text < 8 || !parse_digits(text, 2, &hour) || text[2] != ':' || !parse_digits(text + 3, 2, &minute) ||
        text[5] != ':' || !parse_digits(text + 6, 2, &second) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    text += 8;
    int64_t fraction_us = 0;
    if (text < end && *text == '.') {
        text++;
        int64_t unit_us = 100000;
        const char *first = text;
        for (; text < end && *text >= '0' && *text <= '9'; text++) {
            if (unit_us == 0) {
                return false;
            }
            fraction_us += (*text - '0') * unit_us;
            unit_us /= 10;
        }
        if (text == first) {
            return false;
        }
    }
    *us = (hour * 3600 + minute * 60 + second) * US_PER_SECOND + fraction_us;
    *at = text;
    return true;
}

/* "Z" or "+HH:MM", to the very end. */
static bool parse_offset(const char *text, const char *end, int64_t *offset_us) {
    if (end - text == 1 && (*text == 'Z' || *text == 'z')) {
        *offset_us = 0;
        return true;
    }
    int32_t hour;
    int32_t minute;
    if (end - text != 6 || (text[0] != '+' && text[0] != '-') || !parse_digits(text + 1, 2, &hour) || text[3] != ':' ||
        !parse_digits(text + 4, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    int64_t east_us = (hour * 3600 + minute * 60) * US_PER_SECOND;
    *offset_us = text[0] == '-' ? -east_us : east_us;
    return true;
}

bool instant_parse(const char *text, size_t size, int64_t *instant_us) {
    struct civil civil;
    if (size < 20 || !parse_civil(text, &civil) || (text[10] != 'T' && text[10] != 't')) {
        return false;
    }
    const char *at = text + 11;
    const char *end = text + size;
    int64_t time_us;
    int64_t offset_us;
    if (!parse_time(&at, end, &time_us) || !parse_offset(at, end, &offset_us)) {
        return false;
    }
    *instant_us = date_from_civil(civil) * US_PER_DAY + time_us - offset_us;
    return true;
}

const char *instant_format(int64_t instant_us, char text[INSTANT_TEXT_SIZE]) {
    int64_t date = instant_us / US_PER_DAY;
    int64_t us = instant_us % US_PER_DAY;
    if (us < 0) {
        us += US_PER_DAY;
        date--;
    }
    uint32_t second = (uint32_t)(us / US_PER_SECOND);
    char *to = put_date(text, (int32_t)date);
    *to++ = 'T';
    uint32_t fraction_us = (uint32_t)(us % US_PER_SECOND);
    to = put_two_digits(to, second / 3600);
    *to++ = ':';
    to = put_two_digits(to, second / 60 % 60);
    *to++ = ':';
    to = put_two_digits(to, second % 60);
    *to++ = '.';
    to = put_two_digits(to, fraction_us / 10000);
    to = put_two_digits(to, fraction_us / 100 % 100);
    to = put_two_digits(to, fraction_us % 100);
    *to++ = 'Z';
    *to = '\0';
    return text;
}
