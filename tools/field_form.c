/* The text of an option or an argument, put into the field of a message that its rule names. */
#include "tools/field_form.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "tools/message_field.h"
#include "tools/text.h"

struct place {
    ProtobufCMessage *owner;
    const ProtobufCFieldDescriptor *field;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("putting the request together: memory was refused"));
}

/* Walks "profile.terms.days", making what is absent on the way. A path that leads nowhere is a broken table. */
static enum daybook_status find_place(const struct field_target *target, const char *path, struct place *place,
                                      struct daybook_error *error) {
    place->owner = path[0] == '/' ? target->root : target->message;
    path += path[0] == '/' ? 1 : 0;
    for (;;) {
        char step[FIELD_JSON_NAME_SIZE];
        size_t size = strcspn(path, ".");
        assert(size < sizeof step);
        memcpy(step, path, size);
        step[size] = '\0';
        place->field = message_find_field(place->owner->descriptor, step);
        assert(place->field != NULL);
        if (path[size] == '\0') {
            return DAYBOOK_OK;
        }
        place->owner = field_submessage(place->owner, place->field, target->arena);
        if (place->owner == NULL) {
            return no_memory(error);
        }
        path += size + 1;
    }
}

static void set_text(struct place place, const char *text) {
    assert(place.field->type == PROTOBUF_C_TYPE_STRING && !field_is_repeated(place.field));
    memcpy(field_member(place.owner, place.field), &text, sizeof text);
}

static void set_int64(struct place place, int64_t value) {
    assert(place.field->type == PROTOBUF_C_TYPE_INT64);
    memcpy(field_member(place.owner, place.field), &value, sizeof value);
}

static enum daybook_status set_enum(struct place place, const char *name, const char *text,
                                    struct daybook_error *error) {
    assert(place.field->type == PROTOBUF_C_TYPE_ENUM);
    int value;
    if (!enum_find_short(place.field->descriptor, text, &value)) {
        char list[256];
        return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.80s\" is none of %s"), name, text,
                            enum_list_short(place.field->descriptor, list, sizeof list));
    }
    memcpy(field_member(place.owner, place.field), &value, sizeof value);
    return DAYBOOK_OK;
}

static enum daybook_status parse_whole(const char *name, const char *text, size_t size, int64_t maximum, int64_t *value,
                                       struct daybook_error *error) {
    if (decimal_parse(text, size, 0, '.', value) != DECIMAL_OK || *value < 0 || *value > maximum ||
        memchr(text, '.', size) != NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.*s\" is no whole number from 0 to %" PRId64), name,
                            (int)(size > 80 ? 80 : size), text, maximum);
    }
    return DAYBOOK_OK;
}

static enum daybook_status set_whole(struct place place, const char *name, const char *text,
                                     struct daybook_error *error) {
    bool is_wide = field_element_size(place.field->type) == sizeof(uint64_t);
    assert(is_wide || field_element_size(place.field->type) == sizeof(uint32_t));
    int64_t value;
    enum daybook_status status = parse_whole(name, text, strlen(text), is_wide ? INT64_MAX : INT32_MAX, &value, error);
    if (status == DAYBOOK_OK && is_wide) {
        memcpy(field_member(place.owner, place.field), &(uint64_t){(uint64_t)value}, sizeof(uint64_t));
    } else if (status == DAYBOOK_OK) {
        memcpy(field_member(place.owner, place.field), &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
    }
    return status;
}

static enum daybook_status add_wholes(struct place place, const char *name, const char *text, struct arena *arena,
                                      struct daybook_error *error) {
    for (;;) {
        size_t size = strcspn(text, ",");
        int64_t value;
        enum daybook_status status = parse_whole(name, text, size, INT32_MAX, &value, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        int32_t *slot = field_append(place.owner, place.field, arena);
        if (slot == NULL) {
            return no_memory(error);
        }
        *slot = (int32_t)value;
        if (text[size] == '\0') {
            return DAYBOOK_OK;
        }
        text += size + 1;
    }
}

enum daybook_status amount_parse(const char *name, const char *text, size_t size, const char *currency, int64_t *minor,
                                 struct daybook_error *error) {
    int shown = (int)(size > 80 ? 80 : size);
    int decimals = currency_decimals(currency);
    if (decimals < 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("%s: \"%.8s\" is no ISO 4217 currency, so an amount in it cannot be read"), name,
                            currency);
    }
    switch (decimal_parse(text, size, decimals, '.', minor)) {
    case DECIMAL_OK:
        return DAYBOOK_OK;
    case DECIMAL_NOT_A_NUMBER:
        return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.*s\" is no amount; write it like 1000.00"), name, shown,
                            text);
    case DECIMAL_TOO_MANY_DECIMALS:
        return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.*s\" has more decimals than %s has (%d)"), name, shown,
                            text, currency, decimals);
    case DECIMAL_OVERFLOW:
        break;
    }
    return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.*s\" is more than an amount can hold"), name, shown, text);
}

