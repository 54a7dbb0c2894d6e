/*
 * Laws 1 and 2 over random histories, for every kind of question that there is:
 * the answer for (A, K) is the same bytes for ever, whatever is appended later;
 * and whatever is deleted beside the journal.
 *
 * Questions are made from the descriptors, so that a new kind is asked, too. All of
 * an answer is compared, a refusal with its sentence, but for one number:
 * Position.journal_head says how many events there were when it was asked, and not
 * what was known at K.
 */
#include <dirent.h>

#include "projections/random_ledger.h"
#include "tools/message_field.h"

enum { HISTORIES = 4, ROUNDS = 6, REQUESTS_A_ROUND = 40, QUESTIONS_A_ROUND = 45, QUESTIONS_MAX = 512 };

struct asked {
    struct daybook_buffer question;
    struct daybook_buffer answer;
};

struct record {
    struct asked items[QUESTIONS_MAX];
    size_t count;
    size_t answered; /* Not refused. */
    bool kinds[64];  /* Questions that were answered, by their arm. */
};

/* ---- questions ---- */

static bool is_named(const ProtobufCFieldDescriptor *field, const char *names) {
    const char *found = strstr(names, field->name);
    size_t size = strlen(field->name);
    return found != NULL && (found == names || found[-1] == ' ') && (found[size] == ' ' || found[size] == '\0');
}

static char *random_string(struct random_ledger *r, const ProtobufCFieldDescriptor *field) {
    struct chance *chance = &r->chance;
    if (is_named(field, "customer")) {
        return random_text(r, RANDOM_OF(chance, "", "ann", "bob", "cem", "ann", "bob", "nobody"));
    }
    if (is_named(field, "currency")) {
        return random_text(r, RANDOM_OF(chance, "", "", "CNY", "USD"));
    }
    if (is_named(field, "tag")) {
        return random_text(r, RANDOM_OF(chance, "", "", "", "north", "big"));
    }
    if (is_named(field, "from_known_at")) {
        return sequence_text(r, random_sequence(r));
    }
    if (is_named(field, "from from_on on expiring_through") && chance_between(chance, 0, 3) != 0) {
        return random_day(r);
    }
    return random_text(r, "");
}

static void fill_edges(struct random_ledger *r, ProtobufCMessage *question, const ProtobufCFieldDescriptor *field) {
    int32_t edge = 0;
    for (int64_t left = chance_between(&r->chance, 0, 4); left > 0; left--) {
        int32_t *slot = field_append(question, field, &r->arena);
        assert_non_null(slot);
        edge += (int32_t)chance_between(&r->chance, 1, 40);
        *slot = edge;
    }
}

static void fill_message(struct random_ledger *r, ProtobufCMessage *question, const ProtobufCFieldDescriptor *field) {
    if (is_named(field, "at")) {
        Pb__At *at = at_of(r, random_day(r), random_sequence(r));
        at->with_time = chance_between(&r->chance, 0, 1) == 0;
        memcpy(field_member(question, field), &at, sizeof(Pb__At *));
    } else if (is_named(field, "page") && chance_between(&r->chance, 0, 1) == 0) {
        Pb__Page *page = (Pb__Page *)field_submessage(question, field, &r->arena);
        assert_non_null(page);
        page->limit = (uint32_t)chance_between(&r->chance, 1, 5);
    }
}

static void fill_field(struct random_ledger *r, ProtobufCMessage *question, const ProtobufCFieldDescriptor *field) {
    if (field_is_repeated(field)) {
        if (is_named(field, "edges")) {
            fill_edges(r, question, field);
        }
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        fill_message(r, question, field);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        char *text = random_string(r, field);
        memcpy(field_member(question, field), &text, sizeof text);
    } else if (field->type == PROTOBUF_C_TYPE_BOOL) {
        protobuf_c_boolean flag = chance_between(&r->chance, 0, 1) == 1;
        memcpy(field_member(question, field), &flag, sizeof flag);
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        const ProtobufCEnumDescriptor *values = field->descriptor;
        int value = values->values[chance_between(&r->chance, 0, (int64_t)values->n_values - 1)].value;
        memcpy(field_member(question, field), &value, sizeof value);
    }
}

