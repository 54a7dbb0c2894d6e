/* Bytes as one zstd frame. */
#include "codec/compress.h"

#include <stdlib.h>

#include <zstd.h>

enum { ZSTD_LEVEL = 3 };

struct compressor {
    ZSTD_CCtx *context;
};

struct compressor *compressor_open(void) {
    struct compressor *compressor = calloc(1, sizeof *compressor);
    if (compressor == NULL) {
        return NULL;
    }
    compressor->context = ZSTD_createCCtx();
    if (compressor->context == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compressor->context, ZSTD_c_compressionLevel, ZSTD_LEVEL))) {
        compressor_close(compressor);
        return NULL;
    }
    return compressor;
}

void compressor_close(struct compressor *compressor) {
    if (compressor != NULL) {
        ZSTD_freeCCtx(compressor->context);
        free(compressor);
    }
}

enum daybook_status compressor_pack(struct compressor *compressor, struct daybook_bytes raw, struct daybook_buffer *out,
                                    struct daybook_error *error) {
    const size_t room = ZSTD_compressBound(raw.size);
    uint8_t *to = daybook_buffer_reserve(out, room);
    if (to == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while compressing %zu bytes: memory was refused", raw.size);
    }
    size_t size = ZSTD_compress2(compressor->context, to, room, raw.data, raw.size);
    if (ZSTD_isError(size)) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while compressing %zu bytes: %s", raw.size,
                            ZSTD_getErrorName(size));
    }
    out->size += size;
    return DAYBOOK_OK;
}
