/*
 * Bytes to events, the commonest fast: the very messages that wire_decode gives.
 *
 * Every fold of a rebuilt view begins here, and nine of ten events have one of five
 * bodies in the order in which they are encoded; going through the descriptors'
 * tables takes more than twice as long. Whatever else, and whatever is to be refused, goes that way.
 */
#ifndef DAYBOOK_CODEC_EVENT_DECODE_H
#define DAYBOOK_CODEC_EVENT_DECODE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "daybook/v1/event.pb-c.h"

/* The event lives in `arena`; nothing of `bytes` is kept. DAMAGED, NO_MEMORY: as wire_decode. */
DAYBOOK_MUST_USE enum daybook_status event_decode(struct daybook_bytes bytes, struct arena *arena, Pb__Event **event,
                                                  struct daybook_error *error);

#endif