static enum daybook_status check_date(const char *name, const char *text, size_t size, struct daybook_error *error) {
    int32_t date;
    if (!date_parse(text, size, &date)) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.*s\" is no date; write it like 2024-02-29"), name,
                            (int)(size > 80 ? 80 : size), text);
    }
    return DAYBOOK_OK;
}

static enum daybook_status set_instant(struct place place, const char *name, const char *text,
                                       struct daybook_error *error) {
    int64_t instant;
    if (!instant_parse(text, strlen(text), &instant)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("%s: \"%.80s\" is no instant; write it like 2024-02-29T18:00:00Z"), name, text);
    }
    set_int64(place, instant);
    return DAYBOOK_OK;
}

/* ITEM[#INSTALMENT][=AMOUNT]: the last "=" and, before it, a last "#" with digits after it. */
static enum daybook_status add_target(const struct field_target *target, struct place place, const char *name,
                                      const char *text, struct daybook_error *error) {
    Pb__AllocationPlan **slot = field_append(place.owner, place.field, target->arena);
    Pb__AllocationPlan *plan =
        slot == NULL ? NULL : (Pb__AllocationPlan *)message_new(&pb__allocation_plan__descriptor, target->arena);
    if (plan == NULL) {
        return no_memory(error);
    }
    *slot = plan;
    enum daybook_status status = DAYBOOK_OK;
    const char *equals = strrchr(text, '=');
    size_t size = equals == NULL ? strlen(text) : (size_t)(equals - text);
    if (equals != NULL) {
        status = amount_parse(name, equals + 1, strlen(equals + 1), target->currency, &plan->amount_minor, error);
    }
    const char *hash = memrchr(text, '#', size);
    int64_t instalment = 0;
    if (hash != NULL && hash > text &&
        decimal_parse(hash + 1, (size_t)(text + size - hash - 1), 0, '.', &instalment) == DECIMAL_OK &&
        instalment > 0 && instalment <= INT32_MAX) {
        plan->instalment = (uint32_t)instalment;
        size = (size_t)(hash - text);
    }
    plan->target = arena_copy_text(target->arena, text, size);
    return status == DAYBOOK_OK && plan->target == NULL ? no_memory(error) : status;
}

