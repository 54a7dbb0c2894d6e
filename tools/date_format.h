/* Dates in the forms that files have: "M/D/YYYY", "D.M.YYYY", "YYYYMMDD", "YYYY-MM-DD*". */
#ifndef DAYBOOK_TOOLS_DATE_FORMAT_H
#define DAYBOOK_TOOLS_DATE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * YYYY four digits; MM and DD two; M and D one or two; "*" at the end, anything
 * (a time of day); every other character stands for itself.
 */
bool date_format_is_valid(const char *format);

/* False: the text has another form, or there is no such day. */
bool date_format_parse(const char *format, const char *text, int32_t *date);

#endif
