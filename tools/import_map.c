/* Reading a mapping file. */
#include "tools/import_map.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/decimal.h"
#include "tools/message_field.h"
#include "tools/text.h"

/* What reading passes along. */
struct map_reading {
    struct arena *arena;
    struct daybook_error *error;
};

static enum daybook_status no_memory(struct map_reading *reading) {
    return daybook_fail(reading->error, DAYBOOK_NO_MEMORY, "%s", _("it is larger than the memory set aside"));
}

/* A member that is not in `names` (which ends with NULL) would be lost: refuse it by name. */
static enum daybook_status check_names(struct map_reading *reading, const json_t *json, const char *const *names) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        const char *const *known = names;
        while (*known != NULL && strcmp(*known, name) != 0) {
            known++;
        }
        if (*known == NULL) {
            return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"%.80s\" is not known here"), name);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_text(struct map_reading *reading, const json_t *json, const char *name,
                                     const char **text) {
    const json_t *member = json_object_get(json, name);
    if (member == NULL) {
        return DAYBOOK_OK;
    }
    if (!json_is_string(member)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"%s\" is not a string"), name);
    }
    *text = arena_copy_text(reading->arena, json_string_value(member), json_string_length(member));
    return *text == NULL ? no_memory(reading) : DAYBOOK_OK;
}

static enum daybook_status read_flag(struct map_reading *reading, const json_t *json, const char *name, bool *flag) {
    const json_t *member = json_object_get(json, name);
    if (member != NULL && !json_is_boolean(member)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"%s\" is neither true nor false"), name);
    }
    *flag = json_is_true(member);
    return DAYBOOK_OK;
}

/* One character, or nothing where that is allowed. */
static enum daybook_status read_character(struct map_reading *reading, const json_t *json, const char *name,
                                          bool may_be_empty, char *character) {
    const char *text = NULL;
    enum daybook_status status = read_text(reading, json, name, &text);
    if (status != DAYBOOK_OK || text == NULL) {
        return status;
    }
    size_t size = strlen(text);
    if (size > 1 || (size == 0 && !may_be_empty) || (unsigned char)text[0] >= 0x80) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"%s\" is not one ASCII character"), name);
    }
    *character = text[0];
    return DAYBOOK_OK;
}

/* ---- values ---- */

static enum daybook_status read_value(struct map_reading *reading, const json_t *json, struct map_value *value);

/* A constant stands for the text that it would have in a column. */
static enum daybook_status read_constant(struct map_reading *reading, const json_t *json, struct map_value *value) {
    value->source = MAP_CONSTANT;
    if (json_is_string(json)) {
        value->constant = arena_copy_text(reading->arena, json_string_value(json), json_string_length(json));
    } else if (json_is_integer(json)) {
        value->constant = arena_format(reading->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    } else if (json_is_boolean(json)) {
        value->constant = json_is_true(json) ? "true" : "false";
    } else {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("a constant is a string, a whole number, true or false"));
    }
    return value->constant == NULL ? no_memory(reading) : DAYBOOK_OK;
}

static enum daybook_status read_parts(struct map_reading *reading, const json_t *json, struct map_value *value) {
    value->source = MAP_CONCAT;
    value->part_count = json_array_size(json);
    if (value->part_count == 0) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("\"concat\" is not an array of parts"));
    }
    value->parts = arena_zalloc(reading->arena, value->part_count * sizeof *value->parts);
    if (value->parts == NULL) {
        return no_memory(reading);
    }
    for (size_t i = 0; i < value->part_count; i++) {
        const json_t *part = json_array_get(json, i);
        enum daybook_status status = json_is_object(part) ? read_value(reading, part, &value->parts[i])
                                                          : read_constant(reading, part, &value->parts[i]);
        if (status != DAYBOOK_OK) {
            return daybook_fail_in(reading->error, "concat[%zu]", i);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_lookup(struct map_reading *reading, const json_t *json, struct map_value *value) {
    const json_t *table = json_object_get(json, "values");
    value->source = MAP_LOOKUP;
    if (!json_is_object(table)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("\"lookup\" needs \"values\", an object of texts"));
    }
    value->pairs = arena_zalloc(reading->arena, (json_object_size(table) + 1) * sizeof *value->pairs);
    if (value->pairs == NULL) {
        return no_memory(reading);
    }
    const char *from;
    json_t *to;
    json_object_foreach((json_t *)(uintptr_t)table, from, to) {
        struct map_pair *pair = &value->pairs[value->pair_count++];
        if (!json_is_string(to)) {
            return daybook_fail(reading->error, DAYBOOK_INVALID, _("values: \"%.80s\" stands for no string"), from);
        }
        pair->from = arena_copy_text(reading->arena, from, strlen(from));
        pair->to = arena_copy_text(reading->arena, json_string_value(to), json_string_length(to));
        if (pair->from == NULL || pair->to == NULL) {
            return no_memory(reading);
        }
    }
    return read_text(reading, json, "otherwise", &value->constant);
}

static enum daybook_status read_own_format(struct map_reading *reading, const json_t *json, struct map_value *value) {
    enum daybook_status status = read_text(reading, json, "format", &value->date_format);
    if (status == DAYBOOK_OK && value->date_format != NULL && !date_format_is_valid(value->date_format)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID,
                            _("\"format\": not a date format like \"YYYY-MM-DD\" or \"M/D/YYYY\""));
    }
    return status;
}

