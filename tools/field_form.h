/* The text of an option or an argument, put into the field of a message that its rule names. */
#ifndef DAYBOOK_TOOLS_FIELD_FORM_H
#define DAYBOOK_TOOLS_FIELD_FORM_H

#include "tools/command.h"

/* Where fields go, and in what money. */
struct field_target {
    ProtobufCMessage *root;    /* Of paths that begin with "/"; may be NULL where none do. */
    ProtobufCMessage *message; /* Of all others. */
    const char *currency;      /* Of FORM_AMOUNT and its like; NULL where there are none. */
    struct arena *arena;
};

/* Sets the field. `name` is what the sentence calls it ("--due", "AMOUNT"). INVALID: the text is none such. */
DAYBOOK_MUST_USE enum daybook_status field_form_apply(const struct field_target *target, const struct field_rule *rule,
                                                      const char *name, const char *text, struct daybook_error *error);

/* All arguments and options of an invocation, by the rules of its command. */
DAYBOOK_MUST_USE enum daybook_status field_form_apply_all(const struct field_target *target,
                                                          const struct invocation *invocation,
                                                          struct daybook_error *error);

/* Major units as minor ones; the sentence says what is wrong with the text. `name` as above. */
DAYBOOK_MUST_USE enum daybook_status amount_parse(const char *name, const char *text, size_t size, const char *currency,
                                                  int64_t *minor, struct daybook_error *error);

#endif
