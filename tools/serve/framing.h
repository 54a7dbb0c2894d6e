/*
 * Where a request begins and ends: what a proxy before this server could read as another request than we do is answered
 * by neither reading, and is the last of its connection (RFC 9112, 2.2, 3.2, 5.1, 5.2, 6.1 and 6.3).
 *
 * libmicrohttpd 0.9.75 is more tolerant than that, and does not tell: it takes a line feed alone for the end of a line,
 * a name with a space behind it for a name, a line that begins with a colon for the end of the headers, and of a line
 * that is continued in the next one it makes a header of another name. It leaves what it has read where it was read,
 * with zeros for ends and colons. So we look whether the headers that it names are all that there is: each begins where
 * the one before it ended, and behind the last there is an empty line and nothing more. Later releases refuse most of
 * this by themselves and move what they have read; of theirs, only names and values are looked at.
 */
#ifndef DAYBOOK_TOOLS_SERVE_FRAMING_H
#define DAYBOOK_TOOLS_SERVE_FRAMING_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* Of one request. Borrows its bytes. */
struct framing {
    const char *start;   /* The first byte of the request line. */
    const char *version; /* "HTTP/1.1" */
    const char *next;    /* Where the next header begins. */
    const char *coding;  /* Transfer-Encoding; NULL = none. */
    unsigned length_count;
    unsigned coding_count;
    unsigned host_count;
    bool is_plain; /* No name and no value has a byte that is not one of its own. */
    bool is_whole; /* The headers are all that there is. */
};

/* `verb` and `version` as libmicrohttpd hands them to its handler. */
void framing_begin(struct framing *framing, const char *verb, const char *version);

/* One header, in their order. */
void framing_add(struct framing *framing, const char *name, size_t name_size, const char *value, size_t value_size);

/* After the last one. NULL: it is sound; else why not: a constant sentence. */
const char *framing_end(const struct framing *framing, struct MHD_Connection *connection);

#endif
