/*
 * A table for other programs: typed columns, and one row of cells. What is
 * defined here once is printed as CSV, as JSON lines and as Parquet
 * (row_writer.h), each with its own way to write a type:
 *
 *                    CSV, JSON lines                        Parquet
 *     COLUMN_TEXT    text                                   STRING
 *     COLUMN_WHOLE   digits; a JSON number                  INT64
 *     COLUMN_AMOUNT  "-1234.50" with all the currency's     DECIMAL(23, 4)
 *                    decimals; a JSON string
 *     COLUMN_FLAG    true, false                            BOOLEAN
 *     COLUMN_DATE    2024-02-29                             DATE
 *     COLUMN_INSTANT 2024-02-29T18:00:00.000000Z            TIMESTAMP(micros, UTC)
 *
 * No currency of ISO 4217 has more than 4 decimals, and an int64 of minor units
 * without decimals has 19 digits before the point: 23 digits, 4 of them decimals,
 * hold every amount exactly.
 */
#ifndef DAYBOOK_TOOLS_COLUMN_H
#define DAYBOOK_TOOLS_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AMOUNT_DIGITS = 23, AMOUNT_DECIMALS = 4 };

enum column_type { COLUMN_TEXT, COLUMN_WHOLE, COLUMN_AMOUNT, COLUMN_FLAG, COLUMN_DATE, COLUMN_INSTANT };

/* A constant. */
struct column {
    const char *name;
    enum column_type type;
    bool is_nullable;
    const char *meaning; /* A phrase for the help. */
};

/* Of a row; `text` is borrowed until the row was written. */
struct cell {
    bool is_null;
    uint8_t decimals; /* Of COLUMN_AMOUNT: how many of `number`'s digits stand behind the point. */
    int64_t number;   /* Minor units, days since 1970-01-01, microseconds since 1970-01-01 UTC, 0 or 1. */
    const char *text; /* UTF-8; of COLUMN_TEXT. */
};

#endif