static enum daybook_status read_column(struct map_reading *reading, const json_t *json, struct map_value *value) {
    static const char *const column_names[] = {"column", "optional", NULL};
    static const char *const date_names[] = {"date", "format", "optional", NULL};
    static const char *const amount_names[] = {"amount", "absolute", "negate", "optional", NULL};
    static const char *const lookup_names[] = {"lookup", "values", "otherwise", "optional", NULL};
    static const struct {
        enum map_source source;
        const char *name;
        const char *const *names;
    } kinds[] = {
        {MAP_COLUMN, "column", column_names},
        {MAP_DATE, "date", date_names},
        {MAP_AMOUNT, "amount", amount_names},
        {MAP_LOOKUP, "lookup", lookup_names},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (json_object_get(json, kinds[i].name) == NULL) {
            continue;
        }
        value->source = kinds[i].source;
        enum daybook_status status = check_names(reading, json, kinds[i].names);
        if (status == DAYBOOK_OK) {
            status = read_text(reading, json, kinds[i].name, &value->column);
        }
        if (status == DAYBOOK_OK && value->source == MAP_LOOKUP) {
            status = read_lookup(reading, json, value);
        }
        if (status == DAYBOOK_OK) {
            status = read_own_format(reading, json, value);
        }
        if (status == DAYBOOK_OK) {
            status = read_flag(reading, json, "absolute", &value->is_absolute);
        }
        if (status == DAYBOOK_OK) {
            status = read_flag(reading, json, "optional", &value->is_optional);
        }
        return status == DAYBOOK_OK ? read_flag(reading, json, "negate", &value->is_negated) : status;
    }
    return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                        _("a value is {\"column\"}, {\"date\"}, {\"amount\"}, {\"lookup\"}, {\"constant\"} or "
                          "{\"concat\"}"));
}

static enum daybook_status read_value(struct map_reading *reading, const json_t *json, struct map_value *value) {
    static const char *const constant_names[] = {"constant", NULL};
    static const char *const concat_names[] = {"concat", NULL};
    const json_t *constant = json_object_get(json, "constant");
    const json_t *concat = json_object_get(json, "concat");
    if (!json_is_object(json)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("a value is an object, like {\"column\": \"Amount\"}"));
    }
    if (constant == NULL && concat == NULL) {
        return read_column(reading, json, value);
    }
    enum daybook_status status = check_names(reading, json, constant != NULL ? constant_names : concat_names);
    if (status != DAYBOOK_OK) {
        return status;
    }
    return constant != NULL ? read_constant(reading, constant, value) : read_parts(reading, concat, value);
}

static enum daybook_status read_optional(struct map_reading *reading, const json_t *json, const char *name,
                                         struct map_value **value) {
    const json_t *member = json_object_get(json, name);
    if (member == NULL) {
        return DAYBOOK_OK;
    }
    *value = arena_zalloc(reading->arena, sizeof **value);
    if (*value == NULL) {
        return no_memory(reading);
    }
    return read_value(reading, member, *value) == DAYBOOK_OK ? DAYBOOK_OK : daybook_fail_in(reading->error, "%s", name);
}

/* ---- fields of a request ---- */

static enum daybook_status read_fields(struct map_reading *reading, const json_t *json,
                                       const ProtobufCMessageDescriptor *descriptor, struct map_fields *fields);

