/*
 * Calendar dates and instants, in text and in numbers. Pure: no locale, no
 * process-wide time zone. Proleptic Gregorian; dates are days since 1970-01-01.
 */
#ifndef DAYBOOK_BASE_CALENDAR_H
#define DAYBOOK_BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DATE_NONE         0       /* "No date", where one is optional. */
#define DATE_MIN          1       /* 1970-01-02 */
#define DATE_MAX          2932896 /* 9999-12-31 */
#define DATE_TEXT_SIZE    16      /* Room for "YYYY-MM-DD" and its NUL. */
#define INSTANT_TEXT_SIZE 32      /* Room for "YYYY-MM-DDTHH:MM:SS.ffffffZ" and its NUL. */

struct civil {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
};

int32_t date_from_civil(struct civil civil); /* The civil date must exist. */
struct civil date_to_civil(int32_t date);
bool civil_exists(struct civil civil);
int32_t date_end_of_month(int32_t date);

/* Exactly "YYYY-MM-DD", an existing day from DATE_MIN to DATE_MAX. */
bool date_parse(const char *text, size_t size, int32_t *date);
const char *date_format(int32_t date, char text[DATE_TEXT_SIZE]); /* DATE_NONE gives "". Returns `text`. */

/* RFC 3339 with any offset, up to 6 decimals: "2024-02-29T18:00:00Z". */
bool instant_parse(const char *text, size_t size, int64_t *instant_us);
const char *instant_format(int64_t instant_us, char text[INSTANT_TEXT_SIZE]); /* UTC, 6 decimals. Returns `text`. */

/* An IANA time zone, read from the system's TZif files. Immutable: any thread. */
struct timezone_rules;

/* NOT_FOUND: no such zone (the name is checked: no "..", no leading "/").
 * DAMAGED: the file is no TZif. */
DAYBOOK_MUST_USE enum daybook_status timezone_open(const char *name, struct timezone_rules **rules,
                                                   struct daybook_error *error);
void timezone_close(struct timezone_rules *rules); /* Accepts NULL. */

int32_t timezone_offset_s(const struct timezone_rules *rules, int64_t instant_us); /* East of UTC. */
int32_t timezone_date(const struct timezone_rules *rules, int64_t instant_us);     /* The local calendar date. */

/* That date, and the instants from `from_us` to before `until_us` that have it too, at one offset: for whoever asks
 * again and again. */
struct timezone_day {
    int64_t from_us;
    int64_t until_us;
    int32_t date;
};
struct timezone_day timezone_day(const struct timezone_rules *rules, int64_t instant_us);

#endif
