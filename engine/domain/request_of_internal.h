/* What the files of request_of share; nobody else includes it. */
#ifndef DAYBOOK_DOMAIN_REQUEST_OF_INTERNAL_H
#define DAYBOOK_DOMAIN_REQUEST_OF_INTERNAL_H

#include "domain/request_of.h"

struct telling {
    struct request_events events;
    const Pb__Event *main; /* The event that the command is known by; NULL: only expiries. */
    size_t variant;
    struct arena *arena;
    Pb__Request *request;
    bool is_out_of_memory;
};

/* A message of the arena, as protobuf-c begins it. These three note refused memory. */
void *telling_message(struct telling *telling, const ProtobufCMessageDescriptor *descriptor);
char *telling_date(struct telling *telling, int32_t date); /* "" for no date. */
void *telling_array(struct telling *telling, size_t count, size_t item_size);

/* The first event of that kind; NULL: there is none. */
const Pb__Event *telling_find(struct request_events events, Pb__Event__BodyCase kind);

/* Each fills the command of the request (request_of_access.c). */
void tell_proposed(struct telling *t);
void tell_approved(struct telling *t);
void tell_rejected(struct telling *t);
void tell_approval_policy(struct telling *t);
void tell_operator(struct telling *t);

/* And these (request_of_money.c). */
void tell_deposit(struct telling *t);
void tell_charge(struct telling *t);
void tell_applied(struct telling *t);
void tell_charge_reversed(struct telling *t);
void tell_payment(struct telling *t);
void tell_settled(struct telling *t);
void tell_allocated(struct telling *t);
void tell_unallocated(struct telling *t);
void tell_payment_reversed(struct telling *t);
void tell_adjustment(struct telling *t);
void tell_refund(struct telling *t);
void tell_hold(struct telling *t);
void tell_captured(struct telling *t);
void tell_released(struct telling *t);
void tell_reactivated(struct telling *t);
void tell_expiries(struct telling *t);

#endif
