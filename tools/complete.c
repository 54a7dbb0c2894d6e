/* What a command line could go on with. */
#include "tools/complete.h"

#include <string.h>

#include "projection/projection.h"
#include "tools/command.h"
#include "tools/dataset.h"
#include "tools/help.h"
#include "tools/message_field.h"
#include "tools/run.h"

enum { CANDIDATES_MAX = 128, WORD_SIZE = 64 };

struct completion {
    FILE *stream;
    const char *begun; /* What candidates have to begin with. */
    size_t count;
    char told[CANDIDATES_MAX][WORD_SIZE];
};

/* Each candidate once: many commands begin with the same word. */
static void offer(struct completion *completion, const char *prefix, const char *word, size_t size) {
    char whole[WORD_SIZE];
    (void)snprintf(whole, sizeof whole, "%s%.*s", prefix, (int)size, word);
    bool is_new = completion->count < CANDIDATES_MAX;
    for (size_t i = 0; i < completion->count; i++) {
        is_new = is_new && strcmp(completion->told[i], whole) != 0;
    }
    if (is_new && strncmp(whole, completion->begun, strlen(completion->begun)) == 0) {
        memcpy(completion->told[completion->count++], whole, sizeof whole);
        (void)fprintf(completion->stream, "%s\n", whole);
    }
}

static void offer_files(struct completion *completion) {
    (void)fputs("/\n", completion->stream);
}

/* Where the word after `count` words of a command's name is in it; NULL: the name has other words, or no more. */
static const char *word_after(const char *name, int count, char **words) {
    for (int i = 0; i < count; i++) {
        size_t size = strcspn(name, " ");
        if (strlen(words[i]) != size || memcmp(name, words[i], size) != 0 || name[size] == '\0') {
            return NULL;
        }
        name += size + 1;
    }
    return name;
}

/* The words that go on with `words` towards the name of a command. */
static void offer_commands(struct completion *completion, int count, char **words) {
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            const char *rest = word_after(command->name, count, words);
            if (rest != NULL) {
                offer(completion, "", rest, strcspn(rest, " "));
            }
        }
    }
}

static const ProtobufCMessageDescriptor *submessage(const ProtobufCMessageDescriptor *message, const char *name) {
    const ProtobufCFieldDescriptor *field = message_find_field(message, name);
    return field == NULL ? NULL : field->descriptor;
}

/* The words that a rule takes; NULL: it takes other texts. */
static const ProtobufCEnumDescriptor *words_of(const struct command *command, const struct field_rule *rule) {
    if (rule->form != FORM_ENUM || command->message == NULL) {
        return NULL;
    }
    const ProtobufCMessageDescriptor *root =
        (command->uses & USES_WRITE) != 0 ? &pb__request__descriptor : &pb__query__descriptor;
    const ProtobufCMessageDescriptor *message = rule->path[0] == '/' ? root : submessage(root, command->message);
    const char *step = rule->path + (rule->path[0] == '/' ? 1 : 0);
    for (;;) {
        char name[WORD_SIZE];
        size_t size = strcspn(step, ".");
        (void)snprintf(name, sizeof name, "%.*s", (int)size, step);
        const ProtobufCFieldDescriptor *field = message == NULL ? NULL : message_find_field(message, name);
        if (field == NULL) {
            return NULL;
        }
        if (step[size] == '\0') {
            return field->type == PROTOBUF_C_TYPE_ENUM ? field->descriptor : NULL;
        }
        message = field->descriptor;
        step += size + 1;
    }
}

static void offer_words(struct completion *completion, const char *prefix, const ProtobufCEnumDescriptor *words) {
    for (unsigned i = 0; i < words->n_values; i++) {
        char word[WORD_SIZE];
        enum_short_name(words, words->values[i].value, word, sizeof word);
        if (word[0] != '\0') {
            offer(completion, prefix, word, strlen(word));
        }
    }
}

/* A value, by what help calls it. */
static void offer_value(struct completion *completion, const char *prefix, const struct command *command,
                        const struct field_rule *rule, const char *called) {
    const ProtobufCEnumDescriptor *words = words_of(command, rule);
    if (words != NULL) {
        offer_words(completion, prefix, words);
    } else if (strstr(called, "FILE") != NULL || strstr(called, "DIR") != NULL || strstr(called, "MAP") != NULL) {
        offer_files(completion);
    } else if (strstr(called, "TABLE") != NULL) {
        for (const struct dataset *dataset = datasets; dataset->name != NULL; dataset++) {
            offer(completion, prefix, dataset->name, strlen(dataset->name));
        }
    } else if (strstr(called, "VIEW") != NULL) {
        for (const struct projection *const *view = daybook_standard_views; *view != NULL; view++) {
            offer(completion, prefix, (*view)->name, strlen((*view)->name));
        }
    }
}

