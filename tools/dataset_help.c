/* Help on the exported tables, from their definitions. */
#include "tools/console.h"
#include "tools/dataset.h"
#include "tools/text.h"

static const char *const type_names[] = {
    [COLUMN_TEXT] = "text", [COLUMN_WHOLE] = "int64", [COLUMN_AMOUNT] = "decimal",
    [COLUMN_FLAG] = "bool", [COLUMN_DATE] = "date",   [COLUMN_INSTANT] = "timestamp",
};

static const char introduction[] = N_("daybook export TABLE --format csv|jsonl|parquet [-o FILE] [--since SEQ]\n"
                                      "daybook export TABLE --format csv|jsonl|parquet --by month -o DIR\n"
                                      "\n"
                                      "All rows are of one --as-of and one --known-at. Columns keep their names,\n"
                                      "types and places within a schema version; new ones come at the end.\n"
                                      "\n"
                                      "  text       UTF-8; Parquet STRING\n"
                                      "  int64      a whole number; Parquet INT64\n"
                                      "  decimal    an amount in major units of the row's currency; Parquet\n"
                                      "             DECIMAL(23, 4), which holds every amount exactly. Beside each X\n"
                                      "             stands X_minor, an int64. CSV has all the currency's decimals,\n"
                                      "             JSON lines a string of them\n"
                                      "  date       2024-02-29; Parquet DATE\n"
                                      "  timestamp  2024-02-29T18:00:00.000000Z; Parquet TIMESTAMP, microseconds in\n"
                                      "             UTC\n"
                                      "  bool       true or false; Parquet BOOLEAN\n"
                                      "\n"
                                      "A \"?\" after the type: the column can be null. In CSV null is an empty field\n"
                                      "and empty text is \"\", in quotes.\n"
                                      "\n"
                                      "Beside FILE stands FILE.manifest.json (in DIR: manifest.json): table, schema\n"
                                      "version, as_of, since and known_at, the root of the journal's first known_at\n"
                                      "events (RFC 6962, in hexadecimal), and rows, bytes and SHA-256 of each file.\n"
                                      "DIR has a file for each month, DIR/month=2024-02/part.parquet; DIR must be\n"
                                      "new.\n"
                                      "\n"
                                      "--since SEQ, with the known_at of an earlier export, gives what is new since\n"
                                      "then. Tables of events (events, postings, allocations): the rows of later\n"
                                      "events, to be appended. The others: all rows of customers with later events;\n"
                                      "each replaces the row with the same key. Increments add up where all are of\n"
                                      "one --as-of; 9999-12-31 leaves no event out. What changes with the mere\n"
                                      "passing of days (ages, whether a lot can pay) is not in an increment: export\n"
                                      "such a table whole for each day.\n");

enum { PAGE_COLUMNS = 78, KEY_INDENT = 4, MEANING_INDENT = 36 };

static void print_column(FILE *stream, const struct column *column) {
    char type[16];
    (void)snprintf(type, sizeof type, "%s%s", type_names[column->type], column->is_nullable ? "?" : "");
    int at = fprintf(stream, "  %-22s %-10s ", column->name, type);
    console_wrap(stream, _(column->meaning), PAGE_COLUMNS, MEANING_INDENT, (size_t)at);
}

static void print_head(FILE *stream, const struct dataset *dataset) {
    char text[512];
    int at = fprintf(stream, "\n%s: ", dataset->name);
    console_wrap(stream, _(dataset->meaning), PAGE_COLUMNS, KEY_INDENT, (size_t)at - 1);
    (void)snprintf(text, sizeof text, _("key: %s; with --since: %s; --by month: %s"), dataset->key,
                   dataset->is_of_events ? _("rows of later events") : _("rows of customers with later events"),
                   dataset->month_column == DATASET_NO_MONTH ? _("no") : dataset->columns[dataset->month_column].name);
    (void)fputs("  ", stream);
    console_wrap(stream, text, PAGE_COLUMNS, KEY_INDENT, 2);
}

void dataset_help(FILE *stream) {
    (void)fputs(_(introduction), stream);
    for (const struct dataset *dataset = datasets; dataset->name != NULL; dataset++) {
        print_head(stream, dataset);
        for (size_t i = 0; i < dataset->column_count; i++) {
            /* The minor units of an amount need no line of their own. */
            bool is_minor = i > 0 && dataset->columns[i - 1].type == COLUMN_AMOUNT;
            if (!is_minor) {
                print_column(stream, &dataset->columns[i]);
            }
        }
    }
}
