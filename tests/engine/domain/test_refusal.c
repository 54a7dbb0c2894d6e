/* Every code that the schema has: its name, a cause, a cure; and refusals that are made before and around deciding. */
#include <string.h>

#include "domain/decide.h"
#include "tests/fault/fail.h"
#include "tests/rows.h"

static const char prefix[] = "REFUSAL_CODE_";

/* The schema's own list, as protoc wrote it: the code's name is what follows the prefix. */
static void a_code_is_called_as_in_the_schema(void **state) {
    (void)state;
    const ProtobufCEnumDescriptor *codes = &pb__refusal_code__descriptor;
    assert_true(codes->n_values > 40);
    for (unsigned i = 0; i < codes->n_values; i++) {
        const ProtobufCEnumValue *value = &codes->values[i];
        assert_memory_equal(value->name, prefix, strlen(prefix));
        assert_string_equal(refusal_name((Pb__RefusalCode)value->value), value->name + strlen(prefix));
    }
    assert_string_equal(refusal_name((Pb__RefusalCode)9999), "UNSPECIFIED"); /* Of a newer build. */
}

static void assert_sentence(const char *name, const char *text) {
    size_t size = strlen(text);
    if (size < 10 || text[size - 1] != '.') {
        fail_msg("%s is explained by no sentence: \"%s\"", name, text);
    }
}

static void a_code_is_explained_by_two_sentences_of_its_own(void **state) {
    (void)state;
    const ProtobufCEnumDescriptor *codes = &pb__refusal_code__descriptor;
    const struct refusal_text *texts[128];
    size_t count = 0;
    for (unsigned i = 0; i < codes->n_values; i++) {
        const struct refusal_text *text = refusal_explain((Pb__RefusalCode)codes->values[i].value);
        if (codes->values[i].value == PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED) {
            assert_null(text);
            continue;
        }
        assert_non_null(text);
        assert_sentence(codes->values[i].name, text->cause);
        assert_sentence(codes->values[i].name, text->cure);
        for (size_t j = 0; j < count; j++) {
            assert_string_not_equal(texts[j]->cause, text->cause);
        }
        texts[count++] = text;
    }
    assert_int_equal(count, codes->n_values - 1);
    assert_null(refusal_explain((Pb__RefusalCode)9999));
}

static void a_group_is_refused_for_its_culprit(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    Pb__Refusal *cause =
        refusal_before(&arena, PB__REFUSAL_CODE__REFUSAL_CODE_KEYS_UNUSABLE, "the file of the keys is not there");
    assert_non_null(cause);
    assert_int_equal(cause->code, PB__REFUSAL_CODE__REFUSAL_CODE_KEYS_UNUSABLE);
    assert_string_equal(cause->message, "the file of the keys is not there");
    Pb__Refusal *group = refusal_group(&arena, 2, cause);
    assert_non_null(group);
    assert_int_equal(group->code, PB__REFUSAL_CODE__REFUSAL_CODE_GROUP_REFUSED);
    assert_string_equal(group->message, "request 3 of the group was refused (KEYS_UNUSABLE): the file of the keys is "
                                        "not there");
    arena_release(&arena);
}

/* Each part of memory is refused once: then there is no refusal, rather than half of one. */
static void without_memory_there_is_no_half_refusal(void **state) {
    (void)state;
    struct arena arena;
    Pb__Refusal cause = PB__REFUSAL__INIT;
    cause.code = PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED;
    cause.message = (char *)(uintptr_t) "used";
    uint64_t refused = 0;
    for (bool was_met = true; was_met; refused += was_met) {
        arena_init(&arena, 1 << 16);
        fail_arm(FAIL_PART, refused + 1, false);
        const Pb__Refusal *group = refusal_group(&arena, 0, &cause);
        was_met = fail_disarm() > 0;
        assert_int_equal(group == NULL, was_met);
        assert_int_equal(arena.is_exhausted, was_met);
        arena_release(&arena);
    }
    assert_true(refused >= 3); /* The sentence, the refusal, the sentence in it. */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_called_as_in_the_schema),
        cmocka_unit_test(a_code_is_explained_by_two_sentences_of_its_own),
        cmocka_unit_test(a_group_is_refused_for_its_culprit),
        cmocka_unit_test(without_memory_there_is_no_half_refusal),
    };
    return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
