/*
 * The header of an event and its five commonest bodies, field by field in the order
 * of their numbers.
 *
 * The input is copied once, and read there. The NUL after a text lies on the next
 * field's tag, which is therefore always read before: `tag` is the byte at `at`. Behind
 * the copy lie zeros, which are no tag and end every number, so that a field needs no
 * check against the end: whoever reads past the end of a message does not come to stand
 * on it. Then, and at anything else that is not as expected, wire_decode reads it all again.
 */
#include "codec/event_decode.h"

#include <string.h>

#include "codec/wire.h"
#include "codec/wire_field.h"

enum {
    SLACK = 16,       /* Zeros behind the copy: more than the longest number, and than a load of eight bytes. */
    ELEMENTS_MAX = 4, /* Of a repeated field; more are rare. */
};

struct reader {
    uint8_t *at;
    uint8_t *end; /* Of the event. */
    uint8_t tag;  /* The byte at `at`, which may have become a NUL. */
    bool is_odd;  /* Something is not as it is written: the other decoder's business. */
    struct arena *arena;
};

#define TAG_NUMBER(field)  ((field) << 3)
#define TAG_FIXED64(field) ((field) << 3 | 1)
#define TAG_BYTES(field)   ((field) << 3 | 2)

static inline void move_to(struct reader *reader, uint8_t *at) {
    reader->at = at;
    reader->tag = *at;
}

/* The varint behind the tag. The shorter ones by branches, which are foreseen well: a field's numbers are of a size. */
static inline uint64_t take_varint(struct reader *reader) {
    uint8_t *at = reader->at + 1;
    uint64_t value = *at;
    size_t size = 1;
    if (value >= 0x80) {
        uint64_t eight = load_le64(at);
        uint64_t stops = ~eight & HIGH_BITS;
        if (at[1] < 0x80) {
            value = varint_squeeze(eight & 0x7fff);
            size = 2;
        } else if (at[2] < 0x80) {
            value = varint_squeeze(eight & 0x7fffff);
            size = 3;
        } else if (LIKELY(stops != 0)) {
            unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* Of whole bytes: a multiple of 8. */
            value = varint_squeeze(eight & (~UINT64_C(0) >> (64 - bits)));
            size = bits / 8;
        } else {
            size = varint_load(at, at + 10, &value);
            reader->is_odd |= size == 0;
        }
    }
    move_to(reader, at + size);
    return value;
}

static inline uint64_t take_u64(struct reader *reader, uint8_t tag) {
    return reader->tag == tag ? take_varint(reader) : 0;
}

static inline int64_t take_i64(struct reader *reader, uint8_t tag) {
    return (int64_t)take_u64(reader, tag);
}

static inline uint32_t take_u32(struct reader *reader, uint8_t tag) {
    uint64_t value = take_u64(reader, tag);
    reader->is_odd |= value > UINT32_MAX;
    return (uint32_t)value;
}

static inline int32_t take_i32(struct reader *reader, uint8_t tag) {
    int64_t value = take_i64(reader, tag);
    reader->is_odd |= value != (int32_t)value;
    return (int32_t)value;
}

static inline int32_t take_enum(struct reader *reader, uint8_t tag, const ProtobufCEnumDescriptor *descriptor) {
    int64_t value = take_i64(reader, tag);
    reader->is_odd |= value != 0 && !wire_is_enum_value(descriptor, value);
    return (int32_t)value;
}

/* The bytes behind the tag and their length; of none when they run past the end. */
static inline uint8_t *take_prefixed(struct reader *reader, size_t *size) {
    uint64_t claimed = take_varint(reader);
    uint8_t *data = reader->at;
    *size = (size_t)claimed;
    if (UNLIKELY(data > reader->end || claimed > (uint64_t)(reader->end - data))) {
        reader->is_odd = true;
        *size = 0;
    }
    return data;
}

