/* Dates of a file. */
#include "tools/import_dates.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "tools/import_cell.h"
#include "tools/text.h"

#define ROW_ARENA_BYTES ((size_t)64 << 20)

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("the row is larger than the memory set aside"));
}

/* One of the map's forms, by its bit. */
static uint8_t bit_of(size_t format) {
    return (uint8_t)(1U << format);
}

/* ---- settling ---- */

/* Which of the forms read the text. */
static uint8_t forms_of(const struct import_map *map, const char *text) {
    uint8_t forms = 0;
    int32_t date;
    for (size_t i = 0; i < map->date_format_count; i++) {
        forms |= date_format_parse(map->date_formats[i], text, &date) ? bit_of(i) : 0;
    }
    return forms;
}

/* "D/M/YYYY, M/D/YYYY" */
static const char *list_forms(const struct import_map *map, uint8_t forms, struct arena *arena) {
    const char *list = "";
    for (size_t i = 0; list != NULL && i < map->date_format_count; i++) {
        if ((forms & bit_of(i)) != 0) {
            list = arena_format(arena, "%s%s%s", list, *list == '\0' ? "" : ", ", map->date_formats[i]);
        }
    }
    return list == NULL ? "" : list;
}

/* What settling passes along from row to row. */
struct settling {
    struct import_map *map;
    const struct csv_record *header;
    struct arena arena; /* Of one row. */
    struct daybook_error *error;
};

static enum daybook_status complain_of_mix(struct settling *settling, size_t column, uint64_t line, const char *text) {
    uint8_t before = settling->map->date_forms[column];
    return daybook_fail(settling->error, DAYBOOK_INVALID,
                        _("column \"%.60s\": a column has one form of dates; those before line %" PRIu64
                          " have %s, and \"%.40s\" there has not; mend the file, or name the form: {\"date\": ..., "
                          "\"format\": ...}"),
                        settling->header->fields[column], line, list_forms(settling->map, before, &settling->arena),
                        text);
}

/* Narrows the forms of every column of dates by one row. A text that none reads is no date, and makes a bad row. */
static enum daybook_status narrow(struct settling *settling, const struct csv_record *row) {
    struct import_map *map = settling->map;
    for (size_t i = 0; i < row->field_count; i++) {
        struct daybook_bytes cell = map->date_forms[i] == 0 ? (struct daybook_bytes){0} : cell_trim(row->fields[i]);
        if (cell.size == 0) {
            continue;
        }
        const char *text = arena_copy_text(&settling->arena, (const char *)cell.data, cell.size);
        if (text == NULL) {
            return no_memory(settling->error);
        }
        uint8_t forms = forms_of(map, text);
        if (forms != 0 && (map->date_forms[i] & forms) == 0) {
            return complain_of_mix(settling, i, row->line, text);
        }
        map->date_forms[i] &= forms != 0 ? forms : UINT8_MAX;
    }
    return DAYBOOK_OK;
}

/* Two of the column's forms that make two days of a text; false: they agree. */
static bool find_two(const struct import_map *map, uint8_t forms, const char *text, size_t found[2], int32_t dates[2]) {
    size_t count = 0;
    for (size_t i = 0; i < map->date_format_count; i++) {
        int32_t date;
        if ((forms & bit_of(i)) == 0 || !date_format_parse(map->date_formats[i], text, &date)) {
            continue;
        }
        if (count == 0 || date != dates[0]) {
            found[count] = i;
            dates[count++] = date;
        }
        if (count == 2) {
            return true;
        }
    }
    return false;
}

