/* Help, written from the tables of commands. */
#include "tools/help.h"

#include <ctype.h>
#include <string.h>

#include "domain/decide.h"
#include "tools/cells.h"
#include "tools/console.h"
#include "tools/text.h"

enum { WRAP_COLUMNS = 78, OPTION_INDENT = 30, SUMMARY_INDENT = 20, EXAMPLE_LINE_SIZE = 128 };

static void print_option(FILE *stream, const struct option_spec *spec) {
    char letter[8] = "";
    if (spec->letter != '\0') {
        (void)snprintf(letter, sizeof letter, "-%c, ", spec->letter);
    }
    int column = fprintf(stream, "  %s--%s%s%s", letter, spec->name, spec->kind == OPTION_FLAG ? "" : " ",
                         spec->kind == OPTION_FLAG ? "" : spec->value_name);
    if (column >= OPTION_INDENT) {
        (void)fputc('\n', stream);
        column = 0;
    }
    (void)fprintf(stream, "%*s", OPTION_INDENT - column, "");
    console_wrap(stream, _(spec->help), WRAP_COLUMNS, OPTION_INDENT, OPTION_INDENT);
}

/* roff takes "-" for a hyphen and a leading "." or "'" for a request. */
static void print_roff(FILE *stream, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            (void)fputs("\\-", stream);
        } else if (*text == '\\') {
            (void)fputs("\\e", stream);
        } else if (*text == '\'') {
            (void)fputs("\\(aq", stream);
        } else {
            (void)fputc(*text, stream);
        }
    }
}

static void print_plain(FILE *stream, const char *text) {
    (void)fputs(text, stream);
}

/* Each line behind the indent. Whoever wrote the example broke its lines, because only a shell's reader knows where. */
static void print_example(FILE *stream, const char *indent, const char *example,
                          void (*print)(FILE *stream, const char *text)) {
    char line[EXAMPLE_LINE_SIZE];
    while (*example != '\0') {
        size_t size = strcspn(example, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)size, example);
        (void)fputs(indent, stream);
        print(stream, line);
        (void)fputc('\n', stream);
        example += size + (example[size] == '\n');
    }
}

/* An option stays beside its value; what has no room begins a new line. */
static void print_usage(FILE *stream, const struct command *command, const struct option_spec *const *tables) {
    char usage[EXAMPLE_LINE_SIZE];
    (void)snprintf(usage, sizeof usage, _("Usage: daybook %s%s%s"), command->name,
                   *command->arguments == '\0' ? "" : " ", command->arguments);
    (void)fputs(usage, stream);
    int column = (int)cells_of(usage);
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const struct option_spec *spec = tables[t]; spec->name != NULL; spec++) {
            int width = (int)(strlen(spec->name) + strlen(spec->value_name == NULL ? "" : spec->value_name) + 4);
            if (spec->is_required && column + width > WRAP_COLUMNS) {
                column = fprintf(stream, "\n     ") - 1;
            }
            if (spec->is_required) {
                column += fprintf(stream, " --%s %s", spec->name, spec->value_name);
            }
        }
    }
    const char *rest = _("[OPTION]...");
    (void)fprintf(stream, "%s%s\n\n", column + (int)cells_of(rest) + 1 > WRAP_COLUMNS ? "\n      " : " ", rest);
}

