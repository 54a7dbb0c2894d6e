/* Amounts: decimal text to minor units and back, ISO 4217, checked sums. No floating point. */
#ifndef DAYBOOK_BASE_DECIMAL_H
#define DAYBOOK_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_TEXT_SIZE 32

/* 0, 2, 3 or 4 for an active ISO 4217 code of three capital letters; -1 for anything else. */
int currency_decimals(const char *code);

enum decimal_result { DECIMAL_OK, DECIMAL_NOT_A_NUMBER, DECIMAL_TOO_MANY_DECIMALS, DECIMAL_OVERFLOW };

/* "[-+]digits[.digits]"; trailing zeros past `decimals` are accepted, other digits are not.
 * No grouping, no exponent. `point` is '.' or ','. */
enum decimal_result decimal_parse(const char *text, size_t size, int decimals, char point, int64_t *minor);

const char *decimal_format(int64_t minor, int decimals, char text[DECIMAL_TEXT_SIZE]);         /* "-1234.50" */
const char *decimal_format_grouped(int64_t minor, int decimals, char text[DECIMAL_TEXT_SIZE]); /* "-1,234.50" */

/* False on overflow, and *sum is unchanged. */
static inline bool money_add(int64_t *sum, int64_t amount) {
    int64_t result;
    if (__builtin_add_overflow(*sum, amount, &result)) {
        return false;
    }
    *sum = result;
    return true;
}

#endif
