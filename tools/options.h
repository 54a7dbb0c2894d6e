/*
 * Options as tables: what a command takes is data, so that its parsing and its
 * help cannot disagree.
 *
 * Long options are spelt out ("--as-of DATE" or "--as-of=DATE"; no
 * abbreviations), letters may carry their value ("-L DIR" or "-LDIR"), "--"
 * ends the options. What is unknown, given twice, or lacks its value is INVALID.
 */
#ifndef DAYBOOK_TOOLS_OPTIONS_H
#define DAYBOOK_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* How the text of an option or an argument becomes a field of a message (field_form.h). */
enum field_form {
    FORM_NONE,       /* It is no field: the command looks at it itself. */
    FORM_TEXT,       /* A string. */
    FORM_DATE,       /* A string that must be a date, "2024-02-29". */
    FORM_INSTANT,    /* RFC 3339, as microseconds. */
    FORM_AMOUNT,     /* Major units, as minor ones. */
    FORM_WHOLE,      /* A whole number. */
    FORM_WHOLES,     /* Whole numbers with commas between them. */
    FORM_ENUM,       /* The short name of a value. */
    FORM_SET,        /* A flag: true, or the constant of `field.also`. */
    FORM_TARGET,     /* ITEM[#INSTALMENT][=AMOUNT], one AllocationPlan each. */
    FORM_INSTALMENT, /* [AMOUNT@]DATE, one InstalmentPlan each. */
    FORM_LIMIT,      /* An amount, "unlimited" or "unassessed": state and limit_minor. */
};

struct field_rule {
    enum field_form form;
    const char *path; /* "profile.terms.days", from the command's or question's message; "/customer" from the root. */
    const char *also; /* "source_kind=lot": an enum or bool that being given sets as well; NULL = none. */
};

enum option_kind { OPTION_FLAG, OPTION_VALUE, OPTION_LIST };

/* A table of these ends with a NULL name. */
struct option_spec {
    const char *name; /* Without the dashes. */
    char letter;      /* '\0' = none */
    enum option_kind kind;
    bool is_required;
    const char *value_name; /* Of OPTION_VALUE and OPTION_LIST: "DATE". */
    const char *help;
    struct field_rule field;
};

/* The last row of a table, and the rule of what is no field. */
#define OPTIONS_END                                                                                                    \
    {                                                                                                                  \
        NULL, 0, OPTION_FLAG, false, NULL, NULL, {                                                                     \
            FORM_NONE, NULL, NULL                                                                                      \
        }                                                                                                              \
    }
#define FIELD_NONE                                                                                                     \
    { FORM_NONE, NULL, NULL }

struct option_given {
    const struct option_spec *spec;
    const char *value; /* NULL for a flag. */
};

/* What a command line held; points into argv and the arena. */
struct options {
    struct option_given *given; /* In the order of the command line. */
    size_t given_count;
    const char **arguments;
    size_t argument_count;
};

/* `tables` ends with NULL. INVALID: the sentence names the option. */
DAYBOOK_MUST_USE enum daybook_status options_parse(const struct option_spec *const *tables, int argc, char **argv,
                                                   struct arena *arena, struct options *options,
                                                   struct daybook_error *error);

/* INVALID: a required option of `tables` was not given. */
DAYBOOK_MUST_USE enum daybook_status options_check_required(const struct option_spec *const *tables,
                                                            const struct options *options, struct daybook_error *error);

/* The option of that long name, of `size` bytes, or of that letter: of two that share it the one that stands first is
 * taken. NULL: there is none. */
const struct option_spec *options_find_long(const struct option_spec *const *tables, const char *name, size_t size);
const struct option_spec *options_find_letter(const struct option_spec *const *tables, char letter);

bool options_has(const struct options *options, const char *name);
const char *options_value(const struct options *options, const char *name); /* NULL = not given. */

#endif
