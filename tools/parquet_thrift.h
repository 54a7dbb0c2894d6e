/*
 * Writing Thrift's compact protocol, which Parquet's headers and footer are in.
 *
 * Fields of a struct go out in ascending order of their ids, each begun with
 * the difference to the one before; a struct ends with a zero. What fails (only
 * memory can) is remembered and told by thrift_ok.
 */
#ifndef DAYBOOK_TOOLS_PARQUET_THRIFT_H
#define DAYBOOK_TOOLS_PARQUET_THRIFT_H

#include <stdbool.h>

#include "base/values.h"

enum thrift_type { THRIFT_I32 = 5, THRIFT_I64 = 6, THRIFT_BINARY = 8, THRIFT_STRUCT = 12 };

enum { THRIFT_DEPTH_MAX = 8 };

struct thrift {
    struct daybook_buffer *out; /* Borrowed. */
    int last_id[THRIFT_DEPTH_MAX];
    int depth;
    bool has_failed;
};

void thrift_begin(struct thrift *thrift, struct daybook_buffer *out); /* Into the outermost struct. */
void thrift_end(struct thrift *thrift);                               /* Of the struct that is open. */
bool thrift_ok(const struct thrift *thrift);

void thrift_i32(struct thrift *thrift, int id, int32_t value); /* Enums, too. */
void thrift_i64(struct thrift *thrift, int id, int64_t value);
void thrift_bool(struct thrift *thrift, int id, bool value);
void thrift_binary(struct thrift *thrift, int id, struct daybook_bytes value);
void thrift_text(struct thrift *thrift, int id, const char *text);
void thrift_struct(struct thrift *thrift, int id); /* thrift_end closes it. */

/* A list of `count` elements, which follow: thrift_item_struct, closed by thrift_end, or a value. */
void thrift_list(struct thrift *thrift, int id, enum thrift_type type, size_t count);
void thrift_item_struct(struct thrift *thrift);
void thrift_item_i32(struct thrift *thrift, int32_t value);
void thrift_item_text(struct thrift *thrift, const char *text);

#endif
