/* What every command needs: its options, the ledger, and one way to say what went wrong. */
#include "tools/command.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/text.h"
#include "domain/decide.h"
#include "engine/ledger.h"
#include "limits.h"
#include "projections/query.h"
#include "tools/console.h"
#include "tools/json_message.h"
#include "tools/progress.h"
#include "tools/remote.h"
#include "tools/text.h"

static const struct option_spec help_options[] = {
    {"help", 'h', OPTION_FLAG, false, NULL, N_("show this"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec ledger_options[] = {
    {"ledger", 'L', OPTION_VALUE, false, "DIR", N_("the ledger (default: $DAYBOOK_LEDGER)"), FIELD_NONE},
    {"json", 0, OPTION_FLAG, false, NULL, N_("answer with one line of proto3 JSON"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec server_options[] = {
    {"server", 0, OPTION_VALUE, false, "URL", N_("a running \"daybook serve\" instead (default: $DAYBOOK_SERVER)"),
     FIELD_NONE},
    {"token", 0, OPTION_VALUE, false, "TOKEN", N_("for the server (default: $DAYBOOK_TOKEN, which others cannot see)"),
     FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec write_options[] = {
    {"on",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("the business date it counts for (default: today)"),
     {FORM_DATE, "/effective_on", NULL}},
    {"original-on",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("when a late fact really happened"),
     {FORM_DATE, "/original_on", NULL}},
    {"currency",
     0,
     OPTION_VALUE,
     false,
     "CODE",
     N_("ISO 4217 (default: the ledger's)"),
     {FORM_TEXT, "/currency", NULL}},
    {"key", 0, OPTION_VALUE, false, "KEY", N_("the same key again answers again (default: random)"), FIELD_NONE},
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("who does it (default: you)"), FIELD_NONE},
    {"not-after",
     0,
     OPTION_VALUE,
     false,
     "TIMESTAMP",
     N_("refuse it when decided later than this"),
     {FORM_INSTANT, "/not_after_us", NULL}},
    {"dry-run", 0, OPTION_FLAG, false, NULL, N_("decide it, and append nothing"), FIELD_NONE},
    {"propose", 0, OPTION_VALUE, false, "ID", N_("propose it under this name, for somebody else to approve"),
     FIELD_NONE},
    {"propose-until", 0, OPTION_VALUE, false, "TIMESTAMP", N_("until when (default: seven days from now)"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec at_options[] = {
    {"as-of",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("what counts by this business date (default: today)"),
     {FORM_TEXT, "at.as_of", NULL}},
    {"known-at",
     0,
     OPTION_VALUE,
     false,
     "SEQ|TIMESTAMP",
     N_("what was known then (default: now)"),
     {FORM_TEXT, "at.known_at", NULL}},
    OPTIONS_END,
};

static const struct option_spec page_options[] = {
    {"limit",
     0,
     OPTION_VALUE,
     false,
     "ROWS",
     N_("one page of at most so many rows (default: all of them)"),
     {FORM_WHOLE, "page.limit", NULL}},
    {"cursor",
     0,
     OPTION_VALUE,
     false,
     "CURSOR",
     N_("the page after the one that gave this"),
     {FORM_TEXT, "page.cursor", NULL}},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print CSV instead of a table"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec order_options[] = {
    {"sort",
     0,
     OPTION_VALUE,
     false,
     "ORDER",
     N_("greatest first: amount, or overdue (not of balance and deposits; default: by customer)"),
     {FORM_ENUM, "order", NULL}},
    {"top",
     0,
     OPTION_VALUE,
     false,
     "ROWS",
     N_("only the first ROWS of that order (default order: amount)"),
     {FORM_WHOLE, "page.limit", NULL}},
    OPTIONS_END,
};

void command_option_tables(const struct command *command, const struct option_spec *tables[COMMAND_TABLES_MAX]) {
    size_t count = 0;
    if (command->options != NULL) {
        tables[count++] = command->options;
    }
    if ((command->uses & USES_WRITE) != 0) {
        tables[count++] = write_options;
    }
    if ((command->uses & USES_AT) != 0) {
        tables[count++] = at_options;
    }
    if ((command->uses & USES_ORDER) != 0) {
        tables[count++] = order_options;
    }
    if ((command->uses & USES_PAGE) != 0) {
        tables[count++] = page_options;
    }
    if ((command->uses & USES_LEDGER) != 0) {
        tables[count++] = ledger_options;
        tables[count++] = server_options;
    }
    tables[count++] = help_options;
    tables[count] = NULL;
}

/* How many words of argv the name takes; 0 = it is not this one. */
static int match_words(const char *name, int argc, char **argv) {
    int words = 0;
    while (*name != '\0') {
        size_t size = strcspn(name, " ");
        if (words == argc || strlen(argv[words]) != size || memcmp(argv[words], name, size) != 0) {
            return 0;
        }
        words++;
        name += size + (name[size] == ' ' ? 1 : 0);
    }
    return words;
}

const struct command *command_find(int argc, char **argv, int *used) {
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            *used = match_words(command->name, argc, argv);
            if (*used > 0) {
                return command;
            }
        }
    }
    return NULL;
}

static int count_words(const char *name, size_t size) {
    int words = 1;
    for (size_t i = 0; i < size; i++) {
        words += name[i] == ' ';
    }
    return words;
}

static void join_words(char **argv, int count, char *words, size_t size) {
    size_t used = 0;
    words[0] = '\0';
    for (int i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(words + used, size - used, "%s%s", i == 0 ? "" : " ", argv[i]);
    }
}

static bool is_group(const char *word) {
    size_t size = strlen(word);
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            if (strncmp(command->name, word, size) == 0 && command->name[size] == ' ') {
                return true;
            }
        }
    }
    return false;
}

/* Among the names of commands, or among their first words. */
static void offer_commands(int argc, char **argv, bool is_whole, struct nearest *nearest) {
    char words[COMMAND_WORDS_SIZE];
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            size_t size = is_whole ? strlen(command->name) : strcspn(command->name, " ");
            int count = count_words(command->name, size);
            if (count <= argc) {
                join_words(argv, count, words, sizeof words);
                nearest_offer(nearest, words, strlen(words), command->name, size);
            }
        }
    }
}

struct nearest command_nearest(int argc, char **argv, char words[COMMAND_WORDS_SIZE]) {
    struct nearest nearest = {0};
    offer_commands(argc, argv, true, &nearest);
    if (nearest.word == NULL && !is_group(argv[0])) {
        offer_commands(argc, argv, false, &nearest);
    }
    int count = nearest.word != NULL ? count_words(nearest.word, nearest.word_size) : is_group(argv[0]) ? 2 : 1;
    join_words(argv, count < argc ? count : argc, words, COMMAND_WORDS_SIZE);
    return nearest;
}

int command_fail(const struct daybook_error *error) {
    progress_clear();
    (void)fflush(stdout);
    (void)fprintf(stderr, "daybook: %s\n", daybook_error_shown(error));
    return daybook_status_exit_code(error->status);
}

int command_usage(const struct invocation *invocation, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("daybook: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, _("; see \"daybook help %s\"\n"), invocation->command->name);
    return EXIT_USAGE;
}

/* What a refusal says beside its sentence. */
static void print_facts(const Pb__Refusal *refusal) {
    char asked[DECIMAL_TEXT_SIZE];
    char available[DECIMAL_TEXT_SIZE];
    int decimals = currency_decimals(refusal->currency);
    if (refusal->document[0] != '\0') {
        (void)fprintf(stderr, _("  document: %s\n"), refusal->document);
    }
    if (decimals >= 0 && refusal->requested_minor == 0) {
        (void)fprintf(stderr, _("  amount: %s %s\n"),
                      decimal_format_grouped(refusal->available_minor, decimals, available), refusal->currency);
    } else if (decimals >= 0) {
        (void)fprintf(stderr, _("  asked for: %s %s, available: %s %s\n"),
                      decimal_format_grouped(refusal->requested_minor, decimals, asked), refusal->currency,
                      decimal_format_grouped(refusal->available_minor, decimals, available), refusal->currency);
    }
    if (refusal->date[0] != '\0') {
        (void)fprintf(stderr, _("  date: %s\n"), refusal->date);
    }
}

/* What can be done, in lines of the terminal. */
static void print_cure(const char *cure) {
    (void)fputs("  ", stderr);
    console_wrap(stderr, cure, console_width(stderr), 2, 2);
}

int command_refused(const Pb__Refusal *refusal) {
    (void)fflush(stdout);
    const struct refusal_text *text = refusal_explain(refusal->code);
    if (text_is_translated() && text != NULL) {
        /* The sentence is a value of the answer, in English; what the code means can be said in the reader's language.
         */
        (void)fprintf(stderr, _("refused %s: %s\n"), refusal_name(refusal->code), _(text->cause));
        print_cure(_(text->cure));
        print_facts(refusal);
        (void)fprintf(stderr, "  %s\n", refusal->message);
    } else {
        (void)fprintf(stderr, _("refused %s: %s\n"), refusal_name(refusal->code), refusal->message);
        if (text != NULL) {
            print_cure(text->cure);
        }
    }
    return EXIT_REFUSED;
}

enum daybook_status command_directory(const struct invocation *invocation, const char **directory,
                                      struct daybook_error *error) {
    *directory = options_value(&invocation->options, "ledger");
    if (*directory == NULL) {
        *directory = getenv("DAYBOOK_LEDGER");
    }
    if (*directory == NULL || **directory == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            invocation->command->here != NULL
                                ? _("no ledger is named; give -L DIR or set DAYBOOK_LEDGER to its directory")
                                : _("no ledger is named; give -L DIR or set DAYBOOK_LEDGER to its directory, or "
                                    "--server URL where one is served"));
    }
    return DAYBOOK_OK;
}

enum daybook_status command_find_server(const struct invocation *invocation, const char **url,
                                        struct daybook_error *error) {
    const char *server = options_value(&invocation->options, "server");
    const char *directory = options_value(&invocation->options, "ledger");
    if (server != NULL && directory != NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("--server and -L exclude each other"));
    }
    if (server == NULL && directory == NULL && (invocation->command->uses & USES_LEDGER) != 0) {
        server = getenv("DAYBOOK_SERVER");
    }
    *url = server != NULL && *server != '\0' ? server : NULL;
    return DAYBOOK_OK;
}

enum daybook_status command_open_writer(const struct invocation *invocation, bool with_views, struct daybook **ledger,
                                        struct daybook_error *error) {
    struct daybook_open_options how = {
        .is_writer = true,
        .views = with_views ? daybook_standard_views : NULL,
    };
    *ledger = NULL;
    if (invocation->remote != NULL) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = command_directory(invocation, &how.directory, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = daybook_open(&how, ledger, error);
    if (status == DAYBOOK_OK && with_views) {
        ledger_set_progress(*ledger, progress_of_views());
    }
    if (status == DAYBOOK_BUSY) {
        struct daybook_error busy = *error;
        return daybook_fail(error, DAYBOOK_BUSY, _("%s; or, where that is a server, ask it with --server URL"),
                            daybook_error_shown(&busy));
    }
    return status;
}

enum daybook_status command_open_reader(const struct invocation *invocation, struct daybook **ledger,
                                        struct daybook_error *error) {
    struct daybook_open_options how = {.views = daybook_standard_views};
    *ledger = NULL;
    if (invocation->remote != NULL) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = command_directory(invocation, &how.directory, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = daybook_open(&how, ledger, error);
    if (status == DAYBOOK_READ_ONLY) {
        how.is_read_only = true;
        status = daybook_open(&how, ledger, error);
    }
    if (status == DAYBOOK_OK) {
        ledger_set_progress(*ledger, progress_of_views());
    }
    return status;
}

const char *command_actor(const struct invocation *invocation) {
    const char *given = options_value(&invocation->options, "actor");
    if (given != NULL) {
        return given;
    }
    const char *user = getenv("USER");
    if (user == NULL || !text_is_identifier(user, strlen(user), LIMIT_ID_BYTES)) {
        const struct passwd *entry = getpwuid(geteuid());
        user = entry == NULL ? NULL : entry->pw_name;
    }
    if (user == NULL || !text_is_identifier(user, strlen(user), LIMIT_ID_BYTES)) {
        return "unknown";
    }
    return arena_copy_text(invocation->arena, user, strlen(user));
}

enum daybook_status command_print_json(const ProtobufCMessage *message, struct daybook_error *error) {
    struct daybook_buffer line = {0};
    enum daybook_status status = json_write_message(message, &line);
    if (status == DAYBOOK_OK) {
        status = daybook_buffer_append(&line, "\n", 1);
    }
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, status, "%s", _("writing the answer as JSON: memory was refused"));
    } else if (fwrite(line.data, 1, line.size, stdout) != line.size) {
        status = daybook_fail(error, DAYBOOK_IO, _("writing to standard output: %s"), strerror(errno));
    }
    daybook_buffer_release(&line);
    return status;
}

enum daybook_status command_config(const struct invocation *invocation, struct daybook *ledger,
                                   const Pb__LedgerConfig **config, struct daybook_error *error) {
    if (invocation->remote != NULL) {
        return remote_config(invocation->remote, config, error);
    }
    *config = ledger_config(ledger);
    return DAYBOOK_OK;
}

enum daybook_status command_submit(const struct invocation *invocation, struct daybook *ledger,
                                   struct daybook_submission *submission, struct daybook_error *error) {
    submission->answers = (struct daybook_answers){0};
    if (invocation->remote != NULL) {
        return remote_submit(invocation->remote, submission, error);
    }
    DAYBOOK_TRY(daybook_submit_many(ledger, submission, 1, error));
    return submission->status == DAYBOOK_OK ? DAYBOOK_OK : daybook_fail_as(error, &submission->error);
}

enum daybook_status command_ask(const struct invocation *invocation, struct daybook *ledger, const Pb__Query *query,
                                ProtobufCMessage **answer, struct daybook_error *error) {
    enum daybook_status status = invocation->remote != NULL
                                     ? remote_ask(invocation->remote, query, invocation->arena, answer, error)
                                     : query_run(ledger, query, invocation->arena, answer, error);
    progress_clear();
    return status;
}
