/* Commands that ask a view: the question built from their table, every page fetched, the answer printed. */
#ifndef DAYBOOK_TOOLS_COMMAND_VIEW_H
#define DAYBOOK_TOOLS_COMMAND_VIEW_H

#include "tools/command.h"

/* How exposures are told, of the questions that tell them. */
#define EXPOSURE_OPTIONS                                                                                               \
    {"unapplied",                                                                                                      \
     0,                                                                                                                \
     OPTION_VALUE,                                                                                                     \
     false,                                                                                                            \
     "HOW",                                                                                                            \
     N_("unapplied money: deducted from the exposure (default) or ignored"),                                           \
     {FORM_ENUM, "exposure.unapplied", NULL}},                                                                         \
        {"deposits",                                                                                                   \
         0,                                                                                                            \
         OPTION_VALUE,                                                                                                 \
         false,                                                                                                        \
         "HOW",                                                                                                        \
         N_("available deposits: ignored (default) or deducted from it"),                                              \
         {FORM_ENUM, "exposure.deposits", NULL}},                                                                      \
    {                                                                                                                  \
        "category", 0, OPTION_VALUE, false, "CATEGORY",                                                                \
            N_("deduct deposits that charges of this category can use (default: good for any charge)"), {              \
            FORM_TEXT, "exposure.category", NULL                                                                       \
        }                                                                                                              \
    }

/* The run of every command whose `message` is an arm of Query.question that has a page. */
int command_view_run(struct invocation *invocation);

#endif
