/* Mapping files: what rows become, and what is refused. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "tools/import_map.h"
#include "tools/json_message.h"

#define ARENA_BYTES ((size_t)4 << 20)

/* A map of one request, around what differs. */
#define MAP(formats, request)                                                                                          \
    "{\"version\":1," formats "\"requests\":[{\"command\":\"post_charge\",\"customer\":{\"column\":\"who\"},"          \
    "\"effective_on\":{\"column\":\"on\"}," request "}]}"
#define AMOUNT "\"fields\":{\"amount_minor\":{\"amount\":\"sum\"}}"

static enum daybook_status read_map(const char *text, struct arena *arena, struct import_map *map,
                                    struct daybook_error *error) {
    return import_map_read("map.json", daybook_bytes_of_text(text), arena, map, error);
}

/* ---- what a row becomes ---- */

struct building {
    const char *name;
    const char *map;
    const char *header;
    const char *row;
    const char *request; /* As JSON; "" = the conditions do not hold; NULL = a bad row. */
    const char *reason;  /* Of a bad row, part of the sentence. */
};

static const struct building buildings[] = {
    {"an amount and a date", MAP("", AMOUNT), "who,on,sum", "A,2024-02-29,12.50",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":\"1250\"}"
     "}",
     NULL},
    {"columns in another order", MAP("", AMOUNT), "sum,who,more,on", "12.50,A,x,2024-02-29",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":\"1250\"}"
     "}",
     NULL},
    {"the map's currency decides the decimals", MAP("\"currency\":\"KWD\",", AMOUNT), "who,on,sum",
     "A,2024-02-29,1.005",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"KWD\",\"postCharge\":{\"amountMinor\":\"1005\"}"
     "}",
     NULL},
    {"a currency of the row", MAP("", "\"currency\":{\"column\":\"cur\"}," AMOUNT), "who,on,sum,cur",
     "A,2024-02-29,7,JPY",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"JPY\",\"postCharge\":{\"amountMinor\":\"7\"}}",
     NULL},
    {"grouping and a decimal comma", MAP("\"decimal\":\",\",\"grouping\":\".\",\"delimiter\":\";\",", AMOUNT),
     "who;on;sum", "A;2024-02-29;1.234.567,89",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\","
     "\"postCharge\":{\"amountMinor\":\"123456789\"}}",
     NULL},
    {"grouping in lakhs", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum",
     "A;2024-02-29;-12,34,567.8",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\","
     "\"postCharge\":{\"amountMinor\":\"-123456780\"}}",
     NULL},
    {"the largest amount, and its sign", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"positive\"}]," AMOUNT),
     "who,on,sum", "A,2024-02-29,92233720368547758.07",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\","
     "\"postCharge\":{\"amountMinor\":\"9223372036854775807\"}}",
     NULL},
    {"the sign of a large amount", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"positive\"}]," AMOUNT), "who,on,sum",
     "A,2024-02-29,-92233720368547758.07", "", NULL},
    {"a large amount is not zero", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"zero\"}]," AMOUNT), "who,on,sum",
     "A,2024-02-29,92233720368547758.07", "", NULL},
    {"two date formats", MAP("\"date_formats\":[\"YYYYMMDD\",\"M/D/YYYY\"],", AMOUNT), "who,on,sum", "A,2/9/2024,1",
     "{\"effectiveOn\":\"2024-02-09\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":\"100\"}"
     "}",
     NULL},
    {"spaces around are no part of it", MAP("", AMOUNT), "who,on,sum",
     " A , 2024-02-29 ,\xE3\x80\x80"
     "1 ",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":\"100\"}"
     "}",
     NULL},
    {"absolute and negated", MAP("", "\"fields\":{\"amount_minor\":{\"amount\":\"sum\",\"absolute\":true}}"),
     "who,on,sum", "A,2024-02-29,-3",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":\"300\"}"
     "}",
     NULL},
    {"negate", MAP("", "\"fields\":{\"amount_minor\":{\"amount\":\"sum\",\"negate\":true}}"), "who,on,sum",
     "A,2024-02-29,3",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":\"-300\"}"
     "}",
     NULL},
    {"text, constants, parts, lookups and nested messages",
     MAP("", "\"fields\":{\"charge\":{\"concat\":[\"c-\",{\"column\":\"who\"},{\"constant\":7}]},"
             "\"category\":{\"lookup\":\"kind\",\"values\":{\"x\":\"goods\"},\"otherwise\":\"other\"},"
             "\"due_on\":{\"date\":\"on\"},\"settlement\":{\"constant\":\"deposits-only\"},"
             "\"terms\":{\"days\":{\"column\":\"sum\"},\"end_of_month\":{\"constant\":true}},"
             "\"instalments\":[{\"dueOn\":{\"constant\":\"2024-03-01\"}},{\"amount_minor\":{\"constant\":\"1.5\"}}]}"),
     "who,on,sum,kind", "A,2024-02-29,30,y",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"charge\":\"c-A7\","
     "\"category\":\"other\",\"dueOn\":\"2024-02-29\",\"terms\":{\"days\":30,\"endOfMonth\":true},"
     "\"instalments\":[{\"dueOn\":\"2024-03-01\"},{\"amountMinor\":\"150\"}],"
     "\"settlement\":\"SETTLEMENT_DEPOSITS_ONLY\"}}",
     NULL},
    {"a flag in an empty cell", MAP("", "\"fields\":{\"terms\":{\"end_of_month\":{\"column\":\"sum\"}}}"), "who,on,sum",
     "A,2024-02-29,",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"terms\":{}}}", NULL},
    {"a lookup that finds", MAP("", "\"fields\":{\"category\":{\"lookup\":\"sum\",\"values\":{\"1\":\"one\"}}}"),
     "who,on,sum", "A,2024-02-29,1",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"category\":\"one\"}}",
     NULL},
    {"positive holds", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"positive\"}]"), "who,on,sum",
     "A,2024-02-29,0.01", "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{}}",
     NULL},
    {"positive does not hold at zero", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"positive\"}]"), "who,on,sum",
     "A,2024-02-29,0.00", "", NULL},
    {"negative", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"negative\"}]"), "who,on,sum", "A,2024-02-29,0.1", "",
     NULL},
    {"zero", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"zero\"}]"), "who,on,sum", "A,2024-02-29,0.1", "", NULL},
    {"empty", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"empty\"}]"), "who,on,sum", "A,2024-02-29,x", "", NULL},
    {"present does not hold for spaces", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"present\"}]"), "who,on,sum",
     "A,2024-02-29, ", "", NULL},
    {"equals", MAP("", "\"when\":[{\"column\":\"sum\",\"equals\":\"No\"}]"), "who,on,sum", "A,2024-02-29,Yes", "",
     NULL},
    {"differs", MAP("", "\"when\":[{\"column\":\"sum\",\"differs\":\"No\"}]"), "who,on,sum", "A,2024-02-29,No", "",
     NULL},
    {"all conditions must hold",
     MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"present\"},{\"column\":\"who\",\"equals\":\"B\"}]"), "who,on,sum",
     "A,2024-02-29,1", "", NULL},
    {"an optional date that is empty",
     MAP("", "\"fields\":{\"due_on\":{\"date\":\"due\",\"optional\":true},"
             "\"amount_minor\":{\"amount\":\"sum\",\"optional\":true}}"),
     "who,on,sum,due", "A,2024-02-29,, ",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{}}", NULL},
    {"an optional date that is there", MAP("", "\"fields\":{\"due_on\":{\"date\":\"due\",\"optional\":true}}"),
     "who,on,sum,due", "A,2024-02-29,,2024-03-30",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"dueOn\":"
     "\"2024-03-30\"}}",
     NULL},
    {"an optional date that is none", MAP("", "\"fields\":{\"due_on\":{\"date\":\"due\",\"optional\":true}}"),
     "who,on,sum,due", "A,2024-02-29,,soon", NULL, "column \"due\": \"soon\" is no date"},
    {"a date that is not optional", MAP("", "\"fields\":{\"due_on\":{\"date\":\"due\"}}"), "who,on,sum,due",
     "A,2024-02-29,,", NULL, "column \"due\": \"\" is no date"},
    {"an optional original date, and an optional currency",
     MAP("", "\"original_on\":{\"date\":\"due\",\"optional\":true},"
             "\"currency\":{\"column\":\"sum\",\"optional\":true}"),
     "who,on,sum,due", "A,2024-02-29,,",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{}}", NULL},
    {"instalments that are not there",
     MAP("", "\"fields\":{\"instalments\":["
             "{\"due_on\":{\"date\":\"on\",\"optional\":true},\"amount_minor\":{\"amount\":\"sum\"}},"
             "{\"due_on\":{\"date\":\"due\",\"optional\":true},"
             "\"amount_minor\":{\"amount\":\"more\",\"optional\":true}}]}"),
     "who,on,sum,due,more", "A,2024-02-29,1,,",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"instalments\":["
     "{\"amountMinor\":\"100\",\"dueOn\":\"2024-02-29\"}]}}",
     NULL},
    {"a form of its own",
     MAP("\"date_formats\":[\"M/D/YYYY\"],", "\"fields\":{\"due_on\":{\"date\":\"due\",\"format\":\"D/M/YYYY\"}}"),
     "who,on,sum,due", "A,1/2/2024,,1/2/2024",
     "{\"effectiveOn\":\"2024-01-02\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"dueOn\":"
     "\"2024-02-01\"}}",
     NULL},
    {"a text for spreadsheets", MAP("", "\"fields\":{\"charge\":{\"column\":\"sum\"}}"), "who,on,sum",
     "=\"00123\",2024-02-29,\"=\"\"007\"\"\"",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"00123\",\"currency\":\"CNY\",\"postCharge\":{\"charge\":"
     "\"007\"}}",
     NULL},
    {"a number without its last digits", MAP("", AMOUNT), "who,on,sum", "1.23457E+11,2024-02-29,1", NULL,
     "column \"who\": \"1.23457E+11\" is what a spreadsheet left of it"},
    {"a spreadsheet's error", MAP("", AMOUNT), "who,on,sum", "#N/A,2024-02-29,1", NULL, "a spreadsheet left of it"},
    {"a date of two days", MAP("\"date_formats\":[\"D/M/YYYY\",\"M/D/YYYY\"],", AMOUNT), "who,on,sum", "A,1/2/2024,1",
     NULL, "column \"on\": \"1/2/2024\" is 2024-02-01 by D/M/YYYY and 2024-01-02 by M/D/YYYY; name one form of dates"},
    {"a day that is the same in both forms", MAP("\"date_formats\":[\"D/M/YYYY\",\"M/D/YYYY\"],", AMOUNT), "who,on,sum",
     "A,2/2/2024,1",
     "{\"effectiveOn\":\"2024-02-02\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":"
     "\"100\"}}",
     NULL},
    {"no amount", MAP("", AMOUNT), "who,on,sum", "A,2024-02-29,abc", NULL, "column \"sum\": \"abc\" is no amount"},
    {"an empty amount", MAP("", AMOUNT), "who,on,sum", "A,2024-02-29,", NULL, "column \"sum\": \"\" is no amount"},
    {"too many decimals", MAP("", AMOUNT), "who,on,sum", "A,2024-02-29,1.005", NULL, "more decimals than CNY"},
    {"an amount too large", MAP("", AMOUNT), "who,on,sum", "A,2024-02-29,92233720368547758.08", NULL, "more than"},
    {"an amount too large, whose sign is asked for",
     MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"positive\"}]," AMOUNT), "who,on,sum",
     "A,2024-02-29,92233720368547758.08", NULL, "more than"},
    {"a decimal comma where commas group", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum",
     "A;2024-02-29;1,50", NULL, "column \"sum\": \"1,50\" has \",\" where no thousands end"},
    {"a comma at the end", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum", "A;2024-02-29;1,",
     NULL, "no thousands end"},
    {"a comma first", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum", "A;2024-02-29;,100", NULL,
     "no thousands end"},
    {"two commas", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum", "A;2024-02-29;1,,100", NULL,
     "no thousands end"},
    {"commas after the point", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum",
     "A;2024-02-29;1.000,000", NULL, "no thousands end"},
    {"four digits between commas", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum",
     "A;2024-02-29;1,0000,000", NULL, "no thousands end"},
    {"a point before the thousands end", MAP("\"grouping\":\",\",\"delimiter\":\";\",", AMOUNT), "who;on;sum",
     "A;2024-02-29;1,00.00", NULL, "no thousands end"},
    {"a line break in a text", MAP("", "\"fields\":{\"memo\":{\"column\":\"sum\"}}"), "who,on,sum",
     "A,2024-02-29,\"one\r\ntwo\"", NULL, "column \"sum\": it holds a line break, or another control character"},
    {"a line break in a column that makes nothing", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"present\"}]"),
     "who,on,sum", "A,2024-02-29,\"one\ntwo\"",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{}}", NULL},
    {"a flag of another word", MAP("", "\"fields\":{\"terms\":{\"end_of_month\":{\"column\":\"sum\"}}}"), "who,on,sum",
     "A,2024-02-29,TRUE", NULL, "\"TRUE\" is neither true nor false"},
    {"a long amount", MAP("", AMOUNT), "who,on,sum",
     "A,2024-02-29,11111111111111111111111111111111111111111111111111111111111111111111", NULL, "is no amount"},
    {"no date", MAP("", AMOUNT), "who,on,sum", "A,2/9/2024,1", NULL, "column \"on\": \"2/9/2024\" is no date"},
    {"no date of any form", MAP("\"date_formats\":[\"YYYYMMDD\",\"M/D/YYYY\"],", AMOUNT), "who,on,sum",
     "A,31/12/2024,1", NULL, "column \"on\": \"31/12/2024\" is no date of the form YYYYMMDD, M/D/YYYY"},
    {"spaces around a column's name are no part of it", MAP("", AMOUNT), " who ,on,\xEF\xBB\xBFsum", "A,2024-02-29,1",
     "{\"effectiveOn\":\"2024-02-29\",\"customer\":\"A\",\"currency\":\"CNY\",\"postCharge\":{\"amountMinor\":"
     "\"100\"}}",
     NULL},
    {"a customer with a character that is not seen", MAP("", AMOUNT), "who,on,sum", "A\xC2\xA0 B,2024-02-29,1", NULL,
     "has a character that is not seen (U+00A0)"},
    {"no customer", MAP("", AMOUNT), "who,on,sum", " ,2024-02-29,1", NULL, "customer: \"\" is no id"},
    {"a currency that is none", MAP("", "\"currency\":{\"column\":\"cur\"}," AMOUNT), "who,on,sum,cur",
     "A,2024-02-29,7,XXY", NULL, "\"XXY\" is no ISO 4217 currency"},
    {"a text that the lookup lacks", MAP("", "\"fields\":{\"category\":{\"lookup\":\"sum\",\"values\":{}}}"),
     "who,on,sum", "A,2024-02-29,1", NULL, "column \"sum\": \"1\" is not among"},
    {"an enum that is none", MAP("", "\"fields\":{\"settlement\":{\"column\":\"sum\"}}"), "who,on,sum",
     "A,2024-02-29,later", NULL, "\"later\" is none of deposits-first, receivable, deposits-only"},
    {"a condition on no number", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"zero\"}]"), "who,on,sum",
     "A,2024-02-29,x", NULL, "column \"sum\": \"x\" is no amount"},
    {"a column for an amount", MAP("", "\"fields\":{\"amount_minor\":{\"column\":\"sum\"}}"), "who,on,sum",
     "A,2024-02-29,1", NULL, "amount_minor takes an {\"amount\"}"},
};

