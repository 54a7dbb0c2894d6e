/* From a row and its mapping to a request. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "limits.h"
#include "tools/import_amount.h"
#include "tools/import_cell.h"
#include "tools/import_dates.h"
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

static enum daybook_status bind_value(struct import_map *map, struct map_value *value, const struct csv_record *header,
                                      struct daybook_error *error) {
    for (size_t i = 0; i < value->part_count; i++) {
        enum daybook_status status = bind_value(map, &value->parts[i], header, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    if (value->column == NULL) {
        return DAYBOOK_OK;
    }
    size_t found = 0;
    for (size_t i = 0; i < header->field_count; i++) {
        if (daybook_bytes_equal(cell_trim(header->fields[i]), cell_trim(value->column))) {
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
    if (found > 1) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the file has the column \"%.80s\" more than once"),
                            value->column);
    }
    if (value->source == MAP_DATE && value->date_format == NULL) {
        map->date_forms[value->column_index] = UINT8_MAX;
    }
    return DAYBOOK_OK;
}

/* Where only a date can stand, a column is one of dates. */
static enum daybook_status bind_date(struct import_map *map, struct map_value *value, const struct csv_record *header,
                                     struct daybook_error *error) {
    if (value == NULL) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = bind_value(map, value, header, error);
    if (status == DAYBOOK_OK && value->source == MAP_COLUMN) {
        map->date_forms[value->column_index] = UINT8_MAX;
    }
    return status;
}

static enum daybook_status bind_fields(struct import_map *map, struct map_fields *fields,
                                       const struct csv_record *header, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < fields->count; i++) {
        struct map_field *field = &fields->items[i];
        for (size_t e = 0; status == DAYBOOK_OK && e < field->count; e++) {
            status = field->field->type == PROTOBUF_C_TYPE_MESSAGE ? bind_fields(map, &field->groups[e], header, error)
                                                                   : bind_value(map, &field->values[e], header, error);
        }
    }
    return status;
}

static enum daybook_status bind_rule(struct import_map *map, struct map_request *rule, const struct csv_record *header,
                                     struct daybook_error *error) {
    DAYBOOK_TRY(bind_date(map, rule->effective_on, header, error));
    DAYBOOK_TRY(bind_date(map, rule->original_on, header, error));
    if (rule->customer != NULL) {
        DAYBOOK_TRY(bind_value(map, rule->customer, header, error));
    }
    if (rule->currency != NULL) {
        DAYBOOK_TRY(bind_value(map, rule->currency, header, error));
    }
    for (size_t c = 0; c < rule->condition_count; c++) {
        DAYBOOK_TRY(bind_value(map, &rule->conditions[c].value, header, error));
    }
    return bind_fields(map, &rule->fields, header, error);
}

enum daybook_status import_map_bind(struct import_map *map, const struct csv_record *header,
                                    struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    map->date_forms = arena_zalloc(map->arena, header->field_count + 1);
    if (map->date_forms == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("it is larger than the memory set aside"));
    }
    for (size_t i = 0; status == DAYBOOK_OK && i < map->request_count; i++) {
        status = bind_rule(map, &map->requests[i], header, error);
    }
    return status;
}

/* ---- values ---- */

static struct daybook_bytes column_of(const struct csv_record *row, const struct map_value *value) {
    assert(value->column_index < row->field_count);
    return cell_trim(row->fields[value->column_index]);
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
    enum daybook_status status = import_amount_parse(building->map, text, building->currency, minor, building->error);
    if (status == DAYBOOK_OK && ((value->is_absolute && *minor < 0) || value->is_negated)) {
        if (*minor == INT64_MIN) {
            return daybook_fail(building->error, DAYBOOK_INVALID, "%s", _("it is more than an amount can hold"));
        }
        *minor = -*minor;
    }
    return status;
}

/* No text of a request may hold a control character: the ledger would refuse it when other requests of the row are
 * there already. And what a spreadsheet has spoilt is no text of the books'. */
