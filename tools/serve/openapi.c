/*
 * The OpenAPI 3.1 document, out of the schema's description of itself.
 *
 * jansson passes refused memory on: a NULL that is put anywhere makes json_object_set_new
 * fail, which `put` remembers; such a document is not written.
 */
#include "tools/serve/openapi.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* protoc's numbers of what a comment is about. */
enum { PATH_MESSAGE = 4, PATH_ENUM = 5, PATH_SERVICE = 6, PATH_MEMBER = 2, PATH_DEPTH_MAX = 4 };

struct document {
    json_t *schemas;
    json_t *paths;
    bool is_broken;
};

static void put(struct document *document, json_t *object, const char *name, json_t *value) {
    if (json_object_set_new(object, name, value) != 0) {
        document->is_broken = true;
    }
}

static void append(struct document *document, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0) {
        document->is_broken = true;
    }
}

/* ---- comments ---- */

/* One paragraph without its margins; NULL = there is none. */
static json_t *tidy(const char *text) {
    char *line = text == NULL ? NULL : strdup(text);
    size_t size = 0;
    if (line == NULL) {
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at++) {
        bool is_space = *at == ' ' || *at == '\n';
        if (!is_space || (size > 0 && line[size - 1] != ' ')) {
            line[size++] = is_space ? ' ' : *at;
        }
    }
    while (size > 0 && line[size - 1] == ' ') {
        size--;
    }
    json_t *tidied = size == 0 ? NULL : json_stringn(line, size);
    free(line);
    return tidied;
}

/* The comment before, or behind, what `path` names. */
static json_t *comment_of(const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t depth) {
    for (size_t i = 0; file->source_code_info != NULL && i < file->source_code_info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *location = file->source_code_info->location[i];
        if (location->n_path == depth && memcmp(location->path, path, depth * sizeof *path) == 0) {
            return tidy(location->leading_comments != NULL ? location->leading_comments : location->trailing_comments);
        }
    }
    return NULL;
}

static void describe(struct document *document, json_t *object, const char *name,
                     const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t depth) {
    json_t *comment = comment_of(file, path, depth);
    if (comment != NULL) {
        put(document, object, name, comment);
    }
}

/* ---- schemas ---- */

static json_t *reference(const char *type) {
    char text[160];
    (void)snprintf(text, sizeof text, "#/components/schemas/%s", type[0] == '.' ? type + 1 : type);
    return json_pack("{s:s}", "$ref", text);
}

/* 64-bit numbers are written as strings, and read as either. */
static json_t *type_schema(const Google__Protobuf__FieldDescriptorProto *field) {
    switch (field->type) {
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT64:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SFIXED64:
        return json_pack("{s:[s,s],s:s}", "type", "string", "integer", "format", "int64");
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FIXED64:
        return json_pack("{s:[s,s],s:s}", "type", "string", "integer", "format", "uint64");
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FIXED32:
        return json_pack("{s:s,s:i,s:I}", "type", "integer", "minimum", 0, "maximum", (json_int_t)UINT32_MAX);
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT32:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SFIXED32:
        return json_pack("{s:s,s:s}", "type", "integer", "format", "int32");
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES:
        return json_pack("{s:s,s:s}", "type", "string", "contentEncoding", "base64");
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE:
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
        return reference(field->type_name);
    default: /* The schema has neither floating point nor groups. */
        return json_pack("{s:s}", "type", "string");
    }
}

static json_t *field_schema(const Google__Protobuf__FieldDescriptorProto *field) {
    json_t *type = type_schema(field);
    bool is_repeated = field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    return is_repeated ? json_pack("{s:s,s:o}", "type", "array", "items", type) : type;
}

