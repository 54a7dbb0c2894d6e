/* A history that has every kind of event at least once, for tests of what reads them. */
#ifndef DAYBOOK_TESTS_DOMAIN_STORY_H
#define DAYBOOK_TESTS_DOMAIN_STORY_H

#include "approving.h"
#include "field.h"
#include "rules.h"

static const char story_lines[] = "now 2024-03-01\n"
                                  "2024-01-01 open ann terms=10\n"
                                  "2024-01-01 open bob\n"
                                  "2024-01-02 change name=Ann\n"
                                  /* Lots: used, restored, expired, released for a late charge, reactivated. */
                                  "2024-01-02 deposit A 90 expires=2024-03-10\n"
                                  "2024-01-02 deposit B 40 promo scope=goods,meals prio=9\n"
                                  "2024-01-02 deposit C 60 cur=USD\n"
                                  "2024-01-03 charge g 100 goods\n"
                                  "now 2024-03-11\n"
                                  "2024-02-20 charge late 20 goods\n"
                                  "2024-03-11 deposit D 30 expires=2024-03-12\n"
                                  "now 2024-03-12\n"
                                  "reactivate D 30 registered expires=2025-01-01\n"
                                  "2024-03-12 reverse-charge g 60 reversal error\n"
                                  /* Instalments, payments, allocations on and off again. */
                                  "2024-03-01 charge i 100 settle=receivable instalments=60@2024-04-01,40@2024-05-01\n"
                                  "2024-03-01 pay o 1 none\n"
                                  "2024-03-02 pay p 70 pending\n"
                                  "2024-03-03 settle p\n"
                                  "2024-03-04 allocate p to=i:30@x,i:20 part=1\n"
                                  "2024-03-05 unallocate x 10\n"
                                  "2024-03-05 pay q 25\n"
                                  "2024-03-06 reverse-payment q reversal bounced\n"
                                  "2024-03-06 pay r 5 pending\n"
                                  "2024-03-07 reverse-payment r reversal bounced\n"
                                  /* An allocation that had come off later comes off on its own day instead. */
                                  "2024-03-01 charge z 50 settle=receivable\n"
                                  "2024-03-02 pay v 50 to=z@y\n"
                                  "2024-03-06 unallocate y 50\n"
                                  "reverse-payment v correction error\n"
                                  /* Adjustments of an item and on account. */
                                  "2024-03-05 charge w 80 settle=receivable\n"
                                  "2024-03-06 write-off n1 30 lost for=w\n"
                                  "2024-03-07 recovery n2 10 found for=w\n"
                                  "2024-03-07 credit-note n3 8 late\n"
                                  "2024-03-07 debit-note n4 3 fee due=2024-04-01\n"
                                  "2024-03-07 rounding n5 1 cents for=w\n"
                                  "2024-03-08 refund f1 5 payment p\n"
                                  "2024-03-08 refund f2 6 lot C cur=USD\n"
                                  /* Holds, of lots and on credit. */
                                  "policy amount 1000 warn until=2025-01-01\n"
                                  "2024-03-12 place-hold h 50 goods expires=2024-06-01\n"
                                  "2024-03-12 capture-hold h 20 hc keep\n"
                                  "2024-03-12 release-hold h 10\n"
                                  "hold late\n"
                                  "lift paid\n"
                                  "2024-03-10 dispute d 5 w quality\n"
                                  "2024-03-10 dispute e 3 w late\n"
                                  "2024-03-11 resolve d rejected\n"
                                  "statement s forward - 2024-03-10 known=30\n"
                                  "close-period 2024-01-31\n"
                                  "reopen-period why 2024-01-15\n"
                                  "2024-03-13 charge ahead 7 settle=receivable\n"
                                  "2024-03-12 close cust=bob\n";

static inline void story_request(struct scene *scene, const Pb__Request *request) {
    struct decide_result result;
    world_decide(&scene->world, request, &result);
    if (result.refusal != NULL) {
        fail_msg("refused: %s", result.refusal->message);
    }
}

/* Everything of which only the whole ledger is asked. */
static inline void story_approvals(struct scene *scene) {
    struct world *world = &scene->world;
    story_request(scene, request_policy(world));
    story_request(scene, request_proposal(world, "gone", "hold why", "kate", CREDIT));
    world->now_us += 2 * DAY_US; /* It has expired: the next one clears it away. */
    story_request(scene, request_proposal(world, "W", "write-off n9 20 why for=w kind=charge", "anna", ACCOUNTANT));
    story_request(scene, request_proposal(world, "V", "hold why", "kate", CREDIT));
    story_request(scene, request_verdict(world, "W", true, true, "beth", ACCOUNTANT));
    story_request(scene, request_verdict(world, "V", false, true, "karl", CREDIT));
    story_request(scene, request_policy(world)); /* In place of the first. */
    story_request(scene, request_action(world, PB__OPERATOR_ACTION__OPERATOR_ACTION_KEY_CREATED, "audit"));
}

static inline void story_is_whole(struct world *world) {
    const ProtobufCMessageDescriptor *event_form = &pb__event__descriptor;
    uint64_t kinds = 0; /* One bit for each body's number. */
    for (uint64_t sequence = 1; sequence <= world->events.count; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
        assert_true(event->body_case < 64);
        kinds |= UINT64_C(1) << event->body_case;
    }
    for (unsigned i = 0; i < event_form->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &event_form->fields[i];
        bool is_body = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (is_body && (kinds & UINT64_C(1) << field->id) == 0) {
            fail_msg("the story has no %s", field->name);
        }
    }
}

static inline void story_tell(struct scene *scene) {
    scene_open(scene, NULL);
    scene_given(scene, story_lines);
    story_approvals(scene);
    story_is_whole(&scene->world);
}

static inline const ProtobufCFieldDescriptor *story_kind(const struct line *which) {
    const ProtobufCFieldDescriptor *kind =
        protobuf_c_message_descriptor_get_field_by_name(&pb__event__descriptor, which->words[0]);
    assert_non_null(kind);
    return kind;
}

/* The first event of that kind, and with that field: "kind path=value". Decoded anew, so that it can be changed. */
static inline Pb__Event *story_event(struct world *world, const char *text) {
    struct line which = line_split(&world->arena, text);
    for (uint64_t sequence = 1; sequence <= world->events.count; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
        Pb__Event *own = (Pb__Event *)(uintptr_t)event;
        if (event->body_case == story_kind(&which)->id &&
            (which.count == 1 || has_field(&world->arena, &own->base, which.words[1]))) {
            return own;
        }
    }
    fail_msg("the story has no %s", text);
    return NULL;
}

#endif
