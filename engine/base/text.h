/* UTF-8 at the edge. */
#ifndef DAYBOOK_BASE_TEXT_H
#define DAYBOOK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed (Unicode 15 table 3-7): no surrogates, no overlong forms. */
bool text_is_utf8(const char *text, size_t size);

/* 1 to `max_size` bytes of UTF-8 without C0, DEL and C1 control characters. */
bool text_is_identifier(const char *text, size_t size, size_t max_size);

/* Like an identifier, but may be empty. */
bool text_is_line(const char *text, size_t size, size_t max_size);

#endif