/* A message is an object without other fields; of a oneof's arms it has at most one. */
static json_t *message_schema(struct document *document, const Google__Protobuf__FileDescriptorProto *file,
                              int32_t number) {
    const Google__Protobuf__DescriptorProto *message = file->message_type[number];
    int32_t path[PATH_DEPTH_MAX] = {PATH_MESSAGE, number, PATH_MEMBER, 0};
    json_t *schema = json_pack("{s:s,s:b}", "type", "object", "additionalProperties", 0);
    json_t *properties = json_object();
    json_t *arms = json_array();
    describe(document, schema, "description", file, path, 2);
    for (size_t i = 0; i < message->n_field; i++) {
        const Google__Protobuf__FieldDescriptorProto *field = message->field[i];
        json_t *property = field_schema(field);
        path[3] = (int32_t)i;
        describe(document, property, "description", file, path, 4);
        put(document, properties, field->json_name, property);
        if (field->has_oneof_index) {
            append(document, arms, json_pack("{s:[s]}", "required", field->json_name));
        }
    }
    put(document, schema, "properties", properties);
    if (json_array_size(arms) > 0) {
        append(document, arms, json_pack("{s:{s:o}}", "not", "anyOf", json_deep_copy(arms)));
        put(document, schema, "oneOf", arms);
    } else {
        json_decref(arms);
    }
    return schema;
}

static json_t *enum_schema(struct document *document, const Google__Protobuf__FileDescriptorProto *file,
                           int32_t number) {
    const Google__Protobuf__EnumDescriptorProto *described = file->enum_type[number];
    int32_t path[PATH_DEPTH_MAX] = {PATH_ENUM, number, 0, 0};
    json_t *schema = json_pack("{s:s}", "type", "string");
    json_t *values = json_array();
    describe(document, schema, "description", file, path, 2);
    for (size_t i = 0; i < described->n_value; i++) {
        append(document, values, json_string(described->value[i]->name));
    }
    put(document, schema, "enum", values);
    return schema;
}

static void put_schemas(struct document *document, const Google__Protobuf__FileDescriptorProto *file) {
    char name[160];
    for (size_t i = 0; i < file->n_message_type; i++) {
        (void)snprintf(name, sizeof name, "%s.%s", file->package, file->message_type[i]->name);
        put(document, document->schemas, name, message_schema(document, file, (int32_t)i));
    }
    for (size_t i = 0; i < file->n_enum_type; i++) {
        (void)snprintf(name, sizeof name, "%s.%s", file->package, file->enum_type[i]->name);
        put(document, document->schemas, name, enum_schema(document, file, (int32_t)i));
    }
}

/* ---- calls ---- */

/* What goes in or out: JSON by its schema, protobuf as bytes; streams in envelopes. */
static json_t *content(const char *type, bool is_stream) {
    json_t *schema = reference(type);
    return json_pack("{s:{s:o},s:{s:{s:s}}}", is_stream ? "application/connect+json" : "application/json", "schema",
                     schema, is_stream ? "application/connect+proto" : "application/proto", "schema",
                     "contentMediaType", "application/octet-stream");
}

static json_t *responses(const Google__Protobuf__MethodDescriptorProto *described) {
    return json_pack(
        "{s:{s:s,s:o},s:{s:s,s:{s:{s:{s:s}}}}}", "200", "description",
        described->server_streaming
            ? "A stream of envelopes (1 byte of flags, 4 of size, the message); the last says how it ended."
            : "The answer.",
        "content", content(described->output_type, described->server_streaming), "default", "description",
        "What went wrong.", "content", "application/json", "schema", "$ref", "#/components/schemas/connect.error");
}

/* `schema` is taken in. */
static json_t *query_parameter(const char *name, const char *description, bool is_required, json_t *schema) {
    return json_pack("{s:s,s:s,s:b,s:s,s:o}", "name", name, "in", "query", "required", is_required ? 1 : 0,
                     "description", description, "schema", schema);
}

static json_t *text_schema(void) {
    return json_pack("{s:s}", "type", "string");
}

static json_t *number_schema(void) {
    return json_pack("{s:s,s:i}", "type", "integer", "minimum", 0);
}

