/* daybook-whole: finds the command, or the help that is asked for. */
#include <stdio.h>
#include <string.h>

#include "tools/complete.h"
#include "tools/dataset.h"
#include "tools/help.h"
#include "tools/run.h"
#include "tools/text.h"

static int usage(int argc, char **argv) {
    char words[COMMAND_WORDS_SIZE];
    struct nearest nearest = command_nearest(argc, argv, words);
    (void)fputs("daybook: ", stderr);
    if (argv[0][0] == '-') {
        (void)fprintf(stderr, _("%s is no command; before the command stands -L DIR or --server URL alone"), argv[0]);
    } else if (nearest.word == NULL) {
        (void)fprintf(stderr, _("there is no command \"%s\"; \"daybook help\" lists them"), words);
    } else {
        (void)fprintf(stderr, _("there is no command \"%s\"; the nearest is \"%.*s\", and \"daybook help\" lists all"),
                      words, (int)nearest.word_size, nearest.word);
    }
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
    } else if (argc > 1 || help_group(stdout, argv[0]) == 0) {
        return usage(argc, argv);
    }
    return EXIT_DONE;
}

static bool is_option(const char *text, const char *letter, const char *name) {
    return strcmp(text, letter) == 0 || strcmp(text, name) == 0;
}

static bool is_place(const char *word) {
    return run_is_server_option(word) || strncmp(word, "-L", 2) == 0 || strncmp(word, "--ledger=", 9) == 0 ||
           strcmp(word, "--ledger") == 0;
}

static int dispatch(int argc, char **argv) {
    int used;
    if (argc > 1 && strcmp(argv[0], "--complete") == 0) {
        complete(stdout, argc - 1, argv + 1);
        return EXIT_DONE;
    }
    int place_words = argc == 0 ? 0 : run_take_place(argc, argv);
    if (place_words < 0) {
        (void)fprintf(stderr, "%s", _("daybook: -L needs the directory of a ledger, --server the URL of a server\n"));
        return EXIT_USAGE;
    }
    enum run_place place = run_place_of(place_words, argv);
    argc -= place_words;
    argv += place_words;
    if (place != RUN_PLACE_NONE && argc > 0 && is_place(argv[0])) {
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
        return run_command(command, &remote_http, place, argc - used, argv + used);
    }
    if (argc > 1 && is_option(argv[1], "-h", "--help")) {
        return show_help(1, argv);
    }
    if ((argc == 1 || argv[1][0] == '-') && help_group(stderr, argv[0]) > 0) {
        return EXIT_USAGE;
    }
    return usage(argc, argv);
}

int main(int argc, char **argv) {
    run_begin();
    return run_end(dispatch(argc - 1, argv + 1));
}
