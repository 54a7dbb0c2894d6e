/*
 * Amounts as files have them: "-1,234.50", "(1,234.50)", "1.234,50-", "¥1,234.50", by what the map says of them.
 *
 *   IA1  What can be read in two ways is read in neither: a separator of thousands where none ends, a sign twice.
 */
#ifndef DAYBOOK_TOOLS_IMPORT_AMOUNT_H
#define DAYBOOK_TOOLS_IMPORT_AMOUNT_H

#include "tools/import_map.h"

/* In minor units of `currency`. A minus stands before or behind, or brackets around; the map's sign of the currency
 * before or behind. INVALID says why it is none. */
DAYBOOK_MUST_USE enum daybook_status import_amount_parse(const struct import_map *map, struct daybook_bytes text,
                                                         const char *currency, int64_t *minor,
                                                         struct daybook_error *error);

/* Some number with the amount's sign, whatever its currency: more than an amount can hold has one, too. */
DAYBOOK_MUST_USE enum daybook_status import_amount_sign(const struct import_map *map, struct daybook_bytes text,
                                                        int64_t *number, struct daybook_error *error);

#endif
