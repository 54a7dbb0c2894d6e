/* From a row and its mapping to a request. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/text.h"
#include "limits.h"
#include "tools/import_map.h"
#include "tools/message_field.h"
#include "tools/text.h"

struct building {
    const struct import_map *map;
    const struct csv_record *row;
    const char *currency; /* Of this request's amounts. */
    struct arena *arena;
    struct daybook_error *error;
};

static enum daybook_status no_memory(struct building *building) {
    return daybook_fail(building->error, DAYBOOK_NO_MEMORY, "%s", _("the row is larger than the memory set aside"));
}

/* ---- binding ---- */

enum { COLUMN_NAMES_SIZE = 160 };

/* The columns that a file has, in quotes, as many as there is room for: a wrong delimiter or a space is seen at once.
 */
static const char *list_columns(const struct csv_record *header, char names[COLUMN_NAMES_SIZE]) {
    static const char more[] = ", ...";
    size_t size = 0;
    names[0] = '\0';
    for (size_t i = 0; i < header->field_count; i++) {
        size_t room = COLUMN_NAMES_SIZE - sizeof more - size;
        int length = snprintf(names + size, room, "%s\"%s\"", i == 0 ? "" : ", ", header->fields[i]);
        if (length < 0 || (size_t)length >= room) {
            memcpy(names + size, i == 0 ? more + 2 : more, sizeof more - (i == 0 ? 2 : 0));
            break;
        }
        size += (size_t)length;
    }
    return names;
}

static enum daybook_status bind_value(struct map_value *value, const struct csv_record *header,
                                      struct daybook_error *error) {
    for (size_t i = 0; i < value->part_count; i++) {
        enum daybook_status status = bind_value(&value->parts[i], header, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    if (value->column == NULL) {
        return DAYBOOK_OK;
    }
    size_t found = 0;
    for (size_t i = 0; i < header->field_count; i++) {
        if (strcmp(header->fields[i], value->column) == 0) {
            value->column_index = i;
            found++;
        }
    }
    if (found == 0) {
        char names[COLUMN_NAMES_SIZE];
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("the file has no column \"%.80s\", which the map names; it has %s"), value->column,
                            list_columns(header, names));
    }
    return found == 1 ? DAYBOOK_OK
                      : daybook_fail(error, DAYBOOK_INVALID, _("the file has the column \"%.80s\" more than once"),
                                     value->column);
}

static enum daybook_status bind_fields(struct map_fields *fields, const struct csv_record *header,
                                       struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < fields->count; i++) {
        struct map_field *field = &fields->items[i];
        for (size_t e = 0; status == DAYBOOK_OK && e < field->count; e++) {
            status = field->field->type == PROTOBUF_C_TYPE_MESSAGE ? bind_fields(&field->groups[e], header, error)
                                                                   : bind_value(&field->values[e], header, error);
        }
    }
    return status;
}

enum daybook_status import_map_bind(struct import_map *map, const struct csv_record *header,
                                    struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < map->request_count; i++) {
        struct map_request *rule = &map->requests[i];
        struct map_value *own[] = {rule->customer, rule->effective_on, rule->original_on, rule->currency};
        for (size_t v = 0; status == DAYBOOK_OK && v < sizeof own / sizeof *own; v++) {
            status = own[v] == NULL ? DAYBOOK_OK : bind_value(own[v], header, error);
        }
        for (size_t c = 0; status == DAYBOOK_OK && c < rule->condition_count; c++) {
            status = bind_value(&rule->conditions[c].value, header, error);
        }
        if (status == DAYBOOK_OK) {
            status = bind_fields(&rule->fields, header, error);
        }
    }
    return status;
}

/* ---- values ---- */

/* Without spaces and tabs around it; the ideographic space (U+3000) counts, too. */
static struct daybook_bytes trimmed(const char *text) {
    size_t size = strlen(text);
    for (;;) {
        if (size > 0 && (text[0] == ' ' || text[0] == '\t')) {
            text++;
            size--;
        } else if (size >= 3 && memcmp(text, "\xE3\x80\x80", 3) == 0) {
            text += 3;
            size -= 3;
        } else if (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t')) {
            size--;
        } else if (size >= 3 && memcmp(text + size - 3, "\xE3\x80\x80", 3) == 0) {
            size -= 3;
        } else {
            return (struct daybook_bytes){(const uint8_t *)text, size};
        }
    }
}