/* A question that has both coordinates. The others are about the engine itself, or about bytes of the journal. */
static const ProtobufCFieldDescriptor *random_arm(struct random_ledger *r) {
    const ProtobufCMessageDescriptor *query = &pb__query__descriptor;
    for (;;) {
        const ProtobufCFieldDescriptor *arm = &query->fields[chance_between(&r->chance, 0, query->n_fields - 1)];
        if (message_find_field(arm->descriptor, "at") != NULL) {
            return arm;
        }
    }
}

/* A lineage is of one document, which has to be there: its name says its kind. */
static void aim_lineage(struct random_ledger *r, Pb__LineageQuery *lineage) {
    static const Pb__DocumentKind kinds[] = {
        PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT,
        PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT};
    size_t kind = (size_t)chance_between(&r->chance, 0, 3);
    lineage->kind = kinds[kind];
    lineage->customer = random_text(r, RANDOM_OF(&r->chance, "ann", "bob", "cem"));
    lineage->document = arena_format(&r->arena, "%c%d", "CPLN"[kind], (int)chance_between(&r->chance, 1, RANDOM_IDS));
    assert_non_null(lineage->document);
}

static Pb__Query *random_question(struct random_ledger *r) {
    const ProtobufCFieldDescriptor *arm = random_arm(r);
    Pb__Query *query = (Pb__Query *)message_new(&pb__query__descriptor, &r->arena);
    assert_non_null(query);
    ProtobufCMessage *question = field_submessage(&query->base, arm, &r->arena);
    assert_non_null(question);
    for (unsigned i = 0; i < question->descriptor->n_fields; i++) {
        fill_field(r, question, &question->descriptor->fields[i]);
    }
    if (query->question_case == PB__QUERY__QUESTION_LINEAGE) {
        aim_lineage(r, query->lineage);
    }
    return query;
}

/* ---- answers ---- */

static void ask(struct random_ledger *r, const Pb__Query *query, struct daybook_buffer *answer, bool *is_answered) {
    ProtobufCMessage *message = NULL;
    enum daybook_status status = query_run(r->c.ledger, query, &r->arena, &message, &r->c.error);
    *is_answered = status == DAYBOOK_OK;
    if (!*is_answered) {
        assert_true(status == DAYBOOK_INVALID || status == DAYBOOK_NOT_FOUND);
        assert_int_equal(daybook_buffer_append(answer, r->c.error.message, strlen(r->c.error.message)), DAYBOOK_OK);
        return;
    }
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, "position");
    assert_non_null(field);
    (*(Pb__Position **)field_member(message, field))->journal_head = 0;
    assert_int_equal(wire_encode(message, answer), DAYBOOK_OK);
}

static void record_one(struct random_ledger *r, struct record *record) {
    struct asked *asked = &record->items[record->count];
    bool is_answered = false;
    assert_true(record->count < QUESTIONS_MAX);
    arena_reset(&r->arena);
    const Pb__Query *query = random_question(r);
    *asked = (struct asked){.question = {0}};
    assert_int_equal(wire_encode(&query->base, &asked->question), DAYBOOK_OK);
    ask(r, query, &asked->answer, &is_answered);
    record->count++;
    record->answered += is_answered;
    if (is_answered) {
        record->kinds[query->question_case] = true;
    }
}

