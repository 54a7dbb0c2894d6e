/*
 * The header of an event and its five commonest bodies, field by field. Other bodies are put by wire_encode between
 * header and length.
 *
 * Room for the whole event is made first, from the lengths of its texts; then
 * each field is put where the one before it ended. A nested message leaves one
 * byte for its length and is moved up when it needs more.
 */
#include "codec/event_encode.h"

#include <string.h>

#include "codec/wire.h"
#include "codec/wire_put.h"

enum {
    HEADER_FIELDS = 11,
    BODY_FIELDS_MOST = 20, /* Of a charge with its credit decision. */
    SLICE_FIELDS = 3,
    INSTALMENT_FIELDS = 3,
};

/* Texts are measured once, for the room that they need. */
struct measured {
    size_t actor;
    size_t customer;
    size_t currency;
    size_t body[3]; /* In the order of their fields; those of slices and scopes are not among them. */
    size_t bound;   /* The most that the event takes. */
};

static uint8_t *put_header(uint8_t *at, const Pb__Event *event, const struct measured *measured) {
    at = put_unsigned(at, TAG_NUMBER(1), event->sequence);
    at = put_signed(at, TAG_NUMBER(2), event->recorded_at_us);
    at = put_signed(at, TAG_NUMBER(3), event->effective_on);
    at = put_bytes(at, TAG_BYTES(4), event->actor, measured->actor);
    at = put_bytes(at, TAG_BYTES(5), event->request_key.data, event->request_key.len);
    if (event->request_digest != 0) {
        *at = TAG_FIXED64(6);
        store_le64(at + 1, event->request_digest);
        at += 9;
    }
    at = put_bytes(at, TAG_BYTES(7), event->customer, measured->customer);
    at = put_bytes(at, TAG_BYTES(8), event->currency, measured->currency);
    at = put_unsigned(at, TAG_NUMBER(9), event->group);
    return put_signed(at, TAG_NUMBER(10), event->original_on);
}

/* Field 16: behind the five bodies, and two bytes of tag. */
static uint8_t *put_role(uint8_t *at, Pb__Role role) {
    if (role == PB__ROLE__ROLE_UNSPECIFIED) {
        return at;
    }
    at = varint_put(at, TAG_NUMBER(16));
    return varint_put(at, (uint64_t)(int64_t)role);
}

static uint8_t *put_credit(uint8_t *at, const Pb__CreditDecision *credit) {
    at = put_signed(at, TAG_NUMBER(1), credit->state);
    at = put_signed(at, TAG_NUMBER(2), credit->mode);
    at = put_signed(at, TAG_NUMBER(3), credit->limit_minor);
    at = put_signed(at, TAG_NUMBER(4), credit->open_minor);
    at = put_signed(at, TAG_NUMBER(5), credit->held_minor);
    at = put_signed(at, TAG_NUMBER(6), credit->unapplied_minor);
    at = put_signed(at, TAG_NUMBER(7), credit->deposit_minor);
    at = put_signed(at, TAG_NUMBER(8), credit->charge_minor);
    at = put_unsigned(at, TAG_NUMBER(9), credit->over_limit != 0);
    return put_signed(at, TAG_NUMBER(10), credit->checked_as_of);
}

static uint8_t *put_instalment(uint8_t *at, const Pb__Instalment *instalment) {
    at = put_signed(at, TAG_NUMBER(1), instalment->amount_minor);
    return put_signed(at, TAG_NUMBER(2), instalment->due_on);
}

static uint8_t *put_charge(uint8_t *at, const Pb__ChargePosted *charge, const size_t *sizes) {
    at = put_bytes(at, TAG_BYTES(1), charge->charge, sizes[0]);
    at = put_signed(at, TAG_NUMBER(2), charge->amount_minor);
    at = put_bytes(at, TAG_BYTES(3), charge->category, sizes[1]);
    at = put_signed(at, TAG_NUMBER(4), charge->due_on);
    for (size_t i = 0; i < charge->n_instalments; i++) {
        *at = TAG_BYTES(5);
        at = put_length_before(at + 2, put_instalment(at + 2, charge->instalments[i]));
    }
    at = put_signed(at, TAG_NUMBER(6), charge->settlement);
    if (charge->credit != NULL) {
        *at = TAG_BYTES(7);
        at = put_length_before(at + 2, put_credit(at + 2, charge->credit));
    }
    return put_bytes(at, TAG_BYTES(8), charge->memo, sizes[2]);
}

