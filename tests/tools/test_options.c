/* Options as tables: what is parsed and what is refused. */
#include <string.h>

#include "tests/rows.h"

#include "tools/options.h"

static const struct option_spec first_table[] = {
    {"as-of", 0, OPTION_VALUE, false, "DATE", "a date", FIELD_NONE},
    {"tag", 't', OPTION_LIST, false, "TAG", "a tag", FIELD_NONE},
    {"dry-run", 'n', OPTION_FLAG, false, NULL, "nothing", FIELD_NONE},
    {"reason", 0, OPTION_VALUE, true, "CODE", "why", FIELD_NONE},
    OPTIONS_END,
};
static const struct option_spec second_table[] = {
    {"ledger", 'L', OPTION_VALUE, false, "DIR", "where", FIELD_NONE},
    OPTIONS_END,
};
static const struct option_spec *const tables[] = {first_table, second_table, NULL};

enum { WORDS_MAX = 8 };

/* What was given, as "name=value" and "argument" with spaces between them. */
struct parsed {
    const char *name;
    const char *words[WORDS_MAX];
    const char *given;
    const char *arguments;
};

static const struct parsed parsed_rows[] = {
    {"nothing", {NULL}, "", ""},
    {"a value after a space", {"--as-of", "2024-01-01"}, "as-of=2024-01-01 ", ""},
    {"a value after an equals sign", {"--as-of=2024-01-01"}, "as-of=2024-01-01 ", ""},
    {"an empty value", {"--as-of="}, "as-of= ", ""},
    {"a value with an equals sign", {"--as-of=a=b"}, "as-of=a=b ", ""},
    {"a value that looks like an option", {"--as-of", "--tag"}, "as-of=--tag ", ""},
    {"a letter with its value", {"-Lbooks"}, "ledger=books ", ""},
    {"a letter and its value", {"-L", "books"}, "ledger=books ", ""},
    {"a flag", {"--dry-run"}, "dry-run ", ""},
    {"letters together", {"-nLbooks"}, "dry-run ledger=books ", ""},
    {"a list keeps its order", {"--tag", "b", "-ta", "--tag=c"}, "tag=b tag=a tag=c ", ""},
    {"arguments between options", {"A", "--dry-run", "B"}, "dry-run ", "A B "},
    {"after two dashes, no options", {"A", "--", "--tag", "-n"}, "", "A --tag -n "},
    {"a lone dash is an argument", {"-"}, "", "- "},
    {"so is a number below zero", {"A", "-5.00", "-n"}, "dry-run ", "A -5.00 "},
    {"an empty argument", {""}, "", " "},
};

static enum daybook_status parse(const char *const *words, struct arena *arena, struct options *options,
                                 struct daybook_error *error) {
    static char texts[WORDS_MAX][64];
    char *argv[WORDS_MAX];
    int argc = 0;
    while (argc < WORDS_MAX && words[argc] != NULL) {
        argv[argc] = strcpy(texts[argc], words[argc]);
        argc++;
    }
    return options_parse(tables, argc, argv, arena, options, error);
}

static void parses(void **state) {
    const struct parsed *row = *state;
    struct arena arena;
    struct options options;
    struct daybook_error error;
    char given[256] = "";
    char arguments[256] = "";
    arena_init(&arena, 65536);
    assert_int_equal(parse(row->words, &arena, &options, &error), DAYBOOK_OK);
    for (size_t i = 0; i < options.given_count; i++) {
        strcat(given, options.given[i].spec->name);
        if (options.given[i].value != NULL) {
            strcat(strcat(given, "="), options.given[i].value);
        }
        strcat(given, " ");
    }
    for (size_t i = 0; i < options.argument_count; i++) {
        strcat(strcat(arguments, options.arguments[i]), " ");
    }
    assert_string_equal(given, row->given);
    assert_string_equal(arguments, row->arguments);
    arena_release(&arena);
}

struct refused {
    const char *name;
    const char *words[WORDS_MAX];
    const char *reason;
};

static const struct refused refused_rows[] = {
    {"an unknown name", {"--asof", "x"}, "unknown option --asof; the nearest is --as-of"},
    {"an abbreviation", {"--dry"}, "unknown option --dry; the nearest is --dry-run"},
    {"a name like no other", {"--colour=red"}, "unknown option --colour"},
    {"an unknown letter", {"-x"}, "unknown option -x"},
    {"a value for a flag", {"--dry-run=yes"}, "takes no value"},
    {"a missing value", {"--as-of"}, "--as-of DATE"},
    {"a missing value of a letter", {"-L"}, "--ledger DIR"},
    {"twice", {"--as-of=1", "--as-of=2"}, "given twice"},
    {"a flag twice", {"-n", "--dry-run"}, "given twice"},
};

static void refuses(void **state) {
    const struct refused *row = *state;
    struct arena arena;
    struct options options;
    struct daybook_error error;
    arena_init(&arena, 65536);
    assert_int_equal(parse(row->words, &arena, &options, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, row->reason));
    arena_release(&arena);
}

static void asks_for_what_is_required(void **state) {
    (void)state;
    static const char *const without[] = {"--as-of=1", NULL};
    static const char *const with[] = {"--reason=r", NULL};
    struct arena arena;
    struct options options;
    struct daybook_error error;
    arena_init(&arena, 65536);
    assert_int_equal(parse(without, &arena, &options, &error), DAYBOOK_OK);
    assert_int_equal(options_check_required(tables, &options, &error), DAYBOOK_INVALID);
    assert_string_equal(error.message, "--reason CODE is required");
    assert_string_equal(options_value(&options, "as-of"), "1");
    assert_null(options_value(&options, "reason"));
    assert_int_equal(parse(with, &arena, &options, &error), DAYBOOK_OK);
    assert_int_equal(options_check_required(tables, &options, &error), DAYBOOK_OK);
    assert_true(options_has(&options, "reason"));
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, parsed_rows, parses);
    ROWS_ADD_TABLE(&rows, refused_rows, refuses);
    rows_add(&rows, "what is required", asks_for_what_is_required, NULL);
    return rows_run("options", &rows);
}