static enum daybook_status read_element(struct map_reading *reading, const json_t *json, struct map_field *field,
                                        size_t index) {
    return field->field->type == PROTOBUF_C_TYPE_MESSAGE
               ? read_fields(reading, json, field->field->descriptor, &field->groups[index])
               : read_value(reading, json, &field->values[index]);
}

static enum daybook_status read_field(struct map_reading *reading, const json_t *json, struct map_field *field) {
    bool is_list = field_is_repeated(field->field);
    if (is_list && !json_is_array(json)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("not an array"));
    }
    field->count = is_list ? json_array_size(json) : 1;
    field->values = arena_zalloc(reading->arena, (field->count + 1) * sizeof *field->values);
    field->groups = arena_zalloc(reading->arena, (field->count + 1) * sizeof *field->groups);
    if (field->values == NULL || field->groups == NULL) {
        return no_memory(reading);
    }
    for (size_t i = 0; i < field->count; i++) {
        const json_t *element = is_list ? json_array_get(json, i) : json;
        enum daybook_status status = read_element(reading, element, field, i);
        if (status != DAYBOOK_OK) {
            return is_list ? daybook_fail_in(reading->error, "[%zu]", i) : status;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_fields(struct map_reading *reading, const json_t *json,
                                       const ProtobufCMessageDescriptor *descriptor, struct map_fields *fields) {
    if (!json_is_object(json)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("not an object with the fields of %s"),
                            descriptor->short_name);
    }
    fields->items = arena_zalloc(reading->arena, (json_object_size(json) + 1) * sizeof *fields->items);
    if (fields->items == NULL) {
        return no_memory(reading);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        struct map_field *field = &fields->items[fields->count++];
        field->field = message_find_field(descriptor, name);
        if (field->field == NULL) {
            return daybook_fail(reading->error, DAYBOOK_INVALID, _("%s has no field \"%.80s\""), descriptor->short_name,
                                name);
        }
        enum daybook_status status = read_field(reading, value, field);
        if (status != DAYBOOK_OK) {
            return daybook_fail_in(reading->error, "%.80s", name);
        }
    }
    return DAYBOOK_OK;
}

/* ---- conditions ---- */

static enum daybook_status read_test(struct map_reading *reading, const char *is, struct map_condition *condition) {
    static const char *const names[] = {"positive", "negative", "zero", "empty", "present"};
    static const enum map_test tests[] = {MAP_POSITIVE, MAP_NEGATIVE, MAP_ZERO, MAP_EMPTY, MAP_PRESENT};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], is) == 0) {
            condition->test = tests[i];
            return DAYBOOK_OK;
        }
    }
    return daybook_fail(reading->error, DAYBOOK_INVALID,
                        _("\"is\": \"%.40s\" is none of positive, negative, zero, empty, present"), is);
}

static enum daybook_status read_condition(struct map_reading *reading, const json_t *json,
                                          struct map_condition *condition) {
    static const char *const names[] = {"column", "is", "equals", "differs", NULL};
    const char *is = NULL;
    const char *equals = NULL;
    const char *differs = NULL;
    enum daybook_status status = check_names(reading, json, names);
    if (status == DAYBOOK_OK) {
        status = read_text(reading, json, "column", &condition->value.column);
    }
    if (status == DAYBOOK_OK) {
        status = read_text(reading, json, "is", &is);
    }
    if (status == DAYBOOK_OK) {
        status = read_text(reading, json, "equals", &equals);
    }
    if (status == DAYBOOK_OK) {
        status = read_text(reading, json, "differs", &differs);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    int tests = (is != NULL ? 1 : 0) + (equals != NULL ? 1 : 0) + (differs != NULL ? 1 : 0);
    if (condition->value.column == NULL || tests != 1) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("a condition is {\"column\": ...} with one of \"is\", \"equals\" and \"differs\""));
    }
    condition->value.source = MAP_COLUMN;
    condition->test = equals != NULL ? MAP_EQUALS : MAP_DIFFERS;
    condition->text = equals != NULL ? equals : differs;
    return is == NULL ? DAYBOOK_OK : read_test(reading, is, condition);
}