static inline char *take_text_here(struct reader *reader) {
    size_t size;
    uint8_t *text = take_prefixed(reader, &size);
    reader->is_odd |= !wire_is_text(text, size);
    move_to(reader, text + size);
    text[size] = '\0';
    return (char *)text;
}

static inline char *take_text(struct reader *reader, uint8_t tag) {
    return reader->tag == tag ? take_text_here(reader) : (char *)(uintptr_t)protobuf_c_empty_string;
}

/* Where the nested message at hand ends; its fields follow. */
static inline uint8_t *begin_nested(struct reader *reader) {
    size_t size;
    uint8_t *start = take_prefixed(reader, &size);
    return start + size;
}

static inline void end_nested(struct reader *reader, const uint8_t *end) {
    reader->is_odd |= reader->at != end;
}

/* A new message, as its INIT has it in `blank`; NULL when memory is refused. */
static inline void *new_message(struct reader *reader, const void *blank, size_t size) {
    void *made = arena_alloc(reader->arena, size);
    if (UNLIKELY(made == NULL)) {
        reader->is_odd = true;
        return NULL;
    }
    return memcpy(made, blank, size);
}

/* Room for the elements of a repeated field; NULL when memory is refused. */
static void *new_elements(struct reader *reader) {
    void *elements = arena_alloc(reader->arena, ELEMENTS_MAX * sizeof(void *));
    reader->is_odd |= elements == NULL;
    return elements;
}

/* One more element can be read. */
static inline bool has_element(struct reader *reader, uint8_t tag, size_t count) {
    if (reader->tag != tag || reader->is_odd) {
        return false;
    }
    reader->is_odd = count == ELEMENTS_MAX;
    return !reader->is_odd;
}

/* ---- bodies ---- */

static void *take_credit(struct reader *r) {
    static const Pb__CreditDecision blank = PB__CREDIT_DECISION__INIT;
    Pb__CreditDecision *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    uint8_t *end = begin_nested(r);
    made->state = (Pb__LimitState)take_enum(r, TAG_NUMBER(1), &pb__limit_state__descriptor);
    made->mode = (Pb__CreditMode)take_enum(r, TAG_NUMBER(2), &pb__credit_mode__descriptor);
    made->limit_minor = take_i64(r, TAG_NUMBER(3));
    made->open_minor = take_i64(r, TAG_NUMBER(4));
    made->held_minor = take_i64(r, TAG_NUMBER(5));
    made->unapplied_minor = take_i64(r, TAG_NUMBER(6));
    made->deposit_minor = take_i64(r, TAG_NUMBER(7));
    made->charge_minor = take_i64(r, TAG_NUMBER(8));
    uint64_t over_limit = take_u64(r, TAG_NUMBER(9));
    r->is_odd |= over_limit > 1;
    made->over_limit = (protobuf_c_boolean)over_limit;
    made->checked_as_of = take_i32(r, TAG_NUMBER(10));
    end_nested(r, end);
    return made;
}

static void *take_instalment(struct reader *r) {
    static const Pb__Instalment blank = PB__INSTALMENT__INIT;
    Pb__Instalment *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    uint8_t *end = begin_nested(r);
    made->amount_minor = take_i64(r, TAG_NUMBER(1));
    made->due_on = take_i32(r, TAG_NUMBER(2));
    end_nested(r, end);
    return made;
}

static void *take_slice(struct reader *r) {
    static const Pb__LotSlice blank = PB__LOT_SLICE__INIT;
    Pb__LotSlice *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    uint8_t *end = begin_nested(r);
    made->lot = take_text(r, TAG_BYTES(1));
    made->amount_minor = take_i64(r, TAG_NUMBER(2));
    end_nested(r, end);
    return made;
}

