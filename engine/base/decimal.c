/* Decimal text and minor units, and the currencies that say how many decimals. */
#include "base/decimal.h"

#include <assert.h>
#include <string.h>

/*
 * ISO 4217 list one as of 2026-01-01 (amendment 180): every active currency and
 * fund code that has a minor unit, in order, each followed by its decimals.
 * Precious metals, bond market units, SDR, SUCRE, ADB unit, test and "no
 * currency" have none ("N.A.") and are left out: no amount can be kept in them.
 */
static const char currencies[] = "AED2AFN2ALL2AMD2AOA2ARS2AUD2AWG2AZN2BAM2BBD2BDT2BHD3BIF0BMD2BND2BOB2BOV2BRL2BSD2"
                                 "BTN2BWP2BYN2BZD2CAD2CDF2CHE2CHF2CHW2CLF4CLP0CNY2COP2COU2CRC2CUP2CVE2CZK2DJF0DKK2"
                                 "DOP2DZD2EGP2ERN2ETB2EUR2FJD2FKP2GBP2GEL2GHS2GIP2GMD2GNF0GTQ2GYD2HKD2HNL2HTG2HUF2"
                                 "IDR2ILS2INR2IQD3IRR2ISK0JMD2JOD3JPY0KES2KGS2KHR2KMF0KPW2KRW0KWD3KYD2KZT2LAK2LBP2"
                                 "LKR2LRD2LSL2LYD3MAD2MDL2MGA2MKD2MMK2MNT2MOP2MRU2MUR2MVR2MWK2MXN2MXV2MYR2MZN2NAD2"
                                 "NGN2NIO2NOK2NPR2NZD2OMR3PAB2PEN2PGK2PHP2PKR2PLN2PYG0QAR2RON2RSD2RUB2RWF0SAR2SBD2"
                                 "SCR2SDG2SEK2SGD2SHP2SLE2SOS2SRD2SSP2STN2SVC2SYP2SZL2THB2TJS2TMT2TND3TOP2TRY2TTD2"
                                 "TWD2TZS2UAH2UGX0USD2USN2UYI0UYU2UYW4UZS2VED2VES2VND0VUV0WST2XAD2XAF0XCD2XCG2XOF0"
                                 "XPF0YER2ZAR2ZMW2ZWG2";

#define CURRENCY_SIZE  4
#define CURRENCY_COUNT ((sizeof currencies - 1) / CURRENCY_SIZE)

_Static_assert((sizeof currencies - 1) % CURRENCY_SIZE == 0, "three letters and a digit each");
_Static_assert(CURRENCY_COUNT == 165, "178 codes of list one less the 13 without a minor unit");

int currency_decimals(const char *code) {
    if (code == NULL || strnlen(code, CURRENCY_SIZE) != 3) {
        return -1;
    }
    size_t low = 0;
    size_t high = CURRENCY_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *entry = currencies + middle * CURRENCY_SIZE;
        int order = memcmp(code, entry, 3);
        if (order == 0) {
            return entry[3] - '0';
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

static size_t count_digits(const char *text, size_t size) {
    size_t count = 0;
    while (count < size && text[count] >= '0' && text[count] <= '9') {
        count++;
    }
    return count;
}

/* Counted downwards, because INT64_MIN has no positive twin. */
static bool add_digit(int64_t *negative, char digit) {
    int64_t result;
    if (__builtin_mul_overflow(*negative, 10, &result) || __builtin_sub_overflow(result, digit - '0', &result)) {
        return false;
    }
    *negative = result;
    return true;
}

enum decimal_result decimal_parse(const char *text, size_t size, int decimals, char point, int64_t *minor) {
    assert(decimals >= 0 && (point == '.' || point == ','));
    bool is_negative = size > 0 && text[0] == '-';
    size_t sign_size = size > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    const char *whole = text + sign_size;
    size_t rest = size - sign_size;
    size_t whole_size = count_digits(whole, rest);
    const char *fraction = whole + whole_size;
    size_t fraction_size = 0;
    rest -= whole_size;
    if (rest > 0 && *fraction == point) {
        fraction++;
        rest--;
        fraction_size = count_digits(fraction, rest);
        if (fraction_size == 0) {
            return DECIMAL_NOT_A_NUMBER;
        }
        rest -= fraction_size;
    }
    if (whole_size == 0 || rest > 0) {
        return DECIMAL_NOT_A_NUMBER;
    }
    while (fraction_size > (size_t)decimals) {
        if (fraction[fraction_size - 1] != '0') {
            return DECIMAL_TOO_MANY_DECIMALS;
        }
        fraction_size--;
    }
    int64_t negative = 0;
    for (size_t i = 0; i < whole_size; i++) {
        if (!add_digit(&negative, whole[i])) {
            return DECIMAL_OVERFLOW;
        }
    }
    for (size_t i = 0; i < (size_t)decimals; i++) {
        if (!add_digit(&negative, i < fraction_size ? fraction[i] : '0')) {
            return DECIMAL_OVERFLOW;
        }
    }
    if (!is_negative && negative == INT64_MIN) {
        return DECIMAL_OVERFLOW;
    }
    *minor = is_negative ? negative : -negative;
    return DECIMAL_OK;
}

/* Written from the last digit to the first, then moved to the front. */
static const char *format(int64_t minor, int decimals, bool is_grouped, char text[DECIMAL_TEXT_SIZE]) {
    assert(decimals >= 0 && decimals <= 18);
    uint64_t rest = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    char *at = text + DECIMAL_TEXT_SIZE;
    *--at = '\0';
    for (int i = 0; i < decimals; i++) {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (decimals > 0) {
        *--at = '.';
    }
    int written = 0;
    do {
        if (is_grouped && written > 0 && written % 3 == 0) {
            *--at = ',';
        }
        *--at = (char)('0' + rest % 10);
        rest /= 10;
        written++;
    } while (rest > 0);
    if (minor < 0) {
        *--at = '-';
    }
    memmove(text, at, (size_t)(text + DECIMAL_TEXT_SIZE - at));
    return text;
}

const char *decimal_format(int64_t minor, int decimals, char text[DECIMAL_TEXT_SIZE]) {
    return format(minor, decimals, false, text);
}

const char *decimal_format_grouped(int64_t minor, int decimals, char text[DECIMAL_TEXT_SIZE]) {
    return format(minor, decimals, true, text);
}