static struct daybook_bytes column_of(const struct csv_record *row, const struct map_value *value) {
    assert(value->column_index < row->field_count);
    return trimmed(row->fields[value->column_index]);
}

/* Whether `grouping` stands where thousands end: three digits after the last, two (lakhs) or three between two, one to
 * three before the first. "1,50" would else become 150 where somebody else's comma is a decimal point. */
static bool is_grouped_well(struct daybook_bytes text, char grouping, char decimal) {
    size_t group_count = 0;
    size_t digit_count = 0;
    bool is_whole = true;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (c == grouping) {
            bool is_wide_enough = group_count == 0 ? digit_count >= 1 : digit_count >= 2;
            if (!is_whole || !is_wide_enough || digit_count > 3) {
                return false;
            }
            group_count++;
            digit_count = 0;
        } else if (c == decimal) {
            if (group_count > 0 && is_whole && digit_count != 3) {
                return false;
            }
            is_whole = false;
        } else if (is_whole && c >= '0' && c <= '9') {
            digit_count++;
        }
    }
    return group_count == 0 || !is_whole || digit_count == 3;
}

/* An amount's text without its grouping, in units of so many decimals. */
static enum decimal_result measure(const struct import_map *map, struct daybook_bytes text, int decimals,
                                   int64_t *minor) {
    char digits[64];
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < sizeof digits; i++) {
        if (map->grouping == '\0' || (char)text.data[i] != map->grouping) {
            digits[size++] = (char)text.data[i];
        }
    }
    return size == sizeof digits ? DECIMAL_NOT_A_NUMBER : decimal_parse(digits, size, decimals, map->decimal, minor);
}

static enum daybook_status parse_amount(struct building *building, struct daybook_bytes text, int64_t *minor) {
    char grouping = building->map->grouping;
    int decimals = currency_decimals(building->currency);
    int shown = (int)(text.size > 60 ? 60 : text.size);
    if (decimals < 0) {
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.8s\" is no ISO 4217 currency"),
                            building->currency);
    }
    enum decimal_result result = measure(building->map, text, decimals, minor);
    if (result == DECIMAL_OK && grouping != '\0' && !is_grouped_well(text, grouping, building->map->decimal)) {
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.*s\" has \"%c\" where no thousands end"), shown,
                            (const char *)text.data, grouping);
    }
    switch (result) {
    case DECIMAL_OK:
        return DAYBOOK_OK;
    case DECIMAL_TOO_MANY_DECIMALS:
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.*s\" has more decimals than %s has (%d)"), shown,
                            (const char *)text.data, building->currency, decimals);
    case DECIMAL_OVERFLOW:
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.*s\" is more than an amount can hold"), shown,
                            (const char *)text.data);
    case DECIMAL_NOT_A_NUMBER:
        break;
    }
    return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.*s\" is no amount"), shown, (const char *)text.data);
}

static enum daybook_status parse_date(struct building *building, struct daybook_bytes text, const char **date_text) {
    char *copy = arena_copy_text(building->arena, (const char *)text.data, text.size);
    char *room = arena_alloc(building->arena, DATE_TEXT_SIZE);
    int32_t date;
    if (copy == NULL || room == NULL) {
        return no_memory(building);
    }
    for (size_t i = 0; i < building->map->date_format_count; i++) {
        if (date_format_parse(building->map->date_formats[i], copy, &date)) {
            *date_text = date_format(date, room);
            return DAYBOOK_OK;
        }
    }
    const char *forms = building->map->date_formats[0];
    for (size_t i = 1; forms != NULL && i < building->map->date_format_count; i++) {
        forms = arena_format(building->arena, "%s, %s", forms, building->map->date_formats[i]);
    }
    return forms == NULL
               ? no_memory(building)
               : daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.60s\" is no date of the form %s"), copy, forms);
}

