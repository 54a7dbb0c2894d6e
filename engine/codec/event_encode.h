/*
 * Events to bytes, the commonest fast: the very bytes that wire_encode gives.
 *
 * Every event that is decided is encoded once, and nine of ten have one of five
 * bodies; going through the descriptors' tables takes three times as long.
 * Other bodies, and whatever is new, go that way.
 */
#ifndef DAYBOOK_CODEC_EVENT_ENCODE_H
#define DAYBOOK_CODEC_EVENT_ENCODE_H

#include "base/bytes.h"
#include "daybook/v1/event.pb-c.h"

/* Appends the encoding to `buffer`. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status event_encode(const Pb__Event *event, struct daybook_buffer *buffer);

#endif
