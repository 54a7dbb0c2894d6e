/* gzip, for bodies of unary calls. */
#include "tools/serve/gzip.h"

#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 /* zlib's way to say gzip. */, GZIP_MEMORY = 8, STEP_BYTES = 64 << 10 };

/* Runs `step` (deflate or inflate) until its stream ends. */
static enum daybook_status run(z_stream *stream, int (*step)(z_stream *stream, int flush), struct daybook_bytes bytes,
                               size_t limit, struct daybook_buffer *out) {
    stream->next_in = (Bytef *)(uintptr_t)bytes.data;
    stream->avail_in = (uInt)bytes.size;
    for (;;) {
        uint8_t *room = daybook_buffer_reserve(out, STEP_BYTES);
        if (room == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        stream->next_out = room;
        stream->avail_out = STEP_BYTES;
        int code = step(stream, Z_FINISH);
        out->size += STEP_BYTES - stream->avail_out;
        if (out->size > limit) {
            return DAYBOOK_LIMIT;
        }
        if (code == Z_STREAM_END) {
            return stream->avail_in == 0 ? DAYBOOK_OK : DAYBOOK_INVALID;
        }
        if (code != Z_OK && (code != Z_BUF_ERROR || stream->avail_out != 0)) {
            return code == Z_MEM_ERROR ? DAYBOOK_NO_MEMORY : DAYBOOK_INVALID;
        }
    }
}

enum daybook_status gzip_pack(struct daybook_bytes bytes, struct daybook_buffer *out) {
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        return DAYBOOK_NO_MEMORY;
    }
    enum daybook_status status = run(&stream, deflate, bytes, SIZE_MAX, out);
    (void)deflateEnd(&stream);
    return status;
}

enum daybook_status gzip_unpack(struct daybook_bytes bytes, size_t limit, struct daybook_buffer *out,
                                struct daybook_error *error) {
    z_stream stream = {0};
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "unpacking a body: memory was refused");
    }
    enum daybook_status status = run(&stream, inflate, bytes, limit, out);
    (void)inflateEnd(&stream);
    if (status == DAYBOOK_LIMIT) {
        return daybook_fail(error, DAYBOOK_LIMIT, "the body has more than %zu bytes when unpacked", limit);
    }
    if (status == DAYBOOK_INVALID) {
        return daybook_fail(error, DAYBOOK_INVALID, "the body is not what gzip wrote");
    }
    return status == DAYBOOK_OK ? status : daybook_fail(error, status, "unpacking a body: memory was refused");
}
