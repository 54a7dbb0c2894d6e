/* gzip, for bodies of unary calls. */
#ifndef DAYBOOK_TOOLS_SERVE_GZIP_H
#define DAYBOOK_TOOLS_SERVE_GZIP_H

#include "base/bytes.h"

/* Appends. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status gzip_pack(struct daybook_bytes bytes, struct daybook_buffer *out);

/* Appends. INVALID: no gzip, or more than `limit` bytes inside. */
DAYBOOK_MUST_USE enum daybook_status gzip_unpack(struct daybook_bytes bytes, size_t limit, struct daybook_buffer *out,
                                                 struct daybook_error *error);

#endif
