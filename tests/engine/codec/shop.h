/* Events as a shop makes them. */
#ifndef DAYBOOK_TESTS_SHOP_H
#define DAYBOOK_TESTS_SHOP_H

#include "codec/wire.h"
#include "daybook/v1/event.pb-c.h"
#include "tests/engine/codec/pile.h"
#include "tests/engine/codec/random_message.h"

/* `count` events of requests that make one or two each. */
static inline void shop_add(struct pile *pile, uint32_t count) {
    struct random random = {.state = 7};
    struct daybook_buffer encoded = {0};
    Pb__Event event = PB__EVENT__INIT;
    uint8_t key[16];
    char customer[16];
    char payment[16];
    Pb__PaymentReceived received = PB__PAYMENT_RECEIVED__INIT;
    Pb__Allocated allocated = PB__ALLOCATED__INIT;
    for (uint32_t i = 0; i < count; i++) {
        event.sequence = 1000 + i;
        event.recorded_at_us = 1700000000000000 + i;
        event.effective_on = (int32_t)(19600 + i / 100);
        event.actor = i % 3 == 0 ? "shop-1" : "office";
        event.currency = "USD";
        if (i % 2 == 0) {
            store_le64(key, random_next(&random));
            store_le64(key + 8, random_next(&random));
            event.request_key = (ProtobufCBinaryData){sizeof key, key};
            event.request_digest = random_next(&random);
            (void)snprintf(customer, sizeof customer, "cust%06u", (unsigned)random_below(&random, 10000));
            (void)snprintf(payment, sizeof payment, "P%u", (unsigned)random_below(&random, 1000));
            event.customer = customer;
            received.payment = payment;
            received.amount_minor = (int64_t)random_below(&random, 1000000);
            event.body_case = PB__EVENT__BODY_PAYMENT_RECEIVED;
            event.payment_received = &received;
        } else {
            event.actor = (i - 1) % 3 == 0 ? "shop-1" : "office";
            event.request_digest = 0;
            allocated.source = payment;
            allocated.target = "INV1";
            allocated.amount_minor = received.amount_minor;
            event.body_case = PB__EVENT__BODY_ALLOCATED;
            event.allocated = &allocated;
        }
        daybook_buffer_reset(&encoded);
        assert_int_equal(wire_encode(&event.base, &encoded), DAYBOOK_OK);
        pile_add(pile, encoded.data, encoded.size);
    }
    daybook_buffer_release(&encoded);
}

#endif