/* [AMOUNT@]DATE */
static enum daybook_status add_instalment(const struct field_target *target, struct place place, const char *name,
                                          const char *text, struct daybook_error *error) {
    Pb__InstalmentPlan **slot = field_append(place.owner, place.field, target->arena);
    Pb__InstalmentPlan *plan =
        slot == NULL ? NULL : (Pb__InstalmentPlan *)message_new(&pb__instalment_plan__descriptor, target->arena);
    if (plan == NULL) {
        return no_memory(error);
    }
    *slot = plan;
    const char *at = strchr(text, '@');
    if (at != NULL) {
        enum daybook_status status =
            amount_parse(name, text, (size_t)(at - text), target->currency, &plan->amount_minor, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        text = at + 1;
    }
    plan->due_on = (char *)(uintptr_t)text;
    return check_date(name, text, strlen(text), error);
}

/* An amount, "unlimited" or "unassessed": three different states. */
static enum daybook_status set_limit(const struct field_target *target, const char *name, const char *text,
                                     struct daybook_error *error) {
    Pb__SetCreditPolicy *policy = (Pb__SetCreditPolicy *)target->message;
    if (strcmp(text, "unlimited") == 0) {
        policy->state = PB__LIMIT_STATE__LIMIT_STATE_UNLIMITED;
        return DAYBOOK_OK;
    }
    if (strcmp(text, "unassessed") == 0) {
        policy->state = PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED;
        return DAYBOOK_OK;
    }
    policy->state = PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    return amount_parse(name, text, strlen(text), target->currency, &policy->limit_minor, error);
}

/* "source_kind=lot" or "keep_rest=true". */
static enum daybook_status set_also(const struct field_target *target, const char *also, const char *name,
                                    struct daybook_error *error) {
    const char *equals = strchr(also, '=');
    assert(equals != NULL);
    char *path = arena_copy_text(target->arena, also, (size_t)(equals - also));
    struct place place = {0};
    enum daybook_status status = path == NULL ? no_memory(error) : find_place(target, path, &place, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (place.field->type == PROTOBUF_C_TYPE_BOOL) {
        *(protobuf_c_boolean *)field_member(place.owner, place.field) = 1;
        return DAYBOOK_OK;
    }
    return set_enum(place, name, equals + 1, error);
}

static enum daybook_status add_text(const struct field_target *target, struct place place, const char *text,
                                    struct daybook_error *error) {
    if (!field_is_repeated(place.field)) {
        set_text(place, text);
        return DAYBOOK_OK;
    }
    const char **slot = field_append(place.owner, place.field, target->arena);
    if (slot == NULL) {
        return no_memory(error);
    }
    *slot = text;
    return DAYBOOK_OK;
}

static enum daybook_status apply_at(const struct field_target *target, const struct field_rule *rule,
                                    struct place place, const char *name, const char *text,
                                    struct daybook_error *error) {
    enum daybook_status status;
    switch (rule->form) {
    case FORM_TEXT:
        return add_text(target, place, text, error);
    case FORM_DATE:
        status = check_date(name, text, strlen(text), error);
        set_text(place, text);
        return status;
    case FORM_INSTANT:
        return set_instant(place, name, text, error);
    case FORM_AMOUNT: {
        int64_t minor = 0;
        status = amount_parse(name, text, strlen(text), target->currency, &minor, error);
        set_int64(place, minor);
        return status;
    }
    case FORM_WHOLE:
        return set_whole(place, name, text, error);
    case FORM_WHOLES:
        return add_wholes(place, name, text, target->arena, error);
    case FORM_ENUM:
        return set_enum(place, name, text, error);
    case FORM_TARGET:
        return add_target(target, place, name, text, error);
    case FORM_INSTALMENT:
        return add_instalment(target, place, name, text, error);
    case FORM_NONE:
    case FORM_SET:
    case FORM_LIMIT:
        break;
    }
    return DAYBOOK_OK;
}

enum daybook_status field_form_apply(const struct field_target *target, const struct field_rule *rule, const char *name,
                                     const char *text, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    if (rule->form == FORM_LIMIT) {
        status = set_limit(target, name, text, error);
    } else if (rule->path != NULL) {
        struct place place = {0};
        status = find_place(target, rule->path, &place, error);
        if (status == DAYBOOK_OK) {
            status = apply_at(target, rule, place, name, text, error);
        }
    }
    if (status == DAYBOOK_OK && rule->also != NULL) {
        status = set_also(target, rule->also, name, error);
    }
    return status;
}

/* The n-th word of "CUSTOMER LOT AMOUNT", without brackets. */
static const char *argument_name(const char *arguments, size_t index, char name[32]) {
    for (; index > 0; index--) {
        arguments += strcspn(arguments, " ");
        arguments += strspn(arguments, " ");
    }
    arguments += strspn(arguments, "[");
    size_t size = strcspn(arguments, " ]");
    (void)snprintf(name, 32, "%.*s", (int)size, arguments);
    return name;
}

/* Each alone says when a charge falls due; the engine would take one of them, and be silent about the others. */
static bool says_when_due(const struct field_rule *rule) {
    static const char *const paths[] = {"due_on", "terms.days", "instalments"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (strcmp(rule->path, paths[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool says_the_same(const struct field_rule *rule, const struct field_rule *other) {
    return rule->path != NULL && other->path != NULL &&
           (strcmp(rule->path, other->path) == 0 || (says_when_due(rule) && says_when_due(other)));
}

/* What says the same thing twice: "--lot" and "--payment" of a refund, CUSTOMER and "--customer" of figures. */
static enum daybook_status check_alone(const struct invocation *invocation, size_t index, struct daybook_error *error) {
    const struct command *command = invocation->command;
    const struct options *options = &invocation->options;
    const struct option_spec *spec = options->given[index].spec;
    char name[32];
    for (size_t i = 0; i < options->argument_count && i < COMMAND_ARGUMENTS_MAX; i++) {
        if (says_the_same(&spec->field, &command->fields[i])) {
            return daybook_fail(error, DAYBOOK_INVALID, _("%s and --%s exclude each other; give one of them"),
                                argument_name(command->arguments, i, name), spec->name);
        }
    }
    for (size_t i = 0; i < index; i++) {
        const struct option_spec *other = options->given[i].spec;
        if (spec != other && says_the_same(&spec->field, &other->field)) {
            return daybook_fail(error, DAYBOOK_INVALID, _("--%s and --%s exclude each other; give one of them"),
                                other->name, spec->name);
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status field_form_apply_all(const struct field_target *target, const struct invocation *invocation,
                                         struct daybook_error *error) {
    const struct command *command = invocation->command;
    const struct options *options = &invocation->options;
    char name[64];
    for (size_t i = 0; i < options->argument_count && i < COMMAND_ARGUMENTS_MAX; i++) {
        enum daybook_status status = field_form_apply(
            target, &command->fields[i], argument_name(command->arguments, i, name), options->arguments[i], error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_spec *spec = options->given[i].spec;
        (void)snprintf(name, sizeof name, "--%s", spec->name);
        enum daybook_status status = check_alone(invocation, i, error);
        if (status == DAYBOOK_OK) {
            status = field_form_apply(target, &spec->field, name, options->given[i].value, error);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}