static void *take_charge(struct reader *r) {
    static const Pb__ChargePosted blank = PB__CHARGE_POSTED__INIT;
    Pb__ChargePosted *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    made->charge = take_text(r, TAG_BYTES(1));
    made->amount_minor = take_i64(r, TAG_NUMBER(2));
    made->category = take_text(r, TAG_BYTES(3));
    made->due_on = take_i32(r, TAG_NUMBER(4));
    if (r->tag == TAG_BYTES(5)) {
        made->instalments = new_elements(r);
        while (has_element(r, TAG_BYTES(5), made->n_instalments)) {
            made->instalments[made->n_instalments++] = take_instalment(r);
        }
    }
    made->settlement = (Pb__Settlement)take_enum(r, TAG_NUMBER(6), &pb__settlement__descriptor);
    if (r->tag == TAG_BYTES(7)) {
        made->credit = take_credit(r);
    }
    made->memo = take_text(r, TAG_BYTES(8));
    return made;
}

static void *take_consumed(struct reader *r) {
    static const Pb__DepositConsumed blank = PB__DEPOSIT_CONSUMED__INIT;
    Pb__DepositConsumed *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    made->charge = take_text(r, TAG_BYTES(1));
    if (r->tag == TAG_BYTES(2)) {
        made->slices = new_elements(r);
        while (has_element(r, TAG_BYTES(2), made->n_slices)) {
            made->slices[made->n_slices++] = take_slice(r);
        }
    }
    made->hold = take_text(r, TAG_BYTES(3));
    made->instalment = take_u32(r, TAG_NUMBER(4));
    return made;
}

static void *take_payment(struct reader *r) {
    static const Pb__PaymentReceived blank = PB__PAYMENT_RECEIVED__INIT;
    Pb__PaymentReceived *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    made->payment = take_text(r, TAG_BYTES(1));
    made->amount_minor = take_i64(r, TAG_NUMBER(2));
    made->method = take_text(r, TAG_BYTES(3));
    made->status = (Pb__PaymentStatus)take_enum(r, TAG_NUMBER(4), &pb__payment_status__descriptor);
    made->memo = take_text(r, TAG_BYTES(5));
    return made;
}

static void *take_allocated(struct reader *r) {
    static const Pb__Allocated blank = PB__ALLOCATED__INIT;
    Pb__Allocated *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    made->allocation = take_text(r, TAG_BYTES(1));
    made->source_kind = (Pb__DocumentKind)take_enum(r, TAG_NUMBER(2), &pb__document_kind__descriptor);
    made->source = take_text(r, TAG_BYTES(3));
    made->target_kind = (Pb__DocumentKind)take_enum(r, TAG_NUMBER(4), &pb__document_kind__descriptor);
    made->target = take_text(r, TAG_BYTES(5));
    made->instalment = take_u32(r, TAG_NUMBER(6));
    made->amount_minor = take_i64(r, TAG_NUMBER(7));
    made->rule = (Pb__AllocationRule)take_enum(r, TAG_NUMBER(8), &pb__allocation_rule__descriptor);
    made->allocation_sequence = take_u64(r, TAG_NUMBER(9));
    return made;
}

static void *take_deposit(struct reader *r) {
    static const Pb__DepositReceived blank = PB__DEPOSIT_RECEIVED__INIT;
    Pb__DepositReceived *made = new_message(r, &blank, sizeof blank);
    if (made == NULL) {
        return NULL;
    }
    made->lot = take_text(r, TAG_BYTES(1));
    made->amount_minor = take_i64(r, TAG_NUMBER(2));
    made->funding = (Pb__Funding)take_enum(r, TAG_NUMBER(3), &pb__funding__descriptor);
    if (r->tag == TAG_BYTES(4)) {
        made->scope = new_elements(r);
        while (has_element(r, TAG_BYTES(4), made->n_scope)) {
            made->scope[made->n_scope++] = take_text_here(r);
        }
    }
    made->effective_from = take_i32(r, TAG_NUMBER(5));
    made->expires_on = take_i32(r, TAG_NUMBER(6));
    made->priority = take_u32(r, TAG_NUMBER(7));
    made->on_expiry = (Pb__OnExpiry)take_enum(r, TAG_NUMBER(8), &pb__on_expiry__descriptor);
    made->memo = take_text(r, TAG_BYTES(9));
    return made;
}