static enum daybook_status check_text(struct building *building, struct daybook_bytes text) {
    if (cell_is_wreck(text)) {
        return daybook_fail(building->error, DAYBOOK_INVALID,
                            _("\"%.*s\" is what a spreadsheet left of it: make the column one of text there, and save "
                              "the file again"),
                            (int)(text.size > 60 ? 60 : text.size), (const char *)text.data);
    }
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
        status = import_dates_parse(building->map, value, column_of(building->row, value), building->arena, text,
                                    building->error);
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
        status = import_dates_parse(building->map, value, daybook_bytes_of_text(*text), building->arena, text,
                                    building->error);
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

/* An empty cell that may be empty: nothing is said. */
static bool is_left_out(const struct building *building, const struct map_value *value) {
    return value->is_optional && column_of(building->row, value).size == 0;
}

/* Of an element of a list, such as the third instalment: all that may be empty is, and nothing else was to be said but
 * by the map itself. */
static bool is_group_left_out(const struct building *building, const struct map_fields *group) {
    bool is_optional = false;
    for (size_t i = 0; i < group->count; i++) {
        const struct map_field *field = &group->items[i];
        for (size_t e = 0; e < field->count; e++) {
            bool is_message = field->field->type == PROTOBUF_C_TYPE_MESSAGE;
            bool is_constant = !is_message && field->values[e].source == MAP_CONSTANT;
            bool is_out =
                is_message ? is_group_left_out(building, &field->groups[e]) : is_left_out(building, &field->values[e]);
            if (!is_out && !is_constant) {
                return false;
            }
            is_optional |= is_out;
        }
    }
    return is_optional;
}

static enum daybook_status set_fields(struct building *building, const struct map_fields *fields,
                                      ProtobufCMessage *message);

static enum daybook_status set_element(struct building *building, const struct map_field *rule, size_t index,
                                       ProtobufCMessage *message) {
    const ProtobufCFieldDescriptor *field = rule->field;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE ? is_group_left_out(building, &rule->groups[index])
                                               : is_left_out(building, &rule->values[index])) {
        return DAYBOOK_OK;
    }
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

enum daybook_status import_map_applies(const struct import_map *map, const struct map_request *rule,
                                       const struct csv_record *row, bool *applies, struct daybook_error *error) {
    *applies = true;
    for (size_t i = 0; *applies && i < rule->condition_count; i++) {
        const struct map_condition *condition = &rule->conditions[i];
        struct daybook_bytes text = column_of(row, &condition->value);
        bool is_number =
            condition->test == MAP_POSITIVE || condition->test == MAP_NEGATIVE || condition->test == MAP_ZERO;
        int64_t minor = 0;
        if (is_number && import_amount_sign(map, text, &minor, error) != DAYBOOK_OK) {
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

static enum daybook_status check_customer(struct building *building, const char *text) {
    uint32_t unseen = cell_find_unseen(daybook_bytes_of_text(text));
    if (!text_is_identifier(text, strlen(text), LIMIT_ID_BYTES)) {
        return daybook_fail(building->error, DAYBOOK_INVALID, _("customer: \"%.80s\" is no id of 1 to %d bytes"), text,
                            LIMIT_ID_BYTES);
    }
    return unseen == 0 ? DAYBOOK_OK
                       : daybook_fail(building->error, DAYBOOK_INVALID,
                                      _("customer: \"%.80s\" has a character that is not seen (U+%04X); it would be "
                                        "another customer than one that looks the same"),
                                      text, (unsigned)unseen);
}

static enum daybook_status set_envelope(struct building *building, const struct map_request *rule,
                                        Pb__Request *request) {
    const char *text = "";
    enum daybook_status status = DAYBOOK_OK;
    if (rule->customer != NULL) {
        status = value_text(building, rule->customer, &text);
        if (status == DAYBOOK_OK) {
            status = check_customer(building, text);
        }
        request->customer = (char *)(uintptr_t)text;
    }
    if (status == DAYBOOK_OK) {
        status = value_date(building, rule->effective_on, &text);
        request->effective_on = (char *)(uintptr_t)text;
    }
    if (status == DAYBOOK_OK && rule->original_on != NULL && !is_left_out(building, rule->original_on)) {
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
    if (rule->currency != NULL && !is_left_out(&building, rule->currency)) {
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
