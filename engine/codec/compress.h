/*
 * Bytes as one zstd frame, for formats of others that carry such frames (a
 * page of Parquet). The ledger's own format of compressed events is frame.h.
 */
#ifndef DAYBOOK_CODEC_COMPRESS_H
#define DAYBOOK_CODEC_COMPRESS_H

#include "base/bytes.h"

struct compressor;                                    /* One zstd context, reused. One thread at a time. */
struct compressor *compressor_open(void);             /* NULL when memory is refused. */
void compressor_close(struct compressor *compressor); /* Accepts NULL. */

/* Appends `raw` compressed. NO_MEMORY: nothing was appended. */
DAYBOOK_MUST_USE enum daybook_status compressor_pack(struct compressor *compressor, struct daybook_bytes raw,
                                                     struct daybook_buffer *out, struct daybook_error *error);

#endif
