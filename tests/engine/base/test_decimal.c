/* Amounts in text and in minor units, and the currencies of ISO 4217. */
#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

struct currency_row {
    const char *name; /* The code. */
    int decimals;
};

static const struct currency_row currency_rows[] = {
    {"AED", 2},
    {"BHD", 3},
    {"BIF", 0},
    {"CHF", 2},
    {"CLF", 4},
    {"CLP", 0},
    {"CNY", 2},
    {"EUR", 2},
    {"GBP", 2},
    {"HUF", 2},
    {"ISK", 0},
    {"IQD", 3},
    {"JOD", 3},
    {"JPY", 0},
    {"KRW", 0},
    {"KWD", 3},
    {"LYD", 3},
    {"MGA", 2},
    {"MRU", 2},
    {"OMR", 3},
    {"PYG", 0},
    {"TND", 3},
    {"UGX", 0},
    {"USD", 2},
    {"UYI", 0},
    {"UYW", 4},
    {"VND", 0},
    {"XAD", 2},
    {"XAF", 0},
    {"XCG", 2},
    {"XOF", 0},
    {"XPF", 0},
    {"ZMW", 2},
    {"ZWG", 2},
    {"XAU", -1},
    {"XAG", -1},
    {"XDR", -1},
    {"XTS", -1},
    {"X"
     "XX",
     -1},
    {"DEM", -1},
    {"ANG", -1},
    {"BGN", -1},
    {"HRK", -1},
    {"eur", -1},
    {"EU", -1},
    {"EURO", -1},
    {"", -1},
    {"AAA", -1},
    {"ZZZ", -1},
    {"EU\xC3", -1},
};

static void currency_has_decimals(void **state) {
    const struct currency_row *row = *state;
    assert_int_equal(currency_decimals(row->name), row->decimals);
}

static void no_code_is_no_currency(void **state) {
    (void)state;
    assert_int_equal(currency_decimals(NULL), -1);
}

/* How many codes of list one have how many decimals (as of 2026-01-01). */
static void all_codes_are_found_and_no_others(void **state) {
    (void)state;
    int counts[5] = {0};
    for (int i = 0; i < 26 * 26 * 26; i++) {
        char code[4] = {(char)('A' + i / 676), (char)('A' + i / 26 % 26), (char)('A' + i % 26), '\0'};
        int decimals = currency_decimals(code);
        assert_in_range(decimals + 1, 0, 5);
        if (decimals >= 0) {
            counts[decimals]++;
        }
    }
    assert_int_equal(counts[0], 17);
    assert_int_equal(counts[1], 0);
    assert_int_equal(counts[2], 139);
    assert_int_equal(counts[3], 7);
    assert_int_equal(counts[4], 2);
}

struct parse_row {
    const char *name; /* The text. */
    int decimals;
    char point;
    enum decimal_result result;
    int64_t minor;
};