static void parse_record(const char *text, char delimiter, struct arena *arena, struct csv_record *record) {
    const char *complaint;
    struct csv_reader reader = {.text = text, .size = strlen(text), .line = 1, .delimiter = delimiter};
    assert_int_equal(csv_next(&reader, arena, record, &complaint), CSV_RECORD);
}

static enum daybook_status build(const struct building *row, struct arena *arena, bool *applies, Pb__Request **request,
                                 struct daybook_error *error) {
    struct import_map map;
    struct csv_record header;
    struct csv_record record;
    if (read_map(row->map, arena, &map, error) != DAYBOOK_OK) {
        fail_msg("%s", error->message);
    }
    parse_record(row->header, map.delimiter, arena, &header);
    parse_record(row->row, map.delimiter, arena, &record);
    assert_int_equal(import_map_bind(&map, &header, error), DAYBOOK_OK);
    enum daybook_status status = import_map_applies(&map, &map.requests[0], &record, applies, error);
    if (status == DAYBOOK_OK && *applies) {
        status = import_map_build(&map, &map.requests[0], &record, "CNY", arena, request, error);
    }
    return status;
}

static void builds(void **state) {
    const struct building *row = *state;
    struct arena arena;
    struct daybook_error error;
    bool applies;
    Pb__Request *request;
    arena_init(&arena, ARENA_BYTES);
    enum daybook_status status = build(row, &arena, &applies, &request, &error);
    if (row->request == NULL) {
        assert_int_equal(status, DAYBOOK_INVALID);
        if (strstr(error.message, row->reason) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.message, row->reason);
        }
    } else {
        struct daybook_buffer text = {0};
        if (status != DAYBOOK_OK) {
            fail_msg("%s", error.message);
        }
        if (applies) {
            assert_int_equal(json_write_message(&request->base, &text), DAYBOOK_OK);
        }
        assert_int_equal(daybook_buffer_append(&text, "", 1), DAYBOOK_OK);
        assert_string_equal((const char *)text.data, row->request);
        daybook_buffer_release(&text);
    }
    arena_release(&arena);
}

