/* One event in a few words, for tables. */
#include "tools/event_text.h"

#include <string.h>

#include "base/decimal.h"
#include "tools/message_field.h"

static const ProtobufCFieldDescriptor *body_field(const Pb__Event *event) {
    return event->body_case == PB__EVENT__BODY__NOT_SET
               ? NULL
               : protobuf_c_message_descriptor_get_field(&pb__event__descriptor, event->body_case);
}

static const ProtobufCMessage *body_of(const Pb__Event *event) {
    const ProtobufCFieldDescriptor *field = body_field(event);
    return field == NULL ? NULL : *(ProtobufCMessage *const *)field_member(&event->base, field);
}

/* Words in place of what joins them. */
static const char *words_of(const char *name, struct arena *arena) {
    char *text = arena_copy_text(arena, name, strlen(name));
    for (char *c = text; c != NULL && *c != '\0'; c++) {
        if (*c == '_' || *c == '-') {
            *c = ' ';
        }
    }
    return text == NULL ? "" : text;
}

/* What an operator did is told by the action: "customer erased". */
const char *event_kind_text(const Pb__Event *event, struct arena *arena) {
    char action[64];
    const ProtobufCFieldDescriptor *field = body_field(event);
    if (event->body_case == PB__EVENT__BODY_OPERATOR_ACTED) {
        return words_of(enum_short_name(&pb__operator_action__descriptor, (int)event->operator_acted->action, action,
                                        sizeof action),
                        arena);
    }
    return field == NULL ? "" : words_of(field->name, arena);
}

static const char *text_member(const ProtobufCMessage *body, const char *name) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(body->descriptor, name);
    return field == NULL || field->type != PROTOBUF_C_TYPE_STRING || field_is_repeated(field)
               ? NULL
               : *(char *const *)field_member(body, field);
}

/* Every body that is about a document names it in its first field. */
const char *event_document_text(const Pb__Event *event, struct arena *arena) {
    const ProtobufCMessage *body = body_of(event);
    if (body == NULL) {
        return "";
    }
    const char *source = text_member(body, "source");
    const char *target = text_member(body, "target");
    if (source != NULL && target != NULL) {
        const char *text = arena_format(arena, "%s > %s", source, target);
        return text == NULL ? "" : text;
    }
    const ProtobufCFieldDescriptor *first = body->descriptor->n_fields == 0 ? NULL : &body->descriptor->fields[0];
    const char *document = first == NULL ? NULL : text_member(body, first->name);
    return document == NULL || strcmp(first->name, "reason") == 0 ? "" : document;
}

static bool sum_slices(const ProtobufCMessage *body, int64_t *minor) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(body->descriptor, "slices");
    if (field == NULL) {
        return false;
    }
    Pb__LotSlice *const *slices = *(Pb__LotSlice * *const *)field_member(body, field);
    *minor = 0;
    for (size_t i = 0; i < *field_count(body, field); i++) {
        if (!money_add(minor, slices[i]->amount_minor)) {
            return false;
        }
    }
    return true;
}

bool event_amount(const Pb__Event *event, int64_t *minor) {
    const ProtobufCMessage *body = body_of(event);
    if (body == NULL) {
        return false;
    }
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(body->descriptor, "amount_minor");
    if (field == NULL) {
        field = protobuf_c_message_descriptor_get_field_by_name(body->descriptor, "limit_minor");
    }
    if (field == NULL) {
        return sum_slices(body, minor);
    }
    memcpy(minor, field_member(body, field), sizeof *minor);
    return true;
}