/* The option that `word` names, alone or before a "="; NULL: none of the command. */
static const struct option_spec *option_of(const struct option_spec *const *tables, const char *word) {
    size_t size = strcspn(word, "=");
    if (size > 2 && word[0] == '-' && word[1] == '-') {
        return options_find_long(tables, word + 2, size - 2);
    }
    return size == 2 && word[0] == '-' ? options_find_letter(tables, word[1]) : NULL;
}

static bool is_given(const struct option_spec *spec, const struct option_spec *const *tables, int count, char **words) {
    for (int i = 0; i < count && spec->kind != OPTION_LIST; i++) {
        if (option_of(tables, words[i]) == spec) {
            return true;
        }
    }
    return false;
}

static void offer_options(struct completion *completion, const struct option_spec *const *tables, int count,
                          char **words) {
    for (const struct option_spec *const *table = tables; *table != NULL; table++) {
        for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
            char name[WORD_SIZE];
            (void)snprintf(name, sizeof name, "--%s", spec->name);
            /* A command's own option stands before a shared one of its name. */
            if (option_of(tables, name) == spec && !is_given(spec, tables, count, words)) {
                offer(completion, "", name, strlen(name));
            }
        }
    }
}

/* The argument behind `before` others: what help calls it, and its rule. */
static void offer_argument(struct completion *completion, const struct command *command, size_t before) {
    const char *called = command->arguments;
    if (before >= command->argument_max) {
        return;
    }
    for (size_t i = 0; i < before && strchr(called, ' ') != NULL; i++) {
        called = strchr(called, ' ') + 1;
    }
    char name[WORD_SIZE];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(called, " "), called);
    size_t last = before < COMMAND_ARGUMENTS_MAX ? before : COMMAND_ARGUMENTS_MAX - 1;
    offer_value(completion, "", command, &command->fields[last], name);
}

/* Behind a command: `words` are its options and arguments, and what is begun is no longer among them. */
static void go_on(struct completion *completion, const struct command *command, int count, char **words) {
    const struct option_spec *tables[COMMAND_TABLES_MAX];
    command_option_tables(command, tables);
    const struct option_spec *open = NULL; /* Whose value comes next. */
    size_t arguments = 0;
    for (int i = 0; i < count; i++) {
        const struct option_spec *spec = open == NULL ? option_of(tables, words[i]) : NULL;
        bool wants_value = spec != NULL && spec->kind != OPTION_FLAG && strchr(words[i], '=') == NULL;
        arguments += open == NULL && words[i][0] != '-';
        open = wants_value ? spec : NULL;
    }
    const char *equals = strchr(completion->begun, '=');
    const struct option_spec *attached = equals == NULL ? NULL : option_of(tables, completion->begun);
    if (open != NULL) {
        offer_value(completion, "", command, &open->field, open->value_name);
    } else if (attached != NULL && attached->kind != OPTION_FLAG) {
        char prefix[WORD_SIZE];
        (void)snprintf(prefix, sizeof prefix, "%.*s", (int)(equals + 1 - completion->begun), completion->begun);
        offer_value(completion, prefix, command, &attached->field, attached->value_name);
    } else if (completion->begun[0] == '-') {
        offer_options(completion, tables, count, words);
    } else {
        offer_argument(completion, command, arguments);
    }
}

/* What there is help for: commands, and pages. */
static void offer_help(struct completion *completion, int count, char **words) {
    offer_commands(completion, count, words);
    const char *page = count == 0 ? help_page_name(0) : NULL;
    for (size_t i = 1; page != NULL; i++) {
        offer(completion, "", page, strlen(page));
        page = help_page_name(i);
    }
    if (count == 0) {
        offer(completion, "", "tables", strlen("tables"));
    }
}

void complete(FILE *stream, int count, char **words) {
    struct completion completion = {.stream = stream, .begun = words[count - 1]};
    int before = count - 1;
    if (before == 1 && (strcmp(words[0], "-L") == 0 || strcmp(words[0], "--ledger") == 0)) {
        offer_files(&completion);
        return;
    }
    int place = before == 0 ? 0 : run_take_place(before, words);
    before -= place > 0 ? place : 0;
    words += place > 0 ? place : 0;
    if (before > 0 && strcmp(words[0], "help") == 0) {
        offer_help(&completion, before - 1, words + 1);
        return;
    }
    int used;
    const struct command *command = command_find(before, words, &used);
    if (command != NULL) {
        go_on(&completion, command, before - used, words + used);
    }
    if (command == NULL || used == before) {
        offer_commands(&completion, before, words); /* "credit" is a command and the beginning of others. */
    }
    if (before == 0 && place == 0) {
        offer(&completion, "", "help", strlen("help"));
    }
}
