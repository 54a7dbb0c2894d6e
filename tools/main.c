/* The daybook program: finds the command, reads its options, runs it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_guard.h"
#include "tools/command.h"
#include "tools/console.h"
#include "tools/dataset.h"
#include "tools/help.h"
#include "tools/remote.h"
#include "tools/text.h"

/* A question may answer with every customer's rows at once. */
#define COMMAND_ARENA_BYTES ((size_t)8 << 30)

static int usage(const char *word) {
    (void)fputs("daybook: ", stderr);
    (void)fprintf(stderr, _("there is no command \"%s\"; \"daybook help\" lists them"), word);
    (void)fputc('\n', stderr);
    return EXIT_USAGE;
}

static int show_help(int argc, char **argv) {
    int used;
    const struct command *command = command_find(argc, argv, &used);
    if (argc == 0) {
        help_overview(stdout);
    } else if (command != NULL && used == argc) {
        help_command(stdout, command);
    } else if (argc == 1 && strcmp(argv[0], "tables") == 0) {
        dataset_help(stdout);
    } else if (argc == 1 && strcmp(argv[0], "man") == 0) {
        help_man(stdout);
    } else if (argc == 1 && help_page(argv[0]) != NULL) {
        (void)fputs(help_page(argv[0]), stdout);
    } else if (help_group(stdout, argv[0]) == 0) {
        (void)fprintf(stderr, _("daybook: there is no help on \"%s\"; \"daybook help\" lists the commands\n"), argv[0]);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static bool is_option(const char *text, const char *letter, const char *name) {
    return strcmp(text, letter) == 0 || strcmp(text, name) == 0;
}

static enum daybook_status parse(struct invocation *invocation, int argc, char **argv, struct daybook_error *error) {
    const struct option_spec *tables[COMMAND_TABLES_MAX];
    command_option_tables(invocation->command, tables);
    enum daybook_status status = options_parse(tables, argc, argv, invocation->arena, &invocation->options, error);
    if (status != DAYBOOK_OK || options_has(&invocation->options, "help")) {
        return status;
    }
    size_t count = invocation->options.argument_count;
    const struct command *command = invocation->command;
    if (count < command->argument_min || count > command->argument_max) {
        return daybook_fail(error, DAYBOOK_INVALID, _("usage: daybook %s%s%s"), command->name,
                            *command->arguments == '\0' ? "" : " ", command->arguments);
    }
    return options_check_required(tables, &invocation->options, error);
}

static bool is_server_option(const char *word) {
    return strncmp(word, "--server", 8) == 0 && (word[8] == '\0' || word[8] == '=');
}

static bool has_server_option(int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_server_option(argv[i])) {
            return true;
        }
    }
    return false;
}

/* What was named before the command. */
enum place { PLACE_NONE, PLACE_DIRECTORY, PLACE_SERVER };

/* One before the command, the other behind it; where both are behind it, command_find_server says so. */
static bool names_both(enum place place, const struct options *options) {
    return (place == PLACE_SERVER && options_value(options, "ledger") != NULL) ||
           (place == PLACE_DIRECTORY && options_value(options, "server") != NULL);
}

/* A variable alone is nothing to refuse a command of this machine for. */
static int run_command(const struct command *command, enum place place, int argc, char **argv) {
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, COMMAND_ARENA_BYTES);
    struct invocation invocation = {.command = command, .arena = &arena};
    int code;
    if (command->here != NULL && (place == PLACE_SERVER || has_server_option(argc, argv))) {
        code = command_usage(&invocation, _("\"daybook %s\" %s, and asks no server: leave --server away"),
                             command->name, _(command->here));
    } else if (parse(&invocation, argc, argv, &error) != DAYBOOK_OK) {
        code = command_usage(&invocation, "%s", error.message);
    } else if (options_has(&invocation.options, "help")) {
        help_command(stdout, command);
        code = EXIT_DONE;
    } else if (names_both(place, &invocation.options)) {
        code = command_usage(&invocation, "%s", _("--server and -L exclude each other"));
    } else if (command_find_server(&invocation, &error) != DAYBOOK_OK) {
        code = command_usage(&invocation, "%s", error.message);
    } else {
        code = command->run(&invocation);
    }
    remote_close(invocation.remote);
    arena_release(&arena);
    return code;
}

/* "daybook -L DIR COMMAND" and "daybook --server URL COMMAND": where the ledger is may come first; the variable that
 * says otherwise is forgotten. Returns how many words it took; -1: DIR or URL is missing. */
static int take_place(int argc, char **argv) {
    bool is_server = is_server_option(argv[0]);
    const char *attached = is_server && argv[0][8] == '='                         ? argv[0] + 9
                           : strncmp(argv[0], "--ledger=", 9) == 0                ? argv[0] + 9
                           : strncmp(argv[0], "-L", 2) == 0 && argv[0][2] != '\0' ? argv[0] + 2
                                                                                  : NULL;
    if (attached == NULL && !is_server && !is_option(argv[0], "-L", "--ledger")) {
        return 0;
    }
    if (attached == NULL && argc < 2) {
        return -1;
    }
    const char *place = attached == NULL ? argv[1] : attached;
    if (setenv(is_server ? "DAYBOOK_SERVER" : "DAYBOOK_LEDGER", place, 1) != 0 ||
        unsetenv(is_server ? "DAYBOOK_LEDGER" : "DAYBOOK_SERVER") != 0) {
        return -1;
    }
    return attached == NULL ? 2 : 1;
}

static bool is_place(const char *word) {
    return is_server_option(word) || strncmp(word, "-L", 2) == 0 || strncmp(word, "--ledger=", 9) == 0 ||
           strcmp(word, "--ledger") == 0;
}

static int dispatch(int argc, char **argv) {
    int used;
    int place_words = argc == 0 ? 0 : take_place(argc, argv);
    if (place_words < 0) {
        (void)fprintf(stderr, "%s", _("daybook: -L needs the directory of a ledger, --server the URL of a server\n"));
        return EXIT_USAGE;
    }
    enum place place = place_words == 0 ? PLACE_NONE : is_server_option(argv[0]) ? PLACE_SERVER : PLACE_DIRECTORY;
    argc -= place_words;
    argv += place_words;
    if (place != PLACE_NONE && argc > 0 && is_place(argv[0])) {
        (void)fprintf(stderr, "%s", _("daybook: one ledger at a time: name it once, with -L or with --server\n"));
        return EXIT_USAGE;
    }
    if (argc == 0) {
        help_overview(stderr);
        return EXIT_USAGE;
    }
    if (is_option(argv[0], "-V", "--version")) {
        (void)printf("daybook %s\n", DAYBOOK_PROGRAM_VERSION);
        return EXIT_DONE;
    }
    if (is_option(argv[0], "-h", "--help") || strcmp(argv[0], "help") == 0) {
        return show_help(argc - 1, argv + 1);
    }
    const struct command *command = command_find(argc, argv, &used);
    if (command != NULL) {
        return run_command(command, place, argc - used, argv + used);
    }
    if (argc > 1 && is_option(argv[1], "-h", "--help")) {
        return show_help(1, argv);
    }
    if (help_group(stderr, argv[0]) > 0) {
        return EXIT_USAGE;
    }
    return usage(argv[0]);
}

int main(int argc, char **argv) {
    store_guard_install(daybook_status_exit_code(DAYBOOK_DAMAGED));
    console_init();
    int code = dispatch(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, _("daybook: writing to standard output: %s\n"), strerror(errno));
        return daybook_status_exit_code(DAYBOOK_IO);
    }
    return code;
}
