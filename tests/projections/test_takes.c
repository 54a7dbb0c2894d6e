/* Views that take some kinds of events only: what they are not given would have changed nothing. */
#include "engine/daybook.h"
#include "tests/projections/folding.h"

enum { MESSAGE_MAX = 512, KINDS_MAX = 64 };

struct room {
    _Alignas(16) uint8_t bytes[MESSAGE_MAX];
};

/* The event with an empty body of this kind. */
static Pb__Event empty_event(const ProtobufCFieldDescriptor *kind, struct room *room) {
    Pb__Event event = PB__EVENT__INIT;
    const ProtobufCMessageDescriptor *body = kind->descriptor;
    assert_true(body->sizeof_message <= sizeof *room);
    protobuf_c_message_init(body, (ProtobufCMessage *)room);
    event.sequence = 1;
    event.effective_on = 19000;
    event.customer = (char *)(uintptr_t) "ann";
    event.currency = (char *)(uintptr_t) "CNY";
    event.body_case = (Pb__Event__BodyCase)kind->id;
    memcpy((uint8_t *)&event + kind->offset, &(ProtobufCMessage *){(ProtobufCMessage *)room}, sizeof(void *));
    return event;
}

static uint64_t rows_of(struct folding *f) {
    uint64_t rows = 0;
    folding_begin(f);
    for (unsigned i = 0; i < f->projection->table_count; i++) {
        uint64_t count = 0;
        FOLDING_OK(f, table_count(f->txn, i, &count, &f->error));
        rows += count;
    }
    store_abort(f->txn);
    return rows;
}

static size_t count_left_out(const struct projection *view) {
    const ProtobufCMessageDescriptor *descriptor = &pb__event__descriptor;
    struct folding f;
    size_t left_out = 0;
    folding_open(&f, view);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *kind = &descriptor->fields[i];
        struct room room;
        if ((kind->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 || view->takes((Pb__Event__BodyCase)kind->id)) {
            continue;
        }
        Pb__Event event = empty_event(kind, &room);
        folding_begin(&f);
        FOLDING_OK(&f, folding_try(&f, &event));
        folding_commit(&f);
        left_out++;
    }
    assert_int_equal(rows_of(&f), 0);
    folding_close(&f);
    return left_out;
}

static void what_a_view_does_not_take_changes_nothing(void **state) {
    (void)state;
    size_t choosy = 0;
    for (const struct projection *const *view = daybook_standard_views; *view != NULL; view++) {
        if ((*view)->takes != NULL) {
            assert_true(count_left_out(*view) > 0);
            choosy++;
        }
    }
    assert_int_equal(choosy, 4); /* customers, lots, statements, proposals */
}

/* A kind past those that a view looks up would be folded all the same, and more slowly. */
static void every_kind_can_be_looked_up(void **state) {
    const ProtobufCMessageDescriptor *descriptor = &pb__event__descriptor;
    (void)state;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        if ((descriptor->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            assert_in_range(descriptor->fields[i].id, 1, KINDS_MAX - 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_view_does_not_take_changes_nothing),
        cmocka_unit_test(every_kind_can_be_looked_up),
    };
    return cmocka_run_group_tests_name("takes", tests, NULL, NULL);
}
