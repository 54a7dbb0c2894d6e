/*
 * A command of the program, as data, and what every command needs: its
 * options, the ledger, and one way to say what went wrong.
 *
 * Exit codes: 0 done, 1 a request was refused (or a line of input was), 2
 * usage, 3 the world failed, 4 data is damaged.
 */
#ifndef DAYBOOK_TOOLS_COMMAND_H
#define DAYBOOK_TOOLS_COMMAND_H

#include "daybook.h"
#include "tools/nearest.h"
#include "tools/options.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* Sets of options that commands share. */
enum command_uses {
    USES_LEDGER = 1 << 0, /* -L, --server, --json */
    USES_WRITE = 1 << 1,  /* --key, --actor, --on, ... */
    USES_AT = 1 << 2,     /* --as-of, --known-at */
    USES_PAGE = 1 << 3,   /* --limit, --cursor, --csv */
    USES_ORDER = 1 << 4,  /* --sort, --top */
};

enum { COMMAND_ARGUMENTS_MAX = 4 };

struct invocation;
struct remote;

/* A table of these ends with a NULL name. */
struct command {
    const char *name;      /* "customer open" */
    const char *arguments; /* "CUSTOMER [REASON]"; "" = none. */
    size_t argument_min;
    size_t argument_max;
    unsigned uses;
    int (*run)(struct invocation *invocation);
    const char *summary; /* One line. */
    const char *detail;  /* Paragraphs; NULL = none. */
    const char *example;
    const struct option_spec *options; /* Its own; NULL = none. */
    const char *here;                  /* "makes a ledger here": why it asks no server. Of those without USES_LEDGER. */
    bool is_for_programs;              /* What it says while it runs is for programs or a log: English everywhere. */

    /* Of commands that are a request or a question: the arm of the oneof, and the fields of its arguments. */
    const char *message;
    struct field_rule fields[COMMAND_ARGUMENTS_MAX];
};

/* One run of a command. Everything it allocates lives in its arena. */
struct invocation {
    const struct command *command;
    struct options options;
    struct arena *arena;
    struct remote *remote; /* NULL: the ledger is a directory. Otherwise the ledger that a command opens is NULL. */
};

/* The tables of the program's commands, in the order of the help; ends with NULL. */
extern const struct command *const command_tables[];

extern const struct command init_commands[];
extern const struct command customer_commands[];
extern const struct command document_commands[];
extern const struct command hold_commands[];
extern const struct command policy_commands[];
extern const struct command view_commands[];
extern const struct command books_commands[];
extern const struct command kpi_commands[];
extern const struct command bridge_commands[];
extern const struct command replay_commands[];
extern const struct command statement_commands[];
extern const struct command admin_commands[];
extern const struct command audit_commands[];
extern const struct command export_commands[];
extern const struct command submit_commands[];
extern const struct command import_commands[];
extern const struct command backup_commands[];
extern const struct command serve_commands[];
extern const struct command token_commands[];
extern const struct command proposal_commands[];
extern const struct command refusals_commands[];
extern const struct command doctor_commands[];
extern const struct command feed_commands[];

/* The tables of options that `command` takes, ending with NULL. */
enum { COMMAND_TABLES_MAX = 10 };
void command_option_tables(const struct command *command, const struct option_spec *tables[COMMAND_TABLES_MAX]);

/* Finds the command that argv begins with; *used is the number of its words. NULL = none. */
const struct command *command_find(int argc, char **argv, int *used);

/* For what command_find did not find: the command, or the first word of some, that was probably meant. `words` becomes
 * what was written in its place, cut where it has no room. */
enum { COMMAND_WORDS_SIZE = 128 };
struct nearest command_nearest(int argc, char **argv, char words[COMMAND_WORDS_SIZE]);

/* "daybook: sentence" on standard error; returns the exit code. */
int command_fail(const struct daybook_error *error);
/* The same for a usage error: exit code 2. */
int command_usage(const struct invocation *invocation, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "refused CODE: sentence" on standard error; returns EXIT_REFUSED. */
int command_refused(const Pb__Refusal *refusal);

/* The server that is named (--server, or DAYBOOK_SERVER without -L); NULL = none. INVALID: a directory is, too. */
DAYBOOK_MUST_USE enum daybook_status command_find_server(const struct invocation *invocation, const char **url,
                                                         struct daybook_error *error);

/* The directory of -L or DAYBOOK_LEDGER. INVALID: neither is given. */
DAYBOOK_MUST_USE enum daybook_status command_directory(const struct invocation *invocation, const char **directory,
                                                       struct daybook_error *error);

/* Takes the writer's lock. `with_views`: questions may be asked, too. */
DAYBOOK_MUST_USE enum daybook_status command_open_writer(const struct invocation *invocation, bool with_views,
                                                         struct daybook **ledger, struct daybook_error *error);

/* Without the writer's lock; views are caught up where the directory can be written, and read as they are where not. */
DAYBOOK_MUST_USE enum daybook_status command_open_reader(const struct invocation *invocation, struct daybook **ledger,
                                                         struct daybook_error *error);

/* --actor, or the name of the user: always something that an event can carry. */
const char *command_actor(const struct invocation *invocation);

/* One line of JSON on standard output. */
DAYBOOK_MUST_USE enum daybook_status command_print_json(const ProtobufCMessage *message, struct daybook_error *error);

/* How the ledger was made, wherever it is; borrowed until it is closed. */
DAYBOOK_MUST_USE enum daybook_status command_config(const struct invocation *invocation, struct daybook *ledger,
                                                    const Pb__LedgerConfig **config, struct daybook_error *error);

/* Submits, wherever the ledger is. Fills the submission's answers, which the caller releases; empty unless OK. */
DAYBOOK_MUST_USE enum daybook_status command_submit(const struct invocation *invocation, struct daybook *ledger,
                                                    struct daybook_submission *submission, struct daybook_error *error);

/* Asks, wherever the ledger is; the answer lives in the invocation's arena. */
DAYBOOK_MUST_USE enum daybook_status command_ask(const struct invocation *invocation, struct daybook *ledger,
                                                 const Pb__Query *query, ProtobufCMessage **answer,
                                                 struct daybook_error *error);

#endif
