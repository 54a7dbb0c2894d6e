/*
 * The proto3 JSON mapping, by protobuf-c's descriptors, for every message of the schema.
 *
 *   M1  What is written is one line: fields in the order of their numbers,
 *       lowerCamelCase names, defaults left out, 64-bit integers as strings,
 *       enums by name, bytes in base64.
 *   M2  What is read is taken whole or refused with the path of the field: an
 *       unknown name, a name given twice (in either spelling), two arms of a
 *       oneof, a number that is not whole or does not fit. Nothing is skipped.
 *   M3  null means absent. Reading what was written gives the same message.
 *
 * Stricter than the mapping in one thing: a number must be written as a whole
 * number (no "1.0", no "1e3"), so that no amount passes through floating point.
 */
#ifndef DAYBOOK_TOOLS_JSON_MESSAGE_H
#define DAYBOOK_TOOLS_JSON_MESSAGE_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/bytes.h"

/* Appends the message, without a newline. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status json_write_message(const ProtobufCMessage *message, struct daybook_buffer *out);

/* Appends `text` as a JSON string, quotes included. */
DAYBOOK_MUST_USE enum daybook_status json_write_text(struct daybook_buffer *out, const char *text);

/* One JSON object and nothing after it. The message lives in `arena`.
 * INVALID: the text is no such message; NO_MEMORY: the arena refused. */
DAYBOOK_MUST_USE enum daybook_status json_read_message(struct daybook_bytes text,
                                                       const ProtobufCMessageDescriptor *descriptor,
                                                       struct arena *arena, ProtobufCMessage **message,
                                                       struct daybook_error *error);

#endif
