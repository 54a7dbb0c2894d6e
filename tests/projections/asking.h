/* A ledger whose journal holds hand-made events, and questions to it. */
#ifndef TESTS_PROJECTIONS_ASKING_H
#define TESTS_PROJECTIONS_ASKING_H

#include "codec/wire.h"
#include "ledger.h"
#include "projections/events.h"
#include "projections/query.h"

struct asking {
    char directory[64];
    struct daybook *ledger;
    struct arena arena; /* Of answers. */
    struct daybook_error error;
};

#define ASKING_OK(asking, call)                                                                                        \
    do {                                                                                                               \
        (asking)->error.message[0] = '\0';                                                                             \
        enum daybook_status asked_ = (call);                                                                           \
        if (asked_ != DAYBOOK_OK) {                                                                                    \
            fail_msg("%s: %s: %s", #call, daybook_status_name(asked_), (asking)->error.message);                       \
        }                                                                                                              \
    } while (0)

/* Noon of 2024-06-30 UTC. */
static inline int64_t asking_now(void *context) {
    (void)context;
    return INT64_C(1719748800000000);
}

static inline void asking_append(struct asking *a, const struct events *events, size_t from) {
    struct journal *journal = NULL;
    struct journal_options options = {.is_writer = true, .map_size_bytes = (size_t)1 << 32};
    ASKING_OK(a, journal_open(a->directory, &options, &journal, &a->error));
    size_t count = events->count - from;
    struct event_span *spans = calloc(count, sizeof *spans);
    int64_t *times = calloc(count, sizeof *times);
    struct daybook_buffer *encoded = calloc(count, sizeof *encoded);
    assert_true(spans != NULL && times != NULL && encoded != NULL);
    for (size_t i = 0; i < count; i++) {
        const Pb__Event *event = events->list[from + i];
        assert_int_equal(wire_encode(&event->base, &encoded[i]), DAYBOOK_OK);
        spans[i] = (struct event_span){encoded[i].data, (uint32_t)encoded[i].size};
        times[i] = event->recorded_at_us;
    }
    struct journal_batch batch = {spans, times, count};
    ASKING_OK(a, journal_append(journal, &batch, &a->error));
    for (size_t i = 0; i < count; i++) {
        daybook_buffer_release(&encoded[i]);
    }
    free(encoded);
    free(times);
    free(spans);
    journal_close(journal);
}

static inline void asking_reopen(struct asking *a) {
    struct daybook_open_options how = {
        .directory = a->directory, .views = daybook_standard_views, .map_size_bytes = (size_t)1 << 32};
    how.clock.now_us = asking_now;
    daybook_close(a->ledger);
    a->ledger = NULL;
    ASKING_OK(a, daybook_open(&how, &a->ledger, &a->error));
}

static inline void asking_open(struct asking *a, const struct events *events) {
    memset(a, 0, sizeof *a);
    strcpy(a->directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(a->directory));
    arena_init(&a->arena, (size_t)1 << 28);
    struct daybook_create_options made = {.timezone = "UTC", .currency = "EUR"};
    made.clock.now_us = asking_now;
    ASKING_OK(a, daybook_create(a->directory, &made, &a->error));
    asking_append(a, events, 0);
    asking_reopen(a);
}

static inline void asking_close(struct asking *a) {
    char command[96];
    daybook_close(a->ledger);
    arena_release(&a->arena);
    (void)snprintf(command, sizeof command, "rm -rf %s", a->directory);
    assert_int_equal(system(command), 0);
}

/* A group's setup and teardown: one ledger of these events, as the state of all its tests. */
static inline int asking_setup(void **state, void (*make_book)(struct events *events)) {
    static struct asking a;
    struct events e;
    make_book(&e);
    asking_open(&a, &e);
    events_release(&e);
    *state = &a;
    return 0;
}

static inline int asking_teardown(void **state) {
    asking_close(*state);
    return 0;
}

static inline Pb__At *at(struct asking *a, const char *as_of, const char *known_at) {
    Pb__At *made = arena_alloc(&a->arena, sizeof *made);
    assert_non_null(made);
    pb__at__init(made);
    made->as_of = arena_copy_text(&a->arena, as_of, strlen(as_of));
    made->known_at = arena_copy_text(&a->arena, known_at, strlen(known_at));
    return made;
}

static inline Pb__Page *page(struct asking *a, uint32_t limit, const char *cursor) {
    Pb__Page *made = arena_alloc(&a->arena, sizeof *made);
    assert_non_null(made);
    pb__page__init(made);
    made->limit = limit;
    made->cursor = arena_copy_text(&a->arena, cursor, strlen(cursor));
    return made;
}

static inline enum daybook_status ask(struct asking *a, const Pb__Query *query, ProtobufCMessage **answer) {
    return query_run(a->ledger, query, &a->arena, answer, &a->error);
}

/* ASK(asking, BALANCE, balance, BalanceQuery, balance_query__init, answer, { fields of q_ }) */
#define ASK(asking, CASE, field, Type, init, answer, ...)                                                              \
    do {                                                                                                               \
        Pb__Query query_ = PB__QUERY__INIT;                                                                            \
        Pb__##Type question_;                                                                                          \
        Pb__##Type *q_ = &question_;                                                                                   \
        ProtobufCMessage *message_ = NULL;                                                                             \
        pb__##init(q_);                                                                                                \
        __VA_ARGS__;                                                                                                   \
        query_.question_case = PB__QUERY__QUESTION_##CASE;                                                             \
        query_.field = q_;                                                                                             \
        ASKING_OK(asking, ask(asking, &query_, &message_));                                                            \
        (answer) = (void *)message_;                                                                                   \
    } while (0)

/* The same for a question that fails; its message must hold the text. */
#define ASK_FAILS(asking, wanted, CASE, field, Type, init, text, ...)                                                  \
    do {                                                                                                               \
        Pb__Query query_ = PB__QUERY__INIT;                                                                            \
        Pb__##Type question_;                                                                                          \
        Pb__##Type *q_ = &question_;                                                                                   \
        ProtobufCMessage *message_ = NULL;                                                                             \
        pb__##init(q_);                                                                                                \
        __VA_ARGS__;                                                                                                   \
        query_.question_case = PB__QUERY__QUESTION_##CASE;                                                             \
        query_.field = q_;                                                                                             \
        assert_int_equal(ask(asking, &query_, &message_), wanted);                                                     \
        assert_non_null(strstr((asking)->error.message, text));                                                        \
    } while (0)

/* That cannot be asked so; and that is about who or what is not there. */
#define ASK_WRONGLY(asking, ...) ASK_FAILS(asking, DAYBOOK_INVALID, __VA_ARGS__)
#define ASK_IN_VAIN(asking, ...) ASK_FAILS(asking, DAYBOOK_NOT_FOUND, __VA_ARGS__)

static inline void customer_opened(struct events *e, int32_t on, const char *customer, const char *tag) {
    const char *currency = e->currency;
    e->customer = customer;
    e->currency = "";
    EVENT_BODY(e, on, CUSTOMER_OPENED, customer_opened, CustomerOpened, customer_opened__init, {
        body_->profile = events_alloc(e, sizeof *body_->profile);
        pb__customer_profile__init(body_->profile);
        body_->profile->name = events_text(e, customer);
        body_->profile->n_tags = 1;
        body_->profile->tags = events_alloc(e, sizeof(char *));
        body_->profile->tags[0] = events_text(e, tag);
    });
    e->currency = currency;
}

static inline void customer_changed(struct events *e, int32_t on, const char *name) {
    const char *currency = e->currency;
    e->currency = "";
    EVENT_BODY(e, on, CUSTOMER_CHANGED, customer_changed, CustomerChanged, customer_changed__init, {
        body_->profile = events_alloc(e, sizeof *body_->profile);
        pb__customer_profile__init(body_->profile);
        body_->profile->name = events_text(e, name);
    });
    e->currency = currency;
}

static inline void policy_set(struct events *e, int32_t on, Pb__LimitState state, int64_t limit, int32_t until) {
    EVENT_BODY(e, on, CREDIT_POLICY_SET, credit_policy_set, CreditPolicySet, credit_policy_set__init, {
        body_->state = state;
        body_->limit_minor = limit;
        body_->mode = PB__CREDIT_MODE__CREDIT_MODE_BLOCK;
        body_->until_on = until;
    });
}

static inline void credit_hold(struct events *e, int32_t on, bool is_placed) {
    const char *currency = e->currency;
    e->currency = "";
    if (is_placed) {
        EVENT_BODY(e, on, CREDIT_HOLD_PLACED, credit_hold_placed, CreditHoldPlaced, credit_hold_placed__init, {});
    } else {
        EVENT_BODY(e, on, CREDIT_HOLD_LIFTED, credit_hold_lifted, CreditHoldLifted, credit_hold_lifted__init, {});
    }
    e->currency = currency;
}

#endif