/* ---- maps that are none ---- */

struct refused {
    const char *name;
    const char *map;
    const char *reason;
};

static const struct refused refused_rows[] = {
    {"no JSON", "{", "map.json, line 1: not JSON"},
    {"no object", "[]", "not an object"},
    {"no version", "{\"requests\":[]}", "\"version\" is not 1"},
    {"a newer version", "{\"version\":2}", "\"version\" is not 1"},
    {"an unknown name", "{\"version\":1,\"request\":[]}", "\"request\" is not known here"},
    {"no requests", "{\"version\":1}", "\"requests\" is not an array"},
    {"an unknown encoding", "{\"version\":1,\"encoding\":\"latin1\"}", "none of auto, utf-8, gb18030, windows-1252"},
    {"a long delimiter", "{\"version\":1,\"delimiter\":\";;\"}", "\"delimiter\" is not one ASCII character"},
    {"a quote for a delimiter", "{\"version\":1,\"delimiter\":\"\\\"\"}", "cannot part fields"},
    {"grouping like the decimal point", "{\"version\":1,\"grouping\":\".\"}", "\"grouping\" another"},
    {"an unknown currency", "{\"version\":1,\"currency\":\"XXY\"}", "no ISO 4217"},
    {"a date format that is none", "{\"version\":1,\"date_formats\":[\"DD.MM.Y\"]}", "date_formats[0]"},
    {"a form of a value that is none", MAP("", "\"fields\":{\"due_on\":{\"date\":\"d\",\"format\":\"D/M\"}}"),
     "due_on: \"format\": not a date format"},
    {"a form of what is no date", MAP("", "\"fields\":{\"memo\":{\"column\":\"d\",\"format\":\"D/M/YY\"}}"),
     "\"format\" is not known here"},
    {"an optional customer",
     "{\"version\":1,\"requests\":[{\"command\":\"post_charge\",\"customer\":{\"column\":\"c\",\"optional\":true},"
     "\"effective_on\":{\"column\":\"d\"}}]}",
     "\"optional\" is for what may be left out"},
    {"lines to skip that are no number", "{\"version\":1,\"skip_lines\":\"5\"}", "\"skip_lines\" is not a whole"},
    {"too many lines to skip", "{\"version\":1,\"skip_lines\":1001}", "from 0 to 1000"},
    {"a sign of the currency with digits", "{\"version\":1,\"currency_sign\":\"$1\"}", "\"currency_sign\" is a sign"},
    {"an unknown command", "{\"version\":1,\"requests\":[{\"command\":\"post\"}]}", "\"post\" is no command"},
    {"a command that is a field", "{\"version\":1,\"requests\":[{\"command\":\"actor\"}]}", "is no command"},
    {"no date", "{\"version\":1,\"requests\":[{\"command\":\"post_charge\"}]}", "\"effective_on\" is missing"},
    {"once without a customer",
     "{\"version\":1,\"requests\":[{\"command\":\"open_customer\",\"once\":true,\"effective_on\":{\"column\":\"d\"}}]}",
     "\"once\" needs a \"customer\""},
    {"an unknown field", MAP("", "\"fields\":{\"amount\":{\"amount\":\"sum\"}}"), "PostCharge has no field \"amount\""},
    {"an unknown value", MAP("", "\"fields\":{\"memo\":{\"colum\":\"sum\"}}"), "memo: a value is"},
    {"a name that a value does not take", MAP("", "\"fields\":{\"memo\":{\"column\":\"sum\",\"absolute\":true}}"),
     "\"absolute\" is not known here"},
    {"a text for a value", MAP("", "\"fields\":{\"memo\":\"sum\"}"), "memo: a value is an object"},
    {"a value for an array", MAP("", "\"fields\":{\"instalments\":{}}"), "instalments: not an array"},
    {"a condition without a test", MAP("", "\"when\":[{\"column\":\"sum\"}]"), "when[0]: a condition is"},
    {"a condition with two tests", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"zero\",\"equals\":\"0\"}]"),
     "when[0]: a condition is"},
    {"a test that is none", MAP("", "\"when\":[{\"column\":\"sum\",\"is\":\"odd\"}]"), "\"odd\" is none of"},
    {"an empty concat", MAP("", "\"fields\":{\"memo\":{\"concat\":[]}}"), "\"concat\" is not an array of parts"},
};