void help_command(FILE *stream, const struct command *command) {
    const struct option_spec *tables[COMMAND_TABLES_MAX];
    char summary[256];
    command_option_tables(command, tables);
    print_usage(stream, command, tables);
    const char *phrase = _(command->summary);
    (void)snprintf(summary, sizeof summary, "%c%s%s", toupper((unsigned char)phrase[0]), phrase + 1, _("."));
    console_wrap(stream, summary, WRAP_COLUMNS, 0, 0);
    if (command->detail != NULL) {
        (void)fputc('\n', stream);
        console_wrap(stream, _(command->detail), WRAP_COLUMNS, 0, 0);
    }
    if (command->here != NULL) {
        (void)fprintf(stream, _("\nIt %s, and asks no server.\n"), _(command->here));
    }
    (void)fprintf(stream, "%s", _("\nOptions:\n"));
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const struct option_spec *spec = tables[t]; spec->name != NULL; spec++) {
            /* A command's own option stands before a shared one of the same name, as it does when options are parsed.
             */
            if (options_find_long(tables, spec->name, strlen(spec->name)) == spec) {
                print_option(stream, spec);
            }
        }
    }
    (void)fprintf(stream, "%s", _("\nExample:\n"));
    print_example(stream, "  ", command->example, print_plain);
    const char *page = help_page(command->name);
    if (page != NULL) {
        (void)fprintf(stream, "\n%s", page);
    }
    if (strcmp(command->name, "refusals") == 0) { /* Its page is made of the engine's own words. */
        (void)fputc('\n', stream);
        help_refusals(stream);
    }
}

static void print_line(FILE *stream, const struct command *command) {
    int column = fprintf(stream, "  %s", command->name);
    int gap = column < SUMMARY_INDENT - 1 ? SUMMARY_INDENT - column : 2;
    (void)fprintf(stream, "%*s", gap, "");
    console_wrap(stream, _(command->summary), WRAP_COLUMNS, SUMMARY_INDENT, (size_t)(column + gap));
}

size_t help_group(FILE *stream, const char *word) {
    size_t size = strlen(word);
    size_t count = 0;
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            if (strncmp(command->name, word, size) == 0 && command->name[size] == ' ') {
                if (count++ == 0) {
                    (void)fprintf(stream, _("Usage: daybook %s COMMAND ...\n\n"), word);
                }
                print_line(stream, command);
            }
        }
    }
    return count;
}

void help_overview(FILE *stream) {
    (void)fprintf(stream, "%s",
                  _("Usage: daybook COMMAND ...\n\n"
                    "A customer ledger in a directory: what each customer deposited, was charged,\n"
                    "paid, and what was adjusted, as of any date and as known at any moment.\n\nCommands:\n"));
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            print_line(stream, command);
        }
    }
    (void)fprintf(stream, "%s",
                  _("\n  daybook help COMMAND   what it takes, with an example\n"
                    "  daybook help refusals  every code that a request can be refused with\n"
                    "  daybook help desk      what happens at the desk, and what to type\n"
                    "  daybook help access    who may do what: roles, tokens, the second person\n"
                    "  daybook help grades    the rules by which customers are graded\n"
                    "  daybook help tables    the tables that are exported, column by column\n"
                    "  daybook --version      the version of the program\n"
                    "\nName the ledger with -L DIR or $DAYBOOK_LEDGER; or a running \"daybook serve\"\n"
                    "with --server URL or $DAYBOOK_SERVER, your token in $DAYBOOK_TOKEN: the output\n"
                    "is the same. What is about this machine alone says so in its help.\n"
                    "\nExit codes: 0 done; 1 a request or a line was refused; 2 usage;\n"
                    "3 the system failed, something is missing or busy; 4 data is damaged.\n"));
}

void help_refusals(FILE *stream) {
    (void)fprintf(stream, "%s", _("A refused request leaves nothing behind, and its key stays free.\n\n"));
    for (unsigned i = 0; i < pb__refusal_code__descriptor.n_values; i++) {
        Pb__RefusalCode code = (Pb__RefusalCode)pb__refusal_code__descriptor.values[i].value;
        const struct refusal_text *text = refusal_explain(code);
        if (text != NULL) {
            (void)fprintf(stream, "  %s\n      ", refusal_name(code));
            console_wrap(stream, _(text->cause), WRAP_COLUMNS, 6, 6);
            (void)fprintf(stream, "      ");
            console_wrap(stream, _(text->cure), WRAP_COLUMNS, 6, 6);
        }
    }
}