static json_t *operation(struct document *document, const Google__Protobuf__FileDescriptorProto *file,
                         const int32_t *path, const char *verb) {
    const Google__Protobuf__ServiceDescriptorProto *service = file->service[path[1]];
    const Google__Protobuf__MethodDescriptorProto *described = service->method[path[3]];
    char id[160];
    (void)snprintf(id, sizeof id, "%s.%s%s", service->name, described->name, verb);
    json_t *made =
        json_pack("{s:s,s:[s],s:o}", "operationId", id, "tags", service->name, "responses", responses(described));
    describe(document, made, "summary", file, path, 4);
    return made;
}

static json_t *get_parameters(void) {
    return json_pack(
        "[o,o,o,o]", query_parameter("message", "The question: JSON, or base64 of its bytes.", true, text_schema()),
        query_parameter("encoding", "Of the message.", true, json_pack("{s:[s,s]}", "enum", "json", "proto")),
        query_parameter("base64", "1 = the message is base64 (either alphabet).", false,
                        json_pack("{s:[s]}", "enum", "1")),
        query_parameter("connect", "The protocol's version.", false, json_pack("{s:[s]}", "enum", "v1")));
}

static void put_call(struct document *document, const Google__Protobuf__FileDescriptorProto *file, int32_t service,
                     int32_t number) {
    const Google__Protobuf__MethodDescriptorProto *described = file->service[service]->method[number];
    const int32_t path[PATH_DEPTH_MAX] = {PATH_SERVICE, service, PATH_MEMBER, number};
    char name[160];
    (void)snprintf(name, sizeof name, "/%s.%s/%s", file->package, file->service[service]->name, described->name);
    json_t *item = json_object();
    json_t *post = operation(document, file, path, "");
    put(document, post, "requestBody",
        json_pack("{s:b,s:o}", "required", 1, "content", content(described->input_type, described->server_streaming)));
    put(document, item, "post", post);
    if (described->options != NULL && !described->server_streaming &&
        described->options->idempotency_level == GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS) {
        json_t *get = operation(document, file, path, ".get");
        put(document, get, "parameters", get_parameters());
        put(document, item, "get", get);
    }
    put(document, document->paths, name, item);
}

static void put_calls(struct document *document, const Google__Protobuf__FileDescriptorProto *file) {
    for (size_t i = 0; i < file->n_service; i++) {
        for (size_t j = 0; j < file->service[i]->n_method; j++) {
            put_call(document, file, (int32_t)i, (int32_t)j);
        }
    }
}

/* ---- pages ---- */

static const struct {
    const char *path;
    const char *id;
    const char *summary;
    const char *type;
    bool is_for_anybody; /* From this machine. */
} pages[] = {
    {"/healthz", "healthz", "The server is there.", "text/plain", true},
    {"/readyz", "readyz",
     "It takes calls: 200; it is stopping, or only a new start can help: 503. Says what cannot be read or recorded. "
     "Without a token for callers on its machine that ask for its address, or for localhost.",
     "text/plain", true},
    {"/metrics", "metrics",
     "For Prometheus. Without a token for callers on its machine that ask for its address, or for localhost.",
     "text/plain", true},
    {"/openapi.json", "openapi", "This document.", "application/json", false},
    {"/events", "events",
     "The change feed as Server-Sent Events: id is the sequence, event the kind, data a daybook.v1.FollowItem.",
     "text/event-stream", false},
};

static json_t *feed_parameters(struct document *document) {
    json_t *parameters =
        json_pack("[o,o,o,o,o]", query_parameter("from_sequence", "The first event wanted.", false, number_schema()),
                  query_parameter("customer", "Of this customer alone.", false, text_schema()),
                  query_parameter("currency", "In this currency alone.", false, text_schema()),
                  query_parameter("kind", "Of this kind alone, such as charge_posted.", false, text_schema()),
                  query_parameter("heartbeat_ms", "Say so after this long without an event.", false, number_schema()));
    append(document, parameters,
           json_pack("{s:s,s:s,s:s,s:o}", "name", "Last-Event-ID", "in", "header", "description",
                     "Go on behind this sequence; goes before from_sequence.", "schema", number_schema()));
    return parameters;
}