static enum daybook_status read_conditions(struct map_reading *reading, const json_t *json, struct map_request *rule) {
    const json_t *when = json_object_get(json, "when");
    if (when != NULL && !json_is_array(when)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("\"when\" is not an array of conditions"));
    }
    rule->condition_count = json_array_size(when);
    rule->conditions = arena_zalloc(reading->arena, (rule->condition_count + 1) * sizeof *rule->conditions);
    if (rule->conditions == NULL) {
        return no_memory(reading);
    }
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (read_condition(reading, json_array_get(when, i), &rule->conditions[i]) != DAYBOOK_OK) {
            return daybook_fail_in(reading->error, "when[%zu]", i);
        }
    }
    return DAYBOOK_OK;
}

/* ---- requests ---- */

static enum daybook_status read_arm(struct map_reading *reading, const json_t *json, struct map_request *rule) {
    const char *command = NULL;
    enum daybook_status status = read_text(reading, json, "command", &command);
    if (status != DAYBOOK_OK) {
        return status;
    }
    rule->arm = command == NULL ? NULL : message_find_field(&pb__request__descriptor, command);
    if (rule->arm == NULL || !field_is_oneof(rule->arm)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID,
                            _("\"command\": \"%.60s\" is no command of a request (one is \"post_charge\")"),
                            command == NULL ? "" : command);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_rule(struct map_reading *reading, const json_t *json, struct map_request *rule) {
    static const char *const names[] = {"command",     "when",     "once",   "customer", "effective_on",
                                        "original_on", "currency", "fields", "comment",  NULL};
    const json_t *fields = json_object_get(json, "fields");
    enum daybook_status status = DAYBOOK_OK;
    if (!json_is_object(json)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("not an object"));
    }
    status = check_names(reading, json, names);
    status = status == DAYBOOK_OK ? read_arm(reading, json, rule) : status;
    status = status == DAYBOOK_OK ? read_flag(reading, json, "once", &rule->is_once) : status;
    status = status == DAYBOOK_OK ? read_conditions(reading, json, rule) : status;
    status = status == DAYBOOK_OK ? read_optional(reading, json, "customer", &rule->customer) : status;
    status = status == DAYBOOK_OK ? read_optional(reading, json, "effective_on", &rule->effective_on) : status;
    status = status == DAYBOOK_OK ? read_optional(reading, json, "original_on", &rule->original_on) : status;
    status = status == DAYBOOK_OK ? read_optional(reading, json, "currency", &rule->currency) : status;
    if (status == DAYBOOK_OK && rule->effective_on == NULL) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("\"effective_on\" is missing: rows are put in the order of their dates"));
    }
    if (status == DAYBOOK_OK &&
        (rule->effective_on->is_optional || (rule->customer != NULL && rule->customer->is_optional))) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("\"optional\" is for what may be left out: not for the date that it counts for, or the "
                              "customer"));
    }
    if (status == DAYBOOK_OK && rule->is_once && rule->customer == NULL) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("\"once\" needs a \"customer\""));
    }
    if (status == DAYBOOK_OK && fields != NULL) {
        status = read_fields(reading, fields, rule->arm->descriptor, &rule->fields);
        return status == DAYBOOK_OK ? status : daybook_fail_in(reading->error, "fields");
    }
    return status;
}

static enum daybook_status read_rules(struct map_reading *reading, const json_t *json, struct import_map *map) {
    const json_t *requests = json_object_get(json, "requests");
    map->request_count = json_array_size(requests);
    if (map->request_count == 0 || map->request_count > IMPORT_REQUESTS_MAX) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"requests\" is not an array of 1 to %d requests"),
                            IMPORT_REQUESTS_MAX);
    }
    map->requests = arena_zalloc(reading->arena, map->request_count * sizeof *map->requests);
    if (map->requests == NULL) {
        return no_memory(reading);
    }
    for (size_t i = 0; i < map->request_count; i++) {
        if (read_rule(reading, json_array_get(requests, i), &map->requests[i]) != DAYBOOK_OK) {
            return daybook_fail_in(reading->error, "requests[%zu]", i);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_date_formats(struct map_reading *reading, const json_t *json, struct import_map *map) {
    const json_t *formats = json_object_get(json, "date_formats");
    map->date_format_count = json_array_size(formats);
    if (formats == NULL) {
        map->date_formats[0] = "YYYY-MM-DD";
        map->date_format_count = 1;
        return DAYBOOK_OK;
    }
    if (map->date_format_count == 0 || map->date_format_count > IMPORT_DATE_FORMATS_MAX) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"date_formats\" is not an array of 1 to %d formats"),
                            IMPORT_DATE_FORMATS_MAX);
    }
    for (size_t i = 0; i < map->date_format_count; i++) {
        const json_t *format = json_array_get(formats, i);
        if (!json_is_string(format) || !date_format_is_valid(json_string_value(format))) {
            return daybook_fail(reading->error, DAYBOOK_INVALID,
                                _("date_formats[%zu]: not a date format like \"YYYY-MM-DD\" or \"M/D/YYYY\""), i);
        }
        map->date_formats[i] = arena_copy_text(reading->arena, json_string_value(format), json_string_length(format));
        if (map->date_formats[i] == NULL) {
            return no_memory(reading);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_skip_lines(struct map_reading *reading, const json_t *json, struct import_map *map) {
    const json_t *lines = json_object_get(json, "skip_lines");
    json_int_t count = json_integer_value(lines);
    if (lines != NULL && (!json_is_integer(lines) || count < 0 || count > IMPORT_SKIP_LINES_MAX)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"skip_lines\" is not a whole number from 0 to %d"),
                            IMPORT_SKIP_LINES_MAX);
    }
    map->skip_lines = (uint32_t)count;
    return DAYBOOK_OK;
}

