/*
 * The question that is asked most often, field by field: one customer's balance at (A, K).
 *
 * Going through the descriptors' tables took as long as adding up the answer. Other questions, and whatever is odd
 * about this one, go that way.
 */
#ifndef DAYBOOK_CODEC_QUESTION_DECODE_H
#define DAYBOOK_CODEC_QUESTION_DECODE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/bytes.h"

/* As wire_decode of a Query. */
DAYBOOK_MUST_USE enum daybook_status question_decode(struct daybook_bytes bytes, struct arena *arena,
                                                     ProtobufCMessage **question, struct daybook_error *error);

#endif
