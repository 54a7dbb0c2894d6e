/* Every sentence that a user reads passes through here, so that a catalogue can be put behind it. */
#ifndef DAYBOOK_TOOLS_TEXT_H
#define DAYBOOK_TOOLS_TEXT_H

/* Identity without a catalogue. The argument is a literal: compilers go on checking formats. */
#define _(text) text

/* Marks a sentence in a table, which is looked up with _() where it is printed. */
#define N_(text) text

#endif
