/* Dates in the forms that files have: "M/D/YYYY", "D.M.YY", "YYYYMMDD", "D MMM YYYY", "YYYY-MM-DD*", "EXCEL". */
#ifndef DAYBOOK_TOOLS_DATE_FORMAT_H
#define DAYBOOK_TOOLS_DATE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * YYYY four digits, YY two (of this century: 2000 to 2099); MM and DD two; M and D one or two; MMM an English month's
 * first three letters, in any case; "*" at the end, anything that does not begin with a digit (a time of day); every
 * other character stands for itself. M and D are not followed by a number: "1112024" would be two days.
 *
 * "EXCEL" is a spreadsheet's number of a day: 45292 is 2024-01-01 (the date system of 1900); "EXCEL*" has a time of day
 * behind its point, which is left out.
 */
bool date_format_is_valid(const char *format);

/* False: the text has another form, or there is no such day. */
bool date_format_parse(const char *format, const char *text, int32_t *date);

#endif
