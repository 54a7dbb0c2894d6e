/* One command of either program: its options, where the ledger is, what it does. */
#include "tools/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_guard.h"
#include "tools/command.h"
#include "tools/console.h"
#include "tools/help.h"
#include "tools/text.h"

/* A question may answer with every customer's rows at once. */
#define COMMAND_ARENA_BYTES ((size_t)8 << 30)

enum { USAGE_REQUIRED_SIZE = 128 };

void run_begin(void) {
    store_guard_install(daybook_status_exit_code(DAYBOOK_DAMAGED));
    text_begin();
    console_init();
}

int run_end(int code) {
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, _("daybook: writing to standard output: %s\n"), strerror(errno));
        return daybook_status_exit_code(DAYBOOK_IO);
    }
    return code;
}

/* " --reading READING --reason CODE"; what has no room is left out. */
static const char *list_required(const struct option_spec *const *tables, char required[USAGE_REQUIRED_SIZE]) {
    size_t used = 0;
    required[0] = '\0';
    for (; *tables != NULL; tables++) {
        for (const struct option_spec *spec = *tables; spec->name != NULL && used < USAGE_REQUIRED_SIZE; spec++) {
            if (spec->is_required) {
                used += (size_t)snprintf(required + used, USAGE_REQUIRED_SIZE - used, " --%s %s", spec->name,
                                         spec->value_name);
            }
        }
    }
    return required;
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
        char required[USAGE_REQUIRED_SIZE];
        return daybook_fail(error, DAYBOOK_INVALID, _("usage: daybook %s%s%s%s"), command->name,
                            *command->arguments == '\0' ? "" : " ", command->arguments,
                            list_required(tables, required));
    }
    return options_check_required(tables, &invocation->options, error);
}

bool run_is_server_option(const char *word) {
    return strncmp(word, "--server", 8) == 0 && (word[8] == '\0' || word[8] == '=');
}

static bool has_server_option(int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (run_is_server_option(argv[i])) {
            return true;
        }
    }
    return false;
}

enum run_place run_place_of(int words, char **argv) {
    return words <= 0 ? RUN_PLACE_NONE : run_is_server_option(argv[0]) ? RUN_PLACE_SERVER : RUN_PLACE_DIRECTORY;
}

/* One before the command, the other behind it; where both are behind it, command_find_server says so. */
static bool names_both(enum run_place place, const struct options *options) {
    return (place == RUN_PLACE_SERVER && options_value(options, "ledger") != NULL) ||
           (place == RUN_PLACE_DIRECTORY && options_value(options, "server") != NULL);
}

/* What is printed is read by a program: no word of it may depend on who is sitting there. */
static bool is_for_programs(const struct invocation *invocation) {
    const struct options *options = &invocation->options;
    return invocation->command->is_for_programs || options_has(options, "json") || options_has(options, "csv") ||
           options_has(options, "format");
}

/* Where the ledger is, and what the command does there. */
static int run_there(struct invocation *invocation, const struct remote_way *way) {
    struct daybook_error error;
    const char *server = NULL;
    if (is_for_programs(invocation)) {
        text_is_for_programs();
    }
    const char *token = options_value(&invocation->options, "token");
    if (command_find_server(invocation, &server, &error) != DAYBOOK_OK) {
        return command_usage(invocation, "%s", daybook_error_shown(&error));
    }
    if (server != NULL && way == NULL) {
        return RUN_ELSEWHERE;
    }
    if (server != NULL && remote_open(way, server, token != NULL ? token : getenv("DAYBOOK_TOKEN"), &invocation->remote,
                                      &error) != DAYBOOK_OK) {
        return command_usage(invocation, "%s", daybook_error_shown(&error));
    }
    return invocation->command->run(invocation);
}

int run_command(const struct command *command, const struct remote_way *way, enum run_place place, int argc,
                char **argv) {
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, COMMAND_ARENA_BYTES);
    struct invocation invocation = {.command = command, .arena = &arena};
    int code;
    if (command->here != NULL && (place == RUN_PLACE_SERVER || has_server_option(argc, argv))) {
        code = command_usage(&invocation, _("\"daybook %s\" %s, and asks no server: leave --server away"),
                             command->name, _(command->here));
    } else if (parse(&invocation, argc, argv, &error) != DAYBOOK_OK) {
        code = command_usage(&invocation, "%s", daybook_error_shown(&error));
    } else if (options_has(&invocation.options, "help")) {
        help_command(stdout, command);
        code = EXIT_DONE;
    } else if (names_both(place, &invocation.options)) {
        code = command_usage(&invocation, "%s", _("--server and -L exclude each other"));
    } else {
        code = run_there(&invocation, way);
    }
    remote_close(invocation.remote);
    arena_release(&arena);
    return code;
}

int run_take_place(int argc, char **argv) {
    bool is_server = run_is_server_option(argv[0]);
    const char *attached = is_server && argv[0][8] == '='                         ? argv[0] + 9
                           : strncmp(argv[0], "--ledger=", 9) == 0                ? argv[0] + 9
                           : strncmp(argv[0], "-L", 2) == 0 && argv[0][2] != '\0' ? argv[0] + 2
                                                                                  : NULL;
    if (attached == NULL && !is_server && strcmp(argv[0], "-L") != 0 && strcmp(argv[0], "--ledger") != 0) {
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
