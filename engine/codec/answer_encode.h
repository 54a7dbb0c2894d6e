/*
 * Answers to bytes, the most frequent fast: the very bytes that wire_encode gives.
 *
 * A balance is asked for more often than anything else, and going through the descriptors' tables took as long as
 * looking its chunk up. Other answers go that way.
 */
#ifndef DAYBOOK_CODEC_ANSWER_ENCODE_H
#define DAYBOOK_CODEC_ANSWER_ENCODE_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"

/* Appends the encoding to `buffer`. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status answer_encode(const ProtobufCMessage *answer, struct daybook_buffer *buffer);

#endif
