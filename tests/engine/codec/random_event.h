/* Random events whose bodies are those that have a fast way of their own, each as often as the tests want it. */
#ifndef DAYBOOK_TESTS_RANDOM_EVENT_H
#define DAYBOOK_TESTS_RANDOM_EVENT_H

#include "daybook/v1/event.pb-c.h"
#include "tests/engine/codec/random_message.h"

/* random_message draws bodies evenly, so these five are drawn by hand. */
struct body_row {
    const char *name;
    Pb__Event__BodyCase body_case;
    const ProtobufCMessageDescriptor *descriptor;
};

static const struct body_row body_rows[] = {
    {"charge", PB__EVENT__BODY_CHARGE_POSTED, &pb__charge_posted__descriptor},
    {"consumed deposit", PB__EVENT__BODY_DEPOSIT_CONSUMED, &pb__deposit_consumed__descriptor},
    {"payment", PB__EVENT__BODY_PAYMENT_RECEIVED, &pb__payment_received__descriptor},
    {"allocation", PB__EVENT__BODY_ALLOCATED, &pb__allocated__descriptor},
    {"deposit", PB__EVENT__BODY_DEPOSIT_RECEIVED, &pb__deposit_received__descriptor},
    {"whatever else", PB__EVENT__BODY__NOT_SET, NULL},
};

/* With all fields that any event has. */
static inline Pb__Event *random_event(struct random *random, struct arena *arena, const struct body_row *row) {
    Pb__Event *event = (Pb__Event *)random_message(random, arena, &pb__event__descriptor);
    if (row->descriptor != NULL) {
        event->body_case = row->body_case;
        event->charge_posted = (Pb__ChargePosted *)random_message(random, arena, row->descriptor);
    }
    return event;
}

#endif