static void put_pages(struct document *document) {
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        json_t *get =
            json_pack("{s:s,s:s,s:[s],s:{s:{s:s,s:{s:{}}}}}", "operationId", pages[i].id, "summary", pages[i].summary,
                      "tags", "Pages", "responses", "200", "description", "The page.", "content", pages[i].type);
        if (pages[i].is_for_anybody) {
            put(document, get, "security", json_pack("[{},{s:[]}]", "token"));
        }
        if (strcmp(pages[i].path, "/events") == 0) {
            put(document, get, "parameters", feed_parameters(document));
        }
        put(document, document->paths, pages[i].path, json_pack("{s:o}", "get", get));
    }
}

/* ---- the whole ---- */

/* Every call takes a token, but for the pages that say otherwise. */
static void put_security(struct document *document, json_t *whole) {
    put(document, whole, "security", json_pack("[{s:[]}]", "token"));
    put(document, json_object_get(whole, "components"), "securitySchemes",
        json_pack("{s:{s:s,s:s,s:s}}", "token", "type", "http", "scheme", "bearer", "description",
                  "A token that \"daybook token create\" made. A server that was told to trust its own machine needs "
                  "none from there."));
}

static json_t *error_schema(void) {
    return json_pack("{s:s,s:s,s:{s:{s:s,s:s},s:{s:s},s:{s:s,s:{s:s,s:{s:{s:s},s:{s:s,s:s},s:{}}}}}}", "type", "object",
                     "description",
                     "How a call went wrong. A refused request has daybook.v1.Refusal as its detail: value is the "
                     "message in base64, debug the same as JSON.",
                     "properties", "code", "type", "string", "description",
                     "invalid_argument, not_found, failed_precondition, ...", "message", "type", "string", "details",
                     "type", "array", "items", "type", "object", "properties", "type", "type", "string", "value",
                     "type", "string", "contentEncoding", "base64", "debug");
}

enum daybook_status openapi_write(const struct methods *methods, struct daybook_buffer *out,
                                  struct daybook_error *error) {
    struct document document = {.schemas = json_object(), .paths = json_object()};
    for (size_t i = 0; i < methods->schema->n_file; i++) {
        put_schemas(&document, methods->schema->file[i]);
        put_calls(&document, methods->schema->file[i]);
    }
    put_pages(&document);
    put(&document, document.schemas, "connect.error", error_schema());
    json_t *whole = json_pack(
        "{s:s,s:{s:s,s:s,s:s},s:o,s:{s:o}}", "openapi", "3.1.0", "info", "title", "Daybook", "version",
        DAYBOOK_PROGRAM_VERSION, "description",
        "An event-sourced customer ledger. Amounts are integers in minor units, written as strings; business dates are "
        "\"2024-02-29\"; instants are microseconds since 1970-01-01 UTC. Unknown fields are refused by name. What is "
        "no "
        "HTTP/1.1 request, or does not fit where one is read (16 KiB for its first line and headers), never comes to "
        "be a call: the library that reads it answers 400, 413, 414, 431 or 505 with a sentence in HTML and closes the "
        "connection. Every other error is connect.error.",
        "paths", document.paths, "components", "schemas", document.schemas);
    put_security(&document, whole);
    char *text = whole == NULL || document.is_broken ? NULL : json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);
    enum daybook_status status = text == NULL ? DAYBOOK_NO_MEMORY : daybook_buffer_append(out, text, strlen(text));
    free(text);
    json_decref(whole);
    return status == DAYBOOK_OK ? status
                                : daybook_fail(error, DAYBOOK_NO_MEMORY, "describing the calls: memory was refused");
}
