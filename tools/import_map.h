/*
 * A mapping file: how rows of a CSV file become requests. JSON; described in
 * tools/README.md and by `daybook help import`.
 *
 * Read in two steps: import_map_read checks the file by itself, and
 * import_map_bind finds its columns in a header. Building is pure.
 */
#ifndef DAYBOOK_TOOLS_IMPORT_MAP_H
#define DAYBOOK_TOOLS_IMPORT_MAP_H

#include "base/bytes.h"
#include "daybook/v1/request.pb-c.h"
#include "tools/charset.h"
#include "tools/csv.h"
#include "tools/date_format.h"

enum { IMPORT_DATE_FORMATS_MAX = 8, IMPORT_REQUESTS_MAX = 64, IMPORT_SKIP_LINES_MAX = 1000 };

enum map_source {
    MAP_COLUMN,   /* The column's text, without spaces around it. */
    MAP_CONSTANT, /* Always this. */
    MAP_CONCAT,   /* Its parts, one after the other. */
    MAP_LOOKUP,   /* What a table says for the column's text. */
    MAP_AMOUNT,   /* The column as an amount. */
    MAP_DATE,     /* The column as a date. */
};

struct map_pair {
    const char *from;
    const char *to;
};

struct map_value {
    enum map_source source;
    const char *column;
    size_t column_index;  /* Set by import_map_bind. */
    const char *constant; /* Of MAP_LOOKUP: of a text that the table lacks; NULL = that is a bad row. */
    struct map_value *parts;
    size_t part_count;
    struct map_pair *pairs;
    size_t pair_count;
    const char *date_format; /* Of MAP_DATE: the column's own; NULL = one of the map's. */
    bool is_absolute;
    bool is_negated;
    bool is_optional; /* An empty cell says nothing: the field is left out. */
};

struct map_fields;

/* One field of a message, and what goes into it. */
struct map_field {
    const ProtobufCFieldDescriptor *field;
    struct map_value *values;  /* Of scalars: one, or one an element. */
    struct map_fields *groups; /* Of messages, likewise. */
    size_t count;
};

struct map_fields {
    struct map_field *items;
    size_t count;
};

enum map_test { MAP_POSITIVE, MAP_NEGATIVE, MAP_ZERO, MAP_EMPTY, MAP_PRESENT, MAP_EQUALS, MAP_DIFFERS };

struct map_condition {
    enum map_test test;
    struct map_value value; /* A MAP_COLUMN. */
    const char *text;       /* Of MAP_EQUALS and MAP_DIFFERS. */
};

struct map_request {
    const ProtobufCFieldDescriptor *arm; /* Of Request.command. */
    bool is_once;                        /* One for each customer, dated by the customer's earliest row. */
    struct map_condition *conditions;    /* All must hold. */
    size_t condition_count;
    struct map_value *customer; /* These four: NULL = not given. */
    struct map_value *effective_on;
    struct map_value *original_on;
    struct map_value *currency;
    struct map_fields fields;
};

struct import_map {
    enum charset charset;
    char delimiter;
    char decimal;
    char grouping;             /* '\0' = none */
    const char *currency;      /* Of amounts; "" = the ledger's. */
    const char *currency_sign; /* "$", taken off amounts; "" = none. */
    uint32_t skip_lines;       /* Before the header. */
    const char *date_formats[IMPORT_DATE_FORMATS_MAX];
    size_t date_format_count;
    uint8_t *date_forms; /* Of each column of the file, the formats that may be its dates', by their bits; 0 = it has
                          * none. Set by import_map_bind, narrowed by import_dates_settle. */
    struct arena *arena;
    struct map_request *requests;
    size_t request_count;
};

/* `name` is the file's, for sentences. Everything lives in `arena`. INVALID names what is wrong, and where. */
DAYBOOK_MUST_USE enum daybook_status import_map_read(const char *name, struct daybook_bytes text, struct arena *arena,
                                                     struct import_map *map, struct daybook_error *error);

/* INVALID: a column of the map is not in the header, or the header has it twice. */
DAYBOOK_MUST_USE enum daybook_status import_map_bind(struct import_map *map, const struct csv_record *header,
                                                     struct daybook_error *error);

/* Whether the row makes this request. INVALID: it cannot be told (the text is no number). */
DAYBOOK_MUST_USE enum daybook_status import_map_applies(const struct import_map *map, const struct map_request *rule,
                                                        const struct csv_record *row, bool *applies,
                                                        struct daybook_error *error);

/* The request of a row, without key and actor. `default_currency` is the ledger's.
 * INVALID: the row is bad; the sentence names the column. NO_MEMORY. */
DAYBOOK_MUST_USE enum daybook_status import_map_build(const struct import_map *map, const struct map_request *rule,
                                                      const struct csv_record *row, const char *default_currency,
                                                      struct arena *arena, Pb__Request **request,
                                                      struct daybook_error *error);

#endif