static enum daybook_status look_up(struct building *building, const struct map_value *value, struct daybook_bytes text,
                                   const char **result) {
    for (size_t i = 0; i < value->pair_count; i++) {
        if (daybook_bytes_equal(daybook_bytes_of_text(value->pairs[i].from), text)) {
            *result = value->pairs[i].to;
            return DAYBOOK_OK;
        }
    }
    *result = value->constant;
    if (value->constant == NULL) {
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.*s\" is not among the map's values"),
                            (int)(text.size > 60 ? 60 : text.size), (const char *)text.data);
    }
    return DAYBOOK_OK;
}

static enum daybook_status value_text(struct building *building, const struct map_value *value, const char **text);

static enum daybook_status concat(struct building *building, const struct map_value *value, const char **text) {
    *text = "";
    for (size_t i = 0; i < value->part_count; i++) {
        const char *part = "";
        enum daybook_status status = value_text(building, &value->parts[i], &part);
        if (status != DAYBOOK_OK) {
            return status;
        }
        *text = arena_format(building->arena, "%s%s", *text, part);
        if (*text == NULL) {
            return no_memory(building);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status value_amount(struct building *building, const struct map_value *value, int64_t *minor) {
    struct daybook_bytes text =
        value->source == MAP_CONSTANT ? daybook_bytes_of_text(value->constant) : column_of(building->row, value);
    enum daybook_status status = parse_amount(building, text, minor);
    if (status == DAYBOOK_OK && ((value->is_absolute && *minor < 0) || value->is_negated)) {
        if (*minor == INT64_MIN) {
            return daybook_fail(building->error, DAYBOOK_INVALID, "%s", _("it is more than an amount can hold"));
        }
        *minor = -*minor;
    }
    return status;
}

/* No text of a request may hold one: the ledger would refuse it when other requests of the row are there already. */
static enum daybook_status check_text(struct building *building, struct daybook_bytes text) {
    return text_is_line((const char *)text.data, text.size, text.size)
               ? DAYBOOK_OK
               : daybook_fail(building->error, DAYBOOK_INVALID, "%s",
                              _("it holds a line break, or another control character"));
}

static enum daybook_status value_text(struct building *building, const struct map_value *value, const char **text) {
    enum daybook_status status = DAYBOOK_OK;
    struct daybook_bytes column;
    int64_t minor = 0;
    char decimal[DECIMAL_TEXT_SIZE];
    switch (value->source) {
    case MAP_CONSTANT:
        *text = value->constant;
        return DAYBOOK_OK;
    case MAP_CONCAT:
        return concat(building, value, text);
    case MAP_COLUMN:
        column = column_of(building->row, value);
        *text = arena_copy_text(building->arena, (const char *)column.data, column.size);
        status = *text == NULL ? no_memory(building) : check_text(building, column);
        break;
    case MAP_LOOKUP:
        status = look_up(building, value, column_of(building->row, value), text);
        break;
    case MAP_DATE:
        status = parse_date(building, column_of(building->row, value), text);
        break;
    case MAP_AMOUNT:
        status = value_amount(building, value, &minor);
        if (status == DAYBOOK_OK) {
            decimal_format(minor, currency_decimals(building->currency), decimal);
            *text = arena_copy_text(building->arena, decimal, strlen(decimal));
            status = *text == NULL ? no_memory(building) : DAYBOOK_OK;
        }
        break;
    }
    return status == DAYBOOK_OK ? status : daybook_fail_in(building->error, _("column \"%.60s\""), value->column);
}

/* A date wherever it comes from: a column needs no {"date"} where only a date can stand. */
static enum daybook_status value_date(struct building *building, const struct map_value *value, const char **text) {
    enum daybook_status status = value_text(building, value, text);
    if (status == DAYBOOK_OK && value->source != MAP_DATE) {
        status = parse_date(building, daybook_bytes_of_text(*text), text);
        if (status != DAYBOOK_OK && value->column != NULL) {
            return daybook_fail_in(building->error, _("column \"%.60s\""), value->column);
        }
    }
    return status;
}

/* ---- fields ---- */

static enum daybook_status set_enum(struct building *building, const ProtobufCFieldDescriptor *field, void *slot,
                                    const char *text) {
    int number;
    if (!enum_find_short(field->descriptor, text, &number)) {
        char list[256];
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.60s\" is none of %s"), text,
                            enum_list_short(field->descriptor, list, sizeof list));
    }
    memcpy(slot, &number, sizeof number);
    return DAYBOOK_OK;
}

static enum daybook_status set_whole(struct building *building, void *slot, const char *text) {
    int64_t whole;
    if (decimal_parse(text, strlen(text), 0, '.', &whole) != DECIMAL_OK || whole < 0 || whole > INT32_MAX) {
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.60s\" is no whole number"), text);
    }
    memcpy(slot, &(uint32_t){(uint32_t)whole}, sizeof(uint32_t));
    return DAYBOOK_OK;
}