static uint8_t *put_consumed(uint8_t *at, const Pb__DepositConsumed *consumed, const size_t *sizes) {
    at = put_bytes(at, TAG_BYTES(1), consumed->charge, sizes[0]);
    for (size_t i = 0; i < consumed->n_slices; i++) {
        *at = TAG_BYTES(2);
        uint8_t *start = at + 2;
        const char *lot = consumed->slices[i]->lot;
        at = put_bytes(start, TAG_BYTES(1), lot, text_size(lot));
        at = put_signed(at, TAG_NUMBER(2), consumed->slices[i]->amount_minor);
        at = put_length_before(start, at);
    }
    at = put_bytes(at, TAG_BYTES(3), consumed->hold, sizes[1]);
    return put_unsigned(at, TAG_NUMBER(4), consumed->instalment);
}

static uint8_t *put_payment(uint8_t *at, const Pb__PaymentReceived *payment, const size_t *sizes) {
    at = put_bytes(at, TAG_BYTES(1), payment->payment, sizes[0]);
    at = put_signed(at, TAG_NUMBER(2), payment->amount_minor);
    at = put_bytes(at, TAG_BYTES(3), payment->method, sizes[1]);
    at = put_signed(at, TAG_NUMBER(4), payment->status);
    return put_bytes(at, TAG_BYTES(5), payment->memo, sizes[2]);
}

static uint8_t *put_allocated(uint8_t *at, const Pb__Allocated *allocated, const size_t *sizes) {
    at = put_bytes(at, TAG_BYTES(1), allocated->allocation, sizes[0]);
    at = put_signed(at, TAG_NUMBER(2), allocated->source_kind);
    at = put_bytes(at, TAG_BYTES(3), allocated->source, sizes[1]);
    at = put_signed(at, TAG_NUMBER(4), allocated->target_kind);
    at = put_bytes(at, TAG_BYTES(5), allocated->target, sizes[2]);
    at = put_unsigned(at, TAG_NUMBER(6), allocated->instalment);
    at = put_signed(at, TAG_NUMBER(7), allocated->amount_minor);
    at = put_signed(at, TAG_NUMBER(8), allocated->rule);
    return put_unsigned(at, TAG_NUMBER(9), allocated->allocation_sequence);
}

static uint8_t *put_deposit(uint8_t *at, const Pb__DepositReceived *deposit, const size_t *sizes) {
    at = put_bytes(at, TAG_BYTES(1), deposit->lot, sizes[0]);
    at = put_signed(at, TAG_NUMBER(2), deposit->amount_minor);
    at = put_signed(at, TAG_NUMBER(3), deposit->funding);
    for (size_t i = 0; i < deposit->n_scope; i++) {
        size_t size = text_size(deposit->scope[i]);
        *at = TAG_BYTES(4);
        at = varint_put(at + 1, size); /* An element is written though it be empty. */
        memcpy(at, deposit->scope[i], size);
        at += size;
    }
    at = put_signed(at, TAG_NUMBER(5), deposit->effective_from);
    at = put_signed(at, TAG_NUMBER(6), deposit->expires_on);
    at = put_unsigned(at, TAG_NUMBER(7), deposit->priority);
    at = put_signed(at, TAG_NUMBER(8), deposit->on_expiry);
    return put_bytes(at, TAG_BYTES(9), deposit->memo, sizes[1]);
}