static void man_command(FILE *stream, const struct command *command) {
    const struct option_spec *tables[COMMAND_TABLES_MAX];
    command_option_tables(command, tables);
    (void)fputs(".SS daybook ", stream);
    print_roff(stream, command->name);
    (void)fprintf(stream, " %s\n", command->arguments);
    (void)fputc(toupper((unsigned char)command->summary[0]), stream);
    print_roff(stream, command->summary + 1);
    (void)fputs(".\n", stream);
    if (command->detail != NULL) {
        print_roff(stream, command->detail);
        (void)fputc('\n', stream);
    }
    if (command->here != NULL) {
        (void)fputs("It ", stream);
        print_roff(stream, command->here);
        (void)fputs(", and asks no server.\n", stream);
    }
    for (const struct option_spec *spec = command->options; spec != NULL && spec->name != NULL; spec++) {
        (void)fputs(".TP\n.B \\-\\-", stream);
        print_roff(stream, spec->name);
        (void)fprintf(stream, " %s\n", spec->kind == OPTION_FLAG ? "" : spec->value_name);
        print_roff(stream, spec->help);
        (void)fputc('\n', stream);
    }
    (void)fputs(".PP\nExample:\n.PP\n.nf\n", stream);
    print_example(stream, "    ", command->example, print_roff);
    (void)fputs(".fi\n", stream);
}

static void man_option_table(FILE *stream, const char *heading, unsigned uses, size_t table) {
    const struct command carrier = {.name = "", .uses = uses};
    const struct option_spec *tables[COMMAND_TABLES_MAX];
    command_option_tables(&carrier, tables);
    (void)fprintf(stream, ".SS %s\n", heading);
    for (const struct option_spec *spec = tables[table]; spec->name != NULL; spec++) {
        (void)fputs(".TP\n.B \\-\\-", stream);
        print_roff(stream, spec->name);
        (void)fprintf(stream, " %s\n", spec->kind == OPTION_FLAG ? "" : spec->value_name);
        print_roff(stream, spec->help);
        (void)fputc('\n', stream);
    }
}

void help_man(FILE *stream) {
    (void)fputs(".TH DAYBOOK 1\n.SH NAME\ndaybook \\- an event\\-sourced customer ledger in a directory\n"
                ".SH SYNOPSIS\n.B daybook\n.I COMMAND\n[\\fIARGUMENT\\fR]... [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"
                "What each customer deposited, was charged, paid, and what was adjusted, as of any business date and\n"
                "as known at any moment. Amounts are decimal major units; dates are written 2024\\-02\\-29.\n"
                ".SH COMMANDS\n",
                stream);
    for (const struct command *const *table = command_tables; *table != NULL; table++) {
        for (const struct command *command = *table; command->name != NULL; command++) {
            man_command(stream, command);
        }
    }
    (void)fputs(".SH OPTIONS\n", stream);
    man_option_table(stream, "of every command on a ledger", USES_LEDGER, 0);
    man_option_table(stream, "of every command on a ledger that a server has", USES_LEDGER, 1);
    man_option_table(stream, "of every request", USES_WRITE, 0);
    man_option_table(stream, "of every question", USES_AT, 0);
    man_option_table(stream, "of questions that answer with a table", USES_PAGE, 0);
    man_option_table(stream, "of questions that rank their rows", USES_ORDER, 0);
    (void)fputs(".SH ENVIRONMENT\n.TP\n.B DAYBOOK_LEDGER\nthe ledger, where \\-L names none\n"
                ".TP\n.B DAYBOOK_SERVER\na running daybook serve, where neither \\-L nor \\-\\-server names anything\n"
                ".TP\n.B DAYBOOK_TOKEN\nwhat the server knows you by\n"
                ".TP\n.B DAYBOOK_SERVER_CA\na file of certificates to know the server by (PEM)\n"
                ".TP\n.B NO_COLOR\nno colour, even on a terminal\n"
                ".SH EXIT STATUS\n0 done; 1 a request or a line was refused; 2 usage; 3 the system failed, something "
                "is missing or busy; 4 data is damaged.\n",
                stream);
}