static const struct parse_row parse_rows[] = {
    {"0", 2, '.', DECIMAL_OK, 0},
    {"-0", 2, '.', DECIMAL_OK, 0},
    {"1", 2, '.', DECIMAL_OK, 100},
    {"1.5", 2, '.', DECIMAL_OK, 150},
    {"1.05", 2, '.', DECIMAL_OK, 105},
    {"1,05", 2, ',', DECIMAL_OK, 105},
    {"+12.34", 2, '.', DECIMAL_OK, 1234},
    {"-12.34", 2, '.', DECIMAL_OK, -1234},
    {"007", 0, '.', DECIMAL_OK, 7},
    {"1234", 0, '.', DECIMAL_OK, 1234},
    {"1234.000", 0, '.', DECIMAL_OK, 1234},
    {"1.23000000000000000000000000", 2, '.', DECIMAL_OK, 123},
    {"1.234", 3, '.', DECIMAL_OK, 1234},
    {"0.0001", 4, '.', DECIMAL_OK, 1},
    {"92233720368547758.07", 2, '.', DECIMAL_OK, INT64_MAX},
    {"-92233720368547758.08", 2, '.', DECIMAL_OK, INT64_MIN},
    {"9223372036854775807", 0, '.', DECIMAL_OK, INT64_MAX},
    {"-9223372036854775808", 0, '.', DECIMAL_OK, INT64_MIN},
    {"00000000000000000000000000000000001", 0, '.', DECIMAL_OK, 1},
    {"92233720368547758.08", 2, '.', DECIMAL_OVERFLOW, 0},
    {"-92233720368547758.09", 2, '.', DECIMAL_OVERFLOW, 0},
    {"9223372036854775808", 0, '.', DECIMAL_OVERFLOW, 0},
    {"92233720368547759", 2, '.', DECIMAL_OVERFLOW, 0},
    {"99999999999999999999999999", 0, '.', DECIMAL_OVERFLOW, 0},
    {"1.234", 2, '.', DECIMAL_TOO_MANY_DECIMALS, 0},
    {"1.5", 0, '.', DECIMAL_TOO_MANY_DECIMALS, 0},
    {"1.2300001", 2, '.', DECIMAL_TOO_MANY_DECIMALS, 0},
    {"", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"-", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {".", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {".5", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"5.", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"1,234.50", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"1.234,50", 2, ',', DECIMAL_NOT_A_NUMBER, 0},
    {"1,5", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"1.5", 2, ',', DECIMAL_NOT_A_NUMBER, 0},
    {"1e3", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"--1", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {" 1", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"1 ", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"0x10", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"1.2.3", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
    {"1.999x", 2, '.', DECIMAL_NOT_A_NUMBER, 0},
};

static void text_is_parsed(void **state) {
    const struct parse_row *row = *state;
    int64_t minor = 4711;
    assert_int_equal(decimal_parse(row->name, strlen(row->name), row->decimals, row->point, &minor), row->result);
    assert_true(minor == (row->result == DECIMAL_OK ? row->minor : 4711));
}

static void no_byte_past_the_size_is_read(void **state) {
    (void)state;
    int64_t minor;
    assert_int_equal(decimal_parse("12.345", 4, 2, '.', &minor), DECIMAL_OK);
    assert_true(minor == 1230);
    assert_int_equal(decimal_parse("1", 0, 2, '.', &minor), DECIMAL_NOT_A_NUMBER);
}

struct format_row {
    const char *name; /* The text. */
    int64_t minor;
    int decimals;
    const char *grouped;
};

static const struct format_row format_rows[] = {
    {"0.00", 0, 2, "0.00"},
    {"0", 0, 0, "0"},
    {"0.05", 5, 2, "0.05"},
    {"-0.05", -5, 2, "-0.05"},
    {"1.00", 100, 2, "1.00"},
    {"-1234.50", -123450, 2, "-1,234.50"},
    {"999.99", 99999, 2, "999.99"},
    {"1000.00", 100000, 2, "1,000.00"},
    {"123456", 123456, 0, "123,456"},
    {"1234567", 1234567, 0, "1,234,567"},
    {"-100", -100, 0, "-100"},
    {"1.234", 1234, 3, "1.234"},
    {"0.0001", 1, 4, "0.0001"},
    {"92233720368547758.07", INT64_MAX, 2, "92,233,720,368,547,758.07"},
    {"-92233720368547758.08", INT64_MIN, 2, "-92,233,720,368,547,758.08"},
    {"-9223372036854775808", INT64_MIN, 0, "-9,223,372,036,854,775,808"},
    {"-9.223372036854775808", INT64_MIN, 18, "-9.223372036854775808"},
};

static void amount_is_formatted(void **state) {
    const struct format_row *row = *state;
    char text[DECIMAL_TEXT_SIZE];
    assert_ptr_equal(decimal_format(row->minor, row->decimals, text), text);
    assert_string_equal(text, row->name);
    assert_ptr_equal(decimal_format_grouped(row->minor, row->decimals, text), text);
    assert_string_equal(text, row->grouped);
}

static void every_amount_is_read_back(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 200000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t amount = (int64_t)bits >> (i % 63);
        char text[DECIMAL_TEXT_SIZE];
        char expected[DECIMAL_TEXT_SIZE];
        (void)snprintf(expected, sizeof expected, "%" PRId64, amount);
        assert_string_equal(decimal_format(amount, 0, text), expected);
        for (int decimals = 0; decimals <= 4; decimals++) {
            int64_t again;
            (void)decimal_format(amount, decimals, text);
            assert_int_equal(decimal_parse(text, strlen(text), decimals, '.', &again), DECIMAL_OK);
            assert_true(again == amount);
        }
    }
}

static void sums_are_checked(void **state) {
    (void)state;
    int64_t sum = INT64_MAX - 1;
    assert_true(money_add(&sum, 1));
    assert_true(sum == INT64_MAX);
    assert_false(money_add(&sum, 1));
    assert_true(sum == INT64_MAX);
    sum = INT64_MIN;
    assert_false(money_add(&sum, -1));
    assert_true(sum == INT64_MIN);
    assert_true(money_add(&sum, INT64_MAX));
    assert_true(sum == -1);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, currency_rows, currency_has_decimals);
    rows_add(&rows, "no code", no_code_is_no_currency, NULL);
    rows_add(&rows, "all codes", all_codes_are_found_and_no_others, NULL);
    ROWS_ADD_TABLE(&rows, parse_rows, text_is_parsed);
    rows_add(&rows, "no byte past the size", no_byte_past_the_size_is_read, NULL);
    ROWS_ADD_TABLE(&rows, format_rows, amount_is_formatted);
    rows_add(&rows, "every amount is read back", every_amount_is_read_back, NULL);
    rows_add(&rows, "sums are checked", sums_are_checked, NULL);
    return rows_run("decimal", &rows);
}
