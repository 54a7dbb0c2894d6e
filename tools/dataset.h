/*
 * The tables that are exported for analysts: their columns, and how their rows
 * come from the answers that everybody can ask for.
 *
 *   DS1  All rows of a table are of one pair of coordinates.
 *   DS2  A column's name, type and place do not change within DATASET_VERSION; new ones come at the end.
 *   DS3  No two rows of a table are alike in the columns of its key. With --since, a row replaces the one
 *        with its key in an earlier export; every row that changed through new events is there.
 */
#ifndef DAYBOOK_TOOLS_DATASET_H
#define DAYBOOK_TOOLS_DATASET_H

#include <stdio.h>

#include "tools/column.h"
#include "tools/command.h"
#include "tools/digest_set.h"
#include "tools/progress.h"

enum { DATASET_VERSION = 1, DATASET_COLUMNS_MAX = 40, DATASET_NO_MONTH = -1 };

struct dataset_run;

/* Turns a row of the answer (or an event) into rows of the table, with dataset_offer. */
typedef enum daybook_status dataset_fill(struct dataset_run *run, const ProtobufCMessage *row,
                                         struct daybook_error *error);

/* A constant. */
struct dataset {
    const char *name;
    const char *meaning; /* What a row is. */
    const char *key;     /* Columns, with commas between them. */
    const struct column *columns;
    size_t column_count;
    int month_column;       /* Whose month --by month takes; DATASET_NO_MONTH = none. */
    const char *question;   /* The arm of Query whose rows are asked for, page by page; NULL: the events themselves. */
    const char *also;       /* A flag of the question to set; NULL = none. */
    const char *also_since; /* Likewise, with --since. */
    bool is_of_events;      /* With --since: only rows of later events; else the rows of customers with later events. */
    dataset_fill *fill;
    const struct dataset *rest; /* With --since: what is asked afterwards, for accounts of which no row is left. */
};

/* Ends with a NULL name. */
extern const struct dataset datasets[];
const struct dataset *dataset_find(const char *name); /* NULL = there is none. */

/* Takes a row of one cell a column, which is borrowed. */
typedef enum daybook_status dataset_take(void *context, const struct cell *cells, struct daybook_error *error);

/* One export while its rows are asked for. */
struct dataset_run {
    const struct dataset *dataset;
    struct invocation page; /* Like the command's own, with an arena for each page. */
    struct arena page_arena;
    struct daybook *ledger;
    Pb__At at; /* Fixed: both coordinates are given. */
    int32_t as_of;
    uint64_t known_at;
    uint64_t since; /* 0: the whole table. */
    dataset_take *take;
    void *context;
    struct progress progress;
    struct sha256 *sha256;
    struct digest_set changed; /* With `since`: the customers with later events. */
    struct digest_set seen;    /* With `since`: the accounts that dataset_see was told of. */
    const char *unknown_currency;
    struct daybook_buffer text; /* Of the row that is being filled. */
    struct cell cells[DATASET_COLUMNS_MAX];
    size_t cell_count;
    uint64_t row_count;
};

/* Asks for every row, and gives each to `take`. */
DAYBOOK_MUST_USE enum daybook_status dataset_walk(struct dataset_run *run, struct daybook_error *error);

/* ---- for the tables: cells from the left, then the row ---- */

void dataset_null(struct dataset_run *run);
void dataset_text(struct dataset_run *run, const char *text);
void dataset_text_if(struct dataset_run *run, const char *text); /* "" is null, here and below. */
void dataset_whole(struct dataset_run *run, int64_t value);
void dataset_whole_if(struct dataset_run *run, int64_t value);
void dataset_flag(struct dataset_run *run, bool value);
void dataset_day(struct dataset_run *run, int32_t day);       /* 0 is null. */
void dataset_date(struct dataset_run *run, const char *date); /* "2024-02-29" */
void dataset_instant(struct dataset_run *run, int64_t instant_us);
void dataset_amount(struct dataset_run *run, int64_t minor,
                    const char *currency); /* Two cells: major and minor units. */
void dataset_choice(struct dataset_run *run, const ProtobufCEnumDescriptor *descriptor, int value);
void dataset_list(struct dataset_run *run, char *const *texts, size_t count); /* A JSON array; null when empty. */
DAYBOOK_MUST_USE enum daybook_status dataset_offer(struct dataset_run *run, struct daybook_error *error);

/* Accounts with a row, where the rows of others vanish: an increment must say that, too. */
DAYBOOK_MUST_USE enum daybook_status dataset_see(struct dataset_run *run, const char *customer, const char *currency,
                                                 struct daybook_error *error);
bool dataset_has_seen(struct dataset_run *run, const char *customer, const char *currency);

/* `daybook help tables`: every table and every column. */
void dataset_help(FILE *stream);

#endif