/* An empty cell is false, too. "TRUE" or "yes" must not become false unnoticed: a lookup turns them into ours. */
static enum daybook_status set_flag(struct building *building, void *slot, const char *text) {
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && text[0] != '\0' && strcmp(text, "false") != 0) {
        return daybook_fail(building->error, DAYBOOK_INVALID, _("\"%.60s\" is neither true nor false"), text);
    }
    *(protobuf_c_boolean *)slot = is_true;
    return DAYBOOK_OK;
}

static enum daybook_status set_scalar(struct building *building, const ProtobufCFieldDescriptor *field, void *slot,
                                      const struct map_value *value) {
    const char *text = "";
    if (field->type == PROTOBUF_C_TYPE_INT64 && (value->source == MAP_AMOUNT || value->source == MAP_CONSTANT)) {
        int64_t minor = 0;
        enum daybook_status status = value_amount(building, value, &minor);
        memcpy(slot, &minor, sizeof minor);
        return status == DAYBOOK_OK || value->column == NULL
                   ? status
                   : daybook_fail_in(building->error, _("column \"%.60s\""), value->column);
    }
    enum daybook_status status = value_text(building, value, &text);
    if (status != DAYBOOK_OK) {
        return status;
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        memcpy(slot, &text, sizeof text);
        return DAYBOOK_OK;
    case PROTOBUF_C_TYPE_ENUM:
        return set_enum(building, field, slot, text);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT32:
        return set_whole(building, slot, text);
    case PROTOBUF_C_TYPE_BOOL:
        return set_flag(building, slot, text);
    default:
        return daybook_fail(building->error, DAYBOOK_INVALID, _("%s takes an {\"amount\"}"), field->name);
    }
}

static enum daybook_status set_fields(struct building *building, const struct map_fields *fields,
                                      ProtobufCMessage *message);

static enum daybook_status set_element(struct building *building, const struct map_field *rule, size_t index,
                                       ProtobufCMessage *message) {
    const ProtobufCFieldDescriptor *field = rule->field;
    void *slot =
        field_is_repeated(field) ? field_append(message, field, building->arena) : field_member(message, field);
    if (slot == NULL) {
        return no_memory(building);
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return set_scalar(building, field, slot, &rule->values[index]);
    }
    ProtobufCMessage *nested = message_new(field->descriptor, building->arena);
    if (nested == NULL) {
        return no_memory(building);
    }
    memcpy(slot, &nested, sizeof(ProtobufCMessage *));
    field_mark(message, field);
    return set_fields(building, &rule->groups[index], nested);
}

static enum daybook_status set_fields(struct building *building, const struct map_fields *fields,
                                      ProtobufCMessage *message) {
    for (size_t i = 0; i < fields->count; i++) {
        for (size_t e = 0; e < fields->items[i].count; e++) {
            enum daybook_status status = set_element(building, &fields->items[i], e, message);
            if (status != DAYBOOK_OK) {
                return status;
            }
        }
    }
    return DAYBOOK_OK;
}

/* ---- requests ---- */

/* An amount for its sign alone: more than fits with four decimals may fit with the currency's, and building will say.
 */
