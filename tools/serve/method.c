/* The calls that there are, out of the schema's description of itself. */
#include "tools/serve/method.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/service.pb-c.h"

extern const unsigned char schema_description[];
extern const size_t schema_description_size;

static int compare_paths(const void *a, const void *b) {
    return strcmp(((const struct method *)a)->path, ((const struct method *)b)->path);
}

/* Which way a call goes is decided by what it takes. */
static void find_route(struct method *method, const char *input) {
    static const struct {
        const ProtobufCMessageDescriptor *input;
        enum method_route route;
    } rows[] = {
        {&pb__submit_request__descriptor, ROUTE_SUBMIT},
        {&pb__request__descriptor, ROUTE_POST},
        {&pb__issue_statements_request__descriptor, ROUTE_ISSUE},
        {&pb__create_token_request__descriptor, ROUTE_TOKENS},
        {&pb__list_tokens_request__descriptor, ROUTE_TOKENS},
        {&pb__revoke_token_request__descriptor, ROUTE_TOKENS},
        {&pb__follow_request__descriptor, ROUTE_FOLLOW},
        {&pb__backup_request__descriptor, ROUTE_JOB},
        {&pb__bundle_request__descriptor, ROUTE_JOB},
        {&pb__create_key_request__descriptor, ROUTE_JOB},
        {&pb__doctor_request__descriptor, ROUTE_JOB},
        {&pb__get_key_request__descriptor, ROUTE_JOB},
        {&pb__replay_request__descriptor, ROUTE_JOB},
        {&pb__sign_checkpoint_request__descriptor, ROUTE_JOB},
        {&pb__tiles_request__descriptor, ROUTE_JOB},
        {&pb__verify_request__descriptor, ROUTE_JOB},
    };
    method->route = ROUTE_NONE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].input->name, input) == 0) {
            method->route = rows[i].route;
            method->input = rows[i].input;
        }
    }
    for (unsigned i = 0; i < pb__query__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *arm = &pb__query__descriptor.fields[i];
        const ProtobufCMessageDescriptor *question = arm->descriptor;
        if (strcmp(question->name, input) == 0) {
            method->route = ROUTE_QUESTION;
            method->input = question;
            method->arm = arm;
        }
    }
}

/* protobuf-c has no list of all services: this is it. Only clients need to know what comes out. */
static const ProtobufCMessageDescriptor *find_output(const char *service, const char *method) {
    static const ProtobufCServiceDescriptor *const services[] = {
        &pb__ledger__descriptor, &pb__views__descriptor, &pb__events__descriptor,
        &pb__admin__descriptor,  &pb__audit__descriptor,
    };
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (strcmp(services[i]->short_name, service) == 0) {
            const ProtobufCMethodDescriptor *found =
                protobuf_c_service_descriptor_get_method_by_name(services[i], method);
            return found == NULL ? NULL : found->output;
        }
    }
    return NULL;
}

static bool add_method(struct methods *methods, const char *package, const char *service,
                       const Google__Protobuf__MethodDescriptorProto *described) {
    struct method *method = &methods->items[methods->count];
    char *path = NULL;
    if (asprintf(&path, "/%s.%s/%s", package, service, described->name) < 0) {
        return false;
    }
    char *name = NULL;
    if (asprintf(&name, "%s.%s", service, described->name) < 0) {
        free(path);
        return false;
    }
    *method = (struct method){
        .path = path,
        .name = name,
        .output = find_output(service, described->name),
        .is_stream = described->server_streaming,
        .is_safe =
            described->options != NULL && described->options->idempotency_level ==
                                              GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS,
        .described = described,
    };
    find_route(method, described->input_type + 1); /* ".daybook.v1.BalanceQuery" */
    methods->count++;
    return true;
}

static bool add_file(struct methods *methods, const Google__Protobuf__FileDescriptorProto *file) {
    for (size_t i = 0; i < file->n_service; i++) {
        const Google__Protobuf__ServiceDescriptorProto *service = file->service[i];
        for (size_t j = 0; j < service->n_method; j++) {
            if (!add_method(methods, file->package, service->name, service->method[j])) {
                return false;
            }
        }
    }
    return true;
}

static size_t count_methods(const Google__Protobuf__FileDescriptorSet *schema) {
    size_t count = 0;
    for (size_t i = 0; i < schema->n_file; i++) {
        for (size_t j = 0; j < schema->file[i]->n_service; j++) {
            count += schema->file[i]->service[j]->n_method;
        }
    }
    return count;
}

enum daybook_status methods_open(struct methods *methods, struct daybook_error *error) {
    *methods = (struct methods){0};
    methods->schema = google__protobuf__file_descriptor_set__unpack(NULL, schema_description_size, schema_description);
    if (methods->schema != NULL) {
        methods->items = calloc(count_methods(methods->schema) + 1, sizeof *methods->items);
    }
    bool is_read = methods->items != NULL;
    for (size_t i = 0; is_read && i < methods->schema->n_file; i++) {
        is_read = add_file(methods, methods->schema->file[i]);
    }
    if (!is_read) {
        methods_close(methods);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the schema of the calls: memory was refused");
    }
    qsort(methods->items, methods->count, sizeof *methods->items, compare_paths);
    for (size_t i = 0; i < methods->count; i++) {
        methods->items[i].index = i;
    }
    return DAYBOOK_OK;
}

void methods_close(struct methods *methods) {
    for (size_t i = 0; i < methods->count; i++) {
        free((char *)(uintptr_t)methods->items[i].path);
        free((char *)(uintptr_t)methods->items[i].name);
    }
    free(methods->items);
    if (methods->schema != NULL) {
        google__protobuf__file_descriptor_set__free_unpacked(methods->schema, NULL);
    }
    *methods = (struct methods){0};
}

const struct method *methods_find(const struct methods *methods, const char *path) {
    struct method wanted = {.path = path};
    return bsearch(&wanted, methods->items, methods->count, sizeof *methods->items, compare_paths);
}

const struct method *methods_find_input(const struct methods *methods, const ProtobufCMessageDescriptor *input) {
    for (size_t i = 0; i < methods->count; i++) {
        if (methods->items[i].input == input && methods->items[i].output != NULL) {
            return &methods->items[i];
        }
    }
    return NULL;
}
