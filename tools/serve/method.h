/*
 * The calls that there are, out of the schema's description of itself. Nothing
 * is listed by hand: a call whose input is a question of Query is routed as one.
 */
#ifndef DAYBOOK_TOOLS_SERVE_METHOD_H
#define DAYBOOK_TOOLS_SERVE_METHOD_H

#include <google/protobuf/descriptor.pb-c.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "base/error.h"

enum method_route {
    ROUTE_QUESTION, /* Through query_run. */
    ROUTE_SUBMIT,   /* SubmitRequest, through the gatherer. */
    ROUTE_POST,     /* One Request, likewise. */
    ROUTE_ISSUE,    /* Statements, a page of accounts at a time. */
    ROUTE_TOKENS,   /* Made, listed, revoked. */
    ROUTE_FOLLOW,   /* The change feed. */
    ROUTE_JOB,      /* What tools/job.h does: a stream of its items, or its answer alone. */
    ROUTE_NONE,     /* In the schema, and nothing here answers it. */
};

struct method {
    const char *path;                         /* "/daybook.v1.Views/GetBalance" */
    const char *name;                         /* "Views.GetBalance" */
    const ProtobufCMessageDescriptor *input;  /* NULL for ROUTE_NONE. */
    const ProtobufCMessageDescriptor *output; /* NULL where no service that this program links has the call. */
    enum method_route route;
    const ProtobufCFieldDescriptor *arm; /* Of Query, for ROUTE_QUESTION. */
    bool is_safe;                        /* Declared to have no side effects: GET may ask it. */
    bool is_stream;                      /* The server's answers are a stream. */
    size_t index;                        /* Its place in the table. */
    const Google__Protobuf__MethodDescriptorProto *described;
};

struct methods {
    Google__Protobuf__FileDescriptorSet *schema;
    struct method *items; /* In the order of their paths. */
    size_t count;
};

DAYBOOK_MUST_USE enum daybook_status methods_open(struct methods *methods, struct daybook_error *error);
void methods_close(struct methods *methods); /* Accepts one that is all zero. */

/* NULL: there is no such call. */
const struct method *methods_find(const struct methods *methods, const char *path);

/* The call that takes such a message; NULL: none does. */
const struct method *methods_find_input(const struct methods *methods, const ProtobufCMessageDescriptor *input);

#endif