/* Where more than one form reads the whole column, they have to agree. */
static enum daybook_status check_alike(struct settling *settling, const struct csv_record *row) {
    const struct import_map *map = settling->map;
    for (size_t i = 0; i < row->field_count; i++) {
        uint8_t forms = map->date_forms[i];
        struct daybook_bytes cell = (forms & (forms - 1)) == 0 ? (struct daybook_bytes){0} : cell_trim(row->fields[i]);
        const char *text = arena_copy_text(&settling->arena, (const char *)cell.data, cell.size);
        size_t found[2];
        int32_t dates[2];
        char first[DATE_TEXT_SIZE];
        char second[DATE_TEXT_SIZE];
        if (text == NULL) {
            return no_memory(settling->error);
        }
        if (cell.size == 0 || !find_two(map, forms, text, found, dates)) {
            continue;
        }
        const char *name = settling->header->fields[i];
        return daybook_fail(settling->error, DAYBOOK_INVALID,
                            _("column \"%.60s\": \"%.40s\" in line %" PRIu64
                              " is %s by %s and %s by %s, and no line of the column tells which; name the form: "
                              "{\"date\": \"%.60s\", \"format\": \"%s\" or \"%s\"}"),
                            name, text, row->line, date_format(dates[0], first), map->date_formats[found[0]],
                            date_format(dates[1], second), map->date_formats[found[1]], name,
                            map->date_formats[found[0]], map->date_formats[found[1]]);
    }
    return DAYBOOK_OK;
}

static enum daybook_status for_rows(struct settling *settling, struct csv_reader reader,
                                    enum daybook_status (*look)(struct settling *settling,
                                                                const struct csv_record *row)) {
    for (;;) {
        struct csv_record row = {0};
        const char *complaint = "";
        arena_reset(&settling->arena);
        enum csv_result result = csv_next(&reader, &settling->arena, &row, &complaint);
        if (result == CSV_END) {
            return DAYBOOK_OK;
        }
        if (result == CSV_RECORD && row.field_count == settling->header->field_count) {
            DAYBOOK_TRY(look(settling, &row));
        }
    }
}

enum daybook_status import_dates_settle(struct import_map *map, struct csv_reader reader,
                                        const struct csv_record *header, struct daybook_error *error) {
    struct settling settling = {.map = map, .header = header, .error = error};
    if (map->date_format_count < 2) {
        return DAYBOOK_OK;
    }
    arena_init(&settling.arena, ROW_ARENA_BYTES);
    enum daybook_status status = for_rows(&settling, reader, narrow);
    if (status == DAYBOOK_OK) {
        status = for_rows(&settling, reader, check_alike);
    }
    arena_release(&settling.arena);
    return status;
}

/* ---- reading one ---- */

/* The forms that may read what the value gave: of a column's own text those that were settled. */
static uint8_t forms_for(const struct import_map *map, const struct map_value *value) {
    bool is_cell = value->source == MAP_COLUMN || value->source == MAP_DATE;
    uint8_t forms = is_cell && map->date_forms != NULL ? map->date_forms[value->column_index] : 0;
    return forms != 0 ? forms : UINT8_MAX;
}

static enum daybook_status give(int32_t date, struct arena *arena, const char **date_text,
                                struct daybook_error *error) {
    char *room = arena_alloc(arena, DATE_TEXT_SIZE);
    if (room == NULL) {
        return no_memory(error);
    }
    *date_text = date_format(date, room);
    return DAYBOOK_OK;
}

enum daybook_status import_dates_parse(const struct import_map *map, const struct map_value *value,
                                       struct daybook_bytes text, struct arena *arena, const char **date_text,
                                       struct daybook_error *error) {
    char *copy = arena_copy_text(arena, (const char *)text.data, text.size);
    size_t found[2] = {0};
    int32_t dates[2] = {0};
    char first[DATE_TEXT_SIZE];
    char second[DATE_TEXT_SIZE];
    if (copy == NULL) {
        return no_memory(error);
    }
    if (value->date_format != NULL) {
        return date_format_parse(value->date_format, copy, &dates[0])
                   ? give(dates[0], arena, date_text, error)
                   : daybook_fail(error, DAYBOOK_INVALID, _("\"%.60s\" is no date of the form %s"), copy,
                                  value->date_format);
    }
    uint8_t forms = forms_for(map, value);
    if (find_two(map, forms, copy, found, dates)) {
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%.60s\" is %s by %s and %s by %s; name one form of dates"),
                            copy, date_format(dates[0], first), map->date_formats[found[0]],
                            date_format(dates[1], second), map->date_formats[found[1]]);
    }
    return dates[0] != 0 ? give(dates[0], arena, date_text, error)
                         : daybook_fail(error, DAYBOOK_INVALID, _("\"%.60s\" is no date of the form %s"), copy,
                                        list_forms(map, forms, arena));
}