static void refuses(void **state) {
    const struct refused *row = *state;
    struct arena arena;
    struct daybook_error error;
    struct import_map map;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(read_map(row->map, &arena, &map, &error), DAYBOOK_INVALID);
    if (strstr(error.message, row->reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, row->reason);
    }
    assert_int_equal(read_map(row->map, &arena, &map, NULL), DAYBOOK_INVALID);
    arena_release(&arena);
}

static void refuses_columns(void **state) {
    (void)state;
    struct arena arena;
    struct daybook_error error;
    struct import_map map;
    struct csv_record header;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(read_map(MAP("", AMOUNT), &arena, &map, &error), DAYBOOK_OK);
    parse_record("who,on", ',', &arena, &header);
    assert_int_equal(import_map_bind(&map, &header, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "no column \"sum\", which the map names; it has \"who\", \"on\""));
    parse_record("whoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsumwhoonsum,on",
                 ',', &arena, &header);
    assert_int_equal(import_map_bind(&map, &header, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "sumwhoonsum\", \"on\""));
    header.fields[1] = header.fields[0];
    assert_int_equal(import_map_bind(&map, &header, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "sumwhoonsum\", ..."));
    parse_record("who,on,sum,sum", ',', &arena, &header);
    assert_int_equal(import_map_bind(&map, &header, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "more than once"));
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, buildings, builds);
    ROWS_ADD_TABLE(&rows, refused_rows, refuses);
    rows_add(&rows, "columns that are not there", refuses_columns, NULL);
    return rows_run("import_map", &rows);
}
