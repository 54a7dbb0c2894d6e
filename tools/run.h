/*
 * One command of either program. `daybook` starts quickly and has most of the
 * commands (quick_main.c); daybook-whole has all of them, and every library
 * that one of them needs.
 */
#ifndef DAYBOOK_TOOLS_RUN_H
#define DAYBOOK_TOOLS_RUN_H

#include "tools/command.h"
#include "tools/remote.h"

enum { RUN_ELSEWHERE = -1 }; /* No exit code: nothing was done, and the other program can. */

/* Before and after all else; what it returns is the exit code. */
void run_begin(void);
int run_end(int code);

/* --server, with what it names or before it. */
bool run_is_server_option(const char *word);

/* "daybook -L DIR COMMAND" and "daybook --server URL COMMAND": where the ledger is may come first; the variable that
 * says otherwise is forgotten. Returns how many words it took; -1: DIR or URL is missing. */
int run_take_place(int argc, char **argv);

/* What was named before the command, by as many words. */
enum run_place { RUN_PLACE_NONE, RUN_PLACE_DIRECTORY, RUN_PLACE_SERVER };
enum run_place run_place_of(int words, char **argv);

/* The exit code; RUN_ELSEWHERE: a server is named, and `way` is NULL. A variable alone is nothing to refuse a command
 * of this machine for. */
int run_command(const struct command *command, const struct remote_way *way, enum run_place place, int argc,
                char **argv);

#endif
