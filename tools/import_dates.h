/*
 * Dates of a file: each column has one form.
 *
 *   ID1  A column's form is the one that the map names for it, or of the map's forms the one that reads every date of
 *        the column. Where none does, or two that differ, the file is refused before anything is looked at: which day
 *        "01/02/2026" is must not depend on its row.
 */
#ifndef DAYBOOK_TOOLS_IMPORT_DATES_H
#define DAYBOOK_TOOLS_IMPORT_DATES_H

#include "tools/import_map.h"

/* Reads the rows that `reader` comes to, and settles which of the map's forms each column has. The map is bound.
 * INVALID names the column, the lines and what to do. */
DAYBOOK_MUST_USE enum daybook_status import_dates_settle(struct import_map *map, struct csv_reader reader,
                                                         const struct csv_record *header, struct daybook_error *error);

/* "2024-02-29" in `arena`, of a text that `value` gave. INVALID: it has none of the forms, or two that differ. */
DAYBOOK_MUST_USE enum daybook_status import_dates_parse(const struct import_map *map, const struct map_value *value,
                                                        struct daybook_bytes text, struct arena *arena,
                                                        const char **date_text, struct daybook_error *error);

#endif
