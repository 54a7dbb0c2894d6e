/*
 * The daybook program. Loading the libraries of a server, of its clients, of
 * feeds and of archives takes longer than a question; so it is linked without
 * them, and becomes daybook-whole, which has them, for what it has not.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/run.h"
#include "tools/text.h"

static int dispatch(int argc, char **argv) {
    int used;
    int place_words = argc == 0 ? 0 : run_take_place(argc, argv);
    const struct command *command =
        place_words < 0 ? NULL : command_find(argc - place_words, argv + place_words, &used);
    if (command == NULL) {
        return RUN_ELSEWHERE;
    }
    used += place_words;
    return run_command(command, NULL, run_place_of(place_words, argv), argc - used, argv + used);
}

/* Where programs are that are not for people: beside this one as it was built, or as it was installed. */
static const char *const places[] = {"", DAYBOOK_WHOLE_PLACE};

/* Becomes daybook-whole, with the same words; returns only when it cannot. */
static int become_whole(char **argv) {
    char own[PATH_MAX];
    char path[2 * PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    own[size < 0 ? 0 : size] = '\0';
    char *name = strrchr(own, '/');
    if (name != NULL) {
        name[1] = '\0';
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        (void)snprintf(path, sizeof path, "%s%s%s", own, places[i], "daybook-whole");
        (void)execv(path, argv);
        if (errno != ENOENT) {
            break;
        }
    }
    (void)fprintf(stderr, _("daybook: starting %s: %s; it is installed together with this program\n"), path,
                  strerror(errno));
    return daybook_status_exit_code(DAYBOOK_IO);
}

int main(int argc, char **argv) {
    run_begin();
    int code = dispatch(argc - 1, argv + 1);
    return code == RUN_ELSEWHERE ? become_whole(argv) : run_end(code);
}