static void take_body(struct reader *r, Pb__Event *event) {
    uint8_t tag = r->tag;
    if (tag < TAG_BYTES(11) || tag > TAG_BYTES(15) || (tag & 7) != TAG_BYTES(0)) {
        r->is_odd = true;
        return;
    }
    uint8_t *end = begin_nested(r);
    event->body_case = (Pb__Event__BodyCase)(tag >> 3);
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        event->charge_posted = take_charge(r);
        break;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        event->deposit_consumed = take_consumed(r);
        break;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        event->payment_received = take_payment(r);
        break;
    case PB__EVENT__BODY_ALLOCATED:
        event->allocated = take_allocated(r);
        break;
    default: /* No other number is between. */
        event->deposit_received = take_deposit(r);
        break;
    }
    end_nested(r, end);
}

/* ---- the event ---- */

static void take_header(struct reader *r, Pb__Event *event) {
    event->sequence = take_u64(r, TAG_NUMBER(1));
    event->recorded_at_us = take_i64(r, TAG_NUMBER(2));
    event->effective_on = take_i32(r, TAG_NUMBER(3));
    event->actor = take_text(r, TAG_BYTES(4));
    if (r->tag == TAG_BYTES(5)) {
        size_t size;
        uint8_t *key = take_prefixed(r, &size);
        event->request_key = (ProtobufCBinaryData){.len = size, .data = size == 0 ? NULL : key};
        move_to(r, key + size);
    }
    if (r->tag == TAG_FIXED64(6)) {
        event->request_digest = load_le64(r->at + 1);
        move_to(r, r->at + 9);
    }
    event->customer = take_text(r, TAG_BYTES(7));
    event->currency = take_text(r, TAG_BYTES(8));
    event->group = take_u64(r, TAG_NUMBER(9));
    event->original_on = take_i32(r, TAG_NUMBER(10));
}

/* Field 16 is behind the five bodies, and has two bytes of tag. */
static void take_role(struct reader *r, Pb__Event *event) {
    if (r->at < r->end && r->tag == ((TAG_NUMBER(16) & 0x7f) | 0x80) && r->at[1] == TAG_NUMBER(16) >> 7) {
        r->at++;
        int64_t role = (int64_t)take_varint(r);
        r->is_odd |= !wire_is_enum_value(&pb__role__descriptor, role);
        event->role = (Pb__Role)role;
    }
}

/* NULL: let wire_decode do it. */
static Pb__Event *decode(struct daybook_bytes bytes, struct arena *arena) {
    static const Pb__Event blank = PB__EVENT__INIT;
    Pb__Event *event = arena_alloc(arena, sizeof *event + bytes.size + SLACK);
    if (event == NULL || bytes.size == 0) {
        return NULL;
    }
    uint8_t *copy = (uint8_t *)(event + 1);
    struct reader reader = {.end = copy + bytes.size, .arena = arena};
    memcpy(copy, bytes.data, bytes.size);
    memset(copy + bytes.size, 0, SLACK);
    *event = blank;
    move_to(&reader, copy);
    take_header(&reader, event);
    if (!reader.is_odd) {
        take_body(&reader, event);
    }
    if (!reader.is_odd) {
        take_role(&reader, event);
    }
    return reader.is_odd || reader.at != reader.end ? NULL : event;
}

enum daybook_status event_decode(struct daybook_bytes bytes, struct arena *arena, Pb__Event **event,
                                 struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    *event = decode(bytes, arena);
    if (*event != NULL) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = wire_decode(&pb__event__descriptor, bytes, arena, &message, error);
    *event = (Pb__Event *)message;
    return status;
}
