/* A whole file as UTF-8, whatever it was written in. */
#ifndef DAYBOOK_TOOLS_CHARSET_H
#define DAYBOOK_TOOLS_CHARSET_H

#include "base/bytes.h"

enum charset {
    CHARSET_AUTO, /* UTF-8 where it is well-formed; GB18030 where it is not, and looks like it. */
    CHARSET_UTF_8,
    CHARSET_GB18030,
    CHARSET_WINDOWS_1252, /* Western Europe. */
};

/* "auto", "utf-8", "gb18030", "windows-1252", in any case. */
bool charset_find(const char *name, enum charset *charset);

/* Reads the file ("-" = standard input). NOT_FOUND, IO, LIMIT. */
DAYBOOK_MUST_USE enum daybook_status file_read(const char *path, struct daybook_buffer *bytes,
                                               struct daybook_error *error);

/* Makes it UTF-8, in place, without a byte order mark. INVALID names the line that is neither, or says why it
 * cannot be told. */
DAYBOOK_MUST_USE enum daybook_status charset_to_utf8(const char *name, enum charset charset,
                                                     struct daybook_buffer *bytes, struct daybook_error *error);

#endif