static bool has_sign(struct building *building, struct daybook_bytes text, int64_t *minor) {
    if (measure(building->map, text, currency_decimals(building->currency), minor) == DECIMAL_OVERFLOW) {
        *minor = text.data[0] == '-' ? -1 : 1;
        return true;
    }
    return parse_amount(building, text, minor) == DAYBOOK_OK;
}

enum daybook_status import_map_applies(const struct import_map *map, const struct map_request *rule,
                                       const struct csv_record *row, bool *applies, struct daybook_error *error) {
    /* Four decimals are the most that a currency has: enough to tell a sign. */
    struct building building = {.map = map, .row = row, .currency = "CLF", .error = error};
    *applies = true;
    for (size_t i = 0; *applies && i < rule->condition_count; i++) {
        const struct map_condition *condition = &rule->conditions[i];
        struct daybook_bytes text = column_of(row, &condition->value);
        bool is_number =
            condition->test == MAP_POSITIVE || condition->test == MAP_NEGATIVE || condition->test == MAP_ZERO;
        int64_t minor = 0;
        if (is_number && !has_sign(&building, text, &minor)) {
            return error == NULL ? DAYBOOK_INVALID
                                 : daybook_fail_in(error, _("column \"%.60s\""), condition->value.column);
        }
        bool is_equal = condition->text != NULL && daybook_bytes_equal(daybook_bytes_of_text(condition->text), text);
        switch (condition->test) {
        case MAP_POSITIVE:
            *applies = minor > 0;
            break;
        case MAP_NEGATIVE:
            *applies = minor < 0;
            break;
        case MAP_ZERO:
            *applies = minor == 0;
            break;
        case MAP_EMPTY:
            *applies = text.size == 0;
            break;
        case MAP_PRESENT:
            *applies = text.size > 0;
            break;
        case MAP_EQUALS:
            *applies = is_equal;
            break;
        case MAP_DIFFERS:
            *applies = !is_equal;
            break;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status set_envelope(struct building *building, const struct map_request *rule,
                                        Pb__Request *request) {
    const char *text = "";
    enum daybook_status status = DAYBOOK_OK;
    if (rule->customer != NULL) {
        status = value_text(building, rule->customer, &text);
        if (status == DAYBOOK_OK && !text_is_identifier(text, strlen(text), LIMIT_ID_BYTES)) {
            status = daybook_fail(building->error, DAYBOOK_INVALID, _("customer: \"%.80s\" is no id of 1 to %d bytes"),
                                  text, LIMIT_ID_BYTES);
        }
        request->customer = (char *)(uintptr_t)text;
    }
    if (status == DAYBOOK_OK) {
        status = value_date(building, rule->effective_on, &text);
        request->effective_on = (char *)(uintptr_t)text;
    }
    if (status == DAYBOOK_OK && rule->original_on != NULL) {
        status = value_date(building, rule->original_on, &text);
        request->original_on = (char *)(uintptr_t)text;
    }
    return status;
}

enum daybook_status import_map_build(const struct import_map *map, const struct map_request *rule,
                                     const struct csv_record *row, const char *default_currency, struct arena *arena,
                                     Pb__Request **request, struct daybook_error *error) {
    struct daybook_error local;
    struct building building = {map, row, map->currency[0] == '\0' ? default_currency : map->currency, arena,
                                error == NULL ? &local : error};
    Pb__Request *made = (Pb__Request *)message_new(&pb__request__descriptor, arena);
    ProtobufCMessage *command = made == NULL ? NULL : field_submessage(&made->base, rule->arm, arena);
    if (command == NULL) {
        return no_memory(&building);
    }
    enum daybook_status status = DAYBOOK_OK;
    if (rule->currency != NULL) {
        status = value_text(&building, rule->currency, &building.currency);
    }
    made->currency = (char *)(uintptr_t)building.currency;
    if (status == DAYBOOK_OK) {
        status = set_envelope(&building, rule, made);
    }
    if (status == DAYBOOK_OK) {
        status = set_fields(&building, &rule->fields, command);
    }
    *request = made;
    return status;
}
