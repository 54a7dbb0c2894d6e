/* Options as tables: parsing. */
#include "tools/options.h"

#include <assert.h>
#include <string.h>

#include "tools/nearest.h"
#include "tools/text.h"

struct parse {
    const struct option_spec *const *tables;
    int argc;
    char **argv;
    int next;
    struct options *options;
    struct daybook_error *error;
};

const struct option_spec *options_find_long(const struct option_spec *const *tables, const char *name, size_t size) {
    for (; *tables != NULL; tables++) {
        for (const struct option_spec *spec = *tables; spec->name != NULL; spec++) {
            if (strlen(spec->name) == size && memcmp(spec->name, name, size) == 0) {
                return spec;
            }
        }
    }
    return NULL;
}

const struct option_spec *options_find_letter(const struct option_spec *const *tables, char letter) {
    for (; *tables != NULL; tables++) {
        for (const struct option_spec *spec = *tables; spec->name != NULL; spec++) {
            if (spec->letter == letter) {
                return spec;
            }
        }
    }
    return NULL;
}

static enum daybook_status fail_unknown(const struct parse *parse, const char *name, size_t size) {
    struct nearest nearest = {0};
    int shown = (int)(size > 80 ? 80 : size);
    for (const struct option_spec *const *table = parse->tables; *table != NULL; table++) {
        for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
            nearest_offer(&nearest, name, size, spec->name, strlen(spec->name));
        }
    }
    if (nearest.word == NULL) {
        return daybook_fail(parse->error, DAYBOOK_INVALID, _("unknown option --%.*s"), shown, name);
    }
    return daybook_fail(parse->error, DAYBOOK_INVALID, _("unknown option --%.*s; the nearest is --%s"), shown, name,
                        nearest.word);
}

static enum daybook_status take(struct parse *parse, const struct option_spec *spec, const char *value) {
    if (spec->kind != OPTION_LIST && options_has(parse->options, spec->name)) {
        return daybook_fail(parse->error, DAYBOOK_INVALID, _("--%s is given twice; give it once"), spec->name);
    }
    parse->options->given[parse->options->given_count++] = (struct option_given){spec, value};
    return DAYBOOK_OK;
}

static enum daybook_status take_with_value(struct parse *parse, const struct option_spec *spec, const char *attached) {
    if (spec->kind == OPTION_FLAG) {
        if (attached != NULL) {
            return daybook_fail(parse->error, DAYBOOK_INVALID, _("--%s takes no value"), spec->name);
        }
        return take(parse, spec, NULL);
    }
    if (attached == NULL) {
        if (parse->next == parse->argc) {
            return daybook_fail(parse->error, DAYBOOK_INVALID, _("--%s needs a value: --%s %s"), spec->name, spec->name,
                                spec->value_name);
        }
        attached = parse->argv[parse->next++];
    }
    return take(parse, spec, attached);
}

static enum daybook_status take_long(struct parse *parse, const char *text) {
    const char *equals = strchr(text, '=');
    size_t size = equals == NULL ? strlen(text) : (size_t)(equals - text);
    const struct option_spec *spec = options_find_long(parse->tables, text, size);
    if (spec == NULL) {
        return fail_unknown(parse, text, size);
    }
    return take_with_value(parse, spec, equals == NULL ? NULL : equals + 1);
}

static enum daybook_status take_letters(struct parse *parse, const char *letters) {
    for (; *letters != '\0'; letters++) {
        const struct option_spec *spec = options_find_letter(parse->tables, *letters);
        if (spec == NULL) {
            return daybook_fail(parse->error, DAYBOOK_INVALID, _("unknown option -%c"), *letters);
        }
        if (spec->kind != OPTION_FLAG) {
            return take_with_value(parse, spec, letters[1] == '\0' ? NULL : letters + 1);
        }
        enum daybook_status status = take(parse, spec, NULL);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status options_parse(const struct option_spec *const *tables, int argc, char **argv, struct arena *arena,
                                  struct options *options, struct daybook_error *error) {
    *options = (struct options){0};
    options->given = arena_zalloc(arena, ((size_t)argc + 1) * sizeof *options->given);
    options->arguments = arena_zalloc(arena, ((size_t)argc + 1) * sizeof *options->arguments);
    if (options->given == NULL || options->arguments == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading the command line: memory was refused"));
    }
    struct parse parse = {tables, argc, argv, 0, options, error};
    enum daybook_status status = DAYBOOK_OK;
    bool is_past_options = false;
    while (status == DAYBOOK_OK && parse.next < argc) {
        const char *text = argv[parse.next++];
        bool is_number = text[0] == '-' && text[1] >= '0' && text[1] <= '9'; /* No option's letter is a digit. */
        if (is_past_options || text[0] != '-' || text[1] == '\0' || is_number) {
            options->arguments[options->argument_count++] = text;
        } else if (strcmp(text, "--") == 0) {
            is_past_options = true;
        } else if (text[1] == '-') {
            status = take_long(&parse, text + 2);
        } else {
            status = take_letters(&parse, text + 1);
        }
    }
    return status;
}

enum daybook_status options_check_required(const struct option_spec *const *tables, const struct options *options,
                                           struct daybook_error *error) {
    for (; *tables != NULL; tables++) {
        for (const struct option_spec *spec = *tables; spec->name != NULL; spec++) {
            if (spec->is_required && !options_has(options, spec->name)) {
                return daybook_fail(error, DAYBOOK_INVALID, _("--%s %s is required"), spec->name, spec->value_name);
            }
        }
    }
    return DAYBOOK_OK;
}

static const struct option_given *find_given(const struct options *options, const char *name) {
    for (size_t i = 0; i < options->given_count; i++) {
        if (strcmp(options->given[i].spec->name, name) == 0) {
            return &options->given[i];
        }
    }
    return NULL;
}

bool options_has(const struct options *options, const char *name) {
    return find_given(options, name) != NULL;
}

const char *options_value(const struct options *options, const char *name) {
    const struct option_given *given = find_given(options, name);
    return given == NULL ? NULL : given->value;
}