static enum daybook_status read_formats(struct map_reading *reading, const json_t *json, struct import_map *map) {
    const char *encoding = "auto";
    enum daybook_status status = read_text(reading, json, "encoding", &encoding);
    if (status == DAYBOOK_OK && !charset_find(encoding, &map->charset)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID,
                            _("\"encoding\": \"%.40s\" is none of auto, utf-8, gb18030, windows-1252"), encoding);
    }
    status = status == DAYBOOK_OK ? read_character(reading, json, "delimiter", false, &map->delimiter) : status;
    status = status == DAYBOOK_OK ? read_character(reading, json, "decimal", false, &map->decimal) : status;
    status = status == DAYBOOK_OK ? read_character(reading, json, "grouping", true, &map->grouping) : status;
    status = status == DAYBOOK_OK ? read_text(reading, json, "currency", &map->currency) : status;
    status = status == DAYBOOK_OK ? read_text(reading, json, "currency_sign", &map->currency_sign) : status;
    status = status == DAYBOOK_OK ? read_skip_lines(reading, json, map) : status;
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (strpbrk(map->currency_sign, "0123456789.,-+()") != NULL) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("\"currency_sign\" is a sign like \"$\": no digit, point, comma, sign or bracket"));
    }
    if (strchr("\"\r\n", map->delimiter) != NULL) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("\"delimiter\" cannot part fields"));
    }
    if ((map->decimal != '.' && map->decimal != ',') || map->grouping == map->decimal) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s",
                            _("\"decimal\" is \".\" or \",\", and \"grouping\" another character"));
    }
    if (map->currency[0] != '\0' && currency_decimals(map->currency) < 0) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, _("\"currency\": \"%.8s\" is no ISO 4217 code"),
                            map->currency);
    }
    return read_date_formats(reading, json, map);
}

static enum daybook_status read_map(struct map_reading *reading, const json_t *json, struct import_map *map) {
    static const char *const names[] = {"version",  "encoding",   "delimiter",     "decimal",
                                        "grouping", "currency",   "currency_sign", "date_formats",
                                        "requests", "skip_lines", "comment",       NULL};
    if (!json_is_object(json)) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("not an object"));
    }
    enum daybook_status status = check_names(reading, json, names);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!json_is_integer(json_object_get(json, "version")) ||
        json_integer_value(json_object_get(json, "version")) != 1) {
        return daybook_fail(reading->error, DAYBOOK_INVALID, "%s", _("\"version\" is not 1"));
    }
    status = read_formats(reading, json, map);
    return status == DAYBOOK_OK ? read_rules(reading, json, map) : status;
}

enum daybook_status import_map_read(const char *name, struct daybook_bytes text, struct arena *arena,
                                    struct import_map *map, struct daybook_error *error) {
    struct daybook_error local;
    struct map_reading reading = {arena, error == NULL ? &local : error};
    json_error_t syntax;
    *map = (struct import_map){.delimiter = ',', .decimal = '.', .currency = "", .currency_sign = "", .arena = arena};
    json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &syntax);
    if (json == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s, line %d: not JSON: %s"), name, syntax.line, syntax.text);
    }
    enum daybook_status status = read_map(&reading, json, map);
    json_decref(json);
    return status == DAYBOOK_OK ? status : daybook_fail_in(reading.error, "%s", name);
}