/* Measures the body; false: it is none of the five. */
static bool measure_body(const Pb__Event *event, struct measured *measured) {
    size_t *sizes = measured->body;
    size_t fields = BODY_FIELDS_MOST;
    size_t texts = 0;
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        fields += event->charge_posted->n_instalments * INSTALMENT_FIELDS;
        sizes[0] = text_size(event->charge_posted->charge);
        sizes[1] = text_size(event->charge_posted->category);
        sizes[2] = text_size(event->charge_posted->memo);
        break;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        fields += event->deposit_consumed->n_slices * SLICE_FIELDS;
        sizes[0] = text_size(event->deposit_consumed->charge);
        sizes[1] = text_size(event->deposit_consumed->hold);
        for (size_t i = 0; i < event->deposit_consumed->n_slices; i++) {
            texts += text_size(event->deposit_consumed->slices[i]->lot);
        }
        break;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        sizes[0] = text_size(event->payment_received->payment);
        sizes[1] = text_size(event->payment_received->method);
        sizes[2] = text_size(event->payment_received->memo);
        break;
    case PB__EVENT__BODY_ALLOCATED:
        sizes[0] = text_size(event->allocated->allocation);
        sizes[1] = text_size(event->allocated->source);
        sizes[2] = text_size(event->allocated->target);
        break;
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        fields += event->deposit_received->n_scope;
        sizes[0] = text_size(event->deposit_received->lot);
        sizes[1] = text_size(event->deposit_received->memo);
        for (size_t i = 0; i < event->deposit_received->n_scope; i++) {
            texts += text_size(event->deposit_received->scope[i]);
        }
        break;
    default:
        return false;
    }
    measured->bound += fields * FIELD_BYTES_MOST + texts + sizes[0] + sizes[1] + sizes[2];
    return true;
}

static void measure_header(const Pb__Event *event, struct measured *measured) {
    *measured = (struct measured){
        .actor = text_size(event->actor),
        .customer = text_size(event->customer),
        .currency = text_size(event->currency),
    };
    measured->bound = (size_t)(HEADER_FIELDS + 1) * FIELD_BYTES_MOST + measured->actor + event->request_key.len +
                      measured->customer + measured->currency;
}

static uint8_t *put_body(uint8_t *at, const Pb__Event *event, const size_t *sizes) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        return put_charge(at, event->charge_posted, sizes);
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        return put_consumed(at, event->deposit_consumed, sizes);
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        return put_payment(at, event->payment_received, sizes);
    case PB__EVENT__BODY_ALLOCATED:
        return put_allocated(at, event->allocated, sizes);
    default: /* What is measured is one of the five. */
        return put_deposit(at, event->deposit_received, sizes);
    }
}

/* The bodies behind the role, by their descriptors. */
static enum daybook_status encode_other(const Pb__Event *event, const struct measured *measured,
                                        struct daybook_buffer *buffer) {
    uint8_t *start = daybook_buffer_reserve(buffer, measured->bound);
    size_t size_before = buffer->size;
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    uint8_t *at = put_role(put_header(start, event, measured), event->role);
    at = varint_put(at, (uint64_t)event->body_case << 3 | 2) + 1; /* And its length. */
    buffer->size += (size_t)(at - start);
    size_t body = buffer->size;
    const ProtobufCMessage *message = &event->charge_posted->base; /* Of any arm. */
    uint8_t *room =
        wire_encode(message, buffer) == DAYBOOK_OK ? daybook_buffer_reserve(buffer, FIELD_BYTES_MOST) : NULL;
    if (room == NULL) {
        buffer->size = size_before;
        return DAYBOOK_NO_MEMORY;
    }
    buffer->size = (size_t)(put_length_before(buffer->data + body, room) - buffer->data);
    return DAYBOOK_OK;
}

enum daybook_status event_encode(const Pb__Event *event, struct daybook_buffer *buffer) {
    struct measured measured;
    if (event->body_case == PB__EVENT__BODY__NOT_SET || event->charge_posted == NULL) { /* No arm. */
        return wire_encode(&event->base, buffer);
    }
    measure_header(event, &measured);
    if (!measure_body(event, &measured)) {
        return encode_other(event, &measured, buffer);
    }
    uint8_t *start = daybook_buffer_reserve(buffer, measured.bound);
    if (start == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    uint8_t *at = put_header(start, event, &measured);
    *at = (uint8_t)TAG_BYTES((unsigned)event->body_case);
    uint8_t *body = at + 2;
    at = put_length_before(body, put_body(body, event, measured.body));
    at = put_role(at, event->role);
    buffer->size += (size_t)(at - start);
    return DAYBOOK_OK;
}
