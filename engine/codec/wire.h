/*
 * protobuf bytes to messages and back, strictly.
 *
 *   W1  What is decoded and encoded again loses nothing: an unknown field, an
 *       unknown enum value, an unknown oneof arm or a wrong wire type is
 *       DAMAGED and the message names the field; nothing is skipped.
 *   W2  Strings are UTF-8 and hold no NUL. Depth, sizes and counts are bounded.
 *   W3  Encoding writes fields in the order of their numbers, defaults left
 *       out, repeated numbers packed: the same bytes that protobuf_c_message_pack gives.
 *
 * Driven by protobuf-c's descriptors, so it serves every message. Faster than
 * the library's own unpack, and stricter (that one skips what it does not know).
 */
#ifndef DAYBOOK_CODEC_WIRE_H
#define DAYBOOK_CODEC_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/bytes.h"

/* The message, its strings and its arrays live in `arena`; nothing of `bytes` is kept.
 * DAMAGED: the bytes are no such message. NO_MEMORY: the arena refused. */
DAYBOOK_MUST_USE enum daybook_status wire_decode(const ProtobufCMessageDescriptor *descriptor,
                                                 struct daybook_bytes bytes, struct arena *arena,
                                                 ProtobufCMessage **message, struct daybook_error *error);

/* That, and whether the bytes are those that wire_encode makes of the message. */
DAYBOOK_MUST_USE enum daybook_status wire_decode_telling(const ProtobufCMessageDescriptor *descriptor,
                                                         struct daybook_bytes bytes, struct arena *arena,
                                                         ProtobufCMessage **message, bool *is_canonical,
                                                         struct daybook_error *error);

/* Appends the encoding to `buffer`. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status wire_encode(const ProtobufCMessage *message, struct daybook_buffer *buffer);

#endif
