/* What was wrong with which line of an import: all of it to a CSV file, the first of it to standard error. */
#ifndef DAYBOOK_TOOLS_IMPORT_REPORT_H
#define DAYBOOK_TOOLS_IMPORT_REPORT_H

#include <stdio.h>

#include "tools/console.h"

struct import_report {
    const char *path; /* NULL = none was asked for. */
    FILE *file;
    struct table *table;
    size_t count;
};

/* IO: the file cannot be written. */
DAYBOOK_MUST_USE enum daybook_status import_report_open(struct import_report *report, const char *path,
                                                        struct arena *arena, struct daybook_error *error);

/* `code`: "BAD_ROW", that of the refusal, or another one of ours; `command` may be "". */
void import_report_add(struct import_report *report, uint64_t line, const char *command, const char *code,
                       const char *sentence);

/* To the file alone: what is not wrong. */
void import_report_note(struct import_report *report, uint64_t line, const char *code, const char *sentence);

/* Prints what was kept and closes the file; accepts one that was never opened. */
DAYBOOK_MUST_USE enum daybook_status import_report_close(struct import_report *report, struct daybook_error *error);

#endif