static void check_again(struct random_ledger *r, const struct record *record, const char *when) {
    for (size_t i = 0; i < record->count; i++) {
        const struct asked *asked = &record->items[i];
        struct daybook_buffer again = {0};
        ProtobufCMessage *query = NULL;
        bool is_answered = false;
        arena_reset(&r->arena);
        assert_int_equal(
            wire_decode(&pb__query__descriptor, daybook_buffer_view(&asked->question), &r->arena, &query, &r->c.error),
            DAYBOOK_OK);
        ask(r, (const Pb__Query *)query, &again, &is_answered);
        if (!daybook_bytes_equal(daybook_buffer_view(&again), daybook_buffer_view(&asked->answer))) {
            const ProtobufCFieldDescriptor *arm = protobuf_c_message_descriptor_get_field(
                &pb__query__descriptor, ((const Pb__Query *)query)->question_case);
            fail_msg("%s: question %zu (%s) has another answer: %zu bytes, and %zu before", when, i, arm->name,
                     again.size, asked->answer.size);
        }
        daybook_buffer_release(&again);
    }
}

static void release(struct record *record) {
    for (size_t i = 0; i < record->count; i++) {
        daybook_buffer_release(&record->items[i].question);
        daybook_buffer_release(&record->items[i].answer);
    }
}

/* ---- the laws ---- */

/* Every arm that has coordinates was answered at least once: a test that asks nothing is seen. */
static void check_coverage(const bool kinds[64]) {
    for (unsigned i = 0; i < pb__query__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *arm = &pb__query__descriptor.fields[i];
        if (message_find_field(arm->descriptor, "at") != NULL && !kinds[arm->id]) {
            fail_msg("no %s was answered", arm->name);
        }
    }
}

static void fill(struct random_ledger *r, struct record *record, uint64_t seed) {
    *record = (struct record){.count = 0};
    printf("seed %" PRIu64 "\n", seed);
    random_ledger_open(r, seed);
    for (int round = 0; round < ROUNDS; round++) {
        random_ledger_write(r, REQUESTS_A_ROUND);
        for (int i = 0; i < QUESTIONS_A_ROUND; i++) {
            record_one(r, record);
        }
    }
    assert_true(record->answered > record->count / 3);
}

static void nothing_rewrites_an_answer(void **state) {
    (void)state;
    static struct record record;
    bool kinds[64] = {false};
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        struct random_ledger r;
        fill(&r, &record, seed + i);
        check_again(&r, &record, "after all was appended");
        random_ledger_write(&r, REQUESTS_A_ROUND);
        ledger_case_reopen(&r.c);
        check_again(&r, &record, "after more was appended, opened anew");
        for (size_t j = 0; j < 64; j++) {
            kinds[j] = kinds[j] || record.kinds[j];
        }
        release(&record);
        random_ledger_close(&r);
    }
    check_coverage(kinds);
}

/* Some of the views and the state's checkpoint, or all. The ledger is closed. Returns how many. */
static size_t delete_some(struct random_ledger *r, bool all) {
    char views[128];
    size_t deleted = 0;
    snprintf(views, sizeof views, "%s/views", r->c.directory);
    DIR *directory = opendir(views);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[512];
        if (entry->d_name[0] == '.' || (!all && chance_between(&r->chance, 0, 1) == 0)) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", views, entry->d_name);
        place_remove(path);
        deleted++;
    }
    closedir(directory);
    return deleted;
}

static void replay_is_the_truth(void **state) {
    (void)state;
    static struct record record;
    uint64_t seed = chance_seed(1001);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        struct random_ledger r;
        size_t deleted = 0;
        fill(&r, &record, seed + i);
        for (int round = 0; round < 4; round++) {
            daybook_close(r.c.ledger);
            r.c.ledger = NULL;
            deleted += delete_some(&r, round == 3);
            ledger_case_open(&r.c);
            check_again(&r, &record, round == 3 ? "with every view deleted" : "with some views deleted");
            random_ledger_write(&r, 10); /* The state that deciding sees came back, too. */
        }
        assert_true(deleted > 8);
        release(&record);
        random_ledger_close(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_rewrites_an_answer),
        cmocka_unit_test(replay_is_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
